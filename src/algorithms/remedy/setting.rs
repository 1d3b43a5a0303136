//! The change of one setting, as a line, as steps in words, or as what has to be installed instead.

use super::WorkingServer;
use super::lists::{configurable, demands, rank};
use super::words::weakens;
use crate::algorithms::judge::Judgement;
use crate::algorithms::knowledge;
use crate::algorithms::least_change::{Change, fewest_additions, least_change};
use crate::algorithms::server::{Configuration, Lines, Server};
use crate::document::obstacle::Obstacle;
use crate::document::remedy::Remedy;
use crate::model::offer::{Offer, Setting};
use crate::model::profile::Profile;

/// One setting that has to change, with the clients that need it.
pub(super) struct SettingChange<'a> {
    pub(super) setting: Setting,
    pub(super) server: Option<&'a Server>,
    pub(super) clients: Vec<(&'a Profile, &'a Judgement)>,
    pub(super) offered: Vec<String>,
    pub(super) change: Change,
    pub(super) works: Option<WorkingServer<'a>>,
}

impl<'a> SettingChange<'a> {
    pub(super) fn of(
        setting: Setting,
        offer: &Offer,
        server: Option<&'a Server>,
        refused: &[(&'a Profile, &'a Judgement)],
        works: Option<WorkingServer<'a>>,
    ) -> Option<Self> {
        let concerns = |obstacle: &Obstacle| setting.categories().contains(&obstacle.category());
        let clients: Vec<_> =
            refused.iter().copied().filter(|(_, judgement)| judgement.obstacles.iter().any(concerns)).collect();
        if clients.is_empty() {
            return None;
        }
        let offered = configurable(setting, offer);
        let demands: Vec<_> = clients.iter().flat_map(|(profile, _)| demands(setting, profile, server)).collect();
        let rank = |name: &str| rank(setting, name, server, &offered);
        let find = if setting == Setting::HostKey { fewest_additions } else { least_change };
        let change = find(&offered, &demands, rank);
        Some(Self { setting, server, clients, offered, change, works })
    }

    pub(super) fn remedies(&self) -> Vec<Remedy> {
        let missing = self.missing_keys();
        let keys: Vec<_> = missing.iter().filter_map(|(key, names)| self.make_key(key, names)).collect();
        let for_new_keys: usize = missing.values().map(Vec::len).sum();
        let keys_suffice = !keys.is_empty() && for_new_keys == self.change.adds.len();
        let list = match self.server.map(|server| &server.product.configuration) {
            Some(Configuration::Lines(lines)) => self.line(lines, keys_suffice),
            Some(_) if keys_suffice => None,
            Some(Configuration::Words { place, steps }) => Some(self.words(Some(place), steps)),
            Some(Configuration::Fixed { reason }) => Some(self.words(None, reason)),
            None => {
                Some(self.words(None, "the server's software is not known here: look for this setting in its manual"))
            }
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
        Some(line.told(self.why(), self.what(), format!("The line goes {}.{note}", lines.place)))
    }

    fn words(&self, place: Option<&str>, steps: &str) -> Remedy {
        let remedy = Remedy { file: place.map(str::to_owned), ..self.blank() };
        remedy.told(self.why(), self.what(), format!("To do so: {steps}."))
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
            let how = format!("No line mends this: {server} has none of {}. Install {upgrade}.", names.join(", "));
            return Remedy { adds: vec![], weakens: None, ..self.blank() }.told(self.why(), String::new(), how);
        }
        let how = format!(
            "No line mends this: {server} has none of what could serve: {}. Install a version or another server that has one of them, or change the client's settings.",
            if names.is_empty() { "nothing in the client's list works".to_owned() } else { names.join(", ") }
        );
        Remedy { adds: vec![], weakens: None, ..self.blank() }.told(self.why(), String::new(), how)
    }

    pub(super) fn blank(&self) -> Remedy {
        Remedy {
            adds: self.change.adds.clone(),
            weakens: weakens(self.setting, &self.change.adds),
            ..Remedy::default()
        }
    }
}
