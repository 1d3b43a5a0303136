//! cdrdiag's own JSON: `probe` with its targets, `compare` with its servers, or one of these cut out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Form, ParseError, SavedHandshake, SavedServer};
use crate::bounds::HOST_KEYS;
use crate::document::probe::{Handshake, HostKey, Identification, Outcome, TargetError};
use crate::model::offer::{Category, Offer};

/// A target as any release within v1 writes it: fields are only added, so each may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Side {
    target: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    address: Option<String>,
    outcome: Option<Outcome>,
    error: Option<TargetError>,
    identification: Option<Identification>,
    offer: Option<Offer>,
    host_keys: Vec<HostKey>,
    clients: Vec<Client>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Client {
    profile: String,
    agreed: BTreeMap<Category, String>,
    handshake: Value,
}

impl Client {
    fn host_key(&self) -> Option<HostKey> {
        serde_json::from_value(self.handshake["host_key"].clone()).ok()
    }

    /// The handshake, where it was performed or left something unproven, and all of it is there.
    fn performed(self) -> Option<SavedHandshake> {
        let tells = |made: &Handshake| made.performed || made.unproven.is_some();
        let handshake = serde_json::from_value(self.handshake).ok().filter(tells)?;
        Some(SavedHandshake { profile: self.profile, agreed: self.agreed, handshake })
    }
}

pub(super) fn is_it(json: &Value) -> bool {
    json["schema"].as_str().is_some_and(|schema| schema.starts_with("cdrdiag/")) || is_target(json)
}

fn is_target(json: &Value) -> bool {
    json["target"].is_string() && json["outcome"].is_string() && json.get("offer").is_some()
}

pub(super) fn servers(mut json: Value) -> Result<Vec<SavedServer>, ParseError> {
    if is_target(&json) {
        return Ok(vec![server(json, None)?]);
    }
    let targets = match json["targets"].take() {
        Value::Array(targets) => targets,
        _ => Vec::new(),
    };
    let mut found = targets.into_iter().map(|target| server(target, None)).collect::<Result<Vec<_>, _>>()?;
    for side in ["primary", "secondary"] {
        if is_target(&json[side]) {
            found.push(server(json[side].take(), Some(side))?);
        }
    }
    let others = json["others"].as_array_mut().map(std::mem::take).unwrap_or_default();
    for mut other in others.into_iter().filter(|other| is_target(&other["secondary"])) {
        found.push(server(other["secondary"].take(), None)?);
    }
    Ok(found)
}

fn server(json: Value, side: Option<&str>) -> Result<SavedServer, ParseError> {
    let target: Side = serde_json::from_value(json)
        .map_err(|error| ParseError::Broken { form: Form::Cdrdiag, reason: error.to_string() })?;
    let mut host_keys = target.host_keys;
    for key in target.clients.iter().filter_map(Client::host_key) {
        if host_keys.len() < HOST_KEYS && !host_keys.contains(&key) {
            host_keys.push(key);
        }
    }
    Ok(SavedServer {
        name: side.map(str::to_owned).or(target.target).unwrap_or_else(|| "an unnamed server".to_owned()),
        host: target.host,
        port: target.port,
        address: target.address,
        outcome: target.outcome,
        error: target.error,
        identification: target.identification,
        offer: target.offer,
        host_keys,
        handshakes: target.clients.into_iter().filter_map(Client::performed).collect(),
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn target(name: &str) -> Value {
        json!({"target": name, "host": "10.0.0.5", "port": 22, "outcome": "refuses", "offer": {"kex": ["a"]},
               "clients": [{"handshake": {"host_key": {"algorithm": "ssh-rsa", "bits": 2048, "sha256": "SHA256:x"}}},
                           {"handshake": {"host_key": {"algorithm": "ssh-rsa", "bits": 2048, "sha256": "SHA256:x"}}},
                           {"handshake": null}],
               "a_field_of_a_later_release": 1})
    }

    #[test]
    fn a_probe_gives_each_of_its_targets() {
        let found = servers(json!({"schema": "cdrdiag/probe/v1", "targets": [target("x"), target("y")]})).unwrap();
        assert_eq!(found.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!((found[0].port, found[0].host_keys.len()), (Some(22), 1));
    }

    #[test]
    fn a_comparison_gives_its_sides_by_their_names_and_one_side_stands_alone() {
        let compare = json!({"schema": "cdrdiag/compare/v1", "primary": target("x"), "secondary": target("y"),
                             "others": [{"secondary": target("z")}]});
        let found = servers(compare).unwrap();
        assert_eq!(found.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["primary", "secondary", "z"]);
        assert!(is_it(&target("x")));
        assert_eq!(servers(target("x")).unwrap()[0].name, "x");
    }

    #[test]
    fn a_server_that_was_not_reached_keeps_its_error() {
        let error = json!({"kind": "refused", "message": "connection refused"});
        let found = servers(json!({"target": "x", "outcome": "unreachable", "offer": null, "error": error})).unwrap();
        assert_eq!((found[0].outcome, &found[0].offer), (Some(Outcome::Unreachable), &None));
        assert_eq!(found[0].error.as_ref().unwrap().kind, "refused");
    }

    #[test]
    fn a_field_of_the_wrong_kind_is_named() {
        let error = servers(json!({"target": "x", "outcome": "accepts", "offer": {"kex": 7}})).unwrap_err();
        assert!(matches!(error, ParseError::Broken { form: Form::Cdrdiag, .. }), "{error}");
    }
}
