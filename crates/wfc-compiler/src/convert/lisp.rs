//! A program as one module of Workflow Lisp, and the project file that binds
//! its names.

use std::collections::BTreeMap;
use std::fmt::Write;

use wfc_diag::FileId;
use wfc_ir::{
    Block, Contract, Exec, Expr, InputMode, Loop, Op, Process, Program, PromptBase, Protocol, Step,
    StepId, Type, VARIANT_KEY, Value, Workflow,
};
use wfc_syntax::Format;
use wfc_syntax::lisp::format;

use super::lisp_exprs::{Names, Writer};
use super::lisp_types::{Types, is_symbol, string};
use super::{Converted, Gaps, Unsupported, leaf};

/// The module, under the name of the workflow that it starts with, and
/// `wfc.toml`.
pub(super) fn write(program: &Program) -> Result<Converted, Vec<Unsupported>> {
    let mut module = Module::default();
    let mut workflows = String::new();
    for (name, workflow) in &program.workflows {
        module.gaps.workflow.clone_from(name);
        workflows.push_str(&module.workflow(program, name, workflow));
        workflows.push('\n');
    }
    if !module.gaps.found.is_empty() {
        return Err(module.gaps.found);
    }
    let entry = &program.entry;
    let types = module.types.text();
    let text = format!("(defmodule {entry})\n(export {entry})\n\n{types}\n\n{workflows}");
    let mut files = vec![(
        format!("{entry}.orc"),
        match format(FileId(0), &text) {
            Format::Done(formatted) => formatted,
            Format::Errors(_) | Format::Unsafe => text,
        },
    )];
    if let Some(bindings) = module.bindings.text() {
        files.push(("wfc.toml".to_owned(), bindings));
    }
    Ok(Converted { files })
}

#[derive(Default)]
struct Module {
    types: Types,
    gaps: Gaps,
    bindings: Bindings,
    names: Names,
}

/// What the project file says.
#[derive(Default)]
struct Bindings {
    commands: BTreeMap<String, Vec<String>>,
    prompts: BTreeMap<String, String>,
    providers: BTreeMap<String, String>,
}

impl Bindings {
    fn text(&self) -> Option<String> {
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

impl Module {
    fn workflow(&mut self, program: &Program, name: &str, workflow: &Workflow) -> String {
        self.gaps.step = None;
        if !is_symbol(name) {
            self.gaps
                .add(format!("the name {name:?}, which is no symbol"));
        }
        self.gaps.refuse(&[
            (!workflow.context.is_empty(), "`context`"),
            (!workflow.artifacts.is_empty(), "the ledger of `artifacts`"),
            (!workflow.strict, "`strict_flow: false`"),
            (workflow.max_transitions.is_some(), "`max_transitions`"),
            (workflow.finally.is_some(), "`finally`"),
            (
                workflow.ledger != Default::default(),
                "the ledger of an old version",
            ),
        ]);
        let params: Vec<String> = workflow
            .inputs
            .iter()
            .map(|input| {
                let ty = self.types.written(&input.ty, &input.name, &mut self.gaps);
                let mut text = format!("({} {ty}", input.name);
                match &input.default {
                    Some(value) => {
                        let value = self.literal(value, &input.ty);
                        let _ = write!(text, " :default {value}");
                    }
                    None if !input.required => {
                        self.gaps
                            .add(format!("the input `{}`, which may be left out", input.name));
                    }
                    None => {}
                }
                if let Some(words) = &input.description {
                    let _ = write!(text, " :description {}", string(words));
                }
                text.push(')');
                text
            })
            .collect();
        self.names = Names::default();
        for input in &workflow.inputs {
            self.names
                .inputs
                .insert(input.name.clone(), input.ty.clone());
        }
        for step in workflow.steps() {
            self.names
                .steps
                .insert(step.id.clone(), step.result.clone());
        }
        let hint = format!("{name}-result");
        let ret = self.types.written(&workflow.result, &hint, &mut self.gaps);
        let body = self.block(program, &workflow.body, Some(&workflow.result));
        format!(
            "(defworkflow {name} ({}) -> {ret}\n{body})\n",
            params.join(" ")
        )
    }

    /// A constant where a default stands: enum members are bare there.
    fn literal(&mut self, value: &Value, ty: &Type) -> String {
        match (value, ty) {
            (Value::String(word), Type::Enum { .. }) => word.clone(),
            _ => self.expr(&Expr::lit(value.clone()), Some(ty)),
        }
    }

    fn expr(&mut self, expr: &Expr, want: Option<&Type>) -> String {
        let mut writer = Writer {
            names: &self.names,
            types: &mut self.types,
            gaps: &mut self.gaps,
        };
        writer.expr(expr, want)
    }

    /// The steps of a region and its value, as one expression.
    fn block(&mut self, program: &Program, block: &Block, want: Option<&Type>) -> String {
        let value = match &block.result {
            Some(value) => self.expr(value, want),
            None if want == Some(&Type::record(Vec::new())) => {
                let nothing = Expr::Record {
                    fields: Default::default(),
                };
                self.expr(&nothing, want)
            }
            None => match block.steps.last() {
                Some(last) => leaf(&last.id).to_owned(),
                None => "none".to_owned(),
            },
        };
        self.steps(program, &block.steps, value)
    }

    fn steps(&mut self, program: &Program, steps: &[Step], value: String) -> String {
        let mut text = value;
        let mut bindings: Vec<String> = Vec::new();
        // From the last to the first, each around what comes after it.
        for step in steps.iter().rev() {
            let outer = self.gaps.step.replace(step.id.clone());
            if let Op::If {
                cond,
                then,
                otherwise: None,
            } = &step.op
            {
                if leaf(&step.id) != "if" {
                    self.gaps.add("the name of an `if` without `else`");
                }
                text = wrapped(&mut bindings, text);
                let cond = self.writer().cond(cond);
                let body = self.block(program, then, None);
                self.common(step);
                text = format!("(do\n(when {cond}\n{body})\n{text})");
            } else {
                let made = self.step(program, step);
                bindings.push(format!("({} {made})", leaf(&step.id)));
            }
            self.gaps.step = outer;
        }
        wrapped(&mut bindings, text)
    }

    fn writer(&mut self) -> Writer<'_> {
        Writer {
            names: &self.names,
            types: &mut self.types,
            gaps: &mut self.gaps,
        }
    }

    /// What any step may have, and Lisp has no word for.
    fn common(&mut self, step: &Step) {
        self.gaps.refuse(&[
            (step.when.is_some(), "`when`"),
            (step.max_visits.is_some(), "`max_visits`"),
            (step.requires.is_some(), "`requires_variant`"),
            (!step.on.is_empty(), "`goto`"),
            (!step.consumes.is_empty(), "`consumes`"),
            (step.consume_bundle.is_some(), "`consume_bundle`"),
            (!step.publishes.is_empty(), "`publishes`"),
        ]);
    }

    fn step(&mut self, program: &Program, step: &Step) -> String {
        self.common(step);
        match &step.op {
            Op::Process(process) => self.process(program, step, process),
            Op::Call { workflow, args } => {
                let inputs = program.workflows.get(workflow).map(|callee| &callee.inputs);
                let mut text = format!("(call {workflow}");
                for (name, value) in args {
                    let input = inputs.and_then(|all| all.iter().find(|input| input.name == *name));
                    let ty = input.map(|input| input.ty.clone());
                    let _ = write!(text, " :{name} {}", self.expr(value, ty.as_ref()));
                }
                text.push(')');
                text
            }
            Op::If {
                cond,
                then,
                otherwise,
            } => {
                let cond = self.writer().cond(cond);
                let then = self.block(program, then, Some(&step.result));
                let otherwise = match otherwise {
                    Some(block) => self.block(program, block, Some(&step.result)),
                    None => String::new(),
                };
                format!("(if {cond}\n{then}\n{otherwise})")
            }
            Op::Match {
                subject,
                cases,
                default,
            } => {
                let mut text = format!("(match {}", self.expr(subject, None));
                for case in cases {
                    let body = self.block(program, &case.block, Some(&step.result));
                    let _ = write!(text, "\n({}\n{body})", case.tag);
                }
                if let Some(block) = default {
                    let body = self.block(program, block, Some(&step.result));
                    let _ = write!(text, "\n(_\n{body})");
                }
                text.push(')');
                text
            }
            Op::Loop(each) => self.repeat(program, step, each),
            Op::Assert { cond } => format!("(assert {})", self.writer().cond(cond)),
            Op::Wait(wait) => {
                let glob = self.expr(&wait.glob, Some(&Type::String));
                format!(
                    "(wait-for {glob} :timeout-sec {} :poll-ms {} :min-count {})",
                    wait.timeout_sec, wait.poll_ms, wait.min_count
                )
            }
            other => {
                self.gaps.add(format!("`{}`", other.keyword()));
                "none".to_owned()
            }
        }
    }

    fn repeat(&mut self, program: &Program, step: &Step, each: &Loop) -> String {
        self.gaps.refuse(&[
            (
                each.state.is_some() || each.next.is_some(),
                "a loop with a state",
            ),
            (
                each.value != Expr::Out,
                "the value of a loop that is not that of its body",
            ),
        ]);
        let max = self.expr(&each.max, Some(&Type::Int));
        let body = self.block(program, &each.body, Some(&step.result));
        let outer = self
            .names
            .out
            .replace(("last".to_owned(), step.result.clone()));
        let until = self.writer().cond(&each.until);
        let exhausted = match &each.exhausted {
            Some(value) => format!("\n:on-exhausted {}", self.expr(value, Some(&step.result))),
            None => String::new(),
        };
        self.names.out = outer;
        format!("(loop/until\n:max {max}\n:until (fn (last) {until}){exhausted}\n{body})")
    }

    fn process(&mut self, program: &Program, step: &Step, process: &Process) -> String {
        self.gaps.refuse(&[
            (process.snapshot.is_some(), "`pre_snapshot`"),
            (process.depends.is_some(), "`depends_on`"),
            (process.capture != Default::default(), "`output_capture`"),
            (process.output_file.is_some(), "`output_file`"),
            (!process.secrets.is_empty(), "`secrets`"),
            (!process.env.is_empty(), "`env`"),
            (process.retries.is_some(), "`retries`"),
            (!process.persist, "`persist_artifacts_in_state: false`"),
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
                self.gaps.refuse(&[
                    (!prompt.assets.is_empty(), "`asset_depends_on`"),
                    (
                        prompt.position != Default::default(),
                        "`consumes_injection_position: append`",
                    ),
                    (!prompt.contract, "`inject_output_contract: false`"),
                ]);
                let mut inputs = Vec::new();
                for input in &prompt.inputs {
                    if !input.guidance.is_empty() {
                        self.gaps
                            .add(format!("the words about `{}` in the prompt", input.name));
                    }
                    let value = self.expr(&input.value, None);
                    let last = value.rsplit('.').next().unwrap_or_default();
                    inputs.push(match last == input.name && !value.starts_with('(') {
                        true => value,
                        false => format!("(:as {} {value})", input.name),
                    });
                }
                if !inputs.is_empty() {
                    let _ = write!(text, "\n:inputs ({})", inputs.join(" "));
                }
                for (name, value) in params {
                    match name.as_str() {
                        "model" | "effort" => {
                            let value = self.expr(value, Some(&Type::String));
                            let _ = write!(text, "\n:{name} {value}");
                        }
                        name => self
                            .gaps
                            .add(format!("the parameter `{name}` of a provider")),
                    }
                }
                text
            }
            Exec::Adjudicated(_) => {
                self.gaps.add("`adjudicated_provider`");
                "(none".to_owned()
            }
        };
        text.push_str(&self.contract(step, process.contract.as_ref()));
        if let Some(seconds) = process.timeout_sec {
            let _ = write!(text, "\n:timeout-sec {seconds}");
        }
        text.push(')');
        text
    }

    fn contract(&mut self, step: &Step, contract: Option<&Contract>) -> String {
        let hint = leaf(&step.id).to_owned();
        let (returns, path) = match contract {
            None => {
                if !matches!(&step.op, Op::Process(process) if matches!(process.exec, Exec::Command { .. }))
                {
                    self.gaps.add("a step of an agent without a contract");
                }
                return String::new();
            }
            Some(Contract::Files { .. }) => {
                self.gaps.add("`expected_outputs`");
                return String::new();
            }
            Some(Contract::Bundle { path, fields }) => {
                let ty = Type::record(
                    fields
                        .iter()
                        .map(|field| wfc_ir::Field {
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
                        "a discriminant with a name of its own",
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
            return name.clone();
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
            self.gaps
                .add(format!("the protocol of the provider `{name}`"));
        }
        if !template.defaults.is_empty() {
            let mut defaults = Vec::new();
            for (key, value) in &template.defaults {
                match value {
                    Expr::Lit {
                        value: Value::String(text),
                    } => defaults.push(format!("{key} = {}", string(text))),
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
        name.clone()
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
                Bindings::bind(&mut self.bindings.prompts, &stem, path.clone())
            }
            PromptBase::Text { text } => self.expr(text, Some(&Type::String)),
            PromptBase::File { .. } => {
                self.gaps.add("a prompt file that is computed");
                String::new()
            }
            PromptBase::Empty => {
                self.gaps.add("a step of an agent without a prompt");
                String::new()
            }
        }
    }
}

/// `bindings`, last to first, around an expression.
fn wrapped(bindings: &mut Vec<String>, text: String) -> String {
    if bindings.is_empty() {
        return text;
    }
    bindings.reverse();
    let all = std::mem::take(bindings).join("\n");
    format!("(let* ({all})\n{text})")
}
