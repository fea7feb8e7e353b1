//! The comments that stand before steps and workflows.

use std::collections::HashMap;

use wfc_diag::Sources;
use wfc_ir::{OriginKind, Program, StepId};

/// Comments by what they are about, line by line, without their marks.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    steps: HashMap<(String, StepId), Vec<String>>,
    workflows: HashMap<String, Vec<String>>,
}

impl Comments {
    /// Those of the sources of a program.
    pub fn of(program: &Program, sources: &Sources) -> Self {
        let mut found = Comments::default();
        let text_of = |name: &str| {
            let mut files = sources.iter();
            let file = files.find(|(_, file)| file.name == name);
            file.map_or("", |(_, file)| &file.text)
        };
        for (name, notes) in &program.notes {
            let text = text_of(&notes.file);
            let is_lisp = notes.file.ends_with(".orc");
            let head = match is_lisp {
                true => text
                    .find(&format!("(defworkflow {name}"))
                    .map(|at| before(text, at, ";")),
                false => Some(leading(text)),
            };
            found
                .workflows
                .insert(name.clone(), head.unwrap_or_default());
            for (step, origin) in &notes.origins {
                if origin.kind != OriginKind::Authored {
                    continue;
                }
                let mark = if origin.place.file.ends_with(".orc") {
                    ";"
                } else {
                    "#"
                };
                let lines = before(text_of(&origin.place.file), origin.bytes.0 as usize, mark);
                if !lines.is_empty() {
                    found.steps.insert((name.clone(), step.clone()), lines);
                }
            }
        }
        found
    }

    /// Those before a step, each line behind `mark`.
    pub(super) fn step(&self, workflow: &str, step: &StepId, mark: &str) -> Vec<String> {
        let key = (workflow.to_owned(), step.clone());
        marked(self.steps.get(&key), mark)
    }

    /// Those before a workflow, each line behind `mark`.
    pub(super) fn workflow(&self, workflow: &str, mark: &str) -> Vec<String> {
        marked(self.workflows.get(workflow), mark)
    }
}

fn marked(lines: Option<&Vec<String>>, mark: &str) -> Vec<String> {
    let lines = lines.into_iter().flatten();
    lines
        .map(|line| format!("{mark} {line}").trim_end().to_owned())
        .collect()
}

/// The lines of comments right above the line of an offset.
fn before(text: &str, offset: usize, mark: &str) -> Vec<String> {
    let above = text.get(..offset).unwrap_or_default();
    let above = above.rfind('\n').map_or("", |end| &above[..end]);
    let lines = above.lines().rev().map_while(|line| bare(line, mark));
    let mut lines: Vec<String> = lines.collect();
    lines.reverse();
    lines
}

/// The lines of comments at the top of a YAML file.
fn leading(text: &str) -> Vec<String> {
    text.lines().map_while(|line| bare(line, "#")).collect()
}

fn bare(line: &str, mark: &str) -> Option<String> {
    let line = line.trim();
    let inner = line
        .starts_with(mark)
        .then(|| line.trim_start_matches(mark))?;
    Some(inner.strip_prefix(' ').unwrap_or(inner).to_owned())
}
