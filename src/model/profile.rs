//! A profile: what a client proposes, with its sources, and how it behaves beyond its lists.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lists::{self, Lists};
use super::offer::{Category, Offer, Setting};
use crate::words::listed;

/// What a client proposes, and where that is printed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name by which it is asked for: `cucm-14`.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// The releases that it stands for.
    #[serde(default)]
    pub releases: String,
    /// Where the lists are printed, or where they were seen.
    #[serde(default)]
    pub source: Vec<String>,
    /// What else is known, and what is not.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The keys that no source prints for this client: they are an assumption, which a note explains.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// The lists. An unknown one makes its category unknown.
    #[serde(default, with = "lists")]
    #[schemars(with = "Lists")]
    pub algorithms: Offer,
    /// What the lists do not show.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// What the variants that were applied bring with them (FIPS mode, Cipher Management). Not part of a file.
    #[serde(skip)]
    pub findings: Vec<String>,
}

/// What a client does that its lists do not show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// What the platform's FIPS mode takes out of the lists.
    pub fips_removes: Vec<String>,
    /// Host key algorithms that it agrees to and then cannot verify.
    pub unverifiable_host_keys: Vec<String>,
    /// The group sizes for which it asks (RFC 4419, section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_exchange: Option<GroupSizes>,
    /// The Java releases on which it runs. Empty: not known.
    pub java: Vec<Java>,
}

/// Sizes of a Diffie-Hellman group, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSizes {
    /// The smallest that it takes.
    pub min: u32,
    /// The one that it would like.
    pub preferred: u32,
    /// The largest that it takes.
    pub max: u32,
}

impl GroupSizes {
    /// The sizes asked for where Java takes no group above `limit`: JSch asks for no more than that.
    #[must_use]
    pub fn within(self, limit: u32) -> Self {
        Self { min: self.min.min(limit), preferred: self.preferred.min(limit), max: self.max.min(limit) }
    }
}

/// A Java on which a client runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Java {
    /// `1.8`.
    pub version: String,
    /// The client's releases that run on it.
    pub releases: String,
    /// The largest Diffie-Hellman group that it takes, in bits.
    pub dh_limit_bits: u32,
}

impl Profile {
    /// Whether no source prints the list of this category: its own key is marked as assumed, or the key that stands
    /// for both directions.
    pub fn assumes_category(&self, category: Category) -> bool {
        let both = Setting::of(category).map(Setting::name);
        self.assumes(category.name()) || both.is_some_and(|both| self.assumes(both))
    }

    /// Whether this key of its file is marked as assumed: `group_exchange`.
    pub fn assumes(&self, key: &str) -> bool {
        self.assumed.iter().any(|assumed| assumed == key)
    }

    /// The group exchange asked for on each Java, with the releases that run on it; one entry without releases
    /// where the Java is not known, none where the sizes are not known.
    pub fn group_exchanges(&self) -> Vec<(GroupSizes, Option<&str>)> {
        let Some(sizes) = self.behaviour.group_exchange else { return vec![] };
        if self.behaviour.java.is_empty() {
            return vec![(sizes, None)];
        }
        self.behaviour
            .java
            .iter()
            .map(|java| (sizes.within(java.dh_limit_bits), Some(java.releases.as_str())))
            .collect()
    }
}

/// Clients by their profiles' ids, as a sentence names them: `CUCM 12.5, 14 and 15`.
pub fn client_names<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let (mut names, mut after_a_release) = (Vec::new(), false);
    for id in ids {
        let release = id.strip_prefix("cucm-");
        names.push(match release {
            Some(release) if after_a_release => release.to_owned(),
            Some(release) => format!("CUCM {release}"),
            None => id.to_owned(),
        });
        after_a_release = release.is_some();
    }
    listed(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_named_shortly() {
        assert_eq!(client_names(["cucm-12.5", "cucm-14", "cucm-15"]), "CUCM 12.5, 14 and 15");
        assert_eq!(client_names(["jsch-0.1.54", "cucm-14"]), "jsch-0.1.54 and CUCM 14");
        assert_eq!((client_names(["mine"]), client_names([])), ("mine".to_owned(), String::new()));
    }
}
