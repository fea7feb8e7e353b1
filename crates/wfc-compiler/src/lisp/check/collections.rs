//! Lists, maps and optional values, and what is done for each item.

use std::rc::Rc;

use wfc_diag::Span;
use wfc_ir::Prim;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Local, Want, is_given};
use crate::lisp::defs::{Name, type_ref};
use crate::lisp::hir::{Each, Expr, ExprKind, VarId};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// `((x list))` and what stands behind it.
struct Items<'d> {
    list: Expr,
    name: Name,
    item: Ty,
    rest: &'d [Datum],
}

impl Checker<'_, '_> {
    pub(super) fn some_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        let [arg] = args else {
            self.report(messages::operands(
                span,
                span,
                "some",
                1,
                Some(1),
                args.len(),
            ));
            return Expr::error(span);
        };
        let want = match expected {
            Some(Ty::Optional(item)) if **item != Ty::Unknown => Want::Type((**item).clone()),
            _ => Want::Any,
        };
        let mut inner = self.expr(arg, &want);
        inner = self.there(inner);
        if let Ty::Optional(_) = inner.ty {
            self.report(messages::optional_twice(span));
            return Expr::error(span);
        }
        inner.ty = match inner.ty {
            Ty::Error => Ty::Error,
            ty => Ty::Optional(ty.into()),
        };
        inner.span = span;
        inner
    }

    pub(super) fn list_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        let want = match expected {
            Some(Ty::List(item)) if **item != Ty::Unknown => Want::Type((**item).clone()),
            Some(Ty::Json) => Want::Type(Ty::Json),
            _ => Want::Any,
        };
        let mut item = match &want {
            Want::Type(ty) => ty.clone(),
            _ => Ty::Unknown,
        };
        let mut items = Vec::new();
        for arg in args {
            let each = self.expr(arg, &want);
            if want == Want::Any {
                match self.world.types.join(&item, &each.ty) {
                    Some(joined) => item = joined,
                    None => {
                        let diagnostic = messages::mismatch(&self.world.types, &each, &item);
                        self.report(diagnostic);
                    }
                }
            }
            items.push(each);
        }
        let broken = items.iter().any(|each| each.ty == Ty::Error);
        Expr {
            kind: if broken {
                ExprKind::Error
            } else {
                ExprKind::List(items)
            },
            ty: Ty::List(item.into()),
            span,
        }
    }

    /// `(map key value …)`
    pub(super) fn map_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        const SHAPE: &str = "(map \"key\" value …)";
        let want = match expected {
            Some(Ty::Map(value)) if **value != Ty::Unknown => Want::Type((**value).clone()),
            Some(Ty::Json) => Want::Type(Ty::Json),
            _ => Want::Any,
        };
        let mut value_ty = match &want {
            Want::Type(ty) => ty.clone(),
            _ => Ty::Unknown,
        };
        let mut fine = true;
        let mut operands = Vec::new();
        for pair in args.chunks(2) {
            let [key, value] = pair else {
                let why = "the last key has no value";
                self.report(messages::shape(pair[0].span, "map", SHAPE, why));
                fine = false;
                continue;
            };
            let key = self.expr(key, &Want::Type(Ty::String));
            let value = self.expr(value, &want);
            fine &= key.ty != Ty::Error && value.ty != Ty::Error;
            match self.world.types.join(&value_ty, &value.ty) {
                Some(joined) => value_ty = joined,
                None => {
                    let diagnostic = messages::mismatch(&self.world.types, &value, &value_ty);
                    self.report(diagnostic);
                    fine = false;
                }
            }
            operands.extend([key, value]);
        }
        let kind = match fine {
            true => ExprKind::Prim(Prim::MapOf, operands),
            false => ExprKind::Error,
        };
        Expr {
            kind,
            ty: Ty::Map(value_ty.into()),
            span,
        }
    }

    /// `(path/join-under Path "child")`
    pub(super) fn join_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "path/join-under";
        const SHAPE: &str = "(path/join-under PathType \"name.md\")";
        let [ty, child] = args else {
            let why = "the type of the path and a text are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        let written = type_ref(ty, self.diagnostics);
        let found = self.world.resolve(&written, self.diagnostics);
        let child = self.expr(child, &Want::Type(Ty::String));
        let wfc_ir::Type::Path { under, must_exist } = self.world.types.lower(&found) else {
            if found != Ty::Error {
                let diagnostic = messages::not_a_path(&self.world.types, &found, ty.span);
                self.report(diagnostic);
            }
            return Expr::error(span);
        };
        if must_exist {
            let diagnostic = messages::made_path_exists(&self.world.types, &found, ty.span);
            self.report(diagnostic);
            return Expr::error(span);
        }
        if child.ty == Ty::Error {
            let kind = ExprKind::Error;
            return Expr {
                kind,
                ty: found,
                span,
            };
        }
        let root = Expr {
            kind: ExprKind::Lit(under.unwrap_or_default().into()),
            ty: Ty::String,
            span: ty.span,
        };
        Expr {
            kind: ExprKind::Prim(Prim::JoinPath, vec![root, child]),
            ty: found,
            span,
        }
    }

    /// The list that a form goes over.
    fn items<'d>(
        &mut self,
        span: Span,
        form: &str,
        shape: &str,
        args: &'d [Datum],
    ) -> Option<Items<'d>> {
        let Some((binding, rest)) = args.split_first() else {
            self.report(messages::shape(span, form, shape, "the list is missing"));
            return None;
        };
        let pair = match binding.as_list() {
            Some([pair]) => pair.as_list(),
            _ => None,
        };
        let named = |pair: &&[Datum]| pair.first().is_some_and(|name| name.as_symbol().is_some());
        let Some([name, list]) = pair.filter(named) else {
            if binding.kind != DatumKind::Error {
                let why = "a name and the list are needed in two pairs of parentheses";
                self.report(messages::shape(binding.span, form, shape, why));
            }
            return None;
        };
        let list = self.expr(list, &Want::Any);
        let item = match &list.ty {
            Ty::List(item) => (**item).clone(),
            Ty::Error => Ty::Error,
            // What is no list after all fails the step.
            Ty::Json if form == "for-each" && is_given(rest, "on-failure") => Ty::Json,
            _ => {
                let diagnostic = messages::wrong_operand(&self.world.types, &list, form, "a list");
                self.report(diagnostic);
                Ty::Error
            }
        };
        Some(Items {
            list,
            name: Name::of(name),
            item,
            rest,
        })
    }

    /// The body of such a form, with the item in reach.
    fn with_item(&mut self, items: &Items<'_>, body: &Datum, want: &Want) -> (VarId, Expr) {
        let var = self.world.var(items.name.clone(), items.item.clone());
        let body = self.scoped(|this| {
            let name = items.name.text.clone();
            this.locals.push(Local { name, var });
            this.expr(body, want)
        });
        (var, body)
    }

    /// `(list/map ((x list)) value)`: the values, of which none runs anything.
    pub(super) fn list_map(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        const FORM: &str = "list/map";
        const SHAPE: &str = "(list/map ((x list)) value)";
        let Some(items) = self.items(span, FORM, SHAPE, args) else {
            return Expr::error(span);
        };
        let want = match expected {
            Some(Ty::List(item)) if **item != Ty::Unknown => Want::Like((**item).clone()),
            _ => Want::Any,
        };
        let [body] = items.rest else {
            self.report_body(span, FORM, SHAPE, items.rest);
            return Expr::error(span);
        };
        let (item, body) = self.with_item(&items, body, &want);
        let ty = Ty::List(Rc::new(body.ty.clone()));
        let kind = match body.ty == Ty::Error || items.item == Ty::Error {
            true => ExprKind::Error,
            false => ExprKind::Map(Box::new(items.list), item, Box::new(body)),
        };
        Expr { kind, ty, span }
    }

    /// `(list/filter ((x list)) condition)`
    pub(super) fn list_filter(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "list/filter";
        const SHAPE: &str = "(list/filter ((x list)) condition)";
        let Some(items) = self.items(span, FORM, SHAPE, args) else {
            return Expr::error(span);
        };
        let [body] = items.rest else {
            self.report_body(span, FORM, SHAPE, items.rest);
            return Expr::error(span);
        };
        let (item, cond) = self.with_item(&items, body, &Want::Type(Ty::Bool));
        let ty = items.list.ty.clone();
        if cond.ty == Ty::Error || items.item == Ty::Error {
            let kind = ExprKind::Error;
            return Expr { kind, ty, span };
        }
        // Each item gives a list of itself or of nothing.
        self.world.vars[item].uses += 1;
        let made = |kind: ExprKind| Expr {
            kind,
            ty: ty.clone(),
            span,
        };
        let own = Expr {
            kind: ExprKind::Var(item),
            ty: items.item.clone(),
            span,
        };
        let (one, none) = (
            made(ExprKind::List(vec![own])),
            made(ExprKind::List(Vec::new())),
        );
        let either = made(ExprKind::If(Box::new(cond), Box::new(one), Box::new(none)));
        let mut lists = made(ExprKind::Map(Box::new(items.list), item, Box::new(either)));
        lists.ty = Ty::List(Rc::new(lists.ty));
        made(ExprKind::Prim(Prim::Flatten, vec![lists]))
    }

    /// `(list/map-effect ((x list)) :max n body)` gives the list of the
    /// values, `(for-each ((x list)) :max n body)` how many items there were.
    pub(super) fn each_form(&mut self, span: Span, form: &str, args: &[Datum]) -> Expr {
        let shape = format!("({form} ((x list)) :max 10 body)");
        let Some(items) = self.items(span, form, &shape, args) else {
            return Expr::error(span);
        };
        let (keywords, body) = match items.rest.split_last() {
            Some((body, keywords)) if keywords.len() % 2 == 0 => (keywords, Some(body)),
            _ => (items.rest, None),
        };
        let mut arguments = self.arguments(form, keywords);
        let keys: &[&str] = match form {
            "for-each" => &["max", "on-failure"],
            _ => &["max"],
        };
        self.known(form, &mut arguments, keys);
        self.extra(&arguments, 0, form, &shape);
        let lenient = self.is_lenient(&arguments);
        let max = arguments.get("max").map(|max| self.bound(max));
        let Some(body) = body else {
            self.report(messages::shape(
                span,
                form,
                &shape,
                "the body is missing at the end",
            ));
            return Expr::error(span);
        };
        let (item, body) = self.with_item(&items, body, &Want::Any);
        let collect = form == "list/map-effect";
        let item_ty = match &body.ty {
            Ty::Case(id, _) => Ty::Named(*id),
            ty => ty.clone(),
        };
        let ty = match collect {
            true => Ty::List(Rc::new(item_ty)),
            false => Ty::Int,
        };
        let broken = body.ty == Ty::Error
            || items.item == Ty::Error
            || max.as_ref().is_some_and(|max| max.ty == Ty::Error);
        let list = items.list;
        let kind = match broken {
            true => ExprKind::Error,
            false => ExprKind::Each(Box::new(Each {
                list,
                item,
                max,
                body,
                collect,
                lenient,
            })),
        };
        Expr { kind, ty, span }
    }

    /// `:on-failure continue`: does a step that fails let what follows run?
    fn is_lenient(&mut self, arguments: &Arguments<'_>) -> bool {
        const SHAPE: &str = "(for-each ((x list)) :on-failure continue body)";
        let Some(datum) = arguments.get("on-failure") else {
            return false;
        };
        if let (Some("continue"), Some(max)) = (datum.as_symbol(), arguments.get("max")) {
            let why = "`:max` has no place beside `:on-failure continue`";
            self.report(messages::shape(max.span, "for-each", SHAPE, why));
        }
        match datum.as_symbol() {
            Some("continue") => true,
            Some("stop") => false,
            _ => {
                let why = "`:on-failure` is `stop` or `continue`";
                self.report(messages::shape(datum.span, "for-each", SHAPE, why));
                false
            }
        }
    }

    /// Says what is wrong with something that is not one body.
    fn report_body(&mut self, span: Span, form: &str, shape: &str, bodies: &[Datum]) {
        let (at, why) = match bodies.get(1) {
            Some(second) => (
                second.span,
                "there is a second body; put both into `(do …)`",
            ),
            None => (span, "the body is missing"),
        };
        self.report(messages::shape(at, form, shape, why));
    }
}
