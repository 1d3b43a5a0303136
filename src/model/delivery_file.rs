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
        let (kind, rest) = match name.split_at_checked(4)? {
            ("cdr_", rest) => (Kind::Cdr, rest),
            ("cmr_", rest) => (Kind::Cmr, rest),
            _ => return None,
        };
        let (rest, sequence) = split_last(rest)?;
        let (rest, created) = split_last(rest)?;
        let (cluster, node) = split_last(rest).filter(|(cluster, _)| !cluster.is_empty())?;
        let sequence = digits(sequence)?.parse().ok()?;
        let node = digits(node)?;
        let [year, month, day, hour, minute] = minute_parts(created)?;
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let created_utc = day.and_hms_opt(hour, minute, 0)?.and_utc();
        Some(Self { kind, cluster, node, created_utc, sequence })
    }
}

fn split_last(name: &str) -> Option<(&str, &str)> {
    // All but the cluster's name are short, so that a plain search is the quickest.
    let at = name.bytes().rposition(|byte| byte == b'_')?;
    Some((&name[..at], &name[at + 1..]))
}

/// `201907231317`
fn minute_parts(text: &str) -> Option<[u32; 5]> {
    let text = <&[u8; 12]>::try_from(text.as_bytes()).ok().filter(|text| text.iter().all(u8::is_ascii_digit))?;
    let number = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some([number(&text[..4]), number(&text[4..6]), number(&text[6..8]), number(&text[8..10]), number(&text[10..])])
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
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
