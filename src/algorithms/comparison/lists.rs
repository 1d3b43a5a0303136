//! The lists of two servers, category by category.

use crate::algorithms::negotiation::choose;
use crate::document::compare::{CategoryDifference, ClientDifference, Listed, Side};
use crate::model::offer::{Category, Offer, is_marker};
use crate::model::profile::Profile;

/// The lists of two offers; `clients` says what decides (see [`ClientDifference::required`]).
pub fn categories(
    primary: Option<&Offer>,
    secondary: Option<&Offer>,
    profiles: &[Profile],
    clients: &[ClientDifference],
) -> Vec<CategoryDifference> {
    let lists = Category::ALL.into_iter().map(|category| Lists {
        category,
        primary: primary.and_then(|offer| offer.get(category)),
        secondary: secondary.and_then(|offer| offer.get(category)),
    });
    let told = |lists: &Lists<'_>| lists.primary.is_some() || lists.secondary.is_some();
    lists.filter(told).map(|lists| lists.difference(profiles, clients)).collect()
}

#[derive(Clone, Copy)]
struct Lists<'a> {
    category: Category,
    primary: Option<&'a [String]>,
    secondary: Option<&'a [String]>,
}

impl Lists<'_> {
    fn difference(self, profiles: &[Profile], clients: &[ClientDifference]) -> CategoryDifference {
        let (left, right) = self.primary.zip(self.secondary).unwrap_or_default();
        let in_common = in_both(left, right);
        let unknown = [(self.primary, Side::Primary), (self.secondary, Side::Secondary)].into_iter();
        CategoryDifference {
            category: self.category,
            same_order: self.primary.zip(self.secondary).map(|_| in_common == in_both(right, left)),
            order_decides_for: self.order_decides_for(left, right, profiles),
            common: in_common,
            only_primary: without(left, right),
            only_secondary: without(right, left),
            unknown: unknown.filter_map(|(list, side)| list.is_none().then_some(side)).collect(),
            algorithms: self.algorithms(profiles, clients),
        }
    }

    /// The clients that agree on something else once `right` stands in the order of `left`.
    fn order_decides_for(self, left: &[String], right: &[String], profiles: &[Profile]) -> Vec<String> {
        let mut reordered = right.to_vec();
        reordered.sort_by_key(|name| left.iter().position(|other| other == name).unwrap_or(usize::MAX));
        let decides = |profile: &&Profile| {
            let proposed = profile.algorithms.get(self.category);
            proposed.is_some_and(|proposed| choose(proposed, right) != choose(proposed, &reordered))
        };
        let negotiated = profiles.iter().filter(|_| Category::NEGOTIATED.contains(&self.category));
        negotiated.filter(decides).map(|profile| profile.id.clone()).collect()
    }

    fn algorithms(self, profiles: &[Profile], clients: &[ClientDifference]) -> Vec<Listed> {
        let proposals = profiles.iter().filter_map(|profile| profile.algorithms.get(self.category)).flatten();
        let mut names: Vec<&String> = Vec::new();
        for name in proposals.filter(|name| !is_marker(name)).chain(self.offered()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.into_iter().map(|name| self.listed(name, profiles, clients)).collect()
    }

    /// What both offer, then what primary alone does, then what secondary alone does.
    fn offered(&self) -> impl Iterator<Item = &String> {
        let (left, right) = (self.primary.unwrap_or_default(), self.secondary.unwrap_or_default());
        let common = left.iter().filter(|name| right.contains(name));
        common.chain(left).chain(right)
    }

    fn listed(self, name: &str, profiles: &[Profile], clients: &[ClientDifference]) -> Listed {
        let holds = |list: &[String]| list.iter().any(|other| other == name);
        let proposes = |profile: &&Profile| profile.algorithms.get(self.category).is_some_and(holds);
        let decides = |client: &&ClientDifference| {
            client.required.iter().any(|required| required.category == self.category && required.algorithm == name)
        };
        Listed {
            algorithm: name.to_owned(),
            primary: self.primary.map(holds),
            secondary: self.secondary.map(holds),
            proposed_by: profiles.iter().filter(proposes).map(|profile| profile.id.clone()).collect(),
            decides_for: clients.iter().filter(decides).map(|client| client.profile.clone()).collect(),
        }
    }
}

/// What both lists hold, in the order of the first, each name once.
pub(super) fn in_both(list: &[String], other: &[String]) -> Vec<String> {
    once(list.iter().filter(|name| other.contains(name)))
}

fn without(list: &[String], other: &[String]) -> Vec<String> {
    once(list.iter().filter(|name| !other.contains(name)))
}

/// A server may name an algorithm twice.
fn once<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !kept.contains(name) {
            kept.push(name.clone());
        }
    }
    kept
}
