//! The verdict of each server for each client, and what they would agree on.

use super::Column;
use crate::document::compare::Compare;
use crate::document::probe::{Access, Client};
use crate::model::offer::Setting;
use crate::model::profile::client_names;
use crate::report::page::Page;
use crate::report::server;

const SETTINGS: [Setting; 4] = [Setting::Kex, Setting::HostKey, Setting::Cipher, Setting::Mac];

/// One block of rows for clients that fare alike everywhere.
pub(super) fn table(compare: &Compare, columns: &[Column<'_>], page: &mut Page) {
    let mut groups: Vec<(Vec<&str>, Vec<Vec<String>>)> = Vec::new();
    for profile in &compare.profiles {
        let cells = columns.iter().map(|column| cells(client(column, &profile.id))).collect::<Vec<_>>();
        match groups.iter_mut().find(|(_, others)| *others == cells) {
            Some((ids, _)) => ids.push(&profile.id),
            None => groups.push((vec![&profile.id], cells)),
        }
    }
    let heading = std::iter::once(String::new()).chain(columns.iter().map(|column| column.label.clone()));
    let mut rows = vec![heading.collect::<Vec<_>>()];
    for (ids, cells) in groups {
        let names = std::iter::once(client_names(ids)).chain(SETTINGS.map(|setting| format!("  {}", setting.title())));
        let names = names.chain(["  handshake".to_owned()]);
        for (index, name) in names.enumerate() {
            let values = cells.iter().map(|cells| cells.get(index).cloned().unwrap_or_default());
            rows.push(std::iter::once(name).chain(values).collect());
        }
    }
    // Where no handshake was tried, as with saved answers, its row says nothing.
    rows.retain(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
    page.table(&rows);
}

fn client<'a>(column: &Column<'a>, profile: &str) -> Option<&'a Client> {
    column.target.clients.iter().find(|client| client.profile == profile)
}

/// The verdict, what is agreed in each setting, and how a handshake went.
fn cells(client: Option<&Client>) -> Vec<String> {
    let Some(client) = client else { return vec!["no answer".to_owned()] };
    let verdict = match (client.verdict, client.result) {
        (Access::Accepts, _) if client.unknown.is_empty() => "accepts",
        (Access::Accepts, _) => "accepts as far as known",
        (Access::Refuses, Access::Refuses) => "refuses",
        (Access::Refuses, Access::Accepts) if client.handshake_fails() => "fails the handshake",
        (Access::Refuses, Access::Accepts) => "no password login",
    };
    let handshake = client.handshake.as_ref().map(|_| server::handshake(client).to_owned()).unwrap_or_default();
    let agreed = SETTINGS.map(|setting| server::agreed(client, setting));
    std::iter::once(verdict.to_owned()).chain(agreed).chain([handshake]).collect()
}
