//! Constant folding.
//!
//! Buys: less to evaluate, and constants where the other passes look for them.
//!
//! ```text
//! before   compute a: Int      value 1 + 2 * 3
//!          command b           run "echo" "n=${4} ${inputs.x}"
//! after    compute a: Int      value 7
//!          command b           run "echo" "n=4 ${inputs.x}"
//! ```
//!
//! The evaluator is the machine's own, so the two cannot disagree. Refuses an
//! expression whose evaluation fails (`1 / 0` stays, and fails when the run
//! gets there), a provider name that would turn out to be unknown, and an
//! assertion, whose condition the record of its failure shows.

use wfc_ir::{
    Block, Closed, Exec, Expr, Notes, Op, Prim, Step, TextPart, Value, Workflow, eval, to_text,
};

use super::{Log, mark};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let providers: Vec<String> = workflow.providers.keys().cloned().collect();
    let mut fold = Fold {
        providers: &providers,
        notes,
        log,
    };
    fold.block(&mut workflow.body);
    if let Some(finally) = &mut workflow.finally {
        fold.block(&mut finally.block);
    }
    for (name, artifact) in &mut workflow.artifacts {
        if let Some(pointer) = &mut artifact.pointer {
            fold.expr(name, pointer);
        }
    }
    for (name, provider) in &mut workflow.providers {
        for value in provider.defaults.values_mut() {
            fold.expr(name, value);
        }
    }
}

struct Fold<'a, 'b> {
    providers: &'a [String],
    notes: &'a mut Notes,
    log: &'a mut Log<'b>,
}

impl Fold<'_, '_> {
    fn block(&mut self, block: &mut Block) {
        for step in &mut block.steps {
            self.step(step);
            step.op
                .blocks_mut()
                .into_iter()
                .for_each(|inner| self.block(inner));
        }
        if let Some(result) = &mut block.result {
            self.expr("result", result);
        }
    }

    fn step(&mut self, step: &mut Step) {
        if matches!(step.op, Op::Assert { .. }) {
            return;
        }
        let named = match &step.op {
            Op::Process(process) => match &process.exec {
                Exec::Provider { provider, .. } => Some(provider.clone()),
                Exec::Command { .. } | Exec::Adjudicated(_) => None,
            },
            _ => None,
        };
        let id = step.id.clone();
        let mut changed = false;
        step.exprs_mut(&mut |e| changed |= self.expr(id.as_str(), e));
        if changed {
            mark(&id, self.notes);
        }
        if let Op::Process(process) = &mut step.op
            && let Exec::Provider { provider, .. } = &mut process.exec
            && let Expr::Lit { value } = &*provider
            && !self.providers.contains(&to_text(value))
            && let Some(named) = named
        {
            *provider = named;
        }
    }

    fn expr(&mut self, place: &str, expr: &mut Expr) -> bool {
        let mut changes = 0;
        let whole = std::mem::replace(expr, Expr::Out);
        let before = whole.to_string();
        *expr = whole.map(&mut |e| simplify(e, &mut changes));
        if changes > 0 {
            self.log.say(place, format_args!("`{before}` is `{expr}`"));
        }
        changes > 0
    }
}

/// `expr`, whose parts are folded, folded.
fn simplify(expr: Expr, changes: &mut usize) -> Expr {
    if is_closed(&expr) {
        return match eval(&expr, &Closed) {
            Ok(value) => {
                *changes += 1;
                Expr::lit(value)
            }
            Err(_) => expr,
        };
    }
    match expr {
        Expr::If {
            cond,
            then,
            otherwise,
        } => match literal(&cond).and_then(Value::as_bool) {
            Some(truth) => {
                *changes += 1;
                if truth { *then } else { *otherwise }
            }
            None => Expr::If {
                cond,
                then,
                otherwise,
            },
        },
        Expr::Match {
            subject,
            mut arms,
            default,
        } => {
            let word = literal(&subject).and_then(Value::as_str);
            let chosen = match word {
                Some(word) => arms
                    .swap_remove(word)
                    .or_else(|| default.as_ref().map(|arm| (**arm).clone())),
                None => None,
            };
            match chosen {
                Some(arm) => {
                    *changes += 1;
                    arm
                }
                None => Expr::Match {
                    subject,
                    arms,
                    default,
                },
            }
        }
        Expr::Text { parts } => Expr::Text {
            parts: join(parts, changes),
        },
        Expr::Prim {
            prim: prim @ (Prim::And | Prim::Or),
            args,
        } => short_circuit(prim, args, changes),
        other => other,
    }
}

/// Drops leading operands that decide nothing, and everything behind one that
/// decides. An operand in front stays: it may fail.
fn short_circuit(prim: Prim, mut args: Vec<Expr>, changes: &mut usize) -> Expr {
    let decides = prim == Prim::Or;
    let truth = |arg: &Expr| literal(arg).and_then(Value::as_bool);
    while args.len() > 1 && args.first().and_then(truth) == Some(!decides) {
        args.remove(0);
        *changes += 1;
    }
    if args.first().and_then(truth) == Some(decides) {
        *changes += 1;
        return Expr::lit(decides);
    }
    if let Some(at) = args.iter().position(|arg| truth(arg) == Some(decides))
        && at + 1 < args.len()
    {
        args.truncate(at + 1);
        *changes += 1;
    }
    Expr::Prim { prim, args }
}

/// Writes constants into the text around them.
fn join(parts: Vec<TextPart>, changes: &mut usize) -> Vec<TextPart> {
    let mut joined: Vec<TextPart> = Vec::with_capacity(parts.len());
    for part in parts {
        let text = match &part {
            TextPart::Text(text) => Some(text.clone()),
            // Null counts as undefined there: the error stays.
            TextPart::Hole { value, .. } => {
                literal(value).filter(|value| !value.is_null()).map(to_text)
            }
        };
        match (text, joined.last_mut()) {
            (Some(text), Some(TextPart::Text(before))) => {
                before.push_str(&text);
                *changes += 1;
            }
            (Some(text), _) => {
                *changes += usize::from(matches!(part, TextPart::Hole { .. }));
                joined.push(TextPart::Text(text));
            }
            (None, _) => joined.push(part),
        }
    }
    joined
}

fn literal(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::Lit { value } => Some(value),
        _ => None,
    }
}

/// Is every operand a constant? (A constant itself is not worth folding.)
fn is_closed(expr: &Expr) -> bool {
    let constant = |e: &Expr| literal(e).is_some();
    match expr {
        Expr::Get { base, .. } => constant(base),
        Expr::Record { fields } | Expr::Variant { fields, .. } => fields.values().all(constant),
        Expr::List { items } => items.iter().all(constant),
        Expr::Text { parts } => parts.iter().all(|part| match part {
            TextPart::Text(_) => true,
            TextPart::Hole { value, .. } => constant(value),
        }),
        Expr::Prim { args, .. } => args.iter().all(constant),
        // Choices are made by `simplify`, which needs only the condition.
        _ => false,
    }
}
