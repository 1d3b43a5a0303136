//! Saved answers: what somebody scanned earlier or mailed, read as if the server were at hand. Pure parsers, bytes
//! in, servers out; only `file` opens anything.
//!
//! The form is recognised by content, never by a file's name. What a form does not tell stays unknown.

mod capture;
mod cdrdiag;
mod copied;
pub mod file;
mod jsch_log;
mod json;
mod json_scans;
mod nessus;
mod nmap;
mod nmap_text;
mod nmap_xml;
mod openssh_log;
mod ssh_audit;
mod ssh_audit_text;

use std::collections::BTreeMap;

use crate::bounds::{HOST_KEYS, NAME, NAMES};
use crate::document::probe::{Client, Handshake, HostKey, Identification, Outcome, Target, TargetError};
use crate::model::offer::{Category, Offer};
pub use crate::model::saved_form::{FORMS, Form};
use crate::ssh::identification;
use crate::text;

/// One server, as far as a saved answer tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedServer {
    /// What the answer calls it: `10.0.0.5:22`, or the side of a comparison, `primary`.
    pub name: String,
    /// Host name or address.
    pub host: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
    /// The address that answered.
    pub address: Option<String>,
    /// What it came to, where the answer judges; it tells why there is no offer.
    pub outcome: Option<Outcome>,
    /// Why there is no offer.
    pub error: Option<TargetError>,
    /// The server's identification string.
    pub identification: Option<Identification>,
    /// The server's KEXINIT; `None` where it was not reached.
    pub offer: Option<Offer>,
    /// The host keys that were seen.
    pub host_keys: Vec<HostKey>,
    /// Handshakes that were made with it.
    pub handshakes: Vec<SavedHandshake>,
    /// What the answer's form leaves unsure, in sentences.
    pub notes: Vec<String>,
}

/// A handshake that was made when the answer was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedHandshake {
    /// The profile of the client that made it.
    pub profile: String,
    /// What the lists led that client to.
    pub agreed: BTreeMap<Category, String>,
    /// How it went.
    pub handshake: Handshake,
}

impl SavedHandshake {
    /// Whether it is this client's: of the same profile, and by the same algorithms. A profile of that name may hold other
    /// lists by now.
    pub fn is_of(&self, client: &Client) -> bool {
        self.profile == client.profile && self.agreed == client.agreed
    }
}

impl SavedServer {
    /// Whether the user may mean this one by `name`: as the answer calls it, by host or address, alone or with port,
    /// or by `:port` alone.
    pub fn is_called(&self, name: &str) -> bool {
        let named = |host: &String| host == name || self.port.is_some_and(|port| host_and_port(host, port) == name);
        let by_port =
            || name.strip_prefix(':').is_some_and(|number| self.port.is_some_and(|port| port.to_string() == number));
        self.name == name
            || by_port()
            || self.host.as_ref().is_some_and(named)
            || self.address.as_ref().is_some_and(named)
    }
}

impl SavedServer {
    /// As a document carries it, under the name that the user gave; not judged yet.
    pub fn into_target(self, name: &str) -> Target {
        let no_offer = || TargetError {
            kind: "no_offer".to_owned(),
            message: "the saved answer holds none of this server's algorithm lists".to_owned(),
            remedy: None,
        };
        let error = self.error.or_else(|| self.offer.is_none().then(no_offer));
        Target {
            target: name.to_owned(),
            host: self.host,
            port: self.port,
            address: self.address,
            outcome: self.outcome.unwrap_or_default(),
            error,
            identification: self.identification,
            offer: self.offer,
            host_keys: self.host_keys,
            ..Target::default()
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A saved answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// Its form.
    pub form: Form,
    /// The servers in it, at least one, in the answer's order.
    pub servers: Vec<SavedServer>,
}

/// Why a text gives no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It is something else.
    #[error("none of the forms that cdrdiag reads: {FORMS}")]
    Unrecognised,
    /// There is nothing in it.
    #[error("empty: save the answer again")]
    Empty,
    /// It is cut off or damaged.
    #[error("{} that cannot be read: {reason}", form.title())]
    Broken {
        /// What it began as.
        form: Form,
        /// What is wrong with it.
        reason: String,
    },
    /// nmap printed how many algorithms there are, and not which.
    #[error("{} with the numbers of algorithms only: run nmap again with -v", .0.title())]
    CountsOnly(Form),
    /// It holds more than any real answer.
    #[error("{} with {what}, which no real one has", form.title())]
    TooMuch {
        /// What it is.
        form: Form,
        /// Of what there is too much.
        what: String,
    },
    /// It is whole, and tells no server's algorithms.
    #[error("{} without any server's algorithms: {}", .0.title(), .0.advice())]
    NoServer(Form),
}

/// Reads a saved answer of any form.
///
/// # Errors
/// When it is of no known form, damaged, larger than any real one, or holds no server.
pub fn parse(bytes: &[u8]) -> Result<Saved, ParseError> {
    if capture::is_it(bytes) {
        return checked(Form::Capture, capture::servers(bytes));
    }
    let text = text::decode(bytes);
    let text = text::without_escapes(&text);
    let (form, servers) = read(&copied::as_printed(text.trim_start(), |text| form_of(text).is_some()))?;
    checked(form, servers)
}

fn checked(form: Form, servers: Vec<SavedServer>) -> Result<Saved, ParseError> {
    match servers.iter().find_map(too_much) {
        Some(what) => Err(ParseError::TooMuch { form, what }),
        None if servers.is_empty() => Err(ParseError::NoServer(form)),
        None => Ok(Saved { form, servers }),
    }
}

/// What of a server is beyond all measure: what comes later compares lists with each other.
fn too_much(server: &SavedServer) -> Option<String> {
    let offer = server.offer.as_ref()?;
    let lists = || Category::ALL.into_iter().filter_map(|category| Some((category, offer.get(category)?)));
    let long = lists()
        .find(|(_, list)| list.len() > NAMES)
        .map(|(category, list)| format!("{} names in a {} list", list.len(), category.title()));
    let is_long = |list: &[String]| list.iter().any(|name| name.len() > NAME);
    let name = || {
        lists()
            .find(|(_, list)| is_long(list))
            .map(|(category, _)| format!("a name of more than {NAME} bytes in a {} list", category.title()))
    };
    let keys = || (server.host_keys.len() > HOST_KEYS).then(|| format!("{} host keys", server.host_keys.len()));
    long.or_else(name).or_else(keys)
}

/// A form that is plain text or XML.
struct TextForm {
    form: Form,
    is_it: fn(&str) -> bool,
    servers: fn(&str) -> Result<Vec<SavedServer>, ParseError>,
}

/// The first that fits counts.
const TEXT_FORMS: [TextForm; 7] = [
    TextForm { form: Form::NmapXml, is_it: nmap_xml::is_it, servers: nmap_xml::servers },
    TextForm { form: Form::NmapText, is_it: nmap_text::is_it, servers: nmap_text::servers },
    TextForm {
        form: Form::SshAuditText,
        is_it: ssh_audit_text::is_it,
        servers: |text| Ok(ssh_audit_text::servers(text)),
    },
    TextForm { form: Form::SshAuditText, is_it: ssh_audit_text::is_policy, servers: |_| Ok(Vec::new()) },
    TextForm { form: Form::Nessus, is_it: nessus::is_it, servers: |text| Ok(nessus::servers(text)) },
    TextForm { form: Form::JschLog, is_it: jsch_log::is_it, servers: |text| Ok(jsch_log::servers(text)) },
    TextForm { form: Form::OpensshLog, is_it: openssh_log::is_it, servers: |text| Ok(openssh_log::servers(text)) },
];

/// The form that something begins as; whether it is whole and holds a server shows when it is [parsed](parse).
pub fn form(head: &[u8]) -> Option<Form> {
    if capture::is_it(head) {
        return Some(Form::Capture);
    }
    let text = text::decode(head);
    let text = text::without_escapes(&text);
    form_of(&copied::as_printed(text.trim_start(), |text| form_of(text).is_some()))
}

fn form_of(text: &str) -> Option<Form> {
    if text.starts_with(['{', '[']) { json::form(text) } else { text_form(text).map(|found| found.form) }
}

fn text_form(text: &str) -> Option<&'static TextForm> {
    TEXT_FORMS.iter().find(|form| (form.is_it)(text))
}

fn read(text: &str) -> Result<(Form, Vec<SavedServer>), ParseError> {
    if text.starts_with(['{', '[']) {
        return json::read(text);
    }
    if text.is_empty() {
        return Err(ParseError::Empty);
    }
    let TextForm { form, servers, .. } = text_form(text).ok_or(ParseError::Unrecognised)?;
    Ok((*form, servers(text)?))
}

/// An identification string that a saved answer holds as it was sent.
fn identification(raw: &str) -> Option<Identification> {
    identification::parse(raw.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Saved, ParseError> {
        super::parse(text.as_bytes())
    }

    #[test]
    fn what_is_no_saved_answer_is_told_which_forms_there_are() {
        assert_eq!(parse(" \n").unwrap_err(), ParseError::Empty);
        for text in ["<html><body>404</body></html>", "{}", "[]", "[1, 2]", "{\"a\": 1", "\u{0}\u{1}PNG", "42"] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, ParseError::Unrecognised, "{text}");
            assert!(error.to_string().contains("ssh-audit") && !error.to_string().contains('\n'));
        }
    }

    #[test]
    fn another_document_of_cdrdiag_holds_no_server() {
        let error = parse(r#"{"schema": "cdrdiag/parse-log/v1", "inputs": []}"#).unwrap_err();
        assert_eq!(error, ParseError::NoServer(Form::Cdrdiag));
    }

    #[test]
    fn an_answer_that_breaks_off_is_named_with_its_form() {
        let cut = |text: &str| match parse(text) {
            Err(ParseError::Broken { form, .. }) => Some(form),
            _ => None,
        };
        assert_eq!(cut(r#"{"schema": "cdrdiag/probe/v1", "targets": [{"#), Some(Form::Cdrdiag));
        assert_eq!(cut(r#"{"banner": {"raw": "x"}, "kex": ["#), Some(Form::SshAudit));
        assert_eq!(cut("<?xml version=\"1.0\"?><nmaprun><host>"), Some(Form::NmapXml));
    }

    #[test]
    fn a_server_goes_by_name_host_and_address_with_and_without_port_and_by_its_port() {
        let server = SavedServer {
            name: "primary".into(),
            host: Some("billing".into()),
            port: Some(2022),
            address: Some("::1".into()),
            ..SavedServer::default()
        };
        for name in ["primary", "billing", "billing:2022", "::1", "[::1]:2022", ":2022"] {
            assert!(server.is_called(name), "{name}");
        }
        assert!(!server.is_called("billing:22") && !server.is_called(":22"));
    }

    #[test]
    fn more_names_than_any_server_has_are_told_in_one_line() {
        let list: Vec<String> = (0..200_000).map(|number| format!("\"a{number}\"")).collect();
        let list = list.join(",");
        let audit = format!(r#"{{"banner": {{"raw": "SSH-2.0-x"}}, "kex": [{list}], "key": []}}"#);
        let own = format!(r#"{{"target": "x", "outcome": "accepts", "offer": {{"kex": [{list}]}}}}"#);
        let nmap = format!("|   kex_algorithms: (200000)\n{}", "|       a\n".repeat(200_000));
        for text in [audit, own, format!("| ssh2-enum-algos:\n{nmap}")] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.ends_with("with 200000 names in a key exchange list, which no real one has"), "{error}");
        }
        let error = parse(&format!("[{}1]", "1,".repeat(crate::bounds::VALUES + 1))).unwrap_err();
        assert!(error.to_string().contains("more than 2000000 values"), "{error}");
    }

    #[test]
    fn deep_nesting_ends_in_one_line() {
        for text in ["[".repeat(6_000_000), "{\"a\":".repeat(1_000_000), "{\"banner\":{\"kex\":".repeat(300_000)] {
            assert!(parse(&text).is_err());
        }
    }

    #[test]
    fn a_policy_audit_leads_to_what_to_run_instead() {
        let json = r#"{"errors": [], "host": "10.0.0.5", "passed": false, "policy": "Hardened OpenSSH"}"#;
        let text = "Host:   10.0.0.5\nPolicy: Hardened OpenSSH\nResult: Failed!\n";
        for text in [json, text] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("ssh-audit -j") && error.contains("-P"), "{error}");
        }
    }

    #[test]
    fn a_log_of_ssh_with_one_v_leads_to_two() {
        let log = "debug1: Connecting to x [10.0.0.5] port 22.\ndebug1: SSH2_MSG_KEXINIT sent\ndebug1: SSH2_MSG_KEXINIT received\n\
                   debug1: kex: algorithm: curve25519-sha256\n";
        assert!(parse(log).unwrap_err().to_string().contains("ssh -vv"));
    }

    #[test]
    fn zgrab2_writes_an_object_a_line() {
        let line = |ip: &str| {
            format!(
                r#"{{"ip": "{ip}", "data": {{"ssh": {{"status": "success", "result": {{"server_key_exchange": {{"kex_algorithms": ["a"]}}}}}}}}}}"#
            ) + "\n"
        };
        let silent = "{\"ip\": \"10.0.0.7\", \"data\": {\"ssh\": {\"status\": \"io-timeout\"}}}\n";
        let saved = parse(&[&line("10.0.0.5"), silent, &line("10.0.0.6"), "{\"ip\": \"10.0"].concat()).unwrap();
        let names: Vec<_> = saved.servers.iter().map(|server| server.name.as_str()).collect();
        assert_eq!((saved.form, names), (Form::Zgrab2, vec!["10.0.0.5", "10.0.0.6"]));
        assert_eq!(parse(silent), Err(ParseError::NoServer(Form::Zgrab2)));
    }

    const PIECES: &[&str] = &[
        "{\"banner\": {",
        "\"raw\": \"SSH-2.0-x\"}",
        "\"kex\": [",
        "<nmaprun>",
        "<host>",
        "<port portid=\"22\">",
        "</",
        "<script id=\"ssh2-enum-algos\">",
        "<table key=\"kex_algorithms\">",
        "<elem>",
        "| ssh2-enum-algos:\n",
        "|   kex_algorithms: (2)\n",
        "|       a\n",
        "22/tcp open ssh\n",
        "Nmap scan report for ",
        "\u{1b}",
        "ß",
        "\\",
        "{\"schema\": \"cdrdiag/probe/v1\", \"targets\": [",
        "{\"target\": \"x\", \"offer\": {}}",
        "]",
        "}",
        ",",
        "(99999999999999999999)",
        "(kex) a -- [info] x\n",
        "debug2: peer server KEXINIT proposal\n",
        "debug2: KEX algorithms: a,b\n",
        "debug2: kex_parse_kexinit: a\n",
        "Unable to negotiate with x port 22: no matching cipher found. Their offer: a\n",
        "The server supports the following options for kex_algorithms : \n",
        "kex: server: a,b\n",
        "{\"ip\": \"x\", \"data\": {\"ssh\": {\"result\": {\"server_key_exchange\": {}}}}}\n",
    ];

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, capture: bool) {
            let head: &[u8] = if capture { b"\xd4\xc3\xb2\xa1\x02\0\x04\0" } else { b"" };
            let _ = crate::saved::parse(&[head, &bytes].concat());
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn no_mixture_of_real_pieces_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
            let _ = parse(&pieces.concat());
        }
    }
}
