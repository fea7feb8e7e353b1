//! The front end of Workflow Lisp.
//!
//! `modules` reads the files, `macros` expands what uses them, `defs` reads the
//! shape of the definitions, `scope` says what their names mean, `check` gives every expression a type, and
//! `lower` writes the program of the IR. What is wrong is worded in
//! `messages`. Each stage goes on with what survived the one before.

mod boundary;
mod builtins;
mod check;
mod contexts;
mod defs;
mod document;
mod generics;
mod hir;
mod lints;
mod lower;
mod macros;
mod messages;
mod modules;
mod outside;
mod print;
mod programs;
mod scope;
mod types;

use std::collections::HashSet;
use std::path::Path;

use wfc_diag::{Diagnostic, FileId, Severity, Sources, Span};
use wfc_ir::Program;

pub use builtins::{FormDoc, builtin, builtins};
pub use document::{ItemDoc, ModuleDoc, definitions, document, in_reach, library};

use crate::project::Project;
use crate::{Compiled, Loader, Options};
use modules::Modules;

/// The stack for checking and lowering, in bytes. Both walk expressions as
/// deep as they are written and procedures as deep as they are called; the
/// reader and the checker bound that, and this is ample for the bound.
const STACK: usize = 64 << 20;

/// Reads, checks and lowers a file.
pub fn compile(path: &str, options: &Options, loader: &dyn Loader) -> Compiled {
    let path = Path::new(path);
    let path = path.strip_prefix(loader.workspace()).unwrap_or(path);
    let (modules, mut compiled) = read(path, options, loader);
    if modules.all.is_empty() {
        return compiled;
    }
    let sources = &compiled.sources;
    let paths: Vec<&Path> = modules.all.iter().map(|each| each.path.as_path()).collect();
    let project = options.project.settled(&paths, loader);
    // What could not be read is not lowered either.
    let is_whole = !wfc_diag::has_errors(&compiled.diagnostics);
    let analysed = on_large_stack(|| analyse(&modules, options, &project, sources, is_whole));
    compiled.diagnostics.extend(analysed.diagnostics);
    for each in analysed.prompts {
        let beside = &modules.all[each.module].path;
        let problem = project.asset_problem(&each.name, beside, loader);
        if let Some(problem) = problem {
            let finding = messages::bad_asset(each.span, &each.name, &problem);
            compiled.diagnostics.push(finding);
        }
    }
    only_sure(&mut compiled.diagnostics);
    compiled.hir = analysed.hir;
    compiled.program = analysed.program;
    compiled.undecided = analysed.undecided;
    debug_assert!(
        compiled.diagnostics.iter().all(is_authored),
        "a finding in an expansion was not told at the use: {:#?}",
        compiled.diagnostics
    );
    compiled
}

/// Are all places of a finding in what the author wrote?
fn is_authored(found: &Diagnostic) -> bool {
    let labels = std::iter::once(&found.primary).chain(&found.secondary);
    let edits = found.fix.iter().flat_map(|fix| &fix.edits);
    labels
        .map(|label| label.span)
        .chain(edits.map(|edit| edit.span))
        .all(|span| span.file.context() == 0)
}

/// The modules from the one at `path` on, and what was found on the way.
fn read(path: &Path, options: &Options, loader: &dyn Loader) -> (Modules, Compiled) {
    let mut compiled = Compiled::default();
    let mut modules = modules::load(
        path,
        options.project.source_roots(),
        loader,
        &mut compiled.sources,
        &mut compiled.diagnostics,
    );
    modules.programs = programs::load(
        &modules.all,
        &options.project,
        loader,
        &mut compiled.sources,
        &mut compiled.diagnostics,
    );
    (modules, compiled)
}

/// Of a file with errors it cannot be said what is unused: the use may be what
/// is wrong.
fn only_sure(found: &mut Vec<Diagnostic>) {
    let broken: HashSet<FileId> = found
        .iter()
        .filter(|each| each.severity == Severity::Error)
        .map(|each| each.primary.span.file)
        .collect();
    found.retain(|each| {
        !lints::UNSURE.contains(&each.code) || !broken.contains(&each.primary.span.file)
    });
}

/// What follows from the text of the modules alone.
#[derive(Default)]
struct Analysed {
    diagnostics: Vec<Diagnostic>,
    prompts: Vec<check::PromptUse>,
    hir: String,
    program: Option<Program>,
    undecided: Option<Diagnostic>,
}

/// Runs `work` with a stack that does not depend on the caller's thread.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("cannot start a thread: {error}"),
        }
    })
}

fn analyse(
    modules: &Modules,
    options: &Options,
    project: &Project,
    sources: &Sources,
    is_whole: bool,
) -> Analysed {
    let mut analysed = Analysed::default();
    let diagnostics = &mut analysed.diagnostics;
    let (mut world, pending) = scope::collect(modules, diagnostics);
    analysed.prompts = check::check(&mut world, &pending, project, sources, diagnostics);
    if options.hir {
        analysed.hir = print::print(&world);
    }
    let mut problems = Vec::new();
    let chosen = chosen_entry(&world, options, &mut problems);
    let entry = chosen.filter(|id| can_be_started(&world, *id, &mut problems));
    // Nobody can call it from elsewhere, and it cannot be started.
    let is_lost = chosen.is_some() && entry.is_none() && !modules.all[0].has_export;
    match options.entry_workflow.is_some() || is_lost {
        true => diagnostics.append(&mut problems),
        false => analysed.undecided = problems.pop(),
    }
    lints::lint(&world, &pending, entry, diagnostics);
    if is_whole && !wfc_diag::has_errors(diagnostics) {
        match entry {
            Some(entry) => {
                analysed.program = lower::lower(&world, project, sources, entry, diagnostics);
            }
            // Whichever is started one day, it can be said now what is wrong.
            None => {
                let own = own_workflows(&world).into_iter();
                for (id, _) in own.filter(|(id, _)| !world.callables[*id].takes_reference()) {
                    let mut found = Vec::new();
                    lower::lower(&world, project, sources, id, &mut found);
                    found.retain(|each| !diagnostics.contains(each));
                    diagnostics.append(&mut found);
                }
            }
        }
    }
    lints::authored(&world, diagnostics);
    macros::trace(&world.macros, diagnostics);
    if let Some(undecided) = &mut analysed.undecided {
        macros::trace(&world.macros, std::slice::from_mut(undecided));
    }
    for each in &mut analysed.prompts {
        // The outermost use is where the author asks for the prompt.
        let sites = macros::sites(&world.macros, each.span);
        each.span = sites.last().copied().unwrap_or(each.span);
    }
    analysed
}

/// Can a run begin with the workflow? Reports what stands in the way: no input
/// is a reference.
fn can_be_started(
    world: &scope::World<'_>,
    id: hir::CallableId,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let callable = &world.callables[id];
    let is_reference = |param: &&hir::Param| matches!(param.ty, types::Ty::Ref(_));
    let reference = callable.params.iter().find(is_reference);
    if let Some(param) = reference {
        let name = &callable.name;
        let finding = messages::entry_takes_reference(name.span, &name.text, &param.name);
        diagnostics.push(finding);
    }
    reference.is_none()
}

/// The workflow that is asked for, or the only one there is. A module without
/// workflows is a library: there is nothing to start, and nothing wrong.
fn chosen_entry(
    world: &scope::World<'_>,
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<hir::CallableId> {
    let module = &world.modules.all[0];
    let own = own_workflows(world);
    let exported: Vec<(hir::CallableId, &str)> = own
        .iter()
        .filter(|(_, name)| module.exports.iter().any(|e| e.text == *name))
        .copied()
        .collect();
    let names = |all: &[(hir::CallableId, &str)]| -> Vec<String> {
        all.iter().map(|(_, name)| (*name).to_owned()).collect()
    };
    let at = match module.name.span {
        span if span.start == span.end => Span::at(module.file, 0),
        span => span,
    };
    if let Some(wanted) = &options.entry_workflow {
        let bare = wanted
            .strip_prefix(&module.name.text)
            .and_then(|rest| rest.strip_prefix("::"))
            .unwrap_or(wanted);
        let found = own.iter().find(|(_, name)| *name == bare);
        if found.is_none() {
            diagnostics.push(messages::entry_unknown(at, wanted, &names(&own)));
        }
        return found.map(|(id, _)| *id);
    }
    match (exported.as_slice(), own.as_slice()) {
        ([(only, _)], _) => Some(*only),
        ([], []) => None,
        ([], [(only, _)]) if !module.has_export => Some(*only),
        _ => {
            let others = names(&own);
            diagnostics.push(messages::entry_needed(at, &names(&exported), &others));
            None
        }
    }
}

/// The workflows of the module at hand that can be started, with their names.
fn own_workflows<'w>(world: &'w scope::World<'_>) -> Vec<(hir::CallableId, &'w str)> {
    let own = world
        .callables
        .iter()
        .enumerate()
        .filter(|(_, each)| each.module == 0 && each.is_workflow && each.linked.is_none())
        .map(|(id, each)| (id, each.name.text.as_str()))
        .collect();
    can_start(world, own)
}

/// Those that take no reference, if there are any: the others are there to be
/// called.
fn can_start<'n>(
    world: &scope::World<'_>,
    all: Vec<(hir::CallableId, &'n str)>,
) -> Vec<(hir::CallableId, &'n str)> {
    let takes = |id: hir::CallableId| world.callables[id].takes_reference();
    if all.iter().all(|(id, _)| takes(*id)) {
        return all;
    }
    all.into_iter().filter(|(id, _)| !takes(*id)).collect()
}
