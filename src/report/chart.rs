//! What happened over time, a lane a destination: one model for the terminal, HTML and Markdown.

use chrono::{NaiveDateTime, TimeDelta};

use super::page::{Page, Tone};
use crate::document::parse_log::{Bucket, Destination, ParseLog};
use crate::words::{clock, duration, grouped};

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

    /// The lane's bars put together into columns of this many seconds.
    fn columns(&self, lane: &Lane, seconds: i64) -> Vec<Column> {
        let index =
            |time: NaiveDateTime| usize::try_from((time - self.from).num_seconds() / seconds).unwrap_or_default();
        let mut columns = vec![Column::default(); index(self.to - TimeDelta::seconds(1)) + 1];
        for bar in &lane.bars {
            if let Some(column) = columns.get_mut(index(bar.from)) {
                column.delivered += bar.delivered;
                column.failed += bar.failures();
                column.waiting = Some(bar.waiting);
            }
        }
        let mut level = 0;
        for column in &mut columns {
            level = *column.waiting.get_or_insert(level);
        }
        columns
    }

    /// The seconds of a column: so many whole buckets that at most this many columns show all. A part of a bucket
    /// would make even deliveries look uneven.
    fn column_seconds(&self, most: usize) -> i64 {
        let widest = self.lanes.iter().flat_map(|lane| &lane.bars).map(|bar| (bar.to - bar.from).num_seconds()).max();
        let widest = widest.unwrap_or(1).max(1);
        let buckets = (self.to - self.from).num_seconds().div_euclid(widest) + 1;
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        (buckets.div_euclid(most) + i64::from(buckets % most > 0)).max(1) * widest
    }

    /// The chart in the width of a page: block characters where the reader can show them, else plain ones.
    pub fn render(&self, page: &mut Page) {
        const MARGIN: usize = 34;
        let seconds = self.column_seconds(page.width().saturating_sub(MARGIN));
        let a_column = format!(
            "{} to {}, a column is {}",
            clock(self.from),
            clock(self.to),
            duration(TimeDelta::seconds(seconds).as_seconds_f64())
        );
        page.line(&[(Tone::Faint, &a_column)]);
        for lane in &self.lanes {
            page.indented(2, 4, &[(Tone::Plain, &lane.name)]);
            let columns = self.columns(lane, seconds);
            let rows: [(&str, Tone, Vec<u64>); 3] = [
                ("delivered", Tone::Good, columns.iter().map(|column| column.delivered).collect()),
                ("failed", Tone::Bad, columns.iter().map(|column| column.failed).collect()),
                ("waiting", Tone::Warn, columns.iter().map(|column| column.waiting.unwrap_or_default()).collect()),
            ];
            for (label, tone, values) in rows {
                let most = values.iter().copied().max().unwrap_or_default();
                let note = if most == 0 { "none".to_owned() } else { format!("up to {}", grouped(most)) };
                page.levels(label, tone, &values, &note);
            }
        }
        if self.lanes.iter().flat_map(|lane| &lane.bars).any(|bar| bar.waiting > 0) {
            page.indented(2, 4, &[(Tone::Faint, &format!("waiting: {WAITING}"))]);
        }
    }
}

/// What the files that wait in a chart are: no trace tells of those that CUCM has not tried to send.
pub const WAITING: &str = "files that the trace names; CUCM may hold more";

/// What happened in one column of the terminal's chart.
#[derive(Debug, Clone, Default)]
struct Column {
    delivered: u64,
    failed: u64,
    waiting: Option<u64>,
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Look;
    use proptest::prelude::*;

    fn at(hour: i64) -> NaiveDateTime {
        chrono::DateTime::from_timestamp(1_700_000_000 / 3600 * 3600 + hour * 3600, 0).unwrap().naive_utc()
    }

    fn chart(bars: &[(i64, u64, u64, u64)]) -> Chart {
        let bar = |(hour, delivered, failed, waiting): &(i64, u64, u64, u64)| Bar {
            from: at(*hour),
            to: at(hour + 1),
            delivered: *delivered,
            failed: vec![(0, *failed)],
            waiting: *waiting,
        };
        let lane = Lane {
            name: "a".to_owned(),
            host: None,
            bars: bars.iter().map(bar).collect(),
            outages: Vec::new(),
            moments: Vec::new(),
        };
        let last = bars.iter().map(|bar| bar.0).max().unwrap_or_default();
        Chart {
            from: at(bars.first().map_or(0, |bar| bar.0)),
            to: at(last + 1),
            causes: vec!["x".to_owned()],
            lanes: vec![lane],
        }
    }

    #[test]
    fn a_level_holds_until_something_happens() {
        let chart = chart(&[(0, 1, 0, 3), (3, 0, 1, 5)]);
        let levels: Vec<_> = chart.columns(&chart.lanes[0], 3600).iter().map(|column| column.waiting).collect();
        assert_eq!(levels, [Some(3), Some(3), Some(3), Some(5)]);
    }

    #[test]
    fn a_lane_fits_the_page_and_says_in_words_what_it_shows() {
        let bars: Vec<_> = (0..240).map(|hour| (hour, 5, u64::from(hour > 200), 0)).collect();
        let mut page = Page::new(Look { width: 80, wraps_headlines: true, color: false, blocks: false });
        chart(&bars).render(&mut page);
        insta::assert_snapshot!(page.into_string());
    }

    proptest! {
        #[test]
        fn no_delivery_and_no_failure_is_lost_on_the_way_to_the_columns(
            hours in prop::collection::btree_map(0i64..500, (0u64..9, 0u64..9), 1..40), most in 1usize..90
        ) {
            let bars: Vec<_> = hours.iter().map(|(hour, (delivered, failed))| (*hour, *delivered, *failed, 0)).collect();
            let chart = chart(&bars);
            let columns = chart.columns(&chart.lanes[0], chart.column_seconds(most));
            prop_assert!(columns.len() <= most);
            let delivered: u64 = bars.iter().map(|bar| bar.1).sum();
            let failed: u64 = bars.iter().map(|bar| bar.2).sum();
            prop_assert_eq!(columns.iter().map(|column| column.delivered).sum::<u64>(), delivered);
            prop_assert_eq!(columns.iter().map(|column| column.failed).sum::<u64>(), failed);
        }
    }
}
