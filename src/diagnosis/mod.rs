//! What follows from traces, waiting files and servers taken together. Pure: documents in, conclusions out. Each
//! rule is a function of the facts; no conclusion goes without evidence, and "cannot tell, and this would tell" is
//! one.

pub mod answer;
pub mod clients;
mod evidence;
pub mod facts;
mod rules;

use crate::document::diagnose::Conclusion;
use facts::{Facts, Trouble};
use rules::{algorithms, course, rest, servers, stages, waiting};

type OfTrouble = fn(&Facts<'_>, &Trouble<'_>) -> Option<Conclusion>;
type OfAll = fn(&Facts<'_>) -> Option<Conclusion>;

/// Why deliveries to a destination fail. For each trouble exactly one of them holds.
const CAUSES: [OfTrouble; 14] = [
    algorithms::failover_to_refusing_server,
    algorithms::server_refuses_algorithms,
    algorithms::some_servers_refuse,
    algorithms::both_servers_refuse,
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
const CIRCUMSTANCES: [OfTrouble; 2] = [course::several_servers_behind_address, algorithms::virtual_address];

/// What presses, whatever the cause is.
const WAITING: [OfAll; 3] = [waiting::files_will_be_deleted, waiting::files_wait, waiting::listing_incomplete];

/// What the servers, the client and the inputs tell besides.
const BESIDES: [OfAll; 6] = [
    servers::failover_would_fail,
    servers::servers_refuse,
    servers::prediction_contradicted,
    servers::server_without_answer,
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
