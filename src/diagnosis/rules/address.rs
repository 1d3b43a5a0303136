//! What is behind the address that the trace names.

use super::super::evidence::conclusion;
use super::super::facts::{Facts, FailedDestination, Role, Server};
use super::algorithms::{WhoRefuses, evidence, who_refuses};
use crate::document::diagnose::{Certainty, Conclusion};
use crate::words::clock;

/// The trace's host is none of the servers, and which of them behaves as the trace says tells where it leads.
pub fn virtual_address(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let mismatch = failed.mismatch()?;
    let host = failed.destination.host.as_deref()?;
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    if primary.is_at(host) || secondary.is_at(host) {
        return None;
    }
    let stops = |server: &Server<'_>| facts.profiles().iter().any(|id| server.stops(id, mismatch) == Some(true));
    let behind = match (facts.server_in_trace(), stops(primary), stops(secondary)) {
        (Some(server), _, _) => server,
        (None, true, false) => primary,
        (None, false, true) => secondary,
        _ => match who_refuses(facts, failed)? {
            WhoRefuses::Failover(_) | WhoRefuses::FailoverOver(_) => secondary,
            _ => return None,
        },
    };
    let seen = facts.server_in_trace().is_some();
    let since = failed.destination.outages.last()?.from;
    let how =
        if seen { "the trace holds this server's lists" } else { "of the two, only it behaves as the trace says" };
    Some(Conclusion {
        problem: false,
        destination: Some(host.to_owned()),
        evidence: evidence(facts, failed, &[primary, secondary]),
        next: vec![format!("whether {host} is an address that moves between the two, and its log")],
        ..conclusion(
            if seen { Certainty::Seen } else { Certainty::Inferred },
            format!("{host} is neither server's own address; behind it is {}", behind.name()),
            format!("From {} on, {host} pointed to {}: {how}.", clock(since), behind.name()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::story::{HARDENED, OPEN, Story, server};
    use crate::model::offer::Offer;

    fn story() -> Story {
        Story::no_agreement("192.0.2.10")
    }

    fn pair(primary: &str, secondary: &str) -> Story {
        story().primary(server("192.0.2.5", primary)).secondary(server("192.0.2.6", secondary))
    }

    #[test]
    fn an_address_of_neither_server_leads_to_the_one_that_behaves_as_the_trace_says() {
        let found = pair(OPEN, HARDENED).conclusion("virtual_address").unwrap();
        assert!(found.headline.ends_with("behind it is the secondary (192.0.2.6)") && !found.problem);
        let back = pair(HARDENED, OPEN).conclusion("virtual_address").unwrap();
        assert!(back.headline.ends_with("behind it is the primary (192.0.2.5)"));
        let lists = server("x", HARDENED).offer.unwrap();
        let seen = pair(OPEN, HARDENED).lists(Offer::default(), lists).conclusion("virtual_address").unwrap();
        assert_eq!(seen.certainty, Certainty::Seen);
    }

    #[test]
    fn an_address_of_a_server_is_not_virtual_and_two_alike_do_not_tell_themselves_apart() {
        assert_eq!(pair(OPEN, OPEN).conclusion("virtual_address"), None);
        assert_eq!(pair(HARDENED, HARDENED).conclusion("virtual_address"), None);
        let own = Story::no_agreement("192.0.2.6");
        let own = own.primary(server("192.0.2.5", OPEN)).secondary(server("192.0.2.6", HARDENED));
        assert_eq!(own.conclusion("virtual_address"), None);
        assert_eq!(story().primary(server("a", HARDENED)).conclusion("virtual_address"), None);
    }
}
