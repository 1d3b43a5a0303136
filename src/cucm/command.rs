//! The commands that may be sent to a node. There is no other way to its command line: what is not a [`Command`] cannot
//! be written to it. All of them read; `set cli pagination off` counts for the session alone.

use std::fmt;

/// A path below `activelog` without anything that the command line could take for more than a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePath(String);

impl NodePath {
    /// The longest path: a prompt's line has its limits.
    const MOST: usize = 200;

    /// Checks a path, of which a part may come from the node. `None` where it holds anything but letters, digits, `_`,
    /// `-`, `.` and `/`, or climbs up.
    pub fn new(path: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let climbs = path.split('/').any(|part| part == "..");
        let fits = path.starts_with("/cm/") && path.len() <= Self::MOST && path.chars().all(allowed) && !climbs;
        fits.then(|| Self(path.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A table of the node's database (Data Dictionary, tables 385 and 386).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    BillingServer,
    /// The settings of CDR Management.
    CdrmConfig,
    /// The protocols of billing servers, which their table names by number.
    BillingServerProtocol,
}

impl Table {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::BillingServer => "billingserver",
            Self::CdrmConfig => "cdrmconfig",
            Self::BillingServerProtocol => "typebillingserverprotocol",
        }
    }
}

/// A column that may be read: one that holds no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column(String);

impl Column {
    /// Checks a name out of the catalogue.
    pub fn new(name: &str) -> Option<Self> {
        const SECRETS: [&str; 6] = ["pass", "pwd", "secret", "credential", "_pin", "key"];
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64;
        let is_safe = !SECRETS.iter().any(|secret| name.contains(secret)) || name.starts_with("pkid");
        (is_name && name.chars().all(allowed) && is_safe).then(|| Self(name.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything that is ever sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// No pager in this session.
    PaginationOff,
    /// The release.
    Version,
    /// Host name, time zone, disks.
    Status,
    /// Whether FIPS mode is on.
    Fips,
    Services,
    /// A folder's content, or one file's line.
    List(NodePath),
    /// A text file.
    View(NodePath),
    /// The columns of a table.
    Columns(Table),
    /// These columns of a table.
    Select(Table, Vec<Column>),
    /// The end of the session.
    Exit,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PaginationOff => f.write_str("set cli pagination off"),
            Self::Version => f.write_str("show version active"),
            Self::Status => f.write_str("show status"),
            Self::Fips => f.write_str("utils fips status"),
            Self::Services => f.write_str("utils service list"),
            Self::List(path) => write!(f, "file list activelog {} detail", path.0),
            Self::View(path) => write!(f, "file view activelog {}", path.0),
            Self::Columns(table) => write!(
                f,
                "run sql select c.colname from systables t, syscolumns c where t.tabid=c.tabid and t.tabname='{}'",
                table.name()
            ),
            Self::Select(table, columns) => {
                let columns: Vec<_> = columns.iter().map(Column::as_str).collect();
                write!(f, "run sql select {} from {}", columns.join(","), table.name())
            }
            Self::Exit => f.write_str("exit"),
        }
    }
}

/// A key that answers a pager or a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The next page of an ordinary command.
    Page,
    /// The next page of the viewer.
    Next,
    /// Leaves the viewer.
    Quit,
    /// No, to whatever is asked.
    No,
    /// Ends the answer where the key alone does not do it.
    Enter,
}

impl Key {
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Page => b" ",
            Self::Next | Self::No => b"n",
            Self::Quit => b"q",
            Self::Enter => b"\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_column_that_may_hold_a_password_cannot_be_asked_for() {
        for name in
            ["password", "ftppwd", "passwd", "secretkey", "encryptedcredential", "user_pin", "a b", "x;y", "*", ""]
        {
            assert_eq!(Column::new(name), None, "{name}");
        }
        assert!(Column::new("hostname").is_some() && Column::new("tkbillingserverprotocol").is_some());
    }

    #[test]
    fn a_path_is_a_name_and_nothing_more() {
        for path in ["/cm/../etc", "/etc/passwd", "/cm/a b", "/cm/a;b", "/cm/a\nb", "/cm/a|b", "/cm/*"] {
            assert_eq!(NodePath::new(path), None, "{path}");
        }
        assert!(NodePath::new("/cm/trace/cdrrep/log4j/cdrrepmgr00073.log").is_some());
    }

    proptest! {
        #[test]
        fn whatever_the_node_names_no_other_command_comes_of_it(name in "\\PC{0,60}", path in "(/cm/)?\\PC{0,60}") {
            let path = NodePath::new(&path);
            let commands = path.into_iter().flat_map(|path| [Command::List(path.clone()), Command::View(path)]);
            let column = Column::new(&name).map(|column| Command::Select(Table::BillingServer, vec![column]));
            for command in commands.chain(column) {
                let text = command.to_string();
                let begins = ["file list activelog /cm/", "file view activelog /cm/", "run sql select "];
                prop_assert!(begins.iter().any(|begin| text.starts_with(begin)), "{text}");
                prop_assert!(!text.contains(['\n', '\r', ';', '|', '\x1b', '\x03', '&', '`', '$']), "{text}");
                prop_assert_eq!(text.split(' ').count(), if text.starts_with("file view") { 4 } else if text.starts_with("run") { 6 } else { 5 });
            }
        }
    }
}
