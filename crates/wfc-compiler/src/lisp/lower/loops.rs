//! `loop/recur` and `loop/until`.

use indexmap::IndexMap;
use wfc_ir::{Case, Cond, Expr as Ir, Field, Loop as IrLoop, Op, Prim, Type, VARIANT_KEY, Variant};

use super::Lowerer;
use super::names::Ident;
use super::project;
use crate::lisp::hir::{Expr, Loop, Until};
use crate::lisp::types::Ty;

const CONTINUE: &str = "CONTINUE";
const DONE: &str = "DONE";
const EXHAUSTED: &str = "EXHAUSTED";

/// What a loop body gives: another round, or the end.
pub(super) fn tail(tag: &str, field: &str, value: Ir) -> Ir {
    Ir::Variant {
        tag: tag.to_owned(),
        fields: IndexMap::from([(field.to_owned(), value)]),
    }
}

/// The type of what a loop body gives.
pub(super) fn tail_type(state: Type, result: Type) -> Type {
    Type::Union {
        variants: vec![
            one_field(CONTINUE, "state", state),
            one_field(DONE, "result", result),
        ],
    }
}

fn one_field(tag: &str, name: &str, ty: Type) -> Variant {
    Variant {
        tag: tag.to_owned(),
        fields: vec![Field {
            name: name.to_owned(),
            ty,
        }],
    }
}

impl Lowerer<'_> {
    pub(super) fn repeat(&mut self, expr: &Expr, each: &Loop, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("loop");
        let (max, init) = self.parts(Some(own), |this| {
            let max = this.expr(&each.max, Some("max"));
            (max, this.expr(&each.init, Some("state")))
        });
        let ident = self.taken.free(&self.scope, own);
        // Steps of the body are inside this one, so its name is taken now.
        self.taken.take(&ident);
        let state = Ir::LoopState {
            step: ident.id.clone(),
        };
        self.reach.env.insert(each.state, state.clone());
        self.loops
            .push((each.state_ty.clone(), each.result_ty.clone()));
        let body = self.region(self.scope.iteration(&ident), |this| {
            this.expr(&each.body, None)
        });
        self.loops.pop();
        self.note_body(&ident);
        let done = Ir::prim(Prim::Eq, vec![project(Ir::Out, VARIANT_KEY), Ir::lit(DONE)]);
        let result = project(Ir::Out, "result");
        let mut made = IrLoop {
            state: Some(init),
            max,
            body,
            until: Cond::pure(done),
            next: Some(project(Ir::Out, "state")),
            value: result.clone(),
            exhausted: None,
        };
        let hidden = self.all_hidden([&made.body]);
        let Some(exhausted) = &each.exhausted else {
            return self.finish(ident, made, expr, each, hidden);
        };
        if let Some(value) = self.pure(exhausted) {
            made.exhausted = Some(value);
            return self.finish(ident, made, expr, each, hidden);
        }
        // What to do when the bound is reached needs steps: the loop says how
        // it ended, and a match after it does the rest.
        made.value = tail(DONE, "result", result);
        made.exhausted = Some(tail(EXHAUSTED, "state", state));
        let types = &self.world.types;
        let ended = Type::Union {
            variants: vec![
                one_field(DONE, "result", types.lower(&each.result_ty)),
                one_field(EXHAUSTED, "state", types.lower(&each.state_ty)),
            ],
        };
        let ended_value = Ir::value_of(ident.id.clone());
        self.emit(ident, Op::Loop(Box::new(made)), ended, hidden, expr.span);
        let state = project(ended_value.clone(), "state");
        self.reach.env.insert(each.state, state);
        self.after_bound(expr, &each.result_ty, exhausted, ended_value, own)
    }

    /// `loop/until`: the value of the body is what the test looks at.
    pub(super) fn until(&mut self, expr: &Expr, each: &Until, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("loop");
        let max = self.parts(Some(own), |this| this.expr(&each.max, Some("max")));
        let ident = self.taken.free(&self.scope, own);
        self.taken.take(&ident);
        self.reach.env.insert(each.out, Ir::Out);
        let scope = self.scope.iteration(&ident);
        let outer = self.probes.replace(Vec::new());
        let test = match self.runs(&each.test) {
            true => None,
            false => self.pure(&each.test),
        };
        let probes = std::mem::replace(&mut self.probes, outer).unwrap_or_default();
        let (body, test, value) = match test {
            Some(test) => (
                self.region(scope, |this| this.expr(&each.body, None)),
                test,
                Ir::Out,
            ),
            // The test keeps values of its own, so the body makes them.
            None => {
                let body = self.region(scope, |this| {
                    let value = this.expr(&each.body, Some("out"));
                    this.bind(each.out, value.clone(), "out", each.body.span);
                    let done = this.expr(&each.test, Some("until"));
                    let fields = [("done".to_owned(), done), ("value".to_owned(), value)];
                    Ir::Record {
                        fields: IndexMap::from(fields),
                    }
                });
                (body, project(Ir::Out, "done"), project(Ir::Out, "value"))
            }
        };
        self.note_body(&ident);
        let hidden = self.all_hidden([&body]);
        if let Some(exhausted) = each.exhausted.as_ref().filter(|each| self.runs(each)) {
            let made = IrLoop {
                state: None,
                max,
                body,
                until: Cond { probes, test },
                next: None,
                value: tail(DONE, "result", value.clone()),
                exhausted: Some(tail(EXHAUSTED, "state", value)),
            };
            let ty = self.world.types.lower(&each.body.ty);
            let ended = Type::Union {
                variants: vec![
                    one_field(DONE, "result", ty.clone()),
                    one_field(EXHAUSTED, "state", ty),
                ],
            };
            let ended_value = Ir::value_of(ident.id.clone());
            self.emit(ident, Op::Loop(Box::new(made)), ended, hidden, expr.span);
            let last = project(ended_value.clone(), "state");
            self.reach.env.insert(each.out, last);
            return self.after_bound(expr, &expr.ty, exhausted, ended_value, own);
        }
        let exhausted = each.exhausted.as_ref().map(|exhausted| {
            self.reach.env.insert(each.out, value.clone());
            self.pure_value("exhausted", |this| this.expr(exhausted, None))
        });
        let made = IrLoop {
            state: None,
            max,
            body,
            until: Cond { probes, test },
            next: None,
            value,
            exhausted,
        };
        let value = self.value_of(&ident, &expr.ty);
        let result = self.type_of(&expr.ty);
        self.emit(ident, Op::Loop(Box::new(made)), result, hidden, expr.span);
        value
    }

    pub(super) fn note_body(&mut self, ident: &Ident) {
        let shown = wfc_ir::Shown {
            name: "body".to_owned(),
            key: format!("{}.body", ident.shown.key),
            step_id: format!("{}.body", ident.shown.step_id),
            hidden: false,
        };
        self.notes.shown.insert(ident.id.branch("body"), shown);
    }

    fn finish(&mut self, ident: Ident, made: IrLoop, expr: &Expr, each: &Loop, hidden: bool) -> Ir {
        let value = self.value_of(&ident, &each.result_ty);
        let result = self.type_of(&each.result_ty);
        self.emit(ident, Op::Loop(Box::new(made)), result, hidden, expr.span);
        value
    }

    fn after_bound(&mut self, expr: &Expr, ty: &Ty, exhausted: &Expr, ended: Ir, own: &str) -> Ir {
        let choice = self.taken.free(&self.scope, &format!("{own}-end"));
        let block = self.region(self.scope.branch(&choice, EXHAUSTED), |this| {
            this.expr(exhausted, None)
        });
        let finished = wfc_ir::Block {
            steps: Vec::new(),
            result: Some(project(ended.clone(), "result")),
        };
        let hidden = self.all_hidden([&block]);
        self.note_branch(&choice, DONE, hidden);
        self.note_branch(&choice, EXHAUSTED, hidden);
        let op = Op::Match {
            subject: project(ended, VARIANT_KEY),
            cases: vec![
                Case {
                    tag: DONE.to_owned(),
                    block: finished,
                },
                Case {
                    tag: EXHAUSTED.to_owned(),
                    block,
                },
            ],
            default: None,
        };
        let value = self.value_of(&choice, ty);
        let result = self.type_of(ty);
        self.emit(choice, op, result, hidden, expr.span);
        value
    }

    /// The value of an expression that needs no step; nothing when it does.
    fn pure(&mut self, expr: &Expr) -> Option<Ir> {
        if expr.does_work() {
            return None;
        }
        let (shown, origins) = (self.notes.shown.len(), self.notes.origins.len());
        let scope = self.scope.part("exhausted");
        let block = self.region(scope, |this| this.expr(expr, None));
        if block.steps.is_empty() {
            return block.result;
        }
        // Only kept values: they will be made again where they can stand.
        for (id, note) in self.notes.shown.drain(shown..) {
            self.taken.release(&id, &note.key);
        }
        self.notes.origins.truncate(origins);
        None
    }
}
