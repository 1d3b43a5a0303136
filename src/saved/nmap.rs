//! What both of nmap's forms have in common: the keys of its script `ssh2-enum-algos`, and its service detection.

use crate::algorithms::products::{self, Product};
use crate::document::probe::Identification;
use crate::model::offer::{Category, Offer};

/// The script's name.
pub(super) const SCRIPT: &str = "ssh2-enum-algos";

/// Which lists a key of the script's stands for. The script compares the two directions as text and merges them
/// only when they are equal, order included (`combine_types` in `ssh2-enum-algos.nse`), so a merged list is truly
/// known for both. It never tells languages and the flag.
const KEYS: [(&str, &[Category]); 11] = [
    ("kex_algorithms", &[Category::Kex]),
    ("server_host_key_algorithms", &[Category::HostKey]),
    ("encryption_algorithms", &[Category::CipherC2s, Category::CipherS2c]),
    ("encryption_algorithms_client_to_server", &[Category::CipherC2s]),
    ("encryption_algorithms_server_to_client", &[Category::CipherS2c]),
    ("mac_algorithms", &[Category::MacC2s, Category::MacS2c]),
    ("mac_algorithms_client_to_server", &[Category::MacC2s]),
    ("mac_algorithms_server_to_client", &[Category::MacS2c]),
    ("compression_algorithms", &[Category::CompressionC2s, Category::CompressionS2c]),
    ("compression_algorithms_client_to_server", &[Category::CompressionC2s]),
    ("compression_algorithms_server_to_client", &[Category::CompressionS2c]),
];

/// Puts a list where its key says.
pub(super) fn set(offer: &mut Offer, key: &str, names: &[String]) {
    let categories = KEYS.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, categories)| categories);
    for category in categories {
        offer.set(*category, names.to_vec());
    }
}

/// The identification string out of the script `banner`. It prints what came at once on one line, escaped as
/// `\\x0D`, and cuts it where the line is full; then the string is not known whole.
pub(super) fn identification_of_banner(banner: &str) -> Option<Identification> {
    let end = ["\\x0D", "\\x0A"].iter().filter_map(|line_end| banner.find(line_end)).min();
    match end.and_then(|end| banner.get(..end)) {
        Some(whole) => super::identification(whole),
        None if banner.trim_end().ends_with("...") => None,
        None => super::identification(banner.trim()),
    }
}

/// What `-sV` found out. It rewrites the comments, so these and the raw string stay unknown.
pub(super) fn identification_of_service(product: &str, version: &str, extra: &str) -> Option<Identification> {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let version = version.split_whitespace().next().unwrap_or_default();
    // nmap counts this part of the software's name to its version.
    let (software, version) = match version.strip_prefix("for_Windows_") {
        Some(version) if product == "OpenSSH" => ("OpenSSH_for_Windows", version),
        _ => (products::by_nmap(product).map_or(product, Product::software), version),
    };
    Some(Identification {
        raw: String::new(),
        protocol: extra.split("protocol ").nth(1).and_then(|rest| known(rest.split([')', ';']).next()?.trim())),
        software: Some(known(software)?),
        version: known(version),
        comments: None,
        preceding_lines: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nmaps_names_of_products_lead_to_the_softwares_own() {
        let software = |product, version| {
            let found = identification_of_service(product, version, "protocol 2.0; free").unwrap();
            (found.software.unwrap(), found.version, found.protocol)
        };
        let found = |name: &str, version: &str| (name.to_owned(), Some(version.to_owned()), Some("2.0".to_owned()));
        assert_eq!(software("Dropbear sshd", "2022.83"), found("dropbear", "2022.83"));
        assert_eq!(software("OpenSSH", "for_Windows_8.1"), found("OpenSSH_for_Windows", "8.1"));
        assert_eq!(software("OpenSSH", "9.2p1 Debian 2"), found("OpenSSH", "9.2p1"));
        assert_eq!(identification_of_service("", "", "protocol 2.0"), None);
    }

    #[test]
    fn a_banner_counts_when_its_line_is_whole() {
        let raw = |banner| Some(identification_of_banner(banner)?.raw);
        assert_eq!(
            raw("SSH-2.0-dropbear_2022.83\\x0D\\x0A\\x00\\x00\\x01...").as_deref(),
            Some("SSH-2.0-dropbear_2022.83")
        );
        assert_eq!(raw("SSH-2.0-x a b").as_deref(), Some("SSH-2.0-x a b"));
        assert_eq!(raw("SSH-2.0-x a..."), None);
        assert_eq!(raw("220 ftp"), None);
    }
}
