//! What any client needs at least: connects to every server of a list at once, reads up to the end of its KEXINIT, makes
//! nothing of it and closes. For measurements (`benches/probe_peers.sh`).
//!
//! `bare_client FILE`: one `address:port` a line.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

use cdrdiag::ssh::packet;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// A connection, and what came so far.
struct Client {
    stream: TcpStream,
    greeted: bool,
    received: Vec<u8>,
}

impl Client {
    /// Whether the KEXINIT is there, or nothing more will come.
    fn is_done(&mut self, piece: &mut [u8]) -> bool {
        if !self.greeted && self.stream.peer_addr().is_ok() {
            self.greeted = self.stream.write(b"SSH-2.0-bare\r\n").is_ok();
        }
        loop {
            match self.stream.read(piece) {
                Ok(0) => return true,
                Ok(length) => self.received.extend(piece.iter().take(length)),
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
            let mut lines = self.received.splitn(2, |byte| *byte == b'\n');
            if matches!(lines.nth(1).map(packet::first), Some(Ok(Some(_)) | Err(_))) {
                return true;
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: bare_client FILE")?;
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for (number, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let mut stream = TcpStream::connect(line.parse::<SocketAddr>()?)?;
        poll.registry().register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        clients.push(Some(Client { stream, greeted: false, received: Vec::new() }));
    }
    let (mut events, mut piece) = (Events::with_capacity(1_024), [0; 16_384]);
    let mut left = clients.len();
    while left > 0 {
        poll.poll(&mut events, None)?;
        for event in &events {
            let Some(client) = clients.get_mut(event.token().0) else { continue };
            if client.as_mut().is_some_and(|client| client.is_done(&mut piece)) {
                *client = None;
                left -= 1;
            }
        }
    }
    Ok(())
}
