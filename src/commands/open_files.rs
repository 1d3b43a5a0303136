//! How many targets fit into the files that the system lets this process have open: 1,024 on many a Linux, 256 on
//! macOS, until it asks for more. A socket too many would look like a server that can't be reached.

/// The most handshakes at a time: each computes, and more of them only wait for each other.
const HANDSHAKES: usize = 256;

/// What one target has open while its lists are read: a socket for each of two addresses, and a resolver's.
#[cfg(unix)]
const EACH: usize = 3;

/// What a handshake has open: its connection, and the relay's two sockets.
#[cfg(unix)]
const EACH_HANDSHAKE: usize = 3;

/// What else is open: the outputs, a list of targets, what watches the connections.
#[cfg(unix)]
const OTHERS: usize = 16;

/// What may be under way at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affordable {
    /// Targets that are read.
    pub targets: usize,
    /// Targets of these with which hands are shaken.
    pub handshakes: usize,
}

/// So many of the wanted targets at a time, after asking the system for as many files as that takes; `shake_hands`: with
/// some of them.
#[cfg(unix)]
pub fn affordable(wanted: usize, shake_hands: bool) -> Affordable {
    let handshakes = if shake_hands { wanted.min(HANDSHAKES) } else { 0 };
    let needed = wanted.saturating_mul(EACH).saturating_add(handshakes * EACH_HANDSHAKE + OTHERS);
    // Where the system doesn't say, the sockets themselves will.
    let granted = rlimit::increase_nofile_limit(needed as u64);
    let fitting = granted.map_or(wanted, |granted| fitting(granted, handshakes));
    Affordable { targets: wanted.min(fitting).max(1), handshakes: handshakes.min(fitting) }
}

/// Windows knows no such limit.
#[cfg(not(unix))]
pub fn affordable(wanted: usize, shake_hands: bool) -> Affordable {
    Affordable { targets: wanted.max(1), handshakes: if shake_hands { wanted.min(HANDSHAKES) } else { 0 } }
}

/// How many targets so many files are enough for, where as many of them shake hands as may.
#[cfg(unix)]
fn fitting(files: u64, handshakes: usize) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(OTHERS);
    let with_all = files.saturating_sub(handshakes * EACH_HANDSHAKE) / EACH;
    with_all.max(handshakes.min(files / (EACH + EACH_HANDSHAKE))).max(1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn no_more_targets_at_once_than_files_for_them() {
        assert_eq!(fitting(256, 128), 40);
        assert_eq!(fitting(1_024, 128), 208);
        assert_eq!(fitting(1_024, 0), 336);
        assert_eq!(fitting(4_096, 128), 1_232);
        assert_eq!(fitting(1, 1), 1, "one at a time is always tried");
        assert_eq!(affordable(1, true), Affordable { targets: 1, handshakes: 1 });
        assert_eq!(affordable(1, false), Affordable { targets: 1, handshakes: 0 });
        assert!(affordable(usize::MAX, true).targets < usize::MAX);
    }
}
