//! log4j's text layout as CUCM writes it: where a record begins, and what stands in its head.

pub(crate) mod lanes;
pub mod records;
