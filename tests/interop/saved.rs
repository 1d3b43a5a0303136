//! What other programs write about a server tells what cdrdiag reads from the server itself.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use cdrdiag::model::offer::{Category, Offer};
use cdrdiag::saved::{Form, SavedServer, parse};

use super::agreement::offer;
use super::answer::probe;
use super::parts::{available, program};
use super::sshd::{Configuration, PARTS};

/// What a program prints, on both of its channels; it may fail, as ssh does without a login.
fn printed(name: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program(name).unwrap());
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    [output.stdout, output.stderr].concat()
}

fn saved(bytes: &[u8], form: Form) -> SavedServer {
    let saved = parse(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    assert_eq!((saved.form, saved.servers.len()), (form, 1));
    saved.servers.into_iter().next().unwrap()
}

/// Holds the lists that a saved answer tells against those that the server sent, and the others to be these.
fn agree(told: &Offer, sent: &Offer, unknown: &[Category]) {
    for category in Category::NEGOTIATED {
        let expected = sent.get(category).filter(|_| !unknown.contains(&category));
        assert_eq!(told.get(category), expected, "{category}");
    }
}

fn check(test: &str, name: &str, read: impl Fn(SocketAddr, &Offer)) {
    if available(test, &[&PARTS[..], &[name]].concat()) {
        let configuration = Configuration::new(&["rsa -b 3072", "ed25519"], "MACs hmac-sha1,hmac-sha2-256");
        let sshd = configuration.start();
        let target = probe(sshd.address(), &["cucm-14"]);
        read(sshd.address(), offer(&target));
    }
}

#[test]
fn the_log_of_ssh_holds_the_servers_whole_kexinit() {
    check("the_log_of_ssh_holds_the_servers_whole_kexinit", "ssh", |address, sent| {
        let port = address.port().to_string();
        let options = [
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ];
        for verbosity in ["-vv", "-vvv"] {
            let log = printed("ssh", &[&options[..], &[verbosity, "-p", &port, "127.0.0.1", "true"]].concat());
            let server = saved(&log, Form::OpensshLog);
            assert_eq!(server.offer.as_ref(), Some(sent), "{verbosity}");
            assert_eq!((server.port, server.host_keys.len()), (Some(address.port()), 1));
        }
    });
}

#[test]
fn the_text_of_ssh_audit_is_read() {
    check("the_text_of_ssh_audit_is_read", "ssh-audit", |address, sent| {
        use Category::{CipherC2s, CompressionC2s, CompressionS2c, MacC2s};
        let port = address.port().to_string();
        for options in [&["-n"][..], &[]] {
            let text = printed("ssh-audit", &[options, &["-p", &port, "127.0.0.1"]].concat());
            let server = saved(&text, Form::SshAuditText);
            agree(&server.offer.unwrap(), sent, &[CipherC2s, MacC2s, CompressionC2s, CompressionS2c]);
        }
    });
}

#[test]
fn nmaps_output_is_read_as_it_was_and_as_people_pass_it_on() {
    check("nmaps_output_is_read_as_it_was_and_as_people_pass_it_on", "nmap", |address, sent| {
        let port = address.port().to_string();
        let scan = |more: &[&str]| {
            let basic = ["-Pn", "-n", "--script", "+ssh2-enum-algos", "-p", &port, "127.0.0.1"];
            String::from_utf8(printed("nmap", &[&basic[..], more].concat())).unwrap()
        };
        for more in [&[][..], &["-v"], &["-sV", "-vv"], &["-sV", "--reason"]] {
            let text = scan(more);
            let collapsed =
                text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
            for passed_on in
                [text.clone(), text.replace('\n', "\r\n    "), text.replace('\n', "\n> "), collapsed.join("\n")]
            {
                let server = saved(passed_on.as_bytes(), Form::NmapText);
                agree(&server.offer.unwrap(), sent, &[]);
                let software = server.identification.and_then(|found| found.software);
                assert_eq!(software.as_deref(), more.contains(&"-sV").then_some("OpenSSH"), "{more:?}");
            }
        }
    });
}
