//! A trace says the same again and again: that this host was not reached, that this alarm is raised. Said again, by
//! whichever thread, it tells the same, so that it is read once and compared from then on.
//!
//! Of one block it is enough to know where it was said. What was said twice in a block is likely to be said in others, so
//! whoever reads blocks keeps its words beyond them.

use std::ops::Range;
use std::sync::Arc;

use super::event::What;
use super::names::{Name, Names};
use super::spread::spread;
use crate::log4j::records::TIMESTAMP;

/// So many sayings of a block are remembered; more take each other's place. They fit a core's first cache.
const OF_BLOCK: usize = 1024;

/// So many are remembered beyond it.
const KEPT: usize = 1024;

/// No longer ones are kept beyond their block: few are, and the memory is bounded.
const LONGEST: usize = 4096;

/// A record of a block, without its time.
#[derive(Debug, Clone, Copy)]
pub struct Said<'b> {
    block: &'b [u8],
    /// From the blank behind the time on.
    from: usize,
    to: usize,
    /// How its telling line ends.
    end: u64,
    lengths: usize,
}

impl<'b> Said<'b> {
    /// Of a record that stands there in its block. `telling` is where its second line ends, or else its first: hosts,
    /// files and numbers stand before.
    #[inline]
    pub fn of(block: &'b [u8], record: Range<usize>, telling: usize) -> Self {
        let [a, b, c, d] = block.get(record.start..telling).and_then(|near| near.last_chunk()).map_or([0; 4], four);
        let end = a ^ b.rotate_left(17) ^ c.rotate_left(34) ^ d.rotate_left(51);
        // Two records that name the same file and host differ in length.
        let lengths = telling.abs_diff(record.start) ^ record.end.abs_diff(telling).rotate_left(16);
        Self { block, from: record.start + TIMESTAMP, to: record.end, end, lengths }
    }

    #[inline]
    fn bytes(&self) -> &'b [u8] {
        self.block.get(self.from..self.to).unwrap_or_default()
    }

    /// Its place among those of its block.
    #[inline]
    fn place_in_block(&self) -> usize {
        spread::<OF_BLOCK>(self.end ^ self.lengths as u64)
    }

    /// The place of these words of it among those that are kept, whatever its thread is called.
    #[inline]
    fn place_kept(&self, words: &[u8]) -> usize {
        spread::<KEPT>(self.end ^ words.len() as u64)
    }
}

/// Where in a record the thread's name stands, between its level and what it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Thread {
    from: u32,
    to: u32,
}

impl Thread {
    /// As it stands in a record; `None` where its name is longer than any.
    pub fn of(name: &Range<usize>) -> Option<Self> {
        let within = |at: usize| u32::try_from(at.checked_sub(TIMESTAMP)?).ok();
        Some(Self { from: within(name.start)?, to: within(name.end)? })
    }

    /// A record without it.
    #[inline]
    fn cut_from(self, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        Some((bytes.get(..self.from as usize)?, bytes.get(self.to as usize..)?))
    }
}

#[inline]
fn four(bytes: &[u8; 32]) -> [u64; 4] {
    let (eights, _) = bytes.as_chunks();
    std::array::from_fn(|index| eights.get(index).map_or(0, |bytes| u64::from_le_bytes(*bytes)))
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
    block: u32,
    of_block: Vec<Place>,
    /// What the block's sayings tell.
    told: Vec<Told>,
    kept: Vec<Kept>,
}

/// Where in a block something was said last.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    from: u32,
    to: u32,
    block: u32,
    /// The place of what it tells.
    told: u32,
}

/// What a record told.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Who said it.
    pub thread: Name,
    /// What it tells.
    pub known: Known<Name>,
    at: Thread,
    /// Whether it is known beyond the block, or need not be.
    settled: bool,
}

/// What was said more than once in a block.
#[derive(Debug, Clone)]
struct Kept {
    level: Vec<u8>,
    words: Vec<u8>,
    known: Known<Arc<str>>,
}

impl Default for Repeats {
    fn default() -> Self {
        let nothing = Kept { level: Vec::new(), words: Vec::new(), known: Known::Nothing { failure: false } };
        Self { block: 0, of_block: vec![Place::default(); OF_BLOCK], told: Vec::new(), kept: vec![nothing; KEPT] }
    }
}

impl Repeats {
    /// Another block begins.
    pub fn begin_block(&mut self) {
        self.told.clear();
        self.block = self.block.wrapping_add(1);
        if self.block == 0 {
            self.of_block.fill(Place::default());
            self.block = 1;
        }
    }

    /// What the same thread told by the same words in this block.
    #[inline]
    pub fn find(&mut self, said: &Said<'_>) -> Option<&Told> {
        let place = &self.of_block[said.place_in_block()];
        let same = place.block == self.block
            && said.block.get(place.from as usize..place.to as usize).is_some_and(|known| known == said.bytes());
        if same { self.told.get(place.told as usize) } else { None }
    }

    /// What other threads told by the same words in this block, or any in one before. `names` are those of the block.
    pub fn find_of_others(&mut self, said: &Said<'_>, thread: Thread, names: &mut Names<'_>) -> Option<Known<Name>> {
        let (level, words) = thread.cut_from(said.bytes())?;
        let place = &self.of_block[said.place_in_block()];
        if place.block == self.block
            && let Some(told) = self.told.get_mut(place.told as usize)
            && let Some(bytes) = said.block.get(place.from as usize..place.to as usize)
            && told.at.cut_from(bytes) == Some((level, words))
        {
            let known = told.known;
            if !std::mem::replace(&mut told.settled, true) {
                self.keep_beyond(said, level, words, known.map(|name| names.keep(name)));
            }
            return Some(known);
        }
        let kept = &self.kept[said.place_kept(words)];
        let same = kept.words == words && kept.level == level;
        same.then(|| kept.known.clone().map(|text| names.number_shared(&text)))
    }

    /// Remembers what a thread tells, of this block only or, once others say it, of those that follow as well.
    #[inline]
    pub fn keep(&mut self, said: &Said<'_>, at: Thread, thread: Name, known: Known<Name>, of_block_only: bool) {
        let settled = of_block_only || said.to - said.from > LONGEST || names_a_file(&known);
        let parts = (u32::try_from(said.from), u32::try_from(said.to), u32::try_from(self.told.len()));
        if let (Ok(from), Ok(to), Ok(told)) = parts {
            self.of_block[said.place_in_block()] = Place { from, to, block: self.block, told };
            self.told.push(Told { thread, known, at, settled });
        }
    }

    #[cold]
    fn keep_beyond(&mut self, said: &Said<'_>, level: &[u8], words: &[u8], known: Known<Arc<str>>) {
        let kept = &mut self.kept[said.place_kept(words)];
        kept.level.clear();
        kept.level.extend_from_slice(level);
        kept.words.clear();
        kept.words.extend_from_slice(words);
        kept.known = known;
    }
}

/// Files come and go; what names one would only take the place of what is said all the time.
fn names_a_file<T>(known: &Known<T>) -> bool {
    matches!(known, Known::Event(What::DeliveryFailed(_) | What::FileNamed(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log4j::records;

    const RECORD: &str = concat!(
        "2019-07-25 13:12:18,996 ERROR [Thread-13] sftpapi.ftpClient (ftpClient.java:246) - ",
        "connect(): Failed connect to 1.1.1.1\n"
    );

    /// A reader of blocks, and the names of the block under way.
    #[derive(Default)]
    struct Reader {
        repeats: Repeats,
        names: Names<'static>,
    }

    impl Reader {
        /// What is known of the last record of a block.
        fn known(&mut self, block: &str, last: &str) -> Option<Known<Name>> {
            let (said, thread) = said(block, last);
            self.repeats
                .find(&said)
                .map(|told| told.known)
                .or_else(|| self.repeats.find_of_others(&said, thread, &mut self.names))
        }

        fn keep(&mut self, known: Known<Name>, of_block_only: bool) {
            let (said, thread) = said(RECORD, RECORD);
            self.repeats.keep(&said, thread, Name::default(), known, of_block_only);
        }

        fn next_block(&mut self) {
            self.repeats.begin_block();
            self.names = Names::default();
        }
    }

    fn said<'b>(block: &'b str, last: &str) -> (Said<'b>, Thread) {
        let from = block.len() - last.len();
        let thread = Thread::of(&records::thread(last.as_bytes()).unwrap()).unwrap();
        (Said::of(block.as_bytes(), from..block.len(), block.len() - 1), thread)
    }

    fn other_thread() -> String {
        RECORD.replace("Thread-13", "Thread-15")
    }

    fn alarm() -> Known<Name> {
        Known::Event(What::Alarm("CDRHWMExceeded"))
    }

    #[test]
    fn the_same_words_at_the_same_level_are_known_again_whoever_says_them() {
        let mut reader = Reader::default();
        reader.next_block();
        assert_eq!(reader.known(RECORD, RECORD), None);
        reader.keep(alarm(), false);
        // A thread whose name has another length is found beyond the block.
        for same in [RECORD.to_owned(), other_thread()] {
            assert_eq!(reader.known(&format!("{RECORD}{same}"), &same), Some(alarm()));
        }
        for other in
            [RECORD.replace("ERROR", "WARN "), RECORD.replace("connect to", "Connect to"), RECORD.replace('\n', "1\n")]
        {
            assert_eq!(reader.known(&format!("{RECORD}{other}"), &other), None, "{other}");
        }
    }

    #[test]
    fn what_several_threads_say_in_a_block_is_known_in_the_next() {
        let mut reader = Reader::default();
        let both = format!("{RECORD}{}", other_thread());
        reader.next_block();
        let text = reader.names.number("an error".into());
        let error = Known::Event(What::Error { text, of_library: true, lists: false });
        reader.keep(error, false);
        assert_eq!(reader.known(&both, &other_thread()), Some(error));

        reader.next_block();
        reader.names.number("other".into());
        let known = reader.known(RECORD, RECORD);
        let Some(Known::Event(What::Error { text, .. })) = known else { panic!("{known:?}") };
        assert_eq!((text.index(), &*reader.names.keep(text)), (1, "an error"));
    }

    #[test]
    fn what_one_says_once_or_is_odd_or_names_a_file_is_of_its_block_only() {
        let file = Known::Event(What::FileNamed(Name::default()));
        let both = format!("{RECORD}{}", other_thread());
        for (known, of_block_only, block) in [(alarm(), false, RECORD), (alarm(), true, &both), (file, false, &both)] {
            let mut reader = Reader::default();
            reader.next_block();
            reader.keep(known, of_block_only);
            assert_eq!(reader.known(block, &block[block.rfind("2019").unwrap()..]), Some(known));
            reader.next_block();
            assert_eq!(reader.known(RECORD, RECORD), None);
        }
    }

    #[test]
    fn what_is_no_event_is_known_again_too() {
        let mut reader = Reader::default();
        reader.next_block();
        reader.keep(Known::Nothing { failure: true }, false);
        assert_eq!(reader.known(RECORD, RECORD), Some(Known::Nothing { failure: true }));
    }
}
