//! The place of some bytes in a small table, by a few of them: what is looked up for every record is not hashed whole.

/// Eight bytes as a number, where they are there.
#[inline]
pub fn eight(bytes: Option<&[u8; 8]>) -> u64 {
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// One of so many places, a power of two: near numbers are put far apart (Fibonacci hashing).
#[inline]
pub fn spread<const PLACES: usize>(number: u64) -> usize {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    // The shift leaves fewer bits than any usize has.
    usize::try_from(number.wrapping_mul(SPREAD) >> (u64::BITS - PLACES.ilog2())).unwrap_or(0)
}
