//! What references and holes name, and whether it can have a value by then.

use wfc_diag::{Diagnostic, Span, codes, one_of};
use wfc_ir::{CaptureMode, StepField, Type};

use super::types;
use super::{At, Checker, Read, Spot};
use crate::yaml::field;
use crate::yaml::hir::{Exec, From, Hole, Path, Ref, Step, Text, Who};
use crate::yaml::index::{Lost, ScopeKind, Target};
use crate::yaml::messages;

/// The type of something that is read, and where that type is declared.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) declared: Option<Span>,
}

impl<'a> Checker<'a> {
    /// Checks a reference. `None` when its type is not known, for whatever
    /// reason; it was reported, or was wrong elsewhere.
    pub(super) fn reference(&mut self, reference: &Ref, spot: Spot) -> Option<Typed> {
        self.path(&reference.path, reference.span, reference.tail, spot, false)
    }

    /// Checks what is read of the output of a step.
    pub(super) fn captured(&mut self, reference: &Ref, spot: Spot) {
        self.path(&reference.path, reference.span, reference.tail, spot, true);
    }

    /// The name of the loop over a list of whose iterations this is a scope.
    fn list_loop(&self, scope: usize) -> Option<&'a str> {
        let scope = self.index.scope(scope)?;
        let owner = self.index.step(scope.owner?)?;
        (scope.kind == ScopeKind::Each).then_some(owner.step.name.value.as_str())
    }

    /// Is `scope` one of those around?
    fn is_around(&self, scope: usize, spot: Spot) -> bool {
        let mut around = Some(spot.scope);
        while let Some(ix) = around {
            if ix == scope {
                return true;
            }
            around = self.index.scope(ix).and_then(|s| s.parent);
        }
        false
    }

    /// Checks every hole of a text.
    pub(super) fn text(&mut self, text: &Text, spot: Spot) {
        for hole in text.holes() {
            self.hole(hole, spot);
        }
    }

    fn hole(&mut self, hole: &Hole, spot: Spot) {
        self.path(&hole.path, hole.span, hole.tail, spot, true);
    }

    fn path(
        &mut self,
        path: &Path,
        span: Span,
        tail: Span,
        spot: Spot,
        in_text: bool,
    ) -> Option<Typed> {
        match path {
            Path::Run(_) => None,
            Path::Unknown => None,
            Path::Context(key) => {
                let known = self.index.workflow.context.iter();
                let mut keys = known.map(|(name, _)| name.value.as_str());
                // Other keys may come from the command line; one that looks
                // like a declared one is probably a slip.
                let slip = !keys.any(|known| known == key)
                    && wfc_diag::nearest(key, self.context_keys()).is_some();
                if slip {
                    self.report(messages::undeclared_context(tail, key, self.context_keys()));
                }
                None
            }
            Path::Input(name) => self.input(name, tail),
            Path::Output(name) => self.own_output(name, span, tail, spot),
            Path::LoopIndex | Path::LoopTotal => {
                if self.enclosing_loop(spot).is_none() {
                    self.report(
                        messages::bad_reference(
                            span,
                            "`loop` has a value only inside a loop",
                            "not in a loop",
                        )
                        .help("read it in the steps of a `repeat_until` or a `for_each`"),
                    );
                }
                None
            }
            // That there is such a loop around, the reader has seen.
            Path::Item { .. } => None,
            Path::Step { from, rest } => self.step_read(*from, rest, tail, spot, in_text),
        }
    }

    fn context_keys(&self) -> impl Iterator<Item = &'a str> + Clone {
        let context = self.index.workflow.context.iter();
        context.map(|(name, _)| name.value.as_str())
    }

    pub(super) fn input(&mut self, name: &str, span: Span) -> Option<Typed> {
        let inputs = &self.index.workflow.inputs;
        self.used.inputs.insert(name.to_owned());
        match inputs.iter().find(|input| input.name.value == name) {
            Some(input) => Some(Typed {
                ty: input.declared.ty.clone()?,
                declared: Some(input.name.span),
            }),
            None => {
                let known = inputs.iter().map(|input| input.name.value.as_str());
                self.report(messages::unknown(
                    codes::UNKNOWN_INPUT,
                    span,
                    "input",
                    name,
                    known,
                ));
                None
            }
        }
    }

    /// `self.outputs.x`, in the condition of a loop.
    fn own_output(&mut self, name: &str, span: Span, tail: Span, spot: Spot) -> Option<Typed> {
        let scope = self.index.scope(spot.scope)?;
        if spot.at != At::Condition {
            self.report(
                messages::bad_reference(
                    span,
                    "`self.outputs` is for the condition of a loop",
                    "not in the condition of a loop",
                )
                .help("refer to the step that gives the value"),
            );
            return None;
        }
        let outputs = &scope.block.outputs;
        match outputs.iter().find(|output| output.name.value == name) {
            Some(output) => Some(Typed {
                ty: output.declared.ty.clone()?,
                declared: Some(output.name.span),
            }),
            None => {
                let known = outputs.iter().map(|output| output.name.value.as_str());
                self.report(messages::unknown(
                    codes::UNKNOWN_NAME,
                    tail,
                    "output of the loop",
                    name,
                    known,
                ));
                None
            }
        }
    }

    /// The innermost loop in whose steps this is.
    pub(super) fn enclosing_loop(&self, spot: Spot) -> Option<usize> {
        let mut scope = Some(spot.scope);
        while let Some(around) = scope.and_then(|ix| self.index.scope(ix)) {
            if around.kind.repeats() {
                return around.owner;
            }
            scope = around.parent;
        }
        None
    }

    fn step_read(
        &mut self,
        from: From,
        rest: &str,
        tail: Span,
        spot: Spot,
        in_text: bool,
    ) -> Option<Typed> {
        if spot.at == At::Condition && from == From::Here {
            self.report(
                messages::bad_reference(
                    tail,
                    "the condition of a loop cannot read the steps of its body",
                    "a step of the body",
                )
                .help("name the value in `outputs`, and read `self.outputs.<name>`"),
            );
            return None;
        }
        let found = match in_text {
            true => self.index.read(spot.scope, from, rest),
            false => {
                let found = self.index.find(spot.scope, from, rest);
                found.map(|(step, read)| (Target::near(step), read))
            }
        };
        let (target, read) = match found {
            Ok(found) => found,
            Err(lost) => {
                self.lost(lost, rest, tail, (spot, from));
                return None;
            }
        };
        let ix = target.step;
        let entry = self.index.step(ix)?;
        let step = entry.step;
        let name_length = rest.len() - read.len();
        let name_length = rest[..name_length].trim_end_matches('.').len();
        let name_span = part(tail, rest, 0, name_length).0;
        match self.index.seen(target, spot.scope) {
            Some(nearest) => self.order(nearest, name_span, spot),
            None => {
                self.report(messages::out_of_scope(
                    name_span,
                    &step.name.value,
                    step.name.span,
                ));
                return None;
            }
        }
        if !in_text {
            self.visited_once(ix, name_span);
        }
        if let Some((each, iteration)) = target.iteration {
            self.has_iteration(each, iteration, name_span);
        }
        let (field_span, _) = part(tail, rest, rest.len() - read.len(), rest.len());
        if read.starts_with("snapshots.") {
            let name = &step.name.value;
            self.report(messages::snapshot_is_no_value(field_span, name));
            return None;
        }
        let Some(parsed) = field::parse(read, in_text) else {
            let found = unreadable(&step.name.value, rest, read, tail, in_text);
            let artifacts = self.artifacts(step);
            let mut names = artifacts.iter().flatten().map(|artifact| artifact.name);
            self.report(match names.any(|name| name == read) {
                true => {
                    let (span, _) = part(tail, rest, rest.len() - read.len(), rest.len());
                    messages::write(found, span, &format!("artifacts.{read}"))
                }
                false => found,
            });
            return None;
        };
        if self.foreign_read(step, &parsed, field_span) {
            return None;
        }
        self.reads.push(Read {
            target: ix,
            field: parsed.clone(),
            spot,
            span: tail,
            asks: self.asking,
        });
        match &parsed {
            StepField::Artifact { name } => {
                let offset = rest.len() - name.len();
                let (span, exact) = part(tail, rest, offset, rest.len());
                self.artifact(ix, name, (span, exact), spot)
            }
            other => {
                if let Some(wanted) = not_captured(step, other) {
                    let name = &step.name;
                    let found = messages::not_captured(
                        field_span,
                        (&name.value, name.span),
                        read.split('.').next().unwrap_or(read),
                        wanted,
                    );
                    self.report(found);
                }
                types::of_read(other).map(|ty| Typed { ty, declared: None })
            }
        }
    }

    pub(super) fn lost(
        &mut self,
        lost: Lost<'a>,
        rest: &str,
        tail: Span,
        (spot, from): (Spot, From),
    ) {
        let found = match lost {
            Lost::NoParent => messages::bad_reference(
                tail,
                "`parent` has no meaning at the outermost level",
                "nothing is around it",
            )
            .help("write `root.steps` or `self.steps`"),
            Lost::OutOfScope(ix) => {
                let Some(entry) = self.index.step(ix) else {
                    return;
                };
                let name = &entry.step.name;
                let outside = self.is_around(entry.scope, spot) && from == From::Lexical;
                match outside {
                    true => {
                        let body = entry.scope == self.index.workflow.body.ix;
                        let word = if body { "root" } else { "parent" };
                        let exact = part(tail, rest, 0, rest.len()).1;
                        messages::other_iteration(tail, (&name.value, name.span), word, exact)
                    }
                    false => match self.list_loop(entry.scope) {
                        Some(each) => messages::in_iteration(tail, (&name.value, name.span), each),
                        None => messages::out_of_scope(tail, &name.value, name.span),
                    },
                }
            }
            Lost::Unknown { name, candidates } => {
                let (span, exact) = part(tail, rest, 0, name.len());
                match self.looped(&name, spot).map(|step| (step, &step.exec)) {
                    Some((looped, Exec::Repeat(_))) => {
                        messages::in_round(span, &looped.name.value, looped.name.span)
                    }
                    Some((looped, Exec::Each(each))) => {
                        let inner = rest[name.len()..].trim_start_matches('.');
                        let start = rest.len() - inner.len();
                        let inner = inner.split('.').next().unwrap_or(inner);
                        let (span, exact) = part(tail, rest, start, start + inner.len());
                        let steps = each.body.steps.iter();
                        let known = steps.map(|step| step.name.value.as_str());
                        let looped = (looped.name.value.as_str(), looped.name.span);
                        fixable(messages::no_step_of_each(span, inner, looped, known), exact)
                    }
                    _ => {
                        let known = candidates.iter().copied();
                        let code = codes::UNKNOWN_STEP;
                        fixable(messages::unknown(code, span, "step", &name, known), exact)
                    }
                }
            }
        };
        self.report(found);
    }

    /// The step that would be the loop if this were the name of an iteration.
    fn looped(&self, name: &str, spot: Spot) -> Option<&'a Step> {
        let (owner, _) = name.strip_suffix(']')?.rsplit_once('[')?;
        let steps = self.index.named(spot.scope, owner);
        Some(self.index.step(*steps.first()?)?.step)
    }

    /// Reports a `ref` to an outermost step that may run again.
    fn visited_once(&mut self, target: usize, span: Span) {
        let version = self.module.workflow.version.as_ref();
        if !version.is_some_and(|version| version.value.refuses_revisited()) {
            return;
        }
        let Some(entry) = self.index.step(target) else {
            return;
        };
        if entry.scope == self.index.workflow.body.ix
            && let Some(goto) = self.flow.back(entry.position)
        {
            let name = (entry.step.name.value.as_str(), entry.step.name.span);
            self.report(messages::visited_again(span, name, goto));
        }
    }

    /// Reports a step that cannot have run when it is read.
    pub(super) fn order(&mut self, target: usize, span: Span, spot: Spot) {
        let Some(entry) = self.index.step(target) else {
            return;
        };
        // The step of the target's own scope in which the reader is.
        let mut at = match spot.at {
            At::Step(ix) | At::Guard(ix) => Some(ix),
            At::End | At::Condition => None,
        };
        let mut scope = spot.scope;
        while scope != entry.scope {
            let Some(around) = self.index.scope(scope) else {
                return;
            };
            // `finally` comes after everything.
            let Some(owner) = around.owner else { return };
            let Some(parent) = around.parent else { return };
            at = Some(owner);
            scope = parent;
        }
        let Some(at) = at else { return };
        let Some(now) = self.index.step(at).map(|reader| reader.position) else {
            return;
        };
        let before = entry.position;
        let is_body = self.index.scope(scope).map(|s| s.kind) == Some(ScopeKind::Body);
        let fine = match is_body {
            true => self.flow.can_precede(before, now),
            false => before < now,
        };
        if !fine {
            let name = &entry.step.name;
            let found = messages::not_yet_run(span, &name.value, name.span, target == at);
            self.report(found);
        }
    }

    /// An artifact of a step, by name.
    fn artifact(
        &mut self,
        step: usize,
        name: &str,
        (span, exact): (Span, bool),
        spot: Spot,
    ) -> Option<Typed> {
        let entry = self.index.step(step)?;
        let step = entry.step;
        let label = (step.name.value.as_str(), step.name.span);
        let artifacts = self.artifacts(step)?;
        let Some(found) = artifacts.iter().find(|artifact| artifact.name == name) else {
            let known = artifacts.iter().map(|artifact| artifact.name);
            let found = messages::unknown_read(span, label, name, known);
            self.report(fixable(found, exact));
            return None;
        };
        if step.process().is_some_and(|process| !process.persist) {
            self.report(messages::not_kept(span, label, name));
            return None;
        }
        if !found.variants.is_empty() {
            self.proved(entry, found, &artifacts, span, spot);
        }
        Some(Typed {
            ty: found.ty.clone()?,
            declared: Some(found.span),
        })
    }
}

/// The `output_capture` with which a step would keep what is read of it, when
/// it keeps something else; nothing to write for a step that has no output.
fn not_captured(step: &Step, read: &StepField) -> Option<Option<&'static str>> {
    let (mode, word) = match read {
        StepField::Output => (CaptureMode::Text, "text"),
        StepField::Lines => (CaptureMode::Lines, "lines"),
        StepField::Json { .. } => (CaptureMode::Json, "json"),
        _ => return None,
    };
    let judged = matches!(&step.exec, Exec::Provider(agent) if matches!(agent.who, Who::Judged(_)));
    match step.process().filter(|_| !judged) {
        // What is not JSON is kept as text where that is allowed.
        Some(process) if process.allow_parse_error && mode == CaptureMode::Text => None,
        Some(process) => (process.capture != mode).then_some(Some(word)),
        None if matches!(step.exec, Exec::Unknown) => None,
        None => Some(None),
    }
}

/// What to say when a step has no `read`, which ends `rest`.
fn unreadable(step: &str, rest: &str, read: &str, tail: Span, in_text: bool) -> Diagnostic {
    let words: &[&str] = match in_text {
        true => &field::IN_TEXTS,
        false => &field::IN_REFS,
    };
    let parts = field::OUTCOME.map(|(word, _)| word);
    let from = rest.len() - read.len();
    let (span, _) = part(tail, rest, from, rest.len());
    let suggest = |found: Diagnostic, start: usize, word: &str, words: &[&str]| {
        let (span, exact) = part(tail, rest, start, start + word.len());
        fixable(found.suggest(span, word, words.iter().copied()), exact)
    };
    match read.split_once('.') {
        None if read.is_empty() => {
            let message = format!("the reference does not say what it reads of step `{step}`");
            let found = messages::bad_reference(tail, message, "add what is read");
            found.note(format!("expected {}", one_of(words.iter().copied())))
        }
        None if read == "outcome" => {
            let message = "`outcome` has parts, and the reference does not say which";
            let found = messages::bad_reference(span, message, "add the part");
            found.note(format!("expected {}", one_of(parts)))
        }
        None if read == "artifacts" => {
            let message = "the reference does not say which artifact it reads";
            messages::bad_reference(span, message, "add its name")
        }
        Some(("outcome", word)) => {
            let message = format!("step `{step}` has no `{read}`");
            let found = messages::bad_reference(span, message, "no part of an outcome");
            suggest(found, from + "outcome.".len(), word, &parts)
        }
        _ => {
            let head = read.split('.').next().unwrap_or(read);
            let message = format!("step `{step}` has no `{read}`");
            let found = messages::bad_reference(span, message, "not something a step has");
            suggest(found, from, head, words)
        }
    }
}

/// The place of `rest[start..end]`, when `rest` stands at `tail`; all of it
/// when the text is not written as it is read. Says which.
pub(super) fn part(tail: Span, rest: &str, start: usize, end: usize) -> (Span, bool) {
    let exact = (tail.end - tail.start) as usize == rest.len();
    if !exact {
        return (tail, false);
    }
    let base = tail.start as usize;
    (Span::new(tail.file, base + start, base + end), true)
}

/// Takes the fix out when the place of the name is not exactly known.
pub(super) fn fixable(mut diagnostic: Diagnostic, exact: bool) -> Diagnostic {
    if !exact {
        diagnostic.fix = None;
    }
    diagnostic
}
