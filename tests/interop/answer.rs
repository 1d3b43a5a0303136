//! cdrdiag's own answer: the binary, asked for its JSON.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use cdrdiag::document::probe::{Client, Probe, Target};

/// What `cdrdiag probe` says of this server, judged by these profiles, each proved by a handshake.
pub fn probe(address: SocketAddr, profiles: &[&str]) -> Target {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
    // No configuration file of the user's or of the folder's has a say here.
    command.args(["probe", "--json", "--timeout", "30"]).arg(address.to_string());
    command.args(profiles.iter().flat_map(|profile| ["--profile", profile]));
    let output = command.stdin(Stdio::null()).current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let document: Probe = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let [target] = <[Target; 1]>::try_from(document.targets).expect("one target");
    assert!(target.error.is_none(), "{:?}", target.error);
    target
}

/// The verdict of one profile.
pub fn client<'a>(target: &'a Target, profile: &str) -> &'a Client {
    target.clients.iter().find(|client| client.profile == profile).expect("the profile that was asked for")
}
