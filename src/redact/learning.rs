//! Names that a document's fields hold, learnt so that they are found in texts.

use super::public::{host_of, is_file, is_number, is_ordinary_word, is_public, is_public_remark};
use super::tokens::{Kind, Tokens};
use super::vocabulary;
use crate::model::delivery_file::DeliveryFile;

/// Learns a field's name, so that it is found in texts.
pub(super) fn learn_name(kind: Kind, name: &str, tokens: &mut Tokens) {
    match kind {
        Kind::Host if is_public(name) => {}
        Kind::Host if is_file(name) => learn_name(Kind::File, name.split('#').next().unwrap_or(name), tokens),
        Kind::Host => {
            tokens.known(Kind::Host, host_of(name).0);
        }
        // A node's number stands in texts for anything; files are known by their form.
        Kind::Node => {}
        Kind::File if name == "-" => {}
        Kind::File => match DeliveryFile::parse(name) {
            Some(file) => drop(tokens.known(Kind::Cluster, file.cluster)),
            None if is_ordinary_word(name) => {}
            None => drop(tokens.known(Kind::File, name)),
        },
        // An account called `cdr` would take the word out of every sentence. A field of it is replaced all the same.
        Kind::User if vocabulary::knows(name) => {}
        kind => drop(tokens.known(kind, name)),
    }
}

/// Learns what a server says of itself, where that is not a product's or a distribution's name.
pub(super) fn learn_remark(text: &str, tokens: &mut Tokens) {
    if !is_public_remark(text) && !is_number(text) {
        tokens.known(Kind::Remark, text);
    }
}

/// Learns an algorithm that is none of SSH's, and whose it is.
pub(super) fn learn_algorithm(name: &str, tokens: &mut Tokens) {
    if vocabulary::is_algorithm(name) {
        return;
    }
    tokens.known(Kind::Algorithm, name);
    if let Some((_, domain)) = name.split_once('@').filter(|(_, domain)| !is_public(domain)) {
        tokens.known(Kind::Host, domain);
    }
}
