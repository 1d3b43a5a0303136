//! Opening a trace: unpacked, and decoded where it is in UTF-16.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::PoisonError;

use encoding_rs::Encoding;
use zip::ZipArchive;

use super::copied::Copied;
use super::extent::Extent;
use super::{Place, Source};
use crate::text;
use crate::unpacking::Allowance;

/// What lies around the records' own lines, as the beginning shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers {
    /// Packed with gzip.
    pub is_packed: bool,
    /// UTF-16. All else stays as it is, since a trace may hold Latin-1.
    pub encoding: Option<&'static Encoding>,
    /// Broken or exported lines.
    pub copied: Copied,
}

impl Layers {
    /// The records' own lines.
    fn off(self, bytes: Box<dyn Read + Send>, allowance: &Allowance) -> Box<dyn Read + Send> {
        let unpacked: Box<dyn Read + Send> = if self.is_packed { Box::new(allowance.gunzip(bytes)) } else { bytes };
        let decoded = match self.encoding {
            Some(encoding) => text::reader(encoding, unpacked),
            None => unpacked,
        };
        if self.copied.is_as_it_is() { decoded } else { self.copied.restored(decoded) }
    }
}

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
            Place::File(path) if self.layers == Layers::default() => Opened::File(File::open(path)?),
            _ => Opened::Stream(self.layers.off(self.packed()?, &self.allowance)),
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
