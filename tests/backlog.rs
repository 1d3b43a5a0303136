//! `cdrdiag backlog`, run as people run it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use cdrdiag::document::{self, backlog::Backlog};
use proptest::prelude::*;
use serde_json::Value;

const LISTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/listings");

/// A folder that is there and holds nothing.
const EMPTY: &str =
    "admin:file list activelog /cm/cdr_repository/preserve/20190715/ detail\n dir count = 0, file count = 0\n";

fn listing(name: &str) -> String {
    format!("{LISTINGS}/{name}")
}

fn backlog(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.arg("backlog").args(arguments).env_remove("NO_COLOR");
    command
}

fn text(arguments: &[&str], code: i32) -> String {
    let done = backlog(arguments).assert().code(code);
    String::from_utf8(done.get_output().stdout.clone()).unwrap()
}

/// The JSON answer, valid against the schema that the types give.
fn json(arguments: &[&str], code: i32) -> Value {
    let done = backlog(arguments).arg("--json").assert().code(code);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let schema = serde_json::to_value(document::json_schema::<Backlog>()).unwrap();
    if let Err(error) = jsonschema::validator_for(&schema).unwrap().validate(&answer) {
        panic!("{error} at {}", error.instance_path);
    }
    answer
}

fn stderr(arguments: &[&str], code: i32) -> String {
    let done = backlog(arguments).assert().code(code);
    String::from_utf8(done.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_verdict_with_the_deadline_comes_first() {
    let answer = text(&[&listing("preserve-detail.txt"), "--preserve-days", "30", "--now", "2019-07-25"], 1);
    let first = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    let (first, _) = first.split_once(" waiting 40 CDR").unwrap();
    assert_eq!(first, "80 files wait for delivery; CUCM starts to delete them on 2019-08-14 (UTC), in 20 days.");
    assert!(answer.contains("    file get activelog /cm/cdr_repository/preserve/07152019/*\n"), "{answer}");
    assert!(answer.contains("843987 to 843990"), "{answer}");
    assert!(!answer.contains("\nMind"), "{answer}");
}

#[test]
fn the_document_counts_every_file_once() {
    let path = listing("preserve-detail.txt");
    let answer = json(&[&path, &path, "--preserve-days", "30", "--now", "2019-07-25T12:00:00+02:00"], 1);
    assert_eq!(answer["schema"], "cdrdiag/backlog/v1");
    assert_eq!(answer["verdict"], "problem");
    let totals = &answer["totals"];
    assert_eq!((&totals["files"], &totals["repeated"]), (&80.into(), &80.into()));
    assert_eq!(totals["first_utc"], "2019-07-15T09:14:00Z");
    assert_eq!(totals["bytes"], 33_977 + 50_803 + 50_803);
    let sum =
        |list: &str| answer[list].as_array().unwrap().iter().map(|one| one["files"].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("dates"), sum("groups"), sum("commands")), (80, 80, 80));
    assert_eq!(answer["gaps"][0]["missing"], 4);
    let days: Vec<_> = answer["deadline"]["days"].as_array().unwrap().iter().map(|day| &day["lost_by_then"]).collect();
    assert_eq!(days, [20, 50, 80]);
    assert_eq!(answer["deadline"]["now"], "2019-07-25T10:00:00Z");
}

#[test]
fn with_and_without_detail_the_same_files_wait() {
    let plain = json(&[&listing("preserve-plain.txt")], 1);
    let both = json(&[&listing("preserve-plain.txt"), &listing("preserve-detail.txt")], 1);
    assert_eq!((&plain["totals"]["files"], &both["totals"]["files"]), (&50.into(), &80.into()));
    assert_eq!(plain["totals"]["bytes"], Value::Null);
    assert_eq!(plain["deadline"], Value::Null);
    assert!(plain["deadline_needs"].as_str().unwrap().contains("--preserve-days"));
    assert_eq!(plain["commands"][0]["command"], "file get activelog cm/cdr_repository/preserve/20190715/*");
}

#[test]
fn a_day_that_has_come_is_told_as_such() {
    let path = listing("preserve-detail.txt");
    let answer = text(&[&path, "--preserve-days", "7", "--now", "2019-07-23"], 1).replace("\n  ", " ");
    let expected =
        "CUCM has been deleting them since 2019-07-22 (UTC): 50 of them may be gone already. 30 more go on 2019-07-24.";
    assert!(answer.contains(expected), "{answer}");
}

#[test]
fn nothing_waiting_is_no_problem() {
    let done = backlog(&["-"]).write_stdin(EMPTY).assert().code(0);
    assert!(done.get_output().stdout.starts_with(b"Nothing waits for delivery.\n"));
}

#[test]
fn a_folder_that_cucm_does_not_find_is_not_taken_for_an_empty_one() {
    let answer = text(&[&listing("nothing.txt")], 1);
    assert!(answer.starts_with("What waits is unknown: CUCM finds no folder"), "{answer}");
    assert!(answer.contains("CUCM has no such folder"), "{answer}");
    assert_eq!(json(&[&listing("nothing.txt"), "--preserve-days", "30"], 1)["deadline"], Value::Null);
    let guess = "admin:file list activelog /cm/cdr_repository/preserve/20190716/ detail\nNo such file or directory\n";
    let done = backlog(&["-"]).write_stdin(guess).assert().code(1);
    assert!(done.get_output().stdout.starts_with(b"What waits is unknown"));
}

#[test]
fn a_cut_listing_is_not_taken_for_the_whole() {
    let answer = text(&[&listing("preserve-cut.txt")], 1);
    assert!(answer.contains("CUCM counted 20 files"), "{answer}");
    let head = "admin:file list activelog /cm/cdr_repository/preserve/20190715\n dir count = 0, file count = 9\n";
    let done = backlog(&["-"]).write_stdin(head).assert().code(1);
    let answer = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert!(answer.starts_with("Files wait for delivery"), "{answer}");
}

#[test]
fn a_destination_s_folder_tells_for_whom_they_wait() {
    let answer = json(&[&listing("destination.txt"), &listing("preserve-detail.txt")], 1);
    assert_eq!(answer["totals"]["files"], 80);
    assert_eq!(answer["destinations"], serde_json::json!([{"destination": 1, "files": 20}]));
}

#[test]
fn folders_without_their_files_are_asked_for() {
    let answer = json(&[&listing("preserve-dates.txt")], 1);
    assert_eq!(answer["unlisted_folders"].as_array().unwrap().len(), 3);
    let both = json(&[&listing("preserve-dates.txt"), &listing("preserve-detail.txt")], 1);
    assert_eq!(both["unlisted_folders"].as_array().unwrap().len(), 0);
}

#[test]
fn the_trace_folder_s_listing_is_recognised() {
    let path = format!("{LISTINGS}/../file-list-activelog.txt");
    let answer = text(&[&path], 1);
    assert!(answer.starts_with("What waits is unknown: this is the listing of the trace folder"), "{answer}");
    assert!(answer.contains("file get activelog /cm/trace/cdrrep/log4j/cdrrepmgr00073.log"), "{answer}");
    assert_eq!(json(&[&path], 1)["trace_folder"]["newest"]["modified"], "2019-07-25T15:12:40");
}

#[test]
fn a_folder_of_pulled_files_is_counted_too() {
    let folder = tempfile::tempdir().unwrap();
    let date = folder.path().join("preserve/07152019");
    fs::create_dir_all(&date).unwrap();
    for name in ["cdr_C_01_201907150412_1", "cdr_C_01_201907150413_2", "cmr_C_01_201907150412_1"] {
        fs::write(date.join(name), "12345").unwrap();
    }
    let answer = json(&[folder.path().to_str().unwrap()], 1);
    assert_eq!((&answer["totals"]["files"], &answer["totals"]["bytes"]), (&3.into(), &15.into()));
    assert_eq!(answer["commands"][0]["command"], "file get activelog /cm/cdr_repository/preserve/07152019/*");
    assert_eq!(answer["warnings"], serde_json::json!([]));
    let here = backlog(&["--json"]).current_dir(&date).assert().code(1);
    assert_eq!(serde_json::from_slice::<Value>(&here.get_output().stdout).unwrap()["totals"]["files"], 3);
}

#[test]
fn what_a_folder_holds_beside_its_files_is_named_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cdr_West_02_202405060700_11", "cdr_West_02_202405060701_12.csv", "b.txt", "c.txt", "Grüße 3.txt"] {
        fs::write(folder.path().join(name), "12345").unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let answer = json(&[path], 1);
    let [warning] = answer["warnings"].as_array().unwrap().as_slice() else { panic!("{}", answer["warnings"]) };
    let warning = warning.as_str().unwrap();
    assert!(warning.starts_with("4 files have a name that is not a CDR or CMR file's"), "{warning}");
    assert!(warning.ends_with(" and 1 more"), "{warning}");
    assert!(text(&[path], 1).contains("4 files have a name"));
    fs::remove_file(folder.path().join("cdr_West_02_202405060700_11")).unwrap();
    let error = stderr(&[path], 3);
    assert!(error.contains("no CDR or CMR files in this folder, but ") && error.contains(" and 1 more"), "{error}");
    let error = stderr(&[&format!("{path}/cdr_West_02_202405060701_12.csv")], 3);
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn standard_input_is_a_listing() {
    let done = backlog(&["-", "--json"]).write_stdin("cdr_C_01_201907150412_1\n").assert().code(1);
    assert_eq!(serde_json::from_slice::<Value>(&done.get_output().stdout).unwrap()["totals"]["files"], 1);
}

#[test]
fn what_is_no_listing_is_named_in_one_line_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.png");
    fs::write(&picture, [0x89, b'P', b'N', b'G', 0, 0xff, b'\n', 27, 0]).unwrap();
    let missing = folder.path().join("missing.txt");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for path in [&picture, &missing, &empty] {
        let path = path.to_str().unwrap();
        let error = stderr(&[path], 3);
        assert!(error.contains(path) && error.contains("give what CUCM prints"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(backlog(&[path, "--json"]).assert().code(3).get_output().stdout, b"");
    }
    assert_eq!(stderr(&[picture.to_str().unwrap(), missing.to_str().unwrap()], 3).lines().count(), 2);
}

#[test]
fn what_could_be_read_is_still_told() {
    let answer = json(&["/nowhere/listing.txt", &listing("preserve-plain.txt")], 1);
    assert_eq!(answer["totals"]["files"], 50);
    assert!(answer["inputs"][1]["error"].as_str().unwrap().contains("/nowhere/listing.txt"));
    let done = backlog(&["/nowhere/listing.txt", "-"]).write_stdin(EMPTY).assert().code(1);
    assert!(done.get_output().stdout.starts_with(b"Nothing waits in what could be read"));
    let junit = ["/nowhere/listing.txt", "-", "--format", "junit"];
    let done = backlog(&junit).write_stdin(EMPTY).assert().code(1);
    assert!(String::from_utf8_lossy(&done.get_output().stdout).contains("no such file or folder"));
}

#[test]
fn a_listing_of_delivered_files_leaves_open_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let processed = folder.path().join("processed.txt");
    let listed = "admin:file list activelog /cm/cdr_repository/processed/20240506/ detail\n\
                  06 May,2024 07:00:00  812  cdr_West_02_202405060700_11\ndir count = 0, file count = 1\n";
    fs::write(&processed, listed).unwrap();
    let answer = text(&[processed.to_str().unwrap()], 1);
    assert!(answer.starts_with("What waits is unknown: this is the listing of the processed"), "{answer}");
    assert_eq!(json(&[processed.to_str().unwrap()], 1)["totals"]["files"], 0);
    backlog(&[processed.to_str().unwrap(), "-"]).write_stdin(EMPTY).assert().code(0);
}

#[test]
fn what_another_command_reads_is_named_with_that_command() {
    let folder = tempfile::tempdir().unwrap();
    let record = "2024-05-06 07:00:00,001 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:1) - x\n";
    let scan = "22/tcp open ssh\n| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|       curve25519-sha256\n";
    for (text, command) in [(record, "a trace of CUCM: give it to cdrdiag parse-log"), (scan, "cdrdiag probe")] {
        let path = folder.path().join("what people have.txt");
        fs::write(&path, text).unwrap();
        let error = stderr(&[path.to_str().unwrap()], 3);
        assert!(error.contains(command) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn a_listing_of_another_folder_answers_nothing() {
    let other = "admin:file list activelog /cm/trace/ccm/sdl\nSDL001_100_000001.txt\ndir count = 0, file count = 1\n";
    let done = backlog(&["-"]).write_stdin(other).assert().code(3);
    assert_eq!(done.get_output().stdout, b"");
    let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(error.starts_with("cdrdiag: -: names no CDR or CMR file") && error.lines().count() == 1, "{error}");
}

#[test]
fn wrong_usage_is_told_apart() {
    for arguments in [["--preserve-days", "0"], ["--preserve-days", "some"], ["--now", "tomorrow"]] {
        backlog(&arguments).assert().code(2);
    }
}

#[test]
fn escape_sequences_of_a_listing_stay_out_of_the_terminal() {
    let text = "admin:file list activelog /cm/cdr_repository/preserve/\u{9b}31m20190715\n\
        cdr_\u{202e}C_01_201907150412_1\n\u{7}\u{1b}]0;title\u{7}what is this\n";
    let done = backlog(&["-", "--color", "never"]).write_stdin(text).assert().code(1);
    let answer = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert!(!answer.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{answer:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_listing_gives_an_answer_that_renders(bytes in prop::collection::vec(any::<u8>(), 0..400), days in 1_u32..36500) {
        use cdrdiag::backlog::{Question, Source, answer, listing::parse};
        let mut text = b"cdr_C_01_201907150412_1\ncmr_C_01_209912312359_18446744073709551615\n".to_vec();
        text.extend(bytes);
        let sources = [Source { path: "-".to_owned(), listing: parse(&text), is_text: true, ..Source::default() }];
        let now = "2019-07-25T00:00:00Z".parse().unwrap();
        let document = answer(&sources, Question { preserve_days: Some(days), now });
        prop_assert!(document.totals.files >= 1);
        let look = cdrdiag::report::page::Terminal { width: 40, wraps_headlines: true, color: true, blocks: false };
        cdrdiag::report::write(&document, cdrdiag::report::Format::Text, look, &mut Vec::new()).unwrap();
    }
}

#[test]
fn every_fixture_is_listed_with_its_origin() {
    let readme = fs::read_to_string(listing("README.md")).unwrap();
    for file in fs::read_dir(PathBuf::from(LISTINGS)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || readme.contains(&format!("`{name}`")), "{name}");
    }
}

/// A mail with this file attached.
fn mail(name: &str, attached: &str) -> String {
    let head = "From: a@example.com\r\nSubject: scan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n";
    let text = "--x\r\nContent-Type: text/plain\r\n\r\nsee attached\r\n";
    let file = format!(
        "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename={name}\r\n\r\n{attached}\r\n--x--\r\n"
    );
    format!("{head}{text}{file}")
}

#[test]
fn a_listing_that_is_attached_to_a_mail_is_read() {
    let file = tempfile::Builder::new().suffix(".eml").tempfile().unwrap();
    std::fs::write(file.path(), mail("list.txt", &std::fs::read_to_string(listing("preserve-detail.txt")).unwrap()))
        .unwrap();
    let (mailed, plain) = (json(&[file.path().to_str().unwrap()], 1), json(&[&listing("preserve-detail.txt")], 1));
    assert_eq!((&mailed["totals"], &mailed["dates"]), (&plain["totals"], &plain["dates"]));
    std::fs::write(file.path(), mail("note.txt", "nothing of CUCM")).unwrap();
    assert!(stderr(&[file.path().to_str().unwrap()], 3).contains("no listing in it"));
}
