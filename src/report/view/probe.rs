//! `probe`: the verdict and the change that mends it first, what they rest on after that.

use super::changes::{changes, reasons};
use super::{Block, Row, Section, ToView, View, code, fact, facts, notes, servers, table, toned, words};
use crate::document::probe::{Access, Outcome, Probe, Target};
use crate::report::monitor::Monitored;
use crate::report::monitor::judged::Judged;
use crate::report::page::Tone;
use crate::words::excerpt;

impl ToView for Probe {
    fn view(&self) -> View {
        let (title, tone) = title(&self.targets);
        let (headlines, mut sections) = match self.targets.as_slice() {
            [only] => (servers::headlines(only), alone(self, only)),
            several => (Vec::new(), beside_others(self, several)),
        };
        sections.push(servers::checked_against(&self.profiles).filter(|_| is_judged(self)));
        View { title, tone, headlines, sections: sections.into_iter().flatten().collect() }
    }

    fn monitored(&self) -> Option<Monitored> {
        Some(Monitored::from(&Judged::new(&self.profiles, self.targets.iter())))
    }
}

fn is_judged(probe: &Probe) -> bool {
    probe.targets.iter().any(|target| target.offer.is_some())
}

fn alone(probe: &Probe, target: &Target) -> Vec<Option<Section>> {
    let mut who = servers::identity(target);
    if target.offer.is_some() {
        let profiles = probe.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
        who.push(fact("checked with", profiles));
    }
    let name = |_: &str| target.name();
    vec![
        Section::first("What to do", changes(&target.remedy, name)),
        Section::first("The server", facts(who)),
        Section::first("Notes", servers::notes(target).into_iter().chain(notes(&probe.warnings))),
        Section::full("Why these changes", reasons(&target.remedy, name)),
        Section::full("What each client agrees on", servers::clients(target)),
        Section::full("Identification", facts(servers::details(target))),
        Section::full("What it offers", servers::offer(target)),
    ]
}

/// Every server in a line, then each with a problem, then all that is known of each.
fn beside_others(probe: &Probe, targets: &[Target]) -> Vec<Option<Section>> {
    let rows = table(["server", "software", "outcome", "why"], targets.iter().map(row).collect());
    let mut sections = vec![Section::first("Servers", rows)];
    for target in targets.iter().filter(|target| !target.is_fine()) {
        let name = |_: &str| target.name();
        let mut blocks = vec![Block::Headlines(servers::headlines(target))];
        blocks.extend(changes(&target.remedy, name));
        sections.push(Section::first(&target.name(), blocks));
    }
    sections.push(Section::first("Notes", notes(&probe.warnings)));
    for target in targets {
        sections.push(Section::full("Why these changes", reasons(&target.remedy, |_| target.name())));
        sections.push(servers::section(target));
    }
    sections
}

fn row(target: &Target) -> Row {
    let why = match &target.error {
        Some(error) => excerpt(&error.message).into_owned(),
        None => servers::whys(target).join("; "),
    };
    let tone = if target.is_fine() { Tone::Good } else { Tone::Bad };
    let cells =
        [code(target.name()), words(servers::software(target)), toned(tone, target.outcome.words()), words(why)];
    Row { marked: !target.is_fine(), cells: cells.to_vec() }
}

/// What one server comes to, in a line.
fn verdict(target: &Target) -> String {
    let name = target.name();
    match target.outcome {
        Outcome::Accepts if target.is_fine() => format!("{name} lets CUCM in"),
        Outcome::Accepts => format!("{name} lets CUCM in, but not as its lists predict"),
        Outcome::Refuses if target.clients.iter().any(|client| client.result == Access::Refuses) => {
            format!("{name} rejects CUCM")
        }
        Outcome::Refuses if target.handshake_fails() => {
            format!("{name} does not let CUCM in: the lists agree, but the handshake fails")
        }
        Outcome::Refuses => format!("{name} rejects password login, which CUCM needs"),
        Outcome::Unreachable => format!("{name} is unreachable"),
        Outcome::NotSsh => format!("{name} is not an SSH 2 server"),
        Outcome::Error => format!("{name} gave no usable answer"),
    }
}

fn title(targets: &[Target]) -> (String, Tone) {
    let wrong = targets.iter().filter(|target| !target.is_fine()).count();
    let tone = if wrong == 0 { Tone::Good } else { Tone::Bad };
    let text = match targets {
        [only] => verdict(only),
        all if wrong == 0 => format!("All {} servers let CUCM in", all.len()),
        all => format!("{wrong} of {} servers {} a problem", all.len(), if wrong == 1 { "has" } else { "have" }),
    };
    (text, tone)
}
