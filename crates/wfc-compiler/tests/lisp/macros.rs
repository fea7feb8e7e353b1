//! Macros that expand, and what their steps say of themselves.

use crate::harness::check;

const HEADER: &str = "(workflow-lisp
  (:language \"1.0\")
  (defmodule main)
  (export go)
";

/// A program whose workflow computes `expr` from `n`, beside a program that
/// has it written out: they are the same program.
#[track_caller]
fn same(macros: &str, with: &str, without: &str) {
    let program = |name: &str, expr: &str| {
        let text = format!("{HEADER}{macros}\n  (defworkflow go ((n Int)) -> Int\n    {expr}))\n");
        check(name, &text).program.unwrap()
    };
    let (with, without) = (program(with, with), program(without, without));
    // Steps are named after bindings: the `k` of one is the `m` of the other.
    let core = |program| {
        let text = wfc_compiler::emit::core(program);
        text.replace("compute k:", "compute m:")
            .replace("steps[k]", "steps[m]")
    };
    assert_eq!(core(&with), core(&without));
}

#[test]
fn templates_are_filled_in() {
    same("(defmacro add (a b) (+ a b))", "(add n 1)", "(+ n 1)");
    same(
        "(defmacro add (&rest r) (+ 1 (splice r) 2))",
        "(add n 3)",
        "(+ 1 n 3 2)",
    );
    same(
        "(defmacro all (list) (+ (splice list)))",
        "(all (n n))",
        "(+ n n)",
    );
    let keys = "(defmacro step (a &key by (times (+ 1 1)) &body r) (+ a (* by times) (splice r)))";
    same(keys, "(step n :by 3)", "(+ n (* 3 (+ 1 1)))");
    same(keys, "(step n :times 5 :by 3 n n)", "(+ n (* 3 5) n n)");
    same(
        "(defmacro two (a) (add a 2)) (defmacro add (a b) (+ a b))",
        "(two (two n))",
        "(+ (+ n 2) 2)",
    );
    same(
        "(defmacro old (name key value) (+ value 1))",
        "(old x :value n)",
        "(+ n 1)",
    );
    let record = "(defrecord Box (n Int)) (defmacro open (it) it.n)";
    same(
        record,
        "(let* ((b (record Box :n n))) (open b))",
        "(let* ((b (record Box :n n))) b.n)",
    );
    let list = "(defproc first ((l List[Int])) -> Int 1) (defmacro typed (name T) (defproc name ((l List[T])) -> Int (first l))) (typed again Int)";
    same(list, "(again (list n))", "(first (list n))");
}

#[test]
fn no_side_captures_names_of_the_other() {
    let swap = "(defmacro plus-one (x) (let* ((n 1)) (+ n x)))";
    same(swap, "(plus-one n)", "(let* ((m 1)) (+ m n))");
    // The name of the user is bound by the template, and seen by the user.
    let bind = "(defmacro with (name value body) (let* ((name value)) body))";
    same(bind, "(with m 5 (+ m n))", "(let* ((m 5)) (+ m n))");
    // Both bind one word in one form.
    let both = "(defmacro both (name) (let* ((x 1) (name 2)) (+ x (* 10 name))))";
    same(both, "(both x)", "(let* ((x 1) (y 2)) (+ x (* 10 y)))");
    // Every form that binds names: the user has an `m` as well.
    for form in [
        "(list/length (list/map ((m (list 1 2))) (+ m X)))",
        "(match (list/head (list 1 2)) ((some m) (+ m X)) (_ X))",
        "(loop/until :max 3 :until (fn (m) (> m X)) (+ X 1))",
        "(loop/recur :max 3 :state 0 :on-exhausted X (fn (m) (continue (+ m X))))",
        "(let-proc (p ((m Int)) -> Int (* 3 m)) (+ X (p X)))",
        "(list/length (list/map-effect ((m (list 1 2))) :max 3 (+ m X)))",
        "(let* ((m 3)) (+ m X))",
    ] {
        same(
            &format!("(defmacro bind-m (x) {})", form.replace('X', "x")),
            "(let* ((m (+ n 1))) (bind-m m))",
            &format!("(let* ((k (+ n 1))) {})", form.replace('X', "k")),
        );
    }
    let map = "(defmacro map-m (x) (list/length (list/map ((m (list 1 2))) (+ m x))))";
    let nested = check(
        "nested",
        &format!(
            "{HEADER}{map}\n  (defworkflow go () -> List[Int]\n    (list/map ((m (list 7))) (map-m m))))\n"
        ),
    );
    let core = wfc_compiler::emit::core(&nested.program.unwrap());
    assert!(
        core.contains("map([7], m => length(map([1, 2], m_2 => m_2 + m)))"),
        "{core}"
    );
    // A macro in an argument of the same macro.
    same(
        swap,
        "(plus-one (plus-one n))",
        "(let* ((a 1)) (+ a (let* ((b 1)) (+ b n))))",
    );
    // The binder of a loop.
    let count = "(defmacro count (state) (loop/recur :max 3 :state 0 :on-exhausted state (fn (state) (if (> state n-max) (done state) (continue (+ state 1))))))";
    check(
        "loops",
        &format!(
            "{HEADER}  {}\n  (defworkflow go ((state Int)) -> Int\n    (count state)))\n",
            count.replace("n-max", "2")
        ),
    );
}

#[test]
fn a_free_name_of_a_template_is_not_one_of_the_user() {
    check(
        "free",
        ";--- main.orc
(workflow-lisp
  (:language \"1.0\")
  (defmodule main)
  (import tools :only (lost kept))
  (export go)
  (defrecord Box (m Int))
  (defproc more ((m Int)) -> Int (+ m 100))
  (defworkflow go ((m Int)) -> Int
    (let* ((a (lost 1))   ;! E0406 \"nothing here is named `m`\"
           (b (kept m)))
      (+ a b (more m)))))
;--- tools.orc
(workflow-lisp
  (:language \"1.0\")
  (defmodule tools)
  (import deep)
  (export lost kept)
  (defrecord Box (other Int))
  (defproc more ((b Box)) -> Int (+ b.other 1))
  (defmacro kept (n) (more (record Box :other (deep/add n))))
  (defmacro lost (n) (+ n m)))
;--- deep.orc
(workflow-lisp
  (:language \"1.0\")
  (defmodule deep)
  (export add)
  (defmacro add (n) (+ n 7)))
",
    );
}

#[test]
fn steps_of_a_template_know_the_uses() {
    let compiled = check(
        "steps",
        &format!(
            "{HEADER}  (defrecord Out (n Int))
  (defmacro inner (name)
    (let* ((name (command-result check :returns Out)))
      name))
  (defmacro outer (name)
    (inner name))
  (defworkflow go () -> Out
    (outer probe)))
"
        ),
    );
    let program = compiled.program.unwrap();
    let notes = &program.notes[&program.entry];
    let (id, origin) = notes.origins.iter().next().unwrap();
    assert_eq!(id.to_string(), "probe");
    let lines: Vec<u32> = origin.via.iter().map(|place| place.line).collect();
    assert_eq!((origin.place.line, lines), (7, vec![10, 12]));
    assert_eq!(origin.kind, wfc_ir::OriginKind::Expanded);
}

/// Deep, wide and endless macros are refused in words.
#[test]
fn macros_are_bounded() {
    let doubling = "(d ".repeat(40) + "n" + &")".repeat(40);
    let deep = "(n1 ".repeat(200) + "n" + &")".repeat(200);
    let wide = "(d ".repeat(40) + &format!("(+ {})", "n ".repeat(300)) + &")".repeat(40);
    let chain: String = (0..80)
        .map(|at| format!("  (defmacro m{at} (x) (m{} x))\n", at + 1))
        .collect();
    for (macros, expr, wanted) in [
        (
            "(defmacro d (x) (+ x x))",
            doubling.as_str(),
            "more than 16000 times",
        ),
        ("(defmacro d (x) (+ x x))", &wide, "words and lists"),
        (
            "(defmacro n1 (x) (+ 1 (+ 1 (+ 1 x))))",
            &deep,
            "nests more than",
        ),
        (
            &chain,
            "(m0 n)",
            "macros expand to macros more than 64 deep",
        ),
        (
            "(defmacro self (f) (f f))",
            "(self self)",
            "more than 64 deep",
        ),
    ] {
        let text = format!("{HEADER}{macros}\n  (defworkflow go ((n Int)) -> Int\n    {expr}))\n");
        let compiled = crate::harness::build(&crate::harness::files(&text));
        let found: Vec<_> = compiled.diagnostics.iter().collect();
        assert!(
            found
                .iter()
                .all(|each| each.code == wfc_diag::codes::MACRO_LIMIT),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|each| each.message.contains(wanted)),
            "{found:#?}"
        );
        assert!(found.len() < 10, "{} findings", found.len());
    }
}
