//! What to change on servers: the lines to copy together, and why each is what it is.

use super::{Block, Fact, Piece, code, note, prose, to_copy, together, toned, words};
use crate::document::remedy::Remedy;
use crate::report::page::Tone;

/// The changes on each server to copy: all new lines for its file, then the commands that check and load them. `name`
/// gives the name by which people know a server.
pub fn changes(remedies: &[Remedy], name: impl Fn(&str) -> String) -> Vec<Block> {
    of_servers(remedies).into_iter().flat_map(|(server, remedies)| change(&name(server), &remedies)).collect()
}

/// Who is kept out, and what each line changes.
pub fn reasons(remedies: &[Remedy], name: impl Fn(&str) -> String) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (server, remedies) in of_servers(remedies) {
        blocks.push(Block::Heading(vec![words(name(server))]));
        blocks.push(Block::Facts(remedies.into_iter().map(reason).collect()));
    }
    blocks
}

fn reason(remedy: &Remedy) -> Fact {
    (remedy.directive.clone().unwrap_or_else(|| "change".to_owned()), prose(&remedy.why_and_what()))
}

fn of_servers(remedies: &[Remedy]) -> Vec<(&str, Vec<&Remedy>)> {
    together(remedies.iter().map(|remedy| (remedy.server.as_str(), remedy)))
}

fn change(name: &str, remedies: &[&Remedy]) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(heading(name, remedies))];
    let lines: Vec<String> = remedies.iter().flat_map(|remedy| remedy.lines()).cloned().collect();
    let (has_lines, commands) = (!lines.is_empty(), to_copy(Remedy::commands(remedies.iter().copied())));
    blocks.extend(to_copy(lines));
    // A command among a configuration's lines ends the server that reads it.
    blocks.extend((has_lines && commands.is_some()).then(|| Block::Paragraph(prose("Then, in a shell:"))));
    blocks.extend(commands);
    let hints = hints(remedies);
    let hints = hints.into_iter().map(|hint| ("note".to_owned(), prose(&hint)));
    let weakens = remedies.iter().filter_map(|remedy| Some(("weakens".to_owned(), note(remedy.weakens.as_ref()?))));
    let check = vec![code(format!("cdrdiag probe {name}")), words(": does CUCM get in now?")];
    blocks.push(Block::Facts(hints.chain(weakens).chain([("then check".to_owned(), check)]).collect()));
    blocks
}

/// What goes with each line; what to do where there is none, and how, each once.
fn hints(remedies: &[&Remedy]) -> Vec<String> {
    let mut hints: Vec<(String, &str)> = Vec::new();
    for remedy in remedies {
        let (what, how) = match (&remedy.line, remedy.how.as_str()) {
            (_, "") => (remedy.reason.as_str(), ""),
            (Some(_), how) => ("", how),
            (None, how) => (remedy.change.as_str(), how),
        };
        match hints.iter_mut().find(|(_, known)| *known == how && !how.is_empty()) {
            Some((told, _)) if !told.contains(what) => told.extend([" ", what]),
            Some(_) => {}
            None => hints.push((what.to_owned(), how)),
        }
    }
    let mut told: Vec<String> = hints.iter().map(|(what, how)| format!("{what} {how}").trim().to_owned()).collect();
    told.dedup();
    told
}

fn heading(name: &str, remedies: &[&Remedy]) -> Vec<Piece> {
    let is_change =
        |remedy: &&Remedy| remedy.line.is_some() || !remedy.commands.is_empty() || !remedy.change.is_empty();
    let what = if remedies.iter().any(is_change) { "Change on" } else { "No setting helps on" };
    let mut heading = vec![words(format!("{what} {name}"))];
    if let Some(software) = remedies.iter().find_map(|remedy| remedy.software.as_ref()) {
        heading.push(toned(Tone::Faint, format!(" ({software})")));
    }
    let mut files: Vec<&str> = remedies.iter().filter_map(|remedy| remedy.file.as_deref()).collect();
    files.dedup();
    for (index, file) in files.into_iter().enumerate() {
        heading.extend([words(if index == 0 { ", in " } else { " and " }), code(file)]);
    }
    heading
}
