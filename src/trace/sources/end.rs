//! The ends of files: where a zip archive begins, and whether a text goes on in bytes that are none.

use std::io::{self, Read};

use super::extent::Extent;
use super::{Place, Source, looks_binary};

/// How a zip archive's end record begins (PKWARE's APPNOTE, 4.3.16), its length without the comment, and the longest
/// comment.
const MARK: &[u8] = b"PK\x05\x06";
const RECORD: usize = 22;
const COMMENT: u64 = 0xffff;

/// So many bytes tell what stands at the end of a text.
const GLANCE: u64 = 4096;

/// What the end of a zip archive says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Where the archive begins: behind 0 where another one stands before it.
    pub begins: u64,
    /// How many entries it has; `None` where there are more than the record can hold, or there is none.
    pub entries: Option<usize>,
}

impl End {
    /// Of the last archive in these bytes.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn of(extent: &Extent) -> io::Result<Self> {
        let length = extent.length.min(COMMENT + RECORD as u64);
        let mut end = Vec::new();
        extent.part(extent.length - length, length).open()?.read_to_end(&mut end)?;
        let record = memchr::memmem::rfind(&end, MARK).and_then(|at| Some((at, end.get(at..at + RECORD)?)));
        let Some((at, record)) = record else { return Ok(Self { begins: 0, entries: None }) };
        let number = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
        let long = |at: usize| u64::from(number(at)) | u64::from(number(at + 2)) << 16;
        let (entries, size, offset) = (number(10), long(12), long(16));
        let at = extent.length - length + at as u64;
        // In the form for large archives (4.3.14) these stand elsewhere.
        let is_large = entries == u16::MAX || offset == u64::from(u32::MAX);
        let begins = at.checked_sub(size + offset).filter(|_| !is_large).unwrap_or_default();
        Ok(Self { begins, entries: (!is_large).then_some(entries.into()) })
    }
}

impl Source {
    /// Whether a text that is read as it stands there ends in bytes that are none, as where something packed was put behind
    /// it.
    pub(super) fn ends_in_bytes(&self) -> bool {
        let whole = match &self.place {
            Place::File(path) => Extent::file(path, self.size),
            Place::Extent(extent) => extent.clone(),
            Place::ZipEntry { .. } | Place::Stream(_) => return false,
        };
        let is_text = !self.layers.is_packed && self.layers.encoding.is_none() && self.first.is_some();
        let mut end = Vec::new();
        let tail = whole.part(whole.length.saturating_sub(GLANCE), GLANCE);
        // What can't be read shows when the whole is.
        is_text && tail.open().and_then(|mut tail| tail.read_to_end(&mut end)).is_ok() && is_binary(&end)
    }
}

/// A short end may hold text and little that is none.
fn is_binary(end: &[u8]) -> bool {
    const PART: usize = 256;
    looks_binary(end) || looks_binary(&end[end.len().saturating_sub(PART)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_archive_behind_another_begins_where_that_ends() {
        let archive = |name: &str, comment: &str| {
            let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.set_comment(comment);
            zip.finish().unwrap().into_inner()
        };
        let (first, second) = (archive("a", ""), archive("b", "made by hand"));
        let end = |bytes: &[u8]| End::of(&Extent::unpack(&mut &*bytes, 1 << 20).unwrap().unwrap()).unwrap();
        assert_eq!(end(&second), End { begins: 0, entries: Some(1) });
        assert_eq!(end(&[first.as_slice(), &second].concat()), End { begins: first.len() as u64, entries: Some(1) });
        for none in [b"".as_slice(), MARK, b"PK\x03\x04"] {
            assert_eq!(end(none), End { begins: 0, entries: None });
        }
    }
}
