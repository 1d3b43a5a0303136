//! `cdrdiag schema DOCUMENT`

use anyhow::{Context as _, Result};

use crate::cli;
use crate::document::SCHEMAS;
use crate::exit::Code;

/// Prints the JSON Schema of a document.
///
/// # Errors
/// When standard output does not take it.
pub fn run(args: &cli::Schema) -> Result<Code> {
    let known = SCHEMAS.iter().find(|(name, _)| *name == args.document);
    let (_, schema) = known.with_context(|| format!("there is no document {}", args.document))?;
    super::print((serde_json::to_string_pretty(&schema())? + "\n").as_bytes())
}
