//! What the IR of a program looks like: ids, keys, contracts, places.

use wfc_ir::{OriginKind, Program};

use crate::harness::check;

/// Each step as `id | key | step_id | kind`, `-` before hidden ones.
fn steps(program: &Program) -> String {
    let mut text = String::new();
    for (name, workflow) in &program.workflows {
        text.push_str(&format!("{name}\n"));
        let notes = &program.notes[name];
        for step in workflow.steps() {
            let shown = &notes.shown[&step.id];
            let mark = if shown.hidden { "-" } else { " " };
            text.push_str(&format!(
                "{mark} {} | {} | {} | {}\n",
                step.id,
                shown.key,
                shown.step_id,
                step.op.keyword()
            ));
        }
    }
    text
}

const REVIEW: &str = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defenum Decision APPROVE REVISE)
  (defrecord Draft (text String))
  (defproc polish ((draft Draft) (n Int)) -> Draft
    (let* ((first (provider-result providers.writer :prompt prompts.fix :inputs (draft n) :returns Draft)))
      (provider-result providers.writer :prompt prompts.draft :inputs (first) :returns Draft)))
  (defworkflow helper ((n Int)) -> Int (* n 2))
  (defworkflow go ((title String) (n Int)) -> Draft
    (let* ((Draft-1 (provider-result providers.writer :prompt prompts.draft :inputs (title) :returns Draft))
           (twice (* n n))
           (revise (loop/recur :max 3 :state Draft-1
             (fn (current)
               (let* ((review (provider-result providers.critic :prompt prompts.review
                                :inputs (current) :returns Decision)))
                 (match review
                   (APPROVE (done current))
                   (REVISE (let* ((polish (polish current (+ twice twice))))
                     (continue polish)))))))))
      (do (call helper :n n)
          (call helper :n 1)
          (if (> n 1) (polish revise 1) revise)))))
";

#[test]
fn steps_are_named_by_their_bindings() {
    let compiled = check("review", REVIEW);
    let expected = "\
go
  draft_1 | Draft-1 | root.draft_1 | provider
- twice | twice | root.twice | compute
  revise | revise | root.revise | loop
  revise/review | revise[{0}].review | root.revise#{0}.body.review | provider
  revise/match_review | revise[{0}].match_review | root.revise#{0}.body.match_review | match
  revise/match_review.REVISE/polish/first | revise[{0}].match_review.REVISE.polish.first | root.revise#{0}.body.match_review.revise.polish.first | provider
  revise/match_review.REVISE/polish/draft | revise[{0}].match_review.REVISE.polish.draft | root.revise#{0}.body.match_review.revise.polish.draft | provider
  helper | helper | root.helper | call
  helper_2 | helper_2 | root.helper_2 | call
  if | if | root.if | if
  if.then/polish/first | if.then.polish.first | root.if.then.polish.first | provider
  if.then/polish/draft | if.then.polish.draft | root.if.then.polish.draft | provider
helper
";
    assert_eq!(steps(compiled.program.as_ref().unwrap()), expected);
}

#[test]
fn layout_and_comments_change_no_hash() {
    let plain = check("plain", REVIEW).program.unwrap();
    let spread = REVIEW
        .replace('\n', "\n\n ;; a note\n")
        .replace(" :", "\n      :");
    let spread = check("spread", &spread).program.unwrap();
    assert_eq!(plain.core_hash(), spread.core_hash());
}

#[test]
fn expanded_steps_know_where_they_were_called() {
    let program = check("review", REVIEW).program.unwrap();
    let notes = &program.notes["go"];
    let id = wfc_ir::StepId("if.then/polish/first".to_owned());
    let origin = &notes.origins[&id];
    assert_eq!(origin.kind, OriginKind::Expanded);
    assert_eq!((origin.place.line, origin.place.column), (5, 19));
    let via: Vec<(u32, u32)> = origin.via.iter().map(|p| (p.line, p.column)).collect();
    assert_eq!(via, [(21, 23)]);
}

#[test]
fn two_compilations_give_equal_bytes() {
    let one = check("one", REVIEW).program.unwrap();
    let two = check("two", REVIEW).program.unwrap();
    assert_eq!(
        serde_json::to_string(&one).unwrap(),
        serde_json::to_string(&two).unwrap()
    );
}

#[test]
fn the_checked_program_is_readable() {
    insta::assert_snapshot!(check("review", REVIEW).hir);
}

#[test]
fn contracts_follow_the_result_type() {
    let text = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defenum Word YES NO)
  (defpath Doc :under \"docs/\" :must-exist true)
  (defrecord Draft (text String :description \"the words\") (doc Doc))
  (defunion Outcome (DONE (draft Draft)) (IDLE))
  (defworkflow go ((n Int :default 2) (more Optional[Int] :default none)) -> Int
    (let* ((a (provider-result providers.critic :prompt \"Write.\" :inputs (n) :returns Draft :effort \"low\"))
           (b (command-result check :argv (\"bash\" \"check.sh\" n) :returns Outcome :bundle \"state/b.json\"))
           (c (command-result count :returns List[Word])))
      n)))
";
    let program = check("contracts", text).program.unwrap();
    insta::assert_snapshot!(wfc_ir::print_program(&program));
}
