//! Lines of traces without what stands around them, as people paste them and searches print them.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

use super::answer;

/// What one destination is said to suffer from: host, cause of failed connections, how many of them.
fn connections(answer: &Value) -> Vec<(Option<&str>, &str, u64)> {
    let destinations = answer["destinations"].as_array().unwrap();
    destinations
        .iter()
        .map(|one| {
            let cause = one["connection_causes"][0]["cause"].as_str().unwrap_or("none");
            (one["host"].as_str(), cause, one["connection_failures"].as_u64().unwrap())
        })
        .collect()
}

#[test]
fn trace_one_line() {
    for (file, host) in [("line.txt", None), ("two.txt", Some("192.0.2.10")), ("restart-only.log", Some("1.1.1.1"))] {
        let answer = answer("trace-one-line", &["parse-log", file], 1);
        assert_eq!(answer["verdict"], "problem");
        assert_eq!(connections(&answer), [(host, "algorithm_negotiation", 1)], "{file}");
    }
}

#[test]
fn trace_file_search() {
    let failed = answer("trace-file-search", &["parse-log", "search.txt"], 1);
    assert_eq!(connections(&failed), [(Some("192.0.2.10"), "unknown", 1)]);
    assert_eq!(failed["destinations"][0]["causes"][0]["message"], Value::Null);
    assert!(failed["warnings"].as_array().unwrap().is_empty(), "{failed:#}");
    let all = answer("trace-file-search", &["parse-log", "search-all.txt"], 1);
    assert_eq!(connections(&all), [(None, "algorithm_negotiation", 1)]);
}

#[test]
fn what_a_search_leaves_out_is_said_and_where_to_find_it() {
    for (file, told) in [
        ("search.txt", "search the traces for \"SFTP connection\""),
        ("search-all.txt", "search the traces for \"Failed connect to\""),
    ] {
        let path = format!("{}/trace-file-search/{file}", super::CASES);
        let output = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", &path]).assert().code(1);
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(told), "{text}");
        assert!(!text.contains("no table"), "{text}");
    }
}

const ERROR: &str = "2024-03-05 04:11:10,120 ERROR [main] sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connectionAuth fail";
const CONNECT: &str = "2024-03-05 04:11:10,121 ERROR [main] sftpapi.ftpClient (ftpClient.java:246) - connect(): Failed connect to 192.0.2.77";

/// The answer to these lines.
fn of_lines(lines: &str, code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pasted.txt");
    fs::write(&path, lines).unwrap();
    let done = Command::cargo_bin("cdrdiag").unwrap().args(["parse-log", "--json"]).arg(&path).assert().code(code);
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

#[test]
fn a_pasted_error_is_a_failed_connection_whatever_stands_before_it() {
    for before in ["", "   ", "> ", "> > ", "cdrrepmgr00004.log:17:", "0000000017: ", "17:", "x/y.log: "] {
        let answer = of_lines(&format!("{before}{ERROR}\n"), 1);
        assert_eq!(connections(&answer), [(None, "authentication", 1)], "{before:?}");
        let answer = of_lines(&format!("{before}{ERROR}\n{before}{CONNECT}\n"), 1);
        assert_eq!(connections(&answer), [(Some("192.0.2.77"), "authentication", 1)], "{before:?}");
    }
}

#[test]
fn a_search_through_several_files_counts_every_hit() {
    let hits = [1, 2, 3]
        .map(|file| {
            let searched = format!("Searching file: /var/log/active/cm/trace/cdrrep/log4j/cdrrepmgr0000{file}.log");
            format!("{searched}\n00000000{file}7: {}\n\n", ERROR.replace("04:11", &format!("0{file}:11")))
        })
        .concat();
    let answer =
        of_lines(&format!("Searching path: /var/log/active/cm/trace/cdrrep/log4j/*\n{hits}Search completed\n"), 1);
    assert_eq!(connections(&answer), [(None, "authentication", 3)]);
}

#[test]
fn a_connection_of_unknown_host_was_to_the_only_host_that_the_trace_knows() {
    let answer = of_lines(&format!("{ERROR}\n{CONNECT}\n{}\n", ERROR.replace("04:11", "04:13")), 1);
    assert_eq!(connections(&answer), [(Some("192.0.2.77"), "authentication", 2)]);
    let other = CONNECT.replace("77", "78").replace("04:11", "04:12");
    let answer = of_lines(&format!("{ERROR}\n{CONNECT}\n{other}\n{}\n", ERROR.replace("04:11", "04:13")), 1);
    assert!(connections(&answer).contains(&(None, "authentication", 1)), "{answer:#}");
}

#[test]
fn an_error_that_ends_in_a_delivery_is_no_connection_without_host() {
    let failed = "2024-03-05 04:11:10,130 ERROR [main] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: cdr_C_01_202403050410_7 to 192.0.2.77";
    let answer = of_lines(&format!("{ERROR}\n{failed}\n"), 1);
    let destination = &answer["destinations"][0];
    assert_eq!(
        (&destination["connection_failures"], &destination["causes"][0]["cause"]),
        (&0.into(), &"authentication".into())
    );
}

#[test]
fn an_exception_without_any_record_tells_its_cause_and_no_time() {
    let answer = of_lines(
        "com.jcraft.jsch.JSchException: Auth fail\n\tat com.jcraft.jsch.Session.connect(Session.java:519)\n",
        1,
    );
    assert_eq!(connections(&answer), [(None, "authentication", 1)]);
    assert_eq!(answer["destinations"][0]["connection_causes"][0]["first"], Value::Null);
    assert!(answer["warnings"][0].as_str().unwrap().contains("no whole trace record"), "{answer:#}");
    let answer = of_lines("SFTP/FTP failed: cdr_West_02_202405060700_11 to 192.0.2.9\n", 1);
    assert_eq!(answer["destinations"][0]["host"], "192.0.2.9");
    assert_eq!(answer["destinations"][0]["files_waiting"], 1);
}

#[test]
fn a_lone_exception_leads_to_a_diagnosis_with_the_servers() {
    let folder = tempfile::tempdir().unwrap();
    let error = folder.path().join("mail.txt");
    fs::write(&error, "The log says: com.jcraft.jsch.JSchException: Algorithm negotiation fail\n").unwrap();
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/story");
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    let (primary, secondary) = (format!("{story}/primary.json"), format!("{story}/secondary.json"));
    let done = command
        .args(["diagnose", error.to_str().unwrap(), "--primary", &primary, "--secondary", &secondary, "--json"])
        .assert()
        .code(1);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let first = &answer["conclusions"][0];
    assert_eq!((&first["id"], &first["certainty"]), (&"failover_to_refusing_server".into(), &"assumed".into()));
}

#[test]
fn a_trace_whose_lines_a_terminal_or_a_mail_broke_or_a_log_server_exported_tells_the_same() {
    let trace = include_str!("../../fixtures/cdrrepmgr00073.log");
    let whole = of_lines(trace, 1)["destinations"].take();
    let lines = |parts: Vec<String>| parts.join("\n") + "\n";
    let broken = trace.lines().flat_map(|line| line.as_bytes().chunks(80)).map(String::from_utf8_lossy);
    let broken = lines(broken.map(std::borrow::Cow::into_owned).collect());
    let options = || textwrap::Options::new(74).break_words(false);
    let mailed = trace.lines().flat_map(|line| textwrap::wrap(line, options())).map(|part| format!("> {part}"));
    let mailed = lines(mailed.collect());
    let records = trace.trim_start_matches("2019-").split("\n2019-").map(|record| format!("2019-{record}"));
    let json = |record: &String| serde_json::json!({"host": "cucm", "message": record}).to_string();
    let records: Vec<String> = records.collect();
    let csv = |record: &String| format!("cucm,\"{}\"", record.replace('"', "\"\""));
    let (json, csv) = (lines(records.iter().map(json).collect()), lines(records.iter().map(csv).collect()));
    for (text, remark) in [(broken, "broken at 80"), (mailed, "broken at"), (json, "inside JSON"), (csv, "inside CSV")]
    {
        let answer = of_lines(&text, 1);
        for field in ["host", "delivery_failures", "connection_failures", "files_waiting", "first_failure"] {
            assert_eq!(answer["destinations"][0][field], whole[0][field], "{field}: {text}");
        }
        assert_eq!(answer["destinations"][0]["causes"][0]["cause"], "algorithm_negotiation", "{text}");
        assert!(answer["warnings"].to_string().contains(remark), "{answer:#}");
    }
}

#[test]
fn an_error_that_is_cut_before_it_says_what_failed_is_not_healthy() {
    let answer = of_lines(&ERROR[..60], 1);
    assert_eq!(answer["destinations"], Value::Array(vec![]));
    assert!(answer["unread"][0].as_str().unwrap().contains("an ERROR record is cut"), "{answer:#}");
}

#[test]
fn a_saved_web_page_is_read_and_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("ticket.html");
    fs::write(&page, format!("<html><pre>{ERROR}</pre></html>")).unwrap();
    let done = Command::cargo_bin("cdrdiag").unwrap().arg("parse-log").arg(&page).assert().code(1);
    let told = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert!(told.contains("ticket.html: a page: its text is read"), "{told}");
}

const DELIVERED: &str =
    "2024-03-05 04:00:00,120 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=true, numOfFailure=0";
const FAILED: &str = "2024-03-05 04:11:10,120 ERROR [Thread-9] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: cdr_West_02_202403050400_11 to 192.0.2.77";

#[test]
fn nothing_is_healthy_where_a_line_tells_of_a_failure() {
    let of = |level: &str, class: &str, message: &str| {
        format!("2024-03-05 04:11:10,120 {level:<5} [Thread-9] {class} (X.java:1) - {message}")
    };
    for line in [
        of("INFO", "cdrrep.CDRSender", "sendSuccess=false, numOfFailure=7"),
        of("ERROR", "cdrrep.CDRSender", "Unable to successfully send file to outside billing server 192.0.2.77"),
        of("INFO", "cdrrep.CDRSender", "raise alarm CDRFileDeliveryFailed"),
        of(
            "ERROR",
            "cdrrep.LogConfig",
            "Java Exception happened in my CDRSender, with Exception:\n java.lang.NullPointerException",
        ),
        of("ERROR", "sftpapi.ftpClient", "put(): the flux is inverted"),
        of("FATAL", "cdrrep.FtpManager", "out of memory, sender stops"),
        FAILED[..120].to_owned(),
        FAILED.replacen('-', "/", 2),
        "SFTP/FTP failed: cdr_West_02_202403050400_11 to 192.0.2.77".to_owned(),
        "com.jcraft.jsch.JSchException: Auth fail".to_owned(),
    ] {
        let answer = of_lines(&format!("{DELIVERED}\n{line}\n"), 1);
        let unread = answer["unread"].as_array().unwrap();
        assert_eq!(unread.len(), 1, "{line}: {answer:#}");
        assert!(unread[0].as_str().unwrap().contains("line 2"), "{line}: {answer:#}");
    }
    assert_eq!(of_lines(&format!("{DELIVERED}\n{}\n", of("INFO", "a.B", "x")), 0)["unread"], Value::Array(vec![]));
}

#[test]
fn a_record_is_one_whatever_stands_before_its_head_and_a_host_ends_where_it_can() {
    for before in [
        "Mar  5 04:11:10 cucm-pub : ",
        "<187>1 - ",
        "7\t",
        "     7 ",
        "* ",
        "| ",
        "+",
        "cucm-pub;",
        "'",
        "\"",
        "[x] ",
        "<li>",
        "\u{1b}[31m",
        "[05.03.2024 04:11] Mueller, Hans: ",
    ] {
        let answer = of_lines(&format!("{DELIVERED}\n{before}{FAILED}\n"), 1);
        let failing = answer["destinations"].as_array().unwrap().iter().find(|one| one["status"] == "failing");
        assert_eq!(failing.unwrap_or_else(|| panic!("{before}: {answer:#}"))["host"], "192.0.2.77", "{before}");
    }
    for behind in ["<br>", "\"}", "'", ",", ".", ";x", "\tx", " (timeout)", ", port 22", "\u{1b}[0m"] {
        let answer = of_lines(&format!("{FAILED}{behind}\n"), 1);
        assert_eq!(answer["destinations"][0]["host"], "192.0.2.77", "{behind}");
    }
}

#[test]
fn an_export_whose_newest_record_stands_first_tells_the_same() {
    let trace = include_str!("../../fixtures/cdrrepmgr00073.log");
    let records =
        trace.trim_start_matches("2019-").split("\n2019-").map(|record| format!("2019-{}", record.trim_end()));
    let mut records: Vec<String> = records.collect();
    records.reverse();
    let whole = of_lines(trace, 1)["destinations"].take();
    let json: Vec<_> = records.iter().map(|record| serde_json::json!({"message": record}).to_string()).collect();
    for text in [records.join("\n"), json.join("\n")] {
        let answer = of_lines(&text, 1);
        for field in ["host", "delivery_failures", "connection_failures", "status", "outages"] {
            assert_eq!(answer["destinations"][0][field], whole[0][field], "{field}: {text}");
        }
        assert_eq!(answer["destinations"][0]["causes"][0]["cause"], "algorithm_negotiation");
        assert!(answer["warnings"].to_string().contains("newest records first"), "{answer:#}");
    }
}
