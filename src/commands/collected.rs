//! What `diagnose --cucm` collects before it diagnoses, and what nodes say that settles questions which flags answer
//! otherwise.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use super::collect::{self, Wanted};
use super::{Context, profiles};
use crate::algorithms::builtin;
use crate::backlog::Question;
use crate::cli;
use crate::config::Config;
use crate::document::collect::Protocol;
use crate::document::node::{NodeState, agreed};
use crate::model::profile::Profile;

/// The folder that a node's answers were collected into.
pub struct Collected {
    /// Where it is.
    pub folder: PathBuf,
    /// The name that stands for it in the answer, where it is not kept.
    pub alias: Option<Alias>,
    /// Removed with this.
    _temporary: Option<TempDir>,
}

impl Collected {
    /// Collects from the node that `--cucm` names.
    ///
    /// # Errors
    /// When nothing could be collected, or the command line makes no sense.
    pub fn from_node(node: &str, args: &cli::Diagnose, config: &Config, context: &Context<'_>) -> Result<Self> {
        let temporary = args.session.out.is_none().then(tempfile::tempdir).transpose();
        let temporary = temporary.context("no folder for what is collected")?;
        let out = temporary.as_ref().map(|folder| folder.path().to_owned()).or_else(|| args.session.out.clone());
        let wanted = Wanted { node: node.to_owned(), silence: None, since: args.narrow.since, out };
        let answer = collect::collect(&wanted, &args.session, config, context)?;
        answer.warnings.iter().for_each(|warning| context.warn(warning));
        let folder = PathBuf::from(&answer.out);
        let alias = temporary.as_ref().map(|_| Alias::new(&folder, &answer.node.target));
        Ok(Self { folder, alias, _temporary: temporary })
    }
}

/// Another name for a folder, in everything that is told.
#[derive(Debug, Clone)]
pub struct Alias {
    folder: String,
    node: String,
}

impl Alias {
    fn new(folder: &Path, node: &str) -> Self {
        Self { folder: folder.display().to_string(), node: node.to_owned() }
    }

    /// A text with the other name: `cucm-pub:traces/…` for what is in the folder.
    pub fn text(&self, text: &str) -> String {
        let inside = format!("{}{}", self.folder, std::path::MAIN_SEPARATOR);
        text.replace(&inside, &format!("{}:", self.node)).replace(&self.folder, &self.node)
    }

    /// A document with the other name wherever a text of it has the folder's.
    ///
    /// # Errors
    /// When the document is none any more.
    pub fn document<D: Serialize + DeserializeOwned>(&self, document: &D) -> Result<D> {
        let mut value = serde_json::to_value(document)?;
        self.value(&mut value);
        serde_json::from_value(value).map_err(|error| anyhow!("the collected folder's name can't be replaced: {error}"))
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) if text.contains(&self.folder) => *text = self.text(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.value(value)),
            _ => {}
        }
    }
}

/// The clients to judge by: those asked for, else the one of the release that the nodes run; in FIPS mode where a node
/// says so.
///
/// # Errors
/// As [`profiles`].
pub fn clients(
    args: &cli::Diagnose,
    config: &Config,
    nodes: &[NodeState],
    context: &Context<'_>,
) -> Result<Vec<Profile>> {
    let mut variants = args.variants.clone();
    variants.fips |= nodes.iter().any(|node| node.fips == Some(true));
    let is_asked = !context.global().profile.is_empty() || !config.defaults.profile.is_empty();
    let of_release = agreed(nodes, |node| node.release.as_deref()).map(builtin::of_release).unwrap_or_default();
    let default = if is_asked { config.defaults.profile.clone() } else { of_release };
    profiles(context.global(), &variants, &default)
}

/// The question about what waits: the preservation duration as it was given, else as the nodes have it.
pub fn question(question: Question, nodes: &[NodeState]) -> Question {
    let preserve_days = question.preserve_days.or_else(|| agreed(nodes, |node| node.preserve_days));
    Question { preserve_days, ..question }
}

/// The hosts in the nodes' databases to which CUCM sends by SSH, each once.
pub fn billing_servers(nodes: &[NodeState]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    let servers = nodes.iter().flat_map(|node| &node.billing_servers);
    for server in servers.filter(|server| server.protocol != Some(Protocol::Ftp)) {
        if !hosts.iter().any(|known| known.eq_ignore_ascii_case(&server.host)) {
            hosts.push(server.host.clone());
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_kept_has_the_node_s_name_in_every_text() {
        let alias = Alias::new(Path::new("x1"), "cucm-pub");
        let inside = Path::new("x1").join("a.log").display().to_string();
        let found = alias.document(&vec![format!("a {inside}:7"), "x1: empty".to_owned(), "x2".to_owned()]).unwrap();
        assert_eq!(found, ["a cucm-pub:a.log:7", "cucm-pub: empty", "x2"]);
    }
}
