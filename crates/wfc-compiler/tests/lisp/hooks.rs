//! References and generics compose: through several procedures, partly bound,
//! in loops, in matches, and with each other; and the library is sound.

use crate::harness::check;

const PRELUDE: &str = "
  (defrecord Box :forall (T) (value T))
  (defunion Either :forall (L R) (LEFT (left L)) (RIGHT (right R)))
  (defrecord Draft (text String) (n Int))
  (defproc ask ((prompt Prompt) (draft Draft)) -> Draft
    (provider-result providers.writer :prompt prompt :inputs (draft) :returns Draft))
  (defproc grade ((least Int) (draft Draft)) -> Either[String, Int]
    (command-result count :argv (\"bash\" \"count.sh\" draft.text least) :returns Either[String, Int]))
  (defproc same :forall (T) ((x T)) -> T x)
  (defproc twice :forall (T) ((f ProcRef[(T) -> T]) (x T)) -> T (f (f x)))
  (defproc pass :forall (T) ((f ProcRef[(T) -> T]) (x T)) -> T (twice f x))
  (defproc pass-on :forall (T) ((f ProcRef[(T) -> T]) (x T)) -> T (pass f x))
  (defproc compose :forall (A B C) ((f ProcRef[(A) -> B]) (g ProcRef[(B) -> C]) (x A)) -> C (g (f x)))
  (defproc until-good :forall (T)
    ((step ProcRef[(T) -> T]) (good ProcRef[(T) -> Bool]) (most Int) (x T)) -> Box[T]
    (loop/recur :max most :state x :on-exhausted (record Box :value x)
      (fn (x) (if (good x) (done (record Box :value x)) (continue (step x))))))
  (defproc each :forall (A B) ((f ProcRef[(A) -> B]) (xs List[A])) -> List[B]
    (list/map-effect ((x xs)) (f x)))
  (defproc fold-either :forall (L R T)
    ((either Either[L, R]) (l ProcRef[(L) -> T]) (r ProcRef[(R) -> T])) -> T
    (match either ((LEFT it) (l it.left)) ((RIGHT it) (r it.right))))
  (defproc number ((text String)) -> Int (string/length text))
  (defproc inc ((n Int)) -> Int (+ n 1))
  (defproc long ((draft Draft)) -> Bool (> draft.n 3))
  (defworkflow draft-one ((draft Draft) (more Int :default 1)) -> Draft (ask prompts.draft draft))
  (defworkflow through ((w WorkflowRef[Draft -> Draft]) (draft Draft)) -> Draft (call w :draft draft))
";

/// A workflow `go (draft Draft) (n Int)` with this result and body compiles.
/// `holds` are what its program has in its text.
#[track_caller]
fn row(name: &str, result: &str, body: &str, holds: &[&str]) {
    let text = format!(
        "(workflow-lisp (:language \"1.0\") (defmodule main) (export go){PRELUDE}
  (defworkflow go ((draft Draft) (n Int)) -> {result}
    {body}))
"
    );
    let program = check(name, &text).program.unwrap();
    let printed = wfc_ir::print_program(&program);
    for wanted in holds {
        assert!(
            printed.contains(wanted),
            "{name}: {wanted}\nnot in\n{printed}"
        );
    }
}

#[test]
fn references_are_handed_on() {
    row(
        "through three procedures",
        "Draft",
        "(pass-on (bind-proc (proc-ref ask) :prompt prompts.draft) draft)",
        &[
            "provider pass_on/pass/twice/ask/draft/draft:",
            "provider pass_on/pass/twice/ask/draft:",
        ],
    );
    row(
        "a pure one leaves no step",
        "Int",
        "(pass-on (proc-ref inc) n)",
        &["inputs.n + 1"],
    );
    row(
        "a generic one",
        "Int",
        "(twice (proc-ref same) n)",
        &["inputs.n"],
    );
    row(
        "bound twice",
        "Int",
        "(let* ((fold (the ProcRef[(Either[String, Int] ProcRef[String -> Int] ProcRef[Int -> Int]) -> Int] (proc-ref fold-either)))
                (a (bind-proc fold :l (proc-ref number))) (b (bind-proc a :r (proc-ref inc))))
           (b (the Either[String, Int] (variant Either LEFT :left \"x\"))))",
        &[],
    );
    row(
        "a generic one, bound by references",
        "Int",
        "(let* ((either (bind-proc (proc-ref fold-either) :l (proc-ref number) :r (proc-ref inc))))
           (either (variant Either RIGHT :right n)))",
        &["inputs.n + 1"],
    );
    row(
        "a generic one, bound where it is passed",
        "Draft",
        "(twice (bind-proc (proc-ref pass) :f (bind-proc (proc-ref ask) :prompt prompts.note)) draft)",
        &[],
    );
    row(
        "composed of two",
        "Int",
        "(compose (proc-ref number) (proc-ref inc) draft.text)",
        &[],
    );
    row(
        "a local one that is passed on and called",
        "Int",
        "(let-proc (more ((x Int)) -> Int :captures (n) (+ x n)) (+ (pass-on (proc-ref more) 1) (more 2)))",
        &[],
    );
    row(
        "a local one in a local one",
        "Int",
        "(let-proc (outer ((x Int)) -> Int
           (let-proc (inner ((y Int)) -> Int (+ x y)) (twice (proc-ref inner) n)))
           (twice (proc-ref outer) 1))",
        &[],
    );
}

#[test]
fn hooks_run_where_they_are_called() {
    row(
        "in a loop",
        "Draft",
        "(let* ((box (until-good (bind-proc (proc-ref ask) :prompt prompts.draft) (proc-ref long) 3 draft))) box.value)",
        &["provider box/loop/if.else/state/draft:"],
    );
    row(
        "in the arms of a match",
        "Int",
        "(fold-either (grade n draft) (proc-ref number) (proc-ref inc))",
        &[],
    );
    row(
        "in a loop over a list",
        "List[Draft]",
        "(each (bind-proc (proc-ref ask) :prompt prompts.draft) (list draft draft))",
        &[],
    );
    row(
        "a hook that loops, in a loop, in a match",
        "Int",
        "(let-proc (slow ((x Int)) -> Int
           (loop/recur :max 3 :state x :on-exhausted x (fn (s) (if (> s n) (done s) (continue (+ s 1))))))
           (match (grade n draft)
             ((LEFT it) (number it.left))
             ((RIGHT it)
              (loop/recur :max 4 :state it.right :on-exhausted 0
                (fn (s) (if (> s 9) (done s) (continue (twice (proc-ref slow) s))))))))",
        &[],
    );
    row(
        "workflows",
        "Draft",
        "(call through :w (workflow-ref draft-one) :draft (call through :w draft-one :draft draft))",
        &["workflow draft-one with draft: steps"],
    );
    row(
        "a workflow in the place of a procedure",
        "Draft",
        "(twice draft-one (twice (workflow-ref draft-one) draft))",
        &["workflow draft-one with draft: steps"],
    );
}

#[test]
fn a_hook_may_not_run_where_nothing_may() {
    check(
        "in a condition",
        "(defmodule main)
(export go)
(defrecord Out (n Int))
(defproc slow ((n Int)) -> Bool
  (command-result check :argv (\"bash\" \"check.sh\" n) :returns Bool))  ;! E0601 \"this would run there\"
(defproc pure ((n Int)) -> Bool (> n 1))
(defproc keep ((f ProcRef[(Int) -> Bool]) (xs List[Int])) -> List[Int]
  (match xs
    (all :when (f (list/length all)) all)
    (_ (list))))
(defworkflow go ((n Int)) -> Out
  (record Out :n (+ (list/length (keep (proc-ref slow) (list n))) (list/length (keep (proc-ref pure) (list n))))))
",
    );
}

#[test]
fn instances_have_an_end() {
    let mut text =
        "(defmodule main)\n(export go)\n(defrecord Pair :forall (A B) (first A) (second B))
(defun f0 :forall (T) ((x T)) -> Int 0)\n"
            .to_owned();
    for level in 1..=12 {
        let below = level - 1;
        text.push_str(&format!(
            "(defun f{level} :forall (T) ((x T)) -> Int (+ (f{below} (record Pair :first x :second 1)) (f{below} (list x))))\n"
        ));
    }
    // The text is about how many there are, not about what they give.
    text.push_str(
        "(defworkflow go ((n Int)) -> Int (f12 n))  ;! E0206 \"more than 2000 tuples\"\n",
    );
    let found = std::panic::catch_unwind(|| check("doubling", &text));
    // Where exactly the last one stands does not matter.
    assert!(found.is_err() || found.is_ok_and(|compiled| compiled.program.is_none()));
}

#[test]
fn the_library_has_no_findings() {
    for module in ["context", "phase", "resource", "drain"] {
        let text =
            std::fs::read_to_string(format!("{}/std/{module}.orc", env!("CARGO_MANIFEST_DIR")))
                .unwrap();
        let exported: Vec<&str> = text
            .split("(export")
            .nth(1)
            .unwrap()
            .split(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let program = format!(
            "(defmodule main)\n(import std/{module} :only ({}))\n(defrecord Out (n Int))\n(export go)\n(defworkflow go () -> Out (record Out :n 1))\n",
            exported.join(" ")
        );
        let compiled = crate::harness::build(&crate::harness::files(&program));
        let shown = crate::harness::shown(&compiled.sources, &compiled.diagnostics);
        for line in shown.lines() {
            assert!(!line.starts_with("std/"), "{shown}");
        }
        assert!(compiled.program.is_some(), "{shown}");
    }
}
