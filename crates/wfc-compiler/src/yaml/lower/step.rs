//! Steps and the regions in them.

use indexmap::IndexMap;
use wfc_ir::{
    Block, Case, Cond, Consume, ConsumeBundle, Each, Expr, Field, Loop, Op, Prim, Publish, Routes,
    Step, Target, Type, Wait,
};

use super::{Lowering, declared, record_of};
use crate::yaml::check::END;
use crate::yaml::hir::{self, Exec, Items};

impl Lowering<'_> {
    pub(super) fn steps(&self, block: &hir::Block) -> Vec<Step> {
        block
            .steps
            .iter()
            .map(|step| self.step(step, block))
            .collect()
    }

    fn step(&self, step: &hir::Step, block: &hir::Block) -> Step {
        let scope = block.ix;
        let (op, result) = self.op(step, scope);
        Step {
            id: self.id(step.ix),
            op,
            result,
            when: step.when.as_ref().map(|cond| self.condition(cond, scope)),
            requires: step
                .requires
                .as_ref()
                .and_then(|requires| self.requires(requires, scope)),
            max_visits: step.max_visits.as_ref().map(|visits| visits.value),
            on: self.routes(step, block),
            consumes: self.consumes(step, scope),
            consume_bundle: self.consume_bundle(step, scope),
            publishes: publishes(step),
        }
    }

    fn consume_bundle(&self, step: &hir::Step, scope: usize) -> Option<ConsumeBundle> {
        let bundle = step.consume_bundle.as_ref()?;
        let named = bundle.include.as_ref();
        let named = named.map(|names| names.iter().map(|name| name.value.clone()).collect());
        // The id of a session is between the run and the agent's program.
        let others = |id: &hir::Name| {
            let consumed = step.consumes.iter().map(|each| &each.artifact.value);
            consumed
                .filter(|name| **name != id.value)
                .cloned()
                .collect()
        };
        Some(ConsumeBundle {
            path: self.text(&bundle.path, scope),
            include: named.or_else(|| step.resumed_session().map(others)),
        })
    }

    fn routes(&self, step: &hir::Step, block: &hir::Block) -> Routes {
        let scope = self.index.scope(block.ix);
        let target = |name: &Option<hir::Name>| {
            let name = name.as_ref()?.value.as_str();
            match scope.and_then(|scope| scope.named(name)) {
                Some(step) => Some(Target::Step(self.id(step))),
                None => (name == END).then_some(Target::End),
            }
        };
        Routes {
            success: target(&step.on.success),
            failure: target(&step.on.failure),
            always: target(&step.on.always),
            invalid: target(&step.on.invalid),
        }
    }

    fn consumes(&self, step: &hir::Step, scope: usize) -> Vec<Consume> {
        step.consumes
            .iter()
            .map(|consume| Consume {
                artifact: consume.artifact.value.clone(),
                producers: consume
                    .producers
                    .iter()
                    .flat_map(|producer| self.index.named(scope, &producer.value))
                    .map(|ix| self.id(ix))
                    .collect(),
                fresh: consume.fresh,
            })
            .collect()
    }

    /// What a step does, and the type of what it gives.
    fn op(&self, step: &hir::Step, scope: usize) -> (Op, Type) {
        let nothing = || Type::record(Vec::new());
        match &step.exec {
            Exec::Command(command) => of_process(self.command(command, scope)),
            Exec::Provider(agent) => {
                let (op, result) = of_process(self.agent(step, agent, scope));
                (op, with_session(result, step))
            }
            Exec::SetScalar { artifact, value } => {
                let value = match (self.artifact_type(artifact), value.value.as_f64()) {
                    // A float looks the same in texts however it was written.
                    (Type::Float, Some(number)) => Expr::lit(number),
                    _ => Expr::lit(value.value.clone()),
                };
                self.scalar(artifact, value)
            }
            Exec::IncrementScalar { artifact, by } => {
                let name = artifact.value.clone();
                let sum = vec![Expr::Artifact { name }, Expr::lit(by.value.clone())];
                self.scalar(artifact, Expr::prim(Prim::Add, sum))
            }
            Exec::Materialize(values) => {
                let values = self.materialized(step, values, scope);
                let result = wfc_ir::Materialized::result_type(&values);
                (Op::Materialize { values }, result)
            }
            Exec::Select(select) => {
                let select = self.select(select, scope);
                let result = select.contract.result_type();
                (Op::Select(Box::new(select)), result)
            }
            Exec::Assert(cond) => (
                Op::Assert {
                    cond: self.condition(cond, scope),
                },
                nothing(),
            ),
            Exec::Call { alias, with } => {
                let callee = self.modules.callee(self.module, &alias.value);
                let args = with
                    .iter()
                    .map(|(name, value)| (name.value.clone(), self.operand(value, scope)))
                    .collect();
                let op = Op::Call {
                    workflow: callee.map(|callee| callee.key.clone()).unwrap_or_default(),
                    args,
                };
                let outputs = callee.map(|callee| record_of(&callee.workflow.outputs));
                (op, outputs.unwrap_or_else(nothing))
            }
            Exec::If {
                cond,
                then,
                otherwise,
            } => {
                let op = Op::If {
                    cond: self.condition(cond, scope),
                    then: self.block(then),
                    otherwise: otherwise.as_ref().map(|block| self.block(block)),
                };
                (op, record_of(&then.outputs))
            }
            Exec::Match { subject, cases, .. } => {
                let op = Op::Match {
                    subject: self.reference(subject, scope),
                    cases: cases
                        .iter()
                        .map(|(case, block)| Case {
                            tag: case.value.clone(),
                            block: self.block(block),
                        })
                        .collect(),
                    default: None,
                };
                let result = match cases.first() {
                    Some((_, block)) => record_of(&block.outputs),
                    None => nothing(),
                };
                (op, result)
            }
            Exec::Repeat(repeat) => (
                Op::Loop(Box::new(self.repeat(repeat))),
                record_of(&repeat.body.outputs),
            ),
            Exec::Each(each) => {
                let op = Op::Each(Box::new(Each {
                    items: match &each.items {
                        Items::Literal(items) => Expr::lit(items.value.clone()),
                        Items::From(from) => self.captured(from, scope),
                    },
                    body: self.block(&each.body),
                }));
                (op, nothing())
            }
            Exec::Wait(wait) => {
                let op = Op::Wait(Box::new(Wait {
                    glob: self.text(&wait.glob, scope),
                    timeout_sec: wait.timeout_sec,
                    poll_ms: wait.poll_ms,
                    min_count: wait.min_count,
                }));
                (op, nothing())
            }
            Exec::Unknown => (
                Op::Assert {
                    cond: Cond::pure(Expr::lit(false)),
                },
                nothing(),
            ),
        }
    }

    fn block(&self, block: &hir::Block) -> Block {
        Block {
            steps: self.steps(block),
            result: self.outputs(&block.outputs, block.ix),
        }
    }

    fn artifact_type(&self, artifact: &hir::Name) -> Type {
        let mut registry = self.module.workflow.artifacts.iter();
        let def = registry.find(|def| def.name.value == artifact.value);
        def.map_or(Type::Json, |def| declared(&def.declared))
    }

    /// The only artifact of a bookkeeping step.
    fn scalar(&self, artifact: &hir::Name, value: Expr) -> (Op, Type) {
        let name = artifact.value.clone();
        let ty = self.artifact_type(artifact);
        let op = Op::Compute {
            value: Expr::Record {
                fields: IndexMap::from([(name.clone(), value)]),
            },
        };
        (op, Type::record(vec![Field { name, ty }]))
    }

    fn repeat(&self, repeat: &hir::Repeat) -> Loop {
        let body = &repeat.body;
        let exhausted = repeat.exhausted.as_ref().map(|overrides| {
            let fields = body.outputs.iter().map(|output| {
                let name = output.name.value.clone();
                let own = overrides.iter().find(|(key, _)| key.value == name);
                let value = match own {
                    Some((_, value)) => Expr::lit(value.value.clone()),
                    None => Expr::Out.get(name.clone()),
                };
                (name, value)
            });
            Expr::Record {
                fields: fields.collect(),
            }
        });
        Loop {
            state: None,
            max: Expr::lit(repeat.max),
            body: self.block(body),
            until: self.condition(&repeat.until, body.ix),
            next: None,
            value: Expr::Out,
            exhausted,
        }
    }
}

fn publishes(step: &hir::Step) -> Vec<Publish> {
    let publish = |artifact: &hir::Name, from: &hir::Name| Publish {
        artifact: artifact.value.clone(),
        from: from.value.clone(),
    };
    let named = step.publishes.iter();
    let named = named.map(|each| publish(&each.artifact, &each.from));
    let session = step.begun_session().map(|id| publish(id, id));
    named.chain(session).collect()
}

/// A step that begins a session also yields the id of it.
fn with_session(result: Type, step: &hir::Step) -> Type {
    match (result, step.begun_session()) {
        (Type::Record { mut fields }, Some(id)) => {
            fields.push(Field {
                name: id.value.clone(),
                ty: Type::String,
            });
            Type::Record { fields }
        }
        (result, _) => result,
    }
}

fn of_process(process: wfc_ir::Process) -> (Op, Type) {
    let result = process
        .contract
        .as_ref()
        .map_or_else(|| Type::record(Vec::new()), wfc_ir::Contract::result_type);
    (Op::Process(Box::new(process)), result)
}
