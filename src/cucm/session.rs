//! What a text of CUCM's command line holds: a session's log with several commands, or what one command printed.

use std::borrow::Cow;

use super::table::{self, Rows};
use super::{billing_servers, copied, services, status, transcript};
use crate::backlog::listing;
use crate::document::node::NodeState;
use crate::log4j::records;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// What the node says of itself.
    pub node: NodeState,
    /// Whether folders were listed.
    pub has_listings: bool,
    /// What was printed of traces, in the order of the commands.
    pub traces: Vec<Printed>,
}

/// What a command printed of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The trace's name: `cdrrepmgr00073.log`.
    pub name: String,
    /// Its text, without prompts and pagers.
    pub text: String,
}

/// A text that may be of CUCM's command line, as that printed it; its beginning is enough to tell.
pub fn printed_by_cucm(head: &str) -> Option<Cow<'_, str>> {
    let printed = copied::as_printed(head);
    (transcript::is_session(&printed) || is_node_text(&printed)).then_some(printed)
}

/// Whether a text names answers about the node in lines that [`read`] does not know for such.
pub fn names_answers(text: &str) -> bool {
    let names = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
    text.lines().any(|line| {
        names(line, &["[STARTED]", "[STOPPED]"])
            || (names(line, &["admin:utils service list", "admin:show status"]) && !transcript::is_command(line))
    })
}

/// Reads a text as it was printed; `path` is where it was found. Nothing is made of a text that is of another kind.
pub fn read(path: &str, bytes: &[u8]) -> Session {
    let parts = transcript::split(bytes);
    let mut session = Session::default();
    let mut tables = Tables::default();
    if parts.is_empty() {
        let text = String::from_utf8_lossy(bytes);
        if is_node_text(&text) {
            session.node.take_services(&text);
            session.node.take_status(&text);
            session.node.release = session.node.release.take().or_else(|| status::release(&text));
        }
    }
    for transcript::Part { command, output, .. } in &parts {
        let mut words = command.split_whitespace();
        match (words.next(), words.next()) {
            (Some("utils"), Some("service")) => session.node.take_services(output),
            (Some("utils"), Some("fips")) => session.node.fips = status::fips(output),
            (Some("show"), Some("status")) => session.node.take_status(output),
            (Some("show"), Some("version")) => {
                session.node.release = status::release(output).or(session.node.release.take());
            }
            (Some("run"), Some("sql")) => tables.take(command, output),
            (Some("file"), Some("list")) => session.has_listings |= listing::parse(output.as_bytes()).is_listing(),
            (Some("file"), Some("view" | "dump" | "tail" | "search")) => {
                session.traces.extend(printed(command, output));
            }
            _ => {}
        }
    }
    if let Some(servers) = &tables.servers {
        session.node.billing_servers = billing_servers::read(servers, tables.protocols.as_ref());
    }
    session.node.preserve_days = tables.settings.as_ref().and_then(billing_servers::preserve_days);
    path.clone_into(&mut session.node.path);
    session
}

/// The tables of a session. The last answer about each counts.
#[derive(Default)]
struct Tables {
    servers: Option<Rows>,
    protocols: Option<Rows>,
    settings: Option<Rows>,
}

impl Tables {
    fn take(&mut self, command: &str, output: &str) {
        let lower = command.to_lowercase();
        let Some((_, from)) = lower.split_once(" from ") else { return };
        let place = match from.split([' ', ';', ',']).next() {
            Some("billingserver") => &mut self.servers,
            Some("typebillingserverprotocol") => &mut self.protocols,
            Some("cdrmconfig") => &mut self.settings,
            _ => return,
        };
        *place = table::parse(output).or(place.take());
    }
}

impl NodeState {
    fn take_services(&mut self, text: &str) {
        let found = services::parse(text);
        if !found.is_empty() {
            self.services = found;
            self.publisher = services::publisher(text);
        }
    }

    fn take_status(&mut self, text: &str) {
        let found = status::parse(text);
        self.host_name = found.host_name.or(self.host_name.take());
        self.time_zone = found.time_zone.or(self.time_zone.take());
        self.release = found.release.or(self.release.take());
        if !found.disks.is_empty() {
            self.disks = found.disks;
        }
    }
}

/// Whether a text without a prompt is what a command about the node printed. A trace may hold any words, so what begins
/// a line counts, and a record is none.
fn is_node_text(text: &str) -> bool {
    let is_trace = || text.lines().any(|line| records::starts_record(line.as_bytes()));
    let begins = |words: &str| text.lines().any(|line| line.trim_start().starts_with(words));
    let is_list = || text.lines().any(services::is_of_cisco);
    let is_status = || begins("Host Name ") && begins("Product Ver");
    (is_list() || is_status() || begins("Active Master Version:")) && !is_trace()
}

/// What a command printed of a trace; `None` where no record is in it.
fn printed(command: &str, output: &str) -> Option<Printed> {
    let is_record = |line: &str| matches!(records::classify_line(line.as_bytes()), records::Line::Start(_));
    let path = command.split_whitespace().nth(3).unwrap_or("trace");
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("trace").to_owned();
    output.lines().any(is_record).then(|| Printed { name, text: output.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SERVICES: &str = "System SSH [STARTED]\nCisco CDR Agent[STARTED]\n\
        Cisco CDR Repository Manager[STOPPED]  Commanded Out of Service\nPrimary Node =true\n";

    #[test]
    fn a_session_s_commands_are_told_apart() {
        let record = "2019-07-25 13:12:11,889 INFO  [main] cdrrep.CDRRepClass (C.java:1) - x";
        let log = format!(
            "admin:show version active\nActive Master Version: 14.0.1.12900-161\nadmin:utils service list\n{SERVICES}\
             admin:utils fips status\nThe system is operating in FIPS mode\n\
             admin:file list activelog /cm/cdr_repository/preserve/20190725/ detail\n\
             25 Jul,2019 13:11:53      133  cdr_C_01_201907251311_1\ndir count = 0, file count = 1\n\
             admin:run sql select hostname, userid from billingserver\nhostname userid\n======== ======\n\
             10.0.0.5 cdr\n\nadmin:file view activelog /cm/trace/cdrrep/log4j/cdrrepmgr00073.log\n{record}\n\
             admin:file view activelog /cm/trace/cdrrep/log4j/cdrrepmgr.bin\nx\nadmin:\n"
        );
        let session = read("putty.log", log.as_bytes());
        assert_eq!((session.node.path.as_str(), session.node.publisher), ("putty.log", Some(true)));
        assert_eq!(session.node.release.as_deref(), Some("14.0.1.12900-161"));
        assert_eq!((session.node.fips, session.has_listings), (Some(true), true));
        assert_eq!(session.node.billing_servers[0].host, "10.0.0.5");
        assert_eq!(session.node.problems().len(), 1);
        let names: Vec<_> = session.traces.iter().map(|trace| trace.name.as_str()).collect();
        assert_eq!(names, ["cdrrepmgr00073.log"]);
    }

    #[test]
    fn what_one_command_printed_is_known_without_its_prompt() {
        assert_eq!(read("-", SERVICES.as_bytes()).node.services.len(), 3);
        let version = read("-", b"Active Master Version: 11.5.1.12900-21\nActive Version Installed\n");
        assert_eq!(version.node.release.as_deref(), Some("11.5.1.12900-21"));
        let other = format!("2019-07-25 13:12:11,889 INFO  [main] a.B (C.java:1) - x\n{SERVICES}");
        assert!(read("-", other.as_bytes()).node.is_empty(), "a trace that quotes a list");
        assert!(read("-", b"Bench [STARTED]\n").node.is_empty(), "another program's list");
    }

    #[test]
    fn answers_in_lines_of_another_form_are_named() {
        assert!(names_answers("x; Cisco CDR Agent; [STARTED]\n"));
        assert!(names_answers("Bob typed admin:utils service list\n"));
        assert!(!names_answers("admin:utils service list\nadmin:file list activelog /cm/ detail\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            read("x", &bytes);
        }
    }
}
