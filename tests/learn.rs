//! `cdrdiag profile learn`, by the real binary, on every form of source; and what a partial profile does to `probe`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod support;

use std::fs;

use assert_cmd::Command;
use cdrdiag::algorithms::builtin::find;
use cdrdiag::document::json_schema;
use cdrdiag::document::learn::ProfileLearn;
use cdrdiag::model::offer::Offer;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use support::scripted_peer::{ScriptedPeer, good, offer};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/learn");

fn cdrdiag(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("cdrdiag").unwrap().args(args).current_dir(FIXTURES).assert()
}

fn learn(files: &[&str], code: i32) -> Value {
    let done = cdrdiag(&[&["profile", "learn", "--json"], files].concat()).code(code);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let schema = serde_json::to_value(json_schema::<ProfileLearn>()).unwrap();
    jsonschema::validate(&schema, &answer).unwrap();
    assert_eq!(answer["schema"], "cdrdiag/profile-learn/v1");
    answer
}

/// The lists of JSch 0.1.54.
fn jsch() -> Value {
    serde_json::to_value(find("jsch-0.1.54").unwrap()).unwrap()["algorithms"].take()
}

#[test]
fn jschs_log_and_packets_of_the_same_connection_tell_the_whole_proposal() {
    for (file, client, place) in [
        ("jsch-0.1.54.log", Value::Null, ":20-29"),
        ("jsch-ethernet.pcap", json!("127.0.0.1"), ":10"),
        ("jsch-cooked-v6.pcap", json!("::1"), ":10"),
    ] {
        let answer = learn(&[file], 0);
        let learned = &answer["clients"][0];
        assert_eq!(answer["clients"].as_array().unwrap().len(), 1);
        assert_eq!((&learned["client"], &learned["identification"]), (&client, &json!("SSH-2.0-JSCH-0.1.54")));
        let lists = &learned["profile"]["algorithms"];
        for key in ["kex", "host_key", "cipher", "mac", "compression"] {
            assert_eq!(lists[key], jsch()[key], "{file} {key}");
        }
        assert_eq!((&learned["unknown"], &learned["conflicts"]), (&json!([]), &json!([])));
        assert_eq!(
            (&learned["likeness"][0]["profile"], &learned["likeness"][0]["equal"]),
            (&json!("jsch-0.1.54"), &json!(true))
        );
        let source = learned["profile"]["source"][0].as_str().unwrap();
        assert!(source.starts_with(&format!("{file}{place} ")), "{source}");
    }
}

#[test]
fn the_servers_refusals_of_one_client_add_up_to_a_partial_profile() {
    for file in ["sshd-syslog.log", "sshd-syslog.log.gz"] {
        let answer = learn(&[file], 0);
        let learned = &answer["clients"][0];
        assert_eq!(learned["client"], "10.0.0.1");
        let lists = &learned["profile"]["algorithms"];
        for key in ["kex", "host_key", "cipher", "mac"] {
            assert_eq!(lists[key], jsch()[key], "{key}");
        }
        assert!(lists.get("compression").is_none(), "{lists}");
        assert_eq!(learned["unknown"], json!(["compression_c2s", "compression_s2c"]));
        assert_eq!(learned["profile"]["assumed"], json!(["cipher_s2c", "mac_s2c"]));
    }
}

#[test]
fn the_frame_of_a_message_does_not_matter() {
    for (file, known) in [("sshd-plain.log", ["host_key"].as_slice()), ("sshd-journal.json", &["kex", "host_key"])] {
        let answer = learn(&[file], 0);
        let lists = answer["clients"][0]["profile"]["algorithms"].as_object().unwrap();
        assert_eq!(lists.keys().map(String::as_str).collect::<Vec<_>>(), known);
        for key in known {
            assert_eq!(lists[*key], jsch()[*key]);
        }
    }
}

#[test]
fn the_later_forms_of_jsch_are_read() {
    let answer = learn(&["jsch-0.2.log"], 0);
    let lists = &answer["clients"][0]["profile"]["algorithms"];
    assert_eq!(lists["host_key"], json!(["rsa-sha2-512", "rsa-sha2-256"]));
    assert_eq!((&lists["cipher"], &lists["language_c2s"]), (&json!(["aes128-ctr", "aes256-ctr"]), &json!([])));
    let answer = learn(&["jsch-exception.log"], 0);
    assert_eq!(answer["clients"][0]["profile"]["algorithms"], json!({"host_key": ["rsa-sha2-512", "rsa-sha2-256"]}));
    cdrdiag(&["profile", "learn", "jsch-0.2.log"])
        .code(0)
        .stdout(contains("no built-in profile").and(contains("also ecdh-sha2-nistp256")).and(contains("cucm-15")));
}

#[test]
fn sources_add_up_and_contradictions_are_told() {
    let answer = learn(&["sshd-plain.log", "jsch-0.1.54.log"], 0);
    assert_eq!(answer["clients"].as_array().unwrap().len(), 1, "the log is the one client's");
    assert_eq!(answer["clients"][0]["client"], "127.0.0.1");
    let answer = learn(&["sshd-contradiction.log"], 1);
    let conflict = &answer["clients"][0]["conflicts"][0];
    assert_eq!(
        (&conflict["category"], &conflict["taken"]),
        (&json!("host_key"), &json!(["rsa-sha2-512", "rsa-sha2-256"]))
    );
    assert_eq!(conflict["other_from"], "sshd-contradiction.log:1 (the server's sshd log)");
    cdrdiag(&["profile", "learn", "sshd-contradiction.log"]).code(1).stdout(contains("contradiction: host key"));
}

#[test]
fn several_clients_have_a_profile_and_a_file_each_and_one_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("seen.toml");
    let out = out.to_str().unwrap();
    let answer = learn(&["sshd-two-clients.log", "--out", out], 0);
    let written: Vec<_> =
        answer["clients"].as_array().unwrap().iter().map(|client| client["written"].as_str().unwrap()).collect();
    assert!(
        written[0].ends_with("seen-seen-10.0.0.1.toml") && written[1].ends_with("seen-seen-10.0.0.2.toml"),
        "{written:?}"
    );
    for file in &written {
        cdrdiag(&["profile", "show", file]).code(0).stdout(contains("unknown"));
    }
    let answer = learn(&["sshd-two-clients.log", "--client", "10.0.0.2", "--out", out], 0);
    assert_eq!(answer["clients"][0]["written"], out);
    assert!(fs::read_to_string(out).unwrap().contains("seen-10.0.0.2"));
    cdrdiag(&["profile", "learn", "sshd-two-clients.log", "--client", "10.0.0.3"])
        .code(2)
        .stderr(contains("seen: 10.0.0.1, 10.0.0.2"));
}

#[test]
fn what_tells_nothing_is_a_problem_and_says_so() {
    let answer = learn(&["jsch-middle.log"], 1);
    assert_eq!((&answer["clients"], &answer["inputs"][0]["kind"]), (&json!([]), &json!("log")));
    cdrdiag(&["profile", "learn", "ssh-client.log"]).code(1).stdout(contains("an SSH client wrote this line"));
}

#[test]
fn what_cannot_be_read_is_a_failure_in_one_line() {
    let one_line = || predicate::function(|text: &str| text.lines().count() == 1);
    cdrdiag(&["profile", "learn", "nowhere.log"]).code(3).stdout("").stderr(contains("nowhere.log").and(one_line()));
    cdrdiag(&["profile", "learn"]).code(2);
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.png");
    fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\x01\x02\x03\x04").unwrap();
    cdrdiag(&["profile", "learn", picture.to_str().unwrap()])
        .code(3)
        .stdout("")
        .stderr(contains("binary").and(one_line()));
}

#[test]
fn standard_input_and_an_answer_of_cdrdiags_own_are_sources() {
    let log = fs::read(format!("{FIXTURES}/jsch-0.1.54.log")).unwrap();
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let saved =
        command.args(["profile", "learn", "-", "--json"]).write_stdin(log).assert().code(0).get_output().stdout.clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved");
    fs::write(&path, &saved).unwrap();
    let again = learn(&[path.to_str().unwrap()], 0);
    let first: Value = serde_json::from_slice(&saved).unwrap();
    assert_eq!(again["clients"][0]["profile"]["algorithms"], first["clients"][0]["profile"]["algorithms"]);
    assert_eq!(again["inputs"][0]["kind"], "cdrdiag");
}

/// Judges a server by what the fixture's refusals tell of the client.
fn judged_by_a_partial_profile(server: &Offer, code: i32) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("partial.toml");
    let out = out.to_str().unwrap();
    learn(&["sshd-journal.json", "--out", out], 0);
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1", server));
    let probe = ["probe", "--no-handshake", "--profile", out, &peer.target()];
    let text = cdrdiag(&probe).code(code).get_output().stdout.clone();
    let json = cdrdiag(&[&probe[..], &["--json"]].concat()).code(code).get_output().stdout.clone();
    (serde_json::from_slice(&json).unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn an_unknown_category_is_neither_agreed_nor_missing_and_the_answer_says_so() {
    let unknown = json!(["cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "compression_c2s", "compression_s2c"]);
    let (answer, text) = judged_by_a_partial_profile(
        &offer("ecdh-sha2-nistp256", "ssh-rsa", "chacha20-poly1305@openssh.com", "umac-64@openssh.com"),
        0,
    );
    let client = &answer["targets"][0]["clients"][0];
    assert_eq!((&client["result"], &client["unknown"], &client["missing"]), (&json!("accepts"), &unknown, &json!([])));
    assert_eq!(client["agreed"], json!({"kex": "ecdh-sha2-nistp256", "host_key": "ssh-rsa"}));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("as far as the lists are known"), "{text}");
    assert!(words.contains("one side's list is not known for cipher, MAC, compression"), "{text}");
    let (answer, _) = judged_by_a_partial_profile(&offer("curve25519-sha256", "ssh-rsa", "x", "y"), 1);
    let client = &answer["targets"][0]["clients"][0];
    assert_eq!((&client["missing"], &client["unknown"]), (&json!(["kex"]), &unknown));
    let lines: Vec<_> = client["remedy"].as_array().unwrap().iter().map(|remedy| &remedy["directive"]).collect();
    assert_eq!(lines, ["KexAlgorithms"], "what is unknown is not changed");
}
