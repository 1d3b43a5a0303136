//! `deliver` as text: whether it was delivered, or where it stopped, why and what helps; then every stage.

use super::page::{Page, Tone};
use super::words::{counted, duration, grouped};
use super::{Render, probe, server};
use crate::document::deliver::{Deliver, Failure, FreeSpace, StageReport, Throughput};
use crate::model::stage::Stage;
use crate::words::excerpt;

impl Render for Deliver {
    fn render(&self, page: &mut Page) {
        headline(self, page);
        others_refused(self, page);
        failure(self, page);
        left_behind(self, page);
        backfill(self, page);
        page.gap();
        stages(&self.stages, page);
        facts(self, page);
        if let Some(profile) = &self.profile {
            page.gap();
            probe::judged_by(std::slice::from_ref(profile), page);
        }
        for warning in &self.warnings {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
    }
}

fn headline(answer: &Deliver, page: &mut Page) {
    let place = format!("{}@{}:{}", answer.user, answer.target, answer.directory);
    let (tone, verb) = match &answer.failure {
        _ if answer.interrupted => (Tone::Warn, "INTERRUPTED"),
        None if answer.delivered => (Tone::Good, "DELIVERED"),
        None if answer.backfill.is_some() => (Tone::Bad, "NOT ALL DELIVERED"),
        _ => (Tone::Bad, "NOT DELIVERED"),
    };
    let rest = match &answer.failure {
        Some(failure) if !answer.interrupted => {
            format!(": {}", stopped(failure))
        }
        _ => String::new(),
    };
    page.line(&[(tone, verb), (Tone::Plain, "  "), (Tone::Strong, &place), (Tone::Plain, &rest)]);
}

/// Where it stopped, and the cause.
fn stopped(failure: &Failure) -> String {
    match (failure.stage, failure.cause.as_deref()) {
        (Stage::Authentication, Some("authentication")) => "login failed".to_owned(),
        (stage, cause) => format!("it stops at {}: {}", stage.name(), cause.unwrap_or("unknown cause")),
    }
}

/// That one client gets through says nothing of the others, and nobody said which one CUCM's is.
fn others_refused(answer: &Deliver, page: &mut Page) {
    let Some(own) = &answer.profile else { return };
    let refused: Vec<_> = answer
        .others_refused()
        .map(|client| format!("{}: {}", client.profile, client.refusal().unwrap_or_default()))
        .collect();
    // Where this client is refused itself, the change that is shown serves all.
    if refused.is_empty() || answer.refusal.is_some() {
        return;
    }
    page.line(&[
        (Tone::Bad, "REFUSED"),
        (Tone::Plain, " by the server's lists: "),
        (Tone::Strong, &refused.join("; ")),
        (Tone::Plain, &format!(". This delivery stood for {} alone; your release's: --profile; ", own.id)),
        (Tone::Plain, &format!("what to change: `cdrdiag probe {}`", answer.target)),
    ]);
}

fn failure(answer: &Deliver, page: &mut Page) {
    let Some(failure) = answer.failure.as_ref().filter(|_| !answer.interrupted) else { return };
    page.fact("says", Tone::Plain, &excerpt(&failure.message));
    match &failure.remedy {
        Some(remedy) => page.fact("remedy", Tone::Strong, remedy),
        None => page.fact("remedy", Tone::Warn, "not known: see the server's log at this time"),
    }
    if let Some(refusal) = &answer.refusal {
        for finding in &refusal.findings {
            page.fact("finding", Tone::Plain, finding);
        }
        server::remedies(&refusal.remedy, page);
    }
}

fn left_behind(answer: &Deliver, page: &mut Page) {
    for path in &answer.left_behind {
        page.line(&[
            (Tone::Bad, "LEFT BEHIND"),
            (Tone::Plain, "  "),
            (Tone::Strong, path),
            (Tone::Plain, " could not be removed, if it was made: remove it by hand"),
        ]);
    }
}

/// How many files are listed one by one.
const LISTED: usize = 10;

/// What became of the saved files: the counts, and each that is not on the server.
fn backfill(answer: &Deliver, page: &mut Page) {
    let Some(backfill) = &answer.backfill else { return };
    let totals = &backfill.totals;
    page.gap();
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
    page.fact("files", Tone::Strong, &format!("{}: {}", counted(totals.files, "file"), counts.join(", ")));
    let bad: Vec<_> = backfill.files.iter().filter(|file| !file.outcome.is_good()).collect();
    for file in bad.iter().filter(|file| file.message.is_some()).take(LISTED) {
        page.fact("", Tone::Bad, &format!("{}: {}", file.name, excerpt(file.message.as_deref().unwrap_or_default())));
    }
    if bad.len() > LISTED {
        page.fact("", Tone::Plain, "--json lists every file");
    }
    if backfill.written_directly {
        page.fact("note", Tone::Warn, "the server refuses to rename: files were written under their own names");
    }
    if let Some(journal) = &backfill.journal {
        page.fact("journal", Tone::Plain, &format!("{journal}: a later run goes on from here"));
    }
}

fn stages(stages: &[StageReport], page: &mut Page) {
    let mut rows = vec![["stage", "result", "ms", "seen"].map(str::to_owned).to_vec()];
    rows.extend(stages.iter().map(|report| {
        let ms = report.ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
        let detail = without_fingerprint(report.detail.as_deref().unwrap_or_default());
        // The directory stands in a row of its own.
        let name = detail.rsplit_once('/').filter(|_| report.stage == Stage::SftpWrite).map(|(_, name)| name);
        let detail = match (name, detail.split_once(" as ")) {
            (Some(name), Some((size, _))) => format!("{size} as {name}"),
            _ => detail,
        };
        vec![report.stage.name().to_owned(), report.result.words().to_owned(), ms, detail]
    }));
    page.table(&rows);
}

/// A fingerprint would make the table wider than a terminal; it stands among the facts.
fn without_fingerprint(detail: &str) -> String {
    let words = detail.split(' ').filter_map(|word| match word.strip_prefix("SHA256:") {
        Some(_) => word.ends_with(',').then_some(","),
        None => Some(word),
    });
    words.collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

fn facts(answer: &Deliver, page: &mut Page) {
    page.gap();
    if let Some(total) = answer.total_ms {
        page.fact("time", Tone::Plain, &duration(total / 1000.0));
    }
    if let Some((key, sha256)) = answer.host_key.as_ref().and_then(|key| Some((key, key.sha256.as_ref()?))) {
        page.fact("host key", Tone::Plain, &format!("{} {sha256}", key.algorithm));
    }
    if !answer.auth_methods.is_empty() {
        page.fact("logins", Tone::Plain, &format!("the server offers {}", answer.auth_methods.join(", ")));
    }
    if let Some(space) = &answer.free_space {
        page.fact("free space", Tone::Plain, &space_words(space));
    }
    if let Some(why) = &answer.free_space_unknown {
        page.fact("free space", Tone::Warn, &format!("not known: {why}"));
    }
    if let Some(throughput) = &answer.throughput {
        page.fact("throughput", Tone::Plain, &throughput_words(throughput));
    }
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
