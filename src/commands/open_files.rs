//! How many targets fit into the files that the system lets this process have open: 1,024 on many a Linux, 256 on
//! macOS, until it asks for more. A socket too many would look like a server that can't be reached.

/// What one target has open at most: a handshake's connection, the relay's three sockets, and a resolver's.
#[cfg(unix)]
const EACH: u64 = 5;

/// What else is open: the outputs, a list of targets.
#[cfg(unix)]
const OTHERS: u64 = 16;

/// So many of the wanted targets at a time, after asking the system for as many files as that takes.
#[cfg(unix)]
pub fn affordable(wanted: usize) -> usize {
    let needed = (wanted as u64).saturating_mul(EACH).saturating_add(OTHERS);
    // Where the system doesn't say, the sockets themselves will.
    rlimit::increase_nofile_limit(needed).map_or(wanted, |granted| wanted.min(fitting(granted)))
}

/// Windows knows no such limit.
#[cfg(not(unix))]
pub fn affordable(wanted: usize) -> usize {
    wanted
}

#[cfg(unix)]
fn fitting(files: u64) -> usize {
    usize::try_from(files.saturating_sub(OTHERS) / EACH).unwrap_or(usize::MAX).max(1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn no_more_targets_at_once_than_files_for_them() {
        assert_eq!(fitting(256), 48);
        assert_eq!(fitting(1), 1, "one at a time is always tried");
        assert_eq!(affordable(1), 1);
        assert!(affordable(usize::MAX) < usize::MAX);
    }
}
