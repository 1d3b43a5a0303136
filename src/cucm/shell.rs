//! A session of CUCM's command line over SSH: one shell on a terminal, since CUCM runs no command by itself (`exec`).
//! Only a [`Command`] and the keys of pagers and questions go to it, never Ctrl-C.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::command::{Command, Key};
use super::exchange::{Exchange, Habits, Kind, Next, Output};
use super::pager::Prompt;
use super::welcome::{self, Host, last_words};
use super::wire::{Arrived, Wire};
use crate::interrupt::Interrupt;
use crate::ssh::deadline::Clock;
use crate::ssh::session::Link;

/// The longest text before the first prompt.
const START_UP: usize = 1 << 20;
/// How long a command may take in all: so many of its silences, and a second for each of these bytes.
const SILENCES: u32 = 10;
const PACE: u64 = 1_024;
/// How long a session may take in all, reckoned in the same way, with so much for each command.
const SESSION_SILENCES: u32 = 60;
const COMMAND: Duration = Duration::from_secs(5);
/// How long leaving may take after Ctrl-C.
const LEAVING: Duration = Duration::from_secs(3);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With the prompt.
    Prompt,
    /// The node fell silent.
    Silent,
    /// It went on, but no faster than would take for ever.
    Slow,
    /// The connection is closed.
    Closed,
    /// Ctrl-C.
    Interrupted,
    /// It asked without end, or printed more than it may: nothing more may be sent.
    Astray,
}

/// Why there is no prompt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPrompt {
    /// No shell.
    #[error("the node gives no shell, all of its sessions may be in use: {0}")]
    Channel(String),
    /// It closed first.
    #[error("the node ended the session before its prompt{0}")]
    Closed(String),
    /// It fell silent first.
    #[error("no prompt of CUCM's command line came within {0:.0} s{1}")]
    Silent(f64, String),
    /// Somebody else's shell.
    #[error("this is not CUCM's command line{0}")]
    Stranger(String),
    /// It wants something else first, such as a new password.
    #[error("the node asks {0:?} before its prompt: log in by hand once and answer it")]
    Asks(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// A session at its prompt.
pub(crate) struct Shell {
    wire: Wire,
    silence: Duration,
    interrupt: Interrupt,
    habits: Habits,
    at_prompt: bool,
    start: Instant,
    commands: u32,
    bytes: u64,
}

impl Shell {
    /// Opens the shell and waits for the prompt. Nothing is typed before it has come.
    pub(crate) fn open(
        link: Link,
        clock: &Clock,
        silence: Duration,
        interrupt: &Interrupt,
        log: Box<dyn Write + Send>,
    ) -> Result<Self, NoPrompt> {
        let mut wire = Wire::open(link, clock, silence, log).map_err(|failure| NoPrompt::Channel(failure.message))?;
        match await_prompt(&mut wire, silence, interrupt) {
            Ok(prompt) => Ok(Self {
                wire,
                silence,
                interrupt: interrupt.clone(),
                habits: Habits::new(prompt),
                at_prompt: true,
                start: Instant::now(),
                commands: 0,
                bytes: 0,
            }),
            Err(error) => {
                wire.hang_up();
                Err(error)
            }
        }
    }

    /// Whether another command can be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.at_prompt && !self.interrupt.is_raised()
    }

    /// Sends a command and reads its answer, of at most so many bytes.
    pub(crate) fn run(&mut self, command: &Command, kind: Kind, most: usize) -> (Output, Ended) {
        let text = command.to_string();
        let mut exchange = Exchange::new(&text, self.habits.clone(), kind);
        self.commands += 1;
        let ended = match self.wire.write(format!("{text}\n").as_bytes()) {
            Ok(()) => self.follow(&mut exchange, most),
            Err(_) => Ended::Closed,
        };
        self.at_prompt = ended == Ended::Prompt || (ended == Ended::Interrupted && self.leave(&mut exchange));
        self.bytes += exchange.len() as u64;
        self.habits = exchange.habits.clone();
        (exchange.finish(), ended)
    }

    /// Sends no more page keys ahead. Tells whether some were until now.
    pub(crate) fn one_key_at_a_time(&mut self) -> bool {
        self.habits.one_key_at_a_time()
    }

    fn follow(&mut self, exchange: &mut Exchange, most: usize) -> Ended {
        let (start, mut last) = (Instant::now(), Instant::now());
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let arrived = self.wire.read(&mut piece);
            if arrived == Arrived::Bytes {
                exchange.take(&piece);
                last = Instant::now();
            }
            match exchange.next(last.elapsed()) {
                Next::Done => return Ended::Prompt,
                Next::Stuck => return Ended::Astray,
                Next::Send(key, times) => {
                    if self.press(key, times).is_err() {
                        return Ended::Closed;
                    }
                    last = Instant::now();
                }
                Next::Wait => {}
            }
            if arrived == Arrived::End {
                return Ended::Closed;
            } else if self.interrupt.is_raised() {
                return Ended::Interrupted;
            } else if last.elapsed() >= self.silence {
                return Ended::Silent;
            } else if self.is_slow(start, exchange.len() as u64) {
                return Ended::Slow;
            } else if exchange.len() > most {
                return Ended::Astray;
            }
        }
    }

    /// Whether this command, or the session, takes longer than any that gets on.
    fn is_slow(&self, start: Instant, bytes: u64) -> bool {
        let paid = Duration::from_secs(bytes / PACE);
        let all_paid = Duration::from_secs((self.bytes + bytes) / PACE) + COMMAND * self.commands;
        start.elapsed() >= self.silence * SILENCES + paid
            || self.start.elapsed() >= self.silence * SESSION_SILENCES + all_paid
    }

    /// Goes back to the prompt after Ctrl-C, if the node soon lets it.
    fn leave(&mut self, exchange: &mut Exchange) -> bool {
        let (start, mut last) = (Instant::now(), Instant::now());
        let mut has_quit = false;
        let mut piece = Vec::new();
        while start.elapsed() < LEAVING {
            if exchange.is_at_prompt(last.elapsed()) {
                return true;
            }
            if !has_quit && exchange.is_paging(last.elapsed()) {
                has_quit = true;
                if self.press(Key::Quit, 1).is_err() {
                    return false;
                }
            }
            piece.clear();
            match self.wire.read(&mut piece) {
                Arrived::Bytes => {
                    exchange.take(&piece);
                    last = Instant::now();
                }
                Arrived::Nothing => {}
                Arrived::End => return false,
            }
        }
        false
    }

    /// Ends the session.
    pub(crate) fn close(mut self) {
        if self.at_prompt && self.wire.write(format!("{}\n", Command::Exit).as_bytes()).is_ok() {
            self.wire.drain(Duration::from_secs(1));
        }
        self.wire.hang_up();
    }

    /// Sends a key. The log shows it where the terminal erases it again.
    fn press(&mut self, key: Key, times: usize) -> io::Result<()> {
        let keys = key.bytes().repeat(times);
        if key != Key::Enter {
            self.wire.note(&[keys.as_slice(), b"\r\x1b[K"].concat());
        }
        self.wire.write(&keys)
    }
}

fn await_prompt(wire: &mut Wire, silence: Duration, interrupt: &Interrupt) -> Result<Prompt, NoPrompt> {
    let mut seen = Vec::new();
    let (start, mut last) = (Instant::now(), Instant::now());
    loop {
        match wire.read(&mut seen) {
            Arrived::Bytes => last = Instant::now(),
            Arrived::End => return Err(NoPrompt::Closed(last_words(&seen))),
            Arrived::Nothing => {}
        }
        if interrupt.is_raised() {
            return Err(NoPrompt::Interrupted);
        }
        let quiet = last.elapsed();
        match welcome::read(&seen, quiet, silence.mul_f32(0.9)) {
            Some(Host::Cucm(prompt)) => return Ok(prompt),
            Some(Host::Stranger) => return Err(NoPrompt::Stranger(last_words(&seen))),
            Some(Host::Asks(question)) => return Err(NoPrompt::Asks(question)),
            None => {}
        }
        if quiet >= silence || start.elapsed() >= silence * SILENCES || seen.len() > START_UP {
            return Err(NoPrompt::Silent(start.elapsed().as_secs_f64(), last_words(&seen)));
        }
    }
}
