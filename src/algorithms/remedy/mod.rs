//! The least change on a server that lets refused clients in: the whole new line, where it goes, how it is checked
//! and loaded, and what it weakens. Cases that no line mends are told in words.

mod host_key;
mod lists;
mod login;
mod setting;
mod way;
mod words;

use super::judge::Judgement;
use super::server::Server;
use crate::document::probe::Identification;
use crate::document::remedy::Remedy;
use crate::model::offer::{Offer, Setting};
use crate::model::profile::Profile;
pub use login::password_login;
use setting::SettingChange;
pub use setting::WorkingServer;

/// The changes that let these refused clients in, one a directive. Each entry of `refusals` is a profile with its
/// judgement on this very offer; those that get in need nothing and are passed over. For a client that one setting
/// keeps out whatever is done, nothing else is changed either: that would weaken the server for nobody.
pub fn remedies(
    server: &str,
    offer: &Offer,
    identification: Option<&Identification>,
    refusals: &[(&Profile, &Judgement)],
) -> Vec<Remedy> {
    remedies_as_there(None, server, offer, identification, refusals)
}

/// As [`remedies`]; each says whether the working server offers already what it adds.
pub fn remedies_as_there(
    works: Option<WorkingServer<'_>>,
    server: &str,
    offer: &Offer,
    identification: Option<&Identification>,
    refusals: &[(&Profile, &Judgement)],
) -> Vec<Remedy> {
    let software = identification.and_then(Server::recognise);
    let shown = software.as_ref().map(Server::title).or_else(|| identification?.product());
    let change = |setting, clients: &[_]| SettingChange::of(setting, offer, software.as_ref(), clients, works);
    let is_lost = |client, setting| change(setting, &[client]).is_some_and(|of| of.change.unmet);
    let refused = refusals.iter().copied().filter(|(_, judgement)| !judgement.obstacles.is_empty());
    let (lost, in_reach): (Vec<_>, Vec<_>) =
        refused.partition(|client| Setting::ALL.into_iter().any(|setting| is_lost(*client, setting)));
    Setting::ALL
        .into_iter()
        .flat_map(|setting| {
            let lost_here: Vec<_> = lost.iter().copied().filter(|client| is_lost(*client, setting)).collect();
            let told = change(setting, &lost_here).map(|of| vec![of.out_of_reach()]);
            let made = change(setting, &in_reach).map(|of| of.remedies());
            told.into_iter().chain(made).flatten()
        })
        .map(|remedy| Remedy { server: server.to_owned(), software: shown.clone(), ..remedy })
        .collect()
}

#[cfg(test)]
mod tests;
