//! The chart as shapes: where everything stands. The page stretches the shapes to its width, so that words stand
//! beside them and not in them.

use std::fmt::Write;

use chrono::{NaiveDateTime, TimeDelta, Timelike};

use crate::report::view::chart::{Bar, Chart, Lane, Moment, WAITING};
use crate::words::{clock, counted, grouped};

/// The shapes' width.
const WIDTH: f64 = 1000.0;
/// Where deliveries stand on and failures hang from.
const MIDDLE: f64 = 50.0;
/// The lane of the files that wait.
const WAITING_HEIGHT: f64 = 40.0;
/// Colours there are for causes; the last one stands for all others.
const COLORS: usize = 8;
/// Marks on the axis at most.
const TICKS: i64 = 8;

/// A chart, ready to be drawn.
#[derive(Debug)]
pub struct Figure {
    /// The causes with the classes of their colours.
    pub causes: Vec<(String, String)>,
    /// The axis.
    pub ticks: Vec<Tick>,
    pub lanes: Vec<LaneFigure>,
    /// Whether any lane has an outage.
    pub has_outage: bool,
}

/// A mark on the axis.
#[derive(Debug)]
pub struct Tick {
    /// From the left, in percent.
    pub left: String,
    /// The time.
    pub label: String,
    /// Whether a narrow page leaves it out.
    pub minor: bool,
}

/// One destination.
#[derive(Debug)]
pub struct LaneFigure {
    pub name: String,
    /// All of it in words, for those who can't see it.
    pub summary: String,
    /// Outages.
    pub shades: Vec<Rect>,
    /// Deliveries and failures.
    pub bars: Vec<Rect>,
    /// The most delivered and the most failed in one bar.
    pub most: (u64, u64),
    /// The outline of the files that wait, and their greatest number.
    pub waiting: Option<(String, u64)>,
    /// What is worth a mark.
    pub marks: Vec<Mark>,
}

/// A rectangle.
#[derive(Debug)]
pub struct Rect {
    /// From the left.
    pub x: String,
    /// From the top.
    pub y: String,
    pub w: String,
    pub h: String,
    /// Its colour's class.
    pub class: String,
    /// What it says.
    pub title: String,
}

/// A numbered mark.
#[derive(Debug)]
pub struct Mark {
    /// From the left, in percent.
    pub left: String,
    pub number: usize,
    pub when: String,
    /// What.
    pub label: String,
}

impl Figure {
    /// Where everything of a chart stands.
    pub fn of(chart: &Chart) -> Self {
        let causes = chart.causes.iter().enumerate().map(|(index, cause)| (color(index), cause.clone())).collect();
        Self {
            causes,
            ticks: ticks(chart),
            lanes: chart.lanes.iter().map(|lane| figure(chart, lane)).collect(),
            has_outage: chart.lanes.iter().any(|lane| !lane.outages.is_empty()),
        }
    }
}

fn figure(chart: &Chart, lane: &Lane) -> LaneFigure {
    let most = |of: fn(&Bar) -> u64| lane.bars.iter().map(of).max().unwrap_or_default();
    let most = (most(|bar| bar.delivered), most(Bar::failures));
    let shade = |(from, to): &(NaiveDateTime, NaiveDateTime)| {
        let (x, end) = (chart.place(*from) * WIDTH, chart.place(*to) * WIDTH);
        let title = format!("Outage from {} to {}", clock(*from), clock(*to));
        rect((x, 0.0), ((end - x).max(2.0), MIDDLE * 2.0), "outage".to_owned(), title)
    };
    let mark = |(index, moment): (usize, &Moment)| Mark {
        left: percent(chart.place(moment.at)),
        number: index + 1,
        when: clock(moment.at),
        label: moment.label.clone(),
    };
    LaneFigure {
        name: lane.name.clone(),
        summary: summary(lane),
        shades: lane.outages.iter().map(shade).collect(),
        bars: lane.bars.iter().flat_map(|bar| bars(chart, bar, most)).collect(),
        most,
        waiting: waiting(chart, lane),
        marks: lane.moments.iter().enumerate().map(mark).collect(),
    }
}

fn summary(lane: &Lane) -> String {
    let delivered = lane.bars.iter().map(|bar| bar.delivered).sum();
    let failed = lane.bars.iter().map(Bar::failures).sum();
    let outages = counted(lane.outages.len() as u64 + lane.outages_left_out, "outage");
    format!("{} delivered, {}, {outages}", counted(delivered, "file"), counted(failed, "failed delivery"))
}

/// Deliveries upward, failures downward, each cause below the one before; each half has its own scale.
fn bars(chart: &Chart, bar: &Bar, (most_delivered, most_failed): (u64, u64)) -> Vec<Rect> {
    const GAP: f64 = 0.6;
    let x = chart.place(bar.from) * WIDTH;
    let width = (chart.place(bar.to) * WIDTH - x - GAP).max(1.2);
    let when = format!("{} to {}", clock(bar.from), clock(bar.to));
    let mut rects = Vec::new();
    if bar.delivered > 0 {
        let height = share(bar.delivered, most_delivered);
        let title = format!("{when}: {} delivered", counted(bar.delivered, "file"));
        rects.push(rect((x, MIDDLE - height), (width, height), "delivered".to_owned(), title));
    }
    let mut top = MIDDLE;
    for (cause, count) in &bar.failed {
        let height = share(*count, most_failed);
        let name = chart.causes.get(*cause).map(String::as_str).unwrap_or_default();
        let title = format!("{when}: {} by {name}", counted(*count, "failed delivery"));
        rects.push(rect((x, top), (width, height), color(*cause), title));
        top += height;
    }
    rects
}

/// The height of an amount beside the greatest; whatever is not nothing shows.
#[allow(clippy::cast_precision_loss, reason = "a picture is drawn to a thousandth")]
fn share(value: u64, most: u64) -> f64 {
    (value as f64 / most.max(1) as f64 * (MIDDLE - 2.0)).max(1.5)
}

/// The files that wait, as steps: a level holds until the next bar.
fn waiting(chart: &Chart, lane: &Lane) -> Option<(String, u64)> {
    let most = lane.bars.iter().map(|bar| bar.waiting).max().filter(|most| *most > 0)?;
    let height = |value: u64| {
        let part = if value == 0 { 0.0 } else { share(value, most) / MIDDLE };
        format!("{:.1}", WAITING_HEIGHT * (1.0 - part))
    };
    let mut path = format!("M0 {WAITING_HEIGHT:.0}");
    for bar in &lane.bars {
        // Writing to a String cannot fail.
        let _ = write!(path, "H{:.1}V{}", chart.place(bar.from) * WIDTH, height(bar.waiting));
    }
    let _ = write!(path, "H{WIDTH:.0}V{WAITING_HEIGHT:.0}Z");
    Some((path, most))
}

fn ticks(chart: &Chart) -> Vec<Tick> {
    const STEPS: [i64; 18] = [
        1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600,
        2_419_200,
    ];
    let whole = (chart.to - chart.from).num_seconds();
    let step = STEPS.into_iter().find(|step| whole / step <= TICKS).unwrap_or(whole / TICKS).max(1);
    let start = chart.from.and_utc().timestamp();
    let skip = (step - start.rem_euclid(step)) % step;
    let mut ticks = Vec::new();
    for number in 0..=TICKS {
        let Some(time) = chart.from.checked_add_signed(TimeDelta::seconds(skip + number * step)) else { break };
        let place = chart.place(time);
        if time > chart.to || !(0.03..=0.97).contains(&place) {
            continue;
        }
        let label = match (step, time.second()) {
            (86_400.., _) => time.format("%Y-%m-%d"),
            (60.., 0) => time.format("%m-%d %H:%M"),
            _ => time.format("%H:%M:%S"),
        };
        ticks.push(Tick { left: percent(place), label: label.to_string(), minor: ticks.len() % 3 != 1 });
    }
    ticks
}

fn rect((x, y): (f64, f64), (w, h): (f64, f64), class: String, title: String) -> Rect {
    let [x, y, w, h] = [x, y, w, h].map(|number| format!("{number:.1}"));
    Rect { x, y, w, h, class, title }
}

fn percent(place: f64) -> String {
    format!("{:.2}", place * 100.0)
}

fn color(cause: usize) -> String {
    format!("c{}", cause.min(COLORS - 1))
}

impl LaneFigure {
    /// What the tallest bars stand for.
    pub fn scale(&self) -> String {
        format!("tallest bar: {} delivered, {} failed", grouped(self.most.0), grouped(self.most.1))
    }

    /// What the highest step stands for.
    pub fn waiting_scale(&self) -> String {
        let most = self.waiting.as_ref().map(|(_, most)| *most).unwrap_or_default();
        format!("waiting, up to {}: {}", grouped(most), WAITING)
    }
}
