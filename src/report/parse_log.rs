//! `parse-log` as text: the verdict first, then a block a destination, cause and remedy on top.

use chrono::NaiveDateTime;

use super::chart::Chart;
use super::monitor::{self, Monitored};
use super::page::{Page, Tone};
use super::words::{clock, counted, duration, grouped};
use super::{Render, text, view};
use crate::document::parse_log::{CauseCount, Destination, Input, Negotiation, Outage, ParseLog, Status, WaitingFile};
use crate::words::excerpt;

/// Outages beyond this many are summed up.
const OUTAGES: usize = 8;

impl Render for ParseLog {
    fn monitored(&self) -> Option<Monitored> {
        Some(monitor::parse_log::monitored(self))
    }

    fn render(&self, page: &mut Page) {
        if let Some(left_out) = self.left_out() {
            page.line(&[(Tone::Warn, "note: "), (Tone::Strong, &left_out)]);
        }
        headline(self, page);
        if let Some(chart) = Chart::of(self) {
            page.gap();
            chart.render(page);
        }
        text::blocks(&view::parse_log::alarms(self), page);
        for node in &self.nodes {
            text::blocks(&view::node::blocks(node), page);
        }
        for destination in &self.destinations {
            page.gap();
            destination_block(destination, page);
        }
        if let Some(lists) = &self.negotiation {
            page.gap();
            negotiation(lists, page);
        }
        page.gap();
        inputs(&self.inputs, page);
        for warning in &self.warnings {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
    }
}

fn headline(answer: &ParseLog, page: &mut Page) {
    for alarms in &answer.alarms {
        page.line(&[(Tone::Bad, "ALARM"), (Tone::Plain, "      "), (Tone::Strong, &alarms.headline())]);
    }
    for line in answer.nodes.iter().flat_map(view::node::headlines) {
        page.line(&[
            (line.tone, "NODE"),
            (Tone::Plain, "       "),
            (Tone::Strong, &line.subject),
            (Tone::Plain, " "),
            (Tone::Faint, &line.rest),
        ]);
    }
    if answer.destinations.is_empty() && answer.alarms.is_empty() && answer.nodes.is_empty() {
        page.line(&[
            (Tone::Good, "Nothing failed: "),
            (Tone::Plain, "the trace speaks of no delivery and no destination."),
        ]);
    }
    for destination in &answer.destinations {
        let name = destination.name();
        match destination.status {
            Status::Failing => {
                let since = destination.outages.last().map(|outage| outage.began("since")).unwrap_or_default();
                let why =
                    destination.failures().causes.first().map(|cause| format!(": {}", cause.cause)).unwrap_or_default();
                page.line(&[
                    (Tone::Bad, "FAILING"),
                    (Tone::Plain, "    "),
                    (Tone::Strong, &name),
                    (Tone::Plain, &format!(" {since}{why}")),
                ]);
            }
            Status::Recovered => {
                let when = destination.outages.last().and_then(|outage| outage.to).map(clock).unwrap_or_default();
                page.line(&[
                    (Tone::Warn, "RECOVERED"),
                    (Tone::Plain, "  "),
                    (Tone::Strong, &name),
                    (Tone::Plain, &format!(" at {when}")),
                ]);
            }
            Status::Healthy if destination.deliveries == 0 => {
                let text = " (neither a delivery nor a failure)";
                page.line(&[
                    (Tone::Warn, "NOTHING"),
                    (Tone::Plain, "    "),
                    (Tone::Strong, &name),
                    (Tone::Plain, text),
                ]);
            }
            Status::Healthy => {
                let text = format!(" ({} delivered)", counted(destination.deliveries, "file"));
                page.line(&[
                    (Tone::Good, "HEALTHY"),
                    (Tone::Plain, "    "),
                    (Tone::Strong, &name),
                    (Tone::Plain, &text),
                ]);
            }
        }
    }
    if let Some((inputs, rest)) = incomplete(answer) {
        page.line(&[
            (Tone::Warn, "INCOMPLETE"),
            (Tone::Plain, " "),
            (Tone::Strong, &inputs),
            (Tone::Plain, &format!(" {rest}")),
        ]);
        answer.unread.first().into_iter().for_each(|first| page.indented(11, 11, &[(Tone::Plain, first)]));
    }
}

/// How many inputs are missing from an answer, and what that means; `None` where it is whole.
pub fn incomplete(answer: &ParseLog) -> Option<(String, &'static str)> {
    let inputs = counted(answer.unread.len() as u64, "input");
    (!answer.unread.is_empty()).then_some((inputs, "could not be read, or not to the end: what failed may stand there"))
}

fn destination_block(destination: &Destination, page: &mut Page) {
    page.line(&[(Tone::Strong, &destination.name())]);
    if let Some(where_told) = destination.without_host() {
        page.fact("host", Tone::Warn, where_told);
    }
    for cause in destination.failures().causes {
        cause_block(cause, destination, page);
    }
    facts(destination, page);
    outages(&destination.outages, page);
    files(destination, page);
}

fn cause_block(cause: &CauseCount, destination: &Destination, page: &mut Page) {
    let of = destination.failures().of;
    let stage = cause.stage.map(|stage| format!(", at stage {stage}")).unwrap_or_default();
    let share = format!("{}{stage}: {} of {}", cause.cause, grouped(cause.count), of);
    page.fact("cause", Tone::Bad, &share);
    if let Some(message) = &cause.message {
        page.fact("says", Tone::Plain, &format!("\"{}\"", excerpt(message)));
    }
    match &cause.remedy {
        Some(remedy) => page.fact("remedy", Tone::Strong, remedy),
        None => page.fact("remedy", Tone::Warn, destination.without_remedy(cause)),
    }
    page.fact("evidence", Tone::Faint, &cause.evidence.to_string());
    page.indented(16, 16, &[(Tone::Faint, &excerpt(&cause.evidence.text))]);
    page.fact("seen", Tone::Plain, &between(cause.first, cause.last));
    page.gap();
}

/// A span of time; one time where both are the same.
pub fn between(first: NaiveDateTime, last: NaiveDateTime) -> String {
    if first == last { clock(first) } else { format!("{} to {}", clock(first), clock(last)) }
}

fn facts(destination: &Destination, page: &mut Page) {
    let deliveries =
        format!("{} delivered, {} failed", grouped(destination.deliveries), grouped(destination.delivery_failures));
    let last = destination.last_delivery.map(|time| format!("; the last one at {}", clock(time))).unwrap_or_default();
    page.fact("deliveries", Tone::Plain, &format!("{deliveries}{last}"));
    if destination.connection_failures > 0 {
        page.fact("connections", Tone::Plain, &format!("{} failed", grouped(destination.connection_failures)));
    }
    if let Some(retries) = &destination.retries {
        let longest = duration(retries.longest_s);
        let odd = match retries.overlong {
            0 => "within CUCM's back-off of 6 s doubling to 120 s".to_owned(),
            count => {
                format!("{} longer than CUCM's back-off explains: nothing tried, or nothing traced", grouped(count))
            }
        };
        page.fact("retries", Tone::Plain, &format!("{}, the longest pause {longest}; {odd}", grouped(retries.count)));
    }
    for alarm in &destination.alarms {
        page.fact(
            "alarm",
            Tone::Plain,
            &format!("{}: {}, {}", alarm.name, counted(alarm.count, "time"), between(alarm.first, alarm.last)),
        );
    }
}

fn outages(outages: &[Outage], page: &mut Page) {
    if outages.is_empty() {
        return;
    }
    page.gap();
    let mut rows = vec![vec!["outage from".to_owned(), "to".to_owned(), "lasted".to_owned(), "failures".to_owned()]];
    for outage in outages.iter().rev().take(OUTAGES) {
        let lasted = outage.to.map(|to| duration((to - outage.from).as_seconds_f64().max(0.0)));
        let to = outage.to.map_or_else(|| "ongoing".to_owned(), clock);
        rows.push(vec![clock(outage.from), to, lasted.unwrap_or_else(|| "-".to_owned()), grouped(outage.failures)]);
    }
    page.table(&rows);
    if let Some(beginning) = outages.first().and_then(Outage::beginning) {
        page.indented(
            2,
            4,
            &[(
                Tone::Warn,
                &format!(
                    "at least from {}: {beginning}",
                    outages.first().map(|outage| clock(outage.from)).unwrap_or_default()
                ),
            )],
        );
    }
    if let Some(more @ 1..) = outages.len().checked_sub(OUTAGES) {
        page.indented(2, 2, &[(Tone::Faint, &format!("and {more} earlier ones (--json lists them all)"))]);
    }
}

/// `2 files failed and not delivered since; the oldest has waited about 3 h`
pub(super) fn still_waiting(destination: &Destination) -> String {
    let age = destination.oldest_waiting.as_ref().map(|age| {
        let about = if age.approximate { "about " } else { "" };
        format!("; the oldest has waited {about}{}", duration(age.age_s))
    });
    let files = counted(destination.files_waiting, "file");
    format!("{files} failed and not delivered since{}", age.unwrap_or_default())
}

fn files(destination: &Destination, page: &mut Page) {
    if destination.files_waiting == 0 {
        return;
    }
    page.gap();
    page.indented(2, 4, &[(Tone::Strong, &still_waiting(destination))]);
    let mut rows = vec![vec!["file".to_owned(), "made (UTC)".to_owned(), "attempts".to_owned()]];
    rows.extend(destination.files.iter().map(file_row));
    if rows.len() > 1 {
        page.table(&rows);
    }
    let listed = destination.files.len() as u64;
    if let Some(more @ 1..) = destination.files_waiting.checked_sub(listed).filter(|_| listed > 0) {
        page.indented(2, 2, &[(Tone::Faint, &format!("and {} (--limit lists more)", counted(more, "younger file")))]);
    }
}

fn file_row(file: &WaitingFile) -> Vec<String> {
    let made = file.created_utc.map_or_else(|| "-".to_owned(), |time| time.format("%Y-%m-%d %H:%M").to_string());
    vec![file.name.clone(), made, grouped(file.attempts)]
}

fn negotiation(lists: &Negotiation, page: &mut Page) {
    page.line(&[(Tone::Strong, "Algorithm lists in the trace"), (Tone::Faint, &format!(" ({})", lists.evidence))]);
    let mut rows = vec![vec!["category".to_owned(), "CUCM proposes".to_owned(), "the server offers".to_owned()]];
    for category in crate::model::offer::Category::NEGOTIATED {
        let (client, server) = (lists.client.get(category), lists.server.get(category));
        if client.is_none() && server.is_none() {
            continue;
        }
        let cell = |list: Option<&[String]>| list.map_or_else(|| "-".to_owned(), |list| list.join(", "));
        let failed = lists.failed_category == Some(category);
        let title =
            if failed { format!("{} (nothing in common)", category.title()) } else { category.title().to_owned() };
        rows.push(vec![title, cell(client), cell(server)]);
    }
    page.table(&rows);
}

fn inputs(inputs: &[Input], page: &mut Page) {
    let sum = |field: fn(&Input) -> u64, thing| counted(inputs.iter().map(field).sum(), thing);
    let (first, last) =
        (inputs.iter().filter_map(|input| input.first).min(), inputs.iter().filter_map(|input| input.last).max());
    let span = first.zip(last).map(|(first, last)| format!(", {}", between(first, last))).unwrap_or_default();
    let text = format!(
        "Read {}: {} in {}{span} (the node's local time)",
        counted(inputs.len() as u64, "trace"),
        sum(|input| input.records, "record"),
        sum(|input| input.lines, "line"),
    );
    page.line(&[(Tone::Faint, &text)]);
}
