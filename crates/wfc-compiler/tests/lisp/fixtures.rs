//! Every file in `tests/fixtures/lisp`, held against the comments in it.

use std::path::Path;

use wfc_compiler::project::Project;

use crate::harness::check;

#[test]
fn every_fixture_is_as_its_comments_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lisp");
    let mut count = 0;
    let mut failed = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        // Each file is held against its comments, so that one run tells all.
        if std::panic::catch_unwind(|| check(&name, &text)).is_err() {
            failed.push(name);
        }
        count += 1;
    }
    assert!(failed.is_empty(), "not as they say: {failed:?}");
    assert!(count >= 12, "only {count} fixtures were found");
}

/// The fix of a missing arm, applied, leaves only the places to fill in.
#[test]
fn the_fix_of_an_uncovered_match_inserts_the_arms() {
    let source = "(workflow-lisp
  (:language \"1.0\")
  (defmodule main)
  (export go)
  (defunion Outcome (DONE (n Int)) (STUCK (why String)) (IDLE))
  (defproc settle ((outcome Outcome)) -> Int
    (match outcome
      ((DONE d) d.n)))
  (defworkflow go () -> Int
    (settle (variant Outcome IDLE))))
";
    let compiled = crate::harness::build(&crate::harness::files(source));
    let [only] = compiled.diagnostics.as_slice() else {
        panic!("{:#?}", compiled.diagnostics);
    };
    let fix = only.fix.as_ref().unwrap();
    let fixed = wfc_diag::apply_fixes(only.primary.span.file, source, [fix], true);
    let expected = source.replace(
        "      ((DONE d) d.n)))",
        "      ((DONE d) d.n)\n      ((STUCK it) TODO)\n      (IDLE TODO)))",
    );
    assert_eq!(fixed.text, expected);
}

/// The examples of the pages of the codes.
#[test]
fn pages_of_codes_show_what_they_say() {
    let mut count = 0;
    for code in wfc_diag::ALL_CODES {
        let examples = wfc_diag::examples(*code);
        for example in &examples {
            if example.language != "lisp" || example.kind == wfc_diag::ExampleKind::File {
                continue;
            }
            count += 1;
            // With the project of the page, or none: then every external name
            // is unbound.
            let mut memory = crate::harness::files(example.text);
            let mut options = wfc_compiler::Options::default();
            for file in &examples {
                if file.kind == wfc_diag::ExampleKind::File {
                    memory.files.insert(file.file.into(), file.text.to_owned());
                }
                if file.file == "wfc.toml" {
                    options.project = Project::discover(&memory, Path::new("")).project;
                }
            }
            if code.info().pedantic {
                let lint = wfc_diag::Lint::Code(*code);
                options.levels.set(lint, wfc_diag::Level::Warn);
            }
            let compiled = wfc_compiler::compile("main.orc", &options, &memory);
            let found = compiled.diagnostics.iter().any(|each| each.code == *code);
            let wanted = example.kind == wfc_diag::ExampleKind::Fail;
            let listing = crate::harness::shown(&compiled.sources, &compiled.diagnostics);
            assert_eq!(
                found,
                wanted,
                "{} {:?}:\n{listing}",
                code.id(),
                example.kind
            );
            if !wanted {
                assert!(
                    !wfc_diag::has_errors(&compiled.diagnostics),
                    "{}:\n{listing}",
                    code.id()
                );
            }
        }
    }
    assert!(count > 30, "only {count} examples were found");
}
