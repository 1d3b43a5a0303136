//! The node's own facts, and its billing servers.

use std::time::Instant;

use super::Collector;
use crate::cucm::billing_servers::{self, Columns, Part};
use crate::cucm::command::{Column, Command, Table};
use crate::cucm::exchange::{Kind, Output};
use crate::cucm::shell::Ended;
use crate::cucm::table::{self, Rows};
use crate::cucm::{services, status, terminal, viewed};
use crate::document::collect::{CommandOutcome, Fact, Sent};
use crate::ssh::deadline::milliseconds;
use crate::words::counted;

/// More is no answer to a question about a node.
const MOST: usize = 4 << 20;

/// An answer, and what came of it.
pub(super) struct Answer {
    pub(super) output: Output,
    pub(super) outcome: CommandOutcome,
}

impl Answer {
    /// As text.
    pub(super) fn text(&self) -> String {
        terminal::plain(&self.output.text)
    }

    /// Why it is no answer: what the node asked, or its first words.
    pub(super) fn reason(&self) -> String {
        match &self.output.asked {
            Some(question) => format!("the node asked {question:?}"),
            None => format!("the node says {}", quoted(&self.text())),
        }
    }
}

impl Collector<'_> {
    /// Sends a command and keeps account of it; `None` where the session is over.
    pub(super) fn ask(&mut self, command: &Command, kind: Kind, most: usize) -> Option<Answer> {
        if !self.shell.is_open() {
            return None;
        }
        let text = command.to_string();
        (self.progress)(&text);
        let start = Instant::now();
        let (output, ended) = self.shell.run(command, kind, most);
        let outcome = outcome(command, &output, ended, kind);
        let ms = milliseconds(start.elapsed());
        self.record.note(|answer| {
            if let Some(question) = &output.asked {
                answer.warnings.push(format!("{text}: the node asked {question:?}, which was answered with no"));
            }
            if let Some(why) = over(ended) {
                answer.warnings.push(format!("{text}: {why}; nothing more was sent"));
            }
            answer.commands.push(Sent { command: text, outcome, ms });
        });
        Some(Answer { output, outcome })
    }

    fn tell(&mut self, command: &Command) -> Result<String, Untold> {
        let answer = self.ask(command, Kind::Text, MOST).ok_or(Untold::Over)?;
        match answer.outcome {
            CommandOutcome::Done => Ok(answer.text()),
            CommandOutcome::Failed | CommandOutcome::Refused => Err(Untold::Because(answer.reason())),
            CommandOutcome::TimedOut | CommandOutcome::Cut => Err(Untold::Over),
        }
    }

    /// Notes that a fact is known, or warns that it is not.
    fn determine<T>(&self, fact: Fact, found: Result<T, Untold>) -> Option<T> {
        match found {
            Ok(found) => {
                self.record.note(|answer| answer.not_determined.retain(|other| *other != fact));
                return Some(found);
            }
            Err(Untold::Because(why)) => self.warn(format!("{} not determined: {why}", fact.words())),
            Err(Untold::Over) => {}
        }
        None
    }

    /// Release, host name, time zone, disks, FIPS mode, services.
    pub(super) fn facts(&mut self) {
        // Where it is refused, the pages are turned.
        let _ = self.tell(&Command::PaginationOff);
        let release = read(self.tell(&Command::Version), status::release);
        let (status, status_text) = match self.tell(&Command::Status) {
            Ok(text) => (status::parse(&text), Ok(text)),
            Err(why) => (status::Status::default(), Err(why)),
        };
        let release = release.or_else(|why| status.release.ok_or(why));
        self.record.note(|answer| (answer.node.host_name, answer.disks) = (status.host_name, status.disks));
        let release = self.determine(Fact::Release, release);
        let time_zone = self.determine(Fact::TimeZone, read(status_text, |_| status.time_zone));
        let fips = read(self.tell(&Command::Fips), status::fips);
        let fips = self.determine(Fact::FipsMode, fips);
        self.record.note(|answer| {
            answer.node.release = release;
            answer.node.time_zone = time_zone;
            answer.node.fips = fips;
        });
        self.services();
    }

    fn services(&mut self) {
        let list = self.tell(&Command::Services);
        let publisher = list.as_deref().ok().and_then(services::publisher);
        let found = read(list, |text| Some(services::parse(text)).filter(|found| !found.is_empty()));
        let Some(found) = self.determine(Fact::Services, found) else { return };
        self.record.note(|answer| {
            (answer.services, answer.node.publisher) = (found, publisher);
            if answer.repository_manager().is_none() {
                answer.warnings.push("the node's services do not name the Cisco CDR Repository Manager".to_owned());
            }
        });
    }

    /// The billing servers, by the columns that the catalogue names: they are not public, and `select *` would print
    /// the passwords.
    pub(super) fn billing_servers(&mut self) {
        let servers = self.servers();
        self.determine(Fact::BillingServers, servers);
        // Nobody misses settings that no document describes.
        let settings = self.columns(Table::CdrmConfig).and_then(|columns| self.select(Table::CdrmConfig, columns));
        let days = settings.ok().and_then(|rows| billing_servers::preserve_days(&rows));
        self.record.note(|answer| answer.node.preserve_days = days);
    }

    /// Reads those columns alone whose names tell what they hold. What they do not hold is not determined.
    fn servers(&mut self) -> Result<(), Untold> {
        let all = self.columns(Table::BillingServer)?;
        let names: Vec<String> = all.iter().map(|column| column.as_str().to_owned()).collect();
        let known = Columns::of(&names);
        let missing = known.missing();
        if !missing.contains(&Part::Host) {
            let columns = known.places().into_iter().filter_map(|at| all.get(at).cloned()).collect();
            let rows = self.select(Table::BillingServer, columns)?;
            let numbered = billing_servers::are_numbered(&rows);
            let protocols = if numbered { self.protocols().ok() } else { None };
            let servers = billing_servers::read(&rows, protocols.as_ref());
            let nameless = rows.rows.len() - servers.len();
            self.record.note(|answer| answer.billing_servers = servers);
            if nameless > 0 {
                let rows = counted(nameless as u64, "row");
                return Err(Untold::Because(format!("{rows} of billingserver without a host")));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<_> = missing.into_iter().map(Part::words).collect();
        let (missing, names) = (missing.join(", "), names.join(", "));
        Err(Untold::Because(format!("no column of billingserver holds {missing}; its columns are {names}")))
    }

    fn protocols(&mut self) -> Result<Rows, Untold> {
        let columns = self.columns(Table::BillingServerProtocol)?;
        self.select(Table::BillingServerProtocol, columns)
    }

    /// The columns of a table that hold no password.
    fn columns(&mut self, table: Table) -> Result<Vec<Column>, Untold> {
        let catalogue = read(self.tell(&Command::Columns(table)), table::parse)?;
        let names = catalogue.rows.iter().filter_map(|row| row.first()?.as_deref());
        let columns: Vec<Column> = names.filter_map(|name| Column::new(&name.to_lowercase())).take(60).collect();
        if columns.is_empty() {
            return Err(Untold::Because(format!("the database names no column of {}", table.name())));
        }
        Ok(columns)
    }

    fn select(&mut self, table: Table, columns: Vec<Column>) -> Result<Rows, Untold> {
        read(self.tell(&Command::Select(table, columns)), table::parse)
    }
}

/// Why something is not known.
enum Untold {
    /// The session is over, as another warning says.
    Over,
    /// The node did not tell it.
    Because(String),
}

/// What a text tells.
fn read<T>(text: Result<String, Untold>, find: impl FnOnce(&str) -> Option<T>) -> Result<T, Untold> {
    let text = text?;
    find(&text).ok_or_else(|| Untold::Because(format!("the node says {}", quoted(&text))))
}

/// The first words of a text, as a message quotes them.
fn quoted(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(|| "nothing".to_owned(), |line| format!("{:?}", line.chars().take(200).collect::<String>()))
}

fn over(ended: Ended) -> Option<&'static str> {
    match ended {
        Ended::Prompt => None,
        Ended::Silent => Some("the node fell silent"),
        Ended::Slow => Some("the node was too slow"),
        Ended::Closed => Some("the node ended the session"),
        Ended::Interrupted => Some("interrupted"),
        Ended::Astray => Some("the node went on asking, or printed more than this command can"),
    }
}

/// What came of a command, by CUCM's last words.
fn outcome(command: &Command, output: &Output, ended: Ended, kind: Kind) -> CommandOutcome {
    match ended {
        Ended::Silent | Ended::Slow => return CommandOutcome::TimedOut,
        Ended::Closed | Ended::Interrupted | Ended::Astray => return CommandOutcome::Cut,
        Ended::Prompt if output.asked.is_some() => return CommandOutcome::Refused,
        Ended::Prompt => {}
    }
    if is_file(output, kind) {
        return CommandOutcome::Done;
    }
    let is_statement = matches!(command, Command::Columns(_) | Command::Select(..));
    if is_statement && table::parse(&terminal::plain(&output.text)).is_some() {
        return CommandOutcome::Done;
    }
    let tail = output.text.get(output.text.len().saturating_sub(400)..).unwrap_or_default();
    let tail = terminal::plain(tail).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| tail.contains(words));
    if says(REFUSALS) {
        CommandOutcome::Refused
    } else if is_statement || (says(FAILURES) && !says(&[ABSENT])) {
        CommandOutcome::Failed
    } else {
        CommandOutcome::Done
    }
}

/// Whether this is a file, which may hold any words.
fn is_file(output: &Output, kind: Kind) -> bool {
    let is_whole = |listed: Option<u64>| listed.is_some_and(|listed| viewed::is_as_long_as(&output.rest, listed));
    match kind {
        Kind::File(listed) => output.text.len() > 400 || !output.pages.is_empty() || is_whole(listed),
        Kind::Text => false,
    }
}

/// CUCM's words, and its database's, where an account may not do something.
const REFUSALS: &[&str] = &[
    "permission denied",
    "no select permission",
    "no connect permission",
    "not have permission",
    "not authorized",
    "insufficient priv",
    "privilege level",
    "not permitted",
    "not allowed",
    "access denied",
];
/// CUCM's words where a command came to nothing.
const FAILURES: &[&str] = &[
    "executed command unsuccessfully",
    "no valid command entered",
    "invalid command",
    "command failed",
    "syntax error",
    "incorrect parameter",
];
/// Its words for a folder or a file that is not there, which is an answer.
const ABSENT: &str = "no such file or directory can be found";
