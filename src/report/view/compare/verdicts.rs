//! The verdict of each server for each client, and what they would agree on.

use super::Column;
use crate::document::compare::Compare;
use crate::document::probe::{Access, Client};
use crate::model::profile::client_names;
use crate::report::page::Tone;
use crate::report::view::servers::{self, SETTINGS};
use crate::report::view::{Block, Piece, Row, Table, together, toned, words};

/// One block of rows for clients that fare alike everywhere.
pub(super) fn table(compare: &Compare, columns: &[Column<'_>]) -> Block {
    let cells = |id: &str| columns.iter().map(|column| cells(client(column, id))).collect::<Vec<_>>();
    let groups = together(compare.profiles.iter().map(|profile| (cells(&profile.id), profile.id.as_str())));
    let head = std::iter::once(String::new()).chain(columns.iter().map(|column| column.label.clone())).collect();
    let mut rows = Vec::new();
    for (cells, ids) in groups {
        let names = SETTINGS.map(|setting| format!("  {}", setting.title()));
        let names = std::iter::once(client_names(ids)).chain(names).chain(["  handshake".to_owned()]);
        rows.extend(names.enumerate().map(|(index, name)| {
            let values = cells.iter().map(|cells| cells.get(index).cloned().unwrap_or_else(|| words("")));
            Row { marked: index == 0, cells: std::iter::once(words(name)).chain(values).collect() }
        }));
    }
    // Where no handshake was tried, as with saved answers, its row says nothing.
    rows.retain(|row| row.cells.iter().skip(1).any(|cell| !cell.text.is_empty()));
    Block::Table(Table { head, rows })
}

fn client<'a>(column: &Column<'a>, profile: &str) -> Option<&'a Client> {
    column.target.clients.iter().find(|client| client.profile == profile)
}

/// The verdict, what is agreed in each setting, and how a handshake went.
fn cells(client: Option<&Client>) -> Vec<Piece> {
    let Some(client) = client else { return vec![toned(Tone::Bad, "no answer")] };
    let verdict = match (client.verdict, client.result) {
        (Access::Accepts, _) if client.unknown.is_empty() => "accepts",
        (Access::Accepts, _) => "accepts as far as known",
        (Access::Refuses, Access::Refuses) => "refuses",
        (Access::Refuses, Access::Accepts) if client.handshake_fails() => "fails the handshake",
        (Access::Refuses, Access::Accepts) if client.unproven().is_some() => "not proven",
        (Access::Refuses, Access::Accepts) => "no password login",
    };
    let tone = if client.gets_in() { Tone::Good } else { Tone::Bad };
    let handshake = client.handshake.as_ref().map(|_| servers::handshake(client)).unwrap_or_default();
    let agreed = SETTINGS.map(|setting| servers::agreed(client, setting));
    std::iter::once(toned(tone, verdict)).chain(agreed).chain([words(handshake)]).collect()
}
