//! A host key that the server does not have yet: which, how it is made, and where it is named.

use std::collections::BTreeMap;

use super::lists::{has_key, key_of};
use super::setting::SettingChange;
use crate::algorithms::products::{Configuration, KeyStore};
use crate::document::remedy::Remedy;
use crate::model::offer::Setting;

/// The ECDSA key that is in the usual file, in `ssh-keygen`'s words.
const USUAL_ECDSA: &str = "ecdsa -b 256";

impl SettingChange<'_> {
    /// The keys, in `ssh-keygen`'s words, that the server does not show, each with the additions that need it.
    pub(super) fn missing_keys(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut keys: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for name in self.change.adds.iter().filter(|_| self.setting == Setting::HostKey) {
            if let Some(key) = key_of(name).filter(|key| !has_key(&self.offered, key)) {
                keys.entry(key).or_default().push(name.clone());
            }
        }
        keys
    }

    /// sshd finds a key in the default place by itself, unless a `HostKey` line names others: the first such line
    /// switches the default set off.
    pub(super) fn make_key(&self, key: &str, names: &[String]) -> Option<Remedy> {
        let server = self.server?;
        let store = server.product.key.as_ref()?;
        // ssh-keygen -A, and so every installation, makes an ECDSA key of 256 bits under the usual name.
        let own = key.starts_with("ecdsa") && (key != USUAL_ECDSA || self.shows_another_ecdsa_key());
        let file = store.file(key, own);
        let (config, load) = match &server.product.configuration {
            Configuration::Lines(lines) => (Some(server.file(lines).to_owned()), server.commands(lines)),
            _ => (None, store.reload.clone()),
        };
        let directive = store.directive.as_deref().unwrap_or_default();
        let keeps = self.kept_keys(store);
        let needed = match &store.list {
            Some(list) if !keeps.is_empty() => format!(
                "A first {directive} line disables the keys in their default places, so today's keys are listed \
                 beside the new one. If `{list}` shows other paths, list those."
            ),
            _ => String::new(),
        };
        let remedy = Remedy {
            file: config,
            directive: store.directive.clone(),
            line: store.directive.as_ref().map(|directive| format!("{directive} {}", file.written)),
            keeps,
            adds: names.to_vec(),
            commands: std::iter::once(store.make(key, &file)).chain(store.list.clone()).chain(load).collect(),
            weakens: None,
            ..self.blank()
        };
        let change = format!(
            "A key for {} is needed{}, and the server shows none: make it in {}.",
            names.join(", "),
            self.offered_there(names).map(|works| format!(" ({} has one)", works.name)).unwrap_or_default(),
            file.path
        );
        Some(remedy.with_texts(self.why(), change, needed))
    }

    /// A line for each key that the server shows today, in its default place.
    fn kept_keys(&self, store: &KeyStore) -> Vec<String> {
        let Some(directive) = store.directive.as_ref().filter(|_| store.list.is_some()) else { return Vec::new() };
        let mut lines: Vec<String> = Vec::new();
        for key in self.offered.iter().filter_map(|name| key_of(name)) {
            let line = format!("{directive} {}", store.file(key, false).written);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    fn shows_another_ecdsa_key(&self) -> bool {
        let mut keys = self.offered.iter().filter_map(|name| key_of(name));
        keys.any(|key| key.starts_with("ecdsa") && key != USUAL_ECDSA)
    }
}
