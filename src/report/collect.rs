//! `collect` as text: what came, what did not, and what to do with it.

use super::Render;
use super::page::{Page, Tone};
use crate::document::collect::{Collect, CommandOutcome, ServiceState};
use crate::document::{Document, Verdict};
use crate::words::{counted, grouped};

impl Render for Collect {
    fn render(&self, page: &mut Page) {
        headline(self, page);
        node(self, page);
        page.gap();
        page.table(&files(self));
        for warning in &self.warnings {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
        page.gap();
        page.line(&[(Tone::Plain, "Next:")]);
        page.code(2, &format!("cdrdiag diagnose {}", self.out));
    }
}

fn headline(answer: &Collect, page: &mut Page) {
    let (tone, word) = match answer.verdict() {
        Verdict::Ok => (Tone::Good, "COLLECTED"),
        Verdict::Problem if answer.is_whole() => (Tone::Warn, "COLLECTED"),
        Verdict::Problem => (Tone::Warn, "COLLECTED IN PART"),
    };
    let place = format!("{}@{}", answer.node.user, answer.node.target);
    page.line(&[
        (tone, word),
        (Tone::Plain, "  from "),
        (Tone::Strong, &place),
        (Tone::Plain, " into "),
        (Tone::Strong, &answer.out),
    ]);
    if let Some(manager) = answer.repository_manager().filter(|manager| manager.state != ServiceState::Started) {
        let reason = manager.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        page.line(&[(Tone::Bad, &manager.name), (Tone::Plain, " does not run"), (Tone::Plain, &reason)]);
    }
}

fn node(answer: &Collect, page: &mut Page) {
    let node = &answer.node;
    let unknown = "not determined";
    page.fact("release", Tone::Plain, node.release.as_deref().unwrap_or(unknown));
    page.fact("time zone", Tone::Plain, node.time_zone.as_deref().unwrap_or(unknown));
    let fips = node.fips.map_or(unknown, |on| if on { "on" } else { "off" });
    page.fact("FIPS mode", Tone::Plain, fips);
    for server in &answer.billing_servers {
        let directory = server.directory.as_deref().unwrap_or_default();
        let account = server.user.as_deref().unwrap_or("?");
        page.fact("billing server", Tone::Plain, &format!("{account}@{} {directory}", server.host));
    }
}

fn files(answer: &Collect) -> Vec<Vec<String>> {
    let row = |cells: [String; 3]| cells.to_vec();
    let mut rows = vec![row(["read".into(), "bytes".into(), "whole".into()])];
    let proof = |complete: bool| if complete { "yes".to_owned() } else { "NO".to_owned() };
    for trace in &answer.traces {
        rows.push(row([trace.name.clone(), grouped(trace.bytes), proof(trace.complete)]));
    }
    if !answer.waiting.is_empty() {
        let bytes = answer.waiting.iter().map(|file| file.bytes).sum();
        let whole = answer.waiting.iter().filter(|file| file.complete).count();
        let files = counted(answer.waiting.len() as u64, "waiting file");
        rows.push(row([files, grouped(bytes), format!("{whole} of {}", answer.waiting.len())]));
    }
    let folders = answer.listings.len() as u64;
    let listed = answer.listings.iter().map(|listing| listing.files).sum::<u64>();
    rows.push(row([counted(folders, "folder"), String::new(), format!("{} listed", counted(listed, "file"))]));
    let done = answer.commands.iter().filter(|sent| sent.outcome == CommandOutcome::Done).count();
    rows.push(row(["commands".into(), String::new(), format!("{done} of {} answered", answer.commands.len())]));
    rows
}
