//! The project file `wfc.toml`, and the predecessor's JSON manifests.
//!
//! A Lisp program names providers, prompts and commands by symbols; what they
//! stand for is said here, once for every command and the editor.

mod manifests;
mod toml_file;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use wfc_diag::{Diagnostic, Levels, Sources};
use wfc_ir::{Exec, Expr, Op, Program, Provider, ReplayClass, to_text};

use crate::{Loader, display_path, join_relative};

pub use manifests::ManifestFiles;
pub(crate) use manifests::json_error;

/// Bindings of names, and where modules are looked for.
#[derive(Clone, Debug, Default)]
pub struct Project {
    file: Option<String>,
    source_roots: Vec<PathBuf>,
    providers: IndexMap<String, Provider>,
    prompts: IndexMap<String, PromptBinding>,
    commands: IndexMap<String, Command>,
    programs: IndexMap<String, Entry>,
    entries: IndexMap<String, Entry>,
    levels: Levels,
    once: Once,
}

/// What must not happen twice, whichever step does it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Once {
    providers: Vec<String>,
    commands: Vec<String>,
}

/// What a prompt name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptBinding {
    /// A file, from the workspace or absolute. That of the program is there
    /// when the project is read; another may be written by a run first.
    File(PathBuf),
    /// A file next to the module that uses the prompt, relative to it.
    BesideSource(String),
    /// A file next to a module of the program, or else in the workspace; which
    /// is known once the modules are, see [`Project::settled`].
    BesideOrWorkspace(String),
    /// The prompt itself.
    Text(String),
}

/// What a command name stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The words that it begins with.
    pub words: Vec<String>,
    /// What its one JSON argument holds, when it takes one that is described.
    pub inputs: Option<Vec<CommandInput>>,
}

/// A field of the JSON argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandInput {
    /// The name that a program uses.
    pub name: String,
    /// The type, as it is called where the command is described.
    pub type_name: String,
    /// Whether it must be given.
    pub required: bool,
    /// The key in the JSON object.
    pub key: String,
}

/// A workflow of a file: a named thing to start, or to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file, from the workspace or absolute.
    pub file: PathBuf,
    /// The workflow in it, when there are several.
    pub workflow: Option<String>,
}

/// A project and what is wrong with its files.
#[derive(Debug, Default)]
pub struct Discovered {
    /// What could be read.
    pub project: Project,
    /// The files that were read; the findings lie in them.
    pub sources: Sources,
    /// The findings: errors (`E0801`, `E0702`, `E0701`), and warnings of names
    /// under `lints` that mean nothing (`W1001`).
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// The project of the folder `start` (from the workspace, or absolute):
    /// the nearest `wfc.toml` in it or above, up to the workspace. Without
    /// one, an empty project.
    pub fn discover(loader: &dyn Loader, start: &Path) -> Discovered {
        let inside = start.strip_prefix(loader.workspace()).unwrap_or(start);
        for folder in inside.ancestors() {
            let path = folder.join("wfc.toml");
            if loader.is_file(&path) {
                return toml_file::read(&path, loader);
            }
        }
        Discovered::default()
    }

    /// Adds what JSON manifests bind; they win over what is bound already.
    /// Their findings are added to `into`.
    pub fn with_manifests(into: &mut Discovered, files: &ManifestFiles, loader: &dyn Loader) {
        manifests::read(into, files, loader);
    }

    /// The project for a program of the modules at `sources`: where the file
    /// of each prompt is has been decided.
    pub fn settled(&self, sources: &[&Path], loader: &dyn Loader) -> Project {
        let mut settled = self.clone();
        for binding in settled.prompts.values_mut() {
            let PromptBinding::BesideOrWorkspace(relative) = binding else {
                continue;
            };
            let is_beside = |source: &&Path| {
                join_relative(source, relative).is_some_and(|path| loader.is_file(&path))
            };
            let in_workspace = Path::new(relative.as_str());
            *binding = if !sources.iter().any(is_beside) && loader.is_file(in_workspace) {
                PromptBinding::File(in_workspace.to_owned())
            } else {
                PromptBinding::BesideSource(std::mem::take(relative))
            };
        }
        settled
    }

    /// Adds a folder in which modules are looked for, from the workspace or
    /// absolute.
    pub fn add_source_root(&mut self, root: impl Into<PathBuf>) {
        self.source_roots.push(root.into());
    }

    /// The project file as it is shown, if there is one.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The folders in which modules are looked for, after the entry's own.
    pub fn source_roots(&self) -> &[PathBuf] {
        &self.source_roots
    }

    /// Takes over, for the steps that do not say it themselves, which agents
    /// and commands must not be started twice when it is not known how they
    /// ended.
    pub fn settle_replay(&self, program: &mut Program) {
        if self.once == Once::default() {
            return;
        }
        for workflow in program.workflows.values_mut() {
            workflow.each_step_mut(&mut |step| {
                let Op::Process(process) = &mut step.op else {
                    return;
                };
                let (name, listed) = match &process.exec {
                    Exec::Provider { provider, .. } => (Some(provider), &self.once.providers),
                    Exec::Command { argv, .. } => (argv.first(), &self.once.commands),
                    Exec::Adjudicated(_) => return,
                };
                if let Some(Expr::Lit { value }) = name
                    && process.replay.is_none()
                    && listed.contains(&to_text(value))
                {
                    process.replay = Some(ReplayClass::Once);
                }
            });
        }
    }

    /// The named entries, in the order of the file.
    pub fn entries(&self) -> &IndexMap<String, Entry> {
        &self.entries
    }

    /// The programs that Workflow Lisp calls by a name.
    pub fn programs(&self) -> &IndexMap<String, Entry> {
        &self.programs
    }

    /// The project as such a program sees it, which calls no others: what
    /// names each other would have no end.
    pub(crate) fn within_program(&self) -> Project {
        Project {
            programs: IndexMap::new(),
            ..self.clone()
        }
    }

    /// What `lints` says.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// The provider that a name stands for, with the name of its template:
    /// `providers.author` is looked up as it is, then as `author`.
    pub fn provider(&self, name: &str) -> Option<(&str, &Provider)> {
        let (key, provider) = look_up(&self.providers, name, "providers.")?;
        Some((key, provider))
    }

    /// All bound providers, by the name of their template.
    pub fn providers(&self) -> &IndexMap<String, Provider> {
        &self.providers
    }

    /// The prompt that a name stands for.
    pub fn prompt(&self, name: &str) -> Option<&PromptBinding> {
        look_up(&self.prompts, name, "prompts.").map(|(_, prompt)| prompt)
    }

    /// What a command name stands for.
    pub fn command(&self, name: &str) -> Option<&Command> {
        look_up(&self.commands, name, "commands.").map(|(_, command)| command)
    }

    /// Provider names as a program may write them.
    pub fn provider_names(&self) -> Vec<String> {
        self.providers
            .keys()
            .map(|key| match key.contains('.') {
                true => key.clone(),
                false => format!("providers.{key}"),
            })
            .collect()
    }

    /// Prompt names as a program may write them.
    pub fn prompt_names(&self) -> Vec<String> {
        self.prompts
            .keys()
            .map(|key| match key.contains('.') {
                true => key.clone(),
                false => format!("prompts.{key}"),
            })
            .collect()
    }

    /// Command names.
    pub fn command_names(&self) -> Vec<String> {
        self.commands.keys().cloned().collect()
    }

    /// The file of a prompt that is used by the module at `source`, from the
    /// workspace or absolute; nothing for a text, and when the path climbs
    /// out.
    pub fn prompt_path(&self, name: &str, source: &Path) -> Option<PathBuf> {
        match self.prompt(name)? {
            PromptBinding::File(path) => Some(path.clone()),
            PromptBinding::BesideSource(relative) | PromptBinding::BesideOrWorkspace(relative) => {
                join_relative(source, relative)
            }
            PromptBinding::Text(_) => None,
        }
    }

    /// Why the file of a prompt cannot be read when the program is compiled,
    /// in words; nothing when it can, or need not exist yet.
    pub fn asset_problem(&self, name: &str, source: &Path, loader: &dyn Loader) -> Option<String> {
        match self.prompt(name)? {
            PromptBinding::Text(_) | PromptBinding::File(_) => None,
            PromptBinding::BesideSource(relative) | PromptBinding::BesideOrWorkspace(relative) => {
                match self.prompt_path(name, source) {
                    None => Some(format!("`{relative}` climbs out of the workspace")),
                    Some(path) => missing(&path, loader),
                }
            }
        }
    }
}

fn missing(path: &Path, loader: &dyn Loader) -> Option<String> {
    (!loader.is_file(path)).then(|| {
        let shown = display_path(path, loader.workspace());
        format!("there is no file `{shown}`")
    })
}

fn look_up<'m, T>(
    map: &'m IndexMap<String, T>,
    name: &str,
    prefix: &str,
) -> Option<(&'m str, &'m T)> {
    let bare = name.strip_prefix(prefix);
    map.get_key_value(name)
        .or_else(|| map.get_key_value(bare?))
        .or_else(|| map.get_key_value(&format!("{prefix}{name}")))
        .map(|(key, value)| (key.as_str(), value))
}

/// Why the argument vector of a provider cannot work, if so.
fn command_problem(provider: &Provider) -> Option<&'static str> {
    let shows_prompt = provider.command.iter().any(|arg| arg.contains("${PROMPT}"));
    match provider.input {
        wfc_ir::InputMode::Stdin if shows_prompt => {
            Some("the prompt comes on standard input, so `${PROMPT}` has no meaning")
        }
        _ if provider.command.is_empty() => Some("there is no program to start"),
        _ => None,
    }
}
