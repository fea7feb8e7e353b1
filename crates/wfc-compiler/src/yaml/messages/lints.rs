//! Lints: what works and could be said better, or hardly was meant.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::error;

fn delete(found: Diagnostic, removal: Option<Span>, what: &str) -> Diagnostic {
    match removal {
        Some(span) => found.replace(span, "", format!("remove {what}"), Applicability::Safe),
        None => found,
    }
}

pub(crate) fn unused(span: Span, what: &str, name: &str, removal: Option<Span>) -> Diagnostic {
    let found = error(
        codes::UNUSED,
        span,
        format!("{what} `{name}` is never used"),
    )
    .label("never used");
    delete(found, removal, &format!("the {what} `{name}`"))
}

pub(crate) fn redundant_kind(span: Span, removal: Option<Span>) -> Diagnostic {
    let found = error(
        codes::REDUNDANT_KIND,
        span,
        "`kind: relpath` says nothing that `type: relpath` does not say",
    )
    .label("can be left out");
    delete(found, removal, "`kind: relpath`")
}

pub(crate) fn literal_hole(span: Span, what: &str) -> Diagnostic {
    error(
        codes::LITERAL_HOLE,
        span,
        format!("nothing is filled into {what}"),
    )
    .label("used as it stands, with the `${`")
}

pub(crate) fn literal_reference(span: Span, text: &str) -> Diagnostic {
    let whole = format!("{{ref: {text}}}");
    error(
        codes::LITERAL_REFERENCE,
        span,
        format!("this is the text `{text}`, not what it refers to"),
    )
    .label("a text")
    .help(format!("write `{whole}` for the value"))
    .replace(
        span,
        whole.clone(),
        format!("write `{whole}`"),
        Applicability::Unsafe,
    )
}

pub(crate) fn shell_gate(span: Span, step: &str, path: Option<&str>) -> Diagnostic {
    let found = error(
        codes::SHELL_GATE,
        span,
        format!("step `{step}` is an `assert` written in a shell"),
    )
    .label("runs only a test");
    match path {
        Some(path) => found.help(format!("write `assert: {{exists: {path}}}`")),
        None => found.help("write an `assert`: it says what did not hold"),
    }
}

pub(crate) fn stringly_equals(span: Span, compare: &str) -> Diagnostic {
    error(
        codes::STRINGLY_EQUALS,
        span,
        "the result of a step is compared as a text",
    )
    .label("compares texts")
    .help(format!("compare the value: {compare}"))
}

pub(crate) fn goto_diamond(success: Span, failure: Span, step: &str) -> Diagnostic {
    error(
        codes::GOTO_DIAMOND,
        success,
        format!("step `{step}` is an `if` written with `goto`"),
    )
    .label("one way")
    .also(failure, "the other way")
    .help("let the step say what it found, and choose with `if` or `match`, or go round with `repeat_until`")
}

pub(crate) fn output_collision(second: Span, first: Span, output: &str) -> Diagnostic {
    error(
        codes::OUTPUT_COLLISION,
        second,
        format!("two imports have an output `{output}`"),
    )
    .label("the second")
    .also(first, "the first")
    .help("rename one, or publish each under a name of its own")
}

pub(crate) fn unconsumed(span: Span, artifact: &str, publisher: Span) -> Diagnostic {
    error(
        codes::UNCONSUMED,
        span,
        format!("no step consumes the artifact `{artifact}`"),
    )
    .label("published and never consumed")
    .also(publisher, "published here")
}

pub(crate) fn no_contract(span: Span, step: &str, read: Span) -> Diagnostic {
    error(
        codes::PROVIDER_CONTRACT,
        span,
        format!("nothing says what the agent of step `{step}` must answer"),
    )
    .label("no contract")
    .also(read, "its answer is read here")
    .help("ask for a file with `expected_outputs` or `output_bundle`")
}

pub(crate) fn shell_glue(span: Span, what: &str, form: &str) -> Diagnostic {
    error(codes::SHELL_GLUE, span, format!("a shell {what}"))
        .label("the language has a form for it")
        .help(form)
}

pub(crate) fn redundant_goto(span: Span, target: &str) -> Diagnostic {
    error(
        codes::REDUNDANT_GOTO,
        span,
        format!("the run goes to `{target}` anyway"),
    )
    .label("the next step")
    .help("leave the handler out")
}

pub(crate) fn idle_max_visits(span: Span, step: &str) -> Diagnostic {
    error(
        codes::IDLE_MAX_VISITS,
        span,
        format!("nothing leads back to step `{step}`, so it is visited once at most"),
    )
    .label("never reached")
    .help("remove `max_visits`, or add the `goto` that was meant")
}

pub(crate) fn unbounded_circle(span: Span, step: &str) -> Diagnostic {
    error(
        codes::UNBOUNDED_CIRCLE,
        span,
        format!("nothing limits how often the run goes back to step `{step}`"),
    )
    .label("back again")
    .help(format!(
        "give `{step}` a `max_visits`, or the workflow `max_transitions`"
    ))
}

pub(crate) fn duplicate_condition(span: Span, first: Span) -> Diagnostic {
    error(
        codes::DUPLICATE_CONDITION,
        span,
        "this condition stands there twice",
    )
    .label("the same again")
    .also(first, "first here")
}

pub(crate) fn colliding_writes(span: Span, path: &str, first: Span) -> Diagnostic {
    error(
        codes::COLLIDING_WRITES,
        span,
        format!("`{path}` is the file of another output as well"),
    )
    .label("a second output in one file")
    .also(first, "the first is here")
    .help("give each output a file of its own")
}

pub(crate) fn missing_input_file(span: Span, path: &str) -> Diagnostic {
    error(
        codes::MISSING_INPUT_FILE,
        span,
        format!("there is no file `{path}`, and nothing before this step can write it"),
    )
    .label("not found in the workspace")
    .help("a prompt that lies beside the workflow is an `asset_file`")
}

pub(crate) fn may_not_have_run(span: Span, step: &str, declared: Span, when: bool) -> Diagnostic {
    let why = match when {
        true => "its `when` may leave it out",
        false => "a `goto` may lead around it",
    };
    error(
        codes::MAY_NOT_HAVE_RUN,
        span,
        format!("step `{step}` may not have run by then"),
    )
    .label("may have no value")
    .also(declared, why)
}

pub(crate) fn fixed_write_root(span: Span, untyped: Option<&str>) -> Diagnostic {
    let message = match untyped {
        None => "an imported workflow must not choose a path to write to by itself".to_owned(),
        Some(input) => format!("the input `{input}` in a path to write to must be a relpath"),
    };
    error(codes::FIXED_WRITE_ROOT, span, message)
        .label(match untyped {
            None => "the same in every call",
            Some(_) => "not a path",
        })
        .help("begin the path with an input of `type: relpath` that every call binds")
}

pub(crate) fn shared_write_root(span: Span, input: &str, first: Span) -> Diagnostic {
    error(
        codes::SHARED_WRITE_ROOT,
        span,
        format!("two calls write to the same place: `{input}` is bound to the same path"),
    )
    .label("bound again")
    .also(first, "first bound here")
    .help("give each call a path of its own")
}

pub(crate) fn invariant_write_root(span: Span, input: &str) -> Diagnostic {
    error(
        codes::SHARED_WRITE_ROOT,
        span,
        format!("every round of the loop writes to the same place through `{input}`"),
    )
    .label("the same in every round")
    .help("put `${loop.index}` into the path")
}
