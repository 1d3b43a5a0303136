//! CUCM's log4j traces: from sources to records, from records to events, from events to a timeline.

pub mod causes;
pub mod delivery_file;
pub mod negotiation;
