//! The form of a profile in a file: TOML, or JSON with the same keys. `cipher`, `mac` and `compression` stand
//! for both directions at once. A key that is not known is an error that names its nearest neighbour.

use serde_json::Value;

use crate::bounds::{NAME, NAMES};
use crate::model::offer::Category;
use crate::model::profile::Profile;
use crate::suggest::nearest;

/// The two forms of a profile file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileFormat {
    /// TOML.
    Toml,
    /// JSON with the same keys.
    Json,
}

impl ProfileFormat {
    /// JSON where the text begins like an object, which no TOML document does.
    pub fn of(text: &str) -> Self {
        if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') { Self::Json } else { Self::Toml }
    }
}

/// Why a profile file cannot be used. The caller adds the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The text is not of the form, or a value is of the wrong type.
    #[error("{}{message}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Syntax {
        /// Counted from 1, where the reader tells it.
        line: Option<usize>,
        /// What the reader says.
        message: String,
    },
    /// A key that no profile has.
    #[error("{}unknown key {key:?}{}", .table.map(|table| format!("[{table}]: ")).unwrap_or_default(), .nearest.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default())]
    UnknownKey {
        /// The table in which it stands.
        table: Option<&'static str>,
        /// The key as written.
        key: String,
        /// The known key that it resembles.
        nearest: Option<&'static str>,
    },
    /// A value that makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// The schema of the answer that holds a profile.
const SHOWN: &str = "cdrdiag/profile-show/v1";

const TABLES: &[(Option<&str>, &[&str])] = &[
    (None, &["id", "title", "releases", "source", "notes", "assumed", "algorithms", "behaviour"]),
    (
        Some("algorithms"),
        &[
            "kex",
            "host_key",
            "cipher",
            "cipher_c2s",
            "cipher_s2c",
            "mac",
            "mac_c2s",
            "mac_s2c",
            "compression",
            "compression_c2s",
            "compression_s2c",
            "language_c2s",
            "language_s2c",
            "first_kex_packet_follows",
        ],
    ),
    (Some("behaviour"), &["fips_removes", "group_exchange", "unverifiable_host_keys", "java"]),
    (Some("behaviour.group_exchange"), &["min", "preferred", "max"]),
    (Some("behaviour.java"), &["version", "releases", "dh_limit_bits"]),
];

/// Reads a profile; also out of the answer of `profile show --json`.
///
/// # Errors
/// When the text is not of the form, has a key that no profile has, or a list that makes no sense.
pub fn parse(text: &str, format: ProfileFormat) -> Result<Profile, ProfileError> {
    let text = text.trim_start_matches('\u{feff}');
    let (keys, profile) = match format {
        ProfileFormat::Toml => {
            let keys: Value = toml::from_str(text).map_err(|error| toml_error(text, &error))?;
            (keys, toml::from_str(text).map_err(|error| toml_error(text, &error)))
        }
        ProfileFormat::Json => {
            let root: Value = serde_json::from_str(text).map_err(|error| json_error(&error))?;
            let is_answer = root.get("schema").and_then(Value::as_str) == Some(SHOWN);
            let keys = if is_answer { root.get("profile").cloned().unwrap_or_default() } else { root };
            (keys.clone(), serde_json::from_value(keys).map_err(|error| json_error(&error)))
        }
    };
    check_keys(&keys)?;
    check(profile?)
}

/// Writes a profile as TOML, in the form that [`parse`] reads. What is empty is left out, but for the lists, where
/// empty is not unknown.
///
/// # Errors
/// Never for what [`parse`] gave; when a string cannot be written as TOML.
pub fn to_toml(profile: &Profile) -> Result<String, ProfileError> {
    let invalid = |error: toml::ser::Error| ProfileError::Invalid(error.to_string());
    let mut table = toml::Table::try_from(profile).map_err(invalid)?;
    if let Some(toml::Value::Table(behaviour)) = table.get_mut("behaviour") {
        behaviour.retain(|_, value| !is_empty(value));
    }
    table.retain(|_, value| !is_empty(value));
    toml::to_string_pretty(&table).map_err(invalid)
}

fn is_empty(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.is_empty(),
        toml::Value::Array(list) => list.is_empty(),
        toml::Value::Table(table) => table.is_empty(),
        _ => false,
    }
}

fn toml_error(text: &str, error: &toml::de::Error) -> ProfileError {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    ProfileError::Syntax { line, message: error.message().replace('\n', " ") }
}

fn json_error(error: &serde_json::Error) -> ProfileError {
    ProfileError::Syntax { line: None, message: error.to_string() }
}

fn check_keys(root: &Value) -> Result<(), ProfileError> {
    for (table, known) in TABLES {
        let found = table.map_or(Some(root), |path| path.split('.').try_fold(root, |value, key| value.get(key)));
        let objects = match found {
            Some(Value::Array(entries)) => entries.iter().collect(),
            Some(value) => vec![value],
            None => vec![],
        };
        for key in objects.into_iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
            if !known.contains(&key.as_str()) {
                return Err(ProfileError::UnknownKey {
                    table: *table,
                    key: key.clone(),
                    nearest: nearest(key, known.iter().copied()),
                });
            }
        }
    }
    Ok(())
}

fn check(profile: Profile) -> Result<Profile, ProfileError> {
    let invalid = |message: String| Err(ProfileError::Invalid(message));
    if profile.id.trim().is_empty() {
        return invalid("id is empty".to_owned());
    }
    if profile.algorithms.is_empty() {
        return invalid("[algorithms] names no list: nothing could be judged".to_owned());
    }
    for category in Category::ALL {
        let list = profile.algorithms.get(category).unwrap_or_default();
        if list.len() > NAMES {
            return invalid(format!("{category}: {} names, and no client proposes {NAMES}", list.len()));
        }
        for name in list {
            if name.len() > NAME {
                return invalid(format!("{category}: a name of {} bytes, and none has {NAME}", name.len()));
            }
            if !is_name(name) {
                return invalid(format!(
                    "{category}: {name:?} is not an algorithm name (one name an entry, no commas or blanks)"
                ));
            }
        }
    }
    if let Some(range) = &profile.behaviour.group_exchange
        && !(range.min <= range.preferred && range.preferred <= range.max)
    {
        return invalid("group_exchange: min, preferred and max must rise in this order".to_owned());
    }
    Ok(profile)
}

/// Whether this can be an algorithm's name: printable ASCII without commas and blanks (RFC 4251 section 6).
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_or_a_name_that_no_client_has_is_told() {
        let profile = |list: &str| format!("id = \"mine\"\n[algorithms]\nkex = [{list}]\n");
        assert_eq!(error(&profile(&"\"a\",".repeat(NAMES + 1))), "kex: 1001 names, and no client proposes 1000");
        assert_eq!(
            error(&profile(&format!("\"{}\"", "a".repeat(2_000)))),
            "kex: a name of 2000 bytes, and none has 1024"
        );
    }

    const SMALL: &str = "id = \"mine\"\n[algorithms]\nkex = [\"a\"]\n";

    fn error(text: &str) -> String {
        parse(text, ProfileFormat::of(text)).unwrap_err().to_string()
    }

    #[test]
    fn a_partial_profile_leaves_the_rest_unknown() {
        let profile = parse(SMALL, ProfileFormat::Toml).unwrap();
        assert_eq!(profile.algorithms.kex, Some(vec!["a".to_owned()]));
        assert_eq!(profile.algorithms.host_key, None);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_nearest() {
        assert_eq!(error("id = \"x\"\ntitel = \"y\""), "unknown key \"titel\", did you mean \"title\"?");
        assert_eq!(
            error("id = \"x\"\n[algorithms]\nciphers = []"),
            "[algorithms]: unknown key \"ciphers\", did you mean \"cipher\"?"
        );
        assert_eq!(
            error("{\"id\": \"x\", \"behaviour\": {\"java\": [{\"dh_limit\": 1}]}}"),
            "[behaviour.java]: unknown key \"dh_limit\", did you mean \"dh_limit_bits\"?"
        );
        assert_eq!(error("id = \"x\"\nqqqqqqqqq = 1"), "unknown key \"qqqqqqqqq\"");
    }

    #[test]
    fn an_error_is_one_line_and_says_where() {
        let text = error("id = \"x\"\n[algorithms]\nkex = \"a\"\n");
        assert!(text.starts_with("line ") && !text.contains('\n'), "{text}");
        assert!(error("id = ").starts_with("line 1: "));
        assert!(error("{\"id\": ").contains("line 1"));
        assert!(error("{\"id\": 1}").contains("expected a string"));
    }

    #[test]
    fn lists_that_make_no_sense_are_refused() {
        assert!(error("id = \"x\"\n[algorithms]\nkex = [\"a,b\"]").contains("not an algorithm name"));
        assert!(error("id = \"x\"").contains("algorithms"));
        assert!(error("id = \"x\"\n[algorithms]\ncipher = [\"a\"]\ncipher_c2s = [\"a\"]").contains("not both"));
    }

    #[test]
    fn a_profile_written_is_the_profile_read() {
        for profile in crate::algorithms::builtin::builtin() {
            let text = to_toml(profile).unwrap();
            assert_eq!(&parse(&text, ProfileFormat::Toml).unwrap(), profile, "{text}");
            let json = serde_json::to_string(profile).unwrap();
            assert_eq!(&parse(&json, ProfileFormat::of(&json)).unwrap(), profile);
        }
    }

    #[test]
    fn directions_that_differ_survive_the_way_through_a_file() {
        let mut profile = parse(SMALL, ProfileFormat::Toml).unwrap();
        profile.algorithms.mac_c2s = Some(vec!["x".into()]);
        profile.algorithms.first_kex_packet_follows = Some(false);
        profile.algorithms.language_c2s = Some(vec![]);
        assert_eq!(parse(&to_toml(&profile).unwrap(), ProfileFormat::Toml).unwrap(), profile);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            let _ = parse(&text, ProfileFormat::Toml);
            let _ = parse(&text, ProfileFormat::Json);
        }
    }
}
