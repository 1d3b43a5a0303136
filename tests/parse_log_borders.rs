//! Traces are read in blocks, and no count may depend on where a block ends. Plain files and streams are cut into
//! blocks in different ways, and have to tell the same.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on is to panic")]

#[path = "support/trace_generator.rs"]
mod trace_generator;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command;
use cdrdiag::document::parse_log::{Input, ParseLog};
use cdrdiag::log4j::records;
use cdrdiag::trace::answer::{self, Choice};
use cdrdiag::trace::reading::{self, Reading};
use cdrdiag::trace::sources;
use cdrdiag::trace::timeline::Window;
use proptest::prelude::*;
use tempfile::TempDir;
use trace_generator::{Scenario, generate};

const KIB: usize = 1024;

/// What is read at once, looked at for a cut, and held at most (`trace/input.rs`, `trace/blocks.rs`).
const READ: usize = 256 * KIB;
const GLANCE: usize = 8 * KIB;
const LONGEST: usize = 2048 * KIB;

fn parse(path: &Path) -> ParseLog {
    let found = sources::find(&[path.to_owned()], |_| None);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let reading = reading::read(&found.sources, &Window::default(), &|_| {});
    assert!(reading.broken.is_empty(), "{:?}", reading.broken);
    answer::document(reading, &found.sources, &Choice { limit: usize::MAX, ..Choice::default() })
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The answer about a plain file of these bytes, once it is seen that a packed one of the same name tells the same.
#[track_caller]
fn parse_both_ways(bytes: &[u8]) -> ParseLog {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cdrrepmgr00001.log");
    let [plain, packed] = [bytes, &gzipped(bytes)].map(|bytes| {
        fs::write(&path, bytes).unwrap();
        parse(&path)
    });
    assert_eq!(plain.warnings, packed.warnings);
    assert_eq!(serde_json::to_value(&plain).unwrap(), serde_json::to_value(&packed).unwrap());
    plain
}

/// Bytes, lines, records and skipped lines of a source.
fn counts(input: &Input) -> [u64; 4] {
    [input.bytes, input.lines, input.records, input.skipped_lines]
}

/// The same of a trace in one piece, counted plainly. Only blank lines are skipped.
fn counts_plainly(trace: &[u8]) -> [u64; 4] {
    let lines: Vec<&[u8]> = trace.split_inclusive(|byte| *byte == b'\n').collect();
    let records = lines.iter().filter(|line| records::starts_record(line)).count();
    let blank = lines.iter().filter(|line| line.trim_ascii().is_empty()).count();
    [trace.len(), lines.len(), records, blank].map(|count| count as u64)
}

const FIRST: &[u8] = b"2024-05-06 00:00:00,000 INFO  [main] util.Fill (Fill.java:1) - ";

/// A record of so many bytes at least, in lines of this length with these ends.
fn long_record(length: usize, line: usize, end: &[u8]) -> Vec<u8> {
    let mut record = [FIRST, b"much"].concat();
    while record.len() < length {
        record.extend(end);
        record.extend(std::iter::repeat_n(b'x', line.min(length)));
    }
    record.extend(end);
    record
}

/// Lines with these ends.
fn ended(lines: &[u8], end: &str) -> Vec<u8> {
    String::from_utf8(lines.to_vec()).unwrap().replace('\n', end).into_bytes()
}

/// Short records, as many as fit into so many bytes.
fn short_records(length: usize) -> Vec<u8> {
    let record = [FIRST, b"little\n"].concat();
    record.repeat(length / record.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_tells_what_a_stream_tells_wherever_the_blocks_end(
        seed in 0u64..4,
        fill in 0usize..3_000,
        long in prop_oneof![
            Just(0), 1..2 * GLANCE, READ - 2 * GLANCE..READ + 2 * GLANCE,
            // In between a stream may have read to the record's end already.
            LONGEST - READ..LONGEST - GLANCE, LONGEST + READ..LONGEST + 2 * READ,
        ],
        line in prop_oneof![1..300usize, Just(7_000), Just(usize::MAX)],
        at: usize,
        crlf: bool,
        no_end: bool,
    ) {
        let (trace, expected) = generate(Scenario { seed, filler: 1, ..Scenario::default() }, 700 * KIB as u64);
        let starts: Vec<usize> = memchr::memmem::find_iter(&trace, b"\n2024-").map(|end| end + 1).collect();
        let (before, behind) = trace.split_at(starts[at % starts.len()]);
        let end = if crlf { "\r\n" } else { "\n" };
        // Its length counts its line ends, so that it lies where it is meant to.
        let long = if long > 0 { long_record(long, line, end.as_bytes()) } else { Vec::new() };
        let before = ended(&[FIRST, &vec![b'y'; fill], b"\n", before].concat(), end);
        let mut bytes = [before, long, ended(behind, end)].concat();
        if no_end {
            bytes.truncate(bytes.trim_ascii_end().len());
        }
        let answer = parse_both_ways(&bytes);
        prop_assert_eq!(counts(&answer.inputs[0]), counts_plainly(&bytes));
        let sum = |of: fn(&trace_generator::Truth) -> u64| expected.destinations.values().map(of).sum::<u64>();
        let failures: u64 = answer.destinations.iter().map(|one| one.delivery_failures).sum();
        prop_assert_eq!(failures, sum(|truth| truth.delivery_failures));
        let deliveries: u64 = answer.destinations.iter().map(|one| one.deliveries).sum();
        prop_assert_eq!(deliveries, sum(|truth| truth.deliveries));
    }

    /// The second file begins with more of the first one's last record than is read at once.
    #[test]
    fn a_record_may_be_cut_over_two_files_at_any_byte(
        length in prop_oneof![1..4 * READ, LONGEST - GLANCE..LONGEST + READ],
        line in prop_oneof![1..300usize, Just(READ + 1), Just(usize::MAX)],
        cut: usize,
    ) {
        let long = long_record(length, line, b"\n");
        // Up to a full timestamp neither file could know that there is a record.
        let cut = FIRST.len() + cut % (long.len() - FIRST.len());
        // Its line end alone is a blank line only to who does not know what stands before.
        prop_assume!(long[cut] != b'\n');
        let (a, b) = ([&short_records(GLANCE), &long[..cut]].concat(), [&long[cut..], &short_records(2 * READ)].concat());
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("cdrrepmgr00001.log"), &a).unwrap();
        fs::write(folder.path().join("cdrrepmgr00002.log"), &b).unwrap();
        let answer = parse(folder.path());
        prop_assert_eq!(answer.inputs.iter().map(counts).collect::<Vec<_>>(), [counts_plainly(&a), counts_plainly(&b)]);
        prop_assert!(!answer.warnings.iter().any(|warning| warning.contains("begins inside")), "{:?}", answer.warnings);
    }
}

#[test]
fn a_trace_may_have_any_size_near_those_at_which_it_is_cut() {
    let sizes = [READ, READ + GLANCE, 2 * READ, 2 * READ + GLANCE, 3 * READ, LONGEST];
    for size in sizes.into_iter().flat_map(|size| [size - 24, size - 1, size, size + 1, size + 24]) {
        for end in ["\n", ""] {
            let mut bytes = short_records(size - 200);
            bytes.extend_from_slice(FIRST);
            bytes.resize(size - end.len(), b'z');
            bytes.extend_from_slice(end.as_bytes());
            assert_eq!(counts(&parse_both_ways(&bytes).inputs[0]), counts_plainly(&bytes), "{size} {end:?}");
        }
    }
}

#[test]
fn a_line_counts_once_though_it_is_longer_than_a_record_may_be() {
    for line in [b"x", b"\0", b" "] {
        let bytes = [FIRST, b"x\n", &line.repeat(3 * LONGEST + READ), b"\n", FIRST, b"y\n"].concat();
        let answer = parse_both_ways(&bytes);
        let skipped = u64::from(line != b"x");
        assert_eq!(counts(&answer.inputs[0]), [bytes.len() as u64, 3, 2, skipped], "{line:?}");
        assert_eq!(answer.warnings.iter().any(|warning| warning.contains("too long")), line == b"x", "{line:?}");
    }
}

#[test]
fn many_small_traces_count_each_for_itself() {
    let (trace, expected) = generate(Scenario { seed: 3, filler: 1, ..Scenario::default() }, 200 * KIB as u64);
    let starts: Vec<usize> = memchr::memmem::find_iter(&trace, b"\n2024-").map(|end| end + 1).collect();
    let cuts: Vec<usize> = [0].into_iter().chain(starts.into_iter().step_by(3)).chain([trace.len()]).collect();
    let folder = TempDir::new().unwrap();
    for (number, ends) in cuts.windows(2).enumerate() {
        fs::write(folder.path().join(format!("cdrrepmgr{number:05}.log")), &trace[ends[0]..ends[1]]).unwrap();
    }
    let answer = parse(folder.path());
    let plainly: Vec<_> = cuts.windows(2).map(|ends| counts_plainly(&trace[ends[0]..ends[1]])).collect();
    assert_eq!(answer.inputs.iter().map(counts).collect::<Vec<_>>(), plainly);
    let failures: u64 = answer.destinations.iter().map(|one| one.delivery_failures).sum();
    assert_eq!(failures, expected.destinations.values().map(|truth| truth.delivery_failures).sum::<u64>());
}

#[test]
fn blank_lines_at_a_traces_beginning_are_skipped_in_that_trace() {
    let folder = TempDir::new().unwrap();
    let (a, b) = ([FIRST, b"a\n"].concat(), [b"\n\tat a.B.c(B.java:1)\n\n", FIRST, b"b\n"].concat());
    fs::write(folder.path().join("cdrrepmgr00001.log"), &a).unwrap();
    fs::write(folder.path().join("cdrrepmgr00002.log"), &b).unwrap();
    let answer = parse(folder.path());
    assert_eq!(answer.inputs.iter().map(counts).collect::<Vec<_>>(), [counts_plainly(&a), counts_plainly(&b)]);
}

#[test]
fn threads_that_write_out_of_order_around_a_minute_set_no_clock() {
    let warnings = |times: [&str; 2]| {
        let record = |time: &str| format!("2024-05-06 {time} INFO  [main] util.Fill (Fill.java:1) - x\n");
        parse_both_ways(times.map(record).concat().as_bytes()).warnings
    };
    assert_eq!(warnings(["07:02:00,001", "07:01:59,999"]), Vec::<String>::new());
    assert_eq!(warnings(["07:02:00,001", "07:01:00,001"]).len(), 1);
}

/// Reads a file that something happens to once its first blocks are given out.
fn read_while(path: &Path, happens: impl Fn(&Path) + Sync) -> Reading {
    let found = sources::find(&[path.to_owned()], |_| None).sources;
    let happened = AtomicBool::new(false);
    reading::read(&found, &Window::default(), &|_| {
        if !happened.swap(true, Ordering::Relaxed) {
            happens(path);
        }
    })
}

#[test]
fn a_trace_that_grows_is_read_to_where_it_ends_then() {
    for size in [2 * READ, 5 * READ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cdrrepmgr00001.log");
        let whole = short_records(size + 3 * READ);
        fs::write(&path, short_records(size)).unwrap();
        let reading = read_while(&path, |path| {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(&whole[short_records(size).len()..]).unwrap();
        });
        assert!(reading.broken.is_empty(), "{:?}", reading.broken);
        let [bytes, lines, records, _] = counts_plainly(&whole);
        let counted = reading.inputs[0].counts;
        assert_eq!([counted.bytes, counted.lines, counted.records], [bytes, lines, records], "{size}");
    }
}

#[test]
fn a_trace_that_shrinks_counts_up_to_where_it_ends_then_and_is_named_once() {
    for left in [0, 100, READ, 3 * READ + 77] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cdrrepmgr00001.log");
        let whole = short_records(20 * READ);
        fs::write(&path, &whole).unwrap();
        fs::write(folder.path().join("cdrrepmgr00002.log"), short_records(READ)).unwrap();
        let reading = read_while(folder.path(), |_| {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(left as u64).unwrap();
        });
        let [(0, why)] = reading.broken.as_slice() else { panic!("{:?}", reading.broken) };
        assert!(why.contains("shorter"), "{why}");
        assert_eq!(reading.inputs[0].counts.bytes, left as u64);
        let [bytes, lines, records, _] = counts_plainly(&short_records(READ));
        let next = reading.inputs[1].counts;
        assert_eq!([next.bytes, next.lines, next.records, next.skipped_lines], [bytes, lines, records, 0]);
    }
}

#[test]
fn a_packed_trace_that_breaks_off_borrows_nothing_from_the_next() {
    let folder = TempDir::new().unwrap();
    let (trace, _) = generate(Scenario { seed: 2, ..Scenario::default() }, 3 * READ as u64);
    let packed = gzipped(&trace);
    fs::write(folder.path().join("cdrrepmgr00001.log.gz"), &packed[..packed.len() * 2 / 3]).unwrap();
    let next = [b"\tat a.B.c(B.java:1)\n", FIRST, b"b\n"].concat();
    fs::write(folder.path().join("cdrrepmgr00002.log"), String::from_utf8(next).unwrap().replace("2024", "2025"))
        .unwrap();
    let found = sources::find(&[folder.path().to_owned()], |_| None);
    let reading = reading::read(&found.sources, &Window::default(), &|_| {});
    assert!(matches!(reading.broken.as_slice(), [(0, _)]), "{:?}", reading.broken);
    assert!(reading.inputs[0].counts.records > 1_000);
    let next = reading.inputs[1].counts;
    assert_eq!((next.lines, next.records, next.skipped_lines), (2, 1, 1));
}

/// What can be opened and not read is a folder by now.
#[cfg(unix)]
#[test]
fn a_trace_that_cannot_be_read_is_named_once_and_nothing_is_borrowed_across_it() {
    let folder = TempDir::new().unwrap();
    let path = |number: u32| folder.path().join(format!("cdrrepmgr0000{number}.log"));
    let record = |hour: u32| format!("2024-05-06 {hour:02}:00:00,000 INFO  [main] util.Fill (Fill.java:1) - x\n");
    fs::write(path(1), record(1)).unwrap();
    fs::write(path(2), record(2)).unwrap();
    fs::write(path(3), format!("\tat a.B.c(B.java:1)\n{}", record(3))).unwrap();
    let found = sources::find(&[folder.path().to_owned()], |_| None);
    fs::remove_file(path(2)).unwrap();
    let read = || {
        let reading = reading::read(&found.sources, &Window::default(), &|_| {});
        assert!(matches!(reading.broken.as_slice(), [(1, _)]), "{:?}", reading.broken);
        let last = reading.inputs[2].counts;
        assert_eq!((last.lines, last.records, last.skipped_lines), (2, 1, 1));
    };
    read();
    fs::create_dir(path(2)).unwrap();
    read();
}

#[test]
fn traces_without_a_record_are_named_each() {
    let folder = TempDir::new().unwrap();
    let paths: Vec<PathBuf> = ["a.log", "b.log"].iter().map(|name| folder.path().join(name)).collect();
    for path in &paths {
        fs::write(path, "no trace\n of anything\n").unwrap();
    }
    let run = Command::cargo_bin("cdrdiag").unwrap().arg("parse-log").args(&paths).assert().code(3);
    let told = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert_eq!(told.matches("no trace record in it").count(), 2, "{told}");
}

#[test]
fn standard_input_tells_what_the_file_tells() {
    let (trace, _) = generate(Scenario { seed: 6, ..Scenario::default() }, 3 * READ as u64);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cdrrepmgr00001.log");
    fs::write(&path, &trace).unwrap();
    let answer = |arg: &str, input: &[u8]| {
        let mut command = Command::cargo_bin("cdrdiag").unwrap();
        let run = command.args(["parse-log", "--json", arg]).write_stdin(input).assert().code(1);
        String::from_utf8(run.get_output().stdout.clone()).unwrap()
    };
    let path = path.to_str().unwrap();
    let of_file = answer(path, b"").replace(path, "-");
    for input in [trace.clone(), gzipped(&trace)] {
        assert_eq!(answer("-", &input), of_file);
    }
}
