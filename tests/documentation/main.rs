//! The README and the pages under docs/ are held to what they say: each command line is run or at least read by
//! cdrdiag's own parser, and each link leads somewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

mod command_lines;
#[cfg(unix)]
mod examples;
mod links;
mod markdown;

use std::path::{Path, PathBuf};

use markdown::Document;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and every page of docs/, in the order of their names.
fn documents() -> Vec<Document> {
    let pages = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = pages.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    paths.push(root().join("README.md"));
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}
