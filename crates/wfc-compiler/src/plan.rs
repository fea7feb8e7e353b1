//! From the program to the plan: regions become tables, names become indices,
//! and the presentation names and places of the notes are written next to the
//! steps they belong to.
//!
//! Total: a program that `wfc_ir::verify` refuses still gives a plan, in which
//! every name that leads nowhere is an index out of range, so that
//! `wfc_ir::verify_plan` refuses that plan in turn.

use std::collections::HashMap;

use wfc_ir::{
    Block, EachNode, Jump, LoopNode, Node, NodeIx, NodeOp, Notes, Op, Plan, PlanWorkflow, Program,
    Region, RegionIx, RegionName, ReplayClass, Schema, Shown, Step, StepId, Target, Workflow,
    effects_of,
};

/// The index that no table has: what stands for a name that leads nowhere.
const NOWHERE: u32 = u32::MAX;

/// The name of a loop body whose author gave none.
const LOOP_BODY: &str = "repeat_until";

/// The plan of `program`, with the entry workflow first and the others in the
/// order of the program. Equal programs give equal plans.
///
/// `core_hash` is the hash of the program as given; to pin the program before
/// the passes, use [`plan_optimised`].
pub fn plan(program: &Program) -> Plan {
    let mut names: Vec<&String> = program.workflows.keys().collect();
    names.sort_by_key(|name| **name != program.entry);
    let index: HashMap<&str, u32> = names
        .iter()
        .enumerate()
        .map(|(position, name)| (name.as_str(), table_index(position)))
        .collect();
    let no_notes = Notes::default();
    Plan {
        schema: Schema::plan(),
        core_hash: program.core_hash(),
        workflows: names
            .iter()
            .filter_map(|name| {
                let notes = program.notes.get(*name).unwrap_or(&no_notes);
                let workflow = program.workflows.get(*name)?;
                Some(plan_workflow(name, workflow, notes, &index))
            })
            .collect(),
    }
}

/// The plan of `program` after the passes of `level`, pinned to the hash of
/// the program before them. `report` gets a line for each change.
pub fn plan_optimised(program: Program, level: u8, report: &mut Vec<String>) -> Plan {
    let core_hash = program.core_hash();
    let program = crate::passes::optimise(program, level, report);
    Plan {
        core_hash,
        ..plan(&program)
    }
}

fn table_index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NOWHERE)
}

fn plan_workflow(
    name: &str,
    workflow: &Workflow,
    notes: &Notes,
    index: &HashMap<&str, u32>,
) -> PlanWorkflow {
    let mut tables = Tables {
        notes,
        index,
        regions: Vec::new(),
        nodes: Vec::new(),
    };
    let body = tables.region(&workflow.body, None, &Scope::body());
    tables.edges(&workflow.body, body);
    let finally = workflow.finally.as_ref().map(|finally| {
        let region = tables.region(&finally.block, None, &Scope::finally());
        (finally.name.clone(), region)
    });
    PlanWorkflow {
        name: name.to_owned(),
        file: notes.file.clone(),
        checksum: notes.checksum.clone(),
        processed_dir: notes.processed_dir.clone(),
        inputs: workflow.inputs.clone(),
        result: workflow.result.clone(),
        context: workflow.context.clone(),
        artifacts: workflow.artifacts.clone(),
        ledger: workflow.ledger,
        providers: workflow.providers.clone(),
        strict: workflow.strict,
        max_transitions: workflow.max_transitions,
        body,
        finally,
        regions: tables.regions,
        nodes: tables.nodes,
    }
}

/// What the steps of a region without notes are named after.
struct Scope {
    /// The id that the ids of the steps start with.
    id: Option<StepId>,
    /// In front of their keys.
    key: String,
    /// In front of their durable ids.
    step_id: String,
    /// How many loops enclose them.
    loops: usize,
}

impl Scope {
    fn body() -> Self {
        Scope {
            id: None,
            key: String::new(),
            step_id: "root.".to_owned(),
            loops: 0,
        }
    }

    fn finally() -> Self {
        Scope {
            key: "finally.".to_owned(),
            step_id: "root.finally.".to_owned(),
            ..Scope::body()
        }
    }

    /// The names of a step of this region that has no note.
    fn name(&self, id: &StepId) -> Shown {
        let own = self
            .id
            .as_ref()
            .and_then(|outer| id.as_str().strip_prefix(outer.as_str())?.strip_prefix('/'))
            .unwrap_or(id.as_str());
        let name = own.rsplit('/').next().unwrap_or(own).to_owned();
        let own = own.replace('/', ".");
        Shown {
            name,
            key: format!("{}{own}", self.key),
            step_id: format!("{}{own}", self.step_id),
            hidden: false,
        }
    }

    fn branch(&self, step: &StepId, tag: &str, owner: &Shown) -> Self {
        Scope {
            id: Some(step.branch(tag)),
            key: format!("{}.{tag}.", owner.key),
            step_id: format!("{}.{tag}.", owner.step_id),
            loops: self.loops,
        }
    }

    fn iteration(&self, step: &StepId, owner: &Shown) -> Self {
        let index = self.loops;
        Scope {
            id: Some(step.clone()),
            key: format!("{}[{{{index}}}].", owner.key),
            step_id: format!("{}#{{{index}}}.iteration.", owner.step_id),
            loops: index + 1,
        }
    }
}

struct Tables<'a> {
    notes: &'a Notes,
    index: &'a HashMap<&'a str, u32>,
    regions: Vec<Region>,
    nodes: Vec<Node>,
}

impl Tables<'_> {
    fn region(&mut self, block: &Block, shown: Option<RegionName>, scope: &Scope) -> RegionIx {
        let ix = RegionIx(table_index(self.regions.len()));
        let place = self.regions.len();
        self.regions.push(Region {
            nodes: Vec::new(),
            value: block.result.clone(),
            shown,
        });
        let nodes = block
            .steps
            .iter()
            .map(|step| self.node(step, scope))
            .collect();
        self.regions[place].nodes = nodes;
        ix
    }

    /// A branch of `step`; its names are those of the note, and none when the
    /// note, or the step itself, is hidden.
    fn branch(
        &mut self,
        block: &Block,
        step: &StepId,
        tag: &str,
        owner: &Shown,
        scope: &Scope,
    ) -> RegionIx {
        let shown = match self.notes.shown.get(&step.branch(tag)) {
            Some(shown) => (!shown.hidden).then(|| RegionName {
                name: shown.name.clone(),
                key: shown.key.clone(),
                step_id: shown.step_id.clone(),
            }),
            None => (!owner.hidden).then(|| RegionName {
                name: tag.to_owned(),
                key: format!("{}.{tag}", owner.key),
                step_id: format!("{}.{tag}", owner.step_id),
            }),
        };
        self.region(block, shown, &scope.branch(step, tag, owner))
    }

    /// The step, followed in the table by the steps inside it.
    fn node(&mut self, step: &Step, scope: &Scope) -> NodeIx {
        let ix = NodeIx(table_index(self.nodes.len()));
        let place = self.nodes.len();
        let shown = match self.notes.shown.get(&step.id) {
            Some(shown) => shown.clone(),
            None => scope.name(&step.id),
        };
        let replay = effects_of(&step.op)
            .into_iter()
            .map(|effect| effect.replay)
            .max()
            .unwrap_or(ReplayClass::Pure);
        self.nodes.push(Node {
            id: step.id.clone(),
            name: shown.name.clone(),
            key: shown.key.clone(),
            step_id: shown.step_id.clone(),
            hidden: shown.hidden,
            // Takes the place until the steps inside have theirs.
            op: NodeOp::Compute {
                value: wfc_ir::Expr::lit(wfc_ir::Value::Null),
            },
            result: step.result.clone(),
            replay,
            when: step.when.clone(),
            max_visits: step.max_visits,
            requires: step.requires.clone(),
            on_success: None,
            on_failure: None,
            on_always: None,
            on_invalid: None,
            consumes: step.consumes.clone(),
            consume_bundle: step.consume_bundle.clone(),
            publishes: step.publishes.clone(),
            place: self
                .notes
                .origins
                .get(&step.id)
                .map(|origin| origin.place.clone()),
        });
        self.nodes[place].op = self.op(step, &shown, scope);
        ix
    }

    fn op(&mut self, step: &Step, shown: &Shown, scope: &Scope) -> NodeOp {
        match &step.op {
            Op::Process(process) => NodeOp::Process(process.clone()),
            Op::Compute { value } => NodeOp::Compute {
                value: value.clone(),
            },
            Op::Materialize { values } => NodeOp::Materialize {
                values: values.clone(),
            },
            Op::Select(select) => NodeOp::Select(select.clone()),
            Op::Assert { cond } => NodeOp::Assert { cond: cond.clone() },
            Op::Call { workflow, args } => NodeOp::Call {
                workflow: self
                    .index
                    .get(workflow.as_str())
                    .copied()
                    .unwrap_or(NOWHERE),
                args: args.clone(),
            },
            Op::If {
                cond,
                then,
                otherwise,
            } => NodeOp::If {
                cond: cond.clone(),
                then: self.branch(then, &step.id, "then", shown, scope),
                otherwise: otherwise
                    .as_ref()
                    .map(|block| self.branch(block, &step.id, "else", shown, scope)),
            },
            Op::Match {
                subject,
                cases,
                default,
            } => NodeOp::Match {
                subject: subject.clone(),
                cases: cases
                    .iter()
                    .map(|case| {
                        let region = self.branch(&case.block, &step.id, &case.tag, shown, scope);
                        (case.tag.clone(), region)
                    })
                    .collect(),
                default: default
                    .as_ref()
                    .map(|block| self.branch(block, &step.id, "default", shown, scope)),
            },
            Op::Loop(each) => {
                let body = self.region(&each.body, None, &scope.iteration(&step.id, shown));
                let body_name = self
                    .notes
                    .shown
                    .get(&step.id.branch("body"))
                    .map_or(LOOP_BODY, |shown| shown.name.as_str())
                    .to_owned();
                NodeOp::Loop(Box::new(LoopNode {
                    state: each.state.clone(),
                    max: each.max.clone(),
                    body,
                    body_name,
                    until: each.until.clone(),
                    next: each.next.clone(),
                    value: each.value.clone(),
                    exhausted: each.exhausted.clone(),
                }))
            }
            Op::Each(each) => NodeOp::Each(Box::new(EachNode {
                items: each.items.clone(),
                body: self.region(&each.body, None, &scope.iteration(&step.id, shown)),
            })),
            Op::Wait(wait) => NodeOp::Wait(wait.clone()),
        }
    }

    /// Edges lead between the steps of the body, forwards and backwards, so
    /// they are drawn when all of them have an index.
    fn edges(&mut self, block: &Block, region: RegionIx) {
        let Some(nodes) = self.regions.get(region.0 as usize).map(|r| r.nodes.clone()) else {
            return;
        };
        let by_id: HashMap<&StepId, NodeIx> = block
            .steps
            .iter()
            .map(|step| &step.id)
            .zip(nodes.iter().copied())
            .collect();
        let jump = |target: &Option<Target>| {
            target.as_ref().map(|target| match target {
                Target::Step(id) => Jump::Node(by_id.get(id).copied().unwrap_or(NodeIx(NOWHERE))),
                Target::End => Jump::End,
            })
        };
        for (step, ix) in block.steps.iter().zip(&nodes) {
            let Some(node) = self.nodes.get_mut(ix.0 as usize) else {
                continue;
            };
            node.on_success = jump(&step.on.success);
            node.on_failure = jump(&step.on.failure);
            node.on_always = jump(&step.on.always);
            node.on_invalid = jump(&step.on.invalid);
        }
    }
}
