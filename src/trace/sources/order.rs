//! The order of traces.

use std::cmp::Ordering;

use chrono::NaiveDateTime;

use super::Source;

/// By their records' time, not by name: the number wraps. What shows no time stays behind what it was given after.
pub fn sort_by_time(sources: &mut [Source]) {
    let mut last = None;
    let mut keys: Vec<(Option<NaiveDateTime>, usize)> = Vec::with_capacity(sources.len());
    for (place, source) in sources.iter().enumerate() {
        last = source.first.or(last);
        keys.push((last, place));
    }
    let mut numbered: Vec<_> = keys.into_iter().collect();
    numbered.sort();
    let rank: Vec<usize> = {
        let mut rank = vec![0; numbered.len()];
        for (position, (_, place)) in numbered.iter().enumerate() {
            rank[*place] = position;
        }
        rank
    };
    let mut places = rank.into_iter();
    sources.sort_by_cached_key(|_| places.next());
}

/// Compares names so that `log9` stands before `log10`.
pub fn natural_order(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        if digits_a > 0 && digits_b > 0 {
            let number = |text: &[u8]| text.iter().skip_while(|digit| **digit == b'0').copied().collect::<Vec<_>>();
            let (x, y) = (number(&a[..digits_a]), number(&b[..digits_b]));
            match x.len().cmp(&y.len()).then(x.cmp(&y)) {
                Ordering::Equal => (a, b) = (&a[digits_a..], &b[digits_b..]),
                unequal => return unequal,
            }
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
            (x, y) => return x.map(|(byte, _)| byte).cmp(&y.map(|(byte, _)| byte)),
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::sources::tests::source;

    #[test]
    fn traces_are_ordered_by_time_since_the_number_wraps() {
        let mut sources = vec![
            source("cdrrepmgr00001.log", Some("2019-07-25 13:12:11,889")),
            source("fragment", None),
            source("cdrrepmgr00250.log", Some("2019-07-24 13:12:11,889")),
        ];
        sort_by_time(&mut sources);
        let labels: Vec<_> = sources.iter().map(|source| source.label.as_str()).collect();
        assert_eq!(labels, ["cdrrepmgr00250.log", "cdrrepmgr00001.log", "fragment"]);
    }

    #[test]
    fn names_compare_as_people_count() {
        let mut names = ["b10", "b9", "b009a", "a"];
        names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
        assert_eq!(names, ["a", "b9", "b009a", "b10"]);
    }
}
