//! How a setting is changed: by a line in a file, by steps in words, or by installing something else.

use super::lists::demands;
use super::setting::SettingChange;
use crate::algorithms::knowledge;
use crate::algorithms::server::{Configuration, Lines, Server};
use crate::document::remedy::Remedy;

impl SettingChange<'_> {
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        let missing = self.missing_keys();
        let keys: Vec<_> = missing.iter().filter_map(|(key, names)| self.make_key(key, names)).collect();
        let for_new_keys: usize = missing.values().map(Vec::len).sum();
        let keys_suffice = !keys.is_empty() && for_new_keys == self.change.adds.len();
        let list = match self.server.map(|server| &server.product.configuration) {
            Some(Configuration::Lines(lines)) => self.line(lines, keys_suffice),
            Some(_) if keys_suffice => None,
            Some(Configuration::Words { place, steps }) => Some(self.words(Some(place), steps)),
            Some(Configuration::Fixed { reason }) => Some(self.nothing_to_set(reason)),
            None => Some(self.words(None, "unknown server software: look for this setting in its manual")),
        };
        keys.into_iter().chain(list).collect()
    }

    /// The whole new line. Without a directive for it, and where a new key is not enough, the steps in words.
    fn line(&self, lines: &Lines, keys_suffice: bool) -> Option<Remedy> {
        let server = self.server?;
        let Some(directive) = server.directive(lines, self.setting) else {
            let words = "this version has no directive for it: it offers what its keys and its build allow";
            return (!keys_suffice).then(|| self.words(Some(server.file(lines)), words));
        };
        let note = server.note(lines).map(|note| format!(" {note}.")).unwrap_or_default();
        let line = Remedy {
            file: Some(server.file(lines).to_owned()),
            directive: Some(directive.to_owned()),
            line: Some(format!("{directive} {}", self.change.list.join(&lines.separator))),
            commands: server.commands(lines),
            ..self.blank()
        };
        Some(line.with_texts(self.why(), self.what(), format!("Put it {}.{note}", lines.place)))
    }

    fn words(&self, place: Option<&str>, steps: &str) -> Remedy {
        let remedy = Remedy { file: place.map(str::to_owned), ..self.blank() };
        remedy.with_texts(self.why(), self.what(), format!("{}.", sentence_case(steps)))
    }

    /// A server whose lists nobody can set: what to do instead, and nothing that reads like a setting.
    fn nothing_to_set(&self, instead: &str) -> Remedy {
        self.blank().with_texts(self.why(), String::new(), format!("{}.", sentence_case(instead)))
    }

    pub(super) fn out_of_reach(&self) -> Remedy {
        let proposed: Vec<_> =
            self.clients.iter().flat_map(|(profile, _)| demands(self.setting, profile, self.server)).collect();
        let mut names: Vec<String> = Vec::new();
        for name in proposed
            .iter()
            .flat_map(|demand| demand.proposed.iter().filter(|name| !demand.unusable.contains(&name.as_str())))
        {
            let history = knowledge::algorithm(self.setting, name).map(|entry| match (&entry.since, &entry.removed) {
                (_, Some(removed)) => format!("{name} (OpenSSH before {removed})"),
                (Some(since), _) => format!("{name} (OpenSSH {since} or later)"),
                _ => name.clone(),
            });
            let shown = history.unwrap_or_else(|| name.clone());
            if !names.contains(&shown) {
                names.push(shown);
            }
        }
        let server = self.server.map_or_else(|| "this server".to_owned(), Server::title);
        let wanted = || proposed.iter().flat_map(|demand| demand.proposed.iter().map(String::as_str));
        if let Some(upgrade) = self.server.and_then(|server| wanted().find_map(|name| server.upgrade_for(name))) {
            let how = format!("No setting fixes this: {server} has none of {}. Install {upgrade}.", names.join(", "));
            return Remedy { adds: vec![], weakens: None, ..self.blank() }.with_texts(self.why(), String::new(), how);
        }
        let how = if names.is_empty() {
            format!(
                "No setting fixes this: nothing in the client's list works with {server}. Change the client's settings."
            )
        } else {
            format!(
                "No setting fixes this: {server} supports none of {}. Install a version, or another server, that \
                 supports one of them, or change the client's settings.",
                names.join(", ")
            )
        };
        Remedy { adds: vec![], weakens: None, ..self.blank() }.with_texts(self.why(), String::new(), how)
    }
}

/// The steps as a sentence of their own: `data/servers.toml` has them in small letters.
pub(super) fn sentence_case(steps: &str) -> String {
    let mut letters = steps.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
