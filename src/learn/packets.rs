//! Packet captures (`.pcap`, `.pcapng`): the greeting of each side that opened a connection.

use std::io::Read;
use std::net::SocketAddr;

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::collector::{Collector, Observation};
use super::link::{self, Flow, Frames};
use super::streams::{Role, Side, Streams};
use super::{Form, Place};
use crate::ssh::greeting::Greeting;
use crate::words::many;

/// The largest block that is read; tcpdump's largest packet is 256 KiB.
const BUFFER: usize = 1 << 20;

/// The most interfaces of a capture of which the link layer is kept.
const MAX_INTERFACES: usize = 1_000;

/// What a packet capture held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub packets: u64,
    /// Clients' greetings.
    pub greetings: u64,
}

/// Whether a file that begins so is a packet capture.
pub fn is_capture(head: &[u8]) -> bool {
    const MAGIC: [[u8; 4]; 6] = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0x34, 0xcd, 0xb2, 0xa1],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic))
}

/// Reads a packet capture to its end, or to where it breaks off, which is told.
pub fn read(capture: impl Read + Send, path: &str, collector: &mut Collector) -> Summary {
    let mut add = |flow: Flow, greeting: Greeting, packet: u64| {
        let observation = Observation {
            address: Some(flow.source.ip().to_canonical().to_string()),
            identification: Some(greeting.identification.raw),
            proposal: greeting.proposal,
            ..Observation::default()
        };
        collector.add(&observation, &Place { path: path.to_owned(), number: Some(packet), form: Form::Packets });
    };
    let (summary, warnings) = Reader::new(path, Side::Client, &mut add).run(capture);
    for warning in warnings {
        collector.warn(warning);
    }
    summary
}

/// The servers' greetings of a packet capture, each with the server's address, as far as it goes.
pub fn servers(capture: impl Read + Send) -> Vec<(SocketAddr, Greeting)> {
    /// The most servers that are told apart.
    const MAX_SERVERS: usize = 500;
    let mut found: Vec<(SocketAddr, Greeting)> = Vec::new();
    let mut add = |flow: Flow, greeting: Greeting, _: u64| {
        let is_known =
            found.iter().any(|(address, known)| *address == flow.source && known.proposal == greeting.proposal);
        if !is_known && found.len() < MAX_SERVERS {
            found.push((flow.source, greeting));
        }
    };
    Reader::new("", Side::Server, &mut add).run(capture);
    found
}

struct Reader<'a> {
    path: &'a str,
    side: Side,
    /// Takes a greeting, with the number of the packet that completes it.
    add: &'a mut dyn FnMut(Flow, Greeting, u64),
    warnings: Vec<String>,
    frames: Frames,
    streams: Streams,
    summary: Summary,
    /// Packets of which the capture holds a part only.
    cut: u64,
}

impl<'a> Reader<'a> {
    fn new(path: &'a str, side: Side, add: &'a mut dyn FnMut(Flow, Greeting, u64)) -> Self {
        let (warnings, streams) = (Vec::new(), Streams::of(side));
        Self { path, side, add, warnings, frames: Frames::default(), streams, summary: Summary::default(), cut: 0 }
    }

    fn run(mut self, capture: impl Read + Send) -> (Summary, Vec<String>) {
        if let Err(why) = self.blocks(capture) {
            let packets = self.summary.packets;
            self.warn(format!("{}: the capture breaks off after {packets} packets ({why})", self.path));
        }
        self.finish()
    }

    /// Each warning once: a strange link layer is that of every packet.
    fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn blocks(&mut self, capture: impl Read + Send) -> Result<(), String> {
        let mut blocks = create_reader(BUFFER, capture).map_err(|error| explain(&error))?;
        let mut links = Vec::new();
        loop {
            let consumed = match blocks.next() {
                Ok((size, block)) => {
                    self.block(&block, &mut links);
                    Some(size)
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::Incomplete(_)) => None,
                Err(error) => return Err(explain(&error)),
            };
            if let Some(size) = consumed {
                blocks.consume(size);
                continue;
            }
            let before = blocks.data().len();
            blocks.refill().map_err(|error| explain(&error))?;
            if blocks.data().len() == before && !blocks.reader_exhausted() {
                return Err(format!("a block is larger than {BUFFER} bytes"));
            }
        }
    }

    fn block(&mut self, block: &PcapBlockOwned<'_>, links: &mut Vec<Linktype>) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => *links = vec![header.network],
            PcapBlockOwned::Legacy(packet) => {
                self.packet(links.first().copied(), packet.data, packet.caplen < packet.origlen);
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => links.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) if links.len() < MAX_INTERFACES => {
                links.push(interface.linktype);
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let link = usize::try_from(packet.if_id).ok().and_then(|index| links.get(index)).copied();
                self.packet(link, packet.packet_data(), packet.truncated());
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                self.packet(links.first().copied(), packet.packet_data(), packet.truncated());
            }
            PcapBlockOwned::NG(_) => {}
        }
    }

    fn packet(&mut self, link: Option<Linktype>, frame: &[u8], is_cut: bool) {
        self.summary.packets += 1;
        let Some(link) = link else { return };
        if !link::is_known(link) {
            return self.warn(format!("{}: packets of link type {} can't be read", self.path, link.0));
        }
        let (streams, cut) = (&mut self.streams, &mut self.cut);
        let mut complete = None;
        self.frames.read(link, frame, &mut |segment| {
            *cut += u64::from(is_cut);
            complete = streams.take(segment);
        });
        if let Some((flow, role, greeting)) = complete {
            self.greeting(flow, role, greeting);
        }
    }

    fn greeting(&mut self, flow: Flow, role: Role, greeting: Greeting) {
        if is_client(flow, role, &greeting) != (self.side == Side::Client) {
            return;
        }
        if role == Role::Unknown {
            self.warn(format!(
                "{}: the opening of the connection from {} is not in the capture: by its port, it is assumed to be \
                 the client",
                self.path, flow.source
            ));
        }
        self.summary.greetings += 1;
        (self.add)(flow, greeting, self.summary.packets);
    }

    fn finish(mut self) -> (Summary, Vec<String>) {
        let unfinished = self.streams.unfinished();
        if unfinished > 0 {
            let why = if self.cut > 0 {
                "its packets are cut: capture whole ones (tcpdump -s 0)"
            } else {
                "packets are missing"
            };
            self.warn(format!(
                "{}: {unfinished} of the clients' proposals could not be put together: {why}",
                self.path
            ));
        }
        let fragments = self.frames.fragments.unfinished();
        if fragments > 0 {
            self.warn(format!(
                "{}: {} came in fragments of which some are missing: capture without a filter for ports",
                self.path,
                many(fragments, "IP packet", "IP packets")
            ));
        }
        for flow in self.streams.one_way() {
            self.warn(format!(
                "{}: only the packets from {} to {} are in the capture, not the answers: capture both directions",
                self.path, flow.source, flow.destination
            ));
        }
        (self.summary, self.warnings)
    }
}

/// The side that opened the connection. Where that was not captured, by the markers that each side sends (RFC 8308,
/// OpenSSH's PROTOCOL, section 1.10), else by the port: servers have the lower one.
fn is_client(flow: Flow, role: Role, greeting: &Greeting) -> bool {
    let kex = greeting.proposal.kex.as_deref().unwrap_or_default();
    let has = |marker: &str| kex.iter().any(|name| name.starts_with(marker));
    match role {
        Role::Client => true,
        Role::Server => false,
        Role::Unknown if has("ext-info-c") || has("kex-strict-c") => true,
        Role::Unknown if has("ext-info-s") || has("kex-strict-s") => false,
        Role::Unknown => flow.source.port() > flow.destination.port(),
    }
}

fn explain<I>(error: &PcapError<I>) -> String {
    match error {
        PcapError::UnexpectedEof | PcapError::Incomplete(_) | PcapError::Eof => "it ends within a packet".to_owned(),
        PcapError::ReadError => "it can't be read on".to_owned(),
        PcapError::BufferTooSmall => format!("a block is larger than {BUFFER} bytes"),
        _ => "what follows is not a packet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::collector::Client;
    use crate::model::offer::{Category, Offer, split_list};
    use crate::ssh::{kexinit, packet};
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    fn greeting() -> Vec<u8> {
        let mut offer = Offer::default();
        for category in Category::ALL {
            offer.set(category, split_list("a,b"));
        }
        [b"SSH-2.0-JSCH-0.1.54\n".as_slice(), &packet::write(&kexinit::write(&offer, [1; 16]))].concat()
    }

    /// A frame of raw IP from or to the server.
    fn frame(to_server: bool, sequence: u32, syn: bool, payload: &[u8]) -> Vec<u8> {
        let (client, server) = (([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 22));
        let (from, to) = if to_server { (client, server) } else { (server, client) };
        let tcp = PacketBuilder::ipv4(from.0, to.0, 64).tcp(from.1, to.1, sequence, 1_000);
        let tcp = if syn { tcp.syn() } else { tcp };
        let tcp = if syn && to_server { tcp } else { tcp.ack(1) };
        let mut bytes = Vec::new();
        tcp.write(&mut bytes, payload).unwrap();
        bytes
    }

    fn frames() -> Vec<Vec<u8>> {
        let bytes = greeting();
        vec![
            frame(true, 100, true, b""),
            frame(false, 500, true, b""),
            frame(false, 501, false, &bytes),
            frame(true, 101, false, &bytes[..30]),
            frame(true, 131, false, &bytes[30..]),
        ]
    }

    fn pcap(frames: &[Vec<u8>], cut: u32) -> Vec<u8> {
        let number = |number: u32| number.to_le_bytes();
        let mut file = [number(0xa1b2_c3d4), [2, 0, 4, 0], number(0), number(0), number(65_535), number(101)].concat();
        for frame in frames {
            let length = u32::try_from(frame.len()).unwrap();
            file.extend([number(1), number(2), number(length - cut.min(length)), number(length)].concat());
            file.extend(&frame[..usize::try_from(length - cut.min(length)).unwrap()]);
        }
        file
    }

    fn pcapng(frames: &[Vec<u8>]) -> Vec<u8> {
        let block = |kind: u32, body: &[u8]| {
            let length = u32::try_from(body.len() + 12).unwrap().to_be_bytes();
            [&kind.to_be_bytes(), &length, body, &length].concat()
        };
        let header = [&0x1a2b_3c4d_u32.to_be_bytes()[..], &[0, 1, 0, 0], &[0xff; 8]].concat();
        let mut file = [block(0x0a0d_0d0a, &header), block(1, &[0, 101, 0, 0, 0, 0, 0, 0])].concat();
        for frame in frames {
            let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
            let mut body = [&[0; 12][..], &length, &length, frame].concat();
            body.resize(body.len().next_multiple_of(4), 0);
            file.extend(block(6, &body));
        }
        file
    }

    fn clients(file: &[u8]) -> (Vec<Client>, Vec<String>) {
        assert!(is_capture(file));
        let mut collector = Collector::default();
        read(file, "x.pcap", &mut collector);
        collector.finish()
    }

    #[test]
    fn both_formats_give_the_side_that_opened_the_connection() {
        for file in [pcap(&frames(), 0), pcapng(&frames())] {
            let (clients, warnings) = clients(&file);
            assert_eq!(clients.len(), 1, "{warnings:?}");
            assert_eq!(clients[0].address.as_deref(), Some("10.0.0.1"));
            assert_eq!(clients[0].identification.as_deref(), Some("SSH-2.0-JSCH-0.1.54"));
            assert_eq!(clients[0].proposal().mac_s2c, Some(split_list("a,b")));
            assert_eq!(clients[0].list(Category::Kex).unwrap().first.number, Some(5));
            assert!(warnings.is_empty(), "{warnings:?}");
        }
    }

    #[test]
    fn without_the_opening_the_port_decides_and_that_is_told() {
        let (clients, warnings) = clients(&pcap(&frames()[2..], 0));
        assert_eq!(clients.len(), 1);
        assert_eq!(clients[0].address.as_deref(), Some("10.0.0.1"));
        assert!(warnings[0].contains("port"), "{warnings:?}");
    }

    #[test]
    fn packets_that_are_cut_are_told_with_what_to_do() {
        let (clients, warnings) = clients(&pcap(&frames(), 10));
        assert!(clients.is_empty());
        assert!(warnings[0].contains("-s 0"), "{warnings:?}");
    }

    #[test]
    fn a_mirrored_connection_in_a_tunnel_is_read_as_the_plain_one() {
        let tunnelled: Vec<_> = frames()
            .iter()
            .map(|frame| {
                let erspan = [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0; 8], &[0; 12], &[0x08, 0x00], frame].concat();
                let mut bytes = Vec::new();
                let builder = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64);
                builder.write(&mut bytes, etherparse::IpNumber::GRE, &erspan).unwrap();
                bytes
            })
            .collect();
        let (plain, tunnelled) = (clients(&pcap(&frames(), 0)), clients(&pcap(&tunnelled, 0)));
        assert_eq!(plain.0[0].proposal(), tunnelled.0[0].proposal());
        assert_eq!(tunnelled.0[0].address.as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn a_capture_of_one_direction_says_which_one_it_lacks() {
        let only = |to_server: bool| {
            let wanted = |frame: &Vec<u8>| (frame[15] == 1) == to_server;
            clients(&pcap(&frames().into_iter().filter(wanted).collect::<Vec<_>>(), 0))
        };
        let (found, warnings) = only(false);
        assert!(found.is_empty());
        assert!(warnings[0].contains("only the packets from 10.0.0.2:22 to 10.0.0.1:40000"), "{warnings:?}");
        let (found, warnings) = only(true);
        assert_eq!(found.len(), 1);
        assert!(warnings[0].contains("only the packets from 10.0.0.1:40000"), "{warnings:?}");
        assert!(clients(&pcap(&frames(), 0)).1.is_empty());
    }

    #[test]
    fn fragments_that_are_missing_are_counted() {
        let mut frames = frames();
        frames[3][6] |= 0x20;
        let warnings = clients(&pcap(&frames, 0)).1;
        assert!(warnings.iter().any(|warning| warning.contains("1 IP packet came in fragments")), "{warnings:?}");
    }

    #[test]
    fn a_capture_that_breaks_off_gives_what_came_before() {
        let mut file = pcap(&frames(), 0);
        file.extend([1, 2, 3]);
        let (found, warnings) = clients(&file);
        assert_eq!(found.len(), 1);
        assert!(warnings[0].contains("breaks off after 5 packets"), "{warnings:?}");
        let huge = [pcap(&[], 0), vec![0xff; 3 << 20]].concat();
        assert_eq!(clients(&huge).1.len(), 1);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(ng in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut file = if ng { pcapng(&frames()) } else { pcap(&frames(), 0) };
            let place = at.index(file.len());
            file[place] = byte;
            file.truncate(cut.index(file.len()).max(4));
            read(file.as_slice(), "x", &mut Collector::default());
        }

        #[test]
        fn no_garbage_behind_a_header_panics(ng in any::<bool>(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let file = [if ng { pcapng(&[]) } else { pcap(&[], 0) }, bytes].concat();
            read(file.as_slice(), "x", &mut Collector::default());
        }
    }
}
