//! `profile list` and `profile show`.

use super::{Block, Fact, Row, Section, ToView, View, by_direction, code, fact, list, table, toned, words};
use crate::document::profile::{ProfileList, ProfileShow};
use crate::model::offer::Setting;
use crate::model::profile::{Behaviour, Profile};
use crate::report::page::Tone;
use crate::words::counted;

impl ToView for ProfileList {
    fn view(&self) -> View<'_> {
        let row = |profile: &Profile| Row::of(vec![code(&profile.id), words(&profile.title), words(&profile.releases)]);
        let rows = table(["profile", "what it is", "releases"], self.profiles.iter().map(row).collect());
        let default = vec![words("Used when --profile names none: "), toned(Tone::Strong, self.default.join(", "))];
        let hint = vec![toned(Tone::Faint, "cdrdiag profile show ID prints the lists and their sources.")];
        let blocks = rows.into_iter().chain([Block::Paragraph(default), Block::Paragraph(hint)]);
        let title = counted(self.profiles.len() as u64, "built-in profile");
        View::of(title, Tone::Strong, [Section::first("Profiles", blocks)])
    }
}

impl ToView for ProfileShow {
    fn view(&self) -> View<'_> {
        let Profile { id, title, source, notes, .. } = &self.profile;
        let points = |texts: &[String]| Vec::from_iter(list(texts.iter().map(|text| vec![words(text)]).collect()));
        let problems =
            self.findings.iter().map(|finding| vec![toned(Tone::Bad, "problem: "), words(finding)]).collect();
        let sections = [
            Section::first("Problems", list(problems)),
            Section::first("What it proposes", vec![Block::Facts(facts(&self.profile))]),
            Section::first("Sources", points(source)),
            Section::first("Notes", points(notes)),
        ];
        let tone = if self.findings.is_empty() { Tone::Strong } else { Tone::Bad };
        View::of(format!("{id}  {title}"), tone, sections)
    }
}

fn facts(profile: &Profile) -> Vec<Fact> {
    let releases = Some(&profile.releases).filter(|releases| !releases.is_empty());
    let lists = Setting::ALL.into_iter().flat_map(|setting| lists(profile, setting));
    let behaviour = behaviour(&profile.behaviour, profile.assumes("group_exchange"));
    releases.map(|releases| fact("releases", releases)).into_iter().chain(lists).chain(behaviour).collect()
}

/// A setting's lists.
fn lists(profile: &Profile, setting: Setting) -> impl Iterator<Item = Fact> {
    by_direction(setting, |category| (profile.algorithms.get(category), profile.assumes_category(category))).map(
        |(title, _, (list, is_assumed))| match list {
            None => (title.to_owned(), vec![toned(Tone::Warn, "unknown")]),
            Some(list) => fact(title, format!("{}{}", list.join(", "), assumed(is_assumed))),
        },
    )
}

fn assumed(is_assumed: bool) -> &'static str {
    if is_assumed { "  (assumed)" } else { "" }
}

fn behaviour(behaviour: &Behaviour, is_assumed: bool) -> Vec<Fact> {
    let sizes = behaviour.group_exchange.iter().map(|sizes| {
        let range = format!("{} to {} bits, {} preferred", sizes.min, sizes.max, sizes.preferred);
        fact("DH groups", format!("asks for groups of {range}{}", assumed(is_assumed)))
    });
    let java = behaviour.java.iter().map(|java| {
        let text = format!("{} on {}: DH groups of at most {} bits", java.version, java.releases, java.dh_limit_bits);
        fact("Java", text)
    });
    let lists = [("not verified", &behaviour.unverifiable_host_keys), ("FIPS removes", &behaviour.fips_removes)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    sizes.chain(java).chain(lists.map(|(name, list)| fact(name, list.join(", ")))).collect()
}
