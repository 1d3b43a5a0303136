//! Carries libssh2's traffic, with bounds that libssh2 itself has not: it keeps every packet that it did not expect,
//! and its time-out starts again with each byte, so a server could fill the memory or hold it for ever.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::deadline::Clock;

/// The most bytes that a server may send in a handshake and one question about authentication. A real one needs
/// less than 20,000, of which the host key and an 8,192-bit group are the most. libssh2 may keep them all, for each
/// of some hundred servers at a time.
pub(crate) const HANDSHAKE_BYTES: usize = 131_072;

/// How many of a server's first bytes are kept: its identification string and its KEXINIT are among them.
const OPENING_BYTES: usize = HANDSHAKE_BYTES;

/// How soon a deadline that was moved is noticed.
const NOTICE: Duration = Duration::from_millis(200);

/// Why the relay stopped carrying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The deadline is over.
    Deadline,
    /// One side sent more than was allowed.
    TooMuch,
    /// One of the two ends closed, or broke.
    Closed,
}

/// Carries between a server and libssh2's end of a connection, until either closes or a bound is reached.
pub(crate) struct Relay {
    ending: Arc<OnceLock<Ending>>,
    opening: Arc<Mutex<Opening>>,
}

/// How a server began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    /// Its first bytes: in the clear until the keys are exchanged.
    pub(crate) bytes: Vec<u8>,
    /// When the first of them came.
    pub(crate) first: Option<Instant>,
}

impl Relay {
    /// Begins to carry at most this many bytes each way; the stream is libssh2's end.
    ///
    /// # Errors
    /// When this machine gives no sockets or threads.
    pub(crate) fn open(server: TcpStream, clock: &Clock, max_bytes: usize) -> io::Result<(TcpStream, Self)> {
        let (stream, inner) = pair()?;
        let ends = Arc::new((server, inner));
        let relay = Self { ending: Arc::default(), opening: Arc::default() };
        for down in [true, false] {
            let (ends, clock, ending) = (Arc::clone(&ends), clock.clone(), Arc::clone(&relay.ending));
            let opening = down.then(|| Arc::clone(&relay.opening));
            thread::Builder::new().spawn(move || {
                let (server, inner) = &*ends;
                let (from, to) = if down { (server, inner) } else { (inner, server) };
                Carrier { from, to, clock, max_bytes, opening }.carry(&ending);
            })?;
        }
        Ok((stream, relay))
    }

    /// Why it stopped; `None` while it carries.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.ending.get().copied()
    }

    /// How the server began.
    pub(crate) fn opening(&self) -> Opening {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One direction.
struct Carrier<'a> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    clock: Clock,
    max_bytes: usize,
    /// Where the first bytes are kept.
    opening: Option<Arc<Mutex<Opening>>>,
}

impl Carrier<'_> {
    /// Carries until something ends it, then closes both ends, which ends the other direction, too.
    fn carry(&self, ending: &OnceLock<Ending>) {
        let why = self.carry_until();
        let _ = ending.set(why);
        let _ = self.from.shutdown(Shutdown::Both);
        let _ = self.to.shutdown(Shutdown::Both);
    }

    fn carry_until(&self) -> Ending {
        let (mut from, mut to) = (self.from, self.to);
        let mut carried = 0;
        let mut piece = [0; 8_192];
        loop {
            let Some(remaining) = self.clock.deadline().remaining() else { return Ending::Deadline };
            let prepared = from.set_read_timeout(Some(remaining.min(NOTICE)));
            let length = match prepared.and_then(|()| from.read(&mut piece)) {
                Ok(0) => return Ending::Closed,
                Ok(length) => length,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => continue,
                    _ => return Ending::Closed,
                },
            };
            let piece = piece.get(..length).unwrap_or_default();
            self.keep(piece);
            let written = to.set_write_timeout(Some(remaining)).and_then(|()| to.write_all(piece));
            match written.map_err(|error| error.kind()) {
                Ok(()) => carried += length,
                Err(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => return Ending::Deadline,
                Err(_) => return Ending::Closed,
            }
            if carried > self.max_bytes {
                return Ending::TooMuch;
            }
        }
    }

    fn keep(&self, piece: &[u8]) {
        let Some(opening) = &self.opening else { return };
        let mut opening = opening.lock().unwrap_or_else(PoisonError::into_inner);
        opening.first.get_or_insert_with(Instant::now);
        let room = OPENING_BYTES.saturating_sub(opening.bytes.len()).min(piece.len());
        opening.bytes.extend(piece.get(..room).unwrap_or_default());
    }
}

/// Two connected sockets of this machine. They need no address: where many servers are asked at a time, the search for free
/// ports took up to three quarters of the processor time.
#[cfg(unix)]
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let (near, far) = UnixStream::pair()?;
    // As a connection of any other family it is read, written and shut down.
    let stream = |end| TcpStream::from(OwnedFd::from(end));
    Ok((stream(near), stream(far)))
}

/// Two connected sockets of this machine, on a system that has no pairs.
#[cfg(not(unix))]
fn pair() -> io::Result<(TcpStream, TcpStream)> {
    use std::net::{Ipv4Addr, TcpListener};

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, peer) = listener.accept()?;
    if peer != near.local_addr()? {
        return Err(io::Error::other("another program took the relay's connection"));
    }
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::deadline::Deadline;

    const MAX_BYTES: usize = HANDSHAKE_BYTES;
    const AMPLE: Duration = Duration::from_secs(20);

    fn relayed(time: Duration) -> (TcpStream, Relay, TcpStream) {
        let (server, far) = pair().unwrap();
        let (near, relay) = Relay::open(server, &Deadline::after(time).into(), MAX_BYTES).unwrap();
        (near, relay, far)
    }

    fn read_to_end(mut stream: &TcpStream) -> usize {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut bytes);
        bytes.len()
    }

    #[test]
    fn bytes_go_both_ways_until_one_end_closes() {
        let (mut near, relay, mut far) = relayed(AMPLE);
        let mut word = [0; 4];
        near.write_all(b"ping").unwrap();
        far.read_exact(&mut word).unwrap();
        far.write_all(b"pong").unwrap();
        near.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"pong");
        assert_eq!(relay.opening().bytes, b"pong", "the server's first bytes are kept");
        assert_eq!(relay.ending(), None);
        drop(far);
        assert_eq!(read_to_end(&near), 0);
        assert_eq!(relay.ending(), Some(Ending::Closed));
    }

    #[test]
    fn the_deadline_and_the_bound_end_it() {
        let (near, relay, _far) = relayed(Duration::from_millis(100));
        assert_eq!(read_to_end(&near), 0);
        assert_eq!(relay.ending(), Some(Ending::Deadline));

        let (near, relay, far) = relayed(AMPLE);
        let flood = thread::spawn(move || (&far).write_all(&vec![0; 64 * MAX_BYTES]).is_err());
        assert!(read_to_end(&near) <= MAX_BYTES + 8_192);
        assert_eq!(relay.ending(), Some(Ending::TooMuch));
        assert!(flood.join().unwrap(), "the flooding end is told to stop");
    }

    #[test]
    fn a_deadline_that_is_moved_is_noticed() {
        let (server, _far) = pair().unwrap();
        let clock = Clock::from(Deadline::after(Duration::from_secs(600)));
        let (near, relay) = Relay::open(server, &clock, MAX_BYTES).unwrap();
        clock.shorten(Duration::from_millis(10));
        assert_eq!(read_to_end(&near), 0);
        assert_eq!(relay.ending(), Some(Ending::Deadline));
    }
}
