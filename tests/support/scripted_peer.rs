//! A peer on a free port of 127.0.0.1 that follows a script: a good SSH server, or one of the many things that
//! answer on port 22. A peer that nobody called fails the test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cdrdiag::model::offer::{Category, Offer, split_list};
use cdrdiag::ssh::{kexinit, packet};

/// One step of a script.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends them one by one, this far apart.
    Drip(Vec<u8>, Duration),
    /// Sends these bytes again and again, until the other side is gone or 256 MiB have been taken.
    Flood(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Waits until the client has sent a whole line: its identification string.
    ReadLine,
    /// Waits until the client has sent a whole packet.
    ReadPacket,
    /// Says nothing until the client is gone.
    Silence,
    /// Closes at once, with a reset instead of a goodbye.
    Reset,
}

/// A script that runs once for each connection, at the same time for several.
pub type Script = Vec<Step>;

/// A listening peer. It ends when it is dropped.
pub struct ScriptedPeer {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl ScriptedPeer {
    /// Starts a peer with this script.
    pub fn start(script: Script) -> Self {
        Self::in_turn(vec![script])
    }

    /// Starts a peer that follows these scripts, a connection each; the last one from then on.
    pub fn in_turn(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (calls, stopped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, ended) = (Arc::clone(&calls), Arc::clone(&stopped));
        let listener = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let call = counted.fetch_add(1, Ordering::SeqCst);
                let script = scripts.get(call).or(scripts.last()).cloned().unwrap_or_default();
                thread::spawn(move || play(&script, stream));
            }
        });
        Self { address, calls, stopped, listener: Some(listener) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As a target on the command line.
    pub fn target(&self) -> String {
        self.address.to_string()
    }

    /// How many connections there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for ScriptedPeer {
    fn drop(&mut self) {
        let calls = self.calls();
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        assert!(calls > 0 || thread::panicking(), "nobody called the scripted peer at {}", self.address);
    }
}

/// Ends early when the other side is gone, which is its right.
fn play(script: &[Step], mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    for step in script {
        let done = match step {
            Step::Send(bytes) => stream.write_all(bytes).is_ok(),
            Step::Drip(bytes, pause) => bytes.iter().all(|byte| {
                thread::sleep(*pause);
                stream.write_all(&[*byte]).is_ok()
            }),
            Step::Flood(bytes) => {
                let times = (256 << 20) / bytes.len().max(1);
                (0..times).all(|_| stream.write_all(bytes).is_ok())
            }
            Step::Wait(time) => {
                thread::sleep(*time);
                true
            }
            Step::ReadLine => read_line(&mut stream),
            Step::ReadPacket => read_packet(&mut stream),
            Step::Silence => {
                let mut rest = [0; 1_024];
                while matches!(stream.read(&mut rest), Ok(length) if length > 0) {}
                true
            }
            Step::Reset => {
                let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                return;
            }
        };
        if !done {
            return;
        }
    }
    finish(&mut stream);
}

/// Closes with a goodbye: what the client has sent is read first, since unread bytes turn a close into a reset.
fn finish(stream: &mut TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let mut rest = [0; 1_024];
    while matches!(stream.read(&mut rest), Ok(length) if length > 0) {}
}

fn read_line(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        if byte == [b'\n'] {
            return true;
        }
    }
    false
}

fn read_packet(stream: &mut TcpStream) -> bool {
    let mut received = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        received.push(byte[0]);
        if packet::first(&received).expect("the client sends packets").is_some() {
            return true;
        }
    }
    false
}

/// An identification string with its line end.
pub fn identification(software: &str) -> Step {
    Step::Send(format!("SSH-2.0-{software}\r\n").into_bytes())
}

/// A packet with a KEXINIT.
pub fn kexinit(offer: &Offer) -> Step {
    Step::Send(packet::write(&kexinit::write(offer, [1; 16])))
}

/// A packet with this payload.
pub fn message(payload: &[u8]) -> Step {
    Step::Send(packet::write(payload))
}

/// A server that sends this offer as most do.
pub fn good(software: &str, offer: &Offer) -> Script {
    vec![identification(software), kexinit(offer), Step::Silence]
}

/// An offer of these lists; ciphers, MACs and `none` for both directions.
pub fn offer(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Offer {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for category in Category::ALL {
        let list = match category {
            Category::Kex => kex,
            Category::HostKey => host_key,
            Category::CipherC2s | Category::CipherS2c => cipher,
            Category::MacC2s | Category::MacS2c => mac,
            Category::CompressionC2s | Category::CompressionS2c => "none",
            Category::LanguageC2s | Category::LanguageS2c => "",
        };
        offer.set(category, split_list(list));
    }
    offer
}

/// What a current OpenSSH offers, shortened: no SHA-1 key exchange.
pub fn modern() -> Offer {
    offer(
        "curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256",
        "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
        "hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    )
}
