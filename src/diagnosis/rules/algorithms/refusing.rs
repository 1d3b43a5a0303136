//! The server of the trace, some of several, or all of them stop CUCM.

use super::who_refuses::{WhoRefuses, who_refuses};
use super::{evidence, the_other_server};
use crate::diagnosis::evidence::conclusion;
use crate::diagnosis::facts::{Facts, FailedDestination, Role, Server};
use crate::document::diagnose::{Certainty, Conclusion};
use crate::words::{clock, listed};

/// The server that the trace names is the one that refuses.
pub fn server_refuses_algorithms(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::ThisServer(server, profiles)) = who_refuses(facts, failed) else { return None };
    let host = failed.host();
    let whoever = profiles.len() == facts.profiles().len();
    let certainty = match (whoever, server.is_at(&host) || facts.server_in_trace() == Some(&server)) {
        (true, true) => Certainty::Seen,
        (true, false) => Certainty::Inferred,
        (false, _) => Certainty::Assumed,
    };
    let given = match (server.is_at(&host), facts.server_in_trace()) {
        (true, _) => String::new(),
        (false, Some(_)) => format!(" The trace holds its lists, so it is the server behind {host}."),
        (false, None) => format!(" It is assumed to be the server behind {host}, since you gave it."),
    };
    let text = format!(
        "The trace says {}, and {} {} ({}).{given}",
        failed.cause?.cause,
        server.name(),
        failed.mismatch()?.words(),
        facts.titles(&profiles)
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &[&server]),
        remedy: facts.remedy(&server),
        next: which_release(facts, &profiles).into_iter().chain(the_other_server(facts, failed)).collect(),
        ..conclusion(certainty, format!("{} {}", server.name(), failed.mismatch()?.words()), text)
    })
}

/// Some of the servers refuse, and the address leads to one of these.
pub fn some_servers_refuse(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::SomeServers(profiles)) = who_refuses(facts, failed) else { return None };
    let mismatch = failed.mismatch()?;
    let judged = facts.judged();
    let refusing: Vec<&Server<'_>> = judged
        .iter()
        .filter(|server| profiles.iter().any(|profile| server.stops(profile, mismatch) == Some(true)))
        .copied()
        .collect();
    let names = listed(refusing.iter().map(|server| server.name()));
    let host = failed.host();
    let text = format!(
        "Of the servers given, {names} behaves as the trace says of {host}; not all do. While {host} points there, \
         deliveries fail ({}).",
        facts.titles(&profiles)
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &judged),
        remedy: refusing.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: [format!("who holds {host} now, and since when")]
            .into_iter()
            .chain(swapped(&refusing, &judged))
            .collect(),
        ..conclusion(Certainty::Inferred, format!("{names} rejects CUCM's SSH algorithms"), text)
    })
}

/// That the two servers may have been given the wrong way round, where the one that usually works is the one that refuses.
fn swapped(refusing: &[&Server<'_>], judged: &[&Server<'_>]) -> Option<String> {
    let [primary] = refusing else { return None };
    let has_secondary = judged.iter().any(|server| server.role == Role::Secondary);
    (primary.role == Role::Primary && has_secondary).then(|| {
        "whether --primary and --secondary are swapped: the one given as the server that usually works is the one that \
         rejects CUCM"
            .to_owned()
    })
}

/// All servers refuse: what was hardened is not one of them by mistake.
pub fn both_servers_refuse(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::EveryServer(profiles)) = who_refuses(facts, failed) else { return None };
    let judged = facts.judged();
    let whoever = profiles.len() == facts.profiles().len();
    let certainty = if whoever { Certainty::Inferred } else { Certainty::Assumed };
    let since = failed.destination.outages.last().map(|outage| clock(outage.from)).unwrap_or_default();
    let worked = failed.destination.deliveries > 0;
    let text = format!(
        "Each {} ({}), so no failover explains it.{}",
        failed.mismatch()?.words(),
        facts.titles(&profiles),
        if worked {
            format!(" Deliveries worked before, so the servers were hardened around {since}.")
        } else {
            String::new()
        },
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &judged),
        remedy: judged.iter().flat_map(|server| facts.remedy(server)).collect(),
        next: which_release(facts, &profiles),
        ..conclusion(
            certainty,
            match certainty {
                Certainty::Assumed => "Hardened servers would explain it: every one rejects CUCM's SSH algorithms",
                _ => "The servers' hardening is the cause: every one rejects CUCM's SSH algorithms",
            }
            .to_owned(),
            text,
        )
    })
}

/// Where the verdict depends on CUCM's release: how to tell which it is.
fn which_release(facts: &Facts<'_>, profiles: &[&str]) -> Vec<String> {
    let depends = profiles.len() < facts.profiles().len();
    let ask = || format!("whether the cluster runs {}: give its release as --profile", facts.titles(profiles));
    depends.then(ask).into_iter().collect()
}
