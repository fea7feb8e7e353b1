//! The contexts that workflows of the language 0.1 need not be given: those of
//! a run and of a phase have a value of their own.

use wfc_ir::Value;
use wfc_syntax::lisp::Datum;

use super::types::{Ty, Types};

/// The value of a parameter that is a context and has no default.
pub(super) fn default(types: &Types, ty: &Ty, param: &str, body: Option<&Datum>) -> Option<Value> {
    let Ty::Named(id) = ty else {
        return None;
    };
    match types.def(*id).name.text.as_str() {
        "RunCtx" => value(types, ty, None),
        "PhaseCtx" => {
            let phase = body.and_then(|body| phase_of(body, param));
            value(types, ty, Some(phase.unwrap_or(param)))
        }
        _ => None,
    }
}

fn value(types: &Types, ty: &Ty, phase: Option<&str>) -> Option<Value> {
    let Ty::Named(id) = ty else {
        return None;
    };
    let within = |root: &str| match phase {
        Some(phase) => format!("{root}/{phase}"),
        None => root.to_owned(),
    };
    let mut fields = serde_json::Map::new();
    for field in types.fields(*id)? {
        let name = field.name.text.as_str();
        let value = match name {
            "run-id" => Value::from("run"),
            "state-root" => Value::from(within("state")),
            // Its targets are under `artifacts/work` and `artifacts/review`.
            "artifact-root" if phase.is_some() => Value::from("artifacts/work"),
            "artifact-root" => Value::from("artifacts"),
            "phase-name" => Value::from(phase?),
            // A phase has a run; what a run has is no other one.
            "run" if phase.is_some() => value(types, &field.ty, None)?,
            _ => return None,
        };
        fields.insert(name.to_owned(), value);
    }
    Some(Value::Object(fields))
}

/// The phase that a body enters with a context: `(with-phase ctx name …)`.
fn phase_of<'d>(body: &'d Datum, ctx: &str) -> Option<&'d str> {
    let mut open = vec![body];
    while let Some(datum) = open.pop() {
        let members = datum.as_list().unwrap_or_default();
        if let [head, first, name, ..] = members
            && head.as_symbol() == Some("with-phase")
            && first.as_symbol() == Some(ctx)
        {
            return name.as_symbol();
        }
        open.extend(members);
    }
    None
}
