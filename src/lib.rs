//! Shows why Cisco Unified Communications Manager (CUCM) does not deliver call detail records to a billing
//! server, proves it against the servers, and says what to change.
//!
//! | module | what it knows |
//! |---|---|
//! | `cli` | every command and flag |
//! | `commands` | one command a file: from arguments to a document |
//! | `log4j` | the lines of a trace: where a record begins, what its head says |
//! | `trace` | CUCM's traces: sources, events, causes, timeline |
//! | `alarms` | alarms of CUCM's CDR services in syslog lines, alerts and mails |
//! | `mail` | mails as files: their text, and what is attached |
//! | `algorithms` | offers, the client's profiles, negotiation, remedies |
//! | `backlog` | what waits in CUCM's CDR repository, from the listings its command line prints |
//! | `diagnosis` | what follows from traces, waiting files and servers taken together |
//! | `learn` | what a client really proposes, out of logs and packet captures |
//! | `ssh` | the SSH wire: identification strings, packets, KEXINIT, and the sockets that carry them |
//! | `delivery` | a delivery as CUCM would make it, stage by stage |
//! | `model` | what the field talks of: offers, profiles, delivery files, stages |
//! | `document` | the answers as data: what `--json` prints |
//! | `recognise` | what an input is, by its content |
//! | `redact` | other names for hosts, clusters, files and users, in a whole document |
//! | `report` | documents rendered for people |
//! | `saved` | answers that were saved earlier, by cdrdiag, nmap or ssh-audit |
//! | `config` | the configuration file |
//! | `search` | folders searched through, within bounds |
//! | `bounds` | how much is read of each form of input |
//! | `unpacking` | what packed input may unpack to |
//! | `whole_file` | files that are written whole or not at all |
//! | `suggest` | "did you mean …?" |
//! | `words` | numbers, times and durations as people read them |
//! | `escape` | what came from a server or a trace, made harmless for a terminal |
//! | `plain` | what the system says of a file, in plain words |
//! | `interrupt` | Ctrl-C, for those who have a session to end |
//! | `exit` | the exit codes |
//!
//! Files and sockets are touched by `bounds`, `collect`, `commands`, `config`, `delivery`, `search`, `whole_file`, `ssh`'s
//! edges and `trace::sources` and `trace::input` alone. All else is pure: bytes and values in, values out.

pub mod alarms;
pub mod algorithms;
pub mod backlog;
mod bounds;
pub mod cli;
mod collect;
mod commands;
pub mod config;
pub mod cucm;
mod delivery;
mod diagnosis;
pub mod document;
pub mod escape;
mod exit;
mod interrupt;
pub mod learn;
pub mod log4j;
mod mail;
mod message;
pub mod model;
mod plain;
mod recognise;
mod redact;
pub mod report;
pub mod saved;
mod search;
pub mod ssh;
mod suggest;
mod tables;
pub mod text;
pub mod trace;
mod unpacking;
mod whole_file;
mod words;
mod wrap;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::help::Refusal;
use exit::UsageError;

/// Runs cdrdiag with these arguments (the program's name first) and says with which code to exit.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match cli::help::read(args) {
        Ok(cli) => cli,
        Err(Refusal::Usage(line)) => return exit::explain(&UsageError(line).into()).into(),
        Err(Refusal::Page(page)) => {
            // A page that was asked for is an answer; a closed pipe while printing it is nobody's mistake.
            let _ = page.print();
            return if page.use_stderr() { exit::Code::Usage } else { exit::Code::Ok }.into();
        }
    };
    match commands::dispatch(&cli) {
        Ok(code) => code.into(),
        Err(error) => exit::explain(&error).into(),
    }
}
