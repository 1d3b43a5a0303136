//! Numbers, times and durations as people read them.

use std::borrow::Cow;

use chrono::NaiveDateTime;

/// A number with its thousands grouped: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Things as a sentence lists them: `a`, `a and b`, `a, b and c`.
pub fn listed<T: AsRef<str>>(things: impl IntoIterator<Item = T>) -> String {
    let things: Vec<T> = things.into_iter().collect();
    let things: Vec<&str> = things.iter().map(AsRef::as_ref).collect();
    match things.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => things.concat(),
    }
}

/// A number of things: `1 file`, `2 files`, `3 failed deliveries`.
pub fn counted(number: u64, thing: &str) -> String {
    // A vowel before it keeps the y: days.
    let stem = thing.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    let several = stem.map_or_else(|| format!("{thing}s"), |stem| format!("{stem}ies"));
    many(number, thing, &several)
}

/// A number of things in words of any form: `1 file waits`, `2,342 files wait`.
pub fn many(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { several })
}

/// A foreign message as it is shown: its beginning, and its length where it is longer. JSON has the whole of it.
pub fn excerpt(message: &str) -> Cow<'_, str> {
    shortened(message, 400)
}

/// A text's first characters, and its length where it has more.
pub fn shortened(text: &str, shown: usize) -> Cow<'_, str> {
    match text.char_indices().nth(shown) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            Cow::Owned(format!("{}… ({} characters)", &text[..end], grouped(length)))
        }
    }
}

/// A time of a trace, to the second.
pub fn clock(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A duration in its two largest units: `2 d 3 h`, `7 min 5 s`, `0.3 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole seconds are enough for people, and a trace spans less than 2^53 of them"
    )]
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_shown_in_part_with_its_length() {
        assert_eq!(excerpt("short"), "short");
        let shown = excerpt(&"é".repeat(12_345)).into_owned();
        assert!(shown.ends_with("é… (12,345 characters)") && shown.chars().count() < 430, "{shown}");
    }

    #[test]
    fn numbers_are_grouped_and_things_are_counted() {
        assert_eq!([0, 999, 1000].map(grouped), ["0", "999", "1,000"]);
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "failed delivery"), "1 failed delivery");
        assert_eq!(counted(1000, "failed delivery"), "1,000 failed deliveries");
        assert_eq!(counted(2, "file"), "2 files");
        assert_eq!(many(2342, "file waits", "files wait"), "2,342 files wait");
        assert_eq!(counted(27, "day"), "27 days");
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        let shown = [0.3, 59.6, 425.0, 7_500.0, 183_600.0].map(duration);
        assert_eq!(shown, ["0.3 s", "1 min 0 s", "7 min 5 s", "2 h 5 min", "2 d 3 h"]);
    }
}
