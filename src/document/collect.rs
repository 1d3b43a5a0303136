//! The answer of `collect`: `cdrdiag/collect/v1`, which is also `collection.json` in the folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::HostKey;
use super::{Document, Verdict};
use crate::search::Names;
use crate::words::{counted, grouped};

/// What the answer is called in the folder.
pub const FILE_NAME: &str = "collection.json";

/// What every such answer holds near its beginning.
pub const SCHEMA: &str = "\"cdrdiag/collect/v1\"";

/// The service that delivers files to the billing servers. It runs on the publisher (Cisco, Call Reporting and Billing
/// Administration Guide, "CDR Repository Manager").
pub const REPOSITORY_MANAGER: &str = "Cisco CDR Repository Manager";

/// The service that sends a node's files to the repository.
pub const AGENT: &str = "Cisco CDR Agent";

/// What a CUCM node told of itself, and which of its files were read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Collect {
    /// The node.
    pub node: Node,
    /// Its services.
    pub services: Vec<Service>,
    /// Its disks, as `show status` has them.
    #[serde(default)]
    pub disks: Vec<Disk>,
    /// The billing servers in its database.
    pub billing_servers: Vec<BillingServer>,
    /// The traces of the CDR Repository Manager, the newest first.
    pub traces: Vec<Trace>,
    /// The folders that were listed.
    pub listings: Vec<Listing>,
    /// The waiting CDR and CMR files that were read.
    pub waiting: Vec<Waiting>,
    /// Every command that was sent, in its order.
    pub commands: Vec<Sent>,
    /// What the node was asked of itself and did not tell.
    #[serde(default)]
    pub not_determined: Vec<Fact>,
    /// What could not be done, and what was odd.
    pub warnings: Vec<String>,
    /// The folder that holds it all.
    pub out: String,
}

impl Collect {
    /// The CDR Repository Manager, which delivers.
    pub fn repository_manager(&self) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(REPOSITORY_MANAGER))
    }

    /// The services of CDR files that do not run.
    pub fn stopped(&self) -> Vec<&Service> {
        let is_of_cdr =
            |service: &&Service| [REPOSITORY_MANAGER, AGENT].iter().any(|name| service.name.eq_ignore_ascii_case(name));
        let services = self.services.iter().filter(is_of_cdr);
        services.filter(|service| service.state != ServiceState::Started).collect()
    }

    /// Whether all that was asked for is there and whole.
    pub fn is_whole(&self) -> bool {
        // The answer is whole without the pager's setting, and without settings whose table is nowhere described.
        let is_needed = |sent: &&Sent| sent.command != "set cli pagination off" && !sent.command.contains("cdrmconfig");
        let is_there =
            |listing: &Listing| listing.outcome != ListingOutcome::Refused && listing.complete != Some(false);
        self.commands.iter().filter(is_needed).all(|sent| sent.outcome == CommandOutcome::Done)
            && self.not_determined.is_empty()
            && self.listings.iter().all(is_there)
            && self.traces.iter().all(|trace| trace.complete)
            && self.waiting.iter().all(|file| file.complete)
    }

    /// Traces and listings that did not come whole, by their place in the folder or on the node, and why.
    pub fn not_whole(&self) -> Vec<(String, String)> {
        let cut = |trace: &Trace| {
            let of = trace.listed_bytes.map(|listed| format!(" of {}", grouped(listed))).unwrap_or_default();
            let why = format!("collect got {}{of} bytes, and cannot prove that this is all", grouped(trace.bytes));
            trace.path.clone().filter(|_| !trace.complete).map(|path| (path, why))
        };
        let unread: Vec<&Trace> = self.traces.iter().filter(|trace| trace.path.is_none()).collect();
        let unread = unread.first().map(|first| {
            let folder = first.node_path.rsplit_once('/').map_or(first.node_path.as_str(), |(folder, _)| folder);
            let names: Names = unread.iter().map(|trace| &trace.name).collect();
            (folder.to_owned(), format!("{} not read: {names}", counted(unread.len() as u64, "trace")))
        });
        let listings = self.listings.iter().filter_map(|listing| {
            let why = match listing.outcome {
                ListingOutcome::Refused => "CUCM did not list it",
                _ if listing.complete == Some(false) => "CUCM counts other files than it lists",
                _ => return None,
            };
            Some((listing.folder.clone(), why.to_owned()))
        });
        self.traces.iter().filter_map(cut).chain(unread).chain(listings).collect()
    }
}

impl Document for Collect {
    const NAME: &'static str = "collect";

    fn verdict(&self) -> Verdict {
        if self.is_whole() && self.repository_manager().is_some() && self.stopped().is_empty() {
            Verdict::Ok
        } else {
            Verdict::Problem
        }
    }
}

/// What a node is asked of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Its release.
    Release,
    /// Its time zone.
    TimeZone,
    /// Whether FIPS mode is on.
    FipsMode,
    /// Its services.
    Services,
    /// The billing servers in its database, with all that is read of them.
    BillingServers,
}

impl Fact {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Release, Self::TimeZone, Self::FipsMode, Self::Services, Self::BillingServers];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::TimeZone => "time zone",
            Self::FipsMode => "FIPS mode",
            Self::Services => "services",
            Self::BillingServers => "billing servers",
        }
    }
}

/// A node of CUCM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// The node as the user named it.
    pub target: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The address that answered.
    pub address: Option<String>,
    /// The account.
    pub user: String,
    /// The name that the node has for itself.
    pub host_name: Option<String>,
    /// Its release: `14.0.1.12900-161`.
    pub release: Option<String>,
    /// Its time zone in the IANA database: `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// Whether FIPS mode is on; `null` where the node's words leave a doubt.
    pub fips: Option<bool>,
    /// Whether it is the publisher, as its list of services tells.
    #[serde(default)]
    pub publisher: Option<bool>,
    /// "CDR / CMR Files Preservation Duration (Days)" of its CDR Management; `null` where its database does not tell.
    #[serde(default)]
    pub preserve_days: Option<u32>,
    /// The host key of its command line.
    pub host_key: Option<HostKey>,
}

/// A service of the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Its name: `Cisco CDR Repository Manager`.
    pub name: String,
    /// Whether it runs.
    pub state: ServiceState,
    /// The node's word for a state that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// Why it does not: `Service Not Activated`.
    pub reason: Option<String>,
}

/// Whether a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It runs.
    Started,
    /// It does not.
    Stopped,
    /// It is about to.
    Starting,
    /// It is about to end.
    Stopping,
    /// The node has another word for it.
    Unknown,
}

impl ServiceState {
    /// As in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Unknown => "unknown",
        }
    }
}

/// A disk of the node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disk {
    /// `active`, `inactive`, `logging`.
    pub name: String,
    /// Its size.
    pub total_bytes: u64,
    /// What is free.
    pub free_bytes: u64,
    /// What is used.
    pub used_bytes: u64,
    /// The part that is used, as the node has it.
    pub used_percent: Option<u8>,
}

/// A billing server as the node's database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillingServer {
    /// Host name or address.
    pub host: String,
    /// The account.
    pub user: Option<String>,
    /// The directory.
    pub directory: Option<String>,
    /// How files are sent.
    pub protocol: Option<Protocol>,
    /// Whether CUCM sends again what could not be delivered.
    pub resend_on_failure: Option<bool>,
}

/// How files are sent to a billing server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// By SSH.
    Sftp,
    /// In the clear: no SSH is involved.
    Ftp,
}

impl Protocol {
    /// As in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sftp => "sftp",
            Self::Ftp => "ftp",
        }
    }
}

/// A trace that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Its name: `cdrrepmgr00073.log`.
    pub name: String,
    /// Where it is in the folder; `null` where nothing of it came.
    pub path: Option<String>,
    /// Where it is on the node, below `activelog`.
    pub node_path: String,
    /// Its size as listed before it was read.
    pub listed_bytes: Option<u64>,
    /// The bytes that came.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Option<String>,
    /// Whether it is proved that all of it came.
    pub complete: bool,
}

/// A folder that was listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// The folder on the node, below `activelog`.
    pub folder: String,
    /// The text in the folder; `null` where nothing came.
    pub path: Option<String>,
    /// What came of it.
    pub outcome: ListingOutcome,
    /// How many files it lists.
    pub files: u64,
    /// Their bytes together, as far as they are listed.
    pub bytes: u64,
    /// Whether CUCM's own count agrees; `null` where it gives none.
    #[serde(default)]
    pub complete: Option<bool>,
}

/// What came of listing a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListingOutcome {
    /// It holds something.
    Listed,
    /// It holds nothing.
    Empty,
    /// There is no such folder.
    Missing,
    /// The node did not answer the question.
    Refused,
}

/// A waiting CDR or CMR file that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// Its name.
    pub name: String,
    /// Its folder on the node, below `activelog`.
    pub folder: String,
    /// Where it is in the folder; `null` where nothing of it came.
    pub path: Option<String>,
    /// Its size as listed.
    pub listed_bytes: Option<u64>,
    /// The bytes that came.
    pub bytes: u64,
    /// Whether these are the listed ones.
    pub complete: bool,
}

/// A command that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// It, as sent.
    pub command: String,
    /// What came of it.
    pub outcome: CommandOutcome,
    /// Milliseconds.
    pub ms: f64,
}

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutcome {
    /// It was answered.
    Done,
    /// CUCM said that it failed.
    Failed,
    /// CUCM does not let this account do it, or asked something that was answered with no.
    Refused,
    /// The node fell silent.
    TimedOut,
    /// The session ended in the middle, or Ctrl-C ended it.
    Cut,
}

impl CommandOutcome {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Cut => "cut",
        }
    }
}
