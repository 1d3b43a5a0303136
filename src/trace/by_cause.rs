//! Failures counted by cause.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::NaiveDateTime;
use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::note::{Note, Reason};
use super::spread::eight;
use crate::model::stage::Stage;

/// Unknown texts are told apart up to this many; what comes on top is counted with the last.
pub const UNKNOWN_TEXTS: usize = 32;

/// Failures of one cause.
#[derive(Debug, Clone)]
pub struct CauseFailures {
    /// The first such failure's error.
    pub note: Arc<Note>,
    /// Failures.
    pub count: u64,
    pub first: NaiveDateTime,
    pub last: NaiveDateTime,
}

/// What is counted together: a cause at a stage; of unknown ones, a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind {
    cause: &'static str,
    stage: Option<Stage>,
    text: Option<Arc<str>>,
}

/// The names of causes differ in length or in how they begin as a rule, so that no more of them is hashed.
impl Hash for Kind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let begin = eight(self.cause.as_bytes().first_chunk());
        state.write_u64(begin ^ (self.cause.len() as u64) << 56 ^ self.stage.map_or(0, |stage| 1 + stage as u64));
        if let Some(text) = &self.text {
            text.hash(state);
        }
    }
}

impl Kind {
    fn of(reason: &Reason) -> Self {
        let text = if reason.is_known() { None } else { reason.message.clone() };
        Self { cause: reason.cause, stage: reason.stage, text }
    }
}

/// Failures by cause, in the order in which the causes first showed.
#[derive(Debug, Clone, Default)]
pub struct FailuresByCause {
    by_kind: IndexMap<Kind, CauseFailures, RandomState>,
    /// Unknown texts, and the place of the last.
    unknown: (usize, usize),
}

impl FailuresByCause {
    /// Counts one failure.
    pub fn count(&mut self, time: NaiveDateTime, note: &Arc<Note>) {
        self.add(CauseFailures { note: Arc::clone(note), count: 1, first: time, last: time });
    }

    /// Counts failures.
    pub fn add(&mut self, cause: CauseFailures) {
        let kind = Kind::of(&cause.note.reason);
        let unknown = kind.text.is_some();
        let (texts, last) = self.unknown;
        let full = (unknown && texts >= UNKNOWN_TEXTS).then_some(last);
        let Some(place) = self.by_kind.get_index_of(&kind).or(full) else {
            if unknown {
                self.unknown = (texts + 1, self.by_kind.len());
            }
            self.by_kind.insert(kind, cause);
            return;
        };
        let known = &mut self.by_kind[place];
        known.count += cause.count;
        known.first = known.first.min(cause.first);
        known.last = known.last.max(cause.last);
    }

    /// One a cause.
    pub fn iter(&self) -> impl Iterator<Item = &CauseFailures> {
        self.by_kind.values()
    }

    /// One a cause.
    pub fn into_causes(self) -> impl Iterator<Item = CauseFailures> {
        self.by_kind.into_values()
    }
}
