//! The least change that lets CUCM in, as the documents carry it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change on one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The algorithms that the line adds.
    pub adds: Vec<String>,
    /// Why this helps, and the steps in words where no line does.
    pub reason: String,
    /// The commands that make, check and load the change, in order.
    pub commands: Vec<String>,
    /// What the change weakens, if it weakens anything (RFC 9142's standing of the method).
    pub weakens: Option<String>,
}
