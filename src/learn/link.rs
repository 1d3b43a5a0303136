//! From a captured frame to the TCP segment in it, whatever the link layer: Ethernet with VLAN tags, loopback, raw
//! IP, Linux's "cooked" forms. What is no TCP is `None`.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;

/// Who sends to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
}

/// One TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Who sends to whom.
    pub flow: Flow,
    /// The sequence number of its first byte, or of SYN.
    pub sequence: u32,
    /// Opens a connection.
    pub syn: bool,
    /// Acknowledges; with `syn` it is the answer to an opening.
    pub ack: bool,
    /// What it carries.
    pub payload: &'a [u8],
}

/// Lengths of the link layers' headers that have no parser of their own (www.tcpdump.org/linktypes.html).
const LOOPBACK: usize = 4;
const COOKED: usize = 16;
const COOKED_2: usize = 20;

/// The segment of a frame.
pub fn segment(link: Linktype, frame: &[u8]) -> Option<Segment<'_>> {
    /// `LINKTYPE_LINUX_SLL2`, unknown to the crate's table of names.
    const SLL2: Linktype = Linktype(276);
    let packet = match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(frame).ok()?,
        Linktype::NULL | Linktype::LOOP => LaxSlicedPacket::from_ip(frame.get(LOOPBACK..)?).ok()?,
        Linktype::LINUX_SLL => cooked(frame.get(14..16)?, frame.get(COOKED..)?),
        SLL2 => cooked(frame.get(..2)?, frame.get(COOKED_2..)?),
        // Numbers that systems have used for raw IP.
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | Linktype(12 | 14) => LaxSlicedPacket::from_ip(frame).ok()?,
        _ => return None,
    };
    let (source, destination): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
    Some(Segment {
        flow: Flow {
            source: (source, tcp.source_port()).into(),
            destination: (destination, tcp.destination_port()).into(),
        },
        sequence: tcp.sequence_number(),
        syn: tcp.syn(),
        ack: tcp.ack(),
        payload: tcp.payload(),
    })
}

/// Whether frames of this link layer can be read at all.
pub fn is_known(link: Linktype) -> bool {
    matches!(link, Linktype(0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276))
}

fn cooked<'a>(protocol: &[u8], rest: &'a [u8]) -> LaxSlicedPacket<'a> {
    let protocol = protocol.try_into().map_or(0, u16::from_be_bytes);
    LaxSlicedPacket::from_ether_type(EtherType(protocol), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    fn ip() -> Vec<u8> {
        let mut bytes = Vec::new();
        let builder = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).tcp(40_000, 22, 7, 1_000).syn();
        builder.write(&mut bytes, b"SSH-").unwrap();
        bytes
    }

    fn read(link: i32, header: &[u8]) -> Option<(Flow, Vec<u8>)> {
        let frame = [header, &ip()].concat();
        assert!(is_known(Linktype(link)));
        segment(Linktype(link), &frame).map(|segment| (segment.flow, segment.payload.to_vec()))
    }

    #[test]
    fn every_link_layer_leads_to_the_same_segment() {
        let flow = Flow { source: "10.0.0.1:40000".parse().unwrap(), destination: "10.0.0.2:22".parse().unwrap() };
        let ethernet = [&[0; 12][..], &[0x08, 0x00]].concat();
        let vlan = [&[0; 12][..], &[0x81, 0x00, 0x00, 0x05, 0x08, 0x00]].concat();
        let double = [&[0; 12][..], &[0x88, 0xa8, 0, 1, 0x81, 0x00, 0x00, 0x05, 0x08, 0x00]].concat();
        let cooked = [&[0; 14][..], &[0x08, 0x00]].concat();
        let cooked_2 = [&[0x08, 0x00][..], &[0; 18]].concat();
        for (link, header) in [
            (1, ethernet.as_slice()),
            (1, &vlan),
            (1, &double),
            (0, &[2, 0, 0, 0]),
            (108, &[0, 0, 0, 2]),
            (101, &[]),
            (12, &[]),
            (228, &[]),
            (113, &cooked),
            (276, &cooked_2),
        ] {
            assert_eq!(read(link, header), Some((flow, b"SSH-".to_vec())), "{link} {header:?}");
        }
        assert!(!is_known(Linktype(105)));
    }

    #[test]
    fn version_6_is_read() {
        let mut bytes = Vec::new();
        let builder = PacketBuilder::ipv6([0xfd; 16], [0xfe; 16], 64).tcp(40_000, 22, 7, 1_000).syn().ack(1);
        builder.write(&mut bytes, b"").unwrap();
        let segment = segment(Linktype(101), &bytes).unwrap();
        assert!(segment.syn && segment.ack && segment.flow.source.is_ipv6());
    }

    proptest! {
        #[test]
        fn no_frame_panics(link in prop::sample::select(vec![0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 5]), cut in 0usize..60, bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = segment(Linktype(link), &bytes);
            let _ = segment(Linktype(link), ip().get(..cut).unwrap_or_default());
        }
    }
}
