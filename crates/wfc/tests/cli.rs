//! The command line as its users meet it: what it says, how it ends, and what
//! it leaves behind.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Workspace, wfc};

/// A plan with a loop, a call and an input; `broken` in the workspace makes
/// the step `Work` fail.
const PLAN: &str = include_str!("cli/plan.in/greet.json");

/// Help and messages, word for word. `TRYCMD=overwrite` writes them anew.
#[test]
fn what_it_says() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .case("tests/cli/*.trycmd");
}

#[test]
fn a_failed_run_is_reported_mended_and_resumed() {
    let workspace = workspace();
    workspace.write("broken", "");
    let failed = run(&workspace, &["run", "greet.json", "--input", "who=you"]);
    check(
        &failed,
        1,
        &[
            "FAIL Rounds[0].Work  command bash",
            "greet.yaml:20",
            "cause     Rounds[0].Work (greet.yaml:20): exit code 1",
            "logs/Rounds[0].Work.stderr",
        ],
    );
    let id = workspace.only_run().unwrap();
    assert!(err(&failed).contains(&format!("wfc resume {id}")));

    let report = json(&run(&workspace, &["report", "--format", "json"]));
    assert_eq!(report["run"]["status"], "failed");
    assert_eq!(report["error"]["step"], "Rounds[0].Work");
    assert_eq!(report["error"]["place"], "greet.yaml:20");
    assert_eq!(report["progress"]["outermost"]["completed"], 1);

    std::fs::remove_file(workspace.path().join("broken")).unwrap();
    let resumed = run(&workspace, &["resume", &id, "--format", "json"]);
    check(&resumed, 0, &["Rounds[0].Work had failed and runs again"]);
    let result = json(&resumed);
    assert_eq!(result["status"], "completed");
    assert_eq!(result["outputs"]["greeting"], "hello");
    let again = run(&workspace, &["resume", &id]);
    check(&again, 0, &["has already completed"]);

    let report = run(&workspace, &["report", "--run-id", &id]);
    let page = out(&report);
    for part in [
        ": completed\n",
        "- iteration 1\n",
        "- **Tell** completed: command true",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
}

#[test]
fn a_changed_source_is_told_step_by_step() {
    let workspace = workspace();
    workspace.write("broken", "");
    run(&workspace, &["run", "greet.json", "--input", "who=you"]);
    let id = workspace.only_run().unwrap();
    std::fs::remove_file(workspace.path().join("broken")).unwrap();

    // Another line is no change.
    workspace.write("greet.json", &PLAN.replace("\"line\": 20", "\"line\": 21"));
    let moved = run(&workspace, &["resume", &id, "--replay", "no.cassette"]);
    check(&moved, 2, &["no.cassette"]);

    workspace.write("greet.json", &PLAN.replace("echo working", "echo at work"));
    let refused = run(&workspace, &["resume", &id]);
    check(
        &refused,
        2,
        &[
            "greet.json has changed since this run was started",
            "greet/rounds/work: argv changed (greet.yaml:20)",
            "--pinned",
        ],
    );
    check(
        &run(&workspace, &["resume", &id, "--pinned", "--quiet"]),
        0,
        &[],
    );
}

/// A program that the manifest names is part of the run, by every command.
#[test]
fn a_program_of_a_manifest_is_called_and_pinned() {
    let workspace = Workspace::new();
    let bundles = "m/programs.json";
    let library = "version: \"2.14\"\nname: lib\ninputs:\n  work__title: { type: string }\n\
                   outputs:\n  return__title: { type: string, from: { ref: root.steps.Say.artifacts.title } }\n\
                   steps:\n  - name: Say\n    command: [bash, -c, \"test -e ready && echo $0 > title\", \"${inputs.work__title}\"]\n    \
                   expected_outputs:\n      - { name: title, path: title, type: string }\n";
    let main = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)\n\
                (defrecord Work (title String))\n\
                (defworkflow go ((title String)) -> Work\n\
                (call lib :work (record Work :title title))))\n";
    workspace.write(
        bundles,
        "{\"lib\": {\"kind\": \"yaml\", \"path\": \"../lib.yaml\"}}",
    );
    workspace.write("lib.yaml", library);
    workspace.write("main.orc", main);
    let with = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--imported-workflow-bundles-file", bundles]);
        run(&workspace, &all)
    };
    let without = run(&workspace, &["check", "main.orc"]);
    check(&without, 2, &[]);
    assert!(out(&without).contains("no workflow `lib`"));
    check(&with(&["check", "main.orc"]), 0, &[]);
    let core = out(&with(&["compile", "main.orc", "--emit", "core"]));
    assert!(core.contains("work__title: inputs.title"), "{core}");
    let args = [
        "compile",
        "main.orc",
        "--emit",
        "core-json",
        "-o",
        "main.json",
    ];
    check(&with(&args), 0, &[]);
    check(&with(&["diff", "main.orc", "main.orc"]), 0, &[]);

    let failed = with(&["run", "main.orc", "--input", "title=hello"]);
    check(&failed, 1, &["lib.yaml:8"]);
    let id = workspace.only_run().unwrap();
    workspace.write("ready", "");
    workspace.write("lib.yaml", &library.replace("echo $0", "echo new $0"));
    let refused = run(&workspace, &["resume", &id]);
    check(
        &refused,
        2,
        &["has changed since", "argv changed (lib.yaml:8)"],
    );
    workspace.write(
        "lib.yaml",
        &library.replace("name: lib", "name: lib # the same"),
    );
    let resumed = run(&workspace, &["resume", &id, "--format", "json"]);
    check(&resumed, 0, &[]);
    assert_eq!(json(&resumed)["outputs"]["title"], "hello");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let workspace = workspace();
    for args in [&["explain", "--list"][..], &["completions", "bash"]] {
        let mut child = wfc(&workspace)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        check(&ended, 0, &[]);
        assert_eq!(err(&ended), "");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let workspace = workspace();
    let coloured = |args: &[&str], no_color: bool| {
        let mut command: Command = wfc(&workspace);
        if !no_color {
            command.env_remove("NO_COLOR");
        }
        let ended = command.args(args).output().unwrap();
        err(&ended).contains('\u{1b}')
    };
    assert!(!coloured(&["explain", "no-such"], false), "not a terminal");
    assert!(!coloured(&["explain", "no-such"], true));
    assert!(coloured(&["--color", "always", "explain", "no-such"], true));
    assert!(coloured(&["--color", "always", "explian"], true));
    assert!(!coloured(&["explian", "--color", "never"], false));
}

/// A workspace with a workflow that keeps its tasks in `done` and one task in
/// there.
fn queue(processed_dir: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write(
        "queue.yaml",
        &format!(
            "version: \"2.14\"\nname: queue\nprocessed_dir: {processed_dir}\nsteps:\n  \
             - name: Work\n    command: [bash, -c, \"ls done > seen; touch done/new.task; test ! -e broken\"]\n"
        ),
    );
    std::fs::create_dir_all(workspace.path().join("done/sub")).unwrap();
    workspace.write("done/sub/old.task", "old");
    std::os::unix::fs::symlink("../queue.yaml", workspace.path().join("done/link")).unwrap();
    workspace
}

#[test]
fn finished_tasks_are_removed_and_archived_on_request() {
    let workspace = queue("done");
    let kept = run(&workspace, &["run", "queue.yaml"]);
    check(&kept, 0, &["completed"]);
    assert_eq!(workspace.read("seen"), "link\nsub\n");

    let args = [
        "run",
        "queue.yaml",
        "--clean-processed",
        "--archive-processed",
        "out/all.zip",
    ];
    check(&run(&workspace, &args), 0, &["archive   out/all.zip"]);
    assert_eq!(workspace.read("seen"), "");
    assert!(
        workspace.read("queue.yaml").contains("queue"),
        "the link was followed"
    );
    let archive = std::fs::read(workspace.path().join("out/all.zip")).unwrap();
    let text = String::from_utf8_lossy(&archive).into_owned();
    assert!(archive.starts_with(b"PK") && text.contains("done/new.task"));
    assert!(!text.contains("link") && !text.contains("old.task"));

    // A run that fails leaves no archive, nor half of one.
    workspace.write("broken", "");
    let args = ["run", "queue.yaml", "--archive-processed", "out/failed.zip"];
    check(&run(&workspace, &args), 1, &["failed"]);
    let left: Vec<_> = std::fs::read_dir(workspace.path().join("out"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn an_archive_without_a_place_lies_in_the_run() {
    let workspace = queue("done");
    let done = run(&workspace, &["run", "queue.yaml", "--archive-processed"]);
    check(&done, 0, &["processed.zip"]);
    let id = workspace.only_run().unwrap();
    assert!(workspace.run_dir(&id).join("processed.zip").is_file());
}

#[test]
fn directories_of_tasks_that_are_not_safe_are_refused() {
    let clean = ["run", "queue.yaml", "--clean-processed"];
    let archive = ["run", "queue.yaml", "--archive-processed", "done/all.zip"];
    let outside = tempfile::tempdir().unwrap();
    for (dir, args, link, words) in [
        (".", &clean[..], false, "does not lie inside the workspace"),
        (
            "other",
            &clean[..],
            true,
            "does not lie inside the workspace",
        ),
        (".orchestrate", &clean[..], false, "holds the runs"),
        ("done", &archive[..], false, "which it is made of"),
    ] {
        let workspace = queue(dir);
        if link {
            std::os::unix::fs::symlink(outside.path(), workspace.path().join(dir)).unwrap();
        }
        check(&run(&workspace, args), 2, &[words]);
        assert!(workspace.only_run().is_none(), "{dir}: a run was begun");
        assert!(workspace.path().join("done/sub/old.task").exists());
    }
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("greet.json", PLAN);
    workspace
}

fn run(workspace: &Workspace, args: &[&str]) -> Output {
    wfc(workspace).args(args).output().unwrap()
}

/// The exit code, and words that standard error must have.
#[track_caller]
fn check(ended: &Output, code: i32, words: &[&str]) {
    let said = err(ended);
    assert_eq!(ended.status.code(), Some(code), "{said}");
    for part in words {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

fn out(ended: &Output) -> String {
    String::from_utf8(ended.stdout.clone()).unwrap()
}

fn err(ended: &Output) -> String {
    String::from_utf8(ended.stderr.clone()).unwrap()
}

fn json(ended: &Output) -> Value {
    serde_json::from_str(&out(ended)).unwrap()
}

/// A workflow with five findings that `--fix` mends, and comments that stay.
const UNTIDY: &str = r#"version: "2.14" # the newest
name: untidy
inputs:
  brief: {kind: relpath, type: relpath} # where it is
providers:
  # who writes
  writer:
    command: [agent, "${PROMPT}"]
  nobody:
    command: [agent]
artifacts:
  idle: {kind: scalar, type: bool}
steps:
  - name: Show # wfc: allow(unreachable-step)
    command: [cat, "${inputs.brief}"]
  # wfc: allow(unused)
  - name: Write
    provider: writer
    timeout_sec: 60
"#;

const TIDY: &str = r#"version: "2.14" # the newest
name: untidy
inputs:
  brief: {type: relpath} # where it is
providers:
  # who writes
  writer:
    command: [agent, "${PROMPT}"]
steps:
  - name: Show
    command: [cat, "${inputs.brief}"]
  - name: Write
    provider: writer
    timeout_sec: 60
"#;

#[test]
fn safe_fixes_are_applied_and_the_rest_stays() {
    let workspace = Workspace::new();
    workspace.write("flow.yaml", UNTIDY);
    let read = || std::fs::read_to_string(workspace.path().join("flow.yaml")).unwrap();

    let shown = run(&workspace, &["check", "flow.yaml", "--diff"]);
    check(&shown, 1, &["would mend 5 findings in 1 file"]);
    let diff = out(&shown);
    assert!(
        diff.contains("--- a/flow.yaml\n+++ b/flow.yaml\n@@"),
        "{diff}"
    );
    assert!(
        diff.contains("\n-  nobody:\n-    command: [agent]\n"),
        "{diff}"
    );
    assert_eq!(read(), UNTIDY);

    let fixed = run(&workspace, &["check", "flow.yaml", "--fix"]);
    check(&fixed, 0, &["mended 5 findings in 1 file", "no findings"]);
    assert_eq!(read(), TIDY);
    check(&run(&workspace, &["check", "flow.yaml", "--diff"]), 0, &[]);

    let mut piped = wfc(&workspace)
        .args(["check", "-", "--fix"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = piped.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, UNTIDY.as_bytes()).unwrap();
    drop(stdin);
    let piped = piped.wait_with_output().unwrap();
    assert_eq!(out(&piped), TIDY);
    check(&piped, 0, &["mended 5 findings in 1 file"]);
}

#[test]
fn levels_come_from_the_project_and_the_command_line() {
    let workspace = Workspace::new();
    let text = "version: \"2.14\"\nname: x\ninputs:\n  odd: {type: integer, default: 1}\n\
                steps:\n  - name: A\n    command: [\"true\"]\n";
    workspace.write("flow.yaml", text);
    let ends = |args: &[&str], code: i32, parts: &[&str]| {
        check(&run(&workspace, args), code, parts);
    };
    ends(&["check", "flow.yaml"], 0, &["1 warning"]);
    ends(
        &["check", "flow.yaml", "--deny", "warnings"],
        2,
        &["1 error"],
    );
    ends(&["check", "flow.yaml", "-A", "W0902"], 0, &["no findings"]);
    ends(&["run", "flow.yaml", "-D", "unused"], 2, &["W0902"]);
    ends(
        &["compile", "flow.yaml", "--emit", "core", "-D", "unused"],
        2,
        &["W0902"],
    );
    ends(
        &["check", "flow.yaml", "-D", "unsued"],
        2,
        &["did you mean `unused`?"],
    );
    ends(
        &["check", "flow.yaml", "-A", "E0301"],
        2,
        &["always an error"],
    );

    workspace.write("wfc.toml", "[lints]\nunused = \"deny\"\n");
    ends(&["check", "flow.yaml"], 2, &["1 error"]);
    ends(&["run", "flow.yaml"], 2, &["W0902"]);
    ends(
        &["check", "flow.yaml", "--warn", "unused"],
        0,
        &["1 warning"],
    );
    workspace.write(
        "flow.yaml",
        &text.replace("odd:", "odd: # wfc: allow(unused)\n    "),
    );
    ends(&["check", "flow.yaml"], 0, &["no findings"]);

    workspace.write("flow.yaml", text);
    workspace.write("wfc.toml", "[lints]\nunsued = \"deny\"\n");
    let shown = run(&workspace, &["check", "flow.yaml"]);
    check(&shown, 0, &["2 warnings"]);
    assert!(
        out(&shown).contains("did you mean `unused`?"),
        "{}",
        out(&shown)
    );
    workspace.write("wfc.toml", "[lints]\nunused = \"denied\"\n");
    ends(&["check", "flow.yaml"], 2, &["1 error"]);
}

/// Puts a program on PATH that runs `script`.
fn stand_in(workspace: &Workspace, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = format!("bin/{name}");
    workspace.write(&file, &format!("#!/bin/sh\n{script}\n"));
    let path = workspace.path().join(file);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// `wfc providers` with nothing but the stand-ins and the system on PATH.
fn providers(workspace: &Workspace, args: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", workspace.path().join("bin").display());
    wfc(workspace)
        .env("PATH", path)
        .arg("providers")
        .args(args)
        .output()
        .unwrap()
}

const CLAUDE_HELP: &str = r#"case "$*" in
  --version) echo '2.1.330 (Claude Code)' ;;
  --help) cat <<'END'
  -p, --print                Answer and leave
  --model <model>            Which model
  --verbose                  Say more
  --output-format <format>   (choices: "text", "json", "stream-json")
  --permission-mode <mode>   (choices: "acceptEdits", "manual", "plan")
END
  ;;
  *) echo "worked: $*" >> worked ;;
esac"#;

const FLOW: &str = r#"version: "3.0"
name: flow
providers:
  own: {command: [claude, --print, --turbo, --output-format, yaml], input_mode: stdin, output: claude_json}
  script: {command: [./agent.sh, --fast, "${PROMPT}"]}
steps:
  - {name: A, provider: own, timeout_sec: 10, input_file: a.md}
  - {name: B, provider: codex_json, timeout_sec: 10, input_file: a.md}
  - {name: C, provider: script, timeout_sec: 10, input_file: a.md}
"#;

#[test]
fn providers_are_listed_with_what_is_known_of_their_programs() {
    let workspace = Workspace::new();
    stand_in(&workspace, "claude", CLAUDE_HELP);
    // It never ends, and what it has started holds its output.
    stand_in(&workspace, "codex", "sleep 300 & sleep 300");
    let listed = providers(&workspace, &["--timeout", "5"]);
    check(&listed, 0, &[]);
    let expected = "\
built in
  claude                 claude  2.1.330     fits
  claude_sonnet_summary  claude  2.1.330     fits
  claude_haiku_summary   claude  2.1.330     fits
  gemini                 gemini  -           not found
  codex                  codex   -           unknown: `codex exec --help` did not end in time
  codex_gpt55            codex   -           unknown: `codex exec --help` did not end in time
  claude_json            claude  2.1.330     fits
  codex_json             codex   -           unknown: `codex exec --help` did not end in time
  gemini_json            gemini  -           not found
";
    assert_eq!(out(&listed), expected);
    assert!(!workspace.path().join("worked").exists());
}

#[test]
fn providers_of_a_workflow_decide_the_exit_code() {
    let workspace = Workspace::new();
    workspace.write("flow.yaml", FLOW);
    workspace.write(
        "wfc.toml",
        "[providers]\nteam = { use = \"gemini\", output = \"gemini_json\" }\n",
    );
    workspace.write("a.md", "Go.\n");
    stand_in(&workspace, "claude", CLAUDE_HELP);
    stand_in(&workspace, "codex", "exit 4");
    workspace.write("agent.sh", "#!/bin/sh\ntouch worked\n");
    let listed = providers(&workspace, &["flow.yaml", "--format", "json"]);
    check(&listed, 1, &[]);
    let found = json(&listed);
    let row = |name: &str| {
        let all = found["providers"].as_array().unwrap();
        all.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    let own = row("own");
    assert_eq!(own["fit"], "misfit");
    assert_eq!(own["version"], "2.1.330");
    assert_eq!(own["from"]["workflow"], "flow");
    assert_eq!(
        own["problems"],
        serde_json::json!([
            "flag --turbo is not known to this version",
            "flag --output-format does not take yaml, but text, json, stream-json"
        ])
    );
    assert_eq!(row("codex_json")["used"], true);
    assert_eq!(row("codex_json")["fit"], "unknown");
    // Not executable, so not there.
    assert_eq!(row("script")["fit"], "not_found");
    assert_eq!(row("team")["from"]["file"], "wfc.toml");
    assert_eq!(row("team")["output"], "gemini_json");
    assert_eq!(row("claude")["used"], false);
    assert!(!workspace.path().join("worked").exists());

    workspace.write("flow.yaml", &FLOW.replace("steps:", "stepz:"));
    check(&providers(&workspace, &["flow.yaml"]), 2, &[]);
    workspace.write("flow.yaml", FLOW);
    workspace.write(
        "wfc.toml",
        "[providers]\nteam = { use = \"gemini\", output = \"json\" }\n",
    );
    let refused = providers(&workspace, &[]);
    check(&refused, 2, &[]);
    let said = out(&refused) + &err(&refused);
    assert!(
        said.contains("`output` of the provider `team` must be one of"),
        "{said}"
    );
}
