//! Every command in the README and under docs/ is run, and its output held against what stands there.
//!
//! A block fenced as `console` holds commands (`$ …`) and what they print. A line `…` stands for any number of
//! lines, and `(exit N)` for the exit code; without it the code may be 0 or 1, which are both answers. Blocks fenced
//! otherwise are not run.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of a document and what it is said to print.
#[derive(Debug, Default)]
struct Example {
    place: String,
    command: String,
    output: Vec<String>,
    exit: Option<i32>,
}

fn examples(path: &Path) -> Vec<Example> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        match line.trim_end() {
            "```console" => inside = true,
            "```" => inside = false,
            line if inside => match line.strip_prefix("$ ") {
                Some(command) => examples.push(Example {
                    place: format!("{}:{}", path.display(), number + 1),
                    command: command.to_owned(),
                    ..Example::default()
                }),
                None => add_output(examples.last_mut().expect("a block begins with a command"), line),
            },
            _ => {}
        }
    }
    examples
}

fn add_output(example: &mut Example, line: &str) {
    match line.strip_prefix("(exit ").and_then(|rest| rest.strip_suffix(')')) {
        Some(code) => example.exit = Some(code.parse().expect("an exit code")),
        None => example.output.push(line.to_owned()),
    }
}

/// Whether the lines are those expected, `…` standing for any number of them.
fn matches(expected: &[String], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        Some((first, rest)) => {
            actual.split_first().is_some_and(|(line, others)| line.trim_end() == first && matches(rest, others))
        }
    }
}

fn run(example: &Example) {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_cdrdiag"));
    let path = std::env::var("PATH").unwrap_or_default();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", &example.command])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", format!("{}:{path}", binary.parent().unwrap().display()))
        .env("HOME", home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    let expected: Vec<String> = example.output.iter().map(|line| line.trim_end().to_owned()).collect();
    assert!(
        matches(&expected, &lines),
        "{}: {}\nprints\n{printed}\n{}\ninstead of\n{}",
        example.place,
        example.command,
        String::from_utf8_lossy(&output.stderr),
        expected.join("\n")
    );
    let code = output.status.code();
    match example.exit {
        Some(_) => assert_eq!(code, example.exit, "{}: {}", example.place, example.command),
        None => assert!(matches!(code, Some(0 | 1)), "{}: {} ended with {code:?}", example.place, example.command),
    }
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![root.join("README.md")];
    if let Ok(folder) = std::fs::read_dir(root.join("docs")) {
        documents.extend(
            folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "md")),
        );
    }
    documents
}

#[test]
#[cfg(unix)]
fn every_command_prints_what_the_documents_say() {
    let examples: Vec<Example> = documents().iter().flat_map(|path| examples(path)).collect();
    assert!(
        examples.len() >= 5,
        "the documents hold only {} commands: are the blocks fenced as console?",
        examples.len()
    );
    for example in &examples {
        run(example);
    }
}

#[test]
fn an_ellipsis_stands_for_any_lines_and_all_else_for_itself() {
    let expected = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(matches(&expected(&["a", "…", "c"]), &["a", "b", "b", "c"]));
    assert!(matches(&expected(&["a", "…"]), &["a"]));
    assert!(!matches(&expected(&["a", "…", "c"]), &["a", "b"]));
    assert!(!matches(&expected(&["a"]), &["a", "b"]));
}
