//! What a page says of itself: on top what its times mean, at its end how it was made and of what.

use chrono::{DateTime, Utc};

use super::{Block, Depth, Piece, Row, Section, code, fact, table, words};
use crate::words::grouped;

/// What the times of a page mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    /// Whose clock shows those that do not say UTC; `None` where all do.
    pub clock: Option<Clock>,
    /// By which time deadlines were judged; `None` where that is when the page was made.
    pub judged: Option<DateTime<Utc>>,
}

/// The clock of the node that wrote the traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// In this time zone of the IANA database.
    In(String),
    /// In a zone that nobody told.
    Unknown,
}

impl Clock {
    /// The clock of a node in this time zone.
    pub fn of(time_zone: Option<&String>) -> Self {
        time_zone.map_or(Self::Unknown, |zone| Self::In(zone.clone()))
    }

    /// What the times are, in a sentence.
    pub fn words(&self) -> String {
        let zone = match self {
            Self::In(zone) => zone,
            Self::Unknown => "zone not known",
        };
        format!("Times are the CUCM node's local time ({zone}) unless they say otherwise.")
    }
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
    /// What the page's times mean.
    pub times: Times,
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
    /// What the page's times mean, and by which time it was judged: for its head.
    pub fn times(&self) -> Vec<Piece> {
        let judged = format!("As of {} UTC.", self.times.judged.unwrap_or(self.made).format("%Y-%m-%d %H:%M"));
        let clock = self.times.clock.as_ref().map(|clock| format!("{} ", clock.words()));
        vec![words(format!("{}{judged}", clock.unwrap_or_default()))]
    }

    /// The appendix as the page's last section.
    pub fn section(&self) -> Section {
        let mut facts = vec![
            fact("Made by", format!("cdrdiag {}, {}", self.version, self.command)),
            fact("Made at", self.made.format("%Y-%m-%d %H:%M UTC").to_string()),
        ];
        if self.redacted {
            let text = "Hosts, addresses, clusters, users and files are renamed here; the same name is always the \
                        same thing.";
            facts.push(fact("Redacted", text));
        }
        let mut blocks = vec![Block::Facts(facts)];
        blocks.extend(table(["input", "bytes", "SHA-256"], self.inputs.iter().map(InputHash::row).collect()));
        Section { title: "Appendix".to_owned(), depth: Depth::Full, blocks }
    }
}

impl InputHash {
    fn row(&self) -> Row {
        let bytes = self.bytes.map_or_else(|| "-".to_owned(), grouped);
        let sha256 = self.sha256.as_deref().map_or_else(|| words("not a file that can be read again"), code);
        Row::of(vec![code(&self.path), words(bytes), sha256])
    }
}
