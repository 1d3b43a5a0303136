//! `cdrdiag compare` with saved answers and scripted peers, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

mod support;

use assert_cmd::Command;
use cdrdiag::document::{self, compare::Compare};
use serde_json::{Value, json};
use support::scripted_peer::{ScriptedPeer, good, modern, offer};

const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/saved");

fn compare(arguments: &[&str]) -> Command {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.arg("compare").args(arguments).current_dir(SAVED).env("HOME", home.path());
    command.env_remove("XDG_CONFIG_HOME").env("APPDATA", home.path());
    command
}

/// The JSON answer, valid against the schema that the types give.
fn answer(arguments: &[&str], code: i32) -> Value {
    let done = compare(arguments).arg("--json").assert().code(code);
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let schema = serde_json::to_value(document::json_schema::<Compare>()).unwrap();
    if let Err(error) = jsonschema::validator_for(&schema).unwrap().validate(&answer) {
        panic!("{error} at {}", error.instance_path);
    }
    answer
}

/// The one line on standard error.
fn refusal(arguments: &[&str], code: i32) -> String {
    let done = compare(arguments).assert().code(code).stdout("");
    let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_hardened_server_beside_a_default_one_is_the_one_that_refuses() {
    let answer = answer(&["openssh-default.nmap.xml", "openssh-hardened.nmap.xml"], 1);
    assert_eq!((&answer["schema"], &answer["verdict"]), (&json!("cdrdiag/compare/v1"), &json!("problem")));
    assert_eq!(
        (&answer["primary"]["outcome"], &answer["secondary"]["outcome"]),
        (&json!("accepts"), &json!("refuses"))
    );
    for client in answer["clients"].as_array().unwrap() {
        assert_eq!((&client["primary"], &client["secondary"]), (&json!("accepts"), &json!("refuses")), "{client}");
    }
    assert_eq!(
        answer["findings"][0],
        "127.0.0.1:42202 refuses CUCM 12.5, 14 and 15, which 127.0.0.1:42201 accepts: no key exchange, no cipher, no MAC \
         in common on 127.0.0.1:42202"
    );
    assert_eq!(
        answer["findings"][1],
        "127.0.0.1:42201 and CUCM 12.5, 14 and 15 agree on ecdh-sha2-nistp521 (key exchange), aes128-ctr (cipher), \
         hmac-sha2-256 (MAC), which 127.0.0.1:42202 does not offer"
    );
    let remedy = answer["remedy"].as_array().unwrap();
    assert!(!remedy.is_empty());
    assert!(remedy.iter().all(|change| change["server"] == "openssh-hardened.nmap.xml"));
    for change in remedy {
        assert!(change["reason"].as_str().unwrap().contains("(127.0.0.1:42201 offers it already)"), "{change}");
    }
}

#[test]
fn every_form_of_the_same_server_is_no_difference() {
    for form in ["nmap.txt", "ssh-audit-2.5.0.json", "ssh-audit-3.3.0.json"] {
        let answer = answer(&["openssh-default.nmap.xml", &format!("openssh-default.{form}")], 0);
        for category in answer["categories"].as_array().unwrap() {
            assert_eq!(
                (&category["only_primary"], &category["only_secondary"]),
                (&json!([]), &json!([])),
                "{category}"
            );
            assert_ne!(category["same_order"], false, "{category}");
        }
    }
}

#[test]
fn swapped_sides_mirror_the_answer() {
    let (one, other) = ("openssh-default.nmap.xml", "openssh-hardened.nmap.xml");
    let (there, back) = (answer(&[one, other], 1), answer(&[other, one], 1));
    for (left, right) in there["categories"].as_array().unwrap().iter().zip(back["categories"].as_array().unwrap()) {
        assert_eq!(left["only_primary"], right["only_secondary"]);
        assert_eq!(left["only_secondary"], right["only_primary"]);
    }
    assert_eq!(there["remedy"], back["remedy"]);
    assert_eq!(there["findings"], back["findings"]);
}

#[test]
fn a_side_of_an_answer_is_read_again() {
    let done = compare(&["openssh-default.nmap.xml", "dropbear.nmap.xml", "--json"]).assert();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.json");
    std::fs::write(&path, &done.get_output().stdout).unwrap();
    let side = format!("{}#primary", path.display());
    let again = answer(&[&side, "openssh-default.nmap.xml"], 0);
    assert_eq!(again["primary"]["offer"], again["secondary"]["offer"]);
    assert!(refusal(&[path.to_str().unwrap(), &side], 3).contains("append one of #primary, #secondary"));
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    assert!(refusal(&["README.md", "dropbear.nmap.xml"], 3).contains("none of the forms that cdrdiag reads"));
    assert!(refusal(&["missing.xml", "dropbear.nmap.xml"], 3).contains("no such file"));
    assert!(refusal(&["a b", "dropbear.nmap.xml"], 2).contains("a target is a name"));
    assert!(refusal(&["several.nmap.xml", "dropbear.nmap.xml"], 3).contains("several servers: append one of"));
}

#[test]
fn a_servers_escape_sequences_stay_off_the_terminal() {
    let done = compare(&["openssh-default.nmap.xml", "hostile.ssh-audit-3.3.0.json", "--full"]).assert().code(1);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(!text.contains('\u{1b}') && text.contains("\\x1b[31mred"), "{text}");
}

#[test]
fn the_cause_is_the_first_line_and_the_change_is_on_the_first_screen() {
    let shown = |depth: &[&str]| {
        let pair = ["openssh-default.nmap.xml", "openssh-hardened.nmap.xml"];
        let done = compare(&[&pair, depth].concat()).assert().code(1);
        String::from_utf8(done.get_output().stdout.clone()).unwrap()
    };
    let (screen, text) = (shown(&[]), shown(&["--full"]));
    let cause = "127.0.0.1:42202 refuses CUCM 12.5, 14 and 15, which 127.0.0.1:42201 accepts";
    assert!(text.starts_with(cause) && screen.starts_with(cause), "{text}");
    assert!(screen.contains("systemctl reload ssh\n") && screen.lines().count() <= 40, "{screen}");
    let row = text.lines().find(|line| line.contains("hmac-sha2-256*")).expect("what decides is marked");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["hmac-sha2-256*", "yes", "no", "12.5,", "14,", "15"]);
    let verdict = text.lines().find(|line| line.starts_with("  CUCM 12.5, 14 and 15")).expect("the verdicts");
    assert!(verdict.ends_with("accepts             refuses"), "{verdict}");
    let too_wide = text.lines().skip(1).filter(|line| line.chars().count() > 80 && !line.contains(" sntrup"));
    assert_eq!(
        too_wide.collect::<Vec<_>>(),
        ["    MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256"]
    );
}

#[test]
fn where_both_accept_the_next_places_to_look_at_are_named() {
    let done = compare(&["openssh-default.nmap.xml", "dropbear.nmap.xml", "--full"]).assert().code(0);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(
        text.starts_with("both accept CUCM 12.5, 14 and 15: if deliveries fail, the cause lies elsewhere"),
        "{text}"
    );
    for part in ["check the login", "check the path", "check the space", "OpenSSH on primary, dropbear on secondary"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("Change on"), "{text}");
}

#[test]
fn a_list_that_an_answer_does_not_tell_limits_the_verdict_in_words() {
    let pair = ["openssh-default.nmap.xml", "dropbear.ssh-audit-3.3.0.json"];
    let answer = answer(&pair, 0);
    assert_eq!(answer["clients"][0]["incomplete"], json!(["secondary"]));
    let text = String::from_utf8(compare(&pair).assert().get_output().stdout.clone()).unwrap();
    assert!(text.contains("accepts as far as known") && text.contains("unknown / aes128-ctr"), "{text}");
}

#[test]
fn three_servers_have_a_column_each_and_are_compared_with_the_first() {
    let names = ["openssh-default.nmap.xml", "dropbear.nmap.xml", "openssh-hardened.nmap.xml"];
    let answer = answer(&names, 1);
    assert_eq!(answer["remedy"], json!([]));
    let other = &answer["others"][0];
    assert_eq!((&other["secondary"]["target"], &other["secondary"]["outcome"]), (&json!(names[2]), &json!("refuses")));
    assert_eq!(other["clients"][0]["primary"], "accepts");
    let reason = other["remedy"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("(127.0.0.1:42201 offers it already)"), "{reason}");
    let names = [&names[..], &["--full"]].concat();
    let text = String::from_utf8(compare(&names).assert().code(1).get_output().stdout.clone()).unwrap();
    let row = text.lines().find(|line| line.contains("ecdh-sha2-nistp521*")).expect("what decides is marked");
    assert_eq!(row.split_whitespace().skip(1).take(3).collect::<Vec<_>>(), ["yes", "yes", "no"]);
    assert_eq!(text.matches("Change on").count(), 1, "{text}");
}

#[test]
fn a_live_server_does_not_differ_from_its_saved_answer_and_another_one_does() {
    let peer = ScriptedPeer::start(good("OpenSSH_9.2p1 Debian-2+deb12u7", &modern()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.json");
    let done =
        Command::cargo_bin("cdrdiag").unwrap().args(["probe", "--json", "--no-handshake", &peer.target()]).assert();
    std::fs::write(&path, &done.get_output().stdout).unwrap();
    let saved = path.to_str().unwrap();
    let same = answer(&["--no-handshake", &peer.target(), saved], 0);
    assert!(same["findings"].as_array().unwrap().contains(&json!("their algorithm lists do not differ")));
    assert_eq!(same["facts"], json!([]));
    assert!(same["clients"].as_array().unwrap().iter().all(|client| client["primary"] == client["secondary"]));
    let old = offer("ecdh-sha2-nistp521", "rsa-sha2-512,rsa-sha2-256", "aes128-ctr", "hmac-sha1");
    let other = ScriptedPeer::start(good("OpenSSH_8.0", &old));
    let different = answer(&["--no-handshake", &other.target(), saved], 1);
    assert!(!different.to_string().contains("do not differ"));
    assert_eq!(different["facts"], json!([{"fact": "version", "primary": "8.0", "secondary": "9.2p1"}]));
}

#[test]
fn host_keys_of_saved_answers_are_kept_and_compared() {
    let file = |form: &str| format!("openssh-default.{form}.json");
    let same = answer(&[&file("ssh-audit-2.5.0"), &file("ssh-audit-3.3.0")], 0);
    assert_eq!((same["primary"]["host_keys"].as_array().unwrap().len(), &same["facts"]), (2, &json!([])));
    let hardened = answer(&[&file("ssh-audit-3.3.0"), "openssh-hardened.ssh-audit-3.3.0.json"], 1);
    assert!(!hardened["findings"].to_string().contains("host keys"), "the two have their keys in common");
    let dropbear = answer(&[&file("ssh-audit-3.3.0"), "dropbear.ssh-audit-3.3.0.json"], 0);
    let facts = dropbear["facts"].as_array().unwrap();
    assert!(facts.iter().any(|fact| fact["fact"] == "host_key"), "{facts:?}");
    assert!(dropbear["findings"].to_string().contains("they have different host keys"));
}

#[test]
fn a_server_that_is_not_there_is_told_first_and_leaves_nothing_to_compare() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let answer = answer(&[&free, "openssh-default.nmap.xml"], 1);
    let unreachable = format!("{free} is unreachable: ");
    assert!(answer["findings"][0].as_str().unwrap().starts_with(&unreachable), "{}", answer["findings"]);
    assert_eq!(answer["findings"][1], "127.0.0.1:42201 accepts CUCM 12.5, 14 and 15");
    let text = String::from_utf8(compare(&[&free, "openssh-default.nmap.xml"]).assert().get_output().stdout.clone());
    let text = text.unwrap();
    assert!(text.contains("no answer") && !text.contains("in CUCM's list"), "{text}");
}
