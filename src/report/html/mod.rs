//! A page to hand on as one HTML file that needs nothing else: no script, nothing fetched.
//!
//! The file is well-formed XML too, so that a test can hold it to that.

mod figure;

use std::cell::Cell;
use std::io::{self, BufWriter};
use std::{fmt, iter};

use askama::Template;
use askama::filters::{Escaper, Html};

use super::page::Tone;
use super::view::{Appendix, Block, Depth, Headline, Piece, Sections, View};
use crate::escape;
use figure::Figure;

/// Escapes for HTML, control characters and direction overrides included: the templates' default (`askama.toml`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Visible;

impl Escaper for Visible {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, text: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &escape::line(text))
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report<'a> {
    title: String,
    tone: Tone,
    headlines: Vec<Headline>,
    /// Each is made while the page is written.
    sections: Cell<Sections<'a>>,
    times: Vec<Piece>,
    appendix: &'a Appendix,
}

impl<'a> Report<'a> {
    fn sections(&self) -> Sections<'a> {
        self.sections.replace(Box::new(iter::empty()))
    }
}

/// By this a report of an earlier run is known.
pub const MARK: &str = "<footer><p>cdrdiag ";

/// Writes the page as HTML.
///
/// # Errors
/// When `out` does not take it.
pub fn render(view: View<'_>, appendix: &Appendix, out: &mut dyn io::Write) -> io::Result<()> {
    let View { title, tone, headlines, sections } = view;
    let sections: Sections<'_> = Box::new(sections.chain([appendix.section()]));
    let (sections, times) = (Cell::new(sections), appendix.times());
    Report { title, tone, headlines, sections, times, appendix }.write_into(&mut BufWriter::new(out))
}

/// A piece of a text, and whether it is a word that no line's end may tear: an address with its port, a time, a version.
fn runs(text: &str) -> Vec<(bool, &str)> {
    let mut runs: Vec<(bool, &str)> = Vec::new();
    let (mut start, mut at) = (0, 0);
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if is_whole(bare) {
            runs.extend([(false, &text[start..at]), (true, bare)]);
            start = at + bare.len();
        }
        at += word.len();
    }
    runs.push((false, &text[start..]));
    runs.retain(|(_, run)| !run.is_empty());
    runs
}

/// A colon or a dot with a digit behind it, or a date's stroke between two.
fn is_whole(word: &str) -> bool {
    word.as_bytes().windows(3).any(|three| {
        let [before, mark, after] = three else { return false };
        after.is_ascii_digit() && (b":.".contains(mark) || (*mark == b'-' && before.is_ascii_digit()))
    })
}

impl Tone {
    /// The class that gives a tone its colour.
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Strong => "strong",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Faint => "faint",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::tests::{appendix, everything, hostile};

    fn rendered(name: &str) -> String {
        let mut out = Vec::new();
        render(everything(name), &appendix(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// All text and attributes of a page, after an XML parser has read it.
    fn parsed(html: &str) -> (Vec<String>, String) {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(html, options).unwrap();
        let names =
            document.descendants().filter(roxmltree::Node::is_element).map(|node| node.tag_name().name().to_owned());
        let text = document.descendants().filter_map(|node| node.text()).collect::<Vec<_>>().join(" ");
        (names.collect(), text)
    }

    #[test]
    fn a_page_is_well_formed_and_needs_nothing_from_elsewhere() {
        let html = rendered("plain");
        let (names, _) = parsed(&html);
        for name in ["script", "link", "img", "iframe", "object", "base", "form", "a"] {
            assert!(!names.contains(&name.to_owned()), "<{name}>");
        }
        for reference in ["src=", "href=", "url(", "@import"] {
            assert!(!html.contains(reference), "{reference}");
        }
        assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'"));
    }

    #[test]
    fn markup_and_escape_sequences_come_out_as_text() {
        let (plain, _) = parsed(&rendered("plain"));
        let (names, text) = parsed(&rendered(hostile()));
        assert_eq!(names, plain);
        assert!(text.contains("</title><script>alert(1)</script>"), "{text}");
        assert!(text.contains("\\x1b[31m") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn an_address_with_its_port_is_one_run() {
        let runs = runs("Change on 192.0.2.10:2222 (OpenSSH 9.2p1) now");
        let whole: Vec<_> = runs.iter().filter(|(whole, _)| *whole).map(|(_, run)| *run).collect();
        assert_eq!(whole, ["192.0.2.10:2222", "9.2p1)"]);
        assert_eq!(
            runs.iter().map(|(_, run)| *run).collect::<String>(),
            "Change on 192.0.2.10:2222 (OpenSSH 9.2p1) now"
        );
        assert_eq!(super::runs("a: b. c"), [(false, "a: b. c")]);
        assert_eq!(super::runs(""), []);
    }

    #[test]
    fn every_part_is_there() {
        insta::assert_snapshot!(rendered("name").split_once("</style>").unwrap().1);
    }
}
