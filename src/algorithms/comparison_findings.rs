//! What a comparison comes to, in words.

use super::comparison::verdict;
use super::offer::Category;
use super::profile::Profile;
use crate::document::probe::{Access, Client, Target};

/// How much a finding matters; the first kinds come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    NotJudged,
    OneRefuses,
    BothRefuse,
    Contradiction,
    Elsewhere,
    Agreement,
    Software,
}

/// The findings, the most important first. What holds for several clients alike is said once.
pub(super) fn findings(primary: &Target, secondary: &Target, profiles: &[Profile]) -> Vec<String> {
    let mut found: Vec<(Weight, Vec<&str>, String)> = Vec::new();
    for target in [primary, secondary] {
        found.extend(not_judged(target).map(|text| (Weight::NotJudged, Vec::new(), text)));
    }
    for profile in profiles {
        // A title's part behind the comma tells which client it is; here that goes without saying.
        let title = profile.title.split(',').next().filter(|title| !title.is_empty()).unwrap_or(&profile.id);
        for (weight, text) in of_client(profile, primary, secondary) {
            match found.iter_mut().find(|(known, _, said)| *known == weight && *said == text) {
                Some((_, titles, _)) => titles.push(title),
                None => found.push((weight, vec![title], text)),
            }
        }
    }
    found.extend(software(primary, secondary).map(|text| (Weight::Software, Vec::new(), text)));
    found.sort_by_key(|(weight, _, _)| *weight);
    found.into_iter().map(|(_, titles, text)| with_titles(&titles, &text)).collect()
}

fn with_titles(titles: &[&str], text: &str) -> String {
    if titles.is_empty() { text.to_owned() } else { format!("{}: {text}", titles.join(", ")) }
}

fn not_judged(target: &Target) -> Option<String> {
    let error = target.error.as_ref()?;
    Some(format!("{} tells no algorithms: {}", target.target, error.message))
}

fn of_client(profile: &Profile, primary: &Target, secondary: &Target) -> Vec<(Weight, String)> {
    let (Some(left), Some(right)) = (verdict(primary, profile), verdict(secondary, profile)) else { return Vec::new() };
    let (here, there) = (&primary.target, &secondary.target);
    let mut found = match (left.result, right.result) {
        (Access::Accepts, Access::Refuses) => vec![(Weight::OneRefuses, one_refuses((here, left), (there, right)))],
        (Access::Refuses, Access::Accepts) => vec![(Weight::OneRefuses, one_refuses((there, right), (here, left)))],
        (Access::Refuses, Access::Refuses) => {
            let text = format!("both refuse: {here} has {}, {there} has {}", why(left), why(right));
            vec![(Weight::BothRefuse, text)]
        }
        (Access::Accepts, Access::Accepts) => both_accept((here, left), (there, right)),
    };
    for (name, client) in [(here, left), (there, right)] {
        let contradiction = client.disagreement.as_ref();
        found.extend(contradiction.map(|text| (Weight::Contradiction, format!("on {name}, {text}"))));
    }
    found
}

fn one_refuses((good, accepts): (&String, &Client), (bad, refuses): (&String, &Client)) -> String {
    let text = format!("{good} lets it in, {bad} does not: {bad} has {}", why(refuses));
    let works: Vec<String> = distinct(&refuses.missing)
        .into_iter()
        .filter_map(|category| Some(format!("{} as {}", accepts.agreed.get(&category)?, kind(category))))
        .collect();
    if works.is_empty() {
        return text;
    }
    format!("{text}; on {good} they agree on {}, which {bad} does not offer", works.join(", "))
}

fn both_accept((here, left): (&String, &Client), (there, right): (&String, &Client)) -> Vec<(Weight, String)> {
    let next = "both let it in as far as algorithms go, so the cause lies elsewhere: the login, the path or the space \
                on the server; see what CUCM's trace says of it";
    let differing: Vec<String> = Category::NEGOTIATED
        .into_iter()
        .filter_map(|category| {
            let (one, other) = (left.agreed.get(&category)?, right.agreed.get(&category)?);
            (one != other).then(|| format!("{}: {one} on {here}, {other} on {there}", category.title()))
        })
        .collect();
    let mut found = vec![(Weight::Elsewhere, next.to_owned())];
    if !differing.is_empty() {
        found.push((Weight::Agreement, format!("what is agreed differs: {}", differing.join("; "))));
    }
    found
}

/// Why a client is refused, to follow "has".
fn why(client: &Client) -> String {
    let missing: Vec<&str> = distinct(&client.missing).into_iter().map(kind).collect();
    if missing.is_empty() {
        // The lists agree, and the client's own habits keep it out.
        let stage = client.stage.as_deref().unwrap_or("a later stage").replace('_', " ");
        return format!("all in common and fails at the {stage} nevertheless");
    }
    format!("no {} in common with it", missing.join(", no "))
}

/// Of a category's two directions the first one only.
fn distinct(categories: &[Category]) -> Vec<Category> {
    let mut kept: Vec<Category> = Vec::new();
    for category in categories {
        if !kept.iter().any(|known| kind(*known) == kind(*category)) {
            kept.push(*category);
        }
    }
    kept
}

/// The category's title without its direction.
fn kind(category: Category) -> &'static str {
    let title = category.title();
    title.split_once(" (").map_or(title, |(kind, _)| kind)
}

fn software(primary: &Target, secondary: &Target) -> Option<String> {
    let told = |target: &Target| {
        let identification = target.identification.as_ref()?;
        let parts = [identification.software.clone(), identification.version.clone()];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
    };
    let (one, other) = (told(primary)?, told(secondary)?);
    (one != other).then(|| format!("{} runs {one}, {} runs {other}", primary.target, secondary.target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::comparison::tests::target;
    use crate::algorithms::profile::default_set;
    use crate::document::probe::TargetError;

    const GEX: &str = "curve25519-sha256,diffie-hellman-group-exchange-sha256";

    fn said(primary: &Target, secondary: &Target) -> Vec<String> {
        findings(primary, secondary, &default_set())
    }

    #[test]
    fn the_difference_that_stops_cucm_comes_first_and_is_said_once_for_all_releases() {
        let (good, bad) = (target("one", GEX, "hmac-sha2-256"), target("two", "curve25519-sha256", "hmac-sha2-256"));
        let found = said(&good, &bad);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].ends_with(
                "one lets it in, two does not: two has no key exchange in common with it; on one they agree on \
                 diffie-hellman-group-exchange-sha256 as key exchange, which two does not offer"
            ),
            "{found:?}"
        );
        assert_eq!(found[0].matches("CUCM").count(), 3, "{found:?}");
        assert!(said(&bad, &good)[0].contains("one lets it in, two does not"));
    }

    #[test]
    fn two_directions_of_one_kind_are_one_reason() {
        let (good, bad) = (target("one", GEX, "hmac-sha2-256"), target("two", GEX, "umac-64@openssh.com"));
        assert!(said(&good, &bad)[0].contains("two has no MAC in common with it;"));
    }

    #[test]
    fn where_both_accept_the_cause_lies_elsewhere() {
        let (one, two) = (target("one", GEX, "hmac-sha2-256"), target("two", "ecdh-sha2-nistp521", "hmac-sha2-256"));
        let found = said(&one, &two);
        assert!(found[0].contains("the cause lies elsewhere"), "{found:?}");
        assert!(found[1].contains("ecdh-sha2-nistp521 on two"), "{found:?}");
    }

    #[test]
    fn a_server_that_was_not_reached_is_told_before_all_else() {
        let error = Some(TargetError { kind: "refused".into(), message: "connection refused".into() });
        let gone = Target { target: "two".into(), error, ..Target::default() };
        assert_eq!(said(&target("one", GEX, "hmac-sha2-256"), &gone)[0], "two tells no algorithms: connection refused");
    }
}
