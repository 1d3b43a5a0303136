//! Files that wait, and the day on which CUCM deletes them.

use super::super::evidence::{conclusion, words};
use super::super::facts::Facts;
use crate::backlog::deletion_day;
use crate::document::backlog::{Backlog, Date, Deadline};
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};
use crate::document::parse_log::{Alarm, Destination, Status, WaitingFile};
use crate::words::{clock, grouped, many};

/// How to see what waits, and how to save it, where no listing shows it.
fn list(facts: &Facts<'_>) -> String {
    let days = if facts.question.preserve_days.is_none() { ", with --preserve-days N" } else { "" };
    format!(
        "what waits: file list activelog /cm/cdr_repository/preserve/ on CUCM's command line, each date's folder after \
         it, as --preserve LISTING{days}"
    )
}

/// What is said before the count of files that a trace names: it tells of those that CUCM tries, not of those that queue
/// behind them.
const AT_LEAST: &str = "At least ";

/// Files wait, and CUCM deletes them on a known day.
pub fn files_will_be_deleted(facts: &Facts<'_>) -> Option<Conclusion> {
    match listed(facts) {
        Some(backlog) => of_listing(backlog, backlog.deadline.as_ref()?),
        None => of_trace(facts),
    }
}

/// Files wait, and until when is not known.
pub fn files_wait(facts: &Facts<'_>) -> Option<Conclusion> {
    if files_will_be_deleted(facts).is_some() {
        return None;
    }
    let (count, evidence, next) = match listed(facts) {
        Some(backlog) => (backlog.totals.files, dates(backlog), backlog.deadline_needs.clone().into_iter().collect()),
        None => (waiting_in_trace(facts), traced(facts), vec![list(facts)]),
    };
    let whole = listed(facts).is_some_and(|backlog| !backlog.hides_something());
    let least = if whole { "" } else { AT_LEAST };
    let text = "CUCM keeps them until its preservation duration is over, or its disk allocation is used up, and then \
                deletes them undelivered.";
    let found = conclusion(
        Certainty::Seen,
        format!("{least}{} for delivery", many(count, "file waits", "files wait")),
        text.to_owned(),
    );
    (count > 0).then(|| Conclusion {
        evidence,
        steps: listed(facts).map(commands).unwrap_or_default(),
        commands: listed(facts).map(commands).unwrap_or_default(),
        next,
        ..found
    })
}

/// CUCM says that its disk allocation for CDR is used up: it deletes the oldest files then, delivered or not
/// (Cisco, Call Reporting and Billing Administration Guide 14, "CDR Repository Manager").
pub fn disk_allocation_exceeded(facts: &Facts<'_>) -> Option<Conclusion> {
    const ALARM: &str = "CDRMaximumDiskSpaceExceeded";
    let alarms = destinations(facts).iter().flat_map(|destination| &destination.alarms);
    let raised: Vec<_> = alarms.filter(|alarm| alarm.name == ALARM).collect();
    let first = raised.iter().map(|alarm| alarm.first).min()?;
    let told = |alarm: &&Alarm| {
        let field = Some("destinations[].alarms".to_owned());
        let times = many(alarm.count, "time", "times");
        Evidence { field, ..words(EvidenceKind::Trace, format!("{ALARM} {times}, the last at {}", clock(alarm.last))) }
    };
    Some(Conclusion {
        evidence: raised.iter().map(told).collect(),
        steps: vec![
            "Save what is left now: the preserve folder, each date's files.".to_owned(),
            "Then make room: raise the disk allocation (Cisco Unified Serviceability, Tools, CDR Management), or let \
             deliveries work again."
                .to_owned(),
        ],
        next: vec![list(facts)],
        ..conclusion(
            Certainty::Seen,
            format!(
                "CUCM's disk allocation for CDR is used up since {}: undelivered files may be gone already",
                clock(first)
            ),
            "When the allocation is reached, CUCM deletes the oldest files, even those that no billing server has."
                .to_owned(),
        )
    })
}

/// Files that failed lie in `processed` and do not wait: they were delivered since, or never will be. With "Resend on
/// Failure" off CUCM moves them there without sending them (Cisco, "Application Billing Server Parameter Settings").
pub fn failed_files_in_processed(facts: &Facts<'_>) -> Option<Conclusion> {
    let backlog = facts.backlog?;
    let listed: u64 =
        backlog.listings.iter().filter(|listing| listing.place == "processed").map(|listing| listing.files).sum();
    let failed = destinations(facts).iter().filter(|destination| destination.status != Status::Healthy);
    let hosts: Vec<&str> =
        failed.map(|destination| destination.host.as_deref().unwrap_or("a billing server")).collect();
    if listed == 0 || hosts.is_empty() || backlog.totals.files > 0 {
        return None;
    }
    let holding = backlog.listings.iter().filter(|listing| listing.place == "processed" && listing.files > 0);
    let evidence = holding.map(|listing| {
        let folder = listing.folder.as_ref().unwrap_or(&listing.path);
        shown(format!("{} in {folder}", many(listing.files, "file", "files")), "listings[]")
    });
    Some(Conclusion {
        evidence: evidence.chain(traced(facts)).collect(),
        steps: vec![
            "Look up \"Resend on Failure\" of the billing server (Cisco Unified Serviceability, Tools, CDR Management). \
             Where it is off: fetch the failed files from processed and hand them in (cdrdiag deliver --files DIR), then \
             turn it on."
                .to_owned(),
        ],
        next: vec!["whether the billing server has the records of that time".to_owned()],
        ..conclusion(
            Certainty::Inferred,
            format!(
                "Deliveries to {} failed, and nothing waits in preserve: what is in processed may never have been sent",
                crate::words::listed(&hosts)
            ),
            "Either the files were delivered since, or \"Resend on Failure\" is off: then CUCM moves files made while the \
             billing server was down to processed without ever sending them, and they are lost to it unless somebody \
             fetches them from there."
                .to_owned(),
        )
    })
}

/// What waits could not be seen as a whole: CUCM tells of records that no listing shows, or the wrong folder was listed.
pub fn listing_incomplete(facts: &Facts<'_>) -> Option<Conclusion> {
    let backlog = facts.backlog?;
    let absent = backlog.absent_folders();
    let contradicted = backlog.totals.files == 0 && waiting_in_trace(facts) > 0 && listed(facts).is_none();
    let headline = if contradicted {
        "The trace names files that wait, and the listing does not show their folder"
    } else if backlog.totals.unread_files > 0 || !backlog.unlisted_folders.is_empty() {
        "More waits than the listing shows"
    } else if !absent.is_empty() {
        "What waits is unknown: CUCM finds no folder of the name that was listed"
    } else if !backlog.tells_what_waits() && backlog.totals.files == 0 && backlog.first_leg.is_none() {
        "What waits is unknown: another folder was listed"
    } else {
        return None;
    };
    let mut next: Vec<String> = backlog.unlisted_folders.iter().map(|folder| folder.command.clone()).collect();
    if next.is_empty() && backlog.totals.unread_files == 0 {
        next.push(list(facts));
    }
    let mut evidence = unseen(backlog);
    evidence.extend(if contradicted { traced(facts) } else { Vec::new() });
    Some(Conclusion {
        evidence,
        next,
        ..conclusion(
            Certainty::Seen,
            headline.to_owned(),
            "The figures for waiting files are therefore minimums.".to_owned(),
        )
    })
}

/// What the listings leave out; where nothing is missing from them, which folders they show.
fn unseen(backlog: &Backlog) -> Vec<Evidence> {
    let folders = backlog.unlisted_folders.iter();
    let mut evidence: Vec<Evidence> =
        folders.map(|folder| shown(folder.folder.clone(), "unlisted_folders[]")).collect();
    let unread = backlog.totals.unread_files;
    if unread > 0 {
        let what = format!("{} by CUCM's count and not in the listing", many(unread, "file", "files"));
        evidence.push(shown(what, "totals.unread_files"));
    }
    let absent = backlog.absent_folders();
    evidence.extend(absent.iter().map(|folder| shown(format!("CUCM finds no folder {folder}"), "listings[].absent")));
    if evidence.is_empty() {
        let listed = backlog.listings.iter().map(|listing| listing.folder.as_ref().unwrap_or(&listing.path));
        evidence.extend(listed.map(|folder| shown(format!("listed: {folder}"), "listings[].folder")));
    }
    evidence
}

/// A listing and a trace that do not belong together: of another time, or another cluster.
pub fn listing_of_another_time(facts: &Facts<'_>) -> Option<String> {
    let dates = || listed(facts).into_iter().flat_map(|backlog| &backlog.dates).map(|date| date.date);
    let (first, last) = (dates().min()?, dates().max()?);
    let file = oldest(facts)?;
    let made = file.created_utc?.date_naive();
    (made < first || made > last).then(|| {
        format!(
            "{} waits according to the trace but is not in the listing, whose files are from {first} to {last}: are \
             the two of the same cluster and time?",
            file.name
        )
    })
}

fn of_listing(backlog: &Backlog, deadline: &Deadline) -> Option<Conclusion> {
    let waiting = many(backlog.totals.files, "file waits", "files wait");
    let first = deadline.days.first()?;
    let kept = many(deadline.preserve_days.into(), "day", "days");
    let text = match deadline.days.last().filter(|last| last.day > first.day) {
        Some(last) => format!(
            "CUCM keeps files for {kept}: the first {} go on {}, the last on {}.",
            grouped(first.files),
            first.day,
            last.day
        ),
        None => format!("CUCM keeps files for {kept}: all go on that day."),
    };
    let headline = if deadline.days_left > 0 {
        let left = many(deadline.days_left.unsigned_abs(), "day", "days");
        format!("{waiting}; CUCM starts to delete them on {} (UTC), in {left}", deadline.first_day)
    } else {
        let gone = grouped(deadline.overdue_files);
        format!("{waiting}; CUCM has been deleting them since {} (UTC): {gone} may be gone", deadline.first_day)
    };
    let mut evidence = dates(backlog);
    evidence.push(shown(deadline.rule.clone(), "deadline.rule"));
    Some(Conclusion {
        evidence,
        steps: commands(backlog),
        commands: commands(backlog),
        ..conclusion(Certainty::Inferred, headline, text)
    })
}

/// Without a listing the oldest file that failed and was not delivered since tells the first day.
fn of_trace(facts: &Facts<'_>) -> Option<Conclusion> {
    let days = facts.question.preserve_days?;
    let oldest = oldest(facts)?;
    let created = oldest.created_utc?;
    let day = deletion_day(created.date_naive(), days)?;
    let left = (day - facts.question.now.date_naive()).num_days();
    let when = if left > 0 {
        format!("starts to delete them on {day} (UTC), in {}", many(left.unsigned_abs(), "day", "days"))
    } else {
        format!("has been deleting them since {day} (UTC)")
    };
    let waiting = many(waiting_in_trace(facts), "file waits", "files wait");
    Some(Conclusion {
        evidence: traced(facts),
        next: vec![list(facts)],
        ..conclusion(
            Certainty::Inferred,
            format!("{AT_LEAST}{waiting}; CUCM {when}"),
            format!(
                "The oldest that failed and was not delivered since, {}, was made at {} UTC, and CUCM keeps files for \
                 {}. The trace does not show how many wait: it names only those that were tried.",
                oldest.name,
                created.format("%Y-%m-%d %H:%M"),
                many(days.into(), "day", "days")
            ),
        )
    })
}

/// The listing, where it tells what waits. One that shows no file counts only where nothing is hidden from it and it
/// shows the folders of the files that the trace names: that another folder is empty says nothing of them.
fn listed<'a>(facts: &Facts<'a>) -> Option<&'a Backlog> {
    let counts = |backlog: &&Backlog| {
        backlog.totals.files > 0 || (!backlog.hides_something() && shows_traced_folders(facts, backlog))
    };
    facts.backlog.filter(|backlog| backlog.tells_what_waits()).filter(counts)
}

fn shows_traced_folders(facts: &Facts<'_>, backlog: &Backlog) -> bool {
    let telling = || backlog.listings.iter().filter(|listing| listing.tells_what_waits());
    let mut traced = destinations(facts).iter().flat_map(|destination| &destination.files);
    telling().any(|listing| listing.date.is_none())
        || traced.all(|file| {
            let date = file.created_utc.map(|created| created.date_naive());
            telling().any(|listing| listing.date == date)
        })
}

fn destinations<'a>(facts: &Facts<'a>) -> &'a [Destination] {
    facts.trace.map(|trace| trace.destinations.as_slice()).unwrap_or_default()
}

fn waiting_in_trace(facts: &Facts<'_>) -> u64 {
    destinations(facts).iter().map(|destination| destination.files_waiting).sum()
}

fn oldest<'a>(facts: &Facts<'a>) -> Option<&'a WaitingFile> {
    let files = destinations(facts).iter().flat_map(|destination| &destination.files);
    files.filter(|file| file.created_utc.is_some()).min_by_key(|file| file.created_utc)
}

fn traced(facts: &Facts<'_>) -> Vec<Evidence> {
    let waiting = destinations(facts).iter().filter(|destination| destination.files_waiting > 0);
    let told = waiting.map(|destination| {
        let host = destination.host.as_deref().unwrap_or("a billing server");
        let files = many(destination.files_waiting, "file", "files");
        let field = Some("destinations[].files_waiting".to_owned());
        Evidence { field, ..words(EvidenceKind::Trace, format!("{files} failed to {host} and not delivered since")) }
    });
    told.collect()
}

fn dates(backlog: &Backlog) -> Vec<Evidence> {
    let told = |date: &Date| {
        let text = format!("{}: {} CDR, {} CMR wait", date.date, grouped(date.cdr), grouped(date.cmr));
        shown(text, "dates[]")
    };
    backlog.dates.iter().map(told).collect()
}

fn commands(backlog: &Backlog) -> Vec<String> {
    backlog.commands.iter().map(|command| command.command.clone()).collect()
}

fn shown(what: String, field: &str) -> Evidence {
    Evidence { field: Some(field.to_owned()), ..words(EvidenceKind::Backlog, what) }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::story::Story;
    use crate::document::diagnose::Certainty;

    const LISTING: &str = "admin:file list activelog /cm/cdr_repository/preserve/20250309/\n\
        cdr_C_01_202503090412_1\ncdr_C_01_202503090413_2\n dir count = 0, file count = 2\n";

    #[test]
    fn the_listing_and_the_duration_give_the_day() {
        let found = Story::new().preserve_days(30).listing(LISTING).conclusion("files_will_be_deleted").unwrap();
        assert_eq!(found.headline, "2 files wait; CUCM starts to delete them on 2025-04-08 (UTC), in 27 days");
        assert_eq!(found.steps, ["file get activelog /cm/cdr_repository/preserve/20250309/*"]);
        let late = Story::new().preserve_days(2).listing(LISTING).conclusion("files_will_be_deleted").unwrap();
        assert!(late.headline.contains("has been deleting them since 2025-03-11"), "{}", late.headline);
    }

    #[test]
    fn the_deadline_follows_the_cause() {
        let ids = Story::no_agreement("192.0.2.10").preserve_days(30).listing(LISTING).ids();
        assert_eq!(ids[..2], ["no_common_algorithm", "files_will_be_deleted"]);
    }

    #[test]
    fn without_a_listing_the_oldest_file_of_the_trace_gives_the_day() {
        let story = || Story::no_agreement("192.0.2.10").waiting(1);
        let found = story().preserve_days(30).conclusion("files_will_be_deleted").unwrap();
        let day = "At least 1 file waits; CUCM starts to delete them on 2025-04-08 (UTC), in 27 days";
        assert_eq!((found.headline.as_str(), found.certainty), (day, Certainty::Inferred));
        assert!(found.next[0].ends_with("as --preserve LISTING"), "the days are known: {found:?}");
        assert_eq!(story().conclusion("files_will_be_deleted"), None);
        assert!(story().conclusion("files_wait").unwrap().next[0].contains("--preserve-days"));
    }

    #[test]
    fn without_the_duration_files_wait_and_it_is_asked_for() {
        let found = Story::new().listing(LISTING).conclusion("files_wait").unwrap();
        assert_eq!(found.headline, "2 files wait for delivery");
        assert!(found.next[0].contains("--preserve-days"));
        assert_eq!(Story::new().preserve_days(30).listing(LISTING).conclusion("files_wait"), None);
    }

    #[test]
    fn where_nothing_waits_there_is_no_deadline() {
        let nothing =
            "admin:file list activelog /cm/cdr_repository/preserve/20250309/\n dir count = 0, file count = 0\n";
        let ids = Story::no_agreement("192.0.2.10").waiting(1).preserve_days(30).listing(nothing).ids();
        assert!(ids.iter().all(|id| !id.starts_with("files_")), "the listing counts, not the trace: {ids:?}");
        assert_eq!(Story::no_agreement("192.0.2.10").preserve_days(30).conclusion("files_will_be_deleted"), None);
    }

    #[test]
    fn a_listing_that_is_not_whole_is_told() {
        let cut = LISTING.replace("file count = 2", "file count = 9");
        let found = Story::new().listing(&cut).conclusion("listing_incomplete").unwrap();
        assert!(found.evidence[0].what.starts_with("7 files"), "{found:?}");
        assert_eq!(Story::new().listing(LISTING).conclusion("listing_incomplete"), None);
    }

    #[test]
    fn a_listing_of_the_wrong_folder_takes_no_file_from_the_trace() {
        let head = "admin:file list activelog /cm/cdr_repository/preserve";
        for wrong in [
            format!("{head}/20250310/ detail\nNo such file or directory\n"),
            format!("{head}/20250310/ detail\n dir count = 0, file count = 0\n"),
            "admin:file list activelog /cm/trace/cdrrep/log4j/\ncdrrepmgr00001.log\n".to_owned(),
        ] {
            let story = || Story::no_agreement("192.0.2.10").waiting(1).listing(&wrong);
            assert_eq!(story().conclusion("files_wait").unwrap().headline, "At least 1 file waits for delivery");
            let told = story().conclusion("listing_incomplete").unwrap();
            assert!(told.headline.starts_with("The trace names files that wait"), "{wrong}: {told:?}");
        }
    }
}
