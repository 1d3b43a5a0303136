//! What the tests want to know of a page: its code, its headings and its links, each with its line.

use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
#[derive(Debug, Default)]
pub struct Document {
    pub path: PathBuf,
    pub blocks: Vec<Block>,
    /// Code within a sentence.
    pub spans: Vec<Span>,
    pub links: Vec<Span>,
    pub headings: Vec<String>,
}

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// What it is fenced as: `console`.
    pub language: String,
    /// The line of its first line of text, from 1.
    pub line: usize,
    pub text: String,
}

/// A text and its line, from 1.
#[derive(Debug)]
pub struct Span {
    pub line: usize,
    pub text: String,
}

impl Document {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut document = Self { path: path.to_owned(), ..Self::default() };
        let mut heading: Option<String> = None;
        let mut events = Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter();
        while let Some((event, at)) = events.next() {
            let line = text[..at.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    let text = block_text(&mut events);
                    document.blocks.push(Block { language: language.into_string(), line: line + 1, text });
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    document.links.push(Span { line, text: dest_url.into_string() });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => document.headings.extend(heading.take()),
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    document.spans.push(Span { line, text: code.into_string() });
                }
                Event::Text(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                _ => {}
            }
        }
        document
    }

    /// `README.md:12`, for a message.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.strip_prefix(super::root()).unwrap_or(&self.path).display())
    }
}

fn block_text<'a>(events: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>) -> String {
    let mut whole = String::new();
    for (event, _) in events {
        match event {
            Event::Text(text) => whole.push_str(&text),
            _ => break,
        }
    }
    whole
}
