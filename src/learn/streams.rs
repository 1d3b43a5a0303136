//! The first bytes of each TCP stream, put together out of segments that come twice, late or not at all; enough of
//! them to hold a client's greeting. Bounded in streams and in bytes of each.

use std::collections::{BTreeMap, HashMap};

use super::link::{Flow, Segment};
use crate::ssh::greeting::{Greeting, Reader};

/// The most streams at a time; of more, the oldest is forgotten.
const MAX_STREAMS: usize = 256;

/// The most flows of which both directions are looked for.
const MAX_FLOWS: usize = 4_096;

/// What is kept of a stream: an identification string and the largest KEXINIT fit.
const MAX_BYTES: usize = 64 * 1024;

/// The most segments that wait for one before them.
const MAX_WAITING: usize = 64;

/// Who opened the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This side, as its SYN tells.
    Client,
    /// The other side.
    Server,
    /// The opening was not captured.
    Unknown,
}

/// One of the two sides of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    /// The one that opens it.
    #[default]
    Client,
    /// The one that listens.
    Server,
}

impl Side {
    fn may_be(self, role: Role) -> bool {
        match role {
            Role::Client => self == Self::Client,
            Role::Server => self == Self::Server,
            Role::Unknown => true,
        }
    }
}

#[derive(Debug)]
struct Stream {
    role: Role,
    /// The sequence number of the first byte.
    start: u32,
    received: Vec<u8>,
    waiting: BTreeMap<usize, Vec<u8>>,
    reader: Reader,
    born: u64,
}

impl Stream {
    fn new(role: Role, start: u32, born: u64) -> Self {
        Self { role, start, received: Vec::new(), waiting: BTreeMap::new(), reader: Reader::default(), born }
    }

    /// Puts a segment in its place. The bytes that came first count, as they do for most receivers.
    fn put(&mut self, sequence: u32, payload: &[u8]) {
        let offset = sequence.wrapping_sub(self.start);
        // The upper half of the circle lies before the start.
        let (offset, payload) = if offset > u32::MAX / 2 {
            let before = usize::try_from(self.start.wrapping_sub(sequence)).unwrap_or(usize::MAX);
            (0, payload.get(before..).unwrap_or_default())
        } else {
            (usize::try_from(offset).unwrap_or(usize::MAX), payload)
        };
        if offset > self.received.len() {
            let waiting: usize = self.waiting.values().map(Vec::len).sum();
            if offset < MAX_BYTES && self.waiting.len() < MAX_WAITING && waiting + payload.len() <= MAX_BYTES {
                let kept = self.waiting.entry(offset).or_default();
                if kept.len() < payload.len() {
                    *kept = payload.to_vec();
                }
            }
            return;
        }
        self.append(offset, payload);
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= self.received.len()) {
            let (offset, payload) = entry.remove_entry();
            self.append(offset, &payload);
        }
    }

    fn append(&mut self, offset: usize, payload: &[u8]) {
        let new = payload.get(self.received.len().saturating_sub(offset)..).unwrap_or_default();
        let room = MAX_BYTES.saturating_sub(self.received.len());
        self.received.extend(new.get(..room).unwrap_or(new));
    }
}

/// All streams of a packet capture.
#[derive(Debug, Default)]
pub struct Streams {
    open: HashMap<Flow, Stream>,
    born: u64,
    /// The side whose greetings are wanted.
    side: Side,
    /// Streams that began as that side's and whose greeting never became whole.
    pub cut: u64,
    /// Flows that spoke SSH or took a connection, and whether the other direction was seen.
    answered: HashMap<Flow, bool>,
}

impl Streams {
    /// Puts the greetings of this side together.
    pub fn of(side: Side) -> Self {
        Self { side, ..Self::default() }
    }

    /// The flows of which the capture has no packet of the other direction.
    pub fn one_way(&self) -> Vec<Flow> {
        let mut flows: Vec<Flow> =
            self.answered.iter().filter(|(_, answered)| !**answered).map(|(flow, _)| *flow).collect();
        flows.sort_unstable_by_key(|flow| (flow.source, flow.destination));
        flows
    }

    fn note_direction(&mut self, segment: &Segment<'_>) {
        let back = Flow { source: segment.flow.destination, destination: segment.flow.source };
        if let Some(answered) = self.answered.get_mut(&back) {
            *answered = true;
        }
        let begins = (segment.syn && segment.ack) || segment.payload.starts_with(b"SSH-");
        if begins && self.answered.len() < MAX_FLOWS && !self.answered.contains_key(&segment.flow) {
            let answered = self.answered.contains_key(&back) || self.open.contains_key(&back);
            self.answered.insert(segment.flow, answered);
        }
    }

    /// Takes a segment, and gives the greeting that it completes, with who sent it.
    pub fn take(&mut self, segment: &Segment<'_>) -> Option<(Flow, Role, Greeting)> {
        self.note_direction(segment);
        if segment.syn {
            let role = if segment.ack { Role::Server } else { Role::Client };
            let start = segment.sequence.wrapping_add(1);
            let is_repeated = self.open.get(&segment.flow).is_some_and(|stream| stream.start == start);
            if !is_repeated {
                self.open(segment.flow, role, start);
            }
        } else if !self.open.contains_key(&segment.flow) {
            // Begun before the capture, and only its first segment can be known as such.
            if !segment.payload.starts_with(b"SSH-") {
                return None;
            }
            self.open(segment.flow, Role::Unknown, segment.sequence);
        }
        let stream = self.open.get_mut(&segment.flow).filter(|stream| self.side.may_be(stream.role))?;
        stream.put(segment.sequence.wrapping_add(u32::from(segment.syn)), segment.payload);
        let role = stream.role;
        match stream.reader.advance(&stream.received) {
            Ok(None) => {
                if stream.received.len() >= MAX_BYTES {
                    self.open.remove(&segment.flow);
                    self.cut += 1;
                }
                None
            }
            Ok(Some(greeting)) => {
                self.open.remove(&segment.flow);
                Some((segment.flow, role, greeting))
            }
            Err(_) => {
                self.open.remove(&segment.flow);
                None
            }
        }
    }

    /// How many of that side began a greeting that the capture does not hold whole.
    pub fn unfinished(&self) -> u64 {
        let began = self.open.values().filter(|stream| self.side.may_be(stream.role));
        self.cut + began.filter(|stream| stream.received.starts_with(b"SSH-")).count() as u64
    }

    fn open(&mut self, flow: Flow, role: Role, start: u32) {
        if self.open.len() >= MAX_STREAMS
            && let Some(oldest) = self.open.iter().min_by_key(|(_, stream)| stream.born).map(|(flow, _)| *flow)
        {
            self.open.remove(&oldest);
        }
        self.born += 1;
        self.open.insert(flow, Stream::new(role, start, self.born));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offer::{Category, Offer, split_list};
    use crate::ssh::{kexinit, packet};
    use proptest::prelude::*;

    const START: u32 = u32::MAX - 100;

    fn greeting() -> Vec<u8> {
        let mut offer = Offer::default();
        for category in Category::ALL {
            offer.set(category, split_list("one,another,the-third"));
        }
        [b"SSH-2.0-JSCH-0.1.54\n".as_slice(), &packet::write(&kexinit::write(&offer, [1; 16]))].concat()
    }

    fn flow() -> Flow {
        Flow { source: "10.0.0.1:40000".parse().unwrap(), destination: "10.0.0.2:22".parse().unwrap() }
    }

    fn syn(ack: bool) -> Segment<'static> {
        Segment { flow: flow(), sequence: START.wrapping_sub(1), syn: true, ack, payload: b"" }
    }

    fn data(bytes: &[u8], from: usize, to: usize) -> Segment<'_> {
        let sequence = START.wrapping_add(u32::try_from(from).unwrap());
        Segment { flow: flow(), sequence, syn: false, ack: true, payload: &bytes[from..to.min(bytes.len())] }
    }

    #[test]
    fn segments_twice_late_and_overlapping_are_put_together_across_the_wrap_of_the_numbers() {
        let bytes = greeting();
        let mut streams = Streams::default();
        streams.take(&syn(false));
        for (from, to) in [(200, 300), (0, 120), (0, 120), (100, 180), (250, bytes.len())] {
            assert!(streams.take(&data(&bytes, from, to)).is_none());
        }
        assert_eq!(streams.unfinished(), 1);
        let (_, role, greeting) = streams.take(&data(&bytes, 150, 220)).unwrap();
        assert_eq!((role, greeting.identification.raw.as_str()), (Role::Client, "SSH-2.0-JSCH-0.1.54"));
        assert_eq!(streams.unfinished(), 0);
    }

    #[test]
    fn the_side_that_answers_the_opening_is_no_client() {
        let bytes = greeting();
        let mut streams = Streams::default();
        streams.take(&syn(true));
        assert!(streams.take(&data(&bytes, 0, bytes.len())).is_none());
        assert_eq!(streams.unfinished(), 0);
    }

    #[test]
    fn a_stream_without_its_opening_is_read_from_its_identification() {
        let bytes = greeting();
        let mut streams = Streams::default();
        assert!(streams.take(&data(&bytes, 50, 100)).is_none());
        let (_, role, _) = streams.take(&data(&bytes, 0, bytes.len())).unwrap();
        assert_eq!(role, Role::Unknown);
    }

    #[test]
    fn a_flood_of_streams_is_bounded() {
        let mut streams = Streams::default();
        for port in 1..5_000 {
            let flow = Flow { source: ([10, 0, 0, 1], port).into(), ..flow() };
            streams.take(&Segment { flow, ..syn(false) });
        }
        assert_eq!(streams.open.len(), MAX_STREAMS);
    }

    proptest! {
        #[test]
        fn segments_in_any_order_give_the_greeting(cuts in prop::collection::vec(1usize..500, 0..12), seed in any::<u64>()) {
            let bytes = greeting();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let mut pieces: Vec<_> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
            let count = pieces.len();
            for index in 0..count {
                let other = usize::try_from(seed.rotate_left(u32::try_from(index).unwrap() * 7) % 97).unwrap() % count;
                pieces.swap(index, other);
            }
            let mut streams = Streams::default();
            streams.take(&syn(false));
            let whole = pieces.iter().filter(|(from, to)| from < to).filter_map(|(from, to)| streams.take(&data(&bytes, *from, *to))).count();
            prop_assert_eq!(whole, 1);
        }

        #[test]
        fn no_segments_panic(segments in prop::collection::vec((any::<u32>(), any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..60)) {
            let mut streams = Streams::default();
            for (sequence, syn, ack, payload) in &segments {
                streams.take(&Segment { flow: flow(), sequence: sequence % 2_000, syn: *syn, ack: *ack, payload });
            }
        }
    }
}
