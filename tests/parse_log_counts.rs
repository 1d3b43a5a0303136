//! Traces with known counts, read whole, in pieces, packed, and with everything that happens to traces in the wild:
//! every count agrees, and nothing odd goes unmentioned.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

#[path = "support/trace_generator.rs"]
mod trace_generator;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use cdrdiag::document::parse_log::{Destination, ParseLog};
use cdrdiag::log4j::records;
use cdrdiag::trace::answer::{self, Choice};
use cdrdiag::trace::reading;
use cdrdiag::trace::sources::{self, Why};
use cdrdiag::trace::timeline::Window;
use proptest::prelude::*;
use tempfile::TempDir;
use trace_generator::{Course, Expected, Random, Scenario, Truth, generate, generate_course, repeat_fixture};

const KIB: u64 = 1024;

fn parse(paths: &[PathBuf]) -> ParseLog {
    let found = sources::find(paths, |_| None);
    // Garbage at the end is told; all else is read.
    let problems: Vec<_> = found.problems.iter().filter(|problem| !matches!(problem.why, Why::BinaryEnd)).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let reading = reading::read(&found.sources, &Window::default(), &|_| {});
    assert!(reading.broken.is_empty(), "{:?}", reading.broken);
    answer::document(reading, &found.sources, &Choice { limit: usize::MAX, ..Choice::default() })
}

fn parse_folder(folder: &Path) -> ParseLog {
    parse(&[folder.to_owned()])
}

/// The answer about one file of these bytes.
fn parse_bytes(bytes: &[u8]) -> ParseLog {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("cdrrepmgr00001.log"), bytes).unwrap();
    parse_folder(folder.path())
}

/// How many failures of one file of these bytes are cut.
fn cut(bytes: &[u8]) -> usize {
    let mut file = tempfile::Builder::new().prefix("cdrrepmgr").suffix(".log").tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let found = sources::find(&[file.path().to_owned()], |_| None);
    reading::read(&found.sources, &Window::default(), &|_| {}).cut.len()
}

/// The answer's facts in the truth's form.
fn told(destination: &Destination) -> Truth {
    let mut causes = BTreeMap::new();
    for cause in &destination.causes {
        *causes.entry(cause.cause.clone()).or_default() += cause.count;
    }
    Truth {
        host: destination.host.clone(),
        deliveries: destination.deliveries,
        delivery_failures: destination.delivery_failures,
        connection_failures: destination.connection_failures,
        causes,
        waiting: destination.files.iter().map(|file| (file.name.clone(), file.attempts)).collect(),
        outages: destination.outages.iter().map(|outage| (outage.from, outage.to, outage.failures)).collect(),
        first_failure: destination.first_failure,
        last_failure: destination.last_failure,
        last_delivery: destination.last_delivery,
        alarms: destination.alarms.iter().map(|alarm| (alarm.name.clone(), alarm.count)).collect(),
    }
}

#[track_caller]
fn assert_agrees(answer: &ParseLog, expected: &Expected) {
    let told: BTreeMap<_, _> =
        answer.destinations.iter().map(|one| (one.destination.expect("each sender is named"), told(one))).collect();
    for (number, truth) in &expected.destinations {
        assert_eq!(told.get(number), Some(truth), "destination {number}");
    }
    assert_eq!(told.len(), answer.destinations.len(), "each destination once");
    assert_eq!(told.len(), expected.destinations.len());
    for one in &answer.destinations {
        assert_eq!(one.files_waiting, one.files.len() as u64);
        assert_eq!(one.causes.iter().map(|cause| cause.count).sum::<u64>(), one.delivery_failures);
        let pauses: u64 = one.outages.iter().map(|outage| outage.failures.saturating_sub(1)).sum();
        assert_eq!(one.retries.as_ref().map_or(0, |retries| retries.count), pauses);
    }
}

#[track_caller]
fn assert_counts(answer: &ParseLog, expected: &Expected) {
    assert_agrees(answer, expected);
    assert_eq!(answer.inputs.iter().map(|input| input.records).sum::<u64>(), expected.records, "records");
    assert_eq!(answer.inputs.iter().map(|input| input.lines).sum::<u64>(), expected.lines, "lines");
    assert_eq!(answer.inputs.iter().map(|input| input.bytes).sum::<u64>(), expected.bytes, "bytes");
}

fn skipped(answer: &ParseLog) -> u64 {
    answer.inputs.iter().map(|input| input.skipped_lines).sum()
}

#[track_caller]
fn assert_warns(answer: &ParseLog, words: &str) {
    assert!(answer.warnings.iter().any(|warning| warning.contains(words)), "{words:?} in {:#?}", answer.warnings);
}

fn small(seed: u64) -> (Vec<u8>, Expected) {
    generate(Scenario { seed, ..Scenario::default() }, 300 * KIB)
}

/// Lines with their ends.
fn lines(trace: &[u8]) -> impl Iterator<Item = &[u8]> {
    trace.split_inclusive(|byte| *byte == b'\n')
}

/// Writes the pieces between these places to files. Their numbers wrap, so that the order shows in the records'
/// times alone; unless a piece's times do not tell its place, which its number alone can then.
fn write_pieces(folder: &Path, trace: &[u8], cuts: &[usize]) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (trace.len() + 1)).collect();
    cuts.extend([0, trace.len()]);
    cuts.sort_unstable();
    let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &trace[ends[0]..ends[1]]).collect();
    let time = |piece: &&[u8]| lines(piece).find(|line| records::starts_record(line)).map(|line| line[..23].to_vec());
    let times: Vec<_> = pieces.iter().map(time).collect();
    let times_tell = times.iter().all(Option::is_some) && times.windows(2).all(|pair| pair[0] < pair[1]);
    let first = if times_tell { 248 } else { 7 };
    for (number, piece) in pieces.into_iter().enumerate() {
        let name = format!("cdrrepmgr{:05}.log", (first - 1 + number) % 250 + 1);
        fs::write(folder.join(name), piece).unwrap();
    }
}

#[test]
fn the_generator_makes_every_kind_of_thing() {
    let (trace, expected) = generate(Scenario::default(), 2_000 * KIB);
    let sum = |of: fn(&Truth) -> u64| expected.destinations.values().map(of).sum::<u64>();
    assert!(sum(|truth| truth.deliveries) > 100);
    assert!(sum(|truth| truth.delivery_failures) > 100);
    assert!(sum(|truth| truth.connection_failures) > 20);
    assert!(sum(|truth| truth.causes.get("unknown").copied().unwrap_or(0)) > 0);
    assert!(sum(|truth| truth.causes.len() as u64) > 6, "causes change");
    assert!(sum(|truth| truth.outages.len() as u64) > 6, "destinations recover");
    let text = String::from_utf8_lossy(&trace);
    assert!(text.matches("CDRSender 1 is started").count() > 2, "the service restarts");
    assert!(text.contains("First time failure") && text.contains("CDRFileDeliveryFailureContinues"));
}

#[test]
fn every_count_agrees() {
    for seed in 0..24 {
        for names_files in [true, false] {
            let destinations = 1 + (seed % 8) as usize;
            let (trace, expected) = generate(Scenario { seed, destinations, names_files, filler: 2 }, 400 * KIB);
            let answer = parse_bytes(&trace);
            assert_counts(&answer, &expected);
            assert_eq!((skipped(&answer), answer.warnings.len()), (0, 0), "{:?}", answer.warnings);
        }
    }
}

#[test]
fn every_count_agrees_beyond_the_size_of_a_block() {
    let (trace, expected) = generate(Scenario { seed: 5, filler: 12, ..Scenario::default() }, 6_000 * KIB);
    assert_counts(&parse_bytes(&trace), &expected);
    let folder = TempDir::new().unwrap();
    write_pieces(folder.path(), &trace, &[1_000_000, 1_000_001, 3_333_333, 5_000_000]);
    assert_counts_of_pieces(&parse_folder(folder.path()), &expected);
}

#[test]
fn a_file_that_holds_but_a_piece_of_a_record_belongs_to_the_trace_before_it() {
    let (trace, expected) = generate(Scenario { seed: 3, filler: 1, ..Scenario::default() }, 60 * KIB);
    let exception = memchr::memmem::find(&trace, b" Java Exception happened").unwrap();
    let start = memchr::memrchr(b'\n', &trace[..exception]).unwrap() + 1;
    let names = memchr::memmem::find(&trace[start..], b" to ").unwrap() + start + 5;
    let folder = TempDir::new().unwrap();
    write_pieces(folder.path(), &trace, &[start + 1, names]);
    assert_counts_of_pieces(&parse_folder(folder.path()), &expected);
}

/// A line that was cut in two counts in both files.
#[track_caller]
fn assert_counts_of_pieces(answer: &ParseLog, expected: &Expected) {
    assert_agrees(answer, expected);
    assert_eq!(answer.inputs.iter().map(|input| input.bytes).sum::<u64>(), expected.bytes);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_may_be_cut_into_files_at_any_byte(seed in 0u64..4, cuts in proptest::collection::vec(any::<usize>(), 1..6)) {
        let (trace, expected) = generate(Scenario { seed, filler: 1, ..Scenario::default() }, 60 * KIB);
        let folder = TempDir::new().unwrap();
        write_pieces(folder.path(), &trace, &cuts);
        assert_counts_of_pieces(&parse_folder(folder.path()), &expected);
    }

    #[test]
    fn whatever_is_cut_out_the_causes_add_up(seed in 0u64..4, from: usize, to: usize) {
        let (trace, _) = generate(Scenario { seed, filler: 0, ..Scenario::default() }, 30 * KIB);
        let (from, to) = (from % trace.len(), to % trace.len());
        let answer = parse_bytes(&trace[from.min(to)..from.max(to)]);
        for one in &answer.destinations {
            prop_assert_eq!(one.causes.iter().map(|cause| cause.count).sum::<u64>(), one.delivery_failures);
        }
    }

    #[test]
    fn garbage_among_the_lines_never_ends_in_a_panic(seed: u64, garbage in proptest::collection::vec(any::<u8>(), 1..400), at: usize) {
        let (mut trace, _) = generate(Scenario { seed: seed % 4, filler: 0, ..Scenario::default() }, 20 * KIB);
        let at = at % trace.len();
        trace.splice(at..(at + garbage.len() / 2).min(trace.len()), garbage);
        let answer = parse_bytes(&trace);
        for one in &answer.destinations {
            prop_assert_eq!(one.causes.iter().map(|cause| cause.count).sum::<u64>(), one.delivery_failures);
        }
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn every_count_agrees_packed() {
    let (trace, expected) = small(3);
    let (a, b) = trace.split_at(trace.len() / 3);
    let folder = TempDir::new().unwrap();
    let gz = folder.path().join("cdrrepmgr00001.log.gz");
    fs::write(&gz, gzipped(&trace)).unwrap();
    assert_counts(&parse(&[gz]), &expected);

    let members = folder.path().join("members.gz");
    fs::write(&members, [gzipped(a), gzipped(b)].concat()).unwrap();
    assert_counts(&parse(&[members]), &expected);

    let zip = folder.path().join("collected.zip");
    let entries = [("n1/cdrrep/cdrrepmgr00002.log", a), ("n1/cdrrep/cdrrepmgr00001.log", b), ("n1/readme.txt", b"no")];
    fs::write(&zip, zipped(&entries)).unwrap();
    assert_counts_of_pieces(&parse(&[zip]), &expected);

    let packed_twice = folder.path().join("twice.zip");
    fs::write(&packed_twice, zipped(&[("cdrrepmgr00001.log.gz", &gzipped(&trace))])).unwrap();
    assert_counts(&parse(&[packed_twice]), &expected);
}

#[test]
fn every_count_agrees_from_standard_input() {
    let (trace, expected) = small(4);
    let output = assert_cmd::Command::cargo_bin("cdrdiag")
        .unwrap()
        .args(["parse-log", "-", "--json", "--limit", "1000000"])
        .write_stdin(trace)
        .assert()
        .get_output()
        .clone();
    let answer: ParseLog = serde_json::from_slice(&output.stdout).unwrap();
    assert_counts(&answer, &expected);
}

#[test]
fn blank_lines_between_all_lines_are_skipped_and_counted() {
    let (trace, expected) = small(5);
    let spaced = lines(&trace).flat_map(|line| [line, b"\n"]).collect::<Vec<_>>().concat();
    let answer = parse_bytes(&spaced);
    assert_agrees(&answer, &expected);
    assert_eq!(answer.inputs[0].records, expected.records);
    assert_eq!(skipped(&answer), expected.lines);
}

#[test]
fn carriage_returns_and_trailing_blanks_lose_nothing_and_are_mentioned() {
    let (trace, expected) = small(6);
    let ended =
        |end: &[u8]| lines(&trace).map(|line| [&line[..line.len() - 1], end].concat()).collect::<Vec<_>>().concat();
    let crlf = parse_bytes(&ended(b"\r\n"));
    assert_agrees(&crlf, &expected);
    assert_warns(&crlf, "carriage return");
    let blanks = parse_bytes(&ended(b"  \t \n"));
    assert_agrees(&blanks, &expected);
    assert_warns(&blanks, "blanks");
    let both = parse_bytes(&ended(b"   \r\n\r\n"));
    assert_agrees(&both, &expected);
    assert_eq!(skipped(&both), expected.lines);
}

#[test]
fn a_byte_order_mark_hides_no_record_and_is_mentioned() {
    let (trace, expected) = small(7);
    let answer = parse_bytes(&[b"\xef\xbb\xbf".as_slice(), &trace].concat());
    assert_agrees(&answer, &expected);
    assert_eq!(answer.inputs[0].records, expected.records);
    assert_warns(&answer, "stands before");
}

#[test]
fn latin_1_is_read_and_mentioned() {
    let traces = (0..).map(|seed| generate(Scenario { seed, ..Scenario::default() }, 300 * KIB));
    let unknown = b"frobnicated beyond repair".as_slice();
    let (trace, expected) =
        traces.into_iter().find(|(trace, _)| memchr::memmem::find(trace, unknown).is_some()).unwrap();
    let text = String::from_utf8(trace).unwrap().replace("frobnicated beyond repair", "\u{1}");
    let odd: Vec<u8> = text.replace("Größe", "Gr\u{2}e").into_bytes();
    let latin: Vec<u8> = odd
        .iter()
        .flat_map(|byte| match byte {
            1 => b"zerst\xf6rt, Gr\xfc\xdfe".to_vec(),
            2 => b"\xf6\xdf".to_vec(),
            byte => vec![*byte],
        })
        .collect();
    let answer = parse_bytes(&latin);
    assert_agrees(&answer, &expected);
    let messages: Vec<_> =
        answer.destinations.iter().flat_map(|one| &one.causes).filter_map(|cause| cause.message.clone()).collect();
    assert!(messages.iter().any(|message| message.contains("zerstört, Grüße")), "{messages:?}");
    assert_warns(&answer, "Latin-1");
}

#[test]
fn nuls_that_a_crash_leaves_are_mentioned() {
    let (trace, expected) = small(9);
    for nuls in [&[0u8; 700][..], &[0u8; 4096][..]] {
        let answer = parse_bytes(&[&trace, nuls].concat());
        assert_agrees(&answer, &expected);
        assert_eq!(skipped(&answer), 1);
        assert_warns(&answer, "NULs");
        let goes_on = parse_bytes(&[nuls, &trace].concat());
        assert_agrees(&goes_on, &expected);
        assert_eq!(goes_on.inputs[0].records, expected.records);
        assert_warns(&goes_on, "stands before");
    }
}

#[test]
fn a_last_line_cut_short_is_mentioned_and_nothing_else_is_lost() {
    let (trace, expected) = small(10);
    for cut in [1, 5, 22, 23, 24, 30, 47, 60, 80] {
        let end =
            b"2024-07-01 09:00:00,000 ERROR [Thread-13] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: x";
        let answer = parse_bytes(&[&trace, &end[..cut]].concat());
        assert_agrees(&answer, &expected);
        assert_warns(&answer, "cut short");
    }
}

#[test]
fn no_server_is_made_out_of_an_address_that_is_cut() {
    let whole = fs::read("fixtures/cdrrepmgr00073.log").unwrap();
    let address = memchr::memmem::find(&whole, b"844004 to 1.1.1.1").unwrap() + b"844004 to ".len();
    for end in address + 1..=address + b"1.1.1.1".len() {
        let answer = parse_bytes(&whole[..end]);
        let hosts: Vec<_> = answer.destinations.iter().filter_map(|found| found.host.as_deref()).collect();
        assert_eq!(hosts, ["1.1.1.1"], "cut at {end}");
        let (is_whole, counted) = (whole[end] == b'\n', answer.destinations[0].delivery_failures == 1);
        assert_eq!((is_whole, is_whole), (counted, cut(&whole[..end]) == 0), "cut at {end}");
    }
    let line = "2024-07-01 09:00:00,000 ERROR [Thread-13] cdrrep.FtpManager (FtpManager.java:223) - SFTP/FTP failed: \
        cdr_C_01_202405060700_7 to ";
    for (address, known) in [("192.0.2.1", false), ("192.0.2.10", false), ("192.0.2.", false), ("192.0.2.99", true)] {
        assert_eq!(
            parse_bytes(format!("{line}{address}").as_bytes()).destinations.len(),
            1,
            "a copied line: {address}"
        );
        let trace =
            format!("{}{line}{address}", line.replace("ERROR", "DEBUG").replace("failed: ", "next: ") + "all\n");
        let named = parse_bytes(trace.as_bytes()).destinations.len() == 1;
        assert_eq!((named, cut(trace.as_bytes()) == 0), (known, known), "{address}");
        assert_eq!(parse_bytes(format!("{line}{address}\n").as_bytes()).destinations.len(), 1, "{address}");
    }
}

#[test]
fn a_greeting_above_a_trace_is_no_piece_of_a_record() {
    let (trace, expected) = small(12);
    let answer = parse_bytes(&[b"Hi all,\nsee below.\n".as_slice(), &trace].concat());
    assert_agrees(&answer, &expected);
    assert_warns(&answer, "text before the first record: ignored");
    assert!(!answer.warnings.iter().any(|warning| warning.contains("begins inside a record")), "{answer:?}");
}

#[test]
fn a_first_record_that_began_in_a_file_that_is_missing_is_skipped_and_mentioned() {
    let (trace, expected) = small(11);
    let rest = b"failed: cdr_C_01_202405060700_7 to 10.1.1.5\n\tat a.B.c(B.java:1)\n";
    let answer = parse_bytes(&[rest.as_slice(), &trace].concat());
    assert_agrees(&answer, &expected);
    assert_eq!(skipped(&answer), 2);
    assert_warns(&answer, "begins inside a record");
}

#[test]
fn the_cli_s_own_lines_are_skipped_and_counted() {
    let (trace, expected) = small(12);
    let mut copied = b"admin:file view activelog /cm/trace/cdrrep/log4j/cdrrepmgr00073.log\n\n".to_vec();
    let mut extra = 2;
    for (number, line) in lines(&trace).enumerate() {
        copied.extend_from_slice(line);
        if number % 20 == 19 {
            let pager = format!(
                "\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines {} - {} of 9999) : \n",
                number - 18,
                number + 1
            );
            copied.extend_from_slice(pager.as_bytes());
            extra += 2;
        }
    }
    copied.extend_from_slice(b"end of the file reached\nadmin:\n");
    let answer = parse_bytes(&copied);
    assert_agrees(&answer, &expected);
    assert_eq!(answer.inputs[0].records, expected.records);
    assert_eq!(skipped(&answer), extra + 2);
}

#[test]
fn milliseconds_may_follow_a_full_stop() {
    let (mut trace, expected) = small(13);
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', &trace).collect();
    for start in std::iter::once(0).chain(ends.into_iter().map(|end| end + 1)) {
        if trace.get(start + 19) == Some(&b',') {
            trace[start + 19] = b'.';
        }
    }
    let answer = parse_bytes(&trace);
    assert_counts(&answer, &expected);
    assert_warns(&answer, "full stop");
}

/// Sets the clock back by an hour in the middle, as at the end of summer time.
fn set_back(trace: &[u8], from: usize) -> Vec<u8> {
    let mut text = trace[..from].to_vec();
    for line in lines(&trace[from..]) {
        let mut line = line.to_vec();
        if line.get(13) == Some(&b':') && line.get(10) == Some(&b' ') {
            let hour: u8 = std::str::from_utf8(&line[11..13]).unwrap().parse().unwrap();
            line[11..13].copy_from_slice(format!("{:02}", hour - 1).as_bytes());
        }
        text.extend_from_slice(&line);
    }
    text
}

#[test]
fn time_may_run_backwards_at_the_end_of_summer_time() {
    let (trace, expected) = generate(Scenario { seed: 14, filler: 0, ..Scenario::default() }, 800 * KIB);
    let middle = trace.len() / 2;
    let middle = middle + memchr::memchr(b'\n', &trace[middle..]).unwrap() + 1;
    let back = set_back(&trace, middle);
    let whole = parse_bytes(&back);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("cdrrepmgr00007.log"), &back[..middle]).unwrap();
    fs::write(folder.path().join("cdrrepmgr00008.log"), &back[middle..]).unwrap();
    let halves = parse_folder(folder.path());
    assert_warns(&whole, "backwards");
    for answer in [&whole, &halves] {
        assert_eq!(answer.inputs.iter().map(|input| input.records).sum::<u64>(), expected.records);
        for (number, truth) in &expected.destinations {
            let one = answer.destinations.iter().find(|one| one.destination == Some(*number)).unwrap();
            let told = told(one);
            assert_eq!(
                (
                    told.deliveries,
                    told.delivery_failures,
                    told.connection_failures,
                    told.causes,
                    told.waiting,
                    told.alarms
                ),
                (
                    truth.deliveries,
                    truth.delivery_failures,
                    truth.connection_failures,
                    truth.causes.clone(),
                    truth.waiting.clone(),
                    truth.alarms.clone()
                )
            );
            assert_eq!(told.outages.len(), truth.outages.len());
        }
    }
}

#[test]
fn overlapping_copies_count_once() {
    let (trace, expected) = small(15);
    let third = trace.len() / 3;
    let line_end = third + memchr::memchr(b'\n', &trace[third..]).unwrap() + 1;
    let copies: [&[(&str, Vec<u8>)]; 6] = [
        &[("a/cdrrepmgr00001.log", trace.clone()), ("b/cdrrepmgr00001.log", trace.clone())],
        &[("cdrrepmgr00001.log", trace.clone()), ("cdrrepmgr00001.log.gz", gzipped(&trace))],
        &[("cdrrepmgr00001.log", trace[..line_end].to_vec()), ("cdrrepmgr00001.log.1", trace.clone())],
        &[("cdrrepmgr00001.log", trace.clone()), ("cdrrepmgr00001.log.1", trace[..line_end].to_vec())],
        &[("cdrrepmgr00001.log", trace.clone()), ("cdrrepmgr00002.log", trace[line_end..].to_vec())],
        &[
            ("c/cdrrepmgr00001.log", trace[..line_end].to_vec()),
            ("a/cdrrepmgr.log", trace.clone()),
            ("b/cdrrepmgr00002.log", trace[line_end..].to_vec()),
        ],
    ];
    for files in copies {
        let folder = TempDir::new().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let answer = parse_folder(folder.path());
        assert_agrees(&answer, &expected);
        assert_warns(&answer, "counted once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A copy taken while the trace was being written ends anywhere.
    #[test]
    fn a_copy_of_the_beginning_may_end_at_any_byte(seed in 0u64..4, end: usize, first in any::<bool>()) {
        let (trace, expected) = generate(Scenario { seed, filler: 1, ..Scenario::default() }, 40 * KIB);
        let folder = TempDir::new().unwrap();
        let (part, whole) = if first { ("cdrrepmgr1.log", "cdrrepmgr2.log") } else { ("cdrrepmgr2.log", "cdrrepmgr1.log") };
        fs::write(folder.path().join(part), &trace[..end % trace.len()]).unwrap();
        fs::write(folder.path().join(whole), &trace).unwrap();
        assert_agrees(&parse_folder(folder.path()), &expected);
    }
}

#[test]
fn a_record_longer_than_a_block_costs_no_other_record() {
    let (trace, expected) = small(16);
    let cut = trace.len() / 2;
    let cut = cut + memchr::memchr(b'\n', &trace[cut..]).unwrap() + 1;
    // Within a record's continuation the cut would orphan the rest of it.
    let cut = cut + trace[cut..].windows(6).position(|window| window == b"\n2024-").unwrap() + 1;
    for (length, line) in [(600_000, 100), (3_000_000, 120), (3_000_000, 2_999_999), (9_000_000, 4_000_000)] {
        let mut long = b"2024-05-06 07:00:00,000 INFO  [main] util.Dump (Dump.java:1) - much".to_vec();
        while long.len() < length {
            long.push(b'\n');
            long.extend(std::iter::repeat_n(b'x', line));
        }
        long.push(b'\n');
        let answer = parse_bytes(&[&trace[..cut], &long, &trace[cut..]].concat());
        assert_agrees(&answer, &expected);
        assert_eq!(answer.inputs[0].records, expected.records + 1, "{length} {line}");
        assert_eq!(answer.inputs[0].bytes, expected.bytes + long.len() as u64);
        if length > 2_500_000 {
            assert_warns(&answer, "too long");
        }
    }
}

#[test]
fn nine_of_ten_deliveries_that_fail_on_interleaved_threads_of_eight_destinations_agree_in_every_count() {
    for (seed, filler, names_files) in [(21, 0, true), (22, 0, false), (23, 2, true)] {
        let (outage, course) = (
            Scenario { seed, destinations: 8, filler, names_files },
            Course { fails_percent: Some(90), ..Course::default() },
        );
        let (trace, expected) = generate_course(outage, course, 1_500 * KIB);
        let failed: u64 = expected.destinations.values().map(|truth| truth.delivery_failures).sum();
        let delivered: u64 = expected.destinations.values().map(|truth| truth.deliveries).sum();
        assert!(failed > 5 * delivered && delivered > 20, "{failed} failed, {delivered} delivered");
        assert_counts(&parse_bytes(&trace), &expected);
    }
}

#[test]
fn the_kinds_of_trace_that_are_measured_agree_in_every_count() {
    let mut trace = Vec::new();
    let expected = repeat_fixture(700 * KIB, &mut trace).unwrap();
    let truth = &expected.destinations[&1];
    assert!(truth.delivery_failures > 300 && truth.waiting.len() > 60, "{truth:?}");
    assert_counts(&parse_bytes(&trace), &expected);

    let (outage, course) = (
        Scenario { seed: 25, destinations: 8, filler: 0, names_files: true },
        Course { fails_percent: Some(72), filler_percent: 45, ..Course::default() },
    );
    let (trace, expected) = generate_course(outage, course, 1_500 * KIB);
    assert_counts(&parse_bytes(&trace), &expected);
}

#[test]
fn senders_that_repeat_that_they_run_change_no_count() {
    let course = Course { senders_repeat: true, ..Course::default() };
    let (trace, expected) = generate_course(Scenario { seed: 24, filler: 6, ..Scenario::default() }, course, 600 * KIB);
    assert_counts(&parse_bytes(&trace), &expected);
}

#[test]
fn block_edges_fall_everywhere() {
    // Each prefix shifts where the blocks' edges cut the records behind it.
    let (trace, expected) = generate(Scenario { seed: 17, filler: 1, ..Scenario::default() }, 1_200 * KIB);
    let mut random = Random::new(17);
    for _ in 0..40 {
        let fill = usize::try_from(random.below(400)).unwrap();
        let first = format!("2024-05-06 00:00:00,000 INFO  [main] util.Fill (Fill.java:1) - {}\n", "y".repeat(fill));
        let answer = parse_bytes(&[first.as_bytes(), &trace].concat());
        assert_agrees(&answer, &expected);
        assert_eq!(answer.inputs[0].records, expected.records + 1);
        assert_eq!(answer.inputs[0].lines, expected.lines + 1);
    }
}

#[test]
fn a_trace_without_info_records_tells_the_same_failures_and_causes() {
    let (trace, expected) = generate(Scenario { seed: 18, filler: 0, names_files: false, destinations: 2 }, 200 * KIB);
    let text = String::from_utf8(trace).unwrap();
    let mut errors = String::new();
    let mut keeps = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with("2024-") {
            keeps = line.contains(" ERROR ");
        }
        if keeps {
            errors.push_str(line);
        }
    }
    let answer = parse_bytes(errors.as_bytes());
    for truth in expected.destinations.values() {
        let one = answer.destinations.iter().find(|one| one.host == truth.host).unwrap();
        assert_eq!(one.delivery_failures, truth.delivery_failures);
        assert_eq!(one.connection_failures, truth.connection_failures);
        assert_eq!(told(one).causes.values().sum::<u64>(), truth.delivery_failures);
        let named = |causes: &BTreeMap<String, u64>| causes.keys().cloned().collect::<Vec<_>>();
        assert_eq!(named(&told(one).causes), named(&truth.causes));
    }
}
