//! Reads what servers offer, any number of them at a time: TCP, both identification strings, the server's KEXINIT, and
//! closes. Two round trips, no cryptography, no login attempt, and one thread, which never waits for a single server.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll, Registry, Token, Waker};

use super::connect::{self, Attempts, ConnectError, Family, Obstacle};
use super::deadline::{Deadline, Pause};
use super::exchange::{End, Exchange};
pub use super::exchange::{ProbeError, Reading};
use super::target::Target;

/// How long a server that has sent its identification may be silent before it is sent our KEXINIT: some wait for it.
const SILENCE: Duration = Duration::from_millis(300);

/// So many orders are taken before it is looked after what is under way.
const ORDERS_AT_A_TIME: usize = 32;

/// So many events are taken at a time.
const EVENTS: usize = 1_024;

/// Bytes that are read at a time.
const PIECE: usize = 16 << 10;

/// The waker's token; the others are the targets' numbers.
const WAKER: Token = Token(usize::MAX);

/// What a reader is told.
#[derive(Debug)]
enum Message {
    /// To read a target within a time.
    Read(usize, Target, Duration),
    /// The addresses of a target's name.
    Found(usize, Result<Vec<SocketAddr>, ConnectError>),
    /// That no more targets come.
    Last,
}

/// The way to a reader.
#[derive(Debug, Clone)]
struct Inbox {
    sender: Sender<Message>,
    waker: Arc<Waker>,
}

impl Inbox {
    /// Puts messages in and wakes the reader once for all of them. One that is gone misses nothing.
    fn put(&self, messages: impl IntoIterator<Item = Message>) {
        messages.into_iter().for_each(|message| drop(self.sender.send(message)));
        let _ = self.waker.wake();
    }
}

/// Gives orders to a [`Reader`], which ends once these are dropped and done.
#[derive(Debug)]
pub struct Orders(Inbox);

impl Orders {
    /// Has targets read, each within a time that begins with its first step. The number is its name until it is told.
    pub fn read(&self, targets: impl IntoIterator<Item = (usize, Target)>, timeout: Duration) {
        self.0.put(targets.into_iter().map(|(number, target)| Message::Read(number, target, timeout)));
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.0.put([Message::Last]);
    }
}

/// Reads what one target offers. Never takes longer than the time given, nor more than a few hundred kilobytes.
///
/// # Errors
/// When the system has no means to watch connections.
pub fn read(target: &Target, family: Family, timeout: Duration) -> io::Result<Reading> {
    let (reader, orders) = Reader::new(family)?;
    orders.read([(0, target.clone())], timeout);
    drop(orders);
    let mut read = Reading::default();
    reader.run(|_, reading, _| read = reading)?;
    Ok(read)
}

/// Reads targets as it is ordered to.
#[derive(Debug)]
pub struct Reader {
    family: Family,
    poll: Poll,
    inbox: Inbox,
    messages: Receiver<Message>,
    visits: HashMap<usize, Visit>,
    /// When to look after which visit. One that comes too soon does no harm.
    alarms: BinaryHeap<Reverse<(Instant, usize)>>,
    piece: Vec<u8>,
}

impl Reader {
    /// A reader, and how to give it orders.
    ///
    /// # Errors
    /// When the system has no means to watch connections.
    pub fn new(family: Family) -> io::Result<(Self, Orders)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, messages) = mpsc::channel();
        let inbox = Inbox { sender, waker };
        let orders = Orders(inbox.clone());
        let (visits, alarms, piece) = (HashMap::new(), BinaryHeap::new(), vec![0; PIECE]);
        Ok((Self { family, poll, inbox, messages, visits, alarms, piece }, orders))
    }

    /// Reads until all orders are done. Each reading is told as soon as it is there, with what is left of its time.
    ///
    /// # Errors
    /// When connections can't be watched any more.
    pub fn run(mut self, mut tell: impl FnMut(usize, Reading, Pause)) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let mut more = true;
        loop {
            let mut taken = 0;
            while taken < ORDERS_AT_A_TIME
                && let Ok(message) = self.messages.try_recv()
            {
                more &= !matches!(message, Message::Last);
                self.take(message).into_iter().for_each(|number| self.look_after(number, &mut tell));
                taken += 1;
            }
            if !more && self.visits.is_empty() {
                return Ok(());
            }
            let wait = if taken == ORDERS_AT_A_TIME { Some(Duration::ZERO) } else { self.until_next_alarm() };
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in events.iter().filter(|event| event.token() != WAKER) {
                self.look_after(event.token().0, &mut tell);
            }
            let now = Instant::now();
            while let Some(Reverse((_, number))) = self.alarms.peek().copied().filter(|Reverse((at, _))| *at <= now) {
                self.alarms.pop();
                self.visits.entry(number).and_modify(|visit| visit.alarm = None);
                self.look_after(number, &mut tell);
            }
        }
    }

    /// Does as it is told, and says which visit is to be looked after for it.
    fn take(&mut self, message: Message) -> Option<usize> {
        match message {
            Message::Last => None,
            Message::Read(number, target, timeout) => {
                let inbox = self.inbox.clone();
                let tell = move |found| inbox.put([Message::Found(number, found)]);
                let deadline = Deadline::after(timeout);
                let stage = match connect::look_up(&target, self.family, tell) {
                    Ok(None) => Stage::LookUp(target),
                    Ok(Some(addresses)) => Stage::connect(addresses, number),
                    Err(error) => Stage::Failed(error),
                };
                self.visits.insert(number, Visit { deadline, reading: Reading::default(), stage, alarm: None });
                Some(number)
            }
            Message::Found(number, found) => {
                let visit = self.visits.get_mut(&number)?;
                visit.stage = found.map_or_else(Stage::Failed, |addresses| Stage::connect(addresses, number));
                Some(number)
            }
        }
    }

    /// Takes a visit as far as it goes without waiting.
    fn look_after(&mut self, number: usize, tell: &mut impl FnMut(usize, Reading, Pause)) {
        let Some(visit) = self.visits.get_mut(&number) else { return };
        if let Some(ended) = visit.advance(self.poll.registry(), &mut self.piece) {
            let (reading, left) = self.visits.remove(&number).map(|visit| visit.end(ended)).unwrap_or_default();
            return tell(number, reading, left);
        }
        let next = visit.next_look();
        if visit.alarm.is_none_or(|alarm| next < alarm) {
            visit.alarm = Some(next);
            self.alarms.push(Reverse((next, number)));
        }
    }

    /// How long there is nothing to do unless something happens.
    fn until_next_alarm(&self) -> Option<Duration> {
        self.alarms.peek().map(|Reverse((at, _))| at.saturating_duration_since(Instant::now()))
    }
}

/// A target that is being read.
#[derive(Debug)]
struct Visit {
    deadline: Deadline,
    reading: Reading,
    stage: Stage,
    /// The next alarm that is set for it.
    alarm: Option<Instant>,
}

/// How far a visit has come.
#[derive(Debug)]
enum Stage {
    LookUp(Target),
    Connect(Attempts),
    Exchange(Connection),
    Failed(ConnectError),
}

impl Stage {
    fn connect(addresses: Vec<SocketAddr>, number: usize) -> Self {
        Self::Connect(Attempts::new(addresses, Token(number)))
    }
}

impl Visit {
    /// Goes on as far as it can without waiting; `None`: it has to wait.
    fn advance(&mut self, registry: &Registry, piece: &mut [u8]) -> Option<Result<(), ProbeError>> {
        if self.deadline.remaining().is_none() {
            return Some(Err(self.timed_out()));
        }
        if let Stage::Connect(attempts) = &mut self.stage {
            let (stream, address) = match attempts.advance(registry)? {
                Ok(connected) => connected,
                Err(attempts) => return Some(Err(self.unconnected(attempts))),
            };
            self.reading.address = Some(address);
            self.reading.timing.connect = Some(self.deadline.elapsed_ms());
            self.stage = Stage::Exchange(Connection::new(stream));
        }
        match &mut self.stage {
            Stage::LookUp(_) | Stage::Connect(_) => None,
            Stage::Failed(error) => Some(Err(error.clone().into())),
            Stage::Exchange(connection) => connection.advance(self.deadline, &mut self.reading, piece),
        }
    }

    /// When to look after it though nothing has happened.
    fn next_look(&self) -> Instant {
        let sooner = match &self.stage {
            Stage::Connect(attempts) => attempts.next_at(),
            Stage::Exchange(connection) => connection.patience_ends(),
            Stage::LookUp(_) | Stage::Failed(_) => None,
        };
        sooner.map_or(self.deadline.end(), |sooner| sooner.min(self.deadline.end()))
    }

    /// An address that took the connection and reset it is there, whether or not that was seen in between.
    fn unconnected(&mut self, attempts: Vec<(SocketAddr, Obstacle)>) -> ProbeError {
        let reset = attempts.iter().find(|(_, obstacle)| *obstacle == Obstacle::Reset);
        self.reading.address = reset.map(|(address, _)| *address);
        match self.reading.address {
            Some(_) => Exchange::new().ended(End::Reset, self.deadline.whole()),
            None => ConnectError::Attempts { attempts }.into(),
        }
    }

    fn timed_out(&mut self) -> ProbeError {
        match &mut self.stage {
            Stage::LookUp(target) => connect::late(target, self.deadline).into(),
            Stage::Connect(attempts) => ConnectError::Attempts { attempts: attempts.end() }.into(),
            Stage::Failed(error) => error.clone().into(),
            Stage::Exchange(connection) => connection.exchange.ended(End::TimedOut, self.deadline.whole()),
        }
    }

    fn end(mut self, ended: Result<(), ProbeError>) -> (Reading, Pause) {
        self.reading.error = ended.err();
        self.reading.timing.total = Some(self.deadline.elapsed_ms());
        (self.reading, self.deadline.pause())
    }
}

/// A connection that stands.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    exchange: Exchange,
    heard: Instant,
    /// Whether our KEXINIT was sent.
    asked: bool,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let connection = Self { stream, exchange: Exchange::new(), heard: Instant::now(), asked: false };
        connection.send(Exchange::HELLO.as_bytes());
        connection
    }

    /// What is sent is short enough for any socket that still takes something. Whoever has closed already may still have
    /// said why.
    fn send(&self, bytes: &[u8]) {
        let mut stream = &self.stream;
        let _ = stream.write(bytes);
    }

    fn advance(
        &mut self,
        deadline: Deadline,
        reading: &mut Reading,
        piece: &mut [u8],
    ) -> Option<Result<(), ProbeError>> {
        loop {
            let end = match self.stream.read(piece) {
                Ok(0) => End::Closed,
                Ok(length) => {
                    self.heard = Instant::now();
                    match self.exchange.take(piece.get(..length)?, deadline.elapsed_ms(), reading) {
                        Ok(false) => continue,
                        Ok(true) => return Some(Ok(())),
                        Err(error) => return Some(Err(error)),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => error.into(),
            };
            return Some(Err(self.exchange.ended(end, deadline.whole())));
        }
        if self.patience_ends().is_some_and(|end| end <= Instant::now()) {
            self.asked = true;
            self.send(&Exchange::ours());
        }
        None
    }

    /// When the server is sent our KEXINIT, unless it sends its own before.
    fn patience_ends(&self) -> Option<Instant> {
        (self.exchange.may_wait_for_ours() && !self.asked).then(|| self.heard + SILENCE)
    }
}
