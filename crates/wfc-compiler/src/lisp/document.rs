//! What a module offers: its exports with their signatures and words.

use std::io;
use std::path::{Path, PathBuf};

use wfc_diag::{FileId, Sources, Span};
use wfc_syntax::Format;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::modules::{self, LIBRARY, Module, ModuleId, Modules};
use super::scope::{self, Item, World};
use super::{check, on_large_stack};
use crate::{Compiled, Loader, Options};

/// A module, described.
#[derive(Clone, Debug, Default)]
pub struct ModuleDoc {
    /// Its name.
    pub name: String,
    /// The file it is in.
    pub path: String,
    /// What is said above its `defmodule`.
    pub doc: Option<String>,
    /// What it exports, in that order; everything that it defines if it has no
    /// `export`.
    pub items: Vec<ItemDoc>,
}

/// A definition, described.
#[derive(Clone, Debug)]
pub struct ItemDoc {
    /// Its name.
    pub name: String,
    /// `workflow`, `procedure`, `type`, `macro`, `schema`.
    pub kind: &'static str,
    /// Its definition without its body, laid out.
    pub signature: String,
    /// What it does besides giving a value, as `:effects` would say.
    pub effects: Vec<String>,
    /// What is said above it.
    pub doc: Option<String>,
    /// The file it is in.
    pub file: String,
    /// Where in that file it is written, in bytes.
    pub bytes: (u32, u32),
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// The names of the modules of the library.
pub fn library() -> impl Iterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

/// Reads a module, by the path of its file or by its name, and describes it.
/// What is wrong with it is in the second part, without a program.
pub fn document(wanted: &str, options: &Options, loader: &dyn Loader) -> (ModuleDoc, Compiled) {
    if wanted.ends_with(".orc") {
        let path = Path::new(wanted);
        let path = path.strip_prefix(loader.workspace()).unwrap_or(path);
        return describe(path, 0, options, loader);
    }
    // A module that does nothing but import it.
    let asking = Asking {
        text: format!("(defmodule {ASKING})\n(import {wanted})\n"),
        path: PathBuf::from(format!("{ASKING}.orc")),
        below: loader,
    };
    describe(&asking.path, 1, options, &asking)
}

const ASKING: &str = "wfc-doc";

/// The files of another loader, and one more.
struct Asking<'l> {
    path: PathBuf,
    text: String,
    below: &'l dyn Loader,
}

impl Loader for Asking<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path == self.path {
            true => Ok(self.text.clone().into_bytes()),
            false => self.below.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        path == self.path || self.below.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path == self.path || self.below.exists(path)
    }

    fn workspace(&self) -> &Path {
        self.below.workspace()
    }
}

fn describe(
    path: &Path,
    id: ModuleId,
    options: &Options,
    loader: &dyn Loader,
) -> (ModuleDoc, Compiled) {
    let (modules, mut compiled) = super::read(path, options, loader);
    let mut described = ModuleDoc::default();
    if let Some(module) = modules.all.get(id) {
        let sources = &compiled.sources;
        let found = &mut compiled.diagnostics;
        described = on_large_stack(|| of_module(&modules, module, id, options, sources, found));
    }
    let keeps = |file: FileId| modules.all.get(id).is_none_or(|module| module.file == file);
    // Names that only a project binds are no concern of a description.
    compiled.diagnostics.retain(|each| {
        each.severity == wfc_diag::Severity::Error
            && each.code != wfc_diag::codes::UNBOUND_EXTERN
            && keeps(each.primary.span.file.file())
    });
    wfc_diag::sort_diagnostics(&mut compiled.diagnostics);
    (described, compiled)
}

/// Every definition of a module and of what it imports, but not of the library.
pub fn definitions(path: &str, options: &Options, loader: &dyn Loader) -> Vec<ItemDoc> {
    of_modules(
        path,
        options,
        loader,
        |world, module, id, sources| match module.is_library {
            true => Vec::new(),
            false => items(world, module, id, sources),
        },
    )
}

/// Every definition of a module, and what the modules export that it imports.
pub fn in_reach(path: &str, options: &Options, loader: &dyn Loader) -> Vec<ItemDoc> {
    of_modules(path, options, loader, |world, module, id, sources| {
        let mut found = items(world, module, id, sources);
        if id > 0 && module.has_export {
            found.retain(|item| module.exports.iter().any(|each| each.text == item.name));
        }
        found
    })
}

fn of_modules(
    path: &str,
    options: &Options,
    loader: &dyn Loader,
    say: impl Fn(&World<'_>, &Module, ModuleId, &Sources) -> Vec<ItemDoc> + Sync,
) -> Vec<ItemDoc> {
    let (mut sources, mut found) = (Sources::default(), Vec::new());
    let path = Path::new(path);
    let path = path.strip_prefix(loader.workspace()).unwrap_or(path);
    let roots = options.project.source_roots();
    let modules = modules::load(path, roots, loader, &mut sources, &mut found);
    on_large_stack(|| {
        let (mut world, pending) = scope::collect(&modules, &mut found);
        check::check(&mut world, &pending, &options.project, &sources, &mut found);
        let all = modules.all.iter().enumerate();
        all.flat_map(|(id, module)| say(&world, module, id, &sources))
            .collect()
    })
}

fn of_module(
    modules: &Modules,
    module: &Module,
    id: ModuleId,
    options: &Options,
    sources: &Sources,
    diagnostics: &mut Vec<wfc_diag::Diagnostic>,
) -> ModuleDoc {
    let (mut world, pending) = scope::collect(modules, diagnostics);
    check::check(&mut world, &pending, &options.project, sources, diagnostics);
    super::macros::trace(&world.macros, diagnostics);
    let mut items = items(&world, module, id, sources);
    if module.has_export {
        let place = |name: &str| module.exports.iter().position(|each| each.text == name);
        items.retain(|item| place(&item.name).is_some());
        items.sort_by_key(|item| place(&item.name));
    }
    ModuleDoc {
        name: module.name.text.clone(),
        path: sources.file(module.file).name.clone(),
        doc: module.doc.clone(),
        items,
    }
}

fn items(world: &World<'_>, module: &Module, id: ModuleId, sources: &Sources) -> Vec<ItemDoc> {
    let mut items: Vec<ItemDoc> = Vec::new();
    for (at, written) in module.body.iter().enumerate() {
        let expanded = module.expanded.get().and_then(|all| all.get(&at));
        let datum = expanded.unwrap_or(written);
        let place = written.span;
        let name = datum.as_list().and_then(|list| list.get(1)?.as_symbol());
        let Some(name) = name else {
            continue;
        };
        let mut defined = world.definitions(id).filter(|(other, ..)| *other == name);
        // Types and callables have names of their own.
        let own = defined.find(|(_, item, _)| of_kind(datum, *item));
        let Some((_, item, _)) = own else {
            continue;
        };
        items.push(ItemDoc {
            name: name.to_owned(),
            kind: kind(datum, world, item),
            signature: signature(datum),
            effects: effects(world, item),
            doc: datum.doc.clone(),
            file: sources.file(place.file).name.clone(),
            bytes: (place.start, place.end),
            line: line(sources, place),
        });
    }
    items
}

fn line(sources: &Sources, span: Span) -> usize {
    sources
        .file(span.file)
        .line_column(span.start as usize)
        .line
}

/// Does this form make a definition of this kind?
fn of_kind(datum: &Datum, item: Item) -> bool {
    let heads = ["defproc", "defun", "defworkflow", "defprompt"];
    let callable = datum.head().is_some_and(|head| heads.contains(&head));
    match item {
        Item::Callable(_) => callable,
        Item::Macro(_) => datum.head() == Some("defmacro"),
        Item::Schema(_) => datum.head() == Some("defschema"),
        Item::Resource(_) => datum.head() == Some("defresource"),
        Item::Transition(_) => datum.head() == Some("deftransition"),
        _ => !callable && datum.head() != Some("defmacro"),
    }
}

fn kind(datum: &Datum, world: &World<'_>, item: Item) -> &'static str {
    match datum.head() {
        Some("defun") => "function",
        Some("defprompt") => "prompt",
        Some("defenum") => "enum",
        Some("defrecord") => "record",
        Some("defunion") => "union",
        Some("defpath") => "path",
        _ => world.kind_of(item),
    }
}

fn effects(world: &World<'_>, item: Item) -> Vec<String> {
    let Item::Callable(id) = item else {
        return Vec::new();
    };
    let row = world.callables[id].effects.iter();
    row.map(|each| format!("({} {})", each.kind, each.subject))
        .collect()
}

/// A definition without what it does, laid out.
fn signature(datum: &Datum) -> String {
    let members = datum.as_list().unwrap_or_default();
    let kept = match datum.head() {
        Some("defproc" | "defun" | "defworkflow") => {
            let arrow = members.iter().position(|m| m.as_symbol() == Some("->"));
            &members[..arrow.map_or(members.len(), |at| at + 2).min(members.len())]
        }
        // Without its text.
        Some("defprompt") => &members[..members.len().saturating_sub(1)],
        Some("defmacro") => &members[..members.len().min(3)],
        _ => members,
    };
    let mut text = String::new();
    write_list(kept, &mut text);
    let laid = wfc_syntax::lisp::format(FileId(0), &text);
    match laid {
        Format::Done(laid) => laid.trim_end().to_owned(),
        _ => text,
    }
}

fn write_list(members: &[Datum], text: &mut String) {
    text.push('(');
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        match &member.kind {
            DatumKind::List(inner) => write_list(inner, text),
            DatumKind::Symbol(name) => text.push_str(name),
            DatumKind::Keyword(name) => {
                text.push(':');
                text.push_str(name);
            }
            DatumKind::Str(value) => text.push_str(&quoted(value)),
            DatumKind::Int(value) => text.push_str(&value.to_string()),
            DatumKind::Float(value) => text.push_str(&format!("{value:?}")),
            DatumKind::Bool(value) => text.push_str(&value.to_string()),
            DatumKind::Error => text.push('…'),
        }
    }
    text.push(')');
}

fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => text.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
