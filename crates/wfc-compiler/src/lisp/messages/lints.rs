//! Lints.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use crate::lisp::defs::Name;

/// A name that nothing reads.
pub(in crate::lisp) fn unused(what: &str, name: &Name) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNUSED,
        name.span,
        format!("the {what} `{}` is never used", name.text),
    )
    .label("not used");
    match what {
        "binding" => diagnostic
            .help(format!(
                "remove it, or call it `_{}` if it is there to be read",
                name.text
            ))
            .replace(
                name.span,
                format!("_{}", name.text),
                format!("call it `_{}`", name.text),
                Applicability::Safe,
            ),
        "parameter" => diagnostic.help(format!(
            "remove it, or call it `_{}` if callers are to give it all the same",
            name.text
        )),
        _ => diagnostic.help("remove it"),
    }
}

pub(in crate::lisp) fn unused_definition(what: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNUSED,
        span,
        format!("the {what} `{name}` is never used"),
    )
    .label("neither used nor exported")
    .help("remove it, or add it to the `export` of the module")
}

pub(in crate::lisp) fn unused_export(name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::UNUSED_EXPORT,
        name.span,
        format!("no module of this program uses the export `{}`", name.text),
    )
    .label("not used elsewhere")
    .help("take it out of the `export`, unless other programs need it")
}

pub(in crate::lisp) fn shadowed(name: &Name, hidden: Span) -> Diagnostic {
    Diagnostic::new(
        codes::SHADOWED_NAME,
        name.span,
        format!("this `{}` hides another one", name.text),
    )
    .label("from here on, the name means this")
    .also(hidden, "and no longer this")
    .help("give one of them another name")
}

pub(in crate::lisp) fn dropped_result(span: Span, form: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DROPPED_RESULT,
        span,
        format!("nothing reads the result of this `{form}`"),
    )
    .label("its value is dropped")
    .help("use it, or bind it with `let*` to a name that begins with `_`")
}

pub(in crate::lisp) fn unread_result(name: &Name, form: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DROPPED_RESULT,
        name.span,
        format!("nothing reads `{}`, the result of a `{form}`", name.text),
    )
    .label("not read")
    .help(format!("use it, or call it `_{}`", name.text))
}

pub(in crate::lisp) fn idle_loop(span: Span, state: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::IDLE_LOOP,
        span,
        format!(
            "a round that ends here changes nothing: `{}` is as it was",
            state.text
        ),
    )
    .label("every further round is the same")
    .also(state.span, "the state")
    .help("pass on a state that brings the loop nearer to its end, or end it with `done`")
}

pub(in crate::lisp) fn no_timeout(span: Span) -> Diagnostic {
    Diagnostic::new(codes::PROVIDER_TIMEOUT, span, "this agent may run forever")
        .label("no `:timeout-sec`")
        .help("say how long the agent may take: `:timeout-sec 1800`")
}

pub(in crate::lisp) fn low_level_path(span: Span, folder: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LOW_LEVEL_PATH,
        span,
        format!("this path lies in `{folder}`, which holds the state of runs"),
    )
    .label("a path of the runtime")
    .help("let the result of a step hold what is needed, or take the path as a parameter")
}
