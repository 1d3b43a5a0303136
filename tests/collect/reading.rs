//! Traces exact to the byte, however the node shows them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::node::{Node, PRESERVE, TRACES, bytes, can_run, named, scenario, trace, warnings};

fn check(more: Value) {
    let node = Node::start(scenario(more.clone()));
    let (answer, code) = node.collect(&[]);
    assert_eq!(code, 0, "{more} {answer:#}");
    for (name, lines) in [("cdrrepmgr00072.log", 70), ("cdrrepmgr00073.log", 130)] {
        assert_eq!(named(&answer["traces"], name)["complete"], true, "{more} {answer:#}");
        assert_eq!(node.file(&format!("traces/{name}")), bytes(&trace(lines)), "{more} {name}");
    }
}

#[test]
fn a_trace_is_the_same_to_the_byte_with_and_without_the_viewer() {
    if !can_run("a_trace_is_the_same_to_the_byte_with_and_without_the_viewer") {
        return;
    }
    for more in [
        json!({}),
        json!({"blank_before_view": false}),
        json!({"viewer": true}),
        json!({"viewer": true, "bold": false}),
        json!({"viewer": true, "pagination_off": false, "page": 2}),
    ] {
        check(more);
    }
}

#[test]
fn echoes_that_wrap_pieces_and_other_prompts_change_nothing() {
    if !can_run("echoes_that_wrap_pieces_and_other_prompts_change_nothing") {
        return;
    }
    for more in [
        json!({"echo_width": 80}),
        json!({"echo_width": 80, "echo_wrap": "\r\n"}),
        json!({"echo_width": 80, "echo_wrap": "\r\u{1b}[K"}),
        json!({"prompt": "\u{1b}[0m\u{1b}[24;1Hadmin:", "viewer": true}),
        json!({"prompt": "administrator:"}),
        json!({"prompt": "\r\nreader@cucm-pub: ", "viewer": true}),
        json!({"prompt": "admin(NUMBER):", "viewer": true}),
        json!({"echo": false}),
        json!({"pieces": 700}),
        json!({"pieces": 700, "viewer": true}),
    ] {
        check(more);
    }
}

#[test]
fn a_banner_with_the_prompt_in_it_and_a_slow_start_are_waited_for() {
    if !can_run("a_banner_with_the_prompt_in_it_and_a_slow_start_are_waited_for") {
        return;
    }
    check(json!({"start": [
        "Command Line Interface is starting up, please wait ...\r\n", 2.5,
        "\r\nadmin:\r\nadmin: no unauthorized use\r\n", 1.5,
        "\r\n   Welcome to the Platform Command Line Interface\r\n\r\nWARNING: DNS unreachable\r\n", 0.5, "\r\n",
    ]}));
}

#[test]
fn a_file_without_a_line_end_is_not_given_one() {
    if !can_run("a_file_without_a_line_end_is_not_given_one") {
        return;
    }
    for viewer in [true, false] {
        let text = "one\n\ntwo\t \nthree";
        let mut scenario = scenario(json!({"viewer": viewer}));
        scenario["folders"][TRACES] = json!([{"name": "cdrrepmgr00001.log", "text": text}]);
        let node = Node::start(scenario);
        let (answer, _) = node.collect(&[]);
        assert_eq!(node.file("traces/cdrrepmgr00001.log"), text.as_bytes(), "{viewer}");
        assert_eq!(answer["traces"][0]["complete"], true);
    }
}

#[test]
fn a_trace_that_changes_meanwhile_is_read_again_or_told_as_cut() {
    if !can_run("a_trace_that_changes_meanwhile_is_read_again_or_told_as_cut") {
        return;
    }
    let name = "cdrrepmgr00073.log";
    for viewer in [true, false] {
        let node = Node::start(scenario(json!({"viewer": viewer, "grows": [name]})));
        let (answer, code) = node.collect(&[]);
        assert_eq!((code, &named(&answer["traces"], name)["complete"]), (0, &json!(true)), "{answer:#}");
        assert_eq!(node.file(&format!("traces/{name}")), bytes(&trace(130)));
        assert!(warnings(&answer).contains("read again"), "{answer:#}");
    }
    for change in ["grows", "rotates"] {
        let times = format!("{change}_times");
        let node = Node::start(scenario(json!({"viewer": true, change: [name], times: 9})));
        let (answer, code) = node.collect(&[]);
        assert_eq!((code, &named(&answer["traces"], name)["complete"]), (1, &json!(false)), "{answer:#}");
        assert!(warnings(&answer).contains("cut"), "{answer:#}");
        assert_eq!(named(&answer["traces"], "cdrrepmgr00072.log")["complete"], true);
    }
}

#[test]
fn limits_leave_the_older_traces_out() {
    if !can_run("limits_leave_the_older_traces_out") {
        return;
    }
    for limit in [["--traces", "1"], ["--max-bytes", "20000"], ["--since", "2019-07-25 14:00"]] {
        let node = Node::start(scenario(json!({})));
        let (answer, _) = node.collect(&limit);
        let names: Vec<_> = answer["traces"].as_array().unwrap().iter().map(|trace| &trace["name"]).collect();
        assert_eq!(names, ["cdrrepmgr00073.log"], "{limit:?}");
    }
}

#[test]
fn a_terminal_of_the_system_s_spoils_nothing_whether_it_keeps_keys_or_throws_them_away() {
    if !can_run("a_terminal_of_the_system_s_spoils_nothing_whether_it_keeps_keys_or_throws_them_away") {
        return;
    }
    for (keeps_keys, columns) in [(false, 511), (true, 511), (true, 80), (false, 40)] {
        let node = Node::on_a_terminal(scenario(json!({"keeps_keys": keeps_keys, "columns": columns})));
        let (answer, _) = node.collect(&["--waiting", "--timeout", "10"]);
        for (name, lines) in [("cdrrepmgr00072.log", 70), ("cdrrepmgr00073.log", 130)] {
            assert_eq!(named(&answer["traces"], name)["complete"], true, "{answer:#}");
            assert_eq!(node.file(&format!("traces/{name}")), bytes(&trace(lines)), "{name}");
        }
        assert_eq!(answer["waiting"][0]["complete"], true, "{answer:#}");
    }
}

#[test]
fn pages_that_come_while_keys_are_sent_ahead_are_not_lost() {
    if !can_run("pages_that_come_while_keys_are_sent_ahead_are_not_lost") {
        return;
    }
    let lines: Vec<String> = (0..20_000).map(|number| format!("{number} {}\n", "x".repeat(100))).collect();
    let text = lines.concat();
    let mut scenario = scenario(json!({"viewer": true}));
    scenario["folders"][TRACES] = json!([{"name": "cdrrepmgr00001.log", "text": text.clone()}]);
    let node = Node::start(scenario);
    let (answer, _) = node.collect(&[]);
    assert_eq!(named(&answer["traces"], "cdrrepmgr00001.log")["complete"], true, "{answer:#}");
    assert_eq!(node.file("traces/cdrrepmgr00001.log"), text.as_bytes());
    let views = node.record().iter().filter(|sent| sent.starts_with("file view")).count();
    assert_eq!(views, 1, "it was read again");
    let log = String::from_utf8(node.file("session.log")).unwrap();
    let shown: HashSet<&str> = log.lines().filter_map(|line| line.rsplit("\x1b[K").next()).collect();
    let broken = text.lines().filter(|line| !shown.contains(line));
    assert_eq!(broken.count(), 0, "keys stand within lines of session.log");
}

#[test]
fn packed_traces_are_named_since_the_viewer_shows_none() {
    if !can_run("packed_traces_are_named_since_the_viewer_shows_none") {
        return;
    }
    let mut plan = scenario(json!({}));
    let packed = (1..=5).map(|number| {
        json!({"name": format!("cdrrepmgr0000{number}.log.gz"), "date": "24 Jul,2019 10:00:00", "size": 1_000})
    });
    plan["folders"][TRACES].as_array_mut().unwrap().extend(packed);
    let node = Node::start(plan.clone());
    let (answer, code) = node.collect(&[]);
    assert_eq!((code, answer["traces"].as_array().unwrap().len()), (1, 7), "{answer:#}");
    let told = "5 packed traces not read, since CUCM's viewer shows none: \
                cdrrepmgr00005.log.gz, cdrrepmgr00004.log.gz, cdrrepmgr00003.log.gz and 2 more";
    assert!(warnings(&answer).contains(told), "{answer:#}");
    assert!(!node.record().iter().any(|sent| sent.contains("view") && sent.contains(".gz")), "none is viewed");
    let output = node.command().args(["parse-log", "out"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("5 traces not read"), "the folder tells it, too: {error}");

    let (answer, code) = Node::start(plan).collect(&["--since", "2019-07-25"]);
    assert_eq!((code, answer["traces"].as_array().unwrap().len()), (0, 2), "nobody asked for older ones");
}

#[test]
fn files_that_a_system_takes_for_one_lie_apart() {
    if !can_run("files_that_a_system_takes_for_one_lie_apart") {
        return;
    }
    let mut plan = scenario(json!({}));
    let date = format!("{PRESERVE}/20190725");
    plan["folders"][&date] = json!([
        {"name": "cdr_Main_01_201907251311_1", "text": "one\n"},
        {"name": "cdr_MAIN_01_201907251311_1", "text": "other\n"},
    ]);
    plan["folders"][PRESERVE].as_array_mut().unwrap().push(json!({"name": "NUL", "dir": true}));
    plan["folders"][format!("{PRESERVE}/NUL")] = json!([{"name": "cdr_Main_01_201907251311_2", "text": "two\n"}]);
    let node = Node::start(plan);
    let (answer, code) = node.collect(&["--waiting"]);
    assert_eq!(code, 0, "{answer:#}");
    let places: Vec<_> =
        answer["waiting"].as_array().unwrap().iter().map(|file| (&file["name"], &file["path"])).collect();
    let expected = [
        ("cdr_Main_01_201907251311_1", "waiting/20190725/cdr_Main_01_201907251311_1"),
        ("cdr_MAIN_01_201907251311_1", "waiting/20190725/2/cdr_MAIN_01_201907251311_1"),
        ("cdr_Main_01_201907251311_2", "waiting/_NUL/cdr_Main_01_201907251311_2"),
    ];
    for ((name, path), (expected_name, expected_path)) in places.into_iter().zip(expected) {
        assert_eq!((name, path), (&json!(expected_name), &json!(expected_path)));
    }
    assert_eq!(node.file("waiting/20190725/2/cdr_MAIN_01_201907251311_1"), b"other\n");
}
