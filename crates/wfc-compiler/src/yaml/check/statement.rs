//! Statements: branches that agree on their outputs, cases that cover their
//! subject, loops that can end.

use wfc_diag::Span;
use wfc_ir::Type;

use super::{At, Checker, Spot, types};
use crate::yaml::hir::{Block, Cond, Name, Operand, Path, Ref, Repeat, Test};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn branches(
        &mut self,
        cond: &Cond,
        then: &Block,
        otherwise: Option<&Block>,
        spot: Spot,
    ) {
        self.condition(cond, spot);
        match otherwise {
            Some(otherwise) => {
                self.same_outputs(&[("then", then), ("else", otherwise)]);
            }
            None => {
                if let Some(output) = then.outputs.first() {
                    self.report(messages::output_without_else(output.name.span));
                }
            }
        }
    }

    /// Every branch has the same outputs.
    fn same_outputs(&mut self, branches: &[(&str, &Block)]) {
        let Some(((first_word, first), rest)) = branches.split_first() else {
            return;
        };
        for (word, branch) in rest {
            let pairs = [
                (*first_word, *first, *word, *branch),
                (*word, *branch, *first_word, *first),
            ];
            for (owner_word, owner, other_word, other) in pairs {
                for output in &owner.outputs {
                    let name = &output.name.value;
                    if !other.outputs.iter().any(|o| o.name.value == *name) {
                        self.report(messages::output_sets_differ(
                            other.span,
                            other_word,
                            name,
                            (output.name.span, owner_word),
                        ));
                    }
                }
            }
            for output in &branch.outputs {
                let name = &output.name.value;
                let twin = first.outputs.iter().find(|o| o.name.value == *name);
                let (Some(own), Some(twin)) = (&output.declared.ty, twin) else {
                    continue;
                };
                let Some(other) = &twin.declared.ty else {
                    continue;
                };
                if !types::same_contract(own, other) {
                    self.report(messages::output_types_differ(
                        output.name.span,
                        name,
                        &types::shown(own),
                        (twin.name.span, &types::shown(other)),
                    ));
                }
            }
        }
    }

    pub(super) fn cases(
        &mut self,
        subject: &Ref,
        (cases_span, indent): (Span, Option<usize>),
        cases: &[(Name, Block)],
        spot: Spot,
    ) {
        let blocks: Vec<(&str, &Block)> = cases
            .iter()
            .map(|(case, block)| (case.value.as_str(), block))
            .collect();
        self.same_outputs(&blocks);
        let Some(found) = self.reference(subject, spot) else {
            return;
        };
        let Type::Enum { allowed } = &found.ty else {
            let shown = types::shown(&found.ty);
            let what = "the subject of a `match`";
            let mut wrong = messages::mismatch(subject.span, what, "an enum", &shown, None);
            if let Some(declared) = found.declared {
                wrong = wrong.also(declared, "declared here");
            }
            self.report(wrong);
            return;
        };
        let missing: Vec<&str> = allowed
            .iter()
            .map(String::as_str)
            .filter(|word| !cases.iter().any(|(case, _)| case.value == *word))
            .collect();
        for (case, _) in cases {
            if !allowed.contains(&case.value) {
                self.report(messages::unknown_case(
                    case.span,
                    &case.value,
                    &subject.text,
                    missing.iter().copied(),
                    found.declared,
                ));
            }
        }
        // A misspelt case is one mistake, not two.
        let meant: Vec<&str> = cases
            .iter()
            .filter(|(case, _)| !allowed.contains(&case.value))
            .filter_map(|(case, _)| wfc_diag::nearest(&case.value, missing.iter().copied()))
            .collect();
        let missing: Vec<&str> = missing
            .into_iter()
            .filter(|word| !meant.contains(word))
            .collect();
        if !missing.is_empty() {
            let first = cases.first().map(|(case, _)| case.span);
            let arms = first.zip(indent);
            self.report(messages::uncovered(
                cases_span,
                &subject.text,
                &missing,
                found.declared,
                arms,
            ));
        }
    }

    pub(super) fn repeat(&mut self, repeat: &Repeat) {
        let spot = Spot {
            scope: repeat.body.ix,
            at: At::Condition,
        };
        self.condition(&repeat.until, spot);
        let readable = !matches!(repeat.until.test, Test::Unknown);
        if readable && !reads_output(&repeat.until) {
            self.report(messages::condition_ignores_loop(repeat.until.span));
        }
        for (name, value) in repeat.exhausted.iter().flatten() {
            let outputs = &repeat.body.outputs;
            match outputs.iter().find(|o| o.name.value == name.value) {
                None => {
                    let known = outputs.iter().map(|o| o.name.value.as_str());
                    self.report(messages::unknown(
                        wfc_diag::codes::UNKNOWN_NAME,
                        name.span,
                        "output of the loop",
                        &name.value,
                        known,
                    ));
                }
                Some(output) => match &output.declared.ty {
                    Some(Type::Path { .. }) => {
                        self.report(messages::override_of_path(name.span, output.name.span));
                    }
                    Some(ty) => {
                        let what = format!("the output `{}`", name.value);
                        self.literal(value, &what, ty, Some(output.name.span));
                    }
                    None => {}
                },
            }
        }
    }
}

/// Does the condition look at what the loop gave?
fn reads_output(cond: &Cond) -> bool {
    let is_output = |reference: &Ref| matches!(reference.path, Path::Output(_));
    match &cond.test {
        Test::Bool(subject) | Test::Score { subject, .. } => is_output(subject),
        Test::Compare { left, right, .. } => [left, right].into_iter().any(|operand| {
            matches!(operand, Operand::Unknown)
                || matches!(operand, Operand::Ref(reference) if is_output(reference))
        }),
        Test::All(all) | Test::Any(all) => all.iter().any(reads_output),
        Test::Not(inner) => reads_output(inner),
        Test::Unknown => true,
        Test::Equals { .. } | Test::Exists { .. } | Test::NotExists { .. } => false,
    }
}
