//! The files that wait for one destination. Found by name in constant time, since an outage tries them again and again;
//! put in the order of their age only where somebody asks for the oldest.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashMap;

use crate::model::delivery_file::DeliveryFile;

/// Files that failed and were not delivered since.
#[derive(Debug, Clone, Default)]
pub struct WaitingFiles {
    /// Failed attempts by the file's name.
    attempts: HashMap<Arc<str>, u64>,
    /// The same names by age, from the first time on that the oldest was asked for.
    by_age: Option<BTreeSet<ByAge>>,
}

/// Files sort by age; names of another form come last.
type ByAge = (DateTime<Utc>, Arc<str>);

impl WaitingFiles {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.attempts.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Adds failed attempts, and tells how many there were before.
    pub fn add(&mut self, name: &Arc<str>, attempts: u64) -> u64 {
        if let Some(known) = self.attempts.get_mut(name) {
            *known += attempts;
            return *known - attempts;
        }
        self.attempts.insert(Arc::clone(name), attempts);
        if let Some(by_age) = &mut self.by_age {
            by_age.insert(aged(name));
        }
        0
    }

    /// A file no longer waits; whether it did.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some((name, _)) = self.attempts.remove_entry(name) else { return false };
        if let Some(by_age) = &mut self.by_age {
            by_age.remove(&aged(&name));
        }
        true
    }

    /// The oldest file no longer waits.
    pub fn remove_oldest(&mut self) {
        let by_age = self.by_age.get_or_insert_with(|| self.attempts.keys().map(aged).collect());
        if let Some((_, name)) = by_age.pop_first() {
            self.attempts.remove(&name);
        }
    }

    /// At most so many files with their failed attempts, the oldest first.
    pub fn oldest(&self, most: usize) -> Vec<(&str, u64)> {
        let mut files: Vec<_> =
            self.attempts.iter().map(|(name, attempts)| (created(name), &**name, *attempts)).collect();
        if most < files.len() {
            files.select_nth_unstable(most);
            files.truncate(most);
        }
        files.sort_unstable();
        files.into_iter().map(|(_, name, attempts)| (name, attempts)).collect()
    }

    /// All of them, in no order.
    pub fn into_attempts(self) -> impl Iterator<Item = (Arc<str>, u64)> {
        self.attempts.into_iter()
    }
}

fn aged(name: &Arc<str>) -> ByAge {
    (created(name), Arc::clone(name))
}

fn created(name: &str) -> DateTime<Utc> {
    DeliveryFile::parse(name).map_or(DateTime::<Utc>::MAX_UTC, |file| file.created_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(names: &[&str]) -> WaitingFiles {
        let mut files = WaitingFiles::default();
        for name in names {
            files.add(&(*name).into(), 1);
        }
        files
    }

    const OLD: &str = "cdr_C_01_202401010000_9";
    const NEW: &str = "cdr_C_01_202401020000_2";

    #[test]
    fn the_oldest_come_first_and_names_of_another_form_last() {
        let mut files = waiting(&["odd", NEW, OLD]);
        assert_eq!(files.add(&OLD.into(), 2), 1);
        assert_eq!(files.oldest(9), [(OLD, 3), (NEW, 1), ("odd", 1)]);
        assert_eq!(files.oldest(1), [(OLD, 3)]);
        assert_eq!(files.oldest(0), []);
    }

    #[test]
    fn the_order_of_age_holds_while_files_come_and_go() {
        let mut files = waiting(&["odd", NEW]);
        files.remove_oldest();
        files.add(&OLD.into(), 1);
        files.add(&NEW.into(), 1);
        assert!(files.remove(OLD) && !files.remove(OLD));
        files.remove_oldest();
        assert_eq!(files.oldest(9), [("odd", 1)]);
        files.remove_oldest();
        files.remove_oldest();
        assert!(files.is_empty());
    }
}
