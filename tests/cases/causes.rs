//! Causes that a trace holds, with what waits beside them.

use serde_json::Value;

use super::answer;

/// The only cause of the only destination.
fn cause(case: &str, trace: &str) -> Value {
    let mut answer = answer(case, &["parse-log", trace], 1);
    let causes = answer["destinations"][0]["causes"].take();
    assert_eq!(causes.as_array().unwrap().len(), 1, "{causes:#}");
    causes[0].clone()
}

fn conclusions(case: &str, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["diagnose"], arguments].concat();
    answer(case, &arguments, 1)["conclusions"].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

#[test]
fn trace_jsch_end_of_stream() {
    let found = cause("trace-jsch-end-of-stream", "cdrrepmgr00001.log");
    assert_eq!(found["cause"], "connection_closed");
    assert!(text(&found, "message").contains("End of IO Stream Read"), "{found:#}");
    let refused = cause("trace-jsch-end-of-stream", "auth.log");
    assert_eq!(refused["cause"], "authentication");
}

#[test]
fn trace_maverick_bad_auth() {
    let found = cause("trace-maverick-bad-auth", "cdrrepmgr00001.log");
    assert_eq!((text(&found, "cause"), text(&found, "stage")), ("authentication", "authentication"));
    assert!(text(&found, "remedy").contains("CDR Management"), "{found:#}");
}

#[test]
fn trace_reject_hostkey() {
    let found = cause("trace-reject-hostkey", "cdrrepmgr00001.log");
    assert_eq!(found["cause"], "host_key_rejected");
    let remedy = text(&found, "remedy");
    let (save, delete) = (remedy.find("Save the waiting files first"), remedy.find("gives up every file"));
    assert!(save.is_some() && save < delete, "{remedy}");
}

#[test]
fn trace_resend_off_recovered() {
    for trace in ["failing.log", "recovered.log"] {
        let found = conclusions("trace-resend-off-recovered", &[trace, "--preserve", "preserve.txt"]);
        let told = found.iter().find(|found| found["id"] == "failed_files_in_processed").unwrap();
        assert!(text(told, "headline").contains("may never have been sent"), "{told:#}");
        assert!(text(told, "text").contains("Resend on Failure"), "{told:#}");
    }
}

#[test]
fn trace_win32_openssh_channel_broken() {
    let found = cause("trace-win32-openssh-channel-broken", "cdrrepmgr00001.log");
    assert_eq!((text(&found, "cause"), text(&found, "stage")), ("sftp_channel_closed", "channel"));
    for word in ["Subsystem", "system PATH"] {
        assert!(text(&found, "remedy").contains(word), "{found:#}");
    }
}
