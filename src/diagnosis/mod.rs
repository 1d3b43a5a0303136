//! What follows from traces, waiting files and servers taken together. Pure: documents in, conclusions out. Each
//! rule is a function of the facts; no conclusion goes without evidence, and "cannot tell, and this would tell" is
//! one.

pub mod answer;
pub mod clients;
mod evidence;
pub mod facts;
mod rules;
#[cfg(test)]
mod story;

use crate::bounds;
use crate::document::diagnose::Conclusion;
use facts::{Facts, FailedDestination};
use rules::{address, alarms, algorithms, node, outages, rest, servers, stages, waiting};

/// What follows from the facts, where they show it.
#[derive(Debug, Clone, Copy)]
struct Rule<Explain> {
    /// The id of its conclusion.
    id: &'static str,
    explain: Explain,
}

type OfDestination = Rule<fn(&Facts<'_>, &FailedDestination<'_>) -> Option<Conclusion>>;
type OfAll = Rule<fn(&Facts<'_>) -> Option<Conclusion>>;

impl OfDestination {
    fn conclude(&self, facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
        (self.explain)(facts, failed).map(|found| Conclusion { id: self.id.to_owned(), ..found })
    }
}

impl OfAll {
    fn conclude(&self, facts: &Facts<'_>) -> Option<Conclusion> {
        (self.explain)(facts).map(|found| Conclusion { id: self.id.to_owned(), ..found })
    }
}

/// What stops every delivery, whatever else is wrong.
const FIRST: OfAll = Rule { id: "repository_manager_stopped", explain: node::repository_manager_stopped };

/// Why deliveries to a destination fail. The first that holds for a destination counts, and the last always holds.
const CAUSES: [OfDestination; 17] = [
    Rule { id: "ftp_destination", explain: node::ftp_destination },
    Rule { id: "failover_over", explain: algorithms::failover_is_over },
    Rule { id: "failover_to_refusing_server", explain: algorithms::failover_to_refusing_server },
    Rule { id: "server_refuses_algorithms", explain: algorithms::server_refuses_algorithms },
    Rule { id: "some_servers_refuse", explain: algorithms::some_servers_refuse },
    Rule { id: "both_servers_refuse", explain: algorithms::both_servers_refuse },
    Rule { id: "handshake_fails_there", explain: algorithms::handshake_fails_there },
    Rule { id: "changed_since_the_trace", explain: algorithms::changed_since_the_trace },
    Rule { id: "no_common_algorithm", explain: algorithms::no_common_algorithm },
    Rule { id: "login_refused", explain: stages::login_refused },
    Rule { id: "host_key_refused", explain: stages::host_key_refused },
    Rule { id: "file_refused", explain: stages::file_refused },
    Rule { id: "still_unreachable", explain: stages::still_unreachable },
    Rule { id: "reachable_now", explain: stages::reachable_now },
    Rule { id: "could_not_connect", explain: stages::could_not_connect },
    Rule { id: "stopped_on_the_way", explain: stages::stopped_on_the_way },
    Rule { id: "cannot_tell", explain: stages::unknown_cause },
];

/// What else the failures show.
const CIRCUMSTANCES: [OfDestination; 2] = [
    Rule { id: "several_servers_behind_address", explain: outages::several_servers_behind_address },
    Rule { id: "virtual_address", explain: address::virtual_address },
];

const RECOVERED: OfDestination = Rule { id: "recovered", explain: outages::recovered };

/// What presses, whatever the cause is.
const WAITING: [OfAll; 5] = [
    Rule { id: "disk_allocation_exceeded", explain: waiting::disk_allocation_exceeded },
    Rule { id: "files_will_be_deleted", explain: waiting::files_will_be_deleted },
    Rule { id: "files_wait", explain: waiting::files_wait },
    Rule { id: "failed_files_in_processed", explain: waiting::failed_files_in_processed },
    Rule { id: "listing_incomplete", explain: waiting::listing_incomplete },
];

/// What else the servers, the client and the inputs show.
const ALSO: [OfAll; 17] = [
    Rule { id: "agent_stopped", explain: node::agent_stopped },
    Rule { id: "first_leg_stuck", explain: node::first_leg_stuck },
    Rule { id: "disk_nearly_full", explain: node::disk_nearly_full },
    Rule { id: "resend_on_failure_off", explain: node::resend_on_failure_off },
    Rule { id: "billing_servers_differ", explain: node::billing_servers_differ },
    Rule { id: "alarms_of_deliveries", explain: alarms::deliveries_fail },
    Rule { id: "alarms_of_first_leg", explain: alarms::first_leg_fails },
    Rule { id: "alarms_of_disk", explain: alarms::disk_allocation_reached },
    Rule { id: "failover_would_fail", explain: servers::failover_would_fail },
    Rule { id: "servers_refuse", explain: servers::servers_refuse },
    Rule { id: "handshake_fails", explain: servers::handshake_fails },
    Rule { id: "handshake_unproven", explain: servers::handshake_unproven },
    Rule { id: "prediction_contradicted", explain: servers::prediction_contradicted },
    Rule { id: "server_without_answer", explain: servers::server_without_answer },
    Rule { id: "login_without_password", explain: servers::login_without_password },
    Rule { id: "client_seen_in_trace", explain: servers::client_seen_in_trace },
    Rule { id: "not_all_was_read", explain: rest::not_all_was_read },
];

/// All that follows, the most important first; never nothing.
pub fn conclude(facts: &Facts<'_>) -> Vec<Conclusion> {
    let (mut lasting, mut over) = (facts.failed(true), facts.failed(false));
    let all = lasting.len() + over.len();
    lasting.truncate(bounds::TROUBLES);
    over.truncate(bounds::TROUBLES - lasting.len());
    let further = all - lasting.len() - over.len();
    let of_all =
        |rules: &[OfAll]| -> Vec<Conclusion> { rules.iter().filter_map(|rule| rule.conclude(facts)).collect() };
    let mut conclusions: Vec<Conclusion> = FIRST.conclude(facts).into_iter().collect();
    conclusions.extend(causes(facts, &lasting));
    conclusions.extend(rest::further_destinations(further));
    conclusions.extend(of_all(&WAITING));
    conclusions.extend(circumstances(facts, &lasting));
    conclusions.extend(over.iter().filter_map(|failed| RECOVERED.conclude(facts, failed)));
    conclusions.extend(causes(facts, &over));
    conclusions.extend(circumstances(facts, &over));
    conclusions.extend(of_all(&ALSO));
    if !conclusions.iter().any(|conclusion| conclusion.problem) {
        conclusions.insert(0, rest::nothing_wrong(facts).unwrap_or_else(|| rest::cannot_tell(facts)));
    }
    conclusions
}

/// Each destination's cause: the first rule that holds. The order is the rules'.
fn causes(facts: &Facts<'_>, all_failed: &[FailedDestination<'_>]) -> Vec<Conclusion> {
    let first = |failed: &FailedDestination<'_>| {
        CAUSES.iter().enumerate().find_map(|(rank, rule)| Some((rank, rule.conclude(facts, failed)?)))
    };
    let mut found: Vec<_> = all_failed.iter().filter_map(first).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, conclusion)| conclusion).collect()
}

fn circumstances(facts: &Facts<'_>, all_failed: &[FailedDestination<'_>]) -> Vec<Conclusion> {
    let each =
        |rule: &OfDestination| all_failed.iter().filter_map(|failed| rule.conclude(facts, failed)).collect::<Vec<_>>();
    CIRCUMSTANCES.iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::CAUSES;
    use super::story::{HARDENED, ONLY_14, OPEN, Story, gone, server};
    use crate::document::diagnose::Conclusion;
    use crate::document::parse_log::Status;
    use crate::document::probe::Target;
    use crate::model::stage::Stage;

    fn causes() -> Vec<(String, Option<Stage>)> {
        #[derive(serde::Deserialize)]
        struct Row {
            cause: String,
            stage: Stage,
        }
        let table: Vec<Row> = crate::tables::rows(include_str!("../../data/causes.tsv"));
        let mut found: Vec<_> = table.into_iter().map(|row| (row.cause, Some(row.stage))).collect();
        found.push((crate::trace::note::UNKNOWN.to_owned(), None));
        found.sort();
        found.dedup();
        found
    }

    fn servers() -> Vec<Option<Target>> {
        let of = |host| [OPEN, HARDENED, ONLY_14].map(|kex| Some(server(host, kex)));
        [vec![None, Some(gone("a")), Some(gone("192.0.2.10"))], of("a").to_vec(), of("192.0.2.10").to_vec()].concat()
    }

    #[test]
    fn every_cause_beside_every_pair_of_servers_has_one_explanation_and_each_conclusion_its_evidence() {
        for (cause, stage) in causes() {
            for primary in servers() {
                for secondary in servers() {
                    let mut story = Story::failing("192.0.2.10", &cause, stage);
                    story.parts.primary.clone_from(&primary);
                    story.parts.secondary.clone_from(&secondary);
                    let told = story.told();
                    let explains = |found: &&Conclusion| CAUSES.iter().any(|rule| rule.id == found.id);
                    let count = told.conclusions.iter().filter(explains).count();
                    assert_eq!(count, 1, "{cause} at {stage:?}: {:#?}", told.conclusions);
                    assert!(told.conclusions.iter().all(|found| !found.evidence.is_empty()));
                    assert_eq!(told.conclusions[0].headline, told.headline);
                }
            }
        }
    }

    #[test]
    fn a_part_with_a_problem_is_never_without_a_conclusion_that_tells_one() {
        for (cause, stage) in causes() {
            for status in [Status::Failing, Status::Recovered] {
                let mut story = Story::failing("192.0.2.10", &cause, stage);
                if status == Status::Recovered {
                    story = story.recovered();
                }
                assert!(story.told().conclusions[0].problem);
            }
        }
        for target in servers().into_iter().flatten() {
            let wrong = target.offer != server("a", OPEN).offer;
            assert_eq!(Story::new().other(target).told().conclusions[0].problem, wrong);
        }
    }
}
