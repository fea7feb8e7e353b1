//! What a journal says, read here once more and by other means, so that the
//! program is not held against itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One visit of a step.
pub(crate) type Visit = (String, u64);

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) records: usize,
    /// Visits with an answer that counts.
    pub(crate) committed: BTreeSet<Visit>,
    /// Visits whose answer was good and does not count.
    pub(crate) void: BTreeSet<Visit>,
    /// How often the answer of a visit was declared void.
    pub(crate) voided: BTreeMap<Visit, usize>,
    /// Visits of steps that must not happen twice.
    pub(crate) once: BTreeSet<Visit>,
    /// How often each visit was meant to be made.
    pub(crate) intents: BTreeMap<Visit, usize>,
    /// How often a person said that it is to be made again.
    pub(crate) decided: BTreeMap<Visit, usize>,
    /// The visit that was begun last, when nothing is known of it.
    pub(crate) begun: Option<Visit>,
    /// What is decided about it.
    pub(crate) said: Option<String>,
    pub(crate) completed: bool,
    pub(crate) failed: bool,
    pub(crate) plan: String,
    /// Answers that count: number, visit, name, whether it was good.
    pub(crate) answers: Vec<(u64, Visit, String, bool)>,
    problems: Vec<String>,
}

fn visit(record: &Value) -> Visit {
    let coord = &record["coord"];
    (
        coord["path"].as_str().unwrap().to_owned(),
        coord["visit"].as_u64().unwrap(),
    )
}

impl Facts {
    pub(crate) fn of(journal: &[u8]) -> Self {
        let mut facts = Facts::default();
        let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
        for (at, line) in lines.iter().enumerate() {
            let Ok(line) = serde_json::from_slice::<Value>(line) else {
                if at + 1 < lines.len() {
                    facts.problems.push(format!("line {} is damaged", at + 1));
                }
                continue;
            };
            facts.records += 1;
            facts.take(line["seq"].as_u64().unwrap(), &line["record"]);
        }
        facts
    }

    fn take(&mut self, seq: u64, record: &Value) {
        match record["type"].as_str().unwrap() {
            "run" | "plan" => self.plan = record["plan_hash"].as_str().unwrap().to_owned(),
            "session" => (self.completed, self.failed) = (false, false),
            "intent" => {
                let visit = visit(record);
                *self.intents.entry(visit.clone()).or_default() += 1;
                if self.committed.contains(&visit) {
                    self.problems
                        .push(format!("{visit:?} is committed and begun again"));
                }
                if visit.0.ends_with("deploy") || visit.0.ends_with("mail") {
                    self.once.insert(visit.clone());
                }
                self.begun = Some(visit);
                self.said = None;
            }
            "outcome" => {
                let visit = visit(record);
                let good = record["outcome"]["exit_code"] == 0;
                let name = record["coord"]["log_name"].as_str().unwrap().to_owned();
                self.committed.insert(visit.clone());
                self.void.remove(&visit);
                self.answers.push((seq, visit, name, good));
                (self.begun, self.said) = (None, None);
            }
            "decided" => {
                let visit = visit(record);
                if record["decision"] == "rerun" {
                    *self.decided.entry(visit).or_default() += 1;
                }
                self.said = record["decision"].as_str().map(str::to_owned);
            }
            "void" => {
                let from = record["from_seq"].as_u64().unwrap();
                let (kept, void) = std::mem::take(&mut self.answers)
                    .into_iter()
                    .partition(|(seq, ..)| *seq < from);
                self.answers = kept;
                for (_, visit, _, good) in void as Vec<(u64, Visit, String, bool)> {
                    self.committed.remove(&visit);
                    *self.voided.entry(visit.clone()).or_default() += 1;
                    if good {
                        self.void.insert(visit);
                    }
                }
            }
            "done" => {
                self.completed = record["status"] == "completed";
                self.failed = !self.completed;
            }
            "interrupted" | "process" => {}
            other => panic!("an unknown record: {other}"),
        }
    }

    /// Whether a step with this name has an answer.
    pub(crate) fn settled(&self, name: &str) -> bool {
        self.answers.iter().any(|(_, _, of, _)| of == name)
    }

    #[track_caller]
    pub(crate) fn check(&self, what: &str) {
        assert!(self.problems.is_empty(), "{what}: {:?}", self.problems);
    }

    /// What decides how the run goes on.
    pub(crate) fn key(&self) -> String {
        let answers: Vec<_> = self
            .answers
            .iter()
            .map(|(_, visit, _, good)| (visit, good))
            .collect();
        format!(
            "{answers:?} begun {:?} said {:?} void {:?} {} {}",
            self.begun, self.said, self.void, self.completed, self.plan
        )
    }

    /// What was recorded, clocks aside.
    pub(crate) fn told(&self) -> String {
        format!(
            "{} {:?} {:?} {}",
            self.key(),
            self.intents,
            self.decided,
            self.records
        )
    }
}
