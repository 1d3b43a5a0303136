//! The names that a block's events hold (threads, hosts, files, messages), each once and by number, so that what takes
//! the events one after the other compares numbers. The thread that reads the block numbers them.

use std::borrow::{Borrow, Cow};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::spread::{eight, spread};
use crate::log4j::records;

/// A block seldom holds more.
const NAMES: usize = 256;

/// So many are found without being hashed.
const RECENT: usize = 128;

/// A name by its number. It means nothing outside its block.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Name(u32);

impl Name {
    /// Its place in what [`Names::into_texts`] gives.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A name's text: the block's own, or kept by whoever read an earlier block.
#[derive(Debug, Clone)]
pub enum Text<'b> {
    /// It stands in the block.
    Lent(&'b str),
    /// It stands elsewhere.
    Shared(Arc<str>),
}

impl Text<'_> {
    /// The text, to be kept.
    pub fn keep(&self) -> Arc<str> {
        match self {
            Self::Lent(text) => Arc::from(*text),
            Self::Shared(text) => Arc::clone(text),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Lent("")
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<'b> From<Cow<'b, str>> for Text<'b> {
    fn from(text: Cow<'b, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Lent(text),
            Cow::Owned(text) => Self::Shared(text.into()),
        }
    }
}

/// Numbers names.
#[derive(Debug)]
pub struct Names<'b> {
    texts: IndexSet<Text<'b>, RandomState>,
    /// A delivery's records name the same thread, file and host one after the other.
    recent: [(&'b [u8], Name); RECENT],
}

impl Default for Names<'_> {
    fn default() -> Self {
        Self { texts: IndexSet::default(), recent: [(b"", Name(0)); RECENT] }
    }
}

impl<'b> Names<'b> {
    /// The number of a name.
    #[inline]
    pub fn number(&mut self, text: Cow<'b, str>) -> Name {
        match text {
            Cow::Borrowed(text) => self.number_recent(text.as_bytes(), || Text::Lent(text)),
            Cow::Owned(_) => self.insert(text.into()),
        }
    }

    /// The number of a name as it stands in a record, which need not be UTF-8.
    #[inline]
    pub fn number_bytes(&mut self, bytes: &'b [u8]) -> Name {
        self.number_recent(bytes, || records::text(bytes).into())
    }

    /// The number of a name that another block held.
    pub fn number_shared(&mut self, text: &Arc<str>) -> Name {
        self.insert(Text::Shared(Arc::clone(text)))
    }

    #[inline]
    fn number_recent(&mut self, bytes: &'b [u8], text: impl FnOnce() -> Text<'b>) -> Name {
        let place = place(bytes);
        let (known, name) = self.recent[place];
        if known == bytes && !bytes.is_empty() {
            return name;
        }
        let name = self.insert(text());
        self.recent[place] = (bytes, name);
        name
    }

    fn insert(&mut self, text: Text<'b>) -> Name {
        if self.texts.is_empty() {
            self.texts.reserve(NAMES);
        }
        let (index, _) = self.texts.insert_full(text);
        // A block has far fewer bytes than this has numbers.
        Name(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The text of a name, to be kept.
    pub fn keep(&self, name: Name) -> Arc<str> {
        self.texts.get_index(name.index()).map_or_else(|| Arc::from(""), Text::keep)
    }

    /// The names in the order of their numbers.
    pub fn into_texts(self) -> impl ExactSizeIterator<Item = Text<'b>> {
        self.texts.into_iter()
    }
}

/// Told by its length and by how it begins and ends, where threads, hosts and files have their numbers.
#[inline]
fn place(bytes: &[u8]) -> usize {
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
        assert!(names.into_texts().map(|text| text.to_string()).eq(["main", "h", "f"]));
    }
}
