//! Command lines that can't be run here, as they need a live server or another shell, are at least read by cdrdiag's
//! own parser: no documented command, flag or value can be wrong.

use std::ffi::OsString;

use cdrdiag::cli::help;
use clap::error::ErrorKind;

use super::documents;
use super::markdown::Block;

/// What a block may be fenced as; a typing error would hide its commands.
const LANGUAGES: &[&str] = &["console", "sh", "powershell", "crontab", "text", "json", "toml"];

/// How a shell reads a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    /// What takes a character's meaning away, and joins a line to the next.
    fn escape(self) -> char {
        match self {
            Self::Posix => '\\',
            Self::PowerShell => '`',
        }
    }

    /// The commands of a script, each as its words; what stands behind a redirection is left out.
    fn commands(self, script: &str) -> Vec<Vec<String>> {
        let mut reader = Reader { commands: vec![Vec::new()], word: None, redirected: false };
        let mut chars = script.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                _ if c == self.escape() => match chars.next() {
                    Some('\n') => {}
                    escaped => reader.push(escaped),
                },
                '\'' | '"' => {
                    reader.push("".chars());
                    while let Some(inner) = chars.next().filter(|inner| *inner != c) {
                        let escaped = c == '"' && inner == self.escape();
                        reader.push(if escaped { chars.next() } else { Some(inner) });
                    }
                }
                '#' if reader.word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
                ' ' | '\t' => reader.end_word(),
                '>' | '<' => {
                    reader.redirect();
                    chars.next_if_eq(&'&');
                }
                '\n' | ';' | '|' | '&' | '(' | ')' | '{' | '}' => reader.end_command(),
                _ => reader.push([c]),
            }
        }
        reader.end_command();
        reader.commands.retain(|command| !command.is_empty());
        reader.commands
    }
}

/// What was read of a script.
struct Reader {
    commands: Vec<Vec<String>>,
    word: Option<String>,
    /// Whether the words are a redirection's.
    redirected: bool,
}

impl Reader {
    fn push(&mut self, chars: impl IntoIterator<Item = char>) {
        self.word.get_or_insert_default().extend(chars);
    }

    fn end_word(&mut self) {
        let done = self.word.take().filter(|_| !self.redirected);
        self.commands.last_mut().unwrap().extend(done);
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirected = false;
        self.commands.push(Vec::new());
    }

    fn redirect(&mut self) {
        // `2>`: the number says what is redirected.
        self.word.take_if(|word| word.chars().all(|c| c.is_ascii_digit()));
        self.end_word();
        self.redirected = true;
    }
}

/// The arguments that a command gives to cdrdiag, where it is one of cdrdiag's.
fn arguments(command: &[String]) -> Option<&[String]> {
    let is_in_front = |word: &String| {
        let schedule = word.chars().all(|c| c.is_ascii_digit() || "*/,-".contains(c));
        schedule || word.contains('=') || ["root", "sudo", "if", "!", "time"].contains(&word.as_str())
    };
    let start = command.iter().position(|word| !is_in_front(word))?;
    let (program, rest) = command.get(start..)?.split_first()?;
    match program.rsplit(['/', '\\']).next()? {
        "cdrdiag" | "cdrdiag.exe" => Some(rest),
        "cargo" if rest.first()? == "run" => {
            let dashes = rest.iter().position(|word| word == "--")?;
            rest.get(dashes + 1..)
        }
        _ => None,
    }
}

/// What the parser says against these arguments.
fn fault(arguments: &[String]) -> Option<clap::Error> {
    let words = std::iter::once("cdrdiag").chain(arguments.iter().map(String::as_str)).map(OsString::from);
    help::command().try_get_matches_from(words).err().filter(clap::Error::use_stderr)
}

/// The command lines of a block that no test runs.
fn command_lines(block: &Block) -> Vec<Vec<String>> {
    match block.language.as_str() {
        "sh" | "crontab" => Shell::Posix.commands(&block.text),
        "powershell" => Shell::PowerShell.commands(&block.text),
        // The record of a session: what stands behind the prompt.
        "text" => block.text.lines().flat_map(typed).collect(),
        _ => Vec::new(),
    }
}

/// The commands of a line that was typed, by its prompt.
fn typed(line: &str) -> Vec<Vec<String>> {
    if let Some(line) = line.strip_prefix("$ ") {
        return Shell::Posix.commands(line);
    }
    let line = line.strip_prefix("PS ").and_then(|line| line.split_once("> "));
    line.map(|(_, line)| Shell::PowerShell.commands(line)).unwrap_or_default()
}

#[test]
fn each_command_line_that_is_not_run_is_understood() {
    let mut read = 0;
    for document in documents() {
        for block in &document.blocks {
            for command in command_lines(block) {
                let Some(arguments) = arguments(&command) else { continue };
                read += 1;
                if let Some(error) = fault(arguments) {
                    panic!("{}: {}: {error}", document.place(block.line), command.join(" "));
                }
            }
        }
    }
    assert!(read >= 5, "only {read} command lines were found");
}

#[test]
fn each_block_is_fenced_as_something_that_a_test_knows() {
    for document in documents() {
        for block in &document.blocks {
            let known = LANGUAGES.contains(&block.language.as_str());
            assert!(known, "{}: a block fenced as {:?}", document.place(block.line), block.language);
        }
    }
}

/// Commands and flags within sentences: `cdrdiag probe TARGET…`, `capture --out FILE`, `--html FILE`. Values may be
/// placeholders and may lack; a command or flag that does not exist is wrong.
#[test]
fn each_command_and_flag_within_a_sentence_exists() {
    let commands: Vec<String> =
        help::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let flags = all_flags();
    let mut read = 0;
    for document in documents() {
        for span in &document.spans {
            let words = Shell::Posix.commands(&span.text).into_iter().next().unwrap_or_default();
            let Some((first, rest)) = words.split_first() else { continue };
            let place = document.place(span.line);
            if first.starts_with("--") {
                let flag = first.split('=').next().unwrap_or_default();
                let known = flags.iter().any(|known| known == flag);
                assert!(known, "{place}: no command has {first}");
            } else if first == "cdrdiag" || commands.contains(first) {
                let words = if first == "cdrdiag" { rest } else { &words };
                check_words(&place, words);
            } else {
                continue;
            }
            read += 1;
        }
    }
    assert!(read >= 20, "only {read} commands and flags were found");
}

fn check_words(place: &str, words: &[String]) {
    let is_placeholder = |word: &String| word.chars().all(|c| c.is_ascii_uppercase() || c == '…');
    let Some(error) = fault(words).filter(|_| !words.first().is_some_and(is_placeholder)) else { return };
    let wrong = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    assert!(!wrong, "{place}: {error}");
}

fn all_flags() -> Vec<String> {
    fn add(command: &clap::Command, flags: &mut Vec<String>) {
        flags.extend(command.get_arguments().filter_map(clap::Arg::get_long).map(|name| format!("--{name}")));
        command.get_subcommands().for_each(|below| add(below, flags));
    }
    let mut root = help::command();
    root.build();
    let mut flags = Vec::new();
    add(&root, &mut flags);
    flags
}

#[test]
fn a_wrong_flag_is_found_in_either_shell_and_a_line_is_cut_where_the_command_ends() {
    let found = |shell: Shell, script: &str| -> Vec<Vec<String>> {
        shell.commands(script).iter().filter_map(|command| arguments(command).map(<[String]>::to_vec)).collect()
    };
    let posix = "X=1 cdrdiag probe 'a b' --json 2>/dev/null | jq '.x | y' # cdrdiag no\n*/5 * * * * root cd /var && { target/release/cdrdiag \\\n config >out; }";
    assert_eq!(found(Shell::Posix, posix), [vec!["probe", "a b", "--json"], vec!["config"]]);
    assert_eq!(found(Shell::Posix, "cargo run --release -- parse-log x"), [vec!["parse-log", "x"]]);
    let windows =
        "& \"C:\\my tools\\cdrdiag.exe\" parse-log .\\traces `\n  --json > out.json\nCopy-Item cdrdiag.exe C:\\";
    assert_eq!(found(Shell::PowerShell, windows), [vec!["parse-log", ".\\traces", "--json"]]);
    assert!(fault(&["probe".to_owned(), "host".to_owned()]).is_none());
    for wrong in [["probe", "--jsno"], ["prob", "host"], ["probe", "--timeout=never"]] {
        assert!(fault(&wrong.map(str::to_owned)).is_some(), "{wrong:?}");
    }
}
