//! Events folded into one history a destination.
//!
//! The rules of attribution: a failed delivery has one cause, the last error message on its own thread since that
//! thread's previous delivery; else the one in its own exception block; else the last connection error for its
//! host, unless a delivery to that host has succeeded since; else it is unknown. A connection error that neither a
//! failed delivery nor the record that names the host claims is a failed connection of its own.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use chrono::NaiveDateTime;
use foldhash::HashMap;

use super::accounts::{Account, Accounts, HostId, Served};
use super::block_names::{BlockName, BlockNames};
use super::event::{ConnectionMention, DeliveryMention, DeliverySpeaker, Event, What};
use super::history::Failure;
use super::names::Name;
use super::negotiation::{Negotiation, NegotiationReader};
use super::note::{Note, Place, Reason, RecordPlace};
use super::waiting::FileName;

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

/// One node's events, in the order of its trace.
#[derive(Debug, Default)]
pub struct Timeline {
    threads: Vec<Thread>,
    by_name: HashMap<String, usize>,
    /// Threads that may have a failed delivery under way, by the destination that they serve.
    undecided: HashMap<Option<u32>, BTreeSet<usize>>,
    attribution: Attribution,
}

/// What is remembered of a thread.
#[derive(Debug, Default)]
struct Thread {
    served: Served,
    /// The last error since the previous delivery.
    error: Option<Arc<Note>>,
    /// What is said of that error, until a failed connection or delivery claims it.
    unclaimed: Option<Unclaimed>,
    connection: Option<(ConnectionMention, HostId)>,
    /// The delivery that failed last, and who spoke of it last; none since the last one that went through.
    mention: Option<(DeliverySpeaker, Arc<FileName>, HostId)>,
    pending: Option<Pending>,
    /// Whether it is among the undecided.
    undecided: bool,
    file: Option<Arc<FileName>>,
    /// Boxed, since few threads say anything of it.
    lists: Option<Box<NegotiationReader>>,
}

/// An error of which no record has yet told what failed by it.
#[derive(Debug, Clone, Copy)]
struct Unclaimed {
    time: NaiveDateTime,
    /// Whether it tells by itself that a connection failed.
    of_connection: bool,
}

/// When the delivery failed that is spoken of, and why; its cause may still follow.
#[derive(Debug)]
struct Pending {
    time: NaiveDateTime,
    /// Where it stands, where that is all that is known of it.
    place: Option<Place>,
    own: Option<Arc<Note>>,
    of_host: Option<Arc<Note>>,
}

/// What is written down, whichever thread it happened on.
#[derive(Debug, Default)]
struct Attribution {
    window: Window,
    accounts: Accounts,
    /// What messages tell. Traces repeat a few without end.
    reasons: HashMap<String, Arc<Reason>>,
    /// When the service is first seen to start.
    started: Option<NaiveDateTime>,
    /// Events so far.
    events: u64,
    lists: Option<TracedLists>,
}

impl Timeline {
    /// Counts what the window holds.
    pub fn new(window: Window) -> Self {
        Self { attribution: Attribution { window, ..Attribution::default() }, ..Self::default() }
    }

    /// Whether a record ends, without a line end, at the name of its host, and more of that name may be missing: nothing
    /// else names it, and it is no IPv4 address that another digit would make wrong.
    pub fn ends_inside_host(&self, event: &Event<Name>, record: &[u8], names: &BlockNames<'_>) -> bool {
        let Some(host) = event.what.host().map(|host| names.text(*host)) else { return false };
        let end = record.len() - record.iter().rev().take_while(|byte| **byte == b'.').count();
        record[..end].ends_with(host.as_bytes()) && !is_whole_v4(host) && !self.attribution.accounts.knows(host)
    }

    /// Takes the next event.
    pub fn push(&mut self, event: Event<Name>, here: RecordPlace<'_>, names: &mut BlockNames<'_>) {
        let Event { time, thread, what } = event;
        let index = self.thread(thread, names);
        let (thread, attribution) = (&mut self.threads[index], &mut self.attribution);
        attribution.events += 1;
        match what {
            What::SenderCreated(number) => self.sender_created(index, number, time),
            What::SenderRunning(number) => attribution.sender_running(thread, number),
            What::Error { text, of_library, lists } => {
                if lists {
                    attribution.read_lists(thread, names.text(text), time, here);
                }
                attribution.error(thread, text, of_library, time, here, names);
            }
            What::ConnectionFailed(mention, host) => {
                let host = attribution.host(host, names);
                attribution.connection_failed(thread, (mention, host), time, here);
            }
            What::DeliveryFailed(mention) => {
                attribution.delivery_failed(thread, mention, time, here, names);
                if thread.pending.is_some() && !thread.undecided {
                    thread.undecided = true;
                    self.undecided.entry(thread.served.destination).or_default().insert(index);
                }
            }
            What::DeliveryEnded { success: true, .. } => attribution.delivery_succeeded(thread, time),
            What::DeliveryEnded { failures, .. } => attribution.delivery_ended(thread, failures),
            What::FileNamed(file) => thread.file = Some(Arc::clone(names.file(file))),
            What::Alarm(name) => attribution.alarm(thread, name, time),
            What::Lists(text) => attribution.read_lists(thread, names.text(text), time, here),
        }
    }

    fn thread(&mut self, name: Name, names: &mut BlockNames<'_>) -> usize {
        let BlockName { text, thread, .. } = names.get(name);
        *thread.get_or_insert_with(|| {
            self.by_name.get(&**text).copied().unwrap_or_else(|| {
                self.threads.push(Thread::default());
                self.by_name.insert(text.to_string(), self.threads.len() - 1);
                self.threads.len() - 1
            })
        })
    }

    /// The service starts. What its sender was doing before it stopped has ended, and nothing more will be said of it.
    fn sender_created(&mut self, index: usize, number: u32, time: NaiveDateTime) {
        self.attribution.started.get_or_insert(time);
        self.attribution.accounts.add_sender(number);
        let ended = [None, Some(number)];
        let undecided = ended.iter().filter_map(|destination| self.undecided.remove(destination)).flatten();
        for index in undecided.chain([index]) {
            let thread = &mut self.threads[index];
            thread.undecided = false;
            // The thread may serve another destination by now.
            if ended.contains(&thread.served.destination) {
                self.attribution.close_pending(thread);
            }
        }
    }

    /// Ends the reading: one account a destination, and the algorithm lists that were seen last.
    pub fn finish(mut self) -> (Vec<Account>, Option<TracedLists>) {
        for thread in &mut self.threads {
            self.attribution.close_pending(thread);
            self.attribution.connection_without_host(thread);
        }
        let Attribution { accounts, started, lists, .. } = self.attribution;
        (accounts.finish(started), lists)
    }
}

impl Attribution {
    fn sender_running(&mut self, thread: &mut Thread, number: u32) {
        self.close_pending(thread);
        self.connection_without_host(thread);
        *thread = Thread { served: self.accounts.served_by(number), ..Thread::default() };
    }

    fn error(
        &mut self,
        thread: &mut Thread,
        text: Name,
        of_library: bool,
        time: NaiveDateTime,
        here: RecordPlace<'_>,
        names: &mut BlockNames<'_>,
    ) {
        let reason = self.reason(text, names);
        if of_library || reason.is_known() {
            self.connection_without_host(thread);
            let of_connection = of_library && reason.of_connection;
            thread.unclaimed = Some(Unclaimed { time, of_connection });
            thread.error = Some(Arc::new(Note { reason, place: here.keep() }));
            thread.connection = None;
        }
    }

    /// What was read does not go on to tell which host an error concerns: a connection failed all the same.
    fn connection_without_host(&mut self, thread: &mut Thread) {
        let unclaimed = thread.unclaimed.take().filter(|error| error.of_connection);
        if let (Some(Unclaimed { time, .. }), Some(note)) = (unclaimed, &thread.error)
            && self.counts(time, note)
        {
            let account = self.accounts.of_connection(&mut thread.served);
            self.accounts.history(account).fail_connection(time, note);
        }
    }

    fn connection_failed(
        &mut self,
        thread: &mut Thread,
        (mention, host): (ConnectionMention, HostId),
        time: NaiveDateTime,
        here: RecordPlace<'_>,
    ) {
        if let Some((before, _)) = thread.connection.as_mut().filter(|(before, of)| *before < mention && *of == host) {
            // Told already.
            *before = mention;
            return;
        }
        let error = thread.unclaimed.take().and(thread.error.as_ref()).map(Arc::clone);
        let note = error.unwrap_or_else(|| Arc::new(unexplained(here.keep())));
        let account = self.accounts.of_host(host);
        if self.counts(time, &note) {
            self.accounts.history(account).fail_connection(time, &note);
        }
        self.accounts.connection_failed(host, self.events, note);
        thread.connection = Some((mention, host));
    }

    fn delivery_failed(
        &mut self,
        thread: &mut Thread,
        mention: DeliveryMention<Name>,
        time: NaiveDateTime,
        here: RecordPlace<'_>,
        names: &mut BlockNames<'_>,
    ) {
        let (host, file) = (self.host(mention.host, names), names.file(mention.file));
        match &mut thread.mention {
            Some((before, f, h)) if *before < mention.by && *h == host && *f == *file => *before = mention.by,
            _ => {
                let file = Arc::clone(file);
                self.close_pending(thread);
                self.accounts.assign_host(&mut thread.served, host);
                let own = thread.error.take();
                thread.unclaimed = None;
                let of_host = self.accounts.connection_error(host).filter(|_| own.is_none()).map(Arc::clone);
                thread.mention = Some((mention.by, file, host));
                let place = (own.is_none() && of_host.is_none()).then(|| here.keep());
                thread.pending = Some(Pending { time, place, own, of_host });
            }
        }
        if let (Some(pending), Some(text)) =
            (thread.pending.as_mut().filter(|pending| pending.own.is_none()), mention.caused_by)
        {
            // A text that no row knows yields to the connection's error, where one is known.
            let reason = self.reason(text, names);
            let says_more = reason.is_known() || pending.of_host.is_none();
            pending.own = says_more.then(|| Arc::new(Note { reason, place: here.keep() }));
        }
    }

    fn delivery_ended(&mut self, thread: &mut Thread, failures: Option<u64>) {
        // What CUCM counts is compared with what is traced, so the failure itself must be.
        let traced = thread.pending.is_some() && self.window.is_open();
        self.close_pending(thread);
        self.connection_without_host(thread);
        thread.error = None;
        if let (true, Some(failures), Some(account)) = (traced, failures, thread.served.account) {
            self.accounts.history(account).count_failures(failures);
        }
    }

    fn delivery_succeeded(&mut self, thread: &mut Thread, time: NaiveDateTime) {
        self.close_pending(thread);
        self.connection_without_host(thread);
        thread.error = None;
        let failed_last = thread.mention.take();
        let account = self.accounts.delivered(&mut thread.served, self.events);
        let history = self.accounts.history(account);
        history.is_good_at(time);
        let file = thread.file.take();
        let failed_last = failed_last.as_ref().map(|(_, file, _)| &**file);
        if self.window.holds(time) {
            history.succeed(time, file.as_deref(), failed_last);
        }
    }

    fn alarm(&mut self, thread: &mut Thread, name: &'static str, time: NaiveDateTime) {
        let account = self.accounts.of_thread(&mut thread.served);
        if self.window.holds(time) {
            self.accounts.history(account).alarm(name, time);
        }
    }

    fn read_lists(&mut self, thread: &mut Thread, text: &str, time: NaiveDateTime, here: RecordPlace<'_>) {
        let reader = thread.lists.get_or_insert_default();
        if reader.read(text).is_some() {
            self.lists = Some(TracedLists { lists: reader.current().clone(), place: here.keep(), time });
        }
    }

    /// Judges the failed delivery under way on this thread: nothing more can be said about it.
    fn close_pending(&mut self, thread: &mut Thread) {
        let (Some(pending), Some((_, file, host))) = (thread.pending.take(), &thread.mention) else { return };
        thread.file = None;
        let Pending { time, place, own, of_host } = pending;
        let Some(note) = own.or(of_host).or_else(|| place.map(|place| Arc::new(unexplained(place)))) else { return };
        let account = self.accounts.of_host(*host);
        let counts = self.counts(time, &note);
        let history = self.accounts.history(account);
        if counts {
            history.fail(Failure { time, file, note: &note });
        } else if self.window.holds(time) {
            history.passed_over += 1;
        } else {
            history.outside += 1;
            history.failing_before |= self.window.since.is_some_and(|since| time < since);
        }
    }

    fn counts(&self, time: NaiveDateTime, note: &Note) -> bool {
        self.window.holds(time) && self.window.wants(note.reason.cause)
    }

    fn host(&mut self, name: Name, names: &mut BlockNames<'_>) -> HostId {
        let BlockName { text, host, .. } = names.get(name);
        *host.get_or_insert_with(|| self.accounts.host(text))
    }

    fn reason(&mut self, name: Name, names: &mut BlockNames<'_>) -> Arc<Reason> {
        const KEPT: usize = 1024;
        let BlockName { text, reason, .. } = names.get(name);
        let reason = reason.get_or_insert_with(|| {
            if let Some(known) = self.reasons.get(&**text) {
                return Arc::clone(known);
            }
            let reason = Arc::new(Reason::of(text));
            if self.reasons.len() < KEPT {
                self.reasons.insert(text.to_string(), Arc::clone(&reason));
            }
            reason
        });
        Arc::clone(reason)
    }
}

/// A note about a failure of which the trace does not tell why.
fn unexplained(place: Place) -> Note {
    Note { reason: Arc::new(Reason::none()), place }
}

/// Whether this is an IPv4 address to which no digit can be added.
fn is_whole_v4(host: &str) -> bool {
    let is_v4 = |text: &str| text.parse::<Ipv4Addr>().is_ok();
    is_v4(host) && !(0..=9).any(|digit| is_v4(&format!("{host}{digit}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::note::UNKNOWN;
    use crate::trace::scan;

    fn accounts(lines: impl IntoIterator<Item = String>) -> Vec<Account> {
        let mut timeline = Timeline::new(Window::default());
        for (line, text) in (1..).zip(lines) {
            push(&mut timeline, line, &text);
        }
        timeline.finish().0
    }

    fn push(timeline: &mut Timeline, line: u64, text: &str) {
        let (event, names) = scan::reread(text.as_bytes()).unwrap();
        timeline.push(event, RecordPlace { source: 0, line, record: text.as_bytes() }, &mut BlockNames::new(names));
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
        assert!(accounts.iter().all(|account| account.history.delivery_failures == 1));
    }

    #[test]
    fn a_success_before_the_host_is_known_belongs_to_the_host_that_its_sender_names_later() {
        let running = "CDRSender for destination 1 is running...";
        let done = "sendSuccess=true, numOfFailure=0";
        let accounts = accounts([line(1, running), line(1, done), line(2, running), line(2, done), failed(2, "h")]);
        let [account] = accounts.as_slice() else { panic!("{accounts:?}") };
        assert_eq!((account.host.as_deref(), account.destination), (Some("h"), Some(1)));
        assert_eq!((account.history.deliveries, account.history.delivery_failures), (2, 1));
    }

    #[test]
    fn a_connection_error_from_before_a_success_explains_nothing_though_the_host_shows_only_later() {
        let error = "2019-07-25 13:12:11,971 ERROR [main] sftpapi.SFTPConnection (X.java:1) - error Making SFTP connectionAuth fail";
        let connect =
            "2019-07-25 13:12:11,971 ERROR [main] sftpapi.ftpClient (X.java:1) - connect(): Failed connect to h";
        let connection = [error.to_owned(), connect.to_owned()];
        let running = line(1, "CDRSender for destination 1 is running...");
        let done = line(1, "sendSuccess=true, numOfFailure=0");
        let cause = |lines: Vec<String>| accounts(lines)[0].history.causes.iter().next().unwrap().note.reason.cause;
        let ([a, b], [c, d]) = (connection.clone(), connection);
        let stale = vec![a.clone(), b.clone(), running.clone(), done.clone(), failed(1, "h")];
        assert_eq!(cause(stale), UNKNOWN);
        let fresh = vec![a, b, running, done, c, d, failed(1, "h")];
        assert_ne!(cause(fresh), UNKNOWN);
    }

    #[test]
    fn a_start_of_the_service_judges_what_its_senders_had_under_way() {
        let mut timeline = Timeline::new(Window::default());
        for text in [failed(1, "h"), line(2, "CDRSender 1 is created")] {
            push(&mut timeline, 1, &text);
        }
        assert!(timeline.threads.iter().all(|thread| thread.pending.is_none()) && timeline.undecided.is_empty());
        assert_eq!(timeline.finish().0[0].history.delivery_failures, 1);
    }
}
