//! Records that tell something about deliveries, as events. Most records tell nothing, and [`may_matter`] says
//! so after a glance at their first line.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

use super::event::{ConnectionMention, DeliveryMention, DeliverySpeaker, Event, What};
use super::negotiation;
use super::phrases::Phrases;
use super::words::Words;
use crate::log4j::lanes;
use crate::log4j::records::{self, Header};
use crate::model::delivery_file::DeliveryFile;

/// No more of a record's text is kept than this; lists of algorithms and stack traces fit easily.
const TEXT_LIMIT: usize = 16 * 1024;

/// How a sender begins to tell of itself.
const SENDER: &str = "CDRSender ";

/// What stands before the outcome of a delivery, and before the names of a file that was not delivered and its host.
const SUCCESS: &str = "sendSuccess=";
const FAILURES: &str = "numOfFailure=";
const FAILED: &str = "SFTP/FTP failed: ";
const FAILED_EXCEPTION: &str = "java.lang.Exception: SFTP/FTP failed: ";

/// What begins the innermost cause of an exception.
const CAUSED_BY: &str = "Caused by: ";

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
pub fn read<'a>(header: &Header<'a>, more: &'a [u8]) -> Option<Event<Cow<'a, str>>> {
    let what = read_bytes(header, more)?;
    Some(Event { time: records::parse_time(header.time)?, thread: records::text(header.thread), what })
}

/// As [`read`], without when and on which thread.
pub fn read_bytes<'a>(header: &Header<'a>, more: &'a [u8]) -> Option<What<Cow<'a, str>>> {
    match (records::text(header.message), records::text(more)) {
        (Cow::Borrowed(message), Cow::Borrowed(more)) => read_parts(header, message, more),
        (message, more) => Some(read_parts(header, &message, &more)?.map(|text| Cow::Owned(text.into_owned()))),
    }
}

fn read_parts<'a>(header: &Header<'_>, message: &'a str, more: &'a str) -> Option<What<Cow<'a, str>>> {
    read_text(&Clues::of(header.level, header.class, message.as_bytes())?, header.class, message, more)
}

/// What a message's bytes show before anybody takes them for a text.
#[derive(Debug)]
pub struct Clues {
    loud: bool,
    /// `None` where the message begins as those do that need no others.
    words: Option<Words>,
}

impl Clues {
    /// `None` where the record tells nothing.
    pub fn of(level: &[u8], class: &[u8], message: &[u8]) -> Option<Self> {
        let loud = matches!(level, b"ERROR" | b"FATAL" | b"WARN");
        // One look at the first byte spares most comparisons.
        let begins =
            |begin: &&str| message.first() == begin.as_bytes().first() && message.starts_with(begin.as_bytes());
        if [SENDER, SUCCESS, FAILED, FAILED_EXCEPTION].iter().any(begins) {
            return Some(Self { loud, words: None });
        }
        let words = Words::of(message);
        let tells = words != Words::default() || loud && is_senders_or_librarys(class);
        tells.then_some(Self { loud, words: Some(words) })
    }
}

/// Reads a message with these clues, and what follows its line.
pub fn read_text<'a>(clues: &Clues, class: &[u8], message: &'a str, more: &'a str) -> Option<What<Cow<'a, str>>> {
    let words = match clues.words {
        Some(words) => words,
        None => match sender(message).or_else(|| outcome(message)).or_else(|| delivery_failed(message)) {
            None => Words::of(message.as_bytes()),
            told => return told,
        },
    };
    if !clues.loud && words.lists {
        return Some(What::Lists(message.into()));
    }
    words
        .exception
        .then(|| exception_block(more))
        .flatten()
        .or_else(|| connection_failed(message, &words))
        .or_else(|| words.alarm.map(What::Alarm))
        .or_else(|| clues.loud.then(|| error(class, message, more, words.lists))?)
        .or_else(|| (!clues.loud && words.file).then(|| named_file(class, message))?)
}

/// Reads what names a host in a line that has lost the record's time, thread and class. Errors are left to the table
/// of causes.
pub(super) fn read_undated<'a>(message: &'a str, more: &'a str) -> Option<What<Cow<'a, str>>> {
    delivery_failed(message)
        .map(|what| match (what, innermost_cause(more)) {
            (What::DeliveryFailed(mention), Some(cause)) => {
                What::DeliveryFailed(DeliveryMention { caused_by: Some(cause.into()), ..mention })
            }
            (what, _) => what,
        })
        .or_else(|| connection_failed(message, &Words::of(message.as_bytes())))
}

fn sender<T>(message: &str) -> Option<What<T>> {
    let rest = message.strip_prefix(SENDER)?;
    if let Some(rest) = rest.strip_prefix("for destination ") {
        return Some(What::SenderRunning(leading_number(rest)?));
    }
    let number = leading_number(rest)?;
    (rest.contains(" is created") || rest.contains(" is started")).then_some(What::SenderCreated(number))
}

fn outcome<T>(message: &str) -> Option<What<T>> {
    let rest = message.strip_prefix(SUCCESS)?;
    if rest.starts_with("true") {
        // The number behind it is 0, and a copy of the trace that is cut before it tells the same event.
        return Some(What::DeliveryEnded { success: true, failures: None });
    }
    // As it is always written, and else wherever it stands.
    let usual = rest.strip_prefix("false,").and_then(|rest| rest.trim_ascii_start().strip_prefix(FAILURES));
    let number = usual.or_else(|| Some(rest.split_once(FAILURES)?.1));
    Some(What::DeliveryEnded { success: false, failures: number.and_then(leading_number).map(u64::from) })
}

fn delivery_failed(message: &str) -> Option<What<Cow<'_, str>>> {
    let (by, names) = match message.strip_prefix(FAILED) {
        Some(names) => (DeliverySpeaker::Attempt, names),
        None => (DeliverySpeaker::Sender, message.strip_prefix(FAILED_EXCEPTION)?),
    };
    mention(by, names, None)
}

/// The sender prints the exception by which a delivery failed, and its causes below it.
fn exception_block(more: &str) -> Option<What<Cow<'_, str>>> {
    let more = limited(more, TEXT_LIMIT);
    let names = more.lines().find_map(|line| records::unquoted(line).strip_prefix(FAILED_EXCEPTION))?;
    mention(DeliverySpeaker::Exception, names, innermost_cause(more))
}

/// The other lines are stack, and no error message.
fn innermost_cause(more: &str) -> Option<&str> {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(CAUSED_BY));
    FINDER.find(more.as_bytes())?;
    more.lines().rev().find_map(|line| records::unquoted(line).strip_prefix(CAUSED_BY))
}

fn mention<'a>(by: DeliverySpeaker, names: &'a str, caused_by: Option<&'a str>) -> Option<What<Cow<'a, str>>> {
    let bytes = names.as_bytes();
    let mut to = memchr::memrchr(b' ', bytes)?;
    while !bytes[..to].ends_with(b" to") {
        to = memchr::memrchr(b' ', &bytes[..to])?;
    }
    Some(What::DeliveryFailed(DeliveryMention {
        by,
        file: names[..to - " to".len()].trim().into(),
        host: host(&names[to..]).into(),
        caused_by: caused_by.map(Cow::Borrowed),
    }))
}

/// The host at the start of a text, without what a copy glues behind it: a quote, a tag, a sentence's end.
fn host(text: &str) -> &str {
    /// No name is longer (RFC 1035, section 2.3.4).
    const LONGEST: usize = 255;
    let text = text.trim();
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%'));
    match before(limited(text, LONGEST), ends).trim_end_matches('.') {
        "" => text,
        host => host,
    }
}

fn connection_failed<'a>(message: &'a str, words: &Words) -> Option<What<Cow<'a, str>>> {
    if let Some(host) = words.connect {
        return Some(What::ConnectionFailed(ConnectionMention::Connect, self::host(&message[host..]).into()));
    }
    let rest = &message[words.establish?..];
    // An IPv6 address may stand in brackets of its own.
    let end = memchr::memrchr_iter(b']', rest.as_bytes()).find(|end| rest[end + 1..].starts_with(" failed"))?;
    Some(What::ConnectionFailed(ConnectionMention::Establish, rest[..end].into()))
}

/// Whether a record that is no event says all the same that something failed: an error of the sender's or the library's
/// whose text is not known.
pub(super) fn is_failure(header: &Header<'_>) -> bool {
    let of_sender = || header.class.starts_with(b"cdrrep.") && memmem::find(header.message, b"CDRSender").is_some();
    matches!(header.level, b"ERROR" | b"FATAL") && (is_senders_or_librarys(header.class) || of_sender())
}

/// Whether a line that begins no record speaks of a failure, as a record does whose head is lost or of another form. The
/// lines of a stack trace do not count: the record above them does.
pub(in crate::trace) fn speaks_of_failure(line: &[u8]) -> bool {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
        Phrases::new(&[
            "SFTP/FTP failed",
            "Failed connect to ",
            "error Making SFTP",
            "sendSuccess=false",
            "Unable to successfully send file",
            "com.jcraft.jsch.JSchException",
        ])
    });
    !is_of_stack(line) && PHRASES.stand_in(line)
}

/// Whether a line is one of a stack trace, below the record that holds it.
pub(in crate::trace) fn is_of_stack(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let of_stack = ["at ", "... ", "Caused by:", "java.lang.Exception: "];
    of_stack.iter().any(|start| text.starts_with(start.as_bytes()))
}

/// Errors of the library come through `sftpapi`'s classes, those about a file through the sender's own.
fn is_senders_or_librarys(class: &[u8]) -> bool {
    is_senders(class) || class.starts_with(b"sftpapi.")
}

fn is_senders(class: &[u8]) -> bool {
    matches!(class, b"cdrrep.FtpManager" | b"cdrrep.CDRSender")
}

fn error<'a>(class: &[u8], message: &'a str, more: &str, lists: bool) -> Option<What<Cow<'a, str>>> {
    if !is_senders_or_librarys(class) || message.starts_with("Unable to successfully send file") {
        return None;
    }
    let text = if more.is_empty() {
        Cow::Borrowed(limited(message, TEXT_LIMIT))
    } else {
        Cow::Owned(limited(&format!("{message}\n{more}"), TEXT_LIMIT).to_owned())
    };
    let lists = lists || negotiation::may_hold_lists(more.as_bytes());
    Some(What::Error { text, of_library: !is_senders(class), lists })
}

fn named_file<'a>(class: &[u8], message: &'a str) -> Option<What<Cow<'a, str>>> {
    if !(class.starts_with(b"cdrrep.FtpManager") || class.starts_with(b"cdrrep.CDRSender")) {
        return None;
    }
    // `cdr_` and `cmr_` begin three bytes before their underscore; the other underscores of a name do not.
    let begins = |start: &usize| matches!(message.as_bytes()[*start..], [b'c', b'd' | b'm', b'r', ..]);
    memchr::memchr_iter(b'_', message.as_bytes())
        .filter_map(|at| at.checked_sub(3).filter(begins))
        .filter_map(|start| Some((message.get(..start)?, message.get(start..)?)))
        .filter(|(before, _)| before.chars().next_back().is_none_or(name_ends))
        .map(|(_, name)| before(name, name_ends).trim_end_matches('.'))
        .find(|name| DeliveryFile::parse(name).is_some())
        .map(|name| What::FileNamed(name.into()))
}

fn name_ends(c: char) -> bool {
    !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// What of a text comes before the first character that ends it: nearly always found without taking characters apart.
fn before(text: &str, ends: impl Fn(char) -> bool) -> &str {
    match text.bytes().position(|byte| !byte.is_ascii() || ends(char::from(byte))) {
        Some(end) if text.as_bytes()[end].is_ascii() => &text[..end],
        Some(_) => text.find(ends).map_or(text, |end| &text[..end]),
        None => text,
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

fn limited(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(class: &str, level: &str, message: &str, more: &str) -> Option<What<Cow<'static, str>>> {
        let line = format!("2019-07-25 13:12:18,996 {level:<5} [Thread-13] {class} (X.java:1) - {message}");
        let read = read(&Header::parse(line.as_bytes()).unwrap(), more.as_bytes());
        assert!(may_matter(line.as_bytes()) || read.is_none(), "{line}");
        read.map(|event| event.what.map(|text| Cow::Owned(text.into_owned())))
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
        let said = |what: Option<What<Cow<str>>>| match what {
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
            Some(What::Error {
                text: "error Making SFTP connectionAuth fail\n\tat x".into(),
                of_library: true,
                lists: false
            })
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
