//! `cdrdiag probe TARGET…`

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::examine::{Examination, Subject, misspelt, unknown_name};
use super::reports::{Inputs, Reports, given};
use super::{Context, profiles, targets};
use crate::algorithms::answer::profile_refs;
use crate::bounds;
use crate::cli;
use crate::config::Config;
use crate::document::fleet::{Fleet, Kinds, Server};
use crate::exit::{Code, UsageError};
use crate::text;
use crate::words::grouped;

/// Tells what servers offer, and whether CUCM's client gets in.
///
/// # Errors
/// When a target means nothing, or a saved answer, the list of targets or a profile can't be read.
pub fn run(args: &cli::Probe, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let subjects = subjects(args, &config)?;
    let profiles = profiles(context.global(), &args.variants, &config.defaults.profile)?;
    let examination = Examination::new(&args.connection, &config, profiles);
    let reports = Reports::open(&args.reports)?;
    let (mut done, mut unknown, mut kinds) = (0, Vec::new(), Kinds::default());
    let servers = examination.examine_all(&subjects, args.concurrency.into(), |entry| {
        done += 1;
        context.progress(&format!("{done}/{}  {}: {}", subjects.len(), entry.target, entry.outcome.words()));
        unknown.extend(unknown_name(&entry).map(str::to_owned));
        Server::of(entry, &mut kinds)
    })?;
    let targets = servers.into_iter().collect();
    let warnings = given_again(&subjects).into_iter().collect();
    let document = Fleet { profiles: profile_refs(&examination.profiles), targets, warnings };
    let saved = subjects.iter().filter_map(Subject::file);
    let notices = misspelt(unknown.iter().map(String::as_str), &config);
    let inputs = Inputs::of(given(args.list.as_slice()).into_iter().chain(saved)).with_notices(notices);
    reports.answer(document, inputs, context)
}

/// The targets of the command line, then those of the list.
fn subjects(args: &cli::Probe, config: &Config) -> Result<Vec<Subject>> {
    let find = |text: &str| Subject::find(text, config, args.connection.reach.port);
    let given: Vec<&str> = args.targets.iter().map(String::as_str).collect();
    if let Some(hint) = targets::forgotten_colon(&given, config) {
        return Err(UsageError(hint).into());
    }
    let mut subjects = args.targets.iter().map(|text| find(text)).collect::<Result<Vec<_>>>()?;
    if let Some(path) = &args.list {
        let text = read(path).with_context(|| format!("cannot read the targets in {}", path.display()))?;
        for (number, line) in targets::listed(&text) {
            let comma = line.contains(',') && !Path::new(line).exists();
            if comma && !config.targets.contains_key(line) {
                let place = format!("{}, line {number}", path.display());
                return Err(UsageError(format!("{place}: {line:?}: give one target a line")).into());
            }
            if subjects.len() >= bounds::SERVERS {
                bail!("{}: more than {} targets: split the list", path.display(), grouped(bounds::SERVERS as u64));
            }
            if !line.is_empty() {
                subjects.push(find(line).with_context(|| format!("{}, line {number}", path.display()))?);
            }
        }
    }
    if subjects.is_empty() {
        return Err(UsageError("no target given: name a server, or a list of them by --targets".into()).into());
    }
    Ok(subjects)
}

/// What to say where servers are given more than once: two lines of one server prove no more than one.
fn given_again(subjects: &[Subject]) -> Option<String> {
    const NAMED: usize = 3;
    let (mut seen, mut again) = (HashSet::new(), BTreeSet::new());
    again.extend(subjects.iter().map(Subject::name).filter(|name| !seen.insert(*name)));
    let names = again.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match again.len() {
        0 => None,
        1 => Some(format!("{names} is given more than once and counts as one server")),
        2..=NAMED => Some(format!("{names} are given more than once and count as one server each")),
        all => {
            Some(format!("{names} and {} others are given more than once and count as one server each", all - NAMED))
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    text::decode_whole(&bounds::TARGETS.read(path)?)
        .map(Cow::into_owned)
        .ok_or_else(|| io::Error::other("it is neither UTF-8 nor UTF-16"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_targets_saved_by_powershell_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("targets");
        let utf_16: Vec<u8> = "\u{feff}billing:2022\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [b"\xef\xbb\xbfbilling:2022\r\n".as_slice(), &utf_16] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).unwrap(), "billing:2022\r\n");
        }
    }
}
