//! sshd at `LogLevel DEBUG2` and above prints both sides' KEXINIT (`kex.c`), a category a line, behind a heading:
//!
//! - `debug2: peer client KEXINIT proposal`, `debug2: local server KEXINIT proposal` (since 6.8), then `debug2: KEX
//!   algorithms: a,b` and so on;
//! - until 6.7 without headings or names, `debug2: kex_parse_kexinit: a,b` ten times for its own list and ten times for
//!   the client's.

use crate::model::offer::Category;

/// Whose lists follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client's.
    Client,
    Server,
}

/// Reads the lines of one process.
#[derive(Debug, Clone, Default)]
pub struct Proposals {
    side: Option<Side>,
    unnamed: usize,
}

/// A category's list in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Whose.
    pub side: Side,
    pub category: Category,
    /// The names with commas.
    pub list: &'a str,
    /// sshd cut its message off within the list.
    pub is_cut: bool,
}

/// sshd's messages end here (`MSGBUFSIZ` in `log.c` is 1024 bytes, some taken by what stands before).
const LONGEST: usize = 1_000;

/// How sshd names the lists, in KEXINIT's order.
const NAMES: [&str; 10] = [
    "KEX algorithms: ",
    "host key algorithms: ",
    "ciphers ctos: ",
    "ciphers stoc: ",
    "MACs ctos: ",
    "MACs stoc: ",
    "compression ctos: ",
    "compression stoc: ",
    "languages ctos: ",
    "languages stoc: ",
];

impl Proposals {
    /// Reads a message. What stands before `debug2: ` is the log's frame.
    pub fn read<'a>(&mut self, message: &'a str) -> Option<Line<'a>> {
        let at = message.find("debug2: ")?;
        let text = message.get(at..)?.strip_prefix("debug2: ")?;
        if let Some(heading) = text.split(" KEXINIT proposal").next().filter(|heading| heading.len() < text.len()) {
            self.side = match heading {
                "peer client" => Some(Side::Client),
                "local server" => Some(Side::Server),
                // An SSH client's own log.
                _ => None,
            };
            return None;
        }
        if text.starts_with("reserved ") {
            self.side = None;
        }
        let (side, category, rest) = self.named(text).or_else(|| self.unnamed(text))?;
        let list = rest.split([' ', '\t']).next().unwrap_or_default();
        let is_cut = list.len() == rest.len() && message.len() - at >= LONGEST;
        Some(Line { side, category, list, is_cut })
    }

    fn named<'a>(&self, text: &'a str) -> Option<(Side, Category, &'a str)> {
        let side = self.side?;
        let named = NAMES.iter().zip(Category::ALL);
        named.into_iter().find_map(|(name, category)| Some((side, category, text.strip_prefix(name)?)))
    }

    fn unnamed<'a>(&mut self, text: &'a str) -> Option<(Side, Category, &'a str)> {
        let rest = text.strip_prefix("kex_parse_kexinit: ")?;
        if rest.starts_with("first_kex_follows") || rest.starts_with("reserved") {
            return None;
        }
        let number = self.unnamed;
        self.unnamed += 1;
        let side = if (number / NAMES.len()).is_multiple_of(2) { Side::Server } else { Side::Client };
        Some((side, *Category::ALL.get(number % NAMES.len())?, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<(Side, Category, String, bool)> {
        let mut proposals = Proposals::default();
        let found = lines.iter().filter_map(|line| {
            let line = proposals.read(line)?;
            Some((line.side, line.category, line.list.to_owned(), line.is_cut))
        });
        found.collect()
    }

    #[test]
    fn lists_belong_to_the_heading_before_them() {
        let found = read(&[
            "debug2: KEX algorithms: nobodys",
            "debug2: local server KEXINIT proposal [preauth]",
            "debug2: KEX algorithms: s [preauth]",
            "debug2: reserved 0 [preauth]",
            "debug2: MACs ctos: nobodys",
            "host sshd[1]: debug2: peer client KEXINIT proposal [preauth]",
            "host sshd[1]: debug2: ciphers stoc: a,b [preauth]",
        ]);
        let expected = [
            (Side::Server, Category::Kex, "s".to_owned(), false),
            (Side::Client, Category::CipherS2c, "a,b".to_owned(), false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn without_headings_the_second_ten_lists_are_the_clients() {
        let lines: Vec<String> = (0..20).map(|number| format!("debug2: kex_parse_kexinit: n{number}")).collect();
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.insert(10, "debug2: kex_parse_kexinit: first_kex_follows 0 ");
        lines.insert(11, "debug2: kex_parse_kexinit: reserved 0 ");
        let found = read(&lines);
        assert_eq!(
            (found[9].0, found[10].0, found[10].1, found[11].2.as_str()),
            (Side::Server, Side::Client, Category::Kex, "n11")
        );
    }

    #[test]
    fn a_list_that_ends_with_a_message_of_full_length_is_cut_and_one_before_a_cut_mark_is_not() {
        let names = "a-name-of-some-length,".repeat(46);
        let cut = format!("debug2: host key algorithms: {}", &names[..990]);
        let whole = format!("debug2: host key algorithms: {} [preaut", &names[..985]);
        let heading = "debug2: peer client KEXINIT proposal [preauth]";
        assert!(read(&[heading, &cut])[0].3);
        assert!(!read(&[heading, &whole])[0].3);
    }

    #[test]
    fn what_an_ssh_client_prints_of_itself_is_left_out() {
        assert!(read(&["debug2: local client KEXINIT proposal", "debug2: KEX algorithms: a"]).is_empty());
    }
}
