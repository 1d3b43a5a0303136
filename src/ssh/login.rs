//! The login, as CUCM's client does it: by password, or else by answering the server's prompt for one; and by key, for
//! servers that want one.

use secrecy::{ExposeSecret, SecretString};
use ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};

use super::error::SshError;
use super::session::told;

/// `LIBSSH2_ERROR_AUTHENTICATION_FAILED`.
const AUTHENTICATION_FAILED: i32 = -18;

/// A password that has to be changed first.
const EXPIRED: &str = "password_expired";
/// A prompt that is none for a password.
const UNKNOWN: &str = "prompt_unknown";

/// What libssh2 says where a server asks for a new password (`SSH_MSG_USERAUTH_PASSWD_CHANGEREQ`, RFC 4252, section 8)
/// and nobody gives one; of a wrong password it says more.
const WANTS_ANOTHER: &str = "Authentication failed";

/// What a login is made with. It is wiped when it is dropped, and no debug output shows it.
#[derive(Debug)]
pub enum Login {
    Password(SecretString),
    /// A private key.
    Key {
        /// The text of its file.
        key: SecretString,
        /// What it is encrypted with.
        passphrase: Option<SecretString>,
    },
}

/// Logs in and tells the method. One attempt: a second one with the same wrong password brings an account nearer to
/// being locked.
pub(crate) fn log_in(
    session: &Session,
    user: &str,
    login: &Login,
    methods: &[String],
) -> Result<&'static str, SshError> {
    if session.authenticated() {
        return Ok("none");
    }
    let offers = |method: &str| methods.iter().any(|offered| offered == method);
    match login {
        Login::Key { key, passphrase } => by_key(session, user, key, passphrase.as_ref()).map(|()| "publickey"),
        Login::Password(password) if offers("password") => by_password(session, user, password).map(|()| "password"),
        Login::Password(password) if offers("keyboard-interactive") => {
            by_prompt(session, user, password).map(|()| "keyboard-interactive")
        }
        Login::Password(_) => {
            let message = format!("the server takes no password from this account, only {}", methods.join(", "));
            Err(SshError::own("no_password_method", message))
        }
    }
}

/// Why a node lets nobody in.
#[derive(Debug)]
pub(crate) struct NotLetIn {
    pub(crate) failure: SshError,
    /// Whether the password has gone out.
    pub(crate) password_sent: bool,
}

impl NotLetIn {
    fn unasked(failure: SshError) -> Self {
        Self { failure, password_sent: false }
    }
}

/// Logs in to a CUCM node. Newer nodes take a password only as the answer to their prompt; so the prompt goes first where
/// both are offered. The password is sent once: a node locks an account after three wrong ones.
pub(crate) fn log_in_to_node(session: &Session, user: &str, password: &SecretString) -> Result<(), NotLetIn> {
    let methods = methods(session, user).map_err(NotLetIn::unasked)?;
    let offers = |method: &str| methods.iter().any(|offered| offered == method);
    if session.authenticated() {
        return Ok(());
    }
    if offers("keyboard-interactive") {
        match by_node_s_prompt(session, user, password) {
            Err(refused) if !refused.password_sent && refused.failure.code != UNKNOWN && offers("password") => {}
            done => return done,
        }
    }
    if offers("password") {
        return by_password(session, user, password).map_err(|failure| {
            let said = banner_on_account(session).filter(|_| failure.code != EXPIRED);
            NotLetIn { failure: explained(failure, said), password_sent: true }
        });
    }
    let message = format!("the node takes no password from this account, only {}", methods.join(", "));
    Err(NotLetIn::unasked(SshError::own("no_password_method", message)))
}

fn by_node_s_prompt(session: &Session, user: &str, password: &SecretString) -> Result<(), NotLetIn> {
    let mut answerer = Answerer { password, used: false, unanswered: None, any: true, said: None };
    let done = session.userauth_keyboard_interactive(user, &mut answerer);
    let Answerer { used, unanswered, said, .. } = answerer;
    done.map_err(|error| {
        let failure = match unanswered {
            Some(prompt) if used => {
                let message =
                    format!("after the password the node asks {prompt:?}: log in by hand and answer that first");
                SshError::own(EXPIRED, message)
            }
            Some(prompt) => SshError::own(UNKNOWN, format!("the node asks {prompt:?}")),
            None => explained(told(&error), said.or_else(|| banner_on_account(session)).filter(|_| used)),
        };
        NotLetIn { failure, password_sent: used }
    })
}

/// A refusal with the server's own words for it.
fn explained(failure: SshError, said: Option<String>) -> SshError {
    let Some(said) = said else { return failure };
    SshError { message: format!("{}, it says {said:?}", failure.message), ..failure }
}

/// What a server's banner says of the account, where it says that it is locked, or the like: most banners are a site's.
fn banner_on_account(session: &Session) -> Option<String> {
    let banner = session.userauth_banner().ok().flatten()?;
    let is_on_account = |line: &&str| {
        let line = line.to_lowercase();
        ["lock", "expire", "disabled", "attempts"].iter().any(|word| line.contains(word))
    };
    banner.lines().map(str::trim).find(is_on_account).map(|line| line.chars().take(200).collect())
}

/// The methods that the server offers to this user (RFC 4252, section 5.2). Empty where it needs none at all.
pub(crate) fn methods(session: &Session, user: &str) -> Result<Vec<String>, SshError> {
    match session.auth_methods(user) {
        Ok(methods) => Ok(methods.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()),
        Err(_) if session.authenticated() => Ok(Vec::new()),
        Err(error) => Err(told(&error)),
    }
}

fn by_key(
    session: &Session,
    user: &str,
    key: &SecretString,
    passphrase: Option<&SecretString>,
) -> Result<(), SshError> {
    let passphrase = passphrase.map(ExposeSecret::expose_secret);
    let done = session.userauth_pubkey_memory(user, None, key.expose_secret(), passphrase);
    done.map_err(|error| match error.code() {
        // The same code as a wrong password's, which needs another remedy.
        ErrorCode::Session(AUTHENTICATION_FAILED) => SshError::own("key_refused", told(&error).message),
        _ => told(&error),
    })
}

fn by_password(session: &Session, user: &str, password: &SecretString) -> Result<(), SshError> {
    let done = session.userauth_password(user, password.expose_secret());
    done.map_err(|error| match error.message() {
        WANTS_ANOTHER => SshError::own(EXPIRED, "the password has expired, and a new one is asked for"),
        _ => told(&error),
    })
}

fn by_prompt(session: &Session, user: &str, password: &SecretString) -> Result<(), SshError> {
    let mut answerer = Answerer { password, used: false, unanswered: None, any: false, said: None };
    let done = session.userauth_keyboard_interactive(user, &mut answerer);
    done.map_err(|error| match answerer.unanswered {
        Some(prompt) => SshError::own(UNKNOWN, format!("the server asks {prompt:?}")),
        None => told(&error),
    })
}

/// Answers as JSch does (`UserAuthKeyboardInteractive`): a single hidden prompt that contains `password:`. Once.
struct Answerer<'a> {
    password: &'a SecretString,
    used: bool,
    unanswered: Option<String>,
    /// Whether any single hidden prompt is one for the password: CUCM's wording is nowhere written.
    any: bool,
    /// What the server said last beside its prompts: why an account is locked, for one.
    said: Option<String>,
}

impl KeyboardInteractivePrompt for Answerer<'_> {
    fn prompt(&mut self, _user: &str, instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let line = instructions.lines().map(str::trim).find(|line| !line.is_empty());
        self.said = line.map(|line| line.chars().take(200).collect()).or(self.said.take());
        if let [only] = prompts
            && (asks_for_password(only) || (self.any && !only.echo))
            && !std::mem::replace(&mut self.used, true)
        {
            return vec![self.password.expose_secret().to_owned()];
        }
        let is_other = |prompt: &&Prompt<'_>| {
            prompts.len() > 1 || !asks_for_password(prompt) || (self.used && asks_for_another(prompt))
        };
        if let Some(first) = prompts.iter().find(is_other) {
            self.unanswered.get_or_insert_with(|| first.text.trim().chars().take(200).collect());
        }
        vec![String::new(); prompts.len()]
    }
}

fn asks_for_password(prompt: &Prompt<'_>) -> bool {
    !prompt.echo && prompt.text.to_lowercase().contains("password:")
}

/// Whether a password that has expired is to be changed.
fn asks_for_another(prompt: &Prompt<'_>) -> bool {
    let text = prompt.text.to_lowercase();
    ["new", "retype", "current"].iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(rounds: &[&[(&'static str, bool)]]) -> (Vec<Vec<String>>, Option<String>) {
        let password = SecretString::from("secret");
        let mut answerer = Answerer { password: &password, used: false, unanswered: None, any: false, said: None };
        let mut given = Vec::new();
        for round in rounds {
            let prompts: Vec<_> =
                round.iter().map(|(text, echo)| Prompt { text: (*text).into(), echo: *echo }).collect();
            given.push(answerer.prompt("u", "", &prompts));
        }
        (given, answerer.unanswered)
    }

    #[test]
    fn a_single_hidden_prompt_for_the_password_is_answered_once() {
        let (given, unanswered) = answers(&[&[("(u@host) Password: ", false)], &[("Password: ", false)], &[]]);
        assert_eq!(given, [vec!["secret".to_owned()], vec![String::new()], vec![]]);
        assert_eq!(unanswered, None);
    }

    #[test]
    fn the_password_goes_to_no_other_prompt() {
        for round in [
            &[("Verification code: ", false)][..],
            &[("Password: ", true)],
            &[("Password: ", false), ("Code: ", false)],
        ] {
            let (given, unanswered) = answers(&[round]);
            assert!(given.concat().iter().all(String::is_empty), "{round:?}");
            assert!(unanswered.is_some(), "{round:?}");
        }
    }

    #[test]
    fn a_password_that_is_to_be_changed_is_told() {
        let (given, unanswered) = answers(&[&[("Password: ", false)], &[("New password: ", false)]]);
        assert_eq!(given, [vec!["secret".to_owned()], vec![String::new()]]);
        assert_eq!(unanswered.as_deref(), Some("New password:"));
    }

    #[test]
    fn no_debug_output_shows_a_secret() {
        let login = Login::Key { key: "hush-key".into(), passphrase: Some("hush-phrase".into()) };
        let shown = format!("{login:?} {:?}", Login::Password("hush-word".into()));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
