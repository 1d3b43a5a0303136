//! What monitoring and CI take from an answer: test cases, of which one fails for each problem of the document, and
//! metrics whose labels stay the same when a state changes.

pub mod backlog;
pub mod diagnose;
pub mod judged;
pub mod parse_log;
mod servers;

use std::iter;

use crate::document::remedy::Remedy;

/// What an answer says to monitoring and CI. Suites and samples are made when they are asked for: an answer about ten
/// thousand servers has a quarter of a million samples.
pub struct Monitored<'d> {
    /// The test cases by what they are about. One fails exactly where the document's verdict is a problem.
    pub suites: Suites<'d>,
    /// The metrics.
    pub families: Vec<Family<'d>>,
}

/// Suites that can be gone through more than once.
pub struct Suites<'d>(Box<dyn Fn() -> Box<dyn Iterator<Item = Suite> + 'd> + 'd>);

impl<'d> Suites<'d> {
    /// One suite.
    pub(super) fn one(suite: Suite) -> Self {
        Self::made_by(move || iter::once(suite.clone()))
    }

    /// Those that this makes.
    fn made_by<I: Iterator<Item = Suite> + 'd>(make: impl Fn() -> I + 'd) -> Self {
        Self(Box::new(move || Box::new(make())))
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Suite> {
        (self.0)()
    }
}

/// Test cases about one thing.
#[derive(Debug, Clone)]
pub struct Suite {
    /// What they are about: a server, the traces.
    pub name: String,
    /// Seconds that it took, where that is known.
    pub seconds: Option<f64>,
    pub cases: Vec<Case>,
}

/// One test case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is tested.
    pub name: String,
    /// Seconds that it took, where that is known.
    pub seconds: Option<f64>,
    /// Why it fails; `None` where it does not.
    pub failure: Option<Failure>,
}

/// Why a case fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Of which kind, in a word.
    pub kind: String,
    /// Why, in one line.
    pub message: String,
    /// What to do, in lines.
    pub remedy: Vec<String>,
}

/// A metric, always a gauge, and its samples.
pub struct Family<'d> {
    pub metric: &'static str,
    /// What it says.
    pub help: &'static str,
    pub samples: Box<dyn Iterator<Item = Sample> + 'd>,
}

/// One sample.
#[derive(Debug)]
pub struct Sample {
    /// Names and values of its labels.
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

impl Case {
    fn of(name: &str, failure: Option<Failure>) -> Self {
        Self { name: name.to_owned(), seconds: None, failure }
    }
}

impl Failure {
    fn of(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into(), remedy: Vec::new() }
    }
}

impl Sample {
    fn of<const N: usize>(labels: [(&'static str, &str); N], value: f64) -> Self {
        Self { labels: labels.map(|(name, value)| (name, value.to_owned())).to_vec(), value }
    }
}

fn family<'d, I>(metric: &'static str, help: &'static str, samples: I) -> Family<'d>
where
    I: IntoIterator<Item = Sample, IntoIter: 'd>,
{
    Family { metric, help, samples: Box::new(samples.into_iter()) }
}

/// 1 where it is so.
fn gauge(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// A value to the microsecond, without what binary fractions add: 0.3, not 0.30000000000000004.
pub(super) fn decimal(value: f64) -> String {
    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[allow(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Remedies in lines, those of a server together: why, where, the lines for the file, how, the commands. `name` gives
/// the name by which people know a server.
fn in_lines(remedies: &[Remedy], name: impl Fn(&str) -> String) -> Vec<String> {
    let servers = remedies.chunk_by(|one, other| one.server == other.server);
    servers.flat_map(|of_server| on_server(of_server, &name)).collect()
}

fn on_server(remedies: &[Remedy], name: impl Fn(&str) -> String) -> Vec<String> {
    let mut lines: Vec<String> =
        remedies.iter().map(|remedy| format!("on {}: {}", name(&remedy.server), remedy.why_and_what())).collect();
    for of_file in remedies.chunk_by(|one, other| one.file == other.file) {
        lines.extend(of_file.first().and_then(|remedy| remedy.file.as_ref()).map(|file| format!("in {file}:")));
        lines.extend(of_file.iter().flat_map(Remedy::lines).cloned());
    }
    for remedy in remedies.iter().filter(|remedy| !remedy.how.is_empty()) {
        if !lines.contains(&remedy.how) {
            lines.push(remedy.how.clone());
        }
    }
    lines.into_iter().chain(Remedy::commands(remedies.iter())).collect()
}
