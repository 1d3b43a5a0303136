//! Every form of an answer holds the same facts: each fixture is answered once, rendered in every form, and each form
//! searched for what the document says. Blanks, line ends and backticks are no facts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cdrdiag::document::Verdict;
use cdrdiag::document::alarms::RaisedAlarms;
use cdrdiag::document::backlog::Backlog;
use cdrdiag::document::compare::Compare;
use cdrdiag::document::diagnose::Diagnose;
use cdrdiag::document::fleet::Fleet;
use cdrdiag::document::node::NodeState;
use cdrdiag::document::parse_log::{Outage, ParseLog};
use cdrdiag::document::probe::Target;
use cdrdiag::document::remedy::Remedy;
use cdrdiag::escape;
use cdrdiag::model::offer::Setting;
use cdrdiag::report::page::Terminal;
use cdrdiag::report::view::ToView;
use cdrdiag::report::{Format, write};
use pulldown_cmark::{Event, Options, Parser};
use serde::de::DeserializeOwned;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// The facts of a document that every form for people holds, and those that monitoring and CI hold.
trait Facts: ToView + DeserializeOwned {
    fn for_people(&self) -> Vec<String>;
    fn for_machines(&self) -> Vec<String>;
}

impl Facts for Fleet {
    fn for_people(&self) -> Vec<String> {
        self.targets.iter().flat_map(|target| of_target(&target)).chain(self.warnings.clone()).collect()
    }

    fn for_machines(&self) -> Vec<String> {
        self.targets.iter().map(|target| target.target).collect()
    }
}

impl Facts for Compare {
    fn for_people(&self) -> Vec<String> {
        let findings = self.pairs().flat_map(|pair| pair.findings.clone());
        self.targets().flat_map(of_target).chain(findings).collect()
    }

    fn for_machines(&self) -> Vec<String> {
        self.targets().map(|target| target.target.clone()).collect()
    }
}

impl Facts for ParseLog {
    fn for_people(&self) -> Vec<String> {
        let mut facts = of_traces(self);
        for destination in &self.destinations {
            let remedies = destination
                .failures()
                .causes
                .iter()
                .map(|cause| cause.remedy.clone().unwrap_or_else(|| destination.without_remedy(cause).to_owned()));
            facts.extend(remedies);
        }
        facts
    }

    fn for_machines(&self) -> Vec<String> {
        let checks = self.nodes.iter().flat_map(NodeState::checks).map(|check| check.title.to_owned());
        let raised = self.alarms.iter().flat_map(|alarms| &alarms.names).map(|alarm| alarm.name.clone());
        let hosts = self.destinations.iter().filter_map(|destination| destination.host.clone());
        hosts.chain(checks).chain(raised).collect()
    }
}

/// What traces tell, but for what to do: a diagnosis knows that better.
fn of_traces(traces: &ParseLog) -> Vec<String> {
    let mut facts: Vec<String> = traces.left_out().into_iter().collect();
    facts.extend(traces.unread.iter().chain(&traces.warnings).cloned());
    facts.extend(traces.alarms.iter().map(RaisedAlarms::headline));
    for node in &traces.nodes {
        facts.extend([&node.host_name, &node.release, &node.time_zone].into_iter().flatten().cloned());
        facts.extend(node.billing_servers.iter().map(|server| server.host.clone()));
        facts.extend(node.problems().into_iter().flat_map(|it| [it.headline(node.name()), it.step().to_owned()]));
    }
    for destination in &traces.destinations {
        facts.push(destination.name());
        facts.extend(destination.without_host().map(str::to_owned));
        facts.extend(destination.outages.iter().filter_map(Outage::beginning));
        for cause in destination.failures().causes {
            facts.push(cause.cause.clone());
            facts.extend(cause.message.clone());
        }
    }
    facts
}

impl Facts for Backlog {
    fn for_people(&self) -> Vec<String> {
        let mut facts: Vec<String> = self.warnings.iter().chain(&self.deadline_needs).cloned().collect();
        facts.extend(self.commands.iter().map(|command| command.command.clone()));
        facts.extend(self.unlisted_folders.iter().map(|folder| folder.command.clone()));
        facts.extend(self.absent_folders().into_iter().map(str::to_owned));
        facts.extend(self.deadline.iter().map(|deadline| deadline.first_day.to_string()));
        facts.extend(self.trace_folder.iter().map(|folder| folder.command.clone()));
        facts.extend(self.first_leg.iter().flat_map(|leg| [vec![leg.headline(), leg.seen()], leg.steps()].concat()));
        facts
    }

    fn for_machines(&self) -> Vec<String> {
        self.first_leg.iter().map(|_| "cdrdiag_backlog_first_leg_files".to_owned()).collect()
    }
}

impl Facts for Diagnose {
    fn for_people(&self) -> Vec<String> {
        let mut facts = vec![self.headline.clone()];
        for conclusion in &self.conclusions {
            facts.push(conclusion.headline.clone());
            facts.extend(of_remedies(&conclusion.remedy));
            facts.extend(conclusion.steps.iter().chain(&conclusion.commands).chain(&conclusion.next).cloned());
        }
        facts.extend(self.offered_targets.iter().flat_map(|offered| [offered.host.clone(), offered.command.clone()]));
        facts.extend(self.warnings.clone());
        facts.extend(self.parse_log.iter().flat_map(of_traces));
        facts.extend(self.backlog.iter().flat_map(Facts::for_people));
        facts.extend(self.targets().into_iter().flat_map(of_target));
        facts
    }

    fn for_machines(&self) -> Vec<String> {
        self.conclusions.iter().map(|conclusion| conclusion.id.clone()).collect()
    }
}

/// What is wrong with it, what is not known of it, and what to change.
fn of_target(target: &Target) -> Vec<String> {
    let mut facts = vec![target.target.clone()];
    facts.extend(target.error.iter().map(|error| error.message.clone()));
    for client in &target.clients {
        facts.extend(client.refusal());
        facts.extend(client.disagreement.clone());
        facts.extend(
            client
                .unknown
                .iter()
                .map(|category| Setting::of(*category).map_or_else(|| category.title(), Setting::title).to_owned()),
        );
    }
    facts.extend(of_remedies(&target.remedy));
    if target.takes_no_password() {
        facts.push(target.auth_methods().join(", "));
    }
    facts
}

fn of_remedies(remedies: &[Remedy]) -> Vec<String> {
    let facts = |remedy: &Remedy| {
        let lines = remedy.line.iter().chain(&remedy.file).chain(&remedy.weakens);
        lines.chain(&remedy.commands).cloned().collect::<Vec<_>>()
    };
    remedies.iter().flat_map(facts).collect()
}

/// One answer in every form for people, with its JSON.
struct Answer<D> {
    document: D,
    forms: Vec<(&'static str, String)>,
}

fn answer<D: Facts>(arguments: &[&str]) -> Answer<D> {
    let folder = tempfile::tempdir().unwrap();
    let (html, markdown) = (folder.path().join("r.html"), folder.path().join("r.md"));
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.args(arguments).args(["--json", "--quiet"]).current_dir(FIXTURES);
    command.env("HOME", folder.path()).env("APPDATA", folder.path()).env_remove("XDG_CONFIG_HOME");
    command.arg("--html").arg(&html).arg("--markdown").arg(&markdown);
    let done = command.output().unwrap();
    let document: D = serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    if document.verdict() == Verdict::Ok {
        assert_eq!(done.status.code(), Some(0), "{arguments:?}");
    }
    let forms = vec![
        ("text", rendered(&document, Format::FullText)),
        ("HTML", words_of_html(&std::fs::read_to_string(html).unwrap())),
        ("Markdown", words_of_markdown(&std::fs::read_to_string(markdown).unwrap())),
    ];
    Answer { document, forms }
}

fn rendered<D: ToView>(document: &D, format: Format) -> String {
    let mut out = Vec::new();
    write(document, format, Terminal { width: 100_000, wraps_headlines: true, color: false, blocks: false }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

fn words_of_html(html: &str) -> String {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(html, options).unwrap();
    document.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()).collect()
}

fn words_of_markdown(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    let words = events.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.into_string()),
        _ => None,
    });
    words.collect()
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}

/// What a form lacks of the document's facts, a line each.
fn lacking<D: Facts>(arguments: &[&str]) -> Vec<String> {
    let Answer { document, forms } = answer::<D>(arguments);
    let facts = document.for_people();
    let mut lacking = Vec::new();
    for (form, text) in forms {
        let text = bare(&text);
        let lost = facts.iter().filter(|fact| !text.contains(&bare(&escape::line(fact))));
        lacking.extend(lost.map(|fact| format!("{arguments:?}: {form} lacks: {fact}")));
    }
    let junit = rendered(&document, Format::Junit);
    if junit.contains("<failure ") != (document.verdict() == Verdict::Problem) {
        lacking.push(format!("{arguments:?}: JUnit has another verdict: {junit}"));
    }
    if document.times().clock.is_some_and(|clock| {
        junit.replace("&apos;", "'").matches(&clock.words()).count() < junit.matches("</failure>").count()
    }) {
        lacking.push(format!("{arguments:?}: a failure in JUnit does not say whose clock its times are on: {junit}"));
    }
    let metrics = rendered(&document, Format::Prometheus);
    for fact in document.for_machines() {
        let named = escape::line(&fact).replace('\\', "\\\\").replace('"', "\\\"");
        if !metrics.contains(&named) {
            lacking.push(format!("{arguments:?}: Prometheus lacks {fact}"));
        }
    }
    lacking
}

fn none_lacks(lacking: &[String]) {
    assert!(lacking.is_empty(), "{} facts are lost:\n{}", lacking.len(), lacking.join("\n"));
}

/// The saved answers of servers, as they are named below the fixtures.
fn saved() -> Vec<String> {
    let mut paths = files(Path::new(FIXTURES).join("saved"));
    paths.extend(std::fs::read_dir(format!("{FIXTURES}/cases")).unwrap().flat_map(|case| files(case.unwrap().path())));
    paths.extend(["primary.json", "secondary.json"].map(|name| Path::new(FIXTURES).join("story").join(name)));
    let other = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap().to_str().unwrap();
        name == "README.md" || name == "expected.txt" || name.ends_with(".kexinit") || folder.contains("trace-")
    };
    paths.retain(|path| !other(path));
    paths.sort();
    paths.iter().map(|path| path.strip_prefix(FIXTURES).unwrap().to_str().unwrap().to_owned()).collect()
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// The server that is meant where a file holds several, and nothing where it holds none that can be judged.
fn is_readable(path: &str) -> bool {
    let mut command = Command::cargo_bin("cdrdiag").unwrap();
    command.args(["probe", path, "--quiet"]).current_dir(FIXTURES).env_remove("XDG_CONFIG_HOME");
    command.output().unwrap().status.code().is_some_and(|code| code < 2)
}

#[test]
fn every_form_of_a_probe_holds_what_it_found() {
    let paths: Vec<String> = saved().into_iter().filter(|path| is_readable(path)).collect();
    assert!(paths.len() > 30, "{paths:?}");
    let alone = paths.iter().flat_map(|path| lacking::<Fleet>(&["probe", path]));
    let together: Vec<&str> = std::iter::once("probe").chain(paths.iter().map(String::as_str)).collect();
    none_lacks(&alone.chain(lacking::<Fleet>(&together)).collect::<Vec<_>>());
}

#[test]
fn every_form_of_a_comparison_holds_what_it_found() {
    let pairs = [
        ["story/primary.json", "story/secondary.json"],
        ["saved/openssh-default.nmap.xml", "saved/openssh-hardened.ssh-audit-3.3.0.json"],
        ["saved/asymmetric.nmap.txt", "saved/hostile.nmap.xml"],
        ["saved/dropbear.nmap.txt", "saved/tinyssh.nmap.xml"],
    ];
    let lost = pairs.iter().flat_map(|[one, other]| lacking::<Compare>(&["compare", one, other]));
    none_lacks(&lost.collect::<Vec<_>>());
}

/// Traces, as they are named below the fixtures.
const TRACES: [&[&str]; 12] = [
    &["cases/trace-syslog-file-delivery"],
    &["cases/trace-rtmt-alert-sxml/alert.txt"],
    &["nodes/session.log"],
    &["cases/trace-utils-service-list/services.txt"],
    &["cdrrepmgr00073.log"],
    &["story/traces"],
    &["story/traces", "--since", "2025-03-04"],
    &["story/traces", "--cause", "timeout"],
    &["cases/trace-one-line/line.txt"],
    &["cases/trace-one-line/two.txt"],
    &["cases/trace-file-search/search.txt"],
    &["cases/trace-file-search/search-all.txt"],
];

#[test]
fn every_form_about_traces_holds_what_they_tell() {
    let lost = TRACES.iter().flat_map(|paths| lacking::<ParseLog>(&[&["parse-log"], *paths].concat()));
    none_lacks(&lost.collect::<Vec<_>>());
}

const LISTINGS: [&str; 9] = [
    "cases/trace-subscriber-cm-cdr/listing.txt",
    "story/preserve.txt",
    "file-list-activelog.txt",
    "listings/destination.txt",
    "listings/nothing.txt",
    "listings/preserve-cut.txt",
    "listings/preserve-dates.txt",
    "listings/preserve-detail.txt",
    "listings/preserve-plain.txt",
];

#[test]
fn every_form_about_waiting_files_holds_what_waits() {
    let lost = LISTINGS.iter().flat_map(|path| {
        let plain = lacking::<Backlog>(&["backlog", path]);
        plain.into_iter().chain(lacking::<Backlog>(&["backlog", path, "--preserve-days", "30"]))
    });
    none_lacks(&lost.collect::<Vec<_>>());
}

#[test]
fn every_form_of_a_diagnosis_holds_what_it_concludes() {
    let whole = ["story/traces", "--preserve", "story/preserve.txt", "--preserve-days", "30"];
    let servers = ["--primary", "story/primary.json", "--secondary", "story/secondary.json"];
    let mut commands = vec![
        [&["diagnose"], &whole[..], &servers[..]].concat(),
        [&["diagnose"], &whole[..]].concat(),
        [&["diagnose"], &servers[..]].concat(),
        vec!["diagnose", "--target", "saved/openssh-hardened.ssh-audit-3.3.0.json"],
        vec!["diagnose", "--primary", "saved/hostile.nmap.xml", "--target", "saved/asymmetric.nmap.txt"],
    ];
    commands.extend(TRACES.iter().map(|paths| [&["diagnose"], *paths].concat()));
    commands.extend(LISTINGS.iter().map(|path| vec!["diagnose", "--preserve", path]));
    let lost = commands.iter().flat_map(|command| lacking::<Diagnose>(command));
    none_lacks(&lost.collect::<Vec<_>>());
}
