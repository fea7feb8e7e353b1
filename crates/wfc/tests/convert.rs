//! Every workflow of the repository in the other language, and back again.
//!
//! `convert.txt` says of each file whether that can be done, and
//! what is in the way where it cannot. `WFC_UPDATE=1` writes it anew;
//! `WFC_SHOW=1` shows the files that did not become the same program.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use support::repository;
use wfc_compiler::convert::{Comments, Converted, Language, convert};
use wfc_compiler::project::Project;
use wfc_compiler::{Loader, Options, OsLoader, compile};
use wfc_ir::Program;

const LIST: &str = "tests/convert.txt";

/// The disk, and files that are not there.
struct Overlay {
    disk: OsLoader,
    texts: HashMap<PathBuf, String>,
}

impl Loader for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.disk.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.texts.contains_key(path) || self.disk.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path) || self.disk.exists(path)
    }

    fn workspace(&self) -> &Path {
        self.disk.workspace()
    }
}

/// What files end so below `folder`, in order.
fn gather(folder: &Path, end: &str, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(&path, end, into);
        } else if path.extension().is_some_and(|found| found == end) {
            into.push(path);
        }
    }
}

/// The program of a file and its comments, or what is wrong.
fn program(loader: &Overlay, file: &Path) -> Result<(Program, Comments), String> {
    let found = Project::discover(loader, file.parent().unwrap());
    assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    let options = Options {
        project: found.project,
        ..Options::default()
    };
    let compiled = compile(file.to_str().unwrap(), &options, loader);
    let findings = compiled.diagnostics.iter();
    let findings: Vec<&str> = findings.map(|each| each.message.as_str()).collect();
    match compiled.program {
        Some(program) => {
            let comments = Comments::of(&program, &compiled.sources);
            Ok((program, comments))
        }
        None => Err(findings.join("; ")),
    }
}

/// Writes a program in a language, and reads it again.
fn there(
    loader: &mut Overlay,
    (from, comments): &(Program, Comments),
    folder: &Path,
    to: Language,
) -> Result<(Program, Comments), String> {
    let made = convert(from, to, comments).map_err(|gaps| {
        let mut reasons: Vec<String> = gaps.into_iter().map(|gap| gap.what).collect();
        reasons.sort();
        reasons.dedup();
        format!("no: {}", reasons.join(", "))
    })?;
    loader.texts.clear();
    for (name, text) in &made.files {
        loader.texts.insert(folder.join(name), text.clone());
    }
    let first = folder.join(&made.files[0].0);
    let again = program(loader, &first).map_err(|why| format!("wrong: {why}{}", shown(&made)))?;
    if again.0.core_hash() != from.core_hash() {
        let differences = wfc_ir::diff(from, &again.0);
        let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
        return Err(format!("other: {}{}", differences.join("; "), shown(&made)));
    }
    Ok(again)
}

/// The files, when somebody wants to see them.
fn shown(made: &Converted) -> String {
    if std::env::var_os("WFC_SHOW").is_none() {
        return String::new();
    }
    made.files
        .iter()
        .fold(String::new(), |mut text, (name, file)| {
            let _ = write!(text, "\n--- {name}\n{file}");
            text
        })
}

fn verdict(workspace: &Path, file: &Path) -> Option<String> {
    let mut loader = Overlay {
        disk: OsLoader::new(workspace),
        texts: HashMap::new(),
    };
    let file = file.strip_prefix(workspace).unwrap();
    let folder = file.parent().unwrap();
    let program = program(&loader, file).ok()?;
    let languages = match file.extension().is_some_and(|end| end == "orc") {
        true => [Language::Yaml, Language::Lisp],
        false => [Language::Lisp, Language::Yaml],
    };
    let [to, back] = languages;
    let other = match there(&mut loader, &program, folder, to) {
        Ok(other) => other,
        Err(why) => return Some(why),
    };
    Some(match there(&mut loader, &other, folder, back) {
        Ok(_) => "both ways".to_owned(),
        Err(why) => format!("not back: {why}"),
    })
}

#[test]
fn most_of_the_repository_converts_both_ways() {
    let root = repository();
    let mut files: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (folder, end) in [("workflows", "yaml"), ("lisp-examples", "orc")] {
        let mut found = Vec::new();
        gather(&root.join(folder), end, &mut found);
        files.extend(found.into_iter().map(|file| (root.clone(), file)));
    }
    let mut cases = Vec::new();
    gather(&root.join("tests/conformance"), "yaml", &mut cases);
    let cases = cases
        .into_iter()
        .filter(|file| file.ends_with("workflow.yaml"));
    files.extend(cases.map(|file| (file.parent().unwrap().to_owned(), file)));
    let mut list = String::new();
    let (mut well, mut all) = (0, 0);
    for (workspace, file) in files {
        let Some(verdict) = verdict(&workspace, &file) else {
            continue;
        };
        all += 1;
        well += usize::from(verdict == "both ways");
        let name = file.strip_prefix(&root).unwrap().display();
        let _ = writeln!(list, "{name}: {verdict}");
    }
    let _ = writeln!(list, "{well} of {all}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    if std::env::var_os("WFC_UPDATE").is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (expected, found) in expected.lines().zip(list.lines()) {
        assert_eq!(expected, found, "WFC_UPDATE=1 writes the list anew");
    }
    assert_eq!(expected.len(), list.len());
    assert!(
        well * 3 >= all * 2,
        "only {well} of {all} convert both ways"
    );
}

/// Comments of a workflow, in the other language and back.
#[test]
fn comments_before_steps_and_workflows_come_along() {
    const YAML: &str = "\
# What it is for.
version: \"3.0\"
name: said

steps:
  # Before the first,
  # in two lines.
  - name: one
    command: [echo, one]

  - name: two
    command: [echo, two]

  # Before a choice.
  - name: choice
    id: choice
    if: { exists: a.md }
    then:
      steps:
        # Inside of it.
        - name: three
          command: [echo, three]
";
    let mut loader = Overlay {
        disk: OsLoader::new(repository()),
        texts: HashMap::from([(PathBuf::from("made/said.yaml"), YAML.to_owned())]),
    };
    let folder = Path::new("made");
    let first = program(&loader, &folder.join("said.yaml")).unwrap();
    let lisp = there(&mut loader, &first, folder, Language::Lisp).unwrap();
    let text = loader.texts[&folder.join("said.orc")].clone();
    let order = [
        ";; What it is for.",
        "(defworkflow said",
        "; Before the first,",
        "; in two lines.",
        "(one",
        "; Before a choice.",
        "; Inside of it.",
        "(three",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|each| text.find(each)).collect();
    assert!(places.iter().all(Option::is_some), "{text}");
    assert!(places.is_sorted(), "{text}");
    there(&mut loader, &lisp, folder, Language::Yaml).unwrap();
    let text = &loader.texts[&folder.join("said.yaml")];
    for line in YAML
        .lines()
        .filter(|line| line.trim_start().starts_with('#'))
    {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}
