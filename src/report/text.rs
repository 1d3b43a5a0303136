//! Blocks of a view as text: the same that the pages show, on a [`Page`].

use super::page::{Page, Tone};
use super::view::{Block, Piece, Table, View};

/// Writes a whole view. The first section follows the verdict at once: it needs no heading.
pub fn view(view: &View, page: &mut Page) {
    page.line(&[(view.tone, &view.title)]);
    for line in &view.headlines {
        page.line(&[
            (line.tone, &line.verdict),
            (Tone::Plain, "  "),
            (Tone::Strong, &line.subject),
            (Tone::Plain, " "),
            (Tone::Plain, &line.rest),
        ]);
    }
    for (index, section) in view.sections.iter().enumerate() {
        page.gap();
        if index > 0 {
            page.line(&[(Tone::Strong, &section.title)]);
        }
        blocks(&section.blocks, page);
    }
}

/// Writes blocks below each other.
pub fn blocks(blocks: &[Block], page: &mut Page) {
    for block in blocks {
        self::block(block, page);
    }
}

fn block(block: &Block, page: &mut Page) {
    match block {
        Block::Heading(list) => {
            page.gap();
            if !list.is_empty() {
                page.line(&strong(list));
            }
        }
        Block::Paragraph(list) => page.line(&toned(list)),
        Block::List(points) => {
            for point in points {
                page.indented(2, 4, &[vec![(Tone::Plain, "- ")], toned(point)].concat());
            }
        }
        Block::Facts(facts) => facts.iter().for_each(|(name, value)| page.fact_of(name, &toned(value))),
        Block::Table(table) => page.table(&rows(table)),
        Block::Code(lines) => lines.iter().for_each(|line| page.code(4, line)),
        Block::Evidence { place, text } => {
            page.indented(4, 6, &[(Tone::Faint, place)]);
            page.indented(4, 6, &[(Tone::Faint, text)]);
        }
        Block::Chart(chart) => chart.render(page),
    }
}

/// A machine's words stand between backticks where they are a command to copy: they hold blanks.
fn toned<'a>(list: &'a [Piece]) -> Vec<(Tone, &'a str)> {
    let quotes = |piece: &Piece| if piece.code && piece.text.contains(' ') { "`" } else { "" };
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
    use crate::report::page::Look;
    use crate::report::view::tests::{everything, hostile};

    #[test]
    fn every_kind_of_block_shows_and_nothing_from_outside_moves_the_cursor() {
        let mut page = Page::new(Look { width: 100, color: false, blocks: false });
        everything(hostile()).sections.iter().for_each(|section| blocks(&section.blocks, &mut page));
        let text = page.into_string();
        assert!(text.matches("</title>").count() >= 10, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn lines_to_copy_are_never_wrapped() {
        let mut page = Page::new(Look { width: 40, color: false, blocks: false });
        let line = "Ciphers aes256-gcm@openssh.com,aes256-ctr aes128-ctr and more";
        blocks(&[Block::Code(vec![line.to_owned()])], &mut page);
        assert_eq!(page.into_string(), format!("    {line}\n"));
    }
}
