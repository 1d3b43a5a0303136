//! Blocks of a view as text: the same that the pages show, on a [`Page`].

pub(super) mod chart;

use std::io::{self, Write};

use super::page::{Page, Terminal, Tone};
use super::view::{Block, Depth, Form, Headline, Piece, Section, Table, View};

/// Writes what an engineer acts on, and how to see the rest.
///
/// # Errors
/// When `out` does not take it.
pub fn first_screen(view: View<'_>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(terminal);
    title(&view, &mut page);
    let mut all = view.sections.enumerate();
    let is_there_more = loop {
        match all.next() {
            Some((index, part)) if part.depth == Depth::FirstScreen => section(index, &part, &mut page),
            rest => break rest.is_some(),
        }
        page.pass_on(out)?;
    };
    if is_there_more {
        page.gap();
        page.line(&[(Tone::Faint, "--full shows the rest: reasons, tables, lists and sources.")]);
    }
    page.pass_on(out)
}

/// Writes all of it.
///
/// # Errors
/// When `out` does not take it.
pub fn whole(view: View<'_>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(terminal);
    title(&view, &mut page);
    for (index, part) in view.sections.enumerate() {
        section(index, &part, &mut page);
        page.pass_on(out)?;
    }
    page.pass_on(out)
}

fn title(view: &View<'_>, page: &mut Page) {
    if view.headlines.is_empty() {
        page.headline(&[(view.tone, &view.title)]);
    }
    view.headlines.iter().for_each(|line| headline(line, page));
}

/// A mark stands in a column of its own.
fn headline(line: &Headline, page: &mut Page) {
    let rest = line.rest();
    match line.form {
        Form::Mark => page.headline(&[
            (line.tone, &format!("{:<11}", line.verdict.to_uppercase())),
            (Tone::Strong, &line.subject),
            (Tone::Plain, line.joint()),
            (Tone::Plain, &rest),
        ]),
        Form::Verb => page.headline(&[
            (Tone::Strong, &line.subject),
            (Tone::Plain, " "),
            (line.tone, line.verdict),
            (Tone::Plain, if line.object.is_empty() { ": " } else { " " }),
            (Tone::Plain, &rest),
        ]),
    }
}

/// The first section follows the verdict at once and needs no title, nor does one of the first screen that begins with
/// a heading. What `--full` adds shows by its titles where it begins.
fn section(index: usize, section: &Section, page: &mut Page) {
    match (section.depth, section.blocks.first()) {
        (Depth::Full, Some(Block::Heading(_))) => page.rule(&section.title),
        (Depth::Full, _) => {
            page.rule(&section.title);
            page.gap();
        }
        (_, Some(Block::Heading(_))) => {}
        (_, Some(Block::Headlines(_))) => page.gap(),
        (_, Some(block)) if index == 0 && is_large(block) => page.gap(),
        _ if index == 0 => {}
        _ => {
            page.gap();
            page.line(&[(Tone::Strong, &section.title)]);
        }
    }
    for (index, block) in section.blocks.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| section.blocks.get(before));
        if before.is_some_and(|before| stand_apart(before, block)) {
            page.gap();
        }
        self::block(block, page);
    }
}

/// Whether a gap parts two blocks. A heading has one of its own.
fn stand_apart(before: &Block, block: &Block) -> bool {
    match (before, block) {
        (Block::Heading(_), _) | (_, Block::Heading(_) | Block::Evidence { .. }) => false,
        (before, block) => is_large(before) || is_large(block),
    }
}

fn is_large(block: &Block) -> bool {
    matches!(block, Block::Table(_) | Block::Evidence { .. } | Block::Chart(_))
}

fn block(block: &Block, page: &mut Page) {
    match block {
        Block::Headlines(lines) => lines.iter().for_each(|line| headline(line, page)),
        Block::Heading(list) => {
            page.gap();
            page.line(&strong(list));
        }
        Block::Paragraph(list) => page.line(&toned(list)),
        Block::List(points) => {
            for point in points {
                page.indented(2, 4, &[vec![(Tone::Plain, "- ")], toned(point)].concat());
            }
        }
        Block::Facts(facts) => {
            let column = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
            for (name, value) in facts {
                page.fact_of(column, name, &toned(value));
            }
        }
        Block::Table(table) => page.table(&rows(table)),
        Block::Code(lines) => lines.iter().for_each(|line| page.code(4, line)),
        Block::Evidence { place, text } => {
            page.indented(4, 6, &[(Tone::Faint, place)]);
            page.indented(4, 6, &[(Tone::Faint, text)]);
        }
        Block::Chart(chart) => chart::write(chart, page),
    }
}

/// A machine's words stand between backticks where they hold blanks and are among others: they may be a command to
/// copy.
fn toned<'a>(list: &'a [Piece]) -> Vec<(Tone, &'a str)> {
    let quotes = |piece: &Piece| if list.len() > 1 && piece.code && piece.text.contains(' ') { "`" } else { "" };
    let pieces = |piece: &'a Piece| {
        let Piece { tone, text, .. } = piece;
        [(*tone, quotes(piece)), (*tone, text.as_str()), (*tone, quotes(piece))]
    };
    list.iter().flat_map(pieces).filter(|(_, text)| !text.is_empty()).collect()
}

fn strong(list: &[Piece]) -> Vec<(Tone, &str)> {
    let loud = |(tone, text)| (if tone == Tone::Plain { Tone::Strong } else { tone }, text);
    toned(list).into_iter().map(loud).collect()
}

fn rows(table: &Table) -> Vec<Vec<String>> {
    let cells = |row: &super::view::Row| row.cells.iter().map(|cell| cell.text.clone()).collect();
    std::iter::once(table.head.clone()).chain(table.rows.iter().map(cells)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::tests::{everything, hostile};

    #[test]
    fn every_kind_of_block_shows_and_nothing_from_outside_moves_the_cursor() {
        let terminal = Terminal { width: 100, wraps_headlines: true, color: false, blocks: false };
        let mut text = Vec::new();
        whole(everything(hostile()), terminal, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.matches("</title>").count() >= 10, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn lines_to_copy_are_never_wrapped() {
        let mut page = Page::new(Terminal { width: 40, wraps_headlines: true, color: false, blocks: false });
        let line = "Ciphers aes256-gcm@openssh.com,aes256-ctr aes128-ctr and more";
        block(&Block::Code(vec![line.to_owned()]), &mut page);
        assert_eq!(page.into_string(), format!("    {line}\n"));
    }
}
