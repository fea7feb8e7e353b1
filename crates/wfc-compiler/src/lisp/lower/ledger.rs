//! Steps that say more than what they do, what they have to do with the
//! ledger, and what is read of runs and steps.

use wfc_diag::Span;
use wfc_ir::{
    Artifact, Block, Cond, Consume, ConsumeBundle, Expr as Ir, MaterialSource, Materialized, Op,
    Publish, Step as IrStep, StepField, StepId, Type, Value,
};

use super::Lowerer;
use crate::lisp::hir::{Expr, Fact, Material, Settings, Step, VarId};
use crate::lisp::messages;
use crate::lisp::types::Ty;

impl Lowerer<'_> {
    /// The artifacts of a workflow.
    pub(super) fn artifacts(&self, settings: &Settings) -> Vec<(String, Artifact)> {
        let all = settings.artifacts.iter().map(|each| {
            let artifact = Artifact {
                ty: self.world.types.lower(&each.ty),
                pointer: each.pointer.as_deref().map(Ir::lit),
            };
            (each.name.clone(), artifact)
        });
        all.collect()
    }

    /// A condition that may ask for files of the workspace.
    pub(super) fn condition(&mut self, cond: &Expr, name: Option<&str>) -> Cond {
        let outer = self.probes.replace(Vec::new());
        let before = self.blocks.last().map_or(0, Vec::len);
        let test = self.expr(cond, name);
        let probes = std::mem::replace(&mut self.probes, outer).unwrap_or_default();
        // A step that is made for the condition runs before it is asked.
        if !probes.is_empty() && self.blocks.last().map_or(0, Vec::len) > before {
            self.findings.push(messages::asked_in_value(cond.span));
        }
        Cond { probes, test }
    }

    pub(super) fn exists(&mut self, span: Span, pattern: &Expr) -> Ir {
        let pattern = self.path(pattern);
        let is_open = pattern.free_local().is_some();
        match &mut self.probes {
            Some(probes) if !is_open => {
                probes.push(pattern);
                Ir::Probe {
                    index: probes.len() - 1,
                }
            }
            _ => {
                self.findings.push(messages::asked_in_value(span));
                Ir::lit(false)
            }
        }
    }

    pub(super) fn fact(&mut self, span: Span, fact: &Fact) -> Ir {
        let round = self.scope.rounds().last().cloned();
        match (fact, round) {
            (Fact::Context(key), _) => Ir::Context { key: key.clone() },
            (Fact::Run(field), _) => Ir::Run { field: *field },
            (Fact::Newest(name), _) => Ir::Artifact { name: name.clone() },
            (Fact::Consumed(name), _) => Ir::Consumed { name: name.clone() },
            (Fact::LoopIndex, Some(step)) => Ir::LoopIndex { step },
            (Fact::LoopTotal, Some(step)) => Ir::LoopTotal { step },
            (Fact::LoopIndex | Fact::LoopTotal, None) => {
                self.findings.push(messages::outside_of_loop(span));
                Ir::lit(0)
            }
        }
    }

    /// A part of what the step left behind that a variable is bound to.
    pub(super) fn left(&mut self, span: Span, var: VarId, field: &StepField) -> Ir {
        match self.step_of(span, var) {
            Some(step) => Ir::Step {
                step,
                field: field.clone(),
            },
            None => Ir::lit(Value::Null),
        }
    }

    fn step_of(&mut self, span: Span, var: VarId) -> Option<StepId> {
        let found = self.reach.made.get(&var).cloned();
        if found.is_none() {
            let name = &self.world.vars[var].name.text;
            self.findings.push(messages::no_step(span, name));
        }
        found
    }

    /// Lowers the value of a variable, and notes the step that gave it.
    pub(super) fn bound_value(&mut self, var: VarId, value: &Expr, name: &str) -> Ir {
        let before = self.blocks.last().map_or(0, Vec::len);
        let lowered = self.expr(value, Some(name));
        let steps = self.blocks.last().map_or(&[][..], Vec::as_slice);
        if let [.., last] = steps.get(before..).unwrap_or_default() {
            self.reach.made.insert(var, last.id.clone());
        }
        lowered
    }

    /// `as-step`: the step that the body makes, with more said of it. What
    /// makes none is kept in a step of its own.
    pub(super) fn step(&mut self, expr: &Expr, each: &Step, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("step");
        let consumes: Vec<Consume> = each
            .consumes
            .iter()
            .map(|consume| Consume {
                artifact: consume.artifact.clone(),
                producers: consume
                    .producers
                    .iter()
                    .filter_map(|var| self.step_of(expr.span, *var))
                    .collect(),
                fresh: consume.fresh,
            })
            .collect();
        let when = each
            .when
            .as_ref()
            .map(|cond| self.parts(Some(own), |this| this.condition(cond, Some("when"))));
        let bundle = each.bundle.as_ref().map(|(path, include)| ConsumeBundle {
            path: self.parts(Some(own), |this| this.path(path)),
            include: include.clone(),
        });
        let before = self.blocks.last().map_or(0, Vec::len);
        let mut value = self.expr(&each.body, name);
        if self.blocks.last().map_or(0, Vec::len) == before {
            value = self.keep_shown(value, &each.body, own);
        }
        let publishes = each.publishes.iter().map(|(artifact, from)| Publish {
            artifact: artifact.clone(),
            from: from.clone(),
        });
        let publishes = publishes.collect();
        match self.blocks.last_mut().and_then(|block| block.last_mut()) {
            Some(step) => {
                if matches!(&each.body.ty, Ty::Optional(item) if **item == Ty::Unknown) {
                    without_value(step);
                    value = Ir::lit(Value::Null);
                }
                *step = IrStep {
                    when,
                    max_visits: each.max_visits,
                    consumes,
                    consume_bundle: bundle,
                    publishes,
                    ..step.clone()
                };
            }
            None => self.findings.push(messages::no_one_step(expr.span)),
        }
        value
    }

    /// Keeps a value in a step that the author asked for.
    fn keep_shown(&mut self, value: Ir, body: &Expr, name: &str) -> Ir {
        let ident = self.taken.free(&self.scope, name);
        let kept = self.value_of(&ident, &body.ty);
        let result = self.type_of(&body.ty);
        // A null has no artifacts.
        if !self.world.types.is_object(&body.ty) {
            self.findings.push(messages::no_one_step(body.span));
        }
        self.emit(ident, Op::Compute { value }, result, false, body.span);
        kept
    }

    pub(super) fn materialize(
        &mut self,
        expr: &Expr,
        values: &[Material],
        name: Option<&str>,
    ) -> Ir {
        let own = name.unwrap_or("materialize");
        let values: Vec<Materialized> = self.parts(Some(own), |this| {
            let all = values.iter().map(|each| Materialized {
                name: each.name.clone(),
                source: match &each.value {
                    Some(value) => MaterialSource::Value(this.material(value, each)),
                    None => MaterialSource::NowNs,
                },
                ty: this.world.types.lower(&each.ty),
                pointer: each.pointer.as_ref().map(|path| this.path(path)),
                ensure_parent: each.ensure_parent,
                content: None,
            });
            all.collect()
        });
        let ident = self.taken.free(&self.scope, own);
        let value = self.value_of(&ident, &expr.ty);
        let result = Materialized::result_type(&values);
        self.emit(ident, Op::Materialize { values }, result, false, expr.span);
        value
    }

    fn material(&mut self, value: &Expr, each: &Material) -> Ir {
        let lowered = self.expr(value, Some(&each.name));
        match (self.world.types.lower(&each.ty), &lowered) {
            // A float looks the same in texts however it was written.
            (Type::Float, Ir::Lit { value }) => value.as_f64().map_or(lowered.clone(), Ir::lit),
            _ => lowered,
        }
    }
}

/// A choice that gives nothing has no value to carry out of its branches.
fn without_value(step: &mut IrStep) {
    let blocks: Vec<&mut Block> = match &mut step.op {
        Op::If {
            then, otherwise, ..
        } => {
            if otherwise
                .as_ref()
                .is_some_and(|block| block.steps.is_empty())
            {
                *otherwise = None;
            }
            std::iter::once(then).chain(otherwise).collect()
        }
        Op::Match { cases, default, .. } => {
            let cases = cases.iter_mut().map(|case| &mut case.block);
            cases.chain(default).collect()
        }
        _ => return,
    };
    for block in blocks {
        block.result = None;
    }
    step.result = Type::record(Vec::new());
}

/// A constant that is written as a list or a map of constants.
pub(super) fn constant(value: Ir) -> Ir {
    fn fold(value: &Ir) -> Option<Value> {
        match value {
            Ir::Lit { value } => Some(value.clone()),
            Ir::List { items } => items.iter().map(fold).collect::<Option<_>>(),
            Ir::Prim {
                prim: wfc_ir::Prim::MapOf,
                args,
            } => {
                let pairs = args.chunks_exact(2).map(|pair| {
                    let key = fold(&pair[0])?.as_str()?.to_owned();
                    Some((key, fold(&pair[1])?))
                });
                Some(Value::Object(pairs.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
    fold(&value).map_or(value, Ir::lit)
}
