//! Alarms of CUCM's CDR services, as syslog lines, RTMT's alerts or mails tell of them.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use crate::words::clock;

/// Alarms about one thing, as syslog lines, RTMT's alerts or mails tell of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RaisedAlarms {
    /// What they are about.
    pub concern: Concern,
    /// The billing server that files do not reach.
    pub billing_server: Option<String>,
    /// The repository node that a node's files do not reach.
    pub repository_node: Option<String>,
    /// The node whose files stay on it.
    pub agent_node: Option<String>,
    /// The node that raised them.
    pub node: Option<String>,
    /// How many.
    pub count: u64,
    /// The first one's time, on the clock of `zone`.
    pub first: Option<NaiveDateTime>,
    /// The last one's time.
    pub last: Option<NaiveDateTime>,
    /// The time zone as the text has it: `UTC`, `EDT`.
    pub zone: Option<String>,
    /// How many of each name.
    pub names: Vec<AlarmCount>,
    /// How many in each month.
    pub months: Vec<AlarmMonth>,
    /// Where the first one stands.
    pub evidence: Evidence,
}

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Files do not reach a billing server.
    Delivery,
    /// Files do not reach the repository: a node's CDR Agent cannot send them.
    FirstLeg,
    /// The disk allocation is reached, and undelivered files are deleted.
    DiskAllocation,
    /// The high water mark is reached, and delivered files are deleted.
    HighWaterMark,
}

/// How many alarms have a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmCount {
    /// As the catalogue has it: `CDRFileDeliveryFailed`.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// How many alarms fall in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmMonth {
    /// `2025-03`.
    pub month: String,
    /// How many.
    pub count: u64,
}

impl RaisedAlarms {
    /// What they are about: alarms about the same thing are counted together.
    pub fn subject(&self) -> (Concern, [Option<String>; 5]) {
        let who = [&self.billing_server, &self.repository_node, &self.agent_node, &self.node, &self.zone];
        (self.concern, who.map(Clone::clone))
    }

    /// Adds alarms about the same thing.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        for AlarmCount { name, count } in other.names {
            match self.names.iter_mut().find(|known| known.name == name) {
                Some(known) => known.count += count,
                None => self.names.push(AlarmCount { name, count }),
            }
        }
        for AlarmMonth { month, count } in other.months {
            // The last is the likeliest: a log runs forwards.
            match self.months.iter_mut().rfind(|known| known.month == month) {
                Some(known) => known.count += count,
                None => self.months.push(AlarmMonth { month, count }),
            }
        }
    }

    /// What has happened, in a line.
    pub fn headline(&self) -> String {
        let node = |node: &Option<String>| node.as_deref().unwrap_or("a node that the text does not name").to_owned();
        let on = self.node.as_ref().map(|node| format!(" (alarm of {node})")).unwrap_or_default();
        match self.concern {
            Concern::Delivery => {
                let server = self.billing_server.as_deref().unwrap_or("a server that the text does not name");
                format!("Deliveries to billing server {server} {}{on}", self.how_often())
            }
            Concern::FirstLeg => format!(
                "Not the billing server: node {} cannot send its CDR files to the repository node {}",
                self.agent_node.clone().or_else(|| self.node.clone()).unwrap_or_else(|| node(&None)),
                node(&self.repository_node)
            ),
            Concern::DiskAllocation => {
                format!("The disk allocation for CDR files was exceeded{on}: undelivered files may be gone already")
            }
            Concern::HighWaterMark => {
                format!("The high water mark for CDR files was exceeded{on}: CUCM deletes delivered files")
            }
        }
    }

    /// CUCM raises `CDRFileDeliveryFailed` at the second failure and `CDRFileDeliveryFailureContinues` at each further
    /// one (Call Reporting and Billing Administration Guide 14, "CDR Repository Manager").
    fn how_often(&self) -> String {
        let of = |name: &str| self.names.iter().find(|known| known.name == name).map_or(0, |known| known.count);
        let least = match (of("CDRFileDeliveryFailed"), of("CDRFileDeliveryFailureContinues")) {
            (0, 0) => return "fail".to_owned(),
            (failed, more) => 2 * failed.max(1) + more,
        };
        let first = self.first.map(|first| format!(", the first alarm at {}", self.clock(first))).unwrap_or_default();
        let until = self.last.filter(|last| Some(*last) != self.first);
        let until = until.map(|last| format!(", the last at {}", self.clock(last))).unwrap_or_default();
        format!("failed at least {least} times{first}{until}")
    }

    /// What they are about.
    pub fn title(&self) -> &'static str {
        match self.concern {
            Concern::Delivery => "Alarms about deliveries to a billing server",
            Concern::FirstLeg => "Alarms about the way from a node to the repository",
            Concern::DiskAllocation => "Alarms about the disk allocation",
            Concern::HighWaterMark => "Alarms about the high water mark",
        }
    }

    /// When and how often, as labels with texts.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let names: Vec<_> = self.names.iter().map(|AlarmCount { name, count }| format!("{name} {count}")).collect();
        let months: Vec<_> = self.months.iter().map(|AlarmMonth { month, count }| format!("{month} {count}")).collect();
        let first = self.first.map(|first| ("first", self.clock(first)));
        let last = self.last.filter(|last| Some(*last) != self.first).map(|last| ("last", self.clock(last)));
        let joined = |label, list: Vec<String>| (!list.is_empty()).then(|| (label, list.join(", ")));
        first.into_iter().chain(last).chain(joined("alarms", names)).chain(joined("by month", months)).collect()
    }

    /// A time with its zone.
    pub fn clock(&self, time: NaiveDateTime) -> String {
        format!("{} {}", clock(time), self.zone.as_deref().unwrap_or("(the node's local time)"))
    }

    /// What to do, and what would tell more.
    pub fn advice(&self) -> &'static str {
        match self.concern {
            Concern::Delivery => {
                "An alarm does not say why. Get the CDR Repository Manager's trace of that time (activelog \
                 /cm/trace/cdrrep/log4j/) and give it to cdrdiag, with the billing server as --primary."
            }
            Concern::FirstLeg => {
                "The files pile up on that node and are in no preserve folder yet. Look at the CDR Agent's trace there, \
                 at the network and SSH between the two nodes, and whether the CDR Repository Manager runs."
            }
            Concern::DiskAllocation => {
                "Save the preserve folder now, then make deliveries work; more disk allocation under CDR Management only \
                 buys time."
            }
            Concern::HighWaterMark => {
                "Files that wait are not deleted at this mark, but the disk allocation is near: see what waits with \
                 cdrdiag backlog."
            }
        }
    }
}
