//! Why a handshake fails though the lists agree: handshakes with one algorithm exchanged at a time, until one
//! succeeds. The algorithm that was exchanged is then the one that the server offers and cannot do.
//!
//! Dropbear 2022.83 without an RSA key behaves so: it offers `rsa-sha2-256` and `ssh-rsa` all the same, and its
//! process dies when one of them is agreed on (`rsa.c`). So does Twisted Conch.

use std::collections::BTreeMap;

use super::knowledge;
use super::negotiation::negotiate;
use super::server::Server;
use crate::document::probe::{Access, Broken, Experiment, Handshake, Identification};
use crate::document::remedy::Remedy;
use crate::model::offer::Setting;
use crate::model::offer::{Category, Offer, is_marker};

/// The handshakes that may still be spent on a server's failures, whatever the number of clients that it fails: each is a
/// broken connection in its log, and some servers lock out whom they see too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(8)
    }
}

impl Budget {
    fn spend(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// How many other algorithms are tried in one setting.
const MAX_EACH: usize = 3;

/// In the order in which servers are known to fail.
const SETTINGS: [Setting; 4] = [Setting::HostKey, Setting::Kex, Setting::Cipher, Setting::Mac];

/// A handshake to make: all that was agreed, but for one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trial {
    category: Category,
    algorithm: String,
    proposal: Offer,
}

/// Finds out which algorithm breaks a handshake between these two. `knows` says what the library behind `perform`
/// has. One handshake may fail by chance, so an algorithm is blamed only where the client's whole proposal fails once
/// more after another algorithm went through. Nothing is tried where the lists do not agree, or where the library cannot speak for what they agree on.
pub fn find(
    client: &Offer,
    server: &Offer,
    knows: impl Fn(Category, &str) -> bool,
    budget: &mut Budget,
    mut perform: impl FnMut(&Offer) -> Handshake,
) -> (Vec<Experiment>, Option<Broken>) {
    let agreed = negotiate(client, server).agreed;
    let mut made = Vec::new();
    for trial in trials(client, server, &agreed, knows) {
        if !budget.spend() {
            break;
        }
        let handshake = perform(&trial.proposal);
        let Some(result) = handshake.result else { break };
        let Trial { category, algorithm, .. } = trial;
        let works_with = algorithm.clone();
        made.push(Experiment { category, algorithm, result, error: handshake.error });
        if result == Access::Accepts {
            let fails_again = perform(client).result == Some(Access::Refuses);
            let broken = agreed.get(&category).filter(|_| fails_again).cloned();
            return (made, broken.map(|algorithm| Broken { category, algorithm, works_with }));
        }
    }
    (made, None)
}

fn trials(
    client: &Offer,
    server: &Offer,
    agreed: &BTreeMap<Category, String>,
    knows: impl Fn(Category, &str) -> bool,
) -> Vec<Trial> {
    let base_is_known = agreed.iter().all(|(category, name)| knows(*category, name));
    if agreed.len() < Category::NEGOTIATED.len() || !base_is_known {
        return Vec::new();
    }
    let mut base = Offer::default();
    for (category, name) in agreed {
        base.set(*category, vec![name.clone()]);
    }
    let of_setting = |setting: Setting| {
        let usable = |name: &String| setting.categories().iter().all(|category| knows(*category, name));
        let others: Vec<String> =
            others(setting, client, server, agreed).into_iter().filter(usable).take(MAX_EACH).collect();
        others.into_iter().filter_map(|algorithm| trial(setting, algorithm, &base)).collect::<Vec<_>>()
    };
    SETTINGS.into_iter().flat_map(of_setting).collect()
}

fn trial(setting: Setting, algorithm: String, base: &Offer) -> Option<Trial> {
    let mut proposal = base.clone();
    for category in setting.categories() {
        proposal.set(*category, vec![algorithm.clone()]);
    }
    Some(Trial { category: *setting.categories().first()?, algorithm, proposal })
}

/// What else the server offers in a setting: what the client would take first, and no second name for the key that
/// was just tried.
fn others(setting: Setting, client: &Offer, server: &Offer, agreed: &BTreeMap<Category, String>) -> Vec<String> {
    let Some(category) = setting.categories().first() else { return Vec::new() };
    let tried = agreed.get(category).map(String::as_str).unwrap_or_default();
    let key = |name: &str| knowledge::algorithm(Setting::HostKey, name).and_then(|entry| entry.key.clone());
    let is_other = |name: &&String| {
        let same_key = setting == Setting::HostKey && key(name).is_some() && key(name) == key(tried);
        name.as_str() != tried && !is_marker(name) && !same_key
    };
    let offered = server.get(*category).unwrap_or_default();
    let proposed = client.get(*category).unwrap_or_default();
    let (taken, rest): (Vec<_>, Vec<_>) =
        offered.iter().filter(is_other).cloned().partition(|name| proposed.contains(name));
    [taken, rest].concat()
}

impl Broken {
    /// What the server does, to follow its name or "it".
    pub fn words(&self) -> String {
        let Self { category, algorithm, works_with } = self;
        let fails = match Setting::of(*category) {
            Some(Setting::HostKey) => "and cannot sign with it",
            _ => "and fails with it",
        };
        format!("offers {algorithm} {fails}; with {works_with} it works")
    }

    /// The change that mends it.
    pub fn remedy(&self, server: &str, identification: Option<&Identification>) -> Remedy {
        let software = identification.and_then(Server::recognise);
        let change = match Setting::of(self.category) {
            Some(Setting::HostKey) => format!(
                "Give it the host key that {} needs, or take {0} off the algorithms that it offers.",
                self.algorithm
            ),
            _ => format!("Take {} off the algorithms that it offers, or update it.", self.algorithm),
        };
        Remedy {
            server: server.to_owned(),
            software: software.as_ref().map(Server::title).or_else(|| identification?.product()),
            commands: software.map(|software| self.make_key(&software)).unwrap_or_default(),
            ..Remedy::default()
        }
        .with_texts(format!("It {}.", self.words()), change, String::new())
    }

    /// The commands that make the key, where the software takes a key without a directive.
    fn make_key(&self, server: &Server) -> Vec<String> {
        let key = knowledge::algorithm(Setting::HostKey, &self.algorithm).and_then(|entry| entry.key.as_deref());
        let store = server.product.key.as_ref().filter(|store| store.directive.is_none());
        let (Some(key), Some(store)) = (key.filter(|_| self.category == Category::HostKey), store) else {
            return Vec::new();
        };
        let make = store.make(key, &store.file(key, false));
        std::iter::once(make).chain(store.reload.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::split_list;
    use crate::ssh::identification;

    fn offer(kex: &str, host_key: &str, cipher: &str) -> Offer {
        let mut offer = Offer::default();
        let lists =
            [kex, host_key, cipher, cipher, "hmac-sha1,hmac-sha2-256", "hmac-sha1,hmac-sha2-256", "none", "none"];
        for (category, list) in Category::NEGOTIATED.into_iter().zip(lists) {
            offer.set(category, split_list(list));
        }
        offer
    }

    fn client() -> Offer {
        offer(
            "ecdh-sha2-nistp256,diffie-hellman-group14-sha1",
            "rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256",
            "aes128-ctr,aes256-ctr",
        )
    }

    /// A server that fails when any of these is agreed on.
    fn failing<'a>(broken: &'a [&'a str], count: &'a mut usize) -> impl FnMut(&Offer) -> Handshake + 'a {
        move |proposal| {
            *count += 1;
            let agreed = Category::NEGOTIATED.into_iter().filter_map(|category| proposal.get(category)?.first());
            let fails = agreed.into_iter().any(|name| broken.contains(&name.as_str()));
            let result = Some(if fails { Access::Refuses } else { Access::Accepts });
            Handshake { performed: true, result, ..Handshake::default() }
        }
    }

    fn found(server: &Offer, broken: &[&str]) -> (usize, Option<Broken>) {
        let mut count = 0;
        let (made, found) = find(&client(), server, |_, _| true, &mut Budget::default(), failing(broken, &mut count));
        assert_eq!(made.len() + usize::from(found.is_some()), count, "and one to see it fail again");
        (count, found)
    }

    #[test]
    fn the_algorithm_that_breaks_is_found_in_each_setting() {
        let server = client();
        for (broken, works_with) in [
            (&["rsa-sha2-256", "ssh-rsa"][..], "ecdsa-sha2-nistp256"),
            (&["ecdh-sha2-nistp256"], "diffie-hellman-group14-sha1"),
            (&["aes128-ctr"], "aes256-ctr"),
            (&["hmac-sha1"], "hmac-sha2-256"),
        ] {
            let found = found(&server, broken).1.unwrap();
            assert_eq!((found.algorithm.as_str(), found.works_with.as_str()), (broken[0], works_with));
        }
    }

    #[test]
    fn no_algorithm_is_blamed_where_the_whole_proposal_goes_through_or_is_turned_away_the_second_time() {
        for again in [Some(Access::Accepts), None] {
            let mut proposals = Vec::new();
            let perform = |proposal: &Offer| {
                proposals.push(proposal.clone());
                let result = if proposals.len() == 1 { Some(Access::Accepts) } else { again };
                Handshake { performed: true, result, ..Handshake::default() }
            };
            let (made, broken) = find(&client(), &client(), |_, _| true, &mut Budget::default(), perform);
            assert_eq!((made.len(), broken), (1, None));
            assert_eq!(proposals.last(), Some(&client()));
        }
    }

    #[test]
    fn a_host_key_that_the_client_does_not_know_still_shows_what_breaks() {
        let server = offer("ecdh-sha2-nistp256", "rsa-sha2-256,ssh-rsa,ssh-ed25519", "aes128-ctr");
        let found = found(&server, &["rsa-sha2-256", "ssh-rsa"]).1.unwrap();
        assert_eq!(found.words(), "offers rsa-sha2-256 and cannot sign with it; with ssh-ed25519 it works");
    }

    #[test]
    fn a_server_that_fails_with_everything_costs_a_bounded_number_of_handshakes() {
        let many: Vec<String> = (0..50).map(|number| format!("cipher-{number}")).collect();
        let all = format!("aes128-ctr,{}", many.join(","));
        let server = offer(&format!("ecdh-sha2-nistp256,{all}"), &format!("rsa-sha2-256,{all}"), &all);
        let (count, broken) = found(&server, &["none"]);
        assert_eq!((Budget(count), broken), (Budget::default(), None));
        let (mut count, mut budget) = (0, Budget(3));
        for _ in 0..2 {
            find(&client(), &server, |_, _| true, &mut budget, failing(&["none"], &mut count));
        }
        assert_eq!((count, budget), (3, Budget(0)), "a second client's failure adds none");
    }

    #[test]
    fn nothing_is_tried_where_the_lists_do_not_agree_or_the_library_cannot_speak_for_them() {
        let nothing = |_: &Offer| -> Handshake { panic!("no handshake") };
        let apart = offer("x", "ssh-rsa", "aes128-ctr");
        assert!(find(&client(), &apart, |_, _| true, &mut Budget::default(), nothing).0.is_empty());
        assert!(
            find(&client(), &client(), |_, name| name != "rsa-sha2-256", &mut Budget::default(), nothing).0.is_empty()
        );
    }

    #[test]
    fn dropbear_is_given_the_key_that_it_offers() {
        let identification = identification::parse(b"SSH-2.0-dropbear_2022.83").ok();
        let broken = Broken {
            category: Category::HostKey,
            algorithm: "rsa-sha2-256".into(),
            works_with: "ecdsa-sha2-nistp256".into(),
        };
        let remedy = broken.remedy("billing", identification.as_ref());
        assert_eq!(
            remedy.commands,
            ["dropbearkey -t rsa -f /etc/dropbear/dropbear_rsa_host_key", "systemctl restart dropbear"]
        );
        assert!(broken.remedy("billing", None).commands.is_empty());
    }
}
