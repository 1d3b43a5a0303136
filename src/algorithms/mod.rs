//! Algorithms: what a server offers, what CUCM's client proposes, what the two agree on, and what to change.
//! Nothing here opens a socket.

pub mod answer;
pub mod builtin;
pub mod comparison;
pub mod experiment;
pub mod judge;
pub mod knowledge;
pub mod least_change;
pub mod negotiation;
pub mod products;
pub mod profile_file;
pub mod remedy;
pub mod server;
pub mod variants;
pub mod version;
