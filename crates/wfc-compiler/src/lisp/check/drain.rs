//! `backlog-drain` for a program that says by itself what comes out of working
//! through a queue: a union `DrainResult` of its own, whose fields are filled
//! from what the hooks give. For the union of `std/drain` there is a procedure.

use std::rc::Rc;

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::idioms::Write;
use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::hir::Expr;
use crate::lisp::messages;
use crate::lisp::scope::{Item, Space};
use crate::lisp::types::{RefTy, Ty, TypeId};

const FORM: &str = "backlog-drain";
const SHAPE: &str =
    "(backlog-drain name :ctx ctx :selector s :run-item r :gap-drafter g :max-iterations n)";

/// What the value of the form is called.
const RESULT: &str = "DrainResult";

/// A hook: a procedure or a workflow.
struct Hook {
    /// What refers to it.
    named: Datum,
    of: Rc<RefTy>,
}

impl Hook {
    /// A call of the hook that is bound to a variable.
    fn call(&self, w: &Write, var: &str, args: Vec<Datum>) -> Datum {
        if !self.of.is_workflow {
            return w.call(var, args);
        }
        let mut members = vec![w.symbol(var)];
        for (param, arg) in self.of.params.iter().zip(args) {
            // Keywords of a reference whose parameters have no names follow
            // their order.
            members.extend([w.keyword(param.name.as_deref().unwrap_or("next")), arg]);
        }
        w.call("call", members)
    }
}

/// What a variant of the result is filled from.
#[derive(Clone, Copy)]
struct Found<'t> {
    /// The variant that `%it` is of.
    it: Option<(TypeId, Option<usize>)>,
    /// Why it is blocked, unless `%it` says so.
    blocker: Option<&'static str>,
    /// What a report that nobody has written says.
    report: &'t str,
}

impl Checker<'_, '_> {
    /// The union of the program, if it is not that of the library.
    pub(super) fn own_drain_result(&mut self, at: Span) -> Option<TypeId> {
        let Ok(Ty::Named(id)) = self.world.type_named(at, RESULT) else {
            return None;
        };
        let module = self
            .world
            .modules
            .of(self.world.types.def(id).name.span.file);
        let is_library = self.world.modules.all[module].name.text == "std/drain";
        let is_union = self.world.types.variants(id).is_some();
        (is_union && !is_library).then_some(id)
    }

    /// The form, when the result is `id`.
    pub(super) fn drain_form(
        &mut self,
        span: Span,
        args: &[Datum],
        id: TypeId,
        want: &Want,
    ) -> Expr {
        let mut arguments = self.arguments(FORM, args);
        let keys = [
            "ctx",
            "selector",
            "run-item",
            "gap-drafter",
            "max-iterations",
        ];
        self.known(FORM, &mut arguments, &keys);
        self.extra(&arguments, 1, FORM, SHAPE);
        let missing = keys.iter().find(|key| arguments.get(key).is_none());
        if let Some(key) = missing {
            let why = format!("`:{key}` is missing");
            self.report(messages::shape(span, FORM, SHAPE, &why));
            return Expr::error(span);
        }
        match self.drained(span, &arguments, id) {
            Some(written) => self.expr(&written, want),
            None => Expr::error(span),
        }
    }

    /// What the form stands for; nothing when something was reported.
    fn drained(&mut self, span: Span, arguments: &Arguments<'_>, id: TypeId) -> Option<Datum> {
        let w = Write { span };
        let ctx = arguments.get("ctx")?;
        let ctx_ty = self.expr(ctx, &Want::Any).ty;
        let is_sound = self.is_drain_context(&ctx_ty);
        if !is_sound && ctx_ty != Ty::Error {
            let why =
                "the context of a queue has a `run`, and a `manifest` and a `ledger` under `state`";
            self.report(messages::shape(ctx.span, FORM, SHAPE, why));
        }
        let selector = self.hook(arguments.get("selector")?, 1);
        let run = self.hook(arguments.get("run-item")?, 2);
        let gap = self.hook(arguments.get("gap-drafter")?, 2);
        let (selector, run, gap) = (selector?, run?, gap?);
        if !is_sound {
            return None;
        }
        let selected = self.union_of(
            arguments.get("selector")?,
            &selector.of.ret,
            &["EMPTY", "GAP", "SELECTED"],
        );
        let ran = self.union_of(
            arguments.get("run-item")?,
            &run.of.ret,
            &["CONTINUE", "BLOCKED"],
        );
        let drafted = match &gap.of.ret {
            // A record is no refusal.
            Ty::Named(record) if self.world.types.fields(*record).is_some() => None,
            ret => {
                Some(self.union_of(arguments.get("gap-drafter")?, ret, &["CONTINUE", "BLOCKED"])?)
            }
        };
        let (selected, ran) = (selected?, ran?);
        let run_at = arguments.get("run-item")?.span;
        let gap_at = arguments.get("gap-drafter")?.span;
        let takes = self.takes(run_at, &run, (selected, "SELECTED", "selection"));
        if !self.takes(gap_at, &gap, (selected, "GAP", "gap")) || !takes {
            return None;
        }
        let case = |this: &Self, of: TypeId, tag: &str| Some((of, this.world.types.tag(of, tag)));
        let plain = |it| Found {
            it,
            blocker: None,
            report: "",
        };

        let empty = plain(case(self, selected, "EMPTY"));
        let ends = w.list(vec![
            w.symbol("if"),
            w.list(vec![
                w.symbol("="),
                w.symbol("%processed"),
                w.datum(DatumKind::Int(0)),
            ]),
            self.drain_result(&w, id, "EMPTY", empty)?,
            self.drain_result(&w, id, "COMPLETED", empty)?,
        ]);
        let blocked = |this: &mut Self, of: TypeId| {
            let found = plain(case(this, of, "BLOCKED"));
            this.drain_result(&w, id, "BLOCKED", found)
                .map(|value| w.call("done", vec![value]))
        };

        let item = [
            ("run", "%ctx.run"),
            ("item-id", "%found.selection.item-id"),
            ("state-root", "%found.selection.item-state-root"),
            ("artifact-root", "%ctx.run.artifact-root"),
            ("ledger", "%ctx.ledger"),
        ];
        let item = item
            .iter()
            .flat_map(|(key, value)| [w.keyword(key), w.symbol(value)]);
        let item = w.call("record", item.collect());
        let more = w.call(
            "+",
            vec![w.symbol("%processed"), w.datum(DatumKind::Int(1))],
        );
        let run_item = w.call(
            "match",
            vec![
                run.call(&w, "%run", vec![item, w.symbol("%found.selection")]),
                w.list(vec![w.symbol("CONTINUE"), w.call("continue", vec![more])]),
                w.arm("BLOCKED", "%it", blocked(self, ran)?),
            ],
        );

        let again = w.call("continue", vec![w.symbol("%processed")]);
        let draft = gap.call(&w, "%gap", vec![w.symbol("%ctx"), w.symbol("%found.gap")]);
        let close = match drafted {
            Some(drafted) => w.call(
                "match",
                vec![
                    draft,
                    w.list(vec![w.symbol("CONTINUE"), again]),
                    w.arm("BLOCKED", "%it", blocked(self, drafted)?),
                ],
            ),
            None => w.call("do", vec![draft, again]),
        };

        let mut arms = vec![
            selector.call(&w, "%select", vec![w.symbol("%ctx")]),
            w.arm("EMPTY", "%it", w.call("done", vec![ends])),
            w.arm("SELECTED", "%found", run_item),
            w.arm("GAP", "%found", close),
        ];
        if self.world.types.tag(selected, "BLOCKED").is_some() {
            let found = Found {
                it: case(self, selected, "BLOCKED"),
                blocker: Some("user_decision_required"),
                report: "No item could be selected.",
            };
            let value = self.drain_result(&w, id, "BLOCKED", found)?;
            arms.push(w.arm("BLOCKED", "%it", w.call("done", vec![value])));
        }
        let spent = Found {
            it: None,
            blocker: Some("unrecoverable_after_fix_attempt"),
            report: "No round was left.",
        };
        let body = w.list(vec![
            w.list(vec![w.symbol("%processed")]),
            w.call("match", arms),
        ]);
        let work = w.call(
            "loop/recur",
            vec![
                w.keyword("max"),
                arguments.get("max-iterations")?.clone(),
                w.keyword("state"),
                w.datum(DatumKind::Int(0)),
                w.keyword("on-exhausted"),
                self.drain_result(&w, id, "BLOCKED", spent)?,
                // `(fn (%processed) …)`
                match body.kind {
                    DatumKind::List(members) => w.call("fn", members),
                    _ => return None,
                },
            ],
        );
        let bound = [
            ("%ctx", ctx.clone()),
            ("%select", selector.named),
            ("%run", run.named),
            ("%gap", gap.named),
        ];
        let bound = bound
            .into_iter()
            .map(|(name, value)| w.list(vec![w.symbol(name), value]));
        Some(w.call("let*", vec![w.list(bound.collect()), work]))
    }

    /// Has it a run, and a manifest and a ledger among its state?
    fn is_drain_context(&self, ty: &Ty) -> bool {
        let Ty::Named(id) = ty else {
            return false;
        };
        let is_state = |field: &str| {
            let found = self.context_field(ty, field);
            found.is_some_and(|ty| self.is_state(&ty))
        };
        let fields = self.world.types.fields(*id).unwrap_or_default();
        fields.iter().any(|field| field.name.text == "run")
            && is_state("manifest")
            && is_state("ledger")
    }

    /// What a hook refers to. The name of a workflow is clear enough.
    fn hook(&mut self, datum: &Datum, takes: usize) -> Option<Hook> {
        let named = match datum.as_symbol() {
            Some(name) if self.local(name, datum.span).is_none() => {
                let w = Write { span: datum.span };
                let is_workflow = match self.world.find(datum.span, name, Space::Callable) {
                    Ok(Item::Callable(id)) => self.world.callables[id].is_workflow,
                    _ => true,
                };
                let form = if is_workflow {
                    "workflow-ref"
                } else {
                    "proc-ref"
                };
                w.call(form, vec![datum.clone()])
            }
            _ => datum.clone(),
        };
        let found = self.expr(&named, &Want::Any);
        match &found.ty {
            Ty::Error => None,
            Ty::Ref(of) if is_taken_by(of, takes) => Some(Hook {
                named,
                of: Rc::clone(of),
            }),
            Ty::Ref(_) => {
                let why = match takes {
                    1 => "the selector takes one value, the context of the queue",
                    _ => "this hook takes two values, a context and what was selected",
                };
                self.report(messages::shape(datum.span, FORM, SHAPE, why));
                None
            }
            ty => {
                let finding = messages::no_reference(&self.world.types, datum.span, ty);
                self.report(finding);
                None
            }
        }
    }

    /// The union that a hook gives, which has these variants.
    fn union_of(&mut self, hook: &Datum, ret: &Ty, tags: &[&str]) -> Option<TypeId> {
        let types = &self.world.types;
        let found = match ret {
            Ty::Named(id) => types.variants(*id).map(|_| *id),
            _ => None,
        };
        let lacks = |id: TypeId| tags.iter().find(|tag| types.tag(id, tag).is_none());
        let why = match found.map(lacks) {
            Some(None) => return found,
            Some(Some(tag)) => format!(
                "what this hook gives, `{}`, has no variant `{tag}`",
                types.show(ret)
            ),
            None => format!(
                "this hook gives `{}`, and a union with {} is needed",
                types.show(ret),
                messages::all_of(tags.iter().copied())
            ),
        };
        self.report(messages::shape(hook.span, FORM, SHAPE, &why));
        None
    }

    /// Does a hook take what the selector gives in a field of a variant?
    fn takes(&mut self, at: Span, hook: &Hook, (of, tag, field): (TypeId, &str, &str)) -> bool {
        let types = &self.world.types;
        let fields = types.fields_of(of, types.tag(of, tag));
        let given = fields.iter().find(|each| each.name.text == field);
        let why = match (given, hook.of.params.get(1)) {
            (Some(given), Some(param)) if types.fits(&given.ty, &param.ty) => return true,
            (Some(given), Some(param)) => format!(
                "this hook takes `{}`, and the selector gives `{}`",
                types.show(&param.ty),
                types.show(&given.ty)
            ),
            _ => format!("what the selector gives has no field `{field}` in `{tag}`"),
        };
        self.report(messages::shape(at, FORM, SHAPE, &why));
        false
    }

    /// A variant of the result, each field of which is found by its name.
    fn drain_result(
        &mut self,
        w: &Write,
        id: TypeId,
        tag: &str,
        found: Found<'_>,
    ) -> Option<Datum> {
        let mut members = vec![w.symbol(RESULT), w.symbol(tag)];
        let Some(index) = self.world.types.tag(id, tag) else {
            let declared = self.world.types.def(id).name.span;
            self.report(messages::drain_result_lacks(w.span, tag, declared));
            return None;
        };
        for field in self.world.types.fields_of(id, Some(index)).to_vec() {
            let name = field.name.text.as_str();
            let (wanted, is_optional) = match &field.ty {
                Ty::Optional(inner) => (inner.as_ref(), true),
                ty => (ty, false),
            };
            let given = found.it.and_then(|(of, case)| {
                let own = self.world.types.fields_of(of, case);
                let mut names = [name, "summary-path"].into_iter();
                // A report of work is what the summary of an item is.
                let names = names
                    .by_ref()
                    .take(if name == "progress-report-path" { 2 } else { 1 });
                names
                    .filter_map(|name| own.iter().find(|each| each.name.text == name))
                    .find(|each| self.world.types.fits(&each.ty, wanted))
                    .map(|each| w.symbol(&format!("%it.{}", each.name.text)))
            });
            let value = match (given, name) {
                (Some(value), _) => Some(value),
                (None, "items-processed") => Some(w.symbol("%processed")),
                (None, "blocker-class") => found.blocker.map(|word| match wanted {
                    Ty::String => w.datum(DatumKind::Str(word.to_owned())),
                    ty => w.symbol(&format!("{}.{word}", self.world.types.show(ty))),
                }),
                (None, "run-state") => Some(w.symbol("%ctx.manifest")),
                (None, "progress-report-path") if !is_optional && !found.report.is_empty() => {
                    Some(w.call(
                        "materialize-view",
                        vec![
                            w.symbol("drain-report"),
                            w.keyword("value"),
                            w.datum(DatumKind::Str(found.report.to_owned())),
                            w.keyword("renderer"),
                            w.symbol("text"),
                            w.keyword("target"),
                            w.datum(DatumKind::Str("artifacts/work/drain-report.md".to_owned())),
                            w.keyword("returns"),
                            w.symbol(&self.world.types.show(wanted)),
                        ],
                    ))
                }
                _ => None,
            };
            let value = match (value, is_optional) {
                (Some(value), true) => w.call("some", vec![value]),
                (Some(value), false) => value,
                (None, true) => w.symbol("none"),
                (None, false) => {
                    let finding = messages::drain_field(w.span, tag, name, field.name.span);
                    self.report(finding);
                    return None;
                }
            };
            members.extend([w.keyword(name), value]);
        }
        Some(w.call("variant", members))
    }
}

fn is_taken_by(of: &RefTy, takes: usize) -> bool {
    let needed = of.params.iter().filter(|param| !param.has_default).count();
    of.params.len() >= takes && needed <= takes
}
