//! The names that a block's events hold (threads, hosts, files, messages), each once and by number, so that what takes
//! the events one after the other compares numbers. The thread that reads the block numbers them.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt};

/// A block seldom holds more.
const NAMES: usize = 256;

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
#[derive(Debug, Default)]
pub struct Names<'b> {
    numbers: HashMap<Cow<'b, str>, u32>,
}

impl<'b> Names<'b> {
    /// The number of a name.
    pub fn number(&mut self, text: Cow<'b, str>) -> Name {
        if let Some(number) = self.numbers.get(&*text) {
            return Name(*number);
        }
        if self.numbers.is_empty() {
            self.numbers = HashMap::with_capacity(NAMES);
        }
        // A block has far fewer bytes than this has numbers.
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text, number);
        Name(number)
    }

    /// The names in the order of their numbers.
    pub fn into_texts(self) -> Vec<Cow<'b, str>> {
        let mut texts = vec![Cow::default(); self.numbers.len()];
        for (text, number) in self.numbers {
            texts[number as usize] = text;
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_and_stands_at_its_place() {
        let mut names = Names::default();
        let numbers = ["main", "h", "main", "f"].map(|text| names.number(text.into()).index());
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(names.into_texts(), ["main", "h", "f"]);
    }
}
