//! How deep an expression of the IR may nest.

use wfc_ir::Expr;

/// The deepest expression that the compiler makes. A plan is read back from
/// JSON, where one level of an expression takes up to three, and readers of
/// JSON stop at 128.
pub(crate) const MAX_NESTING: usize = 20;

/// How deep an expression nests: 1 for one without parts.
pub(crate) fn nesting(expr: &Expr) -> usize {
    1 + match expr {
        Expr::Get { base, .. } => nesting(base),
        Expr::Record { fields } | Expr::Variant { fields, .. } => {
            fields.values().map(nesting).max().unwrap_or(0)
        }
        Expr::List { items } => items.iter().map(nesting).max().unwrap_or(0),
        Expr::If {
            cond,
            then,
            otherwise,
        } => nesting(cond).max(nesting(then)).max(nesting(otherwise)),
        Expr::Match {
            subject,
            arms,
            default,
        } => arms
            .values()
            .chain(default.as_deref())
            .map(nesting)
            .max()
            .unwrap_or(0)
            .max(nesting(subject)),
        Expr::Prim { args, .. } => args.iter().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}
