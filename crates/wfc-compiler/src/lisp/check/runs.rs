//! What is known of a run, and of the steps that have run.

use wfc_diag::Span;
use wfc_ir::{OutcomeField, RunField, StepField, WaitField};
use wfc_syntax::lisp::Datum;

use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind, Fact};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// Is it a form of this module?
pub(super) fn is_one(name: &str) -> bool {
    matches!(
        name.split_once('/'),
        Some(("run" | "artifact" | "step", _)) | Some(("loop", "index" | "total"))
    ) && super::FORMS.contains(&name)
}

/// The part of a step that a form reads, and its type.
fn part(name: &str) -> Option<(StepField, Ty)> {
    let outcome = |part| StepField::Outcome { part };
    let wait = |part| StepField::Wait { part };
    Some(match name {
        "step/exit-code" => (StepField::ExitCode, Ty::Int),
        "step/status" => (StepField::Status, Ty::String),
        "step/outcome" => (outcome(OutcomeField::Status), Ty::String),
        "step/phase" => (outcome(OutcomeField::Phase), Ty::String),
        "step/class" => (outcome(OutcomeField::Class), Ty::String),
        "step/retryable?" => (outcome(OutcomeField::Retryable), Ty::Bool),
        "step/output" => (StepField::Output, Ty::String),
        "step/lines" => (StepField::Lines, Ty::List(Ty::String.into())),
        "step/json" => (StepField::Json { path: Vec::new() }, Ty::Json),
        "step/files" => (
            wait(WaitField::Files),
            Ty::List(Ty::AnyPath { under: None }.into()),
        ),
        "step/waited-ms" => (wait(WaitField::WaitDurationMs), Ty::Int),
        "step/polls" => (wait(WaitField::PollCount), Ty::Int),
        "step/timed-out?" => (wait(WaitField::TimedOut), Ty::Bool),
        _ => return None,
    })
}

impl Checker<'_, '_> {
    pub(super) fn fact_form(&mut self, span: Span, head: Span, name: &str, args: &[Datum]) -> Expr {
        if let Some((field, ty)) = part(name) {
            return self.left(span, name, field, ty, args);
        }
        let fact = |fact, ty| Expr {
            kind: ExprKind::Fact(fact),
            ty,
            span,
        };
        let plain = match name {
            "run/id" => Some((Fact::Run(RunField::Id), Ty::String)),
            "run/root" => Some((Fact::Run(RunField::Root), Ty::String)),
            "run/started" => Some((Fact::Run(RunField::TimestampUtc), Ty::String)),
            "loop/index" => Some((Fact::LoopIndex, Ty::Int)),
            "loop/total" => Some((Fact::LoopTotal, Ty::Int)),
            _ => None,
        };
        if let Some((found, ty)) = plain {
            if !args.is_empty() {
                self.report(messages::operands(span, head, name, 0, Some(0), args.len()));
                return Expr::error(span);
            }
            return fact(found, ty);
        }
        let shape = format!("({name} name)");
        let word = match args {
            [word] => word.as_symbol().or(word.as_str()),
            _ => None,
        };
        let Some(word) = word else {
            let at = args.first().map_or(span, |arg| arg.span);
            self.report(messages::shape(at, name, &shape, "one name is needed"));
            return Expr::error(span);
        };
        if name == "run/context" {
            return fact(Fact::Context(word.to_owned()), Ty::String);
        }
        let Some(ty) = self.artifact(word, args[0].span) else {
            return Expr::error(span);
        };
        match name {
            "artifact/newest" => fact(Fact::Newest(word.to_owned()), ty),
            _ if !self.consumed.iter().any(|name| name == word) => {
                let known = self.consumed.iter().map(String::as_str);
                let found = messages::not_consumed(word, args[0].span, known);
                self.report(found);
                Expr::error(span)
            }
            _ => fact(Fact::Consumed(word.to_owned()), ty),
        }
    }

    /// What the step left behind that a name is bound to.
    fn left(&mut self, span: Span, name: &str, field: StepField, ty: Ty, args: &[Datum]) -> Expr {
        let is_json = matches!(field, StepField::Json { .. });
        let shape = match is_json {
            true => "(step/json step \"key\" …)".to_owned(),
            false => format!("({name} step)"),
        };
        let Some((step, keys)) = args.split_first() else {
            self.report(messages::shape(span, name, &shape, "the step is not named"));
            return Expr::error(span);
        };
        let Some(var) = self.step_named(step, name, &shape) else {
            return Expr::error(span);
        };
        let (field, ty) = match field {
            StepField::Json { .. } => match self.keys(keys, name, &shape) {
                Some(path) => (StepField::Json { path }, ty),
                None => return Expr::error(span),
            },
            field => {
                if let Some(extra) = keys.first() {
                    self.report(messages::shape(
                        extra.span,
                        name,
                        &shape,
                        "nothing stands here",
                    ));
                    return Expr::error(span);
                }
                (field, ty)
            }
        };
        Expr {
            kind: ExprKind::Left(var, field),
            ty,
            span,
        }
    }

    /// The variable that is bound to a step.
    pub(super) fn step_named(&mut self, datum: &Datum, form: &str, shape: &str) -> Option<usize> {
        let found = datum
            .as_symbol()
            .and_then(|name| self.local(name, datum.span));
        match found {
            Some(var) => {
                self.world.vars[var].uses += 1;
                Some(var)
            }
            None => {
                let why = "the name of a step is needed: one that `let*` binds to it";
                self.report(messages::shape(datum.span, form, shape, why));
                None
            }
        }
    }

    /// Keys on the way into a value.
    fn keys(&mut self, args: &[Datum], form: &str, shape: &str) -> Option<Vec<String>> {
        let mut keys = Vec::new();
        for arg in args {
            match arg.as_str() {
                Some(key) => keys.push(key.to_owned()),
                None => {
                    let why = "a key is a text in quotes";
                    self.report(messages::shape(arg.span, form, shape, why));
                    return None;
                }
            }
        }
        Some(keys)
    }

    /// `(json/get value "key" …)`: what a Json value holds.
    pub(super) fn json_get(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "json/get";
        const SHAPE: &str = "(json/get value \"key\" …)";
        let Some((value, keys)) = args.split_first() else {
            self.report(messages::shape(span, FORM, SHAPE, "the value is missing"));
            return Expr::error(span);
        };
        let value = self.expr(value, &Want::Type(Ty::Json));
        let Some(keys) = self.keys(keys, FORM, SHAPE) else {
            return Expr::error(span);
        };
        if keys.is_empty() {
            self.report(messages::shape(span, FORM, SHAPE, "the key is missing"));
        }
        let kind = match value.ty {
            Ty::Error => ExprKind::Error,
            _ => ExprKind::Inside(Box::new(value), keys),
        };
        let ty = Ty::Json;
        Expr { kind, ty, span }
    }

    /// `(path/exists? "docs/*.md")`: does a file match?
    pub(super) fn exists_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(path/exists? \"docs/*.md\")";
        let [pattern] = args else {
            let why = "one pattern is needed";
            self.report(messages::shape(span, "path/exists?", SHAPE, why));
            return Expr::error(span);
        };
        let pattern = self.path_or_text(pattern);
        let kind = match pattern.ty {
            Ty::Error => ExprKind::Error,
            _ => ExprKind::Exists(Box::new(pattern)),
        };
        let ty = Ty::Bool;
        Expr { kind, ty, span }
    }
}
