//! What an attempt has done with the files that it was to write.
//!
//! A file that was there before passes for the work of a step that did
//! nothing. So the declared outputs are looked at before and after, by their
//! digests, and the difference is kept.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use wfc_ir::{Contract, Type, Value};

use super::WorkspaceFiles;
use super::evidence::hash;
use super::files::READ_LIMIT;
use crate::{OutputChange, OutputState};

/// How far the clock of a file system may lag behind ours: a tick of the system.
const COARSE_CLOCK: Duration = Duration::from_millis(10);

/// What there is to know of a file at one moment; nothing when it is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look(Option<Stamp>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    identity: (u64, u64),
    written: (i64, i64),
    size: u64,
    /// `None` for one that cannot be read, or is too large to be an output.
    sha256: Option<String>,
}

/// The declared outputs before an attempt.
pub(super) struct Before {
    looks: Vec<Look>,
    at: SystemTime,
}

impl Before {
    /// Looks at the files that a contract names.
    pub(super) fn note(files: &WorkspaceFiles, paths: &[String]) -> Self {
        Before {
            looks: paths.iter().map(|path| Look::at(files, path)).collect(),
            at: SystemTime::now(),
        }
    }

    /// How long it takes until whoever writes one of them leaves another time
    /// on it than it has now.
    pub(super) fn tick(&self) -> Duration {
        let ages = self.looks.iter().filter_map(|look| {
            let (seconds, nanos) = look.0.as_ref()?.written;
            let at = time(seconds, nanos)?;
            self.at.duration_since(at).ok()
        });
        COARSE_CLOCK.saturating_sub(ages.min().unwrap_or(COARSE_CLOCK))
    }

    /// What has become of them, and of the files that the values name.
    pub(super) fn since(
        &self,
        files: &WorkspaceFiles,
        paths: &[String],
        contract: &Contract,
        artifacts: &serde_json::Map<String, Value>,
    ) -> Vec<OutputState> {
        let declared = paths.iter().zip(&self.looks).map(|(path, before)| {
            let now = Look::at(files, path);
            OutputState {
                path: path.clone(),
                change: now.since(before),
                sha256: now.0.and_then(|stamp| stamp.sha256),
                named_in: None,
            }
        });
        let mut states: Vec<OutputState> = declared.collect();
        for (at, target) in targets(contract, artifacts) {
            if let Some(change) = self.touched(files, &target)
                && !states.iter().any(|state| state.path == target)
            {
                let now = Look::at(files, &target);
                states.push(OutputState {
                    path: target,
                    change,
                    sha256: now.0.and_then(|stamp| stamp.sha256),
                    named_in: paths.get(at).cloned(),
                });
            }
        }
        states
    }

    /// What has become of a file that nobody had named before: its times say
    /// whether it was written since. Directories are passed over.
    fn touched(&self, files: &WorkspaceFiles, path: &str) -> Option<OutputChange> {
        let (_, data) = files.look(path).ok()?;
        let data = data.filter(std::fs::Metadata::is_file)?;
        let at = time(data.ctime(), data.ctime_nsec());
        let late = at.and_then(|at| at.checked_add(COARSE_CLOCK));
        Some(match late.is_none_or(|late| late >= self.at) {
            true => OutputChange::Changed,
            false => OutputChange::Unchanged,
        })
    }
}

fn time(seconds: i64, nanos: i64) -> Option<SystemTime> {
    let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

impl Look {
    fn at(files: &WorkspaceFiles, path: &str) -> Self {
        let Ok((site, Some(data))) = files.look(path) else {
            return Look(None);
        };
        let readable = data.is_file() && data.len() <= READ_LIMIT;
        let sha256 = readable
            .then(|| hash(files, &site, READ_LIMIT).ok())
            .flatten()
            .map(|(_, sha256)| sha256);
        Look(Some(Stamp {
            identity: (data.dev(), data.ino()),
            written: (data.mtime(), data.mtime_nsec()),
            size: data.size(),
            sha256,
        }))
    }

    fn since(&self, before: &Look) -> OutputChange {
        match (&before.0, &self.0) {
            (_, None) => OutputChange::Missing,
            (None, Some(_)) => OutputChange::Created,
            (Some(then), Some(now)) if then == now => OutputChange::Unchanged,
            (Some(then), Some(now)) if then.sha256.is_some() && then.sha256 == now.sha256 => {
                OutputChange::Rewritten
            }
            (Some(_), Some(_)) => OutputChange::Changed,
        }
    }
}

/// The files that the values of a contract name, each with the number of the
/// file that names it.
fn targets(
    contract: &Contract,
    artifacts: &serde_json::Map<String, Value>,
) -> Vec<(usize, String)> {
    let is_path = |ty: &Type| match ty {
        Type::Optional { item } => matches!(**item, Type::Path { .. }),
        ty => matches!(ty, Type::Path { .. }),
    };
    let named: Vec<(usize, &String, &Type)> = match contract {
        Contract::Files { files } => {
            let files = files.iter().enumerate();
            files.map(|(at, f)| (at, &f.name, &f.ty)).collect()
        }
        Contract::Bundle { fields, .. } => fields.iter().map(|f| (0, &f.name, &f.ty)).collect(),
        Contract::Variant {
            shared, variants, ..
        } => {
            let fields = shared.iter().chain(variants.values().flatten());
            fields.map(|f| (0, &f.name, &f.ty)).collect()
        }
    };
    named
        .into_iter()
        .filter(|(_, _, ty)| is_path(ty))
        .filter_map(|(at, name, _)| Some((at, artifacts.get(name)?.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::path::Path;
    use wfc_ir::{ContractField, Guidance};

    /// What is told of `o.json` and of the file that its value names after
    /// some deeds, which begin when the clock has moved on.
    #[track_caller]
    fn check(deeds: impl FnOnce(&Path), names: &str, expected: &[(&str, &str)]) {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        std::fs::write(root.join("o.json"), "{}").unwrap();
        std::fs::write(root.join("report.md"), "old").unwrap();
        let files = WorkspaceFiles::new(root);
        let paths = ["o.json".to_owned(), "none.json".to_owned()];
        std::thread::sleep(COARSE_CLOCK * 3);
        let before = Before::note(&files, &paths);
        assert_eq!(before.tick(), Duration::ZERO);
        deeds(root);
        let contract = Contract::Bundle {
            path: None,
            fields: vec![ContractField {
                name: "report".to_owned(),
                pointer: "/report".to_owned(),
                ty: Type::any_path(),
                required: true,
                guidance: Guidance::default(),
            }],
        };
        let values = json!({ "report": names });
        let found = before.since(&files, &paths, &contract, values.as_object().unwrap());
        let told: Vec<(&str, &str)> = found
            .iter()
            .map(|state| (state.path.as_str(), state.change.word()))
            .collect();
        assert_eq!(told, expected);
        for state in &found {
            let there = state.change != OutputChange::Missing;
            assert_eq!(state.sha256.is_some(), there, "{state:?}");
        }
    }

    #[test]
    fn what_was_done_with_each_output_is_told() {
        check(
            |_| {},
            "report.md",
            &[
                ("o.json", "unchanged"),
                ("none.json", "missing"),
                ("report.md", "unchanged"),
            ],
        );
        check(
            |root| {
                std::fs::write(root.join("o.json"), "{}").unwrap();
                std::fs::write(root.join("none.json"), "").unwrap();
                std::fs::write(root.join("report.md"), "old").unwrap();
            },
            "report.md",
            &[
                ("o.json", "rewritten"),
                ("none.json", "created"),
                ("report.md", "changed"),
            ],
        );
        check(
            |root| std::fs::write(root.join("o.json"), "[]").unwrap(),
            "o.json",
            &[("o.json", "changed"), ("none.json", "missing")],
        );
        check(
            |root| std::fs::remove_file(root.join("o.json")).unwrap(),
            "nowhere.md",
            &[("o.json", "missing"), ("none.json", "missing")],
        );
    }

    #[test]
    fn one_that_was_written_a_moment_ago_is_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let files = WorkspaceFiles::new(root.path());
        std::fs::write(root.path().join("o.json"), "{}").unwrap();
        let before = Before::note(&files, &["o.json".to_owned()]);
        assert!(before.tick() <= COARSE_CLOCK);
        assert_eq!(Before::note(&files, &[]).tick(), Duration::ZERO);
    }
}
