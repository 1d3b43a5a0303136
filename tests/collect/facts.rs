//! What the node tells of itself.

use serde_json::json;

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

#[test]
fn a_password_column_is_never_asked_for_and_unknown_columns_are_told() {
    if !can_run("a_password_column_is_never_asked_for_and_unknown_columns_are_told") {
        return;
    }
    let catalogue = "run sql select c.colname from systables t, syscolumns c where t.tabid=c.tabid and \
        t.tabname='billingserver'";
    let sql = json!({
        catalogue: "colname \n======= \nfoo     \nbar     \npwd     \n",
        "run sql select foo,bar from billingserver": "foo bar \n=== === \n1   2   \n",
    });
    let node = Node::start(scenario(json!({"sql": sql})));
    let (answer, _) = node.collect(&[]);
    assert_eq!(answer["billing_servers"], json!([]));
    assert!(warnings(&answer).contains("columns of the billing servers are unknown"), "{answer:#}");
}

#[test]
fn a_refused_database_leaves_the_rest() {
    if !can_run("a_refused_database_leaves_the_rest") {
        return;
    }
    let node = Node::start(scenario(json!({"sql": {}})));
    let (answer, code) = node.collect(&[]);
    assert_eq!((code, answer["traces"].as_array().unwrap().len()), (1, 2), "{answer:#}");
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
