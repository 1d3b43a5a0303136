//! `cdrdiag collect [USER@]NODE`, and what `diagnose --cucm` shares with it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::{NaiveDateTime, Utc};
use secrecy::SecretString;

use super::{Context, credentials};
use crate::cli;
use crate::collect::{self, Folder, Order, Traces};
use crate::config::Config;
use crate::document::collect::Collect;
use crate::exit::{self, Code, UsageError};
use crate::interrupt::Interrupt;
use crate::ssh;
use crate::ssh::connect::Family;
use crate::ssh::known_hosts::Fingerprint;
use crate::ssh::target::Target;

/// The account that the installation of a node makes; DESIGN and `known_hosts` aside, nothing else is assumed.
const USER: &str = "administrator";
/// How long a node may be silent: a loaded one takes its time for `show status`.
const SILENCE: Duration = Duration::from_secs(60);
/// The exit code of a shell's command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
/// Some 120 traces.
const MAX_BYTES: u64 = 64 << 20;

/// Collects into a folder.
///
/// # Errors
/// When nothing could be collected, or the command line makes no sense.
pub fn run(args: &cli::Collect, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let node = args.node.clone().or_else(|| config.cucm.node());
    let node =
        node.ok_or_else(|| UsageError("no node: give [USER@]NODE, or [cucm] host in the configuration".into()))?;
    let wanted = Wanted { node, silence: args.timeout, since: args.since, out: args.session.out.clone() };
    let answer = collect(&wanted, &args.session, &config, context)?;
    context.answer(&answer)
}

/// What differs between `collect` and `diagnose --cucm`.
pub struct Wanted {
    /// `[USER@]HOST[:PORT]`
    pub node: String,
    /// How long the node may be silent.
    pub silence: Option<Duration>,
    /// Only traces of this time on.
    pub since: Option<NaiveDateTime>,
    /// Where to.
    pub out: Option<PathBuf>,
}

/// Collects.
///
/// # Errors
/// When nothing could be collected, or the command line makes no sense.
pub fn collect(
    wanted: &Wanted,
    session: &cli::CollectSession,
    config: &Config,
    context: &Context<'_>,
) -> Result<Collect> {
    let (user, target) = node(&wanted.node, config)?;
    let out = wanted.out.clone().unwrap_or_else(|| default_folder(&target));
    let folder = Folder::new(out).map_err(|error| UsageError(error.to_string()))?;
    let confirmed = session.host_key.clone().or_else(|| configured_key(&target, config));
    let order = Order {
        name: target.to_string(),
        trust: credentials::trust(session.known_hosts.as_deref(), confirmed)?,
        family: Family::Any,
        silence: wanted.silence.unwrap_or(SILENCE),
        traces: Traces {
            since: wanted.since,
            newest: session.traces,
            max_bytes: session.max_bytes.unwrap_or(MAX_BYTES),
        },
        waiting: session.waiting,
        user,
        target,
    };
    let password = password(&order, session)?;
    let interrupt = Interrupt::default();
    let over = Interrupt::default();
    let (raised, ended) = (interrupt.clone(), over.clone());
    ctrlc::set_handler(move || if ended.is_raised() { std::process::exit(INTERRUPTED) } else { raised.raise() })
        .context("cannot watch for Ctrl-C")?;
    let shows = context.shows_progress();
    let progress = move |line: &str| {
        if shows {
            exit::tell(line);
        }
    };
    let answer = collect::collect(order, password, folder, &interrupt, Box::new(progress));
    // Whatever a command does with it, nothing is left that has to end in good order.
    over.raise();
    answer
}

/// The host key that the configuration confirms, where it is this node's.
fn configured_key(target: &Target, config: &Config) -> Option<Fingerprint> {
    let named = config.cucm.host.as_deref().map(|host| node(host, config));
    let is_other = matches!(named, Some(Ok((_, named))) if named != *target);
    config.cucm.host_key.clone().filter(|_| !is_other)
}

/// Nobody is asked for a password that no node is there to take.
fn password(order: &Order, session: &cli::CollectSession) -> Result<SecretString> {
    let question = format!("Password of {} at {}: ", order.user, order.name);
    match credentials::node_password(session.password_file.as_deref(), question)? {
        credentials::Password::Given(password) => Ok(password),
        credentials::Password::Asked(ask) => {
            collect::approach(order)?;
            ask()
        }
    }
}

/// `[USER@]HOST[:PORT]`; the host may be a configured name.
fn node(text: &str, config: &Config) -> Result<(String, Target)> {
    let (user, place) = match text.trim().rsplit_once('@') {
        Some((user, place)) => (Some(user.to_owned()), place),
        None => (None, text.trim()),
    };
    if user.as_deref() == Some("") {
        return Err(UsageError(format!("{text:?} names no user before the @")).into());
    }
    let target = match config.targets.get(place) {
        Some(named) => Target::parse(&named.host, named.port.unwrap_or(ssh::PORT)),
        None => Target::parse(place, ssh::PORT),
    };
    let target = target.map_err(|error| UsageError(error.to_string()))?;
    let user = user.or_else(|| config.cucm.user.clone()).unwrap_or_else(|| USER.to_owned());
    Ok((user, target))
}

fn default_folder(target: &Target) -> PathBuf {
    let name: String = target.host().chars().map(|c| if c == ':' || c == '%' { '-' } else { c }).collect();
    PathBuf::from(format!("cdrdiag-{name}-{}", Utc::now().format("%Y%m%dT%H%M%SZ")))
}
