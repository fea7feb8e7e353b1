//! Well-formedness of programs and plans. Runs after every pass in debug
//! builds, and before a plan that came from outside is run.

use std::collections::HashSet;

use crate::{
    Block, Cond, Contract, Each, Exec, Expr, Op, Plan, Program, Step, StepId, Target, Type,
    Workflow,
};

/// A broken rule of the IR: a bug of whoever made it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("workflow `{workflow}`, step `{step}`: {rule}")]
pub struct VerifyError {
    /// The workflow.
    pub workflow: String,
    /// The step, or the empty id.
    pub step: String,
    /// What is wrong.
    pub rule: String,
}

/// Checks that names resolve, ids are unique, edges stay in their region and
/// expressions read only what they may.
pub fn verify(program: &Program) -> Result<(), Vec<VerifyError>> {
    let mut errors = Vec::new();
    if !program.workflows.contains_key(&program.entry) {
        errors.push(VerifyError {
            workflow: program.entry.clone(),
            step: String::new(),
            rule: "the entry workflow does not exist".to_owned(),
        });
    }
    for (name, workflow) in &program.workflows {
        let mut checker = Checker {
            program,
            workflow,
            name,
            ids: HashSet::new(),
            loops: Vec::new(),
            lists: Vec::new(),
            step: String::new(),
            errors: &mut errors,
        };
        checker.collect(&workflow.body);
        if let Some(finally) = &workflow.finally {
            checker.collect(&finally.block);
        }
        checker.block(&workflow.body, true);
        if let Some(finally) = &workflow.finally {
            checker.block(&finally.block, false);
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

struct Checker<'a> {
    program: &'a Program,
    workflow: &'a Workflow,
    name: &'a str,
    ids: HashSet<&'a StepId>,
    loops: Vec<&'a StepId>,
    /// Those of them that go over a list.
    lists: Vec<&'a StepId>,
    step: String,
    errors: &'a mut Vec<VerifyError>,
}

impl<'a> Checker<'a> {
    fn fail(&mut self, rule: String) {
        self.errors.push(VerifyError {
            workflow: self.name.to_owned(),
            step: self.step.clone(),
            rule,
        });
    }

    fn collect(&mut self, block: &'a Block) {
        for step in &block.steps {
            if !self.ids.insert(&step.id) {
                self.step = step.id.to_string();
                self.fail("the id is not unique".to_owned());
            }
            blocks_of(step).for_each(|inner| self.collect(inner));
        }
    }

    fn block(&mut self, block: &'a Block, outermost: bool) {
        let here: HashSet<&StepId> = block.steps.iter().map(|s| &s.id).collect();
        for step in &block.steps {
            self.step = step.id.to_string();
            for target in step.on.targets() {
                match target {
                    Target::Step(id) if !here.contains(id) => {
                        self.fail(format!(
                            "an edge leads to `{id}`, which is not in its region"
                        ));
                    }
                    _ if !outermost => self.fail("an edge in a nested region".to_owned()),
                    _ => {}
                }
            }
            self.step_op(step);
        }
        if let Some(value) = &block.result {
            self.expr(value, false, 0);
        }
    }

    fn provider(&mut self, name: &str) {
        if !self.workflow.providers.contains_key(name) {
            self.fail(format!("unknown provider `{name}`"));
        }
    }

    fn step_op(&mut self, step: &'a Step) {
        if let Some(cond) = &step.when {
            self.cond(cond, false);
        }
        for artifact in step.consumes.iter().map(|c| &c.artifact) {
            self.artifact(artifact);
        }
        if let Some(bundle) = &step.consume_bundle {
            self.expr(&bundle.path, false, 0);
            for name in bundle.include.iter().flatten() {
                if !step.consumes.iter().any(|c| c.artifact == *name) {
                    self.fail(format!("shows `{name}`, which it does not consume"));
                }
            }
        }
        for artifact in step.publishes.iter().map(|p| &p.artifact) {
            self.artifact(artifact);
        }
        if let Some(requires) = &step.requires {
            self.expr(&requires.subject, false, 0);
        }
        match &step.op {
            Op::Process(process) => {
                match &process.exec {
                    Exec::Provider {
                        provider: Expr::Lit { value },
                        ..
                    } => self.provider(&crate::to_text(value)),
                    Exec::Adjudicated(each) => {
                        let candidates = each.candidates.iter().map(|each| &each.provider);
                        for name in candidates.chain([&each.evaluator.provider]) {
                            self.provider(name);
                        }
                    }
                    Exec::Provider { .. } | Exec::Command { .. } => {}
                }
                process.exprs(&mut |e| self.expr(e, false, 0));
            }
            Op::Compute { value } => self.expr(value, false, 0),
            Op::Materialize { values } => {
                for each in values {
                    each.value()
                        .into_iter()
                        .for_each(|e| self.expr(e, false, 0));
                    each.pointer.iter().for_each(|e| self.expr(e, false, 0));
                    each.content.iter().for_each(|e| self.expr(e, false, 0));
                    let is_path = matches!(each.ty, Type::Path { .. });
                    let of_path =
                        each.pointer.is_some() || each.ensure_parent || each.content.is_some();
                    if !is_path && of_path {
                        self.fail(format!(
                            "`{}` is no path and has a pointer or a text",
                            each.name
                        ));
                    }
                }
            }
            Op::Select(select) => {
                self.expr(&select.evidence, false, 0);
                self.contract(&select.contract);
                match &select.contract {
                    Contract::Variant { path: Some(_), .. } => {}
                    _ => self.fail("selects no variant, or writes it nowhere".to_owned()),
                }
            }
            Op::Assert { cond } => self.cond(cond, false),
            Op::Call { workflow, args } => {
                args.values().for_each(|e| self.expr(e, false, 0));
                match self.program.workflows.get(workflow) {
                    None => self.fail(format!("unknown workflow `{workflow}`")),
                    Some(callee) => {
                        for name in args.keys() {
                            if !callee.inputs.iter().any(|p| p.name == *name) {
                                self.fail(format!("`{workflow}` has no input `{name}`"));
                            }
                        }
                    }
                }
            }
            Op::If {
                cond,
                then,
                otherwise,
            } => {
                self.cond(cond, false);
                self.block(then, false);
                if let Some(otherwise) = otherwise {
                    self.block(otherwise, false);
                }
            }
            Op::Match {
                subject,
                cases,
                default,
            } => {
                self.expr(subject, false, 0);
                cases.iter().for_each(|case| self.block(&case.block, false));
                if let Some(default) = default {
                    self.block(default, false);
                }
            }
            Op::Loop(each) => {
                self.expr(&each.max, false, 0);
                each.state.iter().for_each(|e| self.expr(e, false, 0));
                self.loops.push(&step.id);
                self.block(&each.body, false);
                self.step = step.id.to_string();
                self.cond(&each.until, true);
                each.next.iter().for_each(|e| self.expr(e, true, 0));
                self.expr(&each.value, true, 0);
                each.exhausted.iter().for_each(|e| self.expr(e, true, 0));
                self.loops.pop();
            }
            Op::Each(each) => self.each(step, each),
            Op::Wait(wait) => self.expr(&wait.glob, false, 0),
        }
    }

    fn contract(&mut self, contract: &'a Contract) {
        match contract {
            Contract::Files { files } => files.iter().for_each(|f| self.expr(&f.path, false, 0)),
            Contract::Bundle { path, .. } | Contract::Variant { path, .. } => {
                path.iter().for_each(|e| self.expr(e, false, 0));
            }
        }
    }

    /// A region that is run for each of some items.
    fn each(&mut self, step: &'a Step, each: &'a Each) {
        self.expr(&each.items, false, 0);
        self.loops.push(&step.id);
        self.lists.push(&step.id);
        self.block(&each.body, false);
        self.step = step.id.to_string();
        if each.body.result.is_some() {
            self.fail("the body of a loop over a list has a value".to_owned());
        }
        self.lists.pop();
        self.loops.pop();
    }

    fn artifact(&mut self, name: &str) {
        if !self.workflow.artifacts.contains_key(name) {
            self.fail(format!("unknown artifact `{name}`"));
        }
    }

    fn cond(&mut self, cond: &'a Cond, out: bool) {
        cond.probes.iter().for_each(|e| self.expr(e, out, 0));
        self.expr(&cond.test, out, cond.probes.len());
    }

    fn expr(&mut self, expr: &'a Expr, out: bool, probes: usize) {
        let mut broken = Vec::new();
        if let Some(name) = expr.free_local() {
            broken.push(format!("reads `{name}`, which has no meaning there"));
        }
        expr.walk(&mut |e| match e {
            Expr::Step { step, .. } if !self.ids.contains(step) => {
                broken.push(format!("reads unknown step `{step}`"));
            }
            Expr::Input { name } if !self.workflow.inputs.iter().any(|p| p.name == *name) => {
                broken.push(format!("reads unknown input `{name}`"));
            }
            Expr::LoopState { step } | Expr::LoopIndex { step } | Expr::LoopTotal { step }
                if !self.loops.contains(&step) =>
            {
                broken.push(format!("reads loop `{step}` from outside"));
            }
            Expr::Item { step } if !self.lists.contains(&step) => {
                broken.push(format!("reads an item of `{step}` from outside"));
            }
            Expr::Out if !out => broken.push("reads `out` outside a loop's tests".to_owned()),
            Expr::Probe { index } if *index >= probes => {
                broken.push(format!("reads probe {index} of {probes}"));
            }
            Expr::Artifact { name } if !self.workflow.artifacts.contains_key(name) => {
                broken.push(format!("reads unknown artifact `{name}`"));
            }
            _ => {}
        });
        broken.into_iter().for_each(|rule| self.fail(rule));
    }
}

fn blocks_of(step: &Step) -> impl Iterator<Item = &Block> {
    let blocks: Vec<&Block> = match &step.op {
        Op::If {
            then, otherwise, ..
        } => std::iter::once(then).chain(otherwise).collect(),
        Op::Match { cases, default, .. } => cases.iter().map(|c| &c.block).chain(default).collect(),
        Op::Loop(each) => vec![&each.body],
        Op::Each(each) => vec![&each.body],
        _ => Vec::new(),
    };
    blocks.into_iter()
}

/// Checks that every index of a plan lies in its table and that every region
/// is owned once: what the machine relies on.
pub fn verify_plan(plan: &Plan) -> Result<(), Vec<VerifyError>> {
    let mut errors = Vec::new();
    let mut fail = |workflow: &str, step: &str, rule: &str| {
        errors.push(VerifyError {
            workflow: workflow.to_owned(),
            step: step.to_owned(),
            rule: rule.to_owned(),
        });
    };
    if plan.workflows.is_empty() {
        fail("", "", "the plan holds no workflow");
    }
    for workflow in &plan.workflows {
        let name = &workflow.name;
        let regions = workflow.regions.len();
        let mut owners = vec![0usize; regions];
        let mut own = |ix: crate::RegionIx| match owners.get_mut(ix.0 as usize) {
            Some(count) => {
                *count += 1;
                true
            }
            None => false,
        };
        let mut fine = own(workflow.body);
        if let Some((_, region)) = &workflow.finally {
            fine &= own(*region);
        }
        if !fine {
            fail(name, "", "a region index is out of range");
        }
        for node in &workflow.nodes {
            for region in node.op.regions() {
                if !own(region) {
                    fail(name, node.id.as_str(), "a region index is out of range");
                }
            }
            if let crate::NodeOp::Call { workflow, .. } = node.op
                && workflow as usize >= plan.workflows.len()
            {
                fail(name, node.id.as_str(), "a workflow index is out of range");
            }
            let jumps = [
                node.on_success,
                node.on_failure,
                node.on_always,
                node.on_invalid,
            ];
            if node.hidden && jumps.iter().any(Option::is_some) {
                // Moves between hidden steps are not counted, so nothing
                // would bound a cycle of them.
                fail(name, node.id.as_str(), "a hidden step has an edge");
            }
            for jump in jumps {
                if let Some(crate::Jump::Node(ix)) = jump {
                    let body = workflow.regions.get(workflow.body.0 as usize);
                    if !body.is_some_and(|body| body.nodes.contains(&ix)) {
                        fail(name, node.id.as_str(), "an edge leaves the body");
                    }
                }
            }
        }
        if owners.iter().any(|count| *count != 1) {
            fail(name, "", "a region has no owner, or several");
        }
        let mut placed = vec![0usize; workflow.nodes.len()];
        for ix in workflow.regions.iter().flat_map(|r| &r.nodes) {
            match placed.get_mut(ix.0 as usize) {
                Some(count) => *count += 1,
                None => fail(name, "", "a node index is out of range"),
            }
        }
        if placed.iter().any(|count| *count != 1) {
            fail(name, "", "a node is in no region, or in several");
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}
