//! `match`: exhaustive, with proofs.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::facts::{Fact, Of, Place};
use super::{Checker, Local, Want};
use crate::lisp::defs::Name;
use crate::lisp::hir::{Arm, Expr, ExprKind, Match};
use crate::lisp::messages;
use crate::lisp::types::{Ty, TypeId, TypeKind};

const SHAPE: &str = "(match value ((TAG name) result) (OTHER result) (_ result))";

/// A pattern as written.
struct Pattern<'d> {
    /// The tag; nothing for `_`.
    tag: Option<&'d str>,
    span: Span,
    binder: Option<Name>,
}

impl Checker<'_, '_> {
    pub(super) fn match_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let Some((subject_datum, arms)) = args.split_first() else {
            self.report(messages::shape(
                span,
                "match",
                SHAPE,
                "there is no value to match",
            ));
            return Expr::error(span);
        };
        let subject = self.expr(subject_datum, &Want::Any);
        let id = match &subject.ty {
            Ty::Named(id) | Ty::Case(id, _)
                if matches!(
                    self.world.types.def(*id).kind,
                    TypeKind::Union(_) | TypeKind::Enum(_)
                ) =>
            {
                Some(*id)
            }
            Ty::Error => None,
            _ => {
                let diagnostic = messages::cannot_match(&self.world.types, &subject);
                self.report(diagnostic);
                None
            }
        };
        let path = subject_datum.as_symbol().map(str::to_owned);
        let cases = id.map(|id| self.cases(id)).unwrap_or_default();
        let mut checked: Vec<Arm> = Vec::new();
        let mut seen: Vec<(String, Span)> = Vec::new();
        let mut default: Option<(Expr, Span)> = None;
        let mut joined: Option<(Ty, Span)> = None;
        let mut broken = id.is_none();
        for arm in arms {
            let Some((pattern, body)) = self.arm(arm) else {
                broken = true;
                continue;
            };
            if let Some((_, wildcard)) = &default {
                let wildcard = *wildcard;
                self.report(messages::unreachable_arm(pattern.span, wildcard));
            }
            let index = match (pattern.tag, id) {
                (Some(tag), Some(id)) => {
                    let index = self.case_of(id, tag, pattern.span, &cases);
                    broken |= index.is_none();
                    // The case that is meant is not missing too.
                    let near = wfc_diag::nearest(tag, cases.iter().map(String::as_str));
                    if let (None, Some(near)) = (index, near)
                        && !seen.iter().any(|(case, _)| case == near)
                    {
                        seen.push((near.to_owned(), pattern.span));
                    }
                    index
                }
                _ => None,
            };
            if let Some(index) = index {
                self.once(&cases[index], pattern.span, &mut seen);
            }
            if pattern.tag.is_none() && id.is_some() && seen.len() == cases.len() {
                self.report(messages::useless_wildcard(pattern.span));
            }
            let (body, binder) =
                self.arm_body(&subject, path.as_deref(), id, index, &pattern, body, want);
            broken |= body.ty == Ty::Error;
            let (ty, fits) = self.joined(joined, &body);
            joined = Some(ty);
            broken |= !fits;
            match (pattern.tag, index) {
                (None, _) if default.is_none() => default = Some((body, pattern.span)),
                (Some(_), Some(index)) if !checked.iter().any(|a| a.tag == cases[index]) => {
                    checked.push(Arm {
                        tag: cases[index].clone(),
                        binder,
                        body,
                    });
                }
                _ => {}
            }
        }
        if let Some(id) = id
            && default.is_none()
        {
            broken |= self.uncovered(span, id, &subject, arms, &cases, &seen);
        }
        let ty = joined.map_or(Ty::Error, |(ty, _)| ty);
        if broken {
            return Expr {
                kind: ExprKind::Error,
                ty,
                span,
            };
        }
        Expr {
            kind: ExprKind::Match(Box::new(Match {
                subject,
                path,
                arms: checked,
                default: default.map(|(body, _)| body),
            })),
            ty,
            span,
        }
    }

    /// Reports a case that has an arm already.
    fn once(&mut self, case: &str, span: Span, seen: &mut Vec<(String, Span)>) {
        match seen.iter().find(|(name, _)| name == case) {
            Some((_, first)) => {
                let diagnostic = messages::duplicate("case", case, span, *first);
                self.report(diagnostic);
            }
            None => seen.push((case.to_owned(), span)),
        }
    }

    /// The type of the arms so far and of one more. False when they differ,
    /// which is reported.
    fn joined(&mut self, so_far: Option<(Ty, Span)>, body: &Expr) -> ((Ty, Span), bool) {
        let Some((ty, first)) = so_far else {
            return ((body.ty.clone(), body.span), true);
        };
        match self.world.types.join(&ty, &body.ty) {
            Some(ty) => ((ty, first), true),
            None => {
                let diagnostic = messages::arm_differs(&self.world.types, body, &ty, first);
                self.report(diagnostic);
                ((ty, first), false)
            }
        }
    }

    fn cases(&self, id: TypeId) -> Vec<String> {
        let names = |all: &mut dyn Iterator<Item = &Name>| all.map(|n| n.text.clone()).collect();
        match &self.world.types.def(id).kind {
            TypeKind::Union(variants) => names(&mut variants.iter().map(|v| &v.name)),
            TypeKind::Enum(words) => names(&mut words.iter()),
            _ => Vec::new(),
        }
    }

    /// Splits an arm into its pattern and its body.
    fn arm<'d>(&mut self, arm: &'d Datum) -> Option<(Pattern<'d>, &'d Datum)> {
        let bad = |span: Span, why: &str| messages::shape(span, "match", SHAPE, why);
        let (head, body) = match arm.as_list() {
            Some([head, body]) => (head, body),
            Some([_, _, extra, ..]) => {
                self.report(bad(
                    extra.span,
                    "an arm has one result; put several into `(do …)`",
                ));
                return None;
            }
            Some(_) => {
                self.report(bad(arm.span, "an arm is a pattern and a result"));
                return None;
            }
            None => {
                if arm.kind != DatumKind::Error {
                    self.report(bad(arm.span, "an arm is a list"));
                }
                return None;
            }
        };
        let pattern = match &head.kind {
            DatumKind::Symbol(name) if name == "_" => Pattern {
                tag: None,
                span: head.span,
                binder: None,
            },
            DatumKind::Symbol(name) => Pattern {
                tag: Some(name),
                span: head.span,
                binder: None,
            },
            DatumKind::List(members) => match members.as_slice() {
                [tag] if tag.as_symbol().is_some() => Pattern {
                    tag: tag.as_symbol(),
                    span: tag.span,
                    binder: None,
                },
                [tag, binder] if tag.as_symbol().is_some() && binder.as_symbol().is_some() => {
                    Pattern {
                        tag: tag.as_symbol(),
                        span: tag.span,
                        binder: Some(Name::of(binder)),
                    }
                }
                _ => {
                    self.report(bad(head.span, "a pattern is `TAG`, `(TAG name)` or `_`"));
                    return None;
                }
            },
            DatumKind::Error => return None,
            _ => {
                self.report(bad(head.span, "a pattern is `TAG`, `(TAG name)` or `_`"));
                return None;
            }
        };
        Some((pattern, body))
    }

    /// The case that a pattern names, by its tag or as `Enum.tag`.
    fn case_of(&mut self, id: TypeId, tag: &str, span: Span, cases: &[String]) -> Option<usize> {
        let own = &self.world.types.def(id).name.text;
        let bare = tag
            .rsplit_once('.')
            .filter(|(prefix, _)| {
                *prefix == own
                    || prefix.ends_with(&format!(".{own}"))
                    || prefix.ends_with(&format!("/{own}"))
            })
            .map_or(tag, |(_, bare)| bare);
        let found = cases.iter().position(|case| case == bare);
        if found.is_none() {
            let diagnostic = messages::unknown_case(&self.world.types, id, tag, span);
            self.report(diagnostic);
        }
        found
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one arm")]
    fn arm_body(
        &mut self,
        subject: &Expr,
        path: Option<&str>,
        id: Option<TypeId>,
        index: Option<usize>,
        pattern: &Pattern<'_>,
        body: &Datum,
        want: &Want,
    ) -> (Expr, Option<usize>) {
        self.scoped(|this| {
            let union = id.filter(|id| this.world.types.variants(*id).is_some());
            if let (Some(union), Some(variant), Some(path)) = (union, index, path) {
                let mut segments = path.split('.').map(str::to_owned);
                let first = segments.next().unwrap_or_default();
                let whole = this.local(path, subject.span);
                let var = whole.or_else(|| this.local(&first, subject.span));
                if let Some(var) = var {
                    let path = if whole.is_some() {
                        Vec::new()
                    } else {
                        segments.collect()
                    };
                    this.assume(vec![Fact {
                        place: Place { var, path },
                        of: Of::Union(union),
                        cases: [variant].into(),
                    }]);
                }
            }
            let binder = pattern.binder.as_ref().map(|name| {
                let ty = match (union, index) {
                    (Some(union), Some(variant)) => Ty::Case(union, variant),
                    (None, Some(_)) => subject.ty.clone(),
                    _ => Ty::Error,
                };
                let var = this.world.var(name.clone(), ty);
                this.locals.push(Local {
                    name: name.text.clone(),
                    var,
                });
                var
            });
            (this.expr(body, want), binder)
        })
    }

    /// Reports the cases that have no arm. True when there are any.
    fn uncovered(
        &mut self,
        span: Span,
        id: TypeId,
        subject: &Expr,
        arms: &[Datum],
        cases: &[String],
        seen: &[(String, Span)],
    ) -> bool {
        let missing: Vec<&str> = cases
            .iter()
            .filter(|case| !seen.iter().any(|(name, _)| name == *case))
            .map(String::as_str)
            .collect();
        if missing.is_empty() {
            return false;
        }
        let after = arms.last().map_or(subject.span, |arm| arm.span);
        let diagnostic = messages::uncovered(
            &self.world.types,
            id,
            &missing,
            span,
            subject.span,
            after,
            self.sources,
        );
        self.report(diagnostic);
        true
    }
}
