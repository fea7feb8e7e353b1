//! What the types mean that are written.

use std::rc::Rc;

use wfc_diag::{Diagnostic, Span};
use wfc_syntax::lisp::types::{TypeExpr, TypeExprKind, parse_type};

use super::schemas::SchemaId;
use super::{Item, Missing, Space, World};
use crate::lisp::defs::TypeRef;
use crate::lisp::messages;
use crate::lisp::types::{BUILT_IN, RefParam, RefTy, TemplateId, Ty, TypeId, built_in};

/// Why a name is no type.
pub(in crate::lisp) enum NoType {
    /// It is a built-in type that is something only with arguments.
    NeedsArguments,
    /// It is a generic definition, which needs arguments.
    Generic(TemplateId),
    /// It names fields, and no type.
    Schema(SchemaId),
    Missing(Missing),
}

impl World<'_> {
    /// The type that is written.
    pub(in crate::lisp) fn resolve(
        &mut self,
        ty: &TypeRef,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Ty {
        match ty {
            Some(ty) => self.type_expr(ty, diagnostics),
            None => Ty::Error,
        }
    }

    /// The type of this name, of which arguments are not part.
    pub(in crate::lisp) fn type_named(&mut self, at: Span, name: &str) -> Result<Ty, NoType> {
        if let Some(found) = built_in(name) {
            return Ok(found);
        }
        if BUILT_IN.contains(&name) {
            return Err(NoType::NeedsArguments);
        }
        let mut scope = self.type_scope.iter();
        if let Some((_, ty)) =
            scope.find(|(param, _)| param.text == name && param.span.file == at.file)
        {
            return Ok(ty.clone());
        }
        match self.find(at, name, Space::Type) {
            Ok(Item::Type(id)) => Ok(Ty::Named(id)),
            Ok(Item::Template(id)) if self.arity(id) == 0 => Ok(self.instantiate(id, Vec::new())),
            Ok(Item::Template(id)) => Err(NoType::Generic(id)),
            Ok(Item::Schema(id)) => Err(NoType::Schema(id)),
            Ok(_) => Ok(Ty::Error),
            Err(missing) => Err(NoType::Missing(missing)),
        }
    }

    /// Does a name stand for a definition? That of a generic definition stands
    /// for all its instances.
    pub(in crate::lisp) fn is_named(&mut self, at: Span, name: &str, id: TypeId) -> bool {
        if name.contains('[') {
            let written = parse_type(name, at).ok();
            return self.resolve(&written, &mut Vec::new()) == Ty::Named(id);
        }
        match self.type_named(at, name) {
            Ok(found) => found == Ty::Named(id),
            Err(NoType::Generic(template)) => self.types.is_of(id, template),
            Err(_) => false,
        }
    }

    /// `ProcRef[(A B) -> C]`
    fn reference(
        &mut self,
        ty: &TypeExpr,
        name: &str,
        arguments: &[TypeExpr],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Ty {
        let [
            TypeExpr {
                kind: TypeExprKind::Arrow(params, ret),
                ..
            },
        ] = arguments
        else {
            diagnostics.push(messages::reference_type(ty.span, name));
            return Ty::Error;
        };
        let params = params
            .iter()
            .map(|param| RefParam {
                name: None,
                ty: self.type_expr(param, diagnostics),
                has_default: false,
            })
            .collect();
        let result = self.type_expr(ret, diagnostics);
        if !result.is_data() {
            diagnostics.push(messages::not_data(ret.span, &self.types.show(&result)));
        }
        Ty::Ref(Rc::new(RefTy {
            is_workflow: name == "WorkflowRef",
            params,
            ret: result,
        }))
    }

    fn type_expr(&mut self, ty: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> Ty {
        match &ty.kind {
            TypeExprKind::Named(name) => match self.type_named(ty.span, name) {
                Ok(found) => found,
                Err(NoType::NeedsArguments) => {
                    diagnostics.push(messages::type_arguments(ty.span, name));
                    Ty::Error
                }
                Err(NoType::Generic(id)) => {
                    let (arity, declared) = (self.arity(id), self.templates[id].name.span);
                    diagnostics.push(messages::arity(ty.span, name, arity, 0, declared));
                    Ty::Error
                }
                Err(NoType::Schema(schema)) => {
                    let declared = self.schema_place(schema);
                    diagnostics.push(messages::schema_as_type(ty.span, name, declared));
                    Ty::Error
                }
                Err(NoType::Missing(missing)) => {
                    diagnostics.extend(messages::unknown_type(ty.span, name, missing));
                    Ty::Error
                }
            },
            TypeExprKind::Apply(name, arguments) if name == "ProcRef" || name == "WorkflowRef" => {
                self.reference(ty, name, arguments, diagnostics)
            }
            TypeExprKind::Apply(name, arguments) => {
                let resolved: Vec<Ty> = arguments
                    .iter()
                    .map(|each| self.type_expr(each, diagnostics))
                    .collect();
                if let Some((at, no_data)) = arguments
                    .iter()
                    .zip(&resolved)
                    .find(|(_, ty)| !ty.is_data())
                {
                    diagnostics.push(messages::not_data(at.span, &self.types.show(no_data)));
                    return Ty::Error;
                }
                match (name.as_str(), resolved.as_slice()) {
                    ("List", [item]) => Ty::List(item.clone().into()),
                    ("Optional", [Ty::Optional(item)]) => {
                        diagnostics.push(messages::optional_twice(ty.span));
                        Ty::Optional(item.clone())
                    }
                    ("Optional", [item]) => Ty::Optional(item.clone().into()),
                    ("Map", [Ty::String | Ty::Error, value]) => Ty::Map(value.clone().into()),
                    ("Map", [_, value]) => {
                        diagnostics.push(messages::map_key(arguments[0].span));
                        Ty::Map(value.clone().into())
                    }
                    ("List" | "Optional" | "Map", _) => {
                        diagnostics.push(messages::type_arguments(ty.span, name));
                        Ty::Error
                    }
                    _ => self.applied(ty, name, resolved, diagnostics),
                }
            }
            TypeExprKind::Arrow(..) => {
                diagnostics.push(messages::no_function_types(ty.span));
                Ty::Error
            }
        }
    }

    /// `Box[Int]`
    fn applied(
        &mut self,
        ty: &TypeExpr,
        name: &str,
        arguments: Vec<Ty>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Ty {
        // The name stands at the beginning of the type.
        match self.find(ty.span, name, Space::Type) {
            Ok(Item::Template(id)) => {
                let arity = self.arity(id);
                if arity == arguments.len() {
                    return self.instantiate(id, arguments);
                }
                let declared = self.templates[id].name.span;
                diagnostics.push(messages::arity(
                    ty.span,
                    name,
                    arity,
                    arguments.len(),
                    declared,
                ));
            }
            Ok(_) => diagnostics.push(messages::no_arguments(ty.span, name)),
            Err(_) if built_in(name).is_some() => {
                diagnostics.push(messages::no_arguments(ty.span, name));
            }
            Err(missing) => diagnostics.extend(messages::unknown_type(ty.span, name, missing)),
        }
        Ty::Error
    }
}
