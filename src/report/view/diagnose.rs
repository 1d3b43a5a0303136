//! `diagnose` as a page to hand on: the conclusions first, then what each part says.

use super::{
    Block, ToView, View, Headline, Piece, Section, backlog, code, compare, parse_log, probe, prose, servers, toned,
    words,
};
use crate::document::compare::Compare;
use crate::document::diagnose::{Conclusion, Diagnose, Evidence};
use crate::document::probe::{ProfileRef, Target};
use crate::document::{Document, Verdict};
use crate::report::page::Tone;

impl ToView for Diagnose {
    fn view(&self) -> View {
        let tone = if self.verdict() == Verdict::Ok { Tone::Good } else { Tone::Bad };
        let mut sections = Vec::new();
        sections.extend(Section::of("Conclusion", self.conclusions.iter().flat_map(conclusion).collect()));
        sections.extend(timeline(self));
        sections.extend(Section::of("What to do", to_do(self)));
        sections.extend(Section::of("What it rests on", evidence(self)));
        sections.extend(self.parse_log.iter().flat_map(parse_log::trace_sections));
        sections.extend(self.backlog.as_ref().and_then(backlog::section));
        sections.extend(self.compare.iter().flat_map(compare::comparison));
        sections.extend(targets(self).into_iter().filter_map(probe::server));
        sections.extend(Section::of("Judged by", servers::judged_by(profiles(self))));
        sections.extend(Section::of("Notes", notes(self)));
        View { title: self.headline.clone(), tone, headlines: headlines(self), sections }
    }
}

/// The servers' verdicts, which the title does not tell.
fn headlines(diagnose: &Diagnose) -> Vec<Headline> {
    let destinations = diagnose.parse_log.iter().flat_map(|trace| &trace.destinations).map(parse_log::headline);
    let servers = targets(diagnose).into_iter().flat_map(servers::headlines);
    destinations.chain(servers).collect()
}

fn targets(diagnose: &Diagnose) -> Vec<&Target> {
    let compared = diagnose.compare.iter().flat_map(Compare::targets);
    compared.chain(diagnose.probe.iter().flat_map(|probe| &probe.targets)).collect()
}

fn profiles(diagnose: &Diagnose) -> &[ProfileRef] {
    let compared = diagnose.compare.as_ref().map(|compare| compare.profiles.as_slice());
    compared.or(diagnose.probe.as_ref().map(|probe| probe.profiles.as_slice())).unwrap_or_default()
}

fn conclusion(conclusion: &Conclusion) -> Vec<Block> {
    let tone = if conclusion.problem { Tone::Bad } else { Tone::Plain };
    let certainty = format!(" ({})", conclusion.certainty.words());
    let mut blocks = vec![
        Block::Heading(vec![toned(tone, &conclusion.headline), toned(Tone::Faint, certainty)]),
        Block::Paragraph(prose(&conclusion.text)),
    ];
    let would_tell = |next: &String| [vec![toned(Tone::Faint, "Would tell more: ")], prose(next)].concat();
    let next: Vec<_> = conclusion.next.iter().map(would_tell).collect();
    if !next.is_empty() {
        blocks.push(Block::List(next));
    }
    blocks
}

/// The first conclusion's steps, the changes on servers, then the other steps, each once.
fn to_do(diagnose: &Diagnose) -> Vec<Block> {
    let mut told: Vec<&String> = Vec::new();
    for step in diagnose.conclusions.iter().flat_map(|conclusion| &conclusion.steps) {
        if !told.contains(&step) {
            told.push(step);
        }
    }
    // CUCM's commands are to be copied; all else is to be read.
    let (commands, steps): (Vec<&String>, Vec<&String>) = told.into_iter().partition(|step| step.starts_with("file "));
    let of_first = |step: &&String| diagnose.conclusions.first().is_some_and(|first| first.steps.contains(step));
    let (first, besides): (Vec<&String>, Vec<&String>) = steps.into_iter().partition(of_first);
    let list = |steps: Vec<&String>| Block::List(steps.into_iter().map(|step| prose(step)).collect());
    let mut blocks = Vec::new();
    if !first.is_empty() {
        blocks.push(list(first));
    }
    blocks.extend(servers::remedies(&diagnose.remedy));
    if !besides.is_empty() {
        blocks.push(Block::Heading(vec![words("Besides")]));
        blocks.push(list(besides));
    }
    if !commands.is_empty() {
        blocks.push(Block::Heading(vec![words("On CUCM's command line")]));
        blocks.push(Block::Code(commands.into_iter().cloned().collect()));
    }
    blocks
}

/// Every piece of evidence once: what a line of an input shows with that line, all else in a list.
fn evidence(diagnose: &Diagnose) -> Vec<Block> {
    let mut told: Vec<&Evidence> = Vec::new();
    for evidence in diagnose.conclusions.iter().flat_map(|conclusion| &conclusion.evidence) {
        if !told.contains(&evidence) {
            told.push(evidence);
        }
    }
    let (lines, facts): (Vec<&Evidence>, Vec<&Evidence>) =
        told.into_iter().partition(|evidence| evidence.text.is_some());
    let mut blocks = Vec::new();
    for evidence in lines {
        blocks.push(Block::Paragraph(fact(evidence)));
        let text = evidence.text.clone().unwrap_or_default();
        blocks.push(Block::Evidence { place: place(evidence), text });
    }
    if !facts.is_empty() {
        blocks.push(Block::List(facts.into_iter().map(fact).collect()));
    }
    blocks
}

fn fact(evidence: &Evidence) -> Vec<Piece> {
    let mut pieces = vec![words(&evidence.what)];
    if evidence.text.is_none() && evidence.path.is_some() {
        pieces.extend([words(" "), code(place(evidence))]);
    }
    pieces
}

fn place(evidence: &Evidence) -> String {
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", evidence.path.as_deref().unwrap_or_default())
}

/// What happened over time, where failures that are a failover are marked as such.
fn timeline(diagnose: &Diagnose) -> Option<Section> {
    let mut section = parse_log::timeline(diagnose.parse_log.as_ref()?)?;
    let failovers = diagnose.conclusions.iter().filter(|conclusion| conclusion.id.starts_with("failover_to_"));
    for host in failovers.filter_map(|conclusion| conclusion.destination.as_ref()) {
        for block in &mut section.blocks {
            if let Block::Chart(chart) = block {
                chart.mark_failures(host, "failover");
            }
        }
    }
    Some(section)
}

fn notes(diagnose: &Diagnose) -> Vec<Block> {
    let trace = diagnose.parse_log.iter().flat_map(|trace| &trace.warnings);
    let probe = diagnose.probe.iter().flat_map(|probe| &probe.warnings);
    let mut told: Vec<&String> = Vec::new();
    for warning in diagnose.warnings.iter().chain(trace).chain(probe) {
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    let points: Vec<_> = told.into_iter().map(|warning| vec![toned(Tone::Warn, "Note: "), words(warning)]).collect();
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}
