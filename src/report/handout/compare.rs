//! `compare` as a page to hand on.

use super::{Block, HandOut, Handout, Row, Section, Table, code, probe, servers, toned, words};
use crate::document::compare::{CategoryDifference, Compare};
use crate::document::{Document, Verdict};
use crate::report::page::Tone;

impl HandOut for Compare {
    fn handout(&self) -> Handout {
        let tone = if self.verdict() == Verdict::Ok { Tone::Good } else { Tone::Bad };
        let findings = self.findings.iter().map(|finding| vec![words(finding)]).collect::<Vec<_>>();
        let findings = if findings.is_empty() { Vec::new() } else { vec![Block::List(findings)] };
        let mut sections = Vec::new();
        sections.extend(Section::of("Conclusion", findings));
        sections.extend(Section::of("What to do", servers::remedies(&self.remedy)));
        sections.extend(comparison(self));
        sections.extend([&self.primary, &self.secondary].into_iter().filter_map(probe::server));
        sections.extend(Section::of("Judged by", servers::judged_by(&self.profiles)));
        let headlines = [&self.primary, &self.secondary];
        let headlines = headlines.into_iter().flat_map(|target| servers::headlines(target, &self.profiles)).collect();
        let title = match (self.primary.is_fine(), self.secondary.is_fine()) {
            (true, true) => "Both servers let CUCM in".to_owned(),
            _ => format!("{}, {}", probe::verdict(&self.primary), probe::verdict(&self.secondary)),
        };
        Handout { title, tone, headlines, sections }
    }
}

/// The lists side by side, what decides for CUCM marked.
pub fn comparison(compare: &Compare) -> Option<Section> {
    let mut blocks = Vec::new();
    for difference in &compare.categories {
        blocks.push(Block::Heading(vec![words(difference.category.title())]));
        blocks.push(category(compare, difference));
    }
    Section::of("The two servers side by side", blocks)
}

fn category(compare: &Compare, difference: &CategoryDifference) -> Block {
    if !difference.unknown.is_empty() {
        return Block::Paragraph(vec![toned(Tone::Warn, "Only one side's list is known.")]);
    }
    if difference.only_primary.is_empty() && difference.only_secondary.is_empty() {
        let order = if difference.same_order == Some(true) { "" } else { ", in another order" };
        return Block::Paragraph(vec![words(format!("No difference{order} ({} in both).", difference.common.len()))]);
    }
    let has = |has: bool| if has { toned(Tone::Good, "yes") } else { toned(Tone::Bad, "no") };
    let groups = [
        (&difference.common, [true, true]),
        (&difference.only_primary, [true, false]),
        (&difference.only_secondary, [false, true]),
    ];
    let mut rows = Vec::new();
    for (name, [primary, secondary]) in
        groups.iter().flat_map(|(names, sides)| names.iter().map(move |name| (name, sides)))
    {
        let decides = crate::report::compare::deciding(compare, difference, name);
        let marked = !decides.is_empty();
        rows.push(Row { marked, cells: vec![code(name), has(*primary), has(*secondary), words(decides)] });
    }
    let head = vec![
        "algorithm".to_owned(),
        compare.primary.target.clone(),
        compare.secondary.target.clone(),
        "decides for".to_owned(),
    ];
    Block::Table(Table { head, rows })
}
