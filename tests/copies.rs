//! Texts as they come out of a terminal, a mail or an old editor: each tells what the plain file tells.
#![allow(clippy::unwrap_used, reason = "a test that can't go on is to panic")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The JSON answer about one file of this content.
fn answer(command: &str, name: &str, bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let mut run = Command::cargo_bin("cdrdiag").unwrap();
    let run = run.current_dir(folder.path()).args([command, name, "--json"]).output().unwrap();
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)))
}

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// What a trace tells: all of it but where it stands, since broken lines are more.
fn told(trace: &str) -> Value {
    let mut answer = answer("parse-log", "a.txt", trace.as_bytes());
    assert_eq!(answer["unread"], serde_json::json!([]), "{trace}");
    without_lines(&mut answer["destinations"]);
    answer["destinations"].clone()
}

fn without_lines(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(without_lines),
        Value::Object(fields) => {
            fields.remove("line");
            fields.values_mut().for_each(without_lines);
        }
        _ => {}
    }
}

/// Each line broken so.
fn broken(text: &str, break_line: impl Fn(&str) -> Vec<String>) -> String {
    text.lines().flat_map(break_line).map(|line| line + "\n").collect()
}

fn at_characters(width: usize) -> impl Fn(&str) -> Vec<String> {
    move |line| {
        let characters: Vec<char> = line.chars().collect();
        characters.chunks(width).map(|part| part.iter().collect::<String>().trim_end().to_owned()).collect()
    }
}

fn at_blanks(width: usize, hang: &str) -> impl Fn(&str) -> Vec<String> {
    let options = textwrap::Options::new(width).break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
    move |line| {
        let parts = textwrap::wrap(line, options.clone()).into_iter().enumerate();
        parts.map(|(number, part)| format!("{}{part}", if number > 0 { hang } else { "" })).collect()
    }
}

#[test]
fn a_trace_copied_any_way_tells_what_the_file_tells() {
    let plain = fixture("cdrrepmgr00073.log");
    let expected = told(&plain);
    assert_eq!(expected[0]["causes"][0]["cause"], "algorithm_negotiation");
    let (first, second) = plain.split_at(plain.find("2019-07-25 13:12:11,971").unwrap());
    for (how, text) in [
        ("carriage returns", plain.replace('\n', "\r")),
        ("40 columns of a terminal", broken(&plain, at_characters(40))),
        ("43 columns of a terminal", broken(&plain, at_characters(43))),
        ("46 columns of a terminal", broken(&plain, at_characters(46))),
        ("a terminal, in carriage returns", broken(&plain, at_characters(80)).replace('\n', "\r")),
        ("44 columns at blanks", broken(&plain, at_blanks(44, ""))),
        ("a mail", broken(&plain, at_blanks(76, ""))),
        ("indented behind the break", broken(&plain, at_blanks(72, "    "))),
        ("indented and quoted", broken(&broken(&plain, at_blanks(72, "  ")), |line| vec![format!("> {line}")])),
        ("a ticket that indents", broken(&broken(&plain, at_characters(80)), |line| vec![format!("    {line}")])),
        ("a blank line behind each", broken(&plain, at_blanks(76, "")).replace('\n', "\n\n")),
        (
            "a saved page",
            format!("<!DOCTYPE html>\n<html><body><pre>{}</pre></body></html>", plain.replace('>', "&gt;")),
        ),
        (
            "a ticket's page",
            plain.lines().fold("<html><body>".to_owned(), |page, line| page + "<div>" + line + "</div>"),
        ),
        ("a part of a page", plain.lines().fold(String::new(), |page, line| page + "<p>" + line + "</p>\n")),
        ("a page's breaks", format!("<p>Hello,</p><p>{}</p>", plain.replace('\n', "<br/>\n"))),
        ("a page's source", plain.replace('>', "&gt;").replace(' ', "&nbsp;")),
        ("a chat's blanks", plain.replace(' ', "\u{a0}")),
        ("Word's dashes", plain.replace(" - ", " \u{2013} ")),
        ("Word's line breaks", plain.replace('\n', "\u{b}")),
        ("a string of JSON", serde_json::to_string(&plain).unwrap()),
        ("the end broken alone", format!("{first}{}", broken(second, at_blanks(72, "")))),
        ("the beginning broken alone", format!("{}{second}", broken(first, at_characters(64)))),
    ] {
        assert_eq!(told(&text), expected, "{how}: {text}");
    }
}

#[test]
fn a_listing_in_carriage_returns_tells_what_the_file_tells() {
    let plain = fixture("story/preserve.txt");
    let totals = |text: &str| answer("backlog", "a.txt", text.as_bytes())["totals"].clone();
    assert_eq!(totals(&plain)["files"], 370);
    assert_eq!(totals(&plain.replace("\r\n", "\n").replace('\n', "\r")), totals(&plain));
}

#[test]
fn saved_answers_in_carriage_returns_tell_what_the_files_tell() {
    for name in ["tinyssh.nmap.txt", "tinyssh.nmap.xml"] {
        let plain = fixture(&format!("saved/{name}"));
        let offer = |text: &str| answer("probe", name, text.as_bytes())["targets"][0]["offer"].clone();
        assert!(offer(&plain)["kex"].is_array(), "{name}");
        assert_eq!(offer(&plain.replace('\n', "\r")), offer(&plain), "{name}");
    }
}
