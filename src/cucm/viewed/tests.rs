use proptest::prelude::*;

use super::*;

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
    let viewed = assemble(&pages, b"", None, None);
    assert!(viewed.changed && !viewed.complete && !viewed.joined);
}

#[test]
fn a_missing_page_or_a_size_that_differs_is_no_proof() {
    let mut pages = paged("line\n".repeat(50).as_bytes());
    pages.remove(1);
    assert!(!assemble(&pages, b"", None, None).complete);
    assert!(!assemble(&[], b"\r\nline\r\n", Some(40), None).complete);
    let pages = paged("line\n".repeat(50).as_bytes());
    for listed in [249, 251, 300] {
        let viewed = assemble(&pages, b"", Some(listed), None);
        assert!(viewed.joined && viewed.complete == (listed == 249), "without its last line end it has 249");
    }
}

#[test]
fn a_file_that_begins_with_a_blank_line_is_proved_by_what_comes_before_the_others() {
    let file = b"\none\ntwo\n";
    let size = Some(file.len() as u64);
    let shown = [b"\r\n".as_slice(), &terminal(file)].concat();
    for (pages, rest) in [(Vec::new(), shown.as_slice()), (paged(file), b"")] {
        let doubt = assemble(&pages, rest, size, None);
        assert_eq!((doubt.bytes.as_slice(), doubt.complete, doubt.lead), (&file[..], false, Lead::Assumed(1)));
        let sure = assemble(&pages, rest, size, Some(1));
        assert_eq!((sure.bytes.as_slice(), sure.complete), (&file[..], true));
    }
    assert_eq!(assemble(&[], b"\r\none\r\n", Some(4), None).lead, Lead::Shown(1));
}

#[test]
fn a_page_that_ends_blank_has_the_viewers_blank_lines_where_the_others_have_them() {
    let file = [b"\nx\n".repeat(9), b"\n\n".to_vec(), b"\ny\n".repeat(9), b"\n\nz\n".to_vec()].concat();
    let size = Some(file.len() as u64);
    let viewed = assemble(&paged(&file), b"", size, Some(1));
    assert_eq!((viewed.bytes == file, viewed.complete), (true, true));
}

#[test]
fn keys_that_are_shown_are_taken_out_where_the_size_proves_it() {
    let file = "a line\n".repeat(50);
    for echo in ["n\r\n", "n"] {
        let mut pages = paged(file.as_bytes());
        for page in &mut pages[1..] {
            page.text.splice(..0, echo.bytes());
        }
        let viewed = assemble(&pages, b"", Some(file.len() as u64), None);
        assert_eq!((viewed.bytes == file.as_bytes(), viewed.complete), (true, true), "{echo:?}");
    }
}

#[test]
fn a_last_page_without_a_bar_counts() {
    let file = "a line\n".repeat(50);
    let mut pages = paged(file.as_bytes());
    let last = pages.pop().unwrap();
    for end in ["", "\r\nend of the file reached\r\n"] {
        let rest = [last.text.as_slice(), end.as_bytes()].concat();
        let viewed = assemble(&pages, &rest, Some(file.len() as u64), None);
        assert_eq!((viewed.bytes == file.as_bytes(), viewed.complete), (true, true), "{end:?}");
    }
}

#[test]
fn a_terminal_that_leaves_line_feeds_alone_is_read_too() {
    let file = b"one\r\ntwo\nthree\n";
    let viewed = assemble(&[], &[b"\r\n".as_slice(), file].concat(), Some(file.len() as u64), None);
    assert_eq!((viewed.bytes.as_slice(), viewed.complete), (&file[..], true));
    let cut = terminal(&b"one\n".repeat(5));
    assert!(!assemble(&[], &cut, Some(cut.len() as u64), None).complete, "a terminal's CR is no proof");
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
            let lead = around.0.len() / 2;
            let viewed = assemble(&[], &text, size, Some(lead));
            prop_assert!(viewed.complete);
            if !file.ends_with(b"\n\n") || around.1.is_empty() {
                prop_assert_eq!(&viewed.bytes, &file);
            }
            let unknown = assemble(&[], &text, size, None);
            prop_assert!(!unknown.complete || unknown.bytes == file || file.starts_with(b"\n") || file.ends_with(b"\n\n"));
        }
        let viewed = assemble(&paged(&file), b"", size, Some(1));
        prop_assert!(viewed.complete);
        prop_assert_eq!(viewed.bytes, file);
    }

    #[test]
    fn nothing_panics(text: Vec<u8>, first: u64, last: u64, total: u64, listed: Option<u64>, lead in 0_usize..5) {
        let page = Page { range: Range { first, last, total }, text: text.clone() };
        assemble(&[page.clone(), page], &text, listed, Some(lead));
        assemble(&[], &text, listed.map(|listed| listed % 50), Some(lead));
    }
}
