//! Binding the inputs of a workflow.

use serde_json::Value;
use wfc_ir::{Field, Files, Param, Type, TypeError};

/// The record type that bound inputs must fit: every input that is bound or
/// must be.
pub(crate) fn bound_type(params: &[Param], values: &serde_json::Map<String, Value>) -> Type {
    Type::record(
        params
            .iter()
            .filter(|p| values.contains_key(&p.name) || p.required)
            .map(|p| Field {
                name: p.name.clone(),
                ty: p.ty.clone(),
            })
            .collect(),
    )
}

/// Binds what a caller gives to the inputs of the entry workflow: fills in
/// defaults and holds every value against its type.
///
/// # Errors
/// Everything that is wrong: unknown, missing and ill-typed inputs.
pub fn bind_inputs(
    params: &[Param],
    given: serde_json::Map<String, Value>,
    files: &dyn Files,
) -> Result<serde_json::Map<String, Value>, Vec<TypeError>> {
    let mut values = given;
    for param in params {
        if let Some(default) = &param.default
            && !values.contains_key(&param.name)
        {
            values.insert(param.name.clone(), default.clone());
        }
    }
    match bound_type(params, &values).check(&Value::Object(values), files)? {
        Value::Object(bound) => Ok(bound),
        _ => Ok(serde_json::Map::new()),
    }
}
