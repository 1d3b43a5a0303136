//! Alarms as alerts, mails and syslog tell of them.

use assert_cmd::Command;
use serde_json::{Value, json};

use super::{CASES, answer};

/// What an input's one kind of alarm says: the document, and the text with its blanks folded.
fn raised(case: &str, input: &str) -> (Value, String) {
    let mut document = answer(case, &["parse-log", input], 1);
    assert_eq!((&document["verdict"], document["alarms"].as_array().unwrap().len()), (&json!("problem"), 1));
    let folder = format!("{CASES}/{case}");
    let done = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", input]).current_dir(folder).assert().code(1);
    let text = String::from_utf8_lossy(&done.get_output().stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    (document["alarms"][0].take(), text)
}

/// The first conclusion of `diagnose`.
fn concluded(case: &str, input: &str) -> Value {
    answer(case, &["diagnose", input], 1)["conclusions"][0].take()
}

#[test]
fn trace_rtmt_alert_sxml() {
    let (alarms, text) = raised("trace-rtmt-alert-sxml", "alert.txt");
    assert_eq!((&alarms["concern"], &alarms["billing_server"]), (&json!("delivery"), &json!("192.0.2.105")));
    assert_eq!((&alarms["first"], &alarms["zone"]), (&json!("2020-10-06T05:41:50"), &json!("EDT")));
    assert_eq!(alarms["node"], "cucm-pub.example.net");
    assert!(text.contains("192.0.2.105 failed at least 3 times"), "{text}");
    assert!(text.contains("An alarm does not say why"), "{text}");
    assert_eq!(concluded("trace-rtmt-alert-sxml", "alert.txt")["id"], "alarms_of_deliveries");
}

#[test]
fn trace_syslog_file_delivery() {
    let (alarms, text) = raised("trace-syslog-file-delivery", "CiscoSyslog");
    assert_eq!((&alarms["first"], &alarms["zone"]), (&json!("2020-10-06T09:41:50"), &json!("UTC")));
    assert_eq!((&alarms["count"], &alarms["node"]), (&json!(3), &json!("cucm-pub")));
    assert_eq!(alarms["months"], json!([{"month": "2020-10", "count": 3}]));
    assert!(text.contains("failed at least 4 times, the first alarm at 2020-10-06 09:41:50 UTC"), "{text}");
}

#[test]
fn trace_syslog_cdr_agent() {
    let (alarms, text) = raised("trace-syslog-cdr-agent", "CiscoSyslog");
    assert_eq!((&alarms["concern"], &alarms["agent_node"]), (&json!("first_leg"), &json!("192.0.2.21")));
    assert!(text.contains("Not the billing server: node 192.0.2.21 cannot send"), "{text}");
    assert!(text.contains("CDR Agent's trace there"), "{text}");
    assert_eq!(concluded("trace-syslog-cdr-agent", "CiscoSyslog")["id"], "alarms_of_first_leg");
}

#[test]
fn an_alert_beside_a_healthy_trace_is_a_problem_and_a_folder_is_searched_for_a_syslog() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = "2024-03-05 04:11:10,120 INFO  [Thread-3] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...\n";
    std::fs::write(folder.path().join("cdrrepmgr00001.log"), healthy).unwrap();
    std::fs::copy(format!("{CASES}/trace-syslog-cdr-agent/CiscoSyslog"), folder.path().join("CiscoSyslog")).unwrap();
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let done = command.args(["parse-log", "--json"]).arg(folder.path()).assert().code(1);
    let document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(document["alarms"].as_array().unwrap().len(), 1, "{document:#}");
    assert_eq!(document["inputs"].as_array().unwrap().len(), 2, "{document:#}");
}

#[test]
fn a_page_that_quotes_an_alarm_is_no_alarm_unless_it_was_given_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let alert = std::fs::read_to_string(format!("{CASES}/trace-rtmt-alert-sxml/alert.txt")).unwrap();
    let notes = folder.path().join("notes.md");
    std::fs::write(&notes, format!("# Alarms\n\n{alert}")).unwrap();
    std::fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cdrrepmgr00073.log"),
        folder.path().join("cdrrepmgr00073.log"),
    )
    .unwrap();
    for (given, alarms) in [(folder.path(), 0), (notes.as_path(), 1)] {
        let done = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", "--json"]).arg(given).assert().code(1);
        let document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        assert_eq!(document["alarms"].as_array().unwrap().len(), alarms, "{}", given.display());
    }
}

#[test]
fn an_alert_mail_is_read_whatever_its_encoding_and_so_is_what_is_attached() {
    let alert = std::fs::read(format!("{CASES}/trace-rtmt-alert-sxml/alert.txt")).unwrap();
    let trace = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cdrrepmgr00073.log")).unwrap();
    let base64 = |bytes: &[u8]| {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n").collect::<String>()
    };
    let part = |kind: &str, bytes: &[u8]| {
        format!("--x\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", base64(bytes))
    };
    let head = "From: rtmt@example.net\r\nSubject: [RTMT-ALERT-West] CDR\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    let attached = part("application/octet-stream; name=\"cdrrepmgr00073.log\"", &trace);
    let mail = format!("{head}{}{attached}--x--\r\n", part("text/plain", &alert));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alert.eml");
    std::fs::write(&path, mail).unwrap();
    let done = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", "--json"]).arg(&path).assert().code(1);
    let document: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(document["alarms"][0]["billing_server"], "192.0.2.105");
    assert_eq!(document["destinations"][0]["host"], "1.1.1.1");
    let inputs: Vec<_> =
        document["inputs"].as_array().unwrap().iter().map(|input| input["path"].as_str().unwrap()).collect();
    assert!(inputs.iter().any(|path| path.ends_with("alert.eml!/cdrrepmgr00073.log")), "{inputs:?}");
    assert_eq!(document["warnings"], json!([]), "{document:#}");
}

#[test]
fn a_text_that_only_speaks_of_an_alarm_is_named_as_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("note.txt");
    std::fs::write(&note, "We got a CDRFileDeliveryFailed yesterday, please have a look.\n").unwrap();
    let done = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", "--json"]).arg(&note).assert().code(3);
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("note.txt: no trace record in it"), "{said}");
}
