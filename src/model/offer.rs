//! An offer: one side's algorithm lists, as KEXINIT carries them (RFC 4253, section 7.1).
//!
//! One type serves every origin: the wire, a trace, a saved answer, a profile. Where an origin does not tell a
//! list, that list is `None`: unknown, which is not the same as empty.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of KEXINIT's ten name-lists, named as everywhere in cdrdiag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Key exchange methods.
    Kex,
    /// Host key (signature) algorithms.
    HostKey,
    /// Ciphers, client to server.
    CipherC2s,
    /// Ciphers, server to client.
    CipherS2c,
    /// MACs, client to server.
    MacC2s,
    /// MACs, server to client.
    MacS2c,
    /// Compression, client to server.
    CompressionC2s,
    /// Compression, server to client.
    CompressionS2c,
    /// Languages, client to server.
    LanguageC2s,
    /// Languages, server to client.
    LanguageS2c,
}

impl Category {
    /// All ten, in KEXINIT's order.
    pub const ALL: [Self; 10] = [
        Self::Kex,
        Self::HostKey,
        Self::CipherC2s,
        Self::CipherS2c,
        Self::MacC2s,
        Self::MacS2c,
        Self::CompressionC2s,
        Self::CompressionS2c,
        Self::LanguageC2s,
        Self::LanguageS2c,
    ];

    /// The eight in which both sides must have an algorithm in common. Languages need not match.
    pub const NEGOTIATED: [Self; 8] = [
        Self::Kex,
        Self::HostKey,
        Self::CipherC2s,
        Self::CipherS2c,
        Self::MacC2s,
        Self::MacS2c,
        Self::CompressionC2s,
        Self::CompressionS2c,
    ];

    /// The name in JSON and in profiles: `cipher_c2s`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kex => "kex",
            Self::HostKey => "host_key",
            Self::CipherC2s => "cipher_c2s",
            Self::CipherS2c => "cipher_s2c",
            Self::MacC2s => "mac_c2s",
            Self::MacS2c => "mac_s2c",
            Self::CompressionC2s => "compression_c2s",
            Self::CompressionS2c => "compression_s2c",
            Self::LanguageC2s => "language_c2s",
            Self::LanguageS2c => "language_s2c",
        }
    }

    /// The name for people: `cipher (client to server)`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kex => "key exchange",
            Self::HostKey => "host key",
            Self::CipherC2s => "cipher (client to server)",
            Self::CipherS2c => "cipher (server to client)",
            Self::MacC2s => "MAC (client to server)",
            Self::MacS2c => "MAC (server to client)",
            Self::CompressionC2s => "compression (client to server)",
            Self::CompressionS2c => "compression (server to client)",
            Self::LanguageC2s => "language (client to server)",
            Self::LanguageS2c => "language (server to client)",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|category| category.name() == name).ok_or_else(|| UnknownCategory(name.to_owned()))
    }
}

/// A name that is none of the ten categories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a category: take one of kex, host_key, cipher_c2s, cipher_s2c, mac_c2s, mac_s2c, compression_c2s, compression_s2c, language_c2s, language_s2c"
)]
pub struct UnknownCategory(String);

/// What is configured together: both directions of a cipher share one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Key exchange methods.
    Kex,
    /// Host key algorithms.
    HostKey,
    /// Ciphers.
    Cipher,
    /// MACs.
    Mac,
    /// Compression.
    Compression,
}

impl Setting {
    /// All of them, in KEXINIT's order.
    pub const ALL: [Self; 5] = [Self::Kex, Self::HostKey, Self::Cipher, Self::Mac, Self::Compression];

    /// The setting to which a category belongs; languages have none.
    pub fn of(category: Category) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.categories().contains(&category))
    }

    /// The categories that it governs.
    pub fn categories(self) -> &'static [Category] {
        match self {
            Self::Kex => &[Category::Kex],
            Self::HostKey => &[Category::HostKey],
            Self::Cipher => &[Category::CipherC2s, Category::CipherS2c],
            Self::Mac => &[Category::MacC2s, Category::MacS2c],
            Self::Compression => &[Category::CompressionC2s, Category::CompressionS2c],
        }
    }

    /// The name in profiles, for both directions: `cipher`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kex => "kex",
            Self::HostKey => "host_key",
            Self::Cipher => "cipher",
            Self::Mac => "mac",
            Self::Compression => "compression",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kex => "key exchange",
            Self::HostKey => "host key",
            Self::Cipher => "cipher",
            Self::Mac => "MAC",
            Self::Compression => "compression",
        }
    }
}

/// One side's lists, in the order in which they were sent. The client's offer is called its proposal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Offer {
    /// Key exchange methods.
    pub kex: Option<Vec<String>>,
    /// Host key algorithms.
    pub host_key: Option<Vec<String>>,
    /// Ciphers, client to server.
    pub cipher_c2s: Option<Vec<String>>,
    /// Ciphers, server to client.
    pub cipher_s2c: Option<Vec<String>>,
    /// MACs, client to server.
    pub mac_c2s: Option<Vec<String>>,
    /// MACs, server to client.
    pub mac_s2c: Option<Vec<String>>,
    /// Compression, client to server.
    pub compression_c2s: Option<Vec<String>>,
    /// Compression, server to client.
    pub compression_s2c: Option<Vec<String>>,
    /// Languages, client to server.
    pub language_c2s: Option<Vec<String>>,
    /// Languages, server to client.
    pub language_s2c: Option<Vec<String>>,
    /// Whether a guessed key exchange packet follows (RFC 4253, section 7).
    pub first_kex_packet_follows: Option<bool>,
}

impl Offer {
    /// The list of a category; `None` where the origin does not tell it.
    pub fn get(&self, category: Category) -> Option<&[String]> {
        let list = match category {
            Category::Kex => &self.kex,
            Category::HostKey => &self.host_key,
            Category::CipherC2s => &self.cipher_c2s,
            Category::CipherS2c => &self.cipher_s2c,
            Category::MacC2s => &self.mac_c2s,
            Category::MacS2c => &self.mac_s2c,
            Category::CompressionC2s => &self.compression_c2s,
            Category::CompressionS2c => &self.compression_s2c,
            Category::LanguageC2s => &self.language_c2s,
            Category::LanguageS2c => &self.language_s2c,
        };
        list.as_deref()
    }

    /// Sets a category's list.
    pub fn set(&mut self, category: Category, list: Vec<String>) {
        *self.slot_mut(category) = Some(list);
    }

    /// Whether no list at all is known.
    pub fn is_empty(&self) -> bool {
        Category::ALL.into_iter().all(|category| self.get(category).is_none())
    }

    fn slot_mut(&mut self, category: Category) -> &mut Option<Vec<String>> {
        match category {
            Category::Kex => &mut self.kex,
            Category::HostKey => &mut self.host_key,
            Category::CipherC2s => &mut self.cipher_c2s,
            Category::CipherS2c => &mut self.cipher_s2c,
            Category::MacC2s => &mut self.mac_c2s,
            Category::MacS2c => &mut self.mac_s2c,
            Category::CompressionC2s => &mut self.compression_c2s,
            Category::CompressionS2c => &mut self.compression_s2c,
            Category::LanguageC2s => &mut self.language_c2s,
            Category::LanguageS2c => &mut self.language_s2c,
        }
    }
}

/// Categories for people; both directions of one in a word.
pub fn titles(categories: &[Category]) -> Vec<&'static str> {
    let title = |category: &Category| match Setting::of(*category) {
        Some(setting) if setting.categories().iter().all(|other| categories.contains(other)) => setting.title(),
        _ => category.title(),
    };
    let mut titles: Vec<_> = categories.iter().map(title).collect();
    titles.dedup();
    titles
}

/// The settings to which categories belong, each once, in KEXINIT's order.
pub fn settings(categories: &[Category]) -> impl Iterator<Item = Setting> {
    let concerns = |setting: &Setting| setting.categories().iter().any(|category| categories.contains(category));
    Setting::ALL.into_iter().filter(concerns)
}

/// Splits a comma-separated name-list (RFC 4251, section 5), blanks around the names dropped. An empty text is
/// the empty list.
pub fn split_list(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(|name| name.trim().to_owned()).collect()
}

/// Whether a name stands for an extension rather than an algorithm: `ext-info-c/s` (RFC 8308) and the
/// `kex-strict-*` markers of OpenSSH's strict key exchange.
pub fn is_marker(name: &str) -> bool {
    name.starts_with("ext-info-") || name.starts_with("kex-strict-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_own_slot_and_its_name_leads_back_to_it() {
        let mut offer = Offer::default();
        for category in Category::ALL {
            assert_eq!(offer.get(category), None);
            offer.set(category, vec![category.name().to_owned()]);
        }
        for category in Category::ALL {
            assert_eq!(offer.get(category), Some([category.name().to_owned()].as_slice()));
            assert_eq!(category.name().parse(), Ok(category));
        }
    }

    #[test]
    fn both_directions_are_one_word_and_one_of_them_is_told() {
        let categories = [Category::Kex, Category::CipherC2s, Category::CipherS2c, Category::MacS2c];
        assert_eq!(titles(&categories), ["key exchange", "cipher", "MAC (server to client)"]);
    }

    #[test]
    fn an_empty_text_is_an_empty_list_and_not_one_empty_name() {
        assert_eq!(split_list(" "), Vec::<String>::new());
        assert_eq!(split_list("a, b"), ["a", "b"]);
    }

    #[test]
    fn unknown_lists_are_null_in_json() {
        let json = serde_json::to_value(Offer::default()).unwrap();
        assert!(json["kex"].is_null());
        assert!(json["first_kex_packet_follows"].is_null());
    }
}
