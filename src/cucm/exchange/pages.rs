//! The pages of an answer: when a pager waits for a key, which key, and what of its pages is proved.

use std::time::Duration;

use super::{DOUBTFUL, Exchange, Kind, Next, PLAIN, REPEATS, SURE, UNSURE};
use crate::cucm::command::Key;
use crate::cucm::pager::{self, Bar, Range};

impl Exchange {
    pub(super) fn press(&mut self, at: usize, bold: bool, quiet: Duration) -> Next {
        let patience = match (bold, self.kind) {
            (true, _) => Duration::ZERO,
            (false, Kind::Text) => PLAIN,
            (false, Kind::File(_)) => UNSURE,
        };
        if quiet < patience {
            return Next::Wait;
        }
        self.raw.truncate(at);
        self.cuts.push((at, None));
        self.repeated = 0;
        Next::Send(Key::Page, 1)
    }

    /// Turns the viewer's pages.
    pub(super) fn view(&mut self, quiet: Duration, body: usize) -> Option<Next> {
        let turned = self.turn_early_pages(body);
        let from = self.from(body);
        if let Some(bar) = pager::bar_at_end(&self.raw).filter(|bar| bar.start >= from) {
            return Some(self.bar(self.placed(bar, from), quiet, from));
        }
        if turned {
            return self.range().map(|range| self.turn_on(range));
        }
        self.press_again(quiet, from)
    }

    /// The key again, where nothing came of it: a terminal may throw away, and even show, what is typed before it waits.
    fn press_again(&mut self, quiet: Duration, from: usize) -> Option<Next> {
        let shown = self.raw.get(from..)?;
        let is_lost = shown.len() <= 8 && shown.iter().all(|byte| matches!(byte, b'n' | b'q' | b' '));
        let (_, range) = *self.cuts.last()?;
        let patience = if range.is_some() && self.quits == 0 { UNSURE } else { DOUBTFUL };
        if !is_lost || quiet < patience || self.repeated >= REPEATS {
            return None;
        }
        self.repeated += 1;
        self.raw.truncate(from);
        match range {
            None => Some(Next::Send(Key::Page, 1)),
            Some(_) if self.quits > 0 => Some(Next::Send(Key::Quit, 1)),
            Some(range) => {
                (self.awaited, self.habits.ahead) = (0, 1);
                Some(self.turn_on(range))
            }
        }
    }

    /// Pages whose keys were sent ahead, and behind which others have come.
    fn turn_early_pages(&mut self, body: usize) -> bool {
        let mut turned = false;
        while self.awaited > 0
            && let Some((first, last)) = self.expected()
        {
            let from = self.from(body);
            let scan = from.max(self.scanned.saturating_sub(pager::TAIL));
            let bar = pager::bar_of(&self.raw, scan, first, last).map(|bar| self.placed(bar, from));
            let bar = bar.filter(|bar| self.fits(*bar, from));
            let behind = self.habits.behind_bar.as_deref().unwrap_or_default();
            let Some(bar) = bar.filter(|bar| self.raw.get(bar.end..).is_some_and(|rest| rest.starts_with(behind)))
            else {
                self.scanned = self.raw.len();
                break;
            };
            self.raw.drain(bar.start..bar.end + behind.len());
            self.cut(bar);
            turned = true;
        }
        turned
    }

    /// The lines of the next page.
    fn expected(&self) -> Option<(u64, u64)> {
        let size = self.cuts.iter().find_map(|(_, range)| *range)?.lines();
        let range = self.range()?;
        (range.last < range.total).then(|| (range.last + 1, range.last.saturating_add(size).min(range.total)))
    }

    /// A bar at the end: it waits for a key, or is a file's own line.
    fn bar(&mut self, bar: Bar, quiet: Duration, from: usize) -> Next {
        let behind = self.raw.get(bar.end..).unwrap_or_default().to_vec();
        let is_whole = self.habits.behind_bar.as_ref().is_some_and(|known| *known == behind);
        if !is_whole && quiet < SURE {
            return Next::Wait;
        }
        if self.quits > 0 {
            return self.leave_again(bar, quiet);
        }
        let follows = self.follows(bar.range);
        let patience = match (bar.bold, self.fits(bar, from)) {
            (true, true) => Duration::ZERO,
            (true, false) | (false, true) => PLAIN,
            (false, false) => DOUBTFUL,
        };
        if follows && quiet >= patience {
            self.habits.behind_bar.get_or_insert(behind);
            self.raw.truncate(bar.start);
            self.cut(bar);
            return self.turn_on(bar.range);
        }
        // It waits for a key, whatever its numbers say: what was read is not whole.
        if quiet < if bar.bold { UNSURE } else { DOUBTFUL } {
            return Next::Wait;
        }
        self.raw.truncate(bar.start);
        self.cut(bar);
        self.quits = 1;
        Next::Send(Key::Quit, 1)
    }

    /// Keys that were on their way when the viewer was left may show its last page again.
    fn leave_again(&mut self, bar: Bar, quiet: Duration) -> Next {
        if quiet < DOUBTFUL || self.quits > 1 {
            return Next::Wait;
        }
        self.raw.truncate(bar.start);
        self.quits += 1;
        Next::Send(Key::Quit, 1)
    }

    fn turn_on(&mut self, range: Range) -> Next {
        if range.last >= range.total {
            self.quits = 1;
            return Next::Send(Key::Quit, 1);
        }
        let ahead = self.habits.ahead;
        let missing = range.pages_left().min(ahead).saturating_sub(self.awaited);
        if missing == 0 || (self.awaited > 0 && missing < ahead.div_ceil(2)) {
            return Next::Wait;
        }
        self.awaited += missing;
        Next::Send(Key::Next, usize::try_from(missing).unwrap_or(1))
    }

    fn cut(&mut self, bar: Bar) {
        self.cuts.push((bar.start, Some(bar.range)));
        self.awaited = self.awaited.saturating_sub(1);
        (self.scanned, self.repeated) = (bar.start, 0);
    }

    /// The lines of the last page.
    fn range(&self) -> Option<Range> {
        self.cuts.iter().rev().find_map(|(_, range)| *range)
    }

    fn follows(&self, range: Range) -> bool {
        let first = self.range().map_or(1, |last| last.last.saturating_add(1));
        range.last <= range.total && (range.first == first || range.last == 0)
    }

    /// The bar without the notice before it, where that line is the file's own: so many the viewer says it showed.
    fn placed(&self, bar: Bar, from: usize) -> Bar {
        let without = Bar { start: bar.without_notice, ..bar };
        if self.fits(bar, from) || !self.fits(without, from) { bar } else { without }
    }

    /// Whether the viewer's numbers go with what it showed: a line of a trace may look like it.
    fn fits(&self, bar: Bar, from: usize) -> bool {
        let Kind::File(_) = self.kind else { return true };
        let shown = self.raw.get(from..bar.start).unwrap_or_default();
        let shown = memchr::memchr_iter(b'\n', shown).count() as u64 + u64::from(!shown.ends_with(b"\n"));
        (bar.range.lines()..=bar.range.lines() + 4).contains(&shown)
    }
}
