//! CUCM's command line: what may be sent to it (`command`), and how what it prints is read. Pure, but for `shell`.
//!
//! One set of readers serves a live session, a saved session log and what somebody pasted:
//!
//! | reader | of what |
//! |---|---|
//! | `session::read` | all of the below in a session log, or what one command printed |
//! | `copied::as_printed` | what mails, editors and terminals put before each line |
//! | [`transcript::split`] | a session log: each command with its output |
//! | [`terminal::plain`] | what a terminal adds: escape sequences, carriage returns, backspaces |
//! | [`services::parse`] | `utils service list` |
//! | [`status::parse`] | `show status`: host name, time zone, release, disks |
//! | [`status::release`] | `show version active` |
//! | [`status::fips`] | `utils fips status` |
//! | [`table::parse`] | `run sql …` |
//! | `billing_servers` | the tables of billing servers and of CDR Management |
//! | [`crate::backlog::listing`] | `file list …` |
//! | `viewed` | `file view …`, exact to the byte |
//!
//! Sources: Cisco's Command Line Interface Reference Guide (12.5(1)SU6, 15), public transcripts, and the prompt and
//! pagers as Cisco's pyATS drives them (`unicon.plugins`, `vos/patterns.py`).

pub(crate) mod billing_servers;
pub(crate) mod command;
pub(crate) mod copied;
pub(crate) mod echo;
pub(crate) mod exchange;
pub(crate) mod pager;
pub(crate) mod question;
pub mod services;
pub(crate) mod session;
pub(crate) mod shell;
pub mod status;
pub mod table;
pub mod terminal;
pub mod transcript;
pub(crate) mod viewed;
mod welcome;
mod wire;
