//! Primitive operations on values.

use std::cmp::Ordering;

use serde_json::json;

use super::texts::text;
use super::{EvalError, lists, numbers, texts};
use crate::{Prim, Value};

/// The result of an operation whose operands all have values.
pub(super) fn apply(prim: Prim, values: &[Value]) -> Result<Value, EvalError> {
    match (prim, values) {
        (Prim::Eq, [a, b]) => Ok(json!(numbers::equal(a, b))),
        (Prim::Ne, [a, b]) => Ok(json!(!numbers::equal(a, b))),
        (Prim::Lt, [a, b]) => Ok(json!(numbers::order(a, b)? == Ordering::Less)),
        (Prim::Le, [a, b]) => Ok(json!(numbers::order(a, b)? != Ordering::Greater)),
        (Prim::Gt, [a, b]) => Ok(json!(numbers::order(a, b)? == Ordering::Greater)),
        (Prim::Ge, [a, b]) => Ok(json!(numbers::order(a, b)? != Ordering::Less)),
        (Prim::Not, [a]) => Ok(json!(!super::truth(a)?)),
        (Prim::Add, _) => numbers::fold(values, "+", i64::checked_add, |a, b| a + b),
        (Prim::Sub, [_, _]) => numbers::fold(values, "-", i64::checked_sub, |a, b| a - b),
        (Prim::Mul, _) => numbers::fold(values, "*", i64::checked_mul, |a, b| a * b),
        (Prim::Div | Prim::Mod, [_, b]) if numbers::number(b)? == 0.0 => {
            Err(EvalError::DivisionByZero)
        }
        (Prim::Div, [_, _]) => numbers::fold(values, "/", i64::checked_div, |a, b| a / b),
        (Prim::Mod, [_, _]) => numbers::fold(values, "mod", i64::checked_rem, |a, b| a % b),
        (Prim::Min, _) => numbers::fold(values, "min", |a, b| Some(a.min(b)), f64::min),
        (Prim::Max, _) => numbers::fold(values, "max", |a, b| Some(a.max(b)), f64::max),
        (Prim::Concat, _) => values
            .iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Value::String),
        (Prim::IsEmpty, [a]) => Ok(json!(lists::length(a)? == 0)),
        (Prim::IsSome, [a]) => Ok(json!(!a.is_null())),
        (Prim::OrElse, [a, b]) => Ok(if a.is_null() { b.clone() } else { a.clone() }),
        (Prim::ToText, [a]) => Ok(json!(super::to_text(a))),
        (Prim::ToJson, [a]) => Ok(json!(a.to_string())),
        (Prim::CanonicalJson, [a]) => Ok(json!(crate::canonical_json(a))),
        (Prim::ToFloat, [a]) => numbers::to_float(a),
        (Prim::Truncate, [a]) => numbers::to_int(a, "int/from-float", f64::trunc),
        (Prim::Floor, [a]) => numbers::to_int(a, "int/floor", f64::floor),
        (Prim::Ceiling, [a]) => numbers::to_int(a, "int/ceiling", f64::ceil),
        (Prim::Round, [a]) => numbers::to_int(a, "int/round", f64::round),
        (Prim::ParseInt, [a]) => Ok(numbers::parse_int(text(a)?)),
        (Prim::ParseFloat, [a]) => Ok(numbers::parse_float(text(a)?)),
        (Prim::Join, [a, b]) => texts::join(a, b),
        (Prim::Split, [a, b]) => texts::split(a, b),
        (Prim::Length, [a]) => Ok(json!(lists::length(a)?)),
        (Prim::Contains, [a, b]) => texts::both(a, b, |a, b| a.contains(b)),
        (Prim::StartsWith, [a, b]) => texts::both(a, b, |a, b| a.starts_with(b)),
        (Prim::EndsWith, [a, b]) => texts::both(a, b, |a, b| a.ends_with(b)),
        (Prim::Trim, [a]) => Ok(json!(text(a)?.trim())),
        (Prim::Lower, [a]) => Ok(json!(text(a)?.to_lowercase())),
        (Prim::Upper, [a]) => Ok(json!(text(a)?.to_uppercase())),
        (Prim::Replace, [a, b, c]) => texts::replace(a, b, c),
        (Prim::Head, [a]) => Ok(lists::or_null(lists::items(a)?.first())),
        (Prim::Last, [a]) => Ok(lists::or_null(lists::items(a)?.last())),
        (Prim::Rest, [a]) => lists::rest(a),
        (Prim::Append, [a, b]) => lists::append(a, b),
        (Prim::Flatten, [a]) => lists::flatten(a),
        (Prim::Reverse, [a]) => lists::reverse(a),
        (Prim::At, [a, b]) => lists::at(a, b),
        (Prim::Member, [a, b]) => lists::member(a, b),
        (Prim::MapOf, _) => lists::map_of(values),
        (Prim::MapGet, [a, b]) => Ok(lists::or_null(lists::entries(a)?.get(text(b)?))),
        (Prim::MapPut, [a, b, c]) => lists::put(a, b, c),
        (Prim::MapRemove, [a, b]) => lists::remove(a, b),
        (Prim::MapHas, [a, b]) => Ok(json!(lists::entries(a)?.contains_key(text(b)?))),
        (Prim::MapKeys, [a]) => {
            let keys = lists::entries(a)?.keys().map(|key| json!(key));
            Ok(Value::Array(keys.collect()))
        }
        (Prim::MapValues, [a]) => Ok(Value::Array(lists::entries(a)?.values().cloned().collect())),
        (Prim::JoinPath, [a, b]) => texts::join_path(a, b),
        _ => Err(EvalError::Type(format!(
            "{prim:?} cannot take {} operands",
            values.len()
        ))),
    }
}
