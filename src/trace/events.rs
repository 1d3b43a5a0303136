//! Records that tell something about deliveries, as events. Most records tell nothing, and [`may_matter`] says
//! so after a glance at their first line.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;

use super::event::{ConnectionMention, DeliveryMention, DeliverySpeaker, Event, What};
use super::lanes;
use super::negotiation;
use super::records::{self, Header};
use crate::model::delivery_file::DeliveryFile;

/// No more of a record's text is kept than this; lists of algorithms and stack traces fit easily.
const TEXT_LIMIT: usize = 16 * 1024;

/// What stands before the outcome of a delivery, and before the names of a file that was not delivered and its host.
const SUCCESS: &str = "sendSuccess=";
const FAILED: &str = "SFTP/FTP failed: ";

/// What stands before the number of a sender that runs.
const RUNNING: &str = "CDRSender for destination ";

/// What stands before the host that no connection could be made to.
const CONNECT: &str = "Failed connect to ";
const ESTABLISH: &str = "Establish server connection to host [";

/// CUCM's alarms about CDR files (catalogue `CDRRepAlarmCatalog`; the longer name of two that begin alike first).
const ALARMS: [&str; 7] = [
    "CDRFileDeliveryFailureContinues",
    "CDRFileDeliveryFailed",
    "CDRAgentSendFileFailureContinues",
    "CDRAgentSendFileFailed",
    "CDRHWMExceeded",
    "CDRHighWaterMarkExceeded",
    "CDRMaximumDiskSpaceExceeded",
];

/// Whether the record that starts here may be an event. Says yes too often rather than too seldom. `record` may go on
/// behind the record's end, and should, since a few bytes more spare looking for that end.
#[inline]
pub fn may_matter(record: &[u8]) -> bool {
    match record.get(24) {
        Some(b'E' | b'F' | b'W') => true,
        Some(_) => quiet_record_may_matter(record),
        None => false,
    }
}

/// As [`may_matter`], for levels below WARN. These are nearly all of a trace, so only a few bytes are looked at:
/// of the package `cdrrep` a few classes, of any other the start of the message, as JSch's log may come through it.
#[inline]
fn quiet_record_may_matter(record: &[u8]) -> bool {
    // The level is five wide, so the thread's bracket opens at byte 30.
    let Some(close) = lanes::find::<32>(record, 31, b']') else { return false };
    let class = record.get(close + 2..).unwrap_or_default();
    match class.strip_prefix(b"cdrrep.") {
        Some(class) => matches!(class.first_chunk(), Some(b"CDRS" | b"CDRR" | b"FtpM")),
        None => foreign_record_may_matter(class),
    }
}

#[inline]
fn foreign_record_may_matter(class: &[u8]) -> bool {
    class.starts_with(b"sftpapi.")
        || lanes::find::<64>(class, 0, b')').is_some_and(|end| {
            let message = class.get(end + 4..).unwrap_or_default();
            message.starts_with(b"CDR") || negotiation::may_begin_lists(message)
        })
}

/// Reads a record that passed [`may_matter`]. `more` is what follows its first line, noise taken out.
pub fn read<'a>(header: &Header<'a>, more: &'a [u8]) -> Option<Event<'a>> {
    let loud = matches!(header.level, b"ERROR" | b"FATAL" | b"WARN");
    // A healthy sender says this again and again; no other kind of event begins so.
    let running = header.message.starts_with(RUNNING.as_bytes());
    let words = if running { Words(Words::CDR) } else { Words::of(header.message) };
    if words.are_none() && !(loud && is_senders_or_librarys(header.class)) {
        return None;
    }
    let what = match (records::text(header.message), records::text(more)) {
        (Cow::Borrowed(message), Cow::Borrowed(more)) => read_message(header.class, loud, words, message, more)?,
        (message, more) => read_message(header.class, loud, words, &message, &more)?.into_owned(),
    };
    Some(Event { time: records::parse_time(header.time)?, thread: records::text(header.thread), what })
}

fn read_message<'a>(class: &[u8], loud: bool, words: Words, message: &'a str, more: &'a str) -> Option<What<'a>> {
    if !loud && words.hold(Words::LISTS) {
        return Some(What::Lists(message.into()));
    }
    sender(message)
        .or_else(|| outcome(message))
        .or_else(|| delivery_failed(message, more))
        .or_else(|| words.hold(Words::CONNECTION).then(|| connection_failed(message))?)
        .or_else(|| words.hold(Words::CDR).then(|| alarm(message))?)
        .or_else(|| loud.then(|| error(class, message, more))?)
        .or_else(|| (!loud && words.hold(Words::FILE)).then(|| named_file(class, message))?)
}

/// Which words a message holds: without any it is no event, unless it is an error of the sender or the library. One
/// search finds them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Words(u16);

impl Words {
    const BY_KIND: [(u16, &[&str]); 5] = [
        (Self::CDR, &["CDR"]),
        (Self::CONNECTION, &[CONNECT, ESTABLISH]),
        (Self::FILE, &["cdr_", "cmr_"]),
        (Self::LISTS, &negotiation::MARKERS),
        (Self::OTHER, &[SUCCESS, FAILED]),
    ];
    const CDR: u16 = 1;
    const CONNECTION: u16 = 2;
    const FILE: u16 = 4;
    const LISTS: u16 = 8;
    const OTHER: u16 = 16;

    fn of(message: &[u8]) -> Self {
        static SEARCHER: LazyLock<Option<Searcher>> =
            LazyLock::new(|| Searcher::new(Words::all().map(|(_, word)| word)));
        let Some(searcher) = SEARCHER.as_ref() else { return Self(u16::MAX) };
        let kinds = searcher.find_iter(message).filter_map(|found| Self::all().nth(found.pattern().as_usize()));
        Self(kinds.fold(0, |all, (kind, _)| all | kind))
    }

    fn all() -> impl Iterator<Item = (u16, &'static str)> {
        Self::BY_KIND.into_iter().flat_map(|(kind, words)| words.iter().map(move |word| (kind, *word)))
    }

    fn are_none(self) -> bool {
        self.0 == 0
    }

    fn hold(self, kind: u16) -> bool {
        self.0 & kind != 0
    }
}

fn sender(message: &str) -> Option<What<'static>> {
    let rest = message.strip_prefix("CDRSender ")?;
    if let Some(rest) = rest.strip_prefix("for destination ") {
        return Some(What::SenderRunning(leading_number(rest)?));
    }
    let number = leading_number(rest)?;
    (rest.contains(" is created") || rest.contains(" is started")).then_some(What::SenderCreated(number))
}

fn outcome(message: &str) -> Option<What<'static>> {
    let rest = message.strip_prefix(SUCCESS)?;
    let success = rest.starts_with("true");
    // After a success it is 0, and a copy of the trace that is cut before it tells the same event.
    let failures = rest.split_once("numOfFailure=").filter(|_| !success).and_then(|(_, number)| leading_number(number));
    Some(What::DeliveryEnded { success, failures: failures.map(u64::from) })
}

fn delivery_failed<'a>(message: &'a str, more: &'a str) -> Option<What<'a>> {
    const EXCEPTION: &str = "java.lang.Exception: SFTP/FTP failed: ";
    let more = limited(more);
    let (by, names) = if let Some(names) = message.strip_prefix(FAILED) {
        (DeliverySpeaker::Attempt, names)
    } else if let Some(names) = message.strip_prefix(EXCEPTION) {
        (DeliverySpeaker::Sender, names)
    } else if !more.is_empty() && message.contains("Exception happened in my CDRSender") {
        (DeliverySpeaker::Exception, more.lines().find_map(|line| records::unquoted(line).strip_prefix(EXCEPTION))?)
    } else {
        return None;
    };
    let (file, host) = names.rsplit_once(" to ")?;
    Some(What::DeliveryFailed(DeliveryMention {
        by,
        file: file.trim().into(),
        host: host.trim().into(),
        details: (!more.is_empty()).then(|| more.into()),
    }))
}

fn connection_failed(message: &str) -> Option<What<'_>> {
    if let Some((_, host)) = message.split_once(CONNECT) {
        return Some(What::ConnectionFailed(ConnectionMention::Connect, host.trim().into()));
    }
    let (_, rest) = message.split_once(ESTABLISH)?;
    // An IPv6 address may stand in brackets of its own.
    let (host, _) = rest.rsplit_once("] failed")?;
    Some(What::ConnectionFailed(ConnectionMention::Establish, host.into()))
}

fn alarm(message: &str) -> Option<What<'static>> {
    message
        .match_indices("CDR")
        .map(|(at, _)| &message[at..])
        .find_map(|rest| ALARMS.into_iter().find(|name| rest.starts_with(name)))
        .map(What::Alarm)
}

/// Errors of the library come through `sftpapi`'s classes, those about a file through the sender's own.
fn is_senders_or_librarys(class: &[u8]) -> bool {
    is_senders(class) || class.starts_with(b"sftpapi.")
}

fn is_senders(class: &[u8]) -> bool {
    matches!(class, b"cdrrep.FtpManager" | b"cdrrep.CDRSender")
}

fn error<'a>(class: &[u8], message: &'a str, more: &str) -> Option<What<'a>> {
    if !is_senders_or_librarys(class) || message.starts_with("Unable to successfully send file") {
        return None;
    }
    let text = if more.is_empty() {
        Cow::Borrowed(limited(message))
    } else {
        Cow::Owned(limited(&format!("{message}\n{more}")).to_owned())
    };
    Some(What::Error { text, of_library: !is_senders(class) })
}

fn named_file<'a>(class: &[u8], message: &'a str) -> Option<What<'a>> {
    if !(class.starts_with(b"cdrrep.FtpManager") || class.starts_with(b"cdrrep.CDRSender")) {
        return None;
    }
    let name_ends = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    // `cdr_` and `cmr_` begin three bytes before their underscore.
    memchr::memchr_iter(b'_', message.as_bytes())
        .filter_map(|at| at.checked_sub(3).and_then(|start| Some((message.get(..start)?, message.get(start..)?))))
        .filter(|(before, _)| before.chars().next_back().is_none_or(name_ends))
        .map(|(_, name)| name.find(name_ends).map_or(name, |end| &name[..end]).trim_end_matches('.'))
        .find(|name| DeliveryFile::parse(name).is_some())
        .map(|name| What::FileNamed(name.into()))
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

fn limited(text: &str) -> &str {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(class: &str, level: &str, message: &str, more: &str) -> Option<What<'static>> {
        let line = format!("2019-07-25 13:12:18,996 {level:<5} [Thread-13] {class} (X.java:1) - {message}");
        let read = read(&Header::parse(line.as_bytes()).unwrap(), more.as_bytes());
        assert!(may_matter(line.as_bytes()) || read.is_none(), "{line}");
        read.map(|event| event.into_owned().what)
    }

    #[test]
    fn senders_are_read() {
        assert_eq!(event("cdrrep.CDRRepClass", "INFO", "CDRSender 2 is created", ""), Some(What::SenderCreated(2)));
        let running = event("cdrrep.CDRSender", "INFO", "CDRSender for destination 3 is running...", "");
        assert_eq!(running, Some(What::SenderRunning(3)));
    }

    #[test]
    fn all_three_records_of_a_failed_delivery_name_it() {
        let names = "cdr_C_01_201907231317_7 to 1.1.1.1";
        let said = |what| match what {
            Some(What::DeliveryFailed(mention)) => (mention.by, mention.file.into_owned(), mention.host.into_owned()),
            other => panic!("{other:?}"),
        };
        let (file, host) = ("cdr_C_01_201907231317_7".to_owned(), "1.1.1.1".to_owned());
        let attempt = event("cdrrep.FtpManager", "ERROR", &format!("SFTP/FTP failed: {names}"), "");
        assert_eq!(said(attempt), (DeliverySpeaker::Attempt, file.clone(), host.clone()));
        let block = format!(" java.lang.Exception: SFTP/FTP failed: {names}\n   at x.Y.z(Y.java:1)");
        let exception =
            event("cdrrep.LogConfig", "ERROR", "Java Exception happened in my CDRSender, with Exception:", &block);
        assert_eq!(said(exception), (DeliverySpeaker::Exception, file.clone(), host.clone()));
        let sender = event("cdrrep.CDRSender", "ERROR", &format!("java.lang.Exception: SFTP/FTP failed: {names}"), "");
        assert_eq!(said(sender), (DeliverySpeaker::Sender, file, host));
    }

    #[test]
    fn connections_and_their_errors_are_read() {
        let failed = event("sftpapi.ftpClient", "ERROR", "connect(): Failed connect to 1.1.1.1", "");
        assert_eq!(failed, Some(What::ConnectionFailed(ConnectionMention::Connect, "1.1.1.1".into())));
        let establish = "FtpManager constructor 1: Establish server connection to host [fd00::1] failed!";
        let failed = event("cdrrep.FtpManager", "ERROR", establish, "");
        assert_eq!(failed, Some(What::ConnectionFailed(ConnectionMention::Establish, "fd00::1".into())));
        let error = event("sftpapi.SFTPConnection", "ERROR", "error Making SFTP connectionAuth fail", "\tat x");
        assert_eq!(
            error,
            Some(What::Error { text: "error Making SFTP connectionAuth fail\n\tat x".into(), of_library: true })
        );
    }

    #[test]
    fn outcomes_alarms_and_files_are_read() {
        let ended = event("cdrrep.CDRSender", "INFO", "sendSuccess=true, numOfFailure=0", "");
        assert_eq!(ended, Some(What::DeliveryEnded { success: true, failures: None }));
        let ended = event("cdrrep.CDRSender", "INFO", "sendSuccess=false, numOfFailure=1787", "");
        assert_eq!(ended, Some(What::DeliveryEnded { success: false, failures: Some(1787) }));
        let alarm = event("cdrrep.CDRSender", "ERROR", "sending alarm CDRFileDeliveryFailureContinues", "");
        assert_eq!(alarm, Some(What::Alarm("CDRFileDeliveryFailureContinues")));
        let named = event("cdrrep.FtpManager", "DEBUG", "sending /x/cdr_C_01_201907231317_7.", "");
        assert_eq!(named, Some(What::FileNamed("cdr_C_01_201907231317_7".into())));
    }

    #[test]
    fn other_records_tell_nothing() {
        assert_eq!(event("cdrrep.CDRSender", "INFO", "First time failure, not to raise alarm", ""), None);
        assert_eq!(event("db.Connection", "ERROR", "Auth fail", ""), None);
        assert_eq!(
            event(
                "cdrrep.CDRSender",
                "ERROR",
                "Unable to successfully send file to outside billing server 1.1.1.1",
                ""
            ),
            None
        );
    }
}
