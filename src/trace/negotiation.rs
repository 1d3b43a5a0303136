//! Both sides' algorithm lists where a log holds them: JSch's own log lines, and its exception's text.
//!
//! - `kex: server: …`, `kex: client: …`, ten lines a side in KEXINIT's order (JSch 0.1.x to 0.2.x, `KeyExchange.java`);
//! - `server proposal: KEX algorithms: …`, `client proposal: …` (later, the same file);
//! - `algorithmName="cipher.c2s" jschProposal="…" serverProposal="…"` (since 0.2.4, `JSchAlgoNegoFailException.java`):
//!   one category only, the one that failed.

use std::sync::LazyLock;

use aho_corasick::packed::Searcher;

use crate::log4j::lanes;
use crate::model::offer::{Category, Offer, split_list};

/// What JSch calls each category: in its configuration and exception, and in its log.
const JSCH_NAMES: [(Category, &str, &str); 10] = [
    (Category::Kex, "kex", "KEX algorithms"),
    (Category::HostKey, "server_host_key", "host key algorithms"),
    (Category::CipherC2s, "cipher.c2s", "ciphers c2s"),
    (Category::CipherS2c, "cipher.s2c", "ciphers s2c"),
    (Category::MacC2s, "mac.c2s", "MACs c2s"),
    (Category::MacS2c, "mac.s2c", "MACs s2c"),
    (Category::CompressionC2s, "compression.c2s", "compression c2s"),
    (Category::CompressionS2c, "compression.s2c", "compression s2c"),
    (Category::LanguageC2s, "lang.c2s", "languages c2s"),
    (Category::LanguageS2c, "lang.s2c", "languages s2c"),
];

/// Who sent a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// CUCM, or whatever uses JSch.
    Client,
    /// The billing server.
    Server,
}

/// What a message added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// One list of one side.
    List(Side, Category),
    /// Both sides' lists of the category in which they have nothing in common.
    Failure(Category),
}

/// One negotiation, as far as the log tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Negotiation {
    /// The client's proposal.
    pub client: Offer,
    /// The server's offer.
    pub server: Offer,
    /// The category in which the two have nothing in common, where the log says so.
    pub failed: Option<Category>,
}

impl Negotiation {
    /// Whether no list is known.
    pub fn is_empty(&self) -> bool {
        self.client.is_empty() && self.server.is_empty()
    }

    /// Whether every list of both sides is known.
    pub fn is_complete(&self) -> bool {
        Category::ALL
            .into_iter()
            .all(|category| [&self.client, &self.server].into_iter().all(|offer| offer.get(category).is_some()))
    }

    fn offer(&mut self, side: Side) -> &mut Offer {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// Puts a negotiation together from one thread's messages, given in their order. It holds one negotiation at a time:
/// a list that it has already begins the next, so take [`current`](Self::current) whenever [`read`](Self::read) has
/// seen something.
#[derive(Debug, Clone, Default)]
pub struct NegotiationReader {
    current: Negotiation,
    begins_anew: bool,
}

impl NegotiationReader {
    /// Reads one message, with or without continuation lines; text before the lists does not matter. Says what its
    /// last line of interest added.
    pub fn read(&mut self, message: &str) -> Option<Seen> {
        if !may_hold_lists(message.as_bytes()) {
            return None;
        }
        message.lines().filter_map(|line| self.read_line(line)).last()
    }

    /// The negotiation so far.
    pub fn current(&self) -> &Negotiation {
        &self.current
    }

    /// The negotiation at the log's end; `None` if there was none.
    pub fn finish(self) -> Option<Negotiation> {
        (!self.current.is_empty()).then_some(self.current)
    }

    fn read_line(&mut self, line: &str) -> Option<Seen> {
        if line.contains("SSH_MSG_KEXINIT sent") || line.contains("SSH_MSG_KEXINIT received") {
            self.begins_anew = true;
            return None;
        }
        if let Some((category, client, server)) = exception(line) {
            return Some(self.fail(category, client, server));
        }
        let (side, category, list) = positional(line)
            .map_or_else(|| named(line), |(side, list)| Some((side, self.next_category(side), list)))?;
        if self.is_over() || self.current.offer(side).get(category).is_some() {
            self.current = Negotiation::default();
            self.begins_anew = false;
        }
        self.current.offer(side).set(category, split_list(list));
        Some(Seen::List(side, category))
    }

    /// Whether the next list belongs to another negotiation: JSch logs the lists before it fails.
    fn is_over(&self) -> bool {
        self.begins_anew || self.current.failed.is_some()
    }

    /// The category of a side's next list in KEXINIT's order; the first, where all are known or a new exchange began.
    fn next_category(&mut self, side: Side) -> Category {
        let offer = if self.is_over() { &Offer::default() } else { &*self.current.offer(side) };
        Category::ALL.into_iter().find(|category| offer.get(*category).is_none()).unwrap_or(Category::Kex)
    }

    /// Takes the lists of an exception. Where the log has told others, they were those of an earlier negotiation.
    fn fail(&mut self, category: Category, client: &str, server: &str) -> Seen {
        let (client, server) = (split_list(client), split_list(server));
        let differs = |known: Option<&[String]>, told: &[String]| known.is_some_and(|known| known != told);
        if self.begins_anew
            || differs(self.current.client.get(category), &client)
            || differs(self.current.server.get(category), &server)
        {
            self.current = Negotiation::default();
            self.begins_anew = false;
        }
        self.current.client.set(category, client);
        self.current.server.set(category, server);
        self.current.failed = Some(category);
        Seen::Failure(category)
    }
}

/// A message without any of these is of no interest to a [`NegotiationReader`].
pub const MARKERS: [&str; 4] = ["kex: ", " proposal: ", "SSH_MSG_KEXINIT ", "jschProposal="];

/// Whether a message can be of interest to a [`NegotiationReader`]. Cheap; may say yes too often, never no.
pub fn may_hold_lists(message: &[u8]) -> bool {
    static ANY: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(MARKERS));
    ANY.as_ref().is_none_or(|any| any.find(message).is_some())
}

/// As [`may_hold_lists`], for JSch's log lines alone and by a glance at the first bytes: what others put before a line
/// of JSch's is short. `message` may go on behind its end.
#[inline]
pub fn may_begin_lists(message: &[u8]) -> bool {
    // Of `kex:`, `proposal:` and `SSH_MSG_KEXINIT`.
    lanes::pair_is_near(message, [*b"x:", *b"l:", *b"XI"])
}

/// `kex: server: a,b`.
fn positional(line: &str) -> Option<(Side, &str)> {
    [(Side::Server, "kex: server:"), (Side::Client, "kex: client:")]
        .into_iter()
        .find_map(|(side, marker)| Some((side, line.split_once(marker)?.1)))
}

/// `server proposal: ciphers c2s: a,b`.
fn named(line: &str) -> Option<(Side, Category, &str)> {
    [(Side::Server, "server proposal: "), (Side::Client, "client proposal: ")].into_iter().find_map(|(side, marker)| {
        let (title, list) = line.split_once(marker)?.1.split_once(':')?;
        let (category, ..) = JSCH_NAMES.into_iter().find(|(.., name)| *name == title)?;
        Some((side, category, list))
    })
}

/// `algorithmName="kex" jschProposal="a,b" serverProposal="c"`: category, client's list, server's list.
fn exception(line: &str) -> Option<(Category, &str, &str)> {
    let value = |key: &str| line.split_once(key)?.1.strip_prefix("=\"")?.split_once('"').map(|(value, _)| value);
    let name = value("algorithmName")?;
    let (category, ..) = JSCH_NAMES.into_iter().find(|(_, jsch, _)| *jsch == name)?;
    Some((category, value("jschProposal")?, value("serverProposal")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One list a category, told apart by the side's name.
    fn lists(side: &str) -> Vec<String> {
        (0..10).map(|n| if n < 8 { format!("{side}-{n},common-{n}") } else { String::new() }).collect()
    }

    fn expected(side: &str) -> Offer {
        let mut offer = Offer::default();
        for (category, list) in Category::ALL.into_iter().zip(lists(side)) {
            offer.set(category, split_list(&list));
        }
        offer
    }

    fn old_log(prefix: &str, server: &str) -> Vec<String> {
        let side = |name: &str, tag: &str| -> Vec<String> {
            lists(tag).iter().map(|list| format!("{prefix}kex: {name}: {list}").trim_end().to_owned()).collect()
        };
        [side("server", server), side("client", "client")].concat()
    }

    fn read_all(reader: &mut NegotiationReader, log: &[String]) {
        for message in log {
            assert!(may_hold_lists(message.as_bytes()), "{message}");
            assert!(reader.read(message).is_some(), "{message}");
        }
    }

    #[test]
    fn ten_lines_a_side_in_the_order_of_kexinit_are_a_negotiation_whatever_stands_before_them() {
        for prefix in ["", "2022-04-05 14:28:43,157  INFO ", "[JSCH] {}", "jschLog="] {
            let mut reader = NegotiationReader::default();
            read_all(&mut reader, &old_log(prefix, "server"));
            assert!(reader.current().is_complete());
            assert_eq!(reader.current().server, expected("server"));
            assert_eq!(reader.current().client, expected("client"));
        }
    }

    #[test]
    fn a_glance_at_the_first_bytes_finds_a_log_line() {
        let lines = ["SSH_MSG_KEXINIT sent", "kex: server: a", "kex: client: b", "server proposal: ciphers c2s: a"];
        for prefix in ["", "[JSCH] {}", "jschLog="] {
            for line in lines {
                assert!(may_begin_lists(format!("{prefix}{line}{:40}", "").as_bytes()), "{prefix}{line}");
            }
        }
        assert!(!may_begin_lists(format!("keep-alive from node 7 [31] (ok) - next in 60 s{:40}", "").as_bytes()));
    }

    #[test]
    fn the_later_log_names_each_category() {
        let mut reader = NegotiationReader::default();
        for (side, tag) in [("server", "server"), ("client", "client")] {
            for ((.., title), list) in JSCH_NAMES.into_iter().zip(lists(tag)).rev() {
                assert!(reader.read(&format!("{side} proposal: {title}: {list}")).is_some());
            }
        }
        let negotiation = reader.finish().unwrap();
        assert_eq!((negotiation.server, negotiation.client), (expected("server"), expected("client")));
    }

    #[test]
    fn the_exception_tells_one_category_and_leaves_the_others_unknown() {
        let mut reader = NegotiationReader::default();
        let seen = reader.read(
            "error Making SFTP connectionAlgorithm negotiation fail: algorithmName=\"server_host_key\" \
             jschProposal=\"rsa-sha2-512,rsa-sha2-256\" serverProposal=\"ssh-rsa,ssh-dss\"\n\tat com.jcraft.jsch.KeyExchange",
        );
        assert_eq!(seen, Some(Seen::Failure(Category::HostKey)));
        let Negotiation { client, server, failed } = reader.finish().unwrap();
        assert_eq!(failed, Some(Category::HostKey));
        assert_eq!(client.get(Category::HostKey), Some(["rsa-sha2-512", "rsa-sha2-256"].map(String::from).as_slice()));
        assert_eq!(server.get(Category::HostKey), Some(["ssh-rsa", "ssh-dss"].map(String::from).as_slice()));
        assert_eq!((client.kex, server.cipher_c2s), (None, None));
    }

    #[test]
    fn every_category_of_the_exception_is_known() {
        for (category, name, _) in JSCH_NAMES {
            let text = format!("algorithmName=\"{name}\" jschProposal=\"a\" serverProposal=\"\"");
            assert_eq!(NegotiationReader::default().read(&text), Some(Seen::Failure(category)));
        }
    }

    #[test]
    fn an_exception_about_the_lists_just_logged_completes_them() {
        let mut reader = NegotiationReader::default();
        read_all(&mut reader, &old_log("", "server"));
        reader
            .read("algorithmName=\"mac.c2s\" jschProposal=\"client-4,common-4\" serverProposal=\"server-4,common-4\"");
        assert!(reader.current().is_complete());
        assert_eq!(reader.current().failed, Some(Category::MacC2s));
        reader.read("algorithmName=\"mac.c2s\" jschProposal=\"client-4,common-4\" serverProposal=\"other\"");
        assert!(!reader.current().is_complete(), "other lists are another negotiation's");
    }

    #[test]
    fn a_list_that_is_known_begins_the_next_negotiation() {
        let mut reader = NegotiationReader::default();
        read_all(&mut reader, &old_log("", "first"));
        reader.read(&old_log("", "second")[0]);
        assert_eq!(reader.current().client, Offer::default());
        read_all(&mut reader, &old_log("", "second")[1..]);
        assert_eq!(reader.current().server, expected("second"));
    }

    #[test]
    fn a_negotiation_that_failed_is_over_but_may_be_told_twice() {
        let failure =
            "algorithmName=\"mac.c2s\" jschProposal=\"client-4,common-4\" serverProposal=\"first-4,common-4\"";
        let mut reader = NegotiationReader::default();
        reader.read(failure);
        read_all(&mut reader, &old_log("", "first"));
        assert_eq!((&reader.current().server, reader.current().failed), (&expected("first"), None));
        reader.read(failure);
        reader.read(failure);
        assert!(reader.current().is_complete());
    }

    #[test]
    fn a_log_cut_off_in_the_middle_does_not_shift_the_next_negotiation() {
        let mut reader = NegotiationReader::default();
        read_all(&mut reader, &old_log("", "first")[..4]);
        assert_eq!(reader.read("SSH_MSG_KEXINIT sent"), None);
        assert_eq!(reader.read("SSH_MSG_KEXINIT received"), None);
        read_all(&mut reader, &old_log("", "second"));
        assert_eq!(reader.current().server, expected("second"));
    }

    #[test]
    fn what_was_agreed_and_what_was_configured_are_no_lists() {
        let mut reader = NegotiationReader::default();
        for message in [
            "kex: server->client cipher: aes128-ctr MAC: hmac-sha2-256 compression: none",
            "kex: client->server aes128-ctr hmac-sha1 none",
            "kex: algorithm: curve25519-sha256",
            "server_host_key proposal before known_host reordering is: ssh-rsa,ssh-dss",
            "server proposal: colours: red,green",
            "algorithmName=\"colour\" jschProposal=\"a\" serverProposal=\"b\"",
            "algorithmName=\"kex\" jschProposal=\"a",
        ] {
            assert_eq!(reader.read(message), None, "{message}");
        }
        assert_eq!(reader.finish(), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(texts in prop::collection::vec("(kex: (server|client):|server proposal: |MACs c2s:|[a-z\",=:\n]|\\PC){0,12}", 0..30)) {
            let mut reader = NegotiationReader::default();
            for text in &texts {
                let seen = reader.read(text);
                prop_assert!(seen.is_none() || may_hold_lists(text.as_bytes()));
                prop_assert_eq!(seen.is_some() && reader.current().is_empty(), false);
            }
        }
    }
}
