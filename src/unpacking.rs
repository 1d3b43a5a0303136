//! What packed input may unpack to. A file of a few kilobytes can be made to unpack to any number of bytes, once in
//! itself or by archives in archives; a log that people hand on cannot.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

#[cfg(test)]
mod tests {
    use super::*;

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
