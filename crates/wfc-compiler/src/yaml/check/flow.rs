//! Which steps of the body can come before which: the graph of its edges.

use std::cell::RefCell;
use std::collections::HashMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, VisitMap, Visitable};
use wfc_diag::Span;

use crate::yaml::hir::{Routes, Step, Workflow};

/// The end of the workflow as a `goto` target.
pub(crate) const END: &str = "_end";

type Graph = DiGraph<(), ()>;
type Reached = <Graph as Visitable>::Map;

fn node(position: usize) -> NodeIndex {
    NodeIndex::new(position)
}

/// The edges between the steps of the body.
pub(super) struct Flow {
    graph: Graph,
    reached: Reached,
    /// What can come after a step, as far as it was asked.
    after: RefCell<HashMap<usize, Reached>>,
    /// What can be reached without a step, as far as it was asked.
    avoiding: RefCell<HashMap<usize, Reached>>,
    /// No step has an edge of its own.
    straight: bool,
    /// How many steps before each position do not lead to the next one.
    gaps: Vec<usize>,
    /// An edge leads nowhere: nothing can be said about what is unreachable.
    uncertain: bool,
    /// The edge that leads back over each step, if one does.
    back: Vec<Option<Span>>,
}

/// For each step the `goto` that leads back over it. Every step counts as
/// leading to the next one, as it did in the versions that ask for this.
fn back_edges(steps: &[Step], by_name: &HashMap<&str, usize>) -> Vec<Option<Span>> {
    let mut edges: Vec<(usize, usize, Span)> = Vec::new();
    for (from, step) in steps.iter().enumerate() {
        let Routes {
            success,
            failure,
            always,
            invalid: _,
        } = &step.on;
        for target in [success, failure, always].into_iter().flatten() {
            if let Some(to) = by_name.get(target.value.as_str())
                && *to <= from
            {
                edges.push((*to, from, target.span));
            }
        }
    }
    edges.sort_unstable_by_key(|(to, ..)| *to);
    let mut edges = edges.into_iter().peekable();
    let mut widest: Option<(usize, Span)> = None;
    let mut over = |position: usize| {
        while let Some((_, from, span)) = edges.next_if(|(to, ..)| *to <= position) {
            if widest.is_none_or(|(widest, _)| widest < from) {
                widest = Some((from, span));
            }
        }
        let (from, span) = widest?;
        (position <= from).then_some(span)
    };
    (0..steps.len()).map(&mut over).collect()
}

impl Flow {
    pub(super) fn new(workflow: &Workflow) -> Self {
        let steps = &workflow.body.steps;
        let mut graph = Graph::with_capacity(steps.len(), steps.len());
        let nodes: Vec<NodeIndex> = steps.iter().map(|_| graph.add_node(())).collect();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let mut uncertain = workflow.broken;
        for (position, step) in steps.iter().enumerate() {
            uncertain |= by_name.insert(&step.name.value, position).is_some();
        }
        let back = back_edges(steps, &by_name);
        let mut straight = true;
        for (position, step) in steps.iter().enumerate() {
            straight &= step.on.all().next().is_none();
            let mut edge = |target: usize| {
                if let (Some(from), Some(to)) = (nodes.get(position), nodes.get(target)) {
                    graph.update_edge(*from, *to, ());
                }
            };
            let Routes {
                success,
                failure,
                always,
                invalid,
            } = &step.on;
            let mut jump = |target: &str| match by_name.get(target) {
                Some(target) => edge(*target),
                None => uncertain |= target != END,
            };
            let after_success = always.as_ref().or(success.as_ref());
            let after_failure = always.as_ref().or(failure.as_ref());
            if let Some(target) = after_success {
                jump(&target.value);
            }
            if let Some(target) = after_failure {
                jump(&target.value);
            }
            if let Some(target) = invalid {
                jump(&target.value);
            }
            let falls_through = after_success.is_none()
                || step.when.is_some()
                || (after_failure.is_none() && !workflow.strict);
            if falls_through {
                edge(position + 1);
            }
        }
        let mut gaps = vec![0];
        for pair in nodes.windows(2) {
            let gap = matches!(pair, [a, b] if graph.find_edge(*a, *b).is_none());
            gaps.push(gaps.last().copied().unwrap_or(0) + usize::from(gap));
        }
        let mut search = Dfs::empty(&graph);
        search.stack.extend(nodes.first());
        while search.next(&graph).is_some() {}
        Flow {
            graph,
            reached: search.discovered,
            after: RefCell::default(),
            avoiding: RefCell::default(),
            straight,
            gaps,
            uncertain,
            back,
        }
    }

    /// The `goto` that leads back over the step at this position.
    pub(super) fn back(&self, position: usize) -> Option<Span> {
        self.back.get(position).copied().flatten()
    }

    /// Can nothing lead to the step at this position?
    pub(super) fn is_unreachable(&self, position: usize) -> bool {
        !self.uncertain && !self.reached.is_visited(&node(position))
    }

    /// Can the step at `before` have run when the one at `now` begins?
    pub(super) fn can_precede(&self, before: usize, now: usize) -> bool {
        if self.uncertain || self.is_unreachable(now) {
            return true;
        }
        if self.straight {
            return before < now;
        }
        if self.is_unreachable(before) {
            return false;
        }
        if before < now && self.gaps.get(before) == self.gaps.get(now) {
            return true;
        }
        let mut after = self.after.borrow_mut();
        let reached = after.entry(before).or_insert_with(|| {
            // From its successors, so that it comes after itself only if a
            // cycle leads back to it.
            let mut search = Dfs::empty(&self.graph);
            search.stack.extend(self.graph.neighbors(node(before)));
            while search.next(&self.graph).is_some() {}
            search.discovered
        });
        reached.is_visited(&node(now))
    }

    /// The circles that remain without the steps that `limited` picks: for each,
    /// the positions of its steps, in order. Those that nothing leads to do not
    /// count.
    pub(super) fn circles(&self, limited: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        if self.uncertain || self.straight {
            return Vec::new();
        }
        let free = self.graph.filter_map(
            |at, ()| (!limited(at.index()) && self.reached.is_visited(&at)).then_some(at.index()),
            |_, ()| Some(()),
        );
        let mut circles: Vec<Vec<usize>> = tarjan_scc(&free)
            .into_iter()
            .filter(|part| match part.as_slice() {
                [alone] => free.find_edge(*alone, *alone).is_some(),
                _ => true,
            })
            .map(|part| {
                let mut steps: Vec<usize> = part.iter().map(|at| free[*at]).collect();
                steps.sort_unstable();
                steps
            })
            .collect();
        circles.sort_unstable();
        circles
    }

    /// Is there a way to the step at `now` that does not lead over the one at
    /// `around`?
    pub(super) fn can_avoid(&self, around: usize, now: usize) -> bool {
        if self.uncertain || self.straight || self.is_unreachable(now) || around == now {
            return false;
        }
        let mut avoiding = self.avoiding.borrow_mut();
        let reached = avoiding.entry(around).or_insert_with(|| {
            let mut search = Dfs::empty(&self.graph);
            search.discovered.visit(node(around));
            if around != 0 {
                search.stack.extend(self.graph.node_indices().next());
            }
            while search.next(&self.graph).is_some() {}
            search.discovered
        });
        reached.is_visited(&node(now))
    }
}
