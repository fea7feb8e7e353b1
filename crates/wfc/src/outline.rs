//! A plan as a list of steps in the order in which they run.

use std::fmt::Write;

use wfc_ir::{Expr, NodeOp, Plan, PlanWorkflow, RegionIx, Value};

use crate::places::{Places, place};

/// How deep regions and calls are followed; plans from the compiler stay far
/// below.
const MAX_DEPTH: usize = 60;

/// The steps of the plan, one a line, indented under what holds them.
pub(crate) fn outline(plan: &Plan) -> String {
    let mut outline = Outline {
        plan,
        places: Places::new(plan),
        text: String::new(),
    };
    if let Some(entry) = plan.entry() {
        outline.workflow(entry, 0);
    }
    outline.text
}

struct Outline<'a> {
    plan: &'a Plan,
    places: Places<'a>,
    text: String,
}

impl Outline<'_> {
    fn workflow(&mut self, workflow: &PlanWorkflow, depth: usize) {
        self.region(workflow, workflow.body, depth);
        if let Some((name, region)) = &workflow.finally {
            self.line(depth, format_args!("finally {name}"), "");
            self.region(workflow, *region, depth + 1);
        }
    }

    fn region(&mut self, workflow: &PlanWorkflow, region: RegionIx, depth: usize) {
        if depth > MAX_DEPTH {
            self.line(depth, "...", "");
            return;
        }
        for ix in &workflow.region(region).nodes {
            let node = workflow.node(*ix);
            // What the compiler made up is not shown, only what it holds.
            let inner = if node.hidden {
                depth
            } else {
                let mut what = format!("{:<24} {}", node.name, self.places.what(node));
                match &node.op {
                    NodeOp::Loop(each) => match &each.max {
                        Expr::Lit { value } => {
                            let _ = write!(what, ", at most {}", wfc_ir::to_text(value));
                        }
                        _ => what.push_str(", bounded by a value"),
                    },
                    NodeOp::Each(each) => match &each.items {
                        Expr::Lit {
                            value: Value::Array(items),
                        } => {
                            let _ = write!(what, ", {} items", items.len());
                        }
                        _ => what.push_str(", over a list of a step"),
                    },
                    NodeOp::Wait(wait) => {
                        let _ = write!(what, ", at most {} s", wait.timeout_sec);
                    }
                    _ => {}
                }
                if node.when.is_some() {
                    what.push_str(", conditional");
                }
                let at = place(node).unwrap_or_default();
                self.line(depth, what, &at);
                depth + 1
            };
            match &node.op {
                NodeOp::Call { workflow, .. } => {
                    self.workflow(&self.plan.workflows[*workflow as usize], inner);
                }
                op => {
                    for region in op.regions() {
                        let mut inner = inner;
                        if let Some(shown) = &workflow.region(region).shown
                            && !node.hidden
                        {
                            self.line(inner, format_args!("{}:", shown.name), "");
                            inner += 1;
                        }
                        self.region(workflow, region, inner);
                    }
                }
            }
        }
    }

    fn line(&mut self, depth: usize, what: impl std::fmt::Display, at: &str) {
        let what = format!("{:width$}{what}", "", width = depth * 2 + 2);
        let line = match at {
            "" => what,
            at => format!("{what:<60}  {at}"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}
