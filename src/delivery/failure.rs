//! What went wrong, and its cause: a table (`data/delivery_causes.tsv`) from the codes of libssh2, SFTP and our own to
//! the causes by which `parse-log` names the same error, and to the remedy.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::document::deliver::Failure;
use crate::model::stage::Stage;
use crate::ssh::error::{Source, SshError};
use crate::tables;
use crate::trace::causes::remedies::Remedy;

/// Any stage, any code.
const ANY: &str = "*";

/// What to do about an error that is met at this stage, where that is known.
pub(crate) fn remedy(stage: Stage, failure: &SshError) -> Option<&'static str> {
    find(failure.source, &failure.code, stage).map(|row| row.remedy.0)
}

impl SshError {
    /// As the document tells it.
    pub(super) fn at(self, stage: Stage) -> Failure {
        let row = find(self.source, &self.code, stage);
        Failure {
            stage,
            cause: row.map(|row| row.cause.clone()),
            message: self.message,
            remedy: row.map(|row| row.remedy.0.to_owned()),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Row {
    source: String,
    /// One or several with blanks between.
    code: String,
    stage: String,
    cause: String,
    remedy: Remedy,
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| tables::rows(include_str!("../../data/delivery_causes.tsv")));
    &ROWS
}

/// The row that fits best: one for the very code before one for any, then one for the very stage.
fn find(source: Source, code: &str, stage: Stage) -> Option<&'static Row> {
    let has_code = |row: &Row| row.code.split(' ').any(|one| one == code);
    let fits = |row: &&Row| {
        row.source == source.name()
            && (has_code(row) || row.code == ANY)
            && (row.stage == stage.name() || row.stage == ANY)
    };
    rows().iter().filter(fits).max_by_key(|row| (has_code(row), row.stage == stage.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::causes::Causes;

    fn cause(source: Source, code: &str, stage: Stage) -> Option<String> {
        SshError::new(source, code, "").at(stage).cause
    }

    #[test]
    fn every_row_leads_to_a_cause_of_the_common_table_and_stands_once() {
        let mut keys = std::collections::BTreeSet::new();
        for row in rows() {
            assert!(Causes::builtin().contains(&row.cause), "{row:?}");
            let is_stage = Stage::OF_A_DELIVERY.into_iter().any(|stage| stage.name() == row.stage);
            assert!(is_stage || row.stage == ANY, "{row:?}");
            for code in row.code.split(' ') {
                assert!(keys.insert((&row.source, code, &row.stage)), "{row:?}");
            }
        }
    }

    #[test]
    fn the_nearest_row_counts() {
        assert_eq!(cause(Source::Disconnect, "12", Stage::Identification).as_deref(), Some("server_limit"));
        assert_eq!(cause(Source::Disconnect, "99", Stage::KeyExchange).as_deref(), Some("server_disconnected"));
        assert_eq!(cause(Source::Connect, "timed_out", Stage::Resolve).as_deref(), Some("unknown_host"));
        assert_eq!(cause(Source::Connect, "timed_out", Stage::Connect).as_deref(), Some("timeout"));
        assert_eq!(cause(Source::Sftp, "3", Stage::SftpWrite).as_deref(), Some("permission_denied"));
        assert_eq!(cause(Source::Sftp, "99", Stage::SftpWrite), None, "no guess");
    }

    #[test]
    fn a_directory_that_is_missing_a_file_closed_or_takes_no_file_has_its_own_remedy() {
        let remedy = |failure: SshError, stage| failure.at(stage).remedy.unwrap();
        let status = |code: &str| SshError::new(Source::Sftp, code, "x");
        for (failure, stage, says) in [
            (status("2"), Stage::SftpPath, "does not exist for this user. Create it"),
            (SshError::own("not_directory", "x"), Stage::SftpPath, "is a file. Point it to a directory"),
            (status("19"), Stage::SftpPath, "is a file. Point it to a directory"),
            (status("3"), Stage::SftpPath, "may not enter"),
            (status("2"), Stage::SftpWrite, "accepts no file"),
            (status("10"), Stage::SftpWrite, "accepts no file"),
            (status("3"), Stage::SftpWrite, "may not write there"),
            (status("2"), Stage::SftpRemove, "is gone"),
        ] {
            let (code, told) = (failure.code.clone(), remedy(failure, stage));
            assert!(told.contains(says), "{code} at {}: {told}", stage.name());
        }
    }

    #[test]
    fn what_ends_a_connection_has_the_remedy_of_its_stage() {
        let remedy = |stage| SshError::new(Source::Libssh2, "-13", "x").at(stage).remedy.unwrap();
        assert!(remedy(Stage::Identification).contains("before it sent its SSH version"));
        assert!(remedy(Stage::KeyExchange).contains("during the key exchange"));
        assert!(remedy(Stage::SftpWrite).contains("while a file was sent"));
        assert!(remedy(Stage::SftpPath).contains("a firewall cut the connection"));
        let early = SshError::own("closed_before_kexinit", "x").at(Stage::KeyExchange).remedy.unwrap();
        assert!(early.contains("before the server sent its algorithm lists") && !early.contains("GEX"), "{early}");
        let failure = SshError::own("host_key_unknown", "x").at(Stage::HostKey);
        assert!(failure.remedy.unwrap().contains("--host-key"));
    }
}
