//! The import closure: reads the entry and everything it imports, each file
//! once.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use wfc_diag::{Diagnostic, FileId, Severity, Sources, Span, codes};

use super::hir::{Import, Name, Workflow};
use super::modules::{Module, Modules};
use super::{messages, reader};
use crate::load::reason;
use crate::{Loader, display_path, join_relative};
use wfc_ir::JobPolicy;
use wfc_syntax::yaml::Document;

/// What was read.
pub(super) struct Loaded {
    pub(super) modules: Modules,
    pub(super) found: Vec<Diagnostic>,
}

/// Reads the file at `path` and its imports.
pub(super) fn load(path: &str, loader: &dyn Loader, sources: &mut Sources) -> Loaded {
    let mut closure = Closure {
        loader,
        sources,
        seen: HashMap::new(),
        list: Vec::new(),
        found: Vec::new(),
    };
    closure.run(path);
    let policies = closure.policies();
    let Closure {
        list, mut found, ..
    } = closure;
    let mut modules = Modules { list, policies };
    break_cycles(&mut modules, &mut found);
    name(&mut modules);
    Loaded { modules, found }
}

struct Closure<'a> {
    loader: &'a dyn Loader,
    sources: &'a mut Sources,
    /// The module at each path, if it could be read.
    seen: HashMap<PathBuf, Option<usize>>,
    list: Vec<Module>,
    found: Vec<Diagnostic>,
}

impl Closure<'_> {
    fn run(&mut self, path: &str) {
        let entry = self.normal(Path::new(path));
        let shown = display_path(&entry, self.loader.workspace());
        match self.loader.read(&entry) {
            Ok(bytes) => {
                let module = self.module(entry.clone(), shown, &bytes);
                self.add(entry, module);
            }
            Err(error) => {
                let file = self.sources.add(shown.clone(), "");
                let why = reason(&error);
                let span = Span::at(file, 0);
                self.found.push(messages::unreadable(span, &shown, &why));
            }
        }
        // The list grows while it is walked.
        let mut next = 0;
        while next < self.list.len() {
            let imports = self.list[next].workflow.imports.clone();
            for import in &imports {
                if let Some(callee) = self.import(next, import) {
                    let alias = import.alias.value.clone();
                    self.list[next].imports.insert(alias, callee);
                }
            }
            next += 1;
        }
    }

    /// A path from the workspace where possible, without `.` and `..`.
    fn normal(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix(self.loader.workspace()).unwrap_or(path);
        let text = inside.to_string_lossy();
        join_relative(Path::new(""), &text).unwrap_or_else(|| inside.to_owned())
    }

    fn add(&mut self, path: PathBuf, module: Option<Module>) -> Option<usize> {
        let ix = module.map(|module| {
            self.list.push(module);
            self.list.len() - 1
        });
        self.seen.insert(path, ix);
        ix
    }

    fn import(&mut self, from: usize, import: &Import) -> Option<usize> {
        let workflow = &self.list.get(from)?.workflow;
        let Name { value, span } = import.path.as_ref()?;
        let Some(path) = join_relative(&workflow.path, value) else {
            self.found.push(messages::outside_workspace(*span));
            return None;
        };
        let path = self.normal(&path);
        if let Some(known) = self.seen.get(&path) {
            return *known;
        }
        let shown = display_path(&path, self.loader.workspace());
        match self.loader.read(&path) {
            Ok(bytes) => {
                let module = self.module(path.clone(), shown, &bytes);
                self.add(path, module)
            }
            Err(error) => {
                let why = reason(&error);
                let alias = &import.alias.value;
                let found = messages::import_not_found(alias, *span, &shown, &why);
                self.found.push(found);
                None
            }
        }
    }

    /// The policies of managed jobs that steps name, each read once.
    fn policies(&mut self) -> HashMap<String, JobPolicy> {
        let steps = self
            .list
            .iter()
            .flat_map(|module| &module.workflow.body.steps);
        let named = steps.filter_map(|step| Some(step.managed.as_ref()?.policy.clone()));
        // What lies outside the workspace was reported, and is not read.
        let named: Vec<Name> = named.filter(|name| is_inside(&name.value)).collect();
        let mut seen = std::collections::HashSet::new();
        let mut read = HashMap::new();
        for name in named {
            if !seen.insert(name.value.clone()) {
                continue;
            }
            let path = self.normal(Path::new(&name.value));
            match self.loader.read(&path) {
                Ok(bytes) => {
                    let policy = self.policy(&path, &bytes);
                    read.extend(policy.map(|policy| (name.value, policy)));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let found = messages::policy_not_found(name.span, &name.value);
                    self.found.push(found);
                }
                Err(error) => {
                    let why = reason(&error);
                    let found = messages::unreadable(name.span, &name.value, &why);
                    self.found.push(found);
                }
            }
        }
        read
    }

    fn policy(&mut self, path: &Path, bytes: &[u8]) -> Option<JobPolicy> {
        let shown = display_path(path, self.loader.workspace());
        let (file, text) = self.source(shown, bytes)?;
        let (document, broken) = self.document(file, &text);
        let (policy, found) = reader::policy::read(file, &text, &document?, broken);
        self.found.extend(found);
        policy
    }

    /// The text of a file, now one of the sources; nothing when it is no text.
    fn source(&mut self, shown: String, bytes: &[u8]) -> Option<(FileId, String)> {
        match wfc_syntax::decode(bytes) {
            Ok(decoded) => {
                let file = self.sources.add(shown, decoded.text.as_str());
                Some((file, decoded.text))
            }
            Err(error) => {
                let file = self.sources.add(shown, error.lossy.clone());
                self.found.push(error.diagnostic(file));
                None
            }
        }
    }

    /// The tree of a file, and whether it has holes.
    fn document(&mut self, file: FileId, text: &str) -> (Option<Document>, bool) {
        let (document, found) = wfc_syntax::yaml::parse(file, text);
        // A key that is there twice leaves no hole in the tree.
        let broken = found
            .iter()
            .any(|d| d.severity == Severity::Error && d.code != codes::YAML_DUPLICATE_KEY);
        self.found.extend(found);
        (document, broken)
    }

    fn module(&mut self, path: PathBuf, shown: String, bytes: &[u8]) -> Option<Module> {
        let checksum = wfc_ir::hash_bytes(bytes);
        let (file, text) = self.source(shown.clone(), bytes)?;
        let workflow = self.workflow(file, path, &text)?;
        Some(Module {
            id: file,
            workflow,
            file: shown,
            checksum,
            imports: HashMap::new(),
            key: String::new(),
        })
    }

    fn workflow(&mut self, file: FileId, path: PathBuf, text: &str) -> Option<Workflow> {
        let (document, broken) = self.document(file, text);
        let (workflow, found) = reader::read(file, path, text, &document?, broken);
        self.found.extend(found);
        workflow
    }
}

/// Is this a path from the workspace that does not climb?
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Reports every import that closes a circle, and takes it out.
fn break_cycles(modules: &mut Modules, found: &mut Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; modules.list.len()];
    let mut closing: Vec<(usize, String)> = Vec::new();
    // The files on the way here, each with how many of its imports are done.
    let mut way: Vec<(usize, usize)> = Vec::new();
    if let Some(state) = states.first_mut() {
        *state = State::Open;
        way.push((0, 0));
    }
    while let Some((current, done)) = way.last_mut() {
        let current = *current;
        let Some(module) = modules.list.get(current) else {
            break;
        };
        let Some(import) = module.workflow.imports.get(*done) else {
            states[current] = State::Done;
            way.pop();
            continue;
        };
        *done += 1;
        let Some(&callee) = module.imports.get(&import.alias.value) else {
            continue;
        };
        match states[callee] {
            State::Done => {}
            State::New => {
                states[callee] = State::Open;
                way.push((callee, 0));
            }
            State::Open => {
                let span = import.path.as_ref().map_or(import.alias.span, |p| p.span);
                let circle = way.iter().skip_while(|(ix, _)| *ix != callee);
                let mut names: Vec<&str> = circle
                    .filter_map(|(ix, _)| modules.list.get(*ix))
                    .map(|module| module.file.as_str())
                    .collect();
                names.extend(names.first().copied());
                found.push(messages::import_cycle(span, &names));
                closing.push((current, import.alias.value.clone()));
            }
        }
    }
    for (module, alias) in closing {
        if let Some(module) = modules.list.get_mut(module) {
            module.imports.remove(&alias);
        }
    }
}

/// Gives every module its name in the program: that of its workflow, or of
/// its file.
fn name(modules: &mut Modules) {
    let mut taken = std::collections::HashSet::new();
    for module in &mut modules.list {
        let wanted = match &module.workflow.name {
            Some(name) => name.value.clone(),
            None => {
                let stem = module.workflow.path.file_stem();
                stem.unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        let mut key = wanted.clone();
        let mut next = 2;
        while !taken.insert(key.clone()) {
            key = format!("{wanted}_{next}");
            next += 1;
        }
        module.key = key;
    }
}

/// Reports imports of another version.
pub(super) fn check_versions(modules: &Modules) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for module in &modules.list {
        for import in &module.workflow.imports {
            let callee = modules.callee(module, &import.alias.value);
            let (Some(own), Some(other), Some(path)) = (
                module.workflow.version.as_ref(),
                callee.and_then(|callee| callee.workflow.version.as_ref()),
                import.path.as_ref(),
            ) else {
                continue;
            };
            if own.value != other.value {
                found.push(messages::version_differs(
                    path.span,
                    own.value.as_str(),
                    other.value.as_str(),
                    other.span,
                ));
            }
        }
    }
    found
}
