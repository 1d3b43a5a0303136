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

/// A text with marks before and behind each line.
fn marked(text: &str, before: &str, behind: &str) -> Vec<u8> {
    text.lines().flat_map(|line| [before, line, behind, "\n"]).collect::<String>().into_bytes()
}

#[test]
fn a_session_that_was_quoted_coloured_or_stamped_says_what_the_plain_one_says() {
    let session = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/nodes/session.log")).unwrap();
    let services = "Cisco CDR Agent[STARTED]\nCisco CDR Repository Manager[STOPPED]  Commanded Out of Service\n";
    for text in [session.as_str(), services] {
        let plain = of_text("diagnose", text.as_bytes(), 1);
        let mail = "From: a@example.com\nSubject: x\nContent-Type: text/plain\n\nOn Monday Bob wrote:\n";
        let reply = [mail.as_bytes(), &marked(text, "> ", "")].concat();
        let marks = [
            ("> ", ""),
            ("| ", " |"),
            ("\u{1b}[0m", "\u{1b}[K"),
            ("[2025-03-12 08:01:33] ", ""),
            ("   7  ", ""),
            ("> 08:01:33 ", ""),
        ];
        for copied in marks.map(|(before, behind)| marked(text, before, behind)).into_iter().chain([reply]) {
            let told = of_text("diagnose", &copied, 1);
            let shown = String::from_utf8_lossy(&copied);
            assert_eq!(told["headline"], plain["headline"], "{shown}");
            let said = |told: &Value| {
                let node = &told["parse_log"]["nodes"][0];
                [&node["services"], &node["disks"], &node["billing_servers"], &told["backlog"]["first_leg"]]
                    .map(Value::clone)
            };
            assert_eq!(said(&told), said(&plain), "{shown}");
        }
    }
}

#[test]
fn answers_in_a_form_that_is_not_known_are_not_passed_over() {
    let listing = "admin:file list activelog /cm/cdr_repository/preserve/20250309/ detail\n\
                   dir count = 0, file count = 0\n";
    assert_eq!(of_text("diagnose", listing.as_bytes(), 0)["conclusions"][0]["id"], "nothing_wrong");
    let told = of_text("diagnose", format!("{listing}x; Cisco CDR Repository Manager; [STOPPED]\n").as_bytes(), 1);
    let ids: Vec<_> = told["conclusions"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id != "nothing_wrong"), "{ids:?}");
    assert!(told.to_string().contains("names the node's services in a form that is not known"), "{told}");
}

#[test]
fn a_service_in_a_state_that_is_not_known_is_not_taken_to_run() {
    let list = "admin:utils service list\nCisco CDR Agent[STARTED]\nCisco CDR Repository Manager[NOTRUNNING]\n";
    let told = of_text("diagnose", list.as_bytes(), 1);
    assert_eq!(told["conclusions"][0]["id"], "repository_manager_stopped");
    assert!(told["headline"].as_str().unwrap().contains("in the state \"NOTRUNNING\""), "{}", told["headline"]);
    let service = &told["parse_log"]["nodes"][0]["services"][1];
    assert_eq!((&service["state"], &service["word"]), (&json!("unknown"), &json!("NOTRUNNING")));
}
