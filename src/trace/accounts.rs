//! Whose failures and deliveries these are: one account a host, whatever sender or thread serves it. Where the trace has
//! not yet told the host, what happens is counted for the sender, and moved once its host shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;
use foldhash::{HashMap, HashSet};

use super::history::{History, OVERLONG_PAUSE_S};
use super::note::Note;

/// A destination's history, with what is known of whose it is.
#[derive(Debug, Clone, Default)]
pub struct Account {
    pub host: Option<String>,
    /// `CDRSender`'s number.
    pub destination: Option<u32>,
    /// What happened there.
    pub history: History,
}

/// A host by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostId(usize);

/// An account by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountId(usize);

#[derive(Debug)]
struct Host {
    name: String,
    account: Option<AccountId>,
    /// The last error of a connection to it, unless a delivery to it has succeeded since, and which event it was.
    error: Option<(u64, Arc<Note>)>,
}

#[derive(Debug, Default)]
struct Open {
    host: Option<HostId>,
    destination: Option<u32>,
    history: History,
}

/// What a thread is known to serve.
#[derive(Debug, Clone, Copy, Default)]
pub struct Served {
    /// Its account, once something was counted there.
    pub account: Option<AccountId>,
    /// `CDRSender`'s number.
    pub destination: Option<u32>,
    /// The last delivery that went through while the host was not known: which event it was.
    delivered: Option<u64>,
}

/// All accounts of one node's trace.
#[derive(Debug, Default)]
pub struct Accounts {
    open: Vec<Open>,
    hosts: Vec<Host>,
    by_name: HashMap<String, HostId>,
    /// Accounts of a sender whose host is not known yet.
    by_sender: HashMap<u32, AccountId>,
    /// The account of connections of which neither the host nor the sender shows.
    nameless: Option<AccountId>,
    senders: BTreeMap<u32, Option<HostId>>,
}

impl Accounts {
    /// The number of a host.
    pub fn host(&mut self, name: &str) -> HostId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = HostId(self.hosts.len());
        self.hosts.push(Host { name: name.to_owned(), account: None, error: None });
        self.by_name.insert(name.to_owned(), id);
        id
    }

    /// Whether a host of this name was named before.
    pub fn knows(&self, host: &str) -> bool {
        self.by_name.contains_key(host)
    }

    /// The history of an account.
    pub fn history(&mut self, account: AccountId) -> &mut History {
        &mut self.open[account.0].history
    }

    /// There is such a sender.
    pub fn add_sender(&mut self, number: u32) {
        self.senders.entry(number).or_default();
    }

    /// What a thread serves on which this sender says that it runs.
    pub fn served_by(&mut self, number: u32) -> Served {
        let host = *self.senders.entry(number).or_default();
        let account = host.and_then(|host| self.hosts[host.0].account);
        Served { account, destination: Some(number), delivered: None }
    }

    /// The account of a host.
    pub fn of_host(&mut self, host: HostId) -> AccountId {
        if let Some(account) = self.hosts[host.0].account {
            return account;
        }
        let account = self.open(Open { host: Some(host), ..Open::default() });
        self.hosts[host.0].account = Some(account);
        account
    }

    /// The account of what a thread serves.
    pub fn of_thread(&mut self, served: &mut Served) -> AccountId {
        if let Some(account) = served.account {
            return account;
        }
        let destination = served.destination;
        let known = destination.and_then(|number| self.by_sender.get(&number).copied());
        let account = known.unwrap_or_else(|| self.open(Open { destination, ..Open::default() }));
        if let Some(number) = destination {
            self.by_sender.insert(number, account);
        }
        served.account = Some(account);
        account
    }

    /// The account of a connection of which only its thread is known.
    pub fn of_connection(&mut self, served: &mut Served) -> AccountId {
        if served.account.is_some() || served.destination.is_some() {
            return self.of_thread(served);
        }
        let account = self.nameless.unwrap_or_else(|| self.open(Open::default()));
        self.nameless = Some(account);
        account
    }

    fn open(&mut self, account: Open) -> AccountId {
        self.open.push(account);
        AccountId(self.open.len() - 1)
    }

    /// A connection to this host failed, by the event of this number.
    pub fn connection_failed(&mut self, host: HostId, event: u64, note: Arc<Note>) {
        self.hosts[host.0].error = Some((event, note));
    }

    /// The last error of a connection to this host.
    pub fn connection_error(&self, host: HostId) -> Option<&Arc<Note>> {
        self.hosts[host.0].error.as_ref().map(|(_, note)| note)
    }

    /// A delivery went through at the event of this number: what failed before explains nothing any more.
    pub fn delivered(&mut self, served: &mut Served, event: u64) -> AccountId {
        let account = self.of_thread(served);
        match self.open[account.0].host {
            Some(host) => self.hosts[host.0].error = None,
            None => served.delivered = Some(event),
        }
        account
    }

    /// The thread turns out to deliver to this host.
    pub fn assign_host(&mut self, served: &mut Served, host: HostId) {
        let account = self.of_host(host);
        if let Some(before) = served.account.filter(|before| *before != account) {
            // What was counted while the host was not known belongs to it; what belongs to another host stays there.
            if self.open[before.0].host.is_none() {
                let before = std::mem::take(self.history(before));
                self.history(account).add(before);
            }
        }
        let delivered = served.delivered.take();
        self.hosts[host.0].error.take_if(|(at, _)| delivered.is_some_and(|delivered| delivered > *at));
        served.account = Some(account);
        if let Some(number) = served.destination {
            self.senders.insert(number, Some(host));
            self.open[account.0].destination = Some(number);
        }
    }

    /// Ends the reading: one account a destination. The service was first seen to start at `started`.
    pub fn finish(mut self, started: Option<NaiveDateTime>) -> Vec<Account> {
        self.name_the_only_sender();
        self.name_the_only_host();
        let accounts = std::mem::take(&mut self.open).into_iter().map(|account| {
            let Open { host, destination, mut history } = account;
            if let Some(started) = started
                && history.first_good.is_none_or(|good| good > started)
            {
                history.first_good = Some(started);
            }
            let host = host.or_else(|| *self.senders.get(&destination?)?);
            Account { host: host.map(|host| self.hosts[host.0].name.clone()), destination, history }
        });
        let mut accounts = merge(accounts);
        let served: HashSet<u32> = accounts.iter().filter_map(|account| account.destination).collect();
        let idle = self.senders.into_iter().filter(|(number, host)| host.is_none() && !served.contains(number));
        accounts.extend(idle.map(|(number, _)| Account { destination: Some(number), ..Account::default() }));
        accounts
    }

    /// Where the trace knows of one sender and one host, they belong together.
    fn name_the_only_sender(&mut self) {
        self.open.retain(|account| {
            account.host.is_some()
                || account.history.deliveries + account.history.connection_failures > 0
                || !account.history.alarms.is_empty()
        });
        let mut with_host = self.open.iter_mut().filter(|account| account.host.is_some());
        if let ([(number, host @ None)], Some(account), None) =
            (self.senders.iter_mut().collect::<Vec<_>>().as_mut_slice(), with_host.next(), with_host.next())
        {
            account.destination = Some(**number);
            **host = account.host;
        }
    }

    /// Where the trace knows of one host and of no second sender, a connection of unknown host was to it.
    fn name_the_only_host(&mut self) {
        let nameless = |account: &Open| account.host.is_none() && account.destination.is_none();
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            (0..self.open.len()).partition(|index| !nameless(&self.open[*index]));
        if let ([host], [connections], ..=1) = (known.as_slice(), unknown.as_slice(), self.senders.len())
            && self.open[*host].host.is_some()
        {
            let mut history = std::mem::take(&mut self.open[*connections].history);
            end_outages(&mut history, &self.open[*host].history);
            self.open[*host].history.add(history);
            self.open.remove(*connections);
        }
    }
}

/// One account a host: the same host under several names of senders, or on several nodes, is one destination.
pub fn merge(accounts: impl IntoIterator<Item = Account>) -> Vec<Account> {
    let mut merged: Vec<Account> = Vec::new();
    let mut by_host: HashMap<String, usize> = HashMap::default();
    for mut account in accounts {
        if let Some(index) = account.host.as_ref().and_then(|host| by_host.get(host)) {
            let known = &mut merged[*index];
            known.destination = known.destination.or(account.destination);
            end_outages(&mut known.history, &account.history);
            end_outages(&mut account.history, &known.history);
            known.history.add(account.history);
            continue;
        }
        if let Some(host) = &account.host {
            by_host.insert(host.clone(), merged.len());
        }
        merged.push(account);
    }
    merged
}

/// Ends what is ongoing in a history by a success in the other, where the first has not even tried for longer than CUCM pauses:
/// the deliveries have moved to the other node, or the first one's trace ends earlier. A node that still tries, and
/// fails, goes on failing.
fn end_outages(history: &mut History, other: &History) {
    let ended = other.outages.iter().filter_map(|outage| outage.ended);
    let mut successes: Vec<_> = ended.chain(other.first_delivery).chain(other.last_delivery).collect();
    successes.sort_unstable();
    // Connections that failed count as tries, too.
    let Some(last_try) = history.last_failure else { return };
    let success = successes.into_iter().find(|success| (*success - last_try).as_seconds_f64() > OVERLONG_PAUSE_S);
    history.outages.end_all(success);
}
