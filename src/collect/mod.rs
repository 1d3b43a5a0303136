//! What a node of CUCM tells of itself over its command line: facts, listings, traces and waiting files, in one login
//! and one session, in a folder.

mod files;
mod folder;
mod listings;
mod names;
mod node;
mod reading;
mod record;

use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::NaiveDateTime;
use secrecy::SecretString;

use crate::cucm::shell::Shell;
use crate::document::collect::{Collect, CommandOutcome};
use crate::document::probe::HostKey;
use crate::interrupt::Interrupt;
use crate::model::offer::Offer;
use crate::ssh::connect::{self, Family};
use crate::ssh::deadline::{Clock, Deadline};
use crate::ssh::handshake::{self, Preferences};
use crate::ssh::host_key;
use crate::ssh::login::{self, NotLetIn};
use crate::ssh::session::{HandshakeOutcome, Link};
use crate::ssh::target::Target;
use crate::ssh::trust::Trust;
pub use folder::Folder;
use names::Places;
use reading::Doubt;
use record::Record;

/// How soon an interrupt is noticed.
const NOTICE: Duration = Duration::from_millis(100);
/// How long a session may stay away after an interrupt or its own end of time.
const GRACE: Duration = Duration::from_secs(8);
/// Room for all that is read but traces and waiting files.
const AROUND: usize = 1 << 30;

/// What to collect, and where from.
#[derive(Debug, Clone)]
pub struct Order {
    /// The node as the user named it.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// Which of its addresses count.
    pub family: Family,
    /// The account.
    pub user: String,
    /// Which host keys are trusted.
    pub trust: Trust,
    /// How long the node may be silent.
    pub silence: Duration,
    pub traces: Traces,
    /// Whether the waiting files themselves are read.
    pub waiting: bool,
}

/// Which traces are read.
#[derive(Debug, Clone, Copy)]
pub struct Traces {
    /// Those written at or after this time, by the node's clock.
    pub since: Option<NaiveDateTime>,
    /// At most so many, the newest.
    pub newest: Option<usize>,
    /// At most so many bytes of them, the newest first.
    pub max_bytes: u64,
}

/// Tells of progress, a line a command.
pub type Progress = Box<dyn Fn(&str) + Send>;

/// A connection whose host key is trusted: a password may be sent.
struct Reached {
    link: Link,
    clock: Clock,
    address: SocketAddr,
    key: HostKey,
    warnings: Vec<String>,
}

/// Goes up to the login and hangs up, so that nobody types a password for a node that is not there or not trusted.
///
/// # Errors
/// When no login could follow.
pub fn approach(order: &Order) -> Result<()> {
    let order = order.clone();
    on_its_own_thread(&Interrupt::default(), move || {
        reach(&order)?.link.hang_up();
        Ok(())
    })?
}

/// Collects into the folder. What came before a fault is kept, and told as cut.
///
/// # Errors
/// When nothing could be collected: no such node, no login, no command line of CUCM's.
pub fn collect(
    order: Order,
    password: SecretString,
    folder: Folder,
    interrupt: &Interrupt,
    progress: Progress,
) -> Result<Collect> {
    let record = Record::new(&order, folder.path());
    let (kept, raised) = (record.clone(), interrupt.clone());
    let done = on_its_own_thread(interrupt, move || session(&order, &password, folder, &raised, record, progress));
    let mut answer = kept.answer();
    if let Ok(Err(error)) | Err(error) = done {
        if answer.commands.is_empty() {
            return Err(error);
        }
        answer.warnings.push(format!("{error:#}"));
    }
    if !answer.commands.iter().any(|sent| sent.outcome == CommandOutcome::Done) {
        bail!("{}: nothing was collected: {}", answer.node.target, answer.warnings.join("; "));
    }
    Folder::write_collection(&answer)?;
    Ok(answer)
}

/// libssh2 has no time-out while it computes, and its crate panics on some bytes: so it has a thread of its own.
fn on_its_own_thread<T: Send + 'static>(interrupt: &Interrupt, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    handshake::silence_panics();
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name(handshake::THREAD.into()).spawn(move || sender.send(work()).is_ok());
    spawned.context("no thread for the session")?;
    let mut since = None;
    loop {
        match receiver.recv_timeout(NOTICE) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Disconnected) => bail!("libssh2 gave up on what the node sent"),
            Err(RecvTimeoutError::Timeout) if interrupt.is_raised() => {
                let deadline = since.get_or_insert_with(|| Deadline::after(GRACE));
                if deadline.remaining().is_none() {
                    bail!("interrupted");
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn session(
    order: &Order,
    password: &SecretString,
    folder: Folder,
    interrupt: &Interrupt,
    record: Record,
    progress: Progress,
) -> Result<()> {
    progress(&format!("logging in to {} as {}", order.target, order.user));
    let reached = reach(order)?;
    record.note(|answer| {
        answer.node.address = Some(reached.address.ip().to_string());
        answer.node.host_key = Some(reached.key.clone());
        answer.warnings.extend(reached.warnings.iter().cloned());
    });
    let Reached { link, clock, .. } = reached;
    log_in(order, &link, password)?;
    let log = folder.session_log()?;
    let shell =
        Shell::open(link, &clock, order.silence, interrupt, log).map_err(|error| anyhow!("{}: {error}", order.name))?;
    let mut collector =
        Collector { order, shell, folder, record, progress, lead: None, doubts: Vec::new(), places: Places::default() };
    collector.facts();
    collector.billing_servers();
    let traces = collector.trace_folder();
    let waiting = collector.preserve_folders();
    collector.traces(traces);
    if order.waiting {
        collector.waiting(waiting);
    }
    collector.settle();
    collector.shell.close();
    Ok(())
}

/// A session under way.
struct Collector<'a> {
    order: &'a Order,
    shell: Shell,
    folder: Folder,
    record: Record,
    progress: Progress,
    /// How many blank lines the node prints before each file, once one has shown it.
    lead: Option<usize>,
    doubts: Vec<Doubt>,
    places: Places,
}

/// Connects, shakes hands and checks the host key.
fn reach(order: &Order) -> Result<Reached> {
    let deadline = Deadline::after(order.silence);
    let reached = connect::resolve(&order.target, order.family, deadline)
        .and_then(|addresses| connect::to_first(&addresses, deadline));
    let (stream, address) = reached.map_err(|error| {
        anyhow!(
            "the CUCM node {} cannot be reached: {error}; check its address, and that the firewalls let SSH through from \
             here",
            order.name
        )
    })?;
    let clock = Clock::from(deadline);
    let most = usize::try_from(order.traces.max_bytes).unwrap_or(usize::MAX).saturating_mul(4).saturating_add(AROUND);
    // Nothing newer than SHA-1 is there on old nodes, so no list is limited.
    let preferences = Preferences::of(&Offer::default())?;
    let HandshakeOutcome { link, words, opening } = Link::open(stream, &preferences, &clock, most);
    let link = match link {
        Ok(link) => link,
        Err(_) if opening.bytes.is_empty() && deadline.remaining().is_some() => {
            bail!("{}: it closed the connection at once: all of its sessions may be in use", order.name);
        }
        Err(failure) => {
            let failure = words.error.unwrap_or(failure);
            bail!("{}: no SSH session: {}", order.name, failure.message);
        }
    };
    let key = link.session.host_key().map(|(key, _)| key.to_vec()).context("libssh2 reports no host key")?;
    let described = host_key::describe(&key);
    let shown = format!("{} {}", described.algorithm, described.sha256.as_deref().unwrap_or_default());
    let trusted = order.trust.judge(order.target.host(), order.target.port(), &key, &shown);
    let trusted = trusted.map_err(|failure| anyhow!("{}: {}", order.name, failure.message))?;
    let mut warnings: Vec<String> = trusted.warning.into_iter().collect();
    warnings.extend(old_algorithms(&link, &order.name));
    Ok(Reached { link, clock, address, key: described, warnings })
}

/// What of the agreement rests on SHA-1, as with CUCM 11.5 and before.
fn old_algorithms(link: &Link, node: &str) -> Option<String> {
    let agreed = handshake::agreed(&link.session);
    let is_old = |name: &&String| {
        name.ends_with("-sha1")
            || ["ssh-rsa", "ssh-dss", "hmac-md5", "arcfour"].contains(&name.as_str())
            || name.ends_with("-cbc")
    };
    let mut old: Vec<&String> = agreed.values().filter(is_old).collect();
    old.dedup();
    let names: Vec<_> = old.into_iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| format!("{node} offers nothing newer than {}; this session used it", names.join(", ")))
}

/// One attempt.
fn log_in(order: &Order, link: &Link, password: &SecretString) -> Result<()> {
    link.limit_waiting();
    login::log_in_to_node(&link.session, &order.user, password).map_err(|NotLetIn { failure, password_sent }| {
        let failure = link.explain(failure);
        let sent = if password_sent {
            "the password was sent once and is not tried again"
        } else {
            "the password was not sent"
        };
        anyhow!("{} refuses the login of {}: {}; {sent}", order.name, order.user, failure.message)
    })
}
