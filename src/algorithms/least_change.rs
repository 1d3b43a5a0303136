//! The least change to one list of a server's: what it offers today, plus the strongest algorithm that lets the
//! refused clients in.

use super::negotiation::{Choice, choose};

/// What one client needs of a list.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    /// The client's list.
    pub proposed: &'a [String],
    /// Names in it that would be agreed and then fail.
    pub unusable: Vec<&'a str>,
}

impl Demand<'_> {
    /// Whether this algorithm alone would let the client in.
    pub fn can_use(&self, name: &str) -> bool {
        !self.unusable.contains(&name) && matches!(choose(self.proposed, &[name.to_owned()]), Choice::Agreed(_))
    }

    fn is_met_by(&self, list: &[String]) -> bool {
        list.iter().any(|name| self.can_use(name))
    }

    /// The name that would be agreed on and fail.
    fn would_fail_with<'b>(&'b self, list: &[String]) -> Option<&'b str> {
        match choose(self.proposed, list) {
            Choice::Agreed(name) if self.unusable.contains(&name) => Some(name),
            _ => None,
        }
    }
}

/// A changed list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The whole new list.
    pub list: Vec<String>,
    /// What is new in it.
    pub adds: Vec<String>,
    /// What had to go, as a client would have agreed on it and failed.
    pub drops: Vec<String>,
    /// Whether a client is left whom nothing in the server's reach lets in.
    pub unmet: bool,
}

/// At most so many candidates are tried together; no client proposes as many host keys.
const TRIED_TOGETHER: usize = 12;

/// The change with the fewest additions; of equally few [`least_change`]'s. For what costs something by its number alone, as host
/// keys do, which have to be made and kept.
pub fn fewest_additions<C: Ord, P: Ord>(
    offered: &[String],
    demands: &[Demand<'_>],
    rank: impl Fn(&str) -> Option<Rank<C, P>>,
) -> Change {
    let change = least_change(offered, demands, &rank);
    let open: Vec<_> = demands.iter().filter(|demand| !demand.is_met_by(offered)).collect();
    let mut names: Vec<(Rank<C, P>, &str)> = Vec::new();
    for name in candidates(&open) {
        if let Some(rank) = rank(name).filter(|_| !names.iter().any(|(_, other)| *other == name)) {
            names.push((rank, name));
        }
    }
    names.sort_by(|(one, _), (other, _)| (&other.class, &other.preference).cmp(&(&one.class, &one.preference)));
    names.truncate(TRIED_TOGETHER);
    let served: Vec<_> = open.into_iter().filter(|demand| demand.is_met_by(&change.list)).collect();
    let chosen =
        |set: u32| names.iter().enumerate().filter(move |(at, _)| set & (1 << at) != 0).map(|(_, (_, name))| *name);
    let serves_all = |set: &u32| served.iter().all(|demand| chosen(*set).any(|name| demand.can_use(name)));
    let fewer = (1..1_u32 << names.len()).filter(|set| (set.count_ones() as usize) < change.adds.len());
    // The better names come first, so that of equally few the least number has the better ones.
    let Some(best) = fewer.filter(serves_all).min_by_key(|set| (set.count_ones(), *set)) else { return change };
    let adds: Vec<String> = chosen(best).map(str::to_owned).collect();
    let list = offered.iter().chain(&adds).filter(|name| !change.drops.contains(name)).cloned().collect();
    Change { list, adds, ..change }
}

/// How welcome an addition is. One of a better class always comes first; within a class one that serves more
/// clients, and then the preferred one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank<C, P> {
    /// What counts more than the number of clients served.
    pub class: C,
    /// What counts less.
    pub preference: P,
}

/// Finds the least change. `rank` tells how welcome an addition is; `None`: the server cannot have it.
pub fn least_change<C: Ord, P: Ord>(
    offered: &[String],
    demands: &[Demand<'_>],
    rank: impl Fn(&str) -> Option<Rank<C, P>>,
) -> Change {
    let mut change = Change { list: offered.to_vec(), ..Change::default() };
    let mut open: Vec<_> = demands.iter().collect();
    loop {
        open.retain(|demand| !demand.is_met_by(&change.list));
        let best = candidates(&open)
            .filter_map(|name| Some((name, rank(name)?)))
            .map(|(name, rank)| {
                let serves = open.iter().filter(|demand| demand.can_use(name)).count();
                ((rank.class, serves, rank.preference), name)
            })
            .max();
        match best {
            Some((_, name)) => {
                change.list.push(name.to_owned());
                change.adds.push(name.to_owned());
            }
            None => break,
        }
    }
    change.unmet = !open.is_empty();
    for demand in demands {
        // With nothing usable in the list, taking names out of it would help nobody.
        while demand.is_met_by(&change.list)
            && let Some(name) = demand.would_fail_with(&change.list)
        {
            change.list.retain(|other| other != name);
            change.drops.push(name.to_owned());
        }
    }
    change
}

fn candidates<'a>(open: &[&Demand<'a>]) -> impl Iterator<Item = &'a str> {
    let mut names: Vec<&str> = Vec::new();
    for demand in open {
        names.extend(demand.proposed.iter().map(String::as_str).filter(|name| demand.can_use(name)));
    }
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::split_list;
    use proptest::prelude::*;

    /// Ranks by the name itself: later letters are stronger, `w` is of a lower class, `x` the server cannot have.
    fn rank(name: &str) -> Option<Rank<bool, u8>> {
        let preference = name.bytes().next().unwrap_or_default();
        (name != "x").then_some(Rank { class: name != "w", preference })
    }

    fn changed(offered: &str, clients: &[(&str, &'static str)]) -> Change {
        let lists: Vec<_> = clients.iter().map(|(list, _)| split_list(list)).collect();
        let demands: Vec<_> = lists
            .iter()
            .zip(clients)
            .map(|(proposed, (_, unusable))| Demand { proposed, unusable: unusable.split(',').collect() })
            .collect();
        least_change(&split_list(offered), &demands, rank)
    }

    #[test]
    fn the_strongest_that_the_server_can_have_is_added_at_the_end() {
        let change = changed("p,q", &[("a,c,b,x", "")]);
        assert_eq!((change.list, change.adds), (split_list("p,q,c"), split_list("c")));
    }

    #[test]
    fn nothing_changes_where_the_client_gets_in() {
        assert_eq!(changed("p,a", &[("a", "")]).list, split_list("p,a"));
    }

    #[test]
    fn one_addition_serves_every_client_where_one_can() {
        assert_eq!(changed("p", &[("a,c", ""), ("a,d", "")]).adds, ["a"]);
        assert_eq!(changed("p", &[("c", ""), ("d", "")]).adds, ["d", "c"]);
    }

    #[test]
    fn what_serves_every_client_but_is_of_a_lower_class_serves_only_whom_nothing_better_does() {
        assert_eq!(changed("p", &[("a,w", ""), ("a,w", ""), ("w", "")]).adds, ["a", "w"]);
    }

    #[test]
    fn what_the_client_would_choose_and_fail_with_has_to_go_only_if_it_comes_first() {
        let change = changed("p,g", &[("g,a", "g")]);
        assert_eq!((change.list, change.drops), (split_list("p,a"), split_list("g")));
        assert_eq!(changed("p,g", &[("a,g", "g")]).list, split_list("p,g,a"));
    }

    #[test]
    fn where_the_server_can_have_none_it_says_so_and_leaves_the_list_alone() {
        let change = changed("p,g", &[("x,g", "g")]);
        assert_eq!((change.list, change.unmet), (split_list("p,g"), true));
    }

    proptest! {
        #[test]
        fn a_changed_list_lets_every_client_in(offered in prop::collection::vec("[a-h]", 0..5), clients in prop::collection::vec(prop::collection::vec("[a-h]", 1..5), 1..4)) {
            let demands: Vec<_> = clients.iter().map(|proposed| Demand { proposed, unusable: vec![] }).collect();
            let change = least_change(&offered, &demands, rank);
            prop_assert!(!change.unmet && change.list.starts_with(&offered));
            for proposed in &clients {
                prop_assert!(matches!(choose(proposed, &change.list), Choice::Agreed(_)));
            }
        }
    }
}
