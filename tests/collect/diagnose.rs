//! What is collected, diagnosed: at once, from its folder, and from the session's log alone.

use std::process::Output;

use serde_json::{Value, json};

use super::node::{Node, PRESERVE, TRACES, can_run, scenario};

/// A node whose deliveries to 10.59.1.27 and others fail, as a real trace shows.
fn failing(more: Value) -> Node {
    let trace = include_str!("../../fixtures/cdrrepmgr00073.log");
    let folders = json!({
        TRACES: [{"name": "cdrrepmgr00073.log", "date": "25 Jul,2019 15:12:40", "text": trace}],
        PRESERVE: [{"name": "20190725", "dir": true}],
        format!("{PRESERVE}/20190725"): [{"name": "cdr_Main_01_201907251311_1", "text": "a,b\n1,2\n"}],
    });
    let mut plan = scenario(more);
    plan["folders"] = folders;
    Node::start(plan)
}

fn diagnose(node: &Node, more: &[&str]) -> Output {
    let name = format!("reader@127.0.0.1:{}", node.port);
    let mut command = node.command();
    command.args(["diagnose", "--cucm", &name, "--json", "--password-file", "password", "--now", "2019-07-30"]);
    command.args(["--host-key", &node.fingerprint(), "--port", "1", "--timeout", "3", "--no-handshake"]).args(more);
    command.output().unwrap()
}

fn answer(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn one_command_collects_and_diagnoses_and_leaves_nothing_behind() {
    if !can_run("one_command_collects_and_diagnoses_and_leaves_nothing_behind") {
        return;
    }
    let node = failing(json!({}));
    let answer = answer(&diagnose(&node, &[]), 1);
    let trace = &answer["parse_log"];
    let name = format!("127.0.0.1:{}:traces/cdrrepmgr00073.log", node.port);
    assert_eq!(trace["inputs"][0]["path"], json!(name), "{:#}", trace["inputs"]);
    assert!(trace["destinations"].as_array().is_some_and(|found| !found.is_empty()));
    assert_eq!(trace["nodes"][0]["release"], "14.0.1.12900-161");
    let profiles: Vec<_> = answer["probe"]["profiles"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(profiles, ["cucm-14"], "the node's release picks the profile");
    let targets: Vec<_> = answer["probe"]["targets"].as_array().unwrap().iter().map(|one| &one["target"]).collect();
    assert_eq!(targets, ["127.0.0.1"], "the billing server of the node's database");
    assert_eq!(answer["backlog"]["totals"]["files"], 1);
    assert_eq!(answer["backlog"]["deadline"]["first_day"], "2019-08-24", "30 days, of its CDR Management");
    let mut entries = std::fs::read_dir(node.path("")).unwrap();
    assert!(entries.all(|entry| entry.unwrap().path().is_file()), "no folder is left");
    assert_eq!(node.logins(), 1);
}

#[test]
fn a_collected_folder_and_a_session_s_log_tell_the_same() {
    if !can_run("a_collected_folder_and_a_session_s_log_tell_the_same") {
        return;
    }
    let node = failing(
        json!({"services": "System SSH [STARTED]\nCisco CDR Repository Manager[STOPPED]  Commanded Out of Service\n"}),
    );
    node.collect(&[]);
    let run = |arguments: &[&str]| {
        let arguments = [arguments, &["--json"]].concat();
        answer(&node.command().args(arguments).output().unwrap(), 1)
    };
    let folder = run(&["diagnose", "out", "--now", "2019-07-30"]);
    let log = run(&["diagnose", "out/session.log", "--now", "2019-07-30"]);
    for answer in [&folder, &log] {
        assert_eq!(answer["conclusions"][0]["id"], "repository_manager_stopped", "{answer:#}");
        assert_eq!(answer["backlog"]["totals"]["files"], 1);
        assert_eq!(answer["backlog"]["deadline"]["first_day"], "2019-08-24");
        assert_eq!(answer["parse_log"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(answer["parse_log"]["nodes"][0]["billing_servers"][0]["host"], "127.0.0.1");
        let offered = answer["offered_targets"].as_array().unwrap();
        assert!(offered.iter().any(|one| one["host"] == "127.0.0.1"), "{offered:#?}");
    }
    let counts = |answer: &Value| -> Vec<(String, u64)> {
        let destinations = answer["parse_log"]["destinations"].as_array().unwrap();
        destinations.iter().map(|one| (one["host"].to_string(), one["delivery_failures"].as_u64().unwrap())).collect()
    };
    assert_eq!(counts(&folder), counts(&log));
    assert_eq!(counts(&json!({"parse_log": run(&["parse-log", "out"])})), counts(&folder));
}

#[test]
fn without_a_node_the_servers_are_still_examined() {
    if !can_run("without_a_node_the_servers_are_still_examined") {
        return;
    }
    let node = failing(json!({"password": "other"}));
    let alone = diagnose(&node, &[]);
    assert_eq!((alone.status.code(), alone.stdout.is_empty()), (Some(3), true));
    let told = String::from_utf8(alone.stderr).unwrap();
    assert!(told.lines().count() == 1 && told.contains("refuses the login of reader"), "{told}");
    let answer = answer(&diagnose(&node, &["--primary", "127.0.0.1"]), 1);
    assert!(answer["warnings"].to_string().contains("refuses the login"), "{answer:#}");
    assert_eq!(answer["probe"]["targets"][0]["outcome"], "unreachable");
}

#[test]
fn what_is_for_a_node_needs_one() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cdrdiag"));
    let output = command.args(["diagnose", "--out", "x", "--primary", "127.0.0.1:1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--out is for --cucm"));
}

#[test]
fn a_collected_folder_s_story_can_be_told_without_names() {
    if !can_run("a_collected_folder_s_story_can_be_told_without_names") {
        return;
    }
    let node = failing(json!({"services": "Cisco CDR Repository Manager[STOPPED]  Commanded Out of Service\n"}));
    node.collect(&[]);
    let mut command = node.command();
    command.args(["diagnose", "out", "--now", "2019-07-30", "--redact", "--html", "page.html"]);
    let output = command.args(["--markdown", "page.md", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| std::fs::read_to_string(node.path(name)).unwrap();
    for page in [read("page.html"), read("page.md")] {
        for name in ["cucm-pub", "10.59.1.27", "StandAloneCluster", "127.0.0.1"] {
            assert!(!page.contains(name), "{name} is still there");
        }
        assert!(page.contains("Cisco CDR Repository Manager") && page.contains("14.0.1.12900-161"), "{page}");
    }
}
