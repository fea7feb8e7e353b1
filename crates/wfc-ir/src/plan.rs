//! The plan: a program made flat, for the machine.
//!
//! Steps and regions live in tables and name each other by index, so that the
//! machine can hold a position as plain numbers. Everything a run needs is
//! here: presentation names, places, provider templates, contracts.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Schema;
use crate::types::is_false;
use crate::{
    Artifact, Cond, Consume, ConsumeBundle, Expr, Ledger, Materialized, Param, Place, Process,
    Provider, Publish, ReplayClass, Requires, Select, StepId, Type, Wait,
};

/// Index of a node in [`PlanWorkflow::nodes`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct NodeIx(pub u32);

/// Index of a region in [`PlanWorkflow::regions`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RegionIx(pub u32);

/// A runnable plan. The entry is workflow 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// `{"schema": "wfc.plan", "major": 1, "minor": n}`.
    #[serde(flatten)]
    pub schema: Schema,
    /// The hash of the program before any pass.
    pub core_hash: String,
    /// The workflows; calls name them by index.
    pub workflows: Vec<PlanWorkflow>,
}

impl Plan {
    /// The content hash that a run pins: everything but places, the bytes
    /// of the source files and the directories of their queues.
    pub fn hash(&self) -> String {
        use crate::canon::Keep;
        let text =
            crate::canon::canonical_json_of(self, &|depth, list, key| match (depth, list, key) {
                (1, "workflows", "file" | "checksum") => Keep::Key,
                (1, "workflows", "processed_dir") | (2, "nodes", "place") => Keep::Nothing,
                _ => Keep::All,
            });
        crate::hash_bytes(text.as_bytes())
    }

    /// The entry workflow, unless the plan is empty.
    pub fn entry(&self) -> Option<&PlanWorkflow> {
        self.workflows.first()
    }
}

/// One workflow of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanWorkflow {
    /// Its name.
    pub name: String,
    /// The file that declares it, as the user named it.
    pub file: String,
    /// `sha256:` of the bytes of that file.
    pub checksum: String,
    /// Where its finished tasks lie, from the workspace, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed_dir: Option<String>,
    /// Its inputs.
    pub inputs: Vec<Param>,
    /// The type of its result.
    pub result: Type,
    /// Default context values.
    #[serde(default)]
    pub context: IndexMap<String, String>,
    /// Its artifacts.
    #[serde(default)]
    pub artifacts: IndexMap<String, Artifact>,
    /// How its ledger is kept.
    #[serde(default)]
    pub ledger: Ledger,
    /// Its provider templates.
    #[serde(default)]
    pub providers: IndexMap<String, Provider>,
    /// Whether a failed step ends the run.
    pub strict: bool,
    /// How many moves are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_transitions: Option<u64>,
    /// The outermost region.
    pub body: RegionIx,
    /// The region that runs at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finally: Option<(String, RegionIx)>,
    /// All regions.
    pub regions: Vec<Region>,
    /// All steps.
    pub nodes: Vec<Node>,
}

impl PlanWorkflow {
    /// A node.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.0 as usize]
    }

    /// A region.
    pub fn region(&self, ix: RegionIx) -> &Region {
        &self.regions[ix.0 as usize]
    }

    /// The node with this id.
    pub fn find(&self, id: &StepId) -> Option<NodeIx> {
        let position = self.nodes.iter().position(|node| node.id == *id)?;
        u32::try_from(position).ok().map(NodeIx)
    }
}

/// A region: nodes in order and the value it yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Region {
    /// The nodes.
    pub nodes: Vec<NodeIx>,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Expr>,
    /// How a branch is shown; `None` for bodies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<RegionName>,
}

/// The names of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegionName {
    /// `then`, `else`, or the word of a case.
    pub name: String,
    /// Key in `state.json`.
    pub key: String,
    /// Durable id.
    pub step_id: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Its identity.
    pub id: StepId,
    /// Its authored name.
    pub name: String,
    /// Its key in `state.json`; `{0}` stands for an iteration.
    pub key: String,
    /// Its durable id; `{0}` stands for an iteration.
    pub step_id: String,
    /// Whether it has no record of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// What it does.
    #[serde(flatten)]
    pub op: NodeOp,
    /// The type of its value.
    pub result: Type,
    /// What a resume may do with an attempt without outcome.
    pub replay: ReplayClass,
    /// Its guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Cond>,
    /// How often it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_visits: Option<u64>,
    /// The variant without which it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requires>,
    /// Edge after success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_success: Option<Jump>,
    /// Edge after failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<Jump>,
    /// Edge after either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_always: Option<Jump>,
    /// Edge after managed jobs of which it cannot be said how they ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_invalid: Option<Jump>,
    /// Needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// A file that shows it what it consumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consume_bundle: Option<ConsumeBundle>,
    /// Promises.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publishes: Vec<Publish>,
    /// Where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// The end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Jump {
    /// A node of the body.
    Node(NodeIx),
    /// The successful end of the workflow.
    End,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeOp {
    /// Runs a process.
    Process(Box<Process>),
    /// Computes a value.
    Compute {
        /// The value.
        value: Expr,
    },
    /// Keeps values as artifacts.
    Materialize {
        /// The values.
        values: Vec<Materialized>,
    },
    /// Chooses a variant by the file that changed.
    Select(Box<Select>),
    /// Fails unless a condition holds.
    Assert {
        /// The condition.
        cond: Cond,
    },
    /// Runs another workflow.
    Call {
        /// Index of the workflow.
        workflow: u32,
        /// Its inputs.
        args: IndexMap<String, Expr>,
    },
    /// Runs one of two regions.
    If {
        /// The condition.
        cond: Cond,
        /// When it holds.
        then: RegionIx,
        /// When it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<RegionIx>,
    },
    /// Runs the region of one word.
    Match {
        /// The word.
        subject: Expr,
        /// The regions, in authored order.
        cases: IndexMap<String, RegionIx>,
        /// For every other word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<RegionIx>,
    },
    /// Repeats a region.
    Loop(Box<LoopNode>),
    /// Runs a region once for each item of a list.
    Each(Box<EachNode>),
    /// Waits for files.
    Wait(Box<Wait>),
}

/// A bounded loop; see [`crate::Loop`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoopNode {
    /// The first state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Expr>,
    /// The bound.
    pub max: Expr,
    /// The body.
    pub body: RegionIx,
    /// The authored name of the body.
    pub body_name: String,
    /// The test after an iteration.
    pub until: Cond,
    /// The next state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// The value at the bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhausted: Option<Expr>,
}

/// A region for each item of a list; see [`crate::Each`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EachNode {
    /// The items.
    pub items: Expr,
    /// The body.
    pub body: RegionIx,
}

impl NodeOp {
    /// Does it run a region any number of times?
    pub fn repeats(&self) -> bool {
        matches!(self, NodeOp::Loop(_) | NodeOp::Each(_))
    }

    /// The regions inside the node.
    pub fn regions(&self) -> Vec<RegionIx> {
        match self {
            NodeOp::If {
                then, otherwise, ..
            } => std::iter::once(*then).chain(*otherwise).collect(),
            NodeOp::Match { cases, default, .. } => {
                cases.values().copied().chain(*default).collect()
            }
            NodeOp::Loop(node) => vec![node.body],
            NodeOp::Each(node) => vec![node.body],
            _ => Vec::new(),
        }
    }
}
