//! Listens for clients and writes down what they propose. It sends an identification string and a KEXINIT of its
//! own, reads the client's, says goodbye and closes: no key exchange, so no key, and nobody is ever authenticated.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::deadline::Deadline;
use super::greeting::{self, Greeting, GreetingError};
use super::{excerpt, identification, kexinit, packet};
use crate::algorithms::knowledge;
use crate::model::offer::Offer;
use crate::model::offer::Setting;

/// The most connections at a time. Others wait in the system's queue.
pub const MAX_CONNECTIONS: usize = 64;

/// How long a connection may take as a whole.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a client that was told goodbye is given to close.
const GOODBYE: Duration = Duration::from_secs(1);

/// `SSH_DISCONNECT_BY_APPLICATION` (RFC 4253, section 11.1).
const BY_APPLICATION: u32 = 11;

/// What is said with it; JSch puts it into CUCM's trace.
const FAREWELL: &str = "cdrdiag has noted what this client proposes, and serves nobody";

/// One connection and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConnection {
    /// Who connected.
    pub peer: SocketAddr,
    /// When.
    pub at: DateTime<Utc>,
    /// What it proposed, or why that is not known.
    pub result: Result<Greeting, NoProposal>,
}

/// Why a client's proposal is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    /// What it sent is no SSH client's greeting.
    #[error(transparent)]
    Greeting(#[from] GreetingError),
    /// It did not say enough in time.
    #[error("it did not send its algorithm lists (KEXINIT) within {:.0} s: {}", PATIENCE.as_secs_f64(), seen(.0))]
    TimedOut(String),
    /// It closed the connection.
    #[error("it closed the connection before its algorithm lists (KEXINIT): {}", seen(.0))]
    Closed(String),
}

fn seen(received: &str) -> String {
    if received.is_empty() { "it sent nothing".to_owned() } else { format!("it sent {received}") }
}

impl NoProposal {
    /// The name in JSON: `not_ssh`, `garbled`, `timed_out`, `closed` …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Greeting(error) => error.kind(),
            Self::TimedOut(_) => "timed_out",
            Self::Closed(_) => "closed",
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens at this address; port 0 is a free one.
    ///
    /// # Errors
    /// When the system does not allow it, or the port is in use.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives clients on threads of its own, and sends each connection until nobody takes them any more. The threads
    /// end with the program: what bounds each is its connection's time.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn receive<E, F>(self, sender: SyncSender<E>, event: F) -> io::Result<()>
    where
        E: Send + 'static,
        F: Fn(ClientConnection) -> E + Clone + Send + 'static,
    {
        let places = Arc::new(Places::default());
        thread::Builder::new().name("listener".into()).spawn(move || {
            loop {
                let place = Places::take(&places);
                // Out of descriptors, or a client gone before it was received: neither is for ever.
                let Ok((stream, peer)) = self.socket.accept() else {
                    thread::sleep(Duration::from_millis(100));
                    continue;
                };
                let (sender, event) = (sender.clone(), event.clone());
                let serve = move || {
                    let at = Utc::now();
                    let result = serve(&stream, Deadline::after(PATIENCE));
                    // Nobody waits any more once there is enough.
                    let _ = sender.send(event(ClientConnection { peer, at, result }));
                    drop(place);
                };
                // Without a thread the client is closed, and comes again.
                let _ = thread::Builder::new().name("connection".into()).spawn(serve);
            }
        })?;
        Ok(())
    }
}

/// The connections at a time, counted.
#[derive(Debug, Default)]
struct Places {
    taken: Mutex<usize>,
    freed: Condvar,
}

/// One of them; free again when it is dropped.
struct Place(Arc<Places>);

impl Places {
    fn take(places: &Arc<Self>) -> Place {
        let taken = places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut usize| *taken >= MAX_CONNECTIONS;
        *places.freed.wait_while(taken, full).unwrap_or_else(PoisonError::into_inner) += 1;
        Place(Arc::clone(places))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}

/// Speaks with one client until its proposal is known, and closes.
fn serve(stream: &TcpStream, deadline: Deadline) -> Result<Greeting, NoProposal> {
    let _ = stream.set_nodelay(true);
    // At once, as some clients wait for it; who has closed already may still have said who it is.
    send(stream, identification::OURS.as_bytes(), deadline);
    send(stream, &packet::write(&kexinit::write(&everything(), [0; 16])), deadline);
    let result = read(stream, deadline);
    if !matches!(result, Err(NoProposal::Greeting(GreetingError::NotSsh(_)))) {
        send(stream, &packet::write(&packet::goodbye(BY_APPLICATION, FAREWELL)), deadline);
    }
    part(stream, deadline);
    result
}

fn read(mut stream: &TcpStream, deadline: Deadline) -> Result<Greeting, NoProposal> {
    let (mut reader, mut received) = (greeting::Reader::default(), Vec::with_capacity(4_096));
    let mut piece = [0; 4_096];
    let seen = |received: &[u8]| if received.is_empty() { String::new() } else { excerpt(received) };
    loop {
        if let Some(greeting) = reader.advance(&received)? {
            return Ok(greeting);
        }
        let remaining = deadline.remaining().filter(|_| received.len() <= greeting::MAX_BYTES);
        let Some(remaining) = remaining else { return Err(NoProposal::TimedOut(seen(&received))) };
        let _ = stream.set_read_timeout(Some(remaining));
        match stream.read(&mut piece) {
            Ok(0) => return Err(NoProposal::Closed(seen(&received))),
            Ok(length) => received.extend(piece.get(..length).unwrap_or_default()),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    return Err(NoProposal::TimedOut(seen(&received)));
                }
                _ => return Err(NoProposal::Closed(seen(&received))),
            },
        }
    }
}

fn send(mut stream: &TcpStream, bytes: &[u8], deadline: Deadline) {
    if let Some(remaining) = deadline.remaining() {
        let _ = stream.set_write_timeout(Some(remaining));
        let _ = stream.write_all(bytes);
    }
}

/// Closes in order: bytes left unread would turn the goodbye into a reset, which no client can read.
fn part(mut stream: &TcpStream, deadline: Deadline) {
    let _ = stream.shutdown(Shutdown::Write);
    let goodbye = Deadline::after(deadline.remaining().unwrap_or_default().min(GOODBYE));
    let (mut rest, mut left) = ([0; 4_096], greeting::MAX_BYTES);
    while let Some(remaining) = goodbye.remaining().filter(|_| left > 0) {
        let _ = stream.set_read_timeout(Some(remaining));
        match stream.read(&mut rest) {
            Ok(0) | Err(_) => break,
            Ok(length) => left = left.saturating_sub(length),
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// Every algorithm that is known: whichever client looks before it goes on, finds its own.
fn everything() -> Offer {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for setting in Setting::ALL {
        for category in setting.categories() {
            offer.set(*category, knowledge::names(setting).map(str::to_owned).collect());
        }
    }
    let none = vec!["none".to_owned()];
    offer.compression_c2s.get_or_insert_with(|| none.clone());
    offer.compression_s2c.get_or_insert(none);
    offer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::builtin;
    use crate::algorithms::negotiation::negotiate;

    #[test]
    fn every_built_in_client_finds_its_algorithms_in_what_is_sent() {
        for profile in builtin() {
            let negotiation = negotiate(&profile.algorithms, &everything());
            assert!(
                negotiation.missing.is_empty() && negotiation.unknown.is_empty(),
                "{}: {negotiation:?}",
                profile.id
            );
        }
    }

    #[test]
    fn the_farewell_is_a_disconnect_that_says_why() {
        let packet::Message::Disconnect(words) = packet::Message::of(&packet::goodbye(BY_APPLICATION, FAREWELL)) else {
            panic!("no disconnect")
        };
        assert_eq!((words.reason, words.text.as_str()), (Some(BY_APPLICATION), FAREWELL));
    }

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let places = Arc::new(Places::default());
        let taken: Vec<_> = (0..MAX_CONNECTIONS).map(|_| Places::take(&places)).collect();
        let waiting = thread::spawn({
            let places = Arc::clone(&places);
            move || drop(Places::take(&places))
        });
        assert!(!waiting.is_finished(), "all places are taken");
        drop(taken);
        waiting.join().unwrap();
        assert_eq!(*places.taken.lock().unwrap(), 0);
    }
}
