use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;
use walkdir::WalkDir;

use super::*;
use crate::document::fleet::Fleet;
use crate::document::parse_log::ParseLog;
use crate::trace::causes::Causes;
use serde_json::json;

/// A text with its names replaced, when these fields are known.
fn text(fields: &[(Kind, &str)], text: &str) -> String {
    let mut tokens = Tokens::default();
    for (kind, name) in fields {
        learning::learn_name(*kind, name, &mut tokens);
    }
    Replacer::new(&mut tokens, &HashSet::new()).unwrap().text(text)
}

fn redact<D: Document + DeserializeOwned>(value: Value) -> (D, String) {
    let document: D = serde_json::from_value(value).unwrap();
    let done = Redactor::new(&["/srv/marker7/traces".to_owned()]).document(&document).unwrap();
    let shown = serde_json::to_string(&done).unwrap();
    (done, shown)
}

#[test]
fn every_class_in_the_table_is_one() {
    for (field, class) in tables::rows::<(String, String)>(include_str!("../../data/redaction.tsv")) {
        assert!(named(&class) != Class::Text, "{field} {class}");
    }
}

#[test]
fn the_same_name_has_the_same_token_everywhere() {
    let known = [(Kind::Host, "billing.acme.example:22"), (Kind::Host, "10.0.0.5")];
    assert_eq!(
        text(&known, "to BILLING.acme.example, then 10.0.0.5, [10.0.0.5]:22, 10.0.0.6 and sftp.acme.example."),
        "to host-1, then host-2, [host-2]:22, host-3 and host-4."
    );
}

#[test]
fn what_looks_like_a_name_is_replaced_though_no_field_names_it() {
    for (before, after) in [
        ("java.net.UnknownHostException: billing01", "java.net.UnknownHostException: host-1"),
        ("no route to fe80::1%eth0", "no route to host-1"),
        ("/srv/acme/in: Permission denied", "file-1: Permission denied"),
        (r"C:\Users\alice\in is full", "file-1 is full"),
        ("login as alice@acme.example", "login as user-1@host-1"),
        ("Auth fail for user 'alice'", "Auth fail for user 'user-1'"),
        ("traces/acme/x.log: no such file", "file-1: no such file"),
        ("failed: cmr_Acme_03_201907231317_844004 to 1.1.1.1", "failed: file-1 to host-1"),
    ] {
        assert_eq!(text(&[], before), after);
    }
}

#[test]
fn what_is_no_name_stays() {
    for same in [
        "2019-07-25 13:12:11,971 ERROR [main] cdrrep.FtpManager (FtpManager.java:75) - SFTP/FTP failed",
        "com.jcraft.jsch.JSchException: Algorithm negotiation fail",
        "see /etc/ssh/sshd_config; curve25519-sha256@libssh.org of OpenSSH 9.2p1; CUCM 12.5.1.11900-146",
        "primary accepts, secondary refuses",
    ] {
        assert_eq!(text(&[], same), same);
    }
}

#[test]
fn a_folder_called_by_an_ordinary_word_leaves_the_sentences_and_loses_its_paths() {
    for word in ["cucm", "primary", "server", "the", "key", "log"] {
        let sentence = "The primary lets CUCM in; the server's key stands in the log";
        assert_eq!(text(&[(Kind::File, word)], sentence), sentence, "{word}");
        let mut redactor = Redactor::new(&[word.to_owned()]);
        assert_eq!(redactor.path(word), "file-1");
        assert_eq!(text(&[(Kind::File, word)], &format!("{word}/acme.log is broken")), "file-1 is broken");
    }
    assert_eq!(text(&[(Kind::File, "acme")], "acme is broken"), "file-1 is broken");
}

#[test]
fn a_name_is_not_found_within_a_word_or_a_token() {
    assert_eq!(
        text(&[(Kind::Host, "sftp"), (Kind::Host, "host")], "sftpapi to sftp and host"),
        "sftpapi to host-1 and host-2"
    );
    assert_eq!(text(&[(Kind::Cluster, "Acme")], "cdr_Acme_x and Acme-2"), "cdr_cluster-1_x and cluster-1-2");
}

#[test]
fn a_server_keeps_its_product_and_loses_its_name() {
    let mut tokens = Tokens::default();
    let own = HashSet::new();
    let mut replacer = Replacer::new(&mut tokens, &own).unwrap();
    assert_eq!(
        replacer.identification("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7"),
        "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7"
    );
    assert_eq!(
        replacer.identification("SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5"),
        "SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5"
    );
    for product in ["GoAnywhere7.4.1", "9.32 FlowSsh: Bitvise SSH Server (WinSSHD) 9.32", "7.9.0.0_openssh Globalscape"]
    {
        let raw = format!("SSH-2.0-{product}");
        assert_eq!(replacer.identification(&raw), raw, "a product that is known is no secret");
    }
    assert_eq!(replacer.name(Kind::Remark, "Bitvise SSH Server"), "Bitvise SSH Server");
    assert_eq!(replacer.identification("SSH-2.0-AcmeSFTP billing01"), "SSH-2.0-remark-1 remark-2");
}

#[test]
fn no_marker_survives_in_a_trace() {
    let evidence = json!({"path": "/srv/marker7/traces/marker1.log", "line": 3,
        "text": "SFTP/FTP failed: cmr_Marker2_03_201907231317_844004 to marker3.example, Marker2, /home/marker4/x"});
    let list = json!({"kex": ["curve25519-sha256@libssh.org", "x@marker5.example"], "host_key": null,
        "cipher_c2s": null, "cipher_s2c": null, "mac_c2s": null, "mac_s2c": null, "compression_c2s": null,
        "compression_s2c": null, "language_c2s": null, "language_s2c": null, "first_kex_packet_follows": null});
    let value = json!({
        "inputs": [{"path": "/srv/marker7/traces/marker1.log", "bytes": 1, "lines": 1, "records": 1,
            "skipped_lines": 0, "first": null, "last": null}],
        "destinations": [{
            "host": "marker3.example", "destination": 1, "status": "failing", "deliveries": 0, "delivery_failures": 1,
            "connection_failures": 0, "files_waiting": 1, "first_failure": null, "last_failure": null,
            "last_delivery": null,
            "causes": [{"cause": "unknown", "stage": null, "count": 1, "first": "2024-01-31T00:00:00",
                "last": "2024-01-31T00:00:00", "message": "to marker3.example via 192.0.2.77 for user=marker8",
                "remedy": "ask marker3.example", "evidence": evidence}],
            "outages": [], "alarms": [{"name": "CDRAgentSendFileFailed", "count": 1, "first": "2024-01-31T00:00:00",
                "last": "2024-01-31T00:00:00"}],
            "files": [{"name": "cmr_Marker2_03_201907231317_844004", "kind": "cmr", "cluster": "Marker2", "node": "03",
                "created_utc": null, "sequence": 844_004, "attempts": 1}],
            "retries": null, "oldest_waiting": null}],
        "negotiation": {"client": list, "server": list, "failed_category": "kex", "evidence": evidence},
        "warnings": ["/srv/marker7/traces/marker1.log:12: odd", "/srv/marker7/traces/marker9.gz: broken", "Marker2 is odd"],
    });
    let (document, shown) = redact::<ParseLog>(value);
    assert!(!shown.to_lowercase().contains("marker") && !shown.contains("192.0.2.77"), "{shown}");
    let destination = &document.destinations[0];
    assert_eq!(destination.host.as_deref(), Some("host-1"));
    assert_eq!(destination.alarms[0].name, "CDRAgentSendFileFailed");
    assert_eq!(document.inputs[0].path, destination.causes[0].evidence.path);
    assert!(destination.causes[0].evidence.text.contains(" to host-1, cluster-1, "), "{shown}");
    assert!(destination.causes[0].evidence.text.contains(&destination.files[0].name), "{shown}");
}

#[test]
fn no_marker_survives_in_a_probe() {
    let remedy = json!({"server": "marker1", "software": "OpenSSH 9.2p1 (marker2)", "file": "/etc/ssh/sshd_config",
        "directive": "KexAlgorithms", "line": "KexAlgorithms a,b@marker3.example", "adds": ["b@marker3.example"],
        "reason": "marker1 lacks it", "commands": ["ssh marker1 reload"], "weakens": null});
    let value = json!({
        "profiles": [{"id": "cucm-14", "title": "CUCM 14", "source": ["Cisco"]}],
        "targets": [{
            "target": "marker1:2222", "host": "marker1", "port": 2222, "address": "2001:db8::77", "outcome": "error",
            "error": {"kind": "closed", "message": "marker1 (2001:db8::77) closed, said marker4.example"},
            "identification": {"raw": "SSH-2.0-OpenSSH_9.2p1 marker5 here", "protocol": "2.0", "software": "OpenSSH",
                "version": "9.2p1", "comments": "marker5 here", "preceding_lines": ["welcome to marker6"]},
            "offer": {"kex": ["b@marker3.example"]},
            "clients": [{"profile": "cucm-14", "result": "refuses", "verdict": "refuses", "stage": "key_exchange",
                "agreed": {"kex": "b@marker3.example"}, "missing": ["mac_c2s"], "findings": ["marker1: marker5 here"],
                "handshake": {"performed": true, "result": "refuses", "agreed": {}, "host_key": null,
                    "auth_methods": ["password"], "error": "from marker1", "ms": 1.0},
                "disagreement": "of marker1", "remedy": [remedy]}],
            "remedy": [remedy], "weak": [{"category": "kex", "algorithm": "b@marker3.example", "reason": "old"}],
            "timing_ms": {"connect": null, "identification": null, "kexinit": null, "total": null}}],
        "warnings": ["marker1 is odd; so is welcome to marker6"],
    });
    let (document, shown) = redact::<Fleet>(value);
    // What stands in brackets behind the software is read from the identification alone, so it is known there.
    let shown = shown.replace("(marker2)", "");
    assert!(!shown.contains("marker") && !shown.contains("2001:db8"), "{shown}");
    let target = document.targets.iter().next().unwrap();
    assert_eq!((target.target.as_str(), target.host.as_deref()), ("host-1:2222", Some("host-1")));
    assert_eq!(target.remedy[0].commands, ["ssh host-1 reload"]);
    assert_eq!(target.remedy[0].file.as_deref(), Some("/etc/ssh/sshd_config"));
}

/// Every form of an answer.
fn renderings<D: Document + DeserializeOwned + crate::report::view::ToView>(value: Value) -> String {
    use crate::report::{Format, html, markdown, page::Terminal, view::Appendix, write};
    let document: D = serde_json::from_value(value).unwrap();
    let done = Redactor::new(&[]).document(&document).unwrap();
    let look = Terminal { width: 4000, wraps_headlines: true, color: false, blocks: false };
    let mut all = Vec::new();
    for format in [Format::Text, Format::FullText, Format::Json] {
        write(&done, format, look, &mut all).unwrap();
    }
    if crate::report::view::ToView::monitored(&done).is_some() {
        for format in [Format::Prometheus, Format::Junit] {
            write(&done, format, look, &mut all).unwrap();
        }
    }
    let made = chrono::DateTime::UNIX_EPOCH;
    let times = done.times();
    let appendix = Appendix { command: "x", version: "1", made, times, redacted: true, inputs: Vec::new() };
    html::render(done.view(), &appendix, &mut all).unwrap();
    markdown::render(done.view(), &appendix, &mut all).unwrap();
    String::from_utf8(all).unwrap()
}

fn trace_that_says(message: &str) -> Value {
    let evidence = json!({"path": "a.log", "line": 3, "text": format!("ERROR [main] - SFTP/FTP failed {message}")});
    json!({
        "inputs": [{"path": "a.log", "bytes": 1, "lines": 1, "records": 1, "skipped_lines": 0, "first": null, "last": null}],
        "destinations": [{
            "host": "10.0.0.5", "destination": 1, "status": "failing", "deliveries": 0, "delivery_failures": 1,
            "connection_failures": 0, "files_waiting": 1, "first_failure": null, "last_failure": null,
            "last_delivery": null,
            "causes": [{"cause": "unknown", "stage": null, "count": 1, "first": "2024-01-31T00:00:00",
                "last": "2024-01-31T00:00:00", "message": message, "remedy": null, "evidence": evidence}],
            "outages": [], "alarms": [], "files": [], "retries": null, "oldest_waiting": null}],
        "negotiation": null, "warnings": [message],
    })
}

fn server_that_says(message: &str) -> Value {
    json!({
        "profiles": [{"id": "cucm-14", "title": "CUCM 14", "source": ["Cisco"]}],
        "targets": [{
            "target": "a:2222", "host": "a", "port": 2222, "address": null, "outcome": "error",
            "error": {"kind": "closed", "message": message},
            "identification": {"raw": format!("SSH-2.0-{message}"), "protocol": "2.0", "software": message,
                "version": null, "comments": message, "preceding_lines": [message]},
            "offer": {"kex": [message]}, "clients": [], "remedy": [], "weak": [],
            "timing_ms": {"connect": null, "identification": null, "kexinit": null, "total": null}}],
        "warnings": [message],
    })
}

/// The known messages, a name in each place that stands for anything.
fn messages_with(name: &str) -> Vec<String> {
    let fill = |pattern: &str| {
        let parts = pattern
            .split('<')
            .map(|part| part.split_once('>').map_or(part.to_owned(), |(_, rest)| format!("{name}{rest}")));
        parts.collect::<String>()
    };
    Causes::builtin().patterns().filter(|pattern| pattern.contains('<')).map(fill).collect()
}

/// Names in the ways in which people and servers write them; `zq` is in no word of the tables.
fn names() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let stem = "zq[a-z0-9äöß日]{1,9}";
    prop_oneof![
        stem.prop_map(|name| name),
        stem.prop_map(|name| format!("java.{name}.Server")),
        stem.prop_map(|name| format!("{name}.java")),
        stem.prop_map(|name| format!("CORP\\{name}")),
        stem.prop_map(|name| format!("uid={name},dc={name}")),
        stem.prop_map(|name| format!("'/srv/my {name}/in'")),
        stem.prop_map(|name| format!("/etc/ssh/{name}")),
        stem.prop_map(|name| format!("billing-{name}_{name}.example")),
        stem.prop_map(|name| format!("{name}@{name}.example:22")),
        stem.prop_map(|name| format!("OpenSSH_{name}")),
        stem.prop_map(|name| name.to_uppercase()),
    ]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn no_name_survives_in_any_placeholder_or_any_unknown_text(name in names(), text in "[a-z ]{0,20}", at in 0_usize..400) {
        let messages = messages_with(&name);
        let unknown = format!("{text} {name} {text}");
        for message in [&messages[at % messages.len()], &unknown, &name] {
            let trace = renderings::<ParseLog>(trace_that_says(message));
            let server = renderings::<Fleet>(server_that_says(message));
            for shown in [trace, server] {
                assert!(!shown.to_lowercase().contains("zq"), "{message}: {}", shown.lines().filter(|line| line.to_lowercase().contains("zq")).take(5).collect::<Vec<_>>().join("\n"));
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn equal_things_have_equal_tokens_and_others_have_others(one in "zq[a-z]{1,9}", other in "zq[a-z]{1,9}", form in 0_usize..6) {
        let dressed = |name: &str| match form {
            0 => name.to_owned(),
            1 => format!("{name}.example"),
            2 => format!("/srv/{name}/in"),
            3 => format!("{name}@{name}.example"),
            4 => format!("CORP\\{name}"),
            _ => name.to_uppercase(),
        };
        let message = format!("{} and {} and {}", dressed(&one), dressed(&other), dressed(&one));
        let done = text(&[], &message);
        let tokens: Vec<_> = done.split(" and ").collect();
        proptest::prop_assert_eq!(tokens[0], tokens[2]);
        proptest::prop_assert_eq!(tokens[0] == tokens[1], one == other, "{}", done);
    }
}

#[test]
fn no_placeholder_of_a_known_message_keeps_a_name() {
    for message in messages_with("zqbilling.zqacme.example") {
        let done = text(&[], &message);
        assert!(!done.contains("zq"), "{message}: {done}");
    }
}

/// What of a marked text gives somebody away: between the marks its unknown words, and of an address any three groups.
fn secrets(marked: &str) -> Vec<String> {
    let secret = Regex::new("«([^»]*)»").unwrap();
    let part = Regex::new(r"[\p{L}\p{N}]{2,}").unwrap();
    let groups = Regex::new(r"[0-9A-Fa-f]+([.:-])[0-9A-Fa-f]+[.:-][0-9A-Fa-f]+").unwrap();
    let within: Vec<String> = secret.captures_iter(marked).map(|found| found[1].to_lowercase()).collect();
    let parts = within.iter().flat_map(|secret| part.find_iter(secret)).map(|part| part.as_str());
    let parts = parts.filter(|word| !vocabulary::knows(word));
    let groups = within.iter().flat_map(|secret| groups.find_iter(secret)).map(|groups| groups.as_str());
    parts.chain(groups).map(str::to_owned).collect()
}

#[test]
fn what_servers_and_libraries_write_keeps_no_name() {
    let texts = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/redaction.txt")).unwrap();
    let texts = texts.lines().filter(|line| !line.starts_with('#'));
    let mut kept = Vec::new();
    let mut count = 0;
    for marked in texts {
        let secrets = secrets(marked);
        assert!(!secrets.is_empty(), "{marked}");
        let message = marked.replace(['«', '»'], "");
        let shown = text(&[], &message);
        let in_a_trace = renderings::<ParseLog>(trace_that_says(&message));
        for secret in secrets {
            let is_there = |shown: &str| shown.to_lowercase().contains(&secret);
            if is_there(&shown) || (secret.contains("zq") && is_there(&in_a_trace)) {
                kept.push(format!("{secret} of {message}\n    in {shown}"));
            }
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
    assert!(kept.is_empty(), "{} kept:\n{}", kept.len(), kept.join("\n"));
}

#[test]
fn an_address_has_one_token_in_every_spelling() {
    for spelling in
        ["10.0.0.5", "::ffff:10.0.0.5", "::ffff:a00:5", "[10.0.0.5]", "010.000.000.005", "167772165", "host10.0.0.5x"]
    {
        let done = text(&[(Kind::Host, "10.0.0.5")], &format!("10.0.0.5 {spelling}"));
        assert!(done.matches("host-1").count() == 2 && !done.contains("0.5"), "{spelling}: {done}");
    }
    assert_eq!(text(&[], "fe80::1%eth0, [2001:db8::7]:22, 00:11:22:33:44:55"), "host-1, [host-2]:22, host-3");
    assert_eq!(text(&[], "at 13:12:11,971 of 12.5.1.11900-146"), "at 13:12:11,971 of 12.5.1.11900-146");
}

#[test]
fn a_long_message_costs_no_more_than_its_length() {
    let parts = ["cdr_a.bb:", "10.0.0.5 ", "a::", "billing7", "zq.example/", "x "];
    let mut tokens = Tokens::default();
    (0..20_000).for_each(|number| learning::learn_name(Kind::Host, &format!("billing{number}"), &mut tokens));
    let mut replacer_own = HashSet::new();
    replacer_own.insert("own".to_owned());
    let mut replacer = Replacer::new(&mut tokens, &replacer_own).unwrap();
    let begin = std::time::Instant::now();
    for part in parts {
        replacer.text(&part.repeat(200_000 / part.len()));
    }
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

/// The sentences that the program's own code holds, but for tests and docs: literals with a blank in them.
fn own_sentences() -> Vec<String> {
    let literal = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    let parts = [
        "algorithms",
        "backlog",
        "collect",
        "commands",
        "cucm",
        "delivery",
        "diagnosis",
        "document",
        "learn",
        "saved",
        "ssh",
        "trace",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = parts.iter().flat_map(|part| WalkDir::new(root.join(part)).into_iter().flatten());
    let is_code = |path: &Path| {
        let is_test = path.file_stem().is_some_and(|name| name == "tests" || name == "story");
        path.extension().is_some_and(|extension| extension == "rs") && !is_test
    };
    let files = files.filter(|file| is_code(file.path()));
    let code = files.map(|file| fs::read_to_string(file.path()).unwrap());
    let lines = code.flat_map(|code| {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        let told = |line: &&str| !line.trim_start().starts_with("//") && !line.contains("Regex::new");
        let lines: Vec<&str> = code.lines().filter(told).collect();
        let joined = lines.join("\n").replace("\\\n", " ");
        literal.captures_iter(&joined).map(|found| found[1].to_owned()).collect::<Vec<_>>()
    });
    // Patterns; and a quote in a character's literal turns code into a text.
    let is_code = |text: &str| ["::", "[A-", "\n", "\\d"].iter().any(|code| text.contains(code));
    lines.filter(|sentence| sentence.trim().contains(' ') && !is_code(sentence)).collect()
}

#[test]
fn a_sentence_of_the_program_s_own_stays_readable() {
    let word = Regex::new(r"[A-Za-z]{2,}").unwrap();
    let value = Regex::new(r"\{[^}]*\}").unwrap();
    let sentences = own_sentences();
    assert!(sentences.len() > 200, "{}", sentences.len());
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    for sentence in sentences {
        for word in word.find_iter(&value.replace_all(&sentence, " ")) {
            if !vocabulary::knows(word.as_str()) {
                unknown.insert(word.as_str().to_lowercase(), sentence.clone());
            }
        }
    }
    assert!(unknown.is_empty(), "data/vocabulary.txt lacks {unknown:#?}");
}
