//! Texts made of parts.

use wfc_diag::Span;
use wfc_syntax::lisp::Datum;

use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::types::Ty;

impl Checker<'_, '_> {
    /// `(text part …)`: the parts as a template shows them, one behind the
    /// other.
    pub(super) fn text_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(text \"…\" value …)";
        let arguments = self.arguments("text", args);
        if let Some((_, at, _)) = arguments.pairs.first() {
            self.report(messages::keyword_needed(*at, "text"));
        }
        if arguments.plain.is_empty() {
            self.report(messages::shape(span, "text", SHAPE, "there is no part"));
        }
        let mut parts = Vec::new();
        let mut fine = arguments.pairs.is_empty() && !arguments.plain.is_empty();
        for part in &arguments.plain {
            let part = self.expr(part, &Want::Any);
            let part = self.there(part);
            if !self.world.types.is_shown(&part.ty) {
                let diagnostic = messages::not_a_word(&self.world.types, &part, "text");
                self.report(diagnostic);
                fine = false;
            }
            fine &= part.ty != Ty::Error;
            parts.push(part);
        }
        text_of(parts, fine, span)
    }
}

/// A text of these parts, unless one was reported. Its type is known all the
/// same.
pub(super) fn text_of(parts: Vec<Expr>, fine: bool, span: Span) -> Expr {
    Expr {
        kind: match fine {
            true => ExprKind::Text(parts),
            false => ExprKind::Error,
        },
        ty: Ty::String,
        span,
    }
}
