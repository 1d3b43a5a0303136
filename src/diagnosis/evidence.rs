//! The evidence that conclusions cite.

use super::facts::{Facts, FailedDestination, Mismatch, Server};
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};
use crate::document::evidence;
use crate::document::probe::Client;
use crate::model::offer::{Setting, settings};
use crate::model::stage::Stage;
use crate::ssh;
use crate::ssh::target::Target as Address;
use crate::words::{clock, grouped, many};

/// A conclusion about something wrong, its lists still empty, and its id its rule's to set.
pub fn conclusion(certainty: Certainty, headline: String, text: String) -> Conclusion {
    Conclusion {
        id: String::new(),
        headline: capital(headline),
        text,
        certainty,
        problem: true,
        destination: None,
        evidence: Vec::new(),
        remedy: Vec::new(),
        steps: Vec::new(),
        commands: Vec::new(),
        next: Vec::new(),
    }
}

/// A sentence that may begin with a server's role: "the primary (10.0.0.5) …". Names keep their letters.
pub fn capital(text: impl Into<String>) -> String {
    let mut text = text.into();
    if text.starts_with("the ") {
        text.replace_range(..1, "T");
    }
    text
}

/// Evidence of this kind, with nothing but words.
pub fn words(kind: EvidenceKind, what: String) -> Evidence {
    Evidence { kind, what, path: None, line: None, text: None, server: None, field: None }
}

/// The line of a trace that tells the cause, and how the deliveries went.
pub fn of_failed(failed: &FailedDestination<'_>) -> Vec<Evidence> {
    let cause = failed.cause.map(|cause| {
        let what = format!(
            "{} of {} to {}: {}{}",
            grouped(cause.count),
            failed.destination.failures().of,
            failed.host(),
            cause.cause,
            cause.last.map(|last| format!(", the last at {}", clock(last))).unwrap_or_default()
        );
        line(what, &cause.evidence)
    });
    cause.into_iter().chain(history(failed)).collect()
}

/// How the deliveries to a destination went: when they stopped, and whether they had worked.
pub fn history(failed: &FailedDestination<'_>) -> Option<Evidence> {
    let destination = failed.destination;
    let outage = destination.outages.last()?;
    let before = match destination.deliveries {
        0 => "no delivery succeeds in the trace".to_owned(),
        count => format!(
            "{} in the trace, the last at {}",
            many(count, "delivery succeeds", "deliveries succeed"),
            destination.last_delivery.map_or_else(|| "an unknown time".to_owned(), clock)
        ),
    };
    let after = match outage.to {
        None if outage.begins_before_trace => format!("none, {}", outage.began("since")),
        None => format!("none since {}", clock(outage.from)),
        Some(to) => format!("none {} to {}", outage.began("from"), clock(to)),
    };
    let field = Some("destinations[].outages".to_owned());
    Some(Evidence { field, ..words(EvidenceKind::Trace, format!("{}: {before}; {after}", failed.host())) })
}

/// A line of a trace.
pub fn line(what: String, at: &evidence::Evidence) -> Evidence {
    Evidence {
        path: Some(at.path.clone()),
        line: Some(at.line),
        text: Some(at.text.clone()),
        ..words(EvidenceKind::Trace, what)
    }
}

/// What a server's judgement says: whom it lets in, whom it stops and why.
pub fn of_server(facts: &Facts<'_>, server: &Server<'_>) -> Vec<Evidence> {
    let (stopped, let_in): (Vec<&Client>, Vec<&Client>) =
        server.target.clients.iter().partition(|client| Mismatch::of_client(client).is_some());
    let titles =
        |clients: &[&Client]| facts.titles(&clients.iter().map(|client| client.profile.as_str()).collect::<Vec<_>>());
    let mut found = Vec::new();
    if let Some(first) = stopped.first() {
        let why = match Mismatch::of_client(first) {
            Some(Mismatch::Negotiation) => format!("no {} in common", missing(first).join(", no ")),
            _ => format!("it fails at the stage {}", first.stage.map_or("unknown", Stage::name)),
        };
        let what = format!("{} refuses {}: {why}{}", server.name(), titles(&stopped), proof(first));
        found.push(at(server, what, "clients[].missing"));
    }
    let (broken, let_in): (Vec<&Client>, Vec<&Client>) =
        let_in.into_iter().partition(|client| client.handshake_fails());
    if !broken.is_empty() {
        let what =
            format!("{} agrees with {} by its lists, but a real handshake fails", server.name(), titles(&broken));
        found.push(at(server, what, "clients[].handshake"));
    }
    let (unproven, let_in): (Vec<&Client>, Vec<&Client>) =
        let_in.into_iter().partition(|client| client.unproven().is_some());
    if !unproven.is_empty() {
        let what =
            format!("{} agrees with {} by its lists, but no handshake proves it", server.name(), titles(&unproven));
        found.push(at(server, what, "clients[].handshake.unproven"));
    }
    if server.target.takes_no_password() && !let_in.is_empty() {
        let methods = server.target.auth_methods().join(", ");
        let what = format!(
            "{} agrees with {} by its lists, but rejects password login: it offers {methods} only",
            server.name(),
            titles(&let_in)
        );
        found.push(at(server, what, "clients[].handshake.auth_methods"));
    } else if let Some(first) = let_in.first() {
        let what = format!("{} accepts {}{}", server.name(), titles(&let_in), proof(first));
        found.push(at(server, what, "clients[].verdict"));
    }
    if found.is_empty() {
        let why = server.target.error.as_ref().map_or("it was not checked", |error| error.message.as_str());
        found.push(at(server, format!("{} could not be checked: {why}", server.name()), "error"));
    }
    found
}

/// Evidence on a server.
pub fn at(server: &Server<'_>, what: String, field: &str) -> Evidence {
    let (name, field) = (Some(server.target.target.clone()), Some(field.to_owned()));
    Evidence { server: name, field, ..words(EvidenceKind::Server, what) }
}

/// Whether a real handshake bears the lists out.
fn proof(client: &Client) -> String {
    let result = client.handshake.as_ref().and_then(|handshake| handshake.result);
    match (result, client.disagreement.is_some()) {
        (Some(_), false) => " (confirmed by a real handshake)".to_owned(),
        (Some(_), true) => " (but a real handshake contradicts that)".to_owned(),
        (None, _) => String::new(),
    }
}

/// The kinds of algorithm that are not in common, each direction's once.
pub fn missing(client: &Client) -> Vec<&'static str> {
    settings(&client.missing).map(Setting::title).collect()
}

/// The command that probes a trace's host; without the host where its text is no host's, since commands are copied.
pub fn probe(host: &str) -> String {
    if is_host(host) { format!("`cdrdiag probe {host}`") } else { "cdrdiag probe, on that host".to_owned() }
}

/// Whether a text of a trace is a host and nothing else.
pub fn is_host(text: &str) -> bool {
    Address::parse(text, ssh::PORT).is_ok_and(|address| address.host() == text)
}
