//! The YAML front end from the outside.
//!
//! A fixture says beside each line what is wrong with it:
//!
//! ```text
//! comand: [x]  #! E0301 3-9 has no key `comand`
//! ```
//!
//! is a code, the first and one past the last column (0 when the end is on
//! another line), and a part of the message. Several stand behind each other.
//! `#@12 E0301 ...` on a line of its own is about line 12, where a comment
//! cannot stand. Whatever is said must be found, and nothing else.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use wfc_compiler::{Compiled, Loader, Options, OsLoader, compile, plan};
use wfc_diag::{ALL_CODES, ExampleKind, Level, Lint, Sources, examples, has_errors};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml")
}

fn files(directory: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(fixtures().join(directory))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .map(|name| format!("{directory}{name}"))
        .collect();
    names.sort();
    names
}

fn compile_fixture(path: &str) -> Compiled {
    let options = Options {
        hir: true,
        ..Options::default()
    };
    compile(path, &options, &OsLoader::new(fixtures()))
}

/// `file:line code columns`, and the message.
type Finding = (String, String);

fn found(compiled: &Compiled) -> Vec<Finding> {
    compiled
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.primary.span;
            let file = compiled.sources.file(span.file);
            let start = file.line_column(span.start as usize);
            let end = file.line_column(span.end as usize);
            let end = if end.line == start.line {
                end.column
            } else {
                0
            };
            let place = format!(
                "{}:{} {} {}-{end}",
                file.name,
                start.line,
                diagnostic.code.id(),
                start.column
            );
            (place, diagnostic.message.clone())
        })
        .collect()
}

fn expected(sources: &Sources) -> Vec<Finding> {
    let mut all = Vec::new();
    for (_, file) in sources.iter() {
        for (number, line) in file.text.lines().enumerate() {
            let elsewhere = line
                .strip_prefix("#@")
                .and_then(|rest| rest.split_once(' '));
            let (line_number, notes): (usize, Vec<&str>) = match elsewhere {
                Some((number, note)) => (number.parse().unwrap(), vec![note]),
                None => (number + 1, line.split("#! ").skip(1).collect()),
            };
            for note in notes {
                let mut words = note.trim().splitn(3, ' ');
                let code = words.next().unwrap();
                let columns = words.next().unwrap();
                let place = format!("{}:{line_number} {code} {columns}", file.name);
                all.push((place, words.next().unwrap_or("").to_owned()));
            }
        }
    }
    all
}

/// Compiles a fixture; says what was not found, and what was found unasked.
fn check(path: &str) -> Result<(), String> {
    let compiled = compile_fixture(path);
    let mut expected = expected(&compiled.sources);
    let mut surprises = Vec::new();
    for (place, message) in found(&compiled) {
        let said = expected
            .iter()
            .position(|(at, words)| *at == place && message.contains(words.as_str()));
        match said {
            Some(position) => drop(expected.remove(position)),
            None => surprises.push(format!("  unexpected {place} {message}")),
        }
    }
    let missing = expected
        .iter()
        .map(|(place, words)| format!("  missing    {place} {words}"));
    let wrong: Vec<String> = missing.chain(surprises).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{path}\n{}", wrong.join("\n")))
    }
}

fn check_all(directory: &str, least: usize) {
    let files = files(directory);
    assert!(files.len() >= least, "only {} fixtures", files.len());
    let wrong: Vec<String> = files.iter().filter_map(|path| check(path).err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn broken_workflows_say_what_is_wrong() {
    check_all("", 25);
    for path in files("") {
        let compiled = compile_fixture(&path);
        assert!(!compiled.diagnostics.is_empty(), "{path} is not broken");
        assert_eq!(
            compiled.program.is_some(),
            !has_errors(&compiled.diagnostics),
            "{path}"
        );
    }
}

#[test]
fn good_workflows_are_silent_and_well_formed() {
    check_all("good/", 8);
    for path in files("good/") {
        let compiled = compile_fixture(&path);
        let program = compiled.program.as_ref().unwrap();
        assert_eq!(wfc_ir::verify(program), Ok(()), "{path}");
        assert_eq!(wfc_ir::verify_plan(&plan(program)), Ok(()), "{path}");
        assert_eq!(compile_fixture(&path).program, compiled.program, "{path}");
    }
}

#[test]
fn core_of_a_loop() {
    let program = compile_fixture("good/loop.yaml").program.unwrap();
    insta::assert_snapshot!("yaml_core_of_a_loop", wfc_ir::print_program(&program));
}

#[test]
fn core_of_agents() {
    let program = compile_fixture("good/agents.yaml").program.unwrap();
    insta::assert_snapshot!("yaml_core_of_agents", wfc_ir::print_program(&program));
}

#[test]
fn core_of_extensions() {
    let program = compile_fixture("good/extensions.yaml").program.unwrap();
    insta::assert_snapshot!("yaml_core_of_extensions", wfc_ir::print_program(&program));
}

#[test]
fn hir_of_a_loop() {
    insta::assert_snapshot!("yaml_hir_of_a_loop", compile_fixture("good/loop.yaml").hir);
}

/// Each step as `id key step_id`, each branch likewise.
#[test]
fn names_of_steps() {
    let mut shown = String::new();
    for path in ["good/loop.yaml", "good/names.yaml"] {
        let program = compile_fixture(path).program.unwrap();
        let (_, notes) = program.notes.iter().next().unwrap();
        for (id, names) in &notes.shown {
            shown.push_str(&format!("{id} | {} | {}\n", names.key, names.step_id));
        }
    }
    insta::assert_snapshot!("yaml_names_of_steps", shown);
}

/// Layout and comments change neither ids nor the hash.
#[test]
fn layout_does_not_change_the_hash() {
    let text = std::fs::read_to_string(fixtures().join("good/loop.yaml")).unwrap();
    let spread = text
        .replace("\n  - name", "\n\n  # a comment\n  - name")
        .replace(
            ": {artifact: rounds, value: 0}",
            ":\n      value: 0\n      artifact: rounds",
        );
    let hash = |text: &str| {
        let loader = InMemory(vec![("loop.yaml".to_owned(), text.to_owned())]);
        let compiled = compile("loop.yaml", &Options::default(), &loader);
        compiled.program.unwrap().core_hash()
    };
    assert_ne!(text, spread);
    assert_eq!(hash(&text), hash(&spread));
}

/// The examples of the pages about codes do what the pages say.
#[test]
fn examples_of_the_pages() {
    let mut wrong = Vec::new();
    for &code in ALL_CODES {
        let all = examples(code);
        let beside: Vec<(String, String)> = all
            .iter()
            .filter(|example| example.kind == ExampleKind::File)
            .map(|example| (example.file.to_owned(), example.text.to_owned()))
            .collect();
        for example in all.iter().filter(|example| example.language == "yaml") {
            let mut files = beside.clone();
            files.push((example.file.to_owned(), example.text.to_owned()));
            let mut options = Options::default();
            if code.info().pedantic {
                options.levels.set(Lint::Code(code), Level::Warn);
            }
            let compiled = compile(example.file, &options, &InMemory(files));
            let codes: BTreeSet<&str> = compiled.diagnostics.iter().map(|d| d.code.id()).collect();
            let fine = match example.kind {
                ExampleKind::Fail => codes.contains(code.id()),
                ExampleKind::Fix => codes.is_empty(),
                ExampleKind::File => true,
            };
            if !fine {
                wrong.push(format!("{} {:?}: found {codes:?}", code.id(), example.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Applying the fixes of a finding removes it.
#[test]
fn fixes_mend() {
    let text = "version: 2.10\nname: x\ninputs:\n  mode: {kind: scalar, type: enum, allowed: [A, B]}\n\
                steps:\n  - name: One\n    comand: [echo, 1]\n  - name: Two\n    match:\n      ref: inputs.modes\n      cases:\n        A:\n          - name: X\n            command: [echo]\n";
    let mut text = text.to_owned();
    for _ in 0..4 {
        let loader = InMemory(vec![("x.yaml".to_owned(), text.clone())]);
        let compiled = compile("x.yaml", &Options::default(), &loader);
        let fixes = compiled.diagnostics.iter().filter_map(|d| d.fix.as_ref());
        let (file, _) = compiled.sources.iter().next().unwrap();
        text = wfc_diag::apply_fixes(file, &text, fixes, true).text;
    }
    let loader = InMemory(vec![("x.yaml".to_owned(), text.clone())]);
    let compiled = compile("x.yaml", &Options::default(), &loader);
    assert!(
        compiled.program.is_some(),
        "{text}\n{:#?}",
        compiled.diagnostics
    );
}

/// Whatever bytes a file holds, the answer is a list of findings.
#[test]
fn damaged_files_never_panic() {
    let text = std::fs::read(fixtures().join("good/loop.yaml")).unwrap();
    for at in (0..text.len()).step_by(13) {
        let mut cut = text.clone();
        cut.truncate(at);
        let mut noise = text.clone();
        noise[at] = b"{[:\t\xFF\"&*"[at % 8];
        for bytes in [cut, noise] {
            let loader = Bytes(bytes);
            let compiled = compile("loop.yaml", &Options::default(), &loader);
            assert_eq!(
                compiled.program.is_some(),
                !has_errors(&compiled.diagnostics)
            );
        }
    }
}

#[test]
fn a_missing_file_is_a_finding() {
    let compiled = compile_fixture("no/such.yaml");
    assert_eq!(
        found(&compiled),
        [(
            "no/such.yaml:1 E0121 1-1".to_owned(),
            "`no/such.yaml` cannot be read: there is no such file".to_owned()
        )]
    );
}

struct InMemory(Vec<(String, String)>);

impl Loader for InMemory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut files = self.0.iter();
        match files.find(|(name, _)| Path::new(name) == path) {
            Some((_, text)) => Ok(text.clone().into_bytes()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.0.iter().any(|(name, _)| Path::new(name) == path)
    }

    fn workspace(&self) -> &Path {
        Path::new("/workspace")
    }
}

struct Bytes(Vec<u8>);

impl Loader for Bytes {
    fn read(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn is_file(&self, _path: &Path) -> bool {
        true
    }

    fn workspace(&self) -> &Path {
        Path::new("/workspace")
    }
}
