//! A node's local times as chrono writes them, `2019-07-25T13:12:18.996`, for the lists that may be long: a trace can
//! tell of 100,000 outages. chrono's own way costs more than all else that is written of one.

use chrono::{Datelike, NaiveDateTime, Timelike};
use serde::{Serialize, Serializer};

/// For `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let mut space = *b"0000-00-00T00:00:00.000";
    match written(*time, &mut space).and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => serializer.serialize_str(text),
        None => time.serialize(serializer),
    }
}

/// As [`serialize`], of a time that may be unknown.
///
/// # Errors
/// Those of the serializer.
// What serde hands over.
#[allow(clippy::ref_option)]
pub fn serialize_option<S: Serializer>(time: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    struct Written(NaiveDateTime);
    impl Serialize for Written {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serialize(&self.0, serializer)
        }
    }
    time.map(Written).serialize(serializer)
}

/// `None` where it takes more than four digits of a year or three of a fraction.
fn written(time: NaiveDateTime, space: &mut [u8; 23]) -> Option<&[u8]> {
    let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
    let (nanos, milli) = (time.nanosecond(), time.nanosecond() / 1_000_000);
    if nanos % 1_000_000 != 0 || milli > 999 {
        return None;
    }
    let fields = [(4, year), (7, time.month()), (10, time.day()), (13, time.hour()), (16, time.minute())];
    for (end, value) in fields.into_iter().chain([(19, time.second()), (23, milli)]) {
        let mut rest = value;
        for digit in space[..end].iter_mut().rev().take_while(|byte| byte.is_ascii_digit()) {
            // A remainder of ten fits.
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    Some(if milli == 0 { &space[..19] } else { space })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    struct Both {
        #[serde(serialize_with = "serialize")]
        own: NaiveDateTime,
        #[serde(serialize_with = "serialize_option")]
        optional: Option<NaiveDateTime>,
        chronos: NaiveDateTime,
    }

    proptest! {
        #[test]
        fn a_time_is_written_as_chrono_writes_it(
            second in prop_oneof![-70_000_000_000i64..300_000_000_000, 0i64..4_000_000_000],
            nanos in prop_oneof![Just(0u32), (0u32..1000).prop_map(|milli| milli * 1_000_000), 0u32..1_999_999_999],
        ) {
            let time = DateTime::from_timestamp(second, nanos % 1_000_000_000).unwrap().naive_utc();
            let time = time.with_nanosecond(nanos).unwrap_or(time);
            let both = serde_json::to_value(Both { own: time, optional: Some(time), chronos: time }).unwrap();
            prop_assert_eq!(&both["own"], &both["chronos"]);
            prop_assert_eq!(&both["optional"], &both["chronos"]);
        }
    }

    #[test]
    fn an_unknown_time_is_null() {
        let time = NaiveDateTime::default();
        let both = serde_json::to_value(Both { own: time, optional: None, chronos: time }).unwrap();
        assert!(both["optional"].is_null());
    }
}
