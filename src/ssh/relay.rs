//! Carries libssh2's traffic, with bounds that libssh2 itself has not: it keeps every packet that it did not expect,
//! and its time-out starts again with each byte, so a server could fill the memory or hold it for ever.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::deadline::Deadline;

/// The most bytes that a server may send in a handshake and one question about authentication. A real one needs
/// less than 20,000, of which the host key and an 8,192-bit group are the most.
const MAX_BYTES: usize = 1_048_576;

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

/// A connection to a server that runs through the relay.
pub struct Relay {
    /// The end for libssh2.
    pub stream: TcpStream,
    ending: Arc<OnceLock<Ending>>,
}

impl Relay {
    /// Begins to carry between the server and [`Relay::stream`].
    ///
    /// # Errors
    /// When this machine gives no sockets or threads.
    pub fn open(server: TcpStream, deadline: Deadline) -> io::Result<Self> {
        let (stream, inner) = pair()?;
        let ending = Arc::new(OnceLock::new());
        let (server_too, inner_too, ending_too) = (server.try_clone()?, inner.try_clone()?, Arc::clone(&ending));
        thread::Builder::new().spawn(move || {
            carry(&server, &inner, deadline, MAX_BYTES, &ending);
        })?;
        let relay = Self { stream, ending: Arc::clone(&ending_too) };
        thread::Builder::new().spawn(move || {
            carry(&inner_too, &server_too, deadline, MAX_BYTES, &ending_too);
        })?;
        Ok(relay)
    }

    /// Why it stopped; `None` while it carries.
    pub fn ending(&self) -> Option<Ending> {
        self.ending.get().copied()
    }
}

/// Carries one direction until something ends it, then closes both ends, which ends the other direction, too.
fn carry(from: &TcpStream, to: &TcpStream, deadline: Deadline, most: usize, ending: &OnceLock<Ending>) {
    let why = carry_until(from, to, deadline, most);
    let _ = ending.set(why);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn carry_until(mut from: &TcpStream, mut to: &TcpStream, deadline: Deadline, most: usize) -> Ending {
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
        if carried > most {
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

    fn relayed(time: Duration) -> (Relay, TcpStream) {
        let (near, far) = pair().unwrap();
        (Relay::open(near, Deadline::after(time)).unwrap(), far)
    }

    fn read_to_end(mut stream: &TcpStream) -> usize {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut bytes);
        bytes.len()
    }

    #[test]
    fn bytes_go_both_ways_until_one_end_closes() {
        let (relay, mut far) = relayed(AMPLE);
        let mut near = &relay.stream;
        let mut word = [0; 4];
        near.write_all(b"ping").unwrap();
        far.read_exact(&mut word).unwrap();
        far.write_all(b"pong").unwrap();
        near.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"pong");
        assert_eq!(relay.ending(), None);
        drop(far);
        assert_eq!(read_to_end(&relay.stream), 0);
        assert_eq!(relay.ending(), Some(Ending::Closed));
    }

    #[test]
    fn the_deadline_and_the_bound_end_it() {
        let (relay, _far) = relayed(Duration::from_millis(100));
        assert_eq!(read_to_end(&relay.stream), 0);
        assert_eq!(relay.ending(), Some(Ending::Deadline));

        let (relay, far) = relayed(AMPLE);
        let flood = thread::spawn(move || (&far).write_all(&vec![0; 64 * MAX_BYTES]).is_err());
        assert!(read_to_end(&relay.stream) <= MAX_BYTES + 8_192);
        assert_eq!(relay.ending(), Some(Ending::TooMuch));
        assert!(flood.join().unwrap(), "the flooding end is told to stop");
    }
}
