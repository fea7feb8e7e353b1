//! One attempt at a process: live, taken down, or answered from a cassette.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use serde_json::json;
use wfc_ir::Protocol;

use super::cassette::{Call, Cassette, RecordedFile, Text};
use super::changes::{Changes, Scope, Snapshot};
use super::envelope;
use super::process::{self, Bound, Bounds, Exit, Fault, Launch};
use super::sink::{Ear, Kept, Output, Sink};
use super::{Host, HostError};
use crate::disk::Disk;
use crate::{Coord, ErrorObject, OutputStream};

/// How much of standard error is kept in memory: none, the log has it.
const KEEP_STDERR: usize = 0;

/// A process, ready to be started.
pub(super) struct Job<'a> {
    pub(super) coord: &'a Coord,
    /// The arguments of a provider before the prompt is put in.
    pub(super) template: &'a [String],
    pub(super) argv: Vec<String>,
    pub(super) env: IndexMap<String, String>,
    /// What a provider is told.
    pub(super) prompt: Option<String>,
    /// What it writes on standard output.
    pub(super) output: Protocol,
    /// Whether it is told so on standard input.
    pub(super) feed: bool,
    pub(super) bounds: Bounds,
    /// How many bytes of standard output are needed afterwards.
    pub(super) keep: usize,
    /// Whether that output is read as data.
    pub(super) data: bool,
    /// Whether a cassette answers.
    pub(super) replays: bool,
}

/// How an attempt ended.
pub(super) struct Ended {
    pub(super) exit_code: i64,
    pub(super) duration_ms: u64,
    pub(super) error: Option<ErrorObject>,
    pub(super) stdout: Output,
    /// Whether a process ran at all.
    pub(super) ran: bool,
    /// What an agent said about itself besides its answer.
    pub(super) facts: Option<serde_json::Value>,
    /// The whole answer, where that is not all that was printed.
    pub(super) answer: Option<String>,
}

impl Host {
    /// One attempt, from 1.
    pub(super) async fn attempt(&mut self, job: &Job<'_>, number: u32) -> Result<Ended, HostError> {
        let ear = |stream| {
            let listener = self.options.listener.clone()?;
            let step = job.coord.log_name.clone();
            Some(Ear {
                listener,
                step,
                stream,
            })
        };
        let sink = |stream: OutputStream, keep| {
            let path = self.run.log_path(&job.coord.log_name, stream.as_str());
            Sink::new(self.disk(), path.clone(), keep, ear(stream), self.mask())
                .map_err(|error| HostError::Evidence { path, error })
        };
        let mut out = sink(OutputStream::Stdout, job.keep)?;
        if job.data {
            out = out.keep_whole();
        }
        let mut err = sink(OutputStream::Stderr, KEEP_STDERR)?;
        let taped = job
            .prompt
            .is_some()
            .then(|| self.options.cassette.take())
            .flatten();
        let answer = match taped {
            None => self.live(job, &mut out, &mut err).await.map(Ok),
            Some(mut cassette) => {
                let answer = if job.replays {
                    self.replay(&cassette, job, number, &mut out, &mut err)
                } else {
                    self.record(&mut cassette, job, number, &mut out, &mut err)
                        .await
                        .map(Ok)
                };
                self.options.cassette = Some(cassette);
                answer
            }
        }?;
        end(&mut out)?;
        end(&mut err)?;
        match answer {
            Ok((exit, took)) => {
                let ran = !matches!(exit, Exit::NotStarted(_));
                let (exit_code, error) = judge(job, exit);
                let log = out.path().to_owned();
                let ended = Ended {
                    exit_code,
                    duration_ms: milliseconds(took),
                    error,
                    stdout: out.finish(),
                    ran,
                    facts: None,
                    answer: None,
                };
                listen(self.disk(), job, &log, ended)
            }
            Err(error) => Ok(Ended {
                exit_code: 2,
                duration_ms: 1,
                error: Some(error),
                stdout: out.finish(),
                ran: false,
                facts: None,
                answer: None,
            }),
        }
    }

    async fn live(
        &mut self,
        job: &Job<'_>,
        out: &mut Sink,
        err: &mut Sink,
    ) -> Result<(Exit, Duration), HostError> {
        let prompt = job.prompt.as_ref().filter(|_| job.feed);
        let mark = super::mark(&self.run, job.coord);
        let launch = Launch {
            argv: &job.argv,
            env: &job.env,
            directory: self.files.root(),
            stdin: prompt.map(String::as_bytes),
            bounds: job.bounds,
            mark: &mark,
        };
        let listener = self.options.started.clone();
        let started = |identity| {
            // Nobody listens once the run is over.
            let _ = listener.map(|listener| listener.send(identity));
        };
        process::run(&launch, out, err, started, self.interrupts.wait())
            .await
            .map_err(stopped)
    }

    async fn record(
        &mut self,
        cassette: &mut Cassette,
        job: &Job<'_>,
        number: u32,
        out: &mut Sink,
        err: &mut Sink,
    ) -> Result<(Exit, Duration), HostError> {
        let before = self.snapshot();
        let (exit, took) = self.live(job, out, err).await?;
        end(out)?;
        end(err)?;
        let changes = self.snapshot().since(&before, |name| self.absolute(name));
        let hide = |text: &str| Text(self.names.hide(&self.mask().text(text)));
        let (exit_code, not_started) = match &exit {
            Exit::Code(code) => (*code, None),
            Exit::TimedOut(_) => (124, None),
            Exit::NotStarted(why) => (1, Some(why.clone())),
        };
        let log = |sink: &Sink| {
            // There is no file when there was no output.
            let bytes = self.disk().read(sink.path()).unwrap_or_default();
            hide(&String::from_utf8_lossy(&bytes))
        };
        cassette.add(Call {
            step: job.coord.path.clone(),
            visit: job.coord.visit,
            attempt: number,
            argv: job.template.iter().map(|word| hide(word)).collect(),
            prompt: hide(job.prompt.as_deref().unwrap_or_default()),
            stdout: log(out),
            stderr: if not_started.is_some() {
                Text::default()
            } else {
                log(err)
            },
            exit_code,
            timed_out: matches!(exit, Exit::TimedOut(_)),
            not_started: not_started.map(|why| hide(&why).0),
            duration_ms: milliseconds(took),
            files: self.collect(&changes)?,
            removed: changes.removed.iter().map(|name| hide(name).0).collect(),
        })?;
        Ok((exit, took))
    }

    fn snapshot(&self) -> Snapshot {
        let results = self.run.path().join("results");
        Snapshot::take(&Scope {
            root: self.files.root(),
            runs: self.run.path().parent().unwrap_or(self.run.path()),
            results: (&results, &self.results),
        })
    }

    fn absolute(&self, name: &str) -> std::path::PathBuf {
        self.files.root().join(name)
    }

    fn collect(&self, changes: &Changes) -> Result<Vec<RecordedFile>, HostError> {
        let mut files = Vec::new();
        for name in &changes.written {
            let path = self.absolute(name);
            let read = std::fs::read(&path)
                .and_then(|bytes| Ok((bytes, path.metadata()?.permissions().mode())));
            match read {
                Ok((bytes, mode)) => {
                    let bytes = self.mask().bytes(bytes);
                    files.push(self.names.recorded(name, mode & 0o111 != 0, bytes));
                }
                // Something the agent left running has taken it away again.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(HostError::Evidence { path, error }),
            }
        }
        Ok(files)
    }

    /// Does what the recorded call did. The inner error is one that the step
    /// fails with.
    fn replay(
        &self,
        cassette: &Cassette,
        job: &Job<'_>,
        number: u32,
        out: &mut Sink,
        err: &mut Sink,
    ) -> Result<Result<(Exit, Duration), ErrorObject>, HostError> {
        let started = Instant::now();
        let prompt = job.prompt.as_deref().unwrap_or_default();
        let prompt = self.names.hide(&self.mask().text(prompt));
        let done = cassette
            .find(job.coord, number, &prompt)
            .and_then(|call| self.restore(call).map(|()| call));
        let call = match done {
            Ok(call) => call,
            Err(error) => {
                push(err, &long_form(&error))?;
                return Ok(Err(error));
            }
        };
        push(out, &self.names.show(&call.stdout.0))?;
        push(err, &self.names.show(&call.stderr.0))?;
        let exit = match &call.not_started {
            Some(why) => {
                push(err, &format!("{why}\n"))?;
                Exit::NotStarted(why.clone())
            }
            None if call.timed_out => Exit::TimedOut(Bound::Wall),
            None => Exit::Code(call.exit_code),
        };
        Ok(Ok((exit, started.elapsed())))
    }

    /// Puts the files of a recorded call in place.
    fn restore(&self, call: &Call) -> Result<(), ErrorObject> {
        let fail = |path: &str, why: String| ErrorObject {
            kind: "cassette_invalid".to_owned(),
            message: format!("the recorded file `{path}` cannot be put in place: {why}"),
            context: json!({ "step": call.step, "path": path }),
        };
        for file in &call.files {
            let path = self.names.show(&file.path);
            let put = || {
                let bytes = self.names.bytes(file)?;
                self.files
                    .write(&path, &bytes)
                    .map_err(|error| error.message)?;
                if file.executable {
                    let made = self.files.open(&self.files.site(&path)?);
                    let made = made.and_then(|file| file.make_executable());
                    made.map_err(|error| error.to_string())?;
                }
                Ok(())
            };
            put().map_err(|why: String| fail(&path, why))?;
        }
        for path in &call.removed {
            let path = self.names.show(path);
            let site = self.files.site(&path).map_err(|why| fail(&path, why))?;
            let gone = self.disk().remove_at(&site);
            gone.map_err(|error| fail(&path, error.to_string()))?;
        }
        Ok(())
    }
}

/// The message of an error for a log, which has room for all of it.
fn long_form(error: &ErrorObject) -> String {
    let diff = error.context["diff"].as_str();
    let first = error.message.lines().next().unwrap_or_default();
    match diff {
        Some(diff) => format!("{first}\n{diff}"),
        None => format!("{}\n", error.message),
    }
}

fn push(sink: &mut Sink, text: &str) -> Result<(), HostError> {
    sink.push(text.as_bytes())
        .map_err(|error| HostError::Evidence {
            path: sink.path().to_owned(),
            error,
        })
}

fn end(sink: &mut Sink) -> Result<(), HostError> {
    sink.end().map_err(|error| HostError::Evidence {
        path: sink.path().to_owned(),
        error,
    })
}

fn stopped(fault: Fault) -> HostError {
    match fault {
        Fault::Interrupted => HostError::Interrupted,
        Fault::Log(path, error) => HostError::Evidence { path, error },
    }
}

/// Takes the answer of an agent out of what it says of itself. What it wrote
/// stays in `log`.
fn listen(disk: &Disk, job: &Job<'_>, log: &Path, mut ended: Ended) -> Result<Ended, HostError> {
    if job.output.is_plain() {
        return Ok(ended);
    }
    let read = match disk.open(log) {
        Ok(file) => envelope::read(job.output, std::io::BufReader::new(file)),
        // There is no file when there was no output.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            envelope::read(job.output, &[][..])
        }
        Err(error) => Err(error),
    };
    let answer = read.map_err(|error| HostError::Evidence {
        path: log.to_owned(),
        error,
    })?;
    ended.facts = (!answer.facts.is_empty()).then_some(answer.facts.into());
    if let Some(text) = answer.text {
        let total = text.len() as u64;
        let bytes = text.as_bytes();
        let bytes = bytes[..bytes.len().min(job.keep)].to_owned();
        ended.answer = Some(text);
        ended.stdout = Output {
            shown: Kept { bytes, total },
            whole: None,
        };
    }
    // A time limit or an exit code says more than a stream that broke off
    // because of it; what the agent itself reports says more than a code.
    let reported = matches!(answer.problem, Some(envelope::Problem::Reported(_)));
    if let Some(problem) = answer.problem
        && ended.error.is_none()
        && (ended.exit_code == 0 || reported)
    {
        ended.error = Some(problem.error(job.output));
        if ended.exit_code == 0 {
            ended.exit_code = problem.exit_code();
        }
    }
    Ok(ended)
}

fn judge(job: &Job<'_>, exit: Exit) -> (i64, Option<ErrorObject>) {
    match exit {
        Exit::Code(code) => (code, None),
        Exit::TimedOut(bound) => {
            let who = if job.prompt.is_some() {
                "Provider"
            } else {
                "Command"
            };
            let bounds = &job.bounds;
            let (key, limit) = match bound {
                Bound::Wall => ("timeout_sec", bounds.wall),
                Bound::FirstOutput => ("first_output_sec", bounds.first_output),
                Bound::IdleOutput => ("idle_output_sec", bounds.idle_output),
            };
            let seconds = crate::seconds(limit.unwrap_or_default().as_secs_f64());
            let what = match bound {
                Bound::Wall => format!("timed out after {seconds} seconds"),
                Bound::FirstOutput => {
                    format!("wrote nothing within {seconds} seconds of its start")
                }
                Bound::IdleOutput => format!("wrote nothing for {seconds} seconds"),
            };
            let error = ErrorObject {
                kind: "timeout".to_owned(),
                message: format!("{who} {what}"),
                context: json!({ key: seconds }),
            };
            (124, Some(error))
        }
        Exit::NotStarted(message) => {
            let error = ErrorObject {
                kind: "execution_error".to_owned(),
                message,
                context: serde_json::Value::Null,
            };
            (1, Some(error))
        }
    }
}

/// Whole milliseconds, and at least one: a process takes time.
fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1)
}
