//! What the node tells of itself.

use serde_json::{Value, json};

use super::node::{Node, PRESERVE, can_run, scenario, warnings};

#[test]
fn one_login_brings_the_facts_the_listings_and_the_traces() {
    if !can_run("one_login_brings_the_facts_the_listings_and_the_traces") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    let (answer, code) = node.collect(&["--waiting"]);
    assert_eq!((code, &answer["verdict"]), (0, &json!("ok")), "{answer:#}");
    assert_eq!(answer["schema"], "cdrdiag/collect/v1");
    assert_eq!(answer["node"]["release"], "14.0.1.12900-161");
    assert_eq!(answer["node"]["time_zone"], "Europe/Berlin");
    assert_eq!((&answer["node"]["fips"], &answer["node"]["host_name"]), (&json!(false), &json!("cucm-pub")));
    assert_eq!(answer["node"]["preserve_days"], 30);
    let server = &answer["billing_servers"][0];
    assert_eq!(
        server,
        &json!({"host": "127.0.0.1", "user": "cdr", "directory": "/cdr", "protocol": "sftp", "resend_on_failure": true})
    );
    let outcomes: Vec<_> = answer["listings"].as_array().unwrap().iter().map(|list| &list["outcome"]).collect();
    assert_eq!(outcomes, ["listed", "listed", "listed"]);
    assert_eq!(node.logins(), 1);
    assert_eq!(node.file("waiting/20190725/cdr_Main_01_201907251311_1"), b"a,b\n1,2\n");
    let kept: serde_json::Value = serde_json::from_slice(&node.file("collection.json")).unwrap();
    assert_eq!(kept, answer);
    let log = String::from_utf8_lossy(&node.file("session.log")).into_owned();
    assert!(log.contains("admin:show status") && !log.contains("secret"), "{log}");
}

/// What a node whose tables are these tells of its billing servers.
fn with_servers(columns: Value, rows: Value) -> (Node, Value, i32) {
    let node = Node::start(scenario(json!({"tables": {"billingserver": {"columns": columns, "rows": rows}}})));
    let (answer, code) = node.collect(&[]);
    (node, answer, code)
}

#[test]
fn columns_that_tell_nothing_are_not_read_and_what_they_leave_open_is_named() {
    if !can_run("columns_that_tell_nothing_are_not_read_and_what_they_leave_open_is_named") {
        return;
    }
    let (node, answer, code) = with_servers(json!(["foo", "bar", "pwd"]), json!([["1", "2", "x"]]));
    assert_eq!((code, &answer["billing_servers"]), (1, &json!([])));
    assert_eq!(answer["not_determined"], json!(["billing_servers"]));
    assert!(warnings(&answer).contains("billing servers not determined"), "{answer:#}");
    assert!(warnings(&answer).contains("foo, bar"), "{answer:#}");
    assert!(!node.record().iter().any(|sent| sent.ends_with(" from billingserver")), "{:?}", node.record());

    let (_, answer, code) = with_servers(json!(["ipaddress", "login", "pw"]), json!([["10.0.0.5", "cdr", "x"]]));
    assert_eq!((code, &answer["billing_servers"][0]["host"]), (1, &json!("10.0.0.5")), "what is known counts");
    assert!(warnings(&answer).contains("no column of billingserver holds protocol, Resend on Failure"), "{answer:#}");
}

#[test]
fn no_billing_server_in_the_database_is_an_answer_and_one_without_a_host_is_none() {
    if !can_run("no_billing_server_in_the_database_is_an_answer_and_one_without_a_host_is_none") {
        return;
    }
    let columns = json!(["pkid", "hostname", "userid", "password", "directory", "resendonfailure", "protocol"]);
    let (_, answer, code) = with_servers(columns.clone(), json!([]));
    assert_eq!((code, &answer["billing_servers"], &answer["warnings"]), (0, &json!([]), &json!([])));
    let (_, answer, code) = with_servers(columns, json!([["1", "NULL", "cdr", "x", "/", "f", "FTP"]]));
    assert_eq!((code, &answer["billing_servers"]), (1, &json!([])));
    assert!(warnings(&answer).contains("1 row of billingserver without a host"), "{answer:#}");
}

#[test]
fn a_database_that_refuses_is_told_with_its_words_and_leaves_the_rest() {
    if !can_run("a_database_that_refuses_is_told_with_its_words_and_leaves_the_rest") {
        return;
    }
    for (words, outcome) in [
        ("No SELECT permission for systables.\n", "refused"),
        ("You do not have the required privilege level to run this command\n", "refused"),
        ("Executed command unsuccessfully\n", "failed"),
        ("The specified table (systables) is not in the database.\n", "failed"),
        ("Something else that nobody has written down\n", "failed"),
    ] {
        let node = Node::start(scenario(json!({"sql_denied": words})));
        let (answer, code) = node.collect(&[]);
        assert_eq!((code, answer["traces"].as_array().unwrap().len()), (1, 2), "{answer:#}");
        let asked = answer["commands"].as_array().unwrap().iter();
        let asked = asked.filter(|sent| sent["command"].as_str().unwrap().starts_with("run sql"));
        assert!(asked.map(|sent| &sent["outcome"]).all(|found| found == outcome), "{words} {:#}", answer["commands"]);
        let told = format!("billing servers not determined: the node says {:?}", words.trim());
        let warned = answer["warnings"].as_array().unwrap();
        assert!(warned.contains(&json!(told)), "{warned:#?}");
    }
}

#[test]
fn a_fact_that_the_node_s_words_leave_open_is_named() {
    if !can_run("a_fact_that_the_node_s_words_leave_open_is_named") {
        return;
    }
    let more = json!({"fips": "FIPS 140-2 Level 1\n", "services": "No valid command entered\n"});
    let (answer, code) = Node::start(scenario(more)).collect(&[]);
    assert_eq!((code, &answer["not_determined"]), (1, &json!(["fips_mode", "services"])), "{answer:#}");
    assert_eq!(answer["node"]["fips"], Value::Null);
    assert!(warnings(&answer).contains("FIPS mode not determined"), "{answer:#}");
}

#[test]
fn a_repository_manager_that_does_not_run_is_a_problem() {
    if !can_run("a_repository_manager_that_does_not_run_is_a_problem") {
        return;
    }
    let services = "System SSH [STARTED]\nCisco CDR Repository Manager[STOPPED]  Commanded Out of Service\n";
    let node = Node::start(scenario(json!({"services": services})));
    let (answer, code) = node.collect(&[]);
    let manager = super::node::named(&answer["services"], "Cisco CDR Repository Manager");
    assert_eq!(
        (code, &manager["state"], &manager["reason"]),
        (1, &json!("stopped"), &json!("Commanded Out of Service"))
    );
}

#[test]
fn ten_thousand_waiting_files_are_listed_with_and_without_the_pager() {
    if !can_run("ten_thousand_waiting_files_are_listed_with_and_without_the_pager") {
        return;
    }
    for off in [true, false] {
        let folder = format!("{PRESERVE}/20190725");
        let node = Node::start(scenario(json!({"pagination_off": off, "numbered": {folder: 10_000}})));
        let (answer, _) = node.collect(&[]);
        assert_eq!(answer["listings"][2]["files"], 10_001, "{off} {}", warnings(&answer));
    }
}

#[test]
fn a_missing_folder_and_an_empty_one_are_answers() {
    if !can_run("a_missing_folder_and_an_empty_one_are_answers") {
        return;
    }
    let mut missing = scenario(json!({}));
    missing["folders"].as_object_mut().unwrap().remove(PRESERVE);
    let (answer, code) = Node::start(missing).collect(&[]);
    assert_eq!((code, &answer["listings"][1]["outcome"]), (0, &json!("missing")), "{answer:#}");
    let mut empty = scenario(json!({}));
    empty["folders"][PRESERVE] = json!([]);
    let (answer, code) = Node::start(empty).collect(&[]);
    assert_eq!((code, &answer["listings"][1]["outcome"]), (0, &json!("empty")), "{answer:#}");
}
