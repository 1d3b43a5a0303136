//! What two servers tell of themselves besides their lists: software, version, host keys, login methods.

use crate::document::compare::{Fact, FactDifference};
use crate::document::probe::{HostKey, Target};

/// What both tell, and not alike. What one of them does not tell is no difference.
pub(super) fn differences(primary: &Target, secondary: &Target) -> Vec<FactDifference> {
    let mut found = Vec::new();
    let mut compare = |fact, left: Option<String>, right: Option<String>| {
        let told = left.zip(right).filter(|(left, right)| left != right);
        found.extend(told.map(|(primary, secondary)| FactDifference { fact, primary, secondary }));
    };
    let software = |target: &Target| target.identification.as_ref().and_then(|told| told.software.clone());
    compare(Fact::Software, software(primary), software(secondary));
    let version = |target: &Target| target.identification.as_ref().and_then(|told| told.version.clone());
    compare(Fact::Version, version(primary), version(secondary));
    for key in &primary.host_keys {
        let other = secondary.host_keys.iter().find(|other| other.algorithm == key.algorithm);
        compare(Fact::HostKey, Some(shown(key)), other.map(shown));
    }
    compare(Fact::AuthMethods, auth_methods(primary), auth_methods(secondary));
    found
}

/// `ssh-rsa 3072 bits SHA256:…`
fn shown(key: &HostKey) -> String {
    let bits = key.bits.map(|bits| format!("{bits} bits"));
    [Some(key.algorithm.clone()), bits, key.sha256.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn auth_methods(target: &Target) -> Option<String> {
    let methods = target.auth_methods();
    (!methods.is_empty()).then(|| methods.join(", "))
}
