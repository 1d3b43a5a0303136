//! Targets as people write them: `host`, `host:port`, `[v6]:port`, a bare IPv6 address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host and a TCP port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    host: String,
    port: u16,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetSyntaxError {
    /// There is nothing.
    #[error("an empty target")]
    Empty,
    /// The port is no number from 1 to 65535.
    #[error("{0:?} is not a port: give a number from 1 to 65535")]
    Port(String),
    /// A bracket without its fellow, or something odd behind it.
    #[error("{0:?} has brackets that do not fit: write [2001:db8::5]:22")]
    Brackets(String),
    /// What stands in brackets, or holds several colons, is no IPv6 address.
    #[error("{0:?} is not an IPv6 address")]
    Address(String),
    /// Four numbers with dots that are no address.
    #[error("{0:?} is not an IPv4 address")]
    V4(String),
    /// A number alone, which the system would take for an address: a port whose colon was forgotten.
    #[error("{0} is not a host: did you mean HOST:{0}?")]
    Number(String),
    /// A user's name or a scheme stands before the host.
    #[error("{0:?}: give the host alone, without user or sftp://")]
    NotAlone(String),
    /// A character that no host name holds.
    #[error("{0:?} is not a host name")]
    Name(String),
}

impl Target {
    /// Reads a target; the port is `default_port` where it names none.
    ///
    /// # Errors
    /// When it is no host or its port is none.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, TargetSyntaxError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetSyntaxError::Empty);
        }
        if text.contains('@') || text.contains("://") {
            return Err(TargetSyntaxError::NotAlone(text.to_owned()));
        }
        if text.starts_with('[') {
            return Self::bracketed(text, default_port);
        }
        match text.matches(':').count() {
            0 => Self::named(text, default_port),
            1 => {
                let (host, port_text) = text.split_once(':').unwrap_or((text, ""));
                Self::named(host, port(port_text)?)
            }
            _ => Self::v6(text, default_port),
        }
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn bracketed(text: &str, default_port: u16) -> Result<Self, TargetSyntaxError> {
        let brackets = || TargetSyntaxError::Brackets(text.to_owned());
        let (host, rest) = text.trim_start_matches('[').split_once(']').ok_or_else(brackets)?;
        match rest.strip_prefix(':') {
            None if rest.is_empty() => Self::v6(host, default_port),
            None => Err(brackets()),
            Some(port_text) => Self::v6(host, port(port_text)?),
        }
    }

    /// An IPv6 address, with its zone where it has one (`fe80::1%eth0`).
    fn v6(host: &str, port: u16) -> Result<Self, TargetSyntaxError> {
        let (address, zone) = host.split_once('%').unwrap_or((host, ""));
        if address.parse::<Ipv6Addr>().is_err() || !zone.chars().all(is_name_character) {
            return Err(TargetSyntaxError::Address(host.to_owned()));
        }
        Ok(Self { host: host.to_owned(), port })
    }

    fn named(host: &str, port: u16) -> Result<Self, TargetSyntaxError> {
        // 253 is the longest name of the DNS (RFC 1035, section 2.3.4).
        if host.is_empty() || host.len() > 253 || host.starts_with('-') || !host.chars().all(is_name_character) {
            return Err(TargetSyntaxError::Name(host.to_owned()));
        }
        if host.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TargetSyntaxError::Number(host.to_owned()));
        }
        let numbers = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_like_v4 = host.split('.').count() == 4 && host.split('.').all(numbers);
        if is_like_v4 && host.parse::<Ipv4Addr>().is_err() {
            return Err(TargetSyntaxError::V4(host.to_owned()));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Letters of any script, digits, and the marks that real host names hold.
fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn port(text: &str) -> Result<u16, TargetSyntaxError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| TargetSyntaxError::Port(text.to_owned()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl From<(IpAddr, u16)> for Target {
    fn from((address, port): (IpAddr, u16)) -> Self {
        Self { host: address.to_string(), port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<String, TargetSyntaxError> {
        Target::parse(text, 22).map(|target| target.to_string())
    }

    #[test]
    fn each_way_to_write_a_target_is_read() {
        for (text, meaning) in [
            ("10.0.0.5", "10.0.0.5:22"),
            ("10.0.0.5:2222", "10.0.0.5:2222"),
            (" billing.example.com ", "billing.example.com:22"),
            ("sftp_1:22022", "sftp_1:22022"),
            ("[2001:db8::5]:2022", "[2001:db8::5]:2022"),
            ("[::1]", "[::1]:22"),
            ("::1", "[::1]:22"),
            ("fe80::1%eth0", "[fe80::1%eth0]:22"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(meaning), "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_the_reason() {
        let text = str::to_owned;
        for (wrong, why) in [
            ("", TargetSyntaxError::Empty),
            ("host:", TargetSyntaxError::Port(String::new())),
            ("host:0", TargetSyntaxError::Port(text("0"))),
            ("host:+22", TargetSyntaxError::Port(text("+22"))),
            ("host:65536", TargetSyntaxError::Port(text("65536"))),
            ("[::1", TargetSyntaxError::Brackets(text("[::1"))),
            ("[::1]22", TargetSyntaxError::Brackets(text("[::1]22"))),
            ("[host]:22", TargetSyntaxError::Address(text("host"))),
            ("1:2:3", TargetSyntaxError::Address(text("1:2:3"))),
            ("cdr@host", TargetSyntaxError::NotAlone(text("cdr@host"))),
            ("sftp://host", TargetSyntaxError::NotAlone(text("sftp://host"))),
            ("a b", TargetSyntaxError::Name(text("a b"))),
            ("2302", TargetSyntaxError::Number(text("2302"))),
            ("300.1.1.1", TargetSyntaxError::V4(text("300.1.1.1"))),
            ("--help", TargetSyntaxError::Name(text("--help"))),
            ("a\x1b[2J", TargetSyntaxError::Name(text("a\x1b[2J"))),
        ] {
            assert_eq!(parse(wrong), Err(why), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_it_is_written(text in ".{0,40}") {
            if let Ok(target) = Target::parse(&text, 22) {
                prop_assert_eq!(Target::parse(&target.to_string(), 1), Ok(target));
            }
        }
    }
}
