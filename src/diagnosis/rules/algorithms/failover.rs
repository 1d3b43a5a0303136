//! The address of the trace pointed to the secondary, and the secondary stops CUCM.

use super::who_refuses::{WhoRefuses, who_refuses};
use super::{capital, evidence};
use crate::diagnosis::evidence::{conclusion, probe};
use crate::diagnosis::facts::{Facts, FailedDestination, Role, Server};
use crate::document::diagnose::{Certainty, Conclusion};
use crate::words::clock;

/// The address pointed to the secondary, which rejects CUCM, and lets CUCM in by now.
pub fn failover_is_over(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::FailoverOver(profiles)) = who_refuses(facts, failed) else { return None };
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let host = failed.host();
    let at = facts.at(failed.destination.host.as_deref());
    let certainty = if facts.server_in_trace().is_some() { Certainty::Inferred } else { Certainty::Assumed };
    let text = format!(
        "Probed now, {host} accepts CUCM. In the trace it behaved as {} does, which {} ({}): a failover explains \
         that. Either it is over, or the server behind {host} was changed: there is nothing to switch back.",
        secondary.name(),
        failed.mismatch()?.words(),
        facts.titles(&profiles),
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &[vec![primary, secondary], at].concat()),
        remedy: facts.remedy(secondary),
        steps: vec![format!("Before the next failover: make the change on {}.", secondary.name())],
        next: vec![
            "whether deliveries work again: a trace made now".to_owned(),
            format!("who held {host} then: the log of the cluster or load balancer"),
        ],
        ..conclusion(
            certainty,
            format!("{host} accepts CUCM now: the failover to {} seems over", secondary.name()),
            text,
        )
    })
}

/// The address has pointed to the secondary since a moment, and the secondary rejects CUCM.
pub fn failover_to_refusing_server(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let Some(WhoRefuses::Failover(profiles)) = who_refuses(facts, failed) else { return None };
    let (primary, secondary) = (facts.server(Role::Primary)?, facts.server(Role::Secondary)?);
    let host = failed.host();
    let at: Vec<_> = facts.at(Some(&host));
    let certainty = failover_certainty(facts, failed, secondary)?;
    let when = moved(failed).or_else(|| begins_inside(failed)).unwrap_or_else(|| {
        "No delivery succeeds in the trace, so it may have pointed there from the start.".to_owned()
    });
    let text = format!(
        "{} accepts {}; {} {}. {host} points to one of the two, and only the secondary behaves as the trace says. {when}",
        capital(primary.name()),
        facts.titles(&profiles),
        secondary.name(),
        failed.mismatch()?.words(),
    );
    let mut next = vec![format!("who held {host} then, and holds it now: the log of the cluster or load balancer")];
    if at.is_empty() {
        next.push(format!("what answers at {host} itself: {}", probe(&host)));
    }
    let quick = format!("Quick way out: move {host} back to {}, or let CUCM deliver there.", primary.name());
    let lasting = format!("Permanent fix: the change on {}.", secondary.name());
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &[vec![primary, secondary], at].concat()),
        remedy: facts.remedy(secondary),
        steps: vec![if failed.lasts() { format!("{quick} {lasting}") } else { lasting }],
        next,
        ..conclusion(certainty, failover_headline(failed, secondary, certainty), text)
    })
}

/// Seen where the trace holds the secondary's lists; inferred where every client is kept out and deliveries worked
/// before: without a delivery before, a server that never let CUCM in looks the same.
fn failover_certainty(facts: &Facts<'_>, failed: &FailedDestination<'_>, secondary: &Server<'_>) -> Option<Certainty> {
    let mismatch = failed.mismatch()?;
    let keeps_all_out = facts.profiles().iter().all(|id| secondary.stops(id, mismatch) == Some(true));
    Some(match (facts.server_in_trace(), keeps_all_out && moved(failed).is_some()) {
        (Some(_), _) => Certainty::Seen,
        (None, true) => Certainty::Inferred,
        (None, false) => Certainty::Assumed,
    })
}

/// What is assumed is never called the cause.
fn failover_headline(failed: &FailedDestination<'_>, secondary: &Server<'_>, certainty: Certainty) -> String {
    let (host, secondary) = (failed.host(), secondary.name());
    if certainty == Certainty::Assumed {
        let since = since(failed).map(|since| format!("{since}, ")).unwrap_or_default();
        return format!(
            "A failover would explain it: {since}{host} may point to {secondary}, which rejects CUCM's SSH algorithms"
        );
    }
    format!("A failover is the cause: {} {secondary}, which rejects CUCM's SSH algorithms", points_to(failed, &host))
}

/// When an address must have moved, where deliveries had worked: after the last of them, before the first failure.
fn moved(failed: &FailedDestination<'_>) -> Option<String> {
    let (worked, stopped) = (failed.destination.last_delivery?, failed.destination.outages.last()?.from);
    (worked < stopped).then(|| {
        let (worked, stopped) = (clock(worked), clock(stopped));
        format!(
            "Deliveries worked until {worked} and have failed since {stopped}: it moved in between, and nothing had to \
             change on CUCM."
        )
    })
}

/// That the trace tells no beginning, where it begins inside the outage.
fn begins_inside(failed: &FailedDestination<'_>) -> Option<String> {
    let beginning = failed.destination.outages.last()?.beginning()?;
    Some(format!("When it moved is unknown: {beginning}."))
}

/// Since when it lasts, or from when to when it did.
fn since(failed: &FailedDestination<'_>) -> Option<String> {
    let outage = failed.destination.outages.last()?;
    Some(match outage.to {
        None => outage.began("since"),
        Some(to) => format!("{} to {}", outage.began("from"), clock(to)),
    })
}

fn points_to(failed: &FailedDestination<'_>, host: &str) -> String {
    let verb = if failed.lasts() { "has pointed to" } else { "pointed to" };
    since(failed).map_or_else(|| format!("{host} points to"), |since| format!("{since}, {host} {verb}"))
}
