//! Types, comparisons, cases.

use wfc_diag::{Diagnostic, Fix, Span, codes, one_of};

use super::{bad_contract, bad_value, error, insert};

pub(crate) fn mismatch(
    span: Span,
    what: &str,
    expected: &str,
    found: &str,
    declared: Option<Span>,
) -> Diagnostic {
    let diagnostic = error(
        codes::TYPE_MISMATCH,
        span,
        format!("{what} must be {expected}, not {found}"),
    )
    .label(format!("this is {found}"));
    match declared {
        Some(declared) => diagnostic.also(declared, format!("declared as {expected}")),
        None => diagnostic,
    }
}

pub(crate) fn not_ordered(span: Span, op: &str, found: &str) -> Diagnostic {
    error(
        codes::TYPE_MISMATCH,
        span,
        format!("`{op}` compares numbers, and this is {found}"),
    )
    .label(format!("this is {found}"))
    .help("use `eq` or `ne`")
}

pub(crate) fn outside_enum(
    span: Span,
    word: &str,
    subject: &str,
    allowed: &[String],
    declared: Option<Span>,
) -> Diagnostic {
    let found = error(
        codes::NEVER_EQUAL,
        span,
        format!("`{subject}` is never `{word}`"),
    )
    .label("not one of its values")
    .suggest(span, word, allowed.iter().map(String::as_str));
    match declared {
        Some(declared) => found.also(declared, "its values are declared here"),
        None => found,
    }
}

pub(crate) fn never_equal(span: Span, left: &str, right: &str) -> Diagnostic {
    error(
        codes::NEVER_EQUAL,
        span,
        format!("{left} and {right} are never equal"),
    )
    .label("always the same answer")
}

pub(crate) fn empty_range(span: Span, lower: Span) -> Diagnostic {
    error(
        codes::BAD_VALUE,
        span,
        "no number lies between these bounds",
    )
    .label("leaves nothing above the lower bound")
    .also(lower, "the lower bound")
}

pub(crate) fn constant_condition(span: Span, answer: bool) -> Diagnostic {
    error(
        codes::ALWAYS_TRUE,
        span,
        format!("this condition is always {answer}"),
    )
    .label("compares two constants")
}

pub(crate) fn uncovered(
    span: Span,
    subject: &str,
    missing: &[&str],
    declared: Option<Span>,
    arms: Option<(Span, usize)>,
) -> Diagnostic {
    let names = missing
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let mut found = error(
        codes::UNCOVERED_CASE,
        span,
        format!("the match on `{subject}` has no case for {names}"),
    )
    .label(format!("{names} not covered"))
    .help("add a case for each");
    if let Some(declared) = declared {
        found = found.also(declared, "its values are declared here");
    }
    match arms {
        Some((first, indent)) => found.fix(add_cases(first, indent, missing)),
        None => found,
    }
}

/// A case for each of `missing`, in front of the case at `first`.
fn add_cases(first: Span, indent: usize, missing: &[&str]) -> Fix {
    let margin = " ".repeat(indent);
    let arms: Vec<String> = missing
        .iter()
        .map(|word| {
            format!("{word}:\n{margin}  - name: {word}\n{margin}    command: [\"true\"]\n{margin}")
        })
        .collect();
    insert(
        first,
        arms.concat(),
        format!("add a case for {}", missing.join(", ")),
    )
}

pub(crate) fn unknown_case<'a>(
    span: Span,
    case: &str,
    subject: &str,
    allowed: impl IntoIterator<Item = &'a str> + Clone,
    declared: Option<Span>,
) -> Diagnostic {
    let found = error(
        codes::UNKNOWN_CASE,
        span,
        format!("`{subject}` is never `{case}`"),
    )
    .label("this case never happens")
    .suggest(span, case, allowed);
    match declared {
        Some(declared) => found.also(declared, "its values are declared here"),
        None => found,
    }
}

pub(crate) fn missing_variants(span: Span, discriminant: &str, missing: &[&str]) -> Diagnostic {
    let names = one_of(missing.iter().copied());
    error(
        codes::UNCOVERED_CASE,
        span,
        format!("`{discriminant}` can be {names}, and there is no such variant"),
    )
    .label("more words than variants")
    .help("add a variant for each word, or take the word out of `allowed`")
}

pub(crate) fn output_sets_differ(
    span: Span,
    branch: &str,
    name: &str,
    other: (Span, &str),
) -> Diagnostic {
    error(
        codes::BAD_CONTRACT,
        span,
        format!(
            "`{branch}` has no output `{name}`, and `{}` has it",
            other.1
        ),
    )
    .label(format!("`{name}` is missing"))
    .also(other.0, "declared here")
    .help("every branch of a statement has the same outputs")
}

pub(crate) fn output_types_differ(
    span: Span,
    name: &str,
    found: &str,
    other: (Span, &str),
) -> Diagnostic {
    error(
        codes::BAD_CONTRACT,
        span,
        format!("the output `{name}` has another type in each branch"),
    )
    .label(format!("here {found}"))
    .also(other.0, format!("and here {}", other.1))
    .help("every branch of a statement has the same outputs")
}

pub(crate) fn output_without_else(span: Span) -> Diagnostic {
    bad_contract(
        span,
        "an `if` without `else` cannot have outputs: there would be none when it does not hold",
        "no value without an `else`",
    )
    .help("add an `else` with the same outputs")
}

pub(crate) fn condition_ignores_loop(span: Span) -> Diagnostic {
    bad_value(
        span,
        "the condition does not look at what the loop gives, so it never changes",
        "reads no `self.outputs`",
    )
    .help("compare an output of the loop: `{ref: self.outputs.<name>}`")
}

pub(crate) fn override_of_path(span: Span, declared: Span) -> Diagnostic {
    bad_contract(
        span,
        "`on_exhausted` can override scalars only, and this output is a path",
        "a path",
    )
    .also(declared, "declared here")
}

pub(crate) fn outside_allowed(
    span: Span,
    what: &str,
    word: &str,
    allowed: &[String],
    declared: Option<Span>,
) -> Diagnostic {
    let found = error(
        codes::TYPE_MISMATCH,
        span,
        format!("`{word}` is no value for {what}"),
    )
    .label("not one of its values")
    .suggest(span, word, allowed.iter().map(String::as_str));
    match declared {
        Some(declared) => found.also(declared, "declared here"),
        None => found,
    }
}

pub(crate) fn unknown_binding(span: Span, name: &str, callee: &str, known: &[&str]) -> Diagnostic {
    let found = error(
        codes::UNKNOWN_BINDING,
        span,
        format!("`{callee}` has no input `{name}`"),
    )
    .label("unknown input")
    .suggest(span, name, known.iter().copied());
    if known.is_empty() {
        found.note("it has no input that is not bound already")
    } else {
        found
    }
}

pub(crate) fn missing_param(span: Span, provider: &str, key: &str, hole: Span) -> Diagnostic {
    error(
        codes::UNKNOWN_NAME,
        span,
        format!("the provider `{provider}` needs the parameter `{key}`, which has no value here"),
    )
    .label(format!("`{key}` has no value"))
    .also(hole, "the template uses it here")
    .help("give it under `provider_params`, or under the `defaults` of the provider")
}

pub(crate) fn not_published(
    span: Span,
    step: &str,
    artifact: &str,
    place: Option<Span>,
) -> Diagnostic {
    let found = bad_value(
        span,
        format!("step `{step}` does not publish `{artifact}`"),
        "never a producer of it",
    );
    match place {
        Some(place) => found.also(place, "the step is here"),
        None => found,
    }
}

pub(crate) fn never_published(span: Span, artifact: &str) -> Diagnostic {
    error(
        codes::UNKNOWN_ARTIFACT,
        span,
        format!("no step publishes the artifact `{artifact}`, so it never has a version"),
    )
    .label("never published")
    .help("let a step that runs before this one list it under `publishes`")
}

pub(crate) fn not_yet_published(span: Span, artifact: &str, publisher: Span) -> Diagnostic {
    error(
        codes::STEP_NOT_YET_RUN,
        span,
        format!("no step that publishes `{artifact}` can have run by then"),
    )
    .label("has no version yet")
    .also(publisher, "it is published here")
    .help("move the step that publishes it in front of this one")
}

pub(crate) fn pointer_differs(span: Span, path: &str, pointer: &str, declared: Span) -> Diagnostic {
    error(
        codes::TYPE_MISMATCH,
        span,
        format!(
            "the output is written to `{path}`, and the pointer of the artifact is `{pointer}`"
        ),
    )
    .label("two pointer files")
    .also(declared, "declared here")
    .help("use one path for both")
}
