//! `cdrdiag diagnose`, run as people run it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;

use assert_cmd::Command;
use cdrdiag::document::{self, diagnose::Diagnose};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn diagnose(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.current_dir(ROOT).arg("diagnose").args(arguments).env_remove("NO_COLOR");
    command
}

/// The JSON answer, valid against the schema that the types give.
fn json(arguments: &[&str], code: i32) -> Value {
    let done = diagnose(arguments).arg("--json").assert().code(code);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let schema = serde_json::to_value(document::json_schema::<Diagnose>()).unwrap();
    if let Err(error) = jsonschema::validator_for(&schema).unwrap().validate(&answer) {
        panic!("{error} at {}", error.instance_path);
    }
    answer
}

/// The whole answer as text, line breaks and runs of blanks taken for one blank.
fn text(arguments: &[&str], code: i32) -> String {
    let done = diagnose(arguments).arg("--full").assert().code(code);
    String::from_utf8(done.get_output().stdout.clone()).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn stderr(arguments: &[&str], code: i32) -> String {
    let done = diagnose(arguments).assert().code(code).stdout("");
    String::from_utf8(done.get_output().stderr.clone()).unwrap()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["conclusions"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap()).collect()
}

const STORY: [&str; 11] = [
    "fixtures/story/traces",
    "--preserve",
    "fixtures/story/preserve.txt",
    "--primary",
    "fixtures/story/primary.json",
    "--secondary",
    "fixtures/story/secondary.json",
    "--preserve-days",
    "30",
    "--now",
    "2025-03-12T08:05:00Z",
];

#[test]
fn the_story_of_a_failover_has_its_cause_its_remedy_and_its_deadline() {
    let answer = json(&STORY, 1);
    assert_eq!((&answer["schema"], &answer["verdict"]), (&"cdrdiag/diagnose/v1".into(), &"problem".into()));
    assert_eq!(ids(&answer), ["failover_to_refusing_server", "files_will_be_deleted", "virtual_address"]);
    let (failover, deadline) = (&answer["conclusions"][0], &answer["conclusions"][1]);
    assert_eq!(failover["certainty"], "inferred");
    assert_eq!(failover["destination"], "192.0.2.10");
    assert_eq!(failover["headline"], answer["headline"]);
    let first = &failover["evidence"][0];
    assert!(first["path"].as_str().unwrap().ends_with("cdrrepmgr00071.log.gz") && first["line"].as_u64().unwrap() > 0);
    assert!(first["text"].as_str().unwrap().ends_with("Algorithm negotiation fail"), "{first}");
    let added: Vec<_> = answer["remedy"].as_array().unwrap().iter().map(|remedy| &remedy["adds"][0]).collect();
    assert_eq!(added, ["ecdh-sha2-nistp521", "aes128-ctr", "hmac-sha2-256"]);
    assert!(deadline["headline"].as_str().unwrap().ends_with("on 2025-04-08 (UTC), in 27 days"), "{deadline}");
    assert_eq!(deadline["steps"].as_array().unwrap().len(), 4);
}

#[test]
fn the_storys_parts_agree_with_each_other() {
    let answer = json(&STORY, 1);
    let destination = &answer["parse_log"]["destinations"][0];
    assert_eq!((&destination["deliveries"], &destination["delivery_failures"]), (&792.into(), &2337.into()));
    assert_eq!(destination["retries"]["overlong"], 0);
    assert_eq!(answer["backlog"]["totals"]["files"], 370);
    assert_eq!(answer["backlog"]["gaps"], serde_json::json!([]));
    let oldest = destination["files"][0]["name"].as_str().unwrap();
    assert!(fs::read_to_string(format!("{ROOT}/fixtures/story/preserve.txt")).unwrap().contains(oldest));
    assert_eq!(answer["backlog"]["totals"]["first_utc"], destination["files"][0]["created_utc"]);
    assert_eq!(answer["compare"]["primary"]["outcome"], "accepts");
    assert_eq!(answer["compare"]["secondary"]["outcome"], "refuses");
    assert_eq!(answer["probe"], Value::Null);
    assert_eq!(answer["offered_targets"][0]["command"], "cdrdiag probe 192.0.2.10");
}

#[test]
fn the_story_for_people_begins_with_what_counts() {
    let answer = text(&STORY, 1);
    let opening = "A failover is the cause: since 2025-03-09 02:40:06, 192.0.2.10 has pointed to the secondary \
                   (192.0.2.6), which rejects CUCM's SSH algorithms since 2025-03-09 02:40:06";
    assert!(answer.starts_with(opening), "{answer}");
    let at = |what: &str| answer.find(what).unwrap_or_else(|| panic!("{what} in {answer}"));
    let remedy = at("Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr");
    let deadline = at("370 files wait; CUCM starts to delete them on 2025-04-08 (UTC), in 27 days");
    assert!(remedy < deadline && deadline < at("To confirm") && at("To confirm") < at("-- Why"));
    assert!(at("-- Why") < at("-- Traces") && at("-- Traces") < at("-- Files in the preserve folder"));
    assert!(at("-- Files in the preserve folder") < at("-- Primary and secondary"));
    assert!(answer[at("To confirm")..at("-- Why")].contains("cdrdiag probe 192.0.2.10"));
}

#[test]
fn one_trace_is_enough_and_says_what_would_tell_more() {
    let answer = json(&["fixtures/cdrrepmgr00073.log"], 1);
    assert_eq!(ids(&answer), ["no_common_algorithm", "files_wait"]);
    assert_eq!((&answer["backlog"], &answer["compare"]), (&Value::Null, &Value::Null));
    let next = answer["conclusions"][0]["next"][0].as_str().unwrap();
    assert!(next.ends_with("`cdrdiag probe 1.1.1.1`"), "{next}");
}

#[test]
fn a_trace_that_can_not_be_read_beside_a_healthy_one_is_a_part_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.zip");
    std::fs::write(&broken, b"PK\x03\x04 and no more").unwrap();
    let broken = broken.to_str().unwrap();
    let paths = ["fixtures/cdrrepmgr00073.log", broken];
    let answer = json(&paths, 1);
    assert!(ids(&answer).contains(&"not_all_was_read"), "{:?}", ids(&answer));
    assert_eq!(answer["warnings"], answer["parse_log"]["unread"]);
    let text = assert_cmd::Command::cargo_bin("cdrdiag").unwrap().args(["diagnose", "--full"]).args(paths).output();
    let text = String::from_utf8(text.unwrap().stdout).unwrap();
    let why = answer["warnings"][0].as_str().unwrap();
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(bare(text.split("\n-- ").next().unwrap()).matches(&bare(why)).count(), 1, "{text}");
}

#[test]
fn without_a_path_no_trace_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(format!("{ROOT}/fixtures/cdrrepmgr00073.log"), folder.path().join("cdrrepmgr00073.log")).unwrap();
    let primary = format!("{ROOT}/fixtures/story/primary.json");
    let done = diagnose(&["--primary", &primary, "--json"]).current_dir(&folder).assert().code(0);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!((ids(&answer), &answer["parse_log"]), (vec!["nothing_wrong"], &Value::Null));
    assert_eq!(answer["probe"]["targets"].as_array().unwrap().len(), 1);
}

#[test]
fn two_servers_alone_tell_that_a_failover_would_fail() {
    let servers = ["--primary", "fixtures/story/primary.json", "--secondary", "fixtures/story/secondary.json"];
    assert_eq!(ids(&json(&servers, 1)), ["failover_would_fail"]);
    let swapped = ["--primary", "fixtures/story/secondary.json", "--secondary", "fixtures/story/primary.json"];
    assert_eq!(ids(&json(&swapped, 1)), ["servers_refuse"]);
}

#[test]
fn the_traces_host_is_probed_where_that_is_asked_for() {
    let log = fs::read_to_string(format!("{ROOT}/fixtures/cdrrepmgr00073.log")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdrrepmgr00073.log");
    // Nobody listens there: port 1 of the loopback interface.
    fs::write(&path, log.replace("1.1.1.1", "127.0.0.1").replace("Algorithm negotiation fail", CONNECTION_REFUSED))
        .unwrap();
    let path = path.to_str().unwrap();
    let answer = json(&[path, "--probe-from-trace", "--port", "1", "--timeout", "5"], 1);
    assert_eq!(ids(&answer)[0], "still_unreachable", "{answer}");
    assert_eq!(answer["probe"]["targets"][0]["target"], "127.0.0.1");
    assert_eq!(answer["offered_targets"], serde_json::json!([]));
    assert_eq!(json(&[path], 1)["offered_targets"][0]["host"], "127.0.0.1");
}

const CONNECTION_REFUSED: &str = "Session.connect: java.net.ConnectException: Connection refused";

#[test]
fn a_part_that_cannot_be_read_does_not_lose_the_others() {
    let mut arguments = STORY;
    arguments[0] = "fixtures/no-such-trace.log";
    let answer = json(&arguments, 1);
    assert_eq!(answer["parse_log"], Value::Null);
    assert_eq!(ids(&answer), ["files_will_be_deleted", "failover_would_fail", "not_all_was_read"]);
    assert!(answer["warnings"][0].as_str().unwrap().contains("no-such-trace.log"));
    let lost =
        json(&["fixtures/cdrrepmgr00073.log", "--primary", "fixtures/missing.json", "--preserve", "/nowhere"], 1);
    assert_eq!(lost["warnings"].as_array().unwrap().len(), 2, "{}", lost["warnings"]);
    assert!(ids(&lost).contains(&"not_all_was_read"));
}

#[test]
fn where_nothing_can_be_read_the_job_cannot_be_done() {
    assert!(stderr(&["fixtures/no-such-trace.log", "--primary", "missing.json"], 3).contains("nothing that was given"));
}

#[test]
fn wrong_usage_is_told_apart() {
    assert!(stderr(&[], 2).contains("nothing to diagnose: give --cucm NODE, traces"));
    assert!(stderr(&["--preserve-days", "30", "--limit", "3"], 2).contains("nothing to diagnose"));
    assert!(stderr(&["--primary", "a b"], 2).contains("a target is a name"));
    assert!(stderr(&["fixtures/cdrrepmgr00073.log", "--cause", "algorithm"], 2).contains("no such cause"));
    diagnose(&["--primary", "x.json", "--probe-from-trace"]).assert().code(2);
}

#[test]
fn escape_sequences_stay_out_of_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdrrepmgr00073.log");
    let log = fs::read_to_string(format!("{ROOT}/fixtures/cdrrepmgr00073.log")).unwrap();
    fs::write(&path, log.replace("1.1.1.1", "1.1.1.1\u{1b}[31m").replace("negotiation fail", "\u{9b}31m\u{202e}x"))
        .unwrap();
    let arguments =
        [path.to_str().unwrap(), "--color", "never", "--primary", "fixtures/saved/hostile.ssh-audit-3.3.0.json"];
    let done = diagnose(&arguments).assert().code(1);
    let answer = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert!(!answer.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{answer:?}");
}

#[test]
fn a_failover_is_not_dated_by_a_trace_that_begins_inside_the_outage() {
    let inside = ["fixtures/story/traces/cdrrepmgr00074.log.gz"];
    let found = text(&[&inside, &STORY[3..7]].concat(), 1);
    assert!(found.contains("since at least 2025-03-11 14:34:58, 192.0.2.10 may point to the secondary"), "{found}");
    assert!(found.contains("CUCM counts 1,786 failures before it begins"), "{found}");
}

#[test]
fn a_narrow_question_does_not_make_all_well() {
    let found = text(&["fixtures/story/traces", "--cause", "authentication"], 0);
    assert!(found.starts_with("Nothing is wrong in the part asked for; outside the part asked for: 2,337"), "{found}");
}

#[test]
fn a_listing_of_another_time_is_noted() {
    let found = text(&["fixtures/story/traces", "--preserve", "fixtures/listings/preserve-detail.txt"], 1);
    assert!(found.contains("is not in the listing, whose files are from 2019-07-15 to 2019-07-17"), "{found}");
    let found = text(&STORY, 1);
    assert!(!found.contains("is not in the listing"), "{found}");
}

/// What stands on the terminal when nothing else is asked for.
fn first_screen(arguments: &[&str]) -> String {
    let done = diagnose(arguments).env_remove("COLUMNS").assert();
    String::from_utf8(done.get_output().stdout.clone()).unwrap()
}

#[test]
fn the_first_screen_of_the_story_has_cause_change_and_deadline_on_forty_lines() {
    let screen = first_screen(&STORY);
    assert!(screen.lines().count() <= 40, "{screen}");
    let change = screen.split_once("Change on 192.0.2.6 ").unwrap().1;
    let to_copy: Vec<&str> =
        change.lines().skip(1).take(6).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(to_copy, ["KexAlgorithms", "Ciphers", "MACs", "Then,", "sshd", "systemctl"]);
    for said in ["A failover is the cause", "2025-03-09 02:40:06", "traces/cdrrepmgr00071.log.gz:1588", "2025-04-08"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    assert!(!screen.contains("secondary.json"), "the server is named by its address: {screen}");
}

#[test]
fn what_else_is_wrong_stands_with_what_to_do_and_once() {
    let node = ["fixtures/nodes/session.log", "--now", "2025-03-12"];
    let step = "Turn it on: Cisco Unified Serviceability";
    for (screen, form) in [(first_screen(&node), "first"), (first_screen(&[&node[..], &["--full"]].concat()), "full")] {
        assert_eq!(screen.matches(step).count(), 1, "{form}: {screen}");
    }
}

#[test]
fn what_was_left_out_is_on_the_first_screen_and_in_the_pages() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.md");
    let page_name = page.display().to_string();
    let asked = ["fixtures/story/traces", "--since", "2025-03-12", "--markdown", &page_name];
    let told = "outside the part asked for";
    assert!(first_screen(&asked).contains(told));
    assert!(fs::read_to_string(&page).unwrap().contains(told));
}

#[test]
fn each_thing_is_taken_for_what_it_is_wherever_it_is_given() {
    let story = |name: &str| format!("{}/fixtures/story/{name}", env!("CARGO_MANIFEST_DIR"));
    let (traces, listing) = (story("traces"), story("preserve.txt"));
    let (primary, secondary) = (story("primary.json"), story("secondary.json"));
    let judged = ["--now", "2019-07-25", "--preserve-days", "30", "--profile", "cucm-14"];
    let right = [&[&*traces, "--preserve", &listing, "--primary", &primary, "--secondary", &secondary], &judged[..]];
    let mixed = [&[&*listing, &primary, &traces, &secondary], &judged[..]];
    let (right, mixed) = (json(&right.concat(), 1), json(&mixed.concat(), 1));
    for part in ["headline", "conclusions", "backlog", "compare"] {
        assert_eq!(mixed[part], right[part], "{part}");
    }
    assert!(
        mixed["warnings"][0]
            .as_str()
            .unwrap()
            .ends_with("primary.json is taken as --primary; name both servers to be sure")
    );
    let swapped = json(&["--preserve", &format!("{traces}/cdrrepmgr00074.log.gz"), &listing], 1);
    assert!(swapped["parse_log"].is_object() && swapped["backlog"].is_object());
}

#[test]
fn a_saved_answer_that_has_no_place_says_how_to_give_it() {
    let story = |name: &str| format!("{}/fixtures/story/{name}", env!("CARGO_MANIFEST_DIR"));
    let answer = json(&[&story("primary.json"), "--secondary", &story("secondary.json")], 1);
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.contains("primary.json: this is cdrdiag's JSON") && warning.contains("--primary"), "{warning}");
}

#[test]
fn a_folder_that_holds_all_tells_the_whole_story_and_says_what_it_took_for_what() {
    let folder = ["fixtures/story", "--preserve-days", "30", "--now", "2025-03-12T08:05:00Z"];
    let answer = json(&folder, 1);
    let ids: Vec<_> = answer["conclusions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..2], ["failover_to_refusing_server", "files_will_be_deleted"]);
    let warnings = answer["warnings"].to_string();
    for taken in ["preserve.txt is taken as --preserve", "primary.json is taken as --primary"] {
        assert!(warnings.contains(taken), "{warnings}");
    }
    let named = json(&[&folder[..], &["--primary", "fixtures/story/secondary.json"]].concat(), 1);
    assert!(!named["warnings"].to_string().contains("--secondary"), "who names a server means it alone");
}

#[test]
fn of_more_destinations_than_any_cucm_has_a_few_are_told_and_the_rest_counted() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("cdrrepmgr00001.log");
    let line = |number: u32| {
        format!(
            "2024-03-05 04:11:10,121 ERROR [main] sftpapi.ftpClient (ftpClient.java:246) - connect(): Failed connect to h{number}.example.com\n"
        )
    };
    std::fs::write(&trace, (0..3_000).map(line).collect::<Vec<_>>().concat()).unwrap();
    let answer = json(&[trace.to_str().unwrap()], 1);
    let conclusions = answer["conclusions"].as_array().unwrap();
    assert!(conclusions.len() < 200, "{}", conclusions.len());
    let further = conclusions.iter().find(|one| one["id"] == "further_destinations").unwrap();
    assert!(further["headline"].as_str().unwrap().starts_with("2,950 further destinations fail"), "{further:#}");
    assert_eq!(answer["parse_log"]["destinations"].as_array().unwrap().len(), 3_000, "none is lost");
}

#[test]
fn a_trace_without_any_delivery_is_no_failure_and_no_proof_that_all_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("cdrrepmgr00001.log");
    let running = "2019-07-25 13:12:11,889 INFO  [Thread-11] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for \
                   destination 1 is running...\n";
    fs::write(&trace, running).unwrap();
    let trace = trace.to_str().unwrap();
    let mut parse_log = Command::cargo_bin("cdrdiag").unwrap();
    let done = parse_log.args(["parse-log", trace]).assert().code(0);
    let told = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(told.starts_with("NOTHING    destination 1"), "{told}");
    assert_eq!(ids(&json(&[trace], 1)), ["cannot_tell"]);
    assert_eq!(ids(&json(&[trace, "--primary", "fixtures/saved/openssh-default.nmap.xml"], 0)), ["nothing_wrong"]);
}

#[test]
fn a_folder_of_copied_files_waits_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("from-cucm");
    fs::create_dir(&copied).unwrap();
    for minute in 1..=3 {
        fs::write(copied.join(format!("cdr_StandAloneCluster_01_20190715130{minute}_{minute}")), "x").unwrap();
    }
    let copied = copied.to_str().unwrap();
    let alone = json(&["--preserve", copied], 1);
    assert_eq!(
        (&alone["headline"], &alone["backlog"]["totals"]["files"]),
        (&"3 files wait for delivery".into(), &3.into())
    );
    let beside = text(&["fixtures/cdrrepmgr00073.log", "--preserve", copied], 1);
    assert!(beside.contains("3 files wait for delivery") && !beside.contains("At least 1 file waits"), "{beside}");
}

#[test]
fn the_preservation_duration_takes_nothing_from_what_a_trace_shows() {
    let days = ["--preserve-days", "30", "--now", "2019-07-26"];
    let found = first_screen(&[&["fixtures/cdrrepmgr00073.log"], &days[..]].concat());
    for told in ["At least 1 file waits; CUCM starts to delete them on 2019-08-22", "what waits: file list activelog"] {
        assert!(found.contains(told), "{told}: {found}");
    }
}

#[test]
fn the_first_screen_says_a_thing_once() {
    let listed = first_screen(&["--preserve", "fixtures/listings/preserve-detail.txt"]);
    assert_eq!(listed.matches("Give --preserve-days N").count(), 1, "{listed}");
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.jpg");
    fs::write(&photo, b"\xff\xd8\xff\xe0\x00\x10JFIF").unwrap();
    let refused = stderr(&["--primary", photo.to_str().unwrap()], 3);
    assert_eq!(refused.matches("none of the forms").count(), 1, "{refused}");
    let closed = first_screen(&["--primary", "127.0.0.1:1"]);
    assert!(closed.contains("(127.0.0.1 port 1) is unreachable: connection refused\n"), "{closed}");
}

#[test]
fn what_is_over_is_told_as_over_and_counted_as_what_it_was() {
    let recovered = first_screen(&["fixtures/cases/trace-resend-off-recovered/recovered.log"]);
    assert!(recovered.starts_with("Deliveries to 192.0.2.105 have worked again since"), "{recovered}");
    assert!(!recovered.contains("Start the server"), "{recovered}");
    let one = first_screen(&["fixtures/cases/trace-one-line/restart-only.log"]);
    assert!(one.contains("1 failed connection\n") && !one.contains("0 failed"), "{one}");
}

#[test]
fn what_could_not_be_read_is_said_once_beside_what_the_servers_say() {
    let missing = ["/nowhere/trace.log", "--primary", "fixtures/saved/openssh-default.nmap.xml"];
    let done = diagnose(&missing).env_remove("COLUMNS").assert().code(1).stderr("");
    let found = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert_eq!(found.matches("/nowhere/trace.log").count(), 1, "{found}");
    assert!(found.contains("the primary (") && found.contains("accepts CUCM"), "{found}");
    let json = diagnose(&missing).arg("--json").assert().code(1);
    assert!(String::from_utf8_lossy(&json.get_output().stderr).contains("/nowhere/trace.log"));
}

/// A mail with these files attached.
fn mail(name: &str, attached: &[String]) -> String {
    let head = "From: a@example.com\r\nSubject: scan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n";
    let text = "--x\r\nContent-Type: text/plain\r\n\r\nsee attached\r\n";
    let part = |text: &String| {
        format!("--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename={name}\r\n\r\n{text}\r\n")
    };
    let files: String = attached.iter().map(part).collect();
    format!("{head}{text}{files}--x--\r\n")
}

#[test]
fn the_only_scan_in_a_mail_is_the_servers_answer() {
    let file = tempfile::Builder::new().suffix(".eml").tempfile().unwrap();
    let scan = fs::read_to_string("fixtures/saved/openssh-default.nmap.txt").unwrap();
    fs::write(file.path(), mail("scan.txt", std::slice::from_ref(&scan))).unwrap();
    let mailed = file.path().to_str().unwrap();
    let found = json(&["--primary", mailed], 0);
    assert_eq!(found["probe"]["targets"][0]["outcome"], "accepts");
    fs::write(file.path(), mail("scan.txt", &[scan.clone(), scan])).unwrap();
    assert!(stderr(&["--primary", mailed], 3).contains("save the one you mean"));
}

#[test]
fn a_server_that_is_given_as_primary_and_secondary_is_told_on_the_first_screen() {
    let server = "fixtures/saved/openssh-default.nmap.xml";
    let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let done = command.args(["diagnose", "--primary", server, "--secondary", server]).assert().code(0);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("{server} is given twice, so only that one was checked")), "{text}");
}
