//! Servers whose lists suit CUCM and that keep it out all the same: every form that a script reads has to say so.

use std::net::SocketAddr;

use cdrdiag::document::probe::{Access, Outcome};

use super::agreement::REAL;
use super::answer::{client, compare, probe, run};
use super::parts::available;
use super::small_servers::dropbear;
use super::sshd::{self, Configuration};

#[test]
fn a_server_whose_handshake_fails_is_accepted_in_no_form() {
    if !available("a_server_whose_handshake_fails_is_accepted_in_no_form", &["dropbear", "dropbearkey"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = dropbear(folder.path(), &["ecdsa"]);
    is_refused_in_every_form(server.address());
}

#[test]
fn a_server_without_password_login_is_accepted_in_no_form() {
    if !available("a_server_without_password_login_is_accepted_in_no_form", &sshd::PARTS) {
        return;
    }
    let lines = "PasswordAuthentication no\nHostKeyAlgorithms +ssh-rsa";
    let configuration = Configuration::new(&["rsa -b 3072"], lines);
    let server = configuration.start();
    is_refused_in_every_form(server.address());
    let address = server.address().to_string();
    let refused = probe(server.address(), &[REAL]);
    let (_, compared) = compare(&[&address, &address], &[REAL]);
    assert!(compared.pair.remedy.iter().any(|remedy| *remedy == refused.remedy[0]), "{:?}", compared.pair.remedy);
    let mended = configuration.mended(&refused.remedy);
    let server = mended.start();
    assert_eq!(probe(server.address(), &[REAL]).outcome, Outcome::Accepts, "{:#?}", refused.remedy);
}

#[test]
fn a_server_that_asks_for_the_password_by_prompt_alone_is_accepted_with_a_note() {
    if !available("a_server_that_asks_for_the_password_by_prompt_alone_is_accepted_with_a_note", &sshd::PARTS) {
        return;
    }
    let lines = "PasswordAuthentication no\nUsePAM yes\nKbdInteractiveAuthentication yes\nHostKeyAlgorithms +ssh-rsa";
    let configuration = Configuration::new(&["rsa -b 3072"], lines);
    let server = configuration.start();
    let target = probe(server.address(), &[REAL]);
    assert_eq!(target.outcome, Outcome::Accepts, "{target:#?}");
    assert!(client(&target, REAL).findings.concat().contains("password login is off"), "{target:#?}");
}

fn is_refused_in_every_form(address: SocketAddr) {
    let target = probe(address, &[REAL]);
    let verdict = client(&target, REAL);
    assert_eq!((verdict.result, verdict.verdict), (Access::Accepts, Access::Refuses), "{verdict:#?}");
    assert_eq!(target.outcome, Outcome::Refuses);
    let address = address.to_string();
    let run = |name: &str, arguments: &[&str]| {
        let (code, text) = run(name, arguments, &[REAL]);
        assert_eq!(code, 1, "{name} {arguments:?}: {text}");
        text
    };
    let junit = run("probe", &["--format", "junit", &address]);
    assert!(junit.contains(r#"failures="1""#), "{junit}");
    let metrics = run("probe", &["--format", "prometheus", &address]);
    let values =
        |metric: &str| metrics.lines().filter(|line| line.starts_with(metric)).all(|line| line.ends_with(" 0"));
    assert!(values("cdrdiag_client_accepted") && values("cdrdiag_target_ok"), "{metrics}");
    assert!(!metrics.contains("accepts\""), "{metrics}");
    assert!(!run("probe", &[&address]).contains(" accepts "));
    let (_, compared) = compare(&[&address, &address], &[REAL]);
    let sides = compared.pair.clients.iter().flat_map(|client| [client.primary, client.secondary]);
    assert!(sides.into_iter().all(|side| side == Some(Access::Refuses)), "{:?}", compared.pair.clients);
    let diagnosis = run("diagnose", &["--primary", &address]);
    assert!(!diagnosis.contains(" accepts "), "{diagnosis}");
}
