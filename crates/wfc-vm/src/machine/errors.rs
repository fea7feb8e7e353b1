//! The error objects that the machine itself makes, worded in one place.

use serde_json::{Value, json};
use wfc_ir::{EvalError, TypeError, Unsplit};

use super::record::Failure;
use crate::ErrorObject;

fn error(kind: &str, message: impl Into<String>, context: Value) -> ErrorObject {
    ErrorObject {
        kind: kind.to_owned(),
        message: message.into(),
        context,
    }
}

const BINDING_FAILED: &str = "Call input binding failed";

const EXPORT_FAILED: &str = "Workflow output export failed";

pub(super) fn undefined(place: &str, problem: &EvalError) -> ErrorObject {
    match problem {
        EvalError::Undefined(names) => error(
            "undefined_variables",
            format!("Undefined variables in {place}: {}", names.join(", ")),
            json!({ "undefined_vars": names }),
        ),
        other => error(
            "substitution_error",
            format!("In {place}: {other}"),
            Value::Null,
        ),
    }
}

/// A command line that cannot be split into words.
pub(super) fn unsplit(line: &str, problem: Unsplit) -> ErrorObject {
    error(
        "execution_error",
        format!("The command cannot be split into words: {problem}"),
        json!({ "command": line, "at": problem.at }),
    )
}

/// A file of consumed values that cannot be written.
pub(super) fn consume_bundle(step: &str, path: &str, message: &str) -> ErrorObject {
    error(
        "contract_violation",
        "Consume contract failed",
        json!({
            "step": step,
            "reason": "consume_bundle_write_failed",
            "path": path,
            "error": message,
        }),
    )
}

pub(super) fn predicate(problem: &EvalError) -> ErrorObject {
    error(
        "predicate_evaluation_failed",
        format!("Condition evaluation failed: {problem}"),
        Value::Null,
    )
}

pub(super) fn assertion(test: &wfc_ir::Expr) -> ErrorObject {
    error(
        "assert_failed",
        "Assertion failed",
        json!({ "assert": test }),
    )
}

pub(super) fn cycle_guard(step: &str, guard: &str, limit: u64, observed: u64) -> ErrorObject {
    error(
        "cycle_guard_exceeded",
        format!("Cycle guard '{guard}' exceeded for step '{step}'"),
        json!({ "step": step, "guard": guard, "limit": limit, "observed": observed }),
    )
}

pub(super) fn idle_circle(step: &str, jumps: u64) -> ErrorObject {
    error(
        "cycle_guard_exceeded",
        format!(
            "Step '{step}' was come to by the last of {jumps} jumps between which nothing was run; \
             the steps lead in a circle, which `max_visits` would end"
        ),
        json!({ "step": step, "guard": "idle_jumps", "observed": jumps }),
    )
}

pub(super) fn consume(
    step: &str,
    artifact: &str,
    reason: &str,
    versions: Option<(u64, u64)>,
) -> ErrorObject {
    let mut context = json!({ "step": step, "artifact": artifact, "reason": reason });
    if let Some((selected, last)) = versions {
        context["selected_version"] = json!(selected);
        context["last_consumed_version"] = json!(last);
    }
    error("contract_violation", "Consume contract failed", context)
}

pub(super) fn publish(step: &str, artifact: &str, from: &str, reason: &str) -> ErrorObject {
    error(
        "contract_violation",
        "Publish contract failed",
        json!({ "step": step, "artifact": artifact, "from": from, "reason": reason }),
    )
}

pub(super) fn violation(message: &str, scope: &str, errors: &[TypeError]) -> ErrorObject {
    let violations: Vec<Value> = errors
        .iter()
        .map(|e| json!({ "type": e.rule, "message": e.to_string(), "context": { "at": e.at } }))
        .collect();
    error(
        "contract_violation",
        message,
        json!({ "scope": scope, "violations": violations }),
    )
}

/// Bookkeeping with an artifact that has no version yet.
pub(super) fn unpublished(artifact: &str) -> ErrorObject {
    error(
        "contract_violation",
        "Scalar bookkeeping failed",
        json!({ "artifact": artifact, "reason": "no_published_versions" }),
    )
}

/// A result that cannot be computed.
pub(super) fn export_unresolved(output: Option<&str>, problem: &EvalError) -> ErrorObject {
    let mut error = unresolved(EXPORT_FAILED, "workflow_outputs", problem);
    error.context["output"] = json!(output);
    error
}

/// A result that does not fit its type.
pub(super) fn export_invalid(result: &Value, errors: &[TypeError]) -> ErrorObject {
    let mut error = violation(EXPORT_FAILED, "workflow_outputs", errors);
    error.context["reason"] = json!("invalid_export_value");
    name_part(&mut error, "output", result, errors);
    error
}

/// An input of a call that cannot be computed.
pub(super) fn binding_unresolved(step: &str, input: &str, problem: &EvalError) -> ErrorObject {
    let mut error = unresolved(BINDING_FAILED, "call_inputs", problem);
    error.context["step"] = json!(step);
    error.context["input"] = json!(input);
    error
}

/// An input of a call that does not fit its type.
pub(super) fn binding_invalid(step: &str, inputs: &Value, errors: &[TypeError]) -> ErrorObject {
    let mut error = violation(BINDING_FAILED, "call_inputs", errors);
    error.context["reason"] = json!("invalid_value");
    error.context["step"] = json!(step);
    name_part(&mut error, "input", inputs, errors);
    error
}

/// Names the field of a record that the first finding is about.
fn name_part(error: &mut ErrorObject, key: &str, record: &Value, errors: &[TypeError]) {
    let name = errors.first().and_then(|e| e.at.split(['.', '[']).next());
    error.context[key] = json!(name);
    error.context["value"] = json!(name.and_then(|name| record.get(name)));
}

pub(super) fn unresolved(message: &str, scope: &str, problem: &EvalError) -> ErrorObject {
    error(
        "contract_violation",
        message,
        json!({ "scope": scope, "reason": "unresolved_source", "error": problem.to_string() }),
    )
}

pub(super) fn unknown_provider(name: &str, known: &[&str]) -> ErrorObject {
    error(
        "provider_not_found",
        format!(
            "Provider '{name}' is not defined; this workflow defines {}",
            known.join(", ")
        ),
        json!({ "provider": name }),
    )
}

/// A host asks before it begins whether a plan can be run.
pub(super) fn not_supported(construct: &str) -> ErrorObject {
    error(
        "not_supported",
        format!("this version does not run `{construct}`"),
        json!({ "construct": construct }),
    )
}

pub(super) fn missing_placeholders(names: &[String]) -> ErrorObject {
    error(
        "validation_error",
        format!("Missing placeholders: {}", names.join(", ")),
        json!({ "missing_placeholders": names }),
    )
}

pub(super) fn call_failed(
    step: &str,
    call: &str,
    frame_id: &str,
    file: &str,
    child: Option<&ErrorObject>,
) -> ErrorObject {
    error(
        "call_failed",
        format!("Called workflow '{file}' failed in step '{step}'"),
        json!({ "call": call, "call_frame_id": frame_id, "workflow_file": file, "error": child }),
    )
}

pub(super) fn loop_body(iteration: u64, failure: &Failure) -> ErrorObject {
    error(
        "repeat_until_body_step_failed",
        format!("Step '{}' failed in iteration {iteration}", failure.step),
        json!({ "iteration": iteration, "step": failure.step, "error": failure.error }),
    )
}

pub(super) fn exhausted(max: u64) -> ErrorObject {
    error(
        "repeat_until_iterations_exhausted",
        format!("The condition did not hold within {max} iterations"),
        json!({ "max_iterations": max, "last_iteration": max.saturating_sub(1) }),
    )
}

pub(super) fn loop_bound(value: &Value) -> ErrorObject {
    error(
        "validation_error",
        format!("The bound of a loop must be a positive integer, found {value}"),
        Value::Null,
    )
}

pub(super) fn no_list(value: &Value) -> ErrorObject {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    };
    error(
        "validation_error",
        format!("The items of a loop must be a list, found a value of type {kind}"),
        json!({ "resolved_type": kind }),
    )
}

pub(super) fn wait_timeout(wait: &wfc_ir::Wait, found: usize) -> ErrorObject {
    let seconds = crate::seconds(wait.timeout_sec);
    error(
        "timeout",
        format!("Wait timed out after {seconds} seconds"),
        json!({
            "timeout_sec": seconds,
            "files_found": found,
            "min_count_required": wait.min_count,
        }),
    )
}

pub(super) fn no_case(word: &Value) -> ErrorObject {
    error(
        "predicate_evaluation_failed",
        format!("No case covers {word}"),
        Value::Null,
    )
}

/// A value whose source has no value.
pub(super) fn no_source(name: &str, input: Option<&str>, problem: &EvalError) -> ErrorObject {
    match input {
        Some(input) => error(
            "materialize_source_unknown",
            format!("The input '{input}' has no value"),
            json!({ "name": name, "input": input }),
        ),
        None => ref_unresolved(name, problem),
    }
}

/// A reference without a value.
pub(super) fn ref_unresolved(name: &str, problem: &EvalError) -> ErrorObject {
    error(
        "materialize_ref_unresolved",
        format!("The source of '{name}' has no value"),
        json!({ "name": name, "error": problem.to_string() }),
    )
}

/// Values that do not fit their types. The first of them names the error.
pub(super) fn materialized(record: &Value, errors: &[TypeError]) -> ErrorObject {
    let kind = match errors.first().map(|first| first.rule.as_str()) {
        Some("missing_target") => "target_missing",
        Some("path_escape" | "outside_under_root" | "invalid_under_root") => "unsafe_path",
        _ => "contract_violation",
    };
    let violations: Vec<Value> = errors
        .iter()
        .map(|e| {
            let value =
                e.at.split(['.', '['])
                    .next()
                    .and_then(|name| record.get(name));
            let context = json!({ "name": e.at, "value": value });
            json!({ "type": e.rule, "message": e.to_string(), "context": context })
        })
        .collect();
    error(
        kind,
        "Materialized value failed contract validation",
        json!({ "violations": violations }),
    )
}

/// A file of a materialized value that cannot be written.
pub(super) fn not_written(name: &str, problem: &crate::FilesError) -> ErrorObject {
    let kind = match problem.unsafe_path {
        true => "unsafe_path",
        false => "atomic_commit_failed",
    };
    error(
        kind,
        format!("'{}' cannot be written: {}", problem.path, problem.message),
        json!({ "name": name, "path": problem.path, "error": problem.message }),
    )
}

pub(super) fn variant_unavailable(producer: &str, required: &str, found: &Value) -> ErrorObject {
    error(
        "variant_unavailable",
        format!("The step needs the variant {required} of '{producer}', which gave {found}"),
        json!({
            "producer_step": producer,
            "required_variant": required,
            "selected_variant": found,
        }),
    )
}

pub(super) fn candidate_no_path(word: &str, found: &Value) -> ErrorObject {
    error(
        "snapshot_candidate_unsafe_path",
        format!("The candidate '{word}' must be a path, found {found}"),
        json!({ "candidate": word }),
    )
}

pub(super) fn snapshot_missing(why: &str) -> ErrorObject {
    error(
        "snapshot_state_missing",
        format!("There is no snapshot to compare with: {why}"),
        Value::Null,
    )
}

pub(super) fn host(path: &str, message: &str) -> ErrorObject {
    error("path_safety_error", message, json!({ "path": path }))
}

pub(super) fn finalization_failed(failure: &Failure) -> ErrorObject {
    error(
        "finalization_failed",
        format!("Cleanup step '{}' failed", failure.step),
        json!({ "step": failure.step, "step_id": failure.step_id, "error": failure.error }),
    )
}
