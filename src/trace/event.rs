//! What the records of a trace tell about deliveries.

use chrono::NaiveDateTime;

/// One event, and when and on which thread it happened. Its names are texts of the record where it is read, and
/// numbers where the events of a block are taken one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<T> {
    /// The node's local time.
    pub time: NaiveDateTime,
    /// The thread's name.
    pub thread: T,
    /// What happened.
    pub what: What<T>,
}

/// What a record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<T> {
    /// `CDRSender N is created` or `… started`: destination N exists.
    SenderCreated(u32),
    /// `CDRSender for destination N is running...`: this thread serves destination N.
    SenderRunning(u32),
    /// An error message, with its stack trace.
    Error {
        text: T,
        /// Whether the SFTP or FTP library says it, rather than the sender about something or other.
        of_library: bool,
        /// Whether it may hold algorithm lists.
        lists: bool,
    },
    /// A connection to this host could not be made.
    ConnectionFailed(ConnectionMention, T),
    /// A file could not be delivered.
    DeliveryFailed(DeliveryMention<T>),
    /// A delivery ended: `sendSuccess=…`.
    DeliveryEnded {
        /// Whether the file arrived.
        success: bool,
        /// The failures without a success between them that CUCM counts by then: `numOfFailure=…`.
        failures: Option<u64>,
    },
    /// A record of the sender's thread names the file that it works on.
    FileNamed(T),
    /// An alarm was raised.
    Alarm(&'static str),
    /// Algorithm lists, in one of JSch's forms.
    Lists(T),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryMention<T> {
    /// Which of them.
    pub by: DeliverySpeaker,
    pub file: T,
    pub host: T,
    /// What the innermost `Caused by:` of the stack trace below it says, where there is one.
    pub caused_by: Option<T>,
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

impl<T> Event<T> {
    /// The same with other names.
    pub fn map<U>(self, mut name: impl FnMut(T) -> U) -> Event<U> {
        Event { time: self.time, thread: name(self.thread), what: self.what.map(name) }
    }
}

impl<T> What<T> {
    /// The host that it names, where a destination may follow from that.
    pub fn host(&self) -> Option<&T> {
        match self {
            Self::ConnectionFailed(_, host) | Self::DeliveryFailed(DeliveryMention { host, .. }) => Some(host),
            _ => None,
        }
    }

    /// Whether it tells that something failed, even where it does not tell what.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::DeliveryEnded { success, .. } => !success,
            Self::Error { .. } | Self::ConnectionFailed(..) | Self::DeliveryFailed(_) | Self::Alarm(_) => true,
            Self::SenderCreated(_) | Self::SenderRunning(_) | Self::FileNamed(_) | Self::Lists(_) => false,
        }
    }

    /// The same with other names.
    pub fn map<U>(self, mut name: impl FnMut(T) -> U) -> What<U> {
        match self {
            Self::SenderCreated(number) => What::SenderCreated(number),
            Self::SenderRunning(number) => What::SenderRunning(number),
            Self::Error { text, of_library, lists } => What::Error { text: name(text), of_library, lists },
            Self::ConnectionFailed(mention, host) => What::ConnectionFailed(mention, name(host)),
            Self::DeliveryFailed(DeliveryMention { by, file, host, caused_by }) => {
                let (file, host, caused_by) = (name(file), name(host), caused_by.map(name));
                What::DeliveryFailed(DeliveryMention { by, file, host, caused_by })
            }
            Self::DeliveryEnded { success, failures } => What::DeliveryEnded { success, failures },
            Self::FileNamed(file) => What::FileNamed(name(file)),
            Self::Alarm(name) => What::Alarm(name),
            Self::Lists(text) => What::Lists(name(text)),
        }
    }
}
