//! `config`: what is in force, and where from.

use anyhow::Result;

use super::Context;
use super::profile::named;
use crate::algorithms::builtin;
use crate::config::{Config, DEFAULT_TIMEOUT, Loaded};
use crate::document::config::{self as document, Defaults, InForce, Named, Origin};
use crate::exit::{Code, told_once};
use crate::ssh;

/// Shows the configuration.
///
/// # Errors
/// When the configuration file can't be read, or standard output does not take the answer.
pub fn run(context: &Context<'_>) -> Result<Code> {
    let loaded = Config::load(context.global().config.as_deref())?;
    context.answer(&answer(loaded, &context.global().profile))
}

fn answer(loaded: Loaded, profile_flags: &[String]) -> document::Config {
    let Config { defaults, targets, cucm } = loaded.config;
    let port = or_built_in(defaults.port, ssh::PORT);
    let targets = targets
        .into_iter()
        .map(|(name, target)| Named {
            name,
            host: target.host,
            port: target.port.unwrap_or(port.value),
            note: target.note,
        })
        .collect();
    let profile = profiles(defaults.profile, profile_flags);
    let problems = profile.value.iter().filter_map(|name| named(name).err()).map(|error| told_once(&error)).collect();
    document::Config {
        file: loaded.origin.map(|path| path.display().to_string()),
        searched: loaded.searched.iter().map(|path| path.display().to_string()).collect(),
        defaults: Defaults {
            profile,
            timeout_s: or_built_in(defaults.timeout, DEFAULT_TIMEOUT).map(|time| time.as_secs_f64()),
            port,
            timezone: or_unknown(defaults.timezone.map(|zone| zone.name().to_owned())),
            preserve_days: or_unknown(defaults.preserve_days),
        },
        targets,
        cucm: cucm.node(),
        problems,
    }
}

fn profiles(file: Vec<String>, flags: &[String]) -> InForce<Vec<String>> {
    if !flags.is_empty() {
        return InForce { value: flags.to_vec(), origin: Origin::Flag };
    }
    let built_in = || builtin::default_set().into_iter().map(|profile| profile.id).collect();
    or_built_in(Some(file).filter(|names| !names.is_empty()), built_in())
}

fn or_built_in<T>(file: Option<T>, built_in: T) -> InForce<T> {
    match file {
        Some(value) => InForce { value, origin: Origin::File },
        None => InForce { value: built_in, origin: Origin::BuiltIn },
    }
}

fn or_unknown<T>(file: Option<T>) -> InForce<Option<T>> {
    let origin = if file.is_some() { Origin::File } else { Origin::BuiltIn };
    InForce { value: file, origin }
}

impl<T> InForce<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> InForce<U> {
        InForce { value: change(self.value), origin: self.origin }
    }
}
