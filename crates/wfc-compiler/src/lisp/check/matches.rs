//! `match`: every value has an arm, every arm has a value, and each arm knows
//! what its pattern shows.

use std::collections::BTreeSet;

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::cover::{Cover, Form, Left};
use super::facts::{Fact, Place, place};
use super::patterns::{At, cases_of, top_cases};
use super::{Checker, Want};
use crate::lisp::hir::{Arm, Expr, ExprKind, Match, Pat};
use crate::lisp::messages;
use crate::lisp::types::Ty;

const SHAPE: &str = "(match value ((TAG name) result) (OTHER result) (_ result))";

/// An arm as written.
struct Written<'d> {
    pattern: &'d Datum,
    guard: Option<&'d Datum>,
    body: &'d Datum,
}

/// The arms that have been read.
struct Seen<'d> {
    /// The patterns of those that always take what fits.
    sure: Vec<(Form, &'d Datum)>,
    /// The cases that no arm has taken yet.
    left: Option<BTreeSet<usize>>,
}

impl Checker<'_, '_> {
    pub(super) fn match_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let Some((subject_datum, arms)) = args.split_first() else {
            let why = "there is no value to match";
            self.report(messages::shape(span, "match", SHAPE, why));
            return Expr::error(span);
        };
        let subject = self.expr(subject_datum, &Want::Any);
        if matches!(subject.ty, Ty::Provider | Ty::Prompt | Ty::Tail) {
            let diagnostic = messages::cannot_match(&self.world.types, &subject);
            self.report(diagnostic);
            return Expr::error(span);
        }
        let ty = subject.ty.clone();
        let of = cases_of(&self.world.types, &ty);
        let known = place(&subject).and_then(|place| self.known_of(&place).cloned());
        let mut seen = Seen {
            sure: Vec::new(),
            left: of.map(|of| match &known {
                Some(fact) => fact.cases.clone(),
                None => (0..super::facts::count(&self.world.types, of)).collect(),
            }),
        };
        // Of a known value the other cases need no arm.
        let ruled_out: Vec<Form> = match (&known, of) {
            (Some(fact), Some(of)) => (0..super::facts::count(&self.world.types, of))
                .filter(|case| !fact.cases.contains(case))
                .map(|case| {
                    let parts = Cover::new(&self.world.types).part_names(&ty, case).len();
                    Form::Case(case, vec![Form::Any; parts])
                })
                .collect(),
            _ => Vec::new(),
        };
        let mut checked: Vec<Arm> = Vec::new();
        let mut joined: Option<(Ty, Span)> = None;
        let mut broken = ty == Ty::Error;
        for arm in arms {
            let Some(written) = self.arm(arm) else {
                broken = true;
                continue;
            };
            let (arm, fine) = self.scoped(|this| {
                let pattern = this.arm_pattern(&subject, &written, &mut seen);
                let guard = written.guard.map(|guard| {
                    let guard = this.guard(guard);
                    let facts = super::facts::of_condition(&this.world.types, &guard);
                    this.assume(facts.yes);
                    guard
                });
                let body = this.expr(written.body, want);
                let fine = body.ty != Ty::Error && !pattern.is_wrong();
                let fine = fine && guard.as_ref().is_none_or(|guard| guard.ty != Ty::Error);
                let span = written.pattern.span;
                (
                    Arm {
                        pattern,
                        span,
                        guard,
                        body,
                    },
                    fine,
                )
            });
            broken |= !fine;
            let (ty, fits) = self.joined(joined, &arm.body);
            joined = Some(ty);
            broken |= !fits;
            checked.push(arm);
        }
        if ty != Ty::Error {
            let rows = ruled_out
                .into_iter()
                .chain(seen.sure.into_iter().map(|(form, _)| form));
            broken |= self.uncovered(span, &subject, arms, &rows.collect::<Vec<_>>());
        }
        let ty = joined.map_or(Ty::Error, |(ty, _)| ty);
        let kind = if broken {
            ExprKind::Error
        } else {
            ExprKind::Match(Box::new(Match {
                subject,
                path: subject_datum.as_symbol().map(str::to_owned),
                arms: checked,
            }))
        };
        Expr { kind, ty, span }
    }

    /// The pattern of an arm, with the names and facts of the arm; reports an
    /// arm that takes nothing.
    fn arm_pattern<'d>(
        &mut self,
        subject: &Expr,
        written: &Written<'d>,
        seen: &mut Seen<'d>,
    ) -> Pat {
        let at = At {
            whole: true,
            alternative: false,
            depth: 0,
        };
        let ty = &subject.ty;
        let pattern = self.pattern(written.pattern, ty, at);
        let place = place(subject);
        if let Some(place) = &place {
            let mut facts = Vec::new();
            self.pattern_facts(&pattern, ty, place, &mut facts);
            self.narrow_to(&mut facts, place, seen.left.as_ref());
            self.assume(facts);
        }
        if pattern.is_wrong() && !pattern.is_meant() {
            return pattern;
        }
        let mut cover = Cover::new(&self.world.types);
        let form = cover.form(&pattern, ty);
        let sure: Vec<Form> = seen.sure.iter().map(|(form, _)| form.clone()).collect();
        if *ty != Ty::Error && !cover.is_useful(&sure, &form, ty) {
            let same = seen.sure.iter().find(|(other, _)| *other == form);
            let all = seen.sure.iter().find(|(other, _)| *other == Form::Any);
            let span = written.pattern.span;
            let diagnostic = match (same, all) {
                (_, Some((_, wildcard))) => messages::unreachable_arm(span, wildcard.span),
                (Some((_, first)), None) => messages::case_twice(&pattern, span, first.span),
                _ if form == Form::Any => messages::useless_wildcard(span),
                _ => messages::taken_before(span),
            };
            self.report(diagnostic);
        }
        if written.guard.is_none() {
            if let Some(of) = cases_of(&self.world.types, ty)
                && form.takes_whole_cases()
                && let Some(taken) = top_cases(&self.world.types, &pattern, of)
                && let Some(left) = &mut seen.left
            {
                left.retain(|case| !taken.contains(case));
            }
            seen.sure.push((form, written.pattern));
        }
        pattern
    }

    /// Of the cases that a pattern takes, those that came before are gone.
    fn narrow_to(&self, facts: &mut [Fact], place: &Place, left: Option<&BTreeSet<usize>>) {
        let Some(left) = left else {
            return;
        };
        for fact in facts.iter_mut().filter(|fact| fact.place == *place) {
            let rest: BTreeSet<usize> = fact.cases.intersection(left).copied().collect();
            // An arm that takes nothing is reported; what it reads is not.
            if !rest.is_empty() {
                fact.cases = rest;
            }
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

    /// Splits an arm into its pattern, its condition and its body.
    fn arm<'d>(&mut self, arm: &'d Datum) -> Option<Written<'d>> {
        let (at, why) = match arm.as_list() {
            Some([pattern, body]) => {
                return Some(Written {
                    pattern,
                    guard: None,
                    body,
                });
            }
            Some([pattern, key, guard, body]) if key.as_keyword() == Some("when") => {
                return Some(Written {
                    pattern,
                    guard: Some(guard),
                    body,
                });
            }
            Some([_, key, ..]) if key.as_keyword().is_some() => (
                key.span,
                "an arm with a condition is `(pattern :when condition result)`",
            ),
            Some([_, _, extra, ..]) => (
                extra.span,
                "an arm has one result; put several into `(do …)`",
            ),
            Some(_) => (arm.span, "an arm is a pattern and a result"),
            None if arm.kind == DatumKind::Error => return None,
            None => (arm.span, "an arm is a list"),
        };
        self.report(messages::shape(at, "match", SHAPE, why));
        None
    }

    /// Reports the values that have no arm. True when there are any.
    fn uncovered(&mut self, span: Span, subject: &Expr, arms: &[Datum], rows: &[Form]) -> bool {
        let types = &self.world.types;
        let mut cover = Cover::new(types);
        let left: Vec<Left> = cover.missing(rows, &subject.ty);
        let after = arms.last().map_or(subject.span, |arm| arm.span);
        let diagnostic = if cover.gave_up() {
            messages::unclear_match(subject.span)
        } else if left.is_empty() {
            return false;
        } else {
            let shown: Vec<(String, String)> = left
                .iter()
                .map(|left| (cover.show(left, &subject.ty), cover.arm(left, &subject.ty)))
                .collect();
            messages::uncovered(types, subject, &shown, span, after, self.sources)
        };
        self.report(diagnostic);
        true
    }
}
