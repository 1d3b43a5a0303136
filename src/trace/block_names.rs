//! The names of one block, and what each is to the timeline: a thread, a host, a file, an error's reason.

use std::sync::Arc;

use super::accounts::HostId;
use super::names::{Name, Names, Text};
use super::note::Reason;
use super::waiting::FileName;

/// What a block's names are to a timeline, each found out once.
#[derive(Debug)]
pub struct BlockNames<'b>(Vec<BlockName<'b>>);

/// One of them.
#[derive(Debug, Default)]
pub struct BlockName<'b> {
    /// The name.
    pub text: Text<'b>,
    /// The thread's place in its timeline.
    pub thread: Option<usize>,
    /// The host's number.
    pub host: Option<HostId>,
    file: Option<Arc<FileName>>,
    /// What an error's text tells.
    pub reason: Option<Arc<Reason>>,
}

impl<'b> BlockNames<'b> {
    /// Of these names nothing is known yet.
    pub fn new(names: Names<'b>) -> Self {
        Self(names.into_texts().map(|text| BlockName { text, ..BlockName::default() }).collect())
    }

    /// What one is.
    pub fn get(&mut self, name: Name) -> &mut BlockName<'b> {
        &mut self.0[name.index()]
    }

    /// The text of one.
    pub fn text(&self, name: Name) -> &str {
        &self.0[name.index()].text
    }

    /// The file that one names.
    pub fn file(&mut self, name: Name) -> &Arc<FileName> {
        let BlockName { text, file, .. } = self.get(name);
        file.get_or_insert_with(|| Arc::new(FileName::of(text.keep())))
    }
}
