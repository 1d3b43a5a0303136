//! Stories for the rules' tests: a trace, servers and waiting files in a few words.

use chrono::NaiveDateTime;

use super::answer::{Parts, document};
use super::clients::Clients;
use crate::algorithms::answer::judge_target;
use crate::algorithms::builtin::default_set;
use crate::backlog::{Question, Source, answer, listing};
use crate::document::diagnose::{Conclusion, Diagnose};
use crate::document::evidence::Evidence;
use crate::document::node::NodeState;
use crate::document::parse_log::{CauseCount, Destination, Input, Negotiation, Outage, ParseLog, Status, WaitingFile};
use crate::document::probe::{Outcome, Target, TargetError};
use crate::model::delivery_file::Kind;
use crate::model::offer::{Category, Offer, split_list};
use crate::model::profile::Profile;
use crate::model::stage::Stage;

/// Every CUCM release gets in.
pub const OPEN: &str = "ecdh-sha2-nistp384,diffie-hellman-group-exchange-sha256";
/// None gets in.
pub const HARDENED: &str = "curve25519-sha256";
/// The releases before 15 get in.
pub const ONLY_14: &str = "diffie-hellman-group14-sha1";

pub fn time(text: &str) -> NaiveDateTime {
    format!("2025-03-{text}").parse().unwrap()
}

/// A server whose key exchanges are these; `host` in any form of a host.
pub fn server(host: &str, kex: &str) -> Target {
    let mut offer = Offer::default();
    let rest = ["rsa-sha2-256", "aes256-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none"];
    for (category, list) in Category::NEGOTIATED.into_iter().zip(std::iter::once(kex).chain(rest)) {
        offer.set(category, split_list(list));
    }
    Target { target: host.into(), host: Some(host.into()), offer: Some(offer), ..Target::default() }
}

/// A server to which no connection came about.
pub fn gone(host: &str) -> Target {
    let error = Some(TargetError { kind: "refused".into(), message: "connection refused".into(), remedy: None });
    Target { target: host.into(), host: Some(host.into()), outcome: Outcome::Unreachable, error, ..Target::default() }
}

/// A healthy destination with this host.
fn destination(host: &str) -> Destination {
    Destination {
        host: Some(host.into()),
        destination: Some(1),
        status: Status::Healthy,
        deliveries: 50,
        delivery_failures: 0,
        connection_failures: 0,
        files_waiting: 0,
        first_failure: None,
        last_failure: None,
        last_delivery: Some(time("08T20:00:00")),
        connection_causes: Vec::new(),
        causes: Vec::new(),
        outages: Vec::new(),
        outages_left_out: 0,
        alarms: Vec::new(),
        files: Vec::new(),
        retries: None,
        oldest_waiting: None,
        timeline: crate::document::parse_log::Timeline::default(),
    }
}

#[derive(Debug)]
pub struct Story {
    pub parts: Parts,
    pub profiles: Vec<Profile>,
    pub preserve_days: Option<u32>,
}

impl Story {
    /// Nothing was given.
    pub fn new() -> Self {
        Self { parts: Parts::default(), profiles: default_set(), preserve_days: None }
    }

    /// Deliveries to this host succeed.
    pub fn healthy(host: &str) -> Self {
        let input = Input {
            path: "a.log".into(),
            bytes: 1,
            lines: 1,
            records: 1,
            skipped_lines: 0,
            first: Some(time("03T00:00:00")),
            last: Some(time("12T00:00:00")),
        };
        let mut story = Self::new();
        let destinations = vec![destination(host)];
        story.parts.parse_log = Some(ParseLog {
            alarms: Vec::new(),
            nodes: Vec::new(),
            inputs: vec![input],
            destinations,
            time_zone: None,
            negotiation: None,
            unread: vec![],
            failures_left_out: 0,
            warnings: vec![],
        });
        story
    }

    /// Deliveries to this host fail for this cause, until the trace ends.
    pub fn failing(host: &str, cause: &str, stage: Option<Stage>) -> Self {
        let mut story = Self::healthy(host);
        let cause = CauseCount {
            cause: cause.into(),
            stage,
            count: 10,
            first: Some(time("09T02:00:00")),
            last: Some(time("12T00:00:00")),
            message: Some("what the library says".into()),
            remedy: Some("what to do".into()),
            evidence: Evidence { path: "a.log".into(), line: 7, text: "the line".into() },
        };
        story.destination(|destination| {
            destination.status = Status::Failing;
            destination.delivery_failures = 10;
            destination.outages = vec![Outage {
                from: time("09T02:00:00"),
                to: None,
                failures: 10,
                begins_before_trace: false,
                failures_before_trace: None,
            }];
            destination.causes = vec![cause];
        });
        story
    }

    /// Algorithms fail to agree with this host.
    pub fn no_agreement(host: &str) -> Self {
        Self::failing(host, "algorithm_negotiation", Some(Stage::KeyExchange))
    }

    /// The same, and then deliveries worked again.
    pub fn recovered(mut self) -> Self {
        self.destination(|destination| {
            destination.status = Status::Recovered;
            destination.outages.iter_mut().for_each(|outage| outage.to = Some(time("10T08:00:00")));
        });
        self
    }

    pub fn destination(&mut self, change: impl FnOnce(&mut Destination)) {
        change(&mut self.parts.parse_log.as_mut().unwrap().destinations[0]);
    }

    /// So many files wait by the trace, the oldest made on the ninth.
    pub fn waiting(mut self, files: u64) -> Self {
        let oldest = WaitingFile {
            name: "cdr_C_01_202503090100_1".into(),
            kind: Some(Kind::Cdr),
            cluster: Some("C".into()),
            node: Some("01".into()),
            created_utc: Some(time("09T01:00:00").and_utc()),
            sequence: Some(1),
            attempts: 10,
        };
        self.destination(|destination| {
            destination.files_waiting = files;
            destination.files = vec![oldest];
        });
        self
    }

    /// The trace holds lists.
    pub fn lists(mut self, client: Offer, server: Offer) -> Self {
        let evidence = Evidence { path: "a.log".into(), line: 3, text: "kex: client".into() };
        let trace = self.parts.parse_log.as_mut().unwrap();
        trace.negotiation = Some(Negotiation { client, server, failed_category: None, evidence });
        self
    }

    pub fn preserve_days(mut self, days: u32) -> Self {
        self.preserve_days = Some(days);
        self
    }

    /// This listing was given.
    pub fn listing(mut self, text: &str) -> Self {
        let source = Source {
            path: "preserve.txt".into(),
            listing: listing::parse(text.as_bytes()),
            is_text: true,
            ..Source::default()
        };
        self.parts.backlog = Some(answer(&[source], self.question()));
        self
    }

    /// A CUCM node says this of itself.
    pub fn node(mut self, node: NodeState) -> Self {
        self.parts.parse_log.as_mut().unwrap().nodes.push(node);
        self
    }

    pub fn primary(mut self, target: Target) -> Self {
        self.parts.primary = Some(target);
        self
    }

    pub fn secondary(mut self, target: Target) -> Self {
        self.parts.secondary = Some(target);
        self
    }

    pub fn other(mut self, target: Target) -> Self {
        self.parts.others.push(target);
        self
    }

    fn question(&self) -> Question {
        Question { preserve_days: self.preserve_days, now: time("12T08:00:00").and_utc() }
    }

    pub fn told(mut self) -> Diagnose {
        let traced = self.parts.parse_log.as_ref().and_then(|trace| trace.negotiation.as_ref());
        let clients = Clients::in_view_of(self.profiles.clone(), traced);
        let Parts { primary, secondary, others, .. } = &mut self.parts;
        for target in primary.iter_mut().chain(secondary).chain(others) {
            if target.clients.is_empty() {
                judge_target(target, &clients.profiles);
            }
        }
        let question = self.question();
        document(self.parts, &clients, question)
    }

    /// The conclusions' ids in their order.
    pub fn ids(self) -> Vec<String> {
        self.told().conclusions.into_iter().map(|conclusion| conclusion.id).collect()
    }

    /// The conclusion with this id; `None` where the rule does not fire.
    pub fn conclusion(self, id: &str) -> Option<Conclusion> {
        self.told().conclusions.into_iter().find(|conclusion| conclusion.id == id)
    }
}
