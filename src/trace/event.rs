//! What the records of a trace tell about deliveries.

use std::borrow::Cow;

use chrono::NaiveDateTime;

/// One event, and when and on which thread it happened. It borrows from the record where it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The node's local time.
    pub time: NaiveDateTime,
    /// The thread's name.
    pub thread: Cow<'a, str>,
    /// What happened.
    pub what: What<'a>,
}

/// What a record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<'a> {
    /// `CDRSender N is created` or `… started`: destination N exists.
    SenderCreated(u32),
    /// `CDRSender for destination N is running...`: this thread serves destination N.
    SenderRunning(u32),
    /// An error message, with its stack trace.
    Error {
        /// The text.
        text: Cow<'a, str>,
        /// Whether the SFTP or FTP library says it, rather than the sender about something or other.
        of_library: bool,
    },
    /// A connection to this host could not be made.
    ConnectionFailed(ConnectionMention, Cow<'a, str>),
    /// A file could not be delivered.
    DeliveryFailed(DeliveryMention<'a>),
    /// A delivery ended: `sendSuccess=…`.
    DeliveryEnded {
        /// Whether the file arrived.
        success: bool,
        /// The failures without a success between them that CUCM counts by then: `numOfFailure=…`.
        failures: Option<u64>,
    },
    /// A record of the sender's thread names the file that it works on.
    FileNamed(Cow<'a, str>),
    /// An alarm was raised.
    Alarm(&'static str),
    /// Algorithm lists, in one of JSch's forms.
    Lists(Cow<'a, str>),
}

/// The records that speak of one failed connection, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionMention {
    /// `connect(): Failed connect to HOST`
    Connect,
    /// `Establish server connection to host [HOST] failed!`
    Establish,
}

/// One of the records that speak of one failed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryMention<'a> {
    /// Which of them.
    pub by: DeliverySpeaker,
    /// The file.
    pub file: Cow<'a, str>,
    /// The host.
    pub host: Cow<'a, str>,
    /// The stack trace below it, where it holds more than its first line.
    pub details: Option<Cow<'a, str>>,
}

/// The records that speak of one failed delivery, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliverySpeaker {
    /// `SFTP/FTP failed: FILE to HOST`, of the class that tried.
    Attempt,
    /// The exception block: `Java Exception happened in my CDRSender, with Exception:`.
    Exception,
    /// `java.lang.Exception: SFTP/FTP failed: FILE to HOST`, of the sender.
    Sender,
}

impl Event<'_> {
    /// The same without the record that it was read from.
    pub fn into_owned(self) -> Event<'static> {
        Event { time: self.time, thread: owned(self.thread), what: self.what.into_owned() }
    }
}

impl What<'_> {
    /// The same without the text that it was read from.
    pub fn into_owned(self) -> What<'static> {
        match self {
            Self::SenderCreated(number) => What::SenderCreated(number),
            Self::SenderRunning(number) => What::SenderRunning(number),
            Self::Error { text, of_library } => What::Error { text: owned(text), of_library },
            Self::ConnectionFailed(mention, host) => What::ConnectionFailed(mention, owned(host)),
            Self::DeliveryFailed(DeliveryMention { by, file, host, details }) => {
                What::DeliveryFailed(DeliveryMention {
                    by,
                    file: owned(file),
                    host: owned(host),
                    details: details.map(owned),
                })
            }
            Self::DeliveryEnded { success, failures } => What::DeliveryEnded { success, failures },
            Self::FileNamed(file) => What::FileNamed(owned(file)),
            Self::Alarm(name) => What::Alarm(name),
            Self::Lists(text) => What::Lists(owned(text)),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
