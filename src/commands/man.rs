//! `cdrdiag man [DIR]`

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::Context;
use crate::cli::help::{EXIT_CODES, Example, examples, is_offered};
use crate::cli::{self, Cli};
use crate::exit::{Code, UsageError};
use crate::whole_file;

/// Prints the manual's first page, or writes all of its pages into a folder.
///
/// # Errors
/// When the folder or standard output does not take them.
pub fn run(args: &cli::Man, context: &Context<'_>) -> Result<Code> {
    let pages = pages()?;
    match &args.folder {
        Some(file) if file.is_file() => {
            return Err(UsageError(format!("{}: a file; give the folder that the pages go in", file.display())).into());
        }
        Some(folder) => save(&pages, folder).with_context(|| format!("cannot write to {}", folder.display()))?,
        None => return super::print(pages.first().map(|page| page.text.as_slice()).unwrap_or_default()),
    }
    context.detail(&format!("{} pages written", pages.len()));
    Ok(Code::Ok)
}

/// A page of the manual.
#[derive(Debug)]
struct Page {
    /// Its file's name: `cdrdiag-probe.1`.
    name: String,
    text: Vec<u8>,
}

fn save(pages: &[Page], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|page| whole_file::put(&folder.join(&page.name), &page.text))
}

/// The page about cdrdiag, then one for each command.
fn pages() -> io::Result<Vec<Page>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    add(&root, "", &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, words: &str, pages: &mut Vec<Page>) -> io::Result<()> {
    pages.push(page(command, words)?);
    // `help COMMAND` has nothing to say of its own.
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        add(below, format!("{words} {}", below.get_name()).trim_start(), pages)?;
    }
    Ok(())
}

fn page(command: &Command, words: &str) -> io::Result<Page> {
    // The manual has room for what the short help leaves out.
    let shown = |arg: Arg| {
        let hidden = arg.is_hide_set() || !is_offered(&arg, words);
        arg.hide_short_help(false).hide(hidden)
    };
    let man = Man::new(command.clone().mut_args(shown));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut end = Roff::new();
    if let Some(notes) = command.get_after_help() {
        end.control("SH", ["NOTES"]);
        for line in notes.to_string().lines() {
            end.text([roman(line)]).control("br", []);
        }
    }
    end.control("SH", ["EXAMPLES"]);
    examples().iter().filter(|example| example.command == words).for_each(|example| add_example(&mut end, example));
    end.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        end.control("TP", ["4"]).text([bold(*code)]).text([roman(*meaning)]);
    }
    if !words.is_empty() {
        end.control("SH", ["SEE ALSO"]).text([bold("cdrdiag"), roman("(1)")]);
    }
    end.to_writer(&mut text)?;
    Ok(Page { name: man.get_filename(), text })
}

fn add_example(page: &mut Roff, example: &Example) {
    page.control("PP", []).text([roman(format!("{}:", example.purpose))]);
    page.control("RS", ["4"])
        .control("nf", [])
        .text([roman(example.line.as_str())])
        .control("fi", [])
        .control("RE", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page() {
        let names: Vec<String> = pages().unwrap().into_iter().map(|page| page.name).collect();
        assert_eq!(names.first().map(String::as_str), Some("cdrdiag.1"));
        for name in ["cdrdiag-probe.1", "cdrdiag-profile.1", "cdrdiag-profile-show.1"] {
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
    }

    #[test]
    fn every_flag_that_changes_something_is_there_with_its_text() {
        let text = |name: &str| {
            let page = pages().unwrap().into_iter().find(|page| page.name == name).unwrap();
            String::from_utf8(page.text).unwrap()
        };
        assert!(text("cdrdiag-probe.1").contains("Use IPv4 only"));
        assert!(text("cdrdiag-probe.1").contains("\\-\\-profile"));
        assert!(!text("cdrdiag-parse-log.1").contains("\\-\\-profile"));
    }

    #[test]
    fn what_a_command_says_of_itself_below_its_flags_is_on_its_page() {
        let text = page(&Command::new("x").after_help("Mind the gap."), "x").unwrap().text;
        assert!(String::from_utf8(text).unwrap().contains(".SH NOTES\nMind the gap.\n"));
    }
}
