//! A change in words: who is refused and why, what changes, what that weakens.

use super::lists::{configurable, demands, rank};
use super::setting::{SettingChange, WorkingServer};
use crate::algorithms::knowledge;
use crate::document::obstacle::Obstacle;
use crate::document::remedy::Remedy;
use crate::model::offer::Setting;

impl<'a> SettingChange<'a> {
    pub(super) fn blank(&self) -> Remedy {
        Remedy {
            adds: self.change.adds.clone(),
            weakens: weakens(self.setting, &self.change.adds),
            ..Remedy::default()
        }
    }

    /// Who is refused, and why.
    pub(super) fn why(&self) -> String {
        let ids: Vec<_> = self.clients.iter().map(|(profile, _)| profile.id.as_str()).collect();
        let concerns = |obstacle: &&Obstacle| self.setting.categories().contains(&obstacle.category());
        let cause = self.clients.iter().flat_map(|(_, judgement)| judgement.obstacles.iter().filter(concerns)).next();
        let title = self.setting.title();
        let cause = match cause {
            Some(Obstacle::Unverifiable { algorithm: name }) => format!(
                "{name} is agreed, but the client cannot \
                                                                         verify it"
            ),
            Some(Obstacle::GroupSize { .. }) => {
                "a group exchange is agreed, but the server refuses the client's group sizes".to_owned()
            }
            Some(Obstacle::EmptyName { .. }) => {
                format!("an empty name in the server's {title} list ends the negotiation")
            }
            _ => format!("no {title} in common with the server"),
        };
        format!("{}: {cause}.", ids.join(", "))
    }

    /// What changes in the list.
    pub(super) fn what(&self) -> String {
        let mut what = Vec::new();
        if !self.change.adds.is_empty() {
            let best = match (self.offered_there(&self.change.adds), self.change.adds.len()) {
                (Some(works), 1) => format!("{} offers it already", works.name),
                (Some(works), _) => format!("{} offers them already", works.name),
                (None, 1) => "the best that both support".to_owned(),
                (None, _) if self.one_serves_all() => "for each client the best that both support".to_owned(),
                (None, _) => "no single one covers them all".to_owned(),
            };
            what.push(format!("Add {} ({best}); keep the rest as it is today.", self.change.adds.join(", ")));
        }
        if !self.change.drops.is_empty() {
            what.push(format!("Remove {}, which would be agreed first.", self.change.drops.join(", ")));
        }
        if what.is_empty() {
            what.push("Set the list without the empty name.".to_owned());
        }
        what.join(" ")
    }

    /// The working server, where it offers all of these.
    pub(super) fn offered_there(&self, names: &[String]) -> Option<WorkingServer<'a>> {
        let works = self.works?;
        let offered = configurable(self.setting, works.offer);
        names.iter().all(|name| offered.contains(name)).then_some(works)
    }

    /// Whether one of the clients' algorithms would let all of them in.
    fn one_serves_all(&self) -> bool {
        let demands: Vec<_> =
            self.clients.iter().flat_map(|(profile, _)| demands(self.setting, profile, self.server)).collect();
        let has = |name: &&String| rank(self.setting, name, self.server, &self.offered, &[]).is_some();
        let mut candidates = demands.iter().flat_map(|demand| demand.proposed).filter(has);
        candidates.any(|name| demands.iter().all(|demand| demand.can_use(name)))
    }
}

/// What the additions weaken, each with its standing.
fn weakens(setting: Setting, adds: &[String]) -> Option<String> {
    let told: Vec<_> = adds
        .iter()
        .filter_map(|name| {
            let entry = knowledge::algorithm(setting, name)?;
            Some(format!("{name}: {}", entry.weak.as_ref().or(entry.caution.as_ref())?))
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}
