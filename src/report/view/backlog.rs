//! `backlog` as a page: the verdict with the deadline, what to type meanwhile, then the tables.

use chrono::{DateTime, Utc};

use super::{Block, Row, Section, Times, ToView, View, fact, fact_of, notes, prose, toned, words};
use crate::document::backlog::{Backlog, Deadline, Gap, TraceFolder};
use crate::document::first_leg::FirstLeg;
use crate::report::monitor::{self, Monitored};
use crate::report::page::Tone;
use crate::words::{grouped, many};

/// What to list instead.
const LIST: &str = "List /cm/cdr_repository/preserve/.";

/// Above the commands that save what waits.
const SAVE: &str = "Save them meanwhile, on CUCM's command line (it asks for an SFTP server)";

/// How many gaps are listed; the JSON document has them all.
const MOST_GAPS: usize = 10;

impl ToView for Backlog {
    fn view(&self) -> View<'_> {
        let (tone, title) = headline(self);
        View::of(title, tone, sections(self).into_iter().map(Some))
    }

    fn monitored(&self) -> Option<Monitored<'_>> {
        Some(monitor::backlog::monitored(self))
    }

    fn times(&self) -> Times {
        Times { clock: None, judged: self.deadline.as_ref().map(|deadline| deadline.now) }
    }
}

/// All of it as one section of a larger page, but for the commands, which are on that page's first screen.
pub fn section(backlog: &Backlog) -> Option<Section> {
    let (tone, title) = headline(backlog);
    let mut blocks = vec![Block::Paragraph(vec![toned(tone, title)])];
    let sections = sections(backlog).into_iter().filter(|section| section.title != SAVE);
    for (index, Section { title, blocks: more, .. }) in sections.enumerate() {
        blocks.extend((index > 0).then(|| Block::Heading(vec![words(title)])));
        blocks.extend(more);
    }
    Section::full("Files in the preserve folder", blocks)
}

fn sections(backlog: &Backlog) -> Vec<Section> {
    let all = [
        Section::first("In short", facts(backlog)),
        Section::first("On the way to the repository", backlog.first_leg.as_ref().map(first_leg).unwrap_or_default()),
        Section::first("Trace folder", backlog.trace_folder.as_ref().map(trace_folder).unwrap_or_default()),
        Section::first("What waits", groups(backlog)),
        Section::first("Missing sequence numbers: delivered, deleted, or not listed", gaps(backlog)),
        backlog.deadline.as_ref().and_then(losses),
        Section::first(SAVE, commands(backlog)),
        Section::first("Folders not listed yet", unlisted(backlog)),
        Section::first("Notes", notes(&backlog.warnings)),
    ];
    all.into_iter().flatten().collect()
}

fn first_leg(leg: &FirstLeg) -> Vec<Block> {
    if leg.files == 0 {
        return Vec::new();
    }
    let steps = leg.steps().iter().map(|step| prose(step)).collect();
    vec![Block::Paragraph(vec![words(format!("{}. {}", leg.seen(), leg.text()))]), Block::List(steps)]
}

fn headline(backlog: &Backlog) -> (Tone, String) {
    let waiting = backlog.totals.files;
    if let (0, Some(leg)) = (waiting, &backlog.first_leg)
        && (leg.files > 0 || !backlog.tells_what_waits())
    {
        return (if leg.files > 0 { Tone::Bad } else { Tone::Good }, format!("{}.", leg.headline()));
    }
    if waiting == 0 {
        return nothing_waits(backlog);
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
    (Tone::Bad, format!("{files}{deadline}"))
}

fn nothing_waits(backlog: &Backlog) -> (Tone, String) {
    let absent = backlog.absent_folders();
    let (tone, text) = if backlog.totals.unread_files > 0 {
        (Tone::Bad, "Files wait for delivery: CUCM counts some, but the listing does not show them.")
    } else if !backlog.unlisted_folders.is_empty() {
        (Tone::Bad, "CUCM has folders of records, but their contents are not listed.")
    } else if !absent.is_empty() {
        let folders = absent.join(", ");
        return (Tone::Bad, format!("What waits is unknown: CUCM finds no folder {folders}."));
    } else if backlog.tells_what_waits() && backlog.hides_something() {
        (Tone::Warn, "Nothing waits in what could be read, but not everything could be read.")
    } else if backlog.tells_what_waits() {
        (Tone::Good, "Nothing waits for delivery.")
    } else if let Some(place) = backlog.another_folder() {
        return (Tone::Bad, format!("What waits is unknown: this is the listing of the {place} folder. {LIST}"));
    } else {
        return (Tone::Warn, format!("Nothing listed here shows what waits for delivery. {LIST}"));
    };
    (tone, text.to_owned())
}

fn overdue(deadline: &Deadline, waiting: u64) -> String {
    let began = format!("; CUCM has been deleting them since {} (UTC)", deadline.first_day);
    if deadline.overdue_files == waiting {
        return format!("{began}: every file is due, so all may be gone already.");
    }
    let today = deadline.now.date_naive();
    let next = deadline.days.iter().find(|loss| loss.day > today);
    let next = next.map_or(String::new(), |loss| format!(" {} more go on {}.", grouped(loss.files), loss.day));
    format!("{began}: {} of them may be gone already.{next}", grouped(deadline.overdue_files))
}

fn facts(backlog: &Backlog) -> Vec<Block> {
    let totals = &backlog.totals;
    let (Some(first), Some(last)) = (totals.first_utc, totals.last_utc) else { return Vec::new() };
    let mut facts = vec![fact("waiting", format!("{} CDR, {} CMR", grouped(totals.cdr), grouped(totals.cmr)))];
    if let Some(first) = backlog.groups.first().filter(|_| is_one_cluster(backlog)) {
        facts.push(fact("cluster", &first.cluster));
    }
    facts.push(fact("made", format!("{} to {} UTC", minute(first), minute(last))));
    facts.push(fact("size", size(totals.bytes)));
    facts.extend(backlog.destinations.iter().map(|waiting| {
        let files = many(waiting.files, "waits", "wait");
        fact("destination", format!("{files} for destination {}", waiting.destination))
    }));
    if totals.repeated > 0 {
        let files = many(totals.repeated, "file", "files");
        facts.push(fact("repeated", format!("{files} listed more than once, counted once")));
    }
    let needs = backlog.deadline_needs.iter();
    facts.extend(needs.map(|needs| fact_of("deadline", toned(Tone::Warn, needs))));
    vec![Block::Facts(facts)]
}

fn trace_folder(folder: &TraceFolder) -> Vec<Block> {
    let newest = match &folder.newest {
        Some(trace) => {
            let text = format!("{}, changed {} by the node's clock, {}", trace.name, trace.modified, size(trace.bytes));
            words(text)
        }
        None => toned(Tone::Warn, "unknown: the listing has no times, and the numbers wrap"),
    };
    let facts = vec![fact("traces", grouped(folder.traces)), fact_of("newest", newest)];
    vec![Block::Facts(facts), Block::Code(vec![folder.command.clone()])]
}

fn groups(backlog: &Backlog) -> Vec<Block> {
    let one_cluster = is_one_cluster(backlog);
    let rows = backlog.groups.iter().map(|group| {
        [
            group.date.to_string(),
            group.kind.name().to_uppercase(),
            node(&group.cluster, &group.node, one_cluster),
            grouped(group.files),
            group.first_utc.format("%H:%M").to_string(),
            group.last_utc.format("%H:%M").to_string(),
            if group.missing == 0 { "-".to_owned() } else { grouped(group.missing) },
            group.bytes.map_or_else(|| "-".to_owned(), |bytes| size(Some(bytes))),
        ]
    });
    table(["date (UTC)", "kind", "node", "files", "from (UTC)", "to (UTC)", "missing", "size"], rows)
}

fn gaps(backlog: &Backlog) -> Vec<Block> {
    if backlog.gaps.is_empty() {
        return Vec::new();
    }
    let one_cluster = is_one_cluster(backlog);
    let mut points: Vec<_> =
        backlog.gaps.iter().take(MOST_GAPS).map(|gap| vec![words(gap_words(gap, one_cluster))]).collect();
    if let Some(more) = backlog.gaps.len().checked_sub(MOST_GAPS).filter(|more| *more > 0) {
        points.push(vec![toned(Tone::Faint, format!("and {} more, which --json lists", grouped(more as u64)))]);
    }
    vec![Block::List(points)]
}

fn gap_words(gap: &Gap, one_cluster: bool) -> String {
    let (first, last) = (gap.after.saturating_add(1), gap.before.saturating_sub(1));
    let numbers = if first == last { first.to_string() } else { format!("{first} to {last}") };
    format!(
        "{} of node {}: {} ({numbers}), between {} and {} UTC",
        gap.kind.name().to_uppercase(),
        node(&gap.cluster, &gap.node, one_cluster),
        grouped(gap.missing),
        minute(gap.from_utc),
        minute(gap.to_utc),
    )
}

/// Whether the cluster can be told once, above the tables.
fn is_one_cluster(backlog: &Backlog) -> bool {
    backlog.groups.iter().all(|group| Some(&group.cluster) == backlog.groups.first().map(|first| &first.cluster))
}

fn node(cluster: &str, node: &str, one_cluster: bool) -> String {
    if one_cluster { node.to_owned() } else { format!("{cluster} {node}") }
}

fn losses(deadline: &Deadline) -> Option<Section> {
    let rows = deadline
        .days
        .iter()
        .map(|loss| [loss.day.to_string(), grouped(loss.files), grouped(loss.lost_by_then), grouped(loss.left)]);
    let mut blocks = table(["deleted on (UTC)", "files", "lost by then", "left"], rows);
    blocks.push(Block::Paragraph(vec![toned(Tone::Faint, &deadline.rule)]));
    if !deadline.assumptions.is_empty() {
        blocks.push(Block::List(deadline.assumptions.iter().map(|text| vec![toned(Tone::Faint, text)]).collect()));
    }
    let kept = many(deadline.preserve_days.into(), "day", "days");
    Section::first(&format!("What CUCM deletes, and when, if it keeps files for {kept}"), blocks)
}

fn commands(backlog: &Backlog) -> Vec<Block> {
    if backlog.commands.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Code(backlog.commands.iter().map(|command| command.command.clone()).collect())];
    if backlog.commands.iter().any(|command| !command.folder_seen) {
        let note = "Not every folder's name was seen in a listing: where CUCM finds none, write its date as MMDDYYYY, or \
                    look with `file list activelog /cm/cdr_repository/preserve/`.";
        blocks.push(Block::Paragraph(prose(note)));
    }
    blocks
}

fn unlisted(backlog: &Backlog) -> Vec<Block> {
    let commands: Vec<_> = backlog.unlisted_folders.iter().map(|folder| folder.command.clone()).collect();
    if commands.is_empty() { Vec::new() } else { vec![Block::Code(commands)] }
}

/// A table of words, unless it has no rows.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<Block> {
    let rows = rows.map(|cells| Row::of(cells.into_iter().map(words).collect())).collect();
    Vec::from_iter(super::table(head, rows))
}

fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

/// With a comma at the thousands, as CUCM writes it.
fn size(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} B", grouped(bytes)))
}
