//! CUCM's log4j traces: from sources to records, from records to events, from events to a timeline.

pub(crate) mod accounts;
pub mod answer;
pub mod blocks;
pub(crate) mod buckets;
pub mod causes;
pub(crate) mod counts;
pub(crate) mod event;
pub mod events;
pub(crate) mod input;
pub(crate) mod ledger;
pub(crate) mod names;
pub(crate) mod negotiation;
pub(crate) mod note;
pub(crate) mod oddities;
pub(crate) mod overlap;
pub mod reading;
pub(crate) mod repeats;
pub(crate) mod running;
pub mod scan;
pub mod sources;
pub(crate) mod spread;
pub(crate) mod tallies;
pub mod timeline;
pub(crate) mod undated;
pub(crate) mod waiting;
