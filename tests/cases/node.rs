//! What CUCM's command line says of a node, and of the way from a node to the repository.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

use super::answer;

#[test]
fn trace_utils_service_list() {
    let case = "trace-utils-service-list";
    let told = answer(case, &["diagnose", "services.txt"], 1);
    assert_eq!(told["conclusions"][0]["id"], "repository_manager_stopped");
    assert_eq!(told["conclusions"][0]["commands"], json!(["utils service start Cisco CDR Repository Manager"]));
    assert!(told["headline"].as_str().unwrap().contains("on the publisher is stopped"), "{}", told["headline"]);
    assert_eq!(answer(case, &["parse-log", "services.txt"], 1)["verdict"], "problem");
}

#[test]
fn trace_subscriber_cm_cdr() {
    let case = "trace-subscriber-cm-cdr";
    for arguments in [&["diagnose", "listing.txt"][..], &["diagnose", "--preserve", "listing.txt"]] {
        let told = answer(case, arguments, 1);
        assert_eq!(told["conclusions"][0]["id"], "first_leg_stuck");
        assert!(told["headline"].as_str().unwrap().contains("CDR Agent of node 02"), "{}", told["headline"]);
        assert_eq!((&told["backlog"]["deadline"], &told["backlog"]["totals"]["files"]), (&Value::Null, &json!(0)));
    }
    assert_eq!(answer(case, &["backlog", "listing.txt"], 1)["first_leg"]["nodes"], json!(["02"]));
}

/// The answer to a text, given in a file of its own.
fn of_text(command: &str, bytes: &[u8], code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pasted.txt");
    fs::write(&path, bytes).unwrap();
    let done = Command::cargo_bin("cdrdiag").unwrap().arg(command).arg(&path).arg("--json").assert().code(code);
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

#[test]
fn a_subscriber_s_agent_that_is_stopped_is_told_and_its_repository_manager_is_not_missed() {
    let list = "Cisco CDR Agent [STOPPED]  Commanded Out of Service\r\n\
                Cisco CDR Repository Manager[STOPPED]  Service Not Activated\r\nPrimary Node =false\r\n";
    let wide: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [list.as_bytes(), &wide] {
        let told = of_text("diagnose", bytes, 1);
        let ids: Vec<_> = told["conclusions"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert_eq!(ids, ["agent_stopped"]);
    }
}

#[test]
fn a_full_disk_is_told_and_a_node_in_order_is_not_blamed() {
    let status = |used: u32| {
        format!(
            "admin:show status\nHost Name          : pub7\nTime Zone          : Central European (Europe/Berlin)\n\
             Product Ver        : 12.5.1.11900-146\n                        Total            Free            Used\n\
             Disk/logging        49573612K        1573612K       48000000K ({used}%)\nadmin:show version active\n\
             Active Master Version: 12.5.1.11900-146\nadmin:utils service list\nCisco CDR Repository Manager [STARTED]\n\
             Cisco CDR Agent[STARTED]\nPrimary Node =true\nadmin:\n"
        )
    };
    let full = of_text("diagnose", status(97).as_bytes(), 1);
    assert_eq!(full["conclusions"][0]["id"], "disk_nearly_full");
    assert_eq!(full["parse_log"]["nodes"][0]["time_zone"], "Europe/Berlin");
    let fine = of_text("diagnose", status(40).as_bytes(), 0);
    assert_eq!(fine["conclusions"][0]["id"], "nothing_wrong");
    assert_eq!(of_text("parse-log", status(40).as_bytes(), 0)["verdict"], "ok");
}
