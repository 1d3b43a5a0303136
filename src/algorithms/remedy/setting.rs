//! One setting that keeps clients out, and the change of its list that lets them in.

use super::lists::{configurable, demands, rank};
use crate::algorithms::judge::Judgement;
use crate::algorithms::least_change::{Change, fewest_additions, least_change};
use crate::algorithms::server::Server;
use crate::document::obstacle::Obstacle;
use crate::model::offer::{Offer, Setting};
use crate::model::profile::Profile;

/// A server that lets clients in: of equally sound algorithms, the other one adds what it offers.
#[derive(Debug, Clone, Copy)]
pub struct WorkingServer<'a> {
    /// How a sentence names it.
    pub name: &'a str,
    pub offer: &'a Offer,
}

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
        let there = works.map(|works| configurable(setting, works.offer)).unwrap_or_default();
        let rank = |name: &str| rank(setting, name, server, &offered, &there);
        let find = if setting == Setting::HostKey { fewest_additions } else { least_change };
        let change = find(&offered, &demands, rank);
        Some(Self { setting, server, clients, offered, change, works })
    }
}
