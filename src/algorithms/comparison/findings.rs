//! What a comparison comes to, in words.

use super::verdict;
use crate::document::compare::{CategoryDifference, Fact, FactDifference};
use crate::document::probe::{Access, Client, Target};
use crate::model::offer::Category;
use crate::model::offer::Setting;
use crate::model::profile::{Profile, client_names};

/// A server, and how sentences name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) target: &'a Target,
}

/// How much a finding matters; the first kinds come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    NotJudged,
    OneRefuses,
    WhatWorks,
    BreaksOff,
    BothRefuse,
    Contradiction,
    Login,
    BothAccept,
    OneAccepts,
    Incomplete,
    LookNext,
    Agreement,
    Order,
    NoDifference,
    HostKeys,
    Software,
}

/// The findings, the most important first. What holds for several clients alike is said once, of all of them.
pub(super) fn findings(
    sides: [Named<'_>; 2],
    profiles: &[Profile],
    categories: &[CategoryDifference],
    facts: &[FactDifference],
) -> Vec<String> {
    let mut found = of_clients(sides, profiles);
    for side in sides {
        found.extend(not_judged(side).map(|text| (Weight::NotJudged, text)));
        found.extend(incomplete(side).map(|text| (Weight::Incomplete, text)));
        found.extend(no_password(side).map(|text| (Weight::Login, text)));
    }
    if found.iter().any(|(weight, _)| *weight == Weight::BothAccept) {
        found.extend(look_next(&found).map(|text| (Weight::LookNext, text.to_owned())));
    }
    found.extend(order(sides, categories).into_iter().map(|text| (Weight::Order, text)));
    if is_same(categories) {
        found.push((Weight::NoDifference, "their algorithm lists do not differ".to_owned()));
    }
    found.extend(facts_in_words(sides, facts));
    found.sort_by_key(|(weight, _)| *weight);
    found.into_iter().map(|(_, text)| text).collect()
}

fn not_judged(side: Named<'_>) -> Option<String> {
    let message = &side.target.error.as_ref()?.message;
    let what = side.target.outcome.without_offer().unwrap_or("gave no usable answer");
    Some(format!("{} {what}: {message}", side.name))
}

/// The sentences about clients: each with a place for the names of those of which it is true.
fn of_clients(sides: [Named<'_>; 2], profiles: &[Profile]) -> Vec<(Weight, String)> {
    let mut found: Vec<(Weight, Sentence, Vec<&str>)> = Vec::new();
    for profile in profiles {
        for (weight, sentence) in of_client(profile, sides) {
            match found.iter_mut().find(|(known, said, _)| *known == weight && *said == sentence) {
                Some((_, _, ids)) => ids.push(&profile.id),
                None => found.push((weight, sentence, vec![&profile.id])),
            }
        }
    }
    found
        .into_iter()
        .map(|(weight, Sentence(before, after), ids)| {
            let clients = client_names(ids.iter().copied());
            (weight, format!("{before}{clients}{after}"))
        })
        .collect()
}

/// What stands before and behind the clients' names.
#[derive(Debug, PartialEq, Eq)]
struct Sentence(String, String);

fn of_client(profile: &Profile, [left, right]: [Named<'_>; 2]) -> Vec<(Weight, Sentence)> {
    let (here, there) = (verdict(left.target, profile), verdict(right.target, profile));
    let mut found = match (here.map(|client| (left, client)), there.map(|client| (right, client))) {
        (Some(one), Some(other)) => of_verdicts(one, other),
        (one, other) => {
            one.or(other).map(|(side, client)| (Weight::OneAccepts, alone(side, client))).into_iter().collect()
        }
    };
    for (side, client) in [(left, here), (right, there)] {
        found.extend(client.and_then(|client| contradiction(side, client)));
    }
    found
}

fn contradiction(side: Named<'_>, client: &Client) -> Option<(Weight, Sentence)> {
    if let Some(why) = client.unproven() {
        return Some((
            Weight::BreaksOff,
            Sentence(format!("{} is not proven to let in ", side.name), format!(": {why}")),
        ));
    }
    let text = client.disagreement.as_ref()?;
    Some(if client.handshake_fails() {
        let before = format!("{} does not let in ", side.name);
        (Weight::BreaksOff, Sentence(before, format!(": {text}; see the server's log")))
    } else {
        let before = format!("{} contradicts the prediction for ", side.name);
        (Weight::Contradiction, Sentence(before, format!(": {text}")))
    })
}

fn of_verdicts(one: (Named<'_>, &Client), other: (Named<'_>, &Client)) -> Vec<(Weight, Sentence)> {
    match (one.1.result, other.1.result) {
        (Access::Accepts, Access::Refuses) => one_refuses(one, other),
        (Access::Refuses, Access::Accepts) => one_refuses(other, one),
        (Access::Refuses, Access::Refuses) => vec![(Weight::BothRefuse, both_refuse(one, other))],
        (Access::Accepts, Access::Accepts) => both_accept(one, other),
    }
}

fn alone(side: Named<'_>, client: &Client) -> Sentence {
    match client.result {
        Access::Accepts if client.gets_in() => Sentence(format!("{} accepts ", side.name), String::new()),
        Access::Accepts => Sentence(format!("the lists of {} accept ", side.name), String::new()),
        Access::Refuses => {
            Sentence(format!("{} refuses ", side.name), format!(": {}", client.refusal().unwrap_or_default()))
        }
    }
}

fn one_refuses((good, accepts): (Named<'_>, &Client), (bad, refuses): (Named<'_>, &Client)) -> Vec<(Weight, Sentence)> {
    let (good, bad) = (good.name, bad.name);
    let which = if accepts.gets_in() { format!(", which {good} accepts") } else { String::new() };
    let verdict =
        Sentence(format!("{bad} refuses "), format!("{which}: {} on {bad}", refuses.refusal().unwrap_or_default()));
    let works = |setting: &Setting| {
        let missing = setting.categories().iter().find(|category| refuses.missing.contains(category))?;
        Some(format!("{} ({})", accepts.agreed.get(missing)?, setting.title()))
    };
    let works: Vec<_> = Setting::ALL.iter().filter_map(works).collect();
    let mut found = vec![(Weight::OneRefuses, verdict)];
    if !works.is_empty() {
        let what = format!(" agree on {}, which {bad} does not offer", works.join(", "));
        found.push((Weight::WhatWorks, Sentence(format!("{good} and "), what)));
    }
    found
}

fn both_refuse((left, here): (Named<'_>, &Client), (right, there): (Named<'_>, &Client)) -> Sentence {
    let (one, other) = (here.refusal().unwrap_or_default(), there.refusal().unwrap_or_default());
    let reasons = if one == other {
        format!("{one} on either")
    } else {
        format!("{one} on {}; {other} on {}", left.name, right.name)
    };
    Sentence("both refuse ".to_owned(), format!(": {reasons}"))
}

fn both_accept((left, here): (Named<'_>, &Client), (right, there): (Named<'_>, &Client)) -> Vec<(Weight, Sentence)> {
    let is_sure = |client: &Client| client.gets_in() && client.disagreement.is_none();
    let sentence = |before: &str, after: &str| Sentence(before.to_owned(), after.to_owned());
    let mut found = vec![if is_sure(here) && is_sure(there) {
        (Weight::BothAccept, sentence("both accept ", ": if deliveries fail, the cause lies elsewhere"))
    } else {
        (Weight::OneAccepts, sentence("the lists of both accept ", ""))
    }];
    let mut differing: Vec<String> = Vec::new();
    for category in Category::NEGOTIATED {
        let (Some(one), Some(other)) = (here.agreed.get(&category), there.agreed.get(&category)) else { continue };
        let kind = Setting::of(category).map_or(category.title(), Setting::title);
        let told = format!("{kind} {one} on {}, {other} on {}", left.name, right.name);
        if one != other && !differing.contains(&told) {
            differing.push(told);
        }
    }
    if !differing.is_empty() {
        let what = format!(" would not agree on the same: {}", differing.join("; "));
        found.push((Weight::Agreement, Sentence(String::new(), what)));
    }
    found
}

/// Where to look, if the algorithms are in order on both sides. What JSch says of each is in
/// [`crate::trace::causes`]' table.
fn look_next(found: &[(Weight, String)]) -> impl Iterator<Item = &'static str> + use<> {
    let login_is_told = found.iter().any(|(weight, _)| *weight == Weight::Login);
    let login = "check the login: the user name and the password that CUCM has for each server (its trace says \"Auth \
                 fail\" or \"Auth cancel\")";
    let others = [
        "check the path: the folder that CUCM names has to exist on each server, and the user to write to it (\"No \
         such file\", \"Permission denied\")",
        "check the space: for a full disk or quota OpenSSH says only \"Failure\"; cdrdiag parse-log shows from CUCM's \
         trace which of these it is",
    ];
    (!login_is_told).then_some(login).into_iter().chain(others)
}

/// CUCM logs in with the password that its administrator typed.
fn no_password(side: Named<'_>) -> Option<String> {
    side.target.takes_no_password().then(|| {
        let methods = side.target.auth_methods().join(", ");
        format!("{} rejects password login, which CUCM needs: it offers {methods} only", side.name)
    })
}

fn incomplete(side: Named<'_>) -> Option<String> {
    let offer = side.target.offer.as_ref()?;
    let unknown: Vec<_> = Category::NEGOTIATED.into_iter().filter(|category| offer.get(*category).is_none()).collect();
    let titles: Vec<_> = unknown.into_iter().map(Category::title).collect();
    (!titles.is_empty())
        .then(|| format!("the verdict on {} is partial: its answer lacks {}", side.name, titles.join(", ")))
}

fn order([left, right]: [Named<'_>; 2], categories: &[CategoryDifference]) -> Vec<String> {
    let decisive = categories.iter().filter(|difference| !difference.order_decides_for.is_empty());
    decisive
        .map(|difference| {
            let clients = client_names(difference.order_decides_for.iter().map(String::as_str));
            let title = difference.category.title();
            format!(
                "{clients}: the {title} list is in another order on {} than on {}, which changes what is agreed",
                right.name, left.name
            )
        })
        .collect()
}

fn is_same(categories: &[CategoryDifference]) -> bool {
    let same = |difference: &CategoryDifference| {
        difference.unknown.is_empty() && difference.only_primary.is_empty() && difference.only_secondary.is_empty()
    };
    !categories.is_empty() && categories.iter().all(same)
}

fn facts_in_words([left, right]: [Named<'_>; 2], facts: &[FactDifference]) -> Vec<(Weight, String)> {
    let of = |wanted: Fact| facts.iter().find(move |difference| difference.fact == wanted);
    let software = |target: &Target| target.identification.as_ref()?.product();
    let mut found = Vec::new();
    if of(Fact::HostKey).is_some() {
        let text = "they have different host keys: behind one address, a client that remembers the key objects after a \
                    failover";
        found.push((Weight::HostKeys, text.to_owned()));
    }
    if of(Fact::Software).or(of(Fact::Version)).is_some() {
        let told = software(left.target).zip(software(right.target));
        let sentence = |(one, other)| format!("{} runs {one}, {} runs {other}", left.name, right.name);
        found.extend(told.map(|told| (Weight::Software, sentence(told))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::target;
    use super::super::{compare, compare_all};
    use super::*;
    use crate::algorithms::builtin::default_set;
    use crate::document::probe::{Handshake, HostKey, Outcome, TargetError};

    const GEX: &str = "curve25519-sha256,diffie-hellman-group-exchange-sha256";
    const MAC: &str = "hmac-sha2-256";

    fn said(primary: &Target, secondary: &Target) -> Vec<String> {
        compare(primary.clone(), secondary.clone(), &default_set()).pair.findings
    }

    #[test]
    fn the_difference_that_stops_cucm_comes_first_and_is_said_once_for_all_releases() {
        let (good, bad) = (target("one", GEX, MAC), target("two", "curve25519-sha256", MAC));
        let found = said(&good, &bad);
        assert_eq!(
            found,
            [
                "two refuses CUCM 12.5, 14 and 15, which one accepts: no key exchange in common on two",
                "one and CUCM 12.5, 14 and 15 agree on diffie-hellman-group-exchange-sha256 (key exchange), which two \
                 does not offer"
            ]
        );
        assert_eq!(said(&bad, &good), found, "whichever comes first");
    }

    #[test]
    fn releases_that_fare_differently_are_told_apart() {
        let found = said(&target("one", GEX, MAC), &target("two", GEX, "hmac-sha1"));
        assert_eq!(found[0], "two refuses CUCM 15, which one accepts: no MAC in common on two", "{found:?}");
        assert!(
            found.contains(&"both accept CUCM 12.5 and 14: if deliveries fail, the cause lies elsewhere".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn both_refuse_for_the_same_reason_or_for_different_ones() {
        let (kex, mac) = (target("one", "x", MAC), target("two", GEX, "x"));
        let (same, apart) = (said(&kex, &kex), said(&kex, &mac));
        assert_eq!(same[0], "both refuse CUCM 12.5, 14 and 15: no key exchange in common on either");
        assert_eq!(
            apart[0],
            "both refuse CUCM 12.5, 14 and 15: no key exchange in common on one; no MAC in common on two"
        );
    }

    #[test]
    fn where_both_accept_the_cause_lies_elsewhere_and_the_next_places_to_look_at_are_named() {
        let found = said(&target("one", GEX, MAC), &target("two", "ecdh-sha2-nistp521", MAC));
        assert_eq!(found[0], "both accept CUCM 12.5, 14 and 15: if deliveries fail, the cause lies elsewhere");
        for (finding, place) in found[1..].iter().zip(["the login", "the path", "the space"]) {
            assert!(finding.starts_with(&format!("check {place}")), "{found:?}");
        }
        assert!(found[4].contains("ecdh-sha2-nistp521 on two"), "{found:?}");
    }

    #[test]
    fn a_server_that_takes_no_password_is_the_next_thing_to_look_at() {
        let mut two = target("two", GEX, MAC);
        let handshake = Handshake { auth_methods: vec!["publickey".into()], ..Handshake::default() };
        two.clients[0].handshake = Some(handshake);
        let found = said(&target("one", GEX, MAC), &two);
        assert_eq!(found[0], "two rejects password login, which CUCM needs: it offers publickey only");
        assert!(!found.iter().any(|finding| finding.starts_with("check the login")), "{found:?}");
    }

    #[test]
    fn a_handshake_that_contradicts_is_told_before_what_the_lists_say() {
        let mut two = target("two", GEX, MAC);
        two.clients[2].disagreement = Some("it failed".into());
        let found = said(&target("one", GEX, MAC), &two);
        assert_eq!(found[0], "two contradicts the prediction for CUCM 15: it failed");
        assert!(found.contains(&"the lists of both accept CUCM 15".to_owned()), "{found:?}");
    }

    #[test]
    fn a_server_that_was_not_reached_is_told_before_all_else() {
        let error = Some(TargetError { kind: "refused".into(), message: "connection refused".into(), remedy: None });
        let gone = Target { target: "two".into(), error, outcome: Outcome::Unreachable, ..Target::default() };
        let found = said(&target("one", GEX, MAC), &gone);
        assert_eq!(found, ["two is unreachable: connection refused", "one accepts CUCM 12.5, 14 and 15"]);
    }

    #[test]
    fn a_list_that_is_not_known_limits_the_verdict() {
        let mut two = target("two", GEX, MAC);
        two.offer.as_mut().unwrap().mac_c2s = None;
        let found = said(&target("one", GEX, MAC), &two);
        assert!(
            found
                .iter()
                .any(|finding| finding.contains("on two is partial")
                    && finding.ends_with("lacks MAC (client to server)")),
            "{found:?}"
        );
    }

    #[test]
    fn an_order_is_told_only_where_it_changes_what_is_agreed() {
        let (one, other) = ("ecdh-sha2-nistp384,ecdh-sha2-nistp521", "ecdh-sha2-nistp521,ecdh-sha2-nistp384");
        assert!(!said(&target("one", one, MAC), &target("two", other, MAC)).concat().contains("order"));
        // JSch gives up at an empty name that it meets before the one that it looks for.
        let found = said(&target("one", "ecdh-sha2-nistp521,,x", MAC), &target("two", "x,,ecdh-sha2-nistp521", MAC));
        assert!(found.concat().contains("the key exchange list is in another order"), "{found:?}");
    }

    #[test]
    fn other_keys_and_other_software_come_last() {
        let key = |sha256: &str| HostKey { algorithm: "ssh-rsa".into(), bits: None, sha256: Some(sha256.into()) };
        let (mut one, mut two) = (target("one", GEX, MAC), target("two", GEX, MAC));
        (one.host_keys, two.host_keys) = (vec![key("a")], vec![key("b")]);
        two.identification.as_mut().unwrap().version = Some("9.9".into());
        let found = said(&one, &two);
        let last: Vec<_> = found[found.len() - 2..].iter().map(String::as_str).collect();
        assert!(last[0].starts_with("they have different host keys"), "{found:?}");
        assert_eq!(last[1], "one runs OpenSSH 9.2p1, two runs OpenSSH 9.9");
        two.host_keys = one.host_keys.clone();
        assert!(!said(&one, &two).concat().contains("host keys"));
    }

    #[test]
    fn two_servers_with_long_names_go_by_their_sides_and_more_by_their_names() {
        let (long, bad) = (target("/srv/answers/of/yesterday.json", GEX, MAC), target("two", "x", MAC));
        assert!(said(&long, &bad)[0].starts_with("secondary refuses CUCM 12.5, 14 and 15, which primary accepts"));
        let three = compare_all(long.clone(), bad.clone(), vec![long], &default_set());
        assert!(three.pair.findings[0].starts_with("two refuses"), "{:?}", three.pair.findings);
    }
}
