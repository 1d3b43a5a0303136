//! The table of server products (`data/servers.toml`): all that is known of each, in one place.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Deserialize;

use super::version::Version;
use crate::tables;

/// A product.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name in this project.
    pub id: String,
    /// Its name for people: `ProFTPD mod_sftp`.
    pub title: String,
    software: Option<String>,
    identification: Vec<String>,
    #[serde(default)]
    nmap: Vec<String>,
    pub(super) knowledge: Option<Knowledge>,
    #[serde(default)]
    pub(super) lacks: Vec<String>,
    pub(super) lacks_before: Option<LacksBefore>,
    #[serde(default)]
    pub(super) groups: Vec<SmallestGroup>,
    /// How password logins are allowed; `None`: the data does not tell.
    pub password: Option<PasswordLogin>,
    /// Its host keys.
    pub key: Option<KeyStore>,
    /// How its lists are set.
    pub configuration: Configuration,
    #[serde(default, rename = "platform")]
    platforms: Vec<Platform>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Knowledge {
    Openssh,
}

/// What the releases before one lack.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LacksBefore {
    pub version: Version,
    pub algorithms: Vec<String>,
    pub upgrade: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmallestGroup {
    pub since: Version,
    pub bits: u32,
}

/// Where a product has its host keys, and how one is made.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStore {
    folder: String,
    /// The folder as the directive writes it, where that differs.
    directive_folder: Option<String>,
    #[serde(default = "openssh_key_file")]
    file: String,
    /// The directive that names a key file.
    pub directive: Option<String>,
    make: String,
    /// The command that lists the keys in use.
    pub list: Option<String>,
    /// The commands after which a key that was made is used, where no directive is needed.
    #[serde(default)]
    pub reload: Vec<String>,
}

fn openssh_key_file() -> String {
    "ssh_host_{kind}_key".to_owned()
}

/// A host key's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// As a shell takes it.
    pub path: String,
    /// As the directive takes it.
    pub written: String,
}

impl KeyStore {
    /// The file of a key; `key` is `ssh-keygen`'s type and size (`rsa -b 3072`). `own` asks for a name with the
    /// size in it, as the type's usual file holds a key of another size.
    pub fn file(&self, key: &str, own: bool) -> KeyFile {
        let kind = key.split(' ').next().unwrap_or(key);
        let size = key.rsplit(' ').next().unwrap_or(key);
        let kind = if own { format!("{kind}{size}") } else { kind.to_owned() };
        let name = self.file.replace("{kind}", &kind);
        let written = self.directive_folder.as_ref().unwrap_or(&self.folder);
        KeyFile { path: format!("{}{name}", self.folder), written: format!("{written}{name}") }
    }

    /// The command that makes a key.
    pub fn make(&self, key: &str, file: &KeyFile) -> String {
        let kind = key.split(' ').next().unwrap_or(key);
        self.make.replace("{type}", key).replace("{kind}", kind).replace("{file}", &file.path)
    }
}

/// How a product is made to take passwords.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordLogin {
    /// A line for its configuration's file.
    Line(String),
    /// In words.
    Steps(String),
}

/// How a product's lists are set.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Configuration {
    /// By directives in a file.
    Lines(Box<Lines>),
    /// In its administration.
    Words {
        /// Where.
        place: String,
        /// What to do there, "it" being the algorithm.
        steps: String,
    },
    /// Not at all.
    Fixed {
        /// Why, and what to do instead.
        reason: String,
    },
}

/// Directives in a file.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Lines {
    pub(super) file: String,
    /// Where in the file, and why there.
    pub place: String,
    /// Between the names of a list.
    pub separator: String,
    pub(super) kex: Option<String>,
    pub(super) kex_since: Option<Version>,
    pub(super) host_key: Option<String>,
    pub(super) host_key_since: Option<Version>,
    pub(super) cipher: Option<String>,
    pub(super) mac: Option<String>,
    pub(super) check: Vec<String>,
    pub(super) reload: Vec<String>,
    pub(super) note: Option<String>,
}

/// What is different on a platform.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// `Debian`.
    pub name: String,
    pattern: String,
    pub(super) file: Option<String>,
    pub(super) reload: Option<Vec<String>>,
    pub(super) note: Option<String>,
}

impl Product {
    /// What its identification string calls it.
    pub fn software(&self) -> &str {
        self.software.as_deref().unwrap_or(&self.title)
    }
}

/// A product found in an identification string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'t> {
    pub product: &'static Product,
    /// Its name in the string, where it is not the first word.
    pub software: Option<&'t str>,
    /// Its version, where it tells it.
    pub version: Option<&'t str>,
    /// Its platform, where it tells it and the table knows it.
    pub platform: Option<&'static Platform>,
    /// What of the string names the product and its version: no secret.
    pub span: Range<usize>,
}

/// Finds the product that an identification string names; `text` is what follows `SSH-2.0-`.
pub fn by_identification(text: &str) -> Option<Match<'_>> {
    let (known, found) = products().iter().find_map(|known| Some((known, known.captures(text)?)))?;
    let group = |name| found.name(name).map(|part| part.as_str());
    let platform = known.platform(text);
    let span = found.get(0).map_or(0..0, |whole| whole.range());
    Some(Match { product: known.product, software: group("software"), version: group("version"), platform, span })
}

/// Finds the platform that a server's comments name.
pub fn platform(product: &Product, comments: &str) -> Option<&'static Platform> {
    products().iter().find(|known| known.product.id == product.id)?.platform(comments)
}

/// Finds a product by the name that nmap's service detection gives it.
pub fn by_nmap(name: &str) -> Option<&'static Product> {
    products().iter().map(|known| known.product).find(|product| product.nmap.iter().any(|known| known == name))
}

/// Finds a product by any of its names: where an answer tells no identification string.
pub fn by_name(name: &str) -> Option<&'static Product> {
    let is_it = |product: &&Product| product.software() == name || product.title == name;
    products().iter().map(|known| known.product).find(is_it).or_else(|| by_nmap(name))
}

/// nmap's names that `text` begins with: the longest one, with its product.
pub fn nmap_name_at_start(text: &str) -> Option<&'static str> {
    let names = products().iter().flat_map(|known| &known.product.nmap);
    let ends = |name: &str| text.get(name.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    names.filter(|name| text.starts_with(name.as_str()) && ends(name)).max_by_key(|name| name.len()).map(String::as_str)
}

/// The names of products and platforms that an identification string may hold.
pub fn public_names() -> impl Iterator<Item = &'static str> {
    let platforms = products().iter().flat_map(|known| known.platforms.iter().map(|(platform, _)| &platform.name));
    let names = products().iter().flat_map(|known| [known.product.software(), &known.product.title]);
    names.chain(platforms.map(String::as_str))
}

struct Known {
    product: &'static Product,
    identification: Vec<Regex>,
    platforms: Vec<(&'static Platform, Regex)>,
}

#[derive(Deserialize)]
struct File {
    product: Vec<Product>,
}

fn products() -> &'static [Known] {
    static FILE: LazyLock<File> = LazyLock::new(|| tables::toml(include_str!("../../data/servers.toml")));
    static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| FILE.product.iter().map(Known::of).collect());
    &KNOWN
}

impl Known {
    fn of(product: &'static Product) -> Self {
        let platforms =
            product.platforms.iter().filter_map(|platform| Some((platform, Regex::new(&platform.pattern).ok()?)));
        let identification = product.identification.iter().filter_map(|pattern| Regex::new(pattern).ok());
        Self { product, identification: identification.collect(), platforms: platforms.collect() }
    }

    fn platform(&self, text: &str) -> Option<&'static Platform> {
        self.platforms.iter().find(|(_, pattern)| pattern.is_match(text)).map(|(platform, _)| *platform)
    }

    fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.identification.iter().find_map(|pattern| pattern.captures(text))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_read_and_every_pattern_compiles() {
        let file: File = tables::toml(include_str!("../../data/servers.toml"));
        for product in &file.product {
            product.identification.iter().for_each(|pattern| drop(Regex::new(pattern).unwrap()));
            product.platforms.iter().for_each(|platform| drop(Regex::new(&platform.pattern).unwrap()));
        }
        assert_eq!(file.product.len(), products().len());
    }

    #[test]
    fn no_two_products_share_an_id_or_a_name() {
        let mut ids = HashSet::new();
        let mut names = HashSet::new();
        for Known { product, .. } in products() {
            assert!(ids.insert(&product.id), "{}", product.id);
            let all: HashSet<&str> =
                product.nmap.iter().map(String::as_str).chain([product.software(), &product.title]).collect();
            for name in all {
                assert!(names.insert(name.to_owned()), "{name}");
                assert_eq!(by_name(name), Some(*product), "{name}");
            }
        }
    }

    #[test]
    fn the_longest_of_nmaps_names_is_taken() {
        assert_eq!(nmap_name_at_start("VanDyke VShell sshd 4.6.1 (protocol 2.0)"), Some("VanDyke VShell sshd"));
        assert_eq!(nmap_name_at_start("Cisco SSH 1.25 (protocol 2.0)"), Some("Cisco SSH"));
        assert_eq!(nmap_name_at_start("OpenSSHX 1"), None);
    }
}
