//! Lists and maps.

use serde_json::{Map, json};

use super::{EvalError, numbers, texts};
use crate::Value;

fn expected(what: &str, value: &Value) -> EvalError {
    let shown = crate::types::shown(value);
    EvalError::Type(format!("expected {what}, found {shown}"))
}

/// The items of a list.
pub(super) fn items(value: &Value) -> Result<&[Value], EvalError> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(expected("a list", other)),
    }
}

/// The entries of a map.
pub(super) fn entries(value: &Value) -> Result<&Map<String, Value>, EvalError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(expected("a map", other)),
    }
}

/// How much there is of it.
pub(super) fn length(value: &Value) -> Result<usize, EvalError> {
    match value {
        Value::String(text) => Ok(text.chars().count()),
        Value::Array(items) => Ok(items.len()),
        Value::Object(map) => Ok(map.len()),
        other => Err(expected("a text, a list or a map", other)),
    }
}

/// What may be missing.
pub(super) fn or_null(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or(Value::Null)
}

/// The list without its first item.
pub(super) fn rest(list: &Value) -> Result<Value, EvalError> {
    let rest = items(list)?.get(1..).unwrap_or_default();
    Ok(Value::Array(rest.to_vec()))
}

/// The list with one more item.
pub(super) fn append(list: &Value, item: &Value) -> Result<Value, EvalError> {
    let mut all = items(list)?.to_vec();
    all.push(item.clone());
    Ok(Value::Array(all))
}

/// The lists of a list as one.
pub(super) fn flatten(lists: &Value) -> Result<Value, EvalError> {
    let mut all = Vec::new();
    for list in items(lists)? {
        all.extend_from_slice(items(list)?);
    }
    Ok(Value::Array(all))
}

/// The list from its end to its start.
pub(super) fn reverse(list: &Value) -> Result<Value, EvalError> {
    Ok(Value::Array(items(list)?.iter().rev().cloned().collect()))
}

/// The item at a place.
pub(super) fn at(list: &Value, place: &Value) -> Result<Value, EvalError> {
    let items = items(list)?;
    let place = place.as_u64().and_then(|place| usize::try_from(place).ok());
    Ok(or_null(place.and_then(|place| items.get(place))))
}

/// Is the value an item of the list?
pub(super) fn member(list: &Value, item: &Value) -> Result<Value, EvalError> {
    let found = items(list)?.iter().any(|each| numbers::equal(each, item));
    Ok(json!(found))
}

/// A map of keys and values in turn.
pub(super) fn map_of(values: &[Value]) -> Result<Value, EvalError> {
    let mut map = Map::new();
    for pair in values.chunks(2) {
        if let [key, value] = pair {
            map.insert(texts::text(key)?.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(map))
}

/// The map with a value for a key.
pub(super) fn put(map: &Value, key: &Value, value: &Value) -> Result<Value, EvalError> {
    let mut map = entries(map)?.clone();
    map.insert(texts::text(key)?.to_owned(), value.clone());
    Ok(Value::Object(map))
}

/// The map without a key.
pub(super) fn remove(map: &Value, key: &Value) -> Result<Value, EvalError> {
    let mut map = entries(map)?.clone();
    map.shift_remove(texts::text(key)?);
    Ok(Value::Object(map))
}
