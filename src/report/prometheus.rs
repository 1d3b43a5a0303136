//! Judged servers for the textfile collector of Prometheus' node exporter, in the text-based exposition format 0.0.4.
//! The samples of one metric stand together, below its `HELP` and `TYPE`.

use std::fmt::Write;

use super::escape;
use super::judged::{Judged, Server};
use crate::document::probe::Outcome;

/// The metrics of the servers.
pub fn text(judged: &Judged<'_>) -> String {
    let servers = &judged.servers;
    [
        (
            "cdrdiag_client_accepted",
            "Whether the client gets in (1) or not (0), where it ends and why.",
            accepted(servers),
        ),
        ("cdrdiag_target_ok", "Whether nothing is wrong with the server (1), and what it comes to.", ok(servers)),
        ("cdrdiag_target_reachable", "Whether a TCP connection came about (1) or not (0).", reachable(servers)),
        ("cdrdiag_step_seconds", "How long a step of reading the server's lists took.", steps(servers)),
        ("cdrdiag_handshake_seconds", "How long the client's real handshake took.", handshakes(servers)),
    ]
    .into_iter()
    .map(|(metric, help, samples)| family(metric, help, &samples))
    .collect()
}

/// The labels and the value of one sample.
type Sample<'a> = (Vec<(&'static str, &'a str)>, f64);

fn accepted<'a>(servers: &'a [Server<'_>]) -> Vec<Sample<'a>> {
    let verdicts = servers.iter().flat_map(|server| server.verdicts.iter().map(move |verdict| (server, verdict)));
    let sample = |(server, verdict): (&'a Server<'_>, &'a super::judged::Verdict<'_>)| {
        let (stage, reason) =
            verdict.failure.as_ref().map_or(("", ""), |failure| (failure.stage, failure.reason.as_str()));
        let labels = vec![("target", name(server)), ("profile", verdict.profile), ("stage", stage), ("reason", reason)];
        (labels, gauge(verdict.failure.is_none()))
    };
    verdicts.map(sample).collect()
}

fn ok<'a>(servers: &'a [Server<'_>]) -> Vec<Sample<'a>> {
    let labels = |server: &'a Server<'_>| vec![("target", name(server)), ("outcome", server.target.outcome.name())];
    servers.iter().map(|server| (labels(server), gauge(server.target.is_fine()))).collect()
}

fn reachable<'a>(servers: &'a [Server<'_>]) -> Vec<Sample<'a>> {
    let is_reached = |server: &Server<'_>| server.target.outcome != Outcome::Unreachable;
    servers.iter().map(|server| (vec![("target", name(server))], gauge(is_reached(server)))).collect()
}

fn steps<'a>(servers: &'a [Server<'_>]) -> Vec<Sample<'a>> {
    let steps = |server: &'a Server<'_>| {
        let timing = &server.target.timing_ms;
        let steps = [
            ("connect", timing.connect),
            ("identification", timing.identification),
            ("kexinit", timing.kexinit),
            ("total", timing.total),
        ];
        let labels = |step| vec![("target", name(server)), ("step", step)];
        steps.into_iter().filter_map(move |(step, ms)| Some((labels(step), ms? / 1000.0)))
    };
    servers.iter().flat_map(steps).collect()
}

fn handshakes<'a>(servers: &'a [Server<'_>]) -> Vec<Sample<'a>> {
    let handshakes = |server: &'a Server<'_>| {
        let seconds =
            server.verdicts.iter().filter_map(|verdict| Some((verdict.profile, verdict.handshake_ms? / 1000.0)));
        seconds.map(|(profile, seconds)| (vec![("target", name(server)), ("profile", profile)], seconds))
    };
    servers.iter().flat_map(handshakes).collect()
}

fn name<'a>(server: &'a Server<'_>) -> &'a str {
    &server.target.target
}

fn gauge(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// A metric and its samples; nothing where it has none.
fn family(metric: &str, help: &str, samples: &[Sample<'_>]) -> String {
    if samples.is_empty() {
        return String::new();
    }
    let mut text = format!("# HELP {metric} {help}\n# TYPE {metric} gauge\n");
    for (labels, value) in samples {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{metric}{{{}}} {value}", labels.join(","));
    }
    text
}

/// A label's value: a backslash, a quote and a line end are escaped; other control characters become visible before.
fn quoted(value: &str) -> String {
    escape::line(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::super::judged::tests::{answering, client, profile, refused, silent};
    use super::*;
    use crate::document::probe::Target;

    fn text_of(targets: &[Target]) -> String {
        text(&Judged::new(&[profile("cucm-14"), profile("cucm-15")], targets.iter()))
    }

    #[test]
    fn each_target_and_profile_has_one_gauge_with_its_reason() {
        let clients = vec![
            client(
                "cucm-14",
                r#"{"handshake": {"performed": true, "result": "accepts", "agreed": {},
            "host_key": null, "auth_methods": [], "error": null, "ms": 12.5}}"#,
            ),
            refused("cucm-15"),
        ];
        insta::assert_snapshot!(text_of(&[answering("10.0.0.5", clients), silent("10.0.0.6")]));
    }

    #[test]
    fn a_servers_name_cannot_end_its_label() {
        let text = text_of(&[silent("a\"} 1\nb\\c\u{1b}")]);
        assert!(text.contains(r#"target="a\"} 1\\nb\\c\\x1b""#), "{text}");
    }

    #[test]
    fn a_metric_without_samples_is_not_announced() {
        assert!(!text_of(&[silent("a")]).contains("cdrdiag_handshake_seconds"));
    }
}
