//! From a captured frame to the TCP segments in it, whatever the link layer (Ethernet, loopback, raw IP, Linux's
//! "cooked" forms) and whatever tunnel carries it.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpNumber, Ipv6ExtensionSlice, LaxNetSlice, LaxSlicedPacket, TcpSlice};
use pcap_parser::Linktype;

use super::fragments::{Fragment, Fragments, Id};
use super::layers::{self, Layer};

/// Tunnels within tunnels, more than anybody has.
const MAX_DEPTH: usize = 4;

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

/// Reads the frames of a capture.
#[derive(Debug, Default)]
pub struct Frames {
    /// IP packets of which only fragments were seen so far.
    pub fragments: Fragments,
}

/// Where an IP packet goes.
#[derive(Debug, Clone, Copy)]
struct Way {
    source: IpAddr,
    destination: IpAddr,
}

impl Frames {
    /// Hands the TCP segment of a frame to `found`; none where it carries no TCP, or a fragment only.
    pub fn read(&mut self, link: Linktype, frame: &[u8], found: &mut dyn FnMut(&Segment<'_>)) {
        if let Some(ip) = beginning(link, frame).and_then(|(layer, bytes)| layers::ip_of(layer, bytes)) {
            self.ip(ip, 0, found);
        }
    }

    fn ip(&mut self, bytes: &[u8], depth: usize, found: &mut dyn FnMut(&Segment<'_>)) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let packet = LaxSlicedPacket::from_ip(bytes).ok()?;
        let net = packet.net.as_ref()?;
        let payload = net.ip_payload_ref()?;
        let way = way(net)?;
        if !payload.fragmented {
            return self.transport(payload.ip_number, payload.payload, way, depth, found);
        }
        let whole = self.fragments.take(&fragment(net, way)?)?;
        self.transport(payload.ip_number, &whole, way, depth, found)
    }

    fn transport(
        &mut self,
        protocol: IpNumber,
        bytes: &[u8],
        way: Way,
        depth: usize,
        found: &mut dyn FnMut(&Segment<'_>),
    ) -> Option<()> {
        let (layer, inner) = match protocol {
            IpNumber::TCP => {
                found(&segment(way, bytes)?);
                return Some(());
            }
            IpNumber::UDP => layers::in_udp(bytes)?,
            IpNumber::GRE => layers::in_gre(bytes)?,
            IpNumber::IPV4 | IpNumber::IPV6 => (Layer::Ip, bytes),
            _ => return None,
        };
        self.ip(layers::ip_of(layer, inner)?, depth + 1, found)
    }
}

fn beginning(link: Linktype, frame: &[u8]) -> Option<(Layer, &[u8])> {
    /// `LINKTYPE_LINUX_SLL2`, unknown to the crate's table of names.
    const SLL2: Linktype = Linktype(276);
    let kind = |bytes: &[u8]| bytes.try_into().ok().map(|kind| Layer::Type(u16::from_be_bytes(kind)));
    match link {
        Linktype::ETHERNET => Some((Layer::Ethernet, frame)),
        Linktype::NULL | Linktype::LOOP => Some((Layer::Ip, frame.get(LOOPBACK..)?)),
        Linktype::LINUX_SLL => Some((kind(frame.get(14..16)?)?, frame.get(COOKED..)?)),
        SLL2 => Some((kind(frame.get(..2)?)?, frame.get(COOKED_2..)?)),
        // Numbers that systems have used for raw IP.
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | Linktype(12 | 14) => Some((Layer::Ip, frame)),
        _ => None,
    }
}

fn way(net: &LaxNetSlice<'_>) -> Option<Way> {
    let (source, destination) = match net {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    Some(Way { source, destination })
}

fn fragment<'a>(net: &'a LaxNetSlice<'a>, Way { source, destination }: Way) -> Option<Fragment<'a>> {
    let payload = net.ip_payload_ref()?;
    let (number, offset, more) = match net {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.identification().into(), header.fragments_offset(), header.more_fragments())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.extensions().clone().into_iter().find_map(|extension| match extension {
                Ipv6ExtensionSlice::Fragment(header) => Some(header.to_header()),
                _ => None,
            })?;
            (header.identification, header.fragment_offset, header.more_fragments)
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let id = Id { source, destination, number, protocol: payload.ip_number };
    Some(Fragment { id, offset, more, payload: payload.payload })
}

fn segment(way: Way, bytes: &[u8]) -> Option<Segment<'_>> {
    let tcp = TcpSlice::from_slice(bytes).ok()?;
    Some(Segment {
        flow: Flow {
            source: (way.source, tcp.source_port()).into(),
            destination: (way.destination, tcp.destination_port()).into(),
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
        segments(link, &[frame]).pop()
    }

    fn segments(link: i32, frames: &[Vec<u8>]) -> Vec<(Flow, Vec<u8>)> {
        let (mut reader, mut found) = (Frames::default(), Vec::new());
        for frame in frames {
            let mut take = |segment: &Segment<'_>| found.push((segment.flow, segment.payload.to_vec()));
            reader.read(Linktype(link), frame, &mut take);
        }
        found
    }

    #[test]
    fn a_tunnel_of_a_tunnel_is_followed_and_an_endless_one_is_not() {
        let udp = |payload: &[u8]| {
            let mut bytes = Vec::new();
            PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(9, 4789).write(&mut bytes, payload).unwrap();
            bytes
        };
        let vxlan = |ip: &[u8]| udp(&[&[8, 0, 0, 0, 0, 0, 1, 0][..], &[0; 12], &[0x08, 0x00], ip].concat());
        let once = vxlan(&ip());
        assert_eq!(segments(101, &[vxlan(&once)]).len(), 1);
        let deep = (0..8).fold(ip(), |inner, _| vxlan(&inner));
        assert!(segments(101, &[deep]).is_empty());
    }

    #[test]
    fn fragments_of_either_version_of_ip_are_put_together() {
        let whole = ip();
        let piece = |offset: usize, more: bool, bytes: &[u8]| {
            let mut frame = whole[..20].to_vec();
            let length = u16::try_from(20 + bytes.len()).unwrap().to_be_bytes();
            frame[2..4].copy_from_slice(&length);
            let flags = u16::try_from(offset / 8).unwrap() | if more { 0x2000 } else { 0 };
            frame[6..8].copy_from_slice(&flags.to_be_bytes());
            [frame, bytes.to_vec()].concat()
        };
        let tcp = &whole[20..];
        let frames = [piece(16, false, &tcp[16..]), piece(0, true, &tcp[..16])];
        assert_eq!(segments(101, &frames), [read(101, &[]).unwrap()]);

        let piece = |offset: u16, more: u16, bytes: &[u8]| {
            let length = u16::try_from(8 + bytes.len()).unwrap().to_be_bytes();
            let header = [&[0x60, 0, 0, 0], &length[..], &[44, 64], &[0xfd; 16], &[0xfe; 16]].concat();
            let fragment = [&[6, 0], &(offset | more).to_be_bytes()[..], &[0, 0, 0, 9]].concat();
            [&header, &fragment, bytes].concat()
        };
        let frames = [piece(0, 1, &tcp[..16]), piece(16, 0, &tcp[16..])];
        assert_eq!(segments(101, &frames)[0].1, b"SSH-");
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
        let mut found = false;
        let mut take = |segment: &Segment<'_>| found = segment.syn && segment.ack && segment.flow.source.is_ipv6();
        Frames::default().read(Linktype(101), &bytes, &mut take);
        assert!(found);
    }

    proptest! {
        #[test]
        fn no_frame_panics(link in prop::sample::select(vec![0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 5]), cut in 0usize..60, bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            segments(link, &[bytes, ip().get(..cut).unwrap_or_default().to_vec()]);
        }
    }
}
