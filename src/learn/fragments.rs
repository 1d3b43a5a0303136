//! IP packets that were sent in fragments (RFC 791, 3.2; RFC 8200, 4.5), put together by `etherparse`. Bounded in
//! packets and in fragments of each, since the crate's own pool is not.

use std::collections::HashMap;
use std::net::IpAddr;

use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, IpNumber};

/// The most packets at a time; of more, the oldest is given up.
const MAX_PACKETS: usize = 64;

/// The most fragments of a packet: 64 KiB in the smallest frames of a real network are fewer.
const MAX_FRAGMENTS: usize = 128;

/// Which packet a fragment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// The sender's number of it.
    pub number: u32,
    /// What it carries.
    pub protocol: IpNumber,
}

/// One fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Whose it is.
    pub id: Id,
    /// Where it belongs.
    pub offset: IpFragOffset,
    /// Whether others follow behind it.
    pub more: bool,
    /// What it carries.
    pub payload: &'a [u8],
}

#[derive(Debug)]
struct Packet {
    buffer: IpDefragBuf,
    fragments: usize,
    born: u64,
}

/// The packets of a capture that are not whole yet.
#[derive(Debug, Default)]
pub struct Fragments {
    open: HashMap<Id, Packet>,
    born: u64,
    lost: u64,
}

impl Fragments {
    /// Takes a fragment, and gives the payload of the packet that it completes.
    pub fn take(&mut self, fragment: &Fragment<'_>) -> Option<Vec<u8>> {
        if !self.open.contains_key(&fragment.id) {
            self.make_room();
            self.born += 1;
            let buffer = IpDefragBuf::new(fragment.id.protocol, Vec::new(), Vec::new());
            self.open.insert(fragment.id, Packet { buffer, fragments: 0, born: self.born });
        }
        let packet = self.open.get_mut(&fragment.id)?;
        packet.fragments += 1;
        let added = packet.buffer.add(fragment.offset, fragment.more, fragment.payload);
        if added.is_err() || packet.fragments > MAX_FRAGMENTS {
            self.open.remove(&fragment.id);
            self.lost += 1;
            return None;
        }
        if !packet.buffer.is_complete() {
            return None;
        }
        self.open.remove(&fragment.id).map(|packet| packet.buffer.take_bufs().0)
    }

    /// How many packets never became whole.
    pub fn unfinished(&self) -> u64 {
        self.lost + self.open.len() as u64
    }

    fn make_room(&mut self) {
        if self.open.len() >= MAX_PACKETS
            && let Some(oldest) = self.open.iter().min_by_key(|(_, packet)| packet.born).map(|(id, _)| *id)
        {
            self.open.remove(&oldest);
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(number: u32, offset: u16, more: bool, payload: &[u8]) -> Fragment<'_> {
        let (source, destination) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let id = Id { source, destination, number, protocol: IpNumber::TCP };
        Fragment { id, offset: IpFragOffset::try_new(offset).unwrap(), more, payload }
    }

    #[test]
    fn fragments_in_any_order_and_of_two_packets_at_once_are_put_together() {
        let mut fragments = Fragments::default();
        assert_eq!(fragments.take(&fragment(1, 1, false, b"end")), None);
        assert_eq!(fragments.take(&fragment(2, 0, true, b"87654321")), None);
        assert_eq!(fragments.unfinished(), 2);
        assert_eq!(fragments.take(&fragment(1, 0, true, b"12345678")).as_deref(), Some(&b"12345678end"[..]));
        assert_eq!(fragments.unfinished(), 1);
    }

    #[test]
    fn a_flood_of_fragments_is_bounded_and_counted() {
        let mut fragments = Fragments::default();
        for number in 0..10_000 {
            fragments.take(&fragment(number, 0, true, b"12345678"));
            fragments.take(&fragment(7, u16::try_from(number % 8_000).unwrap(), true, b"12345678"));
        }
        assert!(fragments.open.len() <= MAX_PACKETS);
        assert!(fragments.unfinished() > 1_000);
    }
}
