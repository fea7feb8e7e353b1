//! Who reads what a step prints.

use serde_json::Value;
use wfc_ir::Node;

/// Does a part of a plan read the standard output of `node`?
pub(super) fn reads_output(part: &Value, node: &Node) -> bool {
    let mut rest = vec![part];
    while let Some(part) = rest.pop() {
        match part {
            Value::Array(items) => rest.extend(items),
            Value::Object(map) => {
                if map.get("op") == Some(&Value::from("step")) && is_read(map, node) {
                    return true;
                }
                rest.extend(map.values());
            }
            _ => {}
        }
    }
    false
}

fn is_read(expr: &serde_json::Map<String, Value>, node: &Node) -> bool {
    let text = |map: &serde_json::Map<String, Value>, key: &str| {
        map.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let prints = |field: &str| matches!(field, "output" | "lines" | "json" | "whole");
    match text(expr, "field").as_str() {
        // Any step of the iterations may be meant by the whole of them.
        "iteration" => {
            let read = expr.get("read").and_then(Value::as_object);
            text(expr, "name") == node.name && read.is_some_and(|read| prints(&text(read, "field")))
        }
        "whole" => true,
        field => text(expr, "step") == node.id.as_str() && prints(field),
    }
}
