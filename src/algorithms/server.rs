//! Which software a server is, by its identification string, and what that means for its lists.

use super::knowledge;
use super::products::{self, Knowledge};
pub use super::products::{Configuration, Lines, Platform, Product};
use super::version::Version;
use crate::document::probe::Identification;
use crate::model::offer::Setting;

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

impl Server {
    /// Recognises the software. `None`: the data does not know it.
    pub fn recognise(identification: &Identification) -> Option<Self> {
        if identification.raw.is_empty() {
            return Self::of_parts(identification);
        }
        let (_, text) = identification.raw.strip_prefix("SSH-")?.split_once('-')?;
        let found = products::by_identification(text)?;
        let version = found.version.map(|version| Version::from(version.to_owned()));
        Some(Self { product: found.product, version, platform: found.platform })
    }

    /// A saved answer may tell software and version only: by its name, else in the form that most servers write.
    fn of_parts(Identification { software, version, comments, .. }: &Identification) -> Option<Self> {
        let (software, version) = (software.as_deref()?, version.as_deref());
        let product = products::by_name(software).or_else(|| {
            let usual = format!("{software}_{}", version.unwrap_or_default());
            products::by_identification(&usual).map(|found| found.product)
        })?;
        let platform = products::platform(product, comments.as_deref().unwrap_or_default());
        Some(Self { product, version: version.map(|version| Version::from(version.to_owned())), platform })
    }

    /// For people: `OpenSSH 9.2p1 (Debian)`.
    pub fn title(&self) -> String {
        let mut title = self.product.title.clone();
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
        if self.product.lacks.iter().any(|lacking| lacking == name) || self.upgrade_for(name).is_some() {
            return Some(false);
        }
        self.product.knowledge.map(|Knowledge::Openssh| {
            knowledge::algorithm(setting, name).is_some_and(|entry| entry.in_openssh(self.version.as_ref()))
        })
    }

    /// What to install where this release lacks the algorithm and a later one has it.
    pub fn upgrade_for(&self, name: &str) -> Option<&'static str> {
        let lacks = self.product.lacks_before.as_ref()?;
        let is_older = self.version.as_ref().is_some_and(|version| *version < lacks.version);
        (is_older && lacks.algorithms.iter().any(|lacking| lacking == name)).then_some(&lacks.upgrade)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn title(raw: &str) -> Option<String> {
        Server::recognise(&Identification { raw: raw.to_owned(), ..Identification::default() })
            .map(|server| server.title())
    }

    #[test]
    fn servers_are_known_by_their_identification() {
        let rows = include_str!("../../fixtures/identifications.tsv").lines().filter(|row| !row.starts_with('#'));
        for row in rows {
            let (raw, expected) = row.split_once('\t').unwrap();
            assert_eq!(title(raw).as_deref().unwrap_or("unknown"), expected, "{raw}");
        }
    }

    #[test]
    fn nmaps_names_lead_to_the_product() {
        let rows = include_str!("../../fixtures/nmap-products.tsv").lines().filter(|row| !row.starts_with('#'));
        for row in rows {
            let (name, expected) = row.split_once('\t').unwrap();
            let told = Identification { software: Some(name.to_owned()), ..Identification::default() };
            assert_eq!(Server::recognise(&told).map(|server| server.title()).as_deref(), Some(expected), "{name}");
        }
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
