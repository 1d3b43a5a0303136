//! Runs each command of a `console` block and holds its output against what stands there.
//!
//! A line `$ …` is a command, `> …` continues it, and what follows is what it prints. A line `…` stands for any number
//! of lines, and `(exit N)` for the exit code; without it the code may be 0 or 1, which are both answers. Each page has
//! a folder of its own with the fixtures in it, so that an example may write a file that a later one reads.
//!
//! A session of PowerShell in a `text` block, at the prompt `PS C:\cdr>`, is run here as well, with strokes for its
//! backslashes; `C:\cdr` stands for fixtures/story. tests/windows.sh runs it as it stands.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::markdown::Document;
use super::{documents, root};

/// The prompt of a Windows session.
const POWERSHELL: &str = r"PS C:\cdr> ";

/// What stands for its folder.
const SESSION: &str = "fixtures/story";

/// What examples use beside a shell's usual programs.
const PROGRAMS: &[&str] = &["jq"];

/// A command of a document and what it is said to print.
#[derive(Debug, Default)]
struct Example {
    place: String,
    /// Where it runs, below the page's folder.
    folder: &'static str,
    command: String,
    output: Vec<String>,
    exit: Option<i32>,
}

fn sessions(document: &Document) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let of_powershell = |text: &str| text.lines().any(|line| line.starts_with(POWERSHELL));
    for block in document.blocks.iter().filter(|block| block.language == "text" && of_powershell(&block.text)) {
        for (number, line) in block.text.lines().enumerate() {
            let line = line.replace(r".\cdrdiag.exe", "cdrdiag");
            match line.strip_prefix(POWERSHELL).map(|command| command.replace('\\', "/")) {
                Some(command) => {
                    let place = document.place(block.line + number);
                    examples.push(Example { place, folder: SESSION, command, ..Example::default() });
                }
                None => examples.last_mut().expect("a session begins at a prompt").add(&line.replace('\\', "/")),
            }
        }
    }
    examples
}

fn examples(document: &Document) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for block in document.blocks.iter().filter(|block| block.language == "console") {
        let before = examples.len();
        for (number, line) in block.text.lines().enumerate() {
            let place = document.place(block.line + number);
            match line.strip_prefix("$ ") {
                Some(command) => examples.push(Example { place, command: command.to_owned(), ..Example::default() }),
                None if examples.len() == before => panic!("{place}: a block begins with a command"),
                None => examples.last_mut().unwrap().add(line),
            }
        }
    }
    examples
}

impl Example {
    fn add(&mut self, line: &str) {
        let more = if line == ">" { Some("") } else { line.strip_prefix("> ") };
        if let Some(more) = more.filter(|_| self.output.is_empty()) {
            self.command.push('\n');
            self.command.push_str(more);
        } else if let Some(code) = line.strip_prefix("(exit ").and_then(|rest| rest.strip_suffix(')')) {
            self.exit = Some(code.parse().expect("an exit code"));
        } else {
            self.output.push(line.trim_end().to_owned());
        }
    }

    /// The programs that it needs and that are not here.
    fn missing(&self) -> Vec<&'static str> {
        let is_needed = |program: &str| self.command.split(|c: char| !c.is_alphanumeric()).any(|word| word == program);
        PROGRAMS.iter().copied().filter(|program| is_needed(program) && !is_installed(program)).collect()
    }

    /// Runs it, and tells what is not as the page says.
    fn fault(&self, folder: &Path) -> Option<String> {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_cdrdiag"));
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", &self.command])
            .current_dir(folder.join(self.folder))
            .env("PATH", format!("{}:{path}", binary.parent().unwrap().display()))
            .env("HOME", folder)
            .env_remove("XDG_CONFIG_HOME")
            .env("COLUMNS", "80")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = printed.lines().collect();
        let code = output.status.code();
        let ended_well = self.exit.map_or(matches!(code, Some(0 | 1)), |exit| code == Some(exit));
        (!matches(&self.output, &lines) || !ended_well).then(|| {
            let told = String::from_utf8_lossy(&output.stderr);
            let Self { place, command, output, exit, .. } = self;
            let expected = output.join("\n");
            format!("{place}: {command}\nprints\n{printed}\n{told}\nand ends with {code:?}, instead of\n{expected}\nand {exit:?}\n")
        })
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
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

/// Where an example can't run the test says so past the harness, which keeps a passing test's output to itself; with
/// `CDRDIAG_REQUIRE_PEERS` it fails.
fn skip(example: &Example, missing: &[&str]) {
    let what = format!("SKIPPED {}: not installed here: {}", example.place, missing.join(", "));
    assert!(std::env::var_os("CDRDIAG_REQUIRE_PEERS").is_none(), "{what}");
    let _ = writeln!(std::io::stderr(), "{what}");
}

#[test]
fn every_command_prints_what_the_documents_say() {
    let mut faults = Vec::new();
    for document in documents() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
        let examples = examples(&document);
        assert!(!examples.is_empty(), "{}: no command: are the blocks fenced as console?", document.place(1));
        for example in examples.iter().chain(&sessions(&document)) {
            match example.missing().as_slice() {
                [] => faults.extend(example.fault(folder.path())),
                missing => skip(example, missing),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_ellipsis_stands_for_any_lines_and_all_else_for_itself() {
    let expected = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(matches(&expected(&["a", "…", "c"]), &["a", "b", "b", "c"]));
    assert!(matches(&expected(&["a", "…"]), &["a"]));
    assert!(!matches(&expected(&["a", "…", "c"]), &["a", "b"]));
    assert!(!matches(&expected(&["a"]), &["a", "b"]));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    assert!(is_installed("sh") && !is_installed("no-such-program"));
}
