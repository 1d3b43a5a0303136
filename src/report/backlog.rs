//! `backlog` for people: the verdict, the deadline, what to type meanwhile, then the tables.

use chrono::{DateTime, Utc};

use super::Render;
use super::monitor::{self, Monitored};
use super::page::{Page, Tone};
use super::words::{grouped, many};
use crate::document::backlog::{Backlog, Deadline, TraceFolder};

/// How many gaps are listed; the JSON document has them all.
const MOST_GAPS: usize = 10;

impl Render for Backlog {
    fn monitored(&self) -> Option<Monitored> {
        Some(monitor::backlog::monitored(self))
    }

    fn render(&self, page: &mut Page) {
        headline(self, page);
        facts(self, page);
        traces(self, page);
        groups(self, page);
        gaps(self, page);
        losses(self, page);
        commands(self, page);
        unlisted(self, page);
        warnings(self, page);
    }
}

fn headline(backlog: &Backlog, page: &mut Page) {
    let waiting = backlog.totals.files;
    if waiting == 0 {
        let (tone, text) = nothing_waits(backlog);
        page.line(&[(tone, &text)]);
        return;
    }
    let least = if backlog.hides_something() { "At least " } else { "" };
    let files = format!("{least}{} for delivery", many(waiting, "file waits", "files wait"));
    let deadline = match &backlog.deadline {
        None => ".".to_owned(),
        Some(deadline) if deadline.days_left > 0 => {
            let days = many(deadline.days_left.unsigned_abs(), "day", "days");
            format!("; CUCM starts to delete them on {} (UTC), in {days}.", deadline.first_day)
        }
        Some(deadline) => overdue(deadline, waiting),
    };
    page.line(&[(Tone::Bad, &files), (Tone::Strong, &deadline)]);
}

fn nothing_waits(backlog: &Backlog) -> (Tone, String) {
    let absent = backlog.absent_folders();
    let (tone, text) = if backlog.totals.unread_files > 0 {
        (Tone::Bad, "Files wait for delivery: CUCM counts some, but the listing does not show them.")
    } else if !backlog.unlisted_folders.is_empty() {
        (Tone::Bad, "CUCM keeps folders of records, but nothing lists what is in them.")
    } else if !absent.is_empty() {
        let folders = absent.join(", ");
        return (Tone::Bad, format!("What waits could not be seen: CUCM finds no folder {folders}."));
    } else if backlog.tells_what_waits() {
        (Tone::Good, "Nothing waits for delivery.")
    } else if backlog.trace_folder.is_some() {
        (Tone::Bad, "What waits could not be seen: this is the listing of the trace folder.")
    } else {
        (Tone::Warn, "Nothing listed here tells what waits for delivery: list /cm/cdr_repository/preserve/.")
    };
    (tone, text.to_owned())
}

fn overdue(deadline: &Deadline, waiting: u64) -> String {
    let began = format!("; CUCM has been deleting them since {} (UTC)", deadline.first_day);
    if deadline.overdue_files == waiting {
        return format!("{began}: the day of each has come, so all may be gone already.");
    }
    let today = deadline.now.date_naive();
    let next = deadline.days.iter().find(|loss| loss.day > today);
    let next = next.map_or(String::new(), |loss| format!(" {} more go on {}.", grouped(loss.files), loss.day));
    format!("{began}: {} of them may be gone already.{next}", grouped(deadline.overdue_files))
}

fn facts(backlog: &Backlog, page: &mut Page) {
    let totals = &backlog.totals;
    let (Some(first), Some(last)) = (totals.first_utc, totals.last_utc) else { return };
    page.gap();
    page.fact("waiting", Tone::Plain, &format!("{} CDR, {} CMR", grouped(totals.cdr), grouped(totals.cmr)));
    if let Some(first) = backlog.groups.first().filter(|_| is_one_cluster(backlog)) {
        page.fact("cluster", Tone::Plain, &first.cluster);
    }
    page.fact("made", Tone::Plain, &format!("{} to {} UTC", minute(first), minute(last)));
    page.fact("size", Tone::Plain, &size(totals.bytes));
    for destination in &backlog.destinations {
        let files = many(destination.files, "waits", "wait");
        page.fact("destination", Tone::Plain, &format!("{files} for destination {}", destination.destination));
    }
    if totals.repeated > 0 {
        let again = format!("{} listed more than once, counted once", many(totals.repeated, "file", "files"));
        page.fact("repeated", Tone::Plain, &again);
    }
    if let Some(needs) = &backlog.deadline_needs {
        page.fact("deadline", Tone::Warn, needs);
    }
}

fn traces(backlog: &Backlog, page: &mut Page) {
    let Some(TraceFolder { traces, newest, command, .. }) = &backlog.trace_folder else { return };
    page.gap();
    page.line(&[(Tone::Strong, "Trace folder")]);
    page.fact("traces", Tone::Plain, &grouped(*traces));
    match newest {
        Some(trace) => {
            let newest =
                format!("{}, changed {} by the node's clock, {}", trace.name, trace.modified, size(trace.bytes));
            page.fact("newest", Tone::Plain, &newest);
        }
        None => page.fact("newest", Tone::Warn, "not told: the listing has no times, and the numbers wrap"),
    }
    page.code(4, command);
}

fn groups(backlog: &Backlog, page: &mut Page) {
    if backlog.groups.is_empty() {
        return;
    }
    let one_cluster = is_one_cluster(backlog);
    let mut rows = vec![row(&["date", "kind", "node", "files", "from", "to (UTC)", "missing", "size"])];
    rows.extend(backlog.groups.iter().map(|group| {
        vec![
            group.date.to_string(),
            group.kind.name().to_uppercase(),
            node(&group.cluster, &group.node, one_cluster),
            grouped(group.files),
            group.first_utc.format("%H:%M").to_string(),
            group.last_utc.format("%H:%M").to_string(),
            if group.missing == 0 { "-".to_owned() } else { grouped(group.missing) },
            group.bytes.map_or_else(|| "-".to_owned(), |bytes| size(Some(bytes))),
        ]
    }));
    titled(page, "What waits", &rows);
}

fn gaps(backlog: &Backlog, page: &mut Page) {
    if backlog.gaps.is_empty() {
        return;
    }
    let one_cluster = is_one_cluster(backlog);
    page.gap();
    page.line(&[(Tone::Strong, "Missing sequence numbers: delivered, deleted, or not listed")]);
    for gap in backlog.gaps.iter().take(MOST_GAPS) {
        let (first, last) = (gap.after.saturating_add(1), gap.before.saturating_sub(1));
        let numbers = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let text = format!(
            "{} of node {}: {} ({numbers}), between {} and {} UTC",
            gap.kind.name().to_uppercase(),
            node(&gap.cluster, &gap.node, one_cluster),
            grouped(gap.missing),
            minute(gap.from_utc),
            minute(gap.to_utc),
        );
        page.indented(2, 4, &[(Tone::Plain, &text)]);
    }
    if let Some(more) = backlog.gaps.len().checked_sub(MOST_GAPS).filter(|more| *more > 0) {
        page.indented(2, 2, &[(Tone::Faint, &format!("and {} more, which --json lists", grouped(more as u64)))]);
    }
}

/// Whether the cluster can be told once, above the tables.
fn is_one_cluster(backlog: &Backlog) -> bool {
    backlog.groups.iter().all(|group| Some(&group.cluster) == backlog.groups.first().map(|first| &first.cluster))
}

fn node(cluster: &str, node: &str, one_cluster: bool) -> String {
    if one_cluster { node.to_owned() } else { format!("{cluster} {node}") }
}

fn losses(backlog: &Backlog, page: &mut Page) {
    let Some(deadline) = &backlog.deadline else { return };
    let mut rows = vec![row(&["deleted on", "files", "lost by then", "left"])];
    rows.extend(
        deadline.days.iter().map(|loss| {
            vec![loss.day.to_string(), grouped(loss.files), grouped(loss.lost_by_then), grouped(loss.left)]
        }),
    );
    let kept = many(deadline.preserve_days.into(), "day", "days");
    titled(page, &format!("What CUCM deletes, and when, if it keeps files for {kept}"), &rows);
    page.indented(2, 2, &[(Tone::Faint, &deadline.rule)]);
    for assumption in &deadline.assumptions {
        page.indented(2, 4, &[(Tone::Faint, "- "), (Tone::Faint, assumption)]);
    }
}

fn commands(backlog: &Backlog, page: &mut Page) {
    if backlog.commands.is_empty() {
        return;
    }
    page.gap();
    page.line(&[(Tone::Strong, "Save them meanwhile, on CUCM's command line (it asks for an SFTP server)")]);
    backlog.commands.iter().for_each(|command| page.code(4, &command.command));
    if backlog.commands.iter().any(|command| !command.folder_seen) {
        let note = "Not every folder's name was seen in a listing: where CUCM finds none, write its date as MMDDYYYY, or \
                    look with `file list activelog /cm/cdr_repository/preserve/`.";
        page.indented(2, 2, &[(Tone::Faint, note)]);
    }
}

fn unlisted(backlog: &Backlog, page: &mut Page) {
    if backlog.unlisted_folders.is_empty() {
        return;
    }
    page.gap();
    page.line(&[(Tone::Strong, "Folders that nothing lists yet")]);
    backlog.unlisted_folders.iter().for_each(|folder| page.code(4, &folder.command));
}

fn warnings(backlog: &Backlog, page: &mut Page) {
    if backlog.warnings.is_empty() {
        return;
    }
    page.gap();
    page.line(&[(Tone::Strong, "Mind")]);
    for warning in &backlog.warnings {
        page.indented(2, 4, &[(Tone::Warn, "- "), (Tone::Plain, warning)]);
    }
}

fn titled(page: &mut Page, title: &str, rows: &[Vec<String>]) {
    page.gap();
    page.line(&[(Tone::Strong, title)]);
    page.table(rows);
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

/// With a comma at the thousands, as CUCM writes it.
fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} B", grouped(bytes)))
}
