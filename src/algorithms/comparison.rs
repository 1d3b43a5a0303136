//! Two judged servers side by side: which lists differ, and which difference matters to CUCM.

use super::judge::judge;
use super::offer::{Category, Offer, is_marker};
use super::profile::Profile;
use super::remedy::remedies;
use crate::document::compare::{CategoryDifference, ClientDifference, Compare, Required, Side};
use crate::document::probe::{Access, Client, ProfileRef, Target};
use crate::document::remedy::Remedy;

/// Compares two servers that were judged by these profiles (see [`super::answer::judge_target`]).
pub fn compare(primary: Target, secondary: Target, profiles: &[Profile]) -> Compare {
    let clients = profiles.iter().map(|profile| client(profile, &primary, &secondary)).collect();
    let remedy = [remedy(&primary, &secondary, profiles), remedy(&secondary, &primary, profiles)].concat();
    Compare {
        profiles: profiles.iter().map(ProfileRef::from).collect(),
        categories: categories(primary.offer.as_ref(), secondary.offer.as_ref()),
        clients,
        findings: super::comparison_findings::findings(&primary, &secondary, profiles),
        remedy,
        primary,
        secondary,
    }
}

/// The lists of two offers, category by category.
pub fn categories(primary: Option<&Offer>, secondary: Option<&Offer>) -> Vec<CategoryDifference> {
    let both = |category| Some((category, list(primary, category), list(secondary, category)));
    let told = |(_, left, right): &(Category, Option<&[String]>, Option<&[String]>)| left.is_some() || right.is_some();
    let lists = Category::ALL.into_iter().filter_map(both).filter(told);
    lists.map(|(category, left, right)| difference(category, left, right)).collect()
}

fn list(offer: Option<&Offer>, category: Category) -> Option<&[String]> {
    offer?.get(category)
}

fn difference(category: Category, primary: Option<&[String]>, secondary: Option<&[String]>) -> CategoryDifference {
    let unknown = [(primary.is_none(), Side::Primary), (secondary.is_none(), Side::Secondary)];
    let unknown: Vec<Side> = unknown.into_iter().filter_map(|(unknown, side)| unknown.then_some(side)).collect();
    let (left, right) = match (primary, secondary) {
        (Some(left), Some(right)) => (left, right),
        _ => (&[][..], &[][..]),
    };
    let in_common = in_both(left, right);
    CategoryDifference {
        category,
        same_order: unknown.is_empty().then(|| in_common == in_both(right, left)),
        common: in_common,
        only_primary: without(left, right),
        only_secondary: without(right, left),
        unknown,
    }
}

fn in_both(list: &[String], other: &[String]) -> Vec<String> {
    list.iter().filter(|name| other.contains(name)).cloned().collect()
}

fn without(list: &[String], other: &[String]) -> Vec<String> {
    list.iter().filter(|name| !other.contains(name)).cloned().collect()
}

/// A profile's verdict on a target; `None` where there was no offer to judge.
pub(super) fn verdict<'a>(target: &'a Target, profile: &Profile) -> Option<&'a Client> {
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
    ClientDifference {
        profile: profile.id.clone(),
        primary: left.map(|client| client.result),
        secondary: right.map(|client| client.result),
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

/// The least change on `target`. What already works on the other side is the change that this shop accepts, so a
/// client's proposal is narrowed to what that side offers, as far as that yields a line.
fn remedy(target: &Target, other: &Target, profiles: &[Profile]) -> Vec<Remedy> {
    let (Some(offer), Some(model)) = (&target.offer, &other.offer) else { return target.remedy.clone() };
    let identification = target.identification.as_ref();
    let narrowed: Vec<Profile> = profiles
        .iter()
        .filter(|profile| verdict(target, profile).is_some_and(|client| client.result == Access::Refuses))
        .map(|profile| narrowed_to(profile, offer, model))
        .collect();
    let judgements: Vec<_> = narrowed.iter().map(|profile| (profile, judge(profile, offer, identification))).collect();
    let refusals: Vec<_> = judgements.iter().map(|(profile, judgement)| (*profile, judgement)).collect();
    let taken = remedies(&target.target, offer, identification, &refusals);
    let lines = |remedies: &[Remedy]| remedies.iter().filter(|remedy| remedy.line.is_some()).count();
    if lines(&taken) < lines(&target.remedy) { target.remedy.clone() } else { taken }
}

/// The profile with its proposal cut down to what `model` offers, in the categories where `offer` has nothing of it
/// and `model` has something.
fn narrowed_to(profile: &Profile, offer: &Offer, model: &Offer) -> Profile {
    let mut narrowed = profile.clone();
    for category in Category::NEGOTIATED {
        let (Some(proposed), Some(offered), Some(works)) =
            (profile.algorithms.get(category), offer.get(category), model.get(category))
        else {
            continue;
        };
        let kept = in_both(proposed, works);
        let missing = !proposed.iter().any(|name| !is_marker(name) && offered.contains(name));
        if missing && !kept.is_empty() {
            narrowed.algorithms.set(category, kept);
        }
    }
    narrowed
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::algorithms::answer::judge_target;
    use crate::algorithms::offer::split_list;
    use crate::algorithms::profile::{default_set, find};
    use crate::document::{Document, Verdict};
    use crate::ssh::identification;
    use proptest::prelude::*;

    pub(in crate::algorithms) fn target(name: &str, kex: &str, mac: &str) -> Target {
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
        assert!(document.categories.iter().all(|c| c.only_primary.is_empty() && c.only_secondary.is_empty()));
        assert!(document.categories.iter().all(|c| c.same_order == Some(true)));
        assert_eq!((document.verdict(), document.remedy), (Verdict::Ok, vec![]));
    }

    #[test]
    fn the_remedy_is_what_works_on_the_other_side() {
        let document = compare(good(), bad(), &default_set());
        assert_eq!(document.verdict(), Verdict::Problem);
        assert_eq!(document.remedy.len(), 1, "{:?}", document.remedy);
        assert_eq!(document.remedy[0].server, "bad");
        assert_eq!(document.remedy[0].adds, ["ecdh-sha2-nistp384"]);
        assert_eq!(bad().remedy[0].adds, ["ecdh-sha2-nistp521"], "alone it takes CUCM's strongest");
    }

    #[test]
    fn what_works_on_the_other_side_for_some_releases_only_is_no_remedy() {
        // Group exchange fails on the Java 7 of 12.5's first releases.
        let partial = target("partial", "diffie-hellman-group-exchange-sha256", "hmac-sha2-256");
        let document = compare(partial, bad(), &default_set());
        assert_eq!(document.remedy[0].adds, ["ecdh-sha2-nistp521"]);
    }

    #[test]
    fn the_algorithm_that_decides_is_named_for_each_client() {
        let document = compare(good(), bad(), &[find("cucm-14").unwrap().clone()]);
        let client = &document.clients[0];
        assert_eq!((client.primary, client.secondary), (Some(Access::Accepts), Some(Access::Refuses)));
        let kex: Vec<_> = client.required.iter().filter(|required| required.category == Category::Kex).collect();
        assert_eq!(kex.len(), 1);
        assert_eq!(kex[0].algorithm, "ecdh-sha2-nistp384");
        assert_eq!((kex[0].primary, kex[0].secondary), (Some(true), Some(false)));
    }

    #[test]
    fn where_both_refuse_all_that_the_client_proposes_is_required() {
        let document = compare(bad(), bad(), &[find("cucm-15").unwrap().clone()]);
        let kex = document.clients[0].required.iter().filter(|required| required.category == Category::Kex);
        assert_eq!(kex.count(), 5);
    }

    #[test]
    fn a_list_that_one_side_does_not_tell_is_not_compared() {
        let mut unknown = good();
        if let Some(offer) = &mut unknown.offer {
            offer.mac_c2s = None;
        }
        let all = categories(good().offer.as_ref(), unknown.offer.as_ref());
        let mac = all.iter().find(|difference| difference.category == Category::MacC2s).unwrap();
        assert_eq!((mac.same_order, mac.unknown.as_slice()), (None, &[Side::Secondary][..]));
        assert!(mac.common.is_empty() && mac.only_primary.is_empty());
    }

    #[test]
    fn a_server_that_was_not_reached_has_no_verdict() {
        let document = compare(good(), Target::default(), &default_set());
        assert!(document.clients.iter().all(|client| client.secondary.is_none()));
        assert_eq!(document.verdict(), Verdict::Problem);
    }

    proptest! {
        #[test]
        fn swapped_sides_mirror_the_answer(left in "[a-e](,[a-e]){0,4}", right in "[a-e](,[a-e]){0,4}") {
            let offer = |kex: &str| Offer { kex: Some(split_list(kex)), ..Offer::default() };
            let (left, right) = (offer(&left), offer(&right));
            let (there, back) = (categories(Some(&left), Some(&right)), categories(Some(&right), Some(&left)));
            prop_assert_eq!(&there[0].only_primary, &back[0].only_secondary);
            prop_assert_eq!(&there[0].only_secondary, &back[0].only_primary);
            prop_assert_eq!(there[0].same_order, back[0].same_order);
        }
    }
}
