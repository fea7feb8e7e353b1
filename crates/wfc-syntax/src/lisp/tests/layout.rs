//! Missing and surplus parentheses, reported where they are.

use super::check;
use crate::lisp::parse;

#[test]
fn a_missing_close_is_found_where_it_is_missing() {
    check(
        "(workflow-lisp
  (:language \"0.1\")
  (defrecord Order
    (id String)
    (lines Int)
  (defenum Colour red green)
  (defpath Plan :kind relpath))
",
        r#"(workflow-lisp (:language "0.1") (defrecord Order (id String) (lines Int)) (defenum Colour red green) (defpath Plan :kind relpath))
           5:16+0 lisp-unclosed-list the list `(defrecord …` is not closed [3:3 this list is opened here] {5:16+0 ")"}"#,
    );
}

#[test]
fn inside_a_definition_indentation_decides() {
    check(
        "(defproc f ((x Int)) -> Int
  (let* ((a (g x))
         (b (h x))
    (+ a b)))
(defproc g ((y Int)) -> Int y)",
        "(defproc f ((x Int)) -> Int (let* ((a (g x)) (b (h x))) (+ a b)))
         (defproc g ((y Int)) -> Int y)
         3:19+0 lisp-unclosed-list the list `((a (g x)) …` is not closed [2:9 this list is opened here] {3:19+0 \")\"}",
    );
    check(
        "(defproc f ()
  (let* ((a (g x)
         (b (h x)))
    (+ a b)))",
        "(defproc f () (let* ((a (g x)) (b (h x))) (+ a b)))
         2:18+0 lisp-unclosed-list the list `(a …` is not closed [2:10 this list is opened here] {2:18+0 \")\"}",
    );
}

#[test]
fn several_slips_are_each_reported_at_home() {
    check(
        "(workflow-lisp
  (:language \"0.1\"
  (defenum A x y
  (defrecord B
    (p Int
    (q Int))
  (defproc f () (g)))
  (defproc h () (g))
)",
        r#"(workflow-lisp (:language "0.1") (defenum A x y) (defrecord B (p Int) (q Int)) (defproc f () (g)) (defproc h () (g)))
           2:19+0 lisp-unclosed-list the list `(:language …` is not closed [2:3 this list is opened here] {2:19+0 ")"}
           3:17+0 lisp-unclosed-list the list `(defenum …` is not closed [3:3 this list is opened here] {3:17+0 ")"}
           5:11+0 lisp-unclosed-list the list `(p …` is not closed [5:5 this list is opened here] {5:11+0 ")"}
           7:21 lisp-unexpected-close this `)` ends the list `(workflow-lisp …` too early [1:1 this list is opened here] {7:21 ""}"#,
    );
}

#[test]
fn the_end_of_the_file_closes_what_is_left() {
    check(
        "(workflow-lisp\n  (defproc f ()\n    (g (h x",
        "(workflow-lisp (defproc f () (g (h x))))
         3:12+0 lisp-unclosed-list 4 lists are not closed; the outermost is the list `(workflow-lisp …` [3:8 this list is opened here] [3:5 this list is opened here] [2:3 this list is opened here] [1:1 this list is opened here] {3:12+0 \"))))\"}",
    );
    check(
        "(",
        "()
         1:2+0 lisp-unclosed-list the list `( …` is not closed [1:1 this list is opened here] {1:2+0 \")\"}",
    );
    // The wrapper's own `)` stands alone; the definition above it lacks one.
    check(
        "(workflow-lisp\n  (defproc f ()\n    (g x)\n)",
        "(workflow-lisp (defproc f () (g x)))
         3:10+0 lisp-unclosed-list the list `(defproc …` is not closed [2:3 this list is opened here] {3:10+0 \")\"}",
    );
}

#[test]
fn surplus_closes() {
    check(
        "(a)))\n(b)",
        "(a)
         (b)
         1:4+2 lisp-unexpected-close these 2 `)` close nothing {1:4 \"\"} {1:5 \"\"}",
    );
    // The `)` that ends `let*` before its body, not the last of the file.
    check(
        "(workflow-lisp
  (defproc f ()
    (let* ((a 1)))
      (g a)))
  (defenum A x))",
        "(workflow-lisp (defproc f () (let* ((a 1)) (g a))) (defenum A x))
         3:18 lisp-unexpected-close this `)` ends the list `(let* …` too early [3:5 this list is opened here] {3:18 \"\"}",
    );
    // No `)` is wrong here: a `(` is missing.
    check(
        "(workflow-lisp\n  (defenum A x)\n  defenum B y)\n  (defenum C z))",
        "(workflow-lisp (defenum A x) defenum B y (defenum C z))
         3:14 lisp-unexpected-close this `)` ends the list `(workflow-lisp …` too early [1:1 this list is opened here] [3:3+7 is a `(` missing before this?] {3:14 \"\"}",
    );
    // The header closed too early.
    check(
        "(workflow-lisp
  (:language \"0.1\"))
  (defenum A x)
  (defenum B y))",
        r#"(workflow-lisp (:language "0.1") (defenum A x) (defenum B y))
           2:20 lisp-unexpected-close this `)` ends the list `(workflow-lisp …` too early [1:1 this list is opened here] {2:20 ""}"#,
    );
}

#[test]
fn layout_never_judges_a_file_that_matches() {
    check(
        "(defproc f (\n(x Int)\n) -> Int\n(if (a)\nb\nc))\n  (defproc g () (h\n    (defenum x)))",
        "(defproc f ((x Int)) -> Int (if (a) b c))
         (defproc g () (h (defenum x)))",
    );
}

#[test]
fn depth_is_limited_once_and_clearly() {
    for input in [
        "(".repeat(100_000),
        "(\n".repeat(100_000),
        format!("{}{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{}a{})", "(".repeat(257), ")".repeat(256)),
    ] {
        let (_, diagnostics) = parse(super::FILE, &input);
        let names: Vec<&str> = diagnostics.iter().map(|d| d.code.name()).collect();
        assert_eq!(names, ["lisp-too-deep"]);
        assert_eq!(
            super::place(&input, diagnostics[0].primary.span),
            if input.contains('\n') {
                "257:1"
            } else {
                "1:257"
            }
        );
    }
    let (file, diagnostics) = parse(
        super::FILE,
        &format!("{}{}", "(".repeat(256), ")".repeat(256)),
    );
    assert_eq!((file.data.len(), diagnostics.len()), (1, 0));
}

#[test]
fn findings_are_counted_not_flooded() {
    let (_, diagnostics) = parse(super::FILE, &"'a ".repeat(1000));
    assert_eq!(diagnostics.len(), 200);
    assert_eq!(
        diagnostics[199].notes,
        ["800 further problems of this file are not shown"]
    );
}
