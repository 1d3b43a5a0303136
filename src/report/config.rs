//! `config` for people.

use super::Render;
use super::page::{Page, Tone};
use crate::document::config::{Config, InForce};

impl Render for Config {
    fn render(&self, page: &mut Page) {
        if let Some(file) = &self.file {
            page.line(&[(Tone::Plain, "configuration file: "), (Tone::Strong, file)]);
        } else {
            let places = self.searched.join(", ");
            page.line(&[(Tone::Plain, "no configuration file; looked for "), (Tone::Strong, &places)]);
        }
        for problem in &self.problems {
            page.line(&[(Tone::Bad, "profile: "), (Tone::Plain, problem)]);
        }
        page.gap();
        page.table(&defaults(self));
        if !self.targets.is_empty() {
            page.gap();
            page.table(&targets(self));
        }
    }
}

fn defaults(config: &Config) -> Vec<Vec<String>> {
    let defaults = &config.defaults;
    vec![
        cells("default", "value", "from"),
        row("profile", &defaults.profile, |names| names.join(", ")),
        row("timeout", &defaults.timeout_s, |seconds| format!("{seconds} s")),
        row("port", &defaults.port, u16::to_string),
        row("timezone", &defaults.timezone, |zone| zone.clone().unwrap_or_else(|| "unknown, taken for UTC".to_owned())),
        row("preserve_days", &defaults.preserve_days, |days| {
            days.map_or_else(|| "unknown".to_owned(), |days| days.to_string())
        }),
    ]
}

fn targets(config: &Config) -> Vec<Vec<String>> {
    let heading = ["target", "host", "port", "note"].map(str::to_owned).to_vec();
    let named = config.targets.iter().map(|target| {
        vec![target.name.clone(), target.host.clone(), target.port.to_string(), target.note.clone().unwrap_or_default()]
    });
    std::iter::once(heading).chain(named).collect()
}

fn row<T>(name: &str, setting: &InForce<T>, show: impl FnOnce(&T) -> String) -> Vec<String> {
    cells(name, &show(&setting.value), &setting.origin.to_string())
}

fn cells(name: &str, value: &str, origin: &str) -> Vec<String> {
    [name, value, origin].map(str::to_owned).to_vec()
}
