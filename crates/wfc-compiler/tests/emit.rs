//! The step graph and the emitted forms of the frozen program of the IR.
#![allow(clippy::unwrap_used, missing_docs)]

use wfc_compiler::graph::{EdgeKind, step_graph};
use wfc_compiler::{emit, plan};
use wfc_ir::{Jump, NodeIx, Plan, Program, StepId, print_plan, verify_plan};

fn frozen() -> Program {
    serde_json::from_str(include_str!("../../wfc-ir/tests/frozen/ir-1.0.json")).unwrap()
}

#[test]
fn the_plan_prints_like_this() {
    let plan = plan(&frozen());
    verify_plan(&plan).unwrap();
    insta::assert_snapshot!(print_plan(&plan));
}

#[test]
fn the_plan_is_read_back_as_it_was() {
    let before = plan(&frozen());
    let after: Plan = serde_json::from_str(&emit::plan(&before)).unwrap();
    assert_eq!(after, before);
    assert_eq!(emit::plan(&after), emit::plan(&before));
    assert!(emit::plan(&before).starts_with("{\n  \"schema\": \"wfc.plan\",\n  \"major\": 1,"));
}

#[test]
fn dot() {
    insta::assert_snapshot!(emit::dot(&plan(&frozen())));
}

#[test]
fn mermaid() {
    insta::assert_snapshot!(emit::mermaid(&plan(&frozen())));
}

#[test]
fn map() {
    insta::assert_snapshot!(emit::map(&plan(&frozen())));
}

#[test]
fn schema() {
    insta::assert_snapshot!(emit::schema(&frozen()));
}

#[test]
fn awkward_names_stay_inside_their_quotes() {
    let mut plan = plan(&frozen());
    plan.workflows[0].nodes[0].key = "a\"]; b\\ \n<c>|{d}`".to_owned();
    let dot = emit::dot(&plan);
    assert!(
        dot.contains(r#"w0n0 [label="a\"]; b\\ \n<c>|{d}`\ncommand"];"#),
        "{dot}"
    );
    let mermaid = emit::mermaid(&plan);
    let line = r##"w0n0["a#34;#93;#59; b\  #60;c#62;#124;#123;d#125;#96;<br/>command"]"##;
    assert!(mermaid.contains(line), "{mermaid}");
}

#[test]
fn a_name_that_leads_nowhere_gives_a_plan_that_is_refused() {
    let mut program = frozen();
    program.workflows.shift_remove("ship");
    assert!(verify_plan(&plan(&program)).is_err());
}

/// The ids of `nodes` of workflow 0.
fn ids(plan: &Plan, nodes: impl IntoIterator<Item = NodeIx>) -> Vec<String> {
    let workflow = &plan.workflows[0];
    nodes
        .into_iter()
        .map(|ix| workflow.node(ix).id.to_string())
        .collect()
}

fn at(plan: &Plan, id: &str) -> NodeIx {
    plan.workflows[0].find(&StepId(id.to_owned())).unwrap()
}

#[test]
fn all_steps_can_be_reached_until_an_edge_leads_past_them() {
    let mut plan = plan(&frozen());
    let reach = |plan: &Plan| ids(plan, step_graph(&plan.workflows[0]).reachable());
    assert_eq!(reach(&plan).len(), plan.workflows[0].nodes.len());
    let gate = at(&plan, "gate");
    plan.workflows[0].nodes[0].on_success = Some(Jump::Node(gate));
    plan.workflows[0].nodes[0].on_failure = Some(Jump::End);
    plan.workflows[0].nodes[0].when = None;
    let expected = [
        "prepare",
        "gate",
        "gate.then/ship",
        "gate.else/log",
        "cleanup/sweep",
    ];
    assert_eq!(reach(&plan), expected);
}

#[test]
fn cycles_and_loop_bodies_are_visited_more_than_once() {
    let mut plan = plan(&frozen());
    let inside = [
        "review/ask",
        "review/route",
        "review/route.REVISE/fix",
        "review/route.default/stop",
    ];
    let graph = step_graph(&plan.workflows[0]);
    assert!(graph.cycles().is_empty());
    assert_eq!(ids(&plan, graph.multi_visit()), inside);
    let (shape, gate) = (at(&plan, "shape"), at(&plan, "gate"));
    plan.workflows[0].nodes[gate.0 as usize].on_always = Some(Jump::Node(shape));
    let graph = step_graph(&plan.workflows[0]);
    let cycles: Vec<_> = graph.cycles().into_iter().map(|c| ids(&plan, c)).collect();
    assert_eq!(cycles, [["shape", "review", "gate"]]);
    assert_eq!(graph.multi_visit().len(), plan.workflows[0].nodes.len() - 2);
}

#[test]
fn edges_say_why() {
    let plan = plan(&frozen());
    let graph = step_graph(&plan.workflows[0]);
    let found: Vec<String> = graph
        .edges_from(at(&plan, "prepare"))
        .into_iter()
        .map(|(to, edge)| format!("{:?} {} {edge}", edge.kind, ids(&plan, [to])[0]))
        .collect();
    assert_eq!(
        found,
        [
            "Sequence shape skipped",
            "Success shape success",
            "Artifact review/ask plan",
            "Artifact gate.then/ship plan",
            "Data gate.else/log exit code",
            "Data gate.else/log json",
            "Data gate.else/log lines",
            "Data gate.else/log outcome",
            "Data gate.else/log output",
            "Data gate.else/log record",
            "Data gate.else/log status",
        ]
    );
    let kinds: std::collections::BTreeSet<EdgeKind> =
        graph.graph().edge_weights().map(|edge| edge.kind).collect();
    assert!(kinds.contains(&EdgeKind::Entry));
}
