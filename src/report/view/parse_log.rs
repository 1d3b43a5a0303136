//! `parse-log` as a page to hand on.

use super::{Block, Headline, Piece, Row, Section, Table, ToView, View, by_setting, code, node, toned, words};
use crate::document::parse_log::{CauseCount, Destination, Input, Negotiation, Outage, ParseLog, RaisedAlarms, Status};
use crate::model::offer::Category;
use crate::report::chart::Chart;
use crate::report::page::Tone;
use crate::report::parse_log::{between, incomplete, still_waiting};
use crate::report::words::{clock, counted, duration, grouped};
use crate::words::excerpt;

/// Outages beyond this many are summed up.
const OUTAGES: usize = 20;

impl ToView for ParseLog {
    fn view(&self) -> View {
        let (title, tone) = title(self);
        let incomplete = incomplete(self).map(|(subject, rest)| Headline {
            tone: Tone::Warn,
            verdict: "Incomplete".to_owned(),
            subject,
            rest: rest.to_owned(),
        });
        let left_out = self.left_out().map(|rest| Headline {
            tone: Tone::Warn,
            verdict: "Left out".to_owned(),
            subject: String::new(),
            rest,
        });
        let raised = self.alarms.iter().map(alarm_headline);
        let headlines = raised
            .chain(self.nodes.iter().flat_map(node::headlines))
            .chain(self.destinations.iter().map(headline))
            .chain(incomplete)
            .chain(left_out)
            .collect();
        let mut sections = Vec::new();
        sections.extend(Section::of("Alarms", alarms(self)));
        sections.extend(Section::of("CUCM node", self.nodes.iter().flat_map(node::blocks).collect()));
        sections.extend(Section::of("Conclusion", conclusion(self)));
        sections.extend(timeline(self));
        sections.extend(Section::of("What to do", remedies(self)));
        sections.extend(trace_sections(self));
        sections.extend(Section::of("What was read", read(self)));
        View { title, tone, headlines, sections }
    }
}

/// What happened over time.
pub fn timeline(answer: &ParseLog) -> Option<Section> {
    Section::of("Timeline", Chart::of(answer).map(Block::Chart).into_iter().collect())
}

/// What the traces show beside that, without a conclusion: the part that a larger report takes over.
pub fn trace_sections(answer: &ParseLog) -> Vec<Section> {
    let sections = [
        Section::of("Deliveries", deliveries(answer)),
        Section::of("Files waiting", waiting(answer)),
        Section::of("Algorithm lists in the trace", answer.negotiation.iter().flat_map(negotiation).collect()),
        Section::of("Evidence", evidence(answer)),
    ];
    sections.into_iter().flatten().collect()
}

fn title(answer: &ParseLog) -> (String, Tone) {
    let destinations = &answer.destinations;
    let of = |status| destinations.iter().filter(move |destination| destination.status == status).collect::<Vec<_>>();
    let since = |destination: &Destination| destination.outages.last().map(|outage| outage.began("since"));
    match (of(Status::Failing).as_slice(), of(Status::Recovered).as_slice()) {
        ([], []) if !answer.alarms.is_empty() => ("CUCM raised alarms about its CDR files".to_owned(), Tone::Bad),
        ([], []) if answer.nodes.iter().any(|node| !node.troubles().is_empty()) => {
            ("A CUCM node says that something is wrong with it".to_owned(), Tone::Bad)
        }
        ([], []) if !answer.unread.is_empty() => ("Nothing failed in what could be read".to_owned(), Tone::Warn),
        ([], []) if answer.failures_left_out > 0 => {
            let outside = counted(answer.failures_left_out, "failure");
            (format!("Nothing of what was asked for failed; outside of it: {outside}"), Tone::Warn)
        }
        ([], []) if destinations.is_empty() => ("The traces speak of no delivery".to_owned(), Tone::Good),
        ([], []) => ("All call detail records were delivered".to_owned(), Tone::Good),
        ([], [one]) => (format!("Deliveries to {} failed and go on again", short(one)), Tone::Warn),
        ([], several) => {
            (format!("Deliveries to {} failed and go on again", counted(several.len() as u64, "server")), Tone::Warn)
        }
        ([one], _) => {
            let since = since(one).map(|time| format!(" {time}")).unwrap_or_default();
            (format!("{} gets no call detail records{since}", short(one)), Tone::Bad)
        }
        (several, _) => {
            (format!("{} get no call detail records", counted(several.len() as u64, "billing server")), Tone::Bad)
        }
    }
}

fn short(destination: &Destination) -> String {
    destination.host.clone().unwrap_or_else(|| destination.name())
}

/// How one destination does.
pub fn headline(destination: &Destination) -> Headline {
    let last = destination.outages.last();
    let (tone, verdict, rest) = match destination.status {
        Status::Failing => {
            let since = last.map(|outage| outage.began("since")).unwrap_or_default();
            let why =
                destination.failures().causes.first().map(|cause| format!(": {}", cause.cause)).unwrap_or_default();
            (Tone::Bad, "Failing", format!("{since}{why}"))
        }
        Status::Recovered => {
            let at = last.and_then(|outage| outage.to).map(|to| format!("at {}", clock(to))).unwrap_or_default();
            (Tone::Warn, "Recovered", at)
        }
        Status::Healthy if destination.deliveries == 0 => {
            (Tone::Warn, "Nothing", "(neither a delivery nor a failure)".to_owned())
        }
        Status::Healthy => (Tone::Good, "Healthy", format!("({} delivered)", counted(destination.deliveries, "file"))),
    };
    Headline { tone, verdict: verdict.to_owned(), subject: destination.name(), rest }
}

fn alarm_headline(alarms: &RaisedAlarms) -> Headline {
    Headline { tone: Tone::Bad, verdict: "Alarm".to_owned(), subject: alarms.headline(), rest: String::new() }
}

/// What the alarms say, and what to do.
pub fn alarms(answer: &ParseLog) -> Vec<Block> {
    let mut blocks = Vec::new();
    for alarms in &answer.alarms {
        blocks.push(Block::Heading(vec![words(alarms.title())]));
        let mut facts: Vec<_> =
            alarms.facts().into_iter().map(|(label, text)| (label.to_owned(), vec![words(text)])).collect();
        facts.push(("do".to_owned(), vec![toned(Tone::Strong, alarms.advice())]));
        blocks.push(Block::Facts(facts));
        blocks.push(Block::Evidence { place: alarms.evidence.to_string(), text: alarms.evidence.text.clone() });
    }
    blocks
}

fn conclusion(answer: &ParseLog) -> Vec<Block> {
    let mut points = Vec::new();
    for destination in &answer.destinations {
        for cause in destination.failures().causes {
            points.push(cause_point(destination, cause));
        }
        if destination.files_waiting > 0 {
            let text = format!(": {}.", still_waiting(destination));
            points.push(vec![toned(Tone::Strong, destination.name()), words(text)]);
        }
    }
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}

fn cause_point(destination: &Destination, cause: &CauseCount) -> Vec<Piece> {
    let stage = cause.stage.map(|stage| format!(", at stage {stage}")).unwrap_or_default();
    let failures = destination.failures().of;
    let mut point = vec![
        toned(Tone::Strong, destination.name()),
        words(format!(": {} of {failures} by ", grouped(cause.count))),
        toned(Tone::Bad, &cause.cause),
        words(stage),
    ];
    if let Some(message) = &cause.message {
        point.extend([words(". The client says "), code(excerpt(message))]);
    }
    point
}

fn remedies(answer: &ParseLog) -> Vec<Block> {
    let mut told: Vec<&str> = Vec::new();
    let mut points = Vec::new();
    for (destination, cause) in answer
        .destinations
        .iter()
        .flat_map(|destination| destination.failures().causes.iter().map(move |cause| (destination, cause)))
    {
        let remedy = cause.remedy.as_deref().unwrap_or_else(|| destination.without_remedy(cause));
        if !told.contains(&remedy) {
            told.push(remedy);
            points.push(vec![toned(Tone::Strong, &cause.cause), words(": "), words(remedy)]);
        }
    }
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}

fn deliveries(answer: &ParseLog) -> Vec<Block> {
    let mut blocks = Vec::new();
    for destination in &answer.destinations {
        blocks.push(Block::Heading(vec![words(destination.name())]));
        blocks.push(Block::Facts(facts(destination)));
        blocks.extend(outages(&destination.outages));
    }
    blocks
}

fn facts(destination: &Destination) -> Vec<(String, Vec<Piece>)> {
    let host = destination.without_host().map(|told| ("Host".to_owned(), vec![toned(Tone::Warn, told)]));
    let mut facts = vec![
        ("Delivered".to_owned(), vec![words(counted(destination.deliveries, "file"))]),
        ("Failed".to_owned(), vec![words(counted(destination.delivery_failures, "delivery"))]),
    ];
    facts.extend(host);
    if let Some(time) = destination.last_delivery {
        facts.push(("Last delivery".to_owned(), vec![words(clock(time))]));
    }
    if destination.connection_failures > 0 {
        let text = format!("{} failed", counted(destination.connection_failures, "connection"));
        facts.push(("Connections".to_owned(), vec![words(text)]));
    }
    if let Some(retries) = &destination.retries {
        let odd = match retries.overlong {
            0 => "within CUCM's back-off".to_owned(),
            count => format!("{} longer than CUCM's back-off explains", grouped(count)),
        };
        let text = format!("{}, the longest pause {}; {odd}", grouped(retries.count), duration(retries.longest_s));
        facts.push(("Retries".to_owned(), vec![words(text)]));
    }
    for alarm in &destination.alarms {
        let text = format!(", {}, {}", counted(alarm.count, "time"), between(alarm.first, alarm.last));
        facts.push(("Alarm".to_owned(), vec![code(&alarm.name), words(text)]));
    }
    facts
}

fn outages(outages: &[Outage]) -> Vec<Block> {
    if outages.is_empty() {
        return Vec::new();
    }
    let row = |outage: &Outage| {
        let to = outage.to.map_or_else(|| toned(Tone::Bad, "ongoing"), |to| words(clock(to)));
        let lasted = outage.to.map(|to| duration((to - outage.from).as_seconds_f64().max(0.0)));
        let cells = vec![
            words(clock(outage.from)),
            to,
            words(lasted.unwrap_or_else(|| "-".to_owned())),
            words(grouped(outage.failures)),
        ];
        Row { marked: outage.to.is_none(), cells }
    };
    let head = ["outage from", "to", "lasted", "failures"].map(str::to_owned).to_vec();
    let mut blocks = vec![Block::Table(Table { head, rows: outages.iter().rev().take(OUTAGES).map(row).collect() })];
    if let Some((first, beginning)) = outages.first().and_then(|first| Some((first, first.beginning()?))) {
        let text = format!("At least from {}: {beginning}.", clock(first.from));
        blocks.push(Block::Paragraph(vec![toned(Tone::Warn, text)]));
    }
    if let Some(more @ 1..) = outages.len().checked_sub(OUTAGES) {
        blocks.push(Block::Paragraph(vec![toned(Tone::Faint, format!("And {more} earlier ones."))]));
    }
    blocks
}

fn waiting(answer: &ParseLog) -> Vec<Block> {
    let mut blocks = Vec::new();
    for destination in answer.destinations.iter().filter(|destination| destination.files_waiting > 0) {
        let row = |file: &crate::document::parse_log::WaitingFile| {
            let made = file.created_utc.map(|time| time.format("%Y-%m-%d %H:%M").to_string());
            let cells =
                vec![code(&file.name), words(made.unwrap_or_else(|| "-".to_owned())), words(grouped(file.attempts))];
            Row { marked: false, cells }
        };
        let head = ["file", "made (UTC)", "attempts"].map(str::to_owned).to_vec();
        let count = counted(destination.files_waiting, "file");
        blocks.push(Block::Heading(vec![words(format!("{}: {count}", destination.name()))]));
        if !destination.files.is_empty() {
            blocks.push(Block::Table(Table { head, rows: destination.files.iter().map(row).collect() }));
        }
        let listed = destination.files.len() as u64;
        if let Some(more @ 1..) = destination.files_waiting.checked_sub(listed).filter(|_| listed > 0) {
            let text = format!("And {}.", counted(more, "younger file"));
            blocks.push(Block::Paragraph(vec![toned(Tone::Faint, text)]));
        }
    }
    blocks
}

fn negotiation(lists: &Negotiation) -> Vec<Block> {
    let cell = |list: Option<&[String]>| list.map_or_else(|| words("-"), |list| code(list.join(", ")));
    let row = |category: Category, title: &str| {
        let (client, server) = (lists.client.get(category), lists.server.get(category));
        let failed = lists.failed_category == Some(category);
        let title = if failed { toned(Tone::Bad, format!("{title} (nothing in common)")) } else { words(title) };
        (client.is_some() || server.is_some())
            .then(|| Row { marked: failed, cells: vec![title, cell(client), cell(server)] })
    };
    let head = ["category", "CUCM proposes", "the server offers"].map(str::to_owned).to_vec();
    let rows = by_setting(row);
    let Negotiation { evidence, .. } = lists;
    let place = Block::Evidence { place: evidence.to_string(), text: evidence.text.clone() };
    vec![Block::Table(Table { head, rows }), place]
}

fn evidence(answer: &ParseLog) -> Vec<Block> {
    let mut blocks = Vec::new();
    for cause in answer.destinations.iter().flat_map(|destination| destination.failures().causes) {
        let seen = format!(", {}", between(cause.first, cause.last));
        blocks.push(Block::Heading(vec![words(&cause.cause), toned(Tone::Faint, seen)]));
        blocks.push(Block::Evidence {
            place: cause.evidence.to_string(),
            text: excerpt(&cause.evidence.text).into_owned(),
        });
    }
    blocks
}

fn read(answer: &ParseLog) -> Vec<Block> {
    let row = |input: &Input| {
        let time = |time: Option<_>| words(time.map_or_else(|| "-".to_owned(), clock));
        let cells = vec![code(&input.path), words(grouped(input.records)), time(input.first), time(input.last)];
        Row { marked: false, cells }
    };
    let head = ["trace", "records", "first (local time)", "last"].map(str::to_owned).to_vec();
    let mut blocks = vec![Block::Table(Table { head, rows: answer.inputs.iter().map(row).collect() })];
    if !answer.warnings.is_empty() {
        let point = |warning: &String| vec![toned(Tone::Warn, "Note: "), words(warning)];
        blocks.push(Block::List(answer.warnings.iter().map(point).collect()));
    }
    blocks
}
