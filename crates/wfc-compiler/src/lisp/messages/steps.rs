//! What a workflow does by itself, and prompts.

use wfc_diag::{Diagnostic, Span, codes};

use crate::lisp::defs::Name;
use crate::lisp::types::{Ty, Types};

/// `finally` where it is not the body of a workflow.
pub(in crate::lisp) fn finally_inside(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "`finally` stands around the whole body of a workflow",
    )
    .label("not possible here")
    .help("put it into a workflow of its own, and `call` that")
}

pub(in crate::lisp) fn view_is_path(types: &Types, ty: &Ty, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!(
            "a view gives the path of its file, and {} is no path",
            types.show(ty)
        ),
    )
    .label("not the type of a path")
}

pub(in crate::lisp) fn unknown_renderer(span: Span, found: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("there is no renderer `{found}`"),
    )
    .label("unknown renderer")
    .suggest(span, found, known.iter().copied())
}

/// A brace in a prompt that opens or closes no slot.
pub(in crate::lisp) fn loose_brace(span: Span, brace: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("this prompt has a `{brace}` that belongs to no slot"),
    )
    .label("in this text")
    .help(format!("write `{brace}{brace}` for the character itself"))
}

pub(in crate::lisp) fn unknown_slot(
    span: Span,
    name: &str,
    known: &[String],
    declared: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("this prompt has no slot `{name}`"),
    )
    .label("unknown slot")
    .also(declared, "the prompt is defined here")
    .suggest(span, name, known.iter().map(String::as_str))
}

pub(in crate::lisp) fn unused_slot(slot: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        slot.span,
        format!("the text of the prompt does not show `{}`", slot.text),
    )
    .label("never shown")
    .help(format!("write `{{{}}}` where it is to stand", slot.text))
}

/// `:returns` beside a prompt that says what is returned.
pub(in crate::lisp) fn returns_twice(span: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, span, "what is returned is said twice")
        .label("not needed")
        .also(declared, "the prompt says it here")
        .help("remove `:returns` here")
}

/// What was taken for wrong, although no finding says so.
pub(in crate::lisp) fn untold(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "this cannot be compiled, and no finding says why",
    )
    .label("not understood")
    .note("this is a mistake of the compiler, not of the program")
    .help("write it in another way, for example with a name bound by `let*`")
}
