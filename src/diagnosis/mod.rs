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

use crate::document::diagnose::Conclusion;
use facts::{Facts, Trouble};
use rules::{address, algorithms, course, rest, servers, stages, waiting};

type OfTrouble = fn(&Facts<'_>, &Trouble<'_>) -> Option<Conclusion>;
type OfAll = fn(&Facts<'_>) -> Option<Conclusion>;

/// Why deliveries to a destination fail. For each trouble that lasts exactly one of them holds.
const CAUSES: [OfTrouble; 15] = [
    algorithms::failover_to_refusing_server,
    algorithms::server_refuses_algorithms,
    algorithms::some_servers_refuse,
    algorithms::both_servers_refuse,
    algorithms::handshake_fails_there,
    algorithms::changed_since_the_trace,
    algorithms::no_common_algorithm,
    stages::login_refused,
    stages::host_key_refused,
    stages::file_refused,
    stages::still_unreachable,
    stages::reachable_now,
    stages::could_not_connect,
    stages::stopped_on_the_way,
    stages::unknown_cause,
];

/// What else a trouble shows.
const CIRCUMSTANCES: [OfTrouble; 2] = [course::several_servers_behind_address, address::virtual_address];

/// What presses, whatever the cause is.
const WAITING: [OfAll; 3] = [waiting::files_will_be_deleted, waiting::files_wait, waiting::listing_incomplete];

/// What the servers, the client and the inputs tell besides.
const BESIDES: [OfAll; 8] = [
    servers::failover_would_fail,
    servers::servers_refuse,
    servers::handshake_fails,
    servers::prediction_contradicted,
    servers::server_without_answer,
    servers::login_without_password,
    servers::client_seen_in_trace,
    rest::not_all_was_read,
];

/// All that follows, the most important first; never nothing.
pub fn conclude(facts: &Facts<'_>) -> Vec<Conclusion> {
    let (lasting, over) = (facts.troubles(true), facts.troubles(false));
    let of_troubles = |troubles: &[Trouble<'_>], rules: &[OfTrouble]| -> Vec<Conclusion> {
        rules.iter().flat_map(|rule| troubles.iter().filter_map(|trouble| rule(facts, trouble))).collect()
    };
    let of_all = |rules: &[OfAll]| -> Vec<Conclusion> { rules.iter().filter_map(|rule| rule(facts)).collect() };
    let mut conclusions = of_troubles(&lasting, &CAUSES);
    conclusions.extend(of_all(&WAITING));
    conclusions.extend(of_troubles(&lasting, &CIRCUMSTANCES));
    conclusions.extend(of_troubles(&over, &[course::recovered]));
    conclusions.extend(of_troubles(&over, &CAUSES));
    conclusions.extend(of_troubles(&over, &CIRCUMSTANCES));
    conclusions.extend(of_all(&BESIDES));
    if !conclusions.iter().any(|conclusion| conclusion.problem) {
        conclusions.insert(0, rest::nothing_wrong(facts).unwrap_or_else(|| rest::cannot_tell(facts)));
    }
    conclusions
}

#[cfg(test)]
mod tests {
    use super::story::{HARDENED, ONLY_14, OPEN, Story, gone, server};
    use crate::document::diagnose::Conclusion;
    use crate::document::parse_log::Status;
    use crate::document::probe::Target;
    use crate::model::stage::Stage;

    /// The ids of the rules in [`super::CAUSES`].
    const CAUSES: [&str; 15] = [
        "failover_to_refusing_server",
        "server_refuses_algorithms",
        "some_servers_refuse",
        "both_servers_refuse",
        "handshake_fails_there",
        "changed_since_the_trace",
        "no_common_algorithm",
        "login_refused",
        "host_key_refused",
        "file_refused",
        "still_unreachable",
        "reachable_now",
        "could_not_connect",
        "stopped_on_the_way",
        "cannot_tell",
    ];

    fn causes() -> Vec<(String, Option<Stage>)> {
        let table = include_str!("../../data/causes.tsv").lines().skip(1);
        let mut found: Vec<_> = table
            .filter_map(|line| {
                let mut fields = line.split('\t');
                Some((fields.next()?.to_owned(), Stage::named(fields.next()?)))
            })
            .collect();
        found.push((crate::trace::ledger::UNKNOWN.to_owned(), None));
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
                    let explains = |found: &&Conclusion| CAUSES.contains(&found.id.as_str());
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
