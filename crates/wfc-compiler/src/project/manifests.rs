//! Reading the predecessor's JSON manifests.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use wfc_diag::{Diagnostic, FileId, Span, codes};

use super::{Command, CommandInput, Discovered, PromptBinding};
use crate::providers as builtin;
use crate::{Loader, display_path};

/// The manifests to read, from the workspace or absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestFiles {
    /// Name to the name of a built-in provider.
    pub providers: Option<PathBuf>,
    /// Name to a path, to `{"asset_file": …}` or to `{"input_file": …}`.
    pub prompts: Option<PathBuf>,
    /// Name to `{"kind": "external_tool", "stable_command": […]}`; a
    /// `certified_adapter` has an `input_signature` as well.
    pub commands: Option<PathBuf>,
}

/// Reads the manifests and adds what they bind.
pub(super) fn read(into: &mut Discovered, files: &ManifestFiles, loader: &dyn Loader) {
    if let Some(path) = &files.providers {
        each(into, path, loader, provider);
    }
    if let Some(path) = &files.prompts {
        each(into, path, loader, prompt);
    }
    if let Some(path) = &files.commands {
        each(into, path, loader, command);
    }
}

/// Where an entry of a manifest stands, for its findings.
struct Entry<'e> {
    name: &'e str,
    value: &'e Value,
    span: Span,
}

fn each(
    into: &mut Discovered,
    path: &Path,
    loader: &dyn Loader,
    read: fn(&mut Discovered, &Entry<'_>),
) {
    let shown = display_path(path, loader.workspace());
    let text = match loader.read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            let file = into.sources.add(shown.clone(), "");
            into.diagnostics.push(Diagnostic::new(
                codes::FILE_UNREADABLE,
                Span::at(file, 0),
                format!("cannot read `{shown}`: {error}"),
            ));
            return;
        }
    };
    let file = into.sources.add(shown.clone(), text.clone());
    let entries: Map<String, Value> = match serde_json::from_str(&text) {
        Ok(Value::Object(entries)) => entries,
        Ok(_) => {
            into.diagnostics.push(
                Diagnostic::new(
                    codes::PROJECT_FILE,
                    Span::at(file, 0),
                    format!("`{shown}` must hold a JSON object"),
                )
                .label("no object"),
            );
            return;
        }
        Err(error) => {
            let at = offset(&text, error.line(), error.column());
            into.diagnostics.push(
                Diagnostic::new(
                    codes::PROJECT_FILE,
                    Span::at(file, at),
                    format!("`{shown}` is not JSON: {error}"),
                )
                .label("cannot be read"),
            );
            return;
        }
    };
    for (name, value) in &entries {
        let span = place(file, &text, name);
        read(into, &Entry { name, value, span });
    }
}

/// The byte at a 1-based line and column.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// The key of an entry. JSON trees carry no places; a key that stands before
/// a colon is the entry, and any other text of that spelling is not.
fn place(file: FileId, text: &str, name: &str) -> Span {
    let quoted = Value::from(name).to_string();
    let found = text
        .match_indices(&quoted)
        .find(|(at, _)| text[at + quoted.len()..].trim_start().starts_with(':'));
    match found {
        Some((at, _)) => Span::new(file, at, at + quoted.len()),
        None => Span::at(file, 0),
    }
}

fn wrong(into: &mut Discovered, entry: &Entry<'_>, what: &str, expected: &str) {
    into.diagnostics.push(
        Diagnostic::new(
            codes::PROJECT_FILE,
            entry.span,
            format!(
                "the {what} `{}` is not bound to what it must be",
                entry.name
            ),
        )
        .label(format!("expected {expected}"))
        .note(format!("found {}", entry.value)),
    );
}

fn provider(into: &mut Discovered, entry: &Entry<'_>) {
    let Some(template) = entry.value.as_str() else {
        wrong(into, entry, "provider", "the name of a provider in quotes");
        return;
    };
    match builtin::provider(template) {
        Some(provider) => {
            into.project
                .providers
                .insert(entry.name.to_owned(), provider);
        }
        // A name that `wfc.toml` binds serves as well.
        None => match into.project.provider(template).map(|(_, p)| p.clone()) {
            Some(provider) => {
                into.project
                    .providers
                    .insert(entry.name.to_owned(), provider);
            }
            None => {
                let names: Vec<&str> = builtin::names()
                    .chain(into.project.providers.keys().map(String::as_str))
                    .collect();
                let diagnostic = Diagnostic::new(
                    codes::PROJECT_FILE,
                    entry.span,
                    format!(
                        "`{}` is bound to the unknown provider `{template}`",
                        entry.name
                    ),
                )
                .label(format!("there is no provider `{template}`"))
                .note(format!("expected {}", wfc_diag::one_of(names)));
                into.diagnostics.push(diagnostic);
            }
        },
    }
}

fn prompt(into: &mut Discovered, entry: &Entry<'_>) {
    const EXPECTED: &str = "a path, {\"asset_file\": …} or {\"input_file\": …}";
    let binding = match entry.value {
        Value::String(path) => Some(PromptBinding::BesideOrWorkspace(path.clone())),
        Value::Object(map) if map.len() == 1 => {
            let text = |key: &str| map.get(key).and_then(Value::as_str);
            match (text("asset_file"), text("input_file")) {
                (Some(path), _) => Some(PromptBinding::BesideSource(path.to_owned())),
                (_, Some(path)) => Some(PromptBinding::File(PathBuf::from(path))),
                _ => None,
            }
        }
        _ => None,
    };
    match binding {
        Some(binding) => {
            into.project.prompts.insert(entry.name.to_owned(), binding);
        }
        None => wrong(into, entry, "prompt", EXPECTED),
    }
}

fn command(into: &mut Discovered, entry: &Entry<'_>) {
    const EXPECTED: &str = "{\"kind\": \"external_tool\", \"stable_command\": [\"program\", …]}";
    const INPUTS: &str =
        "`input_signature` to be a list of {\"name\": …, \"type_name\": …, \"required\": …}";
    let words = entry
        .value
        .get("stable_command")
        .and_then(Value::as_array)
        .and_then(|words| {
            words
                .iter()
                .map(|word| word.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
        })
        .filter(|words| !words.is_empty());
    let Some(words) = words else {
        wrong(into, entry, "command", EXPECTED);
        return;
    };
    let mut inputs = None;
    if entry.value.get("kind").and_then(Value::as_str) == Some("certified_adapter") {
        let signature = entry.value.get("input_signature").unwrap_or(&Value::Null);
        inputs = signature
            .as_array()
            .and_then(|all| all.iter().map(command_input).collect());
        if inputs.is_none() {
            wrong(into, entry, "command", INPUTS);
            return;
        }
    }
    let name = entry.name.to_owned();
    let command = Command { words, inputs };
    into.project.commands.insert(name, command);
}

fn command_input(value: &Value) -> Option<CommandInput> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("name")?;
    Some(CommandInput {
        type_name: text("type_name")?,
        required: value.get("required").and_then(Value::as_bool) != Some(false),
        key: text("transport_key").unwrap_or_else(|| name.clone()),
        name,
    })
}
