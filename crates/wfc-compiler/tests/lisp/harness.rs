//! One helper: a program as text, with what is expected of it beside the
//! source, in comments.
//!
//! ```text
//! (record Out :n nn)   ;! E0406 "nn"
//! ```
//!
//! says that a finding with this code begins on this line and has the quoted
//! text in its message, label, notes or help. A program without such comments
//! must compile to a program that verifies.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use wfc_compiler::project::Project;
use wfc_compiler::{Compiled, Loader, Options, compile};
use wfc_diag::{Diagnostic, Level, Lint, Severity, Sources, codes};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) files: BTreeMap<PathBuf, String>,
}

impl Loader for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn workspace(&self) -> &Path {
        Path::new("/ws")
    }
}

/// The project of all tests.
pub(crate) const PROJECT: &str = r#"
[providers.writer]
command = ["agent", "-"]
input = "stdin"

[providers.critic]
use = "codex"

[prompts]
"prompts.draft" = { asset = "draft.md" }
"prompts.review" = { asset = "draft.md" }
"prompts.fix" = { file = "later/fix.md" }
"prompts.note" = { text = "Say hello." }

[commands]
check = ["bash", "check.sh"]
count = ["bash", "count.sh"]
apply_resource_transition = ["bash", "move.sh"]
tell = { command = ["bash", "tell.sh"], inputs = { who = "String", times = "Int" } }
"#;

/// The files of a test: `--- name` begins each; without it there is one.
pub(crate) fn files(text: &str) -> Memory {
    let mut memory = Memory::default();
    memory.files.insert("wfc.toml".into(), PROJECT.to_owned());
    memory
        .files
        .insert("draft.md".into(), "Write.\n".to_owned());
    let mut name = "main.orc".to_owned();
    let mut body = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(";--- ") {
            Some(next) => {
                if !body.trim().is_empty() {
                    memory.files.insert(name.clone().into(), body.clone());
                }
                next.trim().clone_into(&mut name);
                body.clear();
            }
            None => body.push_str(line),
        }
    }
    memory.files.insert(name.into(), body);
    memory
}

/// Compiles `main.orc` of a test. What is unused is told only in programs that
/// expect something to be.
pub(crate) fn build(memory: &Memory) -> Compiled {
    let found = Project::discover(memory, Path::new(""));
    assert!(found.diagnostics.is_empty(), "{:#?}", found.diagnostics);
    let mut options = Options {
        entry_workflow: None,
        project: found.project,
        hir: true,
        ..Options::default()
    };
    if !memory.files.values().any(|text| text.contains("W0902")) {
        let unused = Lint::Code(codes::UNUSED);
        options.levels.set(unused, Level::Allow);
    }
    compile("main.orc", &options, memory)
}

/// Everything that a finding says.
fn said(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}\n{}", diagnostic.message, diagnostic.primary.message);
    for part in diagnostic
        .secondary
        .iter()
        .map(|label| &label.message)
        .chain(&diagnostic.notes)
        .chain(&diagnostic.help)
    {
        text.push('\n');
        text.push_str(part);
    }
    text
}

/// The findings as people see them.
pub(crate) fn shown(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for each in diagnostics {
        let file = sources.file(each.primary.span.file);
        let at = file.line_column(each.primary.span.start as usize);
        let (name, code) = (&file.name, each.code.id());
        text.push_str(&format!(
            "{name}:{}:{} {code} {}\n",
            at.line,
            at.column,
            said(each)
        ));
    }
    text
}

/// What a comment expects: file, line, code, text.
type Expected = (String, usize, String, Option<String>);

fn expectations(memory: &Memory) -> Vec<Expected> {
    let mut all = Vec::new();
    for (path, text) in &memory.files {
        for (index, line) in text.lines().enumerate() {
            for mark in line.split(";!").skip(1) {
                let mut words = mark.trim().splitn(2, ' ');
                let code = words.next().unwrap_or_default().to_owned();
                let text = words.next().map(|t| t.trim().trim_matches('"').to_owned());
                all.push((path.display().to_string(), index + 1, code, text));
            }
        }
    }
    all
}

/// Holds a program against the expectations in it.
#[track_caller]
pub(crate) fn check(name: &str, text: &str) -> Compiled {
    let memory = files(text);
    let compiled = build(&memory);
    let listing = shown(&compiled.sources, &compiled.diagnostics);
    let mut open: Vec<(String, usize, &Diagnostic)> = compiled
        .diagnostics
        .iter()
        .map(|each| {
            let file = compiled.sources.file(each.primary.span.file);
            let line = file.line_column(each.primary.span.start as usize).line;
            (file.name.clone(), line, each)
        })
        .collect();
    let expected = expectations(&memory);
    let mut missing: Vec<String> = Vec::new();
    for (file, line, code, text) in &expected {
        let found = open.iter().position(|(at_file, at_line, each)| {
            at_file == file
                && at_line == line
                && each.code.id() == code
                && text
                    .as_ref()
                    .is_none_or(|text| said(each).contains(text.as_str()))
        });
        match found {
            Some(index) => {
                open.remove(index);
            }
            None => missing.push(format!("{code} {text:?} at {file}:{line}")),
        }
    }
    // Programs that are about something else may have advice.
    open.retain(|(_, _, each)| each.severity != Severity::Advice);
    let extra: Vec<Diagnostic> = open.iter().map(|(_, _, each)| (*each).clone()).collect();
    assert!(
        open.is_empty() && missing.is_empty(),
        "{name}\nexpected, not found:\n{}\nfound, not expected:\n{}\nin all:\n{listing}",
        missing.join("\n"),
        shown(&compiled.sources, &extra)
    );
    let errors = compiled
        .diagnostics
        .iter()
        .any(|each| each.severity == Severity::Error);
    let undecided = compiled.undecided.is_some();
    let none = compiled.program.is_none();
    assert_eq!(none, errors || undecided, "{name}:\n{listing}");
    if let Some(program) = &compiled.program {
        assert_eq!(wfc_ir::verify(program), Ok(()), "{name}");
        let plan = wfc_compiler::plan_optimised(program.clone(), 1, &mut Vec::new());
        assert_eq!(wfc_ir::verify_plan(&plan), Ok(()), "{name}");
        // A plan is written to the run directory and read back on resume.
        let json = serde_json::to_string(&plan).unwrap();
        let back: wfc_ir::Plan = serde_json::from_str(&json).unwrap();
        assert_eq!(back, plan, "{name}");
    }
    compiled
}
