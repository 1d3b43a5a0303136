//! `cdrdiag deliver` against SFTP servers that answer wrongly, behind a real sshd: each ends in time and in little
//! memory, no file counts as delivered that is not, and every one is accounted for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::deliver::{Place, can_run};
use super::parts::program;

/// Seconds for a delivery, and for each of its files anew.
const LIMIT: u32 = 2;

/// What a busy machine, a clean-up over a second connection and four connections made again may add.
const SLACK: Duration = Duration::from_secs(60);

/// The subsystem with a fault that `sftp_server.py` knows.
pub(super) fn subsystem(fault: &str) -> String {
    let python = program("python3").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/sftp_server.py");
    format!("Subsystem sftp {} {} {fault}\n", python.display(), script.display())
}

/// Two saved files, the second of many pieces.
fn saved(place: &Place) -> PathBuf {
    let folder = place.path("saved");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("cdr_Main_01_202503090001_1"), "one").unwrap();
    fs::write(folder.join("cdr_Main_01_202503090002_2"), "two".repeat(200_000)).unwrap();
    folder
}

/// The outcomes of both files, and the answer.
fn hand_in(fault: &str) -> (Vec<String>, Value) {
    let place = Place::new();
    let folder = saved(&place).display().to_string();
    let sshd = place.sshd(&subsystem(fault));
    let limit = LIMIT.to_string();
    let started = Instant::now();
    let more = ["--files", &folder, "--yes", "--read-back", "--timeout", &limit];
    let answer = place.by_key(&sshd.address().to_string(), &place.inbox(), &more);
    let took = started.elapsed();
    assert!(took < SLACK, "{fault}: {took:?}");
    let files = answer["backfill"]["files"].as_array().cloned().unwrap_or_default();
    (files.iter().map(|file| file["outcome"].as_str().unwrap().to_owned()).collect(), answer)
}

#[test]
fn an_honest_server_by_the_same_script_takes_both() {
    if !can_run("an_honest_server_by_the_same_script_takes_both", &["python3"], false) {
        return;
    }
    let (outcomes, answer) = hand_in("none");
    assert_eq!((outcomes, &answer["verdict"]), (vec!["delivered".to_owned(); 2], &"ok".into()), "{answer:#}");
}

#[test]
fn a_server_that_answers_wrongly_delivers_nothing_and_holds_nobody() {
    if !can_run("a_server_that_answers_wrongly_delivers_nothing_and_holds_nobody", &["python3"], false) {
        return;
    }
    for (fault, stage, cause) in [
        ("huge_packet", "sftp_write", "protocol_error"),
        ("long_handle", "sftp_write", "protocol_error"),
        ("wrong_ids", "sftp_path", "protocol_error"),
        ("wrong_kinds", "sftp_write", "protocol_error"),
        ("many_statuses", "sftp_write", "protocol_error"),
        ("statuses_without_end", "sftp_write", "protocol_error"),
        ("hang", "sftp_write", "timeout"),
        ("hang_at_once", "sftp_path", "timeout"),
        ("drip", "sftp_path", "timeout"),
        ("names_without_end", "sftp_path", "protocol_error"),
    ] {
        let (outcomes, answer) = hand_in(fault);
        let failure = &answer["failure"];
        assert_eq!((&failure["stage"], &failure["cause"]), (&stage.into(), &cause.into()), "{fault}: {answer:#}");
        assert!(failure["remedy"].is_string(), "{fault}: {failure}");
        assert!(outcomes.is_empty() || outcomes.len() == 2, "{fault}: {outcomes:?}");
        assert!(outcomes.iter().all(|outcome| outcome != "delivered"), "{fault}: {outcomes:?}");
    }
}

#[test]
fn what_a_server_says_of_a_file_is_checked_as_far_as_that_goes() {
    if !can_run("what_a_server_says_of_a_file_is_checked_as_far_as_that_goes", &["python3"], false) {
        return;
    }
    for (fault, expected) in [
        ("sizes_that_change", ["failed", "failed"]),
        ("data_without_end", ["conflict", "conflict"]),
        ("other_data", ["conflict", "conflict"]),
        ("empty_data", ["failed", "not_sent"]),
        ("close", ["failed", "not_sent"]),
    ] {
        let (outcomes, answer) = hand_in(fault);
        assert_eq!(outcomes, expected, "{fault}: {answer:#}");
        assert_eq!(answer["verdict"], "problem", "{fault}");
    }
}

#[test]
fn what_a_server_says_steers_no_terminal() {
    if !can_run("what_a_server_says_steers_no_terminal", &["python3"], false) {
        return;
    }
    let place = Place::new();
    let sshd = place.sshd(&subsystem("control_characters"));
    let text = place.text(&sshd.address().to_string(), &place.inbox());
    assert!(text.contains("[2J"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
