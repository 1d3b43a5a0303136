//! `profile learn` on what real servers and the real client log of a refusal.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cdrdiag::algorithms::profile_file::{self, ProfileFormat};
use cdrdiag::model::offer::{Category, Offer};
use serde_json::Value;

use super::parts::available;
use super::sshd::Configuration;
use super::{jsch, sshd};

const KEYS: &[&str] = &["rsa -b 3072", "ed25519"];

fn ready(test: &str) -> bool {
    available(test, &[&sshd::PARTS[..], &jsch::PARTS].concat())
}

/// The one client that these files tell of: its entry and its proposal.
fn learn(files: &[&Path]) -> (Value, Offer) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
    command.args(["profile", "learn", "--json"]).args(files).stdin(Stdio::null());
    let output = command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_str(&text).unwrap();
    let [client] = answer["clients"].as_array().unwrap().as_slice() else { panic!("one client: {text}") };
    let profile = profile_file::parse(&client["profile"].to_string(), ProfileFormat::Json).unwrap();
    (client.clone(), profile.algorithms)
}

#[test]
fn the_log_of_an_sshd_that_refuses_jsch_gives_the_list_that_jsch_proposed() {
    if !ready("the_log_of_an_sshd_that_refuses_jsch_gives_the_list_that_jsch_proposed") {
        return;
    }
    for (line, told) in [
        ("KexAlgorithms curve25519-sha256", &[Category::Kex][..]),
        ("HostKeyAlgorithms ssh-ed25519", &[Category::HostKey]),
        ("HostKeyAlgorithms +ssh-rsa\nCiphers aes256-gcm@openssh.com", &[Category::CipherC2s, Category::CipherS2c]),
        ("HostKeyAlgorithms +ssh-rsa\nMACs hmac-sha2-512-etm@openssh.com", &[Category::MacC2s, Category::MacS2c]),
    ] {
        let configuration = Configuration::new(KEYS, line);
        let server = configuration.start();
        let login = jsch::login(server.address());
        let (client, proposal) = learn(&[&configuration.log_with("Unable to negotiate")]);
        assert_eq!(client["client"], "127.0.0.1");
        for category in Category::ALL {
            let expected = login.client.get(category).filter(|_| told.contains(&category));
            assert_eq!(proposal.get(category), expected, "{line}: {category}");
        }
    }
}

#[test]
fn the_log_of_jsch_gives_all_that_it_proposed_and_joins_the_servers() {
    if !ready("the_log_of_jsch_gives_all_that_it_proposed_and_joins_the_servers") {
        return;
    }
    let configuration = Configuration::new(KEYS, "HostKeyAlgorithms ssh-ed25519");
    let server = configuration.start();
    let login = jsch::login(server.address());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("jsch.log");
    fs::write(&log, &login.log).unwrap();
    let (client, proposal) = learn(&[&configuration.log_with("Unable to negotiate"), &log]);
    assert_eq!((&client["client"], &client["identification"]), (&"127.0.0.1".into(), &"SSH-2.0-JSCH-0.1.54".into()));
    assert_eq!(client["conflicts"], serde_json::json!([]), "both tell the same host key algorithms");
    assert_eq!(proposal, login.client);
}
