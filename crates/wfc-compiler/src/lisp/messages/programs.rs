//! Programs from elsewhere.

use wfc_diag::{Diagnostic, Span, codes};

pub(in crate::lisp) fn unreadable(span: Span, path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        codes::FILE_UNREADABLE,
        span,
        format!("cannot read `{path}`: {why}"),
    )
}

pub(in crate::lisp) fn no_program(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        codes::IMPORTED_PROGRAM,
        span,
        format!("this is not a program that `{name}` can be: {why}"),
    )
    .label("no compiled program")
    .help("`wfc compile FILE --emit core-json` writes one")
}

pub(in crate::lisp) fn no_workflow(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::IMPORTED_PROGRAM,
        span,
        format!("there is no workflow in this file that `{name}` can be"),
    )
    .label("only definitions")
}

pub(in crate::lisp) fn no_such_workflow(
    span: Span,
    name: &str,
    wanted: &str,
    known: &[&str],
) -> Diagnostic {
    let found = Diagnostic::new(
        codes::IMPORTED_PROGRAM,
        span,
        format!("`{name}` is to be the workflow `{wanted}` of this file, which is not there"),
    )
    .label(format!(
        "the file has {}",
        super::all_of(known.iter().copied())
    ));
    match wfc_diag::nearest(wanted, known.iter().copied()) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    }
}
