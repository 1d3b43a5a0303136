//! The node's own facts, and its billing servers.

use std::time::Instant;

use super::Collector;
use crate::cucm::command::{Column, Command, Table};
use crate::cucm::exchange::{Kind, Output};
use crate::cucm::shell::Ended;
use crate::cucm::table::{self, Rows};
use crate::cucm::{billing_servers, services, status, terminal, viewed};
use crate::document::collect::{CommandOutcome, Sent};
use crate::ssh::deadline::milliseconds;

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
        let outcome = outcome(&output, ended, kind);
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

    fn tell(&mut self, command: &Command) -> Option<String> {
        let answer = self.ask(command, Kind::Text, MOST)?;
        (answer.outcome == CommandOutcome::Done).then(|| answer.text())
    }

    /// Release, host name, time zone, disks, FIPS mode, services.
    pub(super) fn facts(&mut self) {
        self.tell(&Command::PaginationOff);
        let release = self.tell(&Command::Version).and_then(|text| status::release(&text));
        let found = self.tell(&Command::Status).map(|text| status::parse(&text)).unwrap_or_default();
        let fips = self.tell(&Command::Fips).and_then(|text| status::fips(&text));
        let list = self.tell(&Command::Services).unwrap_or_default();
        self.record.note(|answer| {
            answer.node.release = release.or(found.release);
            answer.node.host_name = found.host_name;
            answer.node.time_zone = found.time_zone;
            answer.node.fips = fips;
            answer.disks = found.disks;
            answer.node.publisher = services::publisher(&list);
            answer.services = services::parse(&list);
            if answer.node.release.is_some() && answer.repository_manager().is_none() {
                answer.warnings.push("the node's services do not name the Cisco CDR Repository Manager".to_owned());
            }
        });
    }

    /// The billing servers, by the columns that the catalogue names: they are not public, and `select *` would print
    /// the passwords.
    pub(super) fn billing_servers(&mut self) {
        let Some(rows) = self.rows(Table::BillingServer) else { return };
        let numbered = billing_servers::are_numbered(&rows);
        let names = if numbered { self.rows(Table::BillingServerProtocol) } else { None };
        let servers = billing_servers::read(&rows, names.as_ref());
        self.record.note(|answer| {
            if servers.len() < rows.rows.len() {
                answer.warnings.push("the columns of the billing servers are unknown: see session.log".to_owned());
            }
            answer.billing_servers = servers;
        });
        let days = self.rows(Table::CdrmConfig).and_then(|rows| billing_servers::preserve_days(&rows));
        self.record.note(|answer| answer.node.preserve_days = days);
    }

    fn rows(&mut self, table: Table) -> Option<Rows> {
        let catalogue = self.tell(&Command::Columns(table))?;
        let catalogue = table::parse(&catalogue).unwrap_or_default();
        let names = catalogue.rows.iter().filter_map(|row| row.first()?.as_deref());
        let columns: Vec<Column> = names.filter_map(|name| Column::new(&name.to_lowercase())).take(60).collect();
        if columns.is_empty() {
            // Nobody misses settings that no document describes.
            if table != Table::CdrmConfig {
                self.warn(format!("the database does not tell the columns of {}", table.name()));
            }
            return None;
        }
        table::parse(&self.tell(&Command::Select(table, columns))?)
    }
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

/// What CUCM's last words say of a command.
fn outcome(output: &Output, ended: Ended, kind: Kind) -> CommandOutcome {
    match ended {
        Ended::Silent | Ended::Slow => return CommandOutcome::TimedOut,
        Ended::Closed | Ended::Interrupted | Ended::Astray => return CommandOutcome::Cut,
        Ended::Prompt => {}
    }
    if output.asked.is_some() {
        return CommandOutcome::Refused;
    }
    // A file may hold any words.
    let is_whole = |listed: Option<u64>| listed.is_some_and(|listed| viewed::is_as_long_as(&output.rest, listed));
    match kind {
        Kind::File(listed) if output.text.len() > 400 || !output.pages.is_empty() || is_whole(listed) => {
            return CommandOutcome::Done;
        }
        Kind::File(_) | Kind::Text => {}
    }
    let tail = output.text.get(output.text.len().saturating_sub(400)..).unwrap_or_default();
    let tail = terminal::plain(tail).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| tail.contains(words));
    if says(&[
        "permission denied",
        "not authorized",
        "insufficient priv",
        "privilege level",
        "not permitted",
        "access denied",
        "not have permission",
    ]) {
        CommandOutcome::Refused
    } else if says(&["no such file or directory can be found"]) {
        CommandOutcome::Done
    } else if says(&[
        "executed command unsuccessfully",
        "no valid command entered",
        "invalid command",
        "command failed",
        "not in the database",
        "syntax error",
        "incorrect parameter",
    ]) {
        CommandOutcome::Failed
    } else {
        CommandOutcome::Done
    }
}
