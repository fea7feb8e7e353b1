//! Which procedures run something, and the places where nothing may: the
//! conditions of arms, and what a loop gives at its bound.

use wfc_diag::Diagnostic;

use crate::lisp::hir::{CallableId, Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::scope::World;

/// Reports what runs something in such a place. `order` has callees before
/// their callers.
pub(super) fn check(
    world: &mut World<'_>,
    order: &[CallableId],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut works = vec![false; world.callables.len()];
    for id in order {
        let callable = &world.callables[*id];
        works[*id] = callable.is_workflow || runs(&callable.body, &works).is_some();
    }
    for callable in &world.callables {
        visit(&callable.body, &works, diagnostics);
    }
    for (callable, works) in world.callables.iter_mut().zip(works) {
        callable.works = works;
    }
}

/// What an expression runs, if it runs something.
fn runs<'e>(expr: &'e Expr, works: &[bool]) -> Option<&'e Expr> {
    let own = match &expr.kind {
        ExprKind::Call(id, _) => works[*id],
        // What it stands for is known when it is written out: if that runs
        // something, it is said then.
        ExprKind::Apply(..) => false,
        kind => kind.is_work(),
    };
    if own {
        return Some(expr);
    }
    let mut found = None;
    expr.each_child(&mut |child| found = found.or_else(|| runs(child, works)));
    found
}

fn visit(expr: &Expr, works: &[bool], diagnostics: &mut Vec<Diagnostic>) {
    let mut demand = |inner: &Expr, what: &str| {
        if let Some(found) = runs(inner, works) {
            // A generic body is checked for each of its uses.
            let finding = messages::runs_something(found.span, inner.span, what);
            let known = |other: &Diagnostic| {
                other.primary.span == finding.primary.span && other.message == finding.message
            };
            if !diagnostics.iter().any(known) {
                diagnostics.push(finding);
            }
        }
    };
    if let ExprKind::Match(each) = &expr.kind {
        let guards = each.arms.iter().filter_map(|arm| arm.guard.as_ref());
        guards.for_each(|guard| demand(guard, "the condition of an arm"));
    }
    expr.each_child(&mut |child| visit(child, works, diagnostics));
}
