//! How servers are reached.

use std::time::Duration;

use clap::Args;

use super::values;

/// How servers are reached and what is asked of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// How servers are reached.
    #[command(flatten)]
    pub reach: Reach,

    /// Read the server's lists only
    ///
    /// Their prediction is then not proved by a real handshake.
    #[arg(long)]
    pub no_handshake: bool,
}

/// How servers are reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub struct Reach {
    /// Port for targets that name none [default: 22]
    ///
    /// The configuration file may set another default.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,

    /// Time limit per server, in seconds [default: 10]
    ///
    /// Covers everything from name resolution to the last handshake or the delivery. The configuration file may
    /// set another default.
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub timeout: Option<Duration>,

    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6", hide_short_help = true)]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long, hide_short_help = true)]
    pub ipv6: bool,
}
