//! What holds for every input.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wfc_diag::{FileId, Span};

use super::FILE;
use crate::lisp::types::parse_type;
use crate::lisp::{Datum, DatumKind, parse};

const SAMPLE: &str = r##"(workflow-lisp
  (:language "0.1")
  (defmodule shop/orders)
  (import std/phase :only (review) :as p)
  ;;; An order,
  ;;| as it comes in.
  (defrecord Order (id String) (lines List[Line]) (hook ProcRef[(A B) -> C]))
  #| a block #| nested |# comment |#
  (defpath Plan :kind relpath :under "docs/plans" :must-exist true)
  (defproc fulfil ((order Order) (n Int)) -> Int
    (let* ((a (g order.id "two
           lines \"quoted\" \u{e9}"))
           (b #;ignored -2.5e3))
      (match a
        ((OK x) (+ x 1 2.5)) ; fine
        (_ (provider-result writer :prompt #"""
             Write é it "well".
             """ :timeout 30))))))
"##;

/// Everything that must hold, whatever the text.
fn invariants(text: &str) {
    let (file, diagnostics) = parse(FILE, text);
    let joined: String = file.tokens.iter().map(|token| token.text(text)).collect();
    assert_eq!(joined, text);
    for comment in &file.comments {
        assert_eq!(slice(text, comment.span), comment.text);
    }
    siblings(text, &file.data, Span::new(FILE, 0, text.len()));
    for found in &diagnostics {
        slice(text, found.primary.span);
        for label in &found.secondary {
            slice(text, label.span);
        }
        for edit in found.fix.iter().flat_map(|fix| &fix.edits) {
            slice(text, edit.span);
        }
    }
}

/// Data in order, apart, and inside `parent`.
fn siblings(text: &str, data: &[Datum], parent: Span) {
    let mut from = parent.start;
    for datum in data {
        assert!(from <= datum.span.start && datum.span.end <= parent.end);
        assert!(datum.span.start < datum.span.end);
        from = datum.span.end;
        let own = slice(text, datum.span);
        match &datum.kind {
            DatumKind::List(inner) => siblings(text, inner, datum.span),
            DatumKind::Symbol(name) => {
                assert_eq!(name, own);
                if let Ok(found) = parse_type(name, datum.span) {
                    assert!(datum.span.start <= found.span.start);
                    assert!(found.span.end <= datum.span.end);
                }
            }
            _ => {}
        }
    }
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize)
        .unwrap_or_else(|| panic!("{span:?} is no place in {text:?}"))
}

/// Text of the shapes that matter, so that mistakes meet each other.
fn lispish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("\n  ".to_owned()),
        Just("\n(def x ".to_owned()),
        Just("\n    (a ".to_owned()),
        prop::sample::select(vec![
            "\"", "\\", "\\\"", "#\"\"\"", "\"\"\"", "#|", "|#", "#;", ";", ";;; d\n", "[", "]",
            "'", ",", ":k", ":", " ", "a", "A[B", "é", "\u{feff}", "\u{a0}", "\u{201c}", "1", "-",
            "1e5", "\r\n", "\t", "#", "{", "true", "\u{0}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        invariants(&text);
    }

    #[test]
    fn any_lispish_text(text in lispish()) {
        invariants(&text);
    }

    #[test]
    fn any_type(text in "[A-C/.,() \\[\\]>-]{0,24}") {
        if let Ok(found) = parse_type(&text, Span::new(FileId(3), 0, text.len())) {
            slice(&text, found.span);
        }
    }

    /// Leaving out one byte of a good program breaks one thing in one place.
    #[test]
    fn one_deletion(at in 0..SAMPLE.len()) {
        if SAMPLE.is_char_boundary(at) && SAMPLE.is_char_boundary(at + 1) {
            let text = format!("{}{}", &SAMPLE[..at], &SAMPLE[at + 1..]);
            invariants(&text);
        }
    }
}

#[test]
fn the_sample_is_clean() {
    let (file, diagnostics) = parse(FILE, SAMPLE);
    assert_eq!(diagnostics, []);
    assert_eq!(file.data.len(), 1);
    assert_eq!(file.data[0].as_list().unwrap().len(), 7);
    assert_eq!(file.comments.len(), 4);
}

#[test]
fn every_truncation() {
    for (at, _) in SAMPLE.char_indices() {
        invariants(&SAMPLE[..at]);
        invariants(&SAMPLE[at..]);
    }
}

/// A missing or doubled parenthesis anywhere in a definition leaves the
/// definitions around it whole.
#[test]
fn one_parenthesis_off_stays_in_its_definition() {
    let definition = |name: &str| {
        format!(
            "  (defproc {name} ((x Int)) -> Int\n    (let* ((a (g x))\n           (b (h a)))\n      (match b\n        ((OK y) (+ y 1))\n        (_ 0))))\n"
        )
    };
    let (before, middle, after) = (definition("one"), definition("two"), definition("three"));
    let wrap = |middle: &str| format!("(workflow-lisp\n{before}{middle}{after})\n");
    let (clean, _) = parse(FILE, &wrap(&middle));
    let clean = clean.data[0].as_list().unwrap().to_vec();
    let kinds = |datum: &Datum| {
        let mut shown = String::new();
        super::show(datum, &mut shown);
        shown
    };
    let mut exact = 0;
    let mut total = 0;
    for (at, paren) in middle.match_indices(')') {
        for replacement in ["", "))"] {
            let broken = format!(
                "{}{replacement}{}",
                &middle[..at],
                &middle[at + paren.len()..]
            );
            let text = wrap(&broken);
            let (file, diagnostics) = parse(FILE, &text);
            assert!(!diagnostics.is_empty());
            let forms = file.data[0].as_list().unwrap();
            assert_eq!(kinds(&forms[1]), kinds(&clean[1]), "{text}");
            assert_eq!(kinds(&forms[forms.len() - 1]), kinds(&clean[3]), "{text}");
            total += 1;
            if diagnostics.len() == 1 {
                exact += 1;
            }
        }
    }
    // Where the slip leaves the layout right, one finding is enough.
    assert!(exact * 10 >= total * 9, "{exact} of {total} were single");
}

/// Doubling the input may not do much more than double the time, also for
/// the inputs that recovery reads twice.
#[test]
fn time_is_linear() {
    for unit in [
        SAMPLE,
        "(a\n",
        ")",
        "\\\"\n",
        "\" \\\"\n",
        "#|\n",
        "#\"\"\"\n",
        "a[\n",
        "a[(",
        "\"a\nb\"c ",
        "'",
        "[",
        "#;",
        ";;;\n",
        "(def\n",
        "\n(def (a",
        "(",
    ] {
        let text = unit.repeat(400_000 / unit.len());
        let start = Instant::now();
        invariants(&text);
        let took = start.elapsed();
        // Quadratic work on this much text takes minutes even when optimised.
        assert!(took < Duration::from_secs(20), "{unit:?} took {took:?}");
    }
}
