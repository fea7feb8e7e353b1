//! What works and could be said better: lints of checked modules.
//!
//! They speak of what authors wrote: the library and the templates of macros
//! are left out. A file with errors has none, since what is wrong may be why
//! something looks odd.

mod names;
mod work;

use wfc_diag::{Code, Diagnostic, Severity, codes};

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

/// Leaves out what is no error and stands in the library or in the template of
/// a macro: who uses them cannot do anything about it.
pub(super) fn authored(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.retain(|each| {
        let file = each.primary.span.file;
        let module = &world.modules.all[world.modules.of(file)];
        each.severity == Severity::Error || (file.context() == 0 && !module.is_library)
    });
}

struct Linter<'w, 'a> {
    world: &'w World<'a>,
    found: Vec<Diagnostic>,
}

impl Linter<'_, '_> {
    fn tell(&mut self, found: Diagnostic) {
        self.found.push(found);
    }
}

/// Calls `visit` on an expression and everything inside it.
fn each_expr<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    expr.each_child(&mut |child| each_expr(child, visit));
}
