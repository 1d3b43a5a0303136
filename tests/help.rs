//! The help and the manual as they are printed, and their examples, which are run. After a change of a flag:
//! `INSTA_UPDATE=always cargo test --test help`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cdrdiag::cli::help::{self, Example};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// What the examples name, and where it comes from.
const FILES: &[(&str, &str)] = &[
    ("traces/cdrrepmgr00073.log", "cdrrepmgr00073.log"),
    ("preserve.txt", "listings/preserve-detail.txt"),
    ("site.toml", "cdrdiag.toml"),
    ("nmap.xml", "saved/openssh-default.nmap.xml"),
    ("hardened.xml", "saved/openssh-hardened.nmap.xml"),
    ("jsch.log", "learn/jsch-0.1.54.log"),
    ("jsch.pcap", "learn/jsch-ethernet.pcap"),
];

/// Every command with its words, cdrdiag itself first.
fn commands() -> Vec<(String, clap::Command)> {
    fn add(command: &clap::Command, words: &str, all: &mut Vec<(String, clap::Command)>) {
        all.push((words.to_owned(), command.clone()));
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            add(below, format!("{words} {}", below.get_name()).trim_start(), all);
        }
    }
    let mut root = help::command().term_width(80);
    root.build();
    let mut all = Vec::new();
    add(&root, "", &mut all);
    all
}

fn file_name(words: &str) -> String {
    format!("cdrdiag {words}").trim_end().replace(' ', "-")
}

fn split(line: &str) -> Vec<&str> {
    line.split(" > ").next().unwrap_or_default().split_whitespace().collect()
}

/// A folder with all that the examples name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("traces")).unwrap();
    for (name, source) in FILES {
        fs::copy(Path::new(FIXTURES).join(source), folder.path().join(name)).unwrap();
    }
    folder
}

fn cdrdiag(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.args(arguments).current_dir(folder).env("HOME", folder).env("APPDATA", folder);
    command.env_remove("XDG_CONFIG_HOME");
    command
}

#[test]
fn the_help_of_each_command() {
    for (words, mut command) in commands() {
        insta::assert_snapshot!(format!("help-{}", file_name(&words)), command.render_long_help());
    }
}

#[test]
fn the_manual() {
    let folder = tempfile::tempdir().unwrap();
    cdrdiag(folder.path(), &["man", "man1"]).assert().code(0).stdout("").stderr("");
    for (words, _) in commands() {
        let name = file_name(&words);
        let page = fs::read_to_string(folder.path().join("man1").join(format!("{name}.1"))).unwrap();
        insta::assert_snapshot!(format!("man-{name}"), page.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
        assert!(page.contains(".SH EXAMPLES") && page.contains(".SH \"EXIT STATUS\""), "{name}");
    }
    let first = fs::read(folder.path().join("man1/cdrdiag.1")).unwrap();
    cdrdiag(folder.path(), &["man"]).assert().code(0).stdout(first);
}

#[test]
fn the_short_help_fits_on_a_screen() {
    for (words, mut command) in commands() {
        let text = command.render_help().to_string();
        let (lines, columns) = (text.lines().count(), text.lines().map(|line| line.chars().count()).max());
        assert!(lines <= 40, "cdrdiag {words} -h has {lines} lines:\n{text}");
        assert!(columns <= Some(80), "cdrdiag {words} -h has {columns:?} columns:\n{text}");
    }
}

#[test]
fn every_command_says_what_it_is_for_in_one_line() {
    for (words, command) in commands() {
        let about = command.get_about().unwrap().to_string();
        assert!(about.lines().count() == 1 && about.chars().count() <= 96 && !about.ends_with('.'), "{words}: {about}");
    }
}

#[test]
fn every_example_means_what_it_says() {
    for Example { line, command, exit, .. } in help::examples() {
        let words = split(line);
        assert!(words.starts_with(&["cdrdiag"]), "{line}");
        assert!(command.split_whitespace().all(|word| words.contains(&word)), "{line} is none of `{command}`");
        if let Err(error) = help::read(words.iter().map(OsString::from)) {
            panic!("{line}: {error:?}");
        }
        if let Some(code) = exit {
            let folder = folder();
            let done = cdrdiag(folder.path(), &words[1..]).assert().code(i32::from(*code));
            let wrote = !done.get_output().stdout.is_empty() || folder.path().join("man1").exists();
            assert!(wrote, "{line} prints nothing");
        }
    }
}

/// Wrong input, the exit code, and what its one line names and says.
const WRONG: &[(&[&str], i32, &[&str])] = &[
    (
        &["parse-log", "--limit", "abc"],
        2,
        &["'abc' for '--limit", "give a whole number", "see cdrdiag parse-log --help"],
    ),
    (&["parse-log", "--bogus"], 2, &["'--bogus'", "see cdrdiag parse-log --help"]),
    (&["prob"], 2, &["'prob'", "'probe'", "see cdrdiag --help"]),
    (&["deliver", "x"], 2, &["--user <NAME>, --directory <PATH>", "see cdrdiag deliver --help"]),
    (&["deliver", "x", "--user", "a", "--directory", "/", "--repeat", "0"], 2, &["'0' for '--repeat"]),
    (&["backlog", "--preserve-days", "0"], 2, &["'0' for '--preserve-days", "give the days as a whole number from 1"]),
    (&["man", "binary.toml"], 2, &["binary.toml: a file; give the folder"]),
    (&["config", "--config", "cut.toml"], 3, &["cut.toml:1: ", "correct the line"]),
    (&["probe", "nofile.json"], 3, &["nofile.json: no such file: check the path"]),
    (&["probe", "empty.log"], 3, &["empty.log: empty: save the answer again"]),
    (&["probe", "x.pdf"], 3, &["x.pdf: not read: a PDF document; save what it holds as plain text"]),
    (&["profile", "shw"], 2, &["'shw'", "'show'", "see cdrdiag profile --help"]),
    (&["probe", "x", "--format", "yaml"], 2, &["'yaml' for '--format", "prometheus", "see cdrdiag probe --help"]),
    (&["profile", "learn", "nofile"], 3, &["nofile: no such file or folder: check the path"]),
    (&["profile", "show", "binary.toml"], 3, &["binary.toml", "saved as UTF-8"]),
    (&["config", "--config", "nofile.toml"], 3, &["nofile.toml", "check the path"]),
    (&["config", "--config", "ten.toml"], 3, &["ten.toml:2: give seconds as a number"]),
    (&["probe", "--targets", "nofile"], 3, &["nofile: no such file or folder: check the path"]),
    (&["backlog", "nofile"], 3, &["nofile: no such file or folder: check the path; give what CUCM prints"]),
];

#[test]
fn wrong_input_gets_one_line_that_names_it_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("binary.toml"), b"\xff\xfe\0abc\x80").unwrap();
    std::fs::write(folder.path().join("x.pdf"), "%PDF-1.4\n").unwrap();
    std::fs::write(folder.path().join("empty.log"), "").unwrap();
    std::fs::write(folder.path().join("cut.toml"), "[defaults\n").unwrap();
    std::fs::write(folder.path().join("ten.toml"), "[defaults]\ntimeout = \"ten\"\n").unwrap();
    for (args, code, words) in WRONG {
        let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
        let output = command.current_dir(folder.path()).args(*args).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(*code), 0), "{args:?}: {told}");
        assert!(told.starts_with("cdrdiag: ") && told.lines().count() == 1, "{args:?}: {told}");
        assert!(!told.contains("os error"), "{told}");
        for word in *words {
            assert!(told.contains(word), "{args:?}: {word:?} is not in {told}");
        }
    }
}
