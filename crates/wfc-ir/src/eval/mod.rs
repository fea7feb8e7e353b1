//! The one evaluator of pure expressions, used by the constant folder, by the
//! checker and by the machine.

mod lists;
mod numbers;
mod prims;
mod texts;

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

/// The environment of a closed expression: it is asked nothing.
#[derive(Clone, Copy, Debug)]
pub struct Closed;

impl Env for Closed {
    fn input(&self, _: &str) -> Option<Value> {
        None
    }
    fn context(&self, _: &str) -> Option<String> {
        None
    }
    fn run(&self, _: RunField) -> Option<String> {
        None
    }
    fn step(&self, _: &StepId, _: &StepField) -> Option<Value> {
        None
    }
    fn loop_state(&self, _: &StepId) -> Option<Value> {
        None
    }
    fn loop_index(&self, _: &StepId) -> Option<u64> {
        None
    }
    fn item(&self, _: &StepId) -> Option<Value> {
        None
    }
    fn loop_total(&self, _: &StepId) -> Option<u64> {
        None
    }
    fn out(&self) -> Option<Value> {
        None
    }
    fn artifact(&self, _: &str) -> Option<Value> {
        None
    }
    fn consumed(&self, _: &str) -> Option<Value> {
        None
    }
    fn probe(&self, _: usize) -> Option<bool> {
        None
    }
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

/// A name inside an expression, and those around it.
struct Local<'a> {
    name: &'a str,
    value: &'a Value,
    outer: Locals<'a>,
}

/// The innermost name.
type Locals<'a> = Option<&'a Local<'a>>;

/// What names mean at one point of an expression.
#[derive(Clone, Copy)]
struct Names<'a> {
    env: &'a dyn Env,
    locals: Locals<'a>,
}

impl Names<'_> {
    fn local(&self, name: &str) -> Option<Value> {
        let mut next = self.locals;
        while let Some(local) = next {
            if local.name == name {
                return Some(local.value.clone());
            }
            next = local.outer;
        }
        None
    }
}

/// The value of `expr` in `env`.
pub fn eval(expr: &Expr, env: &dyn Env) -> Result<Value, EvalError> {
    eval_in(expr, Names { env, locals: None })
}

fn eval_in(expr: &Expr, names: Names<'_>) -> Result<Value, EvalError> {
    let env = names.env;
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
        Expr::Get { base, field } => match eval_in(base, names)? {
            Value::Object(mut map) => map
                .swap_remove(field.as_str())
                .ok_or_else(|| missing(field.clone())),
            Value::Null => Err(missing(field.clone())),
            other => Err(EvalError::Type(format!(
                "`{field}` of a value that is no object: {}",
                crate::types::shown(&other)
            ))),
        },
        Expr::Record { fields } => object(None, fields, names),
        Expr::Variant { tag, fields } => object(Some(tag), fields, names),
        Expr::List { items } => items
            .iter()
            .map(|item| eval_in(item, names))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Expr::Text { parts } => text_in(parts, names).map(Value::String),
        Expr::If {
            cond,
            then,
            otherwise,
        } => {
            if truth(&eval_in(cond, names)?)? {
                eval_in(then, names)
            } else {
                eval_in(otherwise, names)
            }
        }
        Expr::Match {
            subject,
            arms,
            default,
        } => {
            let word = eval_in(subject, names)?;
            let arm = word.as_str().and_then(|word| arms.get(word));
            match (arm, default) {
                (Some(arm), _) => eval_in(arm, names),
                (None, Some(default)) => eval_in(default, names),
                (None, None) => Err(EvalError::Type(format!(
                    "no case for {}",
                    crate::types::shown(&word)
                ))),
            }
        }
        Expr::Prim { prim, args } => primitive(*prim, args, names),
        Expr::Local { name } => names.local(name).ok_or_else(|| missing(name.clone())),
        Expr::Let { bound, body } => bind(bound, body, names),
        Expr::Map { list, item, body } => {
            let list = eval_in(list, names)?;
            let results = lists::items(&list)?.iter().map(|value| {
                let local = Local {
                    name: item,
                    value,
                    outer: names.locals,
                };
                let locals = Some(&local);
                eval_in(body, Names { env, locals })
            });
            results.collect::<Result<_, _>>().map(Value::Array)
        }
    }
}

/// The value of `body` where the values of `bound` have their names.
fn bind(
    bound: &indexmap::IndexMap<String, Expr>,
    body: &Expr,
    names: Names<'_>,
) -> Result<Value, EvalError> {
    fn go(
        mut rest: indexmap::map::Iter<'_, String, Expr>,
        body: &Expr,
        names: Names<'_>,
    ) -> Result<Value, EvalError> {
        let Some((name, value)) = rest.next() else {
            return eval_in(body, names);
        };
        let value = eval_in(value, names)?;
        let local = Local {
            name,
            value: &value,
            outer: names.locals,
        };
        let env = names.env;
        let locals = Some(&local);
        go(rest, body, Names { env, locals })
    }
    go(bound.iter(), body, names)
}

/// The truth of a condition.
pub fn eval_cond(cond: &Cond, env: &dyn Env) -> Result<bool, EvalError> {
    truth(&eval(&cond.test, env)?)
}

/// The text of an expression, as a template shows it. All undefined names of
/// a template are reported together.
pub fn eval_text(expr: &Expr, env: &dyn Env) -> Result<String, EvalError> {
    shown_in(expr, Names { env, locals: None })
}

fn shown_in(expr: &Expr, names: Names<'_>) -> Result<String, EvalError> {
    match expr {
        Expr::Text { parts } => text_in(parts, names),
        expr => eval_in(expr, names).map(|value| to_text(&value)),
    }
}

fn text_in(parts: &[TextPart], names: Names<'_>) -> Result<String, EvalError> {
    let mut text = String::new();
    let mut undefined: Vec<String> = Vec::new();
    for part in parts {
        match part {
            TextPart::Text(literal) => text.push_str(literal),
            TextPart::Hole { name, value } => match eval_in(value, names) {
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
    names: Names<'_>,
) -> Result<Value, EvalError> {
    let mut map = serde_json::Map::new();
    if let Some(tag) = tag {
        map.insert(VARIANT_KEY.to_owned(), json!(tag));
    }
    for (key, value) in fields {
        map.insert(key.clone(), eval_in(value, names)?);
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
        StepField::Iteration { index, name, read } => {
            format!("[{index}].{name}.{}", field_name(read))
        }
    }
}

fn primitive(prim: Prim, args: &[Expr], names: Names<'_>) -> Result<Value, EvalError> {
    // Short-circuiting and undefined-tolerant operations see their operands
    // unevaluated.
    match prim {
        Prim::And => {
            for arg in args {
                if !truth(&eval_in(arg, names)?)? {
                    return Ok(json!(false));
                }
            }
            return Ok(json!(true));
        }
        Prim::Or => {
            for arg in args {
                if truth(&eval_in(arg, names)?)? {
                    return Ok(json!(true));
                }
            }
            return Ok(json!(false));
        }
        Prim::TextEq => {
            let mut texts = Vec::with_capacity(args.len());
            for arg in args {
                match shown_in(arg, names) {
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
        .map(|arg| eval_in(arg, names))
        .collect::<Result<Vec<_>, _>>()?;
    prims::apply(prim, &values)
}
