//! A program as files of the YAML DSL, one for each workflow.

mod exprs;
mod process;

use std::fmt::Write;

use indexmap::IndexMap;
use wfc_diag::FileId;
use wfc_ir::{
    Block, Each, Expr, Field, InputMode, Loop, MaterialSource, Materialized, Op, Prim, Program,
    Protocol, Step, StepId, Target, Type, Value, Workflow,
};
use wfc_syntax::Format;
use wfc_syntax::yaml::format;

use super::{Comments, Converted, Gaps, Unsupported, leaf};

/// The file of the workflow that it starts with, and those of the others.
pub(super) fn write(program: &Program, comments: &Comments) -> Result<Converted, Vec<Unsupported>> {
    let mut gaps = Gaps::default();
    let mut files = Vec::new();
    for (name, workflow) in &program.workflows {
        gaps.workflow.clone_from(name);
        gaps.step = None;
        let mut writer = Writer {
            gaps: &mut gaps,
            comments,
            scope: String::new(),
            rounds: Vec::new(),
            lists: Vec::new(),
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
    comments: &'g Comments,
    gaps: &'g mut Gaps,
    /// The region at hand, as the ids of its steps begin; empty for the body.
    scope: String,
    /// The loops around, outermost first.
    rounds: Vec<StepId>,
    /// Those of them that go over a list.
    lists: Vec<StepId>,
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
        let version = self.version(workflow);
        let head = self.comments.workflow(name, "#");
        let head: String = head.iter().map(|line| format!("{line}\n")).collect();
        let mut text = format!("{head}version: \"{version}\"\nname: {}\n", scalar(name));
        if !workflow.context.is_empty() {
            let mut context = Entries::default();
            for (key, value) in &workflow.context {
                context.add(&scalar(key), scalar(value));
            }
            let _ = writeln!(text, "context: {}", context.text());
        }
        if !workflow.artifacts.is_empty() {
            text.push_str("\nartifacts:\n");
        }
        for (name, artifact) in &workflow.artifacts {
            let mut entries = Entries::default();
            if !matches!(artifact.ty, Type::Path { .. }) {
                entries.add("kind", "scalar");
            }
            entries.0.extend(self.ty(&artifact.ty).0);
            if let Some(path) = &artifact.pointer {
                entries.add("pointer", self.template(path));
            }
            let _ = writeln!(text, "  {}: {}", scalar(name), entries.text());
        }
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
            if let Some(seconds) = provider.timeout_sec {
                entries.add("timeout_sec", seconds.to_string());
            }
            for (key, seconds) in provider.limits.named() {
                entries.add(key, seconds.to_string());
            }
            if provider.output != Protocol::default() {
                entries.add("output", provider.output.word());
            }
            if provider.session.is_some() {
                self.gaps
                    .add(format!("the `session_support` of the provider `{name}`"));
            }
            let _ = writeln!(text, "  {}: {}", scalar(name), entries.text());
        }
        text.push_str("\nsteps:\n");
        text.push_str(&self.steps(&workflow.body.steps, 2));
        if let Some(finally) = &workflow.finally {
            let id = scalar(&finally.name);
            let _ = writeln!(text, "finally:\n  id: {id}\n  steps:");
            let outer = std::mem::replace(&mut self.scope, finally.name.clone());
            text.push_str(&self.steps(&finally.block.steps, 4));
            self.scope = outer;
        }
        text
    }

    /// The newest version that keeps the ledger so.
    fn version(&mut self, workflow: &Workflow) -> &'static str {
        let ledger = &workflow.ledger;
        match (
            ledger.by_name,
            ledger.global_freshness,
            ledger.consume_writes_pointer,
        ) {
            (false, false, false) => "3.0",
            (true, false, false) => "1.8",
            (true, true, true) => "1.3",
            (true, true, false) => "1.1.1",
            _ => {
                self.gaps.add("a ledger as no version keeps it");
                "3.0"
            }
        }
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

    /// The steps of a region as the items of a list.
    fn steps(&mut self, steps: &[Step], indent: usize) -> String {
        let mut text = String::new();
        for step in steps {
            let outer = self.gaps.step.replace(step.id.clone());
            for line in self.comments.step(&self.gaps.workflow, &step.id, "#") {
                let _ = writeln!(text, "{:indent$}{line}", "");
            }
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
        self.gaps
            .refuse(&[(step.requires.is_some(), "`requires_variant`")]);
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
        self.consumes(step, lines);
        if !step.publishes.is_empty() {
            let all = step.publishes.iter().map(|publish| {
                let mut entries = Entries::default();
                entries.add("artifact", scalar(&publish.artifact));
                entries.add("from", scalar(&publish.from));
                entries.text()
            });
            let all: Vec<String> = all.collect();
            lines.push(format!("publishes: [{}]", all.join(", ")));
        }
        match &step.op {
            Op::Process(process) => self.process(step, process, lines),
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
            Op::Each(each) => self.each(step, each, lines),
            Op::Compute { value } => self.compute(value, lines),
            Op::Materialize { values } => self.materialize(values, lines),
            Op::Select(_) => self.gaps.add("`select_variant_output`"),
        }
    }

    /// A loop over a list in which a step that fails lets the others run.
    fn each(&mut self, step: &Step, each: &Each, lines: &mut Vec<String>) {
        lines.push(format!("id: {}", leaf(&step.id)));
        lines.push("for_each:".to_owned());
        match &each.items {
            Expr::Lit { value } => lines.push(format!("  items: {value}")),
            other => match self.way(other) {
                Some(way) => lines.push(format!("  items_from: {}", scalar(&way))),
                None => self.gaps.add(format!("the list `{other}`")),
            },
        }
        // The innermost item is always `item`; those around it need names.
        self.lists.push(step.id.clone());
        lines.push(format!("  as: item{}", self.lists.len()));
        self.rounds.push(step.id.clone());
        let outer = std::mem::replace(&mut self.scope, step.id.to_string());
        lines.push("  steps:".to_owned());
        let steps = self.steps(&each.body.steps, 4);
        lines.extend(steps.lines().map(str::to_owned));
        self.scope = outer;
        self.rounds.pop();
        self.lists.pop();
    }

    /// A value that is kept: of an artifact.
    fn compute(&mut self, value: &Expr, lines: &mut Vec<String>) {
        let one = match value {
            Expr::Record { fields } if fields.len() == 1 => fields.first(),
            _ => None,
        };
        match one {
            Some((name, Expr::Lit { value })) => lines.push(format!(
                "set_scalar: {{ artifact: {}, value: {} }}",
                scalar(name),
                constant(value)
            )),
            Some((
                name,
                Expr::Prim {
                    prim: Prim::Add,
                    args,
                },
            )) => match args.as_slice() {
                [Expr::Artifact { name: own }, Expr::Lit { value }] if own == name => {
                    lines.push(format!(
                        "increment_scalar: {{ artifact: {}, by: {value} }}",
                        scalar(name)
                    ));
                }
                _ => self.gaps.add("a computed value that is kept"),
            },
            _ => self.gaps.add("a computed value that is kept"),
        }
    }

    fn materialize(&mut self, values: &[Materialized], lines: &mut Vec<String>) {
        lines.push("materialize_artifacts:".to_owned());
        lines.push("  values:".to_owned());
        for each in values {
            let source = match &each.source {
                MaterialSource::NowNs => "{ runtime: now_ns }".to_owned(),
                MaterialSource::Value(Expr::Input { name }) => {
                    format!("{{ input: {} }}", scalar(name))
                }
                MaterialSource::Value(Expr::Lit { value }) => {
                    format!("{{ literal: {} }}", constant(value))
                }
                MaterialSource::Value(value) => match self.reference(value, "root") {
                    Some(reference) => format!("{{ ref: {reference} }}"),
                    None => {
                        self.gaps.add(format!("the value `{value}`"));
                        String::new()
                    }
                },
            };
            let mut entries = Entries::default();
            entries.add("name", scalar(&each.name));
            entries.add("source", source);
            let ty = self.ty(&each.ty).text();
            entries.add("contract", ty);
            if let Some(path) = &each.pointer {
                entries.add("pointer", format!("{{ path: {} }}", self.template(path)));
            }
            if each.ensure_parent {
                entries.add("ensure_parent", "true");
            }
            self.gaps.refuse(&[(each.content.is_some(), "a view")]);
            lines.push(format!("    - {}", entries.text()));
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
        self.rounds.push(step.id.clone());
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
        self.rounds.pop();
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
