//! Expressions of the IR as Lisp.

use std::collections::HashMap;

use wfc_ir::{Cond, Expr, Prim, StepField, StepId, TextPart, Type, Value};

use super::lisp_types::{Types, is_symbol, string};
use super::{Gaps, leaf};

/// What names stand for where an expression is written.
#[derive(Default)]
pub(super) struct Names {
    /// The inputs and their types.
    pub(super) inputs: HashMap<String, Type>,
    /// The steps and the types of their values.
    pub(super) steps: HashMap<StepId, Type>,
    /// What the value of the loop body at hand is called, and its type.
    pub(super) out: Option<(String, Type)>,
}

pub(super) struct Writer<'a> {
    pub(super) names: &'a Names,
    pub(super) types: &'a mut Types,
    pub(super) gaps: &'a mut Gaps,
}

impl Writer<'_> {
    /// A condition that asks nothing of the workspace.
    pub(super) fn cond(&mut self, cond: &Cond) -> String {
        if !cond.probes.is_empty() {
            self.gaps.add("a condition on files");
        }
        self.expr(&cond.test, Some(&Type::Bool))
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
                        TextPart::Hole { value, .. } => self.expr(value, None),
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
            other => self.gap(&format!("the value `{other}`")),
        }
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
            (Value::String(text), _) => string(text),
            (Value::Bool(flag), _) => flag.to_string(),
            (Value::Number(number), _) => number.to_string(),
            (Value::Array(items), want) => {
                let item = match want {
                    Some(Type::List { item }) => Some(item.as_ref()),
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
                    _ => None,
                }
            }
            Expr::Out => self.names.out.as_ref().map(|(_, ty)| ty.clone()),
            Expr::Get { base, field } => self.type_of(base)?.field(field).cloned(),
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
