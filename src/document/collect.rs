//! The answer of `collect`: `cdrdiag/collect/v1`, which is also `collection.json` in the folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::HostKey;
use super::{Document, Verdict};
use crate::words::grouped;

/// What the answer is called in the folder.
pub const FILE_NAME: &str = "collection.json";

/// What every such answer holds near its beginning.
pub const SCHEMA: &str = "\"cdrdiag/collect/v1\"";

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
    /// What could not be done, and what was odd.
    pub warnings: Vec<String>,
    /// The folder that holds it all.
    pub out: String,
}

impl Collect {
    /// The CDR Repository Manager, which delivers.
    pub fn repository_manager(&self) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case("Cisco CDR Repository Manager"))
    }

    /// Whether all that was asked for is there and whole.
    pub fn is_whole(&self) -> bool {
        // The answer is whole without the pager's setting, and without settings whose table is nowhere described.
        let is_needed = |sent: &&Sent| sent.command != "set cli pagination off" && !sent.command.contains("cdrmconfig");
        let sent = self.commands.iter().filter(is_needed);
        let servers =
            |sent: &Sent| sent.command.starts_with("run sql select") && sent.command.ends_with(" from billingserver");
        let asked = self.commands.iter().any(|sent| servers(sent) && sent.outcome == CommandOutcome::Done);
        sent.into_iter().all(|sent| sent.outcome == CommandOutcome::Done)
            && asked
            && self.node.release.is_some()
            && self.node.time_zone.is_some()
            && self.traces.iter().all(|trace| trace.complete)
            && self.waiting.iter().all(|file| file.complete)
    }

    /// Traces and listings that did not come whole, by their place in the folder or on the node, and why.
    pub fn not_whole(&self) -> Vec<(String, String)> {
        let cut = |path: &Option<String>, on_node: &str, bytes: u64, listed: Option<u64>| {
            let of = listed.map(|listed| format!(" of {}", grouped(listed))).unwrap_or_default();
            let why = format!("collect got {}{of} bytes, and cannot prove that this is all", grouped(bytes));
            (path.clone().unwrap_or_else(|| on_node.to_owned()), why)
        };
        let traces = self.traces.iter().filter(|trace| !trace.complete);
        let traces = traces.map(|trace| cut(&trace.path, &trace.node_path, trace.bytes, trace.listed_bytes));
        let refused = self.listings.iter().filter(|listing| listing.outcome == ListingOutcome::Refused);
        let refused = refused.map(|listing| (listing.folder.clone(), "CUCM did not list it".to_owned()));
        traces.chain(refused).collect()
    }
}

impl Document for Collect {
    const NAME: &'static str = "collect";

    fn verdict(&self) -> Verdict {
        let runs = self.repository_manager().is_some_and(|manager| manager.state == ServiceState::Started);
        if self.is_whole() && runs { Verdict::Ok } else { Verdict::Problem }
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
}

impl ServiceState {
    /// As in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
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
