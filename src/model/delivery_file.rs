//! The names of CDR and CMR files: `cdr_<cluster>_<node>_<YYYYMMDDhhmm in UTC>_<sequence>`
//! (Cisco, Call Reporting and Billing Administration Guide 14, "CDR Management").

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Call detail records.
    Cdr,
    /// Call management (diagnostic) records.
    Cmr,
}

impl Kind {
    /// The name's prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cdr => "cdr",
            Self::Cmr => "cmr",
        }
    }
}

/// A file's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryFile<'a> {
    /// What it holds.
    pub kind: Kind,
    /// The cluster's name, which may hold underscores itself.
    pub cluster: &'a str,
    /// The node's number as written: `03`.
    pub node: &'a str,
    /// The minute in which it was made.
    pub created_utc: DateTime<Utc>,
    /// Its sequence number.
    pub sequence: u64,
}

impl<'a> DeliveryFile<'a> {
    /// Takes a name apart, from its end, since the cluster may hold underscores. `None` for any other name.
    pub fn parse(name: &'a str) -> Option<Self> {
        let kind = match name.as_bytes().first_chunk()? {
            b"cdr_" => Kind::Cdr,
            b"cmr_" => Kind::Cmr,
            _ => return None,
        };
        let (rest, sequence) = split_number(name)?;
        let (rest, created) = split_number(rest)?;
        let (rest, node) = split_number(rest)?;
        let cluster = rest.get(PREFIX..).filter(|cluster| !cluster.is_empty())?;
        Some(Self { kind, cluster, node, created_utc: minute(created)?, sequence: sequence.parse().ok()? })
    }
}

/// How long `cdr_` is.
const PREFIX: usize = 4;

/// A name and the number behind its last underscore, as written.
fn split_number(name: &str) -> Option<(&str, &str)> {
    // All but the cluster's name are short, so that a plain search is the quickest.
    let at = name.bytes().rposition(|byte| !byte.is_ascii_digit())?;
    let (rest, number) = (name.get(..at)?, name.get(at + 1..)?);
    (name.as_bytes()[at] == b'_' && !number.is_empty()).then_some((rest, number))
}

/// `201907231317`
fn minute(text: &str) -> Option<DateTime<Utc>> {
    let text = <&[u8; 12]>::try_from(text.as_bytes()).ok()?;
    let number = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let year = i32::try_from(number(&text[..4])).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&text[4..6]), number(&text[6..8]))?;
    Some(day.and_hms_opt(number(&text[8..10]), number(&text[10..]), 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart() {
        let file = DeliveryFile::parse("cmr_StandAloneCluster_03_201907231317_844004").unwrap();
        assert_eq!(
            (file.kind, file.cluster, file.node, file.sequence),
            (Kind::Cmr, "StandAloneCluster", "03", 844_004)
        );
        assert_eq!(file.created_utc.to_rfc3339(), "2019-07-23T13:17:00+00:00");
    }

    #[test]
    fn a_cluster_may_hold_underscores() {
        let file = DeliveryFile::parse("cdr_Big_Blue_01_02_202401312359_7").unwrap();
        assert_eq!((file.cluster, file.node), ("Big_Blue_01", "02"));
    }

    #[test]
    fn other_names_are_not_guessed_at() {
        for name in [
            "",
            "cdr",
            "cdr_",
            "cdr__01_202401312359_7",
            "cdr_C_01_202413312359_7",
            "cdr_C_01_2024_7",
            "log_C_01_202401312359_7",
            "cdr_C_x_202401312359_7",
            "cdr_C_01_202401312359_",
            "größe",
        ] {
            assert_eq!(DeliveryFile::parse(name), None, "{name}");
        }
    }
}
