//! The forms in which people write times and numbers on the command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// A time with its offset, or one in UTC as people write it.
///
/// # Errors
/// With a line that says which forms are taken.
pub fn utc_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text.trim()) {
        return Ok(time.to_utc());
    }
    trace_time(text, "00:00:00.000")
        .map(|time| time.and_utc())
        .map_err(|_| "give a time as YYYY-MM-DD, YYYY-MM-DD HH:MM (UTC) or 2019-07-25T13:00:00+02:00".to_owned())
}

/// A time zone by its name in the IANA database.
///
/// # Errors
/// With a line that says what is taken.
pub fn timezone(text: &str) -> Result<chrono_tz::Tz, String> {
    text.parse().map_err(|_| "no time zone of this name: give one such as Europe/Berlin".to_owned())
}

/// A time in seconds, up to a day.
///
/// # Errors
/// With a line that says what is taken.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds <= 86_400.0);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "give seconds, more than 0 and at most 86400".to_owned())
}

/// Days for which files are kept, at most a century.
///
/// # Errors
/// With a line that says what is taken.
pub fn days(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    days.ok_or_else(|| "give the days as a whole number from 1 to 36500".to_owned())
}

/// An address to listen at; a port alone means every address.
///
/// # Errors
/// With a line that says which forms are taken.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let port = |text: &str| text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    let address = text.parse().ok().or_else(|| port(text.strip_prefix(':').unwrap_or(text)));
    address.ok_or_else(|| "give ADDR:PORT (0.0.0.0:2222, [::]:2222) or a port".to_owned())
}

/// A time of a trace; a date means its beginning.
///
/// # Errors
/// With a line that says which forms are taken.
pub fn trace_time_from(text: &str) -> Result<NaiveDateTime, String> {
    trace_time(text, "00:00:00.000")
}

/// A time of a trace; a date means its whole day.
///
/// # Errors
/// With a line that says which forms are taken.
pub fn trace_time_until(text: &str) -> Result<NaiveDateTime, String> {
    trace_time(text, "23:59:59.999")
}

/// A time as people write it; what they leave out is taken from `rest_of_day`.
fn trace_time(text: &str, rest_of_day: &str) -> Result<NaiveDateTime, String> {
    let text = text.trim().replace('T', " ").replace(',', ".");
    let completed = match text.len() {
        10 => format!("{text} {rest_of_day}"),
        16 => format!("{text}{}", &rest_of_day[5..]),
        _ => text,
    };
    NaiveDateTime::parse_from_str(&completed, "%Y-%m-%d %H:%M:%S%.f")
        .map_err(|_| "give a time of the trace as YYYY-MM-DD, YYYY-MM-DD HH:MM or YYYY-MM-DD HH:MM:SS".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_time_that_can_pass() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "nan", "inf", "1e9", "ten"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_port_alone_means_every_address() {
        let parsed = |text| listen_address(text).map(|address| address.to_string());
        assert_eq!(parsed("2222").as_deref(), Ok("0.0.0.0:2222"));
        assert_eq!(parsed(":22").as_deref(), Ok("0.0.0.0:22"));
        assert_eq!(parsed("[::1]:0").as_deref(), Ok("[::1]:0"));
        for wrong in ["", "localhost", "10.0.0.1", "::1", "70000"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_date_means_its_whole_day() {
        assert_eq!(trace_time_from("2019-07-25").unwrap().to_string(), "2019-07-25 00:00:00");
        assert_eq!(trace_time_until("2019-07-25").unwrap().to_string(), "2019-07-25 23:59:59.999");
        assert_eq!(trace_time_until("2019-07-25 13:12").unwrap().to_string(), "2019-07-25 13:12:59.999");
        assert_eq!(trace_time_from("2019-07-25T13:12:11,971").unwrap().to_string(), "2019-07-25 13:12:11.971");
        assert!(trace_time_from("yesterday").is_err());
    }

    #[test]
    fn a_time_without_an_offset_is_utc() {
        assert_eq!(utc_time("2019-07-25").unwrap().to_rfc3339(), "2019-07-25T00:00:00+00:00");
        assert_eq!(utc_time("2019-07-25 13:05").unwrap().to_rfc3339(), "2019-07-25T13:05:00+00:00");
        assert_eq!(utc_time("2019-07-25T01:00:00+02:00").unwrap().to_rfc3339(), "2019-07-24T23:00:00+00:00");
        assert!(utc_time("soon").is_err());
    }
}
