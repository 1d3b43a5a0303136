//! From what is known of a client to a profile, and to what an answer says of it.

use std::collections::BTreeMap;

use super::Form;
use super::collector::{Client, Seen};
use super::likeness::likenesses;
use crate::algorithms::builtin::builtin;
use crate::algorithms::profile_file;
use crate::document::learn::{Conflict, Learned, foreign_software};
use crate::escape;
use crate::model::offer::{Category, Offer, titles};
use crate::model::profile::Profile;

/// What an answer says of a client.
pub fn learned(client: &Client) -> Learned {
    let profile = profile_of(client);
    Learned {
        client: client.address.clone(),
        identification: client.identification.clone(),
        unknown: unknown(&profile),
        likeness: likenesses(&profile.algorithms, builtin()),
        conflicts: client
            .conflicts()
            .into_iter()
            .map(|conflict| Conflict {
                category: conflict.category,
                taken: conflict.taken.list.clone(),
                taken_from: conflict.taken.last.to_string(),
                other: conflict.other.list.clone(),
                other_from: conflict.other.last.to_string(),
            })
            .collect(),
        // What a profile holds can always be written.
        toml: profile_file::to_toml(&profile).unwrap_or_default(),
        profile,
        written: None,
    }
}

fn profile_of(client: &Client) -> Profile {
    let mut profile = Profile {
        id: id(client),
        title: title(client),
        source: sources(client),
        algorithms: writable(&client.proposal()),
        assumed: Category::ALL
            .into_iter()
            .filter(|category| client.list(*category).is_some_and(|seen| seen.assumed))
            .map(|category| category.name().to_owned())
            .collect(),
        ..Profile::default()
    };
    profile.notes = notes(client, &profile);
    // A file has no renderer that would show what hides.
    let texts = profile.source.iter_mut().chain(&mut profile.notes);
    texts.chain([&mut profile.title]).for_each(|text| *text = escape::line(text).into_owned());
    profile
}

/// `seen-10.0.0.1`: what a file and the flag `--profile` take.
fn id(client: &Client) -> String {
    let name = client.address.as_deref().or(client.identification.as_deref()).unwrap_or("client");
    let name = name.strip_prefix("SSH-2.0-").unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().take(60).map(plain).collect();
    format!("seen-{}", slug.trim_matches('-'))
}

fn title(client: &Client) -> String {
    let software = client.identification.as_deref().map(|raw| raw.strip_prefix("SSH-2.0-").unwrap_or(raw));
    match (software, &client.address) {
        (Some(software), Some(address)) => format!("{software} at {address}"),
        (Some(software), None) => software.to_owned(),
        (None, Some(address)) => format!("The client at {address}"),
        (None, None) => "A client".to_owned(),
    }
}

/// One entry for each file and form, with what it tells.
fn sources(client: &Client) -> Vec<String> {
    let mut files: BTreeMap<(&str, Form), Vec<(Category, &Seen)>> = BTreeMap::new();
    for category in Category::ALL {
        if let Some(seen) = client.list(category).filter(|seen| !seen.assumed) {
            files.entry((&seen.last.path, seen.last.form)).or_default().push((category, seen));
        }
    }
    files.into_iter().map(|((path, form), lists)| source(path, form, &lists)).collect()
}

/// `auth.log:17-29 (the server's sshd log): kex, host_key`.
fn source(path: &str, form: Form, lists: &[(Category, &Seen)]) -> String {
    let numbers = || lists.iter().filter_map(|(_, seen)| seen.last.number);
    let range = match (numbers().min(), numbers().max()) {
        (Some(lowest), Some(highest)) if lowest != highest => format!(":{lowest}-{highest}"),
        (Some(only), _) => format!(":{only}"),
        _ => String::new(),
    };
    let told: Vec<_> = lists.iter().map(|(category, _)| category.name()).collect();
    let told = if told.len() == Category::ALL.len() { "every list".to_owned() } else { told.join(", ") };
    let times = lists.iter().map(|(_, seen)| seen.times).max().unwrap_or(1);
    let times = if times > 1 { format!("; seen {times} times, the last is named") } else { String::new() };
    format!("{path}{range} ({}): {told}{times}", form.title())
}

fn notes(client: &Client, profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(raw) = &client.identification {
        notes.extend(foreign_software(raw).map(|software| format!("{software} is not CUCM's client (JSch).")));
        notes.push(format!("Its identification string: {raw}"));
    }
    if profile.algorithms != client.proposal() {
        notes.push(
            "Names that no algorithm can have (empty ones, with blanks, or outside ASCII) were left out of the lists."
                .to_owned(),
        );
    }
    let unknown = unknown(profile);
    if !unknown.is_empty() {
        notes.push(format!("Partial: no source has {}, so that stays unknown.", titles(&unknown).join(", ")));
    }
    if !profile.assumed.is_empty() {
        notes.push(format!(
            "sshd does not log a list's direction: {} assumed to match the other one.",
            profile.assumed.join(", ")
        ));
    }
    notes.push(
        "Lists only: the group sizes that it asks for, and the host keys that it cannot verify, are not known."
            .to_owned(),
    );
    notes
}

/// The proposal without names that no profile can hold: whoever sends them is no client of CUCM's.
fn writable(proposal: &Offer) -> Offer {
    let mut writable = proposal.clone();
    for category in Category::ALL {
        if let Some(list) = proposal.get(category) {
            writable.set(category, list.iter().filter(|name| profile_file::is_name(name)).cloned().collect());
        }
    }
    writable
}

/// The categories that decide and that no source tells.
fn unknown(profile: &Profile) -> Vec<Category> {
    let is_unknown = |category: &Category| profile.algorithms.get(*category).is_none();
    Category::NEGOTIATED.into_iter().filter(is_unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::profile_file::ProfileFormat;
    use crate::learn::Place;
    use crate::learn::collector::{Collector, Observation};
    use crate::learn::text;

    fn learn(log: &str) -> Vec<Learned> {
        let mut collector = Collector::default();
        text::read(&mut log.as_bytes(), "auth.log", &mut collector).unwrap();
        collector.finish().0.iter().map(learned).collect()
    }

    fn refusal(host: &str, what: &str, offer: &str) -> String {
        format!(
            "sshd[1]: Unable to negotiate with {host} port 9: no matching {what} found. Their offer: {offer} [preauth]\n"
        )
    }

    #[test]
    fn a_partial_profile_says_what_it_does_not_know_and_can_be_read_again() {
        let log = refusal("fd00::1", "host key type", "ssh-rsa,ssh-dss") + &refusal("fd00::1", "MAC", "hmac-md5");
        let learned = learn(&log).remove(0);
        assert_eq!(learned.profile.id, "seen-fd00--1");
        assert_eq!(learned.profile.source, ["auth.log:1-2 (the server's sshd log): host_key, mac_c2s"]);
        assert_eq!(learned.profile.assumed, ["mac_s2c"]);
        assert!(learned.profile.notes[0].contains("no source has key exchange, cipher, compression,"));
        let read = profile_file::parse(&learned.toml, ProfileFormat::Toml).unwrap();
        assert_eq!((read.algorithms.kex, read.algorithms.host_key.map(|list| list.len())), (None, Some(2)));
    }

    #[test]
    fn hostile_names_stay_readable_profiles_or_are_told() {
        let learned = learn(&refusal("10.0.0.1", "cipher", "a\u{1b}[2J,<b>")).remove(0);
        assert!(!learned.toml.contains('\u{1b}'), "{}", learned.toml);
        assert_eq!(learned.profile.algorithms.cipher_c2s, Some(vec!["<b>".to_owned()]));
        assert!(learned.profile.notes[0].contains("left out"), "{:?}", learned.profile.notes);
        profile_file::parse(&learned.toml, ProfileFormat::Toml).unwrap();
    }

    #[test]
    fn nothing_that_hides_reaches_a_profile() {
        let observation = Observation {
            address: None,
            identification: Some("SSH-2.0-x\u{202e}y\u{200b}".to_owned()),
            proposal: Offer { kex: Some(vec!["a\u{feff}".into(), "b".into()]), ..Offer::default() },
            assumed: Vec::new(),
        };
        let mut collector = Collector::default();
        collector.add(&observation, &Place { path: "a\u{2066}b".to_owned(), form: Form::Capture, number: None });
        let learned = learned(&collector.finish().0[0]);
        assert!(learned.toml.chars().all(|c| c == '\n' || !escape::is_unsafe(c)), "{}", learned.toml);
        assert_eq!(learned.profile.title, "x\\u{202e}y\\u{200b}");
        assert_eq!(learned.profile.algorithms.kex, Some(vec!["b".to_owned()]));
    }
}
