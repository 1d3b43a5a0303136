//! `capture`: the clients that came, and who else did.

use super::learn::{headline, section};
use super::{Block, Fact, Section, ToView, View, fact, list, toned, words};
use crate::document::capture::{Capture, CapturedClient, OtherConnection, Stopped};
use crate::report::page::Tone;
use crate::words::counted;

impl ToView for Capture {
    fn view(&self) -> View<'_> {
        let (title, tone) = match self.clients.as_slice() {
            [] => (format!("No SSH client connected to {} {}", self.listened, until(self.stopped)), Tone::Bad),
            clients => (counted(clients.len() as u64, "SSH client"), Tone::Good),
        };
        let headlines = if let [only] = self.clients.as_slice() { vec![headline(&only.learned)] } else { Vec::new() };
        let section = |client: &CapturedClient| section(&client.learned, self.clients.len() > 1, came(client));
        let mut sections: Vec<_> = self.clients.iter().map(section).collect();
        let others = counted(self.strangers.len() as u64 + self.strangers_left_out, "other connection");
        sections.push(Section::first(&others, strangers(self)));
        View::with(title, tone, headlines, sections)
    }
}

fn until(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Count | Stopped::Timeout => "in the time given",
        Stopped::Interrupted => "before it was interrupted",
    }
}

/// When a client came, and how often.
fn came(client: &CapturedClient) -> Vec<Fact> {
    let visits = (client.visits > 1).then(|| fact("visits", client.visits.to_string()));
    let came = fact("came", client.at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    std::iter::once(came).chain(visits).collect()
}

fn strangers(answer: &Capture) -> Vec<Block> {
    let point = |stranger: &OtherConnection| {
        vec![toned(Tone::Strong, &stranger.peer), words(format!(": {}", stranger.message))]
    };
    let listed = answer.strangers.iter().map(point);
    let more = (answer.strangers_left_out > 0)
        .then(|| vec![toned(Tone::Faint, format!("and {} more", answer.strangers_left_out))]);
    Vec::from_iter(list(listed.chain(more).collect()))
}
