//! Judged servers for monitoring and CI: a suite for each server, a test case for each profile. A client that does not
//! get in is a failure, which carries the remedy; so is a server that can't be reached, as it is a finding, too.

use super::judged::{Judged, Server, Verdict};
use super::{Case, Failure, Family, Monitored, Sample, Suite, family, gauge, in_lines};
use crate::document::probe::{Client, Outcome};
use crate::model::offer::Category;

impl From<&Judged<'_>> for Monitored {
    fn from(judged: &Judged<'_>) -> Self {
        Self { suites: judged.servers.iter().map(suite).collect(), families: families(&judged.servers) }
    }
}

fn suite(server: &Server<'_>) -> Suite {
    let seconds = server.target.timing_ms.total.map(|ms| ms / 1000.0);
    Suite { name: name(server).to_owned(), seconds, cases: server.verdicts.iter().map(case).collect() }
}

fn case(verdict: &Verdict<'_>) -> Case {
    let failure = verdict.failure.as_ref().map(|failure| Failure {
        kind: failure.stage.to_owned(),
        message: failure.message.clone(),
        remedy: in_lines(failure.remedy),
    });
    Case { name: verdict.profile.to_owned(), seconds: verdict.handshake_ms.map(|ms| ms / 1000.0), failure }
}

fn families(servers: &[Server<'_>]) -> Vec<Family> {
    [of_clients(servers), of_outcomes(servers), times(servers)].into_iter().flatten().collect()
}

fn of_clients(servers: &[Server<'_>]) -> Vec<Family> {
    vec![
        family(
            "cdrdiag_client_accepted",
            "Whether the client gets in (1) or not (0).",
            of_verdicts(servers, |server, verdict| {
                vec![Sample::of(
                    [("target", name(server)), ("profile", verdict.profile)],
                    gauge(verdict.failure.is_none()),
                )]
            }),
        ),
        family(
            "cdrdiag_client_info",
            "The stage at which the client fails, and why; both empty where it gets in.",
            of_verdicts(servers, |server, verdict| {
                let failure = verdict.failure.as_ref();
                let (stage, reason) = failure.map_or(("", ""), |failure| (failure.stage, &failure.reason));
                let labels =
                    [("target", name(server)), ("profile", verdict.profile), ("stage", stage), ("reason", reason)];
                vec![Sample::of(labels, 1.0)]
            }),
        ),
        family(
            "cdrdiag_category_accepted",
            "Whether the lists of the category let the client in (1) or not (0).",
            of_verdicts(servers, categories),
        ),
    ]
}

fn of_outcomes(servers: &[Server<'_>]) -> Vec<Family> {
    vec![
        family(
            "cdrdiag_target_ok",
            "Whether nothing is wrong with the server (1).",
            of_servers(servers, |server| gauge(server.target.is_fine())),
        ),
        family(
            "cdrdiag_target_info",
            "The server's outcome.",
            servers
                .iter()
                .map(|server| Sample::of([("target", name(server)), ("outcome", server.target.outcome.name())], 1.0))
                .collect(),
        ),
        family(
            "cdrdiag_target_reachable",
            "Whether a TCP connection was made (1) or not (0).",
            of_servers(servers, |server| gauge(server.target.outcome != Outcome::Unreachable)),
        ),
    ]
}

fn times(servers: &[Server<'_>]) -> Vec<Family> {
    vec![
        family(
            "cdrdiag_step_seconds",
            "How long a step of reading the server's lists took.",
            servers.iter().flat_map(steps).collect(),
        ),
        family(
            "cdrdiag_handshake_seconds",
            "How long the client's real handshake took.",
            of_verdicts(servers, |server, verdict| {
                let labels = [("target", name(server)), ("profile", verdict.profile)];
                verdict.handshake_ms.map(|ms| Sample::of(labels, ms / 1000.0)).into_iter().collect()
            }),
        ),
    ]
}

fn of_servers(servers: &[Server<'_>], value: impl Fn(&Server<'_>) -> f64) -> Vec<Sample> {
    servers.iter().map(|server| Sample::of([("target", name(server))], value(server))).collect()
}

fn of_verdicts(servers: &[Server<'_>], samples: impl Fn(&Server<'_>, &Verdict<'_>) -> Vec<Sample>) -> Vec<Sample> {
    let verdicts = servers.iter().flat_map(|server| server.verdicts.iter().map(move |verdict| (server, verdict)));
    verdicts.flat_map(|(server, verdict)| samples(server, verdict)).collect()
}

/// Nothing of a category in which a list is not known.
fn categories(server: &Server<'_>, verdict: &Verdict<'_>) -> Vec<Sample> {
    let Some(client) = server.target.clients.iter().find(|client| client.profile == verdict.profile) else {
        return Vec::new();
    };
    let known = Category::NEGOTIATED.into_iter().filter(|category| !client.unknown.contains(category));
    let sample = |category: Category| {
        let labels = [("target", name(server)), ("profile", verdict.profile), ("category", category.name())];
        Sample::of(labels, gauge(!keeps_out(client, category)))
    };
    known.map(sample).collect()
}

fn keeps_out(client: &Client, category: Category) -> bool {
    client.missing.contains(&category) || client.obstacles.iter().any(|obstacle| obstacle.category() == category)
}

fn steps(server: &Server<'_>) -> Vec<Sample> {
    let timing = &server.target.timing_ms;
    let steps = [
        ("connect", timing.connect),
        ("identification", timing.identification),
        ("kexinit", timing.kexinit),
        ("total", timing.total),
    ];
    let sample =
        |(step, ms): (&str, Option<f64>)| Some(Sample::of([("target", name(server)), ("step", step)], ms? / 1000.0));
    steps.into_iter().filter_map(sample).collect()
}

fn name<'a>(server: &'a Server<'_>) -> &'a str {
    &server.target.target
}
