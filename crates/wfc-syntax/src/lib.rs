//! Text to tree, never failing: YAML, s-expressions, and the `${...}`
//! templates and references inside YAML strings.
//!
//! Nothing here knows what a workflow is. Every reader returns a tree of what
//! could be read and a list of findings.

mod format;
pub mod limits;
pub mod lisp;
pub mod template;
mod text;
pub mod yaml;

pub use format::Format;
pub use text::{Decoded, NotUtf8, decode};
