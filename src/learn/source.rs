//! Knows each source by its content, never by its name, and hands it to its reader.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::collector::Collector;
use super::{own, packets};
use crate::bounds;
use crate::text;
use crate::unpacking::Allowance;

/// What is looked at to know a source.
const HEAD: u64 = 64 * 1024;

/// The kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lines of text.
    Log,
    /// Packets.
    Packets,
    /// A file that cdrdiag wrote.
    Own,
}

/// What a source was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Its kind.
    pub kind: Kind,
    /// Lines or packets; 1 for a file of cdrdiag's.
    pub entries: u64,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system says so, or it is a broken archive.
    #[error("{}", crate::plain::words(.0))]
    Read(#[from] io::Error),
    /// A file of cdrdiag's that is broken.
    #[error(transparent)]
    Own(#[from] crate::algorithms::profile_file::ProfileError),
    /// Neither text nor packets.
    #[error("it is binary, but not a packet capture (.pcap, .pcapng)")]
    Binary,
}

/// Reads a source to its end; `path` is how the user named it.
///
/// # Errors
/// When it cannot be read. What came before is collected.
pub fn read(file: impl Read + Send, path: &str, collector: &mut Collector) -> Result<Summary, SourceError> {
    let (file, allowance) = Allowance::counting(file);
    let mut file = BufReader::new(file);
    if file.fill_buf()?.starts_with(b"\x1f\x8b") {
        return read_plain(BufReader::new(allowance.gunzip(file)), path, collector);
    }
    read_plain(file, path, collector)
}

fn read_plain(mut file: impl BufRead + Send, path: &str, collector: &mut Collector) -> Result<Summary, SourceError> {
    let mut head = Vec::new();
    (&mut file).take(HEAD).read_to_end(&mut head)?;
    match text::utf_16(&head).filter(|_| !packets::is_capture(&head)) {
        Some(encoding) => {
            let mut decoded = BufReader::new(text::reader(encoding, Cursor::new(head).chain(file)));
            let mut head = Vec::new();
            (&mut decoded).take(HEAD).read_to_end(&mut head)?;
            read_utf_8(head, decoded, path, collector)
        }
        None => read_utf_8(head, file, path, collector),
    }
}

/// Reads a source of which the beginning has been read.
fn read_utf_8(
    head: Vec<u8>,
    file: impl BufRead + Send,
    path: &str,
    collector: &mut Collector,
) -> Result<Summary, SourceError> {
    let beginning = String::from_utf8_lossy(&head).into_owned();
    let is_binary = looks_binary(&head);
    let is_capture = packets::is_capture(&head);
    let mut whole = Cursor::new(head).chain(file);
    if is_capture {
        let summary = packets::read(whole, path, collector);
        return Ok(Summary { kind: Kind::Packets, entries: summary.packets });
    }
    if is_binary {
        return Err(SourceError::Binary);
    }
    if own::is_own(&beginning) {
        let mut text = String::new();
        bounds::ANSWER.limit(whole).read_to_string(&mut text)?;
        own::read(&text, path, collector)?;
        return Ok(Summary { kind: Kind::Own, entries: 1 });
    }
    let summary = super::text::read(&mut whole, path, collector)?;
    Ok(Summary { kind: Kind::Log, entries: summary.lines })
}

/// Control bytes, other than those of text and the NULs that a crash leaves, are no log's.
fn looks_binary(head: &[u8]) -> bool {
    let odd = head.iter().filter(|byte| matches!(byte, 1..=8 | 14..=26 | 28..=31)).count();
    odd * 20 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const LINE: &str =
        "sshd[1]: Unable to negotiate with 10.0.0.1 port 5: no matching MAC found. Their offer: hmac-md5 [preauth]\n";

    #[test]
    fn a_packed_log_is_a_log() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(LINE.as_bytes()).unwrap();
        for bytes in [LINE.as_bytes().to_vec(), packed.finish().unwrap()] {
            let mut collector = Collector::default();
            let summary = read(bytes.as_slice(), "log", &mut collector).unwrap();
            assert_eq!(summary, Summary { kind: Kind::Log, entries: 1 });
            assert_eq!(collector.finish().0.len(), 1);
        }
    }

    #[test]
    fn a_log_that_powershell_copied_is_read() {
        for mark in [&[0xff, 0xfe][..], &[]] {
            let bytes: Vec<u8> = mark.iter().copied().chain(LINE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            let mut collector = Collector::default();
            assert_eq!(read(bytes.as_slice(), "log", &mut collector).unwrap().entries, 1);
            assert_eq!(collector.finish().0.len(), 1);
        }
    }

    #[test]
    fn a_broken_archive_and_a_picture_are_errors() {
        let read = |bytes: &[u8]| read(bytes, "x", &mut Collector::default());
        assert!(matches!(read(b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff"), Err(SourceError::Read(_))));
        assert!(matches!(read(b"\x89PNG\r\n\x1a\n\0\0\0\x01\x02\x03\x04\x05"), Err(SourceError::Binary)));
    }

    #[test]
    fn an_empty_file_tells_nothing() {
        let mut collector = Collector::default();
        assert_eq!(read(&b""[..], "x", &mut collector).unwrap().entries, 0);
        assert!(collector.finish().0.is_empty());
    }
}
