//! The answer of `parse-log`: `cdrdiag/parse-log/v1`.

use chrono::{DateTime, NaiveDateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarms::RaisedAlarms;
use super::evidence::Evidence;
use super::node::{NodeProblem, NodeState};
use super::{Document, Verdict, local_time};
use crate::model::delivery_file::Kind;
use crate::model::offer::{Category, Offer};
use crate::model::stage::Stage;
use crate::words::{clock, many};

/// What traces tell about deliveries.
///
/// Times of the trace are the node's local time, without a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParseLog {
    /// What was read, in the order of the records' time.
    pub inputs: Vec<Input>,
    /// The billing servers that the traces speak of; failing ones first.
    pub destinations: Vec<Destination>,
    /// Alarms of CUCM's CDR services that syslog lines, RTMT's alerts or mails among the inputs tell of.
    #[serde(default)]
    pub alarms: Vec<RaisedAlarms>,
    /// What CUCM nodes say of themselves, where session logs, outputs of their command line or collected folders were
    /// among the inputs.
    #[serde(default)]
    pub nodes: Vec<NodeState>,
    /// The node's time zone in the IANA database, by which ages are reckoned: as `--timezone`, the node itself or the
    /// configuration says; `null` where nothing does, and the times are taken for UTC.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Both sides' algorithm lists, where the trace itself holds them (the last ones seen).
    pub negotiation: Option<Negotiation>,
    /// Inputs that could not be read, or not to their end, and why: what they hold is missing from this answer. Each
    /// is among the warnings, too.
    #[serde(default)]
    pub unread: Vec<String>,
    /// Failed deliveries in what was read and outside the part asked for: before or after the time, of other
    /// causes, to other destinations. They are counted nowhere else.
    #[serde(default)]
    pub failures_left_out: u64,
    /// What was odd about the inputs and may matter to the reader.
    pub warnings: Vec<String>,
}

/// Something that is wrong by the traces, or that may be: the one source of verdict, exit code and `JUnit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Problem<'a> {
    /// Deliveries to it, or connections, failed.
    Deliveries(&'a Destination),
    /// CUCM raised these, as syslog lines, RTMT's alerts or mails tell.
    Alarms(&'a RaisedAlarms),
    /// A node says so itself.
    Node(&'a NodeState, NodeProblem<'a>),
    /// An input was not read, or not to its end, for this reason.
    Unread(&'a str),
}

impl ParseLog {
    /// All that is wrong.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let failed = self.destinations.iter().filter(|destination| destination.status != Status::Healthy);
        let unread = self.unread.iter().map(|why| Problem::Unread(why));
        let alarms = self.alarms.iter().map(Problem::Alarms);
        let nodes =
            self.nodes.iter().flat_map(|node| node.problems().into_iter().map(move |it| Problem::Node(node, it)));
        failed.map(Problem::Deliveries).chain(alarms).chain(nodes).chain(unread).collect()
    }

    /// What a narrow question must not hide; `None` where nothing failed outside of it.
    pub fn left_out(&self) -> Option<String> {
        let count = self.failures_left_out;
        (count > 0).then(|| format!("outside the part asked for: {}", many(count, "failure", "failures")))
    }
}

impl Document for ParseLog {
    const NAME: &'static str = "parse-log";

    /// A problem when deliveries failed, or when an input was not read: what failed may stand there.
    fn verdict(&self) -> Verdict {
        if self.problems().is_empty() { Verdict::Ok } else { Verdict::Problem }
    }
}

/// One input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The path as given or found; inside an archive `archive.zip!/name`; `-` is standard input.
    pub path: String,
    /// Bytes of trace, unpacked.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// log4j records that begin in this input.
    pub records: u64,
    /// Lines that carry nothing of a record: blank ones, the CLI's pager and prompts, fragments, NULs.
    pub skipped_lines: u64,
    /// The first record's time.
    pub first: Option<NaiveDateTime>,
    /// The last record's time.
    pub last: Option<NaiveDateTime>,
}

/// How a destination does at the end of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The last thing that happened is a failure.
    Failing,
    /// Deliveries failed and then succeeded.
    Recovered,
    /// Nothing failed.
    Healthy,
}

/// One billing server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// The host as the trace names it. `null` where it does not show: of a sender, or of connections that failed.
    pub host: Option<String>,
    /// `CDRSender`'s number, where the trace tells it.
    pub destination: Option<u32>,
    /// How it does at the end of the trace.
    pub status: Status,
    /// Files delivered.
    pub deliveries: u64,
    /// `SFTP/FTP failed: FILE to HOST` records, each counted once.
    pub delivery_failures: u64,
    /// Connections that could not be made.
    pub connection_failures: u64,
    /// Distinct files that failed and were not delivered later.
    pub files_waiting: u64,
    /// The first failure of a delivery or a connection.
    pub first_failure: Option<NaiveDateTime>,
    /// The last failure of a delivery or a connection.
    pub last_failure: Option<NaiveDateTime>,
    /// The last file delivered.
    pub last_delivery: Option<NaiveDateTime>,
    /// Why deliveries failed, the most frequent first. The counts add up to `delivery_failures`.
    pub causes: Vec<CauseCount>,
    /// Why connections failed, the most frequent first. The counts add up to `connection_failures`.
    #[serde(default)]
    pub connection_causes: Vec<CauseCount>,
    /// Times without delivery: from the first failure to the next success. Of more than 2,000 the first 1,000 and the last.
    pub outages: Vec<Outage>,
    /// How many outages there are between those listed.
    #[serde(default)]
    pub outages_left_out: u64,
    /// Alarms that CUCM raised.
    pub alarms: Vec<Alarm>,
    /// Files that wait, the oldest first, at most as many as asked for.
    pub files: Vec<WaitingFile>,
    /// How the pauses between attempts compare with CUCM's documented back-off.
    pub retries: Option<Retries>,
    /// How long the oldest waiting file has been waiting at the end of the trace.
    pub oldest_waiting: Option<Age>,
    /// The same over time, in at most 240 buckets.
    #[serde(default)]
    pub timeline: Timeline,
}

/// What happened over time. The counts of all buckets add up to the destination's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// How many seconds a bucket spans.
    pub bucket_s: u64,
    /// In the order of time; those in which nothing happened are left out.
    pub buckets: Vec<Bucket>,
}

/// What happened in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// When it begins.
    pub from: NaiveDateTime,
    /// Files delivered.
    pub deliveries: u64,
    /// Failed deliveries by cause.
    pub failures: Vec<CauseShare>,
    /// Connections that could not be made.
    pub connection_failures: u64,
    /// Files that wait at its end.
    pub files_waiting: u64,
}

/// Failed deliveries of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CauseShare {
    /// The cause's name in cdrdiag's table, or `unknown`.
    pub cause: String,
    /// Failed deliveries.
    pub count: u64,
}

/// One cause of failed deliveries or connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CauseCount {
    /// The cause's name in cdrdiag's table, or `unknown`.
    pub cause: String,
    /// At which stage of a delivery it strikes; `null` where the cause is unknown.
    pub stage: Option<Stage>,
    /// Failed deliveries or connections.
    pub count: u64,
    /// The first of them; `null` where the line was pasted without its time.
    pub first: Option<NaiveDateTime>,
    /// The last of them; `null` where the line was pasted without its time.
    pub last: Option<NaiveDateTime>,
    /// The error message as the trace has it; `null` where none was written.
    pub message: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// The line that says so.
    pub evidence: Evidence,
}

/// A time without delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outage {
    /// The first failure.
    #[serde(serialize_with = "local_time::serialize")]
    pub from: NaiveDateTime,
    /// The next success; `null` while it lasts.
    #[serde(serialize_with = "local_time::serialize_option")]
    pub to: Option<NaiveDateTime>,
    /// Failed deliveries in it.
    pub failures: u64,
    /// Whether it may have begun earlier: what was read begins inside it, so `from` is the first failure known.
    #[serde(default)]
    pub begins_before_trace: bool,
    /// How many failures CUCM counts before the first that was read; `null` where nothing tells, or none is missing.
    #[serde(default)]
    pub failures_before_trace: Option<u64>,
}

impl Outage {
    /// When it began, as far as is known, to follow `since` or `from`: `at least` where it may have begun earlier.
    pub fn began(&self, word: &str) -> String {
        let least = if self.begins_before_trace { " at least" } else { "" };
        format!("{word}{least} {}", clock(self.from))
    }

    /// Where the trace begins inside it: that it does, and how many failures came before.
    pub fn beginning(&self) -> Option<String> {
        let counted = self
            .failures_before_trace
            .map(|count| format!("; CUCM counts {} before it begins", many(count, "failure", "failures")));
        let text = || format!("the trace begins during this outage{}", counted.unwrap_or_default());
        self.begins_before_trace.then(text)
    }
}

impl Destination {
    /// A destination as people call it.
    pub fn name(&self) -> String {
        match (&self.host, self.destination) {
            (Some(host), Some(number)) => format!("{host} (destination {number})"),
            (Some(host), None) => host.clone(),
            (None, Some(number)) => format!("destination {number} (its host is not in the trace)"),
            (None, None) => "an unnamed billing server".to_owned(),
        }
    }

    /// Why nothing is known to do about a cause that is in no table.
    pub fn without_remedy(&self, cause: &CauseCount) -> &'static str {
        let cut = |outage: &Outage| outage.begins_before_trace && cause.first == Some(outage.from) && cause.count == 1;
        match (&cause.message, self.outages.first().is_some_and(cut)) {
            (Some(_), _) => "not known: cdrdiag does not know this message; search for it, or ask Cisco TAC",
            (None, true) => "not known: the trace begins after the error was logged",
            (None, false) => {
                "not in what was read: CUCM logs the reason in the record before, of class sftpapi.SFTPConnection; \
                 search the traces for \"SFTP connection\", or give the whole trace"
            }
        }
    }

    /// Where to find the host of failed connections that do not show it.
    pub fn without_host(&self) -> Option<&'static str> {
        (self.host.is_none() && self.connection_failures > 0).then_some(
            "not in what was read: CUCM logs it in the record after the error, of class sftpapi.ftpClient; search the \
             traces for \"Failed connect to\", or give the whole trace",
        )
    }

    /// Why it fails: the causes of failed deliveries or, where no file failed in what was read, of failed connections.
    pub fn failures(&self) -> Failures<'_> {
        if self.delivery_failures == 0 {
            return Failures {
                causes: &self.connection_causes,
                of: many(self.connection_failures, "failed connection", "failed connections"),
            };
        }
        Failures { causes: &self.causes, of: many(self.delivery_failures, "failed delivery", "failed deliveries") }
    }
}

/// The failures that show why a destination fails.
#[derive(Debug, Clone)]
pub struct Failures<'a> {
    /// Their causes, the most frequent first.
    pub causes: &'a [CauseCount],
    /// How many of what there are: `2 failed connections`.
    pub of: String,
}

/// An alarm of CUCM's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Its name in the catalogue `CDRRepAlarmCatalog`.
    pub name: String,
    /// How often it was raised.
    pub count: u64,
    /// First time.
    pub first: NaiveDateTime,
    /// Last time.
    pub last: NaiveDateTime,
}

/// A file that waits for delivery, read from its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingFile {
    /// Its name.
    pub name: String,
    /// `cdr` or `cmr`; `null` where the name is of another form.
    pub kind: Option<Kind>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The node's number as written.
    pub node: Option<String>,
    /// When it was made (minutes).
    pub created_utc: Option<DateTime<Utc>>,
    /// Its sequence number.
    pub sequence: Option<u64>,
    /// Failed attempts.
    pub attempts: u64,
}

/// The pauses between failed attempts beside CUCM's documented back-off: 6 s, doubled up to 120 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retries {
    /// Pauses between two failures of the same outage.
    pub count: u64,
    /// The longest pause.
    pub longest_s: f64,
    /// Pauses longer than the documented 120 s and a connection's time-out allow: nothing was tried, or nothing
    /// was traced.
    pub overlong: u64,
}

/// An age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Age {
    /// Seconds.
    pub age_s: f64,
    /// Whether the node's time zone is only guessed to be UTC, as no `--timezone` was given.
    pub approximate: bool,
}

/// Both sides' lists of one negotiation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Negotiation {
    /// What CUCM's client proposed.
    pub client: Offer,
    /// What the server offered.
    pub server: Offer,
    /// The category that failed, where the message names it.
    pub failed_category: Option<Category>,
    /// Where the trace holds it.
    pub evidence: Evidence,
}
