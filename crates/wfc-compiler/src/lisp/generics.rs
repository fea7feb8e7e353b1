//! Generic definitions: their instances, what is asked of type parameters, and
//! which arguments are meant.
//!
//! A type parameter is a definition of its own, whose fields and variants are
//! those that `:where` asks for. So the body of a generic procedure is checked
//! once as it stands, and again for each tuple of arguments.

use std::collections::HashMap;
use std::rc::Rc;

use wfc_diag::{Diagnostic, Span};

use super::defs::{BoundKind, Callable as CallableDef, Def, FieldDef, Name};
use super::hir::{Callable, CallableId, Expr, Param};
use super::messages;
use super::scope::{Instance, World};
use super::types::{
    Field, RefParam, RefTy, TemplateId, Ty, TypeDef, TypeId, TypeKind, Types, Variant,
};

/// How many generic definitions may be on the way into one another.
const MAX_OPEN: usize = 32;

/// How many instances of procedures a program may have.
const MAX_INSTANCES: usize = 2_000;

/// How long the name of an instance may be.
const MAX_NAME: usize = 120;

/// A definition with type parameters, or another name for a type.
pub(super) struct Template<'a> {
    pub(super) name: Name,
    params: Vec<Name>,
    /// The definitions of the parameters.
    own: Vec<TypeId>,
    def: Rc<Def<'a>>,
    instances: HashMap<Vec<Ty>, Ty>,
}

/// A type parameter of a procedure.
#[derive(Clone, Debug)]
pub(super) struct TypeParam {
    pub(super) id: TypeId,
    /// The fields that every variant must have.
    pub(super) shared: Vec<Field>,
}

/// What is known of the arguments for type parameters.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    params: Vec<TypeId>,
    bound: HashMap<TypeId, Ty>,
}

impl Bindings {
    /// Nothing is known.
    pub(super) fn of(params: impl IntoIterator<Item = TypeId>) -> Self {
        Bindings {
            params: params.into_iter().collect(),
            bound: HashMap::new(),
        }
    }

    /// Are there no parameters?
    pub(super) fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// The arguments, with what is not known left open.
    fn known(&self) -> HashMap<TypeId, Ty> {
        self.params
            .iter()
            .map(|id| (*id, self.bound.get(id).cloned().unwrap_or(Ty::Unknown)))
            .collect()
    }

    /// The parameters whose arguments are not known.
    pub(super) fn open(&self, types: &Types) -> Vec<TypeId> {
        let open = self
            .params
            .iter()
            .filter(|id| self.get(types, **id).is_none());
        open.copied().collect()
    }

    /// The argument for a parameter, if it is known.
    pub(super) fn get(&self, types: &Types, id: TypeId) -> Option<&Ty> {
        self.bound.get(&id).filter(|ty| !types.is_vague(ty))
    }

    /// Learns from a value of type `have` where `pattern` is asked for.
    pub(super) fn learn(&mut self, types: &Types, pattern: &Ty, have: &Ty) {
        match (pattern, have) {
            (Ty::Named(id), _) if self.params.contains(id) => {
                // That a value is of one variant is not part of its type.
                let have = match have {
                    Ty::Case(id, _) => &Ty::Named(*id),
                    have => have,
                };
                let joined = match self.bound.get(id) {
                    None => Some(have.clone()),
                    Some(known) => types.join(known, have),
                };
                self.bound.extend(joined.map(|ty| (*id, ty)));
            }
            (Ty::Named(wanted), Ty::Named(found) | Ty::Case(found, _)) => {
                let of = |id: &TypeId| types.def(*id).instance.clone();
                if let (Some((wanted, ours)), Some((found, theirs))) = (of(wanted), of(found))
                    && wanted == found
                {
                    for (ours, theirs) in ours.iter().zip(&theirs) {
                        self.learn(types, ours, theirs);
                    }
                }
            }
            (Ty::List(ours), Ty::List(theirs))
            | (Ty::Map(ours), Ty::Map(theirs))
            | (Ty::Optional(ours), Ty::Optional(theirs)) => self.learn(types, ours, theirs),
            (Ty::Ref(ours), Ty::Ref(theirs)) => {
                for (ours, theirs) in ours.params.iter().zip(&theirs.params) {
                    self.learn(types, &ours.ty, &theirs.ty);
                }
                self.learn(types, &ours.ret, &theirs.ret);
            }
            _ => {}
        }
    }
}

impl<'a> World<'a> {
    /// Adds a generic definition or an alias; its types are resolved later.
    pub(super) fn add_template(
        &mut self,
        name: Name,
        params: Vec<Name>,
        def: Def<'a>,
    ) -> TemplateId {
        let own = params.iter().map(|name| self.type_param(name)).collect();
        self.templates.push(Template {
            name,
            params,
            own,
            def: Rc::new(def),
            instances: HashMap::new(),
        });
        self.templates.len() - 1
    }

    /// A definition for a type parameter of which nothing is asked yet.
    fn type_param(&mut self, name: &Name) -> TypeId {
        self.types.defs.push(TypeDef {
            name: name.clone(),
            kind: TypeKind::Any,
            is_param: true,
            is_shape: false,
            instance: None,
        });
        self.types.defs.len() - 1
    }

    /// How many arguments a generic definition takes.
    pub(super) fn arity(&self, id: TemplateId) -> usize {
        self.templates[id].params.len()
    }

    /// A generic definition as it is written: of its own parameters.
    pub(super) fn as_written(&mut self, id: TemplateId) -> Ty {
        let own = self.templates[id].own.iter().map(|id| Ty::Named(*id));
        let own = own.collect();
        self.instantiate(id, own)
    }

    /// The parameters of a generic definition.
    pub(super) fn params_of(&self, id: TemplateId) -> Vec<TypeId> {
        self.templates[id].own.clone()
    }

    /// A generic definition with arguments. Mistakes in the definition are
    /// found when it is resolved as it is written.
    pub(super) fn instantiate(&mut self, id: TemplateId, args: Vec<Ty>) -> Ty {
        let template = &self.templates[id];
        if let Some(found) = template.instances.get(&args) {
            return found.clone();
        }
        let def = Rc::clone(&template.def);
        let name = template.name.clone();
        let is_alias = matches!(*def, Def::Alias(..));
        if (is_alias && self.open.contains(&id)) || self.open.len() >= MAX_OPEN {
            // Of those that are on the way, the first began it.
            let first = if is_alias {
                id
            } else {
                *self.open.first().unwrap_or(&id)
            };
            if !self.endless.contains(&first) {
                self.endless.push(first);
                let name = &self.templates[first].name;
                self.found.push(messages::endless_type(name, is_alias));
            }
            return Ty::Error;
        }
        let as_written = args
            .iter()
            .zip(&template.own)
            .all(|(a, b)| *a == Ty::Named(*b));
        let scope = template.params.iter().cloned().zip(args.clone()).collect();
        let first = self.types.defs.len();
        let outer = std::mem::replace(&mut self.type_scope, scope);
        self.open.push(id);
        let mut found = Vec::new();
        let ty = match &*def {
            Def::Alias(_, ty) => self.resolve(ty, &mut found),
            shape => self.instance_of(id, &name, args.clone(), shape, &mut found),
        };
        self.open.pop();
        self.type_scope = outer;
        if as_written {
            self.found.append(&mut found);
        }
        self.templates[id].instances.insert(args, ty.clone());
        if self.open.is_empty() && self.is_collected {
            let mut found = std::mem::take(&mut self.found);
            self.types.check_sizes(first, &mut found);
            self.found = found;
        }
        ty
    }

    /// An instance of a generic record or union. It is known before its fields
    /// are: they may name it.
    fn instance_of(
        &mut self,
        template: TemplateId,
        name: &Name,
        args: Vec<Ty>,
        def: &Def<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Ty {
        let shown: Vec<String> = args.iter().map(|ty| self.types.show(ty)).collect();
        let mut text = format!("{}[{}]", name.text, shown.join(", "));
        if text.len() > MAX_NAME {
            text = format!("{}[…]", name.text);
        }
        let id = self.types.defs.len();
        let empty = match def {
            Def::Union(..) => TypeKind::Union(Vec::new()),
            _ => TypeKind::Record(Vec::new()),
        };
        self.types.defs.push(TypeDef {
            name: Name {
                text,
                span: name.span,
            },
            kind: empty,
            is_param: false,
            is_shape: false,
            instance: Some((template, args.clone())),
        });
        let ty = Ty::Named(id);
        self.templates[template].instances.insert(args, ty.clone());
        if let Some(kind) = self.shape(def, diagnostics) {
            self.types.defs[id].kind = kind;
        }
        ty
    }

    /// The fields and variants of a definition.
    pub(super) fn shape(
        &mut self,
        def: &Def<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TypeKind> {
        Some(match def {
            Def::Record(_, fields) => TypeKind::Record(self.fields(fields, diagnostics)),
            Def::Union(_, variants) => TypeKind::Union(
                variants
                    .iter()
                    .map(|(name, fields)| Variant {
                        name: name.clone(),
                        fields: self.fields(fields, diagnostics),
                    })
                    .collect(),
            ),
            _ => return None,
        })
    }

    /// Makes the type parameters of a procedure, brings them into scope, and
    /// says what is asked of them.
    pub(super) fn open_params(
        &mut self,
        def: &CallableDef<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<TypeParam> {
        let ids: Vec<TypeId> = def
            .forall
            .iter()
            .map(|name| self.type_param(name))
            .collect();
        let args = ids.iter().map(|id| Ty::Named(*id));
        self.type_scope = def.forall.iter().cloned().zip(args).collect();
        for name in &def.forall {
            if super::types::BUILT_IN.contains(&name.text.as_str()) {
                diagnostics.push(messages::built_in_type(name));
            }
        }
        let mut params: Vec<TypeParam> = Vec::new();
        for (name, id) in def.forall.iter().zip(ids) {
            let asked = self.asked(def, name, diagnostics);
            self.types.defs[id].kind = asked.0;
            params.push(TypeParam {
                id,
                shared: asked.1,
            });
        }
        for bound in &def.bounds {
            if !def.forall.iter().any(|name| name.same(&bound.param)) {
                let names = def.forall.iter().map(|name| name.text.as_str());
                diagnostics.push(messages::not_a_type_param(&bound.param, names));
            }
        }
        params
    }

    /// What is asked of one type parameter, and which fields all its variants
    /// have.
    fn asked(
        &mut self,
        def: &CallableDef<'a>,
        param: &Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (TypeKind, Vec<Field>) {
        let mut record: Option<(Vec<Field>, Span)> = None;
        let mut union: Option<(Vec<Variant>, Span)> = None;
        let mut shared: Vec<Field> = Vec::new();
        let one = |this: &mut Self, field: &FieldDef, out: &mut Vec<Diagnostic>| {
            this.fields(std::slice::from_ref(field), out)
        };
        for bound in def.bounds.iter().filter(|bound| bound.param.same(param)) {
            match &bound.kind {
                BoundKind::IsRecord | BoundKind::HasField(_) => {
                    let (fields, _) = record.get_or_insert((Vec::new(), bound.span));
                    if let BoundKind::HasField(field) = &bound.kind {
                        fields.extend(one(self, field, diagnostics));
                    }
                }
                BoundKind::IsUnion => {
                    union.get_or_insert((Vec::new(), bound.span));
                }
                BoundKind::HasVariant(tag, fields) => {
                    let fields = self.fields(fields, diagnostics);
                    let (variants, _) = union.get_or_insert((Vec::new(), bound.span));
                    variants.push(Variant {
                        name: tag.clone(),
                        fields,
                    });
                }
                BoundKind::HasSharedField(field) => {
                    union.get_or_insert((Vec::new(), bound.span));
                    shared.extend(one(self, field, diagnostics));
                }
            }
        }
        match (record, union) {
            (Some((_, first)), Some((_, second))) => {
                diagnostics.push(messages::record_and_union(param, first, second));
                (TypeKind::Any, Vec::new())
            }
            (Some((fields, _)), None) => (TypeKind::Record(fields), Vec::new()),
            (None, Some((mut variants, _))) => {
                for variant in &mut variants {
                    let has = |field: &Field| {
                        variant
                            .fields
                            .iter()
                            .any(|own| own.name.text == field.name.text)
                    };
                    let more: Vec<Field> = shared.iter().filter(|f| !has(f)).cloned().collect();
                    variant.fields.extend(more);
                }
                (TypeKind::Union(variants), shared)
            }
            (None, None) => (TypeKind::Any, Vec::new()),
        }
    }

    /// Learns from what is asked of type parameters what others are: the type
    /// of a field of one may be another.
    pub(super) fn learn_from_bounds(&self, params: &[TypeParam], bindings: &mut Bindings) {
        for param in params {
            let Some(Ty::Named(id)) = bindings.get(&self.types, param.id).cloned() else {
                continue;
            };
            let fields = |variant: Option<usize>, asked: &[Field], bindings: &mut Bindings| {
                let own = self.types.fields_of(id, variant);
                for field in asked {
                    if let Some(own) = own.iter().find(|f| f.name.text == field.name.text) {
                        bindings.learn(&self.types, &field.ty, &own.ty);
                    }
                }
            };
            match &self.types.def(param.id).kind {
                TypeKind::Record(asked) => fields(None, asked, bindings),
                TypeKind::Union(asked) => {
                    for variant in asked {
                        if let Some(index) = self.types.tag(id, &variant.name.text) {
                            fields(Some(index), &variant.fields, bindings);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Can a call say what a type parameter is: by the type of a parameter or
    /// the result, or by what is asked of another?
    pub(super) fn can_be_bound(&self, id: TypeId, formals: &[&Ty], params: &[TypeParam]) -> bool {
        let asked = |param: &TypeParam| match &self.types.def(param.id).kind {
            TypeKind::Record(fields) => fields.clone(),
            TypeKind::Union(all) => all.iter().flat_map(|v| v.fields.clone()).collect(),
            _ => Vec::new(),
        };
        let fields = params.iter().flat_map(asked);
        formals.iter().any(|ty| self.types.mentions(ty, id))
            || fields
                .into_iter()
                .any(|field| self.types.mentions(&field.ty, id))
    }

    /// A type with what is known put in the place of parameters; what is not
    /// known is left open.
    pub(super) fn partial(&mut self, ty: &Ty, bindings: &Bindings) -> Ty {
        if bindings.is_empty() {
            return ty.clone();
        }
        let known = bindings.known();
        self.replace(ty, &known)
    }

    /// A type with others in the place of parameters.
    pub(super) fn replace(&mut self, ty: &Ty, by: &HashMap<TypeId, Ty>) -> Ty {
        match ty {
            Ty::Named(id) => match (by.get(id), self.types.def(*id).instance.clone()) {
                (Some(found), _) => found.clone(),
                (None, Some((template, args))) => {
                    let new: Vec<Ty> = args.iter().map(|arg| self.replace(arg, by)).collect();
                    match new == args {
                        true => ty.clone(),
                        false => self.instantiate(template, new),
                    }
                }
                (None, None) => ty.clone(),
            },
            Ty::Case(id, index) => match self.replace(&Ty::Named(*id), by) {
                Ty::Named(id) => Ty::Case(id, *index),
                other => other,
            },
            Ty::List(item) => Ty::List(self.replace(item, by).into()),
            Ty::Map(value) => Ty::Map(self.replace(value, by).into()),
            Ty::Optional(item) => match self.replace(item, by) {
                // There is no telling an absent value from one that is none.
                inner @ Ty::Optional(_) => inner,
                inner => Ty::Optional(inner.into()),
            },
            Ty::Ref(found) => Ty::Ref(Rc::new(RefTy {
                is_workflow: found.is_workflow,
                params: found
                    .params
                    .iter()
                    .map(|param| RefParam {
                        ty: self.replace(&param.ty, by),
                        ..param.clone()
                    })
                    .collect(),
                ret: self.replace(&found.ret, by),
            })),
            ty => ty.clone(),
        }
    }

    /// What is asked of the type parameters of a procedure and not given by
    /// the arguments, in words.
    pub(super) fn unmet(
        &mut self,
        params: &[TypeParam],
        bindings: &Bindings,
    ) -> Vec<(TypeId, Ty, String)> {
        let mut unmet = Vec::new();
        for param in params {
            let Some(ty) = bindings.get(&self.types, param.id).cloned() else {
                continue;
            };
            for why in self.unmet_by(param, &ty, bindings) {
                unmet.push((param.id, ty.clone(), why));
            }
        }
        unmet
    }

    fn unmet_by(&mut self, param: &TypeParam, ty: &Ty, bindings: &Bindings) -> Vec<String> {
        if *ty == Ty::Error {
            return Vec::new();
        }
        if !ty.is_data() {
            return vec!["it is not data".to_owned()];
        }
        let id = match ty {
            Ty::Named(id) => Some(*id),
            _ => None,
        };
        let asked = match &self.types.def(param.id).kind {
            TypeKind::Record(fields) => vec![(None, fields.clone())],
            TypeKind::Union(variants) => variants
                .iter()
                .map(|variant| (Some(variant.name.text.clone()), variant.fields.clone()))
                .collect(),
            _ => return Vec::new(),
        };
        let wants_union = matches!(self.types.def(param.id).kind, TypeKind::Union(_));
        let id = match id {
            Some(id) if wants_union && self.types.variants(id).is_some() => id,
            Some(id) if !wants_union && self.types.fields(id).is_some() => id,
            _ if wants_union => return vec!["it is no union".to_owned()],
            _ => return vec!["it is no record".to_owned()],
        };
        let mut unmet = Vec::new();
        for (tag, fields) in asked {
            let variant = match &tag {
                None => None,
                Some(tag) => match self.types.tag(id, tag) {
                    Some(index) => Some(index),
                    None => {
                        unmet.push(format!("it has no variant `{tag}`"));
                        continue;
                    }
                },
            };
            unmet.extend(self.lacking(id, variant, &fields, bindings));
        }
        let count = self.types.variants(id).map_or(0, <[_]>::len);
        for index in 0..count {
            for why in self.lacking(id, Some(index), &param.shared, bindings) {
                if !unmet.contains(&why) {
                    unmet.push(why);
                }
            }
        }
        unmet
    }

    /// The fields that a record or variant does not have.
    fn lacking(
        &mut self,
        id: TypeId,
        variant: Option<usize>,
        fields: &[Field],
        bindings: &Bindings,
    ) -> Vec<String> {
        let of = match variant.and_then(|index| self.types.tags(id).nth(index)) {
            Some(tag) => format!(" in `{tag}`"),
            None => String::new(),
        };
        let mut unmet = Vec::new();
        for field in fields {
            let name = &field.name.text;
            let wanted = self.partial(&field.ty, bindings);
            let mut own = self.types.fields_of(id, variant).iter();
            match own.find(|own| own.name.text == *name) {
                None => unmet.push(format!("it has no field `{name}`{of}")),
                Some(own) if self.types.fits(&own.ty, &wanted) => {}
                Some(own) => unmet.push(format!(
                    "its field `{name}`{of} is of type {}, not {}",
                    self.types.show(&own.ty),
                    self.types.show(&wanted)
                )),
            }
        }
        unmet
    }

    /// Does a type mention a type parameter?
    fn is_generic(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Named(id) | Ty::Case(id, _) => {
                let def = self.types.def(*id);
                def.is_param
                    || def
                        .instance
                        .as_ref()
                        .is_some_and(|(_, args)| args.iter().any(|arg| self.is_generic(arg)))
            }
            Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => self.is_generic(item),
            _ => false,
        }
    }

    /// The procedure for these type arguments. Inside of another generic
    /// procedure that is the generic one itself: what is checked there is how
    /// it is called.
    pub(super) fn instance(&mut self, generic: CallableId, args: Vec<Ty>, at: Span) -> CallableId {
        if args.iter().any(|arg| self.is_generic(arg)) {
            return generic;
        }
        let key = (generic, args);
        if let Some(known) = self.instances.get(&key) {
            return *known;
        }
        if self.instances.len() >= MAX_INSTANCES {
            if self.instances.len() == MAX_INSTANCES {
                self.found
                    .push(messages::too_many_instances(at, MAX_INSTANCES));
                self.instances.insert(key, generic);
            }
            return generic;
        }
        let callable = &self.callables[generic];
        let params = callable.type_params.iter().map(|param| param.id);
        let by: HashMap<TypeId, Ty> = params.zip(key.1.iter().cloned()).collect();
        let (ret, formals) = (callable.ret.clone(), callable.params.len());
        let ret = self.replace(&ret, &by);
        let mut params = Vec::new();
        for index in 0..formals {
            let param = &self.callables[generic].params[index];
            let (name, ty) = (param.name.clone(), param.ty.clone());
            let description = param.description.clone();
            let ty = self.replace(&ty, &by);
            params.push(Param {
                var: self.var(name.clone(), ty.clone()),
                name,
                ty,
                default: None,
                description,
            });
        }
        let callable = &self.callables[generic];
        let id = self.callables.len();
        let instance = Callable {
            name: callable.name.clone(),
            module: callable.module,
            is_workflow: false,
            linked: None,
            type_params: Vec::new(),
            params,
            ret,
            ret_span: callable.ret_span,
            prompt_ret: None,
            body: Expr::error(callable.name.span),
            works: false,
            effects: Default::default(),
            settings: Default::default(),
            calls: Vec::new(),
        };
        self.callables.push(instance);
        self.waiting.push(Instance {
            id,
            generic,
            args: key.1.clone(),
            at,
        });
        self.instances.insert(key, id);
        id
    }
}
