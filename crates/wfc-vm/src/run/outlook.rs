//! How a run would go on, told before it does.

use serde::Serialize;

use crate::RunError;

/// Why a step waits for a decision although how it ended is known.
pub(super) const VOID_ONCE: &str =
    "ended well, but a step before it has run again since, and its outcome no longer counts";

/// How a run would go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// The run.
    pub run_id: String,
    /// The plan it follows.
    pub plan_hash: String,
    /// Whether it has completed, so that nothing is left to do.
    pub completed: bool,
    /// How many recorded answers count.
    pub answers: usize,
    /// The steps, in the order of the run.
    pub steps: Vec<Planned>,
}

impl Outlook {
    /// How to decide about the step that the run waits for.
    pub fn advice(&self) -> Option<String> {
        let (id, step) = (&self.run_id, &self.of(Fate::Halted).next()?.step);
        Some(format!(
            "`wfc resume {id} --decide '{step}=rerun'` starts it again; `--decide '{step}=skip'` takes what it has written as its result"
        ))
    }

    /// The steps of one fate.
    pub fn of(&self, fate: Fate) -> impl Iterator<Item = &Planned> {
        self.steps.iter().filter(move |step| step.fate == fate)
    }
}

/// What becomes of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its name, as the run shows it.
    pub step: String,
    /// Its durable id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub step_id: String,
    /// `command`, `provider`, ...
    pub kind: String,
    /// What becomes of it.
    pub fate: Fate,
    /// How it ended, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Why, in words: what is said of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What a resume may do with an attempt whose outcome is not known.
    #[serde(rename = "replay", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// How often it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// What becomes of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Its recorded result stands.
    Replayed,
    /// Its recorded result no longer counts.
    Void,
    /// It runs.
    Runs,
    /// It waits for a decision.
    Halted,
    /// It makes the run fail as it did.
    Fails,
    /// It may come later.
    #[default]
    Ahead,
}

/// Why a step comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It had not begun.
    Next,
    /// It failed.
    Failed,
    /// It was begun, and its outcome was never recorded.
    Unknown,
    /// It is about the outputs, which were refused.
    Outputs,
    /// It ended well, in what counts no longer.
    Void,
    /// It failed and asked nothing of the world.
    Fails,
}

/// What a person says of a step that must not happen twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is started again.
    Rerun,
    /// It has done its work: what it was to write is there.
    Skip,
}

impl Decision {
    /// `STEP=rerun` or `STEP=skip`.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub fn parse(text: &str) -> Result<(String, Self), String> {
        let parts = text.rsplit_once('=').filter(|(step, _)| !step.is_empty());
        match parts {
            Some((step, "rerun")) => Ok((step.to_owned(), Decision::Rerun)),
            Some((step, "skip")) => Ok((step.to_owned(), Decision::Skip)),
            _ => Err("it is STEP=rerun or STEP=skip".to_owned()),
        }
    }
}

/// Finds the decision about the step that halts.
pub(super) fn decision_for(
    decisions: &[(String, Decision)],
    halted: Option<&crate::Coord>,
) -> Result<Option<Decision>, RunError> {
    let mut found = None;
    for (step, decision) in decisions {
        match halted.filter(|coord| *step == coord.log_name || *step == coord.path) {
            None => {
                return Err(RunError::Undecidable {
                    step: step.clone(),
                    halted: halted.map(|coord| coord.log_name.clone()),
                });
            }
            Some(_) => found = Some(*decision),
        }
    }
    Ok(found)
}
