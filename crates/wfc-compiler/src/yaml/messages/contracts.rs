//! Paths and contracts.

use wfc_diag::{Diagnostic, Span, codes};

use super::error;

pub(crate) fn unsafe_path(span: Span, what: &str, absolute: bool) -> Diagnostic {
    let (message, label, help) = if absolute {
        (
            format!("{what} must be relative to the workspace"),
            "absolute",
            "write the path from the workspace",
        )
    } else {
        (
            format!("{what} must not climb with `..`"),
            "leaves its directory",
            "name the file from the directory it must lie in",
        )
    };
    error(codes::UNSAFE_PATH, span, message)
        .label(label)
        .help(help)
}

pub(crate) fn missing_asset(span: Span, authored: &str, looked: &str) -> Diagnostic {
    error(
        codes::MISSING_ASSET,
        span,
        format!("there is no file `{authored}`"),
    )
    .label("not found")
    .note(format!("looked for `{looked}`"))
    .help("assets are found from the directory of the workflow file")
}

pub(crate) fn bad_contract(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    error(codes::BAD_CONTRACT, span, message).label(label)
}

pub(crate) fn bad_pointer(span: Span, pointer: &str) -> Diagnostic {
    error(
        codes::BAD_POINTER,
        span,
        format!("`{pointer}` is no JSON pointer"),
    )
    .label("not a JSON pointer")
    .note("a pointer is empty or begins with `/`; `~` is written `~0` and `/` in a key `~1`")
}

pub(crate) fn bad_default(
    span: Span,
    why: &str,
    declared: Span,
    word: Option<(&str, &[String])>,
) -> Diagnostic {
    let found = error(
        codes::BAD_DEFAULT,
        span,
        format!("the default does not fit the type of the input: {why}"),
    )
    .label("does not fit")
    .also(declared, "declared here");
    match word {
        Some((word, allowed)) => found.suggest(span, word, allowed.iter().map(String::as_str)),
        None => found,
    }
}
