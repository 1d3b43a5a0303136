//! The answer of `probe`, kept small: thousands of servers are of few kinds. What those of a kind have in common is kept
//! once, packed; each server has of its own what tells it from the others: its name, its times, its keys. Its whole entry
//! is made when it is asked for, one at a time.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::io::Read;
use std::mem;
use std::rc::Rc;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};

use super::probe::{Handshake, HostKey, Probe, ProfileRef, Target, TargetError, Timing};
use super::remedy::Remedy;
use super::{Document, Verdict};

/// What [`Probe`] is: the same document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Probe")]
pub struct Fleet {
    /// As in [`Probe`].
    pub profiles: Vec<ProfileRef>,
    /// As in [`Probe`].
    pub targets: Servers,
    /// As in [`Probe`].
    pub warnings: Vec<String>,
}

impl From<Probe> for Fleet {
    fn from(probe: Probe) -> Self {
        let Probe { profiles, targets, warnings } = probe;
        let mut kinds = Kinds::default();
        let targets = targets.into_iter().map(|target| Server::of(target, &mut kinds)).collect();
        Self { profiles, targets, warnings }
    }
}

impl Document for Fleet {
    const NAME: &'static str = Probe::NAME;

    fn verdict(&self) -> Verdict {
        if self.targets.wrong() == 0 { Verdict::Ok } else { Verdict::Problem }
    }
}

impl JsonSchema for Fleet {
    fn schema_name() -> Cow<'static, str> {
        Probe::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Probe::json_schema(generator)
    }
}

/// Servers in their order. As JSON they are all that were given; one that was given again counts once everywhere else.
#[derive(Debug, Default)]
pub struct Servers(Vec<Server>);

impl Servers {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.counted().count()
    }

    /// How many have a problem.
    pub fn wrong(&self) -> usize {
        self.counted().filter(|server| !server.is_fine).count()
    }

    /// Their entries.
    pub fn iter(&self) -> impl Iterator<Item = Target> {
        self.each(Target::clone)
    }

    /// What is made of each one's entry.
    pub fn each<R>(&self, made: impl FnMut(&Target) -> R) -> impl Iterator<Item = R> {
        each(self.counted(), made)
    }

    /// What is made of the entries of those with a problem.
    pub fn each_wrong<R>(&self, made: impl FnMut(&Target) -> R) -> impl Iterator<Item = R> {
        each(self.counted().filter(|server| !server.is_fine), made)
    }

    fn counted(&self) -> impl Iterator<Item = &Server> {
        self.0.iter().filter(|server| !server.is_given_again)
    }
}

/// An entry is lent, since another server of its kind has almost the same.
fn each<'s, R>(
    servers: impl IntoIterator<Item = &'s Server>,
    mut made: impl FnMut(&Target) -> R,
) -> impl Iterator<Item = R> {
    let mut kinds = Kinds::default();
    servers.into_iter().map(move |server| {
        let entry = kinds.unpacked(&server.kind);
        server.enter(entry);
        let made = made(entry);
        leave(entry);
        made
    })
}

impl FromIterator<Server> for Servers {
    fn from_iter<I: IntoIterator<Item = Server>>(servers: I) -> Self {
        let mut servers: Vec<Server> = servers.into_iter().collect();
        let mut seen = HashSet::new();
        for server in &mut servers {
            server.is_given_again = !seen.insert(server.target.clone());
        }
        Self(servers)
    }
}

impl Serialize for Servers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        each(&self.0, |entry| list.serialize_element(entry)).collect::<Result<(), _>>()?;
        list.end()
    }
}

/// What is one server's own, and its kind.
#[derive(Debug)]
pub struct Server {
    target: Box<str>,
    host: Option<Box<str>>,
    port: Option<u16>,
    address: Option<Box<str>>,
    error: Option<Box<TargetError>>,
    timing_ms: Timing,
    host_keys: Box<[HostKey]>,
    /// One entry a client, where there was a handshake at all.
    handshakes: Option<Packed>,
    is_fine: bool,
    /// Whether one before it has the same name.
    is_given_again: bool,
    kind: Rc<Packed>,
}

impl Server {
    /// Takes apart what it has of its own and what its kind has in common.
    pub fn of(mut entry: Target, kinds: &mut Kinds) -> Self {
        let is_fine = entry.is_fine();
        let handshakes: Vec<_> = entry.clients.iter().map(|client| client.handshake.as_ref()).collect();
        let server = Self {
            target: entry.target.as_str().into(),
            host: entry.host.as_deref().map(Box::from),
            port: entry.port,
            address: entry.address.as_deref().map(Box::from),
            error: entry.error.take().map(Box::new),
            timing_ms: mem::take(&mut entry.timing_ms),
            host_keys: mem::take(&mut entry.host_keys).into(),
            handshakes: handshakes.iter().any(Option::is_some).then(|| Packed::of(&handshakes)),
            is_fine,
            is_given_again: false,
            kind: Rc::default(),
        };
        leave(&mut entry);
        Self { kind: kinds.packed(entry), ..server }
    }

    /// Makes its kind's entry its own.
    fn enter(&self, entry: &mut Target) {
        entry.target = self.target.to_string();
        entry.host = self.host.as_deref().map(str::to_owned);
        entry.port = self.port;
        entry.address = self.address.as_deref().map(str::to_owned);
        entry.error = self.error.as_deref().cloned();
        entry.timing_ms = self.timing_ms.clone();
        entry.host_keys = self.host_keys.to_vec();
        let nameless = remedies(entry).filter(|remedy| remedy.server.is_empty());
        nameless.for_each(|remedy| remedy.server = self.target.to_string());
        let handshakes: Vec<Option<Handshake>> = self.handshakes.as_ref().map(Packed::unpack).unwrap_or_default();
        for (client, handshake) in entry.clients.iter_mut().zip(handshakes) {
            client.handshake = handshake;
        }
    }
}

/// Makes an entry its kind's again.
fn leave(entry: &mut Target) {
    let target = mem::take(&mut entry.target);
    remedies(entry).filter(|remedy| remedy.server == target).for_each(|remedy| remedy.server.clear());
    entry.clients.iter_mut().for_each(|client| client.handshake = None);
    (entry.host, entry.port, entry.address, entry.error) = (None, None, None, None);
    (entry.timing_ms, entry.host_keys) = (Timing::default(), Vec::new());
}

fn remedies(entry: &mut Target) -> impl Iterator<Item = &mut Remedy> {
    entry.clients.iter_mut().flat_map(|client| &mut client.remedy).chain(&mut entry.remedy)
}

/// The kinds that are at hand: entries without what is a server's own, with the same packed.
#[derive(Debug, Default)]
pub struct Kinds(VecDeque<(Rc<Packed>, Target)>);

impl Kinds {
    /// More of them would cost memory, and that they are fewer than there are costs time alone.
    const AT_HAND: usize = 32;

    fn packed(&mut self, kind: Target) -> Rc<Packed> {
        if let Some((packed, _)) = self.0.iter().find(|(_, known)| *known == kind) {
            return Rc::clone(packed);
        }
        let packed = Rc::new(Packed::of(&kind));
        self.keep(&packed, kind);
        packed
    }

    fn unpacked(&mut self, packed: &Rc<Packed>) -> &mut Target {
        let known = self.0.iter().position(|(known, _)| Rc::ptr_eq(known, packed));
        let at = known.unwrap_or_else(|| {
            self.keep(packed, packed.unpack());
            0
        });
        &mut self.0[at].1
    }

    fn keep(&mut self, packed: &Rc<Packed>, kind: Target) {
        self.0.truncate(Self::AT_HAND - 1);
        self.0.push_front((Rc::clone(packed), kind));
    }
}

/// A part of an answer as JSON, compressed.
#[derive(Debug, Default)]
struct Packed(Box<[u8]>);

#[allow(clippy::expect_used, reason = "what was written here can be read again")]
impl Packed {
    fn of(part: &impl Serialize) -> Self {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut packer, part).expect("a part of an answer is JSON");
        Self(packer.finish().expect("it is written here").into())
    }

    fn unpack<T: DeserializeOwned>(&self) -> T {
        let mut json = Vec::new();
        ZlibDecoder::new(&*self.0).read_to_end(&mut json).expect("it was packed here");
        serde_json::from_slice(&json).expect("it was written here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::answer::{judge_target, profile_refs};
    use crate::algorithms::builtin;
    use crate::document::Envelope;
    use crate::document::probe::{Access, Outcome};
    use crate::model::offer::{Offer, split_list};

    fn server(name: &str, mac: &str) -> Target {
        let profiles = builtin::default_set();
        let mut target = Target {
            target: name.into(),
            host: Some("10.0.0.5".into()),
            address: Some("10.0.0.5".into()),
            offer: Some(Offer { mac_c2s: Some(split_list(mac)), ..profiles[0].algorithms.clone() }),
            ..Target::default()
        };
        target.timing_ms.total = Some(149.301);
        judge_target(&mut target, &profiles);
        assert!(!target.remedy.is_empty());
        target
    }

    fn probe() -> Probe {
        let mut proved = server("proved", "hmac-sha2-512");
        let handshake =
            Handshake { performed: true, result: Some(Access::Refuses), ms: Some(1.5), ..Handshake::default() };
        proved.clients[1].handshake = Some(handshake);
        let error =
            TargetError { kind: "refused".into(), message: "connection refused (10.0.0.6:22)".into(), remedy: None };
        let silent =
            Target { target: "x".into(), outcome: Outcome::Unreachable, error: Some(error), ..Target::default() };
        let targets = vec![server("a", "hmac-sha2-512"), silent, proved, server("b", "none"), server("c", "none")];
        Probe { profiles: profile_refs(&builtin::default_set()), targets, warnings: vec!["odd".into()] }
    }

    #[test]
    fn it_is_the_document_that_it_stands_for() {
        let (probe, fleet) = (probe(), Fleet::from(probe()));
        let expected = serde_json::to_string_pretty(&Envelope::of(&probe)).unwrap();
        assert_eq!(serde_json::to_string_pretty(&Envelope::of(&fleet)).unwrap(), expected);
        assert_eq!(fleet.verdict(), probe.verdict());
        let read: Fleet = serde_json::from_str(&serde_json::to_string(&probe).unwrap()).unwrap();
        assert_eq!(read.targets.iter().collect::<Vec<_>>(), probe.targets);
    }

    #[test]
    fn servers_of_a_kind_share_what_they_have_in_common_and_more_kinds_than_are_at_hand_stay_apart() {
        let mut kinds = Kinds::default();
        let mut add = |name: &str, mac: &str| Server::of(server(name, mac), &mut kinds);
        let (one, other) = (add("a", "hmac-sha1"), add("b", "hmac-sha1"));
        assert!(Rc::ptr_eq(&one.kind, &other.kind) && one.kind.0.len() < 4_096, "{}", one.kind.0.len());
        let macs: Vec<String> = (0..2 * Kinds::AT_HAND).map(|number| format!("mac-{number}")).collect();
        let servers: Servers = macs.iter().map(|mac| add(mac, mac)).collect();
        let found: Vec<String> = servers.iter().filter_map(|entry| entry.offer?.mac_c2s?.into_iter().next()).collect();
        assert_eq!(found, macs);
    }

    #[test]
    fn a_server_that_is_given_again_counts_once_and_stays_in_json() {
        let mut kinds = Kinds::default();
        let mut add = |name: &str| Server::of(server(name, "none"), &mut kinds);
        let servers: Servers = [add("a"), add("b"), add("a")].into_iter().collect();
        assert_eq!((servers.count(), servers.wrong(), servers.iter().count()), (2, 2, 2));
        assert_eq!(serde_json::to_value(&servers).unwrap().as_array().unwrap().len(), 3);
    }
}
