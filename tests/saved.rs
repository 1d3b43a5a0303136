//! Saved answers of real servers: each form tells the same as the KEXINIT that the server sent, except for what
//! the form lacks. fixtures/saved/README.md says how they were made.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::path::PathBuf;

use cdrdiag::model::offer::{Category, Offer, split_list};
use cdrdiag::saved::file::SavedRef;
use cdrdiag::saved::{Form, SavedServer, parse};

const SERVERS: [&str; 6] =
    ["openssh-default", "openssh-hardened", "openssh-legacy", "dropbear", "tinyssh", "asymmetric"];

/// What no form but cdrdiag's own tells.
const LANGUAGES: [Category; 2] = [Category::LanguageC2s, Category::LanguageS2c];

#[test]
fn what_is_no_saved_answer_is_sent_to_the_command_that_reads_it() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for (file, advice) in [
        ("learn/sshd-syslog.log", "cdrdiag profile learn"),
        ("cases/ssh-sftpgo-log/f-sftpgo.log", "cdrdiag profile learn"),
        ("cdrrepmgr00073.log", "cdrdiag parse-log"),
        ("nodes/session.log", "cdrdiag parse-log"),
        ("listings/preserve-detail.txt", "cdrdiag backlog"),
    ] {
        let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
        let done = command.arg("probe").arg(fixtures.join(file)).assert().code(3).stdout("");
        let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert!(said.contains(": this is ") && said.contains(advice), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// What `probe` makes of a saved answer of cdrdiag's, changed like this.
fn probed(change: impl FnOnce(&mut serde_json::Value), profile: &str) -> serde_json::Value {
    let story = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/story/primary.json");
    let mut saved: serde_json::Value = serde_json::from_slice(&std::fs::read(story).unwrap()).unwrap();
    let target = if saved["targets"].is_array() { &mut saved["targets"][0] } else { &mut saved };
    change(target);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.json");
    std::fs::write(&path, saved.to_string()).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    let done = command.arg("probe").arg(path).args(["--json", "--profile", profile]).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    answer["targets"][0].clone()
}

#[test]
fn a_handshake_that_a_saved_answer_holds_counts_as_performed() {
    let target = probed(|_| {}, "cucm-14");
    assert_eq!(
        (&target["outcome"], &target["clients"][0]["handshake"]["performed"]),
        (&"accepts".into(), &true.into())
    );
    let fails = |target: &mut serde_json::Value| {
        for client in target["clients"].as_array_mut().unwrap() {
            client["handshake"]["result"] = "refuses".into();
            client["handshake"]["error"] = "it closed".into();
        }
    };
    let target = probed(fails, "cucm-14");
    assert_eq!((&target["outcome"], &target["clients"][0]["result"]), (&"refuses".into(), &"accepts".into()));
    let password = |target: &mut serde_json::Value| {
        for client in target["clients"].as_array_mut().unwrap() {
            client["handshake"]["auth_methods"] = serde_json::json!(["publickey"]);
        }
    };
    let target = probed(password, "cucm-14");
    assert_eq!(target["outcome"], "refuses");
    for remedy in [&target["remedy"], &target["clients"][0]["remedy"]] {
        assert_eq!(remedy.as_array().unwrap().len(), 1, "{remedy}");
        assert_eq!(remedy[0]["line"], "PasswordAuthentication yes");
        assert_eq!(remedy[0]["commands"][0], "sshd -t");
    }
    let prompt = |target: &mut serde_json::Value| {
        for client in target["clients"].as_array_mut().unwrap() {
            client["handshake"]["auth_methods"] = serde_json::json!(["publickey", "keyboard-interactive"]);
        }
    };
    let target = probed(prompt, "cucm-14");
    assert_eq!((&target["outcome"], &target["remedy"]), (&"accepts".into(), &serde_json::json!([])));
    assert!(target["clients"][0]["findings"].to_string().contains("password login is off"), "{target}");
}

#[test]
fn a_server_without_a_configuration_is_told_what_to_do_instead_once() {
    let mut probe = assert_cmd::Command::cargo_bin("cdrdiag").unwrap();
    let done = probe.arg("probe").arg(path("tinyssh.nmap.xml")).assert().code(1);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(text.contains("No setting helps on 127.0.0.1:42204 (tinyssh 20230101)"), "{text}");
    assert_eq!(text.matches("no configuration").count(), 1, "{text}");
    assert!(!text.contains("Add ") && !text.contains("Change on"), "{text}");
}

#[test]
fn a_saved_handshake_of_another_client_or_other_lists_does_not_count() {
    assert!(probed(|_| {}, "jsch-0.1.54")["clients"][0]["handshake"].is_null());
    let other = |target: &mut serde_json::Value| {
        for client in target["clients"].as_array_mut().unwrap() {
            client["agreed"]["kex"] = "another".into();
        }
    };
    assert!(probed(other, "cucm-14")["clients"][0]["handshake"].is_null());
    let not_performed = |target: &mut serde_json::Value| {
        for client in target["clients"].as_array_mut().unwrap() {
            client["handshake"]["performed"] = false.into();
        }
    };
    assert!(probed(not_performed, "cucm-14")["clients"][0]["handshake"].is_null());
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/saved").join(name)
}

fn load(name: &str) -> SavedServer {
    SavedRef { path: path(name), server: None }.load().unwrap_or_else(|error| panic!("{error}"))
}

fn offer(name: &str) -> Offer {
    load(name).offer.unwrap()
}

/// The lists of a KEXINIT payload (RFC 4253, section 7.1), read without cdrdiag's own parser.
fn sent(server: &str) -> Offer {
    let payload = std::fs::read(path(&format!("{server}.kexinit"))).unwrap();
    let mut rest = &payload[17..];
    let mut offer = Offer::default();
    for category in Category::ALL {
        let (length, tail) = rest.split_at(4);
        let (list, tail) = tail.split_at(u32::from_be_bytes(length.try_into().unwrap()) as usize);
        offer.set(category, split_list(std::str::from_utf8(list).unwrap()));
        rest = tail;
    }
    offer
}

fn without(mut offer: Offer, categories: &[Category]) -> Offer {
    let known = Category::ALL.into_iter().filter(|category| !categories.contains(category));
    let lists: Vec<_> = known.filter_map(|category| Some((category, offer.get(category)?.to_vec()))).collect();
    offer = Offer::default();
    for (category, list) in lists {
        offer.set(category, list);
    }
    offer
}

#[test]
fn both_of_nmaps_forms_tell_all_but_the_languages() {
    for server in SERVERS {
        let expected = without(sent(server), &LANGUAGES);
        assert_eq!(offer(&format!("{server}.nmap.xml")), expected, "{server}");
        assert_eq!(offer(&format!("{server}.nmap.txt")), expected, "{server}");
    }
    let default = without(sent("openssh-default"), &LANGUAGES);
    assert_eq!(offer("openssh-default.plain.nmap.xml"), default);
    assert_eq!(offer("openssh-default.terminal.nmap.txt"), default);
}

#[test]
fn ssh_audit_tells_one_direction_only() {
    use Category::{CipherC2s, CompressionC2s, LanguageC2s, LanguageS2c, MacC2s};
    for server in SERVERS {
        let expected = without(sent(server), &[CipherC2s, MacC2s, CompressionC2s, LanguageC2s, LanguageS2c]);
        assert_eq!(offer(&format!("{server}.ssh-audit-2.5.0.json")), expected, "{server}");
        assert_eq!(offer(&format!("{server}.ssh-audit-3.3.0.json")), expected, "{server}");
    }
}

#[test]
fn every_form_names_the_software_and_its_version() {
    for (server, software, version) in [
        ("openssh-default", "OpenSSH", "9.2p1"),
        ("dropbear", "dropbear", "2022.83"),
        ("tinyssh", "tinyssh", "20230101-1"),
    ] {
        for form in ["nmap.xml", "nmap.txt", "ssh-audit-2.5.0.json", "ssh-audit-3.3.0.json"] {
            let found = load(&format!("{server}.{form}")).identification.unwrap();
            assert_eq!(
                (found.software.as_deref(), found.version.as_deref()),
                (Some(software), Some(version)),
                "{server}.{form}"
            );
        }
    }
}

#[test]
fn host_and_port_are_told_as_far_as_the_form_does() {
    let place = |name: &str| {
        let server = load(name);
        (server.host.unwrap(), server.port)
    };
    assert_eq!(place("dropbear.nmap.xml"), ("127.0.0.1".into(), Some(42203)));
    assert_eq!(place("dropbear.nmap.txt"), ("127.0.0.1".into(), Some(42203)));
    assert_eq!(place("dropbear.ssh-audit-2.5.0.json"), ("127.0.0.1".into(), None));
    assert_eq!(place("dropbear.ssh-audit-3.3.0.json"), ("127.0.0.1".into(), Some(42203)));
}

#[test]
fn both_releases_of_ssh_audit_tell_the_same_host_keys() {
    let keys = load("openssh-default.ssh-audit-2.5.0.json").host_keys;
    let newer = load("openssh-default.ssh-audit-3.3.0.json").host_keys;
    assert!(keys.iter().all(|key| newer.contains(key)), "{keys:?} {newer:?}");
    assert_eq!((keys.len(), newer.len()), (2, 3), "2.5.0 does not ask for the ECDSA key");
    assert!(keys.iter().any(|key| key.algorithm == "ssh-rsa" && key.bits == Some(3072)), "{keys:?}");
}

#[test]
fn names_with_markup_and_control_characters_are_kept_and_hurt_nobody() {
    let kex = offer("hostile.nmap.xml").kex.unwrap();
    assert_eq!(kex, ["a<b>&amp;\"c", "\\x1B[31mred\\x07", "with space", "tab\there", "line\nfeed"]);
    let kex = offer("hostile.ssh-audit-3.3.0.json").kex.unwrap();
    assert_eq!(kex[1], "\u{1b}[31mred\u{7}");
    for form in ["nmap.xml", "nmap.txt", "ssh-audit-2.5.0.json", "ssh-audit-3.3.0.json"] {
        let offer = offer(&format!("hostile.{form}"));
        assert_eq!(
            (offer.host_key.unwrap(), offer.cipher_s2c.unwrap()),
            (vec![], vec!["aes128-ctr".to_owned()]),
            "{form}"
        );
    }
}

#[test]
fn several_servers_stand_apart_and_one_that_did_not_answer_is_none() {
    let names = |name: &str| {
        let saved = parse(&std::fs::read(path(name)).unwrap()).unwrap();
        (saved.form, saved.servers.into_iter().map(|server| server.name).collect::<Vec<_>>())
    };
    let three = ["127.0.0.1:42201", "127.0.0.1:42202", "127.0.0.1:42203"].map(str::to_owned).to_vec();
    assert_eq!(names("several.nmap.xml"), (Form::NmapXml, three.clone()));
    assert_eq!(names("several.nmap.txt"), (Form::NmapText, three));
    let (form, mut both) = names("several.ssh-audit-3.3.0.json");
    both.sort();
    assert_eq!((form, both), (Form::SshAudit, vec!["127.0.0.1:42201".into(), "127.0.0.1:42202".into()]));
    assert_eq!(names("several.ssh-audit-2.5.0.json").1.len(), 2);
}

#[test]
fn a_packet_capture_tells_the_servers_side() {
    for (capture, kex) in [("jsch-ethernet.pcap", true), ("jsch-cooked-v6.pcap", true)] {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/learn").join(capture);
        let saved = parse(&std::fs::read(file).unwrap()).unwrap();
        let server = &saved.servers[0];
        assert_eq!(saved.form, Form::Capture);
        assert_eq!(server.offer.as_ref().unwrap().kex.is_some(), kex, "{capture}");
        assert_ne!(server.identification.as_ref().unwrap().software.as_deref(), Some("JSCH"), "{capture}");
    }
}

#[test]
fn jschs_logs_and_exceptions_tell_the_servers_side() {
    for (log, whole) in [("jsch-0.1.54.log", true), ("jsch-0.2.log", true), ("jsch-exception.log", false)] {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/learn").join(log);
        let saved = parse(&std::fs::read(file).unwrap()).unwrap();
        let offer = saved.servers[0].offer.as_ref().unwrap();
        assert_eq!(saved.form, Form::JschLog, "{log}");
        assert_eq!(Category::NEGOTIATED.into_iter().all(|category| offer.get(category).is_some()), whole, "{log}");
    }
}

/// Every text of the fixtures, of whatever form.
fn texts() -> Vec<(PathBuf, String)> {
    let folder = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let folders = ["saved", "cases/ssh-ssh-audit-text", "cases/ssh-ssh-vvv-client-log", "cases/ssh-nmap-reason-column"];
    let files = folders.into_iter().flat_map(|name| std::fs::read_dir(folder(name)).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    let read = |path: PathBuf| Some((path.clone(), std::fs::read_to_string(path).ok()?));
    paths.filter_map(read).filter(|(_, text)| parse(text.as_bytes()).is_ok()).collect()
}

#[test]
fn line_ends_of_windows_and_utf_16_change_nothing() {
    let texts = texts();
    assert!(texts.len() > 30, "{}", texts.len());
    for (path, text) in texts.into_iter().filter(|(path, _)| !path.to_string_lossy().contains("hostile")) {
        let expected = parse(text.as_bytes()).unwrap();
        let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(parse(windows.as_bytes()).unwrap(), expected, "{}", path.display());
        for mark in ["", "\u{feff}"] {
            let wide: Vec<u8> = [mark, &windows].concat().encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(parse(&wide).unwrap(), expected, "{} {mark:?}", path.display());
        }
    }
}

#[test]
fn colours_and_quotes_around_the_lines_change_nothing() {
    for (path, text) in texts() {
        let expected = parse(text.as_bytes()).unwrap();
        if !matches!(expected.form, Form::NmapText | Form::SshAuditText | Form::OpensshLog) {
            continue;
        }
        for (before, after) in [("\u{1b}[0;32m", "\u{1b}[0m"), ("> ", ""), ("\t", "  "), ("    > ", "")] {
            let around: Vec<_> = text.lines().map(|line| format!("{before}{line}{after}\n")).collect();
            let changed = parse(around.concat().as_bytes()).unwrap();
            assert_eq!(changed, expected, "{} {before:?}", path.display());
        }
    }
}

#[test]
fn what_is_no_saved_answer_is_named_with_the_forms_that_are_read() {
    let readme = SavedRef { path: path("README.md"), server: None };
    let error = readme.load().unwrap_err().to_string();
    assert!(error.contains("README.md: none of the forms") && error.contains("ssh -vv"), "{error}");
    assert_eq!(error.lines().count(), 1);
}
