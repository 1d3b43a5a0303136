//! The clients by which servers are judged. Where the trace itself holds the client's lists it wins: the profiles
//! that say the same are kept alone, and where none does, what the trace implies takes their place.

use crate::document::parse_log::Negotiation;
use crate::model::offer::{Category, Offer, is_marker};
use crate::model::profile::Profile;

/// The clients, and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Clients {
    /// The clients to judge by.
    pub profiles: Vec<Profile>,
    /// What the trace has to do with it.
    pub origin: Origin,
}

/// Where the clients come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They were asked for, or are the built-in ones; the trace tells nothing of it.
    Asked,
    /// Of those asked for they are the ones that propose what the trace shows.
    Confirmed,
    /// They are what the trace shows: none of those asked for proposes that.
    Implied,
}

/// The id of a client whose every list stands in the trace.
pub const TRACED: &str = "trace";

impl Clients {
    /// The clients as they were asked for.
    pub fn asked(profiles: Vec<Profile>) -> Self {
        Self { profiles, origin: Origin::Asked }
    }

    /// The clients that remain, or take their place, in view of the trace's lists.
    pub fn in_view_of(profiles: Vec<Profile>, traced: Option<&Negotiation>) -> Self {
        let Some(traced) = traced.filter(|traced| !told(&traced.client).is_empty()) else {
            return Self::asked(profiles);
        };
        let (same, other): (Vec<_>, Vec<_>) =
            profiles.into_iter().partition(|profile| contradictions(profile, &traced.client).is_empty());
        if !same.is_empty() {
            return Self { profiles: same, origin: Origin::Confirmed };
        }
        let whole = Category::NEGOTIATED.into_iter().all(|category| traced.client.get(category).is_some());
        let profiles = if whole {
            vec![of_trace_alone(traced)]
        } else {
            other.iter().map(|profile| overridden(profile, traced)).collect()
        };
        Self { profiles, origin: Origin::Implied }
    }
}

/// The categories in which the client's lists are told.
pub fn told(client: &Offer) -> Vec<Category> {
    Category::NEGOTIATED.into_iter().filter(|category| client.get(*category).is_some()).collect()
}

/// The categories in which a profile says otherwise than these lists.
pub fn contradictions(profile: &Profile, client: &Offer) -> Vec<Category> {
    let differs = |category: &Category| {
        let (Some(traced), Some(printed)) = (client.get(*category), profile.algorithms.get(*category)) else {
            return false;
        };
        !traced.iter().filter(|name| !is_marker(name)).eq(printed.iter().filter(|name| !is_marker(name)))
    };
    Category::NEGOTIATED.into_iter().filter(differs).collect()
}

fn of_trace_alone(traced: &Negotiation) -> Profile {
    Profile {
        id: TRACED.to_owned(),
        title: "CUCM's client as the trace shows it".to_owned(),
        source: vec![traced.evidence.to_string()],
        algorithms: traced.client.clone(),
        ..Profile::default()
    }
}

/// A profile with the lists that the trace tells in place of its own.
fn overridden(profile: &Profile, traced: &Negotiation) -> Profile {
    let mut implied = profile.clone();
    for category in told(&traced.client) {
        if let Some(list) = traced.client.get(category) {
            implied.algorithms.set(category, list.to_vec());
        }
    }
    let short = profile.title.split(',').next().unwrap_or(&profile.title);
    implied.id = format!("{TRACED}+{}", profile.id);
    implied.title = format!("{short} with what the trace shows");
    implied.source.insert(0, traced.evidence.to_string());
    implied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::builtin::{default_set, find};
    use crate::document::evidence::Evidence;
    use crate::model::offer::split_list;

    fn traced(client: Offer) -> Negotiation {
        let evidence = Evidence { path: "a.log".into(), line: 7, text: String::new() };
        Negotiation { client, server: Offer::default(), failed_category: None, evidence }
    }

    #[test]
    fn without_lists_in_the_trace_the_clients_are_those_asked_for() {
        let asked = Clients::asked(default_set());
        assert_eq!(Clients::in_view_of(default_set(), None), asked);
        assert_eq!(Clients::in_view_of(default_set(), Some(&traced(Offer::default()))), asked);
    }

    #[test]
    fn profiles_that_propose_what_the_trace_shows_are_kept_alone() {
        let found = Clients::in_view_of(default_set(), Some(&traced(find("cucm-15").unwrap().algorithms.clone())));
        assert_eq!(found.origin, Origin::Confirmed);
        assert_eq!(found.profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>(), ["cucm-15"]);
    }

    #[test]
    fn a_whole_proposal_that_no_profile_makes_takes_their_place() {
        let mut client = find("cucm-14").unwrap().algorithms.clone();
        client.set(Category::Kex, split_list("diffie-hellman-group1-sha1"));
        let found = Clients::in_view_of(default_set(), Some(&traced(client.clone())));
        assert_eq!(found.origin, Origin::Implied);
        assert_eq!((found.profiles.len(), &found.profiles[0].algorithms), (1, &client));
        assert_eq!(found.profiles[0].source, ["a.log:7"]);
    }

    #[test]
    fn one_list_that_no_profile_has_replaces_theirs_and_leaves_the_others() {
        let mut client = Offer::default();
        client.set(Category::MacC2s, split_list("hmac-md5"));
        let found = Clients::in_view_of(default_set(), Some(&traced(client)));
        assert_eq!((found.origin, found.profiles.len()), (Origin::Implied, default_set().len()));
        for (implied, profile) in found.profiles.iter().zip(default_set()) {
            assert_eq!(implied.algorithms.mac_c2s, Some(split_list("hmac-md5")));
            assert_eq!(implied.algorithms.kex, profile.algorithms.kex);
        }
    }

    #[test]
    fn a_marker_is_no_contradiction_and_another_order_is_one() {
        let profile = find("cucm-14").unwrap();
        let mut client = Offer::default();
        let mut kex = profile.algorithms.kex.clone().unwrap();
        kex.push("ext-info-c".to_owned());
        client.set(Category::Kex, kex.clone());
        assert!(contradictions(profile, &client).is_empty());
        kex.swap(0, 1);
        client.set(Category::Kex, kex);
        assert_eq!(contradictions(profile, &client), [Category::Kex]);
    }
}
