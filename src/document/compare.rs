//! The answer of `compare`: `cdrdiag/compare/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::{Access, Outcome, ProfileRef, Target};
use super::remedy::Remedy;
use super::{Document, Verdict};
use crate::algorithms::offer::Category;

/// How two servers differ, and which difference matters to CUCM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compare {
    /// The profiles by which the servers were judged.
    pub profiles: Vec<ProfileRef>,
    /// The server that is compared with.
    pub primary: Target,
    /// The server that is compared.
    pub secondary: Target,
    /// The lists side by side, in KEXINIT's order; those that neither side tells are left out.
    pub categories: Vec<CategoryDifference>,
    /// One entry a profile.
    pub clients: Vec<ClientDifference>,
    /// What follows, in words, the most important first.
    pub findings: Vec<String>,
    /// The least change on each side that refuses, taken from the other side's offer where that serves CUCM.
    pub remedy: Vec<Remedy>,
}

impl Document for Compare {
    const NAME: &'static str = "compare";

    fn verdict(&self) -> Verdict {
        let proven = |target: &Target| target.clients.iter().all(|client| client.disagreement.is_none());
        let accepts = |target: &Target| target.outcome == Outcome::Accepts && proven(target);
        if accepts(&self.primary) && accepts(&self.secondary) { Verdict::Ok } else { Verdict::Problem }
    }
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
    /// The sides whose list is not known; then the lists above are empty, and nothing follows from that.
    pub unknown: Vec<Side>,
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
