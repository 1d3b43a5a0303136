//! The exit codes, in one table, and the line that explains a failure.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use terminal_size::{Height, Width};

use crate::document::Verdict;
use crate::message::message;
use crate::plain;
use crate::words::shortened;

/// How cdrdiag ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nothing wrong was found.
    Ok = 0,
    /// A problem was found. A server that can't be reached is one.
    Problem = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The job could not be done: an unreadable input, a broken profile, no permission to listen.
    Failure = 3,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

impl From<Verdict> for Code {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Ok,
            Verdict::Problem => Self::Problem,
        }
    }
}

/// Wrong usage that only shows after the arguments were parsed: it ends with [`Code::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Tells something on standard error. A name that an input holds may be of any length.
pub fn tell(text: &str) {
    const SHOWN: usize = 2_000;
    let text = &shortened(text, SHOWN);
    let error = io::stderr();
    let width = error.is_terminal().then(|| terminal_size::terminal_size_of(&error).map_or(80, columns));
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(error.lock(), "{}", message(text, width));
}

/// The columns of a terminal that are made use of.
pub fn columns((width, _): (Width, Height)) -> usize {
    bounded(width.0)
}

/// A width within what can be read.
pub fn bounded(columns: u16) -> usize {
    usize::from(columns).clamp(40, 160)
}

/// Prints the error's chain on standard error and says with which code to exit.
///
/// A reader that closed the pipe (`cdrdiag … | head`) is not an error: the end is quiet and successful.
pub fn explain(error: &anyhow::Error) -> Code {
    if is_broken_pipe(error) {
        return Code::Ok;
    }
    tell(&told_once(error));
    if error.is::<UsageError>() { Code::Usage } else { Code::Failure }
}

/// The chain of causes on one line. Typed errors often end in their source's text; it is not said again.
pub fn told_once(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for text in error.chain().map(plain_text).filter(|text| !text.is_empty()) {
        if told.contains(&text) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&text);
    }
    told
}

/// What a cause says, the system's words in plain ones.
fn plain_text(cause: &(dyn std::error::Error + 'static)) -> String {
    cause.downcast_ref::<io::Error>().map_or_else(|| cause.to_string(), |error| plain::words(error).into_owned())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_text_that_the_chain_repeats_is_told_once() {
        let source = io::Error::other("it is gone");
        let error = Err::<(), _>(source).context("a.toml: it is gone").context("the configuration").unwrap_err();
        assert_eq!(told_once(&error), "the configuration: a.toml: it is gone");
    }
}
