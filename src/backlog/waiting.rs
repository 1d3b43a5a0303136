//! The files that wait, each once, however often it was listed.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::folder::Place;
use super::listing::{Entry, Section};
use crate::model::delivery_file::{DeliveryFile, Kind};

/// The files of one kind, cluster and node: they share one sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// What the files hold.
    pub kind: Kind,
    pub cluster: String,
    pub node: String,
}

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// To which sequence it belongs.
    pub series: Series,
    /// The minute in which it was made.
    pub created_utc: DateTime<Utc>,
    /// Its sequence number.
    pub sequence: u64,
    /// Its size, unless only a destination's empty file was listed.
    pub size: Option<u64>,
    /// The destinations whose folders list it.
    pub destinations: BTreeSet<u32>,
}

impl Waiting {
    /// The date by which CUCM files it and deletes it.
    pub fn date(&self) -> NaiveDate {
        self.created_utc.date_naive()
    }
}

/// The files that wait, by name.
#[derive(Debug, Default)]
pub struct Files {
    pub by_name: BTreeMap<String, Waiting>,
    /// Listed again.
    pub repeated: u64,
    /// Names of another form.
    pub others: BTreeSet<String>,
    /// How many more files CUCM counted in each folder than its listing shows; the best listing of it counts.
    pub unread: BTreeMap<Option<String>, u64>,
}

impl Files {
    /// Takes in a folder's listing.
    pub fn add(&mut self, section: &Section) {
        let place = section.place();
        if !place.waits() {
            return;
        }
        if let Some(totals) = section.totals {
            let unread = totals.files.saturating_sub(section.entries.len() as u64);
            let least = self.unread.entry(section.folder.clone()).or_insert(unread);
            *least = unread.min(*least);
        }
        for entry in &section.entries {
            match DeliveryFile::parse(&entry.name) {
                Some(file) => self.add_file(entry, &file, place),
                None => _ = self.others.insert(entry.name.clone()),
            }
        }
    }

    fn add_file(&mut self, entry: &Entry, file: &DeliveryFile<'_>, place: Place) {
        // A destination's folder holds empty files: their size is not that of the records.
        let (size, destination) = match place {
            Place::Destination(number) => (None, Some(number)),
            _ => (entry.size, None),
        };
        match self.by_name.entry(entry.name.clone()) {
            Slot::Vacant(slot) => {
                let series = Series { kind: file.kind, cluster: file.cluster.to_owned(), node: file.node.to_owned() };
                slot.insert(Waiting {
                    series,
                    created_utc: file.created_utc,
                    sequence: file.sequence,
                    size,
                    destinations: destination.into_iter().collect(),
                });
            }
            Slot::Occupied(slot) => {
                let known = slot.into_mut();
                known.size = known.size.max(size);
                known.destinations.extend(destination);
                self.repeated += 1;
            }
        }
    }
}
