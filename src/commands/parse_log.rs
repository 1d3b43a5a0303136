//! `cdrdiag parse-log [PATH]…`

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::progress::Progress;
use super::reports::{Inputs, Notices, Reports, given};
use super::{Context, paths};
use crate::alarms;
use crate::cli;
use crate::config::Config;
use crate::document::alarms::RaisedAlarms;
use crate::document::node::agreed;
use crate::document::parse_log::{Input, ParseLog};
use crate::exit::{Code, UsageError};
use crate::recognise::Kind;
use crate::search::Names;
use crate::suggest;
use crate::trace::answer::{self, Choice};
use crate::trace::causes::Causes;
use crate::trace::counts::InputCounts;
use crate::trace::note::UNKNOWN;
use crate::trace::reading::{self, Reading};
use crate::trace::sources::{self, AlarmText, Found, NodeText, PastedText, Problem, Source, Why};
use crate::trace::timeline::Window;
use crate::words::many;

/// Reads traces and tells what failed, to whom, since when and why.
///
/// # Errors
/// When no trace or not the configuration could be read, or a cause was asked for that does not exist.
pub fn run(args: &cli::ParseLog, context: &Context<'_>) -> Result<Code> {
    let reports = Reports::open(&args.reports)?;
    let here = [PathBuf::from(".")];
    let given_paths = if args.paths.is_empty() { here.as_slice() } else { &args.paths };
    let (found, misplaced) = traces(given_paths);
    let Parsed { document, left_out } = parse(found, misplaced, &args.narrow, context)?;
    let read = document.inputs.iter().map(|input| input.path.clone()).collect();
    let notices = Notices { warnings: document.unread.clone(), details: left_out, ..Notices::default() };
    reports.answer(document, Inputs { read, given: given(&args.paths), notices, alias: None }, context)
}

/// What these paths lead to, and what to say of that which another command reads.
fn traces(paths: &[PathBuf]) -> (Found, Vec<Problem>) {
    let mut found = paths::find(paths);
    let others = std::mem::take(&mut found.others);
    let others = others.into_iter().filter(|other| other.kind != Kind::Session);
    let has_traces = found.has_something();
    let (misplaced, beside): (Vec<_>, Vec<_>) = others.partition(|other| other.is_named() || !has_traces);
    found.left_out.extend(beside.iter().map(|other| other.label().to_owned()));
    (found, misplaced.iter().map(paths::misplaced).collect())
}

/// Traces, read.
pub struct Parsed {
    /// The answer.
    pub document: ParseLog,
    /// What folders hold beside traces, a line each.
    pub left_out: Vec<String>,
}

/// The document about what was found; what could not be read is told in it, with what was `misplaced` among them.
///
/// # Errors
/// When no trace or not the configuration could be read, or a cause was asked for that does not exist.
pub fn parse(mut found: Found, misplaced: Vec<Problem>, narrow: &cli::Narrow, context: &Context<'_>) -> Result<Parsed> {
    check(narrow)?;
    let config = Config::load(context.global().config.as_deref())?.config;
    let reading = read(&found.sources, narrow, context);
    let mut problems = misplaced;
    problems.append(&mut found.problems);
    problems.extend(unread(&found.sources, &reading));
    let raised = raised(&found.texts, &mut problems);
    let problems = sources::lines(&problems);
    if raised.is_empty() && tells_nothing(&found, &reading) {
        let all: Vec<String> = problems.into_iter().chain(left_out(&found.left_out)).collect();
        bail!("{}", if all.is_empty() { "nothing to read".to_owned() } else { all.join("; ") });
    }
    check_what_is_there(narrow, &reading, &found.pasted)?;
    let of_nodes = agreed(found.nodes.iter().map(|text| &text.node), |node| node.time_zone.as_deref());
    let timezone = narrow.timezone.or_else(|| of_nodes.and_then(|zone| zone.parse().ok())).or(config.defaults.timezone);
    let choice = Choice { destinations: narrow.destination.clone(), limit: narrow.limit, timezone };
    let mut document = answer::document(reading, &found.sources, &choice);
    document.warnings.splice(0..0, problems.iter().cloned());
    document.warnings.extend(left_out(&found.left_out));
    document.warnings.extend(found.remarks);
    document.unread = problems;
    document.alarms = raised;
    document.inputs.extend(found.texts.iter().map(alarm_text));
    found.pasted.into_iter().for_each(|pasted| add_pasted(&mut document, pasted, &choice));
    found.nodes.into_iter().for_each(|text| add_node(&mut document, text));
    let detail = |path: &String| format!("{path}: left out: no cdrrepmgr trace by its name and content");
    Ok(Parsed { document, left_out: found.left_out.iter().map(detail).collect() })
}

/// Reads the traces, with a bar where that takes long.
fn read(sources: &[Source], narrow: &cli::Narrow, context: &Context<'_>) -> Reading {
    let window = Window { since: narrow.since, until: narrow.until, causes: narrow.cause.clone() };
    let progress = Progress::new(sources, context.shows_progress());
    let reading = reading::read(sources, &window, &|bytes| progress.at(bytes));
    progress.finish();
    reading
}

/// What could not be read to its end, and what holds no record.
fn unread<'a>(sources: &'a [Source], reading: &'a Reading) -> impl Iterator<Item = Problem> + 'a {
    let problem = |source: &Source, why| Problem { path: source.label.clone(), why };
    let broken = reading.broken.iter().chain(&reading.cut);
    let broken = broken.map(move |(source, error)| problem(&sources[*source], Why::Partly(error.clone())));
    let holds_none = |input: &InputCounts| {
        // Lines may all continue a record of the trace before.
        input.counts.records == 0 && input.counts.lines == input.counts.skipped_lines
    };
    let without = sources.iter().zip(&reading.inputs).filter(move |(_, input)| holds_none(input));
    broken.chain(without.map(move |(source, _)| problem(source, Why::NoRecord)))
}

/// The alarms in these texts. One that tells of none was taken for something that it is not.
fn raised(texts: &[AlarmText], problems: &mut Vec<Problem>) -> Vec<RaisedAlarms> {
    let mut raised = Vec::new();
    for AlarmText { label, text } in texts {
        let alarms = alarms::read(label, text);
        problems.extend(alarms.is_empty().then(|| Problem { path: label.clone(), why: Why::NoRecord }));
        raised.extend(alarms);
    }
    raised
}

/// Whether no record was read, and nothing else that tells of CUCM.
fn tells_nothing(found: &Found, reading: &Reading) -> bool {
    let has_record = reading.inputs.iter().any(|input| input.counts.records > 0);
    !has_record && found.nodes.is_empty() && found.pasted.is_empty()
}

fn alarm_text(text: &AlarmText) -> Input {
    let (bytes, lines) = (text.text.len() as u64, text.text.lines().count() as u64);
    Input { path: text.label.clone(), bytes, lines, ..Input::default() }
}

/// Adds what a node says of itself. A session's log may be among the traces, too.
fn add_node(document: &mut ParseLog, text: NodeText) {
    let NodeText { label, bytes, lines, node } = text;
    let is_read = document.inputs.iter().any(|input| input.path == label);
    document.inputs.extend((!is_read).then(|| Input { path: label, bytes, lines, ..Input::default() }));
    document.nodes.push(node);
}

/// Adds what lines tell that were pasted without their records, and says what they lack.
fn add_pasted(document: &mut ParseLog, pasted: PastedText, choice: &Choice) {
    let PastedText { label, bytes, lines, told } = pasted;
    document.warnings.push(format!(
        "{label}: no whole trace record in it, so when this happened is not known; give the trace \
         (cdrrepmgrNNNNN.log) for the rest"
    ));
    document.inputs.push(Input { path: label, bytes, lines, ..Input::default() });
    let asked = told.destinations.into_iter().filter(|one| choice.asks_for(one.host.as_deref(), one.destination));
    document.destinations.splice(0..0, asked);
    document.negotiation = document.negotiation.take().or(told.negotiation);
}

/// What folders and archives hold beside traces; `None` where that is nothing.
fn left_out(paths: &[String]) -> Option<String> {
    let names: Names = paths.iter().collect();
    let files = many(names.count, "file holds no cdrrepmgr trace and was", "files hold no cdrrepmgr trace and were");
    (names.count > 0).then(|| format!("{files} left out: {names}"))
}

/// An answer about nothing would read as if nothing were wrong.
fn check_what_is_there(narrow: &cli::Narrow, reading: &Reading, pasted: &[PastedText]) -> Result<()> {
    let first = reading.inputs.iter().filter_map(|input| input.first).min();
    let last = reading.inputs.iter().filter_map(|input| input.last).max();
    if let (Some(first), Some(last)) = (first, last)
        && (narrow.since.is_some_and(|since| since > last) || narrow.until.is_some_and(|until| until < first))
    {
        bail!("no record is in the time asked for: the traces span {first} to {last}");
    }
    let mut known = answer::names(reading);
    known.extend(pasted.iter().flat_map(|text| &text.told.destinations).filter_map(|one| one.host.clone()));
    if narrow.destination.iter().any(|wanted| known.contains(wanted)) || narrow.destination.is_empty() {
        return Ok(());
    }
    let there = if known.is_empty() { "no destination".to_owned() } else { known.join(", ") };
    bail!("the traces have no destination {}; they have {there}", narrow.destination.join(" or "));
}

/// Whether what was asked for can be at all.
fn check(narrow: &cli::Narrow) -> Result<(), UsageError> {
    if let (Some(since), Some(until)) = (narrow.since, narrow.until)
        && since > until
    {
        return Err(UsageError(format!("--since {since} is later than --until {until}")));
    }
    check_causes(&narrow.cause)
}

fn check_causes(wanted: &[String]) -> Result<(), UsageError> {
    let causes = Causes::builtin();
    let Some(wrong) = wanted.iter().find(|cause| !causes.contains(cause) && *cause != UNKNOWN) else { return Ok(()) };
    let names = causes.names();
    let hint =
        suggest::nearest(wrong, names.iter().copied()).map_or(String::new(), |near| format!(" (did you mean {near}?)"));
    Err(UsageError(format!("--cause {wrong}: no such cause{hint}; there are: {}, {UNKNOWN}", names.join(", "))))
}
