//! The life of a run, explored: run, pause, cancel, resume, decide, accept a
//! change, fork, a second process at any moment, a death at any moment.
//!
//! This is no model of the program but the program: machine, journal, lock,
//! store and resume as they are, over real files. Only what steps would start
//! is stood in for. From each state that a run can be left in, every action is
//! taken, and its process dies at every operation on its files; what that
//! leaves is a state again, until no new one is found. States count as the same
//! when they would go on in the same way.
//!
//! What must hold all the while:
//!
//! - P1: what was reported settled is not lost.
//! - P2: what is committed is not executed again.
//! - P3: each execution has an intent of its own, and none is made of a step
//!   that must not happen twice unless a person said so.
//! - P4: state.json and plan.json are whole at every moment.
//! - P5: a second process gets nothing as long as the first has the run.
//! - P6: the same state goes on in the same way.
//! - From every state the run can be brought to its end.
//!
//! The suite explores the smallest workflow; `cargo test --test lifecycle --
//! --ignored` explores the others.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

mod facts;
mod scene;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use scene::{Came, Scene, Snapshot, Stage};
use support::faults::{At, Fault, Faults};
use wfc_vm::{Decision, Way};

/// How many operations there are at most after a request to stop.
const STOPPING: usize = 12;

/// Something that is done with a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    /// It is begun.
    Start,
    /// It goes on.
    Resume,
    /// It goes on, and is asked to stop during the process with this number.
    Interrupt(usize),
    /// It goes on with a decision about the step that halts.
    Decide(String, bool),
    /// It goes on with a plan in which the last step is another.
    Accept,
}

impl Action {
    fn way(&self, scene: &Scene) -> Way {
        match self {
            Action::Decide(step, rerun) => Way {
                decisions: vec![(
                    step.clone(),
                    if *rerun {
                        Decision::Rerun
                    } else {
                        Decision::Skip
                    },
                )],
                plan: None,
            },
            Action::Accept => Way {
                decisions: Vec::new(),
                plan: Some(Arc::clone(&scene.changed)),
            },
            Action::Start | Action::Resume | Action::Interrupt(_) => Way::default(),
        }
    }

    fn interrupt(&self) -> Option<usize> {
        match self {
            Action::Interrupt(number) => Some(*number),
            _ => None,
        }
    }
}

/// The exploration.
struct Search {
    scene: Scene,
    seen: BTreeSet<String>,
    rest: VecDeque<Snapshot>,
    transitions: usize,
    deaths: usize,
    races: usize,
    forks: usize,
}

impl Search {
    fn new(workflow: &str, fails: &'static str) -> Self {
        Search {
            scene: Scene::new(workflow, fails),
            seen: BTreeSet::new(),
            rest: VecDeque::new(),
            transitions: 0,
            deaths: 0,
            races: 0,
            forks: 0,
        }
    }

    fn run(&mut self) {
        let nothing = self.scene.nothing();
        self.act(&nothing, &Action::Start);
        while let Some(state) = self.rest.pop_front() {
            let facts = state.facts();
            assert!(self.seen.len() < 2000, "the states do not come to an end");
            if facts.completed {
                self.fork(&state);
                continue;
            }
            self.act(&state, &Action::Resume);
            for number in 0..3 {
                self.act(&state, &Action::Interrupt(number));
            }
            if let Some(step) = self.scene.halted(&state) {
                self.act(&state, &Action::Decide(step.clone(), true));
                self.act(&state, &Action::Decide(step, false));
            }
            self.act(&state, &Action::Accept);
            self.race(&state);
            self.fork(&state);
            self.ends(&state);
        }
    }

    /// Takes an action whole, and then with a death at each operation.
    fn act(&mut self, state: &Snapshot, action: &Action) {
        let faults = Faults::none();
        let first = self.step(state, action, &faults);
        let again = self.step(state, action, &Faults::none());
        assert_eq!(first.facts().told(), again.facts().told(), "P6: {action:?}");
        let operations = faults.operations();
        // Up to the interruption it is what it is without one.
        let begin = match action {
            Action::Interrupt(_) => operations.len().saturating_sub(STOPPING),
            _ => 0,
        };
        for (number, operation) in operations.iter().enumerate().skip(begin) {
            let changes = ["read", "list", "open", "lock"];
            if changes.iter().any(|verb| operation.starts_with(verb)) {
                continue;
            }
            let write = operation.starts_with("write");
            let within = write.then_some(Fault::DiesWithin);
            for fault in [Fault::DiesBefore].into_iter().chain(within) {
                self.deaths += 1;
                self.step(state, action, &Faults::new(At::Number(number), fault));
            }
        }
    }

    fn step(&mut self, before: &Snapshot, action: &Action, faults: &Arc<Faults>) -> Snapshot {
        self.transitions += 1;
        let what = format!("{action:?} after {}", before.key());
        let stage = Stage::of(before, action.interrupt());
        let came = match action {
            Action::Start => self.scene.start(before, &stage, faults.disk()),
            _ => {
                let way = action.way(&self.scene);
                self.scene.resume(before, &stage, faults.disk(), way)
            }
        };
        let after = self.scene.left(before, &stage, &came);
        check(before, &after, &came, &what);
        if after.began() && self.seen.insert(after.key()) {
            self.rest.push_back(after.clone());
        }
        after
    }

    /// While a process goes on with a run, another tries at each of its
    /// operations.
    fn race(&mut self, state: &Snapshot) {
        let faults = Faults::none();
        let stage = Stage::of(state, None);
        self.scene
            .resume(state, &stage, faults.disk(), Way::default());
        let mut owned = false;
        for (number, operation) in faults.operations().iter().enumerate() {
            // While a run is owned, it does not matter what else is read.
            owned |= operation.starts_with("lock");
            let reads = ["read", "list", "open"];
            if owned && reads.iter().any(|verb| operation.starts_with(verb)) {
                continue;
            }
            self.races += 1;
            let stage = Stage::of(state, None);
            let raced = self.scene.raced(state, &stage, number);
            let after = self.scene.left(state, &stage, &raced);
            let what = format!("P5: raced at {number} after {}", state.key());
            check(state, &after, &raced, &what);
        }
    }

    /// A new run from each step that this one has come to.
    fn fork(&mut self, state: &Snapshot) {
        for step in self.scene.entries(state) {
            self.forks += 1;
            let stage = Stage::of(state, None);
            let shared = self.scene.fork(state, &stage, &step);
            let what = format!("fork from {step} after {}", state.key());
            for (visit, times) in &stage.executions() {
                let before = state.executions.get(visit).copied().unwrap_or_default();
                assert!(
                    !shared.contains(visit) || *times == before,
                    "{what}: {visit:?} ran again"
                );
            }
        }
    }

    /// The run can be brought to its end, and comes to the same.
    fn ends(&mut self, state: &Snapshot) {
        let mut now = state.clone();
        for _ in 0..8 {
            if now.facts().completed {
                return;
            }
            let action = match self.scene.halted(&now) {
                Some(step) => Action::Decide(step, false),
                None => Action::Resume,
            };
            now = self.step(&now, &action, &Faults::none());
        }
        panic!("no end is found after {}", state.key());
    }
}

/// What an action may not do.
fn check(before: &Snapshot, after: &Snapshot, came: &Came, what: &str) {
    let (was, is) = (before.facts(), after.facts());
    is.check(what);
    for step in &came.settled {
        assert!(
            is.settled(step),
            "P1: {what}: `{step}` was reported and is lost"
        );
    }
    for (visit, times) in &after.executions {
        let earlier = before.executions.get(visit).copied().unwrap_or_default();
        if was.committed.contains(visit) && was.voided.get(visit) == is.voided.get(visit) {
            assert_eq!(*times, earlier, "P2: {what}: {visit:?} ran again");
        }
        let intents = is.intents.get(visit).copied().unwrap_or_default();
        assert!(
            *times <= intents,
            "P3: {what}: {visit:?} ran {times} times, {intents} were meant"
        );
        if is.once.contains(visit) {
            let said = is.decided.get(visit).copied().unwrap_or_default();
            assert!(
                *times <= 1 + said,
                "P3: {what}: {visit:?} ran {times} times, {said} were allowed"
            );
        }
    }
    assert!(
        before.files.is_empty() || is.records >= was.records,
        "{what}: the journal has become shorter"
    );
}

#[track_caller]
fn explore(workflow: &str, fails: &'static str) -> HashMap<&'static str, usize> {
    let mut search = Search::new(workflow, fails);
    search.run();
    HashMap::from([
        ("states", search.seen.len()),
        ("transitions", search.transitions),
        ("deaths", search.deaths),
        ("races", search.races),
        ("forks", search.forks),
    ])
}

const ONCE: &str = r#"
version: "3.0"
name: life
steps:
  - name: Deploy
    command: [deploy]
    replay: once
  - name: Last
    command: [last]
"#;

const LOOP: &str = r#"
version: "3.0"
name: life
steps:
  - name: A
    command: [a]
  - name: Turns
    id: turns
    for_each:
      items: [x, y]
      steps:
        - name: Turn
          command: [turn, "${item}"]
  - name: Deploy
    command: [deploy]
    replay: once
  - name: Last
    command: [last]
"#;

const CLEANUP: &str = r#"
version: "3.0"
name: life
steps:
  - name: B
    command: [b]
  - name: Last
    command: [last]
finally:
  id: cleanup
  steps:
    - name: Mail
      command: [mail]
      replay: once
"#;

#[test]
fn a_step_that_must_not_happen_twice() {
    let found = explore(ONCE, "");
    assert!(found["states"] > 8 && found["deaths"] > 200, "{found:?}");
}

#[test]
#[ignore = "takes minutes"]
fn a_loop_before_a_step_that_must_not_happen_twice() {
    let found = explore(LOOP, "");
    assert!(found["states"] > 30 && found["deaths"] > 5000, "{found:?}");
}

#[test]
#[ignore = "takes minutes"]
fn a_run_that_fails_and_cleans_up() {
    let found = explore(CLEANUP, "b");
    assert!(found["states"] > 15 && found["deaths"] > 500, "{found:?}");
}
