//! What waits in CUCM's preserve folder, as part of a page to hand on.

use super::{Block, Row, Section, Table, toned, words};
use crate::document::backlog::{Backlog, Deadline};
use crate::report::page::Tone;
use crate::report::words::{counted, grouped};

/// Rows beyond this many are summed up.
const ROWS: usize = 31;

/// What waits, when it is lost, and the commands that save it.
pub fn section(backlog: &Backlog) -> Option<Section> {
    let totals = &backlog.totals;
    let mut blocks = Vec::new();
    let text =
        format!("{} ({} CDR, {} CMR) wait.", counted(totals.files, "file"), grouped(totals.cdr), grouped(totals.cmr));
    blocks.push(Block::Paragraph(vec![toned(Tone::Strong, text)]));
    if !backlog.dates.is_empty() {
        blocks.push(dates(backlog));
    }
    blocks.extend(rest(backlog.dates.len()));
    blocks.extend(backlog.deadline.iter().flat_map(deadline));
    if let Some(needs) = &backlog.deadline_needs {
        blocks.push(Block::Paragraph(vec![toned(Tone::Warn, "When they are deleted: "), words(needs)]));
    }
    if !backlog.commands.is_empty() {
        blocks.push(Block::Heading(vec![words("Commands on CUCM that save them meanwhile")]));
        blocks.push(Block::Code(backlog.commands.iter().map(|command| command.command.clone()).collect()));
    }
    let notes: Vec<_> = backlog.warnings.iter().map(|note| vec![toned(Tone::Warn, "Note: "), words(note)]).collect();
    if !notes.is_empty() {
        blocks.push(Block::List(notes));
    }
    Section::of("Files in the preserve folder", blocks)
}

fn dates(backlog: &Backlog) -> Block {
    let head = ["date (UTC)", "files", "CDR", "CMR", "deleted on"].map(str::to_owned).to_vec();
    let row = |date: &crate::document::backlog::Date| {
        let deleted = date.deleted_on.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let cells = vec![date.date.to_string(), grouped(date.files), grouped(date.cdr), grouped(date.cmr), deleted];
        Row { marked: false, cells: cells.into_iter().map(words).collect() }
    };
    Block::Table(Table { head, rows: backlog.dates.iter().take(ROWS).map(row).collect() })
}

fn rest(rows: usize) -> Option<Block> {
    let more = rows.checked_sub(ROWS).filter(|more| *more > 0)?;
    Some(Block::Paragraph(vec![toned(Tone::Faint, format!("And {more} more."))]))
}

fn deadline(deadline: &Deadline) -> Vec<Block> {
    let first = deadline.first_day;
    let left = match deadline.days_left {
        1.. => format!("in {}", counted(deadline.days_left.unsigned_abs(), "day")),
        0 => "today".to_owned(),
        _ => "it has begun".to_owned(),
    };
    let text = format!("CUCM begins to delete them on {first} ({left}).");
    let row = |loss: &crate::document::backlog::Loss| {
        let cells = vec![loss.day.to_string(), grouped(loss.files), grouped(loss.lost_by_then), grouped(loss.left)];
        Row { marked: loss.day == first, cells: cells.into_iter().map(words).collect() }
    };
    let head = ["day (UTC)", "deleted", "lost by then", "left"].map(str::to_owned).to_vec();
    let mut basis = vec![words(&deadline.rule)];
    basis.extend(deadline.assumptions.iter().map(|assumption| words(format!(" Assumed: {assumption}"))));
    let mut blocks = vec![
        Block::Heading(vec![words("What is lost, day by day")]),
        Block::Paragraph(vec![toned(Tone::Bad, text)]),
        Block::Table(Table { head, rows: deadline.days.iter().take(ROWS).map(row).collect() }),
    ];
    blocks.extend(rest(deadline.days.len()));
    blocks.push(Block::Paragraph(basis));
    blocks
}
