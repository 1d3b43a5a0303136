//! The program as a whole: each command that reads files, on what nobody foresaw.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;
use std::time::Duration;

use assert_cmd::Command;
use cdrdiag::document::SCHEMAS;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use crate::cases;
use crate::inputs::{LISTINGS, LOGS, SAVED, TOML, TRACES, changed};

/// What an answer may have beside what it was asked about, in bytes.
const FLOOR: usize = 64 * 1024;

/// Each document's schema, by its name.
static VALIDATORS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    let validator =
        |schema: schemars::Schema| jsonschema::validator_for(&serde_json::to_value(schema).unwrap()).unwrap();
    SCHEMAS.iter().map(|(name, schema)| (*name, validator(schema()))).collect()
});

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    // So long only where a machine is busy; an answer takes milliseconds.
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("COLUMNS")
        .env("HOME", folder)
        .timeout(Duration::from_secs(60));
    command.output().unwrap()
}

/// Runs a command on files of these contents, in every way that changes what is printed, and holds each to the rules.
/// The files are `a`, `b` and so on.
fn holds(arguments: &[&str], contents: &[&[u8]]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in ["a", "b", "c"].iter().zip(contents) {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let with = |more: &[&str]| run(folder.path(), &[arguments, more].concat());
    let json = with(&["--json"]);
    let again = with(&["--json"]);
    assert_eq!((&json.stdout, &json.stderr), (&again.stdout, &again.stderr), "{arguments:?} twice");
    let given: usize = contents.iter().map(|content| content.len()).sum();
    let most = FLOOR + 40 * given;
    check(arguments, &json, most);
    if !json.stdout.is_empty() {
        check_json(&json.stdout);
    }
    let text = with(&["--full"]);
    assert_eq!(text.status.code(), json.status.code(), "{arguments:?}");
    check(arguments, &text, most);
}

/// One of the exit codes for what the inputs hold, and nothing that a terminal obeys or hides.
fn check(arguments: &[&str], output: &Output, most: usize) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    let answer = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{arguments:?} {:?}: {error}", output.status);
    assert!(!error.contains("panicked"), "{arguments:?}: {error}");
    assert_eq!(output.status.code() == Some(3), answer.is_empty(), "{arguments:?}: {error} {answer}");
    assert!(answer.len() + error.len() < most, "{arguments:?}: {} bytes of {most}", answer.len() + error.len());
    for text in [&answer, &error] {
        let hidden = text.chars().find(|c| *c != '\n' && steers_or_hides(*c));
        assert_eq!(hidden, None, "{arguments:?}: {text:?}");
    }
}

/// Told without asking the program's own tables.
fn steers_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn check_json(answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let name = answer["schema"].as_str().and_then(|schema| schema.split('/').nth(1)).unwrap_or_default();
    let errors: Vec<String> =
        VALIDATORS[name].iter_errors(&answer).map(|error| format!("{error} at {}", error.instance_path)).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

const NOW: [&str; 2] = ["--now", "2019-07-25"];

proptest! {
    #![proptest_config(cases(10))]

    #[test]
    fn parse_log(trace in changed(&TRACES)) {
        holds(&["parse-log", "a"], &[&trace]);
        holds(&["parse-log", "a", "--redact"], &[&trace]);
    }

    #[test]
    fn backlog(listing in changed(&LISTINGS)) {
        holds(&["backlog", "a", NOW[0], NOW[1]], &[&listing]);
    }

    #[test]
    fn probe(answer in changed(&SAVED)) {
        holds(&["probe", "a"], &[&answer]);
        holds(&["probe", "a", "--redact"], &[&answer]);
    }

    #[test]
    fn compare(primary in changed(&SAVED), secondary in changed(&SAVED)) {
        holds(&["compare", "a", "b"], &[&primary, &secondary]);
    }

    #[test]
    fn diagnose(trace in changed(&TRACES), listing in changed(&LISTINGS), answer in changed(&SAVED)) {
        holds(&["diagnose", "a", "--preserve", "b", "--primary", "c", NOW[0], NOW[1]], &[&trace, &listing, &answer]);
    }

    #[test]
    fn learning(log in changed(&LOGS)) {
        holds(&["profile", "learn", "a"], &[&log]);
    }

    #[test]
    fn profiles(profile in changed(&TOML)) {
        holds(&["profile", "show", "./a"], &[&profile]);
    }

    #[test]
    fn configurations(config in changed(&TOML)) {
        holds(&["config", "--config", "a"], &[&config]);
    }
}
