//! Where lines may be broken, on a page and in a message beside it.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};

/// How to wrap to this many columns, 20 at the least. What may have to be copied is never broken.
pub fn options(width: usize) -> Options<'static> {
    Options::new(width.max(20))
        .break_words(false)
        .word_separator(WordSeparator::Custom(unbroken))
        .word_splitter(WordSplitter::NoHyphenation)
}

/// The words of a line. What may be copied is one: a path, a fingerprint, and a command between backticks, whose blanks
/// are its own.
fn unbroken(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut rest = line;
    Box::new(std::iter::from_fn(move || {
        let mut end = 0;
        while let Some(at) = rest.get(end..)?.find([' ', '`']).map(|at| end + at) {
            let opened = rest[at..].strip_prefix('`');
            end = match opened {
                Some(quoted) => at + 1 + quoted.find('`').map_or(0, |length| length + 1),
                None => rest.len() - rest[at..].trim_start_matches(' ').len(),
            };
            if opened.is_none() {
                let (word, after) = rest.split_at(end);
                rest = after;
                return Some(Word::from(word));
            }
        }
        let word = std::mem::take(&mut rest);
        (!word.is_empty()).then(|| Word::from(word))
    }))
}
