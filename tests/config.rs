//! `cdrdiag config`, run as people run it, in a home of its own.
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

    fn config(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("cdrdiag").unwrap();
        let root = self.root.path();
        command.arg("config").args(arguments).current_dir(root.join("work")).env("HOME", root);
        command.env("XDG_CONFIG_HOME", root.join("config")).env("APPDATA", root.join("config"));
        command
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
