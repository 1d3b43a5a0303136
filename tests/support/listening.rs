//! `cdrdiag capture` as a child process, and clients that follow a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use cdrdiag::model::offer::Offer;
use cdrdiag::ssh::{kexinit, packet};
use serde_json::Value;

/// A running `capture`. It ends when it is dropped.
pub struct Listening {
    child: Child,
    errors: BufReader<ChildStderr>,
    address: SocketAddr,
}

/// What a `capture` came to.
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// The answer.
    pub json: Value,
    /// What it said on the way.
    pub errors: String,
}

impl Listening {
    /// Starts it with these arguments on a free port of 127.0.0.1, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cdrdiag"))
            .args(["capture", "--json", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cdrdiag starts");
        let mut errors = BufReader::new(child.stderr.take().expect("its standard error"));
        let mut line = String::new();
        errors.read_line(&mut line).expect("a line");
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        Self { child, errors, address: address.unwrap_or_else(|| panic!("where it listens: {line}")) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn answer(mut self) -> Answer {
        let mut text = String::new();
        self.child.stdout.take().expect("its standard output").read_to_string(&mut text).expect("an answer");
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).expect("text");
        let code = self.child.wait().expect("an end").code().expect("a code");
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"));
        Answer { code, json, errors }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Connects there.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream
}

/// Sends these bytes and reads to the end what comes back; who is cut off early may not have sent all.
pub fn say(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

/// A client's greeting.
pub fn greeting(identification: &str, proposal: &Offer) -> Vec<u8> {
    let packet = packet::write(&kexinit::write(proposal, [3; 16]));
    [format!("{identification}\n").into_bytes(), packet].concat()
}
