//! A session of CUCM's command line over SSH: one shell on a terminal, since CUCM runs no command by itself (`exec`).
//! Only a [`Command`] and the keys of pagers and questions go to it, never Ctrl-C.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use ssh2::Channel;

use super::command::{Command, Key};
use super::exchange::{Exchange, Kind, Next, Output};
use super::{pager, terminal};
use crate::interrupt::Interrupt;
use crate::ssh::deadline::{Clock, Deadline};
use crate::ssh::session::Link;
use crate::ssh::trouble::Trouble;

/// How soon silence is noticed.
const NOTICE: Duration = Duration::from_millis(50);
/// How much longer than a command's silence the connection itself is kept.
const LATER: Duration = Duration::from_secs(5);
/// The terminal asked for: the wider it is, the less is wrapped.
const TERMINAL: (u32, u32, u32, u32) = (511, 200, 0, 0);
/// The longest text before the first prompt.
const START_UP: usize = 1 << 20;
/// Behind CUCM's welcome, the prompt is the next thing that comes.
const WELCOMED: Duration = Duration::from_secs(1);
/// Without it, this much silence says that nothing else will.
const UNWELCOMED: Duration = Duration::from_secs(3);
/// How long a command may take in all: so many of its silences, and a second for each of these bytes.
const SILENCES: u32 = 10;
const PACE: u32 = 1_024;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With the prompt.
    Prompt,
    /// The node fell silent.
    Silent,
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
    #[error("the node gives no shell: {0}")]
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
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// A session at its prompt.
pub(crate) struct Shell {
    link: Link,
    channel: Channel,
    clock: Clock,
    silence: Duration,
    interrupt: Interrupt,
    log: Box<dyn Write + Send>,
    prompt: Vec<u8>,
    open: bool,
}

/// What a read came to.
enum Arrived {
    Bytes,
    Nothing,
    End,
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
        let told = |error: &ssh2::Error| {
            let trouble = link.better(Trouble::own("channel", error.message().to_owned()));
            NoPrompt::Channel(trouble.message)
        };
        clock.set(Deadline::after(silence + LATER));
        link.limit_waiting();
        let mut channel = link.session.channel_session().map_err(|error| told(&error))?;
        channel.request_pty("vt100", None, Some(TERMINAL)).map_err(|error| told(&error))?;
        channel.shell().map_err(|error| told(&error))?;
        let (clock, interrupt) = (clock.clone(), interrupt.clone());
        let mut shell = Self { link, channel, clock, silence, interrupt, log, prompt: Vec::new(), open: true };
        shell.await_prompt()?;
        Ok(shell)
    }

    fn await_prompt(&mut self) -> Result<(), NoPrompt> {
        let mut seen = Vec::new();
        let mut last = Instant::now();
        let start = Instant::now();
        loop {
            match self.read(&mut seen) {
                Arrived::Bytes => last = Instant::now(),
                Arrived::End => return Err(NoPrompt::Closed(last_words(&seen))),
                Arrived::Nothing => {}
            }
            if self.interrupt.is_raised() {
                return Err(NoPrompt::Interrupted);
            }
            let quiet = last.elapsed();
            match first_prompt(&seen, quiet) {
                Some(Ok(prompt)) => {
                    self.prompt = prompt;
                    return Ok(());
                }
                Some(Err(())) => return Err(NoPrompt::Stranger(last_words(&seen))),
                None => {}
            }
            if quiet >= self.silence || start.elapsed() >= self.silence * SILENCES || seen.len() > START_UP {
                return Err(NoPrompt::Silent(start.elapsed().as_secs_f64(), last_words(&seen)));
            }
        }
    }

    /// Whether another command can be sent.
    pub(crate) fn is_open(&self) -> bool {
        self.open && !self.interrupt.is_raised()
    }

    /// Sends a command and reads its answer, of at most so many bytes.
    pub(crate) fn run(&mut self, command: &Command, kind: Kind, most: usize) -> (Output, Ended) {
        let text = command.to_string();
        let mut exchange = Exchange::new(&text, &self.prompt, kind);
        if self.write(format!("{text}\n").as_bytes()).is_err() {
            self.open = false;
            return (exchange.finish(), Ended::Closed);
        }
        let ended = self.follow(&mut exchange, most);
        if ended != Ended::Prompt {
            self.open = false;
        }
        (exchange.finish(), ended)
    }

    fn follow(&mut self, exchange: &mut Exchange, most: usize) -> Ended {
        let (start, mut last) = (Instant::now(), Instant::now());
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let arrived = self.read(&mut piece);
            if let Arrived::Bytes = arrived {
                exchange.take(&piece);
                last = Instant::now();
            }
            match exchange.next(last.elapsed()) {
                Next::Done => return Ended::Prompt,
                Next::Stuck => return Ended::Astray,
                Next::Send(key) => {
                    if self.press(key).is_err() {
                        return Ended::Closed;
                    }
                    last = Instant::now();
                }
                Next::Wait => {}
            }
            let paid = Duration::from_secs(exchange.len() as u64 / u64::from(PACE));
            if matches!(arrived, Arrived::End) {
                return Ended::Closed;
            } else if self.interrupt.is_raised() {
                return Ended::Interrupted;
            } else if last.elapsed() >= self.silence || start.elapsed() >= self.silence * SILENCES + paid {
                return Ended::Silent;
            } else if exchange.len() > most {
                return Ended::Astray;
            }
        }
    }

    /// Ends the session.
    pub(crate) fn close(mut self) {
        if self.is_open() {
            let _ = self.write(format!("{}\n", Command::Exit).as_bytes());
            let start = Instant::now();
            let mut rest = Vec::new();
            while start.elapsed() < Duration::from_secs(1) && !matches!(self.read(&mut rest), Arrived::End) {}
        }
        let _ = self.log.flush();
        self.clock.shorten(Duration::from_secs(2));
        self.link.limit_waiting();
        self.link.hang_up();
    }

    fn read(&mut self, into: &mut Vec<u8>) -> Arrived {
        let mut piece = [0; 16_384];
        self.link.session.set_timeout(u32::try_from(NOTICE.as_millis()).unwrap_or(50));
        match self.channel.read(&mut piece) {
            Ok(0) => Arrived::End,
            Ok(length) => {
                let piece = piece.get(..length).unwrap_or_default();
                // A session.log that cannot be written loses no trace.
                let _ = self.log.write_all(piece);
                into.extend(piece);
                self.clock.set(Deadline::after(self.silence + LATER));
                Arrived::Bytes
            }
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {
                    if self.link.is_open() { Arrived::Nothing } else { Arrived::End }
                }
                _ => Arrived::End,
            },
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.clock.set(Deadline::after(self.silence + LATER));
        self.link.limit_waiting();
        self.channel.write_all(bytes)?;
        self.channel.flush()
    }

    /// Sends a key. The log shows it where the terminal erases it again.
    fn press(&mut self, key: Key) -> io::Result<()> {
        if key != Key::Enter {
            let _ = self.log.write_all(&[key.bytes(), b"\r\x1b[K"].concat());
        }
        self.write(key.bytes())
    }
}

/// The prompt, once it is sure to be one; an error where a shell that is not CUCM's waits.
fn first_prompt(seen: &[u8], quiet: Duration) -> Option<Result<Vec<u8>, ()>> {
    if quiet < WELCOMED {
        return None;
    }
    let text = terminal::plain(seen);
    let welcomed = text.contains("Welcome to the Platform");
    let starting = text.contains("Command Line Interface is starting up") && !welcomed;
    let prompt = pager::learn_prompt(seen);
    let patience = match (welcomed, starting) {
        (true, _) => WELCOMED,
        (false, true) => UNWELCOMED * 4,
        (false, false) => UNWELCOMED,
    };
    match prompt {
        Some(prompt) if quiet >= patience && (welcomed || prompt == b"admin:") => Some(Ok(prompt)),
        None if quiet >= UNWELCOMED && !starting && !welcomed => {
            text.trim_end().ends_with(['$', '#', '>', '%']).then_some(Err(()))
        }
        _ => None,
    }
}

/// The last line that came, for a message.
fn last_words(seen: &[u8]) -> String {
    let text = terminal::plain(seen.get(seen.len().saturating_sub(2_000)..).unwrap_or_default());
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(String::new, |line| format!("; its last words: {:?}", line.chars().take(120).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn the_prompt_behind_the_welcome_is_cucms_and_anything_else_is_not() {
        let welcome =
            b"Command Line Interface is starting up, please wait ...\r\n\r\n   Welcome to the Platform Command Line \
            Interface\r\n\r\nadmin:";
        assert_eq!(first_prompt(welcome, Duration::ZERO), None, "it may go on");
        assert_eq!(first_prompt(welcome, WELCOMED), Some(Ok(b"admin:".to_vec())));
        assert_eq!(first_prompt(b"Last login: today\r\nuser@host:~$ ", LONG), Some(Err(())));
        assert_eq!(first_prompt(b"switch>", LONG), Some(Err(())));
        assert_eq!(first_prompt(b"Press a key:", LONG), None, "it is no prompt without a welcome");
        assert_eq!(first_prompt(b"Notice\r\nadmin:\r\nno more\r\n", LONG), None);
    }
}
