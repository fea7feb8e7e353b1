//! Requests performed with real processes.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use indexmap::IndexMap;
use serde_json::{Value, json};
use wfc_ir::{
    Capture, CaptureMode, ContractField, Expr, FileOutput, Guidance, Limits, PromptPosition,
    Retries, Type,
};

use super::*;
use crate::{Coord, PromptParts, PromptSource};

/// A workspace with a run in it.
struct Scene {
    root: tempfile::TempDir,
    host: Host,
}

impl Scene {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(cassette: Option<Cassette>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let run = RunDir::create(&Disk::default(), &root.path().join(crate::RUNS_ROOT)).unwrap();
        let options = HostOptions {
            listener: None,
            cassette,
            ..HostOptions::default()
        };
        let host = Host::new(root.path(), run, options).unwrap();
        Self { root, host }
    }

    /// Performs a request; no test waits longer than ten seconds.
    fn perform(&mut self, request: ProcessRequest) -> Result<ProcessOutcome, HostError> {
        match self.ask(&Request::Process(Box::new(request)))? {
            Outcome::Process(outcome) => Ok(*outcome),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Outcome, HostError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let limit = std::time::Duration::from_secs(10);
        let outcome = runtime
            .block_on(async { tokio::time::timeout(limit, self.host.perform(request)).await });
        outcome.unwrap()
    }

    fn log(&self, suffix: &str) -> Option<String> {
        std::fs::read_to_string(self.host.run.log_path("Work", suffix)).ok()
    }

    fn file(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.path().join(path)).ok()
    }

    /// What is left of a name once everything that differs from run to run
    /// is taken out.
    fn plain(&self, text: &str) -> String {
        self.host.names.hide(text)
    }
}

fn coord() -> Coord {
    Coord {
        path: "work".to_owned(),
        step_id: "root.work".to_owned(),
        frame: String::new(),
        visit: 1,
        log_name: "Work".to_owned(),
    }
}

fn request(exec: ExecRequest) -> ProcessRequest {
    ProcessRequest {
        coord: coord(),
        exec,
        contract: None,
        contract_paths: Vec::new(),
        depends: None,
        capture: Capture::default(),
        output_file: None,
        secrets: Vec::new(),
        env: IndexMap::new(),
        timeout_sec: None,
        limits: Limits::default(),
        retries: Retries::new(0, 1),
    }
}

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn command(words: &[&str]) -> ProcessRequest {
    request(ExecRequest::Command { argv: argv(words) })
}

fn sh(script: &str) -> ProcessRequest {
    command(&["sh", "-c", script])
}

/// An agent: a shell script that is told `prompt`.
fn agent(script: &str, input: InputMode, prompt: &str) -> ProcessRequest {
    let mut words = argv(&["sh", "-c", script, "agent"]);
    if input == InputMode::Argv {
        words.push("${PROMPT}".to_owned());
    }
    request(ExecRequest::Provider {
        provider: "agent".to_owned(),
        argv: words,
        input,
        output: Protocol::Plain,
        prompt: PromptParts {
            base: PromptSource::Text(prompt.to_owned()),
            assets: Vec::new(),
            inputs: Vec::new(),
            position: PromptPosition::Prepend,
            contract: true,
        },
    })
}

fn with_bundle(mut request: ProcessRequest, path: &str) -> ProcessRequest {
    request.contract = Some(Contract::Bundle {
        path: None,
        fields: vec![ContractField {
            name: "verdict".to_owned(),
            pointer: "/verdict".to_owned(),
            ty: Type::String,
            required: true,
            guidance: Guidance::default(),
        }],
    });
    request.contract_paths = vec![path.to_owned()];
    request
}

/// What an outcome amounts to, in one line.
fn told(outcome: &ProcessOutcome) -> String {
    let mut told = format!("exit {}", outcome.exit_code);
    if let Some(output) = &outcome.captured.output {
        told += &format!(", output {output:?}");
    }
    if !outcome.artifacts.is_empty() {
        told += &format!(", artifacts {}", Value::Object(outcome.artifacts.clone()));
    }
    if let Some(error) = &outcome.error {
        told += &format!(", {}: {}", error.kind, error.message);
    }
    for earlier in &outcome.earlier {
        told += &format!(", before exit {}", earlier.exit_code);
    }
    assert!(outcome.duration_ms >= 1);
    told
}

/// Runs a process in a fresh workspace and compares what it amounts to.
fn check(request: ProcessRequest, expected: &str) -> Scene {
    let mut scene = Scene::new();
    let outcome = scene.perform(request).unwrap();
    let found = told(&outcome);
    assert_eq!(scene.plain(&found), expected);
    scene
}

#[test]
fn exit_codes_and_output() {
    check(command(&["true"]), r#"exit 0, output """#);
    check(
        sh("echo out; echo err >&2; exit 3"),
        r#"exit 3, output "out\n""#,
    );
    check(sh("kill -9 $$"), r#"exit 137, output """#);
    check(sh("pwd"), r#"exit 0, output "{{workspace}}\n""#);
    // Standard input is empty, not the terminal.
    check(command(&["cat"]), r#"exit 0, output """#);
    let mut with_env = sh("echo $NEW$HOME");
    with_env.env.insert("NEW".to_owned(), "x".to_owned());
    with_env.env.insert("HOME".to_owned(), "y".to_owned());
    check(with_env, r#"exit 0, output "xy\n""#);
}

#[test]
fn logs_hold_all_and_only_what_was_written() {
    let mut scene = check(sh("echo out; echo err >&2"), r#"exit 0, output "out\n""#);
    assert_eq!(scene.log("stdout").as_deref(), Some("out\n"));
    assert_eq!(scene.log("stderr").as_deref(), Some("err\n"));
    // A later visit that says nothing leaves nothing behind.
    scene.perform(command(&["true"])).unwrap();
    assert_eq!(scene.log("stdout"), None);
    assert_eq!(scene.log("stderr"), None);
}

#[test]
fn big_output_is_logged_and_not_kept() {
    let mut scene = Scene::new();
    let script = "head -c 20000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2";
    let outcome = scene.perform(sh(script)).unwrap();
    assert_eq!(
        outcome.captured.output.map(|output| output.len()),
        Some(8192)
    );
    assert!(outcome.captured.truncated);
    let size = |suffix| {
        let path = scene.host.run.log_path("Work", suffix);
        std::fs::metadata(path).unwrap().len()
    };
    assert_eq!((size("stdout"), size("stderr")), (20_000_000, 3_000_000));
}

#[test]
fn says_why_nothing_starts() {
    let scene = check(
        command(&["no-such-program-here"]),
        r#"exit 1, output "", execution_error: cannot start `no-such-program-here`: there is no such program on PATH"#,
    );
    assert_eq!(
        scene.log("stderr").as_deref(),
        Some("cannot start `no-such-program-here`: there is no such program on PATH\n")
    );
    check(
        command(&["./none"]),
        r#"exit 1, output "", execution_error: cannot start `./none`: there is no such file, or the interpreter that it names is missing"#,
    );
    check(
        command(&["/etc/passwd"]),
        r#"exit 1, output "", execution_error: cannot start `/etc/passwd`: it is not an executable file"#,
    );
    check(
        command(&[]),
        r#"exit 1, output "", execution_error: there is nothing to run: the command has no words"#,
    );
    check(
        command(&["echo", "a\0b"]),
        r#"exit 1, output "", execution_error: cannot start `echo`: an argument or a variable holds a NUL character"#,
    );
    check(
        agent("true", InputMode::Argv, &"x".repeat(200_000)),
        r#"exit 1, output "", execution_error: cannot start `sh`: its arguments are too long for the system, the longest has 200000 bytes; hand a prompt of that size over with `input_mode: stdin`"#,
    );
}

#[test]
fn programs_are_found_from_the_workspace() {
    use std::os::unix::fs::PermissionsExt;
    let mut scene = Scene::new();
    let script = scene.root.path().join("tool");
    std::fs::write(&script, "#!/bin/sh\necho tool\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = scene.perform(command(&["./tool"])).unwrap();
    assert_eq!(told(&outcome), r#"exit 0, output "tool\n""#);
}

/// A script that is still open for writing is busy; that passes.
#[test]
fn a_busy_program_is_waited_for() {
    use std::os::unix::fs::OpenOptionsExt;
    let mut scene = Scene::new();
    let script = scene.root.path().join("tool");
    let mut open = std::fs::OpenOptions::new();
    let mut file = open
        .create(true)
        .write(true)
        .mode(0o755)
        .open(script)
        .unwrap();
    std::io::Write::write_all(&mut file, b"#!/bin/sh\necho tool\n").unwrap();
    let outcome = scene.perform(command(&["./tool"])).unwrap();
    assert_eq!(
        told(&outcome),
        r#"exit 1, output "", execution_error: cannot start `./tool`: something still has it open for writing"#
    );
    let closing = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(file);
    });
    let outcome = scene.perform(command(&["./tool"])).unwrap();
    assert_eq!(told(&outcome), r#"exit 0, output "tool\n""#);
    closing.join().unwrap();
}

#[test]
fn a_time_out_stops_the_whole_group() {
    let started = Instant::now();
    let mut slow = sh("sleep 60 & echo $!; wait");
    slow.timeout_sec = Some(0.3);
    let mut scene = Scene::new();
    let outcome = scene.perform(slow).unwrap();
    assert_eq!(outcome.exit_code, 124);
    let error = outcome.error.unwrap();
    assert_eq!(error.message, "Command timed out after 0.3 seconds");
    assert_eq!(error.context, json!({ "timeout_sec": 0.3 }));
    // The grandchild is gone, or dead and not yet collected.
    let grandchild = outcome.captured.output.unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.trim()));
    assert!(
        stat.as_ref().is_err() || stat.as_ref().unwrap().contains(") Z "),
        "{stat:?}"
    );
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn a_deaf_group_is_killed() {
    let started = Instant::now();
    let mut deaf = sh("trap '' TERM; (trap '' TERM; sleep 60) & echo $!; sleep 60; sleep 60");
    deaf.timeout_sec = Some(0.2);
    let mut scene = Scene::new();
    let outcome = scene.perform(deaf).unwrap();
    assert_eq!(outcome.exit_code, 124);
    let took = started.elapsed().as_secs_f64();
    assert!((2.0..5.0).contains(&took), "{took}");
    let grandchild = outcome.captured.output.unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.trim()));
    assert!(
        stat.as_ref().is_err() || stat.as_ref().unwrap().contains(") Z "),
        "{stat:?}"
    );
}

#[test]
fn a_process_left_behind_does_not_hold_the_run() {
    let started = Instant::now();
    check(sh("sleep 30 & echo done"), r#"exit 0, output "done\n""#);
    let took = started.elapsed().as_secs_f64();
    assert!((1.5..5.0).contains(&took), "{took}");
}

#[test]
fn only_failures_that_may_pass_are_tried_again() {
    let counting = |code: i32, retries| {
        let mut request = sh(&format!(
            "echo x >> tries; if [ $(wc -l < tries) -lt 3 ]; then exit {code}; fi; echo ok"
        ));
        request.retries.max = retries;
        request
    };
    check(
        counting(1, 2),
        r#"exit 0, output "ok\n", before exit 1, before exit 1"#,
    );
    check(
        counting(124, 5),
        r#"exit 0, output "ok\n", before exit 124, before exit 124"#,
    );
    check(counting(1, 1), r#"exit 1, output "", before exit 1"#);
    check(counting(2, 2), r#"exit 2, output """#);
}

#[test]
fn prompts_reach_the_agent() {
    let scene = check(
        agent("echo \"[$1]\"", InputMode::Argv, "Say \"hi\" $x"),
        r#"exit 0, output "[Say \"hi\" $x]\n""#,
    );
    assert_eq!(scene.log("prompt.txt").as_deref(), Some("Say \"hi\" $x"));
    check(
        agent("cat", InputMode::Stdin, "over stdin"),
        r#"exit 0, output "over stdin""#,
    );
    let long = "line\n".repeat(200_000);
    check(
        agent("wc -c", InputMode::Stdin, &long),
        r#"exit 0, output "1000000\n""#,
    );
    // An agent need not read what it is told.
    check(
        agent("exit 0", InputMode::Stdin, &long),
        r#"exit 0, output """#,
    );
    let mut missing = agent("true", InputMode::Stdin, "");
    if let ExecRequest::Provider { prompt, .. } = &mut missing.exec {
        prompt.base = PromptSource::File("none.md".to_owned());
    }
    let scene = check(
        missing,
        "exit 2, prompt_file_missing: the prompt file `none.md` is not there",
    );
    assert_eq!(scene.log("prompt.txt"), None);
}

#[test]
fn contracts_are_enforced() {
    let write = r#"echo '{"verdict": "ok"}' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH""#;
    let scene = check(
        with_bundle(sh(write), "artifacts/deep/v.json"),
        r#"exit 0, output "", artifacts {"verdict":"ok"}"#,
    );
    assert!(scene.file("artifacts/deep/v.json").is_some());
    let chosen = "@results/Review[0].Work.json";
    let show = format!("{write}; echo $ORCHESTRATOR_OUTPUT_BUNDLE_PATH");
    let mut scene = check(
        with_bundle(sh(&show), chosen),
        r#"exit 0, output ".orchestrate/runs/{{run_id}}/results/Review[0].Work.json\n", artifacts {"verdict":"ok"}"#,
    );
    // What an earlier visit left does not count.
    let outcome = scene.perform(with_bundle(sh("true"), chosen)).unwrap();
    assert_eq!(outcome.exit_code, 2);
    let error = outcome.error.unwrap();
    assert_eq!(error.message, "Expected output contract validation failed");
    assert_eq!(
        error.context["violations"][0]["type"],
        "missing_bundle_file"
    );
    // A failure comes first, and a path outside before everything.
    check(with_bundle(sh("exit 7"), chosen), r#"exit 7, output """#);
    let scene = check(
        with_bundle(sh("touch ran"), "../out.json"),
        "exit 2, contract_violation: Expected output contract validation failed",
    );
    assert_eq!(scene.file("ran"), None);
    let mut files = sh("echo '  REVISE' > out/verdict");
    files.contract = Some(Contract::Files {
        files: vec![FileOutput {
            name: "verdict".to_owned(),
            path: Expr::Lit { value: Value::Null },
            ty: Type::Enum {
                allowed: argv(&["REVISE"]),
            },
            required: true,
            guidance: Guidance::default(),
        }],
    });
    files.contract_paths = argv(&["out/verdict"]);
    check(
        files,
        r#"exit 0, output "", artifacts {"verdict":"REVISE"}"#,
    );
}

#[test]
fn results_may_lie_outside_the_workspace() {
    let workspace = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = RunDir::create(&Disk::default(), elsewhere.path()).unwrap();
    let host = Host::new(workspace.path(), run, HostOptions::default()).unwrap();
    let mut scene = Scene {
        root: workspace,
        host,
    };
    let write = r#"echo '{"verdict": "ok"}' > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH""#;
    let outcome = scene.perform(with_bundle(sh(write), "@results/../x.json"));
    assert_eq!(
        told(&outcome.unwrap()),
        r#"exit 0, output "", artifacts {"verdict":"ok"}"#
    );
}

#[test]
fn json_is_read_and_refused() {
    let json = |script: &str, allow_parse_error| {
        let mut request = sh(script);
        request.capture = Capture {
            mode: CaptureMode::Json,
            allow_parse_error,
        };
        request
    };
    let mut scene = Scene::new();
    let outcome = scene.perform(json("echo '{\"a\": 1}'", false)).unwrap();
    assert_eq!(outcome.captured.json, Some(json!({ "a": 1 })));
    check(
        json("echo no; exit 5", false),
        r#"exit 2, output "no\n", json_parse_error: Failed to parse JSON: expected ident at line 1 column 2"#,
    );
    check(json("echo no; exit 5", true), r#"exit 5, output "no\n""#);
    let mut slow = json("echo '{'; sleep 60", false);
    slow.timeout_sec = Some(0.2);
    check(
        slow,
        r#"exit 124, output "{\n", timeout: Command timed out after 0.2 seconds"#,
    );
}

#[test]
fn an_interruption_stops_the_group() {
    let disk = Disk::default();
    let mut out = sink::Sink::new(&disk, "/nonexistent".into(), 0, None, &Mask::default()).unwrap();
    let mut err = sink::Sink::new(&disk, "/nonexistent".into(), 0, None, &Mask::default()).unwrap();
    let (env, argv) = (IndexMap::new(), argv(&["sleep", "60"]));
    let launch = process::Launch {
        argv: &argv,
        env: &env,
        directory: Path::new("/"),
        stdin: None,
        bounds: process::Bounds::default(),
        mark: "nobody",
    };
    let started = Instant::now();
    let fault = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let cancel = tokio::time::sleep(Duration::from_millis(100));
            process::run(&launch, &mut out, &mut err, |_| {}, cancel).await
        });
    assert!(
        matches!(fault, Err(process::Fault::Interrupted)),
        "{fault:?}"
    );
    assert!(started.elapsed().as_secs() < 4, "{:?}", started.elapsed());
}

/// Two calls that leave text, a binary, a program, a result and a removal;
/// the first attempt of the second one fails.
fn calls() -> Vec<ProcessRequest> {
    let first = "cat > told.txt; echo \"see $PWD/out.txt\"; echo note >&2; \
        printf 'a\\nb' > out.txt; printf '\\377' > raw.bin; rm old.txt; \
        printf '#!/bin/sh\\n' > tool; chmod +x tool; \
        printf '{\"verdict\": \"%s\"}' \"$PWD\" > \"$ORCHESTRATOR_OUTPUT_BUNDLE_PATH\"";
    let second = "echo x >> tries; [ $(wc -l < tries) -gt 1 ]";
    let mut second = agent(second, InputMode::Argv, "Again");
    second.coord.path = "again".to_owned();
    second.retries.max = 1;
    let first = agent(first, InputMode::Stdin, "Work.\n");
    vec![with_bundle(first, "@results/work.json"), second]
}

fn seeded(cassette: Cassette) -> Scene {
    let scene = Scene::with(Some(cassette));
    std::fs::write(scene.root.path().join("old.txt"), "").unwrap();
    scene
}

/// The cassette of [`calls`], and what each amounted to.
fn recorded() -> (tempfile::TempDir, PathBuf, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cassette.json");
    let mut scene = seeded(Cassette::record(&path).unwrap());
    let told = calls().into_iter().map(|call| {
        let outcome = scene.perform(call).unwrap();
        scene.plain(&told(&outcome))
    });
    let told = told.collect();
    (directory, path, told)
}

#[test]
fn a_cassette_can_be_read_by_people() {
    let (_directory, path, _) = recorded();
    let text = std::fs::read_to_string(path).unwrap();
    let mut settled = String::new();
    for line in text.lines() {
        match line.split_once("\"duration_ms\": ") {
            Some((indent, _)) => settled += &format!("{indent}\"duration_ms\": 1,\n"),
            None => settled += &format!("{line}\n"),
        }
    }
    insta::assert_snapshot!(settled);
}

#[test]
fn a_replay_amounts_to_the_same() {
    let (_directory, path, expected) = recorded();
    let mut scene = seeded(Cassette::replay(&path, false).unwrap());
    for (call, expected) in calls().into_iter().zip(expected) {
        let mut call = call;
        // Nothing is started.
        if let ExecRequest::Provider { argv, .. } = &mut call.exec {
            *argv = vec!["no-such-program-here".to_owned()];
        }
        let outcome = scene.perform(call).unwrap();
        assert_eq!(scene.plain(&told(&outcome)), expected);
    }
    let root = scene.root.path().to_owned();
    assert_eq!(scene.file("out.txt").as_deref(), Some("a\nb"));
    assert_eq!(std::fs::read(root.join("raw.bin")).unwrap(), b"\xff");
    assert!(!root.join("old.txt").exists());
    let tool = std::process::Command::new(root.join("tool")).status();
    assert!(tool.unwrap().success());
    // The log is that of the last call, which said nothing.
    assert_eq!(scene.log("stderr"), None);
}

#[test]
fn a_changed_prompt_is_shown() {
    let (_directory, path, _) = recorded();
    let changed = || {
        let mut call = calls().swap_remove(0);
        if let ExecRequest::Provider { prompt, .. } = &mut call.exec {
            prompt.base = PromptSource::Text("Work hard.\n".to_owned());
        }
        call
    };
    let mut scene = seeded(Cassette::replay(&path, false).unwrap());
    let outcome = scene.perform(changed()).unwrap();
    let error = outcome.error.unwrap();
    assert_eq!((outcome.exit_code, &*error.kind), (2, "cassette_mismatch"));
    let (first, diff) = error.message.split_once('\n').unwrap();
    assert!(
        first.starts_with("the prompt of `work` is not the one recorded in "),
        "{first}"
    );
    let lines: Vec<&str> = diff.lines().take(5).collect();
    let expected = [
        "--- recorded prompt",
        "+++ prompt of this run",
        "@@ -1,4 +1,4 @@",
        "-Work.",
        "+Work hard.",
    ];
    assert_eq!(lines, expected);
    assert!(scene.log("stderr").unwrap().contains("+Work hard.\n"));
    assert_eq!(scene.file("out.txt"), None);
    let mut scene = seeded(Cassette::replay(&path, true).unwrap());
    assert_eq!(scene.perform(changed()).unwrap().exit_code, 0);
    assert_eq!(scene.file("out.txt").as_deref(), Some("a\nb"));
}

#[test]
fn an_unrecorded_call_is_named() {
    let (_directory, path, _) = recorded();
    let mut scene = seeded(Cassette::replay(&path, false).unwrap());
    let mut other = calls().swap_remove(0);
    other.coord.visit = 2;
    let error = scene.perform(other).unwrap().error.unwrap();
    assert_eq!(error.kind, "cassette_missing");
    let message = error.message.replace(&path.display().to_string(), "FILE");
    assert_eq!(
        message,
        "the cassette FILE holds no call for `work` visit 2; it holds `work`, `again`, `again` attempt 2"
    );
}

#[test]
fn what_is_no_cassette_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("c.json");
    for (text, expected) in [
        ("{", "is not a cassette: EOF while parsing"),
        (
            r#"{"schema": "wfc.cassette/9", "calls": []}"#,
            "its schema is `wfc.cassette/9`",
        ),
        (
            r#"{"schema": "wfc.cassette/1", "cals": []}"#,
            "unknown field `cals`",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Cassette::replay(&path, false).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(Cassette::record(Path::new("/nonexistent/c.json")).is_err());
}

#[test]
fn results_of_a_run_hold_no_secrets() {
    let mut scene = Scene::new();
    let script = r#"printf '{"verdict":"%s!"}' "$KEY" > "$ORCHESTRATOR_OUTPUT_BUNDLE_PATH""#;
    let mut request = with_bundle(sh(script), "@results/work.json");
    request.secrets = argv(&["KEY"]);
    request.env.insert("KEY".to_owned(), "hunter2".to_owned());
    let outcome = scene.perform(request.clone()).unwrap();
    assert_eq!(outcome.error.unwrap().kind, "missing_secrets");
    // One that is known of is enough for what follows.
    request.secrets.clear();
    let outcome = scene.perform(request).unwrap();
    assert_eq!(outcome.artifacts["verdict"], "***!");
    let file = scene.host.run.path().join("results/work.json");
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        r#"{"verdict":"***!"}"#
    );
}

/// Waits for `enough` files that match `*.task`, half a second at most, while
/// `late.task` comes after 100 ms.
#[track_caller]
fn check_wait(enough: u64, poll_ms: u64, files: &[&str], gave_up: bool, most_polls: u64) {
    let mut scene = Scene::new();
    std::fs::write(scene.root.path().join("early.task"), "").unwrap();
    let late = scene.root.path().join("late.task");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::fs::write(late, "").unwrap();
    });
    let outcome = scene.ask(&Request::Wait {
        coord: coord(),
        pattern: "*.task".to_owned(),
        timeout_sec: 0.5,
        poll_ms,
        min_count: enough,
    });
    writer.join().unwrap();
    let Outcome::Waited {
        files: found,
        waited_ms,
        polls,
        timed_out,
    } = outcome.unwrap()
    else {
        panic!("no answer to the wait");
    };
    assert_eq!(found, files);
    assert_eq!(timed_out, gave_up);
    assert!((1..=most_polls).contains(&polls), "{polls} polls");
    assert_eq!(waited_ms >= 500, gave_up || poll_ms > 500, "{waited_ms} ms");
}

#[test]
fn waits() {
    check_wait(1, 20, &["early.task"], false, 1);
    check_wait(2, 20, &["early.task", "late.task"], false, 25);
    check_wait(3, 100, &["early.task", "late.task"], true, 7);
    // The last look is when the time is up, however long the pause is.
    check_wait(2, 60_000, &["early.task", "late.task"], false, 2);
}

#[test]
fn a_pattern_that_leaves_the_workspace_is_refused() {
    let outcome = Scene::new().ask(&Request::Wait {
        coord: coord(),
        pattern: "../*".to_owned(),
        timeout_sec: 5.0,
        poll_ms: 10,
        min_count: 1,
    });
    let Outcome::Failed { error } = outcome.unwrap() else {
        panic!("the pattern was taken");
    };
    assert!(error.message.contains("stay in it"), "{}", error.message);
}
