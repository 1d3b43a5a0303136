//! Who is let in, and what is said of it.

use std::fs;

use serde_json::json;

use super::node::{Node, can_run, is_empty, scenario};

#[test]
fn each_way_to_ask_for_the_password_is_answered_once() {
    if !can_run("each_way_to_ask_for_the_password_is_answered_once") {
        return;
    }
    for methods in ["both", "password", "keyboard-interactive"] {
        let node = Node::start(scenario(json!({"methods": methods})));
        let (_, code) = node.collect(&[]);
        assert_eq!((code, node.logins()), (0, 1), "{methods}");
    }
}

#[test]
fn a_wrong_password_is_sent_once_and_nothing_is_written() {
    if !can_run("a_wrong_password_is_sent_once_and_nothing_is_written") {
        return;
    }
    for more in
        [json!({"password": "another"}), json!({"locked": true}), json!({"password": "x", "methods": "password"})]
    {
        let node = Node::start(scenario(more.clone()));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins()), (Some(3), 1), "{more} {error}");
        assert!(error.contains("refuses the login of reader"), "{error}");
        assert!(is_empty(&node.path("out")) && output.stdout.is_empty());
    }
}

#[test]
fn no_password_goes_to_a_node_whose_host_key_is_not_known_or_has_changed() {
    if !can_run("no_password_goes_to_a_node_whose_host_key_is_not_known_or_has_changed") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    let other = Node::start(scenario(json!({})));
    let key = fs::read_to_string(other.path("host_key.pub")).unwrap();
    fs::write(node.path("known_hosts"), format!("[127.0.0.1]:{} {key}", node.port)).unwrap();
    fs::write(node.path("empty"), "").unwrap();
    for (file, says) in [("known_hosts", "has another one for it"), ("empty", "is not in")] {
        let target = format!("reader@127.0.0.1:{}", node.port);
        let mut command = node.command();
        command.args(["collect", &target, "--out", "out", "--password-file", "password", "--known-hosts", file]);
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins()), (Some(3), 0), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn old_algorithms_are_taken_and_told() {
    if !can_run("old_algorithms_are_taken_and_told") {
        return;
    }
    let old = json!({
        "kex_algs": ["diffie-hellman-group14-sha1"], "mac_algs": ["hmac-sha1"], "encryption_algs": ["aes128-ctr"],
        "signature_algs": ["ssh-rsa"],
    });
    let node = Node::start(scenario(old));
    let (answer, code) = node.collect(&[]);
    assert_eq!(code, 0);
    assert!(super::node::warnings(&answer).contains("diffie-hellman-group14-sha1"), "{answer:#}");
}

#[test]
fn somebody_elses_shell_gets_no_command() {
    if !can_run("somebody_elses_shell_gets_no_command") {
        return;
    }
    for (start, prompt) in [(json!(["Last login: today\r\n"]), "user@host:~$ "), (json!([]), "switch>")] {
        let node = Node::start(scenario(json!({"start": start, "prompt": prompt})));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("not CUCM's command line"), "{error}");
        assert_eq!(node.record(), Vec::<String>::new());
    }
}

#[test]
fn a_full_session_table_is_told_with_the_nodes_words() {
    if !can_run("a_full_session_table_is_told_with_the_nodes_words") {
        return;
    }
    let node = Node::start(scenario(json!({"sessions_full": true})));
    let output = node.run(&[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3));
    assert!(error.contains("Maximum number of sessions reached"), "{error}");
}

#[test]
fn a_folder_that_holds_something_is_not_written_to() {
    if !can_run("a_folder_that_holds_something_is_not_written_to") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    fs::create_dir(node.path("out")).unwrap();
    fs::write(node.path("out").join("mine"), "x").unwrap();
    let output = node.run(&[]);
    assert_eq!((output.status.code(), node.logins()), (Some(2), 0));
}

#[test]
fn a_login_that_asks_for_more_than_the_password_ends_in_one_line_that_names_it() {
    if !can_run("a_login_that_asks_for_more_than_the_password_ends_in_one_line_that_names_it") {
        return;
    }
    for (questions, asked, sent) in [
        (json!([["Password: ", "Token: "]]), "asks \"Password:\"", "the password was not sent"),
        (json!([["Password: "], ["New password: "]]), "asks \"New password:\": log in by hand", "was sent once"),
    ] {
        let node =
            Node::start(scenario(json!({"methods": "keyboard-interactive", "questions": questions, "expired": true})));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(3), 1), "{error}");
        assert!(error.contains(asked) && error.contains(sent), "{error}");
    }
}
