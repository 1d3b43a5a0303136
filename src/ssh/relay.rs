//! Carries libssh2's traffic, with bounds that libssh2 itself has not: it keeps every packet that it did not expect,
//! and its time-out starts again with each byte, so a server could fill the memory or hold it for ever.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::deadline::Deadline;

/// The most bytes that a server may send in a handshake and one question about authentication. A real one needs
/// less than 20,000, of which the host key and an 8,192-bit group are the most. libssh2 may keep them all, for each
/// of some hundred servers at a time.
const MAX_BYTES: usize = 131_072;

/// Why the relay stopped carrying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The deadline is over.
    Deadline,
    /// The server sent more than any handshake needs.
    TooMuch,
    /// One of the two ends closed, or broke.
    Closed,
}

/// Carries between a server and libssh2's end of a connection, until either closes or a bound is reached.
pub struct Relay {
    ending: Arc<OnceLock<Ending>>,
}

impl Relay {
    /// Begins to carry; the stream is libssh2's end.
    ///
    /// # Errors
    /// When this machine gives no sockets or threads.
    pub fn open(server: TcpStream, deadline: Deadline) -> io::Result<(TcpStream, Self)> {
        let (stream, inner) = pair()?;
        let ends = Arc::new((server, inner));
        let ending = Arc::new(OnceLock::new());
        for down in [true, false] {
            let (ends, ending) = (Arc::clone(&ends), Arc::clone(&ending));
            thread::Builder::new().spawn(move || {
                let (server, inner) = &*ends;
                let (from, to) = if down { (server, inner) } else { (inner, server) };
                carry(from, to, deadline, &ending);
            })?;
        }
        Ok((stream, Self { ending }))
    }

    /// Why it stopped; `None` while it carries.
    pub fn ending(&self) -> Option<Ending> {
        self.ending.get().copied()
    }
}

/// Carries one direction until something ends it, then closes both ends, which ends the other direction, too.
fn carry(from: &TcpStream, to: &TcpStream, deadline: Deadline, ending: &OnceLock<Ending>) {
    let why = carry_until(from, to, deadline);
    let _ = ending.set(why);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn carry_until(mut from: &TcpStream, mut to: &TcpStream, deadline: Deadline) -> Ending {
    let mut carried = 0;
    let mut piece = [0; 8_192];
    loop {
        let Some(remaining) = deadline.remaining() else { return Ending::Deadline };
        let prepared = from.set_read_timeout(Some(remaining)).and_then(|()| to.set_write_timeout(Some(remaining)));
        let moved = prepared.and_then(|()| from.read(&mut piece)).and_then(|length| {
            to.write_all(piece.get(..length).unwrap_or_default())?;
            Ok(length)
        });
        match moved {
            Ok(0) => return Ending::Closed,
            Ok(length) => carried += length,
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return Ending::Deadline,
                _ => return Ending::Closed,
            },
        }
        if carried > MAX_BYTES {
            return Ending::TooMuch;
        }
    }
}

/// Two connected sockets of this machine. The standard library has a pair of its own on Unix only.
fn pair() -> io::Result<(TcpStream, TcpStream)> {
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
    use std::time::Duration;

    const AMPLE: Duration = Duration::from_secs(20);

    fn relayed(time: Duration) -> (TcpStream, Relay, TcpStream) {
        let (server, far) = pair().unwrap();
        let (near, relay) = Relay::open(server, Deadline::after(time)).unwrap();
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
}
