//! Many SSH servers on one machine, each as far away as you like: for measurements (`benches/probe_peers.sh`).
//!
//! `delayed_servers COUNT MILLISECONDS SECONDS` listens on that many free ports of 127.0.0.1, prints one `host:port`
//! a line, and ends by itself after the seconds. Each server sends its identification string so many milliseconds
//! after the connection, its KEXINIT as long after the client's identification, and nothing more: a client that goes
//! on to exchange keys is hung up on.
//!
//! The offer has neither a group exchange nor a host key that ssh-audit would come back to measure, so that it needs
//! one connection a server, as cdrdiag does.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use cdrdiag::model::offer::{Category, Offer, split_list};
use cdrdiag::ssh::{kexinit, packet};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// What each server says of itself.
const IDENTIFICATION: &[u8] = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n";

/// What each server offers.
const LISTS: [&str; 10] = [
    "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256",
    "ecdsa-sha2-nistp256",
    "aes128-ctr,aes192-ctr,aes256-ctr",
    "aes128-ctr,aes192-ctr,aes256-ctr",
    "hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    "hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    "none,zlib@openssh.com",
    "none,zlib@openssh.com",
    "",
    "",
];

fn main() -> Result<(), Box<dyn Error>> {
    let numbers = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<Vec<u64>, _>>()?;
    let [count, delay, seconds] = numbers[..] else {
        return Err("usage: delayed_servers COUNT MILLISECONDS SECONDS".into());
    };
    let mut servers = Servers::start(usize::try_from(count)?, Duration::from_millis(delay))?;
    let mut targets = String::new();
    for listener in &servers.listeners {
        targets = format!("{targets}{}\n", listener.local_addr()?);
    }
    io::stdout().write_all(targets.as_bytes())?;
    io::stdout().flush()?;
    servers.serve(Duration::from_secs(seconds))?;
    Ok(())
}

fn offer() -> Offer {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for (category, list) in Category::ALL.into_iter().zip(LISTS) {
        offer.set(category, split_list(list));
    }
    offer
}

/// All servers. They share a thread, since the processor time that they take is missing for who is measured.
struct Servers {
    poll: Poll,
    listeners: Vec<TcpListener>,
    clients: HashMap<usize, Client>,
    /// Which client is sent something next, and when. All wait equally long, so the first is the soonest.
    due: VecDeque<(Instant, usize)>,
    delay: Duration,
    kexinit: Vec<u8>,
}

/// A connection.
struct Client {
    stream: TcpStream,
    /// Whether it has sent its identification string.
    heard: bool,
    /// Whether it was sent ours.
    greeted: bool,
}

impl Servers {
    fn start(count: usize, delay: Duration) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listeners = Vec::new();
        for number in 0..count {
            let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            poll.registry().register(&mut listener, Token(number), Interest::READABLE)?;
            listeners.push(listener);
        }
        let kexinit = packet::write(&kexinit::write(&offer(), [1; 16]));
        Ok(Self { poll, listeners, clients: HashMap::new(), due: VecDeque::new(), delay, kexinit })
    }

    fn serve(&mut self, time: Duration) -> io::Result<()> {
        let end = Instant::now() + time;
        let mut events = Events::with_capacity(1_024);
        let mut next = self.listeners.len();
        while Instant::now() < end {
            let wake = self.due.front().map_or(end, |(at, _)| *at);
            self.poll.poll(&mut events, Some(wake.saturating_duration_since(Instant::now())))?;
            for Token(number) in events.iter().map(mio::event::Event::token) {
                match self.listeners.get(number) {
                    Some(listener) => {
                        while let Ok((mut stream, _)) = listener.accept() {
                            stream.set_nodelay(true)?;
                            self.poll.registry().register(&mut stream, Token(next), Interest::READABLE)?;
                            self.clients.insert(next, Client { stream, heard: false, greeted: false });
                            self.due.push_back((Instant::now() + self.delay, next));
                            next += 1;
                        }
                    }
                    None => self.hear(number),
                }
            }
            while let Some((_, number)) = self.due.front().copied().filter(|(at, _)| *at <= Instant::now()) {
                self.due.pop_front();
                self.say(number);
            }
        }
        Ok(())
    }

    /// All that it sends is read, since a close with unread bytes is a reset, which overtakes the KEXINIT.
    fn hear(&mut self, number: usize) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        let first = !client.heard;
        let mut piece = [0; 4_096];
        loop {
            match client.stream.read(&mut piece) {
                Ok(length) if length > 0 => client.heard = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A client that is gone early has what it wanted.
                _ => return drop(self.clients.remove(&number)),
            }
        }
        if first && client.heard && client.greeted {
            self.due.push_back((Instant::now() + self.delay, number));
        }
    }

    fn say(&mut self, number: usize) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        if client.greeted {
            let _ = client.stream.write(&self.kexinit);
            let _ = client.stream.shutdown(Shutdown::Write);
            return;
        }
        client.greeted = true;
        let _ = client.stream.write(IDENTIFICATION);
        if client.heard {
            self.due.push_back((Instant::now() + self.delay, number));
        }
    }
}
