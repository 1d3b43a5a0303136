//! What the servers' algorithms have to do with the failures: which of them stops CUCM.

use crate::diagnosis::facts::{Facts, FailedDestination, Mismatch, Role, Server};

/// Which servers' algorithms stop CUCM, where the failures are about them. Exactly one holds.
#[derive(Debug, Clone, PartialEq)]
pub enum WhoRefuses<'a> {
    /// The primary lets these clients in and the secondary stops them.
    Failover(Vec<&'a str>),
    /// The same, and the address itself lets every client in by now.
    FailoverOver(Vec<&'a str>),
    /// The server at the trace's host, or the only one there is, stops these clients.
    ThisServer(Server<'a>, Vec<&'a str>),
    /// Of several servers some stop these clients and some don't.
    SomeServers(Vec<&'a str>),
    /// Every server stops these clients.
    EveryServer(Vec<&'a str>),
    /// The lists stop nobody, and a real handshake fails.
    HandshakeFails,
    /// Nobody is stopped now.
    NoServer,
    /// There is no server to judge by.
    NotJudged,
}

/// Finds it; `None` where the failures are not about algorithms.
pub fn who_refuses<'a>(facts: &Facts<'a>, failed: &FailedDestination<'a>) -> Option<WhoRefuses<'a>> {
    let mismatch = failed.mismatch()?;
    let judged = facts.judged();
    let stopped_at = |servers: &[&Server<'a>], wanted: fn(&[bool]) -> bool| -> Vec<&'a str> {
        let stops = |profile: &&str| {
            let each: Vec<bool> = servers.iter().filter_map(|server| server.stops(profile, mismatch)).collect();
            wanted(&each)
        };
        facts.profiles().into_iter().filter(stops).collect()
    };
    let some = |each: &[bool]| each.contains(&true) && each.contains(&false);
    let all = |each: &[bool]| !each.is_empty() && !each.contains(&false);
    let at = facts.at(failed.destination.host.as_deref());
    let mut at: Vec<&Server<'_>> = at.into_iter().filter(|server| server.is_judged()).collect();
    let by_lists = facts.server_in_trace();
    // An address that is one server's own does not move, and where CUCM delivers to both, none of them stands in.
    let elsewhere = at.iter().any(|server| server.role != Role::Other)
        || by_lists.is_some_and(|server| server.role != Role::Secondary)
        || delivers_to_both(facts);
    let accepts_now = at.iter().any(|server| server.role == Role::Other && server.accepts());
    let failover = failover(facts, mismatch).filter(|_| !elsewhere);
    if at.is_empty() {
        at.extend(by_lists);
    }
    let concerned = if at.is_empty() { &judged } else { &at };
    let nobody = if concerned.iter().any(|server| server.target.handshake_fails()) {
        WhoRefuses::HandshakeFails
    } else if concerned.iter().any(|server| server.is_unproven()) {
        WhoRefuses::NotJudged
    } else {
        WhoRefuses::NoServer
    };
    Some(match (failover, at.as_slice(), judged.as_slice()) {
        (_, _, []) => WhoRefuses::NotJudged,
        (Some(profiles), _, _) if accepts_now => WhoRefuses::FailoverOver(profiles),
        (Some(profiles), _, _) => WhoRefuses::Failover(profiles),
        (None, [server], _) | (None, [], [server]) => match stopped_at(&[server], all) {
            profiles if profiles.is_empty() => nobody,
            profiles => WhoRefuses::ThisServer(**server, profiles),
        },
        (None, _, servers) => match (stopped_at(servers, some), stopped_at(servers, all)) {
            (profiles, _) if !profiles.is_empty() => WhoRefuses::SomeServers(profiles),
            (_, profiles) if !profiles.is_empty() => WhoRefuses::EveryServer(profiles),
            _ => nobody,
        },
    })
}

/// Whether the trace names the own addresses of primary and secondary as destinations.
fn delivers_to_both(facts: &Facts<'_>) -> bool {
    let destinations = facts.trace.map(|trace| trace.destinations.as_slice()).unwrap_or_default();
    let is_named = |role| {
        let mut hosts = destinations.iter().filter_map(|destination| destination.host.as_deref());
        facts.server(role).is_some_and(|server| hosts.any(|host| server.is_at(host)))
    };
    is_named(Role::Primary) && is_named(Role::Secondary)
}

/// The clients that the primary lets in and the secondary stops.
fn failover<'a>(facts: &Facts<'a>, mismatch: Mismatch) -> Option<Vec<&'a str>> {
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let differ = |profile: &&str| {
        primary.stops(profile, mismatch) == Some(false) && secondary.stops(profile, mismatch) == Some(true)
    };
    let profiles: Vec<_> = facts.profiles().into_iter().filter(differ).collect();
    (!profiles.is_empty()).then_some(profiles)
}
