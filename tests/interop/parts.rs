//! The programs that a test needs, and what happens where one is missing.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the library of the real client may be: Debian's libjsch-java.
const JSCH: &str = "/usr/share/java/jsch.jar";

/// The program's path. sshd insists on being called by its whole path, and is seldom in a user's PATH.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let known = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(known).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// JSch's jar.
pub fn jsch_jar() -> Option<&'static Path> {
    Some(Path::new(JSCH)).filter(|jar| jar.is_file())
}

/// What is missing of these programs; `jsch.jar` stands for the library.
pub fn missing(names: &[&str]) -> Vec<String> {
    let is_there = |name: &str| if name == "jsch.jar" { jsch_jar().is_some() } else { program(name).is_some() };
    names.iter().filter(|name| !is_there(name)).map(|name| (*name).to_owned()).collect()
}

/// Whether the test can run. Where it can't it says so past the harness, which keeps a passing test's output to
/// itself; with `CDRDIAG_REQUIRE_PEERS` it fails.
pub fn available(test: &str, names: &[&str]) -> bool {
    let missing = missing(names);
    if missing.is_empty() {
        return true;
    }
    let what = format!("SKIPPED {test}: not installed here: {}", missing.join(", "));
    assert!(env::var_os("CDRDIAG_REQUIRE_PEERS").is_none(), "{what}");
    let _ = writeln!(io::stderr(), "{what}");
    false
}

#[test]
fn what_is_not_there_is_named() {
    assert_eq!(missing(&["sh", "no-such-program"]), ["no-such-program"]);
}
