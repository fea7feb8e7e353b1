//! Work whose result is lost, that never gets anywhere, or never ends.

use std::collections::HashSet;

use wfc_diag::Span;

use super::{Linter, each_expr};
use crate::lisp::hir::{Expr, ExprKind, Loop};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// Folders that the runtime manages.
const MANAGED: &[&str] = &["state/", ".orchestrate/"];

impl Linter<'_, '_> {
    pub(super) fn work(&mut self, body: &Expr) {
        // Where an answer is to be put is for the author to say.
        let mut placed: HashSet<Span> = HashSet::new();
        each_expr(body, &mut |expr| match &expr.kind {
            ExprKind::Do(steps, _) => {
                for step in steps {
                    if let Some(form) = work(step) {
                        self.tell(messages::dropped_result(step.span, form));
                    }
                }
            }
            ExprKind::Let(bound, _) => {
                for (var, value) in bound {
                    let var = &self.world.vars[*var];
                    if let Some(form) = work(value)
                        && var.uses == 0
                        && var.bundle.is_none()
                        && !var.name.text.starts_with('_')
                    {
                        self.tell(messages::unread_result(&var.name, form));
                    }
                }
            }
            ExprKind::Loop(each) => self.progress(each),
            ExprKind::Provider(each) => {
                placed.extend(each.bundle.iter().map(|bundle| bundle.span));
                if each.policy.timeout_sec.is_none() {
                    self.tell(messages::no_timeout(expr.span));
                }
            }
            ExprKind::Command(each) => {
                placed.extend(each.bundle.iter().map(|bundle| bundle.span));
            }
            ExprKind::Lit(_) if placed.contains(&expr.span) => {}
            ExprKind::Lit(value) if expr.ty == Ty::String || self.world.types.is_path(&expr.ty) => {
                let text = value.as_str().unwrap_or_default();
                if let Some(folder) = MANAGED.iter().find(|folder| text.starts_with(**folder)) {
                    self.tell(messages::low_level_path(expr.span, folder));
                }
            }
            _ => {}
        });
    }

    /// A round that changes nothing and asks nobody is followed by the same.
    fn progress(&mut self, each: &Loop) {
        if each.body.does_work() {
            return;
        }
        let mut pending = vec![&each.body];
        while let Some(expr) = pending.pop() {
            match &expr.kind {
                ExprKind::Continue(state) if matches!(state.kind, ExprKind::Var(var) if var == each.state) =>
                {
                    let state = &self.world.vars[each.state].name;
                    self.tell(messages::idle_loop(expr.span, state));
                }
                // The states of inner loops are other states.
                ExprKind::Loop(_) => {}
                _ => expr.each_child(&mut |child| pending.push(child)),
            }
        }
    }
}

/// The form that asks somebody, if the expression is one.
fn work(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Provider(each) if each.answers => Some("provider-result"),
        ExprKind::Command(each) if each.answers => Some("command-result"),
        _ => None,
    }
}
