//! Traces for monitoring and CI: a test case for each destination, and one for each input that was not read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::{Case, Failure, Family, Monitored, Sample, Suite, Suites, family, gauge, number};
use crate::document::alarms::RaisedAlarms;
use crate::document::node::{Check, NodeProblem, NodeState};
use crate::document::parse_log::{Destination, ParseLog, Problem, Status};
use crate::words::{clock, grouped, many};

/// Alarms that have a sample also where CUCM did not raise them (catalogue `CDRRepAlarmCatalog`).
const ALARMS: [&str; 2] = ["CDRFileDeliveryFailed", "CDRFileDeliveryFailureContinues"];

/// What the traces say.
pub fn monitored(traces: &ParseLog) -> Monitored<'_> {
    Monitored { suites: Suites::one(suite(traces)), families: families(traces) }
}

fn suite(traces: &ParseLog) -> Suite {
    let problems = traces.problems();
    let case = |destination: &Destination| {
        let fails = problems.contains(&Problem::Deliveries(destination));
        Case::of(&destination.name(), fails.then(|| failure(destination)))
    };
    let others = problems.iter().filter_map(|problem| match problem {
        Problem::Alarms(alarms) => Some(Case::of(alarms.title(), Some(of_alarms(alarms)))),
        Problem::Unread(why) => Some(Case::of("everything was read", Some(Failure::of("unread", *why)))),
        Problem::Deliveries(_) | Problem::Node(..) => None,
    });
    let nodes = traces.nodes.iter().flat_map(|node| {
        let case = |check: Check<'_>| {
            let name = format!("{} on {}", check.title, node.name());
            Case::of(&name, check.problem.map(|problem| of_node(node, problem)))
        };
        node.checks().into_iter().map(case)
    });
    Suite {
        name: "traces".to_owned(),
        seconds: None,
        cases: traces.destinations.iter().map(case).chain(nodes).chain(others).collect(),
    }
}

fn of_alarms(alarms: &RaisedAlarms) -> Failure {
    Failure { remedy: vec![alarms.advice().to_owned()], ..Failure::of("alarm", alarms.headline()) }
}

fn of_node(node: &NodeState, problem: NodeProblem<'_>) -> Failure {
    Failure { remedy: vec![problem.step().to_owned()], ..Failure::of("node", problem.headline(node.name())) }
}

/// The cause that is most frequent, with all that there are in the message.
fn failure(destination: &Destination) -> Failure {
    let failures = destination.failures();
    let since = destination
        .first_failure
        .map(|first| format!(", first {} (the node's local time)", clock(first)))
        .unwrap_or_default();
    let causes: Vec<String> =
        failures.causes.iter().map(|cause| format!("{} {}", grouped(cause.count), cause.cause)).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(": {}", causes.join(", ")) };
    let state = if destination.status == Status::Failing { "failing" } else { "recovered" };
    let waiting = many(destination.files_waiting, "file waits", "files wait");
    Failure {
        kind: failures.causes.first().map_or("unknown", |cause| &cause.cause).to_owned(),
        message: format!("{state}: {}{since}{causes}; {waiting}", failures.of),
        remedy: failures.causes.iter().filter_map(|cause| cause.remedy.clone()).collect(),
    }
}

/// Destinations by name: two nodes' traces may speak of the same, and a series must be there once.
type ByName<'a> = BTreeMap<String, Vec<&'a Destination>>;

fn families(traces: &ParseLog) -> Vec<Family<'_>> {
    let mut destinations = ByName::new();
    for destination in &traces.destinations {
        destinations.entry(label(destination)).or_default().push(destination);
    }
    let first = traces.inputs.iter().filter_map(|input| input.first).min();
    let end = traces.inputs.iter().filter_map(|input| input.last).max();
    let of = |value: &dyn Fn(&[&Destination]) -> Option<f64>| samples(&destinations, value);
    let sum = |count: fn(&Destination) -> u64| {
        of(&|all: &[&Destination]| Some(all.iter().map(|destination| number(count(destination))).sum()))
    };
    vec![
        family(
            "cdrdiag_destination_failing",
            "Whether the destination's last delivery in the trace failed (1).",
            of(&|all| Some(gauge(all.iter().any(|destination| destination.status == Status::Failing)))),
        ),
        family(
            "cdrdiag_seconds_since_delivery",
            "Seconds from the last delivery to the end of the trace; where the trace holds none, from its beginning.",
            of(&|all| since_delivery(all, first, end)),
        ),
        family(
            "cdrdiag_files_waiting",
            "Files that failed and were not delivered later.",
            sum(|one| one.files_waiting),
        ),
        family("cdrdiag_delivery_failures", "Failed deliveries in the trace.", sum(|one| one.delivery_failures)),
        family("cdrdiag_connection_failures", "Failed connections in the trace.", sum(|one| one.connection_failures)),
        family("cdrdiag_alarms", "How often CUCM raised the alarm in the trace.", alarms(&destinations)),
        family(
            "cdrdiag_destination_info",
            "The destination's status and the most frequent cause of its failures.",
            destinations.iter().map(info).collect::<Vec<_>>(),
        ),
        family(
            "cdrdiag_raised_alarms",
            "How often CUCM raised the alarm, by syslog lines, alerts and mails.",
            raised_alarms(&traces.alarms),
        ),
        family(
            "cdrdiag_node_ok",
            "Whether this is in order on the CUCM node (1), as the node reports it.",
            nodes(&traces.nodes),
        ),
        family(
            "cdrdiag_inputs_unread",
            "Inputs that could not be read in full.",
            vec![Sample::of([], number(traces.unread.len() as u64))],
        ),
    ]
}

fn label(destination: &Destination) -> String {
    let numbered = || destination.destination.map(|number| format!("destination {number}"));
    destination.host.clone().or_else(numbered).unwrap_or_else(|| "unknown".to_owned())
}

fn samples(destinations: &ByName<'_>, value: &dyn Fn(&[&Destination]) -> Option<f64>) -> Vec<Sample> {
    let sample = |(name, all): (&String, &Vec<&Destination>)| Some(Sample::of([("destination", name)], value(all)?));
    destinations.iter().filter_map(sample).collect()
}

fn since_delivery(all: &[&Destination], first: Option<NaiveDateTime>, end: Option<NaiveDateTime>) -> Option<f64> {
    let last = all.iter().filter_map(|destination| destination.last_delivery).max().or(first)?;
    Some(end?.signed_duration_since(last).as_seconds_f64().max(0.0))
}

fn alarms(destinations: &ByName<'_>) -> Vec<Sample> {
    let sample = |(name, all): (&String, &Vec<&Destination>)| {
        let raised: Vec<_> = all.iter().flat_map(|destination| &destination.alarms).collect();
        let names: BTreeSet<&str> = ALARMS.into_iter().chain(raised.iter().map(|alarm| alarm.name.as_str())).collect();
        let count = |alarm: &str| raised.iter().filter(|one| one.name == alarm).map(|one| one.count).sum();
        let sample = |alarm| Sample::of([("destination", name), ("alarm", alarm)], number(count(alarm)));
        names.into_iter().map(sample).collect::<Vec<_>>()
    };
    destinations.iter().flat_map(sample).collect()
}

/// By whom or what they are about; one text may tell of the same in two time zones.
fn raised_alarms(alarms: &[RaisedAlarms]) -> Vec<Sample> {
    let mut counts = BTreeMap::new();
    for raised in alarms {
        let about = raised.billing_server.as_deref().or(raised.agent_node.as_deref()).unwrap_or_default();
        for name in &raised.names {
            *counts.entry((raised.node.as_deref().unwrap_or_default(), about, name.name.as_str())).or_insert(0) +=
                name.count;
        }
    }
    let sample =
        |((node, about, alarm), count)| Sample::of([("node", node), ("about", about), ("alarm", alarm)], number(count));
    counts.into_iter().map(sample).collect()
}

/// A node that was read twice has one series, and the worse of both counts.
fn nodes(nodes: &[NodeState]) -> Vec<Sample> {
    let mut all = BTreeMap::new();
    for node in nodes {
        for check in node.checks() {
            let is_ok = all.entry((node.name(), check.title)).or_insert(true);
            *is_ok &= check.problem.is_none();
        }
    }
    let sample = |((node, check), is_ok)| Sample::of([("node", node), ("check", check)], gauge(is_ok));
    all.into_iter().map(sample).collect()
}

fn info((name, all): (&String, &Vec<&Destination>)) -> Sample {
    let worst = all.iter().min_by_key(|destination| destination.status);
    let status = match worst.map(|destination| destination.status) {
        Some(Status::Failing) => "failing",
        Some(Status::Recovered) => "recovered",
        Some(Status::Healthy) | None => "healthy",
    };
    let cause = worst.and_then(|destination| destination.failures().causes.first()).map_or("", |cause| &cause.cause);
    Sample::of([("destination", name), ("status", status), ("cause", cause)], 1.0)
}
