//! From the checked program to the IR, by A-normalisation: every effect
//! becomes a step of the region at hand, and what is left of an expression is
//! pure. A condition or a match becomes a step only when one of its branches
//! holds steps. So everything nests in everything.

mod effects;
mod expr;
mod ledger;
mod linking;
mod lists;
mod loops;
mod matches;
mod names;
mod policies;
mod references;
mod steps;

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use wfc_diag::{Diagnostic, Sources, Span};
use wfc_ir::{
    Block, Expr as Ir, Notes, Op, Origin, OriginKind, Param, Place, Program, Provider, RESULT_KEY,
    Routes, Schema, Step, Type, VARIANT_KEY, Workflow,
};

use super::hir::{CallableId, Expr, VarId};
use super::macros;
use super::messages;
use super::scope::World;
use super::types::Ty;
use crate::nesting::{MAX_NESTING, nesting};
use crate::project::Project;
use linking::merge;
use names::{Ident, Scope, Taken};

/// How many steps a workflow may have once its procedures are written out.
const MAX_STEPS: usize = 20_000;

/// How many values may have a name inside one expression, and how deep it may
/// nest with them.
const MAX_LETS: usize = 100;
const MAX_PURE_NESTING: usize = 30;

/// How deep regions may nest, and how deep the walk may go that makes them.
const MAX_REGIONS: usize = 100;
const MAX_WALK: usize = 2_000;

/// How many expressions are looked at, counting those of a procedure each time
/// that it is written out.
const MAX_WORK: usize = 2_000_000;

/// The program that starts with `entry`, or nothing when it is too large.
pub(super) fn lower(
    world: &World<'_>,
    project: &Project,
    sources: &Sources,
    entry: CallableId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let reached = reach(world, entry);
    let names = program_names(world, &reached);
    let taken: HashSet<&str> = names.values().map(String::as_str).collect();
    let mut program = Program {
        schema: Schema::ir(),
        entry: names[&entry].clone(),
        workflows: IndexMap::new(),
        notes: IndexMap::new(),
    };
    for id in reached {
        if let Some(linked) = world.linked(id) {
            merge(&mut program, &linked.outside.program, &names[&id], &taken);
            continue;
        }
        let mut lowerer = Lowerer {
            world,
            project,
            sources,
            names: &names,
            reach: references::Reach::default(),
            open: Vec::new(),
            blocks: vec![Vec::new()],
            lets: vec![None],
            locals: Vec::new(),
            scope: Scope::root(),
            taken: Taken::default(),
            notes: Notes::default(),
            providers: IndexMap::new(),
            probes: None,
            asked: None,
            loops: Vec::new(),
            via: Vec::new(),
            module: world.callables[id].module,
            steps: 0,
            walk: 0,
            work: 0,
            too_large: false,
            findings: Vec::new(),
        };
        let workflow = lowerer.workflow(id);
        diagnostics.append(&mut lowerer.findings);
        if lowerer.too_large {
            let name = &world.callables[id].name;
            diagnostics.push(messages::too_many_steps(
                name.span,
                &name.text,
                MAX_STEPS,
                MAX_REGIONS,
            ));
            continue;
        }
        program.notes.insert(names[&id].clone(), lowerer.notes);
        program.workflows.insert(names[&id].clone(), workflow);
    }
    (!wfc_diag::has_errors(diagnostics)).then_some(program)
}

/// The workflows that `entry` can call, itself first, callees after their
/// first caller.
fn reach(world: &World<'_>, entry: CallableId) -> Vec<CallableId> {
    let mut found = Vec::new();
    let mut seen: HashSet<CallableId> = HashSet::new();
    let mut open = vec![entry];
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if world.callables[id].is_workflow && !world.callables[id].takes_reference() {
            found.push(id);
        }
        let calls = world.callables[id].calls.iter().rev();
        open.extend(calls.map(|(callee, _)| *callee));
    }
    found
}

/// Bare names, and those of the module before names that two workflows have.
fn program_names(world: &World<'_>, reached: &[CallableId]) -> HashMap<CallableId, String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for id in reached {
        *counts.entry(&world.callables[*id].name.text).or_default() += 1;
    }
    reached
        .iter()
        .map(|id| {
            let callable = &world.callables[*id];
            let bare = &callable.name.text;
            let name = match callable.linked {
                _ if counts[bare.as_str()] == 1 => bare.clone(),
                // No module has such a name.
                Some(_) => format!("::{bare}"),
                None => {
                    let module = &world.modules.all[callable.module].name.text;
                    format!("{module}::{bare}")
                }
            };
            (*id, name)
        })
        .collect()
}

struct Lowerer<'l> {
    world: &'l World<'l>,
    project: &'l Project,
    sources: &'l Sources,
    names: &'l HashMap<CallableId, String>,
    reach: references::Reach,
    /// The procedures that are being written out, outermost first.
    open: Vec<references::Body>,
    /// The regions being made, innermost last.
    blocks: Vec<Vec<Step>>,
    /// For each of them: what its expression names inside itself, if it must
    /// be an expression.
    lets: Vec<Option<IndexMap<String, Ir>>>,
    /// The names inside the expressions at hand.
    locals: Vec<String>,
    scope: Scope,
    taken: Taken,
    notes: Notes,
    providers: IndexMap<String, Provider>,
    /// What the condition at hand asks of the workspace, if it is one.
    probes: Option<Vec<Ir>>,
    /// The variable whose value is about to be lowered, and the type of the
    /// path of its file, when that is asked for.
    asked: Option<(VarId, Ty)>,
    /// The types of state and result of the enclosing loops.
    loops: Vec<(Ty, Ty)>,
    /// The calls whose procedures are being written out, outermost first.
    via: Vec<Place>,
    /// The module whose source is being read.
    module: usize,
    steps: usize,
    walk: usize,
    work: usize,
    too_large: bool,
    /// What turns out to be wrong.
    findings: Vec<Diagnostic>,
}

impl Lowerer<'_> {
    fn workflow(&mut self, id: CallableId) -> Workflow {
        let callable = &self.world.callables[id];
        let module = &self.world.modules.all[callable.module];
        self.notes.file = self.sources.file(module.file).name.clone();
        self.notes.checksum.clone_from(&module.checksum);
        let mut inputs = Vec::new();
        for param in &callable.params {
            let input = Ir::Input {
                name: param.name.text.clone(),
            };
            self.reach.env.insert(param.var, input);
            inputs.push(Param {
                name: param.name.text.clone(),
                ty: self.world.types.lower(&param.ty),
                // With a default, whether a caller must give it means nothing.
                required: true,
                // An optional input that is not bound is `none` anyway.
                default: param.default.clone().filter(|value| !value.is_null()),
                description: param.description.clone(),
            });
        }
        let result = self.expr(&callable.body, None);
        let steps = self.blocks.pop().unwrap_or_default();
        let finally = self.finally(&callable.body);
        let settings = &callable.settings;
        Workflow {
            inputs,
            result: self.world.types.lower(&callable.ret),
            context: settings.context.iter().cloned().collect(),
            artifacts: self.artifacts(settings).into_iter().collect(),
            // Without artifacts there is no ledger to be kept in any way.
            ledger: match settings.artifacts.is_empty() {
                true => Default::default(),
                false => settings.ledger,
            },
            providers: std::mem::take(&mut self.providers),
            strict: settings.strict,
            max_transitions: settings.max_transitions,
            body: Block {
                steps,
                // A workflow that gives nothing has no value, in any language.
                result: match result {
                    Ir::Record { fields } if fields.is_empty() => None,
                    result => Some(result),
                },
            },
            finally,
        }
    }

    /// Runs `body` in another scope of names.
    fn scoped<T>(&mut self, scope: Scope, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.scope, scope);
        let found = body(self);
        self.scope = outer;
        found
    }

    /// Runs `body` for the parts of something that may have a name.
    fn parts<T>(&mut self, name: Option<&str>, body: impl FnOnce(&mut Self) -> T) -> T {
        match name {
            Some(name) => {
                let scope = self.scope.part(name);
                self.scoped(scope, body)
            }
            None => body(self),
        }
    }

    /// A region of its own: its steps, and the value that `body` gives.
    fn region(&mut self, scope: Scope, body: impl FnOnce(&mut Self) -> Ir) -> Block {
        let is_pure = self.lets.last().is_some_and(Option::is_some);
        self.enter(scope, is_pure, body)
    }

    /// The value of what needs no steps: what would be a step of its own gets
    /// a name inside the expression.
    fn pure_value(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Ir) -> Ir {
        let scope = self.scope.part(name);
        let block = self.enter(scope, true, body);
        expr::result_of(block)
    }

    fn enter(&mut self, scope: Scope, is_pure: bool, body: impl FnOnce(&mut Self) -> Ir) -> Block {
        self.blocks.push(Vec::new());
        self.lets.push(is_pure.then(IndexMap::new));
        if self.blocks.len() > MAX_REGIONS {
            self.too_large = true;
        }
        let locals = self.locals.len();
        let mut result = self.scoped(scope, body);
        self.locals.truncate(locals);
        let bound = self.lets.pop().flatten().unwrap_or_default();
        if !bound.is_empty() {
            self.too_large |= bound.len() > MAX_LETS;
            let body = Box::new(result);
            result = Ir::Let { bound, body };
            self.too_large |= nesting(&result) > MAX_PURE_NESTING;
        }
        Block {
            steps: self.blocks.pop().unwrap_or_default(),
            result: Some(result),
        }
    }

    /// The type of what an expression gives; the end of a loop body gives one
    /// of two things.
    fn type_of(&self, ty: &Ty) -> Type {
        match (ty, self.loops.last()) {
            (Ty::Tail, Some((state, result))) => {
                let state = self.world.types.lower(state);
                let result = self.world.types.lower(result);
                loops::tail_type(state, result)
            }
            _ => self.world.types.lower(ty),
        }
    }

    fn place(&self, span: Span) -> Place {
        let file = self.sources.file(span.file);
        let at = file.line_column(span.start as usize);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: file.name.clone(),
            line: number(at.line),
            column: number(at.column),
        }
    }

    /// Adds a step to the region at hand.
    fn emit(&mut self, mut ident: Ident, op: Op, result: Type, hidden: bool, span: Span) {
        if self.lets.last().is_some_and(Option::is_some) {
            // Only what a reference stands for can bring a step here.
            self.findings.push(messages::reference_runs_something(span));
            return;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.too_large = true;
            return;
        }
        self.taken.take(&ident);
        ident.shown.hidden = hidden;
        let made = matches!(op, Op::Compute { .. });
        let sites = macros::sites(&self.world.macros, span);
        let expanded = !(sites.is_empty() && self.via.is_empty());
        let via = sites.into_iter().map(|site| self.place(site));
        let via = via.chain(self.via.iter().rev().cloned()).collect();
        let kind = match (made, expanded) {
            (true, _) => OriginKind::Desugared,
            (false, true) => OriginKind::Expanded,
            (false, false) => OriginKind::Authored,
        };
        let origin = Origin {
            place: self.place(span),
            bytes: (span.start, span.end),
            kind,
            via,
        };
        self.notes.origins.insert(ident.id.clone(), origin);
        self.notes.shown.insert(ident.id.clone(), ident.shown);
        if let Some(block) = self.blocks.last_mut() {
            block.push(Step {
                id: ident.id,
                op,
                result,
                when: None,
                max_visits: None,
                on: Routes::default(),
                consumes: Vec::new(),
                consume_bundle: None,
                publishes: Vec::new(),
                requires: None,
            });
        }
    }

    /// Notes how the branch `tag` of a step is shown.
    fn note_branch(&mut self, step: &Ident, tag: &str, hidden: bool) {
        let shown = wfc_ir::Shown {
            name: tag.to_owned(),
            key: format!("{}.{tag}", step.shown.key),
            step_id: format!("{}.{}", step.shown.step_id, names::token(tag)),
            hidden,
        };
        self.notes.shown.insert(step.id.branch(tag), shown);
    }

    /// Are all the steps ones that the author did not write?
    fn all_hidden<'b>(&self, blocks: impl IntoIterator<Item = &'b Block>) -> bool {
        blocks
            .into_iter()
            .flat_map(|block| &block.steps)
            .all(|step| self.notes.shown.get(&step.id).is_some_and(|s| s.hidden))
    }

    /// The value of a step whose value is of type `ty`.
    fn value_of(&self, ident: &Ident, ty: &Ty) -> Ir {
        if self.world.types.is_object(ty) {
            Ir::value_of(ident.id.clone())
        } else {
            Ir::artifact_of(ident.id.clone(), RESULT_KEY)
        }
    }

    /// A name that no expression around has.
    fn local(&mut self, name: &str) -> String {
        let token = names::token(name);
        let mut free = token.clone();
        let mut count = 1;
        while self.locals.contains(&free) {
            count += 1;
            free = format!("{token}_{count}");
        }
        self.locals.push(free.clone());
        free
    }

    /// Keeps a value in a step of its own, so that it can be read often.
    fn keep(&mut self, value: Ir, ty: &Ty, name: &str, span: Span) -> Ir {
        if self.lets.last().is_some_and(Option::is_some) {
            let name = self.local(name);
            if let Some(Some(lets)) = self.lets.last_mut() {
                lets.insert(name.clone(), value);
            }
            return Ir::Local { name };
        }
        let ident = self.taken.free(&self.scope, name);
        let kept = self.value_of(&ident, ty);
        let result = self.type_of(ty);
        self.emit(ident, Op::Compute { value }, result, true, span);
        kept
    }

    /// Binds a variable: to the value itself if it is small or read once.
    fn bind(&mut self, var: VarId, value: Ir, name: &str, span: Span) {
        let entry = &self.world.vars[var];
        let external = matches!(entry.ty, Ty::Provider | Ty::Prompt);
        let value = if entry.uses <= 1 || external || is_small(&value) {
            value
        } else {
            self.keep(value, &entry.ty, name, span)
        };
        self.reach.env.insert(var, value);
    }

    fn expr(&mut self, expr: &Expr, name: Option<&str>) -> Ir {
        self.walk += 1;
        self.work += 1;
        if self.walk > MAX_WALK || self.work > MAX_WORK {
            self.too_large = true;
        }
        let value = if self.too_large {
            // It is given up; do no more work for it.
            Ir::lit(wfc_ir::Value::Null)
        } else {
            self.form(expr, name)
        };
        self.walk -= 1;
        if matches!(expr.ty, Ty::Provider | Ty::Prompt) || nesting(&value) <= MAX_NESTING {
            return value;
        }
        self.keep(value, &expr.ty, name.unwrap_or("value"), expr.span)
    }
}

/// May the expression be written several times?
fn is_small(value: &Ir) -> bool {
    match value {
        Ir::Record { fields } | Ir::Variant { fields, .. } => {
            fields.len() <= 8 && fields.values().all(is_atom)
        }
        value => is_atom(value),
    }
}

fn is_atom(value: &Ir) -> bool {
    match value {
        Ir::Lit { .. }
        | Ir::Input { .. }
        | Ir::Step { .. }
        | Ir::LoopState { .. }
        | Ir::LoopIndex { .. }
        | Ir::Item { .. }
        | Ir::LoopTotal { .. }
        | Ir::Local { .. }
        | Ir::Out => true,
        Ir::Get { base, .. } => is_atom(base),
        _ => false,
    }
}

/// A field of a value; folds where the object is written out.
fn project(base: Ir, field: &str) -> Ir {
    match base {
        Ir::Variant { tag, fields } => match fields.get(field) {
            _ if field == VARIANT_KEY => Ir::lit(tag),
            Some(value) => value.clone(),
            None => Ir::Get {
                base: Box::new(Ir::Variant { tag, fields }),
                field: field.to_owned(),
            },
        },
        base => base.get(field),
    }
}
