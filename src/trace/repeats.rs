//! A trace says the same again and again: that this host was not reached, that this alarm is raised. Said again, by
//! whichever thread, it tells the same, so that it is read once and compared from then on.
//!
//! Of one block it is enough to know where it was said. What was said twice in a block is likely to be said in others, so
//! whoever reads blocks keeps its words beyond them.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::event::What;
use super::names::{Name, Names};
use super::spread::{eight, spread};
use crate::log4j::records::TIMESTAMP;

/// So many sayings of a block are remembered; more take each other's place.
const OF_BLOCK: usize = 1024;

/// So many are remembered beyond it.
const KEPT: usize = 1024;

/// No longer ones are kept beyond their block: few are, and the memory is bounded.
const LONGEST: usize = 4096;

/// Of so many bytes two sayings of the same length nearly always differ: the sender's exception names its file within.
const HASHED: usize = 256;

/// What a record says, without when and on which thread.
#[derive(Debug, Clone, Copy)]
pub struct Said<'b> {
    /// The level and the blanks behind it.
    level: u64,
    /// All from the bracket behind the thread on.
    words: &'b [u8],
    /// Where they stand in their block.
    at: usize,
    hash: u64,
}

impl<'b> Said<'b> {
    /// Of a record of a block that stands there, as does its thread's name in it; `None` where its level is longer than
    /// any.
    #[inline]
    pub fn of(block: &'b [u8], record: Range<usize>, thread: &Range<usize>) -> Option<Self> {
        const LEVEL: usize = TIMESTAMP + 1;
        let behind = u32::try_from(8usize.checked_sub(thread.start - 1 - LEVEL)?).ok()?;
        let at = record.start + thread.end + 1;
        let words = &block[at..record.end];
        let level = eight(block[record.start + LEVEL..].first_chunk()).unbounded_shl(8 * behind);
        let hash = FixedState::default().hash_one(&words[..words.len().min(HASHED)]) ^ level ^ words.len() as u64;
        Some(Self { level, words, at, hash })
    }

    /// Its place in a table.
    #[inline]
    fn place<const PLACES: usize>(&self) -> usize {
        spread::<PLACES>(self.hash)
    }
}

/// What is known of a saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// It tells this.
    Event(What<T>),
    /// It is no event.
    Nothing {
        /// Whether it tells of a failure all the same.
        failure: bool,
    },
}

impl<T> Known<T> {
    fn map<U>(self, name: impl FnMut(T) -> U) -> Known<U> {
        match self {
            Self::Event(what) => Known::Event(what.map(name)),
            Self::Nothing { failure } => Known::Nothing { failure },
        }
    }
}

/// What the records of one block after the other said.
#[derive(Debug)]
pub struct Repeats {
    /// The block under way, by number.
    block: u64,
    of_block: Vec<Place>,
    kept: Vec<Kept>,
}

/// Where in a block something was said last.
#[derive(Debug, Clone)]
struct Place {
    block: u64,
    level: u64,
    at: Range<usize>,
    known: Known<Name>,
    /// Whether it is known beyond the block, or need not be.
    settled: bool,
}

/// What was said more than once in a block.
#[derive(Debug, Clone)]
struct Kept {
    level: u64,
    words: Vec<u8>,
    known: Known<Arc<str>>,
}

impl Default for Repeats {
    fn default() -> Self {
        let nowhere = Place { block: 0, level: 0, at: 0..0, known: Known::Nothing { failure: false }, settled: true };
        let nothing = Kept { level: 0, words: Vec::new(), known: Known::Nothing { failure: false } };
        Self { block: 0, of_block: vec![nowhere; OF_BLOCK], kept: vec![nothing; KEPT] }
    }
}

impl Repeats {
    /// Another block begins.
    pub fn begin_block(&mut self) {
        self.block += 1;
    }

    /// What is known of a saying, by the block under way or by one before it. `names` are those of the block.
    #[inline]
    pub fn find<'b>(&mut self, said: &Said<'b>, block: &'b [u8], names: &mut Names<'b>) -> Option<Known<Name>> {
        let place = &mut self.of_block[said.place::<OF_BLOCK>()];
        if place.block == self.block && place.level == said.level && block[place.at.clone()] == *said.words {
            let known = place.known;
            if !std::mem::replace(&mut place.settled, true) {
                self.keep_beyond(said, known.map(|name| names.keep(name)));
            }
            return Some(known);
        }
        let kept = &self.kept[said.place::<KEPT>()];
        if kept.level != said.level || kept.words != said.words {
            return None;
        }
        let known = kept.known.clone().map(|text| names.number_shared(&text));
        self.keep(said, known, true);
        Some(known)
    }

    /// Remembers what a saying tells, of this block only or, once it is said again, of those that follow as well.
    #[inline]
    pub fn keep(&mut self, said: &Said<'_>, known: Known<Name>, of_block_only: bool) {
        let settled = of_block_only || said.words.len() > LONGEST;
        let at = said.at..said.at + said.words.len();
        self.of_block[said.place::<OF_BLOCK>()] = Place { block: self.block, level: said.level, at, known, settled };
    }

    #[cold]
    fn keep_beyond(&mut self, said: &Said<'_>, known: Known<Arc<str>>) {
        let kept = &mut self.kept[said.place::<KEPT>()];
        kept.words.clear();
        kept.words.extend_from_slice(said.words);
        (kept.level, kept.known) = (said.level, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log4j::records;

    const RECORD: &str = "2019-07-25 13:12:18,996 ERROR [Thread-13] a.B (B.java:1) - x to 1.1.1.1\n";

    fn said(record: &str) -> Said<'_> {
        let record = record.as_bytes();
        Said::of(record, 0..record.len(), &records::thread(record).unwrap()).unwrap()
    }

    fn find(repeats: &mut Repeats, record: &str) -> Option<Known<Name>> {
        repeats.find(&said(record), record.as_bytes(), &mut Names::default())
    }

    fn alarm() -> Known<Name> {
        Known::Event(What::Alarm("CDRHWMExceeded"))
    }

    /// The first block, in which the record was said.
    fn first_block(of_block_only: bool, record: &str) -> Repeats {
        let mut repeats = Repeats::default();
        repeats.begin_block();
        assert_eq!(find(&mut repeats, record), None);
        repeats.keep(&said(record), alarm(), of_block_only);
        repeats
    }

    #[test]
    fn the_same_words_at_the_same_level_are_known_again_whoever_says_them() {
        let mut repeats = first_block(false, RECORD);
        // What was said and is said again stands in one block.
        let block = format!("{RECORD}{}", RECORD.replace("Thread-13", "main"));
        let again = Said::of(block.as_bytes(), RECORD.len()..block.len(), &(31..35)).unwrap();
        assert_eq!(repeats.find(&again, block.as_bytes(), &mut Names::default()), Some(alarm()));
        for other in [RECORD.replace("ERROR", "WARN "), RECORD.replace("x to", "y to"), RECORD.replace('\n', "1\n")] {
            assert_eq!(find(&mut repeats, &other), None, "{other}");
        }
    }

    #[test]
    fn what_is_said_twice_in_a_block_is_known_in_the_next() {
        let file = "cdr_C_01_201907231317_7";
        let (mut repeats, mut names) = (Repeats::default(), Names::default());
        let named = Known::Event(What::FileNamed(names.number(file.into())));
        repeats.begin_block();
        repeats.keep(&said(RECORD), named, false);
        repeats.begin_block();
        assert_eq!(find(&mut repeats, RECORD), None, "said once");
        repeats.keep(&said(RECORD), named, false);
        assert_eq!(repeats.find(&said(RECORD), RECORD.as_bytes(), &mut names), Some(named));

        repeats.begin_block();
        let mut next = Names::default();
        next.number("other".into());
        let known = repeats.find(&said(RECORD), RECORD.as_bytes(), &mut next);
        let Some(Known::Event(What::FileNamed(name))) = known else { panic!("{known:?}") };
        assert_eq!((name.index(), &*next.keep(name)), (1, file));
    }

    #[test]
    fn what_is_odd_or_longer_than_most_is_not_kept_beyond_its_block() {
        let long = format!("{RECORD}{}", "x".repeat(LONGEST));
        for (of_block_only, record) in [(true, RECORD), (false, &*long)] {
            let mut repeats = first_block(of_block_only, record);
            assert_eq!(find(&mut repeats, record), Some(alarm()));
            repeats.begin_block();
            assert_eq!(find(&mut repeats, record), None);
        }
    }

    #[test]
    fn what_is_no_event_is_known_again_too() {
        let mut repeats = first_block(false, RECORD);
        let nothing = Known::Nothing { failure: true };
        repeats.keep(&said(RECORD), nothing, false);
        assert_eq!(find(&mut repeats, RECORD), Some(nothing));
    }
}
