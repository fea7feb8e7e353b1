//! The step graph of a workflow: what may run after what, and what reads what.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeFiltered, EdgeRef};
use wfc_ir::{Expr, Jump, Node, NodeIx, NodeOp, PlanWorkflow, RegionIx, StepField, StepId};

/// Why one step comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// The next step of the region.
    Sequence,
    /// An edge after success.
    Success,
    /// An edge after failure.
    Failure,
    /// An edge after either.
    Always,
    /// The first step of a region inside the step.
    Entry,
    /// An expression reads the step.
    Data,
    /// A published artifact is consumed or read.
    Artifact,
}

impl EdgeKind {
    /// Is it a way that a run may go?
    pub fn is_control(self) -> bool {
        !matches!(self, EdgeKind::Data | EdgeKind::Artifact)
    }
}

/// An edge, with the words to show on it (empty for a plain sequence).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// Why it is there.
    pub kind: EdgeKind,
    /// The branch, the part that is read, or the artifact.
    pub label: String,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// The steps of one workflow and the edges between them. Weights are indices
/// into the tables of the plan; two steps may have several edges.
#[derive(Clone, Debug)]
pub struct StepGraph {
    graph: DiGraph<NodeIx, Edge>,
    starts: Vec<NodeIndex>,
    inside: Vec<Vec<NodeIx>>,
    loops: Vec<NodeIx>,
}

/// The step graph of `workflow`. Indices out of range, which
/// `wfc_ir::verify_plan` refuses, have no edges.
pub fn step_graph(workflow: &PlanWorkflow) -> StepGraph {
    let mut builder = Builder {
        workflow,
        by_id: workflow
            .nodes
            .iter()
            .enumerate()
            .map(|(position, node)| (&node.id, NodeIndex::new(position)))
            .collect(),
        edges: BTreeSet::new(),
    };
    for (position, node) in workflow.nodes.iter().enumerate() {
        builder.inside(NodeIndex::new(position), node);
    }
    for (ix, region) in (0u32..).map(RegionIx).zip(&workflow.regions) {
        builder.sequence(ix == workflow.body, &region.nodes);
    }
    builder.artifacts();

    let mut graph = DiGraph::new();
    for position in (0u32..).take(workflow.nodes.len()) {
        graph.add_node(NodeIx(position));
    }
    let known = graph.node_count();
    let mut edges: Vec<_> = builder.edges.into_iter().collect();
    edges.retain(|(from, to, _)| from.index() < known && to.index() < known);
    for (from, to, edge) in edges {
        graph.add_edge(from, to, edge);
    }
    let finally = workflow.finally.iter().map(|(_, region)| *region);
    StepGraph {
        graph,
        starts: std::iter::once(workflow.body)
            .chain(finally)
            .filter_map(|region| first(workflow, region))
            .filter(|start| start.index() < known)
            .collect(),
        inside: workflow
            .nodes
            .iter()
            .map(|node| {
                let regions = node.op.regions().into_iter();
                regions
                    .filter_map(|region| workflow.regions.get(region.0 as usize))
                    .flat_map(|region| region.nodes.iter().copied())
                    .collect()
            })
            .collect(),
        loops: (0u32..)
            .map(NodeIx)
            .zip(&workflow.nodes)
            .filter(|(_, node)| node.op.repeats())
            .map(|(ix, _)| ix)
            .collect(),
    }
}

impl StepGraph {
    /// The graph itself.
    pub fn graph(&self) -> &DiGraph<NodeIx, Edge> {
        &self.graph
    }

    /// The edges that start at `node`, sorted by where they lead.
    pub fn edges_from(&self, node: NodeIx) -> Vec<(NodeIx, &Edge)> {
        self.edges(node, Direction::Outgoing)
    }

    /// The edges that end at `node`, sorted by where they start.
    pub fn edges_to(&self, node: NodeIx) -> Vec<(NodeIx, &Edge)> {
        self.edges(node, Direction::Incoming)
    }

    fn edges(&self, node: NodeIx, direction: Direction) -> Vec<(NodeIx, &Edge)> {
        let mut edges: Vec<_> = self
            .graph
            .edges_directed(index(node), direction)
            .map(|edge| {
                let other = match direction {
                    Direction::Outgoing => edge.target(),
                    Direction::Incoming => edge.source(),
                };
                (self.graph[other], edge.weight())
            })
            .collect();
        edges.sort();
        edges
    }

    /// The steps that some run may get to, in order: those that control edges
    /// lead to from the start of the body or of `finally`.
    pub fn reachable(&self) -> BTreeSet<NodeIx> {
        let control = EdgeFiltered::from_fn(&self.graph, |edge| edge.weight().kind.is_control());
        let mut reached = BTreeSet::new();
        for start in &self.starts {
            let mut walk = Dfs::new(&control, *start);
            while let Some(node) = walk.next(&control) {
                reached.insert(self.graph[node]);
            }
        }
        reached
    }

    /// The groups of steps that control edges lead around in: each a cycle of
    /// the body, sorted, a step with an edge to itself included.
    pub fn cycles(&self) -> Vec<Vec<NodeIx>> {
        let control = self.graph.filter_map(
            |_, node| Some(*node),
            |_, edge| edge.kind.is_control().then_some(()),
        );
        let mut cycles: Vec<Vec<NodeIx>> = tarjan_scc(&control)
            .into_iter()
            .filter(|group| {
                group.len() > 1 || group.iter().any(|node| control.contains_edge(*node, *node))
            })
            .map(|group| {
                let mut group: Vec<NodeIx> = group.into_iter().map(|node| control[node]).collect();
                group.sort();
                group
            })
            .collect();
        cycles.sort();
        cycles
    }

    /// The steps that one run may visit more than once: those of cycles and of
    /// loop bodies, and all inside them.
    pub fn multi_visit(&self) -> BTreeSet<NodeIx> {
        let mut open: Vec<NodeIx> = self.cycles().into_iter().flatten().collect();
        for each in &self.loops {
            open.extend(self.inside_of(*each));
        }
        let mut found = BTreeSet::new();
        while let Some(node) = open.pop() {
            if found.insert(node) {
                open.extend(self.inside_of(node));
            }
        }
        found
    }

    fn inside_of(&self, node: NodeIx) -> &[NodeIx] {
        self.inside.get(node.0 as usize).map_or(&[], Vec::as_slice)
    }
}

fn index(node: NodeIx) -> NodeIndex {
    NodeIndex::new(node.0 as usize)
}

fn first(workflow: &PlanWorkflow, region: RegionIx) -> Option<NodeIndex> {
    let region = workflow.regions.get(region.0 as usize)?;
    region.nodes.first().copied().map(index)
}

struct Builder<'a> {
    workflow: &'a PlanWorkflow,
    by_id: HashMap<&'a StepId, NodeIndex>,
    edges: BTreeSet<(NodeIndex, NodeIndex, Edge)>,
}

impl<'a> Builder<'a> {
    fn add(&mut self, from: NodeIndex, to: NodeIndex, kind: EdgeKind, label: impl Into<String>) {
        let label = label.into();
        self.edges.insert((from, to, Edge { kind, label }));
    }

    /// Edges into the regions of a node, and from what it reads. What the
    /// value of a region reads counts as read by the owner.
    fn inside(&mut self, at: NodeIndex, node: &'a Node) {
        node.exprs(&mut |expr| self.reads(at, expr));
        let enter = |builder: &mut Self, region: RegionIx, label: &str| {
            if let Some(first) = first(builder.workflow, region) {
                builder.add(at, first, EdgeKind::Entry, label);
            }
            let found = builder.workflow.regions.get(region.0 as usize);
            if let Some(value) = found.and_then(|region| region.value.as_ref()) {
                builder.reads(at, value);
            }
        };
        match &node.op {
            NodeOp::If {
                then, otherwise, ..
            } => {
                enter(self, *then, "then");
                if let Some(otherwise) = otherwise {
                    enter(self, *otherwise, "else");
                }
            }
            NodeOp::Match { cases, default, .. } => {
                for (tag, region) in cases {
                    enter(self, *region, tag);
                }
                if let Some(default) = default {
                    enter(self, *default, "default");
                }
            }
            NodeOp::Loop(each) => enter(self, each.body, &each.body_name),
            NodeOp::Each(each) => enter(self, each.body, "for each"),
            _ => {}
        }
    }

    fn reads(&mut self, at: NodeIndex, expr: &'a Expr) {
        expr.walk(&mut |e| {
            if let Expr::Step { step, field } = e
                && let Some(from) = self.by_id.get(step).copied()
            {
                self.add(from, at, EdgeKind::Data, part(field));
            }
        });
    }

    /// Edges along a region: to the next step, unless edges of the step say
    /// otherwise, and those edges.
    fn sequence(&mut self, body: bool, nodes: &[NodeIx]) {
        for (position, ix) in nodes.iter().enumerate() {
            let Some(node) = self.workflow.nodes.get(ix.0 as usize) else {
                continue;
            };
            let at = index(*ix);
            let jumps = [
                (EdgeKind::Success, "success", node.on_success),
                (EdgeKind::Failure, "failure", node.on_failure),
                (EdgeKind::Always, "always", node.on_always),
                (EdgeKind::Failure, "invalid", node.on_invalid),
            ];
            for (kind, label, jump) in jumps {
                // `always` wins over the other two.
                let wins = kind == EdgeKind::Always || node.on_always.is_none();
                if let (true, Some(Jump::Node(to))) = (wins, jump) {
                    self.add(at, index(to), kind, label);
                }
            }
            let Some(next) = nodes.get(position + 1).copied().map(index) else {
                continue;
            };
            let routed = node.on_always.is_some();
            if !routed && node.on_success.is_none() {
                self.add(at, next, EdgeKind::Sequence, "");
            } else if node.when.is_some() {
                // A step that is skipped takes no edge.
                self.add(at, next, EdgeKind::Sequence, "skipped");
            }
            let goes_on = body && !self.workflow.strict && node.on_failure.is_none();
            if goes_on && !routed && node.on_success.is_some() {
                self.add(at, next, EdgeKind::Failure, "failure");
            }
        }
    }

    /// Edges from those who publish an artifact to those who use it.
    fn artifacts(&mut self) {
        let workflow = self.workflow;
        let mut publishers: HashMap<&str, Vec<(NodeIndex, &StepId)>> = HashMap::new();
        let nodes = || (0..).map(NodeIndex::new).zip(&workflow.nodes);
        for (at, node) in nodes() {
            for publish in &node.publishes {
                let all = publishers.entry(&publish.artifact).or_default();
                all.push((at, &node.id));
            }
        }
        for (at, node) in nodes() {
            for consume in &node.consumes {
                for (from, id) in publishers
                    .get(consume.artifact.as_str())
                    .into_iter()
                    .flatten()
                {
                    if consume.producers.is_empty() || consume.producers.contains(id) {
                        self.add(*from, at, EdgeKind::Artifact, &consume.artifact);
                    }
                }
            }
            node.exprs(&mut |expr| {
                expr.walk(&mut |e| {
                    if let Expr::Artifact { name } = e {
                        for (from, _) in publishers.get(name.as_str()).into_iter().flatten() {
                            self.add(*from, at, EdgeKind::Artifact, name);
                        }
                    }
                });
            });
        }
    }
}

/// The part of a step that is read, in a word.
fn part(field: &StepField) -> &str {
    match field {
        StepField::Artifact { name } => name,
        StepField::Artifacts => "value",
        StepField::Snapshot { name } => name,
        StepField::ExitCode => "exit code",
        StepField::Status => "status",
        StepField::Outcome { .. } => "outcome",
        StepField::Output => "output",
        StepField::Lines => "lines",
        StepField::Json { .. } => "json",
        StepField::Wait { part } => part.word(),
        StepField::Whole => "record",
        StepField::Iteration { read, .. } => part(read),
    }
}
