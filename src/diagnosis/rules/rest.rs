//! What is said when no other rule has anything wrong to tell.

use super::super::evidence::{conclusion, of_server, words};
use super::super::facts::Facts;
use crate::document::diagnose::{Certainty, Conclusion, Evidence, EvidenceKind};
use crate::document::parse_log::Status;
use crate::document::{Document, Verdict};
use crate::words::many;

/// A part that was asked for could not be read, so the answer lacks it. What the servers say holds all the same.
pub fn not_all_was_read(facts: &Facts<'_>) -> Option<Conclusion> {
    let found = conclusion(
        Certainty::Seen,
        format!("{} could not be read", many(facts.unread.len() as u64, "input", "inputs")),
        "What it holds is missing from this answer.".to_owned(),
    );
    let unread = facts.unread.iter().map(|why| words(EvidenceKind::Input, why.clone()));
    let servers = facts.servers.iter().filter(|server| server.is_judged());
    (!facts.unread.is_empty()).then(|| Conclusion {
        evidence: unread.chain(servers.flat_map(|server| of_server(facts, server))).collect(),
        next: vec!["the same with that input whole, or in a form that cdrdiag reads".to_owned()],
        ..found
    })
}

/// More destinations fail than any CUCM has; `None` where all were told.
pub fn further_destinations(count: usize) -> Option<Conclusion> {
    let headline = format!(
        "{}, which this answer does not cover",
        many(count as u64, "further destination fails", "further destinations fail")
    );
    let text = "CUCM sends to at most eight billing servers (three before release 14), so these traces are of several \
                clusters, or garbled.";
    let next = vec!["each of them: `cdrdiag parse-log`, with --destination HOST for one".to_owned()];
    let found = conclusion(Certainty::Seen, headline, text.to_owned());
    (count > 0).then(|| Conclusion { id: "further_destinations".to_owned(), next, ..found })
}

/// Everything that was given is in order.
pub fn nothing_wrong(facts: &Facts<'_>) -> Option<Conclusion> {
    let evidence = good_signs(facts);
    if evidence.is_empty() || !all_is_well(facts) {
        return None;
    }
    let text = "That holds for what was given, at the time it was read.";
    let headline = left_out(facts).map_or_else(
        || "Nothing is wrong in what was given".to_owned(),
        |outside| format!("Nothing is wrong in the part asked for; {outside}"),
    );
    let found = conclusion(Certainty::Inferred, headline, text.to_owned());
    Some(Conclusion { id: "nothing_wrong".to_owned(), problem: false, evidence, ..found })
}

/// Nothing speaks for a fault and nothing for its absence, or a part tells of a problem that no rule explains.
pub fn cannot_tell(facts: &Facts<'_>) -> Conclusion {
    let mut next = Vec::new();
    if facts.trace.is_none() {
        next.push("what fails, since when and why: a trace (on CUCM: activelog /cm/trace/cdrrep/log4j/)".to_owned());
    }
    if facts.servers.is_empty() {
        next.push("whether CUCM gets in: the billing servers, as --primary and --secondary".to_owned());
    }
    if facts.backlog.is_none() {
        next.push("what waits: a listing of the preserve folder, as --preserve LISTING".to_owned());
    }
    let mut evidence = good_signs(facts);
    if let Some(trace) = facts.trace.filter(|trace| trace.destinations.is_empty()) {
        let paths = trace.inputs.iter().map(|input| input.path.as_str()).collect::<Vec<_>>().join(", ");
        evidence.push(words(EvidenceKind::Trace, format!("no delivery and no destination in {paths}")));
    }
    if let Some(backlog) = facts.backlog.filter(|backlog| !backlog.tells_what_waits()) {
        let paths = backlog.inputs.iter().map(|input| input.path.as_str()).collect::<Vec<_>>().join(", ");
        evidence.push(words(EvidenceKind::Backlog, format!("{paths} does not list what waits")));
    }
    if let Some(outside) = left_out(facts) {
        evidence.push(words(EvidenceKind::Trace, outside));
    }
    if evidence.is_empty() {
        evidence.push(words(EvidenceKind::Input, "what was given shows no delivery".to_owned()));
    }
    let headline = left_out(facts).map_or_else(
        || "What was given does not show whether anything is wrong".to_owned(),
        |outside| format!("What was given says nothing about the part asked for; {outside}"),
    );
    Conclusion {
        id: "cannot_tell".to_owned(),
        evidence,
        next,
        ..conclusion(Certainty::Seen, headline, "It shows no failure, and no delivery either.".to_owned())
    }
}

/// What failed outside the part asked for.
fn left_out(facts: &Facts<'_>) -> Option<String> {
    facts.trace?.left_out()
}

fn all_is_well(facts: &Facts<'_>) -> bool {
    let trace = facts.trace.is_none_or(|trace| trace.verdict() == Verdict::Ok);
    let backlog = facts.backlog.is_none_or(|backlog| backlog.verdict() == Verdict::Ok);
    trace && backlog && facts.unread.is_empty() && facts.servers.iter().all(|server| server.target.is_fine())
}

fn good_signs(facts: &Facts<'_>) -> Vec<Evidence> {
    let mut signs = Vec::new();
    let none = if left_out(facts).is_some() { "none fails in the part asked for" } else { "none fails" };
    let destinations = facts.trace.map(|trace| trace.destinations.as_slice()).unwrap_or_default();
    for destination in destinations.iter().filter(|found| found.status == Status::Healthy && found.deliveries > 0) {
        let host = destination.host.as_deref().unwrap_or("a billing server");
        let delivered = many(destination.deliveries, "delivery succeeds", "deliveries succeed");
        let field = Some("destinations[].deliveries".to_owned());
        signs.push(Evidence { field, ..words(EvidenceKind::Trace, format!("{delivered} to {host}, {none}")) });
    }
    if facts.backlog.is_some_and(|backlog| backlog.tells_what_waits() && backlog.totals.files == 0) {
        signs.push(words(EvidenceKind::Backlog, "nothing waits for delivery".to_owned()));
    }
    for node in facts.nodes().iter().filter(|node| !node.services.is_empty() && node.problems().is_empty()) {
        let what = format!("the CDR services that {} lists run", node.name());
        signs.push(Evidence { path: Some(node.path.clone()), ..words(EvidenceKind::Node, what) });
    }
    let fine = facts.servers.iter().filter(|server| server.target.is_fine());
    signs.extend(fine.flat_map(|server| of_server(facts, server)));
    signs
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::story::{HARDENED, OPEN, Story, server};
    use crate::document::{Document, Verdict};

    #[test]
    fn nothing_is_wrong_where_everything_given_is_in_order() {
        let told = Story::healthy("192.0.2.10").primary(server("a", OPEN)).secondary(server("b", OPEN)).told();
        assert_eq!((told.conclusions[0].id.as_str(), told.verdict()), ("nothing_wrong", Verdict::Ok));
        assert_eq!(told.conclusions[0].evidence.len(), 3);
        assert_eq!(Story::healthy("x").other(server("a", HARDENED)).conclusion("nothing_wrong"), None);
        assert_eq!(Story::no_agreement("x").conclusion("nothing_wrong"), None);
    }

    #[test]
    fn what_failed_outside_of_what_was_asked_for_is_told_first() {
        let mut story = Story::healthy("192.0.2.10");
        story.parts.parse_log.as_mut().unwrap().failures_left_out = 2337;
        let told = story.told();
        assert_eq!((told.conclusions[0].id.as_str(), told.verdict()), ("nothing_wrong", Verdict::Ok));
        let expected = "Nothing is wrong in the part asked for; outside the part asked for: 2,337 failures";
        assert_eq!(told.headline, expected);
    }

    #[test]
    fn a_trace_without_deliveries_tells_nothing() {
        let mut story = Story::healthy("192.0.2.10");
        story.parts.parse_log.as_mut().unwrap().destinations.clear();
        let told = story.told();
        assert_eq!(told.conclusions[0].id, "cannot_tell");
        assert_eq!(told.conclusions[0].next.len(), 2, "{:?}", told.conclusions[0].next);
        assert_eq!(Story::healthy("x").conclusion("cannot_tell"), None);
    }

    #[test]
    fn a_part_that_could_not_be_read_is_a_problem() {
        let mut story = Story::healthy("192.0.2.10");
        story.parts.unread.push("b.log: no such file".into());
        let told = story.told();
        assert_eq!((told.conclusions[0].id.as_str(), told.verdict()), ("not_all_was_read", Verdict::Problem));
        assert_eq!(told.warnings, ["b.log: no such file"]);
        assert_eq!(Story::healthy("x").conclusion("not_all_was_read"), None);
    }
}
