//! Searching through a folder, and what is told of the files in it that are of no use.

use std::fmt;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::plain;
use crate::words::grouped;

/// What is no folder of files on Linux, though it looks like one.
const NO_FOLDERS: [&str; 3] = ["/dev", "/proc", "/sys"];

/// A folder that could not be searched through, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Unsearched {
    /// The folder.
    pub path: String,
    /// What the system says.
    pub why: String,
}

/// Everything below a folder that `walk` goes through.
pub fn below(folder: &Path, walk: WalkDir) -> impl Iterator<Item = Result<DirEntry, Unsearched>> {
    let root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let given = folder.to_owned();
    let is_folder = move |entry: &DirEntry| {
        let below = || root.join(entry.path().strip_prefix(&given).unwrap_or(entry.path()));
        entry.depth() != 1 || NO_FOLDERS.iter().all(|none| below() != Path::new(none))
    };
    let given = folder.to_owned();
    walk.into_iter().filter_entry(is_folder).map(move |found| {
        found.map_err(|error| Unsearched {
            path: error.path().unwrap_or(&given).display().to_string(),
            why: error.io_error().map_or_else(|| error.to_string(), |io| plain::words(io).into_owned()),
        })
    })
}

/// Names of which the first are told, and how many more there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    first: Vec<String>,
    /// All of them.
    pub count: u64,
}

impl Names {
    /// As many are told.
    const TOLD: usize = 3;

    /// Adds one.
    pub fn add(&mut self, name: impl FnOnce() -> String) {
        if self.first.len() < Self::TOLD {
            self.first.push(name());
        }
        self.count += 1;
    }
}

impl<N: ToString> FromIterator<N> for Names {
    fn from_iter<I: IntoIterator<Item = N>>(all: I) -> Self {
        let mut names = Self::default();
        all.into_iter().for_each(|name| names.add(|| name.to_string()));
        names
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        match self.count - self.first.len() as u64 {
            0 => Ok(()),
            more => write!(f, " and {} more", grouped(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_three_are_told_and_the_rest_counted() {
        assert_eq!((1..=2000).collect::<Names>().to_string(), "1, 2, 3 and 1,997 more");
        assert_eq!((1..=3).collect::<Names>().to_string(), "1, 2, 3");
    }

    #[test]
    fn a_folder_that_is_not_there_is_one_line() {
        let found: Vec<_> = below(Path::new("no such"), WalkDir::new("no such")).collect();
        let [Err(error)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(error.to_string(), "no such: no such file or folder: check the path");
    }
}
