//! What the workflows of programs from elsewhere take and give, in types of
//! the language. No definition stands behind these types: they fit what is
//! made of the same parts.

use wfc_diag::Span;
use wfc_ir::Type;

use super::boundary::{self, Part};
use super::defs::{Name, Words};
use super::hir::{Callable, CallableId, Expr, Param};
use super::programs::Outside;
use super::scope::World;
use super::types::{Field, Ty, TypeDef, TypeId, TypeKind, Types, Variant};

/// A workflow of a program from elsewhere.
pub(super) struct Linked<'a> {
    pub(super) outside: &'a Outside,
    /// What the parameters are made of, in their order.
    pub(super) params: Vec<Part>,
    /// What the value is made of, unless it is one value.
    pub(super) result: Option<Part>,
}

impl<'a> World<'a> {
    /// Makes a callable of each program from elsewhere.
    pub(super) fn declare_outside(&mut self) {
        for outside in &self.modules.programs.all {
            let program = &outside.program;
            let Some(workflow) = program.workflows.get(&program.entry) else {
                continue;
            };
            let mut maker = Maker {
                types: &mut self.types,
                at: outside.at,
            };
            let inputs = workflow.inputs.iter();
            let parts = boundary::params(inputs.map(|input| (input.name.as_str(), &input.ty)));
            let types: Vec<Ty> = parts
                .iter()
                .map(|(name, part)| maker.part(&format!("{}.{name}", outside.name), part))
                .collect();
            let result = boundary::result(&workflow.result);
            let ret_name = format!("{}.return", outside.name);
            let ret = match &result {
                Some(part) => maker.part(&ret_name, part),
                None => maker.ty(&ret_name, &workflow.result),
            };
            let name = |text: &str| Name {
                text: text.to_owned(),
                span: outside.at,
            };
            let mut params = Vec::new();
            for ((text, part), ty) in parts.iter().zip(types) {
                // It may be left out when each part of it may.
                let mut is_needed = false;
                part.each_name(&mut |part| {
                    let input = workflow.inputs.iter().find(|input| input.name == part);
                    is_needed |= input.is_none_or(|i| i.required && i.default.is_none());
                });
                params.push(Param {
                    name: name(text),
                    var: self.var(name(text), ty.clone()),
                    ty,
                    default: (!is_needed).then_some(wfc_ir::Value::Null),
                    description: None,
                });
            }
            let id = self.callables.len();
            self.callables.push(Callable {
                name: name(&outside.name),
                module: 0,
                is_workflow: true,
                linked: Some(self.linked.len()),
                type_params: Vec::new(),
                params,
                ret,
                ret_span: outside.at,
                prompt_ret: None,
                body: Expr::error(outside.at),
                works: false,
                effects: Default::default(),
                settings: Default::default(),
                calls: Vec::new(),
            });
            self.linked.push(Linked {
                outside,
                params: parts.into_iter().map(|(_, part)| part).collect(),
                result,
            });
            self.outside.insert(outside.name.clone(), id);
        }
    }

    /// The program from elsewhere that a callable stands for.
    pub(super) fn linked(&self, id: CallableId) -> Option<&Linked<'a>> {
        self.callables[id].linked.map(|at| &self.linked[at])
    }
}

/// Makes definitions of types.
struct Maker<'m> {
    types: &'m mut Types,
    at: Span,
}

impl Maker<'_> {
    fn name(&self, text: &str) -> Name {
        Name {
            text: text.to_owned(),
            span: self.at,
        }
    }

    fn define(&mut self, name: &str, kind: TypeKind) -> Ty {
        self.types.defs.push(TypeDef {
            name: self.name(name),
            kind,
            is_param: false,
            is_shape: true,
            instance: None,
        });
        Ty::Named(self.types.defs.len() - 1)
    }

    fn part(&mut self, name: &str, part: &Part) -> Ty {
        match part {
            Part::Leaf(_, ty) => self.ty(name, ty),
            Part::Record(fields) => {
                let kind = TypeKind::Record(self.parts(name, fields));
                self.define(name, kind)
            }
            Part::Union(_, tags, fields) => {
                let variants = tags.iter().map(|tag| Variant {
                    name: self.name(tag),
                    fields: self.parts(name, fields),
                });
                let kind = TypeKind::Union(variants.collect());
                self.define(name, kind)
            }
        }
    }

    fn parts(&mut self, name: &str, parts: &[(String, Part)]) -> Vec<Field> {
        let fields = parts.iter().map(|(field, part)| Field {
            name: self.name(field),
            ty: self.part(&format!("{name}.{field}"), part),
            words: Words::default(),
        });
        fields.collect()
    }

    fn ty(&mut self, name: &str, ty: &Type) -> Ty {
        match ty {
            Type::Bool => Ty::Bool,
            Type::Int => Ty::Int,
            Type::Float => Ty::Float,
            Type::String | Type::Secret => Ty::String,
            Type::Json => Ty::Json,
            Type::Enum { allowed } => {
                let words = allowed.iter().map(|word| self.name(word));
                let kind = TypeKind::Enum(words.collect());
                self.define(name, kind)
            }
            Type::Path {
                under: None,
                must_exist: false,
            } => Ty::AnyPath { under: None },
            Type::Path { under, must_exist } => {
                let shown = format!("Path[{}]", under.as_deref().unwrap_or("."));
                let kind = TypeKind::Path {
                    under: under.clone(),
                    must_exist: *must_exist,
                };
                self.define(&shown, kind)
            }
            Type::Record { fields } => {
                let kind = TypeKind::Record(self.fields(name, fields));
                self.define(name, kind)
            }
            Type::Union { variants } => {
                let variants = variants.iter().map(|variant| Variant {
                    name: self.name(&variant.tag),
                    fields: self.fields(name, &variant.fields),
                });
                let kind = TypeKind::Union(variants.collect());
                self.define(name, kind)
            }
            Type::List { item } => Ty::List(self.ty(name, item).into()),
            Type::Map { value } => Ty::Map(self.ty(name, value).into()),
            Type::Optional { item } => Ty::Optional(self.ty(name, item).into()),
        }
    }

    fn fields(&mut self, name: &str, fields: &[wfc_ir::Field]) -> Vec<Field> {
        let fields = fields.iter().map(|field| Field {
            name: self.name(&field.name),
            ty: self.ty(&format!("{name}.{}", field.name), &field.ty),
            words: Words::default(),
        });
        fields.collect()
    }
}

impl Types {
    /// Is one of the definitions only its parts, and do the parts fit?
    pub(super) fn shape_fits(&self, have: TypeId, want: TypeId) -> bool {
        if !(self.def(have).is_shape || self.def(want).is_shape) {
            return false;
        }
        match (&self.def(have).kind, &self.def(want).kind) {
            (TypeKind::Enum(have), TypeKind::Enum(want)) => have
                .iter()
                .all(|word| want.iter().any(|w| w.text == word.text)),
            (TypeKind::Record(have), TypeKind::Record(want)) => self.fields_fit(have, want),
            (TypeKind::Union(have), TypeKind::Union(want)) => have.iter().all(|variant| {
                let same = want.iter().find(|w| w.name.text == variant.name.text);
                same.is_some_and(|same| self.fields_fit(&variant.fields, &same.fields))
            }),
            _ => false,
        }
    }

    /// As [`Types::shape_fits`], for a value that is of one variant.
    pub(super) fn variant_fits(&self, have: TypeId, index: usize, want: TypeId) -> bool {
        let variant = self.variants(have).and_then(|all| all.get(index));
        let Some(variant) = variant.filter(|_| self.def(have).is_shape || self.def(want).is_shape)
        else {
            return false;
        };
        let tag = self.tag(want, &variant.name.text);
        tag.is_some_and(|tag| self.fields_fit(&variant.fields, self.fields_of(want, Some(tag))))
    }

    fn fields_fit(&self, have: &[Field], want: &[Field]) -> bool {
        have.len() == want.len()
            && want.iter().all(|field| {
                let same = have.iter().find(|h| h.name.text == field.name.text);
                same.is_some_and(|same| self.fits(&same.ty, &field.ty))
            })
    }

    /// Is it a word of an enum that no module can name, and so one that is
    /// written as a text?
    pub(super) fn is_word_of_shape(&self, ty: &Ty, word: &str) -> bool {
        let Ty::Named(id) = ty else {
            return false;
        };
        let words = self.words(*id).filter(|_| self.def(*id).is_shape);
        words.is_some_and(|words| words.iter().any(|known| known.text == word))
    }

    /// Why what is made of other parts does not fit, as far as it can be said
    /// in a sentence.
    pub(super) fn shape_difference(&self, have: &Ty, want: &Ty) -> Option<String> {
        let (Ty::Named(have), Ty::Named(want)) = (have, want) else {
            return None;
        };
        let (have, want) = (self.def(*have), self.def(*want));
        if !(have.is_shape || want.is_shape) {
            return None;
        }
        match (&have.kind, &want.kind) {
            (TypeKind::Record(have), TypeKind::Record(want)) => self.field_difference(have, want),
            (TypeKind::Union(have), TypeKind::Union(want)) => have.iter().find_map(|variant| {
                let tag = &variant.name.text;
                let same = want.iter().find(|w| w.name.text == *tag);
                let Some(same) = same else {
                    return Some(format!("there is no variant `{tag}` in what is expected"));
                };
                let why = self.field_difference(&variant.fields, &same.fields)?;
                Some(format!("in the variant `{tag}`, {why}"))
            }),
            _ => None,
        }
    }

    fn field_difference(&self, have: &[Field], want: &[Field]) -> Option<String> {
        for field in want {
            let name = &field.name.text;
            let Some(same) = have.iter().find(|h| h.name.text == *name) else {
                return Some(format!("the field `{name}` is missing"));
            };
            if !self.fits(&same.ty, &field.ty) {
                let (have, want) = (self.show(&same.ty), self.show(&field.ty));
                return Some(format!("the field `{name}` is {have}, not {want}"));
            }
        }
        let is_known = |field: &&Field| want.iter().any(|w| w.name.text == field.name.text);
        let more = have.iter().find(|field| !is_known(field))?;
        Some(format!("nobody asks for the field `{}`", more.name.text))
    }
}
