//! The linked libssh2 knows what CUCM's clients propose. Its newer bundles leave the SHA-1 methods out, which are
//! the ones that CUCM 12.5 and 14 need: this is what the pin of `libssh2-sys` is for.

use cdrdiag::algorithms::offer::Category;
use cdrdiag::ssh::handshake::supported;

fn assert_known(category: Category, wanted: &[&str]) {
    let known = supported(category);
    let missing: Vec<_> = wanted.iter().filter(|name| !known.contains(name)).collect();
    assert!(missing.is_empty(), "libssh2 does not know {missing:?} in {category}; it knows {known:?}");
}

#[test]
fn key_exchange() {
    assert_known(
        Category::Kex,
        &[
            "ecdh-sha2-nistp256",
            "ecdh-sha2-nistp384",
            "ecdh-sha2-nistp521",
            "diffie-hellman-group14-sha1",
            "diffie-hellman-group1-sha1",
            "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group-exchange-sha1",
        ],
    );
}

#[test]
fn host_keys() {
    assert_known(
        Category::HostKey,
        &[
            "ssh-rsa",
            "rsa-sha2-256",
            "rsa-sha2-512",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521",
        ],
    );
}

#[test]
fn ciphers_in_both_directions() {
    for category in [Category::CipherC2s, Category::CipherS2c] {
        assert_known(category, &["aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes192-cbc", "aes256-cbc"]);
    }
}

#[test]
fn macs_in_both_directions() {
    for category in [Category::MacC2s, Category::MacS2c] {
        assert_known(category, &["hmac-sha1", "hmac-sha2-256", "hmac-sha2-512"]);
    }
}

#[test]
fn no_compression_is_always_possible() {
    for category in [Category::CompressionC2s, Category::CompressionS2c] {
        assert_known(category, &["none"]);
    }
}
