//! Which built-in profile a client's proposal equals, or how it differs. Only what is known of both is compared,
//! and markers are no algorithms.

use crate::document::learn::{Difference, Likeness};
use crate::model::offer::{Category, Offer, is_marker};
use crate::model::profile::Profile;

/// Compares a proposal with each profile; the most alike come first.
pub fn likenesses(proposal: &Offer, profiles: &[Profile]) -> Vec<Likeness> {
    let mut all: Vec<_> = profiles.iter().map(|profile| likeness(proposal, profile)).collect();
    all.sort_by_key(|likeness| likeness.differences.iter().map(weight).sum::<usize>());
    all
}

fn likeness(proposal: &Offer, profile: &Profile) -> Likeness {
    let both = |category| Some((category, proposal.get(category)?, profile.algorithms.get(category)?));
    let compared: Vec<_> = Category::NEGOTIATED.into_iter().filter_map(both).collect();
    let differences: Vec<_> = compared
        .iter()
        .filter_map(|(category, here, there)| difference(*category, here, there, profile.assumes_category(*category)))
        .collect();
    Likeness {
        profile: profile.id.clone(),
        equal: !compared.is_empty() && differences.is_empty(),
        compared: compared.iter().map(|(category, ..)| *category).collect(),
        differences,
    }
}

fn difference(category: Category, here: &[String], there: &[String], assumed: bool) -> Option<Difference> {
    let here: Vec<_> = here.iter().filter(|name| !is_marker(name)).collect();
    let there: Vec<_> = there.iter().filter(|name| !is_marker(name)).collect();
    if here == there {
        return None;
    }
    let without = |list: &[&String], other: &[&String]| -> Vec<String> {
        list.iter().filter(|name| !other.contains(name)).map(|name| (*name).clone()).collect()
    };
    let (added, lacking) = (without(&here, &there), without(&there, &here));
    let common = |list: &[&String], other: &[&String]| -> Vec<String> {
        list.iter().filter(|name| other.contains(name)).map(|name| (*name).clone()).collect()
    };
    let reordered = common(&here, &there) != common(&there, &here);
    Some(Difference { category, added, lacking, reordered, assumed })
}

/// How much a difference counts; another order less than another name.
fn weight(difference: &Difference) -> usize {
    2 * (difference.added.len() + difference.lacking.len()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::{builtin, find};
    use crate::model::offer::split_list;

    #[test]
    fn every_built_in_profile_is_most_like_itself() {
        for profile in builtin() {
            let first = likenesses(&profile.algorithms, builtin()).remove(0);
            assert!(first.equal && first.differences.is_empty(), "{}", profile.id);
        }
    }

    #[test]
    fn what_is_added_what_is_lacking_and_another_order_are_told() {
        let mut proposal = find("cucm-15").unwrap().algorithms.clone();
        proposal.set(Category::MacC2s, split_list("hmac-sha2-512,hmac-sha1"));
        proposal.set(Category::CipherC2s, split_list("aes256-ctr,aes128-ctr,aes192-ctr,ext-info-c"));
        let like = likenesses(&proposal, std::slice::from_ref(find("cucm-15").unwrap())).remove(0);
        assert!(!like.equal);
        let [cipher, mac] = like.differences.as_slice() else { panic!("{like:?}") };
        assert!(cipher.reordered && cipher.added.is_empty() && cipher.lacking.is_empty());
        assert_eq!((&mac.added, &mac.lacking), (&split_list("hmac-sha1"), &split_list("hmac-sha2-256")));
    }

    #[test]
    fn what_is_not_known_is_not_compared() {
        let mut proposal = Offer::default();
        proposal.set(Category::HostKey, find("jsch-0.1.44").unwrap().algorithms.host_key.clone().unwrap());
        let first = likenesses(&proposal, builtin()).remove(0);
        assert_eq!((first.profile.as_str(), first.compared), ("jsch-0.1.44", vec![Category::HostKey]));
        assert!(likenesses(&Offer::default(), builtin()).iter().all(|likeness| !likeness.equal));
    }
}
