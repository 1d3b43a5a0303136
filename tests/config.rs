//! `cdrdiag config`, and what the commands take from the configuration, run as people run it, in a home of its own.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cdrdiag::document::{self, config::Config};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A home and a working folder, both empty.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("work")).unwrap();
        Self { root }
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, command_name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("cdrdiag").unwrap();
        let root = self.root.path();
        command.arg(command_name).args(arguments).current_dir(root.join("work")).env("HOME", root);
        command.env("XDG_CONFIG_HOME", root.join("config")).env("APPDATA", root.join("config"));
        command
    }

    fn config(&self, arguments: &[&str]) -> Command {
        self.run("config", arguments)
    }

    /// The JSON answer of another command, whatever it comes to.
    fn answer(&self, command_name: &str, arguments: &[&str]) -> Value {
        let output = self.run(command_name, arguments).arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let done = self.config(arguments).arg("--json").assert().code(0);
        let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        let schema = serde_json::to_value(document::json_schema::<Config>()).unwrap();
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&answer), "{answer}");
        answer
    }

    /// The one line on standard error.
    fn refusal(&self, arguments: &[&str], code: i32) -> String {
        let done = self.config(arguments).assert().code(code).stdout("");
        let text = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    }
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdrdiag.toml")
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_profile_that_there_is_not_is_a_problem() {
    let place = Place::new();
    place.write("work/cdrdiag.toml", "[defaults]\nprofile = [\"cucm-14\", \"cucm14\", \"nofile.toml\"]\n");
    let done = place.config(&["--json"]).assert().code(1).stderr("");
    let answer: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let problems: Vec<&str> =
        answer["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert_eq!((&answer["verdict"], problems.len()), (&json!("problem"), 2));
    assert!(problems[0].contains("\"cucm14\"") && problems[0].contains("did you mean cucm-14?"), "{problems:?}");
    assert!(problems[1].contains("nofile.toml: no such file"), "{problems:?}");
    let text = place.config(&[]).assert().code(1).get_output().stdout.clone();
    assert!(String::from_utf8(text).unwrap().contains("did you mean cucm-14?"));
}

#[test]
fn without_a_file_everything_is_built_in() {
    let answer = Place::new().json(&[]);
    assert_eq!(answer["schema"], "cdrdiag/config/v1");
    assert_eq!((&answer["file"], &answer["targets"]), (&Value::Null, &json!([])));
    assert_eq!(answer["searched"][0], "cdrdiag.toml");
    assert_eq!(answer["defaults"]["port"], json!({"value": 22, "origin": "built_in"}));
    assert_eq!(answer["defaults"]["timeout_s"], json!({"value": 10.0, "origin": "built_in"}));
    assert_eq!(answer["defaults"]["profile"]["value"], json!(["cucm-12.5", "cucm-14", "cucm-15"]));
    assert_eq!(answer["defaults"]["timezone"], json!({"value": null, "origin": "built_in"}));
}

#[test]
fn the_example_is_in_force_when_it_is_named() {
    let answer = Place::new().json(&["--config", example().to_str().unwrap()]);
    assert_eq!(answer["defaults"]["profile"], json!({"value": ["cucm-14"], "origin": "file"}));
    assert_eq!(
        answer["targets"][1],
        json!({"name": "secondary", "host": "10.0.0.6", "port": 2022, "note": "takes over after a failover"})
    );
    assert_eq!(answer["targets"][0]["port"], 22);
}

#[test]
fn a_flag_counts_before_the_file() {
    let answer = Place::new().json(&["--config", example().to_str().unwrap(), "--profile", "jsch-0.1.54"]);
    assert_eq!(answer["defaults"]["profile"], json!({"value": ["jsch-0.1.54"], "origin": "flag"}));
}

#[test]
fn the_working_folders_file_counts_before_the_users() {
    let place = Place::new();
    if cfg!(target_os = "linux") {
        let users = place.write("config/cdrdiag/cdrdiag.toml", "[defaults]\nport = 23\n");
        let answer = place.json(&[]);
        assert_eq!(answer["file"], users.to_str().unwrap());
        assert_eq!(answer["defaults"]["port"], json!({"value": 23, "origin": "file"}));
    }
    place.write("work/cdrdiag.toml", "[defaults]\nport = 24\n");
    assert_eq!(place.json(&[])["defaults"]["port"]["value"], 24);
    let named = place.write("named.toml", "");
    assert_eq!(place.json(&["--config", named.to_str().unwrap()])["defaults"]["port"]["origin"], "built_in");
}

#[test]
fn a_named_file_that_is_not_there_ends_with_3() {
    let text = Place::new().refusal(&["--config", "missing.toml"], 3);
    assert!(text.contains("missing.toml"), "{text}");
}

#[test]
fn a_mistyped_key_ends_with_3_and_its_line() {
    let place = Place::new();
    place.write("work/cdrdiag.toml", "\u{feff}[targets.primary]\r\nhost = \"10.0.0.5\"\r\nprot = 22\r\n");
    let text = place.refusal(&[], 3);
    assert_eq!(text, "cdrdiag: cdrdiag.toml:3: unknown key \"prot\" in [targets.primary]: did you mean \"port\"?\n");
}

#[test]
fn people_see_the_values_and_where_they_come_from() {
    let done = Place::new().config(&["--config", example().to_str().unwrap()]).assert().code(0);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    for part in ["configuration file: ", "Europe/Berlin", "file", "secondary", "takes over after a failover"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    Place::new().config(&[]).assert().code(0).stdout(predicates::str::contains("no configuration file; looked for"));
}

#[test]
fn the_nodes_time_zone_of_the_file_holds_unless_a_flag_says_another() {
    let (place, trace) = (Place::new(), fixture("cdrrepmgr00073.log"));
    let oldest = |arguments: &[&str]| {
        let answer = place.answer("parse-log", &[&[trace.as_str()], arguments].concat());
        answer["destinations"][0]["oldest_waiting"].clone()
    };
    let in_utc = oldest(&[]);
    assert_eq!(in_utc["approximate"], true, "{in_utc}");
    place.write("work/cdrdiag.toml", "[defaults]\ntimezone = \"Asia/Tokyo\"\n");
    let in_tokyo = oldest(&[]);
    let nine_hours = in_utc["age_s"].as_f64().unwrap() - in_tokyo["age_s"].as_f64().unwrap();
    assert_eq!((&in_tokyo["approximate"], nine_hours.round()), (&json!(false), 9.0 * 3600.0));
    assert_eq!(oldest(&["--timezone", "UTC"])["age_s"], in_utc["age_s"]);
}

#[test]
fn the_days_that_cucm_preserves_files_hold_unless_a_flag_says_others() {
    let (place, listing) = (Place::new(), fixture("listings/preserve-detail.txt"));
    let days = |arguments: &[&str]| {
        place.answer("backlog", &[&[listing.as_str(), "--now", "2019-07-25"], arguments].concat())["deadline"]["preserve_days"].clone()
    };
    assert_eq!(days(&[]), Value::Null);
    place.write("work/cdrdiag.toml", "[defaults]\npreserve_days = 30\n");
    assert_eq!((days(&[]), days(&["--preserve-days", "7"])), (json!(30), json!(7)));
}

#[test]
fn a_list_of_targets_may_name_them_and_hold_saved_answers() {
    let place = Place::new();
    place.write(
        "work/cdrdiag.toml",
        "[defaults]\nprofile = \"cucm-15\"\n[targets.\"nobody\"]\nhost = \"127.0.0.1\"\nport = 1\n",
    );
    let hardened = fixture("saved/openssh-hardened.nmap.xml");
    let several = fixture("saved/several.nmap.xml");
    place.write("work/list", &format!("# ours\nnobody\n{hardened}\n{several}#127.0.0.1:42203 # the third\n"));
    let answer = place.answer("probe", &["--targets", "list"]);
    let told: Vec<_> =
        answer["targets"].as_array().unwrap().iter().map(|target| (&target["outcome"], &target["port"])).collect();
    let outcomes = ["unreachable", "refuses", "accepts"].map(Value::from);
    assert_eq!(told.iter().map(|(outcome, _)| *outcome).collect::<Vec<_>>(), outcomes.iter().collect::<Vec<_>>());
    assert_eq!((told[0].1, told[2].1), (&json!(1), &json!(42203)));
    assert_eq!(answer["profiles"].as_array().unwrap().len(), 1);
}
