//! KEXINIT (RFC 4253, section 7.1) to an offer and back, for either role. Pure.

use super::packet::number;
use super::visible;
use super::wire::{Body, string};
use crate::bounds::NAMES;
use crate::model::offer::{Category, Offer};

const COOKIE: usize = 16;

/// A KEXINIT that is cut or lies about its lengths. What was read before the break is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a broken KEXINIT: {what}")]
pub struct KexinitError {
    /// The lists before the break.
    pub read: Box<Offer>,
    /// Where it breaks.
    pub what: Break,
}

/// Where a KEXINIT breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The payload is another message, or ends within the cookie.
    #[error("it ends before its first list")]
    Start,
    /// The payload ends before a list's length.
    #[error("it ends before its {} list", .0.title())]
    Missing(Category),
    /// A list claims more bytes than are left.
    #[error("its {} list claims {claimed} bytes and {left} are left", .category.title())]
    TooLong {
        /// The list.
        category: Category,
        /// Bytes that it claims.
        claimed: u32,
        /// Bytes that are left.
        left: usize,
    },
    /// A list has more names than any server offers.
    #[error("its {} list has more than {NAMES} names", .0.title())]
    TooMany(Category),
}

/// Reads the payload of a KEXINIT packet, its message number included.
///
/// An empty list is an empty list; an empty name within a list is kept, because JSch fails on it. Bytes that are
/// not UTF-8 stay visible as `\xNN`. The flag is unknown where the message ends before it.
///
/// # Errors
/// When a length does not fit the payload.
pub fn parse(payload: &[u8]) -> Result<Offer, KexinitError> {
    let mut offer = Offer::default();
    match read_lists(payload, &mut offer) {
        Ok(rest) => {
            offer.first_kex_packet_follows = rest.first().map(|flag| *flag != 0);
            Ok(offer)
        }
        Err(what) => Err(KexinitError { read: Box::new(offer), what }),
    }
}

/// Fills the ten lists and gives what follows them.
fn read_lists<'a>(payload: &'a [u8], offer: &mut Offer) -> Result<&'a [u8], Break> {
    let body = payload.strip_prefix(&[number::KEXINIT]).ok_or(Break::Start)?;
    let mut body = Body(body.get(COOKIE..).ok_or(Break::Start)?);
    for category in Category::ALL {
        let list = body.string().ok_or_else(|| match body.number() {
            Some(claimed) => Break::TooLong { category, claimed, left: body.0.len() },
            None => Break::Missing(category),
        })?;
        if memchr::memchr_iter(b',', list).count() >= NAMES {
            return Err(Break::TooMany(category));
        }
        offer.set(category, names(list));
    }
    Ok(body.0)
}

fn names(list: &[u8]) -> Vec<String> {
    if list.is_empty() {
        return Vec::new();
    }
    list.split(|byte| *byte == b',').map(visible).collect()
}

/// The payload of a KEXINIT that carries this offer. A list that the offer does not know is sent empty.
pub fn write(offer: &Offer, cookie: [u8; COOKIE]) -> Vec<u8> {
    let mut payload = vec![number::KEXINIT];
    payload.extend(cookie);
    for category in Category::ALL {
        payload.extend(string(offer.get(category).unwrap_or_default().join(",").as_bytes()));
    }
    payload.push(u8::from(offer.first_kex_packet_follows.unwrap_or(false)));
    payload.extend([0; 4]);
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payload(lists: [&[u8]; 10], tail: &[u8]) -> Vec<u8> {
        let mut payload = vec![number::KEXINIT];
        payload.extend([7; COOKIE]);
        for list in lists {
            payload.extend(string(list));
        }
        payload.extend(tail);
        payload
    }

    #[test]
    fn every_list_lands_in_its_own_category_in_the_order_sent() {
        let lists: [&[u8]; 10] = [b"b,a", b"c", b"d", b"e", b"f", b"g", b"h", b"i", b"j", b""];
        let offer = parse(&payload(lists, &[1, 0, 0, 0, 0])).unwrap();
        assert_eq!(offer.kex.as_deref(), Some(&["b".to_owned(), "a".to_owned()][..]));
        for (category, list) in Category::ALL.into_iter().zip(lists).skip(1) {
            assert_eq!(offer.get(category).unwrap().join(",").as_bytes(), list);
        }
        assert_eq!(offer.first_kex_packet_follows, Some(true));
    }

    #[test]
    fn an_empty_list_is_empty_and_an_empty_name_is_kept() {
        let offer = parse(&payload([b"", b"a,,b", b",", b"", b"", b"", b"", b"", b"", b""], &[0; 5])).unwrap();
        assert_eq!(offer.kex, Some(vec![]));
        assert_eq!(offer.host_key.unwrap(), ["a", "", "b"]);
        assert_eq!(offer.cipher_c2s.unwrap(), ["", ""]);
    }

    #[test]
    fn a_list_longer_than_the_packet_is_named_and_what_came_before_is_kept() {
        let mut bytes = payload([b"k", b"h", b"", b"", b"", b"", b"", b"", b"", b""], &[]);
        let cipher_length = 1 + COOKIE + 5 + 5;
        bytes[cipher_length..cipher_length + 4].copy_from_slice(&[0xff; 4]);
        let error = parse(&bytes).unwrap_err();
        assert!(matches!(error.what, Break::TooLong { category: Category::CipherC2s, claimed: u32::MAX, .. }));
        assert_eq!(error.read.host_key.as_deref(), Some(&["h".to_owned()][..]));
        assert_eq!(error.read.cipher_c2s, None);
    }

    #[test]
    fn names_are_bounded() {
        let list = |names: usize| "x,".repeat(names - 1) + "x";
        let parse =
            |names: usize| parse(&payload([list(names).as_bytes(), b"", b"", b"", b"", b"", b"", b"", b"", b""], &[]));
        assert_eq!(parse(NAMES).unwrap().kex.unwrap().len(), NAMES);
        assert_eq!(parse(NAMES + 1).unwrap_err().what, Break::TooMany(Category::Kex));
    }

    #[test]
    fn a_missing_flag_is_unknown() {
        assert_eq!(parse(&payload([b""; 10], &[])).unwrap().first_kex_packet_follows, None);
    }

    fn any_list() -> impl Strategy<Value = Option<Vec<String>>> {
        prop::collection::vec("[!-+.-~]{1,20}", 0..6).prop_map(Some)
    }

    fn any_offer() -> impl Strategy<Value = Offer> {
        (prop::collection::vec(any_list(), 10), any::<bool>()).prop_map(|(lists, follows)| {
            let mut offer = Offer { first_kex_packet_follows: Some(follows), ..Offer::default() };
            for (category, list) in Category::ALL.into_iter().zip(lists) {
                offer.set(category, list.unwrap_or_default());
            }
            offer
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(offer in any_offer(), cookie: [u8; COOKIE]) {
            prop_assert_eq!(parse(&write(&offer, cookie)), Ok(offer));
        }

        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&[&[number::KEXINIT][..], &[0; COOKIE], &bytes].concat());
        }

        #[test]
        fn a_cut_message_is_an_error_until_its_lists_are_whole(offer in any_offer(), cut in 0usize..1_000) {
            let whole = write(&offer, [0; COOKIE]);
            let lists = whole.len() - 5;
            let kept = cut.min(whole.len());
            prop_assert_eq!(parse(&whole[..kept]).is_ok(), kept >= lists);
        }
    }
}
