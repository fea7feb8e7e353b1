//! A secret reaches processes and nothing that we write or show.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Output;

use support::{Workspace, wfc};

/// What secrets may look like.
const SECRETS: [&str; 6] = [
    "hunter2-hunter2",
    "quote\"and\\backslash",
    "-----BEGIN KEY-----\nMIIBOgIBAAJB\n-----END KEY-----",
    "pässwörd-ключ",
    "a.*(b|c)[d]${e}$f",
    "98765432123456",
];

/// A workflow in which the secret comes out wherever something can.
const WORKFLOW: &str = r#"
version: "2.14"
name: leaky
secrets: [TOKEN]
inputs:
  given: { type: string }
context: { also: x }
providers:
  leak: { command: [sh, -c, "cat; printf '%s' \"$$TOKEN\"; printf %s \"$$TOKEN\" >&2; printf '%s' \"$$TOKEN\" > left.txt"], input_mode: stdin }
artifacts:
  v: { kind: scalar, type: string }
steps:
  - name: Text
    command: [python3, -c, "import os, sys, time\nfor c in os.environ['TOKEN'] * 3:\n  sys.stdout.write(c); sys.stdout.flush()\n  sys.stderr.write(c); sys.stderr.flush()"]
    output_file: out.txt
  - name: Json
    command: [python3, -c, "import os, json; print(json.dumps({os.environ['TOKEN']: [os.environ['TOKEN'], 1]}, ensure_ascii=False))"]
    output_capture: json
  - name: Lines
    command: [sh, -c, "printf 'a\n%s\nb\n' \"$$TOKEN\""]
    output_capture: lines
  - name: Value
    command: [python3, -c, "import os, json; open('v.json', 'w').write(json.dumps({'v': 'the ' + os.environ['TOKEN'], 'j': [os.environ['TOKEN']]}))"]
    output_bundle:
      path: v.json
      fields:
        - { name: v, json_pointer: /v, type: string }
        - { name: j, json_pointer: /j, type: list, items: { type: string } }
    publishes: [{ artifact: v, from: v }]
  - name: Ask
    provider: leak
    timeout_sec: 60
    consumes: [{ artifact: v }]
    consume_bundle: { path: consumed.json }
    depends_on: { required: [v.json], inject: { mode: content } }
  - name: Later
    command: [sh, -c, "test \"$$1\" = 'the ***'", x, "${steps.Value.artifacts.v}"]
  - name: Given
    command: [echo, "${inputs.given} ${context.also}"]
  - name: Broken
    command: [sh, -c, "printf '{%s' \"$$TOKEN\"; printf '%s' \"$$TOKEN\" > n.txt"]
    output_capture: json
  - name: Kind
    command: [sh, -c, "printf '%s' \"x$$TOKEN\" > n.txt"]
    expected_outputs: [{ name: n, path: n.txt, type: integer }]
"#;

fn run(workspace: &Workspace, secret: &str, args: &[&str]) -> Output {
    wfc(workspace)
        .args(args)
        .env("TOKEN", secret)
        .output()
        .unwrap()
}

/// The secret, as it is and as JSON has it, is in none of these bytes.
fn absent(secret: &str, bytes: &[u8], place: &str) {
    let quoted = serde_json::Value::from(secret).to_string();
    for form in [secret, &quoted[1..quoted.len() - 1]] {
        let found = bytes
            .windows(form.len())
            .any(|part| part == form.as_bytes());
        assert!(
            !found,
            "{secret:?} is in {place}: {}",
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Returns how many files were looked at.
fn absent_beneath(secret: &str, directory: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += absent_beneath(secret, &path);
        } else {
            absent(
                secret,
                &std::fs::read(&path).unwrap(),
                &path.display().to_string(),
            );
            count += 1;
        }
    }
    count
}

#[test]
fn no_secret_is_left_in_a_run() {
    for secret in SECRETS {
        let workspace = Workspace::new();
        workspace.write("w.yaml", WORKFLOW);
        let given = format!("given={secret}");
        let context = format!("also=<{secret}>");
        let args = [
            "run",
            "w.yaml",
            "--on-error",
            "continue",
            "--stream-output",
            "--record",
            "c.json",
            "--input",
            &given,
            "--context",
            &context,
        ];
        let mut shown = run(&workspace, secret, &args);
        let id = workspace.only_run().unwrap_or_else(|| panic!("{shown:?}"));
        let state = std::fs::read_to_string(workspace.run_dir(&id).join("state.json")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let steps = &state["steps"];
        for (step, exit) in [
            ("Text", 0),
            ("Json", 0),
            ("Lines", 0),
            ("Value", 0),
            ("Ask", 0),
        ] {
            assert_eq!(steps[step]["exit_code"], exit, "{step}: {}", steps[step]);
        }
        assert_eq!(steps["Text"]["output"], "*********");
        assert_eq!(steps["Json"]["json"]["***"][0], "***");
        assert_eq!(steps["Value"]["artifacts"]["v"], "the ***");
        assert_eq!(steps["Later"]["exit_code"], 0, "{}", steps["Later"]);
        assert_eq!(steps["Given"]["output"], "*** <***>\n");
        assert_eq!(workspace.read("out.txt"), "*********");
        // The real one is where only the process wrote.
        assert_eq!(workspace.read("left.txt"), secret);
        for _ in 0..2 {
            for (stream, bytes) in [("stdout", &shown.stdout), ("stderr", &shown.stderr)] {
                absent(secret, bytes, stream);
            }
            assert!(absent_beneath(secret, &workspace.run_dir(&id)) > 10);
            for file in ["c.json", "consumed.json"] {
                absent(secret, workspace.read(file).as_bytes(), file);
            }
            shown = run(&workspace, secret, &["report", "--run-id", &id]);
        }
    }
}

#[test]
fn a_cassette_needs_no_secrets() {
    let workspace = Workspace::new();
    workspace.write(
        "w.yaml",
        r#"
version: "2.14"
name: taped
providers:
  say: { command: [sh, -c, "echo \"$$WFC_SAID\""], input_mode: stdin }
steps:
  - { name: Ask, provider: say, timeout_sec: 60, secrets: [WFC_SAID] }
"#,
    );
    let said = |args: &[&str], secret: Option<&str>| {
        let mut command = wfc(&workspace);
        command.args(args).env_remove("WFC_SAID");
        if let Some(secret) = secret {
            command.env("WFC_SAID", secret);
        }
        command.output().unwrap().status.code()
    };
    let record = ["run", "w.yaml", "--record", "c.json"];
    assert_eq!(said(&record, None), Some(1));
    // An empty value is one.
    assert_eq!(said(&record, Some("")), Some(0));
    assert_eq!(said(&record, Some("hunter2")), Some(0));
    assert!(workspace.read("c.json").contains("***"));
    assert_eq!(
        said(&["run", "w.yaml", "--replay", "c.json"], None),
        Some(0)
    );
}
