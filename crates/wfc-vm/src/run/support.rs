//! What a plan may ask for and this version cannot carry out.

use std::fmt;

use wfc_ir::{Exec, NodeOp, Place, Plan};

use super::RunError;

/// A step that this version does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The authored name of the step.
    pub step: String,
    /// Where it was written, if that is known.
    pub place: Option<Place>,
    /// What is not carried out, as authors write it.
    pub construct: &'static str,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "step `{}`", self.step)?;
        if let Some(place) = &self.place {
            write!(to, " ({}:{}:{})", place.file, place.line, place.column)?;
        }
        write!(to, " has `{}`", self.construct)
    }
}

/// Can every step of the plan be carried out?
///
/// # Errors
/// [`RunError::Unsupported`], which names every step that cannot.
pub fn runnable(plan: &Plan) -> Result<(), RunError> {
    let mut found = Vec::new();
    for node in plan.workflows.iter().flat_map(|workflow| &workflow.nodes) {
        let NodeOp::Process(process) = &node.op else {
            continue;
        };
        let constructs = [
            (
                "adjudicated_provider",
                matches!(process.exec, Exec::Adjudicated(_)),
            ),
            ("provider_session", process.session.is_some()),
            ("managed_jobs", process.managed.is_some()),
        ];
        for (construct, _) in constructs.into_iter().filter(|(_, there)| *there) {
            found.push(Unsupported {
                step: node.name.clone(),
                place: node.place.clone(),
                construct,
            });
        }
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(RunError::Unsupported(found)),
    }
}
