//! A reading turned into the document that `parse-log` prints.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::accounts::{Account, merge};
use super::buckets::{self, Buckets};
use super::by_cause::{CauseFailures, FailuresByCause};
use super::history::History;
use super::note::Place;
use super::outages;
use super::reading::Reading;
use super::sources::Source;
use super::timeline::TracedLists;
use crate::document::evidence::Evidence;
use crate::document::parse_log::{
    Age, Alarm, Bucket, CauseCount, CauseShare, Destination, Input, Negotiation, Outage, ParseLog, Retries, Status,
    Timeline, WaitingFile,
};
use crate::model::delivery_file::DeliveryFile;
use crate::words::counted;

/// How the answer is to be narrowed.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only these destinations (host or number); all where empty.
    pub destinations: Vec<String>,
    /// At most so many files a destination.
    pub limit: usize,
    /// The node's time zone.
    pub timezone: Option<Tz>,
}

impl Choice {
    /// Whether a destination is among those asked for.
    pub fn asks_for(&self, host: Option<&str>, number: Option<u32>) -> bool {
        let number = number.map(|number| number.to_string());
        self.destinations.is_empty()
            || self.destinations.iter().any(|wanted| Some(&**wanted) == host || Some(wanted) == number.as_ref())
    }
}

/// Makes the document.
pub fn document(reading: Reading, sources: &[Source], choice: &Choice) -> ParseLog {
    let end = reading.inputs.iter().filter_map(|input| input.last).max();
    let (accounts, others): (Vec<Account>, Vec<Account>) = merge(reading.nodes.into_iter().flatten())
        .into_iter()
        .partition(|account| choice.asks_for(account.host.as_deref(), account.destination));
    let passed = |account: &Account| account.history.passed_over + account.history.outside;
    let failures_left_out = accounts.iter().map(passed).sum::<u64>()
        + others.iter().map(|account| account.history.delivery_failures + passed(account)).sum::<u64>();
    let mut warnings = reading.warnings;
    warnings.extend(accounts.iter().filter_map(passed_over));
    let mut destinations: Vec<Destination> =
        accounts.into_iter().map(|account| destination(account, sources, choice, end)).collect();
    destinations.sort_by(|a, b| (a.status, &a.destination, &a.host).cmp(&(b.status, &b.destination, &b.host)));
    ParseLog {
        inputs: sources
            .iter()
            .zip(reading.inputs)
            .map(|(source, input)| Input {
                path: source.label.clone(),
                bytes: input.counts.bytes,
                lines: input.counts.lines,
                records: input.counts.records,
                skipped_lines: input.counts.skipped_lines,
                first: input.first,
                last: input.last,
            })
            .collect(),
        destinations,
        alarms: Vec::new(),
        nodes: Vec::new(),
        time_zone: choice.timezone.map(|zone| zone.name().to_owned()),
        negotiation: reading.lists.map(|lists| negotiation(lists, sources)),
        unread: Vec::new(),
        failures_left_out,
        warnings,
    }
}

/// What a choice of causes leaves out must not read as if it had not happened.
fn passed_over(account: &Account) -> Option<String> {
    let (count, host) = (account.history.passed_over, account.host.as_deref().unwrap_or("a destination"));
    (count > 0)
        .then(|| format!("{host}: {} of other causes left out, as --cause asks", counted(count, "failed delivery")))
}

/// What `--destination` may name: each destination's host and number.
pub fn names(reading: &Reading) -> Vec<String> {
    let accounts = reading.nodes.iter().flatten();
    let mut names: Vec<String> = accounts
        .flat_map(|account| {
            account.host.clone().into_iter().chain(account.destination.map(|number| number.to_string()))
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn destination(account: Account, sources: &[Source], choice: &Choice, end: Option<NaiveDateTime>) -> Destination {
    let Account { host, destination, history } = account;
    let failed = history.delivery_failures + history.connection_failures > 0;
    let status = match (history.is_failing(), failed) {
        (true, _) => Status::Failing,
        (false, true) => Status::Recovered,
        (false, false) => Status::Healthy,
    };
    let oldest = history.waiting.oldest(1);
    let oldest = oldest.first().and_then(|(name, _)| DeliveryFile::parse(name));
    Destination {
        host,
        destination,
        status,
        deliveries: history.deliveries,
        delivery_failures: history.delivery_failures,
        connection_failures: history.connection_failures,
        files_waiting: history.waiting.len() as u64,
        first_failure: history.first_failure,
        last_failure: history.last_failure,
        last_delivery: history.last_delivery,
        causes: causes(&history.causes, sources),
        connection_causes: causes(&history.connection_causes, sources),
        outages_left_out: history.outages.left_out(),
        outages: outages(&history),
        alarms: history
            .alarms
            .iter()
            .map(|(name, span)| Alarm {
                name: (*name).to_owned(),
                count: span.count,
                first: span.first,
                last: span.last,
            })
            .collect(),
        files: history
            .waiting
            .oldest(choice.limit)
            .into_iter()
            .map(|(name, attempts)| waiting_file(&name, attempts))
            .collect(),
        retries: (history.pauses.0 > 0).then_some(Retries {
            count: history.pauses.0,
            longest_s: history.longest_pause_s,
            overlong: history.pauses.1,
        }),
        timeline: timeline(&history.buckets),
        oldest_waiting: oldest.zip(end).map(|(file, end)| age(file.created_utc, end, choice.timezone)),
    }
}

fn outages(history: &History) -> Vec<Outage> {
    let outage = |(index, span): (usize, &outages::Outage)| {
        let begins_before_trace = index == 0 && history.begins_inside_outage();
        Outage {
            from: span.from,
            to: span.ended,
            failures: span.failures,
            begins_before_trace,
            failures_before_trace: history.counted_before.filter(|_| begins_before_trace),
        }
    };
    history.outages.iter().enumerate().map(outage).collect()
}

fn timeline(buckets: &Buckets) -> Timeline {
    let mut waiting = 0;
    let bucket = |(from, bucket): (NaiveDateTime, &buckets::Bucket)| {
        waiting += bucket.waiting_change;
        let share = |(cause, count): &(&str, u64)| CauseShare { cause: (*cause).to_owned(), count: *count };
        Bucket {
            from,
            deliveries: bucket.deliveries,
            failures: bucket.failures.iter().map(share).collect(),
            connection_failures: bucket.connection_failures,
            // A clock that was set back can put a file's delivery before its failure.
            files_waiting: waiting.max(0).unsigned_abs(),
        }
    };
    Timeline { bucket_s: buckets.width_s().unsigned_abs(), buckets: buckets.iter().map(bucket).collect() }
}

fn causes(failures: &FailuresByCause, sources: &[Source]) -> Vec<CauseCount> {
    let mut causes: Vec<&CauseFailures> = failures.iter().collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then(a.first.cmp(&b.first)));
    causes
        .into_iter()
        .map(|cause| CauseCount {
            cause: cause.note.reason.cause.to_owned(),
            stage: cause.note.reason.stage,
            count: cause.count,
            first: Some(cause.first),
            last: Some(cause.last),
            message: cause.note.reason.message.as_deref().map(str::to_owned),
            remedy: cause.note.reason.remedy.map(str::to_owned),
            evidence: evidence(&cause.note.place, sources),
        })
        .collect()
}

fn evidence(place: &Place, sources: &[Source]) -> Evidence {
    let path = sources.get(place.source).map(|source| source.label.clone()).unwrap_or_default();
    Evidence { path, line: place.line, text: place.text().into_owned() }
}

fn waiting_file(name: &str, attempts: u64) -> WaitingFile {
    let file = DeliveryFile::parse(name);
    WaitingFile {
        name: name.to_owned(),
        kind: file.map(|file| file.kind),
        cluster: file.map(|file| file.cluster.to_owned()),
        node: file.map(|file| file.node.to_owned()),
        created_utc: file.map(|file| file.created_utc),
        sequence: file.map(|file| file.sequence),
        attempts,
    }
}

/// How long something made at `created` has been waiting at `end`, which is the node's local time.
fn age(created: DateTime<Utc>, end: NaiveDateTime, zone: Option<Tz>) -> Age {
    // Where the clock is set back an hour passes twice; the later one is as good.
    let known = zone.and_then(|zone| zone.from_local_datetime(&end).latest()).map(|end| end.to_utc());
    let age_s = (known.unwrap_or_else(|| end.and_utc()) - created).as_seconds_f64();
    Age { age_s: age_s.max(0.0), approximate: known.is_none() }
}

fn negotiation(traced: TracedLists, sources: &[Source]) -> Negotiation {
    Negotiation {
        failed_category: traced.lists.failed,
        evidence: evidence(&traced.place, sources),
        client: traced.lists.client,
        server: traced.lists.server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_exact_only_where_the_zone_is_known() {
        let created = Utc.with_ymd_and_hms(2024, 7, 1, 10, 0, 0).unwrap();
        let end = chrono::NaiveDate::from_ymd_opt(2024, 7, 1).unwrap().and_hms_opt(13, 0, 0).unwrap();
        assert_eq!(age(created, end, Some(chrono_tz::Europe::Berlin)), Age { age_s: 3600.0, approximate: false });
        assert_eq!(age(created, end, None), Age { age_s: 10800.0, approximate: true });
    }
}
