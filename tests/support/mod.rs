//! What the integration tests share.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod listening;
pub mod scripted_peer;
