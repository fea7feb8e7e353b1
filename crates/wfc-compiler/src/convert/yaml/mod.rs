//! A program as files of the YAML DSL, one for each workflow.

use std::fmt::Write;

use indexmap::IndexMap;
use wfc_diag::FileId;
use wfc_ir::{
    Block, CaptureMode, Cond, Contract, ContractField, Exec, Expr, Field, Guidance, InputMode,
    Loop, Op, Prim, Process, Program, PromptBase, PromptPosition, Protocol, Step, StepField,
    StepId, Target, TextPart, Type, Value, Workflow,
};
use wfc_syntax::Format;
use wfc_syntax::yaml::format;

use super::{Converted, Gaps, Unsupported, leaf};

/// The file of the workflow that it starts with, and those of the others.
pub(super) fn write(program: &Program) -> Result<Converted, Vec<Unsupported>> {
    let mut gaps = Gaps::default();
    let mut files = Vec::new();
    for (name, workflow) in &program.workflows {
        gaps.workflow.clone_from(name);
        gaps.step = None;
        let mut writer = Writer {
            gaps: &mut gaps,
            scope: String::new(),
        };
        let text = writer.workflow(name, workflow);
        let text = match format(FileId(0), &text) {
            Format::Done(formatted) => formatted,
            Format::Errors(_) | Format::Unsafe => text,
        };
        let at = match *name == program.entry {
            true => 0,
            false => files.len(),
        };
        files.insert(at, (format!("{name}.yaml"), text));
    }
    match gaps.found.is_empty() {
        true => Ok(Converted { files }),
        false => Err(gaps.found),
    }
}

struct Writer<'g> {
    gaps: &'g mut Gaps,
    /// The region at hand, as the ids of its steps begin; empty for the body.
    scope: String,
}

/// A mapping in one line, or nothing in it.
#[derive(Default)]
struct Entries(Vec<String>);

impl Entries {
    fn add(&mut self, key: &str, value: impl AsRef<str>) {
        self.0.push(format!("{key}: {}", value.as_ref()));
    }

    fn text(&self) -> String {
        format!("{{ {} }}", self.0.join(", "))
    }
}

impl Writer<'_> {
    fn workflow(&mut self, name: &str, workflow: &Workflow) -> String {
        self.gaps.refuse(&[
            (!workflow.context.is_empty(), "`context`"),
            (!workflow.artifacts.is_empty(), "the ledger of `artifacts`"),
            (workflow.finally.is_some(), "`finally`"),
            (
                workflow.ledger != Default::default(),
                "the ledger of an old version",
            ),
        ]);
        let mut text = format!("version: \"3.0\"\nname: {}\n", scalar(name));
        if !workflow.strict {
            text.push_str("strict_flow: false\n");
        }
        if let Some(limit) = workflow.max_transitions {
            let _ = writeln!(text, "max_transitions: {limit}");
        }
        let mut called: Vec<&str> = Vec::new();
        for step in workflow.steps() {
            if let Op::Call { workflow, .. } = &step.op
                && !called.contains(&workflow.as_str())
            {
                called.push(workflow);
            }
        }
        if !called.is_empty() {
            text.push_str("\nimports:\n");
            for callee in called {
                let _ = writeln!(
                    text,
                    "  {}: {}",
                    scalar(callee),
                    scalar(&format!("{callee}.yaml"))
                );
            }
        }
        if !workflow.inputs.is_empty() {
            text.push_str("\ninputs:\n");
        }
        for input in &workflow.inputs {
            let mut entries = self.ty(&input.ty);
            if !input.required {
                entries.add("required", "false");
            }
            if let Some(value) = &input.default {
                entries.add("default", constant(value));
            }
            if let Some(words) = &input.description {
                entries.add("description", scalar(words));
            }
            let _ = writeln!(text, "  {}: {}", scalar(&input.name), entries.text());
        }
        let outputs = self.outputs(&workflow.result, workflow.body.result.as_ref(), "root");
        if !outputs.is_empty() {
            text.push_str("\noutputs:\n");
            for (name, entries) in outputs {
                let _ = writeln!(text, "  {}: {}", scalar(&name), entries.text());
            }
        }
        if !workflow.providers.is_empty() {
            text.push_str("\nproviders:\n");
        }
        for (name, provider) in &workflow.providers {
            let mut entries = Entries::default();
            let words: Vec<String> = provider.command.iter().map(|word| scalar(word)).collect();
            entries.add("command", format!("[{}]", words.join(", ")));
            entries.add(
                "input_mode",
                match provider.input {
                    InputMode::Stdin => "stdin",
                    InputMode::Argv => "argv",
                },
            );
            if !provider.defaults.is_empty() {
                let mut defaults = Entries::default();
                for (key, value) in &provider.defaults {
                    defaults.add(&scalar(key), self.value(value));
                }
                entries.add("defaults", defaults.text());
            }
            if provider.output != Protocol::default() || provider.session.is_some() {
                self.gaps
                    .add(format!("the protocol of the provider `{name}`"));
            }
            let _ = writeln!(text, "  {}: {}", scalar(name), entries.text());
        }
        text.push_str("\nsteps:\n");
        text.push_str(&self.steps(&workflow.body.steps, 2));
        text
    }

    /// The outputs of a region: their types, and where they come from.
    fn outputs(
        &mut self,
        ty: &Type,
        value: Option<&Expr>,
        outermost: &str,
    ) -> IndexMap<String, Entries> {
        let mut found = IndexMap::new();
        let (fields, values) = match (ty, value) {
            (Type::Record { fields }, None) if fields.is_empty() => return found,
            (Type::Record { fields }, Some(Expr::Record { fields: values })) => (fields, values),
            _ => {
                self.gaps
                    .add("a result that is not made of named values of steps");
                return found;
            }
        };
        for Field { name, ty } in fields {
            let mut entries = self.ty(ty);
            match values
                .get(name)
                .and_then(|value| self.reference(value, outermost))
            {
                Some(reference) => entries.add("from", format!("{{ ref: {reference} }}")),
                None => self
                    .gaps
                    .add(format!("the output `{name}`, which is computed")),
            }
            found.insert(name.clone(), entries);
        }
        found
    }

    fn ty(&mut self, ty: &Type) -> Entries {
        let mut entries = Entries::default();
        match ty {
            Type::Bool => entries.add("type", "bool"),
            Type::Int => entries.add("type", "integer"),
            Type::Float => entries.add("type", "float"),
            Type::String => entries.add("type", "string"),
            Type::Enum { allowed } => {
                let words: Vec<String> = allowed.iter().map(|word| scalar(word)).collect();
                entries.add("type", "enum");
                entries.add("allowed", format!("[{}]", words.join(", ")));
            }
            Type::Path { under, must_exist } => {
                entries.add("type", "relpath");
                if let Some(under) = under {
                    entries.add("under", scalar(under));
                }
                if *must_exist {
                    entries.add("must_exist_target", "true");
                }
            }
            Type::Optional { item } => {
                entries.add("type", "optional");
                let item = self.ty(item).text();
                entries.add("item", item);
            }
            Type::List { item } => {
                entries.add("type", "list");
                let item = self.ty(item).text();
                entries.add("items", item);
            }
            Type::Map { value } => {
                entries.add("type", "map");
                let value = self.ty(value).text();
                entries.add("values", value);
            }
            Type::Record { .. } => self.gaps.add("a record inside of a value"),
            Type::Union { .. } => self.gaps.add("a union inside of a value"),
            Type::Json => self.gaps.add("a value of type Json"),
            Type::Secret => self.gaps.add("a secret as an input"),
        }
        entries
    }

    /// What a `{ref}` may name, seen from the region at hand.
    fn reference(&mut self, expr: &Expr, outermost: &str) -> Option<String> {
        match expr {
            Expr::Input { name } => Some(format!("inputs.{name}")),
            Expr::Step { step, field } => {
                let field = match field {
                    StepField::Artifact { name } => format!("artifacts.{name}"),
                    StepField::ExitCode => "exit_code".to_owned(),
                    _ => return None,
                };
                let scope = scope_of(step);
                let place = match () {
                    () if scope == self.scope && !scope.is_empty() => "self",
                    () if scope.is_empty() => outermost,
                    () if scope == around(&self.scope) => "parent",
                    () => {
                        self.gaps
                            .add(format!("the value of the step `{step}` from so deep"));
                        "self"
                    }
                };
                Some(format!("{place}.steps.{}.{field}", leaf(step)))
            }
            Expr::Get { base, field } if **base == Expr::Out => {
                Some(format!("self.outputs.{field}"))
            }
            _ => None,
        }
    }

    /// A text with holes.
    fn template(&mut self, expr: &Expr) -> String {
        let mut text = String::new();
        match expr {
            Expr::Lit {
                value: Value::String(words),
            } => text.push_str(&words.replace('$', "$$")),
            Expr::Lit { value } => text.push_str(&value.to_string()),
            Expr::Text { parts } => {
                for part in parts {
                    match part {
                        TextPart::Text(words) => text.push_str(&words.replace('$', "$$")),
                        TextPart::Hole { value, .. } => text.push_str(&self.hole(value)),
                    }
                }
            }
            other => text.push_str(&self.hole(other)),
        }
        scalar(&text)
    }

    fn hole(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Input { name } => format!("${{inputs.{name}}}"),
            Expr::Step {
                step,
                field: StepField::Artifact { name },
            } => format!("${{steps.{}.artifacts.{name}}}", leaf(step)),
            Expr::LoopIndex { .. } => "${loop.index}".to_owned(),
            other => {
                self.gaps.add(format!("the value `{other}` in a text"));
                String::new()
            }
        }
    }

    /// A literal, a text with holes, or a `{ref}`.
    fn value(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Lit {
                value: Value::String(_),
            }
            | Expr::Text { .. } => self.template(expr),
            Expr::Lit { value } => constant(value),
            other => match self.reference(other, "root") {
                Some(reference) => format!("{{ ref: {reference} }}"),
                None => {
                    self.gaps.add(format!("the value `{other}`"));
                    String::new()
                }
            },
        }
    }

    fn cond(&mut self, cond: &Cond) -> String {
        self.test(&cond.test, &cond.probes)
    }

    fn test(&mut self, test: &Expr, probes: &[Expr]) -> String {
        let compare = |op: &str| Some(op.to_owned());
        let (prim, args) = match test {
            Expr::Probe { index } => {
                let pattern = probes.get(*index).cloned().unwrap_or(Expr::Out);
                return format!("{{ exists: {} }}", self.template(&pattern));
            }
            Expr::Prim { prim, args } => (*prim, args.as_slice()),
            other => {
                return match self.reference(other, "root") {
                    Some(reference) => format!("{{ artifact_bool: {{ ref: {reference} }} }}"),
                    None => {
                        self.gaps.add(format!("the condition `{other}`"));
                        String::new()
                    }
                };
            }
        };
        let op = match prim {
            Prim::Eq => compare("eq"),
            Prim::Ne => compare("ne"),
            Prim::Lt => compare("lt"),
            Prim::Le => compare("lte"),
            Prim::Gt => compare("gt"),
            Prim::Ge => compare("gte"),
            _ => None,
        };
        match (op, prim, args) {
            (Some(op), _, [left, right]) => {
                let (left, right) = (self.value(left), self.value(right));
                format!("{{ compare: {{ left: {left}, op: {op}, right: {right} }} }}")
            }
            (_, Prim::TextEq, [left, right]) => {
                let (left, right) = (self.template(left), self.template(right));
                format!("{{ equals: {{ left: {left}, right: {right} }} }}")
            }
            (_, Prim::Not, [Expr::Probe { index }]) => {
                let pattern = probes.get(*index).cloned().unwrap_or(Expr::Out);
                format!("{{ not_exists: {} }}", self.template(&pattern))
            }
            (_, Prim::Not, [inner]) => format!("{{ not: {} }}", self.test(inner, probes)),
            (_, Prim::And | Prim::Or, parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.test(part, probes)).collect();
                let word = if prim == Prim::And {
                    "all_of"
                } else {
                    "any_of"
                };
                format!("{{ {word}: [{}] }}", parts.join(", "))
            }
            _ => {
                self.gaps.add(format!("the condition `{test}`"));
                String::new()
            }
        }
    }

    /// The steps of a region as the items of a list.
    fn steps(&mut self, steps: &[Step], indent: usize) -> String {
        let mut text = String::new();
        for step in steps {
            let outer = self.gaps.step.replace(step.id.clone());
            let mut lines = vec![format!("name: {}", scalar(leaf(&step.id)))];
            self.step(step, &mut lines);
            for (at, line) in lines.iter().enumerate() {
                let mark = if at == 0 { "- " } else { "  " };
                let _ = writeln!(text, "{:indent$}{mark}{line}", "");
            }
            text.push('\n');
            self.gaps.step = outer;
        }
        text
    }

    fn step(&mut self, step: &Step, lines: &mut Vec<String>) {
        self.gaps.refuse(&[
            (step.requires.is_some(), "`requires_variant`"),
            (!step.consumes.is_empty(), "`consumes`"),
            (step.consume_bundle.is_some(), "`consume_bundle`"),
            (!step.publishes.is_empty(), "`publishes`"),
        ]);
        if let Some(when) = &step.when {
            lines.push(format!("when: {}", self.cond(when)));
        }
        if let Some(limit) = step.max_visits {
            lines.push(format!("max_visits: {limit}"));
        }
        let mut on = Entries::default();
        let routes = [
            ("success", &step.on.success),
            ("failure", &step.on.failure),
            ("always", &step.on.always),
        ];
        for (word, target) in routes {
            let target = match target {
                Some(Target::Step(id)) => leaf(id),
                Some(Target::End) => "_end",
                None => continue,
            };
            on.add(word, format!("{{ goto: {} }}", scalar(target)));
        }
        if !on.0.is_empty() {
            lines.push(format!("on: {}", on.text()));
        }
        match &step.op {
            Op::Process(process) => self.process(process, lines),
            Op::Call { workflow, args } => {
                lines.push(format!("id: {}", leaf(&step.id)));
                lines.push(format!("call: {}", scalar(workflow)));
                let mut with = Entries::default();
                for (name, value) in args {
                    with.add(&scalar(name), self.value(value));
                }
                if !with.0.is_empty() {
                    lines.push(format!("with: {}", with.text()));
                }
            }
            Op::Assert { cond } => lines.push(format!("assert: {}", self.cond(cond))),
            Op::Wait(wait) => {
                let mut entries = Entries::default();
                entries.add("glob", self.template(&wait.glob));
                entries.add("timeout_sec", wait.timeout_sec.to_string());
                entries.add("poll_ms", wait.poll_ms.to_string());
                entries.add("min_count", wait.min_count.to_string());
                lines.push(format!("wait_for: {}", entries.text()));
            }
            Op::If {
                cond,
                then,
                otherwise,
            } => {
                lines.push(format!("id: {}", leaf(&step.id)));
                lines.push(format!("if: {}", self.cond(cond)));
                self.region("then", &format!("{}.then", step.id), step, then, lines);
                if let Some(block) = otherwise {
                    self.region("else", &format!("{}.else", step.id), step, block, lines);
                }
            }
            Op::Match {
                subject,
                cases,
                default,
            } => {
                self.gaps
                    .refuse(&[(default.is_some(), "a case for all other words")]);
                lines.push(format!("id: {}", leaf(&step.id)));
                lines.push("match:".to_owned());
                match self.reference(subject, "root") {
                    Some(reference) => lines.push(format!("  ref: {reference}")),
                    None => self.gaps.add(format!("the choice by `{subject}`")),
                }
                lines.push("  cases:".to_owned());
                for case in cases {
                    let scope = format!("{}.{}", step.id, case.tag);
                    let tag = scalar(&case.tag);
                    let mut inner = Vec::new();
                    self.region(&tag, &scope, step, &case.block, &mut inner);
                    lines.extend(inner.into_iter().map(|line| format!("    {line}")));
                }
            }
            Op::Loop(each) => self.repeat(step, each, lines),
            other => self.gaps.add(format!("`{}`", other.keyword())),
        }
    }

    /// A branch: its outputs and its steps.
    fn region(
        &mut self,
        key: &str,
        scope: &str,
        owner: &Step,
        block: &Block,
        lines: &mut Vec<String>,
    ) {
        let outer = std::mem::replace(&mut self.scope, scope.to_owned());
        lines.push(format!("{key}:"));
        let outputs = self.outputs(&owner.result, block.result.as_ref(), "root");
        if !outputs.is_empty() {
            lines.push("  outputs:".to_owned());
            for (name, entries) in outputs {
                lines.push(format!("    {}: {}", scalar(&name), entries.text()));
            }
        }
        lines.push("  steps:".to_owned());
        let steps = self.steps(&block.steps, 4);
        lines.extend(steps.lines().map(str::to_owned));
        self.scope = outer;
    }

    fn repeat(&mut self, step: &Step, each: &Loop, lines: &mut Vec<String>) {
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
        lines.push(format!("id: {}", leaf(&step.id)));
        lines.push("repeat_until:".to_owned());
        lines.push("  id: round".to_owned());
        match &each.max {
            Expr::Lit { value } => lines.push(format!("  max_iterations: {value}")),
            other => self.gaps.add(format!("the bound `{other}`")),
        }
        let outer = std::mem::replace(&mut self.scope, step.id.to_string());
        let outputs = self.outputs(&step.result, each.body.result.as_ref(), "root");
        lines.push("  outputs:".to_owned());
        for (name, entries) in outputs {
            lines.push(format!("    {}: {}", scalar(&name), entries.text()));
        }
        lines.push(format!("  condition: {}", self.cond(&each.until)));
        if let Some(exhausted) = &each.exhausted {
            self.exhausted(exhausted, lines);
        }
        lines.push("  steps:".to_owned());
        let steps = self.steps(&each.body.steps, 4);
        lines.extend(steps.lines().map(str::to_owned));
        self.scope = outer;
    }

    fn exhausted(&mut self, exhausted: &Expr, lines: &mut Vec<String>) {
        let Expr::Record { fields } = exhausted else {
            self.gaps.add("what a loop gives at its bound");
            return;
        };
        let mut outputs = Entries::default();
        for (name, value) in fields {
            match value {
                Expr::Lit { value } => outputs.add(&scalar(name), constant(value)),
                value if *value == Expr::Out.get(name.clone()) => {}
                _ => self.gaps.add("what a loop gives at its bound"),
            }
        }
        lines.push(format!("  on_exhausted: {{ outputs: {} }}", outputs.text()));
    }

    fn process(&mut self, process: &Process, lines: &mut Vec<String>) {
        self.gaps.refuse(&[
            (process.snapshot.is_some(), "`pre_snapshot`"),
            (process.depends.is_some(), "`depends_on`"),
            (process.session.is_some(), "`provider_session`"),
            (process.managed.is_some(), "`managed_jobs`"),
        ]);
        match &process.exec {
            Exec::Command { argv, split: false } => {
                let words: Vec<String> = argv.iter().map(|word| self.template(word)).collect();
                lines.push(format!("command: [{}]", words.join(", ")));
            }
            Exec::Command { .. } => self.gaps.add("a `command` in one text"),
            Exec::Provider {
                provider,
                params,
                prompt,
            } => {
                lines.push(format!("provider: {}", self.template(provider)));
                let mut entries = Entries::default();
                for (name, value) in params {
                    entries.add(&scalar(name), self.template(value));
                }
                if !entries.0.is_empty() {
                    lines.push(format!("provider_params: {}", entries.text()));
                }
                match &prompt.base {
                    PromptBase::File { path } => {
                        lines.push(format!("input_file: {}", self.template(path)));
                    }
                    PromptBase::Text { .. } => self.gaps.add("a prompt that stands in the source"),
                    PromptBase::Empty => {}
                }
                self.gaps
                    .refuse(&[(!prompt.assets.is_empty(), "`asset_depends_on`")]);
                let mut inputs = Entries::default();
                for input in &prompt.inputs {
                    if !input.guidance.is_empty() {
                        self.gaps
                            .add(format!("the words about `{}` in the prompt", input.name));
                    }
                    inputs.add(&scalar(&input.name), self.value(&input.value));
                }
                if !inputs.0.is_empty() {
                    lines.push(format!("prompt_inputs: {}", inputs.text()));
                }
                if prompt.position == PromptPosition::Append {
                    lines.push("consumes_injection_position: append".to_owned());
                }
                if !prompt.contract {
                    lines.push("inject_output_contract: false".to_owned());
                }
            }
            Exec::Adjudicated(_) => self.gaps.add("`adjudicated_provider`"),
        }
        if let Some(seconds) = process.timeout_sec {
            lines.push(format!("timeout_sec: {seconds}"));
        }
        if let Some(retries) = process.retries {
            lines.push(format!(
                "retries: {{ max: {}, delay_ms: {} }}",
                retries.max, retries.delay_ms
            ));
        }
        if !process.env.is_empty() {
            let mut env = Entries::default();
            for (name, value) in &process.env {
                env.add(&scalar(name), self.value(value));
            }
            lines.push(format!("env: {}", env.text()));
        }
        if !process.secrets.is_empty() {
            let names: Vec<String> = process.secrets.iter().map(|name| scalar(name)).collect();
            lines.push(format!("secrets: [{}]", names.join(", ")));
        }
        match process.capture.mode {
            CaptureMode::Text => {}
            CaptureMode::Lines => lines.push("output_capture: lines".to_owned()),
            CaptureMode::Json => lines.push("output_capture: json".to_owned()),
        }
        if process.capture.allow_parse_error {
            lines.push("allow_parse_error: true".to_owned());
        }
        if let Some(path) = &process.output_file {
            lines.push(format!("output_file: {}", self.template(path)));
        }
        if !process.persist {
            lines.push("persist_artifacts_in_state: false".to_owned());
        }
        if let Some(contract) = &process.contract {
            self.contract(contract, lines);
        }
    }

    fn contract(&mut self, contract: &Contract, lines: &mut Vec<String>) {
        match contract {
            Contract::Files { files } => {
                lines.push("expected_outputs:".to_owned());
                for file in files {
                    let mut entries = Entries::default();
                    entries.add("name", scalar(&file.name));
                    entries.add("path", self.template(&file.path));
                    entries.0.extend(self.ty(&file.ty).0);
                    words(&mut entries, file.required, &file.guidance);
                    lines.push(format!("  - {}", entries.text()));
                }
            }
            Contract::Bundle { path, fields } => {
                lines.push("output_bundle:".to_owned());
                self.bundle_path(path.as_ref(), lines);
                lines.push("  fields:".to_owned());
                for field in fields {
                    lines.push(format!("    - {}", self.field(field).text()));
                }
            }
            Contract::Variant {
                path,
                discriminant,
                shared,
                variants,
                forbidden,
            } => {
                self.gaps.refuse(&[(!forbidden.is_empty(), "`forbidden`")]);
                lines.push("variant_output:".to_owned());
                self.bundle_path(path.as_ref(), lines);
                lines.push(format!(
                    "  discriminant: {}",
                    self.field(discriminant).text()
                ));
                if !shared.is_empty() {
                    lines.push("  shared_fields:".to_owned());
                    for field in shared {
                        lines.push(format!("    - {}", self.field(field).text()));
                    }
                }
                lines.push("  variants:".to_owned());
                for (tag, fields) in variants {
                    let fields: Vec<String> = fields
                        .iter()
                        .map(|field| self.field(field).text())
                        .collect();
                    lines.push(format!(
                        "    {}: {{ fields: [{}] }}",
                        scalar(tag),
                        fields.join(", ")
                    ));
                }
            }
        }
    }

    fn bundle_path(&mut self, path: Option<&Expr>, lines: &mut Vec<String>) {
        match path {
            Some(path) => lines.push(format!("  path: {}", self.template(path))),
            None => self
                .gaps
                .add("a result without a file of its own: give it `:bundle`"),
        }
    }

    fn field(&mut self, field: &ContractField) -> Entries {
        let mut entries = Entries::default();
        entries.add("name", scalar(&field.name));
        entries.add("json_pointer", scalar(&field.pointer));
        entries.0.extend(self.ty(&field.ty).0);
        words(&mut entries, field.required, &field.guidance);
        entries
    }
}

fn words(entries: &mut Entries, required: bool, guidance: &Guidance) {
    if !required {
        entries.add("required", "false");
    }
    let words = [
        ("description", &guidance.description),
        ("format_hint", &guidance.format_hint),
        ("example", &guidance.example),
    ];
    for (key, text) in words {
        if let Some(text) = text {
            entries.add(key, scalar(text));
        }
    }
}

/// The region that a step stands in: `loop/route.REVISE` of
/// `loop/route.REVISE/fix`.
fn scope_of(step: &StepId) -> &str {
    step.as_str()
        .rsplit_once('/')
        .map_or("", |(scope, _)| scope)
}

/// The region around a region.
fn around(scope: &str) -> &str {
    scope.rsplit_once('/').map_or("", |(around, _)| around)
}

/// A constant.
fn constant(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text, in quotes if it would else be something else.
fn scalar(text: &str) -> String {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'))
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    match plain {
        true => text.to_owned(),
        // A text in JSON is a text in YAML.
        false => Value::from(text).to_string(),
    }
}
