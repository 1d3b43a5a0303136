//! cdrdiag's own answer: the binary, asked for its JSON.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use cdrdiag::document::compare::Compare;
use cdrdiag::document::probe::{Client, Probe, Target};
use serde::de::DeserializeOwned;

/// What `cdrdiag probe` says of this server, judged by these profiles, each proved by a handshake.
pub fn probe(address: SocketAddr, profiles: &[&str]) -> Target {
    let (_, document): (_, Probe) = answer("probe", &[&address.to_string()], profiles);
    let [target] = <[Target; 1]>::try_from(document.targets).expect("one target");
    assert!(target.error.is_none(), "{:?}", target.error);
    target
}

/// What `cdrdiag compare` says of these, and its exit code.
pub fn compare(targets: &[&str], profiles: &[&str]) -> (i32, Compare) {
    answer("compare", targets, profiles)
}

fn answer<D: DeserializeOwned>(name: &str, targets: &[&str], profiles: &[&str]) -> (i32, D) {
    let (code, text) = run(name, &[&["--json"], targets].concat(), profiles);
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// The exit code and what stands on standard output.
pub fn run(name: &str, arguments: &[&str], profiles: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
    command.args([name, "--timeout", "60"]).args(arguments);
    command.args(profiles.iter().flat_map(|profile| ["--profile", profile]));
    // No configuration file of the user's or of the folder's has a say here.
    let nowhere = env!("CARGO_TARGET_TMPDIR");
    command.env("HOME", nowhere).env("XDG_CONFIG_HOME", nowhere).current_dir(nowhere);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    (output.status.code().expect("an exit code"), String::from_utf8(output.stdout).unwrap())
}

/// The verdict of one profile.
pub fn client<'a>(target: &'a Target, profile: &str) -> &'a Client {
    target.clients.iter().find(|client| client.profile == profile).expect("the profile that was asked for")
}
