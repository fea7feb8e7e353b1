//! From the name that a run shows for a step back to the step of the plan.

use std::collections::HashMap;

use wfc_ir::{Node, NodeOp, Plan};

/// Finds steps by the names of events and log files.
pub(crate) struct Places<'a> {
    plan: &'a Plan,
    /// For each workflow, nodes by their key with `#` for every iteration.
    keys: Vec<HashMap<String, &'a Node>>,
}

impl<'a> Places<'a> {
    /// Indexes a plan.
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let index = |workflow: &'a wfc_ir::PlanWorkflow| {
            let nodes = workflow.nodes.iter().filter(|node| !node.hidden);
            nodes.map(|node| (pattern(&node.key), node)).collect()
        };
        Places {
            plan,
            keys: plan.workflows.iter().map(index).collect(),
        }
    }

    /// The node that is shown as `name`: a key in `state.json`, with the keys
    /// of the call steps on the way in front.
    pub(crate) fn find(&self, name: &str) -> Option<&'a Node> {
        let name = pattern(name);
        let (mut workflow, mut rest) = (0, name.as_str());
        loop {
            let keys = self.keys.get(workflow)?;
            if let Some(node) = keys.get(rest) {
                return Some(node);
            }
            // The longest call step wins: names may hold dots themselves.
            let dots = rest.rmatch_indices('.').map(|(at, _)| at);
            let (callee, after) = dots
                .filter_map(|at| match keys.get(&rest[..at])?.op {
                    NodeOp::Call { workflow, .. } => Some((workflow, at + 1)),
                    _ => None,
                })
                .next()?;
            workflow = callee as usize;
            rest = &rest[after..];
        }
    }

    /// The kind of a node, and what it runs.
    pub(crate) fn what(&self, node: &Node) -> String {
        let kind = node.op.keyword();
        match wfc_observe::target(self.plan, &node.op) {
            Some(target) => format!("{kind} {target}"),
            None => kind.to_owned(),
        }
    }
}

/// Where a node is written: `file:line`.
pub(crate) fn place(node: &Node) -> Option<String> {
    let place = node.place.as_ref()?;
    Some(format!("{}:{}", place.file, place.line))
}

/// `Review[3].Fix` and `Review[{0}].Fix` both become `Review[#].Fix`.
fn pattern(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let inner = after.split_once(']').filter(|(inner, _)| {
            let digits = inner.strip_prefix('{').and_then(|i| i.strip_suffix('}'));
            let digits = digits.unwrap_or(inner);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        match inner {
            Some((_, after)) => {
                out.push_str("[#]");
                rest = after;
            }
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn steps_are_found_through_loops_and_calls() {
        let plan: Plan =
            serde_json::from_str(include_str!("../tests/cli/plan.in/greet.json")).unwrap();
        let places = Places::new(&plan);
        let found = |name: &str| {
            let node = places.find(name)?;
            Some(format!("{} {}", places.what(node), place(node)?))
        };
        for (name, expected) in [
            ("Hello", Some("command echo greet.yaml:10")),
            ("Rounds[7].Work", Some("command bash greet.yaml:20")),
            ("Rounds[7].Pass", Some("call pass-on greet.yaml:24")),
            ("Rounds[7].Pass.Tell", Some("command true pass_on.yaml:3")),
            ("Rounds[7].Tell", None),
            ("Pass.Tell", None),
        ] {
            assert_eq!(found(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn iterations_do_not_matter() {
        assert_eq!(pattern("A[{0}].B[{1}].C"), "A[#].B[#].C");
        assert_eq!(pattern("A[10].B[2].C"), "A[#].B[#].C");
        assert_eq!(pattern("A[x].B[].[1"), "A[x].B[].[1");
    }
}
