//! Names, references, scopes, types, contracts and flow of one file, against
//! the files it imports.
//!
//! Nothing here changes the program. What could not be read is left alone.

mod agents;
mod call;
mod cond;
mod each;
mod flow;
mod ledger;
mod lints;
mod materialize;
mod narrow;
mod refs;
mod statement;
mod step;
mod types;
mod value;
mod variants;
mod write_roots;

use std::collections::{HashMap, HashSet};

use wfc_diag::{Code, Diagnostic, Span, codes, has_errors};

use wfc_ir::StepField;

use super::hir::{Block, Output, Step};
use super::index::Index;
use super::messages;
use super::modules::{Module, Modules};
use crate::Loader;

pub(crate) use flow::END;
pub(crate) use narrow::narrowed;
pub(crate) use types::{literal, shown};

/// Everything that is wrong with the file that `index` is of. `readable` says
/// that the reader found nothing wrong with it.
pub(crate) fn check<'a>(
    modules: &'a Modules,
    module: &'a Module,
    index: &'a Index<'a>,
    loader: &'a dyn Loader,
    readable: bool,
) -> Vec<Diagnostic> {
    let mut checker = Checker {
        modules,
        module,
        index,
        flow: flow::Flow::new(&module.workflow),
        loader,
        used: Used::default(),
        publishers: HashMap::new(),
        partial: index
            .steps()
            .any(|entry| publishes_anything(module, entry.step)),
        reads: Vec::new(),
        asking: false,
        found: Vec::new(),
    };
    for entry in index.steps() {
        for artifact in entry.step.published() {
            let steps = checker.publishers.entry(&artifact.value).or_default();
            steps.push(entry.step.ix);
        }
    }
    checker.workflow();
    // What is wrong may be why something seems odd.
    if readable && !has_errors(&checker.found) {
        checker.lints();
    }
    let mut found = checker.found;
    if module.workflow.broken {
        found.retain(|diagnostic| !may_be_cascade(diagnostic.code));
    }
    found
}

/// May the step publish more than is understood of it?
fn publishes_anything(module: &Module, step: &Step) -> bool {
    let registry = &module.workflow.artifacts;
    let known = |name: &str| registry.iter().any(|def| def.name.value == name);
    step.partial || !step.publishes.iter().all(|p| known(&p.artifact.value))
}

/// Can this be the consequence of a part of the file that was lost?
fn may_be_cascade(code: Code) -> bool {
    [
        codes::UNKNOWN_STEP,
        codes::UNKNOWN_ARTIFACT,
        codes::UNKNOWN_PROVIDER,
        codes::UNKNOWN_INPUT,
        codes::UNKNOWN_IMPORT,
        codes::UNKNOWN_NAME,
        codes::UNKNOWN_TARGET,
        codes::STEP_NOT_IN_SCOPE,
        codes::STEP_NOT_YET_RUN,
        codes::MISSING_BINDING,
        codes::UNCOVERED_CASE,
        codes::BAD_CONTRACT,
        codes::UNREACHABLE,
        codes::UNUSED,
        codes::PROVIDER_TIMEOUT,
    ]
    .contains(&code)
}

/// Where something is read.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// The list of steps.
    scope: usize,
    at: At,
}

/// Where in a list of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// By the guard of the step of this number.
    Guard(usize),
    /// By the step of this number.
    Step(usize),
    /// After the last step.
    End,
    /// After the last step, by the loop that repeats them.
    Condition,
}

/// A result of a step that is read.
struct Read {
    target: usize,
    field: StepField,
    spot: Spot,
    span: Span,
    /// By a condition.
    asks: bool,
}

/// The declarations that something refers to.
#[derive(Default)]
struct Used {
    inputs: HashSet<String>,
    artifacts: HashSet<String>,
    imports: HashSet<String>,
    providers: HashSet<String>,
}

struct Checker<'a> {
    modules: &'a Modules,
    module: &'a Module,
    index: &'a Index<'a>,
    flow: flow::Flow,
    loader: &'a dyn Loader,
    used: Used,
    /// The steps that publish each artifact, in document order.
    publishers: HashMap<&'a str, Vec<usize>>,
    /// Does any step have keys that are not supported yet?
    partial: bool,
    /// What is read of steps, in document order.
    reads: Vec<Read>,
    /// Is a condition being checked, that may ask for what is not there?
    asking: bool,
    found: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// The artifacts of a step of this file, or `None` when they are not
    /// known.
    fn artifacts(&self, step: &'a Step) -> Option<Vec<types::Artifact<'a>>> {
        types::artifacts(self.modules, self.module, &self.index.narrowed, step)
    }

    fn workflow(&mut self) {
        let workflow = &self.module.workflow;
        self.defaults();
        self.registry();
        self.block(&workflow.body);
        if let Some(finally) = &workflow.finally {
            self.block(finally);
        }
        for output in &workflow.outputs {
            self.output(output, workflow.body.ix);
        }
        self.unreachable();
        self.write_roots();
    }

    fn block(&mut self, block: &'a Block) {
        self.unique_steps(block);
        for step in &block.steps {
            self.step(step, block.ix);
            for (_, inner) in step.blocks() {
                self.block(inner);
                for output in &inner.outputs {
                    self.output(output, inner.ix);
                }
            }
        }
    }

    fn unique_steps(&mut self, block: &Block) {
        let mut names: HashMap<&str, Span> = HashMap::new();
        let mut ids: HashMap<&str, Span> = HashMap::new();
        let mut found = Vec::new();
        for step in &block.steps {
            // A step without a name was reported as such.
            if !step.name.value.is_empty() {
                match names.get(step.name.value.as_str()) {
                    Some(first) => found.push(messages::duplicate(
                        step.name.span,
                        "steps",
                        &step.name.value,
                        *first,
                    )),
                    None => {
                        names.insert(&step.name.value, step.name.span);
                    }
                }
            }
            if let Some(id) = &step.id {
                match ids.get(id.value.as_str()) {
                    Some(first) => {
                        found.push(messages::duplicate(id.span, "ids", &id.value, *first));
                    }
                    None => {
                        ids.insert(&id.value, id.span);
                    }
                }
            }
        }
        self.found.extend(found);
    }

    /// The value of a named output, seen from the end of `scope`.
    fn output(&mut self, output: &Output, scope: usize) {
        let Some(from) = &output.from else { return };
        let spot = Spot { scope, at: At::End };
        let Some(found) = self.reference(from, spot) else {
            return;
        };
        let Some(wanted) = &output.declared.ty else {
            return;
        };
        if !types::can_fit(&found.ty, wanted) {
            let what = format!("the output `{}`", output.name.value);
            self.report(messages::mismatch(
                from.span,
                &what,
                &types::shown(wanted),
                &types::shown(&found.ty),
                Some(output.name.span),
            ));
        }
    }

    fn unreachable(&mut self) {
        let steps: &'a [Step] = &self.module.workflow.body.steps;
        for (position, step) in steps.iter().enumerate() {
            if self.flow.is_unreachable(position) {
                self.report(messages::unreachable(step.name.span, &step.name.value));
            }
        }
    }
}
