//! The JSON Schemas in `schemas/` are generated from the document types; this holds them to it. After a change of a
//! type: `UPDATE_SCHEMAS=1 cargo test --test schemas`.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::path::{Path, PathBuf};

use cdrdiag::document::SCHEMAS;

fn schemas() -> Vec<(&'static str, String)> {
    SCHEMAS.iter().map(|(name, schema)| (*name, serde_json::to_string_pretty(&schema()).unwrap() + "\n")).collect()
}

fn path_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!("{name}.json"))
}

#[test]
fn the_schemas_in_the_repository_are_those_of_the_types() {
    for (name, schema) in schemas() {
        let path = path_of(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &schema).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        let hint = "UPDATE_SCHEMAS=1 cargo test --test schemas";
        assert!(kept == schema, "{} is not that of the type; to write it anew: {hint}", path.display());
    }
}

#[test]
fn each_schema_is_valid_and_belongs_to_one_document() {
    let mut names: Vec<&str> = schemas().into_iter().map(|(name, _)| name).collect();
    for (name, schema) in schemas() {
        jsonschema::meta::validate(&serde_json::from_str(&schema).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
