//! The host: everything that touches the world on behalf of the machine.

mod adopt;
mod attempt;
mod capture;
mod cassette;
mod changes;
mod classes;
mod depends;
mod envelope;
mod evidence;
mod family;
mod files;
mod interrupts;
mod outputs;
mod probe;
mod process;
mod prompt;
mod sink;
#[cfg(test)]
mod tests;
mod wait;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use wfc_ir::{CaptureMode, Contract, Files, InputMode, Protocol, Value, Violation};

pub use cassette::{Cassette, CassetteError};
pub use family::Member;
pub(crate) use family::{Family, GRACE, mark};
pub use files::WorkspaceFiles;
pub use probe::{Question, Said, ask};

use self::attempt::{Ended, Job};
use self::cassette::Names;
use self::interrupts::Interrupts;
use self::outputs::Before;
use self::process::Bounds;
use self::wait::Watch;
use crate::ProcessIdentity;
use crate::beneath::Site;
use crate::disk::Disk;
use crate::secrets::{Mask, Secrets};
use crate::{
    Attempt, ErrorObject, ExecRequest, Listener, Outcome, ProcessOutcome, ProcessRequest,
    RESULTS_PREFIX, Request, RunDir,
};

/// Names the file of a bundle or variant contract to the process.
const BUNDLE_PATH: &str = "ORCHESTRATOR_OUTPUT_BUNDLE_PATH";

/// How requests are performed.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Who hears what processes write.
    pub listener: Option<Listener>,
    /// Where calls of agents are taken down, or answered from.
    pub cassette: Option<Cassette>,
    /// What must not be shown.
    pub secrets: Secrets,
    /// Is told of each process that a step starts.
    pub started: Option<UnboundedSender<ProcessIdentity>>,
    /// Answers in place of the world.
    pub world: Option<Arc<dyn World>>,
}

/// Stands in for the world outside, such as where runs are explored that would
/// take too many processes.
pub trait World: std::fmt::Debug + Send + Sync {
    /// The answer to a request; `None` leaves it to the host.
    fn perform(&self, request: &Request) -> Option<Result<Outcome, HostError>>;
}

/// Why a run must stop at once. Whatever a step can be blamed for is an
/// [`Outcome`] instead.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// We were asked to stop; what was running has been stopped.
    #[error("the run was interrupted")]
    Interrupted,
    /// The evidence of a step cannot be written.
    #[error("{}: {error}; the run stops because its evidence would be incomplete", path.display())]
    Evidence {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The cassette cannot be read or written.
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    /// Signals cannot be received.
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
}

/// Performs the requests of one run.
pub struct Host {
    files: WorkspaceFiles,
    run: RunDir,
    /// `results/` of the run, as contracts name it.
    results: String,
    options: HostOptions,
    names: Names,
    interrupts: Interrupts,
}

impl Host {
    /// A host for a run in a workspace.
    pub fn new(workspace: &Path, run: RunDir, options: HostOptions) -> Result<Self, HostError> {
        let mut files = WorkspaceFiles::new(workspace).through(run.disk().clone());
        let results = run.path().join("results");
        let inside = results.strip_prefix(files.root()).map(Path::to_owned);
        let results = match inside {
            Ok(inside) => inside,
            Err(_) => {
                files = files.and(results.clone());
                results
            }
        };
        Ok(Self {
            names: Names::new(files.root(), &run),
            results: results.to_string_lossy().into_owned(),
            files,
            run,
            options,
            interrupts: Interrupts::default(),
        })
    }

    /// The door to the files of the run.
    fn disk(&self) -> &Disk {
        self.run.disk()
    }

    /// The workspace of the run.
    pub fn files(&self) -> &WorkspaceFiles {
        &self.files
    }

    /// Performs a request. Dropping the future stops what it has started.
    pub async fn perform(&mut self, request: &Request) -> Result<Outcome, HostError> {
        let world = self.options.world.as_ref();
        if let Some(answer) = world.and_then(|world| world.perform(request)) {
            return answer;
        }
        let outcome = match request {
            Request::Process(process) => Outcome::Process(Box::new(self.process(process).await?)),
            Request::Probe { patterns, .. } => match self.files.probe(patterns) {
                Ok(matched) => Outcome::Probe { matched },
                Err(error) => Outcome::Failed { error },
            },
            Request::Check { value, ty, .. } => match ty.check(value, &self.files) {
                Ok(value) => Outcome::Checked { value },
                Err(errors) => Outcome::Refused { errors },
            },
            Request::Wait {
                pattern,
                timeout_sec,
                poll_ms,
                min_count,
                ..
            } => {
                self.interrupts.listen().map_err(HostError::Signals)?;
                let watch = Watch {
                    files: &self.files,
                    pattern,
                    timeout: limit(*timeout_sec),
                    poll: Duration::from_millis((*poll_ms).max(1)),
                    enough: usize::try_from(*min_count).unwrap_or(usize::MAX),
                };
                tokio::select! {
                    biased;
                    () = self.interrupts.wait() => return Err(HostError::Interrupted),
                    outcome = watch.run() => outcome,
                }
            }
            Request::Write { path, text, .. } => {
                let text = self.mask().text(text);
                match self.files.write(path, text.as_bytes()) {
                    Ok(()) => Outcome::Written,
                    Err(error) => Outcome::Failed { error },
                }
            }
            Request::Directory { path, .. } => match self.files.make_directory(path) {
                Ok(()) => Outcome::Written,
                Err(error) => Outcome::Failed { error },
            },
            Request::Clock { .. } => Outcome::Clock {
                unix_ns: i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX),
            },
            Request::Snapshot(snapshot) => self.note_candidates(snapshot)?,
            Request::Select(select) => self.select(select),
        };
        Ok(self.mask().outcome(outcome))
    }

    /// What hides the secrets of the run.
    fn mask(&self) -> &Mask {
        self.options.secrets.mask()
    }

    async fn process(&mut self, request: &ProcessRequest) -> Result<ProcessOutcome, HostError> {
        self.interrupts.listen().map_err(HostError::Signals)?;
        let paths: Vec<String> = request
            .contract_paths
            .iter()
            .map(|p| self.complete(p))
            .collect();
        let contract = request
            .contract
            .as_ref()
            .map(|contract| (contract, &paths[..]));
        if let Some(error) = contract.and_then(|(contract, paths)| self.escapes(contract, paths)) {
            return Ok(refused(error));
        }
        for name in &request.secrets {
            if let Some(value) = request.env.get(name) {
                self.options.secrets.learn(value);
            }
        }
        let output_file = match self.output_file(request) {
            Ok(place) => place,
            Err(error) => return Ok(refused(error)),
        };
        let (job, left_out) = match self.prepare(request, &paths)? {
            Ok(job) => job,
            Err(error) => return Ok(refused(error)),
        };
        let warnings = self.shown_secrets(&job);
        let mut earlier: Vec<Attempt> = Vec::new();
        loop {
            self.make_room(request, &paths);
            let number = u32::try_from(earlier.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let before = Before::note(&self.files, &paths);
            if job.prompt.is_some() {
                tokio::time::sleep(before.tick()).await;
            }
            let ended = self.attempt(&job, number).await?;
            let ran = ended.ran;
            let unwritten = match &output_file {
                Some(place) if ran => self.copy_output(request, place, &ended).err(),
                _ => None,
            };
            let mut outcome = self.settle(request, contract, ended, unwritten);
            self.hide_results(request, &paths);
            if let Some((contract, paths)) = contract.filter(|_| ran) {
                let made = &outcome.artifacts;
                outcome.outputs = before.since(&self.files, paths, contract, made);
            }
            let class = classes::class(&outcome);
            let again = class.filter(|class| request.retries.covers(*class, number));
            let Some(class) = again else {
                outcome.injection = left_out;
                outcome.warnings = warnings;
                outcome.earlier = earlier;
                return Ok(outcome);
            };
            // Nothing has to recover before a cassette can answer.
            let waited_ms = match job.replays {
                true => 0,
                false => request.retries.pause_ms(number, chance()),
            };
            self.keep_logs(request, number)?;
            earlier.push(Attempt {
                exit_code: outcome.exit_code,
                duration_ms: outcome.duration_ms,
                class: Some(class),
                error: outcome.error.map(|error| self.mask().error(error)),
                waited_ms,
            });
            let pause = tokio::time::sleep(Duration::from_millis(waited_ms));
            tokio::select! {
                biased;
                () = self.interrupts.wait() => return Err(HostError::Interrupted),
                () = pause => {}
            }
        }
    }

    /// A secret is for the environment of a process. Where else one has come,
    /// it is seen by others: by everyone who lists the processes of the
    /// machine, or by whoever an agent tells its prompt.
    fn shown_secrets(&self, job: &Job<'_>) -> Vec<String> {
        let mut warnings = Vec::new();
        if job.argv.iter().any(|word| self.mask().sees(word)) {
            warnings.push(
                "the value of a secret stands in the command line, which everyone on this machine can read"
                    .to_owned(),
            );
        }
        if job
            .prompt
            .as_deref()
            .is_some_and(|prompt| self.mask().sees(prompt))
        {
            warnings.push("the value of a secret stands in the prompt of the agent".to_owned());
        }
        warnings
    }

    /// Puts the logs of an attempt out of the way of the next one. No step has
    /// a `~` in the name of its log.
    fn keep_logs(&self, request: &ProcessRequest, number: u32) -> Result<(), HostError> {
        for suffix in ["stdout", "stderr"] {
            let path = self.run.log_path(&request.coord.log_name, suffix);
            let mut kept = path.clone().into_os_string();
            kept.push(format!("~{number}"));
            match self.disk().rename(&path, Path::new(&kept)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(HostError::Evidence { path, error });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A path that the compiler left to the run, completed.
    fn complete(&self, path: &str) -> String {
        let Some(rest) = path.strip_prefix(RESULTS_PREFIX) else {
            return path.to_owned();
        };
        let parts: Vec<String> = rest
            .split('/')
            .map(|part| match part.strip_suffix(".json") {
                Some(stem) => wfc_ir::file_name(stem) + ".json",
                None => wfc_ir::file_name(part),
            })
            .collect();
        format!("{}/{}", self.results, parts.join("/"))
    }

    /// The error of a contract whose file lies outside the workspace: found
    /// before an agent has worked for nothing.
    fn escapes(&self, contract: &Contract, paths: &[String]) -> Option<ErrorObject> {
        let kind = match contract {
            Contract::Files { .. } => "invalid_output_path",
            Contract::Bundle { .. } | Contract::Variant { .. } => "invalid_bundle_path",
        };
        let violations: Vec<Violation> = paths
            .iter()
            .filter_map(|path| {
                let message = self.files.locate(path).err()?;
                Some(Violation {
                    kind: kind.to_owned(),
                    message,
                    context: json!({ "path": path }),
                })
            })
            .collect();
        (!violations.is_empty()).then(|| broken(&violations))
    }

    /// Everything about a process that its attempts have in common.
    fn prepare<'a>(
        &self,
        request: &'a ProcessRequest,
        paths: &[String],
    ) -> Result<Result<(Job<'a>, Option<Value>), ErrorObject>, HostError> {
        let depends = match &request.depends {
            Some(depends) => match self.resolve(depends) {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            },
            None => None,
        };
        let replays = matches!(request.exec, ExecRequest::Provider { .. })
            && self
                .options
                .cassette
                .as_ref()
                .is_some_and(Cassette::answers);
        // A cassette needs no secrets.
        let missing = self.options.secrets.missing(&request.secrets);
        if !missing.is_empty() && !replays {
            return Ok(Err(missing_secrets(&missing)));
        }
        let mut left_out = None;
        let contract = request.contract.as_ref();
        let mut env = request.env.clone();
        if let (Some(path), true) = (
            paths.first(),
            contract.is_some_and(|contract| contract.bundle_path().is_some()),
        ) {
            env.insert(BUNDLE_PATH.to_owned(), path.clone());
        }
        let mut job = Job {
            coord: &request.coord,
            template: &[],
            argv: Vec::new(),
            env,
            prompt: None,
            output: Protocol::Plain,
            feed: false,
            bounds: bounds(request),
            keep: capture::needed(request.capture.mode),
            data: request.capture.mode == CaptureMode::Json && !self.mask().is_empty(),
            replays,
        };
        match &request.exec {
            ExecRequest::Command { argv } => job.argv.clone_from(argv),
            ExecRequest::Provider {
                argv,
                input,
                output,
                prompt: parts,
                ..
            } => {
                let injected = depends.map(|depends| {
                    left_out = depends.left_out;
                    (depends.text, depends.position)
                });
                let composed = prompt::compose(parts, injected, contract, paths, &self.files);
                let prompt = match composed {
                    Ok(prompt) => prompt,
                    Err(error) => return Ok(Err(error)),
                };
                let log = self.run.log_path(&request.coord.log_name, "prompt.txt");
                let shown = self.mask().text(&prompt);
                self.disk()
                    .write(&log, shown.as_bytes(), false)
                    .map_err(|error| HostError::Evidence { path: log, error })?;
                job.template = argv;
                job.output = *output;
                job.feed = *input == InputMode::Stdin;
                job.argv = match input {
                    InputMode::Stdin => argv.clone(),
                    InputMode::Argv => argv
                        .iter()
                        .map(|word| word.replace("${PROMPT}", &prompt))
                        .collect(),
                };
                job.prompt = Some(prompt);
            }
        }
        Ok(Ok((job, left_out)))
    }

    /// Makes the directories that the contract needs, and takes away what an
    /// earlier attempt left where only this step writes: an old answer must
    /// not pass for a new one.
    fn make_room(&self, request: &ProcessRequest, paths: &[String]) {
        for (path, stated) in paths.iter().zip(&request.contract_paths) {
            let Ok(site) = self.files.site(path) else {
                continue;
            };
            // A failure here shows when the contract is enforced.
            let _ = self.disk().make_dirs_above(&site);
            if stated.starts_with(RESULTS_PREFIX) {
                let _ = self.disk().remove_at(&site);
            }
        }
    }

    /// Where all of standard output goes, if the step says so.
    fn output_file(&self, request: &ProcessRequest) -> Result<Option<Site>, ErrorObject> {
        let Some(path) = &request.output_file else {
            return Ok(None);
        };
        let site = self.files.site(path);
        site.map(Some)
            .map_err(|why| output_refused(request, "output_file_path_escape", &why))
    }

    /// Copies the log of standard output: what a process prints is evidence,
    /// so a secret is hidden in the copy as well. Of an agent that tells more
    /// than its answer, only that.
    fn copy_output(
        &self,
        request: &ProcessRequest,
        site: &Site,
        ended: &Ended,
    ) -> Result<(), ErrorObject> {
        let log = self.run.log_path(&request.coord.log_name, "stdout");
        let copy = || {
            if let Some(answer) = &ended.answer {
                return self.disk().write_at(site, answer.as_bytes());
            }
            match self.disk().open(&log) {
                Ok(from) => self.disk().replace_at(site, |file| {
                    let mut from = io::BufReader::with_capacity(1 << 16, from);
                    io::copy(&mut from, file).map(drop)
                }),
                // There is no log where nothing was printed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.disk().write_at(site, b"")
                }
                Err(error) => Err(error),
            }
        };
        copy().map_err(|error| {
            output_refused(request, "output_file_write_failed", &error.to_string())
        })
    }

    /// Hides secrets in the results that a process wrote into the directory
    /// of the run.
    fn hide_results(&self, request: &ProcessRequest, paths: &[String]) {
        if self.mask().is_empty() {
            return;
        }
        for (path, stated) in paths.iter().zip(&request.contract_paths) {
            if stated.starts_with(RESULTS_PREFIX)
                && let Ok(site) = self.files.site(path)
                && let Some(Ok(text)) = self.files.read(path)
            {
                let hidden = self.mask().text(&text);
                if hidden != text && self.disk().write_at(&site, hidden.as_bytes()).is_err() {
                    let _ = self.disk().remove_at(&site);
                }
            }
        }
    }

    /// What an attempt amounts to.
    fn settle(
        &self,
        request: &ProcessRequest,
        contract: Option<(&Contract, &[String])>,
        ended: Ended,
        unwritten: Option<ErrorObject>,
    ) -> ProcessOutcome {
        let (captured, unreadable) = capture::read(&ended.stdout, request.capture.mode);
        let mut outcome = ProcessOutcome {
            exit_code: ended.exit_code,
            duration_ms: ended.duration_ms,
            captured,
            error: ended.error,
            provider: ended.facts,
            ..ProcessOutcome::default()
        };
        // What a process printed before it was stopped need not be whole.
        match unreadable {
            Some(error) if request.capture.allow_parse_error => {
                outcome.unparsed = Some(error.message);
            }
            Some(error) if outcome.error.is_none() => {
                outcome.exit_code = 2;
                outcome.error = Some(error);
            }
            _ => {}
        }
        if let (0, Some(error)) = (outcome.exit_code, unwritten) {
            outcome.exit_code = 2;
            outcome.error = Some(error);
        }
        if let (0, Some((contract, paths))) = (outcome.exit_code, contract) {
            match contract.enforce(paths, &self.files) {
                Ok(artifacts) => outcome.artifacts = artifacts,
                Err(violations) => {
                    outcome.exit_code = 2;
                    outcome.error = Some(broken(&violations));
                }
            }
        }
        outcome
    }
}

/// The outcome of a process that was never to be started.
fn refused(error: ErrorObject) -> ProcessOutcome {
    ProcessOutcome {
        exit_code: 2,
        duration_ms: 1,
        error: Some(error),
        ..ProcessOutcome::default()
    }
}

fn missing_secrets(names: &[String]) -> ErrorObject {
    ErrorObject {
        kind: "missing_secrets".to_owned(),
        message: format!(
            "Missing required secrets: {}; set them in the environment of wfc",
            names.join(", ")
        ),
        context: json!({ "missing_secrets": names }),
    }
}

fn output_refused(request: &ProcessRequest, reason: &str, why: &str) -> ErrorObject {
    ErrorObject {
        kind: "contract_violation".to_owned(),
        message: format!("The output file cannot be written: {why}"),
        context: json!({
            "step": request.coord.log_name,
            "reason": reason,
            "path": request.output_file,
        }),
    }
}

fn broken(violations: &[Violation]) -> ErrorObject {
    ErrorObject {
        kind: "contract_violation".to_owned(),
        message: "Expected output contract validation failed".to_owned(),
        context: json!({ "violations": violations }),
    }
}

/// A time limit that a clock can hold; one beyond that is none.
fn limit(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.max(0.0)).ok()
}

/// How long a process may take.
fn bounds(request: &ProcessRequest) -> Bounds {
    let limits = &request.limits;
    let usual = Bounds::default();
    Bounds {
        wall: request.timeout_sec.and_then(limit),
        first_output: limits.first_output_sec.and_then(limit),
        idle_output: limits.idle_output_sec.and_then(limit),
        grace: limits.grace_sec.and_then(limit).unwrap_or(usual.grace),
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    random() as f64 / u64::MAX as f64
}

/// A random number. The standard library draws the keys of its hash maps from
/// those of the system; the hash of nothing is one of them.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(())
}
