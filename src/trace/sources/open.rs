//! Opening a trace: unpacked, and decoded where it is in UTF-16.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::PoisonError;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::copied::Copied;
use super::extent::Extent;
use super::format::GZIP;
use super::{HEAD, Place, Source};
use crate::text;

/// How much tells whether a text is in UTF-16.
const GLANCE: u64 = 4096;

/// A trace's bytes, unpacked.
pub enum Opened {
    /// They stand in a file as they are.
    File(File),
    /// They come one after the other.
    Stream(Box<dyn Read + Send>),
}

impl Source {
    /// Opens the trace for reading.
    ///
    /// # Errors
    /// When the file can't be opened any more.
    pub fn open(&self) -> io::Result<Opened> {
        Ok(match &self.place {
            Place::File(path) => Opened::File(File::open(path)?),
            _ => Opened::Stream(restored(decoded(self.unpacked()?)?)?),
        })
    }

    /// The bytes as they stand there.
    pub(super) fn packed(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &self.place {
            Place::File(path) => Box::new(File::open(path)?),
            Place::Extent(extent) => Box::new(extent.open()?),
            Place::ZipEntry { archive, index } => Box::new(self.allowance.metered(open_zip_entry(archive, *index)?)),
            Place::Stream(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                let head = std::mem::take(&mut stream.head);
                let rest = std::mem::replace(&mut stream.rest, Box::new(io::empty()));
                Box::new(Cursor::new(head).chain(rest))
            }
        })
    }

    /// The same, unpacked where it is packed with gzip.
    fn unpacked(&self) -> io::Result<Box<dyn Read + Send>> {
        let (magic, whole) = glance(self.packed()?, GZIP.len() as u64)?;
        Ok(if magic == GZIP { Box::new(self.allowance.metered(MultiGzDecoder::new(whole))) } else { whole })
    }
}

/// Text in UTF-16 becomes UTF-8. All else stays as it is, since a trace may hold Latin-1.
fn decoded(reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let (head, whole) = glance(reader, GLANCE)?;
    Ok(match text::utf_16(&head) {
        Some(encoding) => text::reader(encoding, whole),
        None => whole,
    })
}

/// Broken or exported lines become the records' own.
fn restored(reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let (head, whole) = glance(reader, HEAD as u64)?;
    let copied = Copied::of(&head);
    Ok(if copied.is_as_it_is() { whole } else { copied.restored(whole) })
}

/// The first bytes, and a reader that gives them once more. Bytes that can't be read come as the reader's error later.
fn glance(mut reader: Box<dyn Read + Send>, count: u64) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::new();
    match (&mut reader).take(count).read_to_end(&mut head) {
        Ok(_) => Ok((head.clone(), Box::new(Cursor::new(head).chain(reader)))),
        Err(error) if head.is_empty() => Err(error),
        Err(error) => Ok((head.clone(), Box::new(Cursor::new(head).chain(Broken(Some(error)))))),
    }
}

/// Gives an error once.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A reader of one entry that owns the archive. The zip crate's readers borrow it, so the entry is unpacked on a
/// thread of its own that feeds this one through a pipe of bounded depth.
fn open_zip_entry(archive: &Extent, index: usize) -> io::Result<ChunkReader> {
    let mut archive = ZipArchive::new(archive.open()?)?;
    let (sender, receiver) = std::sync::mpsc::sync_channel(2);
    std::thread::spawn(move || {
        let fed = archive.by_index(index).map_err(io::Error::from).and_then(|mut entry| {
            loop {
                let mut chunk = Vec::new();
                // Nobody listens any more once the receiver is gone.
                if (&mut entry).take(256 * 1024).read_to_end(&mut chunk)? == 0 || sender.send(Ok(chunk)).is_err() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = fed {
            let _ = sender.send(Err(error));
        }
    });
    Ok(ChunkReader { receiver, chunk: Cursor::default() })
}

/// Reads what another thread sends.
struct ChunkReader {
    receiver: std::sync::mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: Cursor<Vec<u8>>,
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.chunk.read(buffer)? {
                0 => match self.receiver.recv() {
                    Ok(chunk) => self.chunk = Cursor::new(chunk?),
                    Err(_) => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}
