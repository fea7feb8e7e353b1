//! Names that nothing reads, and names that hide others.

use std::collections::HashSet;

use super::{Linter, each_expr};
use crate::lisp::hir::{CallableId, Expr, ExprKind, VarId};
use crate::lisp::messages;
use crate::lisp::scope::Item;

impl Linter<'_, '_> {
    /// Parameters that are not read. A procedure that something refers to has
    /// those that it is asked for.
    pub(super) fn parameters(&mut self, written: &[CallableId]) {
        let world = self.world;
        let mut referred: HashSet<CallableId> = HashSet::new();
        for callable in &world.callables {
            each_expr(&callable.body, &mut |expr| {
                if let ExprKind::Ref(id) = &expr.kind {
                    referred.insert(*id);
                }
            });
        }
        for instance in &world.waiting {
            if referred.contains(&instance.id) {
                referred.insert(instance.generic);
            }
        }
        for id in written.iter().filter(|id| !referred.contains(id)) {
            for param in &world.callables[*id].params {
                let var = &world.vars[param.var];
                if var.uses == 0 && !param.name.text.starts_with('_') {
                    self.tell(messages::unused("parameter", &param.name));
                }
            }
        }
    }

    /// Definitions that are not exported and that nothing names.
    pub(super) fn definitions(&mut self, entry: Option<CallableId>) {
        let world = self.world;
        for (module, each) in world.modules.all.iter().enumerate() {
            if !each.has_export {
                continue;
            }
            for (name, item, span) in world.definitions(module) {
                let public = each.exports.iter().any(|export| export.text == name);
                let started = matches!(item, Item::Callable(id) if Some(id) == entry);
                if public || started || world.touched.contains(&item) || name.starts_with('_') {
                    continue;
                }
                let what = world.kind_of(item);
                self.tell(messages::unused_definition(what, name, span));
            }
        }
    }

    /// Exports that no other module reads.
    pub(super) fn exports(&mut self) {
        let world = self.world;
        for (module, each) in world.modules.all.iter().enumerate().skip(1) {
            for export in &each.exports {
                if !world.taken.contains(&(module, export.text.clone())) {
                    self.tell(messages::unused_export(export));
                }
            }
        }
    }

    /// Names that hide a name around them.
    pub(super) fn shadowing(&mut self, expr: &Expr, mut around: Vec<VarId>) {
        self.inside(expr, &mut around);
    }

    fn inside(&mut self, expr: &Expr, around: &mut Vec<VarId>) {
        let depth = around.len();
        match &expr.kind {
            ExprKind::Let(bound, body) => {
                for (var, value) in bound {
                    self.inside(value, around);
                    self.bind(*var, around);
                }
                self.inside(body, around);
            }
            ExprKind::Match(each) => {
                self.inside(&each.subject, around);
                for arm in &each.arms {
                    // Each alternative of a pattern gives the same names.
                    let mut names: Vec<VarId> = Vec::new();
                    arm.pattern.each_name(&mut |var| names.push(var));
                    let alternatives = around.len();
                    for var in names {
                        let inner = around.split_off(alternatives);
                        self.bind(var, around);
                        around.extend(inner);
                    }
                    arm.guard
                        .iter()
                        .for_each(|guard| self.inside(guard, around));
                    self.inside(&arm.body, around);
                    around.truncate(alternatives);
                }
            }
            kind => {
                let binder = match kind {
                    ExprKind::Loop(each) => Some(each.state),
                    ExprKind::Until(each) => Some(each.out),
                    ExprKind::Each(each) => Some(each.item),
                    ExprKind::Map(_, item, _) => Some(*item),
                    _ => None,
                };
                if let Some(binder) = binder {
                    self.bind(binder, around);
                }
                if let ExprKind::LetProc(local, _) = kind {
                    around.extend(&local.params);
                }
                expr.each_child(&mut |child| self.inside(child, around));
            }
        }
        around.truncate(depth);
    }

    fn bind(&mut self, var: VarId, around: &mut Vec<VarId>) {
        let vars = &self.world.vars;
        let name = &vars[var].name;
        let hidden = around
            .iter()
            .rev()
            .find(|other| vars[**other].name.same(name));
        if let Some(hidden) = hidden
            && !name.text.starts_with('_')
            && vars[*hidden].name.span != name.span
        {
            let found = messages::shadowed(name, vars[*hidden].name.span);
            self.tell(found);
        }
        around.push(var);
    }
}
