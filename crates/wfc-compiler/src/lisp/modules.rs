//! The files of a program: headers, and the closure of the imports.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use wfc_diag::{Diagnostic, FileId, Sources, Span, codes};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::defs::Name;
use super::messages;
use super::programs::Programs;
use crate::load::reason;
use crate::{Loader, display_path};

/// Index of a module in [`Modules::all`].
pub(super) type ModuleId = usize;

/// A module that was read.
pub(super) struct Module {
    /// The file it is in.
    pub(super) file: FileId,
    /// The path of the file, from the workspace or absolute.
    pub(super) path: PathBuf,
    /// Is it part of the library?
    pub(super) is_library: bool,
    /// `sha256:` of its bytes.
    pub(super) checksum: String,
    /// Its name, or what its path suggests.
    pub(super) name: Name,
    pub(super) imports: Vec<Import>,
    /// What is said above its `defmodule`.
    pub(super) doc: Option<String>,
    /// Whether there is an `export` at all.
    pub(super) has_export: bool,
    pub(super) exports: Vec<Name>,
    /// The version of the language that the header names.
    pub(super) language: Option<String>,
    /// The definitions.
    pub(super) body: Vec<Datum>,
    /// What stands for the uses of macros in the body, by their places in it;
    /// set once all macros are known.
    pub(super) expanded: OnceLock<HashMap<usize, Datum>>,
}

/// An import.
pub(super) struct Import {
    /// The module, as written but with `/` between the segments.
    pub(super) module: Name,
    /// The prefix of its members.
    pub(super) alias: Name,
    /// The names that need no prefix.
    pub(super) only: Vec<Name>,
    /// The module, if it was found.
    pub(super) target: Option<ModuleId>,
}

/// The modules of the library, which every program can import.
pub(super) const LIBRARY: &[(&str, &str)] = &[
    ("std/context", include_str!("../../std/context.orc")),
    ("std/phase", include_str!("../../std/phase.orc")),
    ("std/resource", include_str!("../../std/resource.orc")),
    ("std/drain", include_str!("../../std/drain.orc")),
];

/// All modules; the entry is the first.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
    /// The programs from elsewhere that they mention.
    pub(super) programs: Programs,
    by_file: HashMap<FileId, ModuleId>,
}

impl Modules {
    /// The module of a file, whatever the context.
    pub(super) fn of(&self, file: FileId) -> ModuleId {
        self.by_file.get(&file.file()).copied().unwrap_or_default()
    }
}

/// Reads the file at `path` and everything it imports.
pub(super) fn load(
    path: &Path,
    roots: &[PathBuf],
    loader: &dyn Loader,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Modules {
    let mut modules = Modules::default();
    let mut known: HashMap<String, Option<ModuleId>> = HashMap::new();
    let shown = display_path(path, loader.workspace());
    let Some(entry) = read(path, &shown, None, loader, sources, diagnostics) else {
        return modules;
    };
    let mut search = vec![root_of(path, &entry.name.text)];
    for root in roots {
        if !search.contains(root) {
            search.push(root.clone());
        }
    }
    known.insert(entry.name.text.clone(), Some(0));
    modules.all.push(entry);
    let mut next = 0;
    while next < modules.all.len() {
        for at in 0..modules.all[next].imports.len() {
            let wanted = modules.all[next].imports[at].module.clone();
            let target = match known.get(&wanted.text) {
                Some(target) => *target,
                None => {
                    let found = find(&wanted, &search, loader, sources, diagnostics);
                    let target = found.map(|module| {
                        modules.all.push(module);
                        modules.all.len() - 1
                    });
                    known.insert(wanted.text, target);
                    target
                }
            };
            modules.all[next].imports[at].target = target;
        }
        next += 1;
    }
    report_cycles(&modules, diagnostics);
    let files = modules.all.iter().map(|module| module.file);
    modules.by_file = files.zip(0..).collect();
    modules
}

/// The folder that module names are relative to, so that `name` is at `path`;
/// the folder of the file when they disagree.
fn root_of(path: &Path, name: &str) -> PathBuf {
    let ups = name.split('/').count();
    let stem = path.with_extension("");
    if stem.ends_with(name)
        && let Some(root) = path.ancestors().nth(ups)
    {
        return root.to_owned();
    }
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn find(
    wanted: &Name,
    search: &[PathBuf],
    loader: &dyn Loader,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Module> {
    let relative = format!("{}.orc", wanted.text);
    let mut tried = Vec::new();
    // The entry's own root comes first, so that a project can have its own
    // version of a module of the library.
    let (own, others) = search.split_at(1.min(search.len()));
    let places = own
        .iter()
        .map(Some)
        .chain([None])
        .chain(others.iter().map(Some));
    for place in places {
        let Some(root) = place else {
            match in_library(wanted, sources, diagnostics) {
                Some(module) => return Some(module),
                None => continue,
            }
        };
        let path = root.join(&relative);
        let shown = display_path(&path, loader.workspace());
        if loader.is_file(&path) {
            return read(&path, &shown, Some(wanted), loader, sources, diagnostics);
        }
        tried.push(shown);
    }
    let library = LIBRARY.iter().map(|(name, _)| *name);
    diagnostics.push(messages::module_not_found(wanted, &tried, library));
    None
}

/// The module of the library of this name.
fn in_library(
    wanted: &Name,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Module> {
    let (name, text) = LIBRARY.iter().find(|(name, _)| *name == wanted.text)?;
    let path = PathBuf::from(format!("{name}.orc"));
    let shown = path.to_string_lossy();
    let checksum = wfc_ir::hash_bytes(text.as_bytes());
    let file = sources.add(shown.clone(), *text);
    let wanted = Some(wanted);
    let module = parsed(&path, &shown, file, checksum, wanted, sources, diagnostics);
    Some(Module {
        is_library: true,
        ..module
    })
}

/// Reads one file. `wanted` is the import that asked for it.
fn read(
    path: &Path,
    shown: &str,
    wanted: Option<&Name>,
    loader: &dyn Loader,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Module> {
    let bytes = match loader.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let span = match wanted {
                Some(wanted) => wanted.span,
                None => Span::at(sources.add(shown, ""), 0),
            };
            diagnostics.push(
                Diagnostic::new(
                    codes::FILE_UNREADABLE,
                    span,
                    format!("`{shown}` cannot be read: {}", reason(&error)),
                )
                .label("needed here"),
            );
            return None;
        }
    };
    let checksum = wfc_ir::hash_bytes(&bytes);
    let text = match wfc_syntax::decode(&bytes) {
        Ok(decoded) => decoded.text,
        Err(error) => {
            let file = sources.add(shown, error.lossy.clone());
            diagnostics.push(error.diagnostic(file));
            return None;
        }
    };
    let file = sources.add(shown, text);
    Some(parsed(
        path,
        shown,
        file,
        checksum,
        wanted,
        sources,
        diagnostics,
    ))
}

/// The module in a file that was added to the sources.
fn parsed(
    path: &Path,
    shown: &str,
    file: FileId,
    checksum: String,
    wanted: Option<&Name>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Module {
    let text = sources.file(file).text.clone();
    let (tree, found) = wfc_syntax::lisp::parse(file, &text);
    diagnostics.extend(found);
    let guessed = match wanted {
        Some(wanted) => wanted.text.clone(),
        None => path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default(),
    };
    let mut module = Module {
        file,
        path: path.to_owned(),
        is_library: false,
        checksum,
        name: Name {
            text: guessed,
            span: Span::at(file, 0),
        },
        imports: Vec::new(),
        doc: None,
        has_export: false,
        exports: Vec::new(),
        language: None,
        body: Vec::new(),
        expanded: OnceLock::new(),
    };
    header(tree.data, &mut module, diagnostics);
    let stem = path.with_extension("");
    if !stem.ends_with(&module.name.text) {
        diagnostics.push(messages::module_path(&module.name, shown));
        if let Some(wanted) = wanted {
            module.name.text.clone_from(&wanted.text);
        }
    }
    module
}

/// The parts of a file before its definitions.
fn header(data: Vec<Datum>, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    let start = Span::at(module.file, 0);
    let wrapped = data
        .iter()
        .position(|datum| datum.head() == Some("workflow-lisp"));
    let (forms, span) = match wrapped {
        Some(at) => {
            let mut data = data;
            let rest = data.split_off(at + 1);
            if let Some(extra) = data.first().filter(|_| at > 0).or(rest.first()) {
                diagnostics.push(messages::outside_wrapper(extra.span));
            }
            match data.pop() {
                Some(Datum {
                    kind: DatumKind::List(mut forms),
                    span,
                    ..
                }) => {
                    forms.remove(0);
                    (
                        forms,
                        Span::new(span.file, span.start as usize, span.start as usize + 1),
                    )
                }
                _ => (Vec::new(), start),
            }
        }
        // Our edition needs no wrapper; a module says at least its name.
        None if data.iter().any(|datum| datum.head() == Some("defmodule")) => (data, start),
        None => {
            if !data.iter().any(|datum| datum.kind == DatumKind::Error) {
                diagnostics.push(messages::no_wrapper(start, data.first()));
            }
            return;
        }
    };
    let mut seen = Seen::default();
    for form in forms {
        let head = form.head().unwrap_or_default().to_owned();
        let keyword = form
            .as_list()
            .and_then(|members| members.first())
            .and_then(Datum::as_keyword);
        match (keyword, head.as_str()) {
            (Some(keyword), _) => seen.setting(keyword, &form, diagnostics),
            (None, "defmodule") => {
                if seen.once("defmodule", form.span, diagnostics) {
                    module_name(&form, module, diagnostics);
                }
            }
            (None, "import") => import(&form, module, diagnostics),
            (None, "export") => {
                if seen.once("export", form.span, diagnostics) {
                    module.has_export = true;
                    exports(&form, module, diagnostics);
                }
            }
            _ => module.body.push(form),
        }
    }
    let names_matter = module.has_export || !module.imports.is_empty();
    module.language.clone_from(&seen.language);
    if seen.language.as_deref() == Some("0.1") {
        without_import(module);
    }
    seen.finish(span, wrapped.is_some(), names_matter, diagnostics);
}

/// What the library has to be used as a form, and where it is.
const IN_LIBRARY: &[(&str, &str)] = &[
    ("run-context", "std/context"),
    ("phase-context", "std/context"),
    ("drain-context", "std/context"),
    ("review-revise", "std/phase"),
    ("review-revise-loop", "std/phase"),
    ("review-revise-loop-proc", "std/phase"),
    ("review-revise-by-agents", "std/phase"),
    ("phase-scope", "std/phase"),
    ("run-provider-phase", "std/phase"),
    ("finalize-selected-item-proc", "std/resource"),
    ("backlog-drain", "std/drain"),
    ("backlog-drain-proc", "std/drain"),
];

/// The module of the library that has a form of this name.
pub(super) fn in_library_is(name: &str) -> Option<&'static str> {
    let found = IN_LIBRARY.iter().find(|(known, _)| *known == name);
    found.map(|(_, module)| *module)
}

/// What programs of the language 0.1 use without an import.
const WITHOUT_IMPORT: &[&str] = &["run-provider-phase", "backlog-drain"];

/// Imports what a program of the language 0.1 uses without saying so.
fn without_import(module: &mut Module) {
    let mut open: Vec<&Datum> = module.body.iter().collect();
    let mut found: Vec<Import> = Vec::new();
    while let Some(datum) = open.pop() {
        let Some(members) = datum.as_list() else {
            continue;
        };
        open.extend(members);
        let word = datum.head().unwrap_or_default();
        let Some(from) = in_library_is(word).filter(|_| WITHOUT_IMPORT.contains(&word)) else {
            continue;
        };
        let is_known = |import: &Import| import.only.iter().any(|only| only.text == word);
        if module.imports.iter().chain(&found).any(is_known) {
            continue;
        }
        let named = |text: &str| Name {
            text: text.to_owned(),
            span: members[0].span,
        };
        found.push(Import {
            module: named(from),
            alias: named(from),
            only: vec![named(word)],
            target: None,
        });
    }
    module.imports.append(&mut found);
}

/// What a header has said so far.
#[derive(Default)]
struct Seen {
    once: Vec<(String, Span)>,
    language: Option<String>,
}

impl Seen {
    fn once(&mut self, what: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
        if let Some((_, first)) = self.once.iter().find(|(seen, _)| seen == what) {
            diagnostics.push(messages::duplicate("header entry", what, span, *first));
            return false;
        }
        self.once.push((what.to_owned(), span));
        true
    }

    fn setting(&mut self, keyword: &str, form: &Datum, diagnostics: &mut Vec<Diagnostic>) {
        let Some([key, rest @ ..]) = form.as_list() else {
            return;
        };
        if !["language", "target-dsl"].contains(&keyword) {
            diagnostics.push(
                Diagnostic::new(
                    codes::LISP_FORM,
                    key.span,
                    format!("a header has no entry `:{keyword}`"),
                )
                .label("unknown entry")
                .suggest(
                    key.span,
                    &format!(":{keyword}"),
                    [":language", ":target-dsl"],
                ),
            );
            return;
        }
        if !self.once(&format!(":{keyword}"), key.span, diagnostics) {
            return;
        }
        let [value] = rest else {
            diagnostics.push(messages::shape(
                form.span,
                &format!(":{keyword}"),
                &format!("(:{keyword} \"…\")"),
                "one text is needed after the keyword",
            ));
            return;
        };
        let Some(version) = value.as_str() else {
            if value.kind != DatumKind::Error {
                diagnostics.push(messages::shape(
                    value.span,
                    &format!(":{keyword}"),
                    &format!("(:{keyword} \"…\")"),
                    "the version is written in quotes",
                ));
            }
            return;
        };
        let known: Vec<String> = match keyword {
            "language" => {
                self.language = Some(version.to_owned());
                ["0.1", "1.0"].map(str::to_owned).to_vec()
            }
            _ => vec!["2.14".to_owned()],
        };
        if !known.iter().any(|each| each == version) {
            diagnostics.push(messages::language_version(
                keyword, version, value.span, &known,
            ));
        }
    }

    fn finish(
        &self,
        at: Span,
        wrapped: bool,
        names_matter: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let has = |what: &str| self.once.iter().any(|(seen, _)| seen == what);
        let mut missing = Vec::new();
        if wrapped && !has(":language") {
            missing.push("(:language \"1.0\")");
        }
        if self.language.as_deref() == Some("0.1") && !has(":target-dsl") {
            missing.push("(:target-dsl \"2.14\")");
        }
        if names_matter && !has("defmodule") {
            missing.push("(defmodule …)");
        }
        for part in missing {
            diagnostics.push(messages::header_missing(at, part));
        }
    }
}

/// A module name with `/` between its segments.
fn normal_name(datum: &Datum, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    let text = datum.as_symbol()?;
    let name = if text.contains('/') {
        text.to_owned()
    } else {
        text.replace('.', "/")
    };
    let sound = name.split('/').all(|segment| {
        !segment.is_empty()
            && segment
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    });
    if !sound {
        diagnostics.push(messages::bad_module_name(datum.span, text));
        return None;
    }
    Some(Name {
        text: name,
        span: datum.span,
    })
}

fn module_name(form: &Datum, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    module.doc.clone_from(&form.doc);
    match form.as_list() {
        Some([_, name]) if name.as_symbol().is_some() => {
            if let Some(name) = normal_name(name, diagnostics) {
                module.name = name;
            }
        }
        _ => diagnostics.push(messages::shape(
            form.span,
            "defmodule",
            "(defmodule folder/name)",
            "one name is needed",
        )),
    }
}

fn import(form: &Datum, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    const SHAPE: &str = "(import folder/name :as alias :only (Name other))";
    let bad = |span: Span, why: &str| messages::shape(span, "import", SHAPE, why);
    let Some([_, name, rest @ ..]) = form.as_list() else {
        diagnostics.push(bad(form.span, "the module is not named"));
        return;
    };
    if name.as_symbol().is_none() {
        if name.kind != DatumKind::Error {
            diagnostics.push(bad(name.span, "the module is named by a symbol"));
        }
        return;
    }
    let Some(name) = normal_name(name, diagnostics) else {
        return;
    };
    let last = name.text.rsplit('/').next().unwrap_or_default().to_owned();
    let mut import = Import {
        alias: Name {
            text: last,
            span: name.span,
        },
        module: name,
        only: Vec::new(),
        target: None,
    };
    let mut rest = rest.iter();
    while let Some(key) = rest.next() {
        let value = match key.as_keyword() {
            Some("as" | "only") => rest.next(),
            Some(other) => {
                rest.next();
                diagnostics.push(bad(key.span, "this keyword has no meaning here").suggest(
                    key.span,
                    &format!(":{other}"),
                    [":as", ":only"],
                ));
                continue;
            }
            None => {
                if key.kind != DatumKind::Error {
                    diagnostics.push(bad(key.span, "expected `:as` or `:only`"));
                }
                continue;
            }
        };
        match (key.as_keyword(), value) {
            (Some("as"), Some(value)) if value.as_symbol().is_some() => {
                import.alias = Name::of(value);
            }
            (Some("only"), Some(value)) if value.as_list().is_some() => {
                for each in value.as_list().unwrap_or_default() {
                    if each.as_symbol().is_some() {
                        import.only.push(Name::of(each));
                    } else {
                        diagnostics.push(bad(each.span, "expected a name"));
                    }
                }
            }
            (Some("as"), _) => diagnostics.push(bad(key.span, "`:as` needs a name after it")),
            _ => diagnostics.push(bad(key.span, "`:only` needs a list of names after it")),
        }
    }
    let twice = module
        .imports
        .iter()
        .find(|other| other.alias.text == import.alias.text);
    if let Some(other) = twice {
        diagnostics.push(messages::duplicate(
            "import alias",
            &import.alias.text,
            import.alias.span,
            other.alias.span,
        ));
    }
    module.imports.push(import);
}

fn exports(form: &Datum, module: &mut Module, diagnostics: &mut Vec<Diagnostic>) {
    for each in form.as_list().unwrap_or_default().iter().skip(1) {
        if each.as_symbol().is_none() {
            if each.kind != DatumKind::Error {
                diagnostics.push(messages::shape(
                    each.span,
                    "export",
                    "(export name Other)",
                    "expected a name",
                ));
            }
            continue;
        }
        let name = Name::of(each);
        match module.exports.iter().find(|other| other.text == name.text) {
            Some(first) => diagnostics.push(messages::duplicate(
                "export", &name.text, name.span, first.span,
            )),
            None => module.exports.push(name),
        }
    }
}

/// Reports each import that closes a circle.
fn report_cycles(modules: &Modules, diagnostics: &mut Vec<Diagnostic>) {
    // 0 unseen, 1 on the way, 2 done
    let mut state = vec![0u8; modules.all.len()];
    for start in 0..modules.all.len() {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way: Vec<(ModuleId, usize)> = vec![(start, 0)];
        while let Some((current, next)) = way.pop() {
            let Some(import) = modules.all[current].imports.get(next) else {
                state[current] = 2;
                continue;
            };
            way.push((current, next + 1));
            match import.target {
                Some(target) if state[target] == 0 => {
                    state[target] = 1;
                    way.push((target, 0));
                }
                Some(target) if state[target] == 1 => {
                    let from = way.iter().position(|(on, _)| *on == target).unwrap_or(0);
                    let names: Vec<&str> = way[from..]
                        .iter()
                        .map(|(on, _)| modules.all[*on].name.text.as_str())
                        .collect();
                    diagnostics.push(messages::import_cycle(&import.module, &names));
                }
                _ => {}
            }
        }
    }
}
