//! `cdrdiag deliver --files` against sshd: what was saved arrives whole, once, and nothing else is touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::deliver::{Place, SFTP, can_run, names};

const FIRST: &str = "cdr_Main_01_202503090001_1";
const SECOND: &str = "cmr_Main_02_202503090002_2";
const THIRD: &str = "cdr_Main_01_202503100003_3";

/// A folder of saved files; the third is longer than many pieces of a transfer.
fn saved(place: &Place) -> PathBuf {
    let folder = place.path("saved");
    for (date, name, content) in [
        ("20250309", FIRST, "one".to_owned()),
        ("20250309", SECOND, "two, longer".to_owned()),
        ("20250310", THIRD, "three".repeat(200_000)),
    ] {
        fs::create_dir_all(folder.join(date)).unwrap();
        fs::write(folder.join(date).join(name), content).unwrap();
    }
    folder
}

fn hand_in(place: &Place, server: &str, folder: &Path, more: &[&str]) -> Value {
    let folder = folder.display().to_string();
    place.by_key(server, &place.inbox(), &[&["--files", &folder, "--yes"], more].concat())
}

fn outcomes(answer: &Value) -> Vec<(&str, &str)> {
    let files = answer["backfill"]["files"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    files.iter().map(|file| (file["name"].as_str().unwrap(), file["outcome"].as_str().unwrap())).collect()
}

fn arrived(place: &Place, name: &str) -> Vec<u8> {
    fs::read(place.inbox().join(name)).unwrap()
}

#[test]
fn saved_files_arrive_whole_and_oldest_first_and_a_second_run_sends_nothing() {
    if !can_run("saved_files_arrive_whole_and_oldest_first_and_a_second_run_sends_nothing", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    let answer = hand_in(&place, &server, &folder, &["--read-back"]);
    assert_eq!(outcomes(&answer), [(FIRST, "delivered"), (SECOND, "delivered"), (THIRD, "delivered")], "{answer:#}");
    assert_eq!((&answer["verdict"], &answer["left_behind"]), (&"ok".into(), &serde_json::json!([])));
    let files = answer["backfill"]["files"].as_array().unwrap();
    assert!(files.iter().all(|file| file["same_when_read_back"] == true), "{answer:#}");
    assert_eq!(arrived(&place, THIRD), "three".repeat(200_000).as_bytes());
    assert_eq!(names(&place.inbox()).len(), 3, "no temporary file is left");

    // The billing system picks one up and takes it away.
    fs::remove_file(place.inbox().join(FIRST)).unwrap();
    let answer = hand_in(&place, &server, &folder, &[]);
    let expected = [(FIRST, "delivered_earlier"), (SECOND, "already_there"), (THIRD, "already_there")];
    assert_eq!(outcomes(&answer), expected, "no call is billed twice");
    assert!(!place.inbox().join(FIRST).exists());
}

#[test]
fn another_file_of_that_name_is_left_alone_and_the_rest_goes_on() {
    if !can_run("another_file_of_that_name_is_left_alone_and_the_rest_goes_on", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    let sshd = place.sshd(SFTP);
    let server = sshd.address().to_string();
    fs::write(place.inbox().join(FIRST), "another file").unwrap();
    fs::write(place.inbox().join(SECOND), "TWO, LONGER").unwrap();
    let answer = hand_in(&place, &server, &folder, &["--read-back"]);
    let expected = [(FIRST, "conflict"), (SECOND, "conflict"), (THIRD, "delivered")];
    assert_eq!(outcomes(&answer), expected, "of the same size, but other content");
    assert_eq!(answer["verdict"], "problem");
    assert_eq!(arrived(&place, FIRST), b"another file");
}

#[test]
fn where_the_server_refuses_to_rename_files_are_written_under_their_own_names() {
    if !can_run("where_the_server_refuses_to_rename_files_are_written_under_their_own_names", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    let sshd = place.sshd("Subsystem sftp internal-sftp -P rename,posix-rename\n");
    let answer = hand_in(&place, &sshd.address().to_string(), &folder, &[]);
    assert_eq!(outcomes(&answer), [(FIRST, "delivered"), (SECOND, "delivered"), (THIRD, "delivered")], "{answer:#}");
    assert_eq!(answer["backfill"]["written_directly"], true);
    assert_eq!(names(&place.inbox()).len(), 3, "the temporary file is gone: {:?}", names(&place.inbox()));
}

/// The server's SFTP program ends after so many bytes of requests, as often as there are lines in a file.
fn breaks_after(place: &Place, bytes: usize, times: usize, options: &str) -> String {
    let (script, left) = (place.path("breaks.sh"), place.path("left"));
    fs::write(&left, "x\n".repeat(times)).unwrap();
    let server = "/usr/lib/openssh/sftp-server";
    let text = format!(
        "left={left}\nif [ -s $left ]; then sed -i 1d $left; stdbuf -o0 head -c {bytes} | {server} {options}\n\
         else exec {server} {options}; fi\n",
        left = left.display()
    );
    fs::write(&script, text).unwrap();
    format!("Subsystem sftp /bin/sh {}\n", script.display())
}

#[test]
fn a_connection_that_breaks_is_made_again_and_the_files_go_on() {
    if !can_run("a_connection_that_breaks_is_made_again_and_the_files_go_on", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    for options in ["", "-P rename,posix-rename"] {
        let sshd = place.sshd(&breaks_after(&place, 300_000, 2, options));
        let answer = hand_in(&place, &sshd.address().to_string(), &folder, &[]);
        assert_eq!(outcomes(&answer).last(), Some(&(THIRD, "delivered")), "{answer:#}");
        assert_eq!(answer["verdict"], "ok", "{answer:#}");
        assert_eq!(arrived(&place, THIRD).len(), 1_000_000, "not half of it");
        assert_eq!(names(&place.inbox()).len(), 3, "{:?}", names(&place.inbox()));
        for name in names(&place.inbox()) {
            fs::remove_file(name).unwrap();
        }
        fs::remove_file(folder.join("cdrdiag-delivered.jsonl")).unwrap();
    }
}

#[test]
fn a_server_that_takes_nothing_more_ends_it_and_every_file_is_accounted_for() {
    if !can_run("a_server_that_takes_nothing_more_ends_it_and_every_file_is_accounted_for", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    let sshd = place.sshd("Subsystem sftp internal-sftp -R\n");
    let answer = hand_in(&place, &sshd.address().to_string(), &folder, &[]);
    assert_eq!(outcomes(&answer), [(FIRST, "failed"), (SECOND, "not_sent"), (THIRD, "not_sent")], "{answer:#}");
    assert_eq!(answer["failure"]["cause"], "permission_denied");
    assert_eq!(answer["left_behind"], serde_json::json!([]));
    assert!(names(&place.inbox()).is_empty());
    assert_eq!(answer["backfill"]["totals"]["not_sent"], 2);
}

#[test]
fn an_unreadable_saved_file_fails_alone() {
    if !can_run("an_unreadable_saved_file_fails_alone", &[], false) {
        return;
    }
    let place = Place::new();
    let folder = saved(&place);
    let path = folder.join("20250309").join(FIRST);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // Root reads everything: a link to nowhere does the same.
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
    }
    let sshd = place.sshd(SFTP);
    let answer = hand_in(&place, &sshd.address().to_string(), &folder, &[]);
    let expected = [(SECOND, "delivered"), (THIRD, "delivered")];
    assert_eq!(outcomes(&answer)[1..], expected, "{answer:#}");
    assert_eq!(answer["verdict"], "problem");
}
