//! What a file is, by how it begins.

use std::fmt;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::mail;

/// How a gzip file begins (RFC 1952, section 2.3.1).
pub const GZIP: &[u8] = b"\x1f\x8b";

/// What a file's beginning shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text, or anything else that is no archive.
    Plain,
    /// One packed file.
    Gzip,
    /// A zip archive (PKWARE's APPNOTE, 4.3.7 and 4.3.16), which office documents are, too.
    Zip,
    /// A tar archive (POSIX ustar and GNU).
    Tar,
    /// A mail: a text, and what is attached.
    Mail,
    /// Something that may hold a trace, and is not read.
    Unread(Unread),
}

/// What may hold a trace, and is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// An archive or a packed file: the program's name, and the command that unpacks it.
    Packed(&'static str, &'static str),
    /// A document of a word processor and the like: people paste traces there.
    Document(&'static str),
}

/// How other formats begin, as their specifications have it.
const UNREAD: [(&[u8], Unread); 12] = [
    (b"7z\xbc\xaf\x27\x1c", Unread::Packed("7-Zip", "7z x")),
    (b"Rar!\x1a\x07", Unread::Packed("RAR", "unrar x")),
    (b"\xfd7zXZ\0", Unread::Packed("xz", "xz -d")),
    (b"LZIP\x01", Unread::Packed("lzip", "lzip -d")),
    (b"BZh", Unread::Packed("bzip2", "bzip2 -d")),
    (b"\x28\xb5\x2f\xfd", Unread::Packed("zstd", "zstd -d")),
    (b"\x04\x22\x4d\x18", Unread::Packed("lz4", "lz4 -d")),
    (b"\x1f\x9d", Unread::Packed("compress", "gzip -d")),
    (b"MSCF\0\0\0\0", Unread::Packed("cabinet", "expand")),
    (b"%PDF-", Unread::Document("PDF")),
    (b"{\\rtf", Unread::Document("RTF")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Unread::Document("Word, Excel or Outlook")),
];

/// What office documents hold, whatever else.
const OFFICE: [(&str, &str); 4] = [
    ("word/document.xml", "Word"),
    ("xl/workbook.xml", "Excel"),
    ("ppt/presentation.xml", "PowerPoint"),
    ("META-INF/manifest.xml", "OpenDocument"),
];

impl Format {
    /// By a file's beginning.
    pub fn of(head: &[u8]) -> Self {
        if head.starts_with(GZIP) {
            return Self::Gzip;
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Self::Zip;
        }
        if is_tar(head) {
            return Self::Tar;
        }
        if mail::is_mail(head) {
            return Self::Mail;
        }
        UNREAD.iter().find(|(magic, _)| head.starts_with(magic)).map_or(Self::Plain, |(_, what)| Self::Unread(*what))
    }
}

/// Which office document a zip archive is, by the names in it.
pub fn office<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<Unread> {
    names.find_map(|name| OFFICE.iter().find(|(part, _)| *part == name)).map(|(_, what)| Unread::Document(what))
}

/// A page as a browser saves it. Other programs leave theirs in folders, so that it counts only where it was named.
pub fn is_web_page(head: &[u8]) -> bool {
    let start = head.trim_ascii_start();
    let begins = |tag: &[u8]| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins(b"<!doctype html") || begins(b"<html")
}

/// Whether a record stands behind a tag of HTML's, or its time has HTML's blanks.
pub fn has_tagged_record(head: &[u8]) -> bool {
    static TAGGED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let tag = r"</?(?:br|p|div|table|td|tr|li|pre|span|code|font|blockquote|line|log)\b[^<>]{0,200}>";
        Regex::new(&format!(
            r"(?i-u){tag}\s*\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{{3}} |\d-\d\d&nbsp;\d\d:\d\d:\d\d[,.]"
        ))
        .ok()
    });
    let is_json = matches!(head.trim_ascii_start().first(), Some(b'{' | b'['));
    !is_json && TAGGED.as_ref().is_some_and(|tagged| tagged.is_match(head))
}

/// By the mark at 257, or else, in archives from before it, by the header's sum (POSIX pax, "ustar Interchange
/// Format").
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<512>() else { return false };
    if &header[257..262] == b"ustar" {
        return true;
    }
    let digits = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | 0);
    let field = &header[148..156];
    let told = std::str::from_utf8(field).ok().map(|sum| sum.trim_matches([' ', '\0']));
    let told = told.and_then(|sum| u32::from_str_radix(sum, 8).ok());
    let rest = header.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let own = field.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    field.iter().all(digits) && told == Some(rest - own + 8 * u32::from(b' '))
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packed(program, command) => {
                write!(f, "not read: packed with {program}; unpack it ({command}) and give the files")
            }
            Self::Document(kind) => write!(f, "not read: a {kind} document; save what it holds as plain text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_old();
        header.set_path("a.log").unwrap();
        header.set_size(1);
        header.set_cksum();
        tar.append(&header, b"x".as_slice()).unwrap();
        assert_eq!(Format::of(&tar.into_inner().unwrap()), Format::Tar, "without ustar");
        for (head, format) in [
            (b"2024-05-06 07:00:00,000 INFO".as_slice(), Format::Plain),
            (&[0; 512], Format::Plain),
            (b"", Format::Plain),
            (b"\x1f\x8b\x08", Format::Gzip),
            (b"PK\x03\x04", Format::Zip),
            (b"7z\xbc\xaf\x27\x1c\0\x04", Format::Unread(Unread::Packed("7-Zip", "7z x"))),
            (b"%PDF-1.7", Format::Unread(Unread::Document("PDF"))),
        ] {
            assert_eq!(Format::of(head), format);
        }
    }

    #[test]
    fn a_record_behind_a_tag_is_a_page_s_and_a_message_s_own_tags_are_not() {
        let record = "2019-07-25 13:12:11,971 ERROR [main] a.B (B.java:1) - x";
        for (text, expected) in [
            (format!("<p>Hello</p><p>{record}<br/>\n{record}"), true),
            (format!("<td class=\"x\">{record}</td>"), true),
            (record.replace(' ', "&nbsp;"), true),
            (format!("{record} <default>\n{record}\n\tat a.B.<init>(B.java:1)\n{record}"), false),
            (format!("{{\"html\": \"<p>{record}</p>\"}}"), false),
        ] {
            assert_eq!(has_tagged_record(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn office_documents_are_zip_archives_that_hold_certain_parts() {
        assert_eq!(office(["[Content_Types].xml", "word/document.xml"].into_iter()), Some(Unread::Document("Word")));
        assert_eq!(office(["cm/trace/cdrrep/log4j/cdrrepmgr00001.log"].into_iter()), None);
    }
}
