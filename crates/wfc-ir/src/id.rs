//! Stable step ids: paths of authored names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The identity of a step within its workflow: the authored names on the way
/// to it, joined by `/` (`revise/route.REVISE/fix`). It never holds a line, an
/// ordinal of the text or a hash, so layout and comments cannot change it.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct StepId(pub String);

impl StepId {
    /// The id of a step at the outermost level.
    pub fn root(name: &str) -> Self {
        StepId(name.to_owned())
    }

    /// The id of the step `name` inside this one.
    pub fn child(&self, name: &str) -> Self {
        StepId(format!("{}/{name}", self.0))
    }

    /// The id of one branch of this step, such as `route.REVISE`.
    pub fn branch(&self, branch: &str) -> Self {
        StepId(format!("{}.{branch}", self.0))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
