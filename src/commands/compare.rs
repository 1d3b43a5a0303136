//! `compare PRIMARY SECONDARY…`: each a live server, a named one, or a saved answer.

use anyhow::{Result, bail};

use super::examine::{Examination, Subject, misspelt, unknown_name};
use super::reports::{Inputs, Reports};
use super::{Context, profiles};
use crate::algorithms::comparison::compare_all;
use crate::cli;
use crate::config::Config;
use crate::exit::Code;

/// As many as `probe` examines at a time unless told otherwise.
const MOST_AT_ONCE: usize = 64;

/// Sets servers side by side.
///
/// # Errors
/// When a target means nothing, or a saved answer, the configuration or a profile can't be read.
pub fn run(args: &cli::Compare, context: &Context<'_>) -> Result<Code> {
    let config = Config::load(context.global().config.as_deref())?.config;
    let find = |text: &String| Subject::find(text, &config, args.connection.reach.port);
    let named = [&args.primary, &args.secondary].into_iter().chain(&args.others);
    let given: Vec<&str> = named.clone().map(String::as_str).collect();
    if let Some(hint) = super::targets::forgotten_colon(&given, &config) {
        return Err(crate::exit::UsageError(hint).into());
    }
    let subjects = named.map(find).collect::<Result<Vec<_>>>()?;
    let profiles = profiles(context.global(), &args.variants, &config.defaults.profile)?;
    let examination = Examination::new(&args.connection, &config, profiles);
    let reports = Reports::open(&args.reports)?;
    // All at the same time: one that times out does not make the others wait.
    let targets = examination.examine_all(&subjects, subjects.len().min(MOST_AT_ONCE), |entry| entry)?;
    let mut notices = misspelt(targets.iter().filter_map(unknown_name), &config);
    notices.warnings.extend(Subject::given_twice(&subjects.iter().collect::<Vec<_>>()));
    let mut targets = targets.into_iter();
    let (Some(primary), Some(secondary)) = (targets.next(), targets.next()) else { bail!("a target got lost") };
    let document = compare_all(primary, secondary, targets.collect(), &examination.profiles);
    let inputs = Inputs::of(subjects.iter().filter_map(Subject::file));
    reports.answer(document, inputs.with_notices(notices), context)
}
