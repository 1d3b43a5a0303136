//! A server process on a port of 127.0.0.1. It ends with the test.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often another port is tried: a free one may be taken before the server has it.
const ATTEMPTS: usize = 5;

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the server that this command line gives for a port, and waits until it listens. Its standard error
    /// goes to a file in the folder.
    pub fn start(folder: &Path, command: impl Fn(u16) -> Command) -> Self {
        let log = folder.join("log");
        for _ in 0..ATTEMPTS {
            let address = free_address();
            let child = command(address.port())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log).unwrap())
                .spawn()
                .expect("the server starts");
            let mut server = Self { child, address };
            if server.listens() {
                return server;
            }
        }
        panic!("the server does not listen: {}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn listens(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let answers = TcpStream::connect(self.address).is_ok();
            if self.child.try_wait().expect("its state").is_some() {
                return false;
            }
            if answers {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

/// Runs a command that has to succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
