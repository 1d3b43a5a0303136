//! The server's side of a packet capture: its identification string and KEXINIT go over the wire in the clear.

use super::{SavedServer, host_and_port};
use crate::learn::packets;

pub(super) fn is_it(bytes: &[u8]) -> bool {
    packets::is_capture(bytes)
}

pub(super) fn servers(bytes: &[u8]) -> Vec<SavedServer> {
    let server = |(place, greeting): (std::net::SocketAddr, crate::ssh::greeting::Greeting)| {
        let address = place.ip().to_canonical().to_string();
        SavedServer {
            name: host_and_port(&address, place.port()),
            host: Some(address.clone()),
            port: Some(place.port()),
            address: Some(address),
            identification: Some(greeting.identification),
            offer: Some(greeting.proposal),
            ..SavedServer::default()
        }
    };
    packets::servers(bytes).into_iter().map(server).collect()
}
