//! One command a file: from arguments to a document. What a command prints goes through [`Context`].

mod backfill;
pub mod backlog;
mod capture;
pub mod collect;
mod collected;
mod compare;
mod completions;
pub mod config;
pub mod credentials;
mod deliver;
mod diagnose;
pub mod examine;
mod learn;
mod man;
mod open_files;
pub mod parse_log;
mod paths;
mod probe;
mod profile;
mod progress;
pub mod reports;
mod schema;
pub mod targets;
mod visits;

pub use profile::profiles;

use std::io::{self, IsTerminal, Write};

use anyhow::Result;

use crate::cli::{self, Cli, Color, Command, Global};
use crate::document::Document;
use crate::exit::{self, Code, UsageError};
use crate::report::{self, Format, page::Terminal, view::ToView};

/// Runs the command that was asked for.
///
/// # Errors
/// When the job could not be done, or, with a [`crate::exit::UsageError`], when it makes no sense.
pub fn dispatch(cli: &Cli) -> Result<Code> {
    let context = Context { global: &cli.global, format: format(cli)? };
    match &cli.command {
        Command::ParseLog(args) => parse_log::run(args, &context),
        Command::Backlog(args) => backlog::run(args, &context),
        Command::Config => config::run(&context),
        Command::Probe(args) => probe::run(args, &context),
        Command::Compare(args) => compare::run(args, &context),
        Command::Diagnose(args) => diagnose::run(args, &context),
        Command::Collect(args) => collect::run(args, &context),
        Command::Deliver(args) => deliver::run(args, &context),
        Command::Profile(args) => profile::run(args, &context),
        Command::Capture(args) => capture::run(args, &context),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args, &context),
        Command::Schema(args) => schema::run(args),
    }
}

/// The form that was asked for.
fn format(cli: &Cli) -> Result<Format, UsageError> {
    let asked = match &cli.command {
        Command::Probe(args) => args.output.format,
        Command::Compare(args) => args.output.format,
        Command::Diagnose(args) => args.output.format,
        Command::ParseLog(args) => args.output.format,
        Command::Backlog(args) => args.output.format,
        _ => None,
    };
    let text = if cli.global.full { Format::FullText } else { Format::Text };
    match asked {
        Some(cli::Format::Json) => Ok(Format::Json),
        Some(_) if cli.global.json => Err(UsageError("--json and --format name different forms: give one".into())),
        Some(cli::Format::Prometheus) => Ok(Format::Prometheus),
        Some(cli::Format::Junit) => Ok(Format::Junit),
        Some(cli::Format::Text) => Ok(text),
        None => Ok(if cli.global.json { Format::Json } else { text }),
    }
}

/// What every command shares: the global flags, and the way to the two outputs.
#[derive(Debug)]
pub struct Context<'a> {
    global: &'a Global,
    format: Format,
}

/// The exit code of an answer that was printed.
fn printed<D: Document>(printed: io::Result<()>, document: &D) -> Result<Code> {
    match printed {
        // A reader that has seen enough changes nothing about what was found.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(document.verdict().into()),
    }
}

impl Context<'_> {
    /// The flags of every command.
    pub fn global(&self) -> &Global {
        self.global
    }

    /// Whether the answer is for people, and so tells itself what went wrong on the way.
    pub fn prints_text(&self) -> bool {
        matches!(self.format, Format::Text | Format::FullText)
    }

    /// Prints the answer to standard output and says with which code to exit.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn answer<D: ToView>(&self, document: &D) -> Result<Code> {
        printed(report::write(document, self.format, self.terminal(), &mut io::stdout().lock()), document)
    }

    /// One line on standard error about something that went wrong on the way; not under `--quiet`.
    pub fn warn(&self, message: &str) {
        if !self.global.quiet {
            exit::tell(message);
        }
    }

    /// One line on standard error about what was done or left out; only under `--verbose`.
    pub fn detail(&self, message: &str) {
        if self.global.verbose {
            exit::tell(message);
        }
    }

    /// One line of progress on standard error; only where progress may be shown.
    pub fn progress(&self, message: &str) {
        if self.shows_progress() {
            exit::tell(message);
        }
    }

    /// Whether progress may be shown: on a terminal, unless `--quiet`.
    pub fn shows_progress(&self) -> bool {
        !self.global.quiet && io::stderr().is_terminal()
    }

    fn terminal(&self) -> Terminal {
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).map(exit::bounded);
        let terminal = io::stdout().is_terminal();
        let measured = || terminal_size::terminal_size().filter(|_| terminal).map_or(80, exit::columns);
        let width = asked.unwrap_or_else(measured);
        let wraps_headlines = terminal || asked.is_some();
        let color = match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !anstyle_query::no_color() && terminal_takes_escapes(),
        };
        Terminal { width, wraps_headlines, color, blocks: terminal && shows_unicode() }
    }
}

/// Prints an answer that is no document: a script, a page, a schema.
///
/// # Errors
/// When standard output does not take it.
pub fn print(answer: &[u8]) -> Result<Code> {
    let mut out = io::stdout().lock();
    out.write_all(answer)?;
    out.flush()?;
    Ok(Code::Ok)
}

/// A console of Windows shows escape sequences as garbage until it is told to read them, and one before Windows 10
/// always.
fn terminal_takes_escapes() -> bool {
    anstyle_query::windows::enable_ansi_colors().unwrap_or(true)
}

/// Whether the terminal takes UTF-8: on Unix as the locale says, on Windows always.
fn shows_unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}
