//! nmap's reading of an offer, by its script `ssh2-enum-algos`.

use std::net::SocketAddr;
use std::process::Command;

use cdrdiag::model::offer::{Category, Offer};

use super::parts::program;
use super::process::succeed;

/// nmap's tables with the categories that each stands for. It prints one table for both directions where they
/// are equal, else one for each.
const TABLES: [(&str, &[Category]); 8] = [
    ("kex_algorithms", &[Category::Kex]),
    ("server_host_key_algorithms", &[Category::HostKey]),
    ("encryption_algorithms", &[Category::CipherC2s, Category::CipherS2c]),
    ("encryption_algorithms_client_to_server", &[Category::CipherC2s]),
    ("encryption_algorithms_server_to_client", &[Category::CipherS2c]),
    ("mac_algorithms", &[Category::MacC2s, Category::MacS2c]),
    ("compression_algorithms", &[Category::CompressionC2s, Category::CompressionS2c]),
    ("languages", &[Category::LanguageC2s, Category::LanguageS2c]),
];

/// What nmap reads at this address. A category that it does not print is unknown.
pub fn offer(address: SocketAddr) -> Offer {
    let mut nmap = Command::new(program("nmap").unwrap());
    // The `+` makes the script run on whatever port this is.
    nmap.args(["-Pn", "-n", "--script", "+ssh2-enum-algos", "-oX", "-", "-p"]);
    let output = succeed(nmap.arg(address.port().to_string()).arg(address.ip().to_string()));
    parse(&String::from_utf8(output.stdout).unwrap())
}

fn parse(xml: &str) -> Offer {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(xml, options).unwrap();
    let mut offer = Offer::default();
    for table in document.descendants().filter(|node| node.has_tag_name("table")) {
        let key = table.attribute("key").expect("a table has a key");
        let (_, categories) = TABLES.iter().find(|(name, _)| *name == key).expect("a table that is known");
        let names = table.children().filter(|node| node.has_tag_name("elem"));
        let names: Vec<String> = names.map(|node| node.text().unwrap_or_default().to_owned()).collect();
        for category in *categories {
            offer.set(*category, names.clone());
        }
    }
    assert!(offer.kex.is_some(), "nmap read no offer: {xml}");
    offer
}
