//! What comes of formatting, in every language.

use wfc_diag::Diagnostic;

/// What came of formatting.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// The formatted text, perhaps the same.
    Done(String),
    /// The text has errors, and is left alone.
    Errors(Vec<Diagnostic>),
    /// The formatted text would mean something else. This is a bug; the text
    /// is left alone.
    Unsafe,
}
