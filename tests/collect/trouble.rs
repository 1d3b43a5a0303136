//! Nodes that ask, stall, or hang up.

use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::node::{Node, PRESERVE, TRACES, bytes, can_run, named, scenario, trace, warnings};

#[test]
fn an_unknown_question_gets_a_no_and_the_rest_is_collected() {
    if !can_run("an_unknown_question_gets_a_no_and_the_rest_is_collected") {
        return;
    }
    for enter in [false, true] {
        let view = format!("file view activelog {TRACES}/cdrrepmgr00073.log");
        let ask = "This command may use a considerable amount of I/O\r\n\r\nContinue (y/n)?";
        let node = Node::start(scenario(json!({"commands": {
            view.clone(): {"ask": ask, "enter": enter, "then": ""},
            "utils fips status": {"ask": "Do you want to know?", "enter": enter, "then": "Bye\r\n"},
        }})));
        let (answer, code) = node.collect(&[]);
        assert_eq!(code, 1, "{answer:#}");
        let outcome = |command: &str| {
            let sent = answer["commands"].as_array().unwrap().iter().find(|sent| sent["command"] == command);
            sent.unwrap()["outcome"].clone()
        };
        assert_eq!((outcome(&view), outcome("utils fips status")), (json!("refused"), json!("refused")));
        assert_eq!(named(&answer["traces"], "cdrrepmgr00072.log")["complete"], true);
        assert!(warnings(&answer).contains("Continue (y/n)?"), "{answer:#}");
    }
}

#[test]
fn what_came_before_the_connection_broke_or_stalled_is_kept_and_told_as_cut() {
    if !can_run("what_came_before_the_connection_broke_or_stalled_is_kept_and_told_as_cut") {
        return;
    }
    for (fault, outcome, viewer) in
        [("drop_after", "cut", false), ("stall_after", "timed_out", false), ("drop_after", "cut", true)]
    {
        let node = Node::start(scenario(json!({fault: 9_000, "viewer": viewer})));
        let (answer, code) = node.collect(&["--timeout", "3"]);
        assert_eq!(code, 1, "{answer:#}");
        let last = answer["commands"].as_array().unwrap().last().unwrap();
        assert_eq!(last["outcome"], outcome, "{answer:#}");
        let trace = named(&answer["traces"], "cdrrepmgr00073.log");
        assert_eq!(trace["complete"], false);
        assert!(trace["bytes"].as_u64().unwrap() > 1_000, "{answer:#}");
        assert!(node.path("out").join("collection.json").exists());
    }
}

#[test]
fn names_that_the_command_line_could_misread_are_left_out() {
    if !can_run("names_that_the_command_line_could_misread_are_left_out") {
        return;
    }
    let mut scenario = scenario(json!({}));
    let evil = json!([
        {"name": "cdrrepmgr1;reboot.log", "text": "x\n"},
        {"name": "cdrrepmgr2$(x).log", "text": "x\n"},
        {"name": "cdrrepmgr00003.log", "text": "fine\n"},
    ]);
    scenario["folders"][TRACES] = evil;
    let node = Node::start(scenario);
    let (answer, _) = node.collect(&[]);
    assert_eq!(node.file("traces/cdrrepmgr00003.log"), b"fine\n");
    assert!(warnings(&answer).contains("could misread"), "{answer:#}");
}

#[test]
fn a_node_that_hangs_up_before_it_has_said_anything_is_no_collection() {
    if !can_run("a_node_that_hangs_up_before_it_has_said_anything_is_no_collection") {
        return;
    }
    let node = Node::start(scenario(json!({"hangs_up_at": ["set cli pagination off"]})));
    let output = node.run(&[]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(3), 1), "{error}");
    assert!(error.contains("nothing was collected") && error.contains("ended the session"), "{error}");
    assert!(!node.path("out/collection.json").exists());
}

#[test]
fn a_node_that_shows_no_file_is_not_asked_for_all_of_them() {
    if !can_run("a_node_that_shows_no_file_is_not_asked_for_all_of_them") {
        return;
    }
    let date = format!("{PRESERVE}/20190725");
    let names: Vec<_> = (1..=9).map(|number| format!("cdr_Main_01_201907251311_{number}")).collect();
    let files: Vec<_> = names.iter().map(|name| json!({"name": name, "text": "a,b\n"})).collect();
    let refused = names
        .iter()
        .skip(1)
        .map(|name| (format!("file view activelog {date}/{name}"), json!("Executed command unsuccessfully\n")));
    let commands: Value = refused.collect::<serde_json::Map<_, _>>().into();
    let mut plan = scenario(json!({"commands": commands}));
    plan["folders"][&date] = json!(files);
    let node = Node::start(plan);
    let (answer, code) = node.collect(&["--waiting"]);
    let views = node.record().iter().filter(|sent| sent.contains("view") && sent.contains("preserve")).count();
    assert_eq!((code, views), (1, 4), "one that is shown, three that are not");
    assert!(warnings(&answer).contains("5 waiting files not read: CUCM did not show 3 in a row"), "{answer:#}");
    let complete: Vec<_> = answer["waiting"].as_array().unwrap().iter().map(|file| &file["complete"]).collect();
    assert_eq!((complete.len(), complete.iter().filter(|whole| **whole == true).count()), (9, 1), "{answer:#}");
}

#[test]
fn ctrl_c_leaves_the_node_in_good_order_and_keeps_what_came() {
    if !can_run("ctrl_c_leaves_the_node_in_good_order_and_keeps_what_came") {
        return;
    }
    let view = format!("file view activelog {TRACES}/cdrrepmgr00072.log");
    let date = format!("{PRESERVE}/20190725");
    let listing = format!("file list activelog {date}/ detail");
    for (more, command, gets_back) in [
        (json!({"viewer": true, "delay_ms": 200}), &view, true),
        (json!({"pagination_off": false, "delay_ms": 200, "numbered": {date: 500}}), &listing, true),
        (json!({"pieces": 400, "piece_gap_ms": 80}), &view, false),
    ] {
        let node = Node::start(scenario(more.clone()));
        let output = interrupted_at(&node, command);
        assert_eq!(output.status.code(), Some(1), "{more} {}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer, serde_json::from_slice::<Value>(&node.file("collection.json")).unwrap());
        let last = answer["commands"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["command"], &last["outcome"]), (&json!(command), &json!("cut")), "{more} {answer:#}");
        assert!(warnings(&answer).contains("interrupted"), "{answer:#}");
        if command == &view {
            assert_eq!(named(&answer["traces"], "cdrrepmgr00072.log")["complete"], false, "{more} {answer:#}");
            assert_eq!(node.file("traces/cdrrepmgr00073.log"), bytes(&trace(130)));
        }
        node.check_what_was_sent();
        let said_good_bye = node.record().last().is_some_and(|sent| sent == "exit");
        assert!(said_good_bye || !gets_back, "{more} {:?}", node.record());
        assert!(String::from_utf8_lossy(&node.file("session.log")).contains(command.as_str()), "{more}");
    }
}

/// What a collection comes to that Ctrl-C ends while this command is under way.
fn interrupted_at(node: &Node, command: &str) -> Output {
    let name = format!("reader@127.0.0.1:{}", node.port);
    let mut collect = node.command();
    collect.args(["collect", &name, "--json", "--out", "out", "--password-file", "password"]);
    collect.args(["--host-key", &node.fingerprint()]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = collect.spawn().unwrap();
    let start = Instant::now();
    while !node.record().iter().any(|sent| sent == command) {
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", node.record());
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let interrupted = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(interrupted.elapsed() < Duration::from_secs(10), "{command}");
    output
}

#[test]
fn what_was_not_asked_when_the_session_timed_out_is_not_determined() {
    if !can_run("what_was_not_asked_when_the_session_timed_out_is_not_determined") {
        return;
    }
    let words = "\r\nCLI session timed out\r\n";
    let node = Node::start(scenario(json!({"hangs_up_at": ["utils service list"], "last_words": words})));
    let (answer, code) = node.collect(&["--waiting"]);
    assert_eq!((code, &answer["not_determined"]), (1, &json!(["services", "billing_servers"])), "{answer:#}");
    assert_eq!(answer["node"]["release"], "14.0.1.12900-161", "what came before is kept");
    assert_eq!((&answer["traces"], &answer["listings"]), (&json!([]), &json!([])));
    assert!(warnings(&answer).contains("utils service list: the node ended the session"), "{answer:#}");
}

#[test]
fn an_account_that_may_only_read_gets_everything_page_by_page() {
    if !can_run("an_account_that_may_only_read_gets_everything_page_by_page") {
        return;
    }
    let node = Node::start(scenario(json!({"pagination_off": false, "page": 5, "viewer": true})));
    let (answer, code) = node.collect(&["--waiting"]);
    let refused = answer["commands"].as_array().unwrap().iter().filter(|sent| sent["outcome"] != "done").count();
    assert_eq!((code, refused), (0, 1), "only the pager's setting is refused: {answer:#}");
    assert!(node.record().iter().any(|sent| sent == "key: "), "pages were turned");
}

#[test]
fn a_disk_that_is_full_leaves_no_half_of_a_file_under_its_name() {
    if !can_run("a_disk_that_is_full_leaves_no_half_of_a_file_under_its_name") {
        return;
    }
    let mut scenario = scenario(json!({}));
    let folder = format!("{}/20190725", super::node::PRESERVE);
    scenario["folders"][folder] = json!([{"name": "cdr_Main_01_201907251311_1", "text": "a,b\n1,2\n".repeat(800)}]);
    let node = Node::start(scenario);
    let mut command = Command::new("sh");
    // 4 KiB a file: neither the second trace nor the waiting file nor the answer fits.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    command.args(["-c", script, env!("CARGO_BIN_EXE_cdrdiag"), "collect", &format!("reader@127.0.0.1:{}", node.port)]);
    command.args(["--out", "out", "--waiting", "--password-file", "password", "--host-key", &node.fingerprint()]);
    let folder = node.path("out").parent().unwrap().to_owned();
    let output = command.current_dir(&folder).env("HOME", &folder).stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("cannot write"), "{error}");
    let out = node.path("out");
    let files = walkdir::WalkDir::new(&out).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    for file in files {
        let (name, length) = (file.file_name().to_string_lossy().into_owned(), file.metadata().unwrap().len());
        assert!(name == "session.log" || length < 4_096, "{name} is cut");
        assert!(!name.starts_with(".cdrdiag-"), "{name} is left");
    }
}
