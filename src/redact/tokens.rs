//! Names and the tokens that stand for them.

use std::collections::HashMap;

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A host or an address.
    Host,
    /// A file or a folder.
    File,
    /// A cluster.
    Cluster,
    /// A node of a cluster.
    Node,
    /// A login.
    User,
    /// What a server says of itself.
    Remark,
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
        }
    }
}

/// The names seen so far.
#[derive(Debug, Default)]
pub struct Tokens {
    by_name: HashMap<(Kind, String), String>,
    counts: HashMap<Kind, usize>,
    /// Names that are to be found inside texts.
    known: Vec<(Kind, String)>,
}

impl Tokens {
    /// The token of a name. Hosts are the same in any case.
    pub fn of(&mut self, kind: Kind, name: &str) -> String {
        let name = if kind == Kind::Host { name.trim_end_matches('.').to_lowercase() } else { name.to_owned() };
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
        if !name.trim().is_empty() && !self.known.contains(&entry) {
            self.known.push(entry);
        }
        self.of(kind, name)
    }

    /// Names to be found inside texts, the longest first.
    pub fn names(&self, is: fn(Kind) -> bool) -> Vec<(Kind, String)> {
        let mut names: Vec<_> = self.known.iter().filter(|(kind, _)| is(*kind)).cloned().collect();
        names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        names
    }
}
