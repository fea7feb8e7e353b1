//! Control flow, and advice.

use wfc_diag::{Diagnostic, Span, codes};

use super::error;

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
