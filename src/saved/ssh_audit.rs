//! ssh-audit's JSON (`-j`), of releases 1 to 3.

use serde_json::{Deserializer, Value};

use super::{SavedServer, identification};
use crate::bounds::HOST_KEYS;
use crate::document::probe::{HostKey, Identification};
use crate::model::offer::{Category, Offer};

/// Which lists a key stands for. Of ciphers, MACs and compression ssh-audit prints the server-to-client lists only
/// (`kex.server` in its `build_struct`), so the other direction stays unknown, as do languages and the flag.
const KEYS: [(&str, Category); 5] = [
    ("kex", Category::Kex),
    ("key", Category::HostKey),
    ("enc", Category::CipherS2c),
    ("mac", Category::MacS2c),
    ("compression", Category::CompressionS2c),
];

pub(super) fn is_it(json: &Value) -> bool {
    audits(json).iter().any(is_audit)
}

/// The servers. An audit of a client, or of SSH 1, is none.
pub(super) fn servers(json: &Value) -> Vec<SavedServer> {
    audits(json).iter().filter_map(server).collect()
}

/// How often the text's length may be read in vain before the rest is given up.
const PATIENCE: usize = 4;

/// Out of a text that is not JSON, every audit that stands in it whole: with `-T` ssh-audit puts the plain error
/// message of a target that does not answer into the midst of its array.
pub(super) fn salvage(text: &str) -> Vec<SavedServer> {
    let mut found = Vec::new();
    let (mut rest, mut patience) = (text, text.len().saturating_mul(PATIENCE));
    while let Some(start) = rest.find("{\"") {
        rest = &rest[start..];
        let mut values = Deserializer::from_str(rest).into_iter::<Value>();
        let length = match values.next() {
            Some(Ok(value)) => {
                found.extend(server(&value));
                values.byte_offset()
            }
            Some(Err(error)) => match patience.checked_sub(offset(rest, &error)) {
                Some(left) => {
                    patience = left;
                    1
                }
                None => break,
            },
            None => break,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// How far was read until this error.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let mut line_starts = memchr::memchr_iter(b'\n', text.as_bytes());
    let line = error.line().checked_sub(2).and_then(|lines_before| line_starts.nth(lines_before));
    line.unwrap_or_default() + error.column() + 1
}

/// What to run instead, where it is another answer of ssh-audit's: one of a policy audit, a list of differences.
pub(super) fn is_policy(json: &Value) -> bool {
    audits(json).iter().any(|audit| audit["policy"].is_string() && audit["passed"].is_boolean())
}

/// One audit, or with `-T` an array of them.
fn audits(json: &Value) -> &[Value] {
    json.as_array().map_or_else(|| std::slice::from_ref(json), Vec::as_slice)
}

fn is_audit(audit: &Value) -> bool {
    audit["banner"].is_object() && (audit["key"].is_array() || audit["kex"].is_array())
}

fn server(audit: &Value) -> Option<SavedServer> {
    if !is_audit(audit) || audit["kex"].is_null() || audit["client_ip"].is_string() {
        return None;
    }
    let mut offer = Offer::default();
    for (key, category) in KEYS {
        if let Some(list) = audit[key].as_array().and_then(|entries| names(entries)) {
            offer.set(category, list);
        }
    }
    let target = audit["target"].as_str();
    let (host, port) = target.map_or((None, None), |target| {
        let (host, port) = split_target(target);
        (Some(host.to_owned()), port)
    });
    Some(SavedServer {
        name: target.unwrap_or("an unnamed server").to_owned(),
        host,
        port,
        identification: banner(&audit["banner"]),
        offer: Some(offer),
        host_keys: host_keys(audit),
        ..SavedServer::default()
    })
}

/// `host:port` and `[v6]:port` since release 3, the bare host before.
pub(super) fn split_target(target: &str) -> (&str, Option<u16>) {
    let bracketed = target.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    let plain = target.split_once(':').filter(|(_, port)| !port.contains(':'));
    match bracketed.or(plain).and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host, Some(port)),
        None => (target, None),
    }
}

/// Names as text or as objects with notes. An entry of another kind makes the list unknown.
///
/// ssh-audit splits an empty name-list into one empty name; no server can send that, so it is the empty list.
fn names(entries: &[Value]) -> Option<Vec<String>> {
    let name = |entry: &Value| entry.as_str().or_else(|| entry["algorithm"].as_str()).map(str::to_owned);
    let list: Vec<String> = entries.iter().map(name).collect::<Option<_>>()?;
    Some(if list == [""] { Vec::new() } else { list })
}

/// Some releases leave `raw` empty, so that only the parts are known.
fn banner(banner: &Value) -> Option<Identification> {
    let text = |key: &str| banner[key].as_str().filter(|text| !text.is_empty());
    if let Some(raw) = text("raw") {
        return identification(raw);
    }
    let protocol = match &banner["protocol"] {
        Value::Array(numbers) => Some(numbers.iter().map(Value::to_string).collect::<Vec<_>>().join(".")),
        protocol => protocol.as_str().map(str::to_owned),
    };
    let parts = identification(&format!("SSH-{}-{}", protocol.as_deref()?, text("software")?))?;
    Some(Identification { raw: String::new(), comments: text("comments").map(str::to_owned), ..parts })
}

/// The host keys by their SHA-256 fingerprints: `{hostkey, hash_alg, hash}`, and `{type, fp}` in older releases.
fn host_keys(audit: &Value) -> Vec<HostKey> {
    let fingerprints = audit["fingerprints"].as_array().map_or(&[][..], Vec::as_slice);
    let key = |entry: &Value| {
        let (algorithm, sha256) = match entry["hash_alg"].as_str() {
            Some("SHA256") => (entry["hostkey"].as_str()?, format!("SHA256:{}", entry["hash"].as_str()?)),
            Some(_) => return None,
            None => (entry["type"].as_str()?, entry["fp"].as_str().filter(|fp| fp.starts_with("SHA256:"))?.to_owned()),
        };
        Some(HostKey { algorithm: algorithm.to_owned(), bits: bits(audit, algorithm), sha256: Some(sha256) })
    };
    fingerprints.iter().take(HOST_KEYS).filter_map(key).collect()
}

/// ssh-audit calls every RSA key `ssh-rsa`, and notes its size beside whichever RSA algorithm the server names.
fn bits(audit: &Value, algorithm: &str) -> Option<u32> {
    let same_key = |name: &str| name == algorithm || (algorithm == "ssh-rsa" && name.starts_with("rsa-sha2-"));
    let entries = audit["key"].as_array()?;
    let entry = entries.iter().find(|entry| entry["algorithm"].as_str().is_some_and(same_key))?;
    entry["keysize"].as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn audit() -> Value {
        json!({"banner": {"raw": "SSH-2.0-OpenSSH_8.0"}, "target": "10.0.0.5:2022", "kex": ["a"], "key": [{"algorithm": "b"}],
               "enc": ["c"], "mac": ["d"], "compression": [""]})
    }

    #[test]
    fn names_stand_alone_or_with_notes_and_one_empty_name_is_an_empty_list() {
        let offer = servers(&audit()).remove(0).offer.unwrap();
        assert_eq!((offer.kex.unwrap(), offer.host_key.unwrap()), (vec!["a".to_owned()], vec!["b".to_owned()]));
        assert_eq!(offer.compression_s2c, Some(vec![]));
    }

    #[test]
    fn the_direction_that_it_does_not_print_stays_unknown() {
        let offer = servers(&audit()).remove(0).offer.unwrap();
        assert_eq!(
            (offer.cipher_c2s, offer.mac_c2s, offer.compression_c2s, offer.language_c2s),
            (None, None, None, None)
        );
        assert_eq!((offer.cipher_s2c.unwrap(), offer.mac_s2c.unwrap()), (vec!["c".to_owned()], vec!["d".to_owned()]));
    }

    #[test]
    fn an_entry_of_another_kind_makes_the_list_unknown() {
        let mut audit = audit();
        audit["kex"] = json!(["a", 7]);
        assert_eq!(servers(&audit).remove(0).offer.unwrap().kex, None);
    }

    #[test]
    fn clients_and_servers_of_ssh_1_are_not_taken() {
        let mut client = audit();
        client["client_ip"] = json!("10.0.0.1");
        let old = json!({"banner": {"raw": "SSH-1.5-x"}, "key": ["ssh-rsa1"], "enc": [], "aut": []});
        assert!(is_it(&client) && is_it(&old));
        assert_eq!(servers(&json!([client, old])), []);
    }

    #[test]
    fn an_empty_raw_banner_leaves_the_parts() {
        let found = banner(&json!({"comments": "", "protocol": [2, 0], "raw": "", "software": "OpenSSH_8.0"})).unwrap();
        assert_eq!((found.raw.as_str(), found.comments, found.protocol.as_deref()), ("", None, Some("2.0")));
        assert_eq!((found.software.as_deref(), found.version.as_deref()), (Some("OpenSSH"), Some("8.0")));
    }

    #[test]
    fn targets_are_hosts_with_or_without_port() {
        assert_eq!(split_target("10.0.0.5"), ("10.0.0.5", None));
        assert_eq!(split_target("10.0.0.5:22"), ("10.0.0.5", Some(22)));
        assert_eq!(split_target("::1"), ("::1", None));
        assert_eq!(split_target("[::1]:22"), ("::1", Some(22)));
    }

    #[test]
    fn a_salvage_gives_up_a_text_that_is_all_nesting() {
        let text = "{\"a\":".repeat(500_000);
        assert_eq!(salvage(&text), []);
        let audits = format!("[no answer, {}", format!("{}, no answer, ", audit()).repeat(2_000));
        assert_eq!(salvage(&audits).len(), 2_000);
    }

    #[test]
    fn whole_audits_are_found_in_the_midst_of_error_messages() {
        let text = format!("[\u{1b}[0;31m[exception] cannot connect{{\"\u{1b}[0m, {}]", audit());
        assert_eq!(salvage(&text).len(), 1);
    }
}
