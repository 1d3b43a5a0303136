//! `compare` for people: what stops CUCM in the first line, the verdicts, the lists side by side, what else
//! differs, and the change at the end, where the eye is when the prompt comes back.

mod lists;
mod verdicts;

use super::monitor::Monitored;
use super::monitor::judged::Judged;
use super::page::{Page, Tone};
use super::{Render, probe, server};
use crate::document::compare::{Compare, Pair};
use crate::document::probe::{Outcome, Target};
use crate::document::remedy::Remedy;
use crate::model::offer::Offer;

impl Render for Compare {
    fn monitored(&self) -> Option<Monitored> {
        Some(Monitored::from(&Judged::new(&self.profiles, self.targets())))
    }

    fn render(&self, page: &mut Page) {
        without_changes(self, page);
        server::remedies(&changes(self), page);
    }
}

/// All but the changes, for a page that has named them already.
pub fn without_changes(compare: &Compare, page: &mut Page) {
    let columns = Column::of(compare);
    for pair in compare.pairs() {
        let is_fine = compare.primary.is_fine() && pair.secondary.is_fine();
        findings(pair, if is_fine { Tone::Good } else { Tone::Bad }, page);
    }
    page.gap();
    servers(&columns, page);
    page.gap();
    verdicts::table(compare, &columns, page);
    if columns.iter().filter(|column| column.offer().is_some()).count() > 1 {
        lists::tables(compare, &columns, page);
    }
    differences(compare, &columns, page);
    page.gap();
    probe::judged_by(&compare.profiles, page);
}

/// A server, and the name above its column.
struct Column<'a> {
    label: String,
    target: &'a Target,
}

impl<'a> Column<'a> {
    /// The servers' own names, as far as a page of 80 columns has room for them.
    fn of(compare: &'a Compare) -> Vec<Self> {
        const ROOM: usize = 28;
        let targets: Vec<_> = compare.targets().collect();
        let needed: usize = targets.iter().map(|target| target.target.chars().count() + 2).sum();
        let is_unlike = |index: usize| targets[..index].iter().all(|other| other.target != targets[index].target);
        // The token of a redacted file tells less than the server's role.
        let is_token = |target: &&Target| target.target.starts_with("file-") && targets.len() == 2;
        let by_name = needed <= ROOM && !targets.iter().any(is_token) && (0..targets.len()).all(is_unlike);
        let label = |index: usize, target: &Target| match (index, targets.len()) {
            _ if by_name => target.target.clone(),
            (0, 2) => "primary".to_owned(),
            (_, 2) => "secondary".to_owned(),
            _ => format!("({})", index + 1),
        };
        targets.iter().enumerate().map(|(index, target)| Self { label: label(index, target), target }).collect()
    }

    fn offer(&self) -> Option<&'a Offer> {
        self.target.offer.as_ref()
    }
}

/// The first finding is the answer; the others follow from it or stand beside it.
fn findings(pair: &Pair, tone: Tone, page: &mut Page) {
    let Some((first, rest)) = pair.findings.split_first() else { return };
    page.line(&[(tone, first)]);
    for finding in rest {
        page.indented(2, 4, &[(Tone::Plain, "- "), (Tone::Plain, finding)]);
    }
}

/// Which server stands in which column.
fn servers(columns: &[Column<'_>], page: &mut Page) {
    for Column { label, target } in columns {
        let raw = target.identification.as_ref().map(|told| told.raw.clone()).filter(|raw| !raw.is_empty());
        let runs = raw.unwrap_or_else(|| server::software(target));
        let name = Some(target.target.clone()).filter(|name| name != label);
        let place = target.host.as_ref().filter(|host| !target.target.contains(host.as_str()));
        let place = place.map(|host| target.port.map_or_else(|| host.clone(), |port| format!("{host} port {port}")));
        let shown: Vec<_> = [name, place, Some(runs)].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        page.fact(label, Tone::Plain, &shown.join(", "));
    }
}

/// What else is not alike.
fn differences(compare: &Compare, columns: &[Column<'_>], page: &mut Page) {
    let Some((first, others)) = columns.split_first() else { return };
    if compare.pairs().any(|pair| !pair.facts.is_empty()) {
        page.gap();
        page.line(&[(Tone::Strong, "What else differs")]);
    }
    for (pair, column) in compare.pairs().zip(others) {
        for fact in &pair.facts {
            let values = format!("{} on {}, {} on {}", fact.primary, first.label, fact.secondary, column.label);
            page.fact(fact.fact.title(), Tone::Plain, &values);
        }
    }
}

/// The changes of all pairs. The primary's is taken from a server that works, if there is one.
pub fn changes(compare: &Compare) -> Vec<Remedy> {
    let primary = &compare.primary.target;
    let model = compare.pairs().find(|pair| pair.secondary.outcome == Outcome::Accepts).unwrap_or(&compare.pair);
    let on_primary = model.remedy.iter().filter(|remedy| remedy.server == *primary);
    let on_others = compare.pairs().flat_map(|pair| &pair.remedy).filter(|remedy| remedy.server != *primary);
    let mut changes: Vec<Remedy> = Vec::new();
    for remedy in on_primary.chain(on_others) {
        if !changes.contains(remedy) {
            changes.push(remedy.clone());
        }
    }
    changes
}
