//! Bindings and sequences.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Local, Want};
use crate::lisp::defs::{Name, type_ref, unsafe_path};
use crate::lisp::hir::{Expr, ExprKind, VarId};
use crate::lisp::messages;
use crate::lisp::types::Ty;

impl Checker<'_, '_> {
    /// `(let* ((name expr) …) body)`. `let` binds the same way: later
    /// bindings see earlier ones only in `let*`.
    pub(super) fn let_form(&mut self, span: Span, form: &str, args: &[Datum], want: &Want) -> Expr {
        let shape = format!("({form} ((name value) …) body)");
        let Some((list, bodies)) = args.split_first() else {
            self.report(messages::shape(
                span,
                form,
                &shape,
                "the bindings are missing",
            ));
            return Expr::error(span);
        };
        let Some(pairs) = list.as_list() else {
            if list.kind != DatumKind::Error {
                self.report(messages::shape(
                    list.span,
                    form,
                    &shape,
                    "the bindings are a list",
                ));
            }
            return Expr::error(span);
        };
        self.scoped(|this| {
            let sequential = form == "let*";
            let mut bound: Vec<(VarId, Expr)> = Vec::new();
            let mut names: Vec<Name> = Vec::new();
            let mut waiting: Vec<Local> = Vec::new();
            for pair in pairs {
                let (name, value) = match pair.as_list() {
                    Some([name, value]) if name.as_symbol().is_some() => (name, value),
                    Some([pattern, value]) if pattern.as_list().is_some() => {
                        let value = this.expr(value, &Want::Any);
                        let before = this.locals.len();
                        this.destructure(pattern, value, &mut bound);
                        if !sequential {
                            waiting.extend(this.locals.drain(before..));
                        }
                        continue;
                    }
                    _ => {
                        if pair.kind != DatumKind::Error {
                            this.report(messages::bad_binding(pair, list, form));
                        }
                        // What uses the name that was meant is no second mistake.
                        let meant = pair.as_list().map_or(Some(pair), <[Datum]>::first);
                        if let Some(meant) = meant.filter(|m| m.as_symbol().is_some()) {
                            let name = Name::of(meant);
                            let var = this.world.var(name.clone(), Ty::Error);
                            this.locals.push(Local {
                                name: name.text,
                                var,
                            });
                        }
                        // One note is enough for `(let* (a 1) …)`.
                        if pair.as_list().is_none() {
                            break;
                        }
                        continue;
                    }
                };
                let name = Name::of(name);
                if let Some(first) = names.iter().find(|other| other.same(&name)) {
                    let first = first.span;
                    this.report(messages::duplicate("binding", &name.text, name.span, first));
                }
                let value = this.expr(value, &Want::Any);
                let var = this.world.var(name.clone(), value.ty.clone());
                this.world.vars[var].is_answer = matches!(value.kind, ExprKind::Provider(_));
                let local = Local {
                    name: name.text.clone(),
                    var,
                };
                if sequential {
                    this.locals.push(local);
                } else {
                    waiting.push(local);
                }
                names.push(name);
                bound.push((var, value));
            }
            this.locals.extend(waiting);
            let body = this.body(span, form, &shape, bodies, want);
            this.unused_bindings(&bound);
            Expr {
                ty: body.ty.clone(),
                kind: ExprKind::Let(bound, Box::new(body)),
                span,
            }
        })
    }

    fn body(&mut self, span: Span, form: &str, shape: &str, bodies: &[Datum], want: &Want) -> Expr {
        match bodies {
            [body] => self.expr(body, want),
            [] => {
                self.report(messages::shape(span, form, shape, "the body is missing"));
                Expr::error(span)
            }
            [_, second, ..] => {
                self.report(messages::shape(
                    second.span,
                    form,
                    shape,
                    "there is a second body; put both into `(do …)`",
                ));
                Expr::error(span)
            }
        }
    }

    /// Warns of names that nothing reads and whose value does nothing.
    fn unused_bindings(&mut self, bound: &[(VarId, Expr)]) {
        for (var, value) in bound {
            let entry = &self.world.vars[*var];
            let silent = entry.uses > 0
                || entry.name.text.starts_with('_')
                || value.ty == Ty::Error
                || acts(value);
            if !silent {
                let diagnostic = messages::unused("binding", &entry.name);
                self.report(diagnostic);
            }
        }
    }

    /// `(the Type value)`: a value where this type is asked for.
    pub(super) fn the_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const SHAPE: &str = "(the Type value)";
        let [ty, value] = args else {
            let why = "a type and one value are needed";
            self.report(messages::shape(span, "the", SHAPE, why));
            return Expr::error(span);
        };
        let written = type_ref(ty, self.diagnostics);
        let ty = self.world.resolve(&written, self.diagnostics);
        if self.world.types.is_path(&ty)
            && let Some(path) = value.as_str()
        {
            let found = self.path_literal(value.span, path, ty);
            return self.settle(found, want);
        }
        let found = match ty {
            Ty::Error => self.expr(value, &Want::Any),
            ty => {
                let found = self.expr(value, &Want::Type(ty.clone()));
                match found.ty {
                    // A reference still knows the names of its parameters.
                    Ty::Error | Ty::Ref(_) => found,
                    _ => Expr { ty, ..found },
                }
            }
        };
        self.settle(found, want)
    }

    /// A path that is written out, held against what its type promises.
    fn path_literal(&mut self, span: Span, path: &str, ty: Ty) -> Expr {
        let under = match self.world.types.lower(&ty) {
            wfc_ir::Type::Path { under, .. } => under,
            _ => None,
        };
        let is_under = under.as_ref().is_none_or(|root| {
            let rest = path.strip_prefix(root.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let why = match unsafe_path(path) {
            None if !is_under => Some("it does not lie in the folder of its type"),
            why => why,
        };
        if let Some(why) = why {
            self.report(messages::unsafe_path(span, path, why));
            return Expr::error(span);
        }
        Expr {
            kind: ExprKind::Lit(path.into()),
            ty,
            span,
        }
    }

    /// `(do expr … result)`
    pub(super) fn do_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let Some((last, before)) = args.split_last() else {
            self.report(messages::shape(
                span,
                "do",
                "(do effect … result)",
                "there is nothing to do",
            ));
            return Expr::error(span);
        };
        let (steps, result) = self.scoped(|this| {
            let mut steps = Vec::new();
            for each in before {
                let step = this.expr(each, &Want::Any);
                if let ExprKind::Assert(cond) = &step.kind {
                    let facts = super::facts::of_condition(&this.world.types, cond);
                    this.assume(facts.yes);
                }
                steps.push(step);
            }
            (steps, this.expr(last, want))
        });
        Expr {
            ty: result.ty.clone(),
            kind: ExprKind::Do(steps, Box::new(result)),
            span,
        }
    }

    /// Reports arguments without a keyword beyond the first `count`.
    pub(super) fn extra(
        &mut self,
        arguments: &Arguments<'_>,
        count: usize,
        form: &str,
        shape: &str,
    ) {
        if let Some(extra) = arguments.plain.get(count)
            && extra.kind != DatumKind::Error
        {
            self.report(messages::shape(
                extra.span,
                form,
                shape,
                "a keyword is needed before this value",
            ));
        }
    }

    /// Checks the values of a form that cannot be made.
    pub(super) fn visit(&mut self, arguments: &Arguments<'_>) {
        for (_, _, value) in &arguments.pairs {
            self.expr(value, &Want::Any);
        }
    }
}

/// Does evaluating the expression do something?
fn acts(expr: &Expr) -> bool {
    let own = matches!(
        expr.kind,
        ExprKind::Call(..) | ExprKind::Apply(..) | ExprKind::Error
    );
    let own = own || expr.kind.is_work();
    let mut found = own;
    expr.each_child(&mut |child| found = found || acts(child));
    found
}
