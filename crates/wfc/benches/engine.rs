//! What the engine costs above the processes it starts.
//!
//! `floor` spawns `true` and waits, a hundred times, with nothing around it;
//! `run` is the same hundred processes as a workflow, both durable records of
//! each step included. The engine's own time for a step is their difference,
//! divided by a hundred. Both are measured in the same run, because the floor
//! is a property of the machine. This does not measure agents, large outputs,
//! nor a disk that tells the truth about flushing when this one does not.
//!
//! `resume` takes up a thousand committed steps and runs the one that had
//! failed again, its process included.
//!
//! `check` is the compiler alone, files included, without the start of a
//! process.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use wfc_compiler::{Options, OsLoader, compile, plan_optimised};
use wfc_vm::RunConfig;

const STEPS: usize = 100;

fn workflow(steps: usize) -> String {
    let mut text = String::from("version: \"2.14\"\nname: bench\nsteps:\n");
    for step in 0..steps {
        text.push_str(&format!("  - name: Step{step}\n    command: [\"true\"]\n"));
    }
    text
}

fn plan_of(dir: &std::path::Path, text: &str) -> wfc_ir::Plan {
    std::fs::write(dir.join("bench.yaml"), text).unwrap();
    let compiled = compile("bench.yaml", &Options::default(), &OsLoader::new(dir));
    plan_optimised(compiled.program.unwrap(), 1, &mut Vec::new())
}

fn steps(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan_of(dir.path(), &workflow(STEPS));
    let config = RunConfig::new(dir.path());
    let mut group = c.benchmark_group("a hundred steps of `true`");
    group.sample_size(20);
    group.bench_function("floor", |b| {
        b.iter(|| {
            for _ in 0..STEPS {
                let mut child = Command::new("true").stdin(Stdio::null()).spawn().unwrap();
                child.wait().unwrap();
            }
        });
    });
    group.bench_function("run", |b| {
        b.iter(|| {
            let ended = wfc_vm::start(
                plan.clone(),
                serde_json::Map::new(),
                indexmap::IndexMap::new(),
                &config,
                &mut |_| {},
            );
            assert_eq!(ended.unwrap().status, wfc_vm::RunStatus::Completed);
        });
    });
    group.finish();
}

fn resumes(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let text = workflow(10 * STEPS) + "  - name: Last\n    command: [\"false\"]\n";
    let config = RunConfig::new(dir.path());
    let ended = wfc_vm::start(
        plan_of(dir.path(), &text),
        serde_json::Map::new(),
        indexmap::IndexMap::new(),
        &config,
        &mut |_| {},
    );
    let ended = ended.unwrap();
    assert_eq!(ended.status, wfc_vm::RunStatus::Failed);
    let mut group = c.benchmark_group("a thousand committed steps");
    group.sample_size(20);
    group.bench_function("resume", |b| {
        b.iter(|| {
            let again = wfc_vm::resume(&ended.run_id, &config, &mut |_| {});
            assert_eq!(again.unwrap().status, wfc_vm::RunStatus::Failed);
        });
    });
    group.finish();
}

fn checks(c: &mut Criterion) {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let loader = OsLoader::new(repository);
    c.bench_function("check of the stack", |b| {
        b.iter(|| {
            let compiled = compile("workflows/stack/stack.yaml", &Options::default(), &loader);
            assert!(compiled.program.is_some());
            black_box(compiled)
        });
    });
}

criterion_group!(benches, steps, resumes, checks);
criterion_main!(benches);
