//! A delivery as CUCM would make it, stage by stage: libssh2, limited to a profile's algorithms, logs in, writes a small
//! file that no billing server takes for a CDR file, reads its size back and removes it.
//!
//! What was written is removed, also after a failure, a time-out or an interrupt: over the connection that there is, or
//! over a new one. What could not be removed is told.

pub mod backfill;
mod clean_up;
mod failure;
mod log;
mod stages;
mod test_file;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::document::deliver::Deliver;
use crate::document::probe::ProfileRef;
use crate::interrupt::Interrupt;
use crate::model::profile::Profile;
use crate::model::stage::Stage;
use crate::ssh::connect::Family;
use crate::ssh::deadline::{Clock, Deadline};
use crate::ssh::error::SshError;
use crate::ssh::handshake::{self, Preferences};
pub use crate::ssh::login::Login;
use crate::ssh::target::Target;
pub use crate::ssh::trust::Trust;
use backfill::Backfill;
pub(crate) use failure::remedy;
use log::Log;
use stages::Delivery;

/// How soon an interrupt is noticed.
const NOTICE: Duration = Duration::from_millis(100);

/// What an interrupted delivery may still take for the step that it is in.
const AFTER_INTERRUPT: Duration = Duration::from_secs(2);

/// How long after a deadline the delivery may stay away: libssh2 has no time-out while it computes.
const GRACE: Duration = Duration::from_secs(3);

/// A delivery to make. What to log in with comes beside it: it may have to be asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// The server as the user named it.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// Which of its addresses count.
    pub family: Family,
    /// The time for the delivery as a whole; for each file that is handed in anew.
    pub timeout: Duration,
    /// The client to stand for.
    pub profile: Profile,
    /// The clients that a change on the server has to serve: that one, or all releases where none was named.
    pub clients: Vec<Profile>,
    /// What libssh2 knows of its algorithms.
    pub preferences: Preferences,
    /// The account.
    pub user: String,
    /// The directory on the server.
    pub directory: String,
    /// Which host keys are trusted.
    pub trust: Trust,
    /// Whether to ask for the volume's space.
    pub free_space: bool,
    /// What to deliver.
    pub load: Load,
}

/// What a delivery delivers.
#[derive(Debug, Clone)]
pub enum Load {
    /// A test file, which is removed again; then so many further ones, to measure how fast they go.
    Test {
        /// How many more.
        repeat: u32,
    },
    /// Saved CDR and CMR files, which stay.
    Files(Backfill),
}

impl Load {
    /// The stages on the way. Saved files stay: nothing is removed.
    fn stages(&self) -> &'static [Stage] {
        const FILES: usize = Stage::OF_A_DELIVERY.len() - 2;
        match self {
            Self::Test { .. } => &Stage::OF_A_DELIVERY,
            Self::Files(_) => {
                Stage::OF_A_DELIVERY.first_chunk::<FILES>().map_or(&Stage::OF_A_DELIVERY, |stages| stages)
            }
        }
    }

    /// The most bytes that it may cost either way: the files' own, the requests around them, and ample room.
    fn most_bytes(&self) -> usize {
        const AROUND: usize = 16_384;
        let (files, bytes) = match self {
            Self::Test { repeat } => (usize::try_from(*repeat).unwrap_or(usize::MAX), 0),
            Self::Files(backfill) => {
                let bytes = usize::try_from(backfill.plan.bytes()).unwrap_or(usize::MAX);
                (backfill.plan.files.len(), bytes.saturating_mul(2))
            }
        };
        files.saturating_mul(AROUND).saturating_add(bytes)
    }
}

/// Delivers, and tells how it went. It comes back in time, whatever the server does.
pub fn deliver(order: Order, login: Login, interrupt: &Interrupt) -> Deliver {
    run(order, Some(login), interrupt)
}

/// Goes up to the login and hangs up: nobody should be asked for a password that no server is there to take, or that
/// must not be sent to this one. `None` where a login could follow, else the answer, which is whole.
pub fn approach(order: Order) -> Option<Deliver> {
    let answer = run(order, None, &Interrupt::default());
    answer.failure.is_some().then_some(answer)
}

fn run(order: Order, login: Option<Login>, interrupt: &Interrupt) -> Deliver {
    handshake::silence_panics();
    let whole = Deadline::after(order.timeout);
    let clock = Clock::from(whole);
    let log = Log::new(blank(&order), order.load.stages());
    let (sender, receiver) = mpsc::channel();
    let delivery = Delivery { order, login, log: log.clone(), clock: clock.clone(), interrupt: interrupt.clone() };
    let spawned = thread::Builder::new().name(handshake::THREAD.into()).spawn(move || {
        delivery.run();
        // Nobody waits any more where the grace is over.
        sender.send(()).is_ok()
    });
    let lost = match spawned {
        Ok(_) => wait(&receiver, &clock, interrupt),
        Err(error) => Some(format!("no thread for it: {error}")),
    };
    if let Some(why) = lost {
        log.fail(SshError::own("lost", why));
    }
    let mut answer = log.answer();
    answer.total_ms = Some(whole.elapsed_ms());
    answer.interrupted = interrupt.is_raised() && !answer.delivered;
    answer
}

/// Waits for the delivery's end. Tells why where it does not come.
fn wait(receiver: &mpsc::Receiver<()>, clock: &Clock, interrupt: &Interrupt) -> Option<String> {
    let mut interrupted = false;
    loop {
        match receiver.recv_timeout(NOTICE) {
            Ok(()) => return None,
            Err(RecvTimeoutError::Disconnected) => {
                return Some("libssh2 gave up on what the server sent".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if interrupt.is_raised() && !std::mem::replace(&mut interrupted, true) {
            clock.shorten(AFTER_INTERRUPT);
        }
        if clock.overdue().is_some_and(|overdue| overdue > GRACE) {
            return Some("it did not end in time, and is left alone".to_owned());
        }
    }
}

/// The answer before anything has happened.
fn blank(order: &Order) -> Deliver {
    Deliver {
        target: order.name.clone(),
        host: order.target.host().to_owned(),
        port: order.target.port(),
        profile: Some(ProfileRef::from(&order.profile)),
        user: order.user.clone(),
        directory: order.directory.clone(),
        file_bytes: if matches!(order.load, Load::Test { .. }) { test_file::BYTES as u64 } else { 0 },
        ..Deliver::default()
    }
}
