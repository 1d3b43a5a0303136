//! `capture` as text.

use super::Render;
use super::learn::learned;
use super::page::{Page, Tone};
use crate::document::capture::{Capture, Stopped};
use crate::words::counted;

impl Render for Capture {
    fn render(&self, page: &mut Page) {
        if self.clients.is_empty() {
            let why = match self.stopped {
                Stopped::Count | Stopped::Timeout => "in the time given",
                Stopped::Interrupted => "before it was interrupted",
            };
            page.line(&[
                (Tone::Bad, "No SSH client came"),
                (Tone::Plain, " to "),
                (Tone::Strong, &self.listened),
                (Tone::Plain, " "),
                (Tone::Plain, why),
            ]);
        }
        for (index, caller) in self.clients.iter().enumerate() {
            if index > 0 {
                page.gap();
            }
            learned(&caller.learned, page);
            page.gap();
            page.fact("came", Tone::Plain, &caller.at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
            if caller.visits > 1 {
                page.fact("visits", Tone::Plain, &caller.visits.to_string());
            }
        }
        if self.strangers.is_empty() {
            return;
        }
        page.gap();
        let number = counted(self.strangers.len() as u64 + self.strangers_left_out, "other connection");
        page.line(&[(Tone::Strong, &number)]);
        for stranger in &self.strangers {
            page.indented(
                2,
                4,
                &[(Tone::Strong, &stranger.peer), (Tone::Plain, ": "), (Tone::Plain, &stranger.message)],
            );
        }
        if self.strangers_left_out > 0 {
            page.indented(2, 4, &[(Tone::Faint, &format!("and {} more", self.strangers_left_out))]);
        }
    }
}
