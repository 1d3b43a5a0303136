//! The words that make an event of a message wherever they stand in it.

use std::sync::LazyLock;

use super::negotiation;
use super::phrases::Phrases;

/// What stands before the stack of an exception that the sender prints.
const SENDERS_EXCEPTION: &str = "Java Exception happened in my CDRSender, with Exception:";

/// Those of one message. One search finds them all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Where the host begins that no connection could be made to.
    pub connect: Option<usize>,
    /// The same, in brackets.
    pub establish: Option<usize>,
    /// The first alarm.
    pub alarm: Option<&'static str>,
    /// Whether the sender prints an exception.
    pub exception: bool,
    /// Whether a file may be named.
    pub file: bool,
    /// Whether it may hold algorithm lists.
    pub lists: bool,
}

/// What such a word tells.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// Before the host that no connection could be made to.
    Connect,
    Establish,
    /// CUCM's alarms about CDR files (catalogue `CDRRepAlarmCatalog`).
    Alarm,
    /// The sender prints an exception.
    Exception,
    /// How the names of files begin.
    File,
    /// Algorithm lists.
    Lists,
}

impl Words {
    const ALL: [(Word, &str); 16] = [
        (Word::Connect, "Failed connect to "),
        (Word::Establish, "Establish server connection to host ["),
        (Word::Alarm, "CDRFileDeliveryFailureContinues"),
        (Word::Alarm, "CDRFileDeliveryFailed"),
        (Word::Alarm, "CDRAgentSendFileFailureContinues"),
        (Word::Alarm, "CDRAgentSendFileFailed"),
        (Word::Alarm, "CDRHWMExceeded"),
        (Word::Alarm, "CDRHighWaterMarkExceeded"),
        (Word::Alarm, "CDRMaximumDiskSpaceExceeded"),
        (Word::Exception, "Exception happened in my CDRSender"),
        (Word::File, "cdr_"),
        (Word::File, "cmr_"),
        (Word::Lists, negotiation::MARKERS[0]),
        (Word::Lists, negotiation::MARKERS[1]),
        (Word::Lists, negotiation::MARKERS[2]),
        (Word::Lists, negotiation::MARKERS[3]),
    ];

    /// Those of a message.
    pub fn of(message: &[u8]) -> Self {
        static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(&Words::ALL.map(|(_, text)| text)));
        let mut words = Self::default();
        if message == SENDERS_EXCEPTION.as_bytes() {
            // Said of every failed delivery, it is not searched each time.
            words.exception = true;
        } else {
            PHRASES.find_all(message, |phrase, end| words.note(Self::ALL[phrase], end));
        }
        words
    }

    fn note(&mut self, (word, text): (Word, &'static str), end: usize) {
        match word {
            Word::Connect => _ = self.connect.get_or_insert(end),
            Word::Establish => _ = self.establish.get_or_insert(end),
            Word::Alarm => _ = self.alarm.get_or_insert(text),
            Word::Exception => self.exception = true,
            Word::File => self.file = true,
            Word::Lists => self.lists = true,
        }
    }
}
