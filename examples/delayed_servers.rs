//! Many SSH servers on one machine, each as far away as you like: for measurements (`benches/probe_peers.sh`).
//!
//! `delayed_servers COUNT MILLISECONDS SECONDS` listens on that many free ports of 127.0.0.1, prints one `host:port`
//! a line, and ends by itself after the seconds. Each server sends its identification string so many milliseconds
//! after the connection, its KEXINIT as long after the client's identification, and nothing more: a client that goes
//! on to exchange keys is hung up on.
//!
//! The offer has neither a group exchange nor a host key that ssh-audit would come back to measure, so that it needs
//! one connection a server, as cdrdiag does.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cdrdiag::model::offer::{Category, Offer, split_list};
use cdrdiag::ssh::{kexinit, packet};

/// What a thread needs that only waits and copies.
const STACK: usize = 128 << 10;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let delay = Duration::from_millis(delay);
    let kexinit: Arc<[u8]> = packet::write(&kexinit::write(&offer(), [1; 16])).into();
    let mut targets = String::new();
    for _ in 0..count {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        targets = format!("{targets}{}\n", listener.local_addr()?);
        let kexinit = Arc::clone(&kexinit);
        thread::Builder::new().stack_size(STACK).spawn(move || listen(&listener, &kexinit, delay))?;
    }
    io::stdout().write_all(targets.as_bytes())?;
    io::stdout().flush()?;
    thread::sleep(Duration::from_secs(seconds));
    Ok(())
}

fn offer() -> Offer {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for (category, list) in Category::ALL.into_iter().zip(LISTS) {
        offer.set(category, split_list(list));
    }
    offer
}

/// One client at a time: a thread for each would cost more than the service.
fn listen(listener: &TcpListener, kexinit: &[u8], delay: Duration) {
    for stream in listener.incoming().flatten() {
        // A client that is gone early has what it wanted.
        let _ = serve(&stream, kexinit, delay);
    }
}

fn serve(stream: &TcpStream, kexinit: &[u8], delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut writer = stream;
    thread::sleep(delay);
    writer.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n")?;
    let mut reader = BufReader::new(stream);
    reader.by_ref().take(1_024).read_until(b'\n', &mut Vec::new())?;
    thread::sleep(delay);
    writer.write_all(kexinit)?;
    stream.shutdown(Shutdown::Write)?;
    // What the client still sends is read, since a close with unread bytes is a reset, which overtakes the KEXINIT.
    io::copy(&mut reader.take(1 << 20), &mut io::sink())?;
    Ok(())
}
