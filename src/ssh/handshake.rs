//! A real connection by libssh2, limited to a client's proposal: the proof of what the lists predict.
//!
//! What it cannot prove: libssh2 is not JSch. It asks for its own sizes in a group exchange (2,048 to 8,192 bits),
//! verifies host keys that JSch cannot, and knows algorithms of its own only: what the proposal holds besides is
//! left out. It sees that a server goes through with an algorithm that it offers, and what its host key is.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{LazyLock, Once, mpsc};
use std::thread;
use std::time::Duration;

use ssh2::{MethodType, Session};

use super::connect;
use super::deadline::Deadline;
use super::relay::{Ending, HANDSHAKE_BYTES, Relay};
use super::{host_key, identification, opening};
use crate::document::probe::{Access, Handshake, Unproven};
use crate::model::offer::{Category, Offer};

/// The name with which the authentication methods are asked for.
const USER: &str = "cdrdiag";

/// How long after the deadline libssh2's own time-out comes.
const LATER: Duration = Duration::from_secs(1);

/// How long a server that turned a connection away is left alone: its limits count connections that have just ended.
const PAUSE: Duration = Duration::from_secs(1);

/// The name of the threads in which libssh2 runs.
pub(crate) const THREAD: &str = "libssh2";

/// What libssh2 is allowed to propose: of a client's proposal the algorithms that it knows. Two profiles with
/// equal preferences need one handshake only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Preferences(Vec<(Category, String)>);

/// Why no handshake can speak for a proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("libssh2 knows no {} algorithm of the proposal ({})", .category.title(), .proposed.join(", "))]
pub struct NothingKnown {
    /// The category without an algorithm that libssh2 knows.
    pub category: Category,
    /// What the proposal holds there.
    pub proposed: Vec<String>,
}

impl Preferences {
    /// Limits a proposal to what libssh2 knows. A category that the proposal does not tell stays unlimited.
    ///
    /// # Errors
    /// When nothing is left of a category.
    pub fn of(proposal: &Offer) -> Result<Self, NothingKnown> {
        let limited = Category::NEGOTIATED.into_iter().filter_map(|category| Some((category, proposal.get(category)?)));
        limited.map(|(category, proposed)| limit(category, proposed)).collect::<Result<_, _>>().map(Self)
    }
}

fn limit(category: Category, proposed: &[String]) -> Result<(Category, String), NothingKnown> {
    let known = |name: &&str| supported(category).contains(name);
    let kept: Vec<&str> = proposed.iter().map(String::as_str).filter(known).collect();
    if kept.is_empty() {
        return Err(NothingKnown { category, proposed: proposed.to_vec() });
    }
    Ok((category, kept.join(",")))
}

/// The algorithms that this build's libssh2 knows.
pub fn supported(category: Category) -> &'static [&'static str] {
    static KNOWN: LazyLock<BTreeMap<Category, Vec<&'static str>>> = LazyLock::new(|| {
        let Ok(session) = Session::new() else { return BTreeMap::new() };
        let list = |category| session.supported_algs(method_type(category)).unwrap_or_default();
        Category::NEGOTIATED.into_iter().map(|category| (category, list(category))).collect()
    });
    KNOWN.get(&category).map(Vec::as_slice).unwrap_or_default()
}

fn method_type(category: Category) -> MethodType {
    match category {
        Category::Kex => MethodType::Kex,
        Category::HostKey => MethodType::HostKey,
        Category::CipherC2s => MethodType::CryptCs,
        Category::CipherS2c => MethodType::CryptSc,
        Category::MacC2s => MethodType::MacCs,
        Category::MacS2c => MethodType::MacSc,
        Category::CompressionC2s => MethodType::CompCs,
        Category::CompressionS2c => MethodType::CompSc,
        Category::LanguageC2s => MethodType::LangCs,
        Category::LanguageS2c => MethodType::LangSc,
    }
}

/// Whether to ask, after the handshake, which authentication methods there are. That is a request of method `none`
/// (RFC 4252, section 5.2) for the user `cdrdiag`: no password, but a line in the server's log, and some servers
/// count such lines. So it is for one handshake a server, not for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Ask.
    Ask,
    /// Leave the login alone.
    Leave,
}

/// An entry for a handshake that was not made.
pub fn not_performed(reason: &str) -> Handshake {
    Handshake { performed: false, error: Some(reason.to_owned()), ..Handshake::default() }
}

/// Shakes hands within the deadline, whatever the server does; once more after a pause where the server turned the
/// connection away.
pub fn perform(
    address: SocketAddr,
    preferences: &Preferences,
    authentication: Authentication,
    deadline: Deadline,
) -> Handshake {
    let first = once(address, preferences, authentication, deadline);
    let is_time_left = deadline.remaining().is_some_and(|left| left > PAUSE);
    if first.unproven != Some(Unproven::TurnedAway) || !is_time_left {
        return first;
    }
    thread::sleep(PAUSE);
    once(address, preferences, authentication, deadline)
}

fn once(
    address: SocketAddr,
    preferences: &Preferences,
    authentication: Authentication,
    deadline: Deadline,
) -> Handshake {
    let Some(remaining) = deadline.remaining() else {
        let reason = "time ran out before this handshake".to_owned();
        return Handshake { performed: false, ..unproven(Unproven::TimedOut, reason) };
    };
    silence_panics();
    let started = Deadline::after(remaining);
    let (sender, receiver) = mpsc::sync_channel(1);
    let preferences = preferences.clone();
    // On its own thread, because a group of 16,384 bits keeps libssh2 computing past any time-out of a socket.
    let spawned = thread::Builder::new().name(THREAD.into()).spawn(move || {
        // Nobody waits any more once the deadline is over.
        sender.send(attempt(address, &preferences, authentication, started)).is_ok()
    });
    let mut handshake = match spawned {
        Ok(_) => receiver.recv_timeout(remaining).unwrap_or_else(|_| unproven(Unproven::TimedOut, late(remaining))),
        Err(error) => return not_performed(&format!("no thread for it: {error}")),
    };
    handshake.ms = Some(started.elapsed_ms());
    handshake
}

fn failed(error: String) -> Handshake {
    Handshake { performed: true, result: Some(Access::Refuses), error: Some(error), ..Handshake::default() }
}

fn unproven(why: Unproven, error: String) -> Handshake {
    Handshake { performed: true, unproven: Some(why), error: Some(error), ..Handshake::default() }
}

fn attempt(
    address: SocketAddr,
    preferences: &Preferences,
    authentication: Authentication,
    deadline: Deadline,
) -> Handshake {
    let relay = match connect::to_one(address, deadline) {
        Ok((server, _)) => Relay::open(server, &deadline.into(), HANDSHAKE_BYTES),
        Err(obstacle) if obstacle.kind() == "timed_out" => return unproven(Unproven::TimedOut, obstacle.to_string()),
        Err(obstacle) => return unproven(Unproven::TurnedAway, obstacle.to_string()),
    };
    let (stream, relay) = match relay {
        Ok(open) => open,
        Err(error) => return not_performed(&format!("no sockets for it: {error}")),
    };
    match open(stream, preferences, deadline) {
        Ok(session) => {
            let mut handshake = describe(&session);
            if authentication == Authentication::Ask {
                ask(&session, &mut handshake);
            }
            // Politeness: it spares the server's log a broken connection.
            let _ = session.disconnect(None, "cdrdiag has seen what it wanted", None);
            handshake
        }
        Err(error) => explain(&error, &relay, deadline),
    }
}

/// Shakes hands over a stream whose other end is bounded; libssh2 waits for no answer longer than the deadline.
///
/// # Errors
/// When the two do not agree, or the connection ends.
pub(crate) fn open(stream: TcpStream, preferences: &Preferences, deadline: Deadline) -> Result<Session, ssh2::Error> {
    let mut session = Session::new()?;
    session.set_banner(identification::OURS.trim_end())?;
    for (category, list) in &preferences.0 {
        session.method_pref(method_type(*category), list)?;
    }
    limit_waiting(&session, deadline);
    session.set_tcp_stream(stream);
    session.handshake()?;
    Ok(session)
}

/// Has libssh2 wait for an answer not much longer than the deadline. The relay ends it at the deadline and knows why
/// it did; libssh2's own time-out must not come first.
pub(crate) fn limit_waiting(session: &Session, deadline: Deadline) {
    let left = deadline.remaining().unwrap_or_default().saturating_add(LATER).as_millis();
    session.set_timeout(u32::try_from(left).unwrap_or(u32::MAX));
}

fn late(given: Duration) -> String {
    format!("the key exchange did not finish within the {:.1} s that were left", given.as_secs_f64())
}

/// What a handshake without a session comes to. One that ends before the server's KEXINIT says nothing of algorithms:
/// the server, or what stands before it, limits connections.
fn explain(error: &ssh2::Error, relay: &Relay, deadline: Deadline) -> Handshake {
    match relay.ending() {
        Some(Ending::Deadline) => unproven(Unproven::TimedOut, late(deadline.whole())),
        Some(Ending::TooMuch) => failed("the server sent more than any handshake needs".to_owned()),
        Some(Ending::Closed) | None => {
            let said = format!("libssh2 says: {}", error.message());
            match opening::read(&relay.opening().bytes).offer {
                Some(_) => failed(said),
                None => unproven(
                    Unproven::TurnedAway,
                    format!("the server turned the connection away before the key exchange ({said})"),
                ),
            }
        }
    }
}

/// What a session that is open has agreed on.
pub(crate) fn agreed(session: &Session) -> BTreeMap<Category, String> {
    let agreed = Category::NEGOTIATED.into_iter().filter_map(|category| {
        let name = session.methods(method_type(category))?;
        // libssh2's own word for "an AEAD cipher, so no MAC".
        (!name.starts_with("INTEGRATED")).then(|| (category, name.to_owned()))
    });
    agreed.collect()
}

/// What came of a handshake that succeeded.
fn describe(session: &Session) -> Handshake {
    Handshake {
        performed: true,
        result: Some(Access::Accepts),
        agreed: agreed(session),
        host_key: session.host_key().map(|(blob, _)| host_key::describe(blob)),
        ..Handshake::default()
    }
}

/// Asks for the authentication methods. The crate panics where the server's list is not UTF-8.
fn ask(session: &Session, handshake: &mut Handshake) {
    let asked = panic::catch_unwind(AssertUnwindSafe(|| session.auth_methods(USER).map(str::to_owned)));
    match asked {
        Ok(Ok(methods)) => {
            handshake.auth_methods = methods.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        Ok(Err(_)) if session.authenticated() => handshake.auth_methods = vec!["none".to_owned()],
        Ok(Err(error)) => {
            handshake.error = Some(format!("the authentication methods are not known: {}", error.message()));
        }
        Err(_) => handshake.error = Some("the list of authentication methods is not UTF-8".to_owned()),
    }
}

/// A caught panic of the crate's is told in the answer; the terminal need not see it, too.
pub(crate) fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                usual(info);
            }
        }));
    });
}
