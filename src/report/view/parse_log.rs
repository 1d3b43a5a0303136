//! `parse-log`: the verdicts, then each destination with causes and remedies, then tables and lists.

use chrono::NaiveDateTime;

use super::chart::Chart;
use super::{
    Block, Clock, Fact, Form, Headline, Row, Section, Times, ToView, View, by_direction, code, fact, fact_of, facts,
    node, notes, prose_in, table, toned, words,
};
use crate::document::alarms::RaisedAlarms;
use crate::document::parse_log::{
    Alarm, CauseCount, Destination, Input, Negotiation, Outage, ParseLog, Retries, Status, WaitingFile,
};
use crate::model::offer::Setting;
use crate::report::monitor::{self, Monitored};
use crate::report::page::Tone;
use crate::words::excerpt;
use crate::words::{clock, counted, duration, grouped};

/// Outages beyond this many are summed up.
const OUTAGES: usize = 20;

impl ToView for ParseLog {
    fn view(&self) -> View<'_> {
        let (title, tone) = title(self);
        let mut sections = vec![Section::first("Not read", not_read(self)), Section::first("Timeline", chart(self))];
        sections.extend(destinations(self));
        sections.extend(of_node(self));
        sections.push(Section::first("What was read", read(self)));
        let is_told = |warning: &&String| self.unread.first() == Some(*warning);
        sections.push(Section::first("Notes", notes(self.warnings.iter().filter(|warning| !is_told(warning)))));
        sections.extend(rest(self));
        sections.push(Section::full("Inputs", inputs(self)));
        View::with(title, tone, headlines(self), sections)
    }

    fn monitored(&self) -> Option<Monitored<'_>> {
        Some(monitor::parse_log::monitored(self))
    }

    fn times(&self) -> Times {
        Times { clock: Some(Clock::of(self.time_zone.as_ref())), judged: None }
    }
}

/// All of it but the notes, as a part of a larger answer.
pub fn as_part(answer: &ParseLog) -> Vec<Option<Section>> {
    let headlines = headlines(answer);
    let verdicts = if headlines.is_empty() { Vec::new() } else { vec![Block::Headlines(headlines)] };
    let verdicts = verdicts.into_iter().chain(read(answer));
    let mut sections = vec![Section::first("Traces", verdicts), Section::first("Timeline", chart(answer))];
    sections.extend(destinations(answer));
    sections.extend(of_node(answer));
    sections.extend(rest(answer));
    sections.push(Section::full("Inputs", inputs(answer)));
    sections.into_iter().map(|section| section.map(Section::in_full)).collect()
}

/// What CUCM says beside its traces: alarms, and a node's own words about itself.
fn of_node(answer: &ParseLog) -> [Option<Section>; 2] {
    let nodes = answer.nodes.iter().flat_map(node::blocks);
    [Section::first("Alarms", alarms(answer)), Section::first("CUCM node", nodes)]
}

fn rest(answer: &ParseLog) -> Vec<Option<Section>> {
    let lists = answer.negotiation.iter().flat_map(negotiation);
    let mut sections: Vec<_> = answer.destinations.iter().map(details).collect();
    sections.push(Section::full("Algorithm lists in the trace", lists));
    sections
}

fn title(answer: &ParseLog) -> (String, Tone) {
    let destinations = &answer.destinations;
    let of = |status| destinations.iter().filter(move |destination| destination.status == status).collect::<Vec<_>>();
    let since = |destination: &Destination| destination.outages.last().map(|outage| outage.began("since"));
    match (of(Status::Failing).as_slice(), of(Status::Recovered).as_slice()) {
        ([], []) if !answer.alarms.is_empty() => ("CUCM raised alarms about its CDR files".to_owned(), Tone::Bad),
        ([], []) if answer.nodes.iter().any(|node| !node.problems().is_empty()) => {
            ("A CUCM node reports a problem".to_owned(), Tone::Bad)
        }
        ([], []) if !answer.unread.is_empty() => ("Nothing failed in what could be read".to_owned(), Tone::Warn),
        ([], []) if answer.failures_left_out > 0 => {
            let outside = counted(answer.failures_left_out, "failure");
            (format!("Nothing failed in the part asked for; outside it: {outside}"), Tone::Warn)
        }
        ([], []) if destinations.is_empty() && !answer.nodes.is_empty() => {
            ("The node reports nothing wrong".to_owned(), Tone::Good)
        }
        ([], []) if destinations.is_empty() => {
            ("Nothing failed: the trace holds no delivery and no destination.".to_owned(), Tone::Good)
        }
        ([], []) => ("All call detail records were delivered".to_owned(), Tone::Good),
        ([], [one]) => (format!("Deliveries to {} failed and work again", short(one)), Tone::Warn),
        ([], several) => {
            (format!("Deliveries to {} failed and work again", counted(several.len() as u64, "server")), Tone::Warn)
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

fn headlines(answer: &ParseLog) -> Vec<Headline> {
    let mark = |tone, verdict, subject: String, object: String| Headline {
        tone,
        verdict,
        form: Form::Mark,
        subject,
        object,
        why: String::new(),
    };
    let left_out = answer.left_out().map(|text| mark(Tone::Warn, "note", String::new(), text));
    let alarms = answer.alarms.iter().map(|alarms| mark(Tone::Bad, "alarm", alarms.headline(), String::new()));
    let unread = (!answer.unread.is_empty()).then(|| {
        let inputs = counted(answer.unread.len() as u64, "input");
        let what = "could not be read in full, so failures may be missing here";
        mark(Tone::Warn, "incomplete", inputs, what.to_owned())
    });
    let nodes = answer.nodes.iter().flat_map(node::headlines);
    let destinations = answer.destinations.iter().map(headline);
    let lines = left_out.into_iter().chain(alarms).chain(nodes);
    // What is missing counts more than what is healthy, and less than what fails.
    if answer.destinations.iter().any(|destination| destination.status != Status::Healthy) {
        lines.chain(destinations).chain(unread).collect()
    } else {
        lines.chain(unread).chain(destinations).collect()
    }
}

/// How one destination does.
fn headline(destination: &Destination) -> Headline {
    let last = destination.outages.last();
    let cause = destination.failures().causes.first().map(|cause| cause.cause.clone()).unwrap_or_default();
    let (tone, verdict, object, why) = match destination.status {
        Status::Failing => (Tone::Bad, "failing", last.map(|outage| outage.began("since")).unwrap_or_default(), cause),
        Status::Recovered => {
            let at = last.and_then(|outage| outage.to).map(|to| format!("at {}", clock(to))).unwrap_or_default();
            (Tone::Warn, "recovered", at, String::new())
        }
        Status::Healthy if destination.deliveries == 0 => {
            (Tone::Warn, "nothing", "(neither a delivery nor a failure)".to_owned(), String::new())
        }
        Status::Healthy => {
            let delivered = format!("({} delivered)", counted(destination.deliveries, "file"));
            (Tone::Good, "healthy", delivered, String::new())
        }
    };
    Headline { tone, verdict, form: Form::Mark, subject: destination.name(), object, why }
}

/// The first input that is missing; the notes have the others.
fn not_read(answer: &ParseLog) -> Option<Block> {
    answer.unread.first().map(|why| Block::Paragraph(vec![words(why)]))
}

fn chart(answer: &ParseLog) -> Vec<Block> {
    Chart::of(answer).map(Block::Chart).into_iter().collect()
}

fn destinations(answer: &ParseLog) -> Vec<Option<Section>> {
    answer.destinations.iter().map(|destination| Section::first(&destination.name(), causes(destination))).collect()
}

/// Why deliveries to it fail, what to do, and what has come of it.
fn causes(destination: &Destination) -> Vec<Block> {
    let mut blocks = Vec::new();
    for cause in destination.failures().causes {
        blocks.push(Block::Facts(cause_facts(destination, cause)));
        let text = excerpt(&cause.evidence.text).into_owned();
        blocks.push(Block::Evidence { place: cause.evidence.to_string(), text });
    }
    blocks.extend(facts(outcome(destination)));
    blocks
}

fn cause_facts(destination: &Destination, cause: &CauseCount) -> Vec<Fact> {
    let stage = cause.stage.map(|stage| format!(", at stage {stage}")).unwrap_or_default();
    let share = format!("{stage}: {} of {}", grouped(cause.count), destination.failures().of);
    let mut facts = vec![("cause".to_owned(), vec![toned(Tone::Bad, &cause.cause), words(share)])];
    facts.extend(cause.message.as_ref().map(|message| fact_of("message", code(excerpt(message)))));
    let remedy = match &cause.remedy {
        Some(remedy) => prose_in(Tone::Strong, remedy),
        None => prose_in(Tone::Warn, destination.without_remedy(cause)),
    };
    facts.push(("remedy".to_owned(), remedy));
    facts.extend(cause.first.zip(cause.last).map(|(first, last)| fact("seen", between(first, last))));
    facts
}

/// A span of time; one time where both are the same.
fn between(first: NaiveDateTime, last: NaiveDateTime) -> String {
    if first == last { clock(first) } else { format!("{} to {}", clock(first), clock(last)) }
}

fn outcome(destination: &Destination) -> Vec<Fact> {
    let counts =
        format!("{} delivered, {} failed", grouped(destination.deliveries), grouped(destination.delivery_failures));
    let last = destination.last_delivery.map(|time| format!("; the last one at {}", clock(time))).unwrap_or_default();
    let mut facts = vec![fact("deliveries", format!("{counts}{last}"))];
    if destination.connection_failures > 0 {
        facts.push(fact("connections", format!("{} failed", grouped(destination.connection_failures))));
    }
    if let Some((outage, to)) = destination.outages.last().and_then(|outage| Some((outage, outage.to?))) {
        let (lasted, failures) = (lasted(outage.from, to), counted(outage.failures, "failed delivery"));
        facts.push(fact("outage", format!("{} to {} ({lasted}): {failures}", clock(outage.from), clock(to))));
    }
    let host = destination.without_host();
    facts.extend(host.map(|where_told| fact_of("host", toned(Tone::Warn, where_told))));
    if destination.files_waiting > 0 {
        facts.push(fact("waiting", still_waiting(destination)));
    }
    facts
}

/// `2 failed files, the oldest for about 3 h`
fn still_waiting(destination: &Destination) -> String {
    let age = destination.oldest_waiting.as_ref().map(|age| {
        let about = if age.approximate { "about " } else { "" };
        format!(", the oldest for {about}{}", duration(age.age_s))
    });
    format!("{}{}", counted(destination.files_waiting, "failed file"), age.unwrap_or_default())
}

/// What the alarms say, and what to do.
fn alarms(answer: &ParseLog) -> Vec<Block> {
    answer.alarms.iter().flat_map(alarm).collect()
}

fn alarm(alarms: &RaisedAlarms) -> [Block; 3] {
    let mut told: Vec<Fact> = alarms.facts().into_iter().map(|(label, text)| fact(label, text)).collect();
    told.push(("do".to_owned(), prose_in(Tone::Strong, alarms.advice())));
    let evidence = Block::Evidence { place: alarms.evidence.to_string(), text: alarms.evidence.text.clone() };
    [Block::Heading(vec![words(alarms.title())]), Block::Facts(told), evidence]
}

/// The tables of one destination.
fn details(destination: &Destination) -> Option<Section> {
    let mut blocks = outages(destination);
    blocks.extend(files(destination));
    let retries = destination.retries.iter().map(|retries| fact("retries", retries_in_words(retries)));
    let alarms = destination.alarms.iter().map(raised);
    blocks.extend(facts(retries.chain(alarms).collect()));
    Section::full(&format!("{}: outages and files", destination.name()), blocks)
}

fn retries_in_words(retries: &Retries) -> String {
    let odd = match retries.overlong {
        0 => "within CUCM's back-off of 6 s doubling to 120 s".to_owned(),
        count => format!("{} longer than CUCM's back-off: no attempts, or no trace of them", grouped(count)),
    };
    format!("{}, the longest pause {}; {odd}", grouped(retries.count), duration(retries.longest_s))
}

fn raised(alarm: &Alarm) -> Fact {
    fact("alarm", format!("{}: {}, {}", alarm.name, counted(alarm.count, "time"), between(alarm.first, alarm.last)))
}

fn outages(destination: &Destination) -> Vec<Block> {
    let outages = destination.outages.as_slice();
    let shown = outages.iter().rev().take(OUTAGES).map(outage).collect();
    let mut blocks = Vec::from_iter(table(["outage from", "to", "lasted", "failures"], shown));
    if let Some((first, beginning)) = outages.first().and_then(|first| Some((first, first.beginning()?))) {
        let text = format!("From at least {}: {beginning}.", clock(first.from));
        blocks.push(Block::Paragraph(vec![toned(Tone::Warn, text)]));
    }
    if let Some(more @ 1..) = outages.len().checked_sub(OUTAGES) {
        let more = more as u64 + destination.outages_left_out;
        let listed = if destination.outages_left_out > 0 { "2,000 of them" } else { "them all" };
        let text = format!("And {} earlier ones (--json lists {listed}).", grouped(more));
        blocks.push(Block::Paragraph(vec![toned(Tone::Faint, text)]));
    }
    blocks
}

fn outage(outage: &Outage) -> Row {
    let to = outage.to.map_or_else(|| toned(Tone::Bad, "ongoing"), |to| words(clock(to)));
    let lasted = outage.to.map(|to| lasted(outage.from, to));
    let lasted = words(lasted.unwrap_or_else(|| "-".to_owned()));
    let cells = vec![words(clock(outage.from)), to, lasted, words(grouped(outage.failures))];
    Row { marked: outage.to.is_none(), cells }
}

fn lasted(from: NaiveDateTime, to: NaiveDateTime) -> String {
    duration((to - from).as_seconds_f64().max(0.0))
}

fn files(destination: &Destination) -> Vec<Block> {
    let rows = table(["file", "made (UTC)", "attempts"], destination.files.iter().map(file).collect());
    let mut blocks = Vec::from_iter(rows);
    let listed = destination.files.len() as u64;
    if let Some(more @ 1..) = destination.files_waiting.checked_sub(listed).filter(|_| listed > 0) {
        let text = format!("And {} (--limit lists more).", counted(more, "younger file"));
        blocks.push(Block::Paragraph(vec![toned(Tone::Faint, text)]));
    }
    blocks
}

fn file(file: &WaitingFile) -> Row {
    let made = file.created_utc.map(|time| time.format("%Y-%m-%d %H:%M").to_string());
    Row::of(vec![code(&file.name), words(made.unwrap_or_else(|| "-".to_owned())), words(grouped(file.attempts))])
}

fn negotiation(lists: &Negotiation) -> Vec<Block> {
    let cell = |list: Option<&[String]>| list.map_or_else(|| words("-"), |list| code(list.join(", ")));
    let sides = |category| (lists.client.get(category), lists.server.get(category));
    let all = Setting::ALL.into_iter().flat_map(|setting| by_direction(setting, sides));
    let rows = all.filter_map(|(title, categories, (client, server))| {
        let failed = lists.failed_category.is_some_and(|failed| categories.contains(&failed));
        let title = if failed { toned(Tone::Bad, format!("{title} (nothing in common)")) } else { words(title) };
        (client.is_some() || server.is_some())
            .then(|| Row { marked: failed, cells: vec![title, cell(client), cell(server)] })
    });
    let rows = rows.collect();
    let rows = table(["category", "CUCM proposes", "the server offers"], rows);
    let place = Block::Evidence { place: lists.evidence.to_string(), text: lists.evidence.text.clone() };
    rows.into_iter().chain([place]).collect()
}

/// What was read, in a line.
fn read(answer: &ParseLog) -> Vec<Block> {
    let inputs = &answer.inputs;
    let sum = |field: fn(&Input) -> u64, thing| counted(inputs.iter().map(field).sum(), thing);
    let (first, last) =
        (inputs.iter().filter_map(|input| input.first).min(), inputs.iter().filter_map(|input| input.last).max());
    let span = |(first, last)| format!(", {} (the node's local time)", between(first, last));
    let span = first.zip(last).map(span).unwrap_or_default();
    let kind = if inputs.iter().all(|input| input.records > 0) { "trace" } else { "input" };
    let text = format!(
        "{}: {} in {}{span}",
        counted(inputs.len() as u64, kind),
        sum(|input| input.records, "record"),
        sum(|input| input.lines, "line"),
    );
    vec![Block::Paragraph(vec![toned(Tone::Faint, text)])]
}

fn inputs(answer: &ParseLog) -> Option<Block> {
    let row = |input: &Input| {
        let time = |time: Option<_>| words(time.map_or_else(|| "-".to_owned(), clock));
        Row::of(vec![code(&input.path), words(grouped(input.records)), time(input.first), time(input.last)])
    };
    table(["trace", "records", "first (local time)", "last"], answer.inputs.iter().map(row).collect())
}
