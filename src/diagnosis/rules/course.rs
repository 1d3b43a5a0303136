//! How deliveries went over time: over again, or to and fro.

use super::super::evidence::{clock, conclusion, many, of_server, of_trouble, words};
use super::super::facts::{Facts, Trouble};
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};

/// So many outages that ended make a to and fro.
const FLAPS: usize = 3;

/// The stages at which one and the same server would stop every delivery, not some.
const LASTING: [&str; 6] = ["key_exchange", "host_key", "authentication", "channel", "sftp_path", "sftp_write"];

/// Failures stopped before the trace ends.
pub fn recovered(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let destination = trouble.destination;
    if trouble.lasts() {
        return None;
    }
    let outage = destination.outages.last()?;
    let (host, ended) = (trouble.host(), outage.to?);
    let listed = facts.backlog.filter(|backlog| backlog.tells_what_waits()).map(|backlog| backlog.totals.files);
    let waiting = match (destination.files_waiting, listed) {
        (0, None | Some(0)) => "Nothing that failed is known to wait still.".to_owned(),
        (_, Some(files @ 1..)) => format!("{} still for delivery.", many(files, "file waits", "files wait")),
        (files, _) => format!("{} failed and not delivered since.", many(files, "file", "files")),
    };
    let mut evidence = of_trouble(trouble);
    if let Some(backlog) = facts.backlog {
        let field = Some("totals.files".to_owned());
        let what = format!("{} in the listing", many(backlog.totals.files, "waiting file", "waiting files"));
        evidence.push(Evidence { field, ..words(EvidenceKind::Backlog, what) });
    }
    Some(Conclusion {
        destination: destination.host.clone(),
        evidence,
        next: vec![
            "what was changed at that time: who moved the address, or changed the server".to_owned(),
            "whether records are missing at the billing server: files made meanwhile are not sent where \"Resend on \
             Failure\" is off"
                .to_owned(),
        ],
        ..conclusion(
            "recovered",
            Certainty::Seen,
            format!("Deliveries to {host} work again since {}", clock(ended)),
            format!(
                "They failed from {} to {} ({}). {waiting}",
                clock(outage.from),
                clock(ended),
                many(outage.failures, "failed delivery", "failed deliveries")
            ),
        )
    })
}

/// Success and failure take turns at a stage where one server would always answer alike.
pub fn several_servers_behind_address(facts: &Facts<'_>, trouble: &Trouble<'_>) -> Option<Conclusion> {
    let destination = trouble.destination;
    let ended = destination.outages.iter().filter(|outage| outage.to.is_some()).count();
    let steady: u64 = destination
        .causes
        .iter()
        .filter(|cause| cause.stage.as_deref().is_some_and(|stage| LASTING.contains(&stage)))
        .map(|cause| cause.count)
        .sum();
    // A fifth may be of another kind: a restart's time-outs among refusals do not make them less steady.
    let mostly_steady = steady * 5 >= destination.delivery_failures * 4 && steady > 0;
    if ended < FLAPS || !mostly_steady {
        return None;
    }
    let host = trouble.host();
    let cause = trouble.cause?;
    let mut evidence: Vec<Evidence> = of_trouble(trouble);
    let turns = format!("{} that ended by a success", many(ended as u64, "outage", "outages"));
    let field = Some("destinations[].outages".to_owned());
    evidence.push(Evidence { field, ..words(EvidenceKind::Trace, turns) });
    evidence.extend(facts.servers.iter().flat_map(|server| of_server(facts, server)));
    Some(Conclusion {
        destination: destination.host.clone(),
        evidence,
        next: vec![
            format!("how many addresses {host} has (DNS), and what is behind it: a load balancer, a cluster"),
            "each server behind it on its own: cdrdiag compare SERVER SERVER".to_owned(),
        ],
        ..conclusion(
            "several_servers_behind_address",
            Certainty::Inferred,
            format!("Several servers take turns behind {host}, and not all of them take CUCM's files"),
            format!(
                "Deliveries failed and worked in turn, {ended} times, for {}: a single server would answer the same \
                 way every time.",
                cause.cause
            ),
        )
    })
}
