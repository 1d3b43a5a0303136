//! No server's lists stop CUCM, or no server is there to judge by.

use super::who_refuses::{WhoRefuses, who_refuses};
use super::{capital, evidence, the_other_server};
use crate::diagnosis::clients::Origin;
use crate::diagnosis::evidence::{conclusion, probe};
use crate::diagnosis::facts::{Facts, FailedDestination, Role, Server};
use crate::diagnosis::rules::servers;
use crate::document::diagnose::{Certainty, Conclusion};
use crate::words::{clock, listed};

/// The trace speaks of algorithms; by their lists the servers let CUCM in, and a real handshake fails.
pub fn handshake_fails_there(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let is_it = who_refuses(facts, failed)? == WhoRefuses::HandshakeFails;
    if !is_it {
        return None;
    }
    let broken: Vec<&Server<'_>> = facts.servers.iter().filter(|server| server.target.handshake_fails()).collect();
    let names = listed(broken.iter().map(|server| server.name()));
    let cause = failed.cause?;
    let why = servers::why_it_breaks(&broken).unwrap_or_else(|| {
        "The server gives up during the handshake, as it does when it cannot read its host \
                            key."
            .to_owned()
    });
    let text = format!(
        "The trace says {}. The lists of {names} suit CUCM now, yet a real handshake still fails there. {why}",
        cause.cause
    );
    Some(Conclusion {
        remedy: broken.iter().flat_map(|server| facts.remedy(server)).collect(),
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &broken),
        next: vec![
            format!("the log of {names} at the time of a handshake"),
            "whether CUCM still fails for the same reason: a trace made now".to_owned(),
        ],
        ..conclusion(
            Certainty::Inferred,
            format!("{names} does not let CUCM in: the lists agree, but the handshake fails"),
            text,
        )
    })
}

/// The trace speaks of algorithms, and every server lets CUCM in: then something is not as it was, or as assumed.
pub fn changed_since_the_trace(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let is_it = failed.lasts() && who_refuses(facts, failed)? == WhoRefuses::NoServer;
    if !is_it {
        return None;
    }
    let at = facts.at(failed.destination.host.as_deref());
    let servers = if at.is_empty() { facts.judged() } else { at };
    let names = listed(servers.iter().map(|server| server.name()));
    let host = failed.host();
    let client_is_guessed = facts.clients.origin == Origin::Asked;
    let client = if client_is_guessed {
        "the node proposes other algorithms than its release is known to (Cipher Management, FIPS mode, another \
         release), or "
    } else {
        ""
    };
    let login = without_password(&servers);
    let fits = if login.is_empty() { "would let CUCM in" } else { "agrees with CUCM by its lists" };
    let text = format!(
        "By their lists CUCM gets into {names}. So {client}the server changed since {}, or {host} points to another \
         server.{login}",
        failed.cause?.last.map_or_else(|| "then".to_owned(), clock)
    );
    let mut next: Vec<String> = the_other_server(facts, failed).into_iter().collect();
    next.extend([
        "whether it still fails: a trace made now".to_owned(),
        format!("what answers at {host} itself, from CUCM's network: {}", probe(&host)),
    ]);
    if client_is_guessed {
        next.push(
            "what the node really proposes: cdrdiag capture, then --profile FILE; or its Cipher Management page (Cisco \
             Unified OS Administration, Security) with --ssh-kex, --ssh-ciphers, --ssh-mac, --fips"
                .to_owned(),
        );
    }
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &servers),
        next,
        ..conclusion(Certainty::Assumed, format!("The trace says {}, yet {names} {fits}", failed.cause?.cause), text)
    })
}

/// That what the lists let in gets no further, where servers take no password.
fn without_password(servers: &[&Server<'_>]) -> String {
    let strict: Vec<String> =
        servers.iter().filter(|server| server.target.takes_no_password()).map(|server| server.name()).collect();
    let names = || capital(listed(strict.iter().cloned()));
    if strict.is_empty() {
        String::new()
    } else {
        format!(" {} takes no password, so CUCM gets no further than that.", names())
    }
}

/// The trace alone: nothing in common, with whichever server it was.
pub fn no_common_algorithm(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::NotJudged | WhoRefuses::NoServer) = who_refuses(facts, failed) else { return None };
    let host = failed.host();
    let lists = facts.trace.and_then(|trace| trace.negotiation.as_ref());
    let text = format!(
        "The connection {} before the login, over the algorithms. {}",
        if failed.lasts() { "fails" } else { "failed" },
        if lists.is_some() {
            "The trace holds both sides' lists, below."
        } else {
            "The trace does not say what either side offers."
        }
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &facts.servers.iter().collect::<Vec<_>>()),
        steps: failed.cause?.remedy.clone().filter(|_| failed.lasts()).into_iter().collect(),
        next: vec![
            format!("what the server offers, and the change that lets CUCM in: {}", probe(&host)),
            both_servers(facts),
        ],
        ..conclusion(Certainty::Seen, format!("CUCM and {host} do not agree on SSH algorithms"), text)
    })
}

/// How to learn of the servers, where none could be judged.
fn both_servers(facts: &Facts<'_>) -> String {
    let given = facts.server(Role::Primary).is_some() && facts.server(Role::Secondary).is_some();
    if given {
        "the two could not be read: have them probed from where they can be reached, and give the saved answers \
         (cdrdiag probe --json)"
    } else {
        "where a failover is possible: both servers, as --primary and --secondary"
    }
    .to_owned()
}
