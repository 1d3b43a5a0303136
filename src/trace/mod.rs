//! CUCM's log4j traces: from sources to records, from records to events, from events to a timeline.

pub mod answer;
pub mod blocks;
pub mod buckets;
pub mod causes;
pub mod event;
pub mod events;
pub mod input;
pub mod lanes;
pub mod ledger;
pub mod negotiation;
pub mod oddities;
pub mod overlap;
pub mod reading;
pub mod records;
pub mod scan;
pub mod sources;
pub mod timeline;
pub mod waiting;
