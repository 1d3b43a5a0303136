//! One file of the node's, read until it is proved to be whole, or told as cut.

use super::Collector;
use super::listings::is_missing;
use super::node::Answer;
use crate::cucm::command::{Command, NodePath};
use crate::cucm::exchange::{Kind, Output};
use crate::cucm::viewed::{self, Lead, Viewed};
use crate::document::collect::CommandOutcome;

/// How often a file is read that changes meanwhile.
const ATTEMPTS: usize = 3;
/// A file may be this much longer than listed.
const GROWTH: u64 = 16 << 20;

/// A file that is whole if the node prints so many blank lines before each.
pub(super) struct Doubt {
    node_path: String,
    lead: usize,
}

impl Collector<'_> {
    /// Reads a file, again where it changes meanwhile.
    pub(super) fn read(&mut self, path: &str, listed: Option<u64>, grows: bool) -> Option<Viewed> {
        let Some(node_path) = NodePath::new(path) else {
            self.warn(format!("{path}: a name that the command line could misread, so it is left out"));
            return None;
        };
        let mut size = listed;
        let mut last = None;
        for attempt in 1..=ATTEMPTS {
            let Some(answer) = self.view(&node_path, size) else { break };
            let output = &answer.output;
            let mut viewed = viewed::assemble(&output.pages, &output.rest, size, self.lead);
            self.learn(path, viewed.lead);
            if !viewed.complete
                && let Some(why) = not_shown(&answer)
            {
                self.warn(format!("{path}: not read: {why}"));
                return last;
            }
            if answer.outcome != CommandOutcome::Done {
                viewed.complete = false;
                last = Some(viewed);
                break;
            }
            if !viewed.complete && !matches!(viewed.lead, Lead::Assumed(_)) && grows {
                let before = size;
                size = self.size(&node_path).or(size);
                viewed = grown(viewed, output, before, size, self.lead);
            }
            if viewed.complete || matches!(viewed.lead, Lead::Assumed(_)) {
                self.tell_growth(path, listed, &viewed, attempt);
                return Some(viewed);
            }
            // Keys that came too early may be among the lines.
            let by_keys = !viewed.changed && !output.pages.is_empty() && self.shell.one_key_at_a_time();
            last = Some(viewed);
            if !grows && !by_keys {
                break;
            }
        }
        if last.is_some() {
            self.warn(format!("{path}: cut: not proved complete; it may have grown or been rotated"));
        }
        last
    }

    fn learn(&mut self, path: &str, lead: Lead) {
        match lead {
            Lead::Shown(lines) => self.lead = Some(self.lead.map_or(lines, |known| known.min(lines))),
            Lead::Assumed(lead) => self.doubts.push(Doubt { node_path: path.to_owned(), lead }),
            Lead::Unknown => {}
        }
    }

    /// Files that begin with a blank line: the others have shown by now whether it is theirs.
    pub(super) fn settle(&mut self) {
        for Doubt { node_path, lead } in std::mem::take(&mut self.doubts) {
            if self.lead != Some(lead) {
                self.warn(format!(
                    "{node_path}: it begins with a blank line, and no other file shows whether CUCM printed that: its \
                     beginning is not proved"
                ));
                continue;
            }
            self.record.note(|answer| {
                let traces = answer.traces.iter_mut().filter(|trace| trace.node_path == node_path);
                traces.for_each(|trace| trace.complete = true);
                let waiting = answer.waiting.iter_mut();
                let waiting = waiting.filter(|file| format!("{}/{}", file.folder, file.name) == node_path);
                waiting.for_each(|file| file.complete = true);
            });
        }
    }

    fn view(&mut self, path: &NodePath, size: Option<u64>) -> Option<Answer> {
        let most = size.unwrap_or(GROWTH).saturating_mul(2).saturating_add(GROWTH);
        self.ask(&Command::View(path.clone()), Kind::File(size), usize::try_from(most).unwrap_or(usize::MAX))
    }

    fn tell_growth(&self, path: &str, listed: Option<u64>, viewed: &Viewed, attempt: usize) {
        let bytes = viewed.bytes.len() as u64;
        if attempt > 1 {
            self.warn(format!("{path}: it changed while it was read, so it was read again"));
        } else if listed.is_some_and(|listed| listed != bytes) {
            let listed = listed.unwrap_or_default();
            self.warn(format!("{path}: {bytes} bytes, {listed} when it was listed: it changed in between"));
        }
    }
}

/// A file that was not as long as listed, seen with its size after it was read: it is whole if the viewer's ranges join
/// up and it has grown in between at most, or if it is as long now.
fn grown(viewed: Viewed, output: &Output, before: Option<u64>, now: Option<u64>, lead: Option<usize>) -> Viewed {
    let bytes = viewed.bytes.len() as u64;
    let in_between = before.is_none_or(|before| before <= bytes) && now.is_none_or(|now| bytes <= now);
    if viewed.joined && in_between {
        return Viewed { complete: true, ..viewed };
    }
    if viewed.changed || now.is_none() {
        return viewed;
    }
    let again = viewed::assemble(&output.pages, &output.rest, now, lead);
    if again.complete { again } else { viewed }
}

/// Why a file is not in an answer, where it is not.
fn not_shown(answer: &Answer) -> Option<String> {
    let refused = matches!(answer.outcome, CommandOutcome::Failed | CommandOutcome::Refused);
    let is_missing = answer.output.text.len() < 400 && is_missing(&answer.text());
    (refused || is_missing).then(|| answer.reason())
}
