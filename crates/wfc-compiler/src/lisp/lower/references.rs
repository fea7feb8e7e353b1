//! References and calls. What a reference stands for is known here: a
//! procedure is written out where it is called, whoever names it.

use std::collections::HashMap;
use std::rc::Rc;

use wfc_diag::Span;
use wfc_ir::{Expr as Ir, Op, StepId, Value};

use super::{Lowerer, is_small};
use crate::lisp::hir::{CallableId, Expr, ExprKind, LocalProc, VarId};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// What a reference stands for, with what is bound already.
#[derive(Clone)]
pub(super) struct Closure {
    target: Target,
    /// By the place of the parameter.
    bound: Vec<(usize, Given)>,
}

#[derive(Clone)]
enum Target {
    Callable(CallableId),
    /// With what the names around it stood for where it was written.
    Local(Rc<LocalProc>, Rc<Reach>),
}

/// What is being written out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Of(CallableId),
    Local(VarId),
}

/// What the variables in reach stand for.
#[derive(Clone, Default)]
pub(super) struct Reach {
    /// The value of each.
    pub(super) env: HashMap<VarId, Ir>,
    /// What each refers to that holds a reference.
    pub(super) refs: HashMap<VarId, Closure>,
    /// Where the files of the answers are that somebody asks for.
    pub(super) bundles: HashMap<VarId, Ir>,
    /// The steps that gave the values of variables.
    pub(super) made: HashMap<VarId, StepId>,
}

/// An argument.
#[derive(Clone)]
pub(super) enum Given {
    Value(Ir, Span),
    Ref(Closure),
}

impl Lowerer<'_> {
    /// Does an expression run or loop something? What references stand for
    /// counts, whether or not they are called.
    pub(super) fn runs(&self, expr: &Expr) -> bool {
        self.runs_with(expr, &self.reach.refs)
    }

    fn runs_with(&self, expr: &Expr, refs: &HashMap<VarId, Closure>) -> bool {
        let own = match &expr.kind {
            ExprKind::Call(id, _) | ExprKind::Ref(id) => self.world.callables[*id].works,
            ExprKind::Var(var) | ExprKind::Apply(var, ..) => refs
                .get(var)
                .is_some_and(|closure| self.closure_runs(closure)),
            kind => kind.is_work(),
        };
        let mut found = own;
        expr.each_child(&mut |child| found = found || self.runs_with(child, refs));
        found
    }

    fn closure_runs(&self, closure: &Closure) -> bool {
        let own = match &closure.target {
            Target::Callable(id) => self.world.callables[*id].works,
            Target::Local(local, reach) => self.runs_with(&local.body, &reach.refs),
        };
        own || closure.bound.iter().any(|(_, given)| match given {
            Given::Value(..) => false,
            Given::Ref(inner) => self.closure_runs(inner),
        })
    }

    /// Is it run in a frame of its own? A workflow that takes references is
    /// written out, as no input can be one.
    fn is_called(&self, id: CallableId) -> bool {
        let callable = &self.world.callables[id];
        callable.is_workflow && !callable.takes_reference()
    }

    /// A call of a workflow or procedure of the program.
    pub(super) fn invoke(
        &mut self,
        expr: &Expr,
        id: CallableId,
        args: &[(usize, Expr)],
        name: Option<&str>,
    ) -> Ir {
        let own = name.unwrap_or(&self.world.callables[id].name.text);
        let given = self.parts(Some(own), |this| {
            args.iter()
                .map(|(index, value)| {
                    let param = &this.world.callables[id].params[*index].name.text;
                    (*index, this.given(value, param))
                })
                .collect()
        });
        self.run(expr, &Target::Callable(id), given, own)
    }

    /// A call of what a variable refers to.
    pub(super) fn apply(
        &mut self,
        expr: &Expr,
        var: VarId,
        args: &[(usize, Expr)],
        keys: &[(String, Span)],
        name: Option<&str>,
    ) -> Ir {
        let Some(closure) = self.reach.refs.get(&var).cloned() else {
            return Ir::lit(Value::Null);
        };
        let own = match (name, &closure.target) {
            (Some(name), _) => name.to_owned(),
            (None, Target::Callable(id)) => self.world.callables[*id].name.text.clone(),
            (None, Target::Local(local, _)) => self.world.vars[local.var].name.text.clone(),
        };
        let params = self.params(&closure.target);
        let left: Vec<usize> = (0..params.len())
            .filter(|index| !closure.bound.iter().any(|(bound, _)| bound == index))
            .collect();
        self.check_keys(&closure, &params, &left, args, keys);
        let mut given = closure.bound.clone();
        self.parts(Some(&own), |this| {
            for (place, value) in args {
                let Some(index) = left.get(*place) else {
                    continue;
                };
                let param = &this.world.vars[params[*index]].name.text;
                given.push((*index, this.given(value, param)));
            }
        });
        self.run(expr, &closure.target, given, &own)
    }

    /// Keywords that say another order than the type of the reference would
    /// mislead.
    fn check_keys(
        &mut self,
        closure: &Closure,
        params: &[VarId],
        left: &[usize],
        args: &[(usize, Expr)],
        keys: &[(String, Span)],
    ) {
        let Target::Callable(id) = closure.target else {
            return;
        };
        let plain = args.len().saturating_sub(keys.len());
        for (nth, (key, at)) in keys.iter().enumerate() {
            let place = args.get(plain + nth).map(|(place, _)| *place);
            let index = place.and_then(|place| left.get(place));
            let names = |index: &usize| &self.world.vars[params[*index]].name.text == key;
            if !index.is_some_and(names) && left.iter().any(names) {
                let callable = &self.world.callables[id];
                let (target, declared) = (&callable.name.text, callable.name.span);
                self.findings
                    .push(messages::keyword_of_other_place(*at, key, target, declared));
            }
        }
    }

    /// The variables of the parameters.
    fn params(&self, target: &Target) -> Vec<VarId> {
        match target {
            Target::Callable(id) => {
                let params = self.world.callables[*id].params.iter();
                params.map(|param| param.var).collect()
            }
            Target::Local(local, _) => local.params.clone(),
        }
    }

    /// The value of an argument, or what it refers to.
    fn given(&mut self, value: &Expr, param: &str) -> Given {
        match self.closure(value) {
            Some(closure) => Given::Ref(closure),
            None => Given::Value(self.expr(value, Some(param)), value.span),
        }
    }

    /// What an expression refers to; nothing for a value.
    pub(super) fn closure(&mut self, expr: &Expr) -> Option<Closure> {
        if !matches!(expr.ty, Ty::Ref(_)) {
            return None;
        }
        match &expr.kind {
            ExprKind::Var(var) => self.reach.refs.get(var).cloned(),
            ExprKind::Ref(id) => Some(Closure {
                target: Target::Callable(*id),
                bound: Vec::new(),
            }),
            ExprKind::Bind(base, args) => {
                let mut closure = self.closure(base)?;
                let params = self.params(&closure.target);
                let left: Vec<usize> = (0..params.len())
                    .filter(|index| !closure.bound.iter().any(|(bound, _)| bound == index))
                    .collect();
                for (place, value) in args {
                    let Some(index) = left.get(*place) else {
                        continue;
                    };
                    let param = &self.world.vars[params[*index]];
                    let given = match self.given(value, &param.name.text) {
                        // It may be read in many calls.
                        Given::Value(ir, span) if param.ty.is_data() && !is_small(&ir) => {
                            Given::Value(self.keep(ir, &param.ty, &param.name.text, span), span)
                        }
                        given => given,
                    };
                    closure.bound.push((*index, given));
                }
                Some(closure)
            }
            _ => None,
        }
    }

    /// A reference to a local procedure is good as long as it is in reach.
    pub(super) fn local_proc(&mut self, local: &Rc<LocalProc>) {
        let closure = Closure {
            target: Target::Local(Rc::clone(local), Rc::new(self.reach.clone())),
            bound: Vec::new(),
        };
        self.reach.refs.insert(local.var, closure);
    }

    fn run(&mut self, expr: &Expr, target: &Target, given: Vec<(usize, Given)>, own: &str) -> Ir {
        let body = match target {
            Target::Callable(id) if self.is_called(*id) => {
                return self.call(expr, *id, given, own);
            }
            Target::Callable(id) => Body::Of(*id),
            Target::Local(local, _) => Body::Local(local.var),
        };
        // A hook may lead back into the procedure that calls it, whose
        // variables then stand for something else.
        let outer = match target {
            Target::Local(_, reach) => {
                Some(std::mem::replace(&mut self.reach, Reach::clone(reach)))
            }
            Target::Callable(_) if self.open.contains(&body) => Some(self.reach.clone()),
            Target::Callable(_) => None,
        };
        self.open.push(body);
        let value = self.write_out(expr, target, given, own);
        self.open.pop();
        if let Some(outer) = outer {
            self.reach = outer;
        }
        value
    }

    fn write_out(
        &mut self,
        expr: &Expr,
        target: &Target,
        given: Vec<(usize, Given)>,
        own: &str,
    ) -> Ir {
        match target {
            Target::Callable(id) => {
                let callee = &self.world.callables[*id];
                for (index, param) in callee.params.iter().enumerate() {
                    if let Some(default) = &param.default
                        && !given.iter().any(|(other, _)| *other == index)
                    {
                        self.reach.env.insert(param.var, Ir::lit(default.clone()));
                    }
                }
                self.inline(
                    expr,
                    &self.params(target),
                    callee.module,
                    &callee.body,
                    given,
                    own,
                )
            }
            Target::Local(local, _) => {
                self.inline(expr, &local.params, local.module, &local.body, given, own)
            }
        }
    }

    fn call(
        &mut self,
        expr: &Expr,
        id: CallableId,
        mut given: Vec<(usize, Given)>,
        own: &str,
    ) -> Ir {
        let callee = &self.world.callables[id];
        given.sort_by_key(|(index, _)| *index);
        if let Some(linked) = self.world.linked(id) {
            return self.call_linked(expr, id, linked, given, own);
        }
        let args = given
            .into_iter()
            .filter_map(|(index, given)| {
                let Given::Value(value, span) = given else {
                    return None;
                };
                let param = &callee.params[index];
                let value = match param.ty {
                    Ty::Prompt => {
                        if super::effects::holds_text(&value) {
                            self.findings.push(messages::text_prompt(span));
                        }
                        super::effects::prompt_path(value)
                    }
                    _ => value,
                };
                Some((param.name.text.clone(), value))
            })
            .collect();
        let ident = self.taken.free(&self.scope, own);
        let op = Op::Call {
            workflow: self.names.get(&id).cloned().unwrap_or_default(),
            args,
        };
        self.chosen(ident, op, expr, false)
    }

    /// Writes the body of a procedure out where it is called.
    fn inline(
        &mut self,
        expr: &Expr,
        params: &[VarId],
        module: usize,
        body: &Expr,
        given: Vec<(usize, Given)>,
        own: &str,
    ) -> Ir {
        self.parts(Some(own), |this| {
            for (index, given) in given {
                let var = params[index];
                match given {
                    Given::Value(value, span) => {
                        let param = &this.world.vars[var].name.text;
                        this.bind(var, value, param, span);
                    }
                    Given::Ref(closure) => {
                        this.reach.refs.insert(var, closure);
                    }
                }
            }
            let place = this.place(expr.span);
            this.via.push(place);
            let outer = std::mem::replace(&mut this.module, module);
            let value = this.expr(body, None);
            this.module = outer;
            this.via.pop();
            value
        })
    }
}
