//! Where a password or a key comes from: a file, a variable or a prompt; never the command line. What was read is wiped
//! from memory when it is dropped.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::bounds;
use crate::cli;
use crate::delivery::Login;
use crate::exit::UsageError;
use crate::ssh::known_hosts::{Fingerprint, KnownHosts};
use crate::ssh::trust::Trust;
use crate::text;

/// The variable that holds the password.
const PASSWORD: &str = "CDRDIAG_PASSWORD";

/// The variable that holds the passphrase of a key.
const PASSPHRASE: &str = "CDRDIAG_PASSPHRASE";

/// What to log in with.
pub enum Credentials<'a> {
    /// A file or a variable holds it.
    Given(Login),
    /// Somebody at the terminal has to be asked.
    Asked(Box<dyn FnOnce() -> Result<Login> + 'a>),
}

/// Finds what to log in with.
///
/// # Errors
/// When a file cannot be read, or there is neither a file nor a variable nor a terminal to ask at.
pub fn login(args: &cli::Deliver) -> Result<Credentials<'_>> {
    match &args.identity {
        Some(path) => key(path),
        None => password(args),
    }
}

fn password(args: &cli::Deliver) -> Result<Credentials<'_>> {
    let question = format!("Password of {} at {}: ", args.user, args.target);
    Ok(match node_password(args.password_file.as_deref(), question)? {
        Password::Given(password) => Credentials::Given(Login::Password(password)),
        Password::Asked(ask) => Credentials::Asked(Box::new(move || ask().map(Login::Password))),
    })
}

pub enum Password {
    /// A file or a variable holds it.
    Given(SecretString),
    /// Somebody at the terminal has to be asked.
    Asked(Box<dyn FnOnce() -> Result<SecretString>>),
}

/// Finds a password: in this file's first line, else in the variable, else at the terminal with this question.
///
/// # Errors
/// When the file cannot be read, or there is neither a file nor a variable nor a terminal to ask at.
pub fn node_password(file: Option<&Path>, question: String) -> Result<Password> {
    if let Some(path) = file {
        let text = read(path).with_context(|| format!("cannot read the password in {}", path.display()))?;
        return match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Password::Given(SecretString::from(line))),
            _ => bail!("the first line of {} holds no password", path.display()),
        };
    }
    if let Some(password) = variable(PASSWORD)? {
        return Ok(Password::Given(password));
    }
    check_terminal(|| format!("no password: give --password-file FILE or the variable {PASSWORD}"))?;
    Ok(Password::Asked(Box::new(move || prompt(&question))))
}

/// Which host keys are trusted. A `known_hosts` that was named must be there; the user's own need not.
///
/// # Errors
/// When the file cannot be read.
pub fn trust(known_hosts: Option<&Path>, confirmed: Option<Fingerprint>) -> Result<Trust> {
    let users = || dirs::home_dir().map(|home| home.join(".ssh").join("known_hosts"));
    let path = known_hosts.map(Path::to_owned).or_else(users).unwrap_or_else(|| PathBuf::from("known_hosts"));
    let known = match read_known_hosts(&path) {
        Ok(text) => KnownHosts::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && known_hosts.is_none() => KnownHosts::default(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    Ok(Trust { known, file: path.display().to_string(), confirmed })
}

fn read_known_hosts(path: &Path) -> io::Result<String> {
    Ok(text::decode(&bounds::KNOWN_HOSTS.read(path)?).into_owned())
}

fn key(path: &Path) -> Result<Credentials<'_>> {
    let key = read(path).with_context(|| format!("cannot read the private key {}", path.display()))?;
    if !key.contains("PRIVATE KEY-----") {
        bail!("{} is not a private key in PEM or OpenSSH's format", path.display());
    }
    let is_encrypted = is_encrypted(&key);
    let key = SecretString::from(key.as_str());
    let passphrase = variable(PASSPHRASE)?;
    if passphrase.is_some() || !is_encrypted {
        return Ok(Credentials::Given(Login::Key { key, passphrase }));
    }
    check_terminal(|| format!("{} is encrypted: give the variable {PASSPHRASE}", path.display()))?;
    let question = format!("Passphrase of {}: ", path.display());
    Ok(Credentials::Asked(Box::new(move || Ok(Login::Key { key, passphrase: Some(prompt(&question)?) }))))
}

/// Whether a private key needs a passphrase: PEM says so in words, OpenSSH's format names a cipher behind its magic
/// (`PROTOCOL.key` in its sources).
fn is_encrypted(key: &str) -> bool {
    const MAGIC: &[u8] = b"openssh-key-v1\0\0\0\0\x04none";
    if !key.contains("BEGIN OPENSSH PRIVATE KEY") {
        return key.contains("ENCRYPTED");
    }
    let body: Zeroizing<String> = Zeroizing::new(key.lines().filter(|line| !line.starts_with('-')).collect());
    let start = STANDARD.decode(body.get(..32).unwrap_or_default()).unwrap_or_default();
    !start.starts_with(MAGIC)
}

fn variable(name: &str) -> Result<Option<SecretString>> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(SecretString::from(value))),
        Ok(_) | Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => bail!("the variable {name} is not UTF-8"),
    }
}

/// Whether somebody can be asked; `instead` says what to give where nobody can.
fn check_terminal(instead: impl FnOnce() -> String) -> Result<(), UsageError> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(UsageError(format!("{} (there is no terminal to ask at)", instead())))
}

/// Asks on the terminal.
fn prompt(question: &str) -> Result<SecretString> {
    let question = crate::escape::line(question).into_owned();
    let answer = rpassword::prompt_password(question).context("cannot ask on the terminal")?;
    Ok(SecretString::from(answer))
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(bounds::SECRET.buffer());
    bounds::SECRET.read_into(path, &mut bytes)?;
    let text = text::decode_whole(&bytes).ok_or_else(|| io::Error::other("it is neither UTF-8 nor UTF-16"))?;
    Ok(Zeroizing::new(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_password_saved_on_windows_is_read_without_its_byte_order_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let utf_16: Vec<u8> = "\u{feff}s3cret\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [b"s3cret\n".as_slice(), b"\xef\xbb\xbfs3cret\r\n", &utf_16] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).unwrap().lines().next(), Some("s3cret"));
        }
        std::fs::write(&path, b"s\xe4cret").unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "it is neither UTF-8 nor UTF-16");
    }

    #[test]
    fn an_encrypted_key_is_told_by_its_head() {
        let openssh = |head: &[u8]| {
            format!(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
                STANDARD.encode(head)
            )
        };
        assert!(!is_encrypted(&openssh(b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none")));
        assert!(is_encrypted(&openssh(b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt")));
        assert!(is_encrypted("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"));
        assert!(is_encrypted("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert!(!is_encrypted("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"));
    }

    proptest! {
        #[test]
        fn whatever_a_password_s_file_holds_it_is_its_first_line_or_none_and_never_told(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                "\\PC{0,20}(\r?\n\\PC{0,20}){0,3}".prop_map(String::into_bytes),
                "[a-z]{4,9}\n?".prop_map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ],
        ) {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let read = || match node_password(Some(file.path()), String::new()) {
                Ok(Password::Given(password)) => Ok(password.expose_secret().to_owned()),
                Ok(Password::Asked(_)) => Err("asked".to_owned()),
                Err(error) => Err(format!("{error:#}")),
            };
            let found = read();
            prop_assert_eq!(&found, &read());
            match found {
                Ok(password) => prop_assert!(!password.is_empty() && !password.contains('\n'), "{:?}", password),
                Err(error) => {
                    let secret = text::decode(&bytes).lines().next().unwrap_or_default().to_owned();
                    prop_assert!(secret.len() < 4 || !error.contains(&secret), "{}", error);
                }
            }
        }
    }
}
