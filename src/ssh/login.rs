//! The login, as CUCM's client does it: by password, or else by answering the server's prompt for one; and by key, for
//! servers that want one.

use secrecy::{ExposeSecret, SecretString};
use ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};

use super::session::told;
use super::trouble::Trouble;

/// `LIBSSH2_ERROR_AUTHENTICATION_FAILED`.
const AUTHENTICATION_FAILED: i32 = -18;

/// What a login is made with. It is wiped when it is dropped, and no debug output shows it.
#[derive(Debug)]
pub enum Login {
    /// A password.
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
) -> Result<&'static str, Trouble> {
    if session.authenticated() {
        return Ok("none");
    }
    let offers = |method: &str| methods.iter().any(|offered| offered == method);
    match login {
        Login::Key { key, passphrase } => by_key(session, user, key, passphrase.as_ref()).map(|()| "publickey"),
        Login::Password(password) if offers("password") => {
            let done = session.userauth_password(user, password.expose_secret());
            done.map_err(|error| told(&error)).map(|()| "password")
        }
        Login::Password(password) if offers("keyboard-interactive") => {
            by_prompt(session, user, password).map(|()| "keyboard-interactive")
        }
        Login::Password(_) => {
            let message = format!("the server takes no password from this account, only {}", methods.join(", "));
            Err(Trouble::own("no_password_method", message))
        }
    }
}

/// Logs in to a CUCM node and tells the method. Newer nodes take a password only as the answer to their prompt; so the
/// prompt goes first where both are offered. The password is sent once: a node locks an account after three wrong ones.
pub(crate) fn log_in_to_node(
    session: &Session,
    user: &str,
    password: &SecretString,
    methods: &[String],
) -> Result<&'static str, Trouble> {
    let offers = |method: &str| methods.iter().any(|offered| offered == method);
    if session.authenticated() {
        return Ok("none");
    }
    if offers("keyboard-interactive") {
        let mut answerer = Answerer { password, used: false, unanswered: None, any: true };
        let done = session.userauth_keyboard_interactive(user, &mut answerer);
        match done {
            Ok(()) => return Ok("keyboard-interactive"),
            Err(error) if answerer.used || answerer.unanswered.is_some() || !offers("password") => {
                return Err(match answerer.unanswered {
                    Some(prompt) if answerer.used => Trouble::own(
                        "password_expired",
                        format!("after the password the node asks {prompt:?}: log in by hand and answer that first"),
                    ),
                    Some(prompt) => Trouble::own("prompt_unknown", format!("the node asks {prompt:?}")),
                    None => told(&error),
                });
            }
            Err(_) => {}
        }
    }
    if offers("password") {
        let done = session.userauth_password(user, password.expose_secret());
        return done.map_err(|error| told(&error)).map(|()| "password");
    }
    let message = format!("the node takes no password from this account, only {}", methods.join(", "));
    Err(Trouble::own("no_password_method", message))
}

/// The methods that the server offers to this user (RFC 4252, section 5.2). Empty where it needs none at all.
pub(crate) fn methods(session: &Session, user: &str) -> Result<Vec<String>, Trouble> {
    match session.auth_methods(user) {
        Ok(methods) => Ok(methods.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()),
        Err(_) if session.authenticated() => Ok(Vec::new()),
        Err(error) => Err(told(&error)),
    }
}

fn by_key(session: &Session, user: &str, key: &SecretString, passphrase: Option<&SecretString>) -> Result<(), Trouble> {
    let passphrase = passphrase.map(ExposeSecret::expose_secret);
    let done = session.userauth_pubkey_memory(user, None, key.expose_secret(), passphrase);
    done.map_err(|error| match error.code() {
        // The same code as a wrong password's, which needs another remedy.
        ErrorCode::Session(AUTHENTICATION_FAILED) => Trouble::own("key_refused", told(&error).message),
        _ => told(&error),
    })
}

fn by_prompt(session: &Session, user: &str, password: &SecretString) -> Result<(), Trouble> {
    let mut answerer = Answerer { password, used: false, unanswered: None, any: false };
    let done = session.userauth_keyboard_interactive(user, &mut answerer);
    done.map_err(|error| match answerer.unanswered {
        Some(prompt) => Trouble::own("prompt_unknown", format!("the server asks {prompt:?}")),
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
}

impl KeyboardInteractivePrompt for Answerer<'_> {
    fn prompt(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
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
        let mut answerer = Answerer { password: &password, used: false, unanswered: None, any: false };
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
