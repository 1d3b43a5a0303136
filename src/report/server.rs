//! One server as text: who gets in, what would change that, what it offers. Shared by the reports that speak of
//! servers.

use std::collections::BTreeMap;

use super::page::{Page, Tone};
use crate::document::probe::{Access, Client, HostKey, Identification, Outcome, Target, Weak};
use crate::document::remedy::Remedy;
use crate::model::offer::Setting;
use crate::model::offer::{Category, Offer};
use crate::model::profile::client_names;
use crate::words::excerpt;

/// The verdict: a line for each cause, with the clients that it keeps out.
pub fn headlines(target: &Target, page: &mut Page) {
    let name = target.target.as_str();
    let mut line = |tone, verb: &str, rest: &str| {
        page.line(&[(Tone::Strong, name), (Tone::Plain, " "), (tone, verb), (Tone::Plain, rest)]);
    };
    let message = target.error.as_ref().map(|error| excerpt(&error.message)).unwrap_or_default();
    match target.outcome {
        Outcome::Unreachable => line(Tone::Bad, "is unreachable", &format!(": {message}")),
        Outcome::NotSsh => line(Tone::Bad, "is not an SSH 2 server", &format!(": {message}")),
        Outcome::Error => line(Tone::Bad, "gave no usable answer", &format!(": {message}")),
        Outcome::Accepts | Outcome::Refuses => {
            for (clients, cause) in refusals(target) {
                line(Tone::Bad, "refuses", &format!(" {}: {cause}", client_names(clients)));
            }
            for (clients, failure) in broken_off(target) {
                line(Tone::Bad, "does not let in", &format!(" {}: {failure}", client_names(clients)));
            }
            for (is_partial, limit) in [(false, ""), (true, ", as far as the lists are known")] {
                let accepts = |client: &&Client| client.gets_in() && client.unknown.is_empty() != is_partial;
                let accepted = ids(target.clients.iter().filter(accepts));
                if !accepted.is_empty() {
                    line(Tone::Good, "accepts", &format!(" {}{limit}", client_names(accepted)));
                }
            }
        }
    }
    if target.takes_no_password() {
        let methods = target.auth_methods().join(", ");
        line(Tone::Bad, "rejects password login", &format!("; CUCM needs it, and the server offers {methods} only"));
    }
    for (clients, contradiction) in contradictions(target) {
        line(Tone::Bad, "contradicts the prediction", &format!(" for {}: {contradiction}", clients.join(", ")));
    }
}

/// Everything about one server below its headlines.
pub fn whole(target: &Target, page: &mut Page) {
    remedies(&target.remedy, page);
    if !target.clients.is_empty() {
        page.gap();
        clients(&target.clients, page);
    }
    notes(target, page);
    page.gap();
    facts(target, page);
    if let Some(offer) = &target.offer {
        page.gap();
        self::offer(offer, &target.clients, page);
    }
    if !target.weak.is_empty() {
        page.gap();
        weak(&target.weak, page);
    }
}

/// The server's software and version, as far as it tells.
pub fn software(target: &Target) -> String {
    target.identification.as_ref().and_then(Identification::product).unwrap_or_default()
}

/// Each cause of a refusal with the clients that it keeps out.
pub fn refusals(target: &Target) -> Vec<(Vec<&str>, String)> {
    grouped(target, Client::refusal)
}

/// Each failure of a handshake that the lists let succeed, with the clients that it keeps out.
pub fn broken_off(target: &Target) -> Vec<(Vec<&str>, String)> {
    let failure = |client: &Client| Some(format!("{}; see the server's log", client.disagreement.as_ref()?));
    grouped(target, |client| failure(client).filter(|_| client.handshake_fails()))
}

/// Each other way in which a handshake contradicts the lists, with its clients.
pub fn contradictions(target: &Target) -> Vec<(Vec<&str>, String)> {
    grouped(target, |client| client.disagreement.clone().filter(|_| !client.handshake_fails()))
}

/// All that is wrong with a server that answered, in a few words each.
pub fn whys(target: &Target) -> Vec<String> {
    let of_clients = [refusals(target), broken_off(target), contradictions(target)].concat().into_iter();
    let of_clients = of_clients.map(|(clients, why)| format!("{}: {why}", clients.join(", ")));
    let login = target.takes_no_password().then(|| format!("no password login ({})", target.auth_methods().join(", ")));
    of_clients.chain(login).collect()
}

/// The clients for which `text` says the same, together, in their order.
fn grouped(target: &Target, text: impl Fn(&Client) -> Option<String>) -> Vec<(Vec<&str>, String)> {
    let mut groups: Vec<(Vec<&str>, String)> = Vec::new();
    for client in &target.clients {
        let Some(said) = text(client) else { continue };
        match groups.iter_mut().find(|(_, other)| *other == said) {
            Some((clients, _)) => clients.push(&client.profile),
            None => groups.push((vec![&client.profile], said)),
        }
    }
    groups
}

fn ids<'a>(clients: impl Iterator<Item = &'a Client>) -> Vec<&'a str> {
    clients.map(|client| client.profile.as_str()).collect()
}

/// The changes, each with its line to copy; the commands that load them once, behind the last that needs them.
pub fn remedies(remedies: &[Remedy], page: &mut Page) {
    for (index, remedy) in remedies.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| remedies.get(before));
        let before = before.filter(|before| before.server == remedy.server);
        page.gap();
        if before.is_none() {
            let software = remedy.software.as_ref().map(|software| format!(" ({software})")).unwrap_or_default();
            page.line(&[(Tone::Strong, "Change on "), (Tone::Strong, &remedy.server), (Tone::Plain, &software)]);
        }
        if let Some(file) =
            remedy.file.as_ref().filter(|file| before.is_none_or(|before| before.file.as_ref() != Some(file)))
        {
            page.fact("where", Tone::Plain, file);
        }
        if let Some(line) = &remedy.line {
            page.code(6, line);
        }
        page.fact(
            "why",
            Tone::Plain,
            before.map_or(&remedy.reason, |before| what_is_new(&remedy.reason, &before.reason)),
        );
        if let Some(weakens) = &remedy.weakens {
            page.fact("weakens", Tone::Warn, weakens);
        }
        let repeated = remedies.get(index + 1).is_some_and(|next| next.commands == remedy.commands);
        if !remedy.commands.is_empty() && !repeated {
            page.fact("then run", Tone::Plain, "");
            for command in &remedy.commands {
                page.code(6, command);
            }
        }
    }
}

/// A reason without the sentences at its end that the reader has just read in the one before.
pub fn what_is_new<'a>(reason: &'a str, before: &str) -> &'a str {
    reason
        .match_indices(". ")
        .map(|(at, _)| reason.split_at(at + 1))
        .find(|(_, rest)| before.ends_with(rest))
        .map_or(reason, |(new, _)| new)
}

/// What each client agrees on, and how the real handshake went; clients that fare alike share a column.
fn clients(clients: &[Client], page: &mut Page) {
    const SETTINGS: [Setting; 4] = [Setting::Kex, Setting::HostKey, Setting::Cipher, Setting::Mac];
    let mut columns: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for client in clients {
        let mut cells = SETTINGS.map(|setting| agreed(client, setting)).to_vec();
        cells.push(handshake(client).to_owned());
        match columns.iter_mut().find(|(_, others)| *others == cells) {
            Some((alike, _)) => alike.push(&client.profile),
            None => columns.push((vec![&client.profile], cells)),
        }
    }
    let mut rows = vec![vec![String::new()]];
    rows.extend(SETTINGS.map(|setting| vec![setting.title().to_owned()]));
    rows.push(vec!["handshake".to_owned()]);
    for (alike, cells) in columns {
        for (row, cell) in rows.iter_mut().zip([alike.join(", ")].into_iter().chain(cells)) {
            row.push(cell);
        }
    }
    page.table(&rows);
}

/// What a cell says where the two have no algorithm in common.
pub const NONE_IN_COMMON: &str = "none in common";

/// What a client agrees on in a setting, both directions where they differ.
pub fn agreed(client: &Client, setting: Setting) -> String {
    let mut cells: Vec<&str> = setting
        .categories()
        .iter()
        .map(|category| match client.agreed.get(category) {
            Some(name) => name.as_str(),
            None if client.unknown.contains(category) => "unknown",
            None => NONE_IN_COMMON,
        })
        .collect();
    cells.dedup();
    cells.join(" / ")
}

/// How the real handshake went.
pub fn handshake(client: &Client) -> &'static str {
    let Some(handshake) = &client.handshake else { return "not tried" };
    match (handshake.performed, handshake.result) {
        (false, _) => "not possible",
        (true, Some(Access::Accepts)) => "gets in",
        (true, _) if client.result == Access::Refuses => "fails as predicted",
        (true, _) => "fails",
    }
}

/// What the lists do not show, and why a handshake tells less than it might.
pub fn notes(target: &Target, page: &mut Page) {
    let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for client in &target.clients {
        for note in client_notes(client) {
            notes.entry(note).or_default().push(&client.profile);
        }
    }
    if !notes.is_empty() {
        page.gap();
    }
    for (note, clients) in notes {
        page.line(&[(Tone::Warn, "note: "), (Tone::Plain, note), (Tone::Faint, &format!(" ({})", clients.join(", ")))]);
    }
}

/// What the lists do not show about one client, and why its handshake tells less than it might. One that failed says
/// nothing beyond the headlines.
pub fn client_notes(client: &Client) -> impl Iterator<Item = &str> {
    let handshake = client.handshake.as_ref().filter(|handshake| handshake.result != Some(Access::Refuses));
    let error = handshake.and_then(|handshake| handshake.error.as_deref());
    client.findings.iter().map(String::as_str).chain(error)
}

/// Who the server is.
fn facts(target: &Target, page: &mut Page) {
    if let Some(identification) = &target.identification {
        let raw = Some(identification.raw.clone()).filter(|raw| !raw.is_empty());
        page.fact("server", Tone::Plain, &raw.unwrap_or_else(|| software(target)));
        for line in &identification.preceding_lines {
            page.fact("before it", Tone::Faint, line);
        }
    }
    if let Some(address) = &target.address {
        page.fact("address", Tone::Plain, address);
    }
    for key in &target.host_keys {
        page.fact("host key", Tone::Plain, &host_key(key));
    }
    if !target.auth_methods().is_empty() {
        page.fact("login by", Tone::Plain, &target.auth_methods().join(", "));
    }
    let timing = &target.timing_ms;
    let steps = [
        ("connected", timing.connect),
        ("identification", timing.identification),
        ("KEXINIT", timing.kexinit),
        ("done", timing.total),
    ];
    let shown = steps.into_iter().filter_map(|(step, ms)| Some(format!("{step} {:.0} ms", ms?)));
    let shown: Vec<_> = shown.collect();
    if !shown.is_empty() {
        page.fact("time", Tone::Faint, &shown.join(", "));
    }
}

/// A host key in a line.
pub fn host_key(key: &HostKey) -> String {
    let bits = key.bits.map(|bits| format!(" {bits} bits")).unwrap_or_default();
    format!("{}{bits} {}", key.algorithm, key.sha256.as_deref().unwrap_or_default())
}

/// The server's lists; what a client takes of each is marked.
fn offer(offer: &Offer, clients: &[Client], page: &mut Page) {
    let mark = if clients.is_empty() { "" } else { " (* is what a client above takes)" };
    page.line(&[(Tone::Strong, "What it offers"), (Tone::Faint, mark)]);
    let mut shown: Vec<Category> = Vec::new();
    for category in Category::ALL {
        let list = offer.get(category);
        let is_language = !Category::NEGOTIATED.contains(&category);
        let as_before = twin(category).is_some_and(|twin| shown.contains(&twin) && offer.get(twin) == list);
        if as_before || (is_language && list.is_none_or(<[String]>::is_empty)) {
            continue;
        }
        shown.push(category);
        let both = pair(category).is_some_and(|other| offer.get(other) == list);
        let title = if both { short_title(category) } else { category.title() };
        page.indented(2, 4, &[(Tone::Faint, title)]);
        page.indented(
            4,
            4,
            &names(list, &taken(category, both, clients))
                .iter()
                .map(|(tone, name)| (*tone, name.as_str()))
                .collect::<Vec<_>>(),
        );
    }
}

/// The same of the other direction, where it stands before it in KEXINIT.
fn twin(category: Category) -> Option<Category> {
    Category::ALL.into_iter().find(|other| pair(*other) == Some(category))
}

/// The same of the other direction, where it stands behind it in KEXINIT.
fn pair(category: Category) -> Option<Category> {
    match category {
        Category::CipherC2s => Some(Category::CipherS2c),
        Category::MacC2s => Some(Category::MacS2c),
        Category::CompressionC2s => Some(Category::CompressionS2c),
        Category::LanguageC2s => Some(Category::LanguageS2c),
        _ => None,
    }
}

fn short_title(category: Category) -> &'static str {
    Setting::of(category).map_or_else(|| category.title(), Setting::title)
}

/// What clients take of this list, of both directions where one line stands for both.
fn taken(category: Category, both: bool, clients: &[Client]) -> Vec<String> {
    let categories = [Some(category), pair(category).filter(|_| both)];
    let categories: Vec<_> = categories.into_iter().flatten().collect();
    let agreed = clients.iter().flat_map(|client| categories.iter().filter_map(|category| client.agreed.get(category)));
    agreed.cloned().collect()
}

fn names(list: Option<&[String]>, taken: &[String]) -> Vec<(Tone, String)> {
    let Some(list) = list else { return vec![(Tone::Faint, "not known".to_owned())] };
    if list.is_empty() {
        return vec![(Tone::Faint, "none".to_owned())];
    }
    let piece = |(index, name): (usize, &String)| {
        let comma = if index + 1 == list.len() { "" } else { ", " };
        if taken.contains(name) {
            (Tone::Good, format!("{name}*{comma}"))
        } else {
            (Tone::Plain, format!("{name}{comma}"))
        }
    };
    list.iter().enumerate().map(piece).collect()
}

/// The weak algorithms, those with the same reason together.
fn weak(weak: &[Weak], page: &mut Page) {
    page.line(&[(Tone::Strong, "Weak among them")]);
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for entry in weak {
        let algorithm = entry.algorithm.as_str();
        match reasons.iter_mut().find(|(reason, _)| *reason == entry.reason) {
            Some((_, algorithms)) if algorithms.contains(&algorithm) => {}
            Some((_, algorithms)) => algorithms.push(algorithm),
            None => reasons.push((&entry.reason, vec![algorithm])),
        }
    }
    for (reason, algorithms) in reasons {
        page.indented(2, 4, &[(Tone::Warn, &algorithms.join(", ")), (Tone::Plain, ": "), (Tone::Plain, reason)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_just_read_is_not_said_again() {
        let place = "The line goes at the top. It counts once.";
        let (first, second) = (format!("No cipher. Add a. {place}"), format!("No MAC. Add b. {place}"));
        assert_eq!(what_is_new(&second, &first), "No MAC. Add b.");
        assert_eq!(what_is_new(&second, "Something else."), second);
        assert_eq!(what_is_new(&second, &second), "No MAC.");
    }
}
