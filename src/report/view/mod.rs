//! A document as a page to hand on: one model with the same sections for every format that leaves the house.
//!
//! Nothing here escapes anything: the texts are as the document has them, and each format escapes all of them.

mod backlog;
mod compare;
mod deliver;
pub mod diagnose;
pub mod node;
pub mod parse_log;
pub mod probe;
pub mod servers;

use chrono::{DateTime, Utc};

use super::chart::Chart;
use super::page::Tone;
use crate::document::Document;
use crate::model::offer::Category;
use crate::model::offer::Setting;

/// A document that can be handed on.
pub trait ToView: Document {
    /// What the page says.
    fn view(&self) -> View;
}

/// What a page says, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The whole in one line.
    pub title: String,
    /// Whether that is good or bad.
    pub tone: Tone,
    /// The verdicts, a line each.
    pub headlines: Vec<Headline>,
    /// What follows, the most important first.
    pub sections: Vec<Section>,
}

/// One verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// Good or bad.
    pub tone: Tone,
    /// The verdict in a word or two.
    pub verdict: String,
    /// Of whom.
    pub subject: String,
    /// What there is to say about it.
    pub rest: String,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section, unless it is empty.
    pub fn of(title: &str, blocks: Vec<Block>) -> Option<Self> {
        (!blocks.is_empty()).then(|| Self { title: title.to_owned(), blocks })
    }
}

/// One block of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading within the section.
    Heading(Vec<Piece>),
    /// A paragraph.
    Paragraph(Vec<Piece>),
    /// Points.
    List(Vec<Vec<Piece>>),
    /// Names with their values.
    Facts(Vec<(String, Vec<Piece>)>),
    /// A table.
    Table(Table),
    /// Lines to copy.
    Code(Vec<String>),
    /// A line of a trace, and where it stands.
    Evidence {
        /// The input and the line.
        place: String,
        /// The line.
        text: String,
    },
    /// What happened over time.
    Chart(Chart),
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub tone: Tone,
    /// Whether it is a name or a text of a machine's, to be shown letter by letter.
    pub code: bool,
    /// The text.
    pub text: String,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns' names.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A table's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whether it matters more than the others.
    pub marked: bool,
    /// Its cells.
    pub cells: Vec<Piece>,
}

/// What stands at the page's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appendix {
    /// The command that was run.
    pub command: &'static str,
    /// cdrdiag's version.
    pub version: &'static str,
    /// When the page was made.
    pub made: DateTime<Utc>,
    /// Whether names were replaced.
    pub redacted: bool,
    /// What was read.
    pub inputs: Vec<InputHash>,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputHash {
    /// Its path as given or found.
    pub path: String,
    /// Its size on disk in bytes; `None` where it is no file, or could not be read again.
    pub bytes: Option<u64>,
    /// The SHA-256 of its bytes on disk, in hexadecimal digits.
    pub sha256: Option<String>,
}

impl Appendix {
    /// The appendix as the page's last section.
    pub fn section(&self) -> Section {
        let mut facts = vec![
            ("Made by".to_owned(), vec![words(format!("cdrdiag {}, {}", self.version, self.command))]),
            ("Made at".to_owned(), vec![words(self.made.format("%Y-%m-%d %H:%M UTC").to_string())]),
        ];
        if self.redacted {
            let text = "Hosts, addresses, clusters, users and files have other names here; \
                        the same name always stands for the same thing.";
            facts.push(("Redacted".to_owned(), vec![words(text)]));
        }
        let mut blocks = vec![Block::Facts(facts)];
        if !self.inputs.is_empty() {
            let head = ["input", "bytes", "SHA-256"].map(str::to_owned).to_vec();
            blocks.push(Block::Table(Table { head, rows: self.inputs.iter().map(InputHash::row).collect() }));
        }
        Section { title: "Appendix".to_owned(), blocks }
    }
}

impl InputHash {
    fn row(&self) -> Row {
        let bytes = self.bytes.map_or_else(|| "-".to_owned(), super::words::grouped);
        let sha256 = self.sha256.as_deref().map_or_else(|| words("not a file that can be read again"), code);
        Row { marked: false, cells: vec![code(&self.path), words(bytes), sha256] }
    }
}

/// A row for each category, or one for both directions of a setting where the two rows are alike. `row` is given the
/// title under which it stands.
fn by_setting(row: impl Fn(Category, &str) -> Option<Row>) -> Vec<Row> {
    let rows = |setting: Setting| {
        let of = |category: &Category| row(*category, setting.title());
        let mut alike: Vec<Row> = setting.categories().iter().filter_map(of).collect();
        alike.dedup();
        if alike.len() < 2 {
            return alike;
        }
        setting.categories().iter().filter_map(|category| row(*category, category.title())).collect()
    };
    Setting::ALL.into_iter().flat_map(rows).collect()
}

/// Words of cdrdiag's.
pub fn words(text: impl Into<String>) -> Piece {
    Piece { tone: Tone::Plain, code: false, text: text.into() }
}

/// A sentence of cdrdiag's, in which what stands between backticks is code.
pub fn prose(text: &str) -> Vec<Piece> {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its fellow is none.
    if parts.len().is_multiple_of(2) {
        return vec![words(text)];
    }
    let piece = |(index, part): (usize, &&str)| if index % 2 == 0 { words(*part) } else { code(*part) };
    parts.iter().enumerate().filter(|(_, part)| !part.is_empty()).map(piece).collect()
}

/// Words with a tone.
pub fn toned(tone: Tone, text: impl Into<String>) -> Piece {
    Piece { tone, code: false, text: text.into() }
}

/// A name or a text of a machine's.
pub fn code(text: impl Into<String>) -> Piece {
    Piece { tone: Tone::Plain, code: true, text: text.into() }
}

#[cfg(test)]
#[allow(missing_docs, clippy::unwrap_used, reason = "for other modules' tests alone")]
pub mod tests {
    use super::*;
    use crate::report::chart::{Bar, Lane, Moment};
    use chrono::{NaiveDate, NaiveDateTime};

    /// Markup, quotes, ends of code and of attributes, a terminal's escape sequence, a direction override.
    pub fn hostile() -> &'static str {
        "</title><script>alert(1)</script>\"' onload=x --> ]]> `</code>` ``` | \u{1b}[31m\u{202e}&lt;\n# x"
    }

    fn at(hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2024, 1, 31).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    fn chart(name: &str) -> Chart {
        let bar =
            |hour, delivered, failed, waiting| Bar { from: at(hour), to: at(hour + 1), delivered, failed, waiting };
        let bars = vec![bar(1, 60, vec![], 0), bar(2, 10, vec![(0, 7), (1, 2)], 3), bar(5, 20, vec![], 0)];
        let moments = vec![Moment { at: at(2), label: name.to_owned() }];
        let lane = Lane { name: name.to_owned(), host: None, bars, outages: vec![(at(2), at(5))], moments };
        Chart { from: at(1), to: at(6), causes: vec![name.to_owned(), "timeout".to_owned()], lanes: vec![lane] }
    }

    /// A page with every block, and this name wherever a name can stand.
    pub fn everything(name: &str) -> View {
        let table = Table {
            head: vec![name.to_owned(), "b".to_owned()],
            rows: vec![Row { marked: true, cells: vec![code(name), words(name)] }],
        };
        let blocks = vec![
            Block::Heading(vec![words(name), toned(Tone::Faint, name)]),
            Block::Paragraph(vec![toned(Tone::Strong, name), code(name)]),
            Block::List(vec![vec![toned(Tone::Bad, name)], vec![words(name)]]),
            Block::Facts(vec![(name.to_owned(), vec![toned(Tone::Warn, name)])]),
            Block::Table(table),
            Block::Code(vec![name.to_owned(), "second".to_owned()]),
            Block::Evidence { place: name.to_owned(), text: name.to_owned() },
            Block::Chart(chart(name)),
        ];
        let headline = Headline {
            tone: Tone::Bad,
            verdict: "Failing".to_owned(),
            subject: name.to_owned(),
            rest: format!("since {name}"),
        };
        View {
            title: name.to_owned(),
            tone: Tone::Bad,
            headlines: vec![headline],
            sections: vec![Section { title: name.to_owned(), blocks }],
        }
    }

    /// An appendix that does not change with the clock or the release.
    pub fn appendix() -> Appendix {
        let made = at(7).and_utc();
        let inputs = vec![
            InputHash { path: "a.log".to_owned(), bytes: Some(1234), sha256: Some("0f".repeat(32)) },
            InputHash { path: "-".to_owned(), bytes: None, sha256: None },
        ];
        Appendix { command: "parse-log", version: "0.0.0", made, redacted: true, inputs }
    }
}
