//! Which software a server is, by its identification string, and how it is configured (`data/servers.toml`).

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::knowledge::{self, Setting};
use super::version::Version;
use crate::document::probe::Identification;

/// A server's software, recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What the data says of the software.
    pub product: &'static Product,
    /// Its version, where it tells it.
    pub version: Option<Version>,
    /// Its platform, where it tells it and the data knows it.
    pub platform: Option<&'static Platform>,
}

/// A product.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// `OpenSSH`.
    pub name: String,
    pattern: String,
    knowledge: Option<Knowledge>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    groups: Vec<SmallestGroup>,
    /// Its host keys.
    pub key: Option<KeyStore>,
    /// How its lists are set.
    pub configuration: Configuration,
    #[serde(default, rename = "platform")]
    platforms: Vec<Platform>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Knowledge {
    Openssh,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmallestGroup {
    since: Version,
    bits: u32,
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
    file: String,
    /// Where in the file, and why there.
    pub place: String,
    /// Between the names of a list.
    pub separator: String,
    kex: Option<String>,
    kex_since: Option<Version>,
    host_key: Option<String>,
    host_key_since: Option<Version>,
    cipher: Option<String>,
    mac: Option<String>,
    check: Vec<String>,
    reload: Vec<String>,
    note: Option<String>,
}

/// What is different on a platform.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// `Debian`.
    pub name: String,
    pattern: String,
    file: Option<String>,
    reload: Option<Vec<String>>,
    note: Option<String>,
}

impl Server {
    /// Recognises the software. `None`: the data does not know it.
    pub fn recognise(identification: &Identification) -> Option<Self> {
        let rest = &software_part(identification)?;
        let (product, captures) = products().iter().find_map(|known| Some((known, known.pattern.captures(rest)?)))?;
        let version = captures.name("version").map(|version| Version::from(version.as_str().to_owned()));
        let platform =
            product.platforms.iter().find(|(_, pattern)| pattern.is_match(rest)).map(|(platform, _)| *platform);
        Some(Self { product: product.product, version, platform })
    }

    /// For people: `OpenSSH 9.2p1 (Debian)`.
    pub fn title(&self) -> String {
        let mut title = self.product.name.clone();
        if let Some(version) = &self.version {
            title = format!("{title} {version}");
        }
        if let Some(platform) = self.platform {
            title = format!("{title} ({})", platform.name);
        }
        title
    }

    /// Whether this version has the algorithm, as far as the data tells; `None`: it does not.
    pub fn has(&self, setting: Setting, name: &str) -> Option<bool> {
        if self.product.lacks.iter().any(|lacking| lacking == name) {
            return Some(false);
        }
        self.product.knowledge.map(|Knowledge::Openssh| {
            knowledge::algorithm(setting, name).is_some_and(|entry| entry.in_openssh(self.version.as_ref()))
        })
    }

    /// The smallest group, in bits, that it gives in a group exchange; `None`: not known.
    pub fn smallest_group(&self) -> Option<u32> {
        let version = self.version.as_ref()?;
        self.product.groups.iter().rev().find(|group| group.since <= *version).map(|group| group.bits)
    }

    /// The file that holds the lines.
    pub fn file<'a>(&'a self, lines: &'a Lines) -> &'a str {
        self.platform.and_then(|platform| platform.file.as_deref()).unwrap_or(&lines.file)
    }

    /// The commands that check a change and load it.
    pub fn commands(&self, lines: &Lines) -> Vec<String> {
        let reload = self.platform.and_then(|platform| platform.reload.as_ref()).unwrap_or(&lines.reload);
        lines.check.iter().chain(reload).cloned().collect()
    }

    /// What else to mind on this platform.
    pub fn note<'a>(&'a self, lines: &'a Lines) -> Option<&'a str> {
        self.platform
            .and_then(|platform| platform.note.as_deref())
            .or(lines.note.as_deref())
            .filter(|note| !note.is_empty())
    }

    /// The directive of a setting, where this version has one.
    pub fn directive<'a>(&self, lines: &'a Lines, setting: Setting) -> Option<&'a str> {
        let (name, since) = match setting {
            Setting::Kex => (&lines.kex, &lines.kex_since),
            Setting::HostKey => (&lines.host_key, &lines.host_key_since),
            Setting::Cipher => (&lines.cipher, &None),
            Setting::Mac => (&lines.mac, &None),
            Setting::Compression => (&None, &None),
        };
        let too_old = since.as_ref().zip(self.version.as_ref()).is_some_and(|(since, version)| version < since);
        name.as_deref().filter(|_| !too_old)
    }
}

/// What follows `SSH-2.0-`. A saved answer may tell software and version only: then these in the form that most
/// servers write.
fn software_part(identification: &Identification) -> Option<Cow<'_, str>> {
    let Identification { raw, software, version, .. } = identification;
    if raw.is_empty() {
        return Some(Cow::Owned(format!("{}_{}", software.as_ref()?, version.as_deref().unwrap_or_default())));
    }
    raw.strip_prefix("SSH-")?.split_once('-').map(|(_, rest)| Cow::Borrowed(rest))
}

struct Known {
    product: &'static Product,
    pattern: Regex,
    platforms: Vec<(&'static Platform, Regex)>,
}

#[derive(Default, Deserialize)]
struct File {
    product: Vec<Product>,
}

fn products() -> &'static [Known] {
    // A test reads the file and compiles every pattern, so nothing is lost here.
    static FILE: LazyLock<File> =
        LazyLock::new(|| toml::from_str(include_str!("data/servers.toml")).unwrap_or_default());
    static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| FILE.product.iter().filter_map(Known::of).collect());
    &KNOWN
}

impl Known {
    fn of(product: &'static Product) -> Option<Self> {
        let platforms =
            product.platforms.iter().filter_map(|platform| Some((platform, Regex::new(&platform.pattern).ok()?)));
        Some(Self { product, pattern: Regex::new(&product.pattern).ok()?, platforms: platforms.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(raw: &str) -> Option<String> {
        Server::recognise(&Identification { raw: raw.to_owned(), ..Identification::default() })
            .map(|server| server.title())
    }

    #[test]
    fn the_file_is_read_and_every_pattern_compiles() {
        let file: File = toml::from_str(include_str!("data/servers.toml")).unwrap();
        for product in &file.product {
            Regex::new(&product.pattern).unwrap();
            product.platforms.iter().for_each(|platform| drop(Regex::new(&platform.pattern).unwrap()));
        }
        assert_eq!(file.product.len(), products().len());
    }

    #[test]
    fn servers_are_known_by_their_identification() {
        for (raw, expected) in [
            ("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7", "OpenSSH 9.2p1 (Debian)"),
            ("SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "OpenSSH 8.9p1 (Ubuntu)"),
            ("SSH-2.0-OpenSSH_9.6 FreeBSD-20240701", "OpenSSH 9.6 (FreeBSD)"),
            ("SSH-1.99-OpenSSH_4.3", "OpenSSH 4.3"),
            ("SSH-2.0-OpenSSH_6.6.1p1", "OpenSSH 6.6.1p1"),
            ("SSH-2.0-OpenSSH_for_Windows_9.5", "OpenSSH for Windows 9.5"),
            ("SSH-2.0-dropbear_2022.83", "Dropbear 2022.83"),
            ("SSH-2.0-dropbear", "Dropbear"),
            ("SSH-2.0-tinyssh_20230101 XNGJK6xY", "tinyssh 20230101"),
            ("SSH-2.0-mod_sftp/0.9.9", "ProFTPD mod_sftp 0.9.9"),
            ("SSH-2.0-mod_sftp", "ProFTPD mod_sftp"),
            ("SSH-2.0-libssh_0.9.6", "libssh 0.9.6"),
            (
                "SSH-2.0-9.99 FlowSsh: Bitvise SSH Server (WinSSHD) 9.99: free only for personal non-commercial use",
                "Bitvise SSH Server 9.99",
            ),
            ("SSH-2.0-1.36_sshlib Globalscape", "Globalscape EFT"),
            ("SSH-2.0-CerberusFTPServer_12.0 FIPS", "Cerberus FTP Server 12.0"),
            ("SSH-2.0-CompleteFTP_13.0.0", "CompleteFTP 13.0.0"),
            ("SSH-2.0-srtSSHServer_11.00", "Titan SFTP Server 11.00"),
            ("SSH-2.0-Serv-U_15.3.1", "Serv-U 15.3.1"),
            ("SSH-2.0-AWS_SFTP_1.1", "AWS Transfer Family 1.1"),
            ("SSH-2.0-AzureSSH_1.0.0", "Azure Blob Storage SFTP 1.0.0"),
            ("SSH-2.0-APACHE-SSHD-2.8.0", "Apache MINA SSHD"),
            ("SSH-2.0-SSHD-CORE-0.9.0", "Apache MINA SSHD 0.9.0"),
            ("SSH-2.0-Go", "Go x/crypto/ssh"),
            ("SSH-2.0-GoAnywhere7.4.1", "GoAnywhere MFT 7.4.1"),
            ("SSH-2.0-WS_FTP-SSH_8.6.1", "WS_FTP Server 8.6.1"),
            ("SSH-2.0-VShell_4_6_1 VShell", "VShell 4_6_1"),
            ("SSH-2.0-Cisco-1.25", "Cisco IOS 1.25"),
        ] {
            assert_eq!(title(raw).as_deref(), Some(expected), "{raw}");
        }
        assert_eq!(title("SSH-2.0-Nobody_1.0"), None);
        assert_eq!(title("HTTP/1.1 400"), None);
    }

    #[test]
    fn openssh_gives_no_group_below_2048_bits_since_7_3() {
        let bits = |raw: &str| {
            let identification = Identification { raw: raw.to_owned(), ..Identification::default() };
            Server::recognise(&identification).and_then(|server| server.smallest_group())
        };
        assert_eq!(bits("SSH-2.0-OpenSSH_7.2p2"), Some(1024));
        assert_eq!(bits("SSH-2.0-OpenSSH_10.0"), Some(2048));
        assert_eq!(bits("SSH-2.0-dropbear"), None);
    }

    #[test]
    fn software_and_version_alone_are_enough_to_recognise_it() {
        let told = Identification {
            software: Some("OpenSSH".into()),
            version: Some("9.2p1".into()),
            ..Identification::default()
        };
        assert_eq!(Server::recognise(&told).unwrap().title(), "OpenSSH 9.2p1");
        assert!(Server::recognise(&Identification::default()).is_none());
    }
}
