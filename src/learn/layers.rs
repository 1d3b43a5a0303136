//! What stands before IP in a captured frame, and what tunnels carry. Mirror ports and hypervisors pack frames into
//! GRE (RFC 2784, 2890; ERSPAN), VXLAN (RFC 7348) and GENEVE (RFC 8926), carriers into MPLS (RFC 3032), `PPPoE` (RFC
//! 2516) and several VLAN tags (IEEE 802.1ad).

/// What bytes begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// An Ethernet header.
    Ethernet,
    /// What this `EtherType` says.
    Type(u16),
    /// An IP header.
    Ip,
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const BRIDGED: u16 = 0x6558;
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;

/// More tags and labels than a network has.
const MAX_TAGS: usize = 16;

/// The IP packet below VLAN tags, MPLS labels and `PPPoE`; `None` where there is no IP.
pub fn ip_of(layer: Layer, bytes: &[u8]) -> Option<&[u8]> {
    let (mut layer, mut bytes) = (layer, bytes);
    for _ in 0..MAX_TAGS {
        (layer, bytes) = match layer {
            Layer::Ip | Layer::Type(IPV4 | IPV6) => return Some(bytes),
            Layer::Ethernet => (Layer::Type(number(bytes, 12)?), bytes.get(14..)?),
            Layer::Type(0x8100 | 0x88a8 | 0x9100 | 0x9200) => (Layer::Type(number(bytes, 2)?), bytes.get(4..)?),
            Layer::Type(0x8847 | 0x8848) => below_label(bytes)?,
            Layer::Type(0x8864) => match number(bytes, 6)? {
                0x0021 | 0x0057 => (Layer::Ip, bytes.get(8..)?),
                _ => return None,
            },
            Layer::Type(BRIDGED) => (Layer::Ethernet, bytes),
            Layer::Type(_) => return None,
        };
    }
    None
}

/// What follows one MPLS label: another, an IP packet, or a pseudowire's Ethernet (RFC 4448).
fn below_label(bytes: &[u8]) -> Option<(Layer, &[u8])> {
    const BOTTOM: u8 = 1;
    let rest = bytes.get(4..)?;
    if bytes.get(2)? & BOTTOM == 0 {
        return Some((Layer::Type(0x8847), rest));
    }
    match rest.first()? >> 4 {
        4 | 6 => Some((Layer::Ip, rest)),
        // The control word.
        0 => Some((Layer::Ethernet, rest.get(4..)?)),
        _ => Some((Layer::Ethernet, rest)),
    }
}

/// What a GRE packet carries.
pub fn in_gre(bytes: &[u8]) -> Option<(Layer, &[u8])> {
    const CHECKSUM: u16 = 0x8000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    let flags = number(bytes, 0)?;
    let options = [CHECKSUM, KEY, SEQUENCE].into_iter().filter(|flag| flags & flag != 0).count();
    let rest = bytes.get(4 + 4 * options..)?;
    match number(bytes, 2)? {
        // Version I has no header of its own, and no sequence numbers by which II is known.
        ERSPAN => Some((Layer::Ethernet, rest.get(if flags & SEQUENCE == 0 { 0 } else { 8 }..)?)),
        ERSPAN_3 => {
            let platform = if rest.get(11)? & 1 == 0 { 0 } else { 8 };
            Some((Layer::Ethernet, rest.get(12 + platform..)?))
        }
        protocol => Some((Layer::Type(protocol), rest)),
    }
}

/// What a UDP datagram to this port carries, header and all.
pub fn in_udp(bytes: &[u8]) -> Option<(Layer, &[u8])> {
    let rest = bytes.get(8..)?;
    match number(bytes, 2)? {
        // 8472 is Linux' before IANA gave a number.
        4789 | 8472 => Some((Layer::Ethernet, rest.get(8..)?)),
        6081 => {
            let options = usize::from(rest.first()? & 0x3f) * 4;
            Some((Layer::Type(number(rest, 2)?), rest.get(8 + options..)?))
        }
        _ => None,
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IP: &[u8] = &[0x45, 1, 2, 3];

    fn ethernet(kind: u16) -> Vec<u8> {
        [&[0; 12][..], &kind.to_be_bytes()].concat()
    }

    #[test]
    fn tags_and_labels_lead_to_ip() {
        for (kind, header) in [
            (0x0800, vec![]),
            (0x8100, vec![0, 5, 0x08, 0]),
            (0x88a8, vec![0, 1, 0x81, 0, 0, 5, 0x08, 0]),
            (0x9100, vec![0, 1, 0x81, 0, 0, 5, 0x08, 0]),
            (0x8847, vec![0, 1, 0x01, 64]),
            (0x8847, vec![0, 1, 0x00, 64, 0, 2, 0x01, 64]),
            (0x8847, [vec![0, 1, 0x01, 64, 0, 0, 0, 0], ethernet(0x0800)].concat()),
            (0x8864, vec![0x11, 0, 0, 1, 0, 6, 0x00, 0x21]),
        ] {
            let frame = [ethernet(kind), header.clone(), IP.to_vec()].concat();
            assert_eq!(ip_of(Layer::Ethernet, &frame), Some(IP), "{kind:x} {header:?}");
        }
        assert_eq!(ip_of(Layer::Ethernet, &ethernet(0x0806)), None);
    }

    #[test]
    fn tunnels_lead_to_what_they_carry() {
        let bridged = [ethernet(0x0800), IP.to_vec()].concat();
        for (header, inner) in [
            (vec![0, 0, 0x08, 0], IP.to_vec()),
            (vec![0xb0, 0, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2], IP.to_vec()),
            (vec![0, 0, 0x65, 0x58], bridged.clone()),
            (vec![0, 0, 0x88, 0xbe], bridged.clone()),
            ([vec![0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], vec![0; 8]].concat(), bridged.clone()),
            ([vec![0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], vec![0; 11], vec![1], vec![0; 8]].concat(), bridged.clone()),
        ] {
            let gre = [header.clone(), inner].concat();
            let (layer, rest) = in_gre(&gre).unwrap();
            assert_eq!(ip_of(layer, rest), Some(IP), "{header:x?}");
        }
        for (port, header) in
            [(4789_u16, vec![8, 0, 0, 0, 0, 0, 1, 0]), (6081, vec![1, 0, 0x65, 0x58, 0, 0, 1, 0, 9, 9, 9, 9])]
        {
            let udp = [&[0, 1], &port.to_be_bytes()[..], &[0; 4], &header, &bridged].concat();
            let (layer, rest) = in_udp(&udp).unwrap();
            assert_eq!(ip_of(layer, rest), Some(IP), "{port}");
        }
        assert_eq!(in_udp(&[0, 1, 0, 53, 0, 0, 0, 0, 1]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), kind in prop::sample::select(vec![0x8100_u16, 0x8847, 0x8864, 0x6558])) {
            for layer in [Layer::Ethernet, Layer::Type(kind), Layer::Ip] {
                let _ = ip_of(layer, &bytes);
            }
            let _ = (in_gre(&bytes), in_udp(&bytes));
        }
    }
}
