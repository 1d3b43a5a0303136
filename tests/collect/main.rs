//! `cdrdiag collect` against a node of CUCM that a script plays (`cucm.py`, Debian's python3-asyncssh), with what public
//! transcripts show of its command line and what nobody knows of it in every variant.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]
#![allow(clippy::needless_pass_by_value, reason = "scenarios are written where they are used")]

mod diagnose;
mod facts;
mod login;
mod node;
mod reading;
mod trouble;
