//! The real client: JSch, by a small Java program that tries to log in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cdrdiag::document::probe::Access;
use cdrdiag::model::offer::{Category, Offer, split_list};

use super::parts::{jsch_jar, program};
use super::process::succeed;

/// The programs that a login needs.
pub const PARTS: [&str; 3] = ["javac", "java", "jsch.jar"];

/// What became of a login.
#[derive(Debug)]
pub struct Login {
    /// Whether it came as far as the authentication.
    pub result: Access,
    /// The exception's message.
    pub message: String,
    /// The server's KEXINIT as JSch read it.
    pub server: Offer,
    /// Its own.
    pub client: Offer,
    /// What it says was agreed: cipher, MAC and compression of both directions. Empty where nothing was.
    pub agreed: BTreeMap<Category, String>,
    /// The whole of its log.
    pub log: String,
}

/// Tries to log in there, with a password that is wrong for certain.
pub fn login(address: SocketAddr) -> Login {
    let mut java = Command::new(program("java").unwrap());
    // A short life: no time for the optimising compiler, and no need of several collectors' threads.
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]);
    let path = std::env::join_paths([jsch_jar().unwrap(), compiled()]).unwrap();
    java.arg(path).arg("JschLogin").arg(address.ip().to_string()).arg(address.port().to_string()).arg("nobody");
    read(&String::from_utf8(succeed(&mut java).stdout).unwrap())
}

/// The folder with the compiled program.
fn compiled() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jsch");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/JschLogin.java");
        let mut javac = Command::new(program("javac").unwrap());
        succeed(javac.arg("-cp").arg(jsch_jar().unwrap()).arg("-d").arg(&folder).arg(source));
        folder
    })
}

fn read(text: &str) -> Login {
    let log: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("log\t")).collect();
    let local = log.iter().find_map(|line| line.strip_prefix("Local version string: "));
    assert_eq!(local, Some("SSH-2.0-JSCH-0.1.54"), "another JSch than these tests know (0.1.55 calls itself so)");
    let message = text.lines().find_map(|line| line.strip_prefix("outcome\t")).expect("an outcome").to_owned();
    let authenticates = log.contains(&"SSH_MSG_SERVICE_ACCEPT received");
    assert_eq!(authenticates, message == "Auth fail", "{text}");
    Login {
        result: if authenticates { Access::Accepts } else { Access::Refuses },
        message,
        server: lists(&log, "kex: server: "),
        client: lists(&log, "kex: client: "),
        agreed: agreed(&log),
        log: log.join("\n"),
    }
}

/// One line a list, in KEXINIT's order.
fn lists(log: &[&str], start: &str) -> Offer {
    let mut offer = Offer::default();
    let lines: Vec<_> = log.iter().filter_map(|line| line.strip_prefix(start)).collect();
    assert_eq!(lines.len(), Category::ALL.len(), "{log:#?}");
    for (category, list) in Category::ALL.into_iter().zip(lines) {
        offer.set(category, split_list(list));
    }
    offer
}

fn agreed(log: &[&str]) -> BTreeMap<Category, String> {
    let directions = [
        ("kex: server->client ", [Category::CipherS2c, Category::MacS2c, Category::CompressionS2c]),
        ("kex: client->server ", [Category::CipherC2s, Category::MacC2s, Category::CompressionC2s]),
    ];
    let of = |(start, categories): (&str, [Category; 3])| {
        let names = log.iter().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
        categories.into_iter().zip(names.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    directions.into_iter().flat_map(of).collect()
}
