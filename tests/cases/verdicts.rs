//! What servers' saved answers mean for CUCM.

use serde_json::Value;

use super::answer;

/// The only server's entry.
fn target(case: &str, arguments: &[&str], code: i32) -> Value {
    let mut answer = answer(case, &[&["probe"], arguments].concat(), code);
    answer["targets"][0].take()
}

fn added(target: &Value) -> Vec<&str> {
    let remedies = target["remedy"].as_array().unwrap();
    remedies.iter().flat_map(|remedy| remedy["adds"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn ssh_verdict_cerberus_aes256() {
    let case = "ssh-verdict-cerberus-aes256";
    let refused = target(case, &["v-cerberus.nmap", "--profile", "cerb-client.toml"], 1);
    assert_eq!(refused["clients"][0]["missing"], serde_json::json!(["cipher_c2s", "cipher_s2c"]));
    assert_eq!(added(&refused), ["aes128-ctr"]);
    let accepted = target(case, &["v-cerberus.nmap", "--profile", "jsch-0.1.54"], 0);
    let findings = accepted["clients"][0]["findings"].to_string();
    assert!(findings.contains("unlimited strength"), "{findings}");
}

#[test]
fn ssh_verdict_proftpd_135() {
    let found = target("ssh-verdict-proftpd-135", &["v-proftpd099.nmap"], 1);
    let results: Vec<_> = found["clients"].as_array().unwrap().iter().map(|client| &client["result"]).collect();
    assert_eq!(results, ["accepts", "accepts", "refuses"]);
    assert_eq!(found["clients"][2]["missing"], serde_json::json!(["host_key"]));
    let reason = found["remedy"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("Install ProFTPD 1.3.7 or later"), "{reason}");
}

#[test]
fn ssh_verdict_sftpgo_jsch044() {
    let found = target("ssh-verdict-sftpgo-jsch044", &["v-sftpgo930.nmap", "--profile", "jsch-0.1.44"], 1);
    assert_eq!(added(&found)[0], "diffie-hellman-group1-sha1");
    assert!(added(&found).iter().all(|name| !name.contains("group-exchange")));
}
