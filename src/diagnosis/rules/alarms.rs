//! What the alarms say that syslog lines, RTMT's alerts and mails tell of.

use super::super::evidence::{conclusion, line};
use super::super::facts::Facts;
use crate::document::alarms::{Concern, RaisedAlarms};
use crate::document::diagnose::{Certainty, Conclusion};
use crate::document::parse_log::{Destination, Status};

/// Files do not reach a billing server, and no trace says why.
pub fn deliveries_fail(facts: &Facts<'_>) -> Option<Conclusion> {
    let known = |server: &str| {
        let failing = |one: &&Destination| one.status != Status::Healthy && one.host.as_deref() == Some(server);
        facts.trace.is_some_and(|trace| trace.destinations.iter().any(|one| failing(&one)))
    };
    of(facts, Concern::Delivery).filter(|_| {
        !alarms(facts, Concern::Delivery).iter().all(|one| one.billing_server.as_deref().is_some_and(known))
    })
}

/// Files do not reach the repository: no billing server has to do with it.
pub fn first_leg_fails(facts: &Facts<'_>) -> Option<Conclusion> {
    of(facts, Concern::FirstLeg)
}

/// CUCM deletes, or may soon delete, undelivered files.
pub fn disk_allocation_reached(facts: &Facts<'_>) -> Option<Conclusion> {
    of(facts, Concern::DiskAllocation).or_else(|| of(facts, Concern::HighWaterMark))
}

fn alarms<'a>(facts: &Facts<'a>, concern: Concern) -> Vec<&'a RaisedAlarms> {
    facts.trace.iter().flat_map(|trace| &trace.alarms).filter(|alarms| alarms.concern == concern).collect()
}

fn of(facts: &Facts<'_>, concern: Concern) -> Option<Conclusion> {
    let alarms = alarms(facts, concern);
    let (first, others) = alarms.split_first()?;
    let text = others.iter().map(|alarms| alarms.headline()).collect::<Vec<_>>().join(". ");
    Some(Conclusion {
        evidence: alarms.iter().map(|alarms| line("the alarm".to_owned(), &alarms.evidence)).collect(),
        steps: vec![first.advice().to_owned()],
        ..conclusion(Certainty::Seen, first.headline(), text)
    })
}
