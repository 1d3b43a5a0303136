//! Billing servers and CDR Management's settings out of the tables of the node's database. Their columns are not public
//! (the Data Dictionary names the tables alone), so they are told by what the names hold.

use super::table::Rows;
use crate::document::collect::{BillingServer, Protocol};

/// The longest preservation duration that CDR Management takes, in days (Cisco, Call Reporting and Billing
/// Administration Guide, "CDR Management": 1 to 30; later releases may take more).
const MOST_DAYS: u32 = 36_500;

/// What is read of a billing server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// How files are sent.
    Protocol,
    /// Whether CUCM sends again what could not be delivered.
    Resend,
    /// Where to.
    Directory,
    /// The account.
    User,
    /// Host name or address.
    Host,
}

impl Part {
    /// All of them. A column is the first that its name fits: `tkbillingserverprotocol` names no server.
    const ALL: [Self; 5] = [Self::Protocol, Self::Resend, Self::Directory, Self::User, Self::Host];

    /// What a column's name holds, the surest first.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Protocol => &["protocol", "proto"],
            Self::Resend => &["resend"],
            Self::Directory => &["director", "path", "folder", "dir"],
            Self::User => &["userid", "username", "user", "login"],
            Self::Host => &["hostname", "ipaddr", "host", "address", "server"],
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Resend => "Resend on Failure",
            Self::Directory => "directory",
            Self::User => "user",
            Self::Host => "host",
        }
    }
}

/// The columns of `billingserver`, by what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Columns(Vec<(Part, usize)>);

impl Columns {
    pub(crate) fn of(names: &[String]) -> Self {
        let mut found = Self::default();
        // Keys of the table and of others name nothing.
        let is_key = |name: &str| name.starts_with("pk") || name.starts_with("fk");
        for part in Part::ALL {
            let free = |at: &usize| !found.0.iter().any(|(_, taken)| taken == at);
            let holds = |mark: &&str| {
                let fit = names.iter().enumerate().filter(|(_, name)| name.contains(*mark) && !is_key(name));
                fit.map(|(at, _)| at).find(free)
            };
            let column = part.marks().iter().find_map(holds);
            found.0.extend(column.map(|at| (part, at)));
        }
        found
    }

    /// Where they stand, in the table's order.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut places: Vec<_> = self.0.iter().map(|(_, at)| *at).collect();
        places.sort_unstable();
        places
    }

    /// What no column holds.
    pub(crate) fn missing(&self) -> Vec<Part> {
        Part::ALL.into_iter().filter(|part| self.at(*part).is_none()).collect()
    }

    fn at(&self, part: Part) -> Option<usize> {
        self.0.iter().find(|(found, _)| *found == part).map(|(_, at)| *at)
    }

    fn value<'a>(&self, row: &'a [Option<String>], part: Part) -> Option<&'a str> {
        row.get(self.at(part)?)?.as_deref()
    }
}

/// Whether a table's protocols are numbers, which another table names.
pub(crate) fn are_numbered(rows: &Rows) -> bool {
    let columns = Columns::of(&rows.names);
    let is_number = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    rows.rows.iter().any(|row| columns.value(row, Part::Protocol).is_some_and(is_number))
}

/// The billing servers of `billingserver`; rows without a host are left out. `protocols` is the table that names the
/// protocols' numbers.
pub(crate) fn read(rows: &Rows, protocols: Option<&Rows>) -> Vec<BillingServer> {
    let columns = Columns::of(&rows.names);
    rows.rows.iter().filter_map(|row| billing_server(&columns, row, protocols)).collect()
}

/// "CDR / CMR Files Preservation Duration (Days)" of `cdrmconfig`: its one row, or rows of a name and a value. `None`
/// where the table leaves a doubt.
pub(crate) fn preserve_days(rows: &Rows) -> Option<u32> {
    let is_meant = |name: &str| name.contains("preserv");
    let columns = rows.names.iter().enumerate().filter(|(_, name)| is_meant(name)).map(|(column, _)| column);
    let in_columns = rows.rows.iter().flat_map(|row| columns.clone().map(move |column| row.get(column)?.as_deref()));
    let named = |row: &Vec<Option<String>>| row.iter().flatten().any(|value| is_meant(&value.to_lowercase()));
    let in_rows = rows.rows.iter().filter(|row| named(row)).flat_map(|row| row.iter().map(Option::as_deref));
    let mut days: Vec<u32> =
        in_columns.chain(in_rows).flatten().filter_map(|value| value.trim().parse().ok()).collect();
    days.retain(|days| (1..=MOST_DAYS).contains(days));
    days.sort_unstable();
    days.dedup();
    if let [days] = days.as_slice() { Some(*days) } else { None }
}

fn billing_server(columns: &Columns, row: &[Option<String>], protocols: Option<&Rows>) -> Option<BillingServer> {
    let value = |part| columns.value(row, part).map(str::to_owned);
    let is_host = |host: &String| !host.is_empty() && !host.contains(char::is_whitespace);
    let resend = columns.value(row, Part::Resend).and_then(|value| match value.to_ascii_lowercase().as_str() {
        "t" | "1" | "true" | "y" | "yes" => Some(true),
        "f" | "0" | "false" | "n" | "no" => Some(false),
        _ => None,
    });
    Some(BillingServer {
        host: value(Part::Host).filter(is_host)?,
        user: value(Part::User),
        directory: value(Part::Directory),
        protocol: columns.value(row, Part::Protocol).and_then(|value| protocol(value, protocols)),
        resend_on_failure: resend,
    })
}

/// A protocol by its name, or by the number under which a table names it.
fn protocol(value: &str, names: Option<&Rows>) -> Option<Protocol> {
    let name = names.and_then(|names| {
        let row = names.rows.iter().find(|row| names.value(row, &["enum"]) == Some(value))?;
        names.value(row, &["name", "moniker"])
    });
    match name.unwrap_or(value).to_ascii_uppercase() {
        name if name.contains("SFTP") => Some(Protocol::Sftp),
        name if name.contains("FTP") => Some(Protocol::Ftp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    fn rows(text: &str) -> Rows {
        table::parse(text).unwrap()
    }

    #[test]
    fn a_billing_server_is_read_by_what_its_columns_names_hold() {
        let servers = rows(
            "pkid hostname userid directory resendonfailure tkbillingserverprotocol\n\
             ==== ======== ====== ========= =============== =======================\n\
             a    10.0.0.5 cdr    /in       t               1\nb             x      /         f               2\n",
        );
        let names = rows("enum name\n==== ====\n1    SFTP\n2    FTP\n");
        assert!(are_numbered(&servers));
        let found = read(&servers, Some(&names));
        assert_eq!(found.len(), 1, "a row without a host is no server: {found:?}");
        assert_eq!((found[0].host.as_str(), found[0].protocol), ("10.0.0.5", Some(Protocol::Sftp)));
        assert_eq!(found[0].resend_on_failure, Some(true));
    }

    #[test]
    fn a_column_holds_one_thing_whatever_their_order_and_what_none_holds_is_missing() {
        let servers = rows(
            "fkserver tkbillingserverprotocol serverdirectory ipaddress\n\
             ======== ======================= =============== =========\n\
             x        FTP                     /in             10.0.0.5\n",
        );
        let found = read(&servers, None);
        assert_eq!((found[0].host.as_str(), found[0].directory.as_deref()), ("10.0.0.5", Some("/in")));
        assert_eq!(found[0].protocol, Some(Protocol::Ftp));
        assert_eq!(Columns::of(&servers.names).missing(), [Part::Resend, Part::User]);
        let strange = rows("tkbillingserverprotocol foo\n======================= ===\n1 2\n");
        assert_eq!((read(&strange, None).len(), Columns::of(&strange.names).missing().len()), (0, 4));
    }

    #[test]
    fn the_preservation_duration_is_read_where_nothing_else_may_be_meant() {
        let days = |text: &str| preserve_days(&rows(text));
        assert_eq!(
            days("diskallocation preservationduration\n============== ====================\n3000           30\n"),
            Some(30)
        );
        assert_eq!(
            days(
                "paramname            paramvalue\n==================== ==========\nPreservationDuration 21\nHighWaterMark        80\n"
            ),
            Some(21)
        );
        assert_eq!(
            days("cdrpreservedays carpreservedays\n=============== ===============\n30              60\n"),
            None
        );
        assert_eq!(days("preservationduration\n====================\nNULL\n"), None);
        assert_eq!(days("highwatermark\n=============\n80\n"), None);
    }
}
