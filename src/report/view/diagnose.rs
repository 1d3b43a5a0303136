//! `diagnose`: what an engineer acts on, then why, then what each part says.

use super::changes::{changes, reasons};
use super::{
    Block, Fact, Piece, Section, Times, ToView, View, backlog, code, compare, fact, facts, list, note, parse_log,
    prose, servers, to_copy, toned, words,
};
use crate::document::backlog::Backlog;
use crate::document::diagnose::{Conclusion, Diagnose, Evidence, EvidenceKind};
use crate::document::parse_log::ParseLog;
use crate::report::monitor::{self, Monitored};
use crate::report::page::Tone;
use crate::words::excerpt;
use crate::words::{clock, counted};

/// Rests on at most this many pieces of evidence on the first screen; the rest is further down.
const EVIDENCE: usize = 3;

impl ToView for Diagnose {
    fn view(&self) -> View<'_> {
        View::of(self.headline.clone(), tone(self), first_screen(self).into_iter().chain(rest(self)))
    }

    fn monitored(&self) -> Option<Monitored<'_>> {
        Some(monitor::diagnose::monitored(self))
    }

    fn times(&self) -> Times {
        let of_backlog = self.backlog.as_ref().map(Backlog::times).unwrap_or_default();
        let of_traces = self.parse_log.as_ref().map(ParseLog::times).unwrap_or_default();
        Times { clock: of_traces.clock, judged: of_backlog.judged }
    }
}

fn tone(diagnose: &Diagnose) -> Tone {
    let problem = diagnose.conclusions.first().is_some_and(|first| first.problem);
    let narrow = diagnose.parse_log.as_ref().is_some_and(|trace| trace.failures_left_out > 0);
    match (problem, narrow) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Warn,
        (false, false) => Tone::Good,
    }
}

/// The conclusion that is no problem of now and loses records all the same.
const LOSES_RECORDS: &str = "resend_on_failure_off";

/// The conclusions about what waits: what would tell more of it belongs on the first screen, too.
const WAITING: [&str; 2] = ["files_wait", "files_will_be_deleted"];

/// Since when, on what it rests, what to do, to copy, what waits and until when, what would confirm it.
fn first_screen(diagnose: &Diagnose) -> Vec<Option<Section>> {
    let Some(first) = diagnose.conclusions.first() else { return Vec::new() };
    let owner = owner(diagnose);
    let others = (1..diagnose.conclusions.len()).filter(|index| is_also_shown(diagnose, *index));
    let changes = || changes(&diagnose.remedy, |server| diagnose.server_name(server));
    let of_first = if owner == 0 { changes() } else { Vec::new() };
    let also = others.flat_map(|index| {
        let of_other = if index == owner { changes() } else { Vec::new() };
        also(diagnose, index).into_iter().chain(of_other)
    });
    let waiting = diagnose.conclusions.iter().skip(1).filter(|other| WAITING.contains(&other.id.as_str()));
    let confirm = first.next.iter().chain(waiting.flat_map(|other| &other.next)).map(|next| prose(next)).collect();
    vec![
        Section::first("In short", facts(in_short(diagnose, first))),
        Section::first("What to do", of_first.into_iter().chain(on_cucm(first))),
        Section::first("Also", also),
        Section::first("To confirm", list(confirm)),
        Section::first("Notes", list(notes(diagnose))),
    ]
}

/// The conclusion under which the changes on servers stand.
fn owner(diagnose: &Diagnose) -> usize {
    diagnose.conclusions.iter().position(|one| !one.remedy.is_empty()).unwrap_or(0)
}

/// Whether this conclusion is on the first screen beside the first one.
fn is_also_shown(diagnose: &Diagnose, index: usize) -> bool {
    let Some((first, other)) = diagnose.conclusions.first().zip(diagnose.conclusions.get(index)) else { return false };
    other.problem || !first.problem || other.id == LOSES_RECORDS || index == owner(diagnose)
}

/// The steps in words of one conclusion that none before it has.
fn steps(diagnose: &Diagnose, index: usize) -> Vec<Fact> {
    let (before, from) = diagnose.conclusions.split_at(index.min(diagnose.conclusions.len()));
    let Some(conclusion) = from.first() else { return Vec::new() };
    let is_new = |step: &&String| !before.iter().any(|one| one.steps.contains(step));
    let steps = conclusion.steps.iter().filter(|step| !conclusion.commands.contains(step)).filter(is_new);
    steps.enumerate().map(|(index, step)| (if index == 0 { "do" } else { "" }.to_owned(), prose(step))).collect()
}

/// Where a host that nobody gave comes from.
fn not_given(diagnose: &Diagnose, host: &str) -> String {
    let mut destinations = diagnose.parse_log.iter().flat_map(|trace| &trace.destinations);
    if destinations.any(|destination| destination.host.as_deref() == Some(host)) {
        format!("{host} is in the traces and was not given (--probe-from-trace probes it, too): ")
    } else {
        format!("CUCM's database names {host} as a billing server, and it was not given: ")
    }
}

/// Why, then each part as its own command tells it.
fn rest(diagnose: &Diagnose) -> Vec<Option<Section>> {
    let why = (0..diagnose.conclusions.len()).flat_map(|index| conclusion(diagnose, index));
    let mut sections = vec![
        Section::full("Why", why),
        Section::full("Why these changes", reasons(&diagnose.remedy, |server| diagnose.server_name(server))),
    ];
    sections.extend(diagnose.parse_log.iter().flat_map(|trace| traces(diagnose, trace)));
    sections.extend(diagnose.backlog.as_ref().map(backlog::section));
    sections.extend(diagnose.compare.iter().map(compare::verdicts));
    sections.extend(diagnose.compare.iter().flat_map(compare::side_by_side));
    sections.extend(diagnose.targets().into_iter().map(servers::section));
    sections.push(servers::checked_against(diagnose.profiles()));
    sections
}

/// Since when, how sure, on what it rests, and what to do in words.
fn in_short(diagnose: &Diagnose, first: &Conclusion) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(since(diagnose, first).map(|since| fact("since", since)));
    facts.push(fact("certainty", first.certainty.words()));
    for (index, evidence) in main_evidence(first).enumerate() {
        let mut pieces = vec![words(&evidence.what)];
        if evidence.path.is_some() {
            pieces.extend([words("; "), code(place(evidence))]);
        }
        facts.push((if index == 0 { "evidence" } else { "" }.to_owned(), pieces));
    }
    facts.extend(steps(diagnose, 0));
    facts
}

/// The evidence on the first screen. What a trace shows without a line of its own is said by `since` already.
fn main_evidence(first: &Conclusion) -> impl Iterator<Item = &Evidence> {
    let shown = |evidence: &&Evidence| evidence.path.is_some() || evidence.kind != EvidenceKind::Trace;
    first.evidence.iter().filter(shown).take(EVIDENCE)
}

/// When the failures began, and how many deliveries or else connections failed since, of the destination that the conclusion is about.
fn since(diagnose: &Diagnose, first: &Conclusion) -> Option<String> {
    let mut destinations = diagnose.parse_log.iter().flat_map(|trace| &trace.destinations);
    let host = first.destination.as_ref()?;
    let destination = destinations.find(|destination| destination.host.as_ref() == Some(host))?;
    let outage = destination.outages.last()?;
    let until = outage.to.map(|to| format!(" to {}", clock(to))).unwrap_or_default();
    let least = if outage.begins_before_trace { "at the latest " } else { "" };
    let failures = match (outage.failures, destination.outages.len()) {
        (0, 1) => counted(destination.connection_failures, "failed connection"),
        (0, _) => "failed connections".to_owned(),
        (failures, _) => counted(failures, "failed delivery"),
    };
    let zone = diagnose.parse_log.as_ref().and_then(|trace| trace.time_zone.as_deref());
    let zone = zone.unwrap_or("node's local time");
    Some(format!("{least}{}{until} ({zone}): {failures}", clock(outage.from)))
}

/// Another conclusion in short: its headline, what to do about it.
fn also(diagnose: &Diagnose, index: usize) -> Vec<Block> {
    let Some(conclusion) = diagnose.conclusions.get(index) else { return Vec::new() };
    let heading = Block::Heading(heading(conclusion));
    [heading].into_iter().chain(facts(steps(diagnose, index))).chain(on_cucm(conclusion)).collect()
}

/// The commands for CUCM's command line; those that save what waits say so, since nothing else shows it.
fn on_cucm(conclusion: &Conclusion) -> Vec<Block> {
    let saves = conclusion.commands.iter().any(|command| command.starts_with("file get "));
    let words = "Save them now, on CUCM's command line (it asks for an SFTP server):";
    let words = saves.then(|| Block::Paragraph(prose(words)));
    words.into_iter().chain(to_copy(conclusion.commands.clone())).collect()
}

fn heading(conclusion: &Conclusion) -> Vec<Piece> {
    vec![toned(if conclusion.problem { Tone::Bad } else { Tone::Plain }, &conclusion.headline)]
}

/// What keeps the answer from being whole: failures outside of the question, days that are not known, warnings, and
/// hosts of the traces that nobody gave, with the command that probes each.
fn notes(diagnose: &Diagnose) -> Vec<Vec<Piece>> {
    let left_out = diagnose.parse_log.iter().filter_map(ParseLog::left_out);
    let asked: String = diagnose.conclusions.iter().flat_map(|conclusion| conclusion.next.clone()).collect();
    let needs = diagnose.backlog.iter().filter_map(|backlog| backlog.deadline_needs.clone());
    let needs = needs.filter(|needs| !asked.contains(needs));
    let mut points: Vec<_> = left_out.chain(needs).map(|text| note(&text)).collect();
    let shown: Vec<&str> =
        diagnose.conclusions.first().into_iter().flat_map(main_evidence).map(|one| &*one.what).collect();
    let new = warnings(diagnose).into_iter().filter(|warning| !shown.contains(&warning.as_str()));
    points.extend(new.map(|warning| note(warning)));
    let new = diagnose.offered_targets.iter().filter(|target| !asked.contains(&target.command));
    points.extend(new.map(|target| vec![toned(Tone::Warn, not_given(diagnose, &target.host)), code(&target.command)]));
    points
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

/// A conclusion with its reasoning, with the evidence, steps and questions that nothing before it has shown. The first
/// one's headline is the page's.
fn conclusion(diagnose: &Diagnose, index: usize) -> Vec<Block> {
    let (before, from) = diagnose.conclusions.split_at(index);
    let Some(conclusion) = from.first() else { return Vec::new() };
    let mut heading = heading(conclusion);
    heading.push(toned(Tone::Faint, format!(" ({})", conclusion.certainty.words())));
    let mut blocks = Vec::from_iter((index > 0).then_some(Block::Heading(heading)));
    blocks.push(Block::Paragraph(prose(&conclusion.text)));
    let known: Vec<&Evidence> = diagnose.conclusions.iter().take(1).flat_map(main_evidence).collect();
    let new = |evidence: &&Evidence| {
        !before.iter().any(|one| one.evidence.contains(evidence))
            && (evidence.text.is_some() || !known.contains(evidence))
    };
    let (lines, points): (Vec<&Evidence>, Vec<&Evidence>) =
        conclusion.evidence.iter().filter(new).partition(|evidence| evidence.text.is_some());
    for evidence in lines {
        let text = evidence.text.as_deref().map(|text| excerpt(text).into_owned()).unwrap_or_default();
        let what = || Block::Paragraph(vec![words(&evidence.what)]);
        blocks.extend((!known.contains(&evidence)).then(what));
        blocks.push(Block::Evidence { place: place(evidence), text });
    }
    blocks.extend(list(points.into_iter().map(shown).collect()));
    if index > 0 {
        let steps = if is_also_shown(diagnose, index) { Vec::new() } else { steps(diagnose, index) };
        let next = conclusion.next.iter().map(|next| ("to confirm".to_owned(), prose(next)));
        blocks.extend(facts(steps.into_iter().chain(next).collect()));
    }
    blocks
}

fn shown(evidence: &Evidence) -> Vec<Piece> {
    let mut pieces = vec![words(&evidence.what)];
    if evidence.path.is_some() {
        pieces.extend([words(" "), code(place(evidence))]);
    }
    pieces
}

fn place(evidence: &Evidence) -> String {
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", evidence.path.as_deref().unwrap_or_default())
}

/// What the traces tell. Failures that are a failover are marked as such in the timeline.
fn traces(diagnose: &Diagnose, trace: &ParseLog) -> Vec<Option<Section>> {
    let failovers = diagnose.conclusions.iter().filter(|conclusion| conclusion.id.starts_with("failover_to_"));
    let hosts: Vec<&String> = failovers.filter_map(|conclusion| conclusion.destination.as_ref()).collect();
    let mut sections = parse_log::as_part(trace);
    let blocks = sections.iter_mut().flatten().flat_map(|section| &mut section.blocks);
    for chart in blocks.filter_map(|block| if let Block::Chart(chart) = block { Some(chart) } else { None }) {
        for host in &hosts {
            chart.mark_failures(host, "failover");
        }
    }
    sections
}
