//! What OpenSSH logs of a negotiation: `ssh -vv` on any machine that reaches the server, or the server's own sshd at
//! DEBUG2. It writes both sides' KEXINIT; the server's counts.
//!
//! - `debug2: peer server KEXINIT proposal` (sshd: `local server …`), then a line a category (since 7.0, `kex.c`);
//! - `debug2: kex_parse_kexinit: LIST`, ten lines a side in KEXINIT's order, the own side's first (before);
//! - `Unable to negotiate with HOST port N: no matching X found. Their offer: LIST`: one category. sshd writes the same of
//!   a client, mostly behind its own name and always with `[preauth]` at the end: that list is no server's.

use super::{SavedServer, host_and_port, identification};
use crate::bounds::HOST_KEYS;
use crate::document::probe::HostKey;
use crate::model::offer::{Category, Offer, split_list};

/// What it calls each category.
const TITLES: [(&str, Category); 10] = [
    ("KEX algorithms:", Category::Kex),
    ("host key algorithms:", Category::HostKey),
    ("ciphers ctos:", Category::CipherC2s),
    ("ciphers stoc:", Category::CipherS2c),
    ("MACs ctos:", Category::MacC2s),
    ("MACs stoc:", Category::MacS2c),
    ("compression ctos:", Category::CompressionC2s),
    ("compression stoc:", Category::CompressionS2c),
    ("languages ctos:", Category::LanguageC2s),
    ("languages stoc:", Category::LanguageS2c),
];

const POSITIONAL: &str = "debug2: kex_parse_kexinit: ";

const REFUSAL: &str = "Unable to negotiate with ";

pub(super) fn is_it(text: &str) -> bool {
    let marks = [" server KEXINIT proposal", "debug2: kex_parse_kexinit:", "debug1: SSH2_MSG_KEXINIT"];
    marks.iter().any(|mark| text.contains(mark)) || text.lines().any(|line| refusal_by_ssh(line).is_some())
}

/// What ssh says of a server that it does not get along with, behind [`REFUSAL`].
fn refusal_by_ssh(line: &str) -> Option<&str> {
    line.trim().strip_prefix(REFUSAL).filter(|text| !text.ends_with("[preauth]"))
}

pub(super) fn servers(text: &str) -> Vec<SavedServer> {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    reader.finish();
    reader.servers
}

/// Whose lists the lines tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Unknown,
    Server,
    Client,
}

#[derive(Default)]
struct Reader {
    servers: Vec<SavedServer>,
    current: SavedServer,
    offer: Offer,
    side: Side,
    /// Lists of the older form that were read in this negotiation, both sides'.
    positional: usize,
}

impl Reader {
    fn line(&mut self, whole: &str) {
        let line = whole.trim_end();
        let line = line.strip_suffix("[preauth]").unwrap_or(line).trim_end();
        if let Some((_, place)) = line.split_once("debug1: Connecting to ") {
            self.finish();
            self.place(place);
        } else if let Some((_, software)) = line.split_once("remote software version ") {
            self.current.identification = identification(&format!("SSH-2.0-{software}"));
        } else if line.contains("client KEXINIT proposal") {
            self.side = Side::Client;
        } else if line.contains("server KEXINIT proposal") {
            // A key is exchanged again now and then: the first exchange is the one that counts.
            self.side = if self.offer.is_empty() { Side::Server } else { Side::Client };
        } else if let Some((_, list)) = line.split_once(POSITIONAL) {
            self.positional(list);
        } else if let Some((_, rest)) = line.split_once("debug2: ") {
            self.named(rest);
        } else if let Some((_, key)) = line.split_once("debug1: Server host key: ") {
            self.host_key(key);
        } else if let Some(refusal) = refusal_by_ssh(whole) {
            self.refusal(refusal);
        }
    }

    /// `billing.example.net [192.0.2.5] port 22.`
    fn place(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let host = words.next().unwrap_or_default();
        self.current.host = Some(host.to_owned());
        for word in words {
            if let Some(address) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
                self.current.address = Some(address.to_owned());
            }
            self.current.port = word.trim_end_matches('.').parse().ok().or(self.current.port);
        }
    }

    fn named(&mut self, text: &str) {
        if self.side != Side::Server {
            return;
        }
        if let Some(flag) = text.strip_prefix("first_kex_follows ") {
            self.offer.first_kex_packet_follows = Some(flag.trim() != "0");
            self.side = Side::Unknown;
            return;
        }
        let found = TITLES.into_iter().find_map(|(title, category)| Some((category, text.strip_prefix(title)?)));
        if let Some((category, list)) = found {
            self.offer.set(category, split_list(list));
        }
    }

    /// The ten lists of the own side, the client's, come first; each side ends with `first_kex_follows` and `reserved`.
    fn positional(&mut self, text: &str) {
        let own = Category::ALL.len();
        if text.starts_with("first_kex_follows") || text.starts_with("reserved") {
            return;
        }
        if let Some(category) = self.positional.checked_sub(own).and_then(|index| Category::ALL.get(index)) {
            self.offer.set(*category, split_list(text));
        }
        self.positional += 1;
    }

    /// `ssh-ed25519 SHA256:…`
    fn host_key(&mut self, text: &str) {
        if let Some((algorithm, sha256)) = text.split_once(' ').filter(|(_, print)| print.starts_with("SHA256:"))
            && self.current.host_keys.len() < HOST_KEYS
        {
            let (algorithm, sha256) = (algorithm.to_owned(), Some(sha256.to_owned()));
            self.current.host_keys.push(HostKey { algorithm, bits: None, sha256 });
        }
    }

    /// ssh's last words: the server's list of the one category in which there is nothing in common.
    fn refusal(&mut self, text: &str) {
        let Some((place, rest)) = text.split_once(": no matching ") else { return };
        let Some((what, list)) = rest.split_once(" found. Their offer: ") else { return };
        if self.current.host.is_none() {
            self.current.host = place.split_whitespace().next().map(str::to_owned);
            self.current.port = place.rsplit(' ').next().and_then(|port| port.parse().ok());
        }
        let categories: &[Category] = match what {
            "key exchange method" => &[Category::Kex],
            "host key type" => &[Category::HostKey],
            "cipher" => &[Category::CipherC2s],
            "MAC" => &[Category::MacC2s],
            _ => &[],
        };
        for category in categories {
            if self.offer.get(*category).is_none() {
                self.offer.set(*category, split_list(list));
            }
        }
        self.finish();
    }

    fn finish(&mut self) {
        let mut server = std::mem::take(&mut self.current);
        let offer = std::mem::take(&mut self.offer);
        (self.side, self.positional) = (Side::Unknown, 0);
        if offer.is_empty() {
            return;
        }
        server.name = match (&server.host, server.port) {
            (Some(host), Some(port)) => host_and_port(host, port),
            (Some(host), None) => host.clone(),
            _ => "an unnamed server".to_owned(),
        };
        server.offer = Some(offer);
        if !self.servers.contains(&server) {
            self.servers.push(server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `ssh -vv` prints of both sides.
    fn log() -> String {
        let side = |whose: &str, name: &str| {
            let lists =
                TITLES.iter().map(|(title, _)| format!("debug2: {title} {name},x\r\n")).collect::<Vec<_>>().concat();
            format!(
                "debug2: {whose} KEXINIT proposal\r\n{lists}debug2: first_kex_follows 0 \r\ndebug2: reserved 0 \r\n"
            )
        };
        format!(
            "debug1: Connecting to billing [192.0.2.5] port 2022.\r\ndebug1: Remote protocol version 2.0, remote software version \
             OpenSSH_7.4\r\n{}{}debug1: Server host key: ssh-rsa SHA256:abc\r\n",
            side("local client", "c"),
            side("peer server", "s")
        )
    }

    #[test]
    fn the_servers_whole_kexinit_is_read_and_the_clients_is_not() {
        assert!(is_it(&log()));
        let server = servers(&log()).remove(0);
        let offer = server.offer.unwrap();
        assert!(Category::ALL.into_iter().all(|category| offer.get(category).unwrap() == ["s", "x"]));
        assert_eq!(offer.first_kex_packet_follows, Some(false));
        assert_eq!((server.name.as_str(), server.address.as_deref()), ("billing:2022", Some("192.0.2.5")));
        assert_eq!((server.identification.unwrap().software.as_deref(), server.host_keys.len()), (Some("OpenSSH"), 1));
    }

    #[test]
    fn what_sshd_says_of_a_client_is_no_servers_list() {
        let refused = "Unable to negotiate with 192.0.2.1 port 9: no matching MAC found. Their offer: hmac-md5";
        assert_eq!(servers(refused)[0].offer.as_ref().unwrap().mac_c2s, Some(split_list("hmac-md5")));
        for line in [format!("{refused} [preauth]\r"), format!("Aug 30 10:00:05 host sshd[1]: {refused}")] {
            assert!(!is_it(&line) && servers(&line).is_empty(), "{line}");
        }
    }

    #[test]
    fn sshd_tells_its_own_lists_behind_the_frame_of_a_journal() {
        let log = log()
            .replace("local client", "peer client")
            .replace("peer server", "local server")
            .lines()
            .filter(|line| !line.contains("Connecting"))
            .map(|line| format!("Aug 30 10:00:05 host sshd[1]: {line} [preauth]\n"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(servers(&log).remove(0).offer.unwrap().kex.unwrap(), ["s", "x"]);
    }

    #[test]
    fn the_older_form_has_the_clients_ten_lists_first() {
        let side = |name: &str| {
            format!("debug2: kex_parse_kexinit: {name}\n").repeat(10)
                + "debug2: kex_parse_kexinit: first_kex_follows 0 \ndebug2: kex_parse_kexinit: reserved 0 \n"
        };
        let log = format!("debug1: Connecting to 192.0.2.5 [192.0.2.5] port 22.\n{}{}", side("c"), side("s"));
        let offer = servers(&log).remove(0).offer.unwrap();
        assert!(Category::ALL.into_iter().all(|category| offer.get(category).unwrap() == ["s"]));
    }

    #[test]
    fn a_refusal_tells_the_servers_list_of_one_category() {
        let line = "Unable to negotiate with 192.0.2.5 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss\n";
        let server = servers(line).remove(0);
        assert_eq!((server.name.as_str(), server.offer.unwrap().host_key.unwrap().len()), ("192.0.2.5:22", 2));
        assert_eq!(servers(&format!("sshd[1]: {line}")), [], "there the list is a client's");
    }
}
