//! Names, references, bindings, imports.

use wfc_diag::{Applicability, Code, Diagnostic, Span, codes};

use super::error;

pub(crate) fn duplicate(span: Span, what: &str, name: &str, first: Span) -> Diagnostic {
    error(
        codes::DUPLICATE_NAME,
        span,
        format!("there are two {what} `{name}`"),
    )
    .label("second use of the name")
    .also(first, "first used here")
    .help("give one of them another name")
}

pub(crate) fn unknown<'a>(
    code: Code,
    span: Span,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let none = known.clone().into_iter().next().is_none();
    let found = error(code, span, format!("there is no {what} `{name}`"))
        .label(format!("unknown {what}"))
        .suggest(span, name, known);
    if none {
        found.note(format!("there is no {what} at all in reach"))
    } else {
        found
    }
}

/// A context value that only the command line could give.
pub(crate) fn undeclared_context<'a>(
    span: Span,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    error(
        codes::UNDECLARED_CONTEXT,
        span,
        format!("`context` has no default for `{key}`"),
    )
    .label("undefined unless a run is given it")
    .suggest(span, key, known)
}

pub(crate) fn unknown_read<'a>(
    span: Span,
    step: (&str, Span),
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let none = known.clone().into_iter().next().is_none();
    let found = error(
        codes::UNKNOWN_ARTIFACT,
        span,
        format!("step `{}` has no artifact `{name}`", step.0),
    )
    .label("unknown artifact")
    .suggest(span, name, known)
    .also(step.1, format!("`{}` is declared here", step.0));
    if none {
        found.note("the step declares no artifacts")
    } else {
        found
    }
}

/// A step that keeps its output in another form than the one that is read.
pub(crate) fn not_captured(
    span: Span,
    step: (&str, Span),
    read: &str,
    wanted: Option<&str>,
) -> Diagnostic {
    let found = bad_reference(
        span,
        format!("step `{}` does not keep `{read}`", step.0),
        "never has a value",
    );
    match wanted {
        Some(wanted) => found
            .also(step.1, "it keeps its output in another form")
            .help(format!("give that step `output_capture: {wanted}`")),
        None => found.also(step.1, "it runs no process of its own"),
    }
}

pub(crate) fn not_kept(span: Span, step: (&str, Span), name: &str) -> Diagnostic {
    error(
        codes::UNKNOWN_ARTIFACT,
        span,
        format!("step `{}` does not keep its artifact `{name}`", step.0),
    )
    .label("not kept")
    .also(step.1, "it says `persist_artifacts_in_state: false`")
}

pub(crate) fn bad_reference(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    error(codes::BAD_REFERENCE, span, message).label(label)
}

/// A hole whose first word means nothing.
pub(crate) fn unknown_namespace<'a>(
    span: Span,
    head: &str,
    raw: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let found = error(
        codes::UNKNOWN_NAME,
        span,
        format!("there is nothing named `{head}` to fill in"),
    )
    .label("unknown name")
    .suggest(span, head, known);
    if raw.contains('.') {
        found
    } else {
        found.help(format!(
            "for a literal `${{{raw}}}`, as in a shell, write `$${{{raw}}}`"
        ))
    }
}

/// A reference that begins with a bare `steps.`.
pub(crate) fn bare_steps(diagnostic: Diagnostic, steps: Span) -> Diagnostic {
    diagnostic
        .note("expected `root.steps`, `self.steps` or `parent.steps`")
        .help(
            "write `root.steps` for a step of the outermost list, `self.steps` for one beside this",
        )
        .replace(
            steps,
            "root.steps",
            "write `root.steps`",
            Applicability::Unsafe,
        )
}

pub(crate) fn out_of_scope(span: Span, name: &str, step: Span) -> Diagnostic {
    error(
        codes::STEP_NOT_IN_SCOPE,
        span,
        format!("step `{name}` cannot be seen from here"),
    )
    .label("in another scope")
    .also(step, "the step is here")
    .help("give the statement around it `outputs`, and refer to the artifacts of that statement")
}

pub(crate) fn not_yet_run(span: Span, name: &str, step: Span, itself: bool) -> Diagnostic {
    let (message, help) = if itself {
        (
            format!("step `{name}` reads its own result before it has one"),
            "read a step that runs before it",
        )
    } else {
        (
            format!("step `{name}` cannot have run by then"),
            "move the step in front of the one that reads it",
        )
    };
    error(codes::STEP_NOT_YET_RUN, span, message)
        .label("has no value yet")
        .also(step, "the step is here")
        .help(help)
}

pub(crate) fn missing_bindings(span: Span, callee: &str, inputs: &[(&str, Span)]) -> Diagnostic {
    let names = inputs
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let noun = if inputs.len() == 1 { "input" } else { "inputs" };
    let mut found = error(
        codes::MISSING_BINDING,
        span,
        format!("the call of `{callee}` does not bind the required {noun} {names}"),
    )
    .label(format!("{names} missing"));
    for (name, declared) in inputs {
        found = found.also(*declared, format!("`{name}` is declared here"));
    }
    let example = inputs.first().map_or("input", |(name, _)| name);
    found.help(format!("bind it under `with`: `{example}: ...`"))
}

pub(crate) fn import_cycle(span: Span, cycle: &[&str]) -> Diagnostic {
    error(
        codes::IMPORT_CYCLE,
        span,
        format!("the imports form a circle: {}", cycle.join(" -> ")),
    )
    .label("this import closes the circle")
    .help("a workflow cannot contain itself; take out one of these imports")
}

pub(crate) fn import_not_found(alias: &str, span: Span, looked: &str, why: &str) -> Diagnostic {
    error(
        codes::IMPORT_NOT_FOUND,
        span,
        format!("the import `{alias}` cannot be read: {why}"),
    )
    .label("not found")
    .note(format!("looked for `{looked}`"))
    .help("imports are found from the directory of the file that imports")
}

pub(crate) fn absolute_import(span: Span) -> Diagnostic {
    error(
        codes::UNSAFE_PATH,
        span,
        "the path of an import must be relative",
    )
    .label("an absolute path")
    .help("write the path from the directory of this file")
}

pub(crate) fn outside_workspace(span: Span) -> Diagnostic {
    error(
        codes::UNSAFE_PATH,
        span,
        "an import must lie in the workspace",
    )
    .label("leaves the workspace")
}

pub(crate) fn unreadable(span: Span, file: &str, why: &str) -> Diagnostic {
    error(
        codes::FILE_UNREADABLE,
        span,
        format!("`{file}` cannot be read: {why}"),
    )
}

pub(crate) fn version_differs(span: Span, own: &str, other: &str, declared: Span) -> Diagnostic {
    error(
        codes::VERSION_GATE,
        span,
        format!("the imported file has version \"{other}\", and this one \"{own}\""),
    )
    .label(format!("a file of version \"{other}\""))
    .also(declared, "declared here")
    .help("give both files the same version")
}
