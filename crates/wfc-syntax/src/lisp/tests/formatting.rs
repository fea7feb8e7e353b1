//! The layout of the formatter.

use proptest::prelude::*;

use super::FILE;
use crate::Format;
use crate::lisp::{Datum, DatumKind, format, parse};

#[track_caller]
fn formatted(text: &str) -> String {
    match format(FILE, text) {
        Format::Done(text) => text,
        other => panic!("{text}\n{other:?}"),
    }
}

/// A text is laid out like this, and what is laid out stays as it is.
#[track_caller]
fn check(text: &str, expected: &str) {
    let laid = formatted(text);
    assert_eq!(laid, expected, "\n{laid}");
    assert_eq!(formatted(&laid), laid);
}

/// A text that is laid out already.
#[track_caller]
fn stays(text: &str) {
    check(text, text);
}

#[test]
fn lists_that_fit_stay_on_their_line() {
    check("( a  b\t( c   d ) )", "(a b (c d))\n");
    check("(a)(b)\n\n\n\n(c)", "(a)\n(b)\n\n(c)\n");
    check("", "");
    check("\n\n", "");
    check("\u{feff}(a\r\nb)\r\n", "\u{feff}(a b)\n");
    check("(f \"two\n lines\" x)", "(f \"two\n lines\" x)\n");
}

#[test]
fn bodies_stand_two_columns_in() {
    check(
        "(workflow-lisp (:language \"1.0\")
(defmodule main)

(defworkflow go ((n Int))
-> Int
:effects ((uses-command a) (reads b))
(let* ((a 1) (b
(g 2)))
(if (> a b)
a
b)))
(defmacro m (x &rest r)
(do x
(splice r))))",
        "(workflow-lisp
  (:language \"1.0\")
  (defmodule main)

  (defworkflow go ((n Int)) -> Int
    :effects ((uses-command a) (reads b))
    (let* ((a 1)
           (b (g 2)))
      (if (> a b)
          a
          b)))
  (defmacro m (x &rest r)
    (do
      x
      (splice r))))
",
    );
    stays(
        "(match x
  ((DONE d)
   (record Out
     :n d.n
     :why none))
  ((STUCK s) (f s))
  (_ 1))
",
    );
    check(
        "(cond ((> a b) (let* ((c a))
 c)) (else b))",
        "(cond
  ((> a b)
   (let* ((c a))
     c))
  (else b))
",
    );
    check(
        "(loop/recur :max 5 :state s
(fn (s) (if (done? s)
(done s)
(continue s))))",
        "(loop/recur :max 5 :state s
  (fn (s)
    (if (done? s)
        (done s)
        (continue s))))
",
    );
}

#[test]
fn pairs_share_a_line_or_get_one_each() {
    stays("(call w :a 1 :b 2)\n");
    check(
        "(provider-result author :prompt prompts.draft-the-whole-thing :inputs (a b) :returns Draft :timeout-sec 600)",
        "(provider-result author
  :prompt prompts.draft-the-whole-thing
  :inputs (a b)
  :returns Draft
  :timeout-sec 600)
",
    );
    check(
        "(import std/phase
 :only (ReviewDecision ReviewFindings ReviewLoopResult ReviewReportPath with-phase))",
        "(import std/phase
  :only (ReviewDecision ReviewFindings ReviewLoopResult ReviewReportPath
         with-phase))
",
    );
    stays("(defenum Blocker\n  missing_resource\n  no_hardware)\n");
}

#[test]
fn arguments_stand_below_each_other() {
    check(
        "(string/concat (f a)
(f b))",
        "(string/concat (f a)
               (f b))
",
    );
    stays("(my-procedure\n  (f a)\n  (f b))\n");
    stays("(with-thing a\n  (f b)\n  (f c))\n");
    let long = format!("(list {})", "word ".repeat(20).trim());
    check(
        &long,
        &format!(
            "(list {}\n      {})\n",
            "word ".repeat(15).trim(),
            "word ".repeat(5).trim()
        ),
    );
}

#[test]
fn comments_stay_with_what_they_say() {
    stays(
        ";;; What it is.
(defun f () -> Int ; one
  ; above the body
  1   ;! E0501
  ; at the end
  )
; the last
",
    );
    check(
        "(a #| in | the |# b) #;(c
d) #; ; odd
e",
        "(a #| in | the |# b)\n#;(c d)\n#; ; odd\ne\n",
    );
    stays("#|\n   kept\n as it is |#\n(a)\n");
    check(
        "(let* ; here\n((a 1)) a)",
        "(let* ; here\n  ((a 1))\n  a)\n",
    );
    check("( ; first\na)", "(; first\n a)\n");
}

#[test]
fn deep_lists_are_laid_out() {
    for head in [
        "(a\n",
        "(let* ((a\n1))\n",
        "(if (b)\n c\n",
        "((x ",
        "(:k (",
        "(m :k\n",
    ] {
        let opens = head.matches('(').count() - head.matches(')').count();
        let count = crate::lisp::MAX_DEPTH / (opens + 2);
        let text = head.repeat(count) + "z" + &")".repeat(count * opens);
        let laid = formatted(&text);
        assert_eq!(formatted(&laid), laid);
    }
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    assert!(matches!(format(FILE, "(a (b)"), Format::Errors(found) if found.len() == 1));
}

/// Data without their places.
fn bare(data: &[Datum]) -> Vec<Datum> {
    let mut bare = data.to_vec();
    for datum in &mut bare {
        datum.span = wfc_diag::Span::at(FILE, 0);
        if let DatumKind::List(inner) = &mut datum.kind {
            *inner = self::bare(inner);
        }
    }
    bare
}

fn source() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        8 => prop::sample::select(vec![
            "a", "x.y", ":k", ":inputs", "12", "-1.5", "\"s\"", "->", "List[Int]", "true",
            "_", "DONE", "a-rather-long-name-for-a-thing",
        ]).prop_map(str::to_owned),
        4 => prop::sample::select(vec![
            "let*", "if", "match", "cond", "do", "defproc", "defenum", "loop/recur", "fn",
            "record", "defmacro", "splice", "call", "workflow-lisp", "defrecord",
        ]).prop_map(str::to_owned),
        1 => Just("\"two\n   lines\"".to_owned()),
        1 => Just("#\"\"\"\n  text\n   more\n  \"\"\"".to_owned()),
    ];
    let gap = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "\n",
        "\n  ",
        "\n\n\n",
        "   ",
        "\t",
        " ; c\n",
        "\n;;; doc\n",
        "\n; c\n\n",
        " #| b |# ",
        "\n#| b\n b |#\n",
        " #;",
        "\r\n",
    ]);
    let datum = atom.prop_recursive(6, 120, 9, move |inner| {
        let members = prop::collection::vec((inner, gap.clone()), 0..9);
        (gap.clone(), members).prop_map(|(first, members)| {
            let mut text = format!("({first}");
            for (member, gap) in members {
                text.push_str(&member);
                text.push_str(gap);
            }
            text + "z)"
        })
    });
    prop::collection::vec(datum, 0..4).prop_map(|all| all.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Formatting keeps the data, and a second time changes nothing.
    #[test]
    fn formatting_keeps_the_data(text in source()) {
        let (before, findings) = parse(FILE, &text);
        match format(FILE, &text) {
            Format::Done(laid) => {
                let (after, _) = parse(FILE, &laid);
                prop_assert_eq!(bare(&before.data), bare(&after.data), "{}", laid);
                prop_assert_eq!(before.comments.len(), after.comments.len());
                match format(FILE, &laid) {
                    Format::Done(again) => prop_assert_eq!(again, laid),
                    other => prop_assert!(false, "{other:?}\n{laid}"),
                }
            }
            Format::Errors(_) => prop_assert!(!findings.is_empty()),
            Format::Unsafe => prop_assert!(false, "unsafe:\n{text}"),
        }
    }
}
