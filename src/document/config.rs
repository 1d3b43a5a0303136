//! The answer of `config`: `cdrdiag/config/v1`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Document, Verdict};

/// What is in force where no flag says otherwise, and where that comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Config {
    /// The configuration file in use; `null` where there is none.
    pub file: Option<String>,
    /// Where one was looked for, in this order.
    pub searched: Vec<String>,
    /// The defaults.
    pub defaults: Defaults,
    /// The targets that have a name.
    pub targets: Vec<Named>,
    /// What no command could work with: profiles that there are not, or that are broken.
    #[serde(default)]
    pub problems: Vec<String>,
    /// `[cucm]`: the node that `collect` reads where none is named, as `[USER@]HOST[:PORT]`.
    #[serde(default)]
    pub cucm: Option<String>,
}

impl Document for Config {
    const NAME: &'static str = "config";

    fn verdict(&self) -> Verdict {
        if self.problems.is_empty() { Verdict::Ok } else { Verdict::Problem }
    }
}

/// The defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Defaults {
    /// Profiles by which servers are judged.
    pub profile: InForce<Vec<String>>,
    /// The time for a target as a whole, in seconds.
    pub timeout_s: InForce<f64>,
    /// The port of targets that name none.
    pub port: InForce<u16>,
    /// The node's time zone; `null`: not known, and taken for UTC.
    pub timezone: InForce<Option<String>>,
    /// How many days CUCM preserves its files; `null`: not known.
    pub preserve_days: InForce<Option<u32>>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InForce<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A flag on the command line.
    Flag,
    /// The configuration file.
    File,
    /// cdrdiag itself.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::File => "file",
            Self::BuiltIn => "built in",
        })
    }
}

/// A target with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// TCP port, the default one where the file names none.
    pub port: u16,
    /// The user's note.
    pub note: Option<String>,
}
