//! What cdrdiag wrote itself: profiles, and the answers that hold one (`capture`, `profile learn`, `profile show`)
//! or both sides' lists (`parse-log`).

use serde_json::Value;

use super::collector::{Collector, Observation};
use super::{Form, Place};
use crate::algorithms::profile_file::{self, ProfileError, ProfileFormat};
use crate::model::offer::{Category, Offer};
use crate::model::profile::Profile;

/// Whether a text that begins so is one: an answer, or a profile file.
pub fn is_own(head: &str) -> bool {
    let text = head.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        return text.contains("\"cdrdiag/") || (text.contains("\"algorithms\"") && !text.contains("\"MESSAGE\""));
    }
    text.lines().any(|line| line.trim() == "[algorithms]")
}

/// Reads one. An answer that holds no client adds nothing.
///
/// # Errors
/// When it is broken.
pub fn read(text: &str, path: &str, collector: &mut Collector) -> Result<(), ProfileError> {
    let place = Place { path: path.to_owned(), number: None, form: Form::Saved };
    let format = ProfileFormat::of(text);
    let root: Value = match format {
        ProfileFormat::Json => serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| ProfileError::Syntax { line: None, message: error.to_string() })?,
        ProfileFormat::Toml => Value::Null,
    };
    let schema = root.get("schema").and_then(Value::as_str).and_then(|schema| schema.strip_prefix("cdrdiag/"));
    match schema.and_then(|schema| schema.split('/').next()) {
        Some("capture" | "profile-learn") => {
            for client in root.get("clients").and_then(Value::as_array).into_iter().flatten() {
                let profile = client.get("profile").cloned().unwrap_or_default();
                let profile = profile_file::parse(&profile.to_string(), ProfileFormat::Json)?;
                let text = |key| client.get(key).and_then(Value::as_str).map(str::to_owned);
                add(profile, text("client"), text("identification"), &place, collector);
            }
        }
        Some("parse-log") => {
            let client = root.pointer("/negotiation/client").cloned().unwrap_or_default();
            if let Ok(proposal) = serde_json::from_value::<Offer>(client) {
                collector.add(&Observation { proposal, ..Observation::default() }, &place);
            }
        }
        Some("profile-show") | None => add(profile_file::parse(text, format)?, None, None, &place, collector),
        Some(other) => collector.warn(format!("{path}: an answer of cdrdiag {other} holds no client's proposal")),
    }
    Ok(())
}

fn add(
    profile: Profile,
    address: Option<String>,
    identification: Option<String>,
    place: &Place,
    collector: &mut Collector,
) {
    let assumed = Category::ALL.into_iter().filter(|category| profile.assumes_category(*category)).collect();
    collector.add(&Observation { address, identification, proposal: profile.algorithms, assumed }, place);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_profile_is_known_in_both_forms_and_its_assumptions_stay_such() {
        let profile = crate::algorithms::builtin::find("cucm-12.5").unwrap();
        for text in [profile_file::to_toml(profile).unwrap(), serde_json::to_string(profile).unwrap()] {
            assert!(is_own(&text), "{text}");
            let mut collector = Collector::default();
            read(&text, "x", &mut collector).unwrap();
            let client = collector.finish().0.remove(0);
            assert_eq!(client.proposal(), profile.algorithms);
            assert!(client.list(Category::HostKey).unwrap().assumed);
            assert!(!client.list(Category::Kex).unwrap().assumed);
        }
    }

    #[test]
    fn the_lists_of_a_saved_parse_log_are_the_clients() {
        let text = r#"{"schema": "cdrdiag/parse-log/v1", "negotiation": {"client": {"kex": ["a"]}, "server": {"kex": ["b"]}}}"#;
        assert!(is_own(text));
        let mut collector = Collector::default();
        read(text, "x", &mut collector).unwrap();
        assert_eq!(collector.finish().0[0].proposal().kex, Some(vec!["a".to_owned()]));
    }

    #[test]
    fn a_journal_and_a_log_are_not_cdrdiags() {
        assert!(!is_own("{\"MESSAGE\":\"the \\\"algorithms\\\"\"}"));
        assert!(!is_own("Jul 25 13:12:11 billing sshd[1]: x"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\{\"schema\": \"cdrdiag/(capture|parse-log)/v1\", \"clients\": \\[)?.{0,100}") {
            let _ = read(&text, "x", &mut Collector::default());
        }
    }
}
