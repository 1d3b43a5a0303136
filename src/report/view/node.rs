//! What a CUCM node says of itself.

use super::{Block, Fact, Form, Headline, fact_of, toned, words};
use crate::document::collect::BillingServer;
use crate::document::node::NodeState;
use crate::report::page::Tone;
use crate::words::counted;

/// What is wrong with a node, a line each; one line where nothing is.
pub fn headlines(node: &NodeState) -> Vec<Headline> {
    let line = |tone, subject: String, object: &str| Headline {
        tone,
        verdict: "node",
        form: Form::Mark,
        subject,
        object: object.to_owned(),
        why: String::new(),
    };
    let problems = node.problems();
    if problems.is_empty() {
        return vec![line(Tone::Good, node.name().to_owned(), "reports nothing wrong")];
    }
    problems.iter().map(|problem| line(Tone::Bad, problem.headline(node.name()), "")).collect()
}

/// What a node says of itself, and what to do.
pub fn blocks(node: &NodeState) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(vec![words(node.name())]), Block::Facts(facts(node))];
    for problem in node.problems() {
        blocks.push(Block::Facts(vec![fact_of("do", toned(Tone::Strong, problem.step()))]));
        blocks.push(Block::Evidence { place: node.path.clone(), text: problem.quoted() });
        blocks.extend(problem.command().map(|command| Block::Code(vec![command])));
    }
    blocks
}

/// What a node tells of itself.
pub fn facts(node: &NodeState) -> Vec<Fact> {
    let fips = node.fips.map(|on| if on { "on" } else { "off" }.to_owned());
    let days = node.preserve_days.map(|days| counted(days.into(), "day"));
    let known = [
        ("release", node.release.clone()),
        ("time zone", node.time_zone.clone()),
        ("FIPS mode", fips),
        ("CDR files kept for", days),
        ("sends to", (!node.billing_servers.is_empty()).then(|| servers(node))),
    ];
    known.into_iter().filter_map(|(label, value)| Some((label.to_owned(), vec![words(value?)]))).collect()
}

/// The billing servers of its database: `10.0.0.5 (sftp), 10.0.0.6 (ftp, Resend on Failure off)`.
fn servers(node: &NodeState) -> String {
    let of = |server: &BillingServer| {
        let protocol = server.protocol.map(|protocol| protocol.name().to_owned());
        let resend = (server.resend_on_failure == Some(false)).then(|| "Resend on Failure off".to_owned());
        let notes: Vec<String> = protocol.into_iter().chain(resend).collect();
        if notes.is_empty() { server.host.clone() } else { format!("{} ({})", server.host, notes.join(", ")) }
    };
    node.billing_servers.iter().map(of).collect::<Vec<_>>().join(", ")
}
