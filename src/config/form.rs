//! What a configuration file may hold, key by key, and where a mistake in it is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::{Config, Cucm, Defaults, Mistake, NamedTarget};
use crate::ssh;
use crate::ssh::known_hosts::Fingerprint;
use crate::ssh::target::Target;
use crate::suggest::nearest;

/// The longest time that a target is given.
const A_DAY: Duration = Duration::from_secs(86_400);

const TABLES: [&str; 3] = ["defaults", "targets", "cucm"];
const CUCM: [&str; 3] = ["host", "user", "host_key"];
const DEFAULTS: [&str; 5] = ["profile", "timeout", "port", "timezone", "preserve_days"];
const TARGET: [&str; 3] = ["host", "port", "note"];

/// Reads a configuration.
///
/// # Errors
/// When it is no TOML, holds a key that there is not, or a value of the wrong kind.
pub fn parse(text: &str) -> Result<Config, Mistake> {
    let text = text.trim_start_matches('\u{feff}');
    let at = |span: Range<usize>, message: String| Mistake { line: line_of(text, span.start), message };
    let toml = |error: &toml::de::Error| at(error.span().unwrap_or_default(), error.message().replace('\n', ", "));
    let no_toml = |error: &toml::de::Error| {
        let Mistake { line, message } = toml(error);
        Mistake { line, message: format!("{message}; correct the line, as in host = \"10.0.0.5\"") }
    };
    let document = DeTable::parse(text).map_err(|error| no_toml(&error))?;
    if let Some((span, message)) = unknown_key(document.get_ref()) {
        return Err(at(span, message));
    }
    let file: FileForm = toml::from_str(text).map_err(|error| toml(&error))?;
    let mut targets = BTreeMap::new();
    for (name, form) in file.targets {
        let span = form.host.span();
        targets.insert(name, form.check().map_err(|message| at(span, message))?);
    }
    let cucm = file.cucm.map_or(Ok(Cucm::default()), |form| {
        let span = form.span();
        form.into_inner().check().map_err(|message| at(span, message))
    })?;
    Ok(Config { defaults: file.defaults.into(), targets, cucm })
}

fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

/// The first key that cdrdiag does not know, with the one that was probably meant.
fn unknown_key(document: &DeTable<'_>) -> Option<(Range<usize>, String)> {
    let targets = table(document, "targets").into_iter().flatten().filter_map(|(name, value)| {
        unknown_in(value.get_ref().as_table()?, &TARGET, &format!(" in [targets.{}]", name.get_ref()))
    });
    unknown_in(document, &TABLES, "")
        .or_else(|| unknown_in(table(document, "defaults")?, &DEFAULTS, " in [defaults]"))
        .or_else(|| unknown_in(table(document, "cucm")?, &CUCM, " in [cucm]"))
        .or_else(|| targets.min_by_key(|(span, _)| span.start))
}

fn table<'a, 'i>(document: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    document.get(name)?.get_ref().as_table()
}

fn unknown_in(table: &DeTable<'_>, known: &[&str], place: &str) -> Option<(Range<usize>, String)> {
    let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
    let key = unknown.min_by_key(|key| key.span().start)?;
    let hint = match nearest(key.get_ref(), known.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("there are {}", known.join(", ")),
    };
    Some((key.span(), format!("unknown key {:?}{place}: {hint}", key.get_ref())))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FileForm {
    defaults: DefaultsForm,
    targets: BTreeMap<String, TargetForm>,
    cucm: Option<Spanned<CucmForm>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CucmForm {
    host: Option<String>,
    user: Option<String>,
    host_key: Option<String>,
}

impl CucmForm {
    fn check(self) -> Result<Cucm, String> {
        if let Some(host) = &self.host {
            Target::parse(host, ssh::PORT).map_err(|error| error.to_string())?;
        }
        let host_key = self.host_key.as_deref().map(Fingerprint::parse).transpose()?;
        Ok(Cucm { host: self.host, user: self.user, host_key })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DefaultsForm {
    profile: Option<OneOrMany>,
    timeout: Option<Seconds>,
    port: Option<Port>,
    timezone: Option<Zone>,
    preserve_days: Option<Days>,
}

#[derive(Deserialize)]
struct TargetForm {
    host: Spanned<String>,
    port: Option<Port>,
    note: Option<String>,
}

impl TargetForm {
    /// A port behind the host counts, unless `port` says it, too.
    fn check(self) -> Result<NamedTarget, String> {
        let host = self.host.into_inner();
        let own = Target::parse(&host, 0).map_err(|error| error.to_string())?;
        let inside = Some(own.port()).filter(|port| *port != 0);
        let port = match (self.port.map(|port| port.0), inside) {
            (Some(_), Some(_)) => return Err(format!("the host {host:?} names a port, and so does port")),
            (outside, inside) => outside.or(inside),
        };
        Ok(NamedTarget { host: own.host().to_owned(), port, note: self.note })
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "give a profile's name or a list of names")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "give seconds as a number (timeout = 10), more than 0 and at most 86400")]
enum SecondsForm {
    Number(f64),
}

#[derive(Deserialize)]
#[serde(try_from = "SecondsForm")]
struct Seconds(Duration);

impl TryFrom<SecondsForm> for Seconds {
    type Error = String;

    fn try_from(SecondsForm::Number(seconds): SecondsForm) -> Result<Self, String> {
        let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero() && *time <= A_DAY);
        time.map(Self).ok_or_else(|| format!("{seconds} is not a time: give seconds, more than 0 and at most 86400"))
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "give the port as a number from 1 to 65535 (port = 22)")]
enum PortForm {
    Number(i64),
}

#[derive(Deserialize)]
#[serde(try_from = "PortForm")]
struct Port(u16);

impl TryFrom<PortForm> for Port {
    type Error = String;

    fn try_from(PortForm::Number(number): PortForm) -> Result<Self, String> {
        let port = u16::try_from(number).ok().filter(|port| *port != 0);
        port.map(Self).ok_or_else(|| format!("{number} is not a port: give a number from 1 to 65535"))
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "give the days as a whole number from 1 to 36500 (preserve_days = 30)")]
enum DaysForm {
    Number(i64),
}

#[derive(Deserialize)]
#[serde(try_from = "DaysForm")]
struct Days(u32);

impl TryFrom<DaysForm> for Days {
    type Error = String;

    fn try_from(DaysForm::Number(number): DaysForm) -> Result<Self, String> {
        let days = u32::try_from(number).ok().filter(|days| (1..=36_500).contains(days));
        days.map(Self).ok_or_else(|| format!("{number} is not a number of days: give 1 to 36500"))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Zone(Tz);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|_| format!("{name:?} is not a time zone: give one such as Europe/Berlin"))
    }
}

impl From<DefaultsForm> for Defaults {
    fn from(form: DefaultsForm) -> Self {
        let profile = match form.profile {
            None => Vec::new(),
            Some(OneOrMany::One(name)) => vec![name],
            Some(OneOrMany::Many(names)) => names,
        };
        Self {
            profile,
            timeout: form.timeout.map(|seconds| seconds.0),
            port: form.port.map(|port| port.0),
            timezone: form.timezone.map(|zone| zone.0),
            preserve_days: form.preserve_days.map(|days| days.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mistake(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_example_says_every_key() {
        let text = include_str!("../../fixtures/cdrdiag.toml");
        let config = parse(text).unwrap();
        for key in TABLES.iter().chain(&DEFAULTS).chain(&TARGET) {
            assert!(text.contains(key), "{key}");
        }
        assert_eq!(config.defaults.profile, ["cucm-14"]);
        assert_eq!(config.targets["primary"].host, "10.0.0.5");
        assert!(config.defaults.timezone.is_some() && config.defaults.preserve_days.is_some());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        assert_eq!(
            mistake("[defaults]\nport = 22\ntimout = 5\n"),
            "line 3: unknown key \"timout\" in [defaults]: did you mean \"timeout\"?"
        );
        assert_eq!(
            mistake("\r\n[targets.primary]\r\nhots = \"x\"\r\n"),
            "line 3: unknown key \"hots\" in [targets.primary]: did you mean \"host\"?"
        );
        assert_eq!(mistake("[default]\n"), "line 1: unknown key \"default\": did you mean \"defaults\"?");
        assert_eq!(mistake("[zzzzzzzzz]\n"), "line 1: unknown key \"zzzzzzzzz\": there are defaults, targets, cucm");
    }

    #[test]
    fn a_value_that_makes_no_sense_is_told_with_its_line() {
        for (text, told) in [
            ("[defaults]\nport = 0", "line 2: 0 is not a port"),
            ("[defaults]\nport = 65536", "line 2: 65536 is not a port"),
            ("[defaults]\nport = \"ssh\"", "line 2: give the port as a number"),
            ("[defaults]\ntimeout = \"ten\"", "line 2: give seconds as a number"),
            ("[defaults]\npreserve_days = 1.5", "line 2: give the days as a whole number"),
            ("[defaults]\ntimeout = -1", "line 2: -1 is not a time"),
            ("[defaults]\ntimeout = nan", "line 2: NaN is not a time"),
            ("[defaults]\ntimeout = 1e300", "line 2: 1"),
            ("[defaults]\npreserve_days = 0", "line 2: 0 is not a number of days"),
            ("[defaults]\npreserve_days = 4000000000", "line 2: 4000000000 is not a number of days"),
            ("[defaults]\ntimezone = \"Mars\"", "line 2: \"Mars\" is not a time zone"),
            ("[defaults]\nprofile = 14", "line 2: give a profile's name"),
            ("[targets.a]\nport = 22", "line 1: missing field `host`"),
            ("[targets.a]\n\nhost = \"a b\"", "line 3: \"a b\" is not a host name"),
            ("[targets.a]\nhost = \"a:22\"\nport = 22", "line 2: the host \"a:22\" names a port, and so does port"),
            ("targets = 7", "line 1: invalid type: integer `7`"),
            ("[defaults\n", "line 1: "),
        ] {
            let error = mistake(text);
            assert!(error.starts_with(told) && !error.contains('\n'), "{text:?} gave {error:?}");
        }
    }

    #[test]
    fn an_empty_file_and_one_of_windows_are_fine() {
        assert_eq!(parse(""), Ok(Config::default()));
        let config =
            parse("\u{feff}[defaults]\r\nprofile = [\"cucm-14\", \"mine.toml\"]\r\ntimeout = 2.5\r\n").unwrap();
        assert_eq!(config.defaults.profile, ["cucm-14", "mine.toml"]);
        assert_eq!(config.defaults.timeout, Some(Duration::from_millis(2500)));
    }

    #[test]
    fn a_port_behind_the_host_counts() {
        let config = parse("[targets.a]\nhost = \"[::1]:2022\"").unwrap();
        assert_eq!(config.targets["a"], NamedTarget { host: "::1".into(), port: Some(2022), note: None });
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, key in "[a-z]{0,8}", value in "[ -~]{0,12}") {
            let _ = parse(&text);
            let _ = parse(&format!("[defaults]\n{key} = {value}\n[targets.{key}]\nhost = \"{value}\"\n{text}"));
        }
    }
}
