//! Inputs from public reports (`fixtures/cases/`), each with the right answer.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

#[path = "cases/alarms.rs"]
mod alarms;
#[path = "cases/causes.rs"]
mod causes;
#[path = "cases/node.rs"]
mod node;
#[path = "cases/saved_answers.rs"]
mod saved_answers;
#[path = "cases/traces.rs"]
mod traces;
#[path = "cases/verdicts.rs"]
mod verdicts;

use assert_cmd::Command;
use serde_json::{Value, json};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cases");

/// The answer to these arguments, given in the folder of a case.
fn answer(case: &str, arguments: &[&str], code: i32) -> Value {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let done = command.args(arguments).arg("--json").current_dir(format!("{CASES}/{case}")).assert().code(code);
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

/// The one client that a log tells of.
fn learned(case: &str, log: &str) -> Value {
    let mut answer = answer(case, &["profile", "learn", log], 0);
    assert_eq!(answer["clients"].as_array().unwrap().len(), 1, "{answer:#}");
    answer["clients"][0].take()
}

fn list(client: &Value, category: &str) -> String {
    let list = client["profile"]["algorithms"][category].as_array().cloned().unwrap_or_default();
    list.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(",")
}

#[test]
fn ssh_sshd_debug_log() {
    let client = learned("ssh-sshd-debug-log", "sshd-debug3-journal.log");
    assert_eq!(client["client"], "192.0.2.44");
    assert!(client["identification"].as_str().unwrap().contains("OpenSSH_8.9p1"), "{client:#}");
    assert!(list(&client, "kex").ends_with("diffie-hellman-group14-sha256,ext-info-c,kex-strict-c-v00@openssh.com"));
    // sshd cut the message behind this list.
    assert!(list(&client, "host_key").ends_with("rsa-sha2-512,rsa-sha2-256"));
    for category in ["cipher", "mac", "compression"] {
        assert_ne!(list(&client, category), "", "{category}");
    }
}

#[test]
fn ssh_windows_sshd_log() {
    for (log, address, category, expected) in [
        (
            "p-win803.log",
            "192.0.2.77",
            "kex",
            "diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1",
        ),
        (
            "q-win1124.log",
            "192.0.2.188",
            "kex",
            "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,\
             diffie-hellman-group1-sha1",
        ),
        ("g-win32.log", "192.0.2.50", "host_key", "ssh-rsa,ssh-dss"),
    ] {
        let client = learned("ssh-windows-sshd-log", log);
        assert_eq!((client["client"].as_str(), list(&client, category).as_str()), (Some(address), expected), "{log}");
    }
}

#[test]
fn ssh_proftpd_logs() {
    let client = learned("ssh-proftpd-logs", "proftpd-sftplog.log");
    assert_eq!(list(&client, "kex"), "diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1");
    let client = learned("ssh-proftpd-logs", "t-proftpd-trace.log");
    assert!(list(&client, "kex").starts_with("curve25519-sha256,"), "the client's list and not the server's");
    assert_eq!(
        list(&client, "host_key"),
        "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256"
    );
}

#[test]
fn ssh_sftpgo_log() {
    let client = learned("ssh-sftpgo-log", "f-sftpgo.log");
    assert_eq!(client["client"], json!("192.0.2.2"));
    let expected = "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,\
                    diffie-hellman-group1-sha1";
    assert_eq!(list(&client, "kex"), expected);
}
