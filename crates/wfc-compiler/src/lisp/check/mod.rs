//! The checker: from data to the typed program. It reports everything it
//! finds; an expression that was reported has the type [`Ty::Error`], which
//! fits everything, so that one mistake gives one finding.

mod adapters;
mod bounds;
mod calls;
mod collections;
mod conditions;
mod cover;
mod drain;
mod effects;
mod facts;
mod forms;
mod idioms;
mod keywords;
mod ledger;
mod loops;
mod matches;
mod names;
mod operators;
mod patterns;
mod phases;
mod policies;
mod prompts;
mod pure;
mod records;
mod references;
mod runs;
mod signatures;
mod steps;
mod texts;
mod transitions;

use std::collections::{BTreeSet, HashMap, HashSet};

use wfc_diag::{Diagnostic, Severity, Sources, Span};
use wfc_ir::Value;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::defs::{Callable as CallableDef, FORMS as FORMS_OF_DEFINITIONS};
use super::hir::{CallableId, Effect, Expr, ExprKind, VarId};
use super::macros::MacroId;
use super::messages;
use super::modules::ModuleId;
use super::scope::{Pending, World};
use super::types::Ty;
use crate::project::Project;
use facts::Fact;

pub(super) use names::constant;
pub(super) use signatures::OPERATORS;

/// What the place of an expression asks of it.
#[derive(Clone, Debug, PartialEq)]
enum Want {
    /// Any value.
    Any,
    /// A value of this type.
    Type(Ty),
    /// Any value; one that does not say its type is of this one. Who asks
    /// compares the types itself, with better words.
    Like(Ty),
    /// The end of a loop body.
    Tail,
}

/// Checks the bodies of all callables. Returns the prompts that they use.
pub(super) fn check(
    world: &mut World<'_>,
    pending: &[Pending<'_>],
    project: &Project,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PromptUse> {
    let mut prompts = Vec::new();
    let mut broken: HashSet<CallableId> = HashSet::new();
    let mut defs: HashMap<CallableId, &Pending<'_>> = HashMap::new();
    for each in pending {
        let params = &world.callables[each.id].type_params;
        let args = params.iter().map(|param| Ty::Named(param.id));
        world.type_scope = each.def.forall.iter().cloned().zip(args).collect();
        let mut found = Vec::new();
        let used = check_body(world, &each.def, each.id, project, sources, &mut found);
        prompts.extend(used);
        if wfc_diag::has_errors(&found) {
            broken.insert(each.id);
        }
        diagnostics.append(&mut found);
        defs.insert(each.id, each);
    }
    for id in 0..world.transitions.len() {
        prompts.extend(transitions::check(world, id, project, sources, diagnostics));
    }
    // Without an end to the calls there is none to the instances.
    if !effects::has_circle(world) {
        check_instances(world, &defs, &broken, project, sources, diagnostics);
    }
    world.type_scope.clear();
    diagnostics.append(&mut world.found);
    effects::finish(world, pending, diagnostics);
    world.note_templates();
    names::unused_imports(world, diagnostics);
    prompts
}

/// Checks the bodies of generic procedures again, for the types that they are
/// used with. What is wrong with any of them was found in the definition.
fn check_instances(
    world: &mut World<'_>,
    defs: &HashMap<CallableId, &Pending<'_>>,
    broken: &HashSet<CallableId>,
    project: &Project,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut next = 0;
    while next < world.waiting.len() {
        let instance = &world.waiting[next];
        let (id, generic, at) = (instance.id, instance.generic, instance.at);
        let args = instance.args.clone();
        next += 1;
        let Some(each) = defs.get(&generic).filter(|_| !broken.contains(&generic)) else {
            continue;
        };
        world.type_scope = each.def.forall.iter().cloned().zip(args.clone()).collect();
        let mut found = Vec::new();
        check_body(world, &each.def, id, project, sources, &mut found);
        let names = each.def.forall.iter().map(|name| name.text.clone());
        let args: Vec<(String, Ty)> = names.zip(args).collect();
        for finding in found.into_iter().filter(|f| f.severity == Severity::Error) {
            diagnostics.push(messages::needed_for(finding, &world.types, at, &args));
        }
    }
}

/// Checks one body. Returns the prompts that it uses.
fn check_body(
    world: &mut World<'_>,
    def: &CallableDef<'_>,
    id: CallableId,
    project: &Project,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PromptUse> {
    let locals = world.callables[id]
        .params
        .iter()
        .map(|param| Local {
            name: param.name.text.clone(),
            var: param.var,
        })
        .collect();
    let want = Want::Type(world.callables[id].ret.clone());
    let mut checker = Checker::new(world, id, project, sources, diagnostics);
    checker.locals = locals;
    let body = match def.body {
        Some(body) => checker.callable_body(body, id, def.is_workflow, &want),
        None => Expr::error(def.name.span),
    };
    checker.references_in(&body, false);
    let (effects, calls, prompts) = (checker.effects, checker.calls, checker.prompts);
    let callable = &mut world.callables[id];
    callable.body = body;
    callable.effects = effects;
    callable.calls = calls;
    prompts
}

/// A prompt that a module uses; its file must be there.
pub(super) struct PromptUse {
    pub(super) name: String,
    pub(super) module: ModuleId,
    pub(super) span: Span,
}

/// A name in reach.
struct Local {
    name: String,
    var: VarId,
}

impl Local {
    /// The same name, in reach elsewhere.
    fn again(&self) -> Local {
        Local {
            name: self.name.clone(),
            var: self.var,
        }
    }
}

/// A loop around the expression at hand.
struct LoopContext {
    state_ty: Ty,
    /// What the loop gives, as far as it is known, and where that was said.
    result: Option<(Ty, Span)>,
    /// Is there a `done` in it?
    ends: bool,
    span: Span,
}

struct Checker<'c, 'a> {
    /// What the body belongs to.
    id: CallableId,
    world: &'c mut World<'a>,
    project: &'c Project,
    sources: &'c Sources,
    diagnostics: &'c mut Vec<Diagnostic>,
    locals: Vec<Local>,
    facts: Vec<Fact>,
    loops: Vec<LoopContext>,
    phases: Vec<phases::Phase>,
    /// Is the expression in what a local procedure is for?
    in_local_proc: bool,
    /// What the step around consumes.
    consumed: Vec<String>,
    /// How many lists are around the one at hand.
    nesting: usize,
    effects: BTreeSet<Effect>,
    calls: Vec<(CallableId, Span)>,
    prompts: Vec<PromptUse>,
}

impl<'c, 'a> Checker<'c, 'a> {
    fn new(
        world: &'c mut World<'a>,
        id: CallableId,
        project: &'c Project,
        sources: &'c Sources,
        diagnostics: &'c mut Vec<Diagnostic>,
    ) -> Self {
        Checker {
            id,
            world,
            project,
            sources,
            diagnostics,
            locals: Vec::new(),
            facts: Vec::new(),
            loops: Vec::new(),
            phases: Vec::new(),
            in_local_proc: false,
            consumed: Vec::new(),
            nesting: 0,
            effects: BTreeSet::new(),
            calls: Vec::new(),
            prompts: Vec::new(),
        }
    }
}

impl Checker<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Checks an expression. What it returns fits `want`, or is an error.
    fn expr(&mut self, datum: &Datum, want: &Want) -> Expr {
        let literal = |value: Value, ty: Ty| Expr {
            kind: ExprKind::Lit(value),
            ty,
            span: datum.span,
        };
        let found = match &datum.kind {
            DatumKind::Error => return Expr::error(datum.span),
            DatumKind::Str(text) => literal(Value::from(text.as_str()), Ty::String),
            DatumKind::Int(number) => literal(Value::from(*number), Ty::Int),
            DatumKind::Float(number) => literal(Value::from(*number), Ty::Float),
            DatumKind::Bool(flag) => literal(Value::from(*flag), Ty::Bool),
            DatumKind::Keyword(name) => {
                self.report(messages::stray_keyword(datum.span, name));
                return Expr::error(datum.span);
            }
            DatumKind::Symbol(name) => self.symbol(name, datum.span, want),
            DatumKind::List(members) => match members.split_first() {
                Some((head, args)) => return self.nested(datum, head, args, want),
                None => {
                    self.report(messages::empty_list(datum.span));
                    return Expr::error(datum.span);
                }
            },
        };
        self.settle(found, want)
    }

    /// Holds an expression against what its place asks for.
    fn settle(&mut self, found: Expr, want: &Want) -> Expr {
        match want {
            Want::Any => found,
            Want::Like(want) if self.world.types.fits(&found.ty, want) => found,
            Want::Like(want) => match self.item_there(&found) {
                Some(ty) if self.world.types.fits(&ty, want) => Expr { ty, ..found },
                _ => found,
            },
            Want::Type(want) if self.world.types.fits(&found.ty, want) => found,
            Want::Type(want) => {
                let found = self.there(found);
                if self.world.types.fits(&found.ty, want) {
                    return found;
                }
                if let ExprKind::Lit(Value::String(word)) = &found.kind
                    && self.world.types.is_word_of_shape(want, word)
                {
                    return Expr {
                        ty: want.clone(),
                        ..found
                    };
                }
                let diagnostic = messages::mismatch(&self.world.types, &found, want);
                self.report(diagnostic);
                Expr::error(found.span)
            }
            Want::Tail if matches!(found.ty, Ty::Tail | Ty::Error) => found,
            Want::Tail => {
                let around = self.loops.last().map(|each| each.span);
                self.report(messages::not_a_tail(found.span, around));
                Expr::error(found.span)
            }
        }
    }

    /// Checks a list, unless macros have made it too deep. The reader bounds
    /// how deep authors nest.
    fn nested(&mut self, datum: &Datum, head: &Datum, args: &[Datum], want: &Want) -> Expr {
        if self.nesting >= MAX_NESTING {
            self.report(messages::nested_too_deep(datum.span, MAX_NESTING));
            return Expr::error(datum.span);
        }
        self.nesting += 1;
        let found = self.list(datum, head, args, want);
        self.nesting -= 1;
        found
    }

    /// Checks what the use of a macro stands for.
    fn expansion(&mut self, id: MacroId, form: &Datum, want: &Want) -> Expr {
        let id = self.world.meant_macro(id, form);
        let made = self.world.macros.expand(id, form, self.diagnostics);
        let Some(made) = made else {
            return Expr::error(form.span);
        };
        if let Some(head) = made
            .head()
            .filter(|head| FORMS_OF_DEFINITIONS.contains(head))
        {
            let name = &self.world.macros.all[id].name.text;
            let found = messages::definition_as_value(form.span, name, head);
            self.report(found);
            return Expr::error(form.span);
        }
        self.expr(&made, want)
    }

    /// Checks a form, an operation or a call.
    fn list(&mut self, datum: &Datum, head: &Datum, args: &[Datum], want: &Want) -> Expr {
        let span = datum.span;
        let Some(name) = head.as_symbol() else {
            if head.kind != DatumKind::Error {
                self.report(messages::no_head(head.span));
            }
            for arg in args {
                self.expr(arg, &Want::Any);
            }
            return Expr::error(span);
        };
        // These hand the demand of their place to what they end with.
        match name {
            "let*" | "let" => return self.let_form(span, name, args, want),
            "do" => return self.do_form(span, args, want),
            "if" => return self.if_form(span, args, want),
            "cond" => return self.cond_form(span, args, want),
            "match" => return self.match_form(span, args, want),
            "let-proc" => return self.let_proc(span, args, want),
            "with-phase" => return self.with_phase(span, args, want),
            "the" => return self.the_form(span, args, want),
            "produce-one-of" => return self.produce_one_of(span, args, want),
            "resume-or-start" => return self.resume_or_start(span, args, want),
            "resource-transition" if is_given(args, "from") => {
                return self.move_item(span, args, want);
            }
            "resource-transition" => {
                let found = self.transition_form(span, args);
                return self.settle(found, want);
            }
            "finalize-selected-item" if is_given(args, "selected") => {
                return self.finalize_item(span, args, want);
            }
            "backlog-drain" => {
                if let Some(id) = self.own_drain_result(span) {
                    return self.drain_form(span, args, id, want);
                }
            }
            "continue" | "done" => return self.tail_form(span, head.span, name, args, want),
            _ => {}
        }
        if let Some(id) = self.world.macro_of(head) {
            return self.expansion(id, datum, want);
        }
        // Any other form is a value, whatever its place asks for.
        let expected = match want {
            Want::Type(ty) | Want::Like(ty) => Some(ty),
            _ => None,
        };
        let found = match name {
            "record" => self.record_form(span, args, expected),
            "record-update" => self.update_form(span, name, args),
            "loop-state" => self.loop_state(span, args),
            "assert" => self.assert_form(span, args),
            "wait-for" => self.wait_form(span, args),
            "materialize-view" => self.view_form(span, args),
            "materialize" => self.materialize_form(span, args),
            "as-step" => self.step_form(span, args),
            "path/exists?" => self.exists_form(span, args),
            "json/get" => self.json_get(span, args),
            _ if runs::is_one(name) => self.fact_form(span, head.span, name, args),
            "finally" => {
                self.report(messages::finally_inside(span));
                return Expr::error(span);
            }
            "variant" => self.variant_form(span, args, expected),
            "list" => self.list_form(span, args, expected),
            "some" => self.some_form(span, args, expected),
            "text" => self.text_form(span, args),
            "map" => self.map_form(span, args, expected),
            "list/map" => self.list_map(span, args, expected),
            "list/filter" => self.list_filter(span, args),
            "list/map-effect" | "for-each" => self.each_form(span, name, args),
            "path/join-under" => self.join_form(span, args),
            "call" => self.call_form(span, args),
            "proc-ref" | "workflow-ref" => self.reference_form(span, name, args, expected),
            "bind-proc" => self.bind_proc(span, args, expected),
            "loop/recur" => self.loop_form(span, args, expected),
            "loop/until" => self.until_form(span, args),
            "when" => self.when_form(span, args),
            "provider-result" => self.provider_form(span, args),
            "command-result" => self.command_form(span, args),
            "provider-bundle-path" => self.bundle_path(span, args),
            "phase-target" => self.phase_target(span, args),
            _ => match signatures::find(name) {
                Some(operator) => self.operation(span, head.span, operator, args, expected),
                None => self.procedure_call(span, head, name, args, expected),
            },
        };
        self.settle(found, want)
    }

    /// Runs `body` with the names and proofs in reach, and forgets those that
    /// it adds.
    fn scoped<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let (locals, facts) = (self.locals.len(), self.facts.len());
        let found = body(self);
        self.locals.truncate(locals);
        self.facts.truncate(facts);
        found
    }

    /// Runs `body` where `facts` hold.
    fn knowing<T>(&mut self, facts: Vec<Fact>, body: impl FnOnce(&mut Self) -> T) -> T {
        self.scoped(|this| {
            this.assume(facts);
            body(this)
        })
    }
}

/// How deep lists may nest once macros are expanded.
const MAX_NESTING: usize = 400;

/// Is it the name of a form or operator?
pub(super) fn is_form(name: &str) -> bool {
    FORMS.contains(&name) || signatures::find(name).is_some()
}

/// Is a keyword among the arguments?
fn is_given(args: &[Datum], keyword: &str) -> bool {
    args.iter().any(|arg| arg.as_keyword() == Some(keyword))
}

/// The heads of the forms that are not operators.
pub(super) const FORMS: &[&str] = &[
    "let*",
    "let",
    "do",
    "if",
    "cond",
    "match",
    "record",
    "record-update",
    "loop-state",
    "assert",
    "wait-for",
    "materialize-view",
    "materialize",
    "as-step",
    "path/exists?",
    "json/get",
    "run/id",
    "run/root",
    "run/started",
    "run/context",
    "artifact/newest",
    "artifact/consumed",
    "loop/index",
    "loop/total",
    "step/exit-code",
    "step/status",
    "step/outcome",
    "step/phase",
    "step/class",
    "step/retryable?",
    "step/output",
    "step/lines",
    "step/json",
    "step/files",
    "step/waited-ms",
    "step/polls",
    "step/timed-out?",
    "finally",
    "variant",
    "list",
    "some",
    "text",
    "map",
    "list/map",
    "list/filter",
    "list/map-effect",
    "for-each",
    "path/join-under",
    "call",
    "loop/recur",
    "loop/until",
    "when",
    "continue",
    "done",
    "provider-result",
    "command-result",
    "provider-bundle-path",
    "with-phase",
    "phase-target",
    "proc-ref",
    "workflow-ref",
    "bind-proc",
    "let-proc",
    "the",
    "produce-one-of",
    "resume-or-start",
    "resource-transition",
    "finalize-selected-item",
];

/// Forms of the language that this compiler does not read yet.
const LATER: &[&str] = &[
    "with-live-providers",
    "with-live-provider-peers",
    "run-ref",
    "trial",
];
