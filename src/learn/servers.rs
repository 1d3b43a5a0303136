//! What SSH servers other than OpenSSH's write of a client that they refuse: both sides' lists of one category, each
//! in words of its own.
//!
//! - Go's `x/crypto/ssh`, and so `SFTPGo`: `ssh: no common algorithm for key exchange; client offered: [a b], server
//!   offered: [c]`; since 2025 `we offered: [c], peer offered: [a b]`;
//! - ProFTPD's `mod_sftp` (`kex.c`): `no shared key exchange algorithm found (client sent 'a,b', server sent 'c')`, and
//!   in its trace `client-sent client encryption algorithms: a,b`;
//! - Apache MINA (`AbstractSession.negotiate`): `Unable to negotiate key exchange for kex algorithms (client: a,b /
//!   server: c)`;
//! - libssh (`kex.c`): `kex error : no match for method kex algos: server [c], client [a,b]`;
//! - Cerberus, since 9.0.6.1: `No common host key: [S: c] [C: a,b]`; before, in debug mode, all lists behind `Client
//!   Proposed:`;
//! - Cisco IOS (`%SSH-3-NO_MATCH`) and IOS XR, OpenSSH until 6.6: `no matching cipher found: client a,b server c`.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::model::offer::{Category, Offer};

/// Both sides' lists, as far as a line tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// The client's.
    pub client: Offer,
    pub server: Offer,
    /// The categories that the line does not tell itself: it names no direction.
    pub assumed: Vec<Category>,
}

/// One line of a log that tells lists of one category.
const ONE_CATEGORY: [&str; 8] = [
    r"no common algorithm for (?P<what>[A-Za-z ]+); client offered: \[(?P<client>[^\]]*)\], server offered: \[(?P<server>[^\]]*)",
    r"no common algorithm for (?P<what>[A-Za-z ]+); we offered: \[(?P<server>[^\]]*)\], peer offered: \[(?P<client>[^\]]*)",
    r"no shared (?P<what>[A-Za-z -]+?) algorithm found \(client sent '(?P<client>[^']*)', server sent '(?P<server>[^']*)",
    r"client-sent (?P<what>[A-Za-z ]+) algorithms: (?P<client>\S*)",
    r"Unable to negotiate key exchange for (?P<what>[A-Za-z ()]+?) \(client: ?(?P<client>[^\s/]*) ?/ ?server: (?P<server>[^)]*)",
    r"no match for method (?P<what>[A-Za-z >-]+): server \[(?P<server>[^\]]*)\], client \[(?P<client>[^\]]*)",
    r"No common (?P<what>[A-Za-z0-9 ]+): \[S: ?(?P<server>[^\]]*)\]\s*\[C: ?(?P<client>[^\]]*)",
    r"(?i)no matching (?P<what>[a-z ]+) found: client (?P<client>[^\s,]+(?:,[^\s,]+)*),? server (?P<server>[^\s\]]*)",
];

/// Cerberus before 9.0.6.1: cipher, MAC and compression of each direction in brackets.
const PROPOSAL: &str = r"Client Proposed: Kex: \((?P<kex>[^)]*)\) Host Key: \((?P<key>[^)]*)\) C2S ?: \((?P<c1>[^)]*)\), \((?P<m1>[^)]*)\), \((?P<z1>[^)]*)\) S2C ?: \((?P<c2>[^)]*)\), \((?P<m2>[^)]*)\), \((?P<z2>[^)]*)\)";

/// What every one of the forms holds one of, so that other lines cost no regular expression.
const MARKS: [&str; 7] =
    ["no common ", "No common ", "no shared ", "-sent ", "no match", "No match", "Unable to negotiate key exchange"];

/// Reads a line's lists; `None` where it tells none.
pub fn lists(message: &str) -> Option<Lists> {
    static FORMS: LazyLock<Vec<Regex>> =
        LazyLock::new(|| ONE_CATEGORY.iter().filter_map(|form| Regex::new(form).ok()).collect());
    static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PROPOSAL).ok());
    if message.contains("Client Proposed: ") {
        return WHOLE.as_ref()?.captures(message).map(|found| whole(&found));
    }
    if !MARKS.iter().any(|mark| message.contains(mark)) {
        return None;
    }
    let found = FORMS.iter().find_map(|form| form.captures(message))?;
    let categories = categories(found.name("what")?.as_str())?;
    let mut lists = Lists { assumed: categories.iter().skip(1).copied().collect(), ..Lists::default() };
    for category in categories {
        for (side, offer) in [("client", &mut lists.client), ("server", &mut lists.server)] {
            if let Some(list) = found.name(side) {
                offer.set(*category, names(list.as_str()));
            }
        }
    }
    Some(lists)
}

fn whole(found: &Captures<'_>) -> Lists {
    let mut lists = Lists::default();
    let groups = ["kex", "key", "c1", "c2", "m1", "m2", "z1", "z2"];
    for (category, group) in Category::NEGOTIATED.into_iter().zip(groups) {
        if let Some(list) = found.name(group) {
            lists.client.set(category, names(list.as_str()));
        }
    }
    lists
}

/// The names of a list, with commas or blanks between them; Go's newest also writes them in quotes.
fn names(list: &str) -> Vec<String> {
    let name = |name: &str| name.trim_matches(['"', '\\']).to_owned();
    list.split([',', ' ']).map(name).filter(|name| !name.is_empty()).collect()
}

/// What the server calls a category. Where no direction is told, servers go through client to server first.
fn categories(what: &str) -> Option<&'static [Category]> {
    let what = what.to_ascii_lowercase().replace(['-', '>', '(', ')'], " ");
    let words: Vec<&str> = what.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let to_server = has("c2s") || what.contains("client  server") || what.contains("client to server");
    let to_client = has("s2c") || what.contains("server  client") || what.contains("server to client");
    // ProFTPD's trace names the side that encrypts.
    let to_server = to_server || (words.first() == Some(&"client") && !to_client);
    let to_client = to_client || (words.first() == Some(&"server") && !to_server && !has("key"));
    let pair: [&'static [Category]; 3] = if has("compression") {
        [
            &[Category::CompressionC2s, Category::CompressionS2c],
            &[Category::CompressionC2s],
            &[Category::CompressionS2c],
        ]
    } else if has("mac") {
        [&[Category::MacC2s, Category::MacS2c], &[Category::MacC2s], &[Category::MacS2c]]
    } else if has("cipher") || has("encryption") {
        [&[Category::CipherC2s, Category::CipherS2c], &[Category::CipherC2s], &[Category::CipherS2c]]
    } else if has("hostkey") || (has("host") && has("key")) {
        return Some(&[Category::HostKey]);
    } else if has("kex") || what.contains("key exchange") {
        return Some(&[Category::Kex]);
    } else {
        return None;
    };
    let [both, client, server] = pair;
    Some(if to_server {
        client
    } else if to_client {
        server
    } else {
        both
    })
}

/// The client's address, where a line of a server's log tells it beside its lists.
pub fn address(message: &str) -> Option<String> {
    static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#""client_ip":"([^"\s]+)"|@/([0-9A-Fa-f.:]+):\d+\]|\[([0-9]+(?:\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:]+)\]: - |from <?([0-9]+(?:\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:.]+):\d+>?"#,
        )
        .ok()
    });
    let found = FORMS.as_ref()?.captures(message)?;
    found.iter().skip(1).flatten().next().map(|found| found.as_str().to_owned())
}

/// Whether a line of Cerberus' tells the server's list only.
pub fn is_first_half(message: &str) -> bool {
    message.contains("No common ") && message.contains(": [S: ") && !message.contains("[C: ")
}

/// Whether a line is the client's list that follows.
pub fn is_second_half(message: &str) -> bool {
    message.trim_start().starts_with("[C: ")
}

/// Which server refuses a client here without a word of its lists.
pub fn refusal_without_list(message: &str) -> Option<&'static str> {
    /// What stands in the line, and who writes it.
    const REFUSALS: [(&str, &str); 6] = [
        ("No matching algo ", "Dropbear (No matching algo)"),
        ("couldn't match all kex parts", "Twisted Conch (couldn't match all kex parts)"),
        ("Could not agree on key exchange parameters", "Cerberus (Could not agree on key exchange parameters)"),
        ("could not agree on key exchange parameters", "Cerberus (could not agree on key exchange parameters)"),
        ("Unable to negotiate a key exchange method", "sshd before 6.7 (Unable to negotiate a key exchange method)"),
        ("no hostkey alg", "sshd before 6.7 (no hostkey alg)"),
    ];
    REFUSALS.into_iter().find(|(text, _)| message.contains(text)).map(|(_, who)| who)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::split_list;
    use proptest::prelude::*;

    #[test]
    fn each_server_names_its_categories_in_its_own_words() {
        use Category::{CipherC2s, CompressionS2c, HostKey, Kex, MacC2s, MacS2c};
        for (line, category) in [
            ("ssh: no common algorithm for key exchange; client offered: [a b], server offered: [c]", Kex),
            (
                "ssh: no common algorithm for client to server cipher; client offered: [a b], server offered: [c]",
                CipherC2s,
            ),
            ("ssh: no common algorithm for host key; we offered: [c], peer offered: [a b]", HostKey),
            (
                r#"ssh: no common algorithm for server to client MAC; we offered: ["c"], peer offered: ["a" "b"]"#,
                MacS2c,
            ),
            ("no shared host key algorithm found (client sent 'a,b', server sent 'c')", HostKey),
            ("no shared client-to-server MAC algorithm found (client sent 'a,b', server sent 'c')", MacC2s),
            ("[9] <ssh2:8>: client-sent client encryption algorithms: a,b", CipherC2s),
            ("[9] <ssh2:8>: client-sent server MAC algorithms: a,b", MacS2c),
            ("[9] <ssh2:8>: client-sent server compression algorithms: a,b", CompressionS2c),
            ("Unable to negotiate key exchange for server host key algorithms (client: a,b / server: c)", HostKey),
            (
                "Unable to negotiate key exchange for mac algorithms (server to client) (client: a,b / server: c)",
                MacS2c,
            ),
            ("ssh_kex_select_methods:  kex error : no match for method kex algos: server [c], client [a,b]", Kex),
            ("kex error : no match for method server host key algo: server [c], client [a,b]", HostKey),
            ("kex error : no match for method mac algo client->server: server [c], client [a,b]", MacC2s),
            ("No common C2S mac: [S: c,] [C: a,b]", MacC2s),
            ("No common host key: [S: c] [C: a,b]", HostKey),
            ("%SSH-3-NO_MATCH: No matching kex algorithm found: client a,b server c", Kex),
            ("fatal: no matching mac found: client a,b server c [preauth]", MacC2s),
            ("%SECURITY-SSHD-6-INFO_GENERAL : no matching hostkey found: client a,b, server c", HostKey),
        ] {
            let lists = lists(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(lists.client.get(category), Some(split_list("a,b").as_slice()), "{line}");
            let server = lists.server.get(category);
            assert!(server.is_none_or(|list| list == ["c"]), "{line}: {server:?}");
            assert!(!lists.assumed.contains(&category), "{line}");
        }
    }

    #[test]
    fn a_direction_that_is_not_told_is_assumed() {
        let lists = lists("%SSH-3-NO_MATCH: No matching cipher found: client a,b server c").unwrap();
        assert_eq!(lists.client.get(Category::CipherS2c), Some(split_list("a,b").as_slice()));
        assert_eq!(lists.assumed, [Category::CipherS2c]);
    }

    #[test]
    fn cerberus_tells_all_lists_in_one_line() {
        let line = "Client Proposed: Kex: (k1,k2) Host Key: (h) C2S : (c1), (m1), (z1) S2C : (c2), (m2), (z2)";
        let lists = lists(line).unwrap();
        let lists = Category::NEGOTIATED.map(|category| lists.client.get(category).unwrap().join(","));
        assert_eq!(lists, ["k1,k2", "h", "c1", "c2", "m1", "m2", "z1", "z2"]);
    }

    #[test]
    fn the_clients_address_is_found_in_each_frame() {
        for line in [
            r#"{"sender":"connection_failed","client_ip":"192.0.2.9","error":"x"}"#,
            "exceptionCaught(ServerSessionImpl[null@/192.0.2.9:51234])[state=Opened] x",
            "[2024-11-08 14:07:39]: ERROR [ 12] - [192.0.2.9]: - No common host key: x",
            "Exit before auth from <192.0.2.9:57154>: No matching algo kex",
        ] {
            assert_eq!(address(line).as_deref(), Some("192.0.2.9"), "{line}");
        }
        assert_eq!(address("a line without one"), None);
    }

    #[test]
    fn other_lines_tell_no_lists() {
        for line in ["no matching record found", "server-sent key exchange algorithms: a,b", "No common sense: []"] {
            assert_eq!(lists(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(no common algorithm for |no match for method |No common |: \\[S: |\\] \\[C: |kex|client|[a-z,.:> \\]-]|\\PC){0,20}") {
            let _ = lists(&text);
            let _ = address(&text);
        }
    }
}
