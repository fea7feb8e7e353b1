//! Is the process that owns a run still there?

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::reading;

/// What is known about the process of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// It is there.
    Alive,
    /// It is gone, or its id now belongs to another process.
    Dead,
    /// This system does not say.
    Unknown,
}

/// Looks for the process `pid` that began at `start` (field 22 of
/// `/proc/<pid>/stat`; empty when unknown) since the boot `boot` (empty when
/// unknown).
pub(crate) fn liveness(pid: u32, start: &str, boot: &str) -> Liveness {
    if !Path::new("/proc/self/stat").exists() {
        return Liveness::Unknown;
    }
    let this_boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    if !boot.is_empty() && !this_boot.is_empty() && boot != this_boot.trim() {
        return Liveness::Dead;
    }
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Liveness::Dead;
    };
    let Some((state, begun)) = fields(&stat) else {
        return Liveness::Unknown;
    };
    // A zombie has ended; only its parent has not looked yet.
    if state == "Z" || (!start.is_empty() && begun != start) {
        Liveness::Dead
    } else {
        Liveness::Alive
    }
}

/// Is the process there that `run.lock` of the run in `dir` names?
pub(crate) fn owner_of(dir: &Path) -> Liveness {
    #[derive(Deserialize)]
    struct Owner {
        pid: u32,
        #[serde(default)]
        process_start: String,
        #[serde(default)]
        boot_id: String,
    }
    let text = reading::whole(&dir.join("run.lock")).ok();
    match text.and_then(|text| serde_json::from_slice::<Owner>(&text).ok()) {
        Some(owner) => liveness(owner.pid, &owner.process_start, &owner.boot_id),
        None => Liveness::Unknown,
    }
}

/// State and start time. The name in field 2 may hold anything, so the fields
/// are counted from the last parenthesis.
fn fields(stat: &str) -> Option<(&str, &str)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    Some((fields.next()?, fields.nth(18)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_process_is_alive_and_others_are_not() {
        let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
            return;
        };
        let (_, begun) = fields(&stat).unwrap();
        let pid = std::process::id();
        assert_eq!(liveness(pid, begun, ""), Liveness::Alive);
        assert_eq!(liveness(pid, "1", ""), Liveness::Dead);
        assert_eq!(liveness(pid, begun, "another boot"), Liveness::Dead);
        assert_eq!(liveness(u32::MAX, "", ""), Liveness::Dead);
    }
}
