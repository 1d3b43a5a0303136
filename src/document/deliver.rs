//! The answer of `deliver`: `cdrdiag/deliver/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backfill::Backfill;
use super::probe::{Access, Client, HostKey, Identification, ProfileRef};
use super::{Document, Verdict};
use crate::model::offer::Category;
use crate::model::stage::Stage;

/// How a delivery went, stage by stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deliver {
    /// The target as the user named it.
    pub target: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The address that answered.
    pub address: Option<String>,
    /// The profile to whose algorithms the client was limited.
    pub profile: Option<ProfileRef>,
    /// What the two sides' lists say of each profile, where none was chosen by name; without handshakes.
    pub clients: Vec<Client>,
    /// The account.
    pub user: String,
    /// The directory as the user named it.
    pub directory: String,
    /// The directory as the server sees it, from the root that it shows to this account.
    pub real_directory: Option<String>,
    /// The test file's path.
    pub file: Option<String>,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// Whether the whole file arrived, and all that was written is gone again.
    pub delivered: bool,
    /// Every stage in its order.
    pub stages: Vec<StageReport>,
    /// The first failure; `null` where there is none.
    pub failure: Option<Failure>,
    /// The server's identification string.
    pub identification: Option<Identification>,
    /// What was agreed in each category.
    pub agreed: BTreeMap<Category, String>,
    /// The server's host key.
    pub host_key: Option<HostKey>,
    /// The authentication methods that the server names.
    pub auth_methods: Vec<String>,
    /// The one that was used.
    pub auth_method: Option<String>,
    /// Where the lists show why the key exchange failed: what is missing, and the least change that helps.
    pub refusal: Option<Client>,
    /// The space on the directory's volume; `null` where nobody asked, or the server does not tell.
    pub free_space: Option<FreeSpace>,
    /// Why the space is not known, where somebody asked.
    pub free_space_unknown: Option<String>,
    /// How fast many small files go; `null` where nobody asked.
    pub throughput: Option<Throughput>,
    /// What became of the saved files that were handed in; `null` where none were.
    pub backfill: Option<Backfill>,
    /// Files of this delivery that could not be removed: they are still on the server.
    pub left_behind: Vec<String>,
    /// Whether Ctrl-C ended it.
    pub interrupted: bool,
    /// Milliseconds as a whole.
    pub total_ms: Option<f64>,
    /// What was odd and may matter to the reader.
    pub warnings: Vec<String>,
}

impl Deliver {
    /// The other profiles whose clients the server's lists refuse.
    pub fn others_refused(&self) -> impl Iterator<Item = &Client> {
        let own = self.profile.as_ref().map(|profile| profile.id.as_str());
        let others = self.clients.iter().filter(move |client| Some(client.profile.as_str()) != own);
        others.filter(|client| client.result == Access::Refuses)
    }
}

/// What a login by key leaves open: CUCM's billing server entry has a password and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordLogin {
    /// The server takes passwords, and this one was not tried.
    Untried,
    /// The server takes none, so CUCM does not get in.
    Refused,
}

impl Deliver {
    /// What is left open of CUCM's login; `None` where it was tried, or where files were handed in for CUCM.
    pub fn password_login(&self) -> Option<PasswordLogin> {
        let takes = |method: &String| method == "password" || method == "keyboard-interactive";
        let is_open = self.auth_method.as_deref() == Some("publickey") && self.backfill.is_none();
        let refused = !self.auth_methods.iter().any(takes);
        is_open.then_some(if refused { PasswordLogin::Refused } else { PasswordLogin::Untried })
    }
}

impl Document for Deliver {
    const NAME: &'static str = "deliver";

    fn verdict(&self) -> Verdict {
        let is_whole = self.backfill.as_ref().is_none_or(Backfill::is_whole);
        let lets_in = self.password_login() != Some(PasswordLogin::Refused);
        let is_clean = self.failure.is_none() && self.left_behind.is_empty() && !self.interrupted;
        if self.delivered && is_clean && is_whole && lets_in { Verdict::Ok } else { Verdict::Problem }
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageResult {
    /// As it should.
    Passed,
    /// It did not.
    Failed,
    /// An earlier one failed.
    NotReached,
}

impl StageResult {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAILED",
            Self::NotReached => "-",
        }
    }
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageReport {
    /// Which.
    pub stage: Stage,
    /// How it ended.
    pub result: StageResult,
    /// Milliseconds that it took; `null` where it was not reached.
    pub ms: Option<f64>,
    /// What was seen, in a few words.
    pub detail: Option<String>,
}

/// Why a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Where.
    pub stage: Stage,
    /// The cause's name, as `parse-log` names it; `null` where no table knows it.
    pub cause: Option<String>,
    /// What was seen.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// The space on a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FreeSpace {
    /// The volume's size in bytes.
    pub total_bytes: u64,
    /// Bytes that this account can still fill. A quota may allow less.
    pub available_bytes: u64,
    /// How many more files this account can make; `null` where the file system has no limit.
    pub files_available: Option<u64>,
}

/// How fast small files go, one after the other in one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Throughput {
    /// How many were asked for.
    pub asked: u32,
    /// How many arrived.
    pub files: u32,
    /// Bytes of each.
    pub file_bytes: u64,
    /// Seconds for making, writing and closing all of them; removing them is not counted.
    pub seconds: f64,
    /// Files a second; `null` where none arrived.
    pub files_per_s: Option<f64>,
    /// The slowest file's milliseconds.
    pub slowest_ms: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_that_leaves_something_behind_is_a_problem() {
        let good = Deliver { delivered: true, ..Deliver::default() };
        assert_eq!(good.verdict(), Verdict::Ok);
        let left = Deliver { left_behind: vec!["x".into()], ..good.clone() };
        assert_eq!(left.verdict(), Verdict::Problem);
        assert_eq!(Deliver { interrupted: true, ..good }.verdict(), Verdict::Problem);
        assert_eq!(Deliver::default().verdict(), Verdict::Problem);
    }
}
