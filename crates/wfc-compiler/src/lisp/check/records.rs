//! The making of records and variants.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::defs::type_ref;
use crate::lisp::generics::Bindings;
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::scope::NoType;
use crate::lisp::types::{TemplateId, Ty, TypeId};

/// What a form says that it makes.
enum Made {
    Type(TypeId),
    /// A generic definition whose arguments are not written.
    Generic(TemplateId),
}

impl Checker<'_, '_> {
    /// The definition that a form names.
    fn definition(
        &mut self,
        form: &str,
        shape: &str,
        span: Span,
        datum: Option<&&Datum>,
    ) -> Option<Made> {
        let Some(datum) = datum else {
            self.report(messages::shape(span, form, shape, "the type is not named"));
            return None;
        };
        let Some(name) = datum.as_symbol() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    form,
                    shape,
                    "a type is needed here",
                ));
            }
            return None;
        };
        if let Err(NoType::Generic(id)) = self.world.type_named(datum.span, name) {
            return Some(Made::Generic(id));
        }
        let written = type_ref(datum, self.diagnostics);
        let found = match self.world.resolve(&written, self.diagnostics) {
            Ty::Named(id) => id,
            Ty::Error => return None,
            ty => {
                let shown = self.world.types.show(&ty);
                self.report(messages::not_made(datum.span, form, &shown));
                return None;
            }
        };
        if self.world.types.def(found).is_param {
            let finding = messages::no_value_of_param(&self.world.types, found, datum.span);
            self.report(finding);
            return None;
        }
        Some(Made::Type(found))
    }

    /// What is to be made where a value of a definition is wanted; nothing if
    /// it is a type parameter.
    fn wanted(&self, id: TypeId) -> Option<Made> {
        let def = self.world.types.def(id);
        match &def.instance {
            _ if def.is_param => None,
            Some((template, _)) if self.world.types.is_vague(&Ty::Named(id)) => {
                Some(Made::Generic(*template))
            }
            _ => Some(Made::Type(id)),
        }
    }

    /// The definition of which a value is made, as far as it is known.
    fn made(&mut self, made: &Made, expected: Option<&Ty>) -> (TypeId, Bindings) {
        let template = match made {
            Made::Type(id) => return (*id, Bindings::default()),
            Made::Generic(template) => *template,
        };
        // The place may say what the arguments are.
        if let Some(expected @ (Ty::Named(id) | Ty::Case(id, _))) = expected
            && let Some((found, _)) = &self.world.types.def(*id).instance
            && *found == template
            && !self.world.types.is_vague(expected)
        {
            return (*id, Bindings::default());
        }
        let id = match self.world.as_written(template) {
            Ty::Named(id) => id,
            // An alias with parameters for something else is no record.
            _ => self.world.params_of(template).first().copied().unwrap_or(0),
        };
        (id, Bindings::of(self.world.params_of(template)))
    }

    /// The type of a value that was made, and whether all of it is known.
    fn made_type(&mut self, span: Span, id: TypeId, bindings: &Bindings) -> Option<TypeId> {
        if bindings.is_empty() {
            return Some(id);
        }
        let open = bindings.open(&self.world.types);
        if !open.is_empty() {
            let name = self.world.types.def(id).name.clone();
            let types = &self.world.types;
            let found = messages::unfixed_params(types, span, &name.text, &open, name.span);
            self.report(found);
            return None;
        }
        match self.world.partial(&Ty::Named(id), bindings) {
            Ty::Named(id) => Some(id),
            _ => None,
        }
    }

    /// `(record Type :field value …)`; the type may be left out where it is
    /// known which is wanted.
    pub(super) fn record_form(
        &mut self,
        span: Span,
        args: &[Datum],
        expected: Option<&Ty>,
    ) -> Expr {
        const SHAPE: &str = "(record Type :field value …)";
        let arguments = self.arguments("record", args);
        let known = match expected {
            Some(Ty::Named(id)) if self.world.types.fields(*id).is_some() => self.wanted(*id),
            _ => None,
        };
        if let (Some(made), []) = (known, arguments.plain.as_slice()) {
            let (id, bindings) = self.made(&made, expected);
            return self.record(span, id, bindings, &arguments);
        }
        let id = self.definition("record", SHAPE, span, arguments.plain.first());
        self.extra(&arguments, 1, "record", SHAPE);
        let Some(made) = id else {
            self.visit(&arguments);
            return Expr::error(span);
        };
        let (id, bindings) = self.made(&made, expected);
        if self.world.types.fields(id).is_none() {
            let at = arguments.plain[0].span;
            let diagnostic = messages::not_a_record(&self.world.types, id, at);
            self.report(diagnostic);
            self.visit(&arguments);
            return Expr::error(span);
        }
        self.record(span, id, bindings, &arguments)
    }

    fn record(
        &mut self,
        span: Span,
        id: TypeId,
        mut bindings: Bindings,
        arguments: &Arguments<'_>,
    ) -> Expr {
        let fields = self.field_values(span, id, None, &mut bindings, arguments);
        if fields.is_none() && !bindings.is_empty() {
            return Expr::error(span);
        }
        let Some(id) = self.made_type(span, id, &bindings) else {
            return Expr::error(span);
        };
        Expr {
            // The type is known, so what uses it can still be checked.
            kind: fields.map_or(ExprKind::Error, ExprKind::Record),
            ty: Ty::Named(id),
            span,
        }
    }

    /// `(variant Union TAG :field value …)`; the union may be left out where
    /// it is known which is wanted.
    pub(super) fn variant_form(
        &mut self,
        span: Span,
        args: &[Datum],
        expected: Option<&Ty>,
    ) -> Expr {
        const SHAPE: &str = "(variant Union TAG :field value …)";
        let arguments = self.arguments("variant", args);
        let known = match expected {
            Some(Ty::Named(id) | Ty::Case(id, _)) => Some(*id),
            _ => None,
        };
        if let (Some(known), [tag]) = (known, arguments.plain.as_slice())
            && let Some(name) = tag.as_symbol()
            && let Some(index) = self.world.types.tag(known, name)
            && let Some(made) = self.wanted(known)
        {
            let (id, bindings) = self.made(&made, expected);
            return self.variant(span, id, index, bindings, &arguments);
        }
        let id = self.definition("variant", SHAPE, span, arguments.plain.first());
        self.extra(&arguments, 2, "variant", SHAPE);
        let Some(made) = id else {
            self.visit(&arguments);
            return Expr::error(span);
        };
        let (id, bindings) = self.made(&made, expected);
        let at = arguments.plain[0].span;
        let Some(variants) = self.world.types.variants(id) else {
            let diagnostic = messages::not_a_union(&self.world.types, id, at);
            self.report(diagnostic);
            self.visit(&arguments);
            return Expr::error(span);
        };
        let Some(tag) = arguments.plain.get(1) else {
            self.report(messages::shape(
                span,
                "variant",
                SHAPE,
                "the tag is missing",
            ));
            self.visit(&arguments);
            return Expr::error(span);
        };
        let name = tag.as_symbol().unwrap_or_default();
        let Some(index) = variants.iter().position(|v| v.name.text == name) else {
            if tag.kind != DatumKind::Error {
                let diagnostic = messages::unknown_case(&self.world.types, id, name, tag.span);
                self.report(diagnostic);
            }
            self.visit(&arguments);
            return Expr {
                kind: ExprKind::Error,
                ty: Ty::Named(id),
                span,
            };
        };
        self.variant(span, id, index, bindings, &arguments)
    }

    fn variant(
        &mut self,
        span: Span,
        id: TypeId,
        index: usize,
        mut bindings: Bindings,
        arguments: &Arguments<'_>,
    ) -> Expr {
        let tag = self.world.types.tags(id).nth(index);
        let tag = tag.unwrap_or_default().to_owned();
        let fields = self.field_values(span, id, Some(index), &mut bindings, arguments);
        if fields.is_none() && !bindings.is_empty() {
            return Expr::error(span);
        }
        let Some(id) = self.made_type(span, id, &bindings) else {
            return Expr::error(span);
        };
        Expr {
            kind: fields.map_or(ExprKind::Error, |fields| ExprKind::Variant(tag, fields)),
            ty: Ty::Case(id, index),
            span,
        }
    }

    /// The fields of a record or variant; nothing when one was reported.
    fn field_values(
        &mut self,
        span: Span,
        id: TypeId,
        variant: Option<usize>,
        bindings: &mut Bindings,
        arguments: &Arguments<'_>,
    ) -> Option<Vec<(String, Expr)>> {
        let declared = self.declared(id, variant);
        let given = self.given_fields(id, variant, &declared, bindings, arguments);
        // A misspelt field was reported as an unknown one.
        let is_given = |name: &str| {
            arguments.pairs.iter().any(|(key, _, _)| {
                let known = declared.iter().any(|(name, _)| name == key);
                *key == name || (!known && wfc_diag::nearest(key, [name]).is_some())
            })
        };
        let missing: Vec<&str> = declared
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !is_given(name))
            .collect();
        if !missing.is_empty() {
            let diagnostic =
                messages::missing_fields(&self.world.types, id, variant, &missing, span);
            self.report(diagnostic);
            return None;
        }
        given
    }

    /// The fields that there are.
    fn declared(&self, id: TypeId, variant: Option<usize>) -> Vec<(String, Ty)> {
        let fields = self.world.types.fields_of(id, variant);
        fields
            .iter()
            .map(|field| (field.name.text.clone(), field.ty.clone()))
            .collect()
    }

    /// The fields that are given; nothing when one was reported.
    fn given_fields(
        &mut self,
        id: TypeId,
        variant: Option<usize>,
        declared: &[(String, Ty)],
        bindings: &mut Bindings,
        arguments: &Arguments<'_>,
    ) -> Option<Vec<(String, Expr)>> {
        let mut fine = true;
        let mut fields: Vec<(String, Expr)> = Vec::new();
        for (key, at, value) in &arguments.pairs {
            match declared.iter().find(|(name, _)| name == key) {
                Some((_, ty)) => {
                    let ty = self.world.partial(ty, bindings);
                    let found = self.expr(value, &Want::Like(ty.clone()));
                    let found = self.fit_field(found, &ty, id, variant, key);
                    if let Some((_, pattern)) = declared.iter().find(|(name, _)| name == key) {
                        bindings.learn(&self.world.types, pattern, &found.ty);
                    }
                    fine &= found.ty != Ty::Error;
                    fields.push(((*key).to_owned(), found));
                }
                None => {
                    fine = false;
                    let diagnostic =
                        messages::unknown_field(&self.world.types, id, variant, key, *at);
                    self.report(diagnostic);
                    self.expr(value, &Want::Any);
                }
            }
        }
        fine.then_some(fields)
    }

    /// `(record-update value :field new …)`
    pub(super) fn update_form(&mut self, span: Span, form: &str, args: &[Datum]) -> Expr {
        let shape = match form {
            "loop-state" => "(loop-state :like state :field new …)",
            _ => "(record-update value :field new …)",
        };
        let arguments = self.arguments(form, args);
        self.extra(&arguments, 1, form, shape);
        let Some(base) = arguments.plain.first() else {
            let why = "the record to start from is missing";
            self.report(messages::shape(span, form, shape, why));
            self.visit(&arguments);
            return Expr::error(span);
        };
        let base = self.expr(base, &Want::Any);
        let base = self.there(base);
        let (id, variant) = match &base.ty {
            Ty::Named(id) if self.world.types.fields(*id).is_some() => (*id, None),
            Ty::Case(id, variant) => (*id, Some(*variant)),
            Ty::Error => {
                self.visit(&arguments);
                return Expr::error(span);
            }
            _ => {
                let diagnostic = messages::no_update(&self.world.types, &base);
                self.report(diagnostic);
                self.visit(&arguments);
                return Expr::error(span);
            }
        };
        if arguments.pairs.is_empty() {
            let why = "no field is replaced";
            self.report(messages::shape(span, form, shape, why));
        }
        let ty = base.ty.clone();
        let declared = self.declared(id, variant);
        let kind =
            match self.given_fields(id, variant, &declared, &mut Bindings::default(), &arguments) {
                Some(fields) => ExprKind::Update(Box::new(base), fields),
                None => ExprKind::Error,
            };
        Expr { kind, ty, span }
    }

    /// As [`Checker::settle`], and says where the field is declared.
    fn fit_field(
        &mut self,
        found: Expr,
        ty: &Ty,
        id: TypeId,
        variant: Option<usize>,
        field: &str,
    ) -> Expr {
        if self.world.types.fits(&found.ty, ty) {
            return found;
        }
        let found = self.there(found);
        if self.world.types.fits(&found.ty, ty) {
            return found;
        }
        let types = &self.world.types;
        let mut diagnostic = messages::mismatch(types, &found, ty);
        let mut fields = types.fields_of(id, variant).iter();
        if let Some(declared) = fields.find(|f| f.name.text == field) {
            diagnostic = diagnostic.also(declared.name.span, "the field is declared here");
        }
        self.report(diagnostic);
        Expr::error(found.span)
    }
}
