//! The answer of `diagnose`: `cdrdiag/diagnose/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backlog::Backlog;
use super::compare::Compare;
use super::parse_log::ParseLog;
use super::probe::{Probe, ProfileRef, Target};
use super::remedy::Remedy;
use super::{Document, Verdict};

/// Traces, waiting files and servers taken together: the cause, its proof and the remedy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnose {
    /// The most important conclusion in one line.
    pub headline: String,
    /// What follows from all that was read, the most important first. Never empty.
    pub conclusions: Vec<Conclusion>,
    /// The changes on servers that the conclusions ask for, each once.
    pub remedy: Vec<Remedy>,
    /// The traces; `null` where none was given or none could be read.
    pub parse_log: Option<ParseLog>,
    /// The waiting files; `null` where no listing was given or none could be read.
    pub backlog: Option<Backlog>,
    /// The servers that are not in `compare`; `null` where there is none.
    pub probe: Option<Probe>,
    /// Primary and secondary side by side; `null` unless both were given and could be read.
    pub compare: Option<Compare>,
    /// Hosts that the traces name and nobody gave as a target.
    pub offered_targets: Vec<OfferedTarget>,
    /// What could not be done, and what was odd.
    pub warnings: Vec<String>,
}

impl Document for Diagnose {
    const NAME: &'static str = "diagnose";

    fn verdict(&self) -> Verdict {
        if self.conclusions.iter().any(|conclusion| conclusion.problem) { Verdict::Problem } else { Verdict::Ok }
    }
}

impl Diagnose {
    /// Every server, the primary first.
    pub fn targets(&self) -> Vec<&Target> {
        let compared = self.compare.iter().flat_map(Compare::targets);
        compared.chain(self.probe.iter().flat_map(|probe| &probe.targets)).collect()
    }

    /// A server as people call it: by its address where a saved answer was given for it.
    pub fn server_name(&self, server: &str) -> String {
        let target = self.targets().into_iter().find(|target| target.target == server);
        target.map_or_else(|| server.to_owned(), Target::name)
    }

    /// The profiles by which they were judged.
    pub fn profiles(&self) -> &[ProfileRef] {
        let compared = self.compare.as_ref().map(|compare| compare.profiles.as_slice());
        compared.or(self.probe.as_ref().map(|probe| probe.profiles.as_slice())).unwrap_or_default()
    }
}

/// Something that follows from what was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// Which conclusion: `failover_to_refusing_server`.
    pub id: String,
    /// It in one line.
    pub headline: String,
    /// Why, in a sentence or a few.
    pub text: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// Whether it tells of something wrong.
    pub problem: bool,
    /// The billing server that it is about, as the trace names it.
    pub destination: Option<String>,
    /// What it rests on. Never empty.
    pub evidence: Vec<Evidence>,
    /// The changes on servers that mend it.
    pub remedy: Vec<Remedy>,
    /// What else to do, in words or as commands for CUCM's command line.
    pub steps: Vec<String>,
    /// The commands among the steps, alone, to copy to CUCM's command line.
    #[serde(default)]
    pub commands: Vec<String>,
    /// What would tell more, or confirm it.
    pub next: Vec<String>,
}

/// How sure a conclusion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The evidence says so itself.
    Seen,
    /// It follows from the evidence, unless something is at work that nothing shows.
    Inferred,
    /// The likeliest of several explanations.
    Assumed,
}

impl Certainty {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Inferred => "inferred",
            Self::Assumed => "assumed",
        }
    }
}

/// Something that a conclusion rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Where it was found.
    pub kind: EvidenceKind,
    /// What it shows, in words.
    pub what: String,
    /// The input.
    pub path: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// The line itself.
    pub text: Option<String>,
    /// The server, as the user named it.
    pub server: Option<String>,
    /// Which part of the document about this input or server tells it.
    pub field: Option<String>,
}

/// Where evidence was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// In a trace: `parse_log`.
    Trace,
    /// On a server: `compare` or `probe`.
    Server,
    /// In a listing of waiting files: `backlog`.
    Backlog,
    /// On a CUCM node's command line: `parse_log.nodes`.
    Node,
    /// In trying to read an input.
    Input,
}

/// A host to probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferedTarget {
    /// The host as the trace names it.
    pub host: String,
    /// `CDRSender`'s number for it.
    pub destination: Option<u32>,
    /// The command that probes it.
    pub command: String,
}
