//! A profile: what a client proposes, with its sources, and how it behaves beyond its lists. The built-in ones
//! are data files beside this one.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::offer::Offer;
use super::profile_file::{self, Lists, ProfileFormat};

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
    /// What the variants that were applied bring with them (see [`super::variants`]). Not part of a file.
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
    /// Whether no source prints this key's list (`host_key`).
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

const FILES: [&str; 6] = [
    include_str!("profiles/cucm-12.5.toml"),
    include_str!("profiles/cucm-14.toml"),
    include_str!("profiles/cucm-15.toml"),
    include_str!("profiles/jsch-0.1.44.toml"),
    include_str!("profiles/jsch-0.1.54.toml"),
    include_str!("profiles/jsch-0.1.55.toml"),
];

/// The built-in profiles: CUCM's releases in their order, then JSch's versions.
pub fn builtin() -> &'static [Profile] {
    static BUILTIN: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        // A test reads every file, so none is lost here.
        FILES.iter().filter_map(|text| profile_file::parse(text, ProfileFormat::Toml).ok()).collect()
    });
    &BUILTIN
}

/// The built-in profile of this name.
pub fn find(id: &str) -> Option<&'static Profile> {
    builtin().iter().find(|profile| profile.id == id)
}

/// What is judged when nobody asks for a profile by name: every built-in CUCM release.
pub fn default_set() -> Vec<Profile> {
    builtin().iter().filter(|profile| profile.id.starts_with("cucm-")).cloned().collect()
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
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

mod lists {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Lists, Offer};

    pub(super) fn serialize<S: Serializer>(offer: &Offer, serializer: S) -> Result<S::Ok, S::Error> {
        Lists::from(offer.clone()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Offer, D::Error> {
        Offer::try_from(Lists::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::offer::Category;

    #[test]
    fn every_file_is_a_profile_and_names_its_source() {
        for text in FILES {
            let profile = profile_file::parse(text, ProfileFormat::Toml).unwrap();
            assert!(!profile.source.is_empty() && !profile.title.is_empty() && !profile.releases.is_empty());
            for category in Category::NEGOTIATED {
                assert!(
                    profile.algorithms.get(category).is_some_and(|list| !list.is_empty()),
                    "{} {category}",
                    profile.id
                );
            }
            assert_eq!(profile.algorithms.compression_c2s, Some(vec!["none".to_owned()]));
        }
        assert_eq!(builtin().len(), FILES.len());
    }

    #[test]
    fn nobody_asking_means_every_cucm_release() {
        let ids: Vec<_> = default_set().into_iter().map(|profile| profile.id).collect();
        assert_eq!(ids, ["cucm-12.5", "cucm-14", "cucm-15"]);
    }

    #[test]
    fn clients_are_named_shortly() {
        assert_eq!(client_names(["cucm-12.5", "cucm-14", "cucm-15"]), "CUCM 12.5, 14 and 15");
        assert_eq!(client_names(["jsch-0.1.54", "cucm-14"]), "jsch-0.1.54 and CUCM 14");
        assert_eq!((client_names(["mine"]), client_names([])), ("mine".to_owned(), String::new()));
    }

    #[test]
    fn what_no_source_prints_is_marked_and_explained() {
        let profile = find("cucm-12.5").unwrap();
        assert!(profile.assumes("host_key") && !find("cucm-14").unwrap().assumes("host_key"));
        assert!(profile.notes.iter().any(|note| note.contains("no host key list")));
    }

    #[test]
    fn java_7_asks_for_1024_bits_where_java_8_asks_for_2048() {
        let requests = find("cucm-12.5").unwrap().group_exchanges();
        let max: Vec<_> = requests.iter().map(|(sizes, _)| sizes.max).collect();
        assert_eq!(max, [1024, 2048]);
        assert_eq!(find("jsch-0.1.44").unwrap().group_exchanges()[0].0.max, 1024);
    }
}
