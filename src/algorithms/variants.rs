//! What changes a profile: FIPS mode, and what an administrator typed into CUCM's Cipher Management page. Cisco's
//! documented traps come along as findings (`data/cipher_management.toml`).

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::knowledge;
use crate::model::offer::Setting;
use crate::model::offer::{Category, split_list};
use crate::model::profile::Profile;
use crate::suggest::nearest;
use crate::tables;

/// The settings of a CUCM node that change its client's proposal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    /// FIPS mode.
    pub fips: bool,
    /// The field "SSH Ciphers", comma-separated. Empty as on the page: the defaults.
    pub ciphers: Option<String>,
    /// The field "SSH Key Exchange".
    pub kex: Option<String>,
    /// The field "SSH MAC".
    pub mac: Option<String>,
}

/// A name in a field of Cipher Management that no algorithm has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {} of this name is known{}", .setting.title(), .meant.map(|meant| format!(", did you mean {meant}?")).unwrap_or_default())]
pub struct UnknownName {
    /// Whose field it stands in.
    pub setting: Setting,
    /// As it was typed.
    pub name: String,
    /// The known name that it resembles.
    pub meant: Option<&'static str>,
}

impl Variant {
    /// The profile of a node with these settings. Cipher Management replaces the defaults; FIPS mode then takes
    /// out what it forbids.
    #[must_use]
    pub fn apply(&self, profile: &Profile) -> Profile {
        let mut varied = profile.clone();
        for (setting, field, typed) in self.fields() {
            let list = split_list(typed.unwrap_or_default());
            if list.is_empty() {
                continue;
            }
            varied.findings.extend(findings(profile, setting, field, &list));
            for category in setting.categories() {
                varied.algorithms.set(*category, list.clone());
            }
            varied.title = format!("{}; {field} set in Cipher Management", varied.title);
        }
        if self.fips {
            remove_for_fips(&mut varied);
        }
        varied
    }

    /// The first name in the fields that no algorithm has: a slip, since what it says of the server would be wrong.
    pub fn unknown_name(&self) -> Option<UnknownName> {
        self.fields().into_iter().find_map(|(setting, _, typed)| {
            let is_known = |name: &String| is_refused(name) || knowledge::algorithm(setting, name).is_some();
            let name = split_list(typed.unwrap_or_default()).into_iter().find(|name| !is_known(name))?;
            let meant = nearest(&name, knowledge::names(setting));
            Some(UnknownName { setting, name, meant })
        })
    }

    fn fields(&self) -> [(Setting, &'static str, Option<&str>); 3] {
        [
            (Setting::Cipher, "SSH Ciphers", self.ciphers.as_deref()),
            (Setting::Kex, "SSH Key Exchange", self.kex.as_deref()),
            (Setting::Mac, "SSH MAC", self.mac.as_deref()),
        ]
    }
}

fn remove_for_fips(profile: &mut Profile) {
    let removed = profile.behaviour.fips_removes.clone();
    if removed.is_empty() {
        profile.findings.push("the profile does not say what FIPS mode removes: nothing was removed".to_owned());
    }
    for category in Category::NEGOTIATED {
        if let Some(list) = profile.algorithms.get(category) {
            let kept = list.iter().filter(|name| !removed.contains(name)).cloned().collect();
            profile.algorithms.set(category, kept);
        }
    }
    profile.title.push_str("; FIPS mode");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CipherManagement {
    source: String,
    remedy: String,
    refused: Vec<String>,
    #[serde(rename = "trap")]
    harmful: Vec<HarmfulSetting>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HarmfulSetting {
    setting: Setting,
    names: Vec<String>,
    #[serde(default)]
    only: bool,
    effect: String,
}

impl HarmfulSetting {
    /// The names of this list that do harm.
    fn found_in<'a>(&'a self, setting: Setting, list: &[String]) -> Vec<&'a str> {
        let found: Vec<_> = self.names.iter().filter(|name| list.contains(name)).map(String::as_str).collect();
        let caught = self.setting == setting && (!self.only || list.iter().all(|name| self.names.contains(name)));
        if caught { found } else { vec![] }
    }
}

fn findings(profile: &Profile, setting: Setting, field: &str, list: &[String]) -> Vec<String> {
    let page = cipher_management();
    let by_default = |name: &str| {
        let lists = setting.categories().iter().filter_map(|category| profile.algorithms.get(*category));
        lists.flatten().any(|other| other == name)
    };
    let harmful =
        page.harmful.iter().flat_map(|one| one.found_in(setting, list).into_iter().map(move |name| (one, name)));
    let mut findings: Vec<_> = harmful
        .filter(|(_, name)| !by_default(name))
        .map(|(one, name)| format!("{name} in \"{field}\": {}; {} ({})", one.effect, page.remedy, page.source))
        .collect();
    for name in list {
        if is_refused(name) {
            findings.push(format!("{name} in \"{field}\": the page refuses it ({})", page.source));
        }
    }
    findings
}

fn cipher_management() -> &'static CipherManagement {
    static PAGE: LazyLock<CipherManagement> =
        LazyLock::new(|| tables::toml(include_str!("../../data/cipher_management.toml")));
    &PAGE
}

fn is_refused(name: &str) -> bool {
    static REFUSED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        cipher_management().refused.iter().filter_map(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok()).collect()
    });
    REFUSED.iter().any(|pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::find;

    fn mac(list: &str) -> Variant {
        Variant { mac: Some(list.to_owned()), ..Variant::default() }
    }

    #[test]
    fn every_pattern_of_the_table_compiles() {
        cipher_management().refused.iter().for_each(|pattern| drop(Regex::new(pattern).unwrap()));
    }

    #[test]
    fn fips_mode_takes_out_what_it_forbids_and_nothing_else() {
        let varied = Variant { fips: true, ..Variant::default() }.apply(find("cucm-14").unwrap());
        assert_eq!(varied.algorithms.host_key, Some(split_list("rsa-sha2-256,rsa-sha2-512")));
        assert!(!varied.algorithms.kex.unwrap().contains(&"diffie-hellman-group1-sha1".to_owned()));
        assert!(varied.title.ends_with("FIPS mode") && varied.findings.is_empty());
    }

    #[test]
    fn a_field_of_the_page_replaces_the_default_in_both_directions_and_an_empty_one_does_not() {
        let profile = find("cucm-14").unwrap();
        let varied = mac("hmac-sha1").apply(profile);
        assert_eq!(
            (&varied.algorithms.mac_c2s, &varied.algorithms.mac_s2c),
            (&Some(split_list("hmac-sha1")), &Some(split_list("hmac-sha1")))
        );
        assert_eq!(&mac(" ").apply(profile), profile);
    }

    #[test]
    fn ciscos_traps_are_findings_unless_the_release_proposes_the_name_itself() {
        let finding = |variant: Variant, id| variant.apply(find(id).unwrap()).findings;
        assert!(finding(mac("hmac-sha2-256,hmac-sha2-512"), "cucm-12.5")[0].contains("DRS and CDR"));
        assert!(finding(mac("hmac-sha2-512"), "cucm-15").is_empty());
        let kex = |list: &str| Variant { kex: Some(list.to_owned()), ..Variant::default() };
        assert_eq!(finding(kex("ecdh-sha2-nistp256"), "cucm-14").len(), 1);
        assert!(finding(kex("ecdh-sha2-nistp256,ecdh-sha2-nistp384"), "cucm-14").is_empty());
    }

    #[test]
    fn what_the_page_refuses_is_told() {
        let refused = mac("hmac-sha1-etm@openssh.com");
        assert!(refused.apply(find("cucm-14").unwrap()).findings[0].contains("refuses"));
        assert_eq!(refused.unknown_name(), None);
    }

    #[test]
    fn a_name_that_nobody_knows_is_told_with_the_one_that_was_meant() {
        let unknown = mac("hmac-sha1, hmac-sha2-265").unknown_name().unwrap();
        assert_eq!(unknown.name, "hmac-sha2-265");
        assert_eq!(unknown.to_string(), "no MAC of this name is known, did you mean hmac-sha2-256?");
    }
}
