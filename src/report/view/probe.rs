//! `probe`: the verdict and the change that mends it first, what they rest on after that.

use std::borrow::Cow;
use std::iter;

use super::changes::reasons;
use super::{Block, Row, Section, ToView, View, code, fact, facts, notes, servers, table, toned, words};
use crate::document::fleet::Fleet;
use crate::document::probe::{Access, Outcome, Target};
use crate::report::monitor::Monitored;
use crate::report::monitor::judged::Judged;
use crate::report::page::Tone;
use crate::words::excerpt;

impl ToView for Fleet {
    fn view(&self) -> View<'_> {
        let mut servers = self.targets.iter();
        match (servers.next(), self.targets.count()) {
            (Some(only), 1) => {
                let tone = tone(usize::from(!only.is_fine()));
                View::with(verdict(&only), tone, servers::headlines(&only), alone(self, &only))
            }
            (_, count) => {
                let wrong = self.targets.wrong();
                View::of(title(count, wrong), tone(wrong), beside_others(self))
            }
        }
    }

    fn monitored(&self) -> Option<Monitored<'_>> {
        Some(Monitored::from(Judged::new(&self.profiles, || self.targets.iter().map(Cow::Owned))))
    }
}

fn alone(fleet: &Fleet, target: &Target) -> Vec<Option<Section>> {
    let mut who = servers::identity(target);
    if target.offer.is_some() {
        let profiles = fleet.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
        who.push(fact("checked with", profiles));
    }
    let name = |_: &str| target.name();
    vec![
        Section::first("What to do", servers::to_do(target)),
        Section::first("The server", facts(who)),
        Section::first("Notes", servers::notes(target).into_iter().chain(notes(&fleet.warnings))),
        Section::full("Why these changes", reasons(&target.remedy, name)),
        Section::full("What each client agrees on", servers::clients(target)),
        Section::full("Identification", facts(servers::details(target))),
        Section::full("What it offers", servers::offer(target)),
        servers::checked_against(&fleet.profiles).filter(|_| target.offer.is_some()),
    ]
}

/// Every server in a line, then each with a problem, then all that is known of each.
fn beside_others(fleet: &Fleet) -> impl Iterator<Item = Option<Section>> {
    let rows = move || {
        let rows = fleet.targets.each(row).collect();
        Section::first("Servers", table(["server", "software", "outcome", "why"], rows))
    };
    let notes = || Section::first("Notes", notes(&fleet.warnings));
    let checked = || {
        let is_judged = fleet.targets.each(|target| target.offer.is_some()).any(|is_judged| is_judged);
        servers::checked_against(&fleet.profiles).filter(|_| is_judged)
    };
    iter::once_with(rows)
        .chain(fleet.targets.each_wrong(problem))
        .chain(iter::once_with(notes))
        .chain(fleet.targets.each(in_full).flatten())
        .chain(iter::once_with(checked))
}

fn problem(target: &Target) -> Option<Section> {
    let headlines = Block::Headlines(servers::headlines(target));
    let blocks = iter::once(headlines).chain(servers::to_do(target));
    Section::first(&target.name(), blocks)
}

fn in_full(target: &Target) -> [Option<Section>; 2] {
    let why = reasons(&target.remedy, |_| target.name());
    [Section::full("Why these changes", why), servers::section(target)]
}

fn row(target: &Target) -> Row {
    let why = match &target.error {
        Some(error) => excerpt(&error.message).into_owned(),
        None => servers::whys(target).join("; "),
    };
    let tone = if target.is_fine() { Tone::Good } else { Tone::Bad };
    let outcome = if target.is_only_unproven() { "not proven" } else { target.outcome.words() };
    let cells = [code(target.name()), words(servers::software(target)), toned(tone, outcome), words(why)];
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
        Outcome::Refuses if target.is_only_unproven() => {
            format!("{name} may let CUCM in: the lists agree, but no handshake proves it")
        }
        Outcome::Refuses => format!("{name} rejects password login, which CUCM needs"),
        outcome => format!("{name} {}", outcome.without_offer().unwrap_or_default()),
    }
}

fn tone(wrong: usize) -> Tone {
    if wrong == 0 { Tone::Good } else { Tone::Bad }
}

fn title(count: usize, wrong: usize) -> String {
    match wrong {
        0 => format!("All {count} servers let CUCM in"),
        1 => format!("1 of {count} servers has a problem"),
        _ => format!("{wrong} of {count} servers have a problem"),
    }
}
