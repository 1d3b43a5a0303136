//! Judged servers for monitoring and CI: a suite for each server, a test case for each profile. A client that does not
//! get in is a failure, which carries the remedy; so is a server that can't be reached, as it is a finding, too.

use super::judged::{Judged, Verdict};
use super::{Case, Failure, Family, Monitored, Sample, Suite, Suites, family, gauge, in_lines};
use crate::document::probe::{Client, Outcome, Target};
use crate::model::offer::Category;

impl<'d> From<Judged<'d>> for Monitored<'d> {
    fn from(judged: Judged<'d>) -> Self {
        let families = [of_clients(&judged), of_outcomes(&judged), times(&judged)].into_iter().flatten().collect();
        let suites = move || {
            let judged = judged.clone();
            judged.servers().map(move |target| suite(&target, &judged.verdicts(&target)))
        };
        Self { suites: Suites::made_by(suites), families }
    }
}

fn suite(target: &Target, verdicts: &[Verdict<'_>]) -> Suite {
    let seconds = target.timing_ms.total.map(|ms| ms / 1000.0);
    Suite {
        name: target.target.clone(),
        seconds,
        cases: verdicts.iter().map(|verdict| case(target, verdict)).collect(),
    }
}

fn case(target: &Target, verdict: &Verdict<'_>) -> Case {
    let failure = verdict.failure.as_ref().map(|failure| Failure {
        kind: failure.stage.to_owned(),
        message: failure.message.clone(),
        remedy: failure
            .check
            .map(str::to_owned)
            .into_iter()
            .chain(in_lines(failure.remedy, |_| target.name()))
            .collect(),
    });
    Case { name: verdict.profile.to_owned(), seconds: verdict.handshake_ms.map(|ms| ms / 1000.0), failure }
}

fn of_clients<'d>(judged: &Judged<'d>) -> Vec<Family<'d>> {
    vec![
        family(
            "cdrdiag_client_accepted",
            "Whether the client gets in (1) or not (0).",
            of_verdicts(judged, |target, verdict| {
                vec![Sample::of(
                    [("target", &target.target), ("profile", verdict.profile)],
                    gauge(verdict.failure.is_none()),
                )]
            }),
        ),
        family(
            "cdrdiag_client_info",
            "The stage at which the client fails, and why; both empty where it gets in.",
            of_verdicts(judged, |target, verdict| {
                let failure = verdict.failure.as_ref();
                let (stage, reason) = failure.map_or(("", ""), |failure| (failure.stage, &failure.reason));
                let labels =
                    [("target", &*target.target), ("profile", verdict.profile), ("stage", stage), ("reason", reason)];
                vec![Sample::of(labels, 1.0)]
            }),
        ),
        family(
            "cdrdiag_category_accepted",
            "Whether the lists of the category let the client in (1) or not (0).",
            of_verdicts(judged, categories),
        ),
    ]
}

fn of_outcomes<'d>(judged: &Judged<'d>) -> Vec<Family<'d>> {
    vec![
        family(
            "cdrdiag_target_ok",
            "Whether nothing is wrong with the server (1).",
            of_servers(judged, |target| vec![Sample::of([("target", &target.target)], gauge(target.is_fine()))]),
        ),
        family(
            "cdrdiag_target_info",
            "The server's outcome.",
            of_servers(judged, |target| {
                vec![Sample::of([("target", &*target.target), ("outcome", target.outcome.name())], 1.0)]
            }),
        ),
        family(
            "cdrdiag_target_reachable",
            "Whether a TCP connection was made (1) or not (0).",
            of_servers(judged, |target| {
                vec![Sample::of([("target", &target.target)], gauge(target.outcome != Outcome::Unreachable))]
            }),
        ),
    ]
}

fn times<'d>(judged: &Judged<'d>) -> Vec<Family<'d>> {
    vec![
        family(
            "cdrdiag_step_seconds",
            "How long a step of reading the server's lists took.",
            of_servers(judged, steps),
        ),
        family(
            "cdrdiag_handshake_seconds",
            "How long the client's real handshake took.",
            of_verdicts(judged, |target, verdict| {
                let labels = [("target", &*target.target), ("profile", verdict.profile)];
                verdict.handshake_ms.map(|ms| Sample::of(labels, ms / 1000.0)).into_iter().collect()
            }),
        ),
    ]
}

fn of_servers<'d>(judged: &Judged<'d>, samples: fn(&Target) -> Vec<Sample>) -> impl Iterator<Item = Sample> + use<'d> {
    judged.servers().flat_map(move |target| samples(&target))
}

fn of_verdicts<'d>(
    judged: &Judged<'d>,
    samples: fn(&Target, &Verdict<'_>) -> Vec<Sample>,
) -> impl Iterator<Item = Sample> + use<'d> {
    let (servers, judged) = (judged.servers(), judged.clone());
    servers.flat_map(move |target| -> Vec<Sample> {
        judged.verdicts(&target).iter().flat_map(|verdict| samples(&target, verdict)).collect()
    })
}

/// Nothing of a category in which a list is not known.
fn categories(target: &Target, verdict: &Verdict<'_>) -> Vec<Sample> {
    let Some(client) = target.clients.iter().find(|client| client.profile == verdict.profile) else {
        return Vec::new();
    };
    let known = Category::NEGOTIATED.into_iter().filter(|category| !client.unknown.contains(category));
    let sample = |category: Category| {
        let labels = [("target", &*target.target), ("profile", verdict.profile), ("category", category.name())];
        Sample::of(labels, gauge(!keeps_out(client, category)))
    };
    known.map(sample).collect()
}

fn keeps_out(client: &Client, category: Category) -> bool {
    client.missing.contains(&category) || client.obstacles.iter().any(|obstacle| obstacle.category() == category)
}

fn steps(target: &Target) -> Vec<Sample> {
    let timing = &target.timing_ms;
    let steps = [
        ("connect", timing.connect),
        ("identification", timing.identification),
        ("kexinit", timing.kexinit),
        ("total", timing.total),
    ];
    let sample =
        |(step, ms): (&str, Option<f64>)| Some(Sample::of([("target", &*target.target), ("step", step)], ms? / 1000.0));
    steps.into_iter().filter_map(sample).collect()
}
