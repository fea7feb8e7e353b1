//! From a file name to a program or a plan, with the findings shown.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wfc_compiler::lisp::{self, ItemDoc, ModuleDoc};
use wfc_compiler::project::{Discovered, ManifestFiles, Project};
use wfc_compiler::{Compiled, Loader, Options, OsLoader, plan_optimised};
use wfc_diag::{Diagnostic, Severity, has_errors, render};
use wfc_ir::{Plan, Program};

use crate::cli::SourceArgs;
use crate::console::Console;
use crate::exit::{Exit, Fault};
use crate::merge::Merged;

/// How much of standard input is read, in bytes.
const MAX_STDIN: u64 = 64 << 20;

/// The workspace that file names start from, and texts that are not on disk.
pub(crate) struct Session {
    loader: Overlay,
}

impl Session {
    /// Works in the current directory.
    pub(crate) fn new() -> Result<Self, Fault> {
        let workspace = std::env::current_dir()
            .map_err(|error| Fault::io("use", "the current directory", &error))?;
        Ok(Session {
            loader: Overlay {
                disk: OsLoader::new(workspace),
                stdin: None,
                texts: HashMap::new(),
            },
        })
    }

    /// The absolute directory that file names start from.
    pub(crate) fn workspace(&self) -> &Path {
        self.loader.workspace()
    }

    /// Takes standard input for the file `name`.
    pub(crate) fn read_stdin(&mut self, name: &Path) -> Result<(), Fault> {
        let mut text = Vec::new();
        read_stdin(&mut text)?;
        self.loader.stdin = Some((name.to_owned(), text));
        Ok(())
    }

    /// Takes these texts for files from now on, and no others but standard
    /// input.
    pub(crate) fn replace(&mut self, texts: &HashMap<PathBuf, String>) {
        self.loader.texts = texts.clone();
    }

    /// Compiles a file, which may be a module without a workflow.
    pub(crate) fn compile(&self, file: &Path, source: &SourceArgs) -> Result<Compiled, Fault> {
        self.compile_for(file, source, false)
    }

    /// [`compile`](Self::compile), with the checked program of the front end
    /// in words if `hir`.
    pub(crate) fn compile_for(
        &self,
        file: &Path,
        source: &SourceArgs,
        hir: bool,
    ) -> Result<Compiled, Fault> {
        let name = file
            .to_str()
            .ok_or_else(|| Fault::new(format!("the name {} is not UTF-8", file.display())))?;
        let mut bindings = self.bindings(file, source)?;
        let options = Options {
            entry_workflow: source.entry_workflow.clone(),
            project: bindings.project,
            levels: source.lints.levels(),
            hir,
        };
        let compiled = wfc_compiler::compile(name, &options, &self.loader);
        let levels = options.project.levels().with(&options.levels);
        levels.apply(&mut bindings.diagnostics);
        if bindings.diagnostics.is_empty() {
            return Ok(compiled);
        }
        let mut merged = Merged::default();
        merged.add(&bindings.sources, bindings.diagnostics);
        merged.add(&compiled.sources, compiled.diagnostics);
        let (sources, diagnostics) = merged.finish();
        let program = compiled.program.filter(|_| !has_errors(&diagnostics));
        Ok(Compiled {
            sources,
            diagnostics,
            program,
            ..compiled
        })
    }

    /// Describes a module of Workflow Lisp, by its file or its name.
    pub(crate) fn document(
        &self,
        module: &str,
        source: &SourceArgs,
    ) -> Result<(ModuleDoc, Compiled), Fault> {
        let bindings = self.bindings(Path::new(module), source)?;
        let options = Options {
            project: bindings.project,
            ..Options::default()
        };
        Ok(lisp::document(module, &options, &self.loader))
    }

    /// What a Lisp file and its imports define; nothing for another file.
    pub(crate) fn definitions(
        &self,
        file: &Path,
        source: &SourceArgs,
    ) -> Result<Vec<ItemDoc>, Fault> {
        let Some(name) = file.to_str().filter(|name| name.ends_with(".orc")) else {
            return Ok(Vec::new());
        };
        let bindings = self.bindings(file, source)?;
        let options = Options {
            project: bindings.project,
            ..Options::default()
        };
        Ok(lisp::definitions(name, &options, &self.loader))
    }

    /// The project file of a folder, or of one above it.
    pub(crate) fn project(&self, folder: &Path) -> Discovered {
        Project::discover(&self.loader, folder)
    }

    /// The project file near a file, and what the names in Workflow Lisp stand
    /// for beside it: the manifests. YAML names everything itself.
    fn bindings(&self, file: &Path, source: &SourceArgs) -> Result<Discovered, Fault> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut found = Project::discover(&self.loader, folder);
        if file.extension().is_none_or(|extension| extension != "orc") {
            return Ok(found);
        }
        let files = ManifestFiles {
            providers: source.provider_externs_file.clone(),
            prompts: source.prompt_externs_file.clone(),
            commands: source.command_boundaries_file.clone(),
            programs: source.imported_workflow_bundles_file.clone(),
        };
        Project::with_manifests(&mut found, &files, &self.loader);
        for root in &source.source_roots {
            found.project.add_source_root(root.clone());
        }
        Ok(found)
    }
}

/// Reads standard input to its end, within a limit.
pub(crate) fn read_stdin(bytes: &mut Vec<u8>) -> Result<(), Fault> {
    io::stdin()
        .lock()
        .take(MAX_STDIN)
        .read_to_end(bytes)
        .map(drop)
        .map_err(|error| Fault::io("read", "standard input", &error))
}

/// The disk, and texts that stand for files.
struct Overlay {
    disk: OsLoader,
    stdin: Option<(PathBuf, Vec<u8>)>,
    /// These stand for files, and for standard input.
    texts: HashMap<PathBuf, String>,
}

impl Loader for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some(text) = self.texts.get(path) {
            return Ok(text.clone().into_bytes());
        }
        match &self.stdin {
            Some((name, text)) if name == path => Ok(text.clone()),
            _ => self.disk.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        let given = self.stdin.as_ref().is_some_and(|(name, _)| name == path);
        given || self.texts.contains_key(path) || self.disk.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path) || self.disk.exists(path)
    }

    fn workspace(&self) -> &Path {
        self.disk.workspace()
    }
}

/// A compilation whose findings have been shown.
pub(crate) enum Checked {
    /// It may run.
    Program(Box<Program>),
    /// It has errors.
    Refused,
}

impl Checked {
    /// Shows the findings on standard error.
    pub(crate) fn of(mut compiled: Compiled, console: &Console) -> Result<Self, Fault> {
        if !has_errors(&compiled.diagnostics) {
            compiled.diagnostics.extend(compiled.undecided.clone());
        }
        show_findings(&compiled, console);
        match compiled.program {
            Some(program) => Ok(Checked::Program(Box::new(program))),
            None if compiled.undecided.is_some() => Ok(Checked::Refused),
            None if has_errors(&compiled.diagnostics) => Ok(Checked::Refused),
            None => Err(Fault::new("the file holds no workflow")
                .help("a module of definitions can be checked, not compiled or run")),
        }
    }
}

/// Writes errors and warnings to standard error; says with what code to end.
/// Advice is for `wfc check`.
pub(crate) fn show_findings(compiled: &Compiled, console: &Console) -> Exit {
    let shown: Vec<Diagnostic> = compiled
        .diagnostics
        .iter()
        .filter(|each| each.severity != Severity::Advice)
        .cloned()
        .collect();
    if !shown.is_empty() {
        // Errors in writing to standard error have nowhere to go.
        let _ = render::render(
            render::Format::Human,
            &compiled.sources,
            &shown,
            console.colour_err(),
            &mut console.err(),
        );
        console.say(render::summary_line(&shown));
    }
    match has_errors(&shown) {
        true => Exit::Usage,
        false => Exit::Ok,
    }
}

/// The plan of a program after the passes of `level`.
pub(crate) fn plan_of(program: Program, level: u8, changes: &mut Vec<String>) -> Plan {
    plan_optimised(program, level, changes)
}

/// Whether the file holds a plan rather than a source.
pub(crate) fn is_plan(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "json")
}

/// Reads a plan that `wfc compile --emit plan` wrote.
pub(crate) fn read_plan(file: &Path) -> Result<Plan, Fault> {
    let shown = file.display();
    let hint = "`wfc compile FILE --emit plan -o plan.json` writes a plan";
    let text = std::fs::read(file).map_err(|error| Fault::io("read", file.display(), &error))?;
    let value: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|error| Fault::new(format!("{shown} is not JSON: {error}")).help(hint))?;
    let head: wfc_ir::Schema = serde_json::from_value(value)
        .map_err(|_| Fault::new(format!("{shown} is not a plan: it has no schema")).help(hint))?;
    head.admits("wfc.plan")
        .map_err(|why| Fault::new(format!("{shown}: {why}")).help(hint))?;
    let plan: Plan = serde_json::from_slice(&text)
        .map_err(|error| Fault::new(format!("{shown} is not a plan: {error}")).help(hint))?;
    wfc_ir::verify_plan(&plan).map_err(|errors| {
        Fault::new(format!("{shown} is not a sound plan"))
            .details(errors.iter().map(ToString::to_string))
            .help(hint)
    })?;
    Ok(plan)
}

/// Writes a result to a file in one go, or to standard output.
pub(crate) fn deliver(text: &str, to: Option<&Path>, console: &Console) -> Result<(), Fault> {
    match to {
        None => console.print(text),
        Some(path) => wfc_vm::write_atomic(path, text.as_bytes(), false)
            .map_err(|error| Fault::io("write", path.display(), &error)),
    }
}
