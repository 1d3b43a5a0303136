//! Writes a large trace with known counts to standard output, for measurements:
//! `cargo run --release --example generate_trace -- --size 1G --seed 1 > FILE`. The counts go to standard error.

#[path = "../tests/support/trace_generator.rs"]
mod trace_generator;

use std::io::{self, BufWriter, Write};

use clap::{Parser, ValueEnum};
use trace_generator::{Course, Scenario, generate_into};

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

/// The traces that users have.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Mostly records that tell nothing of deliveries
    Filler,
    /// A healthy sender's own lines
    Healthy,
    /// Nine of ten deliveries fail, on interleaved threads of eight destinations
    Outage,
    /// Nothing but failures, to one destination
    Failures,
}

impl Kind {
    fn scenario(self, seed: u64) -> (Scenario, Course) {
        let (scenario, course) = (Scenario { seed, ..Scenario::default() }, Course::default());
        let fails = |percent| Course { fails_percent: Some(percent), ..course };
        match self {
            // Some 98 % of the lines are filler, and between one and two in a hundred of level ERROR.
            Self::Filler => (Scenario { filler: 45, ..scenario }, course),
            Self::Healthy => (Scenario { filler: 45, ..scenario }, Course { senders_repeat: true, ..course }),
            Self::Outage => (Scenario { destinations: 8, filler: 0, ..scenario }, fails(90)),
            Self::Failures => (Scenario { destinations: 1, filler: 0, ..scenario }, fails(100)),
        }
    }
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
    let (scenario, course) = args.kind.scenario(args.seed);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let expected = generate_into(scenario, course, args.size, &mut out)?;
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
