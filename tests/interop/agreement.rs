//! What must agree at one server: cdrdiag, nmap, the real client, and libssh2.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use cdrdiag::algorithms::builtin;
use cdrdiag::document::probe::{Access, Client, Target};
use cdrdiag::model::offer::{Category, Offer};

use super::answer::{client, probe};
use super::jsch::{self, Login};
use super::nmap;

/// The profile of the JSch that Debian packs, and so of [`jsch::login`].
pub const REAL: &str = "jsch-0.1.55";

/// The profile of its predecessor, which differs in what it can verify only.
pub const PREDECESSOR: &str = "jsch-0.1.54";

/// The releases of CUCM.
pub const CUCM: [&str; 3] = ["cucm-12.5", "cucm-14", "cucm-15"];

/// Asks cdrdiag, nmap and JSch about the server, and holds their answers against each other.
pub fn examine(address: SocketAddr) -> Target {
    let target = probe(address, &[&[REAL, PREDECESSOR], &CUCM[..]].concat());
    let login = jsch::login(address);
    offers_agree(&target, &login, &nmap::offer(address));
    verdicts_agree(&target, &login);
    handshakes_agree(&target);
    target
}

/// The offer that was read.
pub fn offer(target: &Target) -> &Offer {
    target.offer.as_ref().expect("an offer")
}

/// List by list; nmap prints no empty language lists, JSch's log has all ten.
fn offers_agree(target: &Target, login: &Login, nmap: &Offer) {
    let lists = |offer: &Offer| Category::ALL.map(|category| offer.get(category).map(<[String]>::to_vec));
    assert_eq!(lists(offer(target)), lists(&login.server), "cdrdiag (left) and JSch (right) read unlike offers");
    for category in Category::NEGOTIATED {
        let (ours, theirs) = (offer(target).get(category), nmap.get(category));
        assert_eq!(ours, theirs, "cdrdiag (left) and nmap (right) read unlike lists of {category}");
    }
}

fn verdicts_agree(target: &Target, login: &Login) {
    let predicted = client(target, REAL);
    assert_eq!(predicted.result, login.result, "predicted {predicted:#?}, met {login:#?}");
    if predicted.missing.is_empty() {
        let told: BTreeMap<_, _> = login.agreed.iter().collect();
        let same = |agreed: &BTreeMap<Category, String>| {
            told.iter().all(|(category, name)| agreed.get(category) == Some(*name))
        };
        assert!(told.len() == 6 && same(&predicted.agreed), "predicted {predicted:#?}, met {login:#?}");
    } else {
        assert_eq!(login.message, "Algorithm negotiation fail");
    }
    let profile = builtin::find(REAL).expect("the profile of the real client");
    for category in Category::NEGOTIATED {
        let (ours, theirs) = (profile.algorithms.get(category), login.client.get(category));
        assert_eq!(ours, theirs, "the profile (left) is not what JSch (right) proposes as {category}");
    }
    predecessor_agrees(client(target, PREDECESSOR), predicted);
}

/// The two differ by what the predecessor can't verify, and by nothing else.
fn predecessor_agrees(predecessor: &Client, successor: &Client) {
    let profile = builtin::find(PREDECESSOR).expect("a built-in profile");
    let key = predecessor.agreed.get(&Category::HostKey);
    let unverifiable = key.is_some_and(|key| profile.behaviour.unverifiable_host_keys.contains(key));
    let expected = if unverifiable { Access::Refuses } else { successor.result };
    assert_eq!((predecessor.result, &predecessor.agreed), (expected, &successor.agreed));
}

/// libssh2 was asked for each profile that it can speak for, and contradicts none.
pub fn handshakes_agree(target: &Target) {
    for client in &target.clients {
        assert_eq!(client.disagreement, None, "{}: {:#?}", client.profile, client.handshake);
        let handshake = client.handshake.as_ref().expect("a handshake");
        assert!(handshake.performed, "{}: {handshake:?}", client.profile);
        if client.result == Access::Accepts {
            assert_eq!(handshake.result, Some(Access::Accepts), "{}: {handshake:?}", client.profile);
            assert!(handshake.auth_methods.iter().any(|method| method == "password"), "{handshake:?}");
        }
    }
}
