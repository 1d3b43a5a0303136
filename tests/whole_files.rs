//! A full disk, or a kill, while a file is written: what was there stays. Where the disk is full is set by the limit on a
//! file's size (`setrlimit(2)`): beyond it writing fails, or, where nobody catches the signal, the process dies in the middle.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn traces() -> String {
    format!("{FIXTURES}/story/traces")
}

/// Runs it after these words of the shell's.
fn run(folder: &Path, first: &str, arguments: &[&str]) -> Output {
    let script = format!("{first}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_cdrdiag")]).args(arguments).current_dir(folder);
    command.env("HOME", folder).stdin(Stdio::null()).output().unwrap()
}

/// What is in a folder, by name.
fn held(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut all: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

/// The commands that write a file, and its name.
fn writers() -> Vec<(Vec<String>, &'static str)> {
    let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let log = format!("{FIXTURES}/learn/jsch-0.1.54.log");
    vec![
        (of(&["parse-log", &traces(), "--html", "report.html"]), "report.html"),
        (of(&["diagnose", &traces(), "--markdown", "report.md"]), "report.md"),
        (of(&["profile", "learn", &log, "--out", "learned.toml"]), "learned.toml"),
        (of(&["man", "."]), "cdrdiag.1"),
    ]
}

#[test]
fn a_full_disk_leaves_what_was_there_and_is_told_in_one_line() {
    for (arguments, name) in writers() {
        let folder = TempDir::new().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(folder.path(), ":", &arguments);
        let before = held(folder.path());
        assert!(before.iter().any(|(file, text)| file == name && text.len() > 512), "{name}: {before:?}");
        let full = run(folder.path(), "trap '' XFSZ; ulimit -f 1", &arguments);
        let error = String::from_utf8(full.stderr).unwrap();
        assert_eq!((full.status.code(), full.stdout.as_slice()), (Some(3), &b""[..]), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains("too large") || error.contains("larger"), "{error}");
        assert_eq!(held(folder.path()), before, "{name}: nothing is changed, and nothing left");
    }
}

#[test]
fn a_kill_in_the_middle_leaves_what_was_there() {
    for (arguments, name) in writers() {
        let folder = TempDir::new().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(folder.path(), ":", &arguments);
        let before = held(folder.path());
        let killed = run(folder.path(), "ulimit -c 0; ulimit -f 1", &arguments);
        assert!(killed.status.signal().is_some(), "{name}: {:?}", killed.status);
        let mut after = held(folder.path());
        after.retain(|(file, _)| !file.starts_with(".cdrdiag-"));
        assert_eq!(after, before, "{name}");
        assert!(
            run(folder.path(), ":", &arguments).status.code().is_some_and(|code| code < 2),
            "{name}: and goes again"
        );
    }
}

#[test]
fn a_device_that_is_full_is_told_in_one_line() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let traces = traces();
    let completions = ["completions", "bash"];
    for (first, arguments) in [
        (":", &["parse-log", &traces, "--html", "/dev/full"][..]),
        ("exec >/dev/full", &["parse-log", &traces]),
        ("exec >/dev/full", &["parse-log", &traces, "--json"]),
        ("exec >/dev/full", &["probe", "127.0.0.1:1", "--json"]),
        ("exec >/dev/full", &completions),
        ("exec >/dev/full", &["man"]),
        ("exec >/dev/full", &["schema", "probe"]),
    ] {
        let full = run(folder.path(), first, arguments);
        let error = String::from_utf8(full.stderr).unwrap();
        assert_eq!((full.status.code(), error.lines().count()), (Some(3), 1), "{arguments:?}: {error}");
        assert!(error.contains("space"), "{arguments:?}: {error}");
    }
}
