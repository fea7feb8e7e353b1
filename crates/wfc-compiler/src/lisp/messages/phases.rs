//! Findings about phases, adapters and the files of answers.

use wfc_diag::{Diagnostic, Span, codes};

use super::{all_of, listed};
use crate::lisp::hir::Expr;
use crate::lisp::types::{Ty, Types};

pub(in crate::lisp) fn not_a_phase_context(types: &Types, found: &Expr) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        found.span,
        format!(
            "`{}` cannot be the context of a phase",
            types.show(&found.ty)
        ),
    )
    .label("has no folder for the files of the phase")
    .note("a context is a record with a field `artifact-root`, or with a field for a target, such as `execution_report_target`")
}

pub(in crate::lisp) fn unsound_context(
    span: Span,
    field: &str,
    declared: Span,
    why: &str,
) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("this cannot be the context of a phase: its `{field}` is of another kind"),
    )
    .label(format!("`{field}` does not fit"))
    .also(declared, why)
}

pub(in crate::lisp) fn unknown_target<'t>(
    span: Span,
    name: &str,
    targets: impl Iterator<Item = &'t str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("a phase has no target `{name}`"),
    )
    .label("unknown target")
    .suggest(span, name, targets.clone());
    match listed(targets) {
        Some(all) => diagnostic.note(format!("a target is {all}")),
        None => diagnostic,
    }
}

pub(in crate::lisp) fn no_phase(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "`phase-target` has no meaning outside of a phase",
    )
    .label("no `with-phase` is around this")
    .help("put it into the body of `(with-phase context name body)`")
}

pub(in crate::lisp) fn no_target(types: &Types, span: Span, name: &str, ctx: &Ty) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!(
            "the context of this phase, `{}`, has no place for `{name}`",
            types.show(ctx)
        ),
    )
    .label("no field for this target")
    .help(format!(
        "add the field `{}_target`, or `artifact-root` for all targets",
        name.replace('-', "_")
    ))
}

pub(in crate::lisp) fn missing_candidates(span: Span, union: &str, missing: &[&str]) -> Diagnostic {
    let all = all_of(missing.iter().copied());
    Diagnostic::new(
        codes::UNCOVERED_CASE,
        span,
        format!("`{union}` has variants that are no candidates: {all}"),
    )
    .label("not every variant has a candidate")
}

pub(in crate::lisp) fn needs_definition(span: Span, form: &str, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        format!("`{form}` needs a union `{name}` in this module"),
    )
    .label("there is no such union")
    .help(format!(
        "define it, or import it: `(import std/resource :only ({name}))`"
    ))
}

pub(in crate::lisp) fn drain_result_lacks(span: Span, tag: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("the union `DrainResult` of this program has no variant `{tag}`"),
    )
    .label("ends with one of `EMPTY`, `COMPLETED` and `BLOCKED`")
    .also(declared, "the union is defined here")
    .help(format!("add the variant `({tag} …)`"))
}

pub(in crate::lisp) fn drain_field(
    span: Span,
    tag: &str,
    field: &str,
    declared: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("nothing says what the field `{field}` of `DrainResult {tag}` is"),
    )
    .label("no hook gives a value of this name and type here")
    .also(declared, "the field is defined here")
    .help(format!(
        "have the hook give a field `{field}`, or make it an `Optional`"
    ))
}

pub(in crate::lisp) fn no_answer(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        "only the answer of an agent has a file",
    )
    .label("not bound to a `provider-result`")
    .help("bind the `(provider-result …)` with `let*`, and name it here")
}

pub(in crate::lisp) fn other_adapter(span: Span, name: &str, command: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNBOUND_EXTERN,
        span,
        format!("the adapter `{name}` is not the command `{command}`"),
    )
    .label("another name")
    .help(format!(
        "write `:adapter {command}`, or call the command `{name}`"
    ))
}

pub(in crate::lisp) fn no_adapter(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNBOUND_EXTERN,
        span,
        format!("the project does not describe what `{name}` takes"),
    )
    .label("not an adapter")
    .help(
        "give it `\"kind\": \"certified_adapter\"` and an `input_signature` in the manifest, or leave `:adapter` out",
    )
}

pub(in crate::lisp) fn part_of_form(span: Span, command: &str, form: &str) -> Diagnostic {
    let (label, shape) = match form {
        "resume-or-start" => (
            "takes up a state without asking whether it is valid",
            "(resume-or-start name :resume-from path :start value :returns Type)",
        ),
        _ => (
            "moves an item without asking whether it may be moved",
            "(resource-transition name :ctx ctx :resource id :from Queue.a :to Queue.b :ledger path :event EVENT)",
        ),
    };
    Diagnostic::new(
        codes::UNBOUND_EXTERN,
        span,
        format!("`{command}` is a part of `{form}`, not a command of a program"),
    )
    .label(label)
    .help(format!("write `{shape}` in its place"))
}

pub(in crate::lisp) fn unknown_input(
    span: Span,
    name: &str,
    command: &str,
    known: &[&str],
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_BINDING,
        span,
        format!("`{command}` takes no input `{name}`"),
    )
    .label("unknown input")
    .suggest(span, name, known.iter().copied());
    match listed(known.iter().copied()) {
        Some(all) => diagnostic.note(format!("the project says that it takes {all}")),
        None => diagnostic,
    }
}

pub(in crate::lisp) fn missing_inputs(span: Span, command: &str, missing: &[&str]) -> Diagnostic {
    let word = if missing.len() == 1 {
        "input"
    } else {
        "inputs"
    };
    let all = all_of(missing.iter().copied());
    Diagnostic::new(
        codes::MISSING_BINDING,
        span,
        format!("the command `{command}` is not given the {word} {all}"),
    )
    .label(format!("{all} missing"))
}
