//! Whatever the text is, reading ends, and every place is in the file.

use proptest::prelude::*;

use super::*;

pub(in crate::yaml) const SAMPLE: &str = r#"# A file with some of everything.
version: "2.14"
name: démo
context: &ctx {a: [1, 2.5, ~], 'b c': "x\ty ${inputs.t}"}
inputs:
  title: {kind: scalar, type: string, default: 'it''s'}
steps:
  - name: Write
    command: [bash, -c, "echo \"${context.a}\"", plain text]
    env:
      <<: *ctx
      K: >-
        folded
        text
  - name: "Check: it"   # why
    when:
      equals:
        left: ${steps.Write.exit_code}
        right: "0"
    input: |
      line one
        line two

      line three
    timeout_sec: 1_000
finally:
- name: End
  ? odd
  : !!str 1
"#;

#[test]
fn the_sample_is_fine() {
    assert_eq!(read(SAMPLE).1, Vec::new());
}

#[test]
fn every_truncation() {
    for (at, _) in SAMPLE.char_indices() {
        read(&SAMPLE[..at]);
        read(&SAMPLE[at..]);
    }
}

#[test]
fn every_line_left_out_or_moved() {
    each_line(|line, with| {
        read(&with(""));
        read(&with(&format!(" {line}")));
        read(&with(&format!("\t{line}")));
        read(&with(line.trim_start()));
    });
}

/// Calls `visit` with each line of the sample, and with what gives the sample
/// in which something else stands in its place.
pub(in crate::yaml) fn each_line(visit: impl Fn(&str, &dyn Fn(&str) -> String)) {
    let lines: Vec<&str> = SAMPLE.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        visit(line, &|other| {
            [&lines[..at], &[other], &lines[at + 1..]].concat().concat()
        });
    }
}

/// Pieces that mean something to YAML.
pub(in crate::yaml) fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ":",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        "\n ",
        "\t",
        "\r\n",
        " ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "''",
        "\\",
        "\\x4",
        "#",
        " #",
        "&a ",
        "*a",
        "*b",
        "<<: ",
        "|\n",
        ">-\n",
        "|2",
        "!",
        "!!str ",
        "!e!x ",
        "%",
        "%YAML 1.2\n",
        "---\n",
        "...\n",
        "@",
        "`",
        "${x}",
        "é",
        "\u{FEFF}",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{E000}",
        "~",
        "1",
        "😀",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Debug builds are for the everyday run.
        cases: if cfg!(debug_assertions) { 400 } else { 20_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text(text in "(?s).{0,200}") {
        read(&text);
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(piece(), 0..60)) {
        read(&pieces.concat());
    }

    #[test]
    fn any_bytes_changed(changes in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 1..8)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        match crate::decode(&bytes) {
            Ok(decoded) => { read(&decoded.text); }
            Err(error) => {
                let span = error.diagnostic(FILE).primary.span;
                prop_assert!(error.lossy.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }

    #[test]
    fn any_pieces_inserted(at in 0..SAMPLE.len(), pieces in prop::collection::vec(piece(), 1..4)) {
        let at = (0..=at).rev().find(|&i| SAMPLE.is_char_boundary(i)).unwrap_or(0);
        read(&format!("{}{}{}", &SAMPLE[..at], pieces.concat(), &SAMPLE[at..]));
    }
}
