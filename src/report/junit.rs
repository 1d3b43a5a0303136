//! Judged servers as `JUnit`'s XML: a suite for each server, a test case for each profile. A client that does not get in
//! is a failure, which carries the remedy; so is a server that can't be reached, as it is a finding, too.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::escape;
use super::judged::{Failure, Judged, Server, Verdict};
use crate::document::remedy::Remedy;

type Xml = Writer<Vec<u8>>;

/// The servers' suites; `name` is the command that judged them.
///
/// # Errors
/// None in practice: memory takes everything.
pub fn xml(name: &str, judged: &Judged<'_>) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let cases: usize = judged.servers.iter().map(|server| server.verdicts.len()).sum();
    let failures: usize = judged.servers.iter().map(failures).sum();
    let suites = xml.create_element("testsuites").with_attributes([
        ("name", format!("cdrdiag {name}").as_str()),
        ("tests", &cases.to_string()),
        ("failures", &failures.to_string()),
    ]);
    suites.write_inner_content(|xml| judged.servers.iter().try_for_each(|server| suite(server, xml)))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn failures(server: &Server<'_>) -> usize {
    server.verdicts.iter().filter(|verdict| verdict.failure.is_some()).count()
}

fn suite(server: &Server<'_>, xml: &mut Xml) -> io::Result<()> {
    let name = clean(&server.target.target);
    let mut suite = xml.create_element("testsuite").with_attributes([
        ("name", name.as_str()),
        ("tests", &server.verdicts.len().to_string()),
        ("failures", &failures(server).to_string()),
        ("errors", "0"),
        ("skipped", "0"),
    ]);
    if let Some(ms) = server.target.timing_ms.total {
        suite = suite.with_attribute(("time", seconds(ms).as_str()));
    }
    suite.write_inner_content(|xml| server.verdicts.iter().try_for_each(|verdict| case(&name, verdict, xml)))?;
    Ok(())
}

fn case(server: &str, verdict: &Verdict<'_>, xml: &mut Xml) -> io::Result<()> {
    let profile = clean(verdict.profile);
    let mut case = xml.create_element("testcase").with_attributes([("classname", server), ("name", &profile)]);
    if let Some(ms) = verdict.handshake_ms {
        case = case.with_attribute(("time", seconds(ms).as_str()));
    }
    match &verdict.failure {
        None => case.write_empty()?,
        Some(failure) => case.write_inner_content(|xml| self::failure(failure, xml))?,
    };
    Ok(())
}

fn failure(failure: &Failure<'_>, xml: &mut Xml) -> io::Result<()> {
    let message = clean(&failure.message);
    let element = xml.create_element("failure").with_attributes([("type", failure.stage), ("message", &message)]);
    let lines: Vec<String> = std::iter::once(message.clone()).chain(failure.remedy.iter().flat_map(remedy)).collect();
    element.write_text_content(BytesText::new(&lines.join("\n")))?;
    Ok(())
}

/// A remedy in lines: why, where, the line, the commands.
fn remedy(remedy: &Remedy) -> Vec<String> {
    let place = remedy.file.iter().map(|file| format!("in {file}:"));
    let named = std::iter::once(format!("on {}: {}", remedy.server, remedy.reason)).chain(place);
    named.chain(remedy.line.clone()).chain(remedy.commands.iter().cloned()).map(|line| clean(&line)).collect()
}

fn seconds(ms: f64) -> String {
    (ms / 1000.0).to_string()
}

/// A text in one line that XML 1.0 takes: control characters become visible, and the two non-characters of its plane
/// that it forbids are replaced (section 2.2).
fn clean(text: &str) -> String {
    escape::line(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::super::judged::tests::{answering, client, profile, refused, silent};
    use super::*;
    use crate::document::probe::Target;
    use proptest::prelude::*;

    fn xml_of(targets: &[Target]) -> String {
        let profiles = [profile("cucm-14"), profile("cucm-15")];
        String::from_utf8(xml("probe", &Judged::new(&profiles, targets.iter())).unwrap()).unwrap()
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
