//! Reading `wfc.toml`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wfc_diag::{Diagnostic, FileId, Level, Lint, NoLint, Span, codes, one_of};
use wfc_ir::{Expr, InputMode, Limits, Protocol, Provider, Value};

use super::{
    Command, CommandInput, Discovered, Entry, Once, PromptBinding, command_problem, missing,
};
use crate::providers as builtin;
use crate::{Loader, display_path, join_relative};

/// The levels as they are written in the file.
const QUOTED: [&str; 4] = ["\"allow\"", "\"advise\"", "\"warn\"", "\"deny\""];

type Table<'s> = DeTable<'s>;
type Item<'s> = Spanned<DeValue<'s>>;

/// Reads the project file at `path`, which exists.
pub(super) fn read(path: &Path, loader: &dyn Loader) -> Discovered {
    let mut found = Discovered::default();
    let shown = display_path(path, loader.workspace());
    let (text, problem) = match loader.read(path) {
        Err(error) => (
            String::new(),
            Some((codes::FILE_UNREADABLE, error.to_string())),
        ),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(_) => (
                String::new(),
                Some((codes::NOT_UTF8, "it is not UTF-8 text".to_owned())),
            ),
        },
    };
    let file = found.sources.add(shown.clone(), text);
    let text = found.sources.file(file).text.clone();
    if let Some((code, why)) = problem {
        found.diagnostics.push(Diagnostic::new(
            code,
            Span::at(file, 0),
            format!("cannot read `{shown}`: {why}"),
        ));
        return found;
    }
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        found.diagnostics.push(
            Diagnostic::new(
                codes::PROJECT_FILE,
                Span::new(file, span.start, span.end),
                format!("`{shown}` is not well formed: {}", error.message()),
            )
            .label("cannot be read"),
        );
    }
    found.project.file = Some(shown);
    let mut reader = Reader {
        file,
        path,
        loader,
        found: &mut found,
    };
    reader.top(table.get_ref());
    found
}

struct Reader<'r> {
    file: FileId,
    path: &'r Path,
    loader: &'r dyn Loader,
    found: &'r mut Discovered,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn report(&mut self, range: Range<usize>, message: String, label: &str) {
        let span = self.span(range);
        self.found
            .diagnostics
            .push(Diagnostic::new(codes::PROJECT_FILE, span, message).label(label));
    }

    /// Reports the keys of a table that have no meaning.
    fn known(&mut self, table: &Table<'_>, what: &str, allowed: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !allowed.contains(&name) {
                let span = self.span(key.span());
                self.found.diagnostics.push(
                    Diagnostic::new(
                        codes::PROJECT_FILE,
                        span,
                        format!("{what} has no key `{name}`"),
                    )
                    .label("unknown key")
                    .suggest(span, name, allowed.iter().copied()),
                );
            }
        }
    }

    fn table<'t, 's>(&mut self, item: &'t Item<'s>, what: &str) -> Option<&'t Table<'s>> {
        match item.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.report(
                    item.span(),
                    format!("{what} must be a table"),
                    "not a table",
                );
                None
            }
        }
    }

    fn text(&mut self, item: &Item<'_>, what: &str) -> Option<String> {
        match item.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.report(item.span(), format!("{what} must be a text"), "not a text");
                None
            }
        }
    }

    fn texts(&mut self, item: &Item<'_>, what: &str) -> Option<Vec<String>> {
        let DeValue::Array(items) = item.get_ref() else {
            self.report(
                item.span(),
                format!("{what} must be a list of texts"),
                "not a list",
            );
            return None;
        };
        items.iter().map(|each| self.text(each, what)).collect()
    }

    fn top(&mut self, table: &Table<'_>) {
        const KEYS: &[&str] = &[
            "project",
            "providers",
            "prompts",
            "commands",
            "programs",
            "entries",
            "lints",
            "replay",
        ];
        self.known(table, "the project file", KEYS);
        if let Some(item) = table.get("project")
            && let Some(project) = self.table(item, "`project`")
        {
            self.known(project, "`project`", &["name", "source-roots"]);
            if let Some(roots) = project.get("source-roots") {
                self.source_roots(roots);
            }
        }
        // `name` is for people.
        self.each(table, "providers", Self::provider);
        self.each(table, "prompts", Self::prompt);
        self.each(table, "commands", Self::command);
        self.each(table, "programs", Self::program);
        self.each(table, "entries", Self::entry);
        self.each(table, "lints", Self::lint);
        if let Some(item) = table.get("replay")
            && let Some(replay) = self.table(item, "`replay`")
        {
            self.known(replay, "`replay`", &["once-providers", "once-commands"]);
            let mut names = |key| {
                let item = replay.get(key)?;
                self.texts(item, &format!("`{key}`"))
            };
            let (providers, commands) = (names("once-providers"), names("once-commands"));
            self.found.project.once = Once {
                providers: providers.unwrap_or_default(),
                commands: commands.unwrap_or_default(),
            };
        }
    }

    /// `unused = "deny"`
    fn lint(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        let words = Level::ALL.map(Level::as_str);
        let level = match item.get_ref() {
            DeValue::String(word) => Level::parse(word),
            _ => None,
        };
        let Some(level) = level else {
            let span = self.span(item.span());
            let message = format!("the level of `{name}` must be {}", one_of(words));
            let found = Diagnostic::new(codes::PROJECT_FILE, span, message).label("no level");
            self.found.diagnostics.push(match item.get_ref() {
                DeValue::String(word) => found.suggest(span, &format!("\"{word}\""), QUOTED),
                _ => found,
            });
            return;
        };
        match Lint::parse(name) {
            Ok(lint) => self.found.project.levels.set(lint, level),
            // That an error is one needs no saying.
            Err(NoLint::Error(_)) if level == Level::Deny => {}
            Err(why) => {
                let found = why.diagnostic(self.span(at), name);
                self.found.diagnostics.push(found);
            }
        }
    }

    /// Calls `read` for each entry of a section.
    fn each(
        &mut self,
        table: &Table<'_>,
        section: &str,
        read: fn(&mut Self, &str, Range<usize>, &Item<'_>),
    ) {
        if let Some(item) = table.get(section)
            && let Some(entries) = self.table(item, &format!("`{section}`"))
        {
            // In the order of the file, not of the letters.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            for (key, item) in entries {
                read(self, key.get_ref(), key.span(), item);
            }
        }
    }

    /// A path of the file, from the workspace or absolute.
    fn path(&mut self, item: &Item<'_>, text: &str) -> Option<PathBuf> {
        if Path::new(text).is_absolute() {
            return Some(PathBuf::from(text));
        }
        let joined = join_relative(self.path, text);
        if joined.is_none() {
            let span = self.span(item.span());
            self.found.diagnostics.push(
                Diagnostic::new(
                    codes::UNSAFE_PATH,
                    span,
                    format!("the path `{text}` climbs out of the workspace"),
                )
                .label("leads outside"),
            );
        }
        joined
    }

    fn source_roots(&mut self, item: &Item<'_>) {
        let DeValue::Array(items) = item.get_ref() else {
            self.report(
                item.span(),
                "`source-roots` must be a list of folders".to_owned(),
                "not a list",
            );
            return;
        };
        for each in items {
            if let Some(text) = self.text(each, "a source root")
                && let Some(path) = self.path(each, &text)
            {
                self.found.project.source_roots.push(path);
            }
        }
    }

    fn provider(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        let what = format!("the provider `{name}`");
        // `author = "codex"` is short for `author = { use = "codex" }`.
        if let DeValue::String(template) = item.get_ref() {
            if let Some(provider) = self.template(template, item.span()) {
                self.bind(name, at, provider);
            }
            return;
        }
        let Some(table) = self.table(item, &what) else {
            return;
        };
        self.known(
            table,
            &what,
            &[
                "command",
                "input",
                "output",
                "use",
                "defaults",
                "timeout_sec",
                "first_output_sec",
                "idle_output_sec",
                "grace_sec",
            ],
        );
        let mut provider = Provider {
            command: Vec::new(),
            input: InputMode::Argv,
            defaults: IndexMap::new(),
            output: Protocol::Plain,
            timeout_sec: None,
            limits: Limits::default(),
            session: None,
        };
        match (table.get("use"), table.get("command")) {
            (Some(both), Some(_)) => {
                self.report(
                    both.span(),
                    format!("{what} has both `use` and `command`"),
                    "one of them is enough",
                );
                return;
            }
            (Some(template), None) => {
                let Some(text) = self.text(template, "`use`") else {
                    return;
                };
                match self.template(&text, template.span()) {
                    Some(found) => provider = found,
                    None => return,
                }
            }
            (None, Some(command)) => match self.texts(command, "`command`") {
                Some(words) => provider.command = words,
                None => return,
            },
            (None, None) => {
                self.report(
                    at.clone(),
                    format!(
                        "{what} says neither what to run (`command`) nor which template to `use`"
                    ),
                    "incomplete",
                );
                return;
            }
        }
        if let Some(input) = table.get("input") {
            match input.get_ref() {
                DeValue::String(mode) if mode == "stdin" => provider.input = InputMode::Stdin,
                DeValue::String(mode) if mode == "argv" => provider.input = InputMode::Argv,
                _ => self.report(
                    input.span(),
                    format!("`input` of {what} must be \"stdin\" or \"argv\""),
                    "how the prompt reaches the program",
                ),
            }
        }
        if let Some(output) = table.get("output") {
            let named = match output.get_ref() {
                DeValue::String(word) => Protocol::ALL.iter().find(|(known, _)| known == word),
                _ => None,
            };
            match named {
                Some((_, protocol)) => provider.output = *protocol,
                None => {
                    let words: Vec<String> = Protocol::ALL
                        .iter()
                        .map(|(word, _)| format!("\"{word}\""))
                        .collect();
                    self.report(
                        output.span(),
                        format!("`output` of {what} must be one of {}", words.join(", ")),
                        "what the program writes",
                    );
                }
            }
        }
        if let Some(item) = table.get("defaults")
            && let Some(defaults) = self.table(item, "`defaults`")
        {
            let mut entries: Vec<_> = defaults.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            for (key, item) in entries {
                if let Some(value) = scalar(item.get_ref()) {
                    provider
                        .defaults
                        .insert(key.get_ref().to_string(), Expr::Lit { value });
                } else {
                    self.report(
                        item.span(),
                        format!(
                            "the default `{}` must be a text, a number or a truth",
                            key.get_ref()
                        ),
                        "not a single value",
                    );
                }
            }
        }
        let mut limit = |key: &str, old: Option<f64>| match table.get(key) {
            Some(item) => self.seconds(item, key, &what),
            None => old,
        };
        provider.timeout_sec = limit("timeout_sec", provider.timeout_sec);
        let old = provider.limits;
        provider.limits = Limits {
            first_output_sec: limit("first_output_sec", old.first_output_sec),
            idle_output_sec: limit("idle_output_sec", old.idle_output_sec),
            grace_sec: limit("grace_sec", old.grace_sec),
        };
        self.bind(name, at, provider);
    }

    /// A number of seconds above 0.
    fn seconds(&mut self, item: &Item<'_>, key: &str, what: &str) -> Option<f64> {
        let seconds = scalar(item.get_ref()).and_then(|value| value.as_f64());
        let seconds = seconds.filter(|seconds| *seconds > 0.0 && seconds.is_finite());
        if seconds.is_none() {
            self.report(
                item.span(),
                format!("`{key}` of {what} must be a number of seconds above 0"),
                "not a number of seconds",
            );
        }
        seconds
    }

    fn bind(&mut self, name: &str, at: Range<usize>, provider: Provider) {
        if let Some(why) = command_problem(&provider) {
            self.report(at, format!("the provider `{name}` cannot work: {why}"), why);
            return;
        }
        self.found
            .project
            .providers
            .insert(name.to_owned(), provider);
    }

    fn template(&mut self, name: &str, at: Range<usize>) -> Option<Provider> {
        let found = builtin::provider(name);
        if found.is_none() {
            let span = self.span(at);
            self.found.diagnostics.push(
                Diagnostic::new(
                    codes::PROJECT_FILE,
                    span,
                    format!("there is no built-in provider `{name}`"),
                )
                .label("unknown template")
                .suggest(span, name, builtin::names().collect::<Vec<_>>()),
            );
        }
        found
    }

    fn prompt(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        let what = format!("the prompt `{name}`");
        let binding = match item.get_ref() {
            DeValue::String(path) => {
                let path = path.to_string();
                self.asset(item, &path)
            }
            DeValue::Table(table) => {
                self.known(table, &what, &["asset", "file", "text"]);
                match (table.get("asset"), table.get("file"), table.get("text")) {
                    (Some(asset), None, None) => self
                        .text(asset, "`asset`")
                        .and_then(|path| self.asset(asset, &path)),
                    (None, Some(file), None) => self
                        .text(file, "`file`")
                        .map(|path| PromptBinding::File(PathBuf::from(path))),
                    (None, None, Some(text)) => self.text(text, "`text`").map(PromptBinding::Text),
                    _ => {
                        self.report(
                            at,
                            format!("{what} needs one of `asset`, `file` and `text`"),
                            "where the prompt is",
                        );
                        None
                    }
                }
            }
            _ => {
                self.report(
                    item.span(),
                    format!("{what} must be a path or a table"),
                    "neither",
                );
                None
            }
        };
        if let Some(binding) = binding {
            self.found.project.prompts.insert(name.to_owned(), binding);
        }
    }

    /// A file that belongs to the program: relative to the project file, and
    /// there.
    fn asset(&mut self, item: &Item<'_>, text: &str) -> Option<PromptBinding> {
        let path = self.path(item, text)?;
        if let Some(problem) = missing(&path, self.loader) {
            let span = self.span(item.span());
            self.found
                .diagnostics
                .push(Diagnostic::new(codes::MISSING_ASSET, span, problem).label("needed here"));
        }
        // Reported here, once, and not again at each use.
        Some(PromptBinding::File(path))
    }

    fn command(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        let what = format!("the command `{name}`");
        let mut inputs = None;
        let words = match item.get_ref() {
            DeValue::Array(_) => self.texts(item, &what),
            DeValue::Table(table) => {
                self.known(table, &what, &["command", "inputs"]);
                inputs = table.get("inputs").and_then(|item| self.inputs(item));
                match table.get("command") {
                    Some(command) => self.texts(command, "`command`"),
                    None => {
                        self.report(at.clone(), format!("{what} has no `command`"), "incomplete");
                        None
                    }
                }
            }
            _ => {
                self.report(
                    item.span(),
                    format!("{what} must be a list of texts, or a table with `command`"),
                    "neither",
                );
                None
            }
        };
        match words {
            Some(words) if words.is_empty() => {
                self.report(at, format!("{what} has no program to start"), "empty");
            }
            Some(words) => {
                let command = Command { words, inputs };
                self.found.project.commands.insert(name.to_owned(), command);
            }
            None => {}
        }
    }

    /// What the JSON argument of a command holds: names and types.
    fn inputs(&mut self, item: &Item<'_>) -> Option<Vec<CommandInput>> {
        let table = self.table(item, "`inputs`")?;
        let mut inputs = Vec::new();
        for (name, item) in table {
            inputs.push(CommandInput {
                name: name.get_ref().to_string(),
                type_name: self.text(item, &format!("the type of `{}`", name.get_ref()))?,
                required: true,
                key: name.get_ref().to_string(),
            });
        }
        Some(inputs)
    }

    fn entry(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        if let Some(entry) = self.workflow_of(&format!("the entry `{name}`"), at, item) {
            self.found.project.entries.insert(name.to_owned(), entry);
        }
    }

    fn program(&mut self, name: &str, at: Range<usize>, item: &Item<'_>) {
        let what = format!("the program `{name}`");
        let Some(program) = self.workflow_of(&what, at, item) else {
            return;
        };
        if let Some(problem) = missing(&program.file, self.loader) {
            let span = self.span(item.span());
            self.found
                .diagnostics
                .push(Diagnostic::new(codes::MISSING_ASSET, span, problem).label("needed here"));
        }
        self.found.project.programs.insert(name.to_owned(), program);
    }

    /// A file, and which workflow of it.
    fn workflow_of(&mut self, what: &str, at: Range<usize>, item: &Item<'_>) -> Option<Entry> {
        match item.get_ref() {
            DeValue::String(file) => {
                let file = file.to_string();
                self.path(item, &file).map(|file| Entry {
                    file,
                    workflow: None,
                })
            }
            DeValue::Table(table) => {
                self.known(table, what, &["file", "workflow"]);
                let workflow = table
                    .get("workflow")
                    .and_then(|item| self.text(item, "`workflow`"));
                match table.get("file") {
                    Some(item) => self
                        .text(item, "`file`")
                        .and_then(|text| self.path(item, &text))
                        .map(|file| Entry { file, workflow }),
                    None => {
                        self.report(at, format!("{what} has no `file`"), "incomplete");
                        None
                    }
                }
            }
            _ => {
                self.report(
                    item.span(),
                    format!("{what} must be a path or a table"),
                    "neither",
                );
                None
            }
        }
    }
}

/// A single value as JSON.
fn scalar(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(flag) => Some(Value::from(*flag)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok().map(Value::from),
        _ => None,
    }
}
