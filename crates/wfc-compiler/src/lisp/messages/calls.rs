//! Calls, forms, loops and effects.

use wfc_diag::{Applicability, Diagnostic, Span, codes, one_of};

use super::{all_of, private};
use crate::lisp::defs::Name;
use crate::lisp::scope::Missing;

pub(in crate::lisp) fn operands(
    span: Span,
    head: Span,
    name: &str,
    least: usize,
    most: Option<usize>,
    found: usize,
) -> Diagnostic {
    let count = match most {
        Some(most) if most == least => format!("{least}"),
        Some(most) => format!("{least} to {most}"),
        None => format!("at least {least}"),
    };
    let word = if matches!(count.as_str(), "1" | "at least 1") {
        "argument"
    } else {
        "arguments"
    };
    let _ = span;
    Diagnostic::new(
        codes::ARITY,
        head,
        format!("`{name}` takes {count} {word}, found {found}"),
    )
    .label(format!("{found} given"))
}

pub(in crate::lisp) fn not_imported(span: Span, name: &str, module: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_FORM,
        span,
        format!("`{name}` is in the library, and not imported"),
    )
    .label("not imported")
    .help(format!(
        "add `(import {module} :only ({name}))` to the module"
    ))
}

pub(in crate::lisp) fn unknown_form(
    span: Span,
    name: &str,
    known: &[&str],
    later: bool,
    local: Option<Span>,
) -> Diagnostic {
    if later {
        return Diagnostic::new(
            codes::UNKNOWN_FORM,
            span,
            format!("`{name}` cannot be compiled yet"),
        )
        .label("not supported yet");
    }
    if let Some(local) = local {
        return Diagnostic::new(
            codes::UNKNOWN_FORM,
            span,
            format!("`{name}` is a value, and cannot be called"),
        )
        .label("not a form or procedure")
        .also(local, "bound here")
        .help(format!("write `{name}` without parentheses"));
    }
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_FORM,
        span,
        format!("there is no form or procedure `{name}`"),
    )
    .label("unknown form");
    // The list of all forms is too long to help.
    match wfc_diag::nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).replace(
            span,
            near,
            format!("replace `{name}` with `{near}`"),
            Applicability::Unsafe,
        ),
        None => diagnostic.help("define it with `defproc`, or import it"),
    }
}

pub(in crate::lisp) fn unknown_workflow(
    span: Span,
    name: &str,
    missing: Missing,
) -> Option<Diagnostic> {
    match missing {
        Missing::Reported => None,
        Missing::Private { module, declared } => Some(private(span, name, &module, declared)),
        Missing::Unknown(names) => Some(
            Diagnostic::new(
                codes::UNKNOWN_NAME,
                span,
                format!("there is no workflow `{name}`"),
            )
            .label("unknown workflow")
            .suggest(span, name, names.iter().map(String::as_str)),
        ),
    }
}

pub(in crate::lisp) fn call_of_procedure(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` is a procedure, and `call` calls workflows"),
    )
    .label("not a workflow")
    .also(declared, "defined here")
    .help(format!("write `({name} …)`"))
}

pub(in crate::lisp) fn workflow_without_call(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` is a workflow, and workflows are called by `call`"),
    )
    .label("`call` is missing before this")
    .also(declared, "defined here")
    .help(format!("write `(call {name} :param value …)`"))
    .replace(
        Span::at(span.file, span.start as usize),
        "call ",
        "insert `call`",
        Applicability::Safe,
    )
}

pub(in crate::lisp) fn callable_as_value(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("`{name}` is a procedure or workflow, not a value"),
    )
    .label("not a value")
    .help(format!("write `({name} …)` or `(call {name} …)`"))
}

pub(in crate::lisp) fn unknown_argument(
    span: Span,
    key: &str,
    callee: &str,
    names: &[&str],
    declared: Span,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_BINDING,
        span,
        format!("`{callee}` has no parameter `{key}`"),
    )
    .label("unknown parameter")
    .also(declared, "defined here");
    if names.is_empty() {
        return diagnostic.note(format!("`{callee}` takes no arguments"));
    }
    let names: Vec<String> = names.iter().map(|name| format!(":{name}")).collect();
    diagnostic.suggest(span, &format!(":{key}"), names.iter().map(String::as_str))
}

pub(in crate::lisp) fn missing_arguments(
    span: Span,
    head: Span,
    callee: &str,
    missing: &[&str],
    declared: Span,
) -> Diagnostic {
    let word = if missing.len() == 1 {
        "parameter"
    } else {
        "parameters"
    };
    let all = all_of(missing.iter().copied());
    let added: String = missing
        .iter()
        .map(|name| format!(" :{name} TODO"))
        .collect();
    Diagnostic::new(
        codes::MISSING_BINDING,
        head,
        format!("this call of `{callee}` leaves out the {word} {all}"),
    )
    .label(format!("{all} missing"))
    .also(declared, "defined here")
    .replace(
        Span::at(span.file, (span.end as usize).saturating_sub(1)),
        added,
        format!("add {all}"),
        Applicability::Unsafe,
    )
}

pub(in crate::lisp) fn bound_twice(span: Span, key: &str, callee: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        span,
        format!("this call of `{callee}` gives `{key}` twice"),
    )
    .label("given by position already")
}

pub(in crate::lisp) fn not_a_tail(span: Span, around: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::LISP_FORM,
        span,
        "the body of a loop ends with `continue` or `done`",
    )
    .label("this is a value")
    .help("write `(done …)` to end the loop with it, or `(continue …)` for another round");
    match around {
        Some(around) => diagnostic.also(
            Span::new(
                around.file,
                around.start as usize,
                around.start as usize + 11,
            ),
            "the loop begins here",
        ),
        None => diagnostic,
    }
}

pub(in crate::lisp) fn tail_out_of_place(span: Span, name: &str, outside: bool) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` is not possible here"),
    );
    if outside {
        diagnostic.label("there is no loop around this")
    } else {
        diagnostic
            .label("this is not the end of the loop body")
            .note("`continue` and `done` are the last thing that a loop body does, inside `let*`, `if`, `match` and `do`")
    }
}

pub(in crate::lisp) fn endless(span: Span) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, span, "this loop never gives a value")
        .label("there is no `done` in it, and no `:on-exhausted`")
        .help("end it with `(done value)`, or say what it gives with `:on-exhausted value`")
}

pub(in crate::lisp) fn bad_bound(span: Span) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, span, "a loop runs at least once")
        .label("expected a number above 0")
}

pub(in crate::lisp) fn recursion(span: Span, way: &[&str], declared: Span) -> Diagnostic {
    let mut way: Vec<&str> = way.to_vec();
    way.extend(way.first().copied());
    Diagnostic::new(
        codes::RECURSION,
        span,
        format!(
            "`{}` calls itself",
            way.first().copied().unwrap_or_default()
        ),
    )
    .label("this call closes the circle")
    .also(declared, "defined here")
    .note(format!("the way round: {}", way.join(" -> ")))
    .help("use `loop/recur`, which has a bound")
}

pub(in crate::lisp) fn calls_too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        span,
        format!("procedures call procedures more than {limit} deep"),
    )
    .label("this call is one too deep")
    .help("make one of them a workflow and `call` it")
}

pub(in crate::lisp) fn too_many_steps(
    span: Span,
    name: &str,
    steps: usize,
    regions: usize,
) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        span,
        format!("the workflow `{name}` is too large, with its procedures written out"),
    )
    .label(format!(
        "more than {steps} steps, branches and loops more than {regions} deep, or a value that \
         nests too deep in `list/map` or the condition of an arm"
    ))
    .help("make a part of it a workflow, and `call` that")
}

pub(in crate::lisp) fn text_prompt(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        "a prompt that is bound to a text cannot be passed to a workflow",
    )
    .label("the workflow is given the path of a prompt file")
    .help("put the text into a file and bind the prompt to it with `asset`")
}

pub(in crate::lisp) fn undeclared_effect(name: &Name, kind: &str, subject: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNDECLARED_EFFECT,
        name.span,
        format!(
            "`{}` has the effect `({kind} {subject})`, which its `:effects` do not allow",
            name.text
        ),
    )
    .label("does more than it declares")
    .help(format!(
        "add `({kind} {subject})` to `:effects`, or leave `:effects` out: effects are inferred"
    ))
}

pub(in crate::lisp) fn idle_effect(name: &Name, kind: &str, subject: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNDECLARED_EFFECT,
        name.span,
        format!(
            "`{}` declares the effect `({kind} {subject})`, which it does not have",
            name.text
        ),
    )
    .label("does less than it declares")
    .note("in language 0.1 `:effects` are exact")
    .help(format!(
        "take `({kind} {subject})` out of `:effects`, or leave `:effects` out: effects are inferred"
    ))
}

pub(in crate::lisp) fn no_private_workflow(name: &Name, param: &Name, ty: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        param.span,
        format!("`{}` cannot be a workflow: it takes a {ty}", name.text),
    )
    .label(format!("a {ty} is not data"))
    .help("write `:lowering inline`, or leave `:lowering` out")
}

pub(in crate::lisp) fn input_twice(span: Span, first: Span, name: &str, text: &str) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        span,
        format!("the prompt would show two inputs named `{name}`"),
    )
    .label("the same name again")
    .also(first, "first here")
    .help(format!("name one of them: `(:as other_{name} {text})`"))
}

pub(in crate::lisp) fn other_command(span: Span, name: &str, bound: &[String]) -> Diagnostic {
    Diagnostic::new(
        codes::UNBOUND_EXTERN,
        span,
        format!("these arguments are not the command `{name}`"),
    )
    .label("begins differently")
    .note(format!(
        "the project binds `{name}` to {}",
        all_of(bound.iter().map(String::as_str))
    ))
    .help("begin `:argv` with these words, or leave `:argv` out to run exactly them")
}

/// Names, or nothing to choose from.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    Some(one_of(names)).filter(|text| !text.is_empty())
}
