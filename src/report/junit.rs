//! Test cases as `JUnit`'s XML.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::monitor::{Case, Failure, Suite, Suites, decimal};
use crate::escape;

type Xml<'o> = Writer<&'o mut dyn Write>;

/// Writes the suites; `name` is the command whose answer they are, `clock` says in each failure what its times mean.
///
/// # Errors
/// When `out` does not take it.
pub fn write(name: &str, all: &Suites<'_>, clock: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // Their number stands before them: they are made twice rather than kept.
    let (mut cases, mut failures) = (0, 0);
    for suite in all.iter() {
        cases += suite.cases.len();
        failures += self::failures(&suite);
    }
    let suites = xml.create_element("testsuites").with_attributes([
        ("name", format!("cdrdiag {name}").as_str()),
        ("tests", &cases.to_string()),
        ("failures", &failures.to_string()),
    ]);
    suites.write_inner_content(|xml| all.iter().try_for_each(|one| suite(&one, clock, xml)))?;
    xml.into_inner().write_all(b"\n")
}

fn failures(suite: &Suite) -> usize {
    suite.cases.iter().filter(|case| case.failure.is_some()).count()
}

fn suite(suite: &Suite, clock: Option<&str>, xml: &mut Xml<'_>) -> io::Result<()> {
    let name = clean(&suite.name);
    let mut element = xml.create_element("testsuite").with_attributes([
        ("name", name.as_str()),
        ("tests", &suite.cases.len().to_string()),
        ("failures", &failures(suite).to_string()),
        ("errors", "0"),
        ("skipped", "0"),
    ]);
    if let Some(seconds) = suite.seconds {
        element = element.with_attribute(("time", decimal(seconds).as_str()));
    }
    element.write_inner_content(|xml| suite.cases.iter().try_for_each(|case| self::case(&name, case, clock, xml)))?;
    Ok(())
}

fn case(suite: &str, case: &Case, clock: Option<&str>, xml: &mut Xml<'_>) -> io::Result<()> {
    let name = clean(&case.name);
    let mut element = xml.create_element("testcase").with_attributes([("classname", suite), ("name", &name)]);
    if let Some(seconds) = case.seconds {
        element = element.with_attribute(("time", decimal(seconds).as_str()));
    }
    match &case.failure {
        None => element.write_empty()?,
        Some(failure) => element.write_inner_content(|xml| self::failure(failure, clock, xml))?,
    };
    Ok(())
}

fn failure(failure: &Failure, clock: Option<&str>, xml: &mut Xml<'_>) -> io::Result<()> {
    let (kind, message) = (clean(&failure.kind), clean(&failure.message));
    let element = xml.create_element("failure").with_attributes([("type", kind.as_str()), ("message", &message)]);
    let remedy = failure.remedy.iter().map(|line| clean(line));
    let lines: Vec<String> = std::iter::once(message.clone()).chain(remedy).chain(clock.map(str::to_owned)).collect();
    element.write_text_content(BytesText::new(&lines.join("\n")))?;
    Ok(())
}

/// A text in one line that XML 1.0 takes: control characters become visible, and the two non-characters of its plane
/// that it forbids are replaced (section 2.2).
fn clean(text: &str) -> String {
    escape::line(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::monitor::judged::tests::{answering, client, profile, refused, silent};
    use super::*;
    use crate::document::probe::Target;
    use crate::document::remedy::Remedy;
    use crate::report::monitor::Monitored;
    use crate::report::monitor::judged::Judged;
    use proptest::prelude::*;

    fn xml_of(targets: &[Target]) -> String {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        let judged = Judged::new(&profiles, || targets.iter().map(Cow::Borrowed));
        let mut out = Vec::new();
        write("probe", &Monitored::from(judged).suites, None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn remedy_of(server: &str) -> Remedy {
        Remedy {
            server: server.into(),
            software: None,
            file: Some("/etc/ssh/sshd_config".into()),
            directive: Some("MACs".into()),
            line: Some("MACs hmac-sha2-256".into()),
            adds: vec!["hmac-sha2-256".into()],
            reason: "no MAC < in common".into(),
            commands: vec!["sshd -t && systemctl reload sshd".into()],
            ..Remedy::default()
        }
    }

    #[test]
    fn each_target_and_profile_is_a_case_and_a_failure_carries_the_remedy() {
        let mut clients = vec![client("cucm-14", "{}"), refused("cucm-15")];
        clients[1].remedy.push(remedy_of("10.0.0.5"));
        insta::assert_snapshot!(xml_of(&[answering("10.0.0.5", clients), silent("10.0.0.6")]));
    }

    #[test]
    fn a_failure_says_whose_clock_its_times_are_on_and_durations_have_no_noise() {
        let failure = Failure { kind: "x".into(), message: "since 02:40".into(), remedy: vec!["wait".into()] };
        let case = Case { name: "one".into(), seconds: Some(0.1 + 0.2), failure: Some(failure) };
        let suite = Suite { name: "all".into(), seconds: Some(12.0), cases: vec![case] };
        let mut out = Vec::new();
        write("parse-log", &Suites::one(suite), Some("by the node's clock"), &mut out).unwrap();
        let xml = String::from_utf8(out).unwrap();
        assert!(xml.contains("since 02:40\nwait\nby the node&apos;s clock</failure>"), "{xml}");
        assert!(xml.contains(r#" time="0.3""#) && xml.contains(r#" time="12""#), "{xml}");
    }

    proptest! {
        #[test]
        fn whatever_a_server_is_called_the_document_is_well_formed(name in any::<String>(), reason in any::<String>()) {
            let mut clients = vec![refused("cucm-14")];
            clients[0].remedy.push(Remedy { reason, ..remedy_of(&name) });
            let xml = xml_of(&[answering(&name, clients)]);
            let document = roxmltree::Document::parse(&xml).unwrap();
            let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
            prop_assert_eq!(suite.attribute("name").unwrap(), clean(&name));
        }
    }
}
