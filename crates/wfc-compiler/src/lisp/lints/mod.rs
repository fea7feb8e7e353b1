//! What works and could be said better: lints of checked modules.
//!
//! They speak of what authors wrote: the library and the templates of macros
//! are left out. A file with errors has none, since what is wrong may be why
//! something looks odd.

mod names;
mod work;

use wfc_diag::{Code, Diagnostic, Span, codes};

use super::hir::{CallableId, Expr};
use super::scope::{Pending, World};

/// The lints that a file with errors does not have.
pub(super) const UNSURE: &[Code] = &[
    codes::UNUSED,
    codes::UNUSED_EXPORT,
    codes::SHADOWED_NAME,
    codes::DROPPED_RESULT,
    codes::IDLE_LOOP,
    codes::LOW_LEVEL_PATH,
    codes::PROVIDER_TIMEOUT,
];

/// Looks at everything that was checked. `entry` is the workflow that a run
/// starts with.
pub(super) fn lint(
    world: &World<'_>,
    pending: &[Pending<'_>],
    entry: Option<CallableId>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut linter = Linter {
        world,
        found: Vec::new(),
    };
    let written: Vec<CallableId> = pending
        .iter()
        .map(|each| each.id)
        .filter(|id| !world.modules.all[world.callables[*id].module].is_library)
        .collect();
    linter.parameters(&written);
    linter.definitions(entry);
    linter.exports();
    for id in written {
        let callable = &world.callables[id];
        let params = callable.params.iter().map(|param| param.var).collect();
        linter.shadowing(&callable.body, params);
        linter.work(&callable.body);
    }
    diagnostics.append(&mut linter.found);
}

struct Linter<'w, 'a> {
    world: &'w World<'a>,
    found: Vec<Diagnostic>,
}

impl Linter<'_, '_> {
    fn tell(&mut self, found: Diagnostic) {
        let span: Span = found.primary.span;
        let module = &self.world.modules.all[self.world.modules.of(span.file)];
        if span.file.context() == 0 && !module.is_library {
            self.found.push(found);
        }
    }
}

/// Calls `visit` on an expression and everything inside it.
fn each_expr<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    expr.each_child(&mut |child| each_expr(child, visit));
}
