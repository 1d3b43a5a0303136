//! Events folded into one ledger a destination.
//!
//! The rules of attribution: a failed delivery has one cause, the last error message on its own thread since that
//! thread's previous delivery; else the one in its own exception block; else the last connection error for its
//! host, unless a delivery to that host has succeeded since; else it is unknown. A connection error that neither a
//! failed delivery nor the record that names the host claims is a failed connection of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDateTime;
use foldhash::{HashMap, HashMapExt, HashSet};

use super::causes::Causes;
use super::event::{ConnectionMention, DeliveryMention, DeliverySpeaker, Event, What};
use super::ledger::{Failure, Ledger, Note, OVERLONG_PAUSE_S, Place, Spot, UNKNOWN};
use super::negotiation::{self, Negotiation, NegotiationReader};
use super::records::unquoted;
use crate::model::stage::Stage;

/// What CUCM writes before the library's message where it cannot connect.
const CONNECTING: &str = "error Making SFTP connection";

/// What is counted. Events outside it still tell which thread serves whom.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Not before.
    pub since: Option<NaiveDateTime>,
    /// Not after.
    pub until: Option<NaiveDateTime>,
    /// Only failures of these causes; all where empty.
    pub causes: Vec<String>,
}

impl Window {
    fn holds(&self, time: NaiveDateTime) -> bool {
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }

    /// Whether it holds everything.
    fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.causes.is_empty()
    }

    fn wants(&self, cause: &str) -> bool {
        self.causes.is_empty() || self.causes.iter().any(|wanted| wanted == cause)
    }
}

/// Algorithm lists that a trace holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedLists {
    /// The lists.
    pub lists: Negotiation,
    /// Where they stand.
    pub place: Place,
    /// When.
    pub time: NaiveDateTime,
}

/// A destination's book with what is known of whose it is.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The host.
    pub host: Option<String>,
    /// `CDRSender`'s number.
    pub destination: Option<u32>,
    /// The book.
    pub ledger: Ledger,
}

/// One node's events, in the order of its trace.
#[derive(Debug, Default)]
pub struct Timeline {
    window: Window,
    accounts: Vec<Account>,
    by_host: HashMap<String, usize>,
    /// Accounts of a sender whose host is not known yet.
    by_sender: HashMap<u32, usize>,
    /// The account of connections of which neither the host nor the sender shows.
    nameless: Option<usize>,
    senders: BTreeMap<u32, Option<String>>,
    by_name: HashMap<String, usize>,
    threads: Vec<Thread>,
    /// Threads that may have a failed delivery under way, by the destination that they serve.
    undecided: HashMap<Option<u32>, BTreeSet<usize>>,
    notes: HashMap<String, Note>,
    /// The last connection error of each host, and which event it was.
    host_errors: HashMap<String, (u64, Arc<Note>)>,
    /// When the service is first seen to start.
    started: Option<NaiveDateTime>,
    /// Events so far.
    events: u64,
    lists: Option<TracedLists>,
}

/// What is remembered of a thread.
#[derive(Debug, Default)]
struct Thread {
    account: Option<usize>,
    destination: Option<u32>,
    /// The last error since the previous delivery.
    error: Option<Arc<Note>>,
    /// The error, until a failed connection or delivery claims it.
    unclaimed: Option<Unclaimed>,
    connection: Option<(ConnectionMention, String)>,
    mention: Option<(DeliverySpeaker, Arc<str>, String)>,
    pending: Option<Pending>,
    file: Option<String>,
    failed_last: Option<Arc<str>>,
    /// The last delivery that went through while the host was not known: which event it was.
    delivered: Option<u64>,
    /// Boxed, since few threads say anything of it.
    lists: Option<Box<NegotiationReader>>,
}

/// An error of which no record has yet told what failed by it.
#[derive(Debug)]
struct Unclaimed {
    time: NaiveDateTime,
    note: Arc<Note>,
    /// Whether it tells by itself that a connection failed.
    of_connection: bool,
}

/// A failed delivery whose cause may still follow.
#[derive(Debug)]
struct Pending {
    time: NaiveDateTime,
    file: Arc<str>,
    host: String,
    /// Where it stands, where that is all that is known of it.
    place: Option<Place>,
    own: Option<Arc<Note>>,
    of_host: Option<Arc<Note>>,
}

impl Timeline {
    /// Counts what the window holds.
    pub fn new(window: Window) -> Self {
        Self { window, ..Self::default() }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: Event<'_>, spot: Spot<'_>) {
        let Event { time, thread, what } = event;
        self.events += 1;
        let index = self.thread(&thread);
        let mut state = std::mem::take(&mut self.threads[index]);
        match what {
            What::SenderCreated(number) => {
                self.started.get_or_insert(time);
                self.sender_created(&mut state, number);
            }
            What::SenderRunning(number) => {
                self.close_pending(&mut state);
                self.connection_without_host(&mut state);
                state = self.sender_running(number);
            }
            What::Error { text, of_library } => self.error(&mut state, &text, of_library, time, spot),
            What::ConnectionFailed(mention, host) => self.connection_failed(&mut state, mention, &host, time, spot),
            What::DeliveryFailed(mention) => self.delivery_failed(index, &mut state, &mention, time, spot),
            What::DeliveryEnded { success: true, .. } => self.delivery_succeeded(&mut state, time),
            What::DeliveryEnded { failures, .. } => self.delivery_ended(&mut state, failures),
            What::FileNamed(file) => state.file = Some(file.into_owned()),
            What::Alarm(name) => self.alarm(&mut state, name, time),
            What::Lists(text) => self.read_lists(&mut state, &text, time, spot),
        }
        self.threads[index] = state;
    }

    fn thread(&mut self, name: &str) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.threads.push(Thread::default());
        self.by_name.insert(name.to_owned(), self.threads.len() - 1);
        self.threads.len() - 1
    }

    /// Closes the books: one account a destination, and the algorithm lists that were seen last.
    pub fn finish(mut self) -> (Vec<Account>, Option<TracedLists>) {
        let mut threads = std::mem::take(&mut self.threads);
        for state in &mut threads {
            self.close_pending(state);
            self.connection_without_host(state);
        }
        self.name_the_only_sender();
        self.name_the_only_host();
        for account in &mut self.accounts {
            if let Some(started) =
                self.started.filter(|started| account.ledger.first_good.is_none_or(|good| good > *started))
            {
                account.ledger.first_good = Some(started);
            }
        }
        for account in &mut self.accounts {
            if account.host.is_none() {
                account.host = account.destination.and_then(|number| self.senders.get(&number)?.clone());
            }
        }
        let mut accounts = merge(self.accounts);
        let served: HashSet<u32> = accounts.iter().filter_map(|account| account.destination).collect();
        let idle = self.senders.into_iter().filter(|(number, host)| host.is_none() && !served.contains(number));
        accounts.extend(idle.map(|(number, _)| Account { destination: Some(number), ..Account::default() }));
        (accounts, self.lists)
    }

    /// The service starts. What its sender was doing before it stopped has ended, and nothing more will be said of it.
    fn sender_created(&mut self, state: &mut Thread, number: u32) {
        self.senders.entry(number).or_default();
        let ended = [None, Some(number)];
        if ended.contains(&state.destination) {
            self.close_pending(state);
        }
        let threads: BTreeSet<usize> =
            ended.iter().filter_map(|destination| self.undecided.remove(destination)).flatten().collect();
        for index in threads {
            let mut other = std::mem::take(&mut self.threads[index]);
            // The thread may serve another destination by now.
            if ended.contains(&other.destination) {
                self.close_pending(&mut other);
            }
            self.threads[index] = other;
        }
    }

    fn sender_running(&mut self, number: u32) -> Thread {
        let host = self.senders.entry(number).or_default();
        let account = host.as_ref().and_then(|host| self.by_host.get(host).copied());
        Thread { account, destination: Some(number), ..Thread::default() }
    }

    fn error(&mut self, state: &mut Thread, text: &str, of_library: bool, time: NaiveDateTime, spot: Spot<'_>) {
        self.read_lists(state, text, time, spot);
        let note = self.note(text, spot);
        if of_library || note.cause != UNKNOWN {
            self.connection_without_host(state);
            let of_connection =
                of_library && (text.contains(CONNECTING) || note.stage.is_some_and(|stage| stage <= Stage::Channel));
            let note = Arc::new(note);
            state.unclaimed = Some(Unclaimed { time, note: Arc::clone(&note), of_connection });
            state.error = Some(note);
            state.connection = None;
        }
    }

    /// What was read does not go on to tell which host an error concerns: a connection failed all the same.
    fn connection_without_host(&mut self, state: &mut Thread) {
        let Some(Unclaimed { time, note, .. }) = state.unclaimed.take().filter(|error| error.of_connection) else {
            return;
        };
        if !(self.window.holds(time) && self.window.wants(note.cause)) {
            return;
        }
        let is_known = state.account.is_some() || state.destination.is_some();
        let account = if is_known { self.account_of_thread(state) } else { self.nameless_account() };
        self.accounts[account].ledger.fail_connection(time, &note);
    }

    fn nameless_account(&mut self) -> usize {
        *self.nameless.get_or_insert_with(|| {
            self.accounts.push(Account::default());
            self.accounts.len() - 1
        })
    }

    fn connection_failed(
        &mut self,
        state: &mut Thread,
        mention: ConnectionMention,
        host: &str,
        time: NaiveDateTime,
        spot: Spot<'_>,
    ) {
        if let Some((before, _)) = state.connection.as_mut().filter(|(before, of)| *before < mention && of == host) {
            // Told already.
            *before = mention;
            return;
        }
        let error = state.unclaimed.take().map(|error| error.note);
        let note = error.unwrap_or_else(|| Arc::new(unexplained(spot)));
        let account = self.account_of_host(host);
        if self.window.holds(time) && self.window.wants(note.cause) {
            self.accounts[account].ledger.fail_connection(time, &note);
        }
        self.host_errors.insert(host.to_owned(), (self.events, note));
        state.connection = Some((mention, host.to_owned()));
    }

    fn delivery_failed(
        &mut self,
        index: usize,
        state: &mut Thread,
        mention: &DeliveryMention<'_>,
        time: NaiveDateTime,
        spot: Spot<'_>,
    ) {
        let (file, host) = (&*mention.file, &*mention.host);
        match &mut state.mention {
            Some((before, f, h)) if *before < mention.by && **f == *file && h == host => *before = mention.by,
            _ => {
                self.close_pending(state);
                self.undecided.entry(state.destination).or_default().insert(index);
                self.settle(state, host);
                let own = state.error.take();
                state.unclaimed = None;
                let of_host = self.host_errors.get(host).map(|(_, note)| Arc::clone(note));
                let (file, host) = (Arc::<str>::from(file), host.to_owned());
                state.failed_last = Some(Arc::clone(&file));
                state.mention = Some((mention.by, Arc::clone(&file), host.clone()));
                let place = (own.is_none() && of_host.is_none()).then(|| spot.keep());
                state.pending = Some(Pending { time, file, host, place, own, of_host });
            }
        }
        let explained = |pending: &Pending| pending.own.is_some();
        if let (Some(pending), Some(details)) =
            (state.pending.as_mut().filter(|pending| !explained(pending)), &mention.details)
        {
            // The block's other lines are stack, and no error message. A text that no row knows yields to the
            // connection's error, where one is known.
            let found = details.lines().rev().find_map(|line| unquoted(line).strip_prefix("Caused by: "));
            let says_more = |note: &Note| note.cause != UNKNOWN || pending.of_host.is_none();
            pending.own = found.map(|text| self.note(text, spot)).filter(says_more).map(Arc::new);
        }
    }

    fn delivery_ended(&mut self, state: &mut Thread, failures: Option<u64>) {
        // What CUCM counts is compared with what is traced, so the failure itself must be.
        let traced = state.pending.is_some() && self.window.is_open();
        self.close_pending(state);
        self.connection_without_host(state);
        state.error = None;
        if let (true, Some(failures), Some(account)) = (traced, failures, state.account) {
            self.accounts[account].ledger.count_failures(failures);
        }
    }

    fn delivery_succeeded(&mut self, state: &mut Thread, time: NaiveDateTime) {
        self.close_pending(state);
        self.connection_without_host(state);
        state.error = None;
        state.mention = None;
        let account = self.account_of_thread(state);
        self.accounts[account].ledger.is_good_at(time);
        match &self.accounts[account].host {
            Some(host) => drop(self.host_errors.remove(host)),
            None => state.delivered = Some(self.events),
        }
        let file = state.file.take();
        let failed_last = state.failed_last.take();
        if self.window.holds(time) {
            self.accounts[account].ledger.succeed(time, file.as_deref(), failed_last.as_deref());
        }
    }

    /// A note about an error message. Traces repeat a few texts without end, so what was told of one is kept.
    fn note(&mut self, text: &str, spot: Spot<'_>) -> Note {
        const KEPT: usize = 1024;
        if let Some(known) = self.notes.get(text) {
            let Note { cause, stage, remedy, .. } = *known;
            return Note { cause, stage, remedy, message: known.message.clone(), place: spot.keep() };
        }
        let note = match Causes::builtin().classify(text) {
            Some(found) => Note {
                cause: found.cause,
                stage: Some(found.stage),
                remedy: Some(found.remedy),
                message: Some(found.matched.into()),
                place: spot.keep(),
            },
            None => Note { message: text.lines().next().map(Arc::from), ..unexplained(spot) },
        };
        if self.notes.len() < KEPT {
            self.notes.insert(text.to_owned(), note.clone());
        }
        note
    }

    fn alarm(&mut self, state: &mut Thread, name: &'static str, time: NaiveDateTime) {
        let account = self.account_of_thread(state);
        if self.window.holds(time) {
            self.accounts[account].ledger.alarm(name, time);
        }
    }

    fn read_lists(&mut self, state: &mut Thread, text: &str, time: NaiveDateTime, spot: Spot<'_>) {
        if !negotiation::may_hold_lists(text.as_bytes()) {
            return;
        }
        let reader = state.lists.get_or_insert_default();
        if reader.read(text).is_some() {
            self.lists = Some(TracedLists { lists: reader.current().clone(), place: spot.keep(), time });
        }
    }

    /// Judges the failed delivery under way on this thread: nothing more can be said about it.
    fn close_pending(&mut self, state: &mut Thread) {
        let Some(pending) = state.pending.take() else { return };
        state.file = None;
        let Pending { time, file, host, place, own, of_host } = pending;
        let note = own.or(of_host).or_else(|| {
            Some(Arc::new(Note { cause: UNKNOWN, stage: None, remedy: None, message: None, place: place? }))
        });
        let Some(note) = note else { return };
        let account = self.account_of_host(&host);
        let ledger = &mut self.accounts[account].ledger;
        if self.window.holds(time) && self.window.wants(note.cause) {
            ledger.fail(&Failure { time, file, note });
        } else if self.window.holds(time) {
            ledger.passed_over += 1;
        } else {
            ledger.outside += 1;
            ledger.failing_before |= self.window.since.is_some_and(|since| time < since);
        }
    }

    /// The thread turns out to deliver to this host.
    fn settle(&mut self, state: &mut Thread, host: &str) {
        let account = self.account_of_host(host);
        if let Some(before) = state.account.filter(|before| *before != account) {
            // What was booked while the host was not known belongs to it; what belongs to another host stays there.
            if self.accounts[before].host.is_none() {
                let book = std::mem::take(&mut self.accounts[before].ledger);
                self.accounts[account].ledger.add(book);
            }
        }
        let delivered = state.delivered.take();
        if self.host_errors.get(host).is_some_and(|(at, _)| delivered.is_some_and(|delivered| delivered > *at)) {
            self.host_errors.remove(host);
        }
        state.account = Some(account);
        if let Some(number) = state.destination {
            self.senders.insert(number, Some(host.to_owned()));
            self.accounts[account].destination = Some(number);
        }
    }

    fn account_of_host(&mut self, host: &str) -> usize {
        if let Some(account) = self.by_host.get(host) {
            return *account;
        }
        self.accounts.push(Account { host: Some(host.to_owned()), ..Account::default() });
        self.by_host.insert(host.to_owned(), self.accounts.len() - 1);
        self.accounts.len() - 1
    }

    fn account_of_thread(&mut self, state: &mut Thread) -> usize {
        if let Some(account) = state.account {
            return account;
        }
        let destination = state.destination;
        let known = destination.and_then(|number| self.by_sender.get(&number).copied());
        let account = known.unwrap_or_else(|| {
            self.accounts.push(Account { destination, ..Account::default() });
            self.accounts.len() - 1
        });
        if let Some(number) = destination {
            self.by_sender.insert(number, account);
        }
        state.account = Some(account);
        account
    }

    /// Where the trace knows of one sender and one host, they belong together.
    fn name_the_only_sender(&mut self) {
        self.accounts.retain(|account| {
            account.host.is_some()
                || account.ledger.deliveries + account.ledger.connection_failures > 0
                || !account.ledger.alarms.is_empty()
        });
        let hosts: Vec<usize> = (0..self.accounts.len()).filter(|index| self.accounts[*index].host.is_some()).collect();
        if let ([(number, None)], [account]) = (self.senders.iter().collect::<Vec<_>>().as_slice(), hosts.as_slice()) {
            let (number, host) = (**number, self.accounts[*account].host.clone());
            self.accounts[*account].destination = Some(number);
            self.senders.insert(number, host);
        }
    }

    /// Where the trace knows of one host and of no second sender, a connection of unknown host was to it.
    fn name_the_only_host(&mut self) {
        let nameless = |account: &Account| account.host.is_none() && account.destination.is_none();
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            (0..self.accounts.len()).partition(|index| !nameless(&self.accounts[*index]));
        if let ([host], [connections], ..=1) = (known.as_slice(), unknown.as_slice(), self.senders.len())
            && self.accounts[*host].host.is_some()
        {
            let mut ledger = std::mem::take(&mut self.accounts[*connections].ledger);
            end_outages(&mut ledger, &self.accounts[*host].ledger);
            self.accounts[*host].ledger.add(ledger);
            self.accounts.remove(*connections);
        }
    }
}

/// One account a host: the same host under several names of senders, or on several nodes, is one destination.
pub fn merge(accounts: impl IntoIterator<Item = Account>) -> Vec<Account> {
    let mut merged: Vec<Account> = Vec::new();
    let mut by_host: HashMap<String, usize> = HashMap::new();
    for mut account in accounts {
        if let Some(index) = account.host.as_ref().and_then(|host| by_host.get(host)) {
            let known = &mut merged[*index];
            known.destination = known.destination.or(account.destination);
            end_outages(&mut known.ledger, &account.ledger);
            end_outages(&mut account.ledger, &known.ledger);
            known.ledger.add(account.ledger);
            continue;
        }
        if let Some(host) = &account.host {
            by_host.insert(host.clone(), merged.len());
        }
        merged.push(account);
    }
    merged
}

/// Ends what lasts in a book by a success in the other, where the first has not even tried for longer than CUCM pauses:
/// the deliveries have moved to the other node, or the first one's trace ends earlier. A node that still tries, and
/// fails, goes on failing.
fn end_outages(ledger: &mut Ledger, other: &Ledger) {
    let ended = other.spells.iter().filter_map(|spell| spell.ended);
    let mut successes: Vec<_> = ended.chain(other.first_delivery).chain(other.last_delivery).collect();
    successes.sort_unstable();
    // Connections that failed count as tries, too.
    let Some(last_try) = ledger.last_failure else { return };
    let success = successes.into_iter().find(|success| (*success - last_try).as_seconds_f64() > OVERLONG_PAUSE_S);
    for spell in ledger.spells.iter_mut().filter(|spell| spell.ended.is_none()) {
        spell.ended = success;
    }
}

/// A note about a failure of which the trace does not tell why.
fn unexplained(spot: Spot<'_>) -> Note {
    Note { cause: UNKNOWN, stage: None, remedy: None, message: None, place: spot.keep() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::events;
    use crate::trace::records::Header;

    fn accounts(lines: impl IntoIterator<Item = String>) -> Vec<Account> {
        let mut timeline = Timeline::new(Window::default());
        for (line, text) in (1..).zip(lines) {
            let event = events::read(&Header::parse(text.as_bytes()).unwrap(), b"").unwrap();
            timeline.push(event, Spot { source: 0, line, text: &text });
        }
        timeline.finish().0
    }

    fn line(thread: usize, message: &str) -> String {
        format!("2019-07-25 13:12:18,996 ERROR [Thread-{thread}] cdrrep.CDRSender (X.java:1) - {message}")
    }

    fn failed(thread: usize, host: &str) -> String {
        line(thread, &format!("SFTP/FTP failed: cdr_C_01_201907231317_{thread} to {host}"))
    }

    #[test]
    fn as_many_hosts_threads_and_senders_as_a_trace_names_are_told_apart() {
        const MANY: usize = 5_000;
        let events = (0..MANY).flat_map(|number| {
            let running = format!("CDRSender for destination {number} is running...");
            let created = format!("CDRSender {number} is created");
            [line(number, &running), failed(number, &format!("h{number}")), line(MANY, &created)]
        });
        let accounts = accounts(events);
        assert_eq!(accounts.len(), MANY);
        assert!(accounts.iter().all(|account| account.ledger.delivery_failures == 1));
    }

    #[test]
    fn a_success_before_the_host_is_known_belongs_to_the_host_that_its_sender_names_later() {
        let running = "CDRSender for destination 1 is running...";
        let done = "sendSuccess=true, numOfFailure=0";
        let accounts = accounts([line(1, running), line(1, done), line(2, running), line(2, done), failed(2, "h")]);
        let [account] = accounts.as_slice() else { panic!("{accounts:?}") };
        assert_eq!((account.host.as_deref(), account.destination), (Some("h"), Some(1)));
        assert_eq!((account.ledger.deliveries, account.ledger.delivery_failures), (2, 1));
    }

    #[test]
    fn a_connection_error_from_before_a_success_explains_nothing_though_the_host_shows_only_later() {
        let error = "2019-07-25 13:12:11,971 ERROR [main] sftpapi.SFTPConnection (X.java:1) - error Making SFTP connectionAuth fail";
        let connect =
            "2019-07-25 13:12:11,971 ERROR [main] sftpapi.ftpClient (X.java:1) - connect(): Failed connect to h";
        let connection = [error.to_owned(), connect.to_owned()];
        let running = line(1, "CDRSender for destination 1 is running...");
        let done = line(1, "sendSuccess=true, numOfFailure=0");
        let cause = |lines: Vec<String>| accounts(lines)[0].ledger.causes[0].note.cause;
        let ([a, b], [c, d]) = (connection.clone(), connection);
        let stale = vec![a.clone(), b.clone(), running.clone(), done.clone(), failed(1, "h")];
        assert_eq!(cause(stale), super::UNKNOWN);
        let fresh = vec![a, b, running, done, c, d, failed(1, "h")];
        assert_ne!(cause(fresh), super::UNKNOWN);
    }

    #[test]
    fn a_start_of_the_service_judges_what_its_senders_had_under_way() {
        let mut timeline = Timeline::new(Window::default());
        for text in [failed(1, "h"), line(2, "CDRSender 1 is created")] {
            let event = events::read(&Header::parse(text.as_bytes()).unwrap(), b"").unwrap();
            timeline.push(event, Spot { source: 0, line: 1, text: &text });
        }
        assert_eq!(timeline.accounts[0].ledger.delivery_failures, 1);
        assert!(timeline.threads.iter().all(|thread| thread.pending.is_none()) && timeline.undecided.is_empty());
    }
}
