//! `profile learn` as text; and one learned client, as `capture` tells of it, too.

use super::Render;
use super::page::{Page, Tone};
use crate::document::learn::{Conflict, Difference, Learned, Likeness, ProfileLearn};
use crate::model::offer::{Setting, titles};
use crate::words::counted;

impl Render for ProfileLearn {
    fn render(&self, page: &mut Page) {
        if self.clients.is_empty() {
            page.line(&[(Tone::Bad, "No client's proposal"), (Tone::Plain, " is in what was read.")]);
        }
        if self.clients.len() > 1 {
            let number = counted(self.clients.len() as u64, "client");
            page.line(&[(Tone::Strong, &number), (Tone::Plain, ": each has a profile of its own.")]);
            page.gap();
        }
        for (index, client) in self.clients.iter().enumerate() {
            if index > 0 {
                page.gap();
            }
            learned(client, page);
        }
        page.gap();
        for input in &self.inputs {
            let what = match input.kind.as_str() {
                "log" => counted(input.entries, "line"),
                "packets" => counted(input.entries, "packet"),
                _ => "written by cdrdiag".to_owned(),
            };
            page.fact("read", Tone::Faint, &format!("{} ({what})", input.path));
        }
        for warning in &self.warnings {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
        if self.clients.is_empty() {
            page.line(&[(
                Tone::Plain,
                "JSch's log has it at level INFO, the billing server's sshd where it refused the client, a packet capture where it holds the connection's first packets. cdrdiag capture asks the client itself.",
            )]);
        }
    }
}

/// One client: which built-in profile it equals or how it differs, contradictions, and the profile.
pub fn learned(client: &Learned, page: &mut Page) {
    let name = &client.profile.title;
    if let Some(software) = client.stranger() {
        let text = " is not CUCM's client (JSch): what it proposes says nothing of CUCM.";
        page.line(&[(Tone::Warn, "warning: "), (Tone::Strong, software), (Tone::Plain, text)]);
    }
    match client.likeness.iter().filter(|likeness| likeness.equal).collect::<Vec<_>>().as_slice() {
        [] => differs(client, page),
        equal => {
            let ids = equal.iter().map(|likeness| likeness.profile.as_str()).collect::<Vec<_>>().join(", ");
            let how = if client.unknown.is_empty() {
                " proposes exactly what this built-in profile says: "
            } else {
                " proposes, as far as it is known, what these say, too: "
            };
            page.line(&[(Tone::Strong, name), (Tone::Plain, how), (Tone::Good, &ids)]);
        }
    }
    if !client.unknown.is_empty() {
        let unknown = titles(&client.unknown).join(", ");
        page.indented(
            2,
            4,
            &[(Tone::Warn, "partial: "), (Tone::Plain, "nothing is known of its "), (Tone::Plain, &unknown)],
        );
    }
    client.conflicts.iter().for_each(|conflict| contradiction(conflict, page));
    page.gap();
    for line in client.toml.lines() {
        page.code(2, line);
    }
    if let Some(path) = &client.written {
        page.gap();
        page.line(&[
            (Tone::Good, "Written to "),
            (Tone::Strong, path),
            (Tone::Plain, "; judge by it: --profile "),
            (Tone::Plain, path),
        ]);
    }
}

/// The nearest built-in profile and what is different from it.
fn differs(client: &Learned, page: &mut Page) {
    let name = &client.profile.title;
    let Some(nearest) = client.likeness.iter().find(|likeness| !likeness.compared.is_empty()) else {
        page.line(&[(Tone::Strong, name), (Tone::Plain, " proposes what no built-in profile can be compared with")]);
        return;
    };
    page.line(&[
        (Tone::Strong, name),
        (Tone::Plain, " proposes what no built-in profile says; the most alike is "),
        (Tone::Strong, &nearest.profile),
        (Tone::Plain, ":"),
    ]);
    differences(nearest, page);
}

fn differences(likeness: &Likeness, page: &mut Page) {
    let texts: Vec<_> = likeness.differences.iter().map(text).collect();
    for (index, difference) in likeness.differences.iter().enumerate() {
        let as_before = index.checked_sub(1).and_then(|before| texts.get(before)) == texts.get(index);
        if let Some(text) = texts.get(index).filter(|_| !as_before) {
            let twice = texts.get(index + 1) == Some(text);
            let title = difference.category.title();
            let title = if twice { Setting::of(difference.category).map_or(title, Setting::title) } else { title };
            page.indented(4, 6, &[(Tone::Faint, title), (Tone::Plain, ": "), (Tone::Plain, text)]);
        }
    }
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

fn contradiction(conflict: &Conflict, page: &mut Page) {
    let list = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    page.indented(2, 4, &[(Tone::Bad, "contradiction: "), (Tone::Plain, conflict.category.title())]);
    page.indented(4, 6, &[(Tone::Plain, &format!("{}: {} (taken)", conflict.taken_from, list(&conflict.taken)))]);
    page.indented(4, 6, &[(Tone::Plain, &format!("{}: {}", conflict.other_from, list(&conflict.other)))]);
}
