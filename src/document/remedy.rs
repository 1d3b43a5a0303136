//! The least change that lets CUCM in, as the documents carry it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change on one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remedy {
    /// The server to change, as the user named it.
    pub server: String,
    /// Its software as far as it is known: `OpenSSH 9.2p1 (Debian)`.
    pub software: Option<String>,
    /// The file to edit, or the place in its administration where the setting is.
    pub file: Option<String>,
    /// The setting's name: `KexAlgorithms`.
    pub directive: Option<String>,
    /// The whole new line: what the server offers today plus the least that lets CUCM in.
    pub line: Option<String>,
    /// Lines that have to stand beside it, lest the server loses what it has today: a first `HostKey` line switches off
    /// the keys in their default places (`sshd_config(5)`).
    #[serde(default)]
    pub keeps: Vec<String>,
    /// The algorithms that the line adds.
    pub adds: Vec<String>,
    /// Who is kept out, and why.
    #[serde(default)]
    pub why: String,
    /// What changes.
    #[serde(default)]
    pub change: String,
    /// Where it goes and what to mind, or the steps in words where no line does. Changes of one file have it in
    /// common.
    #[serde(default)]
    pub how: String,
    /// All three in a row.
    pub reason: String,
    /// The commands that make, check and load the change, in order.
    pub commands: Vec<String>,
    /// What the change weakens, if it weakens anything (RFC 9142's standing of the method).
    pub weakens: Option<String>,
}

impl Remedy {
    /// All lines to write, in order.
    pub fn lines(&self) -> impl Iterator<Item = &String> {
        self.keeps.iter().chain(&self.line)
    }

    /// Who is kept out and what changes; where it goes is for all changes of one file together.
    pub fn why_and_what(&self) -> String {
        let told: Vec<_> = [&self.why, &self.change].into_iter().filter(|text| !text.is_empty()).cloned().collect();
        if told.is_empty() { self.reason.clone() } else { told.join(" ") }
    }

    /// The commands of several changes, each once, at its last place: what makes a key comes before what checks and
    /// loads all changes together.
    pub fn commands<'a>(remedies: impl DoubleEndedIterator<Item = &'a Self>) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        for command in remedies.rev().flat_map(|remedy| remedy.commands.iter().rev()) {
            if !commands.contains(command) {
                commands.push(command.clone());
            }
        }
        commands.reverse();
        commands
    }

    /// The remedy with its three texts, and their sum.
    #[must_use]
    pub fn with_texts(self, why: String, change: String, how: String) -> Self {
        let told = [&why, &change, &how].into_iter().filter(|text| !text.is_empty()).map(String::as_str);
        let reason = told.collect::<Vec<_>>().join(" ");
        Self { why, change, how, reason, ..self }
    }
}
