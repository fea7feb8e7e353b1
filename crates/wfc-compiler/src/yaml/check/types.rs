//! The types of what steps leave behind, and which types can meet.

use wfc_diag::Span;
use wfc_ir::{OutcomeField, StepField, Type, Value};

use crate::yaml::hir::{BundleField, Contract, Exec, Output, Step, VariantContract};
use crate::yaml::index::Narrowed;
use crate::yaml::modules::{Module, Modules};

/// One artifact of a step.
pub(super) struct Artifact<'a> {
    pub(super) name: &'a str,
    /// `None` when its declaration could not be read.
    pub(super) ty: Option<Type>,
    /// Where it is declared.
    pub(super) span: Span,
    /// The variants it belongs to; empty for all.
    pub(super) variants: Vec<&'a str>,
}

/// The artifacts of `step`, or `None` when they are not known.
pub(super) fn artifacts<'a>(
    modules: &'a Modules,
    module: &'a Module,
    narrowed: &Narrowed,
    step: &'a Step,
) -> Option<Vec<Artifact<'a>>> {
    match &step.exec {
        Exec::Command(_) | Exec::Provider(_) => {
            let contract = step.process().and_then(|p| p.contract.as_ref());
            let mut all = contract.map_or_else(Vec::new, of_contract);
            all.extend(step.begun_session().map(|artifact| Artifact {
                name: &artifact.value,
                ty: Some(Type::String),
                span: artifact.span,
                variants: Vec::new(),
            }));
            Some(all)
        }
        Exec::SetScalar { artifact, .. } | Exec::IncrementScalar { artifact, .. } => {
            let mut registry = module.workflow.artifacts.iter();
            let found = registry.find(|def| def.name.value == artifact.value)?;
            Some(vec![Artifact {
                name: &artifact.value,
                ty: found.declared.ty.clone(),
                span: artifact.span,
                variants: Vec::new(),
            }])
        }
        Exec::Materialize(values) => {
            let types = narrowed.get(&step.ix);
            let ty = |position: usize| types?.get(position)?.clone();
            let all = values.iter().enumerate();
            Some(
                all.map(|(position, value)| Artifact {
                    name: &value.name.value,
                    ty: ty(position),
                    span: value.name.span,
                    variants: Vec::new(),
                })
                .collect(),
            )
        }
        Exec::Select(select) => Some(of_variants(&select.contract)),
        Exec::Assert(_) | Exec::Each(_) | Exec::Wait(_) => Some(Vec::new()),
        Exec::Call { alias, .. } => {
            let callee = modules.callee(module, &alias.value)?;
            Some(of_outputs(&callee.workflow.outputs))
        }
        Exec::If { then, .. } => Some(of_outputs(&then.outputs)),
        Exec::Match { cases, .. } => cases.first().map(|(_, block)| of_outputs(&block.outputs)),
        Exec::Repeat(repeat) => Some(of_outputs(&repeat.body.outputs)),
        Exec::Unknown => None,
    }
}

fn of_outputs(outputs: &[Output]) -> Vec<Artifact<'_>> {
    outputs
        .iter()
        .map(|output| Artifact {
            name: &output.name.value,
            ty: output.declared.ty.clone(),
            span: output.name.span,
            variants: Vec::new(),
        })
        .collect()
}

fn of_contract(contract: &Contract) -> Vec<Artifact<'_>> {
    match contract {
        Contract::Files(files) => files
            .iter()
            .map(|file| Artifact {
                name: &file.name.value,
                ty: file.declared.ty.clone(),
                span: file.name.span,
                variants: Vec::new(),
            })
            .collect(),
        Contract::Bundle { fields, .. } => fields.iter().map(of_field).collect(),
        Contract::Variant(contract) => of_variants(contract),
    }
}

fn of_variants(contract: &VariantContract) -> Vec<Artifact<'_>> {
    let mut all: Vec<Artifact<'_>> = std::iter::once(&contract.discriminant)
        .chain(&contract.shared)
        .map(of_field)
        .collect();
    let always = all.len();
    for variant in &contract.variants {
        for field in &variant.fields {
            let known = all
                .iter_mut()
                .skip(always)
                .find(|other| other.name == field.name.value);
            match known {
                Some(other) => other.variants.push(&variant.name.value),
                None => all.push(Artifact {
                    variants: vec![&variant.name.value],
                    ..of_field(field)
                }),
            }
        }
    }
    all
}

fn of_field(field: &BundleField) -> Artifact<'_> {
    Artifact {
        name: &field.name.value,
        ty: field.declared.ty.clone(),
        span: field.name.span,
        variants: Vec::new(),
    }
}

/// The type of a part of a step that is no artifact.
pub(super) fn of_read(field: &StepField) -> Option<Type> {
    let words = |words: &[&str]| Type::Enum {
        allowed: words.iter().map(|&word| word.to_owned()).collect(),
    };
    Some(match field {
        StepField::ExitCode => Type::Int,
        StepField::Status
        | StepField::Outcome {
            part: OutcomeField::Status,
        } => words(&["completed", "failed", "skipped"]),
        StepField::Outcome {
            part: OutcomeField::Phase,
        } => words(&["pre_execution", "execution", "post_execution"]),
        StepField::Outcome {
            part: OutcomeField::Class,
        } => Type::String,
        StepField::Outcome {
            part: OutcomeField::Retryable,
        } => Type::Bool,
        _ => return None,
    })
}

/// The type of a literal.
pub(super) fn of_value(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Number(n) if n.is_f64() => Type::Float,
        Value::Number(_) => Type::Int,
        Value::String(_) => Type::String,
        Value::Null | Value::Array(_) | Value::Object(_) => Type::Json,
    }
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float)
}

/// Can values of this type be put in order?
pub(super) fn is_ordered(ty: &Type) -> bool {
    match ty {
        Type::Json => true,
        Type::Optional { item } => is_ordered(item),
        ty => is_number(ty),
    }
}

/// Can a value of one type ever equal one of the other?
pub(super) fn can_equal(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Json | Type::Secret, _) | (_, Type::Json | Type::Secret) => true,
        (Type::Optional { item }, other) | (other, Type::Optional { item }) => {
            can_equal(item, other)
        }
        (Type::Enum { allowed: a }, Type::Enum { allowed: b }) => {
            a.iter().any(|word| b.contains(word))
        }
        (a, b) if is_text(a) && is_text(b) => true,
        (a, b) if is_number(a) && is_number(b) => true,
        (a, b) => a.keyword() == b.keyword(),
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Enum { .. } | Type::Path { .. })
}

/// Can a value of type `from` ever be accepted where `to` is wanted? Whether
/// it is, the run decides; only what never fits is a mistake for certain.
pub(super) fn can_fit(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Json, _) | (_, Type::Json) => true,
        (Type::Optional { item: from }, to) => can_fit(from, to),
        (from, Type::Optional { item: to }) => can_fit(from, to),
        (Type::Enum { allowed: from }, Type::Enum { allowed: to }) => {
            from.iter().any(|word| to.contains(word))
        }
        (Type::Path { under: from, .. }, Type::Path { under: to, .. }) => {
            match (from.as_deref(), to.as_deref()) {
                (Some(from), Some(to)) => lies_in(from, to) || lies_in(to, from),
                _ => true,
            }
        }
        (Type::List { item: from }, Type::List { item: to }) => can_fit(from, to),
        (Type::Map { value: from }, Type::Map { value: to }) => can_fit(from, to),
        (from, to) => from.fits(to),
    }
}

pub(super) fn lies_in(path: &str, root: &str) -> bool {
    let path = path.trim_end_matches('/');
    let root = root.trim_end_matches('/');
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Are both of one kind with the same words or the same root? Existence is
/// left aside.
pub(super) fn same_contract(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Enum { allowed: a }, Type::Enum { allowed: b }) => {
            a.len() == b.len() && a.iter().all(|word| b.contains(word))
        }
        (Type::Path { under: a, .. }, Type::Path { under: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

/// A type as messages show it.
pub(crate) fn shown(ty: &Type) -> String {
    match ty {
        Type::Enum { allowed } => format!("an enum of {}", allowed.join(", ")),
        Type::Path {
            under: Some(root), ..
        } => format!("a relpath under `{root}`"),
        Type::Int => "an integer".to_owned(),
        Type::Optional { item } => format!("{} or nothing", shown(item)),
        ty => format!("a {}", ty.keyword()),
    }
}

/// A literal as messages show it.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text `{}`", short(text)),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::Null => "nothing".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
