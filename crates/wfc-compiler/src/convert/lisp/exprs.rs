//! Expressions of the IR as Lisp.

use std::collections::HashMap;

use wfc_ir::{
    Cond, Expr, OutcomeField, Prim, RunField, StepField, StepId, TextPart, Type, Value, WaitField,
};

use super::super::{Gaps, leaf};
use super::types::{Types, is_symbol, string};
use super::word;

/// What names stand for where an expression is written.
#[derive(Default)]
pub(super) struct Names {
    /// The inputs and their types.
    pub(super) inputs: HashMap<String, Type>,
    /// The steps and the types of their values.
    pub(super) steps: HashMap<StepId, Type>,
    /// What the value of the loop body at hand is called, and its type.
    pub(super) out: Option<(String, Type)>,
    /// The names and the types of the items of the loops around, as far as
    /// they have one.
    pub(super) items: HashMap<StepId, (String, Type)>,
    /// The loops around, outermost first.
    pub(super) rounds: Vec<StepId>,
}

pub(super) struct Writer<'a> {
    pub(super) names: &'a Names,
    pub(super) types: &'a mut Types,
    pub(super) gaps: &'a mut Gaps,
    /// What the condition at hand asks of the workspace.
    pub(super) probes: Vec<Expr>,
}

impl Writer<'_> {
    /// A condition, with what it asks of the workspace.
    pub(super) fn cond(&mut self, cond: &Cond) -> String {
        self.probes.clone_from(&cond.probes);
        self.expr(&cond.test, Some(&Type::Bool))
    }

    /// The items of a loop that goes on after a failure, and their type.
    pub(super) fn items(&mut self, items: &Expr) -> (String, Type) {
        let Expr::Lit {
            value: Value::Array(values),
        } = items
        else {
            let item = match self.type_of(items) {
                Some(Type::List { item }) => *item,
                _ => Type::Json,
            };
            return (self.expr(items, None), item);
        };
        let same = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
        let item = match () {
            () if same(Value::is_string) => Type::String,
            () if same(Value::is_i64) => Type::Int,
            () if same(Value::is_boolean) => Type::Bool,
            () => Type::Json,
        };
        let list = Type::List {
            item: Box::new(item.clone()),
        };
        let text = self.expr(items, Some(&list));
        match item {
            Type::Json => (format!("(the List[Json] {text})"), item),
            _ => (text, item),
        }
    }

    /// An expression where `want` is wanted.
    pub(super) fn expr(&mut self, expr: &Expr, want: Option<&Type>) -> String {
        match expr {
            Expr::Lit { value } => self.literal(value, want),
            Expr::Input { name } => name.clone(),
            Expr::Step {
                step,
                field: StepField::Artifacts,
            } => leaf(step).to_owned(),
            Expr::Step {
                step,
                field: StepField::Artifact { name },
            } => format!("{}.{name}", leaf(step)),
            Expr::Out => match &self.names.out {
                Some((name, _)) => name.clone(),
                None => self.gap("the value of a loop body here"),
            },
            Expr::Probe { index } => match self.probes.get(*index).cloned() {
                Some(pattern) => call("path/exists?", &[self.expr(&pattern, Some(&Type::String))]),
                None => self.gap("a question about files here"),
            },
            Expr::Get { base, field } if self.type_of(base) == Some(Type::Json) => {
                let base = self.expr(base, None);
                // A way of several keys is one form.
                match base
                    .strip_prefix("(json/get ")
                    .and_then(|b| b.strip_suffix(')'))
                {
                    Some(inner) => format!("(json/get {inner} {})", string(field)),
                    None => format!("(json/get {base} {})", string(field)),
                }
            }
            Expr::Get { base, field } => {
                let base = self.expr(base, None);
                match base.starts_with('(') {
                    true => self.gap("a field of a computed value"),
                    false => format!("{base}.{field}"),
                }
            }
            Expr::Record { fields } => {
                let fields = self.fields(fields.iter(), want.and_then(record_fields));
                match want {
                    Some(ty @ Type::Record { .. }) => {
                        let name = self.types.named(ty, "record", self.gaps);
                        format!("(record {name}{fields})")
                    }
                    _ => format!("(record{fields})"),
                }
            }
            Expr::Variant { tag, fields } => {
                let of_tag = want.and_then(|ty| match ty {
                    Type::Union { variants } => {
                        let found = variants.iter().find(|variant| variant.tag == *tag)?;
                        Some(
                            found
                                .fields
                                .iter()
                                .map(|f| (f.name.as_str(), &f.ty))
                                .collect(),
                        )
                    }
                    _ => None,
                });
                let fields = self.fields(fields.iter(), of_tag);
                match want {
                    Some(ty @ Type::Union { .. }) => {
                        let name = self.types.named(ty, "union", self.gaps);
                        format!("(variant {name} {tag}{fields})")
                    }
                    _ => format!("(variant {tag}{fields})"),
                }
            }
            Expr::List { items } => {
                let item = match want {
                    Some(Type::List { item }) => Some(item.as_ref()),
                    _ => None,
                };
                let items: Vec<String> = items.iter().map(|e| self.expr(e, item)).collect();
                call("list", &items)
            }
            Expr::Text { parts } => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| match part {
                        TextPart::Text(text) => string(text),
                        TextPart::Hole { value, .. } => self.shown(value),
                    })
                    .collect();
                call("text", &parts)
            }
            Expr::If {
                cond,
                then,
                otherwise,
            } => {
                let parts = [
                    self.expr(cond, Some(&Type::Bool)),
                    self.expr(then, want),
                    self.expr(otherwise, want),
                ];
                call("if", &parts)
            }
            Expr::Match {
                subject,
                arms,
                default,
            } => {
                let mut parts = vec![self.expr(subject, None)];
                for (tag, value) in arms {
                    parts.push(format!("({tag} {})", self.expr(value, want)));
                }
                if let Some(value) = default {
                    parts.push(format!("(_ {})", self.expr(value, want)));
                }
                call("match", &parts)
            }
            Expr::Prim { prim, args } => self.operation(*prim, args),
            Expr::Context { key } => format!("(run/context {})", word(key)),
            Expr::Run { field } => match field {
                RunField::Id => "(run/id)".to_owned(),
                RunField::Root => "(run/root)".to_owned(),
                RunField::TimestampUtc => "(run/started)".to_owned(),
            },
            Expr::Artifact { name } => format!("(artifact/newest {})", word(name)),
            Expr::Consumed { name } => format!("(artifact/consumed {})", word(name)),
            Expr::Item { step } => match self.names.items.get(step) {
                Some((name, _)) => name.clone(),
                None => self.gap("the item of a loop from here"),
            },
            Expr::LoopIndex { step } | Expr::LoopTotal { step }
                if self.names.rounds.last() != Some(step) =>
            {
                self.gap("the count of a loop that is not the innermost")
            }
            Expr::LoopIndex { .. } => "(loop/index)".to_owned(),
            Expr::LoopTotal { .. } => "(loop/total)".to_owned(),
            Expr::Step { step, field } => self.left(step, field),
            other => self.gap(&format!("the value `{other}`")),
        }
    }

    /// A value in a text. One of several parts is shown as Json.
    fn shown(&mut self, value: &Expr) -> String {
        let text = self.expr(value, None);
        match self.type_of(value) {
            Some(Type::List { .. } | Type::Map { .. } | Type::Record { .. }) => {
                call("the", &["Json".to_owned(), text])
            }
            _ => text,
        }
    }

    /// What a step left behind besides its value.
    fn left(&mut self, step: &StepId, field: &StepField) -> String {
        let form = match field {
            StepField::ExitCode => "step/exit-code",
            StepField::Status => "step/status",
            StepField::Output => "step/output",
            StepField::Lines => "step/lines",
            StepField::Json { .. } => "step/json",
            StepField::Outcome { part } => match part {
                OutcomeField::Status => "step/outcome",
                OutcomeField::Phase => "step/phase",
                OutcomeField::Class => "step/class",
                OutcomeField::Retryable => "step/retryable?",
            },
            StepField::Wait { part } => match part {
                WaitField::Files => "step/files",
                WaitField::WaitDurationMs => "step/waited-ms",
                WaitField::PollCount => "step/polls",
                WaitField::TimedOut => "step/timed-out?",
            },
            StepField::Artifact { .. }
            | StepField::Artifacts
            | StepField::Snapshot { .. }
            | StepField::Whole
            | StepField::Iteration { .. } => {
                let what = Expr::Step {
                    step: step.clone(),
                    field: field.clone(),
                };
                return self.gap(&format!("the value `{what}`"));
            }
        };
        let mut args = vec![leaf(step).to_owned()];
        if let StepField::Json { path } = field {
            args.extend(path.iter().map(|key| string(key)));
        }
        call(form, &args)
    }

    fn gap(&mut self, what: &str) -> String {
        self.gaps.add(what);
        "none".to_owned()
    }

    fn fields<'e>(
        &mut self,
        fields: impl Iterator<Item = (&'e String, &'e Expr)>,
        types: Option<HashMap<&str, &Type>>,
    ) -> String {
        let mut text = String::new();
        for (name, value) in fields {
            let ty = types
                .as_ref()
                .and_then(|types| types.get(name.as_str()).copied());
            text.push_str(&format!(" :{name} {}", self.expr(value, ty)));
        }
        text
    }

    fn literal(&mut self, value: &Value, want: Option<&Type>) -> String {
        match (value, want) {
            (Value::Null, _) => "none".to_owned(),
            (value, Some(Type::Optional { item })) => {
                format!("(some {})", self.literal(value, Some(item)))
            }
            (Value::String(word), Some(ty @ Type::Enum { .. })) => {
                let name = self.types.named(ty, "word", self.gaps);
                match is_symbol(word) {
                    true => format!("{name}.{word}"),
                    false => self.gap(&format!("the enum member {word:?}")),
                }
            }
            (Value::String(text), Some(ty @ Type::Path { .. })) => {
                let ty = self.types.written(ty, "path", self.gaps);
                format!("(the {ty} {})", string(text))
            }
            (Value::String(text), _) => string(text),
            (Value::Bool(flag), _) => flag.to_string(),
            (Value::Number(number), _) => number.to_string(),
            (Value::Array(items), want) => {
                let item = match want {
                    Some(Type::List { item }) => Some(item.as_ref()),
                    Some(Type::Json) => want,
                    _ => None,
                };
                let items: Vec<String> = items.iter().map(|v| self.literal(v, item)).collect();
                call("list", &items)
            }
            (Value::Object(entries), Some(ty @ Type::Record { fields })) => {
                let name = self.types.named(ty, "record", self.gaps);
                let mut text = format!("(record {name}");
                for field in fields {
                    let value = entries.get(&field.name).unwrap_or(&Value::Null);
                    text.push_str(&format!(
                        " :{} {}",
                        field.name,
                        self.literal(value, Some(&field.ty))
                    ));
                }
                text.push(')');
                text
            }
            (Value::Object(entries), Some(Type::Json)) => {
                let mut parts = Vec::new();
                for (key, value) in entries {
                    parts.push(string(key));
                    parts.push(self.literal(value, Some(&Type::Json)));
                }
                format!("(the Map[String,Json] {})", call("map", &parts))
            }
            (Value::Object(_), _) => self.gap("a constant object"),
        }
    }

    fn operation(&mut self, prim: Prim, args: &[Expr]) -> String {
        let name = match prim {
            Prim::Eq => "=",
            Prim::Ne => "!=",
            Prim::Lt => "<",
            Prim::Le => "<=",
            Prim::Gt => ">",
            Prim::Ge => ">=",
            Prim::And => "and",
            Prim::Or => "or",
            Prim::Not => "not",
            Prim::Add => "+",
            Prim::Sub => "-",
            Prim::Mul => "*",
            Prim::Div => "/",
            Prim::Mod => "mod",
            Prim::Min => "min",
            Prim::Max => "max",
            Prim::Concat => "string/concat",
            Prim::IsEmpty => "string/empty?",
            Prim::TextEq => "string/same?",
            Prim::ToJson => "json/to-text",
            Prim::IsSome => "some?",
            Prim::OrElse => "or-else",
            other => return self.gap(&format!("the operation `{other:?}`")),
        };
        // An enum member beside a value of the enum.
        let known = args.iter().find_map(|arg| self.type_of(arg));
        let want = match prim {
            Prim::Eq | Prim::Ne => known.as_ref(),
            _ => None,
        };
        let args: Vec<String> = args.iter().map(|arg| self.expr(arg, want)).collect();
        call(name, &args)
    }

    /// The type of what an expression reads.
    fn type_of(&self, expr: &Expr) -> Option<Type> {
        match expr {
            Expr::Input { name } => self.names.inputs.get(name).cloned(),
            Expr::Step { step, field } => {
                let ty = self.names.steps.get(step)?;
                match field {
                    StepField::Artifacts => Some(ty.clone()),
                    StepField::Artifact { name } => ty.field(name).cloned(),
                    StepField::Lines => Some(Type::List {
                        item: Box::new(Type::String),
                    }),
                    StepField::Json { .. } => Some(Type::Json),
                    _ => None,
                }
            }
            Expr::Item { step } => self.names.items.get(step).map(|(_, ty)| ty.clone()),
            Expr::Out => self.names.out.as_ref().map(|(_, ty)| ty.clone()),
            Expr::Get { base, field } => match self.type_of(base)? {
                Type::Json => Some(Type::Json),
                ty => ty.field(field).cloned(),
            },
            _ => None,
        }
    }
}

fn record_fields(ty: &Type) -> Option<HashMap<&str, &Type>> {
    match ty {
        Type::Record { fields } => Some(fields.iter().map(|f| (f.name.as_str(), &f.ty)).collect()),
        _ => None,
    }
}

/// `(name arg …)`
pub(super) fn call(name: &str, args: &[String]) -> String {
    match args.is_empty() {
        true => format!("({name})"),
        false => format!("({name} {})", args.join(" ")),
    }
}
