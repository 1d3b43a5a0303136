//! `completions`, `schema`, and the forms for monitoring and CI, run as people run them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]
#![allow(clippy::float_cmp, reason = "the gauges are exactly 0 or 1")]

mod support;

use std::collections::{HashMap, HashSet};

use assert_cmd::Command;
use serde_json::Value;
use support::scripted_peer::{ScriptedPeer, good, offer};

const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/saved");

fn cdrdiag(arguments: &[&str]) -> Command {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.args(arguments).current_dir(SAVED).env("HOME", home.path()).env("APPDATA", home.path());
    command.env_remove("XDG_CONFIG_HOME");
    command
}

fn printed(arguments: &[&str], code: i32) -> String {
    let done = cdrdiag(arguments).assert().code(code);
    String::from_utf8(done.get_output().stdout.clone()).unwrap()
}

/// A sample: its metric, its labels and its value.
type Sample = (String, HashMap<String, String>, f64);

/// The text-based exposition format 0.0.4, as strictly as its description has it.
fn samples(text: &str) -> Vec<Sample> {
    let (mut samples, mut announced, mut current) = (Vec::new(), HashSet::new(), String::new());
    let mut seen = HashSet::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            current = String::from(help.split(' ').next().unwrap());
            assert!(announced.insert(current.clone()), "{current} is announced twice");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{current} gauge"));
        } else {
            let (metric, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            assert_eq!(metric, current, "a sample stands below its own announcement");
            let (labels, rest) = rest.strip_prefix('{').map_or_else(|| (HashMap::new(), rest), labels);
            assert!(seen.insert(line[..line.len() - rest.len()].to_owned()), "{line} stands there twice");
            let value: f64 = rest.strip_prefix(' ').unwrap().parse().unwrap();
            assert!(value.is_finite() && (value >= 0.0 || metric.ends_with("days_left")), "{line}");
            samples.push((metric.to_owned(), labels, value));
        }
    }
    samples
}

/// The labels behind `{`, and what follows `}`.
fn labels(mut text: &str) -> (HashMap<String, String>, &str) {
    let mut labels = HashMap::new();
    loop {
        let (name, rest) = text.split_once("=\"").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !name.is_empty(), "{name}");
        let (mut value, mut rest) = (String::new(), rest.chars());
        loop {
            match rest.next().expect("a label's value ends") {
                '"' => break,
                '\\' => value.push(match rest.next().unwrap() {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    c => panic!("\\{c} is no escape"),
                }),
                c => value.push(c),
            }
        }
        assert!(labels.insert(name.to_owned(), value).is_none());
        match rest.next() {
            Some(',') => text = rest.as_str(),
            Some('}') => return (labels, rest.as_str()),
            other => panic!("{other:?} behind a label"),
        }
    }
}

fn of<'a>(samples: &'a [Sample], metric: &str) -> Vec<&'a Sample> {
    samples.iter().filter(|(name, _, _)| name == metric).collect()
}

#[test]
fn prometheus_has_a_gauge_for_each_target_and_profile() {
    let targets = ["openssh-default.nmap.xml", "openssh-hardened.nmap.xml", "hostile.ssh-audit-3.3.0.json"];
    let samples = samples(&printed(&[&["probe", "--format", "prometheus"], &targets[..]].concat(), 1));
    let accepted = of(&samples, "cdrdiag_client_accepted");
    assert_eq!(accepted.len(), targets.len() * 3);
    let value = |target: &str, profile: &str| {
        let is_it = |sample: &&&Sample| sample.1["target"] == target && sample.1["profile"] == profile;
        let info = of(&samples, "cdrdiag_client_info");
        let words = info.into_iter().find(|sample| is_it(&sample)).unwrap();
        let words = (words.1["stage"].clone(), words.1["reason"].clone());
        accepted.iter().find(is_it).map(|sample| (sample.2, words))
    };
    assert_eq!(value(targets[0], "cucm-14"), Some((1.0, Default::default())));
    let refused = ("key_exchange".to_owned(), "no key exchange, no cipher, no MAC in common".to_owned());
    assert_eq!(value(targets[1], "cucm-14"), Some((0.0, refused)));
    assert_eq!(of(&samples, "cdrdiag_target_reachable").len(), targets.len());
}

#[test]
fn a_live_server_has_its_times_in_seconds() {
    let peer = ScriptedPeer::start(good(
        "OpenSSH_9.2p1",
        &offer("ecdh-sha2-nistp521", "ssh-rsa", "aes128-ctr", "hmac-sha2-256"),
    ));
    let text =
        printed(&["probe", &peer.target(), "--no-handshake", "--format", "prometheus", "--profile", "cucm-14"], 0);
    let samples = samples(&text);
    let steps: Vec<&str> =
        of(&samples, "cdrdiag_step_seconds").iter().map(|sample| sample.1["step"].as_str()).collect();
    assert_eq!(steps, ["connect", "identification", "kexinit", "total"]);
    assert!(of(&samples, "cdrdiag_step_seconds").iter().all(|sample| sample.2 < 60.0));
}

#[test]
fn a_server_that_cannot_be_reached_is_a_gauge_of_zero() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let samples = samples(&printed(&["probe", &format!("127.0.0.1:{port}"), "--format", "prometheus"], 1));
    let accepted = of(&samples, "cdrdiag_client_accepted");
    assert_eq!(accepted.len(), 3);
    assert!(accepted.iter().all(|sample| sample.2 == 0.0));
    for (_, labels, _) in of(&samples, "cdrdiag_client_info") {
        assert_eq!((labels["stage"].as_str(), labels["reason"].as_str()), ("unreachable", "refused"));
    }
    assert!(of(&samples, "cdrdiag_target_reachable").iter().all(|sample| sample.2 == 0.0));
}

/// The labels of every series but those that hold words.
fn series(text: &str) -> HashSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.contains("_info{"));
    lines.filter(|line| !line.contains("_seconds{")).map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[test]
fn a_server_that_changes_its_lists_keeps_its_series() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("server.xml").display().to_string();
    let with = |file: &str, code| {
        std::fs::copy(format!("{SAVED}/{file}"), &target).unwrap();
        series(&printed(&["probe", &target, "--format", "prometheus"], code))
    };
    assert_eq!(with("openssh-default.nmap.xml", 0), with("openssh-hardened.nmap.xml", 1));
}

/// A sender that fails and, at the end, delivers.
fn trace(lines: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cdrrepmgr00001.log"), lines.concat()).unwrap();
    folder
}

const FAILED: &str = "\
2024-01-31 10:00:00,000 INFO  [Thread-13] cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination 1 is running...
2024-01-31 10:00:00,000 ERROR [Thread-13] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: \
    cdr_StandAloneCluster_01_202401310955_7 to 10.0.0.5
";
const DELIVERED: &str = "2024-01-31 10:05:00,000 INFO  [Thread-13] cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=true, numOfFailure=0\n";

#[test]
fn a_destination_that_recovers_keeps_its_series() {
    let of_trace = |lines: &[&str]| {
        let folder = trace(lines);
        printed(&["parse-log", &folder.path().display().to_string(), "--format", "prometheus"], 1)
    };
    let (failing, recovered) = (of_trace(&[FAILED]), of_trace(&[FAILED, DELIVERED]));
    assert_eq!(series(&failing), series(&recovered));
    let failing_at = |text: &str| of(&samples(text), "cdrdiag_destination_failing")[0].2;
    assert_eq!((failing_at(&failing), failing_at(&recovered)), (1.0, 0.0));
}

#[test]
fn in_junit_a_case_fails_exactly_where_the_exit_code_is_1() {
    let story = |name: &str| format!("../story/{name}");
    let (traces, waiting) = (story("traces"), story("preserve.txt"));
    let (primary, secondary) = (story("primary.json"), story("secondary.json"));
    let commands: [&[&str]; 11] = [
        &["parse-log", &traces],
        &["parse-log", "../cases/trace-one-line/line.txt"],
        &["backlog", &waiting],
        &["backlog", "../listings/nothing.txt"],
        &["backlog", "../listings/preserve-cut.txt"],
        &["diagnose", &traces, "--preserve", &waiting, "--primary", &primary, "--secondary", &secondary],
        &["diagnose", "--primary", &primary],
        &["diagnose", "--target", "openssh-hardened.nmap.xml"],
        &["probe", &primary],
        &["probe", "hostile.nmap.xml"],
        &["compare", &primary, &secondary],
    ];
    for command in commands {
        let with = |format| cdrdiag(&[command, &["--format", format]].concat()).assert().get_output().clone();
        let text = |format| String::from_utf8(with(format).stdout).unwrap();
        let code = with("junit").status.code().unwrap();
        let xml = text("junit");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let failures: u32 = document.root_element().attribute("failures").unwrap().parse().unwrap();
        let failed = document.descendants().filter(|node| node.has_tag_name("failure")).count();
        assert_eq!((code, failed), (i32::from(failures > 0), failures as usize), "{command:?}");
        assert!(!samples(&text("prometheus")).is_empty(), "{command:?}");
        assert_eq!(with("prometheus").status.code(), Some(code), "{command:?}");
    }
}

#[test]
fn the_story_has_what_an_alert_needs() {
    let (traces, waiting) = ("../story/traces", "../story/preserve.txt");
    let command = ["diagnose", traces, "--preserve", waiting, "--preserve-days", "30", "--now", "2019-07-30"];
    let samples = samples(&printed(&[&command[..], &["--format", "prometheus"]].concat(), 1));
    let value = |metric: &str| of(&samples, metric).iter().map(|sample| sample.2).sum::<f64>();
    assert_eq!(value("cdrdiag_problem"), 1.0);
    assert!(value("cdrdiag_destination_failing") >= 1.0);
    for metric in ["seconds_since_delivery", "files_waiting", "alarms", "backlog_files", "backlog_days_left"] {
        assert!(value(&format!("cdrdiag_{metric}")) > 0.0, "{metric}");
    }
}

#[test]
fn junit_has_a_case_for_each_target_and_profile_and_the_remedy_of_each_failure() {
    for command in ["probe", "compare"] {
        let xml = printed(&[command, "openssh-default.nmap.xml", "openssh-hardened.nmap.xml", "--format", "junit"], 1);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        assert_eq!((root.attribute("tests"), root.attribute("failures")), (Some("6"), Some("3")));
        let failures: Vec<_> = document.descendants().filter(|node| node.has_tag_name("failure")).collect();
        assert_eq!(failures.len(), 3);
        for failure in failures {
            assert_eq!(failure.parent().unwrap().attribute("classname"), Some("openssh-hardened.nmap.xml"));
            assert!(failure.attribute("message").unwrap().contains("in common"));
            assert!(failure.text().unwrap().contains("KexAlgorithms"), "{failure:?}");
        }
    }
}

#[test]
fn the_forms_agree_with_the_json() {
    let with = |more: &[&str]| {
        let mut command = cdrdiag(&["probe", "openssh-hardened.nmap.xml", "--profile", "cucm-14"]);
        command.args(more).assert().code(1).get_output().stdout.clone()
    };
    assert_eq!(with(&["--json"]), with(&["--format", "json"]));
    assert_eq!(with(&["--json", "--format", "json"]), with(&["--json"]));
    assert_eq!(with(&[]), with(&["--format", "text"]));
}

#[test]
fn two_forms_at_once_are_wrong_usage() {
    let done =
        cdrdiag(&["probe", "openssh-default.nmap.xml", "--json", "--format", "junit"]).assert().code(2).stdout("");
    let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert_eq!(text, "cdrdiag: --json and --format name different forms: give one\n");
}

#[test]
fn a_schema_is_the_one_in_the_repository() {
    for (name, _) in cdrdiag::document::SCHEMAS {
        let kept = std::fs::read_to_string(format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let schema = printed(&["schema", name], 0);
        assert_eq!(schema, kept.replace("\r\n", "\n"));
        assert!(serde_json::from_str::<Value>(&schema).is_ok());
    }
}

#[test]
fn an_unknown_document_is_wrong_usage_that_names_the_known_ones() {
    let done = cdrdiag(&["schema", "parselog"]).assert().code(2).stdout("");
    let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    for (name, _) in cdrdiag::document::SCHEMAS {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn each_shell_has_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell], 0);
        for word in ["parse-log", "compare", "no-handshake"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    cdrdiag(&["completions", "csh"]).assert().code(2).stdout("");
}

#[test]
#[cfg(unix)]
fn bash_completes_commands_flags_and_documents() {
    let script = printed(&["completions", "bash"], 0);
    for (words, expected) in [
        ("cdrdiag par", "parse-log"),
        ("cdrdiag probe --no", "--no-handshake"),
        ("cdrdiag schema prof", "profile-show"),
    ] {
        let last = words.split(' ').count() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={last}; _cdrdiag cdrdiag \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            last - 1
        );
        let Ok(output) = std::process::Command::new("bash").args(["--norc", "-c", &ask]).output() else {
            eprintln!("skipped: there is no bash here");
            return;
        };
        let reply = String::from_utf8(output.stdout).unwrap();
        assert!(
            reply.split_whitespace().any(|word| word == expected),
            "{words}: {reply} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
