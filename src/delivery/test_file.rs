//! The test file: named in the form of a CDR file's name (`cdr_<cluster>_<node>_<time>_<sequence>`), and yet such that
//! no billing server takes it for one.

use chrono::{DateTime, Utc};

/// Bytes of the file: about as many as a CDR file with a few calls has.
pub(super) const BYTES: usize = 2_048;

/// The file's name. Its kind is `test`, so neither `cdr_*` and `cmr_*` nor `*cdr_*` and `*cmr_*` match it, and nothing
/// that begins with `cdr`; the cluster's name says whose it is. `sequence` keeps two of the same minute apart.
pub(super) fn name(now: DateTime<Utc>, sequence: u64) -> String {
    format!("test_cdrdiag_01_{}_{sequence}", now.format("%Y%m%d%H%M"))
}

/// A number that two runs hardly share: a file that is there already is never overwritten, but a second run of the
/// same minute should not fail over it.
pub(super) fn first_sequence(now: DateTime<Utc>) -> u64 {
    let nanoseconds = u64::from(now.timestamp_subsec_nanos());
    1_000_000 + (nanoseconds ^ u64::from(std::process::id())) % 1_000_000_000
}

/// The content: lines that say to whoever opens it what it is.
pub(super) fn content() -> Vec<u8> {
    b"This is a delivery test by cdrdiag, no call detail record. It may be deleted.\n"
        .iter()
        .copied()
        .cycle()
        .take(BYTES - 1)
        .chain([b'\n'])
        .collect()
}

/// A file's path in a directory of the server's.
pub(super) fn path(directory: &str, name: &str) -> String {
    if directory.ends_with('/') { format!("{directory}{name}") } else { format!("{directory}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::delivery_file::DeliveryFile;

    #[test]
    fn no_billing_server_takes_it_for_a_cdr_file() {
        let now = Utc::now();
        let name = name(now, first_sequence(now));
        assert!(name.starts_with("test_cdrdiag_01_20"), "{name}");
        assert!(!name.contains("cdr_") && !name.contains("cmr_"), "{name}");
        assert!(DeliveryFile::parse(&name).is_none());
        let real = name.replace("test_", "cdr_");
        assert!(DeliveryFile::parse(&real).is_some(), "apart from its kind it has a CDR file's form: {real}");
    }

    #[test]
    fn its_content_says_what_it_is_and_has_its_size() {
        let content = content();
        assert_eq!(content.len(), BYTES);
        assert!(content.starts_with(b"This is a delivery test") && content.ends_with(b"\n"));
    }

    #[test]
    fn a_path_has_one_slash() {
        assert_eq!(path("/", "x"), "/x");
        assert_eq!(path("/cdr", "x"), "/cdr/x");
    }
}
