//! Every finding of this front end, worded in one place. A caller decides
//! what is wrong and where; how it is said is decided here.

use wfc_diag::{Applicability, Code, Diagnostic, Edit, Fix, Span, codes, one_of};

use super::gates::{Feature, Version};
use super::hir::Import;

fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, span, message)
}

fn insert(at: Span, text: String, message: impl Into<String>) -> Fix {
    let at = Span {
        end: at.start,
        ..at
    };
    Fix {
        message: message.into(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            span: at,
            replacement: text,
        }],
    }
}

// The shape of the file.

pub(crate) fn unknown_key(span: Span, key: &str, what: &str, allowed: &[&str]) -> Diagnostic {
    error(
        codes::UNKNOWN_KEY,
        span,
        format!("{what} has no key `{key}`"),
    )
    .label("unknown key")
    .suggest(span, key, allowed.iter().copied())
}

pub(crate) fn missing_key(span: Span, key: &str, what: &str) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        format!("{what} needs the key `{key}`"),
    )
    .label(format!("`{key}` is missing here"))
}

pub(crate) fn missing_version(span: Span) -> Diagnostic {
    let newest = Version::NEWEST.as_str();
    missing_key(span, "version", "a workflow")
        .help(format!("begin the file with `version: \"{newest}\"`"))
        .fix(insert(
            span,
            format!("version: \"{newest}\"\n"),
            format!("begin the file with `version: \"{newest}\"`"),
        ))
}

pub(crate) fn wrong_type(span: Span, what: &str, expected: &str, found: &str) -> Diagnostic {
    error(
        codes::WRONG_TYPE,
        span,
        format!("{what} must be {expected}, not {found}"),
    )
    .label(format!("expected {expected}"))
}

pub(crate) fn quote(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    diagnostic
        .help(format!("write {quoted} for the text"))
        .replace(
            span,
            quoted,
            "put it in quotes",
            Applicability::Safe,
        )
}

pub(crate) fn date(span: Span, what: &str, text: &str) -> Diagnostic {
    let found = wrong_type(span, what, "a text, a number or a boolean", "a date")
        .note("YAML reads an unquoted date as a date, which means nothing here");
    quote(found, span, text)
}

pub(crate) fn bad_word<'a>(
    span: Span,
    what: &str,
    found: &str,
    allowed: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    error(
        codes::BAD_VALUE,
        span,
        format!("`{found}` is no value for {what}"),
    )
    .label("not one of the allowed values")
    .suggest(span, found, allowed)
}

pub(crate) fn bad_value(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    error(codes::BAD_VALUE, span, message).label(label)
}

pub(crate) fn empty(span: Span, what: &str, items: &str) -> Diagnostic {
    bad_value(span, format!("{what} must not be empty"), "empty")
        .help(format!("add {items}, or remove the key"))
}

pub(crate) fn bad_id(span: Span, id: &str) -> Diagnostic {
    bad_value(
        span,
        format!("`{id}` is no id: an id is a letter followed by letters, digits and `_`"),
        "not an id",
    )
}

pub(crate) fn gate(span: Span, feature: Feature, since: Version, version: Span) -> Diagnostic {
    let newer = since.as_str();
    error(
        codes::VERSION_GATE,
        span,
        format!("{} requires version \"{newer}\"", feature.describe()),
    )
    .label(format!("new in \"{newer}\""))
    .also(version, "the file declares an older version")
    .help(format!("raise `version` to \"{newer}\" or later"))
    .replace(
        version,
        format!("\"{newer}\""),
        format!("raise the version to \"{newer}\""),
        Applicability::Unsafe,
    )
}

pub(crate) fn unknown_version(span: Span, found: &str) -> Diagnostic {
    let newest = Version::NEWEST.as_str();
    error(
        codes::VERSION_UNSUPPORTED,
        span,
        format!("there is no version \"{found}\" of the language"),
    )
    .label("unknown version")
    .note(format!("expected {}", one_of(Version::all())))
    .help(format!("for a new file write \"{newest}\""))
    .replace(
        span,
        format!("\"{newest}\""),
        format!("replace `{found}` with \"{newest}\""),
        Applicability::Unsafe,
    )
}

pub(crate) fn not_supported(span: Span, key: &str) -> Diagnostic {
    error(
        codes::NOT_SUPPORTED,
        span,
        format!("`{key}` is not supported yet by this version of wfc"),
    )
    .label("known, but not supported yet")
}

pub(crate) fn no_form(span: Span, forms: &[&str]) -> Diagnostic {
    error(
        codes::EXECUTION_FORMS,
        span,
        "the step does not say what it does",
    )
    .label("nothing to execute")
    .note(format!("expected one of {}", one_of(forms.iter().copied())))
    .help("add `command: [...]` or another of these keys")
}

pub(crate) fn two_forms(first: (Span, &str), second: (Span, &str)) -> Diagnostic {
    error(
        codes::EXECUTION_FORMS,
        second.0,
        format!("a step cannot have both `{}` and `{}`", first.1, second.1),
    )
    .label("a second thing to do")
    .also(first.0, format!("`{}` is here", first.1))
    .help("make two steps of it")
}

pub(crate) fn key_conflict(first: (Span, &str), second: (Span, &str)) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        second.0,
        format!("`{}` and `{}` exclude each other", first.1, second.1),
    )
    .label("excluded")
    .also(first.0, format!("by `{}`", first.1))
    .help("keep one of them")
}

pub(crate) fn key_of_other_form(span: Span, key: &str, form: &str, owners: &str) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        span,
        format!("`{key}` has no meaning in a step with `{form}`"),
    )
    .label(format!("belongs to {owners}"))
    .help("remove the key")
}

pub(crate) fn needs_key(span: Span, key: &str, other: &str) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        span,
        format!("`{key}` has no meaning without `{other}`"),
    )
    .label(format!("needs `{other}`"))
}

pub(crate) fn placement(
    span: Span,
    message: impl Into<String>,
    label: &str,
    help: &str,
) -> Diagnostic {
    error(codes::PLACEMENT, span, message)
        .label(label)
        .help(help)
}

pub(crate) fn one_operator(span: Span, count: usize, allowed: &[&str]) -> Diagnostic {
    let message = match count {
        0 => "a condition needs an operator".to_owned(),
        n => format!("a condition has one operator, and this has {n}"),
    };
    let code = match count {
        0 => codes::MISSING_KEY,
        _ => codes::KEY_CONFLICT,
    };
    let found = error(code, span, message)
        .label("expected one operator")
        .note(format!("expected {}", one_of(allowed.iter().copied())));
    match count {
        0 => found,
        _ => found.help("join several with `all_of` or `any_of`"),
    }
}

pub(crate) fn command_with_holes(span: Span) -> Diagnostic {
    error(
        codes::NOT_SUPPORTED,
        span,
        "a command written as one text cannot have `${...}` in it yet",
    )
    .label("where would it be split?")
    .help("write the command as a list, one argument an item")
}

pub(crate) fn hole_in_operand(span: Span, text: &str) -> Diagnostic {
    let found = bad_value(
        span,
        "nothing is filled into an operand of `compare`",
        "compared as it is written",
    );
    let name = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    match name.and_then(|name| name.strip_prefix("steps.")) {
        Some(rest) => found.help(format!("write `{{ref: root.steps.{rest}}}`")),
        None => match name.filter(|name| name.starts_with("inputs.")) {
            Some(name) => found.help(format!("write `{{ref: {name}}}`")),
            None => found.help("write `{ref: ...}`, or use `equals` to compare texts"),
        },
    }
}

// Paths and contracts.

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

pub(crate) fn bad_default(span: Span, why: &str, declared: Span) -> Diagnostic {
    error(
        codes::BAD_DEFAULT,
        span,
        format!("the default does not fit the type of the input: {why}"),
    )
    .label("does not fit")
    .also(declared, "declared here")
}

// Names.

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

pub(crate) fn not_kept(span: Span, step: (&str, Span), name: &str) -> Diagnostic {
    error(
        codes::UNKNOWN_ARTIFACT,
        span,
        format!("step `{}` does not keep its artifact `{name}`", step.0),
    )
    .label("not kept")
    .also(
        step.1,
        "it says `persist_artifacts_in_state: false`",
    )
}

pub(crate) fn bad_reference(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    error(codes::BAD_REFERENCE, span, message).label(label)
}

/// A reference that begins with a bare `steps.`.
pub(crate) fn bare_steps(diagnostic: Diagnostic, steps: Span) -> Diagnostic {
    diagnostic
        .note("expected `root.steps`, `self.steps` or `parent.steps`")
        .help("write `root.steps` for a step of the outermost list, `self.steps` for one beside this")
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

pub(crate) fn missing_bindings(
    span: Span,
    callee: &str,
    inputs: &[(&str, Span)],
    fix: Option<Fix>,
) -> Diagnostic {
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
    found = found.help("bind it under `with`");
    match fix {
        Some(fix) => found.fix(fix),
        None => found,
    }
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

pub(crate) fn import_not_found(import: &Import, looked: &str, why: &str) -> Diagnostic {
    error(
        codes::IMPORT_NOT_FOUND,
        import.path.span,
        format!("the import `{}` cannot be read: {why}", import.alias.value),
    )
    .label("not found")
    .note(format!("looked for `{looked}`"))
    .help("imports are found from the directory of the file that imports")
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

// Types.

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
        format!("{what} is {expected}, and this is {found}"),
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
    fix: Option<Fix>,
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
    match fix {
        Some(fix) => found.fix(fix),
        None => found,
    }
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

pub(crate) fn unproved_variant(
    span: Span,
    name: &str,
    variants: &[&str],
    discriminant: &str,
    declared: Span,
) -> Diagnostic {
    error(
        codes::UNPROVED_VARIANT,
        span,
        format!(
            "`{name}` is there only when `{discriminant}` is {}",
            one_of(variants.iter().copied())
        ),
    )
    .label("may be absent")
    .also(declared, "declared for that variant")
    .help(format!(
        "read it inside a `match` on `{discriminant}`, in the case of that variant"
    ))
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

pub(crate) fn unknown_binding(
    span: Span,
    name: &str,
    callee: &str,
    known: &[&str],
) -> Diagnostic {
    let found = error(
        codes::UNKNOWN_BINDING,
        span,
        format!("`{callee}` has no input `{name}`"),
    )
    .label("unknown input")
    .suggest(span, name, known.iter().copied());
    if known.is_empty() {
        found.note("every input is bound already, or there is none")
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

pub(crate) fn pointer_differs(span: Span, path: &str, pointer: &str, declared: Span) -> Diagnostic {
    error(
        codes::TYPE_MISMATCH,
        span,
        format!("the output is written to `{path}`, and the pointer of the artifact is `{pointer}`"),
    )
    .label("two pointer files")
    .also(declared, "declared here")
    .help("use one path for both")
}

// Control flow.

pub(crate) fn unknown_target<'a>(
    span: Span,
    target: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    error(
        codes::UNKNOWN_TARGET,
        span,
        format!("`goto` leads to `{target}`, and there is no such step"),
    )
    .label("unknown step")
    .suggest(span, target, known)
}

pub(crate) fn target_out_of_reach(span: Span, target: &str, step: Span) -> Diagnostic {
    error(
        codes::UNKNOWN_TARGET,
        span,
        format!("`goto` cannot lead to `{target}`, which is inside another step"),
    )
    .label("not a step of the outermost list")
    .also(step, "the step is here")
}

pub(crate) fn unreachable(span: Span, name: &str) -> Diagnostic {
    error(
        codes::UNREACHABLE,
        span,
        format!("nothing leads to step `{name}`"),
    )
    .label("never runs")
    .help("remove it, or let a `goto` lead to it")
}

pub(crate) fn no_timeout(span: Span, name: &str) -> Diagnostic {
    error(
        codes::PROVIDER_TIMEOUT,
        span,
        format!("provider step `{name}` may run forever"),
    )
    .label("no `timeout_sec`")
    .help("say how long the agent may take: `timeout_sec: 1800`")
}

pub(crate) fn unused(span: Span, what: &str, name: &str) -> Diagnostic {
    error(
        codes::UNUSED,
        span,
        format!("{what} `{name}` is never used"),
    )
    .label("never used")
}
