//! Who is let in, and what is said of it.

use std::fs;

use serde_json::{Value, json};

use super::node::{Node, can_run, is_empty, scenario, warnings};

#[test]
fn each_way_to_ask_for_the_password_is_answered_once() {
    if !can_run("each_way_to_ask_for_the_password_is_answered_once") {
        return;
    }
    for methods in ["both", "password", "keyboard-interactive"] {
        let node = Node::start(scenario(json!({"methods": methods})));
        let (_, code) = node.collect(&[]);
        assert_eq!((code, node.logins()), (0, 1), "{methods}");
    }
}

#[test]
fn a_wrong_password_is_sent_once_and_nothing_is_written() {
    if !can_run("a_wrong_password_is_sent_once_and_nothing_is_written") {
        return;
    }
    for more in
        [json!({"password": "another"}), json!({"locked": true}), json!({"password": "x", "methods": "password"})]
    {
        let node = Node::start(scenario(more.clone()));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins()), (Some(3), 1), "{more} {error}");
        assert!(error.contains("refuses the login of reader"), "{error}");
        assert!(is_empty(&node.path("out")) && output.stdout.is_empty());
    }
}

#[test]
fn no_password_goes_to_a_node_whose_host_key_is_not_known_or_has_changed() {
    if !can_run("no_password_goes_to_a_node_whose_host_key_is_not_known_or_has_changed") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    let other = Node::start(scenario(json!({})));
    let key = fs::read_to_string(other.path("host_key.pub")).unwrap();
    fs::write(node.path("known_hosts"), format!("[127.0.0.1]:{} {key}", node.port)).unwrap();
    fs::write(node.path("empty"), "").unwrap();
    for (file, says) in [("known_hosts", "has another one for it"), ("empty", "is not in")] {
        let target = format!("reader@127.0.0.1:{}", node.port);
        let mut command = node.command();
        command.args(["collect", &target, "--out", "out", "--password-file", "password", "--known-hosts", file]);
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins()), (Some(3), 0), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

/// What CUCM's own sshd offers (Cisco, "Supported Ciphers for SSH", Compatibility Matrices 12.5, 14 and 15), and what
/// OpenSSH 5.3 does, which 11.5 announces.
fn offers() -> [(&'static str, Value, &'static [&'static str]); 6] {
    let gcm = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];
    let ctr = ["aes128-ctr", "aes192-ctr", "aes256-ctr"];
    let ciphers = [&ctr[..], &gcm].concat();
    let nist = ["ecdh-sha2-nistp521", "ecdh-sha2-nistp384", "ecdh-sha2-nistp256"];
    let sha2 = ["diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512"];
    let newer = [&nist[..], &sha2].concat();
    let older = [&nist[..], &["diffie-hellman-group14-sha1"], &sha2].concat();
    let offer = |kex: &[&str], macs: &[&str], keys: &[&str]| json!({"kex_algs": kex, "encryption_algs": ciphers, "mac_algs": macs, "host_key_algs": keys});
    let (macs, all_macs) = (["hmac-sha2-256", "hmac-sha2-512"], ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"]);
    let (keys, all_keys) = (["rsa-sha2-256", "rsa-sha2-512"], ["rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"]);
    let of_5_3 = json!({
        "kex_algs": ["diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1",
            "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
        "encryption_algs": ["aes128-ctr", "aes192-ctr", "aes256-ctr", "arcfour256", "arcfour128", "aes128-cbc", "3des-cbc"],
        "mac_algs": ["hmac-md5", "hmac-sha1", "hmac-sha1-96"], "host_key_algs": ["ssh-rsa"],
        "server_version": "OpenSSH_5.3",
    });
    let least = json!({
        "kex_algs": ["diffie-hellman-group1-sha1"], "encryption_algs": ["3des-cbc"], "mac_algs": ["hmac-sha1"],
        "host_key_algs": ["ssh-rsa"],
    });
    [
        ("12.5 and 14", offer(&older, &all_macs, &all_keys), &[]),
        ("14, FIPS", offer(&older, &all_macs, &keys), &[]),
        ("15", offer(&newer, &macs, &keys), &[]),
        ("15, FIPS", offer(&sha2, &macs[..1], &keys[1..]), &[]),
        ("11.5", of_5_3, &["ssh-rsa", "hmac-sha1"]),
        ("older", least, &["diffie-hellman-group1-sha1", "3des-cbc", "hmac-sha1", "ssh-rsa"]),
    ]
}

#[test]
fn each_release_s_algorithms_are_taken_and_old_ones_told() {
    if !can_run("each_release_s_algorithms_are_taken_and_old_ones_told") {
        return;
    }
    for (release, offer, old) in offers() {
        let node = Node::start(scenario(offer));
        let output = node.run(&[]);
        assert_eq!(output.status.code(), Some(0), "{release} {}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = warnings(&answer);
        assert!(old.iter().all(|name| told.contains(name)), "{release} {told}");
        assert_eq!(old.is_empty(), answer["warnings"] == json!([]), "{release} {told}");
    }
}

#[test]
fn somebody_elses_shell_gets_no_command() {
    if !can_run("somebody_elses_shell_gets_no_command") {
        return;
    }
    for (start, prompt) in [(json!(["Last login: today\r\n"]), "user@host:~$ "), (json!([]), "switch>")] {
        let node = Node::start(scenario(json!({"start": start, "prompt": prompt})));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("not CUCM's command line"), "{error}");
        assert_eq!(node.record(), Vec::<String>::new());
    }
}

#[test]
fn a_full_session_table_is_told_with_the_nodes_words() {
    if !can_run("a_full_session_table_is_told_with_the_nodes_words") {
        return;
    }
    for (full, logins) in [
        ("stdout", 1),
        ("stderr", 1),
        ("stays", 1),
        ("refused", 1),
        ("disconnect", 0),
        ("disconnect_late", 1),
        ("closes", 0),
    ] {
        let node = Node::start(scenario(json!({"full": full})));
        let output = node.run(&["--timeout", "4"]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins()), (Some(3), logins), "{full} {error}");
        assert_eq!(error.lines().count(), 1, "{full} {error}");
        let words = match full {
            "closes" => "it closed the connection at once: all of its sessions may be in use",
            "disconnect" => "the password was not sent",
            "refused" | "disconnect_late" => "all of its sessions may be in use",
            _ => "Maximum number of sessions reached",
        };
        assert!(error.contains(words), "{full} {error}");
        assert!(output.stdout.is_empty() && !node.path("out/collection.json").exists(), "{full}");
    }
}

#[test]
fn a_locked_account_is_told_with_the_nodes_words() {
    if !can_run("a_locked_account_is_told_with_the_nodes_words") {
        return;
    }
    let words = "Account locked due to 3 failed logins";
    for place in ["instruction", "auth_banner"] {
        let node = Node::start(scenario(json!({"locked": true, place: words})));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), node.logins(), error.lines().count()), (Some(3), 1, 1), "{error}");
        assert!(error.contains(words) && error.contains("is not tried again"), "{error}");
    }
}

#[test]
fn a_node_that_never_comes_to_its_prompt_is_left_in_time() {
    if !can_run("a_node_that_never_comes_to_its_prompt_is_left_in_time") {
        return;
    }
    let starting = "Command Line Interface is starting up, please wait ...\r\n";
    for (start, says) in [
        (json!([starting, 3600]), "no prompt of CUCM's command line came within 4 s; its last words"),
        (json!([3600]), "no prompt of CUCM's command line came within 4 s"),
        (json!([starting, "New password: ", 3600]), "the node asks \"New password:\" before its prompt"),
        (
            json!(["Do you accept these terms (yes/no)? ", 3600]),
            "the node asks \"Do you accept these terms (yes/no)?\"",
        ),
    ] {
        let node = Node::start(scenario(json!({"start": start})));
        let output = node.run(&["--timeout", "4"]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), error.lines().count()), (Some(3), 1), "{error}");
        assert!(error.contains(says), "{error}");
        assert_eq!(node.record(), Vec::<String>::new(), "nothing was typed");
    }
}

#[test]
fn a_banner_before_the_login_is_no_prompt() {
    if !can_run("a_banner_before_the_login_is_no_prompt") {
        return;
    }
    for methods in ["both", "password"] {
        let more = json!({"auth_banner": "Authorized use only\r\nadmin:\r\nPassword:\r\n", "methods": methods});
        let (_, code) = Node::start(scenario(more)).collect(&[]);
        assert_eq!(code, 0);
    }
}

#[test]
fn a_folder_that_holds_something_is_not_written_to() {
    if !can_run("a_folder_that_holds_something_is_not_written_to") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    fs::create_dir(node.path("out")).unwrap();
    fs::write(node.path("out").join("mine"), "x").unwrap();
    let output = node.run(&[]);
    assert_eq!((output.status.code(), node.logins()), (Some(2), 0));
}

#[test]
fn a_login_that_asks_for_more_than_the_password_ends_in_one_line_that_names_it() {
    if !can_run("a_login_that_asks_for_more_than_the_password_ends_in_one_line_that_names_it") {
        return;
    }
    for (questions, asked, sent) in [
        (json!([["Password: ", "Token: "]]), "asks \"Password:\"", "the password was not sent"),
        (json!([["Password: "], ["New password: "]]), "asks \"New password:\": log in by hand", "was sent once"),
    ] {
        let node =
            Node::start(scenario(json!({"methods": "keyboard-interactive", "questions": questions, "expired": true})));
        let output = node.run(&[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.lines().count()), (Some(3), 1), "{error}");
        assert!(error.contains(asked) && error.contains(sent), "{error}");
    }
}

#[test]
fn a_password_that_has_to_be_changed_is_not_changed() {
    if !can_run("a_password_that_has_to_be_changed_is_not_changed") {
        return;
    }
    let node = Node::start(scenario(json!({"methods": "password", "expired": true})));
    let output = node.run(&[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), error.lines().count(), node.logins()), (Some(3), 1, 1), "{error}");
    assert!(error.to_lowercase().contains("expired") && error.contains("was sent once"), "{error}");
    assert_eq!(node.record(), Vec::<String>::new());
}

#[test]
fn the_configuration_names_the_node_its_account_and_its_host_key() {
    if !can_run("the_configuration_names_the_node_its_account_and_its_host_key") {
        return;
    }
    let node = Node::start(scenario(json!({})));
    let configure = |host: &str, key: &str| {
        let text = format!("[cucm]\nhost = \"{host}\"\nuser = \"reader\"\nhost_key = \"{key}\"\n");
        fs::write(node.path("cdrdiag.toml"), text).unwrap();
    };
    let here = format!("127.0.0.1:{}", node.port);
    let run = |arguments: &[&str]| {
        let mut command = node.command();
        command.arg("collect").args(arguments).args(["--json", "--password-file", "password"]);
        command.output().unwrap()
    };
    configure(&here, &node.fingerprint());
    let output = run(&["--out", "first"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["node"]["user"], &answer["node"]["port"]), (&json!("reader"), &json!(node.port)));

    let other = format!("SHA256:{}", "A".repeat(43));
    configure(&here, &other);
    assert_eq!(run(&["--out", "second"]).status.code(), Some(3), "another key than the configuration's");
    assert_eq!(node.logins(), 1);

    configure("cucm-other", &other);
    let key = fs::read_to_string(node.path("host_key.pub")).unwrap();
    fs::write(node.path("known_hosts"), format!("[127.0.0.1]:{} {key}", node.port)).unwrap();
    let output = run(&[&here, "--out", "third", "--known-hosts", "known_hosts"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), node.logins()), (Some(0), 2), "the configured key is another node's: {error}");
}
