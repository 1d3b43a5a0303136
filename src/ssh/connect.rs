//! Names to addresses to a connection, all inside one deadline.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::deadline::Deadline;
use super::target::Target;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// The most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Which addresses of a name count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    fn admits(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "IP",
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No such name.
    #[error("unknown host name {host}: check its spelling and this machine's DNS ({reason})")]
    UnknownHost {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// The name has no address of the family asked for.
    #[error("{host} has no {family} address")]
    NoAddress {
        /// The name.
        host: String,
        /// What was asked for.
        family: Family,
    },
    /// The name was not resolved in time.
    #[error("no answer about the name {host} within {:.1} s", .after.as_secs_f64())]
    ResolverTimedOut {
        /// The name.
        host: String,
        /// The whole time given.
        after: Duration,
    },
    /// Every address failed.
    #[error("{}", list(.attempts))]
    Attempts {
        /// Each address with what it met, in the order in which they failed.
        attempts: Vec<(SocketAddr, Obstacle)>,
    },
}

/// What a connection attempt met. The first of these says the most, so it stands for all of a name's addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The host is there and nothing listens, or a firewall says so.
    Refused,
    /// Nothing came back.
    TimedOut,
    /// This machine or a router knows no way.
    NoRoute,
    /// This machine forbids it.
    Forbidden,
    /// Anything else, in the system's words.
    Other(String),
}

impl Obstacle {
    /// The name in JSON: `refused`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::NoRoute => "no_route",
            Self::Forbidden => "forbidden",
            Self::Other(_) => "connect_failed",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::TimedOut => "no answer to the connection request",
            Self::NoRoute => "no route to it",
            Self::Forbidden => "this machine forbids the connection",
            Self::Other(words) => words,
        })
    }
}

impl From<&io::Error> for Obstacle {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Self::NoRoute,
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl ConnectError {
    /// The name in JSON: `unknown_host`, `refused`, `timed_out`, `no_route` …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnknownHost { .. } => "unknown_host",
            Self::NoAddress { .. } => "no_address",
            Self::ResolverTimedOut { .. } => "timed_out",
            Self::Attempts { attempts } => {
                attempts.iter().map(|(_, obstacle)| obstacle).min().map_or("connect_failed", Obstacle::kind)
            }
        }
    }
}

fn list(attempts: &[(SocketAddr, Obstacle)]) -> String {
    if let [(address, obstacle)] = attempts {
        return format!("{obstacle} ({address})");
    }
    attempts.iter().map(|(address, obstacle)| format!("{address}: {obstacle}")).collect::<Vec<_>>().join("; ")
}

/// Connects to the first of the target's addresses that answers.
///
/// # Errors
/// When none does within the deadline.
pub fn connect(target: &Target, family: Family, deadline: Deadline) -> Result<(TcpStream, SocketAddr), ConnectError> {
    to_first(&resolve(target, family, deadline)?, deadline)
}

/// Connects to the first of these addresses that answers.
///
/// # Errors
/// When none does within the deadline.
pub fn to_first(addresses: &[SocketAddr], deadline: Deadline) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let connected = match addresses {
        [only] => to_one(*only, deadline).map_err(|obstacle| vec![(*only, obstacle)]),
        several => to_any(several, deadline),
    };
    connected.map_err(|attempts| ConnectError::Attempts { attempts })
}

/// Connects to one address.
///
/// # Errors
/// When it does not answer within the deadline.
pub fn to_one(address: SocketAddr, deadline: Deadline) -> Result<(TcpStream, SocketAddr), Obstacle> {
    let remaining = deadline.remaining().ok_or(Obstacle::TimedOut)?;
    let stream = TcpStream::connect_timeout(&address, remaining).map_err(|error| Obstacle::from(&error))?;
    // Packets are small and each waits for an answer. Where it can't be set, it is only slower.
    let _ = stream.set_nodelay(true);
    Ok((stream, address))
}

/// Connects to all of them, each beside those before it as soon as one has failed or kept silent for a while.
fn to_any(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<(TcpStream, SocketAddr), Vec<(SocketAddr, Obstacle)>> {
    let (sender, receiver) = mpsc::channel();
    let mut failures = Vec::new();
    let mut waiting = addresses.iter().copied();
    let mut pending = 0;
    loop {
        let more = waiting.next();
        if let Some(address) = more {
            let sender = sender.clone();
            // The receiver is gone once another address has won.
            thread::spawn(move || sender.send((address, to_one(address, deadline))).is_ok());
            pending += 1;
        }
        let patience = if waiting.len() > 0 { Some(STAGGER) } else { None };
        let left = deadline.remaining().unwrap_or_default();
        match receiver.recv_timeout(patience.map_or(left, |patience| patience.min(left))) {
            Ok((_, Ok(connected))) => return Ok(connected),
            Ok((address, Err(obstacle))) => {
                failures.push((address, obstacle));
                pending -= 1;
            }
            Err(RecvTimeoutError::Timeout) if deadline.remaining().is_some() => {}
            Err(_) => {
                let failed: Vec<_> = failures.iter().map(|(address, _)| *address).collect();
                let silent = addresses.iter().filter(|address| !failed.contains(address));
                failures.extend(silent.map(|address| (*address, Obstacle::TimedOut)));
                return Err(failures);
            }
        }
        if pending == 0 && waiting.len() == 0 {
            return Err(failures);
        }
    }
}

/// The target's addresses, both families in turn. A name is looked up on a thread of its own, since the system's
/// resolver knows no deadline; a late answer is dropped.
///
/// # Errors
/// When it has none of this family, or none is known within the deadline.
pub fn resolve(target: &Target, family: Family, deadline: Deadline) -> Result<Vec<SocketAddr>, ConnectError> {
    let host = || target.host().to_owned();
    let found = match target.host().parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, target.port())],
        Err(_) => look_up(target, deadline)?,
    };
    let (v6, v4): (Vec<_>, Vec<_>) =
        found.into_iter().filter(|address| family.admits(address)).partition(SocketAddr::is_ipv6);
    let mut addresses = Vec::new();
    let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
    loop {
        let (first, second) = (v6.next(), v4.next());
        if first.is_none() && second.is_none() {
            break;
        }
        addresses.extend(first.into_iter().chain(second));
    }
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() { Err(ConnectError::NoAddress { host: host(), family }) } else { Ok(addresses) }
}

fn look_up(target: &Target, deadline: Deadline) -> Result<Vec<SocketAddr>, ConnectError> {
    let host = || target.host().to_owned();
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = (host(), target.port());
    thread::spawn(move || {
        sender.send(name.to_socket_addrs().map(|found| found.take(4 * MAX_ADDRESSES).collect::<Vec<_>>())).is_ok()
    });
    match receiver.recv_timeout(deadline.remaining().unwrap_or_default()) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(ConnectError::UnknownHost { host: host(), reason: error.to_string() }),
        Err(_) => Err(ConnectError::ResolverTimedOut { host: host(), after: deadline.whole() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    const AMPLE: Duration = Duration::from_secs(20);

    fn listening() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address that answers no connection request: its queue is full and nobody empties it.
    #[cfg(target_os = "linux")]
    fn hanging() -> (socket2::Socket, Vec<TcpStream>, SocketAddr) {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let fillers: Vec<_> = (0..8).map_while(connect).collect();
        assert!(fillers.len() < 8, "the queue does not fill");
        (socket, fillers, address)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_address_that_hangs_does_not_keep_the_next_one_waiting() {
        let ((_socket, _fillers, silent), (_listener, good)) = (hanging(), listening());
        let (_, address) = to_any(&[silent, good], Deadline::after(AMPLE)).unwrap();
        assert_eq!(address, good);
        let short = Deadline::after(Duration::from_millis(300));
        let failures = to_any(&[silent, silent], short).unwrap_err();
        assert!(failures.iter().all(|(_, obstacle)| *obstacle == Obstacle::TimedOut), "{failures:?}");
        assert_eq!(to_one(silent, Deadline::after(Duration::from_millis(50))).unwrap_err(), Obstacle::TimedOut);
    }

    #[test]
    fn every_address_is_tried_and_each_failure_is_told() {
        let free: Vec<_> = (0..3).map(|_| listening().1).collect();
        let failures = to_any(&free, Deadline::after(AMPLE)).unwrap_err();
        assert_eq!(failures.len(), 3);
        let error = ConnectError::Attempts { attempts: failures };
        assert_eq!(error.kind(), "refused");
        assert!(free.iter().all(|address| error.to_string().contains(&address.to_string())), "{error}");

        let (_listener, good) = listening();
        assert_eq!(to_any(&[free[0], free[1], good], Deadline::after(AMPLE)).unwrap().1, good);
    }

    #[test]
    fn a_host_that_is_there_says_more_than_one_that_is_silent() {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let kind = |obstacles: &[Obstacle]| {
            ConnectError::Attempts { attempts: obstacles.iter().map(|obstacle| (at(1), obstacle.clone())).collect() }
                .kind()
        };
        assert_eq!(kind(&[Obstacle::NoRoute, Obstacle::TimedOut]), "timed_out");
        assert_eq!(kind(&[Obstacle::TimedOut, Obstacle::Refused]), "refused");
        assert_eq!(kind(&[Obstacle::NoRoute]), "no_route");
    }

    #[test]
    fn an_address_needs_no_resolver_and_has_one_family() {
        let target = Target::parse("[::1]:22", 22).unwrap();
        let resolve = |family| resolve(&target, family, Deadline::after(AMPLE));
        assert_eq!(resolve(Family::Any).unwrap(), ["[::1]:22".parse().unwrap()]);
        assert!(matches!(resolve(Family::V4), Err(ConnectError::NoAddress { .. })));
    }
}
