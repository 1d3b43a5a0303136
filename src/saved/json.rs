//! Answers in JSON: whose they are, by their keys, and what can be saved of damaged ones.

use serde_json::Value;

use super::{Form, ParseError, SavedServer, cdrdiag, json_scans, ssh_audit};
use crate::bounds::VALUES;

/// Reads an answer in JSON, or in one object a line.
pub(super) fn read(text: &str) -> Result<(Form, Vec<SavedServer>), ParseError> {
    if memchr::memchr_iter(b',', text.as_bytes()).nth(VALUES).is_some() {
        let what = format!("more than {VALUES} values");
        return Err(ParseError::TooMuch { form: form(text).unwrap_or(Form::Cdrdiag), what });
    }
    match serde_json::from_str::<Value>(text) {
        Ok(json) if cdrdiag::is_it(&json) => Ok((Form::Cdrdiag, cdrdiag::servers(json)?)),
        Ok(json) if ssh_audit::is_it(&json) => Ok((Form::SshAudit, ssh_audit::servers(&json))),
        Ok(json) if ssh_audit::is_policy(&json) => Err(ParseError::NoServer(Form::SshAudit)),
        Ok(json) if json_scans::is_ssh_scan(&json) => Ok((Form::SshScan, json_scans::ssh_scan(&json))),
        Ok(json) if json_scans::is_zgrab2(&json) => Ok((Form::Zgrab2, json_scans::zgrab2(&json).into_iter().collect())),
        Ok(_) => Err(ParseError::Unrecognised),
        Err(_) if is_of_zgrab2(text) => Ok((Form::Zgrab2, zgrab2_lines(text))),
        Err(error) => damaged(text, &error),
    }
}

/// zgrab2 writes an object a line; one that a full disk or a copy cut short gives nothing.
fn zgrab2_lines(text: &str) -> Vec<SavedServer> {
    let line = |line: &str| serde_json::from_str::<Value>(line).ok();
    text.lines().filter_map(line).filter_map(|json| json_scans::zgrab2(&json)).collect()
}

fn is_of_zgrab2(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    serde_json::from_str::<Value>(first).is_ok_and(|json| json_scans::is_zgrab2(&json))
}

/// JSON that is none. ssh-audit writes such itself, as soon as one of several targets does not answer.
fn damaged(text: &str, error: &serde_json::Error) -> Result<(Form, Vec<SavedServer>), ParseError> {
    let salvaged = ssh_audit::salvage(text);
    if !salvaged.is_empty() {
        return Ok((Form::SshAudit, salvaged));
    }
    let form = form(text).ok_or(ParseError::Unrecognised)?;
    Err(ParseError::Broken { form, reason: error.to_string() })
}

/// What a text that is cut off or damaged began as, by the keys that only this form has.
pub(super) fn form(text: &str) -> Option<Form> {
    const KEYS: [(Form, &[&str]); 4] = [
        (Form::Cdrdiag, &["\"cdrdiag/"]),
        (Form::SshAudit, &["\"banner\"", "\"kex\""]),
        (Form::SshScan, &["\"ssh_scan_version\""]),
        (Form::Zgrab2, &["\"data\"", "\"server_key_exchange\""]),
    ];
    KEYS.iter().find(|(_, keys)| keys.iter().all(|key| text.contains(key))).map(|(form, _)| *form)
}
