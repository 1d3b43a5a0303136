//! The parsers alone: the same bytes twice, and what comes out no larger than what the form allows.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::sync::LazyLock;

use cdrdiag::algorithms::profile_file::{self, ProfileFormat};
use cdrdiag::backlog::listing;
use cdrdiag::cucm::{services, status, table, terminal, transcript};
use cdrdiag::learn::collector::Collector;
use cdrdiag::learn::source;
use cdrdiag::log4j::records::{self, Header};
use cdrdiag::model::offer::{Category, Offer, split_list};
use cdrdiag::ssh::known_hosts::{Fingerprint, KnownHosts};
use cdrdiag::ssh::packet::{self, Message};
use cdrdiag::ssh::sftp::Sftp;
use cdrdiag::ssh::target::Target;
use cdrdiag::ssh::{greeting, host_key, identification, kexinit};
use cdrdiag::trace::causes::Causes;
use cdrdiag::trace::events;
use cdrdiag::{alarms, config, saved, text};
use proptest::prelude::*;

use crate::cases;
use crate::inputs::{self, FIXTURES, LISTINGS, LOGS, SAVED, TOML, TRACES, changed};

/// What reading gives, which is the same when it is read again.
fn twice<T: Debug + PartialEq>(read: impl Fn() -> T) -> T {
    let found = read();
    assert_eq!(found, read());
    found
}

/// The same, where nothing more is asked of it.
fn alike<T: Debug>(read: impl Fn() -> T) {
    twice(|| format!("{:?}", read()));
}

/// What a server or a client sends first, and what stands in its packets.
static WIRE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut offer = Offer { first_kex_packet_follows: Some(false), ..Offer::default() };
    for category in Category::ALL {
        offer.set(category, split_list("a,b@c,kex-strict-s-v00@openssh.com"));
    }
    let payload = kexinit::write(&offer, [7; 16]);
    let hello = b"\0\0\0\x18\x02\0\0\0\x03\0\0\0\x13statvfs@openssh.com\0\0\0\x012";
    let goodbye = packet::write(b"\x01\0\0\0\x0c\0\0\0\x10Too many of you!\0\0\0\0");
    let key = b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\0\x05\0\xff\xff\xff\xff".to_vec();
    let mut texts = vec![
        [b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", packet::write(&payload).as_slice()].concat(),
        [b"Welcome\r\nSSH-2.0-x\r\n", packet::write(b"\x02\0\0\0\0").as_slice(), &goodbye].concat(),
        payload,
        goodbye,
        key,
        [hello.as_slice(), b"\0\0\0\x15\x65\0\0\0\x01\0\0\0\x04\0\0\0\x04Text\0\0\0\0"].concat(),
        [hello.as_slice(), b"\0\0\0\x0a\x66\0\0\0\x01\0\0\0\x01h"].concat(),
    ];
    texts.extend(inputs::below("identifications.tsv"));
    texts
});

/// What people keep of hosts: `known_hosts`, targets, fingerprints, passwords.
static LINES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    [
        "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAABQD/////\n",
        "@revoked *.example.com,!10.0.0.? ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP//\n[10.0.0.5]:2222 ssh-rsa AAAA\n# x\n",
        "sftp://[fe80::1%eth0]:22/",
        "billing.example.com:2222",
        "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg",
        "md5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
});

/// A server that answers whatever it is asked by what it holds.
struct Scripted(VecDeque<u8>);

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every request of a delivery, to a server that holds these answers.
fn delivered(answers: &[u8]) -> Vec<String> {
    let mut sftp = match Sftp::start(Scripted(answers.iter().copied().collect())) {
        Ok(sftp) => sftp,
        Err((error, _)) => return vec![error.to_string()],
    };
    let mut said = Vec::new();
    let mut note = |what: String| said.push(what);
    note(format!("{:?}", sftp.real_path("x").map_err(|error| error.to_string())));
    note(format!("{:?}", sftp.stat("x").map_err(|error| error.to_string())));
    note(format!("{:?}", sftp.space("x").map_err(|error| error.to_string())));
    match sftp.create("x") {
        Ok(handle) => note(format!("{:?}", sftp.write(&handle, b"text").map_err(|error| error.to_string()))),
        Err(error) => note(error.to_string()),
    }
    said
}

fn largest(offer: &Offer) -> usize {
    Category::ALL.into_iter().filter_map(|category| offer.get(category)).map(<[String]>::len).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_comes_over_the_wire(bytes in changed(&WIRE)) {
        let kexinit = twice(|| kexinit::parse(&bytes));
        prop_assert!(kexinit.is_err() || kexinit.is_ok_and(|offer| largest(&offer) <= bytes.len()));
        alike(|| identification::Reader::default().advance(&bytes));
        alike(|| bytes.split(|byte| *byte == b'\n').map(identification::parse).collect::<Vec<_>>());
        alike(|| greeting::Reader::default().advance(&bytes));
        alike(|| packet::first(&bytes).map(|packet| packet.map(|packet| (packet.size, packet.payload.to_vec()))));
        alike(|| Message::of(&bytes));
        alike(|| host_key::describe(&bytes));
        alike(|| delivered(&bytes));
        let from = bytes.len() / 2;
        alike(|| delivered(&[b"\0\0\0\x05\x02\0\0\0\x03", &bytes[from..]].concat()));
    }

    #[test]
    fn what_people_keep_of_hosts(bytes in changed(&LINES)) {
        let text = text::decode(&bytes);
        alike(|| KnownHosts::parse(&text));
        alike(|| Target::parse(&text, 22));
        alike(|| Fingerprint::parse(&text));
        alike(|| text::decode_whole(&bytes));
        for line in text.lines() {
            alike(|| Target::parse(line, 22));
        }
    }

    #[test]
    fn what_the_command_line_of_cucm_prints(bytes in changed(&LISTINGS)) {
        let found = twice(|| listing::parse(&bytes));
        let entries: usize = found.sections.iter().map(|section| section.entries.len() + section.folders.len()).sum();
        prop_assert!(entries <= bytes.len());
        prop_assert!(found.first_skipped.is_none_or(|line| line.chars().count() <= 80));
        let text = text::decode(&bytes);
        let plain = terminal::plain(&bytes);
        prop_assert!(!plain.contains('\u{1b}'), "{:?}", plain);
        prop_assert!(twice(|| transcript::split(&bytes)).len() <= bytes.len());
        alike(|| services::parse(&text));
        alike(|| (status::parse(&text), status::release(&text), status::fips(&text)));
        alike(|| table::parse(&text));
    }

    #[test]
    fn saved_answers(bytes in changed(&SAVED)) {
        match twice(|| saved::parse(&bytes)) {
            Ok(found) => prop_assert!(found.servers.iter().flat_map(|server| &server.offer).all(|offer| largest(offer) <= 2_000)),
            Err(error) => prop_assert!(!error.to_string().contains('\n') && error.to_string().len() < 1_000, "{}", error),
        }
    }

    #[test]
    fn logs_and_captures(bytes in changed(&LOGS)) {
        let (clients, warnings) = twice(|| {
            let mut collector = Collector::default();
            let read = source::read(bytes.as_slice(), "x", &mut collector);
            (read.map_err(|error| error.to_string()).is_ok(), collector.finish())
        }).1;
        prop_assert!(clients.len() <= 500 && warnings.len() <= 60);
    }

    #[test]
    fn profiles_and_configurations(bytes in changed(&TOML)) {
        let text = text::decode(&bytes);
        for format in [ProfileFormat::Toml, ProfileFormat::Json, ProfileFormat::of(&text)] {
            if let Ok(profile) = twice(|| profile_file::parse(&text, format).map_err(|error| error.to_string())) {
                let written = profile_file::to_toml(&profile).unwrap();
                let again = profile_file::parse(&written, ProfileFormat::Toml).unwrap();
                prop_assert_eq!(again.algorithms, profile.algorithms);
            }
        }
        if let Err(mistake) = twice(|| config::parse(&text).map_err(|mistake| mistake.to_string())) {
            prop_assert!(mistake.len() < 2_000, "{}", mistake);
        }
    }

    #[test]
    fn alarms_and_records(bytes in changed(&TRACES)) {
        let text = text::decode(&bytes);
        alike(|| alarms::read("x", &text));
        let mut lines = bytes.split(|byte| *byte == b'\n');
        while let Some(line) = lines.next() {
            let header = Header::parse(line);
            let event = header.as_ref().and_then(|header| events::read(header, lines.clone().next().unwrap_or_default()));
            prop_assert!(event.is_none() || header.is_some());
            alike(|| records::classify_line(line));
        }
    }

    #[test]
    fn messages(bytes in changed(&FIXTURES)) {
        let text = text::decode(&bytes);
        for line in text.lines().take(60) {
            alike(|| Causes::builtin().classify(line).map(|found| found.cause.to_owned()));
        }
        alike(|| Causes::builtin().classify(&text).map(|found| found.cause.to_owned()));
    }
}
