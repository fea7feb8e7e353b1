//! Shells that do what the language has a form for.

use wfc_ir::CaptureMode;

use super::Checker;
use crate::yaml::hir::{Command, Contract, Exec, Part, Step, Text};
use crate::yaml::messages;

/// Options of `test` that ask whether a file is there.
const IS_THERE: [&str; 3] = ["-e", "-f", "-d"];

impl Checker<'_> {
    pub(super) fn shell(&mut self, step: &Step) {
        let Exec::Command(command) = &step.exec else {
            return;
        };
        let Some(first) = command.argv.first() else {
            return;
        };
        let span = match command.argv.last() {
            Some(last) => first.span.to(last.span),
            None => first.span,
        };
        let plain = command.process.contract.is_none() && step.publishes.is_empty();
        if let (true, Some(gate)) = (plain, gate(command)) {
            let name = &step.name.value;
            self.report(messages::shell_gate(span, name, gate.path.as_deref()));
        } else if is_constant_write(command) {
            let (what, form) = (
                "writes a constant into a file",
                "`set_scalar` gives an artifact a constant value",
            );
            self.report(messages::shell_glue(span, what, form));
        } else if plain && is_show(command) {
            let (what, form) = (
                "shows a file so that its text can be read",
                "let the step that writes the file declare it: `expected_outputs`",
            );
            self.report(messages::shell_glue(span, what, form));
        }
    }
}

/// A command that is only a test.
struct Gate {
    /// The file that it asks for, when that is all.
    path: Option<String>,
}

fn gate(command: &Command) -> Option<Gate> {
    let words: Vec<&str> = match script(command) {
        Some(script) => {
            let script = script.trim_start();
            let is_test = ["test ", "[ ", "[[ "].iter().any(|t| script.starts_with(t));
            is_test.then_some(())?;
            script.split_whitespace().collect()
        }
        None => {
            let first = command.argv.first()?.as_literal()?;
            ["test", "[", "[["].contains(&first).then_some(())?;
            let words = command.argv.iter().map(|text| text.as_literal());
            words.map(|word| word.unwrap_or("")).collect()
        }
    };
    let path = match words.as_slice() {
        ["test", option, path] | ["[", option, path, "]"] | ["[[", option, path, "]]"]
            if IS_THERE.contains(option) =>
        {
            let plain = |c: char| c.is_alphanumeric() || "_-./".contains(c);
            (!path.is_empty() && path.chars().all(plain)).then(|| (*path).to_owned())
        }
        _ => None,
    };
    Some(Gate { path })
}

/// The script of `sh -c SCRIPT`, as far as it is written out.
fn script(command: &Command) -> Option<&str> {
    let [shell, option, script, ..] = command.argv.as_slice() else {
        return None;
    };
    let is_shell = ["sh", "bash"].contains(&shell.as_literal()?);
    let runs = ["-c", "-lc"].contains(&option.as_literal()?);
    (is_shell && runs).then(|| leading(script))
}

/// The text before the first hole.
fn leading(text: &Text) -> &str {
    match text.parts.first() {
        Some(Part::Lit(text)) => text,
        _ => "",
    }
}

/// `sh -c "echo WORD > FILE"`, for a contract of one file.
fn is_constant_write(command: &Command) -> bool {
    let one_file = matches!(&command.process.contract,
        Some(Contract::Files(files)) if files.len() == 1);
    let whole = command
        .argv
        .get(2)
        .is_some_and(|t| t.as_literal().is_some());
    let (true, true, Some(script)) = (one_file, whole, script(command)) else {
        return false;
    };
    let last = script.rsplit("&&").next().unwrap_or(script).trim();
    let prepares = |part: &str| part.trim_start().starts_with("mkdir -p ");
    let prepared = script.split("&&").count() == 1
        || script.split("&&").count() == 2 && script.split("&&").next().is_some_and(prepares);
    let Some((shown, file)) = last.split_once('>') else {
        return false;
    };
    let says = ["echo ", "printf "]
        .iter()
        .any(|word| shown.starts_with(word));
    let constant = !last.contains(['$', '`', '|', ';', '&', '<', '\n']);
    prepared && says && constant && !file.contains('>')
}

/// `cat FILE`, whose output is kept.
fn is_show(command: &Command) -> bool {
    let [cat, _] = command.argv.as_slice() else {
        return false;
    };
    cat.as_literal() == Some("cat") && command.process.capture != CaptureMode::Json
}
