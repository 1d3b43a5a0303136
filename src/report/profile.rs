//! `profile list` and `profile show` as text.

use super::Render;
use super::page::{Page, Tone};
use crate::document::profile::{ProfileList, ProfileShow};
use crate::model::offer::Category;
use crate::model::offer::Setting;
use crate::model::profile::{Behaviour, Profile};

impl Render for ProfileList {
    fn render(&self, page: &mut Page) {
        let mut rows = vec![vec!["profile".to_owned(), "what it is".to_owned(), "releases".to_owned()]];
        for profile in &self.profiles {
            rows.push(vec![profile.id.clone(), profile.title.clone(), profile.releases.clone()]);
        }
        page.table(&rows);
        page.gap();
        page.line(&[(Tone::Plain, "Used when --profile names none: "), (Tone::Strong, &self.default.join(", "))]);
        page.line(&[(Tone::Faint, "cdrdiag profile show ID prints the lists and their sources.")]);
    }
}

impl Render for ProfileShow {
    fn render(&self, page: &mut Page) {
        let profile = &self.profile;
        page.line(&[(Tone::Strong, &profile.id), (Tone::Plain, "  "), (Tone::Plain, &profile.title)]);
        for finding in &self.findings {
            page.indented(2, 4, &[(Tone::Bad, "problem: "), (Tone::Plain, finding)]);
        }
        page.gap();
        if !profile.releases.is_empty() {
            page.fact("releases", Tone::Plain, &profile.releases);
        }
        lists(profile, page);
        behaviour(&profile.behaviour, profile.assumes("group_exchange"), page);
        for (name, texts) in [("source", &profile.source), ("note", &profile.notes)] {
            page.gap();
            for text in texts {
                page.fact(name, Tone::Plain, text);
            }
        }
    }
}

fn lists(profile: &Profile, page: &mut Page) {
    for setting in Setting::ALL {
        let found: Vec<_> =
            setting.categories().iter().map(|category| (*category, profile.algorithms.get(*category))).collect();
        let alike = found.windows(2).all(|pair| pair[0].1 == pair[1].1);
        for (category, list) in found.into_iter().take(if alike { 1 } else { 2 }) {
            let title = if alike { setting.title() } else { category.title() };
            list_of(title, category, list, profile, page);
        }
    }
}

fn list_of(title: &str, category: Category, list: Option<&[String]>, profile: &Profile, page: &mut Page) {
    let assumed = if profile.assumes_category(category) { "  (assumed)" } else { "" };
    match list {
        None => page.fact(title, Tone::Warn, "unknown"),
        Some(list) => page.fact(title, Tone::Plain, &format!("{}{assumed}", list.join(", "))),
    }
}

fn behaviour(behaviour: &Behaviour, assumed: bool, page: &mut Page) {
    if let Some(sizes) = &behaviour.group_exchange {
        let assumed = if assumed { "  (assumed)" } else { "" };
        let text =
            format!("asks for groups of {} to {} bits, {} preferred{assumed}", sizes.min, sizes.max, sizes.preferred);
        page.fact("DH groups", Tone::Plain, &text);
    }
    for java in &behaviour.java {
        let text = format!("{} on {}: DH groups of at most {} bits", java.version, java.releases, java.dh_limit_bits);
        page.fact("Java", Tone::Plain, &text);
    }
    for (name, list) in [("not verified", &behaviour.unverifiable_host_keys), ("FIPS removes", &behaviour.fips_removes)]
    {
        if !list.is_empty() {
            page.fact(name, Tone::Plain, &list.join(", "));
        }
    }
}
