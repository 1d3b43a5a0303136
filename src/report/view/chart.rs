//! What happened over time, a lane a destination: what the terminal, HTML and Markdown draw.

use chrono::{NaiveDateTime, TimeDelta};

use crate::document::parse_log::{Bucket, Destination, ParseLog};

/// More moments than this hide each other: then only the shaded outages tell.
const MOMENTS: usize = 9;

/// Lanes on one axis of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Where the axis begins.
    pub from: NaiveDateTime,
    /// Where it ends.
    pub to: NaiveDateTime,
    /// The causes that bars name by their place here.
    pub causes: Vec<String>,
    /// One a destination.
    pub lanes: Vec<Lane>,
}

/// One destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// The host, where it is known.
    pub host: Option<String>,
    /// What happened, in the order of time.
    pub bars: Vec<Bar>,
    /// Times without delivery.
    pub outages: Vec<(NaiveDateTime, NaiveDateTime)>,
    /// How many more there are.
    pub outages_left_out: u64,
    /// What is worth a mark.
    pub moments: Vec<Moment>,
}

/// What happened in one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// When it begins.
    pub from: NaiveDateTime,
    /// When it ends.
    pub to: NaiveDateTime,
    /// Files delivered.
    pub delivered: u64,
    /// Failed deliveries, by the cause's place in [`Chart::causes`].
    pub failed: Vec<(usize, u64)>,
    /// Files that wait at its end.
    pub waiting: u64,
}

impl Bar {
    /// Failed deliveries of any cause.
    pub fn failures(&self) -> u64 {
        self.failed.iter().map(|(_, count)| count).sum()
    }
}

/// Something at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: NaiveDateTime,
    /// What.
    pub label: String,
}

impl Chart {
    /// The chart of a trace. `None` where it shows no more than the totals do: one bucket, or nothing.
    pub fn of(answer: &ParseLog) -> Option<Self> {
        let shown: Vec<&Destination> =
            answer.destinations.iter().filter(|destination| !destination.timeline.buckets.is_empty()).collect();
        let spans: Vec<(NaiveDateTime, NaiveDateTime)> = shown
            .iter()
            .flat_map(|destination| destination.timeline.buckets.iter().map(|bucket| span(destination, bucket)))
            .collect();
        let from = spans.iter().map(|(from, _)| *from).min()?;
        let to = spans.iter().map(|(_, to)| *to).max()?;
        if spans.iter().all(|span| *span == (from, to)) {
            return None;
        }
        let causes = causes(&shown);
        let lanes = shown.iter().map(|destination| lane(destination, &causes, to)).collect();
        Some(Self { from, to, causes, lanes })
    }

    /// Says of each failure's beginning in a destination's lane what it was.
    pub fn mark_failures(&mut self, host: &str, what: &str) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.host.as_deref() == Some(host)) {
            let begins = |at| lane.outages.iter().any(|(from, _)| *from == at);
            for moment in lane.moments.iter_mut().filter(|moment| begins(moment.at)) {
                moment.label = format!("{what}; {}", moment.label);
            }
        }
    }

    /// Where a time stands on the axis, from 0 to 1.
    pub fn place(&self, time: NaiveDateTime) -> f64 {
        let whole = (self.to - self.from).as_seconds_f64();
        if whole > 0.0 { ((time - self.from).as_seconds_f64() / whole).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// What the files that wait in a chart are: no trace tells of those that CUCM has not tried to send.
pub const WAITING: &str = "files that the trace names; CUCM may hold more";

fn span(destination: &Destination, bucket: &Bucket) -> (NaiveDateTime, NaiveDateTime) {
    let seconds = i64::try_from(destination.timeline.bucket_s).unwrap_or(i64::MAX);
    let width = TimeDelta::try_seconds(seconds).unwrap_or_default();
    (bucket.from, bucket.from.checked_add_signed(width).unwrap_or(bucket.from))
}

/// The causes by name, in the order of the answer, which is that of their weight.
fn causes(destinations: &[&Destination]) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let named = destinations.iter().flat_map(|destination| destination.causes.iter().map(|cause| &cause.cause));
    let bucketed = destinations.iter().flat_map(|destination| {
        destination.timeline.buckets.iter().flat_map(|bucket| bucket.failures.iter().map(|share| &share.cause))
    });
    for cause in named.chain(bucketed) {
        if !causes.contains(cause) {
            causes.push(cause.clone());
        }
    }
    causes
}

fn lane(destination: &Destination, causes: &[String], end: NaiveDateTime) -> Lane {
    let place = |cause: &str| causes.iter().position(|known| known == cause).unwrap_or_default();
    let bars = destination
        .timeline
        .buckets
        .iter()
        .map(|bucket| {
            let (from, to) = span(destination, bucket);
            let failed = bucket.failures.iter().map(|share| (place(&share.cause), share.count)).collect();
            Bar { from, to, delivered: bucket.deliveries, failed, waiting: bucket.files_waiting }
        })
        .collect();
    Lane {
        name: destination.name(),
        host: destination.host.clone(),
        bars,
        outages: destination.outages.iter().map(|outage| (outage.from, outage.to.unwrap_or(end))).collect(),
        outages_left_out: destination.outages_left_out,
        moments: moments(destination),
    }
}

/// Where deliveries stop and where they go on.
fn moments(destination: &Destination) -> Vec<Moment> {
    let cause = |at: NaiveDateTime| {
        let first = destination.causes.iter().find(|cause| cause.first >= Some(at) && cause.last >= Some(at));
        let within = destination.causes.iter().find(|cause| cause.first <= Some(at) && cause.last >= Some(at));
        first.or(within).map(|cause| format!(": {}", cause.cause)).unwrap_or_default()
    };
    let mut moments = Vec::new();
    for outage in &destination.outages {
        moments.push(Moment { at: outage.from, label: format!("deliveries fail{}", cause(outage.from)) });
        if let Some(at) = outage.to {
            moments.push(Moment { at, label: "deliveries succeed again".to_owned() });
        }
    }
    if moments.len() > MOMENTS { Vec::new() } else { moments }
}
