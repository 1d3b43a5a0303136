//! The answer of `compare`: `cdrdiag/compare/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::{Access, ProfileRef, Target};
use super::remedy::Remedy;
use super::{Document, Verdict};
use crate::model::offer::Category;

/// How servers differ, and which difference matters to CUCM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compare {
    /// The profiles by which the servers were judged.
    pub profiles: Vec<ProfileRef>,
    /// The server that the others are compared with.
    pub primary: Target,
    /// The second server beside it.
    #[serde(flatten)]
    pub pair: Pair,
    /// Each further server beside `primary`, in the order given.
    #[serde(default)]
    pub others: Vec<Pair>,
}

impl Compare {
    /// Every pair, the first one first.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        std::iter::once(&self.pair).chain(&self.others)
    }

    /// Every server, the primary first.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.primary).chain(self.pairs().map(|pair| &pair.secondary))
    }
}

impl Document for Compare {
    const NAME: &'static str = "compare";

    fn verdict(&self) -> Verdict {
        if self.targets().all(Target::is_fine) { Verdict::Ok } else { Verdict::Problem }
    }
}

/// A server beside the primary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// The server that is compared.
    pub secondary: Target,
    /// The lists side by side, in KEXINIT's order; those that neither side tells are left out.
    pub categories: Vec<CategoryDifference>,
    /// One entry a profile.
    pub clients: Vec<ClientDifference>,
    /// What both sides tell of themselves besides, and not alike.
    #[serde(default)]
    pub facts: Vec<FactDifference>,
    /// What follows, in words, the most important first.
    pub findings: Vec<String>,
    /// The least change on each side that refuses, taken from the other side's offer where that serves CUCM.
    pub remedy: Vec<Remedy>,
}

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

/// One category's two lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryDifference {
    /// The category.
    pub category: Category,
    /// What both have, in primary's order.
    pub common: Vec<String>,
    /// What primary alone has.
    pub only_primary: Vec<String>,
    /// What secondary alone has.
    pub only_secondary: Vec<String>,
    /// Whether what both have stands in the same order; `null` where a side's list is not known.
    pub same_order: Option<bool>,
    /// The profiles that agree on something else only because the order differs. As the client's order decides
    /// (RFC 4253, section 7.1), there are none unless a list is malformed.
    #[serde(default)]
    pub order_decides_for: Vec<String>,
    /// The sides whose list is not known; then the lists above are empty, and nothing follows from that.
    pub unknown: Vec<Side>,
    /// Each algorithm of either server or of a client: the clients' first, in the order of their proposals.
    #[serde(default)]
    pub algorithms: Vec<Listed>,
}

impl CategoryDifference {
    /// Whether another category's lists are the same.
    pub fn is_alike(&self, other: &Self) -> bool {
        Self { category: other.category, ..self.clone() } == *other
    }
}

/// One algorithm, and in which lists it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its name.
    pub algorithm: String,
    /// Whether primary offers it; `null` where its list is not known.
    pub primary: Option<bool>,
    /// Whether secondary offers it; `null` where its list is not known.
    pub secondary: Option<bool>,
    /// The profiles that propose it.
    pub proposed_by: Vec<String>,
    /// The profiles for which it decides (see `clients[].required`).
    pub decides_for: Vec<String>,
}

/// One client's two verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientDifference {
    /// The profile's id.
    pub profile: String,
    /// Whether it gets into primary; `null` where there is no offer to judge.
    pub primary: Option<Access>,
    /// Whether it gets into secondary; `null` where there is no offer to judge.
    pub secondary: Option<Access>,
    /// The sides whose verdict holds as far as is known only, since one of the lists is not.
    #[serde(default)]
    pub incomplete: Vec<Side>,
    /// The algorithms that decide: what is agreed on either side, and where nothing is, all that the client
    /// proposes.
    pub required: Vec<Required>,
}

/// An algorithm that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Required {
    /// Its category.
    pub category: Category,
    /// Its name.
    pub algorithm: String,
    /// Whether primary offers it; `null` where its list is not known.
    pub primary: Option<bool>,
    /// Whether secondary offers it; `null` where its list is not known.
    pub secondary: Option<bool>,
}

/// Something that both servers tell of themselves, and not alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactDifference {
    /// What it is.
    pub fact: Fact,
    /// Primary's.
    pub primary: String,
    /// Secondary's.
    pub secondary: String,
}

/// What servers tell of themselves besides their lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The software's name.
    Software,
    /// Its version.
    Version,
    /// A host key of a type that both have.
    HostKey,
    /// The login methods.
    AuthMethods,
}

impl Fact {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Version => "version",
            Self::HostKey => "host key",
            Self::AuthMethods => "login by",
        }
    }
}
