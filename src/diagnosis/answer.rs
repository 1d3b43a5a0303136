//! The parts and what follows from them, as the document that `diagnose` prints.

use super::clients::Clients;
use super::conclude;
use super::evidence::is_host;
use super::facts::{Facts, Role, Server};
use super::rules::waiting::listing_of_another_time;
use crate::algorithms::answer::profile_refs;
use crate::algorithms::comparison::compare;
use crate::backlog::Question;
use crate::document::backlog::Backlog;
use crate::document::collect::Protocol;
use crate::document::diagnose::{Diagnose, OfferedTarget};
use crate::document::parse_log::ParseLog;
use crate::document::probe::{Probe, Target};
use crate::document::remedy::Remedy;

/// What was read, part by part.
#[derive(Debug, Default)]
pub struct Parts {
    /// The traces.
    pub parse_log: Option<ParseLog>,
    /// The waiting files.
    pub backlog: Option<Backlog>,
    /// The server that usually works, judged.
    pub primary: Option<Target>,
    /// The server that takes over, judged.
    pub secondary: Option<Target>,
    /// Other servers, judged.
    pub others: Vec<Target>,
    /// Why parts that were asked for could not be read.
    pub unread: Vec<String>,
    /// What was taken for something that nobody said.
    pub assumed: Vec<String>,
}

/// Makes the document. `clients` are those by which the servers were judged.
pub fn document(parts: Parts, clients: &Clients, question: Question) -> Diagnose {
    let Parts { parse_log, backlog, primary, secondary, others, unread, assumed } = parts;
    let (compare, alone) = match (primary, secondary) {
        (Some(primary), Some(secondary)) => (Some(compare(primary, secondary, &clients.profiles)), Vec::new()),
        (one, other) => {
            let role = if one.is_some() { Role::Primary } else { Role::Secondary };
            (None, one.or(other).map(|target| (role, target)).into_iter().collect::<Vec<_>>())
        }
    };
    let mut servers: Vec<Server<'_>> = Vec::new();
    if let Some(compare) = &compare {
        servers.push(Server { role: Role::Primary, target: &compare.primary });
        servers.push(Server { role: Role::Secondary, target: &compare.pair.secondary });
    }
    servers.extend(alone.iter().map(|(role, target)| Server { role: *role, target }));
    servers.extend(others.iter().map(|target| Server { role: Role::Other, target }));
    let facts = Facts {
        trace: parse_log.as_ref(),
        backlog: backlog.as_ref(),
        from_comparison: compare.as_ref().map(|compare| compare.pair.remedy.as_slice()).unwrap_or_default(),
        servers,
        clients,
        question,
        unread: &unread,
    };
    let conclusions = conclude(&facts);
    let offered_targets = offered(&facts);
    let strangers = listing_of_another_time(&facts);
    let targets: Vec<Target> = alone.into_iter().map(|(_, target)| target).chain(others).collect();
    let probe = Probe { profiles: profile_refs(&clients.profiles), targets, warnings: Vec::new() };
    let mut remedy: Vec<Remedy> = Vec::new();
    for change in conclusions.iter().flat_map(|conclusion| &conclusion.remedy) {
        if !remedy.contains(change) {
            remedy.push(change.clone());
        }
    }
    Diagnose {
        headline: conclusions.first().map(|first| first.headline.clone()).unwrap_or_default(),
        conclusions,
        remedy,
        parse_log,
        backlog,
        probe: (!probe.targets.is_empty()).then_some(probe),
        compare,
        offered_targets,
        warnings: unread.into_iter().chain(assumed).chain(strangers).collect(),
    }
}

/// The hosts that a trace names, as targets, with `CDRSender`'s numbers. A text that no host can be is none.
pub fn hosts(trace: &ParseLog) -> Vec<(String, Option<u32>)> {
    let named = trace.destinations.iter().filter_map(|found| Some((found.host.clone()?, found.destination)));
    named.filter(|(host, _)| is_host(host)).collect()
}

/// The billing servers that nobody gave: those that the traces name, then the others of the nodes' databases.
fn offered(facts: &Facts<'_>) -> Vec<OfferedTarget> {
    let mut named = facts.trace.map(hosts).unwrap_or_default();
    for server in facts.nodes().iter().flat_map(|node| &node.billing_servers) {
        let is_new = !named.iter().any(|(host, _)| host.eq_ignore_ascii_case(&server.host));
        if is_new && is_host(&server.host) && server.protocol != Some(Protocol::Ftp) {
            named.push((server.host.clone(), None));
        }
    }
    let unasked = named.into_iter().filter(|(host, _)| facts.at(Some(host)).is_empty());
    unasked
        .map(|(host, destination)| OfferedTarget { command: format!("cdrdiag probe {host}"), host, destination })
        .collect()
}
