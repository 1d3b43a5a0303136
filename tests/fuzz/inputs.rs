//! Inputs: what the fixtures hold, and what becomes of it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

/// Of a fixture's bytes so many are taken: a mutation in the midst of half a megabyte tells nothing more.
const TAKEN: usize = 12_000;

/// An input larger than this is the growth tests' matter.
const MOST: usize = 60_000;

/// What a parser may trip over: characters that steer a terminal or hide, markup, numbers at their edges, delimiters.
const NASTY: [&[u8]; 28] = [
    b"\x1b]0;title\x07",
    b"\x1b[2J",
    b"\x9b31m",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{61c}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{e0041}".as_bytes(),
    "\u{2028}".as_bytes(),
    b"\0\0\0",
    b"\xff\xfe",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x80\x00\x00\x00",
    b"\r",
    b"\n\n",
    b"\r\n",
    b"<script>alert(1)</script>",
    b"&#27;&lt;",
    b"https://evil.example/",
    b"18446744073709551616",
    b"-1",
    b",,,,",
    b"\"\\\"",
    b"[[[[{{{{",
    b"%s%n../../../etc/passwd",
    b"9999 99 99 99:99:99,999",
    b"admin:",
];

/// A change to a text.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Cut(Index, Index),
    Keep(Index),
    Insert(Index, Vec<u8>),
    /// A part of another fixture.
    Splice(Index, Index, Index, Index),
    Repeat(Index, Index, usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let between = |a: &Index, b: &Index, length: usize| {
            let (a, b) = (a.index(length + 1), b.index(length + 1));
            a.min(b)..a.max(b)
        };
        let at = |index: &Index, length: usize| index.index(length + 1);
        match self {
            Self::Flip(index, mask) if !bytes.is_empty() => {
                let place = index.index(bytes.len());
                bytes[place] ^= mask;
            }
            Self::Flip(..) => {}
            Self::Cut(from, to) => drop(bytes.drain(between(from, to, bytes.len()))),
            Self::Keep(index) => bytes.truncate(at(index, bytes.len())),
            Self::Insert(index, what) => splice(bytes, at(index, bytes.len()), what),
            Self::Splice(index, other, from, to) => {
                let other = other.get(&FIXTURES);
                splice(bytes, at(index, bytes.len()), &other[between(from, to, other.len())]);
            }
            Self::Repeat(from, to, times) => {
                let part = bytes[between(from, to, bytes.len())].to_vec();
                let times = (*times).min(MOST / part.len().max(1));
                splice(bytes, at(to, bytes.len()), &part.repeat(times));
            }
        }
        bytes.truncate(MOST);
    }
}

fn splice(bytes: &mut Vec<u8>, at: usize, what: &[u8]) {
    bytes.splice(at..at, what.iter().copied());
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (any::<Index>(), 1_u8..).prop_map(|(at, mask)| Change::Flip(at, mask)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Cut(from, to)),
        1 => any::<Index>().prop_map(Change::Keep),
        3 => (any::<Index>(), prop::sample::select(NASTY.as_slice()))
            .prop_map(|(at, what)| Change::Insert(at, what.to_vec())),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, what)| Change::Insert(at, what)),
        2 => (any::<Index>(), any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(at, other, from, to)| Change::Splice(at, other, from, to)),
        2 => (any::<Index>(), any::<Index>(), 1_usize..400)
            .prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
    ]
}

/// One of these texts after a few changes; now and then bytes that never were a text.
pub fn changed(texts: &'static [Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    assert!(!texts.is_empty());
    let mutated =
        (prop::sample::select(texts), prop::collection::vec(change(), 0..6)).prop_map(|(mut bytes, changes)| {
            for change in changes {
                change.apply(&mut bytes);
            }
            bytes
        });
    prop_oneof![9 => mutated, 1 => prop::collection::vec(any::<u8>(), 0..400)]
}

/// What the files below this folder of fixtures hold, each in its first bytes.
pub fn below(folder: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    read_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder), &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

fn read_below(path: &Path, found: &mut Vec<Vec<u8>>) {
    if path.is_dir() {
        let mut paths: Vec<PathBuf> = path.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            read_below(&path, found);
        }
    } else if path.file_name().is_none_or(|name| name != "README.md" && name != "expected.txt") {
        let mut bytes = std::fs::read(path).unwrap();
        bytes.truncate(TAKEN);
        found.push(bytes);
    }
}

/// Every fixture.
pub static FIXTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| [below("."), sessions()].concat());

/// Traces, texts with alarms, and archives of traces.
pub static TRACES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut texts: Vec<Vec<u8>> = ["story/traces", "cdrrepmgr00073.log", "archives"].map(below).concat();
    texts.extend(below("cases").into_iter().filter(|text| {
        let text = String::from_utf8_lossy(text);
        text.contains("CDR") && !text.contains("kex_algorithms")
    }));
    texts.extend([packed(&texts[0]), zipped(&texts[0]), taped(&texts[0])]);
    texts.extend(sessions());
    texts
});

/// Listings.
pub static LISTINGS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| [below("listings"), below("story/preserve.txt"), sessions()].concat());

/// Saved answers of every form.
pub static SAVED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut texts =
        [below("saved"), below("story/primary.json"), below("story/secondary.json"), below("learn")].concat();
    texts.extend(below("cases"));
    texts.retain(|text| cdrdiag::saved::parse(text).is_ok());
    texts
});

/// What `profile learn` reads: logs, captures, cdrdiag's own answers.
pub static LOGS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut texts = below("learn");
    texts.extend(below("cases").into_iter().filter(|text| {
        let text = String::from_utf8_lossy(text);
        text.contains("sshd") || text.contains("matching") || text.contains("[algorithms]")
    }));
    texts.push(pcapng());
    texts
});

/// Profiles and configurations.
pub static TOML: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut texts = [below("cdrdiag.toml"), below("cases/ssh-verdict-cerberus-aes256/cerb-client.toml")].concat();
    read_below(&data.join("profiles"), &mut texts);
    texts.push(
        br#"{"id":"x","title":"X","releases":[],"source":["s"],"algorithms":{"kex":["a"],"cipher":["b"],"mac":["c"]}}"#
            .to_vec(),
    );
    texts
});

/// What a terminal program keeps of a session on CUCM's command line.
fn sessions() -> Vec<Vec<u8>> {
    let parts = [
        "Command Line Interface is starting up, please wait ...\r\n\r\n   Welcome to the Platform Command Line Interface\r\n\r\n",
        "admin:utils service list\r\nRequesting service status, please wait...\r\nSystem SSH [STARTED]\r\nCisco CDR Agent[STARTED]\r\nCisco CDR Repository Manager[STOPPED]  Service Not Activated\r\nPrimary Node =true\r\n",
        "admin:show status\r\n\r\nHost Name          : cucm-pub\r\nDate               : Tue Jul 16, 2019 10:15:01\r\nTime Zone          : Central European Time (Europe/Berlin)\r\nProduct Ver        : 12.5.1.11900-146\r\nDisk/active         14154228K         222000K       13212228K (94%)\r\nDisk/logging        49573612K       38000000K       9055000K (81%)\r\n",
        "admin:show version active\r\nActive Master Version: 12.5.1.11900-146\r\n",
        "admin:utils fips status\r\nThe system is operating in NON-FIPS mode. FIPS mode is disabled.\r\n",
        "admin:run sql select hostname, username from billingserver\r\nhostname   username\r\n========== ========\r\n10.0.0.5   billing\r\n",
        "admin:file list activelog cm/cdr_repository/preserve/20190715 detail\r\n15 Jul,2019 04:12:03        1,234  cdr_C_01_201907150412_1\r\ndir count = 0, file count = 1\r\nadmin:",
    ];
    let whole = parts.concat();
    [whole.as_str()].into_iter().chain(parts).map(|text| text.as_bytes().to_vec()).collect()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, text).unwrap();
    packer.finish().unwrap()
}

fn zipped(text: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("cdrrepmgr00001.log", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, text).unwrap();
    archive.finish().unwrap().into_inner()
}

fn taped(text: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    archive.append_data(&mut header, "log4j/cdrrepmgr00001.log", text).unwrap();
    archive.into_inner().unwrap()
}

/// A capture in the newer form (pcapng) with an interface and an empty packet.
fn pcapng() -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes(), &length, body, &length].concat()
    };
    let header = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let packet = [&[0; 12][..], &[4, 0, 0, 0], &[4, 0, 0, 0], &[0x45, 0, 0, 4]].concat();
    [block(0x0a0d_0d0a, &header), block(1, &[101, 0, 0, 0, 0, 0, 0, 0]), block(6, &packet)].concat()
}
