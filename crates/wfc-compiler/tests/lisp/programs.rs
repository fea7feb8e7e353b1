//! Programs from elsewhere that modules call.

use std::path::Path;

use wfc_compiler::project::{ManifestFiles, Project};

use crate::harness::{build, check, files, shown};

const YAML: &str = r#";--- lib.yaml
version: "2.14"
name: grade
inputs:
  work__title: { type: string }
  work__plan: { type: relpath, under: docs, must_exist_target: true }
  work__by__name: { type: string }
  mode: { type: enum, allowed: [fast, slow], default: fast }
outputs:
  return__variant: { type: enum, allowed: [GOOD, BAD], from: { ref: root.steps.Ask.artifacts.verdict } }
  return__why: { type: string, from: { ref: root.steps.Ask.artifacts.why } }
steps:
  - name: Ask
    command: [bash, ask.sh, "${inputs.work__title}"]
    output_bundle:
      path: out.json
      fields:
        - { name: verdict, json_pointer: /verdict, type: enum, allowed: [GOOD, BAD] }
        - { name: why, json_pointer: /why, type: string }
;--- flat.yaml
version: "2.14"
name: flat
inputs:
  a: { type: integer }
  a__b: { type: integer }
outputs:
  n: { type: integer, from: { ref: root.steps.Ask.artifacts.n } }
steps:
  - name: Ask
    set_scalar: { artifact: n, value: 1 }
artifacts:
  n: { kind: scalar, type: integer }
;--- wfc.toml
[programs]
grade = "lib.yaml"
flat = "flat.yaml"
; unread = "never.yaml"
[commands]
count = ["bash", "count.sh"]
"#;

/// What `grade` takes.
const MODULE: &str = r#"
;--- main.orc
(workflow-lisp
  (:language "1.0")
  (defmodule main)
  (export go)
  (defpath Doc :kind relpath :under "docs/plans" :must-exist true)
  (defenum Mode fast)
  (defrecord Author (name String))
  (defrecord Work (title String) (plan Doc) (by Author))
  (defunion Verdict (GOOD (why String)) (BAD (why String)))
  (defunion Other (GOOD (why String)) (BAD (what String)))
  (defrecord Bad (title Int) (plan Doc) (by Author))
"#;

fn with(body: &str) -> String {
    let toml = YAML.replace("; unread", "# unread");
    format!("{toml}{MODULE}  {body})\n")
}

#[test]
fn flat_names_are_records_and_unions() {
    let body = r#"
  (defproc show ((verdict Verdict)) -> String
    (match verdict ((GOOD it) it.why) ((BAD it) it.why)))
  (defworkflow go ((work Work) (doc Doc)) -> Verdict
    (let* ((first (call grade :work work))
           (second (call grade :work (record :title (show first) :plan doc :by (record :name "me")) :mode Mode.fast))
           (third (call grade :work (record Work :title "x" :plan doc :by work.by) :mode "slow"))
           (n (call flat :a 1 :a__b 2)))
      (match second
        (GOOD first)
        ((BAD it) (if (= n.n 1) third (variant Verdict BAD :why it.why))))))"#;
    let compiled = check("flat names", &with(body));
    let printed = wfc_ir::print_program(&compiled.program.unwrap());
    for wanted in [
        "work__title: inputs.work.title",
        "work__by__name: inputs.work.by.name",
        "workflow grade",
        "workflow flat",
    ] {
        assert!(printed.contains(wanted), "{wanted}\nnot in\n{printed}");
    }
}

#[test]
fn arguments_are_checked() {
    let body = r#"
  (defworkflow go ((work Work) (bad Bad)) -> Other
    (do
      (call grade :work bad) ;! E0501 "the field `title` is Int, not String"
      (call grade) ;! E0410 "work"
      (call grade :work work :mod "slow") ;! E0411 "mode"
      (call grade :work work :mode "quick") ;! E0501 "slow"
      (call grad :work work) ;! E0406 "grade"
      (call grade :work work))) ;! E0501 "in the variant `BAD`, the field `what` is missing"
"#;
    check("arguments", &with(body));
}

#[test]
fn names_of_modules_come_first_and_a_program_calls_no_others() {
    let body = r#"
  (defworkflow flat ((n Int)) -> Int n)
  (defworkflow go () -> Int (call flat :n 1))"#;
    let compiled = check("own names", &with(body));
    assert_eq!(compiled.program.unwrap().workflows.len(), 2);
    let text = r#";--- wfc.toml
[programs]
main = "main.orc"
other = "other.orc"
;--- other.orc
(workflow-lisp (:language "1.0") (defmodule other) (export other)
  (defworkflow other () -> Int (call main))) ;! E0406 "no workflow `main`"
;--- main.orc
(workflow-lisp (:language "1.0") (defmodule main) (export go)
  (defworkflow go () -> Int (+ 1 (call other))))
"#;
    check("a circle", text);
}

/// A module that calls `lib`, and what is said of the file behind it.
#[track_caller]
fn behind(file: &str, text: &str, expected: &str) {
    let mut memory = files(
        r#"(workflow-lisp (:language "1.0") (defmodule main) (export go)
  (defworkflow go () -> Int (call lib)))"#,
    );
    let toml = format!("[programs]\nlib = {{ file = \"{file}\", workflow = \"go\" }}\n");
    memory.files.insert("wfc.toml".into(), toml);
    memory.files.insert(file.into(), text.to_owned());
    let compiled = build(&memory);
    let listing = shown(&compiled.sources, &compiled.diagnostics);
    let first = listing.lines().next().unwrap_or_default();
    assert_eq!(first, expected, "{listing}");
    assert_eq!(compiled.diagnostics.len(), 1, "{listing}");
}

#[test]
fn what_is_wrong_with_a_program_is_said_at_it() {
    behind(
        "lib.json",
        "{\"schema\": ",
        "lib.json:1:11 E0803 this is not a program that `lib` can be: it is not JSON: EOF while parsing a value at line 1 column 11",
    );
    behind(
        "lib.json",
        "{}",
        "lib.json:1:1 E0803 this is not a program that `lib` can be: it has no schema",
    );
    behind(
        "lib.json",
        r#"{"schema": "wfc.plan", "major": 1, "minor": 0}"#,
        "lib.json:1:1 E0803 this is not a program that `lib` can be: this is a `wfc.plan` document, not a `wfc.ir`",
    );
    behind(
        "lib.yaml",
        "version: \"2.14\"\nname: lib\nsteps:\n  - name: A\n    comand: [\"true\"]\n",
        "lib.yaml:5:5 E0301 a step has no key `comand`",
    );
    behind(
        "lib.yaml",
        "version: \"2.14\"\nname: og\nsteps:\n  - name: A\n    command: [\"true\"]\n",
        "lib.yaml:1:1 E0803 `lib` is to be the workflow `go` of this file, which is not there",
    );
    behind(
        "lib.orc",
        "(workflow-lisp (:language \"1.0\") (defmodule lib) (export x)\n  (defworkflow x () -> Int 1))\n",
        "lib.orc:1:45 E0609 there is no workflow `go` to start",
    );
}

/// A compiled program is the one that it was compiled from.
#[test]
fn a_compiled_program_is_as_good_as_its_source() {
    let lib = "(workflow-lisp (:language \"1.0\") (defmodule lib) (export lib)
  (defworkflow inner ((n Int)) -> Int (* n 2))
  (defworkflow lib ((n Int)) -> Int (call inner :n n)))\n";
    let main = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defworkflow go () -> Int (call lib :n 3)))\n";
    let of = |toml: &str, more: &[(&str, &str)]| {
        let mut memory = files(main);
        memory.files.insert("wfc.toml".into(), toml.to_owned());
        memory.files.insert("lib.orc".into(), lib.to_owned());
        for (name, text) in more {
            memory.files.insert((*name).into(), (*text).to_owned());
        }
        let compiled = build(&memory);
        let listing = shown(&compiled.sources, &compiled.diagnostics);
        compiled.program.unwrap_or_else(|| panic!("{listing}"))
    };
    let source = of("[programs]\nlib = \"lib.orc\"\n", &[]);
    let names: Vec<&str> = source.workflows.keys().map(String::as_str).collect();
    assert_eq!(names, ["go", "lib", "lib::inner"]);
    let alone = files(&lib.replace("defmodule lib", "defmodule main"));
    let alone = wfc_compiler::compile(
        "main.orc",
        &wfc_compiler::Options {
            entry_workflow: Some("lib".to_owned()),
            ..Default::default()
        },
        &alone,
    );
    let json = serde_json::to_string(&alone.program.unwrap()).unwrap();
    let compiled = of(
        "[programs]\nlib = \"lib.json\"\n",
        &[("lib.json", json.as_str())],
    );
    assert_eq!(compiled.core_hash(), source.core_hash());
}

#[test]
fn every_mistake_of_a_manifest_is_found() {
    let manifest = r#"{
  "good": {"path": "lib.yaml"},
  "lisp": {"kind": "compiled", "path": "../lib.orc", "entry_workflow": "go"},
  "kind": {"kind": "yml", "path": "lib.yaml"},
  "path": {"kind": "yaml"},
  "lost": {"kind": "yaml", "path": "lost.yaml"},
  "both": {"kind": "yaml", "path": "lib.json"},
  "away": {"kind": "yaml", "path": "../../lib.yaml"},
  "text": "lib.yaml"
}"#;
    let mut memory = files(";--- m/programs.json\n");
    for (name, text) in [
        ("m/programs.json", manifest),
        ("m/lib.yaml", ""),
        ("lib.orc", ""),
    ] {
        memory.files.insert(name.into(), text.to_owned());
    }
    let manifests = ManifestFiles {
        programs: Some("m/programs.json".into()),
        ..ManifestFiles::default()
    };
    let mut found = Project::discover(&memory, Path::new(""));
    Project::with_manifests(&mut found, &manifests, &memory);
    let listing = shown(&found.sources, &found.diagnostics);
    for wanted in [
        "m/programs.json:4:3 E0801 the program `kind` is of the unknown kind `yml`\nexpected `yaml` or `compiled`\ndid you mean `yaml`?",
        "m/programs.json:5:3 E0801 the program `path` is not bound to what it must be",
        "m/programs.json:6:3 E0702 there is no file `m/lost.yaml`",
        "m/programs.json:7:3 E0801 the program `both` is `yaml`, and `lib.json` is not",
        "m/programs.json:8:3 E0701 the path `../../lib.yaml` climbs out of the workspace",
        "m/programs.json:9:3 E0801 the program `text` is not bound to what it must be",
    ] {
        assert!(listing.contains(wanted), "{wanted}\nnot in\n{listing}");
    }
    assert_eq!(found.diagnostics.len(), 6, "{listing}");
    let programs = found.project.programs();
    assert_eq!(programs["good"].file, Path::new("m/lib.yaml"));
    assert_eq!(programs["lisp"].file, Path::new("lib.orc"));
    assert_eq!(programs["lisp"].workflow.as_deref(), Some("go"));
}
