//! Reading the predecessor's JSON manifests.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use wfc_diag::{Diagnostic, FileId, Span, codes};

use super::{Command, CommandInput, Discovered, PromptBinding, missing};
use crate::load::reason;
use crate::providers as builtin;
use crate::{Loader, display_path, join_relative};

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
    /// Name to `{"kind": "yaml", "path": …}`, the path from the manifest; a
    /// `compiled` program is a Lisp file or what `wfc compile --emit core-json`
    /// has written, and may name its `entry_workflow`.
    pub programs: Option<PathBuf>,
}

/// Reads the manifests and adds what they bind.
pub(super) fn read(into: &mut Discovered, files: &ManifestFiles, loader: &dyn Loader) {
    let all: [(&Option<PathBuf>, Read); 4] = [
        (&files.providers, provider),
        (&files.prompts, prompt),
        (&files.commands, command),
        (&files.programs, program),
    ];
    for (path, read) in all {
        if let Some(path) = path {
            each(into, path, loader, read);
        }
    }
}

/// An entry of a manifest.
struct Entry<'e> {
    name: &'e str,
    value: &'e Value,
    /// Where it stands, for its findings.
    span: Span,
    manifest: &'e Path,
    loader: &'e dyn Loader,
}

/// Reads an entry.
type Read = fn(&mut Discovered, &Entry<'_>);

fn each(into: &mut Discovered, path: &Path, loader: &dyn Loader, read: Read) {
    let shown = display_path(path, loader.workspace());
    let text = match loader.read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            let file = into.sources.add(shown.clone(), "");
            into.diagnostics.push(Diagnostic::new(
                codes::FILE_UNREADABLE,
                Span::at(file, 0),
                format!("cannot read `{shown}`: {}", reason(&error)),
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
            into.diagnostics.push(
                Diagnostic::new(
                    codes::PROJECT_FILE,
                    json_error(file, &text, &error),
                    format!("`{shown}` is not JSON: {error}"),
                )
                .label("cannot be read"),
            );
            return;
        }
    };
    for (name, value) in &entries {
        let entry = Entry {
            name,
            value,
            span: place(file, &text, name),
            manifest: path,
            loader,
        };
        read(into, &entry);
    }
}

/// Where a text stops being JSON.
pub(crate) fn json_error(file: FileId, text: &str, error: &serde_json::Error) -> Span {
    Span::at(file, offset(text, error.line(), error.column()))
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

/// The key of an entry. JSON trees carry no places: it is the text of that
/// spelling which is in the outermost object and stands before a colon.
fn place(file: FileId, text: &str, name: &str) -> Span {
    let quoted = Value::from(name).to_string();
    let mut depth = 0;
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let end = at + string_length(&text[at..]);
                let is_key = text[end..].trim_start().starts_with(':');
                if depth == 1 && is_key && text[at..end] == quoted {
                    return Span::new(file, at, end);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Span::at(file, 0)
}

/// How long the string is that a text begins with, in bytes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
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
        // An adapter without a signature is called like any other command.
        if let Some(signature) = entry.value.get("input_signature") {
            inputs = signature
                .as_array()
                .and_then(|all| all.iter().map(command_input).collect());
            if inputs.is_none() {
                wrong(into, entry, "command", INPUTS);
                return;
            }
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

/// The kinds of programs, as the manifest calls them.
const KINDS: [&str; 2] = ["yaml", "compiled"];

fn program(into: &mut Discovered, entry: &Entry<'_>) {
    const EXPECTED: &str = "{\"kind\": \"yaml\", \"path\": …}, or a `compiled` program with `path` and, \
                            when it has several workflows, `entry_workflow`";
    let text = |key: &str| match entry.value.get(key) {
        None => Some(None),
        Some(Value::String(text)) => Some(Some(text.as_str())),
        Some(_) => None,
    };
    let (Some(kind), Some(Some(path)), Some(workflow)) =
        (text("kind"), text("path"), text("entry_workflow"))
    else {
        wrong(into, entry, "program", EXPECTED);
        return;
    };
    let kind = kind.unwrap_or(KINDS[0]);
    let report = |into: &mut Discovered, message: String, label: &str| {
        let found = Diagnostic::new(codes::PROJECT_FILE, entry.span, message);
        into.diagnostics.push(found.label(label));
    };
    let name = entry.name;
    if !KINDS.contains(&kind) {
        let message = format!("the program `{name}` is of the unknown kind `{kind}`");
        let found = Diagnostic::new(codes::PROJECT_FILE, entry.span, message)
            .label(format!("expected {}", wfc_diag::one_of(KINDS)));
        into.diagnostics.push(match wfc_diag::nearest(kind, KINDS) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found,
        });
        return;
    }
    if (kind == KINDS[0]) != is_yaml(Path::new(path)) {
        let message = format!("the program `{name}` is `{kind}`, and `{path}` is not");
        report(into, message, "the kind or the path is wrong");
        return;
    }
    let Some(file) = join_relative(entry.manifest, path) else {
        let message = format!("the path `{path}` climbs out of the workspace");
        let found = Diagnostic::new(codes::UNSAFE_PATH, entry.span, message);
        into.diagnostics.push(found.label("leads outside"));
        return;
    };
    if let Some(problem) = missing(&file, entry.loader) {
        let found = Diagnostic::new(codes::MISSING_ASSET, entry.span, problem);
        into.diagnostics
            .push(found.label("needed for this program"));
    }
    let bound = super::Entry {
        file,
        workflow: workflow.map(str::to_owned),
    };
    into.project.programs.insert(name.to_owned(), bound);
}

/// Is it neither Workflow Lisp nor a compiled program?
fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension != "orc" && extension != "json"
}
