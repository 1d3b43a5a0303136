//! How deliveries went over time: over again, or to and fro.

use super::super::evidence::{conclusion, of_failed, of_server, words};
use super::super::facts::{Facts, FailedDestination};
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};
use crate::model::stage::Stage;
use crate::words::{clock, many};

/// So many outages that ended make a to and fro.
const FLAPS: usize = 3;

/// The stages at which one and the same server would stop every delivery, not some.
const LASTING: [Stage; 6] =
    [Stage::KeyExchange, Stage::HostKey, Stage::Authentication, Stage::Channel, Stage::SftpPath, Stage::SftpWrite];

/// Failures stopped before the trace ends.
pub fn recovered(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let destination = failed.destination;
    if failed.lasts() {
        return None;
    }
    let outage = destination.outages.last()?;
    let (host, ended) = (failed.host(), outage.to?);
    let listed = facts.backlog.filter(|backlog| backlog.tells_what_waits()).map(|backlog| backlog.totals.files);
    let waiting = match (destination.files_waiting, listed) {
        (0, None | Some(0)) => "No failed file is known to be still waiting.".to_owned(),
        (_, Some(files @ 1..)) => format!("{} still waiting for delivery.", many(files, "file is", "files are")),
        (files, _) => format!("{} failed and not delivered since.", many(files, "file", "files")),
    };
    let mut evidence = of_failed(failed);
    evidence.extend(facts.servers.iter().flat_map(|server| of_server(facts, server)));
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
            Certainty::Seen,
            format!("Deliveries to {host} have worked again since {}", clock(ended)),
            format!(
                "They failed {} to {} ({}). {waiting}",
                outage.began("from"),
                clock(ended),
                many(outage.failures, "failed delivery", "failed deliveries")
            ),
        )
    })
}

/// Success and failure take turns at a stage where one server would always answer alike.
pub fn several_servers_behind_address(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let destination = failed.destination;
    let ended = destination.outages.iter().filter(|outage| outage.to.is_some()).count();
    let steady: u64 = destination
        .causes
        .iter()
        .filter(|cause| cause.stage.is_some_and(|stage| LASTING.contains(&stage)))
        .map(|cause| cause.count)
        .sum();
    // A fifth may be of another kind: a restart's time-outs among refusals do not make them less steady.
    let mostly_steady = steady * 5 >= destination.delivery_failures * 4 && steady > 0;
    if ended < FLAPS || !mostly_steady {
        return None;
    }
    let host = failed.host();
    let cause = failed.cause?;
    let mut evidence: Vec<Evidence> = of_failed(failed);
    let ended = ended as u64 + destination.outages_left_out;
    let turns = format!("{} that ended by a success", many(ended, "outage", "outages"));
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
            Certainty::Inferred,
            format!("Several servers take turns behind {host}, and not all of them accept CUCM's files"),
            format!(
                "Deliveries failed and worked in turn, {ended} times, for {}: a single server would answer the same \
                 way every time.",
                cause.cause
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::story::{HARDENED, OPEN, Story, server, time};
    use crate::document::parse_log::Outage;

    const HOST: &str = "192.0.2.10";

    #[test]
    fn failures_that_ended_are_told_with_their_end_and_what_waits_still() {
        let story = || Story::no_agreement(HOST).recovered();
        let found = story().waiting(3).conclusion("recovered").unwrap();
        assert!(found.headline.ends_with("since 2025-03-10 08:00:00"), "{}", found.headline);
        assert!(found.text.contains("3 files failed and not delivered since"), "{}", found.text);
        let listed = story().listing("cdr_C_01_202503090412_1\ncdr_C_01_202503090413_2\n");
        assert!(listed.conclusion("recovered").unwrap().text.contains("2 files are still waiting"));
        assert!(story().conclusion("recovered").unwrap().text.contains("No failed file"));
    }

    #[test]
    fn what_is_over_needs_nothing_done_and_the_servers_are_told_as_they_are_now() {
        let over = |cause, stage| Story::failing(HOST, cause, Stage::named(stage)).recovered();
        for (cause, stage) in [("connection_refused", "connect"), ("authentication", "authentication")] {
            let told = over(cause, stage).primary(server("a", OPEN)).told();
            let all: Vec<&String> = told.conclusions.iter().flat_map(|found| &found.steps).collect();
            assert!(all.is_empty(), "{cause}: {all:?}");
            let evidence = &told.conclusions[0].evidence;
            assert!(evidence.iter().any(|evidence| evidence.what.contains("(a) accepts CUCM")), "{evidence:?}");
        }
    }

    #[test]
    fn what_lasts_or_never_failed_has_not_recovered() {
        assert_eq!(Story::no_agreement(HOST).conclusion("recovered"), None);
        assert_eq!(Story::healthy(HOST).conclusion("recovered"), None);
    }

    #[test]
    fn the_cause_of_what_is_over_comes_after_that_it_is_over() {
        let story = Story::no_agreement(HOST).recovered();
        let ids = story.primary(server("a", OPEN)).secondary(server("b", HARDENED)).ids();
        assert_eq!(ids[..2], ["recovered", "failover_to_refusing_server"]);
    }

    fn taking_turns(cause: &str, stage: &str, times: usize) -> Story {
        let mut story = Story::failing(HOST, cause, Stage::named(stage));
        story.destination(|destination| {
            let outage = Outage {
                from: time("09T02:00:00"),
                to: Some(time("09T03:00:00")),
                failures: 2,
                begins_before_trace: false,
                failures_before_trace: None,
            };
            destination.outages = vec![outage; times];
            destination.outages.push(Outage {
                from: time("11T02:00:00"),
                to: None,
                failures: 2,
                begins_before_trace: false,
                failures_before_trace: None,
            });
        });
        story
    }

    #[test]
    fn success_and_failure_in_turn_are_several_servers() {
        let found = taking_turns("algorithm_negotiation", "key_exchange", 3);
        let found = found.conclusion("several_servers_behind_address").unwrap();
        assert_eq!(found.certainty, Certainty::Inferred);
    }

    #[test]
    fn a_failover_and_back_or_a_shaky_network_are_not() {
        let id = "several_servers_behind_address";
        assert_eq!(taking_turns("algorithm_negotiation", "key_exchange", 2).conclusion(id), None);
        assert_eq!(taking_turns("timeout", "connect", 9).conclusion(id), None);
    }
}
