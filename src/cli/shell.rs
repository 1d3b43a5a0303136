//! The arguments of the commands that make cdrdiag at home on a machine.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::document;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page for each command into this folder, which is created if needed [default: print the first page]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

fn documents() -> PossibleValuesParser {
    PossibleValuesParser::new(document::SCHEMAS.iter().map(|(name, _)| *name))
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The document, named after the command that prints it
    #[arg(value_name = "DOCUMENT", value_parser = documents())]
    pub document: String,
}
