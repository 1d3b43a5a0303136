//! What a command's help says beyond its flags: two examples, which the tests run, and the exit codes.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches};
use serde::Deserialize;

use super::Cli;
use crate::tables;

/// The exit codes, as `--help` and the man pages print them.
pub const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "nothing wrong"),
    ("1", "a problem was found (a billing server that can't be reached is one)"),
    ("2", "wrong usage"),
    ("3", "the job could not be done (unreadable input, broken profile, no permission)"),
];

const SHORT_EXIT_CODES: &str = "Exit codes: 0 nothing wrong, 1 a problem found, 2 wrong usage, 3 job not done";
const SHORT_GLOBAL: &str = "Also --json, --config, --color, -q, -v; more, and examples: --help";
const SHORT_GLOBAL_JUDGING: &str = "Also --json, --profile, --config, --color, -q, -v; more, and examples: --help";

/// The commands that judge by profiles. `--profile` is taken everywhere, and offered where it changes something.
const JUDGING: [&str; 5] = ["config", "probe", "compare", "diagnose", "deliver"];

/// Whether a flag changes something for the command of these words.
pub fn is_offered(arg: &Arg, words: &str) -> bool {
    arg.get_id() != "profile" || words.is_empty() || JUDGING.contains(&words)
}

/// An example of a command.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Example {
    /// The command's words, `profile show`; empty for cdrdiag itself.
    pub command: String,
    /// How it ends in the tests; `None` where it needs a live server, so that only its words are checked.
    #[serde(deserialize_with = "csv::invalid_option")]
    pub exit: Option<u8>,
    /// What it is for.
    pub purpose: String,
    /// The command line.
    pub line: String,
}

/// All examples, from `data/examples.tsv`.
pub fn examples() -> &'static [Example] {
    static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| tables::rows(include_str!("../../data/examples.tsv")));
    &EXAMPLES
}

/// The command line with the examples and the exit codes in each command's help.
pub fn command() -> Command {
    let root = Cli::command();
    let globals: Vec<Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let root = root.mut_subcommands(|command| complete(command, "", &globals));
    explain(root, "", SHORT_EXIT_CODES)
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Refusal {
    /// The help or the version was asked for, or nothing at all.
    Page(clap::Error),
    /// The arguments are wrong: one line.
    Usage(String),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// When they are wrong, or ask for the help or the version.
pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Cli, Refusal> {
    let args: Vec<OsString> = args.into_iter().collect();
    let read = || -> Result<Cli, clap::Error> {
        let mut matches = command().try_get_matches_from(&args)?;
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command()))
    };
    read().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Refusal::Page(error)
        }
        kind => {
            let flag = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
            let known = if kind == ErrorKind::UnknownArgument { elsewhere(&flag) } else { String::new() };
            let line = one_line(&error.render().to_string(), &words_of(&args));
            Refusal::Usage(match line.rsplit_once("; see ") {
                Some((told, see)) => format!("{told}{known}; see {see}"),
                None => line,
            })
        }
    })
}

/// Which commands have a flag that this one has not: `; diagnose and probe have --html`.
fn elsewhere(flag: &str) -> String {
    let Some(name) = flag.strip_prefix("--") else { return String::new() };
    let root = Cli::command();
    let has = |command: &&Command| command.get_arguments().any(|arg| arg.get_long() == Some(name));
    let names: Vec<&str> = root.get_subcommands().filter(has).map(Command::get_name).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => format!("; {only} has {flag}"),
        Some((last, rest)) => format!("; {} and {last} have {flag}", rest.join(", ")),
    }
}

/// The command that the arguments name, as far as they do: `cdrdiag profile show`.
fn words_of(args: &[OsString]) -> String {
    let mut command = Cli::command();
    let mut words = vec![command.get_name().to_owned()];
    for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
        if let Some(below) = command.find_subcommand(arg).cloned() {
            words.push(below.get_name().to_owned());
            command = below;
        }
    }
    words.join(" ")
}

/// clap's paragraphs on one line, without the usage, and with the command whose help says more.
fn one_line(text: &str, words: &str) -> String {
    let told =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut line = String::new();
    // That a flag could be meant as a value misleads: no value of cdrdiag's begins with a stroke.
    for part in told.filter(|part| !part.is_empty() && !part.contains("as a value, use")) {
        line.push_str(if line.is_empty() || line.ends_with(':') {
            ""
        } else if part.starts_with("tip:") {
            ";"
        } else {
            ","
        });
        line.push(' ');
        line.push_str(part.trim_start_matches("tip: "));
    }
    let line = line.trim_start().trim_start_matches("error: ").replace(", [", " [");
    // Rust's own words for a number that is none.
    let line = line.replace("invalid digit found in string", "give a whole number");
    format!("{line}; see {words} --help")
}

/// A command and those below it. The global flags fill a screen of their own, so `-h` of a command only names them.
fn complete(command: Command, above: &str, globals: &[Arg]) -> Command {
    let words = format!("{above} {}", command.get_name()).trim_start().to_owned();
    let command = command.mut_subcommands(|below| complete(below, &words, globals));
    let global = |arg: &Arg| arg.clone().hide_short_help(true).hide(!is_offered(arg, &words));
    let command = command.args(globals.iter().map(global));
    let short = if JUDGING.contains(&words.as_str()) { SHORT_GLOBAL_JUDGING } else { SHORT_GLOBAL };
    explain(command, &words, &format!("{short}\n{SHORT_EXIT_CODES}"))
}

/// Adds what stands below the flags, behind what the command itself has to say there.
fn explain(command: Command, words: &str, short: &str) -> Command {
    let own = command.get_after_help().map(|help| format!("{help}\n\n")).unwrap_or_default();
    let long = format!("{own}{}\n{}", example_text(words), exit_text());
    command.after_help(format!("{own}{short}")).after_long_help(long)
}

fn example_text(words: &str) -> String {
    let of_command = examples().iter().filter(|example| example.command == words);
    let mut text = String::from("Examples:\n");
    text.extend(of_command.map(|example| format!("  {}:\n    {}\n", example.purpose, example.line)));
    text
}

fn exit_text() -> String {
    let codes = EXIT_CODES.iter().map(|(code, meaning)| format!("\n  {code}  {meaning}"));
    std::iter::once("Exit codes:".to_owned()).chain(codes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command, above: &str, all: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let words = format!("{above} {}", below.get_name()).trim_start().to_owned();
            all.push(words.clone());
            self::words(below, &words, all);
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_flag_of_other_commands_is_told_as_theirs_and_never_as_a_value() {
        let Err(Refusal::Usage(line)) = read(["cdrdiag", "config", "--html", "y"].map(OsString::from)) else {
            panic!("it is no flag of config's")
        };
        assert!(line.contains("have --html; see cdrdiag config --help") && !line.contains("as a value"), "{line}");
    }

    #[test]
    fn a_profile_is_offered_where_something_is_judged_by_it_and_taken_everywhere() {
        for (name, offered) in [("probe", true), ("deliver", true), ("parse-log", false), ("capture", false)] {
            let mut command = command();
            let help = command.find_subcommand_mut(name).unwrap().render_long_help().to_string();
            assert_eq!(help.contains("--profile"), offered, "{name}: {help}");
        }
        assert!(read(["cdrdiag", "parse-log", "--profile", "cucm-14"].map(OsString::from)).is_ok());
    }

    #[test]
    fn every_command_has_its_examples_and_every_example_its_command() {
        let mut commands = vec![String::new()];
        words(&command(), "", &mut commands);
        for command in &commands {
            let count = examples().iter().filter(|example| example.command == *command).count();
            assert!(count >= 2, "`{command}` has {count} examples");
        }
        for example in examples() {
            assert!(commands.contains(&example.command), "{example:?}");
        }
    }

    #[test]
    fn a_global_flag_means_the_same_before_and_behind_the_command() {
        for line in ["cdrdiag --json -v profile show cucm-14", "cdrdiag profile show cucm-14 --json -v"] {
            let cli = read(line.split(' ').map(OsString::from)).unwrap();
            assert!(cli.global.json && cli.global.verbose && !cli.global.quiet, "{line}");
        }
    }
}
