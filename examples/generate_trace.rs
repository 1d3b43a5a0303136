//! Writes a large trace with known counts to standard output, for measurements:
//! `cargo run --release --example generate_trace -- --size 1G --seed 1 > FILE`. The counts go to standard error.

#[path = "../tests/support/trace_generator.rs"]
mod trace_generator;

use std::io::{self, BufWriter, Write};

use clap::{Parser, ValueEnum};
use trace_generator::{Course, Expected, Scenario, generate_into, repeat_fixture};

/// Writes a large cdrrepmgr trace with known counts
#[derive(Debug, Parser)]
struct Args {
    /// At least so many bytes; K, M and G are powers of 1000
    #[arg(long, default_value = "100M", value_parser = size)]
    size: u64,

    /// The same seed gives the same trace
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// What fills the trace
    #[arg(long, value_enum, default_value_t = Kind::Filler)]
    kind: Kind,
}

/// The traces that users have. Each of 1 GB holds what is said of it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Mostly records that tell nothing of deliveries
    // 7.3 million records; some 98 % of the lines are filler, and between one and two in a hundred of level ERROR.
    Filler,
    /// Mostly the lines by which a healthy sender says that it runs
    // 8.2 million records, some 98 % of them such; a few deliveries that fail or go through between them.
    Healthy,
    /// Three of four deliveries fail, on interleaved threads of eight destinations
    // 6.4 million records, 379,000 failed and 147,000 good deliveries; nearly two thirds of the records are theirs.
    Outage,
    /// Nothing but failures: the fixture repeated
    // 539,000 times, one destination; the clock runs on, and each minute another file is tried.
    Failures,
}

/// Writes a trace of this kind.
fn write(args: &Args, out: &mut impl Write) -> io::Result<Expected> {
    let (scenario, course) = (Scenario { seed: args.seed, ..Scenario::default() }, Course::default());
    let (scenario, course) = match args.kind {
        Kind::Filler => (Scenario { filler: 45, ..scenario }, course),
        Kind::Healthy => (Scenario { filler: 45, ..scenario }, Course { senders_repeat: true, ..course }),
        Kind::Outage => (
            Scenario { destinations: 8, filler: 0, ..scenario },
            Course { fails_percent: Some(72), filler_percent: 45, ..course },
        ),
        Kind::Failures => return repeat_fixture(args.size, out),
    };
    generate_into(scenario, course, args.size, out)
}

fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unit = match unit {
        "" => 1,
        "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        other => return Err(format!("{other}: no unit; give K, M or G")),
    };
    digits.parse().map(|number: u64| number * unit).map_err(|error| error.to_string())
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let expected = write(&args, &mut out)?;
    out.flush()?;
    eprintln!("{} records in {} lines, {} bytes", expected.records, expected.lines, expected.bytes);
    for (number, truth) in expected.destinations {
        eprintln!(
            "destination {number}: {} delivered, {} failed, {} connections failed, {} files waiting",
            truth.deliveries,
            truth.delivery_failures,
            truth.connection_failures,
            truth.waiting.len()
        );
    }
    Ok(())
}
