//! The alarms of CUCM's CDR services as people have them: lines of CUCM's syslog, RTMT's alerts as mail, as the
//! serviceability interface gives them, or forwarded to a syslog server. Pure: text to alarms.
//!
//! The catalogue is `CDRRepAlarmCatalog` (Cisco, System Error Messages). No alarm says why a delivery failed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use regex::{Captures, Regex};

use crate::document::alarms::{AlarmCount, AlarmMonth, Concern, RaisedAlarms};
use crate::document::evidence::Evidence;

/// The longest record of an alarm that is kept as evidence, in characters.
const EVIDENCE: usize = 400;

/// The catalogue's names, and RTMT's own for the high water mark.
const NAMES: &str = "CDRFileDeliveryFailureContinues|CDRFileDeliveryFailed|CDRAgentSendFileFailureContinues|\
                     CDRAgentSendFileFailed|CDRHWMExceeded|CDRHighWaterMarkExceeded|CDRMaximumDiskSpaceExceeded";

/// One alarm as a text tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alarm {
    name: Option<String>,
    fields: BTreeMap<String, String>,
    at: Option<(NaiveDateTime, String)>,
    /// Where in the text it stands.
    span: Range<usize>,
}

/// Whether a text holds an alarm; looks at names and fields only.
pub fn may_hold_alarms(text: &str) -> bool {
    static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("{NAMES}|BillingServerAddress")).ok());
    MARKS.as_ref().is_some_and(|marks| marks.is_match(text))
}

/// The alarms of a text, by what they are about: the same of one node and server are counted together.
pub fn read(path: &str, text: &str) -> Vec<RaisedAlarms> {
    // rsyslog and syslog-ng write a line feed inside of a message so.
    let text = text.replace("#012", "\n").replace("#015", "");
    let mut raised: Vec<RaisedAlarms> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    let (mut line, mut at) = (1, 0);
    for alarm in alarms(&text) {
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[at..alarm.span.start]).count() as u64;
        at = alarm.span.start;
        let Some(concern) = alarm.concern() else { continue };
        let new = alarm.raised(concern, Place { path, text: &text, line });
        match places.entry(new.subject()) {
            Entry::Occupied(place) => raised[*place.get()].add(new),
            Entry::Vacant(place) => {
                place.insert(raised.len());
                raised.push(new);
            }
        }
    }
    raised
}

/// Where an alarm stands.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    text: &'a str,
    line: u64,
}

fn alarms(text: &str) -> Vec<Alarm> {
    let mut found = syslog_alarms(text);
    for further in [alert_texts(text), alert_heads(text)] {
        let taken = Taken::by(&found);
        found.extend(further.into_iter().filter(|alarm| !taken.holds_part_of(&alarm.span)));
        found.sort_by_key(|alarm| alarm.span.start);
    }
    found
}

/// The parts of a text in which alarms were found, in their order: each one's start, and how far it and those before it
/// reach.
struct Taken(Vec<(usize, usize)>);

impl Taken {
    fn by(alarms: &[Alarm]) -> Self {
        let mut reach = 0;
        let part = |alarm: &Alarm| {
            reach = reach.max(alarm.span.end);
            (alarm.span.start, reach)
        };
        Self(alarms.iter().map(part).collect())
    }

    fn holds_part_of(&self, span: &Range<usize>) -> bool {
        let before = self.0.partition_point(|(start, _)| *start < span.end);
        before > 0 && self.0[before - 1].1 > span.start
    }
}

/// `Oct 06 2020 09:41:50.104 UTC : %UC_…-3-CDRFileDeliveryFailed: %[BillingServerAddress=…][AppID=…]…: text`. The
/// facility's name is not public: any will do.
fn syslog_alarms(text: &str) -> Vec<Alarm> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r"(?:([A-Z][a-z]{{2}} +\d{{1,2}} 20\d\d \d\d:\d\d:\d\d)(?:\.\d+)? ([A-Za-z0-9+:-]+)\s*:\s*)?%\w+-\d-({NAMES})\s*:\s*%?((?:\[[^\]\n]*\])*)"
        ))
        .ok()
    });
    let alarm = |found: Captures<'_>| {
        let at = found.get(1).and_then(|time| parse(time.as_str(), "%b %e %Y %H:%M:%S"));
        let zone = found.get(2).map_or_else(String::new, |zone| zone.as_str().to_owned());
        let fields = found.get(4).map_or("", |fields| fields.as_str());
        let fields = fields.split(['[', ']']).filter_map(|field| field.split_once('=')).map(kept).collect();
        let span = found.get(0).map_or(0..0, |whole| whole.range());
        let start = line_start(text, span.start);
        Alarm {
            name: found.get(3).map(|name| name.as_str().to_owned()),
            fields,
            at: at.map(|at| (at, zone)),
            span: start..span.end,
        }
    };
    FORM.iter().flat_map(|form| form.captures_iter(text).map(alarm)).collect()
}

/// Where the line begins in which this byte stands; the byte itself where the line is longer than any syslog's.
fn line_start(text: &str, at: usize) -> usize {
    const LONGEST: usize = 8_192;
    let from = at.saturating_sub(LONGEST);
    match memchr::memrchr(b'\n', &text.as_bytes()[from..at]) {
        Some(end) => from + end + 1,
        None if from == 0 => 0,
        None => at,
    }
}

/// `BillingServerAddress : … AppID : … NodeID : … TimeStamp : Tue Oct 06 05:41:50 EDT 2020.`, in one line or several,
/// with the alarm's name before it where somebody gives it.
fn alert_texts(text: &str) -> Vec<Alarm> {
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"TimeStamp\s*:\s*[A-Z][a-z]{2}\s+([A-Z][a-z]{2}\s+\d{1,2}\s+\d\d:\d\d:\d\d)\s+(\S+)\s+(20\d\d)")
            .ok()
    });
    static FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(BillingServerAddress|CDRRepositoryNodeAddress|CDRAgentNodeAddress|NodeID)\s*:[^\S\n]*(\S+)").ok()
    });
    let (Some(end), Some(field)) = (END.as_ref(), FIELD.as_ref()) else { return Vec::new() };
    let mut from = 0;
    let mut found = Vec::new();
    for stamp in end.captures_iter(text) {
        let Some(whole) = stamp.get(0) else { continue };
        let body = &text[from..whole.start()];
        let fields: BTreeMap<_, _> = field.captures_iter(body).map(|found| kept((&found[1], &found[2]))).collect();
        let name = names(body).last().map(|name| name.as_str().to_owned());
        let first = names(body).last().map(|name| name.start());
        let start = first.into_iter().chain(field.find(body).map(|field| field.start())).min().unwrap_or_default();
        let time = format!("{} {}", &stamp[1], &stamp[3]);
        let at = parse(&time, "%b %e %H:%M:%S %Y").map(|at| (at, stamp[2].to_owned()));
        found.push(Alarm { name, fields, at, span: from + start..whole.end() });
        from = whole.end();
    }
    found
}

/// `At Tue Oct 06 05:41:50 EDT 2020 on node cucm-pub, the following CDRHighWaterMarkExceeded events generated`, where
/// the event itself is missing.
fn alert_heads(text: &str) -> Vec<Alarm> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r"At\s+[A-Z][a-z]{{2}}\s+([A-Z][a-z]{{2}}\s+\d{{1,2}}\s+\d\d:\d\d:\d\d)\s+(\S+)\s+(20\d\d)\s+on\s+node\s+([^\s,;]+)[,;]?\s+the\s+following\s+({NAMES})\s+events\s+generated"
        ))
        .ok()
    });
    let Some(form) = FORM.as_ref() else { return Vec::new() };
    let starts: Vec<usize> = form.find_iter(text).map(|found| found.start()).collect();
    let alarm = |(index, found): (usize, Captures<'_>)| {
        let time = format!("{} {}", &found[1], &found[3]);
        Alarm {
            name: Some(found[5].to_owned()),
            fields: BTreeMap::from([kept(("NodeID", &found[4]))]),
            at: parse(&time, "%b %e %H:%M:%S %Y").map(|at| (at, found[2].to_owned())),
            // Up to the next one: what stands between tells of the same event.
            span: starts[index]..starts.get(index + 1).copied().unwrap_or(text.len()),
        }
    };
    form.captures_iter(text).enumerate().map(alarm).collect()
}

fn names(text: &str) -> impl Iterator<Item = regex::Match<'_>> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(NAMES).ok());
    FORM.iter().flat_map(move |form| form.find_iter(text))
}

fn kept((name, value): (&str, &str)) -> (String, String) {
    (name.trim().to_owned(), value.trim().to_owned())
}

fn parse(time: &str, form: &str) -> Option<NaiveDateTime> {
    let time = time.split_whitespace().collect::<Vec<_>>().join(" ");
    NaiveDateTime::parse_from_str(&time, form).ok()
}

impl Alarm {
    fn concern(&self) -> Option<Concern> {
        match self.name.as_deref() {
            Some("CDRFileDeliveryFailed" | "CDRFileDeliveryFailureContinues") => Some(Concern::Delivery),
            Some("CDRAgentSendFileFailed" | "CDRAgentSendFileFailureContinues") => Some(Concern::FirstLeg),
            Some("CDRHWMExceeded" | "CDRHighWaterMarkExceeded") => Some(Concern::HighWaterMark),
            Some("CDRMaximumDiskSpaceExceeded") => Some(Concern::DiskAllocation),
            // A text without a name: its fields tell what it is about.
            _ if self.field("BillingServerAddress").is_some() => Some(Concern::Delivery),
            _ if self.field("CDRAgentNodeAddress").is_some() => Some(Concern::FirstLeg),
            _ => None,
        }
    }

    fn field(&self, name: &str) -> Option<String> {
        self.fields.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn raised(&self, concern: Concern, place: Place<'_>) -> RaisedAlarms {
        let (at, zone) = self.at.clone().unzip();
        let month = at.map(|at| AlarmMonth { month: at.format("%Y-%m").to_string(), count: 1 });
        let Place { path, text, line } = place;
        let shown: Vec<&str> = text[self.span.clone()].split_whitespace().take(EVIDENCE).collect();
        RaisedAlarms {
            concern,
            billing_server: self.field("BillingServerAddress"),
            repository_node: self.field("CDRRepositoryNodeAddress"),
            agent_node: self.field("CDRAgentNodeAddress"),
            node: self.field("NodeID"),
            count: 1,
            first: at,
            last: at,
            zone: zone.filter(|zone| !zone.is_empty()),
            names: self.name.iter().map(|name| AlarmCount { name: name.clone(), count: 1 }).collect(),
            months: month.into_iter().collect(),
            evidence: Evidence { path: path.to_owned(), line, text: shown.join(" ").chars().take(EVIDENCE).collect() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSLOG: &str = "Jan 11 02:00:01 pub local7 3 ccm: 7: pub: Jan 11 2025 01:00:01.5 UTC : \
                          %UC_CDRREP-3-CDRFileDeliveryFailed: %[BillingServerAddress=198.51.100.7][AppID=Cisco CDR \
                          Repository Manager][ClusterID=Main][NodeID=pub]: text\n";

    #[test]
    fn alarms_of_one_server_are_counted_together_and_by_month() {
        let more = SYSLOG.replace("CDRFileDeliveryFailed", "CDRFileDeliveryFailureContinues");
        let later = more.replace("Jan 11 2025", "Feb  1 2025");
        let other = SYSLOG.replace("198.51.100.7", "198.51.100.8");
        let raised = read("x", &[SYSLOG, &more, &later, &other].concat());
        assert_eq!(raised.len(), 2, "{raised:#?}");
        let first = &raised[0];
        assert_eq!((first.concern, first.count, first.evidence.line), (Concern::Delivery, 3, 1));
        assert_eq!((first.billing_server.as_deref(), first.node.as_deref()), (Some("198.51.100.7"), Some("pub")));
        assert_eq!(first.first.unwrap().to_string(), "2025-01-11 01:00:01");
        assert_eq!(first.last.unwrap().to_string(), "2025-02-01 01:00:01");
        assert_eq!(first.zone.as_deref(), Some("UTC"));
        let months: Vec<_> = first.months.iter().map(|month| (month.month.as_str(), month.count)).collect();
        assert_eq!(months, [("2025-01", 2), ("2025-02", 1)]);
    }

    #[test]
    fn an_alert_without_a_name_is_known_by_its_fields() {
        let mail = "BillingServerAddress : 198.51.100.7 AppID : Cisco CDR Repository Manager ClusterID :  NodeID : pub\n\
                    TimeStamp : Sat Jan 11 02:00:01 CET 2025. The alarm is generated on Sat Jan 11 02:00:01 CET 2025.";
        let raised = read("x", mail);
        assert_eq!(raised.len(), 1, "{raised:#?}");
        assert_eq!((raised[0].concern, raised[0].zone.as_deref()), (Concern::Delivery, Some("CET")));
        assert_eq!(raised[0].node.as_deref(), Some("pub"));
    }

    #[test]
    fn an_alert_that_was_forwarded_to_a_syslog_server_counts_once() {
        let alert = format!(
            "Jan 11 02:00:03 pub : %[AlertName=CDRFileDeliveryFailed][AlertDetail= At Sat Jan 11 02:00:02 CET 2025 on \
             node 198.51.100.1, the following CDRFileDeliveryFailed events generated: #012SeverityMatch : \
             Error#012MatchedEvent : {}#012]: RTMT Alert\n",
            SYSLOG.trim_end()
        );
        let raised = read("x", &alert);
        assert_eq!((raised.len(), raised[0].count), (1, 1), "{raised:#?}");
        let cut = "%[AlertName=CDRMaximumDiskSpaceExceeded][AlertDetail= At Sat Jan 11 02:00:02 CET 2025 on node pub, the \
                   following CDRMaximumDiskSpaceExceeded events generated: #012SeverityMatch : Critical";
        assert_eq!(read("x", cut)[0].concern, Concern::DiskAllocation);
        assert_eq!(read("x", cut)[0].node.as_deref(), Some("pub"));
    }

    #[test]
    fn other_texts_hold_none() {
        for text in ["", "Oct 6 05:41:50 pub sshd[1]: Accepted password", "TimeStamp : Sat Jan 11 02:00:01 CET 2025"] {
            assert!(read("x", text).is_empty(), "{text}");
        }
    }
}
