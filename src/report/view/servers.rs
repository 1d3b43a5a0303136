//! What the pages that speak of servers share.

use super::{Block, Headline, Piece, Row, Table, by_setting, code, prose, toned, words};
use crate::document::probe::{Access, Outcome, ProfileRef, Target};
use crate::document::remedy::Remedy;
use crate::model::offer::Category;
use crate::model::offer::Setting;
use crate::model::profile::client_names;
use crate::report::page::Tone;
use crate::report::server;
use crate::words::excerpt;

/// What is shown of an agreement.
const SETTINGS: [Setting; 4] = [Setting::Kex, Setting::HostKey, Setting::Cipher, Setting::Mac];

/// The verdicts on one server.
pub fn headlines(target: &Target) -> Vec<Headline> {
    let line = |tone, verdict: &str, rest: String| Headline {
        tone,
        verdict: verdict.to_owned(),
        subject: target.target.clone(),
        rest,
    };
    let message = target.error.as_ref().map(|error| excerpt(&error.message).into_owned()).unwrap_or_default();
    let mut lines = Vec::new();
    match target.outcome {
        Outcome::Unreachable => lines.push(line(Tone::Bad, "Unreachable", message)),
        Outcome::NotSsh => lines.push(line(Tone::Bad, "Not SSH 2", message)),
        Outcome::Error => lines.push(line(Tone::Bad, "No usable answer", message)),
        Outcome::Accepts | Outcome::Refuses => {
            for (clients, cause) in server::refusals(target) {
                lines.push(line(Tone::Bad, "Refuses", format!("{}: {cause}", client_names(clients))));
            }
            for (clients, failure) in server::broken_off(target) {
                lines.push(line(Tone::Bad, "Fails the handshake", format!("{}: {failure}", client_names(clients))));
            }
            for (is_partial, limit) in [(false, ""), (true, ", as far as the lists are known")] {
                let accepts = target.clients.iter().filter(|client| client.gets_in());
                let accepts = accepts.filter(|client| client.unknown.is_empty() != is_partial);
                let accepted: Vec<&str> = accepts.map(|client| client.profile.as_str()).collect();
                if !accepted.is_empty() {
                    lines.push(line(Tone::Good, "Accepts", format!("{}{limit}", client_names(accepted))));
                }
            }
        }
    }
    if target.takes_no_password() {
        let rest = format!("CUCM needs it, and the server offers {} only", target.auth_methods().join(", "));
        lines.push(line(Tone::Bad, "Rejects password login", rest));
    }
    for (clients, contradiction) in server::contradictions(target) {
        let rest = format!("{}: {contradiction}", clients.join(", "));
        lines.push(line(Tone::Bad, "Contradicts the prediction", rest));
    }
    lines
}

/// The changes, each with its line to copy.
pub fn remedies(remedies: &[Remedy]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (index, remedy) in remedies.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| remedies.get(before));
        let before = before.filter(|before| before.server == remedy.server);
        if before.is_none() {
            let software = remedy.software.as_ref().map(|software| format!(" ({software})")).unwrap_or_default();
            blocks.push(Block::Heading(vec![words("Change on "), words(&remedy.server), toned(Tone::Faint, software)]));
        }
        let reason =
            before.map_or(remedy.reason.as_str(), |before| server::what_is_new(&remedy.reason, &before.reason));
        blocks.push(Block::Paragraph(vec![words(reason)]));
        if let Some(file) = remedy.file.as_ref().filter(|_| before.is_none_or(|before| before.file != remedy.file)) {
            blocks.push(Block::Paragraph(vec![words("In "), code(file), words(":")]));
        }
        blocks.extend(remedy.line.as_ref().map(|line| Block::Code(vec![line.clone()])));
        if let Some(weakens) = &remedy.weakens {
            blocks.push(Block::Paragraph(vec![toned(Tone::Warn, "Weakens: "), words(weakens)]));
        }
        let repeated = remedies.get(index + 1).is_some_and(|next| next.commands == remedy.commands);
        if !remedy.commands.is_empty() && !repeated {
            blocks.push(Block::Paragraph(vec![words("Then run:")]));
            blocks.push(Block::Code(remedy.commands.clone()));
        }
    }
    blocks
}

/// The changes on each server as one block to copy: all new lines, then the commands that check and load them.
pub fn changes(remedies: &[Remedy], name: impl Fn(&str) -> String) -> Vec<Block> {
    let mut servers: Vec<&str> = remedies.iter().map(|remedy| remedy.server.as_str()).collect();
    servers.dedup();
    let of = |server: &str| remedies.iter().filter(|remedy| remedy.server == server).collect::<Vec<_>>();
    servers.into_iter().flat_map(|server| change(&name(server), &of(server))).collect()
}

fn change(name: &str, remedies: &[&Remedy]) -> Vec<Block> {
    let software = remedies.iter().find_map(|remedy| remedy.software.as_ref());
    let software = software.map(|software| format!(" ({software})")).unwrap_or_default();
    let mut files: Vec<&str> = remedies.iter().filter_map(|remedy| remedy.file.as_deref()).collect();
    files.dedup();
    let place = if files.is_empty() { String::new() } else { format!(", in {}", files.join(" and ")) };
    let mut blocks = vec![Block::Heading(vec![words(format!("Change on {name}{software}{place}:"))])];
    let mut lines: Vec<String> = remedies.iter().filter_map(|remedy| remedy.line.clone()).collect();
    for command in remedies.iter().flat_map(|remedy| &remedy.commands) {
        if !lines.contains(command) {
            lines.push(command.clone());
        }
    }
    if !lines.is_empty() {
        blocks.push(Block::Code(lines));
    }
    let mut hints: Vec<&String> = Vec::new();
    for remedy in remedies {
        let hint = if remedy.how.is_empty() { &remedy.reason } else { &remedy.how };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    blocks.extend(hints.into_iter().map(|hint| Block::Facts(vec![("note".to_owned(), prose(hint))])));
    for weakens in remedies.iter().filter_map(|remedy| remedy.weakens.as_ref()) {
        blocks.push(Block::Facts(vec![("weakens".to_owned(), vec![toned(Tone::Warn, weakens)])]));
    }
    blocks
}

/// A server by its address; a saved answer is a file, which is no name to act on.
pub fn name(target: &Target) -> String {
    let Some(host) = target.host.as_deref().or(target.address.as_deref()) else { return target.target.clone() };
    match target.port {
        _ if target.target.starts_with(host) => target.target.clone(),
        None | Some(22) => host.to_owned(),
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
    }
}

/// Who the server is, in a few lines.
pub fn in_short(target: &Target) -> Vec<(String, Vec<Piece>)> {
    let fact = |name: &str, text: String| (name.to_owned(), vec![words(text)]);
    let mut facts = Vec::new();
    let address = name(target);
    let software = server::software(target);
    if !software.is_empty() || address != target.target {
        let known = [address, software].into_iter().filter(|text| !text.is_empty() && *text != target.target);
        facts.push(fact("server", known.collect::<Vec<_>>().join(", ")));
    }
    facts.extend(target.host_keys.iter().map(|key| fact("host key", server::host_key(key))));
    if !target.auth_methods().is_empty() {
        facts.push(fact("login by", target.auth_methods().join(", ")));
    }
    facts
}

/// Who the server is.
pub fn facts(target: &Target) -> Vec<(String, Vec<Piece>)> {
    let mut facts = Vec::new();
    if let Some(identification) = &target.identification {
        let raw = Some(identification.raw.clone()).filter(|raw| !raw.is_empty());
        facts.push(("Server".to_owned(), vec![raw.map_or_else(|| words(server::software(target)), code)]));
        for line in &identification.preceding_lines {
            facts.push(("Before it".to_owned(), vec![code(line)]));
        }
    }
    if let Some(address) = &target.address {
        facts.push(("Address".to_owned(), vec![code(address)]));
    }
    for key in &target.host_keys {
        facts.push(("Host key".to_owned(), vec![code(server::host_key(key))]));
    }
    if !target.auth_methods().is_empty() {
        facts.push(("Login by".to_owned(), vec![words(target.auth_methods().join(", "))]));
    }
    facts
}

/// What each client agrees on with the server.
pub fn clients(target: &Target) -> Vec<Block> {
    if target.clients.is_empty() {
        return Vec::new();
    }
    let head = ["client", "result"].into_iter().map(str::to_owned);
    let head = head.chain(SETTINGS.map(|setting| setting.title().to_owned())).chain(["handshake".to_owned()]).collect();
    let row = |client: &crate::document::probe::Client| {
        let refused = !client.gets_in();
        let result = match client.result {
            _ if !refused => toned(Tone::Good, "gets in"),
            Access::Refuses => toned(Tone::Bad, "refused"),
            Access::Accepts if client.handshake_fails() => toned(Tone::Bad, "fails the handshake"),
            Access::Accepts => toned(Tone::Bad, "no password login"),
        };
        let cell = |setting| {
            let text = server::agreed(client, setting);
            if text == server::NONE_IN_COMMON { toned(Tone::Bad, text) } else { code(text) }
        };
        let mut cells = vec![words(&client.profile), result];
        cells.extend(SETTINGS.map(cell));
        cells.push(words(server::handshake(client)));
        Row { marked: refused, cells }
    };
    vec![Block::Table(Table { head, rows: target.clients.iter().map(row).collect() })]
}

/// The server's lists, with a mark at what a client takes.
pub fn offer(target: &Target) -> Vec<Block> {
    let Some(offer) = &target.offer else { return Vec::new() };
    let row = |category: Category, title: &str| {
        let list = offer.get(category);
        let is_language = !Category::NEGOTIATED.contains(&category);
        if is_language && list.is_none_or(<[String]>::is_empty) {
            return None;
        }
        let taken = target.clients.iter().filter_map(|client| client.agreed.get(&category));
        let mut taken: Vec<&str> = taken.map(String::as_str).collect();
        taken.sort_unstable();
        taken.dedup();
        let taken = if taken.is_empty() { words("-") } else { code(taken.join(", ")) };
        let list = match list {
            None => toned(Tone::Warn, "not known"),
            Some([]) => words("none"),
            Some(names) => code(names.join(", ")),
        };
        Some(Row { marked: false, cells: vec![words(title), list, taken] })
    };
    let head = ["category", "the server offers", "CUCM takes"].map(str::to_owned).to_vec();
    vec![Block::Table(Table { head, rows: by_setting(row) })]
}

/// The weak algorithms, each once for both directions.
pub fn weak(target: &Target) -> Vec<Block> {
    let mut rows: Vec<Row> = Vec::new();
    for weak in &target.weak {
        let setting = Setting::of(weak.category).map_or(weak.category.title(), Setting::title);
        let row = Row { marked: false, cells: vec![code(&weak.algorithm), words(setting), words(&weak.reason)] };
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let head = ["weak algorithm", "category", "why"].map(str::to_owned).to_vec();
    if rows.is_empty() { Vec::new() } else { vec![Block::Table(Table { head, rows })] }
}

/// What the lists alone do not show.
pub fn notes(target: &Target) -> Vec<Block> {
    let mut notes: Vec<&str> = Vec::new();
    for note in target.clients.iter().flat_map(server::client_notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let point = |note: &str| vec![toned(Tone::Warn, "Note: "), words(note)];
    if notes.is_empty() { Vec::new() } else { vec![Block::List(notes.into_iter().map(point).collect())] }
}

/// The profiles with their sources.
pub fn judged_by(profiles: &[ProfileRef]) -> Vec<Block> {
    let mut points = Vec::new();
    for profile in profiles {
        let sources = profile.source.join("; ");
        let mut point = vec![toned(Tone::Strong, &profile.id), words(format!(" {}", profile.title))];
        if !sources.is_empty() {
            point.push(toned(Tone::Faint, format!(". {sources}")));
        }
        points.push(point);
    }
    if points.is_empty() { Vec::new() } else { vec![Block::List(points)] }
}
