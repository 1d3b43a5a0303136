//! `cdrdiag deliver TARGET --files DIR…`: what is handed in, and whether somebody wants that.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;
use crate::cli;
use crate::delivery::Load;
use crate::delivery::backfill::{Backfill, Journal, Plan};
use crate::escape;
use crate::exit::UsageError;
use crate::words::{counted, grouped};

/// The saved files that the command line names, once somebody has agreed.
///
/// # Errors
/// When there is nothing to hand in, no journal can be kept, or nobody agrees.
pub fn load(args: &cli::Deliver, context: &Context<'_>) -> Result<Load> {
    let plan = Plan::of(&args.files)?;
    let Some(first) = args.files.first().filter(|_| !plan.files.is_empty()) else {
        let why = plan.left_out.first().map(|file| format!("{}: {}", file.path, file.message.as_deref().unwrap_or("")));
        bail!("none of these files may be handed in; {}", why.unwrap_or_default());
    };
    if !args.yes {
        agree(args, &plan)?;
    }
    let journal = Journal::open(first).context("without it a second run could bill calls twice")?;
    let bar = bar(&plan, context);
    let progress = Arc::new(move |bytes| bar.inc(bytes));
    Ok(Load::Files(Backfill { plan: Arc::new(plan), journal, read_back: args.read_back, progress }))
}

/// Asks. This is the one command that leaves something behind.
fn agree(args: &cli::Deliver, plan: &Plan) -> Result<()> {
    let (files, bytes) = (counted(plan.files.len() as u64, "file"), grouped(plan.bytes()));
    let place = format!("{}@{}:{}", args.user, args.target, args.directory);
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let line = format!("{files} would stay on {place}: --yes confirms it (there is no terminal to ask at)");
        return Err(UsageError(line).into());
    }
    let minute = |at: Option<&crate::delivery::backfill::Saved>| {
        at.map(|saved| saved.created_utc.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
    };
    let (from, to) = (minute(plan.files.first()), minute(plan.files.last()));
    let question = format!(
        "Write {files} ({bytes} bytes, {from} to {to} UTC) to {place}?\n\
         They stay there and will be billed. CUCM still has them and sends them again once its own delivery works:\n\
         make sure that the billing system takes each file only once. [y/N] "
    );
    let mut error = io::stderr().lock();
    for line in question.split_inclusive('\n') {
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        write!(error, "{}{end}", escape::line(text))?;
    }
    error.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    bail!("nothing was written: you did not confirm")
}

fn bar(plan: &Plan, context: &Context<'_>) -> ProgressBar {
    let bar = ProgressBar::new(plan.bytes());
    let shown = context.shows_progress();
    bar.set_draw_target(if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}
