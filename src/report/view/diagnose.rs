//! `diagnose` as a page to hand on: the conclusions first, then what each part says.

use super::{
    Block, Headline, Piece, Section, ToView, View, backlog, code, compare, parse_log, probe, prose, servers, toned,
    words,
};
use crate::document::diagnose::{Conclusion, Diagnose, Evidence, EvidenceKind};
use crate::document::parse_log::ParseLog;
use crate::document::{Document, Verdict};
use crate::report::page::Tone;
use crate::report::words::{clock, counted};
use crate::words::excerpt;

impl ToView for Diagnose {
    fn view(&self) -> View {
        let tone = if self.verdict() == Verdict::Ok { Tone::Good } else { Tone::Bad };
        let mut sections = Vec::new();
        sections.extend(Section::of("Conclusion", self.conclusions.iter().flat_map(conclusion).collect()));
        sections.extend(timeline(self));
        sections.extend(Section::of("What to do", to_do(self)));
        sections.extend(Section::of("What it rests on", evidence(self)));
        sections.extend(self.parse_log.iter().flat_map(parse_log::trace_sections));
        sections.extend(self.backlog.as_ref().map(backlog::section));
        sections.extend(self.compare.iter().flat_map(compare::comparison));
        sections.extend(self.targets().into_iter().filter_map(probe::server));
        sections.extend(Section::of("Checked against", servers::judged_by(self.profiles())));
        sections.extend(Section::of("Notes", notes(self)));
        View { title: self.headline.clone(), tone, headlines: headlines(self), sections }
    }
}

/// The servers' verdicts, which the title does not tell.
fn headlines(diagnose: &Diagnose) -> Vec<Headline> {
    let destinations = diagnose.parse_log.iter().flat_map(|trace| &trace.destinations).map(parse_log::headline);
    let servers = diagnose.targets().into_iter().flat_map(servers::headlines);
    destinations.chain(servers).collect()
}

fn conclusion(conclusion: &Conclusion) -> Vec<Block> {
    let tone = if conclusion.problem { Tone::Bad } else { Tone::Plain };
    let certainty = format!(" ({})", conclusion.certainty.words());
    let mut blocks = vec![
        Block::Heading(vec![toned(tone, &conclusion.headline), toned(Tone::Faint, certainty)]),
        Block::Paragraph(prose(&conclusion.text)),
    ];
    let would_tell = |next: &String| [vec![toned(Tone::Faint, "To confirm: ")], prose(next)].concat();
    let next: Vec<_> = conclusion.next.iter().map(would_tell).collect();
    if !next.is_empty() {
        blocks.push(Block::List(next));
    }
    blocks
}

/// Rests on at most this many pieces of evidence on the first screen; the rest is further down.
const EVIDENCE: usize = 3;

/// What an engineer acts on, in that order: since when, on what it rests, what to do as one block to copy, what waits
/// and until when, what would confirm it. The headline stands above it.
pub fn first_screen(diagnose: &Diagnose) -> Vec<Block> {
    let Some(first) = diagnose.conclusions.first() else { return Vec::new() };
    let mut blocks = vec![Block::Facts(because(diagnose, first))];
    let is_command = |step: &&String| !first.commands.contains(step);
    let steps: Vec<_> = first.steps.iter().filter(is_command).map(|step| fact_of("do", prose(step))).collect();
    blocks.extend((!steps.is_empty()).then_some(Block::Facts(steps)));
    blocks.extend(servers::changes(&diagnose.remedy, |server| server_name(diagnose, server)));
    blocks.extend((!first.commands.is_empty()).then(|| Block::Code(first.commands.clone())));
    let others = diagnose.conclusions.iter().skip(1).filter(|other| other.problem || !first.problem);
    others.for_each(|other| blocks.extend(also(other)));
    let name = |index| if index == 0 { "to confirm" } else { "" };
    let mut last: Vec<_> =
        first.next.iter().enumerate().map(|(index, next)| fact_of(name(index), prose(next))).collect();
    last.extend(not_given(diagnose));
    last.extend(left_open(diagnose).into_iter().map(|note| fact_of("note", vec![toned(Tone::Warn, note)])));
    if !last.is_empty() {
        blocks.push(Block::Heading(Vec::new()));
        blocks.push(Block::Facts(last));
    }
    blocks
}

fn fact_of(name: &str, value: Vec<Piece>) -> (String, Vec<Piece>) {
    (name.to_owned(), value)
}

/// Since when, how sure, and on what it rests.
fn because(diagnose: &Diagnose, first: &Conclusion) -> Vec<(String, Vec<Piece>)> {
    let mut facts = Vec::new();
    facts.extend(since(diagnose, first).map(|since| fact_of("since", vec![words(since)])));
    facts.push(fact_of("certainty", vec![words(first.certainty.words())]));
    // What a trace shows without a line of its own is said by `since` already.
    let shown =
        first.evidence.iter().filter(|evidence| evidence.path.is_some() || evidence.kind != EvidenceKind::Trace);
    for (index, evidence) in shown.take(EVIDENCE).enumerate() {
        let mut pieces = vec![words(&evidence.what)];
        if evidence.path.is_some() {
            pieces.extend([words("; "), toned(Tone::Faint, place(evidence))]);
        }
        facts.push(fact_of(if index == 0 { "rests on" } else { "" }, pieces));
    }
    facts
}

/// When the trouble began, and how many deliveries failed since, of the destination that the conclusion is about.
fn since(diagnose: &Diagnose, first: &Conclusion) -> Option<String> {
    let mut destinations = diagnose.parse_log.iter().flat_map(|trace| &trace.destinations);
    let host = first.destination.as_ref()?;
    let outage = destinations.find(|destination| destination.host.as_ref() == Some(host))?.outages.last()?;
    let until = outage.to.map(|to| format!(" to {}", clock(to))).unwrap_or_default();
    let least = if outage.begins_before_trace { "at the latest " } else { "" };
    let failures = counted(outage.failures, "failed delivery");
    Some(format!("{least}{}{until} (the node's local time): {failures}", clock(outage.from)))
}

/// Another conclusion in short: its headline, what to do about it.
fn also(conclusion: &Conclusion) -> Vec<Block> {
    let tone = if conclusion.problem { Tone::Bad } else { Tone::Plain };
    let mut blocks = vec![Block::Heading(vec![toned(tone, &conclusion.headline)])];
    if !conclusion.commands.is_empty() {
        blocks.push(Block::Code(conclusion.commands.clone()));
    }
    blocks
}

/// A server as people call it: by its address where a saved answer was given for it.
fn server_name(diagnose: &Diagnose, server: &str) -> String {
    let target = diagnose.targets().into_iter().find(|target| target.target == server);
    target.map_or_else(|| server.to_owned(), servers::name)
}

/// Hosts of the traces that nobody gave, with the command that probes each; what was said above is not repeated.
fn not_given(diagnose: &Diagnose) -> Vec<(String, Vec<Piece>)> {
    let next: String = diagnose.conclusions.iter().flat_map(|conclusion| conclusion.next.clone()).collect();
    let new = diagnose.offered_targets.iter().filter(|target| !next.contains(&target.command));
    new.map(|target| fact_of("not given", vec![words(format!("{}: ", target.host)), code(&target.command)])).collect()
}

/// What keeps the answer from being whole.
fn left_open(diagnose: &Diagnose) -> Vec<String> {
    let left_out = diagnose.parse_log.iter().filter_map(ParseLog::left_out);
    let needs = diagnose.backlog.iter().filter_map(|backlog| backlog.deadline_needs.clone());
    left_out.chain(needs).chain(warnings(diagnose).into_iter().cloned()).collect()
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
    let is_command = |step: &&String| diagnose.conclusions.iter().any(|conclusion| conclusion.commands.contains(step));
    let (commands, steps): (Vec<&String>, Vec<&String>) = told.into_iter().partition(is_command);
    let of_first = |step: &&String| diagnose.conclusions.first().is_some_and(|first| first.steps.contains(step));
    let (first, also): (Vec<&String>, Vec<&String>) = steps.into_iter().partition(of_first);
    let list = |steps: Vec<&String>| Block::List(steps.into_iter().map(|step| prose(step)).collect());
    let mut blocks = Vec::new();
    if !first.is_empty() {
        blocks.push(list(first));
    }
    blocks.extend(servers::remedies(&diagnose.remedy));
    if !also.is_empty() {
        blocks.push(Block::Heading(vec![words("Also")]));
        blocks.push(list(also));
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
        let text = evidence.text.as_deref().map(|text| excerpt(text).into_owned()).unwrap_or_default();
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
    let left_out = diagnose.parse_log.iter().filter_map(ParseLog::left_out);
    let told = left_out.chain(warnings(diagnose).into_iter().cloned());
    let mut points: Vec<_> = told.map(|warning| vec![toned(Tone::Warn, "Note: "), words(warning)]).collect();
    points.extend(diagnose.offered_targets.iter().map(|target| {
        let text = format!("{} is in the traces and was not given: ", target.host);
        vec![toned(Tone::Warn, "Note: "), words(text), code(&target.command)]
    }));
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}

/// The warnings of all parts, each once.
fn warnings(diagnose: &Diagnose) -> Vec<&String> {
    let trace = diagnose.parse_log.iter().flat_map(|trace| &trace.warnings);
    let probe = diagnose.probe.iter().flat_map(|probe| &probe.warnings);
    let mut told: Vec<&String> = Vec::new();
    for warning in diagnose.warnings.iter().chain(trace).chain(probe) {
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    told
}
