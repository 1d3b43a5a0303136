//! Deliveries stop at a stage that the servers' algorithms do not raise: before a connection stands, or after the
//! negotiation has succeeded.

use super::super::evidence::{conclusion, of_failed, of_server, probe};
use super::super::facts::{Facts, FailedDestination, Server};
use crate::document::diagnose::{Certainty, Conclusion, Evidence};
use crate::document::parse_log::CauseCount;
use crate::model::stage::Stage;
use crate::words::listed;

/// The stages at which a connection does not stand yet.
const REACHING: [Stage; 2] = [Stage::Resolve, Stage::Connect];

/// The stages that are reached only after both sides have agreed on algorithms, with where each strikes.
const BEYOND_ALGORITHMS: [(Stage, &str); 6] = [
    (Stage::HostKey, "over the server's host key"),
    (Stage::Authentication, "at the login"),
    (Stage::Channel, "after the login, when SFTP should start"),
    (Stage::SftpPath, "after the login, on entering the folder"),
    (Stage::SftpWrite, "after the login, on creating the file"),
    (Stage::Transfer, "after the login, while writing the file"),
];

/// The login fails, so algorithms are fine.
pub fn login_refused(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    if failed.stage()? != Stage::Authentication {
        return None;
    }
    beyond(facts, failed, "the user and the password are asked for only after that")
}

/// The host key is refused, so algorithms are fine: another server, or a new key.
pub fn host_key_refused(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let is_it = failed.stage()? == Stage::HostKey && failed.mismatch().is_none();
    if !is_it {
        return None;
    }
    let found = beyond(facts, failed, "the host key is checked only after that")?;
    let next = "whether the address moved to another server at that time: servers that take over from each other need \
                the same host key";
    Some(Conclusion { next: vec![next.to_owned()], ..found })
}

/// The file does not arrive, though CUCM is logged in: path, rights, space.
pub fn file_refused(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let is_it = matches!(failed.stage()?, Stage::Channel | Stage::SftpPath | Stage::SftpWrite | Stage::Transfer);
    if !is_it {
        return None;
    }
    beyond(facts, failed, "CUCM is logged in by then")
}

fn beyond(facts: &Facts<'_>, failed: &FailedDestination<'_>, why: &str) -> Option<Conclusion> {
    let (cause, host) = (failed.cause?, failed.host());
    let fail = if failed.lasts() { "fail" } else { "failed" };
    let (_, place) = BEYOND_ALGORITHMS.into_iter().find(|(stage, _)| Some(*stage) == failed.stage())?;
    let servers = concerned(facts, failed);
    let accepting = servers.iter().filter(|server| server.accepts()).count();
    let agrees = match (servers.len(), accepting) {
        (0, _) | (_, 0) => "",
        (all, some) if all == some => " The servers' lists confirm it: CUCM gets in.",
        _ => "",
    };
    let text = format!("Deliveries to {host} {fail} {place}; {why}, so algorithms are not the cause.{agrees}");
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &servers),
        steps: steps(failed, cause),
        next: vec![format!("the log of {host} at the time of a failure, for CUCM's address")],
        ..conclusion(
            Certainty::Seen,
            format!("{}: deliveries to {host} {fail} {place}; the algorithms are fine", cause.cause),
            text,
        )
    })
}

/// No connection stands, and none stands now.
pub fn still_unreachable(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let servers = concerned(facts, failed);
    let (cause, host) = (reaching(failed)?, failed.host());
    let gone: Vec<&Server<'_>> = servers.into_iter().filter(|server| server.is_unreachable()).collect();
    let first = gone.first().filter(|_| failed.lasts())?;
    let at_host = failed.destination.host.as_deref().is_some_and(|host| first.is_at(host));
    let names = listed(gone.iter().map(|server| server.name()));
    let text = format!(
        "CUCM could not connect to {host} ({}), and probing {names} did not succeed either: algorithms are not the \
         cause, since they are not even exchanged.",
        cause.cause
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &gone),
        steps: steps(failed, cause),
        next: vec!["whether the server runs and listens, and which firewall is in between".to_owned()],
        ..conclusion(
            if at_host { Certainty::Seen } else { Certainty::Inferred },
            format!("{names} cannot be reached, neither by CUCM nor by cdrdiag"),
            text,
        )
    })
}

/// No connection stood, and now one does: it is over, or something lies between CUCM and the server.
pub fn reachable_now(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let servers = concerned(facts, failed);
    let (cause, host) = (reaching(failed)?, failed.host());
    let is_it = failed.lasts() && !servers.is_empty() && servers.iter().all(|server| answers(server));
    if !is_it {
        return None;
    }
    let names = listed(servers.iter().map(|server| server.name()));
    let text = format!(
        "CUCM could not connect to {host} ({}), but {names} answered when probed. Either it is back up, or only \
         CUCM's way to it is blocked: cdrdiag did not probe from there.",
        cause.cause
    );
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &servers),
        steps: vec![
            "It runs now: see whether CUCM's address is let through (firewall), and look for a fresh failure."
                .to_owned(),
        ],
        next: vec![
            "whether it still fails: a trace made now".to_owned(),
            "from CUCM's own command line: utils network ping, and the firewall's log for its address".to_owned(),
        ],
        ..conclusion(
            Certainty::Assumed,
            format!(
                "{host} could not be reached by CUCM, yet {names} {}",
                if servers.len() == 1 { "answers" } else { "answer" }
            ),
            text,
        )
    })
}

/// No connection stood, and nobody looked whether one does now.
pub fn could_not_connect(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let (cause, host) = (reaching(failed)?, failed.host());
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &concerned(facts, failed)),
        steps: steps(failed, cause),
        next: vec![format!("whether it answers now: {}", probe(&host))],
        ..conclusion(
            Certainty::Seen,
            format!("CUCM could not connect to {host}: {}", cause.cause),
            "No connection was made, so algorithms, login and path are not the cause.".to_owned(),
        )
    })
}

/// What remains of the causes that have a name: the trace's own word for it.
pub fn stopped_on_the_way(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let (cause, host) = (failed.cause?, failed.host());
    let stage = failed.stage()?;
    let stop = if failed.lasts() { "stop" } else { "stopped" };
    let said = cause.message.as_ref().map(|message| format!(" (\"{message}\")")).unwrap_or_default();
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &concerned(facts, failed)),
        steps: steps(failed, cause),
        next: vec![
            format!("the log of {host} at the time of a failure, for CUCM's address"),
            format!("whether CUCM would get in now: {}", probe(&host)),
        ],
        ..conclusion(
            Certainty::Seen,
            format!("{}: deliveries to {host} {stop} at the stage {stage}", cause.cause),
            format!("That is what the trace says{said}. It does not show whether algorithms are involved."),
        )
    })
}

/// The trace gives no reason, or one that is in no table.
#[allow(clippy::unnecessary_wraps, reason = "it is a rule, and the one that always holds")]
pub fn unknown_cause(facts: &Facts<'_>, failed: &FailedDestination<'_>) -> Option<Conclusion> {
    let host = failed.host();
    let text = match failed.cause.and_then(|cause| cause.message.as_ref()) {
        Some(message) => format!("cdrdiag does not know this message of CUCM's client: \"{message}\""),
        None => match failed.cause {
            Some(cause) => format!("Why: {}.", failed.destination.without_remedy(cause)),
            None => "The trace holds the failures, but no reason for them.".to_owned(),
        },
    };
    let mut next = vec![
        "the trace from before the first failure, at level Debug (Cisco Unified Serviceability, Trace, Configuration, \
         CDR Repository Manager)"
            .to_owned(),
        format!("the log of {host} at the time of a failure, for CUCM's address"),
    ];
    if facts.servers.is_empty() {
        next.push(format!("whether CUCM would get in now: {}", probe(&host)));
    }
    Some(Conclusion {
        destination: failed.destination.host.clone(),
        evidence: evidence(facts, failed, &concerned(facts, failed)),
        next,
        ..conclusion(
            Certainty::Seen,
            format!(
                "What was given does not show why deliveries to {host} {}",
                if failed.lasts() { "fail" } else { "failed" }
            ),
            text,
        )
    })
}

/// What to do about the cause. What is over needs nothing done.
fn steps(failed: &FailedDestination<'_>, cause: &CauseCount) -> Vec<String> {
    cause.remedy.clone().filter(|_| failed.lasts()).into_iter().collect()
}

fn reaching<'a>(failed: &FailedDestination<'a>) -> Option<&'a CauseCount> {
    failed.cause.filter(|_| failed.stage().is_some_and(|stage| REACHING.contains(&stage)))
}

/// Whether something answered there, whatever it was.
fn answers(server: &Server<'_>) -> bool {
    server.target.identification.is_some() || server.target.offer.is_some()
}

/// The servers at the destination's host; where none is, all that were given.
fn concerned<'f, 'a>(facts: &'f Facts<'a>, failed: &FailedDestination<'a>) -> Vec<&'f Server<'a>> {
    let at = facts.at(failed.destination.host.as_deref());
    if at.is_empty() { facts.servers.iter().collect() } else { at }
}

fn evidence(facts: &Facts<'_>, failed: &FailedDestination<'_>, servers: &[&Server<'_>]) -> Vec<Evidence> {
    let mut evidence = of_failed(failed);
    evidence.extend(servers.iter().flat_map(|server| of_server(facts, server)));
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::story::{HARDENED, OPEN, Story, gone, server};
    use crate::trace::note::UNKNOWN;

    const HOST: &str = "192.0.2.10";

    fn failing(cause: &str, stage: &str) -> Story {
        Story::failing(HOST, cause, Stage::named(stage))
    }

    #[test]
    fn a_login_that_fails_shows_that_algorithms_are_fine() {
        let story =
            || failing("authentication", "authentication").primary(server("a", OPEN)).secondary(server("b", OPEN));
        let found = story().conclusion("login_refused").unwrap();
        assert_eq!((found.certainty, found.steps), (Certainty::Seen, vec!["what to do".to_owned()]));
        assert!(found.text.contains("The servers' lists confirm it"), "{}", found.text);
        assert!(story().ids().iter().all(|id| id != "changed_since_the_trace"));
        let other = failing("authentication", "authentication").primary(server("a", HARDENED));
        assert!(!other.conclusion("login_refused").unwrap().text.contains("say the same"));
        assert_eq!(failing("permission_denied", "sftp_write").conclusion("login_refused"), None);
        assert_eq!(Story::no_agreement(HOST).conclusion("login_refused"), None);
    }

    #[test]
    fn path_rights_and_space_come_after_the_login() {
        for (cause, stage) in [
            ("permission_denied", "sftp_write"),
            ("disk_full", "transfer"),
            ("no_such_path", "sftp_path"),
            ("sftp_subsystem_missing", "channel"),
        ] {
            let found = failing(cause, stage).conclusion("file_refused").unwrap();
            assert!(found.headline.starts_with(cause) && found.headline.contains("after the login"), "{found:?}");
        }
        assert_eq!(failing("authentication", "authentication").conclusion("file_refused"), None);
        assert_eq!(failing("timeout", "connect").conclusion("file_refused"), None);
    }

    #[test]
    fn a_host_key_that_changed_is_another_server_perhaps() {
        let found = failing("host_key_changed", "host_key").conclusion("host_key_refused").unwrap();
        assert!(found.next[0].contains("moved to another server"));
        assert_eq!(failing("signature_verification", "key_exchange").conclusion("host_key_refused"), None);
    }

    #[test]
    fn what_cannot_be_reached_by_either_is_down() {
        let story = || failing("connection_refused", "connect");
        let id = "still_unreachable";
        assert_eq!(story().other(gone(HOST)).conclusion(id).unwrap().certainty, Certainty::Seen);
        assert_eq!(story().primary(gone("a")).conclusion(id).unwrap().certainty, Certainty::Inferred);
        assert_eq!(story().other(server(HOST, OPEN)).conclusion(id), None);
        assert_eq!(story().conclusion(id), None);
        assert_eq!(story().other(gone(HOST)).recovered().conclusion(id), None, "CUCM reached it since");
        assert_eq!(failing("authentication", "authentication").other(gone(HOST)).conclusion(id), None);
    }

    #[test]
    fn what_answers_now_was_down_or_is_hidden_from_cucm() {
        let story = || failing("timeout", "connect");
        let found = story().other(server(HOST, OPEN)).conclusion("reachable_now").unwrap();
        assert_eq!(found.certainty, Certainty::Assumed);
        assert_eq!(story().other(gone(HOST)).conclusion("reachable_now"), None);
        assert_eq!(story().conclusion("reachable_now"), None);
        assert_eq!(story().other(server(HOST, OPEN)).recovered().conclusion("reachable_now"), None);
        assert_eq!(failing("timeout", "session").other(server(HOST, OPEN)).conclusion("reachable_now"), None);
    }

    #[test]
    fn without_a_probe_the_trace_alone_says_that_no_connection_stood() {
        let story = || failing("unknown_host", "resolve");
        assert_eq!(story().conclusion("could_not_connect").unwrap().certainty, Certainty::Seen);
        assert_eq!(story().other(gone(HOST)).conclusion("could_not_connect"), None);
        assert_eq!(story().other(server(HOST, OPEN)).conclusion("could_not_connect"), None);
    }

    #[test]
    fn what_else_the_trace_names_is_passed_on() {
        let found = failing("connection_closed", "identification").conclusion("stopped_on_the_way").unwrap();
        assert!(found.text.contains("what the library says"));
        for (cause, stage) in
            [("timeout", "connect"), ("authentication", "authentication"), ("dh_group_size", "key_exchange")]
        {
            assert_eq!(failing(cause, stage).conclusion("stopped_on_the_way"), None);
        }
    }

    #[test]
    fn an_unknown_text_is_told_as_such_with_what_would_tell_more() {
        let found = Story::failing(HOST, UNKNOWN, None).conclusion("cannot_tell").unwrap();
        assert!(found.text.contains("what the library says") && found.problem && found.next.len() == 3);
        let mut bare = Story::failing(HOST, UNKNOWN, None);
        bare.destination(|destination| destination.causes.clear());
        assert!(bare.conclusion("cannot_tell").unwrap().text.contains("no reason"));
        assert_eq!(failing("authentication", "authentication").conclusion("cannot_tell"), None);
    }
}
