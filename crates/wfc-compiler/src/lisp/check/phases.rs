//! The phase around an expression: `with-phase`, `phase-target`; and the file
//! of an agent's answer: `provider-bundle-path`.

use wfc_diag::Span;
use wfc_ir::{Prim, Type};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Checker, Want};
use crate::lisp::defs::{Name, type_ref};
use crate::lisp::hir::{Expr, ExprKind, VarId};
use crate::lisp::messages;
use crate::lisp::types::{Ty, TypeKind};

/// The phase around the expression at hand.
pub(super) struct Phase {
    /// What the phase is called.
    name: String,
    /// The variable that holds its context.
    ctx: VarId,
}

/// A file that a phase may write.
struct Target {
    name: &'static str,
    /// The type of its path, in modules that know it.
    ty: &'static str,
    under: &'static str,
}

const fn target(name: &'static str, ty: &'static str, under: &'static str) -> Target {
    Target { name, ty, under }
}

const TARGETS: &[Target] = &[
    target("execution-report", "WorkReportTarget", "artifacts/work"),
    target("progress-report", "WorkReportTarget", "artifacts/work"),
    target("checks-report", "ChecksReport", "artifacts/work"),
    target("review-report", "ReviewReportTarget", "artifacts/review"),
    target(
        "last-review-report",
        "ReviewReportTarget",
        "artifacts/review",
    ),
];

/// The field of a context that is the folder of a phase's files.
const ROOT: &str = "artifact-root";

impl Checker<'_, '_> {
    /// `(with-phase ctx name body)`
    pub(super) fn with_phase(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const SHAPE: &str = "(with-phase context name body)";
        let [ctx, name, body] = args else {
            let why = match args.len() {
                0..3 => "a context, the name of the phase and a body are needed",
                _ => "there is a second body; put both into `(do …)`",
            };
            let at = args.get(3).map_or(span, |extra| extra.span);
            self.report(messages::shape(at, "with-phase", SHAPE, why));
            return Expr::error(span);
        };
        let found = self.expr(ctx, &Want::Any);
        if name.as_symbol().is_none() && name.kind != DatumKind::Error {
            let why = "the phase is named by a symbol";
            self.report(messages::shape(name.span, "with-phase", SHAPE, why));
        }
        if found.ty != Ty::Error && !self.is_phase_context(&found.ty) {
            let finding = messages::not_a_phase_context(&self.world.types, &found);
            self.report(finding);
        }
        if let Some((field, declared, why)) = self.unsound_context(&found.ty) {
            self.report(messages::unsound_context(ctx.span, &field, declared, why));
        }
        let binder = Name {
            text: "phase".to_owned(),
            span: ctx.span,
        };
        let var = self.world.var(binder, found.ty.clone());
        self.phases.push(Phase {
            name: name.as_symbol().unwrap_or_default().to_owned(),
            ctx: var,
        });
        let body = self.expr(body, want);
        self.phases.pop();
        Expr {
            ty: body.ty.clone(),
            kind: ExprKind::Let(vec![(var, found)], Box::new(body)),
            span,
        }
    }

    /// A record with a folder for its files, or with a field for a target.
    fn is_phase_context(&self, ty: &Ty) -> bool {
        self.context_field(ty, ROOT).is_some()
            || TARGETS
                .iter()
                .any(|target| self.context_field(ty, &field_of(target)).is_some())
    }

    /// The field of a context that cannot be what it is for, and why.
    fn unsound_context(&self, ty: &Ty) -> Option<(String, Span, &'static str)> {
        let Ty::Named(id) = ty else {
            return None;
        };
        let types = &self.world.types;
        for field in types.fields(*id)? {
            let name = field.name.text.as_str();
            let (under, must_exist) = match types.lower(&field.ty) {
                Type::Path { under, must_exist } => (under.unwrap_or_default(), must_exist),
                _ if name == "run" => match self.unsound_context(&field.ty) {
                    None => continue,
                    found => return found,
                },
                _ => continue,
            };
            let is_under = |root: &str| under == root || under.starts_with(&format!("{root}/"));
            let why = match name {
                "state-root" if !is_under("state") => "state is kept under `state`",
                ROOT if !is_under("artifacts") => "files are kept under `artifacts`",
                _ if must_exist && TARGETS.iter().any(|target| field_of(target) == name) => {
                    "the phase writes this file, so it need not be there before"
                }
                _ => continue,
            };
            return Some((name.to_owned(), field.name.span, why));
        }
        None
    }

    /// The type of a field that holds a path or a folder.
    pub(super) fn context_field(&self, ty: &Ty, field: &str) -> Option<Ty> {
        let Ty::Named(id) = ty else {
            return None;
        };
        let fields = self.world.types.fields(*id)?;
        let found = fields.iter().find(|each| each.name.text == field)?;
        self.world
            .types
            .is_path(&found.ty)
            .then(|| found.ty.clone())
    }

    /// `(phase-target execution-report)`
    pub(super) fn phase_target(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(phase-target execution-report)";
        let [datum] = args else {
            let why = "one target is named";
            self.report(messages::shape(span, "phase-target", SHAPE, why));
            return Expr::error(span);
        };
        let Some(name) = datum.as_symbol() else {
            if datum.kind != DatumKind::Error {
                let why = "a target is named by a symbol";
                self.report(messages::shape(datum.span, "phase-target", SHAPE, why));
            }
            return Expr::error(span);
        };
        let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
            let names = TARGETS.iter().map(|target| target.name);
            self.report(messages::unknown_target(datum.span, name, names));
            return Expr::error(span);
        };
        let Some(phase) = self.phases.last() else {
            self.report(messages::no_phase(span));
            return Expr::error(span);
        };
        let (ctx, phase) = (phase.ctx, phase.name.clone());
        let ctx_ty = self.world.vars[ctx].ty.clone();
        if ctx_ty == Ty::Error {
            return Expr::error(span);
        }
        self.world.vars[ctx].uses += 1;
        let get = |field: &str, ty: Ty| Expr {
            kind: ExprKind::Get(
                Box::new(Expr {
                    kind: ExprKind::Var(ctx),
                    ty: ctx_ty.clone(),
                    span,
                }),
                field.to_owned(),
            ),
            ty,
            span,
        };
        let field = field_of(target);
        if let Some(ty) = self.context_field(&ctx_ty, &field) {
            return get(&field, ty);
        }
        let Some(root) = self.context_field(&ctx_ty, ROOT) else {
            let finding = messages::no_target(&self.world.types, span, name, &ctx_ty);
            self.report(finding);
            return Expr::error(span);
        };
        let rest = Expr {
            kind: ExprKind::Lit(format!("/{phase}/{name}.md").into()),
            ty: Ty::String,
            span,
        };
        Expr {
            kind: ExprKind::Prim(Prim::Concat, vec![get(ROOT, root), rest]),
            ty: self.target_type(target, span),
            span,
        }
    }

    /// The type that the module has for the paths of a target, or any path of
    /// its folder.
    fn target_type(&mut self, target: &Target, at: Span) -> Ty {
        if let Ok(Ty::Named(id)) = self.world.type_named(at, target.ty)
            && let TypeKind::Path { under, must_exist } = &self.world.types.def(id).kind
            && under.as_deref() == Some(target.under)
            && !must_exist
        {
            return Ty::Named(id);
        }
        Ty::AnyPath {
            under: Some(target.under),
        }
    }

    /// `(provider-bundle-path answer :as Type)`
    pub(super) fn bundle_path(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "provider-bundle-path";
        const SHAPE: &str = "(provider-bundle-path answer :as Path)";
        let mut arguments = self.arguments(FORM, args);
        self.known(FORM, &mut arguments, &["as"]);
        self.extra(&arguments, 1, FORM, SHAPE);
        let (Some(datum), Some(ty)) = (arguments.plain.first(), arguments.get("as")) else {
            let why = "the name of an answer and `:as` with a type of path are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        let written = type_ref(ty, self.diagnostics);
        let wanted = self.world.resolve(&written, self.diagnostics);
        if wanted != Ty::Error && !self.world.types.is_path(&wanted) {
            let why = "`:as` needs a type of path";
            self.report(messages::shape(ty.span, FORM, SHAPE, why));
            return Expr::error(span);
        }
        let name = datum.as_symbol().unwrap_or_default();
        let Some(var) = self.local(name, datum.span) else {
            let found = self.expr(datum, &Want::Any);
            if found.ty != Ty::Error {
                self.report(messages::no_answer(datum.span));
            }
            return Expr::error(span);
        };
        let entry = &mut self.world.vars[var];
        entry.uses += 1;
        if !entry.is_answer {
            self.report(messages::no_answer(datum.span));
            return Expr::error(span);
        }
        if wanted == Ty::Error {
            return Expr::error(span);
        }
        // The first to ask says where the file is; who asks for another folder
        // is told by the type.
        let kept = entry.bundle.get_or_insert(wanted.clone()).clone();
        let found = Expr {
            kind: ExprKind::BundlePath(var),
            ty: kept,
            span,
        };
        self.settle(found, &Want::Type(wanted))
    }
}

/// The field of a context that is the target itself: `execution_report_target`.
fn field_of(target: &Target) -> String {
    format!("{}_target", target.name.replace('-', "_"))
}
