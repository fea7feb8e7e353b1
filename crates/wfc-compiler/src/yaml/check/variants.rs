//! Variants: which one is certain where, which one a step needs, and which
//! file tells one from the others.

use wfc_diag::{Span, codes};
use wfc_ir::Type;

use super::types::{self, Artifact};
use super::{At, Checker, Spot};
use crate::yaml::hir::{Exec, From, Path, PreSnapshot, Ref, RequiresVariant, Select, Step};
use crate::yaml::index::{Entry, Scope};
use crate::yaml::messages;

/// A variant that is certain, and where that is said.
struct Proof<'a> {
    variant: &'a str,
    span: Span,
}

impl<'a> Checker<'a> {
    /// Reports a field of one variant that is read where the variant is not
    /// certain.
    pub(super) fn proved(
        &mut self,
        producer: &Entry<'a>,
        field: &Artifact<'a>,
        artifacts: &[Artifact<'a>],
        span: Span,
        spot: Spot,
    ) {
        let proofs = self.proofs(producer.step.ix, spot);
        let fits = |proof: &Proof<'_>| field.variants.contains(&proof.variant);
        if proofs.iter().any(fits) {
            return;
        }
        let discriminant = artifacts.first().map_or("", |artifact| artifact.name);
        let declared = (field.name, field.span);
        if let Some(proof) = proofs.first() {
            self.report(messages::other_variant(
                span,
                declared,
                &field.variants,
                discriminant,
                (proof.variant, proof.span),
            ));
            return;
        }
        let step = producer.step.name.value.as_str();
        let found = messages::unproved_variant(span, declared, &field.variants, discriminant, step);
        if let At::Guard(_) = spot.at {
            self.report(messages::guard_comes_first(found));
            return;
        }
        let only = match field.variants.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        // Where no step reads it, no step can need it.
        let reader = match spot.at {
            At::Step(ix) => self.index.step(ix).map(|entry| entry.step),
            At::Guard(_) | At::End | At::Condition => None,
        };
        let reader = reader.filter(|reader| {
            let is_branch = matches!(reader.exec, Exec::If { .. } | Exec::Match { .. });
            reader.requires.is_none() && !is_branch
        });
        let sees = |name: &str| {
            let found = self.index.find(spot.scope, From::Around, name);
            found.is_ok_and(|(ix, read)| ix == producer.step.ix && read.is_empty())
        };
        self.report(match (only, reader) {
            (Some(variant), Some(reader)) if sees(step) => {
                messages::require_variant(found, reader.first_key, step, variant)
            }
            _ => found,
        });
    }

    /// The variants of `step` that are certain at `spot`, innermost first.
    fn proofs(&self, step: usize, spot: Spot) -> Vec<Proof<'a>> {
        let mut proofs = Vec::new();
        if let At::Step(reader) = spot.at
            && let Some(entry) = self.index.step(reader)
        {
            proofs.extend(self.proof_of_need(step, entry.step, entry.scope));
        }
        proofs.extend(self.proofs_around(step, spot.scope));
        proofs
    }

    /// The variants that the statements around `scope` make certain.
    fn proofs_around(&self, step: usize, scope: usize) -> Vec<Proof<'a>> {
        let mut proofs = Vec::new();
        let mut scope = Some(scope);
        while let Some(around) = scope.and_then(|ix| self.index.scope(ix)) {
            if let Some(owner) = around.owner.and_then(|owner| self.index.step(owner)) {
                proofs.extend(self.proof_of_case(step, owner, around));
                proofs.extend(self.proof_of_need(step, owner.step, owner.scope));
            }
            scope = around.parent;
        }
        proofs
    }

    /// A case says which variant it is.
    fn proof_of_case(
        &self,
        step: usize,
        owner: &Entry<'a>,
        inside: &Scope<'a>,
    ) -> Option<Proof<'a>> {
        let Exec::Match { subject, cases, .. } = &owner.step.exec else {
            return None;
        };
        let (case, _) = cases.iter().find(|(_, b)| b.ix == inside.block.ix)?;
        (self.discriminant_of(subject, owner.scope)? == step).then_some(Proof {
            variant: &case.value,
            span: case.span,
        })
    }

    /// A step that needs a variant has it.
    fn proof_of_need(&self, step: usize, reader: &'a Step, scope: usize) -> Option<Proof<'a>> {
        let requires = reader.requires.as_ref()?;
        (self.needed(requires, scope)? == step).then_some(Proof {
            variant: &requires.variant.value,
            span: requires.variant.span,
        })
    }

    /// The step that is named, when it is one that gives a variant.
    fn needed(&self, requires: &RequiresVariant, scope: usize) -> Option<usize> {
        let name = &requires.step.value;
        let (ix, read) = self.index.find(scope, From::Around, name).ok()?;
        let gives = self.index.step(ix)?.step.variants().is_some();
        (gives && read.is_empty()).then_some(ix)
    }

    /// The step whose discriminant `subject` reads, seen from `scope`.
    fn discriminant_of(&self, subject: &Ref, scope: usize) -> Option<usize> {
        let Path::Step { from, rest } = &subject.path else {
            return None;
        };
        let (ix, read) = self.index.find(scope, *from, rest).ok()?;
        let contract = self.index.step(ix)?.step.variants()?;
        let discriminant = contract.discriminant.name.value.as_str();
        (read.strip_prefix("artifacts.") == Some(discriminant)).then_some(ix)
    }

    pub(super) fn requires(&mut self, requires: &'a RequiresVariant, spot: Spot) {
        let name = &requires.step;
        let (ix, read) = match self.index.find(spot.scope, From::Around, &name.value) {
            Ok(found) => found,
            Err(lost) => {
                self.lost(lost, &name.value, name.span, (spot, From::Around));
                return;
            }
        };
        if !read.is_empty() {
            let found = messages::bad_reference(
                name.span,
                "`step` names a step, and nothing of it",
                "more than a step",
            );
            let end = name.value.len() - read.len() - 1;
            let step = name.value.get(..end).unwrap_or_default();
            self.report(messages::write(found, name.span, step));
            return;
        }
        let Some(producer) = self.index.step(ix).map(|entry| entry.step) else {
            return;
        };
        self.order(ix, name.span, spot);
        let Some(contract) = producer.variants() else {
            if !matches!(producer.exec, Exec::Unknown) {
                let place = producer.name.span;
                self.report(messages::gives_no_variant(name.span, &name.value, place));
            }
            return;
        };
        let variant = &requires.variant;
        let known = contract.variants.iter().map(|v| v.name.value.as_str());
        if !known.clone().any(|known| known == variant.value) {
            self.report(messages::unknown_case(
                variant.span,
                &variant.value,
                &contract.discriminant.name.value,
                known,
                Some(contract.discriminant.declared.span),
            ));
            return;
        }
        let around = self.proofs_around(ix, spot.scope);
        if let Some(other) = around.iter().find(|p| p.variant != variant.value) {
            self.report(messages::contradiction(
                variant.span,
                &variant.value,
                &name.value,
                (other.variant, other.span),
            ));
        }
    }

    pub(super) fn snapshot(&mut self, snapshot: &PreSnapshot, spot: Spot) {
        for (word, path) in &snapshot.candidates {
            let Some(found) = self.reference(path, spot) else {
                continue;
            };
            if !matches!(found.ty, Type::Path { .. }) {
                let what = format!("the candidate `{}`", word.value);
                let shown = types::shown(&found.ty);
                let wrong = messages::mismatch(path.span, &what, "a relpath", &shown, None);
                self.report(match found.declared {
                    Some(declared) => wrong.also(declared, "declared here"),
                    None => wrong,
                });
            }
        }
    }

    pub(super) fn select(&mut self, select: &Select, spot: Spot) {
        self.text(&select.contract.path, spot);
        let Some(evidence) = &select.evidence else {
            return;
        };
        let Path::Step { from, rest } = &evidence.path else {
            self.report(messages::no_snapshot(evidence.span));
            return;
        };
        let (ix, read) = match self.index.find(spot.scope, *from, rest) {
            Ok(found) => found,
            Err(lost) => {
                self.lost(lost, rest, evidence.tail, (spot, *from));
                return;
            }
        };
        self.order(ix, evidence.tail, spot);
        let Some(name) = read.strip_prefix("snapshots.") else {
            self.report(messages::no_snapshot(evidence.span));
            return;
        };
        let Some(step) = self.index.step(ix).map(|entry| entry.step) else {
            return;
        };
        if matches!(step.exec, Exec::Unknown) {
            return;
        }
        let snapshot = step.process().and_then(|p| p.snapshot.as_ref());
        let Some(snapshot) = snapshot.filter(|s| s.name.value == name) else {
            let known = snapshot.map(|snapshot| snapshot.name.value.as_str());
            let start = rest.len() - name.len();
            let (span, exact) = super::refs::part(evidence.tail, rest, start, rest.len());
            let found = messages::unknown(codes::UNKNOWN_NAME, span, "snapshot", name, known)
                .also(step.name.span, "of this step");
            self.report(super::refs::fixable(found, exact));
            return;
        };
        let candidate = |word: &str| snapshot.candidates.iter().any(|(c, _)| c.value == word);
        let variants = &select.contract.variants;
        for variant in variants.iter().filter(|v| !candidate(&v.name.value)) {
            self.report(messages::no_candidate(
                variant.name.span,
                &variant.name.value,
                (&snapshot.name.value, snapshot.name.span),
            ));
        }
        for (word, _) in &snapshot.candidates {
            if !variants.iter().any(|v| v.name.value == word.value) {
                self.report(messages::no_variant_for(
                    evidence.span,
                    &word.value,
                    word.span,
                ));
            }
        }
    }
}
