//! What an interrupted step has left running when wfc itself was killed.

use super::past::Begun;
use super::{Progress, RunError};
use crate::RunDir;
use crate::host::{Family, GRACE, Member, mark};
use crate::secrets::Mask;

/// How much of a command line is shown, in characters.
const SHOWN: usize = 80;

/// Ends whatever an attempt has left, so that the step does not
/// run beside itself.
pub(super) fn end_survivors(
    dir: &RunDir,
    begun: &Begun,
    secrets: &Mask,
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<(), RunError> {
    let coord = &begun.coord;
    let mut family = Family::left(&begun.processes, &mark(dir, coord));
    let mut members = family.members();
    let mut left = match members.is_empty() {
        true => Vec::new(),
        false => family.end(GRACE),
    };
    family.release();
    for member in members.iter_mut().chain(&mut left) {
        // A secret may be on it, in part where it is cut.
        member.command = shortened(&secrets.text(&member.command));
    }
    if !members.is_empty() {
        observe(&Progress::Survivors {
            step: &coord.log_name,
            members: &members,
        });
    }
    match left.is_empty() {
        true => Ok(()),
        false => Err(RunError::Survivors(format!(
            "`{}` was interrupted, and what it had started goes on and cannot be ended: {}",
            coord.log_name,
            named(&left)
        ))),
    }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

fn named(members: &[Member]) -> String {
    let each = |member: &Member| format!("{} (`{}`)", member.process.pid, member.command);
    members.iter().map(each).collect::<Vec<_>>().join(", ")
}
