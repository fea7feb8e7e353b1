//! Reading 1 MB of YAML, beside the bare scan of its events.
//!
//! Not measured: reading the file, and anything after the tree. The file is a
//! workflow of many small steps; long texts are cheaper, aliases dearer.

#![allow(missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use granit_parser::Parser;
use wfc_diag::FileId;
use wfc_syntax::yaml;

/// About `size` bytes of steps.
fn workflow(size: usize) -> String {
    let mut text = String::from("version: \"2.14\"\nname: big\nsteps:\n");
    let mut number = 0;
    while text.len() < size {
        number += 1;
        let step = writeln!(
            text,
            "  # step {number}\n  - name: Step{number}\n    command: [bash, -c, \"echo ${{inputs.title}} \
             > out/{number}.txt\"]\n    env: {{KEY: value, COUNT: {number}}}\n    timeout_sec: 30\n    \
             output_capture: text\n    expected_outputs:\n      - name: report\n        path: \
             out/{number}.txt\n        type: relpath\n        required: true"
        );
        step.unwrap_or_default();
    }
    text
}

fn reading(c: &mut Criterion) {
    let text = workflow(1_000_000);
    let mut broken = text.clone();
    broken.push_str("  - name: Last\n    command: [x\n");
    let mut group = c.benchmark_group("yaml-1mb");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(20);
    group.bench_function("events", |b| {
        b.iter(|| Parser::new_from_str(black_box(&text)).count());
    });
    group.bench_function("tree", |b| {
        b.iter(|| yaml::parse(FileId(0), black_box(&text)));
    });
    group.bench_function("tree-one-mistake", |b| {
        b.iter(|| yaml::parse(FileId(0), black_box(&broken)));
    });
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
