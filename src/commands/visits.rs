//! Visits servers, many at a time: one thread reads the lists of all of them, and each that shakes hands has its own.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::open_files::Affordable;
use crate::document::probe::Handshake;
use crate::ssh::connect::Family;
use crate::ssh::deadline::{Deadline, Pause};
use crate::ssh::probe::{Reader, Reading};
use crate::ssh::target::Target;

/// What a server gave.
pub(super) struct Visit {
    /// Its number among the targets.
    pub(super) number: usize,
    /// Its lists.
    pub(super) reading: Reading,
    /// What a real connection met: one a profile, none where there was nothing to prove.
    pub(super) handshakes: Vec<Handshake>,
    left: Pause,
}

/// How to visit.
pub(super) struct Plan<P> {
    /// Which addresses of a name count.
    pub(super) family: Family,
    /// The time for a target as a whole. What waits for its turn at a handshake waits for this machine, and loses none.
    pub(super) timeout: Duration,
    /// How many may be under way at a time.
    pub(super) open: Affordable,
    /// Shakes hands with a server that has told its lists, where that is wanted.
    pub(super) prove: Option<P>,
}

impl<P: Fn(&Reading, Deadline) -> Vec<Handshake>> Plan<P> {
    fn prove(&self, visit: &mut Visit) {
        let deadline = visit.left.resume();
        visit.handshakes = self.prove.iter().flat_map(|prove| prove(&visit.reading, deadline)).collect();
        visit.reading.timing.total = Some(deadline.elapsed_ms());
    }
}

/// What the threads tell.
enum Event {
    Read(Visit),
    Proved(Visit),
    /// A thread is at its end: where visits are still under way, it broke off.
    Over,
}

/// How a thread tells, even that it breaks off: nobody is to wait for it.
#[derive(Clone)]
struct Told(Sender<Event>);

impl Told {
    fn tell(&self, event: Event) {
        // Whoever listens no more needs nothing more.
        let _ = self.0.send(event);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            self.tell(Event::Over);
        }
    }
}

/// Visits all of them; each visit is taken in here as soon as it is over.
///
/// # Errors
/// When the system has no means to watch connections.
pub(super) fn all<'t, P: Fn(&Reading, Deadline) -> Vec<Handshake> + Sync>(
    mut targets: impl Iterator<Item = (usize, &'t Target)>,
    plan: &Plan<P>,
    mut take_in: impl FnMut(Visit),
) -> io::Result<()> {
    let (reader, orders) = Reader::new(plan.family)?;
    let (sender, events) = mpsc::channel();
    let told = Told(sender);
    let (jobs, queue) = mpsc::channel();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let of_reader = told.clone();
        let reading = thread::Builder::new().spawn_scoped(scope, move || read(reader, &of_reader))?;
        let (queue, mut under_way, mut workers) = (&queue, 0, 0);
        loop {
            let next = targets.by_ref().take(plan.open.targets - under_way);
            orders
                .read(next.inspect(|_| under_way += 1).map(|(number, target)| (number, target.clone())), plan.timeout);
            if under_way == 0 {
                break;
            }
            let over = match events.recv() {
                Ok(Event::Read(visit)) if plan.prove.is_none() || visit.reading.error.is_some() => visit,
                Ok(Event::Read(mut visit)) => {
                    let told = told.clone();
                    let start = || thread::Builder::new().spawn_scoped(scope, move || work(queue, plan, &told));
                    workers += usize::from(workers < plan.open.handshakes && start().is_ok());
                    if workers > 0 {
                        // The queue is there until the end of this.
                        let _ = jobs.send(visit);
                        continue;
                    }
                    plan.prove(&mut visit);
                    visit
                }
                Ok(Event::Proved(visit)) => visit,
                Ok(Event::Over) | Err(_) => break,
            };
            under_way -= 1;
            take_in(over);
        }
        drop((orders, jobs));
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads lists as it is ordered to.
fn read(reader: Reader, told: &Told) -> io::Result<()> {
    let read = reader.run(|number, reading, left| {
        told.tell(Event::Read(Visit { number, reading, handshakes: Vec::new(), left }));
    });
    told.tell(Event::Over);
    read
}

/// Proves what is in the queue, until no more is to come.
fn work<P: Fn(&Reading, Deadline) -> Vec<Handshake>>(queue: &Mutex<Receiver<Visit>>, plan: &Plan<P>, told: &Told) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(mut visit) = next() {
        plan.prove(&mut visit);
        told.tell(Event::Proved(visit));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::offer::{Offer, split_list};
    use crate::ssh::{kexinit, packet};

    /// Servers that tell their lists to anybody; each ends with its first client.
    fn servers(count: usize) -> Vec<Target> {
        let offer = Offer { kex: Some(split_list("ecdh-sha2-nistp256")), ..Offer::default() };
        let words = [b"SSH-2.0-x_1\r\n".as_slice(), &packet::write(&kexinit::write(&offer, [1; 16]))].concat();
        let start = |_| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let words = words.clone();
            thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(&words).unwrap();
                std::io::copy(&mut stream, &mut std::io::sink())
            });
            Target::from((address.ip(), address.port()))
        };
        (0..count).map(start).collect()
    }

    fn plan<P>(targets: usize, handshakes: usize, prove: Option<P>) -> Plan<P> {
        let open = Affordable { targets, handshakes };
        Plan { family: Family::Any, timeout: Duration::from_secs(20), open, prove }
    }

    #[test]
    fn no_more_than_allowed_shake_hands_at_a_time_and_each_is_told_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let prove = |reading: &Reading, deadline: Deadline| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            now.fetch_sub(1, Ordering::SeqCst);
            assert!(reading.offer.is_some() && deadline.remaining().is_some());
            vec![Handshake { performed: true, ..Handshake::default() }]
        };
        let servers = servers(40);
        let mut seen = Vec::new();
        all(servers.iter().enumerate(), &plan(10, 3, Some(prove)), |visit| {
            assert_eq!((visit.reading.error, visit.handshakes.len()), (None, 1));
            seen.push(visit.number);
        })
        .unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..40).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    #[test]
    fn nothing_is_proved_where_nobody_asks_or_no_lists_came() {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let targets = [servers(1), vec![Target::from((silent.ip(), silent.port()))]].concat();
        let none = |_: &Reading, _: Deadline| unreachable!("nobody asked");
        let mut plan = plan(2, 1, Some(none));
        plan.prove = None;
        let mut told = 0;
        all(targets.iter().enumerate(), &plan, |visit| told += 1 + visit.handshakes.len()).unwrap();
        assert_eq!(told, 2);
        all(std::iter::empty(), &plan, |_| unreachable!()).unwrap();
    }

    #[test]
    #[should_panic(expected = "thread panicked")]
    fn a_thread_that_breaks_off_holds_up_nobody() {
        let prove = |_: &Reading, _: Deadline| panic!("broken");
        let _ = all(servers(1).iter().enumerate(), &plan(1, 1, Some(prove)), |_| {});
    }
}
