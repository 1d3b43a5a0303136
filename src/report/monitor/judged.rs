//! Servers and what each client meets there, as rows: what the forms for monitoring and CI have in common.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use crate::document::probe::{ProfileRef, Target};
use crate::document::problem::Problem;
use crate::document::remedy::Remedy;

/// Judged servers. They can be gone through more than once.
#[derive(Clone)]
pub struct Judged<'d> {
    profiles: &'d [ProfileRef],
    targets: Rc<dyn Fn() -> Targets<'d> + 'd>,
}

/// Entries of a document, or such as are made of it.
type Targets<'d> = Box<dyn Iterator<Item = Cow<'d, Target>> + 'd>;

/// What one client meets.
#[derive(Debug)]
pub struct Verdict<'a> {
    /// The profile's id.
    pub profile: &'a str,
    /// Milliseconds of the real handshake; `None` where there was none.
    pub handshake_ms: Option<f64>,
    /// Why the client does not get in; `None` where it does.
    pub failure: Option<Failure<'a>>,
}

/// Why a client does not get in.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Where it ends: the stage of the refusal, `handshake`, `authentication`; else what the server comes to
    /// (`unreachable`, `not_ssh`, `error`).
    pub stage: &'a str,
    /// The reason, which stays the same from run to run as long as the fault does.
    pub reason: String,
    /// The reason with what was seen in this run.
    pub message: String,
    /// What to check of a server that gave no offer.
    pub check: Option<&'a str>,
    /// The change that lets the client in.
    pub remedy: &'a [Remedy],
}

impl<'d> Judged<'d> {
    /// The servers whose entries this gives, as often as it is asked.
    pub fn new<I>(profiles: &'d [ProfileRef], targets: impl Fn() -> I + 'd) -> Self
    where
        I: IntoIterator<Item = Cow<'d, Target>, IntoIter: 'd>,
    {
        Self { profiles, targets: Rc::new(move || Box::new(targets().into_iter())) }
    }

    /// The servers' entries in their order. One that was named twice is told of once.
    pub fn servers(&self) -> impl Iterator<Item = Cow<'d, Target>> + use<'d> {
        let mut seen = HashSet::new();
        (self.targets)().filter(move |target| seen.insert(target.target.clone()))
    }

    /// What the clients meet at one of them: one entry a profile.
    pub fn verdicts<'t>(&self, target: &'t Target) -> Vec<Verdict<'t>>
    where
        'd: 't,
    {
        self.profiles.iter().filter_map(|profile| verdict(&profile.id, target)).collect()
    }
}

/// `None` where the server was not judged by that profile.
fn verdict<'a>(profile: &'a str, target: &'a Target) -> Option<Verdict<'a>> {
    let client = target.clients.iter().find(|client| client.profile == profile);
    let failures: Vec<_> = target.problems().into_iter().filter(|problem| problem.concerns(profile)).collect();
    if client.is_none() && failures.is_empty() {
        return None;
    }
    let handshake_ms = client.and_then(|client| client.handshake.as_ref()?.ms);
    let remedy = client.map_or(&target.remedy, |client| &client.remedy);
    Some(Verdict { profile, handshake_ms, failure: failure(&failures, remedy) })
}

/// The stage and the reason are the first problem's, the message has all of them.
fn failure<'a>(problems: &[Problem<'a>], remedy: &'a [Remedy]) -> Option<Failure<'a>> {
    let message: Vec<String> = problems.iter().flat_map(seen).collect();
    let first = problems.first()?;
    let check = match first {
        Problem::NoAnswer(_, error) => error.and_then(|error| error.remedy.as_deref()),
        _ => None,
    };
    Some(Failure { stage: first.stage(), reason: reason(first), message: message.join("; "), check, remedy })
}

fn reason(problem: &Problem<'_>) -> String {
    match problem {
        Problem::NoAnswer(outcome, error) => {
            error.map_or_else(|| outcome.words().to_owned(), |error| error.kind.clone())
        }
        Problem::ListsRefuse(client) => client.refusal().unwrap_or_default(),
        Problem::HandshakeFails(_) => "the lists agree, but the handshake fails".to_owned(),
        Problem::Unproven(_) => "the lists agree, but no handshake proves it".to_owned(),
        Problem::NoPassword(_) => "no login by password".to_owned(),
        Problem::NotAsPredicted(_) => "a real handshake contradicts the lists".to_owned(),
    }
}

/// The reason with what was seen in this run.
fn seen(problem: &Problem<'_>) -> Vec<String> {
    match problem {
        Problem::NoAnswer(_, error) => error.iter().map(|error| error.message.clone()).collect(),
        Problem::ListsRefuse(_) => vec![reason(problem)],
        Problem::HandshakeFails(client) => {
            let log = "see the server's log".to_owned();
            [reason(problem)].into_iter().chain(client.disagreement.clone()).chain([log]).collect()
        }
        Problem::Unproven(client) => [reason(problem)].into_iter().chain(client.unproven()).collect(),
        Problem::NoPassword(methods) => {
            vec![format!("{}: the server offers {} only", reason(problem), methods.join(", "))]
        }
        Problem::NotAsPredicted(client) => [reason(problem)].into_iter().chain(client.disagreement.clone()).collect(),
    }
}

#[cfg(test)]
pub(in crate::report) mod tests {
    use super::*;
    use crate::document::probe::{Client, Outcome, TargetError, Timing};

    pub(in crate::report) fn profile(id: &str) -> ProfileRef {
        ProfileRef { id: id.to_owned(), title: id.to_uppercase(), source: Vec::new() }
    }

    /// A client as JSON has it, so that fields which are added later need no change here.
    pub(in crate::report) fn client(profile: &str, body: &str) -> Client {
        let mut client = serde_json::json!({
            "profile": profile, "result": "accepts", "verdict": "accepts", "stage": null, "agreed": {}, "missing": [], "handshake": null,
            "remedy": []
        });
        let changes: serde_json::Map<String, serde_json::Value> = serde_json::from_str(body).unwrap();
        client.as_object_mut().unwrap().extend(changes);
        serde_json::from_value(client).unwrap()
    }

    pub(in crate::report) fn refused(profile: &str) -> Client {
        client(
            profile,
            r#"{"result": "refuses", "stage": "key_exchange", "missing": ["kex", "mac_c2s", "mac_s2c"],
            "obstacles": [{"kind": "none_common", "category": "kex"}, {"kind": "none_common", "category": "mac_c2s"}]}"#,
        )
    }

    pub(in crate::report) fn silent(name: &str) -> Target {
        let error = TargetError {
            kind: "timed_out".into(),
            message: format!("{name} did not answer within 10 s"),
            remedy: None,
        };
        Target { target: name.into(), outcome: Outcome::Unreachable, error: Some(error), ..Target::default() }
    }

    pub(in crate::report) fn answering(name: &str, clients: Vec<Client>) -> Target {
        let timing_ms = Timing { connect: Some(1.5), kexinit: Some(20.0), ..Timing::default() };
        let mut target = Target { target: name.into(), clients, timing_ms, ..Target::default() };
        target.conclude();
        target
    }

    fn failures<'a>(profiles: &'a [ProfileRef], target: &'a Target) -> Vec<Option<Failure<'a>>> {
        let judged = Judged::new(profiles, || [Cow::Borrowed(target)]);
        judged.verdicts(target).into_iter().map(|verdict| verdict.failure).collect()
    }

    #[test]
    fn a_server_that_does_not_answer_fails_every_profile() {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        let target = silent("a");
        let failures = failures(&profiles, &target);
        assert_eq!(failures.len(), 2);
        for failure in failures.into_iter().flatten() {
            assert_eq!((failure.stage, failure.reason.as_str()), ("unreachable", "timed_out"));
            assert!(failure.message.contains("within 10 s"));
        }
    }

    #[test]
    fn a_handshake_that_contradicts_the_lists_is_a_failure() {
        let profiles = [profile("cucm-14")];
        let target = answering("a", vec![client("cucm-14", r#"{"disagreement": "it closed"}"#)]);
        let failures = failures(&profiles, &target);
        let failure = failures[0].as_ref().unwrap();
        assert_eq!(
            (failure.stage, failure.message.as_str()),
            ("handshake", "a real handshake contradicts the lists; it closed")
        );
    }

    #[test]
    fn a_server_without_login_by_password_fails_every_profile() {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        let handshake = r#"{"handshake": {"performed": true, "result": "accepts", "agreed": {}, "host_key": null,
            "auth_methods": ["publickey"], "error": null, "ms": 1.0}}"#;
        let target = answering("a", vec![client("cucm-14", handshake), client("cucm-15", "{}")]);
        let failures = failures(&profiles, &target);
        assert_eq!(failures.len(), 2);
        for failure in failures.into_iter().flatten() {
            assert_eq!(failure.stage, "authentication");
            assert_eq!(failure.message, "no login by password: the server offers publickey only");
        }
    }

    #[test]
    fn a_server_that_was_named_twice_is_told_of_once() {
        let target = silent("a");
        let judged = Judged::new(&[], || [Cow::Borrowed(&target), Cow::Borrowed(&target)]);
        assert_eq!(judged.servers().count(), 1);
    }
}
