//! Front ends, checker, lowering, passes and plan.
//!
//! [`compile`] reads a file in either language and returns the program of the
//! IR together with every finding. [`plan`] turns a program into a plan for
//! the machine. Nothing here runs anything.

pub mod convert;
pub mod emit;
pub mod graph;
mod lints;
pub mod lisp;
mod load;
mod nesting;
pub mod passes;
mod plan;
pub mod project;
pub mod providers;
pub mod yaml;

pub use load::{Loader, OsLoader, display_path, join_relative};
pub use plan::{plan, plan_optimised};

use wfc_diag::{Diagnostic, Sources};
use wfc_ir::Program;

/// What a compilation is told besides the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The workflow of a Lisp file to start with.
    pub entry_workflow: Option<String>,
    /// Bindings of names to providers, prompts and commands, and where Lisp
    /// modules are looked for.
    pub project: project::Project,
    /// Levels of lints, over those of the project.
    pub levels: wfc_diag::Levels,
    /// Whether the checked program of the front end is wanted in words.
    pub hir: bool,
}

/// What a compilation found.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Every file that was read.
    pub sources: Sources,
    /// Every finding, in source order.
    pub diagnostics: Vec<Diagnostic>,
    /// The program, unless an error stands in the way.
    pub program: Option<Program>,
    /// Why there is no program though nothing is wrong: which of several
    /// workflows to start was not said. Who only checks need not know.
    pub undecided: Option<Diagnostic>,
    /// The checked program of the front end, for people to read; empty
    /// unless it is wanted.
    pub hir: String,
}

/// Reads and checks the file at `path` (relative to the workspace, or
/// absolute) and everything it imports. A name that ends in `.orc` is
/// Workflow Lisp, anything else is YAML.
pub fn compile(path: &str, options: &Options, loader: &dyn Loader) -> Compiled {
    let mut compiled = if path.ends_with(".orc") {
        lisp::compile(path, options, loader)
    } else {
        yaml::compile(path, options, loader)
    };
    let levels = options.project.levels().with(&options.levels);
    lints::settle(&mut compiled, &levels);
    wfc_diag::sort_diagnostics(&mut compiled.diagnostics);
    if wfc_diag::has_errors(&compiled.diagnostics) {
        compiled.program = None;
    }
    if let Some(program) = &mut compiled.program {
        options.project.settle_replay(program);
    }
    debug_assert!(
        compiled
            .program
            .as_ref()
            .is_none_or(|program| wfc_ir::verify(program).is_ok()),
        "lowering made a malformed program: {:#?}",
        compiled.program.as_ref().map(wfc_ir::verify)
    );
    compiled
}
