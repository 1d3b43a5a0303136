//! What is known of each algorithm: how strong it is, since when OpenSSH has it, and who calls it weak
//! (`data/algorithms.toml`, with its sources).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::version::Version;
use crate::document::probe::Weak;
use crate::model::offer::{Category, Offer, Setting};
use crate::tables;

/// One algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Algorithm {
    /// The higher the better, within its setting only.
    pub strength: u8,
    /// OpenSSH's release that brought it; `None`: OpenSSH never had it.
    pub since: Option<Version>,
    /// OpenSSH's release that no longer has it.
    pub removed: Option<Version>,
    /// Why it is called weak, with the source.
    pub weak: Option<String>,
    /// What a hardened server gives up by it, where nobody calls it weak outright.
    pub caution: Option<String>,
    /// Of a host key algorithm: `ssh-keygen`'s type and size of the key that it needs.
    pub key: Option<String>,
}

impl Algorithm {
    /// Whether this release of OpenSSH has it; without a version, whether any has.
    pub fn in_openssh(&self, version: Option<&Version>) -> bool {
        match (&self.since, version) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(since), Some(version)) => {
                since <= version && self.removed.as_ref().is_none_or(|removed| version < removed)
            }
        }
    }
}

type Table = BTreeMap<Setting, BTreeMap<String, Algorithm>>;

/// The algorithm of this name; names that end in a base64 tail (`gss-…-*`) are known by their beginning.
pub fn algorithm(setting: Setting, name: &str) -> Option<&'static Algorithm> {
    let known = table().get(&setting)?;
    known.get(name).or_else(|| {
        known
            .iter()
            .find_map(|(pattern, entry)| pattern.strip_suffix('*').filter(|head| name.starts_with(head)).map(|_| entry))
    })
}

/// The names that are known of a setting, patterns left out.
pub fn names(setting: Setting) -> impl Iterator<Item = &'static str> {
    table().get(&setting).into_iter().flat_map(BTreeMap::keys).map(String::as_str).filter(|name| !name.ends_with('*'))
}

/// How strong it is; what is not known is weaker than what is.
pub fn strength(setting: Setting, name: &str) -> u8 {
    algorithm(setting, name).map_or(0, |entry| entry.strength)
}

/// The weak algorithms in an offer, each once a category.
pub fn weak(offer: &Offer) -> Vec<Weak> {
    let mut found: Vec<Weak> = Vec::new();
    for category in Category::NEGOTIATED {
        let Some(setting) = Setting::of(category) else { continue };
        for name in offer.get(category).unwrap_or_default() {
            let Some(reason) = algorithm(setting, name).and_then(|entry| entry.weak.clone()) else { continue };
            if !found.iter().any(|weak| weak.category == category && &weak.algorithm == name) {
                found.push(Weak { category, algorithm: name.clone(), reason });
            }
        }
    }
    found
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| tables::toml(include_str!("../../data/algorithms.toml")));
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::builtin;

    #[test]
    fn every_algorithm_of_the_profiles_is_known() {
        for profile in builtin() {
            for category in Category::NEGOTIATED {
                let setting = Setting::of(category).unwrap();
                for name in profile.algorithms.get(category).unwrap() {
                    assert!(algorithm(setting, name).is_some(), "{setting:?} {name}");
                }
            }
        }
    }

    #[test]
    fn weak_ones_are_told_with_a_reason_and_strong_ones_are_not() {
        let offer = Offer {
            kex: Some(vec![
                "curve25519-sha256".into(),
                "diffie-hellman-group1-sha1".into(),
                "gss-group1-sha1-abc=".into(),
            ]),
            mac_c2s: Some(vec!["hmac-md5".into(), "hmac-sha2-256".into()]),
            ..Offer::default()
        };
        let names: Vec<_> = weak(&offer).into_iter().map(|weak| weak.algorithm).collect();
        assert_eq!(names, ["diffie-hellman-group1-sha1", "gss-group1-sha1-abc=", "hmac-md5"]);
        assert!(weak(&offer)[0].reason.contains("RFC 9142"));
    }

    #[test]
    fn openssh_has_an_algorithm_from_its_release_until_it_was_removed() {
        let dss = algorithm(Setting::HostKey, "ssh-dss").unwrap();
        let at = |text: &str| dss.in_openssh(Some(&text.parse().unwrap()));
        assert!(at("9.9p2") && !at("10.0") && !at("2.0"));
        assert!(!algorithm(Setting::Cipher, "3des-ctr").unwrap().in_openssh(None));
    }
}
