//! The aspects of one step, compared.

use super::{ChangeKind, Changes};
use crate::print::{agents, consume, consume_bundle, process, target};
use crate::{
    Block, Cond, Contract, Exec, Expr, Loop, Op, Process, Prompt, PromptPosition, Select, Step,
    Wait, effects_of,
};

/// The regions of a step with the words that name them.
pub(super) fn regions(step: &Step) -> Vec<(&str, &Block)> {
    match &step.op {
        Op::If {
            then, otherwise, ..
        } => std::iter::once(("then", then))
            .chain(otherwise.iter().map(|block| ("else", block)))
            .collect(),
        Op::Match { cases, default, .. } => cases
            .iter()
            .map(|case| (case.tag.as_str(), &case.block))
            .chain(default.iter().map(|block| ("default", block)))
            .collect(),
        Op::Loop(each) => vec![("body", &each.body)],
        Op::Each(each) => vec![("body", &each.body)],
        _ => Vec::new(),
    }
}

/// What a step is, in a few words, and what its coming or going changes.
pub(super) fn summary(step: &Step) -> (ChangeKind, String) {
    let kind = match &step.op {
        Op::Process(_) | Op::Call { .. } | Op::Materialize { .. } | Op::Select(_) | Op::Wait(_) => {
            ChangeKind::Effect
        }
        Op::Compute { .. } => ChangeKind::Data,
        Op::Assert { .. } | Op::If { .. } | Op::Match { .. } | Op::Loop(_) | Op::Each(_) => {
            ChangeKind::Control
        }
    };
    let effects: Vec<String> = effects_of(&step.op)
        .iter()
        .map(ToString::to_string)
        .collect();
    let shown = match effects.is_empty() {
        true => step.op.keyword().to_owned(),
        false => effects.join(", "),
    };
    (kind, shown)
}

pub(super) fn diff(a: &Step, b: &Step, changes: &mut Changes) {
    use ChangeKind::{Control, Limit, State};
    let cond = |cond: &Option<Cond>| cond.as_ref().map(ToString::to_string);
    changes.differ_option(Control, "when", cond(&a.when), cond(&b.when));
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    changes.differ_option(
        Limit,
        "max_visits",
        number(a.max_visits),
        number(b.max_visits),
    );
    let requires = |step: &Step| step.requires.as_ref().map(process::requires);
    changes.differ_option(Control, "requires", requires(a), requires(b));
    changes.differ_type("type", &a.result, &b.result);
    let routes = [
        ("on success", &a.on.success, &b.on.success),
        ("on failure", &a.on.failure, &b.on.failure),
        ("on always", &a.on.always, &b.on.always),
        ("on invalid", &a.on.invalid, &b.on.invalid),
    ];
    for (aspect, left, right) in routes {
        changes.differ_option(
            Control,
            aspect,
            left.as_ref().map(target),
            right.as_ref().map(target),
        );
    }
    let consumes = |step: &Step| some(step.consumes.iter().map(consume).collect());
    changes.differ_option(State, "consumes", consumes(a), consumes(b));
    let shown = |step: &Step| step.consume_bundle.as_ref().map(consume_bundle);
    changes.differ_option(State, "consume bundle", shown(a), shown(b));
    let publishes = |step: &Step| {
        let all = step.publishes.iter();
        some(
            all.map(|p| format!("{} from {}", p.artifact, p.from))
                .collect(),
        )
    };
    changes.differ_option(State, "publishes", publishes(a), publishes(b));
    diff_op(&a.op, &b.op, changes);
}

fn some(all: Vec<String>) -> Option<String> {
    (!all.is_empty()).then(|| all.join(", "))
}

fn shown(expr: &Option<Expr>) -> Option<String> {
    expr.as_ref().map(ToString::to_string)
}

fn diff_op(a: &Op, b: &Op, changes: &mut Changes) {
    use ChangeKind::{Control, Data, Effect};
    match (a, b) {
        (Op::Process(a), Op::Process(b)) => diff_process(a, b, changes),
        (Op::Compute { value: a }, Op::Compute { value: b }) => {
            changes.differ(Data, "value", &a.to_string(), &b.to_string());
        }
        (Op::Materialize { values: a }, Op::Materialize { values: b }) => {
            let (left, right) = (process::materialized(a), process::materialized(b));
            changes.differ_named(Data, "value", super::named(&left), super::named(&right));
        }
        (Op::Select(a), Op::Select(b)) => {
            changes.differ(
                Data,
                "evidence",
                &a.evidence.to_string(),
                &b.evidence.to_string(),
            );
            let extract = |select: &Select| select.extract.as_ref().map(process::extract);
            changes.differ_option(Data, "extract", extract(a), extract(b));
            diff_contract(Some(&a.contract), Some(&b.contract), changes);
        }
        (Op::Assert { cond: a }, Op::Assert { cond: b }) => {
            changes.differ(Control, "condition", &a.to_string(), &b.to_string());
        }
        (
            Op::Call {
                workflow: a,
                args: left,
            },
            Op::Call {
                workflow: b,
                args: right,
            },
        ) => {
            changes.differ(Effect, "workflow", a, b);
            diff_map(Data, "argument", left, right, changes);
        }
        (
            Op::If {
                cond: a,
                then: then_a,
                otherwise: else_a,
            },
            Op::If {
                cond: b,
                then: then_b,
                otherwise: else_b,
            },
        ) => {
            changes.differ(Control, "condition", &a.to_string(), &b.to_string());
            diff_region("then", Some(then_a), Some(then_b), changes);
            diff_region("else", else_a.as_ref(), else_b.as_ref(), changes);
        }
        (
            Op::Match {
                subject: a,
                cases: cases_a,
                default: default_a,
            },
            Op::Match {
                subject: b,
                cases: cases_b,
                default: default_b,
            },
        ) => {
            changes.differ(Control, "subject", &a.to_string(), &b.to_string());
            for case in cases_a {
                let other = cases_b.iter().find(|c| c.tag == case.tag);
                let other = other.map(|c| &c.block);
                diff_region(
                    &format!("case {}", case.tag),
                    Some(&case.block),
                    other,
                    changes,
                );
            }
            for case in cases_b {
                if !cases_a.iter().any(|c| c.tag == case.tag) {
                    diff_region(
                        &format!("case {}", case.tag),
                        None,
                        Some(&case.block),
                        changes,
                    );
                }
            }
            diff_region("default", default_a.as_ref(), default_b.as_ref(), changes);
        }
        (Op::Loop(a), Op::Loop(b)) => diff_loop(a, b, changes),
        (Op::Each(a), Op::Each(b)) => {
            changes.differ(Data, "items", &a.items.to_string(), &b.items.to_string());
        }
        (Op::Wait(a), Op::Wait(b)) => diff_wait(a, b, changes),
        (a, b) => changes.differ(Effect, "kind", a.keyword(), b.keyword()),
    }
}

/// The value of a region, or that there is none; its steps are compared on
/// their own.
fn diff_region(aspect: &str, a: Option<&Block>, b: Option<&Block>, changes: &mut Changes) {
    let value = |block: &Block| {
        block
            .result
            .as_ref()
            .map_or("{}".to_owned(), ToString::to_string)
    };
    match (a, b) {
        (Some(a), Some(b)) => {
            let aspect = format!("{aspect} result");
            changes.differ(ChangeKind::Data, &aspect, &value(a), &value(b));
        }
        (Some(_), None) => {
            changes.push(
                ChangeKind::Control,
                &format!("{aspect} removed"),
                None,
                None,
            );
        }
        (None, Some(_)) => {
            changes.push(ChangeKind::Control, &format!("{aspect} added"), None, None);
        }
        (None, None) => {}
    }
}

fn diff_wait(a: &Wait, b: &Wait, changes: &mut Changes) {
    use ChangeKind::{Effect, Limit};
    changes.differ(Effect, "glob", &a.glob.to_string(), &b.glob.to_string());
    let numbers = |wait: &Wait| {
        [
            ("timeout_sec", wait.timeout_sec.to_string()),
            ("poll_ms", wait.poll_ms.to_string()),
            ("min_count", wait.min_count.to_string()),
        ]
    };
    for ((aspect, a), (_, b)) in numbers(a).into_iter().zip(numbers(b)) {
        changes.differ(Limit, aspect, &a, &b);
    }
}

fn diff_loop(a: &Loop, b: &Loop, changes: &mut Changes) {
    use ChangeKind::{Control, Data, Limit};
    changes.differ_option(Data, "state", shown(&a.state), shown(&b.state));
    changes.differ(Limit, "bound", &a.max.to_string(), &b.max.to_string());
    diff_region("body", Some(&a.body), Some(&b.body), changes);
    changes.differ(Control, "until", &a.until.to_string(), &b.until.to_string());
    changes.differ_option(Data, "next", shown(&a.next), shown(&b.next));
    changes.differ(Data, "value", &a.value.to_string(), &b.value.to_string());
    changes.differ_option(
        Control,
        "exhausted",
        shown(&a.exhausted),
        shown(&b.exhausted),
    );
}

fn diff_map(
    kind: ChangeKind,
    aspect: &str,
    a: &indexmap::IndexMap<String, Expr>,
    b: &indexmap::IndexMap<String, Expr>,
    changes: &mut Changes,
) {
    let named = |all: &'_ indexmap::IndexMap<String, Expr>| -> Vec<(String, String)> {
        // Arguments, parameters and variables have no order.
        let mut all: Vec<_> = all
            .iter()
            .map(|(k, v)| (k.clone(), v.to_string()))
            .collect();
        all.sort();
        all
    };
    let (left, right) = (named(a), named(b));
    changes.differ_named(kind, aspect, super::named(&left), super::named(&right));
}

fn diff_process(a: &Process, b: &Process, changes: &mut Changes) {
    use ChangeKind::{Data, Effect, Limit, State};
    match (&a.exec, &b.exec) {
        (Exec::Command { argv: a, split: x }, Exec::Command { argv: b, split: y }) => {
            let (a, b) = (process::command(a, *x), process::command(b, *y));
            changes.differ(Effect, "argv", &a, &b);
        }
        (
            Exec::Provider {
                provider: a,
                params: params_a,
                prompt: prompt_a,
            },
            Exec::Provider {
                provider: b,
                params: params_b,
                prompt: prompt_b,
            },
        ) => {
            changes.differ(Effect, "provider", &a.to_string(), &b.to_string());
            diff_map(Effect, "parameter", params_a, params_b, changes);
            diff_prompt(prompt_a, prompt_b, changes);
        }
        (Exec::Adjudicated(a), Exec::Adjudicated(b)) => {
            diff_prompt(&a.prompt, &b.prompt, changes);
            let (left, right) = (agents::adjudication(a), agents::adjudication(b));
            let (left, right) = (super::named(&left), super::named(&right));
            changes.differ_named(Effect, "adjudication", left, right);
        }
        (a, b) => changes.differ(Effect, "kind", a.keyword(), b.keyword()),
    }
    let depends = |p: &Process| {
        let lines = p.depends.as_ref().map(process::depends_lines);
        lines.map(|lines| lines.join("; "))
    };
    changes.differ_option(Effect, "files it depends on", depends(a), depends(b));
    let secrets = |p: &Process| some(p.secrets.clone());
    changes.differ_option(Effect, "secrets", secrets(a), secrets(b));
    let output = |p: &Process| p.output_file.as_ref().map(ToString::to_string);
    changes.differ_option(Effect, "output file", output(a), output(b));
    let session = |p: &Process| p.session.as_ref().map(agents::session);
    changes.differ_option(Effect, "session", session(a), session(b));
    let managed = |p: &Process| p.managed.as_ref().map(agents::managed).unwrap_or_default();
    let (left, right) = (managed(a), managed(b));
    let (left, right) = (super::named(&left), super::named(&right));
    changes.differ_named(Effect, "managed jobs", left, right);
    diff_map(Effect, "env", &a.env, &b.env, changes);
    let capture = |p: &Process| process::capture(p.capture).unwrap_or("text").to_owned();
    changes.differ(Data, "capture", &capture(a), &capture(b));
    let timeout = |p: &Process| p.timeout_sec.map(|seconds| format!("{seconds} s"));
    changes.differ_option(Limit, "timeout", timeout(a), timeout(b));
    let limits = |p: &Process| some(process::limits(p.limits));
    changes.differ_option(Limit, "other limits", limits(a), limits(b));
    let retries = |p: &Process| p.retries.as_ref().map(process::retries);
    changes.differ_option(Limit, "retries", retries(a), retries(b));
    let replay = |p: &Process| p.replay.map(|class| class.to_string());
    changes.differ_option(Limit, "replay", replay(a), replay(b));
    let kept = |p: &Process| if p.persist { "kept" } else { "not kept" };
    changes.differ(State, "artifacts in the state", kept(a), kept(b));
    let snapshot = |p: &Process| p.snapshot.as_ref().map(process::snapshot);
    changes.differ_option(Effect, "snapshot", snapshot(a), snapshot(b));
    diff_contract(a.contract.as_ref(), b.contract.as_ref(), changes);
}

fn diff_contract(a: Option<&Contract>, b: Option<&Contract>, changes: &mut Changes) {
    let aspect = ChangeKind::Contract;
    let head = |contract: Option<&Contract>| contract.map(process::contract_head);
    changes.differ_option(aspect, "contract", head(a), head(b));
    let lines =
        |contract: Option<&Contract>| contract.map(process::contract_lines).unwrap_or_default();
    let (left, right) = (lines(a), lines(b));
    changes.differ_named(
        aspect,
        "contract",
        super::named(&left),
        super::named(&right),
    );
}

fn diff_prompt(a: &Prompt, b: &Prompt, changes: &mut Changes) {
    use ChangeKind::Effect;
    let base = |prompt: &Prompt| agents::base(&prompt.base);
    changes.differ(Effect, "prompt base", &base(a), &base(b));
    let assets = |prompt: &Prompt| {
        let all = prompt.assets.iter();
        some(
            all.map(|asset| format!("{} as {:?}", asset.path, asset.name))
                .collect(),
        )
    };
    changes.differ_option(Effect, "prompt assets", assets(a), assets(b));
    let inputs = |prompt: &'_ Prompt| -> Vec<(String, String)> {
        let all = prompt.inputs.iter();
        all.map(|i| {
            (
                i.name.clone(),
                format!("{}{}", i.value, process::words(&i.guidance)),
            )
        })
        .collect()
    };
    let (left, right) = (inputs(a), inputs(b));
    changes.differ_named(
        Effect,
        "prompt input",
        super::named(&left),
        super::named(&right),
    );
    let position = |prompt: &Prompt| match prompt.position {
        PromptPosition::Prepend => "before the text",
        PromptPosition::Append => "after the text",
    };
    changes.differ(Effect, "prompt inputs stand", position(a), position(b));
    let contract = |prompt: &Prompt| match prompt.contract {
        true => "spelled out",
        false => "left out",
    };
    changes.differ(Effect, "contract in the prompt", contract(a), contract(b));
}
