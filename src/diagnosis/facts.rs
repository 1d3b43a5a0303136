//! What the documents say, in the terms in which the rules ask.

use crate::backlog::Question;
use crate::document::backlog::Backlog;
use crate::document::node::NodeState;
use crate::document::obstacle::Obstacle;
use crate::document::parse_log::{CauseCount, Destination, ParseLog, Status};
use crate::document::probe::{Access, Client, Outcome, Target};
use crate::document::remedy::Remedy;
use crate::model::offer::{Category, Offer};
use crate::model::profile::client_names;
use crate::model::stage::Stage;
use crate::ssh;

use super::clients::Clients;

/// All that is known.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// What the traces tell.
    pub trace: Option<&'a ParseLog>,
    /// What waits.
    pub backlog: Option<&'a Backlog>,
    /// The servers that were examined.
    pub servers: Vec<Server<'a>>,
    /// The changes that the comparison of primary and secondary asks for: what the working one has.
    pub from_comparison: &'a [Remedy],
    /// The clients by which the servers were judged.
    pub clients: &'a Clients,
    /// The preservation duration and the time.
    pub question: Question,
    /// Why parts that were asked for could not be read.
    pub unread: &'a [String],
}

/// A server that was examined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Server<'a> {
    /// What the user says it is.
    pub role: Role,
    /// What was found.
    pub target: &'a Target,
}

/// What the user says a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that usually works.
    Primary,
    /// The one that takes over.
    Secondary,
    /// Some server.
    Other,
}

/// Why a server's algorithms stop a client, before the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Nothing in common.
    Negotiation,
    /// The key exchange itself.
    KeyExchange,
    /// The host key's signature.
    HostKey,
}

impl Mismatch {
    /// What a trace's cause speaks of; `None` where the cause is not about algorithms.
    pub fn of_cause(cause: &str) -> Option<Self> {
        match cause {
            "algorithm_negotiation" => Some(Self::Negotiation),
            "dh_group_size" => Some(Self::KeyExchange),
            "signature_verification" => Some(Self::HostKey),
            _ => None,
        }
    }

    /// Why a server stops a client; `None` where it gets in.
    pub fn of_client(client: &Client) -> Option<Self> {
        let at = |obstacle: &Obstacle| match obstacle {
            Obstacle::NoneCommon { .. } | Obstacle::EmptyName { .. } => Self::Negotiation,
            Obstacle::GroupSize { .. } => Self::KeyExchange,
            Obstacle::Unverifiable { .. } => Self::HostKey,
        };
        client.obstacles.first().map(at)
    }

    /// What a server does that stops clients so, to follow its name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Negotiation => "rejects CUCM's SSH algorithms",
            Self::KeyExchange => "offers no key exchange that CUCM can complete",
            Self::HostKey => "has a host key that CUCM cannot verify",
        }
    }
}

/// A billing server to which deliveries fail or failed, with what is to be explained.
#[derive(Debug, Clone, Copy)]
pub struct FailedDestination<'a> {
    /// The billing server.
    pub destination: &'a Destination,
    /// Why its latest failures happened; `None` where no failure is traced.
    pub cause: Option<&'a CauseCount>,
}

impl<'a> FailedDestination<'a> {
    /// What failed at a destination; `None` where nothing did.
    pub fn of(destination: &'a Destination) -> Option<Self> {
        if destination.status == Status::Healthy {
            return None;
        }
        let since = destination.outages.last().map(|outage| outage.from);
        let causes = destination.failures().causes;
        let latest =
            causes.iter().filter(|cause| since.is_none_or(|since| cause.last.is_none_or(|last| last >= since)));
        let cause = latest.max_by_key(|cause| (cause.count, cause.last)).or(causes.first());
        Some(Self { destination, cause })
    }

    /// Whether it lasts until the end of the trace.
    pub fn lasts(&self) -> bool {
        self.destination.status == Status::Failing
    }

    /// The host, or what stands for it where the trace does not name it.
    pub fn host(&self) -> String {
        match (&self.destination.host, self.destination.destination) {
            (Some(host), _) => host.clone(),
            (None, Some(number)) => format!("destination {number}"),
            (None, None) => "the unnamed billing server".to_owned(),
        }
    }

    /// What its cause speaks of; `None` where it is not about algorithms.
    pub fn mismatch(&self) -> Option<Mismatch> {
        Mismatch::of_cause(&self.cause?.cause)
    }

    /// The stage at which its cause strikes.
    pub fn stage(&self) -> Option<Stage> {
        self.cause?.stage
    }
}

impl Server<'_> {
    /// Its host with its role, or with the name that the user gave it: `the primary (10.0.0.5)`.
    pub fn name(&self) -> String {
        let target = &self.target.target;
        let host = match (&self.target.host, self.target.port) {
            (Some(host), Some(port)) if port != ssh::PORT => format!("{host} port {port}"),
            (Some(host), _) => host.clone(),
            (None, _) => target.clone(),
        };
        match self.role {
            Role::Primary => format!("the primary ({host})"),
            Role::Secondary => format!("the secondary ({host})"),
            Role::Other if self.target.host.as_ref().is_none_or(|host| target.contains(host.as_str())) => {
                target.clone()
            }
            Role::Other => format!("{target} ({host})"),
        }
    }

    /// Whether a trace's host is this server, by name or address.
    pub fn is_at(&self, host: &str) -> bool {
        let names = [Some(&self.target.target), self.target.host.as_ref(), self.target.address.as_ref()];
        names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Whether there is an offer that was judged.
    pub fn is_judged(&self) -> bool {
        !self.target.clients.is_empty()
    }

    /// Whether no connection came about.
    pub fn is_unreachable(&self) -> bool {
        self.target.outcome == Outcome::Unreachable
    }

    /// Whether it stops this client for this reason; `None` where that was not judged, and where the lists let it in and
    /// a real handshake fails or proves nothing.
    pub fn stops(&self, profile: &str, mismatch: Mismatch) -> Option<bool> {
        let client = self.target.clients.iter().find(|client| client.profile == profile)?;
        let is_open = client.handshake_fails() || client.unproven().is_some();
        (!is_open).then(|| Mismatch::of_client(client) == Some(mismatch))
    }

    /// Whether no handshake proves that it lets in some client that its lists let in.
    pub fn is_unproven(&self) -> bool {
        self.target.clients.iter().any(|client| client.unproven().is_some())
    }

    /// Whether it lets every client in.
    pub fn accepts(&self) -> bool {
        self.target.outcome == Outcome::Accepts
    }

    /// Whether its lists keep some client out.
    pub fn refuses(&self) -> bool {
        self.target.clients.iter().any(|client| client.result == Access::Refuses)
    }

    /// Whether it offers exactly these lists, in the categories that are known of both; there must be some.
    pub fn offers(&self, lists: &Offer) -> bool {
        let Some(offer) = &self.target.offer else { return false };
        let both = |category| Some((lists.get(category)?, offer.get(category)?));
        let mut known = Category::NEGOTIATED.into_iter().filter_map(both).peekable();
        known.peek().is_some() && known.all(|(one, other)| one == other)
    }
}

impl<'a> Facts<'a> {
    /// The destinations that still fail, or those that have recovered.
    pub fn failed(&self, lasting: bool) -> Vec<FailedDestination<'a>> {
        let destinations = self.trace.map(|trace| trace.destinations.as_slice()).unwrap_or_default();
        destinations.iter().filter_map(FailedDestination::of).filter(|failed| failed.lasts() == lasting).collect()
    }

    /// The CUCM nodes that say something of themselves.
    pub fn nodes(&self) -> &'a [NodeState] {
        self.trace.map(|trace| trace.nodes.as_slice()).unwrap_or_default()
    }

    /// The server in this role.
    pub fn server(&self, role: Role) -> Option<&Server<'a>> {
        self.servers.iter().find(|server| server.role == role)
    }

    /// The servers at a trace's host.
    pub fn at(&self, host: Option<&str>) -> Vec<&Server<'a>> {
        self.servers.iter().filter(|server| host.is_some_and(|host| server.is_at(host))).collect()
    }

    /// The servers that have an offer to judge by.
    pub fn judged(&self) -> Vec<&Server<'a>> {
        self.servers.iter().filter(|server| server.is_judged()).collect()
    }

    /// The ids of the clients.
    pub fn profiles(&self) -> Vec<&'a str> {
        self.clients.profiles.iter().map(|profile| profile.id.as_str()).collect()
    }

    /// These clients in words: `CUCM 14 and 15`.
    pub fn titles(&self, ids: &[&str]) -> String {
        client_names(self.profiles().into_iter().filter(|id| ids.contains(id)))
    }

    /// The change on a server: the one that the comparison found, else its own.
    pub fn remedy(&self, server: &Server<'_>) -> Vec<Remedy> {
        let of_server = |remedy: &&Remedy| remedy.server == server.target.target;
        let from_comparison: Vec<Remedy> = self.from_comparison.iter().filter(of_server).cloned().collect();
        if from_comparison.is_empty() { server.target.remedy.clone() } else { from_comparison }
    }

    /// The server whose lists the trace itself holds.
    pub fn server_in_trace(&self) -> Option<&Server<'a>> {
        let lists = &self.trace?.negotiation.as_ref()?.server;
        let mut same = self.servers.iter().filter(|server| server.offers(lists));
        let found = same.next()?;
        same.next().is_none().then_some(found)
    }
}
