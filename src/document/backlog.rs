//! The answer of `backlog`: `cdrdiag/backlog/v1`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::first_leg::FirstLeg;
use super::{Document, Verdict};
use crate::model::delivery_file::Kind;

/// What waits in CUCM's preserve folder, and when CUCM starts to delete it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backlog {
    /// What was read.
    pub inputs: Vec<Input>,
    /// One entry for each folder's listing, in the order read.
    pub listings: Vec<Listing>,
    /// All that waits, each file counted once.
    pub totals: Totals,
    /// What waits by the UTC date in the files' names, the oldest first.
    pub dates: Vec<Date>,
    /// What waits by date, kind, cluster and node.
    pub groups: Vec<Group>,
    /// Missing sequence numbers of one kind, cluster and node: delivered, deleted, or not listed.
    pub gaps: Vec<Gap>,
    /// How many of the files wait for which destination, where a destination's own folder was listed.
    pub destinations: Vec<Destination>,
    /// When the files are deleted; `null` where nothing waits or `deadline_needs` says what is missing.
    pub deadline: Option<Deadline>,
    /// What has to be given so that there is a deadline.
    pub deadline_needs: Option<String>,
    /// The commands that save the files meanwhile, the oldest date first.
    pub commands: Vec<Command>,
    /// Date folders that a listing names but nothing lists, each with the command that does.
    pub unlisted_folders: Vec<UnlistedFolder>,
    /// What lies on a node and has not reached the repository, where its `cm/cdr` was listed.
    #[serde(default)]
    pub first_leg: Option<FirstLeg>,
    /// The folder of the CDR Repository Manager's traces, where that was listed.
    pub trace_folder: Option<TraceFolder>,
    /// What was odd and may matter to the reader.
    pub warnings: Vec<String>,
}

impl Document for Backlog {
    const NAME: &'static str = "backlog";

    /// A problem when files wait, or when something that may wait could not be seen.
    fn verdict(&self) -> Verdict {
        if self.problems().is_empty() { Verdict::Ok } else { Verdict::Problem }
    }
}

/// Something that is wrong by the listings, or that may be: the one source of verdict, exit code and `JUnit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem<'a> {
    /// So many files wait.
    FilesWait(u64),
    /// Files lie on a node and have not reached the repository.
    FirstLeg(&'a FirstLeg),
    /// No folder whose files wait was listed.
    NotListed,
    /// CUCM counts so many files that the listing does not show.
    Cut(u64),
    /// Nothing lists this date folder.
    Unlisted(&'a UnlistedFolder),
    /// CUCM did not find this folder, though its files would wait.
    Absent(&'a str),
    /// This input could not be read.
    Unread(&'a str),
}

impl Backlog {
    /// All that is wrong.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let Totals { files, unread_files, .. } = self.totals;
        let waits = (files > 0).then_some(Problem::FilesWait(files));
        let first_leg = self.first_leg.as_ref().filter(|leg| leg.files > 0).map(Problem::FirstLeg);
        let is_other = self.first_leg.is_none() && !self.tells_what_waits();
        let not_listed = is_other.then_some(Problem::NotListed);
        let cut = (unread_files > 0).then_some(Problem::Cut(unread_files));
        let unlisted = self.unlisted_folders.iter().map(Problem::Unlisted);
        let absent = self.absent_folders().into_iter().map(Problem::Absent);
        let unread = self.inputs.iter().filter_map(|input| input.error.as_deref()).map(Problem::Unread);
        waits
            .into_iter()
            .chain(first_leg)
            .chain(not_listed)
            .chain(cut)
            .chain(unlisted)
            .chain(absent)
            .chain(unread)
            .collect()
    }

    /// Whether files wait, or a folder was listed whose files would. Where neither is so, nothing is said of what waits.
    pub fn tells_what_waits(&self) -> bool {
        self.totals.files > 0 || self.listings.iter().any(Listing::tells_what_waits)
    }

    /// Whether CUCM tells of files or folders that nothing lists, or had no folder of the name that it was asked for.
    pub fn hides_something(&self) -> bool {
        let tells = |problem: &Problem<'_>| {
            matches!(problem, Problem::FilesWait(_) | Problem::FirstLeg(_) | Problem::NotListed)
        };
        !self.problems().iter().all(tells)
    }

    /// A folder that CUCM keeps beside those whose files wait, where nothing but such was listed.
    pub fn another_folder(&self) -> Option<&str> {
        if self.tells_what_waits() {
            return None;
        }
        let place = |listing: &Listing| match listing.place.as_str() {
            "trace" => Some("trace"),
            "processed" => Some("processed"),
            "car" => Some("car"),
            _ => None,
        };
        self.listings.iter().find_map(place)
    }

    /// The folders that CUCM did not find, though their files would wait. A date that another listing shows is seen.
    pub fn absent_folders(&self) -> Vec<&str> {
        let shown = |date: Option<NaiveDate>| {
            date.is_some() && self.listings.iter().any(|other| other.date == date && other.tells_what_waits())
        };
        let missed = self.listings.iter().filter(|listing| listing.absent && listing.may_hold_waiting_files());
        missed.filter(|listing| !shown(listing.date)).map(|listing| listing.folder.as_deref().unwrap_or("?")).collect()
    }
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The path as given; `-` is standard input.
    pub path: String,
    /// Lines of a listing; `null` for a folder of files.
    pub lines: Option<u64>,
    /// Lines that nothing was made of.
    pub skipped_lines: u64,
    /// Why it could not be read; `null` where it could.
    pub error: Option<String>,
}

/// One folder's listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// The input that holds it.
    pub path: String,
    /// The folder that was listed, as the command wrote it.
    pub folder: Option<String>,
    /// `preserve`, `destination`, `processed`, `car`, `agent` (a node's `cm/cdr`), `trace`, or `unknown`.
    pub place: String,
    /// The date that the folder names.
    pub date: Option<NaiveDate>,
    /// Files read.
    pub files: u64,
    /// Files by CUCM's own count.
    pub counted_files: Option<u64>,
    /// Whether the two agree; `null` where CUCM's count was not pasted.
    pub complete: Option<bool>,
    /// Whether CUCM said that there is no such folder.
    pub absent: bool,
}

impl Listing {
    /// Whether this folder was listed, and its files wait.
    pub fn tells_what_waits(&self) -> bool {
        !self.absent && self.may_hold_waiting_files()
    }

    fn may_hold_waiting_files(&self) -> bool {
        match self.place.as_str() {
            "preserve" | "destination" => true,
            "unknown" => self.folder.is_none(),
            _ => false,
        }
    }
}

/// All that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// CDR and CMR files.
    pub files: u64,
    /// CDR files.
    pub cdr: u64,
    /// CMR files.
    pub cmr: u64,
    /// Their size in bytes; `null` unless it is known of each.
    pub bytes: Option<u64>,
    /// The oldest file's minute.
    pub first_utc: Option<DateTime<Utc>>,
    /// The newest file's minute.
    pub last_utc: Option<DateTime<Utc>>,
    /// Files listed more than once, beyond the first time.
    pub repeated: u64,
    /// Files whose names are of another form: they are in no other count.
    pub other_files: u64,
    /// Files that CUCM counted and the listing does not show: it is cut. They are in no other count.
    pub unread_files: u64,
}

/// What waits of one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Date {
    /// The UTC date in the names.
    pub date: NaiveDate,
    /// CDR and CMR files.
    pub files: u64,
    /// CDR files.
    pub cdr: u64,
    /// CMR files.
    pub cmr: u64,
    /// Their size in bytes; `null` unless it is known of each.
    pub bytes: Option<u64>,
    /// The day on which CUCM deletes them.
    pub deleted_on: Option<NaiveDate>,
}

/// What waits of one date, kind, cluster and node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The UTC date in the names.
    pub date: NaiveDate,
    /// What the files hold.
    pub kind: Kind,
    /// The cluster.
    pub cluster: String,
    /// The node's number as written.
    pub node: String,
    /// Files.
    pub files: u64,
    /// The first file's minute.
    pub first_utc: DateTime<Utc>,
    /// The last file's minute.
    pub last_utc: DateTime<Utc>,
    /// The first file's sequence number.
    pub first_sequence: u64,
    /// The last file's sequence number.
    pub last_sequence: u64,
    /// Sequence numbers missing between this group's own files.
    pub missing: u64,
    /// Their size in bytes; `null` unless it is known of each.
    pub bytes: Option<u64>,
}

/// Sequence numbers that are missing between two files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What the files hold.
    pub kind: Kind,
    /// The cluster.
    pub cluster: String,
    /// The node's number as written.
    pub node: String,
    /// The last number before the gap.
    pub after: u64,
    /// The first number after it.
    pub before: u64,
    /// How many are missing.
    pub missing: u64,
    /// The minute of the file before the gap.
    pub from_utc: DateTime<Utc>,
    /// The minute of the file after it.
    pub to_utc: DateTime<Utc>,
}

/// What waits for one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// Its number, as its folder and `CDRSender` have it.
    pub destination: u32,
    /// Files.
    pub files: u64,
}

/// When CUCM deletes what waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    /// The configured preservation duration.
    pub preserve_days: u32,
    /// The time at which this was asked.
    pub now: DateTime<Utc>,
    /// The first day (UTC) on which files are deleted.
    pub first_day: NaiveDate,
    /// Days from today until then; 0 or less once it has begun.
    pub days_left: i64,
    /// Files whose day has come: they may be gone already.
    pub overdue_files: u64,
    /// One entry a day on which files are deleted.
    pub days: Vec<Loss>,
    /// By which rule, with its source.
    pub rule: String,
    /// What the rule's source leaves open and is assumed here.
    pub assumptions: Vec<String>,
}

/// What is lost on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// The day, UTC.
    pub day: NaiveDate,
    /// Files deleted on this day.
    pub files: u64,
    /// Files deleted by its end, since the first day.
    pub lost_by_then: u64,
    /// Files that are still there.
    pub left: u64,
}

/// A command for CUCM's command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// The date that it saves.
    pub date: NaiveDate,
    /// Files that it saves.
    pub files: u64,
    /// The command.
    pub command: String,
    /// Whether the folder's name was seen in a listing; else it is written as Cisco documents it.
    pub folder_seen: bool,
}

/// A date folder whose files nobody listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnlistedFolder {
    /// The folder.
    pub folder: String,
    /// The date in its name.
    pub date: NaiveDate,
    /// The command that lists it.
    pub command: String,
}

/// The folder of traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceFolder {
    /// The folder, as the command wrote it.
    pub folder: Option<String>,
    /// The CDR Repository Manager's traces in it.
    pub traces: u64,
    /// The one changed last; `null` where the listing has no times.
    pub newest: Option<Trace>,
    /// The command that gets it, or, where the listing has no times, the one that lists them with times.
    pub command: String,
}

/// A trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Its name.
    pub name: String,
    /// When it was changed, by the node's clock.
    pub modified: NaiveDateTime,
    /// Its size in bytes.
    pub bytes: Option<u64>,
}
