//! The answers as data. Each command builds one of these documents; `--json` prints it inside an [`Envelope`],
//! and `report` renders it for people. The verdict, and with it the exit code, comes from the document alone.
//!
//! The contract within v1: names in `snake_case`; a thing unknown is `null`; a list is never missing; fields are only added.

pub mod alarms;
pub mod backfill;
pub mod backlog;
pub mod capture;
pub mod collect;
pub mod compare;
pub mod config;
pub mod deliver;
pub mod diagnose;
pub mod evidence;
pub mod first_leg;
pub mod fleet;
pub mod learn;
pub mod local_time;
pub mod node;
pub mod obstacle;
pub mod parse_log;
pub mod probe;
pub mod problem;
pub mod profile;
pub mod remedy;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing wrong was found.
    Ok,
    /// A problem was found.
    Problem,
}

/// An answer of one command.
pub trait Document: Serialize + JsonSchema {
    /// The command's name, as it stands in the `schema` field: `parse-log` for `cdrdiag/parse-log/v1`.
    const NAME: &'static str;

    /// What the answer comes to.
    fn verdict(&self) -> Verdict;
}

/// A document as `--json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope<'a, D> {
    /// Which document this is, with the version of its form: `cdrdiag/parse-log/v1`.
    pub schema: String,
    /// The version of cdrdiag that wrote it.
    pub version: &'static str,
    /// What the answer comes to.
    pub verdict: Verdict,
    /// The answer itself.
    #[serde(flatten)]
    pub body: &'a D,
}

impl<'a, D: Document> Envelope<'a, D> {
    /// Wraps a document.
    pub fn of(body: &'a D) -> Self {
        Self { schema: schema_id::<D>(), version: env!("CARGO_PKG_VERSION"), verdict: body.verdict(), body }
    }
}

/// The value of a document's `schema` field.
pub fn schema_id<D: Document>() -> String {
    format!("cdrdiag/{}/v1", D::NAME)
}

/// A document's name, and what makes its JSON Schema.
pub type NamedSchema = (&'static str, fn() -> schemars::Schema);

/// Every document's name, with its JSON Schema: a new document is a new line.
pub const SCHEMAS: &[NamedSchema] = &[
    schema_of::<backlog::Backlog>(),
    schema_of::<capture::Capture>(),
    schema_of::<collect::Collect>(),
    schema_of::<compare::Compare>(),
    schema_of::<config::Config>(),
    schema_of::<deliver::Deliver>(),
    schema_of::<diagnose::Diagnose>(),
    schema_of::<parse_log::ParseLog>(),
    schema_of::<probe::Probe>(),
    schema_of::<learn::ProfileLearn>(),
    schema_of::<profile::ProfileList>(),
    schema_of::<profile::ProfileShow>(),
];

const fn schema_of<D: Document>() -> NamedSchema {
    (D::NAME, json_schema::<D>)
}

/// The JSON Schema of a document, envelope included.
pub fn json_schema<D: Document>() -> schemars::Schema {
    let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<Envelope<'_, D>>();
    schema.insert("$id".into(), schema_id::<D>().into());
    schema.insert("title".into(), format!("cdrdiag {}", D::NAME).into());
    schema
}
