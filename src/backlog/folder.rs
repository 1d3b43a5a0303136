//! CUCM's CDR folders: which one a path names, and the date in it.
//!
//! The CDR Repository Manager keeps a file in a folder of the UTC date in its name (Cisco, Call Reporting and
//! Billing Administration Guide 15, "CDR Management"), and an empty file of the same name in the folder of each
//! destination that has yet to get it.

use chrono::{Datelike, NaiveDate};

/// What a folder's files stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `cdr_repository/preserve/<date>`: records that wait.
    Preserve,
    /// `cdr_repository/destination<N>`: an empty file for each file that the destination has yet to get.
    Destination(u32),
    /// `cdr_repository/processed/<date>`: records that are delivered.
    Processed,
    /// `cdr_repository/car`: an empty file for each file that CDR Analysis and Reporting has yet to load.
    Car,
    /// `cm/cdr`: what a node has recorded and its CDR Agent has yet to send to the repository.
    Agent,
    /// `cm/trace/cdrrep/log4j`: the CDR Repository Manager's traces.
    Trace,
    /// Not told, or another folder.
    Other,
}

impl Place {
    /// The place that a path names.
    pub fn of(path: &str) -> Self {
        let is_agents = segments(path).zip(segments(path).skip(1)).any(|pair| pair == ("cm", "cdr"));
        if is_agents { Self::Agent } else { segments(path).find_map(Self::of_segment).unwrap_or(Self::Other) }
    }

    /// Whether a file listed there waits for a billing server. Where nothing is told it does: the question was
    /// what waits.
    pub fn waits(self) -> bool {
        matches!(self, Self::Preserve | Self::Destination(_) | Self::Other)
    }

    fn of_segment(segment: &str) -> Option<Self> {
        match segment {
            "preserve" => Some(Self::Preserve),
            "processed" => Some(Self::Processed),
            "car" => Some(Self::Car),
            "cdrrep" => Some(Self::Trace),
            _ => segment.strip_prefix("destination")?.parse().ok().map(Self::Destination),
        }
    }
}

/// Whether a name is one of the CDR repository's folders.
pub fn is_folder_name(name: &str) -> bool {
    date(name).is_some() || Place::of(name) != Place::Other
}

/// The date that a path's folder names: its last segment that is one.
pub fn date_of(path: &str) -> Option<NaiveDate> {
    segments(path).filter_map(date).last()
}

/// A date as a folder writes it: `YYYYMMDD` (Cisco's documents) or `MMDDYYYY` (one published account).
///
/// The two cannot be mistaken for each other in CUCM's lifetime: a year from 2000 to 2099 begins with 20, and no
/// month is the twentieth.
pub fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    ["%Y%m%d", "%m%d%Y"]
        .into_iter()
        .filter_map(|form| NaiveDate::parse_from_str(text, form).ok())
        .find(|date| (2000..2100).contains(&date.year()))
}

/// A path without what only selects files in it: a trailing `/`, `/*`, `/cdr_*`.
pub fn without_pattern(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((folder, last)) if last.contains('*') => folder.trim_end_matches('/'),
        _ => path,
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn both_ways_to_write_a_date_are_understood() {
        assert_eq!(date("20190715"), Some(day(2019, 7, 15)));
        assert_eq!(date("07152019"), Some(day(2019, 7, 15)));
        assert_eq!(date("12102012"), Some(day(2012, 12, 10)));
        for other in ["", "2019071", "20191515", "15072019", "2019071x", "12101012"] {
            assert_eq!(date(other), None, "{other}");
        }
    }

    #[test]
    fn no_date_is_written_alike_in_both_forms() {
        let mut at = day(2000, 1, 1);
        while at.year() < 2100 {
            assert_eq!(date(&at.format("%Y%m%d").to_string()), Some(at));
            assert_eq!(date(&at.format("%m%d%Y").to_string()), Some(at));
            at = at.succ_opt().unwrap();
        }
    }

    #[test]
    fn a_path_tells_its_place_and_date() {
        assert_eq!(Place::of("/cm/cdr_repository/preserve/07152019/"), Place::Preserve);
        assert_eq!(Place::of("cm/cdr_repository/destination2/20190715"), Place::Destination(2));
        assert_eq!(Place::of("cm/cdr_repository/processed/20190715"), Place::Processed);
        assert_eq!(Place::of("/cm/trace/cdrrep/log4j/"), Place::Trace);
        assert_eq!(Place::of("/cm/trace/ccm/sdl"), Place::Other);
        assert_eq!(date_of("/cm/cdr_repository/preserve/07152019/*"), Some(day(2019, 7, 15)));
    }

    #[test]
    fn a_pattern_is_no_folder() {
        assert_eq!(without_pattern("/cm/x/20190715/*"), "/cm/x/20190715");
        assert_eq!(without_pattern("/cm/x/20190715/cdr_*"), "/cm/x/20190715");
        assert_eq!(without_pattern("/cm/x/20190715//"), "/cm/x/20190715");
    }
}
