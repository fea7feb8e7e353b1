//! Resolved types of the language: nominal, with the IR's structural types
//! behind them.

use std::collections::HashMap;
use std::rc::Rc;

use wfc_diag::{Diagnostic, Span};
use wfc_ir::Type;

use super::defs::{Name, Words};
use super::messages;

/// How deep the written-out form of a type may nest in JSON: readers of JSON
/// stop at 128, and a type stands inside a plan, a value inside a record.
const MAX_DEPTH: usize = 80;

/// How many parts the written-out form of a type may have.
const MAX_PARTS: u64 = 10_000;

/// Index of a definition in [`Types`].
pub(super) type TypeId = usize;

/// Index of a generic definition or an alias.
pub(super) type TemplateId = usize;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ty {
    /// Of an expression that was reported; it fits everything.
    Error,
    /// Nothing is known, and anything will do: what an empty list holds.
    Unknown,
    String,
    Int,
    Float,
    Bool,
    Json,
    Provider,
    Prompt,
    /// A path that no `defpath` describes.
    AnyPath {
        under: Option<&'static str>,
    },
    /// A definition.
    Named(TypeId),
    /// A union value that is known to be of one variant.
    Case(TypeId, usize),
    /// The word that says of which variant a union value is.
    Tag(TypeId),
    List(Rc<Ty>),
    Map(Rc<Ty>),
    Optional(Rc<Ty>),
    /// A procedure or a workflow.
    Ref(Rc<RefTy>),
    /// What the body of a loop ends with: `continue` or `done`.
    Tail,
}

/// The type of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RefTy {
    pub(super) is_workflow: bool,
    pub(super) params: Vec<RefParam>,
    pub(super) ret: Ty,
}

/// A parameter of what a reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RefParam {
    /// Its name, where it is known what the reference stands for.
    pub(super) name: Option<String>,
    pub(super) ty: Ty,
    pub(super) has_default: bool,
}

/// Why values cannot be compared for being equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Incomparable {
    /// There is a Float in it, which is seldom exactly another.
    Float,
    /// There is a union in it.
    Union,
}

/// A definition of a type.
#[derive(Debug)]
pub(super) struct TypeDef {
    pub(super) name: Name,
    pub(super) kind: TypeKind,
    /// Is it a type parameter? The kind then says what is asked of it, and it
    /// may have more fields and variants than that.
    pub(super) is_param: bool,
    /// Is it of a program from elsewhere? Nothing but its parts is known.
    pub(super) is_shape: bool,
    /// The generic definition that it is an instance of, and the arguments.
    pub(super) instance: Option<(TemplateId, Vec<Ty>)>,
}

/// What a definition says.
#[derive(Debug)]
pub(super) enum TypeKind {
    Enum(Vec<Name>),
    Path {
        under: Option<String>,
        must_exist: bool,
    },
    Record(Vec<Field>),
    Union(Vec<Variant>),
    /// A type parameter of which nothing is asked.
    Any,
}

/// A field of a record or variant.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) ty: Ty,
    pub(super) words: Words,
}

/// A variant of a union.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) name: Name,
    pub(super) fields: Vec<Field>,
}

/// Every definition of every module.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) defs: Vec<TypeDef>,
    /// How deep each definition nests, and how many parts it has, of those
    /// whose size was looked at.
    sizes: HashMap<TypeId, (usize, u64)>,
}

impl Ty {
    /// Can it be stored, shown and returned?
    pub(super) fn is_data(&self) -> bool {
        match self {
            Ty::Provider | Ty::Prompt | Ty::Ref(_) => false,
            Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => item.is_data(),
            _ => true,
        }
    }
}

impl Types {
    pub(super) fn def(&self, id: TypeId) -> &TypeDef {
        &self.defs[id]
    }

    /// The words of an enum.
    pub(super) fn words(&self, id: TypeId) -> Option<&[Name]> {
        match &self.def(id).kind {
            TypeKind::Enum(words) => Some(words),
            _ => None,
        }
    }

    /// The variants of a union.
    pub(super) fn variants(&self, id: TypeId) -> Option<&[Variant]> {
        match &self.def(id).kind {
            TypeKind::Union(variants) => Some(variants),
            _ => None,
        }
    }

    /// The names of the variants of a union.
    pub(super) fn tags(&self, id: TypeId) -> impl Iterator<Item = &str> {
        let variants = self.variants(id).unwrap_or_default();
        variants.iter().map(|variant| variant.name.text.as_str())
    }

    /// The place of a variant among those of its union.
    pub(super) fn tag(&self, id: TypeId, name: &str) -> Option<usize> {
        self.tags(id).position(|tag| tag == name)
    }

    /// The fields of a record, or of one variant of a union.
    pub(super) fn fields_of(&self, id: TypeId, variant: Option<usize>) -> &[Field] {
        let fields = match variant {
            None => self.fields(id),
            Some(index) => self
                .variants(id)
                .and_then(|all| all.get(index))
                .map(|variant| variant.fields.as_slice()),
        };
        fields.unwrap_or_default()
    }

    /// The fields of a record.
    pub(super) fn fields(&self, id: TypeId) -> Option<&[Field]> {
        match &self.def(id).kind {
            TypeKind::Record(fields) => Some(fields),
            _ => None,
        }
    }

    /// The type as the author would write it.
    pub(super) fn show(&self, ty: &Ty) -> String {
        match ty {
            Ty::Error | Ty::Unknown => "_".to_owned(),
            Ty::String => "String".to_owned(),
            Ty::Int => "Int".to_owned(),
            Ty::Float => "Float".to_owned(),
            Ty::Bool => "Bool".to_owned(),
            Ty::Json => "Json".to_owned(),
            Ty::Provider => "Provider".to_owned(),
            Ty::Prompt => "Prompt".to_owned(),
            Ty::AnyPath { under: None } => "PathRel".to_owned(),
            Ty::AnyPath { under: Some(root) } => format!("Path[{root}]"),
            Ty::Named(id) => self.def(*id).name.text.clone(),
            Ty::Case(id, index) => {
                let variant = self.variants(*id).and_then(|all| all.get(*index));
                let tag = variant.map_or("_", |v| v.name.text.as_str());
                format!("{}.{tag}", self.def(*id).name.text)
            }
            Ty::Tag(id) => format!("{}.variant", self.def(*id).name.text),
            Ty::List(item) => format!("List[{}]", self.show(item)),
            Ty::Map(value) => format!("Map[String, {}]", self.show(value)),
            Ty::Optional(item) => format!("Optional[{}]", self.show(item)),
            Ty::Tail => "`continue` or `done`".to_owned(),
            Ty::Ref(found) => {
                let word = if found.is_workflow {
                    "WorkflowRef"
                } else {
                    "ProcRef"
                };
                let params: Vec<String> = found
                    .params
                    .iter()
                    .map(|each| self.show(&each.ty))
                    .collect();
                format!(
                    "{word}[({}) -> {}]",
                    params.join(" "),
                    self.show(&found.ret)
                )
            }
        }
    }

    /// Can a value of `have` be used where `want` is asked for? Definitions
    /// are equal only to themselves, except that paths fit by what they
    /// promise; an integer fits a float, and a variant its union.
    pub(super) fn fits(&self, have: &Ty, want: &Ty) -> bool {
        match (have, want) {
            (Ty::Error | Ty::Unknown, _) | (_, Ty::Error | Ty::Unknown) => true,
            (Ty::Ref(have), Ty::Ref(want)) => self.reference_fits(have, want),
            (Ty::Provider | Ty::Prompt | Ty::Tail | Ty::Ref(_), _) => have == want,
            (_, Ty::Json) => true,
            (Ty::Int, Ty::Float) => true,
            (Ty::Case(a, x), Ty::Case(b, y)) => x == y && self.instance_fits(*a, *b),
            (Ty::Case(a, x), Ty::Named(b)) => {
                self.instance_fits(*a, *b) || self.variant_fits(*a, *x, *b)
            }
            (Ty::List(a), Ty::List(b))
            | (Ty::Map(a), Ty::Map(b))
            | (Ty::Optional(a), Ty::Optional(b)) => self.fits(a, b),
            (a, b) if self.is_path(a) && self.is_path(b) => self.lower(a).fits(&self.lower(b)),
            (Ty::Named(a), Ty::Named(b)) => {
                self.instance_fits(*a, *b)
                    || self.is_same_context(*a, *b)
                    || self.shape_fits(*a, *b)
            }
            (a, b) => a == b,
        }
    }

    /// Are they one definition, or instances of one whose arguments fit? Values
    /// do not change, so a box of something that fits is a box that fits.
    fn instance_fits(&self, have: TypeId, want: TypeId) -> bool {
        let of = |id: TypeId| self.def(id).instance.as_ref();
        match (of(have), of(want)) {
            _ if have == want => true,
            (Some((ours, mine)), Some((theirs, other))) => {
                ours == theirs && mine.iter().zip(other).all(|(a, b)| self.fits(a, b))
            }
            _ => false,
        }
    }

    /// What it stands for takes what it will be given, and gives what is asked
    /// for.
    fn reference_fits(&self, have: &RefTy, want: &RefTy) -> bool {
        let more = have.params.get(want.params.len()..);
        // A workflow can be called like a procedure, but not the other way.
        (have.is_workflow || !want.is_workflow)
            && more.is_some_and(|more| more.iter().all(|param| param.has_default))
            && have
                .params
                .iter()
                .zip(&want.params)
                .all(|(takes, given)| self.fits(&given.ty, &takes.ty))
            && self.fits(&have.ret, &want.ret)
    }

    /// Are the definitions two descriptions of one context? Modules may each
    /// describe the contexts that they use.
    fn is_same_context(&self, a: TypeId, b: TypeId) -> bool {
        let name = self.def(a).name.text.as_str();
        let (Some(mine), Some(other)) = (self.fields(a), self.fields(b)) else {
            return false;
        };
        CONTEXTS.contains(&name)
            && self.def(b).name.text == name
            && mine.len() == other.len()
            && mine.iter().all(|field| {
                let same = other.iter().find(|o| o.name.text == field.name.text);
                same.is_some_and(|same| self.fits(&field.ty, &same.ty))
            })
    }

    /// The narrowest type that both fit, if there is one.
    pub(super) fn join(&self, a: &Ty, b: &Ty) -> Option<Ty> {
        match (a, b) {
            (Ty::Error, _) | (_, Ty::Error) => Some(Ty::Error),
            // Both ways fit when something is unknown: keep what is known.
            _ if self.is_vague(b) && self.fits(b, a) => Some(a.clone()),
            (Ty::Case(x, i), Ty::Case(y, j)) if x == y && i != j => Some(Ty::Named(*x)),
            _ if self.fits(a, b) => Some(b.clone()),
            _ if self.fits(b, a) => Some(a.clone()),
            _ => None,
        }
    }

    /// Does a type mention a definition, other than through fields?
    pub(super) fn mentions(&self, ty: &Ty, id: TypeId) -> bool {
        match ty {
            Ty::Named(other) | Ty::Case(other, _) => {
                let args = self.def(*other).instance.as_ref().map(|(_, args)| args);
                *other == id || args.into_iter().flatten().any(|arg| self.mentions(arg, id))
            }
            Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => self.mentions(item, id),
            Ty::Ref(found) => {
                let params = found.params.iter().map(|param| &param.ty);
                params.chain([&found.ret]).any(|ty| self.mentions(ty, id))
            }
            _ => false,
        }
    }

    /// Is it a type parameter, whose values may not be comparable?
    pub(super) fn is_opaque(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(id) if self.def(*id).is_param)
    }

    /// The record with these fields that has no definition: always the same
    /// one in a file, so that it can be written twice.
    pub(super) fn unnamed_record(
        &mut self,
        name: &str,
        span: Span,
        fields: Vec<(Name, Ty)>,
    ) -> TypeId {
        let same = |def: &TypeDef| match &def.kind {
            TypeKind::Record(known) => {
                def.name.text == name
                    && def.name.span.file == span.file
                    && known.len() == fields.len()
                    && known
                        .iter()
                        .zip(&fields)
                        .all(|(known, (name, ty))| known.name.text == name.text && known.ty == *ty)
            }
            _ => false,
        };
        if let Some(id) = self.defs.iter().position(same) {
            return id;
        }
        let fields = fields.into_iter().map(|(name, ty)| Field {
            name,
            ty,
            words: Words::default(),
        });
        self.defs.push(TypeDef {
            name: Name {
                text: name.to_owned(),
                span,
            },
            kind: TypeKind::Record(fields.collect()),
            is_param: false,
            is_shape: false,
            instance: None,
        });
        self.defs.len() - 1
    }

    /// Why values of a type cannot be compared for being equal.
    pub(super) fn incomparable(&self, ty: &Ty) -> Option<Incomparable> {
        match ty {
            Ty::Float => Some(Incomparable::Float),
            Ty::Case(..) => Some(Incomparable::Union),
            Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => self.incomparable(item),
            Ty::Named(id) => match &self.def(*id).kind {
                TypeKind::Union(_) => Some(Incomparable::Union),
                TypeKind::Record(fields) => {
                    fields.iter().find_map(|field| self.incomparable(&field.ty))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Is it a path?
    pub(super) fn is_path(&self, ty: &Ty) -> bool {
        match ty {
            Ty::AnyPath { .. } => true,
            Ty::Named(id) => matches!(self.def(*id).kind, TypeKind::Path { .. }),
            _ => false,
        }
    }

    /// Is it an instance of a generic definition?
    pub(super) fn is_of(&self, id: TypeId, template: TemplateId) -> bool {
        let instance = self.def(id).instance.as_ref();
        instance.is_some_and(|(of, _)| *of == template)
    }

    /// Is some part of it unknown?
    pub(super) fn is_vague(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Unknown => true,
            Ty::Named(id) | Ty::Case(id, _) => {
                let args = self.def(*id).instance.as_ref().map(|(_, args)| args);
                args.into_iter().flatten().any(|arg| self.is_vague(arg))
            }
            Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => self.is_vague(item),
            Ty::Ref(found) => {
                let params = found.params.iter().map(|param| &param.ty);
                params.chain([&found.ret]).any(|ty| self.is_vague(ty))
            }
            _ => false,
        }
    }

    /// Is it an enum?
    pub(super) fn is_enum(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(id) if self.words(*id).is_some())
    }

    /// Is the value one word that can stand in a command line?
    pub(super) fn is_word(&self, ty: &Ty) -> bool {
        matches!(
            ty,
            Ty::Error | Ty::Unknown | Ty::String | Ty::Int | Ty::Float | Ty::Bool | Ty::Tag(_)
        ) || self.is_path(ty)
            || self.is_enum(ty)
    }

    /// Can a text show it? A value without a type is shown as a template
    /// shows it.
    pub(super) fn is_shown(&self, ty: &Ty) -> bool {
        *ty == Ty::Json || self.is_word(ty)
    }

    /// Is the value kept as an object whose fields are the artifacts of a
    /// step?
    pub(super) fn is_object(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Case(..) | Ty::Tail => true,
            Ty::Named(id) => matches!(self.def(*id).kind, TypeKind::Record(_) | TypeKind::Union(_)),
            _ => false,
        }
    }

    /// The structural type. Must not be asked of a definition that names
    /// itself; those are replaced by [`Ty::Error`] when they are found.
    pub(super) fn lower(&self, ty: &Ty) -> Type {
        match ty {
            Ty::Error | Ty::Unknown | Ty::Json | Ty::Tail | Ty::Ref(_) => Type::Json,
            Ty::String | Ty::Provider => Type::String,
            Ty::Int => Type::Int,
            Ty::Float => Type::Float,
            Ty::Bool => Type::Bool,
            Ty::Prompt => Type::any_path(),
            Ty::AnyPath { under } => Type::Path {
                under: under.map(str::to_owned),
                must_exist: false,
            },
            Ty::Named(id) => self.lower_def(*id),
            Ty::Case(id, index) => {
                let variant = self.variants(*id).and_then(|all| all.get(*index));
                Type::Union {
                    variants: variant.map(|v| self.lower_variant(v)).into_iter().collect(),
                }
            }
            Ty::Tag(id) => Type::Enum {
                allowed: self.tags(*id).map(str::to_owned).collect(),
            },
            Ty::List(item) => Type::List {
                item: Box::new(self.lower(item)),
            },
            Ty::Map(value) => Type::Map {
                value: Box::new(self.lower(value)),
            },
            Ty::Optional(item) => Type::Optional {
                item: Box::new(self.lower(item)),
            },
        }
    }

    fn lower_def(&self, id: TypeId) -> Type {
        match &self.def(id).kind {
            TypeKind::Enum(words) => Type::Enum {
                allowed: words.iter().map(|word| word.text.clone()).collect(),
            },
            TypeKind::Path { under, must_exist } => Type::Path {
                under: under.clone(),
                must_exist: *must_exist,
            },
            // A generic definition is not lowered, only its instances.
            TypeKind::Any => Type::Json,
            TypeKind::Record(fields) => Type::record(self.lower_fields(fields)),
            TypeKind::Union(variants) => Type::Union {
                variants: variants.iter().map(|v| self.lower_variant(v)).collect(),
            },
        }
    }

    fn lower_variant(&self, variant: &Variant) -> wfc_ir::Variant {
        wfc_ir::Variant {
            tag: variant.name.text.clone(),
            fields: self.lower_fields(&variant.fields),
        }
    }

    fn lower_fields(&self, fields: &[Field]) -> Vec<wfc_ir::Field> {
        fields
            .iter()
            .map(|field| wfc_ir::Field {
                name: field.name.text.clone(),
                ty: self.lower(&field.ty),
            })
            .collect()
    }

    /// Reports definitions that contain themselves or are too large, and
    /// mends them so that everything after this may expand types freely.
    ///
    /// Looks at the definitions from `first` on.
    pub(super) fn check_sizes(&mut self, first: TypeId, diagnostics: &mut Vec<Diagnostic>) {
        let mut known = std::mem::take(&mut self.sizes);
        for id in first..self.defs.len() {
            let mut open: Vec<(TypeId, usize)> = vec![(id, 0)];
            while let Some((current, next)) = open.pop() {
                if known.contains_key(&current) {
                    continue;
                }
                let parts = self.parts(current);
                match parts.get(next) {
                    Some((inner, _)) => {
                        let inner = *inner;
                        open.push((current, next + 1));
                        let cycle = open.iter().position(|(on_way, _)| *on_way == inner);
                        if let Some(start) = cycle {
                            let way: Vec<&str> = open[start..]
                                .iter()
                                .map(|(id, _)| self.def(*id).name.text.as_str())
                                .collect();
                            diagnostics.push(messages::recursive_type(
                                &self.def(inner).name,
                                &way,
                                parts[next].1,
                            ));
                            self.cut(current, inner);
                            // The parts have moved: look at them again.
                            if let Some(top) = open.last_mut() {
                                top.1 = 0;
                            }
                        } else if !known.contains_key(&inner) {
                            open.push((inner, 0));
                        }
                    }
                    None => {
                        let counted = parts.iter().filter_map(|(inner, _)| known.get(inner));
                        let count = 1 + counted.map(|(_, count)| *count).sum::<u64>();
                        let depth = self.nesting(current, &known);
                        if depth > MAX_DEPTH || count > MAX_PARTS {
                            diagnostics.push(messages::huge_type(&self.def(current).name));
                            for (inner, _) in parts {
                                self.cut(current, inner);
                            }
                            known.insert(current, (1, 1));
                        } else {
                            known.insert(current, (depth, count));
                        }
                    }
                }
            }
        }
        self.sizes = known;
    }

    /// How deep a definition nests in JSON when those it names are `known`.
    fn nesting(&self, id: TypeId, known: &HashMap<TypeId, (usize, u64)>) -> usize {
        let of = |fields: &[Field]| {
            let depths = fields.iter().map(|field| {
                let mut around = 0;
                let mut ty = &field.ty;
                while let Ty::List(inner) | Ty::Map(inner) | Ty::Optional(inner) = ty {
                    around += 1;
                    ty = inner;
                }
                let inner = match ty {
                    Ty::Named(id) | Ty::Case(id, _) => known.get(id).map_or(1, |(depth, _)| *depth),
                    _ => 1,
                };
                around + inner
            });
            depths.max().unwrap_or(0)
        };
        match &self.def(id).kind {
            // `{"fields": [ ... ]}`
            TypeKind::Record(fields) => 2 + of(fields),
            // `{"variants": {"A": [ ... ]}}`
            TypeKind::Union(variants) => {
                3 + variants.iter().map(|v| of(&v.fields)).max().unwrap_or(0)
            }
            TypeKind::Enum(_) | TypeKind::Path { .. } | TypeKind::Any => 1,
        }
    }

    /// The definitions that a definition names, with the fields that do.
    fn parts(&self, id: TypeId) -> Vec<(TypeId, Span)> {
        fn named(ty: &Ty) -> Option<TypeId> {
            match ty {
                Ty::Named(id) | Ty::Case(id, _) => Some(*id),
                Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => named(item),
                _ => None,
            }
        }
        let of = |fields: &[Field]| -> Vec<(TypeId, Span)> {
            fields
                .iter()
                .filter_map(|field| Some((named(&field.ty)?, field.name.span)))
                .collect()
        };
        match &self.def(id).kind {
            TypeKind::Record(fields) => of(fields),
            TypeKind::Union(variants) => variants.iter().flat_map(|v| of(&v.fields)).collect(),
            _ => Vec::new(),
        }
    }

    /// Replaces the mentions of `inner` in the fields of `id`.
    fn cut(&mut self, id: TypeId, inner: TypeId) {
        fn mentions(ty: &Ty, id: TypeId) -> bool {
            match ty {
                Ty::Named(other) | Ty::Case(other, _) => *other == id,
                Ty::List(item) | Ty::Map(item) | Ty::Optional(item) => mentions(item, id),
                _ => false,
            }
        }
        let mend = |fields: &mut Vec<Field>| {
            for field in fields {
                if mentions(&field.ty, inner) {
                    field.ty = Ty::Error;
                }
            }
        };
        match &mut self.defs[id].kind {
            TypeKind::Record(fields) => mend(fields),
            TypeKind::Union(variants) => variants.iter_mut().for_each(|v| mend(&mut v.fields)),
            _ => {}
        }
    }
}

/// The records that fit by their fields when they have one name.
const CONTEXTS: &[&str] = &[
    "RunCtx",
    "PhaseCtx",
    "ItemCtx",
    "DrainCtx",
    "SelectionCtx",
    "RecoveryCtx",
];

/// The types that need no definition.
pub(super) const BUILT_IN: &[&str] = &[
    "String",
    "Int",
    "Float",
    "Bool",
    "Json",
    "Provider",
    "Prompt",
    "PathRel",
    "RunId",
    "Symbol",
    "Path.state-root",
    "Path.artifact-root",
    "List",
    "Map",
    "Optional",
    "ProcRef",
    "WorkflowRef",
];

/// A built-in type without arguments.
pub(super) fn built_in(name: &str) -> Option<Ty> {
    Some(match name {
        // Run ids and symbols are text that nobody computes with.
        "String" | "RunId" | "Symbol" => Ty::String,
        "Int" => Ty::Int,
        "Float" => Ty::Float,
        "Bool" => Ty::Bool,
        "Json" => Ty::Json,
        "Provider" => Ty::Provider,
        "Prompt" => Ty::Prompt,
        "PathRel" => Ty::AnyPath { under: None },
        "Path.state-root" => Ty::AnyPath {
            under: Some("state"),
        },
        "Path.artifact-root" => Ty::AnyPath {
            under: Some("artifacts"),
        },
        _ => return None,
    })
}
