//! Everything composes: each shape of program compiles, in each nesting.

use crate::harness::check;

/// What the programs of this file share.
const PRELUDE: &str = "
  (defenum Decision APPROVE REVISE BLOCKED)
  (defpath Doc :kind relpath :under \"docs\" :must-exist false)
  (defrecord Draft (text String) (doc Doc))
  (defrecord Inner (n Int) (label String))
  (defrecord Outer (inner Inner) (flag Bool))
  (defunion Outcome (DONE (draft Draft)) (STUCK (why String) (tries Int)) (IDLE))
  (defrecord Report (outcome Outcome) (rounds Int))
  (defproc write ((title String)) -> Draft
    (provider-result providers.writer :prompt prompts.draft :inputs (title) :returns Draft))
  (defproc judge ((draft Draft)) -> Decision
    (provider-result providers.critic :prompt prompts.review :inputs (draft) :returns Decision))
  (defproc tell ((draft Draft)) -> Outcome
    (provider-result providers.critic :prompt prompts.note :inputs (draft.doc) :returns Outcome))
  (defproc passed () -> Bool
    (command-result check :argv (\"bash\" \"check.sh\") :returns Bool))
  (defproc count ((text String)) -> Int
    (command-result count :argv (\"bash\" \"count.sh\" text) :returns Int))
  (defworkflow draft-one ((title String) (limit Int :default 3)) -> Draft
    (write title))
  (defworkflow sized ((outer Outer)) -> Int
    (+ outer.inner.n 1))
";

/// A workflow `go (title String) (n Int) (flag Bool)` with this result and
/// body compiles.
#[track_caller]
fn row(name: &str, result: &str, body: &str) {
    let text = format!(
        "(workflow-lisp (:language \"1.0\") (defmodule main) (export go){PRELUDE}
  (defworkflow go ((title String) (n Int) (flag Bool)) -> {result}
    {body}))
"
    );
    let compiled = check(name, &text);
    let program = compiled.program.unwrap();
    assert_eq!(program.entry, "go");
}

#[test]
fn conditions() {
    row(
        "effectful if in if",
        "Draft",
        "(if flag (if (> n 1) (write title) (write \"b\")) (if (< n 0) (write \"c\") (write \"d\")))",
    );
    row("pure if in if", "Int", "(if flag (if (> n 1) 1 2) 3)");
    row(
        "match in if",
        "String",
        "(if flag (match (tell (write title)) ((DONE d) d.draft.text) ((STUCK s) s.why) (_ \"\")) \"no\")",
    );
    row("effect in a condition", "Int", "(if (passed) 1 2)");
    row(
        "effects in and, or, not, or-else",
        "Bool",
        "(or (and flag (passed) (> n 1)) (not (passed)) (and (passed) (passed)))",
    );
    row(
        "effect in or-else",
        "Int",
        "(or-else (if flag (some 1) none) (count title))",
    );
    row(
        "if in a record field",
        "Inner",
        "(record Inner :n (if flag 1 (count title)) :label (if flag \"a\" \"b\"))",
    );
}

#[test]
fn matches() {
    row(
        "if in match",
        "Int",
        "(match (tell (write title))
           ((DONE d) (if flag (count d.draft.text) 1))
           ((STUCK s) (if (> s.tries 2) (count s.why) s.tries))
           (IDLE 0))",
    );
    row(
        "match in match, three deep",
        "Int",
        "(let* ((draft (write title)))
           (match (judge draft)
             (APPROVE (match (judge draft)
               (REVISE (match (tell draft) ((STUCK s) s.tries) (_ (count title))))
               (_ 2)))
             ((BLOCKED) 4)
             (Decision.REVISE 5)))",
    );
    row(
        "the subject itself is proved",
        "Int",
        "(let* ((outcome (tell (write title))))
           (match outcome (STUCK outcome.tries) ((DONE d) (count outcome.draft.text)) (IDLE 1)))",
    );
    row(
        "a field of a record is proved",
        "Int",
        "(let* ((report (record Report :outcome (tell (write title)) :rounds n)))
           (match report.outcome (STUCK report.outcome.tries) (_ report.rounds)))",
    );
    row(
        "pure match of a value that is made",
        "Int",
        "(match (if flag (variant Outcome STUCK :why title :tries n) (variant Outcome IDLE))
           ((STUCK s) (+ s.tries s.tries)) (_ 0))",
    );
}

#[test]
fn loops() {
    row(
        "loop after an effect",
        "Int",
        "(let* ((draft (write title)))
           (loop/recur :max 3 :state draft :on-exhausted 0
             (fn (st) (match (judge st)
               (APPROVE (done (count st.text)))
               (_ (let* ((next (write st.text))) (continue next)))))))",
    );
    row(
        "loop in match",
        "Int",
        "(match (judge (write title))
           (APPROVE 1)
           (REVISE (loop/recur :max 2 :state 0 :on-exhausted 9
             (fn (i) (if (passed) (done i) (continue (+ i 1))))))
           (BLOCKED 3))",
    );
    row(
        "loop in loop in match in loop",
        "Int",
        "(loop/recur :max 2 :state n :on-exhausted 0
           (fn (a)
             (match (judge (write title))
               (APPROVE
                 (let* ((inner (loop/recur :max 3 :state a :on-exhausted a
                   (fn (b) (let* ((deep (loop/recur :max 4 :state (+ a b) :on-exhausted b
                                     (fn (c) (if (passed) (done c) (continue (+ c b a)))))))
                             (if (> deep 10) (done deep) (continue (+ b deep))))))))
                   (done inner)))
               (_ (continue (+ a 1))))))",
    );
    row(
        "computed bound",
        "Int",
        "(loop/recur :max (+ n 1) :state 0 :on-exhausted 1 (fn (i) (if (> i 2) (done i) (continue (+ i 1)))))",
    );
    row(
        "bound, state and end with effects",
        "Int",
        "(loop/recur :max (count title) :state (count title) :on-exhausted (count (string/from-int st))
           (fn (st) (if (passed) (done st) (continue (+ st (count \"x\"))))))",
    );
    row(
        "the end needs steps and a loop of its own",
        "Decision",
        "(loop/recur :max 2 :state (write title)
           :on-exhausted (loop/recur :max 2 :state st :on-exhausted Decision.BLOCKED
             (fn (again) (done (judge again))))
           (fn (st) (match (judge st) (APPROVE (done Decision.APPROVE)) (_ (continue (write st.text))))))",
    );
    row(
        "loop without an answer for exhaustion",
        "Draft",
        "(loop/recur :max 2 :state (write title)
           (fn (st) (do (passed) (if (= (judge st) Decision.APPROVE) (done st) (continue st)))))",
    );
    row(
        "union state",
        "Outcome",
        "(loop/recur :max 2 :state (variant Outcome IDLE) :on-exhausted st
           (fn (st) (match st
             (IDLE (continue (tell (write title))))
             ((DONE d) (done (variant Outcome DONE :draft d.draft)))
             ((STUCK s) (if (> s.tries 3) (done st) (continue (variant Outcome STUCK :why s.why :tries (+ s.tries 1))))))))",
    );
}

#[test]
fn calls() {
    row(
        "computed argument of a procedure",
        "Draft",
        "(write (string/concat title \"-\" (string/from-int n)))",
    );
    row(
        "effects as arguments of procedures, by keyword and by place",
        "Int",
        "(count :text (string/concat (string/from-int (count title)) (string/from-int (count \"b\"))))",
    );
    row(
        "literal and computed arguments of a workflow",
        "Draft",
        "(do (call draft-one :title \"a\") (call draft-one :title (string/concat title \"!\") :limit (+ n 1)))",
    );
    row(
        "a record with computed and nested fields as argument",
        "Int",
        "(call sized :outer (record Outer :inner (record Inner :n (* n 2) :label title) :flag (passed)))",
    );
    row(
        "a call inside an argument of a call",
        "Draft",
        "(call draft-one :title (string/from-int (call sized :outer (record Outer :flag true :inner (record Inner :label \"x\" :n (call sized :outer (record Outer :flag flag :inner (record Inner :label title :n n))))))))",
    );
    row(
        "computed prompt inputs",
        "Draft",
        "(provider-result providers.writer :prompt prompts.fix
           :inputs (title (+ n 1) (:as both (and flag (passed))) (:as draft (write title)))
           :returns Draft :model (string/concat \"m-\" (string/from-int n)) :effort \"low\" :timeout-sec 1.5)",
    );
    row(
        "computed arguments of a command",
        "Bool",
        "(command-result check :argv (\"bash\" \"check.sh\" title n flag (count title) Decision.APPROVE) :returns Bool :bundle \"state/x.json\")",
    );
    row(
        "the command that the project binds",
        "Bool",
        "(command-result check :returns Bool)",
    );
}

#[test]
fn results() {
    row(
        "effect in a record field",
        "Inner",
        "(record Inner :label (string/from-int (count title)) :n (count title))",
    );
    row(
        "nested record built from values",
        "Outer",
        "(record Outer :flag flag :inner (record Inner :n n :label title))",
    );
    row(
        "union inside a record",
        "Report",
        "(record Report :rounds n :outcome (variant Outcome STUCK :why title :tries n))",
    );
    row(
        "union result",
        "Outcome",
        "(if flag (variant Outcome IDLE) (variant Outcome DONE :draft (write title)))",
    );
    row(
        "unused effect binding",
        "Int",
        "(let* ((seen (write title)) (again (passed))) n)",
    );
    row("scalar input as result", "String", "title");
    row("enum", "Decision", "Decision.BLOCKED");
    row("list", "List[Int]", "(list 1 n (count title))");
    row(
        "list of nothing",
        "List[List[Int]]",
        "(list (list) (list n))",
    );
    row(
        "optional",
        "Optional[Int]",
        "(if flag none (some (/ (mod n 7) 2)))",
    );
    row(
        "optional of a record",
        "Optional[Draft]",
        "(if flag (some (write title)) none)",
    );
    row(
        "optional read",
        "Int",
        "(let* ((x (if flag (some n) none))) (if (some? x) (or-else x 0) 1))",
    );
    row(
        "json",
        "Json",
        "(record Outer :flag true :inner (record Inner :n 1 :label \"l\"))",
    );
    row("float", "Float", "(max 1.5 (+ n 0.25))");
    row(
        "values read several times are kept",
        "Int",
        "(let* ((a (* n n)) (b (+ a a)) (c (if flag (let* ((d (- b a))) (* d d)) 0))) (+ c c))",
    );
    row(
        "shadowing",
        "Int",
        "(let* ((n (+ n 1))) (let* ((n (- n 1)) (title \"x\")) (if (= title \"x\") n 0)))",
    );
    row(
        "let binds at once",
        "Int",
        "(let ((n (+ n 1)) (m n)) (+ n m))",
    );
}

#[test]
fn providers_and_prompts_are_parameters() {
    row(
        "of procedures",
        "Draft",
        "(let* ((made (write title))) made)",
    );
    let text = "(workflow-lisp (:language \"0.1\") (:target-dsl \"2.14\") (defmodule main) (export go)
  (defrecord Draft (text String))
  (defproc ask ((who Provider) (what Prompt) (title String)) -> Draft
    :effects ((uses-provider who)) :lowering inline
    (provider-result who :prompt what :inputs (title) :returns Draft))
  (defworkflow inner ((who Provider) (what Prompt)) -> Draft
    (ask who what \"inner\"))
  (defworkflow go ((title String) (flag Bool)) -> Draft
    (let* ((a (ask providers.writer prompts.draft title))
           (b (ask :title a.text :who (if flag providers.writer providers.critic) :what prompts.note)))
      (call inner :who providers.critic :what prompts.review))))
";
    // A choice between providers has no name of its own to be looked up.
    let compiled = check("of workflows", text);
    let program = compiled.program.unwrap();
    assert_eq!(program.workflows["inner"].providers.len(), 2);
}

/// A workflow gets the path of a prompt, which a text does not have.
#[test]
fn a_text_is_no_prompt_for_a_workflow() {
    let text = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defworkflow inner ((what Prompt)) -> Int
    (provider-result providers.writer :prompt what :returns Int))
  (defproc via ((p Prompt)) -> Int
    (call inner :what p)) ;! E0501 \"bound to a text\"
  (defworkflow go () -> Int (via prompts.note)))
";
    check("text prompt", text);
}
