//! JSch's log, or its exception in a trace: both sides' lists as [`crate::trace::negotiation`] reads them; the server's
//! count here.

use super::{SavedServer, host_and_port, identification};
use crate::model::offer::{Category, Offer};
use crate::trace::negotiation::{NegotiationReader, may_hold_lists};

pub(super) fn is_it(text: &str) -> bool {
    ["jschProposal=", "kex: server: ", "server proposal: "].iter().any(|mark| text.contains(mark))
}

pub(super) fn servers(text: &str) -> Vec<SavedServer> {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    reader.finish();
    reader.servers
}

#[derive(Default)]
struct Reader {
    servers: Vec<SavedServer>,
    current: SavedServer,
    offer: Offer,
    negotiation: NegotiationReader,
}

impl Reader {
    fn line(&mut self, line: &str) {
        // The words of JSch's Session.java.
        if let Some((_, place)) = line.split_once("Connecting to ").filter(|(_, rest)| rest.contains(" port ")) {
            self.finish();
            let mut words = place.split_whitespace();
            self.current.host = words.next().map(str::to_owned);
            self.current.port = words.nth(1).and_then(|port| port.parse().ok());
        } else if let Some((_, raw)) = line.split_once("Remote version string: ") {
            self.current.identification = identification(raw.trim_end());
        } else if may_hold_lists(line.as_bytes()) && self.negotiation.read(line).is_some() {
            let told = &self.negotiation.current().server;
            let is_another = Category::ALL.into_iter().any(|category| {
                let known = self.offer.get(category);
                known.is_some() && known != told.get(category)
            });
            let told = told.clone();
            if is_another {
                self.finish();
            }
            self.offer = told;
        }
    }

    fn finish(&mut self) {
        let mut server = std::mem::take(&mut self.current);
        let offer = std::mem::take(&mut self.offer);
        if offer.is_empty() {
            return;
        }
        server.name = match (&server.host, server.port) {
            (Some(host), Some(port)) => host_and_port(host, port),
            (Some(host), None) => host.clone(),
            _ => "an unnamed server".to_owned(),
        };
        server.offer = Some(offer);
        let is_known = |known: &SavedServer| known.offer == server.offer && known.host == server.host;
        if !self.servers.iter().rev().take(MAX_COMPARED).any(is_known) {
            self.servers.push(server);
        }
    }
}

/// A trace repeats what it says of a few servers.
const MAX_COMPARED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_ten_lines_are_read_with_host_and_version() {
        let side = |side: &str| format!("2022-04-05 14:28:43,157 INFO kex: {side}: {side},x\n").repeat(10);
        let log = format!(
            "INFO Connecting to 10.0.0.5 port 2022\nINFO Remote version string: SSH-2.0-OpenSSH_8.9p1\n{}{}",
            side("server"),
            side("client")
        );
        assert!(is_it(&log));
        let found = servers(&log.repeat(3));
        let offer = found[0].offer.as_ref().unwrap();
        assert!(Category::ALL.into_iter().all(|category| offer.get(category).unwrap() == ["server", "x"]));
        assert_eq!((found.len(), found[0].name.as_str()), (1, "10.0.0.5:2022"));
        assert_eq!(found[0].identification.as_ref().unwrap().version.as_deref(), Some("8.9p1"));
    }

    #[test]
    fn an_exception_tells_one_list_and_another_servers_stands_apart() {
        let exception = |list: &str| {
            format!("Algorithm negotiation fail: algorithmName=\"kex\" jschProposal=\"a\" serverProposal=\"{list}\"\n")
        };
        let found = servers(&[exception("b"), exception("b"), exception("c,d")].concat());
        let kex: Vec<_> = found.iter().map(|server| server.offer.as_ref().unwrap().kex.clone().unwrap()).collect();
        assert_eq!(kex, [vec!["b".to_owned()], vec!["c".to_owned(), "d".to_owned()]]);
        assert_eq!(found[0].offer.as_ref().unwrap().host_key, None);
    }
}
