//! `deliver` as a page: whether it was delivered, or where it stopped, why and what helps; then every stage.

use super::changes::changes;
use super::{Block, Row, Section, Table, ToView, View, code, fact, fact_of, notes, prose_in, servers, toned, words};
use crate::document::deliver::{Deliver, Failure, FreeSpace, PasswordLogin, StageReport, Throughput};
use crate::model::stage::Stage;
use crate::report::page::Tone;
use crate::words::excerpt;
use crate::words::{counted, duration, grouped};

/// How many files are listed one by one.
const LISTED: usize = 10;

impl ToView for Deliver {
    fn view(&self) -> View<'_> {
        let (tone, title) = headline(self);
        let in_short =
            [others_refused(self), password_login(self), failure(self), left_behind(self), backfill(self)].concat();
        let sections = [
            Section::first("In short", in_short),
            Section::first("Stages", vec![stages(&self.stages)]),
            Section::first("What was seen", facts(self)),
            servers::checked_against(self.profile.as_slice()),
            Section::first("Notes", notes(&self.warnings)),
        ];
        View::of(title, tone, sections)
    }
}

fn headline(answer: &Deliver) -> (Tone, String) {
    let place = format!("{}@{}:{}", answer.user, answer.target, answer.directory);
    let (tone, verb) = match &answer.failure {
        _ if answer.interrupted => (Tone::Warn, "INTERRUPTED"),
        None if answer.delivered => (Tone::Good, "DELIVERED"),
        None if answer.backfill.is_some() => (Tone::Bad, "NOT ALL DELIVERED"),
        _ => (Tone::Bad, "NOT DELIVERED"),
    };
    let failure = answer.failure.as_ref().filter(|_| !answer.interrupted);
    let rest = failure.map(|failure| format!(": {}", stopped(failure))).unwrap_or_default();
    (tone, format!("{verb}  {place}{rest}"))
}

/// Where it stopped, and the cause.
fn stopped(failure: &Failure) -> String {
    match (failure.stage, failure.cause.as_deref()) {
        (Stage::Authentication, Some("authentication")) => "login failed".to_owned(),
        (stage, cause) => format!("it stopped at {}: {}", stage.name(), cause.unwrap_or("unknown cause")),
    }
}

/// That one client gets through says nothing of the others, and nobody said which one CUCM's is.
fn others_refused(answer: &Deliver) -> Vec<Block> {
    let Some(own) = &answer.profile else { return Vec::new() };
    let refused: Vec<_> = answer
        .others_refused()
        .map(|client| format!("{}: {}", client.profile, client.refusal().unwrap_or_default()))
        .collect();
    // Where this client is refused itself, the change that is shown serves all.
    if refused.is_empty() || answer.refusal.is_some() {
        return Vec::new();
    }
    vec![Block::Paragraph(vec![
        toned(Tone::Bad, "REFUSED"),
        words(" by the server's lists: "),
        toned(Tone::Strong, refused.join("; ")),
        words(format!(". This delivery acted as {} alone; --profile sets your release's. For the change:  ", own.id)),
        code(format!("cdrdiag probe {}", answer.target)),
    ])]
}

/// A login by key shows nothing of CUCM's, which is by password.
fn password_login(answer: &Deliver) -> Vec<Block> {
    let (tone, mark, text) = match answer.password_login() {
        None => return Vec::new(),
        Some(PasswordLogin::Refused) => {
            (Tone::Bad, "REFUSED", "  for CUCM: it logs in by password, and the server accepts none from this account")
        }
        Some(PasswordLogin::Untried) => {
            (Tone::Warn, "NOT TRIED", "  is CUCM's login: CUCM uses a password, and this delivery used a key")
        }
    };
    vec![Block::Paragraph(vec![toned(tone, mark), words(text)])]
}

fn failure(answer: &Deliver) -> Vec<Block> {
    let Some(failure) = answer.failure.as_ref().filter(|_| !answer.interrupted) else { return Vec::new() };
    let remedy = match &failure.remedy {
        Some(remedy) => prose_in(Tone::Strong, remedy),
        None => vec![toned(Tone::Warn, "unknown: see the server's log at this time")],
    };
    let mut facts = vec![fact("message", excerpt(&failure.message)), ("remedy".to_owned(), remedy)];
    let refusal = answer.refusal.as_ref();
    facts.extend(refusal.iter().flat_map(|client| &client.findings).map(|finding| fact("finding", finding)));
    let mut blocks = vec![Block::Facts(facts)];
    blocks.extend(refusal.iter().flat_map(|client| changes(&client.remedy, str::to_owned)));
    blocks
}

fn left_behind(answer: &Deliver) -> Vec<Block> {
    let paragraph = |path: &String| {
        Block::Paragraph(vec![
            toned(Tone::Bad, "LEFT BEHIND"),
            words("  "),
            toned(Tone::Strong, path),
            words(" could not be removed, if it was made: remove it by hand"),
        ])
    };
    answer.left_behind.iter().map(paragraph).collect()
}

/// What became of the saved files: the counts, and each that is not on the server.
fn backfill(answer: &Deliver) -> Vec<Block> {
    let Some(backfill) = &answer.backfill else { return Vec::new() };
    let totals = &backfill.totals;
    let counts = [
        (totals.delivered, "delivered"),
        (totals.already_there, "already there"),
        (totals.delivered_earlier, "delivered by an earlier run"),
        (totals.conflict, "in conflict with another file on the server"),
        (totals.failed, "failed"),
        (totals.not_sent, "not sent"),
        (totals.left_out, "left out"),
    ];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(count)))
        .collect();
    let files = format!("{}: {}", counted(totals.files, "file"), counts.join(", "));
    let mut facts = vec![fact_of("files", toned(Tone::Strong, files))];
    let bad: Vec<_> = backfill.files.iter().filter(|file| !file.outcome.is_good()).collect();
    for file in bad.iter().filter(|file| file.message.is_some()).take(LISTED) {
        let text = format!("{}: {}", file.name, excerpt(file.message.as_deref().unwrap_or_default()));
        facts.push(fact_of("file", toned(Tone::Bad, text)));
    }
    if bad.len() > LISTED {
        facts.push(fact("more", "--json lists every file"));
    }
    if backfill.written_directly {
        let text = "the server refuses to rename: files were written under their own names";
        facts.push(fact_of("note", toned(Tone::Warn, text)));
    }
    facts.extend(backfill.journal.iter().map(|path| fact("journal", format!("{path}: a later run goes on from here"))));
    vec![Block::Facts(facts)]
}

fn stages(stages: &[StageReport]) -> Block {
    let row = |report: &StageReport| {
        let ms = report.ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
        let cells = [report.stage.name().to_owned(), report.result.words().to_owned(), ms, seen(report)];
        Row { marked: false, cells: cells.map(words).to_vec() }
    };
    let head = ["stage", "result", "ms", "seen"].map(str::to_owned).to_vec();
    Block::Table(Table { head, rows: stages.iter().map(row).collect() })
}

/// The directory stands in a row of its own.
fn seen(report: &StageReport) -> String {
    let detail = without_fingerprint(report.detail.as_deref().unwrap_or_default());
    let name = detail.rsplit_once('/').filter(|_| report.stage == Stage::SftpWrite).map(|(_, name)| name);
    match (name, detail.split_once(" as ")) {
        (Some(name), Some((size, _))) => format!("{size} as {name}"),
        _ => detail,
    }
}

/// A fingerprint would make the table wider than a terminal; it stands among the facts.
fn without_fingerprint(detail: &str) -> String {
    let words = detail.split(' ').filter_map(|word| match word.strip_prefix("SHA256:") {
        Some(_) => word.ends_with(',').then_some(","),
        None => Some(word),
    });
    words.collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

fn facts(answer: &Deliver) -> Vec<Block> {
    let mut facts = Vec::new();
    facts.extend(answer.total_ms.map(|total| fact("time", duration(total / 1000.0))));
    if let Some((key, sha256)) = answer.host_key.as_ref().and_then(|key| Some((key, key.sha256.as_ref()?))) {
        facts.push(fact("host key", format!("{} {sha256}", key.algorithm)));
    }
    if !answer.auth_methods.is_empty() {
        facts.push(fact("logins", format!("the server offers {}", answer.auth_methods.join(", "))));
    }
    facts.extend(answer.free_space.as_ref().map(|space| fact("free space", space_words(space))));
    if let Some(why) = &answer.free_space_unknown {
        facts.push(fact_of("free space", toned(Tone::Warn, format!("unknown: {why}"))));
    }
    facts.extend(answer.throughput.as_ref().map(|pace| fact("throughput", throughput_words(pace))));
    if facts.is_empty() { Vec::new() } else { vec![Block::Facts(facts)] }
}

fn space_words(space: &FreeSpace) -> String {
    let files = space.files_available.map(|files| format!(", room for {}", counted(files, "more file")));
    let (available, total) = (grouped(space.available_bytes), grouped(space.total_bytes));
    format!("{available} of {total} bytes for this account{}", files.unwrap_or_default())
}

fn throughput_words(throughput: &Throughput) -> String {
    let rate =
        throughput.files_per_s.map_or_else(|| "none arrived".to_owned(), |rate| format!("{rate:.1} files a second"));
    let slowest = throughput.slowest_ms.map(|ms| format!(", the slowest {ms:.0} ms")).unwrap_or_default();
    let (files, asked) = (grouped(throughput.files.into()), grouped(throughput.asked.into()));
    format!("{rate}: {files} of {asked} files of {} bytes{slowest}", grouped(throughput.file_bytes))
}
