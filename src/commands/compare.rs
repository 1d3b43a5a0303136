//! `compare PRIMARY SECONDARY`: each a live server, a named one, or a saved answer.

use std::thread;

use anyhow::{Result, anyhow};

use super::examine::{Examination, Subject};
use super::{Context, profiles};
use crate::algorithms::comparison::compare;
use crate::cli;
use crate::config::Config;
use crate::exit::Code;

/// Sets two servers side by side.
///
/// # Errors
/// When a target means nothing, or a saved answer, the configuration or a profile can't be read.
pub fn run(args: &cli::Compare, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let find = |text: &str| Subject::find(text, &config, args.connection.port);
    let (left, right) = (find(&args.primary)?, find(&args.secondary)?);
    let profiles = profiles(context.global(), &args.variants, &config.defaults.profile)?;
    let examination = Examination::new(&args.connection, &config, profiles);
    // Both at the same time: one that times out does not make the other wait.
    let (primary, secondary) = thread::scope(|scope| {
        let primary = scope.spawn(|| examination.examine(&left));
        let secondary = examination.examine(&right);
        (primary.join(), secondary)
    });
    let primary = primary.map_err(|_| anyhow!("reading {} failed", args.primary))?;
    context.answer(&compare(primary, secondary, &examination.profiles))
}
