//! nmap's normal output (`-oN`, or copied out of a terminal).

use std::sync::LazyLock;

use regex::Regex;

use super::nmap::{self, SCRIPT};
use super::{SavedServer, host_and_port};
use crate::document::probe::Identification;
use crate::model::offer::Offer;

#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static REPORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^Nmap scan report for (\S+)(?: \((\S+)\))?").unwrap());

#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static PORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(\d{1,5})/tcp\s+\S+\s+\S+(?:\s+(.*))?$").unwrap());

/// `  kex_algorithms: (12)`; older releases write no colon.
#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static LIST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^([a-z_]+):? \((\d+)\)\s*$").unwrap());

/// `OpenSSH 9.2p1 Debian 2+deb12u7 (protocol 2.0)`
#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static SERVICE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?P<product>\D*?)\s+(?P<version>\S*\d\S*)[^(]*(?P<extra>\(.*\))?").unwrap());

pub(super) fn is_it(text: &str) -> bool {
    text.lines().any(|line| REPORT.is_match(line) || is_script(line))
}

pub(super) fn servers(text: &str) -> Vec<SavedServer> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line.trim_end());
    }
    reader.finish_port();
    reader.servers
}

fn is_script(line: &str) -> bool {
    script_name(line) == Some((SCRIPT, ""))
}

/// The head of a script's output, `| banner: …` or `|_banner: …`, as its name and what follows on the line.
fn script_name(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (name, rest) = line.strip_prefix("| ").or_else(|| line.strip_prefix("|_"))?.split_once(':')?;
    (!name.starts_with(' ')).then(|| (name, rest.trim()))
}

#[derive(Default)]
struct Reader {
    servers: Vec<SavedServer>,
    host: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    identification: Option<Identification>,
    offer: Offer,
    in_script: bool,
    list: Option<List>,
}

/// A list under way.
struct List {
    key: String,
    count: usize,
    names: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(report) = REPORT.captures(line) {
            self.finish_port();
            let group = |number| report.get(number).map(|part| part.as_str().to_owned());
            self.host = group(1);
            self.address = group(2).or_else(|| group(1).filter(|host| host.parse::<std::net::IpAddr>().is_ok()));
        } else if let Some(port) = PORT.captures(line) {
            self.finish_port();
            self.port = port[1].parse().ok();
            self.identification = port.get(2).and_then(|service| identification(service.as_str()));
        } else if let Some((name, rest)) = script_name(line) {
            self.script(name, rest);
        } else if let Some(body) = line.strip_prefix('|').filter(|_| self.in_script) {
            self.body(body.strip_prefix('_').unwrap_or(body).trim());
        }
    }

    fn script(&mut self, name: &str, rest: &str) {
        self.finish_list();
        self.in_script = name == SCRIPT;
        if name == "banner" {
            self.identification = nmap::identification_of_banner(rest).or_else(|| self.identification.take());
        }
    }

    fn body(&mut self, text: &str) {
        if let Some(head) = LIST.captures(text) {
            self.finish_list();
            let count = head[2].parse().unwrap_or(usize::MAX);
            self.list = Some(List { key: head[1].to_owned(), count, names: Vec::new() });
        } else if let Some(list) = self.list.as_mut().filter(|_| !text.is_empty()) {
            list.names.push(text.to_owned());
        }
    }

    /// Keeps a list only when it holds as many names as nmap counted: without `-v` older releases write the number
    /// alone, and people shorten what they mail.
    fn finish_list(&mut self) {
        if let Some(list) = self.list.take().filter(|list| list.names.len() == list.count) {
            nmap::set(&mut self.offer, &list.key, &list.names);
        }
    }

    fn finish_port(&mut self) {
        self.finish_list();
        self.in_script = false;
        let (port, identification) = (self.port.take(), self.identification.take());
        let offer = std::mem::take(&mut self.offer);
        if offer.is_empty() {
            return;
        }
        let name = match (&self.host, port) {
            (Some(host), Some(port)) => host_and_port(host, port),
            (Some(host), None) => host.clone(),
            (None, _) => "an unnamed server".to_owned(),
        };
        self.servers.push(SavedServer {
            name,
            host: self.host.clone(),
            port,
            address: self.address.clone(),
            identification,
            offer: Some(offer),
            ..SavedServer::default()
        });
    }
}

fn identification(service: &str) -> Option<Identification> {
    let parts = SERVICE.captures(service)?;
    let part = |name| parts.name(name).map_or("", |part| part.as_str());
    nmap::identification_of_service(part("product"), part("version"), part("extra"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = "Nmap scan report for billing.example.com (10.0.0.5)\r\nPORT STATE SERVICE VERSION\r\n\
        22/tcp open ssh OpenSSH 9.2p1 Debian 2+deb12u7 (protocol 2.0)\r\n| ssh2-enum-algos: \r\n\
        |   kex_algorithms: (2)\r\n|       a\r\n|       b\r\n|   mac_algorithms (1)\r\n|_      m\r\n\
        |_banner: SSH-2.0-OpenSSH_9.2p1 Debian...\r\n";

    #[test]
    fn line_ends_of_windows_and_heads_of_older_releases_are_read() {
        let server = servers(SCAN).remove(0);
        let offer = server.offer.unwrap();
        assert_eq!((offer.kex.unwrap(), offer.mac_c2s.unwrap()), (vec!["a".into(), "b".into()], vec!["m".to_owned()]));
        assert_eq!((server.name.as_str(), server.address.as_deref()), ("billing.example.com:22", Some("10.0.0.5")));
    }

    #[test]
    fn a_banner_that_was_cut_short_does_not_stand_for_the_identification() {
        let found = servers(SCAN).remove(0).identification.unwrap();
        assert_eq!(
            (found.raw.as_str(), found.software.as_deref(), found.version.as_deref()),
            ("", Some("OpenSSH"), Some("9.2p1"))
        );
        assert_eq!(found.protocol.as_deref(), Some("2.0"));
    }

    #[test]
    fn numbers_without_names_are_not_taken_for_empty_lists() {
        let counts = "Nmap scan report for 10.0.0.5\n22/tcp open ssh\n| ssh2-enum-algos: \n|   kex_algorithms: (12)\n\
                      |   mac_algorithms: (0)\n|       \n|_  compression_algorithms: (2)\n";
        let offer = servers(counts).remove(0).offer.unwrap();
        assert_eq!((offer.kex, offer.mac_c2s, offer.compression_c2s), (None, Some(vec![]), None));
    }

    #[test]
    fn a_pasted_piece_without_a_head_is_a_server_without_a_name() {
        let piece = "| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|_      a\n";
        assert!(is_it(piece));
        assert_eq!(servers(piece).remove(0).host, None);
    }

    #[test]
    fn a_list_that_was_shortened_by_hand_is_unknown() {
        let text = SCAN.replace("|       b\r\n", "");
        assert_eq!(servers(&text).remove(0).offer.unwrap().kex, None);
    }
}
