//! Deliveries stop before the login, where the servers' algorithms stop CUCM: which server does?

mod failover;
mod otherwise;
mod refusing;
mod who_refuses;

use crate::diagnosis::evidence::{capital, line, of_failed, of_server};
use crate::diagnosis::facts::{Facts, FailedDestination, Role, Server};
use crate::document::diagnose::Evidence;

pub use failover::{failover_is_over, failover_to_refusing_server};
pub use otherwise::{changed_since_the_trace, handshake_fails_there, no_common_algorithm};
pub use refusing::{both_servers_refuse, server_refuses_algorithms, some_servers_refuse};
pub(super) use who_refuses::{WhoRefuses, who_refuses};

/// How the deliveries went, and what the servers do.
pub(super) fn evidence(facts: &Facts<'_>, failed: &FailedDestination<'_>, servers: &[&Server<'_>]) -> Vec<Evidence> {
    let mut evidence = of_failed(failed);
    if let Some((server, lists)) = facts.server_in_trace().zip(facts.trace.and_then(|trace| trace.negotiation.as_ref()))
    {
        evidence.push(line(format!("the server's lists in the trace are those of {}", server.name()), &lists.evidence));
    }
    evidence.extend(servers.iter().flat_map(|server| of_server(facts, server)));
    evidence
}

/// That another server may be meant, where one alone was given and the trace names a host that is not known to be it.
fn the_other_server(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<String> {
    let host = failed.destination.host.as_deref()?;
    let [only] = facts.servers.as_slice() else { return None };
    let flag = if only.role == Role::Secondary { "--primary" } else { "--secondary" };
    let is_it = only.is_at(host) || facts.server_in_trace() == Some(only);
    (!is_it).then(|| format!("whether another server answers at {host}: give that one, too, as {flag}"))
}

#[cfg(test)]
mod tests;
