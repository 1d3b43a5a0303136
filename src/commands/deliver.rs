//! `cdrdiag deliver TARGET --user U --directory D`

use anyhow::{Context as _, Result, bail};

use super::backfill;
use super::credentials::{self, Credentials};
use super::reports::{Inputs, Notices, Reports, given};
use super::targets::{self, TargetError, TargetSpec, resolve};
use super::{Context, profiles};
use crate::cli;
use crate::config::Config;
use crate::delivery::{self, Load, Login, Order};
use crate::document::deliver::Deliver;
use crate::exit::{Code, UsageError};
use crate::interrupt::Interrupt;
use crate::model::profile::Profile;
use crate::ssh::handshake::Preferences;
use crate::ssh::target::Target;

/// Logs in and writes a file as CUCM would.
///
/// # Errors
/// When the target, the profile, the password or `known_hosts` cannot be had.
pub fn run(args: &cli::Deliver, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let target = target(args, &config)?;
    check_directory(&args.directory)?;
    let reports = Reports::open(&args.reports)?;
    let (profile, clients, warning) = profile(args, context, &config)?;
    let preferences = Preferences::of(&profile.algorithms)
        .with_context(|| format!("cannot deliver as the profile {}", profile.id))?;
    let trust = credentials::trust(args.known_hosts.as_deref(), args.host_key.clone())?;
    let load = if args.files.is_empty() {
        Load::Test { repeat: args.repeat.unwrap_or_default() }
    } else {
        backfill::load(args, context)?
    };
    let order = Order {
        name: args.target.clone(),
        target,
        family: targets::family(&args.reach),
        timeout: targets::timeout(&args.reach, &config),
        profile,
        clients,
        preferences,
        user: args.user.clone(),
        directory: args.directory.clone(),
        trust,
        free_space: args.free_space,
        load,
    };
    let mut answer = match credentials::login(args)? {
        Credentials::Given(login) => deliver(order, login, context)?,
        Credentials::Asked(ask) => match delivery::approach(order.clone()) {
            Some(stopped) => stopped,
            None => deliver(order, ask()?, context)?,
        },
    };
    answer.warnings.extend(warning);
    let unknown = answer.failure.as_ref().is_some_and(|failure| failure.cause.as_deref() == Some("unknown_host"));
    let misspelt = targets::misspelt(&args.target, &config).filter(|_| unknown);
    let hosts = config.targets.keys().cloned().collect();
    let notices = Notices { warnings: misspelt.into_iter().collect(), hosts, ..Notices::default() };
    reports.answer(answer, Inputs { given: given(&args.files), notices, ..Inputs::default() }, context)
}

fn deliver(order: Order, login: Login, context: &Context<'_>) -> Result<Deliver> {
    // After the prompt for the password, which Ctrl-C may end at once: nothing has been written by then.
    let interrupt = Interrupt::default();
    let raised = interrupt.clone();
    ctrlc::set_handler(move || raised.raise()).context("cannot catch Ctrl-C, so could not clean up")?;
    context.progress(&format!("delivering to {}", order.target));
    Ok(delivery::deliver(order, login, &interrupt))
}

fn target(args: &cli::Deliver, config: &Config) -> Result<Target> {
    match resolve(&args.target, config, args.reach.port) {
        Ok(TargetSpec::Named { target, .. } | TargetSpec::Live(target)) => Ok(target),
        Ok(TargetSpec::Saved(saved)) => {
            let path = saved.path.display();
            Err(UsageError(format!("{path} is a saved answer: a delivery needs the server itself")).into())
        }
        Err(error @ (TargetError::NoFile(_) | TargetError::Folder(_))) => Err(error.into()),
        Err(TargetError::Syntax(error)) => Err(UsageError(error.to_string()).into()),
    }
}

fn check_directory(directory: &str) -> Result<(), UsageError> {
    if directory.is_empty() || directory.contains('\0') {
        return Err(UsageError("--directory is empty; the login's own directory is .".into()));
    }
    Ok(())
}

/// The one client to stand for: the first that was asked for or is configured, else the newest CUCM release, which is
/// then told; and all that a change on the server has to serve.
fn profile(
    args: &cli::Deliver,
    context: &Context<'_>,
    config: &Config,
) -> Result<(Profile, Vec<Profile>, Option<String>)> {
    let asked = &context.global().profile;
    let is_named = !asked.is_empty() || !config.defaults.profile.is_empty();
    if asked.len() > 1 {
        return Err(UsageError("a delivery acts as one client: give --profile once".into()).into());
    }
    let profiles = profiles(context.global(), &args.variants, &config.defaults.profile)?;
    if !is_named {
        let Some(newest) = profiles.last().cloned() else { bail!("no profile is built in") };
        let warning = format!("no profile was named, so {} is used; --profile takes another release's", newest.id);
        return Ok((newest, profiles, Some(warning)));
    }
    let Some(first) = profiles.first().cloned() else { bail!("no profile is configured") };
    let warning = (profiles.len() > 1).then(|| {
        format!("the configuration names several profiles, and {} is the first; --profile takes another", first.id)
    });
    Ok((first, profiles, warning))
}
