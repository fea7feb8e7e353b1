//! What differs between the plan that a run follows and the plan that its
//! source gives now, step by step.
//!
//! Only plans are pinned, so plans are compared: their tables name each other
//! by index, and an index means nothing in another plan. So indices are
//! replaced by names first.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wfc_ir::{Jump, Node, NodeOp, Plan, PlanWorkflow, RegionIx};

/// One line for each difference; places and the order of tables do not count.
pub(crate) fn plan_changes(pinned: &Plan, now: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let by_name = |plan: &'_ Plan| -> BTreeMap<String, usize> {
        let names = plan.workflows.iter().enumerate();
        names
            .map(|(at, workflow)| (workflow.name.clone(), at))
            .collect()
    };
    let (old, new) = (by_name(pinned), by_name(now));
    for (name, at) in &old {
        match new.get(name) {
            None => lines.push(format!("workflow {name} is gone")),
            Some(other) => compare(
                &Side::new(pinned, &pinned.workflows[*at]),
                &Side::new(now, &now.workflows[*other]),
                &mut lines,
            ),
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        lines.push(format!("workflow {name} is new"));
    }
    let entry = |plan: &Plan| plan.entry().map(|entry| entry.name.clone());
    if let (Some(before), Some(after)) = (entry(pinned), entry(now))
        && before != after
    {
        lines.push(format!("the run begins with {after}, before with {before}"));
    }
    lines
}

/// One workflow of one plan.
struct Side<'a> {
    plan: &'a Plan,
    workflow: &'a PlanWorkflow,
    nodes: BTreeMap<&'a str, &'a Node>,
}

impl<'a> Side<'a> {
    fn new(plan: &'a Plan, workflow: &'a PlanWorkflow) -> Self {
        let nodes = workflow.nodes.iter();
        Side {
            plan,
            workflow,
            nodes: nodes.map(|node| (node.id.as_str(), node)).collect(),
        }
    }

    /// Where the node is written, for people.
    fn place(node: &Node) -> String {
        node.place.as_ref().map_or(String::new(), |place| {
            format!(" ({}:{})", place.file, place.line)
        })
    }

    /// The ids of the nodes of a region that the other side has too.
    fn order(&self, region: RegionIx, other: &Side<'_>) -> Vec<&str> {
        let nodes = self.workflow.region(region).nodes.iter();
        nodes
            .map(|ix| self.workflow.node(*ix).id.as_str())
            .filter(|id| other.nodes.contains_key(id))
            .collect()
    }

    /// What the workflow says, apart from its steps.
    fn head(&self) -> Value {
        let mut head = json!(self.workflow);
        if let Some(map) = head.as_object_mut() {
            for key in ["file", "checksum", "body", "finally", "regions", "nodes"] {
                map.shift_remove(key);
            }
        }
        head["finally block"] = json!(self.workflow.finally.as_ref().map(|(name, _)| name));
        head["outputs"] = json!(self.workflow.region(self.workflow.body).value);
        head
    }

    /// What a node says, with names for indices.
    fn step(&self, node: &Node) -> Value {
        let mut step = json!(node);
        if let Some(map) = step.as_object_mut() {
            for key in [
                "place",
                "id",
                "then",
                "otherwise",
                "cases",
                "default",
                "body",
            ] {
                map.shift_remove(key);
            }
        }
        let jumps = [
            ("on_success", node.on_success),
            ("on_failure", node.on_failure),
            ("on_always", node.on_always),
            ("on_invalid", node.on_invalid),
        ];
        for (key, jump) in jumps {
            step[key] = match jump {
                Some(Jump::Node(ix)) => json!(self.workflow.node(ix).id),
                Some(Jump::End) => json!("_end"),
                None => Value::Null,
            };
        }
        match &node.op {
            NodeOp::Call { workflow, .. } => {
                step["workflow"] = json!(self.plan.workflows[*workflow as usize].name);
            }
            NodeOp::Match { cases, .. } => {
                step["cases"] = json!(cases.keys().collect::<Vec<_>>());
            }
            _ => {}
        }
        let values = node.op.regions().into_iter();
        let values: Vec<_> = values
            .map(|region| &self.workflow.region(region).value)
            .collect();
        step["value of the steps inside"] = json!(values);
        step
    }
}

fn compare(old: &Side<'_>, new: &Side<'_>, lines: &mut Vec<String>) {
    let name = &old.workflow.name;
    for aspect in differing(&old.head(), &new.head()) {
        lines.push(format!("{name}: {aspect} changed"));
    }
    for node in &old.workflow.nodes {
        let id = node.id.as_str();
        match new.nodes.get(id) {
            None => lines.push(format!("{name}/{id}: removed")),
            Some(other) => {
                let aspects = differing(&old.step(node), &new.step(other));
                if !aspects.is_empty() {
                    let place = Side::place(other);
                    lines.push(format!(
                        "{name}/{id}: {} changed{place}",
                        aspects.join(", ")
                    ));
                }
                let regions = node.op.regions().into_iter().zip(other.op.regions());
                for (before, after) in regions {
                    if old.order(before, new) != new.order(after, old) {
                        lines.push(format!("{name}/{id}: the steps inside changed places"));
                    }
                }
            }
        }
    }
    for node in &new.workflow.nodes {
        if !old.nodes.contains_key(node.id.as_str()) {
            lines.push(format!("{name}/{}: added{}", node.id, Side::place(node)));
        }
    }
    if old.order(old.workflow.body, new) != new.order(new.workflow.body, old) {
        lines.push(format!("{name}: steps changed places"));
    }
}

/// The keys whose values differ; an absent one counts as null.
fn differing(a: &Value, b: &Value) -> Vec<String> {
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut all = keys(a);
    for key in keys(b) {
        if !all.contains(&key) {
            all.push(key);
        }
    }
    all.retain(|key| a.get(key).unwrap_or(&Value::Null) != b.get(key).unwrap_or(&Value::Null));
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PLAN: &str = include_str!("../tests/cli/plan.in/greet.json");

    /// What is told after `change` has been made to the plan.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
        let before: Value = serde_json::from_str(PLAN).unwrap();
        let mut after = before.clone();
        change(&mut after);
        let plan = |value: Value| -> Plan { serde_json::from_value(value).unwrap() };
        assert_eq!(plan_changes(&plan(before), &plan(after)), expected);
    }

    #[test]
    fn places_do_not_count() {
        check(
            |plan| plan["workflows"][0]["nodes"][2]["place"]["line"] = json!(99),
            &[],
        );
    }

    #[test]
    fn steps_are_named() {
        check(
            |plan| {
                let main = &mut plan["workflows"][0];
                main["nodes"][0]["argv"][1]["value"] = json!("good day");
                main["nodes"][0]["max_visits"] = json!(3);
                main["nodes"][4]["id"] = json!("final");
                main["inputs"][1]["default"] = json!(5);
                main["regions"][1]["nodes"] = json!([3, 2]);
            },
            &[
                "greet: inputs changed",
                "greet/hello: argv, max_visits changed (greet.yaml:10)",
                "greet/rounds: the steps inside changed places",
                "greet/last: removed",
                "greet/final: added (greet.yaml:30)",
            ],
        );
    }

    #[test]
    fn an_inserted_step_is_the_only_change() {
        check(
            |plan| {
                let main = &mut plan["workflows"][0];
                let mut extra = main["nodes"][4].clone();
                extra["id"] = json!("extra");
                let nodes = main["nodes"].as_array_mut().unwrap();
                nodes.push(extra);
                main["regions"][0]["nodes"] = json!([0, 5, 1, 4]);
            },
            &["greet/extra: added (greet.yaml:30)"],
        );
    }

    #[test]
    fn workflows_are_named() {
        check(
            |plan| plan["workflows"][1]["name"] = json!("hand-over"),
            &[
                "greet/rounds/pass: workflow changed (greet.yaml:24)",
                "workflow pass-on is gone",
                "workflow hand-over is new",
            ],
        );
    }
}
