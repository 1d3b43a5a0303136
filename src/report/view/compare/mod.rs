//! `compare`: what stops CUCM in the first line, the verdicts, the change; then the lists side by side and what else
//! differs.

mod lists;
mod verdicts;

use std::borrow::Cow;

use super::changes::{changes, reasons};
use super::{Block, Fact, Section, ToView, View, fact, facts, list, servers, words};
use crate::document::compare::{Compare, Pair};
use crate::document::probe::{Outcome, Target};
use crate::document::remedy::Remedy;
use crate::document::{Document, Verdict};
use crate::model::offer::Offer;
use crate::report::monitor::Monitored;
use crate::report::monitor::judged::Judged;
use crate::report::page::Tone;

impl ToView for Compare {
    fn view(&self) -> View<'_> {
        let tone = if self.verdict() == Verdict::Ok { Tone::Good } else { Tone::Bad };
        let columns = Column::of(self);
        let (title, findings) = findings(self);
        let changed = needed_changes(self);
        let mut sections = vec![
            Section::first("Findings", findings),
            Section::first("Verdicts", vec![Block::Facts(who(&columns)), verdicts::table(self, &columns)]),
            Section::first(
                "What to do",
                checks(self).into_iter().chain(changes(&changed, |server| name(self, server))),
            ),
            Section::full("Why these changes", reasons(&changed, |server| name(self, server))),
        ];
        sections.extend(side_by_side(self));
        sections.extend(self.targets().map(servers::section));
        sections.push(servers::checked_against(&self.profiles));
        View::of(title, tone, sections)
    }

    fn monitored(&self) -> Option<Monitored<'_>> {
        Some(Monitored::from(Judged::new(&self.profiles, || self.targets().map(Cow::Borrowed))))
    }
}

/// The first finding is the answer, the others follow from it or stand beside it; of several pairs each has its own.
fn findings(compare: &Compare) -> (String, Vec<Block>) {
    let points = |findings: &[String]| list(findings.iter().map(|finding| vec![words(finding)]).collect());
    if let (true, Some((first, rest))) = (compare.others.is_empty(), compare.pair.findings.split_first()) {
        return (first.clone(), Vec::from_iter(points(rest)));
    }
    let (all, wrong) = (compare.targets().count(), compare.targets().filter(|target| !target.is_fine()).count());
    let title = match wrong {
        0 => format!("All {all} servers let CUCM in"),
        1 => format!("1 of {all} servers has a problem"),
        _ => format!("{wrong} of {all} servers have a problem"),
    };
    let of_pair = |pair: &Pair| {
        let heading = format!("{} and {}", compare.primary.name(), pair.secondary.name());
        [Some(Block::Heading(vec![words(heading)])), points(&pair.findings)].into_iter().flatten().collect::<Vec<_>>()
    };
    (title, compare.pairs().flat_map(of_pair).collect())
}

/// What to check of the servers that gave no offer.
fn checks(compare: &Compare) -> Vec<Block> {
    let of = |target: &Target| Some([Block::Heading(vec![words(target.name())]), servers::to_check(target)?]);
    compare.targets().filter_map(of).flatten().collect()
}

/// The lists side by side, what decides for CUCM marked, and what else is not alike.
pub fn side_by_side(compare: &Compare) -> Vec<Option<Section>> {
    let columns = Column::of(compare);
    let several = columns.iter().filter(|column| column.offer().is_some()).count() > 1;
    let lists = if several { lists::tables(compare, &columns) } else { Vec::new() };
    vec![
        Section::full("The lists side by side", lists),
        Section::full("What else differs", facts(differences(compare, &columns))),
    ]
}

/// What each client meets at each server.
pub fn verdicts(compare: &Compare) -> Option<Section> {
    let columns = Column::of(compare);
    Section::full("Primary and secondary", vec![Block::Facts(who(&columns)), verdicts::table(compare, &columns)])
}

/// A server, and the name above its column.
struct Column<'a> {
    label: String,
    target: &'a Target,
}

impl<'a> Column<'a> {
    /// The servers' own names, as far as a page of 80 columns has room for them.
    fn of(compare: &'a Compare) -> Vec<Self> {
        const ROOM: usize = 28;
        let targets: Vec<_> = compare.targets().collect();
        let names: Vec<String> = targets.iter().map(|target| target.name()).collect();
        let needed: usize = names.iter().map(|name| name.chars().count() + 2).sum();
        let by_name = needed <= ROOM && (0..names.len()).all(|index| !names[..index].contains(&names[index]));
        let label = |index: usize| match (index, names.len()) {
            _ if by_name => names[index].clone(),
            (0, 2) => "primary".to_owned(),
            (_, 2) => "secondary".to_owned(),
            _ => format!("({})", index + 1),
        };
        targets.into_iter().enumerate().map(|(index, target)| Self { label: label(index), target }).collect()
    }

    fn offer(&self) -> Option<&'a Offer> {
        self.target.offer.as_ref()
    }
}

/// Which server stands in which column.
fn who(columns: &[Column<'_>]) -> Vec<Fact> {
    let of = |Column { label, target }: &Column<'_>| {
        let raw = target.identification.as_ref().map(|told| told.raw.clone()).filter(|raw| !raw.is_empty());
        let runs = raw.unwrap_or_else(|| servers::software(target));
        let name = Some(target.name()).filter(|name| name != label);
        let given = Some(target.target.clone()).filter(|given| *given != target.name());
        let shown = [name, given, Some(runs)].into_iter().flatten().filter(|part| !part.is_empty());
        let mut pieces = Vec::new();
        for part in shown {
            pieces.extend((!pieces.is_empty()).then(|| words(", ")));
            pieces.push(words(part));
        }
        (label.clone(), pieces)
    };
    columns.iter().map(of).collect()
}

fn differences(compare: &Compare, columns: &[Column<'_>]) -> Vec<Fact> {
    let Some((first, others)) = columns.split_first() else { return Vec::new() };
    let of = |(pair, column): (&'_ Pair, &Column<'_>)| {
        let value = |fact: &crate::document::compare::FactDifference| {
            format!("{} on {}, {} on {}", fact.primary, first.label, fact.secondary, column.label)
        };
        pair.facts.iter().map(|found| fact(found.fact.title(), value(found))).collect::<Vec<_>>()
    };
    compare.pairs().zip(others).flat_map(of).collect()
}

/// The changes of all pairs. The primary's is taken from a server that works, if there is one.
fn needed_changes(compare: &Compare) -> Vec<Remedy> {
    let primary = &compare.primary.target;
    let model = compare.pairs().find(|pair| pair.secondary.outcome == Outcome::Accepts).unwrap_or(&compare.pair);
    let on_primary = model.remedy.iter().filter(|remedy| remedy.server == *primary);
    let on_others = compare.pairs().flat_map(|pair| &pair.remedy).filter(|remedy| remedy.server != *primary);
    let mut changes: Vec<Remedy> = Vec::new();
    for remedy in on_primary.chain(on_others) {
        if !changes.contains(remedy) {
            changes.push(remedy.clone());
        }
    }
    changes
}

fn name(compare: &Compare, server: &str) -> String {
    compare.targets().find(|target| target.target == server).map_or_else(|| server.to_owned(), Target::name)
}
