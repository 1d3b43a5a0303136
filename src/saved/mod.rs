//! Saved answers: what somebody scanned earlier or mailed, read as if the server were at hand. Pure parsers, text
//! in, servers out; only [`file`] opens anything.
//!
//! The form is recognised by content, never by a file's name. What a form does not tell stays unknown.

mod cdrdiag;
pub mod file;
mod nmap;
mod nmap_text;
mod nmap_xml;
mod ssh_audit;

use serde_json::Value;

use crate::document::probe::{HostKey, Identification, Outcome, Target, TargetError};
use crate::model::offer::Offer;
use crate::ssh::identification;

/// The forms in words, for whoever gave something else.
pub const FORMS: &str = "cdrdiag's own JSON (probe or compare), nmap's XML (-oX) or normal output with \
                         ssh2-enum-algos, ssh-audit's JSON (-j)";

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
}

impl SavedServer {
    /// Whether the user may mean this one by `name`: as the answer calls it, by host or address, alone or with port.
    pub fn is_called(&self, name: &str) -> bool {
        let named = |host: &String| host == name || self.port.is_some_and(|port| host_and_port(host, port) == name);
        self.name == name || self.host.as_ref().is_some_and(named) || self.address.as_ref().is_some_and(named)
    }
}

impl SavedServer {
    /// As a document carries it, under the name that the user gave; not judged yet.
    pub fn into_target(self, name: &str) -> Target {
        let no_offer = || TargetError {
            kind: "no_offer".to_owned(),
            message: "the saved answer holds none of this server's algorithm lists".to_owned(),
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

/// A form in which answers are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// cdrdiag's JSON.
    Cdrdiag,
    /// nmap's XML (`-oX`).
    NmapXml,
    /// nmap's normal output (`-oN`, or copied out of a terminal).
    NmapText,
    /// ssh-audit's JSON.
    SshAudit,
}

impl Form {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cdrdiag => "cdrdiag's JSON",
            Self::NmapXml => "nmap's XML",
            Self::NmapText => "nmap's normal output",
            Self::SshAudit => "ssh-audit's JSON",
        }
    }

    /// What to save instead, where an answer of this form holds no server.
    fn advice(self) -> &'static str {
        match self {
            Self::Cdrdiag => "save what cdrdiag probe --json prints",
            Self::NmapXml | Self::NmapText => "run nmap with --script +ssh2-enum-algos (the + runs it on any port)",
            Self::SshAudit => "save what ssh-audit -j prints about a server of SSH 2",
        }
    }
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
    /// It is cut off or damaged.
    #[error("{} that cannot be read: {reason}", form.title())]
    Broken {
        /// What it began as.
        form: Form,
        /// What is wrong with it.
        reason: String,
    },
    /// It is whole, and tells no server's algorithms.
    #[error("{} without any server's algorithms: {}", .0.title(), .0.advice())]
    NoServer(Form),
}

/// Reads a saved answer of any form.
///
/// # Errors
/// When it is of no known form, damaged, or holds no server.
pub fn parse(text: &str) -> Result<Saved, ParseError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (form, servers) = read(text)?;
    if servers.is_empty() { Err(ParseError::NoServer(form)) } else { Ok(Saved { form, servers }) }
}

fn read(text: &str) -> Result<(Form, Vec<SavedServer>), ParseError> {
    if nmap_xml::is_it(text) {
        return Ok((Form::NmapXml, nmap_xml::servers(text)?));
    }
    if nmap_text::is_it(text) {
        return Ok((Form::NmapText, nmap_text::servers(text)));
    }
    if !text.starts_with(['{', '[']) {
        return Err(ParseError::Unrecognised);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(json) if cdrdiag::is_it(&json) => Ok((Form::Cdrdiag, cdrdiag::servers(json)?)),
        Ok(json) if ssh_audit::is_it(&json) => Ok((Form::SshAudit, ssh_audit::servers(&json))),
        Ok(_) => Err(ParseError::Unrecognised),
        Err(error) => damaged(text, &error),
    }
}

/// JSON that is none. ssh-audit writes such itself, as soon as one of several targets does not answer.
fn damaged(text: &str, error: &serde_json::Error) -> Result<(Form, Vec<SavedServer>), ParseError> {
    let salvaged = ssh_audit::salvage(text);
    let form = match () {
        () if !salvaged.is_empty() => return Ok((Form::SshAudit, salvaged)),
        () if text.contains("\"cdrdiag/") => Form::Cdrdiag,
        () if text.contains("\"banner\"") && text.contains("\"kex\"") => Form::SshAudit,
        () => return Err(ParseError::Unrecognised),
    };
    Err(ParseError::Broken { form, reason: error.to_string() })
}

/// An identification string that a saved answer holds as it was sent.
fn identification(raw: &str) -> Option<Identification> {
    identification::parse(raw.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_saved_answer_is_told_which_forms_there_are() {
        for text in ["", " ", "<html><body>404</body></html>", "{}", "[]", "[1, 2]", "{\"a\": 1", "\u{0}\u{1}PNG", "42"]
        {
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
    fn a_server_goes_by_name_host_and_address_with_and_without_port() {
        let server = SavedServer {
            name: "primary".into(),
            host: Some("billing".into()),
            port: Some(2022),
            address: Some("::1".into()),
            ..SavedServer::default()
        };
        for name in ["primary", "billing", "billing:2022", "::1", "[::1]:2022"] {
            assert!(server.is_called(name), "{name}");
        }
        assert!(!server.is_called("billing:22"));
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
    ];

    proptest! {
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
