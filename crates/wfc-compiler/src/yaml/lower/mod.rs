//! The checked program to the IR.
//!
//! Runs only when nothing is wrong, so a name that leads nowhere cannot occur;
//! where the types still allow it, the value is null.

mod contract;
mod expr;
mod process;
mod step;
mod variants;

use indexmap::IndexMap;
use wfc_diag::{Sources, Span};
use wfc_ir::{
    Artifact, Block, Expr, Field, Finally, Ledger, Notes, Origin, OriginKind, Param, Place,
    Program, Schema, StepId, Type, Workflow,
};

use super::hir;
use super::index::Index;
use super::modules::{Module, Modules};
use crate::Loader;

/// Lowers every file. `indexes` are those of the modules, in their order.
pub(crate) fn lower(
    modules: &Modules,
    indexes: &[Index<'_>],
    sources: &Sources,
    loader: &dyn Loader,
) -> Program {
    let mut workflows = IndexMap::new();
    let mut notes = IndexMap::new();
    for (module, index) in modules.list.iter().zip(indexes) {
        let lowering = Lowering {
            modules,
            module,
            index,
            sources,
            loader,
        };
        workflows.insert(module.key.clone(), lowering.workflow());
        notes.insert(module.key.clone(), lowering.notes());
    }
    let entry = modules.list.first();
    Program {
        schema: Schema::ir(),
        entry: entry.map(|module| module.key.clone()).unwrap_or_default(),
        workflows,
        notes,
    }
}

struct Lowering<'a> {
    modules: &'a Modules,
    module: &'a Module,
    index: &'a Index<'a>,
    sources: &'a Sources,
    loader: &'a dyn Loader,
}

/// A type that was declared and read.
fn declared(declared: &hir::Declared) -> Type {
    declared.ty.clone().unwrap_or(Type::Json)
}

/// The record of some outputs.
fn record_of(outputs: &[hir::Output]) -> Type {
    Type::record(
        outputs
            .iter()
            .map(|output| Field {
                name: output.name.value.clone(),
                ty: declared(&output.declared),
            })
            .collect(),
    )
}

impl<'a> Lowering<'a> {
    fn workflow(&self) -> Workflow {
        let hir = &self.module.workflow;
        let version = hir.version.as_ref().map(|version| version.value);
        let ledger = version.map_or(Ledger::default(), |version| Ledger {
            by_name: version.knows_steps_by_name(),
            global_freshness: version.counts_freshness_globally(),
            consume_writes_pointer: version.writes_pointer_on_consume(),
        });
        let body_scope = hir.body.ix;
        Workflow {
            inputs: hir.inputs.iter().map(param).collect(),
            result: record_of(&hir.outputs),
            context: hir
                .context
                .iter()
                .map(|(name, value)| (name.value.clone(), value.clone()))
                .collect(),
            artifacts: hir
                .artifacts
                .iter()
                .map(|def| {
                    let artifact = Artifact {
                        ty: declared(&def.declared),
                        pointer: def.pointer.as_ref().map(|p| self.text(p, body_scope)),
                    };
                    (def.name.value.clone(), artifact)
                })
                .collect(),
            // Without artifacts there is no ledger to be kept in any way.
            ledger: match hir.artifacts.is_empty() {
                true => Ledger::default(),
                false => ledger,
            },
            providers: self.providers(),
            strict: hir.strict,
            max_transitions: hir.max_transitions,
            body: Block {
                steps: self.steps(&hir.body),
                result: self.outputs(&hir.outputs, body_scope),
            },
            finally: hir.finally.as_ref().map(|block| Finally {
                name: block
                    .id
                    .as_ref()
                    .map_or("finally", |id| &id.value)
                    .to_owned(),
                block: Block {
                    steps: self.steps(block),
                    result: None,
                },
            }),
        }
    }

    /// The object of some outputs; nothing when there are none.
    fn outputs(&self, outputs: &[hir::Output], scope: usize) -> Option<Expr> {
        if outputs.is_empty() {
            return None;
        }
        let fields = outputs
            .iter()
            .map(|output| {
                let value = match &output.from {
                    Some(from) => self.reference(from, scope),
                    None => Expr::lit(wfc_ir::Value::Null),
                };
                (output.name.value.clone(), value)
            })
            .collect();
        Some(Expr::Record { fields })
    }

    fn notes(&self) -> Notes {
        let mut shown = IndexMap::new();
        let mut origins = IndexMap::new();
        for entry in self.index.steps() {
            shown.insert(entry.id.clone(), entry.shown.clone());
            origins.insert(entry.id.clone(), self.origin(entry.step.name.span));
        }
        for scope in self.index.scopes() {
            if let Some((id, branch)) = &scope.branch {
                shown.insert(id.clone(), branch.clone());
            }
        }
        let processed = self.module.workflow.processed_dir.as_ref();
        Notes {
            processed_dir: processed.map(|name| name.value.clone()),
            file: self.module.file.clone(),
            checksum: self.module.checksum.clone(),
            shown,
            origins,
        }
    }

    fn origin(&self, span: Span) -> Origin {
        let source = self.sources.file(span.file);
        let at = source.line_column(span.start as usize);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Origin {
            place: Place {
                file: self.module.file.clone(),
                line: small(at.line),
                column: small(at.column),
            },
            bytes: (span.start, span.end),
            kind: OriginKind::Authored,
            via: Vec::new(),
        }
    }

    fn id(&self, step: usize) -> StepId {
        self.index
            .step(step)
            .map_or_else(|| StepId::root(""), |entry| entry.id.clone())
    }
}

fn param(input: &hir::Input) -> Param {
    Param {
        name: input.name.value.clone(),
        ty: declared(&input.declared),
        required: input.required,
        default: input.default.as_ref().map(|default| default.value.clone()),
        description: input.description.clone(),
    }
}
