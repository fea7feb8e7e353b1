//! The one evaluator of pure expressions, used by the constant folder, by the
//! checker and by the machine.

use std::cmp::Ordering;

use serde_json::json;

use crate::{Cond, Expr, Prim, RunField, StepField, StepId, TextPart, VARIANT_KEY, Value};

/// Where an expression finds the values it names. A method answers `None`
/// when there is no such value (yet); the evaluator words the error.
pub trait Env {
    /// A bound workflow input.
    fn input(&self, name: &str) -> Option<Value>;
    /// A context value.
    fn context(&self, key: &str) -> Option<String>;
    /// A fact about the run.
    fn run(&self, field: RunField) -> Option<String>;
    /// A part of a step's record.
    fn step(&self, step: &StepId, field: &StepField) -> Option<Value>;
    /// The state of an enclosing loop.
    fn loop_state(&self, step: &StepId) -> Option<Value>;
    /// The 0-based iteration of an enclosing loop.
    fn loop_index(&self, step: &StepId) -> Option<u64>;
    /// The item of an enclosing loop over a list.
    fn item(&self, step: &StepId) -> Option<Value>;
    /// How many iterations an enclosing loop has at most.
    fn loop_total(&self, step: &StepId) -> Option<u64>;
    /// The result of the loop body that has just finished.
    fn out(&self) -> Option<Value>;
    /// The newest published version of an artifact.
    fn artifact(&self, name: &str) -> Option<Value>;
    /// The consumed version of an artifact.
    fn consumed(&self, name: &str) -> Option<Value>;
    /// The recorded answer of a probe.
    fn probe(&self, index: usize) -> Option<bool>;
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// Names without a value, as authored, in order and without repeats.
    #[error("undefined: {}", .0.join(", "))]
    Undefined(Vec<String>),
    /// An operand of the wrong type.
    #[error("{0}")]
    Type(String),
    /// An integer operation left the 64-bit range.
    #[error("integer overflow in {0}")]
    Overflow(&'static str),
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
}

impl EvalError {
    fn undefined(name: impl Into<String>) -> Self {
        EvalError::Undefined(vec![name.into()])
    }
}

/// The value of `expr` in `env`.
pub fn eval(expr: &Expr, env: &dyn Env) -> Result<Value, EvalError> {
    let missing = |name: String| EvalError::undefined(name);
    match expr {
        Expr::Lit { value } => Ok(value.clone()),
        Expr::Input { name } => env
            .input(name)
            .ok_or_else(|| missing(format!("inputs.{name}"))),
        Expr::Context { key } => env
            .context(key)
            .map(Value::String)
            .ok_or_else(|| missing(format!("context.{key}"))),
        Expr::Run { field } => env
            .run(*field)
            .map(Value::String)
            .ok_or_else(|| missing(format!("run.{field:?}").to_lowercase())),
        Expr::Step { step, field } => env
            .step(step, field)
            .ok_or_else(|| missing(format!("steps.{step}.{}", field_name(field)))),
        Expr::LoopState { step } => env
            .loop_state(step)
            .ok_or_else(|| missing(format!("state of loop {step}"))),
        Expr::LoopIndex { step } => env
            .loop_index(step)
            .map(Value::from)
            .ok_or_else(|| missing("loop.index".to_owned())),
        Expr::Item { step } => env.item(step).ok_or_else(|| missing("item".to_owned())),
        Expr::LoopTotal { step } => env
            .loop_total(step)
            .map(Value::from)
            .ok_or_else(|| missing("loop.total".to_owned())),
        Expr::Out => env.out().ok_or_else(|| missing("self.outputs".to_owned())),
        Expr::Artifact { name } => env
            .artifact(name)
            .ok_or_else(|| missing(format!("artifact {name}"))),
        Expr::Consumed { name } => env
            .consumed(name)
            .ok_or_else(|| missing(format!("consumed artifact {name}"))),
        Expr::Probe { index } => env
            .probe(*index)
            .map(Value::Bool)
            .ok_or_else(|| missing(format!("probe {index}"))),
        Expr::Get { base, field } => match eval(base, env)? {
            Value::Object(mut map) => map
                .swap_remove(field.as_str())
                .ok_or_else(|| missing(field.clone())),
            Value::Null => Err(missing(field.clone())),
            other => Err(EvalError::Type(format!(
                "`{field}` of a value that is no object: {}",
                crate::types::shown(&other)
            ))),
        },
        Expr::Record { fields } => object(None, fields, env),
        Expr::Variant { tag, fields } => object(Some(tag), fields, env),
        Expr::List { items } => items
            .iter()
            .map(|item| eval(item, env))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Expr::Text { .. } => eval_text(expr, env).map(Value::String),
        Expr::If {
            cond,
            then,
            otherwise,
        } => {
            if truth(&eval(cond, env)?)? {
                eval(then, env)
            } else {
                eval(otherwise, env)
            }
        }
        Expr::Match {
            subject,
            arms,
            default,
        } => {
            let word = eval(subject, env)?;
            let arm = word.as_str().and_then(|word| arms.get(word));
            match (arm, default) {
                (Some(arm), _) => eval(arm, env),
                (None, Some(default)) => eval(default, env),
                (None, None) => Err(EvalError::Type(format!(
                    "no case for {}",
                    crate::types::shown(&word)
                ))),
            }
        }
        Expr::Prim { prim, args } => primitive(*prim, args, env),
    }
}

/// The truth of a condition.
pub fn eval_cond(cond: &Cond, env: &dyn Env) -> Result<bool, EvalError> {
    truth(&eval(&cond.test, env)?)
}

/// The text of an expression, as a template shows it. All undefined names of
/// a template are reported together.
pub fn eval_text(expr: &Expr, env: &dyn Env) -> Result<String, EvalError> {
    let Expr::Text { parts } = expr else {
        return eval(expr, env).map(|value| to_text(&value));
    };
    let mut text = String::new();
    let mut undefined: Vec<String> = Vec::new();
    for part in parts {
        match part {
            TextPart::Text(literal) => text.push_str(literal),
            TextPart::Hole { name, value } => match eval(value, env) {
                // Null counts as undefined in a template.
                Ok(Value::Null) | Err(EvalError::Undefined(_)) => {
                    if !undefined.contains(name) {
                        undefined.push(name.clone());
                    }
                }
                Ok(value) => text.push_str(&to_text(&value)),
                Err(error) => return Err(error),
            },
        }
    }
    if undefined.is_empty() {
        Ok(text)
    } else {
        Err(EvalError::Undefined(undefined))
    }
}

/// A value as a template shows it: text as it is, `true`/`false`, numbers in
/// their shortest form, anything else as JSON.
pub fn to_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

fn object(
    tag: Option<&str>,
    fields: &indexmap::IndexMap<String, Expr>,
    env: &dyn Env,
) -> Result<Value, EvalError> {
    let mut map = serde_json::Map::new();
    if let Some(tag) = tag {
        map.insert(VARIANT_KEY.to_owned(), json!(tag));
    }
    for (key, value) in fields {
        map.insert(key.clone(), eval(value, env)?);
    }
    Ok(Value::Object(map))
}

fn truth(value: &Value) -> Result<bool, EvalError> {
    value.as_bool().ok_or_else(|| {
        EvalError::Type(format!(
            "expected true or false, found {}",
            crate::types::shown(value)
        ))
    })
}

fn field_name(field: &StepField) -> String {
    match field {
        StepField::Artifact { name } => format!("artifacts.{name}"),
        StepField::Artifacts => "artifacts".to_owned(),
        StepField::Snapshot { name } => format!("snapshots.{name}"),
        StepField::ExitCode => "exit_code".to_owned(),
        StepField::Status => "status".to_owned(),
        StepField::Outcome { part } => format!("outcome.{part:?}").to_lowercase(),
        StepField::Output => "output".to_owned(),
        StepField::Lines => "lines".to_owned(),
        StepField::Json { path } if path.is_empty() => "json".to_owned(),
        StepField::Json { path } => format!("json.{}", path.join(".")),
        StepField::Wait { part } => part.word().to_owned(),
        StepField::Whole => "*".to_owned(),
    }
}

fn primitive(prim: Prim, args: &[Expr], env: &dyn Env) -> Result<Value, EvalError> {
    // Short-circuiting and undefined-tolerant operations see their operands
    // unevaluated.
    match prim {
        Prim::And => {
            for arg in args {
                if !truth(&eval(arg, env)?)? {
                    return Ok(json!(false));
                }
            }
            return Ok(json!(true));
        }
        Prim::Or => {
            for arg in args {
                if truth(&eval(arg, env)?)? {
                    return Ok(json!(true));
                }
            }
            return Ok(json!(false));
        }
        Prim::TextEq => {
            let mut texts = Vec::with_capacity(args.len());
            for arg in args {
                match eval_text(arg, env) {
                    Ok(text) => texts.push(text),
                    Err(EvalError::Undefined(_)) => return Ok(json!(false)),
                    Err(error) => return Err(error),
                }
            }
            return Ok(json!(texts.windows(2).all(|pair| pair[0] == pair[1])));
        }
        _ => {}
    }
    let values = args
        .iter()
        .map(|arg| eval(arg, env))
        .collect::<Result<Vec<_>, _>>()?;
    apply(prim, &values)
}

fn apply(prim: Prim, values: &[Value]) -> Result<Value, EvalError> {
    match (prim, values) {
        (Prim::Eq, [a, b]) => Ok(json!(equal(a, b))),
        (Prim::Ne, [a, b]) => Ok(json!(!equal(a, b))),
        (Prim::Lt, [a, b]) => Ok(json!(order(a, b)? == Ordering::Less)),
        (Prim::Le, [a, b]) => Ok(json!(order(a, b)? != Ordering::Greater)),
        (Prim::Gt, [a, b]) => Ok(json!(order(a, b)? == Ordering::Greater)),
        (Prim::Ge, [a, b]) => Ok(json!(order(a, b)? != Ordering::Less)),
        (Prim::Not, [a]) => Ok(json!(!truth(a)?)),
        (Prim::Add, _) => fold(values, "+", i64::checked_add, |a, b| a + b),
        (Prim::Sub, [_, _]) => fold(values, "-", i64::checked_sub, |a, b| a - b),
        (Prim::Mul, _) => fold(values, "*", i64::checked_mul, |a, b| a * b),
        (Prim::Div | Prim::Mod, [_, b]) if number(b)? == 0.0 => Err(EvalError::DivisionByZero),
        (Prim::Div, [_, _]) => fold(values, "/", i64::checked_div, |a, b| a / b),
        (Prim::Mod, [_, _]) => fold(values, "mod", i64::checked_rem, |a, b| a % b),
        (Prim::Min, _) => fold(values, "min", |a, b| Some(a.min(b)), f64::min),
        (Prim::Max, _) => fold(values, "max", |a, b| Some(a.max(b)), f64::max),
        (Prim::Concat, _) => values
            .iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Value::String),
        (Prim::IsEmpty, [a]) => Ok(json!(text(a)?.is_empty())),
        (Prim::IsSome, [a]) => Ok(json!(!a.is_null())),
        (Prim::OrElse, [a, b]) => Ok(if a.is_null() { b.clone() } else { a.clone() }),
        (Prim::ToText, [a]) => Ok(json!(to_text(a))),
        (Prim::ToJson, [a]) => Ok(json!(a.to_string())),
        _ => Err(EvalError::Type(format!(
            "{prim:?} cannot take {} operands",
            values.len()
        ))),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        _ => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Result<Ordering, EvalError> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Ok(a.cmp(&b));
    }
    number(a)?
        .partial_cmp(&number(b)?)
        .ok_or_else(|| EvalError::Type("numbers that have no order".to_owned()))
}

fn number(value: &Value) -> Result<f64, EvalError> {
    value.as_f64().ok_or_else(|| {
        EvalError::Type(format!(
            "expected a number, found {}",
            crate::types::shown(value)
        ))
    })
}

fn text(value: &Value) -> Result<&str, EvalError> {
    value.as_str().ok_or_else(|| {
        EvalError::Type(format!(
            "expected a string, found {}",
            crate::types::shown(value)
        ))
    })
}

fn fold(
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
