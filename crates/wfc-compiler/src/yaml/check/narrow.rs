//! Types that come from elsewhere and may only be narrowed on the way.

use wfc_diag::Span;
use wfc_ir::{StepField, Type};

use super::types;
use crate::yaml::field;
use crate::yaml::hir::{Exec, Material, Path, Refinement, Source};
use crate::yaml::index::{Index, Narrowed};
use crate::yaml::modules::{Module, Modules};

/// A part of a refinement that does not narrow.
pub(super) struct Widening {
    pub(super) span: Span,
    /// What is wrong, as a sentence.
    pub(super) message: String,
    pub(super) label: &'static str,
}

impl Widening {
    fn new(span: Span, label: &'static str, message: String) -> Self {
        Widening {
            span,
            message,
            label,
        }
    }
}

/// The type of a value, and what is wrong with what is said about it. `source`
/// is the type of where it comes from; none for a literal.
pub(super) fn narrow(
    source: Option<&Type>,
    refinement: Option<&Refinement>,
) -> (Option<Type>, Vec<Widening>) {
    let mut found = Vec::new();
    let Some(refinement) = refinement else {
        return (source.cloned(), found);
    };
    let mut ty = match source {
        Some(source) => source.clone(),
        None => match whole(refinement) {
            Ok(ty) => ty,
            Err(problem) => {
                found.extend(problem);
                return (None, found);
            }
        },
    };
    if let Some(word) = refinement.ty.as_ref().filter(|w| w.value != ty.keyword()) {
        found.push(Widening::new(
            word.span,
            "another type",
            format!(
                "a contract cannot change the type of its source, which is {}",
                types::shown(&ty)
            ),
        ));
        return (Some(ty), found);
    }
    let is_path = matches!(ty, Type::Path { .. });
    if let Some(kind) = refinement.kind.as_ref().filter(|k| k.value != is_path) {
        found.push(Widening::new(
            kind.span,
            "another kind",
            format!(
                "a contract cannot change the kind of its source, which is {}",
                types::shown(&ty)
            ),
        ));
    }
    if let Some(words) = &refinement.allowed {
        narrow_words(&mut ty, &words.value, words.span, &mut found);
    }
    if let Some(root) = &refinement.under {
        narrow_root(&mut ty, &root.value, root.span, &mut found);
    }
    if let Some(must) = &refinement.must_exist {
        match &mut ty {
            Type::Path { must_exist, .. } if *must_exist && !must.value => {
                found.push(Widening::new(
                    must.span,
                    "weaker than the source",
                    "a contract cannot take back the `must_exist_target` of its source".to_owned(),
                ));
            }
            Type::Path { must_exist, .. } => *must_exist |= must.value,
            other => found.push(foreign("must_exist_target", must.span, other)),
        }
    }
    (Some(ty), found)
}

fn narrow_words(ty: &mut Type, words: &[String], span: Span, found: &mut Vec<Widening>) {
    let Type::Enum { allowed } = ty else {
        found.push(foreign("allowed", span, ty));
        return;
    };
    let more: Vec<String> = words
        .iter()
        .filter(|word| !allowed.contains(word))
        .map(|word| format!("`{word}`"))
        .collect();
    if more.is_empty() {
        words.clone_into(allowed);
        return;
    }
    found.push(Widening::new(
        span,
        "more words than the source has",
        format!(
            "the contract allows {}, which the source never is",
            more.join(", ")
        ),
    ));
}

fn narrow_root(ty: &mut Type, root: &str, span: Span, found: &mut Vec<Widening>) {
    let Type::Path { under, .. } = ty else {
        found.push(foreign("under", span, ty));
        return;
    };
    match under {
        Some(outer) if !types::lies_in(root, outer) => found.push(Widening::new(
            span,
            "not inside the root of the source",
            format!(
                "the contract asks for a path under `{root}`, and the source lies under `{outer}`"
            ),
        )),
        _ => *under = Some(root.to_owned()),
    }
}

fn foreign(key: &str, span: Span, ty: &Type) -> Widening {
    let message = format!("`{key}` has no meaning for {}", types::shown(ty));
    Widening::new(span, "belongs to another type", message)
}

/// The type that a contract states by itself. What is missing altogether was
/// reported.
fn whole(refinement: &Refinement) -> Result<Type, Option<Widening>> {
    let word = refinement.ty.as_ref().ok_or(None)?;
    Ok(match word.value.as_str() {
        "bool" => Type::Bool,
        "integer" => Type::Int,
        "float" => Type::Float,
        "string" => Type::String,
        "relpath" => Type::Path {
            under: None,
            must_exist: false,
        },
        "enum" => match &refinement.allowed {
            Some(words) => Type::Enum {
                allowed: words.value.clone(),
            },
            None => {
                return Err(Some(Widening::new(
                    word.span,
                    "an enum of what?",
                    "an enum needs `allowed`".to_owned(),
                )));
            }
        },
        other => {
            return Err(Some(Widening::new(
                word.span,
                "not for a literal",
                format!("a literal cannot be of `type: {other}`"),
            )));
        }
    })
}

/// The types of all values that become artifacts. A step is read after those
/// before it in the file, so that no chain of references is followed twice.
pub(crate) fn narrowed(modules: &Modules, module: &Module, index: &Index<'_>) -> Narrowed {
    let mut all = Narrowed::default();
    for entry in index.steps() {
        let Exec::Materialize(values) = &entry.step.exec else {
            continue;
        };
        let types = values
            .iter()
            .map(|value| {
                let source = source_type(value, entry.scope, modules, module, index, &all);
                match (&value.source, source) {
                    (Source::Literal(_), _) => narrow(None, value.contract.as_ref()).0,
                    (_, Some(source)) => narrow(Some(&source), value.contract.as_ref()).0,
                    (_, None) => None,
                }
            })
            .collect();
        all.insert(entry.step.ix, types);
    }
    all
}

/// The type of where a value comes from, when it is known.
fn source_type(
    value: &Material,
    scope: usize,
    modules: &Modules,
    module: &Module,
    index: &Index<'_>,
    narrowed: &Narrowed,
) -> Option<Type> {
    let input = |name: &str| {
        let mut inputs = module.workflow.inputs.iter();
        inputs.find(|i| i.name.value == name)?.declared.ty.clone()
    };
    match &value.source {
        Source::Input(name) => input(&name.value),
        Source::NowNs => Some(Type::Int),
        Source::Literal(_) | Source::Unknown => None,
        Source::Ref(reference) => match &reference.path {
            Path::Input(name) => input(name),
            Path::Step { from, rest } => {
                let (ix, read) = index.find(scope, *from, rest).ok()?;
                match field::parse(read, false)? {
                    StepField::Artifact { name } => {
                        let step = index.step(ix)?.step;
                        let artifacts = types::artifacts(modules, module, narrowed, step)?;
                        artifacts.into_iter().find(|a| a.name == name)?.ty
                    }
                    other => types::of_read(&other),
                }
            }
            _ => None,
        },
    }
}
