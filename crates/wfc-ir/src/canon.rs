//! Canonical JSON and content hashes.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Value;

/// Compact JSON with the keys of every object sorted, integers exact and
/// floats in their shortest form: equal values give equal bytes.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> String {
    // Serialising our own types cannot fail: keys are strings and there are
    // no custom serialisers that refuse.
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    sorted(&value).to_string()
}

/// `sha256:<hex>` of the canonical JSON of `value`.
pub fn hash_of<T: Serialize + ?Sized>(value: &T) -> String {
    hash_bytes(canonical_json(value).as_bytes())
}

/// `sha256:<hex>` of `bytes`.
pub fn hash_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(bytes);
    let mut text = String::with_capacity(7 + 64);
    text.push_str("sha256:");
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
