//! The lists of a profile as a file writes them: one key stands for both directions where they are alike.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::offer::Offer;

/// Writes an offer as a profile's lists.
pub(super) fn serialize<S: Serializer>(offer: &Offer, serializer: S) -> Result<S::Ok, S::Error> {
    Lists::from(offer.clone()).serialize(serializer)
}

/// Reads an offer from a profile's lists.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Offer, D::Error> {
    Offer::try_from(Lists::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// `[algorithms]` as a file writes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lists {
    #[serde(skip_serializing_if = "Option::is_none")]
    kex: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_key: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher_c2s: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher_s2c: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_c2s: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_s2c: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression_c2s: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression_s2c: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_c2s: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_s2c: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_kex_packet_follows: Option<bool>,
}

impl TryFrom<Lists> for Offer {
    type Error = String;

    fn try_from(lists: Lists) -> Result<Self, String> {
        let (cipher_c2s, cipher_s2c) = unfold("cipher", lists.cipher, lists.cipher_c2s, lists.cipher_s2c)?;
        let (mac_c2s, mac_s2c) = unfold("mac", lists.mac, lists.mac_c2s, lists.mac_s2c)?;
        let (compression_c2s, compression_s2c) =
            unfold("compression", lists.compression, lists.compression_c2s, lists.compression_s2c)?;
        Ok(Self {
            kex: lists.kex,
            host_key: lists.host_key,
            cipher_c2s,
            cipher_s2c,
            mac_c2s,
            mac_s2c,
            compression_c2s,
            compression_s2c,
            language_c2s: lists.language_c2s,
            language_s2c: lists.language_s2c,
            first_kex_packet_follows: lists.first_kex_packet_follows,
        })
    }
}

impl From<Offer> for Lists {
    fn from(offer: Offer) -> Self {
        let (cipher, cipher_c2s, cipher_s2c) = fold(offer.cipher_c2s, offer.cipher_s2c);
        let (mac, mac_c2s, mac_s2c) = fold(offer.mac_c2s, offer.mac_s2c);
        let (compression, compression_c2s, compression_s2c) = fold(offer.compression_c2s, offer.compression_s2c);
        Self {
            kex: offer.kex,
            host_key: offer.host_key,
            cipher,
            cipher_c2s,
            cipher_s2c,
            mac,
            mac_c2s,
            mac_s2c,
            compression,
            compression_c2s,
            compression_s2c,
            language_c2s: offer.language_c2s,
            language_s2c: offer.language_s2c,
            first_kex_packet_follows: offer.first_kex_packet_follows,
        }
    }
}

type List = Option<Vec<String>>;

fn unfold(name: &str, both: List, c2s: List, s2c: List) -> Result<(List, List), String> {
    match both {
        Some(_) if c2s.is_some() || s2c.is_some() => {
            Err(format!("give either {name} or {name}_c2s and {name}_s2c, not both"))
        }
        Some(list) => Ok((Some(list.clone()), Some(list))),
        None => Ok((c2s, s2c)),
    }
}

fn fold(c2s: List, s2c: List) -> (List, List, List) {
    if c2s == s2c { (c2s, None, None) } else { (None, c2s, s2c) }
}
