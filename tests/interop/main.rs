//! cdrdiag against the real thing: OpenSSH's sshd under many configurations, Dropbear and tinyssh as servers, nmap
//! as a second reader of their offers, and JSch as the client.
//!
//! Needs sshd, ssh-keygen, dropbear, dropbearkey, tinysshd, tinysshd-makekey, nmap, javac, java and Debian's
//! libjsch-java; for saved answers ssh and ssh-audit. A test whose part is missing says on standard error that it was skipped; with
//! `CDRDIAG_REQUIRE_PEERS=1` it fails instead. Everything stays on 127.0.0.1.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has to fail")]

mod agreement;
mod answer;
mod backfill;
mod capture;
mod compare;
mod deliver;
mod hostile;
mod jsch;
mod learn;
mod nmap;
mod openssh;
mod parts;
mod process;
mod saved;
mod small_servers;
mod sshd;
#[path = "../support/mod.rs"]
mod support;
mod verdict;
