//! `cdrdiag parse-log`, run as people run it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

#[path = "support/trace_generator.rs"]
mod trace_generator;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use assert_cmd::Command;
use cdrdiag::document::{self, parse_log::ParseLog};
use serde_json::{Value, json};
use tempfile::TempDir;
use trace_generator::{Scenario, generate};

const FIXTURE: &str = "fixtures/cdrrepmgr00073.log";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Runs the binary in the repository's root.
fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("NO_COLOR").arg("parse-log").args(args);
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The answer as JSON, checked against its schema.
fn answer(args: &[&str]) -> Value {
    valid(&run(&[args, &["--json"]].concat()))
}

#[track_caller]
fn valid(output: &Output) -> Value {
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)));
    let schema = serde_json::to_value(document::json_schema::<ParseLog>()).unwrap();
    jsonschema::validate(&schema, &answer).unwrap_or_else(|error| panic!("{error} at {}", error.instance_path));
    let code = i32::from(answer["verdict"] == "problem");
    assert_eq!(output.status.code(), Some(code), "the exit code is the verdict's");
    answer
}

fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn fixture() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE)).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_fixture_tells_one_failure_its_cause_and_its_remedy() {
    let output = run(&[FIXTURE, "--full"]);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(text.starts_with("FAILING    1.1.1.1 (destination 1)"), "the verdict leads: {text}");
    for fact in [
        "algorithm_negotiation",
        "Algorithm negotiation fail",
        "fixtures/cdrrepmgr00073.log:4",
        "0 delivered, 1 failed",
        "cmr_StandAloneCluster_03_201907231317_844004",
        "2019-07-23 13:17",
    ] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    let lead = text.find("algorithm_negotiation, at stage").unwrap();
    let (remedy, evidence) = (text.find("remedy").unwrap(), text.find("cdrrepmgr00073.log:4").unwrap());
    assert!(lead < remedy && remedy < evidence);
    assert!(stdout(&run(&[FIXTURE])).lines().count() <= 40, "one screen");
    assert!(text.lines().skip(1).all(|line| line.chars().count() <= 80), "a pipe is 80 columns wide: {text}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_fixture_s_answer_as_json_is_the_contract_s() {
    let answer = answer(&[FIXTURE]);
    assert_eq!((&answer["schema"], &answer["verdict"]), (&json!("cdrdiag/parse-log/v1"), &json!("problem")));
    assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        answer["inputs"],
        json!([{
            "path": FIXTURE, "bytes": fixture().len(), "lines": 15, "records": 12, "skipped_lines": 0,
            "first": "2019-07-25T13:12:11.889", "last": "2019-07-25T13:12:18.997"
        }])
    );
    let destination = &answer["destinations"][0];
    assert_eq!(answer["destinations"].as_array().unwrap().len(), 1);
    for (field, value) in [
        ("host", json!("1.1.1.1")),
        ("destination", json!(1)),
        ("status", json!("failing")),
        ("deliveries", json!(0)),
        ("delivery_failures", json!(1)),
        ("connection_failures", json!(1)),
        ("files_waiting", json!(1)),
        ("first_failure", json!("2019-07-25T13:12:11.971")),
        ("last_failure", json!("2019-07-25T13:12:18.996")),
        ("last_delivery", json!(null)),
        ("alarms", json!([])),
        (
            "outages",
            json!([{
                "from": "2019-07-25T13:12:11.971", "to": null, "failures": 1, "begins_before_trace": false,
                "failures_before_trace": null
            }]),
        ),
        (
            "files",
            json!([{
                "name": "cmr_StandAloneCluster_03_201907231317_844004", "kind": "cmr", "cluster": "StandAloneCluster",
                "node": "03", "created_utc": "2019-07-23T13:17:00Z", "sequence": 844_004, "attempts": 1
            }]),
        ),
    ] {
        assert_eq!(destination[field], value, "{field}");
    }
    let cause = &destination["causes"][0];
    assert_eq!((&cause["cause"], &cause["stage"]), (&json!("algorithm_negotiation"), &json!("key_exchange")));
    assert_eq!((&cause["count"], &cause["message"]), (&json!(1), &json!("Algorithm negotiation fail")));
    assert_eq!((&cause["evidence"]["path"], &cause["evidence"]["line"]), (&json!(FIXTURE), &json!(4)));
    assert_eq!((&answer["negotiation"], &answer["warnings"]), (&json!(null), &json!([])));
}

#[test]
fn the_fixture_double_spaced_with_carriage_returns_tells_the_same() {
    let spaced = String::from_utf8(fixture()).unwrap().replace('\n', "\r\n\r\n");
    let folder = folder_with(&[("copied.txt", spaced.as_bytes())]);
    let spaced = answer(&[text(&folder.path().join("copied.txt"))]);
    let plain = answer(&[FIXTURE]);
    let strip = |answer: &Value| {
        let mut destinations = answer["destinations"].clone();
        for causes in ["causes", "connection_causes"] {
            destinations[0][causes][0]["evidence"] = json!(null);
        }
        destinations
    };
    assert_eq!(strip(&spaced), strip(&plain));
    assert_eq!((&spaced["inputs"][0]["lines"], &spaced["inputs"][0]["skipped_lines"]), (&json!(30), &json!(15)));
    assert_eq!(spaced["destinations"][0]["causes"][0]["evidence"]["line"], 7);
    assert!(spaced["warnings"][0].as_str().unwrap().contains("carriage returns"), "{}", spaced["warnings"]);
}

#[test]
fn an_answer_about_a_long_story_is_valid_too() {
    let (trace, expected) = generate(Scenario { destinations: 4, ..Scenario::default() }, 400_000);
    let folder = folder_with(&[("cdrrepmgr00001.log", &trace)]);
    let answer = answer(&[text(folder.path())]);
    assert_eq!(answer["destinations"].as_array().unwrap().len(), expected.destinations.len());
}

#[test]
fn both_sides_lists_come_out_where_the_trace_holds_them() {
    let lists = "2024-05-06 07:00:00,000 ERROR [Thread-13] sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connectioncom.jcraft.jsch.JSchAlgoNegoFailException: Algorithm negotiation fail: algorithmName=\"cipher.c2s\" jschProposal=\"aes128-ctr,aes192-ctr\" serverProposal=\"aes256-gcm@openssh.com\"\n\
        2024-05-06 07:00:00,001 ERROR [Thread-13] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: cdr_A_B_01_202405060500_1 to 10.0.0.1\n";
    let folder = folder_with(&[("cdrrepmgr00001.log", lists.as_bytes())]);
    let answer = answer(&[text(folder.path())]);
    let negotiation = &answer["negotiation"];
    assert_eq!(negotiation["failed_category"], "cipher_c2s");
    assert_eq!(negotiation["client"]["cipher_c2s"], json!(["aes128-ctr", "aes192-ctr"]));
    assert_eq!(negotiation["server"]["cipher_c2s"], json!(["aes256-gcm@openssh.com"]));
    assert_eq!(answer["destinations"][0]["causes"][0]["cause"], "algorithm_negotiation");
    assert!(stdout(&run(&[text(folder.path())])).contains("aes256-gcm@openssh.com"));
}

/// One failed delivery.
fn failure(time: &str, number: u32, host: &str, error: &str) -> String {
    format!(
        "2024-05-06 {time},000 ERROR [Thread-{number}] sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connection{error}\n\
         2024-05-06 {time},001 ERROR [Thread-{number}] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: cdr_C_01_202405060500_{number} to {host}\n\
         2024-05-06 {time},002 INFO  [Thread-{number}] cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=false, numOfFailure=1\n"
    )
}

/// A trace of two destinations with three causes.
fn narrowable() -> TempDir {
    let trace = [
        "2024-05-06 07:00:00,000 INFO  [Thread-1] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...\n".to_owned(),
        "2024-05-06 07:00:00,000 INFO  [Thread-2] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 2 is running...\n".to_owned(),
        failure("08:00:00", 1, "10.0.0.1", "Auth fail"),
        failure("09:00:00", 1, "10.0.0.1", "Algorithm negotiation fail"),
        failure("10:00:00", 2, "10.0.0.2", "Auth fail"),
        failure("11:00:00", 2, "10.0.0.2", "nobody knows this one"),
    ]
    .concat();
    folder_with(&[("cdrrepmgr00001.log", trace.as_bytes())])
}

#[test]
fn the_answer_can_be_narrowed() {
    let folder = narrowable();
    let failures = |args: &[&str]| -> Vec<(String, u64)> {
        let answer = answer(&[&[text(folder.path())], args].concat());
        let destinations = answer["destinations"].as_array().unwrap();
        let mut failures: Vec<_> = destinations
            .iter()
            .map(|one| (one["host"].as_str().unwrap_or("-").to_owned(), one["delivery_failures"].as_u64().unwrap()))
            .filter(|(_, failures)| *failures > 0)
            .collect();
        failures.sort();
        failures
    };
    let one = |count| ("10.0.0.1".to_owned(), count);
    let two = |count| ("10.0.0.2".to_owned(), count);
    assert_eq!(failures(&[]), [one(2), two(2)]);
    assert_eq!(failures(&["--since", "2024-05-06 09:00"]), [one(1), two(2)]);
    assert_eq!(failures(&["--until", "2024-05-06 09:00"]), [one(2)]);
    assert_eq!(failures(&["--since", "2024-05-06T08:30", "--until", "2024-05-06T10:30:00"]), [one(1), two(1)]);
    assert_eq!(failures(&["--until", "2024-05-06"]), [one(2), two(2)]);
    assert_eq!(failures(&["--destination", "10.0.0.2"]), [two(2)]);
    assert_eq!(failures(&["--destination", "1"]), [one(2)]);
    assert_eq!(failures(&["--destination", "1", "--destination", "10.0.0.2"]), [one(2), two(2)]);
    assert_eq!(failures(&["--cause", "authentication"]), [one(1), two(1)]);
    assert_eq!(failures(&["--cause", "unknown"]), [two(1)]);
    assert_eq!(failures(&["--cause", "unknown", "--cause", "algorithm_negotiation"]), [one(1), two(1)]);
}

/// So many files that failed.
fn failed_files(count: u32) -> String {
    let failed = "2024-05-06 07:00:00,000 ERROR [Thread-1] cdrrep.FtpManager (F.java:1) - SFTP/FTP failed";
    (0..count).map(|number| format!("{failed}: cdr_C_01_202405060500_{number} to h\n")).collect::<Vec<_>>().concat()
}

#[test]
fn a_node_that_delivers_later_ends_the_outage_of_one_that_tries_no_more() {
    let success = |time: &str| {
        format!(
            "2024-05-06 {time},000 INFO  [Thread-1] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...\n"
        ) + &failure(time, 1, "10.0.0.1", "Auth fail")
            + &format!(
                "2024-05-06 {time},900 INFO  [Thread-1] cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=true, numOfFailure=0\n"
            )
    };
    let old = failure("08:00:00", 1, "10.0.0.1", "Auth fail");
    let state = |time: &str| {
        let files = [("n1/cdrrepmgr00001.log", old.clone()), ("n2/cdrrepmgr00001.log", success(time))];
        let folder = folder_with(&files.each_ref().map(|(name, text)| (*name, text.as_bytes())));
        let destination = answer(&[text(folder.path())])["destinations"][0].clone();
        (destination["status"].clone(), destination["outages"][0]["to"].clone())
    };
    assert_eq!(state("12:00:00"), (json!("recovered"), json!("2024-05-06T12:00:00.900")));
    assert_eq!(state("08:01:00"), (json!("failing"), json!(null)), "the first may still try");
    assert_eq!(state("07:00:00").0, json!("failing"));
}

#[test]
fn a_limit_shortens_the_lists_and_no_count() {
    let trace = failed_files(30);
    let folder = folder_with(&[("cdrrepmgr00001.log", trace.as_bytes())]);
    for (limit, listed) in [("0", 0), ("7", 7), ("100", 30)] {
        let answer = answer(&[text(folder.path()), "--limit", limit]);
        let one = &answer["destinations"][0];
        assert_eq!(one["files"].as_array().unwrap().len(), listed);
        assert_eq!((&one["files_waiting"], &one["delivery_failures"]), (&json!(30), &json!(30)));
    }
    let text = stdout(&run(&[text(folder.path()), "--limit", "7", "--full"]));
    assert!(text.contains("23 younger files"), "{text}");
}

#[test]
fn a_time_zone_makes_the_age_exact() {
    let age = |args: &[&str]| answer(&[&[FIXTURE], args].concat())["destinations"][0]["oldest_waiting"].clone();
    // Made at 13:17 UTC on the 23rd; the trace ends at 13:12:18.997 local time on the 25th.
    assert_eq!(age(&[]), json!({"age_s": 172_518.997, "approximate": true}));
    assert_eq!(age(&["--timezone", "America/New_York"]), json!({"age_s": 186_918.997, "approximate": false}));
    let output = run(&[FIXTURE, "--timezone", "Mars/Olympus"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
}

#[test]
fn wrong_usage_is_told_with_what_would_be_right() {
    for (args, hint) in [
        (&["--cause", "authentification"][..], "did you mean authentication?"),
        (&["--since", "yesterday"], "YYYY-MM-DD"),
        (&["--limit", "many"], "invalid value"),
    ] {
        let output = run(&[&[FIXTURE], args].concat());
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        assert!(stderr(&output).contains(hint), "{}", stderr(&output));
    }
}

/// Runs on inputs that can't be read; checks both forms, and gives the one line that stands on standard error.
#[track_caller]
fn refused(path: &Path) -> String {
    let output = run(&[text(path)]);
    assert_eq!((code(&output), stdout(&output).as_str()), (3, ""), "{}", stderr(&output));
    let json = run(&[text(path), "--json"]);
    assert_eq!((code(&json), stdout(&json).as_str()), (3, ""));
    let line = stderr(&output);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(text(path)), "names the path: {line}");
    line
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    packed
}

/// Each input that can't be read, and what its line says.
fn unreadable() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    vec![
        ("picture.png", PNG.to_vec(), "not a trace"),
        ("cdrrepmgr00001.log", Vec::new(), "no trace record in it"),
        ("notes.txt", b"nothing of interest\n".to_vec(), "no trace record in it"),
        ("broken.zip", b"PK\x03\x04 and no more".to_vec(), "copy it again"),
        ("password.zip", fs::read(root.join("fixtures/archives/password.zip")).unwrap(), "password"),
        ("cdrrepmgr00002.log.gz", gzipped(&fixture())[..12].to_vec(), "no trace record in it"),
    ]
}

#[test]
fn what_can_t_be_read_is_told_in_one_line_that_names_it() {
    let line = refused(Path::new("/no/such/place"));
    assert!(line.contains("no such file or folder"), "{line}");
    for (name, bytes, says) in unreadable() {
        let folder = folder_with(&[(name, &bytes)]);
        let line = refused(&folder.path().join(name));
        assert!(line.contains(says), "{name}: {line}");
    }
}

#[test]
fn a_folder_without_traces_is_told_so() {
    for files in [
        &[][..],
        &[("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\x01\0`".as_slice()), ("b/c.png", PNG)],
        &[("syslog", b"Jul 25 13:12:11 host sshd[1]: hello\n".as_slice())],
    ] {
        let folder = folder_with(files);
        let line = refused(folder.path());
        assert!(line.contains("no cdrrepmgr trace in this folder"), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_told_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with(&[("cdrrepmgr00001.log", &fixture())]);
    let path = folder.path().join("cdrrepmgr00001.log");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        eprintln!("not tested: this user may read everything");
        return;
    }
    assert!(refused(&path).contains("no permission"));
}

#[test]
fn what_could_be_read_is_reported_beside_what_could_not() {
    for (name, bytes, says) in unreadable() {
        let folder = folder_with(&[(name, &bytes)]);
        let path = folder.path().join(name);
        let output = run(&[FIXTURE, text(&path), "--json"]);
        let answer = valid(&output);
        assert_eq!(answer["destinations"][0]["delivery_failures"], 1);
        let warnings = answer["warnings"].as_array().unwrap();
        let about =
            |warning: &&Value| warning.as_str().is_some_and(|line| line.contains(text(&path)) && line.contains(says));
        assert!(warnings.iter().any(|warning| about(&warning)), "{name}: {warnings:?}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
        assert_eq!(stderr(&run(&[FIXTURE, text(&path), "--quiet"])), "");
    }
}

#[test]
fn the_readable_part_of_a_truncated_gz_is_reported() {
    let (trace, expected) = generate(Scenario::default(), 400_000);
    let packed = gzipped(&trace);
    let folder = folder_with(&[("cdrrepmgr00001.log.gz", &packed[..packed.len() * 3 / 4])]);
    let output = run(&[text(folder.path()), "--json"]);
    let answer = valid(&output);
    let records = answer["inputs"][0]["records"].as_u64().unwrap();
    assert!(records > expected.records / 2 && records < expected.records, "{records}");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("cdrrepmgr00001.log.gz: read only in part"), "{}", stderr(&output));
}

#[test]
fn verbose_tells_what_was_left_out() {
    let folder = folder_with(&[("cdrrepmgr00001.log", &fixture()), ("photo.png", PNG)]);
    assert_eq!(stderr(&run(&[text(folder.path())])), "");
    let verbose = stderr(&run(&[text(folder.path()), "-v"]));
    assert!(verbose.contains("photo.png: left out"), "{verbose}");
}

#[test]
fn a_folder_s_file_that_is_a_trace_by_name_alone_is_missed() {
    let folder = folder_with(&[("cdrrepmgr00001.log", HEALTHY), ("cdrrepmgr00002.log", PNG)]);
    let output = run(&[text(folder.path()), "--json"]);
    let answer = valid(&output);
    assert_eq!(answer["verdict"], "problem");
    assert!(answer["unread"][0].as_str().unwrap().contains("cdrrepmgr00002.log: not a trace"), "{answer}");
    assert!(stderr(&output).contains("cdrrepmgr00002.log: not a trace"), "{}", stderr(&output));
}

#[test]
fn without_a_path_the_current_folder_is_read() {
    let folder = folder_with(&[("n1/cdrrepmgr00001.log", &fixture())]);
    let output = command(&["--json"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(valid(&output)["destinations"][0]["host"], "1.1.1.1");
}

#[test]
#[cfg(unix)]
fn a_pipe_that_has_a_name_is_read_once_and_to_its_end() {
    let output = command(&["/dev/stdin", "--json"]).write_stdin(fixture()).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["inputs"][0]["path"], &answer["inputs"][0]["records"]), (&"/dev/stdin".into(), &12.into()));
}

#[test]
fn standard_input_may_be_empty_plain_or_packed() {
    let output = command(&["-"]).write_stdin("").output().unwrap();
    assert_eq!((code(&output), stderr(&output).lines().count()), (3, 1));
    for bytes in [fixture(), gzipped(&fixture())] {
        let output = command(&["-", "--json"]).write_stdin(bytes).output().unwrap();
        let answer = valid(&output);
        assert_eq!((&answer["inputs"][0]["path"], &answer["inputs"][0]["records"]), (&json!("-"), &json!(12)));
    }
}

const HEALTHY: &[u8] = b"2024-05-06 07:00:00,000 INFO  [Thread-1] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...\n\
    2024-05-06 07:00:01,000 INFO  [Thread-1] cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=true, numOfFailure=0\n";

#[test]
fn nothing_wrong_ends_with_0() {
    let folder = folder_with(&[("cdrrepmgr00001.log", HEALTHY)]);
    let output = run(&[text(folder.path())]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("HEALTHY"), "{}", stdout(&output));
}

#[test]
fn healthy_in_what_could_be_read_is_no_healthy_answer() {
    let folder = folder_with(&[("cdrrepmgr00001.log", HEALTHY), ("broken.zip", b"PK\x03\x04 and no more")]);
    let (healthy, broken) = (folder.path().join("cdrrepmgr00001.log"), folder.path().join("broken.zip"));
    let paths = [text(&healthy), text(&broken)];
    let output = run(&paths);
    assert_eq!(code(&output), 1);
    let told = stdout(&output);
    assert!(told.starts_with("INCOMPLETE 1 input could not be read"), "{told}");
    let answer = answer(&paths);
    assert_eq!((&answer["verdict"], &answer["destinations"][0]["status"]), (&json!("problem"), &json!("healthy")));
    assert!(answer["unread"][0].as_str().unwrap().starts_with(paths[1]), "{}", answer["unread"]);
    assert_eq!(answer["warnings"], answer["unread"]);
    let page = folder.path().join("page.html");
    run(&[&paths[..], &["--html", text(&page)]].concat());
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Nothing failed in what could be read") && page.contains("incomplete"), "{page}");
}

#[test]
fn colour_comes_only_when_it_is_wanted() {
    let colourful = |output: &Output| output.stdout.contains(&0x1b);
    assert!(!colourful(&run(&[FIXTURE])), "a pipe takes none");
    assert!(colourful(&run(&[FIXTURE, "--color", "always"])));
    assert!(!colourful(&run(&[FIXTURE, "--color", "never"])));
    assert!(!colourful(&run(&[FIXTURE, "--color", "always", "--json"])), "JSON has none");
    assert!(!colourful(&command(&[FIXTURE]).env("NO_COLOR", "1").output().unwrap()));
}

#[test]
fn no_control_character_of_a_trace_reaches_the_terminal() {
    let evil = "\u{1b}[31m\u{7}\u{9b}2J\u{202e}\u{7f}";
    let trace = failure("08:00:00", 1, &format!("h{evil}"), &format!("strange{evil}"))
        .replace("_202405060500_1", &format!("_{evil}"));
    let name = if cfg!(unix) { "cdrrepmgr\u{1b}[31m.log" } else { "cdrrepmgr.log" };
    let folder = folder_with(&[(name, trace.as_bytes()), ("cdrrepmgr2.log", b"no record")]);
    for args in [&["--color", "never"][..], &["--json"], &["-v"]] {
        let output = run(&[&[text(folder.path())], args].concat());
        assert_eq!(code(&output), 1);
        for stream in [stdout(&output), stderr(&output)] {
            let raw: Vec<char> =
                stream.chars().filter(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}')).collect();
            assert!(raw.is_empty(), "{args:?}: {raw:?} in {stream}");
        }
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    // Longer than any pipe holds, so that writing it meets the closed end.
    let trace = failed_files(9000);
    let folder = folder_with(&[("cdrrepmgr00001.log", trace.as_bytes())]);
    let binary: PathBuf = assert_cmd::cargo::cargo_bin("cdrdiag");
    for format in [&["--json"][..], &[]] {
        let mut child = std::process::Command::new(&binary)
            .args(["parse-log", text(folder.path()), "--limit", "100000"])
            .args(format)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 8];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(stderr(&output), "");
        assert!(output.status.code().is_some(), "no signal: {}", output.status);
    }
}

#[test]
fn an_answer_about_nothing_is_not_given_as_if_nothing_were_wrong() {
    for (arguments, word) in [
        (["--since", "2020-01-01"], "no record is in the time asked for: the traces span 2019-07-25"),
        (["--until", "2019-01-01"], "no record is in the time asked for"),
        (["--destination", "9.9.9.9"], "the traces have no destination 9.9.9.9; they have 1, 1.1.1.1"),
    ] {
        let output = command(&["-", arguments[0], arguments[1]]).write_stdin(fixture()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count(), said.contains(word)), (Some(3), 1, true), "{said}");
        assert!(output.stdout.is_empty());
    }
    let backwards = ["-", "--since", "2019-07-26", "--until", "2019-07-25"];
    assert_eq!(command(&backwards).write_stdin(fixture()).output().unwrap().status.code(), Some(2));
}

const INSIDE_OUTAGE: &str = "fixtures/story/traces/cdrrepmgr00074.log.gz";

#[test]
fn an_outage_that_the_trace_begins_inside_has_no_certain_beginning() {
    let outage = &answer(&[INSIDE_OUTAGE])["destinations"][0]["outages"][0];
    assert_eq!(outage["from"], "2025-03-11T14:34:58.868");
    assert_eq!(outage["begins_before_trace"], true);
    assert_eq!(outage["failures_before_trace"], 1786);
    let text = stdout(&run(&[INSIDE_OUTAGE]));
    assert!(text.starts_with("FAILING    192.0.2.10 since at least 2025-03-11 14:34:58"), "{text}");
    assert!(!text.contains("this text"), "{text}");
    for known in [FIXTURE, "fixtures/story/traces"] {
        let outage = &answer(&[known])["destinations"][0]["outages"][0];
        assert_eq!((&outage["begins_before_trace"], &outage["failures_before_trace"]), (&json!(false), &Value::Null));
    }
    let cut = &answer(&["fixtures/story/traces", "--since", "2025-03-10"])["destinations"][0]["outages"][0];
    assert_eq!((&cut["begins_before_trace"], &cut["failures_before_trace"]), (&json!(true), &Value::Null));
}

#[test]
fn failures_outside_of_what_was_asked_for_are_told_first() {
    for narrow in [["--until", "2025-03-08"], ["--cause", "authentication"]] {
        let arguments = ["fixtures/story/traces", narrow[0], narrow[1]];
        let found = answer(&arguments);
        assert_eq!((&found["verdict"], &found["failures_left_out"]), (&json!("ok"), &json!(2337)));
        let text = stdout(&run(&arguments));
        assert!(text.starts_with("NOTE       outside the part asked for: 2,337 failures\n"), "{text}");
    }
    assert_eq!(answer(&["fixtures/story/traces"])["failures_left_out"], 0);
}

#[test]
fn what_another_command_reads_is_named_with_that_command() {
    let folder = tempfile::tempdir().unwrap();
    for (text, command) in [
        ("cdr_West_02_202405060700_11\ncmr_West_02_202405060700_12\n", "cdrdiag backlog"),
        ("(kex) curve25519-sha256  -- [info] available\n", "cdrdiag probe"),
        ("May  6 07:00:00 bill sshd[41]: Failed password for cdr from 192.0.2.1 port 9\n", "cdrdiag profile learn"),
    ] {
        let path = folder.path().join("what people have.txt");
        fs::write(&path, text).unwrap();
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let alone = run(&[path]);
        assert_eq!(code(&alone), 3);
        let error = stderr(&alone);
        assert!(error.contains(command) && error.lines().count() == 1, "{error}");
        let unread = &answer(&[path, "fixtures/story/traces"])["unread"];
        assert!(unread[0].as_str().unwrap().contains(command), "{unread}");
    }
}

#[test]
fn what_a_folder_holds_beside_traces_is_named_and_counted() {
    let record = b"2024-05-06 07:00:00,001 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:1) - x\n";
    let others = ["a.csv", "b c.docx", "d.txt", "e.txt"].map(|name| (name, &b"text"[..]));
    let folder = folder_with(&[&[("cdrrepmgr00001.log", &record[..])][..], &others].concat());
    let path = folder.path().to_str().unwrap();
    let found = answer(&[path]);
    let told = format!(
        "4 files hold no cdrrepmgr trace and were left out: {path}/a.csv, {path}/b c.docx, {path}/d.txt and 1 more"
    );
    assert_eq!(found["warnings"], json!([told]));
    assert_eq!(found["verdict"], "ok");
    fs::remove_file(folder.path().join("cdrrepmgr00001.log")).unwrap();
    let alone = run(&[path]);
    assert_eq!(code(&alone), 3);
    assert!(stderr(&alone).contains("no cdrrepmgr trace in this folder") && stderr(&alone).contains(&told));
}
