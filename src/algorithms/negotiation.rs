//! Negotiation as JSch does it (RFC 4253, section 7.1): in each category the client's first algorithm that the
//! server has. A common MAC is needed even beside an AEAD cipher, and markers are no algorithms.

use std::collections::BTreeMap;

use crate::model::offer::{Category, Offer, is_marker};

/// What two offers come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Negotiation {
    /// What is agreed in each category.
    pub agreed: BTreeMap<Category, String>,
    /// Categories without an agreement.
    pub missing: Vec<Category>,
    /// Those of the missing ones in which the server's list holds an empty name, at which JSch gives up.
    pub malformed: Vec<Category>,
    /// Categories in which a side's list is not known, so that nothing can be said.
    pub unknown: Vec<Category>,
}

/// What one category comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'a> {
    /// The client's first algorithm that the server has.
    Agreed(&'a str),
    NoneCommon,
    /// JSch met an empty name in the server's list before it met an agreement.
    EmptyName,
}

/// Negotiates all eight categories; every missing one is named, not only the first.
pub fn negotiate(client: &Offer, server: &Offer) -> Negotiation {
    let mut outcome = Negotiation::default();
    for category in Category::NEGOTIATED {
        let (Some(proposed), Some(offered)) = (client.get(category), server.get(category)) else {
            outcome.unknown.push(category);
            continue;
        };
        match choose(proposed, offered) {
            Choice::Agreed(name) => {
                outcome.agreed.insert(category, name.to_owned());
            }
            Choice::NoneCommon => outcome.missing.push(category),
            Choice::EmptyName => {
                outcome.missing.push(category);
                outcome.malformed.push(category);
            }
        }
    }
    outcome
}

/// Negotiates one category.
///
/// JSch looks each of its names up in the server's list from the front and gives up at an empty one
/// (`KeyExchange.guess`, 0.1.44 to 0.1.55). An empty name at the very end it never sees.
pub fn choose<'a>(proposed: &'a [String], offered: &[String]) -> Choice<'a> {
    let offered = match offered {
        [rest @ .., last] if last.is_empty() => rest,
        all => all,
    };
    let before_empty = offered.iter().position(String::is_empty);
    let seen = &offered[..before_empty.unwrap_or(offered.len())];
    let algorithms = || proposed.iter().map(String::as_str).filter(|name| !is_marker(name) && !name.is_empty());
    let has = |name: &str| seen.iter().any(|other| other == name);
    match before_empty {
        // The first name that is not in front of the empty one leads the search into it.
        Some(_) => match algorithms().next() {
            Some(first) if has(first) => Choice::Agreed(first),
            Some(_) => Choice::EmptyName,
            None => Choice::NoneCommon,
        },
        None => algorithms().find(|name| has(name)).map_or(Choice::NoneCommon, Choice::Agreed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::split_list;
    use proptest::prelude::*;

    fn choice<'a>(proposed: &'a [String], offered: &str) -> Choice<'a> {
        choose(proposed, &split_list(offered))
    }

    #[test]
    fn the_clients_order_decides() {
        assert_eq!(choice(&split_list("a,b,c"), "c,b"), Choice::Agreed("b"));
        assert_eq!(choice(&split_list("a,b"), "c,d"), Choice::NoneCommon);
        assert_eq!(choice(&split_list("a"), ""), Choice::NoneCommon);
    }

    #[test]
    fn markers_are_no_algorithms() {
        let marker = "kex-strict-s-v00@openssh.com";
        assert_eq!(
            choice(&split_list(&format!("{marker},ext-info-c")), &format!("{marker},ext-info-c")),
            Choice::NoneCommon
        );
    }

    #[test]
    fn an_empty_name_in_front_of_the_agreement_ends_the_negotiation() {
        let proposed = split_list("a,b");
        assert_eq!(choice(&proposed, "a,,b"), Choice::Agreed("a"));
        assert_eq!(choice(&proposed, "b,,a"), Choice::EmptyName);
        assert_eq!(choice(&proposed, "c,,b"), Choice::EmptyName);
        assert_eq!(choice(&proposed, ",a"), Choice::EmptyName);
        assert_eq!(choice(&proposed, "b,"), Choice::Agreed("b"));
        assert_eq!(choice(&proposed, "c,"), Choice::NoneCommon);
    }

    #[test]
    fn a_mac_is_needed_beside_an_aead_cipher_and_all_missing_categories_are_named() {
        let lists = |text: &str| Some(split_list(text));
        let aead = lists("aes128-gcm@openssh.com");
        let client = Offer {
            kex: lists("k"),
            cipher_c2s: aead.clone(),
            cipher_s2c: aead.clone(),
            mac_c2s: lists("m"),
            mac_s2c: lists("m"),
            ..Offer::default()
        };
        let server = Offer { kex: lists("x"), mac_c2s: lists("n"), mac_s2c: lists("n"), ..client.clone() };
        let outcome = negotiate(&client, &server);
        assert_eq!(outcome.missing, [Category::Kex, Category::MacC2s, Category::MacS2c]);
        assert_eq!(outcome.agreed[&Category::CipherC2s], "aes128-gcm@openssh.com");
        assert_eq!(outcome.unknown, [Category::HostKey, Category::CompressionC2s, Category::CompressionS2c]);
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-f]{1,2}", 0..6)
    }

    proptest! {
        #[test]
        fn what_is_agreed_stands_in_both_lists_and_nothing_common_comes_before_it(client in names(), server in names()) {
            match choose(&client, &server) {
                Choice::Agreed(name) => {
                    let place = client.iter().position(|other| other == name).unwrap();
                    prop_assert!(server.iter().any(|other| other == name));
                    prop_assert!(client[..place].iter().all(|other| !server.contains(other)));
                }
                Choice::NoneCommon => prop_assert!(client.iter().all(|name| !server.contains(name))),
                Choice::EmptyName => prop_assert!(false, "no name is empty"),
            }
        }

        #[test]
        fn a_server_that_adds_one_of_the_clients_never_begins_to_refuse(client in names(), server in names(), pick in any::<prop::sample::Index>()) {
            prop_assume!(!client.is_empty());
            let mut more = server.clone();
            more.push(client[pick.index(client.len())].clone());
            prop_assert!(matches!(choose(&client, &more), Choice::Agreed(_)));
        }

        #[test]
        fn the_servers_order_does_not_matter(client in names(), server in names()) {
            let mut turned = server.clone();
            turned.reverse();
            prop_assert_eq!(choose(&client, &server), choose(&client, &turned));
        }

        #[test]
        fn no_lists_make_it_panic(client in prop::collection::vec(".{0,3}", 0..5), server in prop::collection::vec(".{0,3}", 0..5)) {
            let _ = choose(&client, &server);
        }
    }
}
