//! What to do about a cause (`data/remedies.toml`), by the id that the tables of causes refer to.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};

use crate::tables;

/// A remedy's parts, each whole sentences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    why: Option<String>,
    change: String,
    cost: Option<String>,
    how: Option<String>,
}

/// Each remedy's text. What it costs comes before how it is done, so that nobody deletes or restarts unwarned.
static REMEDIES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let table: BTreeMap<String, Parts> = tables::toml(include_str!("../../../data/remedies.toml"));
    table.into_iter().map(|(id, parts)| (id, parts.text())).collect()
});

impl Parts {
    fn text(self) -> String {
        [self.why, Some(self.change), self.cost, self.how].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A remedy's text; in a table's column `remedy` stands its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remedy(pub(crate) &'static str);

impl<'de> Deserialize<'de> for Remedy {
    fn deserialize<D: Deserializer<'de>>(column: D) -> Result<Self, D::Error> {
        let id = String::deserialize(column)?;
        let text = REMEDIES.get(&id).ok_or_else(|| de::Error::custom(format_args!("no remedy has the id {id}")))?;
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        remedy: String,
    }

    #[test]
    fn every_id_of_the_tables_has_a_remedy_and_every_remedy_is_used() {
        let tables = [
            include_str!("../../../data/causes.tsv"),
            include_str!("../../../data/disconnects.tsv"),
            include_str!("../../../data/delivery_causes.tsv"),
        ];
        let used: BTreeSet<String> = tables.into_iter().flat_map(tables::rows::<Row>).map(|row| row.remedy).collect();
        assert_eq!(used, REMEDIES.keys().cloned().collect());
    }

    #[test]
    fn every_part_is_whole_sentences() {
        for (id, text) in REMEDIES.iter() {
            let starts_well = text.starts_with(|c: char| c.is_uppercase() || c == '`')
                || ["known_hosts", "diffie"].iter().any(|word| text.starts_with(word));
            assert!(starts_well && text.ends_with('.') && !text.contains("  "), "{id}: {text}");
        }
    }

    #[test]
    fn what_saves_the_waiting_files_names_each_date_s_folder() {
        let saving =
            REMEDIES.iter().filter(|(_, text)| text.contains("file get activelog /cm/cdr_repository/preserve"));
        let bare: Vec<_> =
            saving.clone().filter(|(_, text)| !text.contains("preserve/<date>/*` for each date")).collect();
        assert!(saving.count() > 0 && bare.is_empty(), "`file get` does not descend: {bare:?}");
    }

    #[test]
    fn what_deletes_restarts_or_weakens_says_what_it_costs_before_how() {
        let position = |id: &str, words: &str| REMEDIES[id].find(words).unwrap_or_else(|| panic!("{id}: {words}"));
        for id in ["host_key_changed", "host_key_not_stored"] {
            assert!(position(id, "Save the waiting files first") < position(id, "gives up every file"), "{id}");
            assert!(position(id, "gives up every file") < position(id, "delete and add"), "{id}");
        }
        let warns = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        for (id, text) in REMEDIES.iter() {
            if text.contains("Restart ") || text.contains("restart Cisco") {
                assert!(warns(text, &["pause"]), "{id}");
            }
            if text.contains("new host key") || text.contains("Make a new one") {
                assert!(warns(text, &["stored the old key"]), "{id}");
            }
            if text.contains("PasswordAuthentication") || text.contains("password logins for") {
                assert!(warns(text, &["CUCM's addresses"]), "{id}");
            }
            if text.contains("group1-sha1 has 1024 bits") {
                assert!(warns(text, &["counts as broken"]), "{id}");
            }
        }
    }
}
