//! `cdrdiag profile learn FILE…`; and the way in which learned profiles are written to files.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::Context;
use super::reports::replaceable;
use crate::bounds;
use crate::cli;
use crate::document::learn::{Input, Learned, ProfileLearn};
use crate::exit::{Code, UsageError};
use crate::learn::collector::Collector;
use crate::learn::own;
use crate::learn::profile::learned;
use crate::learn::source::{self, Kind};
use crate::whole_file::WholeFile;

/// Learns what clients proposed.
///
/// # Errors
/// When a source can't be read, or the profile can't be written.
pub fn run(args: &cli::ProfileLearn, context: &Context<'_>) -> Result<Code> {
    let mut collector = Collector::default();
    let mut inputs = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        context.progress(&format!("reading {name}"));
        let summary = open(path)
            .map_err(source::SourceError::from)
            .and_then(|file| source::read(file, &name, &mut collector))
            .with_context(|| format!("cannot learn from {name}"))?;
        let kind = match summary.kind {
            Kind::Log => "log",
            Kind::Packets => "packets",
            Kind::Own => "cdrdiag",
        };
        inputs.push(Input { path: name, kind: kind.to_owned(), entries: summary.entries });
    }
    let (clients, warnings) = collector.finish();
    let mut clients: Vec<_> = clients.iter().map(learned).collect();
    choose(&mut clients, &args.client)?;
    if let Some(out) = &args.out {
        write(out, clients.iter_mut())?;
    }
    context.answer(&ProfileLearn { inputs, clients, warnings })
}

fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path == Path::new("-") { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(path)?)) }
}

/// Keeps the clients asked for.
fn choose(clients: &mut Vec<Learned>, wanted: &[String]) -> Result<(), UsageError> {
    let known: Vec<_> = clients.iter().filter_map(|client| client.client.clone()).collect();
    if let Some(missing) = wanted.iter().find(|address| !known.contains(address)) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(UsageError(format!("no client with the address {missing:?} was seen (seen: {known})")));
    }
    if !wanted.is_empty() {
        clients.retain(|client| client.client.as_ref().is_some_and(|address| wanted.contains(address)));
    }
    Ok(())
}

/// Writes each profile, and notes where. Of several, each goes to a file beside `out` that bears its id.
///
/// # Errors
/// When a file can't be written.
pub fn write<'a>(out: &Path, clients: impl ExactSizeIterator<Item = &'a mut Learned>) -> Result<()> {
    let several = clients.len() > 1;
    let mut written: Vec<PathBuf> = Vec::new();
    for client in clients {
        let mut path = if several { beside(out, &client.profile.id, None) } else { out.to_owned() };
        // One address may have sent two proposals.
        for number in 2.. {
            if !written.contains(&path) {
                break;
            }
            path = beside(out, &client.profile.id, Some(number));
        }
        check_kind(&path)?;
        WholeFile::open(&path)
            .and_then(|file| file.write(&client.toml))
            .with_context(|| format!("cannot write the profile to {}", path.display()))?;
        client.written = Some(path.display().to_string());
        written.push(path);
    }
    Ok(())
}

/// `learned.toml` for the client `seen-10.0.0.1`: `learned-seen-10.0.0.1.toml`.
fn beside(out: &Path, id: &str, number: Option<u32>) -> PathBuf {
    let mut name = out.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!("-{id}"));
    if let Some(number) = number {
        name.push(format!("-{number}"));
    }
    if let Some(extension) = out.extension() {
        name.push(".");
        name.push(extension);
    }
    out.with_file_name(name)
}

/// Whether a profile could be written there, as far as can be told before there is one.
///
/// # Errors
/// When it is a folder, or its folder is missing.
pub fn check_out(out: &Path) -> Result<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    if out.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
        bail!("cannot write the profile to {}: name a file in a folder that exists", out.display());
    }
    check_kind(out)?;
    Ok(())
}

/// A file that is there gives way only to its like: a profile, or an answer that holds one.
fn check_kind(path: &Path) -> Result<(), UsageError> {
    let is_own = |path: &Path| Ok(own::is_own(&String::from_utf8_lossy(&bounds::REPORT.read(path)?)));
    if replaceable(path, is_own) {
        return Ok(());
    }
    Err(UsageError(format!("{}: exists and is not a profile; give the profile another name", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_each_of_several_clients_bears_its_id() {
        assert_eq!(beside(Path::new("a/b.toml"), "seen-10.0.0.1", None), Path::new("a/b-seen-10.0.0.1.toml"));
        assert_eq!(beside(Path::new("b"), "x", Some(2)), Path::new("b-x-2"));
    }
}
