//! Examines servers: reads what each offers, judges the clients by it, and has libssh2 prove it. What `probe`,
//! `compare` and `diagnose` share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::open_files;
use super::paths;
use super::reports::Remarks;
use super::targets::{self, TargetSpec};
use super::turns::Turns;
use crate::algorithms::answer::{Judgements, disagreement};
use crate::algorithms::experiment;
use crate::cli;
use crate::config::Config;
use crate::document::probe::{Access, Client, Handshake, Target as Entry, TargetError};
use crate::exit::UsageError;
use crate::model::offer::{Category, Offer};
use crate::model::profile::Profile;
use crate::saved::file::{Problem, SavedRef};
use crate::saved::{ParseError, SavedHandshake, SavedServer};
use crate::ssh::connect::Family;
use crate::ssh::deadline::Deadline;
use crate::ssh::handshake::{self, Authentication, Preferences};
use crate::ssh::probe;
use crate::ssh::target::Target;

/// Bytes of stack for a thread that reads one server after another: a thousand of them wait at a time.
const STACK: usize = 512 << 10;

/// So many threads begin, and as many again each time that long: those who answer need no more, and those who keep silent
/// hold up nobody.
const AT_FIRST: usize = 256;
const STAGGER: Duration = Duration::from_millis(200);

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
        Some(format!("{names}: this says nothing of another one"))
    }

    /// Whether it is the server at this host.
    pub fn is_at(&self, host: &str) -> bool {
        let place = match &self.place {
            Place::Live(target) => Some(target.host()),
            Place::Saved(saved) => saved.host.as_deref(),
        };
        self.name == host || place.is_some_and(|place| place.eq_ignore_ascii_case(host))
    }

    /// The file that was read, where it is a saved answer.
    pub fn file(&self) -> Option<String> {
        self.file.clone()
    }
}

/// Reads a saved answer. What is none, and is known to be something else, is sent to the command that reads it.
fn load(saved: &SavedRef) -> Result<SavedServer> {
    saved.load().map_err(|error| {
        let is_none = matches!(error.problem, Problem::Content(ParseError::Unrecognised));
        match paths::misplaced(&saved.path).filter(|_| is_none) {
            Some(elsewhere) => anyhow!("{elsewhere}"),
            None => error.into(),
        }
    })
}

/// Whether no server has this name.
pub fn is_unknown(entry: &Entry) -> bool {
    entry.error.as_ref().is_some_and(|error| error.kind == "unknown_host")
}

/// What to say of names that no server has, and that were probably meant to be configured ones.
pub fn misspelt<'a>(found: impl IntoIterator<Item = &'a Entry>, config: &Config) -> Remarks {
    let unknown = found.into_iter().filter(|entry| is_unknown(entry));
    let warnings: Vec<_> = unknown.filter_map(|entry| targets::misspelt(&entry.target, config)).collect();
    let hosts = if warnings.is_empty() { Vec::new() } else { config.targets.keys().cloned().collect() };
    Remarks { warnings, hosts, ..Remarks::default() }
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

    /// Examines all of them, a saved answer as it is, at most this many at a time; what `keep` makes of each as soon as it is done comes in the order
    /// given. Only the visits are made by many threads: judging takes no time that another would wait for.
    pub fn examine_all<S>(&self, targets: &[Subject], concurrency: usize, mut keep: impl FnMut(Entry) -> S) -> Vec<S> {
        let open = open_files::affordable(concurrency);
        let turns = Turns::new(open.handshakes);
        let visit = |subject: &Subject| self.visit(subject, &turns);
        let mut judgements = Judgements::default();
        in_order(targets, open.targets, visit, |visit| keep(self.judge(visit, &mut judgements)))
    }

    fn visit(&self, subject: &Subject, turns: &Turns) -> Visit {
        match &subject.place {
            Place::Live(target) => self.visit_live(&subject.name, target, turns),
            Place::Saved(server) => {
                let (notes, handshakes) = (server.notes.clone(), Handshakes::Saved(server.handshakes.clone()));
                Visit { entry: server.as_ref().clone().into_target(&subject.name), handshakes, notes }
            }
        }
    }

    fn visit_live(&self, name: &str, target: &Target, turns: &Turns) -> Visit {
        let deadline = Deadline::after(self.timeout);
        let reading = probe::read(target, self.family, deadline);
        let mut entry = Entry {
            target: name.to_owned(),
            host: Some(target.host().to_owned()),
            port: Some(target.port()),
            address: reading.address.map(|address| address.ip().to_string()),
            outcome: reading.error.as_ref().map(probe::ProbeError::outcome).unwrap_or_default(),
            error: reading.error.as_ref().map(TargetError::from),
            identification: reading.identification,
            offer: reading.offer,
            timing_ms: reading.timing,
            ..Entry::default()
        };
        entry.timing_ms.total = Some(deadline.elapsed_ms());
        let handshakes = match (reading.address, &entry.offer) {
            (Some(address), Some(offer)) if self.handshake && entry.error.is_none() => {
                // What waits for its turn waits for this machine, not for the server.
                let (turn, deadline) = turns.take(deadline);
                let handshakes = self.prove(address, offer, deadline);
                drop(turn);
                entry.timing_ms.total = Some(deadline.elapsed_ms());
                handshakes
            }
            _ => Vec::new(),
        };
        Visit { entry, handshakes: Handshakes::Made(handshakes), notes: Vec::new() }
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
        if !entry.clients.is_empty() {
            entry.conclude();
        }
        entry
    }

    /// One handshake for each proposal that differs in what libssh2 knows of it. The first that succeeds asks for
    /// the authentication methods, which are the server's and not the proposal's.
    fn prove(&self, address: SocketAddr, offer: &Offer, deadline: Deadline) -> Vec<Handshake> {
        let mut made: HashMap<Preferences, Handshake> = HashMap::new();
        let mut auth_methods: Option<Vec<String>> = None;
        let mut budget = experiment::Budget::default();
        let mut prove = |profile: &Profile| {
            let mut handshake = match Preferences::of(&profile.algorithms) {
                Ok(preferences) => made
                    .entry(preferences)
                    .or_insert_with_key(|preferences| {
                        let ask = if auth_methods.is_none() { Authentication::Ask } else { Authentication::Leave };
                        let handshake = handshake::perform(address, preferences, ask, deadline);
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

/// Works on all items, this many at a time, takes in each result here as it comes, and gives what was made of them
/// in the items' order.
fn in_order<T: Sync, R: Send, S>(
    items: &[T],
    concurrency: usize,
    work: impl Fn(&T) -> R + Sync,
    mut take_in: impl FnMut(R) -> S,
) -> Vec<S> {
    let next = AtomicUsize::new(0);
    let concurrency = concurrency.clamp(1, items.len().max(1));
    // Whoever is faster than what takes the results in waits.
    let (sender, receiver) = mpsc::sync_channel(concurrency);
    let worker = |sender: mpsc::SyncSender<(usize, R)>| {
        while let Some((index, item)) = next_of(items, &next) {
            if sender.send((index, work(item))).is_err() {
                break;
            }
        }
    };
    let mut results: Vec<(usize, S)> = Vec::with_capacity(items.len());
    thread::scope(|scope| {
        let worker = &worker;
        let start = |sender: &mpsc::SyncSender<(usize, R)>, count: usize| {
            let one = |sender| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || worker(sender));
            (0..count).take_while(|_| one(sender.clone()).is_ok()).count()
        };
        let (mut started, mut since) = (start(&sender, concurrency.min(AT_FIRST)), Instant::now());
        if started == 0 {
            results.extend(items.iter().map(|item| take_in(work(item))).enumerate());
        }
        let mut sender = Some(sender);
        while results.len() < items.len() {
            if since.elapsed() >= STAGGER
                && let Some(sender) = &sender
            {
                started += start(sender, AT_FIRST.min(concurrency - started));
                since = Instant::now();
            }
            sender = sender.filter(|_| started < concurrency && next.load(Ordering::Relaxed) < items.len());
            match receiver.recv_timeout(STAGGER) {
                Ok((index, result)) => results.push((index, take_in(result))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn next_of<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_given_and_each_is_told_once() {
        let items: Vec<u64> = (0..200).collect();
        let mut told = 0;
        let work = |item: &u64| {
            thread::sleep(Duration::from_micros((200 - item) * 5));
            item * 2
        };
        let results = in_order(&items, 16, work, |result| {
            told += 1;
            result
        });
        assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(told, 200);
    }

    #[test]
    fn never_more_than_asked_for_work_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &u32| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(1));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        in_order(&[0; 50], 4, work, |()| {});
        assert!(most.load(Ordering::SeqCst) <= 4);
        assert!(in_order(&[0; 0], 4, work, |()| {}).is_empty());
    }
}
