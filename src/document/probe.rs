//! The answer of `probe`: `cdrdiag/probe/v1`. Also the form in which one server's answer is saved and read again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::obstacle::Obstacle;
use super::remedy::Remedy;
use super::{Document, Verdict};
use crate::model::offer::{Category, Offer};
use crate::model::profile::Profile;
use crate::model::stage::Stage;

/// What servers offer, and whether CUCM's client gets in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// The profiles by which the servers were judged.
    pub profiles: Vec<ProfileRef>,
    /// One entry a target, in the order given.
    pub targets: Vec<Target>,
    /// What was odd and may matter to the reader.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Document for Probe {
    const NAME: &'static str = "probe";

    fn verdict(&self) -> Verdict {
        if self.targets.iter().all(Target::is_fine) { Verdict::Ok } else { Verdict::Problem }
    }
}

/// A profile that was used, with its sources, so that no verdict rests on an unnamed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileRef {
    /// `cucm-14`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where its lists are printed.
    pub source: Vec<String>,
}

impl From<&Profile> for ProfileRef {
    fn from(profile: &Profile) -> Self {
        Self { id: profile.id.clone(), title: profile.title.clone(), source: profile.source.clone() }
    }
}

/// One server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The target as the user named it.
    pub target: String,
    /// Host name or address.
    pub host: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
    /// The address that answered.
    pub address: Option<String>,
    /// The judgement as a whole: what a script takes.
    pub outcome: Outcome,
    /// Why there is no offer, in one line.
    pub error: Option<TargetError>,
    /// The server's identification string (RFC 4253, section 4.2).
    pub identification: Option<Identification>,
    /// The server's KEXINIT.
    pub offer: Option<Offer>,
    /// The host keys that were seen, by handshakes or in the saved answer.
    #[serde(default)]
    pub host_keys: Vec<HostKey>,
    /// One entry a profile.
    pub clients: Vec<Client>,
    /// The least change that lets in all of them that are refused: their remedies taken together.
    #[serde(default)]
    pub remedy: Vec<Remedy>,
    /// Algorithms in the offer that RFC 9142 and OpenSSH call weak.
    pub weak: Vec<Weak>,
    /// How long each step took.
    pub timing_ms: Timing,
}

impl Target {
    /// The server as its administrator knows it: by its address, whatever the user called it. A saved answer is a file,
    /// and a file is no server.
    pub fn name(&self) -> String {
        let Some(host) = self.host.as_deref().or(self.address.as_deref()) else { return self.target.clone() };
        match self.port {
            _ if self.target.starts_with(host) => self.target.clone(),
            None | Some(22) => host.to_owned(),
            Some(port) if host.contains(':') => format!("[{host}]:{port}"),
            Some(port) => format!("{host}:{port}"),
        }
    }
}

/// What a target comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The `verdict` of every profile asked for is that it gets in.
    Accepts,
    /// At least one profile does not: by its lists, by a handshake that failed or proved nothing, or for want of a login by
    /// password.
    Refuses,
    /// No TCP connection: unknown host, refused, timed out, no route.
    Unreachable,
    /// Something answered that is not SSH 2.
    NotSsh,
    /// It began as SSH and then went wrong, or did not begin at all.
    #[default]
    Error,
}

impl Outcome {
    /// Its name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepts => "accepts",
            Self::Refuses => "refuses",
            Self::Unreachable => "unreachable",
            Self::NotSsh => "not_ssh",
            Self::Error => "error",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Accepts => "accepts",
            Self::Refuses => "refuses",
            Self::Unreachable => "unreachable",
            Self::NotSsh => "not SSH",
            Self::Error => "error",
        }
    }

    /// What a server did that gave no offer; `None` where it gave one.
    pub fn without_offer(self) -> Option<&'static str> {
        match self {
            Self::Accepts | Self::Refuses => None,
            Self::Unreachable => Some("is unreachable"),
            Self::NotSsh => Some("is not an SSH 2 server"),
            Self::Error => Some("gave no usable answer"),
        }
    }
}

/// Why a target gave no offer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetError {
    /// Which kind: `unknown_host`, `refused`, `timed_out`, `closed`, `garbled` …
    pub kind: String,
    /// One line for people, with what was seen.
    pub message: String,
    /// What to check or change, as `deliver` says it of the same trouble; `null` where nothing is known.
    #[serde(default)]
    pub remedy: Option<String>,
}

/// A server's identification string, as sent and as parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identification {
    /// As sent, without its line end. Empty, and `null` in JSON, where a saved answer tells only what it means.
    #[serde(with = "empty_as_null")]
    #[schemars(with = "Option<String>")]
    pub raw: String,
    /// `2.0`, or `1.99` of a server that speaks both.
    pub protocol: Option<String>,
    /// The software's name: `OpenSSH`.
    pub software: Option<String>,
    /// Its version: `9.2p1`.
    pub version: Option<String>,
    /// What follows the first blank: `Debian-2+deb12u7`.
    pub comments: Option<String>,
    /// Lines that the server sent before it.
    #[serde(default)]
    pub preceding_lines: Vec<String>,
}

impl Identification {
    /// Software and version for people, as far as they are told: `OpenSSH 9.2p1`.
    pub fn product(&self) -> Option<String> {
        let software = self.software.as_deref()?;
        Some(self.version.as_ref().map_or_else(|| software.to_owned(), |version| format!("{software} {version}")))
    }
}

/// Whether one client gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It gets in.
    Accepts,
    /// It does not.
    Refuses,
}

/// One profile's verdict on one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// The profile's id.
    pub profile: String,
    /// Whether its lists let it in. A script takes `verdict`.
    pub result: Access,
    /// Whether it gets in by all that is known: its lists, a real handshake where one was made, and the server's
    /// login methods where it named them. `refuses`, too, where `handshake.unproven` says that nothing is proven.
    pub verdict: Access,
    /// Where it is refused: `key_exchange` (also where no algorithm is common), `host_key`; `null` where it gets in.
    pub stage: Option<Stage>,
    /// What is agreed in each category.
    pub agreed: BTreeMap<Category, String>,
    /// Categories without a common algorithm.
    pub missing: Vec<Category>,
    /// Categories in which one side's list is not known, so that nothing can be said.
    #[serde(default)]
    pub unknown: Vec<Category>,
    /// What keeps it out by the lists and by its own habits; empty where they let it in.
    #[serde(default)]
    pub obstacles: Vec<Obstacle>,
    /// What the lists alone do not show, in words, each with its source.
    #[serde(default)]
    pub findings: Vec<String>,
    /// What a real libssh2, limited to the profile's algorithms, met; `null` where it was not tried.
    pub handshake: Option<Handshake>,
    /// How the handshake contradicts what the lists predict; `null` where it does not.
    #[serde(default)]
    pub disagreement: Option<String>,
    /// The least change that lets it in.
    pub remedy: Vec<Remedy>,
}

/// A real handshake by libssh2.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Handshake {
    /// Whether it was tried.
    pub performed: bool,
    /// Whether it came to a session; `null` where that is not known.
    pub result: Option<Access>,
    /// Why it proves nothing about this client; `null` where it does.
    #[serde(default)]
    pub unproven: Option<Unproven>,
    /// What was agreed in each category.
    pub agreed: BTreeMap<Category, String>,
    /// The server's host key.
    pub host_key: Option<HostKey>,
    /// The authentication methods that the server names.
    pub auth_methods: Vec<String>,
    /// Why it failed, or why it was not tried.
    pub error: Option<String>,
    /// Milliseconds.
    pub ms: Option<f64>,
    /// Where it failed though the lists agree: further handshakes, each with one algorithm exchanged.
    #[serde(default)]
    pub experiments: Vec<Experiment>,
    /// The algorithm that breaks it, where an experiment showed it.
    #[serde(default)]
    pub broken: Option<Broken>,
}

/// Why a handshake proves neither that a client gets in nor that it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unproven {
    /// The connection ended before the server had sent its KEXINIT, twice: no algorithm was at stake.
    TurnedAway,
    /// Time ran out before the handshake ended.
    TimedOut,
}

impl Unproven {
    /// What to check.
    pub fn advice(self) -> &'static str {
        match self {
            Self::TurnedAway => {
                "check connection limits (MaxStartups, PerSourceMaxStartups), firewalls and fail2ban, then probe again"
            }
            Self::TimedOut => {
                "check the MTU and the firewalls on the way; if the server is just slow, give it a longer --timeout"
            }
        }
    }
}

/// A handshake by what was agreed, but for one algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Experiment {
    /// Where the algorithm was exchanged; for ciphers and MACs, in both directions.
    pub category: Category,
    /// The algorithm that was used instead.
    pub algorithm: String,
    /// Whether it came to a session.
    pub result: Access,
    /// Why it failed.
    pub error: Option<String>,
}

/// An algorithm that the server offers and fails with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// Its category.
    pub category: Category,
    /// The algorithm.
    pub algorithm: String,
    /// The algorithm in its place with which a handshake succeeds.
    pub works_with: String,
}

/// A host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostKey {
    /// The key's type: `ssh-rsa`, `ecdsa-sha2-nistp256`.
    pub algorithm: String,
    /// Its size.
    pub bits: Option<u32>,
    /// Its fingerprint as OpenSSH writes it: `SHA256:…`.
    pub sha256: Option<String>,
}

/// A weak algorithm in an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Weak {
    /// Where it stands.
    pub category: Category,
    /// Its name.
    pub algorithm: String,
    /// Why it is weak, with the source.
    pub reason: String,
}

/// Milliseconds of each step; `null` for a step that was not reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// The TCP connection.
    pub connect: Option<f64>,
    /// Until the identification string was read.
    pub identification: Option<f64>,
    /// Until KEXINIT was read.
    pub kexinit: Option<f64>,
    /// The target as a whole.
    pub total: Option<f64>,
}

/// A text that is unknown when it is empty.
mod empty_as_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        (!text.is_empty()).then_some(text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Option::deserialize(deserializer).map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identification_string_that_is_not_known_is_null() {
        let json = serde_json::to_value(Identification::default()).unwrap();
        assert!(json["raw"].is_null());
        assert_eq!(serde_json::from_value::<Identification>(json).unwrap(), Identification::default());
    }
}
