//! Names to addresses to a connection, all inside one deadline.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Registry, Token};

use super::deadline::Deadline;
use super::target::Target;
use crate::model::stage::Stage;

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
    /// The connection stood and was reset before anything was said.
    Reset,
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
            Self::Reset => "reset",
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
            Self::Reset => "the connection was reset at once",
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
            io::ErrorKind::ConnectionReset => Self::Reset,
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
    /// The stage at which a delivery would meet it.
    pub(crate) fn stage(&self) -> Stage {
        if matches!(self, Self::Attempts { .. }) { Stage::Connect } else { Stage::Resolve }
    }

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
    hasten(&stream);
    Ok((stream, address))
}

/// Packets are small and each waits for an answer. Where it can't be set, it is only slower.
fn hasten(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

/// Connects to one of several.
fn to_any(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<(TcpStream, SocketAddr), Vec<(SocketAddr, Obstacle)>> {
    let broken = |error: &io::Error| addresses.iter().map(|address| (*address, Obstacle::from(error))).collect();
    let mut poll = Poll::new().map_err(|error| broken(&error))?;
    let mut attempts = Attempts::new(addresses.to_vec(), Token(0));
    let mut events = Events::with_capacity(MAX_ADDRESSES);
    loop {
        if let Some(connected) = attempts.advance(poll.registry()) {
            let (stream, address) = connected?;
            let stream = TcpStream::from(stream);
            hasten(&stream);
            stream.set_nonblocking(false).map_err(|error| broken(&error))?;
            return Ok((stream, address));
        }
        let Some(left) = deadline.remaining() else { return Err(attempts.end()) };
        let wait = attempts.next_at().map_or(left, |next| next.saturating_duration_since(Instant::now()).min(left));
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(broken(&error)),
            _ => {}
        }
    }
}

/// Connection requests to a name's addresses: each beside those before it, as soon as one has failed or all have kept
/// silent for a while. Nothing here waits.
#[derive(Debug)]
pub(super) struct Attempts {
    waiting: VecDeque<SocketAddr>,
    open: Vec<(mio::net::TcpStream, SocketAddr)>,
    failures: Vec<(SocketAddr, Obstacle)>,
    next_at: Instant,
    token: Token,
}

impl Attempts {
    /// To these addresses; the token is that of their events.
    pub(super) fn new(addresses: Vec<SocketAddr>, token: Token) -> Self {
        let waiting = addresses.into();
        Self { waiting, open: Vec::new(), failures: Vec::new(), next_at: Instant::now(), token }
    }

    /// What has come of them by now; to be asked at their events, and at [`next_at`](Self::next_at).
    #[allow(clippy::type_complexity, reason = "the connection, or all that failed")]
    pub(super) fn advance(
        &mut self,
        registry: &Registry,
    ) -> Option<Result<(mio::net::TcpStream, SocketAddr), Vec<(SocketAddr, Obstacle)>>> {
        let mut at = 0;
        while let Some((stream, _)) = self.open.get(at) {
            match stands(stream) {
                Ok(true) => {
                    return Some(Ok(self.open.swap_remove(at)));
                }
                Ok(false) => at += 1,
                Err(error) => {
                    let (_, address) = self.open.remove(at);
                    self.fail(address, &error);
                }
            }
        }
        while self.open.is_empty() || Instant::now() >= self.next_at {
            let Some(address) = self.waiting.pop_front() else { break };
            match self.request(address, registry) {
                Ok(stream) => {
                    self.open.push((stream, address));
                    self.next_at = Instant::now() + STAGGER;
                }
                Err(error) => self.fail(address, &error),
            }
        }
        self.open.is_empty().then(|| Err(std::mem::take(&mut self.failures)))
    }

    /// When the next address is to be tried.
    pub(super) fn next_at(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.next_at)
    }

    /// What they have come to once the time is over.
    pub(super) fn end(&mut self) -> Vec<(SocketAddr, Obstacle)> {
        let silent = self.open.drain(..).map(|(_, address)| address).chain(self.waiting.drain(..));
        self.failures.extend(silent.map(|address| (address, Obstacle::TimedOut)));
        std::mem::take(&mut self.failures)
    }

    fn request(&self, address: SocketAddr, registry: &Registry) -> io::Result<mio::net::TcpStream> {
        let mut stream = mio::net::TcpStream::connect(address)?;
        registry.register(&mut stream, self.token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(stream)
    }

    fn fail(&mut self, address: SocketAddr, error: &io::Error) {
        self.failures.push((address, Obstacle::from(error)));
        self.next_at = Instant::now();
    }
}

/// Whether a connection that was asked for stands.
fn stands(stream: &mio::net::TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// The target's addresses, both families in turn. A late answer about a name is dropped.
///
/// # Errors
/// When it has none of this family, or none is known within the deadline.
pub fn resolve(target: &Target, family: Family, deadline: Deadline) -> Result<Vec<SocketAddr>, ConnectError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    if let Some(known) = look_up(target, family, move |found| drop(sender.send(found)))? {
        return Ok(known);
    }
    let found = receiver.recv_timeout(deadline.remaining().unwrap_or_default());
    found.unwrap_or_else(|_| Err(late(target, deadline)))
}

/// Nothing was heard about the target's name.
pub(super) fn late(target: &Target, deadline: Deadline) -> ConnectError {
    ConnectError::ResolverTimedOut { host: target.host().to_owned(), after: deadline.whole() }
}

/// The target's addresses, both families in turn, where it is an address itself. A name is looked up on a thread of its
/// own, which tells them later: the system's resolver knows no deadline.
///
/// # Errors
/// When it has none of this family, or nobody can look it up.
pub(super) fn look_up(
    target: &Target,
    family: Family,
    tell: impl FnOnce(Result<Vec<SocketAddr>, ConnectError>) + Send + 'static,
) -> Result<Option<Vec<SocketAddr>>, ConnectError> {
    let (host, port) = (target.host().to_owned(), target.port());
    if let Ok(address) = host.parse::<IpAddr>() {
        return in_turn(host, family, vec![SocketAddr::new(address, port)]).map(Some);
    }
    let unknown = |host, error: io::Error| ConnectError::UnknownHost { host, reason: error.to_string() };
    let name = host.clone();
    let spawned = thread::Builder::new().spawn(move || match (name.as_str(), port).to_socket_addrs() {
        Ok(found) => tell(in_turn(name, family, found.take(4 * MAX_ADDRESSES).collect())),
        Err(error) => tell(Err(unknown(name, error))),
    });
    spawned.map(|_| None).map_err(|error| unknown(host, error))
}

fn in_turn(host: String, family: Family, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ConnectError> {
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
    if addresses.is_empty() { Err(ConnectError::NoAddress { host, family }) } else { Ok(addresses) }
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
