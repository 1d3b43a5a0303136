//! What is known of an error: why, and where it stands.

use std::borrow::Cow;
use std::sync::Arc;

use super::causes::Causes;
use crate::log4j::records;
use crate::model::stage::Stage;

/// The cause of a failure whose text is in no table.
pub const UNKNOWN: &str = "unknown";

/// What CUCM writes before the library's message where it cannot connect.
const CONNECTING: &str = "error Making SFTP connection";

/// A line of evidence is kept up to this many bytes.
const EVIDENCE: usize = 512;

/// A place in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The source, by its place in the list.
    pub source: usize,
    /// The line, from 1.
    pub line: u64,
    /// The record's first line, as it stands there.
    bytes: Box<[u8]>,
}

impl Place {
    /// The record's first line.
    pub fn text(&self) -> Cow<'_, str> {
        records::text(&self.bytes)
    }
}

/// A place while its record is still at hand.
#[derive(Debug, Clone, Copy)]
pub struct RecordPlace<'a> {
    /// The source, by its place in the list.
    pub source: usize,
    /// The line, from 1.
    pub line: u64,
    /// The record as it stands.
    pub record: &'a [u8],
}

impl RecordPlace<'_> {
    /// The place, to be kept.
    pub fn keep(self) -> Place {
        let line = records::first_line(self.record);
        Place { source: self.source, line: self.line, bytes: line[..line.len().min(EVIDENCE)].into() }
    }
}

/// What an error message tells, wherever it stands.
#[derive(Debug)]
pub struct Reason {
    /// The cause's name, or [`UNKNOWN`].
    pub cause: &'static str,
    /// The stage at which it strikes.
    pub stage: Option<Stage>,
    /// What to do.
    pub remedy: Option<&'static str>,
    /// The library's message.
    pub message: Option<Arc<str>>,
    /// Whether it tells by itself that a connection failed.
    pub of_connection: bool,
}

impl Reason {
    /// The reason that a message gives.
    pub fn of(text: &str) -> Self {
        let told = Causes::builtin().classify(text);
        let stage = told.map(|told| told.stage);
        let message = told.map_or_else(|| text.lines().next(), |told| Some(told.matched));
        Self {
            cause: told.map_or(UNKNOWN, |told| told.cause),
            stage,
            remedy: told.map(|told| told.remedy),
            message: message.map(Arc::from),
            of_connection: stage.is_some_and(|stage| stage <= Stage::Channel) || text.contains(CONNECTING),
        }
    }

    /// None that the trace gives.
    pub fn none() -> Self {
        Self { cause: UNKNOWN, stage: None, remedy: None, message: None, of_connection: false }
    }

    /// Whether it is in the table of causes.
    pub fn is_known(&self) -> bool {
        self.cause != UNKNOWN
    }
}

/// An error message with what is known of it.
#[derive(Debug, Clone)]
pub struct Note {
    /// Why.
    pub reason: Arc<Reason>,
    /// Where it stands.
    pub place: Place,
}
