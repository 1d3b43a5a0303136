//! Two scanners whose JSON holds the server's KEXINIT list by list: zgrab2 (one object a line) and Mozilla's `ssh_scan`.

use serde_json::Value;

use super::{SavedServer, host_and_port, identification};
use crate::bounds::HOST_KEYS;
use crate::document::probe::HostKey;
use crate::model::offer::{Category, Offer};

/// zgrab2's names of the lists (`JsonKexInitMsg` in its `lib/ssh`).
const ZGRAB2: [(&str, Category); 10] = [
    ("kex_algorithms", Category::Kex),
    ("host_key_algorithms", Category::HostKey),
    ("client_to_server_ciphers", Category::CipherC2s),
    ("server_to_client_ciphers", Category::CipherS2c),
    ("client_to_server_macs", Category::MacC2s),
    ("server_to_client_macs", Category::MacS2c),
    ("client_to_server_compression", Category::CompressionC2s),
    ("server_to_client_compression", Category::CompressionS2c),
    ("client_to_server_languages", Category::LanguageC2s),
    ("server_to_client_languages", Category::LanguageS2c),
];

/// `ssh_scan`'s names of them, which are those of RFC 4253, section 7.1.
const SSH_SCAN: [(&str, Category); 10] = [
    ("key_algorithms", Category::Kex),
    ("server_host_key_algorithms", Category::HostKey),
    ("encryption_algorithms_client_to_server", Category::CipherC2s),
    ("encryption_algorithms_server_to_client", Category::CipherS2c),
    ("mac_algorithms_client_to_server", Category::MacC2s),
    ("mac_algorithms_server_to_client", Category::MacS2c),
    ("compression_algorithms_client_to_server", Category::CompressionC2s),
    ("compression_algorithms_server_to_client", Category::CompressionS2c),
    ("languages_client_to_server", Category::LanguageC2s),
    ("languages_server_to_client", Category::LanguageS2c),
];

pub(super) fn is_zgrab2(json: &Value) -> bool {
    json["data"].is_object() && (json["ip"].is_string() || json["domain"].is_string())
}

pub(super) fn is_ssh_scan(json: &Value) -> bool {
    scans(json).iter().any(|scan| scan["ssh_scan_version"].is_string())
}

/// The server of one of zgrab2's lines; `None` where the scan came to nothing.
pub(super) fn zgrab2(json: &Value) -> Option<SavedServer> {
    let modules = json["data"].as_object()?;
    let module = modules.values().find(|module| module["result"]["server_key_exchange"].is_object())?;
    let lists = &module["result"]["server_key_exchange"];
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let mut offer = offer(lists, &ZGRAB2);
    offer.first_kex_packet_follows = lists["first_kex_follows"].as_bool();
    let address = text(&json["ip"]);
    let port = port(&module["port"]).or_else(|| port(&json["port"]));
    Some(named(SavedServer {
        host: text(&json["domain"]).or_else(|| address.clone()),
        port,
        address,
        identification: module["result"]["server_id"]["raw"].as_str().and_then(|raw| identification(raw.trim_end())),
        offer: Some(offer).filter(|offer| !offer.is_empty()),
        ..SavedServer::default()
    }))
    .filter(|server| server.offer.is_some())
}

pub(super) fn ssh_scan(json: &Value) -> Vec<SavedServer> {
    scans(json).iter().filter_map(scan).collect()
}

fn scan(scan: &Value) -> Option<SavedServer> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let offer = offer(scan, &SSH_SCAN);
    let address = text(&scan["ip"]);
    (!offer.is_empty()).then(|| {
        named(SavedServer {
            host: text(&scan["hostname"]).or_else(|| address.clone()),
            port: port(&scan["port"]),
            address,
            identification: scan["server_banner"]
                .as_str()
                .or(scan["banner"].as_str())
                .and_then(|raw| identification(raw.trim_end())),
            host_keys: host_keys(&scan["keys"]),
            offer: Some(offer),
            ..SavedServer::default()
        })
    })
}

/// One scan, or a list of them.
fn scans(json: &Value) -> &[Value] {
    json.as_array().map_or_else(|| std::slice::from_ref(json), Vec::as_slice)
}

fn offer(lists: &Value, names: &[(&str, Category)]) -> Offer {
    let mut offer = Offer::default();
    for (key, category) in names {
        let list =
            lists[*key].as_array().and_then(|list| list.iter().map(|name| Some(name.as_str()?.to_owned())).collect());
        if let Some(list) = list {
            offer.set(*category, list);
        }
    }
    offer
}

fn named(mut server: SavedServer) -> SavedServer {
    server.name = match (&server.host, server.port) {
        (Some(host), Some(port)) => host_and_port(host, port),
        (Some(host), None) => host.clone(),
        _ => "an unnamed server".to_owned(),
    };
    server
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64()?.try_into().ok()
}

/// `{"rsa": {"fingerprints": {"sha256": "…"}, "length": 3072}}`; the digest is written in hexadecimal with colons, so
/// only one in ssh's own form is taken.
fn host_keys(keys: &Value) -> Vec<HostKey> {
    let key = |(name, key): (&String, &Value)| {
        let sha256 = key["fingerprints"]["sha256"].as_str().filter(|print| print.starts_with("SHA256:"))?;
        let bits = key["length"].as_u64().and_then(|bits| bits.try_into().ok());
        Some(HostKey { algorithm: name.clone(), bits, sha256: Some(sha256.to_owned()) })
    };
    keys.as_object().into_iter().flatten().take(HOST_KEYS).filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(ip: &str) -> Value {
        let mut lists = json!({"cookie": "AAAA", "first_kex_follows": false, "reserved": 0});
        for (key, category) in ZGRAB2 {
            lists[key] = json!([category.name(), "x"]);
        }
        json!({"ip": ip, "data": {"ssh": {"status": "success", "protocol": "ssh", "port": 2022, "result": {
            "server_id": {"raw": "SSH-2.0-OpenSSH_7.4", "version": "2.0", "software": "OpenSSH_7.4"}, "server_key_exchange": lists}}}})
    }

    #[test]
    fn zgrab2_tells_the_whole_kexinit() {
        let server = zgrab2(&line("192.0.2.5")).unwrap();
        let offer = server.offer.unwrap();
        assert!(Category::ALL.into_iter().all(|category| offer.get(category).unwrap() == [category.name(), "x"]));
        assert_eq!((server.name.as_str(), offer.first_kex_packet_follows), ("192.0.2.5:2022", Some(false)));
        assert_eq!(server.identification.unwrap().version.as_deref(), Some("7.4"));
        let silent = json!({"ip": "192.0.2.6", "data": {"ssh": {"status": "connection-timeout", "protocol": "ssh"}}});
        assert!(is_zgrab2(&silent) && zgrab2(&silent).is_none());
    }

    #[test]
    fn ssh_scan_tells_the_whole_kexinit_of_each_of_its_targets() {
        let mut scan = json!({"ssh_scan_version": "0.0.44", "ip": "192.0.2.5", "hostname": "", "port": 22,
            "server_banner": "SSH-2.0-OpenSSH_7.2p2 Ubuntu-4ubuntu2.4"});
        for (key, category) in SSH_SCAN {
            scan[key] = json!([category.name()]);
        }
        assert!(is_ssh_scan(&scan) && is_ssh_scan(&json!([scan])));
        let found = ssh_scan(&json!([scan, {"ssh_scan_version": "0.0.44", "ip": "192.0.2.6", "error": "timeout"}]));
        let offer = found[0].offer.as_ref().unwrap();
        assert!(Category::ALL.into_iter().all(|category| offer.get(category).unwrap() == [category.name()]));
        assert_eq!((found.len(), found[0].name.as_str()), (1, "192.0.2.5:22"));
    }
}
