//! Whole files over SFTP: written in a window of requests, read back, renamed.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use super::{Handle, Sftp, SftpError, kind, packet, receive, status, status_error};
use crate::ssh::wire::{Body, string};

/// Bytes of one read or write. Every server takes 32 KiB (draft-ietf-secsh-filexfer-02, section 3).
const PIECE: usize = 32_768;

/// How many writes may wait for their answer at a time: enough to fill a slow link, and little to hold in memory.
const WINDOW: usize = 16;

/// `SSH_FXF_READ`, `SSH_FXF_WRITE`, `SSH_FXF_CREAT`, `SSH_FXF_TRUNC` (section 6.3).
const READ: u32 = 0x01;
const WRITE: u32 = 0x02;
const CREATE: u32 = 0x08;
const TRUNCATE: u32 = 0x10;

impl<S: Read + Write> Sftp<S> {
    /// Opens a file to write, empty, whether or not there is one of that name.
    ///
    /// # Errors
    /// When the server does not make it.
    pub fn create_over(&mut self, path: &str) -> Result<Handle, SftpError> {
        self.open(path, WRITE | CREATE | TRUNCATE)
    }

    /// Opens a file to read.
    ///
    /// # Errors
    /// When there is none, or it may not be read.
    pub fn open_to_read(&mut self, path: &str) -> Result<Handle, SftpError> {
        self.open(path, READ)
    }

    /// Renames a file. By the draft (section 6.5) a file that has the new name is left alone, and OpenSSH and Dropbear
    /// hold to it; look first all the same.
    ///
    /// # Errors
    /// When the server does not rename it.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), SftpError> {
        self.order(kind::RENAME, &[string(from.as_bytes()), string(to.as_bytes())].concat())
    }

    /// Writes all that comes from the reader, from the file's beginning, and tells how many bytes that were.
    ///
    /// # Errors
    /// When the reader fails, or the server does not take a piece; the first failure counts.
    pub fn write_from(&mut self, handle: &Handle, mut content: impl Read) -> Result<u64, WriteError> {
        let mut piece = vec![0; PIECE];
        let mut offset = 0_u64;
        let mut awaited = VecDeque::with_capacity(WINDOW);
        let mut failed = None;
        while failed.is_none() {
            let length = fill(&mut content, &mut piece).map_err(WriteError::Local)?;
            if length == 0 {
                break;
            }
            let bytes = piece.get(..length).unwrap_or_default();
            awaited.push_back(self.send(kind::WRITE, &[string(&handle.0), long(offset), string(bytes)].concat())?);
            offset += length as u64;
            if awaited.len() == WINDOW {
                failed = self.next_status(&mut awaited)?;
            }
        }
        // Every answer is taken, also after a failure, so that the next request meets its own.
        while !awaited.is_empty() {
            let answered = self.next_status(&mut awaited)?;
            failed = failed.or(answered);
        }
        failed.map_or(Ok(offset), |error| Err(error.into()))
    }

    /// Reads a file from its beginning to its end, at most so many bytes, and hands each piece on.
    ///
    /// # Errors
    /// When the server does not read it, or sends more than was asked for.
    pub fn read_all(&mut self, handle: &Handle, most: u64, mut take: impl FnMut(&[u8])) -> Result<u64, SftpError> {
        const ASKED: u32 = 32_768;
        let mut offset = 0_u64;
        while offset <= most {
            let body = [string(&handle.0), long(offset), ASKED.to_be_bytes().to_vec()].concat();
            match self.ask(kind::READ, &body, kind::DATA) {
                Err(SftpError::Status { code: status::EOF, .. }) => break,
                Err(error) => return Err(error),
                Ok(answer) => {
                    let piece = Body(&answer).string().ok_or(SftpError::Garbled("a cut piece of a file"))?;
                    if piece.is_empty() || piece.len() > ASKED as usize {
                        return Err(SftpError::Garbled("a piece of a file of another length than asked for"));
                    }
                    take(piece);
                    offset += piece.len() as u64;
                }
            }
        }
        Ok(offset)
    }

    fn send(&mut self, request: u8, body: &[u8]) -> Result<u32, SftpError> {
        self.last = self.last.wrapping_add(1);
        self.stream.write_all(&packet(request, &[&self.last.to_be_bytes(), body].concat()))?;
        Ok(self.last)
    }

    /// The status of the oldest request that waits for one; `None` where all is well.
    fn next_status(&mut self, awaited: &mut VecDeque<u32>) -> Result<Option<SftpError>, SftpError> {
        let (answer, payload) = receive(&mut self.stream)?;
        let mut body = Body(&payload);
        let id = body.number();
        // The draft lets a server answer in another order (section 3).
        let place = awaited.iter().position(|awaited| Some(*awaited) == id);
        match place.and_then(|place| awaited.remove(place)) {
            Some(_) if answer == kind::STATUS => match status_error(&mut body)? {
                SftpError::Status { code: status::OK, .. } => Ok(None),
                error => Ok(Some(error)),
            },
            _ => Err(SftpError::Garbled("an answer to another request")),
        }
    }
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// What should be written could not be read here.
    #[error("{0}")]
    Local(io::Error),
    /// The server's side.
    #[error(transparent)]
    Sftp(#[from] SftpError),
}

fn long(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// Reads until the piece is full or the content ends.
fn fill(content: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match content.read(piece.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{hello, start, status_of};
    use super::*;

    fn handle(id: u32) -> Vec<u8> {
        packet(kind::HANDLE, &[id.to_be_bytes().to_vec(), string(b"h")].concat())
    }

    #[test]
    fn a_file_of_many_pieces_is_written_in_windows_whatever_the_order_of_the_answers() {
        let content = vec![7; PIECE * 20 + 5];
        let mut answers = [hello(), handle(1)].concat();
        let mut ids: Vec<u32> = (2..=22).collect();
        ids.swap(0, 3);
        answers.extend(ids.iter().flat_map(|id| status_of(*id, status::OK, b"")));
        let mut sftp = start(answers).unwrap();
        let handle = sftp.create_over("x").unwrap();
        assert_eq!(sftp.write_from(&handle, &content[..]).unwrap(), content.len() as u64);
    }

    #[test]
    fn a_refused_piece_is_the_failure_and_the_next_request_meets_its_own_answer() {
        let answers = [
            hello(),
            handle(1),
            status_of(2, status::OK, b""),
            status_of(3, 4, b"disk full"),
            status_of(4, status::OK, b""),
            status_of(5, status::OK, b""),
        ];
        let mut sftp = start(answers.concat()).unwrap();
        let handle = sftp.create_over("x").unwrap();
        let error = sftp.write_from(&handle, &vec![1; PIECE * 3][..]).unwrap_err();
        assert!(error.to_string().contains("disk full"), "{error}");
        sftp.close(&handle).unwrap();
    }

    #[test]
    fn a_file_is_read_to_its_end() {
        let data = |id: u32, bytes: &[u8]| packet(kind::DATA, &[id.to_be_bytes().to_vec(), string(bytes)].concat());
        let answers = [hello(), handle(1), data(2, b"one "), data(3, b"two"), status_of(4, status::EOF, b"")].concat();
        let mut sftp = start(answers).unwrap();
        let handle = sftp.open_to_read("x").unwrap();
        let mut read: Vec<u8> = Vec::new();
        assert_eq!(sftp.read_all(&handle, 1_000, |piece| read.extend(piece)).unwrap(), 7);
        assert_eq!(read, b"one two");
    }

    #[test]
    fn a_file_without_end_is_left_at_the_bound() {
        let data = |id: u32| packet(kind::DATA, &[id.to_be_bytes().to_vec(), string(b"again")].concat());
        let answers = [hello(), handle(1)].concat().into_iter().chain((2..100).flat_map(data)).collect();
        let mut sftp = start(answers).unwrap();
        let handle = sftp.open_to_read("x").unwrap();
        assert_eq!(sftp.read_all(&handle, 12, |_| ()).unwrap(), 15, "more than the bound tells that it is longer");
    }
}
