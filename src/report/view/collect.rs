//! `collect` as a page: whether all of it came, what the node says of itself, and what was read.

use super::{Block, Fact, Row, Section, ToView, View, code, facts, node, notes, table, toned, words};
use crate::document::collect::{Collect, CommandOutcome, Sent, Service, Trace};
use crate::document::node::NodeState;
use crate::document::{Document, Verdict};
use crate::report::page::Tone;
use crate::words::{counted, grouped};

/// How many traces are shown one by one.
const SHOWN: usize = 10;

impl ToView for Collect {
    fn view(&self) -> View<'_> {
        let (tone, verb) = match self.verdict() {
            Verdict::Ok => (Tone::Good, "COLLECTED"),
            Verdict::Problem if self.is_whole() => (Tone::Warn, "COLLECTED"),
            Verdict::Problem => (Tone::Warn, "COLLECTED IN PART"),
        };
        let title = format!("{verb}  from {}@{} into {}", self.node.user, self.node.target, self.out);
        let stopped = self.stopped().into_iter().map(does_not_run);
        let in_short = stopped.chain(facts(told(self))).chain(read(self));
        let sections = [
            Section::first("In short", in_short),
            Section::first("Notes", notes(&self.warnings)),
            Section::first("Next", vec![Block::Code(vec![format!("cdrdiag diagnose {}", self.out)])]),
            Section::full("Commands", table(["command", "outcome", "ms"], self.commands.iter().map(sent).collect())),
        ];
        View::of(title, tone, sections)
    }
}

fn does_not_run(service: &Service) -> Block {
    let reason = service.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Block::Paragraph(vec![toned(Tone::Bad, &service.name), words(format!(" does not run{reason}"))])
}

/// What the node tells, and what it does not.
fn told(answer: &Collect) -> Vec<Fact> {
    let mut told = node::facts(&NodeState::collected("", answer));
    let open = answer.not_determined.iter();
    told.extend(open.map(|fact| (fact.words().to_owned(), vec![toned(Tone::Warn, "not determined")])));
    told
}

/// What was read, and whether it is proved to be whole.
fn read(answer: &Collect) -> Option<Block> {
    let (read, unread): (Vec<&Trace>, Vec<&Trace>) = answer.traces.iter().partition(|trace| trace.path.is_some());
    let mut rows: Vec<Row> = read.iter().take(SHOWN).map(|trace| trace_row(trace)).collect();
    if let Some(others) = read.get(SHOWN..).filter(|others| !others.is_empty()) {
        let bytes = others.iter().map(|trace| trace.bytes).sum();
        rows.push(several("older trace", others.iter().map(|trace| trace.complete), bytes));
    }
    if !unread.is_empty() {
        rows.push(several("trace not read", unread.iter().map(|_| false), 0));
    }
    if !answer.waiting.is_empty() {
        let bytes = answer.waiting.iter().map(|file| file.bytes).sum();
        rows.push(several("waiting file", answer.waiting.iter().map(|file| file.complete), bytes));
    }
    let files = answer.listings.iter().map(|listing| listing.files).sum();
    let folders = counted(answer.listings.len() as u64, "folder");
    rows.push(row([folders, String::new(), format!("{} listed", counted(files, "file"))]));
    let done = answer.commands.iter().filter(|sent| sent.outcome == CommandOutcome::Done).count();
    rows.push(row(["commands".into(), String::new(), format!("{done} of {} answered", answer.commands.len())]));
    table(["read", "bytes", "whole"], rows)
}

fn trace_row(trace: &Trace) -> Row {
    let whole = if trace.complete { words("yes") } else { toned(Tone::Bad, "NO") };
    Row { marked: !trace.complete, cells: vec![code(&trace.name), words(grouped(trace.bytes)), whole] }
}

fn several(thing: &str, whole: impl ExactSizeIterator<Item = bool>, bytes: u64) -> Row {
    let all = whole.len();
    let whole = whole.filter(|whole| *whole).count();
    let name = counted(all as u64, thing);
    let cells = [name, grouped(bytes), format!("{} of {}", grouped(whole as u64), grouped(all as u64))];
    Row { marked: whole < all, ..row(cells) }
}

fn row(cells: [String; 3]) -> Row {
    Row::of(cells.map(words).to_vec())
}

fn sent(sent: &Sent) -> Row {
    let outcome = words(sent.outcome.name());
    Row {
        marked: sent.outcome != CommandOutcome::Done,
        cells: vec![code(&sent.command), outcome, words(format!("{:.0}", sent.ms))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::collect::{Fact as Asked, Node, ServiceState};
    use crate::report::page::Terminal;
    use crate::report::{Format, write};

    fn text(answer: &Collect, format: Format) -> String {
        let mut out = Vec::new();
        let look = Terminal { width: 100, wraps_headlines: false, color: false, blocks: false };
        write(answer, format, look, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_came_and_what_did_not_is_told_on_one_screen() {
        let trace = |name: &str, path: Option<&str>, complete| Trace {
            name: name.to_owned(),
            path: path.map(str::to_owned),
            bytes: if path.is_some() { 1234 } else { 0 },
            complete,
            ..Trace::default()
        };
        let answer = Collect {
            node: Node { user: "reader".to_owned(), target: "cucm-pub".to_owned(), ..Node::default() },
            services: vec![Service {
                name: "Cisco CDR Repository Manager".to_owned(),
                state: ServiceState::Stopped,
                word: None,
                reason: Some("Commanded Out of Service".to_owned()),
            }],
            traces: vec![
                trace("cdrrepmgr00002.log", Some("traces/cdrrepmgr00002.log"), false),
                trace("cdrrepmgr00001.log.gz", None, false),
            ],
            commands: vec![Sent {
                command: "utils fips status".to_owned(),
                outcome: CommandOutcome::TimedOut,
                ms: 60_000.4,
            }],
            not_determined: vec![Asked::BillingServers],
            warnings: vec!["billing servers not determined: the node says \"no\"".to_owned()],
            out: "kept".to_owned(),
            ..Collect::default()
        };
        let told = text(&answer, Format::Text);
        for part in [
            "COLLECTED IN PART  from reader@cucm-pub into kept",
            "Cisco CDR Repository Manager does not run (Commanded Out of Service)",
            "billing servers  not determined",
            "cdrrepmgr00002.log",
            "1 trace not read",
            "0 of 1 answered",
            "billing servers not determined: the node says",
            "cdrdiag diagnose kept",
        ] {
            assert!(told.contains(part), "{part:?} is not in\n{told}");
        }
        let whole = text(&answer, Format::FullText);
        assert!(!told.contains("timed out") && whole.contains("timed out"), "{whole}");
    }
}
