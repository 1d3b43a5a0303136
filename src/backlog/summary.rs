//! How much waits: by date, by kind, cluster and node, and which sequence numbers are missing.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::waiting::{Files, Series, Waiting};
use crate::document::backlog::{Date, Destination, Gap, Group, Totals};
use crate::model::delivery_file::Kind;

/// Everything that waits.
pub fn totals(files: &Files) -> Totals {
    let all: Vec<&Waiting> = files.by_name.values().collect();
    let (cdr, cmr) = kinds(&all);
    Totals {
        files: all.len() as u64,
        cdr,
        cmr,
        bytes: if all.is_empty() { None } else { bytes(&all) },
        first_utc: all.iter().map(|file| file.created_utc).min(),
        last_utc: all.iter().map(|file| file.created_utc).max(),
        repeated: files.repeated,
        other_files: files.others.len() as u64,
        unread_files: files.unread.values().fold(0, |sum, unread| sum.saturating_add(*unread)),
    }
}

/// What waits by date, the oldest first; `deleted_on` is for the deadline to fill in.
pub fn dates(files: &Files) -> Vec<Date> {
    group_by(files, Waiting::date)
        .into_iter()
        .map(|(date, files)| {
            let (cdr, cmr) = kinds(&files);
            Date { date, files: files.len() as u64, cdr, cmr, bytes: bytes(&files), deleted_on: None }
        })
        .collect()
}

/// What waits by date, kind, cluster and node.
pub fn groups(files: &Files) -> Vec<Group> {
    group_by(files, |file| (file.date(), file.series.clone()))
        .into_iter()
        .filter_map(|((date, series), mut files)| group(date, series, &mut files))
        .collect()
}

/// The sequence numbers that are missing, whichever the date.
pub fn gaps(files: &Files) -> Vec<Gap> {
    group_by(files, |file| file.series.clone())
        .into_iter()
        .flat_map(|(series, mut files)| gaps_of(&series, &mut files))
        .collect()
}

/// How many files wait for which destination.
pub fn destinations(files: &Files) -> Vec<Destination> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for number in files.by_name.values().flat_map(|file| &file.destinations) {
        *counts.entry(*number).or_default() += 1;
    }
    counts.into_iter().map(|(destination, files)| Destination { destination, files }).collect()
}

fn group(date: NaiveDate, series: Series, files: &mut [&Waiting]) -> Option<Group> {
    let missing = gaps_of(&series, files).iter().fold(0_u64, |sum, gap| sum.saturating_add(gap.missing));
    let (first, last) = (files.first()?, files.last()?);
    Some(Group {
        date,
        files: files.len() as u64,
        first_utc: first.created_utc,
        last_utc: last.created_utc,
        first_sequence: first.sequence,
        last_sequence: last.sequence,
        missing,
        bytes: bytes(files),
        kind: series.kind,
        cluster: series.cluster,
        node: series.node,
    })
}

/// Sorts a series by time and finds its gaps. A number that does not grow with time is a counter that began
/// anew, which leaves no gap.
fn gaps_of(series: &Series, files: &mut [&Waiting]) -> Vec<Gap> {
    files.sort_by_key(|file| (file.created_utc, file.sequence));
    files
        .windows(2)
        .filter_map(|pair| {
            let [before, after] = pair else { return None };
            let missing = after.sequence.checked_sub(before.sequence)?.checked_sub(1).filter(|missing| *missing > 0)?;
            Some(Gap {
                kind: series.kind,
                cluster: series.cluster.clone(),
                node: series.node.clone(),
                after: before.sequence,
                before: after.sequence,
                missing,
                from_utc: before.created_utc,
                to_utc: after.created_utc,
            })
        })
        .collect()
}

fn group_by<K: Ord>(files: &Files, key: impl Fn(&Waiting) -> K) -> BTreeMap<K, Vec<&Waiting>> {
    let mut groups: BTreeMap<K, Vec<&Waiting>> = BTreeMap::new();
    for file in files.by_name.values() {
        groups.entry(key(file)).or_default().push(file);
    }
    groups
}

fn kinds(files: &[&Waiting]) -> (u64, u64) {
    let cdr = files.iter().filter(|file| file.series.kind == Kind::Cdr).count();
    (cdr as u64, (files.len() - cdr) as u64)
}

/// The size of all, or nothing where one is not known.
fn bytes(files: &[&Waiting]) -> Option<u64> {
    files.iter().try_fold(0_u64, |sum, file| Some(sum.saturating_add(file.size?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::listing::parse;

    fn files(text: &str) -> Files {
        let mut files = Files::default();
        parse(text.as_bytes()).sections.iter().for_each(|section| files.add(section));
        files
    }

    #[test]
    fn a_file_counts_once_however_often_it_is_listed() {
        let listing = "admin:file list activelog /cm/cdr_repository/preserve/20190715\n\
            cdr_C_01_201907150412_1\ncmr_C_01_201907150412_1\n";
        let totals = totals(&files(&listing.repeat(3)));
        assert_eq!((totals.files, totals.cdr, totals.cmr, totals.repeated), (2, 1, 1, 4));
    }

    #[test]
    fn an_empty_file_of_a_destination_is_the_same_file_and_tells_no_size() {
        let files = files(
            "admin:file list activelog cm/cdr_repository/destination1 detail\n\
             15 Jul,2019 04:12:03   0  cdr_C_01_201907150412_1\n 15 Jul,2019 04:13:03   0  cdr_C_01_201907150413_2\n\
             admin:file list activelog cm/cdr_repository/preserve/20190715 detail\n\
             15 Jul,2019 04:12:03   1,200  cdr_C_01_201907150412_1\n",
        );
        assert_eq!((totals(&files).files, totals(&files).bytes), (2, None));
        assert_eq!(files.by_name["cdr_C_01_201907150412_1"].size, Some(1200));
        assert_eq!(destinations(&files), [Destination { destination: 1, files: 2 }]);
    }

    #[test]
    fn what_a_cut_listing_leaves_out_is_told_unless_another_shows_it() {
        let head = "admin:file list activelog /cm/cdr_repository/preserve/20190715\n";
        let cut = format!("{head}cdr_C_01_201907150412_1\ndir count = 0, file count = 3\n");
        let whole = format!(
            "{head}cdr_C_01_201907150412_1\ncdr_C_01_201907150413_2 cdr_C_01_201907150414_3\ndir count = 0, file count = 3\n"
        );
        assert_eq!(totals(&files(&cut)).unread_files, 2);
        assert_eq!(totals(&files(&format!("{cut}{whole}"))).unread_files, 0);
    }

    #[test]
    fn delivered_files_do_not_wait() {
        let files = files("admin:file list activelog cm/cdr_repository/processed/20190715\ncdr_C_01_201907150412_1\n");
        assert_eq!(totals(&files).files, 0);
    }

    #[test]
    fn each_kind_and_node_has_its_own_sequence() {
        let files =
            files("cdr_C_01_201907150412_1 cdr_C_01_201907150413_4 cmr_C_01_201907150412_90 cdr_C_02_201907150412_7\n");
        let gaps = gaps(&files);
        let [gap] = gaps.as_slice() else { panic!("{gaps:?}") };
        assert_eq!((gap.kind, gap.node.as_str(), gap.after, gap.before, gap.missing), (Kind::Cdr, "01", 1, 4, 2));
        assert_eq!(groups(&files).iter().map(|group| group.missing).collect::<Vec<_>>(), [2, 0, 0]);
    }

    #[test]
    fn a_counter_that_begins_anew_leaves_no_gap() {
        let files = files("cdr_C_01_201907150412_900 cdr_C_01_201907150413_0 cdr_C_01_201907150414_1\n");
        assert_eq!(gaps(&files), []);
    }

    #[test]
    fn a_gap_over_midnight_belongs_to_no_date() {
        let files = files("cdr_C_01_201907152359_1 cdr_C_01_201907160001_3\n");
        assert_eq!(gaps(&files).len(), 1);
        assert!(groups(&files).iter().all(|group| group.missing == 0));
        assert_eq!(dates(&files).len(), 2);
    }
}
