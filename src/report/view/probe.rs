//! `probe` as a page to hand on.

use super::{Block, Section, ToView, View, servers, toned, words};
use crate::document::probe::{Access, Outcome, Probe, Target};
use crate::report::page::Tone;

impl ToView for Probe {
    fn view(&self) -> View {
        let (title, tone) = title(&self.targets);
        let remedies = self.targets.iter().flat_map(|target| servers::remedies(&target.remedy)).collect();
        let mut sections = Vec::new();
        sections.extend(Section::of("What to do", remedies));
        for target in &self.targets {
            sections.extend(server(target));
        }
        sections.extend(Section::of("Checked against", servers::judged_by(&self.profiles)));
        let warnings = self.warnings.iter().map(|warning| vec![toned(Tone::Warn, "Note: "), words(warning)]);
        let warnings: Vec<_> = warnings.collect();
        sections.extend(Section::of("Notes", if warnings.is_empty() { vec![] } else { vec![Block::List(warnings)] }));
        let headlines = self.targets.iter().flat_map(servers::headlines).collect();
        View { title, tone, headlines, sections }
    }
}

/// What an engineer acts on, below the verdicts: the change as one block to copy, what to mind, who the server is, and
/// by which profiles it was judged.
pub fn first_screen(probe: &Probe, target: &Target) -> Vec<Block> {
    let mut blocks = servers::changes(&target.remedy, |_| servers::name(target));
    let mut facts = servers::in_short(target);
    let profiles = probe.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
    if target.offer.is_some() {
        facts.push(("checked with".to_owned(), vec![words(profiles)]));
    }
    if !facts.is_empty() {
        blocks.push(Block::Heading(Vec::new()));
        blocks.push(Block::Facts(facts));
    }
    blocks.extend(servers::notes(target));
    let warnings: Vec<_> =
        probe.warnings.iter().map(|warning| vec![toned(Tone::Warn, "note: "), words(warning)]).collect();
    blocks.extend((!warnings.is_empty()).then_some(Block::List(warnings)));
    blocks
}

/// One server in a section of its own.
pub fn server(target: &Target) -> Option<Section> {
    let mut blocks = servers::clients(target);
    blocks.extend(servers::notes(target));
    let facts = servers::facts(target);
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    blocks.extend(servers::offer(target));
    blocks.extend(servers::weak(target));
    Section::of(&format!("The server {}", target.target), blocks)
}

/// What one server comes to, in a line.
pub fn verdict(target: &Target) -> String {
    let name = &target.target;
    match target.outcome {
        Outcome::Accepts if target.is_fine() => format!("{name} lets CUCM in"),
        Outcome::Accepts => format!("{name} lets CUCM in otherwise than its lists predict"),
        Outcome::Refuses if target.clients.iter().any(|client| client.result == Access::Refuses) => {
            format!("{name} keeps CUCM out")
        }
        Outcome::Refuses if target.handshake_fails() => {
            format!("{name} does not let CUCM in: the lists agree, but the handshake fails")
        }
        Outcome::Refuses => format!("{name} rejects password login, which CUCM needs"),
        Outcome::Unreachable => format!("{name} can't be reached"),
        Outcome::NotSsh => format!("{name} is not an SSH 2 server"),
        Outcome::Error => format!("{name} gave no usable answer"),
    }
}

fn title(targets: &[Target]) -> (String, Tone) {
    let wrong = targets.iter().filter(|target| !target.is_fine()).count();
    let tone = if wrong == 0 { Tone::Good } else { Tone::Bad };
    match targets {
        [only] => (verdict(only), tone),
        all if wrong == 0 => (format!("All {} servers let CUCM in", all.len()), tone),
        all => {
            (format!("{wrong} of {} servers {} a problem", all.len(), if wrong == 1 { "has" } else { "have" }), tone)
        }
    }
}
