//! Algorithms: what a server offers, what CUCM's client proposes, what the two agree on, and what to change.
//! Nothing here opens a socket.

pub(crate) mod answer;
pub mod builtin;
pub(crate) mod comparison;
pub(crate) mod experiment;
pub(crate) mod judge;
pub(crate) mod knowledge;
pub(crate) mod least_change;
pub(crate) mod negotiation;
pub(crate) mod products;
pub mod profile_file;
pub(crate) mod remedy;
pub(crate) mod server;
pub(crate) mod variants;
pub(crate) mod version;
