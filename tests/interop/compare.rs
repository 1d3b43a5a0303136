//! The story behind `compare`: two servers behind one address, one of them hardened so that it refuses CUCM. The
//! finding names the right algorithms, and the remedy, taken from the server that works, lets the real client in.

use std::fs;

use cdrdiag::document::compare::{Compare, Fact};
use cdrdiag::document::probe::Access;

use super::agreement::{CUCM, REAL, handshakes_agree};
use super::answer::{compare, run};
use super::jsch;
use super::parts::available;
use super::sshd::{self, Configuration};

const USUAL: &[&str] = &["rsa -b 3072", "ecdsa -b 256", "ed25519"];

/// The primary offers nistp384 and not the stronger nistp521.
const WORKS: &str = "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp384,ecdh-sha2-nistp256\n\
    HostKeyAlgorithms ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";

const HARDENED: &str = "KexAlgorithms curve25519-sha256\n\
    HostKeyAlgorithms ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa\n\
    MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com";

fn ready(test: &str) -> bool {
    available(test, &[&sshd::PARTS[..], &jsch::PARTS].concat())
}

#[test]
fn the_hardened_secondary_is_found_and_mended_after_the_primarys_model() {
    if !ready("the_hardened_secondary_is_found_and_mended_after_the_primarys_model") {
        return;
    }
    let profiles = [&CUCM[..], &[REAL]].concat();
    let (works, hardened) = (Configuration::new(USUAL, WORKS), Configuration::new(USUAL, HARDENED));
    let primary = works.start();
    let before = {
        let secondary = hardened.start();
        assert_eq!(jsch::login(secondary.address()).message, "Algorithm negotiation fail");
        let (here, there) = (primary.address().to_string(), secondary.address().to_string());
        let (code, answer) = compare(&[&here, &there], &profiles);
        assert_eq!(code, 1);
        finding_names_what_stops_cucm(&answer, &here, &there);
        answer
    };
    let adds: Vec<_> = before.pair.remedy.iter().flat_map(|remedy| &remedy.adds).collect();
    assert!(adds.iter().any(|name| *name == "ecdh-sha2-nistp384"), "{adds:?}");
    assert!(!adds.iter().any(|name| *name == "ecdh-sha2-nistp521"), "the primary has no such: {adds:?}");
    let mended = hardened.mended(&before.pair.remedy);
    let secondary = mended.start();
    let (code, after) = compare(&[&primary.address().to_string(), &secondary.address().to_string()], &profiles);
    assert_eq!((code, &after.pair.remedy), (0, &vec![]), "{:#?}", after.pair.findings);
    assert!(
        after.pair.findings[0].ends_with("if deliveries fail, the cause lies elsewhere"),
        "{:?}",
        after.pair.findings
    );
    assert!(after.pair.findings.iter().any(|finding| finding.starts_with("they have different host keys")));
    after.targets().for_each(handshakes_agree);
    let login = jsch::login(secondary.address());
    assert_eq!(login.result, Access::Accepts, "{login:#?} after {:#?}", before.pair.remedy);
}

fn finding_names_what_stops_cucm(answer: &Compare, here: &str, there: &str) {
    let expected = format!(
        "{there} refuses CUCM 12.5, 14, 15 and {REAL}, which {here} accepts: no key exchange, no MAC in common on {there}"
    );
    assert_eq!(answer.pair.findings[0], expected, "{:#?}", answer.pair.findings);
    let works = &answer.pair.findings[1];
    assert!(works.contains("agree on ecdh-sha2-nistp384 (key exchange), hmac-sha2-256 (MAC), which"), "{works}");
    for remedy in &answer.pair.remedy {
        assert_eq!(remedy.server, there);
        assert!(remedy.reason.contains("offers it already"), "{}", remedy.reason);
    }
}

#[test]
fn a_live_server_does_not_differ_from_what_was_saved_of_it() {
    if !ready("a_live_server_does_not_differ_from_what_was_saved_of_it") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.json");
    let saved = path.to_str().unwrap();
    let (works, twin) = (Configuration::new(USUAL, WORKS), Configuration::new(USUAL, WORKS));
    let (server, other) = (works.start(), twin.start());
    let (code, text) = run("probe", &["--json", &server.address().to_string()], &[REAL]);
    assert_eq!(code, 0, "{text}");
    fs::write(&path, &text).unwrap();
    let (code, same) = compare(&[&server.address().to_string(), saved], &[REAL]);
    assert_eq!((code, &same.pair.facts), (0, &vec![]));
    assert_eq!(same.primary.offer, same.pair.secondary.offer);
    assert_eq!(same.primary.host_keys, same.pair.secondary.host_keys);
    assert!(!same.primary.host_keys.is_empty());
    assert!(same.pair.findings.iter().any(|finding| finding == "their algorithm lists do not differ"));
    let (code, different) = compare(&[&other.address().to_string(), saved], &[REAL]);
    let facts: Vec<_> = different.pair.facts.iter().map(|fact| fact.fact).collect();
    assert_eq!((code, facts), (0, vec![Fact::HostKey]), "its twin has keys of its own");
}
