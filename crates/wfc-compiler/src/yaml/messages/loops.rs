//! Loops over lists, and waiting.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::{error, insert};

pub(crate) fn no_items(span: Span) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        "`for_each` does not say what to go over",
    )
    .label("`items` or `items_from` is missing here")
    .help("write the items under `items`, or take them from a step: `items_from: steps.X.lines`")
}

pub(crate) fn empty_loop(span: Span) -> Diagnostic {
    error(codes::EMPTY_LOOP, span, "the list has no items")
        .label("nothing to go over")
        .help("add items, or remove the step")
}

pub(crate) fn items_from_syntax(span: Span, text: &str) -> Diagnostic {
    let found = error(
        codes::BAD_REFERENCE,
        span,
        "`items_from` must begin with `steps.` and name a step and its output",
    )
    .label("no output of a step")
    .note("expected `steps.<step>.lines`, `steps.<step>.json` or `steps.<step>.json.<key>`");
    let bare = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    let bare = bare.unwrap_or(text);
    let words = ["root.", "self.", "parent."];
    let bare = words
        .into_iter()
        .find_map(|word| bare.strip_prefix(word))
        .unwrap_or(bare);
    match bare.starts_with("steps.") {
        true => found.help(format!("write `{bare}`")).replace(
            span,
            bare,
            format!("write `{bare}`"),
            Applicability::Unsafe,
        ),
        false => found,
    }
}

pub(crate) fn items_from_field(span: Span, step: &str, read: &str) -> Diagnostic {
    let what = match read {
        "" => "the record".to_owned(),
        read => format!("`{read}`"),
    };
    error(
        codes::BAD_REFERENCE,
        span,
        format!("{what} of step `{step}` cannot be gone over"),
    )
    .label("not `lines` or `json`")
    .help("give the step `output_capture: lines` or `json`, and read that")
}

/// An edge in a loop over a list.
pub(crate) fn ignored_edge(span: Span) -> Diagnostic {
    error(
        codes::IGNORED_EDGE,
        span,
        "an edge of a step in a `for_each` is ignored",
    )
    .label("leads nowhere")
    .note("the steps of an iteration run in their order, after a failed one too")
    .help("give the next step a `when`, or `call` a workflow for each item")
}

/// A step that is read by its name from inside a loop over a list.
pub(crate) fn other_iteration(
    span: Span,
    (name, step): (&str, Span),
    word: &str,
    exact: bool,
) -> Diagnostic {
    let found = error(
        codes::STEP_NOT_IN_SCOPE,
        span,
        format!("step `{name}` is not part of the iteration"),
    )
    .label("outside of the `for_each`")
    .also(step, "the step is here")
    .note("in a `for_each`, `steps.<name>` is a step of the same iteration")
    .help(format!("write `{word}.steps.{name}`"));
    // `steps.` stands right before the name.
    match exact {
        true => {
            let at = Span {
                start: span.start.saturating_sub(6),
                ..span
            };
            found.fix(insert(at, format!("{word}."), format!("add `{word}.`")))
        }
        false => found,
    }
}

/// A step of an iteration that is read from outside.
pub(crate) fn in_iteration(span: Span, (name, step): (&str, Span), each: &str) -> Diagnostic {
    error(
        codes::STEP_NOT_IN_SCOPE,
        span,
        format!("step `{name}` cannot be seen from here"),
    )
    .label("in a `for_each`")
    .also(step, "the step is here")
    .help(format!(
        "`${{steps.{each}}}` is the list of the iterations, with all their records, as JSON"
    ))
}

pub(crate) fn no_iteration(span: Span, each: &str, items: usize, list: Span) -> Diagnostic {
    let last = items.saturating_sub(1);
    let message = match items {
        0 => format!("the `for_each` `{each}` has no iterations"),
        _ => format!("the iterations of the `for_each` `{each}` are 0 to {last}"),
    };
    error(codes::BAD_REFERENCE, span, message)
        .label("never runs")
        .also(list, "its items")
}

pub(crate) fn in_round(span: Span, looped: &str, place: Span) -> Diagnostic {
    error(
        codes::STEP_NOT_IN_SCOPE,
        span,
        format!("the iterations of `{looped}` cannot be seen from here"),
    )
    .label("an iteration of a `repeat_until`")
    .also(place, "the loop is here")
    .help(format!(
        "name the value under `outputs` of the loop, and read `${{steps.{looped}.artifacts.<name>}}`: that of the last iteration"
    ))
}

/// A step of an iteration of a `for_each` that there is not, or that cannot be
/// read from here.
pub(crate) fn no_step_of_each<'a>(
    span: Span,
    name: &str,
    (each, place): (&str, Span),
    steps: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    error(
        codes::STEP_NOT_IN_SCOPE,
        span,
        format!("this reads no step of an iteration of `{each}`"),
    )
    .label("no step that can be read here")
    .also(place, "the loop is here")
    .suggest(span, name, steps)
    .help(format!(
        "outside of the loop a text reads `${{steps.{each}[0].NAME...}}`; a `ref` cannot"
    ))
}

/// A `ref` to a step that a `goto` leads back over.
pub(crate) fn visited_again(span: Span, (name, step): (&str, Span), goto: Span) -> Diagnostic {
    error(
        codes::VISITED_AGAIN,
        span,
        format!("step `{name}` may run several times, and a `ref` does not say which"),
    )
    .label("of which visit?")
    .also(step, "the step is here")
    .also(goto, "this leads back")
    .help("publish the value and read the artifact, or write `version: \"3.0\"`, where a `ref` reads the last visit")
}

/// Something that a loop over a list does not have.
pub(crate) fn read_of_each(span: Span, (name, step): (&str, Span)) -> Diagnostic {
    error(
        codes::BAD_REFERENCE,
        span,
        format!("step `{name}` is a `for_each`, which has no results of its own"),
    )
    .label("not something it has")
    .also(step, "the step is here")
    .help(format!(
        "`${{steps.{name}}}` is the list of its iterations, as JSON"
    ))
}

/// Something that only a wait has.
pub(crate) fn read_of_wait(span: Span, (name, step): (&str, Span), word: &str) -> Diagnostic {
    error(
        codes::BAD_REFERENCE,
        span,
        format!("step `{name}` has no `{word}`"),
    )
    .label("only a `wait_for` has it")
    .also(step, "the step is here")
}
