//! What listening for clients comes to: each client once, with its proposal, and the others that connected.

use std::net::SocketAddr;

use super::collector::{Collector, Observation};
use super::profile::learned;
use super::{Form, Place};
use crate::document::capture::{Capture, CapturedClient, OtherConnection, Stopped};
use crate::ssh::greeting::Greeting;
use crate::ssh::listener::ClientConnection;

/// The most connections of others that are listed. Clients end the waiting when they are enough.
const MAX_LISTED: usize = 1_000;

/// The connections so far.
#[derive(Default)]
pub struct Captured {
    /// Clients, each as often as it came.
    count: u64,
    clients: Vec<(ClientConnection, Greeting, u64)>,
    others: Vec<OtherConnection>,
    others_left_out: u64,
}

impl Captured {
    /// How many clients came, each as often as it did.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes in one connection.
    pub fn take(&mut self, connection: ClientConnection) {
        match connection.result.clone() {
            Ok(greeting) => {
                self.count += 1;
                let same = |(other, known, _): &&mut (ClientConnection, Greeting, u64)| {
                    other.peer.ip() == connection.peer.ip() && *known == greeting
                };
                match self.clients.iter_mut().find(same) {
                    Some((.., visits)) => *visits += 1,
                    None => self.clients.push((connection, greeting, 1)),
                }
            }
            Err(_) if self.others.len() >= MAX_LISTED => self.others_left_out += 1,
            Err(error) => self.others.push(OtherConnection {
                peer: connection.peer.to_string(),
                at: connection.at,
                kind: error.kind().to_owned(),
                message: error.to_string(),
            }),
        }
    }

    /// The answer of a capture that listened here.
    pub fn into_answer(self, address: SocketAddr, stopped: Stopped) -> Capture {
        let clients =
            self.clients.into_iter().filter_map(|(connection, greeting, visits)| client(&connection, greeting, visits));
        Capture {
            listened: address.to_string(),
            stopped,
            clients: clients.collect(),
            strangers: self.others,
            strangers_left_out: self.others_left_out,
        }
    }
}

fn client(connection: &ClientConnection, greeting: Greeting, visits: u64) -> Option<CapturedClient> {
    let mut collector = Collector::default();
    let observation = Observation {
        address: Some(connection.peer.ip().to_canonical().to_string()),
        identification: Some(greeting.identification.raw),
        proposal: greeting.proposal,
        ..Observation::default()
    };
    let path = format!("cdrdiag capture, {}", connection.at.format("%Y-%m-%d %H:%M:%S UTC"));
    collector.add(&observation, &Place { path, number: None, form: Form::Capture });
    let (clients, _) = collector.finish();
    clients.first().map(|client| CapturedClient {
        at: connection.at,
        port: connection.peer.port(),
        visits,
        learned: learned(client),
    })
}
