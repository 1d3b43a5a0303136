//! Other names for hosts, addresses, clusters, nodes, users and files: the same name gets the same token wherever it
//! stands in a document. Works on the document as JSON, so that no field is forgotten: what `data/redaction.tsv`
//! does not name is a text from outside, of which only known words and numbers stay.

mod learning;
mod public;
mod text;
mod tokens;
mod vocabulary;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::Document;
use crate::tables;
use text::Replacer;
use tokens::{Kind, Tokens};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Own,
    OwnText,
    Algorithm,
    Identification,
    Text,
    Name(Kind),
}

/// Replaces names, the same always by the same token.
#[derive(Debug, Default)]
pub struct Redactor {
    tokens: Tokens,
    /// The words that the document's form lists, such as a cause's name.
    own: HashSet<String>,
}

/// Why a document could not be redacted.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// It is no JSON document, or none of its kind any more.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It holds more names than can be told apart.
    #[error("there are too many names: {0}")]
    TooMany(#[from] aho_corasick::BuildError),
}

impl Redactor {
    /// Knows the paths that were given on the command line.
    pub fn new(given: &[String]) -> Self {
        let mut redactor = Self::default();
        for path in given.iter().filter(|path| !matches!(path.as_str(), "-" | "." | "..")) {
            learning::learn_name(Kind::File, path, &mut redactor.tokens);
        }
        redactor
    }

    /// The document with other names.
    ///
    /// # Errors
    /// When it holds more names than can be told apart.
    pub fn document<D: Document + DeserializeOwned>(&mut self, document: &D) -> Result<D, RedactError> {
        let mut value = serde_json::to_value(document)?;
        each_string(&mut value, Field::default(), &mut |class, text| self.learn(class, text));
        own_words(&serde_json::to_value(schemars::schema_for!(D))?, &mut self.own);
        let mut replacer = Replacer::new(&mut self.tokens, &self.own)?;
        each_string(&mut value, Field::default(), &mut |class, text| *text = redacted(class, text, &mut replacer));
        Ok(serde_json::from_value(value)?)
    }

    /// Replaces the names in texts that stand beside documents, and these hosts.
    ///
    /// # Errors
    /// When there are more names than can be told apart.
    pub fn texts<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t mut String>,
        hosts: &[String],
    ) -> Result<(), RedactError> {
        for host in hosts {
            self.learn(Class::Name(Kind::Host), host);
        }
        let mut replacer = Replacer::new(&mut self.tokens, &self.own)?;
        texts.for_each(|text| *text = replacer.text(text));
        Ok(())
    }

    /// A path with its token.
    pub fn path(&mut self, path: &str) -> String {
        if path == "-" { path.to_owned() } else { self.tokens.of(Kind::File, path) }
    }

    /// Names that fields hold are names in every text, too.
    fn learn(&mut self, class: Class, text: &str) {
        match class {
            Class::Name(Kind::Remark) => learning::learn_remark(text, &mut self.tokens),
            Class::Identification => {
                for part in public::identification_parts(text) {
                    learning::learn_remark(part, &mut self.tokens);
                }
            }
            Class::Name(kind) => learning::learn_name(kind, text, &mut self.tokens),
            Class::Algorithm => learning::learn_algorithm(text, &mut self.tokens),
            Class::Own | Class::OwnText | Class::Text => {}
        }
    }
}

/// What a schema lists as values is no text from outside.
fn own_words(schema: &Value, words: &mut HashSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("const", Value::String(word)) => drop(words.insert(word.clone())),
                    ("enum", Value::Array(list)) => {
                        words.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => own_words(field, words),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| own_words(item, words)),
        _ => {}
    }
}

fn redacted(class: Class, text: &str, replacer: &mut Replacer<'_>) -> String {
    match class {
        Class::Own => text.to_owned(),
        Class::OwnText => replacer.known_names(text),
        Class::Algorithm => replacer.algorithm(text),
        Class::Identification => replacer.identification(text),
        Class::Name(kind) => replacer.name(kind, text),
        Class::Text => replacer.text(text),
    }
}

/// A field of a document. A list's items are what the list is.
#[derive(Debug, Clone, Copy, Default)]
struct Field<'a> {
    /// The field that it stands in.
    parent: &'a str,
    name: &'a str,
}

impl Field<'_> {
    fn class(self) -> Class {
        let both = format!("{}.{}", self.parent, self.name);
        CLASSES.get(both.as_str()).or_else(|| CLASSES.get(self.name)).copied().unwrap_or(Class::Text)
    }
}

/// Visits every string with what it is, in the document's order.
///
/// Never inlined into itself: with link-time optimisation rustc 1.95 took the parent's parent for the parent, and
/// `profiles[].id` for a text from outside.
#[inline(never)]
fn each_string(value: &mut Value, field: Field<'_>, visit: &mut dyn FnMut(Class, &mut String)) {
    match value {
        Value::String(text) => visit(field.class(), text),
        Value::Array(list) => {
            for item in list {
                each_string(item, field, visit);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                each_string(value, Field { parent: field.name, name }, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

static CLASSES: LazyLock<HashMap<String, Class>> = LazyLock::new(|| {
    let rows: Vec<(String, String)> = tables::rows(include_str!("../../data/redaction.tsv"));
    rows.into_iter().map(|(field, class)| (field, named(&class))).collect()
});

/// A class by its name in the table; a test holds the table to these.
fn named(class: &str) -> Class {
    match class {
        "own" => Class::Own,
        "own_text" => Class::OwnText,
        "algorithm" => Class::Algorithm,
        "identification" => Class::Identification,
        other => Kind::named(other).map_or(Class::Text, Class::Name),
    }
}

#[cfg(test)]
mod tests;
