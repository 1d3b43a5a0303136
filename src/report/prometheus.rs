//! Metrics for the textfile collector of Prometheus' node exporter, in the text-based exposition format 0.0.4. The
//! samples of one metric stand together, below its `HELP` and `TYPE`.

use std::fmt::Write;

use super::monitor::Family;
use crate::escape;

/// The metrics; nothing of one without samples.
pub fn text(families: &[Family]) -> String {
    families.iter().filter(|family| !family.samples.is_empty()).map(family).collect()
}

fn family(family: &Family) -> String {
    let Family { metric, help, samples } = family;
    let mut text = format!("# HELP {metric} {help}\n# TYPE {metric} gauge\n");
    for sample in samples {
        let labels: Vec<String> =
            sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{metric}{labels} {}", sample.value);
    }
    text
}

/// A label's value: a backslash, a quote and a line end are escaped; other control characters become visible before.
fn quoted(value: &str) -> String {
    escape::line(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::super::monitor::judged::tests::{answering, client, profile, refused, silent};
    use super::*;
    use crate::document::probe::Target;
    use crate::report::monitor::Monitored;
    use crate::report::monitor::judged::Judged;

    fn text_of(targets: &[Target]) -> String {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        text(&Monitored::from(&Judged::new(&profiles, targets.iter())).families)
    }

    #[test]
    fn the_words_are_in_a_series_of_their_own() {
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
