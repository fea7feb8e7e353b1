//! Files, spans, diagnostics and their renderers.
//!
//! One [`Diagnostic`] type serves every phase of the compiler and every
//! front end; it is rendered only at the edge, by [`render`]. Nothing here
//! knows a language.

mod table;
mod diagnostic;
pub mod render;
mod source;
mod suggest;

pub use table::{ALL_CODES, Code, CodeInfo, code_by_id, codes};
pub use diagnostic::{
    Applicability, Diagnostic, Edit, Fix, Label, Severity, has_errors, sort_diagnostics,
};
pub use source::{FileId, LineColumn, LineIndex, SourceFile, Sources, Span};
pub use suggest::{nearest, one_of};
