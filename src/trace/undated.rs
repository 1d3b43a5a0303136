//! What somebody pasted of a trace without the records around it: the library's exception, a line without its time.
//! It tells a cause, at times a host or a file, and never when.

use std::borrow::Cow;
use std::sync::Arc;

use super::event::{DeliveryMention, What};
use super::events;
use super::negotiation::{self, NegotiationReader};
use super::note::Reason;
use crate::document::evidence::Evidence;
use crate::document::parse_log::{CauseCount, Destination, Negotiation, Status, Timeline};
use crate::log4j::records;

/// In a text of so few lines a message of the library counts without its class, as in a mail: `Auth fail`.
const FEW_LINES: usize = 3;

/// A word as short as `null` is no message of its own.
const SHORTEST: usize = 4;

/// What stands before a message of the library's, wherever it was pasted from.
const MARKS: [&str; 4] =
    ["com.jcraft.jsch.JSch", "com.jcraft.jsch.SftpException", "Caused by: com.", "error Making SFTP connection"];

/// What a text without records tells.
#[derive(Debug)]
pub struct Undated {
    /// The billing servers that failures are told of, at most one without a name.
    pub destinations: Vec<Destination>,
    /// Both sides' lists, where an exception holds them.
    pub negotiation: Option<Negotiation>,
}

/// Reads the errors in a text that holds no record; `None` where it tells of none.
pub fn read(label: &str, text: &str) -> Option<Undated> {
    let few = text.lines().filter(|line| !line.trim().is_empty()).count() <= FEW_LINES;
    let mut failures = Failures::default();
    let mut lists = NegotiationReader::default();
    let mut place = None;
    for Message { line, head, more } in messages(text) {
        let at = Evidence { path: label.to_owned(), line, text: head.to_owned() };
        match events::read_undated(head, &more) {
            Some(What::ConnectionFailed(_, host)) => failures.connection(&host, at),
            Some(What::DeliveryFailed(mention)) => failures.delivery(&mention, at),
            _ => {
                let whole = format!("{head}\n{more}");
                if negotiation::may_hold_lists(whole.as_bytes()) && lists.read(&whole).is_some() {
                    place = Some(at.clone());
                }
                failures.error(&whole, at, few);
            }
        }
    }
    let destinations = failures.into_destinations();
    let negotiation = place.zip(lists.finish()).map(|(evidence, lists)| Negotiation {
        client: lists.client,
        server: lists.server,
        failed_category: lists.failed,
        evidence,
    });
    (!destinations.is_empty()).then_some(Undated { destinations, negotiation })
}

/// A line with what continues it.
struct Message<'a> {
    /// The line's number, from 1.
    line: u64,
    head: &'a str,
    /// Its stack trace and inner causes, a line each.
    more: String,
}

/// The messages of a text: places in a stack trace and inner causes belong to what stands above them.
fn messages(text: &str) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let head = records::unquoted(line).trim();
        let continues = ["at ", "... ", "Caused by:"].iter().any(|start| head.starts_with(start));
        match messages.last_mut().filter(|_| continues) {
            Some(last) => last.more.extend([head, "\n"]),
            None if head.is_empty() => {}
            None => messages.push(Message { line: number, head, more: String::new() }),
        }
    }
    messages
}

/// An error that nothing has followed yet.
#[derive(Clone)]
struct Error {
    reason: Arc<Reason>,
    at: Evidence,
}

impl Error {
    fn unknown(at: Evidence) -> Self {
        Self { reason: Arc::new(Reason::none()), at }
    }
}

/// What failed at one host.
#[derive(Default)]
struct AtHost {
    host: Option<String>,
    connections: Vec<Error>,
    deliveries: Vec<(String, Error)>,
}

/// The failures so far. As in a trace the library's error stands before what came of it.
#[derive(Default)]
struct Failures {
    hosts: Vec<AtHost>,
    pending: Option<Error>,
}

impl Failures {
    fn error(&mut self, text: &str, at: Evidence, few: bool) {
        let reason = Reason::of(text);
        if MARKS.iter().any(|mark| text.contains(mark)) || (few && reason.is_known() && text.trim().len() > SHORTEST) {
            self.count_error();
            self.pending = Some(Error { reason: Arc::new(reason), at });
        }
    }

    /// Two records tell of one failed connection.
    fn connection(&mut self, host: &str, at: Evidence) {
        let pending = self.pending.take();
        let failed = &mut self.at(Some(host)).connections;
        if pending.is_some() || failed.is_empty() {
            failed.push(pending.unwrap_or_else(|| Error::unknown(at)));
        }
    }

    /// Three records tell of one failed delivery.
    fn delivery(&mut self, mention: &DeliveryMention<Cow<'_, str>>, at: Evidence) {
        let caused_by = mention.caused_by.as_deref().map(Reason::of).filter(Reason::is_known);
        let told = caused_by.map(|reason| Error { reason: Arc::new(reason), at: at.clone() });
        let error = self.pending.take().or(told);
        let here = self.at(Some(&mention.host));
        let file = here.deliveries.iter_mut().find(|(file, _)| *file == *mention.file);
        match (file, error) {
            (Some((_, known)), Some(error)) if !known.reason.is_known() => *known = error,
            (Some(_), _) => {}
            (None, error) => {
                let error = error.or_else(|| here.connections.last().cloned()).unwrap_or_else(|| Error::unknown(at));
                here.deliveries.push((mention.file.to_string(), error));
            }
        }
    }

    fn at(&mut self, host: Option<&str>) -> &mut AtHost {
        let known = self.hosts.iter().position(|known| known.host.as_deref() == host);
        let place = known.unwrap_or(self.hosts.len());
        if place == self.hosts.len() {
            self.hosts.push(AtHost { host: host.map(str::to_owned), ..AtHost::default() });
        }
        &mut self.hosts[place]
    }

    /// An error that nothing follows is a failed connection, or a failed delivery where it strikes behind it.
    fn count_error(&mut self) {
        let Some(error) = self.pending.take() else { return };
        let strikes_later = error.reason.is_known() && !error.reason.of_connection;
        let here = self.at(None);
        if strikes_later {
            here.deliveries.push((String::new(), error));
        } else {
            here.connections.push(error);
        }
    }

    fn into_destinations(mut self) -> Vec<Destination> {
        self.count_error();
        self.hosts.into_iter().map(destination).collect()
    }
}

fn destination(failed: AtHost) -> Destination {
    let files = failed.deliveries.iter().filter(|(file, _)| !file.is_empty()).count();
    Destination {
        host: failed.host,
        destination: None,
        status: Status::Failing,
        deliveries: 0,
        delivery_failures: failed.deliveries.len() as u64,
        connection_failures: failed.connections.len() as u64,
        files_waiting: files as u64,
        first_failure: None,
        last_failure: None,
        last_delivery: None,
        causes: causes(failed.deliveries.into_iter().map(|(_, error)| error)),
        connection_causes: causes(failed.connections),
        outages: Vec::new(),
        outages_left_out: 0,
        alarms: Vec::new(),
        files: Vec::new(),
        retries: None,
        oldest_waiting: None,
        timeline: Timeline::default(),
    }
}

/// Each cause once, the most frequent first, with the first line that says so.
fn causes(errors: impl IntoIterator<Item = Error>) -> Vec<CauseCount> {
    let mut causes: Vec<CauseCount> = Vec::new();
    for Error { reason, at } in errors {
        let message = reason.message.as_deref().map(str::to_owned);
        let same =
            |known: &&mut CauseCount| known.cause == reason.cause && (reason.is_known() || known.message == message);
        if let Some(known) = causes.iter_mut().find(same) {
            known.count += 1;
            continue;
        }
        causes.push(CauseCount {
            cause: reason.cause.to_owned(),
            stage: reason.stage,
            count: 1,
            first: None,
            last: None,
            message,
            remedy: reason.remedy.map(str::to_owned),
            evidence: at,
        });
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Destination {
        let mut undated = read("-", text).unwrap_or_else(|| panic!("{text}: nothing read"));
        assert_eq!(undated.destinations.len(), 1, "{text}");
        undated.destinations.remove(0)
    }

    #[test]
    fn a_lone_exception_tells_its_cause() {
        for (text, cause) in [
            ("com.jcraft.jsch.JSchException: Auth fail", "authentication"),
            ("> Caused by: com.jcraft.jsch.JSchException: Auth cancel\n", "authentication"),
            ("Auth fail", "authentication"),
            (
                "Exception in thread \"main\" com.jcraft.jsch.JSchException: Algorithm negotiation fail",
                "algorithm_negotiation",
            ),
            ("error Making SFTP connectionSession.connect: java.net.SocketTimeoutException: Read timed out", "timeout"),
        ] {
            let told = one(text);
            assert_eq!((told.host, told.connection_failures, told.delivery_failures), (None, 1, 0), "{text}");
            assert_eq!(told.connection_causes[0].cause, cause, "{text}");
            assert_eq!(told.connection_causes[0].first, None);
        }
    }

    #[test]
    fn the_innermost_cause_and_an_unknown_text_are_told() {
        let stack = "com.jcraft.jsch.JSchException: java.net.ConnectException: Connection refused\n\
                     \tat com.jcraft.jsch.Util.createSocket(Util.java:1)\n\
                     Caused by: java.net.ConnectException: Connection refused\n\t... 4 more\n";
        assert_eq!(one(stack).connection_causes[0].cause, "connection_refused");
        let odd = one("com.jcraft.jsch.JSchException: the flux is inverted");
        assert_eq!(odd.connection_causes[0].cause, "unknown");
        assert!(odd.connection_causes[0].message.as_deref().unwrap().contains("the flux is inverted"));
    }

    #[test]
    fn lines_without_their_times_are_put_together_as_in_a_trace() {
        let told = one("error Making SFTP connectionAuth fail\n\
                        connect(): Failed connect to 192.0.2.9\n\
                        FtpManager constructor 1: Establish server connection to host [192.0.2.9] failed!\n\
                        SFTP/FTP failed: cdr_West_02_202405060700_11 to 192.0.2.9\n\
                        java.lang.Exception: SFTP/FTP failed: cdr_West_02_202405060700_11 to 192.0.2.9\n");
        assert_eq!(told.host.as_deref(), Some("192.0.2.9"));
        assert_eq!((told.connection_failures, told.delivery_failures, told.files_waiting), (1, 1, 1));
        assert_eq!(told.causes[0].cause, "authentication");
        assert_eq!(told.connection_causes[0].evidence.line, 1);
    }

    #[test]
    fn an_error_behind_the_login_is_a_failed_delivery() {
        let told = one("com.jcraft.jsch.SftpException: No space left on device");
        assert_eq!((told.connection_failures, told.delivery_failures, told.files_waiting), (0, 1, 0));
    }

    #[test]
    fn lists_in_an_exception_are_kept() {
        let text = "com.jcraft.jsch.JSchAlgoNegoFailException: Algorithm negotiation fail: algorithmName=\"mac.c2s\" \
                    jschProposal=\"hmac-sha1\" serverProposal=\"hmac-sha2-256\"";
        let lists = read("x", text).unwrap().negotiation.unwrap();
        assert_eq!(lists.server.mac_c2s.unwrap(), ["hmac-sha2-256"]);
        assert_eq!(lists.evidence.line, 1);
    }

    #[test]
    fn other_texts_tell_nothing() {
        for text in [
            "",
            "Failure is an orphan.\n",
            "a\nb\nc\nAuth fail\n",
            "dear all,\nthe server was moved\nkind regards\n",
            "java.lang.IllegalStateException: out of cheese\n",
        ] {
            assert!(read("x", text).is_none(), "{text}");
        }
    }
}
