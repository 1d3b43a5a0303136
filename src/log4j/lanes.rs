//! Sixteen bytes compared at once: where the lines of a block end, and where a byte first stands behind a place.

use wide::u8x16;

/// Bytes compared at once.
const LANES: usize = 16;

/// Bytes whose matches fit one word.
const CHUNK: usize = 64;

/// Line ends are found for so many bytes before the first of them is told, so that the processor can look ahead from
/// line to line instead of waiting for where the next begins.
const BATCH: usize = 2048;

/// Tells where each line feed stands, in order.
#[inline]
pub fn for_each_line_end(bytes: &[u8], mut tell: impl FnMut(usize)) {
    // Two more than can be, since two are written at a time.
    let mut ends = [0u32; BATCH + 2];
    let mut start = 0;
    let mut batches = bytes.chunks_exact(BATCH);
    for batch in &mut batches {
        let count = line_ends(batch, &mut ends);
        for end in &ends[..count] {
            tell(start + *end as usize);
        }
        start += BATCH;
    }
    for end in memchr::memchr_iter(b'\n', batches.remainder()) {
        tell(start + end);
    }
}

/// Writes where the line feeds of a batch stand, and gives their number.
#[inline]
fn line_ends(batch: &[u8], ends: &mut [u32; BATCH + 2]) -> usize {
    let mut count = 0;
    for (base, chunk) in (0..).step_by(CHUNK).zip(batch.as_chunks::<CHUNK>().0) {
        // Lines are longer than 32 bytes as a rule, so that two are written without asking whether they are there.
        let first = equal(chunk, b'\n');
        let second = first & first.wrapping_sub(1);
        let mut others = second & second.wrapping_sub(1);
        if let Some([a, b]) = ends.get_mut(count..).and_then(<[u32]>::first_chunk_mut) {
            *a = base + first.trailing_zeros();
            *b = base + second.trailing_zeros();
        }
        count += usize::from(first != 0) + usize::from(second != 0);
        while others != 0 {
            if let Some(end) = ends.get_mut(count) {
                *end = base + others.trailing_zeros();
            }
            count += 1;
            others &= others - 1;
        }
    }
    count
}

/// Where `byte` first stands from `from` on. Quick where it is one of the next `NEAR` bytes, and they are there.
#[inline]
pub fn find<const NEAR: usize>(bytes: &[u8], from: usize, byte: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let near = rest.first_chunk::<NEAR>().map_or(0, |near| equal(near, byte));
    let at = if near != 0 { near.trailing_zeros() as usize } else { memchr::memchr(byte, rest)? };
    Some(from + at)
}

/// Whether one of these pairs of bytes stands in the first 33 bytes. Yes also where there are fewer.
#[inline]
pub fn pair_is_near<const PAIRS: usize>(bytes: &[u8], pairs: [[u8; 2]; PAIRS]) -> bool {
    let Some(near) = bytes.first_chunk::<{ 2 * LANES + 1 }>() else { return true };
    let mut found = u8x16::splat(0);
    for at in [0, LANES] {
        let (Some(lanes), Some(next)) = (near[at..].first_chunk(), near[at + 1..].first_chunk()) else { return true };
        let (lanes, next) = (u8x16::new(*lanes), u8x16::new(*next));
        for [first, second] in pairs {
            found |= lanes.simd_eq(u8x16::splat(first)) & next.simd_eq(u8x16::splat(second));
        }
    }
    found.to_bitmask() != 0
}

/// A bit for each byte that is `byte`, the lowest for the first, of 64 bytes at most.
#[inline]
fn equal<const COUNT: usize>(bytes: &[u8; COUNT], byte: u8) -> u64 {
    let wanted = u8x16::splat(byte);
    let mut bits = 0;
    for (index, lanes) in bytes.as_chunks::<LANES>().0.iter().enumerate() {
        bits |= u64::from(u8x16::new(*lanes).simd_eq(wanted).to_bitmask()) << (LANES * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_line_end_is_told_once_and_in_order(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(0x8a), any::<u8>()], 0..200),
            copies in 1usize..60,
        ) {
            let bytes = bytes.repeat(copies);
            let mut told = Vec::new();
            for_each_line_end(&bytes, |end| told.push(end));
            let plainly: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
            prop_assert_eq!(told, plainly);
        }

        #[test]
        fn a_byte_is_found_where_it_first_stands(
            bytes in proptest::collection::vec(0u8..60, 0..300), from in 0usize..310, byte in 0u8..70,
        ) {
            let plainly = bytes.get(from..).and_then(|rest| rest.iter().position(|known| *known == byte));
            let plainly = plainly.map(|at| from + at);
            prop_assert_eq!(find::<32>(&bytes, from, byte), plainly);
            prop_assert_eq!(find::<64>(&bytes, from, byte), plainly);
        }

        #[test]
        fn a_pair_is_near_where_its_two_bytes_stand_together(bytes in proptest::collection::vec(0u8..6, 0..80)) {
            let plainly =
                bytes.get(..33).is_none_or(|near| near.windows(2).any(|pair| matches!(pair, [0, 2] | [3, 4])));
            prop_assert_eq!(pair_is_near(&bytes, [[0, 2], [3, 4]]), plainly);
        }
    }
}
