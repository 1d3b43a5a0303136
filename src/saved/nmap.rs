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
    for category in categories(key) {
        offer.set(*category, names.to_vec());
    }
}

fn categories(key: &str) -> &'static [Category] {
    KEYS.iter().find(|(known, _)| *known == key).map_or(&[], |(_, categories)| categories)
}

/// Reads what the script prints for people, line by line, however it is indented.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The lists that are whole.
    pub offer: Offer,
    /// Lists of which not every name is there: name, how many there are, how many nmap counted.
    pub cut: Vec<(String, usize, usize)>,
    open: Option<List>,
}

/// A list under way.
#[derive(Debug)]
struct List {
    key: String,
    count: usize,
    names: Vec<String>,
}

impl Lists {
    /// Takes a line of the script's output, without what stands before it.
    pub fn line(&mut self, text: &str) {
        if let Some((key, count)) = head(text) {
            self.finish();
            self.open = Some(List { key: key.to_owned(), count, names: Vec::new() });
        } else if let Some(list) = self.open.as_mut().filter(|_| !text.is_empty()) {
            list.names.push(text.to_owned());
        }
    }

    /// Ends the list under way. It counts only when it holds as many names as nmap counted: without `-v` older releases
    /// write the number alone, and people shorten what they mail.
    pub fn finish(&mut self) {
        let Some(list) = self.open.take() else { return };
        if list.names.len() == list.count {
            set(&mut self.offer, &list.key, &list.names);
        } else {
            self.cut.push((list.key, list.names.len(), list.count));
        }
    }

    /// Whether nmap printed numbers and no name at all.
    pub fn is_counts_only(&self) -> bool {
        let no_name =
            Category::ALL.into_iter().all(|category| self.offer.get(category).is_none_or(<[String]>::is_empty));
        no_name && !self.cut.is_empty() && self.cut.iter().all(|(_, names, _)| *names == 0)
    }

    /// What to say of lists that are not whole.
    pub fn notes(&self) -> Vec<String> {
        let note = |(key, names, count): &(String, usize, usize)| {
            format!("{key} has {names} names where nmap counted {count}, so that list is unknown")
        };
        self.cut.iter().map(note).collect()
    }
}

/// `kex_algorithms: (12)`, as a list's name and length; older releases write no colon.
pub(super) fn head(text: &str) -> Option<(&str, usize)> {
    let (key, rest) = text.split_once('(')?;
    let key = key.trim_end().trim_end_matches(':');
    let count = rest.trim_end().strip_suffix(')')?.parse().ok()?;
    (!categories(key).is_empty()).then_some((key, count))
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

/// The identification that nmap's normal output tells of a service, `OpenSSH 9.2p1 Debian 2+deb12u7 (protocol 2.0)`: of
/// a product that the table knows also without version.
pub(super) fn identification_of_line(service: &str) -> Option<Identification> {
    let service = service.trim();
    let product = products::nmap_name_at_start(service).unwrap_or_else(|| name_before_version(service));
    let rest = service.get(product.len()..).unwrap_or_default().trim_start();
    let (version, extra) = rest.split_once('(').unwrap_or((rest, ""));
    let version = if version.starts_with(|c: char| c.is_ascii_alphanumeric()) { version } else { "" };
    identification_of_service(product, version, extra)
}

/// The words before the first that holds a digit or a bracket.
fn name_before_version(service: &str) -> &str {
    let end = |word: &str| word.starts_with('(') || word.contains(|c: char| c.is_ascii_digit());
    let mut length = 0;
    for word in service.split_inclusive(' ') {
        if end(word) {
            break;
        }
        length += word.len();
    }
    service.get(..length).unwrap_or_default().trim_end()
}

/// What `-sV` found out. It puts the comments behind the version and changes their marks (`Ubuntu 4ubuntu0.2`), so the raw
/// string stays unknown.
pub(super) fn identification_of_service(product: &str, version: &str, extra: &str) -> Option<Identification> {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (version, comments) = version.trim().split_once(' ').unwrap_or((version.trim(), ""));
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
        comments: known(comments.trim()),
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
