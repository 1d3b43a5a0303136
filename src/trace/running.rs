//! A healthy sender says again and again that it runs. Said again on the same thread, with no other event of the block in
//! between, it changes nothing; so it is passed over before anything of it is read.

use super::event::What;
use super::spread::{eight, spread};
use crate::log4j::records::TIMESTAMP;

/// Where a record's level begins.
const LEVEL: usize = TIMESTAMP + 1;

/// Threads that are remembered at once; more take each other's place.
const THREADS: usize = 64;

/// What senders said since the last event of another kind.
#[derive(Debug)]
pub struct Running<'b> {
    /// First lines, from the level on.
    said: [&'b [u8]; THREADS],
    any: bool,
    counts: bool,
}

impl Default for Running<'_> {
    fn default() -> Self {
        Self { said: [&[]; THREADS], any: false, counts: false }
    }
}

impl<'b> Running<'b> {
    /// From now on each saying counts.
    pub fn count_all(&mut self) {
        (self.any, self.counts) = (false, true);
    }

    /// Whether this record's first line says again what a sender said last.
    #[inline]
    pub fn repeats(&self, line: &[u8]) -> bool {
        self.any && line.get(LEVEL..).is_some_and(|words| self.said[place(words)] == words)
    }

    /// An event was read, from a record with this first line.
    pub fn follow<T>(&mut self, what: &What<T>, line: &'b [u8]) {
        if !matches!(what, What::SenderRunning(_)) {
            if self.any {
                *self = Self { counts: self.counts, ..Self::default() };
            }
        } else if let Some(words) = line.get(LEVEL..).filter(|_| !self.counts) {
            self.said[place(words)] = words;
            self.any = true;
        }
    }
}

/// The thread's place, told by the end of its name where it is one of Java's own making: `INFO  [Thread-12]`.
#[inline]
fn place(words: &[u8]) -> usize {
    spread::<THREADS>(eight(words.get(8..).and_then(<[u8]>::first_chunk)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] =
        b"2019-07-25 13:12:18,996 INFO  [Thread-1] cdrrep.CDRSender (X.java:1) - CDRSender for destination 1";
    const LATER: &[u8] =
        b"2019-07-25 13:12:19,001 INFO  [Thread-1] cdrrep.CDRSender (X.java:1) - CDRSender for destination 1";
    const TWO: &[u8] =
        b"2019-07-25 13:12:18,996 INFO  [Thread-2] cdrrep.CDRSender (X.java:1) - CDRSender for destination 2";

    #[test]
    fn a_saying_repeats_the_last_of_its_thread_until_something_else_happens() {
        let mut running = Running::default();
        assert!(!running.repeats(ONE));
        running.follow::<&str>(&What::SenderRunning(1), ONE);
        running.follow::<&str>(&What::SenderRunning(2), TWO);
        assert!(running.repeats(LATER) && running.repeats(TWO));
        running.follow(&What::FileNamed("f"), ONE);
        assert!(!running.repeats(LATER) && !running.repeats(TWO));
    }

    #[test]
    fn where_all_count_none_repeats() {
        let mut running = Running::default();
        running.follow::<&str>(&What::SenderRunning(1), ONE);
        running.count_all();
        running.follow::<&str>(&What::SenderRunning(2), TWO);
        assert!(!running.repeats(LATER) && !running.repeats(TWO));
    }
}
