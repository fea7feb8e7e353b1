//! Applying fixes to a text.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;

use crate::{Applicability, Edit, FileId, Fix};

/// A text after its fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The new text.
    pub text: String,
    /// How many fixes it contains.
    pub applied: usize,
    /// How many fixes of this file could have been applied but for an earlier
    /// one in their way. Check the new text and apply again to get those.
    pub postponed: usize,
}

/// Applies `fixes` to `text`, the content of `file`.
///
/// A fix is applied whole or not at all, and only if all its edits are in
/// `file` and none touches an edit of an earlier fix. [`Applicability::Unsafe`]
/// fixes are applied only with `allow_unsafe`, and
/// [`Applicability::DisplayOnly`] never.
pub fn apply_fixes<'a>(
    file: FileId,
    text: &str,
    fixes: impl IntoIterator<Item = &'a Fix>,
    allow_unsafe: bool,
) -> Fixed {
    let mut accepted = Accepted::default();
    let (mut applied, mut postponed) = (0, 0);
    for fix in fixes {
        let wanted = match fix.applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => allow_unsafe,
            Applicability::DisplayOnly => false,
        };
        if !wanted || !is_sound(file, text, fix) {
            continue;
        }
        if accepted.add(&fix.edits) {
            applied += 1;
        } else {
            postponed += 1;
        }
    }
    Fixed {
        text: accepted.apply(text),
        applied,
        postponed,
    }
}

/// Has the fix edits, all in the file and on character boundaries?
fn is_sound(file: FileId, text: &str, fix: &Fix) -> bool {
    let sound = |edit: &Edit| {
        edit.span.file == file
            && text
                .get(edit.span.start as usize..edit.span.end as usize)
                .is_some()
    };
    !fix.edits.is_empty() && fix.edits.iter().all(sound)
}

/// Disjoint edits by their start.
#[derive(Default)]
struct Accepted<'a> {
    edits: BTreeMap<u32, (u32, &'a str)>,
}

impl<'a> Accepted<'a> {
    /// Adds all of `edits`, or none if one of them is in conflict.
    fn add(&mut self, edits: &'a [Edit]) -> bool {
        for (number, edit) in edits.iter().enumerate() {
            if self.conflicts(edit) {
                for earlier in &edits[..number] {
                    self.edits.remove(&earlier.span.start);
                }
                return false;
            }
            self.edits
                .insert(edit.span.start, (edit.span.end, &edit.replacement));
        }
        true
    }

    /// Would `edit` overlap one that is here? Two that only touch are fine
    /// unless one is an insertion, when it is not clear which comes first.
    fn conflicts(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        let before: Range<'_, u32, _> = self.edits.range(..=end);
        before
            .rev()
            .take_while(|(_, (other_end, _))| *other_end >= start)
            .any(|(&other_start, &(other_end, _))| {
                let insertion = start == end || other_start == other_end;
                insertion || (start < other_end && other_start < end)
            })
    }

    fn apply(self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut done = 0;
        for (start, (end, replacement)) in self.edits {
            result.push_str(&text[done..start as usize]);
            result.push_str(replacement);
            done = end as usize;
        }
        result.push_str(&text[done..]);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    const FILE: FileId = FileId(0);

    fn fix(applicability: Applicability, edits: &[(usize, usize, &str)]) -> Fix {
        Fix {
            message: "mend".to_owned(),
            applicability,
            edits: edits
                .iter()
                .map(|&(start, end, replacement)| Edit {
                    span: Span::new(FILE, start, end),
                    replacement: replacement.to_owned(),
                })
                .collect(),
        }
    }

    #[track_caller]
    fn check(text: &str, fixes: &[Fix], allow_unsafe: bool, expected: (&str, usize, usize)) {
        let fixed = apply_fixes(FILE, text, fixes, allow_unsafe);
        assert_eq!(
            (fixed.text.as_str(), fixed.applied, fixed.postponed),
            expected
        );
    }

    #[test]
    fn edits_in_any_order() {
        use Applicability::Safe;
        let fixes = [
            fix(Safe, &[(4, 5, "Z"), (0, 1, "AA")]),
            fix(Safe, &[(5, 5, "!")]),
        ];
        // The insertion touches the end of the replacement: put off.
        check("a b c", &fixes, false, ("AA b Z", 1, 1));
        let fixes = [fix(Safe, &[(2, 3, "B")]), fix(Safe, &[(3, 4, "")])];
        check("a b c", &fixes, false, ("a Bc", 2, 0));
    }

    #[test]
    fn a_fix_is_whole_or_absent() {
        use Applicability::Safe;
        let fixes = [
            fix(Safe, &[(2, 3, "X")]),
            fix(Safe, &[(0, 1, "no"), (1, 4, "no")]),
            fix(Safe, &[(0, 1, "yes")]),
        ];
        check("abcd", &fixes, false, ("yesbXd", 2, 1));
    }

    #[test]
    fn the_same_fix_twice_counts_once() {
        let once = fix(Applicability::Safe, &[(1, 1, "-")]);
        check("ab", &[once.clone(), once], false, ("a-b", 1, 1));
    }

    #[test]
    fn applicability_is_obeyed() {
        let fixes = [
            fix(Applicability::Unsafe, &[(0, 1, "U")]),
            fix(Applicability::DisplayOnly, &[(1, 2, "D")]),
        ];
        check("ab", &fixes, false, ("ab", 0, 0));
        check("ab", &fixes, true, ("Ub", 1, 0));
    }

    #[test]
    fn unsound_edits_are_left_out() {
        use Applicability::Safe;
        // Past the end; inside a character; none at all.
        let fixes = [
            fix(Safe, &[(0, 9, "x")]),
            fix(Safe, &[(1, 2, "x")]),
            fix(Safe, &[]),
        ];
        check("é", &fixes, false, ("é", 0, 0));
    }
}
