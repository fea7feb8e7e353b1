//! A run from its first record to its last: the one place where machine,
//! journal, host and projection meet.

mod commit;
mod fit;
mod fork;
mod hearing;
mod outlook;
mod past;
mod plans;
mod recorded;
mod repair;
mod resume;
mod state;
mod support;
mod survivors;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wfc_ir::{Plan, ReplayClass, TypeError, verify_plan};

use self::commit::Commit;
pub use self::fit::{Fit, Parting};
use self::hearing::Hearing;
pub use self::outlook::{Because, Decision, Fate, Outlook, Planned};
use self::past::session_of;
pub use self::recorded::Recorded;
pub use self::repair::{Repaired, repair};
pub use self::resume::{Way, resume};
use self::state::StateFile;
pub use self::support::{Unsupported, runnable};
use crate::disk::Disk;
use crate::host::{Cassette, Host, HostError, HostOptions, Member, WorkspaceFiles, World};
use crate::identity::ProcessIdentity;
use crate::journal::{
    Follows, JOURNAL_SCHEMA, Journal, JournalError, Origin, Record, RunRecord, SessionRecord, Spent,
};
use crate::machine::{Event, Failure, Machine, Start, Yield};
use crate::owner::{LockError, RunLock};
use crate::projection::{Moment, RunStatus, Session};
use crate::secrets::Secrets;
use crate::store::{RUNS_ROOT, RunDir, StoreError, now_iso};
use crate::{Coord, ErrorObject, ExecRequest, Heard, Outcome, Request, bind_inputs};

/// How often a long step shows that it is still alive.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How a run is to be carried out.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// The absolute directory that the workflow works in.
    pub workspace: PathBuf,
    /// Where run directories lie, usually `.orchestrate/runs` in the workspace.
    pub runs_root: PathBuf,
    /// Whether what processes write is told as it comes.
    pub stream_output: bool,
    /// Where the answers of agents are kept, or taken from.
    pub cassette: Option<Cassette>,
    /// How often a provider step is tried again when it does not say.
    pub provider_retries: u32,
    /// How long it waits before that, in milliseconds.
    pub retry_delay_ms: u64,
    /// Goes on after a failed step.
    pub continue_on_error: bool,
    /// The command line, for the record.
    pub argv: Vec<String>,
    /// The door to all files that are written.
    pub disk: Disk,
    /// Answers for the world, where one stands in for it.
    pub world: Option<Arc<dyn World>>,
}

impl RunConfig {
    /// A run in this workspace, as it is when nothing else is said.
    pub fn new(workspace: &Path) -> Self {
        RunConfig {
            workspace: workspace.to_owned(),
            runs_root: workspace.join(RUNS_ROOT),
            stream_output: false,
            cassette: None,
            provider_retries: 1,
            retry_delay_ms: 1000,
            continue_on_error: false,
            argv: Vec::new(),
            disk: Disk::default(),
            world: None,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The run.
    pub run_id: String,
    /// Its directory.
    pub run_dir: PathBuf,
    /// Its state.
    pub status: RunStatus,
    /// Its outputs; an empty object unless it completed.
    pub outputs: Value,
    /// What failed.
    pub failure: Option<Failure>,
}

/// What a person who watches is told.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The run has an id and a directory.
    Run {
        /// The id.
        run_id: &'a str,
        /// The directory.
        run_dir: &'a Path,
    },
    /// A resume has found out where it stands.
    Resumed {
        /// What becomes of each step.
        outlook: &'a Outlook,
    },
    /// A resume has ended what an interrupted step had left behind.
    Survivors {
        /// The step.
        step: &'a str,
        /// Its processes.
        members: &'a [Member],
    },
    /// A process has written something; only with
    /// [`stream_output`](RunConfig::stream_output). It may be told before its
    /// step is said to have begun.
    Output(Heard<'a>),
    /// A step begins or is settled.
    Step {
        /// What happened.
        event: &'a Event,
        /// When; it may be told a little later.
        at: Instant,
    },
}

/// Why a run could not begin, go on, or be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The plan is malformed.
    #[error("this is not a sound plan: {0}")]
    Plan(String),
    /// The plan has steps that this version does not run.
    #[error("this version checks and compiles the workflow, but cannot run all of its steps")]
    Unsupported(Vec<Unsupported>),
    /// The inputs do not fit.
    #[error("the inputs do not fit the workflow")]
    Inputs(Vec<TypeError>),
    /// The run directory could not be made, found or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process owns the run.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The cassette could not be read or written.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The journal does not belong to this plan.
    #[error("the journal does not fit the plan: {0}")]
    Diverged(String),
    /// Processes of an interrupted step go on and cannot be ended.
    #[error("{0}")]
    Survivors(String),
    /// A step that must not happen twice waits for a decision.
    #[error("`{}` {}; it must not happen twice, so it waits for a decision", halted(.0).step, halted(.0).why.as_deref().unwrap_or_default())]
    Halted(Box<Outlook>),
    /// There is no such decision to make.
    #[error("there is nothing to decide about `{step}`: {}", match halted {
        Some(halted) => format!("the run waits for a decision about `{halted}`"),
        None => "the run waits for no decision".to_owned(),
    })]
    Undecidable {
        /// What was to be decided about.
        step: String,
        /// What the run waits for.
        halted: Option<String>,
    },
    /// A step cannot be taken to have done its work.
    #[error("`{step}` cannot be skipped")]
    Unskippable {
        /// The step.
        step: String,
        /// Why.
        why: Vec<String>,
    },
    /// Another plan does not fit what the run has done.
    #[error("what the run has done does not fit the changed sources: they part at `{}`, after {} of {} recorded results", .0.step, .0.fits, .0.of)]
    Unfit(Parting),
    /// The run has come to no such step.
    #[error("run {run_id} has not come to a step `{step}`")]
    NoSuchStep {
        /// The run.
        run_id: String,
        /// What was asked for.
        step: String,
        /// The steps it has come to.
        known: Vec<String>,
    },
    /// The run has already completed.
    #[error("run {0} has already completed successfully")]
    Completed(String),
    /// The runtime could not be set up.
    #[error("the runtime could not start: {0}")]
    Runtime(std::io::Error),
}

/// The step that a run waits for.
fn halted(outlook: &Outlook) -> Planned {
    outlook.of(Fate::Halted).next().cloned().unwrap_or_default()
}

impl RunError {
    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            RunError::Locked(LockError::Held { .. }) => "wait for it to end, or stop that process first".to_owned(),
            RunError::Journal(JournalError::Empty { .. } | JournalError::Corrupt { .. }) => {
                "the evidence in the run directory is untouched; nothing was run".to_owned()
            }
            RunError::Journal(JournalError::Io { error, .. } | JournalError::Write { error, .. })
            | RunError::Store(StoreError::Io { error, .. })
            | RunError::Locked(LockError::Io { error, .. })
            | RunError::Host(HostError::Evidence { error, .. }) => mend(error).to_owned(),
            RunError::Diverged(_) => {
                "plan.json or journal.jsonl was changed by hand; start a new run".to_owned()
            }
            RunError::Halted(outlook) => return outlook.advice(),
            RunError::Unskippable { step, .. } => {
                format!("`--decide '{step}=rerun'` starts it again")
            }
            RunError::Unsupported(_) => {
                "nothing was started; `wfc check` and `wfc compile` work on it, and it runs once these steps are plain `provider` steps".to_owned()
            }
            RunError::Survivors(_) => {
                "end them by hand; until then the step would run twice at once".to_owned()
            }
            RunError::Plan(_) => {
                "compile the workflow again with `wfc compile --emit plan`".to_owned()
            }
            _ => return None,
        })
    }
}

/// What is to be done about a disk that refuses.
fn mend(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there first",
        ErrorKind::ReadOnlyFilesystem => "the file system must be writable; mount it so first",
        ErrorKind::PermissionDenied => "whoever runs wfc must be allowed to write there",
        ErrorKind::NotFound => "something that wfc had made was taken away; put it back first",
        _ => "find out what is wrong with that disk first",
    }
}

/// Begins a run.
///
/// # Errors
/// When nothing could be started: a malformed plan, inputs that do not fit, a
/// directory that cannot be written. A step that fails is no error but an
/// [`Ended`] run.
pub fn start(
    plan: impl Into<Arc<Plan>>,
    inputs: Map<String, Value>,
    context: IndexMap<String, String>,
    config: &RunConfig,
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<Ended, RunError> {
    begin(plan.into(), inputs, context, None, config, observe)
}

fn begin(
    plan: Arc<Plan>,
    inputs: Map<String, Value>,
    context: IndexMap<String, String>,
    origin: Option<Origin>,
    config: &RunConfig,
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<Ended, RunError> {
    check_plan(&plan)?;
    let params = plan.entry().map_or(&[][..], |entry| &entry.inputs);
    let files = WorkspaceFiles::new(&config.workspace);
    let inputs = bind_inputs(params, inputs, &files).map_err(RunError::Inputs)?;
    // What is recorded is what a resume goes on with, so it is hidden now.
    let secrets = secrets_of(&plan);
    let mask = secrets.mask();
    let dir = RunDir::create(&config.disk, &config.runs_root)?;
    let lock = dir.lock()?;
    plans::show(&dir, &plan)?;
    let started_at = now_iso();
    let mut journal = Journal::create(dir.disk(), &dir.journal_path())?;
    let record = RunRecord {
        schema: JOURNAL_SCHEMA.to_owned(),
        run_id: dir.id().to_owned(),
        follows: Follows {
            plan_hash: plan.hash(),
            bound_inputs: mask.map(inputs),
            prompts: fit::prompts(&plan, config),
        },
        started_at,
        origin,
        context: context
            .into_iter()
            .map(|(key, value)| (key, mask.text(&value)))
            .collect(),
        argv: config.argv.iter().map(|arg| mask.text(arg)).collect(),
        continue_on_error: config.continue_on_error,
        provider_retries: config.provider_retries,
        retry_delay_ms: config.retry_delay_ms,
    };
    journal.append(&Record::Run(record.clone()), false)?;
    let machine = Machine::new(plan, start_of(&record, &record.follows, &dir));
    let runner = Runner::new(
        machine,
        journal,
        dir,
        lock,
        config,
        observe,
        Before::default(),
    )?;
    block_on(runner.drive(None))
}

fn block_on<T>(future: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?
        .block_on(future)
}

fn check_plan(plan: &Plan) -> Result<(), RunError> {
    plan.schema.admits("wfc.plan").map_err(RunError::Plan)?;
    verify_plan(plan).map_err(|errors| {
        RunError::Plan(errors.first().map_or(String::new(), ToString::to_string))
    })?;
    runnable(plan)
}

fn secrets_of(plan: &Plan) -> Secrets {
    Secrets::new(plan, |name| std::env::var_os(name))
}

fn start_of(record: &RunRecord, follows: &Follows, dir: &RunDir) -> Start {
    Start {
        run_id: record.run_id.clone(),
        run_root: dir.path().to_string_lossy().into_owned(),
        started_at: record.started_at.clone(),
        inputs: follows.bound_inputs.clone(),
        context: record.context.clone(),
        continue_on_error: record.continue_on_error,
        provider_retries: record.provider_retries,
        retry_delay_ms: record.retry_delay_ms,
    }
}

/// What a run brings with it from before.
struct Before {
    sessions: Vec<Session>,
    attempts: HashMap<String, u32>,
    /// Visits that were made and whose outcome does not count.
    spent: HashSet<Spent>,
    /// What is recorded before anything runs.
    records: Vec<Record>,
    entrypoint: &'static str,
}

impl Default for Before {
    fn default() -> Self {
        Before {
            sessions: Vec::new(),
            attempts: HashMap::new(),
            spent: HashSet::new(),
            records: Vec::new(),
            entrypoint: "run",
        }
    }
}

/// A run that is going on.
struct Runner<'a> {
    machine: Machine,
    commit: Commit<'a>,
    dir: RunDir,
    host: Host,
    hearing: Hearing,
    secrets: Secrets,
    sessions: Vec<Session>,
    step_started_at: Option<String>,
    state: StateFile,
    attempts: HashMap<String, u32>,
    spent: HashSet<Spent>,
    /// The processes that the host starts.
    started: UnboundedReceiver<ProcessIdentity>,
    /// The directory of the call that was last seen to exist.
    frame_root: String,
    _lock: RunLock,
}

impl<'a> Runner<'a> {
    fn new(
        machine: Machine,
        mut journal: Journal,
        dir: RunDir,
        lock: RunLock,
        config: &RunConfig,
        observe: &'a mut dyn FnMut(&Progress<'_>),
        before: Before,
    ) -> Result<Self, RunError> {
        let mut sessions = before.sessions;
        let identity = ProcessIdentity::current();
        let record = SessionRecord {
            pid: identity.pid,
            process_start: identity.process_start,
            boot_id: identity.boot_id,
            started_at: now_iso(),
            entrypoint: before.entrypoint.to_owned(),
        };
        sessions.push(session_of(&sessions, &record));
        journal.append(&Record::Session(record), false)?;
        for record in &before.records {
            journal.append(record, false)?;
        }
        let secrets = secrets_of(machine.plan());
        let (announce, started) = unbounded_channel();
        let hearing = Hearing::default();
        let host = Host::new(
            &config.workspace,
            dir.clone(),
            HostOptions {
                listener: config.stream_output.then(|| hearing.listener()),
                cassette: config.cassette.clone(),
                secrets: secrets.clone(),
                started: Some(announce),
                world: config.world.clone(),
            },
        )?;
        if before.entrypoint == "run" {
            observe(&Progress::Run {
                run_id: dir.id(),
                run_dir: dir.path(),
            });
        }
        Ok(Runner {
            state: StateFile::new(&dir, secrets.mask()),
            machine,
            commit: Commit::new(journal, observe),
            dir,
            host,
            hearing,
            secrets,
            sessions,
            step_started_at: None,
            attempts: before.attempts,
            spent: before.spent,
            started,
            frame_root: String::new(),
            _lock: lock,
        })
    }

    async fn drive(mut self, pending: Option<Yield>) -> Result<Ended, RunError> {
        let ended = self.go_through(pending).await;
        match &ended {
            // It has been suspended.
            Ok(_) | Err(RunError::Halted(_)) => {}
            Err(error) => self.give_up(error),
        }
        ended
    }

    async fn go_through(&mut self, mut pending: Option<Yield>) -> Result<Ended, RunError> {
        self.write_state(RunStatus::Running, None)?;
        // Nothing is done in the name of a run that could be lost.
        self.commit.settle().await?;
        loop {
            let next = match pending.take() {
                Some(next) => next,
                None => self.machine.step(),
            };
            self.show_events();
            match next {
                Yield::Perform(request) => match self.perform(request).await {
                    Ok(outcome) => self.machine.answer(outcome),
                    Err(RunError::Host(HostError::Interrupted)) => return self.suspend().await,
                    Err(halted @ RunError::Halted(_)) => {
                        self.suspend().await?;
                        return Err(halted);
                    }
                    Err(error) => return Err(error),
                },
                Yield::Done(outputs) => {
                    return self.finish(RunStatus::Completed, outputs, None).await;
                }
                Yield::Failed(failure) => {
                    let none = Value::Object(Map::new());
                    return self.finish(RunStatus::Failed, none, Some(failure)).await;
                }
            }
        }
    }

    fn show_events(&mut self) {
        let events = self.machine.take_events();
        if events
            .iter()
            .any(|event| matches!(event, Event::Started { .. }))
        {
            self.step_started_at = Some(now_iso());
        }
        self.commit.tell(events);
    }

    /// Intent, deed, outcome.
    async fn perform(&mut self, request: Request) -> Result<Outcome, RunError> {
        let coord = request.coord().clone();
        // What was only looked at needs no intent. Its answer is durable before
        // the next process starts, which may change what there is to see.
        let process = matches!(request, Request::Process(_));
        // What came of a long wait is worth keeping too.
        let lasts = process || matches!(request, Request::Wait { .. });
        let agent = matches!(&request, Request::Process(p)
            if matches!(p.exec, ExecRequest::Provider { .. }));
        if process {
            self.permit(&coord)?;
            self.make_frame_dir()?;
            let attempt = self.attempts.entry(coord.path.clone()).or_insert(0);
            *attempt += 1;
            self.commit.append(&Record::Intent {
                coord: coord.clone(),
                attempt: *attempt,
                at: now_iso(),
            })?;
        }
        if agent || process && self.commit.has_unsettled_answers() {
            self.commit.settle().await?;
        }
        let outcome = self.wait(&request).await?;
        self.commit.append(&Record::Outcome {
            coord,
            outcome: outcome.clone(),
            at: now_iso(),
        })?;
        if !process {
            self.commit.answered();
        }
        if agent {
            self.commit.settle().await?;
        } else if lasts {
            self.commit.begin_flush();
        }
        Ok(outcome)
    }

    /// Refuses to make a visit again that must not happen twice.
    fn permit(&mut self, coord: &Coord) -> Result<(), RunError> {
        if self.spent.is_empty() {
            return Ok(());
        }
        let visit = past::visit_of(coord);
        if !self.spent.contains(&visit) || self.machine.replay_class() != Some(ReplayClass::Once) {
            self.spent.remove(&visit);
            return Ok(());
        }
        Err(RunError::Halted(Box::new(Outlook {
            run_id: self.dir.id().to_owned(),
            plan_hash: self.machine.plan().hash(),
            completed: false,
            answers: 0,
            steps: vec![Planned {
                step: coord.log_name.clone(),
                step_id: coord.step_id.clone(),
                fate: Fate::Halted,
                because: Some(Because::Void),
                why: Some(outlook::VOID_ONCE.to_owned()),
                ..Planned::default()
            }],
        })))
    }

    /// Answers the question that is asked without performing it.
    fn take(&mut self, coord: Coord, outcome: Outcome) -> Result<(), RunError> {
        self.commit.append(&Record::Outcome {
            coord,
            outcome: outcome.clone(),
            at: now_iso(),
        })?;
        self.machine.answer(outcome);
        Ok(())
    }

    /// Makes the directory that `run.root` names in a called workflow.
    fn make_frame_dir(&mut self) -> Result<(), RunError> {
        let frame = self.machine.frames().last();
        let Some(frame) = frame.filter(|f| f.call.is_some() && f.root != self.frame_root) else {
            return Ok(());
        };
        let root = Path::new(&frame.root);
        let made = self.dir.disk().make_dirs(root);
        made.map_err(|error| StoreError::Io {
            path: root.to_owned(),
            error,
        })?;
        self.frame_root.clone_from(&frame.root);
        Ok(())
    }

    /// Waits for the host, and keeps `state.json` current meanwhile.
    async fn wait(&mut self, request: &Request) -> Result<Outcome, RunError> {
        let mut moment = self.moment(RunStatus::Running, None);
        let (machine, state, commit) = (&self.machine, &mut self.state, &mut self.commit);
        let started = &mut self.started;
        let hearing = &self.hearing;
        let deed = self.host.perform(request);
        let projection = tokio::time::sleep(state.rest());
        tokio::pin!(deed, projection);
        loop {
            tokio::select! {
                biased;
                Some(identity) = started.recv() => commit.append(&Record::Process {
                    path: request.coord().path.clone(),
                    identity,
                })?,
                outcome = &mut deed => {
                    hearing.pass_on(&mut |heard| commit.pass_on(heard));
                    return Ok(outcome?);
                }
                flushed = commit.flushed() => flushed?,
                () = &mut projection => {
                    moment.now = now_iso();
                    state.write(machine, &moment)?;
                    projection.set(tokio::time::sleep(HEARTBEAT));
                }
                // Last: a process that never stops writing keeps nothing else
                // from being done.
                () = hearing.heard() => hearing.pass_on(&mut |heard| commit.pass_on(heard)),
            }
        }
    }

    fn moment(&self, status: RunStatus, error: Option<ErrorObject>) -> Moment {
        Moment {
            now: now_iso(),
            status,
            step_started_at: self.step_started_at.clone(),
            sessions: self.sessions.clone(),
            error,
        }
    }

    fn write_state(
        &mut self,
        status: RunStatus,
        error: Option<ErrorObject>,
    ) -> Result<(), RunError> {
        let moment = self.moment(status, error);
        Ok(self.state.write(&self.machine, &moment)?)
    }

    /// Shows what is known of a run that can no longer be recorded, as far as
    /// the disk takes it. What a resume goes by is the journal.
    fn give_up(&mut self, error: &RunError) {
        self.end_session("failed");
        let error = ErrorObject {
            kind: "run_not_recorded".to_owned(),
            message: error.to_string(),
            context: Value::Null,
        };
        let _ = self.write_state(RunStatus::Failed, Some(error));
    }

    fn end_session(&mut self, how: &str) {
        if let Some(session) = self.sessions.last_mut() {
            session.ended = Some((now_iso(), how.to_owned()));
        }
    }

    async fn suspend(&mut self) -> Result<Ended, RunError> {
        self.commit.append(&Record::Interrupted { at: now_iso() })?;
        self.commit.settle().await?;
        self.end_session("interrupted");
        self.write_state(RunStatus::Suspended, None)?;
        Ok(self.ended(RunStatus::Suspended, Value::Object(Map::new()), None))
    }

    async fn finish(
        &mut self,
        status: RunStatus,
        outputs: Value,
        failure: Option<Failure>,
    ) -> Result<Ended, RunError> {
        let mask = self.secrets.mask();
        let outputs = mask.value(outputs);
        let failure = failure.map(|failure| Failure {
            error: failure.error.map(|error| mask.error(error)),
            ..failure
        });
        let done = Record::Done {
            status: status.as_str().to_owned(),
            error: failure.as_ref().and_then(|f| f.error.clone()),
            outputs: outputs.clone(),
            at: now_iso(),
        };
        self.commit.append(&done)?;
        self.commit.settle().await?;
        self.end_session(status.as_str());
        self.write_state(status, None)?;
        Ok(self.ended(status, outputs, failure))
    }

    fn ended(&self, status: RunStatus, outputs: Value, failure: Option<Failure>) -> Ended {
        Ended {
            run_id: self.dir.id().to_owned(),
            run_dir: self.dir.path().to_owned(),
            status,
            outputs,
            failure,
        }
    }
}
