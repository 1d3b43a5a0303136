//! Puts together what the sources tell of each client. Bounded: a log of a million refusals costs as much as a log
//! of one.

use std::collections::BTreeMap;

use super::Place;
use crate::bounds::NAMES;
use crate::model::offer::{Category, Offer};

/// The most clients that are told apart. CUCM clusters have a few nodes.
const MAX_CLIENTS: usize = 500;

/// The most different lists of one category that are kept for a client.
const MAX_LISTS: usize = 8;

/// Something that a source tells of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// The client's address; `None` where the source is the client's own.
    pub address: Option<String>,
    /// Its identification string.
    pub identification: Option<String>,
    /// The lists that are told.
    pub proposal: Offer,
    /// Those of them that the source does not tell itself.
    pub assumed: Vec<Category>,
}

/// One list of a client, as often as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The names.
    pub list: Vec<String>,
    /// Where it was seen first.
    pub first: Place,
    /// Where it was seen last.
    pub last: Place,
    /// How often.
    pub times: u64,
    /// Whether no source tells it for this category: it stands to reason only.
    pub assumed: bool,
    order: u64,
}

/// Two sources, or two lines of one, that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict<'a> {
    /// The category.
    pub category: Category,
    /// The list seen last, which is taken.
    pub taken: &'a Seen,
    /// Another one.
    pub other: &'a Seen,
}

/// What is known of one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Its address, where a source tells it.
    pub address: Option<String>,
    /// Its identification string, the last seen.
    pub identification: Option<String>,
    lists: BTreeMap<Category, Vec<Seen>>,
    first_kex_packet_follows: Option<bool>,
}

impl Client {
    /// The list of a category: the last one seen that a source tells, else the last assumed one.
    pub fn list(&self, category: Category) -> Option<&Seen> {
        self.lists.get(&category)?.iter().max_by_key(|seen| (!seen.assumed, seen.order))
    }

    /// What it proposes. What no source tells stays unknown.
    pub fn proposal(&self) -> Offer {
        let mut offer = Offer { first_kex_packet_follows: self.first_kex_packet_follows, ..Offer::default() };
        for category in Category::ALL {
            if let Some(seen) = self.list(category) {
                offer.set(category, seen.list.clone());
            }
        }
        offer
    }

    /// Where the sources contradict each other.
    pub fn conflicts<'a>(&'a self) -> Vec<Conflict<'a>> {
        let of = |(category, seen): (&Category, &'a Vec<Seen>)| {
            let category = *category;
            let taken = self.list(category);
            let contradicts =
                move |other: &&Seen| !other.assumed && taken.is_some_and(|taken| taken.list != other.list);
            seen.iter().filter(contradicts).filter_map(move |other| Some(Conflict { category, taken: taken?, other }))
        };
        self.lists.iter().flat_map(of).collect()
    }

    fn add(&mut self, category: Category, seen: Seen) {
        let known = self.lists.entry(category).or_default();
        if let Some(same) = known.iter_mut().find(|other| other.list == seen.list) {
            same.times += seen.times;
            same.assumed &= seen.assumed;
            if seen.order > same.order {
                (same.last, same.order) = (seen.last, seen.order);
            }
            return;
        }
        if known.len() >= MAX_LISTS
            && let Some(oldest) = (0..known.len()).min_by_key(|index| known.get(*index).map(|seen| seen.order))
        {
            known.remove(oldest);
        }
        known.push(seen);
    }

    fn merge(&mut self, other: Self) {
        self.address = self.address.take().or(other.address);
        self.identification = self.identification.take().or(other.identification);
        self.first_kex_packet_follows = self.first_kex_packet_follows.or(other.first_kex_packet_follows);
        for (category, seen) in other.lists {
            for seen in seen {
                self.add(category, seen);
            }
        }
    }
}

/// Takes sightings, gives clients.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    clients: Vec<Client>,
    order: u64,
    left_out: u64,
    warnings: Vec<String>,
}

impl Collector {
    /// Takes what a source tells. A observation without a list only adds an identification string to what follows.
    pub fn add(&mut self, observation: &Observation, place: &Place) {
        self.order += 1;
        let order = self.order;
        let Some(client) = self.client(observation.address.as_deref()) else {
            self.left_out += 1;
            return;
        };
        if observation.identification.is_some() {
            client.identification.clone_from(&observation.identification);
        }
        let follows = observation.proposal.first_kex_packet_follows;
        client.first_kex_packet_follows = follows.or(client.first_kex_packet_follows);
        let mut too_long = None;
        for category in Category::ALL {
            let Some(list) = observation.proposal.get(category) else { continue };
            if list.len() > NAMES {
                too_long = Some((category, list.len()));
                continue;
            }
            let assumed = observation.assumed.contains(&category);
            let list = list.to_vec();
            client.add(category, Seen { list, first: place.clone(), last: place.clone(), times: 1, assumed, order });
        }
        if let Some((category, names)) = too_long {
            let title = category.title();
            self.warn(format!("{place}: a {title} list of {names} names, which no client proposes, was left out"));
        }
    }

    /// Notes something odd about a source.
    pub fn warn(&mut self, warning: String) {
        /// What a person still reads.
        const MAX_WARNINGS: usize = 50;
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The clients, in the order in which they were seen, and what was odd. What a client's own log tells belongs
    /// to the one client whose address is known, if it is one only.
    pub fn finish(mut self) -> (Vec<Client>, Vec<String>) {
        if self.left_out > 0 {
            self.warnings.push(format!(
                "there are more than {MAX_CLIENTS} clients: {} sightings of others were left out",
                self.left_out
            ));
        }
        let mut clients: Vec<_> = self.clients.into_iter().filter(|client| !client.lists.is_empty()).collect();
        if let [first, second] = clients.as_slice()
            && first.address.is_some() != second.address.is_some()
            && let Some(other) = clients.pop()
            && let Some(client) = clients.first_mut()
        {
            client.merge(other);
        }
        (clients, self.warnings)
    }

    fn client(&mut self, address: Option<&str>) -> Option<&mut Client> {
        let at = self.clients.iter().position(|client| client.address.as_deref() == address);
        let at = at.unwrap_or(self.clients.len());
        if at == self.clients.len() {
            if at >= MAX_CLIENTS {
                return None;
            }
            self.clients.push(Client { address: address.map(str::to_owned), ..Client::default() });
        }
        self.clients.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Form;
    use crate::model::offer::split_list;

    fn observation(address: Option<&str>, category: Category, list: &str) -> Observation {
        let mut proposal = Offer::default();
        proposal.set(category, split_list(list));
        Observation { address: address.map(str::to_owned), proposal, ..Observation::default() }
    }

    fn place(number: u64) -> Place {
        Place { path: "x".into(), number: Some(number), form: Form::Sshd }
    }

    fn collect(sightings: &[Observation]) -> Vec<Client> {
        let mut collector = Collector::default();
        for (observation, number) in sightings.iter().zip(1..) {
            collector.add(observation, &place(number));
        }
        collector.finish().0
    }

    #[test]
    fn lines_about_one_client_add_up_and_clients_stay_apart() {
        let clients = collect(&[
            observation(Some("10.0.0.1"), Category::Kex, "a"),
            observation(Some("10.0.0.2"), Category::Kex, "b"),
            observation(Some("10.0.0.1"), Category::HostKey, "c"),
        ]);
        assert_eq!(clients.len(), 2);
        let proposal = clients[0].proposal();
        assert_eq!((proposal.kex, proposal.host_key), (Some(split_list("a")), Some(split_list("c"))));
        assert_eq!(proposal.mac_c2s, None);
        assert!(clients[0].conflicts().is_empty());
    }

    #[test]
    fn a_contradiction_is_told_and_the_last_list_taken() {
        let kex = |list| observation(None, Category::Kex, list);
        let clients = collect(&[kex("a"), kex("b"), kex("b")]);
        let conflict = clients[0].conflicts()[0];
        assert_eq!((&conflict.taken.list, &conflict.other.list), (&split_list("b"), &split_list("a")));
        assert_eq!((conflict.taken.first.number, conflict.taken.last.number), (Some(2), Some(3)));
        let back = collect(&[kex("a"), kex("b"), kex("a")]);
        assert_eq!(back[0].proposal().kex, Some(split_list("a")));
    }

    #[test]
    fn an_assumed_list_gives_way_to_one_that_is_told() {
        let assumed = Observation { assumed: vec![Category::MacS2c], ..observation(None, Category::MacS2c, "x") };
        let clients = collect(&[observation(None, Category::MacS2c, "y"), assumed]);
        assert_eq!(clients[0].proposal().mac_s2c, Some(split_list("y")));
        assert!(clients[0].conflicts().is_empty());
    }

    #[test]
    fn a_log_of_the_clients_own_joins_the_one_client_whose_address_is_known() {
        let own = observation(None, Category::Kex, "a");
        let one = collect(&[own.clone(), observation(Some("10.0.0.1"), Category::HostKey, "b")]);
        assert_eq!((one.len(), one[0].address.as_deref()), (1, Some("10.0.0.1")));
        assert_eq!(one[0].proposal().kex, Some(split_list("a")));
        let other = |address| observation(Some(address), Category::HostKey, "b");
        assert_eq!(collect(&[own, other("10.0.0.1"), other("10.0.0.2")]).len(), 3);
    }

    #[test]
    fn a_list_that_no_client_proposes_is_left_out_and_told() {
        let mut collector = Collector::default();
        collector.add(&observation(None, Category::Kex, &"a,".repeat(NAMES)), &place(7));
        collector.add(&observation(None, Category::HostKey, "b"), &place(8));
        let (clients, warnings) = collector.finish();
        assert_eq!(clients[0].proposal().kex, None);
        assert!(
            warnings[0].starts_with("x:7 ") && warnings[0].contains("key exchange list of 1001 names"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_flood_of_clients_and_lists_is_bounded_and_told() {
        let mut collector = Collector::default();
        for number in 0..2_000 {
            collector.add(&observation(Some(&number.to_string()), Category::Kex, "a"), &place(1));
            collector.add(&observation(Some("0"), Category::Kex, &number.to_string()), &place(number));
        }
        let (clients, warnings) = collector.finish();
        assert_eq!((clients.len(), clients[0].lists[&Category::Kex].len()), (MAX_CLIENTS, MAX_LISTS));
        assert_eq!(clients[0].proposal().kex, Some(vec!["1999".to_owned()]));
        assert_eq!(warnings.len(), 1);
    }
}
