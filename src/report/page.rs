//! A page of text: the only way by which the text format puts anything on the terminal, so that escaping,
//! wrapping and colour are decided in one place.

use std::borrow::Cow;
use std::fmt::Write;
use std::io;

use anstyle::{AnsiColor, Style};
use tabled::builder::Builder;
use tabled::settings::{Padding, Style as TableStyle};
use textwrap::core::display_width;

use crate::{escape, wrap};

/// What the page's reader can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns of the terminal, or what stands for it in a pipe.
    pub width: usize,
    /// Whether a headline longer than that is wrapped. A pipe gets it whole, so that scripts find it.
    pub wraps_headlines: bool,
    /// Whether ANSI colours are understood and wanted.
    pub color: bool,
    /// Whether Unicode's block characters are shown as such.
    pub blocks: bool,
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it comes.
    Plain,
    /// A heading or a name that is looked for.
    Strong,
    /// Something in order.
    Good,
    /// Something wrong.
    Bad,
    /// Something to mind.
    Warn,
    /// Of less weight.
    Faint,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// Text under way to the terminal.
#[derive(Debug)]
pub struct Page {
    terminal: Terminal,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(terminal: Terminal) -> Self {
        Self { terminal, text: String::new() }
    }

    /// The columns that the page may fill.
    pub fn width(&self) -> usize {
        self.terminal.width
    }

    /// The finished text.
    pub fn into_string(self) -> String {
        self.text
    }

    /// Writes what there is so far: a page need not be kept whole.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn pass_on(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// One line of differently toned pieces, wrapped with a hanging indent where it is too long.
    pub fn line(&mut self, pieces: &[(Tone, &str)]) {
        self.indented(0, 2, pieces);
    }

    /// A verdict: as [`Page::line`], but in one line where headlines are not wrapped.
    pub fn headline(&mut self, pieces: &[(Tone, &str)]) {
        let width = if self.terminal.wraps_headlines { self.terminal.width } else { usize::MAX };
        self.wrapped(width, 0, 2, pieces);
    }

    /// As [`Page::line`], the first line indented by `indent` columns and the following ones by `hang`.
    pub fn indented(&mut self, indent: usize, hang: usize, pieces: &[(Tone, &str)]) {
        self.wrapped(self.terminal.width, indent, hang, pieces);
    }

    fn wrapped(&mut self, width: usize, indent: usize, hang: usize, pieces: &[(Tone, &str)]) {
        let (plain, tones) = flatten(pieces);
        let (first, rest) = (" ".repeat(indent), " ".repeat(hang));
        let options = wrap::options(width).initial_indent(&first).subsequent_indent(&rest);
        let mut at = 0;
        for (number, wrapped) in textwrap::wrap(&plain, options).iter().enumerate() {
            let prefix = if number == 0 { indent } else { hang };
            let body = wrapped.get(prefix..).unwrap_or_default();
            // Wrapping drops the blanks at a break, so the place in the toned text is searched from the last one.
            at += plain[at..].find(body).unwrap_or(0);
            self.text.push_str(&wrapped[..prefix.min(wrapped.len())]);
            self.push_toned(body, &tones, at);
            self.text.push('\n');
            at += body.len();
        }
    }

    /// `name` in a column of its own, the value beside it: the form of a fact.
    pub fn fact(&mut self, name: &str, tone: Tone, value: &str) {
        self.fact_of(0, name, &[(tone, value)]);
    }

    /// As [`Page::fact`], the value in differently toned pieces, the column as wide as names of this length need it,
    /// within bounds.
    pub fn fact_of(&mut self, longest: usize, name: &str, value: &[(Tone, &str)]) {
        let column = longest.clamp(12, 18);
        let label = format!("{name:<column$}");
        let pieces = [&[(Tone::Faint, label.as_str()), (Tone::Plain, "  ")], value].concat();
        self.indented(2, column + 4, &pieces);
    }

    /// The title of a part, with a rule behind it.
    pub fn rule(&mut self, title: &str) {
        let rule = "-".repeat(self.terminal.width.min(80).saturating_sub(display_width(title) + 4));
        self.gap();
        self.line(&[(Tone::Strong, &format!("-- {title} {rule}"))]);
    }

    /// A line to copy: never wrapped, never toned.
    pub fn code(&mut self, indent: usize, code: &str) {
        if !code.is_empty() {
            self.text.push_str(&" ".repeat(indent));
        }
        self.text.push_str(&escape::line(code));
        self.text.push('\n');
    }

    /// Amounts side by side, a column each, with words on either side that say what they are: never wrapped.
    pub fn levels(&mut self, label: &str, tone: Tone, values: &[u64], note: &str) {
        const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        const PLAIN: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '@'];
        let signs = if self.terminal.blocks { BLOCKS } else { PLAIN };
        let most = values.iter().copied().max().unwrap_or_default();
        // What is not nothing shows, however small beside the rest.
        let sign = |value: u64| match u128::from(value) * 8 {
            0 => signs[0],
            eighths => {
                signs[usize::try_from(eighths.div_ceil(u128::from(most.max(1)))).map_or(8, |level| level.min(8))]
            }
        };
        let (left, right) = if self.terminal.blocks { ('▏', '▕') } else { ('|', '|') };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "    {label:<10} {left}");
        self.push(tone, &values.iter().map(|value| sign(*value)).collect::<String>());
        let _ = writeln!(self.text, "{right} {}", escape::line(note));
    }

    /// A table, its widest columns wrapped until it fits the page, but for single words: they may be copied. The first
    /// row is the heading.
    pub fn table(&mut self, rows: &[Vec<String>]) {
        const INDENT: usize = 2;
        const PADDING: usize = 2;
        let widths = self.column_widths(rows, INDENT, PADDING);
        let mut builder = Builder::default();
        for row in rows {
            let cells = row.iter().zip(&widths);
            builder.push_record(cells.map(|(cell, width)| {
                let options = textwrap::Options::new(*width)
                    .break_words(false)
                    .word_separator(textwrap::WordSeparator::AsciiSpace)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                textwrap::fill(&escape::line(cell), options)
            }));
        }
        let mut table = builder.build();
        table
            .with(TableStyle::sharp().remove_vertical().remove_left().remove_right().remove_top().remove_bottom())
            .with(Padding::new(0, PADDING, 0, 0));
        for line in table.to_string().lines() {
            self.text.push_str("  ");
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// How wide each column may be so that the table fits the page: the widest gives way first, none below its longest
    /// word, which may have to be copied whole.
    fn column_widths(&self, rows: &[Vec<String>], indent: usize, padding: usize) -> Vec<usize> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column)).map(|cell| escape::line(cell));
        let whole = |column: usize| cells(column).map(|cell| display_width(&cell)).max().unwrap_or_default();
        let least = |column: usize| {
            let longest = |cell: Cow<'_, str>| cell.split(' ').map(display_width).max().unwrap_or_default();
            cells(column).map(longest).max().unwrap_or_default()
        };
        let mut widths: Vec<(usize, usize)> = (0..columns).map(|column| (whole(column), least(column))).collect();
        let room = self.terminal.width.max(20).saturating_sub(indent + columns * padding);
        while widths.iter().map(|(width, _)| width).sum::<usize>() > room {
            let Some((width, _)) = widths.iter_mut().filter(|(width, least)| width > least).max() else { break };
            *width -= 1;
        }
        widths.into_iter().map(|(width, _)| width.max(1)).collect()
    }

    fn push_toned(&mut self, body: &str, tones: &[(usize, Tone)], at: usize) {
        let mut done = 0;
        while done < body.len() {
            let here = tones.partition_point(|(start, _)| *start <= at + done);
            let tone = here.checked_sub(1).map_or(Tone::Plain, |index| tones[index].1);
            let end = tones.get(here).map_or(body.len(), |(start, _)| (start - at).min(body.len()));
            self.push(tone, &body[done..end]);
            done = end;
        }
    }

    fn push(&mut self, tone: Tone, text: &str) {
        if self.terminal.color && tone != Tone::Plain {
            let style = tone.style();
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{style}{text}{style:#}");
        } else {
            self.text.push_str(text);
        }
    }
}

/// The pieces as one escaped text, with the byte at which each tone begins.
fn flatten(pieces: &[(Tone, &str)]) -> (String, Vec<(usize, Tone)>) {
    let mut plain = String::new();
    let mut tones = Vec::with_capacity(pieces.len());
    for (tone, piece) in pieces {
        tones.push((plain.len(), *tone));
        plain.push_str(&escape::line(piece));
    }
    (plain, tones)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, color: bool) -> Page {
        Page::new(Terminal { width, wraps_headlines: true, color, blocks: false })
    }

    #[test]
    fn amounts_show_in_blocks_or_in_plain_characters_and_the_least_of_them_shows() {
        let shown = |blocks| {
            let mut page = Page::new(Terminal { width: 80, wraps_headlines: true, color: false, blocks });
            page.levels("failed", Tone::Bad, &[0, 1, 500, 1000, u64::MAX / 2], "up to\x1b many");
            page.levels("failed", Tone::Bad, &[0, 4, 8], "up to 8");
            page.into_string()
        };
        assert_eq!(shown(false).lines().nth(1).unwrap(), "    failed     | =@| up to 8");
        assert_eq!(shown(true).lines().nth(1).unwrap(), "    failed     ▏ ▄█▕ up to 8");
        assert_eq!(shown(false).lines().next().unwrap(), "    failed     | ...@| up to\\x1b many");
    }

    #[test]
    fn what_came_from_outside_cannot_colour_the_terminal() {
        let mut page = page(80, false);
        page.line(&[(Tone::Bad, "x\x1b[2Jy")]);
        page.table(&[vec!["a\x1b".into()], vec!["b".into()]]);
        page.code(2, "c\x07");
        assert!(!page.into_string().contains(['\x1b', '\x07']));
    }

    #[test]
    fn a_long_line_wraps_with_its_tones() {
        let mut page = page(24, true);
        page.line(&[(Tone::Strong, "a word"), (Tone::Plain, " and then quite a few more of them")]);
        let text = page.into_string();
        assert!(text.starts_with("\x1b[1ma word\x1b[0m and then"), "{text:?}");
        assert!(text.lines().count() >= 2 && text.lines().skip(1).all(|line| line.starts_with("  ")), "{text:?}");
    }

    #[test]
    fn what_may_be_copied_is_never_broken() {
        let command = "`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`";
        let key = "SHA256:Boj7zycTKXrogVdM+GXdFEvIdxgMvq0EHKm+5cvlhkA";
        for width in 20..100 {
            let mut page = page(width, false);
            page.line(&[(Tone::Plain, &format!("a key {key} of theirs; see {command} there, or a ` alone"))]);
            page.table(&[vec!["stage".into(), "seen".into()], vec!["host_key".into(), format!("x {key}, known")]]);
            let text = page.into_string();
            assert!(text.contains(command) && text.matches(key).count() == 2, "{width}: {text}");
        }
    }

    #[test]
    fn a_table_fits_the_page() {
        let mut page = page(40, false);
        page.table(&[
            vec!["name".into(), "what".into()],
            vec!["x".into(), "many words that do not fit on one line".into()],
        ]);
        let text = page.into_string();
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.lines().skip(3).all(|line| line.find(|c| c != ' ') == Some(8)), "no stray blank: {text}");
    }
}
