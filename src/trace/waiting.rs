//! The files that wait for one destination. Found by name in constant time, since an outage tries them again and again;
//! put in the order of their age only where somebody asks for the oldest. A million may wait, so a name of CDR files'
//! form is kept as three numbers: 17 bytes a place, of which at least every second is taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashMap;
use foldhash::fast::RandomState;
use indexmap::IndexSet;

use crate::model::delivery_file::DeliveryFile;

/// Files that failed and were not delivered since.
#[derive(Debug, Clone, Default)]
pub struct WaitingFiles {
    /// Failed attempts by file.
    attempts: HashMap<Key, u32>,
    /// The same of names of another form.
    odd: HashMap<String, u32>,
    /// How names begin: `cdr_StandAloneCluster_01_`.
    series: IndexSet<String, RandomState>,
    /// The place of the one that was looked for last, as it nearly always is again.
    series_before: usize,
    /// All names by age, from the first time on that the oldest was asked for.
    by_age: Option<BTreeSet<ByAge>>,
}

/// A file's name, taken apart once.
#[derive(Debug)]
pub struct FileName {
    text: Arc<str>,
    parts: Option<Parts>,
}

impl FileName {
    /// Takes a name apart.
    pub fn of(text: Arc<str>) -> Self {
        Self { parts: Parts::of(&text), text }
    }
}

impl PartialEq for FileName {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// A name of CDR files' form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    /// How it begins, by its place among the series.
    series: u32,
    /// In which minute since 1970 it was made.
    minute: u32,
    sequence: u32,
}

/// Files sort by age; names of another form come last.
type ByAge = (DateTime<Utc>, String);

impl WaitingFiles {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.attempts.len() + self.odd.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds failed attempts, and tells how many there were before.
    pub fn add(&mut self, name: &FileName, attempts: u64) -> u64 {
        let known = match name.parts {
            Some(parts) => {
                let key = parts.key(self.series_of(parts.series(&name.text)));
                self.attempts.entry(key).or_default()
            }
            None => match self.odd.get_mut(&*name.text) {
                Some(known) => known,
                None => self.odd.entry(name.text.to_string()).or_default(),
            },
        };
        let before = *known;
        *known = before.saturating_add(u32::try_from(attempts).unwrap_or(u32::MAX));
        if let Some(by_age) = self.by_age.as_mut().filter(|_| before == 0) {
            by_age.insert((created(&name.text), name.text.to_string()));
        }
        before.into()
    }

    fn series_of(&mut self, series: &str) -> u32 {
        let place = self.find_series(series).unwrap_or_else(|| self.series.insert_full(series.to_owned()).0);
        self.series_before = place;
        // As many would not fit any memory.
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn find_series(&self, series: &str) -> Option<usize> {
        let is_last = self.series.get_index(self.series_before).is_some_and(|last| last == series);
        if is_last { Some(self.series_before) } else { self.series.get_index_of(series) }
    }

    /// A file no longer waits; whether it did.
    pub fn remove(&mut self, name: &FileName) -> bool {
        let waited = match name.parts {
            Some(parts) => {
                let series = self.find_series(parts.series(&name.text)).and_then(|place| u32::try_from(place).ok());
                series.is_some_and(|series| self.attempts.remove(&parts.key(series)).is_some())
            }
            None => self.odd.remove(&*name.text).is_some(),
        };
        if let Some(by_age) = self.by_age.as_mut().filter(|_| waited) {
            by_age.remove(&(created(&name.text), name.text.to_string()));
        }
        waited
    }

    /// The oldest file no longer waits.
    pub fn remove_oldest(&mut self) {
        if self.by_age.is_none() {
            self.by_age = Some(self.names().map(|(name, _)| (created(&name), name)).collect());
        }
        let oldest = self.by_age.as_ref().and_then(BTreeSet::first).map(|(_, name)| name.clone());
        if let Some(name) = oldest {
            self.remove(&FileName::of(name.into()));
        }
    }

    /// At most so many files with their failed attempts, the oldest first.
    pub fn oldest(&self, most: usize) -> Vec<(String, u64)> {
        if most == 0 {
            return Vec::new();
        }
        // Names are put together of those alone that are old enough.
        let mut minutes: Vec<u32> = self.attempts.keys().map(|key| key.minute).collect();
        let latest = (most < minutes.len()).then(|| *minutes.select_nth_unstable(most - 1).1);
        let old = self.attempts.iter().filter(|(key, _)| latest.is_none_or(|latest| key.minute <= latest));
        let mut files: Vec<_> = old
            .map(|(key, attempts)| (self.name(*key), *attempts))
            .chain(self.odd.iter().map(|(name, attempts)| (name.clone(), *attempts)))
            .map(|(name, attempts)| (created(&name), name, attempts))
            .collect();
        files.sort_unstable();
        files.truncate(most);
        files.into_iter().map(|(_, name, attempts)| (name, attempts.into())).collect()
    }

    /// All of them, in no order.
    pub fn into_attempts(self) -> impl Iterator<Item = (String, u64)> {
        let names: Vec<_> = self.names().collect();
        names.into_iter().map(|(name, attempts)| (name, attempts.into()))
    }

    fn names(&self) -> impl Iterator<Item = (String, u32)> {
        let plain = self.attempts.iter().map(|(key, attempts)| (self.name(*key), *attempts));
        plain.chain(self.odd.iter().map(|(name, attempts)| (name.clone(), *attempts)))
    }

    fn name(&self, Key { series, minute, sequence }: Key) -> String {
        let series = self.series.get_index(series as usize).map_or("", String::as_str);
        format!("{series}{}_{sequence}", made(minute).format(MINUTE))
    }
}

/// How a name tells the minute in which its file was made.
const MINUTE: &str = "%Y%m%d%H%M";

fn made(minute: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(i64::from(minute) * 60, 0).unwrap_or_default()
}

/// What a name of CDR files' form can be put together of again.
#[derive(Debug, Clone, Copy)]
struct Parts {
    /// How long it is before the minute.
    series: usize,
    minute: u32,
    sequence: u32,
}

impl Parts {
    fn of(name: &str) -> Option<Self> {
        let file = DeliveryFile::parse(name)?;
        let sequence = u32::try_from(file.sequence).ok()?;
        let minute = u32::try_from(file.created_utc.timestamp() / 60).ok()?;
        let digits = sequence.checked_ilog10().map_or(1, |more| 1 + more as usize);
        // Where zeros are written before a sequence number, no underscore stands there.
        let before = name.len().checked_sub(digits + 1).filter(|at| name.as_bytes()[*at] == b'_')?;
        let series = before.checked_sub(MINUTE_DIGITS).filter(|series| name.is_char_boundary(*series))?;
        Some(Self { series, minute, sequence })
    }

    fn series(self, name: &str) -> &str {
        name.get(..self.series).unwrap_or_default()
    }

    fn key(self, series: u32) -> Key {
        Key { series, minute: self.minute, sequence: self.sequence }
    }
}

/// As many digits tell a minute.
const MINUTE_DIGITS: usize = 12;

fn created(name: &str) -> DateTime<Utc> {
    DeliveryFile::parse(name).map_or(DateTime::<Utc>::MAX_UTC, |file| file.created_utc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> FileName {
        FileName::of(text.into())
    }

    fn waiting(names: &[&str]) -> WaitingFiles {
        let mut files = WaitingFiles::default();
        for name in names {
            files.add(&self::name(name), 1);
        }
        files
    }

    fn oldest(files: &WaitingFiles, most: usize) -> Vec<(&'static str, u64)> {
        files.oldest(most).into_iter().map(|(name, attempts)| (&*name.leak(), attempts)).collect()
    }

    const OLD: &str = "cdr_C_01_202401010000_9";
    const NEW: &str = "cdr_C_01_202401020000_2";

    #[test]
    fn the_oldest_come_first_and_names_of_another_form_last() {
        let mut files = waiting(&["odd", NEW, OLD]);
        assert_eq!(files.add(&name(OLD), 2), 1);
        assert_eq!(oldest(&files, 9), [(OLD, 3), (NEW, 1), ("odd", 1)]);
        assert_eq!(oldest(&files, 1), [(OLD, 3)]);
        assert_eq!(oldest(&files, 0), []);
    }

    #[test]
    fn the_order_of_age_holds_while_files_come_and_go() {
        let mut files = waiting(&["odd", NEW]);
        files.remove_oldest();
        files.add(&name(OLD), 1);
        files.add(&name(NEW), 1);
        assert!(files.remove(&name(OLD)) && !files.remove(&name(OLD)));
        files.remove_oldest();
        assert_eq!(oldest(&files, 9), [("odd", 1)]);
        files.remove_oldest();
        files.remove_oldest();
        assert!(files.is_empty());
    }

    proptest! {
        #[test]
        fn whatever_waits_is_told_by_its_own_name_the_oldest_first(
            names in prop::collection::vec(
                prop_oneof![
                    "c[dm]r_(A|A_01|B_b)_0[12]_(19700101000[0-9]|20240101000[0-2]|00010101[0-9]{4})_(0|00|0?[1-9][0-9]{0,2}|99999999999)",
                    "[a-z_0-9]{0,9}",
                ],
                0..40,
            ),
            most in 0usize..45,
        ) {
            let mut files = WaitingFiles::default();
            let mut plainly = std::collections::BTreeMap::new();
            for name in &names {
                let before: &mut u64 = plainly.entry((created(name), name.clone())).or_default();
                prop_assert_eq!(files.add(&self::name(name), 1), *before);
                *before += 1;
            }
            let aged: Vec<_> = plainly.into_iter().map(|((_, name), attempts)| (name, attempts)).collect();
            prop_assert_eq!(files.len(), aged.len());
            prop_assert_eq!(files.oldest(most), &aged[..most.min(aged.len())]);
            for (name, _) in &aged {
                prop_assert_eq!(&files.oldest(1)[0].0, name);
                files.remove_oldest();
            }
            prop_assert!(files.is_empty());
        }
    }
}
