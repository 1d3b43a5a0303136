//! Dropbear and tinyssh.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use cdrdiag::document::probe::Access;
use cdrdiag::model::offer::Category;

use super::agreement::{self, REAL};
use super::answer::{client, probe, run};
use super::jsch;
use super::parts::{available, program};
use super::process::{Server, succeed};

/// Dropbear with these keys.
pub fn dropbear(folder: &Path, keys: &[&str]) -> Server {
    let files: Vec<PathBuf> = keys.iter().map(|key| folder.join(key)).collect();
    for (key, file) in keys.iter().zip(&files) {
        succeed(Command::new(program("dropbearkey").unwrap()).args(["-t", key, "-f"]).arg(file));
    }
    Server::start(folder, |port| {
        let mut command = Command::new(program("dropbear").unwrap());
        command.args(["-F", "-E", "-p", &format!("127.0.0.1:{port}"), "-P"]).arg(folder.join("pid"));
        for file in &files {
            command.arg("-r").arg(file);
        }
        command
    })
}

fn dropbear_is_there(test: &str) -> bool {
    available(test, &[&["dropbear", "dropbearkey", "nmap"][..], &jsch::PARTS].concat())
}

#[test]
fn dropbear_with_all_its_keys() {
    if dropbear_is_there("dropbear_with_all_its_keys") {
        let folder = tempfile::tempdir().unwrap();
        let server = dropbear(folder.path(), &["rsa", "ecdsa", "ed25519"]);
        let target = agreement::examine(server.address());
        assert_eq!(client(&target, REAL).result, Access::Accepts);
        assert_eq!(target.identification.unwrap().software.as_deref(), Some("dropbear"));
    }
}

#[test]
fn dropbear_with_an_rsa_key_only() {
    if dropbear_is_there("dropbear_with_an_rsa_key_only") {
        let folder = tempfile::tempdir().unwrap();
        let server = dropbear(folder.path(), &["rsa"]);
        let target = agreement::examine(server.address());
        assert_eq!(client(&target, REAL).agreed.get(&Category::HostKey).map(String::as_str), Some("ssh-rsa"));
    }
}

#[test]
fn a_dropbear_without_the_key_that_it_offers_is_found_out_by_experiment() {
    if !dropbear_is_there("a_dropbear_without_the_key_that_it_offers_is_found_out_by_experiment") {
        return;
    }
    for (key, works_with) in [("ecdsa", "ecdsa-sha2-nistp256"), ("ed25519", "ssh-ed25519")] {
        let folder = tempfile::tempdir().unwrap();
        let server = dropbear(folder.path(), &[key]);
        let target = probe(server.address(), &["cucm-12.5", "cucm-14"]);
        for client in &target.clients {
            let broken = client.handshake.as_ref().unwrap().broken.as_ref().unwrap();
            assert!(["ssh-rsa", "rsa-sha2-256"].contains(&broken.algorithm.as_str()), "{broken:?}");
            assert_eq!((broken.category, broken.works_with.as_str()), (Category::HostKey, works_with));
            assert!(client.remedy[0].commands[0].starts_with("dropbearkey -t rsa"), "{:?}", client.remedy);
        }
        let diagnosis = run("diagnose", &["--primary", &server.address().to_string()], &[REAL]).1;
        let said = diagnosis.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("cannot sign with it; with {works_with} it works")), "{diagnosis}");
    }
}

/// Dropbear 2022.83 offers rsa-sha2-256 and ssh-rsa though it has no RSA key, and its child dies when one of them
/// is agreed on ("Failed assertion (rsa.c:164)"). No list shows that: the handshake does.
#[test]
fn dropbear_that_offers_a_key_which_it_does_not_have() {
    if dropbear_is_there("dropbear_that_offers_a_key_which_it_does_not_have") {
        let folder = tempfile::tempdir().unwrap();
        let server = dropbear(folder.path(), &["ed25519"]);
        let target = probe(server.address(), &[REAL]);
        assert_eq!(jsch::login(server.address()).result, Access::Refuses);
        assert!(!target.is_fine());
        let client = client(&target, REAL);
        assert_eq!(client.result == Access::Accepts, client.disagreement.is_some(), "{client:#?}");
    }
}

#[test]
fn tinyssh_lets_nobody_in() {
    let test = "tinyssh_lets_nobody_in";
    if !available(test, &[&["tinysshd", "tinysshd-makekey", "nmap"][..], &jsch::PARTS].concat()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    succeed(Command::new(program("tinysshd-makekey").unwrap()).arg(&keys));
    let server = Tinyssh::start(&keys, &folder.path().join("log"));
    let target = agreement::examine(server.address);
    assert!(target.clients.iter().all(|client| client.result == Access::Refuses), "{:#?}", target.clients);
    assert!(target.remedy.iter().all(|remedy| remedy.line.is_none()), "{:#?}", target.remedy);
}

/// tinysshd speaks on its standard input and output: it is started for each connection, as inetd does.
struct Tinyssh {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Tinyssh {
    fn start(keys: &Path, log: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let (keys, log, ended) = (keys.to_owned(), File::create(log).unwrap(), Arc::clone(&stopped));
        let listener = thread::spawn(move || {
            let mut children: Vec<Child> = Vec::new();
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                children.push(serve(stream, &keys, &log).unwrap());
            }
            for mut child in children {
                let _ = child.kill();
                let _ = child.wait();
            }
        });
        Self { address, stopped, listener: Some(listener) }
    }
}

impl Drop for Tinyssh {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn serve(stream: TcpStream, keys: &Path, log: &File) -> io::Result<Child> {
    let input = OwnedFd::from(stream.try_clone()?);
    Command::new(program("tinysshd").unwrap_or_default())
        .arg(fs::canonicalize(keys)?)
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(OwnedFd::from(stream)))
        .stderr(log.try_clone()?)
        .spawn()
}
