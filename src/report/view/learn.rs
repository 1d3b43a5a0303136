//! `profile learn`; and one learned client, as `capture` tells of it, too.

use super::{Block, Fact, Form, Headline, Section, ToView, View, fact, fact_of, notes, toned, words};
use crate::document::learn::{Conflict, Difference, Input, Learned, Likeness, ProfileLearn};
use crate::model::offer::{Setting, titles};
use crate::report::page::Tone;
use crate::words::counted;

impl ToView for ProfileLearn {
    fn view(&self) -> View<'_> {
        let (title, tone) = match self.clients.as_slice() {
            [] => ("No client's proposal found in what was read.".to_owned(), Tone::Bad),
            [only] => (only.profile.title.clone(), Tone::Plain),
            several => {
                (format!("{}: each has a profile of its own.", counted(several.len() as u64, "client")), Tone::Good)
            }
        };
        let headlines = if let [only] = self.clients.as_slice() { vec![headline(only)] } else { Vec::new() };
        let mut sections: Vec<_> =
            self.clients.iter().map(|client| section(client, self.clients.len() > 1, Vec::new())).collect();
        sections.push(Section::first("What was read", read(self)));
        View::with(title, tone, headlines, sections)
    }
}

fn read(answer: &ProfileLearn) -> Vec<Block> {
    let input = |input: &Input| {
        let what = match input.kind.as_str() {
            "log" => counted(input.entries, "line"),
            "packets" => counted(input.entries, "packet"),
            _ => "written by cdrdiag".to_owned(),
        };
        fact_of("read", toned(Tone::Faint, format!("{} ({what})", input.path)))
    };
    let mut blocks = vec![Block::Facts(answer.inputs.iter().map(input).collect())];
    blocks.extend(notes(&answer.warnings));
    if answer.clients.is_empty() {
        let where_else = "Try JSch's log at level INFO, the log of a billing server's sshd that refused the client, or a \
                          packet capture with the connection's first packets; or let the client connect to cdrdiag \
                          capture.";
        blocks.push(Block::Paragraph(vec![words(where_else)]));
    }
    blocks
}

/// One client: how it differs from the built-in profiles, contradictions, and the profile, after `facts` about it.
/// Among `several` it has its verdict here.
pub fn section(client: &Learned, several: bool, facts: Vec<Fact>) -> Option<Section> {
    let mut blocks = Vec::from_iter(several.then(|| Block::Headlines(vec![headline(client)])));
    blocks.extend(super::facts(facts));
    if let Some(software) = client.foreign_software() {
        let text = " is not CUCM's client (JSch): what it proposes says nothing about CUCM.";
        blocks.push(Block::Paragraph(vec![toned(Tone::Warn, "warning: "), toned(Tone::Strong, software), words(text)]));
    }
    let nearest = nearest(client).filter(|_| equals(client).is_empty());
    blocks.extend(super::facts(nearest.map(differences).unwrap_or_default()));
    if !client.unknown.is_empty() {
        let unknown = format!("{} unknown", titles(&client.unknown).join(", "));
        blocks.push(Block::Paragraph(vec![toned(Tone::Warn, "partial: "), words(unknown)]));
    }
    blocks.extend(client.conflicts.iter().flat_map(contradiction));
    if let Some(path) = &client.written {
        let judge = format!("; to check servers against it: --profile {path}");
        let written = vec![toned(Tone::Good, "Written to "), toned(Tone::Strong, path), words(judge)];
        blocks.push(Block::Paragraph(written));
    }
    blocks.push(Block::Heading(vec![words("Its profile")]));
    blocks.push(Block::Code(client.toml.lines().map(str::to_owned).collect()));
    Section::first(&client.profile.title, blocks)
}

/// Which built-in profiles a client equals, or that it equals none.
pub fn headline(client: &Learned) -> Headline {
    let equal = equals(client);
    let profiles = if equal.len() == 1 { "a built-in profile" } else { "built-in profiles" };
    let (tone, verdict, object, why) = match (equal.is_empty(), nearest(client)) {
        (false, _) if client.unknown.is_empty() => (Tone::Good, "matches", profiles.to_owned(), equal.join(", ")),
        (false, _) => (Tone::Good, "matches", format!("{profiles}, as far as it is known"), equal.join(", ")),
        (true, Some(nearest)) => {
            let nearest = format!("the nearest is {}", nearest.profile);
            (Tone::Warn, "matches", "no built-in profile".to_owned(), nearest)
        }
        (true, None) => (Tone::Warn, "cannot be compared with", "any built-in profile".to_owned(), String::new()),
    };
    let subject = client.profile.title.clone();
    Headline { tone, verdict, form: Form::Verb, subject, object, why }
}

fn equals(client: &Learned) -> Vec<&str> {
    client.likeness.iter().filter(|likeness| likeness.equal).map(|likeness| likeness.profile.as_str()).collect()
}

/// The nearest built-in profile of those that can be compared.
fn nearest(client: &Learned) -> Option<&Likeness> {
    client.likeness.iter().find(|likeness| !likeness.compared.is_empty())
}

/// What is different; once where both directions of a setting differ alike.
fn differences(likeness: &Likeness) -> Vec<Fact> {
    let texts: Vec<_> = likeness.differences.iter().map(text).collect();
    let mut facts: Vec<Fact> = Vec::new();
    for (index, (difference, text)) in likeness.differences.iter().zip(&texts).enumerate() {
        if index.checked_sub(1).and_then(|before| texts.get(before)) == Some(text) {
            continue;
        }
        let title = difference.category.title();
        let twice = texts.get(index + 1) == Some(text);
        let title = if twice { Setting::of(difference.category).map_or(title, Setting::title) } else { title };
        facts.push(fact(title, text));
    }
    facts
}

fn text(difference: &Difference) -> String {
    let mut parts = Vec::new();
    if !difference.added.is_empty() {
        parts.push(format!("also {}", difference.added.join(", ")));
    }
    if !difference.lacking.is_empty() {
        parts.push(format!("not {}", difference.lacking.join(", ")));
    }
    if difference.reordered {
        parts.push("in another order".to_owned());
    }
    if difference.assumed {
        parts.push("the built-in list is an assumption".to_owned());
    }
    parts.join("; ")
}

fn contradiction(conflict: &Conflict) -> [Block; 2] {
    let list = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    let category = vec![toned(Tone::Bad, "contradiction: "), words(conflict.category.title())];
    let taken = format!("{}: {} (taken)", conflict.taken_from, list(&conflict.taken));
    let other = format!("{}: {}", conflict.other_from, list(&conflict.other));
    [Block::Paragraph(category), Block::List(vec![vec![words(taken)], vec![words(other)]])]
}
