//! What gives nobody away: public names, products, the system's own paths; and what a name is made of.

use std::sync::LazyLock;

use super::vocabulary;
use crate::algorithms::products;
use crate::tables;

/// Endings of files that a program's own messages name: `FtpManager.java`, `sshd.conf`.
const ENDINGS: [&str; 14] =
    ["java", "log", "conf", "txt", "gz", "zip", "xml", "json", "toml", "nmap", "service", "md", "html", "ini"];

static PUBLIC: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| tables::lines(include_str!("../../data/public_names.txt")).collect());
static REMARKS: LazyLock<Vec<&'static str>> = LazyLock::new(|| products::public_names().collect());

static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| tables::lines(include_str!("../../data/ordinary_words.txt")).collect());

pub(super) fn is_public(name: &str) -> bool {
    PUBLIC.iter().any(|public| public.eq_ignore_ascii_case(name.trim_end_matches('.')))
        || name.to_lowercase().ends_with(".cisco.com")
}

/// A program's or the system's own path, no part of which anybody chose.
pub(super) fn is_public_path(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    PUBLIC.iter().any(|public| public.starts_with('/') && path.starts_with(public))
        && parts.all(|part| part == "*" || vocabulary::knows(part))
}

/// A word of cdrdiag's own sentences, which gives nobody away: a folder of that name has its token where it stands as a
/// field or in a path, and the word stays in the sentences.
pub(super) fn is_ordinary_word(name: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// A saved answer in the place of a server.
pub(super) fn is_file(name: &str) -> bool {
    let path = name.split('#').next().unwrap_or_default();
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    name.contains(['/', '\\', '#']) || ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// A host and what follows it: `[::1]:22` is `::1` and `:22`.
pub(super) fn host_of(name: &str) -> (&str, &str) {
    if let Some((host, port)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, port);
    }
    match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && is_number(port) => (host, &name[host.len()..]),
        _ => (name, ""),
    }
}

pub(super) fn is_public_remark(text: &str) -> bool {
    let begins = |public: &&str| text.get(..public.len()).is_some_and(|head| head.eq_ignore_ascii_case(public));
    let form = |c: char| c.is_ascii_alphanumeric() || "_-.+~".contains(c);
    // A version follows, and nothing that could be a name.
    let rest = |public: &&str| {
        text[public.len()..].split(|c: char| !c.is_ascii_alphabetic()).all(|word| {
            word.is_empty() || vocabulary::knows(word) || REMARKS.iter().any(|known| known.eq_ignore_ascii_case(word))
        })
    };
    let is_product = products::by_identification(text).is_some_and(|product| product.span == (0..text.len()));
    text.is_empty()
        || is_product
        || REMARKS.contains(&text)
        || (text.chars().all(form) && REMARKS.iter().any(|public| begins(public) && rest(public)))
}

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".p-_".contains(c))
}

/// The parts of an identification string that a server chooses: software with version, and comments; of a product that
/// is known, what stands around it.
pub(super) fn identification_parts(raw: &str) -> Vec<&str> {
    let rest = raw.split_once('-').and_then(|(_, rest)| rest.split_once('-')).map_or(raw, |(_, rest)| rest);
    let (first, second) = match products::by_identification(rest) {
        Some(product) => (&rest[..product.span.start], &rest[product.span.end..]),
        None => rest.split_once(' ').unwrap_or((rest, "")),
    };
    [first.trim(), second.trim()].into_iter().filter(|part| !part.is_empty()).collect()
}
