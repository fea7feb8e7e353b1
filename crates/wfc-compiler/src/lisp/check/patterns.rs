//! Patterns: what a value may look like, and which names its parts get.

use std::collections::BTreeSet;

use wfc_diag::Span;
use wfc_ir::Value;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::cover::Cover;
use super::facts::{Fact, Of, Place, SOME, count};
use super::{Checker, Local, Want};
use crate::lisp::defs::Name;
use crate::lisp::hir::{Expr, ExprKind, Pat, VarId};
use crate::lisp::messages;
use crate::lisp::types::{Ty, TypeId, TypeKind, Types};

const SHAPE: &str = "(TAG name :field pattern …)";

/// How deep patterns may nest.
const MAX_DEPTH: usize = 16;

/// A pattern being read.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The pattern of a whole arm: there a bare name is that of a case.
    pub(super) whole: bool,
    /// Inside `or`, where no name can be bound.
    pub(super) alternative: bool,
    pub(super) depth: usize,
}

impl At {
    fn inner(self) -> Self {
        At {
            whole: false,
            depth: self.depth + 1,
            ..self
        }
    }
}

/// The cases of a type, if it has some.
pub(super) fn cases_of(types: &Types, ty: &Ty) -> Option<Of> {
    match ty {
        Ty::Bool => Some(Of::Bool),
        Ty::Optional(_) => Some(Of::Optional),
        Ty::Case(id, _) => Some(Of::Union(*id)),
        Ty::Tag(id) => Some(Of::Tag(*id)),
        Ty::Named(id) => match types.def(*id).kind {
            TypeKind::Union(_) => Some(Of::Union(*id)),
            TypeKind::Enum(_) => Some(Of::Enum(*id)),
            _ => None,
        },
        _ => None,
    }
}

/// The names of the cases that are written by name.
pub(super) fn names_of(types: &Types, of: Of) -> Vec<String> {
    match of {
        Of::Enum(id) => {
            let words = types.words(id).unwrap_or_default();
            words.iter().map(|word| word.text.clone()).collect()
        }
        Of::Union(id) | Of::Tag(id) => types.tags(id).map(str::to_owned).collect(),
        Of::Bool | Of::Optional => Vec::new(),
    }
}

impl Checker<'_, '_> {
    /// Reads a pattern for a value of type `ty`. Its names are in reach from
    /// here on.
    pub(super) fn pattern(&mut self, datum: &Datum, ty: &Ty, at: At) -> Pat {
        if at.depth > MAX_DEPTH {
            self.report(messages::deep_pattern(datum.span, MAX_DEPTH));
            return Pat::Error;
        }
        let of = cases_of(&self.world.types, ty);
        match &datum.kind {
            DatumKind::Symbol(name) if name == "_" => Pat::Any,
            DatumKind::Symbol(name) if name == "none" && matches!(of, Some(Of::Optional)) => {
                Pat::None
            }
            DatumKind::Symbol(name) => self.name_pattern(name, datum, ty, of, at),
            DatumKind::Int(number) => self.constant(Value::from(*number), Ty::Int, datum, ty),
            DatumKind::Str(text) => {
                self.constant(Value::from(text.as_str()), Ty::String, datum, ty)
            }
            DatumKind::Bool(flag) => self.constant(Value::from(*flag), Ty::Bool, datum, ty),
            DatumKind::List(members) => match members.split_first() {
                Some((head, rest)) => self.list_pattern(datum, head, rest, ty, of, at),
                None => self.bad_pattern(datum.span, "there is nothing in it"),
            },
            DatumKind::Error => Pat::Error,
            DatumKind::Float(_) => {
                self.bad_pattern(datum.span, "a Float is not compared for being equal")
            }
            DatumKind::Keyword(_) => {
                self.bad_pattern(datum.span, "a keyword stands before the pattern of a field")
            }
        }
    }

    fn bad_pattern(&mut self, span: Span, why: &str) -> Pat {
        self.report(messages::shape(span, "match", SHAPE, why));
        Pat::Error
    }

    fn constant(&mut self, value: Value, own: Ty, datum: &Datum, ty: &Ty) -> Pat {
        if *ty == own || *ty == Ty::Unknown {
            return Pat::Const(value);
        }
        if *ty != Ty::Error {
            let found = Expr {
                kind: ExprKind::Lit(value),
                ty: own,
                span: datum.span,
            };
            let diagnostic = messages::mismatch(&self.world.types, &found, ty);
            self.report(diagnostic);
        }
        Pat::Error
    }

    /// A bare name: a case, or the name of what stands there.
    fn name_pattern(&mut self, name: &str, datum: &Datum, ty: &Ty, of: Option<Of>, at: At) -> Pat {
        if let Some(of @ (Of::Enum(_) | Of::Union(_) | Of::Tag(_))) = of {
            if let Some(index) = self.case_named(of, name, datum.span) {
                return self.case(of, index, Vec::new());
            }
            let names = names_of(&self.world.types, of);
            let near = wfc_diag::nearest(name, names.iter().map(String::as_str));
            if at.whole || near.is_some() || name.contains('.') {
                return self.unknown_case(of, name, datum.span);
            }
        }
        self.binder(Name::of(datum), ty.clone(), Pat::Any, at)
    }

    fn binder(&mut self, name: Name, ty: Ty, inner: Pat, at: At) -> Pat {
        if at.alternative {
            self.report(messages::name_in_alternative(name.span, &name.text));
        }
        let text = name.text.clone();
        let var = self.world.var(name, ty);
        self.locals.push(Local { name: text, var });
        Pat::Bind(var, Box::new(inner))
    }

    fn unknown_case(&mut self, of: Of, name: &str, span: Span) -> Pat {
        let (Of::Enum(id) | Of::Union(id) | Of::Tag(id)) = of else {
            return Pat::Error;
        };
        let diagnostic = messages::unknown_case(&self.world.types, id, name, span);
        self.report(diagnostic);
        // The case that is meant is not missing too.
        let names = names_of(&self.world.types, of);
        let near = wfc_diag::nearest(name, names.iter().map(String::as_str));
        match near.and_then(|near| names.iter().position(|each| each == near)) {
            Some(index) => Pat::Meant(Box::new(self.case(of, index, Vec::new()))),
            None => Pat::Error,
        }
    }

    /// The case that a pattern names, by its tag or as `Enum.tag`.
    fn case_named(&mut self, of: Of, name: &str, span: Span) -> Option<usize> {
        let (Of::Enum(id) | Of::Union(id) | Of::Tag(id)) = of else {
            return None;
        };
        let names = names_of(&self.world.types, of);
        let place = |bare: &str| names.iter().position(|each| each == bare);
        if let Some(index) = place(name) {
            return Some(index);
        }
        let (prefix, bare) = name.rsplit_once('.')?;
        let is_own = self.world.is_named(span, prefix, id);
        is_own.then(|| place(bare)).flatten()
    }

    fn case(&self, of: Of, index: usize, fields: Vec<(String, Pat)>) -> Pat {
        let name = names_of(&self.world.types, of);
        let name = name.get(index).cloned().unwrap_or_default();
        match of {
            Of::Union(_) => Pat::Case(name, fields),
            _ => Pat::Const(Value::from(name)),
        }
    }

    fn list_pattern(
        &mut self,
        datum: &Datum,
        head: &Datum,
        rest: &[Datum],
        ty: &Ty,
        of: Option<Of>,
        at: At,
    ) -> Pat {
        let Some(name) = head.as_symbol() else {
            return self.bad_pattern(head.span, "a pattern in parentheses begins with a name");
        };
        match (name, of) {
            ("or", _) => {
                let inner = At {
                    alternative: true,
                    depth: at.depth + 1,
                    ..at
                };
                if rest.is_empty() {
                    return self.bad_pattern(datum.span, "there are no alternatives");
                }
                let all = rest.iter().map(|each| self.pattern(each, ty, inner));
                Pat::Or(all.collect())
            }
            ("some", Some(Of::Optional)) => match (rest, ty) {
                ([inner], Ty::Optional(item)) => {
                    let item = (**item).clone();
                    Pat::Some(Box::new(self.pattern(inner, &item, at.inner())))
                }
                _ => self.bad_pattern(datum.span, "`some` takes one pattern: `(some name)`"),
            },
            ("record", _) => self.record_pattern(datum, rest, ty, at),
            (_, Some(of @ (Of::Enum(_) | Of::Union(_) | Of::Tag(_)))) => {
                match self.case_named(of, name, head.span) {
                    Some(index) => self.case_pattern(of, index, rest, ty, at),
                    None => {
                        let found = self.unknown_case(of, name, head.span);
                        // What the arm reads of it is no second mistake.
                        self.unknown_parts(rest, Ty::Error);
                        found
                    }
                }
            }
            _ if *ty == Ty::Error => {
                self.unknown_parts(rest, Ty::Error);
                Pat::Error
            }
            // Of what is never there anything can be said.
            _ if *ty == Ty::Unknown => {
                self.unknown_parts(rest, Ty::Unknown);
                Pat::Const(Value::Null)
            }
            _ => {
                let diagnostic = messages::no_such_pattern(&self.world.types, datum.span, name, ty);
                self.report(diagnostic);
                self.unknown_parts(rest, Ty::Error);
                Pat::Error
            }
        }
    }

    /// Gives the names of a pattern that was reported a meaning.
    fn unknown_parts(&mut self, parts: &[Datum], ty: Ty) {
        let mut open: Vec<&Datum> = parts.iter().collect();
        while let Some(part) = open.pop() {
            match &part.kind {
                DatumKind::Symbol(name) if name != "_" => {
                    let var = self.world.var(Name::of(part), ty.clone());
                    let name = name.clone();
                    self.locals.push(Local { name, var });
                }
                DatumKind::List(members) => open.extend(members.iter().skip(1)),
                _ => {}
            }
        }
    }

    /// `(TAG name :field pattern …)`
    fn case_pattern(&mut self, of: Of, index: usize, rest: &[Datum], ty: &Ty, at: At) -> Pat {
        let arguments = self.arguments("match", rest);
        let own = match of {
            Of::Union(id) => Ty::Case(id, index),
            _ => ty.clone(),
        };
        if let Some(extra) = arguments.plain.get(1) {
            let why = "only one name can be given to it; fields are written `:field pattern`";
            self.bad_pattern(extra.span, why);
        }
        let fields = match of {
            Of::Union(id) => self.field_patterns(id, Some(index), &arguments.pairs, at),
            _ => match arguments.pairs.first() {
                Some((_, span, _)) => {
                    self.bad_pattern(*span, "a member of an enum has no fields");
                    Vec::new()
                }
                None => Vec::new(),
            },
        };
        let found = self.case(of, index, fields);
        match arguments.plain.first() {
            Some(name) if name.as_symbol() == Some("_") => found,
            Some(name) if name.as_symbol().is_some() => self.binder(Name::of(name), own, found, at),
            Some(other) if other.kind != DatumKind::Error => {
                let why = "a name is needed here; the pattern of a field follows its keyword";
                self.bad_pattern(other.span, why)
            }
            _ => found,
        }
    }

    /// `(record Type :field pattern …)`, with or without the type.
    fn record_pattern(&mut self, datum: &Datum, rest: &[Datum], ty: &Ty, at: At) -> Pat {
        let arguments = self.arguments("match", rest);
        let id = match ty {
            Ty::Named(id) if self.world.types.fields(*id).is_some() => *id,
            Ty::Error => {
                self.unknown_parts(rest, Ty::Error);
                return Pat::Error;
            }
            _ => {
                let types = &self.world.types;
                let diagnostic = messages::no_such_pattern(types, datum.span, "record", ty);
                self.report(diagnostic);
                self.unknown_parts(rest, Ty::Error);
                return Pat::Error;
            }
        };
        if let Some(name) = arguments.plain.first()
            && let Some(text) = name.as_symbol()
            && !self.world.is_named(name.span, text, id)
        {
            let types = &self.world.types;
            let diagnostic = messages::no_such_pattern(types, name.span, text, ty);
            self.report(diagnostic);
        }
        Pat::Record(self.field_patterns(id, None, &arguments.pairs, at))
    }

    fn field_patterns(
        &mut self,
        id: TypeId,
        variant: Option<usize>,
        pairs: &[(&str, Span, &Datum)],
        at: At,
    ) -> Vec<(String, Pat)> {
        let mut fields = Vec::new();
        for (key, span, pattern) in pairs {
            let declared = self.world.types.fields_of(id, variant);
            let declared = declared.iter().find(|field| field.name.text == *key);
            let Some(ty) = declared.map(|field| field.ty.clone()) else {
                let types = &self.world.types;
                let diagnostic = messages::unknown_field(types, id, variant, key, *span);
                self.report(diagnostic);
                self.unknown_parts(std::slice::from_ref(*pattern), Ty::Error);
                continue;
            };
            let pattern = self.pattern(pattern, &ty, at.inner());
            fields.push(((*key).to_owned(), pattern));
        }
        fields
    }

    /// What is known of the value at `place` when it fits the pattern.
    pub(super) fn pattern_facts(&self, pat: &Pat, ty: &Ty, place: &Place, found: &mut Vec<Fact>) {
        let types = &self.world.types;
        if let Some(of) = cases_of(types, ty)
            && !matches!(of, Of::Tag(_))
            && let Some(cases) = top_cases(types, pat, of)
        {
            found.push(Fact {
                place: place.clone(),
                of,
                cases,
            });
        }
        let (fields, id, variant) = match (pat, ty) {
            (Pat::Bind(_, inner), _) => return self.pattern_facts(inner, ty, place, found),
            (Pat::Some(inner), Ty::Optional(item)) => {
                return self.pattern_facts(inner, item, place, found);
            }
            (Pat::Record(fields), Ty::Named(id)) => (fields, *id, None),
            (Pat::Case(tag, fields), Ty::Named(id) | Ty::Case(id, _)) => {
                (fields, *id, types.tag(*id, tag))
            }
            _ => return,
        };
        for (name, inner) in fields {
            let declared = types.fields_of(id, variant);
            if let Some(field) = declared.iter().find(|field| field.name.text == *name) {
                let mut place = place.clone();
                place.path.push(name.clone());
                self.pattern_facts(inner, &field.ty, &place, found);
            }
        }
    }

    /// Splits a value whose binding is a pattern: `((record :a x) value)`.
    /// The pattern must fit every value.
    pub(super) fn destructure(
        &mut self,
        datum: &Datum,
        value: Expr,
        bound: &mut Vec<(VarId, Expr)>,
    ) {
        let at = At {
            whole: false,
            alternative: false,
            depth: 0,
        };
        let pattern = self.pattern(datum, &value.ty, at);
        let mut cover = Cover::new(&self.world.types);
        let form = cover.form(&pattern, &value.ty);
        if value.ty != Ty::Error && !cover.missing(&[form], &value.ty).is_empty() {
            self.report(messages::refutable(datum.span));
        }
        let whole = Name {
            text: "_whole".to_owned(),
            span: datum.span,
        };
        let ty = value.ty.clone();
        let var = self.world.var(whole, ty.clone());
        bound.push((var, value));
        self.parts_of(&pattern, var, &[], &ty, datum.span, bound);
    }

    /// Binds the names of a pattern to the parts of a variable.
    fn parts_of(
        &mut self,
        pat: &Pat,
        var: VarId,
        path: &[String],
        ty: &Ty,
        span: Span,
        bound: &mut Vec<(VarId, Expr)>,
    ) {
        match pat {
            Pat::Bind(name, inner) => {
                self.world.vars[var].uses += 1;
                let root = Expr {
                    kind: ExprKind::Var(var),
                    ty: ty.clone(),
                    span,
                };
                let part = path.iter().fold(root, |base, field| Expr {
                    kind: ExprKind::Get(Box::new(base), field.clone()),
                    ty: ty.clone(),
                    span,
                });
                bound.push((*name, part));
                self.parts_of(inner, var, path, ty, span, bound);
            }
            Pat::Record(fields) | Pat::Case(_, fields) => {
                for (field, inner) in fields {
                    let mut path = path.to_vec();
                    path.push(field.clone());
                    let declared = match inner {
                        Pat::Bind(name, _) => self.world.vars[*name].ty.clone(),
                        _ => Ty::Error,
                    };
                    self.parts_of(inner, var, &path, &declared, span, bound);
                }
            }
            _ => {}
        }
    }

    /// The condition of an arm.
    pub(super) fn guard(&mut self, datum: &Datum) -> Expr {
        self.expr(datum, &Want::Type(Ty::Bool))
    }
}

/// The cases of a value that fits the pattern; nothing when it says nothing
/// about them.
pub(super) fn top_cases(types: &Types, pat: &Pat, of: Of) -> Option<BTreeSet<usize>> {
    let one = |index: Option<usize>| Some(BTreeSet::from([index?]));
    let names = || names_of(types, of);
    match pat {
        Pat::Bind(_, inner) | Pat::Meant(inner) => top_cases(types, inner, of),
        Pat::Some(_) => one(Some(SOME)),
        Pat::None => one(Some(0)),
        Pat::Const(Value::Bool(flag)) => one(Some(usize::from(*flag))),
        Pat::Const(Value::String(name)) | Pat::Case(name, _) => {
            one(names().iter().position(|each| each == name))
        }
        Pat::Or(all) => {
            let mut cases = BTreeSet::new();
            for each in all {
                cases.extend(top_cases(types, each, of)?);
            }
            Some(cases)
        }
        Pat::Any => Some((0..count(types, of)).collect()),
        Pat::Const(_) | Pat::Record(_) | Pat::Error => None,
    }
}
