//! Several phrases found by one search.

use aho_corasick::packed::Searcher;
use memchr::memmem;

/// Texts shorter than this are searched byte after byte, unless something stands behind them.
const SHORT: usize = 64;

/// Phrases to be found, none of which holds a NUL.
pub struct Phrases {
    texts: Vec<&'static str>,
    /// `None` where the processor has no means for it.
    searcher: Option<Searcher>,
}

impl Phrases {
    /// These.
    pub fn new(texts: &[&'static str]) -> Self {
        Self { texts: texts.to_vec(), searcher: Searcher::new(texts) }
    }

    /// Tells which phrases stand in a text, and where each ends. Of those that overlap one is told.
    pub fn find_all(&self, text: &[u8], mut tell: impl FnMut(usize, usize)) {
        let Some(searcher) = &self.searcher else {
            for (index, phrase) in self.texts.iter().enumerate() {
                if let Some(at) = memmem::find(text, phrase.as_bytes()) {
                    tell(index, at + phrase.len());
                }
            }
            return;
        };
        let mut space = [0; SHORT];
        for found in searcher.find_iter(padded(text, &mut space)) {
            tell(found.pattern().as_usize(), found.end());
        }
    }

    /// Whether one of them stands in a text.
    pub fn stand_in(&self, text: &[u8]) -> bool {
        match &self.searcher {
            Some(searcher) => searcher.find(padded(text, &mut [0; SHORT])).is_some(),
            None => self.texts.iter().any(|phrase| memmem::find(text, phrase.as_bytes()).is_some()),
        }
    }
}

/// A short text with NULs behind it.
fn padded<'t>(text: &'t [u8], space: &'t mut [u8; SHORT]) -> &'t [u8] {
    match space.get_mut(..text.len()) {
        Some(begin) => {
            begin.copy_from_slice(text);
            space
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_in_short_texts_and_long_ones() {
        let phrases = Phrases::new(&["cdr_", "failed"]);
        for behind in [0, 100] {
            let text = format!("a failed cdr_{}", "x".repeat(behind));
            let mut found = Vec::new();
            phrases.find_all(text.as_bytes(), |phrase, end| found.push((phrase, end)));
            assert_eq!(found, [(1, 8), (0, 13)]);
            assert!(phrases.stand_in(text.as_bytes()));
            assert!(!phrases.stand_in(text.replace("failed", "fail").replace("cdr_", "cdr").as_bytes()));
        }
    }
}
