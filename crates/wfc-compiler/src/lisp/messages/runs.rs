//! About the ledger of a workflow, and what is known of its steps.

use wfc_diag::{Diagnostic, Span, codes};

/// An artifact that the workflow does not have.
pub(in crate::lisp) fn unknown_artifact(name: &str, span: Span, known: &[String]) -> Diagnostic {
    let message = format!("the workflow has no artifact `{name}`");
    let found = Diagnostic::new(codes::LISP_FORM, span, message).label("unknown artifact");
    match known {
        [] => found.help(
            "a workflow names its artifacts behind its result: \
             `(defworkflow main () -> Result :artifacts ((name Type)) …)`",
        ),
        _ => found.suggest(span, name, known.iter().map(String::as_str)),
    }
}

/// An artifact that the step at hand does not consume.
pub(in crate::lisp) fn not_consumed<'n>(
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let message = format!("the step does not consume `{name}`");
    Diagnostic::new(codes::LISP_FORM, span, message)
        .label("not consumed here")
        .help(format!(
            "write `(as-step … :consumes ({name}))` around the step"
        ))
        .suggest(span, name, known)
}

/// What a step publishes must be there.
pub(in crate::lisp) fn nothing_to_publish<'n>(
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let message = format!("the step gives no field `{name}` that could be published");
    Diagnostic::new(codes::LISP_FORM, span, message)
        .label("no such field")
        .help("only the fields of a record can be published")
        .suggest(span, name, known)
}

/// A part of a step is read of a name that no step was made for.
pub(in crate::lisp) fn no_step(span: Span, name: &str) -> Diagnostic {
    let message = format!("`{name}` is not bound to a step");
    Diagnostic::new(codes::LISP_FORM, span, message)
        .label("nothing ran for this name alone")
        .help("bind a step with `let*`: a command, an agent, a call or `(as-step …)`")
}

/// `as-step` around something of which no step, or a step with another
/// purpose, is made.
pub(in crate::lisp) fn no_one_step(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "`as-step` is about one step, and none is made of this",
    )
    .label("no step of its own")
    .help("write `as-step` around one command, agent, call, loop, choice with steps, or record")
}

/// Something about the loop around, where there is none.
pub(in crate::lisp) fn outside_of_loop(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "there is no loop here whose iterations could be counted",
    )
    .label("outside of a loop")
    .help("it has a meaning in the body of `loop/until`, `loop/recur`, `for-each` and `list/map-effect`")
}

/// The workspace is asked where the answer would not be recorded.
pub(in crate::lisp) fn asked_in_value(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "`path/exists?` is asked in a condition only",
    )
    .label("no condition of a step")
    .help("write it into the condition of `if`, `when`, `assert`, `:until` or `:when`")
}
