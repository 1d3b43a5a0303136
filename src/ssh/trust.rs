//! Whether to log in to a server with this host key. Pure.

use super::error::SshError;
use super::known_hosts::{Fingerprint, KnownHosts, Standing};

/// Which host keys are trusted.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Those on file.
    pub known: KnownHosts,
    /// Where that file is, for messages.
    pub file: String,
    /// The one that the user confirms.
    pub confirmed: Option<Fingerprint>,
}

/// A key that is trusted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trusted {
    /// By what.
    pub(crate) how: &'static str,
    /// What the user should know besides.
    pub(crate) warning: Option<String>,
}

impl Trust {
    /// Judges a server's key; `shown` is its type and fingerprint. A revoked key is refused, whoever confirms it.
    pub(crate) fn judge(&self, host: &str, port: u16, key: &[u8], shown: &str) -> Result<Trusted, SshError> {
        let standing = self.known.standing(host, port, key);
        let (cause, message) = match (&self.confirmed, standing) {
            (_, Standing::Revoked) => ("host_key_revoked", format!("{shown} is revoked in {}", self.file)),
            (Some(confirmed), standing) if confirmed.is_of(key) => {
                let warning = matches!(standing, Standing::Changed { .. })
                    .then(|| format!("{} has another key for this server than the one confirmed", self.file));
                return Ok(Trusted { how: "confirmed by --host-key", warning });
            }
            (Some(_), _) => ("host_key_unconfirmed", format!("the server's key is {shown}")),
            (None, Standing::Known) => return Ok(Trusted { how: "known", warning: None }),
            (None, Standing::Changed { line }) => ("host_key_changed", self.another_on_file(line, host, port, shown)),
            (None, Standing::Unknown { others }) => ("host_key_unknown", self.not_on_file(&others, shown)),
        };
        Err(SshError::own(cause, message))
    }

    /// What differs, and how to forget the old key. This file is the user's; what CUCM has stored stands elsewhere.
    fn another_on_file(&self, line: usize, host: &str, port: u16, shown: &str) -> String {
        let file = &self.file;
        let name = if port == super::PORT { host.to_owned() } else { format!("\"[{host}]:{port}\"") };
        format!(
            "the server's key is {shown}, and {file}, line {line}, has another one for it; no password was sent. If the \
             new one is the server's, forget the old one: `ssh-keygen -R {name} -f {file}`"
        )
    }

    fn not_on_file(&self, others: &[String], shown: &str) -> String {
        let others = match others {
            [] => String::new(),
            some => format!(" (it has keys of the types {}, and CUCM's client agreed to this one)", some.join(", ")),
        };
        let fingerprint = shown.rsplit(' ').next().unwrap_or_default();
        format!("{shown} is not in {}{others}; if it is the server's, add `--host-key {fingerprint}`", self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of type ssh-ed25519, and its line in base64.
    fn key(filler: u8) -> (Vec<u8>, String) {
        use base64::Engine;
        let mut key = [&[0, 0, 0, 11], b"ssh-ed25519".as_slice(), &[0, 0, 0, 32]].concat();
        key.extend([filler; 32]);
        let line = base64::engine::general_purpose::STANDARD.encode(&key);
        (key, line)
    }

    fn judged(known: &str, confirmed: bool) -> Result<Trusted, SshError> {
        use base64::Engine;
        use sha2::Digest;
        let (key, _) = key(1);
        let hash = base64::engine::general_purpose::STANDARD_NO_PAD.encode(sha2::Sha256::digest(&key));
        let confirmed = confirmed.then(|| Fingerprint::parse(&format!("SHA256:{hash}")).unwrap());
        let trust = Trust { known: KnownHosts::parse(known), file: "known_hosts".into(), confirmed };
        trust.judge("h", 22, &key, "ssh-ed25519 SHA256:x")
    }

    #[test]
    fn a_key_is_trusted_by_the_file_or_by_the_user() {
        let (own, other) = (key(1).1, key(2).1);
        assert_eq!(judged(&format!("h ssh-ed25519 {own}"), false).unwrap().how, "known");
        assert_eq!(judged("", true).unwrap().how, "confirmed by --host-key");
        assert!(judged("", false).unwrap_err().message.contains("add `--host-key SHA256:x`"));
        let changed = format!("h ssh-ed25519 {other}");
        let told = judged(&format!("# mine\n{changed}"), false).unwrap_err().message;
        assert!(told.contains("known_hosts, line 2,") && told.contains("`ssh-keygen -R h -f known_hosts`"), "{told}");
        assert!(judged(&changed, true).unwrap().warning.is_some());
    }

    #[test]
    fn a_revoked_key_is_refused_even_where_the_user_confirms_it() {
        let revoked = format!("@revoked h ssh-ed25519 {}", key(1).1);
        for confirmed in [false, true] {
            assert!(judged(&revoked, confirmed).unwrap_err().message.contains("is revoked"), "{confirmed}");
        }
    }
}
