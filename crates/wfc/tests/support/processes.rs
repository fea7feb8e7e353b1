//! Waiting for processes, never without a bound.

use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// How often it is looked.
const POLL: Duration = Duration::from_millis(10);

/// Waits until something is so.
#[track_caller]
pub fn wait_until(limit: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < limit, "not in time: {what}");
        std::thread::sleep(POLL);
    }
}

/// Waits for the end, and kills what does not come to it. Its output is read
/// afterwards, so it must not be much.
#[track_caller]
pub fn end(mut child: Child, limit: Duration) -> Output {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > limit {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(POLL);
    }
    child.wait_with_output().unwrap()
}

/// A process that has ended and that nobody has looked at does not live.
pub fn lives(id: &str) -> bool {
    let found = Command::new("ps")
        .args(["-o", "stat=", "-p", id])
        .output()
        .unwrap();
    let state = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
