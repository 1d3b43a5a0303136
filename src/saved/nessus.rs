//! The text of Nessus' plugin 70657, "SSH Algorithms and Languages Supported". It sorts the names, so their order is not
//! known; which of the server's algorithms CUCM takes depends on the client's order alone (RFC 4253, section 7.1).

use super::SavedServer;
use crate::model::offer::{Category, Offer};

const HEAD: &str = "The server supports the following options for ";

/// What to say of such an answer.
const NOTE: &str = "Nessus sorts the names, so the server's own order is unknown";

/// Names as in RFC 4253, section 7.1; a list that is the same in both directions is printed under each.
const KEYS: [(&str, Category); 10] = [
    ("kex_algorithms", Category::Kex),
    ("server_host_key_algorithms", Category::HostKey),
    ("encryption_algorithms_client_to_server", Category::CipherC2s),
    ("encryption_algorithms_server_to_client", Category::CipherS2c),
    ("mac_algorithms_client_to_server", Category::MacC2s),
    ("mac_algorithms_server_to_client", Category::MacS2c),
    ("compression_algorithms_client_to_server", Category::CompressionC2s),
    ("compression_algorithms_server_to_client", Category::CompressionS2c),
    ("languages_client_to_server", Category::LanguageC2s),
    ("languages_server_to_client", Category::LanguageS2c),
];

pub(super) fn is_it(text: &str) -> bool {
    text.contains(HEAD)
}

/// The server. A second part of a whole report, for another host, begins where a list comes again.
pub(super) fn servers(text: &str) -> Vec<SavedServer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut open: Option<(Category, Vec<String>)> = None;
    for line in text.lines().chain([HEAD]) {
        let line = line.trim().trim_start_matches('>').trim();
        if let Some((_, key)) = line.split_once(HEAD).or((line == HEAD.trim()).then_some(("", ""))) {
            if let Some((category, names)) = open.take() {
                set(&mut offers, category, names);
            }
            let key = key.trim_end_matches([':', ' ']);
            open = KEYS.into_iter().find(|(known, _)| *known == key).map(|(_, category)| (category, Vec::new()));
        } else if let Some((category, mut names)) = open.take() {
            match line {
                "" => open = Some((category, names)),
                name if is_name(name) => {
                    names.push(name.to_owned());
                    open = Some((category, names));
                }
                _ => set(&mut offers, category, names),
            }
        }
    }
    let count = offers.len();
    offers.into_iter().enumerate().map(|(index, offer)| server(offer, index, count)).collect()
}

fn set(offers: &mut Vec<Offer>, category: Category, names: Vec<String>) {
    if offers.last().is_none_or(|offer| offer.get(category).is_some()) {
        offers.push(Offer::default());
    }
    if let Some(offer) = offers.last_mut() {
        offer.set(category, names);
    }
}

fn is_name(line: &str) -> bool {
    !line.is_empty() && !line.contains(char::is_whitespace)
}

fn server(offer: Offer, index: usize, count: usize) -> SavedServer {
    let name = if count == 1 { "an unnamed server".to_owned() } else { (index + 1).to_string() };
    SavedServer { name, offer: Some(offer), notes: vec![NOTE.to_owned()], ..SavedServer::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Nessus negotiated the following encryption algorithm with the server : aes128-cbc\n\n\
        The server supports the following options for kex_algorithms : \n\n  diffie-hellman-group1-sha1\n  diffie-hellman-group14-sha1\n\n\
        The server supports the following options for encryption_algorithms_client_to_server : \n\n  aes128-ctr\n\n\
        The server supports the following options for compression_algorithms_client_to_server : \n\n  none\n\nAnother finding follows\nhere\n";

    #[test]
    fn its_lists_are_read_and_their_order_is_told_to_be_unknown() {
        let server = servers(REPORT).remove(0);
        let offer = server.offer.unwrap();
        assert_eq!(offer.kex.unwrap(), ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1"]);
        assert_eq!((offer.compression_c2s.unwrap(), offer.cipher_s2c), (vec!["none".to_owned()], None));
        assert_eq!(server.notes, [NOTE]);
        assert_eq!(
            servers(&REPORT.repeat(2)).iter().map(|server| server.name.as_str()).collect::<Vec<_>>(),
            ["1", "2"]
        );
    }
}
