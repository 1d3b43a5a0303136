//! Examines servers: reads what each offers, judges the clients by it, and has libssh2 prove it. What `probe`,
//! `compare` and `diagnose` share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};

use super::open_files;
use super::paths;
use super::reports::Notices;
use super::targets::{self, TargetSpec};
use super::visits::{self, Plan};
use crate::algorithms::answer::{Judgements, disagreement};
use crate::algorithms::experiment;
use crate::algorithms::remedy::password_login;
use crate::cli;
use crate::config::Config;
use crate::delivery;
use crate::document::probe::{Access, Client, Handshake, Target as Entry, TargetError};
use crate::exit::UsageError;
use crate::model::kind::Kind;
use crate::model::offer::{Category, Offer};
use crate::model::profile::Profile;
use crate::saved::file::{self, Problem, SavedRef};
use crate::saved::{ParseError, SavedHandshake, SavedServer};
use crate::ssh::connect::Family;
use crate::ssh::deadline::Deadline;
use crate::ssh::handshake::{self, Authentication, Preferences};
use crate::ssh::probe::{ProbeError, Reading};
use crate::ssh::target::Target;
use crate::trace::sources::Other;
use crate::words::listed;
use crate::{bounds, plain};

/// How servers are examined.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The clients to judge.
    pub profiles: Vec<Profile>,
    /// Which addresses of a name count.
    pub family: Family,
    /// The time for a target as a whole.
    pub timeout: Duration,
    /// Whether libssh2 proves what the lists predict.
    pub handshake: bool,
}

/// Something to examine, under the name that the user gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    name: String,
    place: Place,
    file: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Place {
    Live(Target),
    Saved(Box<SavedServer>),
}

impl Subject {
    /// Finds out what a target on the command line means, and reads it where it is a saved answer.
    ///
    /// # Errors
    /// When it means nothing ([`UsageError`]), or its file can't be read.
    pub fn find(text: &str, config: &Config, port: Option<u16>) -> Result<Self> {
        let name = text.trim().to_owned();
        let mut file = None;
        let place = match targets::resolve(&name, config, port) {
            Ok(TargetSpec::Named { target, .. } | TargetSpec::Live(target)) => Place::Live(target),
            Ok(TargetSpec::Saved(saved)) => {
                file = Some(saved.path.display().to_string());
                Place::Saved(Box::new(load(&saved)?))
            }
            Err(error @ targets::TargetError::Syntax(_)) => return Err(UsageError(error.to_string()).into()),
            Err(error @ (targets::TargetError::NoFile(_) | targets::TargetError::Folder(_))) => {
                return Err(error.into());
            }
        };
        Ok(Self { name, place, file })
    }

    /// A saved answer that was found among the paths.
    ///
    /// # Errors
    /// When it can't be read, is none, or leaves open which server is meant.
    pub fn found(other: &mut Other) -> Result<Self> {
        let name = other.label().to_owned();
        let bytes = other.read(bounds::SAVED).map_err(|error| anyhow!("{name}: {}", plain::words(&error)))?;
        let server = file::only_server(Path::new(&name), &bytes)?;
        Ok(Self { file: Some(name.clone()), place: Place::Saved(Box::new(server)), name })
    }

    /// What to say where two of these are one server: the other one was not looked at.
    pub fn given_twice(subjects: &[&Self]) -> Option<String> {
        let mut pairs =
            subjects.iter().enumerate().flat_map(|(at, one)| subjects[..at].iter().map(move |other| (other, one)));
        let (one, other) = pairs.find(|(one, other)| one.place == other.place)?;
        let names = if one.name == other.name {
            format!("{} is given twice", one.name)
        } else {
            format!("{} and {} are the same server", one.name, other.name)
        };
        Some(format!("{names}, so only that one was checked"))
    }

    /// As the user named it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the server at this host.
    pub fn is_at(&self, host: &str) -> bool {
        let place = match &self.place {
            Place::Live(target) => Some(target.host()),
            Place::Saved(saved) => saved.host.as_deref(),
        };
        self.name == host || place.is_some_and(|place| place.eq_ignore_ascii_case(host))
    }

    /// The server, unless it is a saved answer.
    fn live(&self) -> Option<&Target> {
        match &self.place {
            Place::Live(target) => Some(target),
            Place::Saved(_) => None,
        }
    }

    /// The file that was read, where it is a saved answer.
    pub fn file(&self) -> Option<String> {
        self.file.clone()
    }
}

/// Reads a saved answer, or the only one in a mail or an archive. What is none, and is known to be something else, is
/// sent to the command that reads it.
fn load(saved: &SavedRef) -> Result<SavedServer> {
    let error = match saved.load() {
        Ok(server) => return Ok(server),
        Err(error) if !matches!(error.problem, Problem::Content(ParseError::Unrecognised)) => return Err(error.into()),
        Err(error) => error,
    };
    let mut inside = paths::inside(&saved.path, |kind| matches!(kind, Kind::SavedAnswer(_)));
    if let [answer] = inside.as_mut_slice() {
        let bytes =
            answer.read(bounds::SAVED).map_err(|error| anyhow!("{}: {}", answer.label(), plain::words(&error)))?;
        return Ok(saved.choose(Path::new(answer.label()), &bytes)?);
    }
    if !inside.is_empty() {
        let names: Vec<&str> = inside.iter().map(Other::label).collect();
        bail!("{}: several answers in it: save the one you mean, and give that", listed(&names));
    }
    Err(paths::misplaced_file(&saved.path).map_or_else(|| error.into(), |elsewhere| anyhow!("{elsewhere}")))
}

/// The name that was given, where no server has it.
pub fn unknown_name(entry: &Entry) -> Option<&str> {
    let error = entry.error.as_ref().filter(|error| error.kind == "unknown_host");
    error.map(|_| entry.target.as_str())
}

/// What to say of names that no server has, and that were probably meant to be configured ones.
pub fn misspelt<'n>(unknown: impl Iterator<Item = &'n str>, config: &Config) -> Notices {
    let warnings: Vec<_> = unknown.filter_map(|name| targets::misspelt(name, config)).collect();
    let hosts = if warnings.is_empty() { Vec::new() } else { config.targets.keys().cloned().collect() };
    Notices { warnings, hosts, ..Notices::default() }
}

/// What a server gave, not yet judged.
struct Visit {
    entry: Entry,
    handshakes: Handshakes,
    /// What a saved answer leaves unsure.
    notes: Vec<String>,
}

/// Real handshakes with a server.
enum Handshakes {
    /// One a profile; none where there is no offer, or where no proof was asked for.
    Made(Vec<Handshake>),
    /// Those that a saved answer holds.
    Saved(Vec<SavedHandshake>),
}

impl Handshakes {
    /// Each client's, in their order.
    fn of(self, clients: &[Client]) -> Vec<Option<Handshake>> {
        match self {
            Self::Made(made) => made.into_iter().map(Some).collect(),
            Self::Saved(saved) => {
                let of = |client| saved.iter().find(|saved| saved.is_of(client)).map(|saved| saved.handshake.clone());
                clients.iter().map(of).collect()
            }
        }
    }
}

impl Examination {
    /// How the command line and the configuration want it.
    pub fn new(connection: &cli::Connection, config: &Config, profiles: Vec<Profile>) -> Self {
        let cli::Connection { reach, no_handshake } = connection;
        let (family, timeout) = (targets::family(reach), targets::timeout(reach, config));
        Self { profiles, family, timeout, handshake: !no_handshake }
    }

    /// Examines all of them, a saved answer as it is, at most this many at a time; what `keep` makes of each as soon as it
    /// is done comes in the order given. Judging takes no time that another would wait for.
    ///
    /// # Errors
    /// When the system has no means to watch connections.
    pub fn examine_all<S>(
        &self,
        subjects: &[Subject],
        concurrency: usize,
        mut keep: impl FnMut(Entry) -> S,
    ) -> Result<Vec<S>> {
        let mut judgements = Judgements::default();
        let mut kept: Vec<Option<S>> = subjects.iter().map(|_| None).collect();
        let mut keep = |number: usize, visit| kept[number] = Some(keep(self.judge(visit, &mut judgements)));
        for (number, subject) in subjects.iter().enumerate() {
            if let Place::Saved(server) = &subject.place {
                let (notes, handshakes) = (server.notes.clone(), Handshakes::Saved(server.handshakes.clone()));
                keep(number, Visit { entry: server.as_ref().clone().into_target(&subject.name), handshakes, notes });
            }
        }
        let prove = |reading: &Reading, deadline| self.prove(reading, deadline);
        let plan = Plan {
            family: self.family,
            timeout: self.timeout,
            open: open_files::affordable(concurrency, self.handshake),
            prove: self.handshake.then_some(prove),
        };
        let live = subjects.iter().enumerate().filter_map(|(number, subject)| Some((number, subject.live()?)));
        let seen = visits::all(live, &plan, |seen| {
            let subject = &subjects[seen.number];
            let handshakes = Handshakes::Made(seen.handshakes);
            keep(seen.number, Visit { entry: entry(subject, seen.reading), handshakes, notes: Vec::new() });
        });
        seen.context("the servers can't be asked")?;
        Ok(kept.into_iter().flatten().collect())
    }

    fn judge(&self, Visit { mut entry, handshakes, notes }: Visit, judgements: &mut Judgements) -> Entry {
        judgements.judge(&mut entry, &self.profiles);
        entry.clients.iter_mut().for_each(|client| client.findings.extend(notes.iter().cloned()));
        let handshakes = handshakes.of(&entry.clients);
        for (client, handshake) in entry.clients.iter_mut().zip(handshakes) {
            let Some(handshake) = handshake else { continue };
            client.disagreement = disagreement(client, &handshake, libssh2_knows);
            let broken = handshake.broken.as_ref();
            client.remedy.extend(broken.map(|broken| broken.remedy(&entry.target, entry.identification.as_ref())));
            let key = handshake.host_key.clone().filter(|key| !entry.host_keys.contains(key));
            entry.host_keys.extend(key);
            client.handshake = Some(handshake);
        }
        let broken = entry.clients.iter().filter(|client| client.handshake_fails()).flat_map(|client| &client.remedy);
        for remedy in broken {
            if !entry.remedy.contains(remedy) {
                entry.remedy.push(remedy.clone());
            }
        }
        if let Some(note) = entry.login_note() {
            entry.clients.iter_mut().for_each(|client| client.findings.push(note.to_owned()));
        }
        if let Some(remedy) = password_login(&entry) {
            entry.clients.iter_mut().for_each(|client| client.remedy.push(remedy.clone()));
            entry.remedy.push(remedy);
        }
        if !entry.clients.is_empty() {
            entry.conclude();
        }
        entry
    }

    /// One handshake for each proposal that differs in what libssh2 knows of it. The first that succeeds asks for
    /// the authentication methods, which are the server's and not the proposal's. A server that turns connections away,
    /// or with which time ran out, is left alone from then on: more connections prove nothing and may get this machine
    /// locked out.
    fn prove(&self, reading: &Reading, deadline: Deadline) -> Vec<Handshake> {
        let (Some(address), Some(offer)) = (reading.address, &reading.offer) else { return Vec::new() };
        let mut made: HashMap<Preferences, Handshake> = HashMap::new();
        let mut auth_methods: Option<Vec<String>> = None;
        let mut gave_up: Option<Handshake> = None;
        let mut budget = experiment::Budget::default();
        let mut prove = |profile: &Profile| {
            let mut handshake = match Preferences::of(&profile.algorithms) {
                Ok(preferences) => made
                    .entry(preferences)
                    .or_insert_with_key(|preferences| {
                        if let Some(before) = &gave_up {
                            return Handshake { performed: false, ms: None, ..before.clone() };
                        }
                        let ask = if auth_methods.is_none() { Authentication::Ask } else { Authentication::Leave };
                        let handshake = handshake::perform(address, preferences, ask, deadline);
                        gave_up = Some(&handshake).filter(|handshake| handshake.unproven.is_some()).cloned();
                        let lists = [&profile.algorithms, offer];
                        explained(handshake, address, lists, &mut budget, deadline)
                    })
                    .clone(),
                Err(nothing) => handshake::not_performed(&nothing.to_string()),
            };
            if handshake.host_key.is_some() {
                handshake.auth_methods.clone_from(auth_methods.get_or_insert_with(|| handshake.auth_methods.clone()));
            }
            handshake
        };
        self.profiles.iter().map(&mut prove).collect()
    }
}

/// What a document says of an error: what to do about it is what `deliver` says of the same trouble. The address is left
/// out where it was given as the target.
fn told(error: &ProbeError, target: Option<&Target>) -> TargetError {
    let (stage, failure) = error.as_ssh_error();
    let remedy = delivery::remedy(stage, &failure).map(str::to_owned);
    let address = target.map(|target| format!(" ({target})")).unwrap_or_default();
    let message = failure.message.strip_suffix(&address).unwrap_or(&failure.message).to_owned();
    TargetError { kind: error.kind().to_owned(), message, remedy }
}

/// What a document says of a server before it is judged.
fn entry(subject: &Subject, reading: Reading) -> Entry {
    let target = subject.live();
    Entry {
        target: subject.name.clone(),
        host: target.map(|target| target.host().to_owned()),
        port: target.map(Target::port),
        address: reading.address.map(|address| address.ip().to_string()),
        outcome: reading.error.as_ref().map(ProbeError::outcome).unwrap_or_default(),
        error: reading.error.as_ref().map(|error| told(error, target)),
        identification: reading.identification,
        offer: reading.offer,
        timing_ms: reading.timing,
        ..Entry::default()
    }
}

fn libssh2_knows(category: Category, name: &str) -> bool {
    handshake::supported(category).contains(&name)
}

/// Finds out what breaks a handshake, where the lists agree and it fails.
fn explained(
    handshake: Handshake,
    address: SocketAddr,
    lists: [&Offer; 2],
    budget: &mut experiment::Budget,
    deadline: Deadline,
) -> Handshake {
    if handshake.result != Some(Access::Refuses) {
        return handshake;
    }
    let [client, server] = lists;
    let (experiments, broken) =
        experiment::find(client, server, libssh2_knows, budget, |proposal| match Preferences::of(proposal) {
            Ok(preferences) => handshake::perform(address, &preferences, Authentication::Leave, deadline),
            Err(nothing) => handshake::not_performed(&nothing.to_string()),
        });
    Handshake { experiments, broken, ..handshake }
}
