//! `cdrdiag completions SHELL`

use anyhow::Result;

use crate::cli;
use crate::exit::Code;

/// Prints the script that completes cdrdiag's command line in a shell.
///
/// # Errors
/// When standard output does not take it.
pub fn run(args: &cli::Completions) -> Result<Code> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::help::command(), "cdrdiag", &mut script);
    super::print(&script)
}
