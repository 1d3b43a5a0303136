//! OpenSSH's `known_hosts` (sshd(8), "`SSH_KNOWN_HOSTS FILE FORMAT`"): whether a server's key is the one that the user
//! has met before. Pure: text in, a judgement out.
//!
//! libssh2 reads such files, too, but knows neither `@revoked` nor patterns, and calls a key of another type a changed
//! one; CUCM's client often agrees to an RSA key where the user's own client has stored an Ed25519 one.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::PORT;

/// What is known of host keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    line: usize,
    hosts: Hosts,
    algorithm: String,
    key: Vec<u8>,
    revoked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    /// Names, addresses and patterns, as written.
    Patterns(Vec<String>),
    /// One name, hashed with HMAC-SHA-1.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// What the file says of a server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is the one on file.
    Known,
    /// No key of this type is on file for the server; `others` are the types that are.
    Unknown {
        /// Key types: `ssh-ed25519`.
        others: Vec<String>,
    },
    /// Another key of this type is on file.
    Changed {
        /// The line, from 1, of the first such key.
        line: usize,
    },
    /// The key is marked as revoked.
    Revoked,
}

impl KnownHosts {
    /// Reads a file's text. Lines that are no entry are left out, as OpenSSH does; so are certificate authorities
    /// (`@cert-authority`), since CUCM's client knows no certificates.
    pub fn parse(text: &str) -> Self {
        Self { entries: (1..).zip(text.lines()).filter_map(|(number, line)| Entry::parse(number, line)).collect() }
    }

    /// Looks a server's key up.
    pub fn standing(&self, host: &str, port: u16, key: &[u8]) -> Standing {
        if self.entries.iter().any(|entry| entry.revoked && entry.key == key && entry.names(host, port)) {
            return Standing::Revoked;
        }
        let on_file: Vec<_> = self.entries.iter().filter(|entry| !entry.revoked && entry.names(host, port)).collect();
        if on_file.iter().any(|entry| entry.key == key) {
            return Standing::Known;
        }
        let own_type = super::host_key::describe(key).algorithm;
        if let Some(other) = on_file.iter().find(|entry| entry.algorithm == own_type) {
            return Standing::Changed { line: other.line };
        }
        let mut others: Vec<_> = on_file.into_iter().map(|entry| entry.algorithm.clone()).collect();
        others.dedup();
        Standing::Unknown { others }
    }
}

impl Entry {
    fn parse(number: usize, line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let hosts = words.next().filter(|word| !word.starts_with('#'))?;
        let (algorithm, key) = (words.next()?, words.next()?);
        if marker.is_some_and(|marker| marker != "@revoked") {
            return None;
        }
        Some(Self {
            line: number,
            hosts: Hosts::parse(hosts)?,
            algorithm: algorithm.to_owned(),
            key: STANDARD.decode(key).ok()?,
            revoked: marker.is_some(),
        })
    }

    fn names(&self, host: &str, port: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let name = if port == PORT { host } else { format!("[{host}]:{port}") };
        match &self.hosts {
            Hosts::Patterns(patterns) => {
                let any = |negated: bool| {
                    patterns.iter().any(|pattern| match pattern.strip_prefix('!') {
                        Some(pattern) => negated && matches(pattern, &name),
                        None => !negated && matches(pattern, &name),
                    })
                };
                any(false) && !any(true)
            }
            Hosts::Hashed { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
                .is_ok_and(|mac| mac.chain_update(name.as_bytes()).verify_slice(hash).is_ok()),
        }
    }
}

impl Hosts {
    fn parse(word: &str) -> Option<Self> {
        match word.strip_prefix("|1|") {
            Some(hashed) => {
                let (salt, hash) = hashed.split_once('|')?;
                Some(Self::Hashed { salt: STANDARD.decode(salt).ok()?, hash: STANDARD.decode(hash).ok()? })
            }
            None if word.starts_with('|') => None,
            None => Some(Self::Patterns(word.split(',').map(str::to_ascii_lowercase).collect())),
        }
    }
}

/// `*` stands for any characters, `?` for one. In time of at most both lengths' product.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut place) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while place < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, place));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || name.get(place) == Some(wanted) => {
                at += 1;
                place += 1;
            }
            _ => match &mut retry {
                Some((behind, taken)) => {
                    *taken += 1;
                    (at, place) = (*behind, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// A host key's SHA-256 fingerprint, as OpenSSH writes it: `SHA256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads `SHA256:…`, with or without padding.
    ///
    /// # Errors
    /// With a line that says what is taken.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digest = text.trim().strip_prefix("SHA256:").map(|text| text.trim_end_matches('='));
        let bytes = digest.and_then(|digest| STANDARD_NO_PAD.decode(digest).ok());
        let array = bytes.and_then(|bytes| bytes.try_into().ok());
        array.map(Self).ok_or_else(|| {
            "give the fingerprint as SHA256: and 43 characters, as ssh-keygen -lf and cdrdiag probe print it".to_owned()
        })
    }

    /// Whether it is this key's.
    pub fn is_of(&self, key: &[u8]) -> bool {
        Sha256::digest(key).as_slice() == self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ED25519: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINEh6E75DILHf/9N064GdW9aTMGBh4SHdSqQBp4b1tEl";
    const NIST: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEpGuzB2JGDIxmGFe23KfKyMostWpRL6osvwfLRIZBPhUV92LoPQTqsRlQB8cbdqWRFaTZULOTwADySCmKrwvlE=";

    fn standing(file: &str, host: &str, port: u16) -> Standing {
        KnownHosts::parse(file).standing(host, port, &STANDARD.decode(ED25519).unwrap())
    }

    #[test]
    fn a_key_on_file_is_known_by_name_address_port_and_pattern() {
        let line = |hosts: &str| format!("# a comment\n\n{hosts} ssh-ed25519 {ED25519} me@here\n");
        assert_eq!(standing(&line("Billing.Example.com,10.0.0.5"), "billing.example.com", 22), Standing::Known);
        assert_eq!(standing(&line("a,10.0.0.5"), "10.0.0.5", 22), Standing::Known);
        assert_eq!(standing(&line("[10.0.0.5]:2222"), "10.0.0.5", 2222), Standing::Known);
        assert_eq!(standing(&line("*.example.com"), "billing.example.com", 22), Standing::Known);
        assert_eq!(standing(&line("10.0.0.?"), "10.0.0.5", 22), Standing::Known);
        let unknown = Standing::Unknown { others: vec![] };
        assert_eq!(standing(&line("10.0.0.5"), "10.0.0.5", 2222), unknown);
        assert_eq!(standing(&line("*.example.com,!billing.*"), "billing.example.com", 22), unknown);
    }

    #[test]
    fn a_hashed_name_is_known() {
        let file = format!(
            "|1|no-hash| ssh-ed25519 {ED25519}\n{} ssh-ed25519 {ED25519}",
            hashed("[127.0.0.1]:2222", b"twenty bytes of salt")
        );
        assert_eq!(standing(&file, "127.0.0.1", 2222), Standing::Known);
        assert_eq!(standing(&file, "127.0.0.1", 22), Standing::Unknown { others: vec![] });
    }

    fn hashed(name: &str, salt: &[u8]) -> String {
        let hash = Hmac::<Sha1>::new_from_slice(salt).unwrap().chain_update(name).finalize().into_bytes();
        format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash))
    }

    #[test]
    fn another_key_of_the_type_is_a_change_and_one_of_another_type_is_not() {
        let other = ED25519.replace("tEl", "tEm");
        assert_eq!(standing(&format!("h ssh-ed25519 {other}"), "h", 22), Standing::Changed { line: 1 });
        assert_eq!(
            standing(&format!("h ecdsa-sha2-nistp256 {NIST}"), "h", 22),
            Standing::Unknown { others: vec!["ecdsa-sha2-nistp256".into()] }
        );
        let both = format!("h ssh-ed25519 {other}\nh ssh-ed25519 {ED25519}");
        assert_eq!(standing(&both, "h", 22), Standing::Known, "one of several keys on file is enough");
        let revoked = format!("{both}\n@revoked * ssh-ed25519 {ED25519}");
        assert_eq!(standing(&revoked, "h", 22), Standing::Revoked);
        let authority = format!("@cert-authority * ssh-ed25519 {ED25519}");
        assert_eq!(standing(&authority, "h", 22), Standing::Unknown { others: vec![] });
    }

    #[test]
    fn a_fingerprint_is_ssh_keygens() {
        let key = STANDARD.decode(ED25519).unwrap();
        let right = Fingerprint::parse("SHA256:w7hLsZvOhQSeOl4EgxysMV5Ztvq9NB4r+NgA5rbUEtg").unwrap();
        assert!(right.is_of(&key) && !right.is_of(b"another"));
        for wrong in ["", "SHA256:", "MD5:aa:bb", "w7hLsZvOhQSeOl4EgxysMV5Ztvq9NB4r+NgA5rbUEtg", "SHA256:abc"] {
            assert!(Fingerprint::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_file_panics(text: String, lines in "([|@*!,h1= ]|ssh-ed25519|AAAA|\n){0,40}", host in "[a-z*?!]{0,6}") {
            for text in [text, lines] {
                let _ = KnownHosts::parse(&text).standing(&host, 22, b"");
            }
        }

        #[test]
        fn a_pattern_of_stars_and_its_own_letters_matches(name in "[a-c]{0,12}", stars in "[*]{0,3}") {
            prop_assert!(matches(&name, &name));
            let (first, last) = (format!("{stars}{name}"), format!("{name}{stars}"));
            prop_assert!(matches(&first, &name));
            prop_assert!(matches(&last, &name));
            let longer = format!("{name}?");
            prop_assert!(!matches(&longer, &name));
        }
    }
}
