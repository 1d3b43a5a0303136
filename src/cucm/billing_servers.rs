//! Billing servers and CDR Management's settings out of the tables of the node's database. Their columns are not public
//! (the Data Dictionary names the tables alone), so they are told by what the names hold.

use super::table::Rows;
use crate::document::collect::{BillingServer, Protocol};

/// The longest preservation duration that CDR Management takes, in days (Cisco, Call Reporting and Billing
/// Administration Guide, "CDR Management": 1 to 30; later releases may take more).
const MOST_DAYS: u32 = 36_500;

/// Whether a table's protocols are numbers, which another table names.
pub(crate) fn are_numbered(rows: &Rows) -> bool {
    let is_number = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    rows.rows.iter().any(|row| rows.value(row, &["protocol"]).is_some_and(is_number))
}

/// The billing servers of `billingserver`; rows without a host are left out. `protocols` is the table that names the
/// protocols' numbers.
pub(crate) fn read(rows: &Rows, protocols: Option<&Rows>) -> Vec<BillingServer> {
    rows.rows.iter().filter_map(|row| billing_server(rows, row, protocols)).collect()
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

fn billing_server(rows: &Rows, row: &[Option<String>], protocols: Option<&Rows>) -> Option<BillingServer> {
    let value = |words: &[&str]| rows.value(row, words).map(str::to_owned);
    let host = value(&["hostname", "ipaddr", "host", "address", "server"]).filter(|host| !host.is_empty())?;
    let protocol = rows.value(row, &["protocol"]).and_then(|value| protocol(value, protocols));
    let resend = rows.value(row, &["resend"]).and_then(|value| match value {
        "t" | "1" | "true" => Some(true),
        "f" | "0" | "false" => Some(false),
        _ => None,
    });
    Some(BillingServer {
        host,
        user: value(&["userid", "username", "user", "login"]),
        directory: value(&["director", "path", "folder"]),
        protocol,
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
