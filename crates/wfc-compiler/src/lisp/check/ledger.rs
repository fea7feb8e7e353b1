//! Steps that say more than what they do, and the artifacts of the ledger.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::defs::{Name, type_ref};
use crate::lisp::hir::{Consume, Expr, ExprKind, Material, Step};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// Keywords of `as-step`.
const STEP: &[&str] = &[
    "when",
    "max-visits",
    "consumes",
    "consume-bundle",
    "publishes",
];

impl Checker<'_, '_> {
    /// `(as-step work :when condition :publishes ((artifact field)) …)`
    pub(super) fn step_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "as-step";
        const SHAPE: &str = "(as-step work :when condition :publishes ((artifact field)) …)";
        let mut arguments = self.arguments(FORM, args);
        self.known(FORM, &mut arguments, STEP);
        self.extra(&arguments, 1, FORM, SHAPE);
        let Some(body) = arguments.plain.first() else {
            self.report(messages::shape(
                span,
                FORM,
                SHAPE,
                "what it does is missing",
            ));
            return Expr::error(span);
        };
        let consumes = self.consumes(&arguments);
        let names = consumes.iter().map(|each| each.artifact.clone());
        let outer = std::mem::replace(&mut self.consumed, names.collect());
        let body = self.expr(body, &Want::Any);
        self.consumed = outer;
        let mut fine = body.ty != Ty::Error;
        let when = arguments.get("when").map(|cond| {
            let cond = self.expr(cond, &Want::Type(Ty::Bool));
            fine &= cond.ty != Ty::Error;
            cond
        });
        let max_visits = self.whole(FORM, ":max-visits 3", &arguments, "max-visits");
        let bundle = self.consume_bundle(&arguments, &consumes, &mut fine);
        let publishes = self.publishes(&arguments, &body.ty);
        let ty = body.ty.clone();
        let kind = match fine {
            true => ExprKind::Step(Box::new(Step {
                body,
                when,
                max_visits,
                consumes,
                bundle,
                publishes,
            })),
            false => ExprKind::Error,
        };
        Expr { kind, ty, span }
    }

    /// The type of an artifact of the workflow at hand.
    pub(super) fn artifact(&mut self, name: &str, span: Span) -> Option<Ty> {
        let all = &self.world.callables[self.id].settings.artifacts;
        if let Some(found) = all.iter().find(|each| each.name == name) {
            return Some(found.ty.clone());
        }
        let known: Vec<String> = all.iter().map(|each| each.name.clone()).collect();
        self.report(messages::unknown_artifact(name, span, &known));
        None
    }

    fn consumes(&mut self, arguments: &Arguments<'_>) -> Vec<Consume> {
        const SHAPE: &str = ":consumes (report (draft :from (write) :fresh true))";
        let mut found = Vec::new();
        for member in self.members(arguments, "consumes", SHAPE) {
            let (name, rest) = match member.as_list() {
                Some([name, rest @ ..]) => (name, rest),
                _ => (member, &[][..]),
            };
            let Some(artifact) = name.as_symbol() else {
                self.misshapen(name, "consumes", SHAPE, "the name of an artifact is needed");
                continue;
            };
            self.artifact(artifact, name.span);
            let mut arguments = self.arguments(":consumes", rest);
            self.known(":consumes", &mut arguments, &["from", "fresh"]);
            let mut producers = Vec::new();
            for step in self.members(&arguments, "from", SHAPE) {
                producers.extend(self.step_named(step, ":from", SHAPE));
            }
            let fresh = self.flag(":consumes", SHAPE, &arguments, "fresh", false);
            found.push(Consume {
                artifact: artifact.to_owned(),
                producers,
                fresh,
            });
        }
        found
    }

    fn consume_bundle(
        &mut self,
        arguments: &Arguments<'_>,
        consumes: &[Consume],
        fine: &mut bool,
    ) -> Option<(Expr, Option<Vec<String>>)> {
        const FORM: &str = ":consume-bundle";
        const SHAPE: &str = ":consume-bundle (\"path.json\" :include (artifact …))";
        let datum = arguments.get("consume-bundle")?;
        let (path, rest) = match datum.as_list() {
            Some([path, rest @ ..]) if datum.head().is_none() => (path, rest),
            _ => (datum, &[][..]),
        };
        let path = self.path_or_text(path);
        *fine &= path.ty != Ty::Error;
        let mut arguments = self.arguments(FORM, rest);
        self.known(FORM, &mut arguments, &["include"]);
        let include = arguments.get("include").map(|_| {
            let members = self.members(&arguments, "include", SHAPE);
            let mut names = Vec::new();
            for member in members {
                match member.as_symbol() {
                    Some(name) => {
                        let known = consumes.iter().map(|each| each.artifact.as_str());
                        if !known.clone().any(|known| known == name) {
                            let found = messages::not_consumed(name, member.span, known);
                            self.report(found);
                        }
                        names.push(name.to_owned());
                    }
                    None => {
                        let why = "the name of an artifact is needed";
                        self.misshapen(member, "include", SHAPE, why);
                    }
                }
            }
            names
        });
        Some((path, include))
    }

    fn publishes(&mut self, arguments: &Arguments<'_>, body: &Ty) -> Vec<(String, String)> {
        const SHAPE: &str = ":publishes ((artifact field) …)";
        let mut found = Vec::new();
        for member in self.members(arguments, "publishes", SHAPE) {
            match member.as_list() {
                Some([artifact, field])
                    if artifact.as_symbol().is_some() && field.as_symbol().is_some() =>
                {
                    let name = artifact.as_symbol().unwrap_or_default();
                    let want = self.artifact(name, artifact.span);
                    self.published(body, field, want);
                    let field = field.as_symbol().unwrap_or_default();
                    found.push((name.to_owned(), field.to_owned()));
                }
                _ => {
                    let why = "an artifact and the field that it gets are needed";
                    self.misshapen(member, "publishes", SHAPE, why);
                }
            }
        }
        found
    }

    /// Holds a field that is published against the type of its artifact.
    fn published(&mut self, body: &Ty, field: &Datum, want: Option<Ty>) {
        let types = &self.world.types;
        let fields = match body {
            Ty::Error => return,
            Ty::Named(id) => types.fields(*id).unwrap_or_default(),
            _ => &[],
        };
        let name = field.as_symbol().unwrap_or_default();
        // Whether it is there is asked when it is published.
        let fits = |found: &Ty, want: &Ty| match found {
            Ty::Optional(item) => types.fits(item, want),
            found => types.fits(found, want),
        };
        let known = fields.iter().map(|each| each.name.text.as_str());
        let diagnostic = match (fields.iter().find(|each| each.name.text == name), want) {
            (None, _) => messages::nothing_to_publish(name, field.span, known),
            (Some(found), Some(want)) if !fits(&found.ty, &want) => {
                let found = Expr {
                    kind: ExprKind::Error,
                    ty: found.ty.clone(),
                    span: field.span,
                };
                messages::mismatch(types, &found, &want)
            }
            _ => return,
        };
        self.report(diagnostic);
    }

    /// `(materialize (name Type value :pointer "path" :ensure-parent true) …)`:
    /// values that are kept under names, and a record of them.
    pub(super) fn materialize_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "materialize";
        const SHAPE: &str = "(materialize (name Type value :pointer \"path\") …)";
        let mut found: Vec<Material> = Vec::new();
        let mut fields: Vec<(Name, Ty)> = Vec::new();
        let mut fine = true;
        if args.is_empty() {
            self.report(messages::shape(span, FORM, SHAPE, "there is no value"));
            fine = false;
        }
        for arg in args {
            let (name, ty, value, rest) = match arg.as_list() {
                Some([name, ty, value, rest @ ..]) if name.as_symbol().is_some() => {
                    (Name::of(name), ty, value, rest)
                }
                _ => {
                    if arg.kind != DatumKind::Error {
                        let why = "a value is written `(name Type value)`";
                        self.report(messages::shape(arg.span, FORM, SHAPE, why));
                    }
                    fine = false;
                    continue;
                }
            };
            if let Some((first, _)) = fields.iter().find(|(other, _)| other.text == name.text) {
                let first = first.span;
                self.report(messages::duplicate("value", &name.text, name.span, first));
                fine = false;
            }
            let written = type_ref(ty, self.diagnostics);
            let ty = self.world.resolve(&written, self.diagnostics);
            let value = self.material(value, &ty);
            let mut arguments = self.arguments(FORM, rest);
            self.known(FORM, &mut arguments, &["pointer", "ensure-parent"]);
            let pointer = arguments.get("pointer").map(|path| {
                let path = self.path_or_text(path);
                fine &= path.ty != Ty::Error;
                path
            });
            let ensure_parent = self.flag(FORM, SHAPE, &arguments, "ensure-parent", false);
            if let Some((_, at, _)) = arguments.pairs.first()
                && ty != Ty::Error
                && !self.world.types.is_path(&ty)
            {
                let why = "only a path has a pointer and a folder";
                self.report(messages::shape(*at, FORM, SHAPE, why));
            }
            fine &= ty != Ty::Error && value.as_ref().is_none_or(|v| v.ty != Ty::Error);
            fields.push((name.clone(), ty.clone()));
            found.push(Material {
                name: name.text,
                ty,
                value,
                pointer,
                ensure_parent,
            });
        }
        if !fine {
            return Expr::error(span);
        }
        let id = self.world.types.unnamed_record(FORM, span, fields);
        self.world.types.check_sizes(id, self.diagnostics);
        Expr {
            kind: ExprKind::Materialize(found),
            ty: Ty::Named(id),
            span,
        }
    }

    /// The value; nothing for the time, which is asked for when the step runs.
    /// What it must be is checked then, so that it may be narrower than what
    /// it comes from.
    fn material(&mut self, datum: &Datum, ty: &Ty) -> Option<Expr> {
        if datum.head() == Some("time/now-ns") {
            if *ty != Ty::Int {
                let why = "the time is an `Int`";
                let shape = "(materialize (at Int (time/now-ns)))";
                self.report(messages::shape(datum.span, "time/now-ns", shape, why));
            }
            return None;
        }
        let found = self.expr(datum, &Want::Like(ty.clone()));
        let types = &self.world.types;
        let is_text = |ty: &Ty| *ty == Ty::String || types.is_path(ty) || types.is_enum(ty);
        let may_be = found.ty == Ty::Json || (is_text(&found.ty) && is_text(ty));
        Some(match may_be {
            true => found,
            false => self.settle(found, &Want::Type(ty.clone())),
        })
    }
}
