//! Saved answers that `probe` reads.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

use super::CASES;

fn file(case: &str, name: &str) -> PathBuf {
    PathBuf::from(CASES).join(case).join(name)
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The one server that `probe` makes of a file.
fn probed(case: &str, name: &str, profiles: &[&str]) -> Value {
    let path = file(case, name);
    probed_as(path.to_str().unwrap(), profiles)
}

fn probed_as(target: &str, profiles: &[&str]) -> Value {
    let mut probe = Command::cargo_bin("cdrdiag").unwrap();
    probe.args(["--json", "probe", target]).args(profiles.iter().flat_map(|profile| ["--profile", profile]));
    let output = probe.output().unwrap().stdout;
    serde_json::from_slice::<Value>(&output).unwrap()["targets"][0].take()
}

/// How many names each list has.
fn lengths(target: &Value, categories: &[&str]) -> Vec<usize> {
    categories.iter().map(|category| texts(&target["offer"][category]).len()).collect()
}

const ONE_WAY: [&str; 5] = ["kex", "host_key", "cipher_c2s", "mac_c2s", "compression_c2s"];

const ALL_WAYS: [&str; 8] =
    ["kex", "host_key", "cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "compression_c2s", "compression_s2c"];

#[test]
fn ssh_nmap_markdown_indented() {
    let target = probed("ssh-nmap-markdown-indented", "indented.txt", &["cucm-14"]);
    assert_eq!(lengths(&target, &ONE_WAY), [10, 5, 6, 10, 2]);
    assert_eq!((&target["outcome"], &target["host"]), (&Value::from("accepts"), &Value::from("192.0.2.34")));
}

#[test]
fn ssh_powershell_utf16() {
    let same = probed("ssh-nmap-markdown-indented", "indented.txt", &["cucm-14"]);
    let target = probed("ssh-powershell-utf16", "ps-utf16.txt", &["cucm-14"]);
    assert_eq!((&target["offer"], &target["outcome"]), (&same["offer"], &same["outcome"]));
}

#[test]
fn ssh_nmap_reason_column() {
    for name in ["rust.nmap", "rust-nobanner.nmap"] {
        let target = probed("ssh-nmap-reason-column", name, &["jsch-0.1.44"]);
        let remedy = &target["remedy"][0];
        assert_eq!(remedy["software"], "OpenSSH 8.2p1 (Ubuntu)", "{name}");
        let line = remedy["line"].as_str().unwrap();
        assert!(line.starts_with("KexAlgorithms ") && line.ends_with(",diffie-hellman-group1-sha1"), "{line}");
    }
    let bitvise = probed("ssh-nmap-reason-column", "bitvise-nobanner.nmap", &[]);
    assert_eq!(bitvise["identification"]["software"], "Bitvise SSH Server");
    assert_eq!(bitvise["identification"]["version"], "8.48");
    let unknown = probed("ssh-nmap-reason-column", "vv-only.nmap", &[]);
    assert_eq!(unknown["identification"], Value::Null, "the reason is no software");
}

#[test]
fn ssh_nmap_sv_product_names() {
    for (name, software, place) in [
        (
            "bitvise",
            "Bitvise SSH Server 8.48",
            "Bitvise SSH Server Control Panel > Edit advanced settings > Algorithms",
        ),
        ("eft", "Globalscape EFT", "EFT administration > the site > Connections > SFTP > Configure"),
        ("mina", "Apache MINA SSHD 2.8.0", "the program that is built on Apache MINA SSHD"),
        ("moveit", "MOVEit Transfer 7.1.0.0", "MOVEit Transfer Config > SSH Ciphers and SSH"),
        ("sunssh", "SunSSH 1.1", "/etc/ssh/sshd_config"),
        ("weonlydo", "WeOnlyDo wodSSHServer (freeSSHd and others) 2.4.3", "the program that is built on wodSSHServer"),
    ] {
        let target = probed("ssh-nmap-sV-product-names", &format!("svx-{name}.xml"), &["cucm-14"]);
        let remedy = &target["remedy"][0];
        assert_eq!((&remedy["software"], &remedy["file"]), (&Value::from(software), &Value::from(place)));
    }
}

#[test]
fn ssh_nmap_sv_without_version() {
    let target = probed("ssh-nmap-sV-without-version", "sv-nover.nmap", &["cucm-15"]);
    let remedy = &target["remedy"][0];
    assert_eq!(remedy["software"], "CrushFTP");
    assert_eq!(remedy["file"], "CrushFTP > Preferences > IP/Servers > the SFTP port > Advanced");
}

#[test]
fn ssh_nmap_two_ports_without_head() {
    for name in ["erlang.nmap", "erlang-head.nmap"] {
        let path = file("ssh-nmap-two-ports-without-head", name);
        for (port, kex) in [(22, 11), (2222, 12)] {
            let target = probed_as(&format!("{}#:{port}", path.display()), &["cucm-14"]);
            assert_eq!((&target["port"], &target["outcome"]), (&Value::from(port), &Value::from("accepts")), "{name}");
            assert_eq!(lengths(&target, &["kex"]), [kex], "{name}");
        }
    }
}

#[test]
fn ssh_ssh_audit_text() {
    let categories = ["kex", "host_key", "cipher_s2c", "mac_s2c"];
    for (name, software) in [("dropbear.txt", "dropbear"), ("openssh_8.0p1_test1.txt", "OpenSSH")] {
        let printed = std::fs::read_to_string(file("ssh-ssh-audit-text", name)).unwrap();
        let count = |mark: &str| printed.lines().filter(|line| line.contains(mark)).count();
        let expected = ["(kex) ", "(key) ", "(enc) ", "(mac) "].map(count);
        let target = probed("ssh-ssh-audit-text", name, &["cucm-14"]);
        assert_eq!(lengths(&target, &categories), expected, "{name}");
        assert_eq!(target["identification"]["software"], software);
    }
}

#[test]
fn ssh_ssh_vvv_client_log() {
    let target = probed("ssh-ssh-vvv-client-log", "ssh-vvv.log", &["cucm-12.5", "cucm-14", "cucm-15"]);
    assert_eq!(lengths(&target, &ALL_WAYS), [12, 5, 12, 12, 10, 10, 2, 2]);
    assert_eq!(
        texts(&target["offer"]["host_key"]),
        ["ssh-rsa", "rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"]
    );
    assert_eq!((&target["outcome"], &target["identification"]["version"]), (&"accepts".into(), &"7.4".into()));
    assert_eq!((&target["address"], &target["port"]), (&"192.0.2.223".into(), &22.into()));
}
