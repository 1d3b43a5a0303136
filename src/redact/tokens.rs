//! Names and the tokens that stand for them.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A host or an address.
    Host,
    /// A file or a folder.
    File,
    Cluster,
    /// A node of a cluster.
    Node,
    /// A login.
    User,
    /// What a server says of itself.
    Remark,
    /// An algorithm that is none of SSH's.
    Algorithm,
    /// A word that no table knows.
    Word,
}

impl Kind {
    /// A kind by its name in the table of fields.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "host" => Self::Host,
            "file" | "path" => Self::File,
            "cluster" => Self::Cluster,
            "node" => Self::Node,
            "user" => Self::User,
            "remark" => Self::Remark,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::File => "file",
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::User => "user",
            Self::Remark => "remark",
            Self::Algorithm => "algorithm",
            Self::Word => "word",
        }
    }
}

/// The longest name that is looked for in texts.
const MOST_BYTES: usize = 256;

/// An address, however it is spelled: in brackets, with a zone, mapped into IPv6, with leading zeros, as one number.
pub fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split('%').next().unwrap_or_default();
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let octets: Option<Vec<u8>> = bare.split('.').map(|octet| octet.parse().ok()).collect();
    let dotted = octets.and_then(|octets| <[u8; 4]>::try_from(octets).ok()).map(Ipv4Addr::from);
    // Eight digits may be a day.
    let whole = || bare.parse::<u32>().ok().filter(|_| bare.len() > 8).map(Ipv4Addr::from);
    dotted.or_else(whole).map(IpAddr::V4)
}

fn host(name: &str) -> String {
    address(name).map_or_else(|| name.trim_end_matches('.').to_lowercase(), |address| address.to_string())
}

/// The names seen so far.
#[derive(Debug, Default)]
pub struct Tokens {
    by_name: HashMap<(Kind, String), String>,
    counts: HashMap<Kind, usize>,
    /// Names that are to be found inside texts.
    known: HashSet<(Kind, String)>,
}

impl Tokens {
    /// The token of a name. Hosts are the same in any case, addresses in any spelling.
    pub fn of(&mut self, kind: Kind, name: &str) -> String {
        let name = match kind {
            Kind::Host => host(name),
            Kind::Word => name.to_lowercase(),
            _ => name.to_owned(),
        };
        if let Some(token) = self.by_name.get(&(kind, name.clone())) {
            return token.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let token = format!("{}-{count}", kind.word());
        self.by_name.insert((kind, name), token.clone());
        token
    }

    /// The token of a name that is to be found inside texts as well.
    pub fn known(&mut self, kind: Kind, name: &str) -> String {
        let entry = (kind, name.to_owned());
        // A longer one is no name, and is not kept in texts anyway.
        if !name.trim().is_empty() && name.len() <= MOST_BYTES {
            self.known.insert(entry);
        }
        self.of(kind, name)
    }

    /// Names to be found inside texts, the longest first.
    pub fn names(&self, is: fn(Kind) -> bool) -> Vec<(Kind, String)> {
        let mut names: Vec<_> = self.known.iter().filter(|(kind, _)| is(*kind)).cloned().collect();
        names.sort_by(|(_, one), (_, other)| (other.len(), one).cmp(&(one.len(), other)));
        names
    }
}
