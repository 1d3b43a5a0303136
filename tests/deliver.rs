//! `cdrdiag deliver`, the binary against scripted peers: what it takes, what it refuses, and that no peer holds it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use cdrdiag::document::{deliver::Deliver, json_schema};
use serde_json::Value;
use support::scripted_peer::{Script, ScriptedPeer, Step, good, identification, kexinit, message, modern, offer};
use tempfile::TempDir;

/// What a machine under load may add before a deadline counts as missed.
const SLACK: Duration = Duration::from_secs(10);

/// What no output may ever hold.
const SECRET: &str = "hunter2-never-shown";

struct Place {
    home: TempDir,
}

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        let place = Self { home: tempfile::tempdir().unwrap() };
        place.write("password", &format!("{SECRET}\nsecond line\n"));
        place
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("cdrdiag").unwrap();
        let home = self.home.path();
        command.current_dir(home).env("HOME", home).env("XDG_CONFIG_HOME", home).env("APPDATA", home);
        command.env_remove("CDRDIAG_PASSWORD").env_remove("CDRDIAG_PASSPHRASE");
        command.arg("deliver").args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Answer {
        answer(&mut self.command(args))
    }

    /// The JSON answer of a delivery with the password, held to its schema.
    fn json(&self, target: &str, more: &[&str]) -> Value {
        let args = [&[target, "-u", "cucm", "-d", "/cdr", "--password-file", "password", "--json"], more].concat();
        let answer = self.run(&args);
        let value: Value = serde_json::from_str(&answer.stdout).expect("valid JSON on standard output");
        let schema = serde_json::to_value(json_schema::<Deliver>()).unwrap();
        let errors: Vec<_> =
            jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!((answer.code, value["schema"].as_str()), (1, Some("cdrdiag/deliver/v1")));
        value
    }

    /// Stage and cause of a delivery to a peer with this script.
    fn stops(&self, script: Script) -> (String, String) {
        let peer = ScriptedPeer::start(script);
        let started = Instant::now();
        let answer = self.json(&peer.target(), &["--timeout", "1"]);
        assert!(started.elapsed() < Duration::from_secs(1) + SLACK, "the peer held it: {:?}", started.elapsed());
        assert_eq!(answer["left_behind"], serde_json::json!([]));
        let text = |field: &str| answer["failure"][field].as_str().unwrap_or_default().to_owned();
        assert!(!text("remedy").is_empty(), "{}", answer["failure"]);
        (text("stage"), text("cause"))
    }
}

/// Runs it; whatever comes, the password is not in it.
fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let answer =
        Answer { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert!(!answer.stdout.contains(SECRET) && !answer.stderr.contains(SECRET));
    answer
}

/// Nothing was tried, and one line says why.
fn refused(answer: &Answer, code: i32, word: &str) {
    assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{}", answer.stderr);
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    assert!(answer.stderr.contains(word), "{}", answer.stderr);
}

const TARGET: [&str; 5] = ["127.0.0.1:9", "-u", "cucm", "-d", "/cdr"];

#[test]
fn there_is_no_flag_for_a_password() {
    let place = Place::new();
    let answer = place.run(&[&TARGET[..], &["--password", "x"]].concat());
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    let help = place.run(&["--help"]);
    assert!(help.stdout.contains("--password-file") && !help.stdout.contains("--password "), "{}", help.stdout);
}

#[test]
fn without_a_terminal_and_a_password_one_line_says_what_to_give() {
    let place = Place::new();
    refused(&place.run(&TARGET), 2, "--password-file");
    refused(&place.run(&TARGET), 2, "CDRDIAG_PASSWORD");
}

#[test]
fn what_cannot_be_read_is_told_before_anything_is_tried() {
    let place = Place::new();
    place.write("empty", "\n");
    place.write("nonsense", "hello\n");
    let with = |more: &[&str]| place.run(&[&TARGET[..], more].concat());
    refused(&with(&["--password-file", "nowhere"]), 3, "nowhere");
    refused(&with(&["--password-file", "empty"]), 3, "holds no password");
    refused(&with(&["--identity", "nonsense"]), 3, "not a private key");
    refused(&with(&["--password-file", "password", "--known-hosts", "nowhere"]), 3, "nowhere");
    refused(&with(&["--password-file", "password", "--profile", "cucm-9"]), 3, "cucm-9");
    refused(&with(&["--password-file", "password", "--profile", "cucm-14", "--profile", "cucm-15"]), 2, "one client");
}

#[test]
fn wrong_usage_ends_with_2() {
    let place = Place::new();
    for args in [
        &["127.0.0.1"][..],
        &["127.0.0.1", "-u", "cucm"],
        &["sftp://127.0.0.1/", "-u", "cucm", "-d", "/cdr", "--password-file", "password"],
        &["127.0.0.1", "-u", "cucm", "-d", "", "--password-file", "password"],
        &["127.0.0.1", "-u", "cucm", "-d", "/", "--host-key", "MD5:aa"],
        &["127.0.0.1", "-u", "cucm", "-d", "/", "--repeat", "1001"],
        &["127.0.0.1", "-u", "cucm", "-d", "/", "--identity", "x", "--password-file", "password"],
    ] {
        assert_eq!(place.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn the_password_comes_from_the_variable_and_from_standard_input_too() {
    let place = Place::new();
    // Nothing listens there: it is tried, so there was a password.
    let tried = |answer: Answer| {
        assert_eq!(answer.code, 1, "{}", answer.stderr);
        assert!(answer.stdout.contains("connection_refused"), "{}", answer.stdout);
    };
    tried(answer(place.command(&TARGET).env("CDRDIAG_PASSWORD", SECRET)));
    tried(answer(place.command(&[&TARGET[..], &["--password-file", "-"]].concat()).write_stdin(SECRET)));
}

#[test]
fn every_stage_stands_in_the_answer_in_order() {
    let place = Place::new();
    let answer = place.json("127.0.0.1:9", &["--profile", "cucm-14"]);
    let stages: Vec<_> = answer["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str()).collect();
    assert_eq!(stages.len(), 11);
    let results: Vec<_> = answer["stages"].as_array().unwrap().iter().map(|stage| stage["result"].as_str()).collect();
    assert_eq!(results[..3], [Some("passed"), Some("failed"), Some("not_reached")]);
    assert_eq!((&answer["failure"]["stage"], &answer["profile"]["id"]), (&"connect".into(), &"cucm-14".into()));
    assert_eq!(answer["warnings"], serde_json::json!([]), "a profile that was named needs no warning");
    let decimals = |ms: &Value| ms.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert!(decimals(&answer["total_ms"]) <= 3 && decimals(&answer["stages"][1]["ms"]) <= 3, "{answer}");
    let unnamed = place.json("127.0.0.1:9", &[]);
    assert!(unnamed["warnings"][0].as_str().unwrap().contains(unnamed["profile"]["id"].as_str().unwrap()));
}

#[test]
fn whoever_answers_instead_is_told_at_its_stage() {
    let place = Place::new();
    let stops = |script| {
        let (stage, cause) = place.stops(script);
        format!("{stage} {cause}")
    };
    assert_eq!(stops(vec![Step::Silence]), "identification timeout");
    assert_eq!(stops(vec![]), "identification connection_closed");
    assert_eq!(stops(vec![Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]), "identification not_ssh");
    assert_eq!(stops(vec![Step::Send(b"Exceeded MaxStartups\r\n".to_vec())]), "identification server_limit");
    assert_eq!(stops(good("x_1", &modern())), "key_exchange timeout");
    let goodbye = message(b"\x01\0\0\0\x0c\0\0\0\x04Full\0\0\0\0");
    assert_eq!(stops(vec![identification("x_1"), goodbye]), "key_exchange server_limit");
}

#[test]
fn nothing_in_common_is_told_with_the_line_that_helps() {
    let place = Place::new();
    let none = offer("curve25519-sha256", "ssh-ed25519", "chacha20-poly1305@openssh.com", "hmac-sha2-512");
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &none));
    let answer = place.json(&peer.target(), &["--timeout", "5", "--profile", "cucm-14"]);
    assert_eq!(answer["failure"]["cause"], "algorithm_negotiation");
    let message = answer["failure"]["message"].as_str().unwrap();
    assert!(message.contains("key exchange") && message.contains("MAC"), "{message}");
    assert!(answer["refusal"]["remedy"][0]["line"].is_string(), "{}", answer["refusal"]);
}

#[test]
fn a_dripping_or_flooding_peer_does_not_hold_it() {
    let place = Place::new();
    let drip = |bytes: &[u8]| Step::Drip(bytes.repeat(100), Duration::from_millis(100));
    place.stops(vec![drip(b"x")]);
    place.stops(vec![identification("x_1"), drip(&[0])]);
    let Step::Send(unexpected) = message(&[94; 1_000]) else { unreachable!() };
    let (stage, cause) = place.stops(vec![identification("x_1"), kexinit(&modern()), Step::Flood(unexpected)]);
    assert_eq!((stage.as_str(), cause.as_str()), ("key_exchange", "protocol_error"));
}

#[test]
fn what_a_server_says_reaches_no_terminal_raw() {
    let place = Place::new();
    let peer = ScriptedPeer::start(vec![Step::Send(b"SSH-2.0-x\x1b[2J\r\n".to_vec())]);
    let answer = place.run(&[&peer.target(), "-u", "cucm", "-d", "/cdr", "--password-file", "password"]);
    assert!(!answer.stdout.contains('\x1b') && !answer.stderr.contains('\x1b'), "{:?}", answer.stdout);
}

#[test]
fn saved_files_are_handed_in_only_where_somebody_agrees() {
    let place = Place::new();
    let saved = place.home.path().join("saved");
    fs::create_dir(&saved).unwrap();
    fs::write(saved.join("cdr_Main_01_202503090001_1"), "a,b\n").unwrap();
    let arguments = ["127.0.0.1:1", "-u", "cucm", "-d", "/cdr", "--password-file", "password", "--files"];
    let asked = place.run(&[&arguments[..], &["saved"]].concat());
    refused(&asked, 2, "1 file would stay on cucm@127.0.0.1:1:/cdr: --yes confirms it");
    assert!(!saved.join("cdrdiag-delivered.jsonl").exists(), "nothing was begun");

    fs::create_dir(place.home.path().join("empty")).unwrap();
    refused(&place.run(&[&arguments[..], &["empty", "--yes"]].concat()), 3, "empty");
}
