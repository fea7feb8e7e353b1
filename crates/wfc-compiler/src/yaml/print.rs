//! The surface program as text for people (`--emit hir`): every construct in
//! the order of the file, with its place.

use std::fmt::Write;

use wfc_diag::Sources;

use super::hir::{
    Block, Cond, Contract, Exec, Items, Operand, Output, Part, Process, PromptSource, SessionMode,
    Source, Step, Test, Text, VariantContract, Who,
};
use super::modules::{Module, Modules};

/// All files.
pub(crate) fn print(modules: &Modules, sources: &Sources) -> String {
    let mut printer = Printer {
        sources,
        out: String::new(),
        depth: 0,
    };
    for module in &modules.list {
        printer.module(module);
    }
    printer.out
}

struct Printer<'a> {
    sources: &'a Sources,
    out: String,
    depth: usize,
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    fn module(&mut self, module: &Module) {
        let workflow = &module.workflow;
        let version = workflow.version.as_ref().map_or("?", |v| v.value.as_str());
        self.line(&format!(
            "workflow {} version {version} file {}",
            module.key, module.file
        ));
        self.inside(|this| {
            for (name, value) in &workflow.context {
                this.line(&format!("context {} = {value:?}", name.value));
            }
            for import in &workflow.imports {
                let path = import.path.as_ref().map_or("", |path| &path.value);
                this.line(&format!("import {} = {path:?}", import.alias.value));
            }
            for input in &workflow.inputs {
                let default = match &input.default {
                    Some(default) => format!(" = {}", default.value),
                    None if input.required => String::new(),
                    None => " optional".to_owned(),
                };
                let ty = show_type(input.declared.ty.as_ref());
                this.line(&format!("input {}: {ty}{default}", input.name.value));
            }
            for artifact in &workflow.artifacts {
                let pointer = artifact.pointer.as_ref().map(show_text);
                let pointer = pointer.map(|text| format!(" pointer {text}"));
                let ty = show_type(artifact.declared.ty.as_ref());
                this.line(&format!(
                    "artifact {}: {ty}{}",
                    artifact.name.value,
                    pointer.unwrap_or_default()
                ));
            }
            for provider in &workflow.providers {
                let command: Vec<&str> = provider
                    .command
                    .iter()
                    .map(|arg| arg.text.value.as_str())
                    .collect();
                this.line(&format!("provider {} = {command:?}", provider.name.value));
            }
            this.steps(&workflow.body);
            if let Some(finally) = &workflow.finally {
                this.block("finally", finally);
            }
            this.outputs(&workflow.outputs);
        });
    }

    fn outputs(&mut self, outputs: &[Output]) {
        for output in outputs {
            let ty = show_type(output.declared.ty.as_ref());
            let from = output.from.as_ref().map_or("?", |from| from.text.as_str());
            self.line(&format!("output {}: {ty} from {from}", output.name.value));
        }
    }

    fn block(&mut self, word: &str, block: &Block) {
        let id = block.id.as_ref();
        let id = id.map(|id| format!(" id {}", id.value)).unwrap_or_default();
        self.line(&format!("{word}{id}"));
        self.inside(|this| {
            this.steps(block);
            this.outputs(&block.outputs);
        });
    }

    fn steps(&mut self, block: &Block) {
        for step in &block.steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let mut head = format!("step {:?}", step.name.value);
        if let Some(id) = &step.id {
            let _ = write!(head, " id {}", id.value);
        }
        let at = self.sources.file(step.span.file);
        let at = at.line_column(step.span.start as usize);
        let _ = write!(head, " at {}:{}", at.line, at.column);
        self.line(&head);
        self.inside(|this| {
            if let Some(when) = &step.when {
                this.line(&format!("when {}", show_cond(when)));
            }
            for consume in &step.consumes {
                this.line(&format!("consumes {}", consume.artifact.value));
            }
            this.exec(step);
            if let Some(managed) = &step.managed {
                this.line(&format!("managed jobs by {:?}", managed.policy.value));
            }
            for publish in &step.publishes {
                this.line(&format!(
                    "publishes {} from {}",
                    publish.artifact.value, publish.from.value
                ));
            }
            for (event, target) in step.on.all() {
                this.line(&format!("on {event} goto {:?}", target.value));
            }
        });
    }

    fn exec(&mut self, step: &Step) {
        match &step.exec {
            Exec::Command(command) => {
                let argv: Vec<String> = command.argv.iter().map(show_text).collect();
                self.line(&format!("command [{}]", argv.join(", ")));
                self.process(&command.process);
            }
            Exec::Provider(agent) => {
                self.who(&agent.who);
                match &agent.prompt {
                    PromptSource::None => {}
                    PromptSource::Input(path) => self.line(&format!("input {}", show_text(path))),
                    PromptSource::Asset(path) => self.line(&format!("asset {:?}", path.value)),
                }
                self.process(&agent.process);
            }
            Exec::SetScalar { artifact, value } => {
                self.line(&format!("set {} = {}", artifact.value, value.value));
            }
            Exec::IncrementScalar { artifact, by } => {
                self.line(&format!("increment {} by {}", artifact.value, by.value));
            }
            Exec::Materialize(values) => {
                for value in values {
                    let source = match &value.source {
                        Source::Input(name) => format!("inputs.{}", name.value),
                        Source::Ref(reference) => reference.text.clone(),
                        Source::Literal(value) => value.value.to_string(),
                        Source::NowNs => "now".to_owned(),
                        Source::Unknown => "?".to_owned(),
                    };
                    self.line(&format!("makes {} of {source}", value.name.value));
                }
            }
            Exec::Select(select) => {
                let evidence = select.evidence.as_ref().map_or("?", |e| &e.text);
                self.line(&format!("selects what changed since {evidence}"));
                self.variants(&select.contract);
            }
            Exec::Assert(cond) => self.line(&format!("assert {}", show_cond(cond))),
            Exec::Call { alias, with } => {
                self.line(&format!("call {}", alias.value));
                for (name, value) in with {
                    self.line(&format!("  with {} = {}", name.value, show_operand(value)));
                }
            }
            Exec::If { cond, .. } => {
                self.line(&format!("if {}", show_cond(cond)));
                for (word, block) in step.blocks() {
                    self.block(word, block);
                }
            }
            Exec::Match { subject, .. } => {
                self.line(&format!("match {}", subject.text));
                for (case, block) in step.blocks() {
                    self.block(&format!("case {case}"), block);
                }
            }
            Exec::Repeat(repeat) => {
                self.line(&format!(
                    "repeat at most {} until {}",
                    repeat.max,
                    show_cond(&repeat.until)
                ));
                self.block("body", &repeat.body);
                for (name, value) in repeat.exhausted.iter().flatten() {
                    self.line(&format!("on_exhausted {} = {}", name.value, value.value));
                }
            }
            Exec::Each(each) => {
                match &each.items {
                    Items::Literal(items) => {
                        let items: Vec<String> =
                            items.value.iter().map(ToString::to_string).collect();
                        self.line(&format!("for each of [{}]", items.join(", ")));
                    }
                    Items::From(from) => self.line(&format!("for each of {}", from.text)),
                }
                self.block("body", &each.body);
            }
            Exec::Wait(wait) => self.line(&format!(
                "wait for {} of {}",
                wait.min_count,
                show_text(&wait.glob)
            )),
            Exec::Unknown => self.line("(unknown)"),
        }
    }

    fn who(&mut self, who: &Who) {
        match who {
            Who::One {
                provider, session, ..
            } => {
                self.line(&format!("provider {}", show_text(provider)));
                match session.as_ref().map(|session| &session.mode) {
                    Some(SessionMode::Fresh(name)) => {
                        self.line(&format!("session begins {}", name.value));
                    }
                    Some(SessionMode::Resume(name)) => {
                        self.line(&format!("session resumes {}", name.value));
                    }
                    None => {}
                }
            }
            Who::Judged(judged) => {
                for candidate in &judged.candidates {
                    let (id, provider) = (&candidate.id.value, &candidate.provider.value);
                    self.line(&format!("candidate {id} provider {provider:?}"));
                }
                if let Some(evaluator) = &judged.evaluator {
                    self.line(&format!(
                        "evaluator provider {:?}",
                        evaluator.provider.value
                    ));
                }
            }
        }
    }

    fn process(&mut self, process: &Process) {
        match &process.contract {
            None => {}
            Some(Contract::Files(files)) => {
                for file in files {
                    let ty = show_type(file.declared.ty.as_ref());
                    let path = show_text(&file.path);
                    self.line(&format!("writes {}: {ty} to {path}", file.name.value));
                }
            }
            Some(Contract::Bundle { path, fields }) => {
                self.line(&format!("writes {}", show_text(path)));
                for field in fields {
                    let ty = show_type(field.declared.ty.as_ref());
                    self.line(&format!("  {}: {ty}", field.name.value));
                }
            }
            Some(Contract::Variant(contract)) => self.variants(contract),
        }
    }

    fn variants(&mut self, contract: &VariantContract) {
        let path = show_text(&contract.path);
        let discriminant = &contract.discriminant.name.value;
        self.line(&format!("writes {path} by {discriminant}"));
        for variant in &contract.variants {
            let names: Vec<&str> = variant
                .fields
                .iter()
                .map(|field| field.name.value.as_str())
                .collect();
            self.line(&format!("  {}: {}", variant.name.value, names.join(", ")));
        }
    }
}

fn show_type(ty: Option<&wfc_ir::Type>) -> String {
    ty.map_or_else(|| "?".to_owned(), ToString::to_string)
}

fn show_text(text: &Text) -> String {
    let mut shown = String::new();
    for part in &text.parts {
        match part {
            Part::Lit(text) => shown.push_str(text),
            Part::Hole(hole) => {
                let _ = write!(shown, "${{{}}}", hole.name);
            }
        }
    }
    format!("{shown:?}")
}

fn show_operand(operand: &Operand) -> String {
    match operand {
        Operand::Literal(value) => value.value.to_string(),
        Operand::Ref(reference) => reference.text.clone(),
        Operand::Text(text) => show_text(text),
        Operand::Unknown => "?".to_owned(),
    }
}

fn show_cond(cond: &Cond) -> String {
    let all = |word: &str, conds: &[Cond]| {
        let shown: Vec<String> = conds.iter().map(show_cond).collect();
        format!("{word}({})", shown.join(", "))
    };
    match &cond.test {
        Test::Equals { left, right } => {
            format!("{} = {}", show_text(left), show_text(right))
        }
        Test::Exists { pattern } => format!("exists {}", show_text(pattern)),
        Test::NotExists { pattern } => format!("not exists {}", show_text(pattern)),
        Test::Bool(subject) => subject.text.clone(),
        Test::Compare { left, op, right } => format!(
            "{} {} {}",
            show_operand(left),
            op.word(),
            show_operand(right)
        ),
        Test::Score { subject, bounds } => {
            let bounds: Vec<String> = bounds
                .iter()
                .map(|(op, bound)| format!("{} {}", op.word(), bound.value))
                .collect();
            format!("{} {}", subject.text, bounds.join(" and "))
        }
        Test::All(conds) => all("all", conds),
        Test::Any(conds) => all("any", conds),
        Test::Not(inner) => format!("not {}", show_cond(inner)),
        Test::Unknown => "?".to_owned(),
    }
}
