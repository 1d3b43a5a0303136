//! The answers of `profile list` and `profile show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Document, Verdict};
use crate::model::profile::Profile;

/// The built-in profiles: `cdrdiag/profile-list/v1`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileList {
    /// All of them.
    pub profiles: Vec<Profile>,
    /// The ids of those that are judged by when none is asked for.
    pub default: Vec<String>,
}

impl Document for ProfileList {
    const NAME: &'static str = "profile-list";

    fn verdict(&self) -> Verdict {
        Verdict::Ok
    }
}

/// One profile, as a node with the given settings has it: `cdrdiag/profile-show/v1`. Saved, it is read as a
/// profile file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileShow {
    /// The profile, with the keys of a profile file.
    pub profile: Profile,
    /// What the given settings break, by Cisco's documents.
    pub findings: Vec<String>,
}

impl Document for ProfileShow {
    const NAME: &'static str = "profile-show";

    fn verdict(&self) -> Verdict {
        if self.findings.is_empty() { Verdict::Ok } else { Verdict::Problem }
    }
}
