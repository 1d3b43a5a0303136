//! `compare` as a page to hand on.

use super::{Block, Piece, Row, Section, Table, ToView, View, code, probe, servers, toned, words};
use crate::document::compare::{CategoryDifference, Compare, Listed, Pair};
use crate::document::probe::Target;
use crate::document::{Document, Verdict};
use crate::model::offer::Setting;
use crate::report::compare::changes;
use crate::report::page::Tone;

impl ToView for Compare {
    fn view(&self) -> View {
        let tone = if self.verdict() == Verdict::Ok { Tone::Good } else { Tone::Bad };
        let mut sections = Vec::new();
        sections.extend(Section::of("Conclusion", findings(self)));
        sections.extend(Section::of("What to do", servers::remedies(&changes(self))));
        sections.extend(comparison(self));
        sections.extend(self.targets().filter_map(probe::server));
        sections.extend(Section::of("Checked against", servers::judged_by(&self.profiles)));
        let headlines = self.targets().flat_map(servers::headlines).collect();
        View { title: title(self), tone, headlines, sections }
    }
}

fn title(compare: &Compare) -> String {
    let servers = compare.targets().count();
    let wrong = compare.targets().filter(|target| !target.is_fine()).count();
    match (servers, wrong) {
        (2, 0) => "Both servers let CUCM in".to_owned(),
        (_, 0) => format!("All {servers} servers let CUCM in"),
        (2, _) => format!("{}, {}", probe::verdict(&compare.primary), probe::verdict(&compare.pair.secondary)),
        _ => format!("{wrong} of {servers} servers {} a problem", if wrong == 1 { "has" } else { "have" }),
    }
}

fn findings(compare: &Compare) -> Vec<Block> {
    let points: Vec<_> = compare.pairs().flat_map(|pair| &pair.findings).map(|finding| vec![words(finding)]).collect();
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}

/// The lists side by side, what decides for CUCM marked; a section a pair.
pub fn comparison(compare: &Compare) -> Vec<Section> {
    let section = |pair: &Pair| {
        let (labels, which) = labels([&compare.primary, &pair.secondary]);
        let mut blocks = Vec::from_iter(which);
        for (title, difference) in lists(pair) {
            blocks.push(Block::Heading(vec![words(title)]));
            blocks.push(category(&labels, difference));
        }
        Section::of(&format!("{} and {} side by side", compare.primary.target, pair.secondary.target), blocks)
    };
    compare.pairs().filter_map(section).collect()
}

/// The lists with their titles: one for both directions where they are alike, none for languages, of which no server
/// and no client makes use.
fn lists(pair: &Pair) -> Vec<(&'static str, &CategoryDifference)> {
    let mut lists = Vec::new();
    for setting in Setting::ALL {
        let all: Vec<_> = pair.categories.iter().filter(|list| setting.categories().contains(&list.category)).collect();
        match all.as_slice() {
            [one, other] if one.is_alike(other) => lists.push((setting.title(), *one)),
            _ => lists.extend(all.into_iter().map(|list| (list.category.title(), list))),
        }
    }
    lists
}

/// The names above two columns: the servers' own if they are short, else those which the conclusion gives them, with
/// what they stand for.
fn labels(sides: [&Target; 2]) -> ([String; 2], Option<Block>) {
    const ROOM: usize = 22;
    let names = sides.map(|side| side.target.clone());
    if names.iter().all(|name| name.chars().count() <= ROOM) {
        return (names, None);
    }
    let labels = ["primary", "secondary"].map(str::to_owned);
    let which = labels.iter().cloned().zip(names.map(|name| vec![code(name)])).collect();
    (labels, Some(Block::Facts(which)))
}

fn category(labels: &[String; 2], difference: &CategoryDifference) -> Block {
    if !difference.unknown.is_empty() {
        return Block::Paragraph(vec![toned(Tone::Warn, "Only one side's list is known.")]);
    }
    if difference.only_primary.is_empty() && difference.only_secondary.is_empty() {
        let order = if difference.same_order == Some(true) { "" } else { ", in another order" };
        return Block::Paragraph(vec![words(format!("No difference{order} ({} in both).", difference.common.len()))]);
    }
    let row = |listed: &Listed| {
        let cells = vec![
            code(&listed.algorithm),
            has(listed.primary),
            has(listed.secondary),
            words(listed.proposed_by.join(", ")),
            words(listed.decides_for.join(", ")),
        ];
        Row { marked: !listed.decides_for.is_empty(), cells }
    };
    let [primary, secondary] = labels.clone();
    let head = ["algorithm".to_owned(), primary, secondary, "proposed by".to_owned(), "decides for".to_owned()];
    Block::Table(Table { head: head.to_vec(), rows: difference.algorithms.iter().map(row).collect() })
}

fn has(offered: Option<bool>) -> Piece {
    match offered {
        Some(true) => toned(Tone::Good, "yes"),
        Some(false) => toned(Tone::Faint, "no"),
        None => toned(Tone::Warn, "unknown"),
    }
}
