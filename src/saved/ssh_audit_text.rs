//! What ssh-audit prints for people, of releases 1 to 3: `(kex) NAME (4096-bit) -- [info] …`.

use super::ssh_audit::split_target;
use super::{SavedServer, identification};
use crate::bounds::HOST_KEYS;
use crate::document::probe::HostKey;
use crate::model::offer::{Category, Offer};

/// Which lists its lines stand for: as in its JSON, of ciphers and MACs the server-to-client lists only.
const LISTS: [(&str, Category); 4] = [
    ("(kex)", Category::Kex),
    ("(key)", Category::HostKey),
    ("(enc)", Category::CipherS2c),
    ("(mac)", Category::MacS2c),
];

pub(super) fn is_it(text: &str) -> bool {
    text.lines().any(|line| entry(line).is_some())
}

/// Whether it is what a policy audit (`-P`) prints: a verdict, and no lists.
pub(super) fn is_policy(text: &str) -> bool {
    let begins = |start: &str| text.lines().any(|line| line.trim_start().starts_with(start));
    begins("Policy:") && begins("Result:") && text.contains("Host:")
}

pub(super) fn servers(text: &str) -> Vec<SavedServer> {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    reader.finish();
    reader.servers
}

/// A line of a list: which one, and the rest.
fn entry(line: &str) -> Option<(Category, &str)> {
    let line = unquoted(line);
    let (_, category) = LISTS.into_iter().find(|(mark, _)| line.starts_with(mark))?;
    let rest = line.get("(kex) ".len()..)?;
    rest.contains("-- [").then_some((category, rest))
}

fn unquoted(line: &str) -> &str {
    line.trim_end().trim_start_matches(|c: char| c.is_whitespace() || c == '>')
}

#[derive(Default)]
struct Reader {
    servers: Vec<SavedServer>,
    current: SavedServer,
    lists: [Vec<String>; LISTS.len()],
}

impl Reader {
    fn line(&mut self, line: &str) {
        let text = unquoted(line);
        if let Some((category, rest)) = entry(line) {
            let name = rest.split([' ', '\t']).next().unwrap_or_default();
            let index = LISTS.iter().position(|(_, known)| *known == category).unwrap_or_default();
            if let Some(list) = self.lists.get_mut(index) {
                list.push(name.to_owned());
            }
        } else if let Some(target) = text.strip_prefix("(gen) target: ") {
            self.begin();
            let (host, port) = split_target(target);
            (self.current.name, self.current.host, self.current.port) =
                (target.to_owned(), Some(host.to_owned()), port);
        } else if let Some(banner) = text.strip_prefix("(gen) banner: ") {
            self.begin();
            self.current.identification = identification(banner);
        } else if let Some(key) = text.strip_prefix("(fin) ").and_then(host_key)
            && self.current.host_keys.len() < HOST_KEYS
        {
            self.current.host_keys.push(key);
        }
    }

    /// Another server's part begins where lists have been read.
    fn begin(&mut self) {
        if self.lists.iter().any(|list| !list.is_empty()) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        let mut server = std::mem::take(&mut self.current);
        let lists = std::mem::take(&mut self.lists);
        let mut offer = Offer::default();
        for ((_, category), list) in LISTS.into_iter().zip(lists).filter(|(_, list)| !list.is_empty()) {
            offer.set(category, list);
        }
        if offer.is_empty() {
            return;
        }
        if server.name.is_empty() {
            "an unnamed server".clone_into(&mut server.name);
        }
        server.offer = Some(offer);
        self.servers.push(server);
    }
}

/// `ssh-ed25519: SHA256:… -- [info] …`
fn host_key(text: &str) -> Option<HostKey> {
    let (algorithm, rest) = text.split_once(": SHA256:")?;
    let sha256 = rest.split_whitespace().next()?;
    Some(HostKey { algorithm: algorithm.to_owned(), bits: None, sha256: Some(format!("SHA256:{sha256}")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIT: &str = "# general\n(gen) target: 10.0.0.5:2022\n(gen) banner: SSH-2.0-OpenSSH_8.0\n\
        (kex) diffie-hellman-group-exchange-sha256 (2048-bit) -- [warn] weak\n      `- [info] available since OpenSSH 4.4\n\
        (kex) curve25519-sha256 -- [info] available\n(key) ssh-rsa (3072-bit) -- [fail] SHA-1\n\
        (enc) aes128-ctr -- [info] available\n(mac) hmac-sha1 -- [warn] weak\n\
        (fin) ssh-rsa: SHA256:abc/+d -- [info] x\n(rec) -hmac-sha1 -- mac algorithm to remove \n";

    #[test]
    fn each_line_of_a_list_gives_its_name_without_size_and_remarks() {
        assert!(is_it(AUDIT));
        let server = servers(AUDIT).remove(0);
        let offer = server.offer.unwrap();
        assert_eq!(offer.kex.unwrap(), ["diffie-hellman-group-exchange-sha256", "curve25519-sha256"]);
        assert_eq!(
            (offer.host_key.unwrap(), offer.mac_s2c.unwrap()),
            (vec!["ssh-rsa".into()], vec!["hmac-sha1".to_owned()])
        );
        assert_eq!((offer.cipher_c2s, offer.compression_s2c), (None, None));
        assert_eq!((server.host.as_deref(), server.port), (Some("10.0.0.5"), Some(2022)));
        assert_eq!(server.host_keys[0].sha256.as_deref(), Some("SHA256:abc/+d"));
        assert_eq!(server.identification.unwrap().version.as_deref(), Some("8.0"));
    }

    #[test]
    fn several_targets_are_told_apart_and_quoted_output_reads_the_same() {
        let two = format!("{AUDIT}-----\n{}", AUDIT.replace("10.0.0.5", "10.0.0.6"));
        let names: Vec<_> = servers(&two).into_iter().map(|server| server.name).collect();
        assert_eq!(names, ["10.0.0.5:2022", "10.0.0.6:2022"]);
        let quoted = AUDIT.lines().map(|line| format!("> {line}\r\n")).collect::<Vec<_>>().concat();
        assert_eq!(servers(&quoted), servers(AUDIT));
    }

    #[test]
    fn a_policy_audit_is_known_and_holds_no_list() {
        let policy = "Host:   10.0.0.5\nPolicy: Hardened OpenSSH (version 1)\nResult: Failed!\n\nErrors:\n  * Ciphers did not match.\n";
        assert!(is_policy(policy) && !is_it(policy) && !is_policy(AUDIT));
    }
}
