//! `cdrdiag probe TARGET…`

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::examine::{Examination, Named};
use super::reports::{Inputs, Reports, given};
use super::{Context, profiles};
use crate::cli;
use crate::config::{DEFAULT_PORT, DEFAULT_TIMEOUT};
use crate::document::probe::{Probe, ProfileRef, Target as Entry};
use crate::exit::{Code, UsageError};
use crate::ssh::connect::Family;
use crate::ssh::target::Target;

/// A list of targets longer than this is none.
const MAX_LIST: u64 = 16 << 20;

/// Tells what servers offer, and whether CUCM's client gets in.
///
/// # Errors
/// When a target is none, or the list of targets or a profile can't be read.
pub fn run(args: &cli::Probe, context: &Context<'_>) -> Result<Code> {
    let targets = targets(args)?;
    let reports = Reports::open(&args.reports)?;
    let examination = Examination {
        profiles: profiles(context.global(), &args.variants, &[])?,
        family: family(&args.connection),
        timeout: timeout(&args.connection),
        handshake: !args.connection.no_handshake,
    };
    let (whole, mut done) = (targets.len(), 0);
    let entries = examination.examine_all(&targets, args.concurrency.into(), |entry| {
        done += 1;
        context.progress(&progress_line(done, whole, entry));
    });
    let profiles = examination.profiles.iter().map(ProfileRef::from).collect();
    let document = Probe { profiles, targets: entries, warnings: Vec::new() };
    let lists = given(args.list.as_slice());
    reports.answer(document, &Inputs { read: lists.clone(), given: lists }, context)
}

fn progress_line(done: usize, whole: usize, entry: &Entry) -> String {
    let outcome = entry.outcome.words();
    format!("{done}/{whole}  {}: {outcome}", entry.target)
}

pub(super) fn family(connection: &cli::Connection) -> Family {
    match (connection.ipv4, connection.ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => Family::Any,
    }
}

fn timeout(connection: &cli::Connection) -> Duration {
    connection.timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs_f64)
}

/// The targets of the command line, then those of the list.
fn targets(args: &cli::Probe) -> Result<Vec<Named>> {
    let port = args.connection.port.unwrap_or(DEFAULT_PORT);
    let mut named = Vec::new();
    for text in &args.targets {
        named.push(parse(text, port)?);
    }
    if let Some(path) = &args.list {
        let text = read(path).with_context(|| format!("cannot read the targets in {}", path.display()))?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                let place = |error| UsageError(format!("{}, line {number}: {error}", path.display()));
                named.push(parse(line, port).map_err(place)?);
            }
        }
    }
    if named.is_empty() {
        return Err(UsageError("no target given: name a server, or a list of them by --targets".into()).into());
    }
    Ok(named)
}

fn parse(text: &str, port: u16) -> Result<Named, UsageError> {
    let target = Target::parse(text, port).map_err(|error| UsageError(error.to_string()))?;
    Ok(Named { name: text.trim().to_owned(), target })
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(MAX_LIST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(MAX_LIST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_LIST {
        return Err(io::Error::other(format!("it is longer than {MAX_LIST} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}
