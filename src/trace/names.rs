//! The names that a block's events hold (threads, hosts, files, messages), each once and by number, so that what takes
//! the events one after the other compares numbers. The thread that reads the block numbers them.

use std::borrow::Cow;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::spread::{eight, spread};

/// A block seldom holds more.
const NAMES: usize = 256;

/// So many are found without being hashed.
const RECENT: usize = 128;

/// A name by its number. It means nothing outside its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(u32);

impl Name {
    /// Its place in what [`Names::into_texts`] gives.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Numbers names.
#[derive(Debug)]
pub struct Names<'b> {
    texts: IndexSet<Cow<'b, str>, RandomState>,
    /// A delivery's records name the same thread, file and host one after the other.
    recent: [(&'b str, Name); RECENT],
}

impl Default for Names<'_> {
    fn default() -> Self {
        Self { texts: IndexSet::default(), recent: [("", Name(0)); RECENT] }
    }
}

impl<'b> Names<'b> {
    /// The number of a name.
    #[inline]
    pub fn number(&mut self, text: Cow<'b, str>) -> Name {
        let Cow::Borrowed(text) = text else { return self.insert(text) };
        let place = place(text);
        let (known, name) = self.recent[place];
        if known == text && !text.is_empty() {
            return name;
        }
        let name = self.insert(Cow::Borrowed(text));
        self.recent[place] = (text, name);
        name
    }

    fn insert(&mut self, text: Cow<'b, str>) -> Name {
        if self.texts.is_empty() {
            self.texts.reserve(NAMES);
        }
        let (index, _) = self.texts.insert_full(text);
        // A block has far fewer bytes than this has numbers.
        Name(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The names in the order of their numbers.
    pub fn into_texts(self) -> impl ExactSizeIterator<Item = Cow<'b, str>> {
        self.texts.into_iter()
    }
}

/// Told by its length and by how it begins and ends, where threads, hosts and files have their numbers.
#[inline]
fn place(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (begin, end) = (eight(bytes.first_chunk()), eight(bytes.last_chunk()));
    spread::<RECENT>(begin ^ end.rotate_left(29) ^ bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_and_stands_at_its_place() {
        let mut names = Names::default();
        let numbers = ["main", "h", "main", "f"].map(|text| names.number(text.into()).index());
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert!(names.into_texts().eq(["main", "h", "f"]));
    }
}
