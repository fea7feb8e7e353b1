//! What an interrupted step has left running when wfc itself was killed.

use super::{Progress, RunError};
use crate::host::{Family, GRACE, Member, mark};
use crate::{Coord, ProcessIdentity, RunDir};

/// Ends whatever the attempts of a step have left, so that the step does not
/// run beside itself.
pub(super) fn end_survivors(
    dir: &RunDir,
    coord: &Coord,
    recorded: &[ProcessIdentity],
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<(), RunError> {
    let mut family = Family::left(recorded, &mark(dir, coord));
    let members = family.members();
    let left = match members.is_empty() {
        true => Vec::new(),
        false => family.end(GRACE),
    };
    family.release();
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

fn named(members: &[Member]) -> String {
    let each = |member: &Member| format!("{} (`{}`)", member.pid, member.command);
    members.iter().map(each).collect::<Vec<_>>().join(", ")
}
