//! The steps of a run as a tree: the plan says how they nest, the state says
//! what became of them.

use serde_json::{Map, Value};
use wfc_ir::{Exec, Expr, Node, NodeOp, Plan, PlanWorkflow, RegionIx};

use crate::report::error_info;
use crate::run::RunFiles;
use crate::{Group, GroupKind, StepInfo};

/// How deep regions and calls may nest before the rest is left out. Plans
/// made by the compiler stay far below.
pub(crate) const MAX_DEPTH: usize = 200;

/// How many iterations of one loop are listed.
const MAX_ITERATIONS: u64 = 10_000;

/// The steps of the run. `over` when nothing more will happen.
pub(crate) fn steps(files: &RunFiles, over: bool) -> Vec<StepInfo> {
    let Some(plan) = &files.plan else {
        return flat(files);
    };
    let Some(entry) = plan.entry() else {
        return Vec::new();
    };
    let builder = Builder { files, plan, over };
    let frame = FrameView {
        state: &files.state,
        workflow: entry,
        prefix: String::new(),
    };
    builder.frame(&frame, 0)
}

/// Without a plan: what the state lists, as it lists it.
fn flat(files: &RunFiles) -> Vec<StepInfo> {
    let steps = files.state.get("steps").and_then(Value::as_object);
    steps
        .into_iter()
        .flatten()
        .map(|(key, record)| {
            let mut step = blank(key, key, "step");
            step.take(record);
            step.logs = files.logs.of(key);
            step
        })
        .collect()
}

/// A step with its name and the call steps in front.
pub(crate) struct Found<'a> {
    pub(crate) name: String,
    pub(crate) step: &'a StepInfo,
}

/// The innermost step with `status` on the first way down that has it.
pub(crate) fn deepest<'a>(steps: &'a [StepInfo], status: &str) -> Option<Found<'a>> {
    let mut found: Option<Found<'a>> = None;
    let mut level: Vec<(String, &'a StepInfo)> =
        steps.iter().map(|step| (String::new(), step)).collect();
    while let Some((prefix, step)) = level.iter().rev().find(|(_, step)| step.status == status) {
        let (prefix, step) = (prefix.clone(), *step);
        level = step
            .groups
            .iter()
            .flat_map(|group| {
                let inner = match group.kind {
                    GroupKind::Call => format!("{prefix}{}.", step.key),
                    _ => prefix.clone(),
                };
                group.steps.iter().map(move |step| (inner.clone(), step))
            })
            .collect();
        found = Some(Found {
            name: format!("{prefix}{}", step.key),
            step,
        });
    }
    found
}

/// Calls `each` with every step, outer steps first.
pub(crate) fn visit<'a>(steps: &'a [StepInfo], each: &mut dyn FnMut(&'a StepInfo)) {
    let mut pending: Vec<&StepInfo> = steps.iter().rev().collect();
    while let Some(step) = pending.pop() {
        each(step);
        let inner = step.groups.iter().flat_map(|group| &group.steps);
        let at = pending.len();
        pending.extend(inner);
        pending[at..].reverse();
    }
}

/// One activation of a workflow.
struct FrameView<'a> {
    state: &'a Value,
    workflow: &'a PlanWorkflow,
    /// The call steps on the way, each with a final `.`.
    prefix: String,
}

impl FrameView<'_> {
    fn record(&self, key: &str) -> Option<&Value> {
        self.state.get("steps")?.get(key)
    }
}

struct Builder<'a> {
    files: &'a RunFiles,
    plan: &'a Plan,
    over: bool,
}

impl Builder<'_> {
    fn frame(&self, frame: &FrameView<'_>, depth: usize) -> Vec<StepInfo> {
        let mut steps = self.region(frame, frame.workflow.body, &mut Vec::new(), depth);
        if let Some((_, finally)) = &frame.workflow.finally {
            steps.extend(self.region(frame, *finally, &mut Vec::new(), depth));
        }
        steps
    }

    fn region(
        &self,
        frame: &FrameView<'_>,
        region: RegionIx,
        iterations: &mut Vec<u64>,
        depth: usize,
    ) -> Vec<StepInfo> {
        let mut steps = Vec::new();
        if depth > MAX_DEPTH {
            return steps;
        }
        for ix in &frame.workflow.region(region).nodes {
            let node = frame.workflow.node(*ix);
            let step = self.step(frame, node, iterations, depth);
            if node.hidden {
                // It has no record; what it holds stands in its place.
                steps.extend(step.groups.into_iter().flat_map(|group| group.steps));
            } else {
                steps.push(step);
            }
        }
        steps
    }

    fn step(
        &self,
        frame: &FrameView<'_>,
        node: &Node,
        iterations: &mut Vec<u64>,
        depth: usize,
    ) -> StepInfo {
        let key = fill(&node.key, iterations);
        let name = format!("{}{key}", frame.prefix);
        let mut step = blank(&node.name, &key, node.op.keyword());
        step.step_id = fill(&node.step_id, iterations);
        step.place = node
            .place
            .as_ref()
            .map(|place| format!("{}:{}", place.file, place.line));
        step.detail = target(self.plan, &node.op);
        let record = frame.record(&key);
        if let Some(record) = record {
            step.take(record);
        }
        step.logs = self.files.logs.of(&name);
        if let Some(times) = self.files.journal.times.get(&name) {
            step.started_at.clone_from(&times.began);
            step.ended_at.clone_from(&times.ended);
            step.attempts = Some(times.attempts).filter(|attempts| *attempts > 0);
        }
        step.groups = self.groups(frame, node, &step, iterations, depth);
        if step.duration_ms == 0 {
            let inner = step.groups.iter().flat_map(|group| &group.steps);
            step.duration_ms = inner.map(|inner| inner.duration_ms).sum();
        }
        if record.is_none() {
            let groups = &step.groups;
            let inner = || groups.iter().flat_map(|group| &group.steps);
            let has = |status: &str| inner().any(|inner| inner.status == status);
            let begun = self.files.journal.unfinished.as_ref() == Some(&name);
            // Committed after the state was last written.
            let committed = self.files.journal.times.get(&name).and_then(|times| {
                step.duration_ms = times.duration_ms;
                step.exit_code = times.exit_code;
                times.exit_code
            });
            let status = if let Some(code) = committed {
                if code == 0 { "completed" } else { "failed" }
            } else if self.over && has("failed") {
                "failed"
            } else if begun || has("running") || (!self.over && inner().any(settled)) {
                "running"
            } else if self.over && has("completed") {
                "completed"
            } else {
                "pending"
            };
            status.clone_into(&mut step.status);
        }
        step
    }

    fn groups(
        &self,
        frame: &FrameView<'_>,
        node: &Node,
        step: &StepInfo,
        iterations: &mut Vec<u64>,
        depth: usize,
    ) -> Vec<Group> {
        match &node.op {
            NodeOp::If { .. } | NodeOp::Match { .. } => {
                let regions = node.op.regions();
                let taken = regions.into_iter().filter_map(|region| {
                    let shown = frame.workflow.region(region).shown.as_ref();
                    let marker =
                        shown.and_then(|shown| frame.record(&fill(&shown.key, iterations)));
                    if marker.is_some_and(|marker| marker["status"] == "skipped") {
                        return None;
                    }
                    let steps = self.region(frame, region, iterations, depth + 1);
                    let begun = marker.is_some() || steps.iter().any(settled);
                    begun.then(|| Group {
                        kind: GroupKind::Branch,
                        label: shown.map_or_else(String::new, |shown| shown.name.clone()),
                        steps,
                    })
                });
                taken.collect()
            }
            NodeOp::Loop(_) | NodeOp::Each(_) => (0..self.begun_iterations(frame, &step.key))
                .map(|iteration| {
                    iterations.push(iteration);
                    let bodies = node.op.regions().into_iter();
                    let steps = bodies
                        .flat_map(|body| self.region(frame, body, iterations, depth + 1))
                        .collect();
                    iterations.pop();
                    Group {
                        kind: GroupKind::Iteration,
                        label: iteration.to_string(),
                        steps,
                    }
                })
                .collect(),
            NodeOp::Call { workflow, .. } => {
                let callee = &self.plan.workflows[*workflow as usize];
                let frames = frame.state.get("call_frames").and_then(Value::as_object);
                frames
                    .into_iter()
                    .flatten()
                    .filter(|(_, entry)| entry["call_step_id"] == step.step_id.as_str())
                    .map(|(id, entry)| {
                        let inner = FrameView {
                            state: &entry["state"],
                            workflow: callee,
                            prefix: format!("{}{}.", frame.prefix, step.key),
                        };
                        Group {
                            kind: GroupKind::Call,
                            label: id.clone(),
                            steps: self.frame(&inner, depth + 1),
                        }
                    })
                    .collect()
            }
            NodeOp::Process(_)
            | NodeOp::Compute { .. }
            | NodeOp::Materialize { .. }
            | NodeOp::Select(_)
            | NodeOp::Wait(_)
            | NodeOp::Assert { .. } => Vec::new(),
        }
    }

    /// How many iterations of the loop `key` have begun: what the state counts,
    /// and what the journal knows already.
    fn begun_iterations(&self, frame: &FrameView<'_>, key: &str) -> u64 {
        let progress = |all: &str, completed: &str| {
            let progress = frame.state.get(all)?.get(key)?;
            let completed = progress[completed].as_array()?;
            completed.iter().filter_map(Value::as_u64).max()
        };
        let completed = progress("repeat_until", "completed_iterations")
            .max(progress("for_each", "completed_indices"));
        let prefix = format!("{}{key}[", frame.prefix);
        let iteration = |name: &str, prefix: &str| {
            let (number, _) = name.strip_prefix(prefix)?.split_once(']')?;
            number.parse::<u64>().ok()
        };
        let journal = self.files.journal.times.keys();
        let begun = journal.filter_map(|name| iteration(name, &prefix)).max();
        let own = format!("{key}[");
        let records = frame.state.get("steps").and_then(Value::as_object);
        let records = records.into_iter().flat_map(|records| records.keys());
        let recorded = records.filter_map(|key| iteration(key, &own)).max();
        let last = completed.max(begun).max(recorded);
        last.map_or(0, |last| last.saturating_add(1).min(MAX_ITERATIONS))
    }
}

/// What a step runs, for people: the provider, the program or the workflow;
/// nothing when that is only known when it runs.
pub fn target(plan: &Plan, op: &NodeOp) -> Option<String> {
    let literal = |expr: &Expr| match expr {
        Expr::Lit { value } => Some(wfc_ir::to_text(value)),
        _ => None,
    };
    match op {
        NodeOp::Process(process) => match &process.exec {
            Exec::Command { argv, .. } => literal(argv.first()?),
            Exec::Provider { provider, .. } => literal(provider),
            Exec::Adjudicated(each) => {
                let mut names = each.candidates.iter().map(|each| each.provider.as_str());
                let first = names.next()?.to_owned();
                Some(names.fold(first, |all, name| format!("{all}, {name}")))
            }
        },
        NodeOp::Wait(wait) => literal(&wait.glob),
        NodeOp::Call { workflow, .. } => {
            let callee = plan.workflows.get(*workflow as usize)?;
            Some(callee.name.clone())
        }
        _ => None,
    }
}

impl StepInfo {
    /// Fills in what a record of `state.json` says.
    fn take(&mut self, record: &Value) {
        // A loop over a list is the list of its iterations.
        if record.is_array() {
            "completed".clone_into(&mut self.status);
            return;
        }
        let status = record["status"].as_str().unwrap_or("pending");
        status.clone_into(&mut self.status);
        if let Some(id) = record["step_id"].as_str() {
            id.clone_into(&mut self.step_id);
        }
        self.duration_ms = record["duration_ms"].as_u64().unwrap_or(0);
        self.exit_code = record["exit_code"].as_i64();
        self.visits = record["visit_count"].as_u64();
        self.error = error_info(&record["error"]);
        let debug = &record["debug"];
        let list = |key: &str| debug[key].as_array().into_iter().flatten();
        let warnings = list("warnings").filter_map(Value::as_str);
        self.warnings = warnings.map(str::to_owned).collect();
        self.outputs = debug["outputs"].as_object().cloned().unwrap_or_default();
        self.earlier_attempts = list("earlier_attempts").cloned().collect();
        self.artifacts = record["artifacts"].as_object().cloned().unwrap_or_default();
    }
}

fn blank(name: &str, key: &str, kind: &'static str) -> StepInfo {
    StepInfo {
        name: name.to_owned(),
        key: key.to_owned(),
        step_id: String::new(),
        kind,
        status: "pending".to_owned(),
        detail: None,
        place: None,
        duration_ms: 0,
        exit_code: None,
        visits: None,
        attempts: None,
        started_at: None,
        ended_at: None,
        error: None,
        warnings: Vec::new(),
        outputs: Map::new(),
        earlier_attempts: Vec::new(),
        artifacts: Map::new(),
        logs: Vec::new(),
        groups: Vec::new(),
    }
}

fn settled(step: &StepInfo) -> bool {
    !matches!(step.status.as_str(), "pending" | "skipped")
}

/// Replaces `{0}`, `{1}`, ... by the iterations of the enclosing loops.
fn fill(pattern: &str, iterations: &[u64]) -> String {
    let mut name = pattern.to_owned();
    for (depth, iteration) in iterations.iter().enumerate() {
        name = name.replace(&format!("{{{depth}}}"), &iteration.to_string());
    }
    name
}
