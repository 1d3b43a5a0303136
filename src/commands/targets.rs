//! What a TARGET on the command line means: a name from the configuration, a saved answer, or a live server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli;
use crate::config::{Config, DEFAULT_TIMEOUT};
use crate::saved::file::SavedRef;
use crate::ssh;
use crate::ssh::connect::Family;
use crate::ssh::target::{Target, TargetSyntaxError};
use crate::suggest::nearest;

/// What a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// A server that the configuration names.
    Named {
        /// Its name there.
        name: String,
        /// Where it is.
        target: Target,
        /// The user's note.
        note: Option<String>,
    },
    /// A server.
    Live(Target),
    /// A saved answer.
    Saved(SavedRef),
}

/// Why a target means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It reads like a file that is not there.
    #[error("{}: no such file: check the path", .0.display())]
    NoFile(PathBuf),
    /// It is a folder.
    #[error("{}: a folder, not a saved answer: give a file in it", .0.display())]
    Folder(PathBuf),
    /// It is no host either.
    #[error("{0}; a target is a name from the configuration file, host, host:port, [v6]:port or a saved answer's file")]
    Syntax(#[from] TargetSyntaxError),
}

/// The lines of a list of targets, each with its number and without its comment; some are empty.
pub fn listed(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines().map(without_comment))
}

/// A comment begins the line or follows a blank: a saved answer's `FILE#SERVER` holds a `#`, too.
fn without_comment(line: &str) -> &str {
    let line = line.trim();
    let begins = |(at, _): &(usize, &str)| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    let end = line.match_indices('#').find(begins).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end()
}

/// Finds out what a target means. A name from the configuration counts first, then a file that is there, then a
/// host; `port` (a flag) is that of targets which name none.
///
/// # Errors
/// When it is none of these.
pub fn resolve(argument: &str, config: &Config, port: Option<u16>) -> Result<TargetSpec, TargetError> {
    let port = port.or(config.defaults.port).unwrap_or(ssh::PORT);
    if let Some(named) = config.targets.get(argument) {
        let target = Target::parse(&bracketed(&named.host), named.port.unwrap_or(port))?;
        return Ok(TargetSpec::Named { name: argument.to_owned(), target, note: named.note.clone() });
    }
    if let Some(saved) = SavedRef::find(argument) {
        return Ok(TargetSpec::Saved(saved));
    }
    if Path::new(argument).is_dir() {
        return Err(TargetError::Folder(argument.into()));
    }
    if reads_like_a_file(argument) {
        return Err(TargetError::NoFile(argument.into()));
    }
    Ok(TargetSpec::Live(Target::parse(argument, port)?))
}

/// What to say of a name that turned out to be no host's, where the configuration has one much like it.
pub fn misspelt(name: &str, config: &Config) -> Option<String> {
    let meant = nearest(name, config.targets.keys().map(String::as_str))?;
    Some(format!("{name}: no such host; did you mean {meant:?}, which the configuration file names?"))
}

/// What to say of a port that stands behind its host as a target of its own.
pub fn forgotten_colon(targets: &[&str], config: &Config) -> Option<String> {
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !config.targets.contains_key(text)
    };
    targets.windows(2).find_map(|pair| match pair {
        [host, number] if is_number(number) && !is_number(host) && !Path::new(number).exists() => {
            Some(format!("{number} is not a host: did you mean {host}:{number}?"))
        }
        _ => None,
    })
}

/// Which addresses of a name count.
pub fn family(reach: &cli::Reach) -> Family {
    match (reach.ipv4, reach.ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => Family::Any,
    }
}

/// The time for a server as a whole.
pub fn timeout(reach: &cli::Reach, config: &Config) -> Duration {
    reach.timeout.or(config.defaults.timeout).unwrap_or(DEFAULT_TIMEOUT)
}

/// No host name holds these marks, and no top-level domain is called so.
fn reads_like_a_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_file_ending = ending.is_some_and(|ending| {
        matches!(ending.as_str(), "json" | "xml" | "txt" | "nmap" | "log" | "html" | "pcap" | "pcapng")
    });
    text.contains(['\\', '#']) || (text.contains('/') && !text.contains("://")) || is_file_ending
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use proptest::prelude::*;

    fn meaning(argument: &str) -> Result<String, String> {
        let config = parse(
            "[defaults]\nport = 2022\n[targets.primary]\nhost = \"::1\"\n[targets.\"a.xml\"]\nhost = \"b\"\nport = 24",
        )
        .unwrap();
        match resolve(argument, &config, None) {
            Ok(TargetSpec::Named { name, target, .. }) => Ok(format!("{name} is {target}")),
            Ok(TargetSpec::Live(target)) => Ok(target.to_string()),
            Ok(TargetSpec::Saved(saved)) => Ok(format!("file {:?} {:?}", saved.path.file_name(), saved.server)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_name_counts_before_a_file_and_a_file_before_a_host() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/saved/several.nmap.xml");
        assert_eq!(meaning("primary").unwrap(), "primary is [::1]:2022");
        assert_eq!(meaning("a.xml").unwrap(), "a.xml is b:24");
        assert_eq!(meaning(file).unwrap(), "file Some(\"several.nmap.xml\") None");
        assert_eq!(meaning(&format!("{file}#x:1")).unwrap(), "file Some(\"several.nmap.xml\") Some(\"x:1\")");
        assert_eq!(meaning("10.0.0.5").unwrap(), "10.0.0.5:2022");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_taken_for_a_host() {
        for text in ["scan.xml", "./scan", "C:\\scan", "scan.xml#10.0.0.5:22", "answer.JSON"] {
            assert_eq!(meaning(text).unwrap_err(), format!("{text}: no such file: check the path"));
        }
    }

    #[test]
    fn a_folder_is_no_target() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
        assert_eq!(meaning(folder).unwrap_err(), format!("{folder}: a folder, not a saved answer: give a file in it"));
    }

    #[test]
    fn nonsense_is_told_what_a_target_is() {
        assert!(meaning("a b").unwrap_err().contains("a target is a name from the configuration file"));
        assert!(meaning("sftp://host/").unwrap_err().contains("without user"));
    }

    #[test]
    fn a_port_behind_a_blank_is_told_as_a_forgotten_colon() {
        let told = |targets: &[&str]| forgotten_colon(targets, &Config::default());
        assert_eq!(told(&["10.0.0.5", "2302"]).as_deref(), Some("2302 is not a host: did you mean 10.0.0.5:2302?"));
        assert_eq!(told(&["10.0.0.5", "10.0.0.6"]), None);
    }

    #[test]
    fn the_flags_port_holds_for_targets_that_name_none() {
        let target = resolve("host", &Config::default(), Some(24)).unwrap();
        assert_eq!(target, TargetSpec::Live(Target::parse("host:24", 1).unwrap()));
    }

    #[test]
    fn a_comment_begins_the_line_or_follows_a_blank() {
        assert_eq!(without_comment("  # all of it"), "");
        assert_eq!(without_comment(" 10.0.0.5:22\t# the first"), "10.0.0.5:22");
        assert_eq!(without_comment("scan.xml#10.0.0.5:22 # é"), "scan.xml#10.0.0.5:22");
        assert_eq!(without_comment("é# x"), "é# x");
    }

    proptest! {
        #[test]
        fn whatever_a_list_holds_each_line_is_read_once_and_alike(
            pieces in prop::collection::vec(prop_oneof![
                "[ -~\t]{0,30}", Just("main".to_owned()), Just("10.0.0.5:2222 # old".to_owned()),
                Just("[2001:db8::1]:22".to_owned()), Just("no.xml#10.0.0.5".to_owned()), "\\PC{0,12}",
            ], 0..12),
            end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        ) {
            let text = pieces.join(end);
            let config = crate::config::parse("[targets.main]\nhost = \"10.0.0.5\"\n").unwrap();
            let read = || {
                let lines = listed(&text).filter(|(_, line)| !line.is_empty());
                lines.map(|(number, line)| format!("{number} {:?}", resolve(line, &config, None))).collect::<Vec<_>>()
            };
            prop_assert_eq!(read(), read());
            prop_assert!(read().len() <= pieces.len());
            prop_assert!(listed(&text).all(|(_, line)| line == line.trim() && !line.contains('\n')));
        }
    }
}
