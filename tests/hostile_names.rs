//! Names that lead out of an archive or a folder, for every command that reads one: nothing outside is read or written,
//! and nothing is taken for healthy that was left out.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use walkdir::WalkDir;
use zip::write::SimpleFileOptions;

const NAMES: [&str; 7] = [
    "../../cdrrepmgr00001.log",
    "/etc/cdrrepmgr00002.log",
    "C:\\windows\\cdrrepmgr00003.log",
    "..\\..\\cdrrepmgr00004.log",
    "a/../../../cdrrepmgr00005.log",
    "\\\\server\\share\\cdrrepmgr00006.log",
    "con/cdrrepmgr00007.log",
];

const SECRET: &str = "top-secret-of-this-machine";

/// A folder `in/here` to work in, with a secret beside `in`.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        fs::create_dir_all(place.here()).unwrap();
        let trace = String::from_utf8(trace()).unwrap();
        fs::write(place.0.path().join("secret"), trace.replace("1.1.1.1", SECRET)).unwrap();
        place
    }

    fn here(&self) -> PathBuf {
        self.0.path().join("in/here")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.here().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Every file and link with what it holds.
    fn held(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = WalkDir::new(self.0.path()).into_iter().flatten().filter(|entry| !entry.file_type().is_dir());
        let bytes = |entry: &walkdir::DirEntry| {
            if entry.path_is_symlink() { Vec::new() } else { fs::read(entry.path()).unwrap_or_default() }
        };
        entries.map(|entry| (entry.path().to_owned(), bytes(&entry))).collect()
    }

    /// Runs it here; whatever it is, it changes nothing, tells no secret and ends by itself.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let before = self.held();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
        command.args(arguments).current_dir(self.here()).env("HOME", self.0.path()).stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let (text, error) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert_eq!(self.held(), before, "{arguments:?}");
        assert!(!text.contains(SECRET) && !error.contains(SECRET), "{arguments:?}: {text} {error}");
        (status.code().unwrap(), text + &error)
    }
}

fn trace() -> Vec<u8> {
    fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cdrrepmgr00073.log")).unwrap()
}

fn zip(names: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(&trace()).unwrap();
    }
    archive.add_symlink("cdrrepmgr00008.log", "../../secret", SimpleFileOptions::default()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// As a program writes it that checks nothing.
fn tar(names: &[&str]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let header = |name: &str, kind: tar::EntryType, length: usize| {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(length as u64);
        header.set_mode(0o644);
        header
    };
    for name in names {
        let mut header = header(name, tar::EntryType::Regular, trace().len());
        header.set_cksum();
        archive.append(&header, trace().as_slice()).unwrap();
    }
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut header = header("cdrrepmgr00008.log", kind, 0);
        header.set_link_name("../../secret").unwrap();
        header.set_cksum();
        archive.append(&header, [].as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn names_in_an_archive_are_names_alone() {
    for (name, bytes) in [("a.zip", zip(&NAMES)), ("a.tar", tar(&NAMES))] {
        let place = Place::new();
        place.write(name, &bytes);
        for command in ["parse-log", "diagnose"] {
            for path in [name, "."] {
                let (code, text) = place.run(&[command, path, "--json", "-q"]);
                let answer: Value = serde_json::from_str(&text).unwrap();
                let log = if command == "diagnose" { &answer["parse_log"] } else { &answer };
                let inputs = log["inputs"].to_string();
                let read = NAMES.iter().filter(|name| inputs.contains(&Value::from(**name).to_string()[2..]));
                assert_eq!((code, read.count()), (1, NAMES.len()), "{name}: {log:#}");
            }
        }
        for arguments in
            [&["backlog", name][..], &["probe", name], &["profile", "learn", name], &["profile", "show", name]]
        {
            assert!(place.run(arguments).0 >= 1, "{arguments:?}");
        }
    }
}

#[test]
fn links_in_a_folder_lead_nowhere() {
    let place = Place::new();
    place.write("traces/cdrrepmgr00001.log", b"2024-05-06 07:00:00,001 INFO  [main] cdrrep.X (X.java:1) - nothing\n");
    for (link, to) in [
        ("traces/cdrrepmgr00002.log", "../../../secret"),
        ("traces/cdrrepmgr00003.log", "/dev/zero"),
        ("traces/cdr_Main_01_202503090001_1", "../../../secret"),
        ("traces/up", "../.."),
        ("traces/root", "/"),
        ("traces/loop", "."),
        ("traces/gone", "nowhere"),
    ] {
        symlink(to, place.here().join(link)).unwrap();
    }
    place.write("password", b"x\n");
    for command in ["parse-log", "diagnose"] {
        let (code, text) = place.run(&[command, "traces"]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("a link") && !text.to_lowercase().contains("healthy"), "{text}");
    }
    place.run(&["backlog", "traces"]);
    let hand_in = ["deliver", "127.0.0.1:1", "-u", "x", "-d", "/", "--password-file", "password", "--yes"];
    let (code, text) = place.run(&[&hand_in[..], &["--files", "traces"]].concat());
    assert_eq!((code, text.contains("a link")), (3, true), "{text}");
}

#[test]
fn what_a_collection_says_of_its_paths_leads_nowhere() {
    let place = Place::new();
    let leads = ["../../secret", "/etc/passwd", "C:\\secret", "traces/../../../secret"];
    let trace = |path: &str| {
        json!({"name": "cdrrepmgr00001.log", "path": path, "node_path": path, "listed_bytes": 1, "bytes": 1,
            "sha256": "0", "complete": true})
    };
    let waiting = |path: &str| {
        json!({"name": "cdr_Main_01_202503090001_1", "folder": path, "path": path, "listed_bytes": 1, "bytes": 1,
            "complete": true})
    };
    let listing = |path: &str| json!({"folder": path, "path": path, "outcome": "listed", "files": 1, "bytes": 1});
    let node = json!({"target": "n", "host": "n", "port": 22, "address": null, "user": "u", "host_name": null,
        "release": null, "time_zone": null, "fips": null, "host_key": null});
    let collection = json!({"schema": "cdrdiag/collect/v1", "version": "0.1.0", "verdict": "ok", "node": node,
        "services": [], "billing_servers": [], "traces": leads.map(trace), "listings": leads.map(listing),
        "waiting": leads.map(waiting), "commands": [], "warnings": [], "out": "../.."});
    place.write("out/collection.json", collection.to_string().as_bytes());
    place.write("out/waiting/20250309/cdr_Main_01_202503090001_1", b"x");
    for arguments in [&["diagnose", "out"][..], &["parse-log", "out"], &["backlog", "out"]] {
        assert!(place.run(arguments).0 >= 1, "{arguments:?}");
    }
}

#[test]
fn a_client_s_name_leads_no_profile_elsewhere() {
    let place = Place::new();
    let line = |host: &str| {
        format!(
            "sshd[1]: Unable to negotiate with {host} port 5: no matching MAC found. Their offer: hmac-md5 [preauth]\n"
        )
    };
    let log: String = ["../../x", "/etc/x", "10.0.0.1", "..", "C:\\x"].map(line).concat();
    place.write("sshd.log", log.as_bytes());
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
    command.args(["profile", "learn", "sshd.log", "--out", "learned.toml"]).current_dir(place.here());
    command.output().unwrap();
    let outside = place.held().into_keys().filter(|path| path.parent() != Some(place.here().as_path()));
    assert_eq!(outside.collect::<Vec<_>>(), [Path::new(place.0.path()).join("secret")]);
    assert!(place.held().keys().any(|path| path.to_string_lossy().contains("learned")));
}
