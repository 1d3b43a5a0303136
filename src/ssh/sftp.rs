//! SFTP version 3 (draft-ietf-secsh-filexfer-02), as much of it as one delivery needs, over any stream.
//!
//! libssh2 has SFTP, too. It drops the server's own words about a failure, loses the status of a failed write,
//! cannot ask for free space by path, and waits until its time-out where the server's program has ended.

mod transfer;

use std::io::{self, Read, Write};

use super::visible;
use super::wire::{Body, string};
pub use transfer::WriteError;

/// The version that JSch and OpenSSH speak.
const VERSION: u32 = 3;

/// The longest answer that is read. Ours are a name or an attribute long; OpenSSH's own limit is 256 KiB.
const MAX_PACKET: u32 = 65_536;

/// The longest handle (section 6.3). Each request for the file repeats it.
const MAX_HANDLE: usize = 256;

/// OpenSSH's extension that tells a volume's free space (`PROTOCOL` in its sources, section 4.4).
const STATVFS: &str = "statvfs@openssh.com";

mod kind {
    pub(super) const INIT: u8 = 1;
    pub(super) const VERSION: u8 = 2;
    pub(super) const OPEN: u8 = 3;
    pub(super) const CLOSE: u8 = 4;
    pub(super) const READ: u8 = 5;
    pub(super) const WRITE: u8 = 6;
    pub(super) const REMOVE: u8 = 13;
    pub(super) const REALPATH: u8 = 16;
    pub(super) const STAT: u8 = 17;
    pub(super) const RENAME: u8 = 18;
    pub(super) const STATUS: u8 = 101;
    pub(super) const HANDLE: u8 = 102;
    pub(super) const DATA: u8 = 103;
    pub(super) const NAME: u8 = 104;
    pub(super) const ATTRS: u8 = 105;
    pub(super) const EXTENDED: u8 = 200;
    pub(super) const EXTENDED_REPLY: u8 = 201;
}

/// Status codes (section 7) that decide something here; the others are looked up in a table.
pub mod status {
    /// All is well.
    pub const OK: u32 = 0;
    /// The file ends here.
    pub const EOF: u32 = 1;
    /// There is no such file.
    pub const NO_SUCH_FILE: u32 = 2;
    /// Something went wrong, and the server does not say what. OpenSSH says so of a full disk.
    pub const FAILURE: u32 = 4;
    /// The server does not know the request.
    pub const UNSUPPORTED: u32 = 8;
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SftpError {
    /// The stream broke.
    #[error("{0}")]
    Stream(#[from] io::Error),
    /// The stream ended where an answer was due.
    #[error("the server closed the SFTP channel")]
    Closed,
    /// What came is no SFTP.
    #[error("what the server sent is not SFTP: \"{}\"", .0.escape_ascii())]
    Polluted(Vec<u8>),
    /// An answer that fits no question.
    #[error("the server's answer makes no sense: {0}")]
    Garbled(&'static str),
    /// The server says no.
    #[error("{text} (SFTP status {code})")]
    Status {
        /// The code (section 7).
        code: u32,
        /// The server's words.
        text: String,
    },
}

impl SftpError {
    /// The server's status code, where it is an answer of the server's.
    pub fn status(&self) -> Option<u32> {
        if let Self::Status { code, .. } = self { Some(*code) } else { None }
    }
}

/// What the server tells of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its mode as in POSIX, type included.
    pub mode: Option<u32>,
}

impl Attributes {
    /// Whether it is a directory; unknown where the server does not tell the mode.
    pub fn is_directory(&self) -> Option<bool> {
        self.mode.map(|mode| mode & 0o170_000 == 0o040_000)
    }
}

/// A volume's space, in bytes and in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Its size.
    pub total: u64,
    /// What is free for this account.
    pub available: u64,
    /// How many files it can hold; 0 where the file system has no such limit.
    pub files: u64,
    /// How many more files this account can make.
    pub files_available: u64,
}

/// An open file's name on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle(Vec<u8>);

/// A conversation in SFTP. Nothing is flushed: libssh2 sends at once, and its flush throws away what came in.
#[derive(Debug)]
pub struct Sftp<S> {
    stream: S,
    extensions: Vec<String>,
    last: u32,
}

impl<S: Read + Write> Sftp<S> {
    /// Agrees on the version.
    ///
    /// # Errors
    /// When the other side speaks no SFTP, or hangs up.
    pub fn start(mut stream: S) -> Result<Self, (SftpError, S)> {
        let hello = packet(kind::INIT, &VERSION.to_be_bytes());
        let begun = stream.write_all(&hello).map_err(SftpError::from);
        match begun.and_then(|()| version(&mut stream)) {
            Ok(extensions) => Ok(Self { stream, extensions, last: 0 }),
            Err(error) => Err((error, stream)),
        }
    }

    /// The stream below.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// A path as the server sees it, from its root.
    ///
    /// # Errors
    /// When the server does not resolve it.
    pub fn real_path(&mut self, path: &str) -> Result<String, SftpError> {
        let answer = self.ask(kind::REALPATH, &string(path.as_bytes()), kind::NAME)?;
        let mut body = Body(&answer);
        match body.number() {
            Some(count) if count > 0 => body.string().map(visible).ok_or(SftpError::Garbled("a cut name")),
            _ => Err(SftpError::Garbled("no name")),
        }
    }

    /// What the server tells of a file; links are followed.
    ///
    /// # Errors
    /// When there is none, or it may not be seen.
    pub fn stat(&mut self, path: &str) -> Result<Attributes, SftpError> {
        let answer = self.ask(kind::STAT, &string(path.as_bytes()), kind::ATTRS)?;
        attributes(&mut Body(&answer)).ok_or(SftpError::Garbled("cut attributes"))
    }

    /// Makes a file and opens it to write. A file of that name that is there already is left alone.
    ///
    /// # Errors
    /// When the server does not make it.
    pub fn create(&mut self, path: &str) -> Result<Handle, SftpError> {
        // SSH_FXF_WRITE, SSH_FXF_CREAT, SSH_FXF_EXCL; and no attributes, as JSch sends them.
        const FLAGS: u32 = 0x02 | 0x08 | 0x20;
        self.open(path, FLAGS)
    }

    fn open(&mut self, path: &str, flags: u32) -> Result<Handle, SftpError> {
        let body = [string(path.as_bytes()), flags.to_be_bytes().to_vec(), 0_u32.to_be_bytes().to_vec()].concat();
        let answer = self.ask(kind::OPEN, &body, kind::HANDLE)?;
        let handle = Body(&answer).string().ok_or(SftpError::Garbled("a cut handle"))?;
        if handle.len() > MAX_HANDLE {
            return Err(SftpError::Garbled("a handle longer than any is"));
        }
        Ok(Handle(handle.to_vec()))
    }

    /// Writes at the beginning of a file.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn write(&mut self, handle: &Handle, content: &[u8]) -> Result<(), SftpError> {
        let body = [string(&handle.0), 0_u64.to_be_bytes().to_vec(), string(content)].concat();
        self.order(kind::WRITE, &body)
    }

    /// Closes a file. Some servers tell only now that the disk is full.
    ///
    /// # Errors
    /// When the server says so.
    pub fn close(&mut self, handle: &Handle) -> Result<(), SftpError> {
        self.order(kind::CLOSE, &string(&handle.0))
    }

    /// Removes a file.
    ///
    /// # Errors
    /// When the server does not.
    pub fn remove(&mut self, path: &str) -> Result<(), SftpError> {
        self.order(kind::REMOVE, &string(path.as_bytes()))
    }

    /// Whether the server says that it can tell a volume's space.
    pub fn tells_space(&self) -> bool {
        self.extensions.iter().any(|extension| extension == STATVFS)
    }

    /// The space on a path's volume.
    ///
    /// # Errors
    /// When the server does not tell.
    pub fn space(&mut self, path: &str) -> Result<Space, SftpError> {
        if !self.tells_space() {
            let text = format!("the server does not know {STATVFS}");
            return Err(SftpError::Status { code: status::UNSUPPORTED, text });
        }
        let body = [string(STATVFS.as_bytes()), string(path.as_bytes())].concat();
        let answer = self.ask(kind::EXTENDED, &body, kind::EXTENDED_REPLY)?;
        space(&mut Body(&answer)).ok_or(SftpError::Garbled("a cut statvfs"))
    }

    /// A request that is answered by a status alone.
    fn order(&mut self, request: u8, body: &[u8]) -> Result<(), SftpError> {
        match self.ask(request, body, kind::STATUS) {
            Err(SftpError::Status { code: status::OK, .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(SftpError::Garbled("an answer of another kind")),
        }
    }

    /// A request and the body of its answer. A status is an error, whatever it says.
    fn ask(&mut self, request: u8, body: &[u8], expected: u8) -> Result<Vec<u8>, SftpError> {
        self.last = self.last.wrapping_add(1);
        let id = self.last;
        self.stream.write_all(&packet(request, &[&id.to_be_bytes(), body].concat()))?;
        let (answer, payload) = receive(&mut self.stream)?;
        let mut body = Body(&payload);
        if body.number() != Some(id) {
            return Err(SftpError::Garbled("an answer to another request"));
        }
        match answer {
            kind::STATUS => Err(status_error(&mut body)?),
            answer if answer == expected => Ok(body.0.to_vec()),
            _ => Err(SftpError::Garbled("an answer of another kind")),
        }
    }
}

/// A status as the error that it is, unless its code says that all is well.
fn status_error(body: &mut Body<'_>) -> Result<SftpError, SftpError> {
    let code = body.number().ok_or(SftpError::Garbled("a cut status"))?;
    Ok(SftpError::Status { code, text: body.string().map(visible).unwrap_or_default() })
}

/// The server's version and the names of its extensions.
fn version(stream: &mut impl Read) -> Result<Vec<String>, SftpError> {
    let mut head = [0; 5];
    let mut filled = 0;
    while filled < head.len() {
        match stream.read(head.get_mut(filled..).unwrap_or_default())? {
            0 if filled == 0 => return Err(SftpError::Closed),
            0 => break,
            length => filled += length,
        }
    }
    let [length @ .., answer] = head;
    let length = u32::from_be_bytes(length);
    if filled < head.len() || answer != kind::VERSION || !(5..=MAX_PACKET).contains(&length) {
        return Err(polluted(head.get(..filled).unwrap_or_default(), stream));
    }
    let body = read_exactly(stream, length - 1)?;
    let mut body = Body(&body);
    if body.number().is_none_or(|version| version < VERSION) {
        return Err(SftpError::Garbled("a version before 3"));
    }
    let mut extensions = Vec::new();
    while let (Some(name), Some(_)) = (body.string(), body.string()) {
        extensions.push(visible(name));
    }
    Ok(extensions)
}

/// What stands in SFTP's place: the line that a shell printed, as far as it comes.
fn polluted(seen: &[u8], stream: &mut impl Read) -> SftpError {
    const KEPT: usize = 200;
    let mut seen = seen.to_vec();
    let mut piece = [0; KEPT];
    while seen.len() < KEPT && !seen.contains(&b'\n') {
        match stream.read(&mut piece) {
            Ok(length @ 1..) => seen.extend(piece.get(..length).unwrap_or_default()),
            _ => break,
        }
    }
    seen.truncate(KEPT);
    SftpError::Polluted(seen.trim_ascii_end().to_vec())
}

/// One packet's type and its body.
fn receive(stream: &mut impl Read) -> Result<(u8, Vec<u8>), SftpError> {
    let head = read_exactly(stream, 4)?;
    let length = Body(&head).number().unwrap_or_default();
    if !(5..=MAX_PACKET).contains(&length) {
        return Err(SftpError::Garbled("a packet of a length that none has"));
    }
    let mut payload = read_exactly(stream, length)?;
    let body = payload.split_off(1);
    Ok((payload.first().copied().unwrap_or_default(), body))
}

fn read_exactly(stream: &mut impl Read, length: u32) -> Result<Vec<u8>, SftpError> {
    let mut bytes = Vec::new();
    stream.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == u64::from(length) { Ok(bytes) } else { Err(SftpError::Closed) }
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 1).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &[kind], body].concat()
}

/// Attributes (section 5): flags, then what they announce.
fn attributes(body: &mut Body<'_>) -> Option<Attributes> {
    const SIZE: u32 = 1;
    const OWNER: u32 = 2;
    const MODE: u32 = 4;
    let flags = body.number()?;
    let has = |flag| flags & flag != 0;
    let size = if has(SIZE) { Some(body.long()?) } else { None };
    if has(OWNER) {
        body.long()?;
    }
    let mode = if has(MODE) { Some(body.number()?) } else { None };
    Some(Attributes { size, mode })
}

/// The fields of statvfs(3) in their order; sizes count in fragments.
fn space(body: &mut Body<'_>) -> Option<Space> {
    let _block = body.long()?;
    let fragment = body.long()?;
    let (blocks, _free, available) = (body.long()?, body.long()?, body.long()?);
    let (files, _files_free, files_available) = (body.long()?, body.long()?, body.long()?);
    Some(Space {
        total: blocks.saturating_mul(fragment),
        available: available.saturating_mul(fragment),
        files,
        files_available,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A server whose answers are all there beforehand; what it is sent is kept.
    #[derive(Debug)]
    pub(super) struct Scripted {
        answers: Cursor<Vec<u8>>,
        sent: Vec<u8>,
    }

    impl Read for Scripted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            // In small pieces, as a network may have it.
            let length = buffer.len().min(3);
            self.answers.read(&mut buffer[..length])
        }
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.sent.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(super) fn hello() -> Vec<u8> {
        packet(kind::VERSION, &[3_u32.to_be_bytes().to_vec(), string(STATVFS.as_bytes()), string(b"2")].concat())
    }

    pub(super) fn status_of(id: u32, code: u32, text: &[u8]) -> Vec<u8> {
        let body = [id.to_be_bytes().to_vec(), code.to_be_bytes().to_vec(), string(text), string(b"")].concat();
        packet(kind::STATUS, &body)
    }

    pub(super) fn start(answers: Vec<u8>) -> Result<Sftp<Scripted>, SftpError> {
        Sftp::start(Scripted { answers: Cursor::new(answers), sent: vec![] }).map_err(|(error, _)| error)
    }

    #[test]
    fn a_file_is_made_written_closed_and_removed() {
        let handle = packet(kind::HANDLE, &[1_u32.to_be_bytes().to_vec(), string(b"h")].concat());
        let rest = (2..=4).flat_map(|id| status_of(id, status::OK, b"Success"));
        let answers = hello().into_iter().chain(handle).chain(rest).collect();
        let mut sftp = start(answers).unwrap();
        assert!(sftp.tells_space());
        let handle = sftp.create("dir/x").unwrap();
        sftp.write(&handle, b"text").unwrap();
        sftp.close(&handle).unwrap();
        sftp.remove("dir/x").unwrap();
        let sent = visible(&sftp.stream().sent);
        assert!(sent.contains("dir/x") && sent.contains("text"), "{sent:?}");
        assert!(matches!(sftp.remove("x"), Err(SftpError::Closed)), "nothing more comes");
    }

    #[test]
    fn the_servers_words_and_code_are_kept() {
        let mut sftp = start([hello(), status_of(1, 3, b"Permission denied")].concat()).unwrap();
        let error = sftp.create("x").unwrap_err();
        assert_eq!(error.status(), Some(3));
        assert_eq!(error.to_string(), "Permission denied (SFTP status 3)");
    }

    #[test]
    fn what_a_shell_prints_is_shown() {
        let error = start(b"This account is currently not available.\n".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "what the server sent is not SFTP: \"This account is currently not available.\"");
        assert!(matches!(start(b"Hi".to_vec()), Err(SftpError::Polluted(seen)) if seen == b"Hi"));
        assert!(matches!(start(vec![]), Err(SftpError::Closed)));
    }

    #[test]
    fn a_volumes_space_is_in_bytes() {
        let numbers =
            [512_u64, 4_096, 1_000, 20, 10, 0, 0, 0, 0, 0, 255].iter().flat_map(|number| number.to_be_bytes());
        let reply = packet(kind::EXTENDED_REPLY, &1_u32.to_be_bytes().into_iter().chain(numbers).collect::<Vec<_>>());
        let space = start([hello(), reply].concat()).unwrap().space(".").unwrap();
        assert_eq!((space.total, space.available, space.files), (4_096_000, 40_960, 0));
    }

    #[test]
    fn a_server_without_the_extension_is_not_asked() {
        let mut sftp = start(packet(kind::VERSION, &3_u32.to_be_bytes())).unwrap();
        assert_eq!(sftp.space(".").unwrap_err().status(), Some(status::UNSUPPORTED));
        assert_eq!(sftp.stream().sent.len(), 9);
    }

    #[test]
    fn a_directory_is_told_by_its_mode() {
        let attrs = |mode: u32| {
            let body = [1_u32.to_be_bytes().to_vec(), 4_u32.to_be_bytes().to_vec(), mode.to_be_bytes().to_vec()];
            start([hello(), packet(kind::ATTRS, &body.concat())].concat()).unwrap().stat("d").unwrap()
        };
        assert_eq!(attrs(0o040_755).is_directory(), Some(true));
        assert_eq!(attrs(0o100_644).is_directory(), Some(false));
        assert_eq!(Attributes::default().is_directory(), None);
    }

    #[test]
    fn four_gigabytes_are_refused_before_they_come() {
        let mut sftp = start([hello(), vec![0xff; 64]].concat()).unwrap();
        assert!(matches!(sftp.stat("x"), Err(SftpError::Garbled(_))));
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes: Vec<u8>) {
            let _ = start(bytes.clone());
            let mut sftp = start([hello(), bytes].concat()).unwrap();
            let _ = sftp.real_path("x");
            let _ = sftp.stat("x");
            let _ = sftp.space("x");
            let _ = sftp.create("x");
        }
    }
}
