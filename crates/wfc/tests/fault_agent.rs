//! Agents that do what agents should not: each run must end, soon, with the
//! right status, and without growing with what the agent writes.
//!
//! The agents are real programs, run by the real program. Limits are short, so
//! that the suite is quick; how long anything takes is only bounded from above.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::processes::lives;
use support::{Workspace, wfc};

/// How long one run may take. Nothing here waits for it: what hangs is
/// stopped by its own limits long before.
const LIMIT: Duration = Duration::from_secs(90);

/// What wfc may have in memory at most, in bytes. The largest output here is
/// more than that.
const MEMORY: u64 = 160_000_000;

const LARGE: u64 = 200_000_000;

/// One agent, and what is said of its step.
struct Fault {
    /// A script for `bash`.
    agent: String,
    /// More keys of the step, as `key: value` lines.
    step: &'static str,
    /// More keys of the provider.
    provider: &'static str,
    prompt: String,
}

impl Fault {
    fn new(agent: impl Into<String>) -> Self {
        Fault {
            agent: agent.into(),
            step: "",
            provider: "",
            prompt: "Work.\n".to_owned(),
        }
    }

    fn step(self, step: &'static str) -> Self {
        Fault { step, ..self }
    }

    fn provider(self, provider: &'static str) -> Self {
        Fault { provider, ..self }
    }

    fn prompt(self, prompt: String) -> Self {
        Fault { prompt, ..self }
    }

    /// Runs the agent and compares what became of its step: its exit code,
    /// its error and the exit codes of earlier attempts, then its output.
    #[track_caller]
    fn check(&self, expected: &str) -> Scene {
        let scene = self.run();
        let step = &scene.step;
        let mut found = format!("exit {}", step["exit_code"]);
        if let Some(error) = step.get("error") {
            found += &format!(" {}", error["type"].as_str().unwrap());
        }
        for earlier in step["debug"]["earlier_attempts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            found += &format!(", after exit {} {}", earlier["exit_code"], earlier["class"]);
        }
        for warning in step["debug"]["warnings"].as_array().into_iter().flatten() {
            found += &format!(", warning: {}", warning.as_str().unwrap());
        }
        assert_eq!(found, expected, "{step:#}\n{}", scene.words);
        let status = match step["exit_code"].as_i64() {
            Some(0) => "completed",
            _ => "failed",
        };
        assert_eq!(step["status"], status, "{step:#}");
        assert!(scene.memory < MEMORY, "{} bytes in memory", scene.memory);
        scene
    }

    fn run(&self) -> Scene {
        let workspace = Workspace::new();
        let indented = |text: &str, by: usize| -> String {
            let pad = " ".repeat(by);
            text.lines().map(|line| format!("{pad}{line}\n")).collect()
        };
        let workflow = format!(
            "version: \"3.0\"\nname: fault\nstrict_flow: false\nproviders:\n  agent:\n    command: [bash, agent.sh]\n    input_mode: stdin\n{}steps:\n  - name: Ask\n    provider: agent\n    input_file: prompt.md\n{}",
            indented(self.provider, 4),
            indented(self.step, 4),
        );
        workspace.write("fault.yaml", &workflow);
        workspace.write("agent.sh", &self.agent);
        workspace.write("prompt.md", &self.prompt);
        let mut child = wfc(&workspace)
            .args([
                "run",
                "fault.yaml",
                "--on-error",
                "continue",
                "--max-retries",
                "0",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let mut memory = 0;
        while child.try_wait().unwrap().is_none() {
            memory = memory.max(peak(child.id()));
            if begun.elapsed() > LIMIT {
                child.kill().unwrap();
                panic!("the run does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let id = workspace.only_run().unwrap_or_else(|| panic!("{words}"));
        let run = workspace.run_dir(&id);
        let state = std::fs::read_to_string(run.join("state.json")).unwrap();
        let mut state: Value = serde_json::from_str(&state).unwrap();
        Scene {
            step: state["steps"]["Ask"].take(),
            workspace,
            run,
            words,
            memory,
        }
    }
}

/// A run that has ended.
struct Scene {
    workspace: Workspace,
    run: std::path::PathBuf,
    step: Value,
    words: String,
    memory: u64,
}

impl Scene {
    fn log(&self, ending: &str) -> std::path::PathBuf {
        self.run.join("logs").join(format!("Ask.{ending}"))
    }

    /// What the error says.
    fn message(&self) -> &str {
        self.step["error"]["message"].as_str().unwrap()
    }
}

/// The most that a process has had in memory, in bytes.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    size.unwrap_or(0) * 1000
}

const VERDICT: &str = "timeout_sec: 60
output_bundle:
  path: out/v.json
  fields: [{name: verdict, json_pointer: /verdict, type: enum, allowed: [GO, STOP]}]";

#[test]
fn no_output() {
    Fault::new("exit 0")
        .step(VERDICT)
        .check("exit 2 contract_violation");
    Fault::new("echo; echo")
        .provider("output: text")
        .step("timeout_sec: 60")
        .check("exit 2 provider_output_invalid");
    Fault::new("exit 0").step("timeout_sec: 60").check(
        "exit 0, warning: the agent said nothing, and there is nothing that it had to write",
    );
}

#[test]
fn hangs_before_it_says_anything() {
    let scene = Fault::new("sleep 300")
        .step("timeout_sec: 60\nfirst_output_sec: 0.5")
        .check("exit 124 timeout");
    assert_eq!(
        scene.message(),
        "Provider wrote nothing within 0.5 seconds of its start"
    );
    assert_eq!(scene.step["error"]["context"]["first_output_sec"], 0.5);
    assert_eq!(scene.step["outcome"]["class"], "timeout");
}

#[test]
fn hangs_after_it_has_said_something() {
    let scene = Fault::new("echo working; sleep 300")
        .step("timeout_sec: 60\nfirst_output_sec: 30\nidle_output_sec: 0.5")
        .check("exit 124 timeout");
    assert_eq!(scene.message(), "Provider wrote nothing for 0.5 seconds");
    assert_eq!(scene.step["output"], "working\n");
}

#[test]
fn says_something_for_ever() {
    let scene = Fault::new("while :; do echo drip; sleep 0.05; done")
        .step("timeout_sec: 1\nidle_output_sec: 30")
        .check("exit 124 timeout");
    assert_eq!(scene.message(), "Provider timed out after 1 seconds");
}

#[test]
fn limits_may_stand_in_the_template() {
    Fault::new("echo working; sleep 300")
        .provider("timeout_sec: 60\nidle_output_sec: 0.5")
        .check("exit 124 timeout");
    Fault::new("sleep 1; echo late")
        .provider("first_output_sec: 0.2")
        .step("timeout_sec: 60\nfirst_output_sec: 30")
        .check("exit 0");
}

#[test]
fn ends_well_with_an_envelope_that_says_otherwise() {
    let scene = Fault::new(
        r#"echo '{"type":"result","subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Not logged in"}'"#,
    )
    .provider("output: claude_json")
    .step("timeout_sec: 60\nretries: {max: 3, delay_ms: 1}")
    .check("exit 1 provider_error");
    assert!(
        scene.message().contains("Not logged in"),
        "{}",
        scene.message()
    );
    Fault::new(r#"echo '{"type":"turn.failed","error":{"message":"429 Too Many Requests"}}'"#)
        .provider("output: codex_json")
        .step("timeout_sec: 60\nretries: {max: 1, delay_ms: 1}")
        .check("exit 1 provider_error, after exit 1 \"rate_limit\"");
}

#[test]
fn breaks_off_within_its_answer() {
    Fault::new(r#"printf '{"type":"result","subtype":"success","result":"The ans'"#)
        .provider("output: claude_json")
        .step("timeout_sec: 60\nretries: {max: 3, delay_ms: 1}")
        .check("exit 2 provider_output_invalid");
    Fault::new(r#"mkdir -p out; printf '{"verdict": "G' > out/v.json"#)
        .step(VERDICT)
        .check("exit 2 contract_violation");
}

#[test]
fn is_right_the_second_time() {
    let scene = Fault::new(
        r#"echo x >> tries; [ $(wc -l < tries) -gt 1 ] && v=GO || v=MAYBE; printf '{"verdict": "%s"}' $v > out/v.json"#,
    )
    .step(
        "timeout_sec: 60
retries: {max: 2, delay_ms: 1, after: [contract]}
output_bundle:
  path: out/v.json
  fields: [{name: verdict, json_pointer: /verdict, type: enum, allowed: [GO, STOP]}]",
    )
    .check("exit 0, after exit 2 \"contract\"");
    assert_eq!(scene.step["artifacts"]["verdict"], "GO");
    assert_eq!(scene.workspace.read("tries").lines().count(), 2);
}

#[test]
fn says_more_than_there_is_memory_for() {
    let scene =
        Fault::new("head -c 200000000 /dev/zero | tr '\\0' 'x'; head -c 1000000 /dev/zero >&2")
            .step("timeout_sec: 60\noutput_file: all.txt")
            .check("exit 0");
    assert_eq!(scene.log("stdout").metadata().unwrap().len(), LARGE);
    assert_eq!(scene.log("stderr").metadata().unwrap().len(), 1_000_000);
    let all = scene.workspace.path().join("all.txt");
    assert_eq!(all.metadata().unwrap().len(), LARGE);
    assert_eq!(scene.step["truncated"], true);
    assert_eq!(scene.step["output"].as_str().unwrap().len(), 8192);
}

/// One line without an end, wherever lines are looked for.
#[test]
fn says_it_all_in_one_line() {
    let endless = "head -c 60000000 /dev/zero | tr '\\0' 'x'";
    for (step, expected) in [
        ("timeout_sec: 60\noutput_capture: lines", "exit 0"),
        (
            "timeout_sec: 60\noutput_capture: json",
            "exit 2 json_overflow",
        ),
    ] {
        Fault::new(endless).step(step).check(expected);
    }
    Fault::new("printf '{'; head -c 60000000 /dev/zero | tr '\\0' 'x'")
        .provider("output: codex_json")
        .step("timeout_sec: 60")
        .check("exit 2 provider_output_invalid");
}

#[test]
fn leaves_someone_who_holds_its_output() {
    let scene = Fault::new("sleep 77 & echo $! > held; echo done")
        .step("timeout_sec: 60")
        .check("exit 0");
    assert_eq!(scene.step["output"], "done\n");
    kill(&scene.workspace.read("held"));
}

#[test]
fn does_not_listen_to_signals() {
    let scene = Fault::new("trap '' TERM INT HUP; echo $$ > deaf; while :; do sleep 0.1; done")
        .step("timeout_sec: 0.5\ngrace_sec: 0.3")
        .check("exit 124 timeout");
    assert!(!lives(scene.workspace.read("deaf").trim()));
}

#[test]
fn says_good_bye_within_its_grace() {
    let scene = Fault::new("trap 'echo saved; exit 0' TERM; while :; do sleep 0.1; done")
        .step("timeout_sec: 0.5\ngrace_sec: 30")
        .check("exit 124 timeout");
    assert_eq!(scene.step["output"], "saved\n");
}

#[test]
fn does_not_read_what_it_is_told() {
    let long = "All work and no play.\n".repeat(400_000);
    Fault::new("exec 0<&-; sleep 0.2; echo done")
        .prompt(long.clone())
        .step("timeout_sec: 60")
        .check("exit 0");
    // It need not read it to be stopped either.
    Fault::new("sleep 300")
        .prompt(long)
        .step("timeout_sec: 0.5")
        .check("exit 124 timeout");
}

#[test]
fn writes_outside_of_its_workspace() {
    let scene = Fault::new(
        r#"mkdir ../away-$$; rmdir out; ln -s ../away-$$ out; echo $$ > id; echo '{"verdict": "GO"}' > out/v.json"#,
    )
    .step(VERDICT)
    .check("exit 2 contract_violation");
    let violation = &scene.step["error"]["context"]["violations"][0];
    assert_eq!(violation["type"], "invalid_bundle_path", "{violation}");
    let away = format!("../away-{}", scene.workspace.read("id").trim());
    std::fs::remove_dir_all(scene.workspace.path().join(away)).unwrap();
}

#[test]
fn says_what_is_no_text() {
    let scene = Fault::new(r"printf 'a\377\376b\n'")
        .step("timeout_sec: 60")
        .check("exit 0");
    assert_eq!(scene.step["output"], "a\u{fffd}\u{fffd}b\n");
    assert_eq!(std::fs::read(scene.log("stdout")).unwrap(), b"a\xff\xfeb\n");
    let scene = Fault::new(r#"printf '{"verdict": "\377"}' > out/v.json"#)
        .step(VERDICT)
        .check("exit 2 contract_violation");
    assert!(scene.words.contains("not UTF-8"), "{}", scene.words);
}

#[test]
fn dies_of_a_signal() {
    Fault::new("kill -KILL $$")
        .step("timeout_sec: 60\nretries: {max: 3, delay_ms: 1}")
        .check("exit 137");
    Fault::new("echo x >> tries; [ $(wc -l < tries) -gt 1 ] || kill -SEGV $$; echo ok")
        .step("timeout_sec: 60\nretries: {max: 3, delay_ms: 1, after: [signal]}")
        .check("exit 0, after exit 139 \"signal\"");
}

/// What has left for a session of its own stays when the agent ends well, and
/// goes with the agent when that is stopped.
#[test]
fn starts_a_daemon() {
    let daemon = "setsid bash -c 'echo $$ > daemon; exec sleep 78' > /dev/null 2>&1 < /dev/null &\nwhile [ ! -s daemon ]; do sleep 0.01; done";
    let agents: [(String, &str, &str); 2] = [
        (format!("{daemon}\necho done"), "timeout_sec: 60", "exit 0"),
        (
            format!("{daemon}\nsleep 300"),
            "timeout_sec: 2",
            "exit 124 timeout",
        ),
    ];
    for (agent, step, expected) in agents {
        let scene = Fault::new(agent).step(step).check(expected);
        let id = scene.workspace.read("daemon");
        assert_eq!(lives(id.trim()), expected == "exit 0", "{expected}");
        kill(&id);
    }
}

#[test]
fn does_nothing_and_points_at_old_work() {
    let scene = Fault::new("echo all done")
        .step(
            "timeout_sec: 60
output_bundle:
  path: prompt.md
  fields: [{name: verdict, json_pointer: /verdict, type: enum, allowed: [GO, STOP]}]",
        )
        .prompt("{\"verdict\": \"GO\"}\n".to_owned())
        .check(
            "exit 0, warning: the agent wrote none of its outputs: `prompt.md` is as it was before",
        );
    assert!(
        scene.words.contains("is as it was before"),
        "{}",
        scene.words
    );
    assert_eq!(scene.step["debug"]["outputs"]["prompt.md"], "unchanged");
}

/// What is wrong names the file, the field, what was expected and what found.
#[test]
fn breaks_its_contract_in_many_ways() {
    let scene = Fault::new(
        r#"echo '{"verdict": "MAYBE", "score": "high", "files": ["a", 7]}' > out/v.json"#,
    )
    .step(
        "timeout_sec: 60
output_bundle:
  path: out/v.json
  fields:
    - {name: verdict, json_pointer: /verdict, type: enum, allowed: [GO, STOP]}
    - {name: score, json_pointer: /score, type: integer}
    - {name: files, json_pointer: /files, type: list, items: {type: string}}
    - {name: why, json_pointer: /why, type: string}",
    )
    .check("exit 2 contract_violation");
    let violations = scene.step["error"]["context"]["violations"].as_array();
    let messages: Vec<&str> = violations
        .into_iter()
        .flatten()
        .filter_map(|violation| violation["message"].as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "`out/v.json`: verdict: expected one of GO, STOP, found \"MAYBE\"",
            "`out/v.json`: score: expected an integer, found \"high\"",
            "`out/v.json`: files[1]: expected a string, found 7",
            "`out/v.json`: nothing at `/why` for `why`, expected String",
        ]
    );
    for message in messages {
        assert!(scene.words.contains(message), "{}", scene.words);
    }
}

fn kill(id: &str) {
    let _ = Command::new("bash")
        .args(["-c", &format!("kill -KILL {id}")])
        .stderr(Stdio::null())
        .status();
}
