//! Programs and plans as text for people: one step a block, regions indented,
//! expressions in infix, defaults left out. Not a format: nothing reads it
//! back, and it may change between versions.

pub(crate) mod agents;
mod expr;
pub(crate) mod process;

use std::fmt::{Display, Write};

use indexmap::IndexMap;

use crate::effect::effect_row;
use crate::{
    Artifact, Block, Cond, Consume, ConsumeBundle, Expr, InputMode, Jump, Ledger, Materialized,
    Node, NodeOp, Op, Param, Plan, PlanWorkflow, Program, Provider, Publish, RegionIx, Step,
    Target, Type, Wait, Workflow,
};

/// `program` as indented text. Notes are left out: equal programs print
/// equally whatever their source.
pub fn print_program(program: &Program) -> String {
    let mut page = Page::default();
    let head = &program.schema;
    page.line(format_args!(
        "{} {}.{}",
        head.schema, head.major, head.minor
    ));
    page.line(format_args!("entry {}", program.entry));
    for (name, workflow) in &program.workflows {
        page.gap();
        print_workflow(&mut page, name, workflow);
    }
    page.out
}

/// `plan` as indented text: its tables, joined where they refer to each other,
/// with the names and places that a run shows.
pub fn print_plan(plan: &Plan) -> String {
    let mut page = Page::default();
    let head = &plan.schema;
    page.line(format_args!(
        "{} {}.{}",
        head.schema, head.major, head.minor
    ));
    page.line(format_args!("core {}", plan.core_hash));
    for (index, workflow) in plan.workflows.iter().enumerate() {
        page.gap();
        print_plan_workflow(&mut page, index, workflow, plan);
    }
    page.out
}

/// From how many bytes on a record is broken into lines.
const WIDE: usize = 80;

/// Text in the making, and how far it is indented.
#[derive(Default)]
struct Page {
    out: String,
    depth: usize,
}

impl Page {
    fn line(&mut self, text: impl Display) {
        let width = self.depth * 2;
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{:width$}{text}", "");
    }

    fn gap(&mut self) {
        self.out.push('\n');
    }

    fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// `title value`; a long record with a line for each field.
    fn value(&mut self, title: &str, value: &Expr) {
        let line = value.to_string();
        match value {
            Expr::Record { fields } if line.len() > WIDE => {
                self.line(title);
                self.inside(|page| {
                    for (name, field) in fields {
                        page.line(format_args!("{name}: {field}"));
                    }
                });
            }
            _ => self.line(format_args!("{title} {line}")),
        }
    }

    /// `title value`, when there is a value.
    fn option(&mut self, title: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(format_args!("{title} {value}"));
        }
    }
}

fn print_workflow(page: &mut Page, name: &str, workflow: &Workflow) {
    print_signature(page, name, &workflow.inputs, &workflow.result);
    page.inside(|page| {
        let row = effect_row(workflow);
        if !row.is_empty() {
            let row: Vec<String> = row.iter().map(ToString::to_string).collect();
            page.line(format_args!("effects {}", row.join(", ")));
        }
        print_rules(
            page,
            workflow.strict,
            workflow.max_transitions,
            workflow.ledger,
        );
        print_owned(
            page,
            &workflow.context,
            &workflow.providers,
            &workflow.artifacts,
        );
        page.line("body");
        page.inside(|page| print_block(page, &workflow.body));
        if let Some(finally) = &workflow.finally {
            page.line(format_args!("finally {}", finally.name));
            page.inside(|page| print_block(page, &finally.block));
        }
    });
}

fn print_signature(page: &mut Page, name: &str, inputs: &[Param], result: &Type) {
    let inputs: Vec<String> = inputs.iter().map(param).collect();
    page.line(format_args!(
        "workflow {name}({}) -> {result}",
        inputs.join(", ")
    ));
}

/// `name: Type = default`, with `?` behind the name of an input that may be
/// left out.
pub(crate) fn param(param: &Param) -> String {
    let mark = if param.required { "" } else { "?" };
    let default = match &param.default {
        Some(value) => format!(" = {value}"),
        None => String::new(),
    };
    format!("{}{mark}: {}{default}", param.name, param.ty)
}

fn print_rules(page: &mut Page, strict: bool, max_transitions: Option<u64>, ledger: Ledger) {
    if !strict {
        page.line("failures continue");
    }
    page.option("max_transitions", max_transitions);
    let rules = [
        (ledger.by_name, "by name"),
        (ledger.global_freshness, "freshness for all consumers"),
        (
            ledger.consume_writes_pointer,
            "consuming writes the pointer",
        ),
    ];
    for (_, rule) in rules.iter().filter(|(set, _)| *set) {
        page.line(format_args!("ledger {rule}"));
    }
}

/// What a workflow owns, whether of a program or of a plan.
fn print_owned(
    page: &mut Page,
    context: &IndexMap<String, String>,
    providers: &IndexMap<String, Provider>,
    artifacts: &IndexMap<String, Artifact>,
) {
    for (key, value) in context {
        page.line(format_args!("context {key} = {value:?}"));
    }
    for (name, provider) in providers {
        print_provider(page, name, provider);
    }
    for (name, artifact) in artifacts {
        print_artifact(page, name, artifact);
    }
}

fn print_provider(page: &mut Page, name: &str, provider: &Provider) {
    page.line(format_args!("provider {}", self::provider(name, provider)));
}

/// `name stdin: words of the command {defaults}`.
pub(crate) fn provider(name: &str, provider: &Provider) -> String {
    let input = match provider.input {
        InputMode::Argv => "",
        InputMode::Stdin => " stdin",
    };
    let command: Vec<String> = provider
        .command
        .iter()
        .map(|word| format!("{word:?}"))
        .collect();
    let defaults = pairs(" with ", &provider.defaults);
    let output = match provider.output.is_plain() {
        true => String::new(),
        false => format!(" writes {}", provider.output.word()),
    };
    let session = provider.session.as_ref();
    let session = session.map_or(String::new(), |each| format!(" {}", agents::support(each)));
    let command = command.join(" ");
    let timeout = provider
        .timeout_sec
        .map(|seconds| format!("timeout {seconds} s"));
    let limits = timeout.into_iter().chain(process::limits(provider.limits));
    let limits: String = limits.map(|limit| format!(", {limit}")).collect();
    format!("{name}{input}: {command}{defaults}{output}{session}{limits}")
}

fn print_artifact(page: &mut Page, name: &str, artifact: &Artifact) {
    page.line(format_args!("artifact {}", self::artifact(name, artifact)));
}

/// `name: Type`, and where its pointer file is.
pub(crate) fn artifact(name: &str, artifact: &Artifact) -> String {
    match &artifact.pointer {
        Some(pointer) => format!("{name}: {} pointer {pointer}", artifact.ty),
        None => format!("{name}: {}", artifact.ty),
    }
}

/// `lead` and then `a: x, b: y`; nothing when there is no pair.
pub(crate) fn pairs(lead: &str, all: &indexmap::IndexMap<String, Expr>) -> String {
    let shown: Vec<String> = all
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!("{lead}{}", shown.join(", "))
    }
}

fn print_block(page: &mut Page, block: &Block) {
    for step in &block.steps {
        print_step(page, step);
    }
    if let Some(result) = &block.result {
        page.value("result", result);
    }
}

fn print_step(page: &mut Page, step: &Step) {
    page.line(format_args!(
        "{} {}: {}",
        step.op.keyword(),
        step.id,
        step.result
    ));
    page.inside(|page| {
        print_guard(page, step.when.as_ref(), step.max_visits, &step.consumes);
        page.option(
            "consumed in",
            step.consume_bundle.as_ref().map(consume_bundle),
        );
        page.option("requires", step.requires.as_ref().map(process::requires));
        print_op(page, &step.op);
        print_publishes(page, &step.publishes);
        page.option("on success", step.on.success.as_ref().map(target));
        page.option("on failure", step.on.failure.as_ref().map(target));
        page.option("on always", step.on.always.as_ref().map(target));
        page.option("on invalid", step.on.invalid.as_ref().map(target));
    });
}

fn print_guard(page: &mut Page, when: Option<&Cond>, visits: Option<u64>, consumes: &[Consume]) {
    page.option("when", when);
    page.option("max_visits", visits);
    for each in consumes {
        page.line(format_args!("consumes {}", consume(each)));
    }
}

/// `path: a, b`.
pub(crate) fn consume_bundle(bundle: &ConsumeBundle) -> String {
    match &bundle.include {
        Some(names) => format!("{}: {}", bundle.path, names.join(", ")),
        None => bundle.path.to_string(),
    }
}

/// `artifact fresh from a, b`.
pub(crate) fn consume(consume: &Consume) -> String {
    let fresh = if consume.fresh { " fresh" } else { "" };
    let from: Vec<&str> = consume.producers.iter().map(|id| id.as_str()).collect();
    let from = if from.is_empty() {
        String::new()
    } else {
        format!(" from {}", from.join(", "))
    };
    format!("{}{fresh}{from}", consume.artifact)
}

fn print_publishes(page: &mut Page, publishes: &[Publish]) {
    for each in publishes {
        page.line(format_args!(
            "publishes {} from {}",
            each.artifact, each.from
        ));
    }
}

/// Where an edge leads: an id, or `end`.
pub(crate) fn target(target: &Target) -> String {
    match target {
        Target::Step(id) => id.to_string(),
        Target::End => "end".to_owned(),
    }
}

fn print_materialized(page: &mut Page, values: &[Materialized]) {
    for (name, line) in process::materialized(values) {
        page.line(format_args!("{name}: {line}"));
    }
}

fn print_op(page: &mut Page, op: &Op) {
    match op {
        Op::Process(process) => process::print(page, process),
        Op::Compute { value } => page.value("value", value),
        Op::Materialize { values } => print_materialized(page, values),
        Op::Select(select) => process::print_select(page, select),
        Op::Assert { cond } => page.line(format_args!("that {cond}")),
        Op::Call { workflow, args } => {
            page.line(format_args!("workflow {workflow}{}", pairs(" with ", args)));
        }
        Op::If {
            cond,
            then,
            otherwise,
        } => {
            page.line(format_args!("then if {cond}"));
            page.inside(|page| print_block(page, then));
            if let Some(otherwise) = otherwise {
                page.line("else");
                page.inside(|page| print_block(page, otherwise));
            }
        }
        Op::Match {
            subject,
            cases,
            default,
        } => {
            page.line(format_args!("on {subject}"));
            for case in cases {
                page.line(format_args!("case {}", case.tag));
                page.inside(|page| print_block(page, &case.block));
            }
            if let Some(default) = default {
                page.line("default");
                page.inside(|page| print_block(page, default));
            }
        }
        Op::Loop(each) => {
            page.option("state", each.state.as_ref());
            page.line(format_args!("at most {}", each.max));
            page.line("each time");
            page.inside(|page| print_block(page, &each.body));
            page.line(format_args!("until {}", each.until));
            page.option("next", each.next.as_ref());
            page.value("value", &each.value);
            page.option("exhausted", each.exhausted.as_ref());
        }
        Op::Each(each) => {
            page.value("items", &each.items);
            page.line("for each");
            page.inside(|page| print_block(page, &each.body));
        }
        Op::Wait(wait) => print_wait(page, wait),
    }
}

fn print_wait(page: &mut Page, wait: &Wait) {
    page.line(format_args!(
        "for {} files of {}, {} s at most, a look each {} ms",
        wait.min_count, wait.glob, wait.timeout_sec, wait.poll_ms
    ));
}

fn print_plan_workflow(page: &mut Page, index: usize, workflow: &PlanWorkflow, plan: &Plan) {
    page.line(
        format_args!("w{index} {} {}", workflow.file, workflow.checksum)
            .to_string()
            .trim_end(),
    );
    print_signature(page, &workflow.name, &workflow.inputs, &workflow.result);
    page.inside(|page| {
        print_rules(
            page,
            workflow.strict,
            workflow.max_transitions,
            workflow.ledger,
        );
        print_owned(
            page,
            &workflow.context,
            &workflow.providers,
            &workflow.artifacts,
        );
        // A region that comes again, in a plan that is malformed, is named
        // and not entered.
        let mut seen = vec![false; workflow.regions.len()];
        print_region(page, "body", workflow.body, workflow, plan, &mut seen);
        if let Some((name, region)) = &workflow.finally {
            print_region(
                page,
                &format!("finally {name}"),
                *region,
                workflow,
                plan,
                &mut seen,
            );
        }
    });
}

fn print_region(
    page: &mut Page,
    title: &str,
    ix: RegionIx,
    workflow: &PlanWorkflow,
    plan: &Plan,
    seen: &mut [bool],
) {
    let place = ix.0 as usize;
    let (Some(region), Some(seen_here)) = (workflow.regions.get(place), seen.get_mut(place)) else {
        page.line(format_args!("{title} r{}, which does not exist", ix.0));
        return;
    };
    if std::mem::replace(seen_here, true) {
        page.line(format_args!("{title} r{}, again", ix.0));
        return;
    }
    let shown = match &region.shown {
        Some(shown) => format!(" as {} ({})", shown.key, shown.step_id),
        None => String::new(),
    };
    page.line(format_args!("{title} r{}{shown}", ix.0));
    page.inside(|page| {
        for node in &region.nodes {
            match workflow.nodes.get(node.0 as usize) {
                Some(found) => print_node(page, node.0, found, workflow, plan, seen),
                None => page.line(format_args!("n{}, which does not exist", node.0)),
            }
        }
        if let Some(value) = &region.value {
            page.value("result", value);
        }
    });
}

fn print_node(
    page: &mut Page,
    index: u32,
    node: &Node,
    workflow: &PlanWorkflow,
    plan: &Plan,
    seen: &mut [bool],
) {
    page.line(format_args!(
        "n{index} {} {}: {}",
        node.op.keyword(),
        node.id,
        node.result
    ));
    page.inside(|page| {
        if node.hidden {
            page.line("hidden");
        } else {
            page.line(format_args!("as {} ({})", node.key, node.step_id));
        }
        page.option(
            "at",
            node.place
                .as_ref()
                .map(|at| format!("{}:{}:{}", at.file, at.line, at.column)),
        );
        page.line(format_args!("replay {}", node.replay));
        print_guard(page, node.when.as_ref(), node.max_visits, &node.consumes);
        page.option(
            "consumed in",
            node.consume_bundle.as_ref().map(consume_bundle),
        );
        page.option("requires", node.requires.as_ref().map(process::requires));
        print_node_op(page, &node.op, workflow, plan, seen);
        print_publishes(page, &node.publishes);
        page.option("on success", node.on_success.map(jump));
        page.option("on failure", node.on_failure.map(jump));
        page.option("on always", node.on_always.map(jump));
        page.option("on invalid", node.on_invalid.map(jump));
    });
}

fn jump(jump: Jump) -> String {
    match jump {
        Jump::Node(ix) => format!("n{}", ix.0),
        Jump::End => "end".to_owned(),
    }
}

fn print_node_op(
    page: &mut Page,
    op: &NodeOp,
    workflow: &PlanWorkflow,
    plan: &Plan,
    seen: &mut [bool],
) {
    let mut region = |page: &mut Page, title: &str, ix: RegionIx| {
        print_region(page, title, ix, workflow, plan, seen);
    };
    match op {
        NodeOp::Process(process) => process::print(page, process),
        NodeOp::Compute { value } => page.value("value", value),
        NodeOp::Materialize { values } => print_materialized(page, values),
        NodeOp::Select(select) => process::print_select(page, select),
        NodeOp::Assert { cond } => page.line(format_args!("that {cond}")),
        NodeOp::Call { workflow, args } => {
            let name = plan
                .workflows
                .get(*workflow as usize)
                .map_or("which does not exist", |callee| callee.name.as_str());
            page.line(format_args!("w{workflow} {name}{}", pairs(" with ", args)));
        }
        NodeOp::If {
            cond,
            then,
            otherwise,
        } => {
            region(page, &format!("then if {cond}"), *then);
            if let Some(otherwise) = otherwise {
                region(page, "else", *otherwise);
            }
        }
        NodeOp::Match {
            subject,
            cases,
            default,
        } => {
            page.line(format_args!("on {subject}"));
            for (tag, ix) in cases {
                region(page, &format!("case {tag}"), *ix);
            }
            if let Some(default) = default {
                region(page, "default", *default);
            }
        }
        NodeOp::Loop(each) => {
            page.option("state", each.state.as_ref());
            page.line(format_args!("at most {}", each.max));
            region(page, &format!("each {}", each.body_name), each.body);
            page.line(format_args!("until {}", each.until));
            page.option("next", each.next.as_ref());
            page.value("value", &each.value);
            page.option("exhausted", each.exhausted.as_ref());
        }
        NodeOp::Each(each) => {
            page.value("items", &each.items);
            region(page, "for each", each.body);
        }
        NodeOp::Wait(wait) => print_wait(page, wait),
    }
}
