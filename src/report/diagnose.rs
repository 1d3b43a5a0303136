//! `diagnose` as text: the headline, the first conclusion with the remedy and the deadline, the other conclusions,
//! then what the other commands say of each part.

use super::monitor::{self, Monitored};
use super::page::{Page, Tone};
use super::{Render, compare, server, text, view};
use crate::document::diagnose::{Conclusion, Diagnose, Evidence};
use crate::document::remedy::Remedy;
use crate::words::excerpt;

impl Render for Diagnose {
    fn monitored(&self) -> Option<Monitored> {
        Some(monitor::diagnose::monitored(self))
    }

    fn first_screen(&self, page: &mut Page) {
        let tone = tone(self);
        page.line(&[(tone, &self.headline)]);
        text::blocks(&view::diagnose::first_screen(self), page);
        page.gap();
        page.line(&[(Tone::Faint, "--full shows all: traces, waiting files, servers and sources.")]);
    }

    fn render(&self, page: &mut Page) {
        page.line(&[(tone(self), &self.headline)]);
        for (index, conclusion) in self.conclusions.iter().enumerate() {
            page.gap();
            if index > 0 {
                let tone = if conclusion.problem { Tone::Bad } else { Tone::Strong };
                page.line(&[(tone, &conclusion.headline)]);
            }
            let (before, _) = self.conclusions.split_at(index);
            body(conclusion, before, page);
            server::remedies(&new_remedies(self, index), page);
        }
        offered(self, page);
        // What the traces' own part tells is not said twice.
        let of_traces = |warning: &&String| self.parse_log.iter().any(|trace| trace.unread.contains(warning));
        for warning in self.warnings.iter().filter(|warning| !of_traces(warning)) {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
        parts(self, page);
    }
}

fn tone(diagnose: &Diagnose) -> Tone {
    let problem = diagnose.conclusions.first().is_some_and(|first| first.problem);
    let narrow = diagnose.parse_log.as_ref().is_some_and(|trace| trace.failures_left_out > 0);
    match (problem, narrow) {
        (true, _) => Tone::Bad,
        (false, true) => Tone::Warn,
        (false, false) => Tone::Good,
    }
}

fn body(conclusion: &Conclusion, before: &[Conclusion], page: &mut Page) {
    page.fact("certainty", Tone::Plain, conclusion.certainty.words());
    page.fact("why", Tone::Plain, &conclusion.text);
    evidence(conclusion, before, page);
    for (index, step) in conclusion.steps.iter().enumerate() {
        let name = if index == 0 { "do" } else { "" };
        // A command is copied, so it is never wrapped.
        if conclusion.commands.contains(step) {
            if index == 0 {
                page.fact("on CUCM", Tone::Strong, "(its command line asks for an SFTP server)");
            }
            page.code(16, step);
        } else {
            page.fact(name, Tone::Strong, step);
        }
    }
    for (index, next) in conclusion.next.iter().enumerate() {
        page.fact(if index == 0 { "to confirm" } else { "" }, Tone::Faint, next);
    }
}

/// What a conclusion rests on; what stands above already is not repeated.
fn evidence(conclusion: &Conclusion, before: &[Conclusion], page: &mut Page) {
    let told = |evidence: &&Evidence| before.iter().any(|one| one.evidence.contains(evidence));
    let new: Vec<&Evidence> = conclusion.evidence.iter().filter(|evidence| !told(evidence)).collect();
    if new.len() < conclusion.evidence.len() {
        page.fact("evidence", Tone::Faint, if new.is_empty() { "as above" } else { "as above, and" });
    }
    let first_of_all = new.len() == conclusion.evidence.len();
    for (index, evidence) in new.into_iter().enumerate() {
        page.fact(if index == 0 && first_of_all { "evidence" } else { "" }, Tone::Plain, &evidence.what);
        if let Some(place) = place(evidence) {
            page.indented(16, 18, &[(Tone::Faint, &place)]);
        }
        if let Some(text) = &evidence.text {
            page.indented(16, 18, &[(Tone::Faint, &excerpt(text))]);
        }
    }
}

fn place(evidence: &Evidence) -> Option<String> {
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    evidence.path.as_ref().map(|path| format!("{path}{line}"))
}

/// The changes that no earlier conclusion has asked for already.
fn new_remedies(diagnose: &Diagnose, index: usize) -> Vec<Remedy> {
    let (before, from) = diagnose.conclusions.split_at(index);
    let asked = |remedy: &&Remedy| before.iter().any(|one| one.remedy.contains(remedy));
    let Some(conclusion) = from.first() else { return Vec::new() };
    conclusion.remedy.iter().filter(|remedy| !asked(remedy)).cloned().collect()
}

fn offered(diagnose: &Diagnose, page: &mut Page) {
    if diagnose.offered_targets.is_empty() {
        return;
    }
    page.gap();
    let text = "The traces name hosts that were not given; --probe-from-trace probes them, too:";
    page.line(&[(Tone::Strong, text)]);
    for target in &diagnose.offered_targets {
        page.code(4, &target.command);
    }
}

fn parts(diagnose: &Diagnose, page: &mut Page) {
    if let Some(trace) = &diagnose.parse_log {
        section("Traces", page);
        trace.render(page);
    }
    if let Some(backlog) = &diagnose.backlog {
        section("Waiting files", page);
        backlog.render(page);
    }
    if let Some(compare) = &diagnose.compare {
        section("Primary and secondary", page);
        // What a conclusion asks for stands above.
        if diagnose.remedy.is_empty() { compare.render(page) } else { compare::without_changes(compare, page) }
    }
    if let Some(probe) = &diagnose.probe {
        section("Servers", page);
        probe.render(page);
    }
}

fn section(title: &str, page: &mut Page) {
    page.gap();
    let width = page.width().min(80);
    let rule = "-".repeat(width.saturating_sub(title.chars().count() + 5));
    page.line(&[(Tone::Strong, &format!("-- {title} {rule}"))]);
    page.gap();
}
