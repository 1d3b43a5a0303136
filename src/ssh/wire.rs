//! The data types of SSH's messages (RFC 4251, section 5), written and read. Pure.

/// A `string`: its length, then its bytes.
pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

/// What is left of a message's body. What is not there whole is not taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body<'a>(pub(crate) &'a [u8]);

impl<'a> Body<'a> {
    /// A `uint32`.
    pub(crate) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    /// A `uint64`.
    pub(crate) fn long(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    /// A `string` or an `mpint`.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = usize::try_from(ahead.number()?).ok()?;
        let (text, rest) = ahead.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_string_that_claims_more_than_there_is_is_not_taken() {
        let mut body = Body(b"\0\0\0\x09short");
        assert_eq!(body.string(), None);
        assert_eq!((body.number(), body.0), (Some(9), &b"short"[..]));
    }

    proptest! {
        #[test]
        fn strings_are_read_as_they_were_written(strings: Vec<Vec<u8>>) {
            let bytes: Vec<u8> = strings.iter().flat_map(|bytes| string(bytes)).collect();
            let mut body = Body(&bytes);
            let read: Vec<_> = std::iter::from_fn(|| body.string().map(<[u8]>::to_vec)).collect();
            prop_assert_eq!(read, strings);
        }
    }
}
