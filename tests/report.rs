//! What is handed on, written as people write it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
const HOSTILE: &str = r#"<script>alert(1)</script>"'`|&"#;

fn cdrdiag(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.args(arguments).current_dir(folder).env("HOME", folder).env_remove("XDG_CONFIG_HOME");
    command
}

/// The output, and the two files where they were written.
fn handed_on(folder: &Path, arguments: &[&str]) -> (String, String, String) {
    let mut command = cdrdiag(folder, arguments);
    let done = command.args(["--html", "r.html", "--markdown", "r.md"]).assert().code(1);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    (text, fs::read_to_string(folder.join("r.html")).unwrap(), fs::read_to_string(folder.join("r.md")).unwrap())
}

/// A folder with the trace of the fixtures, in which this stands for the host and in file names.
fn trace_of(host: &str, cluster: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(format!("{FIXTURES}/cdrrepmgr00073.log")).unwrap();
    fs::write(folder.path().join("a.log"), text.replace("1.1.1.1", host).replace("StandAloneCluster", cluster))
        .unwrap();
    folder
}

fn parsed(html: &str) -> (Vec<String>, String) {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(html, options).unwrap();
    let names = document.descendants().filter(roxmltree::Node::is_element);
    let text = document.descendants().filter_map(|node| node.text()).collect::<Vec<_>>().join(" ");
    (names.map(|node| node.tag_name().name().to_owned()).collect(), text)
}

#[test]
fn a_page_says_on_top_what_its_times_mean_and_by_which_it_was_judged() {
    let folder = tempfile::tempdir().unwrap();
    let story = |file: &str| format!("{FIXTURES}/story/{file}");
    let (traces, preserve) = (story("traces"), story("preserve.txt"));
    let now = ["--preserve", &preserve, "--preserve-days", "30", "--now", "2025-03-12T08:05:00Z"];
    let (_, html, markdown) = handed_on(folder.path(), &[&["diagnose", &traces][..], &now].concat());
    let unknown =
        "Times are the CUCM node's local time (zone not known) unless they say otherwise. As of 2025-03-12 08:05 UTC.";
    let head = |page: &str, end: &str| page.split(end).next().unwrap().to_owned();
    assert!(head(&parsed(&html).1, "In short").contains(unknown), "{html}");
    assert!(head(&markdown, "## ").contains(unknown), "{markdown}");
    let zoned = [&["diagnose", &traces, "--timezone", "Europe/Berlin"][..], &now].concat();
    let (_, html, markdown) = handed_on(folder.path(), &zoned);
    for page in [head(&parsed(&html).1, "In short"), head(&markdown, "## ")] {
        assert!(page.contains("local time (Europe/Berlin)"), "{page}");
    }
    let (_, html, _) = handed_on(folder.path(), &["probe", &story("secondary.json")]);
    let top = head(&parsed(&html).1, "What to do");
    assert!(top.contains("As of 20") && !top.contains("local time"), "{top}");
}

#[test]
fn a_trace_with_markup_and_escape_sequences_is_text_in_every_format() {
    let folder = trace_of("<img/src=x>\u{1b}[31mhost", "<script>alert(1)</script>");
    let (text, html, markdown) = handed_on(folder.path(), &["parse-log", "a.log"]);
    let (names, read) = parsed(&html);
    assert!(!names.iter().any(|name| name == "script" || name == "img"), "{names:?}");
    assert!(read.contains("<script>alert(1)</script>"), "{read}");
    for output in [text, html, markdown] {
        assert!(!output.contains('\u{1b}'), "{output}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_name_with_markup_is_text_in_every_format() {
    let folder = trace_of("1.1.1.1", "C");
    let name = "<script>x<i>\u{1b}[31m\"'&`|.log";
    fs::rename(folder.path().join("a.log"), folder.path().join(name)).unwrap();
    let (text, html, markdown) = handed_on(folder.path(), &["parse-log", name]);
    let (names, read) = parsed(&html);
    assert!(!names.iter().any(|name| name == "script" || name == "i"), "{names:?}");
    assert!(read.contains("<script>x<i>\\x1b[31m\"'&`|.log"), "{read}");
    assert!(![&text, &html, &markdown].iter().any(|output| output.contains('\u{1b}')));
}

#[test]
fn an_identification_string_with_markup_is_text_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let answer = fs::read_to_string(format!("{FIXTURES}/story/secondary.json")).unwrap();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    let identification = &mut answer["targets"][0]["identification"];
    identification["raw"] = format!("SSH-2.0-{HOSTILE}\u{1b}[2J").into();
    identification["preceding_lines"] = vec![HOSTILE].into();
    fs::write(folder.path().join("s.json"), answer.to_string()).unwrap();
    let primary = format!("{FIXTURES}/story/primary.json");
    let (text, html, markdown) = handed_on(folder.path(), &["compare", &primary, "s.json"]);
    let (names, read) = parsed(&html);
    assert!(!names.contains(&"script".to_owned()) && read.contains(HOSTILE), "{read}");
    assert!(markdown.contains(&format!("``{HOSTILE}``")), "{markdown}");
    assert!(![&text, &html, &markdown].iter().any(|output| output.contains('\u{1b}')));
}

#[test]
fn a_report_names_its_inputs_with_the_hashes_that_sha256sum_tells() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(format!("{FIXTURES}/cdrrepmgr00073.log"), folder.path().join("a.log")).unwrap();
    let (_, html, markdown) = handed_on(folder.path(), &["parse-log", "a.log"]);
    let known = {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(fs::read(folder.path().join("a.log")).unwrap());
        digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    assert!(html.contains(&known) && markdown.contains(&known));
}

#[test]
fn a_report_that_can_not_be_written_is_told_before_the_work_begins() {
    let folder = trace_of("1.1.1.1", "C");
    for flag in ["--html", "--markdown"] {
        let done = cdrdiag(folder.path(), &["parse-log", "a.log", flag, "no/such/r"]).assert().code(3).stdout("");
        let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert!(text.starts_with(&format!("cdrdiag: {flag} no/such/r: can't be written")), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    cdrdiag(folder.path(), &["parse-log", "a.log", "--html", "-"]).assert().code(2).stdout("");
    cdrdiag(folder.path(), &["parse-log", "a.log", "--html", "x", "--markdown", "x"]).assert().code(2).stdout("");
    cdrdiag(folder.path(), &["parse-log", "none.log", "--html", "x.html"]).assert().code(3).stdout("");
    assert!(!folder.path().join("x.html").exists());
}

#[test]
fn a_redacted_story_names_nobody_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let story = |name: &str| format!("{FIXTURES}/story/{name}");
    let (traces, preserve, primary, secondary) =
        (story("traces"), story("preserve.txt"), story("primary.json"), story("secondary.json"));
    let arguments = [
        "diagnose",
        &traces,
        "--preserve",
        &preserve,
        "--primary",
        &primary,
        "--secondary",
        &secondary,
        "--preserve-days",
        "30",
        "--now",
        "2025-03-12T08:05:00Z",
        "--redact",
    ];
    let (text, html, markdown) = handed_on(folder.path(), &arguments);
    let json = cdrdiag(folder.path(), &arguments).arg("--json").assert().code(1);
    let json = String::from_utf8(json.get_output().stdout.clone()).unwrap();
    for output in [&text, &html, &markdown, &json] {
        for name in ["192.0.2.", "StandAloneCluster", "cdrrepmgr0007", "fixtures", "story", "primary.json"] {
            assert!(!output.contains(name), "{name} in {output}");
        }
        assert!(output.contains("host-1"));
    }
    let json: Value = serde_json::from_str(&json).unwrap();
    let file = &json["parse_log"]["destinations"][0]["files"][0];
    assert_eq!((&file["cluster"], &file["kind"]), (&Value::from("cluster-1"), &Value::from("cdr")));
}

#[test]
fn a_redacted_trace_names_nobody() {
    let folder = trace_of("billing.acme.example", "AcmeCluster");
    let (text, html, markdown) = handed_on(folder.path(), &["parse-log", "a.log", "--redact"]);
    let json = cdrdiag(folder.path(), &["parse-log", "a.log", "--redact", "--json"]).assert().code(1);
    let json = String::from_utf8(json.get_output().stdout.clone()).unwrap();
    for output in [text, html, markdown, json] {
        assert!(!output.to_lowercase().contains("acme") && !output.contains("a.log"), "{output}");
    }
}

#[test]
fn what_is_said_beside_a_redacted_answer_names_nobody_either() {
    let folder = trace_of("billing.acme.example", "AcmeCluster");
    let traces = folder.path().join("acme-traces");
    std::fs::create_dir(&traces).unwrap();
    std::fs::copy(folder.path().join("a.log"), traces.join("cdrrepmgr00001.log")).unwrap();
    std::fs::write(traces.join("broken-acme.zip"), b"PK\x03\x04 and no more").unwrap();
    std::fs::write(traces.join("acme.png"), b"\x89PNG").unwrap();
    for command in ["parse-log", "diagnose"] {
        let done = cdrdiag(folder.path(), &[command, "acme-traces", "--redact", "-v", "--json"]).assert().code(1);
        let (said, answer) = (done.get_output().stderr.clone(), done.get_output().stdout.clone());
        let (said, answer) = (String::from_utf8(said).unwrap(), String::from_utf8(answer).unwrap());
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(!said.contains("acme") && !answer.contains("acme"), "{said}\n{answer}");
        let token = said.lines().find(|line| line.contains("zip archive")).unwrap().split([' ', ':']).nth(2).unwrap();
        assert!(answer.contains(token), "{token} is the answer's name, too: {answer}");
    }
}

/// A folder in which every name that a user, a server or CUCM chose holds `zq`: of folders, files, members, hosts, clusters.
fn named_by_somebody() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let trace = fs::read_to_string(format!("{FIXTURES}/cdrrepmgr00073.log")).unwrap();
    let trace = trace.replace("1.1.1.1", "zqbilling").replace("StandAloneCluster", "ZqCluster");
    let place = folder.path().join("zq Ordner ä");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("cdrrepmgr00001-zq.log"), &trace).unwrap();
    fs::write(place.join("zq.zip"), b"PK\x03\x04 and no more").unwrap();
    fs::write(place.join("zq notes.png"), b"\x89PNG").unwrap();
    let listing = fs::read_to_string(format!("{FIXTURES}/listings/preserve-detail.txt")).unwrap();
    fs::write(folder.path().join("zq liste.txt"), listing.replace("StandAloneCluster", "ZqCluster")).unwrap();
    let answer = fs::read_to_string(format!("{FIXTURES}/story/secondary.json")).unwrap();
    fs::write(folder.path().join("zq#1.json"), answer.replace("192.0.2.6", "zqhost.example")).unwrap();
    fs::write(folder.path().join("zq servers"), "zq.invalid # ours\n\"zq#1.json\"\n".replace('"', "")).unwrap();
    fs::write(folder.path().join("zq pass"), "secret\n").unwrap();
    fs::write(folder.path().join("cdrdiag.toml"), "[targets.zqmain]\nhost = \"127.0.0.1\"\nport = 9\n").unwrap();
    folder
}

#[test]
fn no_command_names_anybody_in_any_form_of_a_redacted_answer() {
    let folder = named_by_somebody();
    let trace = "zq Ordner ä";
    let deliver = ["deliver", "zqmain", "--user", "zqcdr", "--directory", "/zq/in", "--password-file", "zq pass"];
    for (arguments, forms) in [
        (vec!["parse-log", trace], &["text", "full", "json", "prometheus", "junit"][..]),
        (vec!["parse-log", trace, "zq missing.log"], &["text", "full", "json", "prometheus", "junit"]),
        (
            vec!["diagnose", trace, "--primary", "zq#1.json", "--secondary", "zqmain"],
            &["text", "full", "json", "junit"],
        ),
        (
            vec!["diagnose", "--preserve", "zq liste.txt", "--primary", "zqmain", "--preserve-days", "30"],
            &["text", "full", "json", "prometheus"],
        ),
        (vec!["probe", "zqmain", "zq.invalid", "zq#1.json"], &["text", "full", "json", "prometheus", "junit"]),
        (vec!["probe", "--targets", "zq servers"], &["text", "full", "json"]),
        (vec!["compare", "zq#1.json", "zqmain"], &["text", "full", "json", "prometheus", "junit"]),
        (vec!["backlog", "zq liste.txt", "--preserve-days", "30"], &["text", "full", "json", "prometheus", "junit"]),
        (deliver.to_vec(), &["text", "full", "json"]),
    ] {
        for form in forms {
            let form = match *form {
                "text" => vec![],
                "full" => vec!["--full"],
                "json" => vec!["--json"],
                other => vec!["--format", other],
            };
            let arguments = [&arguments[..], &["--redact", "-v"], &form].concat();
            let mut command = cdrdiag(folder.path(), &arguments);
            command.args(["--html", "r.html", "--markdown", "r.md"]).timeout(std::time::Duration::from_secs(60));
            let done = command.output().unwrap();
            let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
            let markdown = fs::read_to_string(folder.path().join("r.md")).unwrap();
            let (text, error) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
            assert_eq!(done.status.code(), Some(1), "{arguments:?}: {error}");
            for shown in [text, error, page, markdown] {
                let line = shown.lines().find(|line| line.to_lowercase().contains("zq"));
                assert_eq!(line, None, "{arguments:?}");
            }
        }
    }
}

#[test]
fn the_timeline_adds_up_to_the_totals() {
    let folder = tempfile::tempdir().unwrap();
    let traces = format!("{FIXTURES}/story/traces");
    let done = cdrdiag(folder.path(), &["parse-log", &traces, "--json"]).assert().code(1);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    for destination in answer["destinations"].as_array().unwrap() {
        let buckets = destination["timeline"]["buckets"].as_array().unwrap();
        let sum = |field: &str| buckets.iter().map(|bucket| bucket[field].as_u64().unwrap()).sum::<u64>();
        let failures = buckets.iter().flat_map(|bucket| bucket["failures"].as_array().unwrap());
        let failures: u64 = failures.map(|share| share["count"].as_u64().unwrap()).sum();
        assert!(buckets.len() > 50 && buckets.len() <= 240);
        assert_eq!(Value::from(sum("deliveries")), destination["deliveries"]);
        assert_eq!(Value::from(sum("connection_failures")), destination["connection_failures"]);
        assert_eq!(Value::from(failures), destination["delivery_failures"]);
        assert_eq!(buckets.last().unwrap()["files_waiting"], destination["files_waiting"]);
    }
}

#[test]
fn a_report_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
    let folder = TempDir::new().unwrap();
    let trace = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cdrrepmgr00073.log");
    for (flag, name) in [("--html", "x.html"), ("--markdown", "x.md")] {
        let report = folder.path().join(name);
        let code = || cdrdiag(folder.path(), &["parse-log", trace, flag, name]).output().unwrap().status.code();
        assert_eq!((code(), code()), (Some(1), Some(1)), "a new one, and again");
        fs::write(&report, "mine").unwrap();
        assert_eq!(code(), Some(2));
        assert_eq!(fs::read(&report).unwrap(), b"mine");
    }
}

#[test]
fn a_report_does_not_take_the_place_of_its_input_and_the_answer_is_given_all_the_same() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("cdrrepmgr00073.log");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cdrrepmgr00073.log"), &trace).unwrap();
    let before = fs::read(&trace).unwrap();
    for input in [trace.as_path(), folder.path()] {
        let arguments = ["parse-log", input.to_str().unwrap(), "--html", trace.to_str().unwrap()];
        let output = cdrdiag(folder.path(), &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("FAILING"));
        assert!(String::from_utf8_lossy(&output.stderr).contains("an input; give the report another name"));
        assert_eq!(fs::read(&trace).unwrap(), before);
    }
}

#[test]
fn both_directions_share_a_row_where_they_are_alike_and_nothing_is_said_twice() {
    let folder = tempfile::tempdir().unwrap();
    let saved = |name: &str| format!("{FIXTURES}/saved/{name}.nmap.xml");
    let compared = |one: &str, other: &str| handed_on(folder.path(), &["compare", &saved(one), &saved(other)]);
    let (_, alike, alike_too) = compared("openssh-default", "openssh-hardened");
    for page in [&alike, &alike_too] {
        for repeated in ["client to server", "server to client", "language"] {
            assert!(!page.contains(repeated), "{repeated}: {page}");
        }
        assert_eq!(page.matches("at the top of the file").count(), 1, "{page}");
        assert_eq!(page.matches("/etc/ssh/sshd").count(), 1, "{page}");
    }
    let (_, unlike, _) = compared("asymmetric", "openssh-hardened");
    assert!(unlike.contains("client to server") && unlike.contains("server to client"), "{unlike}");
}
