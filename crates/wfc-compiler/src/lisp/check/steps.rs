//! What a workflow does by itself: assertions, waiting, views, and what runs
//! at the end.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::defs::type_ref;
use crate::lisp::hir::{Expr, ExprKind, View, Wait};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// How long is waited, and how often is looked, unless that is said.
const WAIT_SEC: f64 = 300.0;
const POLL_MS: u64 = 500;

impl Checker<'_, '_> {
    /// `(assert condition)`: true, or the run fails.
    pub(super) fn assert_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(assert condition)";
        let [cond] = args else {
            let (at, why) = match args.get(1) {
                Some(extra) => (extra.span, "there is more than a condition"),
                None => (span, "the condition is missing"),
            };
            self.report(messages::shape(at, "assert", SHAPE, why));
            return Expr::error(span);
        };
        let cond = self.expr(cond, &Want::Type(Ty::Bool));
        let kind = match cond.ty {
            Ty::Error => ExprKind::Error,
            _ => ExprKind::Assert(Box::new(cond)),
        };
        let ty = Ty::Bool;
        Expr { kind, ty, span }
    }

    /// `(wait-for "pattern" :timeout-sec 300 :poll-ms 500 :min-count 1)`: the
    /// files that match.
    pub(super) fn wait_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "wait-for";
        const SHAPE: &str = "(wait-for \"inbox/*.md\" :timeout-sec 300)";
        let mut arguments = self.arguments(FORM, args);
        self.known(
            FORM,
            &mut arguments,
            &["timeout-sec", "poll-ms", "min-count"],
        );
        self.extra(&arguments, 1, FORM, SHAPE);
        let ty = Ty::List(Ty::AnyPath { under: None }.into());
        let Some(pattern) = arguments.plain.first() else {
            let why = "the pattern of the files is missing";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        let glob = self.path_or_text(pattern);
        let timeout_sec = self.timeout(FORM, &arguments).unwrap_or(WAIT_SEC);
        let poll_ms = self.count(FORM, SHAPE, &arguments, "poll-ms", POLL_MS);
        let min_count = self.count(FORM, SHAPE, &arguments, "min-count", 1);
        let kind = match glob.ty {
            Ty::Error => ExprKind::Error,
            _ => ExprKind::Wait(Box::new(Wait {
                glob,
                timeout_sec,
                poll_ms,
                min_count,
            })),
        };
        Expr { kind, ty, span }
    }

    /// A path, or a text that is one.
    pub(super) fn path_or_text(&mut self, datum: &Datum) -> Expr {
        let found = self.expr(datum, &Want::Any);
        match self.world.types.is_path(&found.ty) {
            true => found,
            false => self.settle(found, &Want::Type(Ty::String)),
        }
    }

    /// A whole number above 0.
    fn count(
        &mut self,
        form: &str,
        shape: &str,
        arguments: &Arguments<'_>,
        keyword: &str,
        default: u64,
    ) -> u64 {
        let Some(datum) = arguments.get(keyword) else {
            return default;
        };
        match datum.kind {
            DatumKind::Int(count) if count > 0 => count.unsigned_abs(),
            DatumKind::Error => default,
            _ => {
                let why = format!("`:{keyword}` is a whole number above 0");
                self.report(messages::shape(datum.span, form, shape, &why));
                default
            }
        }
    }

    /// `(materialize-view name :value value :renderer canonical-json :target
    /// path :returns Path)`: writes a file that people read.
    pub(super) fn view_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "materialize-view";
        const SHAPE: &str = "(materialize-view name :value value :renderer canonical-json :target path :returns PathType)";
        const RENDERERS: [&str; 3] = ["canonical-json", "posix-path-line", "text"];
        let mut arguments = self.arguments(FORM, args);
        self.known(
            FORM,
            &mut arguments,
            &["value", "renderer", "renderer-version", "target", "returns"],
        );
        self.extra(&arguments, 1, FORM, SHAPE);
        let name = match arguments.plain.first() {
            Some(name) if name.as_symbol().is_some() => name.as_symbol().unwrap_or_default(),
            other => {
                let at = other.map_or(span, |name| name.span);
                self.report(messages::shape(at, FORM, SHAPE, "the view has no name"));
                "view"
            }
        };
        let ty = self.returns(span, FORM, SHAPE, &arguments);
        if ty != Ty::Error && !self.world.types.is_path(&ty) {
            let at = arguments.get("returns").map_or(span, |datum| datum.span);
            let diagnostic = messages::view_is_path(&self.world.types, &ty, at);
            self.report(diagnostic);
            return Expr::error(span);
        }
        let renderer = match arguments.get("renderer") {
            Some(datum) => match datum.as_symbol() {
                Some(word) if RENDERERS.contains(&word) => word.to_owned(),
                _ => {
                    let found = datum.as_symbol().unwrap_or_default();
                    self.report(messages::unknown_renderer(datum.span, found, &RENDERERS));
                    String::new()
                }
            },
            None => RENDERERS[0].to_owned(),
        };
        if let Some(version) = arguments.get("renderer-version")
            && !matches!(version.kind, DatumKind::Int(1) | DatumKind::Error)
        {
            let why = "the only version of the renderers is 1";
            self.report(messages::shape(version.span, FORM, SHAPE, why));
        }
        let value = match arguments.get("value") {
            Some(datum) => match renderer.as_str() {
                "posix-path-line" => self.path_or_text(datum),
                "text" => self.expr(datum, &Want::Type(Ty::String)),
                _ => self.expr(datum, &Want::Any),
            },
            None => {
                self.report(messages::shape(span, FORM, SHAPE, "`:value` is missing"));
                Expr::error(span)
            }
        };
        let target = match arguments.get("target") {
            Some(datum) => self.path_or_text(datum),
            None => self.view_target(span, name, &renderer, &ty),
        };
        if !value.ty.is_data() {
            let shown = self.world.types.show(&value.ty);
            self.report(messages::not_data(value.span, &shown));
            return Expr::error(span);
        }
        let broken = renderer.is_empty()
            || [&value.ty, &target.ty, &ty]
                .iter()
                .any(|ty| **ty == Ty::Error);
        let kind = match broken {
            true => ExprKind::Error,
            false => ExprKind::View(Box::new(View {
                name: name.to_owned(),
                value,
                target,
                renderer,
            })),
        };
        Expr { kind, ty, span }
    }

    /// Where a view is written that does not say it: below the directory of
    /// its type.
    fn view_target(&mut self, span: Span, name: &str, renderer: &str, ty: &Ty) -> Expr {
        let under = match self.world.types.lower(ty) {
            wfc_ir::Type::Path { under, .. } => under,
            _ => None,
        };
        let Some(under) = under else {
            if *ty != Ty::Error {
                let why = "`:target` is needed, for the type of the path names no directory";
                let shape = "(materialize-view name :value value :target path :returns PathType)";
                self.report(messages::shape(span, "materialize-view", shape, why));
            }
            return Expr::error(span);
        };
        let ending = match renderer {
            "canonical-json" => "json",
            _ => "txt",
        };
        Expr {
            kind: ExprKind::Lit(format!("{under}/{name}.{ending}").into()),
            ty: Ty::String,
            span,
        }
    }

    /// `(finally body cleanup …)`, the whole body of a workflow. What is
    /// bound in the body is not in reach of the rest.
    pub(super) fn finally_form(&mut self, datum: &Datum, want: &Want) -> Expr {
        const SHAPE: &str = "(finally body cleanup …)";
        let span = datum.span;
        let members = datum.as_list().unwrap_or_default();
        let [_, body, cleanup @ ..] = members else {
            self.report(messages::shape(
                span,
                "finally",
                SHAPE,
                "the body is missing",
            ));
            return Expr::error(span);
        };
        let body = self.expr(body, want);
        if cleanup.is_empty() {
            let why = "what runs at the end is missing";
            self.report(messages::shape(span, "finally", SHAPE, why));
        }
        let cleanup: Vec<Expr> = cleanup
            .iter()
            .map(|each| self.scoped(|this| this.expr(each, &Want::Any)))
            .collect();
        let ty = body.ty.clone();
        let broken = ty == Ty::Error || cleanup.iter().any(|each| each.ty == Ty::Error);
        let kind = match broken {
            true => ExprKind::Error,
            false => ExprKind::Finally(Box::new(body), cleanup),
        };
        Expr { kind, ty, span }
    }

    /// `(loop-state (field Type value) …)` or `(loop-state :like state :field
    /// value …)`: a record that needs no definition.
    pub(super) fn loop_state(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "loop-state";
        const SHAPE: &str = "(loop-state (field Type value) …)";
        if let Some((key, rest)) = args.split_first()
            && key.as_keyword() == Some("like")
        {
            return self.update_form(span, FORM, rest);
        }
        let mut fields: Vec<(crate::lisp::defs::Name, Ty, Expr)> = Vec::new();
        let mut fine = !args.is_empty();
        if args.is_empty() {
            self.report(messages::shape(span, FORM, SHAPE, "there is no field"));
        }
        for arg in args {
            let (name, written, value) = match arg.as_list() {
                Some([name, ty, value]) if name.as_symbol().is_some() => (name, Some(ty), value),
                Some([name, value]) if name.as_symbol().is_some() => (name, None, value),
                _ => {
                    if arg.kind != DatumKind::Error {
                        let why = "a field is written `(name Type value)` or `(name value)`";
                        self.report(messages::shape(arg.span, FORM, SHAPE, why));
                    }
                    fine = false;
                    continue;
                }
            };
            let name = crate::lisp::defs::Name::of(name);
            if let Some((first, ..)) = fields.iter().find(|(other, ..)| other.text == name.text) {
                let first = first.span;
                self.report(messages::duplicate("field", &name.text, name.span, first));
                fine = false;
            }
            let (ty, value) = match written {
                Some(written) => {
                    let written = type_ref(written, self.diagnostics);
                    let ty = self.world.resolve(&written, self.diagnostics);
                    let value = self.expr(value, &Want::Type(ty.clone()));
                    (ty, value)
                }
                None => {
                    let value = self.expr(value, &Want::Any);
                    // What is known of one variant need not stay so.
                    let ty = match &value.ty {
                        Ty::Case(id, _) => Ty::Named(*id),
                        ty => ty.clone(),
                    };
                    (ty, value)
                }
            };
            fine &= value.ty != Ty::Error && ty != Ty::Error;
            fields.push((name, ty, value));
        }
        if !fine {
            return Expr::error(span);
        }
        let (names, values): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .map(|(name, ty, value)| ((name.clone(), ty), (name.text, value)))
            .unzip();
        let id = self.world.types.unnamed_record(FORM, span, names);
        self.world.types.check_sizes(id, self.diagnostics);
        Expr {
            kind: ExprKind::Record(values),
            ty: Ty::Named(id),
            span,
        }
    }
}
