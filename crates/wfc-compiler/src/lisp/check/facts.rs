//! What conditions and patterns show: of which cases a value can still be.

use std::collections::BTreeSet;

use wfc_ir::{Prim, VARIANT_KEY, Value};

use super::Checker;
use crate::lisp::hir::{Expr, ExprKind, VarId};
use crate::lisp::types::{Ty, TypeId, Types};

/// A variable, or a field of a field of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) var: VarId,
    pub(super) path: Vec<String>,
}

/// The cases of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    /// `false` and `true`.
    Bool,
    /// `none`, and that something is there.
    Optional,
    /// The words of an enum.
    Enum(TypeId),
    /// The variants of a union.
    Union(TypeId),
    /// The names of the variants of a union.
    Tag(TypeId),
}

/// The index of the case of an optional value that is there.
pub(super) const SOME: usize = 1;

/// The cases that a value can still be of.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) place: Place,
    pub(super) of: Of,
    pub(super) cases: BTreeSet<usize>,
}

/// What follows when a condition holds, and when it does not.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) yes: Vec<Fact>,
    pub(super) no: Vec<Fact>,
}

/// The variable or field that an expression reads.
pub(super) fn place(expr: &Expr) -> Option<Place> {
    match &expr.kind {
        ExprKind::Var(var) => Some(Place {
            var: *var,
            path: Vec::new(),
        }),
        ExprKind::Get(base, field) => {
            let mut place = place(base)?;
            place.path.push(field.clone());
            Some(place)
        }
        _ => None,
    }
}

/// How many cases there are.
pub(super) fn count(types: &Types, of: Of) -> usize {
    match of {
        Of::Bool | Of::Optional => 2,
        Of::Enum(id) => types.words(id).map_or(0, <[_]>::len),
        Of::Union(id) | Of::Tag(id) => types.tags(id).count(),
    }
}

/// What a condition shows.
pub(super) fn of_condition(types: &Types, cond: &Expr) -> Facts {
    let one = |of: Of, case: usize, place: Place| {
        let others = (0..count(types, of)).filter(|other| *other != case);
        let no = Fact {
            place: place.clone(),
            of,
            cases: others.collect(),
        };
        let yes = Fact {
            place,
            of,
            cases: BTreeSet::from([case]),
        };
        Facts {
            yes: vec![yes],
            no: vec![no],
        }
    };
    match &cond.kind {
        ExprKind::Prim(Prim::Not, args) => match args.as_slice() {
            [arg] => of_condition(types, arg).opposite(),
            _ => Facts::default(),
        },
        ExprKind::Prim(Prim::And, args) => {
            let parts = args.iter().map(|arg| of_condition(types, arg));
            together(parts.collect())
        }
        ExprKind::Prim(Prim::Or, args) => {
            let parts = args.iter().map(|arg| of_condition(types, arg).opposite());
            together(parts.collect()).opposite()
        }
        ExprKind::Prim(Prim::IsSome, args) => match args.first().and_then(place) {
            Some(place) => one(Of::Optional, SOME, place),
            None => Facts::default(),
        },
        ExprKind::Prim(prim @ (Prim::Eq | Prim::Ne), args) => {
            let found = match args.as_slice() {
                [a, b] => comparison(types, a, b).or_else(|| comparison(types, b, a)),
                _ => None,
            };
            match found {
                Some((of, case, place)) if *prim == Prim::Eq => one(of, case, place),
                Some((of, case, place)) => one(of, case, place).opposite(),
                None => Facts::default(),
            }
        }
        _ if cond.ty == Ty::Bool => match place(cond) {
            Some(place) => one(Of::Bool, 1, place),
            None => Facts::default(),
        },
        _ => Facts::default(),
    }
}

/// A place that is compared with a word.
fn comparison(types: &Types, left: &Expr, right: &Expr) -> Option<(Of, usize, Place)> {
    let ExprKind::Lit(Value::String(word)) = &right.kind else {
        return None;
    };
    let mut place = place(left)?;
    match left.ty {
        Ty::Tag(id) => {
            if place.path.pop().as_deref() != Some(VARIANT_KEY) {
                return None;
            }
            Some((Of::Union(id), types.tag(id, word)?, place))
        }
        Ty::Named(id) => {
            let words = types.words(id)?;
            let case = words.iter().position(|w| w.text == *word)?;
            Some((Of::Enum(id), case, place))
        }
        _ => None,
    }
}

/// What follows when all of some conditions hold, and when one does not.
fn together(parts: Vec<Facts>) -> Facts {
    let mut all = Facts::default();
    // When one fails, only what each of them says when it fails is known.
    if let Some((first, rest)) = parts.split_first() {
        for fact in &first.no {
            let mut cases = fact.cases.clone();
            let everywhere = rest.iter().all(|part| {
                let other = part.no.iter().find(|f| f.place == fact.place);
                cases.extend(other.iter().flat_map(|f| &f.cases));
                other.is_some()
            });
            if everywhere {
                let fact = fact.clone();
                all.no.push(Fact { cases, ..fact });
            }
        }
    }
    all.yes = parts.into_iter().flat_map(|part| part.yes).collect();
    all
}

impl Facts {
    fn opposite(self) -> Self {
        Facts {
            yes: self.no,
            no: self.yes,
        }
    }
}

impl Checker<'_, '_> {
    /// Takes facts for true until the end of the scope.
    pub(super) fn assume(&mut self, facts: Vec<Fact>) {
        for mut fact in facts {
            if let Some(known) = self.known_of(&fact.place) {
                fact.cases.retain(|case| known.cases.contains(case));
            }
            self.facts.push(fact);
        }
    }

    /// What is known of a place.
    pub(super) fn known_of(&self, place: &Place) -> Option<&Fact> {
        self.facts.iter().rev().find(|fact| fact.place == *place)
    }

    /// The type of what stands at a place, as far as it is known here.
    pub(super) fn narrowed(&self, place: &Place, ty: Ty) -> Ty {
        let Some(fact) = self.known_of(place) else {
            return ty;
        };
        match (fact.of, &ty) {
            (Of::Union(id), _) if fact.cases.len() == 1 => match fact.cases.first() {
                Some(case) => Ty::Case(id, *case),
                None => ty,
            },
            _ => ty,
        }
    }

    /// An optional value that is known to be there as the value itself. It
    /// stays an optional one until something else is wanted.
    pub(super) fn there(&self, value: Expr) -> Expr {
        match self.item_there(&value) {
            Some(ty) => Expr { ty, ..value },
            None => value,
        }
    }

    /// What an optional value is when it is known to be there.
    pub(super) fn item_there(&self, value: &Expr) -> Option<Ty> {
        let Ty::Optional(item) = &value.ty else {
            return None;
        };
        let place = place(value)?;
        let fact = self.known_of(&place)?;
        let is_there = fact.of == Of::Optional && fact.cases.iter().eq([&SOME]);
        is_there.then(|| (**item).clone())
    }

    /// Is there a place that can be of no case any more?
    pub(super) fn is_impossible(&self) -> bool {
        self.facts.iter().any(|fact| fact.cases.is_empty())
    }
}
