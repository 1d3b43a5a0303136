//! JSch's own log and exception, as a source of what it proposed. The lists are read by
//! [`crate::trace::negotiation`]; here is decided which of them can be trusted.

use std::collections::HashMap;

use super::collector::{Collector, Observation};
use super::{Form, Place};
use crate::algorithms::knowledge;
use crate::model::offer::Setting;
use crate::model::offer::{Category, Offer};
use crate::trace::negotiation::{NegotiationReader, Seen, Side};

/// The most threads of a log that are told apart at a time.
const MAX_THREADS: usize = 64;

/// The line with which JSch logs its identification string (`Session.java`).
const LOCAL_VERSION: &str = "Local version string: ";

/// Reads the messages of one log.
#[derive(Debug, Default)]
pub struct Reader {
    threads: HashMap<Vec<u8>, NegotiationReader>,
}

impl Reader {
    /// Reads one message of one of the log's threads. Says whether it was of interest.
    pub fn read(&mut self, thread: &[u8], message: &str, place: &Place, collector: &mut Collector) -> bool {
        if let Some((_, version)) = message.split_once(LOCAL_VERSION).filter(|(_, rest)| rest.starts_with("SSH-")) {
            let identification = Some(version.trim_end().to_owned());
            collector.add(
                &Observation { identification, ..Observation::default() },
                &Place { form: Form::JschLog, ..place.clone() },
            );
            return true;
        }
        if !crate::trace::negotiation::may_hold_lists(message.as_bytes()) {
            return false;
        }
        if self.threads.len() >= MAX_THREADS && !self.threads.contains_key(thread) {
            self.threads.clear();
        }
        let reader = self.threads.entry(thread.to_vec()).or_default();
        let Some(seen) = reader.read(message) else { return false };
        let form = if matches!(seen, Seen::Failure(_)) { Form::JschException } else { Form::JschLog };
        let place = Place { form, ..place.clone() };
        match told(reader, seen, message) {
            Some(proposal) if is_plausible(&proposal) => {
                collector.add(&Observation { proposal, ..Observation::default() }, &place);
            }
            Some(_) => collector.warn(format!("{place}: the lists are not in KEXINIT's order, so they were left out")),
            None => {}
        }
        true
    }
}

/// The client's lists that a message makes known.
///
/// The old form does not name its categories, it only keeps their order. A log that begins in the middle of the
/// client's ten lines would be misread; so they count where the server's stand before them, as JSch writes them,
/// or where all ten are there.
fn told(reader: &NegotiationReader, seen: Seen, message: &str) -> Option<Offer> {
    let negotiation = reader.current();
    let client = &negotiation.client;
    let category = match seen {
        Seen::List(Side::Server, _) => return None,
        Seen::List(Side::Client, category) | Seen::Failure(category) => category,
    };
    let whole = Category::ALL.into_iter().all(|category| client.get(category).is_some());
    let is_named = matches!(seen, Seen::Failure(_)) || message.contains(" proposal: ");
    if !is_named && whole && negotiation.server.is_empty() {
        return Some(client.clone());
    }
    (is_named || !negotiation.server.is_empty()).then(|| {
        let mut proposal = Offer::default();
        proposal.set(category, client.get(category).unwrap_or_default().to_vec());
        proposal
    })
}

/// Whether no list holds the names of another category only.
fn is_plausible(proposal: &Offer) -> bool {
    Category::NEGOTIATED.into_iter().all(|category| {
        let Some(setting) = Setting::of(category) else { return true };
        let list = proposal.get(category).unwrap_or_default();
        let known = |setting: Setting| list.iter().any(|name| knowledge::algorithm(setting, name).is_some());
        known(setting) || !Setting::ALL.into_iter().any(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::split_list;
    use proptest::prelude::*;

    const CLIENT: [&str; 10] =
        ["ecdh-sha2-nistp256", "ssh-rsa", "aes128-ctr", "aes128-ctr", "hmac-sha1", "hmac-sha1", "none", "none", "", ""];

    fn read(lines: &[String]) -> (Vec<super::super::collector::Client>, Vec<String>) {
        let (mut reader, mut collector) = (Reader::default(), Collector::default());
        for (line, number) in lines.iter().zip(1..) {
            let place = Place { path: "jsch.log".into(), number: Some(number), form: Form::JschLog };
            reader.read(b"", line, &place, &mut collector);
        }
        collector.finish()
    }

    fn lines(side: &str) -> Vec<String> {
        CLIENT.iter().map(|list| format!("INFO: kex: {side}: {list}")).collect()
    }

    #[test]
    fn the_clients_ten_lines_and_its_name_are_a_client() {
        let name = "Local version string: SSH-2.0-JSCH-0.1.54".to_owned();
        let (clients, warnings) = read(&[vec![name], lines("server"), lines("client")].concat());
        assert_eq!(clients[0].identification.as_deref(), Some("SSH-2.0-JSCH-0.1.54"));
        let proposal = clients[0].proposal();
        for (category, list) in Category::ALL.into_iter().zip(CLIENT) {
            assert_eq!(proposal.get(category), Some(split_list(list).as_slice()));
        }
        assert!(warnings.is_empty());
    }

    #[test]
    fn ten_lines_without_the_servers_will_do_and_a_part_of_them_will_not() {
        assert_eq!(read(&lines("client")).0[0].proposal().mac_s2c, Some(split_list("hmac-sha1")));
        assert!(read(&lines("client")[4..]).0.is_empty(), "nobody can tell which lists these are");
        let cut = [lines("server"), lines("client")[..2].to_vec()].concat();
        let proposal = read(&cut).0[0].proposal();
        assert_eq!((proposal.host_key, proposal.mac_c2s), (Some(split_list("ssh-rsa")), None));
    }

    #[test]
    fn lists_in_another_order_are_left_out_and_told() {
        let mut client = lines("client");
        client.rotate_left(1);
        let (clients, warnings) = read(&[lines("server"), client].concat());
        assert!(clients.iter().all(|client| client.proposal().kex.is_none()));
        assert!(warnings[0].contains("order"), "{warnings:?}");
    }

    #[test]
    fn the_exception_tells_one_category() {
        let line = "algorithmName=\"cipher.c2s\" jschProposal=\"aes128-ctr\" serverProposal=\"aes256-ctr\"".to_owned();
        let clients = read(&[line]).0;
        assert_eq!(clients[0].proposal().cipher_c2s, Some(split_list("aes128-ctr")));
        assert_eq!(clients[0].proposal().cipher_s2c, None);
        assert_eq!(clients[0].list(Category::CipherC2s).unwrap().first.form, Form::JschException);
    }

    proptest! {
        #[test]
        fn no_text_panics(texts in prop::collection::vec("(kex: (server|client):|client proposal: |MACs c2s:|[a-z\",=:]|\\PC){0,12}", 0..40)) {
            let _ = read(&texts);
        }
    }
}
