//! Waiting files for monitoring and CI.

use super::{Case, Failure, Family, Monitored, Sample, Suite, Suites, family, gauge, number};
use crate::document::backlog::{Backlog, Problem};
use crate::words::many;

/// What the listings say.
pub fn monitored(backlog: &Backlog) -> Monitored<'_> {
    Monitored { suites: Suites::one(suite(backlog)), families: families(backlog) }
}

/// Two questions: whether nothing waits, and whether all that may wait was seen.
fn suite(backlog: &Backlog) -> Suite {
    let (waits, unseen): (Vec<_>, Vec<_>) = backlog
        .problems()
        .into_iter()
        .partition(|problem| matches!(problem, Problem::FilesWait(_) | Problem::FirstLeg(_)));
    let case = |name, kind, problems: Vec<Problem<'_>>, remedy: Vec<String>| {
        let message: Vec<String> = problems.iter().map(|problem| message(backlog, problem)).collect();
        let failure = Failure { remedy, ..Failure::of(kind, message.join("; ")) };
        Case::of(name, (!problems.is_empty()).then_some(failure))
    };
    let save = backlog.commands.iter().map(|command| command.command.clone()).collect();
    let list = backlog.unlisted_folders.iter().map(|folder| folder.command.clone()).collect();
    let cases =
        vec![case("nothing waits", "waiting", waits, save), case("all folders were seen", "unseen", unseen, list)];
    Suite { name: "preserve folder".to_owned(), seconds: None, cases }
}

fn message(backlog: &Backlog, problem: &Problem<'_>) -> String {
    match problem {
        Problem::FilesWait(files) => {
            let deadline = backlog.deadline.as_ref();
            let until =
                deadline.map(|deadline| format!("; CUCM starts to delete them on {} (UTC)", deadline.first_day));
            format!("{}{}", many(*files, "file waits", "files wait"), until.unwrap_or_default())
        }
        Problem::FirstLeg(leg) => leg.headline(),
        Problem::NotListed => "no listing shows what waits".to_owned(),
        Problem::Cut(files) => format!("CUCM counts {} more than the listing shows", many(*files, "file", "files")),
        Problem::Unlisted(folder) => format!("{} is not listed", folder.folder),
        Problem::Absent(folder) => format!("CUCM finds no folder {folder}"),
        Problem::Unread(error) => (*error).to_owned(),
    }
}

fn families(backlog: &Backlog) -> Vec<Family<'_>> {
    let one = |value| vec![Sample::of([], value)];
    let deadline = backlog.deadline.as_ref();
    let destinations = backlog.destinations.iter().map(|waiting| {
        let number_of = waiting.destination.to_string();
        Sample::of([("destination", &number_of)], number(waiting.files))
    });
    let is_seen = backlog.tells_what_waits() && !backlog.hides_something();
    vec![
        family("cdrdiag_backlog_files", "Files that wait in the preserve folder.", one(number(backlog.totals.files))),
        family(
            "cdrdiag_backlog_destination_files",
            "Files that wait for the destination, by CDRSender's number.",
            destinations.collect::<Vec<_>>(),
        ),
        family(
            "cdrdiag_backlog_first_leg_files",
            "Files on a node that have not reached the repository, where its cm/cdr was listed.",
            backlog.first_leg.iter().flat_map(|leg| one(number(leg.files))).collect::<Vec<_>>(),
        ),
        family(
            "cdrdiag_backlog_seen",
            "Whether all folders whose files may wait were listed (1).",
            one(gauge(is_seen)),
        ),
        family(
            "cdrdiag_backlog_days_left",
            "Days until CUCM deletes the first of them, by dates in UTC; 0 or less once it has begun. Absent where nothing waits.",
            deadline.into_iter().map(|deadline| Sample::of([], days(deadline.days_left))).collect::<Vec<_>>(),
        ),
        family(
            "cdrdiag_backlog_overdue_files",
            "Files whose day has come: they may be gone already.",
            one(number(deadline.map_or(0, |deadline| deadline.overdue_files))),
        ),
    ]
}

#[allow(clippy::cast_precision_loss, reason = "days are few")]
fn days(count: i64) -> f64 {
    count as f64
}
