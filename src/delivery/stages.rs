//! One delivery, stage by stage.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use chrono::Utc;
use ssh2::Channel;

use super::log::Log;
use super::{Load, Login, Order, test_file};
use crate::algorithms::answer::judge_target;
use crate::document::backfill::Backfill;
use crate::document::deliver::{FreeSpace, Throughput};
use crate::document::probe::{Access, Client, Target};
use crate::interrupt::Interrupt;
use crate::model::stage::Stage;
use crate::ssh::connect;
use crate::ssh::deadline::{Clock, milliseconds};
use crate::ssh::error::SshError;
use crate::ssh::handshake;
use crate::ssh::host_key;
use crate::ssh::login;
use crate::ssh::relay::HANDSHAKE_BYTES;
use crate::ssh::session::{HandshakeOutcome, Link};
use crate::ssh::sftp::{Sftp, SftpError, status};
use crate::words::grouped;

/// One delivery under way.
pub(super) struct Delivery {
    pub(super) order: Order,
    /// `None` where the way ends before the login.
    pub(super) login: Option<Login>,
    pub(super) log: Log,
    pub(super) clock: Clock,
    pub(super) interrupt: Interrupt,
}

/// A login with SFTP.
pub(super) struct Open {
    pub(super) link: Link,
    pub(super) sftp: Sftp<Channel>,
}

/// Where the server is, and which key it had.
pub(super) struct Seen {
    pub(super) address: SocketAddr,
    pub(super) key: Vec<u8>,
}

impl Delivery {
    /// Delivers, and removes what was written.
    pub(super) fn run(&self) {
        let mut seen = None;
        let mut open = None;
        if let Err(failure) = self.through_all(&mut seen, &mut open) {
            self.log.fail(if self.interrupt.is_raised() { interrupted() } else { failure });
        }
        if !self.written().is_empty() {
            self.clean_up(seen.as_ref(), open.take());
        }
        if let Some(open) = open {
            open.link.hang_up();
        }
    }

    fn through_all(&self, seen: &mut Option<Seen>, open: &mut Option<Open>) -> Result<(), SshError> {
        let (stream, address) = self.connect()?;
        let link = self.shake_hands(stream)?;
        let key = self.check_host_key(&link)?;
        let Some(login) = &self.login else {
            link.hang_up();
            return Ok(());
        };
        let seen = seen.insert(Seen { address, key });
        self.log_in(&link, login)?;
        let sftp = self.stage(Stage::Channel, || Ok((link.sftp()?, "SFTP".to_owned())))?;
        let opened = open.insert(Open { link, sftp });
        let directory = self.enter(opened)?;
        self.measure_space(opened, &directory);
        match &self.order.load {
            Load::Files(backfill) => self.hand_in(backfill, seen, open, &directory)?,
            Load::Test { repeat } => {
                self.send_one(opened, &directory)?;
                self.send_many(opened, &directory, *repeat)?;
            }
        }
        self.log.note(|answer| answer.delivered = answer.backfill.as_ref().is_none_or(Backfill::is_whole));
        Ok(())
    }

    /// A stage, unless somebody has asked to end.
    fn stage<T>(&self, stage: Stage, work: impl FnOnce() -> Result<(T, String), SshError>) -> Result<T, SshError> {
        self.log.stage(stage, || if self.interrupt.is_raised() { Err(interrupted()) } else { work() })
    }

    fn connect(&self) -> Result<(TcpStream, SocketAddr), SshError> {
        let deadline = self.clock.deadline();
        let addresses = self.stage(Stage::Resolve, || {
            let addresses = connect::resolve(&self.order.target, self.order.family, deadline)?;
            let seen = addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
            Ok((addresses, seen))
        })?;
        let (stream, address) = self.stage(Stage::Connect, || {
            let (stream, address) = connect::to_first(&addresses, deadline)?;
            Ok(((stream, address), address.to_string()))
        })?;
        self.log.note(|answer| answer.address = Some(address.ip().to_string()));
        Ok((stream, address))
    }

    /// Two stages, since libssh2 makes one step of both: the first ends with the server's first bytes.
    fn shake_hands(&self, stream: TcpStream) -> Result<Link, SshError> {
        let start = Instant::now();
        self.log.begin_at(Stage::Identification, start);
        let HandshakeOutcome { link, words, opening } = self.open(stream);
        let Some(identification) = words.identification else {
            let failure = link.err().unwrap_or_else(|| SshError::own("garbled", "no identification string came"));
            return Err(words.error.unwrap_or(failure));
        };
        let between = opening.first.unwrap_or(start);
        self.log.pass_at(between, Some(identification.raw.clone()));
        self.log.begin_at(Stage::KeyExchange, between);
        let judged = self.judge(Target {
            target: self.order.name.clone(),
            offer: words.offer,
            identification: Some(identification.clone()),
            ..Target::default()
        });
        self.log.note(|answer| answer.identification = Some(identification));
        match link {
            Ok(link) => {
                self.agree(&link, judged);
                Ok(link)
            }
            Err(failure) => Err(self.disagree(judged).or(words.error).unwrap_or(failure)),
        }
    }

    pub(super) fn open(&self, stream: TcpStream) -> HandshakeOutcome {
        let max_bytes = (2 * HANDSHAKE_BYTES).saturating_add(self.order.load.most_bytes());
        Link::open(stream, &self.order.preferences, &self.clock, max_bytes)
    }

    /// What the lists say of this client.
    fn judge(&self, mut target: Target) -> Option<Client> {
        judge_target(&mut target, &self.order.clients);
        if self.order.clients.len() > 1 {
            self.log.note(|answer| answer.clients.clone_from(&target.clients));
        }
        let mut client = target.clients.into_iter().find(|client| client.profile == self.order.profile.id)?;
        if !client.remedy.is_empty() {
            client.remedy = target.remedy;
        }
        Some(client)
    }

    fn agree(&self, link: &Link, judged: Option<Client>) {
        let agreed = handshake::agreed(&link.session);
        let names: Vec<_> = agreed.values().map(String::as_str).filter(|name| *name != "none").collect();
        let mut names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        names.dedup();
        self.log.pass(Some(names.join(", ")));
        self.log.note(|answer| {
            answer.agreed = agreed;
            if let Some(refused) = judged.filter(|client| client.result == Access::Refuses) {
                answer.warnings.push(format!(
                    "libssh2 connected, but {} would not: {}",
                    refused.profile,
                    refused.findings.join("; ")
                ));
            }
        });
    }

    /// What the lists say of a handshake that failed, where they predict it.
    fn disagree(&self, judged: Option<Client>) -> Option<SshError> {
        let client = judged.filter(|client| client.result == Access::Refuses)?;
        let mut titles: Vec<_> = client.missing.iter().map(|category| category.title()).collect();
        titles.dedup();
        let failure = (!titles.is_empty()).then(|| {
            SshError::own(
                "no_common_algorithm",
                format!("nothing in common with {}: {}", client.profile, titles.join(", ")),
            )
        });
        self.log.note(|answer| answer.refusal = Some(client));
        failure
    }

    /// Nothing secret has been sent before this stage has passed.
    fn check_host_key(&self, link: &Link) -> Result<Vec<u8>, SshError> {
        self.stage(Stage::HostKey, || {
            let key = link.session.host_key().map(|(key, _)| key.to_vec());
            let key = key.ok_or_else(|| SshError::own("garbled", "libssh2 reports no host key"))?;
            let described = host_key::describe(&key);
            let shown = format!("{} {}", described.algorithm, described.sha256.as_deref().unwrap_or_default());
            self.log.note(|answer| answer.host_key = Some(described));
            let target = &self.order.target;
            let trusted = self.order.trust.judge(target.host(), target.port(), &key, &shown)?;
            if let Some(warning) = trusted.warning {
                self.log.note(|answer| answer.warnings.push(warning));
            }
            Ok((key, format!("{shown}, {}", trusted.how)))
        })
    }

    fn log_in(&self, link: &Link, login: &Login) -> Result<(), SshError> {
        self.stage(Stage::Authentication, || {
            link.limit_waiting();
            let methods = login::methods(&link.session, &self.order.user).map_err(|error| link.explain(error))?;
            self.log.note(|answer| answer.auth_methods.clone_from(&methods));
            let method =
                login::log_in(&link.session, &self.order.user, login, &methods).map_err(|error| link.explain(error))?;
            self.log.note(|answer| answer.auth_method = Some(method.to_owned()));
            Ok(((), method.to_owned()))
        })
    }

    /// The directory as the server sees it.
    fn enter(&self, open: &mut Open) -> Result<String, SshError> {
        let Open { link, sftp } = open;
        self.stage(Stage::SftpPath, || {
            link.limit_waiting();
            let path = sftp.real_path(&self.order.directory).map_err(|error| link.sftp_error(&error))?;
            let attributes = sftp.stat(&path).map_err(|error| link.sftp_error(&error))?;
            if attributes.is_directory() == Some(false) {
                return Err(SshError::own("not_directory", format!("{path} is not a directory")));
            }
            self.log.note(|answer| answer.real_directory = Some(path.clone()));
            Ok((path.clone(), path))
        })
    }

    fn measure_space(&self, open: &mut Open, directory: &str) {
        if !self.order.free_space {
            return;
        }
        let space = open.sftp.space(directory);
        self.log.note(|answer| match space {
            Ok(space) => {
                answer.free_space = Some(FreeSpace {
                    total_bytes: space.total,
                    available_bytes: space.available,
                    // A free inode is no room for a file where the bytes are short.
                    files_available: (space.files > 0)
                        .then(|| space.files_available.min(space.available / test_file::BYTES as u64)),
                });
            }
            Err(error) => answer.free_space_unknown = Some(error.to_string()),
        });
    }

    fn send_one(&self, open: &mut Open, directory: &str) -> Result<(), SshError> {
        let now = Utc::now();
        let path = test_file::path(directory, &test_file::name(now, test_file::first_sequence(now)));
        self.log.note(|answer| answer.file = Some(path.clone()));
        self.stage(Stage::SftpWrite, || {
            self.write(open, directory, &path)?;
            Ok(((), format!("{} bytes as {path}", test_file::BYTES)))
        })?;
        self.stage(Stage::SftpSize, || {
            let size = match open.sftp.stat(&path) {
                Err(error) if error.status() == Some(status::NO_SUCH_FILE) => {
                    self.removed(&path);
                    return Err(SshError::own("gone", format!("{path} is gone")));
                }
                found => found.map_err(|error| open.link.sftp_error(&error))?.size,
            };
            match size {
                Some(size) if size != test_file::BYTES as u64 => {
                    let message = format!("{} bytes were sent, and the server has {size}", test_file::BYTES);
                    Err(SshError::own("size_differs", message))
                }
                Some(size) => Ok(((), format!("{size} bytes"))),
                None => Ok(((), "the server does not report it".to_owned())),
            }
        })?;
        self.stage(Stage::SftpRemove, || {
            open.sftp.remove(&path).map_err(|error| open.link.sftp_error(&error))?;
            self.removed(&path);
            Ok(((), "nothing is left".to_owned()))
        })
    }

    /// Makes, writes and closes a file. From before the first request on it counts as written.
    fn write(&self, open: &mut Open, directory: &str, path: &str) -> Result<(), SshError> {
        let Open { link, sftp } = open;
        self.log.note(|answer| answer.left_behind.push(path.to_owned()));
        let created = sftp.create(path);
        if created.as_ref().is_err_and(|error| error.status().is_some()) {
            // The server answered, and made no file.
            self.removed(path);
        }
        let written = created.and_then(|handle| {
            let written = sftp.write(&handle, &test_file::content());
            let closed = sftp.close(&handle);
            written.and(closed)
        });
        written.map_err(|error| {
            let failure = link.sftp_error(&error);
            full(sftp, directory, test_file::BYTES as u64, &error, &failure).unwrap_or(failure)
        })
    }

    /// The same again, many times, within the time for the delivery as a whole.
    fn send_many(&self, open: &mut Open, directory: &str, repeat: u32) -> Result<(), SshError> {
        if repeat == 0 {
            return Ok(());
        }
        let (mut files, mut spent, mut slowest) = (0, Duration::ZERO, Duration::ZERO);
        let mut failed = None;
        let now = Utc::now();
        let first = test_file::first_sequence(now);
        for number in 1..=repeat {
            open.link.limit_waiting();
            let path = test_file::path(directory, &test_file::name(now, first + u64::from(number)));
            let start = Instant::now();
            let written = self.go_on().and_then(|()| self.write(open, directory, &path));
            let took = start.elapsed();
            let done = written.and_then(|()| {
                (files, spent, slowest) = (files + 1, spent + took, slowest.max(took));
                open.sftp.remove(&path).map_err(|error| open.link.sftp_error(&error))
            });
            if let Err(failure) = done {
                failed = Some(self.ended_at(failure, files, repeat));
                break;
            }
            self.removed(&path);
        }
        self.log.note(|answer| answer.throughput = Some(throughput(repeat, files, spent, slowest)));
        let Some(failure) = failed else { return Ok(()) };
        // The one file went through: it is this stage that fails now.
        self.log.begin(Stage::SftpWrite);
        Err(failure)
    }

    /// Neither has somebody asked to end, nor is the time over.
    fn go_on(&self) -> Result<(), SshError> {
        if self.interrupt.is_raised() {
            return Err(interrupted());
        }
        self.clock.deadline().remaining().map(drop).ok_or_else(|| SshError::own("timed_out", "time ran out"))
    }

    /// What ended the repeats, and how many went through before.
    fn ended_at(&self, failure: SshError, files: u32, repeat: u32) -> SshError {
        let done = format!("{} of {} files went through", grouped(files.into()), grouped(repeat.into()));
        if failure.code != "timed_out" {
            return SshError { message: format!("{done}, then: {}", failure.message), ..failure };
        }
        let limit = self.order.timeout.as_secs_f64();
        SshError::own("repeats_timed_out", format!("{done} within the time limit of {limit} s"))
    }
}

pub(super) fn interrupted() -> SshError {
    SshError::own("interrupted", "interrupted")
}

/// OpenSSH says "Failure" of a full disk. The volume's space tells it from other failures.
pub(super) fn full(
    sftp: &mut Sftp<Channel>,
    directory: &str,
    bytes: u64,
    error: &SftpError,
    failure: &SshError,
) -> Option<SshError> {
    if error.status() != Some(status::FAILURE) {
        return None;
    }
    let space = sftp.space(directory).ok()?;
    let no_room = space.available < bytes;
    let no_file = space.files > 0 && space.files_available == 0;
    (no_room || no_file).then(|| {
        let left = if no_room {
            format!("{} bytes", space.available)
        } else {
            "room for no more files, whatever their size,".to_owned()
        };
        SshError::own("no_space", format!("{}; the volume has {left} left for this account", failure.message))
    })
}

fn throughput(asked: u32, files: u32, spent: Duration, slowest: Duration) -> Throughput {
    let seconds = milliseconds(spent) / 1e3;
    Throughput {
        asked,
        files,
        file_bytes: test_file::BYTES as u64,
        seconds,
        files_per_s: (files > 0 && seconds > 0.0).then(|| (f64::from(files) / seconds * 10.0).round() / 10.0),
        slowest_ms: (files > 0).then_some(milliseconds(slowest)),
    }
}
