//! `config`: what is in force, and where from.

use super::{Block, Row, Section, ToView, View, code, table, toned, words};
use crate::document::config::{Config, InForce, Named, Origin};
use crate::report::page::Tone;

impl ToView for Config {
    fn view(&self) -> View<'_> {
        let title = match &self.file {
            Some(file) => format!("configuration file: {file}"),
            None => format!("no configuration file; looked for {}", self.searched.join(", ")),
        };
        let problem = |problem: &String| Block::Paragraph(vec![toned(Tone::Bad, "profile: "), words(problem)]);
        let sections = [
            Section::first("Problems", self.problems.iter().map(problem)),
            Section::first("Defaults", table(["default", "value", "from"], defaults(self))),
            Section::first("Targets", table(["target", "host", "port", "note"], targets(self))),
        ];
        let tone = if self.problems.is_empty() { Tone::Strong } else { Tone::Bad };
        View::of(title, tone, sections)
    }
}

fn defaults(config: &Config) -> Vec<Row> {
    let defaults = &config.defaults;
    let zone = |zone: &Option<String>| zone.clone().unwrap_or_else(|| "unknown, assumed to be UTC".to_owned());
    let days = |days: &Option<u32>| days.map_or_else(|| "unknown".to_owned(), |days| days.to_string());
    let node = config.cucm.iter().map(|node| cells("cucm", node.clone(), Origin::File));
    [
        row("profile", &defaults.profile, |names| names.join(", ")),
        row("timeout", &defaults.timeout_s, |seconds| format!("{seconds} s")),
        row("port", &defaults.port, u16::to_string),
        row("timezone", &defaults.timezone, zone),
        row("preserve_days", &defaults.preserve_days, days),
    ]
    .into_iter()
    .chain(node)
    .collect()
}

fn targets(config: &Config) -> Vec<Row> {
    let row = |target: &Named| {
        let note = words(target.note.clone().unwrap_or_default());
        Row::of(vec![code(&target.name), code(&target.host), words(target.port.to_string()), note])
    };
    config.targets.iter().map(row).collect()
}

fn row<T>(name: &str, setting: &InForce<T>, show: impl FnOnce(&T) -> String) -> Row {
    cells(name, show(&setting.value), setting.origin)
}

fn cells(name: &str, value: String, origin: Origin) -> Row {
    Row::of(vec![code(name), words(value), words(origin.to_string())])
}
