//! Names in expressions: variables, fields, enum members, externals; and the
//! constants that stand as defaults.

use wfc_diag::{Diagnostic, Span};
use wfc_ir::{VARIANT_KEY, Value};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::facts::Place;
use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind, Extern, VarId};
use crate::lisp::messages;
use crate::lisp::scope::{Item, Missing, NoType, Space, World};
use crate::lisp::types::{Ty, TypeId, TypeKind};

impl Checker<'_, '_> {
    pub(super) fn symbol(&mut self, name: &str, span: Span, want: &Want) -> Expr {
        if name == "none" {
            return Expr {
                kind: ExprKind::Lit(Value::Null),
                ty: Ty::Optional(Ty::Unknown.into()),
                span,
            };
        }
        if let Some(found) = self.path(name, span) {
            return found;
        }
        match want {
            Want::Type(Ty::Provider) => return self.external(Extern::Provider, name, span),
            Want::Type(Ty::Prompt) => return self.external(Extern::Prompt, name, span),
            // What the variant of a union value is compared with.
            Want::Type(Ty::Tag(id)) | Want::Like(Ty::Tag(id)) => return self.tag(*id, name, span),
            _ => {}
        }
        if let Want::Type(wanted @ Ty::Ref(of)) = want
            && let Ok(Item::Callable(id)) = self.world.find(span, name, Space::Callable)
        {
            return match (of.is_workflow, self.world.callables[id].is_workflow) {
                // The name of a workflow is clear enough.
                (_, true) => self.reference_to(span, span, id, Some(wanted)),
                _ => {
                    self.report(messages::bare_reference(span, name));
                    Expr::error(span)
                }
            };
        }
        if let Some((prefix, member)) = name.rsplit_once('.') {
            match self.world.type_named(span, prefix) {
                Ok(Ty::Named(id)) => return self.member(id, member, span),
                Ok(Ty::Error) | Err(NoType::Missing(Missing::Reported)) => {
                    return Expr::error(span);
                }
                Err(NoType::Missing(Missing::Private { module, declared })) => {
                    self.report(messages::private(span, prefix, &module, declared));
                    return Expr::error(span);
                }
                _ => {}
            }
        }
        let diagnostic = self.unknown(name, span, want);
        self.report(diagnostic);
        Expr::error(span)
    }

    /// `a` or `a.b.c`, when `a` is a variable.
    fn path(&mut self, name: &str, span: Span) -> Option<Expr> {
        if let Some(var) = self.local(name, span) {
            return Some(self.read(var, span));
        }
        let mut segments = name.split('.');
        let first = segments.next()?;
        let var = self.local(first, span)?;
        let mut found = self.read(var, span);
        let mut place = Place {
            var,
            path: Vec::new(),
        };
        // The byte at which the next segment begins.
        let mut at = span.start as usize + first.len() + 1;
        for segment in segments {
            let here = Span::new(span.file, at, at + segment.len());
            at += segment.len() + 1;
            found = self.there(found);
            let Some(ty) = self.field_type(&found.ty, segment, here, name) else {
                return Some(Expr::error(span));
            };
            place.path.push(segment.to_owned());
            found = Expr {
                kind: ExprKind::Get(Box::new(found), segment.to_owned()),
                ty: self.narrowed(&place, ty),
                span,
            };
        }
        Some(found)
    }

    pub(super) fn read(&mut self, var: VarId, span: Span) -> Expr {
        let entry = &mut self.world.vars[var];
        entry.uses += 1;
        let ty = entry.ty.clone();
        let path = Vec::new();
        Expr {
            kind: ExprKind::Var(var),
            ty: self.narrowed(&Place { var, path }, ty),
            span,
        }
    }

    /// The variable that a name means, written at `at`. A name and its
    /// binding are of one context: both by the author, or both of one
    /// expansion of a macro.
    pub(super) fn local(&self, name: &str, at: Span) -> Option<VarId> {
        self.locals
            .iter()
            .rev()
            .find(|local| local.name == name && self.is_of(local.var, at))
            .map(|local| local.var)
    }

    fn is_of(&self, var: VarId, at: Span) -> bool {
        self.world.vars[var].name.span.file == at.file
    }

    /// The type of a field, or nothing when that was reported.
    fn field_type(&mut self, base: &Ty, field: &str, at: Span, whole: &str) -> Option<Ty> {
        let types = &self.world.types;
        let diagnostic = match base {
            Ty::Error => return None,
            Ty::Case(id, index) => {
                let variants = types.variants(*id).unwrap_or_default();
                let variant = variants.get(*index)?;
                match variant.fields.iter().find(|f| f.name.text == field) {
                    Some(found) => return Some(found.ty.clone()),
                    None if field == VARIANT_KEY => return Some(Ty::Tag(*id)),
                    None => messages::no_field_of_variant(types, *id, *index, field, at),
                }
            }
            Ty::Named(id) => match &types.def(*id).kind {
                TypeKind::Record(fields) => match fields.iter().find(|f| f.name.text == field) {
                    Some(found) => return Some(found.ty.clone()),
                    None if types.def(*id).is_param => {
                        messages::field_not_asked_for(types, *id, field, at)
                    }
                    None => messages::no_field(types, *id, field, at),
                },
                TypeKind::Any => messages::field_not_asked_for(types, *id, field, at),
                TypeKind::Union(_) if field == VARIANT_KEY => return Some(Ty::Tag(*id)),
                TypeKind::Union(_) => messages::unproved(types, *id, field, at, whole),
                _ => messages::no_fields(types, base, field, at),
            },
            _ => messages::no_fields(types, base, field, at),
        };
        self.report(diagnostic);
        None
    }

    /// A variant of a union by its name, bare or as `Union.TAG`.
    fn tag(&mut self, id: TypeId, name: &str, span: Span) -> Expr {
        let bare = match name.rsplit_once('.') {
            Some((prefix, bare)) if self.world.is_named(span, prefix, id) => bare,
            Some(_) => name,
            None => name,
        };
        if self.world.types.tags(id).any(|tag| tag == bare) {
            return Expr {
                kind: ExprKind::Lit(Value::from(bare)),
                ty: Ty::Tag(id),
                span,
            };
        }
        let diagnostic = messages::unknown_case(&self.world.types, id, name, span);
        self.report(diagnostic);
        Expr::error(span)
    }

    /// A member of an enum.
    fn member(&mut self, id: TypeId, member: &str, span: Span) -> Expr {
        let types = &self.world.types;
        let Some(words) = types.words(id) else {
            let diagnostic = messages::no_members(types, id, member, span);
            self.report(diagnostic);
            return Expr::error(span);
        };
        if words.iter().any(|word| word.text == member) {
            return Expr {
                kind: ExprKind::Lit(Value::from(member)),
                ty: Ty::Named(id),
                span,
            };
        }
        let at = Span::new(
            span.file,
            (span.end as usize).saturating_sub(member.len()),
            span.end as usize,
        );
        let diagnostic = messages::unknown_member(types, id, member, at);
        self.report(diagnostic);
        Expr::error(span)
    }

    /// A provider or prompt by the name that the project binds.
    fn external(&mut self, kind: Extern, name: &str, span: Span) -> Expr {
        let (bound, ty) = match kind {
            Extern::Provider => (self.project.provider(name).is_some(), Ty::Provider),
            Extern::Prompt => (self.project.prompt(name).is_some(), Ty::Prompt),
        };
        if !bound {
            let locals = self.locals_of(&ty);
            let diagnostic = messages::unbound(kind, name, span, self.project, &locals);
            self.report(diagnostic);
            return Expr::error(span);
        }
        if kind == Extern::Prompt {
            self.prompts.push(super::PromptUse {
                name: name.to_owned(),
                module: self.world.modules.of(span.file),
                span,
            });
        }
        Expr {
            kind: ExprKind::Extern(kind, name.to_owned()),
            ty,
            span,
        }
    }

    fn locals_of(&self, ty: &Ty) -> Vec<String> {
        self.locals
            .iter()
            .filter(|local| self.world.vars[local.var].ty == *ty)
            .map(|local| local.name.clone())
            .collect()
    }

    fn unknown(&mut self, name: &str, span: Span, want: &Want) -> Diagnostic {
        let mut names: Vec<String> = Vec::new();
        for local in self.locals.iter().rev() {
            if self.is_of(local.var, span) && !names.contains(&local.name) {
                names.push(local.name.clone());
            }
        }
        // A bare member of the enum that is wanted here.
        if let Want::Type(Ty::Named(id)) | Want::Like(Ty::Named(id)) = want
            && let Some(words) = self.world.types.words(*id)
            && words.iter().any(|word| word.text == name)
        {
            return messages::bare_member(&self.world.types, *id, name, span);
        }
        match self.world.find(span, name, Space::Callable) {
            Ok(Item::Callable(_)) => return messages::callable_as_value(name, span),
            Ok(Item::Macro(_)) => return messages::macro_as_value(name, span),
            _ => {}
        }
        let (first, rest) = match name.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (name, None),
        };
        let near = wfc_diag::nearest(first, names.iter().map(String::as_str));
        let near = near.map(|near| match rest {
            Some(rest) => format!("{near}.{rest}"),
            None => near.to_owned(),
        });
        messages::unknown_name(name, span, near.as_deref(), &names)
    }
}

/// The value of a default. `Err(None)` when it was reported already.
pub(in crate::lisp) fn constant(
    world: &mut World<'_>,
    datum: &Datum,
    ty: &Ty,
) -> Result<Value, Option<Box<Diagnostic>>> {
    let value = match (&datum.kind, ty) {
        (DatumKind::Error, _) | (_, Ty::Error) => return Err(None),
        (DatumKind::Symbol(name), Ty::Optional(_)) if name == "none" => Some(Value::Null),
        (_, Ty::Optional(item)) => match (datum.head(), datum.as_list()) {
            (Some("some"), Some([_, inner])) => return constant(world, inner, item),
            _ => None,
        },
        (DatumKind::List(members), Ty::List(item)) if datum.head() == Some("list") => {
            let mut items = Vec::new();
            for each in &members[1..] {
                items.push(constant(world, each, item)?);
            }
            return Ok(Value::Array(items));
        }
        (DatumKind::Str(text), Ty::String) => Some(Value::from(text.as_str())),
        (DatumKind::Str(text), ty) if world.types.is_path(ty) => Some(Value::from(text.as_str())),
        (DatumKind::Int(number), Ty::Int | Ty::Float) => Some(Value::from(*number)),
        (DatumKind::Float(number), Ty::Float) => Some(Value::from(*number)),
        (DatumKind::Bool(flag), Ty::Bool) => Some(Value::from(*flag)),
        (DatumKind::Symbol(name), Ty::Named(id)) if world.types.words(*id).is_some() => {
            let member = match name.rsplit_once('.') {
                Some((prefix, member)) => match world.type_named(datum.span, prefix) {
                    Ok(Ty::Named(found)) if found == *id => member,
                    _ => name.as_str(),
                },
                None => name.as_str(),
            };
            let words = world.types.words(*id).unwrap_or_default();
            if words.iter().any(|word| word.text == member) {
                Some(Value::from(member))
            } else {
                None
            }
        }
        _ => None,
    };
    value.ok_or_else(|| Some(Box::new(messages::bad_default(&world.types, datum, ty))))
}

/// Warns of names in `:only`, and of whole imports, that nothing reads.
pub(super) fn unused_imports(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (id, module) in world.modules.all.iter().enumerate() {
        for import in module.imports.iter().filter(|i| i.target.is_some()) {
            for only in &import.only {
                // A form needs no import, so it cannot be said who means this.
                let is_form = super::FORMS.contains(&only.text.as_str());
                if !is_form && !world.used[id].contains(&only.text) {
                    diagnostics.push(messages::unused("import", only));
                }
            }
            if import.only.is_empty() && !world.used[id].contains(&import.module.text) {
                diagnostics.push(messages::unused("import", &import.module));
            }
        }
    }
}
