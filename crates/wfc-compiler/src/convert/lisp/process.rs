//! Commands and agents, and the names that the project binds for them.

use std::collections::BTreeMap;
use std::fmt::Write;

use wfc_ir::{
    CaptureMode, Contract, Depends, Exec, Expr, Field, InputMode, Op, Process, Program, PromptBase,
    PromptPosition, Protocol, Step, StepId, Type, VARIANT_KEY, Value,
};

use super::types::{string, words};
use super::{Module, leaf, word};
use crate::convert::limits;

/// What the project file says.
#[derive(Default)]
pub(super) struct Bindings {
    commands: BTreeMap<String, Vec<String>>,
    prompts: BTreeMap<String, String>,
    providers: BTreeMap<String, String>,
}

impl Bindings {
    pub(super) fn text(&self) -> Option<String> {
        let mut text = String::new();
        for (name, table) in &self.providers {
            let _ = writeln!(text, "[providers.{name}]\n{table}");
        }
        if !self.prompts.is_empty() {
            text.push_str("[prompts]\n");
            for (name, path) in &self.prompts {
                let _ = writeln!(text, "{name} = {{ file = {} }}", string(path));
            }
            text.push('\n');
        }
        for (name, words) in &self.commands {
            let words: Vec<String> = words.iter().map(|word| string(word)).collect();
            let _ = writeln!(
                text,
                "[commands.{name}]\ncommand = [{}]\n",
                words.join(", ")
            );
        }
        (!text.is_empty()).then(|| text.trim_end().to_owned() + "\n")
    }

    /// The name under which `value` is bound in `all`: `wanted`, or one like it.
    fn bind<T: PartialEq>(all: &mut BTreeMap<String, T>, wanted: &str, value: T) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1;
        while all.get(&name).is_some_and(|other| *other != value) {
            count += 1;
            name = format!("{wanted}-{count}");
        }
        all.insert(name.clone(), value);
        name
    }
}

impl Module<'_> {
    pub(super) fn process(&mut self, program: &Program, step: &Step, process: &Process) -> String {
        self.gaps.refuse(&[
            (
                process.snapshot.is_some(),
                "`pre_snapshot`: in Lisp who writes a union says its variant",
            ),
            (process.session.is_some(), "`provider_session`"),
            (process.managed.is_some(), "`managed_jobs`"),
        ]);
        let mut text = match &process.exec {
            Exec::Command { argv, split } => {
                if *split {
                    self.gaps.add("a `command` in one text");
                }
                self.command(&step.id, argv)
            }
            Exec::Provider {
                provider,
                params,
                prompt,
            } => {
                let mut text = format!("(provider-result {}", self.provider(program, provider));
                let _ = write!(text, "\n:prompt {}", self.prompt(&prompt.base));
                if !prompt.assets.is_empty() {
                    let names = prompt.assets.iter().map(|asset| string(&asset.name));
                    let names: Vec<String> = names.collect();
                    let _ = write!(text, "\n:assets ({})", names.join(" "));
                }
                if prompt.position == PromptPosition::Append {
                    text.push_str("\n:inputs-position append");
                }
                if !prompt.contract {
                    text.push_str("\n:show-contract false");
                }
                let mut inputs = Vec::new();
                for input in &prompt.inputs {
                    let told = words(&input.guidance);
                    let name = self.symbol(&input.name);
                    let value = self.expr(&input.value, None);
                    let last = value.rsplit('.').next().unwrap_or_default();
                    let is_named = last == input.name && !value.starts_with('(');
                    inputs.push(match is_named && told.is_empty() {
                        true => value,
                        false => format!("(:as {name} {value}{told})"),
                    });
                }
                if !inputs.is_empty() {
                    let _ = write!(text, "\n:inputs ({})", inputs.join(" "));
                }
                let mut others = Vec::new();
                for (name, value) in params {
                    match name.as_str() {
                        // The order is a part of the program.
                        "model" | "reasoning_effort" if others.is_empty() => {
                            let value = self.expr(value, Some(&Type::String));
                            let key = if name == "model" { name } else { "effort" };
                            let _ = write!(text, "\n:{key} {value}");
                        }
                        name => others.push(format!("({} {})", word(name), self.expr(value, None))),
                    }
                }
                if !others.is_empty() {
                    let _ = write!(text, "\n:params ({})", others.join(" "));
                }
                text
            }
            Exec::Adjudicated(_) => {
                self.gaps.add("`adjudicated_provider`");
                "(none".to_owned()
            }
        };
        text.push_str(&self.contract(step, process.contract.as_ref()));
        text.push_str(&self.policy(process));
        text.push(')');
        text
    }

    /// What may be said of any process.
    fn policy(&mut self, process: &Process) -> String {
        let mut text = String::new();
        if let Some(seconds) = process.timeout_sec {
            let _ = write!(text, "\n:timeout-sec {seconds}");
        }
        if let Some(replay) = process.replay {
            let _ = write!(text, "\n:replay {replay}");
        }
        for (key, seconds) in process.limits.named() {
            let _ = write!(text, "\n:{} {seconds}", key.replace('_', "-"));
        }
        if let Some(retries) = &process.retries {
            if !limits::has_usual_growth(retries) {
                self.gaps.add("how the pauses of `retries` grow");
            }
            text.push_str(&limits::lisp_retries(retries));
        }
        if let Some(depends) = &process.depends {
            text.push_str(&self.depends(depends));
        }
        let mut env = Vec::new();
        for (name, value) in &process.env {
            let value = self.expr(value, Some(&Type::String));
            env.push(format!("({} {value})", word(name)));
        }
        if !env.is_empty() {
            let _ = write!(text, "\n:env ({})", env.join(" "));
        }
        if !process.secrets.is_empty() {
            let names: Vec<String> = process.secrets.iter().map(|name| word(name)).collect();
            let _ = write!(text, "\n:secrets ({})", names.join(" "));
        }
        let capture = match (process.capture.mode, process.capture.allow_parse_error) {
            (CaptureMode::Text, false) => None,
            (CaptureMode::Lines, false) => Some("lines"),
            (CaptureMode::Json, false) => Some("json"),
            (CaptureMode::Json, true) => Some("json-or-text"),
            (_, true) => {
                self.gaps.add("`allow_parse_error` without JSON");
                None
            }
        };
        if let Some(capture) = capture {
            let _ = write!(text, "\n:capture {capture}");
        }
        if let Some(path) = &process.output_file {
            let path = self.expr(path, Some(&Type::String));
            let _ = write!(text, "\n:output-file {path}");
        }
        if !process.persist {
            text.push_str("\n:persist false");
        }
        text
    }

    fn depends(&mut self, depends: &Depends) -> String {
        let mut text = String::new();
        for (key, all) in [
            ("required", &depends.required),
            ("optional", &depends.optional),
        ] {
            if !all.is_empty() {
                let all: Vec<String> = all
                    .iter()
                    .map(|path| self.expr(path, Some(&Type::String)))
                    .collect();
                let _ = write!(text, " :{key} ({})", all.join(" "));
            }
        }
        let Some(inject) = &depends.inject else {
            return format!("\n:depends-on ({})", text.trim_start());
        };
        if inject.position == PromptPosition::Append {
            text.push_str(" :position append");
        }
        if inject.mode == wfc_ir::InjectMode::Content {
            text.push_str(" :mode content");
        }
        if let Some(words) = &inject.instruction {
            let _ = write!(text, " :instruction {}", string(words));
        }
        format!("\n:prompt-dependencies ({})", text.trim_start())
    }

    fn contract(&mut self, step: &Step, contract: Option<&Contract>) -> String {
        let hint = leaf(&step.id).to_owned();
        let (returns, path) = match contract {
            None => {
                if !matches!(&step.op, Op::Process(process) if matches!(process.exec, Exec::Command { .. }))
                {
                    return "\n:returns none".to_owned();
                }
                return String::new();
            }
            Some(Contract::Files { files }) => {
                let mut text = "\n:files (".to_owned();
                for (at, file) in files.iter().enumerate() {
                    let ty = self.types.written(&file.ty, &file.name, &mut self.gaps);
                    let path = self.expr(&file.path, Some(&Type::String));
                    let name = self.symbol(&file.name);
                    if at > 0 {
                        text.push('\n');
                    }
                    let _ = write!(text, "({name} {ty} {path}{}", words(&file.guidance));
                    if !file.required {
                        text.push_str(" :required false");
                    }
                    text.push(')');
                }
                text.push(')');
                return text;
            }
            Some(Contract::Bundle { path, fields }) => {
                let ty = Type::record(
                    fields
                        .iter()
                        .map(|field| Field {
                            name: field.name.clone(),
                            ty: match field.required {
                                true => field.ty.clone(),
                                false => Type::Optional {
                                    item: Box::new(field.ty.clone()),
                                },
                            },
                        })
                        .collect(),
                );
                let name = self.types.bundle(fields, &ty, &hint, &mut self.gaps);
                (name, path)
            }
            Some(Contract::Variant {
                path,
                discriminant,
                shared,
                variants,
                forbidden,
            }) => {
                self.gaps.refuse(&[
                    (
                        discriminant.name != VARIANT_KEY,
                        "a discriminant that is not called `variant`",
                    ),
                    (!forbidden.is_empty(), "`forbidden`"),
                ]);
                let all: Vec<(&str, Vec<&wfc_ir::ContractField>)> = variants
                    .iter()
                    .map(|(tag, own)| (tag.as_str(), shared.iter().chain(own).collect()))
                    .collect();
                let name = self
                    .types
                    .variants(&all, &step.result, &hint, &mut self.gaps);
                (name, path)
            }
        };
        let mut text = format!("\n:returns {returns}");
        if let Some(path) = path {
            let path = self.expr(path, Some(&Type::String));
            let _ = write!(text, "\n:bundle {path}");
        }
        text
    }

    /// The words of a command that never change are bound by the project.
    fn command(&mut self, id: &StepId, argv: &[Expr]) -> String {
        let fixed: Vec<String> = argv
            .iter()
            .map_while(|word| match word {
                Expr::Lit {
                    value: Value::String(word),
                } => Some(word.clone()),
                _ => None,
            })
            .collect();
        if fixed.is_empty() {
            self.gaps.add("a command whose program is computed");
        }
        let all = fixed.len() == argv.len();
        let wanted = leaf(id).to_owned();
        let name = Bindings::bind(&mut self.bindings.commands, &wanted, fixed);
        if all {
            return format!("(command-result {name}");
        }
        let words: Vec<String> = argv.iter().map(|word| self.expr(word, None)).collect();
        format!("(command-result {name}\n:argv ({})", words.join(" "))
    }

    fn provider(&mut self, program: &Program, provider: &Expr) -> String {
        let Expr::Lit {
            value: Value::String(name),
        } = provider
        else {
            self.gaps.add("a provider that is computed");
            return String::new();
        };
        let workflow = program.workflows.get(&self.gaps.workflow);
        let Some(template) = workflow.and_then(|workflow| workflow.providers.get(name)) else {
            return self.bound("providers", name);
        };
        if template.session.is_some() {
            self.gaps.add("`session_support`");
        }
        let words: Vec<String> = template.command.iter().map(|word| string(word)).collect();
        let mut table = format!("command = [{}]\n", words.join(", "));
        if template.input == InputMode::Stdin {
            table.push_str("input = \"stdin\"\n");
        }
        if template.output != Protocol::default() {
            let _ = writeln!(table, "output = \"{}\"", template.output.word());
        }
        if !template.defaults.is_empty() {
            let mut defaults = Vec::new();
            for (key, value) in &template.defaults {
                match value {
                    Expr::Lit {
                        value: Value::String(text),
                    } => defaults.push(format!("{key} = {}", string(text))),
                    Expr::Lit {
                        value: value @ (Value::Number(_) | Value::Bool(_)),
                    } => defaults.push(format!("{key} = {value}")),
                    _ => self
                        .gaps
                        .add(format!("the default `{key}` of the provider `{name}`")),
                }
            }
            let _ = writeln!(table, "defaults = {{ {} }}", defaults.join(", "));
        }
        match self.bindings.providers.get(name) {
            Some(other) if *other != table => {
                self.gaps.add(format!("two providers of the name `{name}`"));
            }
            _ => {
                self.bindings.providers.insert(name.clone(), table);
            }
        }
        self.bound("providers", name)
    }

    fn prompt(&mut self, base: &PromptBase) -> String {
        match base {
            PromptBase::File {
                path: Expr::Lit {
                    value: Value::String(path),
                },
            } => {
                let file = path.rsplit('/').next().unwrap_or(path);
                let stem = file.split('.').next().unwrap_or(file);
                let stem: String = stem
                    .chars()
                    .map(|c| {
                        if c.is_alphanumeric() || c == '_' {
                            c
                        } else {
                            '-'
                        }
                    })
                    .collect();
                let name = Bindings::bind(&mut self.bindings.prompts, &stem, path.clone());
                self.bound("prompts", &name)
            }
            PromptBase::Text { text } => self.expr(text, Some(&Type::String)),
            PromptBase::File { .. } => {
                self.gaps.add("a prompt file that is computed");
                String::new()
            }
            PromptBase::Empty => "none".to_owned(),
        }
    }
}
