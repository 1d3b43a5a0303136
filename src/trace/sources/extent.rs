//! A run of bytes that can be read from any place, as often as wanted: a file, a part of one, or what was unpacked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::trace::input::read_at;

/// Which bytes of which file.
#[derive(Debug, Clone)]
pub struct Extent {
    holder: Holder,
    from: u64,
    /// How many bytes there are.
    pub length: u64,
}

#[derive(Debug, Clone)]
enum Holder {
    /// Opened each time: a folder may hold more traces than files may be open.
    Path(PathBuf),
    /// A file without a name, which is gone with the last who reads it.
    Unpacked(Arc<File>),
}

impl Extent {
    /// A whole file.
    pub fn file(path: &Path, length: u64) -> Self {
        Self { holder: Holder::Path(path.to_owned()), from: 0, length }
    }

    /// What a reader gives, kept on disk. `None` where that is more than `most` bytes.
    ///
    /// # Errors
    /// When it can't be read, or the disk does not take it.
    pub fn unpack(reader: &mut dyn Read, most: u64) -> io::Result<Option<Self>> {
        let mut file = tempfile::tempfile()?;
        let length = io::copy(&mut reader.take(most.saturating_add(1)), &mut file)?;
        Ok((length <= most).then(|| Self { holder: Holder::Unpacked(Arc::new(file)), from: 0, length }))
    }

    /// A part of it, no longer than the rest.
    pub fn part(&self, from: u64, length: u64) -> Self {
        let rest = self.length.saturating_sub(from);
        Self { holder: self.holder.clone(), from: self.from.saturating_add(from), length: length.min(rest) }
    }

    /// Begins to read it.
    ///
    /// # Errors
    /// When the file can't be opened any more.
    pub fn open(&self) -> io::Result<ExtentReader> {
        let file = match &self.holder {
            Holder::Path(path) => Arc::new(File::open(path)?),
            Holder::Unpacked(file) => Arc::clone(file),
        };
        Ok(ExtentReader { file, from: self.from, length: self.length, at: 0 })
    }
}

/// Reads an extent, whoever else reads its file.
#[derive(Debug)]
pub struct ExtentReader {
    file: Arc<File>,
    from: u64,
    length: u64,
    /// How far, from the extent's beginning.
    at: u64,
}

impl Read for ExtentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = buffer.len().min(rest);
        let read = read_at(&self.file, &mut buffer[..most], self.from + self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for ExtentReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_and_sought_within_its_borders() {
        let whole = Extent::unpack(&mut b"0123456789".as_slice(), 10).unwrap().unwrap();
        let mut reader = whole.part(2, 5).open().unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "23456");
        assert_eq!(reader.seek(SeekFrom::End(-2)).unwrap(), 3);
        text.clear();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "56");
        assert!(reader.seek(SeekFrom::Current(-9)).is_err());
        assert_eq!(whole.part(8, 100).length, 2);
    }

    #[test]
    fn more_than_the_bound_is_not_unpacked() {
        assert!(Extent::unpack(&mut io::repeat(0), 1 << 16).unwrap().is_none());
    }
}
