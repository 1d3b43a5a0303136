//! Servers: who gets in, who they are, what they offer. What the answers that speak of servers share.

use std::collections::HashSet;

use super::changes::changes;
use super::{
    Block, Fact, Form, Headline, Piece, Row, Section, by_direction, code, fact, fact_of, facts, list, note, prose,
    together, toned, words,
};
use crate::document::probe::{Access, Client, HostKey, Identification, ProfileRef, Target};
use crate::model::offer::{Category, Offer, Setting};
use crate::model::profile::client_names;
use crate::report::page::Tone;
use crate::words::excerpt;

/// What is shown of an agreement.
pub const SETTINGS: [Setting; 4] = [Setting::Kex, Setting::HostKey, Setting::Cipher, Setting::Mac];

/// The verdicts on one server: a line for each cause, with the clients that it keeps out.
pub fn headlines(target: &Target) -> Vec<Headline> {
    let line = |tone, verdict, object: String, why: String| Headline {
        tone,
        verdict,
        form: Form::Verb,
        subject: target.name(),
        object,
        why,
    };
    let message = target.error.as_ref().map(|error| excerpt(&error.message).into_owned()).unwrap_or_default();
    let failed = target.outcome.without_offer();
    let mut lines = Vec::from_iter(failed.map(|verdict| line(Tone::Bad, verdict, String::new(), message)));
    let clients = |clients| client_names::<'_>(clients);
    if lines.is_empty() {
        let refused = refusals(target).into_iter();
        lines.extend(refused.map(|(ids, cause)| line(Tone::Bad, "refuses", clients(ids), cause)));
        let broken = failed_handshakes(target).into_iter();
        lines.extend(broken.map(|(ids, failure)| line(Tone::Bad, "fails the handshake with", clients(ids), failure)));
        let unproven = grouped(target, Client::unproven).into_iter();
        lines.extend(unproven.map(|(ids, why)| line(Tone::Bad, "is not proven to accept", clients(ids), why)));
        lines.extend(accepted(target).into_iter().map(|object| line(Tone::Good, "accepts", object, String::new())));
    }
    if target.takes_no_password() {
        let why = format!("CUCM needs it, and the server offers {} only", target.auth_methods().join(", "));
        lines.push(line(Tone::Bad, "rejects password login", String::new(), why));
    }
    let odd = contradictions(target).into_iter();
    lines.extend(
        odd.map(|(ids, why)| line(Tone::Bad, "contradicts the prediction", format!("for {}", clients(ids)), why)),
    );
    lines
}

/// What to change there; of a server without an offer, what to check first.
pub fn to_do(target: &Target) -> Vec<Block> {
    to_check(target).into_iter().chain(changes(&target.remedy, |_| target.name())).collect()
}

/// What to check of a server without an offer.
pub fn to_check(target: &Target) -> Option<Block> {
    Some(Block::Paragraph(prose(target.error.as_ref()?.remedy.as_ref()?)))
}

/// The clients that get in: by all lists, then as far as the lists are known.
fn accepted(target: &Target) -> Vec<String> {
    let ids = |is_partial: bool| {
        let accepted = target.clients.iter().filter(|client| client.gets_in());
        let accepted = accepted.filter(|client| client.unknown.is_empty() != is_partial);
        client_names(accepted.map(|client| client.profile.as_str()))
    };
    let (whole, partial) = (ids(false), ids(true));
    let partial = (!partial.is_empty()).then(|| format!("{partial}, as far as the lists are known"));
    Some(whole).filter(|whole| !whole.is_empty()).into_iter().chain(partial).collect()
}

/// The server's software and version, as far as it tells.
pub fn software(target: &Target) -> String {
    target.identification.as_ref().and_then(Identification::product).unwrap_or_default()
}

/// Each cause of a refusal with the clients that it keeps out.
fn refusals(target: &Target) -> Vec<(Vec<&str>, String)> {
    grouped(target, Client::refusal)
}

/// Each failure of a handshake that the lists let succeed, with the clients that it keeps out.
fn failed_handshakes(target: &Target) -> Vec<(Vec<&str>, String)> {
    let failure = |client: &Client| Some(format!("{}; see the server's log", client.disagreement.as_ref()?));
    grouped(target, |client| failure(client).filter(|_| client.handshake_fails()))
}

/// Each other way in which a handshake contradicts the lists, with its clients.
fn contradictions(target: &Target) -> Vec<(Vec<&str>, String)> {
    grouped(target, |client| client.disagreement.clone().filter(|_| !client.handshake_fails()))
}

/// All that is wrong with a server that answered, in a few words each.
pub fn whys(target: &Target) -> Vec<String> {
    let of_clients =
        [refusals(target), failed_handshakes(target), grouped(target, Client::unproven), contradictions(target)];
    let of_clients = of_clients.into_iter().flatten().map(|(clients, why)| format!("{}: {why}", clients.join(", ")));
    let login = target.takes_no_password().then(|| format!("no password login ({})", target.auth_methods().join(", ")));
    of_clients.chain(login).collect()
}

/// The clients for which `text` says the same, together, in their order.
fn grouped(target: &Target, text: impl Fn(&Client) -> Option<String>) -> Vec<(Vec<&str>, String)> {
    let said = target.clients.iter().filter_map(|client| Some((text(client)?, client.profile.as_str())));
    together(said).into_iter().map(|(said, clients)| (clients, said)).collect()
}

/// One server in a section of its own.
pub fn section(target: &Target) -> Option<Section> {
    let mut blocks = Vec::from_iter(facts([identity(target), details(target)].concat()));
    blocks.extend(clients(target));
    blocks.extend(notes(target));
    let lists = offer(target);
    blocks.extend((!lists.is_empty()).then(|| Block::Heading(vec![words("What it offers")])));
    blocks.extend(lists);
    Section::full(&format!("The server {}", target.name()), blocks)
}

/// Who the server is, and how to log in.
pub fn identity(target: &Target) -> Vec<Fact> {
    let (name, software) = (target.name(), software(target));
    let mut facts = Vec::new();
    if !software.is_empty() {
        facts.push(fact("server", if name == target.target { software } else { format!("{name}, {software}") }));
    }
    if name != target.target {
        facts.push(fact_of("answer from", code(&target.target)));
    }
    facts.extend(target.host_keys.iter().map(|key| fact_of("host key", code(host_key(key)))));
    if !target.auth_methods().is_empty() {
        facts.push(fact("login by", target.auth_methods().join(", ")));
    }
    facts
}

/// How the server presents itself, and how long it took.
pub fn details(target: &Target) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(identification) = &target.identification {
        let lines = std::iter::once(&identification.raw).filter(|raw| !raw.is_empty());
        facts.extend(lines.map(|raw| fact_of("SSH version", code(raw))));
        facts.extend(identification.preceding_lines.iter().map(|line| fact_of("before it", code(line))));
    }
    let address = target.address.iter().filter(|address| target.name() != **address);
    facts.extend(address.map(|address| fact_of("address", code(address))));
    let timing = &target.timing_ms;
    let steps = [
        ("connected", timing.connect),
        ("identification", timing.identification),
        ("KEXINIT", timing.kexinit),
        ("done", timing.total),
    ];
    let taken = steps.into_iter().filter_map(|(step, ms)| Some(format!("{step} {:.0} ms", ms?)));
    let taken = taken.collect::<Vec<_>>().join(", ");
    facts.extend((!taken.is_empty()).then(|| fact_of("time", toned(Tone::Faint, taken))));
    facts
}

/// A host key in a line.
fn host_key(key: &HostKey) -> String {
    let bits = key.bits.map(|bits| format!(" {bits} bits")).unwrap_or_default();
    format!("{}{bits} {}", key.algorithm, key.sha256.as_deref().unwrap_or_default())
}

/// What each client agrees on, and how the real handshake went; clients that fare alike share a column.
pub fn clients(target: &Target) -> Option<Block> {
    let cells = |client: &Client| -> Vec<Piece> {
        SETTINGS.iter().map(|setting| agreed(client, *setting)).chain([words(handshake(client))]).collect()
    };
    let columns = together(target.clients.iter().map(|client| (cells(client), client.profile.as_str())));
    let head = std::iter::once(String::new()).chain(columns.iter().map(|(_, alike)| alike.join(", "))).collect();
    let titles = SETTINGS.map(Setting::title).into_iter().chain(["handshake"]);
    let row = |(index, title)| {
        let cells = columns.iter().filter_map(|(cells, _)| cells.get(index).cloned());
        Row::of(std::iter::once(words(title)).chain(cells).collect())
    };
    let rows = titles.enumerate().map(row).collect();
    (!columns.is_empty()).then_some(Block::Table(super::Table { head, rows }))
}

/// What a client agrees on in a setting, both directions where they differ.
pub fn agreed(client: &Client, setting: Setting) -> Piece {
    let mut cells: Vec<&str> = setting
        .categories()
        .iter()
        .map(|category| match client.agreed.get(category) {
            Some(name) => name.as_str(),
            None if client.unknown.contains(category) => "unknown",
            None => "none in common",
        })
        .collect();
    cells.dedup();
    let is_agreed = setting.categories().iter().all(|category| client.agreed.contains_key(category));
    if is_agreed { code(cells.join(" / ")) } else { toned(Tone::Bad, cells.join(" / ")) }
}

/// How the real handshake went.
pub fn handshake(client: &Client) -> &'static str {
    let Some(handshake) = &client.handshake else { return "not tried" };
    match (handshake.performed, handshake.result) {
        _ if handshake.unproven.is_some() => "not proven",
        (false, _) => "not possible",
        (true, Some(Access::Accepts)) => "gets in",
        (true, _) if client.result == Access::Refuses => "fails as predicted",
        (true, _) => "fails",
    }
}

/// What the lists alone do not show, and why a handshake tells less than it might, with the clients that it concerns.
pub fn notes(target: &Target) -> Option<Block> {
    let of = |client| client_notes(client).map(|note| (note, client.profile.as_str()));
    let notes = together(target.clients.iter().flat_map(of));
    let point = |(text, clients): (&str, Vec<&str>)| {
        [note(text), vec![toned(Tone::Faint, format!(" ({})", clients.join(", ")))]].concat()
    };
    list(notes.into_iter().map(point).collect())
}

/// A handshake that failed says nothing beyond the headlines.
fn client_notes(client: &Client) -> impl Iterator<Item = &str> {
    let handshake = client.handshake.as_ref().filter(|_| client.unproven().is_none());
    let handshake = handshake.filter(|handshake| handshake.result != Some(Access::Refuses));
    let error = handshake.and_then(|handshake| handshake.error.as_deref());
    client.findings.iter().map(String::as_str).chain(error)
}

/// The server's lists, what a client takes of each marked, and the weak algorithms in them.
pub fn offer(target: &Target) -> Vec<Block> {
    let Some(offer) = &target.offer else { return Vec::new() };
    let lists = Setting::ALL.into_iter().flat_map(|setting| offered(setting, offer, &target.clients));
    // Nobody makes use of languages: they show only where there are any.
    let languages = Category::ALL.into_iter().filter(|category| !Category::NEGOTIATED.contains(category));
    let languages =
        languages.filter_map(|category| Some((category, offer.get(category).filter(|list| !list.is_empty())?)));
    let languages = languages.map(|(category, list)| fact(category.title(), list.join(", ")));
    let legend = || Block::Paragraph(vec![toned(Tone::Faint, "* what a client agrees on")]);
    let lists = [Block::Facts(lists.chain(languages).collect())].into_iter();
    lists.chain((!target.clients.is_empty()).then(legend)).chain(weak(target)).collect()
}

/// A setting's lists.
fn offered(setting: Setting, offer: &Offer, clients: &[Client]) -> impl Iterator<Item = Fact> {
    by_direction(setting, |category| offer.get(category)).map(|(title, categories, list)| {
        let agreed = clients.iter().flat_map(|client| &client.agreed);
        let taken: Vec<&str> =
            agreed.filter(|(category, _)| categories.contains(category)).map(|(_, name)| name.as_str()).collect();
        (title.to_owned(), names(list, &taken))
    })
}

fn names(list: Option<&[String]>, taken: &[&str]) -> Vec<Piece> {
    let Some(list) = list else { return vec![toned(Tone::Warn, "not known")] };
    let mut pieces = Vec::new();
    for (index, name) in list.iter().enumerate() {
        let comma = if index + 1 == list.len() { "" } else { ", " };
        let is_taken = taken.contains(&name.as_str());
        let mark = if is_taken { format!("*{comma}") } else { comma.to_owned() };
        let tone = if is_taken { Tone::Good } else { Tone::Plain };
        pieces.extend([Piece { tone, ..code(name) }, words(mark)]);
    }
    if pieces.is_empty() { vec![toned(Tone::Faint, "none")] } else { pieces }
}

/// The weak algorithms, those with the same reason together, each once for both directions.
fn weak(target: &Target) -> Vec<Block> {
    let mut reasons = together(target.weak.iter().map(|weak| (weak.reason.as_str(), weak.algorithm.as_str())));
    for (_, algorithms) in &mut reasons {
        let mut seen = HashSet::new();
        algorithms.retain(|algorithm| seen.insert(*algorithm));
    }
    let point = |(reason, algorithms): (&str, Vec<&str>)| {
        vec![toned(Tone::Warn, algorithms.join(", ")), words(format!(": {reason}"))]
    };
    let points = list(reasons.into_iter().map(point).collect());
    points.into_iter().flat_map(|points| [Block::Heading(vec![words("Weak among them")]), points]).collect()
}

/// The profiles with their sources, so that no verdict rests on an unnamed list.
pub fn checked_against(profiles: &[ProfileRef]) -> Option<Section> {
    let of = |profile: &ProfileRef| {
        let sources = profile.source.join("; ");
        let value = vec![
            words(&profile.title),
            toned(Tone::Faint, if sources.is_empty() { sources } else { format!(". {sources}") }),
        ];
        (profile.id.clone(), value)
    };
    Section::full("Checked against", facts(profiles.iter().map(of).collect()))
}
