//! What went wrong, and its cause: a table (`data/delivery_causes.tsv`) from the codes of libssh2, SFTP and our own to
//! the causes by which `parse-log` names the same trouble, whose table has the remedies.

use std::sync::LazyLock;

use crate::document::deliver::Failure;
use crate::model::stage::Stage;
use crate::ssh::trouble::{Source, Trouble};
use crate::trace::causes::Causes;

const TABLE: &str = include_str!("../../data/delivery_causes.tsv");

/// Any stage, any code.
const ANY: &str = "*";

impl Trouble {
    /// As the document tells it.
    pub(super) fn at(self, stage: Stage) -> Failure {
        let row = find(self.source, &self.code, stage);
        let cause = row.map(|row| row.cause);
        let remedy = row.and_then(|row| row.remedy.remedy(row.cause, stage));
        Failure { stage, cause: cause.map(str::to_owned), message: self.message, remedy: remedy.map(str::to_owned) }
    }
}

#[derive(Debug)]
struct Row {
    source: &'static str,
    code: &'static str,
    stage: &'static str,
    cause: &'static str,
    remedy: Advice,
}

/// Where a row's remedy comes from.
#[derive(Debug)]
enum Advice {
    /// The cause's usual one at the stage (`-`).
    Usual,
    /// The one of the message with which JSch tells the same (`as Auth fail`), where the cause has several.
    OfMessage(&'static str),
    /// Its own, where nobody but cdrdiag sees the trouble.
    Own(&'static str),
}

impl Advice {
    fn parse(text: &'static str) -> Self {
        match text.strip_prefix("as ") {
            Some(message) => Self::OfMessage(message),
            None if text == "-" => Self::Usual,
            None => Self::Own(text),
        }
    }

    fn remedy(&self, cause: &str, stage: Stage) -> Option<&'static str> {
        match self {
            Self::Usual => usual(cause, stage),
            Self::OfMessage(message) => Causes::builtin().classify(message).map(|found| found.remedy),
            Self::Own(text) => Some(text),
        }
    }
}

impl Row {
    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let (source, code, stage, cause) = (next()?, next()?, next()?, next()?);
        Some(Self { source, code, stage, cause, remedy: Advice::parse(next()?) })
    }
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| TABLE.lines().skip(1).filter_map(Row::parse).collect());
    &ROWS
}

/// The row that fits best: one for the very code before one for any, then one for the very stage.
fn find(source: Source, code: &str, stage: Stage) -> Option<&'static Row> {
    let fits = |row: &&Row| {
        row.source == source.name()
            && (row.code == code || row.code == ANY)
            && (row.stage == stage.name() || row.stage == ANY)
    };
    rows().iter().filter(fits).max_by_key(|row| (row.code == code, row.stage == stage.name()))
}

/// The remedy of the table that `parse-log` uses: the stage's own, else that of a transfer, which JSch does not
/// divide further, else the cause's most frequent one.
fn usual(cause: &str, stage: Stage) -> Option<&'static str> {
    let causes = Causes::builtin();
    let transfer = (stage >= Stage::SftpPath).then_some(Stage::Transfer);
    causes
        .remedy(cause, Some(stage))
        .or_else(|| causes.remedy(cause, Some(transfer?)))
        .or_else(|| causes.remedy(cause, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(source: Source, code: &str, stage: Stage) -> Option<String> {
        Trouble::new(source, code, "").at(stage).cause
    }

    #[test]
    fn every_row_leads_to_a_cause_of_the_common_table_and_to_a_remedy() {
        assert_eq!(rows().len(), TABLE.lines().count() - 1);
        for row in rows() {
            assert!(Causes::builtin().contains(row.cause), "{row:?}");
            let stages: Vec<_> = Stage::OF_A_DELIVERY.into_iter().filter(|stage| stage.name() == row.stage).collect();
            assert!(!stages.is_empty() || row.stage == ANY, "{row:?}");
            for stage in stages {
                assert!(row.remedy.remedy(row.cause, stage).is_some(), "{row:?}");
            }
            if let Advice::OfMessage(message) = row.remedy {
                assert_eq!(Causes::builtin().classify(message).map(|found| found.cause), Some(row.cause), "{row:?}");
            }
        }
        let keys: std::collections::BTreeSet<_> = rows().iter().map(|row| (row.source, row.code, row.stage)).collect();
        assert_eq!(keys.len(), rows().len(), "no key stands twice");
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
        let remedy = |trouble: Trouble, stage| trouble.at(stage).remedy.unwrap();
        let status = |code: &str| Trouble::new(Source::Sftp, code, "x");
        for (trouble, stage, says) in [
            (status("2"), Stage::SftpPath, "does not exist for this user: create it"),
            (Trouble::own("not_directory", "x"), Stage::SftpPath, "is a file: point it to a directory"),
            (status("19"), Stage::SftpPath, "is a file: point it to a directory"),
            (status("3"), Stage::SftpPath, "may not enter"),
            (status("2"), Stage::SftpWrite, "takes no file"),
            (status("10"), Stage::SftpWrite, "takes no file"),
            (status("3"), Stage::SftpWrite, "may not write there"),
            (status("2"), Stage::SftpRemove, "is gone"),
        ] {
            let (code, told) = (trouble.code.clone(), remedy(trouble, stage));
            assert!(told.contains(says), "{code} at {}: {told}", stage.name());
        }
    }

    #[test]
    fn the_remedy_is_parse_logs_unless_the_row_has_its_own() {
        let failure = Trouble::new(Source::Libssh2, "-18", "x").at(Stage::Authentication);
        let jsch = Causes::builtin().classify("Auth fail").unwrap();
        assert_eq!((failure.cause.as_deref(), failure.remedy.as_deref()), (Some(jsch.cause), Some(jsch.remedy)));
        let failure = Trouble::new(Source::Sftp, "3", "x").at(Stage::SftpWrite);
        assert_eq!(failure.remedy.as_deref(), Causes::builtin().remedy("permission_denied", Some(Stage::SftpWrite)));
        let failure = Trouble::own("host_key_unknown", "x").at(Stage::HostKey);
        assert!(failure.remedy.unwrap().contains("--host-key"));
    }
}
