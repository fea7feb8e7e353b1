//! Sessions, adjudication, managed jobs.

use wfc_diag::{Diagnostic, Span, codes};

use super::{bad_value, error};

pub(crate) fn session_id_misplaced(span: Span) -> Diagnostic {
    bad_value(
        span,
        "`${SESSION_ID}` has a value only in `resume_command`",
        "there is no session yet",
    )
    .help("remove it")
}

pub(crate) fn session_id_missing(span: Span) -> Diagnostic {
    bad_value(
        span,
        "`resume_command` must say where the id of the session goes",
        "no `${SESSION_ID}` in it",
    )
    .help("put `${SESSION_ID}` where the program expects the id")
}

pub(crate) fn session_id_again(span: Span, first: Span) -> Diagnostic {
    bad_value(
        span,
        "`resume_command` names `${SESSION_ID}` more than once",
        "a second time",
    )
    .also(first, "first here")
}

pub(crate) fn no_retries(span: Span, key: (Span, &str)) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        span,
        format!("a step with `{}` is never tried again by itself", key.1),
    )
    .label("excluded")
    .also(key.0, format!("by `{}`", key.1))
    .help("remove `retries`")
}

pub(crate) fn two_routes(on: Span, managed: Span) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        on,
        "where a step with `managed_jobs` leads is said in `managed_jobs`",
    )
    .label("a second `on`")
    .also(managed, "its own `on` decides")
    .help("move the targets to `complete`, `failed` and `invalid` of `managed_jobs.on`")
}

pub(crate) fn budget_over_timeout(span: Span, timeout: Span) -> Diagnostic {
    bad_value(
        span,
        "`poll_budget_sec` cannot be more than `timeout_sec`",
        "longer than the step may run",
    )
    .also(timeout, "the limit of the step")
}

pub(crate) fn not_fixed(span: Span, what: &str) -> Diagnostic {
    bad_value(
        span,
        format!("{what} must be known when the workflow is compiled"),
        "only known when it runs",
    )
    .help("write it out")
}

pub(crate) fn no_contract_to_judge(span: Span) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        "what candidates write is judged by a contract, and the step has none",
    )
    .label("no contract")
    .help("add `expected_outputs`, `output_bundle` or `variant_output` to the step")
}

pub(crate) fn candidates_without_prompt(span: Span, missing: &[Span]) -> Diagnostic {
    let found = error(
        codes::MISSING_KEY,
        span,
        "the step has no prompt, and not every candidate has one",
    )
    .label("no prompt for all")
    .help("add `input_file` or `asset_file` to the step");
    missing.iter().fold(found, |found, candidate| {
        found.also(*candidate, "has no prompt of its own")
    })
}

pub(crate) fn of_all_candidates(span: Span, key: &str) -> Diagnostic {
    error(
        codes::PLACEMENT,
        span,
        format!("a candidate cannot have `{key}`"),
    )
    .label("the same for all candidates")
    .help("move it to the step")
}

pub(crate) fn evaluator_without_prompt(span: Span) -> Diagnostic {
    error(codes::MISSING_KEY, span, "an evaluator needs a prompt")
        .label("no `input_file` and no `asset_file`")
}

pub(crate) fn packet_below_item(span: Span, item: u64, packet: u64) -> Diagnostic {
    bad_value(
        span,
        format!("a packet of {packet} bytes cannot hold an item of {item} bytes"),
        "too small",
    )
    .help("`max_packet_bytes` must be at least `max_item_bytes`")
}

pub(crate) fn managed_without_job(span: Span) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        "a managed entry must say what is known of its job",
    )
    .label("neither `job` nor `extractor`")
    .help("add `job`, name an `extractor`, or use `mode: unmanaged`")
}

pub(crate) fn hole_without_end(span: Span) -> Diagnostic {
    bad_value(span, "a hole does not end", "no `}` behind it")
}

pub(crate) fn policy_not_found(span: Span, path: &str) -> Diagnostic {
    error(
        codes::POLICY_NOT_FOUND,
        span,
        format!("there is no policy `{path}` yet"),
    )
    .label("not found")
    .note("what is a job is checked, and becomes part of the plan, when the workflow is compiled")
}

pub(crate) fn session_of_import(span: Span) -> Diagnostic {
    error(
        codes::PLACEMENT,
        span,
        "a workflow that is called cannot take part in a session",
    )
    .label("in an imported workflow")
    .help("only steps of the workflow that is run have `provider_session`")
}

pub(crate) fn no_sessions(span: Span, provider: &str, declared: Option<Span>) -> Diagnostic {
    let found = error(
        codes::NO_SESSIONS,
        span,
        format!("the provider `{provider}` has no sessions"),
    )
    .label("cannot begin or go on with one");
    match declared {
        Some(declared) => found
            .also(declared, "has no `session_support`")
            .help("add `session_support` to the template"),
        None => found.help(format!(
            "declare a provider `{provider}` with `session_support` in this file"
        )),
    }
}

pub(crate) fn cannot_resume(span: Span, provider: &str, declared: Span) -> Diagnostic {
    error(
        codes::NO_SESSIONS,
        span,
        format!("the provider `{provider}` cannot go on with a session"),
    )
    .label("resumes one")
    .also(declared, "its `session_support` has no `resume_command`")
    .help("add a `resume_command` with `${SESSION_ID}` in it")
}

pub(crate) fn session_artifact_taken(span: Span, name: &str, other: Span) -> Diagnostic {
    error(
        codes::DUPLICATE_NAME,
        span,
        format!("`{name}` is also something else that the step yields"),
    )
    .label("gets the id of the session")
    .also(other, "the other one")
    .help("give the id of the session an artifact of its own")
}

pub(crate) fn stale_session(span: Span) -> Diagnostic {
    bad_value(
        span,
        "the id of a session is consumed with `freshness: any`",
        "asks for a newer one",
    )
    .help("remove `freshness`: a session may be resumed many times")
}

pub(crate) fn session_id_shown(span: Span, name: &str) -> Diagnostic {
    bad_value(
        span,
        format!("`{name}` is the id of the session, which is not shown to the agent"),
        "not for the agent",
    )
    .help("remove it")
}

pub(crate) fn empty_session_bundle(span: Span) -> Diagnostic {
    bad_value(
        span,
        "the bundle would be empty: the id of a session is not written into it",
        "nothing to write",
    )
    .help("consume something else, or remove `consume_bundle`")
}

pub(crate) fn parent_run(span: Span) -> Diagnostic {
    bad_value(
        span,
        "candidates work in copies of the workspace, and cannot share a path of the run",
        "lies in the run directory",
    )
    .help("write a path of the workspace")
}

pub(crate) fn ledger_elsewhere(span: Span) -> Diagnostic {
    error(
        codes::UNSAFE_PATH,
        span,
        "`score_ledger_path` must lie under `artifacts/`",
    )
    .label("outside `artifacts/`")
}

pub(crate) fn ledger_taken(span: Span, path: &str, other: Span) -> Diagnostic {
    error(
        codes::DUPLICATE_NAME,
        span,
        format!("`{path}` would hold the scores and something else"),
    )
    .label("the scores go here")
    .also(other, "and this")
}
