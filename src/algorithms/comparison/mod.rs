//! Judged servers side by side: which lists differ, and which difference matters to CUCM.

mod facts;
mod findings;
mod lists;
mod working_server;

pub use lists::categories;

use super::answer::profile_refs;
use crate::document::compare::{ClientDifference, Compare, Pair, Required, Side};
use crate::document::probe::{Client, Target};
use crate::model::offer::{Category, is_marker};
use crate::model::profile::Profile;
use findings::Named;

/// Compares two servers that were judged by these profiles (see [`super::answer::judge_target`]).
pub fn compare(primary: Target, secondary: Target, profiles: &[Profile]) -> Compare {
    compare_all(primary, secondary, Vec::new(), profiles)
}

/// Compares each of the servers with the first one.
pub fn compare_all(primary: Target, secondary: Target, others: Vec<Target>, profiles: &[Profile]) -> Compare {
    let names = names(&primary, &secondary, &others);
    let pairs = |(secondary, name): (Target, &String)| {
        pair(Named { name: &names.primary, target: &primary }, name, secondary, profiles)
    };
    let (first, others) = (pairs((secondary, &names.secondary)), others.into_iter().zip(&names.others).map(pairs));
    let others = others.collect();
    Compare { profiles: profile_refs(profiles), pair: first, others, primary }
}

fn pair(primary: Named<'_>, name: &str, secondary: Target, profiles: &[Profile]) -> Pair {
    let (left, right) = (primary.target, &secondary);
    let sides = [primary, Named { name, target: right }];
    let clients: Vec<_> = profiles.iter().map(|profile| client(profile, left, right)).collect();
    let categories = categories(left.offer.as_ref(), right.offer.as_ref(), profiles, &clients);
    let facts = facts::differences(left, right);
    let findings = findings::findings(sides, profiles, &categories, &facts);
    let remedy =
        [working_server::remedy(right, primary, profiles), working_server::remedy(left, sides[1], profiles)].concat();
    Pair { secondary, categories, clients, facts, findings, remedy }
}

/// How sentences name the servers.
struct Names {
    primary: String,
    secondary: String,
    others: Vec<String>,
}

/// Two servers go by their sides where their names are long, as those of files are, or the same.
fn names(primary: &Target, secondary: &Target, others: &[Target]) -> Names {
    const SHORT: usize = 20;
    let is_short = |target: &Target| target.name().chars().count() <= SHORT;
    let is_clear = is_short(primary) && is_short(secondary) && primary.name() != secondary.name();
    let by_name = !others.is_empty() || is_clear;
    let name = |target: &Target, side: &str| if by_name { target.name() } else { side.to_owned() };
    Names {
        primary: name(primary, "primary"),
        secondary: name(secondary, "secondary"),
        others: others.iter().map(Target::name).collect(),
    }
}

/// A profile's verdict on a target; `None` where there was no offer to judge.
fn verdict<'a>(target: &'a Target, profile: &Profile) -> Option<&'a Client> {
    target.clients.iter().find(|client| client.profile == profile.id)
}

fn client(profile: &Profile, primary: &Target, secondary: &Target) -> ClientDifference {
    let (left, right) = (verdict(primary, profile), verdict(secondary, profile));
    let required = Category::NEGOTIATED.into_iter().flat_map(|category| {
        deciding(profile, category, [left, right]).into_iter().map(move |algorithm| Required {
            category,
            primary: offers(primary, category, &algorithm),
            secondary: offers(secondary, category, &algorithm),
            algorithm,
        })
    });
    let sides = [(left, Side::Primary), (right, Side::Secondary)].into_iter();
    let incomplete = |client: &Client| !client.unknown.is_empty();
    ClientDifference {
        profile: profile.id.clone(),
        primary: left.map(|client| client.verdict),
        secondary: right.map(|client| client.verdict),
        incomplete: sides.filter_map(|(client, side)| client.is_some_and(incomplete).then_some(side)).collect(),
        required: required.collect(),
    }
}

fn offers(target: &Target, category: Category, algorithm: &str) -> Option<bool> {
    Some(target.offer.as_ref()?.get(category)?.iter().any(|name| name == algorithm))
}

/// What is agreed on either side; where nothing is, though a list is known, what the client proposes.
fn deciding(profile: &Profile, category: Category, sides: [Option<&Client>; 2]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in sides.into_iter().flatten().filter_map(|client| client.agreed.get(&category)) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.is_empty() && sides.into_iter().flatten().any(|client| client.missing.contains(&category)) {
        let proposed = profile.algorithms.get(category).unwrap_or_default();
        names.extend(proposed.iter().filter(|name| !is_marker(name)).cloned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::answer::judge_target;
    use crate::algorithms::builtin::{default_set, find};
    use crate::document::probe::Access;
    use crate::document::{Document, Verdict};
    use crate::model::offer::{Offer, split_list};
    use crate::ssh::identification;
    use proptest::prelude::*;

    pub(super) fn target(name: &str, kex: &str, mac: &str) -> Target {
        let mut offer = Offer::default();
        let lists = ["rsa-sha2-256", "aes256-ctr", "aes256-ctr", mac, mac, "none", "none"];
        for (category, list) in Category::NEGOTIATED.into_iter().zip(std::iter::once(kex).chain(lists)) {
            offer.set(category, split_list(list));
        }
        let identification = identification::parse(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7").ok();
        let mut target = Target { target: name.into(), identification, offer: Some(offer), ..Target::default() };
        judge_target(&mut target, &default_set());
        target
    }

    fn good() -> Target {
        target("good", "curve25519-sha256,ecdh-sha2-nistp384", "hmac-sha2-256")
    }

    fn bad() -> Target {
        target("bad", "curve25519-sha256", "hmac-sha2-256")
    }

    #[test]
    fn a_server_compared_with_itself_does_not_differ() {
        let document = compare(good(), good(), &default_set());
        assert!(document.pair.categories.iter().all(|c| c.only_primary.is_empty() && c.only_secondary.is_empty()));
        assert!(document.pair.categories.iter().all(|c| c.same_order == Some(true)));
        assert_eq!((document.verdict(), &document.pair.remedy), (Verdict::Ok, &vec![]));
        assert!(document.pair.findings.contains(&"their algorithm lists do not differ".to_owned()));
    }

    #[test]
    fn the_remedy_is_what_works_on_the_other_side() {
        let document = compare(good(), bad(), &default_set());
        assert_eq!(document.verdict(), Verdict::Problem);
        assert_eq!(document.pair.remedy.len(), 1, "{:?}", document.pair.remedy);
        assert_eq!(document.pair.remedy[0].server, "bad");
        assert_eq!(document.pair.remedy[0].adds, ["ecdh-sha2-nistp384"]);
        assert!(document.pair.remedy[0].reason.contains("Add ecdh-sha2-nistp384 (good offers it already)"));
        assert_eq!(bad().remedy[0].adds, ["ecdh-sha2-nistp521"], "alone it takes CUCM's strongest");
    }

    #[test]
    fn what_somebody_calls_weak_is_not_taken_from_the_other_side() {
        let old = target("old", "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1", "hmac-sha1");
        let document = compare(old, target("modern", "curve25519-sha256", "umac-128@openssh.com"), &default_set());
        let modern: Vec<_> = document.pair.remedy.iter().filter(|remedy| remedy.server == "modern").collect();
        let adds: Vec<_> = modern.iter().map(|remedy| remedy.adds.as_slice()).collect();
        assert_eq!(adds, [["ecdh-sha2-nistp521".to_owned()], ["hmac-sha2-256".to_owned()]], "{modern:#?}");
        assert!(modern.iter().all(|remedy| remedy.weakens.is_none() && !remedy.reason.contains("already")));
    }

    #[test]
    fn what_works_on_the_other_side_for_some_releases_only_is_no_remedy() {
        // Group exchange fails on the Java 7 of 12.5's first releases.
        let partial = target("partial", "diffie-hellman-group-exchange-sha256", "hmac-sha2-256");
        let document = compare(partial, bad(), &default_set());
        assert_eq!(document.pair.remedy[0].adds, ["ecdh-sha2-nistp521"]);
        assert!(!document.pair.remedy[0].reason.contains("already"), "{}", document.pair.remedy[0].reason);
    }

    #[test]
    fn the_algorithm_that_decides_is_named_for_each_client() {
        let document = compare(good(), bad(), &[find("cucm-14").unwrap().clone()]);
        let client = &document.pair.clients[0];
        assert_eq!((client.primary, client.secondary), (Some(Access::Accepts), Some(Access::Refuses)));
        let kex: Vec<_> = client.required.iter().filter(|required| required.category == Category::Kex).collect();
        assert_eq!(kex.len(), 1);
        assert_eq!(kex[0].algorithm, "ecdh-sha2-nistp384");
        assert_eq!((kex[0].primary, kex[0].secondary), (Some(true), Some(false)));
    }

    #[test]
    fn where_both_refuse_all_that_the_client_proposes_is_required() {
        let document = compare(bad(), bad(), &[find("cucm-15").unwrap().clone()]);
        let kex = document.pair.clients[0].required.iter().filter(|required| required.category == Category::Kex);
        assert_eq!(kex.count(), 5);
    }

    #[test]
    fn a_list_that_one_side_does_not_tell_is_not_compared() {
        let mut unknown = good();
        if let Some(offer) = &mut unknown.offer {
            offer.mac_c2s = None;
        }
        judge_target(&mut unknown, &default_set());
        let document = compare(good(), unknown, &default_set());
        let all = &document.pair.categories;
        let mac = all.iter().find(|difference| difference.category == Category::MacC2s).unwrap();
        assert_eq!((mac.same_order, mac.unknown.as_slice()), (None, &[Side::Secondary][..]));
        assert!(mac.common.is_empty() && mac.only_primary.is_empty());
        assert!(document.pair.clients.iter().all(|client| client.incomplete == [Side::Secondary]));
    }

    #[test]
    fn a_server_that_was_not_reached_has_no_verdict() {
        let document = compare(good(), Target::default(), &default_set());
        assert!(document.pair.clients.iter().all(|client| client.secondary.is_none()));
        assert_eq!(document.verdict(), Verdict::Problem);
    }

    #[test]
    fn each_algorithm_stands_with_the_clients_that_propose_it_and_those_for_which_it_decides() {
        let document = compare(good(), bad(), &default_set());
        let kex = &document.pair.categories[0].algorithms;
        let row = |name: &str| kex.iter().find(|listed| listed.algorithm == name).unwrap();
        assert_eq!(kex[0].algorithm, "ecdh-sha2-nistp521", "the client's first is first, though nobody offers it");
        assert_eq!((kex[0].primary, kex[0].secondary), (Some(false), Some(false)));
        assert_eq!(row("ecdh-sha2-nistp384").decides_for, ["cucm-12.5", "cucm-14", "cucm-15"]);
        assert_eq!(row("diffie-hellman-group14-sha1").proposed_by, ["cucm-12.5", "cucm-14"]);
        assert!(row("curve25519-sha256").proposed_by.is_empty());
    }

    #[test]
    fn more_servers_are_each_compared_with_the_first() {
        let document = compare_all(good(), bad(), vec![good(), bad()], &default_set());
        let remedies: Vec<_> = document.pairs().map(|pair| pair.remedy.len()).collect();
        assert_eq!((document.targets().count(), remedies), (4, vec![1, 0, 1]));
        assert_eq!(document.verdict(), Verdict::Problem);
        assert_eq!(compare_all(good(), good(), vec![bad()], &default_set()).verdict(), Verdict::Problem);
    }

    fn mirrored(pair: &Pair, primary: &Target) -> Pair {
        let side = |side: &Side| if *side == Side::Primary { Side::Secondary } else { Side::Primary };
        let mut pair = Pair { secondary: primary.clone(), ..pair.clone() };
        for list in &mut pair.categories {
            std::mem::swap(&mut list.only_primary, &mut list.only_secondary);
            list.unknown = list.unknown.iter().rev().map(side).collect();
            list.algorithms.iter_mut().for_each(|listed| std::mem::swap(&mut listed.primary, &mut listed.secondary));
        }
        for client in &mut pair.clients {
            std::mem::swap(&mut client.primary, &mut client.secondary);
            client.incomplete = client.incomplete.iter().rev().map(side).collect();
            for required in &mut client.required {
                std::mem::swap(&mut required.primary, &mut required.secondary);
            }
        }
        pair.facts.iter_mut().for_each(|fact| std::mem::swap(&mut fact.primary, &mut fact.secondary));
        pair
    }

    /// What stands in the order of primary's list, or names primary first, put into an order of its own.
    fn sorted(mut pair: Pair) -> Pair {
        for list in &mut pair.categories {
            list.common.sort();
            list.algorithms.sort_by(|one, other| one.algorithm.cmp(&other.algorithm));
        }
        pair.clients.iter_mut().for_each(|client| {
            client
                .required
                .sort_by(|one, other| (one.category, &one.algorithm).cmp(&(other.category, &other.algorithm)));
        });
        pair.remedy.sort_by(|one, other| (&one.server, &one.line).cmp(&(&other.server, &other.line)));
        pair.findings.clear();
        pair
    }

    fn any_target(name: &'static str) -> impl Strategy<Value = Target> {
        let kex = "(curve25519-sha256|ecdh-sha2-nistp(384|521)|diffie-hellman-group14-sha1|x)";
        let mac = "(hmac-sha2-256|hmac-sha2-512|hmac-sha1|umac-64@openssh.com)";
        let list = |name: &str| proptest::string::string_regex(&format!("{name}(,{name}){{0,3}}")).unwrap();
        (list(kex), list(mac), any::<bool>()).prop_map(move |(kex, mac, tells)| {
            let mut target = target(name, &kex, &mac);
            if let Some(offer) = target.offer.as_mut().filter(|_| !tells) {
                offer.mac_c2s = None;
            }
            judge_target(&mut target, &default_set());
            target
        })
    }

    proptest! {
        #[test]
        fn swapped_sides_mirror_the_answer(left in any_target("left"), right in any_target("right")) {
            let there = compare(left.clone(), right.clone(), &default_set());
            let back = compare(right, left, &default_set());
            prop_assert_eq!(sorted(mirrored(&there.pair, &there.primary)), sorted(back.pair.clone()));
            prop_assert_eq!(there.verdict(), back.verdict());
            prop_assert_eq!(there.pair.findings.len(), back.pair.findings.len());
        }

        #[test]
        fn a_server_beside_itself_shows_no_difference(target in any_target("it")) {
            let document = compare(target.clone(), target, &default_set());
            prop_assert!(document.pair.categories.iter().all(|list| list.only_primary.is_empty()
                && list.only_secondary.is_empty() && list.same_order != Some(false)));
            prop_assert!(document.pair.facts.is_empty());
            prop_assert!(document.pair.clients.iter().all(|client| client.primary == client.secondary));
        }
    }
}
