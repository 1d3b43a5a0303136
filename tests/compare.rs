//! `cdrdiag compare` with saved answers, run as people run it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use assert_cmd::Command;
use cdrdiag::document::{self, compare::Compare};
use serde_json::{Value, json};

const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/saved");

fn compare(arguments: &[&str]) -> Command {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.arg("compare").args(arguments).current_dir(SAVED).env("HOME", home.path());
    command.env_remove("XDG_CONFIG_HOME").env("APPDATA", home.path());
    command
}

/// The JSON answer, valid against the schema that the types give.
fn answer(arguments: &[&str], code: i32) -> Value {
    let done = compare(arguments).arg("--json").assert().code(code);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let schema = serde_json::to_value(document::json_schema::<Compare>()).unwrap();
    if let Err(error) = jsonschema::validator_for(&schema).unwrap().validate(&answer) {
        panic!("{error} at {}", error.instance_path);
    }
    answer
}

/// The one line on standard error.
fn refusal(arguments: &[&str], code: i32) -> String {
    let done = compare(arguments).assert().code(code).stdout("");
    let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_hardened_server_beside_a_default_one_is_the_one_that_refuses() {
    let answer = answer(&["openssh-default.nmap.xml", "openssh-hardened.nmap.xml"], 1);
    assert_eq!((&answer["schema"], &answer["verdict"]), (&json!("cdrdiag/compare/v1"), &json!("problem")));
    assert_eq!(
        (&answer["primary"]["outcome"], &answer["secondary"]["outcome"]),
        (&json!("accepts"), &json!("refuses"))
    );
    for client in answer["clients"].as_array().unwrap() {
        assert_eq!((&client["primary"], &client["secondary"]), (&json!("accepts"), &json!("refuses")), "{client}");
    }
    let first = answer["findings"][0].as_str().unwrap();
    assert!(first.contains("has no key exchange, no cipher, no MAC in common"), "{first}");
    let remedy = answer["remedy"].as_array().unwrap();
    assert!(!remedy.is_empty());
    assert!(remedy.iter().all(|change| change["server"] == "openssh-hardened.nmap.xml"));
}

#[test]
fn every_form_of_the_same_server_is_no_difference() {
    for form in ["nmap.txt", "ssh-audit-2.5.0.json", "ssh-audit-3.3.0.json"] {
        let answer = answer(&["openssh-default.nmap.xml", &format!("openssh-default.{form}")], 0);
        for category in answer["categories"].as_array().unwrap() {
            assert_eq!(
                (&category["only_primary"], &category["only_secondary"]),
                (&json!([]), &json!([])),
                "{category}"
            );
            assert_ne!(category["same_order"], false, "{category}");
        }
    }
}

#[test]
fn swapped_sides_mirror_the_answer() {
    let (one, other) = ("openssh-default.nmap.xml", "openssh-hardened.nmap.xml");
    let (there, back) = (answer(&[one, other], 1), answer(&[other, one], 1));
    for (left, right) in there["categories"].as_array().unwrap().iter().zip(back["categories"].as_array().unwrap()) {
        assert_eq!(left["only_primary"], right["only_secondary"]);
        assert_eq!(left["only_secondary"], right["only_primary"]);
    }
    assert_eq!(there["remedy"], back["remedy"]);
    assert_eq!(there["findings"], back["findings"]);
}

#[test]
fn a_side_of_an_answer_is_read_again() {
    let done = compare(&["openssh-default.nmap.xml", "dropbear.nmap.xml", "--json"]).assert();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.json");
    std::fs::write(&path, &done.get_output().stdout).unwrap();
    let side = format!("{}#primary", path.display());
    let again = answer(&[&side, "openssh-default.nmap.xml"], 0);
    assert_eq!(again["primary"]["offer"], again["secondary"]["offer"]);
    assert!(refusal(&[path.to_str().unwrap(), &side], 3).contains("append one of #primary, #secondary"));
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    assert!(refusal(&["README.md", "dropbear.nmap.xml"], 3).contains("none of the forms that cdrdiag reads"));
    assert!(refusal(&["missing.xml", "dropbear.nmap.xml"], 3).contains("no such file"));
    assert!(refusal(&["a b", "dropbear.nmap.xml"], 2).contains("a target is a name"));
    assert!(refusal(&["several.nmap.xml", "dropbear.nmap.xml"], 3).contains("several servers: append one of"));
}

#[test]
fn a_servers_escape_sequences_stay_off_the_terminal() {
    let done = compare(&["openssh-default.nmap.xml", "hostile.ssh-audit-3.3.0.json"]).assert().code(1);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(!text.contains('\u{1b}') && text.contains("\\x1b[31mred"), "{text}");
}
