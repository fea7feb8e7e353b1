//! Expressions, one line each: infix where people write infix, `name(...)`
//! elsewhere.

use std::fmt::{self, Write};

use crate::{Cond, Expr, OutcomeField, Prim, RunField, StepField, TextPart, Value};

/// How tightly an expression holds together, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Choice,
    Or,
    And,
    Compare,
    Sum,
    Product,
    Atom,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write_expr(&mut out, self, &[], Hold::Choice)?;
        f.write_str(&out)
    }
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write_expr(&mut out, &self.test, &self.probes, Hold::Choice)?;
        // A probe is asked whether or not the test looks at it.
        let mut used = vec![false; self.probes.len()];
        self.test.walk(&mut |e| {
            if let Expr::Probe { index } = e
                && let Some(flag) = used.get_mut(*index)
            {
                *flag = true;
            }
        });
        for (probe, _) in self.probes.iter().zip(&used).filter(|(_, used)| !**used) {
            out.push_str(" asking exists(");
            write_expr(&mut out, probe, &[], Hold::Choice)?;
            out.push(')');
        }
        f.write_str(&out)
    }
}

fn write_expr(out: &mut String, expr: &Expr, probes: &[Expr], around: Hold) -> fmt::Result {
    match expr {
        Expr::Lit { value } => write!(out, "{value}"),
        Expr::Input { name } => write!(out, "inputs.{name}"),
        Expr::Context { key } => write!(out, "context.{key}"),
        Expr::Run { field } => out.write_str(match field {
            RunField::Id => "run.id",
            RunField::Root => "run.root",
            RunField::TimestampUtc => "run.timestamp_utc",
        }),
        Expr::Step { step, field } => {
            write!(out, "steps[{step}]")?;
            write_field(out, field)
        }
        Expr::LoopState { step } => write!(out, "state[{step}]"),
        Expr::LoopIndex { step } => write!(out, "index[{step}]"),
        Expr::Item { step } => write!(out, "item[{step}]"),
        Expr::LoopTotal { step } => write!(out, "total[{step}]"),
        Expr::Out => out.write_str("out"),
        Expr::Artifact { name } => write!(out, "artifact({name})"),
        Expr::Consumed { name } => write!(out, "consumed({name})"),
        Expr::Probe { index } => match probes.get(*index) {
            Some(pattern) => {
                out.push_str("exists(");
                write_expr(out, pattern, &[], Hold::Choice)?;
                out.write_char(')')
            }
            None => write!(out, "probe({index})"),
        },
        Expr::Get { base, field } => {
            write_expr(out, base, probes, Hold::Atom)?;
            write!(out, ".{field}")
        }
        Expr::Record { fields } => write_fields(out, fields, probes),
        Expr::Variant { tag, fields } => {
            out.push_str(tag);
            write_fields(out, fields, probes)
        }
        Expr::List { items } => write_list(out, ("[", ", ", "]"), items, probes),
        Expr::Text { parts } => write_text(out, parts, probes),
        Expr::If {
            cond,
            then,
            otherwise,
        } => in_parens(out, around > Hold::Choice, |out| {
            out.push_str("if ");
            write_expr(out, cond, probes, Hold::Or)?;
            out.push_str(" then ");
            write_expr(out, then, probes, Hold::Or)?;
            out.push_str(" else ");
            write_expr(out, otherwise, probes, Hold::Choice)
        }),
        Expr::Match {
            subject,
            arms,
            default,
        } => {
            out.push_str("match ");
            write_expr(out, subject, probes, Hold::Or)?;
            out.push_str(" {");
            let arms = arms.iter().map(|(tag, arm)| (tag.as_str(), arm));
            let default = default.iter().map(|arm| ("_", &**arm));
            for (position, (tag, arm)) in arms.chain(default).enumerate() {
                out.push_str(if position == 0 { "" } else { ", " });
                write!(out, "{tag} => ")?;
                write_expr(out, arm, probes, Hold::Choice)?;
            }
            out.write_char('}')
        }
        Expr::Prim { prim, args } => match infix(*prim, args.len()) {
            Some((sign, hold)) => in_parens(out, around >= hold, |out| {
                for (position, arg) in args.iter().enumerate() {
                    if position > 0 {
                        write!(out, " {sign} ")?;
                    }
                    write_expr(out, arg, probes, hold)?;
                }
                Ok(())
            }),
            None => {
                out.push_str(prim_name(*prim));
                write_list(out, ("(", ", ", ")"), args, probes)
            }
        },
        Expr::Local { name } => out.write_str(name),
        Expr::Let { bound, body } => in_parens(out, around > Hold::Choice, |out| {
            out.push_str("let ");
            for (position, (name, value)) in bound.iter().enumerate() {
                out.push_str(if position == 0 { "" } else { ", " });
                write!(out, "{name} = ")?;
                write_expr(out, value, probes, Hold::Or)?;
            }
            out.push_str(" in ");
            write_expr(out, body, probes, Hold::Choice)
        }),
        Expr::Map { list, item, body } => {
            out.push_str("map(");
            write_expr(out, list, probes, Hold::Choice)?;
            write!(out, ", {item} => ")?;
            write_expr(out, body, probes, Hold::Choice)?;
            out.write_char(')')
        }
    }
}

fn in_parens(
    out: &mut String,
    wanted: bool,
    body: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    out.push_str(if wanted { "(" } else { "" });
    body(out)?;
    out.write_str(if wanted { ")" } else { "" })
}

fn write_list(
    out: &mut String,
    (open, between, close): (&str, &str, &str),
    items: &[Expr],
    probes: &[Expr],
) -> fmt::Result {
    out.push_str(open);
    for (position, item) in items.iter().enumerate() {
        out.push_str(if position == 0 { "" } else { between });
        write_expr(out, item, probes, Hold::Choice)?;
    }
    out.write_str(close)
}

fn write_fields(
    out: &mut String,
    fields: &indexmap::IndexMap<String, Expr>,
    probes: &[Expr],
) -> fmt::Result {
    out.push('{');
    for (position, (name, value)) in fields.iter().enumerate() {
        out.push_str(if position == 0 { "" } else { ", " });
        write!(out, "{name}: ")?;
        write_expr(out, value, probes, Hold::Choice)?;
    }
    out.write_char('}')
}

fn write_text(out: &mut String, parts: &[TextPart], probes: &[Expr]) -> fmt::Result {
    out.push('"');
    for part in parts {
        match part {
            TextPart::Text(text) => {
                // A literal `${` must not look like a hole.
                let quoted = Value::from(text.as_str()).to_string();
                out.push_str(&quoted[1..quoted.len() - 1].replace("${", "$${"));
            }
            TextPart::Hole { value, .. } => {
                out.push_str("${");
                write_expr(out, value, probes, Hold::Choice)?;
                out.push('}');
            }
        }
    }
    out.write_char('"')
}

fn write_field(out: &mut String, field: &StepField) -> fmt::Result {
    match field {
        StepField::Artifacts => Ok(()),
        StepField::Artifact { name } => write!(out, ".{name}"),
        StepField::Snapshot { name } => write!(out, ":snapshots.{name}"),
        StepField::ExitCode => out.write_str(":exit_code"),
        StepField::Status => out.write_str(":status"),
        StepField::Outcome { part } => out.write_str(match part {
            OutcomeField::Status => ":outcome.status",
            OutcomeField::Phase => ":outcome.phase",
            OutcomeField::Class => ":outcome.class",
            OutcomeField::Retryable => ":outcome.retryable",
        }),
        StepField::Output => out.write_str(":output"),
        StepField::Lines => out.write_str(":lines"),
        StepField::Json { path } => {
            out.push_str(":json");
            path.iter().try_for_each(|key| write!(out, ".{key}"))
        }
        StepField::Wait { part } => write!(out, ":{}", part.word()),
        StepField::Whole => out.write_str(":record"),
        StepField::Iteration { index, name, read } => {
            write!(out, "[{index}].{name}")?;
            write_field(out, read)
        }
    }
}

fn infix(prim: Prim, operands: usize) -> Option<(&'static str, Hold)> {
    let (sign, hold, many) = match prim {
        Prim::Or => ("or", Hold::Or, true),
        Prim::And => ("and", Hold::And, true),
        Prim::Eq => ("==", Hold::Compare, false),
        Prim::Ne => ("!=", Hold::Compare, false),
        Prim::Lt => ("<", Hold::Compare, false),
        Prim::Le => ("<=", Hold::Compare, false),
        Prim::Gt => (">", Hold::Compare, false),
        Prim::Ge => (">=", Hold::Compare, false),
        Prim::TextEq => ("~=", Hold::Compare, false),
        Prim::Add => ("+", Hold::Sum, true),
        Prim::Sub => ("-", Hold::Sum, false),
        Prim::Concat => ("++", Hold::Sum, true),
        Prim::Mul => ("*", Hold::Product, true),
        Prim::Div => ("/", Hold::Product, false),
        Prim::Mod => ("mod", Hold::Product, false),
        _ => return None,
    };
    (operands == 2 || (many && operands > 2)).then_some((sign, hold))
}

fn prim_name(prim: Prim) -> &'static str {
    match prim {
        Prim::Eq => "eq",
        Prim::Ne => "ne",
        Prim::Lt => "lt",
        Prim::Le => "le",
        Prim::Gt => "gt",
        Prim::Ge => "ge",
        Prim::And => "and",
        Prim::Or => "or",
        Prim::Not => "not",
        Prim::Add => "add",
        Prim::Sub => "sub",
        Prim::Mul => "mul",
        Prim::Div => "div",
        Prim::Mod => "mod",
        Prim::Min => "min",
        Prim::Max => "max",
        Prim::Concat => "concat",
        Prim::IsEmpty => "is_empty",
        Prim::IsSome => "is_some",
        Prim::OrElse => "or_else",
        Prim::ToText => "to_text",
        Prim::ToJson => "to_json",
        Prim::CanonicalJson => "canonical_json",
        Prim::TextEq => "text_eq",
        Prim::ToFloat => "to_float",
        Prim::Truncate => "truncate",
        Prim::Floor => "floor",
        Prim::Ceiling => "ceiling",
        Prim::Round => "round",
        Prim::ParseInt => "parse_int",
        Prim::ParseFloat => "parse_float",
        Prim::Join => "join",
        Prim::Split => "split",
        Prim::Length => "length",
        Prim::Contains => "contains",
        Prim::StartsWith => "starts_with",
        Prim::EndsWith => "ends_with",
        Prim::Trim => "trim",
        Prim::Lower => "lower",
        Prim::Upper => "upper",
        Prim::Replace => "replace",
        Prim::Head => "head",
        Prim::Last => "last",
        Prim::Rest => "rest",
        Prim::Append => "append",
        Prim::Flatten => "flatten",
        Prim::Reverse => "reverse",
        Prim::At => "at",
        Prim::Member => "member",
        Prim::MapOf => "map_of",
        Prim::MapGet => "map_get",
        Prim::MapPut => "map_put",
        Prim::MapRemove => "map_remove",
        Prim::MapHas => "map_has",
        Prim::MapKeys => "map_keys",
        Prim::MapValues => "map_values",
        Prim::JoinPath => "join_path",
    }
}
