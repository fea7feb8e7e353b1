//! The page of a code, and the examples in it.
//!
//! An example is a fenced block whose info string is a language, a kind and
//! perhaps a file name: ```` ```yaml fail ````, ```` ```yaml fix ````,
//! ```` ```yaml file lib.yaml ````. The blocks of kind `file` lie beside the
//! failing and the mended example when those are checked.

use crate::Code;

/// The page that explains `code`: Markdown, from `specs/codes`.
pub fn explain(code: Code) -> &'static str {
    code.info().page
}

/// What an example shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleKind {
    /// A file that has the finding.
    Fail,
    /// The same file, mended.
    Fix,
    /// Another file that both need.
    File,
}

/// One example of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// `yaml`, `lisp`, or what else the block says it is.
    pub language: &'static str,
    /// What it shows.
    pub kind: ExampleKind,
    /// The name the file must have: `main.yaml` or `main.orc` unless the block
    /// names another.
    pub file: &'static str,
    /// The text of the file.
    pub text: &'static str,
}

/// The examples on the page of `code`, in their order. Blocks that have no
/// kind are only for reading and are left out.
pub fn examples(code: Code) -> Vec<Example> {
    parse(explain(code))
}

fn parse(page: &'static str) -> Vec<Example> {
    const FENCE: &str = "```";
    let mut examples = Vec::new();
    // The info string of the open block and the offset at which its text begins.
    let mut open: Option<(&'static str, usize)> = None;
    let mut offset = 0;
    for line in page.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let Some(info) = line.trim_end().strip_prefix(FENCE) else {
            continue;
        };
        match open.take() {
            None => open = Some((info, offset)),
            Some((info, begin)) => examples.extend(example(info, &page[begin..start])),
        }
    }
    examples
}

fn example(info: &'static str, text: &'static str) -> Option<Example> {
    let mut words = info.split_whitespace();
    let language = words.next()?;
    let kind = match words.next()? {
        "fail" => ExampleKind::Fail,
        "fix" => ExampleKind::Fix,
        "file" => ExampleKind::File,
        _ => return None,
    };
    let usual = match language {
        "lisp" => "main.orc",
        _ => "main.yaml",
    };
    Some(Example {
        language,
        kind,
        file: words.next().unwrap_or(usual),
        text,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{ALL_CODES, Severity};

    #[track_caller]
    fn check(page: &'static str, expected: &[(&str, ExampleKind, &str, &str)]) {
        let found: Vec<_> = parse(page)
            .into_iter()
            .map(|e| (e.language, e.kind, e.file, e.text))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn blocks_with_a_kind_are_examples() {
        check(
            "# x\n```yaml fail\na: 1\n```\n```console\n$ x\n```\n```lisp fix\n()\n```\n```yaml file b.yaml\nb\n```\n",
            &[
                ("yaml", ExampleKind::Fail, "main.yaml", "a: 1\n"),
                ("lisp", ExampleKind::Fix, "main.orc", "()\n"),
                ("yaml", ExampleKind::File, "b.yaml", "b\n"),
            ],
        );
        check("```yaml fail\nnever closed", &[]);
    }

    #[test]
    fn every_page_names_its_code() {
        for &code in ALL_CODES {
            let heading = explain(code).lines().next();
            let expected = format!("# {} {}", code.id(), code.name());
            assert_eq!(heading, Some(expected.as_str()));
        }
    }

    #[test]
    fn ids_and_names_are_unique_and_well_formed() {
        let mut seen = HashSet::new();
        for &code in ALL_CODES {
            let (id, name) = (code.id(), code.name());
            assert!(seen.insert(id), "{id} is allocated twice");
            assert!(seen.insert(name), "{name} is used twice");
            let letter = match code.info().severity {
                Severity::Error => 'E',
                Severity::Warning => 'W',
                Severity::Advice => 'L',
            };
            let digits = id.strip_prefix(letter).unwrap_or_default();
            assert!(
                digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()),
                "{id} is not {letter} and four digits"
            );
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name} is not kebab-case"
            );
        }
    }

    #[test]
    fn a_mended_example_has_a_failing_one_of_its_language() {
        for &code in ALL_CODES {
            let examples = examples(code);
            for fix in examples.iter().filter(|e| e.kind == ExampleKind::Fix) {
                assert!(
                    examples
                        .iter()
                        .any(|e| e.kind == ExampleKind::Fail && e.language == fix.language),
                    "{}: a mended example without a failing one",
                    code.id()
                );
            }
        }
    }
}
