//! What was written is removed again: over the connection that there is, or over a new one.

use std::time::Duration;

use ssh2::Channel;

use super::stages::{Delivery, Open, Seen};
use crate::ssh::connect;
use crate::ssh::deadline::Deadline;
use crate::ssh::login;
use crate::ssh::sftp::{Sftp, status};

/// What removing the file may take, on each of two connections.
const CLEAN_UP: Duration = Duration::from_secs(5);

impl Delivery {
    /// Removes what is still there: over this connection, or over a new one to the same server.
    pub(super) fn clean_up(&self, seen: Option<&Seen>, open: Option<Open>) {
        self.clock.set(Deadline::after(CLEAN_UP));
        if let Some(mut open) = open.filter(|open| open.link.is_open()) {
            open.link.limit_waiting();
            if self.remove_all(&mut open.sftp) {
                return;
            }
        }
        self.clock.set(Deadline::after(CLEAN_UP));
        if let Some(mut open) = seen.and_then(|seen| self.reopen(seen)) {
            self.remove_all(&mut open.sftp);
        }
    }

    /// Tries each once. Whether the server has answered about all of them.
    fn remove_all(&self, sftp: &mut Sftp<Channel>) -> bool {
        for path in self.written() {
            let gone = match sftp.remove(&path) {
                Ok(()) => true,
                Err(error) if error.status() == Some(status::NO_SUCH_FILE) => true,
                Err(error) if error.status().is_some() => {
                    // A file that was never made may not be removed either, and then says so in other words.
                    matches!(sftp.stat(&path), Err(error) if error.status() == Some(status::NO_SUCH_FILE))
                }
                Err(_) => return false,
            };
            if gone {
                self.removed(&path);
            }
        }
        true
    }

    /// A new login, to the same address and the same key only.
    pub(super) fn reopen(&self, seen: &Seen) -> Option<Open> {
        let (stream, _) = connect::to_one(seen.address, self.clock.deadline()).ok()?;
        let link = self.open(stream).link.ok()?;
        link.session.host_key().filter(|(key, _)| *key == seen.key)?;
        let methods = login::methods(&link.session, &self.order.user).ok()?;
        login::log_in(&link.session, &self.order.user, self.login.as_ref()?, &methods).ok()?;
        let sftp = link.sftp().ok()?;
        Some(Open { link, sftp })
    }

    /// What may still be there.
    pub(super) fn written(&self) -> Vec<String> {
        self.log.look(|answer| answer.left_behind.clone())
    }

    /// It is gone.
    pub(super) fn removed(&self, path: &str) {
        self.log.note(|answer| answer.left_behind.retain(|left| left != path));
    }
}
