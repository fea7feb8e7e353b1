//! Programs from elsewhere, in YAML, Lisp or compiled, which modules call by a
//! name that the project binds. One is read when a module mentions its name.

use std::collections::HashSet;
use std::path::Path;

use wfc_diag::{Diagnostic, FileId, Severity, Sources, Span, has_errors};
use wfc_ir::{Program, Schema};
use wfc_syntax::lisp::Datum;

use super::messages;
use super::modules::Module;
use crate::load::reason;
use crate::project::{Entry, Project, json_error};
use crate::{Loader, Options, display_path};

/// The programs that modules call.
#[derive(Default)]
pub(super) struct Programs {
    pub(super) all: Vec<Outside>,
    /// The names of those that cannot be called, which was reported.
    pub(super) broken: HashSet<String>,
}

/// A program from elsewhere.
pub(super) struct Outside {
    /// The name by which modules call it.
    pub(super) name: String,
    pub(super) program: Program,
    /// The beginning of its file.
    pub(super) at: Span,
}

/// Reads the programs that the modules mention.
pub(super) fn load(
    modules: &[Module],
    project: &Project,
    loader: &dyn Loader,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Programs {
    let mut programs = Programs::default();
    if project.programs().is_empty() {
        return programs;
    }
    let own = modules.iter().filter(|module| !module.is_library);
    let words = words(own.flat_map(|module| &module.body));
    for (name, entry) in project.programs() {
        if !words.contains(name.as_str()) {
            continue;
        }
        let mut reader = Reader {
            name,
            entry,
            project,
            loader,
            sources,
            found: Vec::new(),
        };
        let read = reader.read();
        let mut found = reader.found;
        // What else there is to say is said where the file itself is checked.
        found.retain(|each| each.severity == Severity::Error);
        let outside = read.filter(|_| !has_errors(&found));
        diagnostics.append(&mut found);
        match outside {
            Some((at, program)) => programs.all.push(Outside {
                name: name.clone(),
                program,
                at,
            }),
            None => {
                programs.broken.insert(name.clone());
            }
        }
    }
    programs
}

/// Every symbol of the data.
fn words<'d>(data: impl Iterator<Item = &'d Datum>) -> HashSet<&'d str> {
    let mut open: Vec<&Datum> = data.collect();
    let mut words = HashSet::new();
    while let Some(datum) = open.pop() {
        words.extend(datum.as_symbol());
        open.extend(datum.as_list().unwrap_or_default());
    }
    words
}

struct Reader<'r> {
    name: &'r str,
    entry: &'r Entry,
    project: &'r Project,
    loader: &'r dyn Loader,
    sources: &'r mut Sources,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<(Span, Program)> {
        let path = self.entry.file.as_path();
        let is = |end: &str| path.extension().is_some_and(|extension| extension == end);
        let (file, program) = match is("json") {
            true => self.compiled(path)?,
            false => self.compile(path, is("orc"))?,
        };
        let at = Span::at(file, 0);
        match is("orc") {
            // The workflow was chosen when it was compiled.
            true => Some((at, program)),
            false => Some((at, self.starting_with(program, at)?)),
        }
    }

    fn compile(&mut self, path: &Path, is_lisp: bool) -> Option<(FileId, Program)> {
        let options = Options {
            entry_workflow: self.entry.workflow.clone().filter(|_| is_lisp),
            project: self.project.within_program(),
            ..Options::default()
        };
        let mut compiled = crate::compile(&path.to_string_lossy(), &options, self.loader);
        let mut found = std::mem::take(&mut compiled.diagnostics);
        if !has_errors(&found) {
            found.extend(compiled.undecided.take());
        }
        self.sources.take_in(&compiled.sources, &mut found);
        let (_, entry) = compiled.sources.iter().next()?;
        let file = self.sources.named(&entry.name)?;
        if compiled.program.is_none() && !has_errors(&found) {
            found.push(messages::no_workflow(Span::at(file, 0), self.name));
        }
        self.found.append(&mut found);
        Some((file, compiled.program?))
    }

    /// A program that was compiled before.
    fn compiled(&mut self, path: &Path) -> Option<(FileId, Program)> {
        let shown = display_path(path, self.loader.workspace());
        let bytes = match self.loader.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let file = self.sources.add(shown.clone(), "");
                let at = Span::at(file, 0);
                let why = reason(&error);
                self.found.push(messages::unreadable(at, &shown, &why));
                return None;
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = self.sources.add(shown, text.as_str());
        let mut refuse = |at: Span, why: String| {
            let found = messages::no_program(at, self.name, &why);
            self.found.push(found);
        };
        let at = Span::at(file, 0);
        let head: Schema = match serde_json::from_str(&text) {
            Ok(head) => head,
            Err(error) if error.is_data() => {
                refuse(at, "it has no schema".to_owned());
                return None;
            }
            Err(error) => {
                let at = json_error(file, &text, &error);
                refuse(at, format!("it is not JSON: {error}"));
                return None;
            }
        };
        if let Err(why) = head.admits("wfc.ir") {
            refuse(at, why);
            return None;
        }
        let program: Program = match serde_json::from_str(&text) {
            Ok(program) => program,
            Err(error) => {
                let at = json_error(file, &text, &error);
                refuse(at, error.to_string());
                return None;
            }
        };
        if let Err(errors) = wfc_ir::verify(&program) {
            let first = errors.first().map(ToString::to_string);
            refuse(at, first.unwrap_or_default());
            return None;
        }
        Some((file, program))
    }

    /// The program, with the workflow first that is asked for.
    fn starting_with(&mut self, mut program: Program, at: Span) -> Option<Program> {
        let Some(wanted) = &self.entry.workflow else {
            return Some(program);
        };
        if !program.workflows.contains_key(wanted) {
            let known: Vec<&str> = program.workflows.keys().map(String::as_str).collect();
            let found = messages::no_such_workflow(at, self.name, wanted, &known);
            self.found.push(found);
            return None;
        }
        program.entry.clone_from(wanted);
        Some(program)
    }
}
