//! What people read in a terminal: no line beyond 80 columns but one to copy, and no symbol that a word beside it does
//! not explain.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::Value;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// Command lines, run in `fixtures/`; each answers from files alone. `~` stands before what answers with a message.
const COMMANDS: &str = "
parse-log cdrrepmgr00073.log
parse-log cdrrepmgr00073.log --redact
parse-log story/traces
parse-log cdrrepmgr00073.log listings/nothing.txt
backlog listings/destination.txt
backlog listings/nothing.txt
backlog listings/preserve-cut.txt --preserve-days 30 --now 2019-08-01
backlog listings/preserve-dates.txt --now 2019-08-01
backlog listings/preserve-detail.txt --preserve-days 30 --now 2019-08-01
backlog listings/preserve-plain.txt --now 2019-08-01
probe saved/asymmetric.nmap.xml
probe saved/dropbear.ssh-audit-3.3.0.json
probe saved/hostile.nmap.xml
probe saved/openssh-default.nmap.txt
probe saved/openssh-hardened.nmap.xml
probe saved/openssh-legacy.ssh-audit-2.5.0.json
probe saved/several.nmap.xml#127.0.0.1:42202 saved/tinyssh.nmap.xml
probe saved/tinyssh.nmap.xml
compare saved/asymmetric.nmap.xml saved/openssh-hardened.nmap.xml
compare saved/openssh-default.nmap.xml saved/openssh-default.nmap.xml
compare saved/openssh-default.nmap.xml saved/openssh-hardened.nmap.xml
compare saved/openssh-default.nmap.xml saved/openssh-hardened.nmap.xml saved/openssh-legacy.nmap.xml
compare saved/openssh-legacy.nmap.xml saved/hostile.nmap.xml
compare story/primary.json story/secondary.json
diagnose story/traces
diagnose story/traces --preserve story/preserve.txt --primary story/primary.json --secondary story/secondary.json \
--preserve-days 30 --now 2025-03-12T08:05:00Z
profile list
profile show cucm-12.5
profile show cucm-14
profile show cucm-15
profile learn learn/jsch-0.1.54.log
profile learn learn/jsch-ethernet.pcap learn/sshd-syslog.log
profile learn learn/sshd-two-clients.log
config --config cdrdiag.toml
~ backlog listings/README.md
~ compare saved/several.nmap.xml saved/README.md
~ deliver 127.0.0.1 -u nobody -d / --password-file nowhere/at/all/is/a/file/of/this/name/that/could/be/read.txt
~ parse-log nowhere/at/all
~ probe saved/README.md
~ profile show cucm-14.0
";

fn commands() -> impl Iterator<Item = (bool, Vec<&'static str>)> {
    let lines = COMMANDS.lines().filter(|line| !line.is_empty());
    lines.map(|line| match line.strip_prefix("~ ") {
        Some(message) => (true, message.split_whitespace().collect()),
        None => (false, line.split_whitespace().collect()),
    })
}

#[test]
fn answers_keep_to_80_columns_and_say_in_words_what_they_show() {
    for (_, arguments) in commands().filter(|(is_message, _)| !is_message) {
        for columns in [Some("80"), Some("72")] {
            let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
            command.current_dir(FIXTURES).args(&arguments).env_remove("COLUMNS");
            columns.map(|columns| command.env("COLUMNS", columns));
            let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
            assert!(!text.is_empty(), "{arguments:?} answers");
            hold_to_80_columns(&text, &arguments);
            let odd = |symbol: &char| !symbol.is_ascii() && !"─…".contains(*symbol);
            assert_eq!(text.chars().find(odd), None, "{arguments:?}");
        }
    }
}

#[test]
fn a_pipe_gets_a_headline_in_one_line() {
    let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    command.current_dir(FIXTURES).args(["parse-log", "cdrrepmgr00073.log"]).env_remove("COLUMNS");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let verdict = "FAILING    1.1.1.1 (destination 1) since 2019-07-25 13:12:11: algorithm_negotiation";
    assert_eq!(text.lines().next(), Some(verdict));
}

#[test]
#[cfg(target_os = "linux")]
fn messages_are_wrapped_on_a_terminal() {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: there is no script(1), so that nothing was shown on a terminal");
        return;
    }
    for (is_message, arguments) in commands() {
        let text = on_a_terminal(&arguments);
        assert!(!text.is_empty(), "{arguments:?} answers");
        hold_to_80_columns(&text, &arguments);
        if is_message {
            assert!(text.starts_with("cdrdiag:"), "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("  ")), "{text}");
        }
    }
}

/// What a terminal of 80 columns shows that takes UTF-8 and no colour.
#[cfg(target_os = "linux")]
fn on_a_terminal(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_cdrdiag");
    let line = format!("stty columns 80; exec '{program}' {}", arguments.join(" "));
    let output = Command::new("script")
        .args(["--quiet", "--command", &line, "/dev/null"])
        .current_dir(FIXTURES)
        .env_remove("COLUMNS")
        .envs([("LC_ALL", "C.UTF-8"), ("NO_COLOR", "1"), ("TERM", "xterm"), ("SHELL", "/bin/sh")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

/// A line may be longer where it is to be copied whole, or where one word of it alone is.
fn hold_to_80_columns(text: &str, arguments: &[&str]) {
    let mut copied = None;
    for line in text.lines() {
        let is_symbol_only = line.chars().any(|sign| !sign.is_whitespace() && sign != '─')
            && !line.chars().any(char::is_alphanumeric)
            && line.trim() != "]";
        assert!(!is_symbol_only, "{arguments:?}: a line without a word: {line}");
        if line.chars().count() <= 80 || longest_word(line) + indent(line) > 80 {
            continue;
        }
        let copied = copied.get_or_insert_with(|| to_copy(arguments));
        assert!(copied.contains(line.trim()), "{arguments:?}: beyond 80 columns: {line}");
    }
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|sign| *sign == ' ').count()
}

fn longest_word(line: &str) -> usize {
    line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default()
}

/// The lines that an answer holds to be copied: a server's configuration, commands, a profile's file.
fn to_copy(arguments: &[&str]) -> BTreeSet<String> {
    let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    let answer = command.current_dir(FIXTURES).args(arguments).arg("--json").output().unwrap().stdout;
    let mut lines = BTreeSet::new();
    collect(&serde_json::from_slice(&answer).unwrap(), &mut lines);
    if arguments.starts_with(&["profile", "learn"]) {
        let folder = tempfile::tempdir().unwrap();
        let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
        command.current_dir(FIXTURES).args(arguments).arg("--out").arg(folder.path().join("seen.toml"));
        command.assert().success();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let written = std::fs::read_to_string(file.unwrap().path()).unwrap();
            lines.extend(written.lines().map(|line| line.trim().to_owned()));
        }
    }
    lines
}

fn collect(value: &Value, lines: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if ["line", "command", "commands"].contains(&name.as_str()) {
                    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    lines.extend(texts.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                collect(value, lines);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, lines)),
        _ => {}
    }
}
