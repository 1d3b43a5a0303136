//! Nodes that ask, stall, or hang up.

use serde_json::json;

use super::node::{Node, TRACES, can_run, named, scenario, warnings};

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
    for (fault, outcome) in [("drop_after", "cut"), ("stall_after", "timed_out")] {
        let node = Node::start(scenario(json!({fault: 9_000})));
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
