//! Metrics for the textfile collector of Prometheus' node exporter, in the text-based exposition format 0.0.4. The
//! samples of one metric stand together, below its `HELP` and `TYPE`.

use std::io::{self, Write};

use super::monitor::{Family, decimal};
use crate::escape;

/// Writes the metrics; nothing of one without samples.
///
/// # Errors
/// When `out` does not take it.
pub fn write(families: Vec<Family<'_>>, out: &mut dyn Write) -> io::Result<()> {
    families.into_iter().try_for_each(|each| family(each, out))
}

fn family(family: Family<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Family { metric, help, samples } = family;
    for (index, sample) in samples.enumerate() {
        if index == 0 {
            writeln!(out, "# HELP {metric} {help}\n# TYPE {metric} gauge")?;
        }
        let labels: Vec<String> =
            sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(out, "{metric}{labels} {}", decimal(sample.value))?;
    }
    Ok(())
}

/// A label's value: a backslash, a quote and a line end are escaped; other control characters become visible before.
fn quoted(value: &str) -> String {
    escape::line(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::monitor::judged::tests::{answering, client, profile, refused, silent};
    use super::*;
    use crate::document::probe::Target;
    use crate::report::monitor::Monitored;
    use crate::report::monitor::judged::Judged;

    fn text_of(targets: &[Target]) -> String {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        let judged = Judged::new(&profiles, || targets.iter().map(Cow::Borrowed));
        let mut out = Vec::new();
        write(Monitored::from(judged).families, &mut out).unwrap();
        String::from_utf8(out).unwrap()
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
