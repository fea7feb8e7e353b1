//! Transitions of resources. One is a procedure: it reads the file of the
//! state, and gives what it has given before if the run has already made such
//! a request; else it holds the request against the conditions, writes the new
//! state, and notes the request with its result beside it. Both files are
//! written from values that the journal keeps, so that a resume that writes
//! them again changes nothing.

use std::collections::BTreeSet;

use wfc_diag::{Diagnostic, Sources, Span};
use wfc_ir::{Prim, RunField, Value};
use wfc_syntax::lisp::Datum;

use super::{Checker, Local, PromptUse, Want};
use crate::lisp::defs::{Name, UpdateKind};
use crate::lisp::hir::{Command, Effect, Expr, ExprKind, Fact, VarId, View};
use crate::lisp::messages;
use crate::lisp::scope::{REQUEST, WHERE, World};
use crate::lisp::types::{Ty, TypeId};
use crate::project::Project;

/// The command that an effect row names for a transition.
const COMMAND: &str = "apply_resource_transition";

/// Where the states of resources and the requests are, by run.
const FOLDER: &str = "state/resources/";

/// Joins the file of the state (`$0`) and that of the requests (`$1`). A state
/// that is not there yet is `$2`, unless that is empty.
const READ: &str = r#"set -e
{
  printf '{"stored":'
  if [ -e "$0" ] || [ -z "$2" ]; then cat -- "$0"; else printf %s "$2"; fi
  printf ',"made":'
  if [ -e "$1" ]; then cat -- "$1"; else printf '{}'; fi
  printf '}'
} > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH""#;

/// The state before anything has happened.
const INITIAL: &str = r#"{"version":0,"state":{}}"#;

/// Checks a transition, and makes its procedure.
pub(super) fn check(
    world: &mut World<'_>,
    id: usize,
    project: &Project,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PromptUse> {
    let callable = world.transitions[id].callable;
    let mut checker = Checker::new(world, callable, project, sources, diagnostics);
    let before = checker.diagnostics.len();
    let body = checker.transition(id);
    let is_sound = !wfc_diag::has_errors(&checker.diagnostics[before..]);
    let (mut effects, calls, prompts) = (checker.effects, checker.calls, checker.prompts);
    effects.extend(effect());
    let callable = &mut world.callables[callable];
    callable.effects = effects;
    callable.calls = calls;
    if let Some(body) = body.filter(|_| is_sound) {
        callable.body = body;
    }
    prompts
}

fn effect() -> BTreeSet<Effect> {
    BTreeSet::from([Effect {
        kind: "uses-command",
        subject: COMMAND.to_owned(),
        var: None,
    }])
}

/// What the expressions of a transition are made of.
struct Maker {
    span: Span,
}

impl Maker {
    fn of(&self, kind: ExprKind, ty: Ty) -> Expr {
        Expr {
            kind,
            ty,
            span: self.span,
        }
    }

    fn text(&self, text: &str) -> Expr {
        self.of(ExprKind::Lit(Value::from(text)), Ty::String)
    }

    fn prim(&self, prim: Prim, args: Vec<Expr>, ty: Ty) -> Expr {
        self.of(ExprKind::Prim(prim, args), ty)
    }

    fn get(&self, base: Expr, field: &str, ty: Ty) -> Expr {
        self.of(ExprKind::Get(Box::new(base), field.to_owned()), ty)
    }

    fn record(&self, fields: Vec<(&str, Expr)>, id: TypeId) -> Expr {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.of(ExprKind::Record(fields), Ty::Named(id))
    }

    /// A file of the run for this name.
    fn file(&self, name: &str) -> Expr {
        let parts = vec![
            self.text(FOLDER),
            self.of(ExprKind::Fact(Fact::Run(RunField::Id)), Ty::String),
            self.text(&format!("/{name}.json")),
        ];
        self.of(ExprKind::Text(parts), Ty::String)
    }

    fn write(&self, name: &str, value: Expr, target: Expr) -> Expr {
        let view = View {
            name: name.to_owned(),
            value,
            target,
            renderer: "canonical-json".to_owned(),
        };
        let ty = Ty::AnyPath { under: None };
        self.of(ExprKind::View(Box::new(view)), ty)
    }
}

impl Checker<'_, '_> {
    /// The body of the procedure; nothing when something it needs was reported.
    fn transition(&mut self, id: usize) -> Option<Expr> {
        let transition = &self.world.transitions[id];
        let name = transition.def.name.clone();
        let resource = &self.world.resources[transition.resource?];
        let state = resource.state?;
        let is_bridged = resource.bridge.is_some();
        let file = {
            let module = &self.world.modules.all[resource.module].name.text;
            format!("{}.{}", module.replace('/', "."), resource.name.text)
        };
        let callable = &self.world.callables[transition.callable];
        let (request_var, place_var) = (callable.params[REQUEST].var, callable.params[WHERE].var);
        let Ty::Named(request) = callable.params[REQUEST].ty else {
            return None;
        };
        let result_ty = callable.ret.clone();
        let make = Maker { span: name.span };

        let old = match is_bridged {
            true => state,
            false => self.maybe_empty(state, &name),
        };
        let stored = match is_bridged {
            true => old,
            false => self.made_record(
                "stored",
                &name,
                &[("version", Ty::Int), ("state", Ty::Named(old))],
            ),
        };
        let old_var = self.variable("state", &name, Ty::Named(old));
        let conditions = self.conditions(id, request_var, old_var);
        let new = self.updates(id, state, old, request_var, old_var);
        let new_ty = new.as_ref().map_or(Ty::Error, |new| new.ty.clone());
        let new_var = self.variable("state", &name, new_ty);
        let [gives, audit] = self.in_reach(request_var, new_var, |this| {
            let def = &this.world.transitions[id].def;
            let (gives, audit) = (def.gives, def.audit);
            let gives = this.expr(gives, &Want::Type(result_ty.clone()));
            [gives, this.expr(audit, &Want::Any)]
        });
        if !audit.ty.is_data() {
            let shown = self.world.types.show(&audit.ty);
            self.report(messages::not_data(audit.span, &shown));
        }
        let key = self.key(id, request, request_var, &make);
        let (new, key) = (new?, key?);

        let entry = [("result", result_ty.clone()), ("audit", audit.ty.clone())];
        let entry = self.made_record("entry", &name, &entry);
        let made = Ty::Map(Ty::Named(entry).into());
        let read = [("stored", Ty::Named(stored)), ("made", made.clone())];
        let read = self.made_record("read", &name, &read);

        let requests = |make: &Maker| make.file(&format!("{file}.{}", name.text));
        let place = |this: &mut Self, make: &Maker| match is_bridged {
            true => this.read(place_var, make.span),
            false => make.file(&file),
        };
        let initial = if is_bridged { "" } else { INITIAL };
        let words = ["sh", "-c", READ].map(|word| make.text(word));
        let mut argv: Vec<Expr> = words.into();
        argv.extend([place(self, &make), requests(&make), make.text(initial)]);
        let read_step = make.of(
            ExprKind::Command(Box::new(Command {
                name: COMMAND.to_owned(),
                argv,
                policy: Default::default(),
                answers: true,
                bundle: None,
            })),
            Ty::Named(read),
        );
        let read_var = self.variable("read", &name, Ty::Named(read));
        let key_var = self.variable("key", &name, Ty::String);
        let earlier = Ty::Optional(Ty::Named(entry).into());
        let earlier_var = self.variable("earlier", &name, earlier.clone());
        let result_var = self.variable("result", &name, result_ty.clone());

        let stored_now = |this: &mut Self| {
            let read = this.read(read_var, make.span);
            make.get(read, "stored", Ty::Named(stored))
        };
        let old_value = match is_bridged {
            true => stored_now(self),
            false => make.get(stored_now(self), "state", Ty::Named(old)),
        };
        let made_now = |this: &mut Self| {
            let read = this.read(read_var, make.span);
            make.get(read, "made", made.clone())
        };
        let found = vec![made_now(self), self.read(key_var, make.span)];
        let found = make.prim(Prim::MapGet, found, earlier);

        // What is done with a request that is new.
        let mut steps: Vec<Expr> = Vec::new();
        if !is_bridged {
            let version = make.get(stored_now(self), "version", Ty::Int);
            steps.push(self.version_fits(place_var, version, &make));
        }
        steps.extend(conditions);
        let new_state = self.read(new_var, make.span);
        let content = match is_bridged {
            true => new_state,
            false => {
                let version = make.get(stored_now(self), "version", Ty::Int);
                let one = make.of(ExprKind::Lit(Value::from(1)), Ty::Int);
                let version = make.prim(Prim::Add, vec![version, one], Ty::Int);
                let ty = [("version", Ty::Int), ("state", new.ty.clone())];
                let id = self.made_record("stored", &name, &ty);
                make.record(vec![("version", version), ("state", new_state)], id)
            }
        };
        let target = place(self, &make);
        let noted = make.record(
            vec![
                ("result", self.read(result_var, make.span)),
                ("audit", audit),
            ],
            entry,
        );
        let noted = vec![made_now(self), self.read(key_var, make.span), noted];
        let noted = make.prim(Prim::MapPut, noted, made.clone());
        let writes = vec![
            make.write("state", content, target),
            make.write("requests", noted, requests(&make)),
        ];
        let given = self.read(result_var, make.span);
        let finish = make.of(ExprKind::Do(writes, Box::new(given)), result_ty.clone());
        let bound = vec![(new_var, new), (result_var, gives)];
        let finish = make.of(ExprKind::Let(bound, Box::new(finish)), result_ty.clone());
        let apply = make.of(ExprKind::Do(steps, Box::new(finish)), result_ty.clone());

        let is_made = vec![self.read(earlier_var, make.span)];
        let is_made = make.prim(Prim::IsSome, is_made, Ty::Bool);
        let again = Expr {
            ty: Ty::Named(entry),
            ..self.read(earlier_var, make.span)
        };
        let again = make.get(again, "result", result_ty.clone());
        let choice = ExprKind::If(Box::new(is_made), Box::new(again), Box::new(apply));
        let choice = make.of(choice, result_ty.clone());
        let bound = vec![
            (read_var, read_step),
            (key_var, key),
            (earlier_var, found),
            (old_var, old_value),
        ];
        Some(make.of(ExprKind::Let(bound, Box::new(choice)), result_ty))
    }

    /// A variable of the procedure.
    fn variable(&mut self, text: &str, at: &Name, ty: Ty) -> VarId {
        let name = Name {
            text: text.to_owned(),
            span: at.span,
        };
        self.world.var(name, ty)
    }

    fn made_record(&mut self, what: &str, at: &Name, fields: &[(&str, Ty)]) -> TypeId {
        let fields = fields.iter().map(|(text, ty)| {
            let name = Name {
                text: (*text).to_owned(),
                span: at.span,
            };
            (name, ty.clone())
        });
        let name = format!("{}.{what}", at.text);
        let types = &mut self.world.types;
        let id = types.unnamed_record(&name, at.span, fields.collect());
        types.check_sizes(id, self.diagnostics);
        id
    }

    /// The record of a state in which nothing need be there yet.
    fn maybe_empty(&mut self, state: TypeId, at: &Name) -> TypeId {
        let fields = self.world.types.fields(state).unwrap_or_default();
        let fields: Vec<(String, Ty)> = fields
            .iter()
            .map(|field| (field.name.text.clone(), optional(&field.ty)))
            .collect();
        let fields: Vec<(&str, Ty)> = fields
            .iter()
            .map(|(n, ty)| (n.as_str(), ty.clone()))
            .collect();
        self.made_record("state", at, &fields)
    }

    /// Runs `body` where `request` and `state` have their names, and nothing
    /// else has one.
    fn in_reach<T>(
        &mut self,
        request: VarId,
        state: VarId,
        body: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let locals = [("request", request), ("state", state)].map(|(name, var)| Local {
            name: name.to_owned(),
            var,
        });
        let outer = std::mem::replace(&mut self.locals, locals.into());
        let found = body(self);
        self.locals = outer;
        found
    }

    /// What must hold, as steps that fail when it does not.
    fn conditions(&mut self, id: usize, request: VarId, state: VarId) -> Vec<Expr> {
        let all = self.world.transitions[id].def.preconditions;
        self.in_reach(request, state, |this| {
            let mut steps = Vec::new();
            for each in all {
                let cond = this.expr(each, &Want::Type(Ty::Bool));
                let span = cond.span;
                steps.push(Expr {
                    kind: ExprKind::Assert(Box::new(cond)),
                    ty: Ty::Bool,
                    span,
                });
            }
            steps
        })
    }

    /// The state after the updates, each of which sees the one before them all.
    fn updates(
        &mut self,
        id: usize,
        state: TypeId,
        old: TypeId,
        request: VarId,
        old_var: VarId,
    ) -> Option<Expr> {
        let def = &self.world.transitions[id].def;
        let name = def.name.clone();
        let updates: Vec<(UpdateKind, Name, Option<&Datum>)> = def
            .updates
            .iter()
            .map(|update| (update.kind, update.field.clone(), update.value))
            .collect();
        let (write_set, write_span) = (def.write_set.clone(), def.write_span);
        let of = |fields: Option<&[crate::lisp::types::Field]>| -> Vec<(String, Ty)> {
            let fields = fields.unwrap_or_default().iter();
            fields
                .map(|f| (f.name.text.clone(), f.ty.clone()))
                .collect()
        };
        let types = &self.world.types;
        let (declared, before) = (of(types.fields(state)), of(types.fields(old)));
        let mut values: Vec<(String, Expr)> = Vec::new();
        let mut fine = true;
        for (kind, field, value) in &updates {
            let Some((_, ty)) = declared.iter().find(|(known, _)| *known == field.text) else {
                let types = &self.world.types;
                let found = messages::unknown_field(types, state, None, &field.text, field.span);
                self.report(found);
                fine = false;
                continue;
            };
            let value = self.in_reach(request, old_var, |this| {
                this.updated(*kind, field, ty, *value, &before, old_var)
            });
            fine &= value.ty != Ty::Error;
            values.retain(|(other, _)| *other != field.text);
            values.push((field.text.clone(), value));
        }
        let updated = |name: &str| updates.iter().any(|(_, field, _)| field.text == name);
        let named = |name: &str| write_set.iter().any(|each| each.text == name);
        let missing = updates.iter().map(|(_, field, _)| field.text.as_str());
        let missing: Vec<&str> = missing.filter(|field| !named(field)).collect();
        let idle = write_set.iter().map(|each| each.text.as_str());
        let idle: Vec<&str> = idle.filter(|field| !updated(field)).collect();
        let found = messages::write_set(write_span, &missing, &idle);
        self.diagnostics.extend(found);
        if !fine {
            return None;
        }
        let make = Maker { span: name.span };
        let mut fields: Vec<(String, Expr)> = Vec::new();
        for (field, ty) in before {
            let at = values.iter().position(|(other, _)| *other == field);
            let value = match at {
                Some(at) => values.remove(at).1,
                None => make.get(self.read(old_var, name.span), &field, ty),
            };
            fields.push((field, value));
        }
        let id = match state == old {
            true => state,
            false => {
                let types: Vec<(&str, Ty)> = fields
                    .iter()
                    .map(|(field, value)| (field.as_str(), value.ty.clone()))
                    .collect();
                self.made_record("state", &name, &types)
            }
        };
        Some(make.of(ExprKind::Record(fields), Ty::Named(id)))
    }

    /// The new value of a field.
    fn updated(
        &mut self,
        kind: UpdateKind,
        field: &Name,
        ty: &Ty,
        value: Option<&Datum>,
        before: &[(String, Ty)],
        old: VarId,
    ) -> Expr {
        let make = Maker { span: field.span };
        let Some(value) = value else {
            let was = before.iter().find(|(name, _)| *name == field.text);
            let was = was.map_or(ty, |(_, ty)| ty);
            if !matches!(was, Ty::Optional(_)) {
                let shown = self.world.types.show(was);
                self.report(messages::not_clearable(field.span, &field.text, &shown));
                return Expr::error(field.span);
            }
            return make.of(ExprKind::Lit(Value::Null), was.clone());
        };
        if kind == UpdateKind::Set {
            let found = self.expr(value, &Want::Type(ty.clone()));
            return match found.ty {
                Ty::Error => found,
                // What is known of the value need not hold of the field.
                _ => Expr {
                    ty: ty.clone(),
                    ..found
                },
            };
        }
        let list = match ty {
            Ty::Optional(inner) => inner,
            ty => ty,
        };
        let Ty::List(item) = list else {
            let shown = self.world.types.show(ty);
            self.report(messages::no_list(field.span, &field.text, &shown));
            return Expr::error(field.span);
        };
        let item = self.expr(value, &Want::Type((**item).clone()));
        if item.ty == Ty::Error {
            return item;
        }
        let list = list.clone();
        let was = make.get(self.read(old, field.span), &field.text, optional(&list));
        let none = make.of(ExprKind::List(Vec::new()), list.clone());
        let was = make.prim(Prim::OrElse, vec![was, none], list.clone());
        make.prim(Prim::Append, vec![was, item], list)
    }

    /// What tells a request from others: the fields that the transition names.
    fn key(&mut self, id: usize, request: TypeId, var: VarId, make: &Maker) -> Option<Expr> {
        let names = self.world.transitions[id].def.idempotency.clone();
        let mut fields: Vec<(String, Expr)> = Vec::new();
        for each in &names {
            let declared = self.world.types.fields(request).unwrap_or_default();
            let field = declared.iter().find(|field| field.name.text == each.text);
            let Some(ty) = field.map(|field| field.ty.clone()) else {
                let types = &self.world.types;
                let found = messages::unknown_field(types, request, None, &each.text, each.span);
                self.report(found);
                return None;
            };
            let value = make.get(self.read(var, make.span), &each.text, ty);
            fields.push((each.text.clone(), value));
        }
        let record = make.of(ExprKind::Record(fields), Ty::Named(request));
        Some(make.prim(Prim::CanonicalJson, vec![record], Ty::String))
    }

    /// Fails when another version is expected than there is.
    fn version_fits(&mut self, expected: VarId, version: Expr, make: &Maker) -> Expr {
        let is_any = vec![self.read(expected, make.span)];
        let is_any = make.prim(Prim::IsSome, is_any, Ty::Bool);
        let is_any = make.prim(Prim::Not, vec![is_any], Ty::Bool);
        let wanted = Expr {
            ty: Ty::Int,
            ..self.read(expected, make.span)
        };
        let is_it = make.prim(Prim::Eq, vec![version, wanted], Ty::Bool);
        let cond = make.prim(Prim::Or, vec![is_any, is_it], Ty::Bool);
        make.of(ExprKind::Assert(Box::new(cond)), Ty::Bool)
    }

    /// `(resource-transition :transition t :resource r :request record
    /// :expect-version n)`
    pub(super) fn transition_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "resource-transition";
        const SHAPE: &str = "(resource-transition :transition t :resource r :request record)";
        let mut arguments = self.arguments(FORM, args);
        let keys = ["transition", "resource", "request", "expect-version"];
        self.known(FORM, &mut arguments, &keys);
        self.extra(&arguments, 0, FORM, SHAPE);
        let symbol = |key: &str| arguments.get(key).filter(|each| each.as_symbol().is_some());
        let parts = (
            symbol("transition"),
            symbol("resource"),
            arguments.get("request"),
        );
        let (Some(transition), Some(resource), Some(request)) = parts else {
            let why = "`:transition` and `:resource`, which are names, and `:request` are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        let (transition, resource) = (Name::of(transition), Name::of(resource));
        let found = self.world.transition_named(&transition, self.diagnostics);
        let given = self.world.resource_named(&resource, self.diagnostics);
        let Some(id) = found else {
            return Expr::error(span);
        };
        let own = self.world.transitions[id].resource;
        if let (Some(given), Some(own)) = (given, own)
            && given != own
        {
            let own = self.world.resources[own].name.clone();
            let defined = self.world.transitions[id].def.name.clone();
            self.report(messages::other_resource(&resource, &defined, &own));
        }
        let callable = self.world.transitions[id].callable;
        let wanted = self.world.callables[callable].params[REQUEST].ty.clone();
        let ty = self.world.callables[callable].ret.clone();
        let request = self.expr(request, &Want::Type(wanted));
        let bridge = own.and_then(|own| self.world.resources[own].bridge.clone());
        let mut args = vec![(REQUEST, request)];
        let version = arguments.get("expect-version");
        match (bridge, version) {
            (Some(param), version) => {
                if let Some(version) = version {
                    self.report(messages::no_version(version.span, &param));
                }
                let Some(var) = self.local(&param.text, resource.span) else {
                    self.report(messages::no_bridge(resource.span, &resource.text, &param));
                    return Expr::error(span);
                };
                let path = self.read(var, resource.span);
                let path = self.settle(path, &Want::Type(Ty::AnyPath { under: None }));
                args.push((WHERE, path));
            }
            (None, Some(version)) => {
                let version = self.expr(version, &Want::Type(Ty::Int));
                args.push((WHERE, version));
            }
            (None, None) => {}
        }
        let is_broken = own.is_none() || args.iter().any(|(_, value)| value.ty == Ty::Error);
        self.calls.push((callable, transition.span));
        Expr {
            kind: match is_broken {
                true => ExprKind::Error,
                false => ExprKind::Call(callable, args),
            },
            ty,
            span,
        }
    }
}

/// The type of what may not be there.
fn optional(ty: &Ty) -> Ty {
    match ty {
        Ty::Optional(_) => ty.clone(),
        ty => Ty::Optional(ty.clone().into()),
    }
}
