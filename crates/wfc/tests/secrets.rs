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

/// A workflow that tries to get the secret out in another form.
const ATTACK: &str = r#"
version: "3.0"
name: attack
strict_flow: false
secrets: [TOKEN]
providers:
  say: { command: [cat], input_mode: stdin }
steps:
  - name: Encoded
    command: [python3, -c, "import base64, json, os, urllib.parse\nt = os.environ['TOKEN']; b = t.encode()\nprint(json.dumps(t)); print(json.dumps([json.dumps(t)]))\nprint(urllib.parse.quote(t, safe=''))\nfor p in [b'', b'u:', b'user:']:\n  print(base64.b64encode(p + b).decode(), base64.urlsafe_b64encode(p + b + b':x').decode())"]
  - name: InLines
    command: [python3, -c, "import os\nfor line in os.environ['TOKEN'].split(chr(10)): print('>', line)"]
    output_capture: lines
  - name: AsName
    command: [python3, -c, "import os\nopen(os.environ['TOKEN'].replace('/', '_')[:60] + '.task', 'w')"]
  - name: Found
    wait_for: { glob: "*.task", timeout_sec: 5 }
  - name: Kept
    command: [python3, -c, "import os\nopen('kept.txt', 'w').write(os.environ['TOKEN'])"]
  - name: Told
    provider: say
    timeout_sec: 60
    depends_on: { required: [kept.txt], inject: { mode: content } }
  - name: Fails
    command: [python3, -c, "import os, sys\nsys.exit('no ' + os.environ['TOKEN'])"]
"#;

#[test]
fn no_form_of_a_secret_is_left_in_a_run() {
    for secret in [
        "hunter2-hunter2/+",
        "-----BEGIN KEY-----\nMIIBOgIBAAJB-one\nMIIBOgIBAAJB-two\n-----END KEY-----",
        "p\u{e4}ssw\u{f6}rd-\u{43a}\u{43b}\u{44e}\u{447}",
    ] {
        let workspace = Workspace::new();
        workspace.write("w.yaml", ATTACK);
        let args = ["run", "w.yaml", "--on-error", "continue", "--stream-output"];
        let shown = run(&workspace, secret, &args);
        let id = workspace.only_run().unwrap_or_else(|| panic!("{shown:?}"));
        let directory = workspace.run_dir(&id);
        let state = std::fs::read_to_string(directory.join("state.json")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let steps = &state["steps"];
        for step in ["Encoded", "InLines", "AsName", "Found", "Told"] {
            assert_eq!(steps[step]["exit_code"], 0, "{step}: {}", steps[step]);
        }
        let ascii: String = secret
            .chars()
            .flat_map(|c| match c.is_ascii() {
                true => vec![c],
                false => format!("\\u{:04x}", u32::from(c)).chars().collect(),
            })
            .collect();
        // Nothing but what stands for it, and pieces of what stood around it.
        let encoded = steps["Encoded"]["output"].as_str().unwrap();
        let mut parts = encoded.split_whitespace();
        let open = parts.find(|part| !part.contains("***"));
        assert_eq!(open, None, "{encoded}");
        assert!(!encoded.contains('%'), "{encoded}");
        for form in [secret, &ascii].into_iter().flat_map(str::lines) {
            for (stream, bytes) in [("stdout", &shown.stdout), ("stderr", &shown.stderr)] {
                absent(form, bytes, stream);
            }
            assert!(absent_beneath(form, &directory) > 5);
            let report = run(&workspace, secret, &["report", "--run-id", &id]);
            absent(form, &report.stdout, "the report");
        }
        // It went to the agent, and that is said.
        assert_eq!(
            steps["Told"]["debug"]["warnings"],
            serde_json::json!(["the value of a secret stands in the prompt of the agent"])
        );
        // What a process writes into the workspace is its own affair.
        assert_eq!(workspace.read("kept.txt"), secret);
    }
}

#[test]
fn a_secret_in_a_command_line_is_told_of() {
    let workspace = Workspace::new();
    workspace.write(
        "w.yaml",
        "version: \"2.14\"\nname: typed\nsecrets: [TOKEN]\nsteps:\n  - { name: Push, command: [echo, hunter2-hunter2] }\n",
    );
    let shown = run(&workspace, "hunter2-hunter2", &["run", "w.yaml"]);
    let words = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(
        words.contains("the value of a secret stands in the command line"),
        "{words}"
    );
    let shown = run(&workspace, "another-secret", &["run", "w.yaml"]);
    let words = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(!words.contains("the value of a secret"), "{words}");
}
