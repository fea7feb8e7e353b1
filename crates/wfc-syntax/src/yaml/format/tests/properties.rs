//! Whatever the text is, formatting keeps what it means, and a second time
//! changes nothing.

use proptest::prelude::*;

use super::*;
use crate::yaml::tests::properties::{SAMPLE, each_line, piece};

/// What must be true of every text, right or wrong.
fn holds(text: &str) {
    let (_, findings) = parse(FILE, text);
    if findings.is_empty() {
        formatted(text);
    } else if has_errors(&findings) {
        assert!(matches!(format(FILE, text), Format::Errors(_)), "{text:?}");
    }
}

#[test]
fn every_line_left_out_or_moved() {
    each_line(|line, with| {
        holds(&with(""));
        holds(&with(&format!(" {line}")));
        holds(&with(&format!("# note\n{line}")));
        holds(&with(&format!("      # deep\n{line}\n")));
        holds(&with(line.trim_start()));
    });
    for (at, _) in SAMPLE.char_indices() {
        holds(&SAMPLE[..at]);
        holds(&SAMPLE[at..]);
    }
}

/// A node on lines of its own, each with a line feed, to be indented.
fn node() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x\n",
        "two words\n",
        "~\n",
        "'it''s'\n",
        "\"a\\n\\\"b\"   # why\n",
        "\"one \\\n   two\\ \n\n  three\"\n",
        "one\n  two\n\n  three\n",
        "|\n  text\n   more\n\n  end\n",
        "|+  # kept\n  text\n\n\n",
        ">-\n  folded\n\n  text\n",
        "|2\n    in\n  out\n",
        "[a, {b: c}, 'd']\n",
        "[a,   # one\n  b,\n\n  [c, d]]\n",
        "{a: 1, b, c: ,\n  d: [1,\n  2]}\n",
        "*a\n",
        "!!str 1\n",
        "\n",
        "# nothing\n\n",
        "[]\n",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 4, |inner| {
            let comment =
                prop::sample::select(vec!["", "", "# c\n", "\n", "\n\n# c\n\n", "    # in\n"]);
            let items = prop::collection::vec((comment, inner, 0..4_usize), 1..4);
            (items, any::<bool>(), 1..4_usize).prop_map(|(items, list, step)| {
                let mut text = String::new();
                for (at, (comment, node, way)) in items.into_iter().enumerate() {
                    text.push_str(comment);
                    let opener = match (list, way) {
                        (true, _) => "-".to_owned(),
                        (false, 3) => format!("? k{at}\n:"),
                        (false, _) => format!("k{at}:"),
                    };
                    let pad = " ".repeat(step);
                    let lines = node.split_inclusive('\n').enumerate();
                    let inside: String = lines
                        .map(|(at, line)| match (at, line.trim().is_empty()) {
                            (0, _) if way < 2 => line.to_owned(),
                            (_, true) => line.to_owned(),
                            _ => format!("{pad}{line}"),
                        })
                        .collect();
                    match way {
                        0 => text.push_str(&format!("{opener} {inside}")),
                        1 => text.push_str(&format!("{opener} &a {inside}")),
                        2 => text.push_str(&format!("{opener} # opens\n{inside}")),
                        _ => text.push_str(&format!("{opener}\n{inside}")),
                    }
                }
                text
            })
        })
}

#[test]
fn generated_documents_are_often_right() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tree = node();
    let right = (0..300).filter(|_| {
        let text = tree.new_tree(&mut runner).unwrap().current();
        parse(
            FILE,
            &format!("a: &a 1\nroot:\n  - {}", text.replace('\n', "\n    ")),
        )
        .1
        .is_empty()
    });
    assert!(right.count() > 100);
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Debug builds are for the everyday run.
        cases: if cfg!(debug_assertions) { 400 } else { 20_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_document(text in node()) {
        holds(&text);
        holds(&format!("a: &a 1\nroot:\n  - {}", text.replace('\n', "\n    ")));
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(piece(), 0..24)) {
        holds(&pieces.concat());
    }

    #[test]
    fn any_pieces_inserted(at in 0..SAMPLE.len(), pieces in prop::collection::vec(piece(), 1..4)) {
        let at = (0..=at).rev().find(|&i| SAMPLE.is_char_boundary(i)).unwrap_or(0);
        holds(&format!("{}{}{}", &SAMPLE[..at], pieces.concat(), &SAMPLE[at..]));
    }

    #[test]
    fn any_bytes_changed(changes in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 1..4)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        if let Ok(text) = String::from_utf8(bytes) {
            holds(&text);
        }
    }
}
