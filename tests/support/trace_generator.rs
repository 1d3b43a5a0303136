//! Traces with known counts: a small simulation of CUCM's CDR Repository Manager that writes what it does as
//! `cdrrepmgr` writes it (`fixtures/cdrrepmgr00073.log`) and keeps the books itself.
//!
//! The form of the records about failures is the fixture's; of successful deliveries and alarms no public trace is
//! known, so theirs is inferred (`sendSuccess=true`, the alarms' names). Everything else is filler.

#![allow(dead_code, clippy::cast_possible_truncation, clippy::expect_used)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fmt::Write as _;
use std::io::{self, Write};

use chrono::{DateTime, NaiveDateTime, TimeDelta};

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The same seed gives the same trace.
    pub seed: u64,
    /// Billing servers, each with a sender of its own.
    pub destinations: usize,
    /// Filler records for each record that matters.
    pub filler: u64,
    /// Whether a record names the file before it is sent.
    pub names_files: bool,
}

/// How a trace differs from a mixed one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Course {
    /// Whether senders repeat that they run, in the place of other filler.
    pub senders_repeat: bool,
    /// So many deliveries in a hundred fail; `None`: faults come and go.
    pub fails_percent: Option<u64>,
    /// Filler records for a hundred lines that matter, besides the scenario's.
    pub filler_percent: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self { seed: 1, destinations: 3, filler: 3, names_files: true }
    }
}

/// What a right answer says of one destination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// The host; `None` where the trace never names it.
    pub host: Option<String>,
    /// Files delivered.
    pub deliveries: u64,
    /// Failed deliveries.
    pub delivery_failures: u64,
    /// Failed connections.
    pub connection_failures: u64,
    /// Failed deliveries by cause.
    pub causes: BTreeMap<String, u64>,
    /// Files that failed and were not delivered since, with the failed attempts.
    pub waiting: BTreeMap<String, u64>,
    /// First failure, next success, failed deliveries.
    pub outages: Vec<(NaiveDateTime, Option<NaiveDateTime>, u64)>,
    /// First failure of a delivery or a connection.
    pub first_failure: Option<NaiveDateTime>,
    /// Last failure of a delivery or a connection.
    pub last_failure: Option<NaiveDateTime>,
    /// Last delivery.
    pub last_delivery: Option<NaiveDateTime>,
    /// Alarms by name.
    pub alarms: BTreeMap<String, u64>,
}

/// What a right answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// By `CDRSender`'s number.
    pub destinations: BTreeMap<u32, Truth>,
    /// Records.
    pub records: u64,
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A trace of at least so many bytes in memory, and the truth about it.
pub fn generate(scenario: Scenario, bytes: u64) -> (Vec<u8>, Expected) {
    let mut trace = Vec::new();
    let expected = generate_into(scenario, Course::default(), bytes, &mut trace).expect("memory takes everything");
    (trace, expected)
}

/// As [`generate`], of another course.
pub fn generate_course(scenario: Scenario, course: Course, bytes: u64) -> (Vec<u8>, Expected) {
    let mut trace = Vec::new();
    let expected = generate_into(scenario, course, bytes, &mut trace).expect("memory takes everything");
    (trace, expected)
}

/// Writes a trace of at least so many bytes, in bounded memory, and tells the truth about it.
///
/// # Errors
/// When `out` does not take it.
pub fn generate_into(scenario: Scenario, course: Course, bytes: u64, out: &mut impl Write) -> io::Result<Expected> {
    let mut manager = Manager { course, ..Manager::new(scenario) };
    manager.start_service();
    while manager.expected.bytes < bytes {
        let at = manager.next_action();
        manager.fill(at);
        manager.write_until(at, out)?;
        manager.act(at);
    }
    manager.write_until(i64::MAX, out)?;
    Ok(manager.expected)
}

/// Writes the fixture again and again, to at least so many bytes, and tells the truth about it: the service starts, its
/// connection fails, a delivery fails. The clock runs on, and the file that is tried is that of the minute.
///
/// # Errors
/// When `out` does not take it.
pub fn repeat_fixture(bytes: u64, out: &mut impl Write) -> io::Result<Expected> {
    const FIXTURE: &str = include_str!("../../fixtures/cdrrepmgr00073.log");
    const FILE: &str = "cmr_StandAloneCluster_03_201907231317_844004";
    const TIME: usize = 23;
    const PERIOD: Ms = 13 * SECOND;
    let written = |line: &str| NaiveDateTime::parse_from_str(line.get(..TIME)?, "%Y-%m-%d %H:%M:%S,%3f").ok();
    let mut expected = Expected::default();
    let mut truth = Truth { host: Some("1.1.1.1".to_owned()), ..Truth::default() };
    for turn in 0.. {
        if expected.bytes >= bytes {
            break;
        }
        let minute = turn * PERIOD / MINUTE;
        let made = time(BEGIN - UTC_OFFSET + minute * MINUTE).format("%Y%m%d%H%M");
        let file = format!("cmr_StandAloneCluster_03_{made}_{}", 844_004 + minute);
        let mut record = String::new();
        for line in FIXTURE.lines() {
            let at = written(line).map(|at| at + TimeDelta::milliseconds(turn * PERIOD));
            if let Some(at) = at {
                push_time(&mut record, at.and_utc().timestamp_millis());
                expected.records += 1;
            }
            if let Some(at) = at.filter(|_| line.contains("Failed connect to") || line.contains(") - SFTP/FTP failed"))
            {
                truth.fails("1.1.1.1", at.and_utc().timestamp_millis());
            }
            record.push_str(&line.get(at.map_or(0, |_| TIME)..).unwrap_or_default().replace(FILE, &file));
            record.push('\n');
            expected.lines += 1;
        }
        expected.bytes += record.len() as u64;
        out.write_all(record.as_bytes())?;
        truth.delivery_failures += 1;
        truth.connection_failures += 1;
        *truth.causes.entry("algorithm_negotiation".to_owned()).or_default() += 1;
        *truth.waiting.entry(file).or_default() += 1;
    }
    if let Some((.., failures)) = truth.outages.last_mut() {
        *failures = truth.delivery_failures;
    }
    expected.destinations.insert(1, truth);
    Ok(expected)
}

/// A generator of pseudo-random numbers (`SplitMix64`, Steele and others, 2014): deterministic and small.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from).unsigned_abs()).cast_signed()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// Milliseconds of the node's local time since 1970.
type Ms = i64;

const SECOND: Ms = 1000;
const MINUTE: Ms = 60 * SECOND;
/// 2024-05-06 07:00:00.
const BEGIN: Ms = 1_714_978_800 * SECOND;
/// The node stands east of Greenwich, so its file names run behind its clock.
const UTC_OFFSET: Ms = 120 * MINUTE;

/// A host, a reason and a way to tell it.
#[derive(Debug, Clone)]
struct Fault {
    cause: String,
    text: String,
    told: Told,
}

/// Where the trace tells why a delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The connection fails on the sender's own thread.
    OwnThread,
    /// The connection fails on `main`, once, at the beginning.
    Main,
    /// The connection holds, the transfer fails.
    Transfer,
    /// Only the exception block tells, as its `Caused by:`.
    CausedBy,
    /// Nothing tells.
    Nowhere,
}

#[derive(Debug)]
struct Sender {
    number: u32,
    host: String,
    thread: String,
    next: Ms,
    /// When the last delivery has said its last word.
    ends: Ms,
    /// Files not yet delivered, the oldest first.
    queue: VecDeque<String>,
    /// How many at the front of the queue were tried.
    tried: usize,
    last_failed: Option<usize>,
    failures: u32,
    fault: Option<Fault>,
    /// Until when the fault, or its absence, lasts.
    phase_ends: Ms,
    /// The cause of the last failed connection, unless a delivery succeeded since.
    connection: Option<String>,
}

struct Manager {
    scenario: Scenario,
    course: Course,
    random: Random,
    faults: Vec<(String, String)>,
    senders: Vec<Sender>,
    records: BinaryHeap<Reverse<(Ms, u64, String)>>,
    number: u64,
    now: Ms,
    /// When `main` has said its last word.
    main_free: Ms,
    next_files: Ms,
    next_restart: Ms,
    sequence: u64,
    weighty: u64,
    fillers: u64,
    expected: Expected,
}

impl Manager {
    fn new(scenario: Scenario) -> Self {
        let mut random = Random::new(scenario.seed);
        let senders = (1..).take(scenario.destinations).map(Sender::new).collect();
        let sequence = random.below(900_000);
        Self {
            scenario,
            course: Course::default(),
            random,
            faults: known_faults(),
            senders,
            records: BinaryHeap::new(),
            number: 0,
            now: BEGIN,
            main_free: BEGIN,
            next_files: BEGIN,
            next_restart: BEGIN,
            sequence,
            weighty: 0,
            fillers: 0,
            expected: Expected::default(),
        }
    }

    /// Starts the service, or starts it anew: new senders on new threads, connections tried on `main`.
    fn start_service(&mut self) {
        self.next_restart = self.now + self.random.between(5 * MINUTE, 90 * MINUTE);
        let first_thread = 11 + self.random.below(4);
        for index in 0..self.senders.len() {
            let number = self.senders[index].number;
            // Java counts its threads anew, so that a name comes to mean another destination.
            let thread = format!("Thread-{}", first_thread + (index as u64) * 2);
            for word in ["created", "started"] {
                let text = format!("cdrrep.CDRRepClass (CDRRepClass.java:179) - CDRSender {number} is {word}");
                self.main_says("INFO", &text);
            }
            let at = self.main_free;
            let running =
                format!("cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination {number} is running...");
            self.say(at, "INFO", &thread, &running);
            self.expected.destinations.entry(number).or_default();
            let next = at + self.random.between(100, 6 * SECOND);
            let sender = &mut self.senders[index];
            (sender.thread, sender.next, sender.failures, sender.last_failed) = (thread, next, 0, None);
        }
        for index in 0..self.senders.len() {
            if self.senders[index].fault.as_ref().is_some_and(|fault| fault.told == Told::Main) {
                self.connection_fails_on_main(index);
                self.senders[index].next = self.senders[index].next.max(self.main_free + 1);
            }
        }
    }

    fn next_action(&self) -> Ms {
        let senders = self.senders.iter().map(|sender| sender.next);
        senders.chain([self.next_files, self.next_restart]).min().unwrap_or(self.now)
    }

    fn act(&mut self, at: Ms) {
        self.now = at;
        if at == self.next_files {
            self.make_files();
        } else if at == self.next_restart {
            self.restart();
        } else if let Some(index) = self.senders.iter().position(|sender| sender.next == at) {
            self.look_for_work(index);
        }
    }

    fn make_files(&mut self) {
        const CLUSTERS: [&str; 2] = ["Stand_Alone_Cluster_01", "Big_Blue"];
        let cluster = CLUSTERS[(self.scenario.seed % 2) as usize];
        let utc = DateTime::from_timestamp_millis(self.now - UTC_OFFSET).unwrap_or_default().format("%Y%m%d%H%M");
        for (kind, node) in [("cdr", 1), ("cdr", 3), ("cmr", 3)] {
            self.sequence += 1;
            let name = format!("{kind}_{cluster}_{node:02}_{utc}_{}", self.sequence);
            for sender in &mut self.senders {
                sender.queue.push_back(name.clone());
            }
        }
        self.next_files += MINUTE;
    }

    /// The service restarts; a delivery under way ends with its first record.
    fn restart(&mut self) {
        let index = self.random.below(self.senders.len() as u64) as usize;
        let tries = self.senders[index].fault.is_some() && !self.senders[index].queue.is_empty();
        // A thread has one delivery under way.
        if tries && self.random.percent(50) && self.senders[index].ends < self.now {
            self.fail(index, 0, true);
        }
        self.main_free = self.main_free.max(self.now + 5 * SECOND);
        self.start_service();
    }

    fn look_for_work(&mut self, index: usize) {
        self.change_phase(index);
        if self.senders[index].queue.is_empty() {
            self.senders[index].next = self.now + 6 * SECOND;
            return;
        }
        if self.senders[index].fault.is_some() {
            let tried = self.senders[index].tried;
            let fresh = tried < self.senders[index].queue.len() && self.random.percent(30);
            let file = if fresh { tried } else { self.random.below(tried.max(1) as u64) as usize };
            self.fail(index, file, false);
        } else {
            self.deliver_one(index);
        }
    }

    fn change_phase(&mut self, index: usize) {
        if let Some(share) = self.course.fails_percent {
            let fails = self.random.percent(share);
            let fault = fails.then(|| self.new_fault()).map(|fault| Fault { told: Told::OwnThread, ..fault });
            self.senders[index].fault = fault;
            return;
        }
        if self.now < self.senders[index].phase_ends {
            return;
        }
        let ends = self.now + self.random.between(2 * MINUTE, 20 * MINUTE);
        let broken = self.senders[index].fault.is_some();
        let fault = if broken && self.random.percent(70) { None } else { Some(self.new_fault()) };
        let on_main = fault.as_ref().is_some_and(|fault| fault.told == Told::Main);
        let sender = &mut self.senders[index];
        (sender.fault, sender.phase_ends) = (fault, ends);
        if on_main {
            self.connection_fails_on_main(index);
            self.senders[index].next = self.main_free.max(self.now) + 1;
            self.now = self.senders[index].next;
        }
    }

    fn new_fault(&mut self) -> Fault {
        let told = *self.random.pick(&[
            Told::OwnThread,
            Told::OwnThread,
            Told::Main,
            Told::Transfer,
            Told::CausedBy,
            Told::Nowhere,
        ]);
        let (cause, text) = if told != Told::CausedBy && self.random.percent(12) {
            let number = self.random.below(5);
            ("unknown".to_owned(), format!("the flux of side {number} was frobnicated beyond repair"))
        } else {
            self.random.pick(&self.faults).clone()
        };
        Fault { cause, text, told }
    }

    /// One attempt that fails; `crashes` cuts its records short after the first.
    fn fail(&mut self, index: usize, file: usize, crashes: bool) {
        let sender = &self.senders[index];
        let Some(mut fault) = sender.fault.clone() else { return };
        if crashes && fault.told == Told::CausedBy {
            fault.told = Told::Nowhere;
        }
        let (thread, host, number) = (sender.thread.clone(), sender.host.clone(), sender.number);
        let name = sender.queue[file].clone();
        let mut at = self.now;
        if self.scenario.names_files {
            self.say(at, "DEBUG", &thread, &format!("cdrrep.FtpManager (FtpManager.java:201) - sending /x/{name}"));
        }
        match fault.told {
            Told::OwnThread => {
                at += self.random.between(1, 3000);
                self.connection_fails(index, at, &thread);
            }
            Told::Transfer => {
                at += self.random.between(1, 900);
                let class = "sftpapi.SFTPConnection (SFTPConnection.java:301)";
                self.say(at, "ERROR", &thread, &format!("{class} - com.jcraft.jsch.SftpException: {}", fault.text));
            }
            Told::Main | Told::CausedBy | Told::Nowhere => {}
        }
        at += self.random.between(1, 50);
        let failed = format!("SFTP/FTP failed: {name} to {host}");
        self.say(at, "ERROR", &thread, &format!("cdrrep.FtpManager (FtpManager.java:223) - {failed}"));
        self.book_failure(index, &fault, &name, at);
        self.senders[index].failures += 1;
        let sender = &mut self.senders[index];
        sender.tried = sender.tried.max(file + 1);
        sender.last_failed = Some(file);
        if crashes {
            return;
        }
        let cause = match fault.told {
            Told::CausedBy => format!("\nCaused by: com.jcraft.jsch.JSchException: {}", fault.text),
            _ => String::new(),
        };
        at += self.random.between(0, 3);
        self.say(at, "ERROR", &thread, &format!(
            "cdrrep.LogConfig (LogConfig.java:157) - Java Exception happened in my CDRSender, with Exception:\n java.lang.Exception: {failed}\n         at com.cisco.ccm.cdrdlv.cdrrep.FtpManager.sendFile(FtpManager.java:225)\n         at com.cisco.ccm.cdrdlv.cdrrep.CDRSender.run(CDRSender.java:358){cause}"
        ));
        self.end_failed(index, number, at, &thread, &failed, &host);
    }

    fn end_failed(&mut self, index: usize, number: u32, mut at: Ms, thread: &str, failed: &str, host: &str) {
        let failures = self.senders[index].failures;
        let mut sender = |manager: &mut Self, level: &str, line: u32, text: &str| {
            at += manager.random.between(0, 3);
            manager.say(at, level, thread, &format!("cdrrep.CDRSender (CDRSender.java:{line}) - {text}"));
        };
        sender(self, "INFO", 373, &format!("sendSuccess=false, numOfFailure={failures}"));
        sender(self, "ERROR", 374, &format!("java.lang.Exception: {failed}"));
        sender(self, "ERROR", 375, &format!("Unable to successfully send file to outside billing server {host}"));
        let alarm = match failures {
            1 => {
                sender(self, "INFO", 379, "First time failure, not to raise alarm");
                None
            }
            2 => Some("CDRFileDeliveryFailed"),
            _ => Some("CDRFileDeliveryFailureContinues"),
        };
        if let Some(alarm) = alarm {
            sender(self, "ERROR", 383, &format!("sending alarm {alarm}"));
            *self.truth(number).alarms.entry(alarm.to_owned()).or_default() += 1;
        }
        let pause = (6 * SECOND) << (failures - 1).min(5);
        (self.senders[index].ends, self.senders[index].next) = (at, at + pause.min(120 * SECOND));
    }

    fn book_failure(&mut self, index: usize, fault: &Fault, name: &str, at: Ms) {
        let sender = &self.senders[index];
        let (host, number) = (sender.host.clone(), sender.number);
        let cause = match fault.told {
            Told::Main | Told::Nowhere => sender.connection.clone().unwrap_or_else(|| "unknown".to_owned()),
            Told::OwnThread | Told::Transfer | Told::CausedBy => fault.cause.clone(),
        };
        let truth = self.truth(number);
        truth.fails(&host, at);
        truth.delivery_failures += 1;
        *truth.causes.entry(cause).or_default() += 1;
        *truth.waiting.entry(name.to_owned()).or_default() += 1;
        if let Some((_, _, failures)) = truth.outages.last_mut() {
            *failures += 1;
        }
    }

    fn connection_fails_on_main(&mut self, index: usize) {
        self.main_free = self.main_free.max(self.now) + self.random.between(1, 80);
        self.connection_fails(index, self.main_free, "main");
    }

    fn connection_fails(&mut self, index: usize, at: Ms, thread: &str) {
        let sender = &mut self.senders[index];
        let Some(fault) = &sender.fault else { return };
        sender.connection = Some(fault.cause.clone());
        let (host, number, text) = (sender.host.clone(), sender.number, fault.text.clone());
        for text in [
            format!("sftpapi.SFTPConnection (SFTPConnection.java:252) - error Making SFTP connection{text}"),
            format!("sftpapi.ftpClient (ftpClient.java:246) - connect(): Failed connect to {host}"),
            format!(
                "cdrrep.FtpManager (FtpManager.java:75) - FtpManager constructor 1: Establish server connection to host [{host}] failed!"
            ),
        ] {
            self.say(at, "ERROR", thread, &text);
        }
        let truth = self.truth(number);
        truth.connection_failures += 1;
        truth.fails(&host, at);
    }

    /// Delivers the file that failed last on this thread, else the oldest.
    fn deliver_one(&mut self, index: usize) {
        let at = self.now + self.random.between(80, 900);
        let (names_files, now) = (self.scenario.names_files, self.now);
        let sender = &mut self.senders[index];
        let file = sender.last_failed.take().unwrap_or(0);
        let Some(name) = sender.queue.remove(file) else { return };
        sender.tried -= usize::from(file < sender.tried);
        (sender.failures, sender.connection) = (0, None);
        let (thread, number) = (sender.thread.clone(), sender.number);
        sender.next = if sender.queue.is_empty() { at + 6 * SECOND } else { at + 1 };
        if names_files {
            self.say(now, "DEBUG", &thread, &format!("cdrrep.FtpManager (FtpManager.java:201) - sending /x/{name}"));
        }
        self.say(at, "INFO", &thread, "cdrrep.CDRSender (CDRSender.java:373) - sendSuccess=true, numOfFailure=0");
        let truth = self.truth(number);
        truth.deliveries += 1;
        truth.last_delivery = Some(time(at));
        truth.waiting.remove(&name);
        if let Some((_, to @ None, _)) = truth.outages.last_mut() {
            *to = Some(time(at));
        }
    }

    fn truth(&mut self, number: u32) -> &mut Truth {
        self.expected.destinations.entry(number).or_default()
    }

    fn main_says(&mut self, level: &str, text: &str) {
        self.main_free = self.main_free.max(self.now) + self.random.between(0, 3);
        self.say(self.main_free, level, "main", text);
    }

    /// A record that matters.
    fn say(&mut self, at: Ms, level: &str, thread: &str, text: &str) {
        self.weighty += 1 + text.matches('\n').count() as u64;
        self.record(at, level, thread, text);
    }

    fn record(&mut self, at: Ms, level: &str, thread: &str, text: &str) {
        let mut record = String::with_capacity(text.len() + 64);
        push_time(&mut record, at);
        // Writing to a String cannot fail.
        let _ = writeln!(record, " {level:<5} [{thread}] {text}");
        self.records.push(Reverse((at, self.number, record)));
        self.number += 1;
    }

    /// Filler between now and the next action.
    fn fill(&mut self, until: Ms) {
        let wanted = self.weighty * self.scenario.filler + self.weighty * self.course.filler_percent / 100;
        for _ in self.fillers..wanted {
            let at = self.now + self.random.below((until - self.now).max(1).unsigned_abs()).cast_signed();
            if self.course.senders_repeat {
                let number = 1 + self.random.below(self.senders.len() as u64);
                let text = "cdrrep.CDRSender (CDRSender.java:85) - CDRSender for destination";
                self.record(at, "INFO", &format!("Repeat-{number}"), &format!("{text} {number} is running..."));
                continue;
            }
            let (level, thread, text) = filler(&mut self.random);
            self.record(at, level, thread, &text);
        }
        self.fillers = self.fillers.max(wanted);
    }

    fn write_until(&mut self, until: Ms, out: &mut impl Write) -> io::Result<()> {
        while self.records.peek().is_some_and(|Reverse((at, ..))| *at < until) {
            let Some(Reverse((_, _, record))) = self.records.pop() else { break };
            self.expected.records += 1;
            self.expected.lines += record.matches('\n').count() as u64;
            self.expected.bytes += record.len() as u64;
            out.write_all(record.as_bytes())?;
        }
        Ok(())
    }
}

impl Sender {
    fn new(number: u32) -> Self {
        let host = match number % 4 {
            0 => format!("fd00::{number:x}"),
            1 => format!("10.1.{number}.5"),
            2 => format!("billing{number}.example.com"),
            _ => format!("192.168.7.{number}"),
        };
        Self {
            number,
            host,
            thread: String::new(),
            next: 0,
            ends: 0,
            queue: VecDeque::new(),
            tried: 0,
            last_failed: None,
            failures: 0,
            fault: None,
            phase_ends: BEGIN + i64::from(number) * 3 * MINUTE,
            connection: None,
        }
    }
}

impl Truth {
    /// Something failed: the host is known from now on, and an outage lasts.
    fn fails(&mut self, host: &str, at: Ms) {
        self.host = Some(host.to_owned());
        self.first_failure = self.first_failure.or(Some(time(at)));
        self.last_failure = self.last_failure.max(Some(time(at)));
        if self.outages.last().is_none_or(|(_, to, _)| to.is_some()) {
            self.outages.push((time(at), None, 0));
        }
    }
}

/// Texts of cdrdiag's own table with their causes, placeholders filled.
fn known_faults() -> Vec<(String, String)> {
    let table = include_str!("../../data/causes.tsv");
    let rows: Vec<(&str, &str)> =
        table.lines().skip(1).filter_map(|line| line.split('\t').take(3).collect_tuple()).collect();
    let wrapped = |text: &str| rows.iter().any(|(_, other)| *other == format!("com.jcraft.jsch.JSchException: {text}"));
    rows.iter()
        // What is short needs its context to be told, which transfers and exceptions give differently.
        .filter(|(_, text)| text.len() > 8 && !text.starts_with("com.jcraft") && !wrapped(text))
        .map(|(cause, text)| ((*cause).to_owned(), filled(text)))
        .collect()
}

trait CollectTuple<'a> {
    fn collect_tuple(self) -> Option<(&'a str, &'a str)>;
}

impl<'a, I: Iterator<Item = &'a str>> CollectTuple<'a> for I {
    /// The first and the third.
    fn collect_tuple(mut self) -> Option<(&'a str, &'a str)> {
        Some((self.next()?, self.nth(1)?))
    }
}

fn filled(pattern: &str) -> String {
    let (mut text, mut rest) = (String::new(), pattern);
    while let Some((before, name, behind)) = placeholder(rest) {
        text.push_str(before);
        text.push_str(match name {
            "n" | "code" | "port" | "min" | "preferred" | "max" => "1024",
            "host" => "billing.example.com",
            "path" | "paths" => "/cdr/in",
            "lang" => "",
            _ => "something",
        });
        rest = behind;
    }
    text.push_str(rest);
    text.trim_end().to_owned()
}

fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('<').find_map(|(open, _)| {
        let (name, behind) = text[open + 1..].split_once('>')?;
        name.bytes().all(|byte| byte.is_ascii_lowercase()).then_some((&text[..open], name, behind))
    })
}

/// A record that tells nothing of deliveries. Some look as if they did.
fn filler(random: &mut Random) -> (&'static str, &'static str, String) {
    const THREADS: [&str; 5] = ["main", "Thread-2", "http-bio-8080-exec-7", "Timer-0", "Thread-47"];
    let number = random.below(1_000_000);
    let thread = *random.pick(&THREADS);
    let (level, text) = match random.below(40) {
        0..=9 => (
            "DEBUG",
            format!("cdrrep.PreserveFolder (PreserveFolder.java:412) - checking preserve folder, pass {number}"),
        ),
        10..=15 => (
            "DEBUG",
            format!(
                "dbl.DBLConnection (DBLConnection.java:88) - select * from processnode where pkid = {number} took 3 ms"
            ),
        ),
        16..=19 => (
            "INFO",
            format!(
                "cdrrep.FileManager (FileManager.java:530) - linked cdr_Other_01_202405060700_{number} into destination1 and destination2"
            ),
        ),
        20 => ("INFO", format!("cdrrep.CDRSender (CDRSender.java:290) - nothing to do, sleep {number} ms")),
        21..=27 => (
            "DEBUG",
            format!(
                "agt.CDRAgent (CDRAgent.java:77) - keep-alive from node {} [{number}] (ok) - next in 60 s",
                number % 9
            ),
        ),
        28..=31 => (
            "INFO",
            format!(
                "cdrrep.DiskMonitor (DiskMonitor.java:143) - disk usage {}% below high water mark, {number} KB free, no error",
                number % 80
            ),
        ),
        32..=34 => (
            "DEBUG",
            format!("soap.CDRonDemand (CDRonDemand.java:61) - get_file_list request {number} from 10.9.8.7 done"),
        ),
        35..=36 => (
            "DEBUG",
            format!(
                "util.Config (Config.java:19) - parameter {number}\n  name = CDRFormat\n  value = cdr\n\tat no place in particular"
            ),
        ),
        37 => ("INFO", format!("cdrrep.KeepAliveThread (KeepAliveThread.java:99) - {number} keys, kexinit of nobody")),
        38 => ("WARN", format!("dbl.DBLConnection (DBLConnection.java:120) - connection pool at {number} of 2000000")),
        _ if number.is_multiple_of(4) => {
            ("ERROR", format!("dbl.DBLConnection (DBLConnection.java:131) - query {number}: Auth fail"))
        }
        _ => ("INFO", format!("cdrrep.CDRRepClass (CDRRepClass.java:500) - Größe der Liste: {number}")),
    };
    (level, thread, text)
}

fn time(at: Ms) -> NaiveDateTime {
    DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::milliseconds(at)
}

/// `2024-05-06 07:00:00,123`; the day is formatted once, since this is most of the work on large traces.
fn push_time(record: &mut String, at: Ms) {
    let (day, of_day) = (time(at - at.rem_euclid(24 * 60 * MINUTE)).date(), at.rem_euclid(24 * 60 * MINUTE));
    let (hour, minute, second) = (of_day / (60 * MINUTE), of_day / MINUTE % 60, of_day / SECOND % 60);
    // Writing to a String cannot fail.
    let _ = write!(record, "{day} {hour:02}:{minute:02}:{second:02},{:03}", of_day % SECOND);
}
