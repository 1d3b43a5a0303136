use super::*;
use crate::algorithms::builtin::find;
use crate::algorithms::judge::judge;
use crate::document::probe::Access;
use crate::model::offer::split_list;

const DEBIAN: &str = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7";

fn server(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Offer {
    let mut offer = Offer::default();
    for (setting, list) in Setting::ALL.into_iter().zip([kex, host_key, cipher, mac, "none,zlib@openssh.com"]) {
        for category in setting.categories() {
            offer.set(*category, split_list(list));
        }
    }
    offer
}

fn hardened() -> Offer {
    server(
        "sntrup761x25519-sha512@openssh.com,curve25519-sha256,kex-strict-s-v00@openssh.com",
        "rsa-sha2-512,rsa-sha2-256,ssh-ed25519",
        "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
    )
}

fn remedied(ids: &[&str], offer: &Offer, raw: &str) -> Vec<Remedy> {
    let identification = Identification { raw: raw.to_owned(), ..Identification::default() };
    let judged: Vec<_> = ids
        .iter()
        .map(|id| find(id).unwrap())
        .map(|profile| (profile, judge(profile, offer, Some(&identification))))
        .collect();
    let refusals: Vec<_> = judged.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
    remedies("10.0.0.5", offer, Some(&identification), &refusals)
}

fn lines(remedies: &[Remedy]) -> Vec<&str> {
    remedies.iter().filter_map(|remedy| remedy.line.as_deref()).collect()
}

/// The offer of a server with these lines in force.
fn applied(offer: &Offer, remedies: &[Remedy]) -> Offer {
    let mut changed = offer.clone();
    for line in lines(remedies) {
        let (directive, list) = line.split_once(' ').unwrap();
        let setting = match directive {
            "KexAlgorithms" => Setting::Kex,
            "HostKeyAlgorithms" => Setting::HostKey,
            "Ciphers" => Setting::Cipher,
            "MACs" => Setting::Mac,
            "HostKey" => continue,
            other => panic!("{other}"),
        };
        setting.categories().iter().for_each(|category| changed.set(*category, split_list(list)));
    }
    changed
}

#[test]
fn a_hardened_sshd_gets_its_own_lines_plus_the_strongest_of_the_clients() {
    let found = remedied(&["cucm-15"], &hardened(), DEBIAN);
    assert_eq!(
        lines(&found),
        [
            "KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,ecdh-sha2-nistp521",
            "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr",
            "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-512",
        ]
    );
    assert_eq!(found[0].adds, ["ecdh-sha2-nistp521"]);
    assert_eq!(found[0].file.as_deref(), Some("/etc/ssh/sshd_config"));
    assert_eq!(found[0].software.as_deref(), Some("OpenSSH 9.2p1 (Debian)"));
    assert_eq!(found[0].commands, ["sshd -t", "systemctl reload ssh"]);
    assert_eq!(found[0].weakens, None);
    assert!(found[0].reason.contains("before any Include"));
}

#[test]
fn the_cipher_that_every_java_has_is_added_and_a_stronger_one_for_the_client_without_it() {
    let found = remedied(&["cucm-12.5", "cucm-15", "jsch-0.1.54"], &hardened(), DEBIAN);
    let ciphers = found.iter().find(|remedy| remedy.directive.as_deref() == Some("Ciphers")).unwrap();
    assert_eq!(ciphers.adds, ["aes128-ctr"]);
    let after = judge(find("cucm-15").unwrap(), &applied(&hardened(), &found), None);
    assert!(!after.findings.concat().contains("unlimited strength"), "{:?}", after.findings);
    let mut strict = find("cucm-15").unwrap().clone();
    for category in Setting::Cipher.categories() {
        strict.algorithms.set(*category, split_list("aes256-ctr"));
    }
    let judgement = judge(&strict, &hardened(), None);
    let alone = remedies("10.0.0.5", &hardened(), None, &[(&strict, &judgement)]);
    assert!(alone.iter().any(|remedy| remedy.adds == ["aes256-ctr"]), "{alone:#?}");
}

#[test]
fn every_built_in_client_gets_in_once_its_lines_are_in_force() {
    let offers = [
        hardened(),
        server("diffie-hellman-group-exchange-sha1", "ecdsa-sha2-nistp384", "aes256-ctr", "hmac-sha2-256"),
        server("x", "ssh-ed25519", "x", "x"),
        server("curve25519-sha256,,x", "rsa-sha2-512,,ssh-rsa", "aes128-ctr,", "hmac-sha1,"),
    ];
    for offer in offers {
        let all: Vec<_> = crate::algorithms::builtin::builtin().iter().map(|profile| profile.id.as_str()).collect();
        for ids in all.iter().map(std::slice::from_ref).chain([all.as_slice()]) {
            let identification = Identification { raw: DEBIAN.to_owned(), ..Identification::default() };
            let changed = applied(&offer, &remedied(ids, &offer, DEBIAN));
            for id in ids {
                let after = judge(find(id).unwrap(), &changed, Some(&identification));
                assert_eq!(after.result, Access::Accepts, "{ids:?}: {id}: {:?}", after.obstacles);
            }
        }
    }
}

#[test]
fn a_weak_method_is_added_only_for_the_client_that_has_nothing_better() {
    let all = ["cucm-12.5", "cucm-14", "cucm-15", "jsch-0.1.44"];
    let offer = server("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256,hmac-sha1");
    let found = remedied(&all, &offer, DEBIAN);
    assert_eq!(
        lines(&found),
        [
            "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp521,diffie-hellman-group1-sha1",
            "HostKey /etc/ssh/ssh_host_rsa_key",
            "HostKeyAlgorithms ssh-ed25519,rsa-sha2-256,ssh-rsa",
        ]
    );
    assert_eq!(found[1].adds, ["rsa-sha2-256", "ssh-rsa"]);
}

#[test]
fn one_host_key_that_serves_every_client_is_enough() {
    let offer = server("ecdh-sha2-nistp521,diffie-hellman-group1-sha1", "ssh-ed25519", "aes128-ctr", "hmac-sha1");
    for ids in [&["jsch-0.1.44", "jsch-0.1.54", "cucm-14"][..], &["jsch-0.1.54", "cucm-12.5"]] {
        let found = remedied(ids, &offer, DEBIAN);
        let keys =
            found.iter().filter(|remedy| remedy.directive.as_ref().is_some_and(|name| name.starts_with("HostKey")));
        for remedy in keys {
            assert_eq!(remedy.adds, ["ssh-rsa"], "{ids:?}");
            assert!(!remedy.reason.contains("no single one"), "{}", remedy.reason);
        }
    }
}

#[test]
fn a_group_exchange_is_no_remedy_where_the_server_does_not_do_it() {
    let offer = server("curve25519-sha256", "ssh-rsa", "aes128-ctr", "hmac-sha1");
    for raw in ["SSH-2.0-SFTPGo_2.5.1", "SSH-2.0-Go", "SSH-2.0-Nobody"] {
        let found = remedied(&["jsch-0.1.44"], &offer, raw);
        assert_eq!(found[0].adds, ["diffie-hellman-group1-sha1"], "{raw}: {found:#?}");
    }
}

#[test]
fn a_release_that_cannot_sign_with_rsa_sha2_is_to_be_upgraded() {
    let offer = server("ecdh-sha2-nistp521", "ssh-rsa,ssh-dss", "aes128-ctr", "hmac-sha2-256");
    for raw in ["SSH-2.0-mod_sftp/0.9.9", "SSH-2.0-mod_sftp/1.0.0"] {
        let found = remedied(&["cucm-15"], &offer, raw);
        assert_eq!((found.len(), &found[0].line, found[0].adds.len()), (1, &None, 0), "{raw}");
        assert!(found[0].how.contains("Install ProFTPD 1.3.7 or later"), "{}", found[0].reason);
    }
}

#[test]
fn a_server_without_an_rsa_key_is_told_to_make_one() {
    let offer = server("ecdh-sha2-nistp521", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256");
    let found = remedied(&["cucm-15"], &offer, DEBIAN);
    assert_eq!(lines(&found), ["HostKey /etc/ssh/ssh_host_rsa_key", "HostKeyAlgorithms ssh-ed25519,rsa-sha2-256"]);
    assert_eq!(
        found[0].commands[0],
        "test -e /etc/ssh/ssh_host_rsa_key || ssh-keygen -q -t rsa -b 3072 -N '' -f /etc/ssh/ssh_host_rsa_key"
    );
    assert_eq!(found[0].keeps, ["HostKey /etc/ssh/ssh_host_ed25519_key"]);
}

#[test]
fn a_group_exchange_that_the_server_refuses_makes_way() {
    let offer = server("diffie-hellman-group-exchange-sha1", "ssh-rsa", "aes128-ctr", "hmac-sha1");
    let found = remedied(&["jsch-0.1.44"], &offer, DEBIAN);
    assert_eq!(lines(&found), ["KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1"]);
    assert!(found[0].weakens.as_ref().unwrap().contains("RFC 9142"));
}

#[test]
fn a_host_key_that_the_client_cannot_verify_gets_company() {
    let offer = server("ecdh-sha2-nistp256", "ecdsa-sha2-nistp384", "aes128-ctr", "hmac-sha1");
    let found = remedied(&["jsch-0.1.54"], &offer, DEBIAN);
    assert_eq!(
        lines(&found),
        ["HostKey /etc/ssh/ssh_host_ecdsa256_key", "HostKeyAlgorithms ecdsa-sha2-nistp384,ecdsa-sha2-nistp256"]
    );
}

#[test]
fn what_this_version_does_not_have_is_out_of_reach_and_the_way_out_is_told() {
    let old = server("ecdh-sha2-nistp521", "ssh-rsa", "aes256-ctr", "hmac-sha2-256");
    let found = remedied(&["cucm-15"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
    assert_eq!((found.len(), &found[0].line), (1, &None));
    assert!(found[0].reason.contains("OpenSSH 7.2 or later"), "{}", found[0].reason);
}

#[test]
fn a_client_that_nothing_lets_in_neither_hides_the_way_for_others_nor_costs_anything() {
    let old = server("curve25519-sha256@libssh.org", "ssh-rsa", "aes256-ctr", "hmac-md5");
    let alone = remedied(&["cucm-15"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
    assert_eq!(lines(&alone), [""; 0]);
    assert_eq!(alone.len(), 1, "{alone:#?}");
    let both = remedied(&["cucm-15", "cucm-14"], &old, "SSH-2.0-OpenSSH_6.6.1p1");
    assert_eq!(
        lines(&both),
        ["KexAlgorithms curve25519-sha256@libssh.org,ecdh-sha2-nistp521", "MACs hmac-md5,hmac-sha2-256"]
    );
    let reasons: Vec<_> = both.iter().map(|remedy| remedy.reason.split(':').next().unwrap()).collect();
    assert_eq!(reasons, ["cucm-14", "cucm-15", "cucm-14"]);
}

#[test]
fn a_server_that_cannot_be_configured_or_is_not_known_is_told_in_words() {
    for (raw, word) in [
        ("SSH-2.0-tinyssh_2023 x", "no configuration"),
        ("SSH-2.0-CerberusFTPServer_12", "Tick"),
        ("SSH-2.0-Nobody", "manual"),
    ] {
        let found = remedied(&["cucm-14"], &hardened(), raw);
        assert!(found.iter().all(|remedy| remedy.line.is_none() && remedy.reason.contains(word)), "{raw}");
        assert_eq!(found[0].adds, ["ecdh-sha2-nistp521"], "{raw}");
    }
}

#[test]
fn dropbear_takes_no_line_but_a_new_key() {
    let offer = server("ecdh-sha2-nistp521", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256");
    let found = remedied(&["cucm-15"], &offer, "SSH-2.0-dropbear_2022.83");
    assert_eq!(
        (found.len(), &found[0].line, found[0].adds.as_slice()),
        (1, &None, ["rsa-sha2-256".to_owned()].as_slice())
    );
    assert_eq!(
        found[0].commands,
        ["dropbearkey -t rsa -f /etc/dropbear/dropbear_rsa_host_key", "systemctl restart dropbear"]
    );
}

#[test]
fn the_line_of_another_server_has_its_own_form() {
    let found = remedied(&["cucm-14"], &server("x", "ssh-rsa", "aes256-ctr", "hmac-sha1"), "SSH-2.0-mod_sftp/1.3");
    assert_eq!(lines(&found), ["SFTPKeyExchanges x ecdh-sha2-nistp521"]);
}

#[test]
fn a_name_that_is_none_never_reaches_a_line() {
    let mut offer = hardened();
    offer.kex = Some(vec![
        "a\nPermitRootLogin yes".into(),
        "b c".into(),
        "gss-gex-sha1-x==".into(),
        "curve25519-sha256".into(),
    ]);
    let found = remedied(&["cucm-14"], &offer, DEBIAN);
    assert_eq!(found[0].line.as_deref(), Some("KexAlgorithms curve25519-sha256,ecdh-sha2-nistp521"));
}
