//! A document as blocks in the order in which people need them: the one description that text, HTML and Markdown
//! render. The first screen is its beginning, not another description.
//!
//! Nothing here escapes anything: the texts are as the document has them, and each format escapes all of them.

mod appendix;
mod backlog;
mod capture;
mod changes;
pub mod chart;
mod collect;
mod compare;
mod config;
mod deliver;
mod diagnose;
mod learn;
mod node;
mod parse_log;
mod probe;
mod profile;
mod servers;

use self::chart::Chart;
use super::monitor::Monitored;
use super::page::Tone;
use crate::document::Document;
use crate::model::offer::Category;
use crate::model::offer::Setting;
pub use appendix::{Appendix, Clock, InputHash, Times};

/// A document for people.
pub trait ToView: Document {
    /// What it says.
    fn view(&self) -> View<'_>;

    /// What it says to monitoring and CI, where it says something.
    fn monitored(&self) -> Option<Monitored<'_>> {
        None
    }

    /// What its times mean.
    fn times(&self) -> Times {
        Times::default()
    }
}

/// What a document says, in its order.
pub struct View<'d> {
    /// The whole in one line.
    pub title: String,
    /// Whether that is good or bad.
    pub tone: Tone,
    /// The verdicts, a line each. Where there are any, they are all that text needs of a title.
    pub headlines: Vec<Headline>,
    /// What follows, the most important first; those of the first screen before all others. Each is made when it is
    /// asked for: an answer about ten thousand servers has more of them than there should be at a time.
    pub sections: Sections<'d>,
}

/// Sections, one after the other.
pub type Sections<'d> = Box<dyn Iterator<Item = Section> + 'd>;

impl<'d> View<'d> {
    /// One of those sections that there are, without verdicts beside the title.
    fn of<S>(title: String, tone: Tone, sections: S) -> Self
    where
        S: IntoIterator<Item = Option<Section>, IntoIter: 'd>,
    {
        Self::with(title, tone, Vec::new(), sections)
    }

    /// One with verdicts.
    fn with<S>(title: String, tone: Tone, headlines: Vec<Headline>, sections: S) -> Self
    where
        S: IntoIterator<Item = Option<Section>, IntoIter: 'd>,
    {
        Self { title, tone, headlines, sections: Box::new(sections.into_iter().flatten()) }
    }
}

/// One verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// Good or bad.
    pub tone: Tone,
    /// The verdict in a word or two.
    pub verdict: &'static str,
    /// How a line of text is made of it.
    pub form: Form,
    /// Of whom.
    pub subject: String,
    /// For whom, or since when.
    pub object: String,
    /// Why; may be empty.
    pub why: String,
}

/// How a verdict and its subject make a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The verdict is a mark before the line: `FAILING    10.0.0.5`.
    Mark,
    /// The verdict is the line's verb: `10.0.0.5 refuses CUCM 14`.
    Verb,
}

impl Headline {
    /// What stands between a subject and [`rest`](Self::rest): a reason alone follows a colon.
    pub fn joint(&self) -> &'static str {
        match (self.subject.is_empty(), self.object.is_empty() && !self.why.is_empty()) {
            (true, _) => "",
            (false, true) => ": ",
            (false, false) => " ",
        }
    }

    /// What there is to say about the subject: for whom or since when, and why.
    pub fn rest(&self) -> String {
        let parts = [&self.object, &self.why].into_iter().filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(": ")
    }
}

/// Where a section shows. Pages show all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// On the first screen and on the first page: what an engineer acts on.
    FirstScreen,
    /// Under `--full`: tables, lists, sources.
    Full,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// Where it shows.
    pub depth: Depth,
    /// What it holds.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section of the first screen, unless it is empty.
    pub fn first(title: &str, blocks: impl IntoIterator<Item = Block>) -> Option<Self> {
        let blocks: Vec<Block> = blocks.into_iter().collect();
        (!blocks.is_empty()).then(|| Self { title: title.to_owned(), depth: Depth::FirstScreen, blocks })
    }

    /// A section for `--full`, unless it is empty.
    pub fn full(title: &str, blocks: impl IntoIterator<Item = Block>) -> Option<Self> {
        Self::first(title, blocks).map(Self::in_full)
    }

    /// The same, as a part of a larger answer that has another first screen.
    #[must_use]
    pub fn in_full(self) -> Self {
        Self { depth: Depth::Full, ..self }
    }
}

/// A name with its value.
pub type Fact = (String, Vec<Piece>);

/// One block of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Verdicts, a line each.
    Headlines(Vec<Headline>),
    /// A heading within the section.
    Heading(Vec<Piece>),
    /// A paragraph.
    Paragraph(Vec<Piece>),
    /// Points.
    List(Vec<Vec<Piece>>),
    /// Names with their values.
    Facts(Vec<Fact>),
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

/// What each direction of a setting has, with its title and its categories; once where both have the same.
fn by_direction<T: PartialEq>(
    setting: Setting,
    of: impl Fn(Category) -> T,
) -> impl Iterator<Item = (&'static str, &'static [Category], T)> {
    let categories = setting.categories();
    let mut all: Vec<T> = categories.iter().map(|category| of(*category)).collect();
    all.dedup();
    let is_alike = all.len() < categories.len();
    all.into_iter().zip(categories).map(move |(value, category)| {
        if is_alike {
            (setting.title(), categories, value)
        } else {
            (category.title(), std::slice::from_ref(category), value)
        }
    })
}

/// A name with words of cdrdiag's as its value.
fn fact(name: &str, value: impl Into<String>) -> Fact {
    fact_of(name, words(value))
}

/// A name with a value of any tone.
fn fact_of(name: &str, value: Piece) -> Fact {
    (name.to_owned(), vec![value])
}

/// Facts, unless there are none.
fn facts(facts: Vec<Fact>) -> Option<Block> {
    (!facts.is_empty()).then_some(Block::Facts(facts))
}

/// Points, unless there are none.
fn list(points: Vec<Vec<Piece>>) -> Option<Block> {
    (!points.is_empty()).then_some(Block::List(points))
}

/// Lines to copy, unless there are none.
fn to_copy(lines: Vec<String>) -> Option<Block> {
    (!lines.is_empty()).then_some(Block::Code(lines))
}

/// A table, unless it has no rows.
fn table<const N: usize>(head: [&str; N], rows: Vec<Row>) -> Option<Block> {
    let head = head.map(str::to_owned).to_vec();
    (!rows.is_empty()).then_some(Block::Table(Table { head, rows }))
}

/// What the reader has to mind, a point each, unless there is nothing.
fn notes<'a>(warnings: impl IntoIterator<Item = &'a String>) -> Option<Block> {
    list(warnings.into_iter().map(|warning| note(warning)).collect())
}

/// What belongs together by a key, in the order in which the keys come first.
fn together<K: PartialEq, V>(items: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in items {
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// What the reader has to mind.
fn note(text: &str) -> Vec<Piece> {
    prose_in(Tone::Warn, text)
}

/// A sentence of cdrdiag's in which the words have a tone.
fn prose_in(tone: Tone, text: &str) -> Vec<Piece> {
    let mut pieces = prose(text);
    pieces.iter_mut().filter(|piece| !piece.code).for_each(|piece| piece.tone = tone);
    pieces
}

impl Row {
    /// A row that matters no more than the others.
    fn of(cells: Vec<Piece>) -> Self {
        Self { marked: false, cells }
    }
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
    use super::chart::{Bar, Lane, Moment};
    use super::*;
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
        let lane = Lane {
            name: name.to_owned(),
            host: None,
            bars,
            outages: vec![(at(2), at(5))],
            outages_left_out: 0,
            moments,
        };
        Chart { from: at(1), to: at(6), causes: vec![name.to_owned(), "timeout".to_owned()], lanes: vec![lane] }
    }

    /// A page with every block, and this name wherever a name can stand.
    pub fn everything(name: &str) -> View<'static> {
        let table = Table {
            head: vec![name.to_owned(), "b".to_owned()],
            rows: vec![Row { marked: true, cells: vec![code(name), words(name)] }],
        };
        let headline = Headline {
            tone: Tone::Bad,
            verdict: "failing",
            form: Form::Mark,
            subject: name.to_owned(),
            object: format!("since {name}"),
            why: String::new(),
        };
        let blocks = vec![
            Block::Headlines(vec![headline.clone()]),
            Block::Heading(vec![words(name), toned(Tone::Faint, name)]),
            Block::Paragraph(vec![toned(Tone::Strong, name), code(name)]),
            Block::List(vec![vec![toned(Tone::Bad, name)], vec![words(name)]]),
            Block::Facts(vec![(name.to_owned(), vec![toned(Tone::Warn, name)])]),
            Block::Table(table),
            Block::Code(vec![name.to_owned(), "second".to_owned()]),
            Block::Evidence { place: name.to_owned(), text: name.to_owned() },
            Block::Chart(chart(name)),
        ];
        View::with(name.to_owned(), Tone::Bad, vec![headline], [Section::first(name, blocks)])
    }

    /// An appendix that does not change with the clock or the release.
    pub fn appendix() -> Appendix {
        let made = at(7).and_utc();
        let inputs = vec![
            InputHash { path: "a.log".to_owned(), bytes: Some(1234), sha256: Some("0f".repeat(32)) },
            InputHash { path: "-".to_owned(), bytes: None, sha256: None },
        ];
        Appendix {
            command: "parse-log",
            version: "0.0.0",
            made,
            times: Times { clock: Some(Clock::In("Europe/Berlin".to_owned())), judged: None },
            redacted: true,
            inputs,
        }
    }
}
