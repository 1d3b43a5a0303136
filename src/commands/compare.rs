//! `compare PRIMARY SECONDARY`: each a live server, a named one, or a saved answer.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::examine::{Examination, Named};
use super::reports::{Inputs, Reports};
use super::targets::{TargetError, TargetSpec, resolve};
use super::{Context, probe, profiles};
use crate::algorithms::answer::judge_target;
use crate::algorithms::comparison::compare;
use crate::cli;
use crate::config::{Config, DEFAULT_TIMEOUT};
use crate::document::probe::Target;
use crate::exit::{Code, UsageError};

/// Sets two servers side by side.
///
/// # Errors
/// When a target is none, or a saved answer, the configuration or a profile can't be read.
pub fn run(args: &cli::Compare, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let flag = args.connection.timeout.map(Duration::from_secs_f64);
    let examination = Examination {
        profiles: profiles(context.global(), &args.variants, &config.defaults.profile)?,
        family: probe::family(&args.connection),
        timeout: flag.or(config.defaults.timeout).unwrap_or(DEFAULT_TIMEOUT),
        handshake: !args.connection.no_handshake,
    };
    let meaning = |text: &str| resolve(text, &config, args.connection.port).map_err(refusal);
    let (left, right) = (meaning(&args.primary)?, meaning(&args.secondary)?);
    let saved = |spec: &TargetSpec| match spec {
        TargetSpec::Saved(saved) => Some(saved.path.display().to_string()),
        TargetSpec::Named { .. } | TargetSpec::Live(_) => None,
    };
    let inputs: Vec<String> = [&left, &right].into_iter().filter_map(saved).collect();
    let reports = Reports::open(&args.reports)?;
    // Both at the same time: one that times out does not make the other wait.
    let (primary, secondary) = thread::scope(|scope| {
        let left = scope.spawn(|| side(&args.primary, left, &examination));
        let secondary = side(&args.secondary, right, &examination);
        let primary = left.join().unwrap_or_else(|_| Err(anyhow::anyhow!("reading {} failed", args.primary)));
        (primary, secondary)
    });
    let document = compare(primary?, secondary?, &examination.profiles);
    reports.answer(document, &Inputs { given: inputs.clone(), read: inputs }, context)
}

/// A file that is not there is no wrong usage: the job can't be done.
fn refusal(error: TargetError) -> anyhow::Error {
    match error {
        TargetError::NoFile(_) => error.into(),
        TargetError::Syntax(_) => UsageError(error.to_string()).into(),
    }
}

fn side(name: &str, spec: TargetSpec, examination: &Examination) -> Result<Target> {
    match spec {
        TargetSpec::Named { target, .. } | TargetSpec::Live(target) => {
            Ok(examination.examine(&Named { name: name.to_owned(), target }))
        }
        TargetSpec::Saved(saved) => {
            let mut target = saved.load()?.into_target(name);
            judge_target(&mut target, &examination.profiles);
            Ok(target)
        }
    }
}
