//! Whether a client gets in: the negotiation, and what the lists alone do not show. A host key that this client
//! agrees to and cannot verify, and a group exchange whose sizes the two never agree on, refuse it as well.

use std::collections::BTreeMap;

use super::negotiation::negotiate;
use super::server::Server;
use crate::document::obstacle::Obstacle;
use crate::document::probe::{Access, Identification};
use crate::model::offer::{Category, Offer, titles};
use crate::model::profile::Profile;
use crate::model::stage::Stage;

/// A verdict on one client and one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it gets in, as far as the known lists tell.
    pub result: Access,
    /// Where it is refused first.
    pub stage: Option<Stage>,
    /// What is agreed in each category.
    pub agreed: BTreeMap<Category, String>,
    /// Categories without an agreement.
    pub missing: Vec<Category>,
    /// Categories of which nothing can be said, as a side's list is not known.
    pub unknown: Vec<Category>,
    /// What the reader should know besides.
    pub findings: Vec<String>,
    /// What keeps it out; empty where it gets in.
    pub obstacles: Vec<Obstacle>,
}

/// Judges one client by what a server offers; `identification` tells what the server's software is known to refuse.
pub fn judge(profile: &Profile, offer: &Offer, identification: Option<&Identification>) -> Judgement {
    let negotiation = negotiate(&profile.algorithms, offer);
    let mut findings = profile.findings.clone();
    let mut obstacles: Vec<_> = negotiation
        .missing
        .iter()
        .map(|category| {
            let empty_name = negotiation.malformed.contains(category);
            let category = *category;
            if empty_name { Obstacle::EmptyName { category } } else { Obstacle::NoneCommon { category } }
        })
        .collect();
    for category in &negotiation.malformed {
        findings.push(format!(
            "the server's {} list holds an empty name, at which JSch gives up the negotiation",
            category.title()
        ));
    }
    let agreed = |category| negotiation.agreed.get(&category).map(String::as_str);
    obstacles.extend(agreed(Category::Kex).and_then(|kex| group_obstacle(profile, kex, identification, &mut findings)));
    obstacles.extend(agreed(Category::HostKey).and_then(|key| host_key_obstacle(profile, key, &mut findings)));
    if let Some(key) = agreed(Category::HostKey).filter(|_| profile.assumes_category(Category::HostKey)) {
        findings.push(format!("{key} is from the profile's assumed host key list"));
    }
    findings.extend(strength_obstacle(profile, offer));
    if !negotiation.unknown.is_empty() {
        let names = titles(&negotiation.unknown);
        findings.push(format!("one side's list is not known for {}", names.join(", ")));
    }
    Judgement {
        result: if obstacles.is_empty() { Access::Accepts } else { Access::Refuses },
        stage: first_stage(&obstacles),
        agreed: negotiation.agreed,
        missing: negotiation.missing,
        unknown: negotiation.unknown,
        findings,
        obstacles,
    }
}

fn first_stage(obstacles: &[Obstacle]) -> Option<Stage> {
    let stages = || obstacles.iter().map(Obstacle::stage);
    stages().find(|stage| *stage == Stage::KeyExchange).or_else(|| stages().next())
}

/// Whether a group exchange (RFC 4419) asks for sizes that the server does not give. OpenSSH hangs up on a
/// request whose largest size is below its smallest (`kexgexs.c`), which JSch reports as an end of the stream.
fn group_obstacle(
    profile: &Profile,
    kex: &str,
    identification: Option<&Identification>,
    findings: &mut Vec<String>,
) -> Option<Obstacle> {
    let requests = if is_group_exchange(kex) { profile.group_exchanges() } else { vec![] };
    let largest = requests.iter().map(|(sizes, _)| sizes.max).max()?;
    let server = identification.and_then(Server::recognise);
    let Some((server, smallest)) = server.as_ref().and_then(|server| Some((server, server.smallest_group()?))) else {
        findings.push(format!(
            "{kex} is agreed: the client takes groups of at most {largest} bits, and the key exchange fails if the server's smallest is larger"
        ));
        return None;
    };
    let refused: Vec<_> = requests.iter().filter(|(sizes, _)| sizes.max < smallest).collect();
    for (sizes, releases) in &refused {
        findings.push(format!(
            "{kex} is agreed, but {}the client takes groups of at most {} bits and {} gives none below {smallest}: it hangs up",
            releases.map(|releases| format!("on {releases} ")).unwrap_or_default(),
            sizes.max,
            server.title(),
        ));
    }
    (refused.len() == requests.len()).then(|| Obstacle::GroupSize { algorithm: kex.to_owned() })
}

/// Java without the policy files for unlimited strength (7, and 8 before update 161) has no ciphers above 128 bits, and
/// JSch then leaves them out of its proposal (Oracle, "JCE Unlimited Strength").
fn strength_obstacle(profile: &Profile, offer: &Offer) -> Option<String> {
    let mut common: Vec<&String> = Vec::new();
    for category in [Category::CipherC2s, Category::CipherS2c] {
        let (proposed, offered) = (profile.algorithms.get(category)?, offer.get(category)?);
        let both: Vec<_> = proposed.iter().filter(|name| offered.contains(name)).collect();
        // A client that was set to these alone is known to propose them.
        let has_others = proposed.iter().any(|name| !needs_unlimited_strength(name));
        if has_others && !both.is_empty() && both.iter().all(|name| needs_unlimited_strength(name)) {
            common.extend(both);
        }
    }
    common.sort();
    common.dedup();
    let names = common.into_iter().map(String::as_str).collect::<Vec<_>>();
    (!names.is_empty()).then(|| {
        format!(
            "all common ciphers have more than 128 bits ({}): JSch skips them where its Java lacks unlimited \
             strength, and then finds no common cipher",
            names.join(", ")
        )
    })
}

/// Whether only a Java with unlimited strength has the cipher.
pub fn needs_unlimited_strength(cipher: &str) -> bool {
    cipher.contains("192") || cipher.contains("256") || cipher.starts_with("chacha20")
}

/// Whether the method lets the server choose the group (RFC 4419).
pub fn is_group_exchange(kex: &str) -> bool {
    kex.starts_with("diffie-hellman-group-exchange-")
}

fn host_key_obstacle(profile: &Profile, key: &str, findings: &mut Vec<String>) -> Option<Obstacle> {
    profile.behaviour.unverifiable_host_keys.iter().any(|other| other == key).then(|| {
        findings.push(format!(
            "{key} is agreed, but this client cannot verify it: the connection ends with \"verify: false\""
        ));
        Obstacle::Unverifiable { algorithm: key.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::find;
    use crate::model::offer::split_list;

    fn identification(raw: &str) -> Identification {
        Identification { raw: raw.to_owned(), ..Identification::default() }
    }

    /// A server with one algorithm a category, each of which every built-in client has, and this one list changed.
    fn offer(category: Category, list: &str) -> Offer {
        let mut offer = Offer::default();
        for (category, name) in Category::NEGOTIATED.into_iter().zip([
            "diffie-hellman-group1-sha1",
            "ssh-rsa,rsa-sha2-256",
            "aes128-ctr",
            "aes128-ctr",
            "hmac-sha2-256,hmac-sha1",
            "hmac-sha2-256,hmac-sha1",
            "none",
            "none",
        ]) {
            offer.set(category, split_list(name));
        }
        offer.set(category, split_list(list));
        offer
    }

    fn verdict(profile: &str, offer: &Offer, raw: &str) -> Judgement {
        judge(find(profile).unwrap(), offer, Some(&identification(raw)))
    }

    #[test]
    fn a_client_whose_every_category_is_met_gets_in() {
        for profile in crate::algorithms::builtin::builtin() {
            let judgement = judge(profile, &offer(Category::Kex, "diffie-hellman-group1-sha1"), None);
            assert_eq!((judgement.result, judgement.stage), (Access::Accepts, None), "{}", profile.id);
        }
    }

    #[test]
    fn nothing_in_common_refuses_at_the_key_exchange() {
        let judgement = verdict("cucm-15", &offer(Category::Kex, "curve25519-sha256"), "SSH-2.0-OpenSSH_9.2p1");
        assert_eq!(judgement.stage.map(Stage::name), Some("key_exchange"));
        assert_eq!(judgement.missing, [Category::Kex]);
    }

    #[test]
    fn a_host_key_that_jsch_cannot_verify_refuses_though_the_lists_agree() {
        let offer = offer(Category::HostKey, "ecdsa-sha2-nistp384");
        let judgement = verdict("jsch-0.1.54", &offer, "SSH-2.0-OpenSSH_9.2p1");
        assert_eq!((judgement.result, judgement.stage), (Access::Refuses, Some(Stage::HostKey)));
        assert!(judgement.missing.is_empty() && judgement.findings[0].contains("verify: false"));
    }

    #[test]
    fn a_request_for_1024_bits_is_refused_by_openssh_since_7_3() {
        let offer = offer(Category::Kex, "diffie-hellman-group-exchange-sha1");
        let refused = verdict("jsch-0.1.44", &offer, "SSH-2.0-OpenSSH_7.3");
        assert_eq!((refused.result, refused.stage), (Access::Refuses, Some(Stage::KeyExchange)));
        assert_eq!(verdict("jsch-0.1.44", &offer, "SSH-2.0-OpenSSH_7.2").result, Access::Accepts);
        assert_eq!(verdict("jsch-0.1.54", &offer, "SSH-2.0-OpenSSH_9.2p1").result, Access::Accepts);
    }

    #[test]
    fn where_only_some_releases_run_java_7_it_is_a_finding() {
        let offer = offer(Category::Kex, "diffie-hellman-group-exchange-sha256");
        let judgement = verdict("cucm-12.5", &offer, "SSH-2.0-OpenSSH_9.2p1");
        assert_eq!(judgement.result, Access::Accepts);
        assert!(judgement.findings.iter().any(|finding| finding.contains("12.5(1)SU1")), "{:?}", judgement.findings);
    }

    #[test]
    fn a_group_exchange_with_an_unknown_server_is_a_finding() {
        let offer = offer(Category::Kex, "diffie-hellman-group-exchange-sha256");
        let judgement = verdict("cucm-15", &offer, "SSH-2.0-Nobody");
        assert_eq!(judgement.result, Access::Accepts);
        assert!(judgement.findings.iter().any(|finding| finding.contains("2048 bits")));
    }

    #[test]
    fn common_ciphers_above_128_bits_alone_get_a_note_about_java() {
        let note = |ciphers: &str| {
            let mut offer = offer(Category::CipherC2s, ciphers);
            offer.set(Category::CipherS2c, split_list(ciphers));
            let found = judge(find("jsch-0.1.54").unwrap(), &offer, None).findings;
            found.into_iter().find(|finding| finding.contains("unlimited strength"))
        };
        assert!(note("aes256-ctr,aes256-cbc").unwrap().contains("(aes256-cbc, aes256-ctr)"));
        assert_eq!(note("aes256-ctr,aes128-ctr"), None);
        assert_eq!(note("3des-cbc"), None);
    }

    #[test]
    fn unknown_lists_are_told_and_refuse_nobody() {
        let judgement = judge(find("cucm-14").unwrap(), &Offer::default(), None);
        assert_eq!((judgement.result, judgement.unknown.len()), (Access::Accepts, 8));
        assert!(!judgement.findings.is_empty());
    }
}
