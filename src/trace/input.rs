//! The bytes of one source, read one after the other or, in a plain file, wherever somebody needs them.
//!
//! Of a plain file only the few bytes are read in turn that tell where the next block begins; the block's own are read
//! by the thread that takes it.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::sources::Opened;
use crate::log4j::records;

/// How much is read at once. Small enough to stay in a core's own cache until it is parsed.
pub const READ: usize = 256 * 1024;

/// In so many bytes a record nearly always begins.
const LOOKAHEAD: usize = 8 * 1024;

/// Bytes that come and go without being allocated, or set to zero, each time anew.
#[derive(Debug, Default)]
pub struct Buffer {
    space: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.space[..self.length]
    }

    /// Forgets what stands behind so many bytes.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Adds bytes.
    pub fn append(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.space[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Reads until so many bytes came, or no more do.
    pub fn read(&mut self, reader: &mut dyn Read, count: usize) -> (usize, io::Result<()>) {
        self.reserve(count);
        let mut rest = &mut self.space[self.length..self.length + count];
        while !rest.is_empty() {
            match reader.read(rest) {
                Ok(0) => break,
                Ok(count) => rest = &mut rest[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let read = count - rest.len();
                    self.length += read;
                    return (read, Err(error));
                }
            }
        }
        let read = count - rest.len();
        self.length += read;
        (read, Ok(()))
    }

    fn reserve(&mut self, count: usize) {
        if self.space.len() < self.length + count {
            self.space.resize(self.length + count, 0);
        }
    }
}

/// Bytes of a file that are still to be read.
#[derive(Debug)]
pub struct UnreadBytes {
    file: Arc<File>,
    from: u64,
    length: usize,
}

impl UnreadBytes {
    /// How many.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Reads them.
    ///
    /// # Errors
    /// Where they can't be read. The buffer then holds those before the fault.
    pub fn read(&self, buffer: &mut Buffer) -> io::Result<()> {
        buffer.truncate(0);
        let (read, result) = buffer.read(&mut ReadAt { file: &self.file, at: self.from }, self.length);
        result.and_then(|()| if read < self.length { Err(shortened()) } else { Ok(()) })
    }
}

/// A source's bytes.
pub enum Input {
    /// Can be read from anywhere, at once by several threads.
    File {
        file: Arc<File>,
        /// How far it was read, or left to others.
        at: u64,
        /// How long it was when it was opened.
        length: u64,
    },
    /// Gives its bytes once; those that were not yet handed out are kept, from the last record start on.
    Stream {
        /// What gives them.
        reader: Box<dyn Read + Send>,
        /// Those kept.
        carry: Buffer,
    },
}

impl Input {
    /// Begins to read.
    ///
    /// # Errors
    /// When the file does not tell its length.
    pub fn new(opened: Opened) -> io::Result<Self> {
        Ok(match opened {
            Opened::File(file) => Self::File { length: file.metadata()?.len(), file: Arc::new(file), at: 0 },
            Opened::Stream(reader) => Self::Stream { reader, carry: Buffer::default() },
        })
    }

    /// Takes what was read, but not handed out.
    pub fn begin(&mut self, buffer: &mut Buffer) {
        buffer.truncate(0);
        if let Self::Stream { carry, .. } = self {
            std::mem::swap(carry, buffer);
        }
    }

    /// Reads until so many more bytes came, or no more do.
    pub fn read(&mut self, buffer: &mut Buffer, count: usize) -> (usize, io::Result<()>) {
        match self {
            Self::File { file, at, length } => {
                let (read, result) = buffer.read(&mut ReadAt { file, at: *at }, count);
                *at += read as u64;
                let is_short = read < count && *at < *length;
                (read, result.and_then(|()| if is_short { Err(shortened()) } else { Ok(()) }))
            }
            Self::Stream { reader, .. } => buffer.read(reader, count),
        }
    }

    /// Leaves the next block to whoever takes it, where a look ahead shows where it ends.
    pub fn leave_next(&mut self, lookahead: &mut Buffer) -> Option<UnreadBytes> {
        let Self::File { file, at, length } = self else { return None };
        let (from, behind) = (*at, *at + READ as u64);
        if behind + LOOKAHEAD as u64 >= *length {
            return None;
        }
        lookahead.truncate(0);
        lookahead.read(&mut ReadAt { file, at: behind }, LOOKAHEAD).1.ok()?;
        let cut = first_record_start(lookahead.bytes())?;
        *at = behind + cut as u64;
        Some(UnreadBytes { file: Arc::clone(file), from, length: READ + cut })
    }
}

/// It had more bytes when it was opened.
fn shortened() -> io::Error {
    io::Error::other("the file became shorter while it was read")
}

/// Reads a file from a place on, whoever else reads it.
struct ReadAt<'f> {
    file: &'f File,
    at: u64,
}

impl Read for ReadAt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Reads from a place in a file on, whoever else reads it.
///
/// # Errors
/// When it can't be read.
pub fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    #[cfg(unix)]
    let read = std::os::unix::fs::FileExt::read_at(file, buffer, at)?;
    #[cfg(windows)]
    let read = std::os::windows::fs::FileExt::seek_read(file, buffer, at)?;
    Ok(read)
}

/// The first line that starts a record, the beginning apart, which may be no line's.
fn first_record_start(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).map(|end| end + 1).find(|start| records::starts_record(&bytes[*start..]))
}
