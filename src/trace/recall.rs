//! A trace says the same again and again: that this host was not reached, that this alarm is raised. Said again on the
//! same thread it tells the same, so that it is read once a block and compared from then on.

use super::spread::{eight, spread};

/// So many sayings are remembered; more take each other's place.
const SAYINGS: usize = 512;

/// What the records of a block said last, word for word from the level on, and which event each is.
#[derive(Debug)]
pub struct Recall<'b> {
    sayings: [(&'b [u8], u32); SAYINGS],
}

impl Default for Recall<'_> {
    fn default() -> Self {
        Self { sayings: [(&[], NONE); SAYINGS] }
    }
}

/// In the place of an event's number.
const NONE: u32 = u32::MAX;

/// What is known of a saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The place among the block's events of one that said the same.
    Event(usize),
    /// It is no event.
    Nothing,
}

impl<'b> Recall<'b> {
    /// What is known of these words, if they are remembered.
    #[inline]
    pub fn find(&self, said: &[u8]) -> Option<Known> {
        let (known, event) = self.sayings[place(said)];
        let told = || usize::try_from(event).ok().filter(|_| event != NONE).map_or(Known::Nothing, Known::Event);
        (known == said).then(told)
    }

    /// Remembers what was said.
    #[inline]
    pub fn keep(&mut self, said: &'b [u8], known: Known) {
        // A block has far fewer bytes than this has numbers.
        let event = match known {
            Known::Event(event) => u32::try_from(event).unwrap_or(NONE),
            Known::Nothing => NONE,
        };
        self.sayings[place(said)] = (said, event);
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
        let said = b" ERROR [Thread-13] a.B (B.java:1) - x to 1.1.1.1\n".as_slice();
        let mut recall = Recall::default();
        assert_eq!(recall.find(said), None);
        recall.keep(said, Known::Event(7));
        assert_eq!(recall.find(said), Some(Known::Event(7)));
        for other in [&b" ERROR [Thread-14] a.B (B.java:1) - x to 1.1.1.1\n"[..], &said[..said.len() - 1], b""] {
            assert!(!matches!(recall.find(other), Some(Known::Event(_))));
        }
    }

    #[test]
    fn what_is_no_event_is_known_again_too() {
        let mut recall = Recall::default();
        recall.keep(b" WARN  [main] a.B (B.java:1) - x\n", Known::Nothing);
        assert_eq!(recall.find(b" WARN  [main] a.B (B.java:1) - x\n"), Some(Known::Nothing));
    }
}
