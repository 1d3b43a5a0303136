//! `cdrdiag capture`, by the real binary: clients, and what else connects to an open port.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod support;

use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use cdrdiag::algorithms::builtin::find;
use cdrdiag::document::capture::Capture;
use cdrdiag::document::json_schema;
use cdrdiag::model::offer::Offer;
use cdrdiag::ssh::packet::{self, Message};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use support::listening::{Answer, Listening, connect, greeting, say};

/// More than any test needs, and an end of those that go wrong.
const AMPLE: &str = "60";
const JSCH: &str = "SSH-2.0-JSCH-0.1.54";

fn jsch() -> Offer {
    find("jsch-0.1.54").unwrap().algorithms.clone()
}

fn valid(answer: &Answer) -> &Value {
    let schema = serde_json::to_value(json_schema::<Capture>()).unwrap();
    jsonschema::validate(&schema, &answer.json).unwrap();
    &answer.json
}

#[test]
fn a_client_is_captured_and_told_goodbye_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cucm.toml");
    let out = out.to_str().unwrap();
    let listening = Listening::start(&["--timeout", AMPLE, "--out", out]);
    let heard = say(listening.address(), &greeting(JSCH, &jsch()));
    let line_end = heard.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert!(heard.starts_with(b"SSH-2.0-cdrdiag_"));
    let kexinit = packet::first(&heard[line_end..]).unwrap().unwrap();
    assert!(matches!(Message::of(kexinit.payload), Message::Kexinit(_)));
    let last = packet::first(&heard[line_end + kexinit.size..]).unwrap().unwrap();
    let Message::Disconnect(words) = Message::of(last.payload) else { panic!("no goodbye") };
    assert_eq!(words.reason, Some(11));
    assert_eq!(line_end + kexinit.size + last.size, heard.len());

    let answer = listening.answer();
    let document = valid(&answer);
    assert_eq!((answer.code, &document["verdict"], &document["stopped"]), (0, &json!("ok"), &json!("count")));
    let client = &document["clients"][0];
    assert_eq!((&client["client"], &client["identification"]), (&json!("127.0.0.1"), &json!(JSCH)));
    assert_eq!(
        (&client["likeness"][0]["profile"], &client["likeness"][0]["equal"]),
        (&json!("jsch-0.1.54"), &json!(true))
    );
    assert_eq!(client["written"], out);
    assert!(answer.errors.contains("CUCM cannot reach 127.0.0.1"), "{}", answer.errors);

    let show = Command::cargo_bin("cdrdiag").unwrap().args(["profile", "show", out, "--json"]).assert().code(0);
    let shown: Value = serde_json::from_slice(&show.get_output().stdout).unwrap();
    assert_eq!(shown["profile"], client["profile"], "the file is the profile");
    let saved = folder.path().join("capture.json");
    fs::write(&saved, document.to_string()).unwrap();
    Command::cargo_bin("cdrdiag")
        .unwrap()
        .args(["profile", "learn", saved.to_str().unwrap()])
        .assert()
        .code(0)
        .stdout(contains("jsch-0.1.54"));
}

#[test]
fn who_is_no_ssh_client_is_told_and_not_counted() {
    let listening = Listening::start(&["--timeout", AMPLE]);
    let address = listening.address();
    say(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    say(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    say(address, &[b"SSH-2.0-x\r\n".as_slice(), &[0xff; 64]].concat());
    say(address, &[b"SSH-2.0-x\r\n".as_slice(), &packet::write(b"\x02\0\0\0\0").repeat(50)].concat());
    say(address, &b"SSH-2.0-".iter().copied().chain(std::iter::repeat_n(b'x', 1 << 20)).collect::<Vec<_>>());
    say(address, b"SSH-1.5-old\n");
    connect(address).shutdown(Shutdown::Both).unwrap();
    let mut cut = greeting(JSCH, &jsch());
    cut.truncate(300);
    connect(address).write_all(&cut).unwrap();
    say(address, &greeting(JSCH, &jsch()));
    let answer = listening.answer();
    let document = valid(&answer);
    assert_eq!((answer.code, document["clients"].as_array().unwrap().len()), (0, 1));
    let mut kinds: Vec<_> =
        document["strangers"].as_array().unwrap().iter().map(|stranger| stranger["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let at_least = ["flood", "garbled", "garbled", "garbled", "not_ssh", "not_ssh"];
    assert!(at_least.iter().all(|kind| kinds.contains(kind)) && kinds.len() >= at_least.len(), "{kinds:?}");
    assert!(answer.errors.contains("is not counted"), "{}", answer.errors);
}

#[test]
fn two_hundred_at_once_do_not_keep_a_client_out() {
    let listening = Listening::start(&["--timeout", AMPLE]);
    let address = listening.address();
    // They say nothing, or a byte now and then, and stay.
    let crowd: Vec<_> = (0..200).map(|_| connect(address)).collect();
    for mut stream in crowd.iter().step_by(2) {
        stream.write_all(b"S").unwrap();
    }
    let client = thread::spawn(move || say(address, &greeting(JSCH, &jsch())));
    thread::sleep(Duration::from_millis(500));
    // The ones before it in the queue leave.
    drop(crowd);
    client.join().unwrap();
    let answer = listening.answer();
    assert_eq!((answer.code, valid(&answer)["clients"].as_array().unwrap().len()), (0, 1));
}

#[test]
fn a_dripping_client_is_cut_off() {
    let listening = Listening::start(&["--timeout", "15"]);
    let mut stream = connect(listening.address());
    let dripping = thread::spawn(move || {
        let drip = |byte: &u8| {
            thread::sleep(Duration::from_millis(200));
            stream.write_all(&[*byte]).is_ok()
        };
        b"SSH-2.0-".iter().chain(&[b'x'; 90]).all(drip)
    });
    let answer = listening.answer();
    let document = valid(&answer);
    assert_eq!((answer.code, &document["stopped"]), (1, &json!("timeout")));
    assert_eq!(document["strangers"][0]["kind"], "timed_out");
    dripping.join().unwrap();
}

#[test]
fn it_stops_after_as_many_clients_as_asked_for_and_names_each_once() {
    let listening = Listening::start(&["--timeout", AMPLE, "--count", "3"]);
    say(listening.address(), &greeting(JSCH, &jsch()));
    say(listening.address(), &greeting(JSCH, &jsch()));
    say(listening.address(), &greeting("SSH-2.0-other", &find("cucm-15").unwrap().algorithms));
    let answer = listening.answer();
    let clients = valid(&answer)["clients"].as_array().unwrap().clone();
    let visits: Vec<_> = clients.iter().map(|client| client["visits"].as_u64().unwrap()).collect();
    assert_eq!((answer.code, visits), (0, vec![2, 1]));
    assert_eq!(clients[1]["likeness"][0]["profile"], "cucm-15");
}

#[test]
fn nobody_coming_is_a_problem() {
    let answer = Listening::start(&["--timeout", "0.3"]).answer();
    assert_eq!((answer.code, &valid(&answer)["verdict"]), (1, &json!("problem")));
    Command::cargo_bin("cdrdiag")
        .unwrap()
        .args(["capture", "--listen", "127.0.0.1:0", "--timeout", "0.3", "--quiet"])
        .assert()
        .code(1)
        .stdout(contains("No SSH client connected"))
        .stderr("");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_it_has() {
    let interrupt = |id: u32| {
        let id = id.to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    };
    let listening = Listening::start(&["--timeout", AMPLE, "--count", "9"]);
    say(listening.address(), &greeting(JSCH, &jsch()));
    // Its goodbye is said before it is counted.
    thread::sleep(Duration::from_millis(500));
    interrupt(listening.id());
    let answer = listening.answer();
    assert_eq!((answer.code, &valid(&answer)["stopped"]), (0, &json!("interrupted")));
    let listening = Listening::start(&["--timeout", AMPLE]);
    interrupt(listening.id());
    let answer = listening.answer();
    assert_eq!((answer.code, &valid(&answer)["stopped"]), (1, &json!("interrupted")));
}

#[test]
fn hostile_names_reach_neither_the_terminal_nor_break_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.toml");
    let mut proposal = jsch();
    proposal.kex = Some(vec!["\x1b[2J".into(), String::new(), "a b".into(), "ecdh-sha2-nistp256".into()]);
    let listening = Listening::start(&["--timeout", AMPLE, "--out", out.to_str().unwrap()]);
    say(listening.address(), &greeting("SSH-2.0-\x1b]0;x\x07", &proposal));
    let answer = listening.answer();
    assert!(!answer.errors.contains(['\x1b', '\x07']), "{}", answer.errors);
    assert_eq!(answer.json["clients"][0]["profile"]["algorithms"]["kex"], json!(["ecdh-sha2-nistp256"]));
    Command::cargo_bin("cdrdiag")
        .unwrap()
        .args(["profile", "show", out.to_str().unwrap()])
        .assert()
        .code(0)
        .stdout(predicate::function(|text: &str| !text.contains(['\x1b', '\x07'])));
}

#[test]
fn where_it_cannot_listen_or_write_it_says_what_to_do() {
    let capture = |arguments: &[&str]| Command::cargo_bin("cdrdiag").unwrap().arg("capture").args(arguments).assert();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let one_line = || predicate::function(|text: &str| text.lines().count() == 1);
    capture(&["--listen", &address])
        .code(3)
        .stdout("")
        .stderr(contains("another program").and(contains("--listen")).and(one_line()));
    capture(&["--listen", "127.0.0.1:0", "--out", "/nowhere/at/all.toml"])
        .code(3)
        .stdout("")
        .stderr(contains("folder that exists"));
    capture(&["--listen", "here"]).code(2).stderr(contains("ADDR:PORT"));
    capture(&["--count", "0"]).code(2);
}

#[test]
fn a_client_that_is_not_jsch_is_named_first() {
    let listening = Listening::start(&["--timeout", AMPLE]);
    say(listening.address(), &greeting("SSH-2.0-OpenSSH_9.2p1 Debian-2", &jsch()));
    let answer = listening.answer();
    let notes = &valid(&answer)["clients"][0]["profile"]["notes"];
    assert_eq!((answer.code, &notes[0]), (0, &json!("OpenSSH_9.2p1 is not CUCM's client (JSch).")));
}
