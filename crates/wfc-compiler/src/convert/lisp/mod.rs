//! A program as one module of Workflow Lisp, and the project file that binds
//! its names.

mod exprs;
mod process;
mod types;

use std::fmt::Write;

use wfc_diag::FileId;
use wfc_ir::{
    Block, Each, Expr, Loop, MaterialSource, Materialized, Op, Program, Step, Type, Value, Workflow,
};
use wfc_syntax::Format;
use wfc_syntax::lisp::format;

use super::{Comments, Converted, Gaps, Unsupported, leaf};
use exprs::{Names, Writer};
use process::Bindings;
use types::{Types, is_symbol, string};

/// The module, under the name of the workflow that it starts with, and
/// `wfc.toml`.
pub(super) fn write(program: &Program, comments: &Comments) -> Result<Converted, Vec<Unsupported>> {
    let mut module = Module {
        comments,
        types: Types::default(),
        gaps: Gaps::default(),
        bindings: Bindings::default(),
        names: Names::default(),
    };
    let mut workflows = String::new();
    for (name, workflow) in &program.workflows {
        module.gaps.workflow.clone_from(name);
        for line in comments.workflow(name, ";;") {
            workflows.push_str(&line);
            workflows.push('\n');
        }
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

struct Module<'c> {
    comments: &'c Comments,
    types: Types,
    gaps: Gaps,
    bindings: Bindings,
    names: Names,
}

impl Module<'_> {
    fn workflow(&mut self, program: &Program, name: &str, workflow: &Workflow) -> String {
        self.gaps.step = None;
        if !is_symbol(name) {
            self.gaps
                .add(format!("the name {name:?}, which is no symbol"));
        }
        let settings = self.settings(workflow);
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
        let mut body = self.block(program, &workflow.body, Some(&workflow.result));
        if let Some(finally) = &workflow.finally {
            if finally.name != "finally" {
                self.gaps.add("a `finally` with a name of its own");
            }
            let cleanup = self.steps(program, &finally.block.steps, "none".to_owned());
            body = format!("(finally\n{body}\n{cleanup})");
        }
        format!(
            "(defworkflow {name} ({}) -> {ret}{settings}\n{body})\n",
            params.join(" ")
        )
    }

    /// What a workflow says of itself besides what it does.
    fn settings(&mut self, workflow: &Workflow) -> String {
        let mut text = String::new();
        if !workflow.strict {
            text.push_str("\n:strict-flow false");
        }
        if let Some(limit) = workflow.max_transitions {
            let _ = write!(text, "\n:max-transitions {limit}");
        }
        if !workflow.context.is_empty() {
            let context = workflow.context.iter();
            let context = context.map(|(key, value)| format!("({} {})", word(key), string(value)));
            let _ = write!(
                text,
                "\n:context ({})",
                context.collect::<Vec<_>>().join(" ")
            );
        }
        let mut artifacts = Vec::new();
        for (name, artifact) in &workflow.artifacts {
            let ty = self.types.written(&artifact.ty, name, &mut self.gaps);
            let name = self.symbol(name);
            artifacts.push(match &artifact.pointer {
                None => format!("({name} {ty})"),
                Some(Expr::Lit {
                    value: Value::String(path),
                }) => format!("({name} {ty} :pointer {})", string(path)),
                Some(_) => {
                    self.gaps.add("a pointer whose path is computed");
                    String::new()
                }
            });
        }
        if !artifacts.is_empty() {
            let _ = write!(text, "\n:artifacts ({})", artifacts.join(" "));
        }
        let old = [
            (workflow.ledger.by_name, "by-name"),
            (workflow.ledger.global_freshness, "global-freshness"),
            (
                workflow.ledger.consume_writes_pointer,
                "consume-writes-pointer",
            ),
        ];
        let old: Vec<&str> = old
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| *word)
            .collect();
        if !old.is_empty() {
            let _ = write!(text, "\n:ledger ({})", old.join(" "));
        }
        text
    }

    /// A name where only a symbol can stand.
    fn symbol(&mut self, name: &str) -> String {
        if !is_symbol(name) {
            self.gaps
                .add(format!("the name {name:?}, which is no symbol"));
        }
        name.to_owned()
    }

    /// The name of something that the project binds: with `folder` before it
    /// where something else has that name.
    fn bound(&self, folder: &str, name: &str) -> String {
        let mut steps = self.names.steps.keys();
        let is_taken = self.names.inputs.contains_key(name) || steps.any(|id| leaf(id) == name);
        match is_taken || !is_symbol(name) {
            true => format!("{folder}.{name}"),
            false => name.to_owned(),
        }
    }

    /// A constant where a default stands: enum members are bare there.
    fn literal(&mut self, value: &Value, ty: &Type) -> String {
        match (value, ty) {
            (Value::String(word), Type::Enum { .. }) => word.clone(),
            (Value::String(path), Type::Path { .. }) => string(path),
            _ => self.expr(&Expr::lit(value.clone()), Some(ty)),
        }
    }

    fn expr(&mut self, expr: &Expr, want: Option<&Type>) -> String {
        self.writer().expr(expr, want)
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
            None => "none".to_owned(),
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
                && leaf(&step.id) == "if"
                && !self.is_special(step)
            {
                text = wrapped(&mut bindings, text);
                let cond = self.writer().cond(cond);
                let body = self.block(program, then, None);
                let about = self.about(step);
                text = format!("(do\n{about}(when {cond}\n{body})\n{text})");
            } else {
                let made = self.step(program, step);
                let about = self.about(step);
                bindings.push(format!("{about}({} {made})", leaf(&step.id)));
            }
            self.gaps.step = outer;
        }
        wrapped(&mut bindings, text)
    }

    /// The comments before a step, as lines.
    fn about(&self, step: &Step) -> String {
        let lines = self.comments.step(&self.gaps.workflow, &step.id, ";");
        match lines.is_empty() {
            true => String::new(),
            false => format!("\n{}\n", lines.join("\n")),
        }
    }

    fn writer(&mut self) -> Writer<'_> {
        Writer {
            names: &self.names,
            types: &mut self.types,
            gaps: &mut self.gaps,
            probes: Vec::new(),
        }
    }

    /// Is more said of the step than what it does? Then it is an `as-step`. So
    /// is a choice that has a name and gives nothing, and a value that is kept.
    fn is_special(&self, step: &Step) -> bool {
        let is_statement = match &step.op {
            Op::If { .. } | Op::Match { .. } => is_nothing(&step.result),
            Op::Compute { .. } => true,
            _ => false,
        };
        is_statement
            || step.when.is_some()
            || step.max_visits.is_some()
            || !step.consumes.is_empty()
            || step.consume_bundle.is_some()
            || !step.publishes.is_empty()
    }

    fn step(&mut self, program: &Program, step: &Step) -> String {
        self.gaps.refuse(&[
            (
                step.requires.is_some(),
                "`requires_variant`: in Lisp `match` proves variants",
            ),
            (
                !step.on.is_empty(),
                "`goto`: in Lisp steps come one after the other",
            ),
        ]);
        let work = self.work(program, step);
        if !self.is_special(step) {
            return work;
        }
        let mut text = format!("(as-step\n{work}");
        if let Some(when) = &step.when {
            let _ = write!(text, "\n:when {}", self.writer().cond(when));
        }
        if let Some(limit) = step.max_visits {
            let _ = write!(text, "\n:max-visits {limit}");
        }
        let mut consumes = Vec::new();
        for consume in &step.consumes {
            let mut rest = String::new();
            if !consume.producers.is_empty() {
                let steps = consume.producers.iter().map(leaf);
                let _ = write!(rest, " :from ({})", steps.collect::<Vec<_>>().join(" "));
            }
            if consume.fresh {
                rest.push_str(" :fresh true");
            }
            let name = self.symbol(&consume.artifact);
            consumes.push(match rest.is_empty() {
                true => name,
                false => format!("({name}{rest})"),
            });
        }
        if !consumes.is_empty() {
            let _ = write!(text, "\n:consumes ({})", consumes.join(" "));
        }
        if let Some(bundle) = &step.consume_bundle {
            let path = self.expr(&bundle.path, Some(&Type::String));
            let _ = match &bundle.include {
                None => write!(text, "\n:consume-bundle ({path})"),
                Some(names) => write!(
                    text,
                    "\n:consume-bundle ({path} :include ({}))",
                    names.join(" ")
                ),
            };
        }
        if !step.publishes.is_empty() {
            let all = step.publishes.iter();
            let all = all.map(|each| format!("({} {})", each.artifact, each.from));
            let all: Vec<String> = all.collect();
            let _ = write!(text, "\n:publishes ({})", all.join(" "));
        }
        text.push(')');
        text
    }

    /// What a step does.
    fn work(&mut self, program: &Program, step: &Step) -> String {
        // What gives nothing in YAML gives `none`.
        let want = Some(&step.result).filter(|ty| !is_nothing(ty));
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
                let then = self.block(program, then, want);
                let otherwise = match otherwise {
                    Some(block) => self.block(program, block, want),
                    None => "none".to_owned(),
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
                    let body = self.block(program, &case.block, want);
                    let _ = write!(text, "\n({}\n{body})", case.tag);
                }
                if let Some(block) = default {
                    let body = self.block(program, block, want);
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
            Op::Compute { value } => self.expr(value, Some(&step.result)),
            Op::Materialize { values } => self.materialize(values),
            Op::Each(each) => self.each(program, step, each),
            Op::Select(_) => {
                self.gaps
                    .add("`select_variant_output`: in Lisp who writes a union says its variant");
                "none".to_owned()
            }
        }
    }

    fn materialize(&mut self, values: &[Materialized]) -> String {
        let mut text = "(materialize".to_owned();
        for each in values {
            let ty = self.types.written(&each.ty, &each.name, &mut self.gaps);
            let value = match &each.source {
                MaterialSource::Value(value) => self.expr(value, Some(&each.ty)),
                MaterialSource::NowNs => "(time/now-ns)".to_owned(),
            };
            let name = self.symbol(&each.name);
            let _ = write!(text, "\n({name} {ty} {value}");
            if let Some(path) = &each.pointer {
                let _ = write!(text, " :pointer {}", self.expr(path, Some(&Type::String)));
            }
            if each.ensure_parent {
                text.push_str(" :ensure-parent true");
            }
            if each.content.is_some() {
                self.gaps.add("a view");
            }
            text.push(')');
        }
        text.push(')');
        text
    }

    /// A loop over a list in which a step that fails lets the others run.
    fn each(&mut self, program: &Program, step: &Step, each: &Each) -> String {
        let (items, item) = self.writer().items(&each.items);
        let name = match self.names.items.len() {
            0 => "item".to_owned(),
            count => format!("item{}", count + 1),
        };
        let known = self
            .names
            .items
            .insert(step.id.clone(), (name.clone(), item));
        self.names.rounds.push(step.id.clone());
        let body = self.steps(program, &each.body.steps, "none".to_owned());
        self.names.rounds.pop();
        match known {
            Some(known) => self.names.items.insert(step.id.clone(), known),
            None => self.names.items.remove(&step.id),
        };
        format!("(for-each (({name} {items}))\n:on-failure continue\n{body})")
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
        self.names.rounds.push(step.id.clone());
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
        self.names.rounds.pop();
        format!("(loop/until\n:max {max}\n:until (fn (last) {until}){exhausted}\n{body})")
    }
}

/// Is it the type of what gives nothing?
fn is_nothing(ty: &Type) -> bool {
    matches!(ty, Type::Record { fields } if fields.is_empty())
}

/// A key: a symbol if it can be one, else a text.
fn word(text: &str) -> String {
    match is_symbol(text) {
        true => text.to_owned(),
        false => string(text),
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
