//! The rules, one a function: each takes the facts and says what follows, with its evidence, or nothing.

pub mod address;
pub mod alarms;
pub mod algorithms;
pub mod node;
pub mod outages;
pub mod rest;
pub mod servers;
pub mod stages;
pub mod waiting;
