//! The chart in characters, three rows a destination.

use chrono::{NaiveDateTime, TimeDelta};

use crate::report::page::{Page, Tone};
use crate::report::view::chart::{Chart, Lane, WAITING};
use crate::words::{clock, duration, grouped};

/// The chart in the width of a page: block characters where the reader can show them, else plain ones.
pub fn write(chart: &Chart, page: &mut Page) {
    const MARGIN: usize = 34;
    let seconds = column_seconds(chart, page.width().saturating_sub(MARGIN));
    let a_column = format!(
        "{} to {}, a column is {}",
        clock(chart.from),
        clock(chart.to),
        duration(TimeDelta::seconds(seconds).as_seconds_f64())
    );
    page.line(&[(Tone::Faint, &a_column)]);
    for lane in &chart.lanes {
        page.indented(2, 4, &[(Tone::Plain, &lane.name)]);
        let columns = columns(chart, lane, seconds);
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
    if chart.lanes.iter().flat_map(|lane| &lane.bars).any(|bar| bar.waiting > 0) {
        page.indented(2, 4, &[(Tone::Faint, &format!("waiting: {WAITING}"))]);
    }
}

/// The lane's bars put together into columns of this many seconds.
fn columns(chart: &Chart, lane: &Lane, seconds: i64) -> Vec<Column> {
    let index = |time: NaiveDateTime| usize::try_from((time - chart.from).num_seconds() / seconds).unwrap_or_default();
    let mut columns = vec![Column::default(); index(chart.to - TimeDelta::seconds(1)) + 1];
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
fn column_seconds(chart: &Chart, most: usize) -> i64 {
    let widest = chart.lanes.iter().flat_map(|lane| &lane.bars).map(|bar| (bar.to - bar.from).num_seconds()).max();
    let widest = widest.unwrap_or(1).max(1);
    let buckets = (chart.to - chart.from).num_seconds().div_euclid(widest) + 1;
    let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
    (buckets.div_euclid(most) + i64::from(buckets % most > 0)).max(1) * widest
}

/// What happened in one column of the terminal's chart.
#[derive(Debug, Clone, Default)]
struct Column {
    delivered: u64,
    failed: u64,
    waiting: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Terminal;
    use crate::report::view::chart::Bar;
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
            outages_left_out: 0,
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
        let levels: Vec<_> = columns(&chart, &chart.lanes[0], 3600).iter().map(|column| column.waiting).collect();
        assert_eq!(levels, [Some(3), Some(3), Some(3), Some(5)]);
    }

    #[test]
    fn a_lane_fits_the_page_and_says_in_words_what_it_shows() {
        let bars: Vec<_> = (0..240).map(|hour| (hour, 5, u64::from(hour > 200), 0)).collect();
        let mut page = Page::new(Terminal { width: 80, wraps_headlines: true, color: false, blocks: false });
        write(&chart(&bars), &mut page);
        insta::assert_snapshot!(page.into_string());
    }

    proptest! {
        #[test]
        fn no_delivery_and_no_failure_is_lost_on_the_way_to_the_columns(
            hours in prop::collection::btree_map(0i64..500, (0u64..9, 0u64..9), 1..40), most in 1usize..90
        ) {
            let bars: Vec<_> = hours.iter().map(|(hour, (delivered, failed))| (*hour, *delivered, *failed, 0)).collect();
            let chart = chart(&bars);
            let columns = columns(&chart, &chart.lanes[0], column_seconds(&chart, most));
            prop_assert!(columns.len() <= most);
            let delivered: u64 = bars.iter().map(|bar| bar.1).sum();
            let failed: u64 = bars.iter().map(|bar| bar.2).sum();
            prop_assert_eq!(columns.iter().map(|column| column.delivered).sum::<u64>(), delivered);
            prop_assert_eq!(columns.iter().map(|column| column.failed).sum::<u64>(), failed);
        }
    }
}
