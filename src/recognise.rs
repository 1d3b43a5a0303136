//! What an input is, by its content, whatever its name and whichever command it was given to. Pure: bytes in, a kind out.

use crate::cucm::session;
use crate::document::collect;
use crate::log4j::records::{self, Header, Line};
pub use crate::model::kind::Kind;
use crate::saved::{self, Form};
use crate::trace::sources::Format;
use crate::{alarms, backlog, learn, text};

/// As much of a file's beginning as shows what it is.
pub const HEAD: usize = 64 * 1024;

/// What something is that begins so; `None` where it is nothing that is known for sure, such as a single line out of a
/// trace.
pub fn kind(head: &[u8]) -> Option<Kind> {
    // Archives hold texts as they are, at times.
    if !matches!(Format::of(head), Format::Plain | Format::Mail) {
        return None;
    }
    let text = text::decode(head);
    if text.contains(collect::SCHEMA) {
        return Some(Kind::Collection);
    }
    let printed = session::printed_by_cucm(&text);
    if printed.is_some_and(|printed| !session::read("", printed.as_bytes()).node.is_empty()) {
        return Some(Kind::Session);
    }
    if is_trace(&text) {
        return Some(Kind::Trace);
    }
    // A trace's exception names both sides' lists, too; without the record around it, it is still a trace's.
    let is_exception = text.contains("JSchException") || text.contains("SSH_MSG_DISCONNECT");
    match saved::form(head) {
        Some(Form::JschLog) if is_exception => return None,
        Some(form) => return Some(Kind::SavedAnswer(form)),
        None => {}
    }
    match () {
        () if text.starts_with("\"cdrRecordType\"") => Some(Kind::Records),
        () if alarms::may_hold_alarms(&text) => Some(Kind::Alarms),
        () if backlog::listing::parse(head).is_listing() => Some(Kind::Listing),
        () if !is_exception && learn::text::is_server_log(&text) => Some(Kind::ServerLog),
        () => None,
    }
}

/// Whether a record stands in it, whole or at least with a class of the CDR Repository Manager's. ProFTPD's `mod_sftp`
/// writes the same time before its lines.
fn is_trace(text: &str) -> bool {
    text.lines().any(|line| {
        let Line::Start(at) = records::classify_line(line.as_bytes()) else { return false };
        let record = &line.as_bytes()[at..];
        let speaks = |class: &[u8]| memchr::memmem::find(record, class).is_some();
        Header::parse(record).is_some() || speaks(b" cdrrep.") || speaks(b" sftpapi.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECORD: &str =
        "2024-05-06 07:00:00,001 INFO  [Thread-9] cdrrep.CDRSender (CDRSender.java:1) - CDRSender for destination 1\n";

    fn of(text: &str) -> Option<Kind> {
        kind(text.as_bytes())
    }

    #[test]
    fn each_kind_is_known_by_its_content() {
        let listing = "admin:file list activelog /cm/cdr_repository/preserve/20240506/ detail\n\
                       06 May,2024 07:00:00  812  cdr_West_02_202405060700_11\ndir count = 0, file count = 1\n";
        let alarm = "May 6 07:00:00 pub local7 3 : 1: pub: May 06 2024 07:00:00.1 UTC : \
                     %UC_CDRREP-3-CDRFileDeliveryFailed: %[BillingServerAddress=192.0.2.8][NodeID=pub]: x\n";
        let nmap = "22/tcp open ssh\n| ssh2-enum-algos: \n|   kex_algorithms: (1)\n|       curve25519-sha256\n";
        for (text, expected) in [
            (RECORD, Kind::Trace),
            (listing, Kind::Listing),
            ("admin:utils service list\nCisco CDR Agent[STARTED]\n", Kind::Session),
            ("{\"schema\": \"cdrdiag/collect/v1\"", Kind::Collection),
            ("cdr_West_02_202405060700_11  cmr_West_02_202405060700_12\n", Kind::Listing),
            (alarm, Kind::Alarms),
            ("\"cdrRecordType\",\"globalCallID_callManagerId\"\nINTEGER,INTEGER\n1,2\n", Kind::Records),
            (nmap, Kind::SavedAnswer(Form::NmapText)),
            ("{\"schema\": \"cdrdiag/probe/v1\", \"targets\": [", Kind::SavedAnswer(Form::Cdrdiag)),
            ("(kex) curve25519-sha256  -- [info] available\n", Kind::SavedAnswer(Form::SshAuditText)),
            ("debug2: peer server KEXINIT proposal\n", Kind::SavedAnswer(Form::OpensshLog)),
            ("\u{d}\nINFO: kex: server: ecdh-sha2-nistp256\n", Kind::SavedAnswer(Form::JschLog)),
            (
                "Unable to negotiate with 192.0.2.1 port 9: no matching MAC found. Their offer: a [preauth]",
                Kind::ServerLog,
            ),
            ("May  6 07:00:00 bill sshd[41]: Accepted password for cdr from 192.0.2.1 port 9\n", Kind::ServerLog),
            (
                "2024-05-06 07:00:00,001 mod_sftp/1.0[7]: no shared MAC algorithm found (client sent 'a', server sent 'b')",
                Kind::ServerLog,
            ),
            (
                "{\"level\":\"debug\",\"error\":\"ssh: no common algorithm for MAC; client offered: [a], server offered: [b]\"}",
                Kind::ServerLog,
            ),
        ] {
            assert_eq!(of(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_windows_wrote_is_known_alike() {
        for text in [RECORD, "cdr_West_02_202405060700_11\r\ncmr_West_02_202405060700_12\r\n"] {
            for mark in ["", "\u{feff}"] {
                let wide = format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
                assert_eq!(kind(&wide), of(text), "{text}");
            }
        }
    }

    #[test]
    fn a_single_line_out_of_a_trace_stays_what_it_was_given_for() {
        for text in [
            "com.jcraft.jsch.JSchException: Auth fail",
            "Caused by: com.jcraft.jsch.JSchException: Algorithm negotiation fail: algorithmName=\"mac.c2s\" \
             jschProposal=\"a\" serverProposal=\"b\"",
            "SSH_MSG_DISCONNECT: 3 Unable to negotiate key exchange for MAC (client: a / server: b) en",
            "nothing of the kind",
            "PK\u{3}\u{4}\ncdr_West_02_202405060700_11\n",
            "",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_trace_that_holds_both_sides_lists_is_a_trace() {
        let log = format!("{RECORD}{}", RECORD.replace("CDRSender for destination 1", "kex: server: ssh-rsa"));
        assert_eq!(of(&log), Some(Kind::Trace));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = kind(&bytes);
        }
    }
}
