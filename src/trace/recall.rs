//! A trace says the same again and again: that this host was not reached, that this alarm is raised. Said again on the
//! same thread it tells the same, so that it is read once a block and compared from then on.

use super::event::What;
use super::names::Name;
use super::spread::{eight, spread};

/// So many sayings are remembered; more take each other's place.
const SAYINGS: usize = 256;

/// What a record tells, and on which thread; `None` where it is no event.
type Told = Option<(Name, What<Name>)>;

/// What the records of a block said last, word for word from the level on, and what that tells.
#[derive(Debug)]
pub struct Recall<'b> {
    sayings: [(&'b [u8], Told); SAYINGS],
}

impl Default for Recall<'_> {
    fn default() -> Self {
        Self { sayings: [(&[], None); SAYINGS] }
    }
}

impl<'b> Recall<'b> {
    /// What it tells, if it is remembered.
    #[inline]
    pub fn find(&self, said: &[u8]) -> Option<Told> {
        let (known, told) = &self.sayings[place(said)];
        (*known == said).then_some(*told)
    }

    /// Remembers what was read.
    #[inline]
    pub fn keep(&mut self, said: &'b [u8], told: Told) {
        self.sayings[place(said)] = (said, told);
    }
}

/// Told by the length, the thread's name (` ERROR [Thread-12]`) and how the saying ends, where hosts and numbers stand.
#[inline]
fn place(said: &[u8]) -> usize {
    let thread = eight(said.get(9..).and_then(<[u8]>::first_chunk));
    spread::<SAYINGS>(thread ^ eight(said.last_chunk()).rotate_left(29) ^ said.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_words_of_the_same_thread_are_known_again() {
        let (said, tells) = (b" ERROR [Thread-13] a.B (B.java:1) - x to 1.1.1.1\n".as_slice(), What::SenderCreated(1));
        let name = crate::trace::names::Names::default().number("Thread-13".into());
        let mut recall = Recall::default();
        assert_eq!(recall.find(said), None);
        recall.keep(said, Some((name, tells)));
        assert_eq!(recall.find(said), Some(Some((name, tells))));
        for other in [&b" ERROR [Thread-14] a.B (B.java:1) - x to 1.1.1.1\n"[..], &said[..said.len() - 1], b""] {
            assert_eq!(recall.find(other).flatten(), None);
        }
    }

    #[test]
    fn what_is_no_event_is_known_again_too() {
        let mut recall = Recall::default();
        recall.keep(b" WARN  [main] a.B (B.java:1) - x\n", None);
        assert_eq!(recall.find(b" WARN  [main] a.B (B.java:1) - x\n"), Some(None));
    }
}
