//! The whole story for monitoring and CI: a test case for each conclusion, and the metrics of every part.

use std::borrow::Cow;

use super::judged::Judged;
use super::{Case, Failure, Monitored, Sample, Suite, Suites, backlog, family, gauge, in_lines, parse_log};
use crate::document::diagnose::{Conclusion, Diagnose};
use crate::document::{Document, Verdict};

/// What it all comes to.
pub fn monitored(diagnose: &Diagnose) -> Monitored<'_> {
    let cases = diagnose.conclusions.iter().map(|conclusion| case(diagnose, conclusion)).collect();
    let suite = Suite { name: "conclusions".to_owned(), seconds: None, cases };
    let mut families = vec![
        family(
            "cdrdiag_problem",
            "Whether a problem was found (1).",
            vec![Sample::of([], gauge(diagnose.verdict() == Verdict::Problem))],
        ),
        family("cdrdiag_conclusion_info", "The conclusions from all that was read.", infos(diagnose)),
    ];
    families.extend(diagnose.parse_log.iter().flat_map(|traces| parse_log::monitored(traces).families));
    families.extend(diagnose.backlog.iter().flat_map(|waiting| backlog::monitored(waiting).families));
    let servers = Judged::new(diagnose.profiles(), || diagnose.targets().into_iter().map(Cow::Borrowed));
    families.extend(Monitored::from(servers).families);
    Monitored { suites: Suites::one(suite), families }
}

fn case(diagnose: &Diagnose, conclusion: &Conclusion) -> Case {
    let remedy = || in_lines(&conclusion.remedy, |server| diagnose.server_name(server));
    let failure = || Failure {
        remedy: remedy().into_iter().chain(conclusion.steps.iter().cloned()).collect(),
        ..Failure::of(&conclusion.id, &conclusion.headline)
    };
    let about = conclusion.destination.as_ref().map(|host| format!(": {host}")).unwrap_or_default();
    Case::of(&format!("{}{about}", conclusion.id), conclusion.problem.then(failure))
}

/// A conclusion is a series while it holds; its words change with what was seen and are in no label.
fn infos(diagnose: &Diagnose) -> Vec<Sample> {
    let labels = |conclusion: &Conclusion| {
        let problem = if conclusion.problem { "yes" } else { "no" };
        (conclusion.id.clone(), conclusion.destination.clone().unwrap_or_default(), problem)
    };
    let once: std::collections::BTreeSet<_> = diagnose.conclusions.iter().map(labels).collect();
    let sample = |(id, destination, problem): &(String, String, &str)| {
        Sample::of([("conclusion", id), ("destination", destination), ("problem", problem)], 1.0)
    };
    once.iter().map(sample).collect()
}
