//! A page to hand on as Markdown (GitHub's flavour, which ticket systems understand). What a server or a trace said
//! stands in code, where nothing has a meaning; all words are escaped.

use std::fmt::Write;
use std::io;

use super::page::{Page, Terminal, Tone};
use super::text;
use super::view::{Appendix, Block, Headline, Piece, Section, Table, View};
use crate::escape;

/// By this a report of an earlier run is known.
pub const MARK: &str = "Made by: cdrdiag ";

/// Writes the page as Markdown.
///
/// # Errors
/// When `out` does not take it.
pub fn render(view: View<'_>, appendix: &Appendix, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = format!("# {}\n", words(&view.title));
    if !view.headlines.is_empty() {
        text.push('\n');
    }
    write_headlines(&mut text, &view.headlines);
    let _ = writeln!(text, "\n{}", pieces(&appendix.times()));
    out.write_all(text.as_bytes())?;
    for section in view.sections.chain([appendix.section()]) {
        text.clear();
        write_section(&mut text, &section);
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn write_headlines(text: &mut String, lines: &[Headline]) {
    for line in lines {
        let _ = writeln!(text, "- **{}**: **{}** {}", words(line.verdict), words(&line.subject), words(&line.rest()));
    }
}

// Writing to a String cannot fail, so the results are let go throughout.
fn write_section(text: &mut String, section: &Section) {
    let _ = writeln!(text, "\n## {}", words(&section.title));
    for block in &section.blocks {
        text.push('\n');
        match block {
            Block::Headlines(lines) => write_headlines(text, lines),
            Block::Heading(list) => {
                // A heading is bold by itself.
                let plain = |piece: &Piece| Piece { tone: Tone::Plain, ..piece.clone() };
                let _ = writeln!(text, "### {}", pieces(&list.iter().map(plain).collect::<Vec<_>>()));
            }
            Block::Paragraph(list) => {
                let _ = writeln!(text, "{}", pieces(list));
            }
            Block::List(points) => points.iter().for_each(|point| {
                let _ = writeln!(text, "- {}", pieces(point));
            }),
            Block::Facts(facts) => facts.iter().for_each(|(name, value)| {
                let label = if name.is_empty() { String::new() } else { format!("{}: ", words(name)) };
                let _ = writeln!(text, "- {label}{}", pieces(value));
            }),
            Block::Table(table) => write_table(text, table),
            Block::Code(lines) => fence(text, lines.iter().map(String::as_str)),
            Block::Evidence { place, text: line } => {
                let _ = writeln!(text, "{}\n", span(place));
                fence(text, [line.as_str()]);
            }
            Block::Chart(chart) => {
                let mut page = Page::new(Terminal { width: 100, wraps_headlines: true, color: false, blocks: false });
                text::chart::write(chart, &mut page);
                fence(text, page.into_string().lines());
            }
        }
    }
}

fn write_table(text: &mut String, table: &Table) {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(table.head.iter().map(|name| words(name)).collect()));
    text.push_str(&line(table.head.iter().map(|_| "---".to_owned()).collect()));
    for row in &table.rows {
        let mut cells: Vec<String> = row.cells.iter().map(|cell| in_table(piece(cell), cell.code)).collect();
        if let Some(first) = cells.first_mut().filter(|_| row.marked) {
            *first = format!("**{first}**");
        }
        text.push_str(&line(cells));
    }
}

/// In a table a bar ends the cell, even within code.
fn in_table(cell: String, is_code: bool) -> String {
    if is_code { cell.replace('|', "\\|") } else { cell }
}

fn pieces(list: &[Piece]) -> String {
    let mut text = String::new();
    for piece in list.iter().map(piece) {
        // Code beside code would be one.
        if text.ends_with('`') && piece.starts_with('`') {
            text.push(' ');
        }
        text.push_str(&piece);
    }
    text
}

fn piece(piece: &Piece) -> String {
    if piece.text.trim().is_empty() {
        return piece.text.clone();
    }
    match (piece.code, piece.tone) {
        (true, _) => span(&piece.text),
        (_, Tone::Plain | Tone::Faint) => words(&piece.text),
        (_, Tone::Strong | Tone::Good | Tone::Bad | Tone::Warn) => emphasis(&piece.text),
    }
}

/// Blanks at the rim would keep the stars from being read as emphasis.
fn emphasis(text: &str) -> String {
    let trimmed = text.trim();
    let (before, after) = text.split_once(trimmed).unwrap_or_default();
    format!("{before}**{}**{after}", words(trimmed))
}

/// Words in which nothing has a meaning of its own.
fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for word in text.split_inclusive(|c: char| c == '|' || c.is_whitespace()) {
        let bare = word.trim_end_matches(|c: char| c == '|' || c.is_whitespace());
        if is_link(bare) {
            safe.push_str(&span(bare));
            write_plain(&mut safe, &word[bare.len()..]);
        } else {
            write_plain(&mut safe, word);
        }
    }
    // Where a line begins with these they begin a list.
    let numbered = safe.trim_start_matches(|c: char| c.is_ascii_digit());
    if safe.len() > 1 && safe.starts_with(['-', '+', '=']) {
        safe.insert(0, '\\');
    } else if numbered.len() < safe.len() && (numbered.starts_with(". ") || numbered.starts_with(") ")) {
        safe.insert(safe.len() - numbered.len(), '\\');
    }
    safe
}

/// Whether a word could become a link, a mail address, a person or a ticket: GitHub's flavour and ticket systems make
/// them of plain text, escaped or not (GFM 6.9 "Autolinks (extension)"), but never of code.
fn is_link(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let numbered = |sign| word.split(sign).skip(1).any(|rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()));
    ["://", "www.", "mailto:", "xmpp:"].iter().any(|mark| lower.contains(mark))
        || word.contains('@')
        || numbered('#')
        || numbered('!')
}

fn write_plain(safe: &mut String, text: &str) {
    for c in escape::line(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
}

/// A text as code, between more backticks than it holds.
fn span(text: &str) -> String {
    let safe = escape::line(text);
    if safe.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&safe) + 1);
    let pad = if safe.starts_with('`') || safe.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{safe}{pad}{ticks}")
}

/// Lines as a block of code, between more backticks than they hold.
fn fence<'a>(text: &mut String, lines: impl IntoIterator<Item = &'a str>) {
    let lines: Vec<_> = lines.into_iter().map(escape::line).collect();
    let ticks = "`".repeat(lines.iter().map(|line| longest_run(line)).max().unwrap_or_default().max(2) + 1);
    let _ = writeln!(text, "{ticks}text\n{}\n{ticks}", lines.join("\n"));
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser};

    use crate::report::view::tests::{appendix, everything, hostile};
    use crate::report::view::{Depth, toned};

    #[test]
    fn a_heading_is_not_bold_within() {
        let heading = Block::Heading(vec![toned(Tone::Bad, "one"), toned(Tone::Faint, " (two)")]);
        let mut text = String::new();
        write_section(&mut text, &Section { title: "a".into(), depth: Depth::Full, blocks: vec![heading] });
        assert!(text.ends_with("### one (two)\n"), "{text}");
    }

    fn rendered(name: &str) -> String {
        let mut out = Vec::new();
        render(everything(name), &appendix(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_has_a_meaning_in_markdown_is_escaped() {
        assert_eq!(words("<b>*a*_b_|[x](y)`c`&"), "&lt;b&gt;\\*a\\*\\_b\\_\\|\\[x\\](y)\\`c\\`&amp;");
        assert_eq!(words("1. one"), "1\\. one");
        assert_eq!(words("- one"), "\\- one");
        assert_eq!(words("1.1.1.1"), "1.1.1.1");
        assert_eq!(span("a``b`"), "``` a``b` ```");
        assert_eq!(in_table(span("a|b"), true), "`a\\|b`");
    }

    #[test]
    fn a_block_of_code_cannot_be_closed_from_within() {
        let mut text = String::new();
        fence(&mut text, ["````", "x"]);
        assert_eq!(text, "`````text\n````\nx\n`````\n");
    }

    #[test]
    fn markup_and_escape_sequences_come_out_as_text() {
        let events = |name| {
            let text = rendered(name);
            let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
            Parser::new_ext(&text, options).map(pulldown_cmark::Event::into_static).collect::<Vec<_>>()
        };
        let shape = |events: &[Event<'_>]| {
            let parts = events.iter().filter(|event| matches!(event, Event::Start(_) | Event::Code(_)));
            parts.map(std::mem::discriminant).count()
        };
        let (plain, hostile) = (events("plain"), events(hostile()));
        assert_eq!(shape(&plain), shape(&hostile));
        assert!(!hostile.iter().any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_))), "{hostile:?}");
        let said: String = hostile
            .iter()
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        assert!(said.contains("</title><script>alert(1)</script>") && !said.contains('\u{1b}'), "{said}");
    }

    #[test]
    fn what_could_become_a_link_is_code() {
        assert_eq!(words("see http://x.example/_a_ now"), "see `http://x.example/_a_` now");
        assert_eq!(words("a|WWW.x.example|b"), "a\\|`WWW.x.example`\\|b");
        assert_eq!(words("(bob@x.example), team#12"), "`(bob@x.example),` `team#12`");
    }

    proptest::proptest! {
        #[test]
        fn no_words_become_a_link_a_reference_or_an_image(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "http://x.example", "https:", "//", "www.", "x.example", "bob@", "mailto:", "[a]", "[a]: ", "(b)", "![", "]", "<",
                ">", " ", "`", "``", "\\", "*", "_", "|", "\n", "\t", "a", "&#64;", "#1", "\u{200b}", "\u{2028}",
            ]), 0..14),
        ) {
            let text = format!("{}\n\n| a |\n|---|\n| {} |\n", words(&parts.concat()), words(&parts.concat()));
            let mut plain = String::new();
            for event in Parser::new_ext(&text, Options::all()) {
                match event {
                    Event::Text(said) => plain.push_str(&said),
                    Event::Start(tag) => {
                        let is_link = matches!(tag, pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. });
                        assert!(!is_link, "{text}");
                    }
                    Event::Html(_) | Event::InlineHtml(_) => panic!("{text}"),
                    _ => plain.push('\n'),
                }
            }
            let linked = ["://", "www.", "@", "mailto:"].into_iter().find(|mark| plain.contains(mark));
            assert_eq!(linked, None, "{text}");
        }
    }

    #[test]
    fn every_part_is_there() {
        insta::assert_snapshot!(rendered("name"));
    }
}
