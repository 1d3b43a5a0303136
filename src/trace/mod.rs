//! CUCM's log4j traces: from sources to records, from records to events, from events to a timeline.

pub mod accounts;
pub mod answer;
pub mod blocks;
pub mod buckets;
pub mod causes;
pub mod counts;
pub mod event;
pub mod events;
pub mod input;
pub mod ledger;
pub mod names;
pub mod negotiation;
pub mod note;
pub mod oddities;
pub mod overlap;
pub mod reading;
pub mod recall;
pub mod running;
pub mod scan;
pub mod sources;
pub mod tallies;
pub mod timeline;
pub mod undated;
pub mod waiting;
