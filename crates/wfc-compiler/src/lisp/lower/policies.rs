//! What is said of any process.

use wfc_ir::{Contract, Exec, Expr as Ir, FileOutput, Process, TextPart, to_text};

use super::Lowerer;
use crate::lisp::hir::{Expr, File, Policy};

impl Lowerer<'_> {
    /// A process of which everything is said but what it must return.
    pub(super) fn with_policy(&mut self, policy: &Policy) -> Process {
        let env = policy.env.iter();
        let env = env.map(|(name, value)| (name.clone(), self.expr(value, None)));
        let nothing = Exec::Command {
            argv: Vec::new(),
            split: false,
        };
        Process {
            env: env.collect(),
            output_file: policy.output_file.as_ref().map(|path| self.path(path)),
            contract: match policy.files.as_slice() {
                [] => None,
                files => Some(self.files(files)),
            },
            depends: policy.depends.as_ref().map(|files| self.depends(files)),
            secrets: policy.secrets.clone(),
            capture: policy.capture,
            timeout_sec: policy.timeout_sec,
            limits: policy.limits,
            retries: policy.retries.clone(),
            replay: policy.replay,
            persist: policy.persist,
            ..Process::new(nothing)
        }
    }

    fn files(&mut self, files: &[File]) -> Contract {
        let files = files.iter().map(|file| FileOutput {
            name: file.name.clone(),
            path: self.path(&file.path),
            ty: self.world.types.lower(&file.ty),
            required: file.required,
            guidance: file.guidance.clone(),
        });
        Contract::Files {
            files: files.collect(),
        }
    }

    /// A path where the IR has a text.
    pub(super) fn path(&mut self, path: &Expr) -> Ir {
        self.expr(path, None)
    }

    /// A word of a command line: a text, as in the YAML DSL.
    pub(super) fn word(&mut self, arg: &Expr) -> Ir {
        match self.expr(arg, None) {
            Ir::Lit { value } => Ir::lit(to_text(&value)),
            text @ Ir::Text { .. } => text,
            value => Ir::Text {
                parts: vec![TextPart::Hole {
                    name: self.sources.text(arg.span).to_owned(),
                    value,
                }],
            },
        }
    }
}
