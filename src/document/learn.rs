//! The answer of `profile learn`: `cdrdiag/profile-learn/v1`. What it says of a client, `capture` says, too.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Document, Verdict};
use crate::model::offer::Category;
use crate::model::profile::Profile;

/// What sources tell of clients' proposals.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileLearn {
    /// What was read.
    pub inputs: Vec<Input>,
    /// One entry a client.
    pub clients: Vec<Learned>,
    /// What was odd and may matter to the reader.
    pub warnings: Vec<String>,
}

impl Document for ProfileLearn {
    const NAME: &'static str = "profile-learn";

    /// In order when there is a client, and nothing contradicts itself.
    fn verdict(&self) -> Verdict {
        let is_clear = !self.clients.is_empty() && self.clients.iter().all(|client| client.conflicts.is_empty());
        if is_clear { Verdict::Ok } else { Verdict::Problem }
    }
}

/// A source that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Input {
    /// As the user named it.
    pub path: String,
    /// What it is, by its content: `log`, `packets`, `cdrdiag`.
    pub kind: String,
    /// Lines or packets in it.
    pub entries: u64,
}

/// What is known of one client's proposal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Learned {
    /// Its address; `null` where no source tells it.
    pub client: Option<String>,
    /// Its identification string; `null` where no source tells it.
    pub identification: Option<String>,
    /// The profile, with the keys of a profile file.
    pub profile: Profile,
    /// The categories that no source tells. They stay unknown.
    pub unknown: Vec<Category>,
    /// How it compares with each built-in profile, the most alike first.
    pub likeness: Vec<Likeness>,
    /// Where sources contradict each other.
    pub conflicts: Vec<Conflict>,
    /// The profile as its file holds it.
    pub toml: String,
    /// The file to which it was written.
    pub written: Option<String>,
}

impl Learned {
    /// The software of its identification string, where that is not JSch, which is what CUCM's client is.
    pub fn foreign_software(&self) -> Option<&str> {
        foreign_software(self.identification.as_deref()?)
    }
}

/// The software that an identification string names, where it is not JSch.
pub fn foreign_software(identification: &str) -> Option<&str> {
    let software = identification.splitn(3, '-').nth(2).unwrap_or(identification);
    let is_jsch = software.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("jsch"));
    (!is_jsch).then(|| software.split(' ').next().unwrap_or(software))
}

/// How a proposal compares with a built-in profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Likeness {
    /// The built-in profile's id.
    pub profile: String,
    /// Whether all that can be compared is the same.
    pub equal: bool,
    /// The categories that can be compared.
    pub compared: Vec<Category>,
    /// Those that differ, and how.
    pub differences: Vec<Difference>,
}

/// How a list differs from a built-in profile's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The category.
    pub category: Category,
    /// Names that the built-in profile does not have.
    pub added: Vec<String>,
    /// Names that the built-in profile has besides.
    pub lacking: Vec<String>,
    /// Whether the names that both have come in another order.
    pub reordered: bool,
    /// Whether the built-in profile's list is an assumption.
    pub assumed: bool,
}

/// Two lists of one client for the same category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Conflict {
    /// The category.
    pub category: Category,
    /// The list that was taken: the one seen last.
    pub taken: Vec<String>,
    /// Where it was seen.
    pub taken_from: String,
    /// Another one.
    pub other: Vec<String>,
    /// Where that was seen.
    pub other_from: String,
}
