//! `match`: a choice by a word where the cases have names, and otherwise by
//! the first arm that fits.

use indexmap::IndexMap;
use wfc_ir::{Block, Case, Cond, Expr as Ir, Op, Prim, VARIANT_KEY, Value, to_text};

use super::expr::result_of;
use super::names::token;
use super::{Lowerer, is_small, project};
use crate::lisp::hir::{Arm, Expr, Match, Pat};
use crate::lisp::messages;
use crate::lisp::types::{Ty, TypeKind};

/// How many arms may be tried one after the other: each nests in the one
/// before it.
pub(super) const MAX_TRIED: usize = 16;

/// The branch of everything else.
const DEFAULT: &str = "default";

/// How an arm is chosen.
enum Choice {
    /// By these words of the subject.
    Words(Vec<String>),
    /// It takes what is left.
    Rest,
}

impl Lowerer<'_> {
    pub(super) fn choice(&mut self, expr: &Expr, each: &Match, name: Option<&str>) -> Ir {
        let subject = self.parts(name, |this| this.expr(&each.subject, None));
        let default_name = match &each.path {
            Some(path) => format!("match_{}", path.replace('.', "_")),
            None => "match".to_owned(),
        };
        let own = name.unwrap_or(&default_name);
        let subject = if self.reads(each) == 0 || is_small(&subject) {
            subject
        } else {
            let span = each.subject.span;
            self.keep(subject, &each.subject.ty, &format!("{own}_subject"), span)
        };
        if let Some((there, missing)) = two_ways(each) {
            return self.there_or_not(expr, own, subject, there, missing);
        }
        let words: Option<Vec<Choice>> = each.arms.iter().map(by_word).collect();
        match words {
            Some(choices) => self.by_words(expr, each, own, subject, choices),
            None => self.by_trial(expr, each, own, subject),
        }
    }

    /// How often the arms and their conditions read the subject.
    fn reads(&self, each: &Match) -> u32 {
        let mut reads = 0;
        for arm in &each.arms {
            arm.pattern
                .each_name(&mut |var| reads += self.world.vars[var].uses);
            if by_word(arm).is_none() {
                reads += 1;
            }
        }
        reads
    }

    /// A match of an optional value: is it there?
    fn there_or_not(
        &mut self,
        expr: &Expr,
        own: &str,
        subject: Ir,
        there: &Arm,
        missing: &Arm,
    ) -> Ir {
        let cond = Cond::pure(Ir::prim(Prim::IsSome, vec![subject.clone()]));
        let again = subject.clone();
        self.branch(
            expr,
            own,
            cond,
            |this| {
                this.name_parts(&there.pattern, subject);
                this.expr(&there.body, None)
            },
            |this| {
                this.name_parts(&missing.pattern, again);
                this.expr(&missing.body, None)
            },
        )
    }

    /// Each arm is chosen by a word that the subject is or has.
    fn by_words(
        &mut self,
        expr: &Expr,
        each: &Match,
        own: &str,
        subject: Ir,
        choices: Vec<Choice>,
    ) -> Ir {
        let named = self.is_named(&each.subject.ty);
        let word = match &each.subject.ty {
            Ty::Case(..) => project(subject.clone(), VARIANT_KEY),
            Ty::Named(id) if self.world.types.variants(*id).is_some() => {
                project(subject.clone(), VARIANT_KEY)
            }
            Ty::Int | Ty::Bool => Ir::prim(Prim::ToText, vec![subject.clone()]),
            _ => subject.clone(),
        };
        let mut labels = Labels::default();
        let mut chosen: IndexMap<String, Ir> = IndexMap::new();
        let mut direct = named;
        let mut arms: Vec<(Option<String>, &Arm)> = Vec::new();
        for (arm, choice) in each.arms.iter().zip(choices) {
            let Choice::Words(words) = choice else {
                // What comes behind it is never chosen.
                arms.push((None, arm));
                break;
            };
            let fresh: Vec<String> = words
                .into_iter()
                .filter(|word| !chosen.contains_key(word))
                .collect();
            let Some(first) = fresh.first() else {
                continue;
            };
            direct &= fresh.len() == 1;
            let label = match named {
                true => labels.free(first),
                false => labels.free(&token(first)),
            };
            for word in fresh {
                chosen.insert(word, Ir::lit(label.as_str()));
            }
            arms.push((Some(label), arm));
        }
        let selector = if direct {
            word
        } else {
            let default = arms.iter().any(|(label, _)| label.is_none());
            Ir::Match {
                subject: Box::new(word),
                arms: chosen,
                default: default.then(|| Box::new(Ir::lit(DEFAULT))),
            }
        };
        self.chosen_arm(expr, own, &subject, selector, arms)
    }

    /// The first arm that fits is chosen.
    fn by_trial(&mut self, expr: &Expr, each: &Match, own: &str, subject: Ir) -> Ir {
        if each.arms.len() > MAX_TRIED {
            self.findings
                .push(messages::many_arms(each.arms[MAX_TRIED].span, MAX_TRIED));
            return Ir::lit(Value::Null);
        }
        let mut labels = Labels::default();
        let mut arms: Vec<(Option<String>, &Arm)> = Vec::new();
        let mut tests: Vec<(Option<Ir>, String)> = Vec::new();
        let count = each.arms.len();
        for (index, arm) in each.arms.iter().enumerate() {
            let pattern = self.test(&arm.pattern, &subject, &each.subject.ty);
            let guard = arm.guard.as_ref().map(|guard| {
                self.name_parts(&arm.pattern, subject.clone());
                self.pure_value("guard", |this| this.expr(guard, None))
            });
            let mut all: Vec<Ir> = Vec::new();
            pattern.into_iter().for_each(|test| conjoin(&mut all, test));
            guard.into_iter().for_each(|test| conjoin(&mut all, test));
            let sure = all.is_empty();
            let last = index + 1 == count;
            let test = match all.len() {
                0 => None,
                1 => all.pop(),
                _ => Some(Ir::prim(Prim::And, all)),
            };
            let rest = sure && arm.pattern.fits_all();
            let label = match rest {
                true => DEFAULT.to_owned(),
                false => labels.free(&label_of(&arm.pattern)),
            };
            // Together they take everything: the last one needs no test.
            tests.push((test.filter(|_| !last || arm.guard.is_some()), label.clone()));
            arms.push(((!rest).then_some(label), arm));
            if rest {
                break;
            }
        }
        let mut selector: Option<Ir> = None;
        for (test, label) in tests.into_iter().rev() {
            selector = Some(match (test, selector) {
                (Some(test), Some(otherwise)) => Ir::If {
                    cond: Box::new(test),
                    then: Box::new(Ir::lit(label)),
                    otherwise: Box::new(otherwise),
                },
                _ => Ir::lit(label),
            });
        }
        let selector = selector.unwrap_or(Ir::lit(Value::Null));
        self.chosen_arm(expr, own, &subject, selector, arms)
    }

    /// The arm whose label the selector gives; the one without a label for
    /// every other.
    fn chosen_arm(
        &mut self,
        expr: &Expr,
        own: &str,
        subject: &Ir,
        selector: Ir,
        arms: Vec<(Option<String>, &Arm)>,
    ) -> Ir {
        let ident = self.taken.free(&self.scope, own);
        let mut cases: Vec<Case> = Vec::new();
        let mut default: Option<Block> = None;
        for (label, arm) in arms {
            self.name_parts(&arm.pattern, subject.clone());
            let tag = label.as_deref().unwrap_or(DEFAULT);
            let scope = self.scope.branch(&ident, tag);
            let block = self.region(scope, |this| this.expr(&arm.body, None));
            match label {
                Some(tag) => cases.push(Case { tag, block }),
                None => default = Some(block),
            }
        }
        let blocks = || cases.iter().map(|case| &case.block).chain(&default);
        if blocks().all(|block| block.steps.is_empty()) {
            return Ir::Match {
                subject: Box::new(selector),
                arms: cases
                    .into_iter()
                    .map(|case| (case.tag, result_of(case.block)))
                    .collect(),
                default: default.map(|block| Box::new(result_of(block))),
            };
        }
        let hidden = self.all_hidden(blocks());
        for case in &cases {
            self.note_branch(&ident, &case.tag, hidden);
        }
        if default.is_some() {
            self.note_branch(&ident, DEFAULT, hidden);
        }
        let op = Op::Match {
            subject: selector,
            cases,
            default,
        };
        self.chosen(ident, op, expr, hidden)
    }

    /// Are the cases of the type words that may be parts of names?
    fn is_named(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Case(..) | Ty::Tag(_) => true,
            Ty::Named(id) => !matches!(self.world.types.def(*id).kind, TypeKind::Record(_)),
            _ => false,
        }
    }

    /// Gives the names of a pattern to the parts of a value that fits it.
    pub(super) fn name_parts(&mut self, pat: &Pat, value: Ir) {
        match pat {
            Pat::Bind(var, inner) => {
                self.reach.env.insert(*var, value.clone());
                self.name_parts(inner, value);
            }
            Pat::Some(inner) | Pat::Meant(inner) => self.name_parts(inner, value),
            Pat::Case(_, fields) | Pat::Record(fields) => {
                for (field, inner) in fields {
                    self.name_parts(inner, project(value.clone(), field));
                }
            }
            Pat::Error | Pat::Any | Pat::Const(_) | Pat::None | Pat::Or(_) => {}
        }
    }

    /// Does a value fit a pattern? Nothing when it always does.
    fn test(&self, pat: &Pat, value: &Ir, ty: &Ty) -> Option<Ir> {
        match pat {
            Pat::Error | Pat::Any => None,
            Pat::Bind(_, inner) | Pat::Meant(inner) => self.test(inner, value, ty),
            Pat::Const(constant) => Some(Ir::prim(
                Prim::Eq,
                vec![value.clone(), Ir::lit(constant.clone())],
            )),
            Pat::None => {
                let there = Ir::prim(Prim::IsSome, vec![value.clone()]);
                Some(Ir::prim(Prim::Not, vec![there]))
            }
            Pat::Some(inner) => {
                let mut all = vec![Ir::prim(Prim::IsSome, vec![value.clone()])];
                if let Ty::Optional(item) = ty {
                    let inner = self.test(inner, value, item);
                    inner.into_iter().for_each(|test| conjoin(&mut all, test));
                }
                Some(conjunction(all))
            }
            Pat::Case(tag, fields) => {
                let word = project(value.clone(), VARIANT_KEY);
                let mut all = vec![Ir::prim(Prim::Eq, vec![word, Ir::lit(tag.as_str())])];
                let variant = match ty {
                    Ty::Named(id) | Ty::Case(id, _) => self.world.types.tag(*id, tag),
                    _ => None,
                };
                self.test_fields(fields, value, ty, variant, &mut all);
                Some(conjunction(all))
            }
            Pat::Record(fields) => {
                let mut all = Vec::new();
                self.test_fields(fields, value, ty, None, &mut all);
                (!all.is_empty()).then(|| conjunction(all))
            }
            Pat::Or(pats) => {
                let tests: Option<Vec<Ir>> =
                    pats.iter().map(|pat| self.test(pat, value, ty)).collect();
                let mut tests = tests?;
                match tests.len() {
                    1 => tests.pop(),
                    _ => Some(Ir::prim(Prim::Or, tests)),
                }
            }
        }
    }

    fn test_fields(
        &self,
        fields: &[(String, Pat)],
        value: &Ir,
        ty: &Ty,
        variant: Option<usize>,
        all: &mut Vec<Ir>,
    ) {
        let (Ty::Named(id) | Ty::Case(id, _)) = ty else {
            return;
        };
        let declared = self.world.types.fields_of(*id, variant);
        for (name, pat) in fields {
            if let Some(field) = declared.iter().find(|field| field.name.text == *name) {
                let part = project(value.clone(), name);
                let test = self.test(pat, &part, &field.ty);
                test.into_iter().for_each(|test| conjoin(all, test));
            }
        }
    }
}

/// The arms of a match that only asks whether a value is there.
fn two_ways(each: &Match) -> Option<(&Arm, &Arm)> {
    fn is_there(pat: &Pat) -> bool {
        match pat {
            Pat::Bind(_, inner) => is_there(inner),
            Pat::Some(inner) => inner.fits_all(),
            _ => false,
        }
    }
    fn is_missing(pat: &Pat) -> bool {
        match pat {
            Pat::Bind(_, inner) => is_missing(inner),
            pat => matches!(pat, Pat::None),
        }
    }
    if !matches!(each.subject.ty, Ty::Optional(_)) {
        return None;
    }
    let [first, second, ..] = each.arms.as_slice() else {
        return None;
    };
    if first.guard.is_some() || second.guard.is_some() {
        return None;
    }
    let (a, b) = (&first.pattern, &second.pattern);
    if is_there(a) && (is_missing(b) || b.fits_all()) {
        Some((first, second))
    } else if is_missing(a) && (is_there(b) || b.fits_all()) {
        Some((second, first))
    } else {
        None
    }
}

/// The words by which an arm is chosen, when it is chosen by words alone.
fn by_word(arm: &Arm) -> Option<Choice> {
    fn words(pat: &Pat, found: &mut Vec<String>) -> bool {
        match pat {
            Pat::Bind(_, inner) => words(inner, found),
            Pat::Const(value) => {
                found.push(to_text(value));
                true
            }
            Pat::Case(tag, fields) => {
                found.push(tag.clone());
                fields.iter().all(|(_, pat)| pat.fits_all())
            }
            Pat::Or(all) => all.iter().all(|pat| words(pat, found)),
            _ => false,
        }
    }
    if arm.guard.is_some() {
        return None;
    }
    if arm.pattern.fits_all() {
        return Some(Choice::Rest);
    }
    let mut found = Vec::new();
    words(&arm.pattern, &mut found).then_some(Choice::Words(found))
}

/// Adds a test, the parts of a conjunction one by one.
fn conjoin(all: &mut Vec<Ir>, test: Ir) {
    match test {
        Ir::Prim {
            prim: Prim::And,
            args,
        } => all.extend(args),
        test => all.push(test),
    }
}

fn conjunction(mut all: Vec<Ir>) -> Ir {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            Ir::prim(Prim::And, all)
        }
        (_, None) => Ir::lit(true),
    }
}

/// What the branch of an arm is called.
fn label_of(pat: &Pat) -> String {
    match pat {
        Pat::Bind(_, inner) | Pat::Meant(inner) => label_of(inner),
        Pat::Case(tag, _) => tag.clone(),
        Pat::Const(value) => token(&to_text(value)),
        Pat::Some(_) => "some".to_owned(),
        Pat::None => "none".to_owned(),
        Pat::Record(_) => "record".to_owned(),
        Pat::Or(all) => all.first().map_or_else(|| "or".to_owned(), label_of),
        Pat::Any | Pat::Error => "case".to_owned(),
    }
}

/// The labels of the arms of one match.
#[derive(Default)]
struct Labels {
    taken: Vec<String>,
}

impl Labels {
    fn free(&mut self, wanted: &str) -> String {
        let mut label = wanted.to_owned();
        let mut count = 1;
        while label == DEFAULT || self.taken.contains(&label) {
            count += 1;
            label = format!("{wanted}_{count}");
        }
        self.taken.push(label.clone());
        label
    }
}
