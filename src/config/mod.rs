//! `cdrdiag.toml`: defaults and named targets. An unknown key is an error, so that a typing mistake does not go
//! unnoticed until the night when it matters.

mod form;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;

use crate::bounds;
use crate::plain;
use crate::ssh::known_hosts::Fingerprint;
use crate::text;

pub use form::parse;

/// The file's name, in the working folder and in the user's configuration folder.
pub const FILE_NAME: &str = "cdrdiag.toml";

/// The time for a target as a whole where nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a configuration file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// `[defaults]`
    pub defaults: Defaults,
    /// `[targets.NAME]`
    pub targets: BTreeMap<String, NamedTarget>,
    /// `[cucm]`
    pub cucm: Cucm,
}

/// `[cucm]`: the node that `collect` and `diagnose --cucm` read where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cucm {
    /// `HOST[:PORT]`
    pub host: Option<String>,
    /// The platform's account.
    pub user: Option<String>,
    /// The node's host key, confirmed.
    pub host_key: Option<Fingerprint>,
}

impl Cucm {
    /// The node as the command line would name it.
    pub fn node(&self) -> Option<String> {
        let host = self.host.as_ref()?;
        Some(self.user.as_ref().map_or_else(|| host.clone(), |user| format!("{user}@{host}")))
    }
}

/// `[defaults]`: what holds where no flag says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    /// Profiles by which servers are judged: built-in names or files. Empty: not set.
    pub profile: Vec<String>,
    /// The time for a target as a whole.
    pub timeout: Option<Duration>,
    /// The port of targets that name none.
    pub port: Option<u16>,
    /// The node's time zone.
    pub timezone: Option<Tz>,
    /// How many days CUCM preserves its files.
    pub preserve_days: Option<u32>,
}

/// `[targets.NAME]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTarget {
    /// Host name or address.
    pub host: String,
    /// TCP port, where the file names one.
    pub port: Option<u16>,
    /// What the user wants to remember.
    pub note: Option<String>,
}

/// A configuration and where it comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// What it says; empty where there is no file.
    pub config: Config,
    /// The file; `None` where there is none.
    pub origin: Option<PathBuf>,
    /// Where it was looked for, in this order, up to the one that was found.
    pub searched: Vec<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {} cannot be read: {}", path.display(), plain::words(.source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its content is wrong.
    #[error("{}:{}: {}", path.display(), .mistake.line, .mistake.message)]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        mistake: Mistake,
    },
}

/// A mistake in a configuration's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in one line.
    pub message: String,
}

impl Config {
    /// Finds and reads the configuration: `explicit`, else `./cdrdiag.toml`, else the one in the user's
    /// configuration folder, else none.
    ///
    /// # Errors
    /// When the file cannot be read (an explicit one must be there) or holds a mistake.
    pub fn load(explicit: Option<&Path>) -> Result<Loaded, ConfigError> {
        let places = match explicit {
            Some(path) => vec![path.to_owned()],
            None => places(),
        };
        for (number, path) in places.iter().enumerate() {
            let text = match read(path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound && explicit.is_none() => continue,
                Err(source) => return Err(ConfigError::Read { path: path.clone(), source }),
            };
            let config = parse(&text).map_err(|mistake| ConfigError::Content { path: path.clone(), mistake })?;
            return Ok(Loaded { config, origin: Some(path.clone()), searched: places[..=number].to_vec() });
        }
        Ok(Loaded { config: Config::default(), origin: None, searched: places })
    }
}

/// Where a configuration is looked for when none is named.
fn places() -> Vec<PathBuf> {
    let users = dirs::config_dir().map(|folder| folder.join("cdrdiag").join(FILE_NAME));
    [PathBuf::from(FILE_NAME)].into_iter().chain(users).collect()
}

/// The file's text, in UTF-8 or, as some editors of Windows write it, UTF-16.
fn read(path: &Path) -> io::Result<String> {
    Ok(text::decode(&bounds::CONFIGURATION.read(path)?).into_owned())
}
