//! `cdrdiag profile list` and `profile show`, by the real binary.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn cdrdiag(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("cdrdiag").unwrap().args(args).assert()
}

fn json(args: &[&str]) -> Value {
    let output = cdrdiag(args).get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_list_names_every_profile_and_the_default_ones() {
    let all = ["cucm-12.5", "cucm-14", "cucm-15", "jsch-0.1.44", "jsch-0.1.54", "jsch-0.1.55"];
    let mut run = cdrdiag(&["profile", "list"]).code(0);
    for id in all {
        run = run.stdout(contains(id));
    }
    let document = json(&["profile", "list", "--json"]);
    assert_eq!(document["schema"], "cdrdiag/profile-list/v1");
    assert_eq!(document["default"], serde_json::json!(["cucm-12.5", "cucm-14", "cucm-15"]));
    let ids: Vec<_> =
        document["profiles"].as_array().unwrap().iter().map(|profile| profile["id"].as_str().unwrap()).collect();
    assert_eq!(ids, all);
}

#[test]
fn a_profile_is_shown_with_its_sources_and_what_is_assumed() {
    cdrdiag(&["profile", "show", "cucm-12.5"]).code(0).stdout(
        contains("ecdh-sha2-nistp521, ecdh-sha2-nistp384")
            .and(contains("(assumed)"))
            .and(contains("Compatibility Matrix")),
    );
    let document = json(&["profile", "show", "cucm-15", "--json"]);
    assert_eq!(document["verdict"], "ok");
    assert_eq!(document["profile"]["algorithms"]["mac"], serde_json::json!(["hmac-sha2-256", "hmac-sha2-512"]));
    assert_eq!(document["findings"], serde_json::json!([]));
}

#[test]
fn a_nodes_settings_change_what_is_shown_and_ciscos_traps_are_a_problem() {
    let fips = json(&["profile", "show", "cucm-14", "--fips", "--json"]);
    assert_eq!(fips["profile"]["algorithms"]["host_key"], serde_json::json!(["rsa-sha2-256", "rsa-sha2-512"]));
    cdrdiag(&["profile", "show", "cucm-14", "--ssh-mac", "hmac-sha2-512"])
        .code(1)
        .stdout(contains("affects DRS and CDR"));
    cdrdiag(&["profile", "show", "cucm-14", "--ssh-mac", "hmac-sha1"]).code(0).stdout(contains("SSH MAC set"));
}

#[test]
fn a_mistyped_algorithm_is_no_server_s_fault_and_is_told_before_any_is_asked() {
    for (flag, typed, meant) in [
        ("--ssh-kex", "ecdh-sha2-nistp384,ecdh-sha2-nistp512", "did you mean ecdh-sha2-nistp521?"),
        ("--ssh-ciphers", "aes256-crt", "did you mean aes256-ctr?"),
        ("--ssh-mac", "hmac-sha2-265", "did you mean hmac-sha2-256?"),
    ] {
        for command in [&["profile", "show", "cucm-14"][..], &["probe", "127.0.0.1:9"]] {
            let told = cdrdiag(&[command, &[flag, typed]].concat()).code(2).stdout("");
            let one_line = predicate::function(|text: &str| text.lines().count() == 1);
            told.stderr(
                contains(format!("{flag} {}", typed.rsplit(',').next().unwrap())).and(contains(meant)).and(one_line),
            );
        }
    }
}

#[test]
fn a_file_of_the_users_is_a_profile_and_a_saved_answer_is_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "id = \"mine\"\n[algorithms]\nkex = [\"ecdh-sha2-nistp521\"]\n").unwrap();
    cdrdiag(&["profile", "show", path.to_str().unwrap()]).code(0).stdout(contains("mine").and(contains("unknown")));

    let saved = folder.path().join("saved");
    let answer = cdrdiag(&["profile", "show", "cucm-14", "--json"]).get_output().stdout.clone();
    std::fs::write(&saved, &answer).unwrap();
    let again = cdrdiag(&["profile", "show", saved.to_str().unwrap(), "--json"]).code(0).get_output().stdout.clone();
    assert_eq!(again, answer);
}

#[test]
fn a_broken_or_unknown_profile_is_one_clear_line_and_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.toml");
    std::fs::write(&path, "id = \"x\"\n[algorithms]\nhostkey = [\"ssh-rsa\"]\n").unwrap();
    let path = path.to_str().unwrap();
    let one_line = || predicate::function(|text: &str| text.lines().count() == 1);
    cdrdiag(&["profile", "show", path])
        .code(3)
        .stdout("")
        .stderr(contains(path).and(contains("\"hostkey\", did you mean \"host_key\"?")).and(one_line()));
    cdrdiag(&["profile", "show", "cucm-13"]).code(3).stdout("").stderr(
        contains("cucm-12.5, cucm-14, cucm-15, jsch-0.1.44, jsch-0.1.54, jsch-0.1.55")
            .and(contains("did you mean cucm-1"))
            .and(one_line()),
    );
    cdrdiag(&["profile", "show", "./nowhere.toml"]).code(3).stderr(contains("nowhere.toml").and(one_line()));
    cdrdiag(&["profile", "show", folder.path().to_str().unwrap()]).code(3).stderr(one_line());
}

#[test]
fn both_answers_have_the_form_of_their_schemas() {
    use cdrdiag::document::{
        json_schema,
        profile::{ProfileList, ProfileShow},
    };
    let list = serde_json::to_value(json_schema::<ProfileList>()).unwrap();
    let show = serde_json::to_value(json_schema::<ProfileShow>()).unwrap();
    jsonschema::validate(&list, &json(&["profile", "list", "--json"])).unwrap();
    jsonschema::validate(&show, &json(&["profile", "show", "cucm-12.5", "--fips", "--json"])).unwrap();
}
