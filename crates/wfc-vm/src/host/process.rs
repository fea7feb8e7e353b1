//! One process: started, fed, drained, timed and stopped.
//!
//! Every process leads a process group of its own. Stopping it stops its whole
//! family, so that nothing it started lives on.

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

use super::family::{self, Family, GRACE, POLL};
use super::sink::Sink;
use crate::ProcessIdentity;

/// How long output is awaited after the process has ended, when something it
/// left behind still holds the pipe.
const DRAIN: Duration = Duration::from_secs(2);

/// How long a program that cannot start because something has it open for
/// writing is tried again.
const BUSY: Duration = Duration::from_millis(500);

/// What to start, and within which bounds.
pub(super) struct Launch<'a> {
    pub(super) argv: &'a [String],
    /// Added to the environment of this process.
    pub(super) env: &'a IndexMap<String, String>,
    pub(super) directory: &'a Path,
    /// Fed to standard input; without it the process reads an empty file.
    pub(super) stdin: Option<&'a [u8]>,
    pub(super) bounds: Bounds,
    /// What tells its processes from all others.
    pub(super) mark: &'a str,
}

/// How long a process may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Altogether.
    pub(super) wall: Option<Duration>,
    /// Until it has written something.
    pub(super) first_output: Option<Duration>,
    /// Without writing something.
    pub(super) idle_output: Option<Duration>,
    /// From being told to end to being killed.
    pub(super) grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            wall: None,
            first_output: None,
            idle_output: None,
            grace: GRACE,
        }
    }
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Wall,
    FirstOutput,
    IdleOutput,
}

/// When a process has written something last.
struct Pulse {
    began: Instant,
    last: Cell<Option<Instant>>,
}

impl Pulse {
    fn beat(&self) {
        self.last.set(Some(Instant::now()));
    }

    /// Waits until the process has been silent for too long. A bound that no
    /// clock can hold is none.
    async fn too_quiet(&self, bounds: &Bounds) -> Bound {
        loop {
            let (since, most, bound) = match (self.last.get(), bounds.first_output) {
                (None, Some(most)) => (self.began, Some(most), Bound::FirstOutput),
                (None, None) => (self.began, bounds.idle_output, Bound::IdleOutput),
                (Some(last), _) => (last, bounds.idle_output, Bound::IdleOutput),
            };
            let now = Instant::now();
            let Some(until) = most.and_then(|most| since.checked_add(most)) else {
                return std::future::pending().await;
            };
            if now >= until {
                return bound;
            }
            // Something may be written meanwhile, and then the other bound counts.
            let look = bounds.idle_output.and_then(|idle| now.checked_add(idle));
            tokio::time::sleep_until(look.map_or(until, |look| until.min(look)).into()).await;
        }
    }
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// By itself, with this code; 128 + n after signal n.
    Code(i64),
    /// It ran out of time.
    TimedOut(Bound),
    /// It never ran; why, in words.
    NotStarted(String),
}

/// Why there is no [`Exit`].
#[derive(Debug)]
pub(super) enum Fault {
    /// We were asked to stop.
    Interrupted,
    /// Its output could not be written down.
    Log(std::path::PathBuf, io::Error),
}

/// Runs a process to its end. `started` is told which one it is, and `cancel`
/// is ready when the run is to stop.
/// Returns how it ended and how long it took.
pub(super) async fn run(
    launch: &Launch<'_>,
    out: &mut Sink,
    err: &mut Sink,
    started: impl FnOnce(ProcessIdentity),
    cancel: impl Future<Output = ()>,
) -> Result<(Exit, Duration), Fault> {
    let began = Instant::now();
    let mut child = match start(launch).await {
        Ok(child) => child,
        Err(why) => {
            log(err, format!("{why}\n").as_bytes())?;
            return Ok((Exit::NotStarted(why), began.elapsed()));
        }
    };
    let mut family = Family::of(&child).marked(launch.mark);
    if let Some(pid) = child.id() {
        started(ProcessIdentity::of(pid));
    }
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let pulse = Pulse {
        began,
        last: Cell::new(None),
    };
    let mut streams = pin!(async {
        tokio::try_join!(
            drain(stdout, out, &pulse),
            drain(stderr, err, &pulse),
            feed(stdin, launch.stdin.unwrap_or_default()),
        )
        .map(|_| ())
    });
    let mut cancel = pin!(cancel);
    let bounds = &launch.bounds;
    let mut deadline = pin!(tokio::time::sleep(bounds.wall.unwrap_or_default()));
    let mut quiet = pin!(pulse.too_quiet(bounds));
    let mut drained = false;
    let mut ended = loop {
        tokio::select! {
            biased;
            status = child.wait() => break Ok(Exit::Code(code(status))),
            done = &mut streams, if !drained => {
                done?;
                drained = true;
            }
            () = &mut deadline, if bounds.wall.is_some() => break Ok(Exit::TimedOut(Bound::Wall)),
            bound = &mut quiet => break Ok(Exit::TimedOut(bound)),
            () = &mut cancel => break Err(Fault::Interrupted),
        }
    };
    if !matches!(ended, Ok(Exit::Code(_))) {
        family.signal(Signal::TERM);
        let until = Instant::now() + bounds.grace;
        let mut reaped = false;
        while !(reaped && family.is_gone()) {
            tokio::select! {
                biased;
                _ = child.wait(), if !reaped => reaped = true,
                done = &mut streams, if !drained => {
                    drained = true;
                    if let Err(fault) = done {
                        ended = Err(fault);
                    }
                }
                () = tokio::time::sleep(POLL) => {}
            }
            if Instant::now() >= until {
                family.signal(Signal::KILL);
                break;
            }
        }
        if !reaped {
            // Only the system can keep it, and then for as long as it likes.
            let _ = tokio::time::timeout(DRAIN, child.wait()).await;
        }
    }
    let took = began.elapsed();
    family.release();
    if !drained && let Ok(done) = tokio::time::timeout(DRAIN, streams).await {
        done?;
    }
    ended.map(|exit| (exit, took))
}

async fn start(launch: &Launch<'_>) -> Result<Child, String> {
    let Some((program, arguments)) = launch.argv.split_first() else {
        return Err("there is nothing to run: the command has no words".to_owned());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(launch.env)
        .env(family::MARK, launch.mark)
        .current_dir(launch.directory)
        .stdin(match launch.stdin {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    spawn(&mut command)
        .await
        .map_err(|error| refusal(launch, program, &error))
}

/// Starts a process. A script that was written a moment ago is busy for as long
/// as a child that was forked meanwhile, anywhere, still holds it open: until
/// that child has become another program. So it is tried again for a while.
pub(super) async fn spawn(command: &mut Command) -> io::Result<Child> {
    let until = Instant::now() + BUSY;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < until =>
            {
                tokio::time::sleep(POLL).await;
            }
            done => return done,
        }
    }
}

/// Why a program does not start, in words that say what to do.
fn refusal(launch: &Launch<'_>, program: &str, error: &io::Error) -> String {
    let longest = launch.argv.iter().map(String::len).max().unwrap_or(0);
    match error.kind() {
        io::ErrorKind::NotFound if !launch.directory.is_dir() => format!(
            "cannot start `{program}`: the workspace {} is not there",
            launch.directory.display()
        ),
        io::ErrorKind::NotFound if program.contains('/') => format!(
            "cannot start `{program}`: there is no such file, or the interpreter that it names is missing"
        ),
        io::ErrorKind::NotFound => {
            format!("cannot start `{program}`: there is no such program on PATH")
        }
        io::ErrorKind::PermissionDenied => {
            format!("cannot start `{program}`: it is not an executable file")
        }
        io::ErrorKind::ArgumentListTooLong => format!(
            "cannot start `{program}`: its arguments are too long for the system, the longest has {longest} bytes; hand a prompt of that size over with `input_mode: stdin`"
        ),
        io::ErrorKind::InvalidInput => {
            format!("cannot start `{program}`: an argument or a variable holds a NUL character")
        }
        io::ErrorKind::ExecutableFileBusy => {
            format!("cannot start `{program}`: something still has it open for writing")
        }
        _ if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => format!(
            "cannot start `{program}`: it is no program; a script needs a first line such as `#!/bin/sh`"
        ),
        _ => format!("cannot start `{program}`: {error}"),
    }
}

async fn drain(
    from: Option<impl AsyncRead + Unpin>,
    to: &mut Sink,
    pulse: &Pulse,
) -> Result<(), Fault> {
    let Some(mut from) = from else { return Ok(()) };
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        buffer.clear();
        match from.read_buf(&mut buffer).await {
            // A pipe that cannot be read has nothing more to say.
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {
                pulse.beat();
                log(to, &buffer)?;
            }
        }
    }
}

async fn feed(to: Option<ChildStdin>, bytes: &[u8]) -> Result<(), Fault> {
    if let Some(mut to) = to {
        // A process need not read what it is told.
        let _ = to.write_all(bytes).await;
    }
    Ok(())
}

fn log(sink: &mut Sink, bytes: &[u8]) -> Result<(), Fault> {
    sink.push(bytes)
        .map_err(|error| Fault::Log(sink.path().to_owned(), error))
}

fn code(status: io::Result<ExitStatus>) -> i64 {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
            .map_or(1, i64::from),
        // Someone else has waited for it; its code is lost.
        Err(_) => 1,
    }
}
