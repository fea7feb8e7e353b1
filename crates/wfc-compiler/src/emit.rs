//! Programs and plans in the forms that `wfc compile --emit` writes. All of
//! them depend on the program alone: the same program gives the same bytes.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use wfc_ir::{NodeIx, NodeOp, Plan, PlanWorkflow, Program, json_schema_of};

use crate::graph::{Edge, EdgeKind, StepGraph, step_graph};

/// The program for people to read.
pub fn core(program: &Program) -> String {
    wfc_ir::print_program(program)
}

/// The plan as indented JSON, its head first, ending in a line feed. Reading
/// it back gives an equal plan: keys stand in the order of the plan, because
/// the order of fields, variants and cases is part of what a run shows.
pub fn plan(plan: &Plan) -> String {
    pretty(plan)
}

/// Where each step was written, and the names under which a run shows it, by
/// workflow and step id, as indented JSON.
pub fn map(plan: &Plan) -> String {
    let workflows: Map<String, Value> = plan
        .workflows
        .iter()
        .map(|workflow| {
            let steps: Map<String, Value> = workflow
                .nodes
                .iter()
                .map(|node| {
                    let at = node
                        .place
                        .as_ref()
                        .map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
                    let mut step = json!({
                        "at": at,
                        "kind": node.op.keyword(),
                        "key": node.key,
                        "step_id": node.step_id,
                    });
                    if node.hidden {
                        step["hidden"] = json!(true);
                    }
                    (node.id.to_string(), step)
                })
                .collect();
            let entry = json!({
                "file": workflow.file,
                "checksum": workflow.checksum,
                "steps": steps,
            });
            (workflow.name.clone(), entry)
        })
        .collect();
    pretty(&json!({ "core_hash": plan.core_hash, "workflows": workflows }))
}

/// JSON Schemas of the inputs and of the result of the entry workflow, as
/// indented JSON: `{"workflow": ..., "inputs": {...}, "result": {...}}`.
pub fn schema(program: &Program) -> String {
    let Some(workflow) = program.workflows.get(&program.entry) else {
        return pretty(&json!({ "workflow": program.entry, "inputs": {}, "result": {} }));
    };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in &workflow.inputs {
        let mut schema = json_schema_of(&param.ty);
        if let Some(description) = &param.description {
            schema["description"] = json!(description);
        }
        if let Some(default) = &param.default {
            schema["default"] = default.clone();
        }
        properties.insert(param.name.clone(), schema);
        if param.required && param.default.is_none() {
            required.push(param.name.clone());
        }
    }
    pretty(&json!({
        "workflow": program.entry,
        "inputs": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        },
        "result": json_schema_of(&workflow.result),
    }))
}

fn pretty<T: serde::Serialize>(value: &T) -> String {
    // Our own types cannot refuse to be written.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// The step graph in the language of Graphviz: one cluster a workflow.
/// Control edges are solid, data edges dashed, artifacts dotted, calls bold.
pub fn dot(plan: &Plan) -> String {
    let mut out = String::from("digraph workflow {\n  compound=true;\n  node [shape=box];\n");
    each_workflow(plan, |index, workflow, graph| {
        let name = dot_text(&workflow.name);
        let _ = writeln!(out, "  subgraph cluster_{index} {{\n    label=\"{name}\";");
        let _ = writeln!(out, "    w{index} [shape=point, label=\"\"];");
        for (position, node) in workflow.nodes.iter().enumerate() {
            let label = format!("{}\\n{}", dot_text(&shown(node)), node.op.keyword());
            let style = match (node.hidden, &node.op) {
                (true, _) => ", style=dotted",
                (_, NodeOp::If { .. } | NodeOp::Match { .. }) => ", shape=diamond",
                _ => "",
            };
            let _ = writeln!(out, "    w{index}n{position} [label=\"{label}\"{style}];");
        }
        out.push_str("  }\n");
        each_edge(index, workflow, graph, |from, to, kind, label| {
            let style = match kind {
                Line::Control => "",
                Line::Failure => ", color=red",
                Line::Data => ", style=dashed",
                Line::Artifact => ", style=dotted",
                Line::Call => ", style=bold",
            };
            let _ = writeln!(
                out,
                "  {from} -> {to} [label=\"{}\"{style}];",
                dot_text(label)
            );
        });
    });
    out.push_str("}\n");
    out
}

/// The step graph in the language of Mermaid: one subgraph a workflow.
pub fn mermaid(plan: &Plan) -> String {
    let mut out = String::from("flowchart TD\n");
    each_workflow(plan, |index, workflow, graph| {
        let _ = writeln!(
            out,
            "  subgraph c{index}[\"{}\"]",
            mermaid_text(&workflow.name)
        );
        let _ = writeln!(out, "    w{index}((\" \"))");
        for (position, node) in workflow.nodes.iter().enumerate() {
            let (open, close) = match &node.op {
                NodeOp::If { .. } | NodeOp::Match { .. } => ("{", "}"),
                NodeOp::Loop(_) | NodeOp::Each(_) => ("([", "])"),
                _ => ("[", "]"),
            };
            let label = format!("{}<br/>{}", mermaid_text(&shown(node)), node.op.keyword());
            let _ = writeln!(out, "    w{index}n{position}{open}\"{label}\"{close}");
        }
        out.push_str("  end\n");
        each_edge(index, workflow, graph, |from, to, kind, label| {
            let arrow = match kind {
                Line::Control | Line::Failure => "-->",
                Line::Data | Line::Artifact => "-.->",
                Line::Call => "==>",
            };
            let label = match label {
                "" => String::new(),
                label => format!("|\"{}\"|", mermaid_text(label)),
            };
            let _ = writeln!(out, "  {from} {arrow}{label} {to}");
        });
    });
    out
}

/// How an edge is drawn.
enum Line {
    Control,
    Failure,
    Data,
    Artifact,
    Call,
}

fn each_workflow(plan: &Plan, mut draw: impl FnMut(usize, &PlanWorkflow, &StepGraph)) {
    for (index, workflow) in plan.workflows.iter().enumerate() {
        draw(index, workflow, &step_graph(workflow));
    }
}

/// Names the ends of all edges: `w0` is the start of a workflow, `w0n3` its
/// step 3.
fn each_edge(
    index: usize,
    workflow: &PlanWorkflow,
    graph: &StepGraph,
    mut draw: impl FnMut(&str, &str, Line, &str),
) {
    let start = format!("w{index}");
    let name = |node: NodeIx| format!("w{index}n{}", node.0);
    let first = |region: wfc_ir::RegionIx| {
        let region = workflow.regions.get(region.0 as usize)?;
        region.nodes.first().copied()
    };
    if let Some(node) = first(workflow.body) {
        draw(&start, &name(node), Line::Control, "");
    }
    if let Some((title, region)) = &workflow.finally
        && let Some(node) = first(*region)
    {
        draw(&start, &name(node), Line::Control, title);
    }
    for (from, node) in (0u32..).map(NodeIx).zip(&workflow.nodes) {
        for (to, Edge { kind, label }) in graph.edges_from(from) {
            let line = match kind {
                EdgeKind::Failure => Line::Failure,
                EdgeKind::Data => Line::Data,
                EdgeKind::Artifact => Line::Artifact,
                _ => Line::Control,
            };
            draw(&name(from), &name(to), line, label);
        }
        if let NodeOp::Call { workflow, .. } = node.op {
            draw(&name(from), &format!("w{workflow}"), Line::Call, "call");
        }
    }
}

/// The name on a node: its key in the state, or its id when it has none.
fn shown(node: &wfc_ir::Node) -> String {
    if node.hidden {
        node.id.to_string()
    } else {
        node.key.clone()
    }
}

fn dot_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Entity codes are what Mermaid understands inside quotes.
            '"' | '#' | '&' | '<' | '>' | '`' | '|' | '{' | '}' | '[' | ']' | ';' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
