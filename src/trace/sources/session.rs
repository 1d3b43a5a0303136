//! Texts of CUCM's command line: a session's log with several commands in it, what one command printed, or what
//! `collect` made of a session.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::{Component, Path};
use std::sync::Mutex;

use super::copied::Copied;
use super::open::Layers;
use super::{Asked, Found, Opened, Other, Place, Source, Stream, Why, first_time, looks_binary};
use crate::bounds::{self, Bound};
use crate::cucm::session::{self, Printed, Session};
use crate::document::collect::{self, Collect};
use crate::document::node::NodeState;
use crate::model::kind::Kind;
use crate::text;

/// A text that tells of the node.
#[derive(Debug)]
pub struct NodeText {
    /// The path, as of a [`Source`].
    pub label: String,
    /// How long it is.
    pub bytes: u64,
    /// How many lines it has.
    pub lines: u64,
    /// What the node says of itself.
    pub node: NodeState,
}

impl Found {
    /// Takes what `collect` wrote about a session: the node, and what did not come whole. Gives back anything else.
    pub(super) fn take_collection(&mut self, mut source: Source, head: &[u8]) -> Option<Source> {
        let begins = head.trim_ascii_start().starts_with(b"{")
            && memchr::memmem::find(head, collect::SCHEMA.as_bytes()).is_some();
        if !begins {
            return Some(source);
        }
        let read = source.whole(bounds::COLLECTION).map_err(|error| error.to_string());
        let read = read.and_then(|whole| {
            let answer = serde_json::from_slice::<Collect>(&whole).map_err(|error| error.to_string())?;
            Ok((whole, answer))
        });
        let (whole, answer) = match read {
            Ok(read) => read,
            Err(why) => {
                self.problem(source.label, Why::Partly(why));
                return None;
            }
        };
        let folder = parent(&source.label);
        for (path, why) in answer.not_whole() {
            self.problem(format!("{folder}{path}"), Why::Partly(why));
        }
        for path in missing(&source, &answer) {
            self.problem(format!("{folder}{path}"), Why::Missing);
        }
        let node = NodeState::collected(&source.label, &answer);
        self.nodes.push(NodeText::new(&source.label, &whole, node));
        self.collected.push(folder.to_owned());
        None
    }

    /// Leaves out what stands in a collected folder twice: the session from which all of it was taken, and what other
    /// commands read. Files that were `named` stay.
    pub(super) fn without_repetitions(&mut self, named: &[String]) {
        let is_repeated = |label: &str| {
            let of = |folder: &String| label.strip_prefix(folder.as_str());
            let rest = self.collected.iter().find_map(of).map(|rest| rest.replace('\\', "/"));
            let is_part =
                |rest: String| rest == "session.log" || rest.starts_with("listings/") || rest.starts_with("waiting/");
            rest.is_some_and(is_part) && !named.iter().any(|name| name == label)
        };
        self.sources.retain(|source| !is_repeated(&source.label));
        self.nodes.retain(|text| !is_repeated(&text.label));
        self.others.retain(|other| other.kind == Kind::Listing || !is_repeated(other.label()));
        self.left_out.retain(|label| !is_repeated(label));
    }

    /// Takes a text of CUCM's command line apart: what it says of the node, and each trace that was printed. Gives back
    /// what is to be read as it is: another text, or one that holds a single trace, whose lines then keep their numbers.
    pub(super) fn take_session(&mut self, mut source: Source, head: &[u8], asked: Asked) -> Option<Source> {
        if looks_binary(head) || session::printed_by_cucm(&text::decode(head)).is_none() {
            return Some(source);
        }
        let mut whole = match source.whole(bounds::SESSION) {
            Ok(whole) => whole,
            Err(error) => {
                self.problem(source.label.clone(), Why::Partly(error.to_string()));
                return Some(source);
            }
        };
        // Without what others put around its lines it is read like the plain file from here on.
        if let Some(Cow::Owned(printed)) = session::printed_by_cucm(&text::decode(&whole)) {
            whole = printed.into_bytes();
            source = source.holding(source.label.clone(), whole.clone());
        }
        let Session { node, traces, has_listings } = session::read(&source.label, &whole);
        let tells = !node.is_empty();
        if has_listings && (tells || !traces.is_empty()) {
            let listings = source.holding(source.label.clone(), whole.clone());
            self.others.push(Other::new(Kind::Session, asked, listings));
        }
        if tells && node.services.is_empty() && traces.is_empty() {
            self.question_answers(&source.label, &whole);
        }
        if tells {
            self.nodes.push(NodeText::new(&source.label, &whole, node));
        }
        match traces.len() {
            0 if tells => None,
            0 | 1 => Some(source),
            _ => {
                self.sources.extend(traces.into_iter().map(|trace| source.printed(trace)));
                None
            }
        }
    }

    /// Notes that a text, of which nothing about the node's services was read, names them: nothing may be concluded of
    /// that silence.
    pub(super) fn question_answers(&mut self, label: &str, text: &[u8]) {
        if session::names_answers(&text::decode(text)) {
            self.problem(label.to_owned(), Why::UnreadAnswers);
        }
    }
}

impl NodeText {
    fn new(label: &str, text: &[u8], node: NodeState) -> Self {
        let lines = memchr::memchr_iter(b'\n', text).count() as u64;
        Self { label: label.to_owned(), bytes: text.len() as u64, lines, node }
    }
}

/// The traces of a collection that its folder lacks. A path that leads out of the folder is none in it.
fn missing<'c>(source: &Source, answer: &'c Collect) -> Vec<&'c str> {
    let Place::File(file) = &source.place else { return Vec::new() };
    let folder = file.parent().unwrap_or(Path::new(""));
    let is_there = |path: &str| {
        let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        is_below && ["", ".gz"].iter().any(|packed| folder.join(format!("{path}{packed}")).is_file())
    };
    answer.traces.iter().filter_map(|trace| trace.path.as_deref()).filter(|path| !is_there(path)).collect()
}

/// The folder of a path, with its separator.
fn parent(label: &str) -> &str {
    label.rfind(['/', '\\']).map_or("", |end| &label[..=end])
}

impl Source {
    /// All of it. What can be read only once can be read again then.
    ///
    /// # Errors
    /// When it can't be read, or is larger than its form.
    pub(super) fn whole(&mut self, bound: Bound) -> io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        let most = bound.bytes() + 1;
        match self.open()? {
            Opened::File(file) => file.take(most).read_to_end(&mut whole)?,
            Opened::Stream(mut rest) => {
                let read = (&mut rest).take(most).read_to_end(&mut whole);
                if matches!(self.place, Place::Stream(_)) {
                    self.place = Place::Stream(Mutex::new(Stream { head: whole.clone(), rest }));
                }
                read?
            }
        };
        if whole.len() as u64 == most { Err(bound.exceeded()) } else { Ok(whole) }
    }

    /// A trace that a session printed.
    fn printed(&self, trace: Printed) -> Self {
        self.holding(format!("{}!/{}", self.label, trace.name), trace.text.into_bytes())
    }

    /// A text that was taken out of this one.
    fn holding(&self, label: String, text: Vec<u8>) -> Self {
        Self {
            label,
            folder: self.folder.clone(),
            first: first_time(&text),
            size: text.len() as u64,
            layers: Layers { copied: Copied::of(&text), ..Layers::default() },
            place: Place::Stream(Mutex::new(Stream { head: text, rest: Box::new(io::empty()) })),
            allowance: self.allowance.clone(),
        }
    }
}
