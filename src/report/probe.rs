//! `probe` as text: the verdict and the change that mends it first, what they rest on after that.

use super::Render;
use super::monitor::Monitored;
use super::monitor::judged::Judged;
use super::page::{Page, Tone};
use super::{server, text, view};
use crate::document::probe::{Probe, ProfileRef};
use crate::words::excerpt;

impl Render for Probe {
    fn monitored(&self) -> Option<Monitored> {
        Some(Monitored::from(&Judged::new(&self.profiles, self.targets.iter())))
    }

    fn first_screen(&self, page: &mut Page) {
        let [only] = self.targets.as_slice() else { return self.render(page) };
        server::headlines(only, page);
        text::blocks(&view::probe::first_screen(self, only), page);
        if only.offer.is_some() {
            page.gap();
            page.line(&[(Tone::Faint, "--full shows all: what it offers and agrees on, reasons and sources.")]);
        }
    }

    fn render(&self, page: &mut Page) {
        if let [only] = self.targets.as_slice() {
            server::headlines(only, page);
            server::whole(only, page);
        } else {
            summary(self, page);
            for target in self.targets.iter().filter(|target| !target.is_fine()) {
                page.gap();
                server::headlines(target, page);
                server::remedies(&target.remedy, page);
                server::notes(target, page);
            }
        }
        if self.targets.iter().any(|target| target.offer.is_some()) {
            page.gap();
            judged_by(&self.profiles, page);
        }
        for warning in &self.warnings {
            page.line(&[(Tone::Warn, "note: "), (Tone::Plain, warning)]);
        }
    }
}

/// Every target in a line of its own.
fn summary(answer: &Probe, page: &mut Page) {
    let (whole, wrong) = (answer.targets.len(), answer.targets.iter().filter(|target| !target.is_fine()).count());
    let tone = if wrong == 0 { Tone::Good } else { Tone::Bad };
    let verb = if wrong == 1 { " has a problem" } else { " have a problem" };
    page.line(&[(tone, &format!("{wrong} of {whole} servers")), (Tone::Plain, verb)]);
    page.gap();
    let mut rows = vec![["target", "server", "outcome", "why"].map(str::to_owned).to_vec()];
    for target in &answer.targets {
        let why = match &target.error {
            Some(error) => excerpt(&error.message).into_owned(),
            None => server::whys(target).join("; "),
        };
        rows.push(vec![target.target.clone(), server::software(target), target.outcome.words().to_owned(), why]);
    }
    page.table(&rows);
    if wrong > 0 {
        page.line(&[(Tone::Faint, "Each with a problem follows; probe one alone to see what it offers.")]);
    }
}

/// The profiles with their sources, so that no verdict rests on an unnamed list.
pub fn judged_by(profiles: &[ProfileRef], page: &mut Page) {
    page.line(&[(Tone::Strong, "Checked against")]);
    for profile in profiles {
        page.indented(2, 4, &[(Tone::Strong, &profile.id), (Tone::Plain, "  "), (Tone::Plain, &profile.title)]);
        for source in &profile.source {
            page.indented(4, 6, &[(Tone::Faint, source)]);
        }
    }
}
