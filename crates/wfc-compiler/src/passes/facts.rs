//! What the passes know about a workflow: who reads which step, which types
//! expressions have, and which expressions cannot fail.

use std::collections::HashMap;

use indexmap::IndexMap;
use wfc_ir::{
    Block, Expr, Op, Param, Prim, RESULT_KEY, Step, StepField, StepId, TextPart, Type, Value,
    Workflow,
};

/// How often each step is read by expressions, or named as a producer or as
/// the end of an edge, anywhere in the workflow.
pub(super) fn uses(workflow: &Workflow) -> HashMap<StepId, usize> {
    let mut uses: HashMap<StepId, usize> = HashMap::new();
    workflow.each_expr(&mut |root| {
        root.walk(&mut |e| {
            if let Expr::Step { step, .. } = e {
                *uses.entry(step.clone()).or_default() += 1;
            }
        });
    });
    for step in workflow.steps() {
        let producers = step.consumes.iter().flat_map(|each| &each.producers);
        let targets = step.on.targets().filter_map(|target| match target {
            wfc_ir::Target::Step(id) => Some(id),
            wfc_ir::Target::End => None,
        });
        for id in producers.chain(targets) {
            *uses.entry(id.clone()).or_default() += 1;
        }
    }
    uses
}

/// How often `expr` reads `step`.
pub(super) fn reads(expr: &Expr, step: &StepId) -> usize {
    let mut count = 0;
    expr.walk(&mut |e| {
        if matches!(e, Expr::Step { step: read, .. } if read == step) {
            count += 1;
        }
    });
    count
}

/// How many nodes `expr` has.
pub(super) fn size(expr: &Expr) -> usize {
    let mut count = 0;
    expr.walk(&mut |_| count += 1);
    count
}

/// May a pass take a step out of the outermost region, or put one in? Not
/// where edges jump about or where moves are counted.
pub(super) fn is_straight(block: &Block, max_transitions: Option<u64>) -> bool {
    max_transitions.is_none() && block.steps.iter().all(|step| step.on.is_empty())
}

/// What can be said of expressions at one point of a workflow.
pub(super) struct Facts {
    inputs: Vec<Param>,
    context: Vec<String>,
    /// The types of the steps that have succeeded whenever this point is
    /// reached.
    settled: IndexMap<StepId, Type>,
    /// Whether a step that has been passed has succeeded, unless the run was
    /// told to go on after failures.
    strict: bool,
}

impl Facts {
    /// At the start of a region of `workflow` that may be entered whatever
    /// has run before.
    pub(super) fn at_start(workflow: &Workflow) -> Self {
        Facts {
            inputs: workflow.inputs.clone(),
            context: workflow.context.keys().cloned().collect(),
            settled: IndexMap::new(),
            strict: workflow.strict,
        }
    }

    /// Does a step that has been passed surely have succeeded?
    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Enters the regions of an operation; the answer is for [`Facts::leave`].
    /// In a loop over a list a step that has been passed may have failed.
    pub(super) fn enter(&mut self, op: &Op) -> bool {
        let around = self.strict;
        self.strict &= !matches!(op, Op::Each(_));
        around
    }

    /// Leaves the regions that were entered.
    pub(super) fn leave(&mut self, around: bool) {
        self.strict = around;
    }

    /// Passes `step`, on the way through a region without edges.
    pub(super) fn pass(&mut self, step: &Step) {
        // What has no artifacts is not settled, whatever its type says.
        let yields = match &step.op {
            Op::Assert { .. } | Op::Each(_) | Op::Wait(_) => false,
            Op::Process(process) => process.contract.is_some(),
            Op::If { otherwise, .. } => otherwise.is_some(),
            _ => true,
        };
        if self.strict && step.when.is_none() && yields {
            self.settled.insert(step.id.clone(), step.result.clone());
        }
    }

    /// How many steps have been passed: what to give [`Facts::back_to`].
    pub(super) fn mark(&self) -> usize {
        self.settled.len()
    }

    /// Forgets the steps passed since `mark`.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.settled.truncate(mark);
    }

    /// The type of a value that certainly is there, when it is known.
    fn type_of(&self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Lit { value } => type_of_value(value),
            Expr::Input { name } => {
                let param = self.inputs.iter().find(|param| param.name == *name)?;
                (param.required || param.default.is_some()).then(|| param.ty.clone())
            }
            // What an item is, only the run knows.
            Expr::Item { .. } => None,
            Expr::Context { key } => self.context.contains(key).then_some(Type::String),
            Expr::Run { .. } => Some(Type::String),
            Expr::LoopIndex { .. } | Expr::LoopTotal { .. } => Some(Type::Int),
            Expr::Step {
                step,
                field: StepField::Artifact { name },
            } => {
                let ty = self.settled_type(step)?;
                let found = match ty {
                    Type::Record { .. } => ty.field(name)?,
                    _ if name == RESULT_KEY && is_scalar(ty) => ty,
                    _ => return None,
                };
                // An optional artifact may not be there at all.
                (!matches!(found, Type::Optional { .. })).then(|| found.clone())
            }
            Expr::Step {
                step,
                field: StepField::Artifacts,
            } => match self.settled_type(step)? {
                ty @ Type::Record { .. } => Some(ty.clone()),
                _ => None,
            },
            Expr::Get { base, field } => match self.type_of(base)? {
                ty @ Type::Record { .. } => match ty.field(field)? {
                    Type::Optional { .. } => None,
                    found => Some(found.clone()),
                },
                _ => None,
            },
            Expr::Record { fields } => fields
                .iter()
                .map(|(name, value)| {
                    Some(wfc_ir::Field {
                        name: name.clone(),
                        ty: self.type_of(value)?,
                    })
                })
                .collect::<Option<_>>()
                .map(Type::record),
            Expr::Variant { fields, .. } => fields
                .values()
                .all(|value| self.is_total(value))
                .then_some(Type::Json),
            Expr::List { items } => items
                .iter()
                .all(|item| self.is_total(item))
                .then_some(Type::Json),
            Expr::Text { parts } => parts
                .iter()
                .all(|part| match part {
                    TextPart::Text(_) => true,
                    TextPart::Hole { value, .. } => {
                        // Null counts as undefined there.
                        !matches!(
                            self.type_of(value),
                            None | Some(Type::Json | Type::Optional { .. })
                        )
                    }
                })
                .then_some(Type::String),
            Expr::If {
                cond,
                then,
                otherwise,
            } => {
                if self.type_of(cond)? != Type::Bool {
                    return None;
                }
                let (then, otherwise) = (self.type_of(then)?, self.type_of(otherwise)?);
                Some(if then == otherwise { then } else { Type::Json })
            }
            Expr::Prim { prim, args } => self.type_of_prim(*prim, args),
            Expr::Match { .. }
            | Expr::Local { .. }
            | Expr::Let { .. }
            | Expr::Map { .. }
            | Expr::Step { .. }
            | Expr::LoopState { .. }
            | Expr::Out
            | Expr::Artifact { .. }
            | Expr::Consumed { .. }
            | Expr::Probe { .. } => None,
        }
    }

    fn type_of_prim(&self, prim: Prim, args: &[Expr]) -> Option<Type> {
        let types = args
            .iter()
            .map(|arg| self.type_of(arg))
            .collect::<Option<Vec<_>>>()?;
        let all = |wanted: &[Type]| types.iter().all(|ty| wanted.contains(ty));
        match (prim, types.len()) {
            (Prim::Eq | Prim::Ne, 2) | (Prim::IsSome, 1) | (Prim::TextEq, _) => Some(Type::Bool),
            (Prim::And | Prim::Or, _) | (Prim::Not, 1) if all(&[Type::Bool]) => Some(Type::Bool),
            (Prim::Lt | Prim::Le | Prim::Gt | Prim::Ge, 2) if all(&[Type::Int, Type::Float]) => {
                Some(Type::Bool)
            }
            (Prim::Concat, _) if all(&[Type::String]) => Some(Type::String),
            (Prim::IsEmpty, 1) if all(&[Type::String]) => Some(Type::Bool),
            (Prim::ToText | Prim::ToJson, 1) => Some(Type::String),
            (Prim::OrElse, 2) => Some(Type::Json),
            // Arithmetic overflows.
            _ => None,
        }
    }

    /// Does `expr` have a value whenever this point is reached?
    pub(super) fn is_total(&self, expr: &Expr) -> bool {
        self.type_of(expr).is_some()
    }

    /// Do all parts of `value` but the one that `field` names have a value,
    /// whatever has failed before? Only then is reading that part the same as
    /// reading it from the value: a run may be told to go on after a failure,
    /// and then a value that lacks one part lacks all.
    pub(super) fn stands_alone(&self, value: &Expr, field: &StepField) -> bool {
        let (Expr::Record { fields }, StepField::Artifact { name }) = (value, field) else {
            return true;
        };
        let bare = Facts {
            inputs: self.inputs.clone(),
            context: self.context.clone(),
            settled: IndexMap::new(),
            strict: false,
        };
        fields
            .iter()
            .all(|(other, part)| other == name || bare.is_total(part))
    }

    fn settled_type(&self, step: &StepId) -> Option<&Type> {
        self.settled.get(step)
    }
}

fn type_of_value(value: &Value) -> Option<Type> {
    match value {
        Value::Bool(_) => Some(Type::Bool),
        Value::Number(number) if number.is_i64() => Some(Type::Int),
        Value::Number(_) => Some(Type::Float),
        Value::String(_) => Some(Type::String),
        Value::Object(map) => Some(
            map.iter()
                .map(|(name, value)| {
                    Some(wfc_ir::Field {
                        name: name.clone(),
                        ty: type_of_value(value)?,
                    })
                })
                .collect::<Option<_>>()
                .map_or(Type::Json, Type::record),
        ),
        Value::Null | Value::Array(_) => Some(Type::Json),
    }
}

/// Is a value of this type the artifact [`RESULT_KEY`] of its step?
fn is_scalar(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Bool | Type::Int | Type::Float | Type::String | Type::Enum { .. }
    )
}

/// What `field` of the record of a compute step with this value and this type
/// holds, as an expression. `None` where the record says more than the value:
/// a checked path, a secret, an object that is a scalar to its type.
pub(super) fn project(value: &Expr, ty: &Type, field: &StepField) -> Option<Expr> {
    match (ty, field) {
        (Type::Record { fields }, StepField::Artifact { name }) => {
            let found = fields.iter().find(|f| f.name == *name)?;
            if !is_transparent(&found.ty) {
                return None;
            }
            match value {
                Expr::Record { fields } => fields.get(name).cloned(),
                Expr::Lit {
                    value: Value::Object(map),
                } => map.get(name).map(|value| Expr::lit(value.clone())),
                Expr::Step {
                    field: StepField::Artifacts,
                    ..
                } => Some(value.clone().get(name.as_str())),
                _ => None,
            }
        }
        (Type::Record { fields }, StepField::Artifacts) => {
            // A check fills in optional fields that the value leaves out.
            let whole = match value {
                Expr::Record { fields: given } => given.len() == fields.len(),
                Expr::Lit {
                    value: Value::Object(map),
                } => map.len() == fields.len(),
                Expr::Step {
                    field: StepField::Artifacts,
                    ..
                } => true,
                _ => false,
            };
            (whole && is_transparent(ty)).then(|| value.clone())
        }
        (_, StepField::Artifact { name }) if name == RESULT_KEY && is_scalar(ty) => {
            Some(value.clone())
        }
        _ => None,
    }
}

/// Is a checked value of this type the value that was checked?
fn is_transparent(ty: &Type) -> bool {
    fn holds_secret(ty: &Type) -> bool {
        match ty {
            Type::Secret => true,
            Type::Record { fields } => fields.iter().any(|f| holds_secret(&f.ty)),
            Type::Union { variants } => variants
                .iter()
                .any(|v| v.fields.iter().any(|f| holds_secret(&f.ty))),
            Type::List { item } | Type::Optional { item } => holds_secret(item),
            Type::Map { value } => holds_secret(value),
            _ => false,
        }
    }
    !ty.asks_files() && !holds_secret(ty)
}

/// The plain hidden computation that `step` is, if it is one.
pub(super) fn hidden_value<'a>(step: &'a Step, notes: &wfc_ir::Notes) -> Option<&'a Expr> {
    match &step.op {
        Op::Compute { value } if super::is_plain(step) && super::is_hidden(&step.id, notes) => {
            Some(value)
        }
        _ => None,
    }
}
