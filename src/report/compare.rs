//! `compare` for people: the verdicts, what follows, the change, then the lists side by side.

use super::page::{Page, Tone};
use super::{Render, probe, server};
use crate::document::compare::{CategoryDifference, Compare};

impl Render for Compare {
    fn render(&self, page: &mut Page) {
        for target in [&self.primary, &self.secondary] {
            server::headlines(target, &self.profiles, page);
        }
        if !self.findings.is_empty() {
            page.gap();
        }
        for finding in &self.findings {
            page.indented(2, 4, &[(Tone::Plain, "- "), (Tone::Plain, finding)]);
        }
        server::remedies(&self.remedy, page);
        for difference in &self.categories {
            category(self, difference, page);
        }
        page.gap();
        probe::judged_by(&self.profiles, page);
    }
}

/// A category's algorithms, one a line; a list that both sides have alike is one line.
fn category(compare: &Compare, difference: &CategoryDifference, page: &mut Page) {
    let title = difference.category.title();
    if !difference.unknown.is_empty() {
        page.gap();
        page.line(&[(Tone::Strong, title), (Tone::Warn, ": only one side's list is known")]);
        return;
    }
    if difference.only_primary.is_empty() && difference.only_secondary.is_empty() {
        let order = if difference.same_order == Some(true) { "" } else { ", in another order" };
        let text = format!(": no difference{order} ({} in both)", difference.common.len());
        page.gap();
        page.line(&[(Tone::Strong, title), (Tone::Faint, &text)]);
        return;
    }
    let mut rows = vec![vec![title.to_owned(), "primary".to_owned(), "secondary".to_owned(), "decides for".to_owned()]];
    for (names, primary, secondary) in [
        (&difference.common, "yes", "yes"),
        (&difference.only_primary, "yes", "-"),
        (&difference.only_secondary, "-", "yes"),
    ] {
        for name in names {
            rows.push(vec![
                name.clone(),
                primary.to_owned(),
                secondary.to_owned(),
                deciding(compare, difference, name),
            ]);
        }
    }
    page.gap();
    page.table(&rows);
}

/// The clients for which an algorithm decides.
pub fn deciding(compare: &Compare, difference: &CategoryDifference, name: &str) -> String {
    let decides = |client: &&crate::document::compare::ClientDifference| {
        client.required.iter().any(|required| required.category == difference.category && required.algorithm == name)
    };
    compare.clients.iter().filter(decides).map(|client| client.profile.as_str()).collect::<Vec<_>>().join(", ")
}
