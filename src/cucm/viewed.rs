//! A file as `file view` shows it, exact to the byte, with the proof that it is whole.
//!
//! A terminal turns each line end into CR LF; that CR goes again. Around the file CUCM prints a blank line before it, and
//! more where its viewer shows it by pages; what of that belongs to the file is decided by the viewer's line ranges and
//! the size that the folder lists.

use super::pager::Range;

/// A page of the viewer, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) range: Range,
    pub(crate) text: Vec<u8>,
}

/// What was viewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Viewed {
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether the ranges join up to the total, or the bytes are as many as were listed.
    pub(crate) complete: bool,
    /// Whether the viewer's total changed while it was read: the file grew, or was rotated.
    pub(crate) changed: bool,
}

/// Puts a file together. `rest` is what came behind the last page; all of it where there was no viewer.
pub(crate) fn assemble(pages: &[Page], rest: &[u8], listed: Option<u64>) -> Viewed {
    if pages.is_empty() { whole(rest, listed) } else { joined(pages, listed) }
}

/// Without the viewer: the listed size decides what of the line ends around it belongs to the file.
fn whole(text: &[u8], listed: Option<u64>) -> Viewed {
    for bytes in [lines(text), text.to_vec()] {
        if let Some(bytes) = listed.and_then(|listed| trimmed_to(&bytes, listed)) {
            return Viewed { bytes, complete: true, changed: false };
        }
    }
    let bytes = lines(text);
    let bytes = bytes.strip_prefix(b"\n").map_or_else(|| bytes.clone(), <[u8]>::to_vec);
    Viewed { bytes, complete: false, changed: false }
}

/// The text without line ends around it that make it longer than this; `None` where no such are.
fn trimmed_to(bytes: &[u8], listed: u64) -> Option<Vec<u8>> {
    /// As many line ends may CUCM itself print around a file.
    const MOST: usize = 3;
    let extra = bytes.len().checked_sub(usize::try_from(listed).ok()?)?;
    // CUCM prints blank lines before a file, so they go first. Of a file that begins with one it is not sure where it
    // begins: nothing is proved then.
    let options = (0..=extra.min(MOST)).rev().map(|lead| (lead, extra - lead));
    let begins_blank = |lead: usize| bytes.get(lead).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
    let options = options.filter(|(lead, _)| listed == 0 || !begins_blank(*lead));
    for (lead, trail) in options.filter(|(_, trail)| *trail <= MOST) {
        let end = bytes.len() - trail;
        let head = bytes.get(..lead)?;
        let tail = bytes.get(end..)?;
        if head.iter().chain(tail).all(|byte| matches!(byte, b'\n' | b'\r')) {
            return Some(bytes.get(lead..end)?.to_vec());
        }
    }
    None
}

fn joined(pages: &[Page], listed: Option<u64>) -> Viewed {
    let mut bytes = Vec::new();
    let mut expected = 1;
    let total = pages.first().map_or(0, |page| page.range.total);
    let mut joins = true;
    let changed = pages.iter().any(|page| page.range.total != total);
    for page in pages {
        let Range { first, last, .. } = page.range;
        let text = lines(&page.text);
        let count = last.saturating_sub(first).saturating_add(u64::from(last > 0));
        let exact = page_lines(&text, count, first <= 1);
        joins &= exact.is_some() && (first == expected || last == 0);
        bytes.extend(exact.unwrap_or(text));
        expected = last.saturating_add(1);
    }
    joins &= !changed && expected == total.saturating_add(1);
    // A file may end without a line end; the size tells.
    if listed.is_some_and(|listed| listed + 1 == bytes.len() as u64) && bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Viewed { bytes, complete: joins, changed }
}

/// The lines of a page, without the blank ones that the viewer puts around them; `None` where they are not as many as
/// it says.
fn page_lines(text: &[u8], count: u64, is_first: bool) -> Option<Vec<u8>> {
    let count = usize::try_from(count).ok()?;
    let mut text = text.to_vec();
    let ends = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    // The key may be echoed on a line of its own.
    for key in [b"n\n".as_slice(), b"n"] {
        if !is_first && ends(&text) > count && text.starts_with(key) {
            text.drain(..key.len());
        }
    }
    while ends(&text) > count {
        if text.starts_with(b"\n") && (is_first || !text.ends_with(b"\n\n")) {
            text.remove(0);
        } else if text.ends_with(b"\n\n") || (count == 0 && text == b"\n") {
            text.pop();
        } else {
            return None;
        }
    }
    (ends(&text) == count).then_some(text)
}

/// Line ends as the file has them: a terminal writes CR LF for LF (POSIX, `ONLCR`), once each.
fn lines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terminal(file: &[u8]) -> Vec<u8> {
        file.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect()
    }

    /// A file by the viewer's pages of 20 lines, with a blank line before the first.
    fn paged(file: &[u8]) -> Vec<Page> {
        let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
        let total = lines.len() as u64;
        let chunks = lines.chunks(20).enumerate().map(|(number, chunk)| {
            let first = number as u64 * 20 + 1;
            let text = terminal(&chunk.concat());
            let text = if number == 0 { [b"\r\n".as_slice(), &text].concat() } else { text };
            Page { range: Range { first, last: first + chunk.len() as u64 - 1, total }, text }
        });
        chunks.collect()
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_told() {
        let mut pages = paged("line\n".repeat(50).as_bytes());
        pages[2].range.total = 60;
        let viewed = assemble(&pages, b"", None);
        assert!(viewed.changed && !viewed.complete);
    }

    #[test]
    fn a_missing_page_or_a_size_that_differs_is_no_proof() {
        let mut pages = paged("line\n".repeat(50).as_bytes());
        pages.remove(1);
        assert!(!assemble(&pages, b"", None).complete);
        assert!(!assemble(&[], b"\r\nline\r\n", Some(40)).complete);
    }

    proptest! {
        #[test]
        fn a_file_comes_out_as_it_went_in(file in "([ -~\\t]{0,30}\n){1,60}[ -~]{0,5}", latin in any::<bool>()) {
            let mut file = file.into_bytes();
            if latin {
                file.insert(0, 0xe9);
            }
            let size = Some(file.len() as u64);
            for around in [(&b""[..], &b""[..]), (b"\r\n", b""), (b"\r\n", b"\r\n"), (b"", b"\r\n")] {
                let text = [around.0, &terminal(&file), around.1].concat();
                let viewed = assemble(&[], &text, size);
                // Blank lines at the edges of a file of that size cannot be told from CUCM's own.
                if !file.starts_with(b"\n") {
                    prop_assert!(viewed.complete);
                }
                if !file.starts_with(b"\n") && !file.ends_with(b"\n\n") {
                    prop_assert_eq!(&viewed.bytes, &file);
                }
            }
            let viewed = assemble(&paged(&file), b"", size);
            prop_assert!(viewed.complete);
            prop_assert_eq!(viewed.bytes, file);
        }
    }
}
