//! `diagnose [PATH]… [--preserve LISTING] [--primary T] [--secondary T] [--target T]…`: everything at once.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::collected::{self, Collected};
use super::examine::{Examination, Subject, misspelt, unknown_name};
use super::parse_log::Parsed;
use super::paths::Arranged;
use super::reports::{Inputs, Reports, given};
use super::{Context, backlog, parse_log, paths};
use crate::backlog::Question;
use crate::cli;
use crate::config::Config;
use crate::diagnosis::answer::{self, Parts};
use crate::diagnosis::clients::Clients;
use crate::document::backlog::Backlog;
use crate::document::diagnose::Diagnose;
use crate::document::parse_log::ParseLog;
use crate::document::probe::Target;
use crate::exit::{Code, UsageError};
use crate::trace::sources::{self, Found, Other};

/// As many as `probe` examines at a time unless told otherwise.
const MOST_AT_ONCE: usize = 64;

/// Tells the whole story. A part that can't be read is told in the answer and does not lose the others.
///
/// # Errors
/// When nothing is given, a target means nothing, the configuration or a profile can't be read, or no part can.
pub fn run(args: &cli::Diagnose, context: &Context<'_>) -> Result<Code> {
    check(args)?;
    let config = Config::load(context.global().config.as_deref())?.config;
    collected::clients(args, &config, &[], context)?;
    let reports = Reports::open(&args.reports)?;
    let mut parts = Parts::default();
    let (mut args, given) = (args.clone(), given_paths(args));
    let collected = collect(&mut args, &config, &mut parts.unread, context)?;
    let Arranged { args, traces: found, mut listings, saved, assumed, misplaced } = paths::arranged(&args);
    parts.unread.extend(sources::lines(&misplaced));
    parts.assumed = assumed;
    let parsed = found.map_or(Ok(None), |found| traces(found, &args, &mut parts.unread, context))?;
    let (document, details) = parsed.map(|Parsed { document, left_out }| (document, left_out)).unzip();
    parts.parse_log = document;
    let nodes = parts.parse_log.as_ref().map(|trace| trace.nodes.clone()).unwrap_or_default();
    let question = collected::question(backlog::question(&args.deadline, &config), &nodes);
    parts.backlog = waiting(&args.preserve, &mut listings, question, &mut parts.unread);
    let asked = collected::clients(&args, &config, &nodes, context)?;
    let traced = parts.parse_log.as_ref().and_then(|trace| trace.negotiation.as_ref());
    let clients = Clients::in_view_of(asked, traced);
    let examination = Examination::new(&args.connection, &config, clients.profiles.clone());
    let saved = servers(&args, saved, &config, &examination, &mut parts)?;
    let examined = parts.primary.iter().chain(&parts.secondary).chain(&parts.others);
    let mut notices = misspelt(examined.filter_map(unknown_name), &config);
    notices.details = details.unwrap_or_default();
    if !context.prints_text() {
        notices.warnings.extend(parts.unread.iter().cloned());
    }
    let servers = parts.primary.is_some() || parts.secondary.is_some() || !parts.others.is_empty();
    if parts.parse_log.is_none() && parts.backlog.is_none() && !servers {
        bail!("nothing that was given could be read: {}", parts.unread.join("; "));
    }
    let document = answer::document(parts, &clients, question);
    let alias = collected.as_ref().and_then(|collected| collected.alias.clone());
    let inputs = Inputs { notices, alias, ..inputs(given, &document, saved) };
    reports.answer(document, inputs, context)
}

/// Something has to be given, and what is for a node needs one.
fn check(args: &cli::Diagnose) -> Result<(), UsageError> {
    match (&args.cucm, args.session.given()) {
        (None, Some(flag)) => Err(UsageError(format!("{flag} is for --cucm [USER@]NODE: name the node"))),
        (None, None) if nothing_else(args) => Err(UsageError(
            "nothing to diagnose: give --cucm NODE, traces, --preserve, --primary, --secondary or --target".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Whether there is nothing to diagnose but a node.
fn nothing_else(args: &cli::Diagnose) -> bool {
    let no_server = args.primary.is_none() && args.secondary.is_none() && args.targets.is_empty();
    no_server && args.paths.is_empty() && args.preserve.is_empty()
}

/// Collects from the node, and puts what came in the place of traces and listings. The rest is diagnosed without it
/// where nothing came.
fn collect(
    args: &mut cli::Diagnose,
    config: &Config,
    unread: &mut Vec<String>,
    context: &Context<'_>,
) -> Result<Option<Collected>> {
    let Some(node) = args.cucm.clone() else { return Ok(None) };
    match Collected::from_node(&node, args, config, context) {
        Err(error) if error.is::<UsageError>() || nothing_else(args) => Err(error),
        found => {
            let found = kept(found, unread);
            args.paths.extend(found.iter().map(|collected| collected.folder.clone()));
            Ok(found)
        }
    }
}

/// The paths as they were given.
fn given_paths(args: &cli::Diagnose) -> Vec<String> {
    given(&[args.paths.as_slice(), &args.preserve].concat())
}

/// Everything that was read: traces as they were found, listings and saved answers as they were given.
fn inputs(mut given: Vec<String>, document: &Diagnose, saved: Vec<String>) -> Inputs {
    let traces = document.parse_log.iter().flat_map(|trace| &trace.inputs).map(|input| input.path.clone());
    let listings = document.backlog.iter().flat_map(|backlog| &backlog.inputs).map(|input| input.path.clone());
    given.extend(saved.iter().cloned());
    Inputs { read: traces.chain(listings).chain(saved).collect(), given, ..Inputs::default() }
}

fn traces(
    found: Found,
    args: &cli::Diagnose,
    unread: &mut Vec<String>,
    context: &Context<'_>,
) -> Result<Option<Parsed>> {
    match parse_log::parse(found, Vec::new(), &args.narrow, context) {
        Err(error) if error.is::<UsageError>() => Err(error),
        found => {
            let found = kept(found, unread);
            unread.extend(found.iter().flat_map(|parsed| parsed.document.unread.iter().cloned()));
            Ok(found)
        }
    }
}

fn waiting(paths: &[PathBuf], listings: &mut [Other], question: Question, unread: &mut Vec<String>) -> Option<Backlog> {
    let (mut sources, mut unreadable) = backlog::read(paths);
    backlog::read_found(listings, &mut sources, &mut unreadable);
    unread.extend(unreadable.iter().map(|(_, error)| format!("{error:#}")));
    (!sources.is_empty()).then(|| backlog::document(&sources, &unreadable, question))
}

/// Examines every server at the same time: one that times out does not make the others wait. Gives the files that
/// were read in the place of servers.
fn servers(
    args: &cli::Diagnose,
    saved: [Option<Other>; 2],
    config: &Config,
    examination: &Examination,
    parts: &mut Parts,
) -> Result<Vec<String>> {
    let mut saved = saved.into_iter();
    let mut wanted = vec![args.primary.clone(), args.secondary.clone()];
    wanted.extend(args.targets.iter().cloned().map(Some));
    let mut subjects = Vec::new();
    for name in &wanted {
        let saved = saved.next().flatten();
        subjects.push(match name {
            None => saved.and_then(|mut saved| kept(Subject::found(&mut saved), &mut parts.unread)),
            Some(name) => match Subject::find(name, config, args.connection.reach.port) {
                Err(error) if error.is::<UsageError>() => return Err(error),
                found => kept(found, &mut parts.unread),
            },
        });
    }
    parts.assumed.extend(Subject::given_twice(&subjects.iter().flatten().collect::<Vec<_>>()));
    for host in hosts_to_examine(args, parts.parse_log.as_ref()) {
        if !subjects.iter().flatten().any(|subject: &Subject| subject.is_at(&host)) {
            subjects.push(Subject::find(&host, config, args.connection.reach.port).ok());
        }
    }
    let there: Vec<Subject> = subjects.iter().flatten().cloned().collect();
    let mut found = examination.examine_all(&there, there.len().min(MOST_AT_ONCE), |entry| entry)?.into_iter();
    let mut of = |subject: &Option<Subject>| subject.as_ref().and_then(|_| found.next());
    let mut targets: Vec<Option<Target>> = subjects.iter().map(&mut of).collect();
    parts.others = targets.split_off(2).into_iter().flatten().collect();
    parts.secondary = targets.pop().flatten();
    parts.primary = targets.pop().flatten();
    Ok(there.iter().filter_map(Subject::file).collect())
}

/// The hosts that nobody gave and that are to be examined, too: those of the node's database, and those of the traces
/// where that was asked for.
fn hosts_to_examine(args: &cli::Diagnose, trace: Option<&ParseLog>) -> Vec<String> {
    let nodes = trace.filter(|_| args.cucm.is_some()).map(|trace| collected::billing_servers(&trace.nodes));
    let traced = trace.filter(|_| args.probe_from_trace).map(answer::hosts).unwrap_or_default();
    nodes.unwrap_or_default().into_iter().chain(traced.into_iter().map(|(host, _)| host)).collect()
}

/// What was read; why it was not goes to `unread`.
fn kept<T>(found: Result<T>, unread: &mut Vec<String>) -> Option<T> {
    found.map_err(|error| unread.push(format!("{error:#}"))).ok()
}
