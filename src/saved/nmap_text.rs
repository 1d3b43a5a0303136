//! nmap's normal output (`-oN`, or copied out of a terminal), also quoted, indented, or with its blanks collapsed.

use std::sync::LazyLock;

use regex::Regex;

use super::nmap::{self, Lists, SCRIPT};
use super::{ParseError, SavedServer, host_and_port};
use crate::document::probe::Identification;
use crate::saved::Form;

#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static REPORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^Nmap scan report for (\S+)(?: \((\S+)\))?").unwrap());

/// `22/tcp open ssh OpenSSH 9.2p1`; with `-vv` or `--reason` the reason comes before the version.
#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static PORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(\d{1,5})/tcp\s+open\S*\s+\S+(?:\s+(?:syn-ack|conn-accept|tcp-response|user-set|proto-response)(?: ttl \d+)?)?(?:\s+(.*))?$",
    )
    .unwrap()
});

/// Any other port ends the one before it, too.
#[allow(clippy::unwrap_used, reason = "a constant pattern, and every test would fail on it")]
static OTHER_PORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d{1,5}/(?:tcp|udp|sctp)\s").unwrap());

pub(super) fn is_it(text: &str) -> bool {
    text.lines().map(unquoted).any(|line| REPORT.is_match(line) || is_script(line))
}

pub(super) fn servers(text: &str) -> Result<Vec<SavedServer>, ParseError> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(unquoted(line));
    }
    reader.finish_port();
    if reader.servers.is_empty() && reader.counts_only {
        return Err(ParseError::CountsOnly(Form::NmapText));
    }
    Ok(reader.servers)
}

/// A line without what mail and Markdown put before it.
fn unquoted(line: &str) -> &str {
    line.trim_end().trim_start_matches(|c: char| c.is_whitespace() || c == '>')
}

fn is_script(line: &str) -> bool {
    output(line).is_some_and(|body| body.trim_end_matches(':').trim_end() == SCRIPT && body.ends_with(':'))
}

/// A line of a script's output without its frame, `| ` or `|_`.
fn output(line: &str) -> Option<&str> {
    let body = line.strip_prefix('|')?;
    Some(body.strip_prefix('_').unwrap_or(body).trim())
}

/// The head of a script's output, `| banner: …` or `|_banner: …`, as its name and what follows on the line.
fn script_name(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("| ").or_else(|| line.strip_prefix("|_"))?.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_name.then(|| (name, rest.trim()))
}

#[derive(Default)]
struct Reader {
    servers: Vec<SavedServer>,
    host: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    identification: Option<Identification>,
    lists: Lists,
    in_script: bool,
    counts_only: bool,
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
            self.identification = port.get(2).and_then(|service| nmap::identification_of_line(service.as_str()));
        } else if OTHER_PORT.is_match(line) {
            self.finish_port();
        } else if let Some(body) = output(line) {
            self.output(line, body);
        }
    }

    /// Where blanks are collapsed a list's head and its names look like a script's head; what the list's count and the
    /// names of lists tell comes first.
    fn output(&mut self, line: &str, body: &str) {
        if self.in_script && nmap::head(body).is_some() {
            self.lists.line(body);
        } else if let Some((name, rest)) = script_name(line) {
            self.script(name, rest);
        } else if self.in_script {
            self.lists.line(body);
        }
    }

    fn script(&mut self, name: &str, rest: &str) {
        self.lists.finish();
        self.in_script = name == SCRIPT;
        if name == "banner" {
            self.identification = nmap::identification_of_banner(rest).or_else(|| self.identification.take());
        }
    }

    fn finish_port(&mut self) {
        self.in_script = false;
        let (port, identification) = (self.port.take(), self.identification.take());
        let mut lists = std::mem::take(&mut self.lists);
        lists.finish();
        if lists.is_counts_only() {
            self.counts_only = true;
            return;
        }
        if lists.offer.is_empty() {
            return;
        }
        let name = match (&self.host, port) {
            (Some(host), Some(port)) => host_and_port(host, port),
            (Some(host), None) => host.clone(),
            (None, Some(port)) => format!(":{port}"),
            (None, None) => "an unnamed server".to_owned(),
        };
        self.servers.push(SavedServer {
            name,
            host: self.host.clone(),
            port,
            address: self.address.clone(),
            identification,
            notes: lists.notes(),
            offer: Some(lists.offer),
            ..SavedServer::default()
        });
    }
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
        let server = servers(SCAN).unwrap().remove(0);
        let offer = server.offer.unwrap();
        assert_eq!((offer.kex.unwrap(), offer.mac_c2s.unwrap()), (vec!["a".into(), "b".into()], vec!["m".to_owned()]));
        assert_eq!((server.name.as_str(), server.address.as_deref()), ("billing.example.com:22", Some("10.0.0.5")));
    }

    #[test]
    fn a_banner_that_was_cut_short_does_not_stand_for_the_identification() {
        let found = servers(SCAN).unwrap().remove(0).identification.unwrap();
        assert_eq!(
            (found.raw.as_str(), found.software.as_deref(), found.version.as_deref()),
            ("", Some("OpenSSH"), Some("9.2p1"))
        );
        assert_eq!(found.protocol.as_deref(), Some("2.0"));
    }

    #[test]
    fn numbers_without_names_are_not_taken_for_empty_lists() {
        let counts = "Nmap scan report for 10.0.0.5\n22/tcp open ssh\n| ssh2-enum-algos: \n|   kex_algorithms: (12)\n\
                      |   server_host_key_algorithms: (1)\n|       k\n|   mac_algorithms: (0)\n|       \n|_  compression_algorithms: (2)\n";
        let offer = servers(counts).unwrap().remove(0).offer.unwrap();
        assert_eq!((offer.kex, offer.mac_c2s, offer.compression_c2s), (None, Some(vec![]), None));
    }

    #[test]
    fn a_pasted_piece_without_a_head_is_a_server_without_a_name() {
        let piece = "| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|_      a\n";
        assert!(is_it(piece));
        assert_eq!(servers(piece).unwrap().remove(0).host, None);
    }

    #[test]
    fn a_list_that_was_shortened_by_hand_is_unknown() {
        let text = SCAN.replace("|       b\r\n", "");
        let server = servers(&text).unwrap().remove(0);
        assert_eq!(server.offer.unwrap().kex, None);
        assert_eq!(server.notes, ["kex_algorithms has 1 names where nmap counted 2, so that list is unknown"]);
    }

    #[test]
    fn quoted_indented_and_collapsed_output_reads_as_the_original() {
        let original = servers(SCAN).unwrap();
        for changed in [
            SCAN.lines().map(|line| format!("> {line}\n")).collect::<Vec<_>>().concat(),
            SCAN.lines().map(|line| format!("\t    {line}\n")).collect::<Vec<_>>().concat(),
            SCAN.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect(),
        ] {
            assert!(is_it(&changed), "{changed}");
            assert_eq!(servers(&changed).unwrap(), original, "{changed}");
        }
    }

    #[test]
    fn the_reason_is_no_part_of_the_version() {
        for (service, software, version) in [
            ("syn-ack ttl 62 OpenSSH 8.2p1 Ubuntu 4ubuntu0.2 (Ubuntu Linux; protocol 2.0)", "OpenSSH", Some("8.2p1")),
            ("syn-ack Bitvise WinSSHD 8.48 (FlowSsh 8.48; protocol 2.0)", "Bitvise SSH Server", Some("8.48")),
            ("conn-accept GoAnywhere MFT sshd 7.4.1 (protocol 2.0)", "GoAnywhere", Some("7.4.1")),
            ("CrushFTP sftpd (protocol 2.0)", "CrushFTPSSHD", None),
            ("Axway File Broker (XFB) sshd (protocol 2.0)", "XFB.Gateway", None),
            ("Nobody sshd (protocol 2.0)", "Nobody sshd", None),
        ] {
            let text = format!("22/tcp open ssh {service}\n| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|_      a\n");
            let found = servers(&text).unwrap().remove(0).identification.unwrap();
            assert_eq!((found.software.as_deref(), found.version.as_deref()), (Some(software), version), "{service}");
            assert_eq!(found.protocol.as_deref(), Some("2.0"), "{service}");
        }
        let reason_alone = "22/tcp open ssh syn-ack ttl 62\n| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|_      a\n";
        assert_eq!(servers(reason_alone).unwrap().remove(0).identification, None);
    }

    #[test]
    fn ports_of_a_host_without_a_name_are_told_apart() {
        let port =
            |port| format!("{port}/tcp open ssh\n| ssh2-enum-algos:\n|   kex_algorithms: (1)\n|_      a{port}\n");
        let found = servers(&[port(22), port(2222)].concat()).unwrap();
        assert_eq!(found.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), [":22", ":2222"]);
        assert!(found[1].is_called(":2222") && !found[0].is_called(":2222"));
    }

    #[test]
    fn numbers_alone_are_told_as_such() {
        let counts = "Nmap scan report for 10.0.0.5\n22/tcp open ssh\n| ssh2-enum-algos: \n|   kex_algorithms (4)\n|_  mac_algorithms (9)\n";
        assert_eq!(servers(counts), Err(ParseError::CountsOnly(Form::NmapText)));
    }
}
