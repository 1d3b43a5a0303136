//! The billing server's sshd tells what a refused client proposed, one category a line:
//!
//! - `Unable to negotiate with HOST port N: no matching X found. Their offer: a,b [preauth]` (OpenSSH since 6.8,
//!   `packet.c`; the port since 7.1; X by `ssherr.c`).
//!
//! What OpenSSH wrote before, [`super::servers`] reads.

use std::sync::LazyLock;

use regex::Regex;

use super::collector::Observation;
use crate::model::offer::{Category, Offer, split_list};

/// What a line of a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A client's list of one category.
    Client(Box<Observation>),
    /// The same words by an SSH client: the list is a server's.
    Server,
    /// sshd cut its message off, somewhere in the list.
    Cut,
}

/// sshd's messages end here (`MSGBUFSIZ` in `log.c` is 1024 bytes, some taken by what stands before).
const LONGEST: usize = 1_000;

/// How sshd calls each category. It does not tell the direction: it goes through client to server first.
fn categories(what: &str) -> Option<&'static [Category]> {
    match what {
        "key exchange method" => Some(&[Category::Kex]),
        "host key type" => Some(&[Category::HostKey]),
        "cipher" => Some(&[Category::CipherC2s, Category::CipherS2c]),
        "MAC" => Some(&[Category::MacC2s, Category::MacS2c]),
        "compression" | "compression method" => Some(&[Category::CompressionC2s, Category::CompressionS2c]),
        _ => None,
    }
}

/// Reads a message; `is_sshd` says that its frame names sshd.
pub fn read(message: &str, is_sshd: bool) -> Option<Refusal> {
    static SINCE_6_8: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"Unable to negotiate with (?P<host>\S+?)(?: port \d+)?: no matching (?P<what>[A-Za-z ]+) found\. Their offer: ?(?P<list>[^\s\]\x22]*)",
        )
        .ok()
    });
    if !message.contains("no matching ") {
        return None;
    }
    let found = SINCE_6_8.as_ref()?.captures(message)?;
    let categories = categories(found.name("what")?.as_str())?;
    let host = found.name("host").map(|host| host.as_str().to_owned());
    // ssh prints the same words about a server; only sshd works before authentication.
    if host.is_some() && !is_sshd && !message.contains("[preauth]") {
        return Some(Refusal::Server);
    }
    let list = found.name("list")?;
    if list.end() == message.len() && list.end() - found.get(0)?.start() >= LONGEST {
        return Some(Refusal::Cut);
    }
    let list = split_list(list.as_str());
    let mut proposal = Offer::default();
    for category in categories {
        proposal.set(*category, list.clone());
    }
    let assumed = categories.iter().skip(1).copied().collect();
    Some(Refusal::Client(Box::new(Observation { address: host, proposal, assumed, ..Observation::default() })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(message: &str) -> Observation {
        match read(message, false) {
            Some(Refusal::Client(observation)) => *observation,
            other => panic!("{message}: {other:?}"),
        }
    }

    #[test]
    fn each_category_of_sshd_is_known() {
        for (what, category) in [
            ("key exchange method", Category::Kex),
            ("host key type", Category::HostKey),
            ("cipher", Category::CipherC2s),
            ("MAC", Category::MacC2s),
            ("compression method", Category::CompressionC2s),
        ] {
            let line = format!(
                "Unable to negotiate with 10.0.0.1 port 58692: no matching {what} found. Their offer: a,b [preauth]"
            );
            let observation = client(&line);
            assert_eq!(observation.address.as_deref(), Some("10.0.0.1"));
            assert_eq!(observation.proposal.get(category), Some(split_list("a,b").as_slice()));
            assert!(!observation.assumed.contains(&category));
        }
    }

    #[test]
    fn a_direction_that_sshd_does_not_tell_is_assumed() {
        let observation =
            client("Unable to negotiate with ::1 port 1: no matching MAC found. Their offer: a [preauth]");
        assert_eq!((observation.address.as_deref(), observation.assumed), (Some("::1"), vec![Category::MacS2c]));
    }

    #[test]
    fn older_and_framed_forms_are_read() {
        let line =
            "fatal: Unable to negotiate with 10.0.0.1: no matching host key type found. Their offer: ssh-dss [preauth]";
        assert_eq!(client(line).proposal.host_key, Some(split_list("ssh-dss")));
        let line = "message repeated 2 times: [ Unable to negotiate with 10.0.0.1 port 9: no matching cipher found. Their offer: a,b [preauth]]";
        assert_eq!(client(line).proposal.cipher_c2s, Some(split_list("a,b")));
        let empty = "Unable to negotiate with 10.0.0.1 port 9: no matching cipher found. Their offer:  [preauth]";
        assert_eq!(client(empty).proposal.cipher_c2s, Some(vec![]));
    }

    #[test]
    fn what_an_ssh_client_says_of_a_server_is_not_a_clients_list() {
        let line = "Unable to negotiate with 10.0.0.5 port 22: no matching host key type found. Their offer: ssh-rsa";
        assert_eq!(read(line, false), Some(Refusal::Server));
        assert!(matches!(read(line, true), Some(Refusal::Client(_))));
        assert_eq!(read("no matching record found", true), None);
    }

    #[test]
    fn a_message_that_sshd_cut_off_is_no_list() {
        let line = "sshd[1]: Unable to negotiate with 10.0.0.1 port 9: no matching MAC found. Their offer: ";
        let names = "hmac-sha2-256,".repeat(80);
        assert_eq!(read(&format!("{line}{}", &names[..930]), true), Some(Refusal::Cut));
        assert!(matches!(read(&format!("{line}{names} [preauth]"), true), Some(Refusal::Client(_))));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(Unable to negotiate with |no matching |cipher found|: client |[a-z,.: \\]]|\\PC){0,20}") {
            let _ = read(&text, true);
        }
    }
}
