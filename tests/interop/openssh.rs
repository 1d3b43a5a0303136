//! OpenSSH's sshd under many configurations. Of each: what it offers, who gets in, and that cdrdiag's remedy lets
//! the refused in and takes nothing away.

use std::fs;

use cdrdiag::document::probe::{Access, Target};
use cdrdiag::document::remedy::Remedy;
use cdrdiag::model::offer::Category;
use cdrdiag::model::stage::Stage;

use super::agreement::{self, CUCM, PREDECESSOR, REAL, handshakes_agree, offer};
use super::answer::{client, probe};
use super::parts::available;
use super::sshd::Configuration;
use super::{jsch, sshd};

const RSA: &str = "rsa -b 3072";
const ECDSA: &str = "ecdsa -b 256";
const ED25519: &str = "ed25519";
/// What an installation makes.
const USUAL: &[&str] = &[RSA, ECDSA, ED25519];

/// One test a configuration: its keys, its lines, and whether JSch gets in.
macro_rules! configurations {
    ($($name:ident: $keys:expr, $lines:expr => $result:ident;)*) => {$(
        #[test]
        fn $name() {
            if ready(stringify!($name)) {
                check(Configuration::new($keys, $lines), Access::$result);
            }
        }
    )*};
}

configurations! {
    the_defaults: USUAL, "" => Accepts;
    hardened: &[RSA, ED25519],
        "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org\n\
         HostKeyAlgorithms ssh-ed25519,rsa-sha2-512\n\
         Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com\n\
         MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com" => Refuses;
    only_curve25519: USUAL, "KexAlgorithms curve25519-sha256" => Refuses;
    only_nistp521: USUAL, "KexAlgorithms ecdh-sha2-nistp521" => Accepts;
    only_group14_with_sha1: USUAL, "KexAlgorithms diffie-hellman-group14-sha1" => Accepts;
    only_group14_with_sha256: USUAL, "KexAlgorithms diffie-hellman-group14-sha256" => Refuses;
    only_group1: USUAL, "KexAlgorithms diffie-hellman-group1-sha1" => Accepts;
    only_group_exchange: USUAL, "KexAlgorithms diffie-hellman-group-exchange-sha256" => Accepts;
    only_group_exchange_with_sha1: USUAL, "KexAlgorithms diffie-hellman-group-exchange-sha1" => Accepts;
    only_chacha20: USUAL, "Ciphers chacha20-poly1305@openssh.com" => Refuses;
    only_gcm: USUAL, "Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com" => Refuses;
    only_aes256_ctr: USUAL, "Ciphers aes256-ctr" => Accepts;
    only_cbc: USUAL, "Ciphers aes128-cbc" => Accepts;
    only_etm: USUAL, "MACs hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com" => Refuses;
    only_hmac_sha1: USUAL, "MACs hmac-sha1" => Accepts;
    only_hmac_sha2_512: USUAL, "MACs hmac-sha2-512" => Refuses;
    only_an_ed25519_key: &[ED25519], "" => Refuses;
    only_an_ecdsa_key_of_384_bits: &["ecdsa -b 384"], "" => Accepts;
    only_an_ecdsa_key_of_521_bits: &["ecdsa -b 521"], "" => Accepts;
    only_an_rsa_key_without_sha1: &[RSA], "" => Refuses;
    only_rsa_sha2_512: &[RSA], "HostKeyAlgorithms rsa-sha2-512" => Refuses;
    only_rsa_with_sha1: &[RSA], "HostKeyAlgorithms ssh-rsa" => Accepts;
    keys_that_are_there_and_not_shown: USUAL, "HostKeyAlgorithms ssh-ed25519" => Refuses;
    compression_at_once: USUAL, "Compression yes" => Accepts;
    no_compression: USUAL, "Compression no" => Accepts;
    a_match_block_at_the_end: USUAL, "KexAlgorithms curve25519-sha256\nMatch User nobody\nX11Forwarding no" => Refuses;
}

#[test]
fn only_a_group_exchange_of_large_groups() {
    if !ready("only_a_group_exchange_of_large_groups") {
        return;
    }
    // The fifth field is the size in bits, less one. Where no group is in the client's range, sshd gives its
    // built-in one of 2048 bits.
    let moduli = fs::read_to_string("/etc/ssh/moduli").unwrap_or_default();
    let is_large =
        |line: &&str| line.split(' ').nth(4).and_then(|size| size.parse().ok()).is_some_and(|size: u32| size > 3_000);
    let large: Vec<_> = moduli.lines().filter(is_large).collect();
    let lines = "KexAlgorithms diffie-hellman-group-exchange-sha256\nModuliFile {folder}/moduli";
    check(Configuration::new(USUAL, lines).with_file("moduli", &large.join("\n")), Access::Accepts);
}

#[test]
fn a_drop_in_file_that_hardens() {
    if ready("a_drop_in_file_that_hardens") {
        let configuration = Configuration::new(USUAL, "Include {folder}/hardening.conf\nMACs hmac-sha2-256");
        let hardening = "KexAlgorithms curve25519-sha256\nMACs hmac-sha2-512-etm@openssh.com\n";
        check(configuration.with_file("hardening.conf", hardening), Access::Refuses);
    }
}

#[test]
fn a_host_certificate() {
    if ready("a_host_certificate") {
        check(Configuration::new(&[ED25519], "").certified(ED25519), Access::Refuses);
    }
}

/// JSch 0.1.54 agrees to such a key and can't verify it. That its remedy serves is seen as far as one can without
/// that version: its prediction says so, the other one still gets in, and by another key.
#[test]
fn a_key_that_only_the_predecessor_cannot_verify() {
    if !ready("a_key_that_only_the_predecessor_cannot_verify") {
        return;
    }
    let configuration = Configuration::new(&["ecdsa -b 384", ED25519], "");
    let before = {
        let server = configuration.start();
        probe(server.address(), &[PREDECESSOR])
    };
    let refused = client(&before, PREDECESSOR);
    assert_eq!((refused.result, refused.stage.map(Stage::name)), (Access::Refuses, Some("host_key")));
    let configuration = configuration.mended(&refused.remedy);
    let server = configuration.start();
    let after = probe(server.address(), &[PREDECESSOR]);
    assert_eq!(client(&after, PREDECESSOR).result, Access::Accepts, "{:#?}", refused.remedy);
    assert_eq!(jsch::login(server.address()).result, Access::Accepts);
    handshakes_agree(&after);
    nothing_is_lost(&before, &after, &refused.remedy);
}

fn ready(test: &str) -> bool {
    available(test, &[&sshd::PARTS[..], &jsch::PARTS, &["nmap"]].concat())
}

fn check(configuration: Configuration, expected: Access) {
    let before = {
        let server = configuration.start();
        agreement::examine(server.address())
    };
    let real = client(&before, REAL);
    assert_eq!(real.result, expected);
    assert_eq!(real.remedy.is_empty(), expected == Access::Accepts, "{:#?}", real.remedy);
    let configuration =
        if expected == Access::Refuses { mended_for_jsch(configuration, &before, &real.remedy) } else { configuration };
    mended_for_cucm(configuration);
}

/// The real client gets in, and nothing that was offered is lost.
fn mended_for_jsch(configuration: Configuration, before: &Target, remedies: &[Remedy]) -> Configuration {
    let configuration = configuration.mended(remedies);
    let server = configuration.start();
    let after = probe(server.address(), &[REAL]);
    assert_eq!(client(&after, REAL).result, Access::Accepts, "{remedies:#?}");
    let login = jsch::login(server.address());
    assert_eq!(login.result, Access::Accepts, "{login:#?} after {remedies:#?}");
    handshakes_agree(&after);
    nothing_is_lost(before, &after, remedies);
    configuration
}

/// Every release of CUCM gets in, as far as libssh2 can tell.
fn mended_for_cucm(configuration: Configuration) {
    let before = {
        let server = configuration.start();
        probe(server.address(), &CUCM)
    };
    let configuration = configuration.mended(&before.remedy);
    let server = configuration.start();
    let after = probe(server.address(), &CUCM);
    let results: Vec<_> = after.clients.iter().map(|client| client.result).collect();
    assert_eq!(results, [Access::Accepts; 3], "{:#?}", before.remedy);
    handshakes_agree(&after);
    nothing_is_lost(&before, &after, &before.remedy);
}

/// Hardening is not undone: what was offered still is, and only what the remedies name came on top.
fn nothing_is_lost(before: &Target, after: &Target, remedies: &[Remedy]) {
    for category in Category::NEGOTIATED {
        let (old, new) = (offer(before).get(category).unwrap(), offer(after).get(category).unwrap());
        let lost: Vec<_> = old.iter().filter(|name| !new.contains(name)).collect();
        assert!(lost.is_empty(), "{category} lost {lost:?} by {remedies:#?}");
        let named = |name: &String| remedies.iter().any(|remedy| remedy.adds.contains(name));
        let extra: Vec<_> = new.iter().filter(|name| !old.contains(name) && !named(name)).collect();
        assert!(extra.is_empty(), "{category} won {extra:?}, which {remedies:#?} do not name");
    }
}
