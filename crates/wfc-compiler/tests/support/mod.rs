//! Random small programs for property tests.
//!
//! A program is built from a tape of bytes: each choice takes the next byte,
//! and an empty tape answers 0, which is always the smallest choice. So a
//! shorter tape, or one of smaller bytes, is a smaller program, and proptest
//! shrinks to readable ones.
//!
//! What comes out is well-formed, and may still fail when it is run: it may
//! read a step that has not run, divide by zero or break an assertion.
#![allow(dead_code, missing_docs, unreachable_pub)]

mod exprs;

use indexmap::IndexMap;
use proptest::prelude::*;
use wfc_ir::{
    Block, Case, Cond, Contract, Each, Exec, Expr, Field, FileOutput, Finally, Guidance, Loop,
    Notes, Op, Param, Prim, Process, Program, Routes, Schema, Shown, Snapshot, Step, StepField,
    StepId, Target, Type, VARIANT_KEY, Wait, Workflow,
};

/// Programs whose entry is `main`, with the inputs `n` (an integer), `flag`
/// (a boolean) and `word` (a string). Every command is `emit ID TEXT...` and
/// must write one text file, `out/ID`.
pub fn programs() -> impl Strategy<Value = Program> {
    prop::collection::vec(any::<u8>(), 0..160).prop_map(|tape| build(&tape))
}

/// The program that a tape stands for.
pub fn build(tape: &[u8]) -> Program {
    let mut builder = Builder::new(tape);
    let mut main = builder.workflow(true);
    let main_notes = builder.take_notes();
    let sub = builder.workflow(false);
    let sub_notes = builder.take_notes();
    main.strict = builder.choose(4) != 3;
    Program {
        schema: Schema::ir(),
        entry: "main".to_owned(),
        workflows: IndexMap::from([("main".to_owned(), main), ("sub".to_owned(), sub)]),
        notes: IndexMap::from([
            ("main".to_owned(), main_notes),
            ("sub".to_owned(), sub_notes),
        ]),
    }
}

/// What a step can be read as.
#[derive(Clone)]
struct Known {
    id: StepId,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// `{i: Int, s: String, b: Bool}`.
    Triple,
    /// An integer.
    Number,
    /// `{out: String}`, and an exit code.
    Text,
    /// `A{s: String} | B{s: String}`.
    Union,
    /// Nothing to read.
    Nothing,
}

/// Where steps are being put.
#[derive(Clone)]
struct Site {
    id: Option<StepId>,
    key: String,
    step_id: String,
    loops: Vec<StepId>,
    depth: usize,
}

struct Builder<'a> {
    tape: std::slice::Iter<'a, u8>,
    made: usize,
    calls: bool,
    known: Vec<Known>,
    /// Those loops that go over a list.
    lists: Vec<StepId>,
    notes: Notes,
}

impl<'a> Builder<'a> {
    fn new(tape: &'a [u8]) -> Self {
        Builder {
            tape: tape.iter(),
            made: 0,
            calls: true,
            known: Vec::new(),
            lists: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// A number below `count`.
    fn choose(&mut self, count: u8) -> u8 {
        self.tape.next().map_or(0, |byte| byte % count)
    }

    fn chance(&mut self, one_in: u8) -> bool {
        self.choose(one_in) == one_in - 1
    }

    fn take_notes(&mut self) -> Notes {
        self.known.clear();
        std::mem::take(&mut self.notes)
    }

    fn workflow(&mut self, entry: bool) -> Workflow {
        self.calls = entry;
        let site = Site {
            id: None,
            key: String::new(),
            step_id: "root.".to_owned(),
            loops: Vec::new(),
            depth: 0,
        };
        let mut body = self.block(&site, if entry { 7 } else { 2 });
        let jumps = entry && self.chance(4);
        if jumps {
            self.edges(&mut body);
        }
        let finally = (entry && self.chance(4)).then(|| {
            let site = Site {
                key: "finally.".to_owned(),
                step_id: "root.finally.".to_owned(),
                ..site.clone()
            };
            Finally {
                name: "cleanup".to_owned(),
                block: Block {
                    result: None,
                    ..self.block(&site, 2)
                },
            }
        });
        let param = |name: &str, ty| Param {
            name: name.to_owned(),
            ty,
            required: true,
            default: None,
            description: None,
        };
        Workflow {
            inputs: vec![
                param("n", Type::Int),
                param("flag", Type::Bool),
                param("word", Type::String),
            ],
            result: triple(),
            context: IndexMap::from([("lang".to_owned(), "en".to_owned())]),
            artifacts: IndexMap::new(),
            ledger: Default::default(),
            providers: IndexMap::new(),
            strict: true,
            max_transitions: jumps.then_some(40),
            body,
            finally,
        }
    }

    /// Edges between the steps of the body, with a bound on the moves.
    fn edges(&mut self, body: &mut Block) {
        let ids: Vec<StepId> = body.steps.iter().map(|step| step.id.clone()).collect();
        for step in &mut body.steps {
            // A step that nobody sees does not count as a move, so it may
            // have no edge.
            let hidden = self.notes.shown.get(&step.id).is_some_and(|s| s.hidden);
            if hidden || !self.chance(3) {
                continue;
            }
            let count = u8::try_from(ids.len()).unwrap_or(u8::MAX);
            let to = match ids.get(usize::from(self.choose(count))) {
                Some(id) if !self.chance(4) => Target::Step(id.clone()),
                _ => Target::End,
            };
            step.on = match self.choose(3) {
                0 => Routes {
                    failure: Some(to),
                    ..Routes::default()
                },
                1 => Routes {
                    success: Some(to),
                    ..Routes::default()
                },
                _ => Routes {
                    always: Some(to),
                    ..Routes::default()
                },
            };
        }
    }

    fn block(&mut self, site: &Site, most: u8) -> Block {
        let count = self.choose(most + 1);
        let steps = (0..count).map(|_| self.step(site)).collect();
        Block {
            steps,
            result: Some(self.triple(&site.loops)),
        }
    }

    fn step(&mut self, site: &Site) -> Step {
        let name = format!("s{}", self.made);
        self.made += 1;
        let id = match &site.id {
            Some(outer) => outer.child(&name),
            None => StepId::root(&name),
        };
        let kinds = if site.depth < 3 { 13 } else { 5 };
        let kind = self.choose(kinds);
        let hidden = match kind {
            // Computations and decisions may be made up by a front end.
            0 | 1 => true,
            2 | 5 | 6 | 7 => self.chance(2),
            _ => false,
        };
        let shown = Shown {
            key: format!("{}{name}", site.key),
            step_id: format!("{}{name}", site.step_id),
            name,
            hidden,
        };
        self.notes.shown.insert(id.clone(), shown.clone());
        let (op, shape) = self.op(kind, &id, &shown, site);
        let when = (!hidden && self.chance(6)).then(|| Cond {
            probes: Vec::new(),
            test: self.boolean(2, &site.loops),
        });
        self.known.push(Known {
            id: id.clone(),
            shape,
        });
        Step {
            id,
            op,
            result: type_of(shape),
            when,
            max_visits: None,
            on: Routes::default(),
            consumes: Vec::new(),
            consume_bundle: None,
            publishes: Vec::new(),
            requires: None,
        }
    }

    fn op(&mut self, kind: u8, id: &StepId, shown: &Shown, site: &Site) -> (Op, Shape) {
        match kind {
            0 | 2 => (
                Op::Compute {
                    value: self.triple(&site.loops),
                },
                Shape::Triple,
            ),
            1 => (
                Op::Compute {
                    value: self.integer(3, &site.loops),
                },
                Shape::Number,
            ),
            3 => (self.command(id, &site.loops), Shape::Text),
            4 => {
                let cond = Cond::pure(self.boolean(2, &site.loops));
                match self.choose(3) {
                    0 => (self.command(id, &site.loops), Shape::Text),
                    1 => (
                        Op::Compute {
                            value: self.variant(&site.loops),
                        },
                        Shape::Union,
                    ),
                    _ => (Op::Assert { cond }, Shape::Nothing),
                }
            }
            5 | 6 => {
                let cond = Cond::pure(self.boolean(2, &site.loops));
                let mut then = self.branch(id, "then", shown, site);
                let otherwise = (!self.chance(2)).then(|| self.branch(id, "else", shown, site));
                let shape = match otherwise {
                    Some(_) => Shape::Triple,
                    None => Shape::Nothing,
                };
                if otherwise.is_none() {
                    then.result = None;
                }
                let op = Op::If {
                    cond,
                    then,
                    otherwise,
                };
                (op, shape)
            }
            7 => {
                let subject = self.word(&site.loops);
                let cases = ["A", "B"]
                    .into_iter()
                    .take(1 + usize::from(self.choose(2)))
                    .map(|tag| Case {
                        tag: tag.to_owned(),
                        block: self.branch(id, tag, shown, site),
                    })
                    .collect();
                let default = self
                    .chance(2)
                    .then(|| self.branch(id, "default", shown, site));
                let op = Op::Match {
                    subject,
                    cases,
                    default,
                };
                (op, Shape::Triple)
            }
            8 => (self.repeat(id, shown, site), Shape::Triple),
            9 | 10 => (self.each(id, shown, site), Shape::Nothing),
            11 => (self.wait(&site.loops), Shape::Nothing),
            _ if self.calls => {
                let args = IndexMap::from([
                    ("n".to_owned(), self.integer(2, &site.loops)),
                    ("flag".to_owned(), self.boolean(1, &site.loops)),
                    ("word".to_owned(), self.text(2, &site.loops)),
                ]);
                let op = Op::Call {
                    workflow: "sub".to_owned(),
                    args,
                };
                (op, Shape::Triple)
            }
            _ => (self.command(id, &site.loops), Shape::Text),
        }
    }

    fn branch(&mut self, id: &StepId, tag: &str, owner: &Shown, site: &Site) -> Block {
        let branch = Shown {
            name: tag.to_owned(),
            key: format!("{}.{tag}", owner.key),
            step_id: format!("{}.{tag}", owner.step_id),
            hidden: owner.hidden,
        };
        let site = Site {
            id: Some(id.branch(tag)),
            key: format!("{}.", branch.key),
            step_id: format!("{}.", branch.step_id),
            loops: site.loops.clone(),
            depth: site.depth + 1,
        };
        self.notes.shown.insert(id.branch(tag), branch);
        self.block(&site, 3)
    }

    fn repeat(&mut self, id: &StepId, shown: &Shown, site: &Site) -> Op {
        let index = site.loops.len();
        let mut loops = site.loops.clone();
        loops.push(id.clone());
        let inner = Site {
            id: Some(id.clone()),
            key: format!("{}[{{{index}}}].", shown.key),
            step_id: format!("{}#{{{index}}}.iteration.", shown.step_id),
            loops: loops.clone(),
            depth: site.depth + 1,
        };
        let state = self.triple(&site.loops);
        let max = Expr::lit(1 + i64::from(self.choose(3)));
        let body = self.block(&inner, 3);
        let out = |field: &str| Expr::Out.get(field);
        let test = match self.choose(3) {
            0 => out("b"),
            1 => Expr::lit(true),
            _ => Expr::prim(
                Prim::Gt,
                vec![out("i"), Expr::LoopIndex { step: id.clone() }],
            ),
        };
        Op::Loop(Box::new(Loop {
            state: Some(state),
            max,
            body,
            until: Cond::pure(test),
            next: Some(Expr::Out),
            value: Expr::Out,
            exhausted: self
                .chance(2)
                .then_some(Expr::LoopState { step: id.clone() }),
        }))
    }

    fn each(&mut self, id: &StepId, shown: &Shown, site: &Site) -> Op {
        let index = site.loops.len();
        let items = match self.choose(6) {
            // What is no list, or cannot be had, fails the step.
            5 => self.triple(&site.loops),
            count => Expr::List {
                items: (0..count).map(|_| self.triple(&site.loops)).collect(),
            },
        };
        let mut loops = site.loops.clone();
        loops.push(id.clone());
        self.lists.push(id.clone());
        let inner = Site {
            id: Some(id.clone()),
            key: format!("{}[{{{index}}}].", shown.key),
            step_id: format!("{}#{{{index}}}.", shown.step_id),
            loops,
            depth: site.depth + 1,
        };
        let body = Block {
            result: None,
            ..self.block(&inner, 3)
        };
        Op::Each(Box::new(Each { items, body }))
    }

    fn wait(&mut self, loops: &[StepId]) -> Op {
        Op::Wait(Box::new(Wait {
            glob: self.text(2, loops),
            timeout_sec: 1.0,
            poll_ms: 10,
            min_count: 1,
        }))
    }

    fn command(&mut self, id: &StepId, loops: &[StepId]) -> Op {
        let mut argv = vec![Expr::lit("emit"), Expr::lit(id.as_str())];
        for _ in 0..=self.choose(2) {
            argv.push(self.text(3, loops));
        }
        let snapshot = self.chance(4).then(|| Snapshot {
            name: "before".to_owned(),
            candidates: IndexMap::from([("A".to_owned(), Expr::lit("a.md"))]),
            max_bytes: 1,
        });
        Op::Process(Box::new(Process {
            snapshot,
            contract: Some(Contract::Files {
                files: vec![FileOutput {
                    name: "out".to_owned(),
                    path: Expr::lit(format!("out/{}", id.as_str().replace('/', "_"))),
                    ty: Type::String,
                    required: true,
                    guidance: Guidance::default(),
                }],
            }),
            ..Process::new(Exec::Command { argv, split: false })
        }))
    }
}

fn triple() -> Type {
    let field = |name: &str, ty| Field {
        name: name.to_owned(),
        ty,
    };
    Type::record(vec![
        field("i", Type::Int),
        field("s", Type::String),
        field("b", Type::Bool),
    ])
}

fn type_of(shape: Shape) -> Type {
    let text = |name: &str| Field {
        name: name.to_owned(),
        ty: Type::String,
    };
    match shape {
        Shape::Triple => triple(),
        Shape::Number => Type::Int,
        Shape::Text => Type::record(vec![text("out")]),
        Shape::Nothing => Type::record(Vec::new()),
        Shape::Union => Type::Union {
            variants: ["A", "B"]
                .map(|tag| wfc_ir::Variant {
                    tag: tag.to_owned(),
                    fields: vec![text("s")],
                })
                .to_vec(),
        },
    }
}

/// The tag of a union step.
fn tag_of(step: StepId) -> Expr {
    Expr::Step {
        step,
        field: StepField::Artifact {
            name: VARIANT_KEY.to_owned(),
        },
    }
}
