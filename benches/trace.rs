//! Bytes a second: the records alone (blocks scanned), and the whole parse from file to document.
//!
//! The trace's size and seed are in each name, so that unlike traces are not compared by mistake.

#![allow(missing_docs, reason = "criterion's macro makes a function without any")]

#[path = "../tests/support/trace_generator.rs"]
mod trace_generator;

use std::fs;
use std::hint::black_box;

use cdrdiag::trace::answer::{self, Choice};
use cdrdiag::trace::blocks::{Block, BlockReader};
use cdrdiag::trace::timeline::Window;
use cdrdiag::trace::{
    reading,
    scan::{self, Before},
    sources,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trace_generator::{Scenario, generate};

const BYTES: u64 = 32_000_000;

fn trace(criterion: &mut Criterion) {
    let scenario = Scenario { filler: 45, ..Scenario::default() };
    let (bytes, expected) = generate(scenario, BYTES);
    let folder = std::env::temp_dir().join(format!("cdrdiag-bench-{}", std::process::id()));
    let path = folder.join("cdrrepmgr00001.log");
    if let Err(error) = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, bytes)) {
        eprintln!("{}: {error}", path.display());
        return;
    }
    let found = sources::find(&[path], |_| None);
    let name = format!("{} MB, seed {}", BYTES / 1_000_000, scenario.seed);
    let mut group = criterion.benchmark_group("trace");
    group.throughput(Throughput::Bytes(expected.bytes)).sample_size(20);
    group.bench_function(format!("records alone, {name}"), |bencher| {
        bencher.iter(|| {
            let mut reader = BlockReader::new(&found.sources);
            let (mut block, mut before) = (Block::default(), Before::default());
            while reader.fill(&mut block) {
                black_box(scan::scan(&block, None, &mut before));
            }
        });
    });
    group.bench_function(format!("whole parse, {name}"), |bencher| {
        bencher.iter(|| {
            let reading = reading::read(&found.sources, &Window::default(), &|_| {});
            black_box(answer::document(reading, &found.sources, &Choice::default()))
        });
    });
    group.finish();
    if let Err(error) = fs::remove_dir_all(&folder) {
        eprintln!("{}: {error}", folder.display());
    }
}

criterion_group!(benches, trace);
criterion_main!(benches);
