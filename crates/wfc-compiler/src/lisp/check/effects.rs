//! Agents and commands, and the effect rows of callables.

use std::collections::{BTreeSet, HashMap, HashSet};

use wfc_diag::{Diagnostic, Span};
use wfc_ir::{Guidance, PromptPosition};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::adapters::{self, Reported};
use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::defs::{self, type_ref, unsafe_path};
use crate::lisp::hir::{CallableId, Command, Effect, Expr, ExprKind, Provider, Shown, VarId};
use crate::lisp::messages;
use crate::lisp::scope::{Pending, World};
use crate::lisp::types::Ty;
use crate::project;

/// How deep procedures may call procedures: they are written out where they
/// are called.
const MAX_CALL_DEPTH: usize = 32;

/// Keywords of `provider-result`.
const PROVIDER: &[&str] = &[
    "prompt",
    "inputs",
    "returns",
    "model",
    "effort",
    "params",
    "timeout-sec",
    "first-output-sec",
    "idle-output-sec",
    "grace-sec",
    "bundle",
    "prompt-dependencies",
    "depends-on",
    "assets",
    "inputs-position",
    "show-contract",
    "files",
    "retries",
    "retry-delay-ms",
    "retry-after",
    "replay",
    "env",
    "secrets",
    "capture",
    "output-file",
    "persist",
];

/// Keywords of `command-result`.
const COMMAND: &[&str] = &[
    "argv",
    "adapter",
    "inputs",
    "returns",
    "timeout-sec",
    "first-output-sec",
    "idle-output-sec",
    "grace-sec",
    "bundle",
    "depends-on",
    "files",
    "retries",
    "retry-delay-ms",
    "retry-after",
    "replay",
    "env",
    "secrets",
    "capture",
    "output-file",
    "persist",
];

impl Checker<'_, '_> {
    /// `(provider-result provider :prompt p :inputs (…) :returns Type)`
    pub(super) fn provider_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "provider-result";
        const SHAPE: &str =
            "(provider-result provider :prompt prompt :inputs (value …) :returns Type)";
        let mut arguments = self.arguments(FORM, args);
        self.known(FORM, &mut arguments, PROVIDER);
        self.extra(&arguments, 1, FORM, SHAPE);
        let provider = match arguments.plain.first() {
            Some(provider) => {
                let found = self.expr(provider, &Want::Type(Ty::Provider));
                self.used("uses-provider", provider, &found);
                found
            }
            None => {
                self.report(messages::shape(
                    span,
                    FORM,
                    SHAPE,
                    "the provider is not named",
                ));
                Expr::error(span)
            }
        };
        let prompt = match arguments.get("prompt") {
            Some(prompt) if prompt.as_symbol() == Some("none") => None,
            Some(prompt) => Some(self.prompt(prompt)),
            None => {
                self.report(messages::shape(span, FORM, SHAPE, "`:prompt` is missing"));
                Some(Expr::error(span))
            }
        };
        let inputs = match arguments.get("inputs") {
            Some(inputs) => self.prompt_inputs(inputs),
            None => Some(Vec::new()),
        };
        let mut params = Vec::new();
        let mut fine = inputs.is_some();
        // The name under which agents take the effort.
        for (keyword, param) in [("model", "model"), ("effort", "reasoning_effort")] {
            if let Some(value) = arguments.get(keyword) {
                let value = self.expr(value, &Want::Type(Ty::String));
                fine &= value.ty != Ty::Error;
                params.push((param.to_owned(), value));
            }
        }
        params.extend(self.provider_params(&arguments, &mut fine));
        let bundle = self.bundle(&arguments, &mut fine);
        let policy = self.policy(FORM, &arguments, &mut fine);
        let named = arguments
            .get("prompt")
            .and_then(|prompt| self.prompt_named(prompt));
        let ty = match (named, arguments.get("returns")) {
            (Some(id), None) => self.world.callables[id].prompt_ret.clone(),
            (Some(id), Some(returns)) => {
                let declared = self.world.callables[id].ret_span;
                self.report(messages::returns_twice(returns.span, declared));
                None
            }
            (None, _) => Some(self.answer_type(span, FORM, SHAPE, &arguments, &policy)),
        };
        let ty = ty.unwrap_or(Ty::Error);
        let answers = named.is_some() || answers(&arguments);
        fine &= provider.ty != Ty::Error && ty != Ty::Error;
        fine &= prompt.as_ref().is_none_or(|prompt| prompt.ty != Ty::Error);
        let kind = match (inputs, fine) {
            (Some(inputs), true) => ExprKind::Provider(Box::new(Provider {
                provider,
                prompt,
                inputs,
                assets: self.assets(&arguments),
                position: self.position(FORM, &arguments),
                tells_contract: self.flag(
                    FORM,
                    ":show-contract false",
                    &arguments,
                    "show-contract",
                    true,
                ),
                params,
                answers,
                bundle,
                policy,
            })),
            _ => ExprKind::Error,
        };
        Expr { kind, ty, span }
    }

    /// `:params ((name value) …)`
    fn provider_params(
        &mut self,
        arguments: &Arguments<'_>,
        fine: &mut bool,
    ) -> Vec<(String, Expr)> {
        const SHAPE: &str = ":params ((name value) …)";
        let mut found = Vec::new();
        for member in self.members(arguments, "params", SHAPE) {
            let Some([name, value]) = member.as_list() else {
                self.misshapen(
                    member,
                    "params",
                    SHAPE,
                    "a parameter is written `(name value)`",
                );
                continue;
            };
            let Some(text) = name.as_symbol().or(name.as_str()) else {
                self.misshapen(name, "params", SHAPE, "the name of a parameter is needed");
                continue;
            };
            let value = self.expr(value, &Want::Any);
            *fine &= value.ty != Ty::Error;
            found.push((text.to_owned(), value));
        }
        found
    }

    /// `:assets ("rules.md" …)`
    fn assets(&mut self, arguments: &Arguments<'_>) -> Vec<String> {
        const SHAPE: &str = ":assets (\"rules.md\" …)";
        let mut found = Vec::new();
        for member in self.members(arguments, "assets", SHAPE) {
            match member.as_str() {
                Some(path) => found.push(path.to_owned()),
                None => self.misshapen(member, "assets", SHAPE, "a path in quotes is needed"),
            }
        }
        found
    }

    fn position(&mut self, form: &str, arguments: &Arguments<'_>) -> PromptPosition {
        let Some(datum) = arguments.get("inputs-position") else {
            return PromptPosition::Prepend;
        };
        match datum.as_symbol() {
            Some("append") => PromptPosition::Append,
            Some("prepend") => PromptPosition::Prepend,
            _ => {
                let why = "`:inputs-position` is `prepend` or `append`";
                self.report(messages::shape(
                    datum.span,
                    form,
                    ":inputs-position append",
                    why,
                ));
                PromptPosition::Prepend
            }
        }
    }

    /// A prompt: a name that the project binds, a parameter, or a text.
    fn prompt(&mut self, datum: &Datum) -> Expr {
        let named = match datum.as_symbol() {
            Some(name) => {
                let first = name.split('.').next().unwrap_or_default();
                self.local(name, datum.span)
                    .or_else(|| self.local(first, datum.span))
                    .is_none()
            }
            None => false,
        };
        if named {
            return self.expr(datum, &Want::Type(Ty::Prompt));
        }
        let found = self.expr(datum, &Want::Any);
        if matches!(found.ty, Ty::Prompt | Ty::String | Ty::Error) {
            return found;
        }
        self.settle(found, &Want::Type(Ty::Prompt))
    }

    /// The values that a prompt shows: names, `(:as name value)`, or any
    /// value, which then is called after its place.
    fn prompt_inputs(&mut self, datum: &Datum) -> Option<Vec<Shown>> {
        const SHAPE: &str = ":inputs (brief review.findings (:as rounds (+ n 1)))";
        let Some(items) = datum.as_list() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    ":inputs",
                    SHAPE,
                    "the values are a list",
                ));
            }
            return None;
        };
        let mut inputs: Vec<Shown> = Vec::new();
        let mut places: Vec<Span> = Vec::new();
        let mut fine = true;
        for (index, item) in items.iter().enumerate() {
            let members = item.as_list().unwrap_or_default();
            let mut guidance = Guidance::default();
            let (name, at, value) = match members {
                [key, name, value, words @ ..] if key.as_keyword() == Some("as") => {
                    match name.as_symbol() {
                        Some(text) => {
                            guidance = defs::guidance(words, self.diagnostics).guidance;
                            (text.to_owned(), name.span, value)
                        }
                        None => {
                            self.report(messages::shape(
                                name.span,
                                ":inputs",
                                SHAPE,
                                "a name is needed after `:as`",
                            ));
                            fine = false;
                            continue;
                        }
                    }
                }
                [key, ..] if key.as_keyword().is_some() => {
                    self.report(messages::shape(
                        item.span,
                        ":inputs",
                        SHAPE,
                        "a named value is written `(:as name value)`",
                    ));
                    fine = false;
                    continue;
                }
                _ => match item.as_symbol() {
                    Some(path) => {
                        let last = path.rsplit('.').next().unwrap_or(path);
                        (last.to_owned(), item.span, item)
                    }
                    None => (format!("input_{}", index + 1), item.span, item),
                },
            };
            let found = self.expr(value, &Want::Any);
            if !found.ty.is_data() {
                let diagnostic = messages::not_data(found.span, &self.world.types.show(&found.ty));
                self.report(diagnostic);
                fine = false;
            }
            if let Some(first) = inputs.iter().position(|other| other.name == name) {
                let first = places[first];
                self.report(messages::input_twice(
                    at,
                    first,
                    &name,
                    self.sources.text(item.span),
                ));
                fine = false;
            }
            fine &= found.ty != Ty::Error;
            inputs.push(Shown {
                name,
                value: found,
                guidance,
            });
            places.push(at);
        }
        fine.then_some(inputs)
    }

    /// `(command-result name :argv ("prog" value …) :returns Type)`
    pub(super) fn command_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "command-result";
        const SHAPE: &str = "(command-result name :argv (\"program\" value …) :returns Type)";
        let mut arguments = self.arguments(FORM, args);
        self.known(FORM, &mut arguments, COMMAND);
        self.extra(&arguments, 1, FORM, SHAPE);
        let mut fine = true;
        let mut name = String::new();
        let mut bound: Option<project::Command> = None;
        match arguments
            .plain
            .first()
            .map(|datum| (datum, datum.as_symbol()))
        {
            Some((datum, Some(text))) => {
                text.clone_into(&mut name);
                if let Some(form) = adapters::form_of(text, datum.span, span) {
                    self.report(messages::part_of_form(datum.span, text, form));
                    fine = false;
                }
                match self.project.command(text) {
                    _ if !fine => {}
                    Some(command) => bound = Some(command.clone()),
                    None => {
                        let diagnostic = messages::unbound_command(text, datum.span, self.project);
                        self.report(diagnostic);
                        fine = false;
                    }
                }
                self.effects.insert(Effect {
                    kind: "uses-command",
                    subject: text.to_owned(),
                    var: None,
                });
            }
            Some((datum, None)) => {
                if datum.kind != DatumKind::Error {
                    self.report(messages::shape(
                        datum.span,
                        FORM,
                        SHAPE,
                        "a command is named by a symbol",
                    ));
                }
                fine = false;
            }
            None => {
                self.report(messages::shape(
                    span,
                    FORM,
                    SHAPE,
                    "the command is not named",
                ));
                fine = false;
            }
        }
        let words = bound.as_ref().map(|command| command.words.as_slice());
        let mut argv = self.argv(&arguments, words, &name, span, &mut fine);
        self.adapter(&arguments, &name, bound.as_ref(), &mut fine);
        match self.command_input(span, &arguments, &name, bound.as_ref()) {
            Ok(input) => argv.extend(input),
            Err(Reported) => fine = false,
        }
        let bundle = self.bundle(&arguments, &mut fine);
        let policy = self.policy(FORM, &arguments, &mut fine);
        let answers = answers(&arguments);
        let ty = self.answer_type(span, FORM, SHAPE, &arguments, &policy);
        Expr {
            kind: if fine && ty != Ty::Error {
                ExprKind::Command(Box::new(Command {
                    name,
                    argv,
                    answers,
                    bundle,
                    policy,
                }))
            } else {
                ExprKind::Error
            },
            ty,
            span,
        }
    }

    /// The arguments of a command; those that the project binds when none are
    /// given.
    fn argv(
        &mut self,
        arguments: &Arguments<'_>,
        bound: Option<&[String]>,
        name: &str,
        span: Span,
        fine: &mut bool,
    ) -> Vec<Expr> {
        const SHAPE: &str = ":argv (\"program\" value …)";
        let literal = |text: &String| Expr {
            kind: ExprKind::Lit(text.as_str().into()),
            ty: Ty::String,
            span,
        };
        let Some(datum) = arguments.get("argv") else {
            return bound.unwrap_or_default().iter().map(literal).collect();
        };
        let Some(items) = datum.as_list() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    ":argv",
                    SHAPE,
                    "the arguments are a list",
                ));
            }
            *fine = false;
            return Vec::new();
        };
        let mut argv = Vec::new();
        for item in items {
            let found = self.expr(item, &Want::Any);
            let found = self.there(found);
            if !self.world.types.is_shown(&found.ty) {
                let diagnostic = messages::not_a_word(&self.world.types, &found, ":argv");
                self.report(diagnostic);
                *fine = false;
            }
            *fine &= found.ty != Ty::Error;
            argv.push(found);
        }
        if items.is_empty() {
            self.report(messages::shape(
                datum.span,
                ":argv",
                SHAPE,
                "there is no program",
            ));
            *fine = false;
        }
        if let Some(bound) = bound {
            let begins = bound.iter().enumerate().all(|(index, word)| {
                matches!(argv.get(index).map(|e| &e.kind), Some(ExprKind::Lit(v)) if v.as_str() == Some(word))
            });
            if !begins && *fine {
                self.report(messages::other_command(datum.span, name, bound));
                *fine = false;
            }
        }
        argv
    }

    fn bundle(&mut self, arguments: &Arguments<'_>, fine: &mut bool) -> Option<Expr> {
        let datum = arguments.get("bundle")?;
        if let Some(path) = datum.as_str()
            && let Some(why) = unsafe_path(path)
        {
            self.report(messages::unsafe_path(datum.span, path, why));
            *fine = false;
        }
        let found = self.expr(datum, &Want::Any);
        let found = if self.world.types.is_path(&found.ty) {
            found
        } else {
            self.settle(found, &Want::Type(Ty::String))
        };
        *fine &= found.ty != Ty::Error;
        Some(found)
    }

    pub(super) fn returns(
        &mut self,
        span: Span,
        form: &str,
        shape: &str,
        arguments: &Arguments<'_>,
    ) -> Ty {
        let Some(datum) = arguments.get("returns") else {
            self.report(messages::shape(
                span,
                form,
                shape,
                "`:returns` is missing: the type of the result",
            ));
            return Ty::Error;
        };
        let written = type_ref(datum, self.diagnostics);
        let ty = self.world.resolve(&written, self.diagnostics);
        if !ty.is_data() {
            let diagnostic = messages::not_data(datum.span, &self.world.types.show(&ty));
            self.report(diagnostic);
            return Ty::Error;
        }
        ty
    }

    fn used(&mut self, kind: &'static str, datum: &Datum, found: &Expr) {
        let var = match found.kind {
            ExprKind::Var(var) => Some(var),
            _ => None,
        };
        if let Some(name) = datum.as_symbol() {
            self.effects.insert(Effect {
                kind,
                subject: name.to_owned(),
                var,
            });
        }
    }
}

/// Is it said what a process gives?
fn answers(arguments: &Arguments<'_>) -> bool {
    let returns = arguments.get("returns");
    returns.is_some_and(|ty| ty.as_symbol() != Some("none")) || arguments.get("files").is_some()
}

/// Does something call itself, directly or not?
pub(super) fn has_circle(world: &World<'_>) -> bool {
    let mut found = Vec::new();
    order(world, &mut found);
    !found.is_empty()
}

/// Completes the effect rows, refuses recursion, and holds rows against what
/// was declared.
pub(super) fn finish(
    world: &mut World<'_>,
    pending: &[Pending<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let order = order(world, diagnostics);
    super::pure::check(world, &order, diagnostics);
    let mut depth = vec![0usize; world.callables.len()];
    for id in order {
        let mut row: BTreeSet<Effect> = world.callables[id].effects.clone();
        let mut deepest = 0;
        let mut seen: HashSet<CallableId> = HashSet::new();
        for (callee, span) in world.callables[id].calls.clone() {
            if world.callables[callee].is_workflow || !seen.insert(callee) {
                continue;
            }
            if depth[callee] + 1 > deepest {
                deepest = depth[callee] + 1;
                if deepest == MAX_CALL_DEPTH {
                    diagnostics.push(messages::calls_too_deep(span, MAX_CALL_DEPTH));
                }
            }
            row.extend(called(world, id, callee));
        }
        depth[id] = deepest;
        world.callables[id].effects = row;
    }
    for each in pending {
        if each.def.is_private_workflow {
            private_workflow(world, each.id, diagnostics);
        }
        let Some(declared) = &each.def.effects else {
            continue;
        };
        if !wfc_diag::has_errors(diagnostics) && each.def.forall.is_empty() {
            idle_effects(world, each, declared, diagnostics);
        }
        for effect in &world.callables[each.id].effects {
            let fits = declared.iter().any(|d| {
                d.kind == effect.kind
                    && (d.subjects.is_empty()
                        || effect.var.is_some()
                        || d.subjects.iter().any(|s| names_same(s, &effect.subject)))
            });
            if !fits {
                diagnostics.push(messages::undeclared_effect(
                    &each.def.name,
                    effect.kind,
                    &effect.subject,
                ));
            }
        }
    }
}

/// In language 0.1 a row says what is done, neither less nor more.
fn idle_effects(
    world: &World<'_>,
    each: &Pending<'_>,
    declared: &[crate::lisp::defs::EffectDef],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let callable = &world.callables[each.id];
    if world.modules.all[callable.module].language.as_deref() != Some("0.1") {
        return;
    }
    // Of the other kinds it is not known who has them.
    let known = ["uses-provider", "uses-command", "calls-workflow"];
    for row in declared
        .iter()
        .filter(|row| known.contains(&row.kind.as_str()))
    {
        for subject in &row.subjects {
            let of_param = callable
                .params
                .iter()
                .any(|param| param.name.text == *subject);
            let has = of_param
                || callable.effects.iter().any(|effect| {
                    effect.kind == row.kind
                        && (effect.var.is_some() || names_same(subject, &effect.subject))
                });
            if !has {
                diagnostics.push(messages::idle_effect(&each.def.name, &row.kind, subject));
            }
        }
    }
}

/// A workflow takes data, so a procedure that is to be one takes nothing else.
fn private_workflow(world: &World<'_>, id: CallableId, diagnostics: &mut Vec<Diagnostic>) {
    let callable = &world.callables[id];
    for param in &callable.params {
        if matches!(param.ty, Ty::Provider | Ty::Prompt) {
            let shown = world.types.show(&param.ty);
            diagnostics.push(messages::no_private_workflow(
                &callable.name,
                &param.name,
                &shown,
            ));
        }
    }
}

/// `m/w`, `m::w` and `w` may all name one workflow.
fn names_same(declared: &str, subject: &str) -> bool {
    declared == subject
        || declared
            .strip_suffix(subject)
            .is_some_and(|prefix| prefix.ends_with(['/', '.', ':']))
}

/// The effects of a callee as the caller sees them: what the callee does to a
/// parameter it does to the argument.
fn called(world: &World<'_>, caller: CallableId, callee: CallableId) -> Vec<Effect> {
    let mut bindings: HashMap<VarId, Vec<Effect>> = HashMap::new();
    collect_bindings(&world.callables[caller].body, callee, world, &mut bindings);
    let mut row = Vec::new();
    for effect in &world.callables[callee].effects {
        match effect.var.and_then(|var| bindings.get(&var)) {
            Some(bound) => row.extend(bound.iter().map(|b| Effect {
                kind: effect.kind,
                ..b.clone()
            })),
            None => row.push(effect.clone()),
        }
    }
    row
}

fn collect_bindings(
    expr: &Expr,
    callee: CallableId,
    world: &World<'_>,
    bindings: &mut HashMap<VarId, Vec<Effect>>,
) {
    if let ExprKind::Call(id, args) = &expr.kind
        && *id == callee
    {
        for (index, arg) in args {
            let (subject, var) = match &arg.kind {
                ExprKind::Extern(_, name) => (name.clone(), None),
                ExprKind::Var(var) => (world.vars[*var].name.text.clone(), Some(*var)),
                _ => continue,
            };
            bindings
                .entry(world.callables[callee].params[*index].var)
                .or_default()
                .push(Effect {
                    kind: "uses-provider",
                    subject,
                    var,
                });
        }
    }
    expr.each_child(&mut |child| collect_bindings(child, callee, world, bindings));
}

/// Callees before their callers. Reports calls that close a circle.
fn order(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<CallableId> {
    let count = world.callables.len();
    // 0 unseen, 1 on the way, 2 done
    let mut state = vec![0u8; count];
    let mut order = Vec::with_capacity(count);
    for start in 0..count {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way: Vec<(CallableId, usize)> = vec![(start, 0)];
        while let Some((current, next)) = way.pop() {
            let Some((callee, span)) = world.callables[current].calls.get(next) else {
                state[current] = 2;
                order.push(current);
                continue;
            };
            way.push((current, next + 1));
            match state[*callee] {
                0 => {
                    state[*callee] = 1;
                    way.push((*callee, 0));
                }
                1 => {
                    let from = way.iter().position(|(on, _)| on == callee).unwrap_or(0);
                    let names: Vec<&str> = way[from..]
                        .iter()
                        .map(|(on, _)| world.callables[*on].name.text.as_str())
                        .collect();
                    let declared = world.callables[*callee].name.span;
                    diagnostics.push(messages::recursion(*span, &names, declared));
                }
                _ => {}
            }
        }
    }
    order
}
