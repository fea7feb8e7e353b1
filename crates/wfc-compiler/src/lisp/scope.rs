//! What the names at the top level of each module mean.

mod macros;
mod resources;
mod schemas;
mod settings;
mod types;

use std::collections::{HashMap, HashSet};

use wfc_diag::{Diagnostic, Span};
use wfc_ir::Value;

use super::defs::{Callable as CallableDef, Def, FieldDef, Name};
use super::generics::Template;
use super::hir::{Callable, CallableId, Expr, Param, Settings, Var};
use super::macros::{MacroId, Macros};
use super::messages;
use super::modules::{ModuleId, Modules};
use super::outside::Linked;
use super::types::{BUILT_IN, Field, TemplateId, Ty, TypeDef, TypeId, TypeKind, Types, built_in};
pub(super) use resources::{REQUEST, Resource, Transition, WHERE};
use schemas::{Schema, SchemaId};
pub(super) use types::NoType;

/// What a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Type(TypeId),
    /// A type with parameters, or another name for one.
    Template(TemplateId),
    Callable(CallableId),
    Macro(MacroId),
    Schema(SchemaId),
    Resource(usize),
    Transition(usize),
}

/// Types, callables, and resources with their transitions have names of their
/// own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Space {
    Type,
    Callable,
    State,
}

impl Space {
    pub(super) const ALL: [Space; 3] = [Space::Type, Space::Callable, Space::State];
}

/// The tables of the whole program.
pub(super) struct World<'a> {
    pub(super) modules: &'a Modules,
    pub(super) types: Types,
    pub(super) callables: Vec<Callable>,
    pub(super) vars: Vec<Var>,
    pub(super) macros: Macros<'a>,
    schemas: Vec<Schema>,
    pub(super) resources: Vec<Resource>,
    pub(super) transitions: Vec<Transition<'a>>,
    pub(super) templates: Vec<Template<'a>>,
    /// The type parameters in reach, and what they stand for.
    pub(super) type_scope: Vec<(Name, Ty)>,
    /// The generic definitions that are being resolved.
    pub(super) open: Vec<TemplateId>,
    /// Those that never end, which were reported.
    pub(super) endless: Vec<TemplateId>,
    /// Findings about generic definitions, whoever needed them first.
    pub(super) found: Vec<Diagnostic>,
    /// Are the sizes of the types known?
    pub(super) is_collected: bool,
    /// The procedures made from generic ones.
    pub(super) instances: HashMap<(CallableId, Vec<Ty>), CallableId>,
    /// Those whose bodies are to be checked.
    pub(super) waiting: Vec<Instance>,
    /// The programs from elsewhere, and by what names they are called.
    pub(super) linked: Vec<Linked<'a>>,
    pub(super) outside: HashMap<String, CallableId>,
    /// What each module defines.
    own: Vec<HashMap<String, Vec<(Item, Span)>>>,
    /// Names of definitions that were reported: what uses them is not wrong.
    broken: Vec<HashSet<String>>,
    /// What was looked up, and which exports by other modules, for the lints.
    pub(super) touched: HashSet<Item>,
    pub(super) taken: HashSet<(ModuleId, String)>,
    /// Imported names that were looked up, for the lint.
    pub(super) used: Vec<HashSet<String>>,
    /// How many unknown names may still be compared with the known ones.
    suggestions: usize,
}

/// How many unknown names of a program are compared with all known ones, which
/// takes time for each. Whoever has more of them is not helped by more.
const SUGGESTIONS: usize = 200;

/// Why a name has no meaning.
pub(super) enum Missing {
    /// There is no such name; here are those that there are.
    Unknown(Vec<String>),
    /// The module does not let others see it.
    Private { module: String, declared: Span },
    /// An import of the module failed and was reported.
    Reported,
}

/// A procedure made from a generic one, for some type arguments.
pub(super) struct Instance {
    pub(super) id: CallableId,
    pub(super) generic: CallableId,
    pub(super) args: Vec<Ty>,
    /// Where it was needed first.
    pub(super) at: Span,
}

/// A callable's definition beside its place in the table.
pub(super) struct Pending<'a> {
    pub(super) id: CallableId,
    pub(super) def: CallableDef<'a>,
}

/// Collects the definitions of all modules and resolves their types.
pub(super) fn collect<'a>(
    modules: &'a Modules,
    diagnostics: &mut Vec<Diagnostic>,
) -> (World<'a>, Vec<Pending<'a>>) {
    let mut world = World {
        modules,
        types: Types::default(),
        callables: Vec::new(),
        vars: Vec::new(),
        macros: Macros::default(),
        schemas: Vec::new(),
        resources: Vec::new(),
        transitions: Vec::new(),
        templates: Vec::new(),
        type_scope: Vec::new(),
        open: Vec::new(),
        endless: Vec::new(),
        found: Vec::new(),
        is_collected: false,
        instances: HashMap::new(),
        waiting: Vec::new(),
        linked: Vec::new(),
        outside: HashMap::new(),
        own: vec![HashMap::new(); modules.all.len()],
        broken: vec![HashSet::new(); modules.all.len()],
        touched: HashSet::new(),
        taken: HashSet::new(),
        used: vec![HashSet::new(); modules.all.len()],
        suggestions: SUGGESTIONS,
    };
    let mut shapes: Vec<(TypeId, Def<'a>)> = Vec::new();
    let mut schemas: Vec<Vec<FieldDef>> = Vec::new();
    let mut pending: Vec<Pending<'a>> = Vec::new();
    world.declare_macros(diagnostics);
    world.expand_definitions(diagnostics);
    for (module, each) in modules.all.iter().enumerate() {
        for (at, written) in each.body.iter().enumerate() {
            if written.head() == Some("defmacro") {
                continue;
            }
            let expanded = each.expanded.get().and_then(|all| all.get(&at));
            let datum = expanded.unwrap_or(written);
            let Some(def) = super::defs::read(datum, diagnostics) else {
                continue;
            };
            match def {
                Def::Callable(def) => {
                    let id = world.callables.len();
                    let same_kind = |world: &World<'_>, other: Item| match other {
                        Item::Callable(other) => {
                            world.callables[other].is_workflow == def.is_workflow
                        }
                        _ => false,
                    };
                    let item = Item::Callable(id);
                    world.declare(module, &def.name, item, same_kind, diagnostics);
                    world.callables.push(Callable {
                        name: def.name.clone(),
                        module,
                        is_workflow: def.is_workflow,
                        linked: None,
                        type_params: Vec::new(),
                        params: Vec::new(),
                        ret: Ty::Error,
                        ret_span: def.name.span,
                        prompt_ret: None,
                        body: Expr::error(def.name.span),
                        works: false,
                        effects: Default::default(),
                        settings: Settings::default(),
                        calls: Vec::new(),
                    });
                    pending.push(Pending { id, def });
                }
                Def::Resource(def) => world.declare_resource(module, def, diagnostics),
                Def::Transition(def) => world.declare_transition(module, def, diagnostics),
                Def::Schema(fields) => schemas.push(fields),
                Def::Broken(name) => {
                    world.broken[module].insert(name.text);
                }
                Def::Alias(ref name, _) => {
                    let name = name.clone();
                    world.declare_template(module, name, Vec::new(), def, diagnostics);
                }
                Def::Generic(params, def) => {
                    let name = match &*def {
                        Def::Record(name, _) | Def::Union(name, _) | Def::Alias(name, _) => {
                            name.clone()
                        }
                        _ => continue,
                    };
                    world.declare_template(module, name, params, *def, diagnostics);
                }
                def => {
                    let (name, kind) = match &def {
                        Def::Enum(name, words) => (name, TypeKind::Enum(words.clone())),
                        Def::Path {
                            name,
                            under,
                            must_exist,
                        } => (
                            name,
                            TypeKind::Path {
                                under: under.clone(),
                                must_exist: *must_exist,
                            },
                        ),
                        Def::Record(name, _) => (name, TypeKind::Record(Vec::new())),
                        Def::Union(name, _) => (name, TypeKind::Union(Vec::new())),
                        _ => continue,
                    };
                    let id = world.types.defs.len();
                    let same_kind = |world: &World<'_>, other: Item| match other {
                        Item::Type(other) => {
                            std::mem::discriminant(&world.types.defs[other].kind)
                                == std::mem::discriminant(&kind)
                        }
                        _ => false,
                    };
                    world.declare(module, name, Item::Type(id), same_kind, diagnostics);
                    world.types.defs.push(TypeDef {
                        name: name.clone(),
                        kind,
                        is_param: false,
                        is_shape: false,
                        instance: None,
                    });
                    shapes.push((id, def));
                }
            }
        }
    }
    for id in 0..world.templates.len() {
        world.as_written(id);
    }
    for (id, def) in shapes {
        if let Some(kind) = world.shape(&def, diagnostics) {
            world.types.defs[id].kind = kind;
        }
    }
    for fields in schemas {
        // Only for what is wrong in those that nothing includes.
        world.fields(&fields, diagnostics);
    }
    for each in &pending {
        world.signature(each, diagnostics);
    }
    world.resolve_resources(diagnostics);
    world.declare_outside();
    diagnostics.append(&mut world.found);
    world.types.check_sizes(0, diagnostics);
    world.is_collected = true;
    world.check_names(diagnostics);
    (world, pending)
}

impl<'a> World<'a> {
    /// Gives the name of a generic definition or an alias its meaning.
    fn declare_template(
        &mut self,
        module: ModuleId,
        name: Name,
        params: Vec<Name>,
        def: Def<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let item = Item::Template(self.templates.len());
        self.declare(module, &name, item, |_, _| false, diagnostics);
        self.add_template(name, params, def);
    }

    /// Gives a name its meaning. What uses a name of two kinds may mean
    /// either, so nothing is said about it.
    fn declare(
        &mut self,
        module: ModuleId,
        name: &Name,
        item: Item,
        same_kind: impl Fn(&Self, Item) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if matches!(item, Item::Type(_) | Item::Template(_))
            && (built_in(&name.text).is_some() || BUILT_IN.contains(&name.text.as_str()))
        {
            diagnostics.push(messages::built_in_type(name));
        }
        let all = self.own[module].entry(name.text.clone()).or_default();
        let same = all.iter().find(|(other, _)| space(*other) == space(item));
        let Some((other, first)) = same.copied() else {
            all.push((item, name.span));
            return;
        };
        let found = messages::duplicate("definition", &name.text, name.span, first);
        diagnostics.push(found);
        if !same_kind(self, other) {
            self.broken[module].insert(name.text.clone());
        }
    }

    pub(super) fn fields(
        &mut self,
        defs: &[FieldDef],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Field> {
        defs.iter()
            .map(|def| {
                let ty = self.resolve(&def.ty, diagnostics);
                if !ty.is_data() {
                    let span = def.ty.as_ref().map_or(def.name.span, |ty| ty.span);
                    diagnostics.push(messages::not_data(span, &self.types.show(&ty)));
                }
                Field {
                    ty,
                    name: def.name.clone(),
                    words: def.words.clone(),
                }
            })
            .collect()
    }

    fn signature(&mut self, pending: &Pending<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let def = &pending.def;
        let type_params = self.open_params(def, diagnostics);
        let module = self.callables[pending.id].module;
        let language = self.modules.all[module].language.as_deref();
        let knows_contexts = language == Some("0.1");
        let mut params = Vec::new();
        for param in &def.params {
            let ty = self.resolve(&param.ty, diagnostics);
            let var = self.vars.len();
            self.var(param.name.clone(), ty.clone());
            let default = param.default.map(|datum| {
                let found = super::check::constant(self, datum, &ty);
                match found {
                    Ok(value) => value,
                    Err(diagnostic) => {
                        diagnostics.extend(diagnostic.map(|d| *d));
                        // As if it were there, so that no call is blamed.
                        Value::Null
                    }
                }
            });
            let default = default.or_else(|| {
                let name = &param.name.text;
                let is_known = knows_contexts && def.is_workflow;
                is_known.then(|| super::contexts::default(&self.types, &ty, name, def.body))?
            });
            params.push(Param {
                name: param.name.clone(),
                var,
                ty,
                default,
                description: param.description.clone(),
            });
        }
        let ret = self.resolve(&def.ret, diagnostics);
        if !ret.is_data() {
            let span = def.ret.as_ref().map_or(def.name.span, |ty| ty.span);
            diagnostics.push(messages::not_data(span, &self.types.show(&ret)));
        }
        self.type_scope.clear();
        for (param, name) in type_params.iter().zip(&def.forall) {
            let formals = params.iter().map(|each: &Param| &each.ty);
            let formals: Vec<&Ty> = formals.chain([&ret]).collect();
            if !self.can_be_bound(param.id, &formals, &type_params) {
                diagnostics.push(messages::unbindable_param(name));
            }
        }
        let settings = self.settings(&def.settings, diagnostics);
        let callable = &mut self.callables[pending.id];
        callable.settings = settings;
        callable.type_params = type_params;
        callable.params = params;
        callable.ret = ret;
        if def.is_prompt {
            let made = std::mem::replace(&mut callable.ret, Ty::String);
            callable.prompt_ret = Some(made);
        }
        if let Some(ty) = &def.ret {
            callable.ret_span = ty.span;
        }
    }

    /// What a name means that is written at `at`, a place in its module. What
    /// stands in the template of a macro means what it means there, wherever
    /// the macro is used.
    pub(super) fn find(&mut self, at: Span, name: &str, wanted: Space) -> Result<Item, Missing> {
        let module = self.modules.of(at.file);
        // A module may write its own name in front of what it defines.
        let own = name.strip_prefix(self.modules.all[module].name.text.as_str());
        let own = own.and_then(|rest| rest.strip_prefix('/'));
        let own = own.filter(|rest| self.defined(module, rest, wanted).is_some());
        let name = own.unwrap_or(name);
        if let Some((item, _)) = self.defined(module, name, wanted) {
            self.touched.insert(item);
            return Ok(item);
        }
        if self.broken[module].contains(name) {
            return Err(Missing::Reported);
        }
        let modules = self.modules;
        for import in &modules.all[module].imports {
            if import.only.iter().any(|only| only.text == name) {
                self.used[module].insert(name.to_owned());
                return match import.target {
                    None => Err(Missing::Reported),
                    Some(target) => match self.defined(target, name, wanted) {
                        Some((item, _)) => {
                            self.touched.insert(item);
                            self.taken.insert((target, name.to_owned()));
                            Ok(item)
                        }
                        // A name of the other kind, or reported at `:only`.
                        None if self.is_of_other_space(target, name, wanted) => continue,
                        None => Err(Missing::Reported),
                    },
                };
            }
        }
        // The longest prefix first: `full/module/Name` before `alias/Name`.
        for import in &modules.all[module].imports {
            let rest = [&import.module.text, &import.alias.text]
                .into_iter()
                .find_map(|prefix| name.strip_prefix(prefix.as_str())?.strip_prefix(['/', '.']));
            let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
                continue;
            };
            self.used[module].insert(import.module.text.clone());
            let Some(target) = import.target else {
                return Err(Missing::Reported);
            };
            let exports = &modules.all[target].exports;
            return match self.defined(target, rest, wanted) {
                Some((item, declared)) => {
                    self.touched.insert(item);
                    if exports.iter().any(|export| export.text == rest) {
                        self.taken.insert((target, rest.to_owned()));
                        Ok(item)
                    } else {
                        Err(Missing::Private {
                            module: modules.all[target].name.text.clone(),
                            declared,
                        })
                    }
                }
                None if self.broken[target].contains(rest) => Err(Missing::Reported),
                None => {
                    let prefix = &name[..name.len() - rest.len()];
                    let near = exports.iter().map(|e| format!("{prefix}{}", e.text));
                    Err(Missing::Unknown(near.collect()))
                }
            };
        }
        if wanted == Space::Callable {
            if let Some(id) = self.outside.get(name) {
                return Ok(Item::Callable(*id));
            }
            if modules.programs.broken.contains(name) {
                return Err(Missing::Reported);
            }
        }
        if self.is_meant_by_import(module, name) {
            return Err(Missing::Reported);
        }
        let Some(left) = self.suggestions.checked_sub(1) else {
            return Err(Missing::Unknown(Vec::new()));
        };
        self.suggestions = left;
        Err(Missing::Unknown(self.names(module, wanted)))
    }

    fn is_of_other_space(&self, module: ModuleId, name: &str, wanted: Space) -> bool {
        let mut others = Space::ALL.into_iter().filter(|space| *space != wanted);
        others.any(|space| self.defined(module, name, space).is_some())
    }

    fn defined(&self, module: ModuleId, name: &str, wanted: Space) -> Option<(Item, Span)> {
        if self.broken[module].contains(name) {
            return None;
        }
        self.own[module]
            .get(name)?
            .iter()
            .find(|(item, _)| space(*item) == wanted)
            .copied()
    }

    /// Does a misspelt name of an `:only` look like this one? That is reported
    /// at the import.
    fn is_meant_by_import(&self, module: ModuleId, name: &str) -> bool {
        self.modules.all[module].imports.iter().any(|import| {
            let Some(target) = import.target else {
                return false;
            };
            let exports = || self.modules.all[target].exports.iter().map(|e| &*e.text);
            let mut only = import.only.iter().map(|only| &*only.text);
            only.any(|only| {
                !exports().any(|known| known == only)
                    && wfc_diag::nearest(only, exports()) == Some(name)
            })
        })
    }

    /// Every name of a kind that a module can write without a prefix.
    pub(super) fn names(&self, module: ModuleId, wanted: Space) -> Vec<String> {
        let mut names: Vec<String> = self.own[module]
            .iter()
            .filter(|(_, items)| items.iter().any(|(item, _)| space(*item) == wanted))
            .map(|(name, _)| name.clone())
            .collect();
        for import in &self.modules.all[module].imports {
            let Some(target) = import.target else {
                continue;
            };
            let visible = import
                .only
                .iter()
                .filter(|only| self.defined(target, &only.text, wanted).is_some());
            names.extend(visible.map(|only| only.text.clone()));
        }
        if wanted == Space::Callable {
            names.extend(self.outside.keys().cloned());
        }
        names.sort();
        names.dedup();
        names
    }

    /// Reports exports of nothing and imports of what is not exported.
    fn check_names(&self, diagnostics: &mut Vec<Diagnostic>) {
        let exists = |module: ModuleId, name: &str| {
            self.own[module].contains_key(name)
                || self.broken[module].contains(name)
                // The library shows forms of the language as its own.
                || (self.modules.all[module].is_library && super::check::FORMS.contains(&name))
        };
        for (id, module) in self.modules.all.iter().enumerate() {
            for export in &module.exports {
                if !exists(id, &export.text) {
                    let mut names: Vec<&str> = self.own[id].keys().map(String::as_str).collect();
                    names.sort_unstable();
                    diagnostics.push(messages::export_of_nothing(export, &names));
                }
            }
            let mut seen: HashMap<(&str, Space), (&Name, ModuleId)> = HashMap::new();
            for import in &module.imports {
                let Some(target) = import.target else {
                    continue;
                };
                let other = &self.modules.all[target];
                for only in &import.only {
                    for kind in Space::ALL {
                        if self.defined(target, &only.text, kind).is_none() {
                            continue;
                        }
                        let key = (only.text.as_str(), kind);
                        let (first, from) = *seen.entry(key).or_insert((only, target));
                        if from != target {
                            let from = &self.modules.all[from].name.text;
                            let to = &other.name.text;
                            diagnostics.push(messages::imported_twice(only, first, from, to));
                        }
                    }
                    if other.exports.iter().any(|e| e.text == only.text) {
                        continue;
                    }
                    let declared = self.own[target]
                        .get(&only.text)
                        .and_then(|all| all.first())
                        .map(|(_, span)| *span);
                    let exports: Vec<&str> =
                        other.exports.iter().map(|e| e.text.as_str()).collect();
                    diagnostics.push(messages::not_exported(
                        only,
                        &other.name.text,
                        declared,
                        &exports,
                    ));
                }
            }
        }
    }

    /// What a module defines, by name.
    pub(super) fn definitions(&self, module: ModuleId) -> impl Iterator<Item = (&str, Item, Span)> {
        let all = self.own[module].iter();
        all.flat_map(|(name, items)| items.iter().map(move |(item, at)| (&**name, *item, *at)))
    }

    /// What a definition is called.
    pub(super) fn kind_of(&self, item: Item) -> &'static str {
        match item {
            Item::Type(_) | Item::Template(_) => "type",
            Item::Callable(id) if self.callables[id].is_workflow => "workflow",
            Item::Callable(_) => "procedure",
            Item::Macro(_) => "macro",
            Item::Schema(_) => "schema",
            Item::Resource(_) => "resource",
            Item::Transition(_) => "transition",
        }
    }

    /// A new variable.
    pub(super) fn var(&mut self, name: Name, ty: Ty) -> usize {
        self.vars.push(Var {
            name,
            ty,
            uses: 0,
            is_answer: false,
            is_local_proc: false,
            bundle: None,
        });
        self.vars.len() - 1
    }
}

fn space(item: Item) -> Space {
    match item {
        Item::Type(_) | Item::Schema(_) | Item::Template(_) => Space::Type,
        Item::Callable(_) | Item::Macro(_) => Space::Callable,
        Item::Resource(_) | Item::Transition(_) => Space::State,
    }
}
