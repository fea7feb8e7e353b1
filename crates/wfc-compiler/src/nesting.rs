//! How deep an expression of the IR may nest.

use wfc_ir::Expr;

/// The deepest expression that the compiler makes. A plan is read back from
/// JSON, where one level of an expression takes up to three, and readers of
/// JSON stop at 128.
pub(crate) const MAX_NESTING: usize = 20;

/// How deep an expression nests: 1 for one without parts.
pub(crate) fn nesting(expr: &Expr) -> usize {
    let mut deepest = 0;
    expr.each_part(&mut |part| deepest = deepest.max(nesting(part)));
    1 + deepest
}
