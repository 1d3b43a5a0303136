//! What packed input unpacks to, and how much it may be. A file of a few kilobytes can be made to unpack to any number of bytes, once in
//! itself or by archives in archives; a log that people hand on cannot.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use crate::bounds;

/// What one input has unpacked to so far, all that is packed in it counted together.
#[derive(Debug, Clone, Default)]
pub struct Allowance(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    packed: AtomicU64,
    unpacked: AtomicU64,
}

impl Allowance {
    /// For an input of so many bytes.
    pub fn of(packed: u64) -> Self {
        Self(Arc::new(Counts { packed: packed.into(), unpacked: 0.into() }))
    }

    /// For an input whose length shows only while it is read, as through this reader.
    pub fn counting<R: Read>(input: R) -> (Packed<R>, Self) {
        let allowance = Self::default();
        (Packed { input, allowance: allowance.clone() }, allowance)
    }

    /// What comes unpacked, until it is more than any real input unpacks to: an error then.
    pub fn metered<R: Read>(&self, unpacked: R) -> Metered<R> {
        Metered { unpacked, allowance: self.clone() }
    }

    /// What is packed with gzip, until it is more than any real input unpacks to.
    pub fn gunzip<R: Read>(&self, packed: R) -> Metered<Gunzip<R>> {
        self.metered(Gunzip::new(packed))
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        let unpacked = self.0.unpacked.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if unpacked <= bounds::unpacked(self.0.packed.load(Ordering::Relaxed)) { Ok(()) } else { Err(exceeded()) }
    }
}

fn exceeded() -> io::Error {
    let text = format!("it unpacks to more than {} times its size: unpack it and give the files", bounds::PACKED_TIMES);
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

/// Counts what is read of a packed input.
#[derive(Debug)]
pub struct Packed<R> {
    input: R,
    allowance: Allowance,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.allowance.0.packed.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

/// An unpacked input that ends with an error where it is too long.
#[derive(Debug)]
pub struct Metered<R> {
    unpacked: R,
    allowance: Allowance,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.unpacked.read(buffer)?;
        self.allowance.spend(length as u64)?;
        Ok(length)
    }
}

/// What is packed with gzip (RFC 1952), member after member. Zeros behind the last fill a block of a tape, as gzip has it.
#[derive(Debug)]
pub struct Gunzip<R> {
    place: Place<BufReader<R>>,
}

#[derive(Debug)]
enum Place<R> {
    Within(Box<GzDecoder<R>>),
    Between(R),
    End,
}

impl<R: Read> Gunzip<R> {
    /// Unpacks what comes.
    pub fn new(packed: R) -> Self {
        Self { place: Place::Within(Box::new(GzDecoder::new(BufReader::new(packed)))) }
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.place = match std::mem::replace(&mut self.place, Place::End) {
                Place::End => return Ok(0),
                Place::Within(mut member) => match member.read(buffer).map_err(|error| damaged(&error))? {
                    0 if !buffer.is_empty() => Place::Between(member.into_inner()),
                    length => {
                        self.place = Place::Within(member);
                        return Ok(length);
                    }
                },
                Place::Between(mut packed) => {
                    let rest = packed.fill_buf()?;
                    let zeros = rest.iter().take_while(|byte| **byte == 0).count();
                    match rest.get(zeros) {
                        None if rest.is_empty() => Place::End,
                        None => {
                            packed.consume(zeros);
                            Place::Between(packed)
                        }
                        Some(0x1f) => {
                            packed.consume(zeros);
                            Place::Within(Box::new(GzDecoder::new(packed)))
                        }
                        Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, BEHIND)),
                    }
                }
            }
        }
    }
}

const BEHIND: &str = "what stands behind the packed part is not packed: unpack it and give the files";

/// Why something can't be unpacked, in words that say what to do.
fn damaged(error: &io::Error) -> io::Error {
    // The decoder has these kinds for its own errors, and passes on any other of what it reads.
    let words = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends in the midst of what is packed: copy it again",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => "what is packed is damaged: copy it again",
        kind => return io::Error::new(kind, error.to_string()),
    };
    io::Error::new(error.kind(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    fn unpacked(packed: &[u8]) -> (String, Option<String>) {
        let mut text = Vec::new();
        let error = Gunzip::new(packed).read_to_end(&mut text).err();
        (String::from_utf8(text).unwrap(), error.map(|error| error.to_string()))
    }

    #[test]
    fn members_are_unpacked_one_after_the_other_and_zeros_behind_them_are_nothing() {
        let both = [gzip("a"), gzip(""), gzip("b")].concat();
        assert_eq!(unpacked(&both), ("ab".to_owned(), None));
        assert_eq!(unpacked(&[both.clone(), vec![0; 20_000]].concat()), ("ab".to_owned(), None));
        assert_eq!(unpacked(&[gzip("a"), vec![0; 512], gzip("b")].concat()), ("ab".to_owned(), None));
    }

    #[test]
    fn what_is_cut_damaged_or_followed_by_something_else_says_what_to_do() {
        let text = "x".repeat(10_000);
        let whole = gzip(&text);
        let end = whole.len();
        for (packed, says) in [
            (whole[..end - 4].to_vec(), "copy it again"),
            (whole[..end / 2].to_vec(), "it ends in the midst"),
            ([&whole[..end - 8], &[7; 8]].concat(), "damaged"),
            ([whole.as_slice(), b"2024-05-06 07:00:00,001 ERROR"].concat(), "behind the packed part"),
            (whole[..5].to_vec(), "it ends in the midst"),
        ] {
            let (read, error) = unpacked(&packed);
            assert!(text.starts_with(&read));
            assert!(error.as_ref().is_some_and(|error| error.contains(says)), "{error:?}");
        }
    }

    const FLOOR: u64 = bounds::UNPACKED_ALWAYS;

    #[test]
    fn a_small_input_may_unpack_to_much_and_a_large_one_to_so_many_times_its_size() {
        for (packed, most) in [(1_000, FLOOR), (FLOOR, FLOOR * bounds::PACKED_TIMES)] {
            let allowance = Allowance::of(packed);
            allowance.spend(most).unwrap();
            assert_eq!(allowance.spend(1).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        }
    }

    #[test]
    fn what_is_packed_in_one_input_is_counted_together_and_a_stream_as_it_comes() {
        let (mut packed, allowance) = Allowance::counting(io::repeat(1).take(100));
        io::copy(&mut packed, &mut io::sink()).unwrap();
        assert_eq!(allowance.0.packed.load(Ordering::Relaxed), 100);
        allowance.spend(FLOOR - 10).unwrap();
        let mut both = [allowance.metered(io::repeat(0)), allowance.metered(io::repeat(0))];
        let mut six = [0; 6];
        both[0].read_exact(&mut six).unwrap();
        assert!(both[1].read_exact(&mut six).is_err());
    }
}
