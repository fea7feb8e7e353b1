//! Numbers, and what is equal.

use std::cmp::Ordering;

use super::EvalError;
use crate::Value;

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        _ => a == b,
    }
}

pub(super) fn order(a: &Value, b: &Value) -> Result<Ordering, EvalError> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Ok(a.cmp(&b));
    }
    number(a)?
        .partial_cmp(&number(b)?)
        .ok_or_else(|| EvalError::Type("numbers that have no order".to_owned()))
}

pub(super) fn number(value: &Value) -> Result<f64, EvalError> {
    value.as_f64().ok_or_else(|| {
        EvalError::Type(format!(
            "expected a number, found {}",
            crate::types::shown(value)
        ))
    })
}

pub(super) fn fold(
    values: &[Value],
    name: &'static str,
    int: impl Fn(i64, i64) -> Option<i64>,
    float: impl Fn(f64, f64) -> f64,
) -> Result<Value, EvalError> {
    let Some((first, rest)) = values.split_first() else {
        return Err(EvalError::Type(format!("`{name}` without operands")));
    };
    number(first)?;
    let mut total = first.clone();
    for value in rest {
        total = match (total.as_i64(), value.as_i64()) {
            (Some(a), Some(b)) => int(a, b).ok_or(EvalError::Overflow(name))?.into(),
            _ => {
                let result = float(number(&total)?, number(value)?);
                serde_json::Number::from_f64(result)
                    .map(Value::Number)
                    .ok_or(EvalError::Overflow(name))?
            }
        };
    }
    Ok(total)
}

/// A number as an integer, by the way in which `whole` drops its fraction.
pub(super) fn to_int(
    value: &Value,
    name: &'static str,
    whole: impl Fn(f64) -> f64,
) -> Result<Value, EvalError> {
    if value.is_i64() {
        return Ok(value.clone());
    }
    let found = whole(number(value)?);
    // 2^63 is the first float beyond; its negative is the last one within.
    let limit = 9_223_372_036_854_775_808.0;
    if (-limit..limit).contains(&found) {
        Ok(Value::from(found as i64))
    } else {
        Err(EvalError::Overflow(name))
    }
}

/// An integer as a float.
pub(super) fn to_float(value: &Value) -> Result<Value, EvalError> {
    number(value).map(Value::from)
}

/// The integer that a text shows.
pub(super) fn parse_int(text: &str) -> Value {
    text.trim().parse::<i64>().map_or(Value::Null, Value::from)
}

/// The finite number that a text shows.
pub(super) fn parse_float(text: &str) -> Value {
    let found = text.trim().parse::<f64>().ok();
    found.map_or(Value::Null, Value::from)
}
