//! What people hand on is packed, often twice: each form tells what the plain trace tells, or is named as not read.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const FAILING: &str = "fixtures/cdrrepmgr00073.log";
const NAME: &str = "node1/cdrrepmgr00073.log";
const HEALTHY: &[u8] = b"2024-05-06 07:00:00,001 INFO  [main] cdrrep.CDRSender (CDRSender.java:1) - nothing to do\n";

fn trace() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(FAILING)).unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    packed
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An archive of two entries of one name, the failing trace first.
fn twice() -> Vec<u8> {
    let mut bytes = zip(&[("cdrrepmgr00001.log", &trace()), ("cdrrepmgr00002.log", HEALTHY)]);
    for at in memchr::memmem::find_iter(&bytes.clone(), b"cdrrepmgr00002.log") {
        bytes[at..at + 18].copy_from_slice(b"cdrrepmgr00001.log");
    }
    bytes
}

/// An archive whose entry says that it is encrypted (APPNOTE, 4.4.4, bit 0).
fn locked() -> Vec<u8> {
    let mut bytes = zip(&[("cdrrepmgr00001.log", &trace())]);
    bytes[6] |= 1;
    let central = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    bytes[central + 8] |= 1;
    bytes
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// So many times 16 MiB in 16 KiB: a trace of one healthy record, and then ever the same.
fn bomb(times: usize) -> Vec<u8> {
    let mut filler = Vec::new();
    let same = vec![b'x'; 1 << 24];
    flate2::read::GzEncoder::new(&same[..], flate2::Compression::best()).read_to_end(&mut filler).unwrap();
    [gz(HEALTHY), filler.repeat(times)].concat()
}

/// The exit code, the JSON answer and the first lines of the text.
fn parse_log(path: &Path) -> (i32, Value, String) {
    let run = |args: &[&str]| Command::cargo_bin("cdrdiag").unwrap().arg("parse-log").arg(path).args(args).output();
    let json = run(&["--json"]).unwrap();
    let answer = serde_json::from_slice(&json.stdout).unwrap_or(Value::Null);
    let text = String::from_utf8(run(&[]).unwrap().stdout).unwrap();
    (json.status.code().unwrap(), answer, text.lines().take(4).collect::<Vec<_>>().join("\n"))
}

#[track_caller]
fn tells_of_the_failure(name: &str, bytes: &[u8], read_as: &str) {
    let folder = folder(&[(name, bytes)]);
    for path in [folder.path().to_owned(), folder.path().join(name)] {
        let (code, answer, _) = parse_log(&path);
        assert_eq!(code, 1, "{name}: {answer}");
        assert_eq!(answer["destinations"][0]["delivery_failures"], 1, "{name}");
        assert_eq!(answer["unread"], serde_json::json!([]), "{name}");
        let read = answer["inputs"][0]["path"].as_str().unwrap();
        assert!(read.ends_with(read_as), "{read}");
    }
}

#[test]
fn a_packed_trace_tells_what_the_plain_one_tells() {
    let trace = trace();
    let (in_zip, in_tar) = (zip(&[(NAME, &trace)]), tar(&[(NAME, &trace)]));
    let in_dotted_tar = tar(&[("./a/b.txt", b"x"), ("./cdrrepmgr00073.log.gz", &gz(&trace))]);
    for (name, bytes, read_as) in [
        ("a.tar", in_tar.clone(), "a.tar!/node1/cdrrepmgr00073.log"),
        ("a.tgz", gz(&in_tar), "a.tgz!/node1/cdrrepmgr00073.log"),
        ("a.gz", gz(&in_tar), "a.gz!/node1/cdrrepmgr00073.log"),
        ("a.tar.gz", gz(&in_dotted_tar), "a.tar.gz!/cdrrepmgr00073.log.gz"),
        ("a.zip", zip(&[("b/c.zip", &in_zip)]), "a.zip!/b/c.zip!/node1/cdrrepmgr00073.log"),
        ("a.zip", zip(&[("c.tar.gz", &gz(&in_tar))]), "a.zip!/c.tar.gz!/node1/cdrrepmgr00073.log"),
        ("a.tar", tar(&[("c.zip", &in_zip)]), "a.tar!/c.zip!/node1/cdrrepmgr00073.log"),
        ("a.zip.gz", gz(&in_zip), "a.zip.gz!/node1/cdrrepmgr00073.log"),
        ("cdrrepmgr.log.gz.gz", gz(&gz(&trace)), "cdrrepmgr.log.gz.gz"),
    ] {
        tells_of_the_failure(name, &bytes, read_as);
    }
}

#[test]
fn archives_that_were_put_behind_one_another_are_read_to_the_last() {
    let (trace, healthy) = (trace(), tar(&[("cdrrepmgr00001.log", HEALTHY)]));
    let failing = tar(&[(NAME, &trace)]);
    let plain = [healthy.clone(), failing.clone()].concat();
    let packed = [gz(&healthy), gz(&failing)].concat();
    let zips = [zip(&[("cdrrepmgr00073.log", &trace)]), zip(&[("cdrrepmgr00001.log", HEALTHY)])].concat();
    let padded = [gz(&healthy), vec![0; 4096], gz(&failing), vec![0; 4096]].concat();
    for (name, bytes) in [("both.tar", plain), ("both.tgz", packed), ("both.zip", zips), ("padded.tgz", padded)] {
        let folder = folder(&[(name, &bytes)]);
        let (code, answer, _) = parse_log(&folder.path().join(name));
        assert_eq!((code, &answer["destinations"][0]["host"]), (1, &"1.1.1.1".into()), "{name}: {answer:#}");
    }
}

#[test]
fn a_trace_in_utf_16_tells_what_the_same_in_utf_8_tells() {
    let text = String::from_utf8(trace()).unwrap();
    let marked = format!("\u{feff}{text}");
    let wide = utf_16(&text, u16::to_le_bytes);
    for bytes in [
        wide.clone(),
        utf_16(&text, u16::to_be_bytes),
        utf_16(&marked, u16::to_le_bytes),
        utf_16(&marked, u16::to_be_bytes),
        marked.into_bytes(),
    ] {
        tells_of_the_failure("trace.txt", &bytes, "trace.txt");
    }
    tells_of_the_failure("a.zip", &zip(&[("b.txt", &gz(&wide))]), "a.zip!/b.txt");
}

#[test]
fn an_archive_on_standard_input_is_read() {
    for bytes in [zip(&[(NAME, &trace())]), gz(&tar(&[(NAME, &trace())]))] {
        let mut command = Command::cargo_bin("cdrdiag").unwrap();
        let run = command.args(["parse-log", "-", "--json"]).write_stdin(bytes).assert().code(1);
        let answer: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        assert_eq!(answer["inputs"][0]["path"], format!("-!/{NAME}"));
    }
}

#[test]
fn nothing_is_healthy_beside_what_may_hold_a_trace_and_is_not_read() {
    let docx = zip(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
    let too_deep = (0..5).fold(zip(&[(NAME, &trace())]), |inner, _| zip(&[("inner.zip", &inner)]));
    for (name, bytes, says) in [
        ("traces.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "7-Zip; unpack it (7z x)"),
        ("traces.lz4", b"\x04\x22\x4d\x18\x64\x40".to_vec(), "lz4 -d"),
        ("traces.zst", b"\x28\xb5\x2f\xfd\x24\x01".to_vec(), "zstd -d"),
        ("behind.log", [HEALTHY, &gz(&trace())].concat(), "its end is no text"),
        ("behind.log.gz", [gz(HEALTHY), trace()].concat(), "behind the packed part"),
        ("cut.log.gz", gz(&trace())[..300].to_vec(), "copy it again"),
        ("twice.zip", twice(), "more than once"),
        ("locked.zip", locked(), "password"),
        ("traces.rar", b"Rar!\x1a\x07\x01\0".to_vec(), "RAR"),
        ("traces.docx", docx.clone(), "Word"),
        ("mail.zip", zip(&[("traces.docx", &docx)]), "Word"),
        ("traces.pdf", b"%PDF-1.4\n".to_vec(), "PDF"),
        ("cut.tar", tar(&[(NAME, HEALTHY), ("other.log", &[b'x'; 4096])])[..2600].to_vec(), "tar"),
        ("deep.zip", too_deep, "inside too many others"),
        ("cdrrepmgr00002.log", b"\x89PNG\r\n\x1a\n\0\0\x01\x02\x03".to_vec(), "binary"),
    ] {
        let folder = folder(&[("cdrrepmgr00001.log", HEALTHY), (name, &bytes)]);
        let (code, answer, first) = parse_log(folder.path());
        assert_eq!(code, 1, "{name}: {answer}");
        let warnings = answer["warnings"].to_string();
        assert!(warnings.contains(name) && warnings.contains(says), "{name}: {warnings}");
        assert!(first.contains("INCOMPLETE") && first.contains(name), "{name}: {first}");
    }
}

#[test]
fn a_tar_that_claims_more_than_it_holds_is_named() {
    let mut archive = tar(&[(NAME, &trace())]);
    archive.truncate(1024);
    let folder = folder(&[("a.tar", &archive)]);
    let (code, answer, _) = parse_log(&folder.path().join("a.tar"));
    assert!(code == 1 || code == 3, "{code}: {answer}");
}

#[test]
fn an_archive_bomb_ends_within_its_bounds() {
    let leaf = zip(&[("zeros", &vec![0; 1 << 20])]);
    let bomb = (0..3).fold(leaf, |inner, _| {
        let names: Vec<String> = (0..12).map(|number| format!("{number}.zip")).collect();
        zip(&names.iter().map(|name| (name.as_str(), inner.as_slice())).collect::<Vec<_>>())
    });
    let folder = folder(&[("cdrrepmgr00001.log", HEALTHY), ("bomb.zip", &bomb)]);
    let (code, answer, _) = parse_log(folder.path());
    assert_eq!(code, 1);
    let warnings = answer["warnings"].as_array().unwrap();
    assert!(warnings.len() < 10 && warnings[0].as_str().unwrap().contains("hold too much"), "{warnings:?}");
}

#[test]
fn what_unpacks_without_end_is_read_to_a_bound_and_never_called_healthy() {
    let members: Vec<_> = (0..40).map(|number| (format!("cdrrepmgr{number:05}.log.gz"), bomb(2))).collect();
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    for (what, name, bytes) in [
        ("one file", "cdrrepmgr00001.log.gz", bomb(64)),
        ("packed twice", "cdrrepmgr00001.log.gz.gz", gz(&bomb(64))),
        ("packed thrice", "a.zip", zip(&[("cdrrepmgr00001.log.gz.gz", &gz(&bomb(64)))])),
        ("many in a zip", "a.zip", zip(&members)),
        ("many in a tar that is packed itself", "a.tgz", gz(&tar(&members))),
    ] {
        let folder = folder(&[("cdrrepmgr00002.log", HEALTHY), (name, &bytes)]);
        let started = Instant::now();
        let (code, answer, first) = parse_log(folder.path());
        assert!(started.elapsed() < Duration::from_secs(120), "{what}: {:?}", started.elapsed());
        assert_eq!(code, 1, "{what}: {answer}");
        assert!(first.contains("INCOMPLETE") && first.contains(name), "{what}: {first}");
        assert!(!first.to_lowercase().contains("healthy"), "{what}: {first}");
        let warnings = answer["warnings"].to_string();
        assert!(warnings.contains("more than 100 times its size"), "{what}: {warnings}");
        assert!(warnings.len() < 4_000, "{what}: {warnings}");
    }
}

#[test]
fn what_unpacks_without_end_teaches_no_profile() {
    let folder = folder(&[("sshd.log.gz", &bomb(64))]);
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let run = command.args(["profile", "learn", "sshd.log.gz"]).current_dir(folder.path()).assert().code(3);
    let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(error.contains("sshd.log.gz") && error.contains("more than 100 times its size"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

/// A mail whose attachments are these files.
fn mail(members: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine as _;
    let part = |(name, bytes): &(&str, &[u8])| {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!(
            "--x\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{text}\r\n"
        )
    };
    let head = "From: a@example.com\r\nSubject: the files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; \
                boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee there\r\n";
    format!("{head}{}--x--\r\n", members.iter().map(part).collect::<String>()).into_bytes()
}

/// What `diagnose` concludes, in its own words, and how much it read of each kind.
fn diagnose(arguments: &[&str], folder: &Path) -> Value {
    let story = ["--preserve-days", "30", "--now", "2025-03-12T08:05:00Z", "--json"];
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let run = command.current_dir(folder).arg("diagnose").args(arguments).args(story).assert().code(1);
    let answer: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let headlines: Vec<_> = answer["conclusions"].as_array().unwrap().iter().map(|found| &found["headline"]).collect();
    let compared = ["primary", "secondary"].map(|side| answer["compare"][side]["outcome"].clone());
    let waiting = &answer["backlog"]["totals"]["files"];
    serde_json::json!({ "headlines": headlines, "compare": compared, "waiting": waiting, "unread": answer["unread"] })
}

#[test]
fn what_belongs_to_a_diagnosis_is_taken_from_a_mail_an_archive_and_a_folder_as_it_is_by_name() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/story");
    let expected = diagnose(
        &["traces", "--preserve", "preserve.txt", "--primary", "primary.json", "--secondary", "secondary.json"],
        &story,
    );
    assert_eq!(expected["waiting"], 370);
    assert_eq!(expected["compare"], serde_json::json!(["accepts", "refuses"]));
    let mut members: Vec<(String, Vec<u8>)> = fs::read_dir(story.join("traces"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    members.extend(
        ["preserve.txt", "primary.json", "secondary.json"]
            .map(|name| (name.to_owned(), fs::read(story.join(name)).unwrap())),
    );
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let packed: Vec<_> = members.iter().map(|(name, bytes)| (format!("{name}.gz"), gz(bytes))).collect();
    let packed: Vec<_> = packed.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    for (name, bytes) in [
        ("all.zip", zip(&members)),
        ("all.tgz", gz(&tar(&members))),
        ("mail.eml", mail(&members)),
        ("mail.eml", mail(&[("all.zip", &zip(&members))])),
        ("packed.tar", tar(&packed)),
    ] {
        let folder = folder(&[(name, &bytes)]);
        for given in [name, "."] {
            assert_eq!(diagnose(&[given], folder.path()), expected, "{name} as {given}");
        }
    }
    let folder = folder(&members);
    assert_eq!(diagnose(&["."], folder.path()), expected, "a folder of all");
}
