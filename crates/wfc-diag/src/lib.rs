//! Files, spans, diagnostics and their renderers.
//!
//! One [`Diagnostic`] type serves every phase of the compiler and every
//! front end; it is rendered only at the edge, by [`render`]. Nothing here
//! knows a language.

mod allow;
mod diagnostic;
mod explain;
mod fix;
mod level;
pub mod render;
mod source;
mod suggest;
mod table;

pub use allow::{Allowed, mentions_allow};
pub use diagnostic::{
    Applicability, Diagnostic, Edit, Fix, Label, Severity, has_errors, sort_diagnostics,
};
pub use explain::{Example, ExampleKind, examples, explain};
pub use fix::{Fixed, apply_fixes};
pub use level::{Level, Levels, Lint, NoLint, has_level, lint_names};
pub use source::{FileId, LineColumn, LineIndex, SourceFile, Sources, Span};
pub use suggest::{nearest, one_of};
pub use table::{ALL_CODES, Code, CodeInfo, code_by_id, codes};
