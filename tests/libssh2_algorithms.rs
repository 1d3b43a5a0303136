//! The linked libssh2 knows what the built-in profiles propose. Its newer bundles leave the SHA-1 methods out, which
//! are the ones that CUCM 12.5 and 14 need: this is what the pin of `libssh2-sys` is for.

use cdrdiag::algorithms::builtin;
use cdrdiag::model::offer::Category;
use cdrdiag::ssh::handshake::{Preferences, supported};

/// What libssh2 never had: JSch's own old wishes. No server needs them to let CUCM 12.5 or later in.
const NEVER: [&str; 2] = ["3des-ctr", "ssh-dss"];

#[test]
fn libssh2_knows_every_algorithm_of_every_profile_that_it_can() {
    for profile in builtin::builtin() {
        for category in Category::NEGOTIATED {
            let known = supported(category);
            let proposed = profile.algorithms.get(category).unwrap_or_default();
            let missing: Vec<_> = proposed
                .iter()
                .filter(|name| !known.contains(&name.as_str()) && !NEVER.contains(&name.as_str()))
                .collect();
            assert!(missing.is_empty(), "{}: libssh2 lacks {missing:?} in {category}; it knows {known:?}", profile.id);
        }
    }
}

#[test]
fn the_exceptions_are_no_more_than_needed() {
    for name in NEVER {
        assert!(
            Category::NEGOTIATED.iter().all(|category| !supported(*category).contains(&name)),
            "libssh2 knows {name}: strike it off the exceptions"
        );
        let cucm = builtin::default_set();
        let proposes = |category: &Category| {
            cucm.iter().any(|profile| profile.algorithms.get(*category).unwrap_or_default().iter().any(|it| it == name))
        };
        assert!(!Category::NEGOTIATED.iter().any(proposes), "CUCM proposes {name}");
    }
}

#[test]
fn a_handshake_can_speak_for_every_profile() {
    for profile in builtin::builtin() {
        assert!(Preferences::of(&profile.algorithms).is_ok(), "{}", profile.id);
    }
}

#[test]
fn the_sha_1_methods_are_compiled_in() {
    for (category, name) in [
        (Category::Kex, "diffie-hellman-group14-sha1"),
        (Category::Kex, "diffie-hellman-group1-sha1"),
        (Category::Kex, "diffie-hellman-group-exchange-sha1"),
        (Category::HostKey, "ssh-rsa"),
        (Category::MacC2s, "hmac-sha1"),
        (Category::MacS2c, "hmac-sha1"),
    ] {
        assert!(supported(category).contains(&name), "{name}");
    }
}
